// SPDX-License-Identifier: GPL-2.0-only
#include "engine/impact.h"
#include "engine/includes.h"
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
	struct include_index index;
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
				  .index = &w->index,
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
	include_index_release(&w->index);
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

/* A file of the tree, as the include index sees it. */
static void text(struct world *w, const char *path, const char *content)
{
	include_index_add(&w->index, path, content, strlen(content));
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
	struct world *w = *state;

	text(w, "arch/arm64/Makefile",
	     "include $(srctree)/virt/kvm/Makefile.kvm\n");
	text(w, "arch/s390/kvm/Makefile",
	     "include $(srctree)/virt/kvm/Makefile.kvm\n");
	change(w, 'M', "virt/kvm/Makefile.kvm");
	find(w, &im);
	assert_false(im.from_empty);
	assert_true(strlist_has(&im.drop, "arch/s390/kvm"));
	assert_int_equal(im.reached.nr, 2);
}

static void makefile_included_by_a_global_one_starts_empty(void **state)
{
	_cleanup_impact_ struct impact im = IMPACT_INIT;
	struct world *w = *state;

	text(w, "arch/s390/Makefile",
	     "include $(srctree)/drivers/a/Makefile.postlink\n");
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

/* ---- the whole proof: one change, its kind and its reason -------------------- */

/* Judges the only change; the words of kind and reason are in *kind and *why. */
static bool explained(struct world *w, char status, const char *path,
		      bool broken, const char **kind, char **why)
{
	struct impact_reasons l = { 0 };
	struct impact_reason *first;
	_cleanup_impact_ struct impact im = IMPACT_INIT;
	char *proof = NULL;
	bool matters;

	for (size_t i = 0; i < w->changes.nr; i++)
		free(w->changes.v[i].path);
	w->changes.nr = 0;
	change(w, status, path);
	impact_explain(&l, &w->r, &w->changes, broken);
	assert_int_equal(l.nr, 1);
	first = &l.v[0];
	assert_string_equal(first->path, path);
	matters = first->matters;
	*kind = impact_kind_text(first->kind);
	*why = impact_reason_text(first);
	/* What is printed is what a step is skipped by, and dropped by. */
	assert_int_equal(impact_unreached(&w->r, &w->changes, broken, &proof),
			 !matters);
	free(proof);
	find(w, &im);
	assert_int_equal(im.from_empty, first->from_empty);
	assert_int_equal(im.reached.nr, first->nr_units);
	impact_reasons_release(&l);
	return matters;
}

static void assert_explained(struct world *w, bool matters, char status,
			     const char *path, bool broken, const char *kind,
			     const char *why)
{
	const char *got_kind;
	char *got;
	bool ret = explained(w, status, path, broken, &got_kind, &got);

	if (ret != matters || strcmp(kind, got_kind) || strcmp(why, got))
		fail_msg("%c %s: %s, %s: %s", status, path,
			 ret ? "matters" : "does not matter", got_kind, got);
	free(got);
}

#define assert_matters(w, status, path, kind, why)                           \
	assert_explained(w, true, status, path, false, kind, why)
#define assert_skipped(w, status, path, kind, why)                           \
	assert_explained(w, false, status, path, false, kind, why)

static const char source[] = "source", data[] =
	"Makefile or data of its directory", config[] = "configuration",
	whole[] = "whole build", docs[] = "documentation";

static void every_kind_is_explained(void **state)
{
	struct world *w = *state;

	assert_skipped(w, 'M', "Documentation/virt/kvm/api.rst", docs,
		       "is read by no build");
	assert_skipped(w, 'A', "arch/s390/kvm/.gitignore", docs,
		       "is read by no build");
	assert_skipped(w, 'M', "tools/testing/selftests/kvm/Makefile", docs,
		       "is read by no build");
	assert_skipped(w, 'M', "drivers/gpu/drm.c", source, "is not read");
	assert_skipped(w, 'M', "arch/arm64/kvm/arm.c", source,
		       "belongs to another architecture, and is not read");
	assert_skipped(w, 'M', "arch/arm64/Makefile", data,
		       "belongs to another architecture, and is not read");
	assert_skipped(w, 'M', "drivers/gpu/Makefile", data,
		       "belongs to directory drivers/gpu, which this cell does "
		       "not build");
	assert_skipped(w, 'M', "arch/arm64/kvm/Kconfig", config,
		       "was not read when this cell was configured");
	assert_skipped(w, 'M', "arch/s390/configs/defconfig.config", config,
		       "is read when a base is configured, not later");
	assert_matters(w, 'M', "include/linux/kvm_host.h", source,
		       "is read; 1 unit: arch/s390/kvm/pv.o");
	assert_matters(w, 'M', "arch/s390/kvm/Makefile", data,
		       "belongs to directory arch/s390/kvm, which this cell "
		       "builds; 2 units, one is arch/s390/kvm/pv.o");
	assert_matters(w, 'M', "arch/s390/kvm/Kconfig", config,
		       "can change the configuration; the objtree starts empty");
	assert_matters(w, 'M', "scripts/Makefile.lib", whole,
		       "works for the whole build; the objtree starts empty");
	assert_explained(w, true, 'A', "include/linux/x.h", true, source,
			 "could be read by a unit that fails; no recorded unit");
	assert_explained(w, false, 'M', "Documentation/a.rst", true, docs,
			 "is read by no build");
}

static void shadowing_is_explained(void **state)
{
	struct world *w = *state;

	assert_matters(w, 'A', "arch/s390/kvm/sub/kvm_host.h", source,
		       "is new and could be found instead of "
		       "include/linux/kvm_host.h, which is read; 1 unit: "
		       "arch/s390/kvm/pv.o");
	strmap_set(&w->more, "drivers/s390/new.h", w);
	assert_matters(w, 'A', "include/linux/new.h", source,
		       "is new and could be found instead of "
		       "drivers/s390/new.h, which is read; no recorded unit");
	assert_matters(w, 'M', "drivers/s390/new.h", source,
		       "is read; no recorded unit");
}

static void source_beside_one_that_is_built(void **state)
{
	struct world *w = *state;

	/* kbuild prefers x.c; the base had something else */
	assert_matters(w, 'A', "arch/s390/kvm/pv.S", source,
		       "is new and could be what arch/s390/kvm/pv.o is made "
		       "from; 1 unit: arch/s390/kvm/pv.o");
	assert_skipped(w, 'A', "arch/s390/kvm/other.S", source, "is not read");
}

static void wrapper_comes_and_goes(void **state)
{
	static const char why[] = "decides whether kbuild makes a wrapper of "
				  "asm-generic's file; no recorded unit";
	struct world *w = *state;

	/* read through the wrapper: dropped */
	assert_matters(w, 'A', "arch/s390/include/asm/unaligned.h", source,
		       "is new and could be found instead of "
		       "arch/s390/include/generated/asm/unaligned.h, which is "
		       "read; 1 unit: arch/s390/kvm/pv.o");
	/* read by nobody: kbuild still says "redundant generic-y" */
	assert_matters(w, 'A', "arch/s390/include/asm/mcs_spinlock.h", source,
		       why);
	assert_matters(w, 'A', "arch/s390/include/uapi/asm/errno.h", source,
		       why);
	assert_matters(w, 'D', "arch/s390/include/asm/mcs_spinlock.h", source,
		       why);
	assert_skipped(w, 'M', "arch/s390/include/asm/mcs_spinlock.h", source,
		       "is not read");
	text(w, "arch/s390/include/asm/Kbuild", "generic-y += read.h\n");
	strmap_set(&w->more, "include/asm-generic/read.h", w);
	assert_matters(w, 'M', "include/asm-generic/read.h", source,
		       "is read; no recorded unit");
	assert_skipped(w, 'A', "arch/arm64/include/asm/mcs_spinlock.h", source,
		       "belongs to another architecture, and is not read");
}

static void what_has_include_asks_for(void **state)
{
	struct world *w = *state;

	text(w, "include/linux/kvm_host.h",
	     "#if __has_include(<linux/extra.h>)\n#endif\n");
	text(w, "drivers/a/a.c", "#if __has_include(\"b.h\")\n#endif\n");
	assert_matters(w, 'A', "include/linux/extra.h", source,
		       "is referred to by include/linux/kvm_host.h, which is "
		       "read, by __has_include, .include or .incbin; 1 unit: "
		       "arch/s390/kvm/pv.o");
	/* also when nobody included it, so that it is no dependency */
	assert_matters(w, 'D', "include/linux/extra.h", source,
		       "is referred to by include/linux/kvm_host.h, which is "
		       "read, by __has_include, .include or .incbin; 1 unit: "
		       "arch/s390/kvm/pv.o");
	assert_skipped(w, 'A', "drivers/a/b.h", source, "is not read");
}

static void what_the_assembler_reads(void **state)
{
	struct world *w = *state;

	/* as arch/s390/include/asm/fpu-insn.h does */
	text(w, "arch/s390/kvm/gaccess.h",
	     "asm(\".include \\\"asm/insn-asm.h\\\"\\n\");\n");
	text(w, "arch/s390/kvm/pv.c", "\t.incbin \"arch/s390/kvm/pv.bin\"\n");
	assert_matters(w, 'M', "arch/s390/include/asm/insn-asm.h", source,
		       "is referred to by arch/s390/kvm/gaccess.h, which is "
		       "read, by __has_include, .include or .incbin; 1 unit: "
		       "arch/s390/kvm/pv.o");
	text(w, "virt/kvm/vfio.c", "asm(\".incbin \\\"lib/x.bin\\\"\");\n");
	strmap_set(&w->more, "virt/kvm/vfio.c", w);
	assert_matters(w, 'M', "lib/x.bin", data,
		       "is referred to by virt/kvm/vfio.c, which is read, by "
		       "__has_include, .include or .incbin; 1 unit: "
		       "virt/kvm/vfio.o");
}

/* What generators read: no dependency file of a unit has it. */
static void inputs_of_rules(void **state)
{
	static const char *const paths[] = {
		"arch/s390/kernel/syscalls/syscall.tbl",
		"arch/s390/kernel/vdso64/gen_vdso_offsets.sh",
		"arch/s390/lib/opcodes.txt",
		"arch/s390/kernel/gen.awk",
		"arch/s390/kernel/no-suffix",
	};
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		assert_matters(w, 'M', paths[i], data,
			       "is input of some rule of this architecture; the "
			       "objtree starts empty");
	assert_matters(w, 'M', "arch/s390/tools/opcodes.txt", whole,
		       "works for the whole build; the objtree starts empty");
	assert_matters(w, 'M', "arch/s390/kvm/table.awk", data,
		       "is input of some rule of this architecture; the "
		       "objtree starts empty");
	assert_skipped(w, 'M', "arch/s390/boot/dts/x.dts", data,
		       "belongs to directory arch/s390/boot/dts, which this "
		       "cell does not build");
	assert_skipped(w, 'M', "arch/arm64/tools/sysreg", data,
		       "belongs to another architecture, and is not read");
	assert_skipped(w, 'M', "lib/fonts.txt", data,
		       "belongs to directory lib, which this cell does not "
		       "build");
}

static void inputs_that_a_makefile_names(void **state)
{
	struct world *w = *state;

	text(w, "Kbuild", "x.h: kernel/time/timeconst.bc FORCE\n");
	text(w, "arch/s390/kvm/Makefile",
	     "$(obj)/caps.c: $(src)/../../include/asm/features.h "
	     "$(srctree)/lib/vdso/Makefile $(srctree)/arch/arm64/kvm/list.h\n");
	text(w, "drivers/gpu/Makefile", "x: $(src)/table.h\n");
	assert_matters(w, 'M', "kernel/time/timeconst.bc", data,
		       "is named by Kbuild, which this cell uses; the objtree "
		       "starts empty");
	assert_matters(w, 'M', "arch/s390/include/asm/features.h", source,
		       "is named by arch/s390/kvm/Makefile, which this cell "
		       "uses; 2 units, one is arch/s390/kvm/pv.o");
	assert_matters(w, 'M', "lib/vdso/Makefile", data,
		       "is named by arch/s390/kvm/Makefile, which this cell "
		       "uses; 2 units, one is arch/s390/kvm/pv.o");
	assert_skipped(w, 'M', "lib/other/Makefile", data,
		       "belongs to directory lib/other, which this cell does "
		       "not build");
	/* another directory's Makefile */
	assert_skipped(w, 'M', "drivers/gpu/table.h", source, "is not read");
	assert_matters(w, 'M', "arch/arm64/kvm/list.h", source,
		       "is named by arch/s390/kvm/Makefile, which this cell "
		       "uses; 2 units, one is arch/s390/kvm/pv.o");
	/* "include/asm/features.h" cannot mean another architecture's */
	assert_skipped(w, 'M', "arch/mips/include/asm/features.h", source,
		       "belongs to another architecture, and is not read");
}

/* s390 that runs arm64 guests generates arm64's headers. */
static void architecture_that_a_makefile_mentions(void **state)
{
	struct world *w = *state;

	assert_skipped(w, 'M', "arch/arm64/tools/gen-sysreg.awk", data,
		       "belongs to another architecture, and is not read");
	text(w, "arch/s390/kvm/Makefile",
	     "x: $(srctree)/arch/arm64/tools/$(gen)\n");
	assert_matters(w, 'M', "arch/arm64/tools/gen-sysreg.awk", whole,
		       "works for the whole build; the objtree starts empty");
	assert_skipped(w, 'M', "arch/mips/tools/x.awk", data,
		       "belongs to another architecture, and is not read");
}

static void linker_scripts_are_units(void **state)
{
	struct world *w = *state;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;

	put(w->dir, "arch/s390/kernel/vdso64/.vdso.lds.cmd",
	    "savedcmd_arch/s390/kernel/vdso64/vdso.lds := gcc -E x\n"
	    "source_arch/s390/kernel/vdso64/vdso.lds := "
	    "/src/arch/s390/kernel/vdso64/vdso.lds.S\n"
	    "deps_arch/s390/kernel/vdso64/vdso.lds := \\\n"
	    "  /src/arch/s390/include/asm/vdso.h \\\n\n");
	unit_set_release(&w->units);
	assert_int_equal(unit_set_read(&w->units, w->dir, "", "/src", &err), 0);
	assert_matters(w, 'M', "arch/s390/kernel/vdso64/vdso.lds.S", source,
		       "is read; 1 unit: arch/s390/kernel/vdso64/vdso.lds");
	assert_matters(w, 'M', "arch/s390/include/asm/vdso.h", source,
		       "is read; 1 unit: arch/s390/kernel/vdso64/vdso.lds");
}

static void target_of_a_link_is_read_by_its_name(void **state)
{
	struct world *w = *state;

	include_index_link(&w->index, "arch/s390/kvm/gaccess.h",
			   "../include/asm/real.h");
	include_index_link(&w->index, "arch/s390/include", "../../include/s390");
	assert_matters(w, 'M', "arch/s390/include/asm/real.h", source,
		       "is read as arch/s390/kvm/gaccess.h, a symbolic link; "
		       "1 unit: arch/s390/kvm/pv.o");
	/* a link to a link, and one above the file */
	assert_matters(w, 'M', "include/s390/asm/real.h", source,
		       "is read as arch/s390/kvm/gaccess.h, a symbolic link; "
		       "1 unit: arch/s390/kvm/pv.o");
	assert_skipped(w, 'M', "include/s390/asm/other.h", source,
		       "is not read");
	/* new under a name that is a link's */
	include_index_link(&w->index, "lib/kvm_host.h", "x.h");
	assert_matters(w, 'A', "lib/x.h", source,
		       "is new and could be found instead of "
		       "include/linux/kvm_host.h, which is read; 1 unit: "
		       "arch/s390/kvm/pv.o");
}

static void links_may_stand_for_directories(void **state)
{
	struct world *w = *state;
	const char *kind;
	char *why;

	include_index_link(&w->index, "arch/s390/kvm/linux", "../../x");
	assert_matters(w, 'D', "arch/s390/kvm/linux", data,
		       "is input of some rule of this architecture; the "
		       "objtree starts empty");
	include_index_link(&w->index, "lib/linux", "../x");
	assert_matters(w, 'M', "lib/linux", data,
		       "is a symbolic link, which may stand for a directory; "
		       "the objtree starts empty");
	include_index_link(&w->index, "arch/arm64/include/linux", "../x");
	assert_matters(w, 'D', "arch/arm64/include/linux", data,
		       "is a symbolic link, which may stand for a directory; "
		       "the objtree starts empty");
	/* one that is new, by its mode */
	assert_false(explained(w, 'A', "lib/sub", false, &kind, &why));
	free(why);
	w->changes.v[0].mode = 0120000;
	assert_false(impact_unreached(&w->r, &w->changes, false, &why));
}

static void change_of_mode_alone_is_a_change(void **state)
{
	struct world *w = *state;
	_cleanup_free_ char *reason = NULL;
	struct change *c;

	change(w, 'M', "arch/s390/kvm/gaccess.h");
	c = &w->changes.v[0];
	c->mode = 0100755;
	assert_false(impact_unreached(&w->r, &w->changes, false, &reason));
	free(c->path);
	c->path = xstrdup("scripts/checksyscalls.sh");
	assert_false(impact_unreached(&w->r, &w->changes, false, &reason));
	/* a file becomes a link */
	free(c->path);
	c->path = xstrdup("lib/dir");
	c->status = 'T';
	c->mode = 0120000;
	assert_false(impact_unreached(&w->r, &w->changes, false, &reason));
}

static void kconfig_of_documentation_and_samples_counts(void **state)
{
	struct world *w = *state;

	strmap_set(&w->kconfig, "Documentation/Kconfig", w);
	assert_matters(w, 'M', "Documentation/Kconfig", config,
		       "can change the configuration; the objtree starts empty");
	assert_matters(w, 'A', "samples/Kconfig", config,
		       "can change the configuration; the objtree starts empty");
}

/* Patch 1 adds it, patch 2 changes it: the base has not read it. */
static void files_that_the_series_adds(void **state)
{
	struct world *w = *state;

	include_index_gone(&w->index, "arch/s390/kvm/new/Kconfig");
	include_index_gone(&w->index, "arch/s390/kvm/new/Makefile");
	assert_matters(w, 'M', "arch/s390/kvm/new/Kconfig", config,
		       "can change the configuration; the objtree starts empty");
	assert_matters(w, 'M', "arch/s390/kvm/new/Makefile", data,
		       "belongs to directory arch/s390/kvm/new, which this cell "
		       "builds; no recorded unit");
	strmap_set(&w->more, "lib/new/x.c", w);
	assert_matters(w, 'M', "lib/new/Makefile", data,
		       "belongs to directory lib/new, which this cell builds; "
		       "no recorded unit");
}

static void unclean_tree_is_seen(void **state)
{
	static const char *const paths[] = {
		".config", "include/config/auto.conf",
		"include/generated/autoconf.h",
		"arch/s390/include/generated/asm/x.h",
	};
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		assert_matters(w, 'A', paths[i], whole,
			       "works for the whole build; the objtree starts "
			       "empty");
}

/* A configuration that nobody knows the files of is no proof. */
static void unknown_kconfig_set_proves_nothing(void **state)
{
	struct world *w = *state;

	strmap_release(&w->kconfig);
	assert_matters(w, 'M', "arch/arm64/kvm/Kconfig", config,
		       "can change the configuration; the objtree starts empty");
}

/* ---- many states --------------------------------------------------------------- */

static void memo_says_what_find_says(void **state)
{
	static const struct {
		char status;
		const char *path;
	} all[] = {
		{ 'M', "include/linux/kvm_host.h" }, { 'M', "lib/x.c" },
		{ 'A', "lib/vfio.h" },		     { 'M', "lib/vfio.h" },
		{ 'M', "arch/s390/kvm/Makefile" },   { 'M', "Kbuild" },
		{ 'D', "virt/kvm/vfio.h" },
	};
	struct world *w = *state;
	struct impact_memo *m = impact_memo_new(&w->r);

	/* every subset, twice */
	for (unsigned set = 0; set < 2u << ARRAY_SIZE(all); set++) {
		_cleanup_impact_ struct impact im = IMPACT_INIT;
		const char *empty;
		const uint64_t *bits;

		for (size_t i = 0; i < w->changes.nr; i++)
			free(w->changes.v[i].path);
		w->changes.nr = 0;
		for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
			if (!(set & (1u << i)))
				continue;
			change(w, all[i].status, all[i].path);
			/* lib/vfio.h is one path; ids begin at 0: not known */
			w->changes.v[w->changes.nr - 1].id = i == 3 ? 2 : i;
		}
		for (size_t i = 0; i < w->changes.nr; i++) {
			const struct change_list one = {
				.v = &w->changes.v[i], .nr = 1,
			};
			_cleanup_free_ char *proof = NULL;

			assert_int_equal(
				impact_memo_matters(m, &w->changes.v[i]),
				!impact_unreached(&w->r, &one, false, &proof));
		}
		find(w, &im);
		bits = impact_memo_sum(m, &w->changes, &empty);
		assert_int_equal(empty != NULL, im.from_empty);
		if (empty)
			assert_string_equal(empty, im.why);
		for (size_t i = 0; i < w->units.nr; i++)
			assert_int_equal(bits[0] >> i & 1,
					 strlist_has_sorted(&im.reached,
						w->units.v[i].name));
	}
	impact_memo_free(m);
}

/* ---- units in one file ----------------------------------------------------------- */

static void units_are_kept_in_one_file(void **state)
{
	struct world *w = *state;
	_cleanup_unit_set_ struct unit_set back = UNIT_SET_INIT;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_free_ char *file = path_join(w->dir, "units");
	_cleanup_strbuf_ struct strbuf all = STRBUF_INIT;

	assert_int_equal(unit_set_save(&w->units, file, "stamp 1", &err), 0);
	assert_false(unit_set_load(&back, file, "stamp 2"));
	assert_true(unit_set_load(&back, file, "stamp 1"));
	assert_int_equal(back.nr, w->units.nr);
	assert_int_equal(strmap_nr(&back.files), strmap_nr(&w->units.files));
	for (size_t i = 0; i < back.nr; i++) {
		const struct unit *a = &w->units.v[i], *b = &back.v[i];

		assert_string_equal(a->target, b->target);
		assert_string_equal(a->name, b->name);
		assert_string_equal(a->cmdfile, b->cmdfile);
		assert_int_equal(a->kernel, b->kernel);
		assert_int_equal(a->nr_deps, b->nr_deps);
		for (size_t k = 0; k < a->nr_deps; k++)
			assert_string_equal(a->deps[k], b->deps[k]);
	}
	assert_int_equal(unit_set_file(&back, "virt/kvm/vfio.h")->nr, 1);
	assert_non_null(unit_set_base(&back, "vfio.h"));
	/* a part of it is no set */
	assert_int_equal(file_read(file, &all, &err), 0);
	for (size_t n = 0; n < all.len; n++) {
		assert_int_equal(file_write(file, all.buf, n, &err), 0);
		if (unit_set_load(&back, file, "stamp 1"))
			fail_msg("%zu of %zu bytes are taken for a set", n,
				 all.len);
		assert_int_equal(back.nr, 0);
	}
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
		T(every_kind_is_explained),
		T(shadowing_is_explained),
		T(source_beside_one_that_is_built),
		T(wrapper_comes_and_goes),
		T(what_has_include_asks_for),
		T(what_the_assembler_reads),
		T(inputs_of_rules),
		T(inputs_that_a_makefile_names),
		T(architecture_that_a_makefile_mentions),
		T(linker_scripts_are_units),
		T(target_of_a_link_is_read_by_its_name),
		T(links_may_stand_for_directories),
		T(change_of_mode_alone_is_a_change),
		T(kconfig_of_documentation_and_samples_counts),
		T(files_that_the_series_adds),
		T(unclean_tree_is_seen),
		T(unknown_kconfig_set_proves_nothing),
		T(memo_says_what_find_says),
		T(units_are_kept_in_one_file),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
