// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages of linkers, modpost, objtool and Kconfig.
 */
#include "diag-helper.h"

/* ld, modpost, objtool */

static void duplicate_symbols_are_read(void **state)
{
	_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;
	struct diagnostic *d;

	(void)state;
	read_recording(&log, "ld-duplicate");
	assert_list(&log.failed, "arch/s390/kvm/kvm.o");
	assert_int_equal(log.diags.nr, 2);
	d = must_find(&log, "arch/s390/kvm/kvm.o", "`kvm_twice_fn'");
	assert_string_equal(d->message, "multiple definition of `kvm_twice_fn'");
	assert_place(d, "arch/s390/kvm/pv.c", 899, 0);
	assert_string_equal(d->function, "kvm_twice_fn");
	assert_string_equal(d->tool, "ld");
	assert_string_equal(d->note, "arch/s390/kvm/sigp.o:arch/s390/kvm/"
				     "sigp.c:500: first defined here");
	d = must_find(&log, NULL, "`kvm_twice'");
	assert_null(d->function);
}

static void undefined_references_belong_to_vmlinux(void **state)
{
	_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;
	struct diagnostic *d;

	(void)state;
	read_recording(&log, "ld-vmlinux");
	assert_list(&log.failed, "vmlinux");
	assert_int_equal(log.diags.nr, 3);
	d = must_find(&log, "vmlinux", "`kvm_lost_variable'");
	assert_string_equal(d->message,
			    "undefined reference to `kvm_lost_variable'");
	assert_place(d, "init/main.c", 0, 0);
	assert_string_equal(d->function, "calibrate_user");
}

static void temporary_vmlinux_fails_as_vmlinux(void **state)
{
	_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;
	struct diagnostic *d;

	(void)state;
	/* binutils before 2.31, kernels before 6.x */
	read_text(&log, "  LD      .tmp_vmlinux.kallsyms1\n"
			"arch/x86/kvm/x86.o: In function `kvm_f':\n"
			"/src/arch/x86/kvm/x86.c:12: undefined reference to `g'\n"
			"x86.c:(.text+0x2): more undefined references to `g' "
			"follow\n"
			"make[1]: *** [/src/Makefile:1164: vmlinux] Error 1\n"
			"make: *** [Makefile:2: __sub-make] Error 2\n");
	assert_list(&log.failed, "vmlinux");
	assert_int_equal(log.diags.nr, 1);
	d = must_find(&log, "vmlinux", "undefined reference to `g'");
	assert_place(d, "arch/x86/kvm/x86.c", 12, 0);
	assert_string_equal(d->function, "kvm_f");
}

static void lld_messages_are_read(void **state)
{
	_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;
	struct diagnostic *d;

	(void)state;
	read_text(&log, "  LD [M]  arch/x86/kvm/kvm.o\n"
			"ld.lld: error: undefined symbol: lost\n"
			">>> referenced by a.c:7 (/src/arch/x86/kvm/a.c:7)\n"
			">>>               arch/x86/kvm/a.o:(user)\n"
			">>> referenced by b.c:9 (/src/arch/x86/kvm/b.c:9)\n"
			"ld.lld: error: duplicate symbol: twice\n"
			">>> defined at a.c:1 (/src/arch/x86/kvm/a.c:1)\n"
			">>>            arch/x86/kvm/a.o:(twice)\n"
			">>> defined at b.c:2 (/src/arch/x86/kvm/b.c:2)\n"
			">>>            arch/x86/kvm/b.o:(.text+0x0)\n"
			"ld.lld: warning: something\n"
			"make[3]: *** [Makefile:4: arch/x86/kvm/kvm.o] Error 1\n");
	assert_int_equal(log.diags.nr, 3);
	d = must_find(&log, "arch/x86/kvm/kvm.o", "undefined symbol: lost");
	assert_place(d, "arch/x86/kvm/a.c", 7, 0);
	assert_string_equal(d->function, "user");
	d = must_find(&log, NULL, "duplicate symbol: twice");
	assert_place(d, "arch/x86/kvm/b.c", 2, 0);
	assert_string_equal(d->note, "defined at a.c:1 (arch/x86/kvm/a.c:1)");
	d = must_find(&log, NULL, "something");
	assert_int_equal(d->severity, DIAG_WARNING);
}

static void remark_of_ld_is_an_error_only_when_the_link_fails(void **state)
{
	_cleanup_make_log_ struct make_log good = MAKE_LOG_INIT;
	_cleanup_make_log_ struct make_log bad = MAKE_LOG_INIT;

	(void)state;
	read_text(&good, "  LD      vmlinux\n"
			 "ld: the entry stub is too far away\n");
	assert_int_equal(good.diags.nr, 0);
	read_text(&bad, "  LD      vmlinux\n"
			"ld: the entry stub is too far away\n"
			"make[2]: *** [Makefile:4: vmlinux] Error 1\n");
	assert_int_equal(bad.diags.nr, 1);
	assert_string_equal(bad.diags.v[0].tool, "ld");
	assert_string_equal(bad.diags.v[0].message,
			    "the entry stub is too far away");
}

static void modpost_errors_name_the_module(void **state)
{
	_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;
	struct diagnostic *d;

	(void)state;
	read_recording(&log, "modpost");
	assert_list(&log.failed, "modules-only.symvers");
	assert_list(&log.started, "arch/s390/kvm/sigp.o arch/s390/kvm/kvm.o");
	d = must_find(&log, "arch/s390/kvm/kvm.ko", "\"sclp\"");
	assert_string_equal(d->tool, "modpost");
	assert_string_equal(d->message,
			    "\"sclp\" [arch/s390/kvm/kvm.ko] undefined!");
	d = must_find(&log, NULL, "vmlinux.o is missing");
	assert_int_equal(d->severity, DIAG_WARNING);
	/* make's own line adds nothing to ten errors */
	assert_null(find(&log, NULL, "making "));
}

static void modpost_section_mismatch_has_a_function(void **state)
{
	_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;
	struct diagnostic *d;

	(void)state;
	read_text(&log,
		  "  MODPOST Module.symvers\n"
		  "WARNING: modpost: vmlinux: section mismatch in reference: "
		  "kvm_f+0x12 (section: .text) -> g (section: .init.text)\n"
		  "ERROR: \"old\" [arch/x86/kvm/kvm.ko] undefined!\n"
		  "FATAL: modpost: parse error\n");
	assert_int_equal(log.diags.nr, 3);
	d = must_find(&log, "vmlinux", "section mismatch");
	assert_string_equal(d->function, "kvm_f");
	must_find(&log, "arch/x86/kvm/kvm.ko", "\"old\"");
	d = must_find(&log, NULL, "parse error");
	assert_int_equal(d->severity, DIAG_ERROR);
}

static void objtool_warning_names_object_and_function(void **state)
{
	_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;
	struct diagnostic *d;

	(void)state;
	read_text(&log, "  CC      b.o\n"
			"arch/x86/kvm/a.o: warning: objtool: "
			"kvm_f+0x1c: unreachable instruction\n");
	d = must_find(&log, "arch/x86/kvm/a.o", "unreachable");
	assert_string_equal(d->tool, "objtool");
	assert_string_equal(d->function, "kvm_f");
	assert_int_equal(d->severity, DIAG_WARNING);
}

/* Kconfig */

static void kconfig_syntax_error_has_a_place(void **state)
{
	_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;

	(void)state;
	read_recording(&log, "kconfig-syntax");
	assert_int_equal(log.diags.nr, 2);
	assert_place(&log.diags.v[0], "arch/s390/kvm/Kconfig", 58, 0);
	assert_string_equal(log.diags.v[0].tool, "kconfig");
	assert_string_equal(log.diags.v[1].message,
			    "unknown statement \"boool\"");
	assert_int_equal(log.diags.v[1].severity, DIAG_ERROR);
	assert_list(&log.failed, "syncconfig");
}

static void kconfig_question_is_an_error(void **state)
{
	_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;

	(void)state;
	/* make returned 0 here: the default was taken without a word */
	read_recording(&log, "kconfig-new");
	assert_int_equal(log.diags.nr, 1);
	assert_int_equal(log.diags.v[0].severity, DIAG_ERROR);
	assert_non_null(strstr(log.diags.v[0].message, "KVM_BRAND_NEW"));
	assert_string_equal(log.diags.v[0].note,
			    "A new thing (KVM_BRAND_NEW) [N/y/?] (NEW)");
}

static void kconfig_unmet_dependency_says_which(void **state)
{
	_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;

	(void)state;
	read_recording(&log, "kconfig-unmet");
	assert_int_equal(log.diags.nr, 1);
	assert_int_equal(log.diags.v[0].severity, DIAG_WARNING);
	assert_string_equal(log.diags.v[0].message,
			    "unmet direct dependencies detected for KVM_NEEDS");
	assert_string_equal(log.diags.v[0].note,
			    "Depends on [n]: HAMRADIO [=n] && PPC; "
			    "Selected by [y]: - KVM_GIVES [=y]");
}

static void kconfig_recursion_is_told_with_its_chain(void **state)
{
	_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;
	_cleanup_make_log_ struct make_log old = MAKE_LOG_INIT;

	(void)state;
	read_recording(&log, "kconfig-recursive");
	assert_int_equal(log.diags.nr, 1);
	assert_string_equal(log.diags.v[0].message,
			    "recursive dependency detected!");
	assert_string_equal(log.diags.v[0].note,
			    "symbol KVM_A depends on KVM_B; symbol KVM_B "
			    "default is visible depending on KVM_A");
	read_text(&old, "arch/x86/kvm/Kconfig:9:error: recursive dependency "
			"detected!\n"
			"arch/x86/kvm/Kconfig:9:\tsymbol A depends on B\n");
	assert_int_equal(old.diags.nr, 1);
	assert_place(&old.diags.v[0], "arch/x86/kvm/Kconfig", 9, 0);
	assert_string_equal(old.diags.v[0].note, "symbol A depends on B");
}

static void merge_config_lost_option_is_told(void **state)
{
	_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;

	(void)state;
	read_text(&log, "Value requested for CONFIG_KVM not in final .config\n"
			"Requested value:  CONFIG_KVM=y\n"
			"Actual value:     \n"
			".config:12:warning: symbol value 'x' invalid for Y\n");
	assert_int_equal(log.diags.nr, 2);
	assert_string_equal(log.diags.v[0].note,
			    "Requested value:  CONFIG_KVM=y; Actual value:");
	assert_place(&log.diags.v[1], ".config", 12, 0);
	assert_int_equal(log.diags.v[1].severity, DIAG_WARNING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(duplicate_symbols_are_read),
		cmocka_unit_test(undefined_references_belong_to_vmlinux),
		cmocka_unit_test(temporary_vmlinux_fails_as_vmlinux),
		cmocka_unit_test(lld_messages_are_read),
		cmocka_unit_test(
			remark_of_ld_is_an_error_only_when_the_link_fails),
		cmocka_unit_test(modpost_errors_name_the_module),
		cmocka_unit_test(modpost_section_mismatch_has_a_function),
		cmocka_unit_test(objtool_warning_names_object_and_function),
		cmocka_unit_test(kconfig_syntax_error_has_a_place),
		cmocka_unit_test(kconfig_question_is_an_error),
		cmocka_unit_test(kconfig_unmet_dependency_says_which),
		cmocka_unit_test(kconfig_recursion_is_told_with_its_chain),
		cmocka_unit_test(merge_config_lost_option_is_told),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
