/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The slots of a run: what runs on them, what that took in earlier runs, how well
 * they are used. run.c asks here whom to let go on; lane_child.c tells here when
 * children begin and end.
 *
 * What a child took is kept in the store under "cost:CELL:WORK" (order.h), by the
 * id of the cell and not by its baseline, so that a series on a new base has
 * something to go by; what units took, for predictions (simulate.h), under
 * "fit:CELL:WORK"; whether a cell failed, under "failed:CELL".
 */
#ifndef KVMATRIX_ENGINE_POOL_H
#define KVMATRIX_ENGINE_POOL_H

#include "engine/order.h"

#include <stdbool.h>
#include <stddef.h>

struct crew;
struct lane;
struct pool;
struct proc_result;
struct work_fit;

/* With the lanes of the crew, which must not move any more. */
struct pool *pool_new(struct crew *c);
void pool_free(struct pool *p);

/* A child of the lane runs; it has ended (before the lane knows). */
void pool_child_begins(struct lane *l);
void pool_child_ended(struct lane *l, const struct proc_result *res);

/* That child compiled so many units. */
void pool_learn_units(struct lane *l, enum work w, unsigned units,
		      const struct proc_result *res);
/* What such children took so far; false: none was seen. */
bool pool_recall_fit(const struct lane *l, enum work w, struct work_fit *f);

/* The lanes that have no child and are not done, in the order in which they are
 * to go on; valid until it is called again. */
const struct lane_outlook *pool_order(struct pool *p, size_t *nr);
/* False: the lane has to wait until there is memory for its next child. */
bool pool_has_memory(struct lane *l);
/* True: slots are for the quick pass of some cell first, and this lane is to
 * build a step that the run does not wait for, or to begin beside the first
 * scout. Only slots that have been idle for a while are not. */
bool pool_holds_back(const struct lane *l);
/* Does the lane wait for a lock that another run holds, or for another lane? */
void pool_set_blocked(struct lane *l, bool blocked);

/*
 * Looks at the slots: to be called every tick, and between lanes that are let go
 * on. The time since the last look counts as busy when no slot was idle at either
 * end of it; it counts at all when work was ready at its beginning. Work is ready
 * when a lane could go on (it has no child, does not wait for a lock, is not done)
 * or is at a step with later states of its cell still to judge.
 */
void pool_look(struct pool *p);
/* A second has passed. */
void pool_second(struct pool *p);
/* Fills the result's busy share; remembers which cells failed. */
void pool_finish(struct pool *p);

#endif
