/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Why a thing is missing: asks the sources of the states before and after, and
 * notes what they prove (struct proof in model/result.h). causes_find() folds
 * and tells by it.
 *
 * For each error that begins at some state: where did its unit get the thing
 * one state earlier, by which includes, and what has become of that declaration
 * and of those includes? Where the sources do not contradict the compiler's
 * message (the declaration still seems to be reached) nothing is noted.
 */
#ifndef KVMATRIX_ENGINE_PROOF_H
#define KVMATRIX_ENGINE_PROOF_H

struct include_index;
struct run_result;
struct source_cell;
struct tree;

/*
 * After verdict_judge(). checkout: of the base. cells: one a cell of r. Fills
 * r->proofs anew.
 */
void proofs_find(struct run_result *r, const struct tree *t,
		 const char *checkout, const struct include_index *index,
		 const struct source_cell *cells);

#endif
