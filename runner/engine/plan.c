// SPDX-License-Identifier: GPL-2.0-only
/*
 * The plan uses the lanes' own decisions on what the cache holds. Where a cell
 * has no configuration or baseline yet its read-set is not known, and the plan
 * says so instead of guessing.
 */
#include "engine/lane.h"
#include "engine/place.h"
#include "engine/survey.h"
#include "engine/tree.h"
#include "model/matrix.h"
#include "sys/errbuf.h"
#include "sys/mem.h"

void plan_release(struct plan *p)
{
	for (size_t i = 0; i < p->nr; i++)
		free(p->v[i].reason);
	for (size_t i = 0; i < p->nr_cells; i++)
		strlist_release(&p->goals[i]);
	free(p->v);
	free(p->goals);
	free(p->has_baseline);
	*p = (struct plan){ 0 };
}

/* What is known of the state before the one that is planned. */
struct before {
	bool known;  /* all it read is in the lane's read-set */
	bool broken; /* some unit failed */
	unsigned patch; /* the first that has to be built to know more */
};

static void plan_build(struct lane *l, struct plan_step *ps, struct before *b)
{
	_cleanup_impact_ struct impact im = IMPACT_INIT;
	_cleanup_strlist_ struct strlist goals = STRLIST_INIT;
	_cleanup_(step_result_release) struct step_result old = { 0 };
	const struct state *state =
		&l->crew->opts->tree->states[ps->patch];
	struct read_set r;

	lane_read_set(l, &r);
	impact_find(&im, &r, &state->since_base);
	ps->units_reached = lane_units_reached(l, &im);
	l->patch = ps->patch;
	lane_goals(l, state, &goals);
	if (lane_remembered(l, &goals, &old)) {
		ps->action = "known";
		ps->reason = xasprintf("built by an earlier run, %zu unit%s "
				       "failing", old.failed.nr,
				       old.failed.nr == 1 ? "" : "s");
		b->broken = old.failed.nr != 0;
		return;
	}
	ps->action = "build";
	if (b->known)
		b->patch = ps->patch;
	b->known = false;
	if (im.from_empty)
		ps->reason = xasprintf("from an empty O=: %s changes", im.why);
	else
		ps->reason = xasprintf("%u recorded unit%s reached",
				       ps->units_reached,
				       ps->units_reached == 1 ? "" : "s");
}

static void plan_step(struct lane *l, struct plan_step *ps, struct before *b)
{
	const struct state *state =
		&l->crew->opts->tree->states[ps->patch];
	struct read_set r;

	if (state->not_applied) {
		ps->action = "not-applied";
		return;
	}
	if (!ps->patch) {
		ps->action = "skip";
		ps->reason = xstrdup("the baseline is in the cache");
		return;
	}
	lane_read_set(l, &r);
	if (!impact_unreached(&r, &state->since_prev, b->broken, &ps->reason)) {
		plan_build(l, ps, b);
	} else if (b->known) {
		ps->action = "skip";
	} else {
		/* A unit that is yet to be built may read more. */
		free(ps->reason);
		ps->action = "unknown";
		ps->reason = xasprintf("depends on what patch %u reads once it "
				       "is built", b->patch);
	}
}

/* True when the lane has a complete baseline: units can be read. */
static bool look(struct lane *l, struct plan *p, const char **why)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;

	*why = "the configuration is not known yet";
	if (toolchain_resolve(&l->toolchain, l->cell, &err)) {
		*why = "the compiler is missing (see kvmatrix doctor)";
		return false;
	}
	place_make_vars(l->crew->opts->place, &l->toolchain, &l->make_vars);
	if (lane_config_cached(l) != 1)
		return false;
	*why = "the base is not built yet";
	if (!lane_lookup_baseline(l))
		return false;
	strlist_cat(&p->goals[l->cell_nr], &l->base_goals);
	return !lane_read_units(l);
}

static void plan_lane(struct lane *l, struct plan *p)
{
	const struct run_result *r = l->crew->result;
	const char *why;
	bool known = look(l, p, &why);
	struct before b = { .known = true,
			    .broken = l->baseline.base.failed.nr != 0 };

	p->has_baseline[l->cell_nr] = known;
	for (unsigned k = 0; k < r->nr_patches; k++) {
		struct plan_step *ps = &p->v[k * r->nr_cells + l->cell_nr];

		ps->patch = k;
		ps->cell = l->cell_nr;
		if (known) {
			plan_step(l, ps, &b);
		} else {
			ps->action = "unknown";
			ps->reason = xstrdup(why);
		}
	}
}

static void ignore_event(void *data, const struct run_event *e)
{
	(void)data;
	(void)e;
}

int run_plan(const struct run_opts *opts, struct run_result *r, struct plan *p,
	     struct errbuf *err)
{
	struct run_opts o = *opts;
	struct crew c = { .opts = &o, .result = r };
	int ret;

	o.event = ignore_event;
	ret = survey(&c, err);
	if (ret)
		goto out;
	p->nr = r->nr_cells * r->nr_patches;
	p->nr_cells = r->nr_cells;
	p->v = xcalloc(p->nr, sizeof(*p->v));
	p->goals = xcalloc(r->nr_cells, sizeof(*p->goals));
	p->has_baseline = xcalloc(r->nr_cells, sizeof(*p->has_baseline));
	for (size_t i = 0; i < r->nr_cells; i++) {
		struct lane l;

		lane_init(&l, &c, i);
		plan_lane(&l, p);
		lane_release(&l);
	}
out:
	survey_release(&c);
	return ret;
}
