// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a header loses, and who writes it.
 */
#include "engine/suspects.h"
#include "sys/mem.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#define GUARDED(text) "#ifndef A_H\n#define A_H\n" text "#endif\n"

static void assert_lost(const char *before, const char *now, const char *want)
{
	_cleanup_strmap_ struct strmap lost = STRMAP_INIT;
	_cleanup_strlist_ struct strlist names = STRLIST_INIT;
	_cleanup_free_ char *text = NULL;

	suspects_lost(before, now, "a.h", &lost);
	strmap_each(e, &lost)
		strlist_add(&names, strmap_key(e));
	strlist_sort(&names);
	text = strlist_join(&names, " ");
	assert_string_equal(text, want);
}

static void what_moves_away_is_lost(void **state)
{
	(void)state;
	assert_lost(GUARDED("int one(int x);\nint two(void);\n"),
		    GUARDED("int two(void);\n"), "one x");
	assert_lost(GUARDED("int one(void);\n"), GUARDED("int one(void);\n"),
		    "");
	/* elsewhere in the file it is not */
	assert_lost("int one(void);\nint two;\n", "int two;\nint one(void);\n",
		    "");
}

static void what_is_hidden_is_lost(void **state)
{
	(void)state;
	assert_lost(GUARDED("struct a;\nint two;\n"),
		    GUARDED("#ifdef __KVM__\nstruct a;\n#endif\nint two;\n"),
		    "a struct");
	/* and what comes out of an #if is not */
	assert_lost(GUARDED("#ifdef X\nint one;\n#else\nint two;\n#endif\n"),
		    GUARDED("int one;\nint two;\n"), "");
	/* other condition, other place */
	assert_lost("#if A\nint one;\n#endif\n", "#if B\nint one;\n#endif\n",
		    "int one");
}

static void includes_and_the_header_itself(void **state)
{
	(void)state;
	assert_lost("#include <linux/mm.h>\n#include \"x-y.h\"\n",
		    "#include \"x-y.h\"\n", "mm.h");
	assert_lost("int one;\n", NULL, "a.h");
}

static void who_writes_it(void **state)
{
	_cleanup_strmap_ struct strmap lost = STRMAP_INIT;

	(void)state;
	strmap_set(&lost, "one", &lost);
	strmap_set(&lost, "a.h", &lost);
	assert_int_equal(suspects_written("int f(void) { return one() + one(); }",
					  &lost), 1);
	assert_int_equal(suspects_written("#include <asm/a.h>\none", &lost), 2);
	assert_int_equal(suspects_written("one_more(0xone, a.hh);", &lost), 0);
	assert_int_equal(suspects_written("", &lost), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		{ .name = "what moves away is lost", .test_func = what_moves_away_is_lost },
		{ .name = "what is hidden is lost", .test_func = what_is_hidden_is_lost },
		{ .name = "includes, and the header itself",
		  .test_func = includes_and_the_header_itself },
		{ .name = "who writes it", .test_func = who_writes_it },
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
