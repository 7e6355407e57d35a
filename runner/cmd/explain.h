/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * "plan --explain": the proof behind one step, for people.
 */
#ifndef KVMATRIX_CMD_EXPLAIN_H
#define KVMATRIX_CMD_EXPLAIN_H

#include <stdbool.h>

struct explanation;
struct plan;
struct run_result;

/* p and e are those of run_explain(). no_memory: earlier runs do not count. */
void explain_print(const struct run_result *r, const struct plan *p,
		   const struct explanation *e, bool no_memory);

#endif
