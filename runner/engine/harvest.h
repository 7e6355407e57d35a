/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From what a build said and left behind to a step_result.
 */
#ifndef KVMATRIX_ENGINE_HARVEST_H
#define KVMATRIX_ENGINE_HARVEST_H

#include "model/diagnostic.h"
#include "model/result.h"
#include "sys/strlist.h"
#include "sys/strmap.h"

#include <stdbool.h>

struct proc_result;

struct harvest {
	const char *src, *obj;	/* the paths the build saw */
	const struct strmap *renames; /* of the state, or NULL */
	/* The base's result and which objects were dropped before make: what
	 * make did not touch again is still true. NULL: an empty start. */
	const struct step_result *base;
	const struct strlist *dropped; /* sorted; directories and objects */
};

/*
 * Judges whether the build itself was a fault of the machine: then sets
 * outcome ERROR and the reason and returns true. res is the child's end.
 */
bool harvest_faults(struct step_result *s, const struct make_log *log,
		    const struct proc_result *res);

/*
 * Fills diags, failed, units_built of s (outcome BUILT) from the log and from
 * what the base says of untouched units.
 */
void harvest_make(struct step_result *s, struct make_log *log,
		  const struct proc_result *res, const struct harvest *h);

/* True when make stopped in "prepare", before any unit was tried. */
bool harvest_prepare_failed(const char *output, size_t len);

/* Takes away what is said of these units, because it was of the state before and need
 * not hold any more; sorted. */
void harvest_forget(struct step_result *s, const struct strlist *units);

/*
 * Adds what replayed commands said: the units that failed in it and their
 * diagnostics, marked as replayed.
 */
void harvest_replay(struct step_result *s, struct make_log *log,
		    const struct harvest *h);

/*
 * Names of constants whose values differ between two generated headers
 * (asm-offsets.h), sorted; both are texts of "#define NAME VALUE" lines.
 */
void harvest_changed_constants(const char *old_text, const char *new_text,
			       struct strlist *names);

#endif
