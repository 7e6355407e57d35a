// SPDX-License-Identifier: GPL-2.0-only
/*
 * Encodings: Intel SDM volume 2; Arm ARM (A64), C4.1; Power ISA book I, 1.6 and 2.4;
 * z/Architecture Principles of Operation, 5 (RI, RIL). Relocation types: the
 * processors' ELF supplements, as in elf.h.
 *
 * x86 has instructions of any length: an operand is recognised by the opcode in
 * front of its four bytes. A constant that looks like that can be taken for a
 * branch; the callers accept a difference only where both sides lead to the same
 * named place, which a constant does not by chance.
 */
#include "audit/codearch.h"

#include "sys/objfile.h"

#include <elf.h>

int64_t code_number(const struct objfile *o, const unsigned char *p,
		    unsigned width)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < width; i++)
		v = v << 8 | p[o->big_endian ? i : width - 1 - i];
	if (width < 8 && v >> (width * 8 - 1))
		v |= ~0ull << (width * 8);
	return (int64_t)v;
}

bool code_knows(const struct objfile *o)
{
	return o->machine == EM_X86_64 || o->machine == EM_386 ||
	       o->machine == EM_AARCH64 || o->machine == EM_S390 ||
	       o->machine == EM_PPC || o->machine == EM_PPC64;
}

/* ---- relocations ------------------------------------------------------------------ */

static unsigned ppc_width(const struct objfile *o, unsigned type)
{
	if (type >= R_PPC_ADDR16 && type <= R_PPC_ADDR16_HA)
		return 2;
	if (type >= R_PPC64_REL16 && type <= R_PPC64_REL16_HA)
		return 2; /* equal on 32 bit */
	if (o->machine == EM_PPC)
		return type >= R_PPC_GOT16 && type <= R_PPC_GOT16_HA ? 2 : 4;
	switch (type) {
	case R_PPC64_ADDR64: case R_PPC64_REL64: case R_PPC64_TOC:
	case R_PPC64_UADDR64: case R_PPC64_DTPREL64: case R_PPC64_TPREL64:
		return 8;
	case R_PPC64_ADDR16_HIGHER: case R_PPC64_ADDR16_HIGHERA:
	case R_PPC64_ADDR16_HIGHEST: case R_PPC64_ADDR16_HIGHESTA:
	case R_PPC64_TOC16: case R_PPC64_TOC16_LO: case R_PPC64_TOC16_HI:
	case R_PPC64_TOC16_HA:
		return 2;
	}
	return type >= R_PPC64_ADDR16_DS && type <= R_PPC64_PLTGOT16_LO_DS ? 2 :
									     4;
}

unsigned code_field_width(const struct objfile *o, unsigned type)
{
	switch (o->machine) {
	case EM_X86_64:
		return type == R_X86_64_64 || type == R_X86_64_PC64 ||
				       type == R_X86_64_TPOFF64 ?
			       8 :
		       type == R_X86_64_16 || type == R_X86_64_PC16 ? 2 :
		       type == R_X86_64_8 || type == R_X86_64_PC8   ? 1 :
								      4;
	case EM_386:
		return type == R_386_16 || type == R_386_PC16 ? 2 :
		       type == R_386_8 || type == R_386_PC8   ? 1 :
								4;
	case EM_AARCH64:
		return type == R_AARCH64_ABS64 || type == R_AARCH64_PREL64 ? 8 :
		       type == R_AARCH64_ABS16 || type == R_AARCH64_PREL16 ? 2 :
									     4;
	case EM_S390:
		switch (type) {
		case R_390_64: case R_390_PC64: case R_390_GOT64:
		case R_390_PLT64:
			return 8;
		case R_390_16: case R_390_PC16: case R_390_PC16DBL:
		case R_390_PLT16DBL: case R_390_12: case R_390_GOT12:
			return 2;
		case R_390_8:
			return 1;
		}
		return 4;
	case EM_PPC64:
	case EM_PPC:
		return ppc_width(o, type);
	default:
		return 4;
	}
}

bool code_is_branch(const struct objfile *o, unsigned type)
{
	switch (o->machine) {
	case EM_X86_64:
		return type == R_X86_64_PC32 || type == R_X86_64_PLT32;
	case EM_386:
		return type == R_386_PC32 || type == R_386_PLT32;
	case EM_AARCH64:
		return type == R_AARCH64_CALL26 || type == R_AARCH64_JUMP26 ||
		       type == R_AARCH64_CONDBR19;
	case EM_S390:
		return type == R_390_PC32DBL || type == R_390_PLT32DBL ||
		       type == R_390_PC16DBL || type == R_390_PLT16DBL;
	case EM_PPC64:
	case EM_PPC: /* equal numbers */
		return type == R_PPC_REL24 || type == R_PPC_REL14 ||
		       type == R_PPC_LOCAL24PC || type == R_PPC_PLTREL24 ||
		       type == 116; /* R_PPC64_REL24_NOTOC */
	default:
		return false;
	}
}

bool code_same_type(const struct objfile *o, unsigned a, unsigned b)
{
	return a == b || (code_is_branch(o, a) && code_is_branch(o, b) &&
			  code_field_width(o, a) == code_field_width(o, b));
}

/* ---- branches ---------------------------------------------------------------------- */

static bool x86_branch(const unsigned char *c, uint64_t f)
{
	return (f >= 1 && (c[f - 1] == 0xe8 || c[f - 1] == 0xe9)) ||
	       (f >= 2 && c[f - 2] == 0x0f && (c[f - 1] & 0xf0) == 0x80);
}

static bool x86_constant(const unsigned char *c, uint64_t f, bool is64)
{
	/* mov $x, %reg; push $x; mov $x, %reg with REX.W; movl $x, n(%esp) */
	if (f >= 1 && ((c[f - 1] & 0xf8) == 0xb8 || c[f - 1] == 0x68))
		return true;
	if (is64)
		return f >= 2 && c[f - 2] == 0xc7 && (c[f - 1] & 0xf8) == 0xc0;
	return f >= 4 && c[f - 4] == 0xc7 && c[f - 3] == 0x44 &&
	       c[f - 2] == 0x24;
}

/* Sign extends the bits of mask, which are adjacent. */
static int64_t bits(uint32_t word, uint32_t mask)
{
	unsigned shift = __builtin_ctz(mask);
	uint32_t top = (mask >> shift) / 2 + 1;
	int64_t v = (word & mask) >> shift;

	return v & top ? v - 2 * (int64_t)top : v;
}

static bool arm64_branch(uint32_t w, uint64_t field, struct code_operand *to)
{
	if ((w & 0x7c000000) == 0x14000000)
		to->mask = 0x03ffffff; /* b, bl */
	else if ((w & 0xff000010) == 0x54000000 ||
		 (w & 0x7e000000) == 0x34000000)
		to->mask = 0x00ffffe0; /* b.cond; cbz, cbnz */
	else if ((w & 0x7e000000) == 0x36000000)
		to->mask = 0x0007ffe0; /* tbz, tbnz */
	else
		return false;
	to->value = (int64_t)field + bits(w, to->mask) * 4;
	return true;
}

static bool ppc_branch(uint32_t w, uint64_t field, struct code_operand *to)
{
	if (w & 2)
		return false; /* absolute */
	if (w >> 26 == 18)
		to->mask = 0x03fffffc;
	else if (w >> 26 == 16)
		to->mask = 0x0000fffc;
	else
		return false;
	to->value = (int64_t)field + bits(w, to->mask) * 4;
	return true;
}

/* An operand of an instruction that begins two bytes before it. */
static bool s390_operand(const struct objfile *o, const unsigned char *c,
			 size_t len, uint64_t f, bool constant,
			 struct code_operand *to)
{
	unsigned op, low, width;
	bool wide, narrow;

	if (f < 2 || f & 1)
		return false;
	op = c[f - 2];
	low = c[f - 1] & 15;
	if (constant) {
		wide = op == 0xc0 && low == 1;
		narrow = op == 0xa7 && (low == 8 || low == 9);
	} else {
		wide = (op == 0xc0 && (low == 0 || low == 4 || low == 5)) ||
		       op == 0xc4 || op == 0xc6;
		narrow = op == 0xa7 && (low == 4 || low == 5);
	}
	width = wide ? 4 : narrow ? 2 : 0;
	if (!width || f + width > len)
		return false;
	to->width = width;
	to->value = code_number(o, c + f, width);
	if (!constant)
		to->value = (int64_t)f - 2 + 2 * to->value;
	return true;
}

/* The word of a machine whose instructions are words. */
static bool word(const struct objfile *o, const unsigned char *p, size_t len,
		 uint64_t at, uint32_t *w)
{
	if (at & 3 || at + 4 > len)
		return false;
	p += at;
	/* A64's instructions are little endian whatever the data is */
	if (o->machine == EM_AARCH64)
		*w = p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
	else
		*w = (uint32_t)code_number(o, p, 4);
	return true;
}

bool code_branch(const struct objfile *o, const unsigned char *code, size_t len,
		 uint64_t f, struct code_operand *to)
{
	uint32_t w;

	*to = (struct code_operand){ .width = 4 };
	switch (o->machine) {
	case EM_X86_64:
	case EM_386:
		if (f + 4 > len || !x86_branch(code, f))
			return false;
		to->value = (int64_t)f + 4 + code_number(o, code + f, 4);
		return true;
	case EM_S390:
		return s390_operand(o, code, len, f, false, to);
	case EM_AARCH64:
		return word(o, code, len, f, &w) && arm64_branch(w, f, to);
	case EM_PPC:
	case EM_PPC64:
		return word(o, code, len, f, &w) && ppc_branch(w, f, to);
	default:
		return false;
	}
}

/* ---- constants ----------------------------------------------------------------------- */

bool code_constant(const struct objfile *o, const unsigned char *code,
		   size_t len, uint64_t f, struct code_operand *to)
{
	uint32_t w;

	*to = (struct code_operand){ .width = 4 };
	switch (o->machine) {
	case EM_X86_64:
	case EM_386:
		if (f + 4 > len || !x86_constant(code, f, o->is64))
			return false;
		to->value = code_number(o, code + f, 4);
		return true;
	case EM_S390:
		return s390_operand(o, code, len, f, true, to);
	case EM_AARCH64:
		if (!word(o, code, len, f, &w) ||
		    (w & 0x7fe00000) != 0x52800000)
			return false;
		to->mask = 0x001fffe0; /* movz */
		to->value = (w & to->mask) >> 5;
		return true;
	case EM_PPC:
	case EM_PPC64:
		if (!word(o, code, len, f, &w) || (w & 0xfc1f0000) != 0x38000000)
			return false;
		to->mask = 0x0000ffff; /* li */
		to->value = bits(w, to->mask);
		return true;
	default:
		return false;
	}
}
