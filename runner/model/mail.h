/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mails before anything is decoded: splitting a mailbox into messages, and the
 * few header facts that decide which message is a patch and where it stands.
 * Private to the series module.
 */
#ifndef KVMATRIX_MODEL_MAIL_H
#define KVMATRIX_MODEL_MAIL_H

#include <stdbool.h>
#include <stddef.h>

struct errbuf;

/* The author a diff gets that names none; git am insists on one. */
#define MAIL_NOBODY_ADDRESS "kvmatrix@localhost"

/* One message, in the form in which git am is to read it. */
struct mail_text {
	char *file;	/* as the user knows it */
	unsigned index; /* 1-based place among the messages of file */
	unsigned of;	/* how many messages file has */
	size_t line;	/* 1-based line of file where it begins */
	size_t added;	/* lines at the top of text that file lacks */
	char *text;	/* begins with a "From " line; NUL-terminated */
	size_t len;
};

struct mail_list {
	struct mail_text *v;
	size_t nr;
	size_t alloc;
};

#define MAIL_LIST_INIT { 0 }
#define _cleanup_mail_list_ __attribute__((cleanup(mail_list_release)))
void mail_list_release(struct mail_list *l);

/*
 * Appends the messages of one file's contents: an mbox, one mail, or a bare
 * diff (which becomes a mail with the file's name as its subject). Error: -1,
 * err says why it is neither.
 */
int mail_split(struct mail_list *l, const char *file, const char *data,
	       size_t len, struct errbuf *err);

/* What a subject's brackets and prefixes say. */
struct mail_tag {
	bool numbered;	  /* has n/m */
	unsigned number;  /* n */
	unsigned total;	  /* m */
	char version[16]; /* "1" when it names none */
	bool reply;	  /* Re:, Aw:, ... */
	bool bot;	  /* [tip: ...]: a maintainer's robot quoting a patch */
};

struct mail_head {
	char *subject;	  /* unfolded, encoded words as bytes; or NULL */
	char *message_id; /* or NULL */
	bool has_from;
	struct mail_tag tag;
};

void mail_head_release(struct mail_head *h);
void mail_head_read(struct mail_head *h, const char *text, size_t len);
void mail_tag_read(struct mail_tag *t, const char *subject);

/*
 * Decodes RFC 2047 words to bytes, without converting between character sets:
 * enough for the ASCII of "[PATCH 3/15]". Owned by the caller.
 */
char *mail_decode_words(const char *s);

#endif
