/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an ar archive holds. kbuild's built-in.a and lib.a are thin: they name
 * objects that lie elsewhere. Format: binutils' include/aout/ar.h and bfd's
 * archive.c (GNU names; "!<thin>\n").
 */
#ifndef KVMATRIX_SYS_ARARCHIVE_H
#define KVMATRIX_SYS_ARARCHIVE_H

#include <stddef.h>

struct errbuf;

struct ar_member {
	char *name;    /* in a thin archive a path, relative to the archive */
	size_t offset; /* of the contents in the file; 0 in a thin archive */
	size_t size;
};

struct ar_members {
	struct ar_member *v; /* in the archive's order */
	size_t nr, alloc;
};

#define AR_MEMBERS_INIT { 0 }
#define _cleanup_ar_members_ __attribute__((cleanup(ar_members_release)))
void ar_members_release(struct ar_members *l);

/*
 * Takes the text of an archive apart; name is for messages. 1: it is thin, 0: it
 * is not, -1: no archive, or a damaged one.
 */
int ar_members_parse(struct ar_members *l, const char *name, const char *text,
		     size_t len, struct errbuf *err);

#endif
