// SPDX-License-Identifier: GPL-2.0-only
/*
 * Longest first: the lanes of a run end at about the same time when the one
 * that has most before it goes on first, and a run is as long as its last lane.
 * What failed last time goes before all: somebody waits for that answer. First
 * looks take a second or two each; cells of one architecture mostly see the
 * same, so the next one is of another. On a machine with many slots the run is
 * as long as the steps of one cell, one after the other: these go on then,
 * whatever else could be found early.
 */
#include "engine/order.h"

#include "sys/mem.h"

#include <math.h>
#include <stdio.h>

static const struct {
	const char *name;
	double guess; /* seconds */
} works[WORK_NR] = {
	[WORK_CONFIG] = { "configuring", 8 }, [WORK_LIST] = { "listing", 5 },
	[WORK_BASE] = { "base", 90 },	      [WORK_QUICK] = { "quick", 5 },
	[WORK_AHEAD] = { "ahead", 10 },	      [WORK_STEP] = { "step", 8 },
	[WORK_REPLAY] = { "replay", 5 },
};

#define GUESSED_RSS (512ULL << 20)
#define MAX_RSS (1ULL << 50) /* more is a damaged text */

const char *work_name(enum work w)
{
	return works[w].name;
}

struct work_cost work_cost_guess(enum work w)
{
	return (struct work_cost){ works[w].guess, works[w].guess,
				   GUESSED_RSS };
}

char *work_cost_format(const struct work_cost *c)
{
	return xasprintf("%.3f %llu %.3f", c->seconds,
			 (unsigned long long)c->max_rss, c->cpu);
}

bool work_cost_parse(struct work_cost *c, const char *text)
{
	double seconds, cpu;
	unsigned long long rss;
	int end = 0;

	if (sscanf(text, "%lf %llu %lf%n", &seconds, &rss, &cpu, &end) != 3 ||
	    text[end] || !isfinite(seconds) || seconds < 0 || !isfinite(cpu) ||
	    cpu < 0 || rss > MAX_RSS)
		return false;
	*c = (struct work_cost){ seconds, cpu, rss };
	return true;
}

void work_cost_learn(struct work_cost *c, bool known, double seconds,
		     double cpu, uint64_t max_rss)
{
	c->cpu = known ? (c->cpu + cpu) / 2 : cpu;
	c->seconds = known ? (c->seconds + seconds) / 2 : seconds;
	if (max_rss)
		c->max_rss = max_rss;
}

double order_seconds(const struct work_cost costs[WORK_NR],
		     const unsigned left[WORK_NR])
{
	double sum = 0;

	for (int w = 0; w < WORK_NR; w++)
		sum += left[w] * costs[w].seconds;
	return sum;
}

double order_cpu(const struct work_cost costs[WORK_NR],
		 const unsigned left[WORK_NR])
{
	double sum = 0;

	for (int w = 0; w < WORK_NR; w++)
		sum += left[w] * costs[w].cpu;
	return sum;
}

bool order_is_critical(double lane_seconds, double all_cpu, unsigned slots)
{
	return lane_seconds > 0 && lane_seconds * slots >= all_cpu;
}

static int compare(const void *x, const void *y)
{
	const struct lane_outlook *a = x, *b = y;

	if (a->first != b->first)
		return a->first ? -1 : 1;
	if (a->first && a->opens != b->opens)
		return a->opens ? -1 : 1;
	if (a->first && a->turn != b->turn)
		return a->turn < b->turn ? -1 : 1;
	if (a->critical != b->critical)
		return a->critical ? -1 : 1;
	if (a->early != b->early)
		return a->early ? -1 : 1;
	if (a->failed != b->failed)
		return a->failed ? -1 : 1;
	if (a->seconds != b->seconds)
		return a->seconds > b->seconds ? -1 : 1;
	return a->lane < b->lane ? -1 : a->lane > b->lane;
}

void order_lanes(struct lane_outlook *v, size_t nr)
{
	qsort(v, nr, sizeof(*v), compare);
	/* now that the group's lanes are in order, each gets its own turn */
	for (size_t i = 0; i < nr && v[i].first; i++)
		for (size_t k = 0; k < i; k++)
			v[i].turn += v[k].group == v[i].group;
	qsort(v, nr, sizeof(*v), compare);
}

bool memory_allows(const struct memory_state *m, uint64_t need)
{
	if (!m->running)
		return true;
	if (m->reserved + need > m->budget)
		return false;
	return m->available < 0 ||
	       (uint64_t)m->available >= m->spare + m->reserved + need;
}
