// SPDX-License-Identifier: GPL-2.0-only
#include "engine/bisect_find.h"

#include "engine/bisect_sheet.h"
#include "model/result.h"
#include "sys/mem.h"

static size_t tip_of(const struct bisect_known *b)
{
	return b->sheet->nr_states - 1;
}

static struct bisect_line line_of(const struct bisect_known *b, size_t cause,
				  size_t cell, const bool *busy)
{
	return (struct bisect_line){
		.marks = bisect_marks(b->sheet, cause, cell),
		.nr = b->sheet->nr_states,
		.busy = busy,
	};
}

static struct bisect_history history_of(const struct bisect_known *b,
					size_t cause, size_t cell,
					const bool *busy)
{
	return (struct bisect_history){
		.dag = b->dag,
		.marks = bisect_marks(b->sheet, cause, cell),
		.busy = busy,
	};
}

bool bisect_cause_is_open(const struct bisect_known *b, size_t cause,
			  size_t cell, const bool *busy)
{
	struct bisect_line l = line_of(b, cause, cell, busy);
	struct bisect_history h;

	if (!bisect_hits(b->sheet, cause, cell))
		return false;
	if (!b->dag)
		return bisect_is_open(&l);
	h = history_of(b, cause, cell, busy);
	return h.marks[0] == BISECT_GOOD && h.marks[tip_of(b)] == BISECT_BAD &&
	       bisect_history_is_open(&h);
}

void bisect_findings_release(struct bisect_findings *f)
{
	for (size_t i = 0; i < f->nr; i++) {
		for (size_t k = 0; k < f->v[i].nr; k++)
			free(f->v[i].v[k].suspects);
		free(f->v[i].v);
	}
	free(f->v);
	strlist_release(&f->errors);
	*f = (struct bisect_findings){ 0 };
}

static struct bisect_change *add_change(struct bisect_finding *f, size_t before,
					size_t after, bool breaks,
					size_t most_suspects)
{
	struct bisect_change *c;

	GROW(f->v, f->nr, f->alloc);
	c = &f->v[f->nr++];
	*c = (struct bisect_change){
		.breaks = breaks,
		.before = before,
		.after = after,
		.suspects = xcalloc(most_suspects, sizeof(*c->suspects)),
	};
	return c;
}

/* It is proved that the patch changes nothing in the cell. */
static bool is_like_previous(const struct bisect_known *b, size_t cell,
			     unsigned state)
{
	return run_result_step(b->r, state, cell)->outcome == OUTCOME_UNREACHED;
}

static void find_in_line(const struct bisect_known *b, struct bisect_finding *f)
{
	struct bisect_line l = line_of(b, f->cause, f->cell, NULL);
	struct bisect_edge e;

	f->flaps = bisect_flaps(&l);
	for (size_t from = 0; bisect_next_edge(&l, from, &e); from = e.after) {
		struct bisect_change *c = add_change(f, e.before, e.after,
						     e.breaks,
						     e.after - e.before);

		for (size_t i = e.before + 1; i <= e.after; i++)
			if (i == e.after || !is_like_previous(b, f->cell, i))
				c->suspects[c->nr_suspects++] = i;
	}
}

/* A bad commit without a bad parent is one that breaks, unless it is one of those
 * before it which could not be told. */
static bool breaks_at(const struct bisect_history *h, size_t i)
{
	const struct bisect_node *n = &h->dag->nodes[i];

	if (h->marks[i] != BISECT_BAD)
		return false;
	for (size_t k = 0; k < n->nr; k++)
		if (h->marks[n->parents[k]] == BISECT_BAD)
			return false;
	return true;
}

static void add_break(const struct bisect_history *h, size_t i,
		      struct bisect_finding *f)
{
	struct bisect_change *c = add_change(f, 0, i, true, h->dag->nr);
	_cleanup_free_ bool *set = xcalloc(h->dag->nr, sizeof(*set));

	set[i] = true;
	for (size_t k = i + 1; k-- > 0;) {
		const struct bisect_node *n = &h->dag->nodes[k];

		for (size_t p = 0; set[k] && p < n->nr; p++) {
			size_t parent = n->parents[p];

			if (h->marks[parent] == BISECT_GOOD &&
			    parent > c->before)
				c->before = parent;
			else if (h->marks[parent] != BISECT_GOOD && parent)
				set[parent] = h->marks[parent] != BISECT_BAD;
		}
	}
	for (size_t k = 0; k <= i; k++)
		if (set[k])
			c->suspects[c->nr_suspects++] = k;
}

static void find_flapping(const struct bisect_history *h,
			  struct bisect_finding *f)
{
	for (size_t i = 1; i < h->dag->nr; i++)
		if (breaks_at(h, i))
			add_break(h, i, f);
}

static void find_in_history(const struct bisect_known *b,
			    struct bisect_finding *f)
{
	struct bisect_history h = history_of(b, f->cause, f->cell, NULL);
	_cleanup_free_ bool *set = xcalloc(b->sheet->nr_states, sizeof(*set));
	const struct bisect_node *n;
	struct bisect_change *c;
	size_t bad;

	f->flaps = bisect_history_flaps(&h);
	if (f->flaps) {
		find_flapping(&h, f);
		return;
	}
	bad = bisect_suspects(&h, set);
	if (bad == BISECT_NONE || f->at_start)
		return;
	n = &b->dag->nodes[bad];
	c = add_change(f, 0, bad, true, b->sheet->nr_states);
	for (size_t k = 0; k < n->nr; k++)
		if (h.marks[n->parents[k]] == BISECT_GOOD)
			c->before = n->parents[k];
	for (size_t i = 0; i < b->sheet->nr_states; i++)
		if (set[i] && (i == bad || h.marks[i] != BISECT_GOOD))
			c->suspects[c->nr_suspects++] = i;
}

static void add_finding(const struct bisect_known *b,
			struct bisect_findings *out, size_t cause, size_t cell)
{
	const enum bisect_mark *m = bisect_marks(b->sheet, cause, cell);
	struct bisect_finding *f;
	bool bad = false;

	for (size_t i = 0; i < b->sheet->nr_states; i++)
		bad = bad || m[i] == BISECT_BAD;
	if (!bad && !b->condition)
		return;
	GROW(out->v, out->nr, out->alloc);
	f = &out->v[out->nr++];
	*f = (struct bisect_finding){
		.cause = cause,
		.cell = cell,
		.at_start = m[0] == BISECT_BAD,
		.start_unknown = m[0] != BISECT_BAD && m[0] != BISECT_GOOD,
		.at_tip = m[tip_of(b)] == BISECT_BAD,
		.tip_unknown = m[tip_of(b)] != BISECT_BAD &&
			       m[tip_of(b)] != BISECT_GOOD,
		.never = !bad,
		.unfinished = bisect_cause_is_open(b, cause, cell, NULL),
	};
	if (b->dag)
		find_in_history(b, f);
	else
		find_in_line(b, f);
}

static size_t log2_up(size_t n)
{
	size_t bits = 0;

	while (((size_t)1 << bits) < n)
		bits++;
	return bits;
}

/*
 * A bisection that knows the good end builds the bad one, then halves the states
 * between; one more for each further place where the cause comes or goes.
 */
static size_t alone(const struct bisect_known *b, const struct bisect_finding *f)
{
	size_t times = f->nr ? f->nr : 1;

	return 1 + times * log2_up(tip_of(b));
}

void bisect_find(const struct bisect_known *b, struct bisect_findings *f)
{
	for (size_t cause = 0; cause < b->sheet->nr_causes; cause++)
		for (size_t cell = 0; cell < b->sheet->nr_cells; cell++)
			if (bisect_hits(b->sheet, cause, cell))
				add_finding(b, f, cause, cell);
	for (size_t i = 0; i < f->nr; i++)
		if (!b->r->cells[f->v[i].cell].same_as)
			f->per_cause += alone(b, &f->v[i]);
}
