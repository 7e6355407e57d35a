/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Accepted findings: a file of lines "ID REASON". Blank lines and lines that begin
 * with '#' are passed over. An accepted finding is reported as such and does not turn
 * the exit code.
 */
#ifndef KVMATRIX_AUDIT_ACCEPT_H
#define KVMATRIX_AUDIT_ACCEPT_H

#include <stddef.h>

struct errbuf;
struct run_result;
struct strlist;

struct accepted {
	char *id, *reason;
	unsigned line;
};

struct accept_list {
	char *path;
	struct accepted *v;
	size_t nr, alloc;
};
void accept_release(struct accept_list *l);

/* Errors name file and line: no reason, an id that is none of an audit, one that is
 * there twice. */
int accept_read(struct accept_list *l, const char *path, struct errbuf *err);
/* NULL: not accepted. l may be NULL. */
const char *accept_reason(const struct accept_list *l, const char *id);
/* A line for each entry, of an audit that was made, that no finding of the run has. */
void accept_unused(const struct accept_list *l, const struct run_result *r,
		   struct strlist *lines);

#endif
