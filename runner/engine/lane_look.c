// SPDX-License-Identifier: GPL-2.0-only
/*
 * A lane's looks. When a state is done (built, remembered, proved to be like the one
 * before) and before the next step begins, the units that it reaches are looked at;
 * see look.h for which and where. Commands run in batches, so that their output does
 * not fill the disk and a stop is not waited for.
 */
#include "engine/look.h"

#include "engine/image.h"
#include "engine/lane.h"
#include "engine/link_step.h"
#include "engine/place.h"
#include "engine/replay.h"
#include "engine/tree.h"
#include "model/matrix.h"
#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/mem.h"
#include "sys/strbuf.h"

#include <stdio.h>

#define BATCH 64

static const struct look_ops *ops(const struct lane *l)
{
	return l->crew->opts->looks;
}

static const struct state *look_state(const struct lane *l)
{
	return &l->crew->opts->tree->states[l->look.next];
}

static void site_release(struct look_site *s)
{
	strlist_release(&s->reached);
	strlist_release(&s->gone);
	strlist_release(&s->unknown);
}

void lane_look_release(struct lane *l)
{
	struct look_pass *p = &l->look;

	unit_set_release(&p->units);
	strlist_release(&p->failed);
	site_release(&p->site);
	impact_release(&p->since_base);
	look_jobs_release(&p->jobs);
	free(p->dir);
	*p = (struct look_pass){ 0 };
}

bool lane_look_due(const struct lane *l)
{
	return ops(l) && l->look.next < l->patch &&
	       l->look.next < l->crew->result->nr_patches;
}

/* ---- what a state does to the units ------------------------------------------ */

static void baseline_reads(struct lane *l, struct read_set *r)
{
	lane_read_set(l, r);
	r->units = &l->shared->units;
	r->newer = NULL;
	r->more = NULL;
}

static bool is_ours(const struct look_site *at, const struct unit *u)
{
	const struct lane *l = at->data;

	return u->kernel &&
	       (lane_is_target(l, u->target) ||
		!strlist_has_sorted(&l->shared->baseline.goals, u->name));
}

/* Is the unit in a directory that the impact drops as a whole? */
static bool in_dropped_dir(const struct impact *im, const struct unit *u)
{
	strlist_each(d, &im->drop) {
		size_t n = strlen(d);

		if ((!strncmp(u->name, d, n) && u->name[n] == '/') ||
		    (!strncmp(u->target, d, n) && u->target[n] == '/'))
			return true;
	}
	return false;
}

/* Every unit has the command that it has in the base. */
static bool same_commands(const struct lane *l, const struct impact *since_base)
{
	if (since_base->from_empty)
		return false;
	for (size_t i = 0; i < l->shared->units.nr; i++)
		if (l->shared->units.v[i].kernel &&
		    in_dropped_dir(since_base, &l->shared->units.v[i]))
			return false;
	return true;
}

bool lane_look_needs_build(struct lane *l)
{
	_cleanup_impact_ struct impact im = IMPACT_INIT;
	const struct tree *t = l->crew->opts->tree;
	struct read_set r;

	if (!ops(l))
		return false;
	if (l->shared->tip_goals.nr || ops(l)->objects)
		return true;
	baseline_reads(l, &r);
	impact_find(&im, &r, &t->states[l->patch].since_base);
	return !same_commands(l, &im);
}

static void add_all(struct lane *l, const struct unit_set *units)
{
	struct look_site *at = &l->look.site;

	for (size_t i = 0; i < units->nr; i++)
		if (is_ours(at, &units->v[i]))
			strlist_add(&at->reached, units->v[i].name);
}

/* At the base: what any state reaches. A unit that is reached only because of what
 * it reads later has to be changed for that, or a file that it reads in the base. */
static void reach_base(struct lane *l)
{
	const struct tree *t = l->crew->opts->tree;
	struct look_site *at = &l->look.site;
	struct read_set r;

	baseline_reads(l, &r);
	for (size_t i = 1; i < t->nr_states; i++) {
		_cleanup_impact_ struct impact im = IMPACT_INIT;

		impact_find(&im, &r, &t->states[i].since_base);
		if (im.from_empty) {
			add_all(l, &l->shared->units);
			break;
		}
		strlist_each(name, &im.reached)
			if (is_ours(at, unit_set_find(&l->shared->units, name)))
				strlist_add(&at->reached, name);
	}
}

static const struct unit *find_unit(const struct lane *l, const char *name)
{
	const struct unit *u = l->look.in_chain ?
				       unit_set_find(&l->chain.units, name) :
				       NULL;

	return u ? u : unit_set_find(&l->shared->units, name);
}

/* The objtree that holds the unit's command of this state; NULL: none. */
static const char *command_place(const struct lane *l, const char *name)
{
	const struct impact *since_base = &l->look.since_base;
	const struct chain *c = &l->chain;
	const struct unit *u = unit_set_find(&l->shared->units, name);

	if (l->look.in_chain && unit_set_find(&c->units, name))
		return c->upper;
	if (l->look.in_chain && c->whole)
		return NULL;
	if (!u || since_base->from_empty || in_dropped_dir(since_base, u))
		return NULL;
	return l->shared->baseline.obj;
}

/* A unit that was there and is not built any more. */
static bool is_gone(const struct lane *l, const struct unit *u)
{
	const struct step_result *s = run_result_step(
		l->crew->result, l->look.next, l->cell_nr);
	const struct change *source =
		u->nr_deps ? tree_find_change(&look_state(l)->since_base,
					      u->deps[0]) :
			     NULL;

	if (source && source->status == 'D')
		return true;
	/* Where units fail, others that need them may not be built. */
	if (command_place(l, u->name) || link_units_fail(s))
		return false;
	return l->look.in_chain || same_commands(l, &l->look.since_base);
}

static void find_gone(struct lane *l, const struct unit_set *units)
{
	struct look_site *at = &l->look.site;

	for (size_t i = 0; i < units->nr; i++)
		if (is_ours(at, &units->v[i]) &&
		    is_gone(l, &units->v[i]))
			strlist_add(&at->gone, units->v[i].name);
	strlist_sort(&at->gone);
}

static void reach_state(struct lane *l)
{
	_cleanup_change_list_ struct change_list changes = { 0 };
	_cleanup_impact_ struct impact im = IMPACT_INIT;
	struct look_pass *p = &l->look;
	struct look_site *at = &p->site;
	struct read_set r;

	baseline_reads(l, &r);
	r.newer = p->units.nr ? &p->units : NULL;
	change_list_between(&p->at->since_base, &look_state(l)->since_base,
			    &changes);
	impact_find(&im, &r, &changes);
	strlist_cat(&at->reached, &im.reached);
	strlist_cat(&at->reached, &p->failed);
	if (im.from_empty) {
		add_all(l, &l->shared->units);
		add_all(l, &p->units);
	}
	for (size_t i = 0; p->in_chain && i < l->chain.units.nr; i++) {
		const struct unit *u = &l->chain.units.v[i];

		/* not seen before */
		if (is_ours(at, u) &&
		    !unit_set_find(&l->shared->units, u->name) &&
		    !unit_set_find(&p->units, u->name))
			strlist_add(&at->reached, u->name);
	}
}

/* Of what is reached: what is ours and there, and what cannot be looked at. */
static void sort_out(struct lane *l)
{
	struct look_site *at = &l->look.site;
	struct strlist reached = STRLIST_INIT;

	strlist_sort(&at->reached);
	strlist_each(name, &at->reached) {
		const struct unit *u = find_unit(l, name);

		if (!u)
			u = unit_set_find(&l->look.units, name);
		if (!u || !is_ours(at, u) ||
		    strlist_has_sorted(&at->gone, name))
			continue;
		strlist_add(command_place(l, name) ?
				    &reached :
				    &at->unknown,
			    name);
	}
	strlist_release(&at->reached);
	at->reached = reached;
	strlist_sort(&at->unknown);
}

/* Is the objtree of the steps that of the state to be looked at? It is, too, when
 * no step since it was built could differ from it. */
static bool stands_here(const struct lane *l)
{
	if (!l->look.next || !l->chain.moved)
		return false;
	for (unsigned p = l->chain.at->patch + 1; p <= l->look.next; p++)
		if (run_result_step(l->crew->result, p, l->cell_nr)->outcome !=
		    OUTCOME_UNREACHED)
			return false;
	return l->chain.at->patch <= l->look.next;
}

/* ---- planning ------------------------------------------------------------------ */

static void open_site(struct lane *l)
{
	const struct crew *c = l->crew;

	site_release(&l->look.site);
	l->look.site = (struct look_site){
		.tree = c->opts->tree,
		.result = c->result,
		.touched = &c->touched,
		.cell = l->cell,
		.cell_nr = l->cell_nr,
		.config = l->shared->config,
		.patch = l->look.next,
		.base = &l->shared->units,
		.newer = &l->look.units,
		.is_ours = is_ours,
		.data = l,
	};
}

static void find_since_base(struct lane *l)
{
	struct impact *im = &l->look.since_base;
	struct read_set r;

	baseline_reads(l, &r);
	impact_release(im);
	impact_find(im, &r, &look_state(l)->since_base);
}

/* The objects stand where the step was built; at the base in the baseline. */
static void show_objects(struct lane *l, const struct step_result *s)
{
	const struct chain *c = &l->chain;
	const struct image_tree before = {.upper = l->shared->baseline.obj};
	const struct image_tree here = {
		.upper = c->upper,
		.lower = c->whole ? NULL : l->shared->baseline.obj,
	};
	const struct image_tree *now = &before;

	if (!ops(l)->objects ||
	    (l->look.next && s->outcome == OUTCOME_UNREACHED))
		return;
	if (l->look.next)
		now = l->look.in_chain && !l->look.site.incomplete ? &here :
								    NULL;
	ops(l)->objects(ops(l)->data, &l->look.site, &before, now);
}

static void plan(struct lane *l)
{
	struct look_pass *p = &l->look;
	struct look_site *at = &p->site;
	const struct step_result *s =
		run_result_step(l->crew->result, p->next, l->cell_nr);

	open_site(l);
	look_jobs_release(&p->jobs);
	p->done = p->batch = 0;
	p->planned = p->asked = true;
	if (s->outcome == OUTCOME_NOT_APPLIED)
		return;
	if (s->outcome != OUTCOME_BUILT && s->outcome != OUTCOME_UNREACHED) {
		ops(l)->blind(ops(l)->data, at,
			      s->reason ? s->reason : "the step was not judged");
		return;
	}
	p->in_chain = stands_here(l);
	find_since_base(l);
	if (p->next && !p->in_chain && !same_commands(l, &p->since_base))
		at->incomplete = "make did not get to the units, and their "
				 "commands may be others";
	if (p->next) {
		find_gone(l, &l->shared->units);
		find_gone(l, &p->units);
		reach_state(l);
	} else {
		p->at = look_state(l);
		reach_base(l);
	}
	sort_out(l);
	show_objects(l, s);
	strlist_each(name, &at->reached)
		if (!ops(l)->objects_only)
			look_jobs_add(&p->jobs, LOOK_LINES, name, NULL);
	p->at = look_state(l);
	p->asked = false;
}

/* ---- running ------------------------------------------------------------------- */

static char *job_file(const struct lane *l, size_t nr, const char *end)
{
	return xasprintf("%s/%zu.%s", l->look.dir, nr, end);
}

/* The recorded compiler call of a job's unit, owned; NULL: none. */
static char *call_of(struct lane *l, const struct look_job *job)
{
	const struct unit *u = find_unit(l, job->unit);
	const char *place;

	if (!u)
		return NULL;
	place = command_place(l, job->unit);
	return place ? quick_compiler_call(u, place) : NULL;
}

static bool is_plain_name(const char *name)
{
	return !name[strspn(name, "abcdefghijklmnopqrstuvwxyz"
				  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "0123456789+-./=@_,")];
}

/*
 * This program, parsing one unit: in the sandbox, since what it reads is another
 * one's code. Its own place may be hidden there (a home directory), so a copy lies
 * in the directory of the answers. Owned; NULL: err.
 */
static char *parse_command(struct lane *l, const struct look_job *job,
			   struct errbuf *err)
{
	const struct place *at = l->crew->opts->place;
	_cleanup_free_ char *program = path_join(l->look.dir, "kvmatrix");

	if (!file_exists(program) && file_copy_program(at->self, program, err))
		return NULL;
	if (!is_plain_name(job->unit)) {
		errbuf_set(err, "%s: a name that a shell does not take as it is",
			   job->unit);
		return NULL;
	}
	return xasprintf("%s exposure --unit %s --srctree %s %s", program,
			 job->unit, at->src, at->obj);
}

static int add_job(struct lane *l, size_t nr, struct strbuf *makefile,
		   struct errbuf *err)
{
	const struct look_job *job = &l->look.jobs.v[nr];
	_cleanup_free_ char *call = call_of(l, job);
	_cleanup_free_ char *alone = job_file(l, nr, "c");
	_cleanup_free_ char *command =
		call ? look_command(call, job->kind, alone) : NULL;
	const char *src = l->crew->opts->place->src;

	if (!command)
		return 0;
	if (job->kind == LOOK_PARSE) {
		free(command);
		command = parse_command(l, job, err);
		if (!command)
			return -1;
	}
	if (job->kind == LOOK_ALONE) {
		_cleanup_free_ char *text = look_alone_source(src, job->header);

		if (file_write(alone, text, strlen(text), err))
			return -1;
	}
	strbuf_addf(makefile,
		    "all: look-%zu\nlook-%zu: FORCE\n"
		    "\t@%s >%s/%zu.out 2>%s/%zu.err </dev/null; "
		    "echo $$? >%s/%zu.rc\n",
		    nr, nr, command, l->look.dir, nr, l->look.dir, nr,
		    l->look.dir, nr);
	return 0;
}

static void read_text(const struct lane *l, size_t nr, const char *end,
		      struct strbuf *text)
{
	_cleanup_errbuf_ struct errbuf ignored = ERRBUF_INIT;
	_cleanup_free_ char *file = job_file(l, nr, end);

	if (file_exists(file) && file_read(file, text, &ignored))
		strbuf_reset(text);
}

/* What the unit reads from now on. */
static void note_reads(struct lane *l, const struct look_job *job,
		       const struct look_answer *a)
{
	const struct unit *u = find_unit(l, job->unit);
	_cleanup_strbuf_ struct strbuf deps = STRBUF_INIT;

	strlist_sort(&l->look.failed);
	if (a->status && !strlist_has_sorted(&l->look.failed, job->unit))
		strlist_add(&l->look.failed, job->unit);
	if (!a->status && strlist_has_sorted(&l->look.failed, job->unit)) {
		struct strlist rest = STRLIST_INIT;

		strlist_each(f, &l->look.failed)
			if (strcmp(f, job->unit))
				strlist_add(&rest, f);
		strlist_release(&l->look.failed);
		l->look.failed = rest;
	}
	strlist_sort(&l->look.failed);
	if (!u || !a->tree->nr)
		return;
	strbuf_addf(&deps, "%s:", u->target);
	for (size_t i = 0; i < a->tree->nr; i++)
		strbuf_addf(&deps, " %s", a->tree->v[i].file);
	unit_set_put(&l->look.units, u->target, deps.buf,
		     l->crew->opts->place->src);
}

static void answer(struct lane *l, size_t nr)
{
	const struct look_job *job = &l->look.jobs.v[nr];
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;
	_cleanup_strbuf_ struct strbuf errors = STRBUF_INIT;
	_cleanup_strbuf_ struct strbuf rc = STRBUF_INIT;
	_cleanup_free_ char *call = call_of(l, job);
	_cleanup_(look_tree_release) struct look_tree tree = { 0 };
	struct look_answer a = {
		.exact = call && look_is_exact(call),
		.tree = &tree,
	};

	read_text(l, nr, "out", &out);
	read_text(l, nr, "err", &errors);
	read_text(l, nr, "rc", &rc);
	a.status = rc.len ? atoi(rc.buf) : -1;
	a.errors = errors.buf;
	a.output = job->kind == LOOK_PARSE ? out.buf : NULL;
	if (job->kind == LOOK_LINES || job->kind == LOOK_TEXT)
		look_tree_parse(&tree, out.buf, out.len,
				l->crew->opts->place->src,
				job->kind == LOOK_LINES ? &l->crew->touched :
							  NULL,
				ops(l)->names);
	if (job->kind == LOOK_LINES)
		note_reads(l, job, &a);
	ops(l)->take(ops(l)->data, &l->look.site, job, &a);
}

static void batch_ended(void *data, struct proc_result *res)
{
	struct lane *l = data;
	struct look_pass *p = &l->look;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;

	if (res->stopped)
		return;
	if (res->timed_out || res->signal ||
	    res->exit_code == SANDBOX_EXIT_FAILED) {
		_cleanup_free_ char *text = xasprintf(
			"%s patch %u: not all units could be looked at: %s",
			l->cell->id, p->next,
			res->timed_out ? "it took too long" :
			res->signal    ? "killed" :
					 res->output.buf);

		lane_say(l, RUN_NOTE, text);
	}
	for (size_t i = 0; i < p->batch; i++)
		answer(l, p->done + i);
	unit_set_sort(&p->units);
	p->done += p->batch;
	p->batch = 0;
	if (tree_remove(p->dir, &err))
		lane_say(l, RUN_NOTE, err.msg);
}

static int describe_objtree(struct lane *l, struct sandbox *s,
			    const char *upper, const char *work,
			    struct errbuf *err)
{
	const struct chain *c = &l->chain;

	if (l->look.in_chain) {
		s->obj_upper = c->upper;
		if (c->whole)
			return 0;
		s->obj_work = c->work;
		s->obj_lower = l->shared->baseline.obj;
		return 0;
	}
	s->obj_upper = upper;
	s->obj_work = work;
	s->obj_lower = l->shared->baseline.obj;
	return tree_remove(upper, err) || dir_make(upper, err) ? -1 : 0;
}

static void start_batch(struct lane *l)
{
	struct look_pass *p = &l->look;
	_cleanup_strlist_ struct strlist argv = STRLIST_INIT;
	_cleanup_(sandbox_release) struct sandbox s = SANDBOX_INIT;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	_cleanup_free_ char *upper = path_join(l->scratch, "look/upper");
	_cleanup_free_ char *work = path_join(l->scratch, "look/work");
	size_t left = p->jobs.nr - p->done;
	int ret;

	if (!p->dir)
		p->dir = path_join(l->scratch, "look/out");
	p->batch = left < BATCH ? left : BATCH;
	strbuf_addstr(&text, "pound := \\#\n.PHONY: all FORCE\nall:\nFORCE:\n");
	ret = tree_remove(p->dir, &err) || dir_make(p->dir, &err);
	for (size_t i = 0; !ret && i < p->batch; i++)
		ret = add_job(l, p->done + i, &text, &err);
	if (ret || replay_argv(p->dir, text.buf, &argv, &err) ||
	    describe_objtree(l, &s, upper, work, &err)) {
		lane_fail(l, "%s", err.msg);
		return;
	}
	strlist_add(&s.writable, p->dir);
	lane_start(l, &s, look_state(l), &argv, batch_ended);
}

int lane_look(struct lane *l)
{
	struct look_pass *p = &l->look;

	if (!p->planned) {
		if (!p->next)
			lane_say(l, RUN_CELL_BUSY, "looking for the audits");
		plan(l);
	}
	if (p->done == p->jobs.nr && !p->asked) {
		p->asked = true;
		ops(l)->plan(ops(l)->data, &p->site, &p->jobs);
	}
	if (p->done < p->jobs.nr) {
		start_batch(l);
		return 1;
	}
	p->planned = false;
	p->next++;
	return 0;
}
