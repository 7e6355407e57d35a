/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a state's changes can do to one cell: which recorded objects must be
 * dropped before make runs, which units they reach, and when the objtree must
 * start empty because the change can alter what kbuild generates. And the
 * reverse: the proof that a step need not be built, and that proof in full.
 *
 * All of it is one judgement of one changed path (impact.c); the functions here
 * only differ in what they collect of it.
 *
 * Pure: reads recorded units and lists of changes, touches no file.
 */
#ifndef KVMATRIX_ENGINE_IMPACT_H
#define KVMATRIX_ENGINE_IMPACT_H

#include "model/unit.h"
#include "sys/strlist.h"
#include "sys/strmap.h"

#include <stdbool.h>
#include <stdint.h>

struct change;
struct change_list;
struct include_index;

/* What a cell's build is known to have read. */
struct read_set {
	const struct unit_set *units; /* of the baseline */
	/* Units made since, in the objtree as it stands: each takes the place
	 * of the one of its name in units. May be NULL. */
	const struct unit_set *newer;
	struct strmap *more;   /* files read by units rebuilt in later steps */
	struct strmap *kconfig; /* Kconfig files read */
	/* what no dependency file tells (includes.h); may be NULL */
	const struct include_index *index;
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

/* Is the unit in a directory whose Makefile changed? Then its recorded command may
 * be another one now. */
bool impact_may_change_command(const struct impact *i, const struct unit *u);

/*
 * True when none of the changes since the previous state can alter what the
 * cell's build does; reason (owned) gets the proof in one line. broken: the
 * previous state had failing units, whose reads are unknown: only changes that
 * no build reads at all pass then.
 */
bool impact_unreached(const struct read_set *r,
		      const struct change_list *since_prev, bool broken,
		      char **reason);

/* Is one of these a file that a unit could read of which nobody knows what it
 * reads? Then impact_unreached() needs to know. */
bool impact_may_be_read(const struct read_set *r, const struct change_list *l);

/* ---- the proof in full ---------------------------------------------------- */

enum impact_kind {
	IMPACT_DOCUMENTATION, /* no build reads it */
	IMPACT_SOURCE,	      /* named by dependency files */
	IMPACT_DIRECTORY,     /* Makefile or input of rules of its directory */
	IMPACT_KCONFIG,
	IMPACT_BUILD, /* works for the whole build */
};

enum impact_why {
	/* It does not matter: */
	IMPACT_NOT_READ,
	IMPACT_FOREIGN,	     /* another architecture's, and not read */
	IMPACT_NO_BUILD_READS,
	IMPACT_NOT_BUILT,    /* its directory is other */
	IMPACT_NOT_CONFIGURING, /* a Kconfig file that was not read */
	IMPACT_CONFIGURED,   /* defconfigs: only the base is configured */
	/* It does: */
	IMPACT_READ,
	IMPACT_READ_AS,	     /* through the symbolic link other */
	IMPACT_SHADOWS,	     /* may be found instead of other, which is read */
	IMPACT_OTHER_SOURCE, /* the unit other may be made from it instead */
	IMPACT_UNLISTED,     /* other, which is read, refers to it in a way that
			      * no dependency file tells */
	IMPACT_WRAPPER,	     /* asm/x.h: makes kbuild's wrapper come or go */
	IMPACT_BUILT,	     /* its directory is other */
	IMPACT_NAMED,	     /* by the Makefile other, which is used */
	IMPACT_ARCH_DATA,    /* of this architecture, for a rule unknown */
	IMPACT_CONFIGURES,
	IMPACT_WHOLE_BUILD,
	IMPACT_LINK,	     /* may stand for a directory */
	IMPACT_BROKEN,	     /* could be what a failing unit reads */
};

/* One changed path and why it matters to the cell, or why not. */
struct impact_reason {
	char status; /* of the change */
	char *path;
	enum impact_kind kind;
	enum impact_why why; /* the first that holds, from_empty first */
	bool matters;
	bool from_empty; /* the objtree has to start empty */
	char *other;	 /* see enum impact_why; else NULL */
	size_t nr_units; /* recorded units that it reaches */
	char *unit;	 /* one of them, or NULL */
};

struct impact_reasons {
	struct impact_reason *v; /* in the order of the changes */
	size_t nr, alloc;
};
void impact_reasons_release(struct impact_reasons *l);

void impact_explain(struct impact_reasons *l, const struct read_set *r,
		    const struct change_list *since_prev, bool broken);
/* "Makefile or data of its directory". Static. */
const char *impact_kind_text(enum impact_kind kind);
/* "is read by 12 units, arch/s390/kvm/pv.o is one". Owned. */
char *impact_reason_text(const struct impact_reason *why);

/* ---- many states ----------------------------------------------------------- */

/*
 * impact_find() for a plan, which only counts: what one change does to a cell
 * is found once for all states that have it. r->newer is not looked at; r has to
 * live as long.
 */
struct impact_memo;
struct impact_memo *impact_memo_new(const struct read_set *r);
void impact_memo_free(struct impact_memo *m);
/* The change alone is none that impact_unreached() lets pass. Then neither is it
 * with more that is read, nor where units fail. */
bool impact_memo_matters(struct impact_memo *m, const struct change *c);
/* *from_empty: the path that makes it so (of changes), or NULL. Returns a set of
 * bits, one a unit of r->units: those reached; valid until the next call. */
const uint64_t *impact_memo_sum(struct impact_memo *m,
				const struct change_list *changes,
				const char **from_empty);

#endif
