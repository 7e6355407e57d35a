// SPDX-License-Identifier: GPL-2.0-only
/*
 * How long a run would take: on known numbers, and bounds that hold for any.
 */
#include "engine/simulate.h"
#include "sys/mem.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static void assert_near(double got, double want)
{
	if (got < want - 1e-6 || got > want + 1e-6)
		fail_msg("%f is not %f", got, want);
}

static void test_line(void **state)
{
	struct work_fit f = { 0 };
	double alone, each;

	(void)state;
	assert_false(work_fit_line(&f, &alone, &each));
	work_fit_learn(&f, 0, 2);
	assert_false(work_fit_line(&f, &alone, &each));
	work_fit_learn(&f, 10, 7);
	assert_true(work_fit_line(&f, &alone, &each));
	assert_near(alone, 2);
	assert_near(each, 0.5);
	for (int i = 0; i < 1000; i++)
		work_fit_learn(&f, i % 7, 3 + i % 7 * 2);
	assert_true(work_fit_line(&f, &alone, &each));
	assert_true(each > 1.9 && each < 2.1 && alone > 2.8 && alone < 3.2);
}

/* Whatever was measured, no part of it is negative. */
static void test_odd_lines(void **state)
{
	struct work_fit same = { 0 }, falling = { 0 }, steep = { 0 };
	double alone, each;

	(void)state;
	work_fit_learn(&same, 4, 8);
	work_fit_learn(&same, 4, 4);
	assert_true(work_fit_line(&same, &alone, &each));
	assert_near(alone, 0);
	assert_near(each, 1.5);
	work_fit_learn(&falling, 1, 10);
	work_fit_learn(&falling, 9, 2);
	assert_true(work_fit_line(&falling, &alone, &each));
	assert_near(each, 0);
	assert_near(alone, 6);
	work_fit_learn(&steep, 1, 0.1);
	work_fit_learn(&steep, 2, 10);
	assert_true(work_fit_line(&steep, &alone, &each));
	assert_true(alone >= 0 && each > 0);
}

static void test_text(void **state)
{
	struct work_fit f = { 0 }, g = { 0 };
	_cleanup_free_ char *text = NULL;

	(void)state;
	work_fit_learn(&f, 3, 1.5);
	text = work_fit_format(&f);
	assert_true(work_fit_parse(&g, text));
	assert_near(g.units_cpu, f.units_cpu);
	assert_false(work_fit_parse(&g, "1 2 3 4"));
	assert_false(work_fit_parse(&g, "1 2 3 4 5 6"));
	assert_false(work_fit_parse(&g, "1 2 -3 4 5"));
	assert_false(work_fit_parse(&g, "1 2 nan 4 5"));
	assert_near(g.nr, f.nr);
}

static void test_one_lane(void **state)
{
	struct sim_task v[] = { { 1, 4, 2, NULL, 0 }, { 0.5, 0, 2, NULL, 0 } };
	struct sim_lane lane = { v, 2, 2 };
	struct sim_result r;

	(void)state;
	simulate(&lane, 1, 1, &r);
	assert_near(r.seconds, 9.5);
	assert_near(r.busy, 1);
	simulate(&lane, 1, 2, &r);
	assert_near(r.seconds, 1 + 4 + 0.5);
	assert_near(r.cpu_seconds, 9.5);
	simulate(&lane, 1, 64, &r);
	assert_near(r.seconds, 1 + 2 + 0.5);
	assert_near(r.longest, r.seconds);
	simulate(NULL, 0, 4, &r);
	assert_near(r.seconds, 0);
}

/* One lane's units fill the cores that the other's lonely part leaves. */
static void test_two_lanes(void **state)
{
	struct sim_task a[] = { { 4, 0, 0, NULL, 0 } },
			b[] = { { 0, 8, 1, NULL, 0 } };
	struct sim_lane lanes[] = { { a, 1, 1 }, { b, 1, 1 } };
	struct sim_result r;

	(void)state;
	simulate(lanes, 2, 3, &r);
	assert_near(r.seconds, 4);
	assert_near(r.busy, 1);
}

/* A step begins when its units were looked at, beside those of later states; and only
 * on a core that the leader has no use for. */
static void test_leader(void **state)
{
	struct sim_lane lanes[2];
	struct sim_task quick[] = { { 0, 2, 3, NULL, 0 },
				    { 0, 1, 5, NULL, 0 } };
	struct sim_task steps[] = { { 1, 0, 0, lanes, 1 },
				    { 4, 0, 0, lanes, 1 },
				    { 2, 0, 0, lanes, 2 } };
	struct sim_result r;

	(void)state;
	lanes[0] = (struct sim_lane){ quick, 2, 2 };
	lanes[1] = (struct sim_lane){ steps, 3, 3 };
	simulate(lanes, 2, 2, &r);
	/* 3: both looks; to 8: the next look, beside it 1 + 4; then the last step */
	assert_near(r.seconds, 3 + 5 + 2);
	assert_near(r.longest, 10);
	simulate(lanes, 2, 64, &r);
	assert_near(r.seconds, 10);
	simulate(lanes, 2, 1, &r);
	assert_near(r.seconds, 6 + 5 + 1 + 4 + 2);
	assert_near(r.busy, 1);
}

/* Two that lead, each a part of the steps. */
static void test_two_leaders(void **state)
{
	struct sim_lane lanes[3];
	struct sim_task first[] = { { 0, 1, 6, NULL, 0 } },
			second[] = { { 0, 1, 2, NULL, 0 } };
	struct sim_task steps[] = { { 1, 0, 0, &lanes[0], 1 },
				    { 3, 0, 0, &lanes[1], 1 } };
	struct sim_result r;

	(void)state;
	lanes[0] = (struct sim_lane){ first, 1, 1 };
	lanes[1] = (struct sim_lane){ second, 1, 1 };
	lanes[2] = (struct sim_lane){ steps, 2, 2 };
	simulate(lanes, 3, 2, &r);
	assert_near(r.seconds, 6 + 1 + 3);
	assert_near(r.longest, 10);
	assert_int_equal(r.nr, 4);
	simulate(lanes, 3, 1, &r);
	assert_near(r.seconds, 12);
}

static unsigned next_random(unsigned *seed)
{
	*seed = *seed * 1103515245 + 12345;
	return *seed >> 16 & 0x7fff;
}

/* Never faster than all cores at work or the longest lane; never slower than
 * twice that and what nobody else can be at work with. */
static void test_bounds(void **state)
{
	unsigned seed = 1;

	(void)state;
	for (int round = 0; round < 300; round++) {
		struct sim_task v[8][6];
		struct sim_lane lanes[8];
		unsigned nr = 1 + next_random(&seed) % 8;
		unsigned cores = 1 + next_random(&seed) % 16;
		struct sim_result r, one;
		double floor;

		for (unsigned i = 0; i < nr; i++) {
			const struct sim_lane *leader = NULL;

			lanes[i] =
				(struct sim_lane){ v[i], next_random(&seed) % 7,
						   6 };
			/* the one before it, or nobody */
			if (i % 2 && next_random(&seed) % 2)
				leader = &lanes[i - 1];
			for (size_t k = 0; k < lanes[i].nr; k++)
				v[i][k] = (struct sim_task){
					next_random(&seed) % 100 / 10.0,
					next_random(&seed) % 20,
					next_random(&seed) % 50 / 10.0,
					leader,
					leader ? next_random(&seed) %
							 (leader->nr + 1)
					       : 0,
				};
		}
		simulate(lanes, nr, cores, &r);
		simulate(lanes, nr, 1, &one);
		assert_near(one.seconds, r.cpu_seconds);
		floor = r.cpu_seconds / cores;
		if (r.longest > floor)
			floor = r.longest;
		assert_true(r.seconds >= floor - 1e-6);
		assert_true(r.seconds <=
			    r.cpu_seconds / cores + r.longest * 2 + 1e-6);
		assert_true(r.busy <= 1 + 1e-9);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_line),
		cmocka_unit_test(test_odd_lines),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_one_lane),
		cmocka_unit_test(test_two_lanes),
		cmocka_unit_test(test_leader),
		cmocka_unit_test(test_two_leaders),
		cmocka_unit_test(test_bounds),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
