/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a bisection found, as text.
 */
#ifndef KVMATRIX_CMD_BISECT_PRINT_H
#define KVMATRIX_CMD_BISECT_PRINT_H

#include <stdbool.h>

struct bisect_findings;
struct run_result;
struct strbuf;

struct bisect_style {
	bool history;	  /* the states are commits, not patches */
	bool scouted;	  /* the quick pass has looked at all states */
	const char *condition; /* of --run, or NULL */
	const char *dir;  /* of the logs */
};

void bisect_print(const struct run_result *r, const struct bisect_findings *f,
		  const struct bisect_style *st, struct strbuf *out);

#endif
