/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A range of commits with merges, as states and as a graph, and git's own choice
 * of where to cut it. Plumbing on our repository only.
 */
#ifndef KVMATRIX_ENGINE_TREE_HISTORY_H
#define KVMATRIX_ENGINE_TREE_HISTORY_H

#include "engine/bisect.h"

#include <stdbool.h>

struct errbuf;
struct tree;

/* Every state is held in memory with all that it differs in from the base. */
#define HISTORY_MAX 1500

/*
 * States from "GOOD..BAD", where GOOD is an ancestor of BAD: state 0 is GOOD, the
 * last one BAD, every other commit of the range comes after its parents; two that
 * follow each other need not be parent and child. first_parent: along the first
 * parents of BAD only. dag: node i is state i.
 */
int tree_history(struct tree *t, const char *range, bool first_parent,
		 struct bisect_dag *dag, struct errbuf *err);
/* Does the range hold a merge? -1: err. */
int tree_has_merges(struct tree *t, const char *range, struct errbuf *err);

/*
 * git's order (rev-list --bisect-all: the best cut first) of the states that the
 * question is about, those that are marked BISECT_PENDING and not busy. Returns
 * the first, BISECT_NONE when git names none; on error err is set.
 */
size_t tree_midpoint(const struct tree *t, const struct bisect_question *q,
		     const struct bisect_history *h, bool first_parent,
		     struct errbuf *err);

#endif
