/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the audits of objects keep of a cell, state by state, until they judge.
 */
#ifndef KVMATRIX_AUDIT_OBJECT_STATES_H
#define KVMATRIX_AUDIT_OBJECT_STATES_H

struct identity_states;
struct boot_states;

void identity_states_free(struct identity_states *s);
void boot_states_free(struct boot_states *s);

#endif
