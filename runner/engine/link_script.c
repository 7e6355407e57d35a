// SPDX-License-Identifier: GPL-2.0-only
/*
 * The parts of a script that are told apart:
 *
 *	name = expression;	PROVIDE(name = expression);	ASSERT(...)
 *	.text ... : ... { *(.text .text.*) KEEP(*(.x)) name = .; }
 *	/DISCARD/ : { *(.discard) }
 *
 * In a list of input sections "*", "/", "-" are letters of patterns, in an
 * expression they are operators; so the two are scanned apart. All else (PHDRS,
 * OUTPUT_FORMAT, regions, fill values) is passed over.
 */
#include "engine/link_script.h"

#include "sys/mem.h"

#include <ctype.h>
#include <fnmatch.h>

struct scan {
	struct link_script *to;
	const char *p;
	unsigned line;
};

void link_script_release(struct link_script *s)
{
	for (size_t i = 0; i < s->nr_rules; i++) {
		free(s->rules[i].file);
		free(s->rules[i].section);
	}
	for (size_t i = 0; i < s->nr_symbols; i++) {
		free(s->symbols[i].name);
		strlist_release(&s->symbols[i].uses);
	}
	free(s->rules);
	free(s->symbols);
	strmap_release(&s->known);
	*s = (struct link_script)LINK_SCRIPT_INIT;
}

static void step(struct scan *c)
{
	c->line += *c->p == '\n';
	c->p++;
}

/* Over blanks, comments and lines of the preprocessor. */
static void skip(struct scan *c)
{
	bool fresh = false;

	while (*c->p) {
		if (isspace((unsigned char)*c->p)) {
			fresh = *c->p == '\n';
			step(c);
		} else if (starts_with(c->p, "/*")) {
			const char *end = strstr(c->p + 2, "*/");

			end = end ? end + 2 : c->p + strlen(c->p);
			while (c->p < end)
				step(c);
		} else if (fresh && *c->p == '#') {
			while (*c->p && *c->p != '\n')
				step(c);
		} else {
			return;
		}
	}
}

static bool is_word(char ch)
{
	return ch && !isspace((unsigned char)ch) && !strchr("(){};,:=\"", ch);
}

/* A word, or one character; owned. NULL at the end. */
static char *token(struct scan *c)
{
	const char *begin;

	skip(c);
	begin = c->p;
	if (!*begin)
		return NULL;
	if (*begin == '"') {
		step(c);
		while (*c->p && *c->p != '"')
			step(c);
		if (*c->p)
			step(c);
		return xstrndup(begin, c->p - begin);
	}
	while (is_word(*c->p))
		step(c);
	if (c->p == begin)
		step(c);
	return xstrndup(begin, c->p - begin);
}

static bool next_is(struct scan *c, char ch)
{
	skip(c);
	return *c->p == ch;
}

static bool is_ident(char ch)
{
	return isalnum((unsigned char)ch) || ch == '_' || ch == '.' ||
	       ch == '$';
}

/* The words of an expression, up to `end` at its own level, which is passed. */
static void expression(struct scan *c, char end, struct strlist *uses)
{
	unsigned depth = 0;

	while (skip(c), *c->p) {
		const char *begin = c->p;

		if (*c->p == '"') {
			free(token(c));
			continue;
		}
		while (is_ident(*c->p))
			step(c);
		if (c->p > begin) {
			bool call = next_is(c, '(');

			if (uses && !call && !isdigit((unsigned char)*begin) &&
			    !(c->p - begin == 1 && *begin == '.')) {
				size_t n = 0;

				while (is_ident(begin[n]))
					n++;
				if (n > 1 || *begin != '.')
					strlist_take(uses, xstrndup(begin, n));
			}
			continue;
		}
		if (*c->p == end && !depth) {
			step(c);
			return;
		}
		depth += *c->p == '(';
		depth -= *c->p == ')' && depth;
		step(c);
	}
}

static void add_symbol(struct scan *c, const char *name, bool provided,
		       char end)
{
	struct link_script *s = c->to;
	struct script_symbol *n;

	GROW(s->symbols, s->nr_symbols, s->alloc_symbols);
	n = &s->symbols[s->nr_symbols++];
	*n = (struct script_symbol){
		.name = xstrdup_null(name),
		.line = c->line,
		.provided = provided,
	};
	expression(c, end, &n->uses);
}

/* "name = ...", "name += ...": true when it was one. */
static bool assignment(struct scan *c, const char *word)
{
	const char *p;
	bool more;

	skip(c);
	p = c->p;
	/* "+=" and its kin are words, as they hold no separator but '=' */
	more = *p && strchr("+-*/&|", *p) && p[1] == '=';
	if (!more && (*p != '=' || p[1] == '='))
		return false;
	while (*c->p != '=')
		step(c);
	step(c);
	if (!strcmp(word, "."))
		expression(c, ';', NULL);
	else
		add_symbol(c, word, false, ';');
	return true;
}

/* PROVIDE(name = ...), ASSERT(...), ...: true when it was one. */
static bool command(struct scan *c, const char *word)
{
	_cleanup_free_ char *name = NULL;

	if (!next_is(c, '('))
		return false;
	if (starts_with(word, "PROVIDE") || !strcmp(word, "HIDDEN")) {
		step(c);
		name = token(c);
		if (name && next_is(c, '=')) {
			step(c);
			add_symbol(c, name, *word == 'P', ')');
		}
		return true;
	}
	if (!strcmp(word, "ASSERT") || !strcmp(word, "ENTRY") ||
	    !strcmp(word, "EXTERN")) {
		step(c);
		add_symbol(c, NULL, false, ')');
		return true;
	}
	return false;
}

static void add_rule(struct scan *c, const char *file, const char *section,
		     bool discard)
{
	struct link_script *s = c->to;

	GROW(s->rules, s->nr_rules, s->alloc_rules);
	s->rules[s->nr_rules++] = (struct script_rule){
		.file = xstrdup(file),
		.section = xstrdup(section),
		.discard = discard,
	};
	s->by_file |= strcmp(file, "*") != 0;
}

static void pass_brackets(struct scan *c)
{
	expression(c, ')', NULL);
}

/* After the "(" of "*(": names, SORT...(names), EXCLUDE_FILE(...). */
static void input_sections(struct scan *c, const char *file, bool discard)
{
	unsigned depth = 0;

	for (char *t; (t = token(c)); free(t)) {
		if (!strcmp(t, ")")) {
			if (!depth--) {
				free(t);
				return;
			}
		} else if (!strcmp(t, "(")) {
			depth++;
		} else if (!strcmp(t, "EXCLUDE_FILE") && next_is(c, '(')) {
			step(c);
			pass_brackets(c);
		} else if (strcmp(t, ",") && !next_is(c, '(')) {
			add_rule(c, file, t, discard);
		}
	}
}

static bool is_data(const char *word)
{
	static const char *const words[] = { "BYTE",   "SHORT",	 "LONG",
					     "QUAD",   "SQUAD",	 "FILL",
					     "INCLUDE", "ASCIZ", "LINKER_VERSION" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcmp(word, words[i]))
			return true;
	return false;
}

/* After the "{" of an output section, up to its "}". */
static void output_section(struct scan *c, bool discard)
{
	unsigned depth = 0; /* of KEEP( */

	for (char *t; (t = token(c)); free(t)) {
		if (!strcmp(t, "}")) {
			free(t);
			return;
		}
		if (!strcmp(t, ")")) {
			depth -= depth != 0;
		} else if (!strcmp(t, "KEEP") && next_is(c, '(')) {
			step(c);
			depth++;
		} else if (is_data(t) && next_is(c, '(')) {
			step(c);
			pass_brackets(c);
		} else if (assignment(c, t) || command(c, t)) {
			continue;
		} else if (next_is(c, '(')) {
			step(c);
			input_sections(c, t, discard);
		}
	}
}

/* ":phdr", ">region", "AT>region", "=fill" after the "}". */
static void pass_trailer(struct scan *c)
{
	while (skip(c), *c->p) {
		bool one = strchr(":=", *c->p);

		if (!one && *c->p != '>' && !starts_with(c->p, "AT>"))
			return;
		if (one)
			step(c);
		free(token(c));
	}
}

/* Things that stand before "{" and are not output sections. */
static bool is_block(const char *word)
{
	return !strcmp(word, "SECTIONS") || !strcmp(word, "PHDRS") ||
	       !strcmp(word, "MEMORY") || !strcmp(word, "VERSION");
}

void link_script_parse(struct link_script *s, const char *text)
{
	struct scan c = { .to = s, .p = text, .line = 1 };
	_cleanup_free_ char *first = NULL; /* word of the statement */
	bool colon = false;

	for (char *t; (t = token(&c)); free(t)) {
		if (!strcmp(t, "{")) {
			if (colon && first) {
				output_section(&c, !strcmp(first, "/DISCARD/"));
				pass_trailer(&c);
			} else if (first && strcmp(first, "SECTIONS") &&
				   is_block(first)) {
				expression(&c, '}', NULL);
			}
		} else if (!strcmp(t, ":")) {
			colon = true;
			continue;
		} else if (strcmp(t, "}") && strcmp(t, ";")) {
			if (assignment(&c, t) || command(&c, t))
				goto over;
			if (is_block(t)) {
				free(first);
				first = NULL;
				colon = false;
			}
			if (!first)
				first = xstrdup(t);
			continue;
		}
over:
		free(first);
		first = NULL;
		colon = false;
	}
}

static bool find(const struct link_script *s, const char *object,
		 const char *section)
{
	for (size_t i = 0; i < s->nr_rules; i++) {
		const struct script_rule *r = &s->rules[i];

		if (!fnmatch(r->section, section, 0) &&
		    (!strcmp(r->file, "*") || !fnmatch(r->file, object, 0)))
			return r->discard;
	}
	return false;
}

bool link_script_discards(struct link_script *s, const char *object,
			  const char *section)
{
	static char kept, thrown; /* what the map's values point to */
	void *known;

	if (s->by_file)
		return find(s, object, section);
	known = strmap_get(&s->known, section);
	if (!known) {
		known = find(s, object, section) ? &thrown : &kept;
		strmap_set(&s->known, section, known);
	}
	return known == &thrown;
}
