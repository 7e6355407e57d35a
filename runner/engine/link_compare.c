// SPDX-License-Identifier: GPL-2.0-only
/*
 * When two accounts of a link say the same. ld names a symbol at each place that
 * refers to it and stops after a few; the check names each object once. So what
 * is compared is which symbols are at fault, not how often or where.
 */
#include "engine/link_check.h"

#include "model/diagnostic.h"
#include "sys/mem.h"

#include <stdio.h>

#define MODPOST_MOST 10 /* MAX_UNRESOLVED_REPORTS of scripts/mod/modpost.c */

/* What stands between two marks; owned, NULL: they are not there. */
static char *between(const char *s, const char *open, const char *close)
{
	const char *begin = strstr(s, open), *end;

	if (!begin)
		return NULL;
	begin += strlen(open);
	end = *close ? strstr(begin, close) : begin + strlen(begin);
	return end && end > begin ? xstrndup(begin, end - begin) : NULL;
}

/* "KIND NAME"; name is freed. */
static char *named(const char *kind, char *name)
{
	char *key = name ? xasprintf("%s %s", kind, name) : NULL;

	free(name);
	return key;
}

static char *ld_key(const char *m, enum link_stage *stage)
{
	static const struct {
		const char *open, *close, *kind;
		enum link_stage stage;
	} forms[] = {
		{ "undefined reference to `", "'", "undefined", LINK_FINAL },
		{ "hidden symbol `", "' isn't defined", "undefined",
		  LINK_FINAL },
		{ "undefined symbol `", "' referenced in expression",
		  "expression", LINK_FINAL },
		{ "undefined symbol: ", "", "undefined", LINK_FINAL },
		{ "multiple definition of `", "'", "duplicate", LINK_MERGE },
		{ "duplicate symbol: ", "", "duplicate", LINK_MERGE },
	};
	_cleanup_free_ char *from = NULL, *to = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		char *name = between(m, forms[i].open, forms[i].close);

		if (!name)
			continue;
		*stage = forms[i].stage;
		return named(forms[i].kind, name);
	}
	from = between(m, "referenced in section `", "'");
	to = between(m, "defined in discarded section `", "'");
	*stage = LINK_FINAL;
	return from && to ? xasprintf("discarded %s from %s", to, from) : NULL;
}

/* "f+0x12 (section: A) -> g (section: B)": not f, nor where in it. */
static char *mismatch_key(const struct diagnostic *d)
{
	_cleanup_free_ char *from = between(d->message, " (section: ", ")");
	_cleanup_free_ char *to = between(d->message, " -> ", "");

	return from && to ? xasprintf("mismatch in %s: %s -> %s",
				      d->unit ? d->unit : "?", from, to) :
			    NULL;
}

static char *modpost_key(const struct diagnostic *d)
{
	static const char *const whole[] = {
		"] undefined!",		 "was exported without definition",
		" exported twice. ",	 ": local symbol '",
		" from namespace ",	 "GPL-incompatible module ",
		"missing MODULE_LICENSE", "version generation failed",
		" has no CRC!",		 "EXPORT_SYMBOL used for ",
	};

	if (strstr(d->message, "section mismatch in reference: "))
		return mismatch_key(d);
	for (size_t i = 0; i < ARRAY_SIZE(whole); i++)
		if (strstr(d->message, whole[i]))
			return xstrdup(d->message);
	return NULL;
}

char *link_key(const struct diagnostic *d, enum link_stage *stage)
{
	*stage = LINK_FINAL;
	if (!d->message || !d->tool)
		return NULL;
	if (!strcmp(d->tool, "ld"))
		return ld_key(d->message, stage);
	*stage = LINK_MODPOST;
	return !strcmp(d->tool, "modpost") ? modpost_key(d) : NULL;
}

/* Keys of all that a link which got to a step can have said. */
static void keys(const struct diag_list *l, enum link_stage reached,
		 struct strlist *to)
{
	for (size_t i = 0; i < l->nr; i++) {
		enum link_stage stage;
		_cleanup_free_ char *key = link_key(&l->v[i], &stage);

		if (key && stage <= reached)
			strlist_add(to, key);
	}
	strlist_sort(to);
}

static size_t count(const struct strlist *l, const char *end)
{
	size_t n = 0;

	strlist_each(s, l)
		n += ends_with(s, end);
	return n;
}

void link_compare(const struct diag_list *checked, const struct diag_list *real,
		  enum link_stage reached, struct strlist *lines)
{
	static const char unexported[] = "] undefined!";
	_cleanup_strlist_ struct strlist a = STRLIST_INIT;
	_cleanup_strlist_ struct strlist b = STRLIST_INIT;
	bool all;

	keys(checked, reached, &a);
	keys(real, reached, &b);
	all = count(&b, unexported) < MODPOST_MOST;
	strlist_each(key, &a)
		if (!strlist_has_sorted(&b, key) &&
		    (all || !ends_with(key, unexported)))
			strlist_addf(lines, "the symbol tables say '%s', the "
					    "link does not", key);
	strlist_each(key, &b)
		if (!strlist_has_sorted(&a, key))
			strlist_addf(lines, "the link says '%s', the symbol "
					    "tables do not", key);
}
