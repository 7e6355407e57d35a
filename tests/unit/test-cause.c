// SPDX-License-Identifier: GPL-2.0-only
/*
 * One mistake, one cause: what is folded and what is kept apart, in which
 * order, and what a maintainer is told.
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
#define INCOMPLETE "invalid use of undefined type 'struct kvm_vcpu'"
#define MEMBER "'struct kvm_arch' has no member named 'gmap'"

/* struct kvm_vcpu is hidden by patch 2: messages of one unit. */
static void hide_vcpu(struct run_result *r, unsigned patch, size_t cell,
		      const char *dir, unsigned nr)
{
	for (unsigned i = 0; i < nr; i++) {
		_cleanup_free_ char *unit = xasprintf("%s/unit%u.o", dir, i);
		_cleanup_free_ char *file = xasprintf("%s/unit%u.c", dir, i);

		build_warning(r, patch, cell, unit, "include/linux/kvm_host.h",
			      70, NULL,
			      "'struct kvm_vcpu' declared inside parameter "
			      "list will not be visible outside of this "
			      "definition or declaration");
		if (i % 5 == 4)
			build_error(r, patch, cell, unit,
				    "include/linux/kvm_types.h", 9,
				    "field 'vcpu' has incomplete type");
		else
			build_error(r, patch, cell, unit, file, 100 + i,
				    INCOMPLETE);
		build_error(r, patch, cell, unit, file, 200 + i,
			    "implicit declaration of function 'vcpu_load_it'");
		build_error(r, patch, cell, unit, file, 300 + i,
			    "conflicting types for 'vcpu_load_it'");
		build_error(r, patch, cell, unit, file, 400 + i, INCOMPLETE);
	}
}

static void hundreds_of_messages_of_two_mistakes_are_two_causes(void **state)
{
	static const char *const dirs[] = {"arch/x86/kvm", "arch/arm64/kvm",
					   "arch/s390/kvm", "arch/powerpc/kvm"};
	_cleanup_run_result_ struct run_result r;
	const struct cause *c;

	(void)state;
	build_run(&r, 3, "x86_64 arm64 s390 powerpc");
	for (unsigned patch = 2; patch <= 3; patch++) {
		for (size_t cell = 0; cell < 4; cell++)
			hide_vcpu(&r, patch, cell, dirs[cell],
				  20 + (unsigned)cell);
		build_error(&r, patch, 2, "drivers/s390/crypto/vfio_ap_ops.o",
			    "drivers/s390/crypto/vfio_ap_ops.c", 33, MEMBER);
	}
	build_judge(&r);
	build_assert_causes(&r);
	assert_int_equal(r.nr_causes, 2);
	c = &r.causes[0];
	assert_string_equal(c->id, "incomplete-type:struct kvm_vcpu");
	build_assert_spans(&r, c->id, "0:2-0 1:2-0 2:2-0 3:2-0");
	assert_int_equal(c->nr_diags, 5 * (20 + 21 + 22 + 23));
	assert_int_equal(c->units.nr, 20 + 21 + 22 + 23);
	assert_int_equal(c->first_bad, 2);
	assert_int_equal(c->healed_by, 0);
	assert_int_equal(c->severity, DIAG_ERROR);
	assert_non_null(strstr(c->title, "struct kvm_vcpu is incomplete in "));
	assert_string_equal(r.causes[1].id,
			    "missing-member:struct kvm_arch.gmap");
	build_assert_spans(&r, r.causes[1].id, "2:2-0");
	for (size_t i = 0; i < r.nr_patches * r.nr_cells; i++)
		for (size_t k = 0; k < r.steps[i].diags.nr; k++)
			assert_non_null(r.steps[i].diags.v[k].cause);
}

static void the_consequences_follow_their_root(void **state)
{
	_cleanup_run_result_ struct run_result r;
	const struct step_result *s;

	(void)state;
	build_run(&r, 1, "x86_64");
	build_error(&r, 1, 0, "a.o", "a.c", 3, INCOMPLETE);
	build_error(&r, 1, 0, "a.o", "a.c", 9, UNDECLARED);
	build_error(&r, 1, 0, "a.o", "a.c", 12, MEMBER);
	/* here it is the first error: its own mistake, in a.o too */
	build_error(&r, 1, 0, "b.o", "b.c", 3, MEMBER);
	build_judge(&r);
	assert_int_equal(r.nr_causes, 2);
	s = build_step(&r, 1, 0);
	assert_string_equal(s->diags.v[1].cause,
			    "incomplete-type:struct kvm_vcpu");
	assert_string_equal(s->diags.v[2].cause,
			    "missing-member:struct kvm_arch.gmap");
	build_assert_causes(&r);
}

static void a_later_patchs_error_in_a_broken_unit_is_its_own(void **state)
{
	_cleanup_run_result_ struct run_result r;

	(void)state;
	build_run(&r, 3, "x86_64");
	for (unsigned p = 1; p <= 3; p++)
		build_error(&r, p, 0, "a.o", "a.c", 3, INCOMPLETE);
	build_error(&r, 3, 0, "a.o", "a.c", 9, UNDECLARED);
	build_judge(&r);
	assert_int_equal(r.nr_causes, 2);
	build_assert_spans(&r, "incomplete-type:struct kvm_vcpu", "0:1-0");
	build_assert_spans(&r, "missing-declaration:kvm_foo", "0:3-0");
}

static void what_cannot_be_a_consequence_stands_alone(void **state)
{
	_cleanup_run_result_ struct run_result r;

	(void)state;
	build_run(&r, 1, "x86_64");
	for (int i = 0; i < 2; i++) {
		struct diagnostic *d =
			build_error(&r, 1, 0, "vmlinux.o", "a.c", 3,
				    i ? "undefined reference to `kvm_b'"
				      : "undefined reference to `kvm_a'");

		build_set(&d->tool, "ld");
	}
	build_judge(&r);
	assert_int_equal(r.nr_causes, 2);
	assert_non_null(build_cause(&r, "undefined-symbol:kvm_a"));
	assert_non_null(build_cause(&r, "undefined-symbol:kvm_b"));
	build_assert_causes(&r);
}

static void a_message_without_a_name_is_not_the_root(void **state)
{
	_cleanup_run_result_ struct run_result r;

	(void)state;
	build_run(&r, 1, "x86_64");
	build_error(&r, 1, 0, "a.o", "a.c", 3,
		    "data definition has no type or storage class");
	build_error(&r, 1, 0, "a.o", "a.c", 3,
		    "type defaults to 'int' in declaration of "
		    "'EXPORT_SYMBOL_GPL'");
	build_judge(&r);
	assert_int_equal(r.nr_causes, 1);
	assert_string_equal(r.causes[0].id,
			    "missing-declaration:EXPORT_SYMBOL_GPL");
}

static void another_architectures_header_is_called_so(void **state)
{
	static const char absent[] = "asm/sysreg.h: No such file or directory";
	_cleanup_run_result_ struct run_result r;
	struct diagnostic *d;

	(void)state;
	build_run(&r, 1, "x86_64 s390");
	d = build_fatal(&r, 1, 1, "arch/s390/kvm/a.o",
			"arch/arm64/include/asm/kvm_arm.h", 11, absent);
	build_from(d, "arch/s390/kvm/a.c", 5);
	/* the same header, and here nothing shows whose it is */
	build_fatal(&r, 1, 1, "arch/s390/kvm/b.o", "include/kvm/arm_vgic.h", 9,
		    absent);
	/* an x86 cell reads arch/x86/, whatever it is called */
	build_fatal(&r, 1, 0, "arch/x86/kvm/b.o", "arch/x86/kvm/b.c", 9,
		    "asm/vncr.h: No such file or directory");
	build_judge(&r);
	assert_int_equal(r.nr_causes, 2);
	assert_string_equal(r.causes[0].id, "cross-arch:asm/sysreg.h");
	assert_int_equal(r.causes[0].units.nr, 2);
	assert_string_equal(
		r.causes[0].title,
		"asm/sysreg.h: no such header on s390 (reached through arm64's "
		"headers)");
	assert_non_null(
		strstr(r.causes[0].advice, "arch/arm64/include/asm/kvm_arm.h"));
	assert_string_equal(r.causes[1].title,
			    "asm/vncr.h: no such header on x86_64");
	build_assert_causes(&r);
}

static void the_chain_of_includes_shows_the_other_architecture(void **state)
{
	_cleanup_run_result_ struct run_result r;
	struct diagnostic *d;

	(void)state;
	build_run(&r, 1, "s390");
	d = build_fatal(&r, 1, 0, "arch/s390/kvm/a.o", "include/kvm/iodev.h",
			11, "asm/esr.h: No such file or directory");
	build_from(d, "arch/arm64/include/asm/kvm_host.h", 20);
	build_from(d, "arch/s390/kvm/a.c", 5);
	build_judge(&r);
	assert_int_equal(r.nr_causes, 1);
	assert_int_equal(r.causes[0].kind, CAUSE_CROSS_ARCH);
}

static void a_warning_is_a_cause_of_its_own_below_errors(void **state)
{
	_cleanup_run_result_ struct run_result r;
	struct diagnostic *d;

	(void)state;
	build_run(&r, 2, "x86_64 s390");
	for (size_t cell = 0; cell < 2; cell++) {
		for (unsigned p = 1; p <= 2; p++) {
			d = build_warning(&r, p, cell, "a.o", "x.h", 3,
					  "-Wunused-variable",
					  "unused variable 'vcpu'");
			build_set(&d->function, "kvm_run");
			/* a second place with the same words */
			d = build_warning(&r, p, cell, "a.o", "x.h", 9,
					  "-Wunused-variable",
					  "unused variable 'vcpu'");
			build_set(&d->function, "kvm_stop");
		}
	}
	build_error(&r, 1, 0, "b.o", "b.c", 3, UNDECLARED);
	build_judge(&r);
	assert_int_equal(r.nr_causes, 3);
	assert_int_equal(r.causes[0].kind, CAUSE_MISSING_DECLARATION);
	assert_string_equal(r.causes[1].id,
			    "warning:-Wunused-variable:kvm_run:vcpu");
	assert_string_equal(r.causes[2].id,
			    "warning:-Wunused-variable:kvm_stop:vcpu");
	assert_int_equal(r.causes[1].severity, DIAG_WARNING);
	assert_string_equal(r.causes[1].title,
			    "new warning in x.h: unused variable 'vcpu'");
	build_assert_causes(&r);
}

static void a_warning_of_the_base_that_moves_is_no_cause(void **state)
{
	_cleanup_run_result_ struct run_result r;

	(void)state;
	build_run(&r, 2, "x86_64");
	build_warning(&r, 0, 0, "a.o", "x.h", 3, "-Wx", "odd 'thing'");
	build_warning(&r, 1, 0, "a.o", "y.h", 3, "-Wx", "odd 'thing'");
	build_warning(&r, 2, 0, "a.o", "y.h", 3, "-Wx", "odd 'thing'");
	build_judge(&r);
	assert_int_equal(build_verdict(&r, 1, 0), VERDICT_OK);
	assert_int_equal(r.nr_causes, 0);
}

static void files_lost_together_are_one_cause(void **state)
{
	static const char *const lost[] = {"kvm_main", "eventfd", "vfio"};
	_cleanup_run_result_ struct run_result r;

	(void)state;
	build_run(&r, 3, "s390");
	for (unsigned p = 1; p <= 3; p++) {
		for (size_t i = 0; i < ARRAY_SIZE(lost) + (p == 3); i++) {
			_cleanup_free_ char *text =
				xasprintf("No rule to make target "
					  "'arch/s390/kvm/../../virt/kvm/"
					  "%s.o', needed by "
					  "'arch/s390/kvm/kvm.o'",
					  i < 3 ? lost[i] : "later");
			struct diagnostic *d =
				build_error(&r, p, 0, NULL, NULL, 0, text);

			build_set(&d->tool, "make");
		}
	}
	build_judge(&r);
	assert_int_equal(r.nr_causes, 2);
	assert_string_equal(r.causes[0].id, "make:arch/virt/kvm/kvm_main.o");
	assert_string_equal(r.causes[0].title,
			    "make has no rule for arch/virt/kvm/kvm_main.o and "
			    "2 more beside it");
	assert_int_equal(r.causes[0].nr_diags, 3);
	/* the fourth went two patches later */
	build_assert_spans(&r, "make:arch/virt/kvm/later.o", "0:3-0");
	assert_string_equal(build_step(&r, 2, 0)->diags.v[2].cause,
			    r.causes[0].id);
	build_assert_causes(&r);
}

static void causes_are_ranked_as_a_maintainer_wants_them(void **state)
{
	static const char *const expected[] = {
		"missing-declaration:two_cells",
		"missing-declaration:two_units",
		"missing-declaration:one",
		"missing-declaration:hole",
		"warning:-Wx:thing",
		"missing-declaration:base@base",
	};
	_cleanup_run_result_ struct run_result r;

	(void)state;
	build_run(&r, 2, "x86_64 s390");
	for (unsigned p = 0; p <= 2; p++)
		for (size_t cell = 0; cell < 2; cell++)
			build_error(&r, p, cell, "z.o", "z.c", 1,
				    "'base' undeclared");
	for (size_t cell = 0; cell < 2; cell++) {
		build_error(&r, 1, cell, "h.o", "h.c", 1, "'hole' undeclared");
		build_error(&r, 2, cell, "t.o", "t.c", 1,
			    "'two_cells' undeclared");
		build_warning(&r, 2, cell, "w.o", "w.c", 1, "-Wx",
			      "odd 'thing'");
	}
	build_error(&r, 2, 0, "o.o", "o.c", 1, "'one' undeclared");
	build_error(&r, 2, 1, "u.o", "u.c", 1, "'two_units' undeclared");
	build_error(&r, 2, 1, "v.o", "v.c", 1, "'two_units' undeclared");
	build_judge(&r);
	assert_int_equal(r.nr_causes, ARRAY_SIZE(expected));
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++)
		assert_string_equal(r.causes[i].id, expected[i]);
}

static void a_field_is_not_guessed_to_be_of_another_type(void **state)
{
	_cleanup_run_result_ struct run_result r;

	(void)state;
	build_run(&r, 1, "x86_64");
	build_error(&r, 1, 0, "a.o", "a.c", 3, INCOMPLETE);
	build_error(&r, 1, 0, "b.o", "b.c", 3,
		    "field 'srcu' has incomplete type");
	build_judge(&r);
	assert_int_equal(r.nr_causes, 2);
	assert_non_null(build_cause(&r, "incomplete-type:srcu in b.c"));
	assert_string_equal(
		build_cause(&r, "incomplete-type:srcu in b.c")->title,
		"the type of srcu is incomplete in b.c");
}

static void the_compilers_advice_is_passed_on(void **state)
{
	_cleanup_run_result_ struct run_result r;
	struct diagnostic *d;

	(void)state;
	build_run(&r, 1, "x86_64");
	d = build_error(&r, 1, 0, "a.o", "a.c", 3,
			"'PAGE_MASK' undeclared; did you mean 'PAGE_TASK'?");
	build_set(&d->note,
		  "'PAGE_MASK' is defined in header '<asm/page.h>'; did you "
		  "forget to '#include <asm/page.h>'?");
	build_judge(&r);
	assert_string_equal(r.causes[0].title,
			    "PAGE_MASK is not declared in a.c");
	assert_string_equal(r.causes[0].advice,
			    "add \"#include <asm/page.h>\" to a.c: it declares "
			    "PAGE_MASK; the compiler suggests PAGE_TASK");
	assert_string_equal(
		r.causes[0].example,
		"a.c:3: 'PAGE_MASK' undeclared; did you mean 'PAGE_TASK'?");
}

static void long_names_do_not_make_long_titles(void **state)
{
	char name[300];
	_cleanup_run_result_ struct run_result r;
	_cleanup_free_ char *message = NULL;

	(void)state;
	build_run(&r, 1, "x86_64");
	/* a cut within a character would show */
	for (size_t i = 0; i + 2 < sizeof(name); i += 2)
		memcpy(name + i, "\xc3\xa4", 3);
	message = xasprintf("'%s' undeclared", name);
	build_error(&r, 1, 0, "a.o", "a.c", 3, message);
	build_error(&r, 1, 0, "b.o",
		    "drivers/gpu/drm/i915/gvt/a_very_long_directory_name/"
		    "and_another_one/kvmgt.c",
		    3, INCOMPLETE);
	build_judge(&r);
	build_assert_causes(&r);
	assert_true(ends_with(
		build_cause(&r, "incomplete-type:struct kvm_vcpu")->title,
		"is incomplete in .../kvmgt.c"));
	for (size_t i = 0; i < r.nr_causes; i++) {
		const char *t = r.causes[i].title;
		size_t n = strlen(t);

		if (ends_with(t, "..."))
			assert_int_not_equal((unsigned char)t[n - 4], 0xc3);
	}
}

static void finding_them_again_changes_nothing(void **state)
{
	_cleanup_run_result_ struct run_result r;

	(void)state;
	build_run(&r, 2, "x86_64 s390");
	hide_vcpu(&r, 1, 0, "arch/x86/kvm", 10);
	hide_vcpu(&r, 2, 1, "arch/s390/kvm", 10);
	build_judge(&r);
	assert_int_equal(r.nr_causes, 1);
	build_judge(&r);
	causes_find(&r);
	assert_int_equal(r.nr_causes, 1);
	build_assert_spans(&r, r.causes[0].id, "0:1-2 1:2-0");
	/* judged anew without its messages, nothing is left */
	for (size_t i = 0; i < 6; i++) {
		diag_list_release(&r.steps[i].diags);
		strlist_release(&r.steps[i].failed);
	}
	build_judge(&r);
	assert_int_equal(r.nr_causes, 0);
}

static void a_missing_header_is_no_consequence_of_an_earlier_error(void **state)
{
	_cleanup_run_result_ struct run_result r;

	(void)state;
	build_run(&r, 1, "x86_64");
	build_error(&r, 1, 0, "a.o", "a.c", 3, UNDECLARED);
	build_fatal(&r, 1, 0, "a.o", "a.c", 9,
		    "asm/x.h: No such file or directory");
	build_judge(&r);
	assert_int_equal(r.nr_causes, 2);
	assert_non_null(build_cause(&r, "missing-include:asm/x.h"));
}

static void
a_warning_about_a_type_follows_its_errors_of_that_state(void **state)
{
	static const char hidden[] = "'struct kvm_vcpu' declared inside "
				     "parameter list will not be visible "
				     "outside of this definition or "
				     "declaration";
	_cleanup_run_result_ struct run_result r;

	(void)state;
	build_run(&r, 4, "x86_64");
	/* patch 2 hides the type, 3 shows it again */
	build_error(&r, 2, 0, "a.o", "a.c", 3, INCOMPLETE);
	build_warning(&r, 2, 0, "b.o", "b.c", 3, NULL, hidden);
	build_judge(&r);
	assert_int_equal(r.nr_causes, 1);
	/* a warning two patches later is no error at the tip */
	build_warning(&r, 4, 0, "b.o", "c.h", 3, NULL, hidden);
	build_judge(&r);
	assert_int_equal(r.nr_causes, 2);
	build_assert_spans(&r, "incomplete-type:struct kvm_vcpu", "0:2-3");
	build_assert_spans(&r, "warning:no-option:struct kvm_vcpu", "0:4-0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			hundreds_of_messages_of_two_mistakes_are_two_causes),
		cmocka_unit_test(the_consequences_follow_their_root),
		cmocka_unit_test(
			a_later_patchs_error_in_a_broken_unit_is_its_own),
		cmocka_unit_test(what_cannot_be_a_consequence_stands_alone),
		cmocka_unit_test(a_message_without_a_name_is_not_the_root),
		cmocka_unit_test(another_architectures_header_is_called_so),
		cmocka_unit_test(
			the_chain_of_includes_shows_the_other_architecture),
		cmocka_unit_test(a_warning_is_a_cause_of_its_own_below_errors),
		cmocka_unit_test(a_warning_of_the_base_that_moves_is_no_cause),
		cmocka_unit_test(files_lost_together_are_one_cause),
		cmocka_unit_test(causes_are_ranked_as_a_maintainer_wants_them),
		cmocka_unit_test(a_field_is_not_guessed_to_be_of_another_type),
		cmocka_unit_test(the_compilers_advice_is_passed_on),
		cmocka_unit_test(long_names_do_not_make_long_titles),
		cmocka_unit_test(finding_them_again_changes_nothing),
		cmocka_unit_test(
			a_missing_header_is_no_consequence_of_an_earlier_error),
		cmocka_unit_test(
			a_warning_about_a_type_follows_its_errors_of_that_state),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
