// SPDX-License-Identifier: GPL-2.0-only
#include "engine/legs.h"

#include "sys/mem.h"

/* More units than those of the patch that a beginning may cost: one in so many.
 */
#define MORE 8
/* Walkers of a cell, and cores of the cell for one more than the first. */
#define WALKERS 4
#define CORES 4

void legs_init(struct legs *g, size_t nr_states)
{
	g->nr = nr_states;
	g->begins = xcalloc(nr_states + 1, sizeof(*g->begins));
	g->taken = xcalloc(nr_states + 1, sizeof(*g->taken));
	g->taken[0] = true;
}

void legs_release(struct legs *g)
{
	free(g->begins);
	free(g->taken);
	*g = (struct legs){ 0 };
}

bool leg_begins(unsigned since_prev, unsigned since_base)
{
	return since_prev && since_base <= since_prev + since_prev / MORE;
}

unsigned legs_take(struct legs *g, unsigned at)
{
	for (size_t i = at + 1; i < g->nr; i++) {
		if (g->taken[i] || (i != at + 1 && !g->begins[i]))
			continue;
		g->taken[i] = true;
		return (unsigned)i;
	}
	return 0;
}

unsigned legs_walkers(unsigned cores, size_t nr_cells)
{
	size_t n = 1 + cores / (CORES * (nr_cells ? nr_cells : 1));

	return n < WALKERS ? (unsigned)n : WALKERS;
}
