/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checked access to the members of a JSON document that may be damaged or of
 * another program: each function reads one member of one object, checks its type
 * and range, and on error (-1) names the member as people would look for it:
 * "steps[3].units.total must be a number from 0 to 4294967295". A member that is
 * absent is an error everywhere; null is not absent.
 */
#ifndef KVMATRIX_MODEL_JSON_PLACE_H
#define KVMATRIX_MODEL_JSON_PLACE_H

#include "sys/json.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct errbuf;
struct strlist;

/* An object and where in the document it is. */
struct place {
	const json_t *o;
	const struct place *up; /* NULL at the top */
	const char *key;	/* its name in up */
	size_t i;		/* its number in the list key, or PLACE_MEMBER */
	struct errbuf *err;
};
#define PLACE_MEMBER SIZE_MAX

/* Sets p->err to the member's full name followed by the message; gives -1. */
int place_fail(const struct place *p, const char *key, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Enters the object v: element i of the list key below p, or, with PLACE_MEMBER,
 * the member key itself. p must outlive sub. */
int place_enter(struct place *sub, const struct place *p, const char *key,
		size_t i, const json_t *v);

/* A string or null (out is left alone then); out is owned by the caller. */
int place_str(const struct place *p, const char *key, char **out);
/* A string, not null; borrowed from the document, or owned. */
int place_need_str(const struct place *p, const char *key, const char **out);
int place_own_str(const struct place *p, const char *key, char **out);
int place_bool(const struct place *p, const char *key, bool *out);
int place_uint(const struct place *p, const char *key, unsigned *out);
/* null gives 0, which stands for "none". */
int place_uint_or_null(const struct place *p, const char *key, unsigned *out);
/* The member "seconds": not negative. */
int place_seconds(const struct place *p, double *out);
/* Calls read for each object of the array key, until it gives -1. */
int place_each(const struct place *p, const char *key,
	       int (*read)(const struct place *sub, void *data), void *data);
/* An array; borrowed from the document. */
int place_list(const struct place *p, const char *key, const json_t **out);
/* An array of strings, appended to out as copies. */
int place_strings(const struct place *p, const char *key, struct strlist *out);
/* The value from 0 to nr - 1 whose name is the string at key, or -1. */
int place_name(const struct place *p, const char *key, const char *(*name)(int),
	       int nr);

#endif
