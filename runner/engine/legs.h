/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The states of a quick pass, shared between several that walk through them at
 * once. Pure.
 *
 * A walker goes from state to state, and at each looks at the units that the
 * way there reaches. So it cannot begin anywhere for nothing: whoever comes to
 * a state from the base has all of the series before it to look at. But a patch
 * that reaches nearly all that the series has reached up to then costs the same
 * from either side, and there a leg begins. A series that moves headers has
 * many of them.
 */
#ifndef KVMATRIX_ENGINE_LEGS_H
#define KVMATRIX_ENGINE_LEGS_H

#include <stdbool.h>
#include <stddef.h>

struct legs {
	size_t nr;    /* states; 0 is the base, where nobody has to go */
	bool *begins; /* one may come here from anywhere */
	bool *taken;
};
void legs_init(struct legs *g, size_t nr_states);
void legs_release(struct legs *g);

/* Does a leg begin where the patch alone reaches so many units, and the series
 * up to it so many? */
bool leg_begins(unsigned since_prev, unsigned since_base);

/* The state for one that was at state at last (0: it begins): the one after it,
 * else where a later leg begins. It is taken then. 0: there is none. */
unsigned legs_take(struct legs *g, unsigned at);

/* How many walk through the states of a cell: one, and more on machines that
 * have cores to spare. */
unsigned legs_walkers(unsigned cores, size_t nr_cells);

#endif
