/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who could include what: the textual include graph of a whole kernel tree.
 *
 * It answers one question, "which sources could read this file, in any
 * configuration, at any state of the series?", with a superset: an #include
 * whose resolution depends on -I flags is taken to mean every file it could
 * name. The exact answer comes later from the compiler's own dependency files;
 * this one only has to miss nobody. See include_walk.c for why it does not.
 */
#ifndef KVMATRIX_ENGINE_INCLUDES_H
#define KVMATRIX_ENGINE_INCLUDES_H

#include "sys/strlist.h"
#include "sys/strmap.h"

#include <stdbool.h>
#include <stddef.h>

struct errbuf;
struct include_file;
struct include_user;
struct include_key;

struct include_index {
	struct include_file *files;
	size_t nr, alloc;
	size_t nr_base; /* of nr, those of the base */
	/* Chained through by the name they include; see includes.c. */
	struct include_user *users;
	size_t nr_users, alloc_users;
	struct include_key *keys; /* names, without leading ../ */
	size_t nr_keys, alloc_keys;
	struct include_raw *raws;
	size_t nr_raws, alloc_raws;
	/* hash tables: number + 1 */
	unsigned *path_slots, *key_slots, *raw_slots;
	size_t nr_path_slots, nr_key_slots, nr_raw_slots;
	struct strlist blocks;	/* that hold all strings */
	char *block_at;		/* free part of the last one */
	size_t block_left;
	/* architectures whose headers some Makefile outside arch/<name>/ puts
	 * on an include path */
	struct strlist shared_arches;
	/* directories whose Makefile builds objects of another directory */
	struct strlist crossing_dirs;
	struct strmap gone; /* paths absent at some state */

	/* What dependency files do not tell; see impact.c. Each maps to a
	 * struct strlist *, over all versions. */

	/* name of a file in a Makefile, from the first component that is no
	 * variable and no "..", -> these Makefiles */
	struct strmap named;
	/* base name in __has_include, .include or .incbin -> these files */
	struct strmap unlisted;
	/* path -> symbolic links that stand for it */
	struct strmap links;
	struct strmap link_paths; /* these links (value: anything) */
	/* "arm64 arm": a Makefile of arm64 mentions arch/arm/ (value: anything) */
	struct strmap arch_pairs;
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
bool include_index_is_makefile(const char *path);
/* Adds the includes of a further version of path (some state's content). */
void include_index_add(struct include_index *x, const char *path,
		       const char *text, size_t len);
/* Does the base have this source or Makefile? (Other files are not indexed.) */
bool include_index_in_base(const struct include_index *x, const char *path);
/* Notes that path is a symbolic link, in some version. */
void include_index_link(struct include_index *x, const char *path,
			const char *target);
/* Notes that path does not exist at some state. */
void include_index_gone(struct include_index *x, const char *path);

/* Files whose path ends in "/NAME", in any version of the tree, sorted. */
void include_index_called(const struct include_index *x, const char *name,
			  struct strlist *paths);

/*
 * Sources (.c and .S files), sorted, that could read one of touched when built
 * for srcarch.
 */
void include_index_users(const struct include_index *x,
			 const struct strlist *touched, const char *srcarch,
			 struct strlist *sources);

#endif
