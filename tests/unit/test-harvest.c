// SPDX-License-Identifier: GPL-2.0-only
#include "engine/harvest.h"
#include "sys/mem.h"
#include "sys/proc.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

/* A base with a warning in each of a.o and b.o, and c.o failing. */
static void fill_base(struct step_result *base)
{
	static const struct {
		const char *unit, *message;
		enum diag_severity severity;
	} said[] = {
		{ "k/a.o", "unused a", DIAG_WARNING },
		{ "k/b.o", "unused b", DIAG_WARNING },
		{ "k/c.o", "broken c", DIAG_ERROR },
	};

	*base = (struct step_result){ .outcome = OUTCOME_BUILT };
	for (size_t i = 0; i < ARRAY_SIZE(said); i++) {
		struct diagnostic *d = diag_list_new(&base->diags);

		d->unit = xstrdup(said[i].unit);
		d->message = xstrdup(said[i].message);
		d->severity = said[i].severity;
		d->tool = xstrdup("cc");
		diag_fingerprint(d, NULL);
	}
	strlist_add(&base->failed, "k/c.o");
}

static void parse(struct step_result *s, const char *text, int exit_code,
		  const struct step_result *base, const struct strlist *dropped)
{
	_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;
	struct proc_result res = { .exit_code = exit_code };
	struct harvest h = { .src = "/src", .obj = "/obj", .base = base,
			     .dropped = dropped };

	*s = (struct step_result){ 0 };
	strbuf_init(&res.output);
	strbuf_addstr(&res.output, text);
	make_log_parse(&log, text, strlen(text), h.src, h.obj);
	if (!harvest_faults(s, &log, &res))
		harvest_make(s, &log, &res, &h);
	strbuf_release(&res.output);
}

static bool says(const struct step_result *s, const char *message)
{
	for (size_t i = 0; i < s->diags.nr; i++)
		if (!strcmp(s->diags.v[i].message, message))
			return true;
	return false;
}

#define FAIL_C "  CC      k/c.o\n/src/k/c.c:1:1: error: broken c\n" \
	       "make[3]: *** [/src/scripts/Makefile.build:2: k/c.o] Error 1\n"

static void untouched_units_keep_their_messages(void **state)
{
	_cleanup_(step_result_release) struct step_result base, s;
	_cleanup_strlist_ struct strlist dropped = STRLIST_INIT;

	(void)state;
	fill_base(&base);
	strlist_add(&dropped, "k/b.o");
	parse(&s, "  CC      k/b.o\n" FAIL_C, 2, &base, &dropped);
	assert_true(says(&s, "unused a"));
	assert_false(says(&s, "unused b"));
	assert_int_equal(s.failed.nr, 1);
	assert_string_equal(s.failed.v[0], "k/c.o");
}

static void dropped_directory_forgets_its_units(void **state)
{
	_cleanup_(step_result_release) struct step_result base, s;
	_cleanup_strlist_ struct strlist dropped = STRLIST_INIT;

	(void)state;
	fill_base(&base);
	strlist_add(&dropped, "k");
	parse(&s, "  CC      k/a.o\n", 0, &base, &dropped);
	assert_int_equal(s.diags.nr, 0);
	assert_int_equal(s.failed.nr, 0);
}

static void failed_unit_that_builds_is_mended(void **state)
{
	_cleanup_(step_result_release) struct step_result base, s;
	_cleanup_strlist_ struct strlist dropped = STRLIST_INIT;

	(void)state;
	fill_base(&base);
	parse(&s, "  CC      k/c.o\n", 0, &base, &dropped);
	assert_int_equal(s.failed.nr, 0);
	assert_false(says(&s, "broken c"));
	assert_true(says(&s, "unused a"));
}

static void prepare_failure_keeps_known_failures(void **state)
{
	_cleanup_(step_result_release) struct step_result base, s;
	_cleanup_strlist_ struct strlist dropped = STRLIST_INIT;

	(void)state;
	fill_base(&base);
	parse(&s,
	      "  CC      arch/arm64/kernel/asm-offsets.s\n"
	      "/src/include/x.h:1:1: error: bad\n"
	      "make[2]: *** [/src/scripts/Makefile.build:1: "
	      "arch/arm64/kernel/asm-offsets.s] Error 1\n"
	      "make[1]: *** [/src/Makefile:1237: prepare0] Error 2\n",
	      2, &base, &dropped);
	assert_int_equal(s.outcome, OUTCOME_BUILT);
	assert_true(strlist_has(&s.failed, "k/c.o"));
	assert_true(strlist_has(&s.failed, "arch/arm64/kernel/asm-offsets.s"));
	assert_true(says(&s, "broken c"));
}

/* c.o failed before, prepare stops make, and a replay of c.o passes. */
static void replay_replaces_what_was_carried(void **state)
{
	_cleanup_(step_result_release) struct step_result base, s;
	_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;
	static const char text[] = "  CC      k/c.o\n";
	struct harvest h = { .src = "/src", .obj = "/obj", .base = &base };

	(void)state;
	fill_base(&base);
	parse(&s, "  CC      k/asm-offsets.s\n"
		  "/src/k/o.c:1:1: error: broken offsets\n"
		  "make[2]: *** [/src/Kbuild:1: k/asm-offsets.s] Error 1\n"
		  "make[1]: *** [/src/Makefile:1: prepare0] Error 2\n",
	      2, &base, NULL);
	assert_true(says(&s, "broken c"));
	make_log_parse(&log, text, strlen(text), h.src, h.obj);
	harvest_replay(&s, &log, &h);
	assert_false(says(&s, "broken c"));
	assert_true(says(&s, "broken offsets"));
	assert_int_equal(s.failed.nr, 1);
	assert_string_equal(s.failed.v[0], "k/asm-offsets.s");
	assert_int_equal(s.failed_replayed.nr, 0);
}

static void what_is_not_judged_is_forgotten(void **state)
{
	_cleanup_(step_result_release) struct step_result base, s;
	_cleanup_strlist_ struct strlist units = STRLIST_INIT;

	(void)state;
	fill_base(&base);
	parse(&s, "  CC      k/asm-offsets.s\n"
		  "/src/k/o.c:1:1: error: broken offsets\n"
		  "make[2]: *** [/src/Kbuild:1: k/asm-offsets.s] Error 1\n"
		  "make[1]: *** [/src/Makefile:1: prepare0] Error 2\n",
	      2, &base, NULL);
	strlist_add(&units, "k/c.o");
	harvest_forget(&s, &units);
	assert_false(says(&s, "broken c"));
	assert_true(says(&s, "broken offsets"));
	assert_int_equal(s.failed.nr, 1);
	assert_string_equal(s.failed.v[0], "k/asm-offsets.s");
}

static void text_of_a_source_fails_nothing_when_make_is_content(void **state)
{
	_cleanup_(step_result_release) struct step_result s;

	(void)state;
	parse(&s,
	      "  CC      k/a.o\n"
	      "make[3]: *** [/src/scripts/Makefile.build:2: k/a.o] Error 1\n",
	      0, NULL, NULL);
	assert_int_equal(s.outcome, OUTCOME_BUILT);
	assert_int_equal(s.failed.nr, 0);
	for (size_t i = 0; i < s.diags.nr; i++)
		assert_int_equal(s.diags.v[i].severity, DIAG_WARNING);
}

static void faults_of_the_machine_are_errors(void **state)
{
	static const struct {
		const char *text;
		int exit_code;
	} faults[] = {
		{ "  CC      k/a.o\ngcc: fatal error: Killed signal "
		  "terminated program cc1\ncompilation terminated.\n"
		  "make[3]: *** [/src/scripts/Makefile.build:2: k/a.o] "
		  "Error 1\n", 2 },
		{ "make failed in a way that nobody understands\n", 2 },
		{ "", 137 },
		{ "kvmatrix: sandbox: no\n", 125 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(faults); i++) {
		_cleanup_(step_result_release) struct step_result s;

		parse(&s, faults[i].text, faults[i].exit_code, NULL, NULL);
		assert_int_equal(s.outcome, OUTCOME_ERROR);
		assert_non_null(s.reason);
	}
}

static void changed_constants_are_named(void **state)
{
	_cleanup_strlist_ struct strlist names = STRLIST_INIT;
	_cleanup_free_ char *got = NULL;

	(void)state;
	harvest_changed_constants("#define A 1 /* a */\n#define B 2\n"
				  "#define GONE 3\n",
				  "#define A 1 /* other */\n#define B 4\n"
				  "#define NEWER 5\n",
				  &names);
	got = strlist_join(&names, " ");
	assert_string_equal(got, "B GONE");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(untouched_units_keep_their_messages),
		cmocka_unit_test(dropped_directory_forgets_its_units),
		cmocka_unit_test(failed_unit_that_builds_is_mended),
		cmocka_unit_test(prepare_failure_keeps_known_failures),
		cmocka_unit_test(replay_replaces_what_was_carried),
		cmocka_unit_test(what_is_not_judged_is_forgotten),
		cmocka_unit_test(text_of_a_source_fails_nothing_when_make_is_content),
		cmocka_unit_test(faults_of_the_machine_are_errors),
		cmocka_unit_test(changed_constants_are_named),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
