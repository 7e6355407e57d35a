// SPDX-License-Identifier: GPL-2.0-only
/*
 * One mail applied as "git am -3" does it (git-am(1); builtin/am.c of git),
 * without a work tree: a checkout of a kernel costs seconds and 1.6 GB, an index
 * of it a tenth of a second.
 *
 *  1. git mailinfo takes the mail apart;
 *  2. git apply --cached puts the patch into the index;
 *  3. when that fails: git apply --build-fake-ancestor makes the tree that the
 *     patch was written against from the blob ids in its "index" lines, the
 *     patch is applied to that, and the two are merged into our tree with
 *     rename detection (git merge-tree --write-tree, git 2.38): what git-am
 *     does in fall_back_threeway(). merge-tree takes commits and finds their
 *     ancestor itself, so three are made of the three trees.
 *
 * Carriage returns: git-am takes them off every line of a mail. A patch to a
 * file that has them is then refused although the mail is right, so the mail is
 * tried as it is too, and also with the carriage returns of an encoded body
 * taken off (git mailinfo --quoted-cr).
 */
#include "engine/tree_internal.h"

#include "model/series.h"
#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/mem.h"
#include "sys/strbuf.h"

void applied_release(struct applied *a)
{
	free(a->tree);
	free(a->refused);
	free(a->note);
	free(a->author);
	free(a->email);
	free(a->date);
	free(a->subject);
	strbuf_release(&a->body);
	*a = (struct applied){ .body = STRBUF_INIT };
}

/* Scratch files of one attempt. */
struct attempt {
	const struct git *g;
	const char *scratch;
	const char *prev;	/* tree before the patch */
	char *patch;		/* the diff, as git mailinfo gives it */
	char *body;		/* the message */
	struct strbuf complaint; /* why it was refused */
	bool unsafe; /* it applies, but the result must not be */
};

static void attempt_init(struct attempt *at, const struct git *g,
			 const char *scratch, const char *prev)
{
	at->g = g;
	at->scratch = scratch;
	at->prev = prev;
	at->patch = path_join(scratch, "patch");
	at->body = path_join(scratch, "message");
	strbuf_init(&at->complaint);
	at->unsafe = false;
}

static void attempt_release(struct attempt *at)
{
	free(at->patch);
	free(at->body);
	strbuf_release(&at->complaint);
}

/* ---- taking the mail apart ----------------------------------------------- */

/* The variants of a mail, see the top. */
enum cr_mode { CR_OFF, CR_OFF_DECODED, CR_KEEP, NR_CR_MODES };

static void without_cr(const char *mail, size_t len, struct strbuf *out)
{
	for (size_t i = 0; i < len; i++)
		if (mail[i] != '\r' || i + 1 >= len || mail[i + 1] != '\n')
			strbuf_addch(out, mail[i]);
}

static char *info_line(const char *info, const char *name)
{
	_cleanup_strlist_ struct strlist lines = STRLIST_INIT;
	size_t len = strlen(name);

	strlist_split(&lines, info, "\n");
	strlist_each(line, &lines)
		if (!strncmp(line, name, len) && starts_with(line + len, ": "))
			return xstrdup(line + len + 2);
	return xstrdup("");
}

static void take_info(struct applied *a, const char *info)
{
	free(a->author);
	free(a->email);
	free(a->date);
	free(a->subject);
	a->author = info_line(info, "Author");
	a->email = info_line(info, "Email");
	a->date = info_line(info, "Date");
	a->subject = info_line(info, "Subject");
}

/*
 * 1: done, 0: git cannot read this mail (the complaint is set), -1: error.
 * -n: a charset that git does not know is left as it is; git commit-tree then
 * takes it for Latin-1.
 */
static int mailinfo(struct attempt *at, const char *mail, size_t len,
		    enum cr_mode mode, struct applied *a, struct errbuf *err)
{
	const char *cr = mode == CR_OFF_DECODED ? "--quoted-cr=strip" :
						  "--quoted-cr=nowarn";
	struct git g = *at->g;

	g.input = mail;
	g.input_len = len;
	for (int raw = 0; raw < 2; raw++) {
		struct proc_result res = { 0 };
		int code;

		if (git_capture(&g, &res, err, "mailinfo", cr,
				raw ? "-n" : "-u", at->body, at->patch, NULL))
			return -1;
		code = res.exit_code;
		if (!code)
			take_info(a, res.output.buf);
		else if (raw && !at->complaint.len)
			strbuf_addf(&at->complaint, "git mailinfo: %s",
				    res.err_output.buf);
		proc_result_release(&res);
		if (!code)
			break;
		if (raw)
			return 0;
	}
	strbuf_reset(&a->body);
	return file_read(at->body, &a->body, err) ? -1 : 1;
}

/* ---- applying ------------------------------------------------------------ */

static char *write_tree(const struct git *g, struct errbuf *err)
{
	return git_line(g, err, "write-tree", NULL);
}

/*
 * 1: the patch is in the index, 0: refused, -1: it could not be found out.
 * git apply fails in the same way for a wrong patch and a full disk; --check
 * writes nothing, so a patch that passes it was not refused. The exception is
 * a file in the place of a directory, or the reverse, which without a work tree
 * is seen only when the index is changed.
 */
static int apply(const struct git *g, const char *patch,
		 struct strbuf *complaint, struct errbuf *err)
{
	_cleanup_free_ char *why = NULL;
	struct proc_result res = { 0 };
	int code;

	if (git_capture(g, &res, err, "apply", "--cached",
			"--whitespace=nowarn", patch, NULL))
		return -1;
	code = res.exit_code;
	why = xstrdup(res.err_output.buf);
	proc_result_release(&res);
	if (!code)
		return 1;
	strbuf_addstr(complaint, why);
	if (strstr(why, "appears as both a file and as a directory"))
		return 0;
	if (git_capture(g, &res, err, "apply", "--cached", "--check",
			"--whitespace=nowarn", patch, NULL))
		return -1;
	code = res.exit_code;
	proc_result_release(&res);
	return code ? 0 : errbuf_set(err, "git apply: %s", why);
}

/* 1: fine, 0: what must not come out of a patch (the complaint is set). */
static int vet(struct attempt *at, const char *tree)
{
	_cleanup_change_list_ struct change_list l = { 0 };
	_cleanup_errbuf_ struct errbuf why = ERRBUF_INIT;

	if (!tree_changes(at->g->repo, at->prev, tree, false, &l, &why) &&
	    !tree_check_links(at->g->repo, at->prev, tree, &l, &why))
		return 1;
	strbuf_addf(&at->complaint, "error: %s\n", why.msg);
	at->unsafe = true;
	return 0;
}

/* 1: *tree is the result and in the index. 0: refused, index as before. */
static int try_direct(struct attempt *at, char **tree, struct errbuf *err)
{
	_cleanup_free_ char *result = NULL;
	int rc = apply(at->g, at->patch, &at->complaint, err);

	if (rc <= 0)
		return rc;
	result = write_tree(at->g, err);
	if (!result)
		return -1;
	if (!vet(at, result))
		return git_run(at->g, NULL, err, "read-tree", at->prev, NULL);
	*tree = STEAL(result);
	return 1;
}

/* ---- the three-way merge ------------------------------------------------- */

/* A commit of no consequence, so that merge-tree has an ancestor to find. */
static char *wrap(const struct git *g, const char *tree, const char *parent,
		  struct errbuf *err)
{
	static const char *const who[] = {
		"GIT_AUTHOR_NAME=kvmatrix",
		"GIT_AUTHOR_EMAIL=kvmatrix@localhost",
		"GIT_AUTHOR_DATE=@0 +0000",
		"GIT_COMMITTER_NAME=kvmatrix",
		"GIT_COMMITTER_EMAIL=kvmatrix@localhost",
		"GIT_COMMITTER_DATE=@0 +0000",
	};
	_cleanup_strlist_ struct strlist env = STRLIST_INIT;
	struct git mine = *g;

	for (size_t i = 0; i < ARRAY_SIZE(who); i++)
		strlist_add(&env, who[i]);
	mine.env = &env;
	if (!parent)
		return git_line(&mine, err, "commit-tree", "-m", "ancestor",
				tree, NULL);
	return git_line(&mine, err, "commit-tree", "-m", "side", "-p", parent,
			tree, NULL);
}

/*
 * The tree the patch was made for, as far as it touches it, and the same
 * patched. 1: made, 0: cannot be (the complaint is set), -1: error.
 */
static int fake_trees(struct attempt *at, char **before, char **after,
		      struct errbuf *err)
{
	_cleanup_free_ char *index = path_join(at->scratch, "ancestor");
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	_cleanup_errbuf_ struct errbuf why = ERRBUF_INIT;
	struct git g = *at->g;
	int rc;

	if (tree_remove(index, err))
		return -1;
	if (git_run(&g, NULL, &why, "apply", "--build-fake-ancestor", index,
		    at->patch, NULL)) {
		strbuf_addf(&at->complaint, "3-way merge: %s\n", why.msg);
		return 0;
	}
	g.index = index;
	*before = write_tree(&g, &why);
	if (!*before) {
		strbuf_addstr(&at->complaint,
			      "3-way merge: the repository lacks the file "
			      "versions that the patch was made for\n");
		return 0;
	}
	rc = apply(&g, at->patch, &text, err);
	if (rc < 0)
		return -1;
	if (rc == 0) {
		strbuf_addstr(&at->complaint,
			      "3-way merge: the patch does not fit the file "
			      "versions in its index lines either; was it "
			      "edited by hand?\n");
		return 0;
	}
	*after = write_tree(&g, err);
	return *after ? 1 : -1;
}

/* The messages follow an empty line behind the tree and the conflicts. */
static void add_conflicts(struct attempt *at, const char *output)
{
	const char *messages = strstr(output, "\n\n");

	strbuf_addf(&at->complaint, "3-way merge: %s",
		    messages ? messages + 2 : output);
}

/* 1: *tree is the merge, 0: conflicts, -1: error. */
static int merge(struct attempt *at, const char *ours, const char *theirs,
		 char **tree, struct errbuf *err)
{
	struct proc_result res = { 0 };
	int rc = -1;

	if (git_capture(at->g, &res, err, "merge-tree", "--write-tree",
			"--name-only", "--messages", ours, theirs, NULL))
		return -1;
	if (res.exit_code == 0) {
		*tree = xstrndup(res.output.buf,
				 strcspn(res.output.buf, "\n"));
		rc = 1;
	} else if (res.exit_code == 1) {
		add_conflicts(at, res.output.buf);
		rc = 0;
	} else {
		errbuf_set(err, "git merge-tree (git 2.38 or newer is needed): "
			   "%s", res.err_output.buf);
	}
	proc_result_release(&res);
	return rc;
}

/* As try_direct(). */
static int try_merge(struct attempt *at, char **tree, struct errbuf *err)
{
	_cleanup_free_ char *before = NULL, *after = NULL, *result = NULL;
	_cleanup_free_ char *base = NULL, *ours = NULL, *theirs = NULL;
	int rc = fake_trees(at, &before, &after, err);

	if (rc <= 0)
		return rc;
	base = wrap(at->g, before, NULL, err);
	ours = base ? wrap(at->g, at->prev, base, err) : NULL;
	theirs = ours ? wrap(at->g, after, base, err) : NULL;
	if (!theirs)
		return -1;
	rc = merge(at, ours, theirs, &result, err);
	if (rc <= 0)
		return rc;
	if (!vet(at, result))
		return 0;
	if (git_run(at->g, NULL, err, "read-tree", result, NULL))
		return -1;
	*tree = STEAL(result);
	return 1;
}

/* ---- the whole ----------------------------------------------------------- */

static int try_mail(struct attempt *at, const char *mail, size_t len,
		    enum cr_mode mode, bool three_way, struct applied *a,
		    struct errbuf *err)
{
	int rc = mailinfo(at, mail, len, mode, a, err);

	if (rc <= 0)
		return rc;
	return three_way ? try_merge(at, &a->tree, err) :
			   try_direct(at, &a->tree, err);
}

/* Where our scratch files are is nothing a reader can use. */
static void hide_scratch(const char *scratch, struct strbuf *text)
{
	_cleanup_free_ char *old = strbuf_detach(text);
	size_t len = strlen(scratch);
	const char *p = old, *hit;

	while ((hit = strstr(p, scratch))) {
		strbuf_add(text, p, hit - p);
		p = hit + len + (hit[len] == '/');
	}
	strbuf_addstr(text, p);
}

static void refused(struct attempt *at, struct applied *a)
{
	struct strbuf *text = &at->complaint;

	if (strstr(text->buf, "empty patch") ||
	    strstr(text->buf, "No valid patches")) {
		strbuf_reset(text);
		strbuf_addstr(text, "the mail holds no patch");
	} else {
		tree_rejects(at->g, at->scratch, at->prev, at->patch, text);
		hide_scratch(at->scratch, text);
		git_chomp(text);
	}
	free(a->refused);
	a->refused = strbuf_detach(text);
}

static bool mode_differs(enum cr_mode mode, const struct patch *p)
{
	switch (mode) {
	case CR_OFF:
		return true;
	case CR_OFF_DECODED:
		/* The body has to be encoded to hide carriage returns. */
		return strcasestr(p->mail, "\nContent-Transfer-Encoding:");
	default:
		return strstr(p->mail, "\r\n");
	}
}

static void set_note(struct applied *a, const char *prev, bool three_way)
{
	if (!strcmp(a->tree, prev))
		a->note = xstrdup("changes nothing: the patch is in the tree "
				  "already");
	else if (three_way)
		a->note = xstrdup("applied with a 3-way merge: it was made "
				  "for another version of the files");
}

int tree_patch(const struct git *g, const char *scratch, const char *prev,
	       const struct patch *p, struct applied *a, struct errbuf *err)
{
	_cleanup_strbuf_ struct strbuf lf = STRBUF_INIT;
	_cleanup_(attempt_release) struct attempt first, other;
	int rc = 0;

	attempt_init(&first, g, scratch, prev);
	attempt_init(&other, g, scratch, prev);
	without_cr(p->mail, p->mail_len, &lf);
	for (int pass = 0; pass < 2; pass++) {
		for (int mode = 0; mode < NR_CR_MODES; mode++) {
			bool keep = mode == CR_KEEP;
			/* The complaint shown is about the usual reading. */
			struct attempt *at = mode == CR_OFF ? &first : &other;

			if (first.unsafe || !mode_differs(mode, p))
				continue;
			rc = try_mail(at, keep ? p->mail : lf.buf,
				      keep ? p->mail_len : lf.len, mode,
				      pass == 1, a, err);
			if (rc < 0)
				return -1;
			if (rc > 0) {
				set_note(a, prev, pass == 1);
				return 0;
			}
		}
	}
	/* The files of the usual reading again, for the rejected hunks. */
	if (mailinfo(&other, lf.buf, lf.len, CR_OFF, a, err) < 0)
		return -1;
	refused(&first, a);
	return 0;
}
