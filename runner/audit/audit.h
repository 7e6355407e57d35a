/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The audits: what the compiler does not say. Each compares the states of the series
 * with the base, so that a known oddity is not blamed on the author.
 *
 * How they are made:
 *  1. cmd fills a struct audit_opts and calls audit_new(); audit_looks() of it goes to
 *     run_opts.looks;
 *  2. while the run goes on, the engine asks each audit what it wants to see of a cell
 *     at a state (look.h), and collect.c keeps the answers;
 *  3. at the end each audit's judge() reads what was collected, and nothing else, and
 *     puts its facts into a ledger (ledger.h) or findings into the result.
 *
 * A new audit is a file with a struct audit, named at the top of audit.c. One that
 * reads objects and not the preprocessor is a struct object_audit (object_states.h):
 * it sees them while they stand, and what it found is kept in the cell.
 */
#ifndef KVMATRIX_AUDIT_AUDIT_H
#define KVMATRIX_AUDIT_AUDIT_H

#include "engine/look.h"
#include "sys/strlist.h"

#include <stdbool.h>

struct accept_list;
struct audit_run;
struct audit_cell;
struct errbuf;
struct exposure_unit;
struct finding;
struct object_audit;
struct object_states;
struct run_result;
struct sharing;
struct tree;

struct audit {
	const char *name;
	const char *help;
	/* -1: err says what is missing on this machine; may be NULL. */
	int (*ready)(struct errbuf *err);
	/* Adds jobs for a cell at a state; may be NULL. */
	void (*plan)(struct audit_run *a, struct audit_cell *c,
		     const struct look_site *at, struct look_jobs *jobs);
	/* Reads the objects of each state, and judges by them; may be NULL. */
	const struct object_audit *objects;
	void (*judge)(struct audit_run *a); /* NULL where objects is not */
};
/* NULL when there is none. */
const struct audit *audit_find(const char *name);
/* For help: counted from 0, NULL behind the last. */
const struct audit *audit_nth(size_t i);
extern const struct audit audit_headers, audit_cycles, audit_cost,
	audit_coverage, audit_standalone, audit_exposure, audit_identity,
	audit_boot_calls;

/* One look at a unit. */
struct audit_look {
	unsigned patch;
	bool gone;    /* not built from here on */
	bool unknown; /* not to be seen from here on: its command is not known, or
		       * the step was not judged */
	int status;   /* of the preprocessor; not 0: tree is a part */
	bool exact;   /* see look_answer */
	struct look_tree tree;
};

struct audit_unit {
	char *name;
	/* By ascending patch. */
	struct audit_look *v;
	size_t nr, alloc;
	/* of LOOK_TEXT; nr 0: not wanted, failed, or the unit is not there */
	struct look_tree text_base, text_tip;
};

/* A header that was compiled alone, twice. */
struct audit_alone {
	char *header;
	char *unit; /* whose flags */
	unsigned patch;
	int status;
	char *errors; /* what the compiler said */
};

/* What a unit outside KVM was seen to use, from a state on. */
struct audit_outside {
	char *unit;
	unsigned patch;
	struct exposure_unit *found;
};

struct audit_cell {
	size_t nr; /* index into run_result.cells */
	const char *id, *srcarch;
	char *config; /* text of .config */
	struct strlist paths; /* what is KVM */
	const struct unit_set *base; /* all units of the baseline; valid as long
				      * as the judges run */
	struct strmap by_name;	     /* unit -> struct audit_unit * */
	struct audit_unit **units;
	size_t nr_units, alloc_units;
	struct audit_alone *alone;
	size_t nr_alone, alloc_alone;
	struct audit_outside *outside; /* by ascending patch */
	size_t nr_outside, alloc_outside;
	char **unsure; /* [patch]: why not all units of that state are known;
			* NULL: they are */
	size_t nr_unsure;
	struct object_states *objects; /* one an audit that saw some */
	size_t nr_objects, alloc_objects;
};

struct audit_opts {
	const struct strlist *names; /* audits to be made */
	const char *home;	     /* where the data files are */
	const struct accept_list *accept; /* may be NULL */
};

struct audit_run {
	const struct accept_list *accept;
	struct look_names names;
	struct look_ops ops;
	const struct audit *made[16];
	size_t nr_made;
	struct sharing *sharing;
	struct audit_cell *cells; /* by number of the cell; id NULL: not seen */
	size_t nr_cells;
	/* While the judges run. */
	const struct tree *tree;
	struct run_result *result;
	const struct audit *judging;
};

struct audit_run *audit_new(const struct audit_opts *o, struct errbuf *err);
void audit_free(struct audit_run *a);
const struct look_ops *audit_looks(const struct audit_run *a);
/* True when all names are those of audits; err tells which there are. */
bool audit_names_ok(const struct strlist *names, struct errbuf *err);

/* ---- for the audits ----------------------------------------------------------- */

/* The newest look at a unit up to a state; NULL: none. */
const struct audit_look *audit_look_at(const struct audit_unit *u,
				       unsigned patch);
/*
 * Why something that a cell builds at a state may be unknown to the audits, in one
 * line; NULL: it is not. Static as long as a lives.
 */
const char *audit_unsure(const struct audit_run *a, size_t cell,
			 unsigned patch);
/* The last state that applied. */
unsigned audit_tip(const struct audit_run *a);
/* The name in the base of a file that has another one at a state. */
const char *audit_base_name(const struct audit_run *a, unsigned patch,
			    const char *path);
/* Does the unit belong to KVM itself in this cell? */
bool audit_is_kvm(const struct audit_cell *c, const char *unit);
/* A header that a look, or a touched file's name, is about. */
bool audit_is_header(const char *path);
/* "headers-1f0c29a4be77", of the audit that judges; owned. The parts end with
 * NULL. */
char *audit_id(const struct audit_run *a, const char *kind, ...)
	__attribute__((sentinel));
/* A finding of the audit that judges, with audit and accepted set; the caller sets
 * the rest. */
struct finding *audit_add(struct audit_run *a, char *id);
/* Adds cell nr to a finding, and the cells that are equal to it. */
void audit_add_cell(const struct audit_run *a, struct finding *f, size_t nr);
/* Says once what the audit could not find out, in the run's warnings. */
void audit_note(struct audit_run *a, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
