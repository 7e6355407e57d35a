/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A map from strings (copied) to pointers (borrowed), over uthash. This file
 * and strmap.c are the only ones that know uthash.
 */
#ifndef KVMATRIX_SYS_STRMAP_H
#define KVMATRIX_SYS_STRMAP_H

#include <stdbool.h>
#include <stddef.h>

struct strmap_entry;
struct strmap {
	struct strmap_entry *head;
};

#define STRMAP_INIT { 0 }
#define _cleanup_strmap_ __attribute__((cleanup(strmap_release)))

/* Frees keys and entries, not the values. */
void strmap_release(struct strmap *m);
/* Replaces an existing value. */
void strmap_set(struct strmap *m, const char *key, void *value);
/* NULL where the key is absent (or its value is NULL: see strmap_has). */
void *strmap_get(const struct strmap *m, const char *key);
bool strmap_has(const struct strmap *m, const char *key);
size_t strmap_nr(const struct strmap *m);

/* Iteration in order of insertion; pass NULL to begin, NULL at the end. */
struct strmap_entry *strmap_next(const struct strmap *m,
				 struct strmap_entry *e);
const char *strmap_key(const struct strmap_entry *e);
void *strmap_value(const struct strmap_entry *e);
#define strmap_each(e, m)                                                    \
	for (struct strmap_entry *e = strmap_next((m), NULL); e;             \
	     e = strmap_next((m), e))

#endif
