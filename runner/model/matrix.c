// SPDX-License-Identifier: GPL-2.0-only
/*
 * From the matrix file to cells: find the file, cross architectures with
 * configurations and toolchains, take the excludes out, put the includes in,
 * and find each cell's fragments.
 */
#include "model/matrix.h"

#include "model/arch.h"
#include "model/matrix_check.h"
#include "model/matrix_yaml.h"
#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/mem.h"
#include "sys/nearest.h"
#include "sys/strbuf.h"

#include <dirent.h>
#include <fnmatch.h>

static void cell_release(struct cell *c)
{
	free(c->id);
	free(c->arch);
	free(c->srcarch);
	free(c->config);
	free(c->toolchain);
	free(c->base);
	strlist_release(&c->fragments);
	strlist_release(&c->options);
	strlist_release(&c->paths);
}

void matrix_release(struct matrix *m)
{
	for (size_t i = 0; i < m->nr_cells; i++)
		cell_release(&m->cells[i]);
	free(m->cells);
	free(m->path);
	strlist_release(&m->paths);
	*m = (struct matrix)MATRIX_INIT;
}

/* One crossed point, before its files are looked for. */
struct point {
	const char *arch;
	const struct matrix_yaml_config *config;
	const char *toolchain;
};

struct builder {
	const struct matrix_yaml *y;
	const struct yaml_marks *marks;
	const char *home;
	struct errbuf *err;
	struct point *points;
	size_t nr;
	size_t alloc;
};

static bool for_arch(const struct matrix_yaml_config *c, const char *arch)
{
	for (uint32_t i = 0; i < c->arches_count; i++)
		if (!strcmp(c->arches[i], arch))
			return true;
	return !c->arches_count;
}

static size_t nr_toolchains(const struct matrix_yaml *y)
{
	return y->toolchains_count ? y->toolchains_count : 1;
}

static const char *toolchain(const struct matrix_yaml *y, size_t i)
{
	return y->toolchains_count ? y->toolchains[i] : "gcc";
}

/* Puts p after the last point of its architecture, which stays outermost. */
static void add_point(struct builder *b, struct point p)
{
	size_t at = b->nr;

	for (size_t i = 0; i < b->nr; i++)
		if (!strcmp(b->points[i].arch, p.arch))
			at = i + 1;
	GROW(b->points, b->nr, b->alloc);
	memmove(b->points + at + 1, b->points + at,
		(b->nr - at) * sizeof(*b->points));
	b->points[at] = p;
	b->nr++;
}

static void cross(struct builder *b)
{
	const struct matrix_yaml *y = b->y;

	for (uint32_t a = 0; a < y->arches_count; a++)
		for (uint32_t c = 0; c < y->configs_count; c++) {
			if (!for_arch(&y->configs[c], y->arches[a]))
				continue;
			for (size_t t = 0; t < nr_toolchains(y); t++)
				add_point(b, (struct point){
						     y->arches[a],
						     &y->configs[c],
						     toolchain(y, t) });
		}
}

static bool point_matches(const struct matrix_yaml_point *p,
			  const struct point *q)
{
	return (!p->arch || !strcmp(p->arch, q->arch)) &&
	       (!p->config || !strcmp(p->config, q->config->name)) &&
	       (!p->toolchain || !strcmp(p->toolchain, q->toolchain));
}

static int exclude(struct builder *b)
{
	for (uint32_t e = 0; e < b->y->exclude_count; e++) {
		size_t kept = 0;

		for (size_t i = 0; i < b->nr; i++)
			if (!point_matches(&b->y->exclude[e], &b->points[i]))
				b->points[kept++] = b->points[i];
		if (kept == b->nr)
			return errbuf_set(b->err, "%s:%u: 'exclude[%u]' matches no cell; remove it, or correct its arch, config or toolchain",
					  b->marks->path,
					  yaml_line(b->marks, "exclude[%u]", e),
					  e);
		b->nr = kept;
	}
	return 0;
}

static const struct matrix_yaml_config *config_named(const struct matrix_yaml *y,
						     const char *name)
{
	for (uint32_t i = 0; i < y->configs_count; i++)
		if (!strcmp(y->configs[i].name, name))
			return &y->configs[i];
	return NULL;
}

static bool add_if_absent(struct builder *b, struct point p)
{
	for (size_t i = 0; i < b->nr; i++)
		if (!strcmp(b->points[i].arch, p.arch) &&
		    b->points[i].config == p.config &&
		    !strcmp(b->points[i].toolchain, p.toolchain))
			return false;
	add_point(b, p);
	return true;
}

static int include(struct builder *b)
{
	for (uint32_t i = 0; i < b->y->include_count; i++) {
		const struct matrix_yaml_point *w = &b->y->include[i];
		struct point p = { .arch = w->arch, .toolchain = w->toolchain };
		size_t added = 0;

		p.config = config_named(b->y, w->config);
		if (w->toolchain)
			added += add_if_absent(b, p);
		for (size_t t = 0; !w->toolchain && t < nr_toolchains(b->y);
		     t++) {
			p.toolchain = toolchain(b->y, t);
			added += add_if_absent(b, p);
			p.toolchain = NULL;
		}
		if (!added)
			return errbuf_set(b->err, "%s:%u: 'include[%u]' adds no cell: it is already there; remove it",
					  b->marks->path,
					  yaml_line(b->marks, "include[%u]", i),
					  i);
	}
	return 0;
}

/* Names of dir/NAME<suffix>, sorted; an unreadable directory has none. */
static void list_names(const char *dir, const char *suffix,
		       struct strlist *out)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	if (!d)
		return;
	while ((e = readdir(d)))
		if (ends_with(e->d_name, suffix) && e->d_name[0] != '.')
			strlist_take(out, xstrndup(e->d_name,
						   strlen(e->d_name) -
							   strlen(suffix)));
	closedir(d);
	strlist_sort(out);
}

/* Adds the absolute form of path when it is a readable file. */
static bool add_file(struct strlist *out, const char *path)
{
	char *abs;

	if (!file_exists(path) || dir_exists(path))
		return false;
	abs = realpath(path, NULL);
	if (!abs)
		return false;
	strlist_take(out, abs);
	return true;
}

/* A fragment written as a path: relative to the matrix file. */
static int add_fragment_path(const struct builder *b, const char *place,
			     const char *name, struct strlist *out)
{
	const char *slash = strrchr(b->marks->path, '/');
	_cleanup_free_ char *dir =
		slash ? xstrndup(b->marks->path,
				 slash - b->marks->path + 1) :
			xstrdup("./");
	_cleanup_free_ char *path = *name == '/' ? xstrdup(name) :
						   xasprintf("%s%s", dir, name);

	if (add_file(out, path))
		return 0;
	return errbuf_set(b->err, "%s:%u: '%s' names the fragment '%s', but there is no file %s; paths are relative to the matrix file",
			  b->marks->path, yaml_line(b->marks, "%s", place),
			  place, name, path);
}

static int no_fragment(const struct builder *b, const char *place,
		       const char *name, const char *arch)
{
	_cleanup_free_ char *dir = path_join(b->home, "configs");
	_cleanup_strlist_ struct strlist known = STRLIST_INIT;
	const char *near;

	list_names(dir, ".config", &known);
	near = nearest_word(&known, name);
	return errbuf_set(b->err, "%s:%u: '%s' names the fragment '%s', but %s has neither %s.config nor %s-%s.config%s%s%s",
			  b->marks->path, yaml_line(b->marks, "%s", place),
			  place, name, dir, name, name, arch,
			  near ? "; did you mean '" : "; write it, or limit the configuration with 'arches'",
			  near ? near : "", near ? "'?" : "");
}

/* home/configs/NAME.config, then NAME-<arch>.config. */
static int add_fragment(const struct builder *b, const char *place,
			const char *name, const char *arch,
			struct strlist *out)
{
	_cleanup_free_ char *general = NULL;
	_cleanup_free_ char *special = NULL;
	bool any;

	if (strchr(name, '/') || ends_with(name, ".config"))
		return add_fragment_path(b, place, name, out);
	general = xasprintf("%s/configs/%s.config", b->home, name);
	special = xasprintf("%s/configs/%s-%s.config", b->home, name, arch);
	any = add_file(out, general);
	any |= add_file(out, special);
	return any ? 0 : no_fragment(b, place, name, arch);
}

static char *with_srcarch(const char *path, const char *srcarch)
{
	static const char var[] = "$SRCARCH";
	struct strbuf sb = STRBUF_INIT;
	const char *at;

	while ((at = strstr(path, var))) {
		strbuf_add(&sb, path, at - path);
		strbuf_addstr(&sb, srcarch);
		path = at + strlen(var);
	}
	strbuf_addstr(&sb, path);
	return strbuf_detach(&sb);
}

static int fill_cell(const struct builder *b, const struct matrix *m,
		     const struct point *p, struct cell *c)
{
	const struct matrix_yaml_config *config = p->config;
	unsigned nr = config - b->y->configs;

	c->id = xasprintf("%s/%s/%s", p->arch, config->name, p->toolchain);
	c->arch = xstrdup(p->arch);
	c->srcarch = xstrdup(arch_srcarch(p->arch));
	c->config = xstrdup(config->name);
	c->toolchain = xstrdup(p->toolchain);
	c->base = xstrdup(config->base ? config->base : "defconfig");
	strlist_each(path, &m->paths)
		strlist_take(&c->paths, with_srcarch(path, c->srcarch));
	for (uint32_t i = 0; i < config->options_count; i++)
		strlist_add(&c->options, config->options[i]);
	for (uint32_t i = 0; i < config->fragments_count; i++) {
		_cleanup_free_ char *place =
			xasprintf("configs[%u].fragments[%u]", nr, i);

		if (add_fragment(b, place, config->fragments[i], p->arch,
				 &c->fragments) < 0)
			return -1;
	}
	return 0;
}

static int fill(struct builder *b, struct matrix *m)
{
	const struct matrix_yaml *y = b->y;

	m->path = xstrdup(b->marks->path);
	m->dependents = y->target.dependents != YAML_FALSE;
	m->image = y->target.image == YAML_TRUE;
	m->warnings_allowed = y->warnings == WARNINGS_ALLOW;
	for (uint32_t i = 0; i < y->target.paths_count; i++)
		strlist_add(&m->paths, y->target.paths[i]);
	if (!y->target.paths_count)
		strlist_add(&m->paths, "arch/$SRCARCH/kvm/");
	m->cells = xcalloc(b->nr, sizeof(*m->cells));
	for (size_t i = 0; i < b->nr; i++) {
		m->nr_cells++;
		if (fill_cell(b, m, &b->points[i], &m->cells[i]) < 0)
			return -1;
	}
	return 0;
}

static int build(struct builder *b, struct matrix *m)
{
	if (matrix_check(b->y, b->marks, b->err) < 0)
		return -1;
	cross(b);
	if (exclude(b) < 0 || include(b) < 0)
		return -1;
	if (!b->nr)
		return errbuf_set(b->err, "%s:%u: no cell is left: every one is excluded, or no configuration is for one of 'arches'",
				  b->marks->path,
				  yaml_line(b->marks, b->y->exclude_count ?
							      "exclude" :
							      "configs"));
	return fill(b, m);
}

/* The file NAME stands for; NULL and err when there is none. */
static char *find_file(const char *name, const char *home, struct errbuf *err)
{
	_cleanup_free_ char *shipped = NULL;
	_cleanup_free_ char *dir = path_join(home, "matrices");
	_cleanup_free_ char *all = NULL;
	_cleanup_strlist_ struct strlist known = STRLIST_INIT;
	const char *near;

	if (!strchr(name, '/') && *name) {
		shipped = xasprintf("%s/%s.yaml", dir, name);
		if (file_exists(shipped))
			return STEAL(shipped);
	}
	if (file_exists(name) && !dir_exists(name))
		return xstrdup(name);
	list_names(dir, ".yaml", &known);
	near = nearest_word(&known, name);
	all = strlist_join(&known, ", ");
	errbuf_set(err, "%s: there is no such matrix file, and no matrix of that name among %s (%s)%s%s%s",
		   name, dir, known.nr ? all : "none", near ? "; did you mean '" : "",
		   near ? near : "", near ? "'?" : "");
	return NULL;
}

int matrix_read(struct matrix *m, const char *name, const char *home,
		struct errbuf *err)
{
	_cleanup_yaml_marks_ struct yaml_marks marks = YAML_MARKS_INIT;
	_cleanup_free_ char *path = find_file(name, home, err);
	struct builder b = { .marks = &marks, .home = home, .err = err };
	struct matrix read = MATRIX_INIT;
	struct matrix_yaml *y;
	int ret;

	if (!path || matrix_yaml_read(path, &y, &marks, err) < 0)
		return -1;
	b.y = y;
	ret = build(&b, &read);
	free(b.points);
	matrix_yaml_free(y);
	if (ret < 0) {
		matrix_release(&read);
		return -1;
	}
	matrix_release(m);
	*m = read;
	return 0;
}

static bool cell_matches(const struct cell *c, const char *pattern)
{
	return !fnmatch(pattern, strchr(pattern, '/') ? c->id : c->arch, 0);
}

static int no_match(const struct matrix *m, const char *pattern,
		    struct errbuf *err)
{
	_cleanup_strlist_ struct strlist ids = STRLIST_INIT;
	_cleanup_free_ char *all = NULL;

	for (size_t i = 0; i < m->nr_cells; i++)
		strlist_add(&ids, m->cells[i].id);
	all = strlist_join(&ids, ", ");
	return errbuf_set(err, "cells: '%s' matches no cell of %s; its cells are: %s",
			  pattern, m->path, all);
}

int matrix_select(struct matrix *m, const char *glob, struct errbuf *err)
{
	_cleanup_strlist_ struct strlist patterns = STRLIST_INIT;
	_cleanup_free_ bool *keep = xcalloc(m->nr_cells + 1, sizeof(*keep));
	size_t kept = 0;

	strlist_split(&patterns, glob, ",");
	if (!patterns.nr)
		return no_match(m, glob, err);
	strlist_each(p, &patterns) {
		bool any = false;

		for (size_t i = 0; i < m->nr_cells; i++)
			if (cell_matches(&m->cells[i], p))
				any = keep[i] = true;
		if (!any)
			return no_match(m, p, err);
	}
	for (size_t i = 0; i < m->nr_cells; i++) {
		if (keep[i])
			m->cells[kept++] = m->cells[i];
		else
			cell_release(&m->cells[i]);
	}
	m->nr_cells = kept;
	return 0;
}
