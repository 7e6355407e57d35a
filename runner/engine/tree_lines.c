// SPDX-License-Identifier: GPL-2.0-only
#include "engine/tree_lines.h"

#include "engine/tree.h"
#include "engine/tree_git.h"
#include "sys/errbuf.h"
#include "sys/mem.h"
#include "sys/strbuf.h"

#include <stdio.h>

int tree_read(const struct tree *t, const struct state *s, const char *path,
	      struct strbuf *out, struct errbuf *err)
{
	const struct git g = { .repo = t->repo };
	_cleanup_free_ char *name = xasprintf("%s:%s", s->tree, path);
	_cleanup_(proc_result_release) struct proc_result res = { 0 };

	if (git_capture(&g, &res, err, "cat-file", "blob", name, NULL))
		return -1;
	if (res.exit_code)
		return 0;
	strbuf_add(out, res.output.buf, res.output.len);
	return 1;
}

/* "@@ -a,b +FIRST,NR @@": false when it is none. */
static bool hunk(const char *line, unsigned *first, unsigned *nr)
{
	const char *plus = strstr(line, " +");
	int got;

	if (!starts_with(line, "@@ -") || !plus)
		return false;
	*nr = 1;
	got = sscanf(plus + 2, "%u,%u", first, nr);
	return got >= 1;
}

int tree_changed_lines(const struct tree *t, const struct state *from,
		       const struct state *to,
		       void (*take)(void *data, const char *path,
				    unsigned first, unsigned nr),
		       void *data, struct errbuf *err)
{
	const struct git g = { .repo = t->repo };
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	_cleanup_free_ char *path = NULL;
	bool head = true; /* of a file: before its first hunk */

	if (git_run(&g, &text, err, "-c", "core.quotePath=false", "diff-tree",
		    "-r", "-p", "-U0", "-M", "--no-color", "--no-ext-diff",
		    "--no-textconv", from->tree, to->tree, NULL))
		return -1;
	for (char *s = text.buf, *eol; *s; s = eol + 1) {
		unsigned first, nr;

		eol = strchr(s, '\n');
		if (!eol)
			break;
		*eol = '\0';
		if (starts_with(s, "diff --git ")) {
			head = true;
			free(STEAL(path));
		} else if (head && starts_with(s, "+++ b/")) {
			path = xstrndup(s + 6, strcspn(s + 6, "\t"));
		} else if (hunk(s, &first, &nr)) {
			head = false;
			if (path && nr)
				take(data, path, first, nr);
		}
	}
	return 0;
}
