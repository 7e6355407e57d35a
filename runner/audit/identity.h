/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What became of the functions and variables of a set of units: the proof behind "no
 * functional change", or what contradicts it. A pure function of object files.
 *
 * Set aside are whole sections (code_aside()) and places in the source (codecmp.h);
 * both are counted, never hidden.
 */
#ifndef KVMATRIX_AUDIT_IDENTITY_H
#define KVMATRIX_AUDIT_IDENTITY_H

#include "audit/code.h"
#include "sys/strlist.h"

struct strbuf;

/* A unit before and after. */
struct identity_unit {
	const char *name;	      /* "arch/x86/kvm/x86.o" */
	const struct objfile *before; /* NULL: it was not there */
	const struct objfile *after;  /* NULL: it is not there any more; the
				       * same as before: not built anew */
};

enum identity_fate {
	FATE_SAME,
	FATE_PLACES,  /* the same but for line numbers and file names */
	FATE_MOVED,   /* the same, in another unit */
	FATE_CHANGED,
	FATE_ADDED,
	FATE_REMOVED,
	NR_FATES,
};
const char *identity_fate_name(enum identity_fate f);

/* One that is not just the same. */
struct identity_item {
	enum code_kind kind;
	enum identity_fate fate;
	char *name;
	char *before, *after; /* names of units; NULL: not there */
	char *why;	      /* changed: the first difference, or NULL */
	bool places;	      /* moved: in PLACES' sense */
};

struct identity {
	struct identity_item *items;
	size_t nr_items, alloc_items;
	/* By kind: how many there were, there are, and what became of them (those
	 * added are not of `before`). */
	size_t before[2], after[2], fates[2][NR_FATES];
	/* "SECTION: WHY" of what differs and was set aside, sorted. */
	struct strlist aside;
};

#define _cleanup_identity_ __attribute__((cleanup(identity_release)))
void identity_release(struct identity *r);

/* line_moved and data as in struct code_compare; unit is the one before. May be
 * NULL. */
typedef bool identity_line_moved(void *data, const char *unit, unsigned from,
				 unsigned to);
void identity_find(struct identity *r, const struct identity_unit *units,
		   size_t nr, identity_line_moved *line_moved, void *data);
/* "412 of 415 functions identical (2 moved), 1 changed; 80 of 80 variables ..." */
void identity_tell(const struct identity *r, struct strbuf *to);

#endif
