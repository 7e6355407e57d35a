// SPDX-License-Identifier: GPL-2.0-only
/*
 * The quick pass of a cell, over all its states: by its scouts, which the steps
 * follow, or by its own lane before the first step is built. Several scouts
 * share the states as legs.h has it, each with what it has seen itself.
 *
 * Like the objtree of the steps (lane_chain.c) it goes from state to state:
 * what differs from the state it was at last reaches units, by the dependencies
 * that the compiler wrote when the unit was last replayed; these are replayed,
 * and so are those that failed so that nobody knows their dependencies. A state
 * that is proved to be like the one before, or that the store knows, costs
 * nothing.
 *
 * Nothing is written but into a scratch over the baseline, which goes away.
 */
#include "engine/lane.h"

#include "engine/harvest.h"
#include "engine/link_step.h"
#include "engine/place.h"
#include "engine/pool.h"
#include "engine/replay.h"
#include "engine/tree.h"
#include "model/matrix.h"
#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/mem.h"
#include "sys/strbuf.h"

static const struct state *state_at(const struct lane *l)
{
	return &l->crew->opts->tree->states[l->patch];
}

static struct quick_state *quick_at(const struct lane *l, unsigned patch)
{
	return &l->shared->quick.states[patch];
}

void quick_pass_release(struct quick_pass *q)
{
	for (size_t i = 0; q->states && i < q->nr_states; i++)
		quick_state_release(&q->states[i]);
	free(q->states);
	legs_release(&q->legs);
	free(q->passed);
	free(q->told);
	*q = (struct quick_pass){ 0 };
}

void quick_walk_release(struct quick_walk *w)
{
	free(w->upper);
	unit_set_release(&w->units);
	*w = (struct quick_walk){ 0 };
}

/* What the link could not make is no unit. */
static void add_units(struct strlist *to, const struct strlist *failed)
{
	strlist_each(f, failed)
		if (!link_is_product(f))
			strlist_add(to, f);
}

static unsigned reached_by(struct lane *l, const struct change_list *changes,
			   const char **from_empty)
{
	const uint64_t *reached =
		impact_memo_sum(lane_memo(l), changes, from_empty);
	unsigned n = 0;

	for (size_t i = 0; !*from_empty && i < l->shared->units.nr; i++)
		n += (reached[i / 64] >> i % 64 & 1) &&
		     lane_quick_judges(l, &l->shared->units.v[i]);
	return n;
}

bool lane_quick_begins_leg(struct lane *l, const struct state *state)
{
	const char *from_empty;
	unsigned prev, base;

	if (!state->patch || state->not_applied)
		return false;
	prev = reached_by(l, &state->since_prev, &from_empty);
	if (from_empty || !prev)
		return false;
	base = reached_by(l, &state->since_base, &from_empty);
	return !from_empty && leg_begins(prev, base);
}

static void find_legs(struct lane *l, struct legs *g)
{
	bool alone = true;

	for (size_t i = 0; i < l->crew->nr_lanes; i++)
		if (l->crew->lanes[i].cell_nr == l->cell_nr &&
		    lane_is_late_scout(&l->crew->lanes[i]))
			alone = false;
	for (size_t i = 1; !alone && i < g->nr; i++)
		g->begins[i] = lane_quick_begins_leg(
			l, &l->crew->opts->tree->states[i]);
}

static void begin(struct lane *l)
{
	const struct step_result *base =
		run_result_step(l->crew->result, 0, l->cell_nr);
	struct quick_pass *q = &l->shared->quick;
	struct quick_state *first;

	q->nr_states = l->crew->result->nr_patches;
	q->states = xcalloc(q->nr_states, sizeof(*q->states));
	q->told = xcalloc(q->nr_states, sizeof(*q->told));
	q->passed = xcalloc(q->nr_states, sizeof(*q->passed));
	q->passed[0] = true;
	legs_init(&q->legs, q->nr_states);
	find_legs(l, &q->legs);
	first = &q->states[0];
	first->done = true;
	strlist_cat(&first->failed, &base->failed);
	add_units(&first->unread, &base->failed);
	/* What fails in the base has left no command. */
	strlist_cat(&first->unjudged, &base->failed);
	for (size_t i = 0; i < base->diags.nr; i++)
		diag_list_copy(&first->diags, &base->diags.v[i]);
}

static void read_set(struct lane *l, struct read_set *r)
{
	lane_read_set(l, r);
	r->units = &l->shared->units;
	r->newer = l->walk.units.nr ? &l->walk.units : NULL;
}

/*
 * The pass judges the cell's targets and what prepare builds before them
 * (asm-offsets.s, vDSOs): make stops where that fails. Not what the baseline holds
 * for other series.
 */
bool lane_quick_judges(const struct lane *l, const struct unit *u)
{
	return u->kernel &&
	       (lane_is_target(l, u->target) ||
		!strlist_has_sorted(&l->shared->baseline.goals, u->name));
}

/* Units of directories whose Makefile changed: their commands may, too. */
static void mark_unjudged(struct lane *l, const struct impact *im,
			  struct quick_state *to)
{
	for (size_t i = 0; i < l->shared->units.nr; i++) {
		const struct unit *u = &l->shared->units.v[i];

		if (impact_may_change_command(im, u))
			strlist_add(&to->unjudged, u->name);
	}
	strlist_sort(&to->unjudged);
}

/* The units to replay at this state; what cannot be is marked in to. */
static void find_units(struct lane *l, const struct impact *im,
		       struct quick_state *to, struct strlist *names)
{
	mark_unjudged(l, im, to);
	for (size_t i = 0; i < l->shared->units.nr; i++) {
		const struct unit *u = &l->shared->units.v[i];

		if (!lane_quick_judges(l, u) ||
		    strlist_has_sorted(&to->unjudged, u->name))
			continue;
		if (!strlist_has_sorted(&im->reached, u->name) &&
		    !strlist_has_sorted(&to->unread, u->name))
			continue;
		if (u->nr_deps && lane_has_file(l, u->deps[0], state_at(l)))
			strlist_add(names, u->name);
		else
			strlist_add(&to->unjudged, u->name);
	}
	strlist_sort(&to->unjudged);
}

/* Reads what the compiler wrote of the units that it has just read. */
static void read_deps(struct lane *l, const struct strlist *started,
		      struct quick_state *q)
{
	_cleanup_errbuf_ struct errbuf ignored = ERRBUF_INIT;
	_cleanup_strmap_ struct strmap unread = STRMAP_INIT;

	strlist_each(name, &q->unread)
		strmap_set(&unread, name, q);
	strlist_each(name, started) {
		const struct unit *u = unit_set_find(&l->shared->units, name);
		_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
		_cleanup_free_ char *dep = u ? quick_depfile(u) : NULL;
		_cleanup_free_ char *file =
			dep ? path_join(l->walk.upper, dep) : NULL;

		strmap_set(&unread, name, q);
		if (!file || !file_exists(file) ||
		    file_read(file, &text, &ignored))
			continue;
		unit_set_put(&l->walk.units, u->target, text.buf,
			     l->crew->opts->place->src);
		strmap_set(&unread, name, NULL);
	}
	strlist_release(&q->unread);
	strlist_each(name, &q->failed)
		if (strmap_get(&unread, name))
			strlist_add(&q->unread, name);
	unit_set_sort(&l->walk.units);
	strlist_release(&q->reads);
	strmap_each(e, &l->walk.units.files) {
		if (unit_set_reads(&l->shared->units, strmap_key(e)))
			continue;
		strlist_add(&q->reads, strmap_key(e));
		strmap_set(&l->more_reads, strmap_key(e), l);
	}
}

static bool says(const struct quick_state *q, const struct diagnostic *d)
{
	for (size_t i = 0; i < q->diags.nr; i++)
		if (streq_null(q->diags.v[i].fingerprint, d->fingerprint))
			return true;
	return false;
}

void lane_quick_tell(struct lane *l, const struct quick_state *q,
		     const struct quick_state *prev)
{
	unsigned *told = &l->shared->quick.told[l->patch];

	if (q->failed.nr <= *told)
		return;
	for (size_t i = 0; i < q->diags.nr; i++) {
		const struct diagnostic *d = &q->diags.v[i];
		_cleanup_free_ char *text = NULL;

		if (d->severity != DIAG_ERROR || !d->unit || says(prev, d))
			continue;
		text = xasprintf("%zu unit%s fail%s, the first: %s:%u: %s",
				 q->failed.nr, q->failed.nr == 1 ? "" : "s",
				 q->failed.nr == 1 ? "s" : "",
				 d->file ? d->file : d->unit, d->line,
				 d->message);
		lane_say(l, RUN_QUICK_FAILED, text);
		*told = (unsigned)q->failed.nr;
		return;
	}
}

bool lane_quick_goes_on(struct lane *l)
{
	struct quick_walk *w = &l->walk;

	if (!l->shared->quick.states)
		begin(l);
	if (!w->at)
		w->at = &l->crew->opts->tree->states[0];
	if (!w->takes) {
		unsigned patch = legs_take(&l->shared->quick.legs, w->last);

		if (!patch)
			return false;
		l->patch = patch;
		w->takes = true;
	}
	return true;
}

bool lane_quick_passed(const struct lane *l)
{
	const struct quick_pass *q = &l->shared->quick;

	return q->states && q->passed[l->patch];
}

static void pass(struct lane *l)
{
	impact_release(&l->impact);
	l->shared->quick.passed[l->patch] = true;
	l->walk.last = l->patch;
	l->walk.takes = false;
}

void lane_quick_give_up(struct lane *l, const char *why)
{
	struct quick_pass *q = &l->shared->quick;
	_cleanup_free_ char *text = NULL;

	if (!lane_quick_goes_on(l))
		return;
	text = xasprintf("%s: the quick pass ends at patch %u: %s", l->cell->id,
			 l->patch, why);
	lane_say(l, RUN_NOTE, text);
	do {
		struct quick_state *at = quick_at(l, l->patch);

		at->blind = at->done = true;
		q->legs.taken[l->patch] = true;
		pass(l);
		l->patch++;
	} while (l->patch < q->nr_states && !q->legs.taken[l->patch]);
}

/* The state that its failing units are told apart from. */
static const struct quick_state *before(const struct lane *l)
{
	return quick_at(l, l->shared->quick.passed[l->patch - 1]
				   ? l->patch - 1
				   : l->walk.at->patch);
}

static void replay_ended(void *data, struct proc_result *res)
{
	struct lane *l = data;
	struct quick_state *q = quick_at(l, l->patch);
	const struct place *p = l->crew->opts->place;
	_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_(step_result_release) struct step_result fault = { 0 };

	if (res->stopped)
		return;
	make_log_parse(&log, res->output.buf, res->output.len, p->src, p->obj);
	if (harvest_faults(&fault, &log, res)) {
		/* The build will tell; from here on the pass says nothing. */
		_cleanup_free_ char *text =
			xasprintf("%s: the quick pass ends at patch %u: %s",
				  l->cell->id, l->patch, fault.reason);

		lane_say(l, RUN_NOTE, text);
		q->blind = q->done = true;
	} else {
		pool_learn_units(l, lane_quick_work(l), log.started.nr, res);
		quick_harvest(q, &log, &state_at(l)->renames);
		q->seconds = res->seconds;
		read_deps(l, &log.started, q);
		lane_quick_tell(l, q, before(l));
		l->walk.at = state_at(l);
	}
	if (tree_remove(l->walk.upper, &err))
		lane_say(l, RUN_NOTE, err.msg);
	pass(l);
}

/* Objects are of use when builds of all states follow (lane_ask.c: they do not). */
enum quick_how lane_quick_how(const struct lane *l)
{
	const struct run_opts *o = l->crew->opts;

	return o->place->ccache && !o->quick_only && !o->next ? QUICK_OBJECTS :
								QUICK_SYNTAX;
}

enum work lane_quick_work(const struct lane *l)
{
	return lane_quick_how(l) == QUICK_OBJECTS ? WORK_AHEAD : WORK_QUICK;
}

int lane_quick_start(struct lane *l, const struct strlist *names,
		     enum quick_how how, struct quick_state *q,
		     void (*on_exit)(void *data, struct proc_result *res))
{
	_cleanup_strlist_ struct strlist argv = STRLIST_INIT;
	_cleanup_(sandbox_release) struct sandbox s = SANDBOX_INIT;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_free_ char *work = path_join(l->scratch, "quick/work");
	_cleanup_free_ char *dir = path_join(l->scratch, "quick/make");
	_cleanup_free_ char *makefile =
		quick_makefile(&l->shared->units, l->shared->baseline.obj,
			       names, how, &q->unjudged);

	free(l->walk.upper);
	l->walk.upper = path_join(l->scratch, "quick/upper");
	if (tree_remove(l->walk.upper, &err) || dir_make(l->walk.upper, &err) ||
	    replay_argv(dir, makefile, &argv, &err)) {
		lane_fail(l, "%s", err.msg);
		return 1;
	}
	s.obj_upper = l->walk.upper;
	s.obj_work = work;
	s.obj_lower = l->shared->baseline.obj;
	strlist_add(&s.writable, dir);
	l->depend = lane_compiles_targets_only(l, names);
	lane_say(l, RUN_QUICK_BEGIN, NULL);
	lane_start(l, &s, state_at(l), &argv, on_exit);
	return 1;
}

bool lane_quick_recalls(struct lane *l, struct quick_state *q)
{
	_cleanup_strlist_ struct strlist goals = STRLIST_INIT;
	_cleanup_(step_result_release) struct step_result old = { 0 };
	bool unread;

	lane_goals(l, state_at(l), &goals);
	if (!lane_remembered(l, &goals, &old, &unread))
		return false;
	quick_state_release(q);
	q->done = q->recalled = true;
	strlist_cat(&q->failed, &old.failed);
	strlist_cat(&q->unjudged, &old.unjudged);
	if (unread)
		add_units(&q->unread, &old.failed);
	for (size_t i = 0; i < old.diags.nr; i++)
		diag_list_copy(&q->diags, &old.diags.v[i]);
	return true;
}

static bool unreached(struct lane *l, const struct quick_state *prev)
{
	_cleanup_free_ char *reason = NULL;
	struct read_set r;

	read_set(l, &r);
	return lane_is_unreached(l, &r, state_at(l), prev->unread.nr != 0,
				 &reason);
}

bool lane_quick_reached(struct lane *l, struct quick_state *q,
			struct strlist *names)
{
	_cleanup_change_list_ struct change_list changes = { 0 };
	struct read_set r;

	read_set(l, &r);
	change_list_between(&l->walk.at->since_base, &state_at(l)->since_base,
			    &changes);
	impact_release(&l->impact);
	impact_find(&l->impact, &r, &changes);
	if (l->impact.from_empty)
		q->blind = true;
	else
		find_units(l, &l->impact, q, names);
	return names->nr != 0;
}

int lane_quick(struct lane *l)
{
	_cleanup_strlist_ struct strlist names = STRLIST_INIT;
	struct quick_state *q = quick_at(l, l->patch);
	const struct quick_state *prev = quick_at(l, l->patch - 1);
	enum quick_how how = lane_quick_how(l);

	/* What is read there is known to who has been at the state before. */
	if (l->walk.last + 1 == l->patch &&
	    (state_at(l)->not_applied || prev->blind || unreached(l, prev))) {
		quick_state_copy(q, prev);
		pass(l);
		return 0;
	}
	if (lane_quick_recalls(l, q)) {
		pass(l);
		return 0;
	}
	/* Only now: what the store knows needs no look. Without one, those that
	 * have one go first. */
	if (!l->shared->quick.looked && !lane_is_late_scout(l))
		return lane_first_look(l);
	quick_state_copy(q, quick_at(l, l->walk.at->patch));
	q->done = true;
	if (lane_quick_reached(l, q, &names))
		return lane_quick_start(l, &names, how, q, replay_ended);
	if (!q->blind)
		l->walk.at = state_at(l);
	pass(l);
	return 0;
}

bool lane_quick_answers(struct lane *l, struct step_result *s)
{
	const struct quick_state *q;

	if (!l->shared->quick.states)
		return false;
	q = quick_at(l, l->patch);
	if (!q->done || q->blind || q->unjudged.nr)
		return false;
	s->outcome = OUTCOME_BUILT;
	s->reason = xstrdup("judged by the quick pass alone");
	s->units_built = q->nr_judged;
	s->seconds = q->seconds;
	strlist_cat(&s->failed, &q->failed);
	for (size_t i = 0; i < q->diags.nr; i++)
		diag_list_copy(&s->diags, &q->diags.v[i]);
	if (lane_is_image(l))
		lane_image_not_asked(l, s);
	strlist_each(f, &q->reads)
		strmap_set(&l->more_reads, f, l);
	return true;
}

bool lane_quick_reads(struct lane *l, const struct step_result *s)
{
	const struct quick_state *q;

	if (!link_units_fail(s))
		return true;
	if (!l->shared->quick.states || s->failed_replayed.nr || s->unjudged.nr)
		return false;
	q = quick_at(l, l->patch);
	/* What the pass did not judge may have been replayed, and passed. */
	if (l->stopped && q->unjudged.nr)
		return false;
	if (!q->done || q->blind || q->unread.nr)
		return false;
	strlist_each(f, &s->failed)
		if (!link_is_product(f) &&
		    (!strlist_has_sorted(&q->failed, f) ||
		     strlist_has_sorted(&q->unjudged, f)))
			return false;
	strlist_each(f, &q->reads)
		strmap_set(&l->more_reads, f, l);
	return true;
}

void lane_quick_add_reads(const struct lane *l, struct strbuf *text)
{
	strlist_each(f, &quick_at(l, l->patch)->reads)
		strbuf_addf(text, "%s\n", f);
}

void lane_quick_compare(struct lane *l, const struct step_result *s)
{
	_cleanup_strlist_ struct strlist lines = STRLIST_INIT;
	_cleanup_strlist_ struct strlist known = STRLIST_INIT;

	if (!l->shared->quick.states)
		return;
	for (size_t i = 0; i < l->shared->units.nr; i++)
		if (lane_quick_judges(l, &l->shared->units.v[i]))
			strlist_add(&known, l->shared->units.v[i].name);
	strlist_sort(&known);
	quick_compare(quick_at(l, l->patch), s, &known, &lines);
	strlist_each(line, &lines)
		strlist_addf(&l->crew->result->internal, "patch %u, %s: %s",
			     l->patch, l->cell->id, line);
}
