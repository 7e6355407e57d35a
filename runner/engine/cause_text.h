/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A cause in a maintainer's words: one line that says what is missing where,
 * one that says what to do about it.
 */
#ifndef KVMATRIX_ENGINE_CAUSE_TEXT_H
#define KVMATRIX_ENGINE_CAUSE_TEXT_H

#include "engine/cause_kind.h"

struct strbuf;

#define CAUSE_TITLE_MAX 99 /* bytes */

struct cause_facts {
	const struct run_result *r;
	const struct cause *cause; /* kind, spans and patches are set */
	const struct cause_topic *topic;
	const struct diagnostic *example;
	/* See struct cause_node; empty where topic->proof is NULL. */
	const struct strlist *things, *headers;
	const char *luck;
	const struct strlist *units; /* hit */
	bool base;	    /* the base has it, the series did not make it */
	const char *file;   /* where the first one is; a unit when it has no
			     * file; may be NULL */
	size_t more_files;  /* others */
	size_t more_things; /* folded in beside topic->thing */
	/* "#include <x.h>" that a compiler proposes, or NULL. */
	const char *proposed;
	/* It may have begun in unsure_from, which could not be judged. */
	bool unsure;
	unsigned unsure_from;
	/* It shows from unlinked_to on, and from unlinked_from on there was nothing
	 * to link, since units fail. unlinked_to is 0: that is not so. */
	unsigned unlinked_from, unlinked_to;
};

/* Both owned, never NULL, one line. */
char *cause_title(const struct cause_facts *f);
char *cause_advice(const struct cause_facts *f);
/* Of a topic with a proof (cause_words.c). False: the kind's own title does. */
bool cause_proved_title(const struct cause_facts *f, const char *where,
			struct strbuf *sb);
/* Is it the loss of an option that the cell asks for (cellconf_lost_diags())? */
bool cause_is_lost_option(const struct cause_facts *f);
/* What to do about CAUSE_CONFIG. */
void cause_config_remedy(const struct cause_facts *f, struct strbuf *sb);
/* What happened, and what to do; sentences without an end. */
void cause_proved_fact(const struct cause_facts *f, struct strbuf *sb);
void cause_proved_remedy(const struct cause_facts *f, struct strbuf *sb);
/* "file:line: message"; owned. */
char *cause_example(const struct diagnostic *d);
/* For a patch that git could not apply. */
char *cause_not_applied_title(const struct patch_info *p);
char *cause_not_applied_advice(const struct patch_info *p);
/* First line of text that tells something; "" for NULL. Owned. */
char *cause_first_line(const char *text);

#endif
