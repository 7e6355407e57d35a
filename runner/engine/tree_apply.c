// SPDX-License-Identifier: GPL-2.0-only
/*
 * A series of mails on a base: one commit a patch in our own repository, until
 * one does not apply.
 *
 * Commit ids are the same in every run and on every machine: the committer is
 * fixed and its date is the base's, and so is the author's where a mail has none.
 * So what a mail makes of a commit is found once: REPO/applied/<key> holds lines
 * COMMIT, TREE and the note, where the key covers the parent and the mail.
 */
#include "engine/tree_internal.h"

#include "model/series.h"
#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/hash.h"
#include "sys/mem.h"
#include "sys/strbuf.h"

#define FALLBACK_NAME "unknown"
#define FALLBACK_EMAIL "unknown@localhost"

/* Where the series goes. */
static char *find_base(const struct tree *t, const char *base,
		       const struct series *s, struct errbuf *err)
{
	char *id;

	if (base)
		return tree_resolve(t, base, err);
	/* A tarball cannot have the commit; its only one is meant. */
	if (!s->base_commit || t->from_tarball)
		return tree_resolve(t, "HEAD", err);
	id = tree_resolve(t, s->base_commit, err);
	if (!id)
		errbuf_set(err,
			   "%s: lacks %s, the base-commit of the series; fetch "
			   "it, or say with --base what to apply the series to",
			   t->origin, s->base_commit);
	return id;
}

static void message(const struct applied *a, const struct patch *p,
		    struct strbuf *out)
{
	const char *subject = *a->subject ? a->subject : p->subject;

	strbuf_addf(out, "%s\n", subject && *subject ? subject : "(no subject)");
	if (a->body.len)
		strbuf_addch(out, '\n');
	/* A commit message cannot hold a NUL. */
	for (size_t i = 0; i < a->body.len; i++)
		if (a->body.buf[i])
			strbuf_addch(out, a->body.buf[i]);
}

static void identity(struct strlist *env, const char *name, const char *email,
		     const char *date, const char *base_date)
{
	strlist_addf(env, "GIT_AUTHOR_NAME=%s", name);
	strlist_addf(env, "GIT_AUTHOR_EMAIL=%s", email);
	strlist_addf(env, "GIT_AUTHOR_DATE=%s", date);
	strlist_addl(env, "GIT_COMMITTER_NAME=kvmatrix",
		     "GIT_COMMITTER_EMAIL=kvmatrix@localhost", NULL);
	strlist_addf(env, "GIT_COMMITTER_DATE=%s", base_date);
}

/*
 * A date or name that git does not take must not stop a run: it is tried with
 * the mail's own, without its date, and without both.
 */
static char *commit(const struct git *g, const struct applied *a,
		    const struct patch *p, const char *parent,
		    const char *base_date, struct errbuf *err)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	const char *email = *a->email ? a->email : FALLBACK_EMAIL;
	const char *name = *a->author ? a->author :
			   *a->email  ? a->email :
					FALLBACK_NAME;
	char *id = NULL;

	message(a, p, &text);
	for (int attempt = 0; attempt < 3 && !id; attempt++) {
		_cleanup_strlist_ struct strlist env = STRLIST_INIT;
		struct git mine = *g;

		errbuf_release(err);
		if (attempt == 2) {
			name = FALLBACK_NAME;
			email = FALLBACK_EMAIL;
		}
		identity(&env, name, email,
			 attempt == 0 && *a->date ? a->date : base_date,
			 base_date);
		mine.env = &env;
		mine.input = text.buf;
		mine.input_len = text.len;
		id = git_line(&mine, err, "commit-tree", "-p", parent, a->tree,
			      NULL);
	}
	return id;
}

/* The committer date of a commit in a form that GIT_COMMITTER_DATE takes. */
static char *date_of(const struct git *g, const char *commit,
		     struct errbuf *err)
{
	return git_line(g, err, "log", "--no-walk", "--format=@%ct +0000",
			commit, NULL);
}

static void not_applied(struct tree *t, const struct patch *p, char *why)
{
	struct state *s = tree_add_state(t);

	s->subject = xstrdup(p->subject ? p->subject : "");
	s->author = xstrdup(p->author ? p->author : "");
	s->not_applied = why;
}

struct run {
	struct git g;	/* with the index that holds tip_tree */
	const char *scratch;
	char *date;	/* of the base */
	char *tip;	/* commit of the last state that applied */
	char *tip_tree;
};

static void run_release(struct run *r)
{
	free(r->date);
	free(r->tip);
	free(r->tip_tree);
}

/* ---- applied before --------------------------------------------------------- */

#define APPLY_VERSION "1"

static char *memo_file(const struct tree *t, const char *parent,
		       const struct patch *p)
{
	struct hash *h = hash_new();
	_cleanup_free_ char *hex = NULL;

	hash_add_str(h, APPLY_VERSION);
	hash_add_str(h, parent);
	hash_add(h, p->mail, p->mail_len);
	hex = hash_finish(h);
	return xasprintf("%s/applied/%s", t->repo, hex);
}

static bool is_id(const char *s)
{
	size_t n = strlen(s);

	return (n == 40 || n == 64) && strspn(s, "0123456789abcdef") == n;
}

/* The lines of the patch's memo, or false. */
static bool recall(const struct tree *t, const char *parent,
		   const struct patch *p, struct strlist *lines)
{
	_cleanup_free_ char *file = memo_file(t, parent, p);
	_cleanup_errbuf_ struct errbuf ignored = ERRBUF_INIT;
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	strlist_release(lines);
	if (!file_exists(file) || file_read(file, &text, &ignored))
		return false;
	strlist_split(lines, text.buf, "\n");
	return lines->nr >= 2 && is_id(lines->v[0]) && is_id(lines->v[1]);
}

/* Without it the next run applies the patch again: no error. */
static void memorise(const struct tree *t, const char *parent,
		     const struct patch *p, const char *commit,
		     const struct applied *a)
{
	_cleanup_free_ char *file = memo_file(t, parent, p);
	_cleanup_errbuf_ struct errbuf ignored = ERRBUF_INIT;
	_cleanup_free_ char *text = xasprintf("%s\n%s\n%s\n", commit, a->tree,
					      a->note ? a->note : "");

	if (!dir_make_for(file, &ignored))
		file_write(file, text, strlen(text), &ignored);
}

/*
 * Takes the patches that were applied in this order before. Returns how many;
 * r->tip is the last one's commit. None when the repository lacks it.
 */
static size_t take_known(struct run *r, struct tree *t, const struct series *s)
{
	_cleanup_strlist_ struct strlist lines = STRLIST_INIT;
	_cleanup_strlist_ struct strlist commits = STRLIST_INIT;
	_cleanup_strlist_ struct strlist notes = STRLIST_INIT;
	_cleanup_errbuf_ struct errbuf ignored = ERRBUF_INIT;
	_cleanup_free_ char *tree = NULL, *root = NULL;
	const char *tip = r->tip;

	for (size_t i = 0; i < s->nr && recall(t, tip, &s->patches[i], &lines);
	     i++) {
		strlist_add(&commits, lines.v[0]);
		strlist_add(&notes, lines.nr > 2 ? lines.v[2] : "");
		free(tree);
		tree = xstrdup(lines.v[1]);
		tip = commits.v[i];
	}
	root = xasprintf("%s^{tree}", tip);
	if (!commits.nr || git_run(&r->g, NULL, &ignored, "cat-file", "-e",
				   root, NULL))
		return 0;
	for (size_t i = 0; i < commits.nr; i++) {
		struct state *st = tree_add_state(t);

		st->commit = xstrdup(commits.v[i]);
		if (*notes.v[i])
			st->note = xstrdup(notes.v[i]);
	}
	free(r->tip);
	r->tip = xstrdup(tip);
	free(r->tip_tree);
	r->tip_tree = STEAL(tree);
	return commits.nr;
}

/* ---- applying ------------------------------------------------------------------ */

/* 0 also when it does not apply: then *why is set, owned by the caller. */
static int one_patch(struct run *r, struct tree *t, const struct patch *p,
		     char **why, struct errbuf *err)
{
	_cleanup_(applied_release) struct applied a = { .body = STRBUF_INIT };
	struct state *s;
	char *id;

	if (tree_patch(&r->g, r->scratch, r->tip_tree, p, &a, err))
		return -1;
	if (a.refused) {
		*why = STEAL(a.refused);
		return 0;
	}
	id = commit(&r->g, &a, p, r->tip, r->date, err);
	if (!id)
		return -1;
	s = tree_add_state(t);
	s->commit = xstrdup(id);
	memorise(t, r->tip, p, id, &a);
	s->note = STEAL(a.note);
	free(r->tip);
	r->tip = id;
	free(r->tip_tree);
	r->tip_tree = STEAL(a.tree);
	return 0;
}

static int apply_all(struct run *r, struct tree *t, const struct series *s,
		     struct errbuf *err)
{
	size_t failed = 0; /* patch number, from 1 */
	size_t known = take_known(r, t, s);

	if (known < s->nr &&
	    git_run(&r->g, NULL, err, "read-tree", r->tip_tree, NULL))
		return -1;
	for (size_t i = known; i < s->nr; i++) {
		const struct patch *p = &s->patches[i];
		char *why = NULL;

		if (failed) {
			why = xasprintf("patch %zu did not apply", failed);
		} else if (one_patch(r, t, p, &why, err)) {
			return errbuf_prefix(err, "%s", p->origin ?
					     p->origin : "patch");
		}
		if (!why)
			continue;
		if (!failed)
			failed = i + 1;
		not_applied(t, p, why);
	}
	return 0;
}

int tree_apply(struct tree *t, const char *base, const struct series *s,
	       struct errbuf *err)
{
	_cleanup_git_scratch_ struct git_scratch scratch = GIT_SCRATCH_INIT;
	_cleanup_(run_release) struct run r = { .g = tree_git(t) };
	_cleanup_free_ char *index = NULL, *root = NULL;

	r.tip = find_base(t, base, s, err);
	if (!r.tip || tree_set_base(t, r.tip, err) ||
	    git_scratch_make(&scratch, t->repo, err))
		return -1;
	index = path_join(scratch.dir, "index");
	r.g.index = index;
	r.scratch = scratch.dir;
	r.date = date_of(&r.g, r.tip, err);
	root = xasprintf("%s^{tree}", r.tip);
	r.tip_tree = r.date ? git_line(&r.g, err, "rev-parse", "--verify", root,
				       NULL) : NULL;
	if (!r.tip_tree || apply_all(&r, t, s, err))
		return -1;
	return tree_fill_states(t, err);
}
