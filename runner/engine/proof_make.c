// SPDX-License-Identifier: GPL-2.0-only
/*
 * make has no rule for an object: its source went, or a variable of its path is
 * another one. The latter leaves no trace in any file that is missing: one
 * Makefile gave a variable a new name, and another one still sets the old.
 */
#include "engine/proof_internal.h"

#include "engine/includes.h"
#include "engine/tree.h"
#include "sys/mem.h"

#include <ctype.h>
#include <stdint.h>

/* The name that a line of a Makefile assigns; owned, or NULL. */
static char *assigned(const char *line)
{
	size_t n = 0;
	const char *op;

	while (isalnum((unsigned char)line[n]) || line[n] == '_' ||
	       line[n] == '-')
		n++;
	op = line + n + strspn(line + n, " \t");
	op += *op == '?' || *op == ':' || *op == '+';
	return n && *op == '=' ? xstrndup(line, n) : NULL;
}

/* Variables that a text assigns, to the numbers of the lines. */
static void variables(const char *text, struct strmap *out)
{
	uintptr_t nr = 0;

	while (*text) {
		size_t n = strcspn(text, "\n");
		_cleanup_free_ char *line = xstrndup(text, n);
		_cleanup_free_ char *name = assigned(line);

		nr++;
		if (name && !strmap_has(out, name))
			strmap_set(out, name, (void *)nr);
		text += n + (text[n] == '\n');
	}
}

static void variables_of(struct question *q, const char *path, unsigned state,
			 struct strmap *out)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	if (sources_text(&q->p->sources, q->cell, path, state, &text))
		variables(text.buf, out);
}

/* A variable that the changed Makefile does not set any more at k, and that
 * the target's own one (which has set) does. */
static bool lost_variable(struct question *q, const char *changed,
			  const char *own, const struct strmap *set, unsigned k,
			  struct proof *f)
{
	_cleanup_strmap_ struct strmap was = STRMAP_INIT;
	_cleanup_strmap_ struct strmap is = STRMAP_INIT;

	variables_of(q, proof_path(q->p, changed, k, k - 1), k - 1, &was);
	variables_of(q, changed, k, &is);
	strmap_each (e, &was) {
		const char *name = strmap_key(e);

		/* lists grow and shrink all the time */
		if (strmap_has(&is, name) || !strmap_has(set, name) ||
		    strchr(name, '-'))
			continue;
		*f = (struct proof){
			.kind = PROOF_VARIABLE,
			.by = k,
			.header = xstrdup(changed),
			.place = xstrdup(own),
			.place_line = (uintptr_t)strmap_get(set, name),
			.text = xstrdup(name),
		};
		return true;
	}
	return false;
}

/* "No rule to make target 'a/b/../c.o'": "a/b". Owned. */
static char *dir_of_target(const struct diagnostic *d)
{
	_cleanup_free_ char *m = cause_plain_quotes(d->message);
	const char *at = strstr(m, "No rule to make target '");
	char *dir, *end;

	if (!at)
		return xstrdup("");
	dir = xstrdup(strchr(at, '\'') + 1);
	end = strstr(dir, "/../");
	if (!end) {
		dir[strcspn(dir, "'")] = '\0';
		end = strrchr(dir, '/');
	}
	*(end ? end : dir) = '\0';
	return dir;
}

static bool try_variables(struct question *q, struct proof *f)
{
	_cleanup_free_ char *dir = dir_of_target(q->d), *own = NULL;
	_cleanup_strmap_ struct strmap set = STRMAP_INIT;

	own = proof_makefile(q, dir);
	if (!own)
		return false;
	variables_of(q, own, q->now, &set);
	for (unsigned k = q->prev + 1; k <= q->now; k++) {
		const struct change_list *l = &q->p->tree->states[k].since_prev;

		for (size_t i = 0; i < l->nr; i++)
			if (l->v[i].status == 'M' &&
			    include_index_is_makefile(l->v[i].path) &&
			    strcmp(l->v[i].path, own) &&
			    lost_variable(q, l->v[i].path, own, &set, k, f))
				return true;
	}
	return false;
}

bool proof_make(struct question *q, struct proof *f)
{
	static const char *const ends[] = {"c", "S"};
	size_t n = strlen(q->thing);

	for (size_t i = 0; i < ARRAY_SIZE(ends) && ends_with(q->thing, ".o");
	     i++) {
		_cleanup_free_ char *source =
			xasprintf("%.*s%s", (int)n - 1, q->thing, ends[i]);

		if (proof_went(q, source, f))
			return true;
	}
	return proof_went(q, q->thing, f) || try_variables(q, f);
}
