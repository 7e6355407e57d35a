/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Private to audit/bootcalls*.c: who refers to what among all objects.
 */
#ifndef KVMATRIX_AUDIT_BOOTCALLS_INTERNAL_H
#define KVMATRIX_AUDIT_BOOTCALLS_INTERNAL_H

#include "audit/bootcalls.h"
#include "audit/code.h"
#include "sys/strmap.h"

/* A function or variable; or what a section holds without a name. */
struct boot_node {
	size_t object;
	int item;	  /* of the unit; -1: none */
	unsigned section; /* 0: common storage */
	bool boot;	  /* at the end: boot code */
	bool reached;	  /* from boot code */
	bool outside;	  /* may be referred to by what is not known */
};

struct boot_link {
	size_t from, to; /* nodes; to: BOOT_NOWHERE when it is not known */
	const char *symbol, *via;
	size_t object;	  /* that defines it */
	int definition; /* its symbol there */
};

#define BOOT_NOWHERE ((size_t)-1)

struct boot_definition {
	size_t object;
	int symbol;
};

struct boot_graph {
	const struct boot_input *in;
	struct code_unit *units;
	size_t *first;	/* node of each unit's first item */
	size_t *loose;	/* node of each unit's section 0 */
	struct boot_node *nodes;
	size_t nr_nodes, alloc_nodes;
	struct boot_link *links;
	size_t nr_links, alloc_links;
	struct strmap builtin, modules; /* name -> struct boot_definition * */
};

/* bootcalls_links.c: all nodes and links of the input. */
void boot_graph_init(struct boot_graph *g, const struct boot_input *in);
void boot_graph_release(struct boot_graph *g);
const struct objfile *boot_graph_file(const struct boot_graph *g,
				      size_t object);
const char *boot_graph_section(const struct boot_graph *g,
			       const struct boot_node *n);

#endif
