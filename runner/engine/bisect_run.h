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

#include "engine/bisect_find.h"
#include "engine/run.h"

struct bisect_opts {
	struct run_opts run; /* next, probed and lanes_per_cell are set here */
	const struct bisect_dag *dag; /* a history; NULL: a series */
	bool first_parent;
};

int bisect_execute(const struct bisect_opts *o, struct run_result *r,
		   struct bisect_findings *f, struct errbuf *err);

#endif
