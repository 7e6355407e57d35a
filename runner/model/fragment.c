// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's own reader and merge_config.sh skip lines they do not know, so
 * "KVM=y" or "CONFIG_KVM = y" in a fragment asks for nothing and says nothing.
 * Here every line that is not understood is an error.
 */
#include "model/fragment.h"

#include "sys/errbuf.h"
#include "sys/mem.h"
#include "sys/strlist.h"

#include <ctype.h>

#define PREFIX "CONFIG_"

/* The length of CONFIG_X at the start of s, 0 when there is none. */
static size_t symbol_len(const char *s)
{
	size_t n = strlen(PREFIX);

	if (!starts_with(s, PREFIX))
		return 0;
	while (isalnum((unsigned char)s[n]) || s[n] == '_')
		n++;
	return n > strlen(PREFIX) ? n : 0;
}

static bool all_digits(const char *s, int (*is)(int))
{
	if (!*s)
		return false;
	for (; *s; s++)
		if (!is((unsigned char)*s))
			return false;
	return true;
}

/* A text in double quotes, with \" and \\ inside, that ends where it closes. */
static bool quoted(const char *s)
{
	if (*s++ != '"')
		return false;
	while (*s && *s != '"') {
		if (*s == '\\' && s[1])
			s++;
		s++;
	}
	return s[0] == '"' && !s[1];
}

static bool value_ok(const char *v)
{
	if (!strcmp(v, "y") || !strcmp(v, "m") || !strcmp(v, "n") || quoted(v))
		return true;
	if (v[0] == '0' && (v[1] == 'x' || v[1] == 'X'))
		return all_digits(v + 2, isxdigit);
	return all_digits(*v == '-' ? v + 1 : v, isdigit);
}

const char *fragment_option_fault(const char *text)
{
	size_t n = symbol_len(text);

	if (strchr(text, '\n') || strchr(text, '\r'))
		return "must be a single line";
	if (!n)
		return "does not begin with the name of an option; write CONFIG_X=y";
	if (text[n] != '=')
		return isspace((unsigned char)text[n]) ?
			       "has a blank after the option's name; write CONFIG_X=y without blanks" :
			       "has no value; write CONFIG_X=y, =m, =n or a number or \"text\"";
	if (!value_ok(text + n + 1))
		return "has a value that Kconfig does not know; write y, m, n, a number, or a text in double quotes";
	return NULL;
}

/* CONFIG_X of "# CONFIG_X is not set", or NULL. */
static char *not_set(const char *line)
{
	size_t n;

	if (!starts_with(line, "# "))
		return NULL;
	n = symbol_len(line + 2);
	if (!n || strcmp(line + 2 + n, " is not set"))
		return NULL;
	return xstrndup(line + 2, n);
}

/* "#CONFIG_X is not set", "# CONFIG_X is not set." and the like. */
static bool nearly_not_set(const char *line)
{
	const char *s = line;

	while (*s == '#' || isspace((unsigned char)*s))
		s++;
	return symbol_len(s) && strstr(s, "not set");
}

static int parse_line(const char *name, unsigned nr, const char *line,
		      struct strlist *out, struct strlist *where,
		      struct errbuf *err)
{
	_cleanup_free_ char *off = not_set(line);
	const char *fault;

	if (off) {
		strlist_addf(out, "%s=n", off);
		strlist_addf(where, "%s:%u", name, nr);
		return 0;
	}
	if (*line == '#' && nearly_not_set(line))
		return errbuf_set(err, "%s:%u: '%s' would be ignored; write '# CONFIG_X is not set' exactly so",
				  name, nr, line);
	if (!*line || *line == '#')
		return 0;
	fault = fragment_option_fault(line);
	if (fault)
		return errbuf_set(err, "%s:%u: '%.60s' %s", name, nr, line,
				  fault);
	strlist_add(out, line);
	strlist_addf(where, "%s:%u", name, nr);
	return 0;
}

int fragment_parse(const char *name, const char *text, struct strlist *out,
		   struct strlist *where, struct errbuf *err)
{
	unsigned nr = 0;

	while (*text) {
		size_t len = strcspn(text, "\n"), used = len;
		_cleanup_free_ char *line = NULL;

		while (used && isspace((unsigned char)text[used - 1]))
			used--;
		line = xstrndup(text, used);
		if (parse_line(name, ++nr, line, out, where, err) < 0)
			return -1;
		text += len + (text[len] == '\n');
	}
	return 0;
}
