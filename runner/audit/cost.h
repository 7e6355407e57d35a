/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KVMATRIX_AUDIT_COST_H
#define KVMATRIX_AUDIT_COST_H

#include "engine/look_tree.h"

struct cost {
	size_t units, bytes, lines, includes;
};

/* Adds what a unit's preprocessed text comes to. */
void cost_of_tree(const struct look_tree *t, struct cost *c);
/* Adds what a header (a name of look_names) brings into a unit: with all that it
 * includes, and by itself. Nothing when the unit does not read it. */
void cost_of_header(const struct look_tree *t, const char *file,
		    struct cost *whole, struct cost *own);
/* A header that is KVM's by its name or directory. */
bool cost_is_kvm_header(const char *path);

#endif
