// SPDX-License-Identifier: GPL-2.0-only
/*
 * Object files as the compilers and assemblers of this machine make them: little
 * and big endian, 32 and 64 bit, with function descriptors, with more sections
 * than fit into 16 bits; and damaged ones.
 */
#include "sys/ararchive.h"
#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/mem.h"
#include "sys/objfile.h"
#include "sys/proc.h"
#include "sys/strbuf.h"
#include "sys/strlist.h"

#include "machines.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static void must_read(struct objfile *o, const char *path)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;

	if (objfile_read(o, path, OBJ_WITH_REFS, &err))
		fail_msg("%s", err.msg);
}

static const struct obj_symbol *symbol(const struct objfile *o,
				       const char *name)
{
	for (size_t i = 1; i < o->nr_symbols; i++)
		if (!strcmp(o->symbols[i].name, name) &&
		    o->symbols[i].type != OBJ_SECTION)
			return &o->symbols[i];
	fail_msg("no symbol %s", name);
	return NULL;
}

/* Name of the function or variable that a reference means. */
static const char *meant(const struct objfile *o, const struct obj_ref *r)
{
	struct obj_place place;

	objfile_ref_place(o, r, &place);
	return place.symbol < 0 ? "?" : o->symbols[place.symbol].name;
}

/* Is there a reference from that section and function? */
static const struct obj_ref *ref(const struct objfile *o, const char *section,
				 const char *from, const char *to)
{
	for (size_t i = 0; i < o->nr_refs; i++) {
		const struct obj_ref *r = &o->refs[i];

		if (!strcmp(o->sections[r->section].name, section) &&
		    r->from >= 0 &&
		    !strcmp(o->symbols[r->from].name, from) &&
		    !strcmp(meant(o, r), to))
			return r;
	}
	return NULL;
}

static const char source[] =
	"extern int lost(int); extern char elsewhere[];\n"
	"extern int maybe(void) __attribute__((weak));\n"
	"__attribute__((section(\".init.text\"), noinline)) static int boot(int a)\n"
	"{ return lost(a) + lost(a + 1) + 1; }\n"
	"int kept(int a) { return boot(a) * 3; }\n"
	"__attribute__((weak)) int weakly(void) { return maybe ? maybe() : 1; }\n"
	"int (*table)(int) __attribute__((section(\".data\"))) = kept;\n"
	"char *place __attribute__((section(\".data\"))) = elsewhere + 4;\n"
	"int both __attribute__((common));\n";

static void symbols_of_all_targets_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < NR_MACHINES; i++) {
		const struct machine *t = &machines[i];
		_cleanup_objfile_ struct objfile o = OBJFILE_INIT;
		_cleanup_free_ char *path = compile(t, "-O1", "a.c", source);
		const struct obj_symbol *s;

		must_read(&o, path);
		assert_int_equal(o.is64, t->is64);
		assert_int_equal(o.big_endian, t->big_endian);
		assert_true(o.relocatable);
		s = symbol(&o, "kept");
		assert_int_equal(s->bind, OBJ_GLOBAL);
		assert_int_equal(s->type, OBJ_FUNC);
		assert_true(s->code > 0);
		assert_string_equal(o.sections[s->code].name, ".text");
		assert_string_equal(o.sections[s->section].name,
				    t->descriptors ? ".opd" : ".text");
		assert_true(o.sections[s->code].exec);
		assert_true(o.sections[s->code].alloc);
		s = symbol(&o, "boot");
		assert_int_equal(s->bind, OBJ_LOCAL);
		assert_string_equal(o.sections[s->code].name, ".init.text");
		assert_int_equal(symbol(&o, "weakly")->bind, OBJ_WEAK);
		assert_int_equal(symbol(&o, "lost")->section, OBJ_UNDEFINED);
		assert_int_equal(symbol(&o, "maybe")->bind, OBJ_WEAK);
		assert_int_equal(symbol(&o, "maybe")->section, OBJ_UNDEFINED);
		assert_int_equal(symbol(&o, "both")->section, OBJ_COMMON);
	}
}

static void references_name_section_and_function(void **state)
{
	(void)state;
	for (size_t i = 0; i < NR_MACHINES; i++) {
		const struct machine *t = &machines[i];
		_cleanup_objfile_ struct objfile o = OBJFILE_INIT;
		_cleanup_free_ char *path = compile(t, "-O1", "a.c", source);
		size_t calls = 0;

		must_read(&o, path);
		print_message("# %s\n", t->name);
		assert_non_null(ref(&o, ".init.text", "boot", "lost"));
		assert_non_null(ref(&o, ".data", "place", "elsewhere"));
		assert_non_null(ref(&o, ".data", "table", "kept"));
		assert_null(ref(&o, ".text", "kept", "lost"));
		for (size_t k = 0; k < o.nr_refs; k++)
			calls += !strcmp(meant(&o, &o.refs[k]), "lost");
		/* two calls of one function are one reference; i386 may have
		 * another addend in each */
		assert_int_equal(calls, 1);
		/* a call from one section into another */
		assert_non_null(ref(&o, ".text", "kept", "boot"));
	}
}

static void linked_programs_have_symbols(void **state)
{
	_cleanup_free_ char *object = NULL, *program = NULL;
	_cleanup_objfile_ struct objfile o = OBJFILE_INIT;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;

	(void)state;
	object = compile(&machines[X86_64], "-O1", "p.c", "int x; void _start(void) { x++; }");
	program = path_join(scratch, "p");
	assert_int_equal(proc_run(NULL, &err, "ld", "-o", program, object,
				  NULL), 0);
	must_read(&o, program);
	assert_false(o.relocatable);
	assert_int_equal(symbol(&o, "_start")->bind, OBJ_GLOBAL);
	assert_true(symbol(&o, "_start")->value > 0);
	assert_true(symbol(&o, "_edata")->section != OBJ_UNDEFINED);
}

static void more_sections_than_fit_into_16_bits(void **state)
{
	static const unsigned which[] = { X86_64, I386, S390, PPC64_ELFV1 };
	enum { NR = 65400 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(which); i++) {
		_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
		_cleanup_objfile_ struct objfile o = OBJFILE_INIT;
		_cleanup_free_ char *path = NULL;
		const struct obj_symbol *s;

		for (unsigned k = 0; k < NR; k++)
			strbuf_addf(&text, "\t.section .d%u,\"a\"\n", k);
		strbuf_addstr(&text, "\t.globl last\nlast:\t.long 1\n"
				     "\t.long beyond\n\t.globl all\n"
				     "\t.set all, 7\n");
		path = compile(&machines[which[i]], "-O1", "many.s", text.buf);
		must_read(&o, path);
		assert_true(o.nr_sections > NR);
		s = symbol(&o, "last");
		assert_string_equal(o.sections[s->section].name, ".d65399");
		assert_int_equal(symbol(&o, "beyond")->section, OBJ_UNDEFINED);
		assert_int_equal(symbol(&o, "all")->section, OBJ_ABSOLUTE);
		assert_non_null(ref(&o, ".d65399", "last", "beyond"));
	}
}

static const struct obj_export *export_of(const struct objfile *o,
					  const char *name)
{
	for (size_t i = 0; i < o->nr_exports; i++)
		if (!strcmp(o->exports[i].name, name))
			return &o->exports[i];
	fail_msg("%s is not exported", name);
	return NULL;
}

/* As Linux 6.12 writes it, and as 6.1 did. */
static const char exports_new[] =
	"\t.text\n\t.globl f, g\nf:\ng:\n\t.long 0\nl:\t.long 0\n"
	"\t.section .export_symbol,\"a\"\n"
	"__export_symbol_f:\n\t.asciz \"GPL\"\n\t.ascii \"KVM\\0\"\n"
	"\t.balign 8\n\t.long f\n"
	"__export_symbol_g:\n\t.asciz \"\"\n\t.ascii \"\\0\"\n"
	"\t.balign 8\n\t.long g\n"
	"__export_symbol_lost:\n\t.asciz \"\"\n\t.ascii \"\\0\"\n"
	"\t.balign 8\n\t.long lost\n"
	"__export_symbol_l:\n\t.asciz \"\"\n\t.ascii \"\\0\"\n"
	"\t.balign 8\n\t.long l\n"
	"\t.section .modinfo,\"a\"\n\t.asciz \"license=GPL v2\"\n"
	"\t.asciz \"import_ns=KVM\"\n\t.asciz \"licensee=nobody\"\n";
static const char exports_old[] =
	"\t.text\n\t.globl f, g\nf:\ng:\n\t.long 0\n"
	"\t.section __ksymtab_strings,\"aMS\",%progbits,1\n"
	"__kstrtab_f:\n\t.asciz \"f\"\n__kstrtabns_f:\n\t.asciz \"KVM\"\n"
	"__kstrtab_g:\n\t.asciz \"g\"\n__kstrtabns_g:\n\t.asciz \"\"\n"
	"\t.section \"___ksymtab_gpl+f\",\"a\"\n\t.balign 4\n"
	"__ksymtab_f:\n\t.long f - .\n\t.long __kstrtab_f - .\n"
	"\t.section \"___ksymtab+g\",\"a\"\n\t.balign 4\n"
	"__ksymtab_g:\n\t.long g - .\n\t.long __kstrtab_g - .\n";

static void exports_are_read_in_both_ways(void **state)
{
	static const unsigned which[] = { X86_64, I386, ARM64, S390, PPC64LE,
					  PPC32 };

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_SIZE(which); i++) {
		const struct machine *t = &machines[which[i / 2]];
		_cleanup_objfile_ struct objfile o = OBJFILE_INIT;
		_cleanup_strlist_ struct strlist values = STRLIST_INIT;
		bool old = i & 1;
		_cleanup_free_ char *path = compile(
			t, "-O1", "e.s", old ? exports_old : exports_new);

		must_read(&o, path);
		assert_int_equal(o.nr_exports, old ? 2 : 4);
		assert_true(export_of(&o, "f")->gpl);
		assert_true(export_of(&o, "f")->defined);
		assert_false(export_of(&o, "f")->local);
		assert_string_equal(export_of(&o, "f")->space, "KVM");
		assert_false(export_of(&o, "g")->gpl);
		assert_string_equal(export_of(&o, "g")->space, "");
		if (old)
			continue;
		assert_false(export_of(&o, "lost")->defined);
		assert_true(export_of(&o, "l")->local);
		objfile_modinfo(&o, "license", &values);
		objfile_modinfo(&o, "import_ns", &values);
		assert_int_equal(values.nr, 2);
		assert_string_equal(values.v[0], "GPL v2");
		assert_string_equal(values.v[1], "KVM");
	}
}

static void other_files_are_refused(void **state)
{
	static const char *const texts[] = { "", "x", "#!/bin/sh\n",
					     "\177ELF", "!<arch>\n" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		_cleanup_free_ char *path =
			scratch_put("no.o", texts[i], strlen(texts[i]));
		_cleanup_objfile_ struct objfile o = OBJFILE_INIT;
		_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;

		assert_int_equal(objfile_read(&o, path, 0, &err), -1);
		assert_non_null(strstr(err.msg, path));
		assert_non_null(strstr(err.msg, "not an ELF object file"));
	}
}

/* Nothing that was read may point outside of what was read. */
static void read_damaged(const char *text, size_t len)
{
	_cleanup_objfile_ struct objfile o = OBJFILE_INIT;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;

	if (objfile_parse(&o, "x.o", text, len, OBJ_WITH_REFS, &err)) {
		assert_non_null(err.msg);
		assert_non_null(strstr(err.msg, "x.o"));
		assert_null(o.symbols);
		return;
	}
	for (size_t i = 0; i < o.nr_symbols; i++) {
		assert_non_null(o.symbols[i].name);
		assert_true(o.symbols[i].section < (int)o.nr_sections);
	}
	for (size_t i = 0; i < o.nr_refs; i++) {
		assert_true(o.refs[i].section < o.nr_sections);
		assert_true(o.refs[i].symbol < o.nr_symbols);
		assert_true(o.refs[i].from < (int)o.nr_symbols);
	}
}

static void damaged_files_are_refused_or_harmless(void **state)
{
	(void)state;
	for (size_t i = 0; i < NR_MACHINES; i++) {
		_cleanup_free_ char *a = compile(&machines[i], "-O1", "a.c", source);
		_cleanup_free_ char *b = compile(&machines[i], "-O1", "e.s", exports_new);
		const char *const paths[] = { a, b };
		uint32_t dice = 12345;

		for (size_t k = 0; k < ARRAY_SIZE(paths); k++) {
			_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
			_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;

			assert_int_equal(file_read(paths[k], &text, &err), 0);
			for (size_t n = 0; n < text.len; n += 1 + n / 40)
				read_damaged(text.buf, n);
			for (unsigned n = 0; n < 3000; n++) {
				size_t at;
				char old;

				dice = dice * 1103515245 + 12345;
				/* headers more often than code */
				at = dice >> 8;
				at = dice & 0x80 ? at % 64 :
				     dice & 0x40 ? text.len - 1 - at % (text.len / 2) :
						   at % text.len;
				old = text.buf[at];
				text.buf[at] = dice & 0x20 ? 0xff : dice >> 16;
				read_damaged(text.buf, text.len);
				if (dice & 0x10) /* else damage adds up */
					text.buf[at] = old;
				else if (n % 40 == 39)
					strbuf_reset(&text),
						file_read(paths[k], &text, &err);
			}
		}
	}
}

static void archives_name_their_members(void **state)
{
	static const char *const kinds[] = { "cDPrST", "cDPrS" };
	static const char long_name[] =
		"a-rather-long-name-of-a-unit-of-the-kernel";
	_cleanup_free_ char *object = compile(&machines[S390], "-O1", "m.c", "int f;");

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		_cleanup_free_ char *command = xasprintf(
			"cd %s && mkdir -p sub && cp %s sub/%s.o && "
			"cp %s s.o && rm -f in.a out.a && ar %s in.a sub/%s.o && "
			"ar %s out.a s.o && { [ %zu = 1 ] || ar %s out.a in.a; }",
			scratch, object, long_name, object, kinds[i], long_name,
			kinds[i], i, kinds[i]);
		_cleanup_ar_members_ struct ar_members l = AR_MEMBERS_INIT;
		_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
		_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
		_cleanup_free_ char *path = path_join(
			scratch, i ? "in.a" : "out.a");
		_cleanup_objfile_ struct objfile o = OBJFILE_INIT;

		if (proc_run(NULL, &err, "sh", "-c", command, NULL))
			fail_msg("%s", err.msg);
		assert_int_equal(file_read(path, &text, &err), 0);
		assert_int_equal(ar_members_parse(&l, path, text.buf, text.len,
						  &err), i == 0);
		if (i) {
			assert_int_equal(l.nr, 1);
			assert_non_null(strstr(l.v[0].name, long_name));
			assert_int_equal(objfile_parse(&o, "m",
				text.buf + l.v[0].offset, l.v[0].size, 0,
				&err), 0);
			symbol(&o, "f");
		} else {
			assert_int_equal(l.nr, 2);
			assert_string_equal(l.v[0].name, "s.o");
			assert_non_null(strstr(l.v[1].name, long_name));
			assert_true(starts_with(l.v[1].name, "sub/"));
		}
		for (size_t n = 8; n < text.len; n += 7) {
			_cleanup_ar_members_ struct ar_members cut =
				AR_MEMBERS_INIT;
			_cleanup_errbuf_ struct errbuf why = ERRBUF_INIT;

			if (ar_members_parse(&cut, "x.a", text.buf, n, &why) < 0)
				assert_non_null(strstr(why.msg, "x.a: damaged"));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(symbols_of_all_targets_are_read),
		cmocka_unit_test(references_name_section_and_function),
		cmocka_unit_test(linked_programs_have_symbols),
		cmocka_unit_test(more_sections_than_fit_into_16_bits),
		cmocka_unit_test(exports_are_read_in_both_ways),
		cmocka_unit_test(other_files_are_refused),
		cmocka_unit_test(damaged_files_are_refused_or_harmless),
		cmocka_unit_test(archives_name_their_members),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
