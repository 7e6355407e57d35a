/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A list of owned strings.
 */
#ifndef KVMATRIX_SYS_STRLIST_H
#define KVMATRIX_SYS_STRLIST_H

#include <stdbool.h>
#include <stddef.h>

struct strlist {
	char **v; /* v[nr] is NULL once anything was added: usable as an argv */
	size_t nr;
	size_t alloc;
};

#define STRLIST_INIT { 0 }
#define _cleanup_strlist_ __attribute__((cleanup(strlist_release)))
#define strlist_each(s, l)                                                   \
	for (char **s##_p = (l)->v, *s;                                      \
	     s##_p && s##_p < (l)->v + (l)->nr && (s = *s##_p, 1); s##_p++)

void strlist_release(struct strlist *l);
/* Appends a copy. */
void strlist_add(struct strlist *l, const char *s);
/* Appends s itself; the list owns it from now on. */
void strlist_take(struct strlist *l, char *s);
void strlist_addf(struct strlist *l, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Appends all arguments up to the terminating NULL. */
void strlist_addl(struct strlist *l, ...) __attribute__((sentinel));
void strlist_cat(struct strlist *l, const struct strlist *other);
/* strcmp order, doubles removed. */
void strlist_sort(struct strlist *l);
/* Linear search. */
bool strlist_has(const struct strlist *l, const char *s);
/* Binary search in a list that strlist_sort() has ordered. */
bool strlist_has_sorted(const struct strlist *l, const char *s);
/* The same strings in the same order. */
bool strlist_equal(const struct strlist *a, const struct strlist *b);
/* Splits at any character of seps; empty fields are dropped. */
void strlist_split(struct strlist *l, const char *text, const char *seps);
/* Joined by sep; the caller frees. */
char *strlist_join(const struct strlist *l, const char *sep);

#endif
