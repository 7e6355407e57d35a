// SPDX-License-Identifier: GPL-2.0-only
/*
 * One step: what it reaches, make in the objtree that the lane has come to, and
 * what make said.
 */
#include "engine/lane.h"

#include "engine/harvest.h"
#include "engine/link_step.h"
#include "engine/place.h"
#include "engine/pool.h"
#include "engine/tree.h"
#include "engine/verdict.h"
#include "model/matrix.h"
#include "store/store.h"
#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/mem.h"
#include "sys/strbuf.h"

#include <stdio.h>

static struct step_result *this_step(const struct lane *l)
{
	return run_result_step(l->crew->result, l->patch, l->cell_nr);
}

static const struct state *this_state(const struct lane *l)
{
	return &l->crew->opts->tree->states[l->patch];
}

int lane_read_units(struct lane *l)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;

	impact_memo_free(l->shared->memo);
	l->shared->memo = NULL;
	unit_set_release(&l->shared->units);
	if (baseline_units(&l->shared->baseline, l->crew->opts->place->src,
			   &l->shared->units, &err)) {
		lane_fail(l, "%s", err.msg);
		return -1;
	}
	l->shared->has_units = true;
	lane_read_kconfig(l, l->shared->baseline.obj);
	return 0;
}

static bool has_dir(void *data, const char *dir)
{
	struct lane *l = data;
	_cleanup_free_ char *path = path_join(l->shared->baseline.obj, dir);
	_cleanup_free_ char *now = path_join(l->chain.upper, dir);

	return dir_exists(path) || dir_exists(now);
}

void lane_read_set(struct lane *l, struct read_set *r)
{
	const struct chain *c = &l->chain;

	*r = (struct read_set){
		.units = c->moved && c->whole ? &c->units : &l->shared->units,
		.newer = c->moved && !c->whole ? &c->units : NULL,
		.more = &l->more_reads,
		.kconfig = &l->kconfig,
		.index = &l->crew->includes,
		.srcarch = l->cell->srcarch,
		.has_dir = has_dir,
		.data = l,
	};
}

bool lane_is_target(const struct lane *l, const char *target)
{
	if (lane_is_image(l))
		return lane_image_is_unit(target);
	strlist_each(p, &l->cell->paths)
		if (starts_with(target, p))
			return true;
	return strlist_has_sorted(&l->shared->base_goals, target) ||
	       strlist_has_sorted(&l->shared->tip_goals, target);
}

static unsigned units_total(const struct lane *l)
{
	unsigned n = l->shared->baseline.base.failed.nr;

	for (size_t i = 0; i < l->shared->units.nr; i++)
		n += l->shared->units.v[i].kernel &&
		     lane_is_target(l, l->shared->units.v[i].target);
	return n;
}

unsigned lane_units_reached(const struct lane *l, const struct impact *im)
{
	unsigned n = 0;

	if (im->from_empty)
		return units_total(l);
	for (size_t i = 0; i < l->shared->units.nr; i++)
		n += l->shared->units.v[i].kernel &&
		     lane_is_target(l, l->shared->units.v[i].target) &&
		     strlist_has_sorted(&im->reached,
					l->shared->units.v[i].name);
	return n;
}

/* A baseline may have grown for another series: its units are not ours. */
static bool is_others(const struct lane *l, const char *unit)
{
	if (lane_is_image(l) ||
	    strlist_has_sorted(&l->shared->base_goals, unit) ||
	    !strlist_has_sorted(&l->shared->baseline.goals, unit))
		return false;
	return true;
}

void lane_base_result(struct lane *l)
{
	const struct step_result *base = &l->shared->baseline.base;
	struct step_result *s = run_result_step(l->crew->result, 0, l->cell_nr);

	s->outcome = OUTCOME_BUILT;
	s->seconds = base->seconds;
	s->units_built = base->units_built;
	s->units_total = s->units_reached = units_total(l);
	for (size_t i = 0; i < base->diags.nr; i++)
		if (!base->diags.v[i].unit ||
		    !is_others(l, base->diags.v[i].unit))
			diag_list_copy(&s->diags, &base->diags.v[i]);
	strlist_each(f, &base->failed)
		if (!is_others(l, f))
			strlist_add(&s->failed, f);
	l->unread = link_units_fail(s);
	l->patch = 0;
	if (lane_is_image(l))
		lane_image_base(l, s);
	lane_step_done(l);
}

bool lane_has_file(const struct lane *l, const char *path,
		   const struct state *s)
{
	const struct change *c = tree_find_change(&s->since_base, path);

	if (c)
		return c->status != 'D';
	return include_index_in_base(&l->crew->includes, path);
}

/* Does the source of an object exist at a state? */
static bool source_exists(const struct lane *l, const char *object,
			  const struct state *s)
{
	static const char ends[] = { 'c', 'S' };
	_cleanup_free_ char *path = path_normalize(object);
	size_t n = strlen(path);

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		path[n - 1] = ends[i];
		if (lane_has_file(l, path, s))
			return true;
	}
	return false;
}

static void find_goals(const struct lane *l, const struct state *s,
		       struct strlist *goals)
{
	_cleanup_strlist_ struct strlist all = STRLIST_INIT;

	strlist_cat(&all, &l->shared->base_goals);
	strlist_cat(&all, &l->shared->tip_goals);
	strlist_sort(&all);
	strlist_cat(goals, &l->cell->paths);
	strlist_each(g, &all)
		if (source_exists(l, g, s))
			strlist_add(goals, g);
}

void lane_goals(const struct lane *l, const struct state *s,
		struct strlist *goals)
{
	size_t nr = l->shared->base_goals.nr + l->shared->tip_goals.nr;
	unsigned since = l->crew->sources_since[s->patch];

	if (lane_is_image(l)) {
		lane_image_goals(l, goals);
		return;
	}
	if (l->shared->last.since != since + 1 || l->shared->last.of != nr) {
		strlist_release(&l->shared->last.goals);
		find_goals(l, s, &l->shared->last.goals);
		l->shared->last.since = since + 1;
		l->shared->last.of = nr;
	}
	strlist_cat(goals, &l->shared->last.goals);
}

bool lane_needs_tip_listing(const struct lane *l)
{
	if (lane_is_image(l))
		return false;
	strlist_each(t, &l->crew->touched) {
		const char *base = strrchr(t, '/');
		bool ours = starts_with(t, "virt/kvm/");

		base = base ? base + 1 : t;
		strlist_each(p, &l->cell->paths)
			ours = ours || starts_with(t, p);
		if (ours)
			continue;
		if (starts_with(base, "Makefile") || !strcmp(base, "Kbuild") ||
		    starts_with(base, "Kconfig"))
			return true;
		if (strlist_has(&l->crew->added_sources, t))
			return true;
	}
	return false;
}

void lane_step_done(struct lane *l)
{
	struct run_result *r = l->crew->result;
	struct step_result *s = this_step(l);
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;

	if (store_run_step(l->crew->opts->store, r->id, l->patch, l->cell->id,
			   s, &err))
		lane_say(l, RUN_NOTE, err.msg);
	verdict_judge_cell(r, l->cell_nr, l->patch + 1);
	lane_say(l, RUN_STEP_DONE, NULL);
	impact_release(&l->impact);
	l->retried = l->asked = l->no_ground = false;
	if (l->crew->opts->next)
		lane_share_reads(l);
	l->patch++;
}

/*
 * On s390 and powerpc every unit of the kernel reads asm-offsets.h. Only a
 * constant that changed can matter to units that were not built; say so.
 */
static void check_offsets(struct lane *l)
{
	static const char file[] = "include/generated/asm-offsets.h";
	_cleanup_errbuf_ struct errbuf ignored = ERRBUF_INIT;
	_cleanup_strbuf_ struct strbuf before = STRBUF_INIT;
	_cleanup_strbuf_ struct strbuf after = STRBUF_INIT;
	_cleanup_strlist_ struct strlist names = STRLIST_INIT;
	_cleanup_free_ char *all = NULL;
	_cleanup_free_ char *old_file =
		path_join(l->shared->baseline.obj, file);
	_cleanup_free_ char *new_file = path_join(l->chain.upper, file);

	/* a whole kernel has no units outside the targets */
	if (lane_is_image(l) || !file_exists(new_file) || file_read(old_file, &before, &ignored) ||
	    file_read(new_file, &after, &ignored))
		return;
	harvest_changed_constants(before.buf, after.buf, &names);
	all = strlist_join(&names, " ");
	if (streq_null(all, l->offsets_said))
		return;
	free(l->offsets_said);
	l->offsets_said = STEAL(all);
	if (names.nr)
		strlist_addf(&l->crew->result->warnings,
			     "patch %u, %s: asm-offsets.h changes (%s%s); units "
			     "outside the targets that use these constants "
			     "were not built",
			     l->patch, l->cell->id, names.v[0],
			     names.nr > 1 ? ", ..." : "");
}

void lane_write_log(struct lane *l, struct step_result *s,
		    const struct proc_result *res, bool append)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_free_ char *slug = lane_slug(l);
	_cleanup_free_ char *rel = xasprintf("logs/%u/%s.log", l->patch, slug);
	_cleanup_free_ char *path = path_join(l->crew->opts->dir, rel);
	FILE *f;

	if (dir_make_for(path, &err) ||
	    !(f = fopen(path, append ? "a" : "w")))
		return;
	fwrite(res->output.buf, 1, res->output.len, f);
	if (fclose(f)) {
		lane_say(l, RUN_NOTE, "a log could not be written (disk full?)");
		return;
	}
	free(s->log);
	s->log = STEAL(rel);
}

void lane_finish_step(struct lane *l, struct step_result *s, bool finished)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	/* Then the objtree is still that of the state it was last built at. */
	bool keep = s->outcome == OUTCOME_BUILT && !finished &&
		    !l->impact.from_empty;

	if (s->outcome != OUTCOME_BUILT) {
		finished = false;
	} else if (!keep && lane_chain_advance(l, this_state(l), &err)) {
		lane_say(l, RUN_NOTE, err.msg);
		lane_find_lost(l, s);
		finished = false;
	} else {
		lane_find_lost(l, s);
		lane_remember(l, s);
		lane_image_remember(l);
		check_offsets(l);
		lane_quick_compare(l, s);
	}
	if (keep)
		lane_chain_keep(l);
	else if (!finished)
		lane_chain_reset(l);
	l->stopped = false;
	l->phase = LANE_STEP;
	if (l->crew->opts->probe)
		lane_probe(l);
	else
		lane_step_done(l);
}

void lane_harvest(const struct lane *l, struct harvest *h)
{
	const struct place *p = l->crew->opts->place;

	*h = (struct harvest){
		.src = p->src,
		.obj = p->obj,
		.renames = &this_state(l)->renames,
		.base = l->impact.from_empty ? NULL : lane_chain_result(l),
		.dropped = &l->impact.drop,
	};
}

static void step_exit(void *data, struct proc_result *res)
{
	struct lane *l = data;
	struct step_result *s = this_step(l);
	const struct place *p = l->crew->opts->place;
	_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;
	struct harvest h;
	bool finished;

	if (res->stopped)
		return;
	lane_write_log(l, s, res, false);
	make_log_parse(&log, res->output.buf, res->output.len, p->src, p->obj);
	if (harvest_faults(s, &log, res)) {
		if (log.ice && !l->retried) {
			l->retried = true;
			s->outcome = OUTCOME_PENDING;
			lane_chain_reset(l);
			return;
		}
		lane_finish_step(l, s, false);
		return;
	}
	finished = !harvest_prepare_failed(res->output.buf, res->output.len);
	if (!finished && lane_ground(l, &log))
		return; /* the step comes again */
	lane_harvest(l, &h);
	harvest_make(s, &log, res, &h);
	if (!l->impact.from_empty)
		pool_learn_units(l, WORK_STEP, s->units_built, res);
	l->stopped = !finished;
	if (!finished && lane_replay(l, s, &log))
		return;
	if (lane_is_image(l) && lane_image_judge(l, s, &log, finished))
		return;
	if (l->phase != LANE_DONE)
		lane_finish_step(l, s, finished);
}

void lane_empty_argv(const struct lane *l, const struct strlist *goals,
		     struct strlist *argv)
{
	_cleanup_strlist_ struct strlist make = STRLIST_INIT;

	lane_make_argv(l, &make);
	/* "$@" is make and its options. */
	strlist_addl(argv, "sh", "-c",
		     "goals=$1; shift; \"$@\" olddefconfig </dev/null; "
		     "exec \"$@\" $goals",
		     "sh", NULL);
	strlist_take(argv, strlist_join(goals, " "));
	strlist_cat(argv, &make);
}

static void step_argv(struct lane *l, const struct strlist *all,
		      struct strlist *argv)
{
	_cleanup_strlist_ struct strlist some = STRLIST_INIT;
	const struct strlist *goals = all;

	if (lane_is_image(l)) {
		lane_image_argv(l, all, &some);
		goals = &some;
	}
	if (l->impact.from_empty) {
		lane_empty_argv(l, goals, argv);
		return;
	}
	lane_make_argv(l, argv);
	strlist_cat(argv, goals);
}

/*
 * The objects that hold others as they are (vDSOs, purgatory, real mode code) are
 * made by prepare, if they are made at all.
 */
bool lane_compiles_targets_only(const struct lane *l,
				const struct strlist *names)
{
	if (lane_is_image(l))
		return false;
	strlist_each(name, names) {
		const struct unit *u = unit_set_find(&l->shared->units, name);

		if (!ends_with(name, ".s") &&
		    (!u || !lane_is_target(l, u->target)))
			return false;
	}
	return true;
}

static void start_build(struct lane *l, const struct strlist *goals)
{
	_cleanup_strlist_ struct strlist argv = STRLIST_INIT;
	_cleanup_(sandbox_release) struct sandbox s = SANDBOX_INIT;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;

	if (lane_chain_sandbox(l, &s, &err)) {
		lane_fail(l, "%s", err.msg);
		return;
	}
	step_argv(l, goals, &argv);
	lane_say(l, RUN_STEP_BEGIN, NULL);
	l->depend = !l->impact.from_empty &&
		    lane_compiles_targets_only(l, &l->impact.reached);
	lane_start(l, &s, this_state(l), &argv, step_exit);
}

/* What the step has to do in the objtree as it stands. */
static void find_impact(struct lane *l)
{
	_cleanup_change_list_ struct change_list changes = { 0 };
	struct read_set r;

	change_list_between(&l->chain.at->since_base,
			    &this_state(l)->since_base, &changes);
	lane_read_set(l, &r);
	impact_release(&l->impact);
	impact_find(&l->impact, &r, &changes);
}

/* Units that the patch itself reaches, for readers. */
static unsigned units_reached(struct lane *l)
{
	_cleanup_impact_ struct impact im = IMPACT_INIT;
	struct read_set r;

	lane_read_set(l, &r);
	impact_find(&im, &r, &this_state(l)->since_prev);
	return lane_units_reached(l, &im);
}

int lane_step(struct lane *l)
{
	_cleanup_strlist_ struct strlist goals = STRLIST_INIT;
	const struct state *state = this_state(l);
	struct step_result *s = this_step(l);
	bool prove = !l->crew->opts->probe;

	if (!l->patch) /* its result is the baseline's */
		return lane_probe(l);
	/* What a verdict has said of a step that was not built. */
	free(s->reason);
	s->reason = NULL;
	s->units_total = units_total(l);
	if (state->not_applied) {
		s->outcome = OUTCOME_NOT_APPLIED;
		lane_step_done(l);
		return 0;
	}
	lane_goals(l, state, &goals);
	if (prove && !lane_image_must_link(l) &&
	    (l->crew->opts->next ? lane_like_another(l, s) :
				   lane_unreached(l, s))) {
		if (lane_audit_wanted(l, &goals)) {
			lane_audit(l, &goals);
			return 1;
		}
		lane_step_done(l);
		return 0;
	}
	s->units_reached = units_reached(l);
	if (lane_look_needs_build(l)) {
		/* so that there is a name to store it under */
		lane_name_step(l, &goals);
	} else if (lane_remembered(l, &goals, s, &l->unread)) {
		lane_image_recalled(l);
		lane_step_done(l);
		return 0;
	} else if (l->crew->opts->quick_only && lane_quick_answers(l, s)) {
		lane_step_done(l);
		return 0;
	}
	find_impact(l);
	start_build(l, &goals);
	return 1;
}
