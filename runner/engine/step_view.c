// SPDX-License-Identifier: GPL-2.0-only
/*
 * A compiler that stops at a missing header has not seen what follows; gcc
 * skips its late warnings once there was an error; a replay with -fsyntax-only
 * never gets to generating code; a unit that a lost option leaves out, or that make
 * did not get to, may not be judged at all; where a unit fails nothing is linked. A
 * message that is absent in such a step is neither fixed there nor made by the patch
 * after which it shows again.
 *
 * Names in the base: a unit "a/b.o" is renamed when its source a/b.c (or .S)
 * is. A new file that took the old name of a renamed one is not that file.
 */
#include "engine/step_view.h"

#include "engine/link_step.h"
#include "model/result.h"
#include "sys/mem.h"

struct base_names {
	struct strmap renamed;	/* path at the state to path in the base */
	struct strmap given_up; /* paths in the base that now are called
				 * otherwise */
};

static void base_names_init(struct base_names *n, const struct strlist *pairs)
{
	*n = (struct base_names){0};
	for (size_t i = 0; i + 1 < pairs->nr; i += 2) {
		strmap_set(&n->renamed, pairs->v[i], pairs->v[i + 1]);
		strmap_set(&n->given_up, pairs->v[i + 1], pairs->v[i]);
	}
}

static void base_names_release(struct base_names *n)
{
	strmap_release(&n->renamed);
	strmap_release(&n->given_up);
}

static char *base_unit(const struct base_names *n, const char *unit)
{
	static const char *const sources[] = {".c", ".S", ".rs"};
	const char *dot, *slash;
	size_t stem;

	if (!unit)
		return xstrdup("");
	dot = strrchr(unit, '.');
	slash = strrchr(unit, '/');
	if (!dot || (slash && dot < slash))
		return xstrdup(unit);
	stem = (size_t)(dot - unit);
	for (size_t i = 0; i < ARRAY_SIZE(sources); i++) {
		_cleanup_free_ char *source =
			xasprintf("%.*s%s", (int)stem, unit, sources[i]);
		const char *base = strmap_get(&n->renamed, source);

		if (base && strrchr(base, '.'))
			return xasprintf("%.*s%s",
					 (int)(strrchr(base, '.') - base), base,
					 dot);
		if (!base && strmap_has(&n->given_up, source))
			return xasprintf("%s (new)", unit);
	}
	return xstrdup(unit);
}

char *view_entry_key(const struct view_entry *e)
{
	const struct diagnostic *d = e->d;
	const char *what = d->fingerprint ? d->fingerprint : d->message;

	if (d->severity == DIAG_ERROR)
		return xasprintf("%s\n%s", e->unit, what ? what : "");
	return xasprintf("\n\n%s", what ? what : "");
}

static struct view_entry *add_entry(struct step_view *v, struct diagnostic *d,
				    char *unit)
{
	struct view_entry *e;
	_cleanup_free_ char *key = NULL;

	GROW(v->v, v->nr, v->alloc);
	e = &v->v[v->nr++];
	*e = (struct view_entry){.d = d, .unit = unit};
	key = view_entry_key(e);
	strmap_set(&v->keys, key, NULL);
	return e;
}

static void mark_units(struct strmap *set, const struct base_names *n,
		       const struct strlist *units)
{
	strlist_each(u, units) {
		_cleanup_free_ char *base = base_unit(n, u);

		strmap_set(set, base, NULL);
	}
}

/* Nothing after it was looked at; where make itself gave up, nothing at all. */
static bool stops_unit(const struct diagnostic *d)
{
	return d->fatal || streq_null(d->tool, "make");
}

void step_view_init(struct step_view *v, const struct run_result *r,
		    struct step_result *s)
{
	_cleanup_(base_names_release) struct base_names names;

	*v = (struct step_view)STEP_VIEW_INIT;
	base_names_init(&names, &r->patches[s->patch].renames);
	mark_units(&v->broken, &names, &s->failed);
	mark_units(&v->broken, &names, &s->failed_replayed);
	mark_units(&v->left_out, &names, &s->left_out);
	mark_units(&v->unjudged, &names, &s->unjudged);
	/* A replay in which every unit passed shows in the reason alone. */
	v->unlinked = s->link == STEP_LINK_NOT_ASKED;
	v->replayed = s->failed_replayed.nr ||
		      (s->reason && strstr(s->reason, "judged by replay"));
	for (size_t i = 0; i < s->diags.nr; i++) {
		struct diagnostic *d = &s->diags.v[i];
		struct view_entry *e =
			add_entry(v, d, base_unit(&names, d->unit));

		v->replayed = v->replayed || d->replayed;
		if (d->severity != DIAG_ERROR)
			continue;
		strmap_set(&v->broken, e->unit, NULL);
		if (stops_unit(d) && !strmap_has(&v->fatal, e->unit))
			strmap_set(&v->fatal, e->unit, d);
	}
	v->nr_own = v->nr;
}

void step_view_release(struct step_view *v)
{
	for (size_t i = 0; i < v->nr; i++)
		free(v->v[i].unit);
	free(v->v);
	strmap_release(&v->broken);
	strmap_release(&v->left_out);
	strmap_release(&v->fatal);
	strmap_release(&v->unjudged);
	strmap_release(&v->keys);
	*v = (struct step_view)STEP_VIEW_INIT;
}

bool step_view_has(const struct step_view *v, const struct view_entry *e)
{
	_cleanup_free_ char *key = view_entry_key(e);

	return strmap_has(&v->keys, key);
}

/* Comes only after the whole unit was parsed without an error. */
static bool is_late(const struct diagnostic *d)
{
	return d->severity == DIAG_WARNING || streq_null(d->tool, "as") ||
	       (d->message &&
		strstr(d->message, "declared with attribute error"));
}

bool step_view_may_hide(const struct step_view *v, const struct view_entry *e)
{
	if (!*e->unit)
		return false;
	if (strmap_has(&v->fatal, e->unit) ||
	    strmap_has(&v->left_out, e->unit) ||
	    strmap_has(&v->unjudged, e->unit))
		return true;
	if (v->unlinked && link_is_message(e->d))
		return true;
	return is_late(e->d) &&
	       (v->replayed || strmap_has(&v->broken, e->unit));
}

/* Level 0 is the unit's own source, the last one d's own place. */
static unsigned level(const struct diagnostic *d, size_t i, const char **file)
{
	if (i == d->nr_from) {
		*file = d->file;
		return d->line;
	}
	*file = d->from[d->nr_from - 1 - i].file;
	return d->from[d->nr_from - 1 - i].line;
}

/*
 * Would the compiler have come past the place of d before it stopped at f?
 * Lines of two states are compared: a patch may have moved them by a few, which
 * is why only "is it gone" is answered with this, never "who made it".
 */
static bool is_passed(const struct diagnostic *d, const struct diagnostic *f)
{
	for (size_t i = 0; i <= d->nr_from && i <= f->nr_from; i++) {
		const char *df, *ff;
		unsigned dl = level(d, i, &df), fl = level(f, i, &ff);

		if (!df || !ff || strcmp(df, ff))
			return false;
		if (dl != fl)
			return dl < fl;
	}
	/* Equal as far as both go: what lies within a header that f could not
	 * open, or behind f, was not seen. */
	return d->nr_from <= f->nr_from;
}

static bool is_held(const struct step_view *cur, const struct view_entry *old)
{
	const struct diagnostic *stop = strmap_get(&cur->fatal, old->unit);

	if (step_view_has(cur, old) || !step_view_may_hide(cur, old))
		return false;
	return !stop || is_late(old->d) || !is_passed(old->d, stop);
}

void step_view_hold(struct step_view *cur, const struct step_view *prev)
{
	_cleanup_free_ bool *held = xcalloc(prev->nr + 1, sizeof(*held));

	/* First all answers: an entry that is added answers for its likes. */
	for (size_t i = 0; i < prev->nr; i++)
		held[i] = is_held(cur, &prev->v[i]);
	strmap_each(e, &prev->broken)
		if (strmap_has(&cur->unjudged, strmap_key(e)))
			strmap_set(&cur->broken, strmap_key(e), NULL);
	for (size_t i = 0; i < prev->nr; i++) {
		const struct view_entry *old = &prev->v[i];
		struct view_entry *e;

		if (!held[i])
			continue;
		e = add_entry(cur, old->d, xstrdup(old->unit));
		e->tag = old->tag;
		e->held = true;
	}
}
