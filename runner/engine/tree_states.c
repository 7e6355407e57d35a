// SPDX-License-Identifier: GPL-2.0-only
/*
 * The states of a run: the base, the commits of a revision range, and what
 * every state is (subject, author, changes), which is asked of git once all
 * commits are there, whether they come from a range or from mails.
 */
#include "engine/tree_internal.h"

#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/mem.h"
#include "sys/strbuf.h"

#include <stdio.h>

char *tree_resolve(const struct tree *t, const char *rev, struct errbuf *err)
{
	/* Names live in the user's repository; that of a tarball is ours. */
	struct git g = { .repo = t->from_tarball ? t->repo : NULL,
			 .cwd = t->from_tarball ? NULL : t->origin };
	_cleanup_free_ char *spec = xasprintf("%s^{commit}", rev);
	char *id = NULL;

	if (*rev && *rev != '-')
		id = git_line(&g, err, "rev-parse", "--verify", spec, NULL);
	if (!id)
		errbuf_set(err, "%s: no revision '%s' there%s", t->origin, rev,
			   t->from_tarball ? " (a tarball has one commit, HEAD)"
					     : "");
	return id;
}

static bool is_partial_clone(const struct tree *t)
{
	_cleanup_errbuf_ struct errbuf ignored = ERRBUF_INIT;
	struct git g = { .cwd = t->origin };

	return !t->from_tarball &&
	       !git_run(&g, NULL, &ignored, "config", "--get-regexp",
			"^remote\\..*\\.promisor$|^extensions\\.partialclone$",
			NULL);
}

/* A partial clone would fetch what is absent; we neither write there nor go
 * to the network, so it has to be complete for the base. */
static int check_complete(const struct tree *t, const char *commit,
			  struct errbuf *err)
{
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;
	_cleanup_free_ char *root = xasprintf("%s^{tree}", commit);
	struct git g = tree_git(t);

	if (!is_partial_clone(t))
		return 0;
	if (git_run(&g, &out, err, "rev-list", "--objects", "--no-object-names",
		    "--missing=print", "--no-walk", root, NULL))
		return -1;
	if (out.buf[0] != '?' && !strstr(out.buf, "\n?"))
		return 0;
	return errbuf_set(err,
			  "%s: a partial clone without all files of %.12s; "
			  "fetch them first (git checkout %.12s there does)",
			  t->origin, commit, commit);
}

int tree_set_base(struct tree *t, const char *commit, struct errbuf *err)
{
	_cleanup_free_ char *where = xasprintf("%s (%.12s)", t->origin, commit);
	struct state *s;

	if (check_complete(t, commit, err) ||
	    tree_check_kernel(t->repo, commit, where, err))
		return -1;
	s = tree_add_state(t);
	s->commit = xstrdup(commit);
	return 0;
}

struct state *tree_add_state(struct tree *t)
{
	struct state *s;

	t->states = xrealloc(t->states,
			     (t->nr_states + 1) * sizeof(*t->states));
	s = &t->states[t->nr_states];
	*s = (struct state){ .patch = t->nr_states };
	t->nr_states++;
	return s;
}

/* ---- what a state is ----------------------------------------------------- */

#define NR_FIELDS 4

static const char *next(const char **p, const char *end)
{
	const char *s = *p;

	if (s >= end)
		return NULL;
	*p = s + strlen(s) + 1;
	return s;
}

static int parse_log(struct tree *t, const struct strbuf *out,
		     struct errbuf *err)
{
	const char *p = out->buf, *end = out->buf + out->len;

	for (size_t i = 0; i < t->nr_states; i++) {
		struct state *s = &t->states[i];
		const char *f[NR_FIELDS];

		if (!s->commit)
			continue;
		for (int k = 0; k < NR_FIELDS; k++)
			f[k] = next(&p, end);
		if (!f[NR_FIELDS - 1] || strcmp(f[0], s->commit))
			return errbuf_set(err, "git log: cannot tell what "
					  "commit %s is", s->commit);
		free(s->subject);
		free(s->author);
		s->tree = xstrdup(f[1]);
		s->author = xstrdup(f[2]);
		s->subject = xstrdup(f[3]);
	}
	return 0;
}

static int describe(struct tree *t, struct errbuf *err)
{
	_cleanup_strbuf_ struct strbuf in = STRBUF_INIT;
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;
	struct git g = tree_git(t);

	for (size_t i = 0; i < t->nr_states; i++)
		if (t->states[i].commit)
			strbuf_addf(&in, "%s\n", t->states[i].commit);
	g.input = in.buf;
	g.input_len = in.len;
	if (git_run(&g, &out, err, "log", "--no-walk=unsorted", "--stdin",
		    "--encoding=UTF-8", "-z",
		    "--format=%H%x00%T%x00%an <%ae>%x00%s", NULL))
		return -1;
	return parse_log(t, &out, err);
}

static void set_renames(struct state *s)
{
	for (size_t i = 0; i < s->since_base.nr; i++) {
		struct change *c = &s->since_base.v[i];

		if (c->renamed_from)
			strmap_set(&s->renames, c->path, c->renamed_from);
	}
}

int tree_fill_states(struct tree *t, struct errbuf *err)
{
	if (describe(t, err))
		return -1;
	for (size_t i = 1; i < t->nr_states; i++) {
		struct state *s = &t->states[i];

		if (!s->commit)
			break;
		if (tree_changes(t->repo, t->states[0].tree, s->tree, true,
				 &s->since_base, err) ||
		    tree_changes(t->repo, t->states[i - 1].tree, s->tree, true,
				 &s->since_prev, err))
			return errbuf_prefix(err, "patch %u (%s)", s->patch,
					     s->subject);
		set_renames(s);
	}
	return 0;
}

/* ---- a revision range ---------------------------------------------------- */

/* 0: A is an ancestor of B. */
static int check_ancestor(const struct tree *t, const char *range,
			  const char *a, const char *b, struct errbuf *err)
{
	_cleanup_free_ char *shallow = path_join(t->repo, "shallow");
	_cleanup_errbuf_ struct errbuf none = ERRBUF_INIT;
	_cleanup_free_ char *fork = NULL;
	struct proc_result res = { 0 };
	struct git g = tree_git(t);
	int code;

	if (git_capture(&g, &res, err, "merge-base", "--is-ancestor", a, b,
			NULL))
		return -1;
	code = res.exit_code;
	if (code > 1)
		errbuf_set(err, "%s: %s", range, res.err_output.buf);
	proc_result_release(&res);
	if (code == 0)
		return 0;
	if (code > 1)
		return -1;
	if (file_exists(shallow))
		return errbuf_set(err,
				  "%s: %.12s is no ancestor of %.12s as far as "
				  "this shallow clone reaches; deepen it with "
				  "git fetch --deepen",
				  range, a, b);
	fork = git_line(&g, &none, "merge-base", a, b, NULL);
	if (!fork)
		return errbuf_set(err,
				  "%s: the two ends have no common history",
				  range);
	return errbuf_set(err,
			  "%s: the second is not built on the first; they "
			  "part at %.12s, so %.12s..%.12s is the series, or "
			  "rebase it first",
			  range, fork, fork, b);
}

/*
 * lines of rev-list --parents: "COMMIT PARENT [PARENT...]". Merges first: they
 * are the reason when the rest is no straight line.
 */
static int refuse_merges(const char *range, const struct strlist *lines,
			 struct errbuf *err)
{
	strlist_each(line, lines) {
		_cleanup_strlist_ struct strlist ids = STRLIST_INIT;

		strlist_split(&ids, line, " ");
		if (ids.nr > 2)
			return errbuf_set(err,
					  "%s: commit %.12s is a merge and "
					  "cannot be judged as a patch; rebase "
					  "the range into a straight line, or "
					  "begin after it: %.12s..",
					  range, ids.v[0], ids.v[0]);
	}
	return 0;
}

/* Oldest first. */
static int take_commits(struct tree *t, const char *range,
			const struct strbuf *list, struct errbuf *err)
{
	_cleanup_strlist_ struct strlist lines = STRLIST_INIT;

	strlist_split(&lines, list->buf, "\n");
	if (!lines.nr)
		return errbuf_set(err, "%s: no commits in this range", range);
	if (refuse_merges(range, &lines, err))
		return -1;
	strlist_each(line, &lines) {
		_cleanup_strlist_ struct strlist ids = STRLIST_INIT;
		const char *prev = t->states[t->nr_states - 1].commit;

		strlist_split(&ids, line, " ");
		if (ids.nr != 2 || strcmp(ids.v[1], prev))
			return errbuf_set(err,
					  "%s: not a straight line of commits "
					  "at %.12s; rebase it first",
					  range, ids.v[0]);
		tree_add_state(t)->commit = xstrdup(ids.v[0]);
	}
	return 0;
}

int tree_range(struct tree *t, const char *range, struct errbuf *err)
{
	const char *dots = strstr(range, "..");
	_cleanup_strbuf_ struct strbuf list = STRBUF_INIT;
	_cleanup_free_ char *left = NULL, *a = NULL, *b = NULL, *ids = NULL;
	struct git g = tree_git(t);

	if (!dots || dots[2] == '.')
		return errbuf_set(err, "%s: give a range as BASE..TOPIC, with "
				  "two dots",
				  range);
	left = xstrndup(range, dots - range);
	a = tree_resolve(t, *left ? left : "HEAD", err);
	b = a ? tree_resolve(t, dots[2] ? dots + 2 : "HEAD", err) : NULL;
	if (!b || check_ancestor(t, range, a, b, err))
		return -1;
	ids = xasprintf("%s..%s", a, b);
	if (git_run(&g, &list, err, "rev-list", "--reverse", "--topo-order",
		    "--parents", ids, NULL))
		return errbuf_prefix(err, "%s", range);
	if (tree_set_base(t, a, err) || take_commits(t, range, &list, err))
		return -1;
	return tree_fill_states(t, err);
}
