/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The decisions of a bisection: which state is to be built next, and what is
 * known when none is. Pure.
 *
 * A line is one cause in one cell over the states of a series, each marked good,
 * bad, skip (it cannot be told whether the cause is there) or pending. Where two
 * known states next to each other have different marks lies an edge: the cause
 * breaks there, or heals. An edge with pending states in it is searched by halves.
 * A cause that breaks twice follows no rule that halves could rely on: all its
 * states are wanted.
 *
 * A history is the same over commits with any number of parents. A commit is
 * suspected while it is an ancestor of a bad one (or that one itself) and of no
 * good one. Which of the suspects to build is left to git; here is found what to
 * ask git, and what the answer is in the end.
 */
#ifndef KVMATRIX_ENGINE_BISECT_H
#define KVMATRIX_ENGINE_BISECT_H

#include <stdbool.h>
#include <stddef.h>

enum bisect_mark { BISECT_PENDING, BISECT_GOOD, BISECT_BAD, BISECT_SKIP };

#define BISECT_NONE ((size_t)-1)

/* ---- a series --------------------------------------------------------------- */

struct bisect_line {
	const enum bisect_mark *marks; /* by state */
	size_t nr;
	const bool *busy;    /* states that are being built; NULL: none */
	const bool *matters; /* states that can differ from the one before;
			      * NULL: all. A hint: it costs builds when it is
			      * wrong, and never an answer. */
};

/* Two known states, nothing known between them, and opposite marks. */
struct bisect_edge {
	size_t before, after;
	bool breaks;	 /* good, then bad; else it heals */
	size_t nr_pending; /* states between them that are not built yet */
	size_t nr_skip;	   /* and that cannot be told */
};

/* The first edge whose states lie at FROM or later; false: no more. The next is
 * asked for with e->after. */
bool bisect_next_edge(const struct bisect_line *l, size_t from,
		      struct bisect_edge *e);
/* Does it break more than once, as far as is known? */
bool bisect_flaps(const struct bisect_line *l);
/* Is anything left to build for this line? Busy states count. */
bool bisect_is_open(const struct bisect_line *l);
/*
 * The state to build next; BISECT_NONE: none, or the busy ones have to come first.
 * hint: a state after which the cause is bad elsewhere (BISECT_NONE: none); where
 * it lies in an edge, it and the state before it are tried first.
 *
 * With busy states, the widest of the parts into which they cut an edge is halved:
 * so several can be built at once.
 */
size_t bisect_line_pick(const struct bisect_line *l, size_t hint);

/* ---- a history -------------------------------------------------------------- */

struct bisect_node {
	size_t *parents; /* nodes; those outside the history are left out */
	size_t nr;
};

/* Node 0 is the good end, which all others are built on or beside; the last one is
 * the bad end. A node comes after its parents. */
struct bisect_dag {
	struct bisect_node *nodes;
	size_t nr;
};
void bisect_dag_release(struct bisect_dag *d);

struct bisect_history {
	const struct bisect_dag *dag;
	const enum bisect_mark *marks; /* by node */
	const bool *busy;	       /* or NULL */
};

/* What to ask git for the middle of: ancestors of from, and of none of without. */
struct bisect_question {
	size_t from;
	bool *without; /* by node; owned by the caller */
};

/*
 * out[i]: node i may be the first bad one. Returns the bad node that has them as
 * ancestors; BISECT_NONE: there is no bad node with suspects.
 */
size_t bisect_suspects(const struct bisect_history *h, bool *out);
/* A good node with a bad ancestor: halves cannot be relied on. */
bool bisect_history_flaps(const struct bisect_history *h);
/*
 * Finds the question whose answer holds the node to build next; false: none is
 * left, or busy ones have to come first. q->without has room for all nodes.
 */
bool bisect_ask(const struct bisect_history *h, struct bisect_question *q);
/* Is anything left to build? Busy nodes count. */
bool bisect_history_is_open(const struct bisect_history *h);
/* When it flaps: the pending nodes in their order; BISECT_NONE: none. */
size_t bisect_history_linear(const struct bisect_history *h);

#endif
