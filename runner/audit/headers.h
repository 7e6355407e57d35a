/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KVMATRIX_AUDIT_HEADERS_H
#define KVMATRIX_AUDIT_HEADERS_H

struct sharing;

/*
 * Is a file another architecture's to units of srcarch, and in what way ("arch",
 * "moved", "named"; see headers.c)? base: its name in the base (the same pointer when
 * it has none other). owner is set when it is; NULL: it is not.
 */
const char *headers_kind(const struct sharing *s, const char *srcarch,
			 const char *file, const char *base,
			 const char **owner);

#endif
