// SPDX-License-Identifier: GPL-2.0-only
/*
 * What of a patch does not fit: "git apply --reject" leaves FILE.rej with the
 * hunks that were refused, but it needs files. So the few that the patch names
 * are put into a directory of their own and the patch is tried there, outside
 * of any repository. Symbolic links are left out: nothing can be
 * written through them then.
 *
 * This only decorates a message; whatever fails here leaves it shorter.
 */
#include "engine/tree_internal.h"

#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/mem.h"
#include "sys/strbuf.h"

#define MAX_LINES 48
#define MAX_LINE 200

/* Paths of "git apply --numstat -z": "ADDED\tDELETED\tPATH" NUL. */
static void add_numstat(const struct strbuf *out, struct strlist *paths)
{
	for (const char *p = out->buf; p < out->buf + out->len;
	     p += strlen(p) + 1) {
		const char *tab = strchr(p, '\t');

		tab = tab ? strchr(tab + 1, '\t') : NULL;
		if (tab)
			strlist_add(paths, tab + 1);
	}
}

/* New names, and with --reverse the old ones. */
static int touched(const struct git *g, const char *patch,
		   struct strlist *paths, struct errbuf *err)
{
	_cleanup_strbuf_ struct strbuf fwd = STRBUF_INIT;
	_cleanup_strbuf_ struct strbuf back = STRBUF_INIT;

	if (git_run(g, &fwd, err, "apply", "--numstat", "-z", patch, NULL) ||
	    git_run(g, &back, err, "apply", "--numstat", "-z", "--reverse",
		    patch, NULL))
		return -1;
	add_numstat(&fwd, paths);
	add_numstat(&back, paths);
	strlist_sort(paths);
	return 0;
}

/* Puts those of paths that are regular files of tree below dir. */
static int put_files(const struct git *g, const char *tree, const char *dir,
		     const struct strlist *paths, struct errbuf *err)
{
	_cleanup_strbuf_ struct strbuf all = STRBUF_INIT;
	_cleanup_strbuf_ struct strbuf names = STRBUF_INIT;
	struct git mine = *g;

	if (git_run(g, &all, err, "ls-tree", "-r", "-z", "--full-tree", tree,
		    NULL))
		return -1;
	for (const char *p = all.buf; p < all.buf + all.len;
	     p += strlen(p) + 1) {
		const char *tab = strchr(p, '\t');

		if (!tab || !starts_with(p, "100") ||
		    !strlist_has_sorted(paths, tab + 1))
			continue;
		strbuf_add(&names, tab + 1, strlen(tab + 1) + 1);
	}
	mine.input = names.buf;
	mine.input_len = names.len;
	mine.work_tree = dir;
	mine.cwd = dir;
	return git_run(&mine, NULL, err, "checkout-index", "-q", "-z",
		       "--stdin", NULL);
}

/* "out" gets the text up to the limit; *lines counts over all files. */
static void add_lines(const char *text, unsigned *lines, struct strbuf *out)
{
	while (*text) {
		size_t len = strcspn(text, "\n");

		if ((*lines)++ < MAX_LINES) {
			strbuf_add(out, text, len < MAX_LINE ? len : MAX_LINE);
			strbuf_addch(out, '\n');
		}
		text += len + (text[len] == '\n');
	}
}

static void collect(const char *dir, const struct strlist *paths,
		    struct strbuf *out)
{
	unsigned lines = 0;

	strlist_each(path, paths) {
		_cleanup_errbuf_ struct errbuf absent = ERRBUF_INIT;
		_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
		_cleanup_free_ char *rej = xasprintf("%s/%s.rej", dir, path);

		if (!file_exists(rej) || file_read(rej, &text, &absent))
			continue;
		if (!lines)
			strbuf_addstr(out, "rejected:\n");
		add_lines(text.buf, &lines, out);
	}
	if (lines > MAX_LINES)
		strbuf_addf(out, "... and %u more lines\n", lines - MAX_LINES);
}

static void set_env(const char *scratch, struct strlist *env)
{
	strlist_addl(env, "GIT_CONFIG_GLOBAL=/dev/null",
		     "GIT_CONFIG_NOSYSTEM=1", NULL);
	strlist_addf(env, "GIT_CEILING_DIRECTORIES=%s", scratch);
}

void tree_rejects(const struct git *g, const char *scratch, const char *tree,
		  const char *patch_file, struct strbuf *out)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_strlist_ struct strlist paths = STRLIST_INIT;
	_cleanup_strlist_ struct strlist env = STRLIST_INIT;
	_cleanup_free_ char *dir = path_join(scratch, "reject");
	struct proc_result res = { 0 };
	struct git outside = { .cwd = dir, .env = &env };

	if (touched(g, patch_file, &paths, &err) || tree_remove(dir, &err) ||
	    dir_make(dir, &err) || put_files(g, tree, dir, &paths, &err))
		return;
	set_env(scratch, &env);
	if (git_capture(&outside, &res, &err, "apply", "--reject",
			"--whitespace=nowarn", patch_file, NULL))
		return;
	proc_result_release(&res);
	collect(dir, &paths, out);
}
