/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kconfig files read as text: where each symbol is defined, under which
 * conditions, and who selects it. Enough to explain a value, not to compute one:
 * macros are not run. The language: Documentation/kbuild/kconfig-language.rst.
 */
#ifndef KVMATRIX_ENGINE_KCONFIG_TEXT_H
#define KVMATRIX_ENGINE_KCONFIG_TEXT_H

#include "sys/strlist.h"
#include "sys/strmap.h"

#include <stdbool.h>

/* One "config X" block; a symbol may have several. */
struct kconfig_def {
	char *symbol;	/* without CONFIG_ */
	char *file;	/* relative to srctree, and the line of "config X" */
	unsigned line;
	bool boolean;	/* bool or def_bool: never m */
	bool prompt;
	char *prompt_if; /* condition of the prompt, or NULL */
	char *range;	/* "1024 4096", or NULL */
	int choice;	/* id of the choice it is a member of, -1: none */
	struct strlist depends; /* own and inherited conditions */
	struct strlist selects; /* "X" or "X if COND" */
};

struct kconfig {
	struct kconfig_def *defs;
	size_t nr;
	size_t alloc;
	int choices; /* how many there are */
	struct strlist symbols; /* sorted once all is read */
};

#define _cleanup_kconfig_ __attribute__((cleanup(kconfig_release)))
void kconfig_release(struct kconfig *k);

/*
 * Reads srctree/Kconfig and what it sources, with $(SRCARCH) put in. Files that
 * are absent or named by other macros are skipped.
 */
void kconfig_read(struct kconfig *k, const char *srctree, const char *srcarch);

#endif
