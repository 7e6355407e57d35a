// SPDX-License-Identifier: GPL-2.0-only
/*
 * Problem: what a unit will read is not known while it is yet to be built (in a plan)
 * or fails (its dependency file is missing). A patch to another architecture's source
 * cannot matter to it all the same.
 *
 * Trick: the text graph that finds dependents (include_walk.c) holds the #include lines
 * of all states, and errs on the side of too many readers. Whoever it does not name
 * as a reader of a file reads it at no state. So a change is without effect when none
 * of its possible readers is a source of this cell.
 *
 * Sources of the cell are those that its objtrees have recorded. A later state
 * compiles more only when the series adds a source, or changes what kbuild or Kconfig
 * say: then nothing is proved here. Nor is it where a unit of the base fails, which
 * has left no record; nor for files that are no C text: impact.c has their rules, and
 * comes first.
 */
#include "engine/lane.h"

#include "engine/impact_path.h"
#include "engine/tree.h"
#include "model/matrix.h"
#include "sys/mem.h"

/* The same for all cells of an architecture. */
static const struct strlist *readers(struct crew *c, const char *srcarch,
				     const char *path)
{
	_cleanup_free_ char *key = xasprintf("%s %s", srcarch, path);
	struct strlist *known = strmap_get(&c->readers, key);

	if (!known) {
		_cleanup_strlist_ struct strlist touched = STRLIST_INIT;

		known = xcalloc(1, sizeof(*known));
		strlist_add(&touched, path);
		include_index_users(&c->includes, &touched, srcarch, known);
		strmap_set(&c->readers, key, known);
	}
	return known;
}

/* Through a link, to it or to a directory above it, it has other names. */
static bool has_links(const struct include_index *x, const char *path)
{
	_cleanup_free_ char *at = xstrdup(path);

	for (char *cut = at + strlen(at); cut; cut = strrchr(at, '/')) {
		*cut = '\0';
		if (strmap_has(&x->links, at))
			return true;
	}
	return false;
}

static bool can_read(const struct lane *l, const char *path)
{
	struct crew *c = l->crew;

	if (!include_index_wants(path) || include_index_is_makefile(path) ||
	    strmap_has(&c->includes.link_paths, path) ||
	    has_links(&c->includes, path))
		return true;
	strlist_each(s, readers(c, l->cell->srcarch, path))
		if (unit_set_reads(&l->units, s) ||
		    unit_set_reads(&l->chain.units, s) ||
		    strmap_has(&l->more_reads, s) ||
		    strlist_has_sorted(&c->added_sources, s))
			return true;
	return false;
}

static bool may_compile_more(const struct state *state)
{
	for (size_t i = 0; i < state->since_base.nr; i++) {
		const char *path = state->since_base.v[i].path;

		if (include_index_is_makefile(path) || impact_is_kconfig(path))
			return true;
	}
	return false;
}

/* Proves that nothing reads what differs from the state before; reason is owned. */
static bool cannot_read(const struct lane *l, const struct state *state,
			char **reason)
{
	const struct change_list *changes = &state->since_prev;

	if (!changes->nr || lane_is_image(l) || l->baseline.base.failed.nr ||
	    may_compile_more(state))
		return false;
	for (size_t i = 0; i < changes->nr; i++)
		if (can_read(l, changes->v[i].path))
			return false;
	if (changes->nr == 1)
		*reason = xasprintf("no #include of any state leads from a unit of "
				    "this cell to %s", changes->v[0].path);
	else
		*reason = xasprintf("no #include of any state leads from a unit of "
				    "this cell to one of the %zu changed files "
				    "(%s, ...)",
				    changes->nr, changes->v[0].path);
	return true;
}

bool lane_is_unreached(const struct lane *l, const struct read_set *r,
		       const struct state *state, bool unread, char **reason)
{
	_cleanup_free_ char *known = NULL;

	if (impact_unreached(r, &state->since_prev, unread, reason))
		return true;
	return unread && impact_unreached(r, &state->since_prev, false, &known) &&
	       cannot_read(l, state, reason);
}
