// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whose is a message? The base's, when the base showed it and no patch has made
 * it anew since (the verdict then calls it new); also when it shows only now in
 * a unit that the base's own failures alone kept from being compiled. Otherwise
 * the series'. Told apart for each unit, because one header may be missing in
 * a driver since ever and in KVM since patch 3.
 */
#include "engine/cause_scan.h"

#include "engine/cause_proof.h"
#include "engine/step_view.h"
#include "model/matrix.h"
#include "sys/mem.h"

#include <stdint.h>

/* One cell, on the way through its states. */
struct walk {
	struct cause_scan *s;
	struct run_result *r;
	size_t cell;
	const char *srcarch;
	struct step_view prev;
	bool has_prev;
	bool gap;
	unsigned gap_from;
	bool unlinked;
	unsigned unlinked_from;
	/* view_entry_key() to non-NULL for what the base had. */
	struct strmap base_keys;
	/* The words of such messages, wherever they stand. */
	struct strmap base_words;
	/* Units that showed an error of the series at prev. */
	struct strmap series_units;
	/* "UNIT\nID\nFILE" and "UNIT\nID" to the newest struct proof of it. */
	struct strmap proofs;
};

static char yes[1];

/*
 * A proof counts for the error that begins with it, as long as that stays; when
 * its file is renamed meanwhile, any of the same thing in its unit.
 */
static const struct proof *proof_of(struct walk *w, const struct view_entry *e,
				    const char *id, unsigned patch, bool begins)
{
	_cleanup_free_ char *any = xasprintf("%s\n%s", e->unit, id);
	_cleanup_free_ char *key =
		xasprintf("%s\n%s", any, e->d->file ? e->d->file : "");
	const struct proof *f = strmap_get(&w->proofs, key);

	if (begins)
		return f && f->patch == patch ? f : NULL;
	return f ? f : strmap_get(&w->proofs, any);
}

static void note_proofs(struct walk *w, unsigned patch)
{
	for (size_t i = 0; i < w->r->nr_proofs; i++) {
		struct proof *f = &w->r->proofs[i];
		_cleanup_free_ char *any = NULL, *key = NULL;

		if (f->cell != w->cell || f->patch != patch)
			continue;
		any = xasprintf("%s\n%s", f->unit, f->id);
		key = xasprintf("%s\n%s", any, f->file);
		strmap_set(&w->proofs, any, f);
		strmap_set(&w->proofs, key, f);
	}
}

static void add_once(struct strlist *l, const char *s)
{
	if (s && !strlist_has(l, s))
		strlist_add(l, s);
}

static struct cause_node *node_of(struct walk *w, const struct view_entry *e,
				  unsigned patch, bool begins)
{
	struct cause_topic t;
	struct cause_node *n;
	const struct proof *f;
	_cleanup_free_ char *id = NULL;

	cause_topic_init(&t, e->d, w->srcarch);
	id = xstrdup(t.id);
	f = e->d->severity == DIAG_ERROR
		    ? proof_of(w, e, t.id, patch, begins)
		    : NULL;
	if (f)
		cause_topic_prove(&t, f, w->srcarch);
	n = strmap_get(&w->s->nodes, t.id);
	if (n) {
		cause_topic_release(&t);
	} else {
		n = xcalloc(1, sizeof(*n));
		n->topic = t;
		strmap_set(&w->s->nodes, t.id, n);
	}
	if (f) {
		add_once(&n->things, f->thing);
		add_once(&n->headers, f->header);
		if (!n->luck)
			n->luck = f->luck;
		if (!strmap_has(&w->s->proved, id))
			strmap_set(&w->s->proved, id, n);
	}
	return n;
}

static char *words_of(const struct diagnostic *d)
{
	return d->file ? diag_fingerprint_anywhere(d) : NULL;
}

/* The base kept this unit from being compiled, and nobody else did. */
static bool hidden_by_base(const struct walk *w, const struct view_entry *e)
{
	return step_view_may_hide(&w->prev, e) &&
	       strmap_has(&w->prev.broken, e->unit) &&
	       !strmap_has(&w->series_units, e->unit);
}

static bool is_from_base(struct walk *w, const struct view_entry *e,
			 bool is_base)
{
	_cleanup_free_ char *key = view_entry_key(e), *words = NULL;
	bool from_base = false;

	if (is_base) {
		from_base = true;
	} else if (w->has_prev) {
		switch (e->d->status) {
		case DIAG_KNOWN:
			return strmap_get(&w->base_keys, key) != NULL;
		case DIAG_MOVED:
			words = words_of(e->d);
			from_base = words && strmap_has(&w->base_words, words);
			break;
		case DIAG_NEW:
		case DIAG_FIXED:
			from_base = hidden_by_base(w, e);
			break;
		}
	}
	strmap_set(&w->base_keys, key, from_base ? yes : NULL);
	if (from_base && !words)
		words = words_of(e->d);
	if (from_base && words)
		strmap_set(&w->base_words, words, NULL);
	return from_base;
}

static size_t add_item(struct walk *w, const struct view_entry *e,
		       unsigned patch)
{
	struct cause_scan *s = w->s;
	struct cause_item *it;
	bool begins = !w->has_prev || e->d->status == DIAG_NEW;

	GROW(s->items, s->nr_items, s->alloc_items);
	it = &s->items[s->nr_items];
	*it = (struct cause_item){
		.d = e->d,
		.unit = xstrdup(e->unit),
		.node = node_of(w, e, patch, begins),
		.cell = w->cell,
		.patch = patch,
		.leader = CAUSE_NO_ITEM,
		.from_base = is_from_base(w, e, patch == 0),
		.begins = begins,
	};
	return s->nr_items++;
}

/* Would it, as the first error of its unit, be better than the one found? */
static bool is_better(const struct cause_topic *found,
		      const struct cause_topic *t)
{
	if (found->weak)
		return !t->weak;
	return found->unnamed && !t->unnamed &&
	       t->kind == CAUSE_INCOMPLETE_TYPE;
}

/*
 * Finds the first error of each unit among the step's items, which begin at
 * first. One that does not name what is missing gives way to one that does.
 */
static void find_leaders(struct cause_scan *s, size_t first)
{
	_cleanup_strmap_ struct strmap leaders = STRMAP_INIT;

	for (size_t i = first; i < s->nr_items; i++) {
		struct cause_item *it = &s->items[i];
		uintptr_t at = (uintptr_t)strmap_get(&leaders, it->unit);

		if (it->d->severity != DIAG_ERROR || !*it->unit)
			continue;
		if (!at ||
		    is_better(&s->items[at - 1].node->topic, &it->node->topic))
			strmap_set(&leaders, it->unit,
				   (void *)(uintptr_t)(i + 1));
	}
	for (size_t i = first; i < s->nr_items; i++) {
		struct cause_item *it = &s->items[i];
		size_t at = (uintptr_t)strmap_get(&leaders, it->unit);

		it->leader = at ? at - 1 : CAUSE_NO_ITEM;
	}
}

static void note_series_units(struct walk *w, const struct step_view *v)
{
	strmap_release(&w->series_units);
	for (size_t i = 0; i < v->nr; i++) {
		const struct view_entry *e = &v->v[i];

		if (e->d->severity == DIAG_ERROR &&
		    !w->s->items[e->tag].from_base)
			strmap_set(&w->series_units, e->unit, NULL);
	}
}

static void add_moment(struct walk *w, const struct step_view *v,
		       unsigned patch)
{
	struct cause_scan *s = w->s;
	struct cause_moment *m;

	GROW(s->moments, s->nr_moments, s->alloc_moments);
	m = &s->moments[s->nr_moments++];
	*m = (struct cause_moment){
		.cell = w->cell,
		.patch = patch,
		.items = xcalloc(v->nr + 1, sizeof(*m->items)),
		.nr = v->nr,
		.gap = w->gap,
		.gap_from = w->gap_from,
		.unlinked = w->unlinked,
		.unlinked_from = w->unlinked_from,
	};
	for (size_t i = 0; i < v->nr; i++)
		m->items[i] = v->v[i].tag;
}

static char *fixed_key(const struct diagnostic *d)
{
	return xasprintf("%s\n%s", d->unit ? d->unit : "",
			 d->fingerprint ? d->fingerprint : d->message);
}

/* Copies of what the state before had: they belong to the same causes. */
static void link_fixed(struct walk *w, struct step_result *step)
{
	_cleanup_strmap_ struct strmap before = STRMAP_INIT;
	struct cause_scan *s = w->s;

	if (!step->fixed.nr)
		return;
	for (size_t i = 0; i < w->prev.nr; i++) {
		const struct view_entry *e = &w->prev.v[i];
		_cleanup_free_ char *key = fixed_key(e->d);

		strmap_set(&before, key, (void *)(uintptr_t)(e->tag + 1));
	}
	for (size_t i = 0; i < step->fixed.nr; i++) {
		struct diagnostic *d = &step->fixed.v[i];
		_cleanup_free_ char *key = fixed_key(d);
		size_t at = (uintptr_t)strmap_get(&before, key);

		if (!at)
			continue;
		GROW(s->links, s->nr_links, s->alloc_links);
		s->links[s->nr_links++] =
			(struct cause_link){.fixed = d, .item = at - 1};
	}
}

static void scan_step(struct walk *w, struct step_result *step)
{
	struct step_view cur;
	size_t first = w->s->nr_items;

	step_view_init(&cur, w->r, step);
	note_proofs(w, step->patch);
	for (size_t i = 0; i < cur.nr_own; i++)
		cur.v[i].tag = add_item(w, &cur.v[i], step->patch);
	find_leaders(w->s, first);
	link_fixed(w, step);
	if (w->has_prev)
		step_view_hold(&cur, &w->prev);
	note_series_units(w, &cur);
	add_moment(w, &cur, step->patch);
	if (cur.unlinked && !w->unlinked)
		w->unlinked_from = w->gap ? w->gap_from : step->patch;
	w->unlinked = cur.unlinked;
	step_view_release(&w->prev);
	w->prev = cur;
	w->has_prev = true;
	w->gap = false;
}

static bool is_judged(const struct step_result *s)
{
	return s->outcome == OUTCOME_BUILT ||
	       (s->outcome == OUTCOME_UNREACHED && s->verdict != VERDICT_ERROR);
}

static void scan_cell(struct cause_scan *s, struct run_result *r, size_t cell)
{
	const char *arch = r->cells[cell].arch;
	const char *srcarch = arch ? arch_srcarch(arch) : NULL;
	struct walk w = {.s = s, .r = r, .cell = cell};

	w.srcarch = srcarch ? srcarch : arch;
	for (unsigned patch = 0; patch < r->nr_patches; patch++) {
		struct step_result *step = run_result_step(r, patch, cell);

		if (is_judged(step)) {
			scan_step(&w, step);
		} else if (step->outcome != OUTCOME_NOT_APPLIED && !w.gap) {
			w.gap = true;
			w.gap_from = patch;
		}
	}
	step_view_release(&w.prev);
	strmap_release(&w.base_keys);
	strmap_release(&w.base_words);
	strmap_release(&w.series_units);
	strmap_release(&w.proofs);
}

void cause_scan_init(struct cause_scan *s, struct run_result *r)
{
	*s = (struct cause_scan){0};
	for (size_t cell = 0; r->steps && cell < r->nr_cells; cell++)
		scan_cell(s, r, cell);
}

void cause_scan_release(struct cause_scan *s)
{
	for (size_t i = 0; i < s->nr_items; i++)
		free(s->items[i].unit);
	free(s->items);
	for (size_t i = 0; i < s->nr_moments; i++)
		free(s->moments[i].items);
	free(s->moments);
	free(s->links);
	strmap_each(e, &s->nodes) {
		struct cause_node *n = strmap_value(e);

		cause_topic_release(&n->topic);
		strlist_release(&n->things);
		strlist_release(&n->headers);
		free(n);
	}
	strmap_release(&s->nodes);
	strmap_release(&s->proved);
	*s = (struct cause_scan){0};
}
