// SPDX-License-Identifier: GPL-2.0-only
/*
 * States as files: the upper source layer of a state, and a checkout that is
 * moved from one state to another.
 *
 * A layer holds what differs from the base. What vanished is a whiteout
 * (Documentation/filesystems/overlayfs.rst); where nothing is left of a
 * directory, one whiteout stands for it, as "rm -r" on an overlay would leave it:
 * an empty directory would be something that git, and a fresh checkout, do not
 * have. A file of the base that became a directory, or the reverse, needs no
 * whiteout: in an overlay the upper one hides a lower one of another kind.
 *
 * Files are created by walking down from a directory descriptor without
 * following symbolic links, and always anew, so a checkout whose files are
 * hard links to another one may be moved.
 */
#include "engine/tree_internal.h"

#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/mem.h"
#include "sys/sandbox.h"
#include "sys/strbuf.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define DIR_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

/* ---- one file below a top directory -------------------------------------- */

/*
 * The directory of path (relative to the descriptor top), made when make is
 * set; *name is the last component, inside path. -1: errno.
 */
static int parent_of(int top, const char *path, bool make, const char **name)
{
	int dir = fcntl(top, F_DUPFD_CLOEXEC, 0);
	const char *slash;

	for (; dir >= 0 && (slash = strchr(path, '/')); path = slash + 1) {
		char part[NAME_MAX + 1];
		int next;

		if ((size_t)(slash - path) > NAME_MAX) {
			close(dir);
			errno = ENAMETOOLONG;
			return -1;
		}
		snprintf(part, sizeof(part), "%.*s", (int)(slash - path), path);
		if (make && mkdirat(dir, part, 0777) && errno != EEXIST) {
			close(dir);
			return -1;
		}
		next = openat(dir, part, DIR_FLAGS);
		close(dir);
		dir = next;
	}
	*name = path;
	return dir;
}

static int put_regular(int dir, const char *name, unsigned mode,
		       const char *content, size_t len)
{
	int fd = openat(dir, name,
			O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			mode == 0100755 ? 0777 : 0666);

	if (fd < 0)
		return -1;
	if (fd_write_all(fd, content, len)) {
		int saved = errno;

		close(fd);
		errno = saved;
		return -1;
	}
	return close(fd);
}

/* Creates the file of a change, replacing what is there. -1: errno. */
static int put_file(int top, const struct change *c, const char *content,
		    size_t len)
{
	const char *name;
	_cleanup_close_ int dir = parent_of(top, c->path, true, &name);

	if (dir < 0)
		return -1;
	if (unlinkat(dir, name, 0) && errno != ENOENT)
		return -1;
	if (c->mode != 0120000)
		return put_regular(dir, name, c->mode, content, len);
	if (memchr(content, '\0', len) || len == 0) {
		errno = EINVAL;
		return -1;
	}
	/* A blob's content is followed by a byte of cat-file's own. */
	_cleanup_free_ char *target = xstrndup(content, len);

	return symlinkat(target, dir, name);
}

struct put {
	int top;
	const char *shown; /* of top, for messages */
	const struct change **which;
};

static int put_blob(void *data, size_t i, const char *content, size_t len,
		    struct errbuf *err)
{
	const struct put *p = data;

	if (put_file(p->top, p->which[i], content, len))
		return errbuf_set(err, "%s/%s: %s", p->shown,
				  p->which[i]->path, strerror(errno));
	return 0;
}

/* All new and changed files of l below dir. */
static int put_files(const char *repo, const struct change_list *l, int top,
		     const char *dir, struct errbuf *err)
{
	_cleanup_strlist_ struct strlist blobs = STRLIST_INIT;
	_cleanup_free_ const struct change **which =
		xcalloc(l->nr + 1, sizeof(*which));
	struct put p = { .top = top, .shown = dir, .which = which };

	for (size_t i = 0; i < l->nr; i++) {
		if (l->v[i].status == 'D')
			continue;
		which[blobs.nr] = &l->v[i];
		strlist_add(&blobs, l->v[i].blob);
	}
	return tree_each_blob(repo, &blobs, put_blob, &p, err);
}

/* ---- whiteouts ----------------------------------------------------------- */

static bool has_deletions(const struct change_list *l)
{
	for (size_t i = 0; i < l->nr; i++)
		if (l->v[i].status == 'D')
			return true;
	return false;
}

/* The directories of a tree, sorted. */
static int list_dirs(const char *repo, const char *tree, struct strlist *dirs,
		     struct errbuf *err)
{
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;
	struct git g = { .repo = repo };

	if (git_run(&g, &out, err, "ls-tree", "-r", "-d", "-z", "--full-tree",
		    "--name-only", tree, NULL))
		return -1;
	for (const char *p = out.buf; p < out.buf + out.len; p += strlen(p) + 1)
		strlist_add(dirs, p);
	strlist_sort(dirs);
	return 0;
}

/*
 * What to white out for a deleted path: the topmost of its directories that is
 * gone, or itself. NULL: nothing, a file or directory of the state hides it.
 */
static char *whiteout_for(const struct change_list *l,
			  const struct strlist *dirs, const char *path)
{
	_cleanup_free_ char *part = xstrdup(path);
	const struct change *c;

	for (char *s = part; (s = strchr(s, '/')); *s++ = '/') {
		*s = '\0';
		if (strlist_has_sorted(dirs, part))
			continue;
		c = tree_find_change(l, part);
		return c && c->status != 'D' ? NULL : STEAL(part);
	}
	return strlist_has_sorted(dirs, path) ? NULL : STEAL(part);
}

static int put_whiteouts(const char *repo, const struct state *s,
			 const char *dir, struct errbuf *err)
{
	_cleanup_strlist_ struct strlist dirs = STRLIST_INIT;
	_cleanup_strlist_ struct strlist gone = STRLIST_INIT;
	const struct change_list *l = &s->since_base;

	if (!has_deletions(l))
		return 0;
	if (list_dirs(repo, s->tree, &dirs, err))
		return -1;
	for (size_t i = 0; i < l->nr; i++) {
		char *path = l->v[i].status == 'D' ?
				     whiteout_for(l, &dirs, l->v[i].path) :
				     NULL;

		if (path)
			strlist_take(&gone, path);
	}
	strlist_sort(&gone);
	strlist_each(path, &gone) {
		_cleanup_free_ char *full = path_join(dir, path);

		if (dir_make_for(full, err) || sandbox_whiteout(full, err))
			return -1;
	}
	return 0;
}

/* Removes all whiteouts below the directory fd, and what only they kept. */
static int remove_whiteouts(int fd)
{
	DIR *d = fdopendir(fd);
	struct dirent *e;
	int ret = 0;

	if (!d)
		return -1;
	while (!ret && (e = readdir(d))) {
		struct stat st;

		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		ret = fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW);
		if (!ret && S_ISCHR(st.st_mode)) {
			ret = unlinkat(dirfd(d), e->d_name, 0);
		} else if (!ret && S_ISDIR(st.st_mode)) {
			int sub = openat(dirfd(d), e->d_name, DIR_FLAGS);

			ret = sub < 0 ? -1 : remove_whiteouts(sub);
			/* fails when it is not empty, as it should */
			if (!ret)
				unlinkat(dirfd(d), e->d_name, AT_REMOVEDIR);
		}
	}
	closedir(d);
	return ret;
}

/* ---- the public ways ----------------------------------------------------- */

static int check_state(const struct state *s, struct errbuf *err)
{
	if (s->commit)
		return 0;
	return errbuf_set(err, "patch %u (%s) did not apply: there is no such "
			  "source tree", s->patch, s->subject);
}

int tree_state_layer(const struct tree *t, const struct state *s,
		     const char *dir, struct errbuf *err)
{
	_cleanup_close_ int top = -1;

	if (check_state(s, err) ||
	    tree_check_links(t->repo, t->states[0].tree, s->tree,
			     &s->since_base, err) ||
	    tree_remove(dir, err) || dir_make(dir, err))
		return -1;
	top = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (top < 0)
		return errbuf_set(err, "%s: %s", dir, strerror(errno));
	if (put_files(t->repo, &s->since_base, top, dir, err))
		return -1;
	return put_whiteouts(t->repo, s, dir, err);
}

/* Removes the file and the directories that it leaves empty. -1: errno. */
static int drop_file(int top, const char *path)
{
	_cleanup_free_ char *up = xstrdup(path);
	const char *name;
	int dir = parent_of(top, path, false, &name), rc;

	if (dir < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -1;
	rc = unlinkat(dir, name, 0);
	if (rc && errno == ENOENT)
		rc = 0;
	close(dir);
	for (char *s; !rc && (s = strrchr(up, '/'));) {
		*s = '\0';
		dir = parent_of(top, up, false, &name);
		if (dir < 0)
			break;
		/* Not empty: the end of it. */
		if (unlinkat(dir, name, AT_REMOVEDIR)) {
			close(dir);
			break;
		}
		close(dir);
	}
	return rc;
}

static int drop_files(const struct change_list *l, int top, const char *dir,
		      struct errbuf *err)
{
	for (size_t i = 0; i < l->nr; i++)
		if (l->v[i].status == 'D' && drop_file(top, l->v[i].path))
			return errbuf_set(err, "%s/%s: %s", dir, l->v[i].path,
					  strerror(errno));
	return 0;
}

int tree_layer_move(const struct tree *t, const char *dir,
		    const struct state *from, const struct state *to,
		    struct errbuf *err)
{
	_cleanup_change_list_ struct change_list l = { 0 };
	_cleanup_close_ int top = -1;

	if (check_state(from, err) || check_state(to, err) ||
	    tree_changes(t->repo, from->tree, to->tree, false, &l, err) ||
	    tree_check_links(t->repo, from->tree, to->tree, &l, err))
		return -1;
	top = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	/* A directory may have been whited out whole: all are put anew. */
	if (top < 0 || remove_whiteouts(fcntl(top, F_DUPFD_CLOEXEC, 0)))
		return errbuf_set(err, "%s: %s", dir, strerror(errno));
	if (drop_files(&l, top, dir, err) ||
	    put_files(t->repo, &l, top, dir, err))
		return -1;
	return put_whiteouts(t->repo, to, dir, err);
}

int tree_checkout_move(const struct tree *t, const char *checkout,
		       const struct state *from, const struct state *to,
		       struct errbuf *err)
{
	_cleanup_change_list_ struct change_list l = { 0 };
	_cleanup_close_ int top = -1;

	if (!from)
		from = &t->states[0];
	if (check_state(from, err) || check_state(to, err) ||
	    tree_changes(t->repo, from->tree, to->tree, false, &l, err) ||
	    tree_check_links(t->repo, from->tree, to->tree, &l, err))
		return -1;
	top = open(checkout, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (top < 0)
		return errbuf_set(err, "%s: %s", checkout, strerror(errno));
	/* First what vanishes: it may be where something new goes. */
	if (drop_files(&l, top, checkout, err))
		return -1;
	return put_files(t->repo, &l, top, checkout, err);
}
