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

struct cell;
struct errbuf;
struct toolchain;

struct place {
	char *cache;   /* ${XDG_CACHE_HOME:-~/.cache}/kvmatrix */
	char *self;    /* the program, for the sandbox's helper */
	char *src;     /* cache/mnt/src */
	char *obj;     /* cache/mnt/obj */
	char *ccache;  /* cache/ccache, or NULL: not used */
	char *scratch; /* cache/scratch/<pid>: ours alone, removed at the end */
	enum sandbox_mode mode;
	char *why_plain; /* what does not work, in SANDBOX_PLAIN mode */
	int lock; /* on the fixed paths: theirs alone in SANDBOX_PLAIN */
};

/* How far ccache may be trusted at a state; see place_env(). */
enum place_cache {
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
 * makeflags (a jobserver), and ccache's settings. Results are shared between
 * states of one base (its tree id). PLACE_CACHE_DIRECT is for a state that has
 * the file names and Makefiles of the base; where it has not, a header could be
 * found that was not there before, which direct mode cannot see, so the
 * preprocessor runs for each unit (PLACE_CACHE_TEXT). Not even the preprocessor
 * sees what the assembler includes by itself; where such a file is another than
 * in the base, ccache is off.
 */
void place_env(const struct place *p, const struct toolchain *t,
	       const char *makeflags, const char *base, enum place_cache how,
	       struct strlist *env);

#endif
