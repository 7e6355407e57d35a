// SPDX-License-Identifier: GPL-2.0-only
/*
 * What differs between two trees, and the content of what differs.
 *
 * Format: the raw diff with -z, git-diff-tree(1) "RAW OUTPUT FORMAT":
 * ":oldmode newmode oldid newid STATUS[score]" NUL path NUL [path NUL], and
 * git-cat-file(1) "BATCH OUTPUT".
 *
 * Trees come from strangers too, and a tree object may hold any byte string as
 * a name; everything that writes files takes its paths from here, so here is
 * where they are checked.
 */
#include "engine/tree_internal.h"

#include "sys/errbuf.h"
#include "sys/linkpath.h"
#include "sys/mem.h"
#include "sys/strbuf.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <strings.h>

static bool bad_component(const char *s, size_t len)
{
	return len == 0 || (len == 1 && s[0] == '.') ||
	       (len == 2 && s[0] == '.' && s[1] == '.') ||
	       (len == 4 && !strncasecmp(s, ".git", 4));
}

static bool path_is_safe(const char *path)
{
	for (const char *p = path;; p++) {
		size_t len = strcspn(p, "/");

		if (bad_component(p, len))
			return false;
		p += len;
		if (!*p)
			return true;
	}
}

static int add_change(struct change_list *l, char status, const char *path,
		      const char *blob, unsigned mode, const char *from,
		      struct errbuf *err)
{
	if (!path_is_safe(path))
		return errbuf_set(err, "the path '%s' leads out of the tree",
				  path);
	if (status != 'D' && mode != 0100644 && mode != 0100755 &&
	    mode != 0120000)
		return errbuf_set(err, "%s: is no file but a submodule; "
				  "a kernel tree has none",
				  path);
	GROW(l->v, l->nr, l->alloc);
	l->v[l->nr++] = (struct change){
		.status = status,
		.path = xstrdup(path),
		.blob = xstrdup_null(status == 'D' ? NULL : blob),
		.mode = status == 'D' ? 0 : mode,
		.renamed_from = xstrdup_null(from),
	};
	return 0;
}

/* The next NUL-ended field, or NULL at the end. */
static const char *field(const char **p, const char *end)
{
	const char *s = *p;

	if (s >= end)
		return NULL;
	*p = s + strlen(s) + 1;
	return s;
}

/*
 * One record of the raw diff at *p, or with pairs on standard input the line
 * "FROM TO\n" that comes before the records of each. 1: a record, 0: such a line
 * or the end, -1: neither.
 */
static int next_raw(const char **p, const char *end, struct raw_change *c)
{
	const char *nl;

	if (*p < end && **p != ':') {
		nl = memchr(*p, '\n', end - *p);
		*p = nl ? nl + 1 : end;
		return nl ? 0 : -1;
	}
	if (*p >= end)
		return 0;
	{
		const char *head = field(p, end);

		*c = (struct raw_change){ .path = field(p, end) };
		if (!c->path || sscanf(head, ":%o %o %128s %128s %c",
				       &c->old_mode, &c->mode, c->old_blob,
				       c->blob, &c->status) != 5)
			return -1;
		if (c->status == 'R' && !(c->to = field(p, end)))
			return -1;
	}
	return 1;
}

int tree_take_change(struct change_list *l, const struct raw_change *c,
		     struct errbuf *err)
{
	if (c->status != 'R')
		return add_change(l, c->status, c->path, c->blob, c->mode, NULL,
				  err);
	if (add_change(l, 'D', c->path, NULL, 0, NULL, err))
		return -1;
	return add_change(l, 'A', c->to, c->blob, c->mode, c->path, err);
}

static int parse_raw(const struct strbuf *raw, struct change_list *l,
		     struct errbuf *err)
{
	const char *p = raw->buf, *end = raw->buf + raw->len;
	struct raw_change c;
	int ret;

	while ((ret = next_raw(&p, end, &c)) > 0)
		if (tree_take_change(l, &c, err))
			return -1;
	if (ret < 0 || p < end)
		return errbuf_set(err, "git diff-tree: unknown output");
	return 0;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct change *)a)->path,
		      ((const struct change *)b)->path);
}

void tree_sort_changes(struct change_list *l)
{
	if (l->nr)
		qsort(l->v, l->nr, sizeof(*l->v), by_path);
}

int tree_changes(const char *repo, const char *from, const char *to,
		 bool renames, struct change_list *l, struct errbuf *err)
{
	_cleanup_strbuf_ struct strbuf raw = STRBUF_INIT;
	struct git g = { .repo = repo };

	change_list_release(l);
	if (!strcmp(from, to))
		return 0;
	if (git_run(&g, &raw, err, "diff-tree", "-r", "-z", "--raw",
		    "--no-abbrev", renames ? "-M" : "--no-renames", from, to,
		    NULL) ||
	    parse_raw(&raw, l, err))
		return -1;
	tree_sort_changes(l);
	return 0;
}

/* The records that follow the line of a pair, from pair *at on; pairs without
 * any have no line. */
static int
parse_pairs(const struct strbuf *raw, const struct strlist *pairs, size_t *at,
	    int (*take)(void *data, size_t i, const struct raw_change *c,
			struct errbuf *err),
	    void *data, struct errbuf *err)
{
	const char *p = raw->buf, *end = raw->buf + raw->len, *line;
	struct raw_change c;
	size_t first = *at, i = first, n;
	int ret;

	while (p < end) {
		line = p;
		ret = next_raw(&p, end, &c);
		if (ret > 0 && i > first) {
			if (take(data, i - 1, &c, err))
				return -1;
			continue;
		}
		n = p - line - 1;
		while (!ret && i < pairs->nr &&
		       (strncmp(pairs->v[i], line, n) || pairs->v[i][n]))
			i++;
		if (ret || i++ >= pairs->nr)
			return errbuf_set(err, "git diff-tree: unknown output");
		*at = i;
	}
	return 0;
}

/* Pairs for which one more git is started. */
#define PAIRS_A_GIT 64

int tree_each_change(const char *repo, const struct strlist *pairs,
		     bool only_renames,
		     int (*take)(void *data, size_t i,
				 const struct raw_change *c, struct errbuf *err),
		     void *data, struct errbuf *err)
{
	struct git g = { .repo = repo };
	size_t nr = 1 + pairs->nr / PAIRS_A_GIT, at = 0;
	struct strbuf *in, *raw;
	int ret;

	if (!pairs->nr)
		return 0;
	if (nr > proc_cpus())
		nr = proc_cpus();
	in = xcalloc(nr, sizeof(*in));
	raw = xcalloc(nr, sizeof(*raw));
	for (size_t i = 0; i < nr; i++) {
		strbuf_init(&in[i]);
		strbuf_init(&raw[i]);
	}
	for (size_t i = 0; i < pairs->nr; i++)
		strbuf_addf(&in[i * nr / pairs->nr], "%s\n", pairs->v[i]);
	ret = git_run_all(&g, in, nr, raw, err, "diff-tree", "--stdin", "-r",
			  "-z", "--raw", "--no-abbrev", "-M",
			  only_renames ? "--diff-filter=R"
				       : "--diff-filter=ACDMRTUXB",
			  NULL);
	for (size_t i = 0; i < nr; i++) {
		if (!ret)
			ret = parse_pairs(&raw[i], pairs, &at, take, data, err);
		strbuf_release(&in[i]);
		strbuf_release(&raw[i]);
	}
	free(in);
	free(raw);
	return ret;
}

static void put_change(struct change_list *l, char status,
		       const struct change *c, const char *blob, unsigned mode)
{
	GROW(l->v, l->nr, l->alloc);
	l->v[l->nr++] = (struct change){
		.status = status,
		.path = xstrdup(c->path),
		.blob = xstrdup_null(blob),
		.mode = mode,
	};
}

static bool same_file(const struct change *a, const struct change *b)
{
	return (a->status == 'D') == (b->status == 'D') && a->mode == b->mode &&
	       streq_null(a->blob, b->blob);
}

/* Only the first state touched it: the second has what the base has. */
static void put_reverted(struct change_list *l, const struct change *c)
{
	put_change(l, c->status == 'A' ? 'D' : c->status == 'D' ? 'A' : 'M', c,
		   NULL, 0);
}

static void put_both(struct change_list *l, const struct change *from,
		     const struct change *to)
{
	char status = to->status == 'D' ? 'D' : from->status == 'D' ? 'A' : 'M';

	if (!same_file(from, to))
		put_change(l, status, to, to->blob, to->mode);
}

void change_list_between(const struct change_list *from,
			 const struct change_list *to, struct change_list *l)
{
	size_t i = 0, k = 0;

	change_list_release(l);
	while (i < from->nr || k < to->nr) {
		int order = i == from->nr ? 1 :
			    k == to->nr	  ? -1 :
					    strcmp(from->v[i].path,
						   to->v[k].path);

		if (order < 0) {
			put_reverted(l, &from->v[i++]);
		} else if (order > 0) {
			const struct change *c = &to->v[k++];

			put_change(l, c->status, c, c->blob, c->mode);
		} else {
			put_both(l, &from->v[i++], &to->v[k++]);
		}
	}
}

const struct change *tree_find_change(const struct change_list *l,
				      const char *path)
{
	struct change key = { .path = (char *)path };

	return l->nr ? bsearch(&key, l->v, l->nr, sizeof(*l->v), by_path) :
		       NULL;
}

/* ---- content ------------------------------------------------------------- */

/*
 * Answers "ID blob SIZE\nCONTENT\n" as they come: only the one that is not yet
 * complete is in memory.
 */
struct answers {
	const struct strlist *blobs;
	size_t i; /* of blobs: the one whose answer comes now */
	struct strbuf text; /* of it, what came so far */
	int (*take)(void *data, size_t i, const char *content, size_t len,
		    struct errbuf *err);
	void *data;
	struct errbuf *err;
	bool failed;
};

static void bad_answer(struct answers *a)
{
	errbuf_set(a->err,
		   "object %s of the source tree cannot be read (damaged "
		   "repository, or a partial clone that has not fetched it)",
		   a->i < a->blobs->nr ? a->blobs->v[a->i] : "(none)");
	a->failed = true;
}

/* The answer at text, when it is complete: then its length, else 0. */
static size_t one_answer(struct answers *a, const char *text, size_t len)
{
	const char *nl = memchr(text, '\n', len);
	char head[256] = "", id[129], type[16];
	uint64_t size;

	if (!nl) {
		if (len >= sizeof(head))
			bad_answer(a);
		return 0;
	}
	/* A copy: sscanf() looks for the end of all that follows. */
	if ((size_t)(nl - text) < sizeof(head))
		memcpy(head, text, nl - text);
	if (a->i >= a->blobs->nr ||
	    sscanf(head, "%128s %15s %" SCNu64, id, type, &size) != 3 ||
	    strcmp(type, "blob")) {
		bad_answer(a);
		return 0;
	}
	if (size >= (uint64_t)(text + len - nl - 1))
		return 0;
	a->failed = a->take(a->data, a->i++, nl + 1, size, a->err) != 0;
	return nl + 1 + size + 1 - text;
}

static void more_answers(void *data, const char *chunk, size_t len)
{
	struct answers *a = data;
	size_t at = 0, n;

	if (a->failed)
		return;
	strbuf_add(&a->text, chunk, len);
	while (!a->failed && at < a->text.len &&
	       (n = one_answer(a, a->text.buf + at, a->text.len - at)))
		at += n;
	if (!at)
		return;
	memmove(a->text.buf, a->text.buf + at, a->text.len - at);
	strbuf_setlen(&a->text, a->text.len - at);
}

int tree_each_blob(const char *repo, const struct strlist *blobs,
		   int (*take)(void *data, size_t i, const char *content,
			       size_t len, struct errbuf *err),
		   void *data, struct errbuf *err)
{
	_cleanup_strbuf_ struct strbuf in = STRBUF_INIT;
	struct answers a = { .blobs = blobs, .text = STRBUF_INIT, .take = take,
			     .data = data, .err = err };
	struct git g = { .repo = repo, .on_output = more_answers, .data = &a };
	int ret;

	if (!blobs->nr)
		return 0;
	strlist_each(id, blobs)
		strbuf_addf(&in, "%s\n", id);
	g.input = in.buf;
	g.input_len = in.len;
	ret = git_run(&g, NULL, err, "cat-file", "--batch", NULL);
	strbuf_release(&a.text);
	if (ret || a.failed)
		return -1;
	if (a.i < blobs->nr)
		bad_answer(&a);
	return a.failed ? -1 : 0;
}

/* ---- symbolic links ------------------------------------------------------ */

struct links {
	struct strmap map;    /* path -> target, owned */
	struct strlist paths; /* in the order of blobs */
	struct strlist blobs;
};

static void links_release(struct links *l)
{
	strmap_each(e, &l->map)
		free(strmap_value(e));
	strmap_release(&l->map);
	strlist_release(&l->paths);
	strlist_release(&l->blobs);
}

static int take_target(void *data, size_t i, const char *content, size_t len,
		       struct errbuf *err)
{
	struct links *l = data;

	(void)err;
	free(strmap_get(&l->map, l->paths.v[i]));
	strmap_set(&l->map, l->paths.v[i], xstrndup(content, len));
	return 0;
}

/* All symbolic links of the tree; ls-tree -z: "MODE TYPE ID\tPATH" NUL. */
static int read_links(const char *repo, const char *tree, struct links *l,
		      struct errbuf *err)
{
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;
	struct git g = { .repo = repo };
	const char *p, *line;

	if (git_run(&g, &out, err, "ls-tree", "-r", "-z", "--full-tree", tree,
		    NULL))
		return -1;
	p = out.buf;
	while ((line = field(&p, out.buf + out.len))) {
		const char *tab = strchr(line, '\t');

		if (!tab || !starts_with(line, "120000 blob "))
			continue;
		strlist_take(&l->blobs, xstrndup(line + 12, tab - line - 12));
		strlist_add(&l->paths, tab + 1);
	}
	return tree_each_blob(repo, &l->blobs, take_target, l, err);
}

/* Links that lead out of a tree although they did not in the one before. */
static const char *new_escape(const struct links *before,
			      const struct links *after)
{
	/* All of them: a new link can bend the way of an old one. */
	strlist_each(path, &after->paths) {
		if (linkpath_inside(&after->map, path))
			continue;
		if (!streq_null(strmap_get(&before->map, path),
				strmap_get(&after->map, path)) ||
		    linkpath_inside(&before->map, path))
			return path;
	}
	return NULL;
}

int tree_check_links(const char *repo, const char *from, const char *to,
		     const struct change_list *changes, struct errbuf *err)
{
	_cleanup_(links_release) struct links before = { 0 }, after = { 0 };
	const char *path;
	bool any = false;

	for (size_t i = 0; i < changes->nr; i++)
		any |= changes->v[i].mode == 0120000;
	if (!any)
		return 0;
	if (read_links(repo, from, &before, err) ||
	    read_links(repo, to, &after, err))
		return -1;
	path = new_escape(&before, &after);
	if (!path)
		return 0;
	return errbuf_set(err,
			  "%s: is a symbolic link that leads out of the tree "
			  "(to '%s')",
			  path, (char *)strmap_get(&after.map, path));
}
