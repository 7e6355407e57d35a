// SPDX-License-Identifier: GPL-2.0-only
/*
 * Small C texts, one a kind of use: what cparse and the exposure audit say of a unit
 * that includes "include/linux/kvm_host.h".
 */
#include "builder.h"

#include "audit/exposure.h"
#include "sys/cparse.h"
#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/mem.h"
#include "sys/shellwords.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const char kvm_header[] =
	"#ifndef H\n#define H\n"
	"#include <linux/other.h>\n"
	"struct kvm { int lock; struct { int deep; }; int *p; };\n"
	"typedef unsigned long kvm_pfn_t;\n"
	"enum kvm_mode { KVM_ON, KVM_OFF };\n"
	"struct kvm *kvm_get(int);\n"
	"extern struct kvm the_kvm;\n"
	"static inline int kvm_lock(struct kvm *k) { return k->lock; }\n"
	"#define KVM_MAX 7\n"
	"#define kvm_lock_of(k) ((k)->lock)\n"
	"#endif\n";

static char *dir;

static void put(const char *name, const char *text)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_free_ char *path = path_join(dir, name);

	assert_int_equal(dir_make_for(path, &err), 0);
	assert_int_equal(file_write(path, text, strlen(text), &err), 0);
}

static int setup(void **state)
{
	char template[] = "/tmp/test-cparse.XXXXXX";

	(void)state;
	assert_non_null(mkdtemp(template));
	dir = xstrdup(template);
	put("include/linux/kvm_host.h", kvm_header);
	put("include/linux/other.h", "struct other { int o; };\n"
				     "#define OTHER 3\n");
	put("include/linux/plain.h", "struct kvm;\nint plain(struct kvm *k);\n"
				     "#define PLAIN(x) ((x) + KVM_MAX)\n");
	return 0;
}

static int teardown(void **state)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;

	(void)state;
	assert_int_equal(tree_remove(dir, &err), 0);
	free(dir);
	return 0;
}

/* A unit as kbuild records it. */
static void scan_source(const char *source, const char *text,
			struct exposure_unit *u)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	char name[] = "drivers/a.o", cmdfile[] = "drivers/.a.o.cmd";
	struct unit unit = { .target = name, .name = name,
			     .cmdfile = cmdfile, .kernel = true };
	struct exposure_site at = { dir, dir, "/recorded/src" };
	_cleanup_free_ char *cmd = xasprintf(
		"savedcmd_drivers/a.o := gcc -Wp,-MMD,drivers/.a.o.d "
		"-I/recorded/src/include -D__KERNEL__ -fconserve-stack "
		"-DNAME='\"a b\"' -c -o drivers/a.o /recorded/src/drivers/%s\n",
		source);
	_cleanup_free_ char *path = xasprintf("drivers/%s", source);

	put("drivers/.a.o.cmd", cmd);
	put(path, text);
	assert_int_equal(chdir(dir), 0);
	exposure_scan(&at, &unit, u);
	if (!u->error && exposure_try(&at, &unit, u, dir, &err))
		print_message("# %s\n", err.msg);
}

static void scan(const char *text, struct exposure_unit *u)
{
	scan_source("a.c", text, u);
}

/* The row of drivers/a.c, or of another file. */
static const struct exposure_row *row_of(const struct exposure_unit *u,
					 const char *file)
{
	for (size_t i = 0; i < u->nr_rows; i++)
		if (!strcmp(u->rows[i].file, file))
			return &u->rows[i];
	return NULL;
}

/* names: as printed, joined by ", " */
static void expect(const char *text, enum exposure_kind kind, const char *names)
{
	_cleanup_(exposure_unit_release) struct exposure_unit u = { 0 };
	_cleanup_free_ char *source =
		xasprintf("#include <linux/kvm_host.h>\n%s\n", text);
	_cleanup_free_ char *got = NULL;
	const struct exposure_row *row;

	scan(source, &u);
	if (u.error)
		fail_msg("%s: %s", text, u.error);
	row = row_of(&u, "drivers/a.c");
	assert_non_null(row);
	got = strlist_join(&row->names, ", ");
	assert_string_equal(got, names);
	assert_string_equal(exposure_kind_name(row->kind),
			    exposure_kind_name(kind));
}

static void test_kinds(void **state)
{
	(void)state;
	expect("int x;", EXPOSURE_NOTHING, "");
	expect("struct kvm *k;", EXPOSURE_POINTER, "struct kvm (2)");
	expect("int f(struct kvm *k)\n{ return k == 0; }", EXPOSURE_POINTER,
	       "struct kvm (2)");
	expect("void *f(void) { return kvm_get(1); }", EXPOSURE_FUNCTION,
	       "kvm_get() (2)");
	expect("void *f(void) { return &the_kvm; }", EXPOSURE_FUNCTION,
	       "the_kvm (2)");
	expect("struct kvm *kvm_get(int i) { return 0; }", EXPOSURE_FUNCTION,
	       "defines kvm_get() (2), struct kvm (2)");
	expect("int f(void *k) { return kvm_lock(k); }", EXPOSURE_MACRO,
	       "kvm_lock() (2)");
	expect("int f(void) { return KVM_MAX + KVM_OFF; }", EXPOSURE_MACRO,
	       "KVM_MAX (2), KVM_OFF (2)");
	expect("kvm_pfn_t p; enum kvm_mode m;", EXPOSURE_MACRO,
	       "kvm_pfn_t (2), enum kvm_mode (2)");
	expect("struct kvm k;", EXPOSURE_TYPE, "struct kvm (2)");
	expect("struct s { struct kvm k[2]; };", EXPOSURE_TYPE,
	       "struct kvm (2)");
	expect("int f(void) { return sizeof(struct kvm); }", EXPOSURE_TYPE,
	       "struct kvm (2)");
	expect("int f(void) { return sizeof(struct kvm *); }", EXPOSURE_POINTER,
	       "struct kvm (2)");
	expect("int f(struct kvm *k) { return sizeof(*k); }", EXPOSURE_TYPE,
	       "struct kvm (2)");
	expect("void f(struct kvm *a, struct kvm *b) { *a = *b; }",
	       EXPOSURE_TYPE, "struct kvm (2)");
	expect("void *f(struct kvm *k) { return k + 1; }", EXPOSURE_TYPE,
	       "struct kvm (2)");
	expect("void *f(struct kvm *k) { return ++k; }", EXPOSURE_TYPE,
	       "struct kvm (2)");
	expect("long f(struct kvm *k, struct kvm *l) { return k - l; }",
	       EXPOSURE_TYPE, "struct kvm (2)");
	expect("void f(struct kvm *k, struct kvm *l) { k = l; }",
	       EXPOSURE_POINTER, "struct kvm (2)");
	expect("int f(struct kvm *k) { return k->lock; }", EXPOSURE_MEMBERS,
	       "kvm.lock (2)");
	expect("int f(struct kvm *k) { return k->deep; }", EXPOSURE_MEMBERS,
	       "kvm.deep (2)");
	expect("int f(void) { return __builtin_offsetof(struct kvm, p); }",
	       EXPOSURE_MEMBERS, "kvm.p (2)");
	expect("struct kvm k = { .lock = 1 };", EXPOSURE_MEMBERS,
	       "kvm.lock (2), struct kvm (2)");
	/* with arguments of its own and through typeof */
	expect("#define MY(p, m) (p)->m\nint f(struct kvm *k) "
	       "{ return MY(k, lock); }", EXPOSURE_MEMBERS, "kvm.lock (3)");
	expect("__typeof__(((struct kvm *)0)->lock) v;", EXPOSURE_MEMBERS,
	       "kvm.lock (2)");
}

/* What a macro of KVM's does inside is KVM's business. */
static void test_macro_bodies(void **state)
{
	(void)state;
	expect("int f(void *k) { return kvm_lock_of((struct kvm *)k); }",
	       EXPOSURE_MACRO, "kvm_lock_of (2), struct kvm (2)");
	/* its own macros are its own */
	expect("#define MINE(k) ((k)->lock + KVM_MAX)\n"
	       "int f(struct kvm *k) { return MINE(k); }", EXPOSURE_MEMBERS,
	       "kvm.lock in MINE (2), KVM_MAX in MINE (2)");
	expect("#ifdef KVM_MAX\nint x;\n#endif", EXPOSURE_MACRO, "KVM_MAX (2)");
}

/* Another header's macro belongs to that header, its declarations save KVM's. */
static void test_other_headers(void **state)
{
	_cleanup_(exposure_unit_release) struct exposure_unit u = { 0 };
	const struct exposure_row *row;

	(void)state;
	expect("#include <linux/plain.h>\n"
	       "int f(struct kvm *k) { return plain(k); }", EXPOSURE_NOTHING,
	       "");
	scan("#include <linux/kvm_host.h>\n#include <linux/plain.h>\n"
	     "int f(void) { return PLAIN(1); }\n", &u);
	row = row_of(&u, "include/linux/plain.h");
	assert_non_null(row);
	assert_int_equal(row->line, 0); /* it leaves the include to others */
	assert_int_equal(row->kind, EXPOSURE_MACRO);
	assert_string_equal(row->names.v[0], "KVM_MAX in PLAIN (3)");
	assert_int_equal(row_of(&u, "drivers/a.c")->kind, EXPOSURE_NOTHING);
	/* and because of that it cannot go */
	assert_int_equal(u.nr_removals, 0);
}

static void test_arrivals_and_removal(void **state)
{
	_cleanup_(exposure_unit_release) struct exposure_unit u = { 0 };

	(void)state;
	scan("int x;\n#include <linux/kvm_host.h>\n"
	     "int f(struct other *o) { return o->o + OTHER; }\n", &u);
	assert_null(u.error);
	assert_int_equal(u.nr_rows, 1);
	assert_int_equal(u.rows[0].kind, EXPOSURE_NOTHING);
	assert_int_equal(u.rows[0].line, 2);
	assert_int_equal(u.rows[0].arrivals.nr, 2);
	assert_string_equal(u.rows[0].arrivals.v[0],
			    "other.o (3) of <linux/other.h>");
	assert_int_equal(u.nr_removals, 1);
	assert_int_equal(u.removals[0].line, 2);
	assert_int_equal(u.removals[0].proof, EXPOSURE_PROVED);
	assert_int_equal(u.removals[0].instead.nr, 1);
	assert_string_equal(u.removals[0].instead.v[0], "linux/other.h");
	assert_int_equal(u.removals[0].forward.nr, 0);
}

/* A name that only a prototype needs: with a declaration in the include's place. */
static void test_forward(void **state)
{
	_cleanup_(exposure_unit_release) struct exposure_unit u = { 0 };

	(void)state;
	scan("#include <linux/kvm_host.h>\nint f(struct kvm *k);\n"
	     "int f(struct kvm *k) { return k == 0; }\n", &u);
	assert_int_equal(u.nr_removals, 1);
	assert_int_equal(u.removals[0].proof, EXPOSURE_PROVED);
	assert_int_equal(u.removals[0].forward.nr, 1);
	assert_string_equal(u.removals[0].forward.v[0], "struct kvm");
}

static void test_skipped(void **state)
{
	_cleanup_(exposure_unit_release) struct exposure_unit u = { 0 };

	(void)state;
	scan("#include <linux/kvm_host.h>\n#ifdef CONFIG_X\n"
	     "int f(void) { return kvm_get(0) != 0; /* kvm_lock */ }\n"
	     "#endif\n", &u);
	assert_int_equal(u.nr_removals, 1);
	assert_int_equal(u.removals[0].proof, EXPOSURE_PROVED);
	assert_int_equal(u.removals[0].skipped.nr, 1);
	assert_string_equal(u.removals[0].skipped.v[0], "kvm_get (3)");
}

/* libclang does not show expressions in attributes; the compiler does not let the
 * claim pass that follows from that. */
static void test_refuted(void **state)
{
	_cleanup_(exposure_unit_release) struct exposure_unit u = { 0 };

	(void)state;
	scan("#include <linux/kvm_host.h>\n"
	     "int x __attribute__((aligned(sizeof(struct kvm))));\n", &u);
	assert_int_equal(u.rows[0].kind, EXPOSURE_NOTHING);
	assert_int_equal(u.nr_removals, 1);
	assert_int_equal(u.removals[0].proof, EXPOSURE_REFUTED);
	assert_non_null(strstr(u.removals[0].message, "error: "));
}

static void test_edit(void **state)
{
	struct exposure_removal r = { .line = 1 };
	_cleanup_free_ char *edited = NULL;
	bool done = true;

	(void)state;
	strlist_add(&r.forward, "struct kvm");
	edited = exposure_edit("#include <x>\nint x;\n", &r, 1, &done);
	assert_string_equal(edited, "struct kvm; \nint x;\n");
	free(edited);
	strlist_add(&r.instead, "y.h");
	edited = exposure_edit("#include <x>\nint x;\n", &r, 1, &done);
	assert_string_equal(edited, "struct kvm; \n#include <y.h>\n#line 2\n"
				    "int x;\n");
	free(edited);
	done = false;
	edited = exposure_edit("#include <x>\nint x;", &r, 1, &done);
	assert_string_equal(edited, "#include <x>\nint x;");
	strlist_release(&r.forward);
	strlist_release(&r.instead);
}

static void test_not_parsed(void **state)
{
	_cleanup_(exposure_unit_release) struct exposure_unit u = { 0 };

	(void)state;
	scan("#include <linux/kvm_host.h>\nint f(void) { return none(; }\n",
	     &u);
	assert_non_null(u.error);
	assert_true(starts_with(u.error, "drivers/a.c:2: "));
	assert_int_equal(u.nr_rows, 0);
	exposure_unit_release(&u);
	scan("#include <linux/gone.h>\n", &u);
	assert_string_equal(u.error, "drivers/a.c:1: 'linux/gone.h' file not "
				     "found");
}

static void test_asm_statement(void **state)
{
	_cleanup_(exposure_unit_release) struct exposure_unit u = { 0 };

	(void)state;
	scan("#include <linux/kvm_host.h>\n"
	     "void f(int *p) { asm(\"\" : : \"=@nonsense\"(*p)); }\n", &u);
	assert_null(u.error);
	assert_int_equal(u.notes.nr, 1);
	assert_true(starts_with(u.notes.v[0], "drivers/a.c:2: "));
}

static void test_assembler(void **state)
{
	_cleanup_(exposure_unit_release) struct exposure_unit u = { 0 };

	(void)state;
	scan_source("b.S", "#include <linux/kvm_host.h>\n"
			   "entry: mov $KVM_MAX, %eax\n", &u);
	assert_null(u.error);
	assert_true(u.assembler);
	assert_int_equal(u.rows[0].kind, EXPOSURE_MACRO);
	assert_string_equal(u.rows[0].names.v[0], "KVM_MAX (2)");
	assert_int_equal(u.nr_removals, 0);
}

static void test_json(void **state)
{
	_cleanup_(exposure_unit_release) struct exposure_unit u = { 0 };
	_cleanup_(exposure_unit_release) struct exposure_unit back = { 0 };
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_free_ char *text = NULL, *again = NULL;

	(void)state;
	scan("#include <linux/kvm_host.h>\nint x = KVM_MAX + OTHER;\n"
	     "#ifdef N\nint y = KVM_OFF;\n#endif\n", &u);
	text = exposure_dump(&u);
	assert_int_equal(exposure_load(text, &back, &err), 0);
	again = exposure_dump(&back);
	assert_string_equal(text, again);
	exposure_unit_release(&back);
	assert_int_equal(exposure_load("[]", &back, &err), -1);
}

/* ---- commands -------------------------------------------------------------------- */

static void assert_args(const char *command, const char *want)
{
	_cleanup_strlist_ struct strlist argv = STRLIST_INIT;
	_cleanup_strlist_ struct strlist out = STRLIST_INIT;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_free_ char *got = NULL;

	assert_int_equal(shellwords_split(command, &argv, &err), 0);
	assert_int_equal(cparse_args(&argv, &out, &err), 0);
	got = strlist_join(&out, " ");
	assert_true(starts_with(got, "clang -w -ferror-limit=0 "
				     "-Qunused-arguments"));
	assert_string_equal(strstr(got, "arguments") + strlen("arguments"),
			    want);
}

#define GCC " -DCONFIG_CC_IS_CLANG=1"

static void test_args(void **state)
{
	(void)state;
	assert_args("s390x-linux-gnu-gcc -c x.c",
		    GCC " --target=s390x-linux-gnu x.c");
	assert_args("/usr/bin/powerpc64le-linux-gnu-gcc-12 -m32 x.c",
		    GCC " --target=powerpc64le-linux-gnu -m32 x.c");
	assert_args("gcc x.c", GCC " x.c");
	assert_args("clang-15 --target=x x.c", " --target=x x.c");
	/* where output goes */
	assert_args("gcc -Wp,-MMD,a.d -o a.o -oa.o -c -S -pipe -fsyntax-only x.c",
		    GCC " x.c");
	/* warnings; not what is passed to the preprocessor */
	assert_args("gcc -Wall -Werror=x -Wno-y -Wa,-march=z -Wp,-DX=2 x.c",
		    GCC " -Wp,-DX=2 x.c");
	/* code generation, with and without no- */
	assert_args("gcc -fno-stack-check -fconserve-stack "
		    "-mtune=z15 -mabi=lp64 --param asan=1 --param=x=2 "
		    "-mstack-protector-guard-reg=r13 -mindirect-branch=thunk "
		    "-falign-functions=16 -ffixed-r30 x.c", GCC " x.c");
	/* what may change a meaning */
	assert_args("gcc -funsigned-char -fshort-wchar -std=gnu11 -m64 "
		    "-march=z13 -mabi=elfv2 -include a.h -iquote d x.c",
		    GCC " -funsigned-char -fshort-wchar -std=gnu11 -m64 "
			"-march=z13 -mabi=elfv2 -include a.h -iquote d x.c");
	assert_non_null(cparse_option_why("-fno-reorder-blocks"));
	assert_null(cparse_option_why("-fms-extensions"));
	assert_null(cparse_option_why("-fnonsense"));
}

static void test_words(void **state)
{
	static const char *const bad[] = { "gcc $(X)", "gcc `x`", "gcc *.c",
					   "a | b", "gcc \"x", "gcc > y",
					   "gcc \"$$x\"" };
	_cleanup_strlist_ struct strlist argv = STRLIST_INIT;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;

	(void)state;
	assert_int_equal(shellwords_split("a  'b c'\\ d \"e\\\"f\" -D$(pound)1 "
					  "'$$x' ''", &argv, &err), 0);
	assert_int_equal(argv.nr, 6);
	assert_string_equal(argv.v[1], "b c d");
	assert_string_equal(argv.v[2], "e\"f");
	assert_string_equal(argv.v[3], "-D#1");
	assert_string_equal(argv.v[4], "$x");
	assert_string_equal(argv.v[5], "");
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(shellwords_split(bad[i], &argv, &err), -1);
}

static void test_headers(void **state)
{
	static const char *const kvm[] = {
		"arch/s390/include/asm/kvm_host.h", "include/linux/kvm_host.h",
		"include/kvm/arm_vgic.h", "arch/s390/kvm/kvm-s390.h",
		"arch/arm64/kvm/hyp/include/hyp/switch.h", "virt/kvm/pfncache.h",
	};
	static const char *const others[] = {
		"include/linux/entry-kvm.h", "include/uapi/linux/kvm.h",
		"arch/s390/include/uapi/asm/kvm.h", "arch/arm64/kvm/arm.c",
		"tools/include/kvm/x.h",
	};
	char lib[] = "arch/arm64/lib/memcpy.nvhe.o";
	char kvm_lib[] = "arch/arm64/kvm/hyp/nvhe/../../../lib/memcpy.nvhe.o";

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kvm); i++)
		assert_true(exposure_is_header(kvm[i]));
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		assert_false(exposure_is_header(others[i]));
	assert_true(exposure_is_kvm_unit(&(struct unit){
		.name = lib, .target = kvm_lib }));
	assert_false(exposure_is_kvm_unit(&(struct unit){
		.name = lib, .target = lib }));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_macro_bodies),
		cmocka_unit_test(test_other_headers),
		cmocka_unit_test(test_arrivals_and_removal),
		cmocka_unit_test(test_forward),
		cmocka_unit_test(test_skipped),
		cmocka_unit_test(test_refuted),
		cmocka_unit_test(test_edit),
		cmocka_unit_test(test_not_parsed),
		cmocka_unit_test(test_asm_statement),
		cmocka_unit_test(test_assembler),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_args),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_headers),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, setup, teardown);
}
