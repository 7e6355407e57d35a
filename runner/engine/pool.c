// SPDX-License-Identifier: GPL-2.0-only
#include "engine/pool.h"

#include "engine/lane.h"
#include "engine/order.h"
#include "engine/place.h"
#include "engine/simulate.h"
#include "engine/trace.h"
#include "model/matrix.h"
#include "store/store.h"
#include "sys/errbuf.h"
#include "sys/jobserver.h"
#include "sys/mem.h"
#include "sys/meminfo.h"

#include <time.h>

#define COUNTER_SECONDS 0.1 /* at most one value of a counter in this time */
#define LEFT_SECONDS 0.3 /* the quick pass has no use for what is idle so long */

struct pool_lane {
	struct work_cost costs[WORK_NR];
	bool known[WORK_NR]; /* else guessed */
	bool failed;	     /* in the newest earlier run */
	bool blocked;
	bool held; /* for memory, and this was told */
	/* its child */
	unsigned slot; /* row of the trace; 0: there is none */
	enum work work;
	uint64_t from; /* trace_now() */
	uint64_t need; /* bytes reserved */
};

struct pool {
	struct crew *crew;
	struct pool_lane *lanes;
	struct lane_outlook *order;
	bool *slot_used; /* [slot], one more than there are lanes */
	struct memory_state memory;
	/* the last look */
	double at;
	bool busy, ready;
	double idle_since; /* 0: no slot is idle */
	double cpu_left;   /* CPU seconds that all lanes have before them */
	double busy_seconds, ready_seconds;
	/* the last value of the counter */
	double counted_at;
	unsigned counted_busy, counted_idle;
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static struct pool_lane *of(const struct lane *l)
{
	return &l->crew->pool->lanes[l - l->crew->lanes];
}

static char *cost_key(const struct lane *l, enum work w)
{
	return xasprintf("cost:%s:%s", l->cell->id, work_name(w));
}

static char *fit_key(const struct lane *l, enum work w)
{
	return xasprintf("fit:%s:%s", l->cell->id, work_name(w));
}

static char *failed_key(const struct lane *l)
{
	return xasprintf("failed:%s", l->cell->id);
}

static void recall(struct pool_lane *pl, const struct lane *l)
{
	struct store *st = l->crew->opts->store;
	_cleanup_errbuf_ struct errbuf ignored = ERRBUF_INIT;
	_cleanup_free_ char *key = failed_key(l), *failed = NULL;

	pl->failed = store_get_value(st, key, &failed, &ignored) == 1 &&
		     !strcmp(failed, "1");
	for (int w = 0; w < WORK_NR; w++) {
		_cleanup_free_ char *name = cost_key(l, w), *text = NULL;

		pl->costs[w] = work_cost_guess(w);
		pl->known[w] =
			store_get_value(st, name, &text, &ignored) == 1 &&
			work_cost_parse(&pl->costs[w], text);
	}
}

static void set_budget(struct memory_state *m, uint64_t given)
{
	uint64_t available;

	m->available = meminfo_available();
	if (m->available < 0) {
		m->budget = given ? given : UINT64_MAX / 2;
		return;
	}
	available = m->available;
	m->budget = given ? given : available / 10 * 8;
	m->spare = available > m->budget ? available - m->budget : 0;
}

struct pool *pool_new(struct crew *c)
{
	struct pool *p = xcalloc(1, sizeof(*p));

	p->crew = c;
	p->lanes = xcalloc(c->nr_lanes, sizeof(*p->lanes));
	p->order = xcalloc(c->nr_lanes, sizeof(*p->order));
	p->slot_used = xcalloc(c->nr_lanes + 1, sizeof(*p->slot_used));
	for (size_t i = 0; i < c->nr_lanes; i++)
		recall(&p->lanes[i], &c->lanes[i]);
	set_budget(&p->memory, c->opts->memory);
	p->at = now();
	return p;
}

void pool_free(struct pool *p)
{
	if (!p)
		return;
	free(p->lanes);
	free(p->order);
	free(p->slot_used);
	free(p);
}

/* What the lane's next child will do, or its child does. */
static enum work work_of(const struct lane *l)
{
	switch (l->phase) {
	case LANE_CONFIG:
		return WORK_CONFIG;
	case LANE_LIST:
	case LANE_LIST_TIP:
		return WORK_LIST;
	case LANE_BASE:
		return WORK_BASE;
	case LANE_QUICK:
		return lane_quick_work(l);
	case LANE_REPLAY:
		return WORK_REPLAY;
	case LANE_LOCK:
	case LANE_STEP:
	case LANE_PROBE:
	case LANE_DONE:
		break;
	}
	/* A look is as short as a replay of the quick pass. */
	return lane_look_due(l) ? WORK_QUICK : WORK_STEP;
}

/* How often each kind of work is before the lane. */
static void count_left(const struct lane *l, unsigned left[WORK_NR])
{
	unsigned patch = l->patch ? l->patch : 1;

	/* It takes off what the first one has. */
	if (lane_is_late_scout(l))
		return;
	if (l->scout && l->phase == LANE_CONFIG) {
		left[lane_quick_work(l)] = l->crew->result->nr_patches - 1;
		return;
	}
	switch (l->phase) {
	case LANE_CONFIG:
		left[WORK_CONFIG]++;
		/* fallthrough */
	case LANE_LOCK: /* whether there is a baseline is not known */
	case LANE_LIST:
		left[WORK_LIST]++;
		/* fallthrough */
	case LANE_BASE:
		left[WORK_BASE]++;
		break;
	case LANE_LIST_TIP:
		left[WORK_LIST]++;
		break;
	case LANE_QUICK:
		left[lane_quick_work(l)] = l->crew->result->nr_patches - patch;
		if (l->scout)
			return;
		patch = 1;
		break;
	case LANE_REPLAY:
		left[WORK_REPLAY]++;
		patch++;
		break;
	case LANE_DONE:
		return;
	case LANE_PROBE:
	case LANE_STEP:
		break;
	}
	if (l->crew->result->nr_patches > patch)
		left[WORK_STEP] = l->crew->result->nr_patches - patch;
}

static double seconds_left(const struct lane *l)
{
	unsigned left[WORK_NR] = { 0 };

	count_left(l, left);
	return order_seconds(of(l)->costs, left);
}

static double cpu_left(const struct lane *l)
{
	unsigned left[WORK_NR] = { 0 };

	count_left(l, left);
	return order_cpu(of(l)->costs, left);
}

/* Of the lane, and those that follow it. */
static double seconds_until_end(const struct lane *l)
{
	return seconds_left(l) +
	       (l->scout ? seconds_left(&l->crew->lanes[l->cell_nr]) : 0);
}

/* On a loaded machine a step waits for slots, too: it takes no longer than what
 * it does. */
static bool is_critical(const struct lane *l)
{
	const struct pool *p = l->crew->pool;
	double seconds = seconds_left(l), cpu = cpu_left(l);

	return l->phase == LANE_STEP &&
	       order_is_critical(cpu < seconds ? cpu : seconds, p->cpu_left,
				 jobserver_slots(l->crew->jobserver));
}

/* Nothing long is before it, as far as is known. */
static bool before_first_look(const struct lane *l)
{
	/* Until its cell's own lane has come so far it only waits. */
	if (l->helper && l->phase == LANE_CONFIG)
		return false;
	return l->phase == LANE_CONFIG || l->phase == LANE_LOCK ||
	       l->phase == LANE_LIST_TIP ||
	       (l->phase == LANE_QUICK && !l->shared->quick.looked &&
		!lane_is_late_scout(l));
}

static bool same_arch(const struct lane *a, const struct lane *b)
{
	return !strcmp(a->cell->srcarch, b->cell->srcarch);
}

/* The first cell of its architecture stands for it. */
static unsigned group_of(const struct lane *l)
{
	unsigned i = 0;

	while (!same_arch(&l->crew->lanes[i], l))
		i++;
	return i;
}

/* First looks that cells of its architecture have had. */
static unsigned looks_begun(const struct lane *l)
{
	const struct crew *c = l->crew;
	unsigned n = 0;

	for (size_t i = 0; i < c->opts->matrix->nr_cells; i++) {
		const struct lane *own = &c->lanes[i];
		const struct lane *scout = lane_scout(own);

		if (scout && own->phase >= LANE_STEP)
			own = scout;
		n += same_arch(own, l) && !before_first_look(own);
	}
	return n;
}

const struct lane_outlook *pool_order(struct pool *p, size_t *nr)
{
	const struct crew *c = p->crew;

	*nr = 0;
	p->cpu_left = 0;
	for (size_t i = 0; i < c->nr_lanes; i++)
		p->cpu_left += cpu_left(&c->lanes[i]);
	for (size_t i = 0; i < c->nr_lanes; i++) {
		const struct lane *l = &c->lanes[i];
		bool first = before_first_look(l);

		if (l->busy || l->phase == LANE_DONE)
			continue;
		p->order[(*nr)++] = (struct lane_outlook){
			.lane = i,
			.first = first,
			.opens = !l->helper,
			.group = first ? group_of(l) : 0,
			.turn = first ? looks_begun(l) : 0,
			.critical = is_critical(l),
			.early = l->phase < LANE_STEP,
			.failed = p->lanes[i].failed,
			.seconds = seconds_until_end(l),
		};
	}
	order_lanes(p->order, *nr);
	return p->order;
}

static void tell_held(struct lane *l, uint64_t need)
{
	const struct memory_state *m = &l->crew->pool->memory;
	_cleanup_free_ char *text = xasprintf(
		"%s: %s waits for memory: may need %llu MiB, %u running may "
		"need %llu, %lld available, limit %llu",
		l->cell->id, work_name(work_of(l)),
		(unsigned long long)need >> 20, m->running,
		(unsigned long long)m->reserved >> 20,
		(long long)m->available >> 20,
		(unsigned long long)m->budget >> 20);

	lane_say(l, RUN_DETAIL, text);
	trace_add_instant(l->crew->opts->trace, "waits for memory",
			  l->cell->id);
}

bool pool_has_memory(struct lane *l)
{
	struct pool_lane *pl = of(l);
	uint64_t need = pl->costs[work_of(l)].max_rss;

	if (memory_allows(&l->crew->pool->memory, need)) {
		pl->held = false;
		return true;
	}
	if (!pl->held)
		tell_held(l, need);
	pl->held = true;
	return false;
}

/* Any, or one that is the first of its cell? */
static bool a_scout_works(const struct crew *c, bool first)
{
	for (size_t i = 0; i < c->nr_lanes; i++)
		if (c->lanes[i].scout && c->lanes[i].phase == LANE_QUICK &&
		    !(first && lane_is_late_scout(&c->lanes[i])))
			return true;
	return false;
}

bool pool_holds_back(const struct lane *l)
{
	const struct pool *p = l->crew->pool;
	bool left = p->idle_since > 0 && p->at - p->idle_since >= LEFT_SECONDS;

	if (left)
		return false;
	if (l->phase == LANE_QUICK && lane_is_late_scout(l))
		/* once it has begun, steps wait for what it has taken */
		return !l->walk.at && a_scout_works(l->crew, true);
	return l->phase == LANE_STEP && a_scout_works(l->crew, false) &&
	       !is_critical(l);
}

void pool_set_blocked(struct lane *l, bool blocked)
{
	of(l)->blocked = blocked;
}

void pool_child_begins(struct lane *l)
{
	struct pool *p = l->crew->pool;
	struct pool_lane *pl = of(l);

	pl->slot = 1;
	while (p->slot_used[pl->slot])
		pl->slot++;
	p->slot_used[pl->slot] = true;
	pl->work = work_of(l);
	pl->from = trace_now(l->crew->opts->trace);
	pl->need = pl->costs[pl->work].max_rss;
	p->memory.reserved += pl->need;
	p->memory.running++;
}

static void learn(struct lane *l, const struct proc_result *res)
{
	struct pool_lane *pl = of(l);
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_free_ char *key = cost_key(l, pl->work), *text = NULL;

	work_cost_learn(&pl->costs[pl->work], pl->known[pl->work], res->seconds,
			res->cpu_seconds, res->max_rss);
	pl->known[pl->work] = true;
	text = work_cost_format(&pl->costs[pl->work]);
	if (store_put_value(l->crew->opts->store, key, text, &err))
		lane_say(l, RUN_NOTE, err.msg);
}

void pool_child_ended(struct lane *l, const struct proc_result *res)
{
	struct pool *p = l->crew->pool;
	struct pool_lane *pl = of(l);
	bool of_patch = pl->work == WORK_STEP || pl->work == WORK_REPLAY ||
			pl->work == WORK_QUICK || pl->work == WORK_AHEAD;
	struct trace_span span = {
		.slot = pl->slot,
		.from = pl->from,
		.what = work_name(pl->work),
		.cell = l->cell->id,
		.patch = of_patch ? (int)l->patch : -1,
	};

	trace_add_span(l->crew->opts->trace, &span, res);
	p->slot_used[pl->slot] = false;
	pl->slot = 0;
	p->memory.reserved -= pl->need;
	p->memory.running--;
	if (!res->stopped && !res->timed_out && !res->signal &&
	    l->phase != LANE_PROBE)
		learn(l, res);
}

bool pool_recall_fit(const struct lane *l, enum work w, struct work_fit *f)
{
	_cleanup_errbuf_ struct errbuf ignored = ERRBUF_INIT;
	_cleanup_free_ char *key = fit_key(l, w), *text = NULL;

	*f = (struct work_fit){ 0 };
	return store_get_value(l->crew->opts->store, key, &text, &ignored) ==
		       1 &&
	       work_fit_parse(f, text);
}

void pool_learn_units(struct lane *l, enum work w, unsigned units,
		      const struct proc_result *res)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_free_ char *key = fit_key(l, w), *text = NULL;
	struct work_fit f;

	if (res->cpu_seconds <= 0)
		return;
	pool_recall_fit(l, w, &f);
	work_fit_learn(&f, units, res->cpu_seconds);
	text = work_fit_format(&f);
	if (store_put_value(l->crew->opts->store, key, text, &err))
		lane_say(l, RUN_NOTE, err.msg);
}

static bool lane_is_ready(const struct lane *l)
{
	const struct crew *c = l->crew;
	bool alone = c->opts->place->mode == SANDBOX_PLAIN;

	if (l->phase == LANE_DONE || of(l)->blocked)
		return false;
	if (l->busy)
		return !alone && l->phase >= LANE_STEP &&
		       l->patch + 1 < c->result->nr_patches;
	return !alone || !c->plain_lane;
}

static bool work_is_ready(const struct pool *p)
{
	for (size_t i = 0; i < p->crew->nr_lanes; i++)
		if (lane_is_ready(&p->crew->lanes[i]))
			return true;
	return false;
}

static void count_slots(struct pool *p, unsigned idle)
{
	unsigned slots = jobserver_slots(p->crew->jobserver);
	unsigned busy = slots > idle ? slots - idle : 0;

	if ((busy == p->counted_busy && idle == p->counted_idle) ||
	    p->at - p->counted_at < COUNTER_SECONDS)
		return;
	trace_add_counter(p->crew->opts->trace, "slots", "busy", (double)busy,
			  "idle", (double)idle, NULL);
	p->counted_at = p->at;
	p->counted_busy = busy;
	p->counted_idle = idle;
}

void pool_look(struct pool *p)
{
	double then = p->at;
	unsigned idle = jobserver_idle(p->crew->jobserver);

	p->at = now();
	if (p->ready) {
		p->ready_seconds += p->at - then;
		if (p->busy && !idle)
			p->busy_seconds += p->at - then;
	}
	p->busy = !idle;
	if (!idle)
		p->idle_since = 0;
	else if (p->idle_since <= 0)
		p->idle_since = p->at;
	p->ready = work_is_ready(p);
	p->memory.available = meminfo_available();
	count_slots(p, idle);
}

void pool_second(struct pool *p)
{
	struct trace *t = p->crew->opts->trace;

	if (p->ready_seconds > 0)
		trace_add_counter(t, "busy while work was ready", "percent",
				  100 * p->busy_seconds / p->ready_seconds,
				  NULL);
	trace_add_counter(t, "memory that running children may need", "MiB",
			  (double)(p->memory.reserved >> 20), NULL);
	if (p->memory.available >= 0)
		trace_add_counter(t, "memory available", "MiB",
				  (double)(p->memory.available >> 20), NULL);
}

static bool has_failed(const struct crew *c, size_t cell)
{
	for (unsigned patch = 0; patch < c->result->nr_patches; patch++) {
		const struct step_result *s =
			run_result_step(c->result, patch, cell);

		if (s->failed.nr || s->outcome == OUTCOME_ERROR ||
		    s->verdict == VERDICT_REGRESSED)
			return true;
	}
	return false;
}

void pool_finish(struct pool *p)
{
	const struct crew *c = p->crew;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;

	pool_look(p);
	c->result->has_busy_share = p->ready_seconds > 0;
	if (c->result->has_busy_share)
		c->result->busy_share = p->busy_seconds / p->ready_seconds;
	/* What was not looked at to its end says nothing. */
	for (size_t i = 0; i < c->nr_lanes && c->result->status == RUN_DONE;
	     i++) {
		_cleanup_free_ char *key = failed_key(&c->lanes[i]);
		bool failed = has_failed(c, c->lanes[i].cell_nr);

		if (failed != p->lanes[i].failed &&
		    store_put_value(c->opts->store, key, failed ? "1" : "0",
				    &err))
			lane_say(&c->lanes[i], RUN_NOTE, err.msg);
	}
}
