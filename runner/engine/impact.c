// SPDX-License-Identifier: GPL-2.0-only
/*
 * Why drop objects at all, when make compares times? Because incremental kbuild
 * is wrong in two cases that header-moving series consist of:
 *  - fixdep gives each dependency an empty rule, so a header that was deleted
 *    or moved away does not rebuild its users: a false pass;
 *  - a new header found earlier on an include path than the one recorded is in
 *    no dependency file: a false pass or fail.
 * So each object whose recorded dependency changed or vanished is dropped, and
 * each that read a file whose base name some added file has (it might now be
 * found first; wrong guesses cost a compile).
 *
 * Dependency files name what the compiler read, not what Makefiles, generators
 * and scripts read. A change to a Makefile of a directory drops what the objtree
 * has there; a change to Kconfig or to anything that works for the whole build
 * starts the step from an empty O=.
 */
#include "engine/impact.h"

#include "engine/tree.h"
#include "sys/mem.h"
#include "sys/strbuf.h"

enum path_kind {
	PATH_IGNORED, /* no build of this cell reads it */
	PATH_SOURCE,  /* named by dependency files */
	PATH_LOCAL,   /* Makefile or input of rules of its directory */
	PATH_KCONFIG,
	PATH_GLOBAL, /* works for the whole build */
};

void impact_release(struct impact *i)
{
	free(i->why);
	strlist_release(&i->drop);
	strlist_release(&i->reached);
	*i = (struct impact)IMPACT_INIT;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool below_any(const char *path, const char *const *dirs)
{
	for (; *dirs; dirs++)
		if (starts_with(path, *dirs))
			return true;
	return false;
}

static bool is_documentation(const char *path)
{
	static const char *const dirs[] = { "Documentation/", "LICENSES/",
					    "samples/", "tools/testing/",
					    NULL };
	static const char *const names[] = { "MAINTAINERS", "CREDITS",
					     "COPYING",	    ".mailmap",
					     ".gitignore",  ".gitattributes",
					     "README",	    ".clang-format",
					     "OWNERS" };
	const char *base = base_name(path);

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(base, names[i]))
			return true;
	return below_any(path, dirs) || ends_with(path, ".rst") ||
	       ends_with(path, ".txt") || ends_with(path, ".md");
}

/* "arch/B/" with B another architecture than the cell's. */
static bool is_foreign(const char *path, const char *srcarch)
{
	size_t n = strlen(srcarch);

	return starts_with(path, "arch/") && strchr(path + 5, '/') &&
	       !(starts_with(path + 5, srcarch) && path[5 + n] == '/');
}

static bool is_global(const char *path, const char *srcarch)
{
	static const char *const dirs[] = { "scripts/", "tools/", "usr/",
					    "certs/", NULL };
	const char *base = base_name(path);
	_cleanup_free_ char *arch = xasprintf("arch/%s/", srcarch);
	const char *in_arch = starts_with(path, arch) ? path + strlen(arch) :
							NULL;

	if (below_any(path, dirs) || base == path)
		return true;
	if (in_arch && (base == in_arch || starts_with(in_arch, "tools/")))
		return true;
	/* lists of generated headers */
	return strstr(path, "include/") && !strcmp(base, "Kbuild");
}

static enum path_kind classify(const char *path, const char *srcarch)
{
	static const char *const sources[] = { ".c", ".h", ".S", ".inc" };
	const char *base = base_name(path);
	bool kconfig = starts_with(base, "Kconfig") ||
		       ends_with(path, "_defconfig") || ends_with(path, ".config");

	if (is_documentation(path))
		return PATH_IGNORED;
	if (kconfig)
		return PATH_KCONFIG;
	if (!is_foreign(path, srcarch) && is_global(path, srcarch))
		return PATH_GLOBAL;
	for (size_t i = 0; i < ARRAY_SIZE(sources); i++)
		if (ends_with(path, sources[i]))
			return PATH_SOURCE;
	return PATH_LOCAL;
}

static char *dir_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? xstrndup(path, slash - path) : xstrdup(".");
}

static bool reads(const struct read_set *r, const char *path)
{
	return unit_set_reads(r->units, path) ||
	       (r->newer && unit_set_reads(r->newer, path)) ||
	       (r->more && strmap_has(r->more, path));
}

/* A Kconfig file matters when it was read; a defconfig never again. */
static bool kconfig_matters(const struct read_set *r, const struct change *c)
{
	return starts_with(base_name(c->path), "Kconfig") &&
	       (!r->kconfig || strmap_has(r->kconfig, c->path) ||
		c->status == 'A' || reads(r, c->path));
}

/*
 * A file that other directories' Makefiles include ("virt/kvm/Makefile.kvm").
 */
static bool is_make_fragment(const char *path)
{
	return starts_with(base_name(path), "Makefile.") ||
	       ends_with(path, ".mk");
}

/*
 * The directories that a LOCAL file works for: its own, and for an included
 * Makefile those of its users. False where one of these works for the whole
 * build.
 */
static bool local_dirs(const struct read_set *r, const char *path,
		       struct strlist *dirs)
{
	const struct strlist *users;

	strlist_take(dirs, dir_of(path));
	if (!is_make_fragment(path) || !r->make_users)
		return true;
	users = strmap_get(r->make_users, base_name(path));
	for (size_t i = 0; users && i < users->nr; i++) {
		const char *u = users->v[i];

		if (is_foreign(u, r->srcarch))
			continue;
		if (is_global(u, r->srcarch))
			return false;
		strlist_take(dirs, dir_of(u));
	}
	return true;
}

static bool local_matters(const struct read_set *r, const char *path)
{
	_cleanup_strlist_ struct strlist dirs = STRLIST_INIT;

	if (!local_dirs(r, path, &dirs))
		return true;
	strlist_each(d, &dirs)
		if (r->has_dir(r->data, d))
			return true;
	return false;
}

/* Base names of everything that is added: what could shadow a header. */
static void added_names(const struct change_list *l, struct strmap *names)
{
	for (size_t i = 0; i < l->nr; i++)
		if (l->v[i].status == 'A')
			strmap_set(names, base_name(l->v[i].path),
				   l->v[i].path);
}

static bool in_changes(const struct strmap *changed, const struct strmap *added,
		       const char *dep)
{
	const char *shadow;

	if (strmap_has(changed, dep))
		return true;
	shadow = strmap_get(added, base_name(dep));
	return shadow != NULL;
}

/* newer: units that stand for those of their name, or NULL. */
static void reach_units(struct impact *im, const struct unit_set *units,
			const struct unit_set *newer,
			const struct strmap *changed,
			const struct strmap *added)
{
	for (size_t i = 0; i < units->nr; i++) {
		const struct unit *u = &units->v[i];

		if (newer && unit_set_find(newer, u->name))
			continue;
		for (size_t k = 0; k < u->nr_deps; k++) {
			if (!in_changes(changed, added, u->deps[k]))
				continue;
			strlist_add(&im->reached, u->name);
			strlist_add(&im->drop, u->name);
			break;
		}
	}
}

/* Drops all that OBJ has below dir, and marks its units as reached. */
static void reach_dir(struct impact *im, const struct unit_set *units,
		      const char *dir)
{
	size_t n = strlen(dir);

	strlist_add(&im->drop, dir);
	for (size_t i = 0; units && i < units->nr; i++)
		if (!strncmp(units->v[i].target, dir, n) &&
		    units->v[i].target[n] == '/') {
			strlist_add(&im->reached, units->v[i].name);
			/* "dir/../../other/x.o" lies elsewhere */
			strlist_add(&im->drop, units->v[i].name);
		}
}

static void set_empty(struct impact *im, const char *path)
{
	if (im->from_empty)
		return;
	im->from_empty = true;
	im->why = xstrdup(path);
}

static void reach_local(struct impact *im, const struct read_set *r,
			const char *path)
{
	_cleanup_strlist_ struct strlist dirs = STRLIST_INIT;

	if (!local_dirs(r, path, &dirs)) {
		set_empty(im, path);
		return;
	}
	strlist_each(d, &dirs)
		if (r->has_dir(r->data, d)) {
			reach_dir(im, r->units, d);
			reach_dir(im, r->newer, d);
		}
}

void impact_find(struct impact *im, const struct read_set *r,
		 const struct change_list *l)
{
	_cleanup_strmap_ struct strmap changed = STRMAP_INIT;
	_cleanup_strmap_ struct strmap added = STRMAP_INIT;

	for (size_t i = 0; i < l->nr; i++) {
		const struct change *c = &l->v[i];

		switch (classify(c->path, r->srcarch)) {
		case PATH_IGNORED:
			break;
		case PATH_KCONFIG:
			if (kconfig_matters(r, c))
				set_empty(im, c->path);
			break;
		case PATH_GLOBAL:
			set_empty(im, c->path);
			break;
		case PATH_LOCAL:
			reach_local(im, r, c->path);
			break;
		case PATH_SOURCE:
			break;
		}
		/* Whatever its kind: a file that was read is a dependency. */
		if (c->status != 'A')
			strmap_set(&changed, c->path, c->path);
	}
	added_names(l, &added);
	reach_units(im, r->units, r->newer, &changed, &added);
	if (r->newer)
		reach_units(im, r->newer, NULL, &changed, &added);
	strlist_sort(&im->reached);
	strlist_sort(&im->drop);
}

/* Why the change matters to the cell, or NULL (static text). */
static const char *matters(const struct read_set *r, const struct change *c,
			   const struct strmap *shadowed, bool broken)
{
	switch (classify(c->path, r->srcarch)) {
	case PATH_IGNORED:
		return reads(r, c->path) ? "is read" : NULL;
	case PATH_KCONFIG:
		return kconfig_matters(r, c) ? "is configuration" : NULL;
	case PATH_GLOBAL:
		return "works for the whole build";
	case PATH_LOCAL:
		if (local_matters(r, c->path))
			return "belongs to a directory that is built";
		break;
	case PATH_SOURCE:
		break;
	}
	if (reads(r, c->path))
		return "is read";
	if (c->status == 'A' && strmap_has(shadowed, base_name(c->path)))
		return "could be found instead of a header that is read";
	/* Also another architecture's file: it may be what the unit misses. */
	if (broken)
		return "could be read by a unit that fails";
	return NULL;
}

static void read_names(const struct read_set *r, struct strmap *names)
{
	strmap_each(e, &r->units->files)
		strmap_set(names, base_name(strmap_key(e)), names);
	if (r->newer)
		strmap_each(e, &r->newer->files)
			strmap_set(names, base_name(strmap_key(e)), names);
	if (r->more)
		strmap_each(e, r->more)
			strmap_set(names, base_name(strmap_key(e)), names);
}

bool impact_unreached(const struct read_set *r, const struct change_list *l,
		      bool broken, char **reason)
{
	_cleanup_strmap_ struct strmap names = STRMAP_INIT;

	read_names(r, &names);
	for (size_t i = 0; i < l->nr; i++) {
		const char *why = matters(r, &l->v[i], &names, broken);

		if (why)
			return false;
	}
	if (!l->nr)
		*reason = xstrdup("the patch changes nothing");
	else
		*reason = xasprintf("none of the %zu changed file%s is among "
				    "the %zu that this cell reads (%s%s)",
				    l->nr, l->nr == 1 ? "" : "s",
				    strmap_nr(&r->units->files), l->v[0].path,
				    l->nr > 1 ? ", ..." : "");
	return true;
}
