// SPDX-License-Identifier: GPL-2.0-only
/*
 * Why a requested option did not come out. kconfig never says it (it warns at
 * most about unmet dependencies of a select), but the rules are few: a symbol is
 * at most its dependencies, at least what selects it, follows its defaults when
 * it has no prompt, and shares a choice with others. The first rule that the
 * Kconfig text and the effective configuration show to be at work is the answer;
 * where none is, there is no answer rather than a guess.
 */
#include "engine/cellconf.h"

#include "engine/kconfig_expr.h"
#include "engine/kconfig_text.h"
#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/mem.h"
#include "sys/nearest.h"
#include "sys/strbuf.h"

#include <glob.h>

/* More reasons than this are not read. */
#define MOST 3

struct why {
	const struct kconfig *k;
	const struct strmap *values;
	const char *srctree;
	const char *srcarch;
	const char *symbol; /* without CONFIG_ */
	const char *want;   /* "y", "64", ... */
	bool tristate;	    /* want is y, m or n */
};

static void add_reason(struct strbuf *sb, const char *text)
{
	strbuf_addf(sb, "%s%s", sb->len ? "; " : "", text);
}

static char *or_null(struct strbuf *sb)
{
	return sb->len ? strbuf_detach(sb) : NULL;
}

#define each_def(d, w)                                                       \
	for (const struct kconfig_def *d = (w)->k->defs;                     \
	     d < (w)->k->defs + (w)->k->nr; d++)                             \
		if (!strcmp(d->symbol, (w)->symbol))

/* FILE of another architecture that defines the symbol, from "arch/" on. */
static char *defined_elsewhere(const struct why *w)
{
	static const char *const forms[] = { "/arch/*/Kconfig*",
					     "/arch/*/*/Kconfig*" };
	_cleanup_free_ char *line = xasprintf("config %s\n", w->symbol);
	char *ret = NULL;

	for (size_t f = 0; !ret && f < ARRAY_SIZE(forms); f++) {
		_cleanup_free_ char *pattern =
			xasprintf("%s%s", w->srctree, forms[f]);
		glob_t found;

		if (glob(pattern, 0, NULL, &found)) {
			globfree(&found);
			continue;
		}
		for (size_t i = 0; !ret && i < found.gl_pathc; i++) {
			_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
			_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
			const char *path = found.gl_pathv[i];

			if (!file_read(path, &text, &err) &&
			    strstr(text.buf, line))
				ret = xstrdup(path + strlen(w->srctree) + 1);
		}
		globfree(&found);
	}
	return ret;
}

static char *no_such(const struct why *w)
{
	_cleanup_free_ char *file = defined_elsewhere(w);
	const char *near;

	if (file)
		return xasprintf("no such symbol in this tree for %s: it is defined in %s",
				 w->srcarch, file);
	near = nearest_word(&w->k->symbols, w->symbol);
	if (near)
		return xasprintf("no such symbol in this tree; did you mean CONFIG_%s?",
				 near);
	return xstrdup("no such symbol in this tree");
}

/* " (=n)" for a lone symbol, " (A=y, B=n)" otherwise. */
static void add_values(struct strbuf *sb, const struct why *w,
		       const char *expr)
{
	_cleanup_strlist_ struct strlist symbols = STRLIST_INIT;
	bool alone;

	kconfig_symbols(expr, &symbols);
	if (!symbols.nr)
		return;
	alone = !strcmp(symbols.v[0], expr);
	strbuf_addstr(sb, " (");
	for (size_t i = 0; i < symbols.nr; i++) {
		_cleanup_free_ char *name =
			xasprintf("CONFIG_%s", symbols.v[i]);
		const char *v = strmap_get(w->values, name);

		strbuf_addf(sb, "%s%s=%s", i ? ", " : "",
			    alone ? "" : symbols.v[i], v ? v : "n");
	}
	strbuf_addch(sb, ')');
}

/* What the dependencies of d must reach for the request. */
static enum tristate needed(const struct why *w, const struct kconfig_def *d)
{
	/* A bool may be y when its dependencies are only m. */
	return w->tristate && !strcmp(w->want, "y") && !d->boolean ? TRI_Y :
								     TRI_M;
}

/* The conjuncts of d's dependencies that hold it down; returns how many. */
static size_t unmet(const struct why *w, const struct kconfig_def *d,
		    struct strbuf *out)
{
	_cleanup_strlist_ struct strlist seen = STRLIST_INIT;
	_cleanup_strlist_ struct strlist parts = STRLIST_INIT;

	strlist_each(cond, &d->depends)
		kconfig_conjuncts(cond, &parts);
	strlist_each(part, &parts) {
		if (kconfig_eval(part, w->values) >= needed(w, d) ||
		    strlist_has(&seen, part))
			continue;
		strlist_add(&seen, part);
		if (seen.nr > MOST)
			continue;
		add_reason(out, "depends on ");
		strbuf_addstr(out, part);
		add_values(out, w, part);
	}
	return seen.nr;
}

/* Set when every definition is held down; tells the one nearest to hold. */
static char *by_dependency(const struct why *w)
{
	_cleanup_free_ char *best = NULL;
	size_t fewest = 0;

	each_def(d, w) {
		_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;
		size_t nr = unmet(w, d, &sb);

		if (!nr)
			return NULL;
		if (best && nr >= fewest)
			continue;
		fewest = nr;
		free(best);
		best = strbuf_detach(&sb);
	}
	return STEAL(best);
}

/* Splits "X if COND"; true when it is about symbol. cond may be NULL. */
static bool selects(const char *text, const char *symbol, const char **cond)
{
	size_t n = strlen(symbol);

	if (strncmp(text, symbol, n) != 0 || (text[n] && text[n] != ' ' &&
					      text[n] != '\t'))
		return false;
	*cond = strstr(text + n, "if ");
	*cond = *cond ? *cond + 3 : NULL;
	return true;
}

/*
 * Those who select the symbol: with active, only those that do now, with their
 * values; otherwise all names.
 */
static char *selectors(const struct why *w, bool active)
{
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;
	_cleanup_strlist_ struct strlist seen = STRLIST_INIT;

	for (const struct kconfig_def *d = w->k->defs;
	     d < w->k->defs + w->k->nr; d++)
		strlist_each(text, &d->selects) {
			enum tristate v = kconfig_value(w->values, d->symbol);
			const char *cond;

			if (!selects(text, w->symbol, &cond) ||
			    strlist_has(&seen, d->symbol))
				continue;
			if (active && (v == TRI_N ||
				       (cond && kconfig_eval(cond, w->values) ==
							TRI_N)))
				continue;
			strlist_add(&seen, d->symbol);
			if (seen.nr > MOST)
				continue;
			strbuf_addf(&sb, "%s%s", sb.len ? ", " : "", d->symbol);
			if (active)
				strbuf_addf(&sb, " (=%s)", tristate_name(v));
		}
	if (seen.nr > MOST)
		strbuf_addf(&sb, " and %zu more", seen.nr - MOST);
	return or_null(&sb);
}

static char *by_select(const struct why *w)
{
	_cleanup_free_ char *who = selectors(w, true);

	return who ? xasprintf("selected by %s", who) : NULL;
}

static bool has_prompt(const struct why *w)
{
	each_def(d, w) if (d->prompt) return true;
	return false;
}

static char *by_no_prompt(const struct why *w)
{
	_cleanup_free_ char *who = NULL;

	if (has_prompt(w))
		return NULL;
	who = selectors(w, false);
	if (!who)
		return xstrdup("has no prompt: it cannot be set, only follow its default");
	return xasprintf("has no prompt: it cannot be set, only selected (by %s)",
			 who);
}

static char *by_prompt_condition(const struct why *w)
{
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

	each_def(d, w) {
		if (!d->prompt)
			continue;
		if (!d->prompt_if ||
		    kconfig_eval(d->prompt_if, w->values) != TRI_N)
			return NULL;
		if (sb.len)
			continue;
		strbuf_addf(&sb, "can be set only if %s", d->prompt_if);
		add_values(&sb, w, d->prompt_if);
	}
	return or_null(&sb);
}

static char *by_choice(const struct why *w)
{
	each_def(d, w) {
		if (d->choice < 0)
			continue;
		if (!strcmp(w->want, "n"))
			return xstrdup("is the member of a choice that is taken; set another member to y instead");
		for (const struct kconfig_def *o = w->k->defs;
		     o < w->k->defs + w->k->nr; o++)
			if (o->choice == d->choice &&
			    strcmp(o->symbol, d->symbol) != 0 &&
			    kconfig_value(w->values, o->symbol) == TRI_Y)
				return xasprintf("another member of its choice is taken: %s (=y)",
						 o->symbol);
	}
	return NULL;
}

static char *by_type(const struct why *w)
{
	if (strcmp(w->want, "m") != 0)
		return NULL;
	each_def(d, w) if (!d->boolean) return NULL;
	return xstrdup("is bool: it can be y or n, never m");
}

static char *by_range(const struct why *w)
{
	if (w->tristate)
		return NULL;
	each_def(d, w) if (d->range)
		return xasprintf("must be within its range, %s", d->range);
	return NULL;
}

typedef char *(*reason_fn)(const struct why *w);

static char *first_of(const struct why *w, const reason_fn *fns)
{
	char *ret = NULL;

	for (; !ret && *fns; fns++)
		ret = (*fns)(w);
	return ret;
}

static const struct kconfig_def *defined(const struct why *w)
{
	each_def(d, w) return d;
	return NULL;
}

/* got: what came out, "absent" counting as n. */
static char *find_reason(const struct why *w, const char *got)
{
	static const reason_fn too_low[] = { by_type, by_dependency,
					     by_no_prompt, by_prompt_condition,
					     by_choice, by_range, NULL };
	static const reason_fn too_high[] = { by_type, by_select, by_choice,
					      by_no_prompt,
					      by_prompt_condition, NULL };
	bool lower = !w->tristate || !strcmp(w->want, "y") ||
		     (!strcmp(w->want, "m") && strcmp(got, "y") != 0);

	if (!defined(w))
		return no_such(w);
	return first_of(w, lower ? too_low : too_high);
}

static void explain_one(struct lost_option *o, struct why *w)
{
	const char *name = o->option;
	const char *eq = strchr(name, '=');
	const struct kconfig_def *def;
	_cleanup_free_ char *symbol = NULL;

	if (!eq || !starts_with(name, "CONFIG_"))
		return;
	symbol = xstrndup(name + 7, eq - name - 7);
	w->symbol = symbol;
	w->want = eq + 1;
	w->tristate = !strcmp(w->want, "y") || !strcmp(w->want, "m") ||
		      !strcmp(w->want, "n");
	free(o->why);
	o->why = find_reason(w, o->got);
	def = defined(w);
	free(o->file);
	o->file = def ? xstrdup(def->file) : NULL;
	o->line = def ? def->line : 0;
}

void cellconf_explain(struct lost_options *lost, const char *srctree,
		      const char *srcarch, const char *config_text)
{
	_cleanup_kconfig_ struct kconfig k = { 0 };
	_cleanup_strmap_ struct strmap values = STRMAP_INIT;
	_cleanup_strlist_ struct strlist lines = STRLIST_INIT;
	struct why w = { .k = &k, .values = &values, .srctree = srctree,
			 .srcarch = srcarch };

	if (!lost->nr)
		return;
	kconfig_read(&k, srctree, srcarch);
	if (!k.nr)
		return;
	kconfig_values_read(config_text, &values, &lines);
	for (size_t i = 0; i < lost->nr; i++)
		explain_one(&lost->v[i], &w);
}
