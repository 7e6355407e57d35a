/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who outside KVM refers to what KVM defines, and why that is dangerous, from the
 * relocations and symbols of a kernel's objects. A pure function.
 *
 * Also followed: slots of .toc and .got, tables (__jump_table, .static_call_sites),
 * initcall and early-param tables, names that the linker script makes of others, and
 * the texts given to symbol_get(). Assembly is as good as C.
 *
 * kind, by the worst that holds:
 *	module	only a module defines it: a built-in caller does not link, a
 *		module has to be loaded after it
 *	init	the caller is boot code, or what is called is freed after boot
 *	builtin	a caller outside needs KVM to be built in
 *
 * Boot code: in a section that is freed after boot; a function that only boot code
 * refers to (where all objects are known, or nobody else can: it is static); entry
 * code by rule (.head.text, .idmap.text). Code of modules is none of it.
 */
#ifndef KVMATRIX_AUDIT_BOOTCALLS_H
#define KVMATRIX_AUDIT_BOOTCALLS_H

#include "sys/objfile.h"

#include <stdbool.h>
#include <stddef.h>

struct link_script;

struct boot_object {
	const char *name;
	const struct objfile *file; /* read with OBJ_WITH_BYTES */
	const char *module; /* NULL: built in */
};

struct boot_input {
	const struct boot_object *objects;
	size_t nr;
	const struct link_script *script; /* NULL: not known */
	bool whole; /* these are all objects of the kernel */
};

struct boot_edge {
	char *object;	/* of the caller */
	char *function; /* or variable; "" where there is no name */
	char *section;
	char *module;	/* of the caller, NULL: built in */
	char *symbol;
	char *definer;	/* object */
	char *definer_module; /* NULL: built in */
	const char *kind;
	char *via;	 /* ".toc", "symbol_get", ...; "": directly */
	char *danger;	 /* one sentence */
	bool broken;	 /* it does not link, or calls what is freed */
};

struct boot_edges {
	struct boot_edge *v; /* by object, function, symbol */
	size_t nr, alloc;
};

#define _cleanup_boot_edges_ __attribute__((cleanup(boot_edges_release)))
void boot_edges_release(struct boot_edges *l);
void bootcalls_find(struct boot_edges *l, const struct boot_input *in);

/* Is an object part of KVM: below arch/X/kvm/ or virt/kvm/? */
bool bootcalls_is_kvm(const char *object);
/* Is a section freed when the kernel has booted? */
bool bootcalls_is_freed(const char *section);

#endif
