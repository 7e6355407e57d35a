/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a run found, as data. Verdicts (engine/verdict.h), causes
 * (engine/cause.h) and every report are functions of this alone: nothing here
 * refers to a tree, a directory or a process.
 */
#ifndef KVMATRIX_MODEL_RESULT_H
#define KVMATRIX_MODEL_RESULT_H

#include "model/diagnostic.h"
#include "model/finding.h"
#include "sys/strlist.h"

#include <stdbool.h>
#include <stddef.h>

enum verdict {
	VERDICT_OK,
	VERDICT_REGRESSED,
	VERDICT_FIXED,
	VERDICT_STILL_BROKEN,
	VERDICT_UNREACHED,
	VERDICT_NOT_APPLIED,
	VERDICT_ERROR,
};
const char *verdict_name(enum verdict v); /* "still-broken", ... */

/* What happened to a step, before it is judged. */
enum outcome {
	OUTCOME_PENDING,     /* not (yet) built: an interrupted run */
	OUTCOME_BUILT,	     /* make said something; diags and failed are true */
	OUTCOME_UNREACHED,   /* proved equal to the previous state, whose diags
			      * and failed units it carries */
	OUTCOME_NOT_APPLIED, /* the patch did not apply */
	OUTCOME_ERROR,	     /* could not find out: see reason */
};
const char *outcome_name(enum outcome o);
/* -1 for an unknown name. */
int outcome_parse(const char *name);

/* What is known of a step's link. */
enum step_link {
	STEP_LINK_NONE,	     /* the cell links nothing */
	STEP_LINK_JUDGED,    /* read from the symbol tables, or really made */
	STEP_LINK_NOT_ASKED, /* a unit fails, so there was nothing to link: what
			      * the step says of it is what it said before */
};
const char *step_link_name(enum step_link l); /* "judged"; NULL for none */
/* -1 for an unknown name. */
int step_link_parse(const char *name);

struct step_result {
	unsigned patch;	 /* 0: the base */
	size_t cell;	 /* index into run_result.cells */
	enum outcome outcome;
	char *reason;	 /* one line: the proof of an unreached step, what
			  * went wrong, "prepare failed: 63 units judged by
			  * replay"; NULL when there is nothing to say */
	unsigned units_total;	/* units the cell's target holds */
	unsigned units_reached; /* could be affected by the state */
	unsigned units_built;	/* compiled in this step */
	double seconds;		/* wall clock of the step */
	enum step_link link;
	bool remembered;	/* taken from the store, not built in this run */
	struct diag_list diags; /* all of this state, carried ones too */
	struct strlist failed;	/* units that failed, sorted, state's names */
	/* of these, judged by replay because make stopped before them */
	struct strlist failed_replayed;
	/* Units that this state's configuration leaves out, since it lost an option
	 * that the cell asks for: nobody knows whether they would build. Sorted. */
	struct strlist left_out;
	/* units that nobody judged at this state because make stopped before them
	 * and their commands are not known; sorted, none of them in failed */
	struct strlist unjudged;
	char *log; /* relative to the run's directory; NULL when none */

	enum verdict verdict; /* set by verdict_judge() */
	/* Messages of the previous state that are gone; set by verdict_judge();
	 * their status is DIAG_FIXED. */
	struct diag_list fixed;
};

struct cell_info {
	char *id, *arch, *config, *toolchain;
	char *config_hash;	/* SHA-256 of the effective .config */
	char *toolchain_version; /* first line of "gcc --version" */
	char *same_as;		/* id of the cell whose steps these are, when
				 * configuration and toolchain are equal */
	char *error;		/* why nothing could be built in it, or NULL */
};

struct patch_info {
	unsigned index; /* 0: the base */
	char *subject, *author, *commit, *tree;
	char *not_applied;	/* git's complaint, or NULL */
	struct strlist renames; /* pairs: state's path, base's path */
};

enum cause_kind {
	CAUSE_MISSING_INCLUDE,	  /* fatal error: X: No such file */
	CAUSE_MISSING_DECLARATION, /* undeclared, implicit, unknown type */
	CAUSE_INCOMPLETE_TYPE,
	CAUSE_MISSING_MEMBER,
	CAUSE_REDEFINITION,	/* redefinition, conflicting types */
	CAUSE_CROSS_ARCH,	/* a missing file that another arch has */
	CAUSE_UNDEFINED_SYMBOL, /* ld, modpost */
	CAUSE_DUPLICATE_SYMBOL,
	CAUSE_ASSERTION,	/* BUILD_BUG_ON, static_assert */
	CAUSE_MAKE,		/* no compiler line at all */
	CAUSE_CONFIG,		/* Kconfig, a lost option */
	CAUSE_NOT_APPLIED,
	CAUSE_HIDDEN,		/* behind a condition that a patch adds */
	CAUSE_INCLUDE_CYCLE,
	CAUSE_NOT_STANDALONE,	/* a header that leans on its includers */
	CAUSE_UNEXPORTED_SYMBOL, /* there, but not for modules */
	CAUSE_BOOT_CALL,	/* built-in code needs what KVM defines */
	CAUSE_WARNING,
	CAUSE_OTHER,
};
const char *cause_kind_name(enum cause_kind k); /* "missing-include", ... */

/* Why something is missing, as the sources say; see engine/proof.h. */
enum proof_kind {
	PROOF_HIDDEN,  /* header declares it under a condition that is new */
	PROOF_REMOVED, /* header declared it */
	PROOF_MOVED,   /* header declared it, "to" does now */
	PROOF_CUT,     /* header declares it, and the unit does not reach it any
			* more: an include is gone from "place" */
	PROOF_CYCLE,   /* header includes place, which includes header */
	PROOF_LEANS,   /* place uses it and does not include header */
	PROOF_NEVER,   /* the unit never read header, which declares it */
	PROOF_HEADER_MOVED, /* the file "header" is "to" now */
	PROOF_HEADER_GONE,
	PROOF_ELSEWHERE, /* a file that is called so is there, at "to" */
	PROOF_DEFINED,	 /* a symbol: "to" defines it, header did */
	PROOF_VARIABLE, /* the Makefile header does not set the variable text any
			 * more, the Makefile place does */
	PROOF_TWICE,   /* header and place declare it, both read since by */
	PROOF_KCONFIG, /* by changes the Kconfig file header */
	PROOF_UNEXPORTED, /* "to" defines it and does not export it; header did,
			   * in place_line */
};
const char *proof_kind_name(enum proof_kind k); /* "hidden", ... */

/*
 * What is known of one thing that one unit misses from a state on. Files are
 * those of that state, but for what is gone. NULL and 0: does not apply, or not
 * known.
 */
struct proof {
	enum proof_kind kind;
	size_t cell;
	unsigned patch; /* the first state that misses it */
	char *unit;	/* name in the base, "" when none */
	char *id;	/* of the topic: "incomplete-type:struct kvm_vcpu" */
	char *file;	/* where the message stands, "" when nowhere */
	char *thing;	/* what is missing: "struct kvm_vcpu" */
	unsigned by;	/* the patch that did it */
	char *header;
	unsigned line;
	char *to;    /* PROOF_HIDDEN: the header that uses it, NULL: the unit's own
		      * source does */
	char *place; /* file, and line of the condition or include */
	unsigned place_line;
	char *text;  /* the condition, or the name that was included */
	char *chain; /* "a.c > b.h > c.h": how the unit came to header before;
		      * of a cycle the way round */
	/* PROOF_HIDDEN: builds the unit, or the highest one above that lacks what
	 * the condition asks for, too */
	char *makefile;
	bool unsure;	/* PROOF_HIDDEN: judged by a command that is too old to
			 * tell, see remark; in results of earlier versions */
	char *remark;	/* another fact, as half a sentence */
	char *luck;	/* "x86_64: a.c > b.h": how it comes there in a cell that
			 * does not miss it */
};

/* A stretch of patches over which one cell shows the cause. */
struct cause_span {
	size_t cell;
	unsigned first_bad; /* patch */
	/* The first patch that may have made it; less than first_bad where the
	 * states between could not show it. */
	unsigned first_suspect;
	unsigned healed_by; /* patch, 0: still there at the tip */
};

struct cause {
	char *id;	/* stable for the same mistake: "missing-include:asm/x.h" */
	enum cause_kind kind;
	enum diag_severity severity;
	char *title;	/* one line: what is missing where */
	char *advice;	/* one line: what to do; never NULL */
	unsigned first_bad; /* smallest over the cells; 0: broken in the base */
	unsigned first_suspect; /* of the spans that begin there, the latest */
	/* the patch after which no cell shows it; 0: still there at the tip */
	unsigned healed_by;
	struct cause_span *spans;
	size_t nr_spans, alloc_spans;
	size_t nr_diags; /* diagnostics folded into it, over all steps where
			  * they are new */
	struct strlist units; /* units hit, sorted */
	/* a place to look: the first diagnostic, "file:line: message" */
	char *example;
};

enum run_status { RUN_UNFINISHED, RUN_DONE, RUN_INTERRUPTED };

/* Compilations by what ccache found for them. */
struct cache_use {
	bool known; /* else it was not used, or nothing is known */
	unsigned hits;	    /* by the recorded include lists */
	unsigned text_hits; /* by the preprocessed text */
	unsigned misses;
};

struct run_result {
	char *id;	/* "20260201-101500-ab12cd" */
	char *version;	/* of kvmatrix */
	char *command;	/* as typed */
	char *tree;	/* --tree as given */
	char *series;	/* SERIES as given */
	char *title;	/* of the series */
	char *matrix;	/* path */
	char *base;	/* commit id */
	char *started;	/* RFC 3339, UTC */
	double seconds;
	/* 0..1: of the time in which work was ready (engine/pool.h), the part in
	 * which no job slot was idle */
	double busy_share;
	bool has_busy_share; /* else nothing is known of it */
	struct cache_use cache;
	unsigned memory_mib; /* the most that kvmatrix itself had resident; 0:
			      * unknown */
	char *mode;	/* "overlay" or "plain" */
	char *depth;	/* "full" */
	bool warnings_allowed;
	enum run_status status;
	struct cell_info *cells;
	size_t nr_cells, alloc_cells;
	struct patch_info *patches; /* [0] is the base */
	size_t nr_patches, alloc_patches;
	/* nr_patches * nr_cells elements, state-major:
	 * steps[patch * nr_cells + cell] */
	struct step_result *steps;
	struct cause *causes;
	size_t nr_causes, alloc_causes;
	/* What the causes are told from beside the messages; found by the run,
	 * because a report has no sources. */
	struct proof *proofs;
	size_t nr_proofs, alloc_proofs;
	/* The audits that were made, and what they found. */
	struct strlist audits;
	struct finding *findings;
	size_t nr_findings, alloc_findings;
	struct strlist warnings; /* of the run as a whole */
	/* Where kvmatrix contradicts itself (the quick pass and the build, a
	 * skipped step and its audit): a line each. None of it is the fault of
	 * the series, and nothing is found out while there is one. */
	struct strlist internal;
};

#define RUN_RESULT_INIT { 0 }
#define _cleanup_run_result_ __attribute__((cleanup(run_result_release)))
void run_result_release(struct run_result *r);
void step_result_release(struct step_result *s);
/* Deep copy over to, whose old contents are freed. */
void step_result_copy(struct step_result *to, const struct step_result *from);
void cause_release(struct cause *c);
void proof_release(struct proof *p);
/* Allocates steps for the cells and patches now in r, all OUTCOME_PENDING. */
void run_result_alloc_steps(struct run_result *r);
struct step_result *run_result_step(const struct run_result *r, unsigned patch,
				    size_t cell);
struct cell_info *run_result_add_cell(struct run_result *r);
struct patch_info *run_result_add_patch(struct run_result *r);
struct finding *run_result_add_finding(struct run_result *r);

/*
 * 0, 1 or 3 as DESIGN.md says: 1 when a step regressed, a patch does not apply or
 * an audit found something new that is not accepted, else 3 when a step is an error or pending, else 0.
 */
int run_result_exit_code(const struct run_result *r);

#endif
