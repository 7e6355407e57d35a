// SPDX-License-Identifier: GPL-2.0-only
/*
 * Over which patches a cause shows, and whose it is: the series' or the base's.
 */
#include "engine/cause.h"

#include "builder.h"
#include "sys/mem.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#define UNDECLARED "'kvm_foo' undeclared (first use in this function)"
#define MEMBER "'struct kvm_arch' has no member named 'gmap'"

static void a_hole_is_told_as_one(void **state)
{
	_cleanup_run_result_ struct run_result r;
	const struct cause *c;

	(void)state;
	build_run(&r, 4, "x86_64 s390");
	for (size_t cell = 0; cell < 2; cell++)
		build_error(&r, 2, cell, "a.o", "a.c", 3, UNDECLARED);
	build_judge(&r);
	assert_int_equal(r.nr_causes, 1);
	c = &r.causes[0];
	build_assert_spans(&r, c->id, "0:2-3 1:2-3");
	assert_int_equal(c->first_bad, 2);
	assert_int_equal(c->healed_by, 3);
	assert_string_equal(
		c->advice, "broken by patch 2, healed by 3: squash 3 into 2 to "
			   "keep the series bisectable");
	assert_string_equal(build_step(&r, 3, 0)->fixed.v[0].cause, c->id);
}

static void a_cause_may_begin_elsewhere_in_each_cell(void **state)
{
	_cleanup_run_result_ struct run_result r;
	const struct cause *c;

	(void)state;
	build_run(&r, 6, "x86_64 s390 arm64");
	build_error(&r, 2, 1, "a.o", "a.c", 3, UNDECLARED);
	build_error(&r, 3, 1, "a.o", "a.c", 3, UNDECLARED);
	build_error(&r, 5, 1, "a.o", "a.c", 3, UNDECLARED);
	build_error(&r, 5, 2, "b.o", "b.c", 3, UNDECLARED);
	build_error(&r, 6, 2, "b.o", "b.c", 3, UNDECLARED);
	build_judge(&r);
	assert_int_equal(r.nr_causes, 1);
	c = &r.causes[0];
	build_assert_spans(&r, c->id, "1:2-4 1:5-6 2:5-0");
	assert_int_equal(c->first_bad, 2);
	assert_int_equal(c->healed_by, 0);
	assert_non_null(strstr(c->advice, "broken by patch 2, healed by 4"));
	build_assert_causes(&r);
}

static void a_healed_cause_ends_with_its_last_cell(void **state)
{
	_cleanup_run_result_ struct run_result r;

	(void)state;
	build_run(&r, 6, "x86_64 s390");
	build_error(&r, 2, 0, "a.o", "a.c", 3, UNDECLARED);
	build_error(&r, 1, 1, "a.o", "a.c", 3, UNDECLARED);
	for (unsigned p = 2; p < 5; p++)
		build_error(&r, p, 1, "a.o", "a.c", 3, UNDECLARED);
	build_judge(&r);
	build_assert_spans(&r, "missing-declaration:kvm_foo", "0:2-3 1:1-5");
	assert_int_equal(r.causes[0].first_bad, 1);
	assert_int_equal(r.causes[0].healed_by, 5);
}

static void the_bases_own_failures_come_last_and_blame_nobody(void **state)
{
	_cleanup_run_result_ struct run_result r;
	const struct cause *c;

	(void)state;
	build_run(&r, 2, "x86_64 s390");
	for (unsigned p = 0; p <= 2; p++) {
		build_error(&r, p, 0, "a.o", "a.c", 3, UNDECLARED);
		build_error(&r, p, 1, "a.o", "a.c", 3, UNDECLARED);
		build_warning(&r, p, 1, "c.o", "c.c", 3, "-Wunused-variable",
			      "unused variable 'x'");
	}
	build_error(&r, 2, 1, "b.o", "b.c", 3, MEMBER);
	build_judge(&r);
	assert_int_equal(r.nr_causes, 2);
	assert_int_equal(r.causes[0].kind, CAUSE_MISSING_MEMBER);
	c = &r.causes[1];
	assert_string_equal(c->id, "missing-declaration:kvm_foo@base");
	assert_int_equal(c->first_bad, 0);
	assert_int_equal(c->healed_by, 0);
	assert_non_null(strstr(c->advice, "the base has this already"));
	assert_null(build_step(&r, 0, 1)->diags.v[1].cause);
	build_assert_causes(&r);
}

static void
what_the_base_lacks_in_one_unit_can_be_the_series_in_another(void **state)
{
	_cleanup_run_result_ struct run_result r;

	(void)state;
	build_run(&r, 2, "s390");
	for (unsigned p = 0; p <= 2; p++)
		build_error(&r, p, 0, "drivers/x.o", "x.h", 3, UNDECLARED);
	build_error(&r, 2, 0, "arch/s390/kvm/a.o", "x.h", 3, UNDECLARED);
	build_judge(&r);
	assert_int_equal(r.nr_causes, 2);
	assert_string_equal(r.causes[0].id, "missing-declaration:kvm_foo");
	build_assert_spans(&r, r.causes[0].id, "0:2-0");
	assert_int_equal(r.causes[0].units.nr, 1);
	build_assert_spans(&r, "missing-declaration:kvm_foo@base", "0:0-0");
}

static void
what_the_base_fixed_and_the_series_broke_again_is_the_series(void **state)
{
	_cleanup_run_result_ struct run_result r;

	(void)state;
	build_run(&r, 3, "s390");
	build_error(&r, 0, 0, "a.o", "a.c", 3, UNDECLARED);
	build_error(&r, 2, 0, "a.o", "a.c", 3, UNDECLARED);
	build_error(&r, 3, 0, "a.o", "a.c", 3, UNDECLARED);
	build_judge(&r);
	build_assert_spans(&r, "missing-declaration:kvm_foo", "0:2-0");
	build_assert_spans(&r, "missing-declaration:kvm_foo@base", "0:0-1");
	assert_non_null(strstr(r.causes[1].advice, "patch 1 heals it"));
}

static void what_the_bases_fatal_error_hid_is_the_bases(void **state)
{
	_cleanup_run_result_ struct run_result r;

	(void)state;
	build_run(&r, 2, "s390");
	build_fatal(&r, 0, 0, "a.o", "a.c", 3,
		    "asm/x.h: No such file or directory");
	build_error(&r, 1, 0, "a.o", "a.c", 30, UNDECLARED);
	build_error(&r, 2, 0, "a.o", "a.c", 30, UNDECLARED);
	build_judge(&r);
	assert_int_equal(r.nr_causes, 2);
	build_assert_spans(&r, "missing-include:asm/x.h@base", "0:0-1");
	build_assert_spans(&r, "missing-declaration:kvm_foo@base", "0:0-0");
}

static void a_cause_that_a_fatal_error_hides_is_not_healed(void **state)
{
	_cleanup_run_result_ struct run_result r;

	(void)state;
	build_run(&r, 4, "s390");
	build_error(&r, 1, 0, "a.o", "a.c", 30, UNDECLARED);
	build_fatal(&r, 2, 0, "a.o", "a.c", 3,
		    "asm/x.h: No such file or directory");
	build_error(&r, 3, 0, "a.o", "a.c", 30, UNDECLARED);
	build_judge(&r);
	assert_int_equal(r.nr_causes, 2);
	build_assert_spans(&r, "missing-declaration:kvm_foo", "0:1-4");
	build_assert_spans(&r, "missing-include:asm/x.h", "0:2-3");
}

static void a_warning_that_outlives_the_error_of_its_unit_is_told(void **state)
{
	_cleanup_run_result_ struct run_result r;

	(void)state;
	build_run(&r, 2, "x86_64");
	build_error(&r, 1, 0, "a.o", "a.c", 3, UNDECLARED);
	build_warning(&r, 1, 0, "a.o", "a.c", 9, "-Wx", "odd 'thing'");
	build_warning(&r, 2, 0, "a.o", "a.c", 9, "-Wx", "odd 'thing'");
	build_judge(&r);
	assert_int_equal(r.nr_causes, 2);
	build_assert_spans(&r, "warning:-Wx:thing", "0:1-0");
	build_assert_spans(&r, "missing-declaration:kvm_foo", "0:1-2");
}

static void a_rename_does_not_end_a_cause(void **state)
{
	_cleanup_run_result_ struct run_result r;

	(void)state;
	build_run(&r, 3, "x86_64");
	build_rename(&r, 2, "virt/new.c", "virt/old.c");
	build_error(&r, 1, 0, "virt/old.o", "virt/old.c", 3, UNDECLARED);
	build_error(&r, 2, 0, "virt/new.o", "virt/new.c", 3, UNDECLARED);
	build_error(&r, 3, 0, "virt/new.o", "virt/new.c", 3, UNDECLARED);
	build_judge(&r);
	assert_int_equal(r.nr_causes, 1);
	build_assert_spans(&r, r.causes[0].id, "0:1-0");
	assert_int_equal(r.causes[0].nr_diags, 1);
	assert_int_equal(r.causes[0].units.nr, 1);
}

static void a_replayed_error_begins_a_cause_like_another(void **state)
{
	_cleanup_run_result_ struct run_result r;
	struct diagnostic *d;

	(void)state;
	build_run(&r, 3, "arm64");
	d = build_error(&r, 1, 0, "a.o", "a.c", 3, UNDECLARED);
	d->replayed = true;
	strlist_add(&build_step(&r, 1, 0)->failed_replayed, "a.o");
	build_unreached(&r, 2, 0);
	build_judge(&r);
	build_assert_spans(&r, "missing-declaration:kvm_foo", "0:1-3");
	assert_string_equal(build_step(&r, 2, 0)->diags.v[0].cause,
			    "missing-declaration:kvm_foo");
}

static void states_that_were_not_judged_neither_begin_nor_end(void **state)
{
	_cleanup_run_result_ struct run_result r;

	(void)state;
	build_run(&r, 5, "s390");
	build_outcome(&r, 1, 0, OUTCOME_ERROR, "killed");
	build_error(&r, 2, 0, "a.o", "a.c", 3, UNDECLARED);
	build_outcome(&r, 3, 0, OUTCOME_ERROR, "killed");
	build_error(&r, 4, 0, "a.o", "a.c", 3, UNDECLARED);
	build_outcome(&r, 5, 0, OUTCOME_PENDING, NULL);
	build_judge(&r);
	build_assert_spans(&r, "missing-declaration:kvm_foo", "0:2-0");
	assert_non_null(strstr(r.causes[0].advice,
			       "it may be older: patch 1 could not be judged"));
}

static void a_patch_that_does_not_apply_is_one_cause(void **state)
{
	_cleanup_run_result_ struct run_result r;

	(void)state;
	build_run(&r, 4, "x86_64 s390");
	r.patches[3].not_applied =
		xstrdup("\nerror: patch failed: a.c:1\nmore");
	r.patches[4].not_applied = xstrdup("patch 3 does not apply");
	for (unsigned p = 3; p <= 4; p++)
		for (size_t cell = 0; cell < 2; cell++)
			build_outcome(&r, p, cell, OUTCOME_NOT_APPLIED, NULL);
	build_error(&r, 1, 0, "a.o", "a.c", 3, UNDECLARED);
	build_judge(&r);
	assert_int_equal(r.nr_causes, 2);
	assert_string_equal(r.causes[0].id, "not-applied:3");
	assert_string_equal(r.causes[0].title,
			    "patch 3 does not apply: KVM: change number 3");
	assert_non_null(
		strstr(r.causes[0].advice, "error: patch failed: a.c:1"));
	build_assert_spans(&r, "not-applied:3", "0:3-0 1:3-0");
	build_assert_causes(&r);
}

#define UNDEFINED "undefined reference to `kvm_foo'"

/* A link that is broken from patch from on, a unit that fails from 2 to 3. */
static void link_run(struct run_result *r, unsigned from)
{
	build_run(r, 5, "s390");
	for (unsigned p = 0; p <= 5; p++)
		build_step(r, p, 0)->link = STEP_LINK_JUDGED;
	for (unsigned p = 2; p <= 3; p++) {
		build_error(r, p, 0, "a.o", "a.c", 3, MEMBER);
		build_step(r, p, 0)->link = STEP_LINK_NOT_ASKED;
	}
	for (unsigned p = from; p <= 5; p++)
		build_set(&build_error(r, p, 0, "vmlinux", "b.c", 0, UNDEFINED)
				   ->tool, "ld");
	build_judge(r);
}

static void who_heals_a_unit_is_not_blamed_for_the_link(void **state)
{
	_cleanup_run_result_ struct run_result r;
	const struct cause *c;

	(void)state;
	link_run(&r, 4);
	c = build_cause(&r, "undefined-symbol:kvm_foo");
	assert_non_null(c);
	build_assert_spans(&r, c->id, "0:4-0");
	assert_int_equal(c->spans[0].first_suspect, 2);
	assert_int_equal(c->first_suspect, 2);
	assert_non_null(strstr(c->advice, "it came with one of the patches 2 to 4"));
	assert_int_equal(build_verdict(&r, 2, 0), VERDICT_REGRESSED);
	assert_int_equal(build_verdict(&r, 4, 0), VERDICT_STILL_BROKEN);
}

static void a_link_that_is_asked_for_blames_the_patch(void **state)
{
	_cleanup_run_result_ struct run_result r;
	const struct cause *c;

	(void)state;
	link_run(&r, 5);
	c = build_cause(&r, "undefined-symbol:kvm_foo");
	assert_non_null(c);
	assert_int_equal(c->first_bad, 5);
	assert_int_equal(c->first_suspect, 5);
	assert_null(strstr(c->advice, "nothing to link"));
	assert_int_equal(build_verdict(&r, 4, 0), VERDICT_FIXED);
	assert_int_equal(build_verdict(&r, 5, 0), VERDICT_REGRESSED);
}

static void a_link_that_broke_before_the_unit_is_not_healed_by_it(void **state)
{
	_cleanup_run_result_ struct run_result r;

	(void)state;
	build_run(&r, 4, "s390");
	for (unsigned p = 0; p <= 4; p++)
		build_step(&r, p, 0)->link = STEP_LINK_JUDGED;
	build_error(&r, 1, 0, "vmlinux", "b.c", 0, UNDEFINED);
	build_error(&r, 2, 0, "a.o", "a.c", 3, MEMBER);
	build_step(&r, 2, 0)->link = STEP_LINK_NOT_ASKED;
	build_error(&r, 3, 0, "vmlinux", "b.c", 0, UNDEFINED);
	build_judge(&r);
	build_assert_spans(&r, "undefined-symbol:kvm_foo", "0:1-4");
	assert_int_equal(build_step(&r, 2, 0)->fixed.nr, 0);
	assert_int_equal(build_verdict(&r, 3, 0), VERDICT_STILL_BROKEN);
	assert_int_equal(build_verdict(&r, 4, 0), VERDICT_FIXED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_hole_is_told_as_one),
		cmocka_unit_test(a_cause_may_begin_elsewhere_in_each_cell),
		cmocka_unit_test(a_healed_cause_ends_with_its_last_cell),
		cmocka_unit_test(
			the_bases_own_failures_come_last_and_blame_nobody),
		cmocka_unit_test(
			what_the_base_lacks_in_one_unit_can_be_the_series_in_another),
		cmocka_unit_test(
			what_the_base_fixed_and_the_series_broke_again_is_the_series),
		cmocka_unit_test(what_the_bases_fatal_error_hid_is_the_bases),
		cmocka_unit_test(
			a_cause_that_a_fatal_error_hides_is_not_healed),
		cmocka_unit_test(
			a_warning_that_outlives_the_error_of_its_unit_is_told),
		cmocka_unit_test(a_rename_does_not_end_a_cause),
		cmocka_unit_test(a_replayed_error_begins_a_cause_like_another),
		cmocka_unit_test(
			states_that_were_not_judged_neither_begin_nor_end),
		cmocka_unit_test(a_patch_that_does_not_apply_is_one_cause),
		cmocka_unit_test(who_heals_a_unit_is_not_blamed_for_the_link),
		cmocka_unit_test(a_link_that_is_asked_for_blames_the_patch),
		cmocka_unit_test(
			a_link_that_broke_before_the_unit_is_not_healed_by_it),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
