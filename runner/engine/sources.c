// SPDX-License-Identifier: GPL-2.0-only
#include "engine/sources.h"

#include "engine/tree.h"
#include "model/unit.h"
#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/mem.h"

static char there[] = "y", absent[] = "n";

void sources_release(struct sources *s)
{
	strmap_each (e, &s->versions) {
		struct ctext *t = strmap_value(e);

		if (t) /* NULL: there is no such file */
			ctext_release(t);
		free(t);
	}
	strmap_release(&s->versions);
	strmap_release(&s->wanted);
	strmap_release(&s->paths);
}

static const struct change *change_of(const struct sources *s, const char *path,
				      unsigned state)
{
	return tree_find_change(&s->tree->states[state].since_base, path);
}

static bool in_base(struct sources *s, const struct source_cell *c,
		    const char *path)
{
	const char *known = strmap_get(&s->paths, path);
	_cleanup_free_ char *full = NULL, *made = NULL;

	if (known)
		return known == there;
	full = path_join(s->checkout, path);
	if (file_exists(full)) {
		strmap_set(&s->paths, path, there);
		return true;
	}
	/* Generated ones differ from cell to cell. */
	if (c && c->obj && strstr(path, "generated/")) {
		made = path_join(c->obj, path);
		return file_exists(made);
	}
	strmap_set(&s->paths, path, absent);
	return false;
}

bool sources_exist(struct sources *s, const struct source_cell *c,
		   const char *path, unsigned state)
{
	const struct change *ch = change_of(s, path, state);

	return ch ? ch->status != 'D' : in_base(s, c, path);
}

bool sources_text(struct sources *s, const struct source_cell *c,
		  const char *path, unsigned state, struct strbuf *out)
{
	_cleanup_errbuf_ struct errbuf ignored = ERRBUF_INIT;
	const struct change *ch = change_of(s, path, state);
	_cleanup_free_ char *full = NULL;

	if (ch)
		return ch->status != 'D' && ch->blob && ch->mode != 0120000 &&
		       !tree_blob(s->tree, ch->blob, out, &ignored);
	if (!in_base(s, c, path))
		return false;
	full = path_join(strmap_has(&s->paths, path) ? s->checkout : c->obj,
			 path);
	return !file_read(full, out, &ignored);
}

const struct ctext *sources_look(struct sources *s, const struct source_cell *c,
				 const char *path, unsigned state)
{
	const struct change *ch = change_of(s, path, state);
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	_cleanup_free_ char *key = NULL;
	struct ctext *t;

	if (ch && ch->status == 'D')
		return NULL;
	if (ch)
		key = xasprintf("blob %s", ch->blob ? ch->blob : "");
	else if (strstr(path, "generated/") && c && c->obj)
		key = xasprintf("%s/%s", c->obj, path);
	else
		key = xstrdup(path);
	t = strmap_get(&s->versions, key);
	if (t || strmap_has(&s->versions, key))
		return t;
	if (sources_text(s, c, path, state, &text)) {
		t = xcalloc(1, sizeof(*t));
		ctext_scan(t, text.buf, text.len, &s->wanted);
	}
	strmap_set(&s->versions, key, t);
	return t;
}

const char *sources_at(const struct sources *s, const char *base_path,
		       unsigned state)
{
	const struct strmap *m = &s->tree->states[state].renames;

	strmap_each (e, m)
		if (!strcmp(strmap_value(e), base_path))
			return strmap_key(e);
	return base_path;
}

const char *sources_base(const struct sources *s, const char *path,
			 unsigned state)
{
	const char *base = strmap_get(&s->tree->states[state].renames, path);

	return base ? base : path;
}

/* ---- what an include means --------------------------------------------------
 */

static char *dir_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? xstrndup(path, (size_t)(slash - path)) : xstrdup("");
}

/* "../../x/y.h" -> "x/y.h" */
static const char *without_dots(const char *name)
{
	for (;;) {
		if (starts_with(name, "../"))
			name += 3;
		else if (starts_with(name, "./"))
			name += 2;
		else
			return name;
	}
}

static bool path_means(const char *path, const char *name)
{
	size_t n = strlen(path), m = strlen(name);

	return n >= m && !strcmp(path + n - m, name) &&
	       (n == m || path[n - m - 1] == '/');
}

static bool read_by(const struct unit_set *set, const struct unit_file *f,
		    const struct unit *u)
{
	size_t want = (size_t)(u - set->v), lo = 0, hi = f->nr;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (f->users[mid] == want)
			return true;
		if (f->users[mid] < want)
			lo = mid + 1;
		else
			hi = mid;
	}
	return false;
}

/* The place of a path in the kernel's order of include directories, which
 * begins with what a Makefile adds. */
static int place_of(const struct source_cell *c, const char *path)
{
	static const char *const dirs[] = {"arch/%s/include/",
					   "arch/%s/include/generated/",
					   "include/",
					   "arch/%s/include/uapi/",
					   "arch/%s/include/generated/uapi/",
					   "include/uapi/",
					   "include/generated/uapi/"};
	int best = 0;
	size_t longest = 0;

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		const char *arch = strstr(dirs[i], "%s");
		_cleanup_free_ char *dir =
			arch ? xasprintf("arch/%s%s", c->srcarch, arch + 2)
			     : xstrdup(dirs[i]);

		/* include/uapi/x.h is below include/, too */
		if (starts_with(path, dir) && strlen(dir) > longest) {
			longest = strlen(dir);
			best = (int)i + 1;
		}
	}
	return best;
}

/* Among the files that the cell's units read in the base. */
static char *resolve_known(struct sources *s, const struct source_cell *c,
			   const struct unit *u, const char *from,
			   const char *name, unsigned state)
{
	const char *slash = strrchr(name, '/');
	const struct unit_file *best = NULL;
	int best_rank = 0;

	if (!c->units)
		return NULL;
	for (const struct unit_file *f =
		     unit_set_base(c->units, slash ? slash + 1 : name);
	     f; f = f->same_base) {
		int rank = place_of(c, f->path);

		if (!path_means(f->path, name) || !strcmp(f->path, from) ||
		    !sources_exist(s, c, f->path, state))
			continue;
		/* Others' private directories are not on this unit's path. */
		if (!(u && read_by(c->units, f, u)))
			rank = rank ? rank + 100 : 300;
		if (!best || rank < best_rank) {
			best = f;
			best_rank = rank;
		}
	}
	return best && best_rank < 300 ? xstrdup(best->path) : NULL;
}

static char *if_there(struct sources *s, const struct source_cell *c,
		      char *path, unsigned state)
{
	char *clean = path_normalize(path);

	free(path);
	if (sources_exist(s, c, clean, state))
		return clean;
	free(clean);
	return NULL;
}

/* In directories that are always, or nearly always, on the path. */
static char *resolve_standard(struct sources *s, const struct source_cell *c,
			      const struct unit *u, const char *name,
			      unsigned state)
{
	char *p = NULL;

	if (u) {
		_cleanup_free_ char *dir = dir_of(u->target);
		char *up = strstr(dir, "/../");

		if (up)
			*up = '\0';
		p = if_there(s, c, path_join(dir, name), state);
	}
	if (!p)
		p = if_there(s, c,
			     xasprintf("arch/%s/include/%s", c->srcarch, name),
			     state);
	if (!p)
		p = if_there(s, c, path_join("include", name), state);
	if (!p)
		p = if_there(
			s, c,
			xasprintf("arch/%s/include/uapi/%s", c->srcarch, name),
			state);
	if (!p)
		p = if_there(s, c, path_join("include/uapi", name), state);
	return p;
}

char *sources_resolve(struct sources *s, const struct source_cell *c,
		      const struct unit *u, const char *from, char form,
		      const char *name, unsigned state)
{
	const char *bare = without_dots(name);
	char *p = NULL;

	if (form == '"') {
		_cleanup_free_ char *dir = dir_of(from);

		p = if_there(s, c, *dir ? path_join(dir, name) : xstrdup(name),
			     state);
	}
	if (!p)
		p = resolve_known(s, c, u, from, bare, state);
	if (!p)
		p = resolve_standard(s, c, u, bare, state);
	return p;
}

/* ---- following them ---------------------------------------------------------
 */

static void arrive(struct reach *r, char *path, const struct reached *from,
		   const struct ctext_include *by)
{
	struct reached *to;

	if (strmap_has(&r->by_path, path)) {
		free(path);
		return;
	}
	to = xcalloc(1, sizeof(*to));
	*to = (struct reached){.path = path, .from = from, .by = by};
	strmap_set(&r->by_path, path, to);
	GROW(r->v, r->nr, r->alloc);
	r->v[r->nr++] = to;
}

static void expand(struct sources *s, const struct source_cell *c,
		   const struct unit *u, unsigned state, struct reach *r,
		   const struct reached *at)
{
	const struct ctext *t = sources_look(s, c, at->path, state);

	for (size_t i = 0; t && i < t->nr_includes; i++) {
		const struct ctext_include *inc = &t->includes[i];
		char *to;

		if (ctext_cond_holds(inc->cond, c->config) == CTEXT_FALSE)
			continue;
		to = sources_resolve(s, c, u, at->path, inc->form, inc->name,
				     state);
		if (to)
			arrive(r, to, at, inc);
	}
}

void sources_reach(struct sources *s, const struct source_cell *c,
		   const struct unit *u, const char *path, bool forced,
		   unsigned state, struct reach *r)
{
	static const char *const first[] = {"include/linux/compiler-version.h",
					    "include/linux/kconfig.h",
					    "include/linux/compiler_types.h"};

	*r = (struct reach){0};
	if (!sources_exist(s, c, path, state))
		return;
	arrive(r, xstrdup(path), NULL, NULL);
	for (size_t i = 0; forced && i < ARRAY_SIZE(first); i++)
		if (sources_exist(s, c, first[i], state))
			arrive(r, xstrdup(first[i]), NULL, NULL);
	for (size_t i = 0; i < r->nr; i++)
		expand(s, c, u, state, r, r->v[i]);
}

void reach_release(struct reach *r)
{
	for (size_t i = 0; i < r->nr; i++) {
		free(r->v[i]->path);
		free(r->v[i]);
	}
	free(r->v);
	strmap_release(&r->by_path);
	*r = (struct reach){0};
}

const struct reached *reach_find(const struct reach *r, const char *path)
{
	return strmap_get(&r->by_path, path);
}

char *reach_chain(const struct reached *to)
{
	char *chain = xstrdup(to->path);

	while ((to = to->from)) {
		char *longer = xasprintf("%s > %s", to->path, chain);

		free(chain);
		chain = longer;
	}
	return chain;
}
