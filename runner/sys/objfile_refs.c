// SPDX-License-Identifier: GPL-2.0-only
/*
 * Relocations, as references from a place to a symbol.
 *
 * Compilers like to name a place by its section and an offset instead of the
 * symbol that is there. With SHT_RELA the offset is in the relocation; with
 * SHT_REL (i386, arm, 32-bit mips) it is in the bytes that are to be changed,
 * which are read for those types that are plain words.
 *
 * A 64-bit little-endian mips file keeps the index of the symbol in the other
 * half of r_info (the mips64 ELF specification, 2.9.1).
 */
#include "sys/objfile_priv.h"

#include "sys/mem.h"

#include <stdlib.h>

struct reloc {
	uint64_t offset;
	unsigned symbol, type;
	int64_t addend;
	bool has_addend;
};

/* The relocations of one section. */
struct relocs {
	struct reloc *v;
	size_t nr;
};

static void relocs_release(struct relocs *l)
{
	free(l->v);
	*l = (struct relocs){ 0 };
}

static uint32_t word_at(const struct objfile *o, const char *p)
{
	const unsigned char *b = (const unsigned char *)p;

	if (o->big_endian)
		return (uint32_t)b[0] << 24 | b[1] << 16 | b[2] << 8 | b[3];
	return (uint32_t)b[3] << 24 | b[2] << 16 | b[1] << 8 | b[0];
}

/* Is it a word that holds the addend as it is? */
static bool plain_word(unsigned machine, unsigned type)
{
	switch (machine) {
	case EM_386:
		return type == R_386_32 || type == R_386_PC32 ||
		       type == R_386_PLT32;
	case EM_ARM:
		return type == R_ARM_ABS32 || type == R_ARM_REL32;
	case EM_MIPS:
		return type == R_MIPS_32;
	default:
		return false;
	}
}

static void addend_in_place(const struct obj_reader *r, struct reloc *l,
			    const char *bytes, size_t len)
{
	if (!plain_word(r->o->machine, l->type) || len < 4 ||
	    l->offset > len - 4)
		return;
	l->addend = (int32_t)word_at(r->o, bytes + l->offset);
	l->has_addend = true;
}

static void split_info(const struct obj_reader *r, GElf_Xword info,
		       struct reloc *l)
{
	const struct objfile *o = r->o;

	l->symbol = GELF_R_SYM(info);
	l->type = GELF_R_TYPE(info);
	if (o->machine == EM_MIPS && o->is64 && !o->big_endian) {
		l->symbol = info & 0xffffffff;
		l->type = info >> 56;
	}
}

static int read_relocs(struct obj_reader *r, size_t section, struct relocs *to)
{
	const GElf_Shdr *h = &r->headers[section];
	bool rela = h->sh_type == SHT_RELA;
	size_t entry = gelf_fsize(r->elf, rela ? ELF_T_RELA : ELF_T_REL, 1,
				  EV_CURRENT);
	Elf_Data *data = elf_getdata(elf_getscn(r->elf, section), NULL);
	const char *bytes = "";
	size_t len = 0;

	*to = (struct relocs){ 0 };
	if (!data || !entry || h->sh_entsize != entry)
		return obj_damaged(r, "relocations of section %zu", section);
	if (!h->sh_info || h->sh_info >= r->o->nr_sections)
		return obj_damaged(r, "section %zu relocates no section",
				   section);
	bytes = obj_contents(r, h->sh_info, &len);
	if (!bytes)
		return obj_damaged(r, "section %u lies outside of the file",
				   (unsigned)h->sh_info);
	to->nr = data->d_buf ? data->d_size / entry : 0;
	to->v = xcalloc(to->nr + 1, sizeof(*to->v));
	for (size_t i = 0; i < to->nr; i++) {
		struct reloc *l = &to->v[i];
		GElf_Rela a = { 0 };
		GElf_Rel e;

		if (rela ? !gelf_getrela(data, i, &a) :
			   !gelf_getrel(data, i, &e)) {
			relocs_release(to);
			return obj_damaged(r, "relocation %zu of section %zu",
					   i, section);
		}
		l->offset = rela ? a.r_offset : e.r_offset;
		split_info(r, rela ? a.r_info : e.r_info, l);
		if (l->symbol && l->symbol >= r->o->nr_symbols) {
			relocs_release(to);
			return obj_damaged(r, "relocation %zu of section %zu "
					      "is against no symbol",
					   i, section);
		}
		if (rela) {
			l->addend = a.r_addend;
			l->has_addend = true;
		} else {
			addend_in_place(r, l, bytes, len);
		}
		l->addend += obj_addend_bias(r->o, h->sh_info, l->type,
					     l->offset, bytes, len);
	}
	return 0;
}

static bool is_relocs(const GElf_Shdr *h)
{
	return h->sh_type == SHT_RELA || h->sh_type == SHT_REL;
}

/* ---- function descriptors ---------------------------------------------------- */

static int by_offset(const void *a, const void *b)
{
	const struct reloc *x = a, *y = b;

	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static void follow_descriptor(struct objfile *o, struct obj_symbol *s,
			      const struct relocs *l)
{
	struct reloc key = { .offset = s->value };
	const struct reloc *hit =
		bsearch(&key, l->v, l->nr, sizeof(*l->v), by_offset);
	const struct obj_symbol *to = hit ? &o->symbols[hit->symbol] : NULL;

	if (!to || to->section < 0)
		return;
	s->code = to->section;
	s->code_value = to->value + hit->addend;
}

int obj_read_descriptors(struct obj_reader *r)
{
	struct objfile *o = r->o;

	/* e_flags: 2 is ELFv2, which has none */
	if (o->machine != EM_PPC64 || (r->ehdr.e_flags & EF_PPC64_ABI) > 1)
		return 0;
	for (size_t i = 1; i < o->nr_sections; i++) {
		_cleanup_(relocs_release) struct relocs l = { 0 };
		size_t of = r->headers[i].sh_info;

		if (!is_relocs(&r->headers[i]) || of >= o->nr_sections ||
		    strcmp(o->sections[of].name, ".opd"))
			continue;
		if (read_relocs(r, i, &l))
			return -1;
		qsort(l.v, l.nr, sizeof(*l.v), by_offset);
		for (size_t k = 1; k < o->nr_symbols; k++)
			if (o->symbols[k].section == (int)of &&
			    o->symbols[k].type != OBJ_SECTION)
				follow_descriptor(o, &o->symbols[k], &l);
	}
	return 0;
}

/* ---- references ----------------------------------------------------------------- */

static int by_target(const void *a, const void *b)
{
	const struct obj_ref *x = a, *y = b;

	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	if (x->symbol != y->symbol)
		return x->symbol < y->symbol ? -1 : 1;
	if (x->has_addend != y->has_addend)
		return x->has_addend - y->has_addend;
	if (x->addend != y->addend)
		return x->addend < y->addend ? -1 : 1;
	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static bool same_target(const struct obj_ref *x, const struct obj_ref *y)
{
	return x->from == y->from && x->symbol == y->symbol &&
	       x->has_addend == y->has_addend && x->addend == y->addend;
}

static void add_refs(struct objfile *o, unsigned section,
		     const struct relocs *l)
{
	size_t begin = o->nr_refs, keep = begin;

	for (size_t i = 0; i < l->nr; i++) {
		const struct reloc *from = &l->v[i];
		bool place = o->nr_symbols &&
			     o->symbols[from->symbol].type == OBJ_SECTION;

		if (!from->symbol)
			continue; /* absolute, or none (relaxation) */
		GROW(o->refs, o->nr_refs, o->alloc_refs);
		o->refs[o->nr_refs++] = (struct obj_ref){
			.section = section,
			.from = objfile_symbol_at(o, section, from->offset),
			.symbol = from->symbol,
			.offset = from->offset,
			.type = from->type,
			.addend = place && from->has_addend ? from->addend : 0,
			.has_addend = from->has_addend || !place,
		};
	}
	if (begin == o->nr_refs)
		return;
	qsort(o->refs + begin, o->nr_refs - begin, sizeof(*o->refs), by_target);
	for (size_t i = begin + 1; i < o->nr_refs; i++)
		if (!same_target(&o->refs[i], &o->refs[keep]))
			o->refs[++keep] = o->refs[i];
	o->nr_refs = keep + 1;
}

int obj_read_refs(struct obj_reader *r)
{
	struct objfile *o = r->o;

	for (size_t i = 1; i < o->nr_sections; i++) {
		_cleanup_(relocs_release) struct relocs l = { 0 };

		if (!is_relocs(&r->headers[i]))
			continue;
		if (read_relocs(r, i, &l))
			return -1;
		add_refs(o, r->headers[i].sh_info, &l);
	}
	return 0;
}

static int by_section(const void *a, const void *b)
{
	const struct obj_reloc *x = a, *y = b;

	if (x->section != y->section)
		return x->section < y->section ? -1 : 1;
	if (x->offset != y->offset)
		return x->offset < y->offset ? -1 : 1;
	return x->type < y->type ? -1 : x->type > y->type;
}

int obj_read_relocs(struct obj_reader *r)
{
	struct objfile *o = r->o;

	for (size_t i = 1; i < o->nr_sections; i++) {
		_cleanup_(relocs_release) struct relocs l = { 0 };
		unsigned of = r->headers[i].sh_info;

		if (!is_relocs(&r->headers[i]))
			continue;
		if (read_relocs(r, i, &l))
			return -1;
		for (size_t k = 0; k < l.nr; k++) {
			if (!o->sections[of].bytes || !l.v[k].symbol)
				continue;
			GROW(o->relocs, o->nr_relocs, o->alloc_relocs);
			o->relocs[o->nr_relocs++] = (struct obj_reloc){
				.section = of,
				.symbol = l.v[k].symbol,
				.type = l.v[k].type,
				.offset = l.v[k].offset,
				.addend = l.v[k].addend,
				.has_addend = l.v[k].has_addend,
			};
		}
	}
	if (o->nr_relocs)
		qsort(o->relocs, o->nr_relocs, sizeof(*o->relocs), by_section);
	return 0;
}
