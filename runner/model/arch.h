/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What model/ itself needs to know about architectures beyond the three
 * questions of model/matrix.h.
 */
#ifndef KVMATRIX_MODEL_ARCH_H
#define KVMATRIX_MODEL_ARCH_H

struct strlist;

/* Appends all known ARCH= values, for messages. */
void arch_names(struct strlist *out);

#endif
