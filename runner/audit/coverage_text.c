// SPDX-License-Identifier: GPL-2.0-only
/*
 * What coverage reads of names and Makefiles. Pure.
 */
#include "audit/coverage.h"

#include "sys/mem.h"
#include "sys/strbuf.h"
#include "sys/strlist.h"

#include <ctype.h>

bool coverage_counts(const char *path)
{
	static const char *const not[] = { "Documentation/", "tools/",
					   "scripts/", "samples/", "usr/" };

	for (size_t i = 0; i < ARRAY_SIZE(not); i++)
		if (starts_with(path, not[i]))
			return false;
	return ends_with(path, ".c") || ends_with(path, ".h") ||
	       ends_with(path, ".S");
}

static bool names_word(const char *line, const char *word)
{
	size_t n = strlen(word);

	for (const char *s = line; (s = strstr(s, word)); s += n)
		if ((s == line || isspace((unsigned char)s[-1]) ||
		     s[-1] == '=') &&
		    (!s[n] || isspace((unsigned char)s[n])))
			return true;
	return false;
}

char *coverage_makefile_option(const char *text, const char *object)
{
	_cleanup_free_ char *joined = xstrdup(text);
	_cleanup_strlist_ struct strlist lines = STRLIST_INIT;

	for (char *s = joined; (s = strstr(s, "\\\n"));)
		s[0] = s[1] = ' ';
	strlist_split(&lines, joined, "\n");
	strlist_each(line, &lines) {
		const char *open = strstr(line, "-$(CONFIG_");
		const char *close = open ? strchr(open, ')') : NULL;

		if (close && names_word(close, object))
			return xstrndup(open + 3, close - open - 3);
	}
	return NULL;
}

char *coverage_ranges(const unsigned *lines, size_t nr)
{
	struct strbuf sb = STRBUF_INIT;

	for (size_t i = 0; i < nr;) {
		size_t k = i;

		while (k + 1 < nr && lines[k + 1] == lines[k] + 1)
			k++;
		strbuf_addf(&sb, sb.len ? ", %u" : "%u", lines[i]);
		if (k > i)
			strbuf_addf(&sb, "-%u", lines[k]);
		i = k + 1;
	}
	return strbuf_detach(&sb);
}
