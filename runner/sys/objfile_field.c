// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an addend counts from. The field that a relocation changes is relative to
 * itself; an instruction's operand often is not:
 *
 *  - x86: relative to the end of the instruction, which is that of the field
 *    unless an immediate follows it ("cmpb $1, x(%rip)" names x - 5);
 *  - s390: relative to the beginning of the instruction, two bytes before the field.
 *
 * Intel SDM volume 2, chapter 2 and appendix A; z/Architecture Principles of
 * Operation, chapter 5 (formats RI, RIE, RIL).
 */
#include "sys/objfile_priv.h"

/* Bytes of the immediate behind a 32-bit displacement at offset. */
static unsigned x86_immediate(const unsigned char *b, uint64_t offset)
{
	bool word = offset >= 3 && b[offset - 3] == 0x66;
	bool two = offset >= 3 && b[offset - 3] == 0x0f;
	unsigned reg;

	/* ModRM of an operand relative to %rip: else it is no such operand */
	if (offset < 2 || (b[offset - 1] & 0xc7) != 0x05)
		return 0;
	/* 66 REX opcode ModRM; a REX.W takes the 66 away */
	if (offset >= 4 && b[offset - 4] == 0x66 &&
	    (b[offset - 3] & 0xf8) == 0x40)
		word = true;
	reg = b[offset - 1] >> 3 & 7;
	switch (b[offset - 2]) {
	case 0x80: case 0x83: case 0xc0: case 0xc1: case 0x6b:
		return two ? 0 : 1;
	case 0xc6: /* mov; and shufps */
		return 1;
	case 0x81: case 0xc7: case 0x69:
		return two ? 0 : word ? 2 : 4;
	case 0xf6:
		return two || reg > 1 ? 0 : 1;
	case 0xf7:
		return two || reg > 1 ? 0 : word ? 2 : 4;
	case 0x70: case 0x71: case 0x72: case 0x73: case 0xa4: case 0xac:
	case 0xba: case 0xc2: case 0xc4: case 0xc5:
		return two ? 1 : 0;
	default:
		return 0;
	}
}

int obj_addend_bias(const struct objfile *o, unsigned section, unsigned type,
		    uint64_t offset, const char *bytes, size_t len)
{
	if (!o->sections[section].exec)
		return 0;
	switch (o->machine) {
	case EM_X86_64:
		if (type != R_X86_64_PC32 && type != R_X86_64_PLT32)
			return 0;
		return 4 + (offset < len ?
				    x86_immediate((const unsigned char *)bytes,
						  offset) :
				    0);
	case EM_386:
		return type == R_386_PC32 || type == R_386_PLT32 ? 4 : 0;
	case EM_S390:
		switch (type) {
		case R_390_PC16DBL: case R_390_PLT16DBL:
		case R_390_PC32DBL: case R_390_PLT32DBL:
		case R_390_GOTENT: case R_390_GOTPCDBL:
			return -2;
		}
		return 0;
	default:
		return 0;
	}
}
