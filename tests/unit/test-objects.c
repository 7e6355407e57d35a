// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which files of an objtree are the kernel's objects, in one layer and in two.
 */
#include "engine/objects.h"

#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/mem.h"

#include "machines.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static void put(const char *layer, const char *name, const char *text)
{
	_cleanup_free_ char *in = path_join(layer, name);

	free(scratch_put(in, text, strlen(text)));
}

#define CC(flags) "savedcmd_x := gcc -D__KERNEL__ " flags " -c -o x x.c\n"

static void commands_tell_what_an_object_is(void **state)
{
	static const struct {
		const char *name, *text, *module;
		bool is;
	} cases[] = {
		{ "kernel/a.o", CC(""), NULL, true },
		{ "arch/x86/kvm/x86.o",
		  CC("-DMODULE -DKBUILD_MODNAME='\"kvm-x\"'"), "kvm_x", true },
		{ "arch/x86/kvm/vmenter.o",
		  "cmd_x := gcc -D__KERNEL__ -D__ASSEMBLY__ -DMODULE -c -o x x.S\n",
		  "?", true },
		{ "arch/x86/kvm/kvm.o", "savedcmd_x := ld -r -o kvm.o @kvm.mod\n",
		  NULL, false },
		{ "scripts/a.o", CC(""), NULL, false },
		{ "lib/host.o", "cmd_x := gcc -O2 -c -o x x.c\n", NULL, false },
		{ "arch/x86/entry/vdso/v.o", CC(""), NULL, false },
		{ "arch/arm64/kvm/hyp/nvhe/a.nvhe.o", CC(""), NULL, false },
		{ "arch/arm64/kvm/hyp/nvhe/kvm_nvhe.o",
		  "cmd_x := objcopy --prefix-symbols=__kvm_nvhe_ a b\n", NULL,
		  true },
		{ "a.o", "", NULL, false },
		{ ".vmlinux.export.o", CC(""), NULL, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *module;
		bool is = object_of_command(cases[i].name, cases[i].text,
					    &module);

		if (is != cases[i].is || !streq_null(module, cases[i].module))
			fail_msg("%s: %d %s", cases[i].name, is,
				 module ? module : "-");
		free(module);
	}
}

static void two_layers_are_one_tree(void **state)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_free_ char *lower = path_join(scratch, "lower");
	_cleanup_free_ char *upper = path_join(scratch, "upper");
	const struct image_tree t = { .upper = upper, .lower = lower };
	_cleanup_tree_objects_ struct tree_objects l = { 0 };

	(void)state;
	put("lower", "k/a.o", "old");
	put("lower", "k/.a.o.cmd", CC(""));
	put("lower", "k/b.o", "old");
	put("lower", "k/.b.o.cmd", CC(""));
	put("lower", "k/.lost.o.cmd", CC(""));
	put("upper", "k/b.o", "new");
	put("upper", "k/.b.o.cmd", CC("-DMODULE"));
	put("upper", "k/c.o", "new");
	put("upper", "k/.c.o.cmd", CC(""));
	put("upper", "k/the-module.mod", "k/b.o\n");
	assert_int_equal(tree_objects_find(&l, &t, &err), 0);
	assert_int_equal(l.nr, 3);
	assert_string_equal(l.v[0].name, "k/a.o");
	assert_true(starts_with(l.v[0].path, lower));
	assert_null(l.v[0].module);
	assert_string_equal(l.v[1].name, "k/b.o");
	assert_true(starts_with(l.v[1].path, upper));
	assert_string_equal(l.v[1].module, "the_module");
	assert_ptr_equal(tree_objects_get(&l, "k/c.o"), &l.v[2]);
	assert_null(tree_objects_get(&l, "k/lost.o"));
	assert_false(l.linked);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands_tell_what_an_object_is),
		cmocka_unit_test(two_layers_are_one_tree),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
