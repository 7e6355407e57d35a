/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The directory a run writes, and the reports in it.
 */
#ifndef KVMATRIX_CMD_OUTPUT_H
#define KVMATRIX_CMD_OUTPUT_H

struct errbuf;
struct run_result;

/*
 * Makes the output directory: given (as typed), or HOME/reports/out/<id> in a
 * checkout (with "latest" beside it pointing at it), or the same below the cache
 * where HOME cannot be written. Absolute and owned; NULL: err.
 */
char *output_dir(const char *given, const char *home, const char *id,
		 struct errbuf *err);

/* Writes every report that has a file name into dir. */
int output_reports(const struct run_result *r, const char *dir,
		   struct errbuf *err);

#endif
