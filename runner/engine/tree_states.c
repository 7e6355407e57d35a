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
#include <sys/stat.h>

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

/*
 * What a state differs from the base in is not asked of git a thousand times: it
 * follows from what each patch changes, and from what the base had at the paths
 * that some patch changes.
 */
struct in_base {
	unsigned id, mode; /* mode 0: absent */
	char blob[129];
};

struct filling {
	struct tree *t;
	struct strmap base;    /* path -> struct in_base * */
	struct strlist ask;    /* pairs whose renames git has to find */
	size_t *ask_state;     /* the state of each */
};

static void filling_release(struct filling *f)
{
	strmap_each(e, &f->base)
		free(strmap_value(e));
	strmap_release(&f->base);
	strlist_release(&f->ask);
	free(f->ask_state);
}

/* Notes what the base has at path, when nobody has touched it yet. */
static void note_base(struct filling *f, const char *path, unsigned mode,
		      const char *blob)
{
	struct in_base *old;

	if (strmap_has(&f->base, path))
		return;
	old = xcalloc(1, sizeof(*old));
	old->id = strmap_nr(&f->base) + 1;
	old->mode = mode;
	snprintf(old->blob, sizeof(old->blob), "%s", blob);
	strmap_set(&f->base, path, old);
}

/* Pair i is state i and the one after it. */
static int take_patch(void *data, size_t i, const struct raw_change *c,
		      struct errbuf *err)
{
	struct filling *f = data;
	struct state *s = &f->t->states[i + 1];

	note_base(f, c->path, c->old_mode, c->old_blob);
	if (c->to)
		note_base(f, c->to, 0, "");
	if (tree_take_change(&s->since_prev, c, err))
		return errbuf_prefix(err, "patch %u (%s)", s->patch, s->subject);
	return 0;
}

/* What of a patch's change is one to the base: false when nothing. */
static bool since_base(const struct filling *f, const struct change *c,
		       struct change *out)
{
	const struct in_base *old = strmap_get(&f->base, c->path);

	*out = *c;
	out->renamed_from = NULL;
	if (c->status == 'D')
		return old->mode != 0;
	out->status = !old->mode ? 'A' :
		      (old->mode ^ c->mode) & S_IFMT ? 'T' : 'M';
	return c->mode != old->mode || strcmp(c->blob, old->blob);
}

static void add_borrowed(struct change_list *l, const struct change *c)
{
	GROW(l->v, l->nr, l->alloc);
	l->v[l->nr++] = *c;
}

/* s->since_base from that of the state before; both lists are sorted. */
static void compose(const struct filling *f, const struct state *prev,
		    struct state *s)
{
	const struct change_list *a = &prev->since_base, *b = &s->since_prev;
	struct change_list *out = &s->since_base;
	size_t i = 0, k = 0;
	struct change c;

	out->borrowed = true;
	out->alloc = a->nr + b->nr;
	out->v = out->alloc ? xmalloc(out->alloc * sizeof(*out->v)) : NULL;
	while (i < a->nr || k < b->nr) {
		int cmp = i == a->nr ? 1 :
			  k == b->nr ? -1 :
				       strcmp(a->v[i].path, b->v[k].path);

		if (cmp < 0) {
			add_borrowed(out, &a->v[i++]);
			continue;
		}
		i += cmp == 0;
		if (since_base(f, &b->v[k++], &c))
			add_borrowed(out, &c);
	}
}

static bool appears_or_vanishes(const struct change *c)
{
	return c->status == 'A' || c->status == 'D';
}

/*
 * git pairs files that appeared with files that vanished; so the renames are the
 * state's before when these are the same. True: they are not, git has to be
 * asked.
 */
static bool renames_differ(const struct change_list *a,
			   const struct change_list *b)
{
	bool appears = false, vanishes = false, same = true;
	size_t i = 0;

	for (size_t k = 0; k < b->nr; k++) {
		const struct change *c = &b->v[k];

		if (!appears_or_vanishes(c))
			continue;
		appears = appears || c->status == 'A';
		vanishes = vanishes || c->status == 'D';
		while (i < a->nr && !appears_or_vanishes(&a->v[i]))
			i++;
		same = same && i < a->nr && a->v[i].status == c->status &&
		       a->v[i].mode == c->mode &&
		       !strcmp(a->v[i].path, c->path) &&
		       streq_null(a->v[i].blob, c->blob);
		i++;
	}
	while (i < a->nr && !appears_or_vanishes(&a->v[i]))
		i++;
	return appears && vanishes && !(same && i >= a->nr);
}

static int take_rename(void *data, size_t i, const struct raw_change *c,
		       struct errbuf *err)
{
	struct filling *f = data;
	struct state *s = &f->t->states[f->ask_state[i]];
	const struct change *from =
		tree_find_change(&s->since_base, c->path);
	struct change *to =
		(struct change *)tree_find_change(&s->since_base, c->to);

	if (!from || !to)
		return errbuf_set(err, "git diff-tree: patch %u renames %s, "
				  "which no patch touches", s->patch, c->path);
	to->renamed_from = from->path;
	return 0;
}

/*
 * The renames of the state before: the same files appeared and vanished, or none
 * did one of both.
 */
static void keep_renames(const struct state *prev, struct state *s)
{
	for (size_t i = 0; i < s->since_base.nr; i++) {
		struct change *c = &s->since_base.v[i];
		const struct change *old = tree_find_change(&prev->since_base,
							    c->path);
		const struct change *from =
			old && old->renamed_from && c->status == 'A' ?
				tree_find_change(&s->since_base,
						 old->renamed_from) :
				NULL;

		if (from && from->status == 'D')
			c->renamed_from = from->path;
	}
}

static void set_renames(struct state *s)
{
	for (size_t i = 0; i < s->since_base.nr; i++) {
		struct change *c = &s->since_base.v[i];

		if (c->renamed_from)
			strmap_set(&s->renames, c->path, c->renamed_from);
	}
}

static int fill_renames(struct filling *f, size_t nr, struct errbuf *err)
{
	struct tree *t = f->t;
	size_t k = 0;

	f->ask_state = xcalloc(nr, sizeof(*f->ask_state));
	for (size_t i = 1; i < nr; i++) {
		if (!renames_differ(&t->states[i - 1].since_base,
				    &t->states[i].since_base))
			continue;
		f->ask_state[f->ask.nr] = i;
		strlist_addf(&f->ask, "%s %s", t->states[0].tree,
			     t->states[i].tree);
	}
	if (tree_each_change(t->repo, &f->ask, true, take_rename, f, err))
		return -1;
	for (size_t i = 1; i < nr; i++) {
		if (k < f->ask.nr && f->ask_state[k] == i)
			k++;
		else
			keep_renames(&t->states[i - 1], &t->states[i]);
		set_renames(&t->states[i]);
	}
	return 0;
}

int tree_fill_states(struct tree *t, struct errbuf *err)
{
	_cleanup_(filling_release) struct filling f = { .t = t };
	_cleanup_strlist_ struct strlist pairs = STRLIST_INIT;
	size_t nr = 1;

	if (describe(t, err))
		return -1;
	for (; nr < t->nr_states && t->states[nr].commit; nr++)
		strlist_addf(&pairs, "%s %s", t->states[nr - 1].tree,
			     t->states[nr].tree);
	if (tree_each_change(t->repo, &pairs, false, take_patch, &f, err))
		return -1;
	for (size_t i = 1; i < nr; i++) {
		struct change_list *l = &t->states[i].since_prev;

		tree_sort_changes(l);
		for (size_t k = 0; k < l->nr; k++)
			l->v[k].id = ((struct in_base *)strmap_get(
					      &f.base, l->v[k].path))->id;
		compose(&f, &t->states[i - 1], &t->states[i]);
	}
	return fill_renames(&f, nr, err);
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

int tree_range_ends(const struct tree *t, const char *range, char **from,
		    char **to, struct errbuf *err)
{
	const char *dots = strstr(range, "..");
	_cleanup_free_ char *left = NULL, *a = NULL, *b = NULL;

	if (!dots || dots[2] == '.')
		return errbuf_set(err, "%s: give a range as BASE..TOPIC, with "
				  "two dots",
				  range);
	left = xstrndup(range, dots - range);
	a = tree_resolve(t, *left ? left : "HEAD", err);
	b = a ? tree_resolve(t, dots[2] ? dots + 2 : "HEAD", err) : NULL;
	if (!b || check_ancestor(t, range, a, b, err))
		return -1;
	*from = STEAL(a);
	*to = STEAL(b);
	return 0;
}

int tree_range(struct tree *t, const char *range, struct errbuf *err)
{
	_cleanup_strbuf_ struct strbuf list = STRBUF_INIT;
	_cleanup_free_ char *a = NULL, *b = NULL, *ids = NULL;
	struct git g = tree_git(t);

	if (tree_range_ends(t, range, &a, &b, err))
		return -1;
	ids = xasprintf("%s..%s", a, b);
	if (git_run(&g, &list, err, "rev-list", "--reverse", "--topo-order",
		    "--parents", ids, NULL))
		return errbuf_prefix(err, "%s", range);
	if (tree_set_base(t, a, err) || take_commits(t, range, &list, err))
		return -1;
	return tree_fill_states(t, err);
}
