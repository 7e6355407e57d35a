// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/options.h"

#include "audit/audit.h"
#include "cmd/cmd.h"
#include "model/result.h"
#include "store/store.h"
#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/mem.h"
#include "sys/proc.h"
#include "sys/strbuf.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <sys/random.h>
#include <time.h>

enum {
	OPT_ACCEPT = 256,
	OPT_AUDIT,
	OPT_BASE,
	OPT_CELLS,
	OPT_DEPTH,
	OPT_AUDIT_SHARE,
	OPT_MEM,
	OPT_EXPLAIN,
	OPT_NO_MEMORY,
	OPT_NO_CCACHE,
	OPT_NO_SANDBOX,
	OPT_TIMEOUT,
	OPT_TRACE,
	OPT_TREE,
};

static const struct option long_options[] = {
	{ "tree", required_argument, NULL, OPT_TREE },
	{ "base", required_argument, NULL, OPT_BASE },
	{ "matrix", required_argument, NULL, 'm' },
	{ "cells", required_argument, NULL, OPT_CELLS },
	{ "jobs", required_argument, NULL, 'j' },
	{ "depth", required_argument, NULL, OPT_DEPTH },
	{ "accept", required_argument, NULL, OPT_ACCEPT },
	{ "audit", required_argument, NULL, OPT_AUDIT },
	{ "audit-share", required_argument, NULL, OPT_AUDIT_SHARE },
	{ "mem", required_argument, NULL, OPT_MEM },
	{ "output", required_argument, NULL, 'o' },
	{ "explain", no_argument, NULL, OPT_EXPLAIN },
	{ "no-memory", no_argument, NULL, OPT_NO_MEMORY },
	{ "no-ccache", no_argument, NULL, OPT_NO_CCACHE },
	{ "no-sandbox", no_argument, NULL, OPT_NO_SANDBOX },
	{ "timeout", required_argument, NULL, OPT_TIMEOUT },
	{ "trace", required_argument, NULL, OPT_TRACE },
	{ "quiet", no_argument, NULL, 'q' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

/* A whole number from 1 to max, or 0 with a complaint. */
static unsigned long number(const char *option, const char *text,
			    unsigned long max)
{
	char *end;
	unsigned long n;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (errno || end == text || *end || *text == '-' || n < 1 || n > max) {
		complain("%s takes a whole number from 1 to %lu, not '%s'",
			 option, max, text);
		return 0;
	}
	return n;
}

/* A size in bytes, "512M", "6G", or 0 with a complaint. */
static uint64_t size(const char *option, const char *text)
{
	static const char units[] = "KMGT";
	unsigned long long n;
	const char *unit;
	unsigned shift = 0;
	char *end;

	errno = 0;
	n = strtoull(text, &end, 10);
	unit = *end ? strchr(units, toupper((unsigned char)*end)) : NULL;
	if (unit) {
		shift = 10 * (unit - units + 1);
		end++;
	}
	if (errno || end == text || *end || !isdigit((unsigned char)*text) ||
	    !n || n > UINT64_MAX >> 2 >> shift) {
		complain("%s takes a size like 512M or 6G, not '%s'", option,
			 text);
		return 0;
	}
	return (uint64_t)n << shift;
}

/* A share, "2" or "2.5%"; as set_option(). */
static int percent(const char *option, const char *text, double *value)
{
	char *end;

	*value = strtod(text, &end);
	end += *end == '%';
	if (isdigit((unsigned char)*text) && !*end && *value >= 0 &&
	    *value <= 100)
		return -1;
	complain("%s takes a share from 0 to 100 percent, not '%s'", option,
		 text);
	return EXIT_USAGE;
}

/* As set_option(). */
static int audit_names(struct options *o)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;

	if (audit_names_ok(&o->audits, &err))
		return -1;
	complain("%s", err.msg);
	return EXIT_USAGE;
}

static int set_option(struct options *o, int c)
{
	unsigned long n;

	switch (c) {
	case OPT_TREE:
		o->tree = optarg;
		return -1;
	case OPT_BASE:
		o->base = optarg;
		return -1;
	case OPT_CELLS:
		o->cells = optarg;
		return -1;
	case OPT_DEPTH:
		if (strcmp(optarg, "full") && strcmp(optarg, "quick")) {
			complain("--depth %s: must be 'quick' or 'full'",
				 optarg);
			return EXIT_USAGE;
		}
		o->depth = optarg;
		return -1;
	case OPT_ACCEPT:
		o->accept = optarg;
		return -1;
	case OPT_AUDIT:
		strlist_split(&o->audits, optarg, ",");
		return audit_names(o);
	case OPT_AUDIT_SHARE:
		return percent("--audit-share", optarg, &o->audit_percent);
	case OPT_MEM:
		o->memory = size("--mem", optarg);
		return o->memory ? -1 : EXIT_USAGE;
	case OPT_TRACE:
		o->trace = optarg;
		return -1;
	case OPT_EXPLAIN:
		o->explain = true;
		return -1;
	case OPT_NO_MEMORY:
		o->no_memory = true;
		return -1;
	case OPT_NO_CCACHE:
		o->no_ccache = true;
		return -1;
	case OPT_NO_SANDBOX:
		o->no_sandbox = true;
		return -1;
	case OPT_TIMEOUT:
		n = number("--timeout (seconds)", optarg, 1000000);
		o->timeout_ms = n * 1000;
		return n ? -1 : EXIT_USAGE;
	case 'm':
		o->matrix = optarg;
		return -1;
	case 'j':
		o->jobs = number("-j", optarg, 1024);
		o->jobs_given = true;
		return o->jobs ? -1 : EXIT_USAGE;
	case 'o':
		o->dir = optarg;
		return -1;
	case 'q':
		o->quiet = true;
		return -1;
	case 'v':
		o->verbose = true;
		return -1;
	}
	return EXIT_USAGE;
}

/* --explain CELL PATCH SERIES */
static int explain_arguments(struct options *o, int nr, char **args,
			     const char *command)
{
	if (strcmp(command, "plan")) {
		complain("--explain goes with 'plan' only");
		return EXIT_USAGE;
	}
	if (nr != 3) {
		complain("--explain takes a cell, the number of a patch and the "
			 "series (see kvmatrix plan --help)");
		return EXIT_USAGE;
	}
	if (o->cells) {
		complain("--explain names its cell: --cells does not go with it");
		return EXIT_USAGE;
	}
	o->cells = args[0];
	o->patch = number("--explain: the patch", args[1], 1000000);
	o->series = args[2];
	return o->patch ? -1 : EXIT_USAGE;
}

/* "kvmatrix audit NAME[,NAME...] SERIES"; as set_option(). */
static int audit_arguments(struct options *o, int *argc, char ***argv)
{
	if (*argc != 2) {
		complain("%s (see kvmatrix audit --help)",
			 *argc < 2 ? "an audit and a SERIES have to be given" :
				     "more than one SERIES given");
		return EXIT_USAGE;
	}
	strlist_split(&o->audits, **argv, ",");
	++*argv;
	--*argc;
	return audit_names(o);
}

int options_parse(struct options *o, int argc, char **argv, const char *help)
{
	char **args;
	int c, ret, nr;

	*o = (struct options){
		.matrix = "kvm",
		.depth = "full",
		.audit_percent = 2,
		.jobs = proc_cpus(),
		.timeout_ms = 30 * 60 * 1000,
	};
	optind = 1;
	opterr = 0;
	while ((c = getopt_long(argc, argv, ":m:j:o:qvh", long_options,
				NULL)) != -1) {
		if (c == 'h') {
			fputs(help, stdout);
			return EXIT_OK;
		}
		if (c == '?' || c == ':') {
			complain("%s '%s' (see kvmatrix %s --help)",
				 c == '?' ? "no such option" :
					    "an argument is missing after",
				 argv[optind - 1], argv[0]);
			return EXIT_USAGE;
		}
		ret = set_option(o, c);
		if (ret >= 0)
			return ret;
	}
	if (o->explain)
		return explain_arguments(o, argc - optind, argv + optind,
					 argv[0]);
	args = argv + optind;
	nr = argc - optind;
	if (!strcmp(argv[0], "audit")) {
		ret = audit_arguments(o, &nr, &args);
		if (ret >= 0)
			return ret;
	}
	if (o->audits.nr && !strcmp(argv[0], "plan")) {
		complain("--audit goes with 'run' and 'audit' only");
		return EXIT_USAGE;
	}
	if (o->accept && !o->audits.nr) {
		complain("--accept is for the findings of audits: give --audit, "
			 "too");
		return EXIT_USAGE;
	}
	if (nr != 1) {
		complain(nr < 1 ? "no SERIES given (see kvmatrix %s --help)" :
				  "more than one SERIES given (see kvmatrix %s "
				  "--help)",
			 argv[0]);
		return EXIT_USAGE;
	}
	o->series = args[0];
	return -1;
}

void options_release(struct options *o)
{
	strlist_release(&o->audits);
}

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
	if (!range)
		return tree_apply(&s->tree, o->base, &s->series, err);
	if (o->base)
		return errbuf_set(err, "--base does not go with a revision "
				       "range: %s names its base",
				  o->series);
	return tree_range(&s->tree, o->series, err);
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
	series_release(&s->series);
	matrix_release(&s->matrix);
	if (s->store)
		store_close(s->store);
	s->store = NULL;
	place_close(&s->place);
	free(s->home);
	s->home = NULL;
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

void session_describe(const struct session *s, struct run_result *r, int argc,
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
