/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading a source tarball that nobody vouches for. tarball.c is the sole owner
 * of <archive.h>.
 *
 * Nothing is unpacked here: entries are handed out one after the other, with
 * the single top directory taken off, and only when they are harmless.
 *
 *  1. t = tarball_open();
 *  2. tarball_next() until it gives 0 (the end, all checks passed) or -1;
 *     after a TARBALL_FILE read its content with tarball_read();
 *  3. tarball_close().
 *
 * What was handed out before -1 must be thrown away: some faults (a symbolic
 * link that leaves the tree, a truncated end) can only be seen at the end.
 */
#ifndef KVMATRIX_SYS_TARBALL_H
#define KVMATRIX_SYS_TARBALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct errbuf;
struct tarball;

enum tarball_kind {
	TARBALL_FILE,	 /* size bytes follow, executable or not */
	TARBALL_SYMLINK, /* to target */
	TARBALL_HARDLINK /* same content as the earlier file target */
};

struct tarball_entry {
	enum tarball_kind kind;
	const char *path; /* below the top directory; valid until the next */
	const char *target;
	bool executable;
	uint64_t size; /* of TARBALL_FILE, in bytes */
};

/* 0 in a field stands for the default. */
struct tarball_limits {
	uint64_t bytes;	  /* sum of the files' sizes; 64 GiB */
	uint64_t entries; /* 5 million */
};

/*
 * Opens a .tar, plain or compressed with gzip, xz, zstd or bzip2, recognised by
 * content. limits may be NULL. NULL and err: no such file, not a tar.
 */
struct tarball *tarball_open(const char *path,
			     const struct tarball_limits *limits,
			     struct errbuf *err);
/*
 * 1: *e is filled. 0: the archive is complete and safe. -1: err names the
 * archive, the entry and the reason: an absolute path, "..", ".git", a path
 * through a symbolic link of the archive, a hard or symbolic link that leaves
 * the tree, a device, fifo or socket, a second top directory, too much of it,
 * truncated or damaged data. Directories are checked and not handed out.
 */
int tarball_next(struct tarball *t, struct tarball_entry *e,
		 struct errbuf *err);
/* Bytes put into buf; 0 after exactly e->size bytes; -1 err. */
int64_t tarball_read(struct tarball *t, void *buf, size_t len,
		     struct errbuf *err);
/* Name of the single top directory; NULL before the first entry. */
const char *tarball_top(const struct tarball *t);
void tarball_close(struct tarball *t);
void tarball_closep(struct tarball **t);
#define _cleanup_tarball_ __attribute__((cleanup(tarball_closep)))

#endif
