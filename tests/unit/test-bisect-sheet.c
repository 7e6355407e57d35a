// SPDX-License-Identifier: GPL-2.0-only
/*
 * Marks to bisect by, from runs of which some steps were not built.
 */
#include "engine/bisect_sheet.h"

#include "builder.h"
#include "sys/mem.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#define UNDECLARED "'kvm_foo' undeclared (first use in this function)"
#define OTHER "'kvm_bar' undeclared (first use in this function)"

/* "G": good, "B": bad, "S": skip, ".": pending; a letter a state. */
static void assert_marks(struct run_result *r, const char *thing, size_t cell,
			 bool history, const char *expected)
{
	struct bisect_sheet s = { 0 };
	char got[32] = "";
	bool found = false;

	bisect_sheet_fill(&s, r, history);
	for (size_t c = 0; c < r->nr_causes; c++) {
		const enum bisect_mark *m = bisect_marks(&s, c, cell);

		if (!strstr(r->causes[c].id, thing) ||
		    !bisect_hits(&s, c, cell))
			continue;
		found = true;
		for (size_t i = 0; i < s.nr_states; i++)
			got[i] = ".GBS"[m[i]];
	}
	bisect_sheet_release(&s);
	assert_true(found || !*expected);
	assert_string_equal(got, expected);
}

static void steps_not_built_are_pending(void **state)
{
	_cleanup_run_result_ struct run_result r;

	(void)state;
	build_run(&r, 5, "s390");
	build_error(&r, 3, 0, "a.o", "a.c", 3, UNDECLARED);
	build_error(&r, 5, 0, "a.o", "a.c", 3, UNDECLARED);
	build_outcome(&r, 1, 0, OUTCOME_PENDING, NULL);
	build_outcome(&r, 4, 0, OUTCOME_PENDING, NULL);
	build_judge(&r);
	assert_marks(&r, "kvm_foo", 0, false, "G.GB.B");
}

static void one_cause_is_no_other(void **state)
{
	_cleanup_run_result_ struct run_result r;

	(void)state;
	build_run(&r, 4, "s390 arm64");
	build_error(&r, 1, 0, "a.o", "a.c", 3, UNDECLARED);
	build_error(&r, 2, 0, "a.o", "a.c", 3, UNDECLARED);
	build_error(&r, 3, 1, "b.o", "b.c", 3, OTHER);
	build_error(&r, 4, 1, "b.o", "b.c", 3, OTHER);
	build_judge(&r);
	assert_marks(&r, "kvm_foo", 0, false, "GBBGG");
	assert_marks(&r, "kvm_bar", 1, false, "GGGBB");
	assert_marks(&r, "kvm_foo", 1, false, "");
}

static void errors_of_the_machine_tell_nothing(void **state)
{
	_cleanup_run_result_ struct run_result r;

	(void)state;
	build_run(&r, 3, "s390");
	build_error(&r, 3, 0, "a.o", "a.c", 3, UNDECLARED);
	build_outcome(&r, 2, 0, OUTCOME_ERROR, "killed");
	build_judge(&r);
	assert_marks(&r, "kvm_foo", 0, false, "GGSB");
}

static void a_unit_that_stops_before_hides_the_cause(void **state)
{
	_cleanup_run_result_ struct run_result r;

	(void)state;
	build_run(&r, 4, "s390");
	build_fatal(&r, 1, 0, "a.o", "a.c", 1,
		    "asm/x.h: No such file or directory");
	build_fatal(&r, 2, 0, "a.o", "a.c", 1,
		    "asm/x.h: No such file or directory");
	build_error(&r, 3, 0, "a.o", "a.c", 3, UNDECLARED);
	build_error(&r, 4, 0, "a.o", "a.c", 3, UNDECLARED);
	build_judge(&r);
	assert_marks(&r, "kvm_foo", 0, false, "GSSBB");
	assert_marks(&r, "asm/x.h", 0, false, "GBBGG");
}

static void another_unit_that_would_show_it_tells(void **state)
{
	_cleanup_run_result_ struct run_result r;

	(void)state;
	build_run(&r, 3, "s390");
	build_fatal(&r, 2, 0, "a.o", "a.c", 1,
		    "asm/x.h: No such file or directory");
	for (unsigned p = 3; p <= 3; p++) {
		build_error(&r, p, 0, "a.o", "a.c", 3, UNDECLARED);
		build_error(&r, p, 0, "b.o", "a.c", 3, UNDECLARED);
	}
	build_judge(&r);
	assert_marks(&r, "kvm_foo", 0, false, "GGGB");
}

static void make_that_stops_in_prepare_tells_nothing(void **state)
{
	_cleanup_run_result_ struct run_result r;

	(void)state;
	build_run(&r, 4, "arm64");
	build_error(&r, 2, 0, "arch/arm64/kernel/asm-offsets.s",
		    "include/linux/kvm_host.h", 3, OTHER);
	build_error(&r, 3, 0, "a.o", "a.c", 3, UNDECLARED);
	build_judge(&r);
	assert_marks(&r, "kvm_foo", 0, false, "GGSBG");
	/* Behind it was judged by replay. */
	build_set(&build_step(&r, 2, 0)->reason,
		  "make stopped in prepare; 3 units behind it judged by replay");
	build_judge(&r);
	assert_marks(&r, "kvm_foo", 0, false, "GGGBG");
	/* And not all of it. */
	strlist_add(&build_step(&r, 2, 0)->unjudged, "b.o");
	build_judge(&r);
	assert_marks(&r, "kvm_foo", 0, false, "GGSBG");
}

static void what_the_base_had_is_not_searched(void **state)
{
	_cleanup_run_result_ struct run_result r;

	(void)state;
	build_run(&r, 2, "s390");
	for (unsigned p = 0; p <= 2; p++)
		build_error(&r, p, 0, "a.o", "a.c", 3, UNDECLARED);
	build_judge(&r);
	assert_marks(&r, "kvm_foo", 0, false, "");
}

/* Healed on one side of a merge and not on the other. */
static void in_a_history_the_base_counts_by_its_messages(void **state)
{
	_cleanup_run_result_ struct run_result r;

	(void)state;
	build_run(&r, 3, "s390");
	build_error(&r, 0, 0, "a.o", "a.c", 3, UNDECLARED);
	build_error(&r, 2, 0, "a.o", "a.c", 3, UNDECLARED);
	build_error(&r, 3, 0, "a.o", "a.c", 3, UNDECLARED);
	build_judge(&r);
	assert_marks(&r, "kvm_foo", 0, false, "GGBB");
	assert_marks(&r, "kvm_foo", 0, true, "BGBB");
}

static void allowed_warnings_are_not_searched(void **state)
{
	_cleanup_run_result_ struct run_result r;

	(void)state;
	build_run(&r, 2, "s390");
	build_warning(&r, 2, 0, "a.o", "a.c", 3, "-Wunused-variable",
		      "unused variable 'x'");
	build_judge(&r);
	assert_marks(&r, "warning", 0, false, "GGB");
	r.warnings_allowed = true;
	build_judge(&r);
	assert_marks(&r, "warning", 0, false, "");
}

#define UNDEFINED "undefined reference to `kvm_foo'"

static void where_a_unit_fails_nobody_has_asked_the_link(void **state)
{
	_cleanup_run_result_ struct run_result r;

	(void)state;
	build_run(&r, 5, "s390");
	for (unsigned p = 0; p <= 5; p++)
		build_step(&r, p, 0)->link = STEP_LINK_JUDGED;
	for (unsigned p = 2; p <= 3; p++) {
		build_error(&r, p, 0, "a.o", "a.c", 3, OTHER);
		build_step(&r, p, 0)->link = STEP_LINK_NOT_ASKED;
	}
	/* carried from a state that need not be the one before */
	build_error(&r, 3, 0, "vmlinux", "b.c", 0, UNDEFINED);
	build_error(&r, 4, 0, "vmlinux", "b.c", 0, UNDEFINED);
	build_error(&r, 5, 0, "vmlinux", "b.c", 0, UNDEFINED);
	build_judge(&r);
	assert_marks(&r, "kvm_foo", 0, false, "GGSSBB");
	assert_marks(&r, "kvm_bar", 0, false, "GGBBGG");
}

static void patches_that_do_not_apply_are_no_states(void **state)
{
	_cleanup_run_result_ struct run_result r;

	(void)state;
	build_run(&r, 4, "s390");
	build_error(&r, 2, 0, "a.o", "a.c", 3, UNDECLARED);
	for (unsigned p = 3; p <= 4; p++) {
		build_set(&r.patches[p].not_applied, "no");
		build_outcome(&r, p, 0, OUTCOME_NOT_APPLIED, NULL);
	}
	build_judge(&r);
	assert_marks(&r, "kvm_foo", 0, false, "GGB");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(steps_not_built_are_pending),
		cmocka_unit_test(one_cause_is_no_other),
		cmocka_unit_test(errors_of_the_machine_tell_nothing),
		cmocka_unit_test(a_unit_that_stops_before_hides_the_cause),
		cmocka_unit_test(another_unit_that_would_show_it_tells),
		cmocka_unit_test(make_that_stops_in_prepare_tells_nothing),
		cmocka_unit_test(what_the_base_had_is_not_searched),
		cmocka_unit_test(in_a_history_the_base_counts_by_its_messages),
		cmocka_unit_test(allowed_warnings_are_not_searched),
		cmocka_unit_test(where_a_unit_fails_nobody_has_asked_the_link),
		cmocka_unit_test(patches_that_do_not_apply_are_no_states),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
