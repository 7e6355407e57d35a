/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Private to sys/objfile*.c: a file that is being read.
 */
#ifndef KVMATRIX_SYS_OBJFILE_PRIV_H
#define KVMATRIX_SYS_OBJFILE_PRIV_H

#include "sys/objfile.h"

#include <gelf.h>

struct obj_reader {
	struct objfile *o;
	Elf *elf;
	const char *name; /* of the file, for messages */
	GElf_Ehdr ehdr;
	GElf_Shdr *headers; /* of o->sections */
	struct errbuf *err;
};

/* -1 and a message: the file is damaged. */
int obj_damaged(struct obj_reader *r, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Contents of a section; NULL when they are outside of the file (no message).
 * *len is 0 for one that has none. */
const char *obj_contents(struct obj_reader *r, size_t section, size_t *len);

/* objfile_refs.c */
/* code and code_value of the symbols, where they are not section and value. */
int obj_read_descriptors(struct obj_reader *r);
int obj_read_refs(struct obj_reader *r);
/* Each relocation of a section that is part of the image. */
int obj_read_relocs(struct obj_reader *r);

/* objfile_field.c */
/* What to add to the addend of a relocation of a section with these bytes, so
 * that it counts from the symbol. */
int obj_addend_bias(const struct objfile *o, unsigned section, unsigned type,
		    uint64_t offset, const char *bytes, size_t len);

/* objfile_exports.c */
int obj_read_exports(struct obj_reader *r);

#endif
