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
 * Dependency files name what the compiler read. What else a build reads, and how
 * it is told:
 *  - Makefiles: a change drops what the objtree has of the directory, and of
 *    those whose Makefiles include it; files that work for the whole build, and
 *    Kconfig files that were read, start the step from an empty O=;
 *  - inputs of rules (tables, awk and shell scripts, headers that sed reads): what
 *    lies in a directory that is built, what some Makefile names, and whatever
 *    lies below the cell's architecture and is no source;
 *  - __has_include, and the assembler's own .include and .incbin: the include
 *    index knows who says so;
 *  - the target of a symbolic link is read under the link's name;
 *  - a wrapper of an asm-generic header (generic-y, mandatory-y) is made, removed
 *    and complained about as asm/x.h comes and goes, read or not;
 *  - x.c beside an x.S that is built takes its place.
 */
#include "engine/impact.h"

#include "engine/impact_path.h"
#include "engine/includes.h"
#include "engine/tree.h"
#include "sys/mem.h"
#include "sys/strbuf.h"

#define LINK_MODE 0120000
#define MOST_LINKS 16 /* names that one file is looked up by */

void impact_release(struct impact *i)
{
	free(i->why);
	strlist_release(&i->drop);
	strlist_release(&i->reached);
	*i = (struct impact)IMPACT_INIT;
}

/* ---- one changed path ------------------------------------------------------ */

/* What is collected while changes are judged. */
struct judge {
	const struct read_set *r;
	bool broken;
	/* Collected over all changes; NULL: not wanted, and then a change is
	 * looked at until the first reason is found. */
	unsigned char *units, *newer; /* one a unit: reached */
	struct strlist *dirs;	      /* to drop */
	const char *empty;	      /* first path that needs an empty O= */
	/* Of the change at hand. */
	bool matters, needs_empty;
	enum impact_why why;
	char *other;
};

static void note(struct judge *j, enum impact_why why, const char *other)
{
	if (j->matters)
		return;
	j->matters = true;
	j->why = why;
	free(j->other);
	j->other = xstrdup_null(other);
}

/* Why not, as long as no reason is found. */
static void note_not(struct judge *j, enum impact_why why, const char *other)
{
	if (j->matters)
		return;
	note(j, why, other);
	j->matters = false;
}

static void note_empty(struct judge *j, enum impact_why why, const char *other,
		       const struct change *c)
{
	/* the stronger reason */
	if (!j->needs_empty)
		j->matters = false;
	note(j, why, other);
	j->needs_empty = true;
	if (!j->empty)
		j->empty = c->path;
}

static void mark_users(struct judge *j, const struct unit_file *f)
{
	const struct read_set *r = j->r;

	for (size_t i = 0; f && j->units && i < f->nr; i++)
		if (!r->newer ||
		    !unit_set_find(r->newer, r->units->v[f->users[i]].name))
			j->units[f->users[i]] = 1;
}

static void mark_newer(struct judge *j, const struct unit_file *f)
{
	for (size_t i = 0; f && j->newer && i < f->nr; i++)
		j->newer[f->users[i]] = 1;
}

/* Is path read? Marks the units that do. */
static bool reads(struct judge *j, const char *path)
{
	const struct read_set *r = j->r;
	const struct unit_file *old = unit_set_file(r->units, path);
	const struct unit_file *new =
		r->newer ? unit_set_file(r->newer, path) : NULL;

	mark_users(j, old);
	mark_newer(j, new);
	return old || new || (r->more && strmap_has(r->more, path));
}

/* A file read whose base name is that of path, or NULL. Marks their units. */
static const char *reads_namesake(struct judge *j, const char *path)
{
	const struct read_set *r = j->r;
	const char *base = impact_base_name(path);
	const struct unit_file *old = unit_set_base(r->units, base);
	const struct unit_file *new =
		r->newer ? unit_set_base(r->newer, base) : NULL;
	const char *found = old ? old->path : new ? new->path : NULL;

	for (; old; old = old->same_base)
		mark_users(j, old);
	for (; new; new = new->same_base)
		mark_newer(j, new);
	if (found || !r->more)
		return found;
	strmap_each(e, r->more)
		if (!strcmp(impact_base_name(strmap_key(e)), base))
			return strmap_key(e);
	return NULL;
}

/*
 * Names that path is read by: its own, and through symbolic links to it or to a
 * directory above it.
 */
static void all_names(const struct read_set *r, const char *path,
		      struct strlist *names)
{
	strlist_add(names, path);
	if (!r->index || !strmap_nr(&r->index->links))
		return;
	for (size_t i = 0; i < names->nr && names->nr < MOST_LINKS; i++) {
		_cleanup_free_ char *at = xstrdup(names->v[i]);

		for (char *cut = at + strlen(at); cut; cut = strrchr(at, '/')) {
			const struct strlist *links;
			const char *rest = names->v[i] + (cut - at);

			*cut = '\0';
			links = strmap_get(&r->index->links, at);
			for (size_t k = 0; links && k < links->nr; k++)
				strlist_addf(names, "%s%s", links->v[k], rest);
		}
	}
}

static bool is_link(const struct read_set *r, const struct change *c)
{
	return c->mode == LINK_MODE ||
	       (r->index && strmap_has(&r->index->link_paths, c->path));
}

static bool foreign(const struct read_set *r, const char *path)
{
	return impact_is_foreign(path, r->srcarch, r->index);
}

static bool is_new(const struct read_set *r, const struct change *c)
{
	return c->status == 'A' ||
	       (r->index && strmap_has(&r->index->gone, c->path));
}

/*
 * Is dir part of the build? It is when OBJ has it, when a later step read a file
 * of it, or when a file of it that is new lies below a directory of OBJ: a later
 * step may have gone there.
 */
static bool is_built(const struct read_set *r, const char *dir, bool new)
{
	size_t n = strlen(dir);
	_cleanup_free_ char *up = xstrdup(dir);
	char *slash;

	if (r->has_dir(r->data, dir))
		return true;
	if (r->more)
		strmap_each(e, r->more)
			if (!strncmp(strmap_key(e), dir, n) &&
			    strmap_key(e)[n] == '/')
				return true;
	while (new && (slash = strrchr(up, '/'))) {
		*slash = '\0';
		if (r->has_dir(r->data, up))
			return true;
	}
	return false;
}

static void judge_directory(struct judge *j, const struct change *c)
{
	_cleanup_free_ char *dir = impact_dir(c->path);

	if (is_built(j->r, dir, is_new(j->r, c))) {
		note(j, IMPACT_BUILT, dir);
		if (j->dirs)
			strlist_add(j->dirs, dir);
	} else {
		note_not(j, foreign(j->r, c->path) ? IMPACT_FOREIGN :
						     IMPACT_NOT_BUILT,
			 dir);
	}
	if (impact_is_arch_data(c->path, j->r->srcarch))
		note_empty(j, IMPACT_ARCH_DATA, NULL, c);
}

/* A Kconfig file matters when it was read; a defconfig never again. */
static void judge_kconfig(struct judge *j, const struct change *c)
{
	const struct strmap *read = j->r->kconfig;

	if (!impact_is_kconfig(c->path))
		note_not(j, IMPACT_CONFIGURED, NULL);
	else if (is_new(j->r, c) || !read || !strmap_nr(read) ||
		 strmap_has(read, c->path) ||
		 (j->r->more && strmap_has(j->r->more, c->path)))
		note_empty(j, IMPACT_CONFIGURES, NULL, c);
	else
		note_not(j, IMPACT_NOT_CONFIGURING, NULL);
}

static void judge_kind(struct judge *j, const struct change *c,
		       enum impact_kind kind)
{
	switch (kind) {
	case IMPACT_DOCUMENTATION:
		note_not(j, IMPACT_NO_BUILD_READS, NULL);
		break;
	case IMPACT_KCONFIG:
		judge_kconfig(j, c);
		break;
	case IMPACT_BUILD:
		note_empty(j, IMPACT_WHOLE_BUILD, NULL, c);
		break;
	case IMPACT_DIRECTORY:
		judge_directory(j, c);
		break;
	case IMPACT_SOURCE:
		note_not(j, foreign(j->r, c->path) ? IMPACT_FOREIGN :
						     IMPACT_NOT_READ,
			 NULL);
		break;
	}
}

static void judge_named_by(struct judge *j, const struct change *c,
			   const char *makefile)
{
	_cleanup_free_ char *dir = impact_dir(makefile);

	if (foreign(j->r, makefile))
		return;
	switch (impact_classify(makefile, j->r->srcarch, j->r->index)) {
	case IMPACT_DOCUMENTATION:
		return;
	case IMPACT_BUILD:
		note_empty(j, IMPACT_NAMED, makefile, c);
		return;
	default:
		if (!is_built(j->r, dir, false))
			return;
		note(j, IMPACT_NAMED, makefile);
		if (j->dirs)
			strlist_add(j->dirs, dir);
	}
}

/* Makefiles name a file by the end of its path: what variables begin with is
 * not known. Another architecture's file has to be named in full. */
static void judge_named(struct judge *j, const struct change *c)
{
	const struct include_index *x = j->r->index;
	bool whole = foreign(j->r, c->path);

	for (const char *s = c->path; x && s; s = strchr(s, '/')) {
		const struct strlist *users;

		s += *s == '/';
		users = strmap_get(&x->named, s);
		for (size_t i = 0; users && i < users->nr; i++)
			judge_named_by(j, c, users->v[i]);
		if (whole)
			return;
	}
}

/* x.c where x.S was compiled, or the reverse. */
static void judge_other_source(struct judge *j, const char *path)
{
	static const char *const ends[] = { ".c", ".S", ".s", ".rs" };
	const struct read_set *r = j->r;
	const struct unit_set *sets[] = { r->units, r->newer };
	unsigned char *marks[] = { j->units, j->newer };

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		_cleanup_free_ char *object = NULL;

		if (!ends_with(path, ends[i]))
			continue;
		object = xasprintf("%.*s.o",
				   (int)(strlen(path) - strlen(ends[i])), path);
		for (size_t k = 0; k < ARRAY_SIZE(sets); k++) {
			const struct unit *u =
				sets[k] ? unit_set_find(sets[k], object) : NULL;

			if (!u)
				continue;
			note(j, IMPACT_OTHER_SOURCE, u->name);
			if (marks[k])
				marks[k][u - sets[k]->v] = 1;
		}
	}
}

static void judge_unlisted(struct judge *j, const char *path)
{
	const struct include_index *x = j->r->index;
	const struct strlist *askers =
		x ? strmap_get(&x->unlisted, impact_base_name(path)) : NULL;

	for (size_t i = 0; askers && i < askers->nr; i++)
		if (reads(j, askers->v[i]))
			note(j, IMPACT_UNLISTED, askers->v[i]);
}

static void judge_name(struct judge *j, const struct change *c,
		       const char *name)
{
	const char *namesake;

	if (reads(j, name))
		note(j, name == c->path ? IMPACT_READ : IMPACT_READ_AS, name);
	if (c->status == 'A' && (namesake = reads_namesake(j, name)))
		note(j, IMPACT_SHADOWS, namesake);
	if (c->status == 'A')
		judge_other_source(j, name);
	judge_unlisted(j, name);
}

static bool is_readable(enum impact_kind kind)
{
	return kind == IMPACT_SOURCE || kind == IMPACT_DIRECTORY;
}

/* Judges one change; true when it matters to the cell. */
static bool judge(struct judge *j, const struct change *c,
		  enum impact_kind *kind)
{
	const struct read_set *r = j->r;
	_cleanup_strlist_ struct strlist names = STRLIST_INIT;
	bool first = !j->units;

	j->matters = j->needs_empty = false;
	*kind = impact_classify(c->path, r->srcarch, r->index);
	judge_kind(j, c, *kind);
	if (first && j->matters)
		return true;
	if (*kind != IMPACT_DOCUMENTATION && is_link(r, c) &&
	    (!foreign(r, c->path) ||
	     !strchr(impact_base_name(c->path), '.')))
		note_empty(j, IMPACT_LINK, NULL, c);
	judge_name(j, c, c->path);
	all_names(r, c->path, &names);
	for (size_t i = 1; i < names.nr; i++)
		judge_name(j, c, names.v[i]);
	if (is_readable(*kind))
		judge_named(j, c);
	if ((c->status == 'A' || c->status == 'D') &&
	    impact_is_arch_header(c->path, r->srcarch))
		note(j, IMPACT_WRAPPER, NULL);
	/* Also another architecture's file: it may be what the unit misses. */
	if (j->broken && is_readable(*kind))
		note(j, IMPACT_BROKEN, NULL);
	return j->matters;
}

/* ---- what is made of it ------------------------------------------------------ */

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

static void reach_units(struct impact *im, const struct unit_set *units,
			const unsigned char *marks)
{
	for (size_t i = 0; units && i < units->nr; i++) {
		if (!marks[i])
			continue;
		strlist_add(&im->reached, units->v[i].name);
		strlist_add(&im->drop, units->v[i].name);
	}
}

/* A judge that collects everything. */
static void judge_open(struct judge *j, const struct read_set *r,
		       struct strlist *dirs)
{
	*j = (struct judge){
		.r = r,
		.units = xcalloc(r->units->nr + 1, 1),
		.newer = r->newer ? xcalloc(r->newer->nr + 1, 1) : NULL,
		.dirs = dirs,
	};
}

static void judge_close(struct judge *j)
{
	free(j->units);
	free(j->newer);
	free(j->other);
}

void impact_find(struct impact *im, const struct read_set *r,
		 const struct change_list *l)
{
	_cleanup_strlist_ struct strlist dirs = STRLIST_INIT;
	enum impact_kind kind;
	struct judge j;

	judge_open(&j, r, &dirs);
	for (size_t i = 0; i < l->nr; i++)
		judge(&j, &l->v[i], &kind);
	im->from_empty = j.empty != NULL;
	im->why = xstrdup_null(j.empty);
	strlist_sort(&dirs);
	strlist_each(d, &dirs) {
		if (!r->has_dir(r->data, d))
			continue;
		reach_dir(im, r->units, d);
		reach_dir(im, r->newer, d);
	}
	reach_units(im, r->units, j.units);
	reach_units(im, r->newer, j.newer);
	strlist_sort(&im->reached);
	strlist_sort(&im->drop);
	judge_close(&j);
}

static bool is_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	return !strncmp(path, dir, n) && path[n] == '/';
}

bool impact_may_change_command(const struct impact *im, const struct unit *u)
{
	strlist_each(d, &im->drop)
		if (is_below(u->name, d) || is_below(u->target, d))
			return true;
	return false;
}

bool impact_unreached(const struct read_set *r, const struct change_list *l,
		      bool broken, char **reason)
{
	struct judge j = { .r = r, .broken = broken };
	enum impact_kind kind;
	bool reached = false;

	for (size_t i = 0; i < l->nr && !reached; i++)
		reached = judge(&j, &l->v[i], &kind);
	free(j.other);
	if (reached)
		return false;
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

bool impact_may_be_read(const struct read_set *r, const struct change_list *l)
{
	for (size_t i = 0; i < l->nr; i++)
		if (is_readable(impact_classify(l->v[i].path, r->srcarch,
						r->index)))
			return true;
	return false;
}

/* ---- the proof in full -------------------------------------------------------- */

void impact_reasons_release(struct impact_reasons *l)
{
	for (size_t i = 0; i < l->nr; i++) {
		free(l->v[i].path);
		free(l->v[i].other);
		free(l->v[i].unit);
	}
	free(l->v);
	*l = (struct impact_reasons){ 0 };
}

/* The units below a directory that is to be dropped are reached, too. */
static void count_units(struct impact_reason *why, const struct read_set *r,
			const struct judge *j)
{
	struct impact im = IMPACT_INIT;

	strlist_each(d, j->dirs)
		if (r->has_dir(r->data, d)) {
			reach_dir(&im, r->units, d);
			reach_dir(&im, r->newer, d);
		}
	reach_units(&im, r->units, j->units);
	reach_units(&im, r->newer, j->newer);
	strlist_sort(&im.reached);
	why->nr_units = im.reached.nr;
	why->unit = im.reached.nr ? xstrdup(im.reached.v[0]) : NULL;
	impact_release(&im);
}

void impact_explain(struct impact_reasons *l, const struct read_set *r,
		    const struct change_list *since_prev, bool broken)
{
	for (size_t i = 0; i < since_prev->nr; i++) {
		_cleanup_strlist_ struct strlist dirs = STRLIST_INIT;
		const struct change *c = &since_prev->v[i];
		struct impact_reason *why;
		struct judge j;

		GROW(l->v, l->nr, l->alloc);
		why = &l->v[l->nr++];
		*why = (struct impact_reason){ .status = c->status,
					       .path = xstrdup(c->path) };
		judge_open(&j, r, &dirs);
		j.broken = broken;
		why->matters = judge(&j, c, &why->kind);
		why->why = j.why;
		why->from_empty = j.needs_empty;
		why->other = STEAL(j.other);
		count_units(why, r, &j);
		judge_close(&j);
	}
}
