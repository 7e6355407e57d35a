// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/run.h"

#include "audit/accept.h"
#include "audit/audit.h"
#include "cmd/cmd.h"
#include "cmd/options.h"
#include "cmd/output.h"
#include "cmd/progress.h"
#include "cmd/session.h"
#include "report/report.h"
#include "sys/errbuf.h"
#include "sys/mem.h"
#include "sys/strbuf.h"

#include <stdio.h>
#include <unistd.h>

static const char help[] =
	"usage: kvmatrix run [options] SERIES\n"
	"\n"
	"Applies SERIES patch by patch, builds KVM and what depends on it in\n"
	"every cell of the matrix, and tells which patch breaks which cell.\n"
	"\n"
	"SERIES is a revision range A..B, an mbox or .eml file, a directory of\n"
	"patches (a quilt series file is obeyed), or - for an mbox on stdin.\n"
	"\n"
	"  --tree T        kernel git repository or source tarball (default: .)\n"
	"  --base REV      apply SERIES on REV (default: its base-commit, or HEAD)\n"
	"  -m, --matrix M  a matrix file, or the name of a shipped one: smoke, kvm,\n"
	"                  full, image (default: kvm)\n"
	"  --cells GLOB    only these cells, e.g. 's390/*' or 'arm64,*/off/*'\n"
	"  -j, --jobs N    compile at most N things at once (default: the job slots\n"
	"                  of the make that runs kvmatrix, or all cpus)\n"
	"  --mem SIZE      start no further build when those that run may need more\n"
	"                  memory than SIZE, e.g. 6G (default: 80 % of what is free)\n"
	"  --depth quick   only check the syntax of the units that are reached, and\n"
	"                  build where that cannot tell; 'full' (default) builds all\n"
	"  --audit NAME,.. make audits, too (see kvmatrix audit --help)\n"
	"  --accept FILE   findings that are known: an id and a reason a line\n"
	"  --audit-share P build P percent of the skipped steps anyway, from an empty\n"
	"                  O=, and compare (default: 1); so with skipped links\n"
	"  -o DIR          write reports and logs to DIR (default:\n"
	"                  reports/out/<run-id>, and reports/out/latest)\n"
	"  --no-memory     build also what an earlier run has built\n"
	"  --no-ccache     do not use ccache\n"
	"  --no-sandbox    no namespaces: one cell at a time, in order\n"
	"  --timeout S     end a build step after S seconds (default: 1800)\n"
	"  --trace FILE    write what ran when to FILE, for a trace viewer\n"
	"  -q, --quiet     no progress\n"
	"  -v, --verbose   every step a line\n"
	"\n"
	"Exit code: 0 nothing got worse, 1 the series made something worse, 2 wrong\n"
	"usage or bad input, 3 could not find out.\n";

static int report(const struct run_result *r, const char *dir)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	const char *no_colour = getenv("NO_COLOR");
	struct report_style style = {
		.colour = isatty(STDOUT_FILENO) &&
			  !(no_colour && *no_colour),
		.dir = dir,
	};
	int code = run_result_exit_code(r);

	report_text(r, &style, &text);
	fputs(text.buf, stdout);
	if (output_reports(r, dir, &err)) {
		complain("the reports could not be written: %s", err.msg);
		return code == EXIT_OK ? EXIT_UNKNOWN : code;
	}
	if (fflush(stdout)) {
		complain("standard output could not be written");
		return code == EXIT_OK ? EXIT_UNKNOWN : code;
	}
	return code;
}

/* For --verbose: how well the machine was used. */
static void print_use(const struct run_result *r)
{
	fprintf(stderr, "kvmatrix: %.1f s", r->seconds);
	if (r->has_busy_share)
		fprintf(stderr,
			", all slots busy %.1f %% of the time that work was "
			"ready",
			100 * r->busy_share);
	if (r->cache.known)
		fprintf(stderr, "; ccache: %u hits, %u by text, %u misses",
			r->cache.hits, r->cache.text_hits, r->cache.misses);
	if (r->memory_mib)
		fprintf(stderr, "; %u MiB at most for kvmatrix itself",
			r->memory_mib);
	fputc('\n', stderr);
}

static void free_audits(struct audit_run **a)
{
	audit_free(*a);
}

/* Accepted findings that there are no more. */
static void tell_unused(const struct accept_list *accept,
			const struct run_result *r)
{
	_cleanup_strlist_ struct strlist lines = STRLIST_INIT;

	accept_unused(accept, r, &lines);
	strlist_each(line, &lines)
		warn("%s", line);
}

/* Reads --accept and makes ready what --audit names; *audits stays NULL where none
 * is. -1: told, and *code says how to end. */
static int open_audits(const struct options *o, struct accept_list *accept,
		       struct audit_run **audits, int *code)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_free_ char *home = home_dir();
	const struct audit_opts ao = {
		.names = &o->audits,
		.home = home,
		.accept = accept,
	};

	if (!o->audits.nr)
		return 0;
	*code = EXIT_USAGE;
	if (!o->accept || !accept_read(accept, o->accept, &err)) {
		*code = EXIT_UNKNOWN;
		*audits = audit_new(&ao, &err);
	}
	if (*audits)
		return 0;
	complain("%s", err.msg);
	return -1;
}

int cmd_run(int argc, char **argv)
{
	return run_series(argc, argv, help);
}

static int execute(struct session *s, struct run_result *r,
		   struct audit_run *audits, const struct accept_list *accept)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	const struct options *o = s->options;
	struct progress *progress = progress_new(o->quiet, o->verbose);
	struct run_opts ro = session_run_opts(s);
	int ret, code;

	ro.looks = audits ? audit_looks(audits) : NULL;
	ro.quick_only = !strcmp(o->depth, "quick");
	ro.event = progress_event;
	ro.data = progress;
	ret = run_execute(&ro, r, &err);
	progress_free(progress);
	if (ret) {
		complain("%s", err.msg);
		return EXIT_UNKNOWN;
	}
	if (o->verbose)
		print_use(r);
	code = report(r, s->dir);
	if (audits)
		tell_unused(accept, r);
	return code;
}

int run_series(int argc, char **argv, const char *usage)
{
	_cleanup_(accept_release) struct accept_list accept = { 0 };
	_cleanup_(free_audits) struct audit_run *audits = NULL;
	_cleanup_run_result_ struct run_result r = RUN_RESULT_INIT;
	_cleanup_(options_release) struct options o;
	struct session s;
	int code = options_parse(&o, argc, argv, usage);

	if (code >= 0 || open_audits(&o, &accept, &audits, &code) ||
	    session_begin(&s, &o, argc, argv, &r, &code))
		return code;
	return session_end(&s, execute(&s, &r, audits, &accept));
}
