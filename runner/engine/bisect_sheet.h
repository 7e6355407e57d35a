/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where each cause shows, as marks to bisect by: a function of what was built so
 * far. Runs after verdict_judge() and causes_find(). Pure.
 *
 * A cause is bad at a judged step that has one of its messages. It is good at one
 * that has none, unless that says nothing: where every unit that the cause hits
 * elsewhere stops before its messages could come, and where make gave up before
 * any unit, the mark is skip. So it is for what a link says at a step in which a
 * unit fails: nobody has asked. Errors of the machine are skip too.
 */
#ifndef KVMATRIX_ENGINE_BISECT_SHEET_H
#define KVMATRIX_ENGINE_BISECT_SHEET_H

#include "engine/bisect.h"

struct run_result;

struct bisect_sheet {
	size_t nr_causes, nr_cells, nr_states; /* states: those that applied */
	enum bisect_mark *marks; /* see bisect_marks() */
	bool *hit; /* [cause * nr_cells + cell]: bad somewhere in the cell */
};

/*
 * history: the states are no series. Then a cause is bad at the base, too, where
 * the base has one of its very messages; in a series such a one counts as another
 * cause, the base's, until some patch has healed it.
 */
void bisect_sheet_fill(struct bisect_sheet *s, struct run_result *r,
		       bool history);
/* One cause, "the condition", with a line of pending marks in each cell. */
void bisect_sheet_init_condition(struct bisect_sheet *s,
				 const struct run_result *r);
void bisect_sheet_release(struct bisect_sheet *s);
/* nr_states marks of one cause in one cell. */
enum bisect_mark *bisect_marks(const struct bisect_sheet *s, size_t cause,
			       size_t cell);
bool bisect_hits(const struct bisect_sheet *s, size_t cause, size_t cell);

#endif
