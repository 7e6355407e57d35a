/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which lane goes on next, and whether there is memory for it: pure functions of
 * what earlier children of the same cell took.
 */
#ifndef KVMATRIX_ENGINE_ORDER_H
#define KVMATRIX_ENGINE_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a child of a lane does. */
enum work {
	WORK_CONFIG,
	WORK_LIST,
	WORK_BASE,
	WORK_QUICK, /* QUICK_SYNTAX */
	WORK_AHEAD, /* QUICK_OBJECTS */
	WORK_STEP,
	WORK_REPLAY,
	WORK_NR
};
/* "configuring", "listing", "base", "quick", "ahead", "step", "replay" */
const char *work_name(enum work w);

/* What a kind of work takes in one cell. */
struct work_cost {
	double seconds;	  /* mean, the newest counts half; by the clock */
	double cpu;	  /* seconds, the same */
	uint64_t max_rss; /* bytes, of its largest process, the newest one */
};
/*
 * Used until a first child has been seen. The seconds are what the default
 * configuration of 6.12 takes on two processors with a cold compiler cache; only
 * their proportions matter. 512 MiB is more than any compiler of a kernel unit
 * needs; the link of a large vmlinux takes more, once.
 */
struct work_cost work_cost_guess(enum work w);
/* The form in which costs are stored: "SECONDS BYTES CPU". Owned. False: not
 * one, and c is left alone. */
char *work_cost_format(const struct work_cost *c);
bool work_cost_parse(struct work_cost *c, const char *text);
/* One more child has ended; known: c is not a guess. */
void work_cost_learn(struct work_cost *c, bool known, double seconds,
		     double cpu, uint64_t max_rss);

/* What a lane has before it: how often each kind of work. */
struct lane_outlook {
	size_t lane;
	bool first; /* it has not had its first look (lane_first.c) */
	bool opens; /* others have theirs only when it has got so far */
	unsigned group; /* lanes that are likely to fail alike: an architecture */
	unsigned turn;	/* which of its group's first looks; order_lanes() adds
			 * to those that were begun */
	bool critical;	/* order_is_critical() */
	bool early; /* what comes before the steps is still to be done */
	bool failed; /* a step of the cell failed in the newest earlier run */
	double seconds;
};
double order_seconds(const struct work_cost costs[WORK_NR],
		     const unsigned left[WORK_NR]);
/* The same in CPU time. */
double order_cpu(const struct work_cost costs[WORK_NR],
		 const unsigned left[WORK_NR]);
/*
 * Would the run be longer if the lane had to wait? What a lane has before it is
 * done one after the other, so it takes these seconds on any machine, however
 * soon all slots together have done the rest (CPU seconds of all lanes).
 */
bool order_is_critical(double lane_seconds, double all_cpu, unsigned slots);
/* Sorts: the first looks, the groups in turn; then critical lanes; then
 * whatever comes before the steps, since the quick pass finds most failures;
 * then cells that failed, then the longest; equal ones by the number of the
 * lane. */
void order_lanes(struct lane_outlook *v, size_t nr);

/* Memory, in bytes. */
struct memory_state {
	uint64_t budget;   /* what all children together may need */
	uint64_t reserved; /* what the running ones are expected to need */
	int64_t available; /* of the machine, now; negative: not known */
	uint64_t spare;	   /* of the available, to be left alone */
	unsigned running;
};
/*
 * May a child that is expected to need so much be started? One always may.
 * Nobody knows how much of their peak the running children have reached, so all
 * of it is taken off what is available: rather one child too few.
 */
bool memory_allows(const struct memory_state *m, uint64_t need);

#endif
