/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One complete message about why something could not be done, in the user's
 * words: what, where, what to do. The callee writes it once, the caller
 * decides what happens. Nothing below cmd/ prints it.
 */
#ifndef KVMATRIX_SYS_ERRBUF_H
#define KVMATRIX_SYS_ERRBUF_H

struct errbuf {
	char *msg; /* owned; NULL: no error */
};

#define ERRBUF_INIT { 0 }
#define _cleanup_errbuf_ __attribute__((cleanup(errbuf_release)))

/* Replaces the message; always returns -1, so "return errbuf_set(...)". */
int errbuf_set(struct errbuf *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Puts "text: " before the message; always returns -1. */
int errbuf_prefix(struct errbuf *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void errbuf_release(struct errbuf *err);

#endif
