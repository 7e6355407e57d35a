// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who of several walkers takes which state of a quick pass.
 */
#include "engine/legs.h"
#include "sys/mem.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static void open_legs(struct legs *g, size_t nr, const unsigned *begins)
{
	legs_init(g, nr);
	for (; *begins; begins++)
		g->begins[*begins] = true;
}

static void test_one_goes_through_all(void **state)
{
	struct legs g;

	(void)state;
	open_legs(&g, 5, (const unsigned[]){ 3, 0 });
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(legs_take(&g, i), i + 1);
	assert_int_equal(legs_take(&g, 4), 0);
	legs_release(&g);
	legs_init(&g, 1);
	assert_int_equal(legs_take(&g, 0), 0);
	legs_release(&g);
}

static void test_others_begin_at_legs(void **state)
{
	struct legs g;

	(void)state;
	open_legs(&g, 9, (const unsigned[]){ 4, 6, 0 });
	assert_int_equal(legs_take(&g, 0), 1);
	assert_int_equal(legs_take(&g, 0), 4);
	assert_int_equal(legs_take(&g, 4), 5);
	assert_int_equal(legs_take(&g, 1), 2);
	assert_int_equal(legs_take(&g, 0), 6);
	assert_int_equal(legs_take(&g, 0), 0);
	/* 6 is taken, and no leg begins behind it */
	assert_int_equal(legs_take(&g, 5), 0);
	assert_int_equal(legs_take(&g, 2), 3);
	assert_int_equal(legs_take(&g, 3), 0);
	assert_int_equal(legs_take(&g, 6), 7);
	assert_int_equal(legs_take(&g, 7), 8);
	legs_release(&g);
}

static void test_a_walker_goes_on_to_a_later_leg(void **state)
{
	struct legs g;

	(void)state;
	open_legs(&g, 8, (const unsigned[]){ 3, 6, 0 });
	assert_int_equal(legs_take(&g, 0), 1);
	assert_int_equal(legs_take(&g, 0), 3);
	assert_int_equal(legs_take(&g, 1), 2);
	assert_int_equal(legs_take(&g, 2), 6);
	assert_int_equal(legs_take(&g, 3), 4);
	assert_int_equal(legs_take(&g, 6), 7);
	assert_int_equal(legs_take(&g, 4), 5);
	assert_int_equal(legs_take(&g, 5), 0);
	assert_int_equal(legs_take(&g, 7), 0);
	legs_release(&g);
}

/* However many walk, in whatever order: each state once, by one that was at the
 * state before, or where a leg begins. */
static void test_each_state_once(void **state)
{
	unsigned seed = 1;

	(void)state;
	for (int round = 0; round < 500; round++) {
		unsigned at[4] = { 0 }, walks = 4, nr, met = 0;
		struct legs g;

		seed = seed * 1103515245 + 12345;
		nr = 1 + (seed >> 16) % 20;
		legs_init(&g, nr);
		for (unsigned i = 2; i < nr; i++) {
			seed = seed * 1103515245 + 12345;
			g.begins[i] = (seed >> 16) % 3 == 0;
		}
		while (walks) {
			unsigned w, next;

			seed = seed * 1103515245 + 12345;
			w = (seed >> 16) % walks;
			next = legs_take(&g, at[w]);
			if (!next) {
				at[w] = at[--walks];
				continue;
			}
			assert_true(next == at[w] + 1 || g.begins[next]);
			at[w] = next;
			met++;
		}
		assert_int_equal(met, nr - 1);
		legs_release(&g);
	}
}

static void test_where_legs_begin(void **state)
{
	(void)state;
	assert_true(leg_begins(48, 48));
	assert_true(leg_begins(48, 54));
	assert_false(leg_begins(48, 55));
	assert_true(leg_begins(1, 1));
	assert_false(leg_begins(1, 2));
	assert_false(leg_begins(0, 0));
	/* it takes back what others have done */
	assert_true(leg_begins(10, 2));
}

static void test_walkers(void **state)
{
	(void)state;
	assert_int_equal(legs_walkers(2, 1), 1);
	assert_int_equal(legs_walkers(2, 15), 1);
	assert_int_equal(legs_walkers(8, 1), 3);
	assert_int_equal(legs_walkers(64, 15), 2);
	assert_int_equal(legs_walkers(64, 100), 1);
	assert_int_equal(legs_walkers(64, 1), 4);
	assert_int_equal(legs_walkers(1, 0), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_goes_through_all),
		cmocka_unit_test(test_others_begin_at_legs),
		cmocka_unit_test(test_a_walker_goes_on_to_a_later_leg),
		cmocka_unit_test(test_each_state_once),
		cmocka_unit_test(test_where_legs_begin),
		cmocka_unit_test(test_walkers),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
