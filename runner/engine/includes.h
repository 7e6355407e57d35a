/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who could include what: the textual include graph of a whole kernel tree.
 *
 * It answers one question, "which sources could read this file, in any
 * configuration, at any state of the series?", with a superset: an #include
 * whose resolution depends on -I flags is taken to mean every file it could
 * name. The exact answer comes later from the compiler's own dependency files;
 * this one only has to miss nobody. See includes.c for why it does not.
 */
#ifndef KVMATRIX_ENGINE_INCLUDES_H
#define KVMATRIX_ENGINE_INCLUDES_H

#include "sys/strlist.h"
#include "sys/strmap.h"

#include <stdbool.h>
#include <stddef.h>

struct errbuf;
struct include_file;

struct include_index {
	struct include_file *files;
	size_t nr, alloc;
	size_t nr_base; /* of nr, those of the base */
	struct strmap by_path; /* path -> index + 1 */
	struct strmap by_name; /* include name without leading ../ -> users */
	/* architectures whose headers some Makefile outside arch/<name>/ puts
	 * on an include path */
	struct strlist shared_arches;
	/* directories whose Makefile builds objects of another directory */
	struct strlist crossing_dirs;
	struct strmap gone; /* paths absent at some state */
	/* base name of an included Makefile -> struct strlist * of the
	 * Makefiles that include it, in any version */
	struct strmap make_users;
};

#define INCLUDE_INDEX_INIT { 0 }
void include_index_release(struct include_index *x);

/*
 * Reads the index of the checkout from cache_file, or scans the checkout and
 * writes it (a second or two for a kernel).
 */
int include_index_open(struct include_index *x, const char *checkout,
		       const char *cache_file, struct errbuf *err);

/* False for files whose content the index has no use for. */
bool include_index_wants(const char *path);
/* Adds the includes of a further version of path (some state's content). */
void include_index_add(struct include_index *x, const char *path,
		       const char *text, size_t len);
/* Does the base have this source or Makefile? (Other files are not indexed.) */
bool include_index_in_base(const struct include_index *x, const char *path);
/* Notes that path does not exist at some state. */
void include_index_gone(struct include_index *x, const char *path);

/*
 * Sources (.c and .S files), sorted, that could read one of touched when built
 * for srcarch.
 */
void include_index_users(const struct include_index *x,
			 const struct strlist *touched, const char *srcarch,
			 struct strlist *sources);

#endif
