// SPDX-License-Identifier: GPL-2.0-only
/*
 * From the scan of all diagnostics: which topics are roots, which topic each
 * diagnostic belongs to, over which patches each shows, and in which order a
 * maintainer wants to hear of them.
 */
#include "engine/cause.h"

#include "engine/cause_scan.h"
#include "engine/cause_text.h"
#include "engine/link_step.h"
#include "sys/mem.h"

#define NO_SPAN ((size_t)-1)

/* A cause while it is told. */
struct cause_story {
	struct cause cause;
	struct cause_node *node; /* NULL: a patch that does not apply */
	bool base;
	bool unsure;
	unsigned unsure_from;
	/* Nobody knows what the link says between these; to is 0: that is not so. */
	unsigned unlinked_from, unlinked_to;
	size_t *open;	     /* span that is open, by cell, or NO_SPAN */
	size_t example;	     /* item, CAUSE_NO_ITEM: none yet */
	struct strmap units; /* base name to the name first seen */
	struct strmap files;
	char *proposed;
	size_t more_things;
	size_t stamp;		  /* last moment that showed it */
	struct cause_story *into; /* it was folded into this one */
};

struct fold {
	struct run_result *r;
	struct cause_scan scan;
	/* "PATCH ID" of each error that a state shows in some cell. */
	struct strmap shown;
	struct cause_story **stories;
	size_t nr, alloc;
};

static struct cause_story *story_new(struct fold *f)
{
	struct cause_story *st = xcalloc(1, sizeof(*st));

	st->example = CAUSE_NO_ITEM;
	st->open = xcalloc(f->r->nr_cells + 1, sizeof(*st->open));
	for (size_t i = 0; i < f->r->nr_cells; i++)
		st->open[i] = NO_SPAN;
	GROW(f->stories, f->nr, f->alloc);
	f->stories[f->nr++] = st;
	return st;
}

static void story_free(struct cause_story *st)
{
	cause_release(&st->cause);
	strmap_release(&st->units);
	strmap_release(&st->files);
	free(st->open);
	free(st->proposed);
	free(st);
}

static void fold_release(struct fold *f)
{
	for (size_t i = 0; i < f->nr; i++)
		story_free(f->stories[i]);
	free(f->stories);
	strmap_release(&f->shown);
	cause_scan_release(&f->scan);
}

static bool is_root(const struct fold *f, const struct cause_item *it)
{
	const struct cause_item *leader;

	if (!*it->unit || it->leader == CAUSE_NO_ITEM)
		return true;
	leader = &f->scan.items[it->leader];
	if (leader == it)
		return true;
	if (it->d->severity == DIAG_ERROR && it->node->topic.independent)
		return true;
	/* It came when the leader was there already. */
	return it->begins && !leader->begins;
}

/* Is the topic about an incomplete type of a name that a variable so called
 * could have? */
static bool has_type_for(const struct cause_node *n, const char *variable)
{
	if (n->topic.kind == CAUSE_INCOMPLETE_TYPE && !n->topic.unnamed &&
	    cause_name_fits_type(variable, n->topic.thing))
		return true;
	strlist_each(t, &n->things)
		if (starts_with(t, "struct ") && !strchr(t, '.') &&
		    cause_name_fits_type(variable, t))
			return true;
	return false;
}

/* "field 'vcpu' has incomplete type" is about struct kvm_vcpu where that is
 * the one type in question of such a name. */
static void name_the_unnamed(struct fold *f, struct cause_node *n)
{
	struct cause_node *found = NULL;

	strmap_each(e, &f->scan.nodes) {
		struct cause_node *other = strmap_value(e);

		if (!other->root || !has_type_for(other, n->topic.thing))
			continue;
		if (found)
			return;
		found = other;
	}
	n->alias = found;
}

static struct cause_node *root_called(struct fold *f, const char *id)
{
	struct cause_node *n = id ? strmap_get(&f->scan.nodes, id) : NULL;

	if (!n && id)
		n = strmap_get(&f->scan.proved, id);
	return n && n->root ? n : NULL;
}

/* A missing include is another architecture's where one unit shows so. */
static void find_aliases(struct fold *f)
{
	strmap_each(e, &f->scan.nodes) {
		struct cause_node *n = strmap_value(e);

		if (n->topic.kind == CAUSE_MISSING_INCLUDE) {
			_cleanup_free_ char *id = xasprintf(
				"%s:%s", cause_kind_name(CAUSE_CROSS_ARCH),
				n->topic.thing);

			n->alias = root_called(f, id);
		} else if (n->topic.unnamed) {
			name_the_unnamed(f, n);
		}
	}
}

static char *shown_key(unsigned patch, const char *id)
{
	return xasprintf("%u %s", patch, id);
}

static void find_roots(struct fold *f)
{
	for (size_t i = 0; i < f->scan.nr_items; i++) {
		struct cause_item *it = &f->scan.items[i];

		if (is_root(f, it))
			it->node->root = true;
		if (it->d->severity == DIAG_ERROR) {
			_cleanup_free_ char *key =
				shown_key(it->patch, it->node->topic.id);

			strmap_set(&f->shown, key, NULL);
		}
	}
	find_aliases(f);
}

/* The topic of errors of the same state that explains this warning too. */
static struct cause_node *kin_of(struct fold *f, const struct cause_item *it)
{
	struct cause_node *n = root_called(f, it->node->topic.kin);
	_cleanup_free_ char *key = NULL;

	if (!n)
		return NULL;
	key = shown_key(it->patch, n->topic.id);
	return strmap_has(&f->shown, key) ? n : NULL;
}

/* The topic that the item belongs to. */
static struct cause_node *node_for(struct fold *f, const struct cause_item *it)
{
	struct cause_node *n = it->node, *kin = kin_of(f, it);

	if (kin)
		return kin;
	if (!n->alias && !n->root)
		n = f->scan.items[it->leader].node;
	return n->alias ? n->alias : n;
}

static struct cause_story *story_for(struct fold *f, struct cause_node *n,
				     bool base)
{
	struct cause_story *st = n->story[base];

	if (st)
		return st;
	st = story_new(f);
	st->node = n;
	st->base = base;
	st->cause.kind = n->topic.kind;
	st->cause.id = xasprintf("%s%s", n->topic.id, base ? "@base" : "");
	n->story[base] = st;
	return st;
}

static bool is_own(const struct cause_story *st, const struct cause_item *it)
{
	return it->node == st->node || it->node->alias == st->node;
}

/* One in a source tells more than one in a header that it came through. */
static int example_worth(const struct cause_story *st,
			 const struct cause_item *it)
{
	return 2 * is_own(st, it) +
	       (it->d->file && ends_with(it->d->file, ".c"));
}

static void tell_item(struct fold *f, struct cause_story *st, size_t nr)
{
	struct cause_item *it = &f->scan.items[nr];
	struct diagnostic *d = it->d;
	bool own = is_own(st, it);
	const struct cause_item *best = st->example == CAUSE_NO_ITEM
						? NULL
						: &f->scan.items[st->example];
	int worth = example_worth(st, it);
	int best_worth = best ? example_worth(st, best) : -1;

	if (it->begins)
		st->cause.nr_diags++;
	if (d->severity == DIAG_ERROR)
		st->cause.severity = DIAG_ERROR;
	if (*it->unit && !strmap_has(&st->units, it->unit))
		strmap_set(&st->units, it->unit, d->unit);
	if (own && d->file)
		strmap_set(&st->files, d->file, NULL);
	if (own && !st->proposed)
		st->proposed = cause_proposed_include(d);
	if (worth > best_worth ||
	    (worth == best_worth && it->patch < best->patch))
		st->example = nr;
}

static void tell_all(struct fold *f)
{
	for (size_t i = 0; i < f->scan.nr_items; i++) {
		struct cause_item *it = &f->scan.items[i];
		struct cause_node *n = node_for(f, it);

		if (it->from_base && it->d->severity == DIAG_WARNING)
			continue;
		it->story = story_for(f, n, it->from_base);
		tell_item(f, it->story, i);
	}
}

static struct cause_span *span_new(struct cause *c, size_t cell)
{
	GROW(c->spans, c->nr_spans, c->alloc_spans);
	c->spans[c->nr_spans] = (struct cause_span){.cell = cell};
	return &c->spans[c->nr_spans++];
}

/* The first patch that may have made what shows at m first. */
static unsigned first_suspect(struct cause_story *st,
			      const struct cause_moment *m,
			      const struct diagnostic *d)
{
	unsigned from = m->patch;

	if (m->gap) {
		if (!st->unsure || m->gap_from < st->unsure_from)
			st->unsure_from = m->gap_from;
		st->unsure = true;
		from = m->gap_from;
	}
	if (m->unlinked && link_is_message(d) && m->unlinked_from < from) {
		if (!st->unlinked_to || m->unlinked_from < st->unlinked_from) {
			st->unlinked_from = m->unlinked_from;
			st->unlinked_to = m->patch;
		}
		from = m->unlinked_from;
	}
	return from;
}

static void open_span(struct cause_story *st, const struct cause_moment *m,
		      const struct diagnostic *d)
{
	struct cause *c = &st->cause;

	/* What the base had is the base's, from when on it ever showed. */
	if (st->base && c->nr_spans &&
	    c->spans[c->nr_spans - 1].cell == m->cell) {
		c->spans[c->nr_spans - 1].healed_by = 0;
	} else {
		struct cause_span *s = span_new(c, m->cell);

		s->first_bad = st->base ? 0 : m->patch;
		s->first_suspect = st->base ? 0 : first_suspect(st, m, d);
	}
	st->open[m->cell] = c->nr_spans - 1;
}

static void find_spans(struct fold *f)
{
	for (size_t i = 0; i < f->scan.nr_moments; i++) {
		const struct cause_moment *m = &f->scan.moments[i];

		for (size_t k = 0; k < m->nr; k++) {
			const struct cause_item *it =
				&f->scan.items[m->items[k]];
			struct cause_story *st = it->story;

			if (!st)
				continue;
			st->stamp = i + 1;
			if (st->open[m->cell] == NO_SPAN)
				open_span(st, m, it->d);
		}
		for (size_t k = 0; k < f->nr; k++) {
			struct cause_story *st = f->stories[k];
			size_t open = st->open[m->cell];

			if (open == NO_SPAN || st->stamp == i + 1)
				continue;
			st->cause.spans[open].healed_by = m->patch;
			st->open[m->cell] = NO_SPAN;
		}
	}
}

static bool same_spans(const struct cause *a, const struct cause *b)
{
	if (a->nr_spans != b->nr_spans)
		return false;
	for (size_t i = 0; i < a->nr_spans; i++)
		if (a->spans[i].cell != b->spans[i].cell ||
		    a->spans[i].first_bad != b->spans[i].first_bad ||
		    a->spans[i].healed_by != b->spans[i].healed_by)
			return false;
	return true;
}

static bool is_same_loss(const struct cause_story *a,
			 const struct cause_story *b)
{
	return a->base == b->base && b->node->topic.dir &&
	       !strcmp(a->node->topic.dir, b->node->topic.dir) &&
	       same_spans(&a->cause, &b->cause);
}

static void fold_into(struct cause_story *to, struct cause_story *st)
{
	st->into = to;
	to->more_things++;
	to->cause.nr_diags += st->cause.nr_diags;
	strmap_each(e, &st->units)
		strmap_set(&to->units, strmap_key(e), strmap_value(e));
	strmap_each(e, &st->files)
		strmap_set(&to->files, strmap_key(e), NULL);
}

/* Files of one directory that make misses in the same cells over the same
 * patches were lost together: a wrong path in a Makefile. */
static void fold_lost_files(struct fold *f)
{
	for (size_t i = 0; i < f->nr; i++) {
		struct cause_story *a = f->stories[i];

		if (a->into || !a->node->topic.dir)
			continue;
		for (size_t k = i + 1; k < f->nr; k++)
			if (!f->stories[k]->into &&
			    is_same_loss(a, f->stories[k]))
				fold_into(a, f->stories[k]);
	}
}

static void sum_up_spans(struct cause *c)
{
	bool open = false;

	c->first_bad = c->nr_spans ? c->spans[0].first_bad : 0;
	for (size_t i = 0; i < c->nr_spans; i++) {
		const struct cause_span *s = &c->spans[i];

		if (s->first_bad < c->first_bad)
			c->first_bad = s->first_bad;
		if (s->healed_by > c->healed_by)
			c->healed_by = s->healed_by;
		open = open || !s->healed_by;
	}
	if (open)
		c->healed_by = 0;
	for (size_t i = 0; i < c->nr_spans; i++) {
		const struct cause_span *s = &c->spans[i];

		if (s->first_bad == c->first_bad &&
		    s->first_suspect > c->first_suspect)
			c->first_suspect = s->first_suspect;
	}
}

static void write_story(struct fold *f, struct cause_story *st)
{
	struct cause *c = &st->cause;
	const struct diagnostic *d = f->scan.items[st->example].d;
	size_t files = strmap_nr(&st->files);
	struct cause_facts facts = {
		.r = f->r,
		.cause = c,
		.topic = &st->node->topic,
		.things = &st->node->things,
		.headers = &st->node->headers,
		.luck = st->node->luck,
		.example = d,
		.base = st->base,
		.file = d->file ? d->file : d->unit,
		.more_files = files ? files - 1 : 0,
		.more_things = st->more_things,
		.proposed = st->proposed,
		.unsure = st->unsure,
		.unsure_from = st->unsure_from,
		.unlinked_from = st->unlinked_from,
		.unlinked_to = st->unlinked_to,
	};

	sum_up_spans(c);
	strmap_each(e, &st->units)
		strlist_add(&c->units, strmap_value(e));
	strlist_sort(&c->units);
	facts.units = &c->units;
	c->title = cause_title(&facts);
	c->advice = cause_advice(&facts);
	c->example = cause_example(d);
}

static bool does_not_apply(const struct run_result *r, unsigned patch)
{
	if (r->patches[patch].not_applied)
		return true;
	for (size_t cell = 0; r->steps && cell < r->nr_cells; cell++)
		if (run_result_step(r, patch, cell)->outcome ==
		    OUTCOME_NOT_APPLIED)
			return true;
	return false;
}

/* The patches after it fall with it: they are no causes of their own. */
static void tell_not_applied(struct fold *f)
{
	struct run_result *r = f->r;

	for (unsigned p = 1; p < r->nr_patches; p++) {
		struct cause *c;

		if (!does_not_apply(r, p) || does_not_apply(r, p - 1))
			continue;
		c = &story_new(f)->cause;
		c->kind = CAUSE_NOT_APPLIED;
		c->id = xasprintf("%s:%u", cause_kind_name(c->kind), p);
		c->severity = DIAG_ERROR;
		c->title = cause_not_applied_title(&r->patches[p]);
		c->advice = cause_not_applied_advice(&r->patches[p]);
		c->example = cause_first_line(r->patches[p].not_applied);
		c->first_bad = p;
		c->first_suspect = p;
		for (size_t cell = 0; cell < r->nr_cells; cell++) {
			struct cause_span *s = span_new(c, cell);

			s->first_bad = s->first_suspect = p;
		}
	}
}

static size_t nr_cells_hit(const struct cause *c)
{
	size_t nr = 0;

	/* A cell's spans stand together. */
	for (size_t i = 0; i < c->nr_spans; i++)
		if (!i || c->spans[i].cell != c->spans[i - 1].cell)
			nr++;
	return nr;
}

static int rank(const struct cause *c)
{
	if (!c->first_bad)
		return 3;
	if (c->severity == DIAG_WARNING)
		return 2;
	return c->healed_by ? 1 : 0;
}

static int more(size_t a, size_t b)
{
	return a > b ? -1 : a < b;
}

static int by_rank(const void *pa, const void *pb)
{
	const struct cause *a = pa, *b = pb;
	int d = rank(a) - rank(b);

	if (!d)
		d = more(nr_cells_hit(a), nr_cells_hit(b));
	if (!d)
		d = more(a->units.nr, b->units.nr);
	if (!d)
		d = more(b->first_bad, a->first_bad);
	return d ? d : strcmp(a->id, b->id);
}

static void set_id(struct diagnostic *d, const struct cause_story *st)
{
	if (!st)
		return;
	free(d->cause);
	d->cause = xstrdup((st->into ? st->into : st)->cause.id);
}

static void hand_over(struct fold *f)
{
	struct run_result *r = f->r;

	for (size_t i = 0; i < f->scan.nr_items; i++)
		set_id(f->scan.items[i].d, f->scan.items[i].story);
	for (size_t i = 0; i < f->scan.nr_links; i++) {
		const struct cause_link *l = &f->scan.links[i];

		set_id(l->fixed, f->scan.items[l->item].story);
	}
	for (size_t i = 0; i < f->nr; i++) {
		struct cause_story *st = f->stories[i];

		if (st->into)
			continue;
		GROW(r->causes, r->nr_causes, r->alloc_causes);
		r->causes[r->nr_causes++] = st->cause;
		st->cause = (struct cause){0};
	}
	if (r->nr_causes)
		qsort(r->causes, r->nr_causes, sizeof(*r->causes), by_rank);
}

static void forget_list(struct diag_list *l)
{
	for (size_t i = 0; i < l->nr; i++) {
		free(l->v[i].cause);
		l->v[i].cause = NULL;
	}
}

static void forget(struct run_result *r)
{
	for (size_t i = 0; i < r->nr_causes; i++)
		cause_release(&r->causes[i]);
	r->nr_causes = 0;
	for (size_t i = 0; r->steps && i < r->nr_patches * r->nr_cells; i++) {
		forget_list(&r->steps[i].diags);
		forget_list(&r->steps[i].fixed);
	}
}

void causes_find(struct run_result *r)
{
	_cleanup_(fold_release) struct fold f = {.r = r};

	forget(r);
	cause_scan_init(&f.scan, r);
	find_roots(&f);
	tell_all(&f);
	find_spans(&f);
	fold_lost_files(&f);
	for (size_t i = 0; i < f.nr; i++)
		if (!f.stories[i]->into)
			write_story(&f, f.stories[i]);
	tell_not_applied(&f);
	hand_over(&f);
}
