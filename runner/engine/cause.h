/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Folds diagnostics over units, cells and patches into causes: one mistake, one
 * cause. Pure; runs after verdict_judge(). Writes r->causes (ranked: broken at
 * the tip first, then healed holes, then warnings, then what the base had; by
 * number of cells and units within each) and the cause id of each diagnostic.
 *
 * Folding: a diagnostic's key is its kind and the thing it is about (a header,
 * an identifier, a type, a symbol, a message pattern). In each unit the first
 * error is the root; a later error of the same unit belongs to its own key only
 * where that key is a root somewhere, otherwise to its unit's root (a cascade).
 * An error is a root also where it appears after the first one of its unit was
 * there already, and where it cannot be a consequence (a missing file, an
 * undefined symbol, an assertion). A warning is a root in a unit without errors.
 *
 * What the base had and what the series made are never one cause, even when
 * they are about the same thing: the id of the base's ends in "@base", and its
 * spans begin at 0. Warnings of the base are no cause.
 *
 * Spans: judged states only. A span begins at the patch whose state shows the
 * cause where the judged state before did not, and ends at the first judged
 * state without it; one that a broken unit may hide is not healed.
 */
#ifndef KVMATRIX_ENGINE_CAUSE_H
#define KVMATRIX_ENGINE_CAUSE_H

struct run_result;

void causes_find(struct run_result *r);

#endif
