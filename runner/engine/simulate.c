// SPDX-License-Identifier: GPL-2.0-only
#include "engine/simulate.h"

#include "engine/order.h"
#include "sys/mem.h"

#include <math.h>
#include <stdio.h>

/* ---- what a kind of work takes ------------------------------------------------ */

#define REMEMBERED 64 /* children; older ones fade */

void work_fit_learn(struct work_fit *f, unsigned units, double cpu_seconds)
{
	double keep = f->nr >= REMEMBERED ? 1 - 1.0 / REMEMBERED : 1;

	f->nr = f->nr * keep + 1;
	f->units = f->units * keep + units;
	f->units2 = f->units2 * keep + (double)units * units;
	f->cpu = f->cpu * keep + cpu_seconds;
	f->units_cpu = f->units_cpu * keep + units * cpu_seconds;
}

bool work_fit_line(const struct work_fit *f, double *alone, double *each)
{
	double spread = f->nr * f->units2 - f->units * f->units;

	if (f->units < 1)
		return false;
	/* All had as many units: nothing says what is for the units. */
	*each = f->cpu / f->units;
	*alone = 0;
	if (spread < 1e-6 * f->nr * f->units2)
		return true;
	*each = (f->nr * f->units_cpu - f->units * f->cpu) / spread;
	if (*each < 0)
		*each = 0;
	*alone = (f->cpu - *each * f->units) / f->nr;
	if (*alone < 0) {
		*alone = 0;
		*each = f->cpu / f->units;
	}
	return true;
}

char *work_fit_format(const struct work_fit *f)
{
	return xasprintf("%.3f %.3f %.3f %.3f %.3f", f->nr, f->units, f->units2,
			 f->cpu, f->units_cpu);
}

bool work_fit_parse(struct work_fit *f, const char *text)
{
	double v[5];
	int end = 0;

	if (sscanf(text, "%lf %lf %lf %lf %lf%n", &v[0], &v[1], &v[2], &v[3],
		   &v[4], &end) != 5 ||
	    text[end])
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(v); i++)
		if (!isfinite(v[i]) || v[i] < 0)
			return false;
	*f = (struct work_fit){ v[0], v[1], v[2], v[3], v[4] };
	return true;
}

/* ---- the run -------------------------------------------------------------------- */

enum sim_phase { SIM_WAITS, SIM_ALONE, SIM_UNITS, SIM_DONE };

struct sim_state {
	enum sim_phase phase;
	size_t at;	   /* the task */
	double left;	   /* seconds of all tasks not yet begun: task_wall() */
	double chain;	   /* the same with cores for all */
	double *at_best;   /* when each task ends with cores for all */
	const struct sim_state *follower; /* of a lane that leads */
	double until;	   /* SIM_ALONE */
	unsigned to_begin; /* units of the task */
	double *ends;	   /* of units that run */
	size_t running, alloc;
};

struct sim {
	const struct sim_lane *lanes;
	struct sim_state *v;
	size_t nr;
	unsigned cores, idle;
	unsigned given_back; /* of the idle ones, by tasks that ended now */
	unsigned turns; /* slots that makes have got since the scheduler did */
	double now;
	double left; /* CPU seconds of all that has not yet begun */
};

static double task_at_best(const struct sim_task *t)
{
	return t->alone + (t->units ? t->each : 0);
}

static double task_seconds(const struct sim_task *t)
{
	return t->alone + t->units * t->each;
}

/* As the scheduler would have learned it on this machine: by the clock. */
static double task_wall(const struct sim *s, const struct sim_task *t)
{
	double rounds = (double)t->units / s->cores;

	return t->alone + (rounds > 1 ? rounds : t->units > 0) * t->each;
}

static struct sim_state *leader_of(const struct sim *s,
				   const struct sim_task *t)
{
	return t->leader && t->after ? &s->v[t->leader - s->lanes] : NULL;
}

static void open_lane(struct sim *s, size_t i, struct sim_result *r)
{
	const struct sim_lane *lane = &s->lanes[i];
	struct sim_state *l = &s->v[i];
	double end = 0;

	l->at_best = xcalloc(lane->nr + 1, sizeof(*l->at_best));
	for (size_t k = 0; k < lane->nr; k++) {
		const struct sim_task *t = &lane->v[k];
		struct sim_state *leader = leader_of(s, t);

		if (leader) {
			leader->follower = l;
			if (leader->at_best[t->after - 1] > end)
				end = leader->at_best[t->after - 1];
		}
		end += task_at_best(t);
		l->at_best[k] = end;
		l->chain += task_at_best(t);
		r->nr++;
		r->cpu_seconds += task_seconds(t);
		l->left += task_wall(s, t);
	}
	if (!lane->nr)
		l->phase = SIM_DONE;
	if (end > r->longest)
		r->longest = end;
}

static bool may_begin(const struct sim *s, const struct sim_state *l)
{
	const struct sim_task *t = &s->lanes[l - s->v].v[l->at];
	const struct sim_state *leader = leader_of(s, t);

	return !leader || leader->at >= t->after;
}

static bool is_critical(const struct sim *s, const struct sim_state *l)
{
	double chain = l->chain + (l->follower ? l->follower->chain : 0);

	return order_is_critical(chain, s->left, s->cores);
}

static double seconds_left(const struct sim_state *l)
{
	return l->left + (l->follower ? l->follower->left : 0);
}

static bool comes_first(const struct sim *s, const struct sim_state *a,
			const struct sim_state *b)
{
	bool critical = is_critical(s, a);

	if (critical != is_critical(s, b))
		return critical;
	if (!critical && !a->follower != !b->follower)
		return a->follower;
	return seconds_left(a) > seconds_left(b);
}

/* pool_holds_back() */
static bool is_held_back(const struct sim *s, const struct sim_state *l)
{
	if (l->follower || is_critical(s, l))
		return false;
	for (size_t i = 0; i < s->nr; i++)
		if (s->v[i].follower && s->v[i].phase != SIM_DONE)
			return true;
	return false;
}

static struct sim_state *pick_waiting(struct sim *s, bool nobody_else)
{
	struct sim_state *best = NULL;

	for (size_t i = 0; i < s->nr; i++) {
		struct sim_state *l = &s->v[i];

		if (l->phase == SIM_WAITS && may_begin(s, l) &&
		    (!best || comes_first(s, l, best)))
			best = l;
	}
	return best && !nobody_else && is_held_back(s, best) ? NULL : best;
}

/* Makes that want a job slot get one in turn, whoever they are: the one with
 * the least. */
static struct sim_state *pick_with_units(struct sim *s, unsigned *nr)
{
	struct sim_state *best = NULL;

	*nr = 0;
	for (size_t i = 0; i < s->nr; i++) {
		struct sim_state *l = &s->v[i];

		if (l->phase != SIM_UNITS || !l->to_begin)
			continue;
		++*nr;
		if (!best || l->running < best->running)
			best = l;
	}
	return best;
}

static void begin_task(struct sim *s, struct sim_state *l)
{
	const struct sim_task *t = &s->lanes[l - s->v].v[l->at];

	l->phase = SIM_ALONE;
	l->until = s->now + t->alone;
	l->to_begin = t->units;
	l->left -= task_wall(s, t);
	l->chain -= task_at_best(t);
	s->left -= t->alone;
	s->idle--;
}

static void begin_unit(struct sim *s, struct sim_state *l)
{
	const struct sim_task *t = &s->lanes[l - s->v].v[l->at];

	GROW(l->ends, l->running, l->alloc);
	l->ends[l->running++] = s->now + t->each;
	l->to_begin--;
	s->left -= t->each;
	s->idle--;
}

/*
 * What a task gives back that has ended the scheduler gives to the lane that
 * comes first. A core that a unit leaves is a job slot in the pipe: makes that
 * have units wait for it there, the scheduler is one among them.
 */
static void give_cores(struct sim *s)
{
	struct sim_state *l;
	unsigned makes;

	for (; s->given_back && (l = pick_waiting(s, false)); s->given_back--)
		begin_task(s, l);
	s->given_back = 0;
	while (s->idle && (l = pick_with_units(s, &makes))) {
		struct sim_state *first = NULL;

		if (++s->turns > makes) {
			first = pick_waiting(s, false);
			s->turns = 0;
		}
		if (first)
			begin_task(s, first);
		else
			begin_unit(s, l);
	}
	while (s->idle && (l = pick_waiting(s, true)))
		begin_task(s, l);
}

static void end_task(struct sim *s, struct sim_state *l)
{
	l->at++;
	s->given_back++;
	l->phase = l->at < s->lanes[l - s->v].nr ? SIM_WAITS : SIM_DONE;
}

/* All that ends now. */
static void end_parts(struct sim *s, struct sim_state *l)
{
	if (l->phase == SIM_ALONE && l->until <= s->now) {
		l->phase = SIM_UNITS;
		s->idle++;
		/* its core goes on with the first unit */
		if (l->to_begin)
			begin_unit(s, l);
	}
	if (l->phase != SIM_UNITS)
		return;
	for (size_t i = 0; i < l->running;) {
		if (l->ends[i] > s->now) {
			i++;
			continue;
		}
		l->ends[i] = l->ends[--l->running];
		s->idle++;
		if (l->to_begin && !l->running)
			begin_unit(s, l);
	}
	if (!l->to_begin && !l->running)
		end_task(s, l);
}

/* When something ends next; negative: nothing runs. */
static double next_end(const struct sim *s)
{
	double t = -1;

	for (size_t i = 0; i < s->nr; i++) {
		const struct sim_state *l = &s->v[i];

		if (l->phase == SIM_ALONE && (t < 0 || l->until < t))
			t = l->until;
		for (size_t k = 0; k < l->running; k++)
			if (t < 0 || l->ends[k] < t)
				t = l->ends[k];
	}
	return t;
}

void simulate(const struct sim_lane *lanes, size_t nr, unsigned cores,
	      struct sim_result *r)
{
	struct sim s = {
		.lanes = lanes, .nr = nr, .cores = cores, .idle = cores
	};

	*r = (struct sim_result){ 0 };
	s.v = xcalloc(nr + 1, sizeof(*s.v));
	for (size_t i = 0; i < nr; i++)
		open_lane(&s, i, r);
	s.left = r->cpu_seconds;
	for (;;) {
		double t;

		give_cores(&s);
		t = next_end(&s);
		if (t < 0)
			break;
		s.now = t;
		for (size_t i = 0; i < nr; i++)
			end_parts(&s, &s.v[i]);
	}
	r->seconds = s.now;
	r->busy = s.now > 0 ? r->cpu_seconds / (s.now * cores) : 1;
	for (size_t i = 0; i < nr; i++) {
		free(s.v[i].ends);
		free(s.v[i].at_best);
	}
	free(s.v);
}
