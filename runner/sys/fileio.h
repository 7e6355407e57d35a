/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files and directories: whole-file reads, atomic writes, trees, locks, space.
 * All functions return 0 or a negative number with a complete message in err.
 */
#ifndef KVMATRIX_SYS_FILEIO_H
#define KVMATRIX_SYS_FILEIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct errbuf;
struct strbuf;

/* Reads all of path, appended to out. */
int file_read(const char *path, struct strbuf *out, struct errbuf *err);
/*
 * Writes a temporary neighbour, flushes it and renames it over path, so that
 * a reader or a kill sees the old file or the new one, never a part.
 */
int file_write(const char *path, const void *data, size_t len,
	       struct errbuf *err);
/* Writes all to an open file; -1: errno. */
int fd_write_all(int fd, const void *data, size_t len);
/* Copies a program; the copy may be run. */
int file_copy_program(const char *from, const char *to, struct errbuf *err);
/* Full path of a program by PATH; a name with a slash is one. Owned; NULL: it is not
 * there. */
char *program_find(const char *name);
bool file_exists(const char *path);
bool dir_exists(const char *path);
/* Creates path and its parents. */
int dir_make(const char *path, struct errbuf *err);
/* Creates the parents of path. */
int dir_make_for(const char *path, struct errbuf *err);
/*
 * Removes a file or a tree; symbolic links are removed, never followed; what
 * is absent is no error. Directories without write permission are made
 * writable first (overlay work directories are mode 0).
 */
int tree_remove(const char *path, struct errbuf *err);
/* Bytes free for an ordinary user on the file system of path, or -1. */
int64_t disk_free_bytes(const char *path);
/*
 * Advisory lock on path (created when absent). Returns a file descriptor to
 * close, or negative. wait=false: -2 when another process holds it. A lock
 * dies with its process, so none is ever stale.
 */
int file_lock(const char *path, bool exclusive, bool wait, struct errbuf *err);
/* Sets the time of last change to now: "this was used". Errors are ignored. */
void file_touch(const char *path);
/* dir/name as an owned string. */
char *path_join(const char *dir, const char *name);
/*
 * Folds "//", "/./" and "x/../" textually (no symlink is looked at):
 * "arch/s390/kvm/../../../virt/kvm/x.o" gives "virt/kvm/x.o". Owned.
 */
char *path_normalize(const char *path);
/* ${XDG_CACHE_HOME:-$HOME/.cache}/kvmatrix, absolute. Owned. */
char *cache_dir(void);

#endif
