// SPDX-License-Identifier: GPL-2.0-only
#include "engine/bisect.h"

#include "sys/mem.h"

static bool is_known(enum bisect_mark m)
{
	return m == BISECT_GOOD || m == BISECT_BAD;
}

static bool is_busy(const bool *busy, size_t i)
{
	return busy && busy[i];
}

/* ---- a series --------------------------------------------------------------- */

bool bisect_next_edge(const struct bisect_line *l, size_t from,
		      struct bisect_edge *e)
{
	size_t last = BISECT_NONE, pending = 0, skip = 0;

	for (size_t i = from; i < l->nr; i++) {
		enum bisect_mark m = l->marks[i];

		if (!is_known(m)) {
			pending += m == BISECT_PENDING;
			skip += m == BISECT_SKIP;
			continue;
		}
		if (last != BISECT_NONE && l->marks[last] != m) {
			*e = (struct bisect_edge){
				.before = last,
				.after = i,
				.breaks = m == BISECT_BAD,
				.nr_pending = pending,
				.nr_skip = skip,
			};
			return true;
		}
		last = i;
		pending = skip = 0;
	}
	return false;
}

bool bisect_flaps(const struct bisect_line *l)
{
	struct bisect_edge e;
	unsigned breaks = 0;

	for (size_t from = 0; bisect_next_edge(l, from, &e); from = e.after)
		breaks += e.breaks;
	return breaks > 1;
}

bool bisect_is_open(const struct bisect_line *l)
{
	struct bisect_edge e;

	if (bisect_flaps(l)) {
		for (size_t i = 0; i < l->nr; i++)
			if (l->marks[i] == BISECT_PENDING)
				return true;
		return false;
	}
	for (size_t from = 0; bisect_next_edge(l, from, &e); from = e.after)
		if (e.nr_pending)
			return true;
	return false;
}

static bool is_free(const struct bisect_line *l, size_t i)
{
	return l->marks[i] == BISECT_PENDING && !is_busy(l->busy, i);
}

/* The patches of (a, b] that can matter. */
static size_t weight(const struct bisect_line *l, size_t a, size_t b)
{
	size_t n = 0;

	if (!l->matters)
		return b - a;
	for (size_t i = a + 1; i <= b; i++)
		n += l->matters[i];
	return n;
}

/*
 * The free state between a and b that parts what can matter most evenly; the first
 * of equal ones. Where nothing is said to matter something does, and every state
 * counts alike.
 */
static size_t middle(const struct bisect_line *l, size_t a, size_t b)
{
	struct bisect_line all = *l;
	size_t total = weight(l, a, b), best = BISECT_NONE, best_off = 0;
	size_t left = 0;

	if (!total) {
		all.matters = NULL;
		total = b - a;
	}
	for (size_t i = a + 1; i < b; i++) {
		size_t off;

		left += weight(&all, i - 1, i);
		off = 2 * left > total ? 2 * left - total : total - 2 * left;
		if (!is_free(l, i) || (best != BISECT_NONE && off >= best_off))
			continue;
		best = i;
		best_off = off;
	}
	return best;
}

/* Halves the widest part between busy states that has a free one. */
static size_t pick_in(const struct bisect_line *l, size_t before, size_t after)
{
	size_t a = before, best = BISECT_NONE, best_weight = 0;

	for (size_t b = before + 1; b <= after; b++) {
		size_t pick, w;

		if (b < after && !is_busy(l->busy, b))
			continue;
		pick = middle(l, a, b);
		w = weight(l, a, b);
		if (pick != BISECT_NONE &&
		    (best == BISECT_NONE || w > best_weight)) {
			best = pick;
			best_weight = w;
		}
		a = b;
	}
	return best;
}

static size_t pick_hint(const struct bisect_line *l,
			const struct bisect_edge *e, size_t hint)
{
	if (hint == BISECT_NONE || hint <= e->before || hint > e->after)
		return BISECT_NONE;
	if (hint - 1 > e->before && is_free(l, hint - 1))
		return hint - 1;
	if (hint < e->after && is_free(l, hint))
		return hint;
	return BISECT_NONE;
}

size_t bisect_line_pick(const struct bisect_line *l, size_t hint)
{
	struct bisect_edge e;

	if (bisect_flaps(l)) {
		for (size_t i = 0; i < l->nr; i++)
			if (is_free(l, i))
				return i;
		return BISECT_NONE;
	}
	for (size_t from = 0; bisect_next_edge(l, from, &e); from = e.after) {
		size_t pick;

		if (!e.nr_pending)
			continue;
		pick = pick_hint(l, &e, hint);
		if (pick == BISECT_NONE)
			pick = pick_in(l, e.before, e.after);
		if (pick != BISECT_NONE)
			return pick;
	}
	return BISECT_NONE;
}

/* ---- a history -------------------------------------------------------------- */

void bisect_dag_release(struct bisect_dag *d)
{
	for (size_t i = 0; i < d->nr; i++)
		free(d->nodes[i].parents);
	free(d->nodes);
	*d = (struct bisect_dag){ 0 };
}

/* set: some nodes; afterwards their ancestors, too. */
static void add_ancestors(const struct bisect_dag *d, bool *set)
{
	for (size_t i = d->nr; i-- > 0;)
		for (size_t k = 0; set[i] && k < d->nodes[i].nr; k++)
			set[d->nodes[i].parents[k]] = true;
}

/* Node 0 is an ancestor of all even where it is nobody's parent here. */
static void marked(const struct bisect_history *h, enum bisect_mark mark,
		   bool *set)
{
	for (size_t i = 0; i < h->dag->nr; i++)
		set[i] = h->marks[i] == mark;
	add_ancestors(h->dag, set);
}

/* Ancestors of from, and not of any of below, which is closed; their number. */
static size_t between(const struct bisect_dag *d, size_t from,
		      const bool *below, bool *out)
{
	size_t n = 0;

	memset(out, 0, d->nr * sizeof(*out));
	out[from] = true;
	add_ancestors(d, out);
	for (size_t i = 0; i < d->nr; i++) {
		out[i] = out[i] && !below[i] && i;
		n += out[i];
	}
	return n;
}

size_t bisect_suspects(const struct bisect_history *h, bool *out)
{
	size_t nr = h->dag->nr, best = BISECT_NONE, fewest = 0;
	_cleanup_free_ bool *good = xcalloc(nr, sizeof(*good));

	marked(h, BISECT_GOOD, good);
	for (size_t i = nr; i-- > 0;) {
		size_t n;

		if (h->marks[i] != BISECT_BAD || good[i])
			continue;
		n = between(h->dag, i, good, out);
		if (best == BISECT_NONE || n < fewest) {
			best = i;
			fewest = n;
		}
	}
	if (best != BISECT_NONE)
		between(h->dag, best, good, out);
	else
		memset(out, 0, nr * sizeof(*out));
	return best;
}

bool bisect_history_flaps(const struct bisect_history *h)
{
	size_t nr = h->dag->nr;
	_cleanup_free_ bool *good = xcalloc(nr, sizeof(*good));

	marked(h, BISECT_GOOD, good);
	for (size_t i = 0; i < nr; i++)
		if (good[i] && h->marks[i] == BISECT_BAD)
			return true;
	return false;
}

static bool node_is_free(const struct bisect_history *h, size_t i)
{
	return h->marks[i] == BISECT_PENDING && !is_busy(h->busy, i);
}

/* How many of them could be built. */
static size_t nr_free(const struct bisect_history *h, const bool *set)
{
	size_t n = 0;

	for (size_t i = 0; i < h->dag->nr; i++)
		n += set[i] && node_is_free(h, i);
	return n;
}

/* A question about the ancestors of from that are no ancestors of good or busy
 * nodes, when it has more to build than the best one so far. */
static void consider(const struct bisect_history *h, size_t from,
		     struct bisect_question *q, size_t *most)
{
	size_t nr = h->dag->nr, n;
	_cleanup_free_ bool *roots = xcalloc(nr, sizeof(*roots));
	_cleanup_free_ bool *below = xcalloc(nr, sizeof(*below));
	_cleanup_free_ bool *set = xcalloc(nr, sizeof(*set));

	for (size_t i = 0; i < nr; i++)
		roots[i] = i != from && (!i || h->marks[i] == BISECT_GOOD ||
					 is_busy(h->busy, i));
	memcpy(below, roots, nr * sizeof(*below));
	/* A busy node above this one would leave nothing. */
	for (size_t i = from + 1; i < nr; i++)
		if (h->marks[i] != BISECT_GOOD)
			below[i] = roots[i] = false;
	add_ancestors(h->dag, below);
	between(h->dag, from, below, set);
	n = nr_free(h, set);
	if (n <= *most)
		return;
	*most = n;
	q->from = from;
	memcpy(q->without, roots, nr * sizeof(*roots));
}

bool bisect_ask(const struct bisect_history *h, struct bisect_question *q)
{
	size_t nr = h->dag->nr, most = 0, bad;
	_cleanup_free_ bool *suspects = xcalloc(nr, sizeof(*suspects));

	bad = bisect_suspects(h, suspects);
	if (bad == BISECT_NONE)
		return false;
	consider(h, bad, q, &most);
	for (size_t i = 0; i < nr; i++)
		if (suspects[i] && is_busy(h->busy, i))
			consider(h, i, q, &most);
	return most != 0;
}

bool bisect_history_is_open(const struct bisect_history *h)
{
	size_t nr = h->dag->nr;
	_cleanup_free_ bool *suspects = xcalloc(nr, sizeof(*suspects));
	bool flaps = bisect_history_flaps(h);

	if (!flaps && bisect_suspects(h, suspects) == BISECT_NONE)
		return false;
	for (size_t i = 0; i < nr; i++)
		if ((flaps || suspects[i]) && h->marks[i] == BISECT_PENDING)
			return true;
	return false;
}

size_t bisect_history_linear(const struct bisect_history *h)
{
	for (size_t i = 0; i < h->dag->nr; i++)
		if (node_is_free(h, i))
			return i;
	return BISECT_NONE;
}
