/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading the structure of a diff: is there one, and does it stay inside the
 * tree. Private to the series module; the public face is patch_check_paths().
 */
#ifndef KVMATRIX_MODEL_PATCHPATH_H
#define KVMATRIX_MODEL_PATCHPATH_H

#include <stdbool.h>
#include <stddef.h>

struct errbuf;

/* True when git apply would find at least one file to change in text. */
bool patch_has_diff(const char *text, size_t len);

/*
 * As patch_check_paths(), but the message names no line; *line is the 1-based
 * line of the text at fault.
 */
int patch_check_lines(const char *diff, size_t len, size_t *line,
		      struct errbuf *err);

#endif
