// SPDX-License-Identifier: GPL-2.0-only
/*
 * Verdicts from symbol tables, each held against the real linker on the same
 * objects: little and big endian, 32 and 64 bit, with function descriptors.
 */
#include "engine/link_check.h"

#include "model/diagnostic.h"
#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/mem.h"
#include "sys/proc.h"
#include "sys/strbuf.h"

#include "machines.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static const char script_text[] =
	"ENTRY(begin)\n"
	"PHDRS { text PT_LOAD FLAGS(7); }\n"
	"SECTIONS\n{\n"
	"	. = 0x10000;\n"
	"	.text : AT(ADDR(.text)) { *(.text .text.*) KEEP(*(SORT(.ref*)))\n"
	"		*(.init.text) _einit = .; } :text =0x90909090\n"
	"	.opd : { *(.opd) }\n"
	"	.data : { *(.data .data.*) begin = .; *(.got .got.* .toc) }\n"
	"	PROVIDE(alias = aliased);\n"
	"	end_mark = . + 4;\n"
	"	/* *(.text) of a comment */\n"
	"	/DISCARD/ : { *(.exit.text) *(EXCLUDE_FILE(*none.o) .discard.*)\n"
	"		*(.export_symbol .modinfo .comment) *(.eh_frame) }\n"
	"	.late : { *(.discard.never) }\n"
	"}\n";

#define MOST 8

struct link {
	const struct machine *t;
	struct objfile files[MOST];
	struct strlist paths, libs;
	size_t nr;
	struct link_script script;
	struct link_input in;
	struct diag_list said;
};

static void link_init(struct link *l, const struct machine *t)
{
	*l = (struct link){ .t = t };
	link_script_parse(&l->script, script_text);
	l->in.script = &l->script;
}

static void link_free(struct link *l)
{
	for (size_t i = 0; i < l->nr; i++)
		objfile_release(&l->files[i]);
	strlist_release(&l->paths);
	strlist_release(&l->libs);
	link_script_release(&l->script);
	link_input_release(&l->in);
	diag_list_release(&l->said);
}

static void shell(struct strbuf *out, const char *command)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;

	if (proc_run(out, &err, "sh", "-c", command, NULL))
		fail_msg("%s", err.msg);
}

static const struct objfile *compile_into(struct link *l, const char *name,
					  const char *text)
{
	struct objfile *o;

	assert_true(l->nr < MOST);
	o = &l->files[l->nr++];
	compile_and_read(l->t, "-O1 -fno-inline", name, text, o, OBJ_WITH_REFS);
	return o;
}

static void add(struct link *l, const char *name, const char *text,
		bool library)
{
	struct link_object *o = link_input_object(&l->in);

	o->file = compile_into(l, name, text);
	o->source = xstrdup(name);
	o->name = xstrdup(name);
	o->name[strlen(name) - 1] = 'o';
	o->library = library;
	strlist_add(library ? &l->libs : &l->paths, o->name);
}

static void add_module(struct link *l, const char *name, const char *text)
{
	struct link_object *o = link_input_module(&l->in);

	o->file = compile_into(l, name, text);
	o->name = xstrdup(name);
	o->name[strlen(name) - 1] = 'o';
}

static bool says(const struct link *l, const char *message)
{
	for (size_t i = 0; i < l->said.nr; i++)
		if (strstr(l->said.v[i].message, message))
			return true;
	return false;
}

/* The messages of a real link of the same objects, as make shows them. */
static void really_link(struct link *l, struct make_log *log, size_t *stage)
{
	_cleanup_free_ char *objects = strlist_join(&l->paths, " ");
	_cleanup_free_ char *libs = strlist_join(&l->libs, " ");
	_cleanup_free_ char *command = NULL;
	_cleanup_free_ char *file = scratch_put("vmlinux.lds", script_text,
						strlen(script_text));
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;

	command = xasprintf(
		"cd %s && rm -f lib.a && %sar cDPrS lib.a %s && "
		"%sar s lib.a; echo '  LD      vmlinux.o'; "
		"if %sld %s -r -o vmlinux.o %s --start-group lib.a "
		"--end-group 2>&1; then echo '  LD      vmlinux'; "
		"%sld %s -T vmlinux.lds -o vmlinux %s --start-group lib.a "
		"--end-group 2>&1 || "
		"echo 'make[1]: *** [Makefile:1: vmlinux] Error 1'; "
		"else echo 'make[1]: *** [Makefile:1: vmlinux.o] Error 1'; fi",
		scratch, l->t->cross, libs, l->t->cross, l->t->cross, l->t->ld,
		objects, l->t->cross, l->t->ld, objects);
	shell(&out, command);
	make_log_parse(log, out.buf, out.len, scratch, scratch);
	*stage = strlist_has(&log->failed, "vmlinux.o") ? LINK_MERGE :
							   LINK_FINAL;
}

/* Judges it, and holds it against the real thing. */
static void judge(struct link *l)
{
	_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;
	_cleanup_strlist_ struct strlist lines = STRLIST_INIT;
	_cleanup_diag_list_ struct diag_list of_ld = DIAG_LIST_INIT;
	size_t errors = 0, stage;

	diag_list_release(&l->said);
	l->said = (struct diag_list){ 0 };
	link_check(&l->in, &l->said);
	really_link(l, &log, &stage);
	/* there is no modpost here */
	for (size_t i = 0; i < l->said.nr; i++)
		if (!strcmp(l->said.v[i].tool, "ld"))
			diag_list_copy(&of_ld, &l->said.v[i]);
	link_compare(&of_ld, &log.diags, stage, &lines);
	strlist_each(line, &lines)
		print_message("# %s: %s\n", l->t->name, line);
	assert_int_equal(lines.nr, 0);
	for (size_t i = 0; i < l->said.nr; i++)
		errors += l->said.v[i].severity == DIAG_ERROR;
	assert_int_equal(errors != 0, log.failed.nr != 0);
}

#define EACH_TARGET(l)                                                       \
	for (size_t t_ = 0; t_ < NR_MACHINES            ; t_++)                  \
		for (struct link l __attribute__((cleanup(link_free))),      \
		     *once_ = (link_init(&l, &machines[t_]), &l);             \
		     once_; once_ = NULL)

static void a_complete_link_is_not_complained_of(void **state)
{
	(void)state;
	EACH_TARGET(l) {
		add(&l, "a.c",
		    "extern int f(int); extern char end_mark[], alias[];\n"
		    "extern int maybe(int) __attribute__((weak));\n"
		    "int common_one __attribute__((common));\n"
		    "__attribute__((weak)) int twice(int a) { return a; }\n"
		    "int main_a(int a) { return f(a) + !end_mark[1] + !alias[2] +"
		    " (maybe ? maybe(a) : 0); }\n", false);
		add(&l, "b.c",
		    "int common_one __attribute__((common));\n"
		    "int aliased; int twice(int a) { return a + 1; }\n"
		    "int f(int a) { return twice(a); }\n", false);
		judge(&l);
		assert_int_equal(l.said.nr, 0);
	}
}

static void undefined_symbols_are_found_where_they_are_used(void **state)
{
	(void)state;
	EACH_TARGET(l) {
		const struct diagnostic *d;

		add(&l, "a.c",
		    "extern int lost(int); extern int never(int);\n"
		    "extern char lost_data[];\n"
		    "int user(int a) { return lost(a) + 1; }\n"
		    "int again(int a) { return lost(a) + 2; }\n"
		    "char *p = lost_data;\n"
		    /* what EXPORT_SYMBOL leaves behind is thrown away */
		    "static void *addr __attribute__((used, "
		    "section(\".discard.addressable\"))) = never;\n", false);
		judge(&l);
		assert_int_equal(l.said.nr, 2);
		assert_true(says(&l, "undefined reference to `lost_data'"));
		d = &l.said.v[strstr(l.said.v[0].message, "data") ? 1 : 0];
		assert_string_equal(d->message, "undefined reference to `lost'");
		assert_string_equal(d->file, "a.c");
		assert_string_equal(d->function, "user");
		assert_string_equal(d->unit, "vmlinux");
		assert_string_equal(d->tool, "ld");
		assert_int_equal(d->severity, DIAG_ERROR);
	}
}

static void a_module_does_not_help_built_in_code(void **state)
{
	(void)state;
	EACH_TARGET(l) {
		add(&l, "a.c", "extern int late(int);\n"
		    "__attribute__((section(\".init.text\")))\n"
		    "int boot(int a) { return late(a) + 1; }\n", false);
		add_module(&l, "m.c", "int late(int a) { return a; }\n");
		judge(&l);
		assert_int_equal(l.said.nr, 1);
		assert_string_equal(l.said.v[0].function, "boot");
		assert_string_equal(l.said.v[0].note,
				    "referenced in section .init.text of a.o; "
				    "only a module defines it: m.o");
	}
}

static void two_definitions_are_one_too_many(void **state)
{
	(void)state;
	EACH_TARGET(l) {
		add(&l, "a.c",
		    "int f(int a) { return a; } int v = 1;\n"
		    "__attribute__((weak)) int w = 1;\n"
		    "static int s(int a) { return f(a); }\n"
		    "int (*u)(int) = s; extern int lost; int *l = &lost;\n",
		    false);
		add(&l, "b.c",
		    "int f(int a) { return a + 1; } int v = 2; int w = 3;\n"
		    "static int s(int a) { return f(a); } int (*x)(int) = s;\n",
		    false);
		judge(&l);
		assert_true(says(&l, "multiple definition of `f'"));
		assert_true(says(&l, "multiple definition of `v'"));
		assert_false(says(&l, "`w'"));
		assert_false(says(&l, "`s'"));
		assert_string_equal(l.said.v[0].unit, "vmlinux.o");
		assert_string_equal(l.said.v[0].file, "b.c");
		assert_string_equal(l.said.v[0].note,
				    "a.o: first defined here");
	}
}

static void libraries_give_what_is_wanted_only(void **state)
{
	(void)state;
	EACH_TARGET(l) {
		add(&l, "a.c", "extern int one(int);\n"
			       "int f(int a) { return one(a) + 1; }\n"
			       "int v = 1;\n", false);
		add(&l, "l2.c", "extern int lost(int);\n"
				"int two(int a) { return lost(a) + 2; }\n",
		    true);
		add(&l, "l1.c", "extern int two(int);\n"
				"int one(int a) { return two(a) + 1; }\n", true);
		/* nobody wants it: neither its v nor what it lacks matters */
		add(&l, "l3.c", "extern int gone(int); int v = 2;\n"
				"int three(int a) { return gone(a) + 3; }\n",
		    true);
		judge(&l);
		assert_int_equal(l.said.nr, 1);
		assert_true(says(&l, "undefined reference to `lost'"));
	}
}

static void kept_code_must_not_need_discarded_code(void **state)
{
	(void)state;
	EACH_TARGET(l) {
		/* which does not follow descriptors */
		bool modpost_knows = !l.t->descriptors;

		add(&l, "a.c",
		    "extern int leave(int);\n"
		    "int f(int a) { return leave(a) + 1; }\n"
		    "int again(int a) { return leave(a) + 2; }\n", false);
		add(&l, "b.c",
		    "__attribute__((section(\".exit.text\")))\n"
		    "int leave(int a) { return a; }\n"
		    "__attribute__((section(\".exit.text\")))\n"
		    "int other(int a) { return leave(a) + 3; }\n", false);
		judge(&l);
		assert_true(says(&l, "`leave' referenced in section `.text' of "
				     "a.o: defined in discarded section "
				     "`.exit.text' of b.o"));
		assert_int_equal(says(&l, "section mismatch in reference: f+0x"),
				 modpost_knows);
	}
}

static void what_the_script_needs_must_be_there(void **state)
{
	(void)state;
	EACH_TARGET(l) {
		add(&l, "a.c", "extern char alias[]; char *p = alias;\n",
		    false);
		judge(&l);
		assert_int_equal(l.said.nr, 1);
		assert_true(says(&l, "undefined symbol `aliased' referenced in "
				     "expression"));
		diag_list_release(&l.said);
		l.said = (struct diag_list){ 0 };
	}
	EACH_TARGET(l) {
		/* nobody refers to what it would provide */
		add(&l, "a.c", "int x = 1;\n", false);
		judge(&l);
		assert_int_equal(l.said.nr, 0);
	}
}

static void symbols_of_the_linked_image_are_given(void **state)
{
	(void)state;
	EACH_TARGET(l) {
		struct strmap given = STRMAP_INIT;

		add(&l, "a.c", "extern char kallsyms[]; char *p = kallsyms;\n",
		    false);
		strmap_set(&given, "kallsyms", &l);
		l.in.given = &given;
		link_check(&l.in, &l.said);
		assert_int_equal(l.said.nr, 0);
		strmap_release(&given);
		l.in.given = NULL;
		link_check(&l.in, &l.said);
		assert_int_equal(l.said.nr, 1);
	}
}

static void what_ld_makes_itself_is_there(void **state)
{
	(void)state;
	EACH_TARGET(l) {
		add(&l, "a.c",
		    "extern char __start_table[], __stop_table[];\n"
		    "extern char __start_nothing[], __stop_gone[];\n"
		    "char *p = __start_table, *q = __stop_table;\n"
		    "char *r = __start_nothing;\n", false);
		add(&l, "b.c", "int e __attribute__((section(\"table\"))) = 1;\n",
		    false);
		judge(&l);
		assert_int_equal(l.said.nr, 1);
		assert_true(says(&l, "`__start_nothing'"));
	}
}

/* ---- modules -------------------------------------------------------------------- */

#define EXPORT(sym, license, space)                                          \
	"asm(\"\t.section .export_symbol,\\\"a\\\"\\n__export_symbol_" sym   \
	":\\n\t.asciz \\\"" license "\\\"\\n\t.asciz \\\"" space "\\\"\\n"   \
	"\t.balign 8\\n\t.long " sym "\\n\t.previous\");\n"
#define LICENSE(text)                                                        \
	"static const char license[] __attribute__((used, "                  \
	"section(\".modinfo\"))) = \"license=" text "\";\n"

static void modules_need_exported_symbols(void **state)
{
	(void)state;
	EACH_TARGET(l) {
		const struct diagnostic *d;

		l.in.has_modules = true;
		add(&l, "core.c",
		    "int open(int a) { return a; } int gpl(int a) { return a; }\n"
		    "int spaced(int a) { return a; } int hidden(int a) { return a; }\n"
		    EXPORT("open", "", "") EXPORT("gpl", "GPL", "")
		    EXPORT("spaced", "GPL", "KVM"), false);
		add_module(&l, "m.c",
			   "extern int open(int), gpl(int), spaced(int), hidden(int);\n"
			   "extern int maybe(int) __attribute__((weak));\n"
			   "int init_module(void) { return open(1) + gpl(2) + spaced(3) +"
			   " hidden(4) + (maybe ? maybe(1) : 0); }\n"
			   LICENSE("Dual MIT/GPL"));
		add_module(&l, "closed.c",
			   "extern int open(int), gpl(int);\n"
			   "int init_module(void) { return open(1) + gpl(2); }\n"
			   LICENSE("Proprietary"));
		add_module(&l, "none.c", "int x;");
		link_check(&l.in, &l.said);
		assert_int_equal(l.said.nr, 4);
		assert_true(says(&l, "\"hidden\" [m.ko] undefined!"));
		assert_true(says(&l, "module m uses symbol spaced from "
				     "namespace KVM, but does not import it."));
		assert_true(says(&l, "GPL-incompatible module closed.ko uses "
				     "GPL-only symbol 'gpl'"));
		assert_true(says(&l, "missing MODULE_LICENSE() in none.o"));
		for (size_t i = 0; i < l.said.nr; i++) {
			d = &l.said.v[i];
			if (!strstr(d->message, "hidden"))
				continue;
			assert_string_equal(d->unit, "m.ko");
			assert_string_equal(d->note,
					    "init_module needs it; vmlinux has "
					    "it (core.o), but does not export "
					    "it");
		}
	}
}

static void modules_export_to_each_other(void **state)
{
	(void)state;
	EACH_TARGET(l) {
		l.in.has_modules = true;
		add(&l, "core.c", "int f(int a) { return a; }\n"
		    EXPORT("f", "", "") EXPORT("lost", "", ""), false);
		add_module(&l, "m.c", "int f(int a) { return a; }\n"
			   "int g(int a) { return a; }\n"
			   EXPORT("f", "", "") EXPORT("g", "", "")
			   EXPORT("own", "", "") LICENSE("GPL"));
		add_module(&l, "n.c", "extern int g(int);\n"
			   "int init_module(void) { return g(1) + 1; }\n"
			   LICENSE("GPL"));
		link_check(&l.in, &l.said);
		assert_true(says(&l, "m: 'f' exported twice. Previous export "
				     "was in vmlinux"));
		assert_true(says(&l, "\"own\" [m.ko] was exported without "
				     "definition"));
		assert_true(says(&l, "undefined reference to `lost'"));
		assert_int_equal(l.said.nr, 3);
	}
}

static void checksums_that_vanish_are_told(void **state)
{
	_cleanup_strlist_ struct strlist sums = STRLIST_INIT;

	(void)state;
	strlist_add(&sums, "with");
	EACH_TARGET(l) {
		l.in.has_modules = l.in.checksums = true;
		add(&l, "core.c", "int with, without;\n"
		    EXPORT("with", "", "") EXPORT("without", "", ""), false);
		l.in.objects[0].checksums = &sums;
		add_module(&l, "m.c", "extern int with, without;\n"
			   "int *p = &with, *q = &without;\n" LICENSE("GPL"));
		link_check(&l.in, &l.said);
		assert_int_equal(l.said.nr, 2);
		assert_true(says(&l, "EXPORT symbol \"without\" [vmlinux] "
				     "version generation failed, symbol will "
				     "not be versioned."));
		assert_true(says(&l, "\"without\" [m.ko] has no CRC!"));
		assert_int_equal(l.said.v[0].severity, DIAG_WARNING);
	}
}

static void init_code_is_for_init_code(void **state)
{
	(void)state;
	EACH_TARGET(l) {
		add(&l, "a.c",
		    "extern int start(int);\n"
		    "static int __attribute__((section(\".init.data\"))) once;\n"
		    "int f(int a) { return start(a) + 1; }\n"
		    "int g(void) { return once++; }\n"
		    "int (*some_ops)(int) = start;\n"
		    "int __attribute__((section(\".init.text\"))) h(int a)\n"
		    "{ return start(a) + once; }\n"
		    "int __attribute__((section(\".ref.text\"))) k(int a)\n"
		    "{ return start(a) + 2; }\n", false);
		add(&l, "b.c", "int __attribute__((section(\".init.text\")))\n"
			       "start(int a) { return a; }\n", false);
		link_check(&l.in, &l.said);
		if (l.t->descriptors) {
			/* "start" stands in .opd: as modpost sees it */
			continue;
		}
		assert_true(says(&l, "(section: .text) -> start (section: "
				     ".init.text)"));
		assert_false(says(&l, "some_ops"));
		assert_false(says(&l, "reference: h+"));
		assert_false(says(&l, "reference: k+"));
		assert_string_equal(l.said.v[0].unit, "vmlinux");
		assert_string_equal(l.said.v[0].function, "f");
		assert_int_equal(l.said.v[0].severity, DIAG_WARNING);
		l.in.mismatch_is_error = true;
		link_check(&l.in, &l.said);
		assert_int_equal(l.said.v[l.said.nr - 1].severity, DIAG_ERROR);
	}
}

/* ---- the comparison ----------------------------------------------------------------- */

static void put(struct diag_list *l, const char *tool, const char *message)
{
	struct diagnostic *d = diag_list_new(l);

	d->tool = xstrdup(tool);
	d->message = xstrdup(message);
	d->unit = xstrdup("vmlinux");
}

static void differences_are_told_from_both_sides(void **state)
{
	_cleanup_diag_list_ struct diag_list a = DIAG_LIST_INIT;
	_cleanup_diag_list_ struct diag_list b = DIAG_LIST_INIT;
	_cleanup_strlist_ struct strlist lines = STRLIST_INIT;

	(void)state;
	put(&a, "ld", "undefined reference to `f'");
	put(&a, "modpost", "\"g\" [m.ko] undefined!");
	put(&b, "ld", "undefined reference to `f'");
	put(&b, "ld", "undefined reference to `f'");
	put(&b, "modpost", "\"g\" [m.ko] undefined!");
	put(&b, "ld", "relocation truncated to fit: R_X against `y'");
	link_compare(&a, &b, LINK_FINAL, &lines);
	assert_int_equal(lines.nr, 0);
	put(&a, "ld", "undefined reference to `only_a'");
	put(&b, "ld", "undefined reference to `only_b'");
	link_compare(&a, &b, LINK_FINAL, &lines);
	assert_int_equal(lines.nr, 2);
	/* modpost failed: nobody asked ld */
	strlist_release(&lines);
	lines = (struct strlist)STRLIST_INIT;
	link_compare(&a, &b, LINK_MODPOST, &lines);
	assert_int_equal(lines.nr, 0);
}

static void modpost_stops_counting_at_ten(void **state)
{
	_cleanup_diag_list_ struct diag_list a = DIAG_LIST_INIT;
	_cleanup_diag_list_ struct diag_list b = DIAG_LIST_INIT;
	_cleanup_strlist_ struct strlist lines = STRLIST_INIT;

	(void)state;
	for (unsigned i = 0; i < 12; i++) {
		_cleanup_free_ char *text =
			xasprintf("\"f%u\" [m.ko] undefined!", i);

		put(&a, "modpost", text);
		if (i < 10)
			put(&b, "modpost", text);
	}
	link_compare(&a, &b, LINK_MODPOST, &lines);
	assert_int_equal(lines.nr, 0);
	diagnostic_release(&b.v[--b.nr]);
	link_compare(&a, &b, LINK_MODPOST, &lines);
	assert_int_equal(lines.nr, 3);
}

static void what_the_base_was_not_blamed_for_is_excused(void **state)
{
	(void)state;
	EACH_TARGET(l) {
		struct strmap excused = STRMAP_INIT;

		add(&l, "a.c", "extern char x[], y[]; char *p = x, *q = y;\n",
		    false);
		strmap_set(&excused, "undefined x", &l);
		l.in.excused = &excused;
		link_check(&l.in, &l.said);
		assert_int_equal(l.said.nr, 1);
		assert_true(says(&l, "`y'"));
		strmap_release(&excused);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_complete_link_is_not_complained_of),
		cmocka_unit_test(undefined_symbols_are_found_where_they_are_used),
		cmocka_unit_test(a_module_does_not_help_built_in_code),
		cmocka_unit_test(two_definitions_are_one_too_many),
		cmocka_unit_test(libraries_give_what_is_wanted_only),
		cmocka_unit_test(kept_code_must_not_need_discarded_code),
		cmocka_unit_test(what_the_script_needs_must_be_there),
		cmocka_unit_test(symbols_of_the_linked_image_are_given),
		cmocka_unit_test(what_ld_makes_itself_is_there),
		cmocka_unit_test(modules_need_exported_symbols),
		cmocka_unit_test(modules_export_to_each_other),
		cmocka_unit_test(checksums_that_vanish_are_told),
		cmocka_unit_test(init_code_is_for_init_code),
		cmocka_unit_test(differences_are_told_from_both_sides),
		cmocka_unit_test(modpost_stops_counting_at_ten),
		cmocka_unit_test(what_the_base_was_not_blamed_for_is_excused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
