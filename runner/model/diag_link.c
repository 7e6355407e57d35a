// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads what the tools behind the compiler print: GNU ld, ld.lld, objtool and
 * modpost.
 *
 * GNU ld names the object and function once and then only places
 *	ld: x.o: in function `f':
 *	x.c:(.text+0x12): undefined reference to `g'
 * with or without "ld:" before them, and "x.c:12" for "x.c:(.text+0x12)" where
 * there is debug information (bfd's bfd_perror and %C in ld/ldmain.c). lld puts
 * the message first and the places on ">>>" lines (lld/ELF/SymbolTable.cpp,
 * Relocations.cpp). modpost: scripts/mod/modpost.c, with "modpost:" in the
 * line since 5.8. objtool: tools/objtool/include/objtool/warn.h.
 *
 * ld also prints remarks. A line that is not known to be an error is kept in
 * ld_text and becomes one only if make says that the link failed.
 */
#include "model/diag_parse.h"

#include "sys/mem.h"

#include <string.h>

static void replace(char **p, char *value)
{
	free(*p);
	*p = value;
}

/* What one message of ld says about its place. */
struct ld_place {
	char *object, *file;
	unsigned line;
};

static void ld_place_release(struct ld_place *lp)
{
	free(lp->object);
	free(lp->file);
}

/* The directory of object before a name without one. */
static char *beside(const char *object, const char *name)
{
	const char *slash = object ? strrchr(object, '/') : NULL;

	if (!slash || strchr(name, '/'))
		return xstrdup(name);
	return xasprintf("%.*s/%s", (int)(slash - object), object, name);
}

/*
 * Reads "x.o:/src/x.c:896", "x.c:(.text+0x12)", "lib.a(x.o)", "x.o". Where the
 * place names no object, the heading's counts.
 */
static void ld_place_parse(struct ld_place *lp, const struct diag_parser *p,
			   const char *s, size_t len)
{
	_cleanup_free_ char *text = xstrndup(s, len), *raw = NULL;
	struct diag_place pl;
	char *cut;

	*lp = (struct ld_place){ 0 };
	cut = strstr(text, ":(");
	if (cut)
		*cut = '\0';
	cut = strstr(text, ".o:");
	if (cut) {
		cut[2] = '\0';
		lp->object = diag_path(p, text);
		cut += 3;
	} else {
		cut = text;
	}
	diag_place_parse(&pl, cut, strlen(cut));
	raw = xstrndup(pl.file, pl.len);
	if (ends_with(raw, ".o") || ends_with(raw, ".o)") ||
	    ends_with(raw, ".a")) {
		replace(&lp->object, diag_path(p, raw));
		return;
	}
	if (!*raw)
		return;
	if (*raw != '/') {
		const char *object = lp->object ? lp->object : p->ld_object;

		replace(&raw, beside(object, raw));
	}
	lp->file = diag_path(p, raw);
	lp->line = pl.line;
}

static struct diagnostic *ld_add(struct diag_parser *p,
				 enum diag_severity severity, const char *place,
				 size_t len, const char *message)
{
	struct ld_place lp;
	struct diagnostic *d;

	ld_place_parse(&lp, p, place, len);
	d = diag_add(p, "ld", severity, message);
	d->file = STEAL(lp.file);
	d->line = d->file ? lp.line : 0;
	/* an object of its own: the heading is another's */
	if (!lp.object)
		d->function = xstrdup_null(p->ld_function);
	if (lp.object && !d->file)
		d->file = STEAL(lp.object);
	ld_place_release(&lp);
	return d;
}

/* Where the message proper begins: after the place. */
static const char *ld_message(const char *s)
{
	static const char *const starts[] = {
		"undefined reference to ", "multiple definition of ",
		"relocation truncated to fit", "dangerous relocation",
		"more undefined references to ", "defined in discarded section",
		"first defined here",
	};
	const char *best = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(starts); i++) {
		const char *hit = strstr(s, starts[i]);

		if (hit && (!best || hit < best))
			best = hit;
	}
	return best;
}

/*
 * "PLACE: undefined reference to `g'". "multiple definition of `f'; Y: first
 * defined here" is cut in two: where the other one stands is a note.
 */
static bool ld_symbol_line(struct diag_parser *p, const char *s)
{
	const char *m = ld_message(s), *other;
	_cleanup_free_ char *head = NULL;
	struct diagnostic *d;
	size_t place;

	if (!m || m < s + 2 || m[-1] != ' ' || m[-2] != ':')
		return false;
	place = m - 2 - s;
	if (memchr(s, ' ', place))
		return false;
	if (starts_with(m, "more undefined") || starts_with(m, "first defined"))
		return true;
	other = strstr(m, "; ");
	head = other ? xstrndup(m, other - m) : xstrdup(m);
	d = ld_add(p, DIAG_ERROR, s, place, head);
	if (other)
		diag_add_note(p, d, other + 2);
	return true;
}

/* "x.o: in function `f':", since binutils 2.31; "In function" before. */
static bool ld_heading(struct diag_parser *p, const char *s)
{
	const char *in = strstr(s, ": in function `");
	size_t n = strlen(s);

	if (!in)
		in = strstr(s, ": In function `");
	if (!in || n < 2 || s[n - 1] != ':' || memchr(s, ' ', in - s))
		return false;
	replace(&p->ld_object, diag_path_n(p, s, in - s));
	replace(&p->ld_function, diag_quoted(in));
	return true;
}

static bool ld_is_fatal_text(const char *s)
{
	static const char *const words[] = {
		"cannot find ",	      "cannot open ",
		"not recognized",     "error adding symbols",
		"syntax error",	      "overlaps ",
		"will not fit",	      "cannot represent",
		"unrecognized option", "unrecognised emulation",
		"hidden symbol",      "undefined symbol",
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strstr(s, words[i]))
			return true;
	return false;
}

/* What follows "ld: ". */
static void ld_own_line(struct diag_parser *p, const char *s, bool lld)
{
	static const struct {
		const char *word;
		enum diag_severity severity;
	} kinds[] = {
		{ "warning: ", DIAG_WARNING },
		{ "error: ", DIAG_ERROR },
	};
	const char *hit;

	if (ld_heading(p, s) || ld_symbol_line(p, s))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		hit = strstr(s, kinds[i].word);
		if (!hit || (hit != s && (hit[-1] != ' ' || hit[-2] != ':' ||
					  memchr(s, ' ', hit - 1 - s))))
			continue;
		ld_add(p, kinds[i].severity, s, hit == s ? 0 : hit - 2 - s,
		       hit + strlen(kinds[i].word));
		if (lld)
			p->more = DIAG_MORE_LLD;
		return;
	}
	/* "`f' referenced in section `.text' of a.o: defined in discarded
	 * section `.exit.text' of b.o": no place of the usual form */
	if (*s == '`' && strstr(s, ": defined in discarded section `")) {
		ld_add(p, DIAG_ERROR, "", 0, s);
		return;
	}
	if (starts_with(s, "final link failed"))
		replace(&p->ld_text, xstrdup(s));
	else if (ld_is_fatal_text(s))
		ld_add(p, DIAG_ERROR, "", 0, s);
	else
		replace(&p->ld_text, xstrdup(s));
}

/* "a.c:1 (/src/a.c:1)" or "x.o:(f)": the text in brackets says more. */
static void lld_place(struct diag_parser *p, struct diagnostic *d,
		      const char *s)
{
	const char *open = strstr(s, " ("), *end = strrchr(s, ')');
	_cleanup_free_ char *function = NULL;
	struct ld_place lp;

	if (open && end > open) {
		ld_place_parse(&lp, p, open + 2, end - open - 2);
	} else if ((open = strstr(s, ":(")) && end > open) {
		function = xstrndup(open + 2, end - open - 2);
		if (*function != '.' && !d->function)
			d->function = STEAL(function);
		return;
	} else {
		ld_place_parse(&lp, p, s, strlen(s));
	}
	free(d->file);
	d->file = STEAL(lp.file);
	d->line = d->file ? lp.line : 0;
	ld_place_release(&lp);
}

/*
 * ">>> referenced by", ">>> defined at". The first reference is the place of
 * an undefined symbol, the last definition that of a duplicate.
 */
static bool lld_more_line(struct diag_parser *p, const char *line)
{
	struct diagnostic *d = diag_last(p);
	const char *s;

	if (!starts_with(line, ">>> ") || !d)
		return false;
	s = line + 4;
	s += strspn(s, " ");
	if (starts_with(s, "referenced by ")) {
		if (!d->file && !d->function)
			lld_place(p, d, s + strlen("referenced by "));
	} else if (starts_with(s, "defined at ")) {
		if (!d->note)
			diag_add_note(p, d, s);
		lld_place(p, d, s + strlen("defined at "));
	} else if (strstr(s, ":(") && !d->function) {
		lld_place(p, d, s);
	}
	return true;
}

/* "x.o: warning: objtool: f+0x12: text" */
static bool objtool_line(struct diag_parser *p, const char *line)
{
	enum diag_severity severity = DIAG_WARNING;
	const char *s = strstr(line, ": warning: objtool: "), *plus;
	struct diagnostic *d;
	size_t n;

	if (!s) {
		s = strstr(line, ": error: objtool: ");
		severity = DIAG_ERROR;
	}
	if (!s || memchr(line, ' ', s - line))
		return false;
	n = s - line;
	s = strstr(s, "objtool: ") + strlen("objtool: ");
	d = diag_add(p, "objtool", severity, s);
	replace(&d->unit, diag_path_n(p, line, n));
	plus = strstr(s, "+0x");
	if (plus && *s != '.' && !memchr(s, ' ', plus - s))
		d->function = xstrndup(s, plus - s);
	return true;
}

bool diag_link_line(struct diag_parser *p, const char *line)
{
	size_t n = strcspn(line, ": ");
	const char *s;

	if (p->more == DIAG_MORE_LLD && lld_more_line(p, line))
		return true;
	if (objtool_line(p, line))
		return true;
	if (n && line[n] == ':' && diag_is_linker(line, n)) {
		s = line + n + 1;
		s += strspn(s, " ");
		if (p->more == DIAG_MORE_LLD)
			p->more = DIAG_MORE_NONE;
		ld_own_line(p, s, strstr(line, "lld") < line + n &&
					  strstr(line, "lld"));
		return true;
	}
	/* Without "ld:" only in a block that links: #error can say anything. */
	if (!p->ld_object && p->tag && !starts_with(p->tag, "LD"))
		return ld_heading(p, line);
	if (*line == '`' && strstr(line, ": defined in discarded section `")) {
		ld_add(p, DIAG_ERROR, "", 0, line);
		return true;
	}
	if (ld_heading(p, line) || ld_symbol_line(p, line))
		return true;
	s = strstr(line, ": file not recognized");
	if (!s || memchr(line, ' ', s - line))
		return false;
	ld_add(p, DIAG_ERROR, line, s - line, s + 2);
	return true;
}

/* "FOO: modpost: text" or, from a MODPOST block, "FOO: text". */
static const char *modpost_text(const struct diag_parser *p, const char *line,
				enum diag_severity *severity)
{
	static const struct {
		const char *word;
		enum diag_severity severity;
	} kinds[] = {
		{ "ERROR: ", DIAG_ERROR },
		{ "FATAL: ", DIAG_ERROR },
		{ "WARNING: ", DIAG_WARNING },
	};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		const char *s = line + strlen(kinds[i].word);

		if (!starts_with(line, kinds[i].word))
			continue;
		*severity = kinds[i].severity;
		if (starts_with(s, "modpost: "))
			return s + strlen("modpost: ");
		return p->tag && !strcmp(p->tag, "MODPOST") ? s : NULL;
	}
	return NULL;
}

/* `"sym" [x.ko] undefined!` is about x.ko. */
static char *modpost_module(const char *s)
{
	const char *open = strstr(s, " ["), *end = strstr(s, ".ko]");

	return open && end > open ? xstrndup(open + 2, end + 3 - open - 2) :
				    NULL;
}

bool diag_modpost_line(struct diag_parser *p, const char *line)
{
	enum diag_severity severity;
	const char *s = modpost_text(p, line, &severity), *rest, *plus;
	_cleanup_free_ char *module = NULL;
	struct diagnostic *d;
	struct diag_place pl;

	if (!s)
		return false;
	module = modpost_module(s);
	rest = diag_place_split(s, &pl);
	/* "vmlinux: section mismatch in reference: f+0x12 (section: .text)" */
	if (!module && rest && starts_with(rest, "section mismatch")) {
		module = xstrndup(pl.file, pl.len);
		s = rest;
	}
	d = diag_add(p, "modpost", severity, s);
	if (module)
		replace(&d->unit, diag_path(p, module));
	if (starts_with(s, "section mismatch in reference: ")) {
		s += strlen("section mismatch in reference: ");
		plus = s + strcspn(s, "+ ");
		if (plus > s)
			d->function = xstrndup(s, plus - s);
	}
	return true;
}
