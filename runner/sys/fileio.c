// SPDX-License-Identifier: GPL-2.0-only
#include "sys/fileio.h"

#include "sys/errbuf.h"
#include "sys/mem.h"
#include "sys/strbuf.h"
#include "sys/strlist.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

int file_read(const char *path, struct strbuf *out, struct errbuf *err)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	char chunk[65536];
	struct stat st;
	ssize_t n;

	if (fd < 0)
		return errbuf_set(err, "%s: %s", path, strerror(errno));
	/* some headers have 20 MB: doubling would take 32; /proc says 0 */
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_size > 0)
		strbuf_reserve(out, (size_t)st.st_size);
	while ((n = read(fd, chunk, sizeof(chunk))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errbuf_set(err, "%s: %s", path, strerror(errno));
		strbuf_add(out, chunk, n);
	}
	return 0;
}

int fd_write_all(int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		p += n;
		len -= n;
	}
	return 0;
}

int file_write(const char *path, const void *data, size_t len,
	       struct errbuf *err)
{
	_cleanup_free_ char *tmp = xasprintf("%s.tmp.%ld", path, (long)getpid());
	int fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

	if (fd < 0)
		return errbuf_set(err, "%s: %s", tmp, strerror(errno));
	if (fd_write_all(fd, data, len) || fsync(fd)) {
		errbuf_set(err, "%s: %s", tmp, strerror(errno));
		close(fd);
		unlink(tmp);
		return -1;
	}
	if (close(fd) || rename(tmp, path)) {
		errbuf_set(err, "%s: %s", path, strerror(errno));
		unlink(tmp);
		return -1;
	}
	return 0;
}

int file_copy_program(const char *from, const char *to, struct errbuf *err)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	if (file_read(from, &text, err) ||
	    file_write(to, text.buf, text.len, err))
		return -1;
	if (chmod(to, 0755))
		return errbuf_set(err, "%s: %s", to, strerror(errno));
	return 0;
}

char *program_find(const char *name)
{
	_cleanup_strlist_ struct strlist dirs = STRLIST_INIT;
	const char *path = getenv("PATH");

	if (strchr(name, '/'))
		return access(name, X_OK) ? NULL : xstrdup(name);
	strlist_split(&dirs, path ? path : "/usr/bin:/bin", ":");
	strlist_each(dir, &dirs) {
		_cleanup_free_ char *full = path_join(dir, name);

		if (!access(full, X_OK))
			return STEAL(full);
	}
	return NULL;
}

bool file_exists(const char *path)
{
	struct stat st;

	return !stat(path, &st);
}

bool dir_exists(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISDIR(st.st_mode);
}

int dir_make(const char *path, struct errbuf *err)
{
	_cleanup_free_ char *p = xstrdup(path);

	for (char *s = p + 1; *s; s++) {
		if (*s != '/')
			continue;
		*s = '\0';
		mkdir(p, 0777);
		*s = '/';
	}
	if (mkdir(p, 0777) && errno != EEXIST)
		return errbuf_set(err, "%s: %s", path, strerror(errno));
	if (!dir_exists(path))
		return errbuf_set(err, "%s: exists and is no directory", path);
	return 0;
}

int dir_make_for(const char *path, struct errbuf *err)
{
	_cleanup_free_ char *p = xstrdup(path);
	char *slash = strrchr(p, '/');

	if (!slash || slash == p)
		return 0;
	*slash = '\0';
	return dir_make(p, err);
}

static int remove_at(int dirfd, const char *name, const char *shown,
		     struct errbuf *err)
{
	struct dirent *d;
	DIR *dir;
	int fd, ret = 0;

	if (!unlinkat(dirfd, name, 0) || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return errbuf_set(err, "%s: %s", shown, strerror(errno));
	fd = openat(dirfd, name,
		    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno == EACCES && !fchmodat(dirfd, name, 0700, 0))
		fd = openat(dirfd, name,
			    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errbuf_set(err, "%s: %s", shown, strerror(errno));
	fchmod(fd, 0700);
	dir = fdopendir(fd);
	while (!ret && (d = readdir(dir))) {
		_cleanup_free_ char *sub = NULL;

		if (!strcmp(d->d_name, ".") || !strcmp(d->d_name, ".."))
			continue;
		sub = path_join(shown, d->d_name);
		ret = remove_at(fd, d->d_name, sub, err);
	}
	closedir(dir);
	if (!ret && unlinkat(dirfd, name, AT_REMOVEDIR) && errno != ENOENT)
		ret = errbuf_set(err, "%s: %s", shown, strerror(errno));
	return ret;
}

int tree_remove(const char *path, struct errbuf *err)
{
	return remove_at(AT_FDCWD, path, path, err);
}

int64_t disk_free_bytes(const char *path)
{
	struct statvfs st;

	if (statvfs(path, &st))
		return -1;
	return (int64_t)st.f_bavail * (int64_t)st.f_frsize;
}

int file_lock(const char *path, bool exclusive, bool wait, struct errbuf *err)
{
	int op = (exclusive ? LOCK_EX : LOCK_SH) | (wait ? 0 : LOCK_NB);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);

	if (fd < 0)
		return errbuf_set(err, "%s: %s", path, strerror(errno));
	while (flock(fd, op)) {
		int saved = errno;

		if (saved == EINTR)
			continue;
		close(fd);
		errbuf_set(err, "%s: %s", path,
			   saved == EWOULDBLOCK ? "locked by another run" :
						  strerror(saved));
		return saved == EWOULDBLOCK ? -2 : -1;
	}
	return fd;
}

void file_touch(const char *path)
{
	utimensat(AT_FDCWD, path, NULL, 0);
}

char *path_join(const char *dir, const char *name)
{
	return xasprintf("%s/%s", dir, name);
}

char *path_normalize(const char *path)
{
	char *out = xmalloc(strlen(path) + 1), *start = out, *end;
	size_t n, named = 0; /* parts of out that a ".." takes back */

	if (*path == '/')
		*start++ = '/';
	end = start;
	for (; *(path += strspn(path, "/")); path += n) {
		bool up;

		n = strcspn(path, "/");
		up = n == 2 && starts_with(path, "..");
		if (n == 1 && *path == '.')
			continue;
		if (up && named) {
			while (end > start && *--end != '/')
				;
			named--;
			continue;
		}
		if (end > start)
			*end++ = '/';
		memcpy(end, path, n);
		end += n;
		named += !up;
	}
	*end = '\0';
	return out;
}

char *cache_dir(void)
{
	const char *xdg = getenv("XDG_CACHE_HOME");
	const char *home = getenv("HOME");

	if (xdg && *xdg == '/')
		return path_join(xdg, "kvmatrix");
	return xasprintf("%s/.cache/kvmatrix", home && *home ? home : "/tmp");
}
