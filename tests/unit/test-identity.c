// SPDX-License-Identifier: GPL-2.0-only
/*
 * What became of functions, held against compilers: the same source with one thing
 * changed, on every kind of machine.
 */
#include "audit/identity.h"

#include "audit/code.h"
#include "sys/mem.h"
#include "sys/objfile.h"
#include "sys/strbuf.h"

#include "machines.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

/* An entry of __bug_table as include/asm-generic/bug.h lays it out. */
#define WARN \
	"#define WARN() asm volatile(\"1:\\n\\t.pushsection __bug_table,\\\"aw\\\"\\n\" \\\n" \
	"	\"\\t.long 1b - .\\n\\t.long %c0 - .\\n\\t.short %c1\\n\\t.short 0\\n\" \\\n" \
	"	\"\\t.popsection\" : : \"i\" (__FILE__), \"i\" (__LINE__))\n"

#define HEAD \
	"extern int other(int), one(int), two(int); extern int tell(const char *, int);\n" \
	WARN \
	"#define NOINLINE __attribute__((noinline, noclone))\n"

#define COMPARED "int compared(int a) { if (a < 10) return other(a) + 1; return one(a); }\n"
#define HELPER "static NOINLINE int helper(int a) { return other(a) * 7; }\n"
#define CALLER "int caller(int a) { return helper(a) + helper(a + 1) + 1; }\n"
#define SPEAKER "int speaker(void) { return tell(\"hello\", 4) + 2; }\n"
#define NAMED "int named(void) { return tell(__func__, 5) + 3; }\n"
#define NAMED2 "int named2(void) { return tell(__func__, 6) + 3; }\n"
#define COUNTER "int counter(void) { static int n = 5; return tell(\"n\", n++) + 1; }\n"
#define COUNTER2 "int counter2(void) { static int n = 9; return tell(\"n\", n--) + 1; }\n"
#define WARNER "int warner(int a) { if (a) WARN(); return other(a) + 4; }\n"
#define LINER "int liner(void) { return tell(\"x\", __LINE__) + 9; }\n"
#define TABLE "int (*const table[])(int) = { one, two, other };\n" \
	"int by_table(int i) { return table[i](i) + 1; }\n"

#define ALL HEAD COMPARED HELPER CALLER SPEAKER NAMED COUNTER WARNER TABLE

struct found {
	struct objfile before[2], after[2];
	struct identity r;
};

static void found_release(struct found *f)
{
	for (int i = 0; i < 2; i++) {
		objfile_release(&f->before[i]);
		objfile_release(&f->after[i]);
	}
	identity_release(&f->r);
}
#define _cleanup_found_ __attribute__((cleanup(found_release)))

static identity_line_moved *moved;

static void compile_to(const struct machine *t, const char *name,
		       const char *text, struct objfile *o)
{
	compile_and_read(t, KERNEL_FLAGS, name, text, o, OBJ_WITH_BYTES);
}

static void hold(struct found *f, const struct machine *t, const char *before,
		 const char *after)
{
	struct identity_unit u = { .name = "a.o" };

	compile_to(t, "a.c", before, &f->before[0]);
	compile_to(t, "a.c", after, &f->after[0]);
	u.before = &f->before[0];
	u.after = &f->after[0];
	identity_find(&f->r, &u, 1, moved, NULL);
}

static const struct identity_item *item(const struct found *f, const char *name)
{
	for (size_t i = 0; i < f->r.nr_items; i++)
		if (!strcmp(f->r.items[i].name, name))
			return &f->r.items[i];
	return NULL;
}

static void must_be(const struct machine *t, const struct found *f,
		    const char *name, enum identity_fate fate)
{
	const struct identity_item *i = item(f, name);
	enum identity_fate is = i ? i->fate : FATE_SAME;

	if (is != fate)
		fail_msg("%s: %s is %s (%s), not %s", t->name, name,
			 identity_fate_name(is), i && i->why ? i->why : "",
			 identity_fate_name(fate));
}

/* Nothing but these names (separated by blanks) is told. */
static void only(const struct machine *t, const struct found *f,
		 const char *names)
{
	for (size_t i = 0; i < f->r.nr_items; i++) {
		_cleanup_free_ char *name =
			xasprintf(" %s ", f->r.items[i].name);
		_cleanup_free_ char *all = xasprintf(" %s ", names);

		if (!strstr(all, name))
			fail_msg("%s: %s is %s: %s", t->name,
				 f->r.items[i].name,
				 identity_fate_name(f->r.items[i].fate),
				 f->r.items[i].why ? f->r.items[i].why : "");
	}
}

#define each_target(t) \
	for (const struct machine *t = machines; t < machines + NR_MACHINES; t++)

static void equal_code_is_identical(void **state)
{
	(void)state;
	each_target(t) {
		_cleanup_found_ struct found f = { 0 };
		_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

		hold(&f, t, ALL, ALL);
		only(t, &f, "");
		identity_tell(&f.r, &text);
		if (!strstr(text.buf, "8 of 8 functions identical"))
			fail_msg("%s: %s", t->name, text.buf);
		assert_int_equal(f.r.before[CODE_DATA], f.r.after[CODE_DATA]);
		assert_int_equal(f.r.aside.nr, 0);
	}
}

static void lines_that_move_change_nothing(void **state)
{
	(void)state;
	each_target(t) {
		_cleanup_found_ struct found f = { 0 };

		hold(&f, t, ALL, "\n\n\n" ALL);
		only(t, &f, "warner");
		must_be(t, &f, "warner", FATE_PLACES);
	}
}

static void one_character_changes_one_function(void **state)
{
	static const char changed[] =
		HEAD "int compared(int a) { if (a > 10) return other(a) + 1; return one(a); }\n"
		HELPER CALLER SPEAKER NAMED COUNTER WARNER TABLE;

	(void)state;
	each_target(t) {
		_cleanup_found_ struct found f = { 0 };

		hold(&f, t, ALL, changed);
		only(t, &f, "compared");
		must_be(t, &f, "compared", FATE_CHANGED);
		assert_non_null(item(&f, "compared")->why);
	}
}

/* Branches within the object, texts, counted names: all get other numbers. */
static void what_is_inserted_changes_nothing_else(void **state)
{
	static const char more[] =
		HEAD COMPARED HELPER
		"int inserted(int a) { static int n = 3; return tell(__func__, n++) + tell(\"inserted\", a); }\n"
		CALLER SPEAKER NAMED COUNTER WARNER TABLE;

	(void)state;
	each_target(t) {
		_cleanup_found_ struct found f = { 0 };

		hold(&f, t, ALL, more);
		only(t, &f, "inserted n __func__ warner");
		must_be(t, &f, "inserted", FATE_ADDED);
		must_be(t, &f, "warner", FATE_PLACES);
		must_be(t, &f, "n", FATE_ADDED);
	}
}

static void the_callee_of_a_branch_counts(void **state)
{
	static const char two[] =
		HEAD HELPER
		"static NOINLINE int helper2(int a) { return one(a) * 7; }\n"
		"int caller2(int a) { return helper2(a) + 1; }\n"
		"int caller(int a) { return helper(a) + 1; }\n";
	static const char swapped[] =
		HEAD HELPER
		"static NOINLINE int helper2(int a) { return one(a) * 7; }\n"
		"int caller2(int a) { return helper(a) + 1; }\n"
		"int caller(int a) { return helper2(a) + 1; }\n";

	(void)state;
	each_target(t) {
		_cleanup_found_ struct found f = { 0 };

		hold(&f, t, two, swapped);
		only(t, &f, "caller caller2");
		must_be(t, &f, "caller", FATE_CHANGED);
		must_be(t, &f, "caller2", FATE_CHANGED);
	}
}

static void texts_and_tables_are_compared_by_content(void **state)
{
	(void)state;
	each_target(t) {
		_cleanup_found_ struct found f = { 0 };

		hold(&f, t, ALL,
		     HEAD COMPARED HELPER CALLER
		     "int speaker(void) { return tell(\"hallo\", 4) + 2; }\n"
		     NAMED COUNTER WARNER
		     "int (*const table[])(int) = { one, other, two };\n"
		     "int by_table(int i) { return table[i](i) + 1; }\n");
		only(t, &f, "speaker table");
		must_be(t, &f, "speaker", FATE_CHANGED);
		must_be(t, &f, "table", FATE_CHANGED);
	}
}

static void counted_variables_are_told_apart_by_content(void **state)
{
	(void)state;
	each_target(t) {
		_cleanup_found_ struct found f = { 0 };
		_cleanup_found_ struct found g = { 0 };

		/* numbers change places */
		hold(&f, t, HEAD NAMED NAMED2 COUNTER COUNTER2,
		     HEAD COUNTER2 COUNTER NAMED2 NAMED);
		only(t, &f, "");
		/* another beginning */
		hold(&g, t, HEAD COUNTER COUNTER2,
		     HEAD COUNTER "int counter2(void) { static int n = 8; return tell(\"n\", n--) + 1; }\n");
		only(t, &g, "counter2 n");
		must_be(t, &g, "counter2", FATE_CHANGED);
	}
}

static bool yes(void *data, const char *unit, unsigned from, unsigned to)
{
	(void)data;
	assert_string_equal(unit, "a.o");
	return to == from + 2;
}

static bool no(void *data, const char *unit, unsigned from, unsigned to)
{
	(void)data;
	(void)unit;
	(void)from;
	(void)to;
	return false;
}

static void a_constant_is_a_line_only_when_the_line_moved(void **state)
{
	(void)state;
	each_target(t) {
		_cleanup_found_ struct found f = { 0 }, g = { 0 }, h = { 0 };

		hold(&f, t, HEAD LINER, "\n\n" HEAD LINER);
		must_be(t, &f, "liner", FATE_CHANGED);
		moved = no;
		hold(&g, t, HEAD LINER, "\n\n" HEAD LINER);
		must_be(t, &g, "liner", FATE_CHANGED);
		moved = yes;
		hold(&h, t, HEAD LINER, "\n\n" HEAD LINER);
		moved = NULL;
		/* i386 pushes it in one byte */
		if (strcmp(t->name, "i386"))
			must_be(t, &h, "liner", FATE_PLACES);
	}
}

static void code_that_moves_is_found_in_the_other_unit(void **state)
{
	static const char decl[] = "int helper(int);\n";

	(void)state;
	each_target(t) {
		_cleanup_found_ struct found f = { 0 };
		struct identity_unit u[2] = { { .name = "a.o" },
					      { .name = "b.o" } };
		_cleanup_free_ char *rest =
			xasprintf("%s%s" CALLER COMPARED, HEAD, decl);

		compile_to(t, "a.c", HEAD SPEAKER NAMED HELPER COMPARED,
			   &f.before[0]);
		compile_to(t, "b.c", HEAD COUNTER, &f.before[1]);
		compile_to(t, "a.c", HEAD HELPER COMPARED, &f.after[0]);
		compile_to(t, "b.c", HEAD COUNTER SPEAKER NAMED, &f.after[1]);
		for (int i = 0; i < 2; i++) {
			u[i].before = &f.before[i];
			u[i].after = &f.after[i];
		}
		identity_find(&f.r, u, 2, NULL, NULL);
		only(t, &f, "speaker named __func__");
		must_be(t, &f, "speaker", FATE_MOVED);
		must_be(t, &f, "named", FATE_MOVED);
		assert_string_equal(item(&f, "speaker")->before, "a.o");
		assert_string_equal(item(&f, "speaker")->after, "b.o");
		assert_int_equal(f.r.fates[CODE_FUNCTION][FATE_REMOVED], 0);
		assert_int_equal(f.r.fates[CODE_FUNCTION][FATE_ADDED], 0);
	}
}

/* A branch that the assembler resolved, and one that is left to the linker. */
static void a_call_out_of_the_unit_is_the_same_call(void **state)
{
	static const char local[] = HEAD HELPER CALLER;
	static const char global[] =
		HEAD "int helper(int);\n" CALLER;

	(void)state;
	each_target(t) {
		_cleanup_found_ struct found f = { 0 };

		if (strstr(t->name, "ppc64"))
			continue; /* the TOC is restored: it is another code */
		hold(&f, t, local, global);
		must_be(t, &f, "caller", FATE_SAME);
		must_be(t, &f, "helper", FATE_REMOVED);
	}
}

static void units_that_come_and_go_are_accounted_for(void **state)
{
	(void)state;
	each_target(t) {
		_cleanup_found_ struct found f = { 0 };
		struct identity_unit u[2] = { { .name = "a.o" },
					      { .name = "b.o" } };

		compile_to(t, "a.c", HEAD SPEAKER, &f.before[0]);
		compile_to(t, "b.c", HEAD COUNTER, &f.after[0]);
		u[0].before = &f.before[0];
		u[1].after = &f.after[0];
		identity_find(&f.r, u, 2, NULL, NULL);
		must_be(t, &f, "speaker", FATE_REMOVED);
		must_be(t, &f, "counter", FATE_ADDED);
	}
}

static void sections_and_sizes_count(void **state)
{
	(void)state;
	each_target(t) {
		_cleanup_found_ struct found f = { 0 };

		hold(&f, t,
		     "int a(int x) { return x + 1; }\nint v[4]; int c = 1;\n",
		     "__attribute__((section(\".init.text\"))) int a(int x) { return x + 1; }\n"
		     "int v[5]; int c = 1;\n");
		only(t, &f, "a v");
		must_be(t, &f, "a", FATE_CHANGED);
		assert_non_null(strstr(item(&f, "a")->why, ".init.text"));
		must_be(t, &f, "v", FATE_CHANGED);
	}
}

/* struct alt_instr of x86: the last byte is the replacement's length. */
static void replacements_belong_to_their_function(void **state)
{
#define ALT(name, old, new) \
	"asm(\".text\\n.globl " name "\\n.type " name ",@function\\n" name ":\\n661: " old "\\n662: ret\\n\"\n" \
	"\".size " name ", . - " name "\\n.pushsection .altinstructions,\\\"a\\\"\\n.long 661b - .\\n.long 663f - .\\n\"\n" \
	"\".long 7\\n.byte 662b-661b\\n.byte 664f-663f\\n.popsection\\n\"\n" \
	"\".pushsection .altinstr_replacement,\\\"ax\\\"\\n663: " new "\\n664:\\n.popsection\\n\");\n"
	const struct machine *t = &machines[X86_64];
	_cleanup_found_ struct found f = { 0 }, g = { 0 };

	(void)state;
	hold(&f, t, ALT("first", "nop", "") ALT("second", "nop", "clc"),
	     ALT("first", "nop", "") ALT("second", "nop", "stc"));
	only(t, &f, "second");
	must_be(t, &f, "second", FATE_CHANGED);
	hold(&g, t, ALT("first", "nop", "clc") ALT("second", "nop", "stc"),
	     ALT("zero", "nop", "cld") ALT("first", "nop", "clc")
	     ALT("second", "nop", "stc"));
	only(t, &g, "zero");
}

static void names_lose_what_is_counted(void **state)
{
	static const struct {
		const char *symbol, *name;
		bool exec, counted;
	} cases[] = {
		{ "__func__.12", "__func__", false, true },
		{ "n.0", "n", false, true },
		{ "f.part.0", "f.part.0", true, false },
		{ "v2", "v2", false, false },
		{ "__initcall__kmod_kvm__501_6412_init6",
		  "__initcall__kmod_kvm____init", false, true },
		{ ".12", ".12", false, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		bool counted;
		_cleanup_free_ char *name = code_name(
			cases[i].symbol, cases[i].exec, &counted);

		assert_string_equal(name, cases[i].name);
		assert_int_equal(counted, cases[i].counted);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_code_is_identical),
		cmocka_unit_test(lines_that_move_change_nothing),
		cmocka_unit_test(one_character_changes_one_function),
		cmocka_unit_test(what_is_inserted_changes_nothing_else),
		cmocka_unit_test(the_callee_of_a_branch_counts),
		cmocka_unit_test(texts_and_tables_are_compared_by_content),
		cmocka_unit_test(counted_variables_are_told_apart_by_content),
		cmocka_unit_test(a_constant_is_a_line_only_when_the_line_moved),
		cmocka_unit_test(code_that_moves_is_found_in_the_other_unit),
		cmocka_unit_test(a_call_out_of_the_unit_is_the_same_call),
		cmocka_unit_test(units_that_come_and_go_are_accounted_for),
		cmocka_unit_test(sections_and_sizes_count),
		cmocka_unit_test(replacements_belong_to_their_function),
		cmocka_unit_test(names_lose_what_is_counted),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
