// SPDX-License-Identifier: GPL-2.0-only
/*
 * With -Otarget make prints the lines of one recipe together, under a lock. What a
 * make says of itself it prints without that lock, at once:
 *
 *	make[3]: *** [/src/scripts/Makefile.build:478: drivers/vfio] Error 2
 *	make[3]: Target '__build' not remade because of errors.
 *
 * So on a busy machine such lines stand in the middle of another recipe's output
 * (between two lines of it: make's stdout is line-buffered), and what follows them
 * would lose its unit and its function. They are put behind the recipe's lines.
 * Only lines that pass a failure on are moved; one that names an object belongs
 * to the recipe above it.
 */
#include "model/diag_parse.h"

#include "sys/mem.h"

#include <ctype.h>
#include <string.h>

static size_t line_length(const char *p, const char *end)
{
	const char *eol = memchr(p, '\n', end - p);

	return eol ? (size_t)(eol - p) + 1 : (size_t)(end - p);
}

static bool ends(const char *line, size_t n, const char *what)
{
	size_t len = strlen(what);

	while (n && (line[n - 1] == '\n' || line[n - 1] == '\r'))
		n--;
	return n >= len && !memcmp(line + n - len, what, len);
}

static bool begins(const char *line, size_t n, const char *what)
{
	return n >= strlen(what) && !memcmp(line, what, strlen(what));
}

/* Length of "make[N]: ", or 0. */
static size_t make_prefix(const char *line, size_t n)
{
	size_t i = strlen("make[");

	if (!begins(line, n, "make["))
		return 0;
	while (i < n && isdigit((unsigned char)line[i]))
		i++;
	return begins(line + i, n - i, "]: ") ? i + strlen("]: ") : 0;
}

static bool passes_failure_on(const char *line, size_t n)
{
	size_t prefix = make_prefix(line, n);

	if (!prefix)
		return false;
	if (ends(line, n, "' not remade because of errors.") ||
	    ends(line, n, "*** Waiting for unfinished jobs...."))
		return true;
	return begins(line + prefix, n - prefix, "*** [") &&
	       ends(line, n, "] Error 2") && !ends(line, n, ".o] Error 2") &&
	       !ends(line, n, ".s] Error 2");
}

/* "  CC      x.o", "  CC [M]  x.o" */
static bool is_header(const char *line, size_t n)
{
	return n > 4 && line[0] == ' ' && line[1] == ' ' &&
	       isupper((unsigned char)line[2]) &&
	       isupper((unsigned char)line[3]);
}

/* "FILE:LINE:COLUMN: " */
static bool has_place(const char *line, size_t n)
{
	for (size_t i = 0; i + 1 < n; i++) {
		size_t k = i + 1;

		if (line[i] != ':' || !isdigit((unsigned char)line[k]))
			continue;
		while (k < n && isdigit((unsigned char)line[k]))
			k++;
		if (k + 1 < n && line[k] == ':' &&
		    isdigit((unsigned char)line[k + 1]))
			return true;
	}
	return false;
}

/* Only a compiler writes so: an error of a Makefile has a line, no column. */
static bool is_compilers(const char *line, size_t n)
{
	return (begins(line, n, "  ") && !is_header(line, n) &&
		memchr(line, '|', n)) ||
	       begins(line, n, "In file included from ") ||
	       ends(line, n, "':") || has_place(line, n);
}

/* Does the recipe's output go on behind the lines of other makes at p? */
static bool goes_on(const char *p, const char *end)
{
	size_t n = line_length(p, end);

	while (p < end && passes_failure_on(p, n)) {
		p += n;
		n = line_length(p, end);
	}
	return p < end && is_compilers(p, n);
}

void diag_heal(struct strbuf *out, const char *text, size_t len)
{
	_cleanup_strbuf_ struct strbuf later = STRBUF_INIT;
	const char *end = text + len;
	bool in_recipe = false;

	for (size_t n; text < end; text += n) {
		bool header, make;

		n = line_length(text, end);
		if (in_recipe && passes_failure_on(text, n) &&
		    goes_on(text, end)) {
			strbuf_add(&later, text, n);
			continue;
		}
		header = is_header(text, n);
		make = make_prefix(text, n) != 0;
		if (header && later.len) {
			strbuf_add(out, later.buf, later.len);
			strbuf_reset(&later);
		}
		strbuf_add(out, text, n);
		if (make && later.len) {
			strbuf_add(out, later.buf, later.len);
			strbuf_reset(&later);
		}
		in_recipe = header || (in_recipe && !make);
	}
	if (later.len) {
		if (out->len && out->buf[out->len - 1] != '\n')
			strbuf_add(out, "\n", 1);
		strbuf_add(out, later.buf, later.len);
	}
}
