// SPDX-License-Identifier: GPL-2.0-only
/*
 * gcc's options for libclang. Three kinds are left out: those that say where output
 * goes, warnings (libclang is asked for errors only), and those by which gcc
 * generates other code from the same declarations. Whatever may change what a
 * declaration means or which macros are defined stays: -D, -U, -I, -include, -std,
 * -f[un]signed-char, -fshort-wchar, -m32, -march, ...
 *
 * To add an option that libclang rejects: be sure that it is of one of these kinds,
 * and give it a line with the reason.
 */
#include "sys/cparse.h"

#include "sys/errbuf.h"
#include "sys/mem.h"

enum action {
	PASS,	     /* as it is */
	DROP,	     /* leave it out */
	DROP_JOINED, /* leave it out, and its value where that is the next word */
};

static const char codegen[] = "other code for the same declarations";
static const char output[] = "says where output goes";

/* The first line that fits counts. '*': what begins so. "-fX" is also "-fno-X",
 * and "-mX" also "-mno-X". */
static const struct {
	const char *option;
	enum action action;
	const char *why;
} table[] = {
	{ "-c", DROP, output },
	{ "-S", DROP, output },
	{ "-E", DROP, output }, /* a linker script's */
	{ "-P", DROP, output },
	{ "-pipe", DROP, output },
	{ "-fsyntax-only", DROP, output },
	{ "-o*", DROP_JOINED, output },
	{ "-Wp,-MMD*", DROP, output },
	{ "-Wp,-MD*", DROP, output },
	{ "-MD", DROP, output },
	{ "-MMD", DROP, output },
	{ "-MF*", DROP_JOINED, output },
	{ "-Wp,*", PASS, NULL }, /* -Wp,-D_FORTIFY_SOURCE=2 */
	{ "-Wa,*", DROP, "for the assembler" },
	{ "-Wl,*", DROP, "for the linker" },
	{ "-W*", DROP, "a warning" },
	{ "--param*", DROP_JOINED, codegen },
	{ "-pg", DROP, codegen },
	{ "-p", DROP, codegen },
	{ "-g*", DROP, "debug data" },
	{ "-fdiagnostics*", DROP, "looks of messages" },
	{ "-fplugin*", DROP, "a plugin of gcc's" },
	{ "-fmacro-prefix-map*", DROP, "the text of __FILE__" },
	{ "-ffile-prefix-map*", DROP, "the text of __FILE__" },
	{ "-fdebug-prefix-map*", DROP, "debug data" },
	{ "-fallow-store-data-races", DROP, codegen },
	{ "-falign-*", DROP, codegen },
	{ "-fasynchronous-unwind-tables", DROP, codegen },
	{ "-funwind-tables", DROP, codegen },
	{ "-fbranch-target*", DROP, codegen },
	{ "-fcall-saved-*", DROP, codegen },
	{ "-fcall-used-*", DROP, codegen },
	{ "-fcode-hoisting", DROP, codegen },
	{ "-fconserve-stack", DROP, codegen },
	{ "-fdata-sections", DROP, codegen },
	{ "-ffunction-sections", DROP, codegen },
	{ "-fdelete-null-pointer-checks", DROP, codegen },
	{ "-ffixed-*", DROP, codegen },
	{ "-fgcse*", DROP, codegen },
	{ "-fguess-branch-probability", DROP, codegen },
	{ "-finline*", DROP, codegen },
	{ "-fipa-*", DROP, codegen },
	{ "-fisolate-erroneous*", DROP, codegen },
	{ "-fjump-tables", DROP, codegen },
	{ "-fkeep-*", DROP, codegen },
	{ "-flive-patching*", DROP, codegen },
	{ "-fmerge-*", DROP, codegen },
	{ "-fmin-function-alignment*", DROP, codegen },
	{ "-fomit-frame-pointer", DROP, codegen },
	{ "-foptimize-sibling-calls", DROP, codegen },
	{ "-fpartial-inlining", DROP, codegen },
	{ "-fpatchable-function-entry*", DROP, codegen },
	{ "-fprofile*", DROP, codegen },
	{ "-freorder-*", DROP, codegen },
	{ "-fsched*", DROP, codegen },
	{ "-fshrink-wrap*", DROP, codegen },
	{ "-fstack-check*", DROP, codegen },
	{ "-fstack-clash-protection", DROP, codegen },
	{ "-fstack-limit*", DROP, codegen },
	{ "-fstack-usage", DROP, output },
	{ "-ftest-coverage", DROP, codegen },
	{ "-ftree-*", DROP, codegen },
	{ "-ftrivial-auto-var-init*", DROP, codegen },
	{ "-fvar-tracking*", DROP, "debug data" },
	{ "-fzero-call-used-regs*", DROP, codegen },
	{ "-fzero-init-padding-bits*", DROP, codegen },
	{ "-mabi=lp64", DROP, "arm64's only one in clang, which has no name "
			      "for it" },
	{ "-maccumulate-outgoing-args", DROP, codegen },
	{ "-mbackchain", DROP, codegen },
	{ "-mblock-ops-*", DROP, codegen },
	{ "-mfentry", DROP, codegen },
	{ "-mfp-ret-in-387", DROP, codegen },
	{ "-mfunction-return*", DROP, codegen },
	{ "-mharden-sls*", DROP, codegen },
	{ "-mhotpatch*", DROP, codegen },
	{ "-mindirect-branch*", DROP, codegen },
	{ "-mkernel-backchain", DROP, codegen },
	{ "-mnop-mcount", DROP, codegen },
	{ "-mpacked-stack", DROP, codegen },
	{ "-mpointers-to-nested-functions", DROP, codegen },
	{ "-mpreferred-stack-boundary*", DROP, codegen },
	{ "-mprofile-kernel", DROP, codegen },
	{ "-mrecord-mcount", DROP, codegen },
	{ "-msave-toc-indirect", DROP, codegen },
	{ "-mskip-rax-setup", DROP, codegen },
	{ "-mspeculate-indirect-jumps", DROP, codegen },
	{ "-mstack-protector-guard*", DROP, codegen },
	{ "-mstack-size*", DROP, codegen },
	{ "-mstack-guard*", DROP, codegen },
	{ "-mstrict-align", DROP, codegen },
	{ "-mstring", DROP, codegen },
	{ "-mmultiple", DROP, codegen },
	{ "-mtraceback*", DROP, codegen },
	{ "-mtune*", DROP, codegen },
	{ "-mwarn-dynamicstack", DROP, "a warning" },
	{ "-mwarn-framesize*", DROP, "a warning" },
};

/* Does text, "-fno-x" taken as "-fx", fit a line of the table? */
static bool fits(const char *option, const char *text)
{
	_cleanup_free_ char *plain = NULL;
	size_t len = strlen(option);

	if ((starts_with(text, "-fno-") || starts_with(text, "-mno-")) &&
	    !starts_with(option, "-W")) {
		plain = xasprintf("%.2s%s", text, text + strlen("-fno-"));
		text = plain;
	}
	if (option[len - 1] == '*')
		return !strncmp(text, option, len - 1);
	return !strcmp(text, option);
}

static size_t line_of(const char *text)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(table); i++)
		if (fits(table[i].option, text))
			break;
	return i;
}

const char *cparse_option_why(const char *option)
{
	size_t i = line_of(option);

	return i < ARRAY_SIZE(table) ? table[i].why : NULL;
}

/* How many words of argv, from i on, are left out. */
static size_t left_out(const struct strlist *argv, size_t i)
{
	size_t line = line_of(argv->v[i]);
	size_t len;

	if (line == ARRAY_SIZE(table))
		return 0;
	switch (table[line].action) {
	case PASS:
		return 0;
	case DROP:
		return 1;
	case DROP_JOINED:
		len = strlen(table[line].option) - 1;
		return argv->v[i][len] ? 1 : 2;
	}
	return 0;
}

/* Options whose value is a word of its own, as far as kbuild writes them so. */
static bool takes_word(const char *option)
{
	static const char *const list[] = { "-include", "-isystem", "-iquote",
					    "-idirafter", "-imacros", "-x",
					    "-I", "-D", "-U", "-target" };

	for (size_t i = 0; i < ARRAY_SIZE(list); i++)
		if (!strcmp(option, list[i]))
			return true;
	return false;
}

const char *cparse_source(const struct strlist *argv)
{
	const char *source = NULL;

	for (size_t i = 1; i < argv->nr;) {
		size_t out = left_out(argv, i);

		if (out) {
			i += out;
		} else if (takes_word(argv->v[i])) {
			i += 2;
		} else {
			if (argv->v[i][0] != '-' && !starts_with(argv->v[i], "@"))
				source = argv->v[i];
			i++;
		}
	}
	return source;
}

/* "/usr/bin/s390x-linux-gnu-gcc-12" -> "s390x-linux-gnu"; "gcc" -> "". NULL: not
 * gcc. */
static char *gcc_triple(const char *compiler)
{
	const char *slash = strrchr(compiler, '/');
	const char *name = slash ? slash + 1 : compiler;
	size_t len = strlen(name);

	while (len && strchr("0123456789.-", name[len - 1]))
		len--;
	if (len < 3 || strncmp(name + len - 3, "gcc", 3))
		return NULL;
	if (len == 3)
		return xstrdup("");
	return name[len - 4] == '-' ? xstrndup(name, len - 4) : NULL;
}

int cparse_args(const struct strlist *argv, struct strlist *out,
		struct errbuf *err)
{
	_cleanup_free_ char *triple = NULL;

	if (!cparse_source(argv))
		return errbuf_set(err, "the recorded command compiles no source");
	triple = gcc_triple(argv->v[0]);
	if (!triple && !strstr(argv->v[0], "clang"))
		return errbuf_set(err, "%s is neither gcc nor clang",
				  argv->v[0]);
	strlist_addl(out, "clang", "-w", "-ferror-limit=0",
		     "-Qunused-arguments", NULL);
	/* clang defines __clang__ whatever the configuration says; code that asks
	 * the configuration shall hear the same. */
	if (triple)
		strlist_add(out, "-DCONFIG_CC_IS_CLANG=1");
	if (triple && *triple)
		strlist_addf(out, "--target=%s", triple);
	for (size_t i = 1; i < argv->nr;) {
		size_t n = left_out(argv, i);

		if (!n)
			strlist_add(out, argv->v[i++]);
		else
			i += n;
	}
	return 0;
}
