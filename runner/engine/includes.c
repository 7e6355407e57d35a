// SPDX-License-Identifier: GPL-2.0-only
/*
 * Problem: a series that touches a header must be judged in every unit that
 * reads it, also outside KVM, but building a whole kernel to learn from its
 * dependency files who that is costs an hour a cell.
 *
 * Trick: walk the include graph backwards by text. A unit that reads a touched
 * file at some state does so through a chain of #include lines, each of which
 * stands in the base's or some state's version of a file. All those versions are
 * in this index, so the walk finds every such chain, provided that each line is
 * matched with every file it could mean:
 *  - a name means any path that ends in it (leading "../" taken off), because -I
 *    flags are not known here; except that "quoted" names found in the
 *    includer's own directory mean that file, which the compiler looks at first
 *    (unless some state lacks it);
 *  - <asm/x.h> may also mean include/asm-generic/x.h (kbuild's generic-y);
 *  - a header generated from a source's constants (hyp_constants.h) stands for
 *    that source;
 *  - computed includes (#include MACRO) are taken where the macro is defined
 *    as a file name: the definition must be visible to the unit, so its file is
 *    in the same chain. TRACE_INCLUDE() names the header that it stands in;
 *  - a header of another architecture (arch/B/...) is not what <asm/...> means,
 *    unless the name says B or a Makefile outside arch/B puts it on a path.
 * __has_include(name) counts as #include.
 *
 * Imprecision is safe: who is found wrongly is compiled and its dependency file
 * says that it does not matter.
 */
#include "engine/includes.h"

#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/mem.h"
#include "sys/strbuf.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdint.h>

struct include_file {
	char *path;
	struct strlist names; /* '"' or '<' and the name as written */
};

/* Users of one name: indexes of files with the form they use. */
struct name_users {
	struct {
		size_t file;
		const char *raw; /* of include_file.names */
	} *v;
	size_t nr, alloc;
};

void include_index_release(struct include_index *x)
{
	for (size_t i = 0; i < x->nr; i++) {
		free(x->files[i].path);
		strlist_release(&x->files[i].names);
	}
	free(x->files);
	strmap_each(e, &x->by_name) {
		struct name_users *u = strmap_value(e);

		free(u->v);
		free(u);
	}
	strmap_each(e, &x->make_users) {
		strlist_release(strmap_value(e));
		free(strmap_value(e));
	}
	strmap_release(&x->make_users);
	strmap_release(&x->by_name);
	strmap_release(&x->by_path);
	strmap_release(&x->gone);
	strlist_release(&x->shared_arches);
	strlist_release(&x->crossing_dirs);
	*x = (struct include_index)INCLUDE_INDEX_INIT;
}

static size_t file_index(struct include_index *x, const char *path)
{
	uintptr_t i = (uintptr_t)strmap_get(&x->by_path, path);

	if (i)
		return i - 1;
	GROW(x->files, x->nr, x->alloc);
	x->files[x->nr] = (struct include_file){ .path = xstrdup(path) };
	strmap_set(&x->by_path, path, (void *)(uintptr_t)(x->nr + 1));
	return x->nr++;
}

/* "../../x/y.h" -> "x/y.h": what a path must end in. */
static const char *significant(const char *name)
{
	for (;;) {
		if (starts_with(name, "../"))
			name += 3;
		else if (starts_with(name, "./"))
			name += 2;
		else if (*name == '/')
			name++;
		else
			return name;
	}
}

static void add_name(struct include_index *x, size_t file, char form,
		     const char *name, size_t len)
{
	_cleanup_free_ char *raw = xmalloc(len + 2);
	_cleanup_free_ char *norm = NULL;
	struct include_file *f = &x->files[file];
	struct name_users *u;

	raw[0] = form;
	memcpy(raw + 1, name, len);
	raw[len + 1] = '\0';
	if (!len || strlist_has(&f->names, raw))
		return;
	strlist_add(&f->names, raw);
	norm = path_normalize(raw + 1);
	u = strmap_get(&x->by_name, significant(norm));
	if (!u) {
		u = xcalloc(1, sizeof(*u));
		strmap_set(&x->by_name, significant(norm), u);
	}
	GROW(u->v, u->nr, u->alloc);
	u->v[u->nr].file = file;
	u->v[u->nr++].raw = f->names.v[f->names.nr - 1];
}

/* Adds the file name in "..." or <...> at p, if there is one. */
static void add_quoted(struct include_index *x, size_t file, const char *p,
		       const char *eol)
{
	const char *end;
	char close;

	while (p < eol && (*p == ' ' || *p == '\t' || *p == '('))
		p++;
	if (p >= eol || (*p != '"' && *p != '<'))
		return;
	close = *p == '"' ? '"' : '>';
	end = memchr(p + 1, close, eol - p - 1);
	if (end)
		add_name(x, file, *p, p + 1, end - p - 1);
}

/* A "#define NAME "file.h"" line: the value when it names a file. */
static void add_define(struct include_index *x, size_t file, const char *p,
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

static void scan_line(struct include_index *x, size_t file, const char *p,
		      const char *eol)
{
	const char *has;

	while (p < eol && (*p == ' ' || *p == '\t'))
		p++;
	if (p >= eol)
		return;
	if (*p == '.' && (word_at(p, eol, ".include") ||
			  word_at(p, eol, ".incbin"))) {
		add_quoted(x, file, p + (p[4] == 'l' ? 8 : 7), eol);
		return;
	}
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
		has += 13;
		add_quoted(x, file, has, eol);
	}
}

static void scan_source(struct include_index *x, const char *path,
			const char *text, size_t len)
{
	size_t file = file_index(x, path);
	const char *end = text + len;

	while (text < end) {
		const char *eol = memchr(text, '\n', end - text);

		if (!eol)
			eol = end;
		scan_line(x, file, text, eol);
		text = eol + 1;
	}
}

static void add_make_user(struct include_index *x, const char *name,
			  const char *user)
{
	struct strlist *users = strmap_get(&x->make_users, name);

	if (!users) {
		users = xcalloc(1, sizeof(*users));
		strmap_set(&x->make_users, name, users);
	}
	if (!strlist_has(users, user))
		strlist_add(users, user);
}

/* "include $(srctree)/virt/kvm/Makefile.kvm": its last component. */
static void scan_make_includes(struct include_index *x, const char *path,
			       const char *text, size_t len)
{
	_cleanup_free_ char *copy = xstrndup(text, len);
	char *save;

	for (char *line = strtok_r(copy, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		_cleanup_strlist_ struct strlist words = STRLIST_INIT;

		line += strspn(line, " \t-s");
		if (!starts_with(line, "include") || !strchr(" \t", line[7]))
			continue;
		strlist_split(&words, line + 7, " \t");
		strlist_each(w, &words) {
			const char *slash = strrchr(w, '/');

			add_make_user(x, slash ? slash + 1 : w, path);
		}
	}
}

/* Notes "-I...arch/B/" outside arch/B, and objects made from "../". */
static void scan_makefile(struct include_index *x, const char *path,
			  const char *text, size_t len)
{
	const char *end = text + len, *p = text;
	_cleanup_free_ char *dir = xstrdup(path);

	scan_make_includes(x, path, text, len);
	*(strrchr(dir, '/') ? strrchr(dir, '/') : dir) = '\0';
	if (memmem(text, len, "../", 3) && !strlist_has(&x->crossing_dirs, dir))
		strlist_add(&x->crossing_dirs, dir);
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

static bool is_makefile(const char *path)
{
	const char *base = strrchr(path, '/');

	base = base ? base + 1 : path;
	return starts_with(base, "Makefile") || !strcmp(base, "Kbuild");
}

/* Text that a compiler may be made to read, by the end of its name. */
static bool is_source(const char *path)
{
	static const char *const ends[] = { ".c",   ".h",   ".S",   ".s",
					    ".inc", ".def", ".tbl", ".lds",
					    ".l",   ".y",   ".cc",  ".dtsi" };

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		if (ends_with(path, ends[i]))
			return true;
	return false;
}

bool include_index_wants(const char *path)
{
	return is_makefile(path) || is_source(path);
}

void include_index_add(struct include_index *x, const char *path,
		       const char *text, size_t len)
{
	if (is_makefile(path))
		scan_makefile(x, path, text, len);
	else if (is_source(path))
		scan_source(x, path, text, len);
}

bool include_index_in_base(const struct include_index *x, const char *path)
{
	uintptr_t i = (uintptr_t)strmap_get(&x->by_path, path);

	return i && i <= x->nr_base;
}

void include_index_gone(struct include_index *x, const char *path)
{
	strmap_set(&x->gone, path, x);
}

/* Parts of the tree whose files no kernel unit is built from. */
static bool outside_kernel(const char *rel)
{
	return !strcmp(rel, "Documentation") || !strcmp(rel, "tools") ||
	       !strcmp(rel, "samples") || !strcmp(rel, "LICENSES") ||
	       !strcmp(rel, ".git") || !strcmp(rel, "lib/raid6/test");
}

static int scan_dir(struct include_index *x, const char *top, const char *rel,
		    struct errbuf *err)
{
	_cleanup_free_ char *path = *rel ? path_join(top, rel) : xstrdup(top);
	DIR *dir = opendir(path);
	struct dirent *d;
	int ret = 0;

	if (!dir)
		return errbuf_set(err, "%s: %s", path, strerror(errno));
	while (!ret && (d = readdir(dir))) {
		_cleanup_free_ char *sub = NULL;
		_cleanup_free_ char *full = NULL;
		_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

		if (!strcmp(d->d_name, ".") || !strcmp(d->d_name, ".."))
			continue;
		sub = *rel ? path_join(rel, d->d_name) : xstrdup(d->d_name);
		if (d->d_type == DT_DIR) {
			if (!outside_kernel(sub))
				ret = scan_dir(x, top, sub, err);
			continue;
		}
		if (d->d_type != DT_REG || (!is_source(sub) && !is_makefile(sub)))
			continue;
		full = path_join(top, sub);
		ret = file_read(full, &text, err);
		if (!ret)
			include_index_add(x, sub, text.buf, text.len);
	}
	closedir(dir);
	return ret;
}

#define INDEX_HEAD "kvmatrix-includes/3\n"

static int save(const struct include_index *x, const char *file,
		struct errbuf *err)
{
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;

	strbuf_addstr(&out, INDEX_HEAD);
	strlist_each(a, &x->shared_arches)
		strbuf_addf(&out, "!arch\t%s\n", a);
	strlist_each(d, &x->crossing_dirs)
		strbuf_addf(&out, "!dir\t%s\n", d);
	strmap_each(e, &x->make_users)
		strlist_each(u, (struct strlist *)strmap_value(e))
			strbuf_addf(&out, "!make\t%s\t%s\n", strmap_key(e), u);
	for (size_t i = 0; i < x->nr; i++) {
		strbuf_addstr(&out, x->files[i].path);
		strlist_each(n, &x->files[i].names)
			strbuf_addf(&out, "\t%s", n);
		strbuf_addch(&out, '\n');
	}
	return file_write(file, out.buf, out.len, err);
}

static bool load(struct include_index *x, const char *file)
{
	_cleanup_errbuf_ struct errbuf ignored = ERRBUF_INIT;
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	char *line, *save_line;

	if (file_read(file, &text, &ignored) ||
	    !starts_with(text.buf, INDEX_HEAD))
		return false;
	for (line = strtok_r(text.buf + strlen(INDEX_HEAD), "\n", &save_line);
	     line; line = strtok_r(NULL, "\n", &save_line)) {
		char *save_field;
		char *field = strtok_r(line, "\t", &save_field);
		size_t f;

		if (!strcmp(field, "!arch") || !strcmp(field, "!dir")) {
			char *v = strtok_r(NULL, "\t", &save_field);

			strlist_add(field[1] == 'a' ? &x->shared_arches :
						      &x->crossing_dirs,
				    v ? v : "");
			continue;
		}
		if (!strcmp(field, "!make")) {
			char *name = strtok_r(NULL, "\t", &save_field);
			char *user = strtok_r(NULL, "\t", &save_field);

			if (name && user)
				add_make_user(x, name, user);
			continue;
		}
		f = file_index(x, field);
		while ((field = strtok_r(NULL, "\t", &save_field)))
			add_name(x, f, field[0], field + 1, strlen(field + 1));
	}
	return true;
}

int include_index_open(struct include_index *x, const char *checkout,
		       const char *cache_file, struct errbuf *err)
{
	if (!load(x, cache_file)) {
		include_index_release(x);
		if (scan_dir(x, checkout, "", err) || save(x, cache_file, err))
			return -1;
	}
	x->nr_base = x->nr;
	return 0;
}

/* arch/B/... -> B (owned), else NULL. */
static char *arch_of(const char *path)
{
	const char *slash;

	if (!starts_with(path, "arch/"))
		return NULL;
	slash = strchr(path + 5, '/');
	return slash ? xstrndup(path + 5, slash - path - 5) : NULL;
}

/* True where NAME has a path component ARCH, or one that begins with it and
 * a dash ("arm64-foo" is no mention of arm64). */
static bool name_mentions(const char *name, const char *arch)
{
	size_t n = strlen(arch);

	for (const char *p = name; (p = strstr(p, arch)); p += n)
		if ((p == name || p[-1] == '/') && p[n] == '/')
			return true;
	return false;
}

/* Could the include RAW standing in file F mean target? */
static bool could_mean(const struct include_index *x,
		       const struct include_file *f, const char *raw,
		       const char *target, const char *foreign_arch)
{
	if (raw[0] == '"') {
		_cleanup_free_ char *dir = xstrdup(f->path);
		_cleanup_free_ char *joined = NULL, *local = NULL;
		char *slash = strrchr(dir, '/');

		*(slash ? slash : dir) = '\0';
		joined = xasprintf("%s/%s", dir, raw + 1);
		local = path_normalize(joined + (*dir ? 0 : 1));
		if (!strcmp(local, target))
			return true;
		if (strmap_has(&x->by_path, local) &&
		    !strmap_has(&x->gone, local))
			return false;
	}
	if (foreign_arch && !strlist_has(&x->shared_arches, foreign_arch)) {
		_cleanup_free_ char *own = xasprintf("arch/%s/", foreign_arch);

		return starts_with(f->path, own) ||
		       name_mentions(raw + 1, foreign_arch);
	}
	return true;
}

struct walk {
	const struct include_index *x;
	const char *srcarch;
	struct strmap seen;
	struct strlist todo; /* a stack */
};

static void reach(struct walk *w, const char *path)
{
	if (strmap_has(&w->seen, path))
		return;
	strmap_set(&w->seen, path, w);
	strlist_add(&w->todo, path);
}

static void reach_users(struct walk *w, const char *name, const char *target,
			const char *foreign_arch)
{
	const struct name_users *u = strmap_get(&w->x->by_name, name);

	for (size_t i = 0; u && i < u->nr; i++) {
		const struct include_file *f = &w->x->files[u->v[i].file];

		if (!strmap_has(&w->seen, f->path) &&
		    could_mean(w->x, f, u->v[i].raw, target, foreign_arch))
			reach(w, f->path);
	}
}

/*
 * Headers generated from a source's constants for the units beside it. Not in
 * this table: asm-offsets.h and bounds.h, which on s390 and powerpc every unit of
 * the kernel reads. They change for their readers only when a constant in them
 * changes, which is seen when it happens (step_harvest.c).
 */
static const struct {
	const char *source_end;
	const char *header;
} generated[] = {
	{ "/kvm/kvm-asm-offsets.c", "kvm-asm-offsets.h" },
	{ "/hyp/hyp-constants.c", "hyp_constants.h" },
};

static void expand(struct walk *w, const char *path)
{
	_cleanup_free_ char *arch = arch_of(path);
	const char *foreign =
		arch && strcmp(arch, w->srcarch) ? arch : NULL;

	for (const char *s = path; s; s = strchr(s, '/')) {
		if (*s == '/')
			s++;
		reach_users(w, s, path, foreign);
	}
	if (starts_with(path, "include/asm-generic/") ||
	    starts_with(path, "include/uapi/asm-generic/")) {
		_cleanup_free_ char *asm_name =
			xasprintf("asm/%s", strstr(path, "generic/") + 8);

		reach_users(w, asm_name, path, NULL);
	}
	for (size_t i = 0; i < ARRAY_SIZE(generated); i++)
		if (ends_with(path, generated[i].source_end) && !foreign)
			reach_users(w, generated[i].header, path, NULL);
}

void include_index_users(const struct include_index *x,
			 const struct strlist *touched, const char *srcarch,
			 struct strlist *sources)
{
	struct walk w = { .x = x, .srcarch = srcarch };

	strlist_each(t, touched)
		reach(&w, t);
	while (w.todo.nr) {
		_cleanup_free_ char *path = w.todo.v[--w.todo.nr];

		w.todo.v[w.todo.nr] = NULL;
		if (ends_with(path, ".c") || ends_with(path, ".S"))
			strlist_add(sources, path);
		expand(&w, path);
	}
	strlist_sort(sources);
	strmap_release(&w.seen);
	strlist_release(&w.todo);
}
