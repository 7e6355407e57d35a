// SPDX-License-Identifier: GPL-2.0-only
/*
 * Within a unit those of one name are held against each other; there may be several
 * ("__func__"). What finds no partner is looked for in the other units, under the
 * same name: that is code that moved.
 */
#include "audit/identity.h"

#include "audit/codecmp.h"
#include "sys/mem.h"
#include "sys/strbuf.h"
#include "sys/strmap.h"

static const char *const fate_names[NR_FATES] = {
	[FATE_SAME] = "same",	      [FATE_PLACES] = "places",
	[FATE_MOVED] = "moved",	      [FATE_CHANGED] = "changed",
	[FATE_ADDED] = "added",	      [FATE_REMOVED] = "removed",
};

const char *identity_fate_name(enum identity_fate f)
{
	return fate_names[f];
}

void identity_release(struct identity *r)
{
	for (size_t i = 0; i < r->nr_items; i++) {
		free(r->items[i].name);
		free(r->items[i].before);
		free(r->items[i].after);
		free(r->items[i].why);
	}
	free(r->items);
	strlist_release(&r->aside);
	*r = (struct identity){ 0 };
}

/* ---- the two sides -------------------------------------------------------------- */

/* One item of one unit. */
struct one {
	const struct identity_unit *unit;
	const struct code_unit *code;
	const struct code_item *item;
	bool done;
};

struct some {
	struct one *v;
	size_t nr, alloc;
};

struct job {
	struct identity *r;
	identity_line_moved *line_moved;
	void *data;
	const struct identity_unit *unit; /* that is compared */
	struct code_unit *before, *after; /* of all units */
	struct some old, new;		  /* what has no partner yet */
};

static void add_one(struct some *s, const struct identity_unit *unit,
		    const struct code_unit *code, const struct code_item *item)
{
	GROW(s->v, s->nr, s->alloc);
	s->v[s->nr++] = (struct one){ unit, code, item, false };
}

static bool line_moved(void *data, unsigned from, unsigned to)
{
	struct job *j = data;

	return j->line_moved(j->data, j->unit->name, from, to);
}

static enum compare_answer compare(struct job *j, const struct one *a,
				   const struct one *b, struct strbuf *why)
{
	const struct code_compare c = {
		.a = a->code,
		.b = b->code,
		.line_moved = j->line_moved ? line_moved : NULL,
		.data = j,
	};

	j->unit = a->unit;
	return code_compare(&c, a->item, b->item, why);
}

/* ---- what is told ----------------------------------------------------------------- */

static void tell(struct job *j, const struct one *a, const struct one *b,
		 enum identity_fate fate, bool places, const char *why)
{
	struct identity *r = j->r;
	const struct code_item *i = a ? a->item : b->item;

	r->fates[i->kind][fate]++;
	if (fate == FATE_SAME)
		return;
	GROW(r->items, r->nr_items, r->alloc_items);
	r->items[r->nr_items++] = (struct identity_item){
		.kind = i->kind,
		.fate = fate,
		.name = xstrdup(i->name),
		.before = a ? xstrdup(a->unit->name) : NULL,
		.after = b ? xstrdup(b->unit->name) : NULL,
		.why = why && *why ? xstrdup(why) : NULL,
		.places = places,
	};
}

static void tell_pair(struct job *j, struct one *a, struct one *b,
		      enum compare_answer answer, const char *why)
{
	bool moved = a->unit != b->unit;

	a->done = b->done = true;
	tell(j, a, b,
	     answer == COMPARE_CHANGED ? FATE_CHANGED :
	     moved		       ? FATE_MOVED :
	     answer == COMPARE_PLACES  ? FATE_PLACES :
					 FATE_SAME,
	     answer == COMPARE_PLACES, why);
}

/* ---- partners ---------------------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
	const struct one *x = a, *y = b;
	int ret = strcmp(x->item->name, y->item->name);

	if (!ret && x->item->kind != y->item->kind)
		ret = x->item->kind < y->item->kind ? -1 : 1;
	if (!ret)
		ret = strcmp(x->unit->name, y->unit->name);
	return ret ? ret : x->item < y->item ? -1 : x->item > y->item;
}

static bool same_group(const struct one *a, const struct one *b)
{
	return a->item->kind == b->item->kind &&
	       !strcmp(a->item->name, b->item->name);
}

/* Those of one name: first who is the same, then who is left. */
static void match(struct job *j, struct one *a, size_t nr_a, struct one *b,
		  size_t nr_b)
{
	for (int pass = COMPARE_SAME; pass <= COMPARE_PLACES; pass++)
		for (size_t i = 0; i < nr_a; i++)
			for (size_t k = 0; k < nr_b && !a[i].done; k++)
				if (!b[k].done &&
				    (int)compare(j, &a[i], &b[k], NULL) == pass)
					tell_pair(j, &a[i], &b[k], pass, NULL);
	for (size_t i = 0; i < nr_a; i++)
		for (size_t k = 0; k < nr_b && !a[i].done; k++) {
			_cleanup_strbuf_ struct strbuf why = STRBUF_INIT;

			/* of several that are counted nobody knows which
			 * one became which */
			if (b[k].done || (a[i].item->counted && nr_a + nr_b > 2))
				continue;
			compare(j, &a[i], &b[k], &why);
			tell_pair(j, &a[i], &b[k], COMPARE_CHANGED, why.buf);
		}
}

/* Matches all of two lists; what is left is done == false. */
static void match_all(struct job *j, struct some *a, struct some *b)
{
	size_t i = 0, k = 0;

	if (a->nr)
		qsort(a->v, a->nr, sizeof(*a->v), by_name);
	if (b->nr)
		qsort(b->v, b->nr, sizeof(*b->v), by_name);
	while (i < a->nr && k < b->nr) {
		int order = strcmp(a->v[i].item->name, b->v[k].item->name);
		size_t n = 1, m = 1;

		if (!order && a->v[i].item->kind != b->v[k].item->kind)
			order = a->v[i].item->kind < b->v[k].item->kind ? -1 :
									  1;
		if (order) {
			if (order < 0)
				i++;
			else
				k++;
			continue;
		}
		while (i + n < a->nr && same_group(&a->v[i], &a->v[i + n]))
			n++;
		while (k + m < b->nr && same_group(&b->v[k], &b->v[k + m]))
			m++;
		match(j, a->v + i, n, b->v + k, m);
		i += n;
		k += m;
	}
}

static void keep_rest(struct some *to, const struct some *from)
{
	for (size_t i = 0; i < from->nr; i++)
		if (!from->v[i].done)
			add_one(to, from->v[i].unit, from->v[i].code,
				from->v[i].item);
}

static void all_items(struct some *to, const struct identity_unit *unit,
		      const struct code_unit *code)
{
	for (size_t i = 0; i < code->nr_items; i++)
		add_one(to, unit, code, &code->items[i]);
}

static void count(size_t to[2], const struct code_unit *u)
{
	for (size_t i = 0; i < u->nr_items; i++)
		to[u->items[i].kind]++;
}

/* ---- what is set aside -------------------------------------------------------------- */

/* All bytes of the sections of a name. */
static void contents(const struct objfile *o, const char *name,
		     struct strbuf *to)
{
	for (size_t i = 1; i < o->nr_sections; i++) {
		const struct obj_section *s = &o->sections[i];

		if (strcmp(s->name, name))
			continue;
		strbuf_addf(to, "%llu ", (unsigned long long)s->size);
		if (s->bytes)
			strbuf_add(to, s->bytes, s->size);
	}
}

static void note_asides(struct job *j, const struct objfile *of,
			const struct objfile *other)
{
	for (size_t i = 1; i < of->nr_sections; i++) {
		const char *name = of->sections[i].name;
		const char *why = code_aside(name);
		_cleanup_strbuf_ struct strbuf x = STRBUF_INIT, y = STRBUF_INIT;

		if (!why)
			continue;
		contents(of, name, &x);
		contents(other, name, &y);
		if (x.len != y.len || memcmp(x.buf, y.buf, x.len))
			strlist_addf(&j->r->aside, "%s: %s", name, why);
	}
}

/* ---- all of it ------------------------------------------------------------------------ */

static void compare_unit(struct job *j, const struct identity_unit *u,
			 struct code_unit *before, struct code_unit *after)
{
	struct some old = { 0 }, new = { 0 };

	if (u->before)
		code_unit_init(before, u->before);
	if (u->after && u->after != u->before)
		code_unit_init(after, u->after);
	count(j->r->before, before);
	count(j->r->after, u->after == u->before ? before : after);
	if (u->before == u->after) {
		for (size_t i = 0; i < before->nr_items; i++)
			j->r->fates[before->items[i].kind][FATE_SAME]++;
		code_unit_release(before);
		return;
	}
	all_items(&old, u, before);
	all_items(&new, u, after);
	match_all(j, &old, &new);
	keep_rest(&j->old, &old);
	keep_rest(&j->new, &new);
	free(old.v);
	free(new.v);
	if (u->before && u->after) {
		note_asides(j, u->before, u->after);
		note_asides(j, u->after, u->before);
	}
}

void identity_find(struct identity *r, const struct identity_unit *units,
		   size_t nr, identity_line_moved *moved, void *data)
{
	struct job j = { .r = r, .line_moved = moved, .data = data };

	*r = (struct identity){ 0 };
	j.before = xcalloc(nr + 1, sizeof(*j.before));
	j.after = xcalloc(nr + 1, sizeof(*j.after));
	for (size_t i = 0; i < nr; i++)
		compare_unit(&j, &units[i], &j.before[i], &j.after[i]);
	match_all(&j, &j.old, &j.new);
	for (size_t i = 0; i < j.old.nr; i++)
		if (!j.old.v[i].done)
			tell(&j, &j.old.v[i], NULL, FATE_REMOVED, false, NULL);
	for (size_t i = 0; i < j.new.nr; i++)
		if (!j.new.v[i].done)
			tell(&j, NULL, &j.new.v[i], FATE_ADDED, false, NULL);
	for (size_t i = 0; i < nr; i++) {
		code_unit_release(&j.before[i]);
		code_unit_release(&j.after[i]);
	}
	free(j.before);
	free(j.after);
	free(j.old.v);
	free(j.new.v);
	strlist_sort(&r->aside);
}

static void tell_kind(const struct identity *r, enum code_kind kind,
		      const char *word, struct strbuf *to)
{
	const size_t *f = r->fates[kind];
	size_t same = f[FATE_SAME] + f[FATE_PLACES] + f[FATE_MOVED];
	const char *sep = " (";

	strbuf_addf(to, "%zu of %zu %s identical", same, r->before[kind], word);
	if (f[FATE_MOVED]) {
		strbuf_addf(to, "%s%zu moved to another unit", sep,
			    f[FATE_MOVED]);
		sep = ", ";
	}
	if (f[FATE_PLACES]) {
		strbuf_addf(to, "%s%zu but for line numbers or file names", sep,
			    f[FATE_PLACES]);
		sep = ", ";
	}
	if (*sep == ',')
		strbuf_addstr(to, ")");
	for (int i = FATE_CHANGED; i < NR_FATES; i++)
		if (f[i])
			strbuf_addf(to, ", %zu %s", f[i], fate_names[i]);
}

void identity_tell(const struct identity *r, struct strbuf *to)
{
	tell_kind(r, CODE_FUNCTION, "functions", to);
	strbuf_addstr(to, "; ");
	tell_kind(r, CODE_DATA, "variables", to);
}
