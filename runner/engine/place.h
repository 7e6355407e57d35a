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
 * states of one base (its tree id). direct: the state has the file names and
 * Makefiles of the base, so ccache may trust recorded include lists; where it
 * has not, a header could be found that was not there before, which direct mode
 * cannot see, so the preprocessor runs for each unit.
 */
void place_env(const struct place *p, const struct toolchain *t,
	       const char *makeflags, const char *base, bool direct,
	       struct strlist *env);

#endif
