/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The #if groups of a C or assembler source, and which option would show one. The
 * compiler says which groups it took (look_tree.h); this only says what they hang on.
 * Pure.
 */
#ifndef KVMATRIX_AUDIT_COND_H
#define KVMATRIX_AUDIT_COND_H

#include "sys/strlist.h"

#include <stdbool.h>
#include <stddef.h>

enum cond_line {
	COND_EMPTY, /* blank, or nothing but comment */
	COND_CODE,  /* text, #define, #undef, #include: the preprocessor lets it
		     * through or not, and shows it */
	COND_OTHER, /* #if and its kin, #pragma, #error, #line: not shown */
};

struct cond_group {
	int parent; /* group it lies in, or -1 */
	int before; /* the group before it in the same #if, or -1 */
	unsigned line; /* of its #if, #ifdef, #elif, #else */
	char *text;    /* as written, on one line: "#ifdef CONFIG_X" */
	char *expr;    /* of #if: "defined(CONFIG_X)"; "1" of #else */
};

struct cond_file {
	struct cond_group *groups;
	size_t nr_groups, alloc_groups;
	/* [line], from 1 */
	struct cond_text {
		enum cond_line kind;
		unsigned start; /* first line of the directive that goes on here;
				 * else the line itself */
		int group;	/* innermost group, or -1 */
	} *lines;
	unsigned nr_lines, alloc_lines;
};
void cond_file_parse(struct cond_file *f, const char *text);
void cond_file_release(struct cond_file *f);

/* "a.c:3 #ifdef CONFIG_X, a.c:9 #else of line 7": the groups around one, outermost
 * first. Owned. */
char *cond_stack(const struct cond_file *f, int group, const char *path);

/* A condition under a .config: it may hang on what is not known here. */
enum cond_value { COND_FALSE, COND_TRUE, COND_UNKNOWN };
/* Of an #if expression alone. config: text of .config. */
enum cond_value cond_eval(const char *expr, const char *config);
/* Of a group: that of its own, and not those before it; parents are not looked at. */
enum cond_value cond_group_value(const struct cond_file *f, int group,
				 const char *config);

/*
 * What would have to be set for a group to be taken: "CONFIG_X=y", several separated
 * by blanks. NULL: no option does, as far as can be seen. Owned.
 */
char *cond_option(const struct cond_file *f, int group, const char *config);

#endif
