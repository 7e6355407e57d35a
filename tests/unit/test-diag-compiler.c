// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages of gcc, clang and as: recorded outputs are compared with what a
 * person reads in them.
 */
#include "diag-helper.h"

/* gcc */

static void gcc_failed_units_are_known(void **state)
{
	_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;

	(void)state;
	read_recording(&log, "gcc-s390");
	assert_list(&log.failed,
		    "virt/kvm/irqchip.o virt/kvm/eventfd.o "
		    "arch/s390/kvm/intercept.o arch/s390/kvm/kvm-s390.o "
		    "arch/s390/kvm/priv.o arch/s390/kvm/sigp.o "
		    "arch/s390/kvm/diag.o arch/s390/kvm/guestdbg.o "
		    "arch/s390/kvm/vsie.o arch/s390/kvm/pci.o");
	assert_int_equal(log.started.nr, 11);
	assert_true(strlist_has(&log.started, "arch/s390/kvm/pv.o"));
	assert_null(log.infra);
	assert_false(log.ice);
}

static void gcc_fields_are_read(void **state)
{
	_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;
	struct diagnostic *d;

	(void)state;
	read_recording(&log, "gcc-s390");
	d = must_find(&log, "arch/s390/kvm/sigp.o", "implicit declaration");
	assert_place(d, "arch/s390/kvm/sigp.c", 503, 9);
	assert_int_equal(d->severity, DIAG_ERROR);
	assert_string_equal(d->option, "-Wimplicit-function-declaration");
	assert_string_equal(d->function, "sigp_test");
	assert_string_equal(d->tool, "cc");
	assert_string_equal(d->message, "implicit declaration of function "
					"‘kvm_arch_no_such_helper’");
	assert_false(d->fatal);
	d = must_find(&log, "arch/s390/kvm/sigp.o", "unused variable");
	assert_int_equal(d->severity, DIAG_WARNING);
	assert_string_equal(d->option, "-Wunused-variable");
	d = must_find(&log, NULL, "‘%s’ expects");
	assert_string_equal(d->option, "-Wformat=");
}

static void gcc_function_ends_at_top_level(void **state)
{
	_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;
	struct diagnostic *d;

	(void)state;
	read_recording(&log, "gcc-s390");
	d = must_find(&log, "arch/s390/kvm/sigp.o", "never_called");
	assert_null(d->function);
	d = must_find(&log, "arch/s390/kvm/diag.o", "gmap-gone.h");
	assert_null(d->function);
}

static void gcc_missing_header_is_fatal(void **state)
{
	_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;
	struct diagnostic *d;

	(void)state;
	read_recording(&log, "gcc-s390");
	d = must_find(&log, "virt/kvm/eventfd.o", "kvm/iodev-gone.h");
	assert_true(d->fatal);
	assert_place(d, "virt/kvm/eventfd.c", 29, 10);
	assert_string_equal(d->message,
			    "kvm/iodev-gone.h: No such file or directory");
}

static void gcc_include_chain_goes_outwards(void **state)
{
	_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;
	struct diagnostic *d;

	(void)state;
	read_recording(&log, "gcc-s390");
	d = must_find(&log, "arch/s390/kvm/sigp.o", "‘%s’ expects");
	assert_place(d, "include/linux/kern_levels.h", 5, 25);
	assert_int_equal(d->nr_from, 10);
	assert_string_equal(d->from[0].file, "include/asm-generic/bug.h");
	assert_int_equal(d->from[0].line, 22);
	assert_string_equal(d->from[9].file, "arch/s390/kvm/sigp.c");
	assert_int_equal(d->from[9].line, 12);
}

static void gcc_chain_left_out_is_put_back(void **state)
{
	_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;
	struct diagnostic *d;
	size_t nr = 0;

	(void)state;
	read_recording(&log, "gcc-s390");
	for (size_t i = 0; i < log.diags.nr; i++) {
		d = &log.diags.v[i];
		if (!streq_null(d->unit, "arch/s390/kvm/kvm-s390.o"))
			continue;
		nr++;
		assert_string_equal(d->from[d->nr_from - 1].file,
				    "arch/s390/kvm/kvm-s390.c");
		if (nr == 4) {
			assert_int_equal(d->nr_from, 4);
			assert_string_equal(d->from[0].file,
					    "include/trace/trace_events.h");
			assert_int_equal(d->from[0].line, 132);
			assert_string_equal(d->from[1].file,
					    "include/trace/define_trace.h");
		}
	}
	assert_int_equal(nr, 11);
	/* the second message of one header: gcc prints no chain at all */
	d = must_find(&log, "arch/s390/kvm/sigp.o", "‘%d’ expects");
	assert_int_equal(d->nr_from, 10);
}

static void gcc_notes_are_attached(void **state)
{
	_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;
	struct diagnostic *d;

	(void)state;
	read_recording(&log, "gcc-s390");
	d = must_find(&log, NULL, "conflicting types");
	assert_string_equal(d->note,
			    "previous declaration of ‘kvm_s390_idle_wakeup’ "
			    "with type ‘enum hrtimer_restart(struct hrtimer *)’");
	assert_int_equal(d->nr_from, 0);
	/* a chain above the note is the note's */
	d = must_find(&log, "arch/s390/kvm/guestdbg.o", "to incomplete type");
	assert_int_equal(d->nr_from, 0);
	d = must_find(&log, NULL, "UNDECLARED_THING");
	assert_null(d->note);
}

static void gcc_macro_note_names_the_place_of_use(void **state)
{
	_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;
	struct diagnostic *d;

	(void)state;
	read_recording(&log, "gcc-s390");
	d = must_find(&log, "arch/s390/kvm/vsie.o", "BUILD_BUG_ON failed");
	assert_place(d, "include/linux/compiler_types.h", 543, 45);
	assert_string_equal(d->function, "vsie_assert");
	assert_string_equal(d->note, "in expansion of macro ‘BUILD_BUG_ON’ at "
				     "arch/s390/kvm/vsie.c:1539");
}

static void gcc_inlined_function_gives_the_outer_one(void **state)
{
	_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;
	struct diagnostic *d;

	(void)state;
	read_text(&log, "  CC      arch/x86/kvm/in.o\n"
			"In function ‘copy’,\n"
			"    inlined from ‘wrap’ at /src/arch/x86/kvm/in.c:3:65,\n"
			"    inlined from ‘kvm_outer’ at "
			"/src/arch/x86/kvm/in.c:7:2:\n"
			"/src/arch/x86/kvm/in.c:2:76: error: call to "
			"‘too_small’ declared with attribute error: copy "
			"beyond the end\n");
	d = must_find(&log, "arch/x86/kvm/in.o", "too_small");
	assert_string_equal(d->function, "kvm_outer");
	assert_string_equal(d->note,
			    "'copy' inlined at arch/x86/kvm/in.c:3");
	assert_int_equal(log.diags.nr, 1);
}

static void gcc_tool_messages_have_no_file(void **state)
{
	_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;
	struct diagnostic *d;

	(void)state;
	read_text(&log, "  CC      a.o\n"
			"aarch64-linux-gnu-gcc-12: error: unrecognized "
			"command-line option ‘-foo’\n"
			"cc1: error: bad value ‘x’ for ‘-mcpu=’ switch\n"
			"cc1: all warnings being treated as errors\n"
			"make[2]: *** [scripts/Makefile.build:250: a.o] Error 1\n");
	assert_int_equal(log.diags.nr, 2);
	d = must_find(&log, "a.o", "-foo");
	assert_null(d->file);
	assert_int_equal(d->line, 0);
	assert_string_equal(d->tool, "cc");
	must_find(&log, "a.o", "bad value");
	assert_null(log.infra);
}

static void colours_are_taken_out(void **state)
{
	_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;
	struct diagnostic *d;

	(void)state;
	read_text(&log,
		  "  CC      a.o\n"
		  "\033[01m\033[K/src/a.c:\033[m\033[K In function "
		  "‘\033[01m\033[Kf\033[m\033[K’:\n"
		  "\033[01m\033[K/src/a.c:1:19:\033[m\033[K "
		  "\033[01;35m\033[Kwarning: \033[m\033[Kunused variable "
		  "‘\033[01m\033[Kx\033[m\033[K’ "
		  "[\033[01;35m\033[K-Wunused-variable\033[m\033[K]\n");
	d = must_find(&log, "a.o", "unused variable ‘x’");
	assert_string_equal(d->function, "f");
	assert_string_equal(d->option, "-Wunused-variable");
	assert_place(d, "a.c", 1, 19);
}

static void unsafe_characters_are_removed(void **state)
{
	_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;
	static const char text[] =
		"  CC      a.o\n"
		"/src/a.c:1:2: error: #error A\033]0;title\007B\x01"
		"C\tD\xff\xe2\x80\xae" "E\xc2\x9b" "F\xc0\xaf\0G\r\n";

	(void)state;
	make_log_parse(&log, text, sizeof(text) - 1, "/src", "/obj");
	assert_int_equal(log.diags.nr, 1);
	assert_string_equal(log.diags.v[0].message,
			    "#error ABC D\xef\xbf\xbd" "EF"
			    "\xef\xbf\xbd\xef\xbf\xbdG");
}

static void long_message_is_cut_between_characters(void **state)
{
	_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;
	const char *m;

	(void)state;
	strbuf_addstr(&sb, "  CC      a.o\n/src/a.c:1:2: warning: x");
	for (int i = 0; i < 5000; i++)
		strbuf_addstr(&sb, "ä");
	strbuf_addstr(&sb, " [-Wcpp]\n");
	read_text(&log, sb.buf);
	m = log.diags.v[0].message;
	/* one byte and 999 characters of two: the next would be split */
	assert_int_equal(strlen(m), 1999);
	assert_string_equal(m + 1997, "ä");
	assert_string_equal(log.diags.v[0].option, "-Wcpp");
}

/* clang */

static void clang_failed_units_are_known(void **state)
{
	_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;

	(void)state;
	read_recording(&log, "clang-x86");
	assert_list(&log.failed,
		    "arch/x86/kvm/mtrr.o virt/kvm/eventfd.o "
		    "arch/x86/kvm/debugfs.o arch/x86/kvm/irq_comm.o "
		    "arch/x86/kvm/pmu.o");
}

static void clang_chain_is_turned_round(void **state)
{
	_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;
	struct diagnostic *d;

	(void)state;
	read_recording(&log, "clang-x86");
	d = must_find(&log, "arch/x86/kvm/irq_comm.o", "unknown_t");
	assert_place(d, "arch/x86/kvm/cpuid.h", 279, 15);
	assert_int_equal(d->nr_from, 5);
	assert_string_equal(d->from[0].file, "arch/x86/kvm/x86.h");
	assert_int_equal(d->from[0].line, 11);
	assert_string_equal(d->from[4].file, "arch/x86/kvm/irq_comm.c");
	assert_null(d->function);
}

static void clang_options_and_notes_are_read(void **state)
{
	_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;
	struct diagnostic *d;

	(void)state;
	read_recording(&log, "clang-x86");
	d = must_find(&log, NULL, "implicit declaration");
	assert_string_equal(d->option, "-Wimplicit-function-declaration");
	assert_int_equal(d->severity, DIAG_ERROR);
	d = must_find(&log, NULL, "incomplete type 'struct kvm_hidden'");
	assert_string_equal(d->note, "forward declaration of 'struct kvm_hidden'");
	d = must_find(&log, NULL, "'kvm/gone.h' file not found");
	assert_true(d->fatal);
}

static void clang_source_text_is_not_read_as_make(void **state)
{
	_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;

	(void)state;
	/* the recording shows such lines raw, from the first column */
	read_recording(&log, "clang-x86");
	assert_false(strlist_has(&log.failed, "arch/x86/kvm/innocent.o"));
	assert_false(strlist_has(&log.started, "arch/x86/kvm/innocent2.o"));
	must_find(&log, "arch/x86/kvm/pmu.o", "identifier 'CC'");
	assert_null(find(&log, "arch/x86/kvm/innocent2.o", ""));
}

static void clang_messages_without_place_belong_to_the_unit(void **state)
{
	_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;

	(void)state;
	read_text(&log, "  CC      a.o\n"
			"warning: unknown warning option '-Wfoo' "
			"[-Wunknown-warning-option]\n"
			"1 warning generated.\n"
			"/src/a.c:1:1: error: x\n"
			"fatal error: too many errors emitted, stopping now "
			"[-ferror-limit=]\n");
	assert_int_equal(log.diags.nr, 2);
	assert_string_equal(log.diags.v[0].option, "-Wunknown-warning-option");
	assert_true(log.diags.v[1].fatal);
}

/* as */

static void assembler_errors_are_read(void **state)
{
	_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;
	struct diagnostic *d;

	(void)state;
	read_recording(&log, "gcc-s390");
	d = must_find(&log, "arch/s390/kvm/pci.o", "Unrecognized opcode");
	assert_string_equal(d->tool, "as");
	assert_place(d, "arch/s390/kvm/pci.c", 764, 0);
	assert_int_equal(d->severity, DIAG_ERROR);
	d = must_find(&log, "arch/s390/kvm/pci.o", "operand out of range");
	assert_null(d->function);
}

static void assembler_standard_input_is_no_file(void **state)
{
	_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;

	(void)state;
	read_text(&log, "  AS      a.o\n"
			"{standard input}: Assembler messages:\n"
			"{standard input}:7: Error: no such instruction: `x'\n"
			"/src/arch/x86/a.S:3: Warning: odd\n");
	assert_int_equal(log.diags.nr, 2);
	assert_null(log.diags.v[0].file);
	assert_string_equal(log.diags.v[0].message,
			    "no such instruction: `x'");
	assert_place(&log.diags.v[1], "arch/x86/a.S", 3, 0);
	assert_int_equal(log.diags.v[1].severity, DIAG_WARNING);
}

/* One replayed command */

static void replayed_command_is_read(void **state)
{
	_cleanup_diag_list_ struct diag_list l = DIAG_LIST_INIT;
	static const char text[] =
		"In file included from /src/include/linux/kvm_host.h:45,\n"
		"                 from /src/arch/s390/kvm/pv.c:12:\n"
		"/src/include/a.h:24:10: fatal error: b.h: No such file or "
		"directory\n"
		"   24 | #include <b.h>\n"
		"      |          ^~~~~\n"
		"compilation terminated.\n";

	(void)state;
	diag_parse_compiler(&l, "arch/s390/kvm/pv.o", text, strlen(text),
			    "/src", "/obj");
	assert_int_equal(l.nr, 1);
	assert_string_equal(l.v[0].unit, "arch/s390/kvm/pv.o");
	assert_int_equal(l.v[0].nr_from, 2);
	diag_parse_compiler(&l, NULL, text, strlen(text), "/src", "/obj");
	assert_int_equal(l.nr, 2);
	assert_null(l.v[1].unit);
	assert_int_equal(l.v[1].nr_from, 2);
}

static void empty_input_gives_nothing(void **state)
{
	_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;

	(void)state;
	make_log_parse(&log, "", 0, "/src", "/obj");
	make_log_parse(&log, NULL, 0, NULL, NULL);
	make_log_parse(&log, "\n\n\n", 3, "/src", "/obj");
	assert_int_equal(log.diags.nr, 0);
	assert_int_equal(log.failed.nr, 0);
	assert_null(log.infra);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gcc_failed_units_are_known),
		cmocka_unit_test(gcc_fields_are_read),
		cmocka_unit_test(gcc_function_ends_at_top_level),
		cmocka_unit_test(gcc_missing_header_is_fatal),
		cmocka_unit_test(gcc_include_chain_goes_outwards),
		cmocka_unit_test(gcc_chain_left_out_is_put_back),
		cmocka_unit_test(gcc_notes_are_attached),
		cmocka_unit_test(gcc_macro_note_names_the_place_of_use),
		cmocka_unit_test(gcc_inlined_function_gives_the_outer_one),
		cmocka_unit_test(gcc_tool_messages_have_no_file),
		cmocka_unit_test(colours_are_taken_out),
		cmocka_unit_test(unsafe_characters_are_removed),
		cmocka_unit_test(long_message_is_cut_between_characters),
		cmocka_unit_test(clang_failed_units_are_known),
		cmocka_unit_test(clang_chain_is_turned_round),
		cmocka_unit_test(clang_options_and_notes_are_read),
		cmocka_unit_test(clang_source_text_is_not_read_as_make),
		cmocka_unit_test(
			clang_messages_without_place_belong_to_the_unit),
		cmocka_unit_test(assembler_errors_are_read),
		cmocka_unit_test(assembler_standard_input_is_no_file),
		cmocka_unit_test(replayed_command_is_read),
		cmocka_unit_test(empty_input_gives_nothing),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
