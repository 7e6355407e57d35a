// SPDX-License-Identifier: GPL-2.0-only
#include "builder.h"

#include "engine/quick.h"
#include "sys/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void assert_command(const char *saved, const char *want)
{
	_cleanup_free_ char *got = quick_command(saved, QUICK_SYNTAX);

	if (want)
		assert_string_equal(got, want);
	else
		assert_null(got);
}

#define CC "s390x-linux-gnu-gcc -Wp,-MMD,a/.b.o.d -D__KERNEL__ "

static void test_command(void **state)
{
	(void)state;
	assert_command(CC "-c -o a/b.o /src/a/b.c\n",
		       CC "-c -o a/b.o /src/a/b.c -fsyntax-only");
	/* objtool and the like come after the compiler */
	assert_command("ccache " CC "-c -o a/b.o b.c ; ./objtool a/b.o\n",
		       CC "-c -o a/b.o b.c  -fsyntax-only");
	assert_command(CC "-c -o a/b.o b.c && x", CC "-c -o a/b.o b.c  -fsyntax-only");
	/* quoted separators are none; make's own quoting stays */
	assert_command(CC "-DM='\"a;b\"' -DN=\"x|y\" -DO=a\\;b -DP=$(pound)1 -c b.c\n",
		       CC "-DM='\"a;b\"' -DN=\"x|y\" -DO=a\\;b -DP=$(pound)1 -c b.c -fsyntax-only");
	/* asm-offsets.s */
	assert_command(CC "-S -o a/b.s b.c\n",
		       CC "-S -o a/b.s b.c -fsyntax-only");
	/* not a compiler call for the kernel */
	assert_command("gcc -Wp,-MMD,x.d -c -o x x.c\n", NULL);
	assert_command("objcopy a b\n", NULL);
	assert_command("", NULL);
}

static void test_objects(void **state)
{
	_cleanup_free_ char *cached = quick_command(
		"ccache " CC "-c -o a/b.o b.c ; ./objtool a/b.o", QUICK_OBJECTS);
	_cleanup_free_ char *plain =
		quick_command(CC "-c -o a/b.o b.c", QUICK_OBJECTS);

	(void)state;
	assert_string_equal(cached, "ccache " CC "-c -o a/b.o b.c ");
	/* nobody would find the object */
	assert_string_equal(plain, CC "-c -o a/b.o b.c -fsyntax-only");
}

static void test_depfile(void **state)
{
	char far[] = "arch/x86/kvm/../../../virt/kvm/a.o", near[] = "a.nvhe.o";
	struct unit u = { .target = far };
	_cleanup_free_ char *deep = quick_depfile(&u), *flat = NULL;

	(void)state;
	assert_string_equal(deep, "arch/x86/kvm/../../../virt/kvm/.a.o.d");
	u.target = near;
	flat = quick_depfile(&u);
	assert_string_equal(flat, ".a.nvhe.o.d");
}

static void add(struct diag_list *l, const char *unit, const char *tool,
		const char *message)
{
	struct diagnostic *d = diag_list_new(l);

	d->severity = DIAG_ERROR;
	d->unit = xstrdup(unit);
	d->tool = xstrdup(tool);
	d->message = xstrdup(message);
}

static void test_codegen(void **state)
{
	static const struct {
		const char *tool, *message;
		bool want;
	} t[] = {
		{ "cc", "call to '__compiletime_assert_7' declared with attribute error: x", true },
		{ "cc", "impossible constraint in 'asm'", true },
		{ "cc", "control reaches end of non-void function", true },
		{ "cc", "no return statement in function returning non-void", false },
		{ "as", "no such instruction", true },
		{ "objtool", "x", true },
		{ "cc", "x.h: No such file or directory", false },
		{ "cc", "static assertion failed: \"x\"", false },
		{ "cc", "'x' undeclared (first use in this function)", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		_cleanup_diag_list_ struct diag_list l = DIAG_LIST_INIT;

		add(&l, "a.o", t[i].tool, t[i].message);
		assert_int_equal(quick_needs_codegen(&l.v[0]), t[i].want);
	}
}

/* Whatever the words: gcc gives this warning when the unit has been parsed. */
static void test_late_warning(void **state)
{
	_cleanup_diag_list_ struct diag_list l = DIAG_LIST_INIT;

	(void)state;
	add(&l, "a.o", "cc", "this statement may fall through");
	assert_false(quick_needs_codegen(&l.v[0]));
	l.v[0].option = xstrdup("-Wimplicit-fallthrough=");
	assert_true(quick_needs_codegen(&l.v[0]));
	free(l.v[0].option);
	l.v[0].option = xstrdup("-Wimplicit-function-declaration");
	assert_false(quick_needs_codegen(&l.v[0]));
}

/* What the pass and the build say of a.o; how many contradictions. */
static size_t contradictions(bool quick, bool build, bool known, bool unjudged,
			     const char *message)
{
	struct quick_state q = { .done = true };
	struct step_result s = { .outcome = OUTCOME_BUILT };
	struct strlist names = STRLIST_INIT, lines = STRLIST_INIT;
	size_t nr;

	if (known)
		strlist_add(&names, "a.o");
	if (quick)
		strlist_add(&q.failed, "a.o");
	if (unjudged)
		strlist_add(&q.unjudged, "a.o");
	if (build) {
		strlist_add(&s.failed, "a.o");
		add(&s.diags, "a.o", "cc", message);
	}
	quick_compare(&q, &s, &names, &lines);
	nr = lines.nr;
	q.blind = true;
	strlist_release(&lines);
	quick_compare(&q, &s, &names, &lines);
	assert_int_equal(lines.nr, 0);
	strlist_release(&names);
	quick_state_release(&q);
	step_result_release(&s);
	return nr;
}

static void test_compare(void **state)
{
	(void)state;
	assert_int_equal(contradictions(true, true, true, false, "x"), 0);
	assert_int_equal(contradictions(false, false, true, false, "x"), 0);
	assert_int_equal(contradictions(true, false, true, false, "x"), 1);
	assert_int_equal(contradictions(false, true, true, false, "x"), 1);
	assert_int_equal(contradictions(false, true, true, true, "x"), 0);
	assert_int_equal(contradictions(true, false, true, true, "x"), 0);
	assert_int_equal(contradictions(false, true, false, false, "x"), 0);
	assert_int_equal(contradictions(false, true, true, false,
					"impossible constraint in 'asm'"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		{ "the compiler's part of a recorded command", test_command,
		  NULL, NULL, NULL },
		{ "through the compiler cache", test_objects, NULL, NULL, NULL },
		{ "where gcc writes dependencies", test_depfile, NULL, NULL,
		  NULL },
		{ "warnings that come late", test_late_warning, NULL, NULL, NULL },
		{ "messages of code generation", test_codegen, NULL, NULL,
		  NULL },
		{ "contradictions, and what is none", test_compare, NULL, NULL,
		  NULL },
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
