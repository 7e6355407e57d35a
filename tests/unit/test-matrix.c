// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads matrix files as users write them, right and wrong. A wrong one must give
 * a message that names the line, the key and what to do.
 */
#include "model/fragment.h"
#include "model/matrix.h"
#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/mem.h"
#include "sys/strbuf.h"
#include "sys/strmap.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <glob.h>
#include <stdio.h>
#include <sys/utsname.h>

struct fixture {
	char *dir;  /* temporary */
	char *top;  /* of the repository */
	char *home; /* tests/data/matrix/home */
	char *file; /* dir/m.yaml */
	struct matrix m;
	struct errbuf err;
};

static int setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));
	const char *tmp = getenv("TMPDIR");
	const char *top = getenv("KVMATRIX_TOP");

	f->dir = xasprintf("%s/test-matrix.XXXXXX", tmp ? tmp : "/tmp");
	f->top = realpath(top ? top : ".", NULL);
	assert_non_null(mkdtemp(f->dir));
	assert_non_null(f->top);
	f->home = xasprintf("%s/tests/data/matrix/home", f->top);
	f->file = path_join(f->dir, "m.yaml");
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	matrix_release(&f->m);
	errbuf_release(&f->err);
	assert_int_equal(tree_remove(f->dir, &f->err), 0);
	free(f->dir);
	free(f->top);
	free(f->home);
	free(f->file);
	free(f);
	return 0;
}

static int read_text(struct fixture *f, const char *text)
{
	assert_int_equal(file_write(f->file, text, strlen(text), &f->err), 0);
	return matrix_read(&f->m, f->file, f->home, &f->err);
}

static void expect_ok(struct fixture *f, const char *text)
{
	if (read_text(f, text) < 0)
		fail_msg("refused: %s", f->err.msg);
}

/* The message must be "FILE:LINE: ..." and hold every further word. */
static void expect_fault(struct fixture *f, const char *text, unsigned line,
			 ...)
{
	_cleanup_free_ char *place = xasprintf("%s:%u: ", f->file, line);
	const char *word;
	va_list ap;

	matrix_release(&f->m);
	assert_int_equal(read_text(f, text), -1);
	assert_non_null(f->err.msg);
	if (!starts_with(f->err.msg, place))
		fail_msg("not at line %u: %s", line, f->err.msg);
	va_start(ap, line);
	while ((word = va_arg(ap, const char *)))
		if (!strstr(f->err.msg, word))
			fail_msg("no \"%s\" in: %s", word, f->err.msg);
	va_end(ap);
	assert_int_equal(f->m.nr_cells, 0);
}

#define OK_HEAD "arches: [x86_64, arm64]\nconfigs:\n"

static const struct cell *cell_named(const struct matrix *m, const char *id)
{
	for (size_t i = 0; i < m->nr_cells; i++)
		if (!strcmp(m->cells[i].id, id))
			return &m->cells[i];
	fail_msg("there is no cell %s", id);
	return NULL;
}

static void test_order(void **state)
{
	static const char *const ids[] = {
		"x86_64/default/gcc", "x86_64/default/llvm-15",
		"arm64/default/gcc",  "arm64/default/llvm-15",
		"arm64/arm/gcc",      "arm64/arm/gcc-12",
		"s390/default/gcc",   "riscv/default/gcc-13",
	};
	struct fixture *f = *state;

	if (matrix_read(&f->m, "all", f->home, &f->err) < 0)
		fail_msg("%s", f->err.msg);
	assert_int_equal(f->m.nr_cells, ARRAY_SIZE(ids));
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++)
		assert_string_equal(f->m.cells[i].id, ids[i]);
	assert_false(f->m.dependents);
	assert_true(f->m.image);
	assert_true(f->m.warnings_allowed);
	assert_int_equal(f->m.paths.nr, 2);
	assert_string_equal(f->m.paths.v[0], "arch/$SRCARCH/kvm/");
}

static void test_cell(void **state)
{
	struct fixture *f = *state;
	_cleanup_free_ char *own = xasprintf("%s/own.config", f->home);
	_cleanup_free_ char *kvm = xasprintf("%s/configs/kvm.config", f->home);
	_cleanup_free_ char *x86 =
		xasprintf("%s/configs/kvm-x86_64.config", f->home);
	const struct cell *c;

	assert_int_equal(matrix_read(&f->m, "all", f->home, &f->err), 0);
	c = cell_named(&f->m, "x86_64/default/llvm-15");
	assert_string_equal(c->arch, "x86_64");
	assert_string_equal(c->srcarch, "x86");
	assert_string_equal(c->config, "default");
	assert_string_equal(c->toolchain, "llvm-15");
	assert_string_equal(c->base, "defconfig");
	assert_int_equal(c->fragments.nr, 2);
	assert_string_equal(c->fragments.v[0], kvm);
	assert_string_equal(c->fragments.v[1], x86);
	assert_string_equal(c->paths.v[0], "arch/x86/kvm/");
	assert_string_equal(c->paths.v[1], "virt/lib/");
	c = cell_named(&f->m, "arm64/arm/gcc");
	assert_string_equal(c->base, "allnoconfig");
	assert_int_equal(c->fragments.nr, 3);
	assert_string_equal(c->fragments.v[2], own);
	assert_int_equal(c->options.nr, 3);
	assert_string_equal(c->options.v[1], "CONFIG_B=\"x y\"");
}

static void test_defaults(void **state)
{
	struct fixture *f = *state;

	expect_ok(f, "arches: [s390]\nconfigs:\n  - name: a\n");
	assert_true(f->m.dependents);
	assert_false(f->m.image);
	assert_false(f->m.warnings_allowed);
	assert_int_equal(f->m.nr_cells, 1);
	assert_string_equal(f->m.cells[0].id, "s390/a/gcc");
	assert_string_equal(f->m.cells[0].base, "defconfig");
	assert_string_equal(f->m.cells[0].paths.v[0], "arch/s390/kvm/");
	expect_ok(f, "target: { dependents: no }\n" OK_HEAD "  - name: a\n");
	assert_false(f->m.dependents);
	assert_int_equal(f->m.nr_cells, 2);
}

static void test_unknown_key(void **state)
{
	struct fixture *f = *state;

	expect_fault(f, OK_HEAD "  - name: a\n    base: defconfig\n"
				"    fragmnets: [kvm]\n",
		     5, "'fragmnets'", "did you mean 'fragments'?", NULL);
	expect_fault(f, OK_HEAD "  - { name: a }\n\n\narchs: [s390]\n", 6,
		     "did you mean 'arches'?", NULL);
	expect_fault(f, "target:\n  paths: [a/]\n  dependants: true\n" OK_HEAD
			"  - { name: a }\n",
		     3, "did you mean 'dependents'?", NULL);
	expect_fault(f, OK_HEAD "  - name: a\nexclude:\n  - arch: arm64\n"
				"    compiler: gcc\n",
		     6, "unknown key 'compiler'",
		     "known here are: arch, config, toolchain", NULL);
	expect_fault(f, "zzzzzz: 1\n", 1, "unknown key 'zzzzzz'", "arches",
		     "configs", NULL);
}

static void test_shape(void **state)
{
	struct fixture *f = *state;

	expect_fault(f, OK_HEAD "  - name: a\n    fragments: kvm\n", 4,
		     "'configs[0].fragments'", "must be a list", NULL);
	expect_fault(f, OK_HEAD "  - name: a\n  - name: b\n"
				"    options: [CONFIG_A=y, [x]]\n",
		     5, "'configs[1].options[1]'", "one text", NULL);
	expect_fault(f, "arches: [s390]\nconfigs:\n  - base: defconfig\n", 3,
		     "configs[0]", "has no 'name'", NULL);
	expect_fault(f, "configs:\n  - name: a\n", 1, "has no 'arches'", NULL);
	expect_fault(f, "arches: [s390]\nconfigs: []\n", 2, "'configs'",
		     "empty list", NULL);
	expect_fault(f, "arches:\n  - s390\nconfigs: 3\n", 3, "'configs'",
		     "must be a list", NULL);
	expect_fault(f, "- a\n- b\n", 1, "the file", "must be a mapping", NULL);
	expect_fault(f, OK_HEAD "  - just-a-name\n", 3, "'configs[0]'",
		     "must be a mapping", NULL);
}

static void test_words(void **state)
{
	struct fixture *f = *state;

	expect_fault(f, "target:\n  dependents: maybe\n" OK_HEAD
			"  - name: a\n",
		     2, "'target.dependents'", "true, false", NULL);
	expect_fault(f, OK_HEAD "  - name: a\nwarnings: ignore\n", 4,
		     "'warnings'", "fail, allow", NULL);
	expect_fault(f, "target:\n  image: [yes]\n" OK_HEAD "  - name: a\n", 2,
		     "'target.image'", "must be one word", NULL);
}

static void test_yaml(void **state)
{
	struct fixture *f = *state;

	expect_fault(f, "", 1, "empty", NULL);
	expect_fault(f, "# nothing but a comment\n", 1, "empty", NULL);
	expect_fault(f, "arches: [s390\nconfigs:\n", 2, "not valid YAML",
		     NULL);
	expect_fault(f, "arches: [s390]\n\tconfigs: []\n", 2,
		     "not valid YAML", NULL);
	expect_fault(f, OK_HEAD "  - name: a\n    base: defconfig\n"
				"    name: b\n",
		     5, "'name'", "given twice", "line 3", NULL);
	expect_fault(f, "arches: &a [s390]\nconfigs: *a\n", 1, "aliases",
		     NULL);
	expect_fault(f, OK_HEAD "  - name: a\n---\nx: 1\n", 4,
		     "second document", NULL);
	expect_fault(f, "? [a, b]\n: c\n", 1, "cannot be a key", NULL);
	expect_fault(f, "a: [[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]\n", 1,
		     "nested deeper", NULL);
	expect_fault(f, "arches: [\xff\xfe]\n", 1, "not valid YAML", NULL);
}

static void test_arch(void **state)
{
	struct fixture *f = *state;

	expect_fault(f, "arches:\n  - s390\n  - s390x\nconfigs:\n  - name: a\n",
		     3, "'arches[1]'", "'s390x'", "did you mean 's390'?", NULL);
	expect_fault(f, "arches: [vax]\nconfigs:\n  - name: a\n", 1,
		     "known are: x86_64, i386, arm64, s390, powerpc, riscv",
		     NULL);
	expect_fault(f, "arches: [s390, s390]\nconfigs:\n  - name: a\n", 1,
		     "'arches[1]'", "second time", NULL);
	expect_fault(f, OK_HEAD "  - name: a\n    arches: [arm64, s390]\n", 4,
		     "'configs[0].arches[1]'", "'s390'", "add it there", NULL);
}

static void test_toolchain(void **state)
{
	struct fixture *f = *state;

	expect_fault(f, OK_HEAD "  - name: a\ntoolchains: [gcc, clang-15]\n",
		     4, "'toolchains[1]'", "'llvm-15'", NULL);
	expect_fault(f, OK_HEAD "  - name: a\ntoolchains: [gcc-]\n", 4,
		     "'gcc-'", "gcc-13", NULL);
	expect_fault(f, OK_HEAD "  - name: a\ntoolchains: ['gcc;reboot']\n", 4,
		     "no toolchain", NULL);
	expect_ok(f, OK_HEAD "  - name: a\ntoolchains: [gcc-13, llvm]\n");
	assert_int_equal(f->m.nr_cells, 4);
}

static void test_config(void **state)
{
	struct fixture *f = *state;

	expect_fault(f, OK_HEAD "  - name: a\n  - name: b\n  - name: a\n", 5,
		     "'configs[2].name'", "'a' again", "line 3", NULL);
	expect_fault(f, OK_HEAD "  - name: ../x\n", 3, "'configs[0].name'",
		     NULL);
	expect_fault(f, OK_HEAD "  - name: ''\n", 3, "'configs[0].name'",
		     NULL);
	expect_fault(f, OK_HEAD "  - name: a\n    base: defconfg\n", 4,
		     "'configs[0].base'", "did you mean 'defconfig'?", NULL);
	expect_fault(f, OK_HEAD "  - name: a\n    base: randconfig\n", 4,
		     "no configuration to start from", NULL);
	expect_fault(f, OK_HEAD "  - name: a\n"
				"    base: '$(reboot)_defconfig'\n",
		     4, "'configs[0].base'", NULL);
	expect_ok(f, OK_HEAD "  - { name: a, base: ppc64le_defconfig }\n");
}

static void test_options(void **state)
{
	struct fixture *f = *state;

	expect_fault(f, OK_HEAD "  - name: a\n    options:\n"
				"      - CONFIG_A=y\n      - KVM=y\n",
		     6, "'configs[0].options[1]'", "'KVM=y'", "CONFIG_X=y",
		     NULL);
	expect_fault(f, OK_HEAD "  - name: a\n    options: [CONFIG_A=yes]\n",
		     4, "'CONFIG_A=yes'", "y, m, n", NULL);
	expect_fault(f, OK_HEAD "  - name: a\n    options: [CONFIG_A]\n", 4,
		     "has no value", NULL);
	expect_fault(f, OK_HEAD "  - name: a\n    options: [CONFIG_A = y]\n",
		     4, "blank", NULL);
	expect_fault(f, OK_HEAD "  - name: a\n"
				"    options: [\"CONFIG_A=y\\nCONFIG_B=y\"]\n",
		     4, "single line", NULL);
}

static void test_fragments(void **state)
{
	struct fixture *f = *state;

	expect_fault(f, OK_HEAD "  - name: a\n    fragments:\n      - extra\n"
				"      - kvn\n",
		     6, "'configs[0].fragments[1]'", "kvn.config",
		     "kvn-x86_64.config", "did you mean 'kvm'?", NULL);
	expect_fault(f, OK_HEAD "  - name: a\n    fragments: [only]\n", 4,
		     "only-x86_64.config", NULL);
	expect_fault(f, OK_HEAD "  - name: a\n    fragments: [./no.config]\n",
		     4, "./no.config", "relative to the matrix file", NULL);
	expect_fault(f, OK_HEAD "  - name: a\n    fragments: ['']\n", 4,
		     "empty", NULL);
	expect_fault(f, OK_HEAD "  - name: a\n    fragments: [../]\n", 4,
		     "there is no file", NULL);
	expect_ok(f, OK_HEAD "  - { name: a, fragments: [only], "
			     "arches: [arm64] }\n");
	assert_int_equal(f->m.cells[0].fragments.nr, 1);
}

static void test_paths(void **state)
{
	static const char *const bad[] = { "/etc/", "../x/", "a/../../b/",
					   "virt/kvm", "$ARCH/x/",
					   "$SRCARCHX/", "a b/", "-k/", "",
					   "x;y/" };
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_free_ char *text =
			xasprintf("target:\n  paths:\n    - virt/lib/\n"
				  "    - '%s'\n" OK_HEAD "  - name: a\n",
				  bad[i]);

		expect_fault(f, text, 4, "'target.paths[1]'", NULL);
	}
	expect_ok(f, "target: { paths: [arch/$SRCARCH/mm/init.o] }\n" OK_HEAD
		     "  - name: a\n");
	assert_string_equal(f->m.cells[0].paths.v[0], "arch/x86/mm/init.o");
}

static void test_exclude(void **state)
{
	struct fixture *f = *state;

	expect_ok(f, OK_HEAD "  - name: a\n  - name: b\n"
			     "exclude: [ { arch: arm64 }, { config: b } ]\n");
	assert_int_equal(f->m.nr_cells, 1);
	assert_string_equal(f->m.cells[0].id, "x86_64/a/gcc");
	expect_fault(f, OK_HEAD "  - name: a\nexclude:\n  - { config: a }\n", 4,
		     "no cell is left", NULL);
	expect_fault(f, OK_HEAD "  - name: a\nexclude:\n"
				"  - { arch: arm64 }\n  - { arch: s390 }\n",
		     6, "'exclude[1]' matches no cell", NULL);
	expect_fault(f, OK_HEAD "  - name: deep\nexclude:\n"
				"  - { config: dep }\n",
		     5, "'dep'", "did you mean 'deep'?", NULL);
}

static void test_include(void **state)
{
	struct fixture *f = *state;

	expect_ok(f, OK_HEAD "  - name: a\n  - { name: b, arches: [x86_64] }\n"
			     "exclude: [ { config: a } ]\n"
			     "include: [ { arch: arm64, config: b },"
			     " { arch: x86_64, config: a, toolchain: llvm } ]\n");
	assert_int_equal(f->m.nr_cells, 3);
	assert_string_equal(f->m.cells[0].id, "x86_64/b/gcc");
	assert_string_equal(f->m.cells[1].id, "x86_64/a/llvm");
	assert_string_equal(f->m.cells[2].id, "arm64/b/gcc");
	expect_fault(f, OK_HEAD "  - name: a\ninclude:\n  - { arch: s390 }\n",
		     5, "'include[0]'", "'config'", NULL);
	expect_fault(f, OK_HEAD "  - name: a\ninclude:\n"
				"  - { arch: arm64, config: a }\n",
		     5, "'include[0]'", "already there", NULL);
}

static void test_name(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(matrix_read(&f->m, "al", f->home, &f->err), -1);
	assert_non_null(strstr(f->err.msg, "did you mean 'all'?"));
	assert_int_equal(matrix_read(&f->m, f->dir, f->home, &f->err), -1);
	assert_non_null(strstr(f->err.msg, f->dir));
	assert_int_equal(matrix_read(&f->m, "", f->home, &f->err), -1);
	assert_int_equal(f->m.nr_cells, 0);
}

static void test_select(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(matrix_read(&f->m, "all", f->home, &f->err), 0);
	assert_int_equal(matrix_select(&f->m, "s390,*/gcc-1?,x86*", &f->err),
			 0);
	assert_int_equal(f->m.nr_cells, 5);
	assert_string_equal(f->m.cells[0].id, "x86_64/default/gcc");
	assert_string_equal(f->m.cells[1].id, "x86_64/default/llvm-15");
	assert_string_equal(f->m.cells[2].id, "arm64/arm/gcc-12");
	assert_string_equal(f->m.cells[3].id, "s390/default/gcc");
	assert_string_equal(f->m.cells[4].id, "riscv/default/gcc-13");
	assert_int_equal(matrix_select(&f->m, "s390,powrpc", &f->err), -1);
	assert_non_null(strstr(f->err.msg, "'powrpc' matches no cell"));
	assert_non_null(strstr(f->err.msg, "s390/default/gcc"));
	assert_int_equal(f->m.nr_cells, 5);
	assert_int_equal(matrix_select(&f->m, "", &f->err), -1);
}

static void test_arch_table(void **state)
{
	static const char *const names[] = { "x86_64", "i386",	"arm64",
					     "s390",   "powerpc", "riscv",
					     "loongarch", "mips", "arm" };
	struct utsname u;

	(void)state;
	assert_int_equal(uname(&u), 0);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const char *prefix = arch_cross_compile(names[i]);

		assert_non_null(arch_srcarch(names[i]));
		assert_non_null(prefix);
		assert_true(!*prefix || ends_with(prefix, "-"));
		assert_true(starts_with(arch_gcc_package(names[i]), "gcc"));
		assert_int_equal(!*prefix,
				 !strcmp(arch_gcc_package(names[i]), "gcc"));
	}
	assert_string_equal(arch_srcarch("i386"), "x86");
	if (!strcmp(u.machine, "x86_64")) {
		assert_string_equal(arch_cross_compile("x86_64"), "");
		assert_string_equal(arch_cross_compile("i386"), "");
		assert_string_equal(arch_cross_compile("s390"),
				    "s390x-linux-gnu-");
	}
	assert_null(arch_srcarch("x86"));
	assert_null(arch_cross_compile("s390x"));
	assert_null(arch_gcc_package(""));
}

static unsigned cells_of(const struct matrix *m, const char *arch)
{
	unsigned n = 0;

	for (size_t i = 0; i < m->nr_cells; i++)
		n += !strcmp(m->cells[i].arch, arch);
	return n;
}

static void test_shipped(void **state)
{
	static const char *const arches[] = { "x86_64", "arm64", "s390",
					      "powerpc" };
	struct fixture *f = *state;

	if (matrix_read(&f->m, "smoke", f->top, &f->err) < 0)
		fail_msg("%s", f->err.msg);
	for (size_t i = 0; i < ARRAY_SIZE(arches); i++)
		assert_int_equal(cells_of(&f->m, arches[i]), 1);
	if (matrix_read(&f->m, "kvm", f->top, &f->err) < 0)
		fail_msg("%s", f->err.msg);
	for (size_t i = 0; i < ARRAY_SIZE(arches); i++)
		assert_true(cells_of(&f->m, arches[i]) >= 3);
	for (size_t i = 0; i < f->m.nr_cells; i++)
		assert_true(f->m.cells[i].fragments.nr > 0);
}

static const struct cell *cell_called(const struct matrix *m, const char *id)
{
	for (size_t i = 0; i < m->nr_cells; i++)
		if (!strcmp(m->cells[i].id, id))
			return &m->cells[i];
	return NULL;
}

static void assert_same_list(const struct strlist *a, const struct strlist *b)
{
	assert_int_equal(a->nr, b->nr);
	for (size_t i = 0; i < a->nr; i++)
		assert_string_equal(a->v[i], b->v[i]);
}

/* Equal ids must be equal cells: a user moves from one matrix to the other. */
static void test_full_holds_kvm(void **state)
{
	struct fixture *f = *state;
	_cleanup_matrix_ struct matrix kvm = MATRIX_INIT;

	if (matrix_read(&f->m, "full", f->top, &f->err) < 0 ||
	    matrix_read(&kvm, "kvm", f->top, &f->err) < 0)
		fail_msg("%s", f->err.msg);
	assert_true(cells_of(&f->m, "i386") > 0);
	for (size_t i = 0; i < kvm.nr_cells; i++) {
		const struct cell *want = &kvm.cells[i];
		const struct cell *got = cell_called(&f->m, want->id);

		if (!got)
			fail_msg("full has no %s", want->id);
		assert_string_equal(got->base, want->base);
		assert_same_list(&got->fragments, &want->fragments);
		assert_same_list(&got->options, &want->options);
	}
}

static void expect_clean_fragment(const char *path)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_strlist_ struct strlist options = STRLIST_INIT;
	_cleanup_strlist_ struct strlist where = STRLIST_INIT;
	_cleanup_strmap_ struct strmap seen = STRMAP_INIT;

	if (file_read(path, &text, &err) < 0 ||
	    fragment_parse(path, text.buf, &options, &where, &err) < 0)
		fail_msg("%s", err.msg);
	assert_true(options.nr > 0);
	for (size_t i = 0; i < options.nr; i++) {
		_cleanup_free_ char *sym =
			xstrndup(options.v[i], strcspn(options.v[i], "="));

		if (strmap_get(&seen, sym))
			fail_msg("%s: %s a second time", where.v[i], sym);
		strmap_set(&seen, sym, options.v[i]);
	}
}

static void test_shipped_fragments(void **state)
{
	static const char *const all[] = { "full", "image" };
	struct fixture *f = *state;
	_cleanup_strmap_ struct strmap used = STRMAP_INIT;
	_cleanup_free_ char *pattern =
		xasprintf("%s/configs/*.config", f->top);
	glob_t files;

	for (size_t k = 0; k < ARRAY_SIZE(all); k++) {
		struct matrix m = MATRIX_INIT;

		if (matrix_read(&m, all[k], f->top, &f->err) < 0)
			fail_msg("%s", f->err.msg);
		for (size_t i = 0; i < m.nr_cells; i++)
			strlist_each(path, &m.cells[i].fragments)
				strmap_set(&used, path, f);
		matrix_release(&m);
	}
	assert_int_equal(glob(pattern, 0, NULL, &files), 0);
	for (size_t i = 0; i < files.gl_pathc; i++) {
		expect_clean_fragment(files.gl_pathv[i]);
		if (!strmap_get(&used, files.gl_pathv[i]))
			fail_msg("no cell of full or image uses %s", files.gl_pathv[i]);
	}
	globfree(&files);
}

#define T(title, fn) { title, fn, setup, teardown, NULL }

int main(void)
{
	const struct CMUnitTest tests[] = {
		T("cells come in file order, architectures outermost, excludes out, includes in",
		  test_order),
		T("a cell has its fragments, options, base and paths", test_cell),
		T("what is left out has its documented default", test_defaults),
		T("an unknown key is named with its line and the nearest known one",
		  test_unknown_key),
		T("a value of the wrong shape is named with its line and the right shape",
		  test_shape),
		T("a value that is none of the allowed words is refused",
		  test_words),
		T("broken, empty, doubled or aliased YAML is refused with its line",
		  test_yaml),
		T("an unknown architecture is refused with the known ones",
		  test_arch),
		T("a toolchain of unknown form is refused", test_toolchain),
		T("bad names and bases of configurations are refused",
		  test_config),
		T("an option that Kconfig would ignore is refused",
		  test_options),
		T("a missing fragment is refused with the files looked for",
		  test_fragments),
		T("target paths that leave the tree or name no target are refused",
		  test_paths),
		T("exclude matches by the keys given, and must match something",
		  test_exclude),
		T("include adds cells, and must add something", test_include),
		T("an unknown matrix name is refused with the shipped ones",
		  test_name),
		T("select keeps matching cells, and every pattern must match",
		  test_select),
		T("every known architecture has a compiler and a package",
		  test_arch_table),
		T("the shipped matrices read and cover four architectures",
		  test_shipped),
		T("the full matrix holds every cell of the everyday one, unchanged",
		  test_full_holds_kvm),
		T("every shipped fragment reads, asks once, and is used by the full matrix",
		  test_shipped_fragments),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("matrix", tests, NULL, NULL);
}
