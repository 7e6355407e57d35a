// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which units a log says were tried and failed, and what was the machine's
 * fault. What cannot be recorded at will (crashes, full disks, hostile text) is
 * given in line.
 */
#include "diag-helper.h"

/* make */

static void prepare_failure_is_of_asm_offsets(void **state)
{
	_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;
	struct diagnostic *d;

	(void)state;
	read_recording(&log, "prepare");
	assert_list(&log.failed, "arch/s390/kernel/asm-offsets.s");
	assert_int_equal(log.diags.nr, 1);
	d = must_find(&log, "arch/s390/kernel/asm-offsets.s", "kvm_gone.h");
	assert_place(d, "arch/s390/include/asm/kvm_host.h", 24, 10);
	assert_int_equal(d->nr_from, 2);
}

static void missing_rule_is_a_failure_of_its_target(void **state)
{
	_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;

	(void)state;
	read_recording(&log, "make-no-rule");
	assert_list(&log.failed, "arch/s390/kvm/nosuch.o");
	assert_int_equal(log.diags.nr, 1);
	assert_string_equal(log.diags.v[0].unit, "arch/s390/kvm/nosuch.o");
	assert_string_equal(log.diags.v[0].tool, "make");
	assert_string_equal(log.diags.v[0].message,
			    "No rule to make target 'arch/s390/kvm/nosuch.o', "
			    "needed by 'arch/s390/kvm/kvm.o'.");
}

static void missing_rule_reads_old_quotes_and_stop(void **state)
{
	_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;

	(void)state;
	read_text(&log, "make[1]: *** No rule to make target `a.o', needed by "
			"`b.o'.  Stop.\nmake: *** [sub-make] Error 2\n");
	assert_list(&log.failed, "a.o");
	assert_string_equal(log.diags.v[0].message,
			    "No rule to make target `a.o', needed by `b.o'.");
}

static void wrong_kvm_variable_names_every_object(void **state)
{
	_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;

	(void)state;
	read_recording(&log, "make-kvm-variable");
	assert_int_equal(log.failed.nr, 6);
	assert_string_equal(log.failed.v[0], "../virt/kvm/kvm_main.o");
	assert_int_equal(log.diags.nr, 6);
}

static void makefile_error_has_a_place(void **state)
{
	_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;

	(void)state;
	read_recording(&log, "make-error");
	assert_int_equal(log.diags.nr, 1);
	assert_place(&log.diags.v[0], "arch/s390/kvm/Makefile", 16, 0);
	assert_string_equal(log.diags.v[0].message,
			    "the KVM variable is wrong here.");
	assert_string_equal(log.diags.v[0].tool, "make");
	assert_null(log.diags.v[0].unit);
	assert_int_equal(log.failed.nr, 0);
}

static void missing_separator_has_a_place(void **state)
{
	_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;

	(void)state;
	read_recording(&log, "make-separator");
	assert_int_equal(log.diags.nr, 1);
	assert_string_equal(log.diags.v[0].message, "missing separator.");
	assert_int_equal(log.failed.nr, 0);
}

static void silent_failure_gets_a_diagnostic(void **state)
{
	_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;
	struct diagnostic *d;

	(void)state;
	read_text(&log, "  CC      a.o\n"
			"/src/a.c:1:1: warning: only a warning [-Wcpp]\n"
			"gen.awk: something odd\n"
			"make[3]: *** [/src/scripts/Makefile.build:9: a.o] "
			"Error 1\n");
	d = must_find(&log, "a.o", "making a.o failed: Error 1");
	assert_int_equal(d->severity, DIAG_ERROR);
	assert_string_equal(d->tool, "make");
	assert_place(d, "scripts/Makefile.build", 9, 0);
	assert_string_equal(d->note, "gen.awk: something odd");
	assert_int_equal(log.diags.nr, 2);
}

static void failure_of_unannounced_target_takes_the_block(void **state)
{
	_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;

	(void)state;
	/* AWK exits with 2, as a sub-make does */
	read_text(&log, "  GEN     include/generated/x.h\n"
			"/bin/sh: 1: ./gen.sh: not found\n"
			"make[2]: *** [/src/Makefile:1: "
			"include/generated/x.h] Error 2\n"
			"make[1]: *** [/src/Makefile:2: prepare] Error 2\n");
	assert_list(&log.failed, "include/generated/x.h");
	assert_int_equal(log.diags.nr, 1);
	assert_string_equal(log.diags.v[0].unit, "include/generated/x.h");
	assert_null(log.infra);
}

static void file_with_error_2_is_a_failure_although_another_failed(void **state)
{
	_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;

	(void)state;
	read_text(&log, "make[3]: *** [Makefile:1: z.o] Error 1\n"
			"make[2]: *** [Makefile:1: dir] Error 2\n"
			"  GEN     x.h\n"
			"make[2]: *** [Makefile:1: x.h] Error 2\n"
			"  AS      y.o\n"
			"make[2]: *** [Makefile:1: y.o] Error 2\n"
			"make[1]: *** [Makefile:1: __sub-make] Error 2\n");
	assert_list(&log.failed, "z.o x.h y.o");
}

static void phony_leaf_is_a_failure(void **state)
{
	_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;

	(void)state;
	read_text(&log, "  CALL    /src/scripts/checksyscalls.sh\n"
			"make[2]: *** [/src/Kbuild:40: missing-syscalls] Error 1\n"
			"make[1]: *** [/src/Makefile:1: prepare0] Error 2\n");
	assert_list(&log.failed, "missing-syscalls");
	assert_int_equal(log.diags.nr, 1);
}

static void tools_build_failure_is_told_once(void **state)
{
	_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;

	(void)state;
	read_text(&log,
		  "  DESCEND objtool\n"
		  "  CC      /obj/tools/objtool/check.o\n"
		  "/src/tools/objtool/check.c:1:2: error: #error x\n"
		  "make[4]: *** [/src/tools/build/Makefile.build:106: "
		  "/obj/tools/objtool/check.o] Error 1\n"
		  "make[3]: *** [Makefile:73: "
		  "/obj/tools/objtool/objtool-in.o] Error 2\n"
		  "make[2]: *** [Makefile:74: objtool] Error 2\n"
		  "make[1]: *** [/src/Makefile:1424: tools/objtool] Error 2\n");
	assert_list(&log.failed, "tools/objtool/check.o");
	assert_list(&log.started, "");
	assert_int_equal(log.diags.nr, 1);
}

static void host_tools_are_no_units_but_fail(void **state)
{
	_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;

	(void)state;
	read_text(&log, "  HOSTCC  scripts/basic/fixdep\n"
			"scripts/basic/fixdep.c:1:2: error: #error x\n"
			"make[2]: *** [/src/scripts/Makefile.host:114: "
			"scripts/basic/fixdep] Error 1\n"
			"make[1]: *** [/src/Makefile:5: scripts_basic] Error 2\n");
	assert_int_equal(log.started.nr, 0);
	assert_list(&log.failed, "scripts/basic/fixdep");
	assert_int_equal(log.diags.nr, 1);
	assert_string_equal(log.diags.v[0].unit, "scripts/basic/fixdep");
}

static void brackets_in_a_target_are_read(void **state)
{
	_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;

	(void)state;
	read_text(&log, "  YACC    scripts/genksyms/parse.tab.[ch]\n"
			"make[3]: *** [/src/scripts/Makefile.host:9: "
			"scripts/genksyms/parse.tab.[ch]] Error 1\n");
	assert_list(&log.failed, "scripts/genksyms/parse.tab.[ch]");
}

static void deleting_and_ignored_are_no_failures(void **state)
{
	_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;

	(void)state;
	read_text(&log, "make[3]: *** [x.o] Deleting file 'x.o'\n"
			"make: *** Deleting file 'y.o'\n"
			"make[1]: [Makefile:1: z.o] Error 1 (ignored)\n"
			"make[2]: *** Waiting for unfinished jobs....\n"
			"make[2]: Target 'q.o' not remade because of errors.\n");
	assert_int_equal(log.failed.nr, 0);
	assert_int_equal(log.diags.nr, 0);
}

static void warning_after_a_success_stays_with_its_unit(void **state)
{
	_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;

	(void)state;
	read_text(&log, "  CC      a.o\n"
			"/src/a.c:1:1: warning: w [-Wcpp]\n"
			"make[2]: *** [Makefile:9: gen.h] Error 1\n");
	assert_string_equal(log.diags.v[0].unit, "a.o");
	must_find(&log, "gen.h", "making gen.h failed");
}

static void reason_after_a_short_log_line_is_dropped(void **state)
{
	_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;

	(void)state;
	read_text(&log, "  CC [M]  a.o - due to target missing\n"
			"  CHECK   /src/a.c\n"
			"/src/a.c:1:1: warning: w\n"
			"  MODPOST 12 modules\n"
			"  Building modules, stage 2.\n");
	assert_list(&log.started, "a.o");
	assert_string_equal(log.diags.v[0].unit, "a.o");
}

static void makefile_warnings_are_read(void **state)
{
	_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;

	(void)state;
	read_text(&log, "  CC      a.o\n"
			"/src/arch/arm64/Makefile:37: ld does not support x\n"
			"/src/scripts/Makefile.lib:3: warning: overriding "
			"recipe for target 'a'\n"
			"make[3]: Circular a.o <- b.o dependency dropped.\n");
	assert_int_equal(log.diags.nr, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_string_equal(log.diags.v[i].tool, "make");
		assert_int_equal(log.diags.v[i].severity, DIAG_WARNING);
		assert_null(log.diags.v[i].unit);
	}
	assert_place(&log.diags.v[0], "arch/arm64/Makefile", 37, 0);
	assert_string_equal(log.diags.v[1].message,
			    "overriding recipe for target 'a'");
}

/* file names */

static void one_file_has_one_name(void **state)
{
	static const char *const forms[] = {
		"/src/virt/kvm/x.c",
		"/src/arch/s390/kvm/../../../virt/kvm/x.c",
		"../virt/kvm/x.c",
		"../arch/s390/kvm/../../../virt/kvm/x.c",
		"/src/o/../virt/kvm/./x.c",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;
		_cleanup_free_ char *text = xasprintf(
			"  CC      a.o\n%s:1:2: error: e\n", forms[i]);

		make_log_parse(&log, text, strlen(text), "/src/", "/src/o");
		assert_int_equal(log.diags.nr, 1);
		assert_place(&log.diags.v[0], "virt/kvm/x.c", 1, 2);
	}
}

static void generated_files_are_relative_to_objtree(void **state)
{
	static const char *const forms[] = {
		"./arch/x86/include/generated/a.h",
		"arch/x86/include/generated/a.h",
		"/src/o/arch/x86/include/generated/a.h",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;
		_cleanup_free_ char *text = xasprintf(
			"  CC      a.o\n%s:1:2: error: e\n", forms[i]);

		make_log_parse(&log, text, strlen(text), "/src", "/src/o");
		assert_place(&log.diags.v[0], "arch/x86/include/generated/a.h",
			     1, 2);
	}
}

static void similar_directory_is_not_the_tree(void **state)
{
	_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;

	(void)state;
	read_text(&log, "  CC      a.o\n"
			"/src2/a.c:1:2: error: see /src/b.h and x/src/c.h\n"
			"/usr/include/stdio.h:3:4: error: e\n");
	assert_place(&log.diags.v[0], "/src2/a.c", 1, 2);
	assert_string_equal(log.diags.v[0].message, "see b.h and x/src/c.h");
	assert_place(&log.diags.v[1], "/usr/include/stdio.h", 3, 4);
}

/* Faults of the machine */

static void machine_faults_are_no_faults_of_the_source(void **state)
{
	static const char *const lines[] = {
		"cc1: fatal error: opening output file a.o: No space left on "
		"device",
		"gcc: fatal error: Killed signal terminated program cc1",
		"aarch64-linux-gnu-gcc: internal compiler error: Killed "
		"(program cc1)",
		"virtual memory exhausted: Cannot allocate memory",
		"cc1: out of memory allocating 65536 bytes after a total of 1",
		"as: out of memory allocating 4064 bytes",
		"BFD (GNU Binutils for Debian) 2.40 internal error, aborting "
		"at ../../bfd/elf.c:1",
		"s390x-linux-gnu-ld: a.o: error adding symbols: file truncated",
		"/bin/sh: 1: aarch64-linux-gnu-gcc: not found",
		"/bin/sh: line 1: clang-15: command not found",
		"make[3]: s390x-linux-gnu-gcc: No such file or directory",
		"/bin/sh: 1: flex: not found",
		"/tmp/ccz.s: Fatal error: can't write 22 bytes to section "
		".text of a.o: 'No space left on device'",
		"clang: error: unable to execute command: Segmentation fault",
		"Killed",
		"Segmentation fault (core dumped)",
		"make[3]: *** fork: Resource temporarily unavailable",
		"ccache: error: Failed to create temporary file",
		"LLVM ERROR: out of memory",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;
		_cleanup_free_ char *text = xasprintf(
			"  CC      a.o\n%s\n"
			"make[3]: *** [Makefile:1: a.o] Error 1\n", lines[i]);

		read_text(&log, text);
		if (!log.infra)
			fail_msg("not seen: %s", lines[i]);
		assert_list(&log.failed, "a.o");
	}
}

static void machine_fault_names_the_unit(void **state)
{
	_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;

	(void)state;
	read_text(&log, "  CC      a.o\n  CC      b.o\n"
			"gcc: fatal error: Killed signal terminated program "
			"cc1\ncompilation terminated.\n"
			"make[3]: *** [Makefile:1: b.o] Error 1\n");
	assert_string_equal(log.infra_unit, "b.o");
	assert_string_equal(log.infra,
			    "compiler killed: gcc: fatal error: Killed signal "
			    "terminated program cc1");
	assert_false(log.ice);
}

static void killed_recipes_are_machine_faults(void **state)
{
	static const char *const ends[] = { "Terminated", "Killed",
					    "Interrupt", "Error 137",
					    "Error 143", "Segmentation fault",
					    "Bus error (core dumped)" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;
		_cleanup_free_ char *text = xasprintf(
			"  CC      a.o\n"
			"make[3]: *** [Makefile:1: a.o] %s\n", ends[i]);

		read_text(&log, text);
		assert_non_null(log.infra);
		assert_string_equal(log.infra_unit, "a.o");
		assert_list(&log.failed, "a.o");
	}
}

static void compiler_crash_is_worth_a_retry(void **state)
{
	_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;
	struct diagnostic *d;

	(void)state;
	read_text(&log, "  CC      a.o\n"
			"during RTL pass: expand\n"
			"/src/a.c: In function ‘f’:\n"
			"/src/a.c:3:1: internal compiler error: Segmentation "
			"fault\n"
			"make[3]: *** [Makefile:1: a.o] Error 1\n");
	assert_true(log.ice);
	assert_non_null(log.infra);
	assert_string_equal(log.infra_unit, "a.o");
	d = must_find(&log, "a.o", "internal compiler error");
	assert_true(d->fatal);
	assert_int_equal(log.diags.nr, 1);
}

static void source_cannot_claim_a_machine_fault_by_error(void **state)
{
	_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;

	(void)state;
	read_text(&log,
		  "  CC      a.o\n"
		  "/src/a.c:1:2: error: #error No space left on device\n"
		  "/src/a.c:2:2: warning: #warning internal compiler error: "
		  "Killed [-Wcpp]\n"
		  "/src/a.c:3:2: error: #error gcc: fatal error: Killed "
		  "signal terminated program cc1\n"
		  "    1 | #error Killed\n"
		  "/src/a.c:4:5: fatal error: No space left on device.h: No "
		  "such file or directory\n");
	assert_null(log.infra);
	assert_false(log.ice);
	assert_int_equal(log.diags.nr, 4);
}

static void missing_script_is_the_fault_of_the_source(void **state)
{
	_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;

	(void)state;
	read_text(&log, "  GEN     x.h\n/bin/sh: 1: scripts/gen.sh: not found\n"
			"make[3]: *** [Makefile:1: x.h] Error 127\n");
	assert_null(log.infra);
	assert_int_equal(log.diags.nr, 1);
	assert_string_equal(log.diags.v[0].note,
			    "/bin/sh: 1: scripts/gen.sh: not found");
}

static void optional_tool_may_be_missing(void **state)
{
	_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;

	(void)state;
	read_text(&log, "  GEN     x.h\n/bin/sh: 1: pahole: not found\n"
			"  CC      a.o\n");
	assert_null(log.infra);
}

/* Hostile text */

static void error_text_cannot_fail_another_unit(void **state)
{
	_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;

	(void)state;
	read_recording(&log, "gcc-s390");
	must_find(&log, "virt/kvm/irqchip.o", "#error make[9]: ***");
	assert_false(strlist_has(&log.failed, "arch/s390/kvm/innocent.o"));
}

static void raw_line_cannot_fail_a_unit_of_another_block(void **state)
{
	_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;

	(void)state;
	/* "#pragma message" prints line feeds as they are */
	read_text(&log, "  CC      good.o\n"
			"  CC      bad.o\n"
			"/src/bad.c:1:9: note: ‘#pragma message: x\n"
			"make[5]: *** [/src/scripts/Makefile.build:234: good.o] "
			"Error 1\n"
			"/src/bad.c:2:2: error: #error x\n"
			"make[5]: *** [/src/scripts/Makefile.build:234: bad.o] "
			"Error 1\n");
	assert_list(&log.failed, "bad.o");
	assert_int_equal(log.diags.nr, 1);
	assert_string_equal(log.diags.v[0].unit, "bad.o");
}

static void made_up_block_cannot_hide_the_own_failure(void **state)
{
	_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;

	(void)state;
	read_text(&log, "  CC      bad.o\n"
			"/src/bad.c:2:2: error: #error x\n"
			"  CC      good.o\n"
			"make[5]: *** [/src/scripts/Makefile.build:234: bad.o] "
			"Error 1\n"
			"  CC      good.o\n");
	assert_list(&log.failed, "bad.o");
	must_find(&log, "bad.o", "#error x");
}

static void status_with_a_tail_is_not_of_make(void **state)
{
	_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;

	(void)state;
	/* gcc ends the text of the pragma with a quotation mark */
	read_text(&log, "  CC      bad.o\n"
			"/src/bad.c:1:9: note: ‘#pragma message: x\n"
			"make[5]: *** [a:1: other.o] Error 1’\n");
	assert_int_equal(log.failed.nr, 0);
}

static void pragma_message_is_no_note_of_another(void **state)
{
	_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;

	(void)state;
	read_text(&log, "  CC      a.o\n"
			"/src/a.c:1:2: warning: w [-Wcpp]\n"
			"/src/a.c:3:9: note: ‘#pragma message: hello’\n");
	assert_int_equal(log.diags.nr, 1);
	assert_null(log.diags.v[0].note);
}

/* As seen on a busy machine: another make's lines between two of a recipe. */
static void other_makes_do_not_cut_a_recipe(void **state)
{
	static const char text[] =
		"  CC      virt/kvm/a.o\n"
		"/src/virt/kvm/a.c: In function 'f':\n"
		"/src/virt/kvm/a.c:10:9: error: implicit declaration of function 'g'\n"
		"   10 |         g();\n"
		"make[3]: *** [/src/scripts/Makefile.build:108: drivers/vfio] Error 2\n"
		"make[3]: Target '__build' not remade because of errors.\n"
		"      |         ^\n"
		"/src/virt/kvm/a.c:12:9: error: implicit declaration of function 'h'\n"
		"   12 |         h();\n"
		"make[4]: *** [/src/scripts/Makefile.build:57: virt/kvm/a.o] Error 1\n"
		"make[2]: *** [/src/scripts/Makefile.build:108: drivers] Error 2\n";
	_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;

	(void)state;
	make_log_parse(&log, text, strlen(text), "/src", "/obj");
	assert_int_equal(log.diags.nr, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_string_equal(log.diags.v[i].unit, "virt/kvm/a.o");
		assert_string_equal(log.diags.v[i].function, "f");
	}
	assert_int_equal(log.failed.nr, 1);
	assert_string_equal(log.failed.v[0], "virt/kvm/a.o");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prepare_failure_is_of_asm_offsets),
		cmocka_unit_test(missing_rule_is_a_failure_of_its_target),
		cmocka_unit_test(missing_rule_reads_old_quotes_and_stop),
		cmocka_unit_test(wrong_kvm_variable_names_every_object),
		cmocka_unit_test(makefile_error_has_a_place),
		cmocka_unit_test(missing_separator_has_a_place),
		cmocka_unit_test(silent_failure_gets_a_diagnostic),
		cmocka_unit_test(failure_of_unannounced_target_takes_the_block),
		cmocka_unit_test(
			file_with_error_2_is_a_failure_although_another_failed),
		cmocka_unit_test(phony_leaf_is_a_failure),
		cmocka_unit_test(tools_build_failure_is_told_once),
		cmocka_unit_test(host_tools_are_no_units_but_fail),
		cmocka_unit_test(brackets_in_a_target_are_read),
		cmocka_unit_test(deleting_and_ignored_are_no_failures),
		cmocka_unit_test(warning_after_a_success_stays_with_its_unit),
		cmocka_unit_test(reason_after_a_short_log_line_is_dropped),
		cmocka_unit_test(makefile_warnings_are_read),
		cmocka_unit_test(one_file_has_one_name),
		cmocka_unit_test(generated_files_are_relative_to_objtree),
		cmocka_unit_test(similar_directory_is_not_the_tree),
		cmocka_unit_test(machine_faults_are_no_faults_of_the_source),
		cmocka_unit_test(machine_fault_names_the_unit),
		cmocka_unit_test(killed_recipes_are_machine_faults),
		cmocka_unit_test(compiler_crash_is_worth_a_retry),
		cmocka_unit_test(source_cannot_claim_a_machine_fault_by_error),
		cmocka_unit_test(missing_script_is_the_fault_of_the_source),
		cmocka_unit_test(optional_tool_may_be_missing),
		cmocka_unit_test(error_text_cannot_fail_another_unit),
		cmocka_unit_test(raw_line_cannot_fail_a_unit_of_another_block),
		cmocka_unit_test(made_up_block_cannot_hide_the_own_failure),
		cmocka_unit_test(status_with_a_tail_is_not_of_make),
		cmocka_unit_test(pragma_message_is_no_note_of_another),
		cmocka_unit_test(other_makes_do_not_cut_a_recipe),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
