// SPDX-License-Identifier: GPL-2.0-only
/*
 * The dependency lists of one cell repeat the same thousand headers in every
 * unit, so file names are interned once in the set and units hold pointers.
 */
#include "model/unit.h"

#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/mem.h"
#include "sys/strbuf.h"

#include <dirent.h>
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>

void unit_set_release(struct unit_set *s)
{
	for (size_t i = 0; i < s->nr; i++) {
		free(s->v[i].target);
		free(s->v[i].name);
		free(s->v[i].cmdfile);
		free(s->v[i].deps);
	}
	free(s->v);
	strmap_each(e, &s->files) {
		struct unit_file *f = strmap_value(e);

		free(f->users);
		free(f);
	}
	strmap_release(&s->files);
	strmap_release(&s->bases);
	*s = (struct unit_set)UNIT_SET_INIT;
}

/* Path of a dependency as the rest of the program names it. Owned. */
static char *dep_name(const char *dep, size_t len, const char *srctree)
{
	_cleanup_free_ char *raw = xstrndup(dep, len);
	_cleanup_free_ char *norm = path_normalize(raw);
	size_t n = strlen(srctree);

	if (!strncmp(norm, srctree, n) && norm[n] == '/')
		return xstrdup(norm + n + 1);
	return STEAL(norm);
}

/* The interned name of a file; adds it when it is new. */
static const char *intern_name(struct unit_set *s, const char *name)
{
	struct unit_file *f = strmap_get(&s->files, name);
	size_t n = strlen(name) + 1;
	const char *base;

	if (f)
		return f->path;
	f = xcalloc(1, sizeof(*f) + n);
	memcpy(f->path, name, n);
	base = strrchr(f->path, '/') ? strrchr(f->path, '/') + 1 : f->path;
	f->same_base = strmap_get(&s->bases, base);
	strmap_set(&s->files, name, f);
	strmap_set(&s->bases, base, f);
	return f->path;
}

/* spellings: so that normalising happens once a spelling. */
static const char *intern(struct unit_set *s, struct strmap *spellings,
			  const char *dep, size_t len, const char *srctree)
{
	_cleanup_free_ char *raw = xstrndup(dep, len);
	_cleanup_free_ char *name = NULL;
	char *known = strmap_get(spellings, raw);

	if (known)
		return known;
	name = dep_name(dep, len, srctree);
	known = (char *)intern_name(s, name);
	strmap_set(spellings, raw, known);
	return known;
}

static struct unit_file *file_of(const char *interned)
{
	return (struct unit_file *)(interned -
				    offsetof(struct unit_file, path));
}

/* The dependency lists, turned round. */
static void set_users(struct unit_set *s)
{
	strmap_each(e, &s->files)
		((struct unit_file *)strmap_value(e))->nr = 0;
	for (size_t i = 0; i < s->nr; i++)
		for (size_t k = 0; k < s->v[i].nr_deps; k++) {
			struct unit_file *f = file_of(s->v[i].deps[k]);

			if (f->nr && f->users[f->nr - 1] == i)
				continue;
			GROW(f->users, f->nr, f->alloc);
			f->users[f->nr++] = i;
		}
}

/* Position after "PREFIX" at the beginning of a line of text, or NULL. */
static const char *find_line(const char *text, const char *prefix)
{
	size_t n = strlen(prefix);

	for (const char *p = text; p; p = strchr(p, '\n')) {
		if (*p == '\n')
			p++;
		if (!strncmp(p, prefix, n))
			return p + n;
	}
	return NULL;
}

static void add_dep(struct unit *u, size_t *alloc, const char *name)
{
	GROW(u->deps, u->nr_deps, *alloc);
	u->deps[u->nr_deps++] = name;
}

static void read_deps(struct unit_set *s, struct strmap *spellings,
		      struct unit *u, const char *text, const char *srctree)
{
	size_t alloc = 0;

	while (*text && *text != '\n') {
		size_t n = strcspn(text, " \t\n\\");

		if (!strncmp(text, "$(wildcard", 10)) {
			text += strcspn(text, ")\n");
			text += *text == ')';
			continue;
		}
		if (n) {
			add_dep(u, &alloc,
				intern(s, spellings, text, n, srctree));
			text += n;
			continue;
		}
		if (*text == '\\' && text[1] == '\n')
			text++;
		text++;
	}
}

/* True where the text was one that fixdep wrote: then u is filled. */
static bool parse_cmd(struct unit_set *s, struct strmap *spellings,
		      struct unit *u, const char *text, const char *srctree)
{
	const char *cmd = find_line(text, "savedcmd_");
	const char *source = find_line(text, "source_");
	const char *deps = find_line(text, "deps_");
	const char *assign, *eol;
	size_t alloc = 0;

	if (!cmd)
		cmd = find_line(text, "cmd_");
	if (!cmd || !source || !deps)
		return false;
	assign = strstr(cmd, " := ");
	eol = strchr(cmd, '\n');
	if (!assign || !eol || assign > eol)
		return false;
	u->target = xstrndup(cmd, assign - cmd);
	u->name = path_normalize(u->target);
	{
		_cleanup_free_ char *line = xstrndup(assign, eol - assign);

		u->kernel = strstr(line, " -D__KERNEL__") != NULL;
	}
	source = strstr(source, ":= ");
	deps = strstr(deps, ":= ");
	if (source) {
		source += 3;
		add_dep(u, &alloc,
			intern(s, spellings, source, strcspn(source, "\n "),
			       srctree));
	}
	if (deps) {
		struct unit rest = { 0 };

		read_deps(s, spellings, &rest, deps + 3, srctree);
		u->deps = xrealloc(u->deps, (u->nr_deps + rest.nr_deps) *
						    sizeof(*u->deps));
		if (rest.nr_deps)
			memcpy(u->deps + u->nr_deps, rest.deps,
			       rest.nr_deps * sizeof(*u->deps));
		u->nr_deps += rest.nr_deps;
		free(rest.deps);
	}
	return true;
}

static int read_cmd(struct unit_set *s, struct strmap *spellings,
		    const char *objtree, const char *rel, const char *srctree,
		    struct errbuf *err)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	_cleanup_free_ char *path = path_join(objtree, rel);
	struct unit u = { 0 };

	if (file_read(path, &text, err))
		return -1;
	if (!parse_cmd(s, spellings, &u, text.buf, srctree)) {
		free(u.target);
		free(u.name);
		free(u.deps);
		return 0;
	}
	u.cmdfile = xstrdup(rel);
	GROW(s->v, s->nr, s->alloc);
	s->v[s->nr++] = u;
	return 0;
}

static int walk(struct unit_set *s, struct strmap *spellings,
		const char *objtree, const char *rel, const char *srctree,
		struct errbuf *err)
{
	_cleanup_free_ char *path =
		*rel ? path_join(objtree, rel) : xstrdup(objtree);
	DIR *dir = opendir(path);
	struct dirent *d;
	int ret = 0;

	if (!dir)
		return errno == ENOENT || errno == ENOTDIR ?
			       0 :
			       errbuf_set(err, "%s: %s", path, strerror(errno));
	while (!ret && (d = readdir(dir))) {
		_cleanup_free_ char *sub = NULL;
		bool is_dir = d->d_type == DT_DIR;

		if (!strcmp(d->d_name, ".") || !strcmp(d->d_name, ".."))
			continue;
		sub = *rel ? path_join(rel, d->d_name) : xstrdup(d->d_name);
		if (d->d_type == DT_UNKNOWN) {
			_cleanup_free_ char *full = path_join(objtree, sub);

			is_dir = dir_exists(full);
		}
		if (is_dir)
			ret = walk(s, spellings, objtree, sub, srctree, err);
		else if (d->d_name[0] == '.' && ends_with(d->d_name, ".cmd") &&
			 d->d_type != DT_CHR)
			ret = read_cmd(s, spellings, objtree, sub, srctree,
				       err);
	}
	closedir(dir);
	return ret;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct unit *)a)->name,
		      ((const struct unit *)b)->name);
}

void unit_set_sort(struct unit_set *s)
{
	if (s->nr)
		qsort(s->v, s->nr, sizeof(*s->v), by_name);
	set_users(s);
}

/* The set may be unsorted at its end. */
static struct unit *find_or_add(struct unit_set *s, const char *target)
{
	_cleanup_free_ char *name = path_normalize(target);

	for (size_t i = 0; i < s->nr; i++)
		if (!strcmp(s->v[i].name, name))
			return &s->v[i];
	GROW(s->v, s->nr, s->alloc);
	s->v[s->nr] = (struct unit){
		.target = xstrdup(target),
		.name = STEAL(name),
		.kernel = true,
	};
	return &s->v[s->nr++];
}

void unit_set_put(struct unit_set *s, const char *target, const char *deps,
		  const char *srctree)
{
	_cleanup_strmap_ struct strmap spellings = STRMAP_INIT;
	_cleanup_strlist_ struct strlist words = STRLIST_INIT;
	struct unit *u = find_or_add(s, target);
	const char *colon = strchr(deps, ':');
	size_t alloc = 0;

	free(u->deps);
	u->deps = NULL;
	u->nr_deps = 0;
	if (!colon)
		return;
	strlist_split(&words, colon + 1, " \t\n\\");
	strlist_each(w, &words)
		add_dep(u, &alloc, intern(s, &spellings, w, strlen(w), srctree));
}

int unit_set_read(struct unit_set *s, const char *objtree, const char *sub,
		  const char *srctree, struct errbuf *err)
{
	_cleanup_strmap_ struct strmap spellings = STRMAP_INIT;
	int ret = walk(s, &spellings, objtree, sub, srctree, err);

	unit_set_sort(s);
	return ret;
}

const struct unit *unit_set_find(const struct unit_set *s, const char *name)
{
	size_t lo = 0, hi = s->nr;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int c = strcmp(name, s->v[mid].name);

		if (!c)
			return &s->v[mid];
		if (c < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}

bool unit_set_reads(const struct unit_set *s, const char *path)
{
	return strmap_has(&s->files, path);
}

const struct unit_file *unit_set_file(const struct unit_set *s,
				      const char *path)
{
	return strmap_get(&s->files, path);
}

const struct unit_file *unit_set_base(const struct unit_set *s,
				      const char *base)
{
	return strmap_get(&s->bases, base);
}

/* ---- in one file ---------------------------------------------------------- */

/*
 * Lines: HEAD, the stamp, "FILES UNITS", the files' paths, and for each unit
 * "KERNEL TARGET\tCMDFILE" and a line with the numbers of its dependencies, each
 * followed by a blank.
 */
#define SET_HEAD "kvmatrix-units/1"

static bool has_newline(const char *s)
{
	return strpbrk(s, "\n\t") != NULL;
}

int unit_set_save(const struct unit_set *s, const char *file,
		  const char *stamp, struct errbuf *err)
{
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;
	_cleanup_strmap_ struct strmap number = STRMAP_INIT;
	size_t n = 0;

	strbuf_addf(&out, SET_HEAD "\n%s\n%zu %zu\n", stamp,
		    strmap_nr(&s->files), s->nr);
	strmap_each(e, &s->files) {
		if (has_newline(strmap_key(e)))
			return errbuf_set(err, "%s: a path with a line feed",
					  strmap_key(e));
		strbuf_addf(&out, "%s\n", strmap_key(e));
		strmap_set(&number, strmap_key(e), (void *)(uintptr_t)n++);
	}
	for (size_t i = 0; i < s->nr; i++) {
		const struct unit *u = &s->v[i];

		if (has_newline(u->target) || has_newline(u->cmdfile))
			return errbuf_set(err, "%s: a path with a line feed",
					  u->target);
		strbuf_addf(&out, "%d %s\t%s\n", u->kernel, u->target,
			    u->cmdfile);
		for (size_t k = 0; k < u->nr_deps; k++)
			strbuf_addf(&out, "%zu ",
				    (size_t)(uintptr_t)strmap_get(&number,
								  u->deps[k]));
		strbuf_addch(&out, '\n');
	}
	return file_write(file, out.buf, out.len, err);
}

/* The next line of *p, its end made a NUL; NULL at the end. */
static char *take_line(char **p)
{
	char *line = *p, *nl = line ? strchr(line, '\n') : NULL;

	if (!nl)
		return NULL;
	*nl = '\0';
	*p = nl + 1;
	return line;
}

static bool load_deps(struct unit *u, const char *line,
		      const char *const *names, size_t nr)
{
	size_t alloc = strlen(line) / 2 + 1, n = 0;

	u->deps = xmalloc(alloc * sizeof(*u->deps));
	while (*line) {
		char *end;
		unsigned long at = strtoul(line, &end, 10);

		if (end == line || *end != ' ' || at >= nr)
			return false;
		u->deps[n++] = names[at];
		line = end + 1;
	}
	if (n)
		u->deps = xrealloc(u->deps, n * sizeof(*u->deps));
	u->nr_deps = n;
	return true;
}

static bool load_units(struct unit_set *s, char *p)
{
	_cleanup_free_ const char **names = NULL;
	char *line = take_line(&p), *tab;
	size_t nr_files, nr;

	if (!line || sscanf(line, "%zu %zu", &nr_files, &nr) != 2 ||
	    nr_files > strlen(p) || nr > strlen(p))
		return false;
	names = xcalloc(nr_files + 1, sizeof(*names));
	for (size_t i = 0; i < nr_files; i++) {
		line = take_line(&p);
		if (!line)
			return false;
		names[i] = intern_name(s, line);
	}
	s->v = xcalloc(nr + 1, sizeof(*s->v));
	s->alloc = nr + 1;
	while (s->nr < nr) {
		struct unit *u = &s->v[s->nr];

		line = take_line(&p);
		tab = line ? strchr(line, '\t') : NULL;
		if (!tab || tab < line + 2)
			return false;
		*tab = '\0';
		u->kernel = line[0] == '1';
		u->target = xstrdup(line + 2);
		u->name = path_normalize(u->target);
		u->cmdfile = xstrdup(tab + 1);
		s->nr++;
		line = take_line(&p);
		if (!line || !load_deps(u, line, names, nr_files))
			return false;
	}
	return !*p;
}

bool unit_set_load(struct unit_set *s, const char *file, const char *stamp)
{
	_cleanup_errbuf_ struct errbuf ignored = ERRBUF_INIT;
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	char *p, *line;

	unit_set_release(s);
	if (file_read(file, &text, &ignored))
		return false;
	p = text.buf;
	line = take_line(&p);
	if (!line || strcmp(line, SET_HEAD))
		return false;
	line = take_line(&p);
	if (!line || strcmp(line, stamp) || !load_units(s, p)) {
		unit_set_release(s);
		return false;
	}
	set_users(s);
	return true;
}
