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
#include "engine/includes_internal.h"

#include "sys/fileio.h"
#include "sys/mem.h"

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
		if (index_find_file(x, local) && !strmap_has(&x->gone, local))
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
	const struct include_index *x = w->x;
	const struct include_key *k = index_find_key(x, name);

	for (uint32_t i = k ? k->first : INDEX_NONE; i != INDEX_NONE;
	     i = x->users[i].next_of_key) {
		const struct include_user *u = &x->users[i];
		const struct include_file *f = &x->files[u->file];

		if (!strmap_has(&w->seen, f->path) &&
		    could_mean(x, f, x->raws[u->raw].text, target,
			       foreign_arch))
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

void include_index_called(const struct include_index *x, const char *name,
			  struct strlist *paths)
{
	size_t m = strlen(name);

	for (size_t i = 0; i < x->nr; i++) {
		const char *path = x->files[i].path;

		if (ends_with(path, name) && strlen(path) > m &&
		    path[strlen(path) - m - 1] == '/')
			strlist_add(paths, path);
	}
	strlist_sort(paths);
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
