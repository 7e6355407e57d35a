// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/bisect_print.h"
#include "cmd/cmd.h"
#include "cmd/options.h"
#include "cmd/session.h"
#include "engine/bisect_run.h"
#include "model/result.h"
#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/mem.h"
#include "sys/strbuf.h"

#include <stdio.h>

static const char help[] =
	"usage: kvmatrix bisect [options] SERIES | GOOD..BAD\n"
	"\n"
	"Finds the first bad patch of every failing cause in every cell, and the\n"
	"patch that heals it. Causes are searched together: a step is built once for\n"
	"all of them. SERIES is what 'run' takes.\n"
	"\n"
	"A range of commits may hold merges; then git chooses what is built, and what\n"
	"is broken at BAD and was not at GOOD is searched. Without merges, and for\n"
	"mails, the quick pass looks at all states first, so that what heals before\n"
	"the tip is found, too. Of whole kernels (image: true) every state that no\n"
	"proof covers is linked for that; --tip searches by halves.\n"
	"\n"
	"  --cell GLOB      only these cells, e.g. 's390/*'\n"
	"  --run CMD        search where the shell command CMD begins to fail: exit 0\n"
	"                   is good, 125 cannot be told, 1 to 124 is bad. It runs once\n"
	"                   for each step after make, in the directory of now, isolated\n"
	"                   as builds are, with srctree, objtree, ARCH, CROSS_COMPILE,\n"
	"                   KVMATRIX_CELL, KVMATRIX_COMMIT and KVMATRIX_FAILED_UNITS (how\n"
	"                   many units make could not build) in its environment. What it\n"
	"                   writes to objtree is lost.\n"
	"  --first-parent   of merges follow the first parent only\n"
	"  --tip            only what is broken at the tip: no quick pass\n"
	"  --tree, --base, -m, -j, --mem, -o, --audit-share, --no-memory, --no-ccache,\n"
	"  --no-sandbox, --timeout, --trace, -q, -v: as for 'kvmatrix run'\n"
	"\n"
	"Exit code: 0 nothing got worse, 1 something was found, 2 wrong usage or bad\n"
	"input, 3 could not find out.\n";

struct telling {
	bool quiet, verbose, history;
};

static void tell_step(const struct telling *t, const struct run_event *e)
{
	const struct step_result *s = e->step;

	fprintf(stderr, "kvmatrix: %s ", e->result->cells[e->cell].id);
	if (!e->patch)
		fputs("base", stderr);
	else if (t->history)
		fprintf(stderr, "commit %.12s",
			e->result->patches[e->patch].commit);
	else
		fprintf(stderr, "patch %u", e->patch);
	if (s->outcome == OUTCOME_ERROR)
		fprintf(stderr, ": error: %.300s\n", s->reason ? s->reason : "");
	else
		fprintf(stderr, ": %s, %zu unit%s fail%s (%.1f s)\n",
			s->outcome == OUTCOME_UNREACHED || s->remembered ?
				"known without building" : "built",
			s->failed.nr, s->failed.nr == 1 ? "" : "s",
			s->failed.nr == 1 ? "s" : "",
			s->remembered ? 0 : s->seconds);
}

static void tell(void *data, const struct run_event *e)
{
	const struct telling *t = data;
	const char *id = e->result && e->result->nr_cells ?
				 e->result->cells[e->cell].id : "";

	if (t->quiet)
		return;
	switch (e->kind) {
	case RUN_NOTE:
		fprintf(stderr, "kvmatrix: %s\n", e->text);
		break;
	case RUN_DETAIL:
		if (t->verbose)
			fprintf(stderr, "kvmatrix: %s\n", e->text);
		break;
	case RUN_CELL_BUSY:
		fprintf(stderr, "kvmatrix: %s: %s\n", id, e->text);
		break;
	case RUN_QUICK_FAILED:
		fprintf(stderr, "kvmatrix: %s patch %u, quick pass: %s\n", id,
			e->patch, e->text);
		break;
	case RUN_STEP_DONE:
		tell_step(t, e);
		break;
	case RUN_QUICK_BEGIN:
	case RUN_STEP_BEGIN:
	case RUN_TICK:
		break;
	}
}

/* Something that a patch here has made. */
static bool found(const struct bisect_findings *f)
{
	for (size_t i = 0; i < f->nr; i++)
		if (f->v[i].at_tip && !f->v[i].at_start &&
		    !f->v[i].start_unknown)
			return true;
	for (size_t i = 0; i < f->nr; i++)
		for (size_t k = 0; k < f->v[i].nr; k++)
			if (f->v[i].v[k].breaks)
				return true;
	return false;
}

static bool is_unsure(const struct run_result *r,
		      const struct bisect_findings *f)
{
	if (r->internal.nr || f->errors.nr || f->unlinked ||
	    r->status != RUN_DONE)
		return true;
	for (size_t i = 0; i < r->nr_cells; i++)
		if (r->cells[i].error)
			return true;
	for (size_t i = 0; r->steps && i < r->nr_cells * r->nr_patches; i++)
		if (r->steps[i].outcome == OUTCOME_ERROR)
			return true;
	for (size_t i = 0; i < f->nr; i++)
		if (f->v[i].tip_unknown || f->v[i].start_unknown ||
		    f->v[i].unfinished)
			return true;
	return false;
}

static int exit_code(const struct run_result *r, const struct bisect_findings *f)
{
	for (size_t i = 0; i < r->nr_patches; i++)
		if (r->patches[i].not_applied)
			return EXIT_WORSE;
	if (found(f))
		return EXIT_WORSE;
	return is_unsure(r, f) ? EXIT_UNKNOWN : EXIT_OK;
}

/* --run: the good end has to be good, or the question makes no sense. */
static int check_condition(const struct run_result *r,
			   const struct bisect_findings *f)
{
	int code = EXIT_OK;

	for (size_t i = 0; i < f->nr; i++) {
		if (!f->v[i].at_start)
			continue;
		complain("%s: the command of --run fails at the good end "
			 "already (%.12s); is it right, and does it run from "
			 "this directory?",
			 r->cells[f->v[i].cell].id, r->patches[0].commit);
		code = EXIT_USAGE;
	}
	return code;
}

static int print(const struct session *s, const struct run_result *r,
		 const struct bisect_findings *f, bool scout)
{
	const struct options *o = s->options;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	_cleanup_free_ char *file = path_join(s->dir, "bisect.txt");
	struct bisect_style style = {
		.history = s->dag.nr != 0,
		.scouted = scout,
		.condition = o->run,
		.dir = s->dir,
	};
	int code = exit_code(r, f), bad = EXIT_OK;

	bisect_print(r, f, &style, &text);
	fputs(text.buf, stdout);
	if (o->run)
		bad = check_condition(r, f);
	if (file_write(file, text.buf, text.len, &err) || fflush(stdout)) {
		complain("the result could not be written: %s",
			 err.msg ? err.msg : "standard output");
		return code == EXIT_OK ? EXIT_UNKNOWN : code;
	}
	return code != EXIT_WORSE && bad ? bad : code;
}

static int execute(struct session *s, struct run_result *r)
{
	struct options *o = s->options;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_(bisect_findings_release) struct bisect_findings f = { 0 };
	struct telling t = {
		.quiet = o->quiet,
		.verbose = o->verbose,
		.history = s->dag.nr != 0,
	};
	struct bisect_opts b = {
		.run = session_run_opts(s),
		.dag = s->dag.nr ? &s->dag : NULL,
		.first_parent = o->first_parent,
	};

	b.run.event = tell;
	b.run.data = &t;
	b.run.probe = o->run;
	b.run.scout = !o->tip_only && !o->run && !s->dag.nr &&
		      s->place.mode == SANDBOX_OVERLAY;
	if (bisect_execute(&b, r, &f, &err)) {
		complain("%s", err.msg);
		return EXIT_UNKNOWN;
	}
	return print(s, r, &f, b.run.scout);
}

int cmd_bisect(int argc, char **argv)
{
	_cleanup_run_result_ struct run_result r = RUN_RESULT_INIT;
	_cleanup_(options_release) struct options o;
	struct session s;
	int code = options_parse(&o, argc, argv, help);

	if (code >= 0 || session_begin(&s, &o, argc, argv, &r, &code))
		return code;
	return session_end(&s, execute(&s, &r));
}
