/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reports: each format is a pure function of a judged run_result, appended to a
 * strbuf. Everything a patch or a compiler said is data and is escaped in the
 * manner of the format.
 */
#ifndef KVMATRIX_REPORT_REPORT_H
#define KVMATRIX_REPORT_REPORT_H

#include <stdbool.h>

struct run_result;
struct strbuf;

struct report_style {
	bool colour;	/* ANSI colours (text only) */
	unsigned width; /* columns; 0: 80 */
	const char *dir; /* the run's directory, for "where the logs are"; may
			  * be NULL */
};

/* TAP 14 (testanything.org): a subtest a patch, a point a cell, YAML blocks. */
void report_tap(const struct run_result *r, const struct report_style *style,
		struct strbuf *out);
/* The same text under "TAP version 13", whose readers take subtests for
 * comments: Perl's prove before Test::Harness 3.48 refuses a 14 by its number. */
void report_tap13(const struct run_result *r, const struct report_style *style,
		  struct strbuf *out);
void report_json(const struct run_result *r, const struct report_style *style,
		 struct strbuf *out);
/* What a maintainer reads in ten seconds: causes, matrix, where the logs are. */
void report_text(const struct run_result *r, const struct report_style *style,
		 struct strbuf *out);

struct report_format {
	const char *name;	/* "tap" */
	const char *file;	/* "report.tap", NULL: not written by run */
	const char *help;
	void (*write)(const struct run_result *r,
		      const struct report_style *style, struct strbuf *out);
};
/* Ends with a NULL name. */
extern const struct report_format report_formats[];

#endif
