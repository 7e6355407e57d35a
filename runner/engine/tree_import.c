// SPDX-License-Identifier: GPL-2.0-only
/*
 * From a tarball to one commit, without unpacking.
 *
 * A kernel is 87000 files and 1.6 GB: written to disk and added with git-add it
 * takes minutes. Here the entries stream from libarchive through a pipe into
 * "git fast-import" (git-fast-import(1)), which writes a single pack: each file
 * as a blob with a mark (its number), and at the end one commit that lists
 * paths and marks. A hard link in the archive is the mark of its target. Two
 * processors work at the same time: one unpacks, one packs.
 *
 * The repository is made beside its final name and renamed when it is complete.
 * One import runs at a time, under a lock that dies with its process; so
 * whoever holds it may remove what killed imports left.
 *
 * The commit depends on the content of the archive alone (fixed identity and
 * date), so its id is the same everywhere.
 *
 * cache/trees/tarballs is a list "SHA-256 size mtime inode path", one line a
 * file, so that a known file need not be hashed again.
 */
#include "engine/tree_internal.h"

#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/hash.h"
#include "sys/mem.h"
#include "sys/pipe_to.h"
#include "sys/strbuf.h"
#include "sys/tarball.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

#define IDENTITY "kvmatrix <kvmatrix@localhost> 0 +0000"
#define CHUNK (256 * 1024)
#define TMP_SUFFIX ".import"

/* ---- which tarball is it ------------------------------------------------- */

/* "size mtime inode path", the part of a line behind the hash. */
static char *file_key(const char *path, const struct stat *st)
{
	return xasprintf("%lld %lld.%09ld %llu %s", (long long)st->st_size,
			 (long long)st->st_mtim.tv_sec, st->st_mtim.tv_nsec,
			 (unsigned long long)st->st_ino, path);
}

static char *recall(const struct strbuf *list, const char *key)
{
	_cleanup_strlist_ struct strlist lines = STRLIST_INIT;

	strlist_split(&lines, list->buf, "\n");
	strlist_each(line, &lines)
		if (strlen(line) > 65 && line[64] == ' ' &&
		    !strcmp(line + 65, key))
			return xstrndup(line, 64);
	return NULL;
}

/* All lines but those of the same path, and the new one. */
static void remember(struct strbuf *list, const char *hash, const char *key,
		     const char *path)
{
	_cleanup_free_ char *tail = xasprintf(" %s", path);
	_cleanup_strlist_ struct strlist lines = STRLIST_INIT;

	strlist_split(&lines, list->buf, "\n");
	strbuf_reset(list);
	strlist_each(line, &lines)
		if (!ends_with(line, tail))
			strbuf_addf(list, "%s\n", line);
	strbuf_addf(list, "%s %s\n", hash, key);
}

/*
 * A file written a moment ago may be written again without another time stamp;
 * it is not remembered (git calls this "racy").
 */
static bool settled(const struct stat *st)
{
	return time(NULL) - st->st_mtim.tv_sec > 2;
}

static char *tarball_hash(const char *path, const char *trees,
			  tree_note_fn note, void *data, struct errbuf *err)
{
	_cleanup_errbuf_ struct errbuf ignored = ERRBUF_INIT;
	_cleanup_strbuf_ struct strbuf list = STRBUF_INIT;
	_cleanup_free_ char *file = path_join(trees, "tarballs");
	_cleanup_free_ char *lock = path_join(trees, "tarballs.lock");
	_cleanup_free_ char *real = realpath(path, NULL);
	_cleanup_free_ char *key = NULL, *text = NULL;
	_cleanup_close_ int fd = -1;
	struct stat st;
	char *hash;

	if (!real || stat(real, &st)) {
		errbuf_set(err, "%s: %s", path, strerror(errno));
		return NULL;
	}
	key = file_key(real, &st);
	file_read(file, &list, &ignored);
	hash = recall(&list, key);
	if (hash)
		return hash;
	text = xasprintf("hashing %s", path);
	if (note && st.st_size > (32 << 20))
		note(data, text);
	hash = hash_file(real, err);
	if (!hash || !settled(&st) || strchr(real, '\n'))
		return hash;
	/* Only a convenience: when it cannot be written, nothing is lost. */
	fd = file_lock(lock, true, true, &ignored);
	if (fd < 0)
		return hash;
	strbuf_reset(&list);
	file_read(file, &list, &ignored);
	remember(&list, hash, key, real);
	file_write(file, list.buf, list.len, &ignored);
	return hash;
}

/* ---- the stream into fast-import ----------------------------------------- */

struct listed {
	char *path;
	unsigned mark;
	const char *mode;
};

struct import {
	struct tarball *tar;
	struct pipe_to *git;
	struct listed *files;
	size_t nr, alloc;
	struct strmap by_path; /* path -> index in files, plus one */
	unsigned marks;
	bool git_failed; /* it does not read any more: its log has the reason */
};

static void import_release(struct import *im)
{
	for (size_t i = 0; i < im->nr; i++)
		free(im->files[i].path);
	free(im->files);
	strmap_release(&im->by_path);
}

static int put(struct import *im, const void *data, size_t len)
{
	if (!pipe_to_write(im->git, data, len))
		return 0;
	im->git_failed = true;
	return -1;
}

static int put_str(struct import *im, const char *s)
{
	return put(im, s, strlen(s));
}

static int put_blob_head(struct import *im, uint64_t size)
{
	_cleanup_free_ char *head = xasprintf(
		"blob\nmark :%u\ndata %" PRIu64 "\n", ++im->marks, size);

	return put_str(im, head);
}

static int put_content(struct import *im, uint64_t size, struct errbuf *err)
{
	_cleanup_free_ char *buf = xmalloc(CHUNK);

	if (put_blob_head(im, size))
		return -1;
	while (size) {
		int64_t n = tarball_read(im->tar, buf, CHUNK, err);

		if (n <= 0 || put(im, buf, n))
			return -1;
		size -= n;
	}
	return put_str(im, "\n");
}

static void list_file(struct import *im, const char *path, unsigned mark,
		      const char *mode)
{
	uintptr_t at = (uintptr_t)strmap_get(&im->by_path, path);

	/* A path may come twice; as with tar, the last one counts. */
	if (at) {
		im->files[at - 1].mark = mark;
		im->files[at - 1].mode = mode;
		return;
	}
	GROW(im->files, im->nr, im->alloc);
	im->files[im->nr++] = (struct listed){ xstrdup(path), mark, mode };
	strmap_set(&im->by_path, path, (void *)(uintptr_t)im->nr);
}

static int put_entry(struct import *im, const struct tarball_entry *e,
		     struct errbuf *err)
{
	const struct listed *same;

	switch (e->kind) {
	case TARBALL_FILE:
		if (put_content(im, e->size, err))
			return -1;
		list_file(im, e->path, im->marks,
			  e->executable ? "100755" : "100644");
		return 0;
	case TARBALL_SYMLINK:
		if (put_blob_head(im, strlen(e->target)) ||
		    put_str(im, e->target) || put_str(im, "\n"))
			return -1;
		list_file(im, e->path, im->marks, "120000");
		return 0;
	case TARBALL_HARDLINK:
		/* tarball.c saw to it that the target is there. */
		same = &im->files[(uintptr_t)strmap_get(&im->by_path,
							e->target) - 1];
		list_file(im, e->path, same->mark, same->mode);
		return 0;
	}
	return -1;
}

/* A path of fast-import: quoted as in C where it has to be. */
static void add_path(struct strbuf *sb, const char *path)
{
	if (path[0] != '"' && !strchr(path, '\n')) {
		strbuf_addstr(sb, path);
		return;
	}
	strbuf_addch(sb, '"');
	for (; *path; path++) {
		if (*path == '\n')
			strbuf_addstr(sb, "\\n");
		else if (*path == '"' || *path == '\\')
			strbuf_addf(sb, "\\%c", *path);
		else
			strbuf_addch(sb, *path);
	}
	strbuf_addch(sb, '"');
}

static int put_commit(struct import *im)
{
	_cleanup_free_ char *subject =
		xasprintf("Import of %s", tarball_top(im->tar));
	_cleanup_free_ char *head = xasprintf(
		"commit refs/heads/base\ncommitter " IDENTITY
		"\ndata %zu\n%s\n", strlen(subject), subject);
	_cleanup_strbuf_ struct strbuf line = STRBUF_INIT;

	if (put_str(im, head))
		return -1;
	for (size_t i = 0; i < im->nr; i++) {
		strbuf_reset(&line);
		strbuf_addf(&line, "M %s :%u ", im->files[i].mode,
			    im->files[i].mark);
		add_path(&line, im->files[i].path);
		strbuf_addch(&line, '\n');
		if (put(im, line.buf, line.len))
			return -1;
	}
	return put_str(im, "\ndone\n");
}

static int put_all(struct import *im, struct errbuf *err)
{
	struct tarball_entry e;
	int rc;

	while ((rc = tarball_next(im->tar, &e, err)) > 0)
		if (put_entry(im, &e, err))
			return -1;
	return rc ? rc : put_commit(im);
}

static int stream(struct tarball *tar, const char *repo, struct errbuf *err)
{
	_cleanup_(import_release) struct import im = { .tar = tar };
	_cleanup_strlist_ struct strlist argv = STRLIST_INIT;
	_cleanup_strlist_ struct strlist env = STRLIST_INIT;
	_cleanup_errbuf_ struct errbuf killed = ERRBUF_INIT;
	_cleanup_free_ char *log = path_join(repo, "import.log");
	struct git g = { .repo = repo };
	int rc;

	git_argv(&g, &argv);
	/* One pack whatever its size; no search for deltas. */
	strlist_addl(&argv, "-c", "fastimport.unpackLimit=1", "fast-import",
		     "--quiet", "--done", "--depth=0", NULL);
	git_env(&g, &env);
	im.git = pipe_to_start(&argv, &env, log, err);
	if (!im.git)
		return -1;
	rc = put_all(&im, err);
	/* A fault of the archive has its message already. */
	if (rc && !im.git_failed) {
		pipe_to_finish(im.git, true, &killed);
		return -1;
	}
	if (pipe_to_finish(im.git, false, err))
		return errbuf_prefix(err, "git fast-import");
	return tree_remove(log, err);
}

/* ---- the repository ------------------------------------------------------ */

/* Removes what killed imports left; the caller holds the lock. */
static int sweep(const char *trees, struct errbuf *err)
{
	DIR *d = opendir(trees);
	struct dirent *de;
	int ret = 0;

	while (d && !ret && (de = readdir(d))) {
		_cleanup_free_ char *tmp = path_join(trees, de->d_name);

		if (ends_with(tmp, TMP_SUFFIX))
			ret = tree_remove(tmp, err);
	}
	if (d)
		closedir(d);
	return ret;
}

static int import_into(const char *path, const char *tmp, struct errbuf *err)
{
	_cleanup_tarball_ struct tarball *tar = tarball_open(path, NULL, err);

	if (!tar || tree_repo_init(tmp, "sha1", err))
		return -1;
	if (stream(tar, tmp, err))
		return -1;
	return tree_check_kernel(tmp, "refs/heads/base", path, err);
}

static int import_as(const char *path, const char *repo, tree_note_fn note,
		     void *data, struct errbuf *err)
{
	_cleanup_errbuf_ struct errbuf ignored = ERRBUF_INIT;
	_cleanup_free_ char *tmp = xasprintf("%s" TMP_SUFFIX, repo);
	_cleanup_free_ char *text =
		xasprintf("importing %s (once, about a minute)", path);

	if (note)
		note(data, text);
	if (import_into(path, tmp, err) || tree_publish(tmp, repo, err)) {
		tree_remove(tmp, &ignored);
		return -1;
	}
	return 0;
}

int tree_import(const char *path, const char *trees, char **repo,
		tree_note_fn note, void *data, struct errbuf *err)
{
	_cleanup_free_ char *hash = tarball_hash(path, trees, note, data, err);
	_cleanup_free_ char *lock = path_join(trees, "import.lock");
	_cleanup_free_ char *ours = NULL;
	_cleanup_close_ int fd = -1;

	if (!hash)
		return -1;
	ours = xasprintf("%s/%s.git", trees, hash);
	if (!dir_exists(ours)) {
		fd = file_lock(lock, true, true, err);
		if (fd < 0 || sweep(trees, err))
			return -1;
		/* Another run may have made it while we waited. */
		if (!dir_exists(ours) &&
		    import_as(path, ours, note, data, err))
			return -1;
	}
	*repo = STEAL(ours);
	return 0;
}
