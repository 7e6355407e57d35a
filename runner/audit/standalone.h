/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KVMATRIX_AUDIT_STANDALONE_H
#define KVMATRIX_AUDIT_STANDALONE_H

#include <stdbool.h>

/* What a compiler says of a header that was included twice and nothing else. */
struct alone_fault {
	bool first;  /* an error when it is read for the first time */
	bool second; /* one that comes with the second time */
	char *message; /* the first error of the graver kind, "file:line:column: error:
			* text"; owned */
};

/* errors: of the compiler; source: the file that includes the header in its lines 1
 * and 2. */
void alone_parse(struct alone_fault *f, const char *errors,
		 const char *source);

#endif
