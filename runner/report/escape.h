/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Text of patches and compilers as data of the formats that quote it.
 */
#ifndef KVMATRIX_REPORT_ESCAPE_H
#define KVMATRIX_REPORT_ESCAPE_H

struct strbuf;

/* One line for a terminal: control characters (escape sequences too) become
 * '?', tabs and newlines a space. */
void escape_line(struct strbuf *out, const char *text);
/* A TAP description: one line, '\' and '#' escaped (TAP 14, "Escaping"). */
void escape_tap(struct strbuf *out, const char *text);
/* A double-quoted scalar, the same in JSON and YAML 1.2. */
void escape_yaml(struct strbuf *out, const char *text);

#endif
