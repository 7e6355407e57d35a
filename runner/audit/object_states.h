/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Audits of objects: what they keep of a cell, state by state, and how they judge.
 *
 * Each says what can be found in the objects of one state and what to tell of it;
 * which states are known, and what holds where one is not, is the same for all:
 * a state that nobody looked at is as the one before.
 */
#ifndef KVMATRIX_AUDIT_OBJECT_STATES_H
#define KVMATRIX_AUDIT_OBJECT_STATES_H

#include "audit/ledger.h"

struct audit_cell;
struct audit_run;
struct errbuf;
struct image_tree;
struct look_site;
struct object_judge;

struct object_audit {
	/* What there is at a state; owned. NULL: err says why it is not known. */
	void *(*find)(const struct audit_cell *c, const struct look_site *at,
		      const struct image_tree *before,
		      const struct image_tree *now, struct errbuf *err);
	void (*free)(void *found);
	/* Tells what holds at patch; found is what is known of it. */
	void (*tell)(struct object_judge *j, const void *found, unsigned patch);
	/* Tells of a cell, once, what was found last. */
	void (*tell_last)(struct object_judge *j, const void *found);
};

struct object_state {
	void *found; /* NULL: as before */
	char *why;   /* it is not known, and may be another one; or NULL */
};

struct object_states {
	const struct object_audit *of;
	struct object_state *v; /* [patch] */
	unsigned nr;
};

/* For the callbacks that tell. */
struct object_judge {
	struct audit_run *a;
	struct ledger ledger;
	const struct audit_cell *cell;
	const struct object_states *states; /* of the cell */
};

/* Takes what an audit finds at a state; now may be NULL (look.h). */
void object_states_take(const struct object_audit *of, struct audit_cell *c,
			const struct look_site *at,
			const struct image_tree *before,
			const struct image_tree *now);
void object_states_release(struct object_states *s);
void object_states_judge(const struct object_audit *of, struct audit_run *a);

#endif
