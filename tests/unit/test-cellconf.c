// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests, the comparison with what came out, and the explanations, on a small
 * Kconfig tree; and the shell command, run against a stand-in for the kernel.
 */
#include "engine/cellconf.h"
#include "engine/kconfig_expr.h"
#include "model/diagnostic.h"
#include "model/matrix.h"
#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/mem.h"
#include "sys/strbuf.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <sys/stat.h>

struct fixture {
	char *dir;
	char *data; /* tests/data/cellconf */
	char *configs; /* tests/data/matrix/home/configs */
	struct errbuf err;
	struct strlist wanted, where;
	struct lost_options lost;
};

static int setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));
	const char *tmp = getenv("TMPDIR");
	const char *top = getenv("KVMATRIX_TOP");

	f->dir = xasprintf("%s/test-cellconf.XXXXXX", tmp ? tmp : "/tmp");
	assert_non_null(mkdtemp(f->dir));
	f->data = xasprintf("%s/tests/data/cellconf", top ? top : ".");
	f->configs = xasprintf("%s/tests/data/matrix/home/configs",
			       top ? top : ".");
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(tree_remove(f->dir, &f->err), 0);
	strlist_release(&f->wanted);
	strlist_release(&f->where);
	lost_options_release(&f->lost);
	errbuf_release(&f->err);
	free(f->dir);
	free(f->data);
	free(f->configs);
	free(f);
	return 0;
}

static char *put(struct fixture *f, const char *name, const char *text)
{
	char *path = path_join(f->dir, name);

	assert_int_equal(dir_make_for(path, &f->err), 0);
	assert_int_equal(file_write(path, text, strlen(text), &f->err), 0);
	return path;
}

static void expect_list(const struct strlist *l, ...)
{
	const char *s;
	size_t i = 0;
	va_list ap;

	va_start(ap, l);
	while ((s = va_arg(ap, const char *))) {
		assert_true(i < l->nr);
		assert_string_equal(l->v[i++], s);
	}
	va_end(ap);
	assert_int_equal(l->nr, i);
}

static void test_fragment(void **state)
{
	struct fixture *f = *state;
	_cleanup_free_ char *path =
		put(f, "configs/x.config",
		    "# a comment\n\nCONFIG_A=y\r\n# CONFIG_B is not set\n"
		    "CONFIG_C=\"a # b\"  \nCONFIG_D=-5\nCONFIG_E=0xFf");

	if (cellconf_parse_fragment(path, &f->wanted, &f->where, &f->err) < 0)
		fail_msg("%s", f->err.msg);
	expect_list(&f->wanted, "CONFIG_A=y", "CONFIG_B=n",
		    "CONFIG_C=\"a # b\"", "CONFIG_D=-5", "CONFIG_E=0xFf",
		    NULL);
	expect_list(&f->where, "configs/x.config:3", "configs/x.config:4",
		    "configs/x.config:5", "configs/x.config:6",
		    "configs/x.config:7", NULL);
}

static void test_fragment_typos(void **state)
{
	static const char *const bad[] = {
		"KVM=y", "CONFIG_KVM = y", "CONFIG_KVM=yes", "CONFIG_KVM",
		"CONFIG_=y", "CONFIG_A=\"open", "CONFIG_A=y # why",
		"# CONFIG_KVM is not set.", "#CONFIG_KVM is not set",
		"# CONFIG_KVM not set", "config_a=y", " CONFIG_A=y",
		"CONFIG_A-B=y", "CONFIG_A=0x", "CONFIG_A=",
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_free_ char *text =
			xasprintf("CONFIG_A=y\n\n%s\n", bad[i]);
		_cleanup_free_ char *path = put(f, "my.config", text);
		_cleanup_free_ char *place = xasprintf("%s:3: ", path);

		if (!cellconf_parse_fragment(path, &f->wanted, &f->where,
					     &f->err))
			fail_msg("taken: %s", bad[i]);
		if (!starts_with(f->err.msg, place))
			fail_msg("not at %s: %s", place, f->err.msg);
	}
	assert_int_equal(cellconf_parse_fragment("/nowhere/x", &f->wanted,
						 &f->where, &f->err),
			 -1);
	assert_non_null(strstr(f->err.msg, "/nowhere/x"));
}

static void test_write(void **state)
{
	struct fixture *f = *state;
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	_cleanup_free_ char *out = path_join(f->dir, "cell.fragment");
	struct cell c = { .config = (char *)"deft" };

	strlist_addf(&c.fragments, "%s/kvm.config", f->configs);
	strlist_addf(&c.fragments, "%s/kvm-x86_64.config", f->configs);
	strlist_addf(&c.fragments, "%s/extra.config", f->configs);
	strlist_addl(&c.options, "CONFIG_KVM=y", "CONFIG_WERROR=y",
		     "CONFIG_NR=8", NULL);
	if (cellconf_write_fragment(&c, f->dir, &f->wanted, &f->where,
				    &f->err) < 0)
		fail_msg("%s", f->err.msg);
	expect_list(&f->wanted, "CONFIG_XEN=n", "CONFIG_VIRT=n",
		    "CONFIG_KVM=y", "CONFIG_WERROR=y", "CONFIG_NR=8", NULL);
	expect_list(&f->where, "configs/extra.config:2",
		    "configs/extra.config:3", "options of configuration 'deft'",
		    "options of configuration 'deft'",
		    "options of configuration 'deft'", NULL);
	assert_int_equal(file_read(out, &text, &f->err), 0);
	assert_non_null(strstr(text.buf, "# CONFIG_KVM_WERROR is not set\n"));
	assert_non_null(strstr(text.buf, "CONFIG_PPC_DISABLE_WERROR=y\n"));
	assert_true(ends_with(text.buf, "# CONFIG_XEN is not set\n"
					"# CONFIG_VIRT is not set\n"
					"CONFIG_KVM=y\nCONFIG_WERROR=y\n"
					"CONFIG_NR=8\n"));
	assert_null(strstr(text.buf, "# CONFIG_WERROR is"));
	assert_null(strstr(text.buf, "CONFIG_VIRT=y"));
	strlist_add(&c.fragments, "/nowhere/at.config");
	assert_int_equal(cellconf_write_fragment(&c, f->dir, &f->wanted,
						 &f->where, &f->err),
			 -1);
	strlist_release(&c.fragments);
	strlist_release(&c.options);
}

static const char config_text[] =
	"#\n# Automatically generated file\n#\nCONFIG_VIRT=y\nCONFIG_KVM=m\n"
	"CONFIG_PSP=m\n# CONFIG_XEN is not set\nCONFIG_NAME=\"a=b\"\n"
	"CONFIG_NR=64\nCONFIG_ADDR=0x00FF\nCONFIG_FORCER=y\nCONFIG_FORCED=y\n"
	"CONFIG_EXPERT=y\nCONFIG_FOO_SELECTED=y\nCONFIG_MODULES=y\n"
	"CONFIG_PAGES_4K=y\n# CONFIG_PAGES_64K is not set\n"
	"CONFIG_VCPUS=1024\n";

/* Compares one request; its got, or NULL when it is not lost. */
static const char *got(struct fixture *f, const char *option)
{
	struct strlist wanted = STRLIST_INIT, where = STRLIST_INIT;

	lost_options_release(&f->lost);
	strlist_add(&wanted, option);
	strlist_add(&where, "x:1");
	cellconf_check(&wanted, &where, config_text, &f->lost);
	strlist_release(&wanted);
	strlist_release(&where);
	assert_true(f->lost.nr <= 1);
	if (!f->lost.nr)
		return NULL;
	assert_string_equal(f->lost.v[0].option, option);
	assert_string_equal(f->lost.v[0].where, "x:1");
	assert_null(f->lost.v[0].why);
	return f->lost.v[0].got;
}

static void test_check(void **state)
{
	struct fixture *f = *state;

	assert_null(got(f, "CONFIG_VIRT=y"));
	assert_null(got(f, "CONFIG_KVM=m"));
	assert_null(got(f, "CONFIG_XEN=n"));
	assert_null(got(f, "CONFIG_NEVER_HEARD_OF=n"));
	assert_null(got(f, "CONFIG_NAME=\"a=b\""));
	assert_null(got(f, "CONFIG_NR=64"));
	assert_null(got(f, "CONFIG_ADDR=0xff"));
	assert_string_equal(got(f, "CONFIG_KVM=y"), "m");
	assert_string_equal(got(f, "CONFIG_VIRT=m"), "y");
	assert_string_equal(got(f, "CONFIG_VIRT=n"), "y");
	assert_string_equal(got(f, "CONFIG_PSP=n"), "m");
	assert_string_equal(got(f, "CONFIG_XEN=y"), "n");
	assert_string_equal(got(f, "CONFIG_XEN=m"), "n");
	assert_string_equal(got(f, "CONFIG_KVM_X=y"), "absent");
	/* a prefix of another option's name is another option */
	assert_string_equal(got(f, "CONFIG_VIR=y"), "absent");
	assert_string_equal(got(f, "CONFIG_NAME=\"a\""), "\"a=b\"");
	assert_string_equal(got(f, "CONFIG_NR=6"), "64");
	assert_string_equal(got(f, "CONFIG_ADDR=0xfe"), "0x00FF");
	assert_string_equal(got(f, "CONFIG_GONE=\"\""), "absent");
}

static const char *why(struct fixture *f, const char *option)
{
	_cleanup_free_ char *tree = path_join(f->data, "tree");

	if (!got(f, option))
		fail_msg("%s is not lost", option);
	cellconf_explain(&f->lost, tree, "x86", config_text);
	return f->lost.v[0].why ? f->lost.v[0].why : "(null)";
}

static void test_why_dependency(void **state)
{
	struct fixture *f = *state;

	assert_string_equal(why(f, "CONFIG_KVM_XEN=y"), "depends on XEN (=n)");
	assert_string_equal(why(f, "CONFIG_PSP_USER=y"), "depends on PSP (=m)");
	assert_string_equal(why(f, "CONFIG_KVM_INTEL=y"),
			    "depends on KVM (=m)");
}

static void test_why_menu(void **state)
{
	struct fixture *f = *state;
	_cleanup_free_ char *tree = path_join(f->data, "tree");
	struct strlist wanted = STRLIST_INIT, where = STRLIST_INIT;

	strlist_addl(&wanted, "CONFIG_LIB_THING=y", "CONFIG_LIB_FREE=y",
		     "CONFIG_KVM=y", "CONFIG_PAGES_64K=y", NULL);
	cellconf_check(&wanted, &where, "CONFIG_XEN=y\n", &f->lost);
	cellconf_explain(&f->lost, tree, "x86", "CONFIG_XEN=y\n");
	assert_int_equal(f->lost.nr, 4);
	assert_string_equal(f->lost.v[0].why, "depends on EXPERT (=n)");
	assert_null(f->lost.v[1].why);
	assert_string_equal(f->lost.v[2].why, "depends on VIRT (=n)");
	assert_string_equal(f->lost.v[3].why, "depends on !XEN (XEN=y)");
	strlist_release(&wanted);
	strlist_release(&where);
}

static void test_why_select(void **state)
{
	struct fixture *f = *state;

	assert_string_equal(why(f, "CONFIG_FORCED=n"),
			    "selected by FORCER (=y)");
	assert_string_equal(why(f, "CONFIG_FORCED=m"),
			    "selected by FORCER (=y)");
	assert_string_equal(why(f, "CONFIG_FOO_SELECTED=n"),
			    "selected by FORCER (=y)");
}

static void test_why_prompt(void **state)
{
	struct fixture *f = *state;
	_cleanup_free_ char *tree = path_join(f->data, "tree");
	struct strlist wanted = STRLIST_INIT, where = STRLIST_INIT;

	assert_string_equal(why(f, "CONFIG_HIDDEN=y"),
			    "has no prompt: it cannot be set, only follow its default");
	assert_string_equal(why(f, "CONFIG_VIRT=m"),
			    "is bool: it can be y or n, never m");
	strlist_addl(&wanted, "CONFIG_TEMPTING=n", "CONFIG_FOO_SELECTED=y",
		     NULL);
	lost_options_release(&f->lost);
	cellconf_check(&wanted, &where, "CONFIG_TEMPTING=y\n", &f->lost);
	cellconf_explain(&f->lost, tree, "x86", "CONFIG_TEMPTING=y\n");
	assert_string_equal(f->lost.v[0].why, "can be set only if EXPERT (=n)");
	assert_string_equal(f->lost.v[1].why,
			    "has no prompt: it cannot be set, only selected (by FORCER)");
	strlist_release(&wanted);
	strlist_release(&where);
}

static void test_why_choice(void **state)
{
	struct fixture *f = *state;

	assert_string_equal(why(f, "CONFIG_PAGES_64K=y"),
			    "another member of its choice is taken: PAGES_4K (=y)");
	assert_non_null(strstr(why(f, "CONFIG_PAGES_4K=n"), "choice"));
	assert_string_equal(why(f, "CONFIG_VCPUS=5"),
			    "must be within its range, 1024 4096");
}

static void test_why_absent(void **state)
{
	struct fixture *f = *state;

	assert_string_equal(why(f, "CONFIG_KVM_INTLE=y"),
			    "no such symbol in this tree; did you mean CONFIG_KVM_INTEL?");
	assert_string_equal(why(f, "CONFIG_QQQQQQ=y"),
			    "no such symbol in this tree");
	assert_string_equal(why(f, "CONFIG_S390_ONLY=y"),
			    "no such symbol in this tree for x86: it is defined in arch/s390/Kconfig");
	/* it stands in a help text only */
	assert_string_equal(why(f, "CONFIG_NOT_A_SYMBOL=y"),
			    "no such symbol in this tree");
}

static void test_place(void **state)
{
	struct fixture *f = *state;

	why(f, "CONFIG_KVM_XEN=y");
	assert_string_equal(f->lost.v[0].file, "arch/x86/kvm/Kconfig");
	assert_int_equal(f->lost.v[0].line, 10);
	/* after lines that are continued, and a file that is sourced */
	why(f, "CONFIG_HIDDEN=y");
	assert_string_equal(f->lost.v[0].file, "arch/x86/Kconfig");
	assert_int_equal(f->lost.v[0].line, 19);
	why(f, "CONFIG_NOT_A_SYMBOL=y");
	assert_null(f->lost.v[0].file);
	assert_int_equal(f->lost.v[0].line, 0);
}

/* "FILE:LINE MESSAGE | NOTE" of each. */
static char *told(struct fixture *f, const char *config, ...)
{
	_cleanup_free_ char *tree = path_join(f->data, "tree");
	struct strlist wanted = STRLIST_INIT, where = STRLIST_INIT;
	_cleanup_diag_list_ struct diag_list diags = DIAG_LIST_INIT;
	struct strbuf out = STRBUF_INIT;
	const char *option;
	va_list ap;

	va_start(ap, config);
	while ((option = va_arg(ap, const char *))) {
		strlist_add(&wanted, option);
		strlist_add(&where, "k.config:3");
	}
	va_end(ap);
	lost_options_release(&f->lost);
	cellconf_check(&wanted, &where, config, &f->lost);
	cellconf_explain(&f->lost, tree, "x86", config);
	cellconf_lost_diags(&f->lost, &diags);
	for (size_t i = 0; i < diags.nr; i++) {
		const struct diagnostic *d = &diags.v[i];

		assert_int_equal(d->severity, DIAG_ERROR);
		assert_string_equal(d->tool, "config");
		assert_null(d->unit);
		strbuf_addf(&out, "%s:%u %s | %s\n", d->file ? d->file : "-",
			    d->line, d->message, d->note);
	}
	strlist_release(&wanted);
	strlist_release(&where);
	return out.buf ? strbuf_detach(&out) : xstrdup("");
}

static void test_lost_together(void **state)
{
	struct fixture *f = *state;
	_cleanup_free_ char *s =
		told(f, "# CONFIG_VIRT is not set\nCONFIG_EXPERT=y\n",
		     "CONFIG_KVM_INTEL=y", "CONFIG_KVM=y", "CONFIG_VIRT=y",
		     "CONFIG_EXPERT=y", "CONFIG_XEN=n", NULL);

	/* the first is what the others follow from */
	assert_string_equal(
		s,
		"arch/x86/kvm/Kconfig:2 CONFIG_VIRT=y, which the cell asks for, is lost | "
		"it is n now, k.config:3 asks for it\n"
		"arch/x86/kvm/Kconfig:17 CONFIG_KVM_INTEL=y, which the cell asks for, is lost | "
		"lost with CONFIG_VIRT; it is absent now, k.config:3 asks for it; "
		"depends on VIRT (=n); depends on KVM (=n)\n"
		"arch/x86/kvm/Kconfig:7 CONFIG_KVM=y, which the cell asks for, is lost | "
		"lost with CONFIG_VIRT; it is absent now, k.config:3 asks for it; "
		"depends on VIRT (=n)\n");
}

static void test_lost_apart(void **state)
{
	struct fixture *f = *state;
	_cleanup_free_ char *s = told(f, "CONFIG_VIRT=y\n", "CONFIG_VIRTU=y",
				      "CONFIG_VIR=y", NULL);
	_cleanup_free_ char *none = told(f, "CONFIG_VIRT=y\n",
					 "CONFIG_VIRT=y", NULL);

	assert_string_equal(
		s,
		"-:0 CONFIG_VIRTU=y, which the cell asks for, is lost | "
		"it is absent now, k.config:3 asks for it; "
		"no such symbol in this tree; did you mean CONFIG_VIRT?\n"
		"-:0 CONFIG_VIR=y, which the cell asks for, is lost | "
		"it is absent now, k.config:3 asks for it; "
		"no such symbol in this tree; did you mean CONFIG_VIRT?\n");
	assert_string_equal(none, "");
}

static void test_lost_in_a_ring(void **state)
{
	struct lost_option ring[] = {
		{ .option = (char *)"CONFIG_A=y", .got = (char *)"n",
		  .why = (char *)"depends on B (=n)" },
		{ .option = (char *)"CONFIG_B=y", .got = (char *)"n",
		  .why = (char *)"depends on A (=n)" },
	};
	const struct lost_options lost = { .v = ring, .nr = 2 };
	_cleanup_diag_list_ struct diag_list diags = DIAG_LIST_INIT;

	(void)state;
	cellconf_lost_diags(&lost, &diags);
	assert_int_equal(diags.nr, 2);
	assert_null(strstr(diags.v[0].note, "lost with"));
}

static void test_expr(void **state)
{
	static const struct {
		const char *expr;
		enum tristate value;
	} cases[] = {
		{ "VIRT", TRI_Y },
		{ "KVM", TRI_M },
		{ "XEN", TRI_N },
		{ "!XEN", TRI_Y },
		{ "!KVM", TRI_M },
		{ "VIRT && KVM", TRI_M },
		{ "XEN || KVM", TRI_M },
		{ "!(XEN || VIRT)", TRI_N },
		{ "XEN && XEN || VIRT", TRI_Y },
		{ "VIRT || XEN && XEN", TRI_Y },
		{ "KVM=m", TRI_Y },
		{ "KVM = y", TRI_N },
		{ "KVM != y && VIRT=y", TRI_Y },
		{ "NR = 64", TRI_Y },
		{ "NAME = \"a=b\"", TRI_Y },
		{ "$(success,test -n \"$(x)\") && XEN", TRI_N },
		{ "$(success,a || b)", TRI_Y },
		{ "NR >= 100 && KVM", TRI_M },
		{ "((((VIRT", TRI_Y },
		{ "", TRI_Y },
	};
	struct strlist lines = STRLIST_INIT;
	struct strmap values = STRMAP_INIT;

	(void)state;
	kconfig_values_read(config_text, &values, &lines);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (kconfig_eval(cases[i].expr, &values) != cases[i].value)
			fail_msg("%s", cases[i].expr);
	strmap_release(&values);
	strlist_release(&lines);
}

static void test_conjuncts(void **state)
{
	struct strlist l = STRLIST_INIT;

	(void)state;
	kconfig_conjuncts("A && (B || C) && $(f,x && y) && !D", &l);
	expect_list(&l, "A", "(B || C)", "$(f,x && y)", "!D", NULL);
	strlist_release(&l);
	kconfig_conjuncts("A && B || C", &l);
	expect_list(&l, "A && B || C", NULL);
	strlist_release(&l);
	kconfig_symbols("A && (6LOW || A) && \"B\" != y && C > 0x10", &l);
	expect_list(&l, "A", "6LOW", "C", NULL);
	strlist_release(&l);
}

/* make's stand-in: says what it was told and whether stdin gives anything. */
static const char fake_makefile[] =
	"defconfig olddefconfig:\n"
	"\t@echo \"$@ ARCH=$(ARCH) CC=$(CC) all=$$KCONFIG_ALLCONFIG "
	"stdin=`cat`\" >> '$(O)/log'\n"
	"\t@echo CONFIG_BASE=y >> '$(O)/.config'\n"
	"broken_defconfig:\n\t@exit 1\n";
static const char fake_merge[] =
	"#!/bin/sh\n"
	"[ \"$1 $2\" = '-m -O' ] || exit 1\n"
	"[ \"`pwd`\" = \"$3\" ] || exit 1\n"
	"cat \"$5\" >> \"$4\"\necho merge >> \"$3/log\"\n";

static int run_command(struct fixture *f, const struct cell *c,
		       struct strbuf *log)
{
	_cleanup_free_ char *src = path_join(f->dir, "the src");
	_cleanup_free_ char *obj = path_join(f->dir, "obj");
	_cleanup_free_ char *file = path_join(obj, "log");
	_cleanup_free_ char *frag = put(f, "obj/it's.fragment", "CONFIG_F=y\n");
	_cleanup_free_ char *make = put(f, "the src/Makefile", fake_makefile);
	_cleanup_free_ char *merge =
		put(f, "the src/scripts/kconfig/merge_config.sh", fake_merge);
	_cleanup_free_ char *shell = NULL;
	_cleanup_free_ char *command = NULL;
	_cleanup_free_ char *input = put(f, "input", "y\ny\n");
	struct strlist args = STRLIST_INIT;
	int ret;

	strlist_addl(&args, "ARCH=x86_64", "CC=ccache gcc", NULL);
	command = cellconf_command(c, src, obj, frag, &args);
	shell = xasprintf("{ %s ; } >/dev/null 2>&1", command);
	assert_non_null(freopen(input, "r", stdin));
	setenv("KCONFIG_ALLCONFIG", "/some/where", 1);
	ret = system(shell);
	unsetenv("KCONFIG_ALLCONFIG");
	strlist_release(&args);
	if (file_exists(file))
		assert_int_equal(file_read(file, log, &f->err), 0);
	return ret;
}

static void test_command(void **state)
{
	struct fixture *f = *state;
	_cleanup_strbuf_ struct strbuf log = STRBUF_INIT;
	_cleanup_strbuf_ struct strbuf config = STRBUF_INIT;
	_cleanup_free_ char *dot = path_join(f->dir, "obj/.config");
	struct cell c = { .base = (char *)"defconfig" };

	assert_int_equal(run_command(f, &c, &log), 0);
	assert_string_equal(log.buf,
			    "defconfig ARCH=x86_64 CC=ccache gcc all= stdin=\n"
			    "merge\n"
			    "olddefconfig ARCH=x86_64 CC=ccache gcc all= stdin=\n");
	assert_int_equal(file_read(dot, &config, &f->err), 0);
	assert_string_equal(config.buf,
			    "CONFIG_BASE=y\nCONFIG_F=y\nCONFIG_BASE=y\n");
}

static void test_command_fails(void **state)
{
	struct fixture *f = *state;
	_cleanup_strbuf_ struct strbuf log = STRBUF_INIT;
	struct cell c = { .base = (char *)"broken_defconfig" };

	assert_int_not_equal(run_command(f, &c, &log), 0);
	assert_int_equal(log.len, 0);
}

#define T(title, fn) { title, fn, setup, teardown, NULL }

int main(void)
{
	const struct CMUnitTest tests[] = {
		T("a fragment's lines are read with their places",
		  test_fragment),
		T("a line that Kconfig would skip is an error with its place",
		  test_fragment_typos),
		T("the merged fragment has engine options first and the last request of each symbol",
		  test_write),
		T("every kind of change between request and result is lost",
		  test_check),
		T("the unmet part of a dependency is named with its value",
		  test_why_dependency),
		T("conditions of menus, ifs and choices count, macros do not",
		  test_why_menu),
		T("the symbol that selects is named with its value",
		  test_why_select),
		T("a symbol without a prompt, or with a conditional one, is told",
		  test_why_prompt),
		T("a taken choice and a range are told", test_why_choice),
		T("an unknown symbol is told, with the nearest or its architecture",
		  test_why_absent),
		T("the place that defines the symbol is told", test_place),
		T("what is lost with another option follows it",
		  test_lost_together),
		T("options with like names are lost apart", test_lost_apart),
		T("options that name each other are told", test_lost_in_a_ring),
		T("expressions follow Kconfig's three values", test_expr),
		T("a dependency is split at its top-level and only",
		  test_conjuncts),
		T("the command configures with closed stdin and a clean environment",
		  test_command),
		T("the command stops at the first failure", test_command_fails),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("cellconf", tests, NULL, NULL);
}
