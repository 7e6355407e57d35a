// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is declared twice, and options that Kconfig complains of.
 */
#include "engine/proof_internal.h"

#include "engine/tree.h"
#include "sys/mem.h"

#include <ctype.h>

/* The declarations that the unit reads at now: the first that it did not read
 * at prev (or, without one, the last), and another one. */
bool proof_twice(struct question *q, struct proof *f)
{
	const struct reach *r = prover_reach(q, q->it->cell, q->now);
	const struct reach *was = prover_reach(q, q->it->cell, q->prev);
	const char *new_file = NULL, *other = NULL;
	unsigned new_line = 0, other_line = 0;

	for (size_t i = 0; i < r->nr; i++) {
		const char *path = r->v[i]->path, *before;
		const struct ctext_decl *d = proof_decl(
			sources_look(&q->p->sources, q->cell, path, q->now),
			q->thing, q->cell);

		if (!d || d->kind == CTEXT_BY_MACRO)
			continue;
		before = proof_path(q->p, path, q->now, q->prev);
		if (!new_file &&
		    !(reach_find(was, before) &&
		      proof_decl(sources_look(&q->p->sources, q->cell, before,
					      q->prev),
				 q->thing, q->cell))) {
			new_file = path;
			new_line = d->line;
		} else if (!other) {
			other = path;
			other_line = d->line;
		}
	}
	if (!new_file || !other)
		return false;
	*f = (struct proof){.kind = PROOF_TWICE,
			    .by = q->now,
			    .header = xstrdup(new_file),
			    .line = new_line,
			    .place = xstrdup(other),
			    .place_line = other_line};
	return true;
}

static bool mentions(const char *text, const char *option)
{
	size_t n = strlen(option);

	for (const char *s = text; (s = strstr(s, option)); s += n) {
		char before = s == text ? ' ' : s[-1], after = s[n];

		if (!isalnum((unsigned char)before) && before != '_' &&
		    !isalnum((unsigned char)after) && after != '_')
			return true;
	}
	return false;
}

static bool is_kconfig(const char *path)
{
	const char *base = strrchr(path, '/');

	return starts_with(base ? base + 1 : path, "Kconfig");
}

/* The patch that changes a Kconfig file which has to do with the option. */
bool proof_kconfig(struct question *q, struct proof *f)
{
	const char *option = q->thing;

	if (!starts_with(option, "CONFIG_"))
		return false;
	option += strlen("CONFIG_");
	for (unsigned k = q->prev + 1; k <= q->now; k++) {
		const struct change_list *l = &q->p->tree->states[k].since_prev;

		for (size_t i = 0; i < l->nr; i++) {
			_cleanup_strbuf_ struct strbuf is = STRBUF_INIT;
			_cleanup_strbuf_ struct strbuf was = STRBUF_INIT;
			const char *path = l->v[i].path;

			if (!is_kconfig(path))
				continue;
			sources_text(&q->p->sources, q->cell, path, k, &is);
			sources_text(&q->p->sources, q->cell, path, k - 1,
				     &was);
			if (!mentions(is.buf, option) &&
			    !mentions(was.buf, option))
				continue;
			*f = (struct proof){.kind = PROOF_KCONFIG,
					    .by = k,
					    .header = xstrdup(path)};
			return true;
		}
	}
	return false;
}
