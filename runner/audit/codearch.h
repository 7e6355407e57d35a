/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The few things about instructions that one must know to compare code without
 * disassembling it: how wide the field of a relocation is, where a direct branch
 * leads that the assembler has resolved itself, and which constant an instruction
 * loads. Machines that are not known here have no such branches and constants:
 * code that differs in one is then said to have changed.
 */
#ifndef KVMATRIX_AUDIT_CODEARCH_H
#define KVMATRIX_AUDIT_CODEARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct objfile;

/* Are the machine's branches and relocations known here? */
bool code_knows(const struct objfile *o);
/* Bytes of the field that a relocation of this type changes. */
unsigned code_field_width(const struct objfile *o, unsigned type);
/* Two types that mean the same in an instruction (x86: PC32 and PLT32). */
bool code_same_type(const struct objfile *o, unsigned a, unsigned b);
/* Is this the relocation of a branch? */
bool code_is_branch(const struct objfile *o, unsigned type);

/* An operand inside of an instruction. */
struct code_operand {
	unsigned width; /* bytes that hold it */
	int64_t value;	/* a branch: where to, from the code's begin */
	uint32_t mask;	/* bits of a 4-byte word that are the operand; 0: all of
			 * width bytes */
};
/*
 * The operand that begins at the byte `field` of the code: of a direct branch, or of
 * an instruction that loads a constant. code has len bytes and begins with an
 * instruction. False: there is none.
 */
bool code_branch(const struct objfile *o, const unsigned char *code, size_t len,
		 uint64_t field, struct code_operand *to);
bool code_constant(const struct objfile *o, const unsigned char *code,
		   size_t len, uint64_t field, struct code_operand *to);
/* A number in the object's byte order, sign extended from width bytes. */
int64_t code_number(const struct objfile *o, const unsigned char *p,
		    unsigned width);

#endif
