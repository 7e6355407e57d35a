/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which units a series most likely breaks, by a look at its text: those that write a
 * name which a patch takes from a header they read, or puts under another #if
 * there, or that include a header which is gone.
 *
 * Only for the order in which things are asked: who is suspected is judged first, so
 * that a failure is on the screen in seconds. Nothing is concluded from it.
 */
#ifndef KVMATRIX_ENGINE_SUSPECTS_H
#define KVMATRIX_ENGINE_SUSPECTS_H

#include "engine/sources.h"
#include "sys/strlist.h"

#include <stdbool.h>

struct tree;
struct unit_set;

/*
 * The names that occur in text in each place (below the same #if lines), but not
 * in those of now: "NAME". A file that is included counts with its base name,
 * "x.h". Values: anything. now: NULL when the file is gone; then what it declares
 * is not lost, other files may, but its own name, base, is.
 */
void suspects_lost(const char *before, const char *now, const char *base,
		   struct strmap *lost);
/* How many of them text writes. */
unsigned suspects_written(const char *text, const struct strmap *lost);

struct suspects {
	struct sources sources;
	struct suspect_header *headers; /* those that lose something */
	size_t nr_headers, alloc_headers;
	struct strmap scores; /* "HEADER-INDEX SOURCE" -> score + 1 */
};
/* tree and checkout outlive s. */
void suspects_find(struct suspects *s, const struct tree *tree,
		   const char *checkout);
void suspects_release(struct suspects *s);

/*
 * The state at which units of the set are suspected most, and the names of at most
 * limit of them, worst first. is_judged says which count. 0: nobody is suspected.
 */
unsigned suspects_pick(struct suspects *s, const struct unit_set *units,
		       bool (*is_judged)(void *data, const struct unit *u),
		       void *data, size_t limit, struct strlist *names);

#endif
