// SPDX-License-Identifier: GPL-2.0-only
/*
 * A tarball is a list of names that somebody else chose. Unpacking with
 * libarchive's secure flags protects a file system; here the entries go to
 * another program (git fast-import) and never touch one, so the same rules are
 * applied to the names themselves, with a map of all that was seen:
 *
 *  - an entry is a child of directories only, never of a file or link;
 *  - a path keeps the kind it had when first named;
 *  - every symbolic link is followed at the end, when all links are known.
 *
 * Truncation: libarchive notices it inside compressed data and inside an
 * entry, but takes a plain end of file between two entries for the end of the
 * archive. A tar ends with blocks of zeros (POSIX pax, "ustar Interchange
 * Format"), so at the end some must have been read. It stops at those
 * zeros, too, and would leave the checksum at the end of an xz or zstd stream
 * unread; "read_concatenated_archives" makes it read to the end of the file.
 * The checksum of gzip it never compares: gzip itself is asked first.
 */
#include "sys/tarball.h"

#include "sys/errbuf.h"
#include "sys/linkpath.h"
#include "sys/mem.h"
#include "sys/proc.h"
#include "sys/strbuf.h"
#include "sys/strmap.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEFAULT_BYTES (64ULL << 30)
#define DEFAULT_ENTRIES 5000000ULL
#define BLOCK_SIZE (1 << 20)
#define TAR_BLOCK 512

/* What a path was when it was first named; values of the map "seen". */
static char is_dir[] = "a directory", is_file[] = "a file",
	    is_link[] = "a symbolic link";

struct tarball {
	struct archive *a;
	char *path;
	struct tarball_limits limits;
	uint64_t bytes, entries; /* so far */
	uint64_t left;		 /* of the current file's content */
	char *top;
	struct strmap seen;  /* path below top -> is_dir, is_file, is_link */
	struct strmap links; /* path of a symbolic link -> target, owned */
	struct strbuf name;  /* of the current entry, as the archive has it */
	struct strbuf rel;   /* the same, normal and below top */
	struct strbuf target;
};

/* -1 with "ARCHIVE: entry NAME: TEXT". */
static int refuse(struct tarball *t, struct errbuf *err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static int refuse(struct tarball *t, struct errbuf *err, const char *fmt, ...)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(&text, fmt, ap);
	va_end(ap);
	return errbuf_set(err, "%s: entry '%s' %s; the archive is not used",
			  t->path, t->name.buf, text.buf);
}

static int damaged(struct tarball *t, struct errbuf *err)
{
	const char *why = archive_error_string(t->a);

	if (!why)
		why = "unreadable";
	if (!t->entries)
		return errbuf_set(err,
				  "%s: not a source tarball, or a truncated or "
				  "damaged one (%s)",
				  t->path, why);
	return errbuf_set(err,
			  "%s: truncated or damaged archive (%s), after entry "
			  "'%s'; get it again",
			  t->path, why, t->name.buf);
}

/* gzip -t reads the whole file: a few seconds, for a checksum that counts. */
static int check_gzip(const char *path, struct errbuf *err)
{
	unsigned char magic[2] = { 0, 0 };
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return errbuf_set(err, "%s: %s", path, strerror(errno));
	if (read(fd, magic, 2) != 2 || magic[0] != 0x1f || magic[1] != 0x8b)
		return 0;
	if (proc_run(NULL, err, "gzip", "-t", "--", path, NULL))
		return errbuf_prefix(err,
				     "%s: truncated or damaged archive; get it "
				     "again",
				     path);
	return 0;
}

struct tarball *tarball_open(const char *path,
			     const struct tarball_limits *limits,
			     struct errbuf *err)
{
	struct tarball *t;

	if (check_gzip(path, err))
		return NULL;
	t = xcalloc(1, sizeof(*t));
	t->path = xstrdup(path);
	if (limits)
		t->limits = *limits;
	if (!t->limits.bytes)
		t->limits.bytes = DEFAULT_BYTES;
	if (!t->limits.entries)
		t->limits.entries = DEFAULT_ENTRIES;
	strbuf_init(&t->name);
	strbuf_init(&t->rel);
	strbuf_init(&t->target);
	t->a = archive_read_new();
	if (!t->a)
		abort(); /* out of memory, as in mem.c */
	archive_read_support_filter_gzip(t->a);
	archive_read_support_filter_bzip2(t->a);
	archive_read_support_filter_xz(t->a);
	archive_read_support_filter_zstd(t->a);
	archive_read_support_format_tar(t->a);
	archive_read_set_option(t->a, "tar", "read_concatenated_archives", "1");
	if (archive_read_open_filename(t->a, path, BLOCK_SIZE) != ARCHIVE_OK) {
		damaged(t, err);
		tarball_close(t);
		return NULL;
	}
	return t;
}

void tarball_close(struct tarball *t)
{
	if (!t)
		return;
	archive_read_free(t->a);
	strmap_each(e, &t->links)
		free(strmap_value(e));
	strmap_release(&t->links);
	strmap_release(&t->seen);
	strbuf_release(&t->name);
	strbuf_release(&t->rel);
	strbuf_release(&t->target);
	free(t->top);
	free(t->path);
	free(t);
}

void tarball_closep(struct tarball **t)
{
	tarball_close(*t);
}

const char *tarball_top(const struct tarball *t)
{
	return t->top;
}

/* ".git" in the spellings that git refuses for the sake of other systems. */
static bool is_git_dir(const char *s, size_t len)
{
	return (len == 4 && !strncasecmp(s, ".git", 4)) ||
	       (len == 5 && !strncasecmp(s, "git~1", 5));
}

/*
 * Writes name without its top directory to out: components joined by one
 * slash, "." dropped. what tells a hard link's target from an entry's name.
 */
static int relative(struct tarball *t, const char *name, const char *what,
		    struct strbuf *out, struct errbuf *err)
{
	const char *p = name;
	size_t depth = 0;

	strbuf_reset(out);
	if (*name == '/')
		return refuse(t, err, "has an absolute %s", what);
	if (strlen(name) >= PATH_MAX)
		return refuse(t, err, "has a %s that is too long", what);
	for (; *p; p += strspn(p, "/")) {
		const char *c = p;
		size_t len = strcspn(p, "/");

		p += len;
		if (len == 1 && *c == '.')
			continue;
		if (len == 2 && c[0] == '.' && c[1] == '.')
			return refuse(t, err, "has '..' in its %s", what);
		if (is_git_dir(c, len))
			return refuse(t, err, "has '.git' in its %s", what);
		if (len > NAME_MAX)
			return refuse(t, err, "has a %s that is too long",
				      what);
		if (depth++ == 0) {
			if (!t->top)
				t->top = xstrndup(c, len);
			else if (strlen(t->top) != len ||
				 strncmp(t->top, c, len))
				return refuse(t, err,
					      "has a %s outside the top "
					      "directory '%s' (a source "
					      "tarball has exactly one)",
					      what, t->top);
			continue;
		}
		if (out->len)
			strbuf_addch(out, '/');
		strbuf_add(out, c, len);
	}
	return 0;
}

/* Registers rel and the directories above it. */
static int note_path(struct tarball *t, char *kind, struct errbuf *err)
{
	const char *old;

	for (char *p = t->rel.buf; (p = strchr(p, '/')); *p++ = '/') {
		*p = '\0';
		old = strmap_get(&t->seen, t->rel.buf);
		if (!old)
			strmap_set(&t->seen, t->rel.buf, is_dir);
		else if (old != is_dir)
			return refuse(t, err, "goes through '%s', which is %s",
				      t->rel.buf, old);
	}
	old = strmap_get(&t->seen, t->rel.buf);
	if (old && old != kind)
		return refuse(t, err, "is %s and was %s before", kind, old);
	if (!old)
		strmap_set(&t->seen, t->rel.buf, kind);
	return 0;
}

static int take_hardlink(struct tarball *t, const char *target,
			 struct tarball_entry *e, struct errbuf *err)
{
	if (relative(t, target, "hard link target", &t->target, err))
		return -1;
	if (strmap_get(&t->seen, t->target.buf) != is_file)
		return refuse(t, err,
			      "is a hard link to '%s', which is no earlier "
			      "file of the archive",
			      target);
	e->kind = TARBALL_HARDLINK;
	e->target = t->target.buf;
	return note_path(t, is_file, err);
}

static int take_symlink(struct tarball *t, struct archive_entry *ae,
			struct tarball_entry *e, struct errbuf *err)
{
	const char *target = archive_entry_symlink(ae);

	if (!target)
		target = archive_entry_symlink_utf8(ae);
	if (!target || !*target)
		return refuse(t, err, "is a symbolic link without a target");
	if (note_path(t, is_link, err))
		return -1;
	strbuf_reset(&t->target);
	strbuf_addstr(&t->target, target);
	free(strmap_get(&t->links, t->rel.buf));
	strmap_set(&t->links, t->rel.buf, xstrdup(target));
	e->kind = TARBALL_SYMLINK;
	e->target = t->target.buf;
	return 0;
}

static int take_file(struct tarball *t, struct archive_entry *ae,
		     struct tarball_entry *e, struct errbuf *err)
{
	int64_t size = archive_entry_size(ae);

	if (size < 0 || (uint64_t)size > t->limits.bytes - t->bytes)
		return refuse(t, err,
			      "makes the contents larger than %llu bytes",
			      (unsigned long long)t->limits.bytes);
	t->bytes += size;
	t->left = size;
	e->kind = TARBALL_FILE;
	e->size = size;
	e->executable = archive_entry_perm(ae) & 0100;
	return note_path(t, is_file, err);
}

static const char *odd_type(mode_t type)
{
	switch (type) {
	case AE_IFCHR:
	case AE_IFBLK:
		return "a device";
	case AE_IFIFO:
		return "a fifo";
	case AE_IFSOCK:
		return "a socket";
	default:
		return "of unknown type";
	}
}

/* 1: *e is filled, 0: a directory, -1: refused. */
static int take(struct tarball *t, struct archive_entry *ae,
		struct tarball_entry *e, struct errbuf *err)
{
	const char *name = archive_entry_pathname(ae);
	const char *hard = archive_entry_hardlink(ae);
	mode_t type = archive_entry_filetype(ae);

	/* NULL: a UTF-8 name that the locale (often "C") cannot express. */
	if (!name)
		name = archive_entry_pathname_utf8(ae);
	if (!hard)
		hard = archive_entry_hardlink_utf8(ae);
	strbuf_reset(&t->name);
	strbuf_addstr(&t->name, name ? name : "");
	if (!name || !*name)
		return refuse(t, err, "has no name");
	if (++t->entries > t->limits.entries)
		return refuse(t, err, "is one more than %llu entries",
			      (unsigned long long)t->limits.entries);
	if (relative(t, t->name.buf, "path", &t->rel, err))
		return -1;
	if (!hard && type == AE_IFDIR)
		return t->rel.len ? note_path(t, is_dir, err) : 0;
	if (!t->rel.len)
		return refuse(t, err, "lies outside of a top directory");
	*e = (struct tarball_entry){ .path = t->rel.buf };
	if (hard)
		return take_hardlink(t, hard, e, err) ? -1 : 1;
	if (type == AE_IFLNK)
		return take_symlink(t, ae, e, err) ? -1 : 1;
	if (type == AE_IFREG)
		return take_file(t, ae, e, err) ? -1 : 1;
	return refuse(t, err, "is %s", odd_type(type));
}

static int check_end(struct tarball *t, struct errbuf *err)
{
	int64_t zeros = archive_filter_bytes(t->a, 0) -
			archive_read_header_position(t->a);

	if (!t->entries)
		return errbuf_set(err, "%s: not a source tarball (it is empty)",
				  t->path);
	if (zeros < TAR_BLOCK)
		return errbuf_set(err,
				  "%s: truncated archive (it stops after entry "
				  "'%s' without an end mark); get it again",
				  t->path, t->name.buf);
	strmap_each(l, &t->links) {
		if (linkpath_inside(&t->links, strmap_key(l)))
			continue;
		strbuf_reset(&t->name);
		strbuf_addf(&t->name, "%s/%s", t->top, strmap_key(l));
		return refuse(t, err,
			      "is a symbolic link that leaves the tree (to "
			      "'%s')",
			      (char *)strmap_value(l));
	}
	return 0;
}

int tarball_next(struct tarball *t, struct tarball_entry *e,
		 struct errbuf *err)
{
	struct archive_entry *ae;
	int rc;

	for (;;) {
		t->left = 0;
		rc = archive_read_next_header(t->a, &ae);
		if (rc == ARCHIVE_EOF)
			return check_end(t, err);
		/* A warning is about what we do not use (owners, names that
		 * the locale cannot express). */
		if (rc != ARCHIVE_OK && rc != ARCHIVE_WARN)
			return damaged(t, err);
		rc = take(t, ae, e, err);
		if (rc)
			return rc;
	}
}

int64_t tarball_read(struct tarball *t, void *buf, size_t len,
		     struct errbuf *err)
{
	ssize_t n;

	if (!t->left)
		return 0;
	n = archive_read_data(t->a, buf, len < t->left ? len : t->left);
	if (n <= 0)
		return damaged(t, err);
	t->left -= n;
	return n;
}
