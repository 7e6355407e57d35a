/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the mails of a series come from: a file, standard input, a directory.
 * Private to the series module.
 */
#ifndef KVMATRIX_MODEL_SERIES_SOURCE_H
#define KVMATRIX_MODEL_SERIES_SOURCE_H

#include "model/mail.h"

#include <stdbool.h>

struct errbuf;

struct series_source {
	struct mail_list mails; /* in the source's own order */
	bool exact; /* a quilt series file gave the order: nothing to sort */
	char *name; /* base name, for a title */
};

#define SERIES_SOURCE_INIT { .mails = MAIL_LIST_INIT }
#define _cleanup_series_source_                                              \
	__attribute__((cleanup(series_source_release)))
void series_source_release(struct series_source *src);

/* Reads all of PATH ("-": standard input). Error: -1, err. */
int series_source_read(struct series_source *src, const char *path,
		       struct errbuf *err);

#endif
