// SPDX-License-Identifier: GPL-2.0-only
#include "engine/look.h"
#include "sys/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/*
 * As gcc 12 -E -fdirectives-only -dI writes it: x.c includes a.h, which includes
 * done.h, b.h, and b.h includes a.h (being read: entered again) and done.h (read to its
 * end: not entered).
 */
static const char output[] =
	"# 0 \"/src/k/x.c\"\n"
	"# 0 \"<built-in>\"\n"
	"#define __x86_64__ 1\n"
	"# 0 \"<command-line>\"\n"
	"# 1 \"/src/include/linux/kconfig.h\" 1\n"
	"#define IS_ENABLED(x) x\n"
	"# 0 \"<command-line>\" 2\n"
	"# 1 \"/src/k/x.c\"\n"
	"#include \"a.h\"\n"
	"# 1 \"/src/k/x.c\"\n"
	"# 1 \"/src/k/../inc/a.h\" 1\n"
	"\n"
	"#define A\n"
	"#include \"done.h\"\n"
	"# 3 \"/src/inc/a.h\"\n"
	"# 1 \"/src/inc/done.h\" 1\n"
	"int d;\n"
	"# 4 \"/src/inc/a.h\" 2\n"
	"#include \"b.h\"\n"
	"# 4 \"/src/inc/a.h\"\n"
	"# 1 \"/src/inc/b.h\" 1\n"
	"\n"
	"#define B\n"
	"#include \"a.h\"\n"
	"# 3 \"/src/inc/b.h\"\n"
	"# 1 \"/src/inc/a.h\" 1\n"
	"# 4 \"/src/inc/b.h\" 2\n"
	"#include \"done.h\"\n"
	"int b;\n"
	"# 5 \"/src/inc/a.h\" 2\n"
	"int a;\n"
	"# 2 \"/src/k/x.c\" 2\n"
	"\n"
	"\n"
	"/* comment */\n"
	"int last;\n"
	"# 9 \"/src/k/x.c\"\n"
	"int behind;";

static void parse(struct look_tree *t, struct look_names *names,
		  const char *text)
{
	_cleanup_strlist_ struct strlist want = STRLIST_INIT;

	strlist_addl(&want, "inc/b.h", "k/x.c", NULL);
	assert_true(look_tree_parse(t, text, strlen(text), "/src", &want,
				    names));
}

static void includes_are_a_tree(void **state)
{
	_cleanup_(look_names_release) struct look_names names = { 0 };
	_cleanup_(look_tree_release) struct look_tree t = { 0 };
	static const struct {
		const char *file;
		int parent;
		unsigned line;
	} want[] = {
		{ "k/x.c", -1, 0 },   { "include/linux/kconfig.h", -1, 0 },
		{ "inc/a.h", 0, 1 },  { "inc/done.h", 2, 3 },
		{ "inc/b.h", 2, 4 },  { "inc/a.h", 4, 3 },
	};

	(void)state;
	parse(&t, &names, output);
	assert_int_equal(t.nr, ARRAY_SIZE(want));
	for (size_t i = 0; i < t.nr; i++) {
		assert_string_equal(t.v[i].file, want[i].file);
		assert_int_equal(t.v[i].parent, want[i].parent);
		assert_int_equal(t.v[i].line, want[i].line);
	}
	assert_int_equal(look_tree_find(&t, look_name(&names, "inc/a.h")), 2);
	assert_int_equal(look_tree_find(&t, look_name(&names, "no.h")), -1);
	{
		_cleanup_free_ char *chain = look_tree_chain(&t, 5);

		assert_string_equal(chain, "k/x.c:1 -> inc/a.h:4 -> inc/b.h:3 "
					   "-> inc/a.h");
	}
}

static void an_include_that_enters_nothing_is_kept(void **state)
{
	_cleanup_(look_names_release) struct look_names names = { 0 };
	_cleanup_(look_tree_release) struct look_tree t = { 0 };

	(void)state;
	parse(&t, &names, output);
	assert_int_equal(t.nr_skips, 1);
	assert_int_equal(t.skips[0].in, 4);
	assert_int_equal(t.skips[0].line, 4);
	assert_string_equal(t.skips[0].name, "\"done.h\"");
}

static void lines_are_those_let_through(void **state)
{
	_cleanup_(look_names_release) struct look_names names = { 0 };
	_cleanup_(look_tree_release) struct look_tree t = { 0 };

	(void)state;
	parse(&t, &names, output);
	assert_true(look_tree_sees(&t, "k/x.c", 1));
	assert_false(look_tree_sees(&t, "k/x.c", 2));
	assert_false(look_tree_sees(&t, "k/x.c", 3));
	assert_true(look_tree_sees(&t, "k/x.c", 4));
	assert_true(look_tree_sees(&t, "k/x.c", 5));
	assert_false(look_tree_sees(&t, "k/x.c", 8));
	assert_true(look_tree_sees(&t, "k/x.c", 9));
	assert_false(look_tree_sees(&t, "k/x.c", 100000));
	assert_true(look_tree_sees(&t, "inc/b.h", 5));
	assert_false(look_tree_sees(&t, "inc/b.h", 1));
	/* not asked for */
	assert_false(look_tree_sees(&t, "inc/a.h", 5));
	/* "#define A", the two #includes and "int a;" */
	assert_int_equal(t.v[2].lines, 4);
	assert_int_equal(t.v[3].bytes, strlen("int d;\n"));
}

static void equal_means_includes_and_lines(void **state)
{
	_cleanup_(look_names_release) struct look_names names = { 0 };
	_cleanup_(look_tree_release) struct look_tree a = { 0 }, b = { 0 },
						      c = { 0 }, d = { 0 };
	_cleanup_free_ char *moved = xstrdup(output), *other = xstrdup(output);

	(void)state;
	strstr(moved, "# 9")[2] = '8';
	memcpy(strstr(other, "inc/done.h\" 1"), "inc/DONE.h", 10);
	parse(&a, &names, output);
	parse(&b, &names, output);
	parse(&c, &names, moved);
	parse(&d, &names, other);
	assert_true(look_tree_equal(&a, &b));
	assert_false(look_tree_equal(&a, &c));
	assert_false(look_tree_equal(&a, &d));
	/* other lines, the same includes */
	look_tree_share(&c, &a);
	assert_true(c.borrowed);
	assert_ptr_equal(c.v, a.v);
	assert_false(look_tree_sees(&c, "k/x.c", 9));
	look_tree_share(&d, &a);
	assert_false(d.borrowed);
}

static void hostile_output_does_no_harm(void **state)
{
	static const char *const texts[] = {
		"# 1 \"/src/a.c\"\n# 4000000000 \"/src/a.c\"\nx\n",
		"# 99999999999999999999 \"/src/a.c\" 1\n",
		"# 1 \"/src/a.c\" 2\n# 1 \"/src/b.c\" 2\n",
		"# 1 \"unfinished\n# \n#\n# 1\n# 1 \"\n",
		"# 1 \"/src/a.c\"\n#include <\n#include\n#include \"x\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		_cleanup_(look_names_release) struct look_names names = { 0 };
		_cleanup_(look_tree_release) struct look_tree t = { 0 };
		_cleanup_strlist_ struct strlist want = STRLIST_INIT;

		strlist_add(&want, "a.c");
		look_tree_parse(&t, texts[i], strlen(texts[i]), "/src", &want,
				&names);
	}
}

#define CC "s390x-linux-gnu-gcc -Wp,-MMD,a/.b.o.d -D__KERNEL__ "

static void assert_look(const char *quick, enum look_kind kind,
			const char *want)
{
	_cleanup_free_ char *got = look_command(quick, kind, "/d/3.c");

	if (want)
		assert_string_equal(got, want);
	else
		assert_null(got);
}

static void commands_write_nothing(void **state)
{
	(void)state;
	assert_look(CC "-c -o a/b.o /src/b.c", LOOK_LINES,
		    "s390x-linux-gnu-gcc -D__KERNEL__ -c /src/b.c -E "
		    "-fdirectives-only -dI");
	assert_look(CC "-S -o a/b.s /src/b.c ", LOOK_TEXT,
		    "s390x-linux-gnu-gcc -D__KERNEL__ -S /src/b.c -E");
	assert_look(CC "-c -o a/b.o /src/b.c", LOOK_ALONE,
		    "s390x-linux-gnu-gcc -D__KERNEL__ -c /d/3.c -fsyntax-only");
	assert_look("clang -Wp,-MMD,x -D__KERNEL__ -c -o b.o b.c", LOOK_LINES,
		    "clang -D__KERNEL__ -c b.c -E -dD -dI");
	/* make's quoting stays */
	assert_look(CC "-DN='\"a b\"' -DO=$(pound)1 -c -o b.o b.S", LOOK_TEXT,
		    "s390x-linux-gnu-gcc -D__KERNEL__ -DN='\"a b\"' "
		    "-DO=$(pound)1 -c b.S -E");
	/* a linker script */
	assert_look("gcc -E -Wp,-MMD,x.d -D__KERNEL__ -P -C -Uarm -o x.lds x.lds.S",
		    LOOK_LINES,
		    "gcc -E -D__KERNEL__ -C -Uarm x.lds.S -E -fdirectives-only "
		    "-dI");
	/* an assembler source cannot stand for a header's user */
	assert_look(CC "-c -o b.o b.S", LOOK_ALONE, NULL);
	assert_look(CC "-c -o b.o", LOOK_TEXT, NULL);
	assert_look("", LOOK_TEXT, NULL);
}

static void only_gcc_shows_lines_as_they_are(void **state)
{
	(void)state;
	assert_true(look_is_exact("gcc -c clang.c"));
	assert_true(look_is_exact("/usr/bin/s390x-linux-gnu-gcc-13 -c x.c"));
	assert_false(look_is_exact("clang-15 --target=x -c x.c"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(includes_are_a_tree),
		cmocka_unit_test(an_include_that_enters_nothing_is_kept),
		cmocka_unit_test(lines_are_those_let_through),
		cmocka_unit_test(equal_means_includes_and_lines),
		cmocka_unit_test(hostile_output_does_no_harm),
		cmocka_unit_test(commands_write_nothing),
		cmocka_unit_test(only_gcc_shows_lines_as_they_are),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
