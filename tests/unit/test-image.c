// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which objects a kernel is made of, read from two layers of an objtree; what a
 * linker script says; and what of a step belongs to its link.
 */
#include "engine/image.h"
#include "engine/link_script.h"
#include "engine/link_step.h"
#include "model/diagnostic.h"
#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/mem.h"
#include "sys/proc.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

static char *dir, *upper, *lower;

static void shell(const char *command)
{
	_cleanup_free_ char *text = xasprintf("cd %s && { %s; }", dir, command);
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;

	if (proc_run(NULL, &err, "sh", "-c", text, NULL))
		fail_msg("%s", err.msg);
}

static void found(const struct image_tree *t, const char *name,
		  const char *layer)
{
	_cleanup_free_ char *path = image_path(t, name);
	_cleanup_free_ char *want = layer ? path_join(layer, name) : NULL;

	if (!want)
		assert_null(path);
	else
		assert_string_equal(path, want);
}

static void the_upper_layer_hides_the_lower_one(void **state)
{
	struct image_tree t = { .upper = upper, .lower = lower };

	(void)state;
	shell("mkdir -p lower/a/b lower/d upper/a upper/d; "
	      "touch lower/a/b/x lower/a/y upper/a/y lower/d/z lower/e upper/f");
	found(&t, "a/b/x", lower);
	found(&t, "a/y", upper);
	found(&t, "d/z", lower);
	found(&t, "e", lower);
	found(&t, "f", upper);
	found(&t, "g", NULL);
	found(&t, "a/b/none", NULL);
	t.lower = NULL;
	found(&t, "a/b/x", NULL);
	found(&t, "a/y", upper);
}

static void whiteouts_and_opaque_directories_hide_too(void **state)
{
	struct image_tree t = { .upper = upper, .lower = lower };
	_cleanup_free_ char *gone = path_join(upper, "a/b");
	_cleanup_free_ char *opaque = path_join(upper, "d");

	(void)state;
	/* a file where a directory was hides as a whiteout does, which needs
	 * rights that a test may not have */
	if (mknod(gone, S_IFCHR, 0))
		shell("touch upper/a/b");
	found(&t, "a/b/x", NULL);
	if (setxattr(opaque, "user.overlay.opaque", "y", 1, 0)) {
		print_message("# no extended attributes here\n");
		return;
	}
	found(&t, "d/z", NULL);
	shell("touch upper/d/z");
	found(&t, "d/z", upper);
	found(&t, "e", lower);
}

static const char *const config = "CONFIG_A=y\nCONFIG_MODULES=y\n"
				  "CONFIG_MODVERSIONS=y\n";

static void objects_come_from_archives_and_modules_order(void **state)
{
	struct image_tree t = { .upper = upper, .lower = lower };
	_cleanup_link_input_ struct link_input in = LINK_INPUT_INIT;
	_cleanup_link_input_ struct link_input again = LINK_INPUT_INIT;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	struct image *m = image_new();

	(void)state;
	shell("rm -rf upper lower; mkdir -p upper lower/k lower/lib; cd lower; "
	      "echo 'int a;' | gcc -xc -c -o k/a.o -; "
	      "echo 'int m;' | gcc -xc -c -o k/m.o -; "
	      "echo 'int l;' | gcc -xc -c -o lib/l.o -; "
	      "ar cDPrST k/built-in.a k/a.o; ar cDPrST built-in.a k/built-in.a; "
	      "ar cDPrsT lib/lib.a lib/l.o; "
	      "echo 'savedcmd_vmlinux.a := rm -f vmlinux.a;  ar cDPrST vmlinux.a "
	      "./built-in.a; ar mPiT $$(ar t vmlinux.a) vmlinux.a' >.vmlinux.a.cmd; "
	      "echo 'savedcmd_vmlinux.o := ld -r -o vmlinux.o --whole-archive "
	      "vmlinux.a --no-whole-archive --start-group lib/lib.a --end-group' "
	      ">.vmlinux.o.cmd; echo k/m.ko >modules.order");
	if (image_read(m, &t, config, &in, &err))
		fail_msg("%s", err.msg);
	assert_true(in.has_modules && in.checksums && in.mismatch_is_error);
	assert_int_equal(in.nr_objects, 2);
	assert_string_equal(in.objects[0].name, "k/a.o");
	assert_false(in.objects[0].library);
	assert_string_equal(in.objects[1].name, "lib/l.o");
	assert_true(in.objects[1].library);
	assert_int_equal(in.nr_modules, 1);
	assert_string_equal(in.modules[0].name, "k/m.o");
	assert_int_equal(image_nr_read(m), 3);
	/* one is built anew */
	shell("mkdir upper/k; echo 'int a2;' | gcc -xc -c -o upper/k/a.o -");
	if (image_read(m, &t, "CONFIG_B=y\n", &again, &err))
		fail_msg("%s", err.msg);
	assert_int_equal(image_nr_read(m), 1);
	assert_int_equal(again.nr_modules, 0);
	assert_false(again.has_modules);
	image_free(m);
}

static void damage_is_told(void **state)
{
	static const struct {
		const char *command, *message;
	} cases[] = {
		{ "echo x >upper/k/a.o", "k/a.o: not an ELF object file" },
		{ "rm upper/k/a.o lower/k/a.o", "k/a.o: an archive names it" },
		{ "echo x >upper/built-in.a", "built-in.a: not an archive" },
		{ "rm lower/.vmlinux.a.cmd", ".vmlinux.a.cmd: not there" },
	};
	struct image_tree t = { .upper = upper, .lower = lower };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_link_input_ struct link_input in = LINK_INPUT_INIT;
		_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
		struct image *m = image_new();

		shell(cases[i].command);
		assert_int_equal(image_read(m, &t, config, &in, &err), -1);
		assert_non_null(strstr(err.msg, cases[i].message));
		image_free(m);
	}
}

static void checksums_stand_in_the_cmd_files(void **state)
{
	struct image_tree t = { .upper = upper };
	_cleanup_link_input_ struct link_input in = LINK_INPUT_INIT;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_free_ char *source = NULL;
	struct image *m = image_new();

	(void)state;
	shell("rm -rf upper; mkdir upper; cd upper; "
	      "printf '%s\\n' '.globl f' 'f:' ' .section .export_symbol' "
	      "'__export_symbol_f:' ' .asciz \"\"' ' .asciz \"\"' ' .long f' | "
	      "gcc -xassembler -c -o a.o -; cp a.o m.o; ar cDPrST built-in.a a.o; "
	      "printf '%s\\n' 'savedcmd_a.o := x' '' 'source_a.o := /s/dir/a.c' "
	      "'#SYMVER f 0x12' '#SYMVER g bad' >.a.o.cmd; "
	      "printf '%s\\n' 'savedcmd_p.o := x' '#SYMVER h 0x1' >.p.o.cmd; "
	      "echo p.o >m.mod; echo m.o >modules.order; "
	      "echo 'savedcmd_vmlinux.a := ar vmlinux.a built-in.a' "
	      ">.vmlinux.a.cmd; echo 'savedcmd_vmlinux.o := ld' >.vmlinux.o.cmd");
	if (image_read(m, &t, config, &in, &err))
		fail_msg("%s", err.msg);
	assert_true(strlist_has(in.objects[0].checksums, "f"));
	assert_false(strlist_has(in.objects[0].checksums, "g"));
	assert_true(strlist_has(in.modules[0].checksums, "h"));
	source = image_source(&t, "a.o", "/s");
	assert_string_equal(source, "dir/a.c");
	assert_null(image_source(&t, "none.o", "/s"));
	image_free(m);
}

/* ---- scripts ----------------------------------------------------------------------- */

static void a_script_tells_what_it_throws_away(void **state)
{
	_cleanup_link_script_ struct link_script s = LINK_SCRIPT_INIT;
	static const struct {
		const char *section;
		bool discarded;
	} cases[] = {
		{ ".text", false },	     { ".exit.text", true },
		{ ".exit.text.kept", false }, { ".discard.x", true },
		{ ".discard.keep", false },  { ".orphan", false },
		{ ".init.setup", false },    { ".comment.in", true },
	};

	(void)state;
	link_script_parse(&s,
		"OUTPUT_ARCH(powerpc:common64)\njiffies = jiffies_64 + 4;\n"
		"PHDRS { text PT_LOAD FLAGS(7); /* } */ }\n"
		"SECTIONS {\n . = (0xc0 + 0);\n _text = .;\n"
		" .head 0 : AT(ADDR(.head) - 4) SUBALIGN(8) { KEEP(*(.head.text))\n"
		"   . = ALIGN(8); *(EXCLUDE_FILE(*x.o) .text SORT(.text.*)) LONG(4)\n"
		"   *(.exit.text.kept) } :text :note =0x9090\n"
		" .init.setup : { __s = .; KEEP (*(SORT_BY_INIT_PRIORITY(.init.setup)))\n"
		"   PROVIDE_HIDDEN(__e = .); } > ram AT> rom\n"
		" .k : { *(.discard.keep) }\n"
		" /DISCARD/ : { *(.exit.text .exit.text.*) *(.discard .discard.*)\n"
		"   *(.comment*) }\n"
		" ASSERT(SIZEOF(.head) < limit_of_head, \"a text with words\")\n"
		" PROVIDE(alias = aliased);\n}\n");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		bool d = link_script_discards(&s, "a.o", cases[i].section);

		if (d != cases[i].discarded)
			fail_msg("%s", cases[i].section);
	}
}

static void a_script_tells_its_symbols(void **state)
{
	_cleanup_link_script_ struct link_script s = LINK_SCRIPT_INIT;
	static const struct {
		const char *name, *uses;
		bool provided;
	} want[] = {
		{ NULL, "start", false },
		{ "jiffies", "jiffies_64", false },
		{ "_text", "", false },
		{ "__a", "", false },
		{ "alias", "aliased", true },
		{ "more", "base off", false },
		{ NULL, "limit .head", false },
	};

	(void)state;
	link_script_parse(&s,
		"ENTRY(start)\njiffies = jiffies_64;\nSECTIONS {\n. = 4;\n"
		"_text = .;\n.head : { __a = ALIGN(8); *(.head) }\n"
		"PROVIDE(alias = aliased);\nmore = base + (off * 0x10);\n"
		"ASSERT(limit > SIZEOF(.head) && .head, \"base words\")\n}\n");
	assert_int_equal(s.nr_symbols, ARRAY_SIZE(want));
	for (size_t i = 0; i < s.nr_symbols; i++) {
		_cleanup_free_ char *uses =
			strlist_join(&s.symbols[i].uses, " ");

		assert_true(streq_null(s.symbols[i].name, want[i].name));
		assert_int_equal(s.symbols[i].provided, want[i].provided);
		if (i + 1 < s.nr_symbols)
			assert_string_equal(uses, want[i].uses);
		else
			assert_true(starts_with(uses, "limit"));
	}
	assert_int_equal(s.symbols[1].line, 2);
}

static void no_script_is_harmless(void **state)
{
	static const char *const texts[] = {
		"", "SECTIONS", "SECTIONS {", "a = ", "PROVIDE(", "x : {",
		"x : { *(", "x : { KEEP(*(.a", "/*", "\"", "}}}})))", "= ;", ":{}",
		"PHDRS {", "x : { *(SORT(EXCLUDE_FILE(", "ASSERT(",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		_cleanup_link_script_ struct link_script s = LINK_SCRIPT_INIT;

		link_script_parse(&s, texts[i]);
		assert_false(link_script_discards(&s, "a.o", ".text"));
	}
}

/* ---- steps --------------------------------------------------------------------------- */

static void say(struct step_result *s, const char *unit, const char *tool,
		const char *message)
{
	struct diagnostic *d = diag_list_new(&s->diags);

	d->unit = xstrdup_null(unit);
	d->tool = xstrdup(tool);
	d->message = xstrdup(message);
	d->severity = DIAG_ERROR;
}

static void a_link_is_told_from_its_units(void **state)
{
	_cleanup_(step_result_release) struct step_result s = { 0 }, now = { 0 };

	(void)state;
	say(&s, "a.o", "cc", "no");
	say(&s, "vmlinux", "ld", "undefined reference to `f'");
	say(&s, "m.o", "ld", "multiple definition of `g'"); /* LD [M] m.o */
	say(&s, NULL, "modpost", "\"h\" [m.ko] undefined!");
	say(&s, "vmlinux", "ld", "relocation truncated to fit: R_X");
	strlist_addl(&s.failed, "a.o", "vmlinux", NULL);
	assert_true(link_units_fail(&s));
	link_carry(&now, &s, false, NULL);
	assert_int_equal(now.diags.nr, 1);
	assert_string_equal(now.diags.v[0].message,
			    "relocation truncated to fit: R_X");
	assert_non_null(now.diags.v[0].fingerprint);
	assert_int_equal(now.failed.nr, 1);
	assert_string_equal(now.failed.v[0], "vmlinux");
	assert_false(link_units_fail(&now));
	link_fail_stage(&s, true);
	assert_true(strlist_has(&s.failed, "Module.symvers"));
	link_strip(&s);
	assert_int_equal(s.diags.nr, 2);
	assert_string_equal(s.diags.v[1].unit, "m.o");
	assert_int_equal(s.failed.nr, 1);
}

static int setup(void **state)
{
	char template[] = "/tmp/image-XXXXXX";

	(void)state;
	dir = xstrdup(mkdtemp(template));
	upper = path_join(dir, "upper");
	lower = path_join(dir, "lower");
	return 0;
}

static int teardown(void **state)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;

	(void)state;
	tree_remove(dir, &err);
	free(dir);
	free(upper);
	free(lower);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_upper_layer_hides_the_lower_one),
		cmocka_unit_test(whiteouts_and_opaque_directories_hide_too),
		cmocka_unit_test(objects_come_from_archives_and_modules_order),
		cmocka_unit_test(damage_is_told),
		cmocka_unit_test(checksums_stand_in_the_cmd_files),
		cmocka_unit_test(a_script_tells_what_it_throws_away),
		cmocka_unit_test(a_script_tells_its_symbols),
		cmocka_unit_test(no_script_is_harmless),
		cmocka_unit_test(a_link_is_told_from_its_units),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, setup, teardown);
}
