// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a build sees: the bubblewrap command line.
 *
 * All of / read-only; over it empty directories where secrets, other caches
 * or sockets live; over those, what the build needs, each at its own path.
 * bwrap does its operations in order and looks up sources in the old root, so
 * a directory below a hidden one can be brought back.
 *
 * /run is hidden because a read-only mount does not stop connect(): the
 * sockets of a container daemon or a session bus lie there.
 *
 * bwrap cannot mount over a symbolic link that leads out of its new root, so
 * everything is mounted at its real path. A link that lies inside a hidden
 * directory (~/.cache -> /big/cache) is made again, so that the path by which
 * the caller knows a directory still leads there.
 *
 * Toolchains below a hidden directory stay readable: the directories in PATH,
 * and for PREFIX/bin what a gcc or clang finds beside it (PREFIX/lib, libexec,
 * include, and PREFIX/TARGET for each bin/TARGET-*), not all of PREFIX, which
 * may be ~/.local with its keys. PREFIX/shims belongs to a version manager
 * (pyenv, rbenv): its scripts lead to anywhere in PREFIX.
 */
#include "sys/sandbox_spec.h"

#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/mem.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

struct bind {
	char *dest; /* real path */
	bool writable;
};

struct view {
	struct strlist hidden; /* real paths, sorted: parents first */
	struct bind *binds;
	size_t nr, alloc;
	struct strlist links; /* pairs: target, link */
};

static void view_release(struct view *v)
{
	strlist_release(&v->hidden);
	for (size_t i = 0; i < v->nr; i++)
		free(v->binds[i].dest);
	free(v->binds);
	strlist_release(&v->links);
}

static bool is_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	return !strncmp(path, dir, n) && path[n] == '/';
}

static bool is_hidden(const struct view *v, const char *path)
{
	strlist_each(dir, &v->hidden)
		if (is_below(path, dir))
			return true;
	return false;
}

/* The home of a system account can be /bin, /dev or /usr/sbin. */
static bool is_system_dir(const char *path)
{
	static const char *const dirs[] = { "/usr", "/etc",   "/dev",  "/proc",
					    "/sys", "/bin",   "/sbin", "/lib",
					    "/lib32", "/lib64" };

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
		if (!strcmp(path, dirs[i]) || is_below(path, dirs[i]))
			return true;
	return !strcmp(path, "/") || !strcmp(path, "/var");
}

static void hide(struct view *v, const char *path)
{
	_cleanup_free_ char *real = realpath(path, NULL);

	if (real && dir_exists(real) &&
	    (!is_system_dir(real) || is_below(real, "/dev/shm")))
		strlist_take(&v->hidden, STEAL(real));
}

/* Looks at one place of the walk; at is replaced where it is a link. */
static bool restore_link(struct view *v, char **at)
{
	_cleanup_free_ char *link = xstrdup(*at);
	char *real = NULL;
	struct stat st;

	if (lstat(link, &st) || !S_ISLNK(st.st_mode))
		return true;
	real = realpath(link, NULL);
	if (!real)
		return false;
	if (is_hidden(v, link) && !strlist_has(&v->links, link)) {
		strlist_add(&v->links, real);
		strlist_add(&v->links, link);
	}
	free(*at);
	*at = real;
	return true;
}

/*
 * Walks down path, notes the symbolic links on the way that lie in a hidden
 * directory, and gives the real path, or NULL where it does not exist.
 */
static char *walk(struct view *v, const char *path)
{
	_cleanup_strlist_ struct strlist parts = STRLIST_INIT;
	_cleanup_free_ char *norm = path_normalize(path);
	char *at = xstrdup("");

	strlist_split(&parts, norm, "/");
	strlist_each(part, &parts) {
		char *next = path_join(!strcmp(at, "/") ? "" : at, part);

		free(at);
		at = next;
		if (!restore_link(v, &at)) {
			free(at);
			return NULL;
		}
	}
	if (!*at || !file_exists(at))
		free(STEAL(at));
	return at;
}

static void take_bind(struct view *v, char *dest, bool writable)
{
	for (size_t i = 0; i < v->nr; i++) {
		if (strcmp(v->binds[i].dest, dest))
			continue;
		v->binds[i].writable |= writable;
		free(dest);
		return;
	}
	GROW(v->binds, v->nr, v->alloc);
	v->binds[v->nr++] = (struct bind){ dest, writable };
}

static int need(struct view *v, const char *path, bool writable,
		struct errbuf *err)
{
	char *real = walk(v, path);

	if (!real)
		return errbuf_set(err, "%s: %s", path, strerror(ENOENT));
	take_bind(v, real, writable);
	return 0;
}

/* Toolchains ----------------------------------------------------------- */

static void keep_readable(struct view *v, char *path)
{
	if (path && is_hidden(v, path) && !strlist_has(&v->hidden, path) &&
	    dir_exists(path))
		take_bind(v, path, false);
	else
		free(path);
}

/* PREFIX/TARGET for each PREFIX/bin/TARGET-gcc, -ld and so on. */
static void keep_targets(struct view *v, const char *prefix, const char *bin)
{
	_cleanup_strlist_ struct strlist targets = STRLIST_INIT;
	DIR *dir = opendir(bin);
	struct dirent *d;

	if (!dir)
		return;
	while ((d = readdir(dir))) {
		const char *dash = strrchr(d->d_name, '-');

		if (dash && dash != d->d_name && d->d_name[0] != '.')
			strlist_take(&targets,
				     xstrndup(d->d_name, dash - d->d_name));
	}
	closedir(dir);
	strlist_sort(&targets);
	strlist_each(t, &targets)
		keep_readable(v, path_join(prefix, t));
}

static void keep_prefix(struct view *v, const char *prefix, const char *bin)
{
	static const char *const beside[] = { "lib", "lib32", "lib64",
					      "libexec", "include" };

	if (!is_hidden(v, prefix))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(beside); i++)
		keep_readable(v, path_join(prefix, beside[i]));
	keep_targets(v, prefix, bin);
}

static void keep_toolchain(struct view *v, const char *entry)
{
	_cleanup_free_ char *dir = walk(v, entry);
	_cleanup_free_ char *prefix = NULL;

	if (!dir)
		return;
	keep_readable(v, xstrdup(dir));
	prefix = xstrndup(dir, strrchr(dir, '/') - dir);
	if (ends_with(dir, "/bin"))
		keep_prefix(v, prefix, dir);
	else if (ends_with(dir, "/shims"))
		keep_readable(v, STEAL(prefix));
}

static void keep_toolchains(struct view *v)
{
	_cleanup_strlist_ struct strlist path = STRLIST_INIT;
	const char *env = getenv("PATH");

	strlist_split(&path, env ? env : "", ":");
	strlist_each(entry, &path)
		if (*entry == '/')
			keep_toolchain(v, entry);
}

/* The command line ----------------------------------------------------- */

static int by_dest(const void *a, const void *b)
{
	return strcmp(((const struct bind *)a)->dest,
		      ((const struct bind *)b)->dest);
}

static int collect(struct view *v, const struct sandbox_spec *spec,
		   struct errbuf *err)
{
	strlist_add(&v->hidden, "/dev"); /* bwrap makes a new one */
	hide(v, "/tmp");
	hide(v, "/run");
	strlist_each(dir, &spec->hidden)
		hide(v, dir);
	strlist_sort(&v->hidden);
	keep_toolchains(v);
	if (need(v, spec->src, false, err) || need(v, spec->obj, true, err))
		return -1;
	strlist_each(dir, &spec->writable)
		if (need(v, dir, true, err))
			return -1;
	strlist_each(dir, &spec->readable)
		keep_readable(v, walk(v, dir));
	/* A directory comes before what lies below it. */
	qsort(v->binds, v->nr, sizeof(*v->binds), by_dest);
	return 0;
}

static void put(const struct view *v, const struct sandbox_spec *spec,
		int status_fd, struct strlist *argv)
{
	strlist_addl(argv, "bwrap", "--die-with-parent", "--unshare-net",
		     "--unshare-pid", "--unshare-ipc",
		     /* Root would keep the capability to remount otherwise. */
		     "--cap-drop", "ALL", "--json-status-fd", NULL);
	strlist_addf(argv, "%d", status_fd);
	strlist_addl(argv, "--ro-bind", "/", "/", "--dev", "/dev", "--proc",
		     "/proc", NULL);
	strlist_each(dir, &v->hidden)
		if (strcmp(dir, "/dev"))
			strlist_addl(argv, "--tmpfs", dir, NULL);
	for (size_t i = 0; i + 1 < v->links.nr; i += 2)
		strlist_addl(argv, "--symlink", v->links.v[i],
			     v->links.v[i + 1], NULL);
	for (size_t i = 0; i < v->nr; i++)
		strlist_addl(argv, v->binds[i].writable ? "--bind" : "--ro-bind",
			     v->binds[i].dest, v->binds[i].dest, NULL);
	strlist_addl(argv, "--chdir", spec->obj, "--setenv", "HOME", "/tmp",
		     "--unsetenv", "TMPDIR", "--", NULL);
}

int sandbox_bwrap_argv(const struct sandbox_spec *spec, int status_fd,
		       struct strlist *argv, struct errbuf *err)
{
	struct view v = { 0 };
	int ret = collect(&v, spec, err);

	if (!ret)
		put(&v, spec, status_fd, argv);
	view_release(&v);
	return ret;
}
