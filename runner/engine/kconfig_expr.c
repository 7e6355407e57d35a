// SPDX-License-Identifier: GPL-2.0-only
#include "engine/kconfig_expr.h"

#include "sys/mem.h"

#include <ctype.h>

/* An expression nested deeper than this counts as unknown. */
#define DEEPEST 64

struct parser {
	const char *s;
	const struct strmap *values;
	unsigned depth;
};

const char *tristate_name(enum tristate t)
{
	return t == TRI_Y ? "y" : t == TRI_M ? "m" : "n";
}

void kconfig_values_read(const char *text, struct strmap *values,
			 struct strlist *lines)
{
	static const char off[] = " is not set";

	strlist_split(lines, text, "\r\n");
	strlist_each(line, lines) {
		char *eq = strchr(line, '=');

		if (starts_with(line, "CONFIG_") && eq) {
			*eq = '\0';
			strmap_set(values, line, eq + 1);
		} else if (starts_with(line, "# CONFIG_") &&
			   ends_with(line, off)) {
			line[strlen(line) - strlen(off)] = '\0';
			strmap_set(values, line + 2, (char *)"n");
		}
	}
}

static const char *raw_value(const struct strmap *values, const char *symbol)
{
	_cleanup_free_ char *name = xasprintf("CONFIG_%s", symbol);
	const char *v = strmap_get(values, name);

	return v ? v : "n";
}

enum tristate kconfig_value(const struct strmap *values, const char *symbol)
{
	const char *v;

	if (!strcmp(symbol, "y") || !strcmp(symbol, "m") ||
	    !strcmp(symbol, "n"))
		v = symbol;
	else
		v = raw_value(values, symbol);
	return *v == 'y' ? TRI_Y : *v == 'm' ? TRI_M : TRI_N;
}

static void blanks(struct parser *p)
{
	while (isspace((unsigned char)*p->s))
		p->s++;
}

/* $(...), with what is nested in it; at the '$'. */
static const char *skip_macro(const char *s)
{
	unsigned open = 0;

	for (; *s; s++) {
		if (*s == '(')
			open++;
		else if (*s == ')' && !--open)
			return s + 1;
	}
	return s;
}

static const char *skip_quoted(const char *s)
{
	char q = *s++;

	while (*s && *s != q)
		s++;
	return *s ? s + 1 : s;
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* A symbol may begin with a digit (6LOWPAN), a number is one to its end. */
static bool is_number(const char *word)
{
	char *end;

	if (!isdigit((unsigned char)*word) && *word != '-')
		return false;
	strtoll(word, &end, 0);
	return !*end;
}

/* One operand as text, NULL for a macro or nothing; owned. */
static char *operand(struct parser *p, bool *literal)
{
	const char *start = p->s;

	*literal = false;
	if (*p->s == '$') {
		p->s = skip_macro(p->s);
		return NULL;
	}
	if (*p->s == '"' || *p->s == '\'') {
		p->s = skip_quoted(p->s);
		*literal = true;
		/* A macro inside quotes is no text that we know. */
		if (memchr(start, '$', p->s - start))
			return NULL;
		return xstrndup(start + 1, p->s - start > 1 ?
						   p->s - start - 2 :
						   0);
	}
	while (is_word(*p->s) || *p->s == '-')
		p->s++;
	return p->s > start ? xstrndup(start, p->s - start) : NULL;
}

/* Constants stand for themselves, symbols for their (unquoted) value. */
static char *text_value(const struct parser *p, const char *word, bool literal)
{
	const char *v = word;
	size_t n;

	if (!literal && strcmp(word, "y") != 0 && strcmp(word, "m") != 0 &&
	    strcmp(word, "n") != 0 && !is_number(word))
		v = raw_value(p->values, word);
	n = strlen(v);
	if (n > 1 && v[0] == '"' && v[n - 1] == '"')
		return xstrndup(v + 1, n - 2);
	return xstrdup(v);
}

static enum tristate compare(struct parser *p, const char *left, bool literal,
			     bool equal)
{
	bool right_literal;
	_cleanup_free_ char *right = NULL;
	_cleanup_free_ char *a = NULL;
	_cleanup_free_ char *b = NULL;

	blanks(p);
	right = operand(p, &right_literal);
	if (!left || !right)
		return TRI_Y;
	a = text_value(p, left, literal);
	b = text_value(p, right, right_literal);
	return !strcmp(a, b) == equal ? TRI_Y : TRI_N;
}

static enum tristate parse_or(struct parser *p);

static enum tristate parse_atom(struct parser *p)
{
	_cleanup_free_ char *word = NULL;
	bool literal;

	word = operand(p, &literal);
	blanks(p);
	if (*p->s == '=') {
		p->s++;
		return compare(p, word, literal, true);
	}
	if (*p->s == '!' && p->s[1] == '=') {
		p->s += 2;
		return compare(p, word, literal, false);
	}
	if (*p->s == '<' || *p->s == '>') {
		_cleanup_free_ char *other = NULL;

		p->s += 1 + (p->s[1] == '=');
		blanks(p);
		other = operand(p, &literal);
		return TRI_Y;
	}
	return word ? kconfig_value(p->values, word) : TRI_Y;
}

static enum tristate parse_not(struct parser *p)
{
	enum tristate t = TRI_Y;

	blanks(p);
	if (p->depth == DEEPEST) {
		p->s += strlen(p->s);
		return t;
	}
	p->depth++;
	if (*p->s == '!' && p->s[1] != '=') {
		p->s++;
		t = TRI_Y - parse_not(p);
	} else if (*p->s == '(') {
		p->s++;
		t = parse_or(p);
		blanks(p);
		p->s += *p->s == ')';
	} else {
		t = parse_atom(p);
	}
	p->depth--;
	return t;
}

static enum tristate parse_and(struct parser *p)
{
	enum tristate t = parse_not(p);

	for (blanks(p); starts_with(p->s, "&&"); blanks(p)) {
		enum tristate u;

		p->s += 2;
		u = parse_not(p);
		t = t < u ? t : u;
	}
	return t;
}

static enum tristate parse_or(struct parser *p)
{
	enum tristate t = parse_and(p);

	for (blanks(p); starts_with(p->s, "||"); blanks(p)) {
		enum tristate u;

		p->s += 2;
		u = parse_and(p);
		t = t > u ? t : u;
	}
	return t;
}

enum tristate kconfig_eval(const char *expr, const struct strmap *values)
{
	struct parser p = { .s = expr, .values = values };

	return parse_or(&p);
}

static void add_trimmed(struct strlist *out, const char *s, size_t len)
{
	while (len && isspace((unsigned char)*s)) {
		s++;
		len--;
	}
	while (len && isspace((unsigned char)s[len - 1]))
		len--;
	if (len)
		strlist_take(out, xstrndup(s, len));
}

void kconfig_conjuncts(const char *expr, struct strlist *out)
{
	const char *start = expr, *s = expr;
	size_t first = out->nr;
	int open = 0;

	while (*s) {
		if (*s == '$') {
			s = skip_macro(s);
		} else if (*s == '"' || *s == '\'') {
			s = skip_quoted(s);
		} else if (!open && starts_with(s, "&&")) {
			add_trimmed(out, start, s - start);
			s += 2;
			start = s;
		} else if (!open && starts_with(s, "||")) {
			/* a || b is one reason, whatever stood before it */
			while (out->nr > first)
				free(out->v[--out->nr]);
			add_trimmed(out, expr, strlen(expr));
			return;
		} else {
			open += *s == '(';
			open -= *s == ')';
			s++;
		}
	}
	add_trimmed(out, start, s - start);
}

void kconfig_symbols(const char *expr, struct strlist *out)
{
	const char *s = expr;

	while (*s) {
		const char *start = s;
		_cleanup_free_ char *word = NULL;

		if (*s == '$') {
			s = skip_macro(s);
			continue;
		}
		if (*s == '"' || *s == '\'') {
			s = skip_quoted(s);
			continue;
		}
		while (is_word(*s))
			s++;
		if (s == start) {
			s++;
			continue;
		}
		word = xstrndup(start, s - start);
		if (strcmp(word, "y") != 0 && strcmp(word, "m") != 0 &&
		    strcmp(word, "n") != 0 && !is_number(word) &&
		    !strlist_has(out, word))
			strlist_add(out, word);
	}
}
