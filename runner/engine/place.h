/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a run works: the cache, the two fixed paths, the mode of isolation; and
 * how make is called there.
 */
#ifndef KVMATRIX_ENGINE_PLACE_H
#define KVMATRIX_ENGINE_PLACE_H

#include "sys/sandbox.h"
#include "sys/strlist.h"

#include <stdbool.h>

struct cache_use;
struct cell;
struct errbuf;
struct toolchain;

struct place {
	char *cache;   /* ${XDG_CACHE_HOME:-~/.cache}/kvmatrix */
	char *self;    /* the program, for the sandbox's helper */
	char *src;     /* cache/mnt/src */
	char *obj;     /* cache/mnt/obj */
	char *ccache;  /* cache/ccache, or NULL: not used */
	char *ccache_log; /* of this process; see place_cache_use() */
	char *scratch; /* cache/scratch/<pid>: ours alone, removed at the end */
	enum sandbox_mode mode;
	char *why_plain; /* what does not work, in SANDBOX_PLAIN mode */
	int lock; /* on the fixed paths: theirs alone in SANDBOX_PLAIN */
};

/* How far ccache may be trusted; see place_env(). */
enum place_cache {
	PLACE_CACHE_DEPEND, /* what the compiler says that it read is all */
	PLACE_CACHE_DIRECT, /* the include lists that it recorded hold */
	PLACE_CACHE_TEXT,   /* what the preprocessor says decides */
	PLACE_CACHE_OFF,
};

/*
 * Prepares the cache's directories, probes the sandbox (unless plain is asked
 * for) and removes the scratch of processes that no longer live.
 */
int place_open(struct place *p, const char *self, bool plain, bool use_ccache,
	       struct errbuf *err);
void place_close(struct place *p);

/* cache/KIND/NAME, owned. */
char *place_path(const struct place *p, const char *kind, const char *name);

/*
 * The variables for make's command line: those of the toolchain, with ccache in
 * front of the compilers when it is used.
 */
void place_make_vars(const struct place *p, const struct toolchain *t,
		     struct strlist *vars);

/*
 * The complete environment of a build: PATH and locale, fixed build stamps,
 * makeflags (a jobserver), and ccache's settings.
 *
 * space: results are shared between builds with the same. ccache looks at the
 * include list that it recorded, and cannot see a header that was not there
 * before and would be found now. So PLACE_CACHE_DIRECT and _DEPEND are right
 * within a space of states that have the same file names and Makefiles; in one
 * that has more, the preprocessor has to run for each unit (PLACE_CACHE_TEXT).
 *
 * Where nothing is in the cache, PLACE_CACHE_DEPEND saves a run of the
 * preprocessor before the compiler's, about a quarter of the time. But ccache
 * then never sees the text, in which it would find that the assembler includes
 * a file by itself (.incbin): not for objects that hold others.
 *
 * Not even the preprocessor sees such a file of the sources; where it is
 * another than in the base, ccache is off.
 *
 * configured: OBJ has a .config, and what is compiled for another one has other
 * names in the cache. It could not be shared, since all kernel units read the
 * configuration; but the list of what has been found for one name is read
 * before the compiler runs and written after it, so of two cells that compile
 * the same source at once, one would forget what the other found. Host programs
 * do not read it.
 */
void place_env(const struct place *p, const struct toolchain *t,
	       const char *makeflags, const char *space, enum place_cache how,
	       bool configured, struct strlist *env);

/* What ccache says that it found for the compilations of this process (its
 * statslog: a counter's name a line). Not known without ccache. */
void place_cache_use(const struct place *p, struct cache_use *use);

#endif
