/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A bisection: a run (run.h) that builds only the steps that tell where each cause
 * begins and ends.
 *
 * What is built, in each cell:
 *  1. the tip;
 *  2. with the quick pass (run_opts.scout): the states at which it sees something
 *     come or go, and the ones before them; so what heals before the tip is found;
 *  3. for each cause, states in the middle of what is not known yet (bisect.h).
 * One step serves all causes of its cell. A cause that hits several cells is
 * searched in one of them; the others try the patch that was found there. They do
 * not wait for that when slots are idle.
 *
 * How to call: as run_execute(); then bisect_findings_release().
 */
#ifndef KVMATRIX_ENGINE_BISECT_RUN_H
#define KVMATRIX_ENGINE_BISECT_RUN_H

#include "engine/bisect.h"
#include "engine/run.h"

struct bisect_opts {
	struct run_opts run; /* next, probed and lanes_per_cell are set here */
	const struct bisect_dag *dag; /* a history; NULL: a series */
	bool first_parent;
};

/* A cause comes (or goes) in one cell. */
struct bisect_change {
	bool breaks;
	unsigned before, after; /* states: without and with it, or the reverse */
	/* States of which one is it: after and those that could not be told, or
	 * were not built because the run was interrupted. */
	unsigned *suspects;
	size_t nr_suspects;
};

/* What is known of one cause in one cell. */
struct bisect_finding {
	size_t cause; /* of run_result.causes; 0 with a condition */
	size_t cell;
	bool at_start; /* bad in state 0: there is no first bad one to find */
	bool start_unknown;
	bool at_tip, tip_unknown;
	bool never; /* a condition that was met nowhere */
	bool flaps;
	bool unfinished; /* something is left to build */
	struct bisect_change *v; /* in the order of the states */
	size_t nr, alloc;
};

struct bisect_findings {
	struct bisect_finding *v; /* cause by cause */
	size_t nr, alloc;
	/* Steps, without the base: */
	size_t built, proved, remembered, scouted, not_looked_at;
	/* probes with --run */
	size_t probes;
	/* What it would have taken otherwise. */
	size_t linear;	  /* every state of every cell */
	size_t per_cause; /* a bisection for each finding */
	struct strlist errors; /* of git */
};
void bisect_findings_release(struct bisect_findings *f);

int bisect_execute(const struct bisect_opts *o, struct run_result *r,
		   struct bisect_findings *f, struct errbuf *err);

#endif
