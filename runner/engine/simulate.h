/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How long a run would take on so many cores, from what its parts took before.
 * Pure.
 *
 * A child of a lane is taken for what make is: something that one core does
 * alone (reading makefiles, prepare, linking what the units became), and then
 * units that all free cores may compile. A lane has one child at a time. Who
 * goes on first is decided as order.h does it: a critical lane, one that others
 * follow, then the one with most before it; makes get cores in turn. The
 * scheduler's waiting until a slot has been idle for a while is left out.
 */
#ifndef KVMATRIX_ENGINE_SIMULATE_H
#define KVMATRIX_ENGINE_SIMULATE_H

#include <stdbool.h>
#include <stddef.h>

/* "CPU seconds = alone + units * each": a line through all children seen of one
 * kind in one cell, by least squares; these are its sums. */
struct work_fit {
	double nr, units, units2, cpu, units_cpu;
};
void work_fit_learn(struct work_fit *f, unsigned units, double cpu_seconds);
/* False: no child with a unit has been seen. */
bool work_fit_line(const struct work_fit *f, double *alone, double *each);
/* The form in which it is stored. Owned. False: not one, f is left alone. */
char *work_fit_format(const struct work_fit *f);
bool work_fit_parse(struct work_fit *f, const char *text);

struct sim_lane;

struct sim_task {
	double alone; /* seconds on one core */
	unsigned units;
	double each;
	/* It waits for so many tasks of a lane before its own in the array. */
	const struct sim_lane *leader;
	unsigned after;
};

struct sim_lane {
	struct sim_task *v; /* one after the other */
	size_t nr, alloc;
};

struct sim_result {
	size_t nr; /* tasks */
	double seconds;
	double cpu_seconds;
	double busy; /* of cores times seconds, from 0 to 1 */
	double longest; /* what takes longest even with cores for all */
};
void simulate(const struct sim_lane *lanes, size_t nr, unsigned cores,
	      struct sim_result *r);

#endif
