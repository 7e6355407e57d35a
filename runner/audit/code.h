/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An object file taken apart into functions and variables, each with what belongs
 * to it: its cold part, and its entries in the tables that other sections hold about
 * code (__bug_table, __ex_table, .altinstructions, __jump_table and the like).
 *
 * Names: what a compiler or a macro counts is taken out ("__func__.12" is
 * "__func__", "__initcall__kmod_kvm__501_6412_init6" has no numbers), because the
 * count changes with things that have nothing to do with the variable.
 */
#ifndef KVMATRIX_AUDIT_CODE_H
#define KVMATRIX_AUDIT_CODE_H

#include "sys/objfile.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum code_kind { CODE_FUNCTION, CODE_DATA };

/* Bytes of a section. */
struct code_range {
	unsigned section;
	uint64_t begin, end;
};

struct code_item {
	char *name;
	enum code_kind kind;
	int symbol;
	bool counted; /* its name was one that the compiler counts */
	struct code_range *parts; /* [0] is its own; for a function its cold part
				   * may follow. nr 0: common storage */
	size_t nr_parts, alloc_parts;
	struct code_range *entries; /* of tables, in their order */
	size_t nr_entries, alloc_entries;
};

struct code_unit {
	const struct objfile *file; /* borrowed; read with OBJ_WITH_BYTES */
	struct code_item *items;
	size_t nr_items, alloc_items;
	/* private */
	struct code_range *sorted; /* parts by place; item in owner */
	unsigned *owner;
	size_t nr_sorted, alloc_sorted;
	struct code_range *marks; /* begins of things without a name */
	size_t nr_marks, alloc_marks;
};

void code_unit_init(struct code_unit *u, const struct objfile *file);
void code_unit_release(struct code_unit *u);
#define _cleanup_code_unit_ __attribute__((cleanup(code_unit_release)))

/* The item whose part a place lies in, or -1. */
int code_item_at(const struct code_unit *u, unsigned section, uint64_t value);
/* The name without counts; owned. *counted: there was one. */
char *code_name(const char *symbol, bool exec, bool *counted);

/*
 * Why a section is not compared: it says nothing that the code does not say, or
 * things that are no code. NULL: it is compared.
 */
const char *code_aside(const char *section);
/* Is the section a table about code, without names of its own? */
bool code_is_table(const struct objfile *o, unsigned section);

/* ---- what a relocation means ---------------------------------------------------- */

enum code_target_kind {
	TARGET_NAME,  /* name + offset */
	TARGET_LOCAL, /* a variable with a counted name: symbol, offset */
	TARGET_BLOB,  /* something without a name: range */
	TARGET_SECTION, /* a section, and where in it is not known */
};

struct code_target {
	enum code_target_kind kind;
	const char *name;  /* as in the file */
	int symbol;	   /* -1: none */
	int64_t offset;
	/* What ends just where that begins: a pointer behind an array looks
	 * like one to what follows. -1: nothing. */
	int before;
	struct code_range range;
};
void code_target(const struct code_unit *u, const struct obj_reloc *l,
		 struct code_target *t);
/* What lies at a place of a section. */
void code_target_at(const struct code_unit *u, int section, uint64_t value,
		    struct code_target *t);

#endif
