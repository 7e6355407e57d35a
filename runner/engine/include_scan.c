// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the text of a source or a Makefile says about other files. By line and
 * without a preprocessor: whatever is said under some condition counts.
 */
#include "engine/includes_internal.h"

#include "sys/mem.h"

#include <ctype.h>

/* The file name in "..." or <...> at p: its length and form, or 0. */
static size_t quoted(const char **p, const char *eol, char *form)
{
	const char *s = *p, *end;

	while (s < eol && (*s == ' ' || *s == '\t' || *s == '('))
		s++;
	if (s >= eol || (*s != '"' && *s != '<'))
		return 0;
	*form = *s;
	end = memchr(s + 1, *s == '"' ? '"' : '>', eol - s - 1);
	*p = s + 1;
	return end ? end - s - 1 : 0;
}

static void add_quoted(struct include_index *x, const char *file,
		       const char *p, const char *eol)
{
	char form;
	size_t n = quoted(&p, eol, &form);

	if (n)
		index_name(x, file, form, p, n);
}

/* A "#define NAME "file.h"" line: the value when it names a file. */
static void add_define(struct include_index *x, const char *file, const char *p,
		       const char *eol)
{
	while (p < eol && isspace((unsigned char)*p))
		p++;
	while (p < eol && !isspace((unsigned char)*p))
		p++;
	while (eol > p && isspace((unsigned char)eol[-1]))
		eol--;
	if (eol - p > 4 && (!memcmp(eol - 3, ".h\"", 3) ||
			    !memcmp(eol - 3, ".h>", 3) ||
			    !memcmp(eol - 3, ".c\"", 3)))
		add_quoted(x, file, p, eol);
}

static bool word_at(const char *p, const char *eol, const char *word)
{
	size_t n = strlen(word);

	return (size_t)(eol - p) > n && !memcmp(p, word, n);
}

static void scan_line(struct include_index *x, const char *file, const char *p,
		      const char *eol)
{
	const char *has;

	while (p < eol && (*p == ' ' || *p == '\t'))
		p++;
	if (p >= eol)
		return;
	if (*p != '#')
		return;
	p++;
	while (p < eol && (*p == ' ' || *p == '\t'))
		p++;
	if (word_at(p, eol, "include"))
		add_quoted(x, file, p + 7, eol);
	else if (word_at(p, eol, "import"))
		add_quoted(x, file, p + 6, eol);
	else if (word_at(p, eol, "define"))
		add_define(x, file, p + 6, eol);
	has = p;
	while ((has = memmem(has, eol - has, "__has_include", 13))) {
		char form;
		size_t n;

		has += 13;
		n = quoted(&has, eol, &form);
		if (!n)
			continue;
		index_name(x, file, form, has, n);
		index_unlisted(x, has, n, file);
	}
}

/*
 * The assembler's own .include "x" and .incbin "x", in assembly or in an asm()
 * of a C file. The preprocessor does not see them, so no dependency file tells.
 */
static void scan_assembly(struct include_index *x, const char *file,
			  const char *text, size_t len)
{
	const char *p = text, *end = text + len;

	while ((p = memmem(p, end - p, ".inc", 4))) {
		const char *eol = memchr(p, '\n', end - p);
		const char *name;
		size_t n;

		if (!eol)
			eol = end;
		name = p + (word_at(p, eol, ".include") ? 8 :
			    word_at(p, eol, ".incbin")	? 7 :
							  0);
		if (name == p || !strchr(" \t\"\\", *name)) {
			p += 4;
			continue;
		}
		while (name < eol && strchr(" \t\"\\<", *name))
			name++;
		for (n = 0; name + n < eol && !strchr("\"\\>", name[n]);)
			n++;
		if (n) {
			index_name(x, file, '"', name, n);
			index_unlisted(x, name, n, file);
		}
		p = eol;
	}
}

static void scan_source(struct include_index *x, const char *path,
			const char *text, size_t len)
{
	const char *end = text + len, *p = text;

	index_file(x, path);
	scan_assembly(x, path, text, len);
	while (p < end) {
		const char *eol = memchr(p, '\n', end - p);

		if (!eol)
			eol = end;
		scan_line(x, path, p, eol);
		p = eol + 1;
	}
}

/* Outputs and units: their inputs are recorded, or they are no files at all. */
static bool is_made(const char *word)
{
	static const char *const ends[] = { ".o", ".a", ".ko", ".so", ".c",
					    ".S", ".s", ".d",  ".cmd" };

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		if (ends_with(word, ends[i]))
			return true;
	return false;
}

/*
 * A file that a rule reads, or that is included. Words without a dot or a slash
 * are taken for variables and targets.
 */
static void add_named(struct include_index *x, char *word, const char *path)
{
	const char *base;

	for (;;) {
		if (starts_with(word, "../"))
			word += 3;
		else if (starts_with(word, "./"))
			word += 2;
		else if (*word == '/')
			word++;
		else
			break;
	}
	base = strrchr(word, '/') ? strrchr(word, '/') + 1 : word;
	if (*word == '-' || strpbrk(word, "$%*?#+{}[]\\~@!^<>") ||
	    !*base || (base == word && !strchr(word + 1, '.')) ||
	    strstr(word, "..") || is_made(word))
		return;
	if (base == word && (!strcmp(base, "Makefile") || !strcmp(base, "Kbuild")))
		return;
	index_named(x, word, path);
}

static void scan_names(struct include_index *x, const char *path,
		       const char *text, size_t len)
{
	_cleanup_free_ char *copy = NULL;
	char *save;

	/* "generic-y += x.h" names wrappers */
	if (strstr(path, "include/") && ends_with(path, "/Kbuild"))
		return;
	copy = xstrndup(text, len);
	for (char *line = strtok_r(copy, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		char *save_word;

		if (line[strspn(line, " \t")] == '#')
			continue;
		for (char *w = strtok_r(line, " \t:=,;|&<>()\"'`", &save_word); w;
		     w = strtok_r(NULL, " \t:=,;|&<>()\"'`", &save_word))
			add_named(x, w, path);
	}
}

/* "-I...arch/B/" outside arch/B: everybody may find B's headers there. */
static void scan_include_flags(struct include_index *x, const char *path,
			       const char *text, size_t len)
{
	const char *p = text, *end = text + len;

	while ((p = memmem(p, end - p, "-I", 2))) {
		const char *word = p, *stop, *a;

		p += 2;
		for (stop = p; stop < end && !isspace((unsigned char)*stop);)
			stop++;
		a = memmem(word, stop - word, "arch/", 5);
		if (!a)
			continue;
		a += 5;
		{
			size_t n = strcspn(a, "/ \t\n$()");
			_cleanup_free_ char *arch = xstrndup(a, n);
			_cleanup_free_ char *own = xasprintf("arch/%s/", arch);

			if (n && !starts_with(path, own) &&
			    !strlist_has(&x->shared_arches, arch))
				strlist_add(&x->shared_arches, arch);
		}
	}
}

/* "arch/B/" in a Makefile of arch/A: A's build may read anything of B. */
static void scan_arches(struct include_index *x, const char *path,
			const char *text, size_t len)
{
	const char *p = text, *end = text + len;
	_cleanup_free_ char *own = NULL;

	if (!starts_with(path, "arch/") || !strchr(path + 5, '/'))
		return;
	own = xstrndup(path + 5, strcspn(path + 5, "/"));
	while ((p = memmem(p, end - p, "arch/", 5))) {
		size_t n = 0;

		p += 5;
		while (p + n < end && (isalnum((unsigned char)p[n]) ||
				       p[n] == '_' || p[n] == '-'))
			n++;
		if (n && p + n < end && p[n] == '/' &&
		    (n != strlen(own) || memcmp(p, own, n))) {
			_cleanup_free_ char *arch = xstrndup(p, n);

			index_arch(x, own, arch);
		}
	}
}

static void scan_makefile(struct include_index *x, const char *path,
			  const char *text, size_t len)
{
	_cleanup_free_ char *dir = xstrdup(path);

	*(strrchr(dir, '/') ? strrchr(dir, '/') : dir) = '\0';
	if (memmem(text, len, "../", 3) && !strlist_has(&x->crossing_dirs, dir))
		strlist_add(&x->crossing_dirs, dir);
	scan_names(x, path, text, len);
	scan_include_flags(x, path, text, len);
	scan_arches(x, path, text, len);
}

bool include_is_makefile(const char *path)
{
	const char *base = strrchr(path, '/');

	base = base ? base + 1 : path;
	return starts_with(base, "Makefile") || starts_with(base, "Kbuild") ||
	       !strcmp(base, "Platform") || ends_with(base, ".mk");
}

bool include_is_source(const char *path)
{
	static const char *const ends[] = { ".c",   ".h",   ".S",   ".s",
					    ".inc", ".def", ".tbl", ".lds",
					    ".l",   ".y",   ".cc",  ".dtsi" };

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		if (ends_with(path, ends[i]))
			return true;
	return false;
}

void include_scan(struct include_index *x, const char *path, const char *text,
		  size_t len)
{
	if (include_is_makefile(path))
		scan_makefile(x, path, text, len);
	else if (include_is_source(path))
		scan_source(x, path, text, len);
}
