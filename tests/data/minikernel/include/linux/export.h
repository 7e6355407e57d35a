/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_EXPORT_H
#define _LINUX_EXPORT_H

/* What modpost reads: license, namespace, the symbol. */
#define EXPORT_SYMBOL(sym) \
	asm("	.section .export_symbol,\"a\"\n" \
	    "__export_symbol_" #sym ":\n" \
	    "	.asciz \"GPL\"\n" \
	    "	.asciz \"\"\n" \
	    "	.balign 8\n" \
	    "	.quad " #sym "\n" \
	    "	.previous\n")

#define MODULE_LICENSE(text) \
	static const char module_license[] \
	__attribute__((used, section(".modinfo"))) = "license=" text

#endif
