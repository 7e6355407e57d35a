// SPDX-License-Identifier: GPL-2.0-only
#include "audit/cond.h"
#include "sys/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char source[] =
	"/* SPDX\n"				/* 1 */
	" * #if 1 in a comment */\n"		/* 2 */
	"#ifndef GUARD\n"			/* 3 */
	"#define GUARD\n"			/* 4 */
	"\n"					/* 5 */
	"#ifdef CONFIG_KVM_XEN // the option\n"	/* 6 */
	"int xen;\n"				/* 7 */
	"#  if defined(CONFIG_A) && \\\n"	/* 8 */
	"      IS_ENABLED(CONFIG_B)\n"		/* 9 */
	"#define MANY(x) \\\n"			/* 10 */
	"	do { x; } \\\n"			/* 11 */
	"	while (0)\n"			/* 12 */
	"#  endif\n"				/* 13 */
	"#elif CONFIG_LEVELS > 3\n"		/* 14 */
	"char *s = \"/* no comment\";\n"	/* 15 */
	"#else /* !XEN */\n"			/* 16 */
	"int other; /* a\n"			/* 17 */
	"   b */ int more;\n"			/* 18 */
	"#pragma once\n"			/* 19 */
	"#endif\n"				/* 20 */
	"#endif\n";				/* 21 */

static void lines_are_told_apart(void **state)
{
	static const char want[] = "eeoceocoocccoococcooo";
	struct cond_file f = { 0 };

	(void)state;
	cond_file_parse(&f, source);
	assert_int_equal(f.nr_lines, strlen(want));
	for (unsigned i = 1; i <= f.nr_lines; i++) {
		static const char kinds[] = { [COND_EMPTY] = 'e',
					      [COND_CODE] = 'c',
					      [COND_OTHER] = 'o' };

		if (kinds[f.lines[i].kind] != want[i - 1])
			fail_msg("line %u is '%c'", i, kinds[f.lines[i].kind]);
	}
	assert_int_equal(f.lines[11].start, 10);
	assert_int_equal(f.lines[12].start, 10);
	assert_int_equal(f.lines[18].start, 18);
	cond_file_release(&f);
}

static void groups_nest_and_follow(void **state)
{
	struct cond_file f = { 0 };
	_cleanup_free_ char *deep = NULL, *last = NULL;

	(void)state;
	cond_file_parse(&f, source);
	deep = cond_stack(&f, f.lines[10].group, "a.h");
	assert_string_equal(deep, "a.h:3 #ifndef GUARD, "
				  "a.h:6 #ifdef CONFIG_KVM_XEN, "
				  "a.h:8 #if defined(CONFIG_A) && "
				  "IS_ENABLED(CONFIG_B)");
	last = cond_stack(&f, f.lines[17].group, "a.h");
	assert_string_equal(last, "a.h:3 #ifndef GUARD, a.h:16 #else of "
				  "#ifdef CONFIG_KVM_XEN");
	assert_int_equal(f.lines[2].group, -1);
	assert_int_equal(f.lines[7].group, f.lines[8].group);
	cond_file_release(&f);
}

static void damaged_groups_do_no_harm(void **state)
{
	static const char *const texts[] = { "#else\n#endif\n#elif 1\nx\n",
					     "#if\nx", "#ifdef", "#", "/* x",
					     "\"x", "#if 1 \\\n", "\\\n\\\n" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct cond_file f = { 0 };

		cond_file_parse(&f, texts[i]);
		for (int g = 0; g < (int)f.nr_groups; g++) {
			_cleanup_free_ char *o = cond_option(&f, g, "");

			cond_group_value(&f, g, "");
		}
		cond_file_release(&f);
	}
}

static const char config[] = "CONFIG_Y=y\nCONFIG_M=m\n# CONFIG_N is not set\n"
			     "CONFIG_LEVELS=5\nCONFIG_YES=y\n";

static void expressions_are_evaluated(void **state)
{
	static const struct {
		const char *expr;
		enum cond_value value;
	} cases[] = {
		{ "defined(CONFIG_Y)", COND_TRUE },
		{ "defined CONFIG_Y", COND_TRUE },
		{ "defined(CONFIG_N)", COND_FALSE },
		/* a module does not define the option itself */
		{ "defined(CONFIG_M)", COND_FALSE },
		{ "defined(CONFIG_M_MODULE)", COND_TRUE },
		{ "IS_ENABLED(CONFIG_M)", COND_TRUE },
		{ "IS_BUILTIN(CONFIG_M)", COND_FALSE },
		{ "IS_MODULE(CONFIG_M)", COND_TRUE },
		{ "IS_MODULE(CONFIG_Y)", COND_FALSE },
		{ "!defined(CONFIG_N) && defined(CONFIG_Y)", COND_TRUE },
		{ "defined(CONFIG_N) || defined(CONFIG_Y)", COND_TRUE },
		{ "!(defined(CONFIG_N) || IS_ENABLED(CONFIG_M))", COND_FALSE },
		{ "1", COND_TRUE },
		{ "0", COND_FALSE },
		{ "0x10UL", COND_TRUE },
		{ "CONFIG_N", COND_FALSE },
		{ "CONFIG_YE", COND_FALSE },
		/* more than options */
		{ "CONFIG_LEVELS > 3", COND_UNKNOWN },
		{ "defined(__ASSEMBLY__)", COND_UNKNOWN },
		{ "!defined(__ASSEMBLY__) && defined(CONFIG_N)", COND_FALSE },
		{ "defined(X) || defined(CONFIG_Y)", COND_TRUE },
		{ "GCC_VERSION >= 50000 && defined(CONFIG_Y)", COND_UNKNOWN },
		{ "has(x, y)", COND_UNKNOWN },
		{ "(1", COND_UNKNOWN },
		{ "", COND_UNKNOWN },
		{ "a ? b : c", COND_UNKNOWN },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (cond_eval(cases[i].expr, config) != cases[i].value)
			fail_msg("%s", cases[i].expr);
}

static void assert_option(const char *text, int group, const char *want)
{
	struct cond_file f = { 0 };
	_cleanup_free_ char *got = NULL;

	cond_file_parse(&f, text);
	got = cond_option(&f, group, config);
	if (!want != !got || (want && strcmp(want, got)))
		fail_msg("%s gives %s, not %s", text, got ? got : "(none)",
			 want ? want : "(none)");
	cond_file_release(&f);
}

static void the_option_is_found(void **state)
{
	(void)state;
	assert_option("#ifdef CONFIG_N\n#endif\n", 0, "CONFIG_N=y");
	assert_option("#ifndef CONFIG_Y\n#endif\n", 0, "CONFIG_Y=n");
	assert_option("#ifdef CONFIG_Y\n#else\n#endif\n", 1, "CONFIG_Y=n");
	/* built in instead of a module */
	assert_option("#ifdef CONFIG_M\n#endif\n", 0, "CONFIG_M=y");
	assert_option("#ifdef CONFIG_N_MODULE\n#endif\n", 0, "CONFIG_N=m");
	/* as few as possible */
	assert_option("#if defined(CONFIG_N) && defined(CONFIG_Y)\n#endif\n", 0,
		      "CONFIG_N=y");
	assert_option("#if defined(CONFIG_N) && IS_ENABLED(CONFIG_K)\n#endif\n",
		      0, "CONFIG_N=y CONFIG_K=y");
	assert_option("#if defined(CONFIG_N) || IS_ENABLED(CONFIG_K)\n#endif\n",
		      0, "CONFIG_N=y");
	/* what hangs on more, too: the part that says no */
	assert_option("#if defined(X) && defined(CONFIG_N)\n#endif\n", 0,
		      "CONFIG_N=y");
	assert_option("#ifdef CONFIG_Y\n#elif defined(CONFIG_N)\n#endif\n", 1,
		      "CONFIG_N=y CONFIG_Y=n");
	/* no option does it */
	assert_option("#if 0\n#endif\n", 0, NULL);
	assert_option("#ifdef __ASSEMBLY__\n#endif\n", 0, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_told_apart),
		cmocka_unit_test(groups_nest_and_follow),
		cmocka_unit_test(damaged_groups_do_no_harm),
		cmocka_unit_test(expressions_are_evaluated),
		cmocka_unit_test(the_option_is_found),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
