/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From marks to answers: where each cause comes and goes in each cell, and what that
 * would have cost otherwise. Pure.
 */
#ifndef KVMATRIX_ENGINE_BISECT_FIND_H
#define KVMATRIX_ENGINE_BISECT_FIND_H

#include "engine/bisect.h"
#include "sys/strlist.h"

struct bisect_sheet;
struct run_result;

/* A cause comes (or goes) in one cell. */
struct bisect_change {
	bool breaks;
	unsigned before, after; /* states: without and with it, or the reverse */
	/* States of which one is it: after and those that could not be told, or
	 * were not built because the run was interrupted; none of which it is
	 * proved that it changes nothing. */
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
	size_t unlinked; /* of those: nothing to link, since units fail */
	/* probes with --run */
	size_t probes;
	/* What it would have taken otherwise. */
	size_t linear;	  /* every state of every cell */
	size_t per_cause; /* a bisection for each finding */
	struct strlist errors; /* of git */
};
void bisect_findings_release(struct bisect_findings *f);

/* What is known when nothing more is built. */
struct bisect_known {
	const struct bisect_sheet *sheet;
	const struct run_result *r;
	const struct bisect_dag *dag; /* NULL: a series */
	bool condition; /* of --run: told of every cell */
};

/* Is anything left to find out about a cause in a cell? busy: states that are being
 * built, or NULL. */
bool bisect_cause_is_open(const struct bisect_known *k, size_t cause,
			  size_t cell, const bool *busy);
/* Adds the findings, and what a bisection of each would have cost (per_cause). */
void bisect_find(const struct bisect_known *k, struct bisect_findings *f);

#endif
