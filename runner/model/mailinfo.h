/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What git mailinfo reads out of a mail: the same words and the same diff that
 * git am will work with. Private to the series module.
 */
#ifndef KVMATRIX_MODEL_MAILINFO_H
#define KVMATRIX_MODEL_MAILINFO_H

#include "sys/strbuf.h"

struct errbuf;

struct mailinfo {
	char *subject; /* UTF-8, one line, without [PATCH n/m]; NULL: none */
	char *author;  /* "Name <mail>", UTF-8; NULL: none given */
	char *complaint; /* git's, when it does not know the character set and
			  * the texts are as they were; else NULL */
	struct strbuf message; /* the commit message below the subject */
	struct strbuf diff;    /* from "---" or the first diff to the end */
};

#define MAILINFO_INIT { .message = STRBUF_INIT, .diff = STRBUF_INIT }
void mailinfo_release(struct mailinfo *mi);

/* The pair of unnamed files through which git hands back its findings. */
struct mailinfo_reader {
	int message_fd;
	int diff_fd;
};

int mailinfo_open(struct mailinfo_reader *r, struct errbuf *err);
void mailinfo_close(struct mailinfo_reader *r);

/*
 * Decodes one mail. Error: -1, err holds git's complaint, or that git could not
 * be run.
 */
int mailinfo_read(struct mailinfo_reader *r, const char *text, size_t len,
		  struct mailinfo *mi, struct errbuf *err);

/*
 * A copy in which bytes that are not UTF-8 are taken for ISO 8859-1 (git does
 * the same when it commits) and control characters are blanks. Owned.
 */
char *utf8_line(const char *s);

#endif
