/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From outcomes to verdicts: each step is compared with the previous state of
 * its cell. Pure: reads outcomes, diagnostics and failed units; writes
 * step.verdict, step.fixed, diagnostics' status and, where a step cannot be
 * judged, step.reason. May be called again after steps were added: what it wrote
 * before is taken back first.
 *
 *  regressed     a unit fails that did not fail before, or a unit shows an error
 *                that it did not show, or the cell a warning it did not have
 *                (unless warnings are allowed)
 *  still-broken  not regressed, and some unit fails or an error remains
 *  fixed         not regressed, nothing fails, and something failed before
 *  ok            not regressed, nothing fails now, nothing failed before
 *  unreached     proved equal to the previous state (and that one was not
 *                broken; a broken one makes it still-broken)
 *  not-applied   the patch did not apply
 *  error         could not be judged (also: the state before it could not, and
 *                this one shows new failures: it is unknown who did it)
 *
 * Units and files are compared under their names in the base, through the
 * renames of the states. For the base itself (patch 0): ok, still-broken, error.
 *
 * A diagnostic is "moved" when the same option, function and message stood in
 * another file at the previous state and is gone from there: no regression for
 * a warning, nor for an error that stays in its unit. Where the state before is
 * an error, the last judged state before it in the same cell is the one compared
 * with.
 *
 * What could not be seen is not held against a patch. A unit that was broken
 * stays broken: new errors in it are marked new, and they are a regression
 * unless its errors before included one after which nothing was looked at (a
 * fatal one, or make could not begin): those may have been there, hidden. In
 * the same way a warning is no regression in a unit that was broken before, and
 * nothing that only generating code can find is one where the state before was
 * judged by replay. A unit that a step does not judge (step_result.unjudged)
 * stays what it was, and what it shows next is new, but no regression: it may be
 * that step's doing. The other way round, a message that a broken unit may hide
 * is not "fixed", and when it shows again it is known, not new.
 */
#ifndef KVMATRIX_ENGINE_VERDICT_H
#define KVMATRIX_ENGINE_VERDICT_H

#include <stddef.h>

struct run_result;

void verdict_judge(struct run_result *r);
/* Judges the first nr_patches states (the base is one) of one cell. */
void verdict_judge_cell(struct run_result *r, size_t cell,
			unsigned nr_patches);

#endif
