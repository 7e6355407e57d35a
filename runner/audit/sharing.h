/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which architecture may read which other one's headers, and whose a file is: from
 * audits/sharing.list. Lines of words, '#' begins a comment:
 *
 *	arch NAME...			directories below arch/
 *	share READER OWNER GLOB...	READER's units may read these files of
 *					OWNER's ('*' matches '/', too)
 */
#ifndef KVMATRIX_AUDIT_SHARING_H
#define KVMATRIX_AUDIT_SHARING_H

#include <stdbool.h>

struct errbuf;
struct sharing;

/* HOME/audits/sharing.list. NULL: err names file and line. */
struct sharing *sharing_read(const char *home, struct errbuf *err);
struct sharing *sharing_parse(const char *path, const char *text,
			      struct errbuf *err);
void sharing_free(struct sharing *s);

/*
 * The architecture that a file is of: arch/B/..., or a directory named B below
 * include/. NULL: nobody's. Static as long as s lives.
 */
const char *sharing_owner(const struct sharing *s, const char *path);
bool sharing_allows(const struct sharing *s, const char *reader,
		    const char *owner, const char *path);

#endif
