/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Facts over the states of a series, and what became of them: in which cells and at
 * which states each holds. From that follows who brought it:
 *
 *	holds in the base	holds at the tip
 *	yes			yes		present
 *	yes			no		removed by the patch after which it is
 *						gone for good
 *	no			yes		added by the first patch that has it
 *	no			no		added, and removed again
 *
 * What comes and goes in between is not told.
 */
#ifndef KVMATRIX_AUDIT_LEDGER_H
#define KVMATRIX_AUDIT_LEDGER_H

#include "model/finding.h"
#include "sys/strmap.h"

struct audit_run;

/* What is said of a fact, at one state; owned by the ledger once given. */
struct fact_text {
	char *unit, *file, *target, *evidence;
	unsigned line;
};

struct ledger {
	struct strmap facts;
	size_t nr_cells;
	unsigned nr_patches;
};

void ledger_init(struct ledger *l, const struct audit_run *a);
/* In the order in which facts were first told. */
void ledger_finish(struct ledger *l, struct audit_run *a);

/*
 * The fact of that id (taken over) and kind holds in a cell from one state to before
 * another. text says so as of state from; it is taken over.
 */
void ledger_holds(struct ledger *l, char *id, const char *kind, size_t cell,
		  unsigned from, unsigned to, struct fact_text *text);
void fact_text_release(struct fact_text *t);

/* What became of a fact: 1 or 2 changes, see above. holds: one a state. */
struct fact_change {
	enum finding_status status;
	unsigned patch;
};
unsigned fact_changes(const bool *holds, unsigned nr_patches,
		      struct fact_change changes[2]);

#endif
