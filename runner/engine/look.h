/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Looks: the recorded compiler command of a unit, run in the sandbox to see what
 * the preprocessor makes of it at one state. The audits (audit/audit.h) live on
 * them; the engine decides which units and where.
 *
 * Which units: at the base those that some state of the series reaches; at a state
 * those that its changes reach, by what the newest look at each unit read, and
 * those at which the last look failed. All others read what they read before.
 *
 * Where: in the objtree that the step has just been built in, so that the command
 * is the state's own and generated headers are there; when the step was not built
 * (an earlier run or the quick pass knows it), over the baseline, whose commands
 * hold as long as no Makefile and nothing that works for the whole build changed.
 * A step where that is not so is built when there are looks. What remains is told:
 * the unit is one of look_site.unknown.
 *
 * Nothing is written to the objtree.
 */
#ifndef KVMATRIX_ENGINE_LOOK_H
#define KVMATRIX_ENGINE_LOOK_H

#include "engine/look_tree.h"
#include "model/unit.h"
#include "sys/strlist.h"

#include <stdbool.h>
#include <stddef.h>

struct cell;
struct image_tree;
struct run_result;
struct tree;

enum look_kind {
	LOOK_LINES, /* what is included, which lines are let through */
	LOOK_TEXT,  /* all that the compiler gets to see: sizes */
	LOOK_PARSE, /* "kvmatrix exposure --unit UNIT": what the code means */
	LOOK_ALONE, /* a header of the job's, included twice and nothing else,
		     * with the unit's flags; -fsyntax-only */
};

struct look_job {
	enum look_kind kind;
	char *unit;   /* whose command */
	char *header; /* LOOK_ALONE: relative to srctree */
};

struct look_jobs {
	struct look_job *v;
	size_t nr, alloc;
};
void look_jobs_add(struct look_jobs *j, enum look_kind kind, const char *unit,
		   const char *header);
void look_jobs_release(struct look_jobs *j);

/* One cell at one state. Borrowed for the call. */
struct look_site {
	const struct tree *tree; /* states, and what they change */
	const struct run_result *result;
	const struct strlist *touched; /* files that some state touches, sorted */
	const struct cell *cell;
	size_t cell_nr;
	const char *config; /* text of the effective .config */
	unsigned patch;
	const struct unit_set *base; /* all units of the baseline */
	/* What units read when they were last looked at; empty at the base. */
	const struct unit_set *newer;
	struct strlist reached; /* units to look at, sorted */
	struct strlist gone;	/* units of the base that are not built here,
				 * sorted */
	struct strlist unknown; /* reached, but with a command that is not known,
				 * sorted */
	/* There may be units that are built here and of which nothing is known,
	 * because make did not come so far; why in one line. NULL: there are not. */
	const char *incomplete;
	/* Does the unit belong to what the cell was asked to build, or to what
	 * that needs? (Else another series asked for it.) */
	bool (*is_ours)(const struct look_site *at, const struct unit *u);
	void *data;
};

struct look_answer {
	int status; /* of the command; -1: it did not come to its end */
	/* False: the compiler cannot show lines as they are (clang): one that is
	 * not seen may have been let through. */
	bool exact;
	const struct look_tree *tree; /* LINES, TEXT; of what came before an
				       * error when status is not 0 */
	const char *errors; /* what the compiler said */
	const char *output; /* PARSE: what the parser printed */
};

struct look_ops {
	void *data;
	struct look_names *names; /* outlives the run */
	/* Adds jobs, once the LOOK_LINES of every unit reached are answered: what
	 * the state reads is known. */
	void (*plan)(void *data, const struct look_site *at,
		     struct look_jobs *jobs);
	/* An answer, in the order of the jobs. */
	void (*take)(void *data, const struct look_site *at,
		     const struct look_job *job, const struct look_answer *a);
	/*
	 * The objects of the base and of this state; now is NULL where they are
	 * not at hand. Not called for a state that is proved to be like the one
	 * before. NULL: nobody wants objects; else every state that is reached
	 * is built.
	 */
	void (*objects)(void *data, const struct look_site *at,
			const struct image_tree *before,
			const struct image_tree *now);
	bool objects_only; /* no unit has to be looked at */
	/* Nothing can be seen at this state; why in one line. */
	void (*blind)(void *data, const struct look_site *at, const char *why);
	/* All is judged; the run ends. */
	void (*end)(void *data, const struct tree *tree, struct run_result *r);
};

/* ---- commands (pure) -------------------------------------------------------- */

/*
 * The command of a look, from a unit's compiler call (quick.h), without the options
 * that write files or take the line markers away. alone: the file that takes the source's place, for LOOK_ALONE.
 * NULL: the command is none that can be looked with.
 */
char *look_command(const char *call, enum look_kind kind, const char *alone);
bool look_is_exact(const char *call);
/* The file that LOOK_ALONE compiles. Owned. */
char *look_alone_source(const char *srctree, const char *header);

#endif
