// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a run_result owns, what its parts are called, and which exit code it
 * makes.
 */
#include "model/result.h"

#include "builder.h"
#include "sys/mem.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static void names_are_those_of_results_json(void **state)
{
	static const char *const verdicts[] = {
		"ok",	     "regressed",   "fixed", "still-broken",
		"unreached", "not-applied", "error"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(verdicts); i++)
		assert_string_equal(verdict_name((enum verdict)i), verdicts[i]);
	assert_string_equal(cause_kind_name(CAUSE_MISSING_INCLUDE),
			    "missing-include");
	assert_string_equal(cause_kind_name(CAUSE_OTHER), "other");
	assert_string_equal(cause_kind_name((enum cause_kind)99), "unknown");
	assert_string_equal(verdict_name((enum verdict)99), "unknown");
}

static void outcomes_survive_a_trip_through_their_names(void **state)
{
	(void)state;
	for (int o = OUTCOME_PENDING; o <= OUTCOME_ERROR; o++)
		assert_int_equal(outcome_parse(outcome_name((enum outcome)o)),
				 o);
	assert_int_equal(outcome_parse("Built"), -1);
	assert_int_equal(outcome_parse(""), -1);
	assert_int_equal(outcome_parse(NULL), -1);
}

static void steps_know_their_place_and_begin_pending(void **state)
{
	_cleanup_run_result_ struct run_result r = RUN_RESULT_INIT;

	(void)state;
	for (int i = 0; i < 3; i++)
		run_result_add_cell(&r);
	for (int i = 0; i < 20; i++)
		assert_int_equal(run_result_add_patch(&r)->index, i);
	run_result_alloc_steps(&r);
	for (unsigned p = 0; p < 20; p++)
		for (size_t c = 0; c < 3; c++) {
			struct step_result *s = run_result_step(&r, p, c);

			assert_int_equal(s->patch, p);
			assert_int_equal(s->cell, c);
			assert_int_equal(s->outcome, OUTCOME_PENDING);
		}
}

static void a_copied_step_shares_nothing_with_the_first(void **state)
{
	_cleanup_run_result_ struct run_result r;
	struct step_result *from, *to;

	(void)state;
	build_run(&r, 1, "x86_64 s390");
	build_from(build_error(&r, 1, 0, "a.o", "a.h", 3, "bad"), "a.c", 1);
	build_error(&r, 1, 1, "old.o", "old.c", 3, "replaced");
	from = build_step(&r, 1, 0);
	to = build_step(&r, 1, 1);
	strlist_add(&from->failed_replayed, "a.o");
	strlist_add(&from->left_out, "b.o");
	strlist_add(&from->unjudged, "c.o");
	from->reason = xstrdup("because");
	from->log = xstrdup("logs/1/x.log");
	from->seconds = 2.5;
	diag_list_copy(&from->fixed, &from->diags.v[0]);
	step_result_copy(to, from);
	step_result_copy(to, to);
	step_result_release(from);
	assert_string_equal(to->diags.v[0].message, "bad");
	assert_string_equal(to->diags.v[0].from[0].file, "a.c");
	assert_int_equal(to->diags.nr, 1);
	assert_string_equal(to->fixed.v[0].message, "bad");
	assert_string_equal(to->failed.v[0], "a.o");
	assert_null(to->failed.v[1]);
	assert_string_equal(to->failed_replayed.v[0], "a.o");
	assert_string_equal(to->left_out.v[0], "b.o");
	assert_string_equal(to->unjudged.v[0], "c.o");
	assert_string_equal(to->reason, "because");
	assert_string_equal(to->log, "logs/1/x.log");
	assert_true(to->seconds > 2);
}

static void releasing_twice_or_nothing_is_harmless(void **state)
{
	struct run_result r = RUN_RESULT_INIT;

	(void)state;
	run_result_release(&r);
	build_run(&r, 2, "s390");
	build_error(&r, 1, 0, "a.o", "a.c", 1, "'x' undeclared");
	build_judge(&r);
	assert_int_equal(r.nr_causes, 1);
	run_result_release(&r);
	run_result_release(&r);
	assert_null(r.causes);
}

static void a_clean_run_exits_0(void **state)
{
	_cleanup_run_result_ struct run_result r;

	(void)state;
	build_run(&r, 2, "x86_64 s390");
	build_judge(&r);
	assert_int_equal(run_result_exit_code(&r), 0);
}

static void what_the_base_broke_does_not_fail_the_series(void **state)
{
	_cleanup_run_result_ struct run_result r;

	(void)state;
	build_run(&r, 1, "x86_64");
	build_error(&r, 0, 0, "a.o", "a.c", 1, "'x' undeclared");
	build_error(&r, 1, 0, "a.o", "a.c", 1, "'x' undeclared");
	build_judge(&r);
	assert_int_equal(run_result_exit_code(&r), 0);
}

static void a_regression_exits_1_even_beside_an_error(void **state)
{
	_cleanup_run_result_ struct run_result r;

	(void)state;
	build_run(&r, 1, "x86_64 s390");
	build_outcome(&r, 1, 0, OUTCOME_ERROR, "the disk is full");
	build_judge(&r);
	assert_int_equal(run_result_exit_code(&r), 3);
	build_error(&r, 1, 1, "a.o", "a.c", 1, "'x' undeclared");
	build_judge(&r);
	assert_int_equal(run_result_exit_code(&r), 1);
}

static void a_patch_that_does_not_apply_exits_1(void **state)
{
	_cleanup_run_result_ struct run_result r;

	(void)state;
	build_run(&r, 1, "x86_64");
	r.patches[1].not_applied = xstrdup("error: patch failed: a.c:1");
	build_outcome(&r, 1, 0, OUTCOME_NOT_APPLIED, NULL);
	assert_int_equal(run_result_exit_code(&r), 1);
	build_judge(&r);
	assert_int_equal(run_result_exit_code(&r), 1);
}

static void what_was_not_built_never_counts_as_passed(void **state)
{
	_cleanup_run_result_ struct run_result r;
	_cleanup_run_result_ struct run_result none = RUN_RESULT_INIT;

	(void)state;
	build_run(&r, 1, "x86_64");
	build_outcome(&r, 1, 0, OUTCOME_PENDING, NULL);
	assert_int_equal(run_result_exit_code(&r), 3);
	build_judge(&r);
	assert_int_equal(run_result_exit_code(&r), 3);
	assert_int_equal(run_result_exit_code(&none), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_those_of_results_json),
		cmocka_unit_test(outcomes_survive_a_trip_through_their_names),
		cmocka_unit_test(steps_know_their_place_and_begin_pending),
		cmocka_unit_test(a_copied_step_shares_nothing_with_the_first),
		cmocka_unit_test(releasing_twice_or_nothing_is_harmless),
		cmocka_unit_test(a_clean_run_exits_0),
		cmocka_unit_test(what_the_base_broke_does_not_fail_the_series),
		cmocka_unit_test(a_regression_exits_1_even_beside_an_error),
		cmocka_unit_test(a_patch_that_does_not_apply_exits_1),
		cmocka_unit_test(what_was_not_built_never_counts_as_passed),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
