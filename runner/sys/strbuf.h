/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A growing string. buf is always NUL-terminated, never NULL; len excludes
 * the NUL; the contents may hold NUL bytes.
 */
#ifndef KVMATRIX_SYS_STRBUF_H
#define KVMATRIX_SYS_STRBUF_H

#include <stdarg.h>
#include <stddef.h>

struct strbuf {
	char *buf;
	size_t len;
	size_t alloc; /* 0: buf is the shared empty string */
};

extern char strbuf_empty[];
#define STRBUF_INIT { .buf = strbuf_empty }
#define _cleanup_strbuf_ __attribute__((cleanup(strbuf_release)))

void strbuf_init(struct strbuf *sb);
/* Frees the contents; the strbuf is empty and usable afterwards. */
void strbuf_release(struct strbuf *sb);
/* Empties it and keeps the memory. */
void strbuf_reset(struct strbuf *sb);
/* Makes room for extra bytes more, and for no others. */
void strbuf_reserve(struct strbuf *sb, size_t extra);
void strbuf_add(struct strbuf *sb, const void *data, size_t len);
void strbuf_addstr(struct strbuf *sb, const char *s);
void strbuf_addch(struct strbuf *sb, char c);
void strbuf_addf(struct strbuf *sb, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void strbuf_vaddf(struct strbuf *sb, const char *fmt, va_list ap)
	__attribute__((format(printf, 2, 0)));
/* Cuts to len bytes (len <= sb->len). */
void strbuf_setlen(struct strbuf *sb, size_t len);
/* The caller owns the returned string; the strbuf is empty afterwards. */
char *strbuf_detach(struct strbuf *sb);

#endif
