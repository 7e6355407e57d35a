// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lists of diagnostics, their names, and the fingerprint by which a message is
 * known again after lines moved.
 *
 * The fingerprint leaves out what a harmless change changes (line numbers,
 * sizes, the counter in "__compiletime_assert_439", the style of quotation
 * marks) and keeps what tells two mistakes apart (file, function, every
 * identifier). Numbers are folded only where a number stands by itself: vmcs12
 * and vmcs02 are different things. The price: two messages of one function
 * that differ in a number alone are one.
 */
#include "model/diagnostic.h"

#include "sys/hash.h"
#include "sys/mem.h"
#include "sys/strbuf.h"

#include <ctype.h>
#include <string.h>

void diagnostic_release(struct diagnostic *d)
{
	free(d->unit);
	free(d->file);
	free(d->option);
	free(d->message);
	free(d->function);
	free(d->tool);
	free(d->note);
	for (size_t i = 0; i < d->nr_from; i++)
		free(d->from[i].file);
	free(d->from);
	free(d->fingerprint);
	free(d->cause);
	*d = (struct diagnostic){ 0 };
}

void diag_list_release(struct diag_list *l)
{
	for (size_t i = 0; i < l->nr; i++)
		diagnostic_release(&l->v[i]);
	free(l->v);
	*l = (struct diag_list)DIAG_LIST_INIT;
}

struct diagnostic *diag_list_new(struct diag_list *l)
{
	GROW(l->v, l->nr, l->alloc);
	l->v[l->nr] = (struct diagnostic){ 0 };
	return &l->v[l->nr++];
}

void diag_list_copy(struct diag_list *l, const struct diagnostic *src)
{
	/* src may be an element of l, which growing moves */
	struct diagnostic c = *src, *d;

	c.unit = xstrdup_null(src->unit);
	c.file = xstrdup_null(src->file);
	c.option = xstrdup_null(src->option);
	c.message = xstrdup_null(src->message);
	c.function = xstrdup_null(src->function);
	c.tool = xstrdup_null(src->tool);
	c.note = xstrdup_null(src->note);
	c.fingerprint = xstrdup_null(src->fingerprint);
	c.cause = xstrdup_null(src->cause);
	c.from = NULL;
	if (src->nr_from)
		c.from = xcalloc(src->nr_from, sizeof(*c.from));
	for (size_t i = 0; i < src->nr_from; i++) {
		c.from[i].file = xstrdup_null(src->from[i].file);
		c.from[i].line = src->from[i].line;
	}
	d = diag_list_new(l);
	*d = c;
}

const char *diag_severity_name(enum diag_severity s)
{
	return s == DIAG_ERROR ? "error" : "warning";
}

const char *diag_status_name(enum diag_status s)
{
	switch (s) {
	case DIAG_NEW:
		return "new";
	case DIAG_MOVED:
		return "moved";
	case DIAG_FIXED:
		return "fixed";
	case DIAG_KNOWN:
		return "known";
	}
	return "unknown";
}

static bool is_ident(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* Identifiers that carry a counter: the digits in them mean nothing. */
static bool has_counter(const char *id, size_t len, char before)
{
	static const char *const prefixes[] = {
		"__compiletime_assert_", "__UNIQUE_ID_", "__initcall_",
		"__already_done",	 "__anon",	 "anon",
		"__key",
	};

	if (before == '.' && len > 1 && id[0] == 'L' &&
	    isdigit((unsigned char)id[1]))
		return true; /* .L123 */
	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		size_t n = strlen(prefixes[i]);

		if (len > n && !strncmp(id, prefixes[i], n) &&
		    (n > 6 || isdigit((unsigned char)id[n])))
			return true;
	}
	return false;
}

static void fold_digits(struct strbuf *out, const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (!isdigit((unsigned char)s[i]))
			strbuf_addch(out, s[i]);
		else if (!i || !isdigit((unsigned char)s[i - 1]))
			strbuf_addch(out, 'N');
	}
}

/* Length of a quotation mark at s that is to become an apostrophe, or 0. */
static size_t quote_len(const char *s)
{
	if (*s == '`' || *s == '"')
		return 1;
	if (!strncmp(s, "\xe2\x80", 2) && (s[2] == '\x98' || s[2] == '\x99' ||
					   s[2] == '\x9c' || s[2] == '\x9d'))
		return 3;
	return 0;
}

/* The message as it is compared. */
static void fold_message(struct strbuf *out, const char *s)
{
	/* In the name of a file that is missing every digit counts. */
	bool is_name = strstr(s, "No such file") ||
		       strstr(s, "file not found") ||
		       strstr(s, "No rule to make target");
	char before = ' ';

	while (*s) {
		size_t n = quote_len(s);

		/* the guess changes with any other header */
		if (starts_with(s, "; did you mean "))
			return;
		if (n) {
			strbuf_addch(out, '\'');
			before = '\'';
			s += n;
			continue;
		}
		if (!is_ident(*s)) {
			before = *s;
			strbuf_addch(out, *s++);
			continue;
		}
		for (n = 1; is_ident(s[n]);)
			n++;
		if (is_name)
			strbuf_add(out, s, n);
		else if (isdigit((unsigned char)*s) && before != '/')
			strbuf_addch(out, 'N');
		else if (has_counter(s, n, before))
			fold_digits(out, s, n);
		else
			strbuf_add(out, s, n);
		before = s[n - 1];
		s += n;
	}
}

static void add_field(struct strbuf *sb, const char *s)
{
	if (s)
		strbuf_addstr(sb, s);
	strbuf_addch(sb, '\0');
}

static char *fingerprint(const struct diagnostic *d, const char *file)
{
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;
	char *hex;

	add_field(&sb, diag_severity_name(d->severity));
	add_field(&sb, d->option);
	add_field(&sb, file);
	if (d->function) /* "f.isra.0", "f.constprop.12" */
		fold_message(&sb, d->function);
	add_field(&sb, NULL);
	if (d->message)
		fold_message(&sb, d->message);
	hex = hash_hex(sb.buf, sb.len);
	hex[32] = '\0';
	return hex;
}

void diag_fingerprint(struct diagnostic *d, const struct strmap *renames)
{
	const char *file = d->file;
	const char *base = file && renames ? strmap_get(renames, file) : NULL;

	free(d->fingerprint);
	d->fingerprint = fingerprint(d, base ? base : file);
}

char *diag_fingerprint_anywhere(const struct diagnostic *d)
{
	/* no file is called "*": never equal to one with a file */
	return fingerprint(d, "*");
}
