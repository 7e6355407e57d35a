// SPDX-License-Identifier: GPL-2.0-only
/*
 * The plan uses the lanes' own decisions on what the cache holds. Where a cell
 * has no configuration or baseline yet its read-set is not known, and the plan
 * says so instead of guessing.
 */
#include "engine/lane.h"
#include "engine/place.h"
#include "engine/pool.h"
#include "engine/simulate.h"
#include "engine/survey.h"
#include "engine/tree.h"
#include "model/matrix.h"
#include "sys/errbuf.h"
#include "sys/mem.h"

void plan_release(struct plan *p)
{
	strmap_each(e, &p->reasons)
		free(strmap_value(e));
	strmap_release(&p->reasons);
	for (size_t i = 0; i < p->nr_cells; i++)
		strlist_release(&p->goals[i]);
	free(p->v);
	free(p->goals);
	free(p->has_baseline);
	free(p->has_times);
	*p = (struct plan){ 0 };
}

/* Takes text, which is owned by the plan from now on. */
static const char *reason(struct plan *p, char *text)
{
	char *known = strmap_get(&p->reasons, text);

	if (known) {
		free(text);
		return known;
	}
	strmap_set(&p->reasons, text, text);
	return text;
}

/* A lane that is planned, at the state before the next. */
struct planner {
	struct plan *plan;
	struct lane *l;
	struct read_set r;
	uint64_t *targets; /* bits, one a unit: the cell is asked to build it */
	bool known;  /* all that the state read is in the lane's read-set */
	bool broken; /* some unit of it failed, what that read is not known */
	bool behind; /* it is remembered: the objtree is that of the base */
	unsigned patch; /* the first that has to be built to know more */
	struct sim_task times[2]; /* quick, step: units are still 0 */
};

static void planner_open(struct planner *b, struct plan *p, struct lane *l)
{
	*b = (struct planner){
		.plan = p,
		.l = l,
		.known = true,
		.broken = l->shared->baseline.base.failed.nr != 0,
		.targets = xcalloc(l->shared->units.nr / 64 + 1,
				   sizeof(*b->targets)),
	};
	lane_read_set(l, &b->r);
	for (size_t i = 0; i < l->shared->units.nr; i++)
		if (l->shared->units.v[i].kernel &&
		    lane_is_target(l, l->shared->units.v[i].target))
			b->targets[i / 64] |= UINT64_C(1) << i % 64;
}

/* What a quick replay and a step of this cell took so far. */
static void recall_times(struct planner *b)
{
	const enum work works[] = { lane_quick_work(b->l), WORK_STEP };

	for (size_t i = 0; i < ARRAY_SIZE(works); i++) {
		struct work_fit f;

		if (!pool_recall_fit(b->l, works[i], &f) ||
		    !work_fit_line(&f, &b->times[i].alone, &b->times[i].each))
			return;
	}
	b->plan->has_times[b->l->cell_nr] = true;
}

static void planner_close(struct planner *b)
{
	free(b->targets);
}

/* lane_units_reached() of impact_find(), without finding it anew. */
static unsigned units_of(struct planner *b, const struct change_list *changes,
			 const char **from_empty)
{
	const uint64_t *reached =
		impact_memo_sum(lane_memo(b->l), changes, from_empty);
	const struct impact empty = { .from_empty = true };
	unsigned n = 0;

	if (*from_empty)
		return lane_units_reached(b->l, &empty);
	for (size_t i = 0; i < b->l->shared->units.nr / 64 + 1; i++)
		n += __builtin_popcountll(reached[i] & b->targets[i]);
	return n;
}

static void expect_times(struct planner *b, struct plan_step *ps,
			 const char *from_empty)
{
	struct sim_task *tasks[] = { &ps->quick, &ps->step };

	for (size_t i = 0; i < ARRAY_SIZE(tasks); i++) {
		*tasks[i] = b->times[i];
		tasks[i]->units = ps->units_reached;
	}
	if (from_empty)
		ps->quick = (struct sim_task){ 0 }; /* it says nothing then */
	if (b->plan->wants_times)
		ps->begins_leg = lane_quick_begins_leg(
			b->l, &b->l->crew->opts->tree->states[ps->patch]);
}

static void plan_build(struct planner *b, struct plan_step *ps)
{
	_cleanup_strlist_ struct strlist goals = STRLIST_INIT;
	_cleanup_(step_result_release) struct step_result old = { 0 };
	struct lane *l = b->l;
	const struct state *state =
		&l->crew->opts->tree->states[ps->patch];
	const char *from_empty;

	/* from the state that the objtree is at */
	ps->units_reached = units_of(b, b->behind ? &state->since_base :
						    &state->since_prev,
				     &from_empty);
	l->patch = ps->patch;
	lane_goals(l, state, &goals);
	b->behind = lane_remembered(l, &goals, &old, &b->broken);
	if (b->behind) {
		ps->action = "known";
		ps->reason = reason(b->plan, xasprintf(
			"built by an earlier run, %zu unit%s failing",
			old.failed.nr, old.failed.nr == 1 ? "" : "s"));
		return;
	}
	ps->action = "build";
	expect_times(b, ps, from_empty);
	if (b->known)
		b->patch = ps->patch;
	b->known = false;
	if (from_empty)
		ps->reason = reason(b->plan, xasprintf(
			"from an empty O=: %s changes", from_empty));
	else
		ps->reason = reason(b->plan, xasprintf(
			"%u recorded unit%s reached", ps->units_reached,
			ps->units_reached == 1 ? "" : "s"));
}

static void plan_step(struct planner *b, struct plan_step *ps)
{
	const struct state *state =
		&b->l->crew->opts->tree->states[ps->patch];
	_cleanup_free_ char *proof = NULL;
	enum lane_reach reach;

	if (state->not_applied) {
		ps->action = "not-applied";
		return;
	}
	if (!ps->patch) {
		ps->action = "skip";
		ps->reason = reason(b->plan,
				    xstrdup("the baseline is in the cache"));
		return;
	}
	reach = lane_reach(b->l, &b->r, state, b->broken || !b->known, &proof);
	if (reach == LANE_UNREACHED) {
		ps->action = "skip";
		ps->reason = reason(b->plan, STEAL(proof));
	} else if (reach == LANE_READS || b->broken) {
		plan_build(b, ps);
	} else {
		/* A unit that is yet to be built may read more. */
		ps->action = "unknown";
		ps->reason = reason(b->plan, xasprintf(
			"depends on what patch %u reads once it is built",
			b->patch));
	}
}

/* True when the lane has a complete baseline: units can be read. */
static bool look(struct lane *l, struct plan *p, const char **why)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;

	*why = "the configuration is not known yet";
	if (lane_find_toolchain(l, &err)) {
		*why = "the compiler is missing (see kvmatrix doctor)";
		return false;
	}
	if (lane_config_cached(l) != 1)
		return false;
	*why = "the base is not built yet";
	if (!lane_lookup_baseline(l))
		return false;
	strlist_cat(&p->goals[l->cell_nr], &l->shared->base_goals);
	return !lane_read_units(l);
}

void explanation_release(struct explanation *e)
{
	impact_reasons_release(&e->changes);
	impact_release(&e->impact);
}

/* b is at the state before. */
static void explain(const struct planner *b, struct explanation *e)
{
	const struct state *state = &b->l->crew->opts->tree->states[e->patch];
	_cleanup_free_ char *proof = NULL;

	if (state->not_applied)
		return;
	e->known = true;
	e->nr_files = strmap_nr(&b->r.units->files) + strmap_nr(b->r.more);
	e->nr_units = b->r.units->nr;
	e->broken = b->broken;
	e->blind = b->known ? 0 : b->patch;
	e->nr_since_base = state->since_base.nr;
	impact_explain(&e->changes, &b->r, &state->since_prev,
		       b->broken && !lane_is_unreached(b->l, &b->r, state, true,
						       &proof));
	impact_find(&e->impact, &b->r, &state->since_base);
}

/* e: what is to be explained, or NULL. */
static void plan_lane(struct lane *l, struct plan *p, struct explanation *e)
{
	const struct run_result *r = l->crew->result;
	const char *why;
	bool known = look(l, p, &why);
	struct planner b;

	planner_open(&b, p, l);
	recall_times(&b);
	p->has_baseline[l->cell_nr] = known;
	for (unsigned k = 0; k < r->nr_patches; k++) {
		struct plan_step *ps = &p->v[k * r->nr_cells + l->cell_nr];

		ps->patch = k;
		ps->cell = l->cell_nr;
		if (known && e && e->cell == l->cell_nr && e->patch == k)
			explain(&b, e);
		if (known) {
			plan_step(&b, ps);
		} else {
			ps->action = "unknown";
			ps->reason = reason(p, xstrdup(why));
		}
	}
	planner_close(&b);
}

static void ignore_event(void *data, const struct run_event *e)
{
	(void)data;
	(void)e;
}

int run_explain(const struct run_opts *opts, struct run_result *r,
		struct plan *p, struct explanation *e, struct errbuf *err)
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
	p->has_times = xcalloc(r->nr_cells, sizeof(*p->has_times));
	for (size_t i = 0; i < r->nr_cells; i++) {
		struct lane l;

		lane_init(&l, &c, i, 0);
		plan_lane(&l, p, e);
		lane_release(&l);
	}
out:
	survey_release(&c);
	return ret;
}

int run_plan(const struct run_opts *opts, struct run_result *r, struct plan *p,
	     struct errbuf *err)
{
	return run_explain(opts, r, p, NULL, err);
}
