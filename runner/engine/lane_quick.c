// SPDX-License-Identifier: GPL-2.0-only
/*
 * The quick pass of a cell, over all its states: by its scout, which the steps
 * follow, or by its own lane before the first step is built.
 *
 * Like the objtree of the steps (lane_chain.c) it goes from state to state: what
 * differs from the state it was at last reaches units, by the dependencies that
 * the compiler wrote when the unit was last replayed; these are replayed, and so
 * are those that failed so that nobody knows their dependencies. A state that is proved
 * to be like the one before, or that the store knows, costs nothing.
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
	free(q->upper);
	unit_set_release(&q->units);
	free(q->told);
	*q = (struct quick_pass){ 0 };
}

/* What the link could not make is no unit. */
static void add_units(struct strlist *to, const struct strlist *failed)
{
	strlist_each(f, failed)
		if (!link_is_product(f))
			strlist_add(to, f);
}

static void begin(struct lane *l)
{
	const struct step_result *base =
		run_result_step(l->crew->result, 0, l->cell_nr);
	struct quick_pass *q = &l->shared->quick;
	struct quick_state *first;

	q->nr_states = l->crew->result->nr_patches;
	q->passed = 1;
	q->states = xcalloc(q->nr_states, sizeof(*q->states));
	q->told = xcalloc(q->nr_states, sizeof(*q->told));
	q->at = &l->crew->opts->tree->states[0];
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
	r->newer = l->shared->quick.units.nr ? &l->shared->quick.units : NULL;
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
			dep ? path_join(l->shared->quick.upper, dep) : NULL;

		strmap_set(&unread, name, q);
		if (!file || !file_exists(file) ||
		    file_read(file, &text, &ignored))
			continue;
		unit_set_put(&l->shared->quick.units, u->target, text.buf,
			     l->crew->opts->place->src);
		strmap_set(&unread, name, NULL);
	}
	strlist_release(&q->unread);
	strlist_each(name, &q->failed)
		if (strmap_get(&unread, name))
			strlist_add(&q->unread, name);
	unit_set_sort(&l->shared->quick.units);
	strlist_release(&q->reads);
	strmap_each(e, &l->shared->quick.units.files) {
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

static void next(struct lane *l)
{
	impact_release(&l->impact);
	l->shared->quick.passed = ++l->patch;
}

void lane_quick_give_up(struct lane *l, const char *why)
{
	struct quick_pass *q = &l->shared->quick;
	_cleanup_free_ char *text = NULL;

	if (!q->states)
		begin(l);
	text = xasprintf("%s: the quick pass ends at patch %u: %s", l->cell->id,
			 q->passed, why);
	lane_say(l, RUN_NOTE, text);
	for (size_t i = q->passed; i < q->nr_states; i++)
		q->states[i].blind = q->states[i].done = true;
	q->passed = (unsigned)q->nr_states;
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
		l->shared->quick.at = state_at(l);
		lane_quick_tell(l, q, quick_at(l, l->patch - 1));
	}
	if (tree_remove(l->shared->quick.upper, &err))
		lane_say(l, RUN_NOTE, err.msg);
	next(l);
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

	free(l->shared->quick.upper);
	l->shared->quick.upper = path_join(l->scratch, "quick/upper");
	if (tree_remove(l->shared->quick.upper, &err) ||
	    dir_make(l->shared->quick.upper, &err) ||
	    replay_argv(dir, makefile, &argv, &err)) {
		lane_fail(l, "%s", err.msg);
		return 1;
	}
	s.obj_upper = l->shared->quick.upper;
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
	change_list_between(&l->shared->quick.at->since_base,
			    &state_at(l)->since_base, &changes);
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
	struct quick_state *q, *prev, *at;
	enum quick_how how = lane_quick_how(l);

	if (!l->shared->quick.states)
		begin(l);
	q = quick_at(l, l->patch);
	prev = quick_at(l, l->patch - 1);
	if (state_at(l)->not_applied || prev->blind || unreached(l, prev)) {
		quick_state_copy(q, prev);
		next(l);
		return 0;
	}
	if (lane_quick_recalls(l, q)) {
		next(l);
		return 0;
	}
	/* Only now: what the store knows needs no look. */
	if (!l->shared->quick.looked && lane_first_look(l))
		return 1;
	at = quick_at(l, l->shared->quick.at->patch);
	quick_state_copy(q, at);
	q->done = true;
	if (lane_quick_reached(l, q, &names))
		return lane_quick_start(l, &names, how, q, replay_ended);
	if (!q->blind)
		l->shared->quick.at = state_at(l);
	next(l);
	return 0;
}

bool lane_quick_answers(struct lane *l, struct step_result *s)
{
	const struct quick_state *q = quick_at(l, l->patch);

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
