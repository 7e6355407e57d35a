/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the readers of results.json share: members that name a cell or a patch of
 * the run. Private to result_json_*.c.
 */
#ifndef KVMATRIX_MODEL_RESULT_JSON_INDEX_H
#define KVMATRIX_MODEL_RESULT_JSON_INDEX_H

#include "model/result.h"
#include "sys/strmap.h"

struct place;

struct result_index {
	struct run_result *r; /* what is being read */
	struct strmap cells;  /* id: struct cell_info in r */
	bool *seen;	      /* the steps, while they are read */
};

/* The member "cell", "patch" of p; -1: it names none of the run. */
int result_find_cell(const struct place *p, const struct result_index *ix,
		     size_t *out);
int result_find_patch(const struct place *p, const struct result_index *ix,
		      unsigned *out);

/* The list "proofs", "audits" of the document. Absent in those of versions that
 * had none: no error. */
int result_read_proofs(const struct place *top, struct result_index *ix);
int result_read_findings(const struct place *top, struct result_index *ix);

#endif
