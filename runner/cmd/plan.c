// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/cmd.h"
#include "cmd/explain.h"
#include "cmd/options.h"
#include "cmd/session.h"
#include "engine/legs.h"
#include "sys/errbuf.h"
#include "sys/mem.h"
#include "sys/strbuf.h"

#include <stdio.h>

static const char help[] =
	"usage: kvmatrix plan [options of run] SERIES\n"
	"       kvmatrix plan [options of run] --explain CELL PATCH SERIES\n"
	"       kvmatrix plan [options of run] --simulate CORES SERIES\n"
	"\n"
	"Tells for each patch and cell whether run would build it and why not\n"
	"otherwise; builds nothing. What a cell reads is known once its base was\n"
	"built by a run.\n"
	"\n"
	"  --explain       the whole proof behind one step: each file that the\n"
	"                  patch changes and why it matters to the cell or not,\n"
	"                  which units are reached and what is dropped before make\n"
	"                  runs\n"
	"  --simulate N    how long run would take on a machine of N cores, from what\n"
	"                  earlier runs took in these cells; with --no-memory as if\n"
	"                  nothing of the series had been built\n";

static const char *first_line(const char *s)
{
	return s ? s : "";
}

static void print(const struct options *o, const struct run_result *r,
		  const struct plan *p)
{
	unsigned build = 0, skip = 0, known = 0, unknown = 0;

	printf("%zu cell%s, %zu patch%s on %.12s\n\n", r->nr_cells,
	       r->nr_cells == 1 ? "" : "s", r->nr_patches - 1,
	       r->nr_patches == 2 ? "" : "es",
	       first_line(r->patches[0].commit));
	for (size_t i = 0; i < r->nr_cells; i++) {
		printf("%s: ", r->cells[i].id);
		if (!p->has_baseline[i])
			puts("no baseline yet");
		else
			printf("%zu dependent%s outside the target paths\n",
			       p->goals[i].nr, p->goals[i].nr == 1 ? "" : "s");
		if (o->verbose)
			strlist_each(g, &p->goals[i])
				printf("    %s\n", g);
	}
	for (unsigned k = 1; k < r->nr_patches; k++) {
		printf("\npatch %u: %s\n", k, first_line(r->patches[k].subject));
		for (size_t i = 0; i < r->nr_cells; i++) {
			const struct plan_step *s = &p->v[k * r->nr_cells + i];

			printf("  %-7s %-28s %s\n", s->action, r->cells[i].id,
			       first_line(s->reason));
			build += !strcmp(s->action, "build");
			skip += !strcmp(s->action, "skip");
			known += !strcmp(s->action, "known");
			unknown += !strcmp(s->action, "unknown");
		}
	}
	printf("\n%u to build, %u skipped by proof, %u built by earlier runs, "
	       "%u not known yet\n",
	       build, skip, known, unknown);
}

static void add_task(struct sim_lane *lane, const struct sim_task *t)
{
	GROW(lane->v, lane->nr, lane->alloc);
	lane->v[lane->nr++] = *t;
}

/* The walker that comes first to an end of what it has. */
static struct sim_lane *next_walker(struct sim_lane *lanes, unsigned walkers)
{
	struct sim_lane *best = NULL;
	double least = 0;

	for (unsigned i = 0; i < walkers; i++) {
		double seconds = 0;

		for (size_t k = 0; k < lanes[i].nr; k++)
			seconds += lanes[i].v[k].alone + lanes[i].v[k].each;
		if (best && seconds >= least)
			continue;
		best = &lanes[i];
		least = seconds;
	}
	return best;
}

/*
 * The tasks of a cell as a run has them: the quick pass over all patches, by
 * walkers that take its legs as they come to them, and the steps, each behind
 * its part of the pass.
 */
static void cell_tasks(const struct run_result *r, const struct plan *p,
		       size_t cell, unsigned walkers, struct sim_lane *lanes)
{
	struct sim_lane *steps = &lanes[walkers], *scout = lanes;

	for (unsigned k = 1; k < r->nr_patches; k++) {
		const struct plan_step *s = &p->v[k * r->nr_cells + cell];
		struct sim_task step = s->step;

		if (strcmp(s->action, "build"))
			continue;
		if (s->begins_leg)
			scout = next_walker(lanes, walkers);
		if (s->quick.units)
			add_task(scout, &s->quick);
		step.leader = scout;
		step.after = (unsigned)scout->nr;
		add_task(steps, &step);
	}
}

static void simulate_cells(const struct run_result *r, const struct plan *p,
			   unsigned cores, struct sim_result *out)
{
	unsigned walkers = legs_walkers(cores, r->nr_cells);
	size_t nr = (walkers + 1) * r->nr_cells;
	struct sim_lane *lanes = xcalloc(nr + 1, sizeof(*lanes));

	for (size_t i = 0; i < r->nr_cells; i++)
		cell_tasks(r, p, i, walkers, &lanes[(walkers + 1) * i]);
	simulate(lanes, nr, cores, out);
	for (size_t i = 0; i < nr; i++)
		free(lanes[i].v);
	free(lanes);
}

static int print_simulation(const struct options *o, const struct run_result *r,
			    const struct plan *p)
{
	struct sim_result here, there;
	int code = EXIT_OK;

	for (size_t i = 0; i < r->nr_cells; i++) {
		if (!p->has_baseline[i] || !p->has_times[i]) {
			complain("%s: nothing is known of how long its steps "
				 "take; run the series once",
				 r->cells[i].id);
			code = EXIT_UNKNOWN;
		}
	}
	if (code != EXIT_OK)
		return code;
	simulate_cells(r, p, o->jobs, &here);
	simulate_cells(r, p, o->simulate, &there);
	printf("%zu quick replays and builds, %.0f s of CPU time\n"
	       "%u core%s: %.1f s, %.1f %% busy\n"
	       "%u core%s: %.1f s, %.1f %% busy\n"
	       "the longest cell alone, with any number of cores: %.1f s\n",
	       here.nr, here.cpu_seconds, o->jobs, o->jobs == 1 ? "" : "s",
	       here.seconds, 100 * here.busy, o->simulate,
	       o->simulate == 1 ? "" : "s", there.seconds, 100 * there.busy,
	       there.longest);
	return EXIT_OK;
}

static void no_event(void *data, const struct run_event *e)
{
	(void)data;
	(void)e;
}

/* One cell, and a patch that there is. */
static int check_explain(const struct options *o, const struct session *s)
{
	if (!o->explain)
		return EXIT_OK;
	if (s->matrix.nr_cells != 1) {
		complain("--explain takes one cell; '%s' means %zu of them",
			 o->cells, s->matrix.nr_cells);
		return EXIT_USAGE;
	}
	if (o->patch >= s->tree.nr_states) {
		complain("no patch %u: the series has patches 1 to %zu",
			 o->patch, s->tree.nr_states - 1);
		return EXIT_USAGE;
	}
	return EXIT_OK;
}

int cmd_plan(int argc, char **argv)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_run_result_ struct run_result r = RUN_RESULT_INIT;
	struct plan p = { 0 };
	struct explanation e = { 0 };
	_cleanup_(options_release) struct options o;
	struct session s;
	int code = options_parse(&o, argc, argv, help);

	if (code >= 0)
		return code;
	if (session_open(&s, &o, &code))
		return code;
	{
		struct run_opts ro = {
			.matrix = &s.matrix,
			.tree = &s.tree,
			.store = s.store,
			.place = &s.place,
			.jobs = o.jobs,
			.use_memory = !o.no_memory,
			.event = no_event,
		};

		e.patch = o.patch;
		p.wants_times = o.simulate != 0;
		code = check_explain(&o, &s);
		if (code == EXIT_OK &&
		    run_explain(&ro, &r, &p, o.explain ? &e : NULL, &err)) {
			complain("%s", err.msg);
			code = EXIT_UNKNOWN;
		} else if (code == EXIT_OK && o.explain) {
			explain_print(&r, &p, &e, o.no_memory);
		} else if (code == EXIT_OK && o.simulate) {
			code = print_simulation(&o, &r, &p);
		} else if (code == EXIT_OK) {
			print(&o, &r, &p);
		}
	}
	explanation_release(&e);
	plan_release(&p);
	session_close(&s);
	return code;
}
