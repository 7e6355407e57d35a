// SPDX-License-Identifier: GPL-2.0-only
/*
 * A condition like "#ifdef __KVM__" depends on a flag that a Makefile hands to
 * its units. Who adds the flag, and how does it come that these units do not
 * have it?
 */
#include "engine/proof_internal.h"

#include "engine/includes.h"
#include "engine/tree.h"
#include "model/unit.h"
#include "sys/fileio.h"
#include "sys/mem.h"

#include <ctype.h>

/* The X of "#ifdef X", when it is no option; owned. */
static char *macro_of(const char *condition)
{
	const char *x = starts_with(condition, "#ifdef ") ? condition + 7 : "";
	size_t n = 0;

	while (isalnum((unsigned char)x[n]) || x[n] == '_')
		n++;
	if (!n || x[n] || starts_with(x, "CONFIG_"))
		return NULL;
	return xstrdup(x);
}

static bool has_word(const char *line, const char *word)
{
	size_t n = strlen(word);

	for (const char *s = line; (s = strstr(s, word)); s += n)
		if (!isalnum((unsigned char)s[n]) && s[n] != '_')
			return true;
	return false;
}

/* A line of a Makefile. */
struct line {
	char *text; /* owned; NULL: not found */
	unsigned nr;
};

static bool adds_flag(const char *line, const char *flag)
{
	return *line != '#' && has_word(line, flag);
}

static bool includes_file(const char *line, const char *base)
{
	return (starts_with(line, "include ") ||
		starts_with(line, "-include ")) &&
	       ends_with(line, base);
}

/* "ccflags-y := ..." */
static bool assigns(const char *line, const char *variable)
{
	size_t n = strlen(variable);

	if (strncmp(line, variable, n))
		return false;
	line += n + strspn(line + n, " \t");
	return starts_with(line, ":=") || *line == '=';
}

/* The first line after line nr from that is what match looks for. */
static struct line find_line(const char *text, unsigned from,
			     bool (*match)(const char *, const char *),
			     const char *arg)
{
	struct line found = {0};
	unsigned nr = 0;

	while (*text && !found.text) {
		size_t n = strcspn(text, "\n");
		_cleanup_free_ char *line = xstrndup(text, n);

		if (++nr > from && match(line, arg))
			found = (struct line){STEAL(line), nr};
		text += n + (text[n] == '\n');
	}
	return found;
}

/* The changed Makefile that adds the flag, and the variable it adds it to
 * (owned). */
static const char *who_adds(struct question *q, const char *flag,
			    char **variable)
{
	const struct change_list *l = &q->p->tree->states[q->now].since_base;

	for (size_t i = 0; i < l->nr; i++) {
		_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
		_cleanup_free_ char *line = NULL;

		if (l->v[i].status == 'D' ||
		    !include_index_is_makefile(l->v[i].path) ||
		    !sources_text(&q->p->sources, q->cell, l->v[i].path, q->now,
				  &text))
			continue;
		line = find_line(text.buf, 0, adds_flag, flag).text;
		if (!line)
			continue;
		*variable = xstrndup(line, strcspn(line, " \t+:="));
		return l->v[i].path;
	}
	return NULL;
}

static char *how_lost(struct question *q, const char *makefile,
		      const char *adder, const char *macro,
		      const char *variable)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	_cleanup_free_ char *include = NULL, *assignment = NULL;
	const char *base = strrchr(adder, '/');
	struct line at;

	base = base ? base + 1 : adder;
	if (!strcmp(adder, makefile) ||
	    !sources_text(&q->p->sources, q->cell, makefile, q->now, &text))
		return xasprintf("%s defines %s", adder, macro);
	at = find_line(text.buf, 0, includes_file, base);
	include = at.text;
	if (!include)
		return xasprintf("%s defines %s, and %s does not include it",
				 adder, macro, makefile);
	at = find_line(text.buf, at.nr, assigns, variable);
	assignment = at.text;
	if (!assignment)
		return xasprintf("%s, which %s includes, defines %s", adder,
				 makefile, macro);
	return xasprintf("%s defines %s in %s, and %s:%u assigns %s anew "
			 "behind its include",
			 adder, macro, variable, makefile, at.nr, variable);
}

char *proof_flag(struct question *q, const char *condition,
		 const char *makefile)
{
	_cleanup_free_ char *macro = macro_of(condition), *flag = NULL;
	_cleanup_free_ char *variable = NULL;
	const char *adder;

	if (!macro || !makefile)
		return NULL;
	flag = xasprintf("-D%s", macro);
	adder = who_adds(q, flag, &variable);
	return adder ? how_lost(q, makefile, adder, macro, variable) : NULL;
}
