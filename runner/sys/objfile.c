// SPDX-License-Identifier: GPL-2.0-only
/*
 * libelf checks little of what it reads: an index beyond its table, a name that
 * does not end, a section of symbols whose strings are a section of code. All
 * that is followed here is checked first, and a file that fails is refused as a
 * whole: half a symbol table is worse than none.
 */
#include "sys/objfile.h"

#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/mem.h"
#include "sys/objfile_priv.h"
#include "sys/strbuf.h"
#include "sys/strlist.h"

#include <stdarg.h>
#include <stdio.h>

void objfile_release(struct objfile *o)
{
	for (size_t i = 0; i < o->nr_strings; i++)
		free(o->strings[i]);
	free(o->strings);
	free(o->sections);
	free(o->symbols);
	free(o->refs);
	free(o->relocs);
	free(o->exports);
	free(o->modinfo);
	free(o->by_place);
	*o = (struct objfile)OBJFILE_INIT;
}

int obj_damaged(struct obj_reader *r, const char *fmt, ...)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(&text, fmt, ap);
	va_end(ap);
	return errbuf_set(r->err,
			  "%s: damaged object file: %s (remove it to have it "
			  "built again)",
			  r->name, text.buf);
}

const char *obj_contents(struct obj_reader *r, size_t section, size_t *len)
{
	Elf_Scn *scn = elf_getscn(r->elf, section);
	Elf_Data *data;

	*len = 0;
	if (r->headers[section].sh_type == SHT_NOBITS)
		return "";
	data = scn ? elf_rawdata(scn, NULL) : NULL;
	if (!data)
		return NULL;
	if (!data->d_buf)
		return "";
	*len = data->d_size;
	return data->d_buf;
}

/* A copy of a string table, which always ends in NUL. */
static const char *take_strings(struct obj_reader *r, size_t section,
				size_t *len)
{
	struct objfile *o = r->o;
	const char *text;
	char *copy;

	if (!section || section >= o->nr_sections ||
	    r->headers[section].sh_type != SHT_STRTAB) {
		obj_damaged(r, "section %zu is no table of names", section);
		return NULL;
	}
	text = obj_contents(r, section, len);
	if (!text) {
		obj_damaged(r, "section %zu lies outside of the file", section);
		return NULL;
	}
	copy = xmalloc(*len + 1);
	memcpy(copy, text, *len);
	copy[*len] = '\0';
	GROW(o->strings, o->nr_strings, o->alloc_strings);
	o->strings[o->nr_strings++] = copy;
	return copy;
}

static int read_sections(struct obj_reader *r)
{
	struct objfile *o = r->o;
	const char *names;
	size_t nr, names_at, len;
	GElf_Shdr first;

	/* With many sections their number and that of their names stand in the
	 * first header. Asked for first, libelf has it at hand; else it reads
	 * from a file that memory in foreign byte order does not have. */
	if (!gelf_getshdr(elf_getscn(r->elf, 0), &first))
		return obj_damaged(r, "it has no sections");
	if (elf_getshdrnum(r->elf, &nr) || elf_getshdrstrndx(r->elf, &names_at))
		return obj_damaged(r, "%s", elf_errmsg(-1));
	if (!nr)
		return obj_damaged(r, "it has no sections");
	o->nr_sections = nr;
	o->sections = xcalloc(nr, sizeof(*o->sections));
	r->headers = xcalloc(nr, sizeof(*r->headers));
	for (size_t i = 0; i < nr; i++) {
		Elf_Scn *scn = elf_getscn(r->elf, i);

		if (!scn || !gelf_getshdr(scn, &r->headers[i]))
			return obj_damaged(r, "section %zu: %s", i,
					   elf_errmsg(-1));
	}
	names = take_strings(r, names_at, &len);
	if (!names)
		return -1;
	for (size_t i = 0; i < nr; i++) {
		const GElf_Shdr *h = &r->headers[i];

		if (h->sh_name > len)
			return obj_damaged(r, "section %zu has no name", i);
		o->sections[i] = (struct obj_section){
			.name = names + h->sh_name,
			.size = h->sh_size,
			.alloc = h->sh_flags & SHF_ALLOC,
			.exec = h->sh_flags & SHF_EXECINSTR,
			.write = h->sh_flags & SHF_WRITE,
			.grouped = h->sh_flags & SHF_GROUP,
			.strings = h->sh_flags & SHF_STRINGS,
			.entry = h->sh_flags & SHF_MERGE ? h->sh_entsize : 0,
		};
	}
	return 0;
}

/* The first section of a type (and linked to `link` unless 0); 0: none. */
static size_t find_section(const struct obj_reader *r, uint32_t type,
			   size_t link)
{
	for (size_t i = 1; i < r->o->nr_sections; i++)
		if (r->headers[i].sh_type == type &&
		    (!link || r->headers[i].sh_link == link))
			return i;
	return 0;
}

static enum obj_bind bind_of(const GElf_Sym *sym)
{
	switch (GELF_ST_BIND(sym->st_info)) {
	case STB_LOCAL:
		return OBJ_LOCAL;
	case STB_WEAK:
		return OBJ_WEAK;
	default:
		return OBJ_GLOBAL;
	}
}

static enum obj_type type_of(const GElf_Sym *sym)
{
	switch (GELF_ST_TYPE(sym->st_info)) {
	case STT_OBJECT:
	case STT_COMMON:
	case STT_TLS:
		return OBJ_OBJECT;
	case STT_FUNC:
	case STT_GNU_IFUNC:
		return OBJ_FUNC;
	case STT_SECTION:
		return OBJ_SECTION;
	case STT_FILE:
		return OBJ_FILE;
	default:
		return OBJ_NOTYPE;
	}
}

/* The section of a symbol; -4: there is none of that number. */
static int section_of(const struct obj_reader *r, const GElf_Sym *sym,
		      Elf32_Word more)
{
	size_t n = sym->st_shndx;

	switch (sym->st_shndx) {
	case SHN_UNDEF:
		return OBJ_UNDEFINED;
	case SHN_COMMON:
		return OBJ_COMMON;
	case SHN_XINDEX:
		n = more;
		break;
	default:
		/* other reserved ones are a machine's own */
		if (sym->st_shndx >= SHN_LORESERVE)
			return OBJ_ABSOLUTE;
	}
	return n < r->o->nr_sections ? (int)n : -4;
}

static int read_symbol(struct obj_reader *r, size_t i, const GElf_Sym *sym,
		       Elf32_Word more, const char *names, size_t len)
{
	struct obj_symbol *s = &r->o->symbols[i];
	int section = section_of(r, sym, more);

	if (section == -4)
		return obj_damaged(r, "symbol %zu is of no section", i);
	if (sym->st_name > len)
		return obj_damaged(r, "symbol %zu has no name", i);
	*s = (struct obj_symbol){
		.name = names + sym->st_name,
		.value = sym->st_value,
		.size = sym->st_size,
		.section = section,
		.code = section,
		.code_value = sym->st_value,
		.bind = bind_of(sym),
		.type = type_of(sym),
	};
	if (s->type == OBJ_SECTION && !*s->name && section >= 0)
		s->name = r->o->sections[section].name;
	/* in a linked file values are addresses, not offsets */
	return 0;
}

static int read_symbols(struct obj_reader *r)
{
	struct objfile *o = r->o;
	size_t at = find_section(r, SHT_SYMTAB, 0), len, index_at;
	Elf_Data *data, *index = NULL;
	const char *names;
	size_t entry = gelf_fsize(r->elf, ELF_T_SYM, 1, EV_CURRENT);

	if (!at)
		return 0; /* nothing to link with */
	names = take_strings(r, r->headers[at].sh_link, &len);
	if (!names)
		return -1;
	data = elf_getdata(elf_getscn(r->elf, at), NULL);
	index_at = find_section(r, SHT_SYMTAB_SHNDX, at);
	if (index_at)
		index = elf_getdata(elf_getscn(r->elf, index_at), NULL);
	if (!data || !entry || (index_at && !index))
		return obj_damaged(r, "the symbol table lies outside of the "
				      "file");
	if (r->headers[at].sh_entsize != entry)
		return obj_damaged(r, "symbols of an unknown size");
	o->nr_symbols = data->d_buf ? data->d_size / entry : 0;
	o->symbols = xcalloc(o->nr_symbols + 1, sizeof(*o->symbols));
	for (size_t i = 0; i < o->nr_symbols; i++) {
		Elf32_Word more = 0;
		GElf_Sym sym;

		if (!gelf_getsymshndx(data, index, i, &sym, &more))
			return obj_damaged(r, "symbol %zu: %s", i,
					   elf_errmsg(-1));
		if (read_symbol(r, i, &sym, more, names, len))
			return -1;
	}
	return 0;
}

/* ---- what lies where -------------------------------------------------------- */

static bool names_place(const struct obj_symbol *s)
{
	return s->code >= 0 && *s->name && s->type != OBJ_SECTION &&
	       s->type != OBJ_FILE && !starts_with(s->name, ".L") &&
	       *s->name != '$';
}

/* Of two names of one place the better one comes last. */
static unsigned rank(const struct obj_symbol *s)
{
	return (s->type == OBJ_FUNC || s->type == OBJ_OBJECT) * 2 +
	       (s->bind != OBJ_LOCAL);
}

static int by_place(const void *a, const void *b, void *data)
{
	const struct objfile *o = data;
	const struct obj_symbol *x = &o->symbols[*(const unsigned *)a];
	const struct obj_symbol *y = &o->symbols[*(const unsigned *)b];

	if (x->code != y->code)
		return x->code < y->code ? -1 : 1;
	if (x->code_value != y->code_value)
		return x->code_value < y->code_value ? -1 : 1;
	if (rank(x) != rank(y))
		return rank(x) < rank(y) ? -1 : 1;
	return strcmp(y->name, x->name);
}

static void sort_places(struct objfile *o)
{
	o->by_place = xcalloc(o->nr_symbols + 1, sizeof(*o->by_place));
	for (size_t i = 1; i < o->nr_symbols; i++)
		if (names_place(&o->symbols[i]))
			o->by_place[o->nr_by_place++] = i;
	qsort_r(o->by_place, o->nr_by_place, sizeof(*o->by_place), by_place, o);
}

/* Of by_place, the first one that is behind the place. */
static size_t first_behind(const struct objfile *o, int section, uint64_t value)
{
	size_t lo = 0, hi = o->nr_by_place;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		const struct obj_symbol *s = &o->symbols[o->by_place[mid]];

		if (s->code < section ||
		    (s->code == section && s->code_value <= value))
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

int objfile_symbol_at(const struct objfile *o, int section, uint64_t value)
{
	size_t i = first_behind(o, section, value);

	if (!i || o->symbols[o->by_place[i - 1]].code != section)
		return -1;
	return o->by_place[i - 1];
}

uint64_t objfile_next_place(const struct objfile *o, int section,
			    uint64_t value)
{
	size_t i = first_behind(o, section, value);
	uint64_t end = o->sections[section].size;
	const struct obj_symbol *s;

	if (i == o->nr_by_place)
		return end;
	s = &o->symbols[o->by_place[i]];
	return s->code == section && s->code_value < end ? s->code_value : end;
}

size_t objfile_reloc_at(const struct objfile *o, unsigned section,
			uint64_t offset)
{
	size_t lo = 0, hi = o->nr_relocs;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		const struct obj_reloc *l = &o->relocs[mid];

		if (l->section < section ||
		    (l->section == section && l->offset < offset))
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

int objfile_symbol_standing(const struct objfile *o, int section,
			    uint64_t value)
{
	for (size_t i = 1; i < o->nr_symbols; i++) {
		const struct obj_symbol *s = &o->symbols[i];

		if (s->section == section && s->value == value &&
		    s->code != section && *s->name)
			return i;
	}
	return -1;
}

void objfile_ref_place(const struct objfile *o, const struct obj_ref *ref,
		       struct obj_place *place)
{
	const struct obj_symbol *s = &o->symbols[ref->symbol];

	*place = (struct obj_place){
		.section = s->code,
		.value = s->code_value,
		.symbol = ref->symbol,
		.known = true,
	};
	if (s->type != OBJ_SECTION)
		return;
	place->known = ref->has_addend;
	place->value = s->value + ref->addend;
	place->symbol = -1;
	if (!ref->has_addend || s->section < 0)
		return;
	if (!strcmp(o->sections[s->section].name, ".opd"))
		place->symbol = objfile_symbol_standing(
			o, s->section, place->value);
	if (place->symbol >= 0) {
		place->section = o->symbols[place->symbol].code;
		place->value = o->symbols[place->symbol].code_value;
	} else {
		place->symbol = objfile_symbol_at(o, s->section, place->value);
	}
}

/* ---- .modinfo ----------------------------------------------------------------- */

static int read_modinfo(struct obj_reader *r)
{
	struct objfile *o = r->o;

	for (size_t i = 1; i < o->nr_sections; i++) {
		const char *text;
		size_t len;

		if (strcmp(o->sections[i].name, ".modinfo"))
			continue;
		text = obj_contents(r, i, &len);
		if (!text)
			return obj_damaged(r, ".modinfo lies outside of the "
					      "file");
		free(o->modinfo);
		o->modinfo = xmalloc(len + 1);
		memcpy(o->modinfo, text, len);
		o->modinfo[len] = '\0';
		o->modinfo_len = len;
	}
	return 0;
}

void objfile_modinfo(const struct objfile *o, const char *key,
		     struct strlist *values)
{
	size_t n = strlen(key);

	for (size_t at = 0; at < o->modinfo_len;
	     at += strlen(o->modinfo + at) + 1)
		if (!strncmp(o->modinfo + at, key, n) &&
		    o->modinfo[at + n] == '=')
			strlist_add(values, o->modinfo + at + n + 1);
}

/* ---- contents ----------------------------------------------------------------- */

static int read_bytes(struct obj_reader *r)
{
	struct objfile *o = r->o;

	for (size_t i = 1; i < o->nr_sections; i++) {
		struct obj_section *s = &o->sections[i];
		const char *bytes;
		size_t len;
		char *copy;

		if ((!s->alloc && strcmp(s->name, ".modinfo") &&
		     strcmp(s->name, ".export_symbol")) ||
		    r->headers[i].sh_type == SHT_NOBITS)
			continue;
		bytes = obj_contents(r, i, &len);
		if (!bytes || len != s->size)
			return obj_damaged(r, "section %zu lies outside of the "
					      "file", i);
		copy = xmalloc(len + 1);
		memcpy(copy, bytes, len);
		copy[len] = '\0';
		GROW(o->strings, o->nr_strings, o->alloc_strings);
		o->strings[o->nr_strings++] = copy;
		s->bytes = copy;
	}
	return 0;
}

/* ---- all of it ------------------------------------------------------------------ */

static int read_all(struct obj_reader *r, unsigned what)
{
	struct objfile *o = r->o;

	if (elf_kind(r->elf) != ELF_K_ELF || !gelf_getehdr(r->elf, &r->ehdr))
		return errbuf_set(r->err, "%s: not an ELF object file", r->name);
	o->is64 = gelf_getclass(r->elf) == ELFCLASS64;
	o->big_endian = r->ehdr.e_ident[EI_DATA] == ELFDATA2MSB;
	o->machine = r->ehdr.e_machine;
	o->relocatable = r->ehdr.e_type == ET_REL;
	if (read_sections(r) || read_symbols(r))
		return -1;
	if (o->relocatable && obj_read_descriptors(r))
		return -1;
	sort_places(o);
	if (!o->relocatable)
		return 0;
	if ((what & OBJ_WITH_REFS) && obj_read_refs(r))
		return -1;
	if ((what & OBJ_WITH_BYTES) && (read_bytes(r) || obj_read_relocs(r)))
		return -1;
	return obj_read_exports(r) || read_modinfo(r) ? -1 : 0;
}

int objfile_parse(struct objfile *o, const char *name, const void *data,
		  size_t len, unsigned what, struct errbuf *err)
{
	/* libelf wants it aligned, and may write to it */
	_cleanup_free_ char *copy = xmalloc(len + 1);
	struct obj_reader r = { .o = o, .name = name, .err = err };
	int ret;

	*o = (struct objfile)OBJFILE_INIT;
	memcpy(copy, data, len);
	elf_version(EV_CURRENT);
	r.elf = len < SELFMAG ? NULL : elf_memory(copy, len);
	if (!r.elf)
		return errbuf_set(err, "%s: not an ELF object file", name);
	ret = read_all(&r, what);
	elf_end(r.elf);
	free(r.headers);
	if (ret)
		objfile_release(o);
	return ret;
}

int objfile_read(struct objfile *o, const char *path, unsigned what,
		 struct errbuf *err)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	*o = (struct objfile)OBJFILE_INIT;
	if (file_read(path, &text, err))
		return -1;
	return objfile_parse(o, path, text.buf, text.len, what, err);
}
