// SPDX-License-Identifier: GPL-2.0-only
/*
 * Steps that come in another order than that of the states, and not all of them:
 * which one is next is asked of run_opts.next. And what may be asked of a step
 * beyond whether it builds: a command of the user's own.
 *
 * The command sees the sources of the state and the objtree that make left, the
 * latter below a scratch of its own, so that the next step finds it as make left
 * it. Where make stopped in prepare the objtree is that of no state; then there is
 * .config alone. The command runs in the directory that kvmatrix was started in,
 * which can be read and not written to.
 */
#include "engine/lane.h"

#include "engine/place.h"
#include "engine/tree.h"
#include "model/matrix.h"
#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/jobserver.h"
#include "sys/mem.h"

#include <limits.h>
#include <stdio.h>
#include <unistd.h>

static const struct state *this_state(const struct lane *l)
{
	return &l->crew->opts->tree->states[l->patch];
}

static void find_matters(struct lane *l)
{
	const struct tree *t = l->crew->opts->tree;

	l->matters = xcalloc(t->nr_states, sizeof(*l->matters));
	for (size_t p = 1; p < t->nr_states; p++) {
		const struct change_list *c = &t->states[p].since_prev;

		for (size_t i = 0; i < c->nr && !l->matters[p]; i++)
			l->matters[p] = impact_memo_matters(lane_memo(l),
							    &c->v[i]);
	}
}

static bool is_coming(const struct crew *c)
{
	for (size_t i = 0; i < c->nr_lanes; i++)
		if (!c->lanes[i].helper && c->lanes[i].phase < LANE_STEP)
			return true;
	return false;
}

enum lane_progress lane_ask(struct lane *l)
{
	const struct crew *c = l->crew;
	struct run_ask a = {
		.result = c->result,
		.cell = l->cell_nr,
		.helper = l->helper != 0,
		.idle = 2 * jobserver_idle(c->jobserver) >
			jobserver_slots(c->jobserver),
		.coming = is_coming(c),
		.quick = l->helper ? NULL : l->shared->quick.states,
	};
	unsigned patch;

	if (!l->matters)
		find_matters(l);
	a.matters = l->matters;
	patch = c->opts->next(c->opts->next_data, &a);
	if (patch == RUN_WAIT)
		return LANE_WAITS;
	l->asked = patch != RUN_ENOUGH;
	l->patch = l->asked ? patch : c->result->nr_patches;
	return LANE_AGAIN;
}

/* ---- the probe ------------------------------------------------------------- */

/* What the wrapper makes of the command's exit code: 125 is the sandbox's. */
#define PROBE_GOOD 0
#define PROBE_BAD 1
#define PROBE_SKIP 2
#define PROBE_CANNOT_RUN 3
#define PROBE_KILLED 4

static const char wrapper[] =
	"cd \"$2\" 2>/dev/null; sh -c \"$1\"; c=$?; test $c -ge 128 && exit 4; "
	"case $c in 0) exit 0;; 125) exit 2;; 126|127) exit 3;; *) exit 1;; "
	"esac";

static void write_log(struct lane *l, const struct proc_result *res)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_free_ char *slug = lane_slug(l);
	_cleanup_free_ char *path = xasprintf("%s/logs/%u/%s.run.log",
					      l->crew->opts->dir, l->patch,
					      slug);

	if (dir_make_for(path, &err) ||
	    file_write(path, res->output.buf, res->output.len, &err))
		lane_say(l, RUN_NOTE, err.msg);
}

static void probe_done(struct lane *l, int code)
{
	const struct run_opts *o = l->crew->opts;

	o->probed(o->next_data, l->cell_nr, l->patch, code);
	l->phase = LANE_STEP;
	lane_step_done(l);
}

static void probe_ended(void *data, struct proc_result *res)
{
	struct lane *l = data;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_free_ char *dir = path_join(l->scratch, "probe");
	static const int codes[] = {
		[PROBE_GOOD] = 0, [PROBE_BAD] = 1, [PROBE_SKIP] = 125,
	};
	int code = res->exit_code;

	if (res->stopped)
		return;
	write_log(l, res);
	if (tree_remove(dir, &err))
		lane_say(l, RUN_NOTE, err.msg);
	if (code == PROBE_CANNOT_RUN) {
		lane_fail(l, "the command of --run cannot be run (it ended with "
			     "126 or 127; files of the home directory itself "
			     "are hidden from builds, those of a directory in "
			     "which kvmatrix runs are not): %.300s",
			  res->output.buf);
		return;
	}
	if (code == SANDBOX_EXIT_FAILED) {
		lane_fail(l, "%.300s", res->output.buf);
		return;
	}
	probe_done(l, code >= 0 && (size_t)code < ARRAY_SIZE(codes) &&
			      !res->timed_out ? codes[code] : -1);
}

static void probe_argv(const struct lane *l, const char *cwd,
		       struct strlist *argv)
{
	const struct run_opts *o = l->crew->opts;
	const struct step_result *s =
		run_result_step(l->crew->result, l->patch, l->cell_nr);

	strlist_add(argv, "env");
	strlist_cat(argv, &l->shared->toolchain.make_vars);
	strlist_addf(argv, "KVMATRIX_CELL=%s", l->cell->id);
	strlist_addf(argv, "KVMATRIX_COMMIT=%s", this_state(l)->commit);
	strlist_addf(argv, "KVMATRIX_FAILED_UNITS=%zu", s->failed.nr);
	strlist_addf(argv, "srctree=%s", o->place->src);
	strlist_addf(argv, "objtree=%s", o->place->obj);
	strlist_addl(argv, "sh", "-c", wrapper, "sh", o->probe, cwd, NULL);
}

/* The objtree below the scratch of the command: what make left, or .config. */
static int probe_objtree(struct lane *l, struct sandbox *s, const char *upper,
			 struct errbuf *err)
{
	const struct chain *c = &l->chain;
	_cleanup_free_ char *dot = path_join(upper, ".config");

	if (tree_remove(upper, err) || dir_make(upper, err))
		return -1;
	if (!l->patch) {
		s->obj_lower = l->shared->baseline.obj;
	} else if (!c->moved || c->at != this_state(l)) {
		return file_write(dot, l->shared->config,
				  strlen(l->shared->config), err);
	} else if (c->whole) {
		s->obj_lower = c->upper;
	} else {
		s->obj_middle = c->upper;
		s->obj_lower = l->shared->baseline.obj;
	}
	return 0;
}

int lane_probe(struct lane *l)
{
	const struct step_result *step =
		run_result_step(l->crew->result, l->patch, l->cell_nr);
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_strlist_ struct strlist argv = STRLIST_INIT;
	_cleanup_(sandbox_release) struct sandbox s = SANDBOX_INIT;
	_cleanup_free_ char *upper = path_join(l->scratch, "probe/upper");
	_cleanup_free_ char *work = path_join(l->scratch, "probe/work");
	_cleanup_free_ char *cwd = getcwd(NULL, 0);

	if (step->outcome != OUTCOME_BUILT) {
		probe_done(l, -1);
		return 0;
	}
	if (probe_objtree(l, &s, upper, &err)) {
		lane_fail(l, "%s", err.msg);
		return 1;
	}
	s.obj_upper = upper;
	s.obj_work = s.obj_lower ? work : NULL;
	if (cwd)
		strlist_add(&s.readable, cwd);
	probe_argv(l, cwd ? cwd : "/", &argv);
	l->phase = LANE_PROBE;
	lane_start(l, &s, this_state(l), &argv, probe_ended);
	return 1;
}
