// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/session.h"

#include "cmd/cmd.h"
#include "cmd/options.h"
#include "cmd/output.h"
#include "engine/trace.h"
#include "engine/tree_history.h"
#include "model/result.h"
#include "store/store.h"
#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/mem.h"
#include "sys/strbuf.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

static void tell(void *data, const char *text)
{
	const struct options *o = data;

	if (!o->quiet)
		fprintf(stderr, "kvmatrix: %s\n", text);
}

static const char *tree_or_here(const struct options *o)
{
	if (o->tree)
		return o->tree;
	return ".";
}

/* For bisect a range may hold merges. */
static int open_range(struct session *s, struct errbuf *err)
{
	const struct options *o = s->options;
	int merges = o->first_parent;

	if (!strcmp(o->command, "bisect") && !merges)
		merges = tree_has_merges(&s->tree, o->series, err);
	if (merges < 0)
		return -1;
	return merges ? tree_history(&s->tree, o->series, o->first_parent,
				     &s->dag, err) :
			tree_range(&s->tree, o->series, err);
}

static int open_states(struct session *s, struct errbuf *err)
{
	struct options *o = s->options;
	bool range = tree_is_range(o->series);

	/* Bad mails are told before a tarball is imported. */
	if (!range && series_read(&s->series, o->series, err))
		return -1;
	if (tree_open(&s->tree, tree_or_here(o), s->place.cache, tell, o, err))
		return o->tree ? -1 :
				 errbuf_prefix(err, "the current directory "
						    "(use --tree)");
	if (!range && o->first_parent)
		return errbuf_set(err, "--first-parent goes with a revision "
				       "range A..B");
	if (!range)
		return tree_apply(&s->tree, o->base, &s->series, err);
	if (o->base)
		return errbuf_set(err, "--base does not go with a revision "
				       "range: %s names its base",
				  o->series);
	return open_range(s, err);
}

int session_open(struct session *s, struct options *o, int *exit_code)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_free_ char *db = NULL, *note = NULL, *self = self_path();

	*s = (struct session){ .options = o, .home = home_dir() };
	s->place.lock = -1;
	*exit_code = EXIT_USAGE;
	if (matrix_read(&s->matrix, o->matrix, s->home, &err) ||
	    (o->cells && matrix_select(&s->matrix, o->cells, &err)))
		goto fail;
	*exit_code = EXIT_UNKNOWN;
	if (place_open(&s->place, self, o->no_sandbox, !o->no_ccache, &err))
		goto fail;
	if (s->place.mode == SANDBOX_PLAIN && !o->no_sandbox)
		warn("no isolated builds on this machine (%s): one cell at a "
		     "time, in order", s->place.why_plain);
	db = path_join(s->place.cache, "store.db");
	s->store = store_open(db, &note, &err);
	if (!s->store)
		goto fail;
	if (note)
		warn("%s", note);
	*exit_code = EXIT_USAGE;
	if (open_states(s, &err))
		goto fail;
	strlist_each(w, &s->series.warnings)
		warn("%s", w);
	return 0;
fail:
	complain("%s", err.msg);
	session_close(s);
	return -1;
}

void session_close(struct session *s)
{
	tree_release(&s->tree);
	bisect_dag_release(&s->dag);
	series_release(&s->series);
	matrix_release(&s->matrix);
	if (s->store)
		store_close(s->store);
	s->store = NULL;
	place_close(&s->place);
	free(s->home);
	s->home = NULL;
	free(s->dir);
	s->dir = NULL;
}

static char *new_run_id(void)
{
	unsigned char r[3] = { 0 };
	char stamp[32];
	time_t now = time(NULL);
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%Y%m%d-%H%M%S", &tm);
	if (getrandom(r, sizeof(r), 0) != sizeof(r))
		memcpy(r, &now, sizeof(r));
	return xasprintf("%s-%02x%02x%02x", stamp, r[0], r[1], r[2]);
}

static void describe(const struct session *s, struct run_result *r, int argc,
		     char **argv)
{
	const struct options *o = s->options;
	_cleanup_strbuf_ struct strbuf command = STRBUF_INIT;
	char stamp[32];
	time_t now = time(NULL);
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%SZ", &tm);
	strbuf_addstr(&command, "kvmatrix");
	for (int i = 0; i < argc; i++)
		strbuf_addf(&command, " %s", argv[i]);
	r->id = new_run_id();
	r->version = xstrdup(KVMATRIX_VERSION);
	r->command = strbuf_detach(&command);
	r->tree = xstrdup(tree_or_here(o));
	r->series = xstrdup(o->series);
	r->title = xstrdup(s->series.title ? s->series.title : o->series);
	r->matrix = xstrdup(s->matrix.path);
	r->base = xstrdup_null(s->tree.states[0].commit);
	r->started = xstrdup(stamp);
	r->mode = xstrdup(s->place.mode == SANDBOX_OVERLAY ? "overlay" :
							     "plain");
	r->depth = xstrdup(o->depth);
}

static void remember_sources(const struct session *s, const char *run_id)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_free_ char *key = xasprintf("repo:%s", run_id);

	if (store_put_value(s->store, key, s->tree.repo, &err))
		warn("%s", err.msg);
}

int session_begin(struct session *s, struct options *o, int argc, char **argv,
		  struct run_result *r, int *exit_code)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	struct trace *trace = o->trace ? trace_open(o->trace, &err) : NULL;

	*exit_code = EXIT_USAGE;
	if (o->trace && !trace) {
		complain("%s", err.msg);
		return -1;
	}
	if (session_open(s, o, exit_code)) {
		trace_close(trace, &err);
		return -1;
	}
	s->trace = trace;
	describe(s, r, argc, argv);
	s->dir = output_dir(o->dir, s->home, r->id, &err);
	if (!s->dir) {
		complain("%s", err.msg);
		*exit_code = session_end(s, EXIT_UNKNOWN);
		return -1;
	}
	remember_sources(s, r->id);
	return 0;
}

struct run_opts session_run_opts(struct session *s)
{
	const struct options *o = s->options;

	return (struct run_opts){
		.matrix = &s->matrix,
		.tree = &s->tree,
		.store = s->store,
		.place = &s->place,
		.dir = s->dir,
		.jobs = o->jobs,
		.makeflags = o->jobs_given ? NULL : getenv("MAKEFLAGS"),
		.memory = o->memory,
		.trace = s->trace,
		.use_memory = !o->no_memory,
		.audit_percent = o->audit_percent,
		.step_timeout_ms = o->timeout_ms,
	};
}

int session_end(struct session *s, int exit_code)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;

	if (trace_close(s->trace, &err)) {
		complain("%s", err.msg);
		if (exit_code == EXIT_OK)
			exit_code = EXIT_UNKNOWN;
	}
	session_close(s);
	return exit_code;
}
