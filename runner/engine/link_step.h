/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a step of a whole kernel says of its link, apart from its units.
 */
#ifndef KVMATRIX_ENGINE_LINK_STEP_H
#define KVMATRIX_ENGINE_LINK_STEP_H

#include "engine/link_check.h"
#include "model/result.h"

#include <stdbool.h>

struct strmap;

/* A file that only a link makes (or fails to): "vmlinux.o", "x.ko". */
bool link_is_product(const char *unit);
/* A message of the link's. */
bool link_is_message(const struct diagnostic *d);
/* Is it one that link_check() answers for? */
bool link_is_judged(const struct diagnostic *d);
/* Does any unit fail, and not the link alone? */
bool link_units_fail(const struct step_result *s);

/* Copies of the link's messages, without remarks on their number. */
void link_take(struct diag_list *to, const struct diag_list *from);
void link_take_failed(struct strlist *to, const struct strlist *failed);
/* Takes all about the link out of a step. */
void link_strip(struct step_result *s);

/* Adds a message (fingerprinted with the state's renames) or failed file. */
void link_put(struct step_result *s, const struct diagnostic *d,
	      const struct strmap *renames);
void link_put_failed(struct step_result *s, const char *unit);
/* Adds what the state before had: all about the link, or only what is not
 * judged by link_check(). */
void link_carry(struct step_result *s, const struct step_result *before,
		bool all, const struct strmap *renames);
/* Adds the product of the first step of the link that has an error. */
void link_fail_stage(struct step_result *s, bool has_modules);

/* Do the findings hold something that the state before did not have? */
bool link_is_news(const struct diag_list *checked,
		  const struct step_result *before);
/* How far a link got that could not make these files. */
enum link_stage link_reached(const struct strlist *failed);

#endif
