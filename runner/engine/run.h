/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A run: every cell of a matrix at every state of a series.
 *
 * How to call:
 *  1. open a place (place.h), a tree with its states (tree.h), a store, and
 *     read a matrix;
 *  2. fill a struct run_opts and call run_execute(); it fills the run_result
 *     (judged, with causes) and returns 0, also when it was interrupted;
 *  3. -1 means that nothing could be begun: see err.
 *
 * Each cell is a lane: configuration, baseline, then its states in order. Lanes
 * of different cells run at the same time; all share the slots of one jobserver.
 */
#ifndef KVMATRIX_ENGINE_RUN_H
#define KVMATRIX_ENGINE_RUN_H

#include "engine/impact.h"
#include "engine/simulate.h"
#include "model/result.h"
#include "sys/strlist.h"
#include "sys/strmap.h"

#include <stdbool.h>
#include <stdint.h>

struct errbuf;
struct look_ops;
struct matrix;
struct place;
struct quick_state;
struct store;
struct trace;
struct tree;

enum run_event_kind {
	RUN_NOTE,	/* text: something long begins, or a warning */
	RUN_DETAIL,	/* text: for those who want to know all */
	RUN_CELL_BUSY,	/* cell, text: "configuring", "building the base" */
	RUN_QUICK_BEGIN, /* cell, patch */
	RUN_QUICK_FAILED, /* cell, patch, text: units fail that did not before */
	RUN_STEP_BEGIN, /* cell, patch */
	RUN_STEP_DONE,	/* cell, patch, step (judged) */
	RUN_TICK,	/* a second has passed */
};

struct run_event {
	enum run_event_kind kind;
	const struct run_result *result; /* what is known so far, judged */
	size_t cell;
	unsigned patch;
	const struct step_result *step;
	const char *text;
};

/*
 * For those who do not want every state of every cell: a cell that is ready for
 * its next step asks which one that is.
 */
struct run_ask {
	struct run_result *result;
	size_t cell;
	bool helper; /* one more lane of the cell: see run_opts.lanes_per_cell */
	/* Has one more than half of the slots nothing to do, if this lane waits? */
	bool idle;
	bool coming; /* some cell has not come as far as asking */
	/* What the quick pass said, one a state; NULL: it was not made. */
	const struct quick_state *quick;
	/* Of each state: can its patch matter to the cell, as far as the baseline
	 * tells? A hint to choose by, no proof. */
	const bool *matters;
};
#define RUN_WAIT (~0u)	      /* ask again when some step is done */
#define RUN_ENOUGH (~0u - 1) /* the cell is done */

struct run_opts {
	const struct matrix *matrix;
	struct tree *tree;
	struct store *store;
	struct place *place;
	const char *dir; /* where logs/ and cells/ are written; exists */
	unsigned jobs;	 /* slots */
	/* $MAKEFLAGS: where a make offers its slots there, these are used instead
	 * of jobs; NULL: do not look */
	const char *makeflags;
	uint64_t memory;     /* bytes that children together may need; 0: 80 %
			      * of what is available */
	struct trace *trace; /* may be NULL */
	double audit_percent; /* of the skipped steps that are built anyway */
	bool quick_only; /* --depth quick: build only what the quick pass cannot
			  * judge */
	const struct look_ops *looks; /* what the audits want; may be NULL */
	bool use_memory; /* take finished steps from the store */
	uint64_t step_timeout_ms;
	/*
	 * Returns a state, RUN_WAIT or RUN_ENOUGH. NULL: all states, in order.
	 * Steps that nobody asks for stay OUTCOME_PENDING. A step that is proved
	 * to be like any judged one is not built. The quick pass is made only
	 * with scout.
	 */
	unsigned (*next)(void *next_data, const struct run_ask *a);
	void *next_data;
	bool scout;
	unsigned lanes_per_cell; /* at the most; with next, 0: one */
	/*
	 * A shell command that is run in each step that next names, in OBJ after
	 * make (what it writes there is lost) and whatever make said, with
	 * KVMATRIX_CELL, ARCH, CROSS_COMPILE, srctree and objtree in its
	 * environment. No step counts as proved then. probed() gets its exit code,
	 * or -1 when that is not known.
	 */
	const char *probe;
	void (*probed)(void *next_data, size_t cell, unsigned patch, int code);
	void (*event)(void *data, const struct run_event *e); /* not NULL */
	void *data;
};

/*
 * r comes with id, command, ... filled by the caller; cells, patches, steps,
 * causes and status are filled here.
 */
int run_execute(const struct run_opts *o, struct run_result *r,
		struct errbuf *err);

/* What would be done for one step; see run_plan(). */
struct plan_step {
	unsigned patch;
	size_t cell;
	/* "build", "skip" (proved), "known" (built by an earlier run),
	 * "unknown" (the reason says why), "not-applied" */
	const char *action;
	const char *reason; /* of plan.reasons */
	unsigned units_reached;
	/* What the step and its part of the quick pass are expected to take, by
	 * what earlier runs took in this cell; only of "build". */
	struct sim_task quick, step;
	/* A leg of the quick pass may begin here (legs.h); known with
	 * plan.wants_times */
	bool begins_leg;
};

struct plan {
	struct plan_step *v; /* state-major, as run_result.steps */
	size_t nr;
	struct strmap reasons; /* of many steps they are the same */
	/* per cell: make goals, and candidates that kbuild is yet to be asked
	 * about when there is no baseline */
	struct strlist *goals;
	bool *has_baseline;
	bool *has_times; /* per cell: earlier runs are on record */
	bool wants_times; /* set by the caller */
	size_t nr_cells;
};
void plan_release(struct plan *p);

/*
 * Says what run_execute() would build, from what the cache holds; builds nothing.
 * r gets cells and patches.
 */
int run_plan(const struct run_opts *o, struct run_result *r, struct plan *p,
	     struct errbuf *err);

/* All that speaks for what is done for one step; see run_explain(). */
struct explanation {
	size_t cell;	/* asked */
	unsigned patch; /* asked, from 1 */
	bool known;	/* the cell has a baseline, the patch applied: the rest
			 * is valid */
	size_t nr_files, nr_units; /* that the cell is known to read, and have */
	bool broken;	/* the state before has failing units */
	unsigned blind; /* a patch before that has to be built to know what it
			 * reads; 0: none */
	struct impact_reasons changes; /* one a path that the patch changes */
	struct impact impact; /* of all changes since the base */
	size_t nr_since_base; /* how many these are */
};
void explanation_release(struct explanation *e);

/*
 * The same as run_plan(), and the proof behind one of its steps.
 */
int run_explain(const struct run_opts *o, struct run_result *r, struct plan *p,
		struct explanation *e, struct errbuf *err);

#endif
