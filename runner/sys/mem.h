/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Allocation that cannot fail, and cleanup attributes for locals.
 *
 * Out of memory ends the program here and nowhere else (exit 3: "could not
 * find out"). Everything returned is owned by the caller and freed by free().
 */
#ifndef KVMATRIX_SYS_MEM_H
#define KVMATRIX_SYS_MEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/*
 * Once, at the start: what is freed of a large text goes back to the system at
 * once. A run lasts for hours beside compilers that need the memory.
 */
void mem_setup(void);

/* The most memory that this process has had resident so far (VmHWM of proc(5)), in
 * MiB; 0: unknown. */
unsigned mem_peak_mib(void);

void *xmalloc(size_t size);
void *xcalloc(size_t nr, size_t size);
void *xrealloc(void *p, size_t size);
char *xstrdup(const char *s);
/* NULL gives NULL. */
char *xstrdup_null(const char *s);
char *xstrndup(const char *s, size_t len);
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * Makes room for one more element in an array kept as (ptr, nr, alloc).
 */
#define GROW(ptr, nr, alloc)                                                 \
	do {                                                                 \
		if ((nr) >= (alloc)) {                                       \
			(alloc) = (alloc) ? (alloc)*2 : 16;                  \
			(ptr) = xrealloc((ptr), (alloc) * sizeof(*(ptr)));   \
		}                                                            \
	} while (0)

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

void cleanup_free(void *p); /* p is the address of a pointer */
void cleanup_close(int *fd);
#define _cleanup_free_ __attribute__((cleanup(cleanup_free)))
#define _cleanup_close_ __attribute__((cleanup(cleanup_close)))
#define _cleanup_(f) __attribute__((cleanup(f)))

/* Returns *pp and leaves NULL there: ownership passes to the caller. */
#define STEAL(p)                                                             \
	({                                                                   \
		__typeof__(p) stolen_ = (p);                                 \
		(p) = NULL;                                                  \
		stolen_;                                                     \
	})

static inline bool starts_with(const char *s, const char *prefix)
{
	return !strncmp(s, prefix, strlen(prefix));
}

static inline bool ends_with(const char *s, const char *suffix)
{
	size_t a = strlen(s), b = strlen(suffix);

	return a >= b && !strcmp(s + a - b, suffix);
}

static inline bool streq_null(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

#endif
