// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the sources prove folds what has one reason, and splits what has two.
 */
#include "engine/cause.h"

#include "builder.h"
#include "model/result_json.h"
#include "sys/errbuf.h"
#include "sys/mem.h"
#include "sys/strbuf.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#define HOST "include/linux/kvm_host.h"

static struct run_result r;

static int begin(void **state)
{
	(void)state;
	build_run(&r, 3, "x86_64 arm64 s390");
	return 0;
}

static int finish(void **state)
{
	(void)state;
	run_result_release(&r);
	return 0;
}

static char *file_of(const char *unit)
{
	return xasprintf("%.*s.c", (int)strlen(unit) - 2, unit);
}

/* "name" is undeclared in unit "dir/x.o" at patches from to 3. */
static void undeclared(unsigned from, size_t cell, const char *unit,
		       const char *name)
{
	_cleanup_free_ char *file = file_of(unit);
	_cleanup_free_ char *text = xasprintf("'%s' undeclared", name);

	for (unsigned p = from; p <= 3; p++)
		build_error(&r, p, cell, unit, file, 10, text);
}

static struct proof *prove(enum proof_kind kind, unsigned patch, size_t cell,
			   const char *unit, const char *name)
{
	_cleanup_free_ char *id = xasprintf("missing-declaration:%s", name);
	_cleanup_free_ char *file = file_of(unit);
	struct proof *f;

	undeclared(patch, cell, unit, name);
	f = build_proof(&r, kind, patch, cell, unit, id, file);
	f->header = xstrdup(HOST);
	f->line = 7;
	return f;
}

static struct proof *cut(size_t cell, const char *unit, const char *name,
			 const char *place, const char *include)
{
	struct proof *f = prove(PROOF_CUT, 2, cell, unit, name);

	build_set(&f->header, "include/linux/srcu.h");
	f->place = xstrdup(place);
	f->place_line = 3;
	f->text = xstrdup(include);
	f->chain = xasprintf("a.c > %s > include/linux/srcu.h", place);
	return f;
}

static const struct cause *only(enum cause_kind kind)
{
	build_judge(&r);
	build_assert_causes(&r);
	assert_int_equal(r.nr_causes, 1);
	assert_int_equal(r.causes[0].kind, kind);
	return &r.causes[0];
}

static void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("\"%s\" is not in \"%s\"", part, text);
}

static void many_things_lost_by_one_include_are_one_cause(void **state)
{
	const struct cause *c;
	struct proof *f;

	(void)state;
	cut(0, "virt/kvm/a.o", "srcu_a", HOST, "linux/srcu.h");
	cut(0, "virt/kvm/a.o", "srcu_b", HOST, "linux/srcu.h");
	cut(1, "virt/kvm/b.o", "srcu_c", HOST, "linux/srcu.h");
	f = cut(2, "virt/kvm/b.o", "srcu_c", HOST, "linux/srcu.h");
	f->luck = xstrdup("powerpc: virt/kvm/b.c > asm/kvm_ppc.h");
	c = only(CAUSE_MISSING_INCLUDE);
	assert_int_equal(c->units.nr, 2);
	assert_int_equal(c->nr_diags, 4);
	assert_has(c->title, "srcu_a and 2 more are not declared in "
			     "virt/kvm/a.c and 1 more");
	assert_has(c->advice,
		   "include <linux/srcu.h> in virt/kvm/a.c and 1 more; patch 2 "
		   "takes the include of linux/srcu.h from " HOST);
	assert_has(c->advice, "a.c > " HOST " > include/linux/srcu.h");
	assert_has(c->advice, "powerpc gets them by luck: virt/kvm/b.c");
}

static void one_thing_lost_by_two_includes_is_two_causes(void **state)
{
	(void)state;
	cut(0, "virt/kvm/a.o", "srcu_a", HOST, "linux/srcu.h");
	cut(2, "arch/s390/kvm/b.o", "srcu_a", "arch/s390/include/asm/kvm.h",
	    "linux/srcu.h");
	build_judge(&r);
	build_assert_causes(&r);
	assert_int_equal(r.nr_causes, 2);
	assert_int_equal(r.causes[0].units.nr, 1);
	assert_int_equal(r.causes[1].units.nr, 1);
}

static void a_second_loss_in_a_broken_unit_is_no_cascade(void **state)
{
	(void)state;
	cut(0, "virt/kvm/a.o", "srcu_a", HOST, "linux/srcu.h");
	cut(0, "virt/kvm/a.o", "slab_a", HOST, "linux/slab.h");
	/* and what nothing is known of is one */
	undeclared(2, 0, "virt/kvm/a.o", "whatever");
	build_judge(&r);
	build_assert_causes(&r);
	assert_int_equal(r.nr_causes, 2);
	assert_int_equal(r.causes[0].nr_diags + r.causes[1].nr_diags, 3);
}

static struct proof *hide(size_t cell, const char *unit, const char *name,
			  const char *makefile, const char *header)
{
	struct proof *f = prove(PROOF_HIDDEN, 2, cell, unit, name);

	f->place = xstrdup(HOST);
	f->place_line = 55;
	f->text = xstrdup("#ifdef __KVM__");
	f->makefile = xstrdup(makefile);
	f->to = xstrdup_null(header);
	return f;
}

static void what_a_flag_hides_is_one_cause_for_each_makefile(void **state)
{
	static const char *const s390 = "arch/s390/kvm/Makefile";
	const struct cause *c;
	struct proof *f;

	(void)state;
	f = hide(2, "arch/s390/kvm/pv.o", "kvm_a", s390, NULL);
	f->remark = xstrdup("the Makefile throws it away");
	hide(2, "virt/kvm/vfio.o", "kvm_b", s390, HOST);
	hide(1, "arch/arm64/kvm/hyp/tlb.o", "kvm_a",
	     "arch/arm64/kvm/hyp/Makefile", NULL);
	build_judge(&r);
	build_assert_causes(&r);
	assert_int_equal(r.nr_causes, 2);
	c = &r.causes[0];
	assert_int_equal(c->kind, CAUSE_HIDDEN);
	assert_string_equal(c->title, "kvm_a and kvm_b are hidden from units "
				      "of arch/s390/kvm/ by #ifdef __KVM__");
	assert_string_equal(
		c->advice,
		"define __KVM__ in arch/s390/kvm/Makefile before patch 2; " HOST
		":55 shows them only under #ifdef __KVM__ since patch 2; the "
		"Makefile throws it away");
	assert_has(r.causes[1].title, "arch/arm64/kvm/hyp/");
}

static void what_a_replay_cannot_tell_is_not_claimed(void **state)
{
	const struct cause *c;

	(void)state;
	hide(1, "arch/arm64/kvm/arm.o", "kvm_a", "arch/arm64/kvm/Makefile",
	     NULL)
		->unsure = true;
	c = only(CAUSE_HIDDEN);
	assert_has(c->title, "kvm_a may be hidden from units of");
	assert_has(c->advice, "heal what stops make first");
}

static void units_outside_are_to_be_weaned_one_thing_at_a_time(void **state)
{
	static const char *const vfio = "drivers/vfio/Makefile";

	(void)state;
	hide(0, "drivers/vfio/a.o", "kvm_get", vfio, NULL);
	hide(2, "drivers/vfio/b.o", "kvm_get", vfio, NULL);
	hide(2, "drivers/vfio/b.o", "kvm_pmu", vfio, NULL);
	/* a header that needs it is to blame, not who includes it */
	hide(0, "drivers/vfio/c.o", "kvm_get", vfio, "include/linux/vfio.h");
	hide(0, "drivers/vfio/d.o", "kvm_pmu", vfio, "include/linux/vfio.h");
	build_judge(&r);
	build_assert_causes(&r);
	assert_int_equal(r.nr_causes, 3);
	assert_has(r.causes[0].advice,
		   "wean drivers/vfio/a.o and drivers/vfio/b.o from " HOST
		   " before patch 2");
	assert_has(r.causes[1].advice,
		   "wean include/linux/vfio.h from them before patch 2");
	assert_int_equal(r.causes[2].units.nr, 1);
}

static void a_header_and_a_source_of_one_unit_are_two_mistakes(void **state)
{
	struct proof *f;

	(void)state;
	hide(0, "drivers/vfio/a.o", "kvm_get", "drivers/vfio/Makefile", NULL);
	for (unsigned p = 2; p <= 3; p++)
		build_error(&r, p, 0, "drivers/vfio/a.o", HOST, 99,
			    "'kvm_get' undeclared");
	f = build_proof(&r, PROOF_HIDDEN, 2, 0, "drivers/vfio/a.o",
			"missing-declaration:kvm_get", HOST);
	f->header = xstrdup(HOST);
	f->place = xstrdup(HOST);
	f->text = xstrdup("#ifdef __KVM__");
	f->to = xstrdup(HOST);
	build_judge(&r);
	build_assert_causes(&r);
	assert_int_equal(r.nr_causes, 2);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(r.causes[i].nr_diags, 1);
}

static void a_moved_declaration_names_both_headers(void **state)
{
	const struct cause *c;
	struct proof *f;

	(void)state;
	f = prove(PROOF_MOVED, 1, 1, "arch/arm64/mm/a.o", "xics_wake_cpu");
	build_set(&f->header, "arch/arm64/include/asm/kvm_ppc.h");
	f->to = xstrdup("arch/arm64/include/asm/xics.h");
	c = only(CAUSE_MISSING_INCLUDE);
	assert_string_equal(
		c->advice,
		"include <asm/xics.h> in arch/arm64/mm/a.c; patch 1 moves it "
		"from arch/arm64/include/asm/kvm_ppc.h to "
		"arch/arm64/include/asm/xics.h");
}

static struct proof *removed(const char *name, const char *block)
{
	struct proof *f = prove(PROOF_REMOVED, 1, 0, "virt/kvm/a.o", name);

	f->text = xstrdup(block);
	return f;
}

static void what_one_hunk_removes_is_one_cause(void **state)
{
	(void)state;
	removed("kvm_a", "int kvm_a(void);");
	removed("kvm_b", "int kvm_a(void);");
	removed("kvm_z", "int kvm_y(void);")->remark =
		xstrdup("what is left of it stands under #ifdef CONFIG_KVM");
	build_judge(&r);
	build_assert_causes(&r);
	assert_int_equal(r.nr_causes, 2);
	for (size_t i = 0; i < 2; i++) {
		const struct cause *c = &r.causes[i];

		assert_int_equal(c->kind, CAUSE_MISSING_DECLARATION);
		if (c->nr_diags == 2)
			assert_has(c->advice,
				   "keep them as long as they are used in "
				   "virt/kvm/a.c; patch 1 takes them "
				   "from " HOST " (line 7 before it)");
		else
			assert_has(c->advice, "under #ifdef CONFIG_KVM");
	}
}

static void a_cycle_is_told_with_the_edge_that_closes_it(void **state)
{
	const struct cause *c;
	struct proof *f;

	(void)state;
	f = prove(PROOF_CYCLE, 2, 0, "arch/x86/kvm/a.o", "kvm_host");
	build_set(&f->header, "arch/x86/kvm/x86.h");
	f->place = xstrdup("arch/x86/kvm/mmu.h");
	f->to = xstrdup("arch/x86/kvm/x86.h");
	f->place_line = 12;
	f->text = xstrdup("mmu.h");
	f->chain = xstrdup("mmu.h > x86.h > mmu.h");
	/* patch 3 heals it */
	diag_list_release(&build_step(&r, 3, 0)->diags);
	strlist_release(&build_step(&r, 3, 0)->failed);
	c = only(CAUSE_INCLUDE_CYCLE);
	assert_has(c->title, "include cycle: kvm_host is not declared yet");
	assert_has(c->advice, "squash 3 into 2 to keep the series bisectable; "
			      "patch 2 lets arch/x86/kvm/x86.h:12 include "
			      "mmu.h, which closes the cycle mmu.h > x86.h > "
			      "mmu.h");
}

static void a_header_that_leans_on_others_is_to_include_them(void **state)
{
	const struct cause *c;
	struct proof *f;

	(void)state;
	for (size_t cell = 0; cell < 2; cell++) {
		f = prove(PROOF_LEANS, 1, cell, "virt/kvm/a.o", "srcu_a");
		build_set(&f->header, "include/linux/srcu.h");
		f->place = xstrdup(HOST);
	}
	c = only(CAUSE_NOT_STANDALONE);
	assert_has(c->title, HOST " does not stand alone");
	assert_has(c->advice, "include <linux/srcu.h> in " HOST);
	build_assert_spans(&r, c->id, "0:1-0 1:1-0");
}

static void a_private_header_is_included_by_its_own_name(void **state)
{
	struct proof *f;

	(void)state;
	f = prove(PROOF_NEVER, 1, 0, "arch/x86/kvm/a.o", "kvm_host");
	build_set(&f->header, "arch/x86/kvm/x86.h");
	f->place = xstrdup("arch/x86/kvm/a.c");
	assert_has(only(CAUSE_MISSING_INCLUDE)->advice,
		   "include \"x86.h\" in arch/x86/kvm/a.c");
}

static void a_header_that_moved_to_an_architecture_is_its_own(void **state)
{
	const struct cause *c;
	struct proof *f;

	(void)state;
	build_fatal(&r, 3, 2, "arch/s390/kvm/a.o", "arch/s390/kvm/a.c", 5,
		    "kvm/arm64/vncr.h: No such file or directory");
	f = build_proof(&r, PROOF_HEADER_MOVED, 3, 2, "arch/s390/kvm/a.o",
			"missing-include:kvm/arm64/vncr.h",
			"arch/s390/kvm/a.c");
	f->header = xstrdup("include/kvm/arm64/vncr.h");
	f->to = xstrdup("arch/arm64/include/asm/vncr.h");
	c = only(CAUSE_CROSS_ARCH);
	assert_string_equal(c->title, "kvm/arm64/vncr.h: no such header on "
				      "s390 since it moved to arm64");
	assert_has(c->advice, "patch 3 moves include/kvm/arm64/vncr.h to "
			      "arch/arm64/include/asm/vncr.h, where only arm64 "
			      "looks");
}

static struct proof *unresolved(const char *tool, const char *unit,
				enum proof_kind kind)
{
	struct proof *f;
	bool ld = !strcmp(tool, "ld");
	struct diagnostic *d = build_error(
		&r, 3, 0, unit, ld ? "arch/x86/mm/mem.c" : NULL, 0,
		ld ? "undefined reference to `kvm_reserve'"
		   : "\"kvm_reserve\" [arch/x86/kvm/kvm.ko] undefined!");

	build_set(&d->tool, tool);
	f = build_proof(&r, kind, 3, 0, unit, "undefined-symbol:kvm_reserve",
			ld ? "arch/x86/mm/mem.c" : "");
	f->line = 9;
	return f;
}

static void a_symbol_that_kvm_defines_is_a_boot_call_for_others(void **state)
{
	const struct cause *c;
	struct proof *f;

	(void)state;
	f = unresolved("ld", "vmlinux", PROOF_DEFINED);
	f->to = xstrdup("arch/x86/kvm/main.c");
	f->header = xstrdup("arch/x86/kvm/builtin.c");
	c = only(CAUSE_BOOT_CALL);
	assert_has(c->title, "built-in arch/x86/mm/mem.c calls into KVM");
	assert_has(c->advice, "keep kvm_reserve in an object that is built in");
	assert_has(c->advice, "arch/x86/kvm/main.c:9 defines it, patch 3 takes "
			      "it there from arch/x86/kvm/builtin.c");
}

static void a_reference_of_kvm_itself_is_no_boot_call(void **state)
{
	struct proof *f;

	(void)state;
	f = unresolved("ld", "vmlinux", PROOF_DEFINED);
	build_set(&f->file, "arch/x86/kvm/builtin.c");
	build_set(&build_step(&r, 3, 0)->diags.v[0].file, f->file);
	f->to = xstrdup("arch/x86/kvm/main.c");
	only(CAUSE_UNDEFINED_SYMBOL);
}

static void a_symbol_without_export_is_told_from_an_undefined_one(void **state)
{
	const struct cause *c;
	struct proof *f;

	(void)state;
	f = unresolved("modpost", "arch/x86/kvm/kvm.ko", PROOF_UNEXPORTED);
	f->to = xstrdup("kernel/cpu.c");
	f->header = xstrdup("kernel/cpu.c");
	f->place_line = 31;
	c = only(CAUSE_UNEXPORTED_SYMBOL);
	assert_has(c->title, "kvm_reserve is not exported");
	assert_string_equal(c->advice,
			    "EXPORT_SYMBOL_GPL(kvm_reserve) in kernel/cpu.c; "
			    "kernel/cpu.c:9 defines it, and patch 3 takes the "
			    "export from kernel/cpu.c (line 31 before it)");
}

static void a_symbol_that_nobody_ever_exported_is_told_as_such(void **state)
{
	struct proof *f;

	(void)state;
	f = unresolved("modpost", "arch/x86/kvm/kvm.ko", PROOF_UNEXPORTED);
	f->to = xstrdup("kernel/cpu.c");
	assert_has(only(CAUSE_UNEXPORTED_SYMBOL)->advice,
		   "kernel/cpu.c:9 defines it, nobody exports it, and modules "
		   "need it since patch 3");
}

static void a_variable_that_two_makefiles_call_differently(void **state)
{
	struct diagnostic *d;
	struct proof *f;

	(void)state;
	d = build_error(&r, 2, 2, NULL, NULL, 0,
			"No rule to make target 'arch/s390/kvm/../x/m.o'");
	build_set(&d->tool, "make");
	f = build_proof(&r, PROOF_VARIABLE, 2, 2, "", "make:arch/s390/x/m.o",
			"");
	f->header = xstrdup("virt/kvm/Makefile.kvm");
	f->place = xstrdup("arch/s390/kvm/Makefile");
	f->place_line = 4;
	f->text = xstrdup("KVM");
	assert_has(only(CAUSE_MAKE)->advice,
		   "patch 2 takes the variable KVM from virt/kvm/Makefile.kvm, "
		   "and arch/s390/kvm/Makefile:4 still sets it");
}

static void an_error_that_comes_back_needs_a_proof_of_its_own(void **state)
{
	struct proof *f;

	(void)state;
	/* patch 1 cuts, 2 heals, 3 breaks in a way that nothing is known of */
	build_error(&r, 1, 0, "virt/kvm/a.o", "virt/kvm/a.c", 3,
		    "'srcu_a' undeclared");
	build_error(&r, 3, 0, "virt/kvm/a.o", "virt/kvm/a.c", 3,
		    "'srcu_a' undeclared");
	f = build_proof(&r, PROOF_CUT, 1, 0, "virt/kvm/a.o",
			"missing-declaration:srcu_a", "virt/kvm/a.c");
	f->header = xstrdup("include/linux/srcu.h");
	f->place = xstrdup(HOST);
	f->text = xstrdup("linux/srcu.h");
	f->chain = xstrdup("a > b");
	build_judge(&r);
	build_assert_causes(&r);
	assert_int_equal(r.nr_causes, 2);
	build_assert_spans(&r, "missing-declaration:srcu_a", "0:3-0");
}

static void a_report_tells_the_same_from_the_store(void **state)
{
	_cleanup_strbuf_ struct strbuf json = STRBUF_INIT;
	_cleanup_run_result_ struct run_result back = RUN_RESULT_INIT;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	struct proof *f;

	(void)state;
	f = hide(2, "arch/s390/kvm/pv.o", "kvm_a", "arch/s390/kvm/Makefile",
		 HOST);
	f->remark = xstrdup("r");
	f->chain = xstrdup("c");
	f->luck = xstrdup("l");
	run_head_to_json(&r, &json);
	assert_int_equal(run_head_from_json(&back, json.buf, json.len, &err),
			 0);
	assert_int_equal(back.nr_proofs, 1);
	assert_int_equal(back.proofs[0].kind, PROOF_HIDDEN);
	assert_int_equal(back.proofs[0].cell, 2);
	assert_int_equal(back.proofs[0].patch, 2);
	assert_int_equal(back.proofs[0].by, 2);
	assert_int_equal(back.proofs[0].place_line, 55);
	assert_string_equal(back.proofs[0].thing, "kvm_a");
	assert_string_equal(back.proofs[0].makefile, "arch/s390/kvm/Makefile");
	assert_string_equal(back.proofs[0].remark, "r");
	assert_string_equal(back.proofs[0].chain, "c");
	assert_string_equal(back.proofs[0].luck, "l");
	assert_string_equal(back.proofs[0].to, HOST);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(many_things_lost_by_one_include_are_one_cause),
		TEST(one_thing_lost_by_two_includes_is_two_causes),
		TEST(a_second_loss_in_a_broken_unit_is_no_cascade),
		TEST(what_a_flag_hides_is_one_cause_for_each_makefile),
		TEST(what_a_replay_cannot_tell_is_not_claimed),
		TEST(units_outside_are_to_be_weaned_one_thing_at_a_time),
		TEST(a_header_and_a_source_of_one_unit_are_two_mistakes),
		TEST(a_moved_declaration_names_both_headers),
		TEST(what_one_hunk_removes_is_one_cause),
		TEST(a_cycle_is_told_with_the_edge_that_closes_it),
		TEST(a_header_that_leans_on_others_is_to_include_them),
		TEST(a_private_header_is_included_by_its_own_name),
		TEST(a_header_that_moved_to_an_architecture_is_its_own),
		TEST(a_symbol_that_kvm_defines_is_a_boot_call_for_others),
		TEST(a_reference_of_kvm_itself_is_no_boot_call),
		TEST(a_symbol_without_export_is_told_from_an_undefined_one),
		TEST(a_symbol_that_nobody_ever_exported_is_told_as_such),
		TEST(a_variable_that_two_makefiles_call_differently),
		TEST(an_error_that_comes_back_needs_a_proof_of_its_own),
		TEST(a_report_tells_the_same_from_the_store),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
