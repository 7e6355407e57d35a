// SPDX-License-Identifier: GPL-2.0-only
/*
 * Splits a file into mails that "git am" will read as we did.
 *
 * The problem: git mailsplit takes every line that looks like
 * "From x Thu Jan  1 00:00:00 1970" for the start of a message, even inside a
 * forwarded patch, and what several tools call an mbox differs in how they
 * quote such lines. The trick: decide here (the next line must be a header
 * field), and quote what is left so that git sees exactly one message. That is
 * harmless: no line of a diff begins with "From " or ">".
 *
 * Formats: mbox variants, see mbox(5); mboxrd as public-inbox and b4 write it
 * ("From mboxrd@z", ">From " unquoted by one level); RFC 5322 header fields.
 * Line ends are CRLF of the transport when the header has them, and part of the
 * patch otherwise.
 */
#include "model/mail.h"

#include "model/patchpath.h"
#include "sys/errbuf.h"
#include "sys/mem.h"
#include "sys/strbuf.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define STANDARD_FROM "From mboxrd@z Thu Jan  1 00:00:00 1970\n"
#define FIXED_DATE "Date: Thu, 1 Jan 1970 00:00:00 +0000\n"

/* Lines of one file, one after the other. */
struct lines {
	const char *p;
	const char *end;
	size_t nr; /* number of the line that line_next() gave last */
};

struct line {
	const char *s;
	size_t len; /* without the end of line */
	bool cr;    /* ended by \r\n; the \r is not in len */
	bool nl;
};

static bool line_next(struct lines *in, struct line *out)
{
	const char *nl;

	if (in->p >= in->end)
		return false;
	nl = memchr(in->p, '\n', in->end - in->p);
	out->s = in->p;
	out->nl = nl;
	out->len = (nl ? nl : in->end) - in->p;
	out->cr = nl && out->len && nl[-1] == '\r';
	out->len -= out->cr;
	in->p = nl ? nl + 1 : in->end;
	in->nr++;
	return true;
}

void mail_list_release(struct mail_list *l)
{
	for (size_t i = 0; i < l->nr; i++) {
		free(l->v[i].file);
		free(l->v[i].text);
	}
	free(l->v);
	*l = (struct mail_list)MAIL_LIST_INIT;
}

static bool is_from(const char *s, size_t len)
{
	return len >= 5 && !memcmp(s, "From ", 5);
}

/* "From X ... HH:MM[:SS] YYYY": the line at which git mailsplit splits. */
static bool is_git_from(const char *s, size_t len)
{
	size_t colon = len;
	int year = 0;

	if (!is_from(s, len))
		return false;
	while (colon > 5 && s[colon - 1] != ':')
		colon--;
	if (colon < 10 || colon + 3 > len)
		return false;
	colon--;
	if (!isdigit((unsigned char)s[colon - 4]) ||
	    !isdigit((unsigned char)s[colon - 2]) ||
	    !isdigit((unsigned char)s[colon - 1]) ||
	    !isdigit((unsigned char)s[colon + 1]) ||
	    !isdigit((unsigned char)s[colon + 2]))
		return false;
	colon += 3;
	while (colon < len && isspace((unsigned char)s[colon]))
		colon++;
	for (int n = 0; n < 6 && colon < len; n++, colon++) {
		if (!isdigit((unsigned char)s[colon]))
			break;
		year = year * 10 + s[colon] - '0';
	}
	return year > 90;
}

/* "Name: ..." as RFC 5322 allows names; returns the name's length or 0. */
static size_t field_name_len(const char *s, size_t len)
{
	size_t n = 0;

	while (n < len && s[n] > ' ' && s[n] < 127 && s[n] != ':')
		n++;
	return n && n < len && s[n] == ':' ? n : 0;
}

static bool field_is(const struct line *l, const char *name)
{
	size_t n = field_name_len(l->s, l->len);

	return n && n == strlen(name) && !strncasecmp(l->s, name, n);
}

static bool is_blank(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!isspace((unsigned char)s[i]))
			return false;
	return true;
}

/* Does a block of header fields with an author begin at in? */
static bool is_mail(struct lines in)
{
	bool author = false, first = true;
	struct line l;

	while (line_next(&in, &l) && l.len) {
		if (!first && (*l.s == ' ' || *l.s == '\t'))
			continue;
		if (starts_with(l.s, ">From "))
			continue;
		if (!field_name_len(l.s, l.len))
			return false;
		author |= field_is(&l, "From");
		first = false;
	}
	return author;
}

/* "0003-kvm-move-it.patch" gives "kvm-move-it". */
static char *subject_of_file(const char *file)
{
	static const char *const suffixes[] = { ".patch", ".diff", ".eml",
						".mbox", ".mbx", ".txt" };
	const char *base = strrchr(file, '/');
	size_t len;
	char *s;

	base = base ? base + 1 : file;
	if (base[strspn(base, "0123456789")] == '-' &&
	    base[strspn(base, "0123456789") + 1])
		base += strspn(base, "0123456789") + 1;
	len = strlen(base);
	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		size_t n = strlen(suffixes[i]);

		if (len > n && ends_with(base, suffixes[i])) {
			len -= n;
			break;
		}
	}
	s = xstrndup(base, len);
	for (char *c = s; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 127 || strchr("[]", *c))
			*c = ' ';
	return s;
}

/* The header of a diff that came without one. */
static void add_made_header(struct strbuf *out, struct mail_text *m,
			    bool subject_too)
{
	strbuf_addstr(out, "From: kvmatrix <" MAIL_NOBODY_ADDRESS ">\n");
	m->added++;
	if (subject_too) {
		_cleanup_free_ char *subject = subject_of_file(m->file);

		strbuf_addstr(out, FIXED_DATE);
		strbuf_addf(out, "Subject: %s\n\n", subject);
		m->added += 3;
	}
}

struct style {
	bool crlf;   /* the transport's line ends: taken off */
	bool mboxrd; /* one ">" of ">From " is the mailbox's */
};

static void add_line(struct strbuf *out, const struct line *l, struct style st)
{
	const char *s = l->s;
	size_t len = l->len, quotes = 0;

	while (quotes < len && s[quotes] == '>')
		quotes++;
	if (!quotes && is_git_from(s, len)) {
		strbuf_addch(out, '>');
	} else if (quotes && st.mboxrd &&
		   is_from(s + quotes, len - quotes) &&
		   (quotes > 1 || !is_git_from(s + 1, len - 1))) {
		s++;
		len--;
	}
	strbuf_add(out, s, len);
	if (l->cr && !st.crlf)
		strbuf_addch(out, '\r');
	if (l->nl)
		strbuf_addch(out, '\n');
}

/*
 * Appends the message whose lines are in. bare: there is no header at all.
 */
static void add_message(struct mail_list *l, const char *file, struct lines in,
			bool bare)
{
	struct mail_text m = { .file = xstrdup(file), .line = in.nr + 1 };
	struct strbuf out = STRBUF_INIT;
	struct style st = { 0 };
	struct lines ahead = in;
	struct line line, from;

	if (!bare && line_next(&ahead, &from) && is_from(from.s, from.len)) {
		bool keep = is_git_from(from.s, from.len);

		st.mboxrd = starts_with(from.s, "From mboxrd@z ");
		strbuf_add(&out, keep ? from.s : "", keep ? from.len : 0);
		strbuf_addstr(&out, keep ? "\n" : STANDARD_FROM);
		in = ahead;
	} else {
		strbuf_addstr(&out, STANDARD_FROM);
		m.added++;
	}
	ahead = in;
	st.crlf = !bare && line_next(&ahead, &line) && line.cr;
	if (bare || !is_mail(in))
		add_made_header(&out, &m, bare);
	while (line_next(&in, &line))
		add_line(&out, &line, st);
	m.len = out.len;
	m.text = strbuf_detach(&out);
	GROW(l->v, l->nr, l->alloc);
	l->v[l->nr++] = m;
}

/* Does a message begin at in? Then the rest of its From line is consumed. */
static bool at_message(struct lines in)
{
	struct line l;

	return line_next(&in, &l) && is_git_from(l.s, l.len) &&
	       line_next(&in, &l) &&
	       (field_name_len(l.s, l.len) || starts_with(l.s, ">From "));
}

static void split_mbox(struct mail_list *l, const char *file, struct lines in)
{
	struct lines start = in;
	struct line line;

	line_next(&in, &line);
	while (in.p < in.end) {
		if (at_message(in)) {
			start.end = in.p;
			add_message(l, file, start, false);
			start = in;
		}
		line_next(&in, &line);
	}
	start.end = in.end;
	add_message(l, file, start, false);
}

static int refuse_foreign(const char *file, const char *data, size_t len,
			  struct errbuf *err)
{
	static const struct {
		const char *magic;
		size_t len;
		const char *what;
	} packed[] = {
		{ "\037\213", 2, "zcat" },
		{ "\3757zXZ", 5, "xzcat" },
		{ "(\265/\375", 4, "zstdcat" },
		{ "BZh", 3, "bzcat" },
	};
	const char *nul;
	size_t line = 1;

	for (size_t i = 0; i < ARRAY_SIZE(packed); i++)
		if (len >= packed[i].len &&
		    !memcmp(data, packed[i].magic, packed[i].len))
			return errbuf_set(err, "%s: is compressed; unpack it "
					  "first: %s %s | kvmatrix run -",
					  file, packed[i].what, file);
	if (len >= 2 && (!memcmp(data, "\377\376", 2) ||
			 !memcmp(data, "\376\377", 2)))
		return errbuf_set(err, "%s: is UTF-16 text; save it again as "
				  "UTF-8 (a shell's redirection may have "
				  "converted it)", file);
	nul = memchr(data, '\0', len);
	if (!nul)
		return 0;
	for (const char *p = data; p < nul; p++)
		line += *p == '\n';
	return errbuf_set(err, "%s:%zu: holds a NUL byte: not a mail or a diff",
			  file, line);
}

static void number_messages(struct mail_list *l, size_t first)
{
	for (size_t i = first; i < l->nr; i++) {
		l->v[i].index = i - first + 1;
		l->v[i].of = l->nr - first;
	}
}

int mail_split(struct mail_list *l, const char *file, const char *data,
	       size_t len, struct errbuf *err)
{
	struct lines in = { .p = data, .end = data + len };
	struct lines ahead;
	size_t first = l->nr;
	struct line line;

	if (refuse_foreign(file, data, len, err))
		return -1;
	if (len >= 3 && !memcmp(data, "\357\273\277", 3))
		in.p += 3;
	ahead = in;
	while (line_next(&ahead, &line) && is_blank(line.s, line.len))
		in = ahead;
	if (in.p >= in.end)
		return errbuf_set(err, "%s: is empty: a mail or a diff was "
				  "expected", file);
	ahead = in;
	line_next(&ahead, &line);
	if (is_from(line.s, line.len) && line_next(&ahead, &line) &&
	    (field_name_len(line.s, line.len) || starts_with(line.s, ">From ")))
		split_mbox(l, file, in);
	else if (is_mail(in))
		add_message(l, file, in, false);
	else if (patch_has_diff(in.p, in.end - in.p))
		add_message(l, file, in, true);
	else
		return errbuf_set(err, "%s:%zu: not a mail or a diff: found "
				  "neither mail headers nor \"diff --git\"",
				  file, in.nr + 1);
	number_messages(l, first);
	return 0;
}
