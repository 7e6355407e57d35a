// SPDX-License-Identifier: GPL-2.0-only
/*
 * The decisions of a bisection against brute force: a history is made up, built
 * step by step as the decisions say, several at once, and the answer compared with
 * what the whole of it would tell.
 */
#include "engine/bisect.h"
#include "sys/mem.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#define MOST 300
#define ROUNDS 400

/* A small generator of our own: the same numbers everywhere. */
static uint32_t seed;
static unsigned rnd(unsigned below)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % below;
}

/* ---- lines ----------------------------------------------------------------------- */

struct world {
	enum bisect_mark truth[MOST]; /* good, bad or skip */
	enum bisect_mark marks[MOST];
	bool busy[MOST], matters[MOST];
	size_t nr, built;
	struct bisect_line line;
};

static void world_init(struct world *w, size_t nr)
{
	*w = (struct world){ .nr = nr };
	for (size_t i = 0; i < nr; i++) {
		w->truth[i] = BISECT_GOOD;
		w->matters[i] = true;
	}
	w->line = (struct bisect_line){
		.marks = w->marks,
		.nr = nr,
		.busy = w->busy,
		.matters = w->matters,
	};
}

static void build(struct world *w, size_t i)
{
	assert_true(i < w->nr);
	assert_int_equal(w->marks[i], BISECT_PENDING);
	w->marks[i] = w->truth[i];
	w->busy[i] = false;
	w->built++;
}

static void build_ends(struct world *w)
{
	build(w, 0);
	build(w, w->nr - 1);
}

/* Up to workers steps at a time, which end in any order. */
static void search(struct world *w, unsigned workers, size_t hint)
{
	size_t busy[8], nr = 0;

	/* What is under way may open it again. */
	while (nr || bisect_is_open(&w->line)) {
		size_t pick;

		while (nr < workers &&
		       (pick = bisect_line_pick(&w->line, hint)) !=
			       BISECT_NONE) {
			assert_int_equal(w->marks[pick], BISECT_PENDING);
			assert_false(w->busy[pick]);
			w->busy[pick] = true;
			busy[nr++] = pick;
		}
		/* Open and nothing to do would be for ever. */
		assert_true(nr > 0);
		pick = rnd(nr);
		build(w, busy[pick]);
		busy[pick] = busy[--nr];
	}
	assert_int_equal(bisect_line_pick(&w->line, hint), BISECT_NONE);
}

static size_t log2_up(size_t n)
{
	size_t bits = 0;

	while (((size_t)1 << bits) < n)
		bits++;
	return bits;
}

/* Every edge has one state on either side, or skipped ones between. */
static void check_edges(const struct world *w)
{
	struct bisect_edge e;

	for (size_t from = 0; bisect_next_edge(&w->line, from, &e);
	     from = e.after) {
		assert_int_equal(e.nr_pending, 0);
		assert_int_equal(e.after - e.before - 1, e.nr_skip);
		assert_int_equal(w->truth[e.before],
				 e.breaks ? BISECT_GOOD : BISECT_BAD);
		assert_int_equal(w->truth[e.after],
				 e.breaks ? BISECT_BAD : BISECT_GOOD);
	}
}

static void one_breakage_takes_as_many_builds_as_halving(void **state)
{
	(void)state;
	for (unsigned round = 0; round < ROUNDS; round++) {
		size_t nr = 2 + rnd(MOST - 2), first = 1 + rnd(nr - 1);
		struct bisect_edge e;
		struct world w;

		world_init(&w, nr);
		for (size_t i = first; i < nr; i++)
			w.truth[i] = BISECT_BAD;
		build_ends(&w);
		search(&w, 1, BISECT_NONE);
		assert_true(bisect_next_edge(&w.line, 0, &e));
		assert_true(e.breaks);
		assert_int_equal(e.before, first - 1);
		assert_int_equal(e.after, first);
		assert_in_range(w.built, 2, 2 + log2_up(nr - 1));
		check_edges(&w);
	}
}

static void what_does_not_matter_costs_nothing(void **state)
{
	(void)state;
	for (unsigned round = 0; round < ROUNDS; round++) {
		size_t nr = 3 + rnd(MOST - 3), first = 1 + rnd(nr - 1);
		size_t classes = 1, built = 0;
		struct world w;

		world_init(&w, nr);
		for (size_t i = 1; i < nr; i++) {
			w.matters[i] = i == first || !rnd(10);
			classes += w.matters[i];
			w.truth[i] = i < first ? BISECT_GOOD : BISECT_BAD;
		}
		build_ends(&w);
		while (bisect_is_open(&w.line)) {
			size_t i = bisect_line_pick(&w.line, BISECT_NONE);
			size_t a = i, b = i;
			bool known = false;

			/* What equals a built one is not built. */
			while (!w.matters[a])
				a--;
			while (b + 1 < nr && !w.matters[b + 1])
				b++;
			for (size_t k = a; k <= b; k++)
				known = known ||
					w.marks[k] != BISECT_PENDING;
			built += !known;
			build(&w, i);
		}
		check_edges(&w);
		assert_in_range(built, 0, log2_up(classes));
	}
}

static void a_wrong_hint_about_what_matters_costs_builds_only(void **state)
{
	(void)state;
	for (unsigned round = 0; round < ROUNDS; round++) {
		size_t nr = 3 + rnd(MOST - 3), first = 1 + rnd(nr - 1);
		struct world w;

		world_init(&w, nr);
		for (size_t i = 0; i < nr; i++) {
			w.matters[i] = !rnd(8);
			w.truth[i] = i < first ? BISECT_GOOD : BISECT_BAD;
		}
		build_ends(&w);
		search(&w, 1 + rnd(4), BISECT_NONE);
		check_edges(&w);
		assert_int_equal(w.marks[first], BISECT_BAD);
		assert_int_equal(w.marks[first - 1], BISECT_GOOD);
	}
}

static void several_at_once_find_the_same(void **state)
{
	(void)state;
	for (unsigned round = 0; round < ROUNDS; round++) {
		size_t nr = 2 + rnd(MOST - 2), first = 1 + rnd(nr - 1);
		struct world w;

		world_init(&w, nr);
		for (size_t i = first; i < nr; i++)
			w.truth[i] = BISECT_BAD;
		build_ends(&w);
		search(&w, 2 + rnd(6), BISECT_NONE);
		check_edges(&w);
		assert_int_equal(w.marks[first], BISECT_BAD);
		assert_int_equal(w.marks[first - 1], BISECT_GOOD);
	}
}

static void three_workers_build_different_states(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, 101);
	w.truth[100] = BISECT_BAD;
	build_ends(&w);
	for (unsigned i = 0; i < 3; i++)
		w.busy[bisect_line_pick(&w.line, BISECT_NONE)] = true;
	assert_true(w.busy[50] && w.busy[25] && w.busy[75]);
}

static void a_hole_is_found_from_a_bad_state_within(void **state)
{
	(void)state;
	for (unsigned round = 0; round < ROUNDS; round++) {
		size_t nr = 5 + rnd(MOST - 5), first = 1 + rnd(nr - 3);
		size_t heal = first + 1 + rnd(nr - first - 1), in;
		struct bisect_edge e;
		struct world w;

		world_init(&w, nr);
		for (size_t i = first; i < heal; i++)
			w.truth[i] = BISECT_BAD;
		in = first + rnd(heal - first);
		build_ends(&w);
		build(&w, in);
		search(&w, 1 + rnd(3), BISECT_NONE);
		assert_true(bisect_next_edge(&w.line, 0, &e));
		assert_int_equal(e.after, first);
		assert_true(bisect_next_edge(&w.line, e.after, &e));
		assert_false(e.breaks);
		assert_int_equal(e.after, heal);
		assert_false(bisect_flaps(&w.line));
		check_edges(&w);
	}
}

static void skipped_states_end_as_suspects(void **state)
{
	(void)state;
	for (unsigned round = 0; round < ROUNDS; round++) {
		size_t nr = 5 + rnd(MOST - 5), first = 1 + rnd(nr - 1);
		size_t before, after;
		struct bisect_edge e;
		struct world w;

		world_init(&w, nr);
		for (size_t i = 1; i + 1 < nr; i++)
			w.truth[i] = !rnd(3)   ? BISECT_SKIP :
				     i < first ? BISECT_GOOD :
						 BISECT_BAD;
		w.truth[nr - 1] = BISECT_BAD;
		for (before = first - 1; w.truth[before] != BISECT_GOOD;)
			before--;
		for (after = first; w.truth[after] != BISECT_BAD;)
			after++;
		build_ends(&w);
		search(&w, 1 + rnd(3), BISECT_NONE);
		assert_true(bisect_next_edge(&w.line, 0, &e));
		assert_int_equal(e.before, before);
		assert_int_equal(e.after, after);
		check_edges(&w);
	}
}

static void one_that_comes_twice_is_looked_at_everywhere(void **state)
{
	(void)state;
	for (unsigned round = 0; round < ROUNDS; round++) {
		size_t nr = 8 + rnd(MOST - 8);
		struct world w;

		world_init(&w, nr);
		for (size_t i = 1; i < nr; i++)
			w.truth[i] = rnd(2) ? BISECT_GOOD : BISECT_BAD;
		w.truth[1] = w.truth[3] = BISECT_BAD;
		w.truth[2] = w.truth[4] = BISECT_GOOD;
		for (size_t i = 0; i < 5; i++)
			build(&w, i);
		assert_true(bisect_flaps(&w.line));
		search(&w, 1 + rnd(3), BISECT_NONE);
		assert_int_equal(w.built, nr);
		for (size_t i = 0; i < nr; i++)
			assert_int_equal(w.marks[i], w.truth[i]);
	}
}

/* Whatever the truth is, no edge is claimed that is none. */
static void any_truth_gives_true_edges(void **state)
{
	(void)state;
	for (unsigned round = 0; round < ROUNDS; round++) {
		size_t nr = 2 + rnd(MOST - 2);
		struct world w;

		world_init(&w, nr);
		for (size_t i = 0; i < nr; i++)
			w.truth[i] = 1 + rnd(3);
		build_ends(&w);
		search(&w, 1 + rnd(6), rnd(2) ? rnd(nr) : BISECT_NONE);
		check_edges(&w);
	}
}

static void a_right_hint_takes_two_builds(void **state)
{
	(void)state;
	for (unsigned round = 0; round < ROUNDS; round++) {
		size_t nr = 4 + rnd(MOST - 4), first = 1 + rnd(nr - 1);
		struct world w;

		world_init(&w, nr);
		for (size_t i = first; i < nr; i++)
			w.truth[i] = BISECT_BAD;
		build_ends(&w);
		search(&w, 1, first);
		check_edges(&w);
		assert_in_range(w.built, 2, 4);
	}
}

static void nothing_bad_builds_nothing(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, 50);
	build_ends(&w);
	assert_false(bisect_is_open(&w.line));
	assert_int_equal(bisect_line_pick(&w.line, 7), BISECT_NONE);
}

/* ---- histories --------------------------------------------------------------------- */

#define NODES 60

struct past {
	struct bisect_dag dag;
	enum bisect_mark truth[NODES], marks[NODES];
	bool busy[NODES];
	bool above[NODES][NODES]; /* [a][b]: b is a or a descendant of it */
	struct bisect_history h;
	size_t built;
};

/* A history with merges whose last node is built on all others. */
static void past_init(struct past *p, size_t nr)
{
	bool used[NODES] = { false };

	*p = (struct past){ .dag = { .nr = nr } };
	p->dag.nodes = xcalloc(nr, sizeof(*p->dag.nodes));
	for (size_t i = 1; i < nr; i++) {
		struct bisect_node *n = &p->dag.nodes[i];

		n->parents = xcalloc(nr, sizeof(*n->parents));
		if (rnd(12)) /* else built on what lies before the range */
			n->parents[n->nr++] =
				rnd(3) ? i - 1 : rnd(i);
		if (i > 2 && !rnd(4))
			n->parents[n->nr++] = rnd(i);
		for (size_t k = 0; i + 1 == nr && k < i; k++)
			if (!used[k])
				n->parents[n->nr++] = k;
		for (size_t k = 0; k < n->nr; k++)
			used[n->parents[k]] = true;
	}
	for (size_t a = 0; a < nr; a++)
		for (size_t b = a; b < nr; b++) {
			p->above[a][b] = a == b;
			for (size_t k = 0; k < p->dag.nodes[b].nr; k++)
				if (p->above[a][p->dag.nodes[b].parents[k]])
					p->above[a][b] = true;
		}
	p->h = (struct bisect_history){
		.dag = &p->dag,
		.marks = p->marks,
		.busy = p->busy,
	};
}

static void past_build(struct past *p, size_t i)
{
	assert_int_equal(p->marks[i], BISECT_PENDING);
	p->marks[i] = p->truth[i];
	p->busy[i] = false;
	p->built++;
}

/* git's part, by brute force: the cut that halves the set best. */
static size_t cut(const struct past *p, const struct bisect_question *q)
{
	size_t nr = p->dag.nr, n = 0, best = BISECT_NONE, best_value = 0;
	bool set[NODES];

	for (size_t i = 0; i < nr; i++) {
		set[i] = p->above[i][q->from];
		for (size_t k = 0; k < nr; k++)
			if (q->without[k] && p->above[i][k])
				set[i] = false;
		n += set[i];
	}
	for (size_t i = 0; i < nr; i++) {
		size_t below = 0, value;

		if (!set[i] || p->marks[i] != BISECT_PENDING || p->busy[i])
			continue;
		for (size_t k = 0; k < nr; k++)
			below += set[k] && p->above[k][i];
		value = below < n - below ? below : n - below;
		if (best == BISECT_NONE || value > best_value) {
			best = i;
			best_value = value;
		}
	}
	return best;
}

static void past_search(struct past *p, unsigned workers)
{
	size_t busy[8], nr = 0;

	while (nr || bisect_history_is_open(&p->h)) {
		bool without[NODES];
		struct bisect_question q = { .without = without };
		size_t pick;

		while (nr < workers) {
			if (bisect_history_flaps(&p->h))
				pick = bisect_history_linear(&p->h);
			else
				pick = bisect_ask(&p->h, &q) ? cut(p, &q) :
							       BISECT_NONE;
			if (pick == BISECT_NONE)
				break;
			assert_false(p->busy[pick]);
			p->busy[pick] = true;
			busy[nr++] = pick;
		}
		assert_true(nr > 0);
		pick = rnd(nr);
		past_build(p, busy[pick]);
		busy[pick] = busy[--nr];
	}
}

/* The suspects that the marks leave, by the definition. */
static void check_suspects(const struct past *p)
{
	bool set[NODES];
	size_t bad = bisect_suspects(&p->h, set);

	assert_int_not_equal(bad, BISECT_NONE);
	assert_int_equal(p->marks[bad], BISECT_BAD);
	for (size_t i = 0; i < p->dag.nr; i++) {
		bool want = i && p->above[i][bad];

		for (size_t k = 0; k < p->dag.nr; k++)
			if (p->marks[k] == BISECT_GOOD && p->above[i][k])
				want = false;
		assert_int_equal(set[i], want);
	}
}

static void the_breaking_commit_is_found_among_merges(void **state)
{
	(void)state;
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct past p;
		size_t first, nr = 3 + rnd(NODES - 3), bad;
		bool set[NODES];

		past_init(&p, nr);
		first = 1 + rnd(nr - 1);
		/* Whatever is built on it is bad. */
		for (size_t i = 0; i < nr; i++)
			p.truth[i] = p.above[first][i] ? BISECT_BAD :
							 BISECT_GOOD;
		past_build(&p, 0);
		past_build(&p, nr - 1);
		past_search(&p, 1 + rnd(4));
		assert_false(bisect_history_flaps(&p.h));
		check_suspects(&p);
		bad = bisect_suspects(&p.h, set);
		assert_int_equal(bad, first);
		for (size_t i = 0; i < nr; i++)
			assert_int_equal(set[i], i == first);
		bisect_dag_release(&p.dag);
	}
}

static void commits_that_cannot_be_told_are_suspects(void **state)
{
	(void)state;
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct past p;
		size_t first, nr = 4 + rnd(NODES - 4), bad;
		bool set[NODES];

		past_init(&p, nr);
		first = 1 + rnd(nr - 1);
		for (size_t i = 0; i < nr; i++)
			p.truth[i] = p.above[first][i] ? BISECT_BAD :
							 BISECT_GOOD;
		for (size_t i = 1; i + 1 < nr; i++)
			if (!rnd(3))
				p.truth[i] = BISECT_SKIP;
		past_build(&p, 0);
		past_build(&p, nr - 1);
		past_search(&p, 1 + rnd(4));
		check_suspects(&p);
		bad = bisect_suspects(&p.h, set);
		/* The culprit is among them, and nothing that could be told. */
		assert_true(set[first]);
		for (size_t i = 0; i < nr; i++)
			assert_true(!set[i] || i == bad ||
				    p.truth[i] == BISECT_SKIP);
		bisect_dag_release(&p.dag);
	}
}

static void a_straight_history_takes_as_many_builds_as_halving(void **state)
{
	(void)state;
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct past p;
		size_t nr = 3 + rnd(NODES - 3), first = 1 + rnd(nr - 1);

		p = (struct past){ .dag = { .nr = nr } };
		p.dag.nodes = xcalloc(nr, sizeof(*p.dag.nodes));
		for (size_t i = 0; i < nr; i++) {
			p.dag.nodes[i].parents = xcalloc(1, sizeof(size_t));
			if (i)
				p.dag.nodes[i].parents[p.dag.nodes[i].nr++] =
					i - 1;
			p.truth[i] = i < first ? BISECT_GOOD : BISECT_BAD;
			for (size_t k = i; k < nr; k++)
				p.above[i][k] = true;
		}
		p.h = (struct bisect_history){ &p.dag, p.marks, p.busy };
		past_build(&p, 0);
		past_build(&p, nr - 1);
		past_search(&p, 1);
		check_suspects(&p);
		assert_in_range(p.built, 2, 3 + log2_up(nr - 1));
		bisect_dag_release(&p.dag);
	}
}

static void a_history_that_heals_in_between_is_built_whole(void **state)
{
	unsigned flapping = 0;

	(void)state;
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct past p;
		size_t nr = 4 + rnd(NODES - 4);

		past_init(&p, nr);
		for (size_t i = 1; i < nr; i++)
			p.truth[i] = rnd(2) ? BISECT_GOOD : BISECT_BAD;
		p.truth[0] = BISECT_GOOD;
		p.truth[nr - 1] = BISECT_BAD;
		past_build(&p, 0);
		past_build(&p, nr - 1);
		past_search(&p, 1 + rnd(4));
		if (bisect_history_flaps(&p.h)) {
			flapping++;
			assert_int_equal(p.built, nr);
		} else {
			check_suspects(&p);
		}
		bisect_dag_release(&p.dag);
	}
	assert_true(flapping > ROUNDS / 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_breakage_takes_as_many_builds_as_halving),
		cmocka_unit_test(what_does_not_matter_costs_nothing),
		cmocka_unit_test(a_wrong_hint_about_what_matters_costs_builds_only),
		cmocka_unit_test(several_at_once_find_the_same),
		cmocka_unit_test(three_workers_build_different_states),
		cmocka_unit_test(a_hole_is_found_from_a_bad_state_within),
		cmocka_unit_test(skipped_states_end_as_suspects),
		cmocka_unit_test(one_that_comes_twice_is_looked_at_everywhere),
		cmocka_unit_test(any_truth_gives_true_edges),
		cmocka_unit_test(a_right_hint_takes_two_builds),
		cmocka_unit_test(nothing_bad_builds_nothing),
		cmocka_unit_test(the_breaking_commit_is_found_among_merges),
		cmocka_unit_test(commits_that_cannot_be_told_are_suspects),
		cmocka_unit_test(a_straight_history_takes_as_many_builds_as_halving),
		cmocka_unit_test(a_history_that_heals_in_between_is_built_whole),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
