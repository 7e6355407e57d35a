/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A series of patches as it comes from a mailbox, a directory or standard
 * input. (A revision range is resolved by the engine's source tree, because it
 * needs a repository.)
 *
 * Formats: mbox and .eml (RFC 5322, RFC 2045-2047 as "git mailsplit" and
 * "git mailinfo" read them), directories of *.patch / *.eml / *.mbox with an
 * optional quilt "series" file (quilt(1)).
 */
#ifndef KVMATRIX_MODEL_SERIES_H
#define KVMATRIX_MODEL_SERIES_H

#include "sys/strlist.h"

#include <stddef.h>

struct errbuf;

struct patch {
	char *subject;	/* UTF-8, without [PATCH n/m]; one line */
	char *author;	/* "Name <mail>", UTF-8; NULL for a bare diff */
	char *origin;	/* where it came from, for messages: file name, and
			 * "message 3 of FILE" for an mbox */
	unsigned number; /* n of [PATCH n/m]; 0 when it has none */
	unsigned total;	 /* m; 0 when it has none */
	char *mail;	 /* for git am (best with --keep-cr) or git mailinfo,
			  * NUL-terminated: the raw message, still encoded, a
			  * "From " line always first, the transport's CRLF and
			  * mboxrd quoting taken off; a bare diff has been given
			  * a header (fixed date, file name as subject) */
	size_t mail_len;
};

struct series {
	struct patch *patches; /* in the order to apply */
	size_t nr;
	size_t alloc;
	char *base_commit; /* from a base-commit: trailer; NULL when none */
	char *title;	   /* subject of the cover letter, or of the source */
	struct strlist warnings; /* doubled numbers, odd trailers, ... */
};

#define SERIES_INIT { 0 }
#define _cleanup_series_ __attribute__((cleanup(series_release)))
void series_release(struct series *s);

/*
 * Reads PATH: a file (mbox, .eml, bare diff; recognised by content, not by
 * name), a directory, or "-" for an mbox on standard input. Cover letters
 * (0/m, or without a diff when the series is numbered) are skipped, replies
 * without a diff too. Files in a directory without a quilt series file are
 * ordered by patch number when all have one, by name otherwise (2-x before
 * 10-x); messages of an mbox likewise, with "place" for "name"; a quilt series
 * file is obeyed exactly. Missing numbers (1/3, 3/3) and doubled numbers are
 * errors that name them, mixed versions of a series too. Refused with the name
 * of the place: no patch at all, binary garbage, more than 256 MiB, what
 * patch_check_paths() refuses. Error: -1, err, and s is empty.
 */
int series_read(struct series *s, const char *path, struct errbuf *err);

/*
 * Checks the paths of one diff text: refused are paths that are absolute, hold
 * "..", point into .git or hold control characters, symbolic links that lead
 * out of the tree or whose target cannot be seen, and submodules. A link that is
 * renamed without a change shows no mode in a diff: that one the caller sees in
 * the tree only. Error: -1 and err names the line.
 */
int patch_check_paths(const char *diff, size_t len, struct errbuf *err);

#endif
