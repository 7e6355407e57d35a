// SPDX-License-Identifier: GPL-2.0-only
#include "audit/code.h"

#include "sys/mem.h"

#include <ctype.h>

/* ---- rules --------------------------------------------------------------------- */

/* By the beginning of the section's name. */
static const struct {
	const char *prefix, *why;
} asides[] = {
	{ ".modinfo", "texts about the module" },
	{ ".note", "build ids and notes" },
	{ ".comment", "the compiler's name" },
	{ ".debug", "debug data" },
	{ ".orc_", "unwind data follows from the code" },
	{ ".eh_frame", "unwind data follows from the code" },
	{ ".sframe", "unwind data follows from the code" },
	{ "__mcount_loc", "a list of traceable functions" },
	{ "__patchable_function_entries", "a list of traceable functions" },
	{ ".discard", "is read by objtool and thrown away" },
	{ ".return_sites", "objtool makes this list from the code" },
	{ ".call_sites", "objtool makes this list from the code" },
	{ ".retpoline_sites", "objtool makes this list from the code" },
	{ ".ibt_endbr_seal", "objtool makes this list from the code" },
	{ ".cfi_sites", "objtool makes this list from the code" },
	{ ".smp_locks", "a list of prefixes in the code" },
	{ "__kcrctab", "checksums of prototypes" },
	{ "___kcrctab", "checksums of prototypes" },
	{ ".opd", "descriptors of the functions" },
};

const char *code_aside(const char *section)
{
	for (size_t i = 0; i < ARRAY_SIZE(asides); i++)
		if (starts_with(section, asides[i].prefix))
			return asides[i].why;
	return NULL;
}

/* Slots that hold addresses, and are found by offset. */
static bool is_slots(const char *section)
{
	return !strcmp(section, ".toc") || starts_with(section, ".got");
}

static bool is_compared(const struct objfile *o, unsigned i)
{
	const struct obj_section *s = &o->sections[i];

	return (s->alloc || !strcmp(s->name, ".export_symbol")) &&
	       !code_aside(s->name) && !is_slots(s->name);
}

bool code_is_table(const struct objfile *o, unsigned i)
{
	const struct obj_section *s = &o->sections[i];

	if (!s->alloc || s->exec || !s->size || s->strings || s->entry ||
	    !s->bytes || !is_compared(o, i) || starts_with(s->name, ".rodata") ||
	    starts_with(s->name, ".data") || starts_with(s->name, ".bss"))
		return false;
	if (objfile_symbol_at(o, i, s->size) >= 0)
		return false;
	for (size_t k = objfile_reloc_at(o, i, 0);
	     k < o->nr_relocs && o->relocs[k].section == i; k++) {
		const struct obj_symbol *to =
			&o->symbols[o->relocs[k].symbol];

		if (to->code >= 0 && o->sections[to->code].exec)
			return true;
	}
	return false;
}

/* Names that macros make with __COUNTER__ or __LINE__. */
static bool is_made(const char *name)
{
	static const char *const prefixes[] = {
		"__UNIQUE_ID", "__initcall__", "__addressable_",
		"___addressable_", "__exitcall_",
	};

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (starts_with(name, prefixes[i]))
			return true;
	return false;
}

char *code_name(const char *symbol, bool exec, bool *counted)
{
	size_t n = strlen(symbol), end = n;
	char *name = xstrdup(symbol), *to = name;

	*counted = false;
	if (is_made(symbol)) {
		*counted = true;
		for (const char *p = symbol; *p; p++)
			if (!isdigit((unsigned char)*p))
				*to++ = *p;
		*to = '\0';
		return name;
	}
	while (end && isdigit((unsigned char)symbol[end - 1]))
		end--;
	/* clones of a function are told apart by their number */
	if (!exec && end < n && end > 1 && symbol[end - 1] == '.') {
		*counted = true;
		name[end - 1] = '\0';
	}
	return name;
}

/* ---- items --------------------------------------------------------------------- */

static void add_range(struct code_range **v, size_t *nr, size_t *alloc,
		      unsigned section, uint64_t begin, uint64_t end)
{
	GROW(*v, *nr, *alloc);
	(*v)[(*nr)++] = (struct code_range){ section, begin, end };
}

static struct code_item *add_item(struct code_unit *u, int symbol, bool exec)
{
	struct code_item *i;

	GROW(u->items, u->nr_items, u->alloc_items);
	i = &u->items[u->nr_items++];
	*i = (struct code_item){
		.kind = exec ? CODE_FUNCTION : CODE_DATA,
		.symbol = symbol,
	};
	i->name = code_name(u->file->symbols[symbol].name, exec, &i->counted);
	return i;
}

static void walk_section(struct code_unit *u, unsigned section)
{
	const struct objfile *o = u->file;
	const struct obj_section *s = &o->sections[section];
	uint64_t at = objfile_symbol_at(o, section, 0) >= 0 ?
			      0 :
			      objfile_next_place(o, section, 0);

	while (at < s->size) {
		int symbol = objfile_symbol_at(o, section, at);
		uint64_t next = objfile_next_place(o, section, at);
		uint64_t size = o->symbols[symbol].size, end = next;
		struct code_item *i;

		/* labels inside of a function are not its end */
		if (size && size <= s->size - at)
			end = at + size;
		while (next < end)
			next = objfile_next_place(o, section, next);
		if (!starts_with(o->symbols[symbol].name, "__pfx_")) {
			i = add_item(u, symbol, s->exec);
			add_range(&i->parts, &i->nr_parts, &i->alloc_parts,
				  section, at, end);
		}
		at = next;
	}
}

/* "f.cold" and "f.cold.3": 1, and the length of "f". */
static bool is_cold(const char *name, size_t *len)
{
	const char *end = strstr(name, ".cold");

	if (!end || (end[5] && end[5] != '.'))
		return false;
	*len = end - name;
	return *len > 0;
}

static void fold_cold(struct code_unit *u)
{
	size_t keep = 0;

	for (size_t i = 0; i < u->nr_items; i++) {
		struct code_item *it = &u->items[i], *of = NULL;
		size_t len;

		if (it->kind == CODE_FUNCTION && is_cold(it->name, &len))
			for (size_t k = 0; k < u->nr_items && !of; k++)
				if (k != i && u->items[k].name &&
				    !strncmp(u->items[k].name, it->name, len) &&
				    !u->items[k].name[len])
					of = &u->items[k];
		if (!of)
			continue;
		add_range(&of->parts, &of->nr_parts, &of->alloc_parts,
			  it->parts->section, it->parts->begin,
			  it->parts->end);
		free(it->parts);
		free(it->name);
		*it = (struct code_item){ .name = NULL };
	}
	for (size_t i = 0; i < u->nr_items; i++)
		if (u->items[i].name)
			u->items[keep++] = u->items[i];
	u->nr_items = keep;
}

struct placed {
	struct code_range range;
	unsigned owner;
};

static int cmp_place(const struct code_range *x, const struct code_range *y)
{
	if (x->section != y->section)
		return x->section < y->section ? -1 : 1;
	return x->begin < y->begin ? -1 : x->begin > y->begin;
}

static int by_place(const void *a, const void *b)
{
	return cmp_place(&((const struct placed *)a)->range,
			 &((const struct placed *)b)->range);
}

static int by_range(const void *a, const void *b)
{
	return cmp_place(a, b);
}

static void sort_parts(struct code_unit *u)
{
	_cleanup_free_ struct placed *v = NULL;
	size_t nr = 0;

	for (size_t i = 0; i < u->nr_items; i++)
		nr += u->items[i].nr_parts;
	v = xcalloc(nr + 1, sizeof(*v));
	u->sorted = xcalloc(nr + 1, sizeof(*u->sorted));
	u->owner = xcalloc(nr + 1, sizeof(*u->owner));
	for (size_t i = 0; i < u->nr_items; i++)
		for (size_t k = 0; k < u->items[i].nr_parts; k++)
			v[u->nr_sorted++] = (struct placed){
				u->items[i].parts[k], i
			};
	qsort(v, nr, sizeof(*v), by_place);
	for (size_t i = 0; i < nr; i++) {
		u->sorted[i] = v[i].range;
		u->owner[i] = v[i].owner;
	}
}

/* The last range that does not begin behind the place; -1: none. */
static long last_before(const struct code_range *v, size_t nr, unsigned section,
			uint64_t value)
{
	const struct code_range key = { .section = section, .begin = value };
	size_t lo = 0, hi = nr;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (cmp_place(&v[mid], &key) <= 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo && v[lo - 1].section == section ? (long)lo - 1 : -1;
}

int code_item_at(const struct code_unit *u, unsigned section, uint64_t value)
{
	long at = last_before(u->sorted, u->nr_sorted, section, value);

	return at >= 0 && value < u->sorted[at].end ? (int)u->owner[at] : -1;
}

/* ---- things without a name ------------------------------------------------------ */

static struct code_range blob_at(const struct code_unit *u, unsigned section,
				 uint64_t value)
{
	const struct objfile *o = u->file;
	const struct obj_section *s = &o->sections[section];
	struct code_range r = { section, value, s->size };
	long mark;

	if (value >= s->size) {
		r.end = value;
	} else if (s->strings && s->bytes) {
		r.end = value + strnlen(s->bytes + value, s->size - value);
	} else if (s->entry) {
		r.end = value + s->entry;
	} else if (is_slots(s->name)) {
		r.end = value + (o->is64 ? 8 : 4);
	} else {
		r.end = objfile_next_place(o, section, value);
		mark = last_before(u->marks, u->nr_marks, section, value) + 1;
		if (u->nr_marks > (size_t)mark &&
		    u->marks[mark].section == section &&
		    u->marks[mark].begin < r.end)
			r.end = u->marks[mark].begin;
	}
	if (r.end > s->size)
		r.end = s->size > value ? s->size : value;
	return r;
}

static void target_symbol(const struct code_unit *u, int symbol, int64_t offset,
			  struct code_target *t)
{
	const struct obj_symbol *s = &u->file->symbols[symbol];
	bool exec = s->code >= 0 && u->file->sections[s->code].exec, counted;

	t->symbol = symbol;
	t->name = s->name;
	t->offset = offset;
	t->kind = TARGET_NAME;
	if (s->code >= 0 && s->bind == OBJ_LOCAL) {
		free(code_name(s->name, exec, &counted));
		if (counted)
			t->kind = TARGET_LOCAL;
	}
}

void code_target_at(const struct code_unit *u, int section, uint64_t value,
		    struct code_target *t)
{
	const struct objfile *o = u->file;
	const struct obj_section *s = &o->sections[section];
	int symbol = -1;
	long part;

	*t = (struct code_target){ .symbol = -1, .before = -1 };
	if (!s->strings && !s->entry && !is_slots(s->name))
		symbol = objfile_symbol_at(o, section, value);
	if (symbol >= 0) {
		const struct obj_symbol *to = &o->symbols[symbol];
		int item = code_item_at(u, section, value);

		/* a label inside of a function: the function counts */
		if (item >= 0 && to->type == OBJ_NOTYPE &&
		    to->bind == OBJ_LOCAL)
			symbol = u->items[item].symbol;
		to = &o->symbols[symbol];
		if (item < 0 && value != to->code_value + to->size)
			symbol = -1;
		else
			target_symbol(u, symbol, value - to->code_value, t);
	}
	if (symbol < 0) {
		t->kind = TARGET_BLOB;
		t->range = blob_at(u, section, value);
		return;
	}
	/* what may end here */
	part = value ? last_before(u->sorted, u->nr_sorted, section,
				   value - 1) :
		       -1;
	if (t->offset == 0 && part >= 0 && u->sorted[part].end == value)
		t->before = u->items[u->owner[part]].symbol;
}

void code_target(const struct code_unit *u, const struct obj_reloc *l,
		 struct code_target *t)
{
	const struct objfile *o = u->file;
	const struct obj_symbol *s = &o->symbols[l->symbol];
	int symbol;

	*t = (struct code_target){ .symbol = -1, .before = -1 };
	if (s->section >= 0 &&
	    (s->type == OBJ_SECTION || starts_with(s->name, ".L"))) {
		if (!l->has_addend) {
			t->kind = TARGET_SECTION;
			t->name = s->name;
			return;
		}
		symbol = !strcmp(o->sections[s->section].name, ".opd") ?
				 objfile_symbol_standing(o, s->section,
							 s->value + l->addend) :
				 -1;
		if (symbol >= 0)
			target_symbol(u, symbol, 0, t);
		else
			code_target_at(u, s->section, s->value + l->addend, t);
		return;
	}
	target_symbol(u, l->symbol, l->addend, t);
}

static void find_marks(struct code_unit *u)
{
	const struct objfile *o = u->file;

	for (size_t i = 0; i < o->nr_relocs; i++) {
		const struct obj_reloc *l = &o->relocs[i];
		const struct obj_symbol *s = &o->symbols[l->symbol];

		if (s->section >= 0 && l->has_addend &&
		    (s->type == OBJ_SECTION || starts_with(s->name, ".L")))
			add_range(&u->marks, &u->nr_marks, &u->alloc_marks,
				  s->section, s->value + l->addend, 0);
	}
	if (u->nr_marks)
		qsort(u->marks, u->nr_marks, sizeof(*u->marks), by_range);
	/* of equal ones the last is found, and the next one is another */
}

/* ---- tables -------------------------------------------------------------------- */

/*
 * The size of an entry, from the pattern of the relocations: the smallest number of
 * them that repeats at a distance which divides the table. 0: there is none.
 */
static uint64_t entry_size(const struct objfile *o, uint64_t size, size_t first,
			   size_t nr)
{
	const struct obj_reloc *l = &o->relocs[first];

	for (size_t k = 1; k <= nr; k++) {
		uint64_t d = k < nr ? l[k].offset - l[0].offset : size;
		bool fits = d && size % d == 0 && size / d * k == nr;

		for (size_t i = 0; fits && i + k < nr; i++)
			fits = l[i + k].offset - l[i].offset == d &&
			       l[i + k].type == l[i].type;
		if (fits)
			return d;
	}
	return 0;
}

/* The function that a relocation of a table is about; -1: it is about something
 * else. Replacements and the like have no name and are nobody's. */
static int about(const struct code_unit *u, const struct obj_reloc *l)
{
	struct code_target t;
	const struct obj_symbol *s;

	code_target(u, l, &t);
	if (t.symbol < 0)
		return -1;
	s = &u->file->symbols[t.symbol];
	if (s->code < 0 || !u->file->sections[s->code].exec)
		return -1;
	return code_item_at(u, s->code, s->code_value + t.offset);
}

static void give_entry(struct code_unit *u, int owner, unsigned section,
		       uint64_t begin, uint64_t end)
{
	struct code_item *i;

	if (owner < 0 || begin == end)
		return;
	i = &u->items[owner];
	add_range(&i->entries, &i->nr_entries, &i->alloc_entries, section,
		  begin, end);
}

/* The function that the first of some relocations is about; -1: none is. */
static int about_any(const struct code_unit *u, size_t first, size_t end)
{
	for (size_t i = first; i < end; i++) {
		int of = about(u, &u->file->relocs[i]);

		if (of >= 0)
			return of;
	}
	return -1;
}

/* What is about no function goes with what is before it. */
static void split_table(struct code_unit *u, unsigned section)
{
	const struct objfile *o = u->file;
	uint64_t size = o->sections[section].size, each, begin = 0;
	size_t first = objfile_reloc_at(o, section, 0);
	size_t end = objfile_reloc_at(o, section, size);
	int owner = about_any(u, first, end);

	each = entry_size(o, size, first, end - first);
	for (uint64_t at = 0; each && at < size; at += each) {
		int of = about_any(u, objfile_reloc_at(o, section, at),
				   objfile_reloc_at(o, section, at + each));

		owner = of >= 0 ? of : owner;
		give_entry(u, owner, section, at, at + each);
	}
	if (each)
		return;
	for (size_t i = first; i < end; i++) {
		const struct obj_reloc *l = &o->relocs[i];
		int of = about(u, l);

		if (of < 0 || of == owner)
			continue;
		give_entry(u, owner, section, begin, l->offset);
		begin = l->offset;
		owner = of;
	}
	give_entry(u, owner, section, begin, size);
}

/* ---- all of it ------------------------------------------------------------------- */

void code_unit_init(struct code_unit *u, const struct objfile *file)
{
	*u = (struct code_unit){ .file = file };
	for (size_t i = 1; i < file->nr_sections; i++)
		if (is_compared(file, i) && !file->sections[i].strings &&
		    !code_is_table(file, i))
			walk_section(u, i);
	for (size_t i = 1; i < file->nr_symbols; i++)
		if (file->symbols[i].section == OBJ_COMMON)
			add_item(u, i, false);
	fold_cold(u);
	sort_parts(u);
	find_marks(u);
	for (size_t i = 1; i < file->nr_sections; i++)
		if (code_is_table(file, i))
			split_table(u, i);
}

void code_unit_release(struct code_unit *u)
{
	for (size_t i = 0; i < u->nr_items; i++) {
		free(u->items[i].name);
		free(u->items[i].parts);
		free(u->items[i].entries);
	}
	free(u->items);
	free(u->sorted);
	free(u->owner);
	free(u->marks);
	*u = (struct code_unit){ 0 };
}
