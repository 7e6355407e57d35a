/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One step as the verdicts and the causes compare it with another one: units
 * under the names they have in the base, sets to look messages up in, and the
 * answer to the question that keeps both honest: is a message that is not
 * there gone, or could it not be seen?
 *
 * How to walk through a cell:
 *  1. step_view_init() for each judged step, in order;
 *  2. step_view_hold(&cur, &prev): what prev had and cur may hide stays in cur
 *     as held entries;
 *  3. compare; then prev = cur and step_view_release() the old one.
 * Entries point to diagnostics of the run_result, which must outlive the view.
 */
#ifndef KVMATRIX_ENGINE_STEP_VIEW_H
#define KVMATRIX_ENGINE_STEP_VIEW_H

#include "sys/strmap.h"

#include <stdbool.h>
#include <stddef.h>

struct diagnostic;
struct run_result;
struct step_result;

struct view_entry {
	struct diagnostic *d;
	char *unit; /* name in the base, "" when d has no unit */
	size_t tag; /* the caller's; step_view_hold() keeps it */
	bool held;  /* of an earlier state; may be hidden at this one */
};

struct step_view {
	struct view_entry *v;
	size_t nr, alloc;
	size_t nr_own; /* of these, of the step itself; the held ones follow */
	/* Units that failed or show an error. */
	struct strmap broken;
	/* Unit to the first diagnostic after which nothing of it was looked
	 * at: a fatal error, or make that could not begin. */
	struct strmap fatal;
	/* What step_view_has() looks up. */
	struct strmap keys;
	/* Units that the configuration of the step leaves out. */
	struct strmap left_out;
	/* Units that the step says nothing of: each stays what it was. */
	struct strmap unjudged;
	/* Units were judged by replay, which generates no code. */
	bool replayed;
	bool unlinked; /* nothing was linked, since units fail */
};

#define STEP_VIEW_INIT { 0 }
#define _cleanup_step_view_ __attribute__((cleanup(step_view_release)))
void step_view_init(struct step_view *v, const struct run_result *r,
		    struct step_result *s);
void step_view_release(struct step_view *v);

/* The same error in this unit, or the same warning anywhere in the cell; held
 * ones count. */
bool step_view_has(const struct step_view *v, const struct view_entry *e);
/* Could the step have had e, a message of another state, without showing it? */
bool step_view_may_hide(const struct step_view *v, const struct view_entry *e);
/*
 * Adds those entries of prev that are absent from cur and may be hidden there, and
 * units that were broken and are not judged at cur stay broken.
 * Here an error that stood before the place where cur's unit stopped is known
 * to be gone.
 */
void step_view_hold(struct step_view *cur, const struct step_view *prev);

/* How messages are told apart: see step_view_has(). Owned. */
char *view_entry_key(const struct view_entry *e);

#endif
