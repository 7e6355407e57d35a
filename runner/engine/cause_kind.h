/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a diagnostic is about: its kind, and the thing (a header, an identifier,
 * a type, a symbol, a message) that makes two messages in different places the
 * same mistake. Reads the words of gcc (12 and later), clang, GNU ld, ld.lld,
 * modpost, make and Kconfig; of what it does not know it says CAUSE_OTHER with
 * the fingerprint as the thing, so that nothing is folded by a guess.
 */
#ifndef KVMATRIX_ENGINE_CAUSE_KIND_H
#define KVMATRIX_ENGINE_CAUSE_KIND_H

#include "model/result.h"

struct cause_topic {
	char *id;    /* "incomplete-type:struct kvm_vcpu" */
	enum cause_kind kind;
	char *thing; /* "struct kvm_vcpu"; of a member "struct kvm.arch" */
	/* CAUSE_CROSS_ARCH: whose header ("arm64") and the file that shows it
	 * ("arch/arm64/include/asm/x.h"). */
	char *foreign, *via;
	/* CAUSE_MAKE without a rule: directory of the target; else NULL. */
	char *dir;
	/* Id of another topic that, when it is one of this run, explains this
	 * one too; or NULL. */
	char *kin;
	/* Follows from another message of its unit when there is one: it does
	 * not name what is missing. */
	bool weak;
	/* CAUSE_INCOMPLETE_TYPE that names no type: thing is the variable. */
	bool unnamed;
	/* Never a consequence of an earlier error of its unit. */
	bool independent;
	/* What the sources prove of the first one, or NULL; of the run_result. */
	const struct proof *proof;
};

/* srcarch: of the cell, "x86". */
void cause_topic_init(struct cause_topic *t, const struct diagnostic *d,
		      const char *srcarch);
void cause_topic_release(struct cause_topic *t);

/* Could a variable of this name be of this type: "vcpu", "struct kvm_vcpu"? */
bool cause_name_fits_type(const char *name, const char *type);
/* The "#include <x.h>" that a compiler's note proposes; owned, or NULL. */
char *cause_proposed_include(const struct diagnostic *d);
/* The message with every kind of quotation mark as an apostrophe. Owned. */
char *cause_plain_quotes(const char *message);

#endif
