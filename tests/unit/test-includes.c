// SPDX-License-Identifier: GPL-2.0-only
#include "engine/includes.h"
#include "engine/listing.h"
#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/mem.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <unistd.h>

static char top[] = "/tmp/kvmatrix-includes-XXXXXX";

static void put(const char *name, const char *text)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_free_ char *path = path_join(top, name);

	assert_int_equal(dir_make_for(path, &err), 0);
	assert_int_equal(file_write(path, text, strlen(text), &err), 0);
}

static int make_tree(void **state)
{
	_cleanup_free_ char *linked = NULL;

	(void)state;
	assert_non_null(mkdtemp(top));
	linked = path_join(top, "arch/s390/lib/linux");
	put("include/linux/kvm_host.h", "#include <asm/kvm_host.h>\n");
	put("arch/s390/include/asm/kvm_host.h", "struct s390;\n");
	put("arch/arm64/include/asm/kvm_host.h", "struct arm64;\n");
	put("arch/s390/kvm/pv.c", "# include <linux/kvm_host.h>\n");
	put("arch/s390/kvm/local.c", "#include \"priv.h\"\n");
	put("arch/s390/kvm/priv.h", "\n");
	put("drivers/a/priv.h", "\n");
	put("drivers/a/a.c", "#include \"priv.h\"\n");
	put("drivers/a/none.c", "#include <linux/other.h>\n");
	put("drivers/b/b.c", "#include \"../../arch/arm64/include/asm/kvm_host.h\"\n");
	put("drivers/c/c.c", "#define HEADER <linux/kvm_host.h>\n#include HEADER\n");
	put("drivers/d/d.S", "\t.include \"asm/kvm_host.h\"\n");
	put("drivers/e/e.c", "#include <asm/kvm_types.h>\n");
	put("drivers/f/f.c", "#if __has_include(<linux/kvm_host.h>)\n#endif\n");
	put("drivers/g/Makefile", "obj-y += ../a/a.o\n");
	put("drivers/sh/Makefile", "ccflags-y += -I$(srctree)/arch/sh/include\n");
	put("arch/sh/include/asm/shared.h", "\n");
	put("drivers/sh/sh.c", "#include <asm/shared.h>\n");
	put("include/asm-generic/kvm_types.h", "\n");
	put("drivers/h/h.c", "asm(\".include \\\"asm/kvm_host.h\\\"\\n\");\n");
	put("drivers/h/Makefile",
	    "$(obj)/x.h: $(srctree)/lib/table.h $(srctree)/kernel/t.bc\n"
	    "# $(src)/comment.h\nobj-y += h.o\n");
	put("arch/s390/tools/Makefile", "$(srctree)/arch/arm64/tools/sysreg\n");
	put("arch/s390/lib/x.h", "\n");
	assert_int_equal(symlink("../../../include/linux", linked), 0);
	put("Documentation/x.c", "#include <linux/kvm_host.h>\n");
	return 0;
}

static int remove_tree(void **state)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;

	(void)state;
	return tree_remove(top, &err);
}

static void open_index(struct include_index *x)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_free_ char *cache = xasprintf("%s.idx", top);

	*x = (struct include_index)INCLUDE_INDEX_INIT;
	if (include_index_open(x, top, cache, &err))
		fail_msg("%s", err.msg);
}

static bool lists(const struct strmap *m, const char *key, const char *value)
{
	const struct strlist *l = strmap_get(m, key);

	return l && strlist_has(l, value);
}

/* Once from the tree, once from the file in the cache. */
static void what_no_dependency_file_tells_is_kept(void **state)
{
	_cleanup_free_ char *cache = xasprintf("%s.idx", top);

	(void)state;
	unlink(cache);
	for (int i = 0; i < 2; i++) {
		struct include_index x;

		open_index(&x);
		assert_true(lists(&x.unlisted, "kvm_host.h", "drivers/f/f.c"));
		assert_true(lists(&x.unlisted, "kvm_host.h", "drivers/h/h.c"));
		assert_true(lists(&x.unlisted, "kvm_host.h", "drivers/d/d.S"));
		assert_false(lists(&x.unlisted, "kvm_host.h",
				   "drivers/c/c.c"));
		assert_true(lists(&x.named, "lib/table.h",
				  "drivers/h/Makefile"));
		assert_true(lists(&x.named, "kernel/t.bc",
				  "drivers/h/Makefile"));
		assert_false(strmap_has(&x.named, "comment.h"));
		assert_false(strmap_has(&x.named, "h.o"));
		assert_true(strmap_has(&x.arch_pairs, "s390 arm64"));
		assert_true(lists(&x.links, "include/linux",
				  "arch/s390/lib/linux"));
		assert_true(strmap_has(&x.link_paths, "arch/s390/lib/linux"));
		assert_true(include_index_in_base(&x, "drivers/h/h.c"));
		assert_false(include_index_in_base(&x, "drivers/h/none.c"));
		include_index_release(&x);
	}
}

/* Sources that could read path on arch, joined by blanks. Owned. */
static char *users(struct include_index *x, const char *path, const char *arch)
{
	_cleanup_strlist_ struct strlist touched = STRLIST_INIT;
	_cleanup_strlist_ struct strlist found = STRLIST_INIT;

	strlist_add(&touched, path);
	include_index_users(x, &touched, arch, &found);
	return strlist_join(&found, " ");
}

static void expect(const char *path, const char *arch, const char *want)
{
	struct include_index x;
	_cleanup_free_ char *got = NULL;

	open_index(&x);
	got = users(&x, path, arch);
	assert_string_equal(got, want);
	include_index_release(&x);
}

static void readers_through_headers_are_found(void **state)
{
	(void)state;
	expect("arch/s390/include/asm/kvm_host.h", "s390",
	       "arch/s390/kvm/pv.c drivers/c/c.c drivers/d/d.S drivers/f/f.c drivers/h/h.c");
}

static void other_archs_header_is_found_by_name_only(void **state)
{
	(void)state;
	expect("arch/arm64/include/asm/kvm_host.h", "s390", "drivers/b/b.c");
}

static void quoted_include_means_the_neighbour(void **state)
{
	(void)state;
	expect("arch/s390/kvm/priv.h", "s390", "arch/s390/kvm/local.c");
}

static void neighbour_that_vanishes_opens_the_search(void **state)
{
	struct include_index x;
	_cleanup_free_ char *got = NULL;

	(void)state;
	open_index(&x);
	include_index_gone(&x, "drivers/a/priv.h");
	got = users(&x, "arch/s390/kvm/priv.h", "s390");
	assert_string_equal(got, "arch/s390/kvm/local.c drivers/a/a.c");
	include_index_release(&x);
}

static void generic_header_serves_asm(void **state)
{
	(void)state;
	expect("include/asm-generic/kvm_types.h", "s390", "drivers/e/e.c");
}

static void shared_arch_is_taken_from_makefiles(void **state)
{
	(void)state;
	expect("arch/sh/include/asm/shared.h", "s390", "drivers/sh/sh.c");
}

static void later_version_adds_edges(void **state)
{
	static const char text[] = "#include <linux/kvm_host.h>\n";
	struct include_index x;
	_cleanup_free_ char *got = NULL;

	(void)state;
	open_index(&x);
	include_index_add(&x, "include/linux/other.h", text, strlen(text));
	got = users(&x, "include/linux/kvm_host.h", "s390");
	assert_non_null(strstr(got, "drivers/a/none.c"));
	assert_false(include_index_in_base(&x, "include/linux/other.h"));
	assert_true(include_index_in_base(&x, "drivers/a/none.c"));
	include_index_release(&x);
}

static void crossing_directories_are_noted(void **state)
{
	struct include_index x;

	(void)state;
	open_index(&x);
	assert_true(strlist_has(&x.crossing_dirs, "drivers/g"));
	assert_int_equal(x.crossing_dirs.nr, 1);
	include_index_release(&x);
}

static void listing_keeps_what_is_built_and_reads(void **state)
{
	static const char output[] =
		"make[1]: noise\n"
		"kvmatrix-dir: ./arch/s390\n"
		"kvmatrix-dir: drivers\n"
		"kvmatrix-units: drivers/a/a.o ./drivers/b/b.o\n"
		"kvmatrix-units: arch/s390/kvm/pv.o "
		"arch/arm64/xen/../../arm/xen/mm.o\n";
	_cleanup_strlist_ struct strlist objects = STRLIST_INIT;
	_cleanup_strlist_ struct strlist sources = STRLIST_INIT;
	_cleanup_strlist_ struct strlist paths = STRLIST_INIT;
	_cleanup_strlist_ struct strlist goals = STRLIST_INIT;
	_cleanup_free_ char *got = NULL;

	(void)state;
	strlist_addl(&sources, "arch/arm/xen/mm.c", "arch/s390/kvm/pv.c",
		     "drivers/b/b.S", "drivers/off/off.c", NULL);
	strlist_sort(&sources);
	assert_true(listing_parse(output, strlen(output), "s390", &sources,
				  &objects));
	strlist_add(&paths, "arch/s390/kvm/");
	listing_dependents(&objects, &sources, &paths, &goals);
	got = strlist_join(&goals, " ");
	assert_string_equal(got,
			    "arch/arm64/xen/../../arm/xen/mm.o drivers/b/b.o");
}

static void listing_that_stopped_early_tells_nothing(void **state)
{
	static const char output[] = "kvmatrix-units: scripts/mod/empty.o\n"
				     "kvmatrix-dir: arch/s390\n";
	_cleanup_strlist_ struct strlist objects = STRLIST_INIT;
	_cleanup_strlist_ struct strlist sources = STRLIST_INIT;

	(void)state;
	strlist_add(&sources, "drivers/vfio/main.c");
	assert_false(listing_parse(output, strlen(output), "s390", &sources,
				   &objects));
	assert_false(listing_parse("", 0, "s390", &sources, &objects));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_no_dependency_file_tells_is_kept),
		cmocka_unit_test(readers_through_headers_are_found),
		cmocka_unit_test(other_archs_header_is_found_by_name_only),
		cmocka_unit_test(quoted_include_means_the_neighbour),
		cmocka_unit_test(neighbour_that_vanishes_opens_the_search),
		cmocka_unit_test(generic_header_serves_asm),
		cmocka_unit_test(shared_arch_is_taken_from_makefiles),
		cmocka_unit_test(later_version_adds_edges),
		cmocka_unit_test(crossing_directories_are_noted),
		cmocka_unit_test(listing_keeps_what_is_built_and_reads),
		cmocka_unit_test(listing_that_stopped_early_tells_nothing),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, make_tree, remove_tree);
}
