/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Keeps what the looks of a run show, until the audits judge.
 */
#ifndef KVMATRIX_AUDIT_COLLECT_H
#define KVMATRIX_AUDIT_COLLECT_H

struct audit_run;

/* Sets a->ops but for end. */
void collect_init(struct audit_run *a);
void collect_release(struct audit_run *a);

#endif
