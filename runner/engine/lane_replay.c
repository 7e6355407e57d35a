// SPDX-License-Identifier: GPL-2.0-only
/*
 * Behind a prepare that fails: make has not got to the units, which are judged by
 * their commands all the same.
 *
 * The objtree stays that of the state it was last built at (lane_chain_keep()), so
 * that any number of states on which prepare fails are compared with that one: what
 * differs from it reaches units, and these are run with the commands of that state,
 * in the objtree as make left it, where the configuration and what prepare could
 * generate lie. A unit that failed at that state has left no dependencies, so it is
 * always reached.
 *
 * When the states before were not built in this run but remembered, the objtree stands
 * at an earlier one, and more commands may have changed since. If that keeps units
 * from being judged the last of them is built after all, and then the step once more.
 *
 * What cannot be judged so is told (step_result.unjudged): every unit, where the
 * configuration or the whole build may have changed; those of directories whose
 * Makefile did; and those that have failed since their Makefile did.
 */
#include "engine/lane.h"

#include "engine/commands.h"
#include "engine/harvest.h"
#include "engine/link_step.h"
#include "engine/place.h"
#include "engine/replay.h"
#include "engine/tree.h"
#include "model/matrix.h"
#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/mem.h"

/* The units behind prepare, on the way to be sorted. */
struct behind {
	struct lane *l;
	struct commands commands;
	struct impact since_base; /* from the base to where the objtree is */
	struct impact stale;	  /* what earlier states dropped of it */
	struct strlist names;
	struct strlist replay, unjudged; /* sorted in the end */
};

static const struct state *this_state(const struct lane *l)
{
	return &l->crew->opts->tree->states[l->patch];
}

static void behind_release(struct behind *b)
{
	impact_release(&b->since_base);
	strlist_release(&b->names);
	strlist_release(&b->replay);
	strlist_release(&b->unjudged);
}

static void behind_init(struct behind *b, struct lane *l)
{
	const struct chain *c = &l->chain;
	struct read_set r;

	*b = (struct behind){
		.l = l,
		.commands =
			{
				.built = &c->units,
				.upper = c->upper,
				.base = c->moved && c->whole
						? NULL
						: &l->shared->units,
			},
		.stale = {.drop = c->stale}, /* borrowed */
	};
	lane_read_set(l, &r);
	r.units = &l->shared->units;
	r.newer = NULL;
	impact_find(&b->since_base, &r, &c->at->since_base);
	b->commands.since_base = &b->since_base;
}

/* ---- which units ------------------------------------------------------------- */

/* The source of an object at a state; NULL: none in the tree. Owned. */
static char *source_of(const struct lane *l, const char *object,
		       const struct state *s)
{
	size_t n = strlen(object);

	for (const char *end = "cS"; n && *end; end++) {
		_cleanup_free_ char *path = xstrdup(object);

		path[n - 1] = *end;
		if (lane_has_file(l, path, s))
			return STEAL(path);
	}
	return NULL;
}

/* What a file of one state is called at another; NULL: it is gone. Owned. */
static char *path_at(const struct lane *l, const char *path,
		     const struct state *from, const struct state *to)
{
	const char *base = strmap_get(&from->renames, path);

	if (!base)
		base = path;
	strmap_each(e, &to->renames)
		if (!strcmp(strmap_value(e), base))
			return xstrdup(strmap_key(e));
	return lane_has_file(l, base, to) ? xstrdup(base) : NULL;
}

/* Adds a unit of a state under the name that it has now, if it is still there. */
static void add_unit(struct behind *b, const char *name,
		     const struct state *from)
{
	_cleanup_free_ char *source = source_of(b->l, name, from);
	_cleanup_free_ char *now = NULL;

	if (link_is_product(name))
		return;
	if (!source) { /* made by the build */
		strlist_add(&b->names, name);
		return;
	}
	now = path_at(b->l, source, from, this_state(b->l));
	if (now)
		strlist_addf(&b->names, "%.*s%c", (int)strlen(now) - 1, now,
			     name[strlen(name) - 1]);
}

static bool is_judged(const struct step_result *s)
{
	return s->outcome == OUTCOME_BUILT || s->outcome == OUTCOME_UNREACHED;
}

/* Units that said something at a state. */
static void add_talkers(struct behind *b, const struct step_result *s)
{
	const struct state *at = &b->l->crew->opts->tree->states[s->patch];

	strlist_each(f, &s->failed)
		add_unit(b, f, at);
	for (size_t i = 0; i < s->diags.nr; i++)
		if (s->diags.v[i].unit)
			add_unit(b, s->diags.v[i].unit, at);
}

static void add_targets(struct behind *b, const struct unit_set *set,
			const struct state *from)
{
	for (size_t i = 0; i < set->nr; i++)
		if (set->v[i].kernel && lane_is_target(b->l, set->v[i].target))
			add_unit(b, set->v[i].name, from);
}

/* Nothing of what was built before holds: all that was ever heard of. */
static void add_all(struct behind *b)
{
	const struct lane *l = b->l;
	const struct run_result *r = l->crew->result;

	add_targets(b, &l->shared->units, &l->crew->opts->tree->states[0]);
	strmap_each(e, &l->seen)
		add_unit(b, strmap_key(e), this_state(l));
	for (unsigned p = 0; p < r->nr_patches; p++) {
		const struct step_result *s = run_result_step(r, p, l->cell_nr);

		if (p != l->patch && is_judged(s))
			add_talkers(b, s);
	}
}

static void add_reached(struct behind *b)
{
	const struct lane *l = b->l;
	const struct step_result *before = lane_chain_result(l);

	strlist_each(name, &l->impact.reached) {
		const struct unit *u = unit_set_find(&l->chain.units, name);

		if (!u)
			u = unit_set_find(&l->shared->units, name);
		if (u && u->kernel && lane_is_target(l, u->target))
			strlist_add(&b->names, name);
	}
	strlist_each(f, &before->failed)
		add_unit(b, f, l->chain.at);
	/* States that were not built in this objtree, but are known. */
	for (unsigned p = l->chain.at->patch + 1; p < l->patch; p++) {
		const struct step_result *s =
			run_result_step(l->crew->result, p, l->cell_nr);

		if (is_judged(s))
			add_talkers(b, s);
	}
}

/* A unit that make has not tried. */
static void sort_unit(struct behind *b, const char *name)
{
	const struct lane *l = b->l;
	const struct state *base = &l->crew->opts->tree->states[0];
	bool built;
	const struct unit *u = l->impact.from_empty ?
				       NULL :
				       commands_find(&b->commands, name, &built);

	if (!u || !u->nr_deps) {
		_cleanup_free_ char *now = source_of(l, name, this_state(l));
		_cleanup_free_ char *then = source_of(l, name, base);

		if (now || !then)
			strlist_add(&b->unjudged, name);
		return;
	}
	if (!lane_has_file(l, u->deps[0], this_state(l))) {
		/* a source that the build makes, or one that is gone */
		if (!lane_has_file(l, u->deps[0], built ? l->chain.at : base))
			strlist_add(&b->unjudged, name);
	} else if (impact_may_change_command(&l->impact, u) ||
		   impact_may_change_command(&b->stale, u)) {
		strlist_add(&b->unjudged, name);
	} else {
		strlist_add(&b->replay, name);
	}
}

static void sort_units(struct behind *b, const struct make_log *log)
{
	_cleanup_strmap_ struct strmap tried = STRMAP_INIT;

	if (b->l->impact.from_empty)
		add_all(b);
	else
		add_reached(b);
	strlist_sort(&b->names);
	strlist_each(u, &log->started)
		strmap_set(&tried, u, NULL);
	strlist_each(f, &log->failed)
		strmap_set(&tried, f, NULL);
	strlist_each(name, &b->names)
		if (!strmap_has(&tried, name))
			sort_unit(b, name);
	strlist_sort(&b->replay);
	strlist_sort(&b->unjudged);
}

/* ---- the state before, for its commands ----------------------------------------- */

static bool has_stopped(const struct step_result *s)
{
	return s->unjudged.nr ||
	       (s->reason && strstr(s->reason, "make stopped in prepare"));
}

/* The last state before this one that make could build, if the objtree is not there;
 * else NULL. */
static const struct state *ground_of(const struct lane *l)
{
	for (unsigned p = l->patch - 1; p > l->chain.at->patch; p--) {
		const struct step_result *s =
			run_result_step(l->crew->result, p, l->cell_nr);

		if (s->outcome == OUTCOME_BUILT && !has_stopped(s))
			return &l->crew->opts->tree->states[p];
		if (s->outcome != OUTCOME_BUILT &&
		    s->outcome != OUTCOME_UNREACHED &&
		    s->outcome != OUTCOME_NOT_APPLIED)
			return NULL;
	}
	return NULL;
}

/* Could any of the units be judged by the commands of that state? */
static bool would_help(const struct behind *b, const struct state *ground)
{
	struct lane *l = b->l;
	const struct step_result *s =
		run_result_step(l->crew->result, ground->patch, l->cell_nr);
	_cleanup_change_list_ struct change_list changes = { 0 };
	_cleanup_impact_ struct impact im = IMPACT_INIT;
	struct read_set r;

	change_list_between(&ground->since_base, &this_state(l)->since_base,
			    &changes);
	lane_read_set(l, &r);
	impact_find(&im, &r, &changes);
	if (im.from_empty)
		return false;
	strlist_each(name, &b->unjudged) {
		const struct unit *known =
			unit_set_find(&l->shared->units, name);
		const struct unit u = {
			.name = name,
			.target = known ? known->target : name,
		};

		if (!impact_may_change_command(&im, &u) &&
		    !strlist_has_sorted(&s->failed, name))
			return true;
	}
	return false;
}

static void ground_exit(void *data, struct proc_result *res)
{
	struct lane *l = data;
	const struct place *p = l->crew->opts->place;
	_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;
	_cleanup_(step_result_release) struct step_result built = { 0 };
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;

	if (res->stopped)
		return;
	make_log_parse(&log, res->output.buf, res->output.len, p->src, p->obj);
	if (harvest_faults(&built, &log, res) ||
	    harvest_prepare_failed(res->output.buf, res->output.len) ||
	    lane_chain_advance(l, l->ground, &err)) {
		lane_chain_reset(l);
		l->no_ground = true;
	}
	l->ground = NULL;
}

static void build_ground(struct lane *l)
{
	_cleanup_change_list_ struct change_list changes = { 0 };
	_cleanup_strlist_ struct strlist goals = STRLIST_INIT;
	_cleanup_strlist_ struct strlist argv = STRLIST_INIT;
	_cleanup_(sandbox_release) struct sandbox s = SANDBOX_INIT;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_free_ char *text = xasprintf(
		"%s patch %u: patch %u is built for its commands", l->cell->id,
		l->patch, l->ground->patch);
	struct read_set r;

	lane_say(l, RUN_DETAIL, text);
	change_list_between(&l->chain.at->since_base, &l->ground->since_base,
			    &changes);
	lane_read_set(l, &r);
	impact_release(&l->impact);
	impact_find(&l->impact, &r, &changes);
	if (lane_chain_sandbox(l, &s, &err)) {
		lane_fail(l, "%s", err.msg);
		return;
	}
	lane_goals(l, l->ground, &goals);
	if (l->impact.from_empty) {
		lane_empty_argv(l, &goals, &argv);
	} else {
		lane_make_argv(l, &argv);
		strlist_cat(&argv, &goals);
	}
	lane_start(l, &s, l->ground, &argv, ground_exit);
}

bool lane_ground(struct lane *l, const struct make_log *log)
{
	_cleanup_(behind_release) struct behind b = { 0 };
	const struct state *ground = ground_of(l);

	if (l->no_ground || !ground || lane_is_image(l))
		return false;
	behind_init(&b, l);
	sort_units(&b, log);
	if (!would_help(&b, ground))
		return false;
	if (l->impact.from_empty)
		lane_chain_reset(l);
	else
		lane_chain_keep(l);
	l->ground = ground;
	build_ground(l);
	return true;
}

/* ---- the replay ---------------------------------------------------------------- */

static char *reason(size_t replayed, size_t unjudged)
{
	_cleanup_free_ char *yes = NULL, *no = NULL;

	if (!replayed && !unjudged)
		return NULL;
	if (replayed)
		yes = xasprintf("; %zu unit%s behind it judged by replay",
				replayed, replayed == 1 ? "" : "s");
	if (unjudged)
		no = xasprintf("; %zu unit%s not judged: prepare failed, and "
			       "the command%s may be %s",
			       unjudged, unjudged == 1 ? "" : "s",
			       unjudged == 1 ? "" : "s",
			       unjudged == 1 ? "another" : "others");
	return xasprintf("make stopped in prepare%s%s", yes ? yes : "",
			 no ? no : "");
}

static void replay_exit(void *data, struct proc_result *res)
{
	struct lane *l = data;
	struct step_result *s =
		run_result_step(l->crew->result, l->patch, l->cell_nr);
	const struct place *p = l->crew->opts->place;
	_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;
	struct harvest h;

	if (res->stopped)
		return;
	lane_write_log(l, s, res, true);
	make_log_parse(&log, res->output.buf, res->output.len, p->src, p->obj);
	if (!harvest_faults(s, &log, res)) {
		lane_harvest(l, &h);
		harvest_replay(s, &log, &h);
		free(s->reason);
		s->reason = reason(log.started.nr, s->unjudged.nr);
		if (lane_is_image(l))
			lane_image_judge(l, s, &log, false);
	}
	lane_finish_step(l, s, false);
}

/* 1: a replay was started, or the lane failed; 0: err says why not. */
static int start(struct behind *b, struct errbuf *err)
{
	struct lane *l = b->l;
	const struct chain *c = &l->chain;
	_cleanup_strlist_ struct strlist argv = STRLIST_INIT;
	_cleanup_(sandbox_release) struct sandbox s = SANDBOX_INIT;
	_cleanup_free_ char *work = path_join(l->scratch, "replay/work");
	_cleanup_free_ char *upper = path_join(l->scratch, "replay/upper");
	_cleanup_free_ char *dir = path_join(l->scratch, "replay/make");
	_cleanup_free_ char *text = replay_makefile(&b->commands, &b->replay);

	if (tree_remove(upper, err) || dir_make(upper, err) ||
	    replay_argv(dir, text, &argv, err))
		return 0;
	s.obj_upper = upper;
	s.obj_work = work;
	if (c->whole || l->crew->opts->place->mode == SANDBOX_PLAIN) {
		s.obj_lower = c->upper;
	} else {
		s.obj_middle = c->upper;
		s.obj_lower = l->shared->baseline.obj;
	}
	strlist_add(&s.writable, dir);
	l->phase = LANE_REPLAY;
	lane_start(l, &s, this_state(l), &argv, replay_exit);
	return 1;
}

bool lane_replay(struct lane *l, struct step_result *s,
		 const struct make_log *log)
{
	_cleanup_(behind_release) struct behind b = { 0 };
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;

	behind_init(&b, l);
	sort_units(&b, log);
	strlist_cat(&s->unjudged, &b.unjudged);
	if (b.replay.nr) {
		harvest_forget(s, &s->unjudged);
		if (start(&b, &err))
			return true;
		lane_say(l, RUN_NOTE, err.msg);
		strlist_cat(&s->unjudged, &b.replay);
		strlist_sort(&s->unjudged);
	}
	harvest_forget(s, &s->unjudged);
	free(s->reason);
	s->reason = reason(0, s->unjudged.nr);
	return false;
}
