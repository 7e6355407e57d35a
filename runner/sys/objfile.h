/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An ELF object file as a linker sees it: sections, symbols, who refers to
 * what, and what the kernel exports to its modules. This file and objfile*.c are
 * the only ones that know libelf.
 *
 * Byte order and class are mended here; so are files with more than 65279
 * sections (SHT_SYMTAB_SHNDX) and the function descriptors of 64-bit PowerPC's
 * ELFv1, where a function's symbol stands in .opd and not in the text: code and
 * code_value are always those of the code.
 *
 * Formats: System V gABI, chapters 4 and 5; the 64-bit PowerPC ELF ABI, "Function
 * Descriptors"; Linux' include/linux/export.h and export-internal.h.
 */
#ifndef KVMATRIX_SYS_OBJFILE_H
#define KVMATRIX_SYS_OBJFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct errbuf;
struct strlist;

/* Instead of the index of a section. */
#define OBJ_UNDEFINED (-1)
#define OBJ_ABSOLUTE (-2)
#define OBJ_COMMON (-3)

struct obj_section {
	const char *name;
	uint64_t size;
	bool alloc;  /* part of the image when it runs */
	bool exec;   /* holds instructions */
	bool write;
	bool grouped; /* of a section group: other objects may hold the same */
	bool strings; /* holds texts that may be merged with equal ones */
	unsigned entry; /* size of what may be merged; 0: nothing */
	/* With OBJ_WITH_BYTES: size bytes. NULL: all of it is zero, or it is no
	 * part of the image (.modinfo, .export_symbol are read all the same). */
	const char *bytes;
};

enum obj_bind { OBJ_LOCAL, OBJ_GLOBAL, OBJ_WEAK };
enum obj_type { OBJ_NOTYPE, OBJ_OBJECT, OBJ_FUNC, OBJ_SECTION, OBJ_FILE };

struct obj_symbol {
	const char *name; /* never NULL; "" for most section symbols */
	uint64_t value, size;
	int section; /* index, or one of the three above */
	int code;    /* where its code begins: section, code_value */
	uint64_t code_value;
	enum obj_bind bind;
	enum obj_type type;
};

/*
 * Something in a section refers to a symbol: one for all relocations of a
 * function against the same place.
 */
struct obj_ref {
	unsigned section; /* in which it stands */
	int from;	  /* symbol of the function or variable around it, -1 */
	unsigned symbol;  /* what it refers to */
	uint64_t offset;  /* in the section, of the first of them */
	unsigned type;	  /* machine's relocation type of the first */
	/* Where the symbol is a section, what is meant lies at that offset in
	 * it; not known (false) for some instructions of machines that keep the
	 * addend in the instruction. Else 0. */
	int64_t addend;
	bool has_addend;
};

/* One relocation. */
struct obj_reloc {
	unsigned section, symbol, type;
	uint64_t offset;
	/* Counted from the symbol to what is meant, whatever the instruction
	 * counts from. Not known where it is hidden in the instruction. */
	int64_t addend;
	bool has_addend;
};

struct obj_export {
	const char *name;
	const char *space; /* namespace, "" when none */
	bool gpl;
	/* It is exported by an object that does not define it, or only for
	 * itself. */
	bool defined, local;
};

struct objfile {
	bool is64, big_endian, relocatable;
	unsigned machine; /* EM_... */
	struct obj_section *sections; /* [0] is the null section */
	size_t nr_sections;
	struct obj_symbol *symbols; /* [0] is the null symbol */
	size_t nr_symbols;
	struct obj_ref *refs;
	size_t nr_refs, alloc_refs;
	struct obj_reloc *relocs; /* by section and offset */
	size_t nr_relocs, alloc_relocs;
	struct obj_export *exports;
	size_t nr_exports, alloc_exports;
	char *modinfo; /* "license=GPL\0..." of .modinfo, or NULL */
	size_t modinfo_len;

	/* private */
	char **strings; /* tables that the names point into */
	size_t nr_strings, alloc_strings;
	unsigned *by_place; /* symbols that name places, by code section and
			     * value */
	size_t nr_by_place;
};

#define OBJFILE_INIT { 0 }
#define _cleanup_objfile_ __attribute__((cleanup(objfile_release)))
void objfile_release(struct objfile *o);

#define OBJ_WITH_REFS 1u  /* refs */
#define OBJ_WITH_BYTES 2u /* relocs, and what is in the sections */

/*
 * Reads a relocatable object, or a linked program's symbols; what says how much
 * of it. An error names the file: not there, no ELF object, damaged (and where).
 */
int objfile_read(struct objfile *o, const char *path, unsigned what,
		 struct errbuf *err);
/* The same of len bytes in memory; name is for messages. */
int objfile_parse(struct objfile *o, const char *name, const void *data,
		  size_t len, unsigned what, struct errbuf *err);

/* The symbol whose code or data lies at that place, or the nearest one before
 * it; -1: none. Names that only the assembler made (".L12", "$x") do not count. */
int objfile_symbol_at(const struct objfile *o, int section, uint64_t value);
/* The first such place behind it; the size of the section when there is none. */
uint64_t objfile_next_place(const struct objfile *o, int section,
			    uint64_t value);
/* The symbol that stands (not: has its code) at a place, as those in .opd do. */
int objfile_symbol_standing(const struct objfile *o, int section,
			    uint64_t value);
/* The first relocation of a section at or behind an offset, as an index of relocs
 * (nr_relocs: none at all, of no section). */
size_t objfile_reloc_at(const struct objfile *o, unsigned section,
			uint64_t offset);
/* Where a reference leads. */
struct obj_place {
	int section;	/* as in obj_symbol; of the code, for a function */
	uint64_t value; /* valid where section >= 0 and known */
	int symbol;	/* whose name to tell; -1: none */
	bool known;	/* else the symbol is a section, and no more is known */
};
void objfile_ref_place(const struct objfile *o, const struct obj_ref *ref,
		       struct obj_place *place);
/* Values of a key of .modinfo, in order. */
void objfile_modinfo(const struct objfile *o, const char *key,
		     struct strlist *values);

#endif
