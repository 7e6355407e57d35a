// SPDX-License-Identifier: GPL-2.0-only
/*
 * The scheduler: one loop, no threads. A lane that wants a child needs a slot of
 * the jobserver (the implicit slot of the make it starts) and memory; lanes
 * without wait their turn. Who has most before it goes on first (order.h).
 */
#include "engine/run.h"

#include "engine/cause.h"
#include "engine/lane.h"
#include "engine/order.h"
#include "engine/place.h"
#include "engine/pool.h"
#include "engine/proof.h"
#include "engine/sources.h"
#include "engine/survey.h"
#include "engine/tree.h"
#include "engine/verdict.h"
#include "model/matrix.h"
#include "store/store.h"
#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/jobserver.h"
#include "sys/mem.h"

#include <time.h>

#define TICK_MS 20
#define FREE_BYTES_TO_BEGIN (4LL << 30)
#define FREE_BYTES_TO_GO_ON (1LL << 30)

static void say(struct crew *c, enum run_event_kind kind, const char *text)
{
	struct run_event e = {
		.kind = kind,
		.result = c->result,
		.text = text,
	};

	c->opts->event(c->opts->data, &e);
}

static bool disk_is_full(struct crew *c)
{
	int64_t bytes = disk_free_bytes(c->opts->place->cache);

	return bytes >= 0 && bytes < FREE_BYTES_TO_GO_ON;
}

/* True when the lane may use the fixed paths. */
static bool may_start(const struct lane *l)
{
	const struct crew *c = l->crew;

	return c->opts->place->mode == SANDBOX_OVERLAY || !c->plain_lane;
}

/* Lets a lane go on until it has a child, has to wait, or is done. */
static void advance(struct lane *l)
{
	struct crew *c = l->crew;

	if (!may_start(l) || lane_waits_for_own(l) || pool_holds_back(l))
		return;
	if (!jobserver_take(c->jobserver)) {
		c->wants_slot = true;
		return;
	}
	l->has_token = true;
	pool_set_blocked(l, false);
	while (!proc_loop_stopped(c->loop) && pool_has_memory(l)) {
		enum lane_phase phase = l->phase;
		unsigned patch = l->patch;

		if (disk_is_full(c))
			lane_fail(l, "less than 1 GiB free below %s; free some "
				     "(kvmatrix gc) and run again",
				  c->opts->place->cache);
		switch (lane_advance(l)) {
		case LANE_BUSY:
			if (l->busy)
				return;
			break;
		case LANE_AGAIN:
			break;
		case LANE_WAITS:
			pool_set_blocked(l, true);
			goto out;
		case LANE_YIELDS:
			c->yielded = true;
			goto out;
		case LANE_ENDED:
			goto out;
		}
		/* No progress: another run holds the baseline. */
		if (l->phase == phase && l->patch == patch &&
		    l->phase == LANE_LOCK) {
			pool_set_blocked(l, true);
			goto out;
		}
	}
out:
	if (l->has_token)
		jobserver_give(c->jobserver);
	l->has_token = false;
}

/* Helpers whose cell has got so far begin: whoever is to go on first is asked
 * when all have that do. True: some did. */
static bool join_helpers(struct crew *c)
{
	bool joined = false;

	for (size_t i = 0; i < c->nr_lanes; i++) {
		struct lane *l = &c->lanes[i];

		if (!lane_waits_for_own(l))
			continue;
		lane_advance(l);
		joined = joined || !lane_waits_for_own(l);
	}
	return joined;
}

static bool advance_all(struct crew *c);

static void slot_is_free(void *data)
{
	pool_look(((struct crew *)data)->pool);
	advance_all(data);
}

/* Lanes go on, until one has changed who is to go on first: then true. */
static bool advance_in_order(struct crew *c)
{
	size_t nr;
	const struct lane_outlook *order = pool_order(c->pool, &nr);

	c->yielded = false;
	for (size_t i = 0; i < nr; i++) {
		pool_look(c->pool);
		advance(&c->lanes[order[i].lane]);
		if (join_helpers(c) || c->yielded)
			return true;
	}
	return false;
}

/* Makes wait for the slots in the pipe, too: a look now and then would find
 * none. */
static bool advance_all(struct crew *c)
{
	bool left = false;

	/* What makes that were killed have not returned. */
	if (!proc_loop_running(c->loop))
		jobserver_refill(c->jobserver);
	c->wants_slot = false;
	while (advance_in_order(c))
		;
	if (c->wants_slot)
		proc_loop_when_readable(c->loop,
					jobserver_free_fd(c->jobserver),
					slot_is_free, c);
	jobserver_balance(c->jobserver, proc_loop_running(c->loop));
	for (size_t i = 0; i < c->nr_lanes; i++)
		left = left || c->lanes[i].phase != LANE_DONE;
	return left;
}

static void tick(void *data)
{
	struct crew *c = data;

	pool_look(c->pool);
	advance_all(c);
	if (++c->ticks % (1000 / TICK_MS))
		return;
	pool_second(c->pool);
	say(c, RUN_TICK, NULL);
}

static bool waits_for_lock(const struct crew *c)
{
	for (size_t i = 0; i < c->nr_lanes; i++)
		if (c->lanes[i].phase == LANE_LOCK)
			return true;
	return false;
}

static void work(struct crew *c)
{
	bool waiting_said = false;

	proc_loop_every(c->loop, TICK_MS, tick, c);
	while (advance_all(c) && !proc_loop_stopped(c->loop)) {
		if (proc_loop_running(c->loop)) {
			proc_loop_run(c->loop);
			continue;
		}
		/* Every lane waits for another run's baseline, or for a lane
		 * that does. */
		if (!waiting_said && waits_for_lock(c)) {
			say(c, RUN_NOTE, "another run works on the same cells; waiting");
			waiting_said = true;
		}
		proc_loop_idle(c->loop, 200);
	}
	if (proc_loop_running(c->loop))
		proc_loop_run(c->loop);
}

/* Cells that are equal to another one get its steps. */
static void copy_equal_lanes(struct crew *c)
{
	struct run_result *r = c->result;

	for (size_t i = 0; i < c->nr_lanes; i++) {
		const struct lane *l = &c->lanes[i];

		if (!l->same_as || l->helper)
			continue;
		for (unsigned p = 0; p < r->nr_patches; p++) {
			struct step_result *to =
				run_result_step(r, p, l->cell_nr);
			const struct step_result *from = run_result_step(
				r, p, l->same_as->cell_nr);

			step_result_copy(to, from);
			to->cell = l->cell_nr;
		}
	}
}

/* What CI and the differential harness need to do the same by hand. */
static void describe_cell(const struct lane *l)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_strlist_ struct strlist goals = STRLIST_INIT;
	_cleanup_free_ char *slug = lane_slug(l);
	_cleanup_free_ char *dir =
		xasprintf("%s/cells/%s", l->crew->opts->dir, slug);
	_cleanup_free_ char *config = path_join(dir, "config");
	_cleanup_free_ char *make = path_join(dir, "make");
	_cleanup_free_ char *vars =
		strlist_join(&l->shared->toolchain.make_vars, "\n");
	_cleanup_free_ char *wanted = path_join(dir, "wanted");
	_cleanup_free_ char *options = strlist_join(&l->shared->wanted, "\n");
	const struct lane *of = l->same_as ? l->same_as : l;
	const struct tree *t = l->crew->opts->tree;

	if (!l->shared->config || dir_make(dir, &err) ||
	    file_write(config, l->shared->config, strlen(l->shared->config),
		       &err) ||
	    file_write(make, vars, strlen(vars), &err) ||
	    file_write(wanted, options, strlen(options), &err))
		return;
	for (size_t i = 0; i < t->nr_states; i++) {
		_cleanup_strlist_ struct strlist at = STRLIST_INIT;
		_cleanup_free_ char *file =
			xasprintf("%s/targets.%zu", dir, i);
		_cleanup_free_ char *text = NULL;

		lane_goals(of, &t->states[i], &at);
		text = strlist_join(&at, "\n");
		file_write(file, text, strlen(text), &err);
	}
}

/* "CONFIG_X=y" lines. */
static void read_config(const char *text, struct strmap *config)
{
	static char module[] = "m", yes[] = "y";
	_cleanup_strlist_ struct strlist lines = STRLIST_INIT;

	strlist_split(&lines, text, "\n");
	strlist_each(line, &lines) {
		char *value = strchr(line, '=');

		if (!starts_with(line, "CONFIG_") || !value)
			continue;
		*value++ = '\0';
		strmap_set(config, line, *value == 'm' ? module : yes);
	}
}

/* Asks the sources, which a report has no more, why things are missing. */
static void prove(struct crew *c)
{
	struct source_cell *cells = xcalloc(c->nr_lanes, sizeof(*cells));
	struct strmap *configs = xcalloc(c->nr_lanes, sizeof(*configs));

	for (size_t i = 0; i < c->nr_lanes; i++) {
		const struct lane *l = &c->lanes[i];
		const struct lane *of = l->same_as ? l->same_as : l;

		cells[i].srcarch = arch_srcarch(l->cell->arch);
		if (of->shared->config) {
			read_config(of->shared->config, &configs[i]);
			cells[i].config = &configs[i];
		}
		if (of->shared->has_units) {
			cells[i].units = &of->shared->units;
			cells[i].obj = of->shared->baseline.obj;
		}
	}
	proofs_find(c->result, c->opts->tree, c->base_checkout, &c->includes,
		    cells);
	for (size_t i = 0; i < c->nr_lanes; i++)
		strmap_release(&configs[i]);
	free(configs);
	free(cells);
}

static void finish(struct crew *c)
{
	struct run_result *r = c->result;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;

	copy_equal_lanes(c);
	r->status = proc_loop_stopped(c->loop) ? RUN_INTERRUPTED : RUN_DONE;
	if (c->opts->looks)
		c->opts->looks->end(c->opts->looks->data, c->opts->tree, r);
	verdict_judge(r);
	prove(c);
	for (size_t i = 0; i < c->nr_lanes; i++) {
		const struct lane *l = &c->lanes[i];

		if (!l->helper)
			describe_cell(l);
		for (unsigned p = 0; l->same_as && p < r->nr_patches; p++)
			store_run_step(c->opts->store, r->id, p, l->cell->id,
				       run_result_step(r, p, l->cell_nr), &err);
	}
	for (size_t i = 0; i < c->nr_lanes; i++)
		lane_release(&c->lanes[i]);
	causes_find(r);
	pool_finish(c->pool);
	place_cache_use(c->opts->place, &r->cache);
	r->memory_mib = mem_peak_mib();
}

/* Slots of the make that runs us, or as many of our own as were asked for. */
static int open_slots(struct crew *c, struct errbuf *err)
{
	const struct run_opts *o = c->opts;
	_cleanup_errbuf_ struct errbuf why = ERRBUF_INIT;

	c->jobserver = jobserver_from_env(o->makeflags, &why);
	if (c->jobserver) {
		say(c, RUN_DETAIL, "compiling on the job slots of make");
	} else {
		_cleanup_free_ char *note =
			xasprintf("%s; compiling %u thing%s at once",
				  why.msg ? why.msg : "", o->jobs,
				  o->jobs == 1 ? "" : "s");

		if (why.msg)
			say(c, RUN_NOTE, note);
		c->jobserver = jobserver_new(o->jobs, err);
	}
	if (!c->jobserver)
		return -1;
	c->makeflags = jobserver_makeflags(c->jobserver);
	return 0;
}

static int begin(struct crew *c, struct errbuf *err)
{
	const struct run_opts *o = c->opts;
	int64_t bytes = disk_free_bytes(o->place->cache);

	if (bytes >= 0 && bytes < FREE_BYTES_TO_BEGIN)
		return errbuf_set(err,
				  "only %lld MiB free below %s; a run needs "
				  "about 4 GiB (kvmatrix gc frees some)",
				  (long long)(bytes >> 20), o->place->cache);
	if (survey(c, err))
		return -1;
	run_result_alloc_steps(c->result);
	if (open_slots(c, err))
		return -1;
	c->loop = proc_loop_new();
	if (!c->loop)
		return errbuf_set(err, "no file descriptors left");
	proc_loop_catch_signals(c->loop, NULL, NULL);
	return 0;
}

/*
 * The cells' own lanes come first. In a run each cell has scouts, which are
 * some states ahead of the steps; in a bisection the quick pass comes before
 * the first question, and helpers do more of the steps.
 */
static void open_lanes(struct crew *c)
{
	const struct run_opts *o = c->opts;
	size_t cells = o->matrix->nr_cells;
	unsigned each = 1;

	if (o->place->mode != SANDBOX_PLAIN)
		each = o->next ? o->lanes_per_cell
			       : 1 + legs_walkers(o->jobs, cells);
	if (!each)
		each = 1;
	c->nr_lanes = cells * each;
	c->lanes = xcalloc(c->nr_lanes, sizeof(*c->lanes));
	for (size_t i = 0; i < c->nr_lanes; i++) {
		lane_init(&c->lanes[i], c, i % cells, i / cells);
		c->lanes[i].scout = i >= cells && !o->next;
	}
	c->pool = pool_new(c);
}

int run_execute(const struct run_opts *o, struct run_result *r,
		struct errbuf *err)
{
	struct crew c = { .opts = o, .result = r };
	struct timespec t0, t1;
	int ret;

	clock_gettime(CLOCK_MONOTONIC, &t0);
	ret = begin(&c, err);
	if (!ret)
		ret = store_put_run(o->store, r, o->dir, err);
	if (!ret) {
		open_lanes(&c);
		work(&c);
		finish(&c);
		clock_gettime(CLOCK_MONOTONIC, &t1);
		r->seconds = t1.tv_sec - t0.tv_sec +
			     (t1.tv_nsec - t0.tv_nsec) / 1e9;
		ret = store_put_run(o->store, r, o->dir, err);
	}
	crew_forget_suspects(&c);
	pool_free(c.pool);
	free(c.lanes);
	if (c.loop)
		proc_loop_free(c.loop);
	if (c.jobserver)
		jobserver_free(c.jobserver);
	survey_release(&c);
	return ret;
}
