/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an audit found: docs/results.md, audits[]. The id stays the same as long as
 * the audit says the same of the same place, whatever lines move: it is what
 * --accept files name.
 */
#ifndef KVMATRIX_MODEL_FINDING_H
#define KVMATRIX_MODEL_FINDING_H

#include <stdbool.h>
#include <stddef.h>

enum finding_status {
	FINDING_ADDED,	 /* the patch brought it */
	FINDING_REMOVED, /* the patch made it go away */
	FINDING_PRESENT, /* the base has it, and so has the tip */
};
const char *finding_status_name(enum finding_status s);

struct finding {
	char *audit; /* "headers" */
	char *id;    /* "headers-1f0c29a4be77" */
	unsigned patch; /* that brought it or made it go; 0 when present */
	size_t *cells;	/* indexes into run_result.cells, ascending */
	size_t nr_cells, alloc_cells;
	enum finding_status status;
	char *unit; /* or NULL */
	char *file; /* or NULL */
	unsigned line; /* 0: none */
	char *target;  /* what it is about, in the audit's words, or NULL */
	char *kind;
	char *evidence; /* one line, to be checked by hand; or NULL */
	char *accepted; /* why it is accepted, NULL: it is not */
};
void finding_release(struct finding *f);
/* Adds a cell unless it is there. */
void finding_add_cell(struct finding *f, size_t cell);
/* New, and nobody accepted it. */
bool finding_is_bad(const struct finding *f);

#endif
