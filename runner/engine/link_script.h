/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a linker script of the kernel (arch/X/kernel/vmlinux.lds, after the
 * preprocessor) says about symbols and sections: which input sections it throws
 * away, which symbols it defines, and which it refers to. Not an emulation of
 * ld: addresses do not matter here. The language: binutils' ld manual, chapter 3.
 */
#ifndef KVMATRIX_ENGINE_LINK_SCRIPT_H
#define KVMATRIX_ENGINE_LINK_SCRIPT_H

#include "sys/strlist.h"
#include "sys/strmap.h"

#include <stdbool.h>
#include <stddef.h>

struct script_rule {
	char *file, *section; /* patterns; file "*" for all */
	bool discard;
};

struct script_symbol {
	char *name; /* NULL: an ENTRY, EXTERN or ASSERT */
	unsigned line;
	bool provided; /* only when something refers to it */
	struct strlist uses; /* words of its expression */
};

struct link_script {
	struct script_rule *rules; /* the first that matches counts */
	size_t nr_rules, alloc_rules;
	struct script_symbol *symbols;
	size_t nr_symbols, alloc_symbols;
	/* private */
	bool by_file;	     /* some rule is for certain files */
	struct strmap known; /* section -> discarded, when not by_file */
};

#define LINK_SCRIPT_INIT { 0 }
#define _cleanup_link_script_ __attribute__((cleanup(link_script_release)))
void link_script_release(struct link_script *s);
/* Text that is no linker script gives no rules and no symbols. */
void link_script_parse(struct link_script *s, const char *text);
/* Is this section of an object thrown away? */
bool link_script_discards(struct link_script *s, const char *object,
			  const char *section);

#endif
