// SPDX-License-Identifier: GPL-2.0-only
/*
 * Prints shell commands that use git, tar and make only. The sources come from
 * the repository that the run made its states in; every value is quoted for the
 * shell.
 */
#include "cmd/cmd.h"
#include "store/store.h"
#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/mem.h"
#include "sys/strbuf.h"
#include "sys/strlist.h"

#include <stdio.h>

static const char help[] =
	"usage: kvmatrix repro RUN CELL PATCH\n"
	"\n"
	"Prints the plain shell commands that reproduce one step: RUN is an id, its\n"
	"beginning or 'latest', CELL an id such as s390/default/gcc, PATCH a number\n"
	"(0: the base). Pipe it into sh to run it.\n";

/* 'text' with each ' written as '\'' ; owned. */
static char *quoted(const char *text)
{
	struct strbuf sb = STRBUF_INIT;

	if (!text[strspn(text, "abcdefghijklmnopqrstuvwxyz"
			       "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			       "0123456789+-./:=@_")])
		return xstrdup(text);
	strbuf_addch(&sb, '\'');
	for (; *text; text++) {
		if (*text == '\'')
			strbuf_addstr(&sb, "'\\''");
		else
			strbuf_addch(&sb, *text);
	}
	strbuf_addch(&sb, '\'');
	return strbuf_detach(&sb);
}

/* The lines of DIR/cells/SLUG/NAME as shell words; NULL with a complaint. */
static char *words_of(const char *dir, const char *slug, const char *name)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	_cleanup_strlist_ struct strlist lines = STRLIST_INIT;
	_cleanup_free_ char *path =
		xasprintf("%s/cells/%s/%s", dir, slug, name);
	struct strbuf out = STRBUF_INIT;

	if (file_read(path, &text, &err)) {
		complain("%s: the run's directory is gone or the cell was not "
			 "built", err.msg);
		return NULL;
	}
	strlist_split(&lines, text.buf, "\n");
	strlist_each(line, &lines) {
		_cleanup_free_ char *q = quoted(line);

		strbuf_addf(&out, "%s%s", out.len ? " " : "", q);
	}
	return strbuf_detach(&out);
}

/* make is content without an option that the cell asks for; here it is asked. */
static void print_lost(const struct step_result *s)
{
	for (size_t i = 0; s && i < s->diags.nr; i++) {
		const struct diagnostic *d = &s->diags.v[i];
		_cleanup_free_ char *option = NULL, *q = NULL;
		const char *end;

		if (!streq_null(d->tool, "config"))
			continue;
		end = strstr(d->message, ", which the cell asks for");
		if (!end)
			continue;
		option = xstrndup(d->message, (size_t)(end - d->message));
		q = quoted(option);
		if (ends_with(option, "=n"))
			printf("! grep -q ^%.*s= \"$d/obj/.config\" ||\n",
			       (int)strcspn(option, "="), option);
		else
			printf("grep -qxF %s \"$d/obj/.config\" ||\n", q);
		printf("	{ echo %s is lost; exit 1; }\n", q);
	}
}

static int print(const struct run_result *r, const char *dir, const char *repo,
		 const struct cell_info *cell, const struct patch_info *patch)
{
	_cleanup_free_ char *slug = xstrdup(cell->id);
	_cleanup_free_ char *targets_name =
		xasprintf("targets.%u", patch->index);
	_cleanup_free_ char *vars = NULL, *targets = NULL, *q_repo = NULL;
	_cleanup_free_ char *config = NULL, *q_config = NULL;

	for (char *p = slug; *p; p++)
		if (*p == '/')
			*p = '-';
	vars = words_of(dir, slug, "make");
	targets = vars ? words_of(dir, slug, targets_name) : NULL;
	if (!targets)
		return EXIT_USAGE;
	config = xasprintf("%s/cells/%s/config", dir, slug);
	q_config = quoted(config);
	q_repo = quoted(repo);
	printf("# run %s, cell %s, patch %u: %s\n", r->id, cell->id,
	       patch->index, patch->subject ? patch->subject : "");
	printf("set -e\n"
	       "d=$(mktemp -d)\n"
	       "mkdir \"$d/src\" \"$d/obj\"\n"
	       "git --git-dir=%s archive %s | tar -x -C \"$d/src\"\n"
	       "cp %s \"$d/obj/.config\"\n"
	       "make -C \"$d/src\" O=\"$d/obj\" %s olddefconfig </dev/null\n",
	       q_repo, patch->commit, q_config, vars);
	if (r->steps)
		print_lost(run_result_step(r, patch->index, cell - r->cells));
	printf("make -C \"$d/src\" O=\"$d/obj\" %s -k -j\"$(nproc)\" %s\n", vars,
	       targets);
	return EXIT_OK;
}

static int find_and_print(struct store *st, char **argv)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_run_result_ struct run_result r = RUN_RESULT_INIT;
	_cleanup_free_ char *dir = NULL, *repo = NULL, *key = NULL;
	const struct cell_info *cell = NULL;
	char *end;
	unsigned long n = strtoul(argv[2], &end, 10);

	if (store_get_run(st, strcmp(argv[0], "latest") ? argv[0] : NULL, &r,
			  &dir, &err)) {
		complain("%s", err.msg);
		return EXIT_USAGE;
	}
	for (size_t i = 0; i < r.nr_cells; i++)
		if (!strcmp(r.cells[i].id, argv[1]))
			cell = &r.cells[i];
	if (!cell) {
		complain("run %s has no cell '%s'; it has:", r.id, argv[1]);
		for (size_t i = 0; i < r.nr_cells; i++)
			fprintf(stderr, "  %s\n", r.cells[i].id);
		return EXIT_USAGE;
	}
	if (*end || end == argv[2] || n >= r.nr_patches) {
		complain("run %s has patches 0 to %zu, not '%s'", r.id,
			 r.nr_patches - 1, argv[2]);
		return EXIT_USAGE;
	}
	if (!r.patches[n].commit) {
		complain("patch %lu did not apply: there is no such state", n);
		return EXIT_USAGE;
	}
	key = xasprintf("repo:%s", r.id);
	if (store_get_value(st, key, &repo, &err) != 1) {
		complain("run %s does not say where its sources are", r.id);
		return EXIT_UNKNOWN;
	}
	return print(&r, dir, repo, cell, &r.patches[n]);
}

int cmd_repro(int argc, char **argv)
{
	struct store *st;
	int code;

	if (argc == 2 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))) {
		fputs(help, stdout);
		return EXIT_OK;
	}
	if (argc != 4) {
		complain("repro takes RUN CELL PATCH (see kvmatrix repro --help)");
		return EXIT_USAGE;
	}
	st = open_runs(&code);
	if (!st)
		return code;
	code = find_and_print(st, argv + 1);
	store_close(st);
	return code;
}
