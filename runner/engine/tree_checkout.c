// SPDX-License-Identifier: GPL-2.0-only
/*
 * The one full checkout of a base: cache/base/<tree id>, the lowest layer of all
 * source trees.
 *
 * It is made under another name and renamed, and a marker beside it,
 * cache/base/<tree id>.ok, is written when all of it is on the disk: a directory
 * without its marker is from a killed run or a power cut and is made again.
 */
#include "engine/tree_internal.h"

#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/mem.h"
#include "sys/strbuf.h"

#include <errno.h>

static int check_out(const struct tree *t, const char *tree, const char *dir,
		     struct errbuf *err)
{
	_cleanup_git_scratch_ struct git_scratch scratch = GIT_SCRATCH_INIT;
	_cleanup_free_ char *index = NULL;
	struct git g = tree_git(t);

	if (tree_remove(dir, err) || dir_make(dir, err) ||
	    git_scratch_make(&scratch, t->repo, err))
		return -1;
	index = path_join(scratch.dir, "index");
	g.index = index;
	if (git_run(&g, NULL, err, "read-tree", tree, NULL))
		return -1;
	g.work_tree = dir;
	g.cwd = dir;
	return git_run(&g, NULL, err, "checkout-index", "--quiet", "--all",
		       NULL);
}

static int make_base(const struct tree *t, const char *tree, const char *path,
		     const char *marker, struct errbuf *err)
{
	_cleanup_errbuf_ struct errbuf ignored = ERRBUF_INIT;
	_cleanup_free_ char *tmp = xasprintf("%s.tmp", path);

	if (tree_remove(path, err))
		return -1;
	if (check_out(t, tree, tmp, err) || tree_publish(tmp, path, err)) {
		tree_remove(tmp, &ignored);
		return -1;
	}
	return file_write(marker, "", 0, err);
}

int tree_base_checkout(struct tree *t, const char *cache, char **path,
		       struct errbuf *err)
{
	_cleanup_free_ char *base = path_join(cache, "base");
	_cleanup_free_ char *real = NULL, *dir = NULL, *marker = NULL;
	_cleanup_free_ char *lock = NULL;
	_cleanup_close_ int fd = -1;
	const char *tree = t->states[0].tree;

	if (dir_make(base, err))
		return -1;
	/* Absolute: git runs inside it. */
	real = realpath(base, NULL);
	if (!real)
		return errbuf_set(err, "%s: %s", base, strerror(errno));
	dir = path_join(real, tree);
	marker = xasprintf("%s.ok", dir);
	lock = xasprintf("%s.lock", dir);
	fd = file_lock(lock, true, true, err);
	if (fd < 0)
		return -1;
	if (!(file_exists(marker) && dir_exists(dir)) &&
	    (tree_remove(marker, err) ||
	     make_base(t, tree, dir, marker, err)))
		return -1;
	*path = STEAL(dir);
	return 0;
}
