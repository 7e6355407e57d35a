// SPDX-License-Identifier: GPL-2.0-only
#include "report/escape.h"

#include "sys/strbuf.h"

#include <stdbool.h>

/* C0 and DEL, and the C1 controls as UTF-8 encodes them (C2 80 .. C2 9F), which
 * some terminals obey. *used gets the bytes looked at. */
static bool is_control(const char *p, unsigned *used)
{
	unsigned char c = p[0], d = c ? p[1] : 0;

	*used = 1;
	if (c < 0x20 || c == 0x7f)
		return true;
	if (c == 0xc2 && d >= 0x80 && d <= 0x9f) {
		*used = 2;
		return true;
	}
	return false;
}

static void escape(struct strbuf *out, const char *text, const char *special)
{
	unsigned used;

	for (; *text; text += used) {
		if (is_control(text, &used)) {
			bool blank = *text == '\t' || *text == '\n' ||
				     *text == '\r';

			strbuf_addch(out, blank ? ' ' : '?');
			continue;
		}
		for (const char *s = special; *s; s++)
			if (*s == *text)
				strbuf_addch(out, '\\');
		strbuf_addch(out, *text);
	}
}

void escape_line(struct strbuf *out, const char *text)
{
	escape(out, text, "");
}

void escape_tap(struct strbuf *out, const char *text)
{
	escape(out, text, "\\#");
}

void escape_yaml(struct strbuf *out, const char *text)
{
	strbuf_addch(out, '"');
	escape(out, text, "\\\"");
	strbuf_addch(out, '"');
}
