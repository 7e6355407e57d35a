// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a message's own header says about its place in a series, read without
 * git: a thread has hundreds of replies and git mailinfo costs a process each.
 *
 * Formats: header fields and folding RFC 5322 2.2.3, encoded words RFC 2047,
 * "[PATCH v2 3/15]" as git format-patch writes it and people vary it.
 */
#include "model/mail.h"

#include "sys/mem.h"
#include "sys/strbuf.h"

#include <ctype.h>
#include <stdio.h>
#include <strings.h>

static int hex_digit(int c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = tolower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void decode_q(struct strbuf *out, const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (s[i] == '=' && i + 2 < len && hex_digit(s[i + 1]) >= 0 &&
		    hex_digit(s[i + 2]) >= 0) {
			strbuf_addch(out, (char)(hex_digit(s[i + 1]) * 16 +
						 hex_digit(s[i + 2])));
			i += 2;
		} else {
			strbuf_addch(out, s[i] == '_' ? ' ' : s[i]);
		}
	}
}

static void decode_b(struct strbuf *out, const char *s, size_t len)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";
	unsigned acc = 0, bits = 0;

	for (size_t i = 0; i < len; i++) {
		const char *d = s[i] ? strchr(digits, s[i]) : NULL;

		if (!d)
			continue;
		acc = (acc << 6 | (unsigned)(d - digits)) & 0xffff;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			strbuf_addch(out, (char)(acc >> bits & 0xff));
		}
	}
}

/* Decodes one "=?charset?Q?text?=" at s; returns its length, 0 when none. */
static size_t decode_word(struct strbuf *out, const char *s)
{
	const char *enc, *text, *end;

	if (!starts_with(s, "=?"))
		return 0;
	enc = strchr(s + 2, '?');
	if (!enc || !enc[1] || enc[2] != '?')
		return 0;
	text = enc + 3;
	end = strstr(text, "?=");
	if (!end)
		return 0;
	if (tolower((unsigned char)enc[1]) == 'q')
		decode_q(out, text, end - text);
	else if (tolower((unsigned char)enc[1]) == 'b')
		decode_b(out, text, end - text);
	else
		return 0;
	return end + 2 - s;
}

char *mail_decode_words(const char *s)
{
	struct strbuf out = STRBUF_INIT;
	bool after_word = false;

	while (*s) {
		size_t blank = strspn(s, " \t");
		size_t n = 0;

		if (after_word && starts_with(s + blank, "=?"))
			n = decode_word(&out, s + blank);
		if (n) { /* blanks between two words are no text */
			s += blank + n;
			continue;
		}
		n = decode_word(&out, s);
		after_word = n > 0;
		if (!n)
			strbuf_addch(&out, *s);
		s += n ? n : 1;
	}
	return strbuf_detach(&out);
}

/* "Re:", "RE[2]:", "Aw:", "Antw:", "Sv:"; returns its length or 0. */
static size_t reply_prefix(const char *s)
{
	static const char *const words[] = { "re", "aw", "antw", "sv", "vs" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		size_t n = strlen(words[i]);

		if (strncasecmp(s, words[i], n))
			continue;
		if (s[n] == '[') {
			size_t digits = strspn(s + n + 1, "0123456789");

			if (digits && s[n + 1 + digits] == ']')
				n += digits + 2;
		}
		if (s[n] == ':')
			return n + 1;
	}
	return 0;
}

/* "3/15" */
static bool read_fraction(struct mail_tag *t, const char *word)
{
	unsigned n, m;
	int used = 0;

	if (word[strspn(word, "0123456789/")] ||
	    sscanf(word, "%6u/%6u%n", &n, &m, &used) != 2 || word[used] || !m)
		return false;
	t->numbered = true;
	t->number = n;
	t->total = m;
	return true;
}

/* "v2", "V3.1", "PATCHv2", "RFCv4" */
static void read_version(struct mail_tag *t, const char *word)
{
	const char *v = word;

	while (isupper((unsigned char)*v) && *v != 'V')
		v++;
	if (tolower((unsigned char)*v) != 'v' ||
	    !isdigit((unsigned char)v[1]) ||
	    v[1 + strspn(v + 1, "0123456789.")] ||
	    strlen(v + 1) >= sizeof(t->version))
		return;
	snprintf(t->version, sizeof(t->version), "%s", v + 1);
}

static void read_bracket(struct mail_tag *t, const char *s, size_t len)
{
	_cleanup_free_ char *inner = xstrndup(s, len);
	char *save = NULL;

	if (starts_with(inner, "tip:"))
		t->bot = true;
	if (t->numbered) /* "[PATCH 1/2] [2/3] ...": the first one counts */
		return;
	for (char *w = strtok_r(inner, " \t,", &save); w;
	     w = strtok_r(NULL, " \t,", &save))
		if (!read_fraction(t, w))
			read_version(t, w);
}

void mail_tag_read(struct mail_tag *t, const char *s)
{
	*t = (struct mail_tag){ .version = "1" };
	for (;;) {
		size_t n;

		s += strspn(s, " \t:");
		n = reply_prefix(s);
		if (n) {
			t->reply = true;
			s += n;
			continue;
		}
		if (*s == '[' && strchr(s, ']')) {
			const char *end = strchr(s, ']');

			read_bracket(t, s + 1, end - s - 1);
			s = end + 1;
			continue;
		}
		return;
	}
}

static bool field_is(const char *line, size_t len, const char *name)
{
	size_t n = strlen(name);

	return len > n && line[n] == ':' && !strncasecmp(line, name, n);
}

static char *field_value(const struct strbuf *field)
{
	const char *v = strchr(field->buf, ':') + 1;
	size_t n;

	v += strspn(v, " \t");
	n = strlen(v);
	while (n && isspace((unsigned char)v[n - 1]))
		n--;
	return xstrndup(v, n);
}

static void take_field(struct mail_head *h, const struct strbuf *field)
{
	if (field_is(field->buf, field->len, "From")) {
		h->has_from = true;
	} else if (!h->subject &&
		   field_is(field->buf, field->len, "Subject")) {
		_cleanup_free_ char *raw = field_value(field);

		h->subject = mail_decode_words(raw);
	} else if (!h->message_id &&
		   field_is(field->buf, field->len, "Message-ID")) {
		h->message_id = field_value(field);
	}
}

void mail_head_read(struct mail_head *h, const char *text, size_t len)
{
	_cleanup_strbuf_ struct strbuf field = STRBUF_INIT;
	const char *p = text, *end = text + len;

	*h = (struct mail_head){ 0 };
	while (p < end) {
		const char *nl = memchr(p, '\n', end - p);
		size_t n = (nl ? nl : end) - p;

		if (n && (*p == ' ' || *p == '\t')) {
			strbuf_add(&field, p, n);
		} else {
			take_field(h, &field);
			strbuf_reset(&field);
			strbuf_add(&field, p, n);
		}
		if (!n)
			break;
		p += n + 1;
	}
	take_field(h, &field);
	mail_tag_read(&h->tag, h->subject ? h->subject : "");
}

void mail_head_release(struct mail_head *h)
{
	free(h->subject);
	free(h->message_id);
	*h = (struct mail_head){ 0 };
}
