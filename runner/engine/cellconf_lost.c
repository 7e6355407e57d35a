// SPDX-License-Identifier: GPL-2.0-only
/*
 * A patch can make impossible what a cell asks for: a symbol that depends on more,
 * is called otherwise or is gone. make says nothing of it, builds less and is
 * content. Told here as errors of the step, so that the verdicts, the causes and
 * the search for the patch need to know nothing of it.
 *
 * One that goes takes along what depends on it; who goes first is found by the
 * reasons, which name the symbols.
 */
#include "engine/cellconf.h"

#include "model/diagnostic.h"
#include "sys/mem.h"
#include "sys/strbuf.h"

#include <ctype.h>

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* Is the symbol (LEN bytes, without CONFIG_) a word of the text? */
static bool mentions(const char *text, const char *symbol, size_t len)
{
	for (const char *s = text; (s = strstr(s, symbol)); s++)
		if ((s == text || !is_word(s[-1])) && !is_word(s[len]))
			return true;
	return false;
}

/* "KVM" of "CONFIG_KVM=y". Owned. */
static char *symbol_of(const struct lost_option *o)
{
	const char *s = o->option;

	if (starts_with(s, "CONFIG_"))
		s += strlen("CONFIG_");
	return xstrndup(s, strcspn(s, "="));
}

/* The lost option that the reason of o names, or NULL. */
static const struct lost_option *parent_of(const struct lost_options *lost,
					   const struct lost_option *o)
{
	for (size_t i = 0; o->why && i < lost->nr; i++) {
		_cleanup_free_ char *symbol = symbol_of(&lost->v[i]);

		if (&lost->v[i] != o &&
		    mentions(o->why, symbol, strlen(symbol)))
			return &lost->v[i];
	}
	return NULL;
}

/* Who goes first: o itself, or the one that nothing took along. */
static const struct lost_option *root_of(const struct lost_options *lost,
					 const struct lost_option *o)
{
	const struct lost_option *at = o;

	for (size_t hops = 0; hops <= lost->nr; hops++) {
		const struct lost_option *up = parent_of(lost, at);

		if (!up)
			return at;
		at = up;
	}
	return o; /* they name each other */
}

static void add_diag(struct diag_list *out, const struct lost_option *o,
		     const struct lost_option *root)
{
	struct diagnostic *d = diag_list_new(out);
	_cleanup_strbuf_ struct strbuf note = STRBUF_INIT;

	if (root != o)
		strbuf_addf(&note, "lost with %.*s; ",
			    (int)strcspn(root->option, "="), root->option);
	strbuf_addf(&note, "it is %s now", o->got);
	if (o->where)
		strbuf_addf(&note, ", %s asks for it", o->where);
	if (o->why)
		strbuf_addf(&note, "; %s", o->why);
	d->tool = xstrdup("config");
	d->severity = DIAG_ERROR;
	d->file = xstrdup_null(o->file);
	d->line = o->line;
	d->message = xasprintf("%s, which the cell asks for, is lost",
			       o->option);
	d->note = strbuf_detach(&note);
}

void cellconf_lost_diags(const struct lost_options *lost,
			 struct diag_list *out)
{
	for (int roots = 1; roots >= 0; roots--)
		for (size_t i = 0; i < lost->nr; i++) {
			const struct lost_option *o = &lost->v[i];
			const struct lost_option *root = root_of(lost, o);

			if ((root == o) == roots)
				add_diag(out, o, root);
		}
}
