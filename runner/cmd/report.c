// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/cmd.h"
#include "engine/cause.h"
#include "engine/verdict.h"
#include "report/report.h"
#include "store/store.h"
#include "sys/errbuf.h"
#include "sys/mem.h"
#include "sys/strbuf.h"

#include <getopt.h>
#include <stdio.h>
#include <unistd.h>

static void print_help(void)
{
	puts("usage: kvmatrix report [-f FORMAT] [RUN]\n"
	     "       kvmatrix report --list\n"
	     "\n"
	     "Prints a stored run again; nothing is built. RUN is an id or its\n"
	     "beginning (default: the newest).\n");
	for (const struct report_format *f = report_formats; f->name; f++)
		printf("  -f %-8s %s\n", f->name, f->help);
}

static const struct report_format *find_format(const char *name)
{
	for (const struct report_format *f = report_formats; f->name; f++)
		if (!strcmp(f->name, name))
			return f;
	return NULL;
}

static int list(struct store *st)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	static const char *const status[] = { "unfinished", "done",
					      "interrupted" };
	struct run_row *rows;
	size_t nr;

	if (store_list_runs(st, &rows, &nr, &err)) {
		complain("%s", err.msg);
		return EXIT_UNKNOWN;
	}
	for (size_t i = 0; i < nr; i++)
		printf("%s  %-11s  %s\n", rows[i].id, status[rows[i].status],
		       rows[i].title ? rows[i].title : "");
	store_runs_free(rows, nr);
	return EXIT_OK;
}

static int print(struct store *st, const struct report_format *f,
		 const char *id)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_run_result_ struct run_result r = RUN_RESULT_INIT;
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	_cleanup_free_ char *dir = NULL;
	struct report_style style = { .colour = isatty(STDOUT_FILENO) &&
						!getenv("NO_COLOR") };

	if (store_get_run(st, id, &r, &dir, &err)) {
		complain("%s", err.msg);
		return EXIT_USAGE;
	}
	style.dir = dir;
	verdict_judge(&r);
	causes_find(&r);
	f->write(&r, &style, &text);
	fwrite(text.buf, 1, text.len, stdout);
	if (fflush(stdout) || ferror(stdout)) {
		complain("standard output could not be written");
		return EXIT_UNKNOWN;
	}
	return EXIT_OK;
}

int cmd_report(int argc, char **argv)
{
	static const struct option options[] = {
		{ "format", required_argument, NULL, 'f' },
		{ "list", no_argument, NULL, 'l' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	const struct report_format *f = find_format("text");
	struct store *st;
	bool want_list = false;
	int c, code;

	while ((c = getopt_long(argc, argv, "f:lh", options, NULL)) != -1) {
		if (c == 'h') {
			print_help();
			return EXIT_OK;
		} else if (c == 'l') {
			want_list = true;
		} else if (c == 'f') {
			f = find_format(optarg);
			if (!f) {
				complain("no report format '%s' (see kvmatrix "
					 "report --help)", optarg);
				return EXIT_USAGE;
			}
		} else {
			return EXIT_USAGE;
		}
	}
	if (optind + 1 < argc) {
		complain("more than one RUN given");
		return EXIT_USAGE;
	}
	st = open_runs(&code);
	if (!st)
		return code;
	code = want_list ? list(st) :
			   print(st, f, optind < argc ? argv[optind] : NULL);
	store_close(st);
	return code;
}
