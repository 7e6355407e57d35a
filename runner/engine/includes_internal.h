/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What includes.c (the index), include_scan.c (what a text says) and
 * include_walk.c (who could include what) share. Nobody else includes this.
 */
#ifndef KVMATRIX_ENGINE_INCLUDES_INTERNAL_H
#define KVMATRIX_ENGINE_INCLUDES_INTERNAL_H

#include "engine/includes.h"

#include <stdint.h>

/*
 * A kernel has 60,000 sources with 360,000 include lines that say 24,000
 * different things, so everything is a number, each text is there once, and
 * chains take the place of lists: some 10 MiB in all.
 */
#define INDEX_NONE UINT32_MAX

struct include_file {
	const char *path;
	uint32_t first; /* of users, chained by next_of_file */
};

/* What an include line says. */
struct include_raw {
	const char *text; /* '"' or '<' and the name as written */
	uint32_t key;
};

/* One of these in one file. */
struct include_user {
	uint32_t raw, file;
	uint32_t next_of_file, next_of_key;
};

struct include_key {
	const char *name; /* significant part */
	uint32_t first; /* of users, chained by next_of_key */
};

/* NULL when there is none. */
const struct include_file *index_find_file(const struct include_index *x,
					   const char *path);
const struct include_key *index_find_key(const struct include_index *x,
					 const char *name);

/* include_scan.c */

/* Notes all that the text of path says. */
void include_scan(struct include_index *x, const char *path, const char *text,
		  size_t len);
bool include_is_makefile(const char *path);
/* Text that a compiler may be made to read, by the end of its name. */
bool include_is_source(const char *path);

/* includes.c: what the scan finds. */

/* path exists, whatever it includes. */
void index_file(struct include_index *x, const char *path);
/* FILE includes name; form: '"' or '<'. */
void index_name(struct include_index *x, const char *file, char form,
		const char *name, size_t len);
/* FILE refers to a file of that name in a way that no dependency file tells. */
void index_unlisted(struct include_index *x, const char *name, size_t len,
		    const char *file);
/* Makefile USER names a file; suffix: without leading "../" and variables. */
void index_named(struct include_index *x, const char *suffix, const char *user);
/* A Makefile of USER ("arm64") mentions arch/ARCH/. */
void index_arch(struct include_index *x, const char *user, const char *arch);

#endif
