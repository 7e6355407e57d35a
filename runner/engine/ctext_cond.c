// SPDX-License-Identifier: GPL-2.0-only
/*
 * Conditions of the preprocessor, as far as a configuration decides them: three
 * values, so that what is not known never becomes a claim.
 */
#include "engine/ctext.h"

#include "sys/mem.h"

#include <ctype.h>

struct parser {
	const char *at;
	const struct strmap *config;
};

static enum ctext_truth either(enum ctext_truth a, enum ctext_truth b)
{
	if (a == CTEXT_TRUE || b == CTEXT_TRUE)
		return CTEXT_TRUE;
	return a == CTEXT_FALSE && b == CTEXT_FALSE ? CTEXT_FALSE
						    : CTEXT_UNKNOWN;
}

static enum ctext_truth contrary(enum ctext_truth a)
{
	if (a == CTEXT_UNKNOWN)
		return a;
	return a == CTEXT_TRUE ? CTEXT_FALSE : CTEXT_TRUE;
}

static enum ctext_truth both(enum ctext_truth a, enum ctext_truth b)
{
	return contrary(either(contrary(a), contrary(b)));
}

static void skip_blanks(struct parser *p)
{
	while (isspace((unsigned char)*p->at))
		p->at++;
}

static bool take(struct parser *p, const char *what)
{
	skip_blanks(p);
	if (!starts_with(p->at, what))
		return false;
	p->at += strlen(what);
	return true;
}

/* Owned; NULL where no name stands. */
static char *take_name(struct parser *p)
{
	size_t n = 0;

	skip_blanks(p);
	while (isalnum((unsigned char)p->at[n]) || p->at[n] == '_')
		n++;
	if (!n)
		return NULL;
	p->at += n;
	return xstrndup(p->at - n, n);
}

static enum ctext_truth is_set(const struct parser *p, const char *name,
			       const char *how)
{
	const char *value;

	if (!strcmp(name, "__ASSEMBLY__") || !strcmp(name, "__ASSEMBLER__"))
		return CTEXT_FALSE;
	if (!strcmp(name, "__KERNEL__"))
		return CTEXT_TRUE;
	if (!starts_with(name, "CONFIG_") || !p->config)
		return CTEXT_UNKNOWN;
	value = strmap_get(p->config, name);
	if (!value)
		return CTEXT_FALSE;
	/* what is a module defines CONFIG_X_MODULE */
	if (!strcmp(how, "IS_ENABLED"))
		return CTEXT_TRUE;
	if (!strcmp(how, "IS_MODULE"))
		return *value == 'm' ? CTEXT_TRUE : CTEXT_FALSE;
	return *value == 'm' ? CTEXT_FALSE : CTEXT_TRUE;
}

static enum ctext_truth parse_or(struct parser *p);

/* "defined X", "defined(X)", "IS_ENABLED(X)" */
static enum ctext_truth parse_call(struct parser *p, const char *how)
{
	bool paren = take(p, "(");
	_cleanup_free_ char *name = take_name(p);

	if (paren)
		take(p, ")");
	return name ? is_set(p, name, how) : CTEXT_UNKNOWN;
}

static enum ctext_truth parse_one(struct parser *p)
{
	static const char *const known[] = {"defined", "IS_ENABLED",
					    "IS_BUILTIN", "IS_MODULE"};
	_cleanup_free_ char *name = NULL;
	enum ctext_truth t;

	if (take(p, "!"))
		return contrary(parse_one(p));
	if (take(p, "(")) {
		t = parse_or(p);
		take(p, ")");
		return t;
	}
	name = take_name(p);
	if (!name)
		return CTEXT_UNKNOWN;
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (!strcmp(name, known[i]))
			return parse_call(p, name);
	if (!strcmp(name, "0"))
		return CTEXT_FALSE;
	if (!strcmp(name, "1"))
		return CTEXT_TRUE;
	return CTEXT_UNKNOWN;
}

/* One that is compared, or calculated with, is not known. */
static enum ctext_truth parse_term(struct parser *p)
{
	enum ctext_truth t = parse_one(p);
	int depth = 0;

	skip_blanks(p);
	while (*p->at &&
	       (depth || (!starts_with(p->at, "&&") &&
			  !starts_with(p->at, "||") && *p->at != ')'))) {
		depth += (*p->at == '(') - (*p->at == ')');
		p->at++;
		t = CTEXT_UNKNOWN;
	}
	return t;
}

static enum ctext_truth parse_and(struct parser *p)
{
	enum ctext_truth t = parse_term(p);

	while (take(p, "&&"))
		t = both(t, parse_term(p));
	return t;
}

static enum ctext_truth parse_or(struct parser *p)
{
	enum ctext_truth t = parse_and(p);

	while (take(p, "||"))
		t = either(t, parse_and(p));
	return t;
}

enum ctext_truth ctext_cond_holds(const struct ctext_cond *c,
				  const struct strmap *config)
{
	enum ctext_truth all = CTEXT_TRUE;

	for (; c; c = c->outer) {
		struct parser p = {.at = c->expr, .config = config};
		enum ctext_truth t = parse_or(&p);

		all = both(all, c->not ? contrary(t) : t);
	}
	return all;
}

static bool has_cond(const struct ctext_cond *c, const struct ctext_cond *x)
{
	for (; c; c = c->outer)
		if (c->not == x->not &&!strcmp(c->expr, x->expr))
			return true;
	return false;
}

const struct ctext_cond *ctext_cond_extra(const struct ctext_cond *c,
					  const struct ctext_cond *other)
{
	for (; c; c = c->outer)
		if (!has_cond(other, c))
			return c;
	return NULL;
}
