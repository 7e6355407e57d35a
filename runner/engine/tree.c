// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of a struct tree and the small questions about it. The rest is next
 * door: where the sources come from (tree_repo.c, tree_import.c), what the
 * states are (tree_states.c, tree_changes.c), applying mails (tree_apply.c,
 * tree_patch.c, tree_reject.c), and putting states into directories
 * (tree_layer.c, tree_checkout.c).
 */
#include "engine/tree_internal.h"

#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/mem.h"
#include "sys/strbuf.h"

#include <errno.h>
#include <sys/stat.h>

void change_list_release(struct change_list *l)
{
	for (size_t i = 0; i < l->nr && !l->borrowed; i++) {
		free(l->v[i].path);
		free(l->v[i].blob);
		free(l->v[i].renamed_from);
	}
	free(l->v);
	*l = (struct change_list){ 0 };
}

static void state_release(struct state *s)
{
	free(s->subject);
	free(s->author);
	free(s->commit);
	free(s->tree);
	free(s->not_applied);
	free(s->note);
	strmap_release(&s->renames);
	change_list_release(&s->since_base);
	change_list_release(&s->since_prev);
}

void tree_release(struct tree *t)
{
	for (size_t i = 0; i < t->nr_states; i++)
		state_release(&t->states[i]);
	free(t->states);
	free(t->repo);
	free(t->origin);
	*t = (struct tree)TREE_INIT;
}

int tree_open(struct tree *t, const char *path, const char *cache,
	      void (*note)(void *data, const char *text), void *data,
	      struct errbuf *err)
{
	_cleanup_free_ char *trees = path_join(cache, "trees");
	_cleanup_free_ char *dir = NULL;
	struct stat st;

	if (stat(path, &st))
		return errbuf_set(err, "%s: %s; give a kernel git repository "
				  "or a source tarball",
				  path, strerror(errno));
	if (!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode))
		return errbuf_set(err, "%s: neither a git repository nor a "
				  "source tarball",
				  path);
	if (dir_make(trees, err))
		return -1;
	/* Absolute: git runs in other directories too. */
	dir = realpath(trees, NULL);
	if (!dir)
		return errbuf_set(err, "%s: %s", trees, strerror(errno));
	tree_release(t);
	t->origin = xstrdup(path);
	t->from_tarball = S_ISREG(st.st_mode);
	if (t->from_tarball ?
		    tree_import(path, dir, &t->repo, note, data, err) :
		    tree_borrow(path, dir, &t->repo, err)) {
		tree_release(t);
		return -1;
	}
	return 0;
}

bool tree_is_range(const char *text)
{
	const char *dots = strstr(text, "..");
	const char *after;

	if (!dots || file_exists(text))
		return false;
	after = dots + 2 + (dots[2] == '.');
	/* "../x" and "a/../b" are paths: no revision begins or ends with a
	 * slash. ".." alone has no revision at all. */
	if (*after == '/' || (dots > text && dots[-1] == '/'))
		return false;
	return dots > text || *after;
}

static int append_blob(void *data, size_t i, const char *content, size_t len,
		       struct errbuf *err)
{
	(void)i;
	(void)err;
	strbuf_add(data, content, len);
	return 0;
}

int tree_blob(const struct tree *t, const char *blob, struct strbuf *out,
	      struct errbuf *err)
{
	_cleanup_strlist_ struct strlist one = STRLIST_INIT;

	strlist_add(&one, blob);
	return tree_each_blob(t->repo, &one, append_blob, out, err);
}

int tree_blobs(const struct tree *t, const struct strlist *blobs,
	       int (*take)(void *data, size_t i, const char *content,
			   size_t len, struct errbuf *err),
	       void *data, struct errbuf *err)
{
	return tree_each_blob(t->repo, blobs, take, data, err);
}
