/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a state's changes can do to one cell: which recorded objects must be
 * dropped before make runs, which units they reach, and when the objtree must
 * start empty because the change can alter what kbuild generates. And the
 * reverse: the proof that a step need not be built.
 *
 * Pure: reads recorded units and lists of changes, touches no file.
 */
#ifndef KVMATRIX_ENGINE_IMPACT_H
#define KVMATRIX_ENGINE_IMPACT_H

#include "model/unit.h"
#include "sys/strlist.h"
#include "sys/strmap.h"

#include <stdbool.h>

struct change_list;

/* What a cell's build is known to have read. */
struct read_set {
	const struct unit_set *units; /* of the baseline */
	/* Units made since, in the objtree as it stands: each takes the place
	 * of the one of its name in units. May be NULL. */
	const struct unit_set *newer;
	struct strmap *more;   /* files read by units rebuilt in later steps */
	struct strmap *kconfig; /* Kconfig files read */
	/* included Makefile -> struct strlist * of its users (includes.h) */
	const struct strmap *make_users;
	const char *srcarch;
	/* true when OBJ has this directory (relative), so a Makefile there can
	 * matter */
	bool (*has_dir)(void *data, const char *dir);
	void *data;
};

struct impact {
	bool from_empty; /* start with an empty O= */
	char *why;	 /* the path that made it so */
	struct strlist drop;	/* paths below OBJ: objects and directories */
	struct strlist reached; /* names of units, sorted */
};

#define IMPACT_INIT { 0 }
#define _cleanup_impact_ __attribute__((cleanup(impact_release)))
void impact_release(struct impact *i);

/* changes: from the state that the objtree is at to the one to build. */
void impact_find(struct impact *i, const struct read_set *r,
		 const struct change_list *changes);

/*
 * True when none of the changes since the previous state can alter what the
 * cell's build does; reason (owned) gets the proof in one line. broken: the
 * previous state had failing units, whose reads are unknown: only changes that
 * no build reads at all pass then.
 */
bool impact_unreached(const struct read_set *r,
		      const struct change_list *since_prev, bool broken,
		      char **reason);

#endif
