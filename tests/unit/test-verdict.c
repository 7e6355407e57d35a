// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each verdict of engine/verdict.h, and the ways in which a naive comparison of
 * two states would blame the wrong patch.
 */
#include "engine/verdict.h"

#include "builder.h"
#include "sys/mem.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#define UNDECLARED "'kvm_foo' undeclared (first use in this function)"
#define NO_HEADER "asm/sysreg.h: No such file or directory"
#define UNUSED "unused variable 'vcpu'"

static void assert_verdicts(const struct run_result *r, size_t cell,
			    const char *expected)
{
	_cleanup_strlist_ struct strlist got = STRLIST_INIT;
	_cleanup_free_ char *text = NULL;

	for (unsigned p = 0; p < r->nr_patches; p++)
		strlist_add(&got, verdict_name(build_verdict(r, p, cell)));
	text = strlist_join(&got, " ");
	assert_string_equal(text, expected);
}

static enum diag_status status_of(const struct run_result *r, unsigned patch,
				  size_t nr)
{
	const struct step_result *s = run_result_step(r, patch, 0);

	assert_true(nr < s->diags.nr);
	return s->diags.v[nr].status;
}

static size_t nr_fixed(const struct run_result *r, unsigned patch)
{
	return run_result_step(r, patch, 0)->fixed.nr;
}

static void a_clean_cell_is_ok(void **state)
{
	_cleanup_run_result_ struct run_result r;

	(void)state;
	build_run(&r, 2, "x86_64");
	build_warning(&r, 0, 0, "a.o", "a.c", 4, "-Wunused-variable", UNUSED);
	build_warning(&r, 1, 0, "a.o", "a.c", 9, "-Wunused-variable", UNUSED);
	build_warning(&r, 2, 0, "a.o", "a.c", 9, "-Wunused-variable", UNUSED);
	build_judge(&r);
	assert_verdicts(&r, 0, "ok ok ok");
	assert_int_equal(status_of(&r, 0, 0), DIAG_KNOWN);
	assert_int_equal(status_of(&r, 1, 0), DIAG_KNOWN);
}

static void broken_stays_broken_until_it_is_fixed(void **state)
{
	_cleanup_run_result_ struct run_result r;

	(void)state;
	build_run(&r, 4, "s390");
	build_error(&r, 2, 0, "a.o", "a.c", 10, UNDECLARED);
	build_error(&r, 3, 0, "a.o", "a.c", 14, UNDECLARED);
	build_judge(&r);
	assert_verdicts(&r, 0, "ok ok regressed still-broken fixed");
	assert_int_equal(status_of(&r, 2, 0), DIAG_NEW);
	assert_int_equal(status_of(&r, 3, 0), DIAG_KNOWN);
	assert_int_equal(nr_fixed(&r, 4), 1);
	assert_int_equal(r.steps[4].fixed.v[0].status, DIAG_FIXED);
	assert_string_equal(r.steps[4].fixed.v[0].message, UNDECLARED);
}

static void failures_of_the_base_are_not_blamed_on_the_series(void **state)
{
	_cleanup_run_result_ struct run_result r;

	(void)state;
	build_run(&r, 1, "s390");
	build_error(&r, 0, 0, "a.o", "a.c", 10, UNDECLARED);
	build_error(&r, 1, 0, "a.o", "a.c", 10, UNDECLARED);
	build_judge(&r);
	assert_verdicts(&r, 0, "still-broken still-broken");
	assert_int_equal(status_of(&r, 0, 0), DIAG_KNOWN);
}

static void another_unit_with_a_known_error_is_a_regression(void **state)
{
	_cleanup_run_result_ struct run_result r;

	(void)state;
	build_run(&r, 1, "s390");
	build_error(&r, 0, 0, "a.o", "x.h", 10, UNDECLARED);
	build_error(&r, 1, 0, "a.o", "x.h", 10, UNDECLARED);
	build_error(&r, 1, 0, "b.o", "x.h", 10, UNDECLARED);
	build_judge(&r);
	assert_verdicts(&r, 0, "still-broken regressed");
	assert_int_equal(status_of(&r, 1, 0), DIAG_KNOWN);
	assert_int_equal(status_of(&r, 1, 1), DIAG_NEW);
}

static void a_second_error_in_a_broken_unit_is_a_regression(void **state)
{
	_cleanup_run_result_ struct run_result r;

	(void)state;
	build_run(&r, 1, "s390");
	build_error(&r, 0, 0, "a.o", "a.c", 10, UNDECLARED);
	build_error(&r, 1, 0, "a.o", "a.c", 10, UNDECLARED);
	build_error(&r, 1, 0, "a.o", "a.c", 20, "'bar' undeclared");
	build_judge(&r);
	assert_verdicts(&r, 0, "still-broken regressed");
}

static void
errors_behind_a_fatal_one_are_not_held_against_the_mend(void **state)
{
	_cleanup_run_result_ struct run_result r;

	(void)state;
	build_run(&r, 3, "s390");
	build_fatal(&r, 0, 0, "a.o", "a.c", 3, NO_HEADER);
	build_error(&r, 1, 0, "a.o", "a.c", 10, UNDECLARED);
	/* and now nothing is hidden any more */
	build_error(&r, 2, 0, "a.o", "a.c", 10, UNDECLARED);
	build_error(&r, 2, 0, "a.o", "a.c", 20, "'bar' undeclared");
	build_judge(&r);
	assert_verdicts(&r, 0, "still-broken still-broken regressed fixed");
	assert_int_equal(status_of(&r, 1, 0), DIAG_NEW);
	assert_int_equal(nr_fixed(&r, 1), 1);
}

static void a_fatal_error_does_not_excuse_another_unit(void **state)
{
	_cleanup_run_result_ struct run_result r;

	(void)state;
	build_run(&r, 1, "s390");
	build_fatal(&r, 0, 0, "a.o", "a.c", 3, NO_HEADER);
	build_error(&r, 1, 0, "a.o", "a.c", 10, UNDECLARED);
	build_error(&r, 1, 0, "b.o", "b.c", 10, UNDECLARED);
	build_judge(&r);
	assert_verdicts(&r, 0, "still-broken regressed");
}

static void
what_a_fatal_error_hides_is_not_fixed_and_not_new_later(void **state)
{
	_cleanup_run_result_ struct run_result r;

	(void)state;
	build_run(&r, 2, "s390");
	build_error(&r, 0, 0, "a.o", "a.c", 50, UNDECLARED);
	build_fatal(&r, 1, 0, "a.o", "a.c", 3, NO_HEADER);
	build_error(&r, 2, 0, "a.o", "a.c", 50, UNDECLARED);
	build_judge(&r);
	assert_verdicts(&r, 0, "still-broken regressed still-broken");
	assert_int_equal(nr_fixed(&r, 1), 0);
	assert_int_equal(status_of(&r, 2, 0), DIAG_KNOWN);
	assert_int_equal(nr_fixed(&r, 2), 1);
}

static void an_error_before_the_fatal_one_is_gone_for_sure(void **state)
{
	_cleanup_run_result_ struct run_result r;
	struct diagnostic *d;

	(void)state;
	build_run(&r, 1, "s390");
	d = build_error(&r, 0, 0, "a.o", "x.h", 50, UNDECLARED);
	build_from(d, "a.c", 2);
	build_fatal(&r, 1, 0, "a.o", "a.c", 3, NO_HEADER);
	build_judge(&r);
	assert_int_equal(nr_fixed(&r, 1), 1);
}

static void a_warning_that_a_broken_unit_hid_is_not_new_again(void **state)
{
	_cleanup_run_result_ struct run_result r;

	(void)state;
	build_run(&r, 3, "s390");
	build_warning(&r, 0, 0, "a.o", "a.c", 4, "-Wunused-variable", UNUSED);
	build_error(&r, 1, 0, "a.o", "a.c", 50, UNDECLARED);
	build_error(&r, 2, 0, "a.o", "a.c", 50, UNDECLARED);
	build_warning(&r, 3, 0, "a.o", "a.c", 4, "-Wunused-variable", UNUSED);
	build_judge(&r);
	assert_verdicts(&r, 0, "ok regressed still-broken fixed");
	assert_int_equal(nr_fixed(&r, 1), 0);
	assert_int_equal(status_of(&r, 3, 0), DIAG_KNOWN);
}

static void
a_warning_first_seen_when_its_unit_builds_is_no_regression(void **state)
{
	_cleanup_run_result_ struct run_result r;

	(void)state;
	build_run(&r, 1, "s390");
	build_error(&r, 0, 0, "a.o", "a.c", 50, UNDECLARED);
	build_warning(&r, 1, 0, "a.o", "a.c", 4, "-Wunused-variable", UNUSED);
	build_judge(&r);
	assert_verdicts(&r, 0, "still-broken fixed");
	assert_int_equal(status_of(&r, 1, 0), DIAG_NEW);
}

static void a_new_warning_is_a_regression_unless_allowed(void **state)
{
	_cleanup_run_result_ struct run_result r;

	(void)state;
	build_run(&r, 1, "s390");
	build_warning(&r, 1, 0, "a.o", "a.c", 4, "-Wunused-variable", UNUSED);
	build_judge(&r);
	assert_verdicts(&r, 0, "ok regressed");
	r.warnings_allowed = true;
	verdict_judge(&r);
	assert_verdicts(&r, 0, "ok ok");
	assert_int_equal(status_of(&r, 1, 0), DIAG_NEW);
}

static void a_header_warning_in_one_more_unit_is_known(void **state)
{
	_cleanup_run_result_ struct run_result r;

	(void)state;
	build_run(&r, 1, "s390 arm64");
	build_warning(&r, 0, 0, "a.o", "x.h", 4, "-Wunused-variable", UNUSED);
	build_warning(&r, 1, 0, "b.o", "x.h", 4, "-Wunused-variable", UNUSED);
	/* another cell is another matter */
	build_warning(&r, 1, 1, "b.o", "x.h", 4, "-Wunused-variable", UNUSED);
	build_judge(&r);
	assert_verdicts(&r, 0, "ok ok");
	assert_verdicts(&r, 1, "ok regressed");
	assert_int_equal(nr_fixed(&r, 1), 0);
}

static void a_warning_that_moves_with_its_code_is_moved(void **state)
{
	_cleanup_run_result_ struct run_result r;

	(void)state;
	build_run(&r, 1, "s390");
	build_warning(&r, 0, 0, "a.o", "x.h", 4, "-Wunused-variable", UNUSED);
	build_warning(&r, 1, 0, "a.o", "y.h", 4, "-Wunused-variable", UNUSED);
	build_warning(&r, 1, 0, "b.o", "y.h", 4, "-Wunused-variable", UNUSED);
	build_judge(&r);
	assert_verdicts(&r, 0, "ok ok");
	assert_int_equal(status_of(&r, 1, 0), DIAG_MOVED);
	assert_int_equal(status_of(&r, 1, 1), DIAG_MOVED);
	assert_int_equal(nr_fixed(&r, 1), 0);
}

static void a_copied_warning_is_new(void **state)
{
	_cleanup_run_result_ struct run_result r;

	(void)state;
	build_run(&r, 2, "s390");
	build_warning(&r, 0, 0, "a.o", "x.h", 4, "-Wunused-variable", UNUSED);
	/* still in x.h: a copy */
	build_warning(&r, 1, 0, "a.o", "x.h", 4, "-Wunused-variable", UNUSED);
	build_warning(&r, 1, 0, "a.o", "y.h", 4, "-Wunused-variable", UNUSED);
	/* one goes, two come: one of them is a copy */
	build_warning(&r, 2, 0, "a.o", "y.h", 4, "-Wunused-variable", UNUSED);
	build_warning(&r, 2, 0, "a.o", "z.h", 4, "-Wunused-variable", UNUSED);
	build_warning(&r, 2, 0, "a.o", "w.h", 4, "-Wunused-variable", UNUSED);
	build_judge(&r);
	assert_verdicts(&r, 0, "ok regressed regressed");
	assert_int_equal(status_of(&r, 1, 1), DIAG_NEW);
	assert_int_equal(status_of(&r, 2, 0), DIAG_KNOWN);
	assert_int_equal(status_of(&r, 2, 1), DIAG_MOVED);
	assert_int_equal(status_of(&r, 2, 2), DIAG_NEW);
}

static void an_error_that_moves_within_its_unit_is_no_regression(void **state)
{
	_cleanup_run_result_ struct run_result r;

	(void)state;
	build_run(&r, 2, "s390");
	build_error(&r, 0, 0, "a.o", "x.h", 4, UNDECLARED);
	build_error(&r, 1, 0, "a.o", "y.h", 4, UNDECLARED);
	build_error(&r, 2, 0, "b.o", "z.h", 4, UNDECLARED);
	build_judge(&r);
	assert_verdicts(&r, 0, "still-broken still-broken regressed");
	assert_int_equal(status_of(&r, 1, 0), DIAG_MOVED);
}

static void a_renamed_unit_keeps_its_failures(void **state)
{
	_cleanup_run_result_ struct run_result r;

	(void)state;
	build_run(&r, 3, "x86_64");
	build_rename(&r, 1, "virt/new/b.c", "virt/kvm/a.c");
	build_rename(&r, 1, "virt/new/entry.S", "virt/kvm/entry.S");
	build_error(&r, 0, 0, "virt/kvm/a.o", "virt/kvm/a.c", 4, UNDECLARED);
	build_error(&r, 1, 0, "virt/new/b.o", "virt/new/b.c", 7, UNDECLARED);
	build_error(&r, 2, 0, "virt/new/b.o", "virt/new/b.c", 7, UNDECLARED);
	build_error(&r, 0, 0, "virt/kvm/entry.o", "virt/kvm/entry.S", 4,
		    "bad instruction");
	build_error(&r, 1, 0, "virt/new/entry.o", "virt/new/entry.S", 4,
		    "bad instruction");
	build_judge(&r);
	assert_verdicts(&r, 0, "still-broken still-broken still-broken fixed");
	assert_int_equal(status_of(&r, 1, 0), DIAG_KNOWN);
}

static void a_new_file_under_an_old_name_is_not_the_old_one(void **state)
{
	_cleanup_run_result_ struct run_result r;

	(void)state;
	build_run(&r, 1, "x86_64");
	build_rename(&r, 1, "virt/kvm/b.c", "virt/kvm/a.c");
	build_error(&r, 0, 0, "virt/kvm/a.o", "virt/kvm/a.c", 4, UNDECLARED);
	build_error(&r, 1, 0, "virt/kvm/a.o", "virt/kvm/a.c", 4, UNDECLARED);
	build_judge(&r);
	assert_verdicts(&r, 0, "still-broken regressed");
}

static void a_unit_that_leaves_the_build_takes_its_errors_along(void **state)
{
	_cleanup_run_result_ struct run_result r;

	(void)state;
	build_run(&r, 1, "x86_64");
	build_error(&r, 0, 0, "a.o", "a.c", 4, UNDECLARED);
	build_error(&r, 0, 0, "b.o", "b.c", 4, UNDECLARED);
	build_error(&r, 1, 0, "b.o", "b.c", 4, UNDECLARED);
	build_judge(&r);
	assert_verdicts(&r, 0, "still-broken still-broken");
	assert_int_equal(nr_fixed(&r, 1), 1);
	assert_string_equal(build_step(&r, 1, 0)->fixed.v[0].unit, "a.o");
}

static void an_unreached_state_inherits(void **state)
{
	_cleanup_run_result_ struct run_result r;

	(void)state;
	build_run(&r, 4, "x86_64");
	build_unreached(&r, 1, 0);
	build_error(&r, 2, 0, "a.o", "a.c", 4, UNDECLARED);
	build_unreached(&r, 3, 0);
	build_error(&r, 4, 0, "a.o", "a.c", 4, UNDECLARED);
	build_judge(&r);
	assert_verdicts(&r, 0,
			"ok unreached regressed still-broken still-broken");
	assert_int_equal(status_of(&r, 3, 0), DIAG_KNOWN);
}

static void failures_without_a_compiler_line_count(void **state)
{
	_cleanup_run_result_ struct run_result r;
	struct diagnostic *d;

	(void)state;
	build_run(&r, 2, "s390");
	d = build_error(&r, 1, 0, NULL, NULL, 0,
			"No rule to make target 'x.o', needed by 'y.o'");
	build_set(&d->tool, "make");
	strlist_add(&build_step(&r, 2, 0)->failed, "lib.o");
	build_judge(&r);
	assert_verdicts(&r, 0, "ok regressed regressed");
}

static void what_follows_where_make_had_no_rule_was_not_seen(void **state)
{
	_cleanup_run_result_ struct run_result r;
	struct diagnostic *d;

	(void)state;
	build_run(&r, 1, "s390");
	d = build_error(&r, 0, 0, "a.o", NULL, 0,
			"No rule to make target 'a.c', needed by 'a.o'");
	build_set(&d->tool, "make");
	build_error(&r, 1, 0, "a.o", "a.c", 7, UNDECLARED);
	build_judge(&r);
	assert_verdicts(&r, 0, "still-broken still-broken");
}

static void replayed_failures_count_like_others(void **state)
{
	_cleanup_run_result_ struct run_result r;
	struct diagnostic *d;

	(void)state;
	build_run(&r, 2, "arm64");
	d = build_error(&r, 1, 0, "a.o", "a.c", 4, UNDECLARED);
	d->replayed = true;
	strlist_add(&build_step(&r, 1, 0)->failed_replayed, "a.o");
	build_error(&r, 2, 0, "a.o", "a.c", 4, UNDECLARED);
	build_judge(&r);
	assert_verdicts(&r, 0, "ok regressed still-broken");
}

#define LOST "CONFIG_KVM=y, which the cell asks for, is lost"

static void lose_option(struct run_result *r, unsigned patch)
{
	struct diagnostic *d = build_error(r, patch, 0, NULL,
					   "arch/x86/kvm/Kconfig", 9, LOST);

	build_set(&d->tool, "config");
	strlist_addl(&build_step(r, patch, 0)->left_out, "a.o", "b.o", NULL);
}

static void a_lost_option_is_a_failure_of_its_patch(void **state)
{
	_cleanup_run_result_ struct run_result r;

	(void)state;
	build_run(&r, 4, "x86_64");
	lose_option(&r, 2);
	lose_option(&r, 3);
	build_judge(&r);
	assert_verdicts(&r, 0, "ok ok regressed still-broken fixed");
}

static void what_a_lost_option_leaves_out_was_not_seen(void **state)
{
	_cleanup_run_result_ struct run_result r;

	(void)state;
	build_run(&r, 4, "x86_64");
	build_error(&r, 1, 0, "a.o", "a.c", 7, UNDECLARED);
	lose_option(&r, 2);
	build_error(&r, 3, 0, "a.o", "a.c", 7, UNDECLARED);
	build_error(&r, 3, 0, "b.o", "b.c", 7, UNDECLARED);
	build_error(&r, 3, 0, "c.o", "c.c", 7, UNDECLARED);
	build_error(&r, 4, 0, "a.o", "a.c", 7, UNDECLARED);
	build_judge(&r);
	/* c.o was built at 2, and fails at 3 */
	assert_verdicts(&r, 0,
			"ok regressed regressed regressed still-broken");
	assert_int_equal(build_step(&r, 2, 0)->fixed.nr, 0);
	assert_int_equal(build_step(&r, 3, 0)->diags.v[0].status, DIAG_KNOWN);
	assert_int_equal(build_step(&r, 3, 0)->diags.v[2].status, DIAG_NEW);
}

static void a_failure_behind_a_lost_option_is_nobodys(void **state)
{
	_cleanup_run_result_ struct run_result r;

	(void)state;
	build_run(&r, 2, "x86_64");
	lose_option(&r, 1);
	build_error(&r, 2, 0, "b.o", "b.c", 7, UNDECLARED);
	build_judge(&r);
	assert_verdicts(&r, 0, "ok regressed still-broken");
}

static void what_a_replay_cannot_see_is_neither_fixed_nor_new(void **state)
{
	static const char late[] =
		"call to '__compiletime_assert_12' declared with attribute "
		"error: BUILD_BUG_ON failed: sizeof(x) > 4";
	_cleanup_run_result_ struct run_result r;

	(void)state;
	build_run(&r, 2, "arm64");
	build_warning(&r, 0, 0, "b.o", "b.c", 4, "-Wmaybe-uninitialized",
		      "'x' may be used uninitialized");
	build_error(&r, 0, 0, "c.o", "c.c", 4, late);
	build_error(&r, 1, 0, "arch/arm64/kernel/asm-offsets.s", "x.h", 4,
		    UNDECLARED);
	build_set(
		&build_step(&r, 1, 0)->reason,
		"make stopped in prepare; 63 units behind it judged by replay");
	build_warning(&r, 2, 0, "b.o", "b.c", 4, "-Wmaybe-uninitialized",
		      "'x' may be used uninitialized");
	build_error(&r, 2, 0, "c.o", "c.c", 4, late);
	build_judge(&r);
	assert_verdicts(&r, 0, "still-broken regressed still-broken");
	assert_int_equal(nr_fixed(&r, 1), 0);
	assert_int_equal(status_of(&r, 2, 0), DIAG_KNOWN);
}

/* a.o fails, make stops in prepare at 2 and 3, and 4 is built again. */
static void build_stop(struct run_result *r)
{
	build_run(r, 4, "arm64");
	build_error(r, 1, 0, "a.o", "a.c", 4, UNDECLARED);
	for (unsigned p = 2; p <= 3; p++) {
		struct step_result *s = build_step(r, p, 0);

		build_error(r, p, 0, "arch/arm64/kernel/asm-offsets.s", "x.h",
			    4, UNDECLARED);
		strlist_addl(&s->unjudged, "a.o", "b.o", NULL);
		build_set(&s->reason, "make stopped in prepare; 2 units not "
				      "judged: prepare failed");
	}
}

static void what_is_not_judged_stays_what_it_was(void **state)
{
	_cleanup_run_result_ struct run_result r;

	(void)state;
	build_stop(&r);
	build_error(&r, 4, 0, "a.o", "a.c", 4, UNDECLARED);
	for (int i = 0; i < 2; i++) {
		build_judge(&r);
		assert_verdicts(&r, 0, "ok regressed regressed still-broken "
				       "still-broken");
		assert_int_equal(nr_fixed(&r, 2), 0);
		assert_int_equal(status_of(&r, 4, 0), DIAG_KNOWN);
		assert_string_equal(build_step(&r, 2, 0)->reason,
				    "make stopped in prepare; 2 units not "
				    "judged: prepare failed");
	}
}

static void what_shows_after_it_was_not_judged_is_nobodys_regression(
	void **state)
{
	_cleanup_run_result_ struct run_result r;

	(void)state;
	build_stop(&r);
	build_error(&r, 4, 0, "b.o", "b.c", 4, UNDECLARED);
	build_judge(&r);
	assert_verdicts(&r, 0, "ok regressed regressed still-broken "
			       "still-broken");
	assert_int_equal(status_of(&r, 4, 0), DIAG_NEW);
	/* a.o is healed. */
	assert_int_equal(nr_fixed(&r, 4), 2);
}

static void what_was_not_built_is_an_error(void **state)
{
	_cleanup_run_result_ struct run_result r;

	(void)state;
	build_run(&r, 2, "s390");
	build_outcome(&r, 1, 0, OUTCOME_PENDING, NULL);
	build_outcome(&r, 2, 0, OUTCOME_PENDING, "interrupted");
	build_judge(&r);
	assert_verdicts(&r, 0, "ok error error");
	assert_string_equal(build_step(&r, 1, 0)->reason, "not built");
	assert_string_equal(build_step(&r, 2, 0)->reason, "interrupted");
}

static void nobody_is_blamed_for_what_broke_in_a_gap(void **state)
{
	_cleanup_run_result_ struct run_result r;

	(void)state;
	build_run(&r, 4, "s390");
	build_outcome(&r, 1, 0, OUTCOME_ERROR, "the compiler was killed");
	build_error(&r, 2, 0, "a.o", "a.c", 4, UNDECLARED);
	build_error(&r, 3, 0, "a.o", "a.c", 4, UNDECLARED);
	build_judge(&r);
	assert_verdicts(&r, 0, "ok error error still-broken fixed");
	assert_non_null(strstr(build_step(&r, 2, 0)->reason, "patch 1"));
	assert_int_equal(run_result_exit_code(&r), 3);
}

static void a_gap_is_stepped_over_when_nothing_got_worse(void **state)
{
	_cleanup_run_result_ struct run_result r;

	(void)state;
	build_run(&r, 3, "s390 arm64");
	build_outcome(&r, 1, 0, OUTCOME_ERROR, "timed out");
	build_outcome(&r, 2, 0, OUTCOME_ERROR, "timed out");
	build_error(&r, 0, 1, "a.o", "a.c", 4, UNDECLARED);
	build_outcome(&r, 1, 1, OUTCOME_ERROR, "timed out");
	build_error(&r, 2, 1, "a.o", "a.c", 4, UNDECLARED);
	build_judge(&r);
	assert_verdicts(&r, 0, "ok error error ok");
	assert_verdicts(&r, 1, "still-broken error still-broken fixed");
}

static void without_a_judged_base_failures_are_nobodys(void **state)
{
	_cleanup_run_result_ struct run_result r;

	(void)state;
	build_run(&r, 2, "s390 arm64");
	build_outcome(&r, 0, 0, OUTCOME_ERROR, "no space");
	build_error(&r, 1, 0, "a.o", "a.c", 4, UNDECLARED);
	build_error(&r, 2, 0, "a.o", "a.c", 4, UNDECLARED);
	build_outcome(&r, 0, 1, OUTCOME_ERROR, "no space");
	build_judge(&r);
	assert_verdicts(&r, 0, "error error still-broken");
	assert_verdicts(&r, 1, "error ok ok");
}

static void equal_to_what_could_not_be_judged_is_not_judged(void **state)
{
	_cleanup_run_result_ struct run_result r;

	(void)state;
	build_run(&r, 2, "s390");
	build_outcome(&r, 1, 0, OUTCOME_ERROR, "timed out");
	build_outcome(&r, 2, 0, OUTCOME_UNREACHED, "no path changed");
	build_judge(&r);
	assert_verdicts(&r, 0, "ok error error");
}

static void a_patch_that_does_not_apply_is_told_apart(void **state)
{
	_cleanup_run_result_ struct run_result r;

	(void)state;
	build_run(&r, 2, "s390");
	build_outcome(&r, 2, 0, OUTCOME_NOT_APPLIED, NULL);
	build_judge(&r);
	assert_verdicts(&r, 0, "ok ok not-applied");
}

static void judging_again_after_more_steps_leaves_no_trace(void **state)
{
	_cleanup_run_result_ struct run_result r;
	struct step_result *s;

	(void)state;
	build_run(&r, 2, "s390");
	s = build_step(&r, 2, 0);
	build_outcome(&r, 1, 0, OUTCOME_PENDING, NULL);
	build_error(&r, 2, 0, "a.o", "a.c", 4, UNDECLARED);
	build_set(&s->reason, "remembered");
	build_judge(&r);
	build_judge(&r);
	assert_verdicts(&r, 0, "ok error error");
	assert_true(starts_with(s->reason, "remembered; not judged: "));
	build_step(&r, 1, 0)->outcome = OUTCOME_BUILT;
	build_judge(&r);
	build_judge(&r);
	assert_verdicts(&r, 0, "ok ok regressed");
	assert_string_equal(s->reason, "remembered");
	assert_null(build_step(&r, 1, 0)->reason);
	build_step(&r, 1, 0)->outcome = OUTCOME_PENDING;
	build_set(&s->reason, NULL);
	build_judge(&r);
	assert_non_null(s->reason);
	build_step(&r, 1, 0)->outcome = OUTCOME_BUILT;
	build_judge(&r);
	assert_null(s->reason);
}

static void a_run_without_steps_is_no_crash(void **state)
{
	_cleanup_run_result_ struct run_result r = RUN_RESULT_INIT;

	(void)state;
	build_judge(&r);
	run_result_add_patch(&r);
	run_result_add_cell(&r);
	verdict_judge(&r);
	assert_int_equal(r.nr_causes, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_clean_cell_is_ok),
		cmocka_unit_test(broken_stays_broken_until_it_is_fixed),
		cmocka_unit_test(
			failures_of_the_base_are_not_blamed_on_the_series),
		cmocka_unit_test(
			another_unit_with_a_known_error_is_a_regression),
		cmocka_unit_test(
			a_second_error_in_a_broken_unit_is_a_regression),
		cmocka_unit_test(
			errors_behind_a_fatal_one_are_not_held_against_the_mend),
		cmocka_unit_test(a_fatal_error_does_not_excuse_another_unit),
		cmocka_unit_test(
			what_a_fatal_error_hides_is_not_fixed_and_not_new_later),
		cmocka_unit_test(
			an_error_before_the_fatal_one_is_gone_for_sure),
		cmocka_unit_test(
			a_warning_that_a_broken_unit_hid_is_not_new_again),
		cmocka_unit_test(
			a_warning_first_seen_when_its_unit_builds_is_no_regression),
		cmocka_unit_test(a_new_warning_is_a_regression_unless_allowed),
		cmocka_unit_test(a_header_warning_in_one_more_unit_is_known),
		cmocka_unit_test(a_warning_that_moves_with_its_code_is_moved),
		cmocka_unit_test(a_copied_warning_is_new),
		cmocka_unit_test(
			an_error_that_moves_within_its_unit_is_no_regression),
		cmocka_unit_test(a_renamed_unit_keeps_its_failures),
		cmocka_unit_test(
			a_new_file_under_an_old_name_is_not_the_old_one),
		cmocka_unit_test(
			a_unit_that_leaves_the_build_takes_its_errors_along),
		cmocka_unit_test(an_unreached_state_inherits),
		cmocka_unit_test(failures_without_a_compiler_line_count),
		cmocka_unit_test(
			what_follows_where_make_had_no_rule_was_not_seen),
		cmocka_unit_test(replayed_failures_count_like_others),
		cmocka_unit_test(a_lost_option_is_a_failure_of_its_patch),
		cmocka_unit_test(what_a_lost_option_leaves_out_was_not_seen),
		cmocka_unit_test(a_failure_behind_a_lost_option_is_nobodys),
		cmocka_unit_test(
			what_a_replay_cannot_see_is_neither_fixed_nor_new),
		cmocka_unit_test(what_is_not_judged_stays_what_it_was),
		cmocka_unit_test(
			what_shows_after_it_was_not_judged_is_nobodys_regression),
		cmocka_unit_test(what_was_not_built_is_an_error),
		cmocka_unit_test(nobody_is_blamed_for_what_broke_in_a_gap),
		cmocka_unit_test(a_gap_is_stepped_over_when_nothing_got_worse),
		cmocka_unit_test(without_a_judged_base_failures_are_nobodys),
		cmocka_unit_test(
			equal_to_what_could_not_be_judged_is_not_judged),
		cmocka_unit_test(a_patch_that_does_not_apply_is_told_apart),
		cmocka_unit_test(
			judging_again_after_more_steps_leaves_no_trace),
		cmocka_unit_test(a_run_without_steps_is_no_crash),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
