/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a link of the kernel and its modules will say, from the symbol tables and
 * relocations of the objects alone. A pure function: nothing is read or run.
 *
 * Judged: symbols that nobody defines, or two; references from kept to discarded
 * code; what modpost says of modules (a symbol that is not exported, for GPL
 * only, of a namespace that is not imported), of references to init and exit
 * code, and of checksums that are missing (CONFIG_MODVERSIONS). Not judged, since
 * no symbol table tells it: relocations that do not reach, addresses, ASSERTs of
 * the linker script, orphan sections, objtool.
 *
 * Texts are those of GNU ld and scripts/mod/modpost.c, so that a finding and the
 * tool's own message are one diagnostic to the verdict and the causes.
 */
#ifndef KVMATRIX_ENGINE_LINK_CHECK_H
#define KVMATRIX_ENGINE_LINK_CHECK_H

#include "engine/link_script.h"
#include "sys/objfile.h"
#include "sys/strlist.h"
#include "sys/strmap.h"

#include <stdbool.h>
#include <stddef.h>

struct diag_list;
struct diagnostic;

/* An object of vmlinux, or a module as "ld -r" has put it together. */
struct link_object {
	char *name;   /* "arch/powerpc/mm/mem.o" */
	char *source; /* "arch/powerpc/mm/mem.c"; NULL: not known */
	const struct objfile *file; /* borrowed */
	/* Exported symbols with a checksum ("#SYMVER" in its .cmd file, or in
	 * those of the parts); borrowed, NULL: none. */
	const struct strlist *checksums;
	bool library; /* linked only when it defines what is wanted */
};

struct link_input {
	struct link_object *objects; /* of vmlinux, in the order of the link */
	size_t nr_objects, alloc_objects;
	struct link_object *modules;
	size_t nr_modules, alloc_modules;
	struct link_script *script;
	/* Symbols that a linked vmlinux of this configuration has and no object
	 * defines: the script's, kallsyms'. Borrowed; NULL: none. */
	const struct strmap *given;
	/* link_key()s of what such a link did not complain of: not said. */
	const struct strmap *excused;
	bool has_modules;     /* CONFIG_MODULES */
	bool checksums;	      /* CONFIG_MODVERSIONS */
	bool mismatch_is_error; /* no CONFIG_SECTION_MISMATCH_WARN_ONLY */
};

#define LINK_INPUT_INIT { 0 }
#define _cleanup_link_input_ __attribute__((cleanup(link_input_release)))
void link_input_release(struct link_input *in);
struct link_object *link_input_object(struct link_input *in);
struct link_object *link_input_module(struct link_input *in);

/* Appends the diagnostics; their unit is vmlinux.o, vmlinux or the module. */
void link_check(const struct link_input *in, struct diag_list *out);

/* The three steps of a link: a step is not tried when the one before failed. */
enum link_stage { LINK_MERGE, LINK_MODPOST, LINK_FINAL };

/*
 * What a message of ld or modpost is about, without what differs between two ways
 * to say the same: "undefined kvm_init", "module arch/x86/kvm/kvm.ko undefined f".
 * NULL when it is about something that link_check() does not judge. Owned.
 */
char *link_key(const struct diagnostic *d, enum link_stage *stage);

/*
 * Compares with what a real link said that got to a step (and failed there, or
 * did not fail at all: LINK_FINAL). A line for each difference. What ld or modpost
 * did not get to, or where modpost stops counting (ten unexported symbols), is
 * none.
 */
void link_compare(const struct diag_list *checked, const struct diag_list *real,
		  enum link_stage reached, struct strlist *lines);

#endif
