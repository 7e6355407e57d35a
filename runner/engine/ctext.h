/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a C text says at file level: which files it includes, which names it
 * declares, each with its line and the #if lines around it. By tokens, without
 * a preprocessor: what stands under some condition counts, and the condition is
 * told. The guard around a whole header is no condition.
 *
 * Known limits: names that a macro makes are found only as arguments of a call
 * at file level (DECLARE_PER_CPU(struct x, NAME)); old-style definitions are
 * not read.
 */
#ifndef KVMATRIX_ENGINE_CTEXT_H
#define KVMATRIX_ENGINE_CTEXT_H

#include "sys/strmap.h"

#include <stdbool.h>
#include <stddef.h>

/* One #if, #ifdef, #ifndef, #elif or #else. */
struct ctext_cond {
	char *text; /* for a reader: "#ifdef __KVM__", "#else of #ifdef X" */
	char *expr; /* "defined(__KVM__)" */
	bool not ;  /* it is the expression's contrary that holds */
	unsigned line;
	const struct ctext_cond *outer; /* NULL: none */
};

struct ctext_include {
	unsigned line;
	char form; /* '"' or '<' */
	char *name;
	const struct ctext_cond *cond;
};

enum ctext_kind {
	CTEXT_TYPE, /* structure, union, enumeration with its members */
	CTEXT_MEMBER,
	CTEXT_MACRO,
	CTEXT_DECLARED, /* function, variable, typedef, enumerator */
	CTEXT_DEFINED,	/* function with its body */
	CTEXT_BY_MACRO, /* argument of a macro at file level */
	CTEXT_EXPORTED, /* of EXPORT_SYMBOL... */
};

struct ctext_decl {
	enum ctext_kind kind;
	unsigned line;
	/* as a cause names it: "kvm_get_kvm", "struct kvm", "struct kvm.arch"
	 */
	char *name;
	const struct ctext_cond *cond;
};

struct ctext {
	struct ctext_include *includes;
	size_t nr_includes, alloc_includes;
	struct ctext_decl *decls; /* in order */
	size_t nr_decls, alloc_decls;
	struct ctext_cond **conds;
	size_t nr_conds, alloc_conds;
};

/* Only declarations of names that wanted has are kept (values: anything). */
void ctext_scan(struct ctext *t, const char *text, size_t len,
		const struct strmap *wanted);
void ctext_release(struct ctext *t);

enum ctext_truth { CTEXT_FALSE, CTEXT_TRUE, CTEXT_UNKNOWN };
/*
 * Do the conditions hold in a C file of the kernel? config: CONFIG_X to "y" or
 * "m" for all that is set, or NULL when it is not known. Only options, numbers
 * and __ASSEMBLY__, __KERNEL__ are known.
 */
enum ctext_truth ctext_cond_holds(const struct ctext_cond *c,
				  const struct strmap *config);
/* The innermost condition of c that is none of those of other; or NULL. */
const struct ctext_cond *ctext_cond_extra(const struct ctext_cond *c,
					  const struct ctext_cond *other);

#endif
