// SPDX-License-Identifier: GPL-2.0-only
#include "engine/impact.h"
#include "engine/tree.h"
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
#include <unistd.h>

/* An objtree with the .cmd files of three units of an s390 build. */
struct world {
	char *dir;
	struct unit_set units;
	struct strmap more, kconfig;
	struct read_set r;
	struct change_list changes;
};

static void put(const char *dir, const char *name, const char *text)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_free_ char *path = path_join(dir, name);

	assert_int_equal(dir_make_for(path, &err), 0);
	assert_int_equal(file_write(path, text, strlen(text), &err), 0);
}

static bool has_dir(void *data, const char *dir)
{
	struct world *w = data;
	_cleanup_free_ char *path = path_join(w->dir, dir);

	return dir_exists(path);
}

static int setup(void **state)
{
	struct world *w = xcalloc(1, sizeof(*w));
	char name[] = "/tmp/kvmatrix-impact-XXXXXX";
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;

	assert_non_null(mkdtemp(name));
	w->dir = xstrdup(name);
	put(w->dir, "arch/s390/kvm/.pv.o.cmd",
	    "savedcmd_arch/s390/kvm/pv.o := s390x-linux-gnu-gcc -D__KERNEL__ "
	    "-c -o arch/s390/kvm/pv.o /src/arch/s390/kvm/pv.c\n\n"
	    "source_arch/s390/kvm/pv.o := /src/arch/s390/kvm/pv.c\n\n"
	    "deps_arch/s390/kvm/pv.o := \\\n"
	    "    $(wildcard include/config/KVM) \\\n"
	    "  /src/include/linux/kvm_host.h \\\n"
	    "  arch/s390/include/generated/asm/unaligned.h \\\n"
	    "  /src/arch/s390/kvm/gaccess.h \\\n\n"
	    "arch/s390/kvm/pv.o: $(deps_arch/s390/kvm/pv.o)\n");
	put(w->dir, "virt/kvm/.vfio.o.cmd",
	    "cmd_arch/s390/kvm/../../../virt/kvm/vfio.o := gcc -D__KERNEL__ x\n"
	    "source_arch/s390/kvm/../../../virt/kvm/vfio.o := "
	    "/src/arch/s390/kvm/../../../virt/kvm/vfio.c\n"
	    "deps_arch/s390/kvm/../../../virt/kvm/vfio.o := \\\n"
	    "  /src/arch/s390/kvm/../../../virt/kvm/vfio.h \\\n\n");
	put(w->dir, "scripts/mod/.modpost.cmd",
	    "savedcmd_scripts/mod/modpost := gcc -o scripts/mod/modpost\n");
	assert_int_equal(unit_set_read(&w->units, w->dir, "", "/src", &err), 0);
	strmap_set(&w->kconfig, "arch/s390/kvm/Kconfig", w);
	w->r = (struct read_set){ .units = &w->units,
				  .more = &w->more,
				  .kconfig = &w->kconfig,
				  .srcarch = "s390",
				  .has_dir = has_dir,
				  .data = w };
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;

	tree_remove(w->dir, &err);
	free(w->dir);
	unit_set_release(&w->units);
	strmap_release(&w->more);
	strmap_release(&w->kconfig);
	for (size_t i = 0; i < w->changes.nr; i++)
		free(w->changes.v[i].path);
	free(w->changes.v);
	free(w);
	return 0;
}

static void change(struct world *w, char status, const char *path)
{
	GROW(w->changes.v, w->changes.nr, w->changes.alloc);
	w->changes.v[w->changes.nr++] =
		(struct change){ .status = status, .path = xstrdup(path) };
}

static void units_are_read(void **state)
{
	struct world *w = *state;
	const struct unit *u = unit_set_find(&w->units, "virt/kvm/vfio.o");

	assert_int_equal(w->units.nr, 2);
	assert_non_null(u);
	assert_string_equal(u->target, "arch/s390/kvm/../../../virt/kvm/vfio.o");
	assert_true(u->kernel);
	assert_true(unit_set_reads(&w->units, "virt/kvm/vfio.h"));
	assert_true(unit_set_reads(&w->units, "arch/s390/kvm/gaccess.h"));
	assert_true(unit_set_reads(&w->units,
				   "arch/s390/include/generated/asm/unaligned.h"));
	assert_false(unit_set_reads(&w->units, "include/config/KVM"));
}

static void find(struct world *w, struct impact *im)
{
	impact_find(im, &w->r, &w->changes);
}

static void modified_header_reaches_reader(void **state)
{
	_cleanup_impact_ struct impact im = IMPACT_INIT;

	change(*state, 'M', "include/linux/kvm_host.h");
	find(*state, &im);
	assert_false(im.from_empty);
	assert_int_equal(im.reached.nr, 1);
	assert_string_equal(im.reached.v[0], "arch/s390/kvm/pv.o");
	assert_true(strlist_has(&im.drop, "arch/s390/kvm/pv.o"));
}

static void vanished_header_drops_reader(void **state)
{
	_cleanup_impact_ struct impact im = IMPACT_INIT;

	change(*state, 'D', "arch/s390/kvm/gaccess.h");
	find(*state, &im);
	assert_true(strlist_has(&im.drop, "arch/s390/kvm/pv.o"));
	assert_false(strlist_has(&im.drop, "virt/kvm/vfio.o"));
}

static void added_header_of_same_name_drops_reader(void **state)
{
	_cleanup_impact_ struct impact im = IMPACT_INIT;

	change(*state, 'A', "arch/s390/kvm/sub/kvm_host.h");
	find(*state, &im);
	assert_true(strlist_has(&im.drop, "arch/s390/kvm/pv.o"));
}

static void added_header_replaces_generated_wrapper(void **state)
{
	_cleanup_impact_ struct impact im = IMPACT_INIT;

	change(*state, 'A', "arch/s390/include/asm/unaligned.h");
	find(*state, &im);
	assert_true(strlist_has(&im.drop, "arch/s390/kvm/pv.o"));
}

static void added_header_of_new_name_reaches_nobody(void **state)
{
	_cleanup_impact_ struct impact im = IMPACT_INIT;

	change(*state, 'A', "include/linux/brand_new.h");
	find(*state, &im);
	assert_false(im.from_empty);
	assert_int_equal(im.reached.nr, 0);
}

static void makefile_of_built_directory_drops_it(void **state)
{
	_cleanup_impact_ struct impact im = IMPACT_INIT;

	change(*state, 'M', "arch/s390/kvm/Makefile");
	find(*state, &im);
	assert_false(im.from_empty);
	assert_true(strlist_has(&im.drop, "arch/s390/kvm"));
	/* built from there, but lying elsewhere */
	assert_true(strlist_has(&im.drop, "virt/kvm/vfio.o"));
}

static void makefile_of_unbuilt_directory_is_nothing(void **state)
{
	_cleanup_impact_ struct impact im = IMPACT_INIT;
	struct world *w = *state;
	_cleanup_free_ char *reason = NULL;

	change(w, 'M', "drivers/gpu/Makefile");
	find(w, &im);
	assert_false(im.from_empty);
	assert_int_equal(im.drop.nr, 0);
	assert_true(impact_unreached(&w->r, &w->changes, false, &reason));
}

static void global_files_start_empty(void **state)
{
	static const char *const paths[] = {
		"Makefile", "Kbuild", "scripts/Makefile.lib", "arch/s390/Makefile",
		"arch/s390/tools/gen_facilities.c", "tools/objtool/check.c",
		"include/asm-generic/Kbuild", "arch/s390/include/asm/Kbuild",
		"arch/s390/kvm/Kconfig",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		_cleanup_impact_ struct impact im = IMPACT_INIT;
		void *s;
		struct world *w;
		_cleanup_free_ char *reason = NULL;

		setup(&s);
		w = s;
		change(w, 'M', paths[i]);
		find(w, &im);
		if (!im.from_empty)
			fail_msg("%s does not start empty", paths[i]);
		assert_string_equal(im.why, paths[i]);
		assert_false(impact_unreached(&w->r, &w->changes, false,
					      &reason));
		teardown(&s);
	}
}

static void included_makefile_drops_its_users(void **state)
{
	_cleanup_impact_ struct impact im = IMPACT_INIT;
	_cleanup_strlist_ struct strlist users = STRLIST_INIT;
	_cleanup_strmap_ struct strmap make_users = STRMAP_INIT;
	struct world *w = *state;

	strlist_addl(&users, "arch/arm64/Makefile", "arch/s390/kvm/Makefile",
		     NULL);
	strmap_set(&make_users, "Makefile.kvm", &users);
	w->r.make_users = &make_users;
	change(w, 'M', "virt/kvm/Makefile.kvm");
	find(w, &im);
	assert_false(im.from_empty);
	assert_true(strlist_has(&im.drop, "arch/s390/kvm"));
	assert_int_equal(im.reached.nr, 2);
}

static void makefile_included_by_a_global_one_starts_empty(void **state)
{
	_cleanup_impact_ struct impact im = IMPACT_INIT;
	_cleanup_strlist_ struct strlist users = STRLIST_INIT;
	_cleanup_strmap_ struct strmap make_users = STRMAP_INIT;
	struct world *w = *state;

	strlist_add(&users, "arch/s390/Makefile");
	strmap_set(&make_users, "Makefile.postlink", &users);
	w->r.make_users = &make_users;
	change(w, 'M', "drivers/a/Makefile.postlink");
	find(w, &im);
	assert_true(im.from_empty);
}

static void kconfig_that_is_not_read_is_nothing(void **state)
{
	_cleanup_impact_ struct impact im = IMPACT_INIT;

	change(*state, 'M', "arch/arm64/kvm/Kconfig");
	find(*state, &im);
	assert_false(im.from_empty);
}

static void foreign_files_are_proved_unreached(void **state)
{
	struct world *w = *state;
	_cleanup_free_ char *reason = NULL;

	change(w, 'M', "arch/arm64/include/asm/kvm_host.h");
	change(w, 'M', "Documentation/virt/kvm/api.rst");
	change(w, 'M', "arch/arm64/Makefile");
	assert_true(impact_unreached(&w->r, &w->changes, false, &reason));
	assert_non_null(strstr(reason, "3 changed files"));
}

static void foreign_header_of_same_name_is_not_proved(void **state)
{
	struct world *w = *state;
	_cleanup_free_ char *reason = NULL;

	/* may be found by a -I that we do not know of */
	change(w, 'A', "arch/arm64/include/asm/unaligned.h");
	assert_false(impact_unreached(&w->r, &w->changes, false, &reason));
}

static void read_file_is_not_proved(void **state)
{
	struct world *w = *state;
	_cleanup_free_ char *reason = NULL;

	change(w, 'M', "virt/kvm/vfio.h");
	assert_false(impact_unreached(&w->r, &w->changes, false, &reason));
}

static void file_read_by_later_step_is_not_proved(void **state)
{
	struct world *w = *state;
	_cleanup_free_ char *reason = NULL;

	strmap_set(&w->more, "include/linux/brand_new.h", w);
	change(w, 'M', "include/linux/brand_new.h");
	assert_false(impact_unreached(&w->r, &w->changes, false, &reason));
}

static void broken_cell_stays_reached(void **state)
{
	struct world *w = *state;
	_cleanup_free_ char *reason = NULL;

	change(w, 'A', "include/linux/brand_new.h");
	assert_false(impact_unreached(&w->r, &w->changes, true, &reason));
	assert_true(impact_unreached(&w->r, &w->changes, false, &reason));
}

static void broken_cell_may_miss_a_foreign_header(void **state)
{
	struct world *w = *state;
	_cleanup_free_ char *reason = NULL;

	change(w, 'A', "arch/arm64/include/asm/brand_new.h");
	assert_false(impact_unreached(&w->r, &w->changes, true, &reason));
	assert_true(impact_unreached(&w->r, &w->changes, false, &reason));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		T(units_are_read),
		T(modified_header_reaches_reader),
		T(vanished_header_drops_reader),
		T(added_header_of_same_name_drops_reader),
		T(added_header_replaces_generated_wrapper),
		T(added_header_of_new_name_reaches_nobody),
		T(makefile_of_built_directory_drops_it),
		T(makefile_of_unbuilt_directory_is_nothing),
		cmocka_unit_test(global_files_start_empty),
		T(included_makefile_drops_its_users),
		T(makefile_included_by_a_global_one_starts_empty),
		T(kconfig_that_is_not_read_is_nothing),
		T(foreign_files_are_proved_unreached),
		T(foreign_header_of_same_name_is_not_proved),
		T(read_file_is_not_proved),
		T(file_read_by_later_step_is_not_proved),
		T(broken_cell_stays_reached),
		T(broken_cell_may_miss_a_foreign_header),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
