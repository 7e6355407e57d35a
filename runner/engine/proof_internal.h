/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What proof.c (which errors), proof_missing.c (a thing that is not declared)
 * and proof_file.c (a file or a symbol that is not there) share.
 */
#ifndef KVMATRIX_ENGINE_PROOF_INTERNAL_H
#define KVMATRIX_ENGINE_PROOF_INTERNAL_H

#include "engine/cause_scan.h"
#include "engine/proof.h"
#include "engine/sources.h"

struct prover {
	struct run_result *r;
	const struct tree *tree;
	const struct include_index *index;
	const struct source_cell *cells;
	struct sources sources;
	/* What the unit looked at last reads, by state: "CELL STATE" to a
	 * struct reach *. */
	char *unit;
	struct strmap reaches;
	struct strmap seen; /* "CELL UNIT ID FILE PATCH" of what was asked */
};

/* One error, and the states between which it began. */
struct question {
	struct prover *p;
	const struct cause_item *it;
	const struct diagnostic *d;
	const struct source_cell *cell;
	const struct unit *u; /* in the base; NULL: it is a new one */
	char *source;	      /* of the unit, in the base's name */
	/* NULL, or a header of the unit that is looked at alone: what the unit
	 * includes behind it does not help it. */
	const char *alone;
	unsigned prev, now;
	const char *thing; /* as ctext_scan() names it */
	/* The file that uses it: that of the message, or where the macro that it
	 * is about was expanded; may be NULL. */
	const char *user;
};

/* What the unit of q, built in cell, reads at a state. */
const struct reach *prover_reach(struct question *q, size_t cell,
				 unsigned state);
/* Some declaration of name in t that the configuration does not leave out. */
const struct ctext_decl *proof_decl(const struct ctext *t, const char *name,
				    const struct source_cell *c);
/* A path as it is called at another state. Borrowed. */
const char *proof_path(const struct prover *p, const char *path, unsigned from,
		       unsigned to);

/* Each fills f but for cell, patch, unit and id; false: nothing is proved. */
bool proof_missing(struct question *q, struct proof *f);
bool proof_file(struct question *q, struct proof *f);
bool proof_symbol(struct question *q, struct proof *f);

/* Of a PROOF_HIDDEN: who builds the unit, and how it comes that it does not have
 * the flag which the condition asks for, where that is known. */
void proof_flag(struct question *q, struct proof *f);

/* The Makefile of dir, or the nearest one above it; dir becomes where it is.
 * Owned. */
char *proof_makefile(struct question *q, char *dir);
/* Did a patch take the file away? Then f says which, and where it is now. */
bool proof_went(struct question *q, const char *path, struct proof *f);
/* Something that is declared twice. */
bool proof_twice(struct question *q, struct proof *f);
bool proof_kconfig(struct question *q, struct proof *f);
/* A target that has no rule. */
bool proof_make(struct question *q, struct proof *f);

#endif
