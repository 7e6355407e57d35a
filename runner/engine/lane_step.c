// SPDX-License-Identifier: GPL-2.0-only
/*
 * One step. Every build starts from the baseline of the cell, never from the
 * step before, so what is built is a function of (base, cell, state) alone; the
 * step before only serves to prove that nothing has to be built.
 */
#include "engine/lane.h"

#include "engine/harvest.h"
#include "engine/place.h"
#include "engine/replay.h"
#include "engine/tree.h"
#include "engine/verdict.h"
#include "model/matrix.h"
#include "store/store.h"
#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/hash.h"
#include "sys/mem.h"
#include "sys/strbuf.h"

#include <stdio.h>

#define ENGINE_VERSION "1" /* part of what a step is remembered under */

static struct step_result *this_step(const struct lane *l)
{
	return run_result_step(l->crew->result, l->patch, l->cell_nr);
}

static const struct state *this_state(const struct lane *l)
{
	return &l->crew->opts->tree->states[l->patch];
}

/* include/config/auto.conf.cmd: "deps_config := \" and a file a line. */
static void read_kconfig(struct lane *l)
{
	_cleanup_errbuf_ struct errbuf ignored = ERRBUF_INIT;
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	_cleanup_strlist_ struct strlist words = STRLIST_INIT;
	_cleanup_free_ char *file = path_join(l->baseline.obj,
					      "include/config/auto.conf.cmd");
	const char *src = l->crew->opts->place->src;

	if (file_read(file, &text, &ignored))
		return;
	strlist_split(&words, text.buf, " \t\n\\");
	strlist_each(w, &words) {
		const char *rel = w;

		if (starts_with(w, src) && w[strlen(src)] == '/')
			rel = w + strlen(src) + 1;
		strmap_set(&l->kconfig, rel, l);
	}
}

int lane_read_units(struct lane *l)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;

	unit_set_release(&l->units);
	if (unit_set_read(&l->units, l->baseline.obj, "",
			  l->crew->opts->place->src, &err)) {
		lane_fail(l, "%s", err.msg);
		return -1;
	}
	l->has_units = true;
	read_kconfig(l);
	return 0;
}

static bool has_dir(void *data, const char *dir)
{
	struct lane *l = data;
	_cleanup_free_ char *path = path_join(l->baseline.obj, dir);

	return dir_exists(path);
}

void lane_read_set(struct lane *l, struct read_set *r)
{
	*r = (struct read_set){
		.units = &l->units,
		.more = &l->more_reads,
		.kconfig = &l->kconfig,
		.make_users = &l->crew->includes.make_users,
		.srcarch = l->cell->srcarch,
		.has_dir = has_dir,
		.data = l,
	};
}

/* Does the unit belong to what this cell was asked to build? */
static bool is_target(const struct lane *l, const char *target)
{
	strlist_each(p, &l->cell->paths)
		if (starts_with(target, p))
			return true;
	return strlist_has_sorted(&l->base_goals, target) ||
	       strlist_has_sorted(&l->tip_goals, target);
}

static unsigned units_total(const struct lane *l)
{
	unsigned n = l->baseline.base.failed.nr;

	for (size_t i = 0; i < l->units.nr; i++)
		n += l->units.v[i].kernel && is_target(l, l->units.v[i].target);
	return n;
}

unsigned lane_units_reached(const struct lane *l, const struct impact *im)
{
	unsigned n = 0;

	if (im->from_empty)
		return units_total(l);
	for (size_t i = 0; i < l->units.nr; i++)
		n += l->units.v[i].kernel &&
		     is_target(l, l->units.v[i].target) &&
		     strlist_has_sorted(&im->reached, l->units.v[i].name);
	return n;
}

/* A baseline may have grown for another series: its units are not ours. */
static bool is_others(const struct lane *l, const char *unit)
{
	if (strlist_has_sorted(&l->base_goals, unit) ||
	    !strlist_has_sorted(&l->baseline.goals, unit))
		return false;
	return true;
}

void lane_base_result(struct lane *l)
{
	const struct step_result *base = &l->baseline.base;
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
	l->patch = 0;
	lane_step_done(l);
}

/* Does the source of an object exist at a state? */
static bool source_exists(const struct lane *l, const char *object,
			  const struct state *s)
{
	static const char ends[] = { 'c', 'S' };
	_cleanup_free_ char *path = path_normalize(object);
	size_t n = strlen(path);

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		bool there;

		path[n - 1] = ends[i];
		there = include_index_in_base(&l->crew->includes, path);
		for (size_t k = 0; k < s->since_base.nr; k++)
			if (!strcmp(s->since_base.v[k].path, path))
				there = s->since_base.v[k].status != 'D';
		if (there)
			return true;
	}
	return false;
}

void lane_goals(const struct lane *l, const struct state *s,
		struct strlist *goals)
{
	_cleanup_strlist_ struct strlist all = STRLIST_INIT;

	strlist_cat(&all, &l->base_goals);
	strlist_cat(&all, &l->tip_goals);
	strlist_sort(&all);
	strlist_cat(goals, &l->cell->paths);
	strlist_each(g, &all)
		if (source_exists(l, g, s))
			strlist_add(goals, g);
}

bool lane_needs_tip_listing(const struct lane *l)
{
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
	l->retried = false;
	l->patch++;
}

static void carry(struct step_result *s, const struct step_result *from)
{
	for (size_t i = 0; i < from->diags.nr; i++)
		diag_list_copy(&s->diags, &from->diags.v[i]);
	strlist_cat(&s->failed, &from->failed);
	strlist_cat(&s->failed_replayed, &from->failed_replayed);
}

/* The proof that the state cannot differ from the one before, if there is. */
static bool unreached(struct lane *l, struct step_result *s)
{
	const struct step_result *prev =
		run_result_step(l->crew->result, l->patch - 1, l->cell_nr);
	struct read_set r;
	char *reason = NULL;

	if (prev->outcome != OUTCOME_BUILT && prev->outcome != OUTCOME_UNREACHED)
		return false;
	lane_read_set(l, &r);
	if (!impact_unreached(&r, &this_state(l)->since_prev,
			      prev->failed.nr != 0, &reason))
		return false;
	s->outcome = OUTCOME_UNREACHED;
	s->reason = reason;
	carry(s, prev);
	return true;
}

static char *step_key(const struct lane *l, const struct strlist *goals)
{
	struct hash *h = hash_new();

	hash_add_str(h, ENGINE_VERSION);
	hash_add_str(h, l->key);
	hash_add_str(h, this_state(l)->tree);
	strlist_each(g, goals)
		hash_add_str(h, g);
	return hash_finish(h);
}

static void add_reads(struct lane *l, const char *path)
{
	if (!unit_set_reads(&l->units, path))
		strmap_set(&l->more_reads, path, l);
}

/* What a remembered step had read beyond the baseline is kept beside it. */
static void recall_reads(struct lane *l, const char *key)
{
	_cleanup_errbuf_ struct errbuf ignored = ERRBUF_INIT;
	_cleanup_strlist_ struct strlist files = STRLIST_INIT;
	_cleanup_free_ char *name = xasprintf("reads:%s", key);
	char *text = NULL;

	if (store_get_value(l->crew->opts->store, name, &text, &ignored) == 1)
		strlist_split(&files, text, "\n");
	strlist_each(f, &files)
		add_reads(l, f);
	free(text);
}

bool lane_remembered(struct lane *l, const struct strlist *goals,
		     struct step_result *s)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	unsigned total = s->units_total, reached = s->units_reached;

	free(l->step_key);
	l->step_key = step_key(l, goals);
	if (!l->crew->opts->use_memory)
		return false;
	if (store_get_step(l->crew->opts->store, l->step_key, s, &err) != 1)
		return false;
	s->patch = l->patch;
	s->cell = l->cell_nr;
	s->units_total = total;
	s->units_reached = reached;
	/* The key holds the tree but not the base that renames refer to. */
	for (size_t i = 0; i < s->diags.nr; i++)
		diag_fingerprint(&s->diags.v[i], &this_state(l)->renames);
	recall_reads(l, l->step_key);
	return true;
}

/* Reads the dependency files that the step wrote; the new names are stored. */
static void remember_reads(struct lane *l, const char *upper)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_unit_set_ struct unit_set built = UNIT_SET_INIT;
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	_cleanup_free_ char *name = xasprintf("reads:%s", l->step_key);

	if (unit_set_read(&built, upper, "", l->crew->opts->place->src, &err))
		return;
	strmap_each(e, &built.files) {
		if (!unit_set_reads(&l->units, strmap_key(e)))
			strbuf_addf(&text, "%s\n", strmap_key(e));
		add_reads(l, strmap_key(e));
	}
	if (store_put_value(l->crew->opts->store, name, text.buf, &err))
		lane_say(l, RUN_NOTE, err.msg);
}

/*
 * On s390 and powerpc every unit of the kernel reads asm-offsets.h. Only a
 * constant that changed can matter to units that were not built; say so.
 */
static void check_offsets(struct lane *l, const char *upper)
{
	static const char file[] = "include/generated/asm-offsets.h";
	_cleanup_errbuf_ struct errbuf ignored = ERRBUF_INIT;
	_cleanup_strbuf_ struct strbuf before = STRBUF_INIT;
	_cleanup_strbuf_ struct strbuf after = STRBUF_INIT;
	_cleanup_strlist_ struct strlist names = STRLIST_INIT;
	_cleanup_free_ char *old_file = path_join(l->baseline.obj, file);
	_cleanup_free_ char *new_file = path_join(upper, file);

	if (!file_exists(new_file) || file_read(old_file, &before, &ignored) ||
	    file_read(new_file, &after, &ignored))
		return;
	harvest_changed_constants(before.buf, after.buf, &names);
	if (names.nr)
		strlist_addf(&l->crew->result->warnings,
			     "patch %u, %s: asm-offsets.h changes (%s%s); units "
			     "outside the targets that use these constants "
			     "were not built",
			     l->patch, l->cell->id, names.v[0],
			     names.nr > 1 ? ", ..." : "");
}

static void write_log(struct lane *l, struct step_result *s,
		      const struct proc_result *res)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_free_ char *slug = lane_slug(l);
	_cleanup_free_ char *rel = xasprintf("logs/%u/%s.log", l->patch, slug);
	_cleanup_free_ char *path = path_join(l->crew->opts->dir, rel);
	FILE *f;

	if (dir_make_for(path, &err) ||
	    !(f = fopen(path, l->phase == LANE_REPLAY ? "a" : "w")))
		return;
	fwrite(res->output.buf, 1, res->output.len, f);
	if (fclose(f)) {
		lane_say(l, RUN_NOTE, "a log could not be written (disk full?)");
		return;
	}
	free(s->log);
	s->log = STEAL(rel);
}

/* The build is over: what it wrote is read, then thrown away. */
static void finish_step(struct lane *l, struct step_result *s,
			const char *upper)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;

	if (s->outcome == OUTCOME_BUILT) {
		remember_reads(l, upper);
		check_offsets(l, upper);
		if (store_put_step(l->crew->opts->store, l->step_key, s, &err))
			lane_say(l, RUN_NOTE, err.msg);
	}
	if (tree_remove(l->step_dir, &err))
		lane_say(l, RUN_NOTE, err.msg);
	l->phase = LANE_STEP;
	lane_step_done(l);
}

static void harvest_init(const struct lane *l, struct harvest *h)
{
	const struct place *p = l->crew->opts->place;
	const struct step_result *base =
		run_result_step(l->crew->result, 0, l->cell_nr);

	*h = (struct harvest){
		.src = p->src,
		.obj = p->obj,
		.renames = &this_state(l)->renames,
		.base = l->impact.from_empty ? NULL : base,
		.dropped = &l->impact.drop,
	};
}

static char *upper_of(const struct lane *l)
{
	return path_join(l->step_dir, "upper");
}

static void replay_exit(void *data, struct proc_result *res)
{
	struct lane *l = data;
	struct step_result *s = this_step(l);
	const struct place *p = l->crew->opts->place;
	_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;
	_cleanup_free_ char *upper = upper_of(l);
	struct harvest h;

	if (res->stopped)
		return;
	write_log(l, s, res);
	make_log_parse(&log, res->output.buf, res->output.len, p->src, p->obj);
	if (!harvest_faults(s, &log, res)) {
		harvest_init(l, &h);
		harvest_replay(s, &log, &h);
		s->reason = xasprintf("make stopped in prepare; %zu unit%s "
				      "behind it judged by replay",
				      log.started.nr,
				      log.started.nr == 1 ? "" : "s");
	}
	finish_step(l, s, upper);
}

/* Looks past a failed prepare: 1 when a replay was started. */
static int start_replay(struct lane *l, const char *upper)
{
	_cleanup_strlist_ struct strlist units = STRLIST_INIT;
	_cleanup_strlist_ struct strlist argv = STRLIST_INIT;
	_cleanup_(sandbox_release) struct sandbox s = SANDBOX_INIT;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_free_ char *work = path_join(l->step_dir, "work2");
	_cleanup_free_ char *again = path_join(l->step_dir, "upper2");
	_cleanup_free_ char *text = NULL;

	(void)upper;
	for (size_t i = 0; i < l->units.nr; i++) {
		const struct unit *u = &l->units.v[i];

		if (u->kernel && is_target(l, u->target) &&
		    strlist_has_sorted(&l->impact.reached, u->name) &&
		    source_exists(l, u->name, this_state(l)))
			strlist_add(&units, u->name);
	}
	if (!units.nr)
		return 0;
	text = replay_makefile(&l->units, &units);
	if (dir_make(again, &err))
		return 0;
	s.obj_upper = again;
	s.obj_work = work;
	s.obj_lower = l->baseline.obj;
	l->phase = LANE_REPLAY;
	replay_argv(text, &argv);
	return lane_start(l, &s, this_state(l), &argv, replay_exit) ? 0 : 1;
}

static void step_exit(void *data, struct proc_result *res)
{
	struct lane *l = data;
	struct step_result *s = this_step(l);
	const struct place *p = l->crew->opts->place;
	_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;
	_cleanup_errbuf_ struct errbuf ignored = ERRBUF_INIT;
	_cleanup_free_ char *upper = upper_of(l);
	struct harvest h;

	if (res->stopped)
		return;
	write_log(l, s, res);
	make_log_parse(&log, res->output.buf, res->output.len, p->src, p->obj);
	if (harvest_faults(s, &log, res)) {
		if (log.ice && !l->retried) {
			l->retried = true;
			s->outcome = OUTCOME_PENDING;
			tree_remove(l->step_dir, &ignored);
			return;
		}
		finish_step(l, s, upper);
		return;
	}
	harvest_init(l, &h);
	harvest_make(s, &log, res, &h);
	if (harvest_prepare_failed(res->output.buf, res->output.len) &&
	    !l->impact.from_empty && start_replay(l, upper))
		return;
	if (l->phase != LANE_DONE)
		finish_step(l, s, upper);
}

static int fill_empty_objtree(struct lane *l, const char *upper,
			      struct errbuf *err)
{
	_cleanup_free_ char *dot = path_join(upper, ".config");

	return file_write(dot, l->config, strlen(l->config), err);
}

static void step_argv(const struct lane *l, const struct strlist *goals,
		      struct strlist *argv)
{
	_cleanup_strlist_ struct strlist make = STRLIST_INIT;

	lane_make_argv(l, &make);
	if (l->impact.from_empty) {
		/* "$@" is make and its options; goals follow "--". */
		strlist_addl(argv, "sh", "-c",
			     "n=$1; shift; goals=; "
			     "\"$@\" olddefconfig </dev/null; "
			     "exec \"$@\" $n",
			     "sh", NULL);
		strlist_take(argv, strlist_join(goals, " "));
		strlist_cat(argv, &make);
		return;
	}
	strlist_cat(argv, &make);
	strlist_cat(argv, goals);
}

/* 1: a build was started, or the lane has failed. */
static int start_build(struct lane *l, const struct strlist *goals)
{
	_cleanup_strlist_ struct strlist argv = STRLIST_INIT;
	_cleanup_(sandbox_release) struct sandbox s = SANDBOX_INIT;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_free_ char *upper = NULL;
	_cleanup_free_ char *work = NULL;

	free(l->step_dir);
	l->step_dir = xasprintf("%s/step-%u", l->scratch, l->patch);
	upper = upper_of(l);
	work = path_join(l->step_dir, "work");
	if (tree_remove(l->step_dir, &err) || dir_make(upper, &err))
		goto fail;
	s.obj_upper = upper;
	if (l->impact.from_empty) {
		if (fill_empty_objtree(l, upper, &err))
			goto fail;
	} else {
		s.obj_work = work;
		s.obj_lower = l->baseline.obj;
		strlist_cat(&s.drop, &l->impact.drop);
	}
	step_argv(l, goals, &argv);
	lane_say(l, RUN_STEP_BEGIN, NULL);
	lane_start(l, &s, this_state(l), &argv, step_exit);
	return 1;
fail:
	lane_fail(l, "%s", err.msg);
	return 1;
}

int lane_step(struct lane *l)
{
	_cleanup_strlist_ struct strlist goals = STRLIST_INIT;
	const struct state *state = this_state(l);
	struct step_result *s = this_step(l);
	struct read_set r;

	s->units_total = units_total(l);
	if (state->not_applied) {
		s->outcome = OUTCOME_NOT_APPLIED;
		lane_step_done(l);
		return 0;
	}
	if (unreached(l, s)) {
		lane_step_done(l);
		return 0;
	}
	lane_read_set(l, &r);
	impact_release(&l->impact);
	impact_find(&l->impact, &r, &state->since_base);
	s->units_reached = lane_units_reached(l, &l->impact);
	lane_goals(l, state, &goals);
	if (lane_remembered(l, &goals, s)) {
		lane_step_done(l);
		return 0;
	}
	return start_build(l, &goals);
}
