// SPDX-License-Identifier: GPL-2.0-only
#include "audit/codecmp.h"

#include "audit/codearch.h"
#include "sys/mem.h"
#include "sys/strbuf.h"

#include <elf.h>

/* Things without a name may lead to others: jump tables do not, lists do. */
#define DEEPEST 8

struct pair {
	int a, b;
};

struct job {
	const struct code_compare *c;
	struct pair *pairs; /* counted symbols that stand for each other */
	size_t nr_pairs, alloc_pairs;
	unsigned depth;
	bool places; /* some place in the source differs */
	struct strbuf *why;
	const struct code_item *a, *b; /* that are compared */
};

static bool same_range(struct job *j, const struct code_range *a,
		       const struct code_range *b);

static bool differ(struct job *j, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Says why, once. Always false. */
static bool differ(struct job *j, const char *fmt, ...)
{
	va_list ap;

	if (!j->why || j->why->len)
		return false;
	va_start(ap, fmt);
	strbuf_vaddf(j->why, fmt, ap);
	va_end(ap);
	return false;
}

static const struct obj_section *section(const struct code_unit *u,
					 unsigned nr)
{
	return &u->file->sections[nr];
}

/* ---- what is meant ------------------------------------------------------------- */

static bool is_source(const char *s)
{
	return ends_with(s, ".c") || ends_with(s, ".h") || ends_with(s, ".S");
}

static const char *text_of(const struct code_unit *u,
			   const struct code_target *t)
{
	const struct obj_section *s = section(u, t->range.section);

	return s->strings && s->bytes && t->range.begin < s->size ?
		       s->bytes + t->range.begin :
		       NULL;
}

static bool same_blob(struct job *j, const struct code_target *a,
		      const struct code_target *b)
{
	const char *x = text_of(j->c->a, a), *y = text_of(j->c->b, b);
	bool same;

	if (x || y) {
		if (!x || !y)
			return differ(j, "a text became something else");
		if (!strcmp(x, y))
			return true;
		if (is_source(x) && is_source(y)) {
			j->places = true;
			return true;
		}
		return differ(j, "the text \"%.60s\" became \"%.60s\"", x, y);
	}
	if (j->depth == DEEPEST)
		return differ(j, "data without a name, too deep to compare");
	j->depth++;
	same = same_range(j, &a->range, &b->range);
	j->depth--;
	return same;
}

/* Counted variables stand for each other, always in the same pairs. */
static bool same_local(struct job *j, const struct code_target *a,
		       const struct code_target *b)
{
	const struct code_unit *ua = j->c->a, *ub = j->c->b;
	const struct obj_symbol *x = &ua->file->symbols[a->symbol];
	const struct obj_symbol *y = &ub->file->symbols[b->symbol];
	bool exec = ua->file->sections[x->code].exec, counted, same;
	_cleanup_free_ char *p = code_name(x->name, exec, &counted);
	_cleanup_free_ char *q = code_name(y->name, exec, &counted);
	int i, k;

	if (strcmp(p, q) || a->offset != b->offset)
		return differ(j, "%s became %s", x->name, y->name);
	for (size_t n = 0; n < j->nr_pairs; n++)
		if (j->pairs[n].a == a->symbol || j->pairs[n].b == b->symbol)
			return (j->pairs[n].a == a->symbol &&
				j->pairs[n].b == b->symbol) ||
			       differ(j, "another variable %s", p);
	GROW(j->pairs, j->nr_pairs, j->alloc_pairs);
	j->pairs[j->nr_pairs++] = (struct pair){ a->symbol, b->symbol };
	i = code_item_at(ua, x->code, x->code_value);
	k = code_item_at(ub, y->code, y->code_value);
	if (i < 0 || k < 0)
		return true; /* of size 0, or of a section set aside */
	if (j->depth == DEEPEST)
		return differ(j, "variables that name each other, too deep to "
				 "compare");
	j->depth++;
	same = same_range(j, ua->items[i].parts, ub->items[k].parts);
	j->depth--;
	return same;
}

/* ELFv2: a caller of the same object enters behind the two instructions that
 * load the TOC pointer. */
static int64_t entry_offset(const struct code_unit *u,
			    const struct code_target *t, bool branch)
{
	return branch && u->file->machine == EM_PPC64 && t->offset == 8 ?
		       0 :
		       t->offset;
}

static bool same_name(const struct job *j, const struct code_target *a,
		      const struct code_target *b, bool branch)
{
	const struct code_unit *ua = j->c->a, *ub = j->c->b;

	if (a->kind != TARGET_NAME || b->kind != TARGET_NAME)
		return false;
	return !strcmp(a->name, b->name) &&
	       entry_offset(ua, a, branch) == entry_offset(ub, b, branch);
}

/* Does an item refer to something inside of a symbol? */
static bool refers_into(const struct code_unit *u, const struct code_item *it,
			int symbol)
{
	const struct objfile *o = u->file;

	for (size_t k = 0; k < it->nr_parts; k++) {
		const struct code_range *r = &it->parts[k];

		for (size_t i = objfile_reloc_at(o, r->section, r->begin);
		     i < o->nr_relocs && o->relocs[i].section == r->section &&
		     o->relocs[i].offset < r->end;
		     i++) {
			struct code_target t;

			code_target(u, &o->relocs[i], &t);
			if (t.symbol == symbol && t.offset >= 0 &&
			    (uint64_t)t.offset < o->symbols[symbol].size)
				return true;
		}
	}
	return false;
}

/* The other meaning of a place: the end of the array before it, in code that walks
 * over that array. */
static bool as_end(const struct code_unit *u, const struct code_item *it,
		   struct code_target *t)
{
	const struct obj_symbol *s;

	if (t->before < 0 || t->kind != TARGET_NAME ||
	    !refers_into(u, it, t->before))
		return false;
	s = &u->file->symbols[t->before];
	t->name = s->name;
	t->offset = s->size;
	t->symbol = t->before;
	return true;
}

static const char *name_of(const struct code_target *t)
{
	return t->kind == TARGET_BLOB ? "data without a name" : t->name;
}

static bool same_target(struct job *j, const struct code_target *a,
			const struct code_target *b, bool branch)
{
	struct code_target x = *a, y = *b;

	if (same_name(j, a, b, branch))
		return true;
	if (as_end(j->c->a, j->a, &x) &&
	    (same_name(j, &x, b, branch) ||
	     (as_end(j->c->b, j->b, &y) && same_name(j, &x, &y, branch))))
		return true;
	y = *b;
	if (as_end(j->c->b, j->b, &y) && same_name(j, a, &y, branch))
		return true;
	if (a->kind == TARGET_LOCAL && b->kind == TARGET_LOCAL)
		return same_local(j, a, b);
	if (a->kind == TARGET_BLOB && b->kind == TARGET_BLOB)
		return same_blob(j, a, b);
	if (a->kind == TARGET_SECTION && b->kind == TARGET_SECTION &&
	    !strcmp(a->name, b->name))
		return true;
	if (a->kind == TARGET_NAME && b->kind == TARGET_NAME &&
	    !strcmp(a->name, b->name))
		return differ(j, "%s+%lld became %s+%lld", a->name,
			      (long long)a->offset, b->name,
			      (long long)b->offset);
	return differ(j, "%s became %s", name_of(a), name_of(b));
}

/* ---- one place --------------------------------------------------------------------- */

/* A range that is being compared. */
struct side {
	const struct code_unit *u;
	const struct code_range *r;
	const unsigned char *p; /* NULL: all zero */
	size_t len, reloc;	/* the next one, index of relocs */
};

static void side_init(struct side *s, const struct code_unit *u,
		      const struct code_range *r)
{
	const char *bytes = section(u, r->section)->bytes;

	*s = (struct side){
		.u = u,
		.r = r,
		.p = bytes ? (const unsigned char *)bytes + r->begin : NULL,
		.len = r->end - r->begin,
		.reloc = objfile_reloc_at(u->file, r->section, r->begin),
	};
}

static const struct obj_reloc *reloc_at(const struct side *s, uint64_t at)
{
	const struct objfile *o = s->u->file;
	const struct obj_reloc *l = &o->relocs[s->reloc];

	return s->reloc < o->nr_relocs && l->section == s->r->section &&
			       l->offset == s->r->begin + at ?
		       l :
		       NULL;
}

static void pass_relocs(struct side *s, uint64_t to)
{
	const struct objfile *o = s->u->file;

	while (s->reloc < o->nr_relocs &&
	       o->relocs[s->reloc].section == s->r->section &&
	       o->relocs[s->reloc].offset < s->r->begin + to)
		s->reloc++;
}

static unsigned char byte_at(const struct side *s, uint64_t at)
{
	return s->p ? s->p[at] : 0;
}

/* Where a branch leads that has no relocation. */
static bool branch_target(const struct side *s, uint64_t field,
			  struct code_operand *op, struct code_target *t)
{
	if (!s->p || !section(s->u, s->r->section)->exec ||
	    !code_branch(s->u->file, s->p, s->len, field, op))
		return false;
	if ((int64_t)s->r->begin + op->value < 0 ||
	    s->r->begin + op->value > section(s->u, s->r->section)->size)
		return false;
	code_target_at(s->u, s->r->section, s->r->begin + op->value, t);
	return t->kind == TARGET_NAME;
}

/* The bits of a word that are no operand are equal. */
static bool same_rest(const struct side *a, const struct side *b,
		      uint64_t field, const struct code_operand *op)
{
	uint32_t x, y;

	if (!op->mask)
		return true;
	x = (uint32_t)code_number(a->u->file, a->p + field, 4);
	y = (uint32_t)code_number(b->u->file, b->p + field, 4);
	if (a->u->file->machine == EM_AARCH64 && a->u->file->big_endian) {
		x = __builtin_bswap32(x);
		y = __builtin_bswap32(y);
	}
	return !((x ^ y) & ~op->mask);
}

static bool is_bug_file(const struct side *s, const struct code_target *t)
{
	return !strcmp(section(s->u, s->r->section)->name, "__bug_table") &&
	       t->kind == TARGET_BLOB && text_of(s->u, t);
}

/* The last byte of a struct alt_instr (x86, arm64, s390) is the length of the
 * replacement, which may be 0. */
static void cut_replacement(const struct side *s, struct code_target *t)
{
	if (strcmp(section(s->u, s->r->section)->name, ".altinstructions") ||
	    t->kind != TARGET_BLOB || !s->len || !s->p)
		return;
	if (t->range.end - t->range.begin > s->p[s->len - 1])
		t->range.end = t->range.begin + s->p[s->len - 1];
}

/* Both are relocated. 0: they differ; else how many bytes are compared. */
static unsigned same_relocs(struct job *j, struct side *a, struct side *b,
			    uint64_t at, const struct obj_reloc *x,
			    const struct obj_reloc *y)
{
	const struct objfile *o = a->u->file;
	unsigned width = code_field_width(o, x->type);
	bool branch = code_is_branch(o, x->type) &&
		      section(a->u, a->r->section)->exec;
	bool inside = x->has_addend && !o->is64 &&
		      (o->machine == EM_386 || o->machine == EM_ARM);
	struct code_target ta, tb;

	if (!code_same_type(o, x->type, y->type)) {
		differ(j, "another kind of reference at +0x%llx",
		       (unsigned long long)at);
		return 0;
	}
	code_target(a->u, x, &ta);
	code_target(b->u, y, &tb);
	if (is_bug_file(a, &ta) && is_bug_file(b, &tb)) {
		/* file and line of a struct bug_entry */
		for (unsigned i = width; i < width + 2 && at + i < a->len; i++)
			j->places |= byte_at(a, at + i) != byte_at(b, at + i);
		j->places |= strcmp(text_of(a->u, &ta), text_of(b->u, &tb)) != 0;
		return width + 2;
	}
	cut_replacement(a, &ta);
	cut_replacement(b, &tb);
	if (!same_target(j, &ta, &tb, branch))
		return 0;
	for (unsigned i = 0; !inside && i < width && at + i < a->len; i++)
		if (byte_at(a, at + i) != byte_at(b, at + i)) {
			differ(j, "another instruction at +0x%llx",
			       (unsigned long long)at);
			return 0;
		}
	return width;
}

/* There may be several of one place. */
static unsigned same_all_relocs(struct job *j, struct side *a, struct side *b,
				uint64_t at)
{
	unsigned width = 0;

	for (;;) {
		const struct obj_reloc *x = reloc_at(a, at);
		const struct obj_reloc *y = reloc_at(b, at);
		unsigned n;

		if (!x && !y)
			return width;
		if (!x || !y) {
			differ(j, "another reference at +0x%llx",
			       (unsigned long long)at);
			return 0;
		}
		n = same_relocs(j, a, b, at, x, y);
		if (!n)
			return 0;
		width = n > width ? n : width;
		a->reloc++;
		b->reloc++;
	}
}

/* One is relocated (with), the other is a branch that the assembler resolved. */
static unsigned same_branch(struct job *j, struct side *with, struct side *other,
			    uint64_t at, const struct obj_reloc *l)
{
	struct code_target t, to;
	struct code_operand op;
	bool first = with->u == j->c->a;

	if (!with->p || !code_is_branch(with->u->file, l->type) ||
	    !branch_target(other, at, &op, &to) ||
	    !same_rest(with, other, at, &op)) {
		differ(j, "another instruction at +0x%llx",
		       (unsigned long long)at);
		return 0;
	}
	code_target(with->u, l, &t);
	if (!same_target(j, first ? &t : &to, first ? &to : &t, true))
		return 0;
	return op.width;
}

/* A byte at `at` differs that is not relocated, and may be one of an operand that
 * begins at field. How many bytes are compared then; 0: none. */
static unsigned same_operand(struct job *j, struct side *a, struct side *b,
			     uint64_t field, uint64_t at)
{
	struct code_operand x, y;
	struct code_target ta, tb;

	if (branch_target(a, field, &x, &ta) &&
	    branch_target(b, field, &y, &tb) && at < field + x.width &&
	    same_rest(a, b, field, &x) && same_name(j, &ta, &tb, true))
		return field + x.width - at;
	if (j->c->line_moved &&
	    code_constant(a->u->file, a->p, a->len, field, &x) &&
	    code_constant(b->u->file, b->p, b->len, field, &y) &&
	    at < field + x.width && same_rest(a, b, field, &x) && x.value > 0 &&
	    y.value > 0 &&
	    j->c->line_moved(j->c->data, (unsigned)x.value,
			     (unsigned)y.value)) {
		j->places = true;
		return field + x.width - at;
	}
	return 0;
}

/* A byte that is not relocated differs. 0: it really does. */
static unsigned same_byte(struct job *j, struct side *a, struct side *b,
			  uint64_t at)
{
	bool exec = section(a->u, a->r->section)->exec && a->p && b->p;

	for (uint64_t f = at < 3 ? 0 : at - 3; exec && f <= at; f++) {
		unsigned n = same_operand(j, a, b, f, at);

		if (n)
			return n;
	}
	if (section(a->u, a->r->section)->exec)
		differ(j, "another instruction at +0x%llx",
		       (unsigned long long)at);
	else
		differ(j, "another value at +0x%llx of %s",
		       (unsigned long long)at,
		       section(a->u, a->r->section)->name);
	return 0;
}

/* struct _ddebug: four pointers, then 18 bits of line number. */
static bool is_debug_line(const struct side *a, const struct side *b,
			  uint64_t at)
{
	unsigned word = a->u->file->is64 ? 32 : 16;

	if (strcmp(section(a->u, a->r->section)->name, "__dyndbg") ||
	    at < word || at > word + 3 || word + 4 > a->len || !a->p || !b->p)
		return false;
	return !(((uint32_t)code_number(a->u->file, a->p + word, 4) ^
		  (uint32_t)code_number(b->u->file, b->p + word, 4)) &
		 (a->u->file->big_endian ? 0x3fffu : 0xfffc0000u));
}

static bool same_range(struct job *j, const struct code_range *ra,
		       const struct code_range *rb)
{
	struct side a, b;

	side_init(&a, j->c->a, ra);
	side_init(&b, j->c->b, rb);
	if (a.len != b.len)
		return differ(j, "%zu bytes became %zu", a.len, b.len);
	for (uint64_t at = 0; at < a.len;) {
		const struct obj_reloc *x = reloc_at(&a, at);
		const struct obj_reloc *y = reloc_at(&b, at);
		unsigned n = 1;

		if (x && y)
			n = same_all_relocs(j, &a, &b, at);
		else if (x)
			n = same_branch(j, &a, &b, at, x);
		else if (y)
			n = same_branch(j, &b, &a, at, y);
		else if (byte_at(&a, at) == byte_at(&b, at))
			;
		else if (is_debug_line(&a, &b, at))
			j->places = true;
		else
			n = same_byte(j, &a, &b, at);
		if (!n)
			return false;
		at += n;
		pass_relocs(&a, at);
		pass_relocs(&b, at);
	}
	return true;
}

/* ---- items ----------------------------------------------------------------------- */

static bool same_parts(struct job *j, const struct code_range *a, size_t nr_a,
		       const struct code_range *b, size_t nr_b,
		       const char *what)
{
	if (nr_a != nr_b)
		return differ(j, "%zu %s became %zu", nr_a, what, nr_b);
	for (size_t i = 0; i < nr_a; i++) {
		const char *x = section(j->c->a, a[i].section)->name;
		const char *y = section(j->c->b, b[i].section)->name;

		if (strcmp(x, y))
			return differ(j, "section %s became %s", x, y);
		if (!same_range(j, &a[i], &b[i]))
			return false;
	}
	return true;
}

enum compare_answer code_compare(const struct code_compare *c,
				 const struct code_item *a,
				 const struct code_item *b, struct strbuf *why)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	struct job j = { .c = c, .a = a, .b = b, .why = why ? &text : NULL };
	bool same = c->a->file->machine == c->b->file->machine &&
		    c->a->file->big_endian == c->b->file->big_endian;

	if (!same)
		differ(&j, "another machine");
	same = same && same_parts(&j, a->parts, a->nr_parts, b->parts,
				  b->nr_parts, "parts") &&
	       same_parts(&j, a->entries, a->nr_entries, b->entries,
			  b->nr_entries, "entries in tables");
	if (same && !a->nr_parts &&
	    c->a->file->symbols[a->symbol].size !=
		    c->b->file->symbols[b->symbol].size)
		same = differ(&j, "another size");
	free(j.pairs);
	if (!same && why)
		strbuf_addstr(why, text.buf);
	return !same ? COMPARE_CHANGED : j.places ? COMPARE_PLACES :
						    COMPARE_SAME;
}
