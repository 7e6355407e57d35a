/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Baselines: per cell, the objtree of the base, kept in the cache and used
 * read-only under the overlays of its steps.
 *
 *	cache/cells/<key>/obj/		the objtree
 *	cache/cells/<key>/config	its .config
 *	cache/cells/<key>/goals		make goals it was built for, one a line;
 *					written last: without it the tree is
 *					unfinished and is made anew
 *	cache/cells/<key>/base.json	what make said (a step_result)
 *	cache/cells/<key>/units		what obj/ says that its units read
 *	cache/cells/<key>/lock		shared while used, exclusive while made
 *
 * key = SHA-256 over source tree, effective configuration, toolchain, and the
 * make variables. A later series may need more dependents: the tree then grows.
 */
#ifndef KVMATRIX_ENGINE_BASELINE_H
#define KVMATRIX_ENGINE_BASELINE_H

#include "model/result.h"
#include "sys/strlist.h"

#include <stdbool.h>

struct errbuf;

struct baseline {
	char *dir;   /* cache/cells/<key> */
	char *obj;   /* dir/obj */
	int lock;    /* file descriptor, -1: not held */
	struct strlist goals;	 /* covered; sorted */
	struct step_result base; /* everything make said of it so far */
};

#define BASELINE_INIT { .lock = -1 }
void baseline_release(struct baseline *b);

/* Names the directory; nothing is read or made. */
void baseline_init(struct baseline *b, const char *cache, const char *key);

/*
 * Takes the lock without waiting. 1 taken, 0 another run holds it, -1 error.
 */
int baseline_lock(struct baseline *b, bool exclusive, struct errbuf *err);
void baseline_unlock(struct baseline *b);

/*
 * Reads goals and base.json. 1: complete and covers all of want; 0: it has to
 * be built or grown (b->goals says what is there). -1 error.
 */
int baseline_load(struct baseline *b, const struct strlist *want,
		  struct errbuf *err);

/*
 * With the exclusive lock: makes obj/ ready to be built in. An unfinished one is
 * removed; a new one begins as prepared (moved there) or with config alone.
 * prepared may be NULL.
 */
int baseline_begin(struct baseline *b, const char *prepared,
		   const char *config, struct errbuf *err);

/*
 * Writes base.json and goals: the tree is complete. built holds what the build
 * just said; units it does not name keep what is known of them.
 */
int baseline_finish(struct baseline *b, const struct strlist *goals,
		    struct step_result *built, const struct strlist *started,
		    struct errbuf *err);

/*
 * The units of obj/. They are kept in one file beside it (units), which counts as
 * long as goals is the file it was when they were read.
 */
struct unit_set;
int baseline_units(const struct baseline *b, const char *srctree,
		   struct unit_set *units, struct errbuf *err);

#endif
