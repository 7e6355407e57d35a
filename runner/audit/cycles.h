/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Include cycles as a graph: which includes lie on one, which files hang together,
 * and which single include would break it. Pure.
 */
#ifndef KVMATRIX_AUDIT_CYCLES_H
#define KVMATRIX_AUDIT_CYCLES_H

#include "engine/look_tree.h"

/* An #include that was seen on a cycle. */
struct loop_edge {
	const char *from, *to; /* of look_names: equal names are equal pointers */
	const char *place;     /* what from is called where it was seen */
	unsigned line;
	unsigned part; /* number of the files that reach each other, from 0 */
	bool breaks;   /* without it there is no cycle left in its part */
};

struct loops {
	struct loop_edge *v; /* each pair of files once */
	size_t nr, alloc;
	unsigned nr_parts;
};
void loops_release(struct loops *l);

/* Adds the includes of a tree that lie on a cycle: a file that is entered while it
 * is being read closes one, and all that lead from it to there are on it. */
void loops_add(struct loops *l, const struct look_tree *t);
bool loops_have(const struct loops *l, const char *from, const char *to);
/* Sets part and breaks. */
void loops_solve(struct loops *l);

#endif
