/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Private to engine/link_*.c: a link that is being judged.
 */
#ifndef KVMATRIX_ENGINE_LINK_INTERNAL_H
#define KVMATRIX_ENGINE_LINK_INTERNAL_H

#include "engine/link_check.h"
#include "model/diagnostic.h"

/* Who defines a global symbol of vmlinux. */
struct link_def {
	const struct link_object *object;
	const struct obj_symbol *symbol;
};

struct link_job {
	const struct link_input *in;
	bool *linked;	    /* objects that are part of vmlinux */
	struct strmap defs; /* name -> struct link_def * */
	struct strmap sections; /* kept ones whose names C can spell */
	struct diag_list *out;
};

const struct link_def *link_def_of(const struct link_job *j, const char *name);
/* What a symbol of an object of vmlinux finally means: another object's, when
 * this one's is weak or there is none; *where is whose it is. */
const struct obj_symbol *link_target(const struct link_job *j,
				     const struct link_object *object,
				     const struct obj_symbol *s,
				     const struct link_object **where);
/* A new diagnostic at a place; from (-1: none) is a symbol of the object. All
 * may be NULL but the message, which is taken over. It is NULL that is returned
 * where the input excuses it. */
struct diagnostic *link_say(struct link_job *j, const char *tool,
			    enum diag_severity severity, const char *unit,
			    const struct link_object *object, int from,
			    char *message);
/* link_modpost.c */
void link_modpost(struct link_job *j);

#endif
