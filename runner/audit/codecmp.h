/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Is this function (or variable) the same as that one? Two items of two objects are
 * compared byte by byte; a place that is relocated, or that is a branch which the
 * assembler has resolved, by what it leads to. What has no name (texts, constants,
 * jump tables, replacements) is compared by content.
 *
 * Three answers. COMPARE_PLACES: the same but for where it stands in the source:
 * line numbers in __bug_table and __dyndbg, file names, and a constant that an
 * instruction loads where line_moved() says that it is a line that moved.
 *
 * Imprecision: which of two static variables of one name is meant is told by what
 * is in them and by using the same one each time. A branch that another distance
 * gives another length is a change.
 */
#ifndef KVMATRIX_AUDIT_CODECMP_H
#define KVMATRIX_AUDIT_CODECMP_H

#include "audit/code.h"

struct strbuf;

enum compare_answer { COMPARE_SAME, COMPARE_PLACES, COMPARE_CHANGED };

struct code_compare {
	const struct code_unit *a, *b;
	/* Did line `from` of a source of a become line `to` of one of b? NULL:
	 * not known; a constant that differs is then a change. */
	bool (*line_moved)(void *data, unsigned from, unsigned to);
	void *data;
};

/* why (may be NULL) is appended to where they differ: the first difference. */
enum compare_answer code_compare(const struct code_compare *c,
				 const struct code_item *a,
				 const struct code_item *b, struct strbuf *why);

#endif
