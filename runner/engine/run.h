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
#include "model/result.h"
#include "sys/strlist.h"
#include "sys/strmap.h"

#include <stdbool.h>
#include <stdint.h>

struct errbuf;
struct look_ops;
struct matrix;
struct place;
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
};

struct plan {
	struct plan_step *v; /* state-major, as run_result.steps */
	size_t nr;
	struct strmap reasons; /* of many steps they are the same */
	/* per cell: make goals, and candidates that kbuild is yet to be asked
	 * about when there is no baseline */
	struct strlist *goals;
	bool *has_baseline;
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
