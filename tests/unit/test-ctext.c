// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a C text declares and includes, on which line and under which
 * conditions.
 */
#include "engine/ctext.h"

#include "sys/mem.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static struct ctext t;

/* names: commas between. */
static void scan(const char *names, const char *text)
{
	_cleanup_strmap_ struct strmap wanted = STRMAP_INIT;
	_cleanup_free_ char *copy = xstrdup(names);
	char *save;

	ctext_release(&t);
	for (char *n = strtok_r(copy, ",", &save); n;
	     n = strtok_r(NULL, ",", &save))
		strmap_set(&wanted, n, copy);
	ctext_scan(&t, text, strlen(text), &wanted);
}

static const struct ctext_decl *decl(const char *name)
{
	for (size_t i = 0; i < t.nr_decls; i++)
		if (!strcmp(t.decls[i].name, name))
			return &t.decls[i];
	return NULL;
}

static void assert_decl(const char *name, enum ctext_kind kind, unsigned line)
{
	const struct ctext_decl *d = decl(name);

	assert_non_null(d);
	assert_int_equal(d->kind, kind);
	assert_int_equal(d->line, line);
}

static void declarations_of_every_form_are_found(void **state)
{
	(void)state;
	scan("f,g,v,w,arr,T,fp,cb,E1,E2,M,FM,struct s,union u,enum e,per,init",
	     "struct s { int a; };\n"
	     "union u {\n\tint b;\n};\n"
	     "enum e { E1, E2 = M(1, 2) };\n"
	     "int f(int x,\n\t int y);\n"
	     "static inline struct s *g(void)\n{\n\treturn f(v);\n}\n"
	     "extern int v, w;\n"
	     "extern struct s *arr[2];\n"
	     "typedef struct { int q; } T;\n"
	     "typedef int (*fp)(int);\n"
	     "extern void (*cb)(void);\n"
	     "#define M(a, b) \\\n\t(a)\n"
	     "#define FM 1 /* more\n*/\n"
	     "DECLARE_PER_CPU(struct s, per);\n"
	     "int __init init(void) { return 0; }\n");
	assert_decl("struct s", CTEXT_TYPE, 1);
	assert_decl("union u", CTEXT_TYPE, 2);
	assert_decl("enum e", CTEXT_TYPE, 5);
	assert_decl("E1", CTEXT_DECLARED, 5);
	assert_decl("E2", CTEXT_DECLARED, 5);
	assert_decl("f", CTEXT_DECLARED, 6);
	assert_decl("g", CTEXT_DEFINED, 8);
	assert_decl("v", CTEXT_DECLARED, 12);
	assert_decl("w", CTEXT_DECLARED, 12);
	assert_decl("arr", CTEXT_DECLARED, 13);
	assert_decl("T", CTEXT_DECLARED, 14);
	assert_decl("fp", CTEXT_DECLARED, 15);
	assert_decl("cb", CTEXT_DECLARED, 16);
	assert_decl("M", CTEXT_MACRO, 18);
	assert_decl("FM", CTEXT_MACRO, 20);
	assert_decl("per", CTEXT_BY_MACRO, 21);
	assert_decl("init", CTEXT_DEFINED, 22);
}

static void a_use_is_no_declaration(void **state)
{
	(void)state;
	scan("x,y,z,s,arg,call,struct s,local",
	     "struct s;\n"
	     "struct s *other(struct s *arg, int y);\n"
	     "int use(void)\n{\n"
	     "\tint local = call(x) + z;\n"
	     "\tstruct s { int a; } t;\n"
	     "\tif (x) { z(); }\n"
	     "\treturn \"struct s { }; int z;\"[0];\n"
	     "}\n"
	     "/* int x; */ // int y;\n"
	     "int k = x(1);\n");
	assert_int_equal(t.nr_decls, 0);
}

static void members_belong_to_the_structure_with_a_name(void **state)
{
	(void)state;
	scan("struct s.a,struct s.in,struct s.fn,struct s.bits,struct s.sub,"
	     "struct t.in,struct s.type",
	     "struct s {\n"
	     "\tint a;\n"
	     "\tstruct {\n\t\tint in;\n\t};\n"
	     "\tvoid (*fn)(int type);\n"
	     "\tunsigned bits:3;\n"
	     "\tstruct t { int in; } sub;\n"
	     "};\n");
	assert_decl("struct s.a", CTEXT_MEMBER, 2);
	assert_decl("struct s.in", CTEXT_MEMBER, 4);
	assert_decl("struct s.fn", CTEXT_MEMBER, 6);
	assert_decl("struct s.bits", CTEXT_MEMBER, 7);
	assert_decl("struct t.in", CTEXT_MEMBER, 8);
	assert_decl("struct s.sub", CTEXT_MEMBER, 8);
}

static void exports_are_no_declarations(void **state)
{
	(void)state;
	scan("kvm_a,kvm_b", "EXPORT_SYMBOL_GPL(kvm_a);\n"
			    "int kvm_b(void) { return 0; }\n"
			    "EXPORT_SYMBOL_NS(kvm_b, \"KVM\");\n");
	assert_int_equal(t.nr_decls, 3);
	assert_int_equal(t.decls[0].kind, CTEXT_EXPORTED);
	assert_int_equal(t.decls[1].kind, CTEXT_DEFINED);
	assert_int_equal(t.decls[2].kind, CTEXT_EXPORTED);
}

static void conditions_are_told_and_guards_are_none(void **state)
{
	(void)state;
	scan("a,b,c,d,e", "/* head */\n"
			  "#ifndef GUARD_H\n"
			  "#define GUARD_H\n"
			  "int a;\n"
			  "#ifdef __KVM__\n"
			  "int b;\n"
			  "#else\n"
			  "int c;\n"
			  "#endif\n"
			  "# if defined(X) && \\\n\tdefined(Y)\n"
			  "int d;\n"
			  "#elif Z > 3\n"
			  "int e;\n"
			  "#endif\n"
			  "#endif\n");
	assert_null(decl("a")->cond);
	assert_string_equal(decl("b")->cond->text, "#ifdef __KVM__");
	assert_int_equal(decl("b")->cond->line, 5);
	assert_null(decl("b")->cond->outer);
	assert_string_equal(decl("c")->cond->text, "#else of #ifdef __KVM__");
	assert_true(decl("c")->cond->not );
	assert_int_equal(decl("d")->cond->line, 10);
	assert_string_equal(decl("e")->cond->text, "#elif Z > 3");
	assert_ptr_equal(ctext_cond_extra(decl("b")->cond, NULL),
			 decl("b")->cond);
	assert_null(ctext_cond_extra(decl("b")->cond, decl("b")->cond));
	/* its contrary is another one */
	assert_non_null(ctext_cond_extra(decl("c")->cond, decl("b")->cond));
}

static void a_condition_that_is_not_around_all_is_no_guard(void **state)
{
	(void)state;
	scan("a", "int first;\n#ifndef A\n#define A\nint a;\n#endif\n");
	assert_string_equal(decl("a")->cond->text, "#ifndef A");
}

static void branches_may_open_the_same_brace(void **state)
{
	(void)state;
	scan("f,after", "#ifdef A\nint f(int a) {\n#else\nint f(void) {\n"
			"#endif\n\treturn 0;\n}\nint after;\n");
	assert_int_equal(t.nr_decls, 3);
	assert_decl("after", CTEXT_DECLARED, 8);
}

static void includes_are_found_with_form_and_condition(void **state)
{
	(void)state;
	scan("none", "#include <linux/a.h>\n"
		     " # include \"b.h\" /* why */\n"
		     "#ifdef CONFIG_X\n#include<c.h>\n#endif\n"
		     "#include MACRO\n#include_next <d.h>\n"
		     "/* #include <e.h> */\n");
	assert_int_equal(t.nr_includes, 3);
	assert_string_equal(t.includes[0].name, "linux/a.h");
	assert_int_equal(t.includes[0].form, '<');
	assert_string_equal(t.includes[1].name, "b.h");
	assert_int_equal(t.includes[1].form, '"');
	assert_int_equal(t.includes[1].line, 2);
	assert_string_equal(t.includes[2].name, "c.h");
	assert_string_equal(t.includes[2].cond->expr, "defined(CONFIG_X)");
}

static enum ctext_truth holds(const char *line)
{
	static char y[] = "y", m[] = "m";
	_cleanup_strmap_ struct strmap config = STRMAP_INIT;
	_cleanup_free_ char *text =
		xasprintf("int first;\n%s\nint x;\n#endif\n", line);

	strmap_set(&config, "CONFIG_Y", y);
	strmap_set(&config, "CONFIG_M", m);
	scan("x", text);
	return ctext_cond_holds(decl("x")->cond, &config);
}

static void options_decide_conditions_and_nothing_else_does(void **state)
{
	(void)state;
	assert_int_equal(holds("#ifdef CONFIG_Y"), CTEXT_TRUE);
	assert_int_equal(holds("#ifdef CONFIG_N"), CTEXT_FALSE);
	assert_int_equal(holds("#ifndef CONFIG_N"), CTEXT_TRUE);
	/* a module defines CONFIG_M_MODULE */
	assert_int_equal(holds("#ifdef CONFIG_M"), CTEXT_FALSE);
	assert_int_equal(holds("#if IS_ENABLED(CONFIG_M)"), CTEXT_TRUE);
	assert_int_equal(holds("#if IS_MODULE(CONFIG_M)"), CTEXT_TRUE);
	assert_int_equal(holds("#if !defined(CONFIG_Y) || 0"), CTEXT_FALSE);
	assert_int_equal(holds("#if defined CONFIG_Y && FOO"), CTEXT_UNKNOWN);
	assert_int_equal(holds("#if defined(CONFIG_N) && FOO"), CTEXT_FALSE);
	assert_int_equal(holds("#if defined(CONFIG_Y) || FOO"), CTEXT_TRUE);
	assert_int_equal(holds("#if CONFIG_PGTABLE_LEVELS > 3"), CTEXT_UNKNOWN);
	assert_int_equal(holds("#if (1 + 1) == 2 && !defined(CONFIG_Y)"),
			 CTEXT_FALSE);
	assert_int_equal(holds("#ifndef __ASSEMBLY__"), CTEXT_TRUE);
	assert_int_equal(holds("#ifdef __KVM__"), CTEXT_UNKNOWN);
	assert_int_equal(holds("#ifdef CONFIG_Y\n#else"), CTEXT_FALSE);
}

static void damaged_text_is_no_danger(void **state)
{
	static const char *const texts[] = {"",
					    "#",
					    "#if",
					    "#endif\n#else\n#elif\n",
					    "{{{{",
					    "}}}}",
					    "/*",
					    "\"unfinished",
					    "struct {",
					    "#include <",
					    "#ifndef\n#define",
					    "a\\",
					    "enum {,,,};",
					    "((((((x)",
					    "'",
					    "#define",
					    "/",
					    "x /"};
	_cleanup_free_ char *deep = xmalloc(3001);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		scan("x", texts[i]);
	for (size_t i = 0; i < 3000; i += 3)
		memcpy(deep + i, "#if", 3);
	deep[3000] = '\0';
	scan("x", deep);
	memset(deep, '{', 3000);
	scan("x", deep);
	for (size_t i = 0; i + 6 <= 3000; i += 6)
		memcpy(deep + i, "#if 1\n", 6);
	scan("x", deep);
}

static int finish(void **state)
{
	(void)state;
	ctext_release(&t);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(declarations_of_every_form_are_found),
		cmocka_unit_test(a_use_is_no_declaration),
		cmocka_unit_test(members_belong_to_the_structure_with_a_name),
		cmocka_unit_test(exports_are_no_declarations),
		cmocka_unit_test(conditions_are_told_and_guards_are_none),
		cmocka_unit_test(
			a_condition_that_is_not_around_all_is_no_guard),
		cmocka_unit_test(branches_may_open_the_same_brace),
		cmocka_unit_test(includes_are_found_with_form_and_condition),
		cmocka_unit_test(
			options_decide_conditions_and_nothing_else_does),
		cmocka_unit_test(damaged_text_is_no_danger),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, finish);
}
