// SPDX-License-Identifier: GPL-2.0-only
#include "sys/shellwords.h"

#include "sys/errbuf.h"
#include "sys/mem.h"
#include "sys/strbuf.h"

/* What make leaves of the text: "$$" and kbuild's "$(pound)". */
static int make_unquote(const char *text, struct strbuf *out,
			struct errbuf *err)
{
	for (const char *p = text; *p; p++) {
		if (*p != '$') {
			strbuf_addch(out, *p);
		} else if (p[1] == '$') {
			strbuf_addch(out, *p++);
		} else if (starts_with(p, "$(pound)")) {
			strbuf_addch(out, '#');
			p += strlen("$(pound)") - 1;
		} else {
			return errbuf_set(err, "a make variable in a recorded "
					  "command: %.20s", p);
		}
	}
	return 0;
}

/* Copies a quoted text up to its end; returns the closing quote, or NULL. */
static const char *take_quoted(const char *p, struct strbuf *word)
{
	char quote = *p++;

	for (; *p && *p != quote; p++) {
		if (quote == '"' && *p == '\\' && p[1] &&
		    strchr("$`\"\\", p[1]))
			p++;
		else if (quote == '"' && (*p == '$' || *p == '`'))
			return NULL;
		strbuf_addch(word, *p);
	}
	return *p ? p : NULL;
}

int shellwords_split(const char *text, struct strlist *argv, struct errbuf *err)
{
	_cleanup_strbuf_ struct strbuf line = STRBUF_INIT;
	_cleanup_strbuf_ struct strbuf word = STRBUF_INIT;
	bool in_word = false;

	if (make_unquote(text, &line, err))
		return -1;
	for (const char *p = line.buf; *p; p++) {
		if (*p == ' ' || *p == '\t' || *p == '\n') {
			if (in_word)
				strlist_add(argv, word.buf);
			strbuf_reset(&word);
			in_word = false;
			continue;
		}
		if (strchr("$`*?[<>|&;()", *p))
			return errbuf_set(err, "a recorded command that only "
					  "a shell can read: %.20s", p);
		in_word = true;
		if (*p == '\\' && p[1]) {
			strbuf_addch(&word, *++p);
		} else if (*p == '\'' || *p == '"') {
			p = take_quoted(p, &word);
			if (!p)
				return errbuf_set(err, "a recorded command with "
						  "a quote that does not end, "
						  "or a variable in it");
		} else {
			strbuf_addch(&word, *p);
		}
	}
	if (in_word)
		strlist_add(argv, word.buf);
	return 0;
}
