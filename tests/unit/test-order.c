// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who goes on first, and who has to wait for memory.
 */
#include "engine/order.h"
#include "sys/mem.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#define MIB (1ULL << 20)

static void assert_order(struct lane_outlook *v, size_t nr, const size_t *want)
{
	order_lanes(v, nr);
	for (size_t i = 0; i < nr; i++)
		assert_int_equal(v[i].lane, want[i]);
}

static void longest_first(void **state)
{
	struct lane_outlook v[] = {
		{ .lane = 0, .failed = false, .seconds = 10 }, { .lane = 1, .failed = false, .seconds = 300 }, { .lane = 2, .failed = false, .seconds = 0 },
		{ .lane = 3, .failed = false, .seconds = 300.5 },
	};

	(void)state;
	assert_order(v, 4, (const size_t[]){ 3, 1, 0, 2 });
	order_lanes(v, 0);
}

static void first_looks_before_all(void **state)
{
	struct lane_outlook v[] = {
		{ .lane = 0, .early = true, .failed = true, .seconds = 9 },
		{ .lane = 1, .first = true, .early = true, .seconds = 1 },
		{ .lane = 2, .early = true, .seconds = 99 },
	};

	(void)state;
	assert_order(v, 3, (const size_t[]){ 1, 0, 2 });
}

static void first_looks_by_groups_in_turn(void **state)
{
	struct lane_outlook v[] = {
		{ .lane = 0, .first = true, .group = 0, .seconds = 5 },
		{ .lane = 1, .first = true, .group = 0, .seconds = 9 },
		{ .lane = 2, .first = true, .group = 0, .seconds = 7 },
		{ .lane = 3, .first = true, .group = 3, .seconds = 2 },
		{ .lane = 4, .first = true, .group = 3, .seconds = 1 },
		/* one of its group has had its look */
		{ .lane = 5, .first = true, .group = 5, .turn = 1, .seconds = 8 },
		{ .lane = 6, .seconds = 99 },
	};

	(void)state;
	assert_order(v, 7, (const size_t[]){ 1, 3, 5, 2, 4, 0, 6 });
}

/* A cell that nobody has looked at the configuration of may be the next one's
 * turn. */
static void opening_before_looks(void **state)
{
	struct lane_outlook v[] = {
		{ .lane = 0, .first = true, .group = 0, .seconds = 9 },
		{ .lane = 1, .first = true, .group = 0, .seconds = 8 },
		{ .lane = 2,
		  .first = true,
		  .opens = true,
		  .group = 1,
		  .turn = 1 },
		{ .lane = 3, .opens = true, .early = true, .seconds = 7 },
	};

	(void)state;
	assert_order(v, 4, (size_t[]){ 2, 0, 1, 3 });
}

static void failed_before_all(void **state)
{
	struct lane_outlook v[] = {
		{ .lane = 0, .failed = false, .seconds = 1000 }, { .lane = 1, .failed = true, .seconds = 1 }, { .lane = 2, .failed = false, .seconds = 5 },
		{ .lane = 3, .failed = true, .seconds = 2 },
	};

	(void)state;
	assert_order(v, 4, (const size_t[]){ 3, 1, 0, 2 });
}

static void early_before_all(void **state)
{
	struct lane_outlook v[] = {
		{ .lane = 0, .failed = true, .seconds = 1000 },
		{ .lane = 1, .early = true, .seconds = 1 },
		{ .lane = 2, .early = true, .failed = true },
	};

	(void)state;
	assert_order(v, 3, (const size_t[]){ 2, 1, 0 });
}

static void equal_in_order(void **state)
{
	struct lane_outlook v[64];
	size_t want[64];

	(void)state;
	for (size_t i = 0; i < 64; i++) {
		v[i] = (struct lane_outlook){
			.lane = 63 - i, .failed = i % 2, .seconds = 7,
		};
		/* odd i, so even lanes, have failed */
		want[i] = i < 32 ? 2 * i : 2 * (i - 32) + 1;
	}
	assert_order(v, 64, want);
}

static void seconds_of_what_is_left(void **state)
{
	struct work_cost costs[WORK_NR] = { 0 };
	unsigned left[WORK_NR] = { 0 };

	(void)state;
	costs[WORK_BASE].seconds = 100;
	costs[WORK_STEP].seconds = 2.5;
	assert_true(order_seconds(costs, left) == 0);
	left[WORK_BASE] = 1;
	left[WORK_STEP] = 4;
	assert_true(order_seconds(costs, left) == 110);
	/* With guesses too, a lane without a base has more before it. */
	for (int w = 0; w < WORK_NR; w++) {
		costs[w] = work_cost_guess(w);
		assert_true(costs[w].seconds > 0);
		assert_true(costs[w].max_rss > 0);
		assert_true(*work_name(w));
	}
	left[WORK_BASE] = 0;
	assert_true(order_seconds(costs, left) <
		    order_seconds(costs, (unsigned[WORK_NR]){
						 [WORK_BASE] = 1,
						 [WORK_STEP] = 4 }));
}

static void what_a_run_waits_for(void **state)
{
	struct work_cost costs[WORK_NR] = { 0 };
	unsigned left[WORK_NR] = { [WORK_STEP] = 10, [WORK_AHEAD] = 10 };
	struct lane_outlook v[] = {
		{ .lane = 0, .early = true, .seconds = 9 },
		{ .lane = 1, .seconds = 20 },
		{ .lane = 2, .critical = true, .seconds = 3 },
		{ .lane = 3, .first = true, .early = true, .seconds = 1 },
	};

	(void)state;
	costs[WORK_STEP].cpu = 3;
	costs[WORK_AHEAD].cpu = 40;
	assert_true(order_cpu(costs, left) == 430);
	assert_false(order_is_critical(30, 430, 14));
	assert_true(order_is_critical(30, 430, 15));
	assert_false(order_is_critical(0, 0, 64));
	assert_order(v, 4, (size_t[]){ 3, 2, 0, 1 });
}

static void costs_are_learned(void **state)
{
	struct work_cost c = work_cost_guess(WORK_STEP);

	(void)state;
	work_cost_learn(&c, false, 40, 70, 300 * MIB);
	assert_true(c.seconds == 40 && c.cpu == 70);
	assert_int_equal(c.max_rss, 300 * MIB);
	work_cost_learn(&c, true, 20, 30, 200 * MIB);
	assert_true(c.seconds == 30 && c.cpu == 50);
	assert_int_equal(c.max_rss, 200 * MIB);
	/* not known this time */
	work_cost_learn(&c, true, 30, 30, 0);
	assert_int_equal(c.max_rss, 200 * MIB);
}

static void costs_are_stored(void **state)
{
	static const char *const damaged[] = {
		"",
		"1",
		"x 1 1",
		"1 x 1",
		"1 2 3 4",
		"-1 2 1",
		"nan 5 1",
		"inf 5 1",
		"1 2kib 1",
		"1 -5 1",
		"1 99999999999999999 1",
		"1 2",
		"1 2 -1",
		"1 2 nan",
	};
	struct work_cost c = { 12.3456, 17.5, 300 * MIB }, back = { 0 };
	_cleanup_free_ char *text = work_cost_format(&c);

	(void)state;
	assert_string_equal(text, "12.346 314572800 17.500");
	assert_true(work_cost_parse(&back, text));
	assert_true(back.seconds == 12.346);
	assert_true(back.cpu == 17.5);
	assert_int_equal(back.max_rss, c.max_rss);
	for (size_t i = 0; i < ARRAY_SIZE(damaged); i++) {
		if (work_cost_parse(&back, damaged[i]))
			fail_msg("taken: \"%s\"", damaged[i]);
		assert_true(back.seconds == 12.346);
	}
}

static void one_always_runs(void **state)
{
	struct memory_state m = { .budget = MIB, .available = 0 };

	(void)state;
	assert_true(memory_allows(&m, 1000 * MIB));
	m.running = 1;
	assert_false(memory_allows(&m, 1000 * MIB));
}

static void memory_is_bounded(void **state)
{
	struct memory_state m = {
		.budget = 1000 * MIB,
		.reserved = 600 * MIB,
		.available = -1,
		.running = 2,
	};

	(void)state;
	/* by what was allowed */
	assert_true(memory_allows(&m, 400 * MIB));
	assert_false(memory_allows(&m, 400 * MIB + 1));
	/* by what the machine has, less what is for others */
	m.available = 1000 * MIB;
	assert_true(memory_allows(&m, 400 * MIB));
	m.spare = 1;
	assert_false(memory_allows(&m, 400 * MIB));
	m.spare = 300 * MIB;
	assert_true(memory_allows(&m, 100 * MIB));
	assert_false(memory_allows(&m, 101 * MIB));
}

#define T(title, f) { title, f, NULL, NULL, NULL }

int main(void)
{
	const struct CMUnitTest tests[] = {
		T("who has most before it goes first", longest_first),
		T("first looks go before all", first_looks_before_all),
		T("first looks go from group to group",
		  first_looks_by_groups_in_turn),
		T("what comes before first looks goes before them",
		  opening_before_looks),
		T("cells that failed last time go before what is as late",
		  failed_before_all),
		T("what comes before the steps goes before them",
		  early_before_all),
		T("otherwise the order of the matrix holds", equal_in_order),
		T("what is left is the sum over the kinds of work",
		  seconds_of_what_is_left),
		T("what the run would wait for goes before what is early",
		  what_a_run_waits_for),
		T("costs are learned: half of the mean is the newest",
		  costs_are_learned),
		T("costs are stored, and damaged ones not believed",
		  costs_are_stored),
		T("one child may always run", one_always_runs),
		T("more may run as long as memory suffices for all",
		  memory_is_bounded),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
