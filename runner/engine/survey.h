/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is known of a run before anything is built: cells and patches for the
 * result, the base checkout, the include index over all states, the touched
 * files. Common to run.c and plan.c.
 */
#ifndef KVMATRIX_ENGINE_SURVEY_H
#define KVMATRIX_ENGINE_SURVEY_H

struct crew;
struct errbuf;

int survey(struct crew *c, struct errbuf *err);
void survey_release(struct crew *c);

#endif
