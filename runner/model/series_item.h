/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One message of a series while it is being sorted out. Private to the series
 * module.
 */
#ifndef KVMATRIX_MODEL_SERIES_ITEM_H
#define KVMATRIX_MODEL_SERIES_ITEM_H

#include "model/mail.h"

#include <stdbool.h>
#include <stddef.h>

struct errbuf;
struct strlist;

enum item_kind {
	ITEM_UNREAD,  /* not looked into yet, or left aside */
	ITEM_DOUBLE,  /* same message-id as an earlier one */
	ITEM_COVER,   /* [PATCH 0/n] */
	ITEM_NO_DIFF, /* looked into, nothing to apply */
	ITEM_PATCH,
};

struct series_item {
	struct mail_text *mail; /* borrowed from the source */
	struct mail_head head;
	enum item_kind kind;
	char *subject;	  /* once looked into; see struct patch */
	char *author;
	char *base;	  /* of its base-commit: trailer, or NULL */
	size_t prerequisites; /* prerequisite-patch-id: trailers */
};

/* "FILE", or "message 3 of FILE" where FILE has several. Owned. */
char *series_item_origin(const struct series_item *it);

/*
 * Checks the numbers of the patches among items and puts the patches, in the
 * order to apply, into out (room for nr pointers); returns their number.
 * Error: -1; err names missing and doubled numbers or the mixed series.
 */
int series_order(struct series_item *items, size_t nr,
		 struct series_item **out, struct strlist *warnings,
		 struct errbuf *err);

#endif
