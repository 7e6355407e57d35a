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
 * Sources of the cell are those that its objtrees have recorded. A later state may
 * compile others when the series changes what kbuild or Kconfig say, or adds a source
 * that a Makefile of the cell may mean; and a unit that fails in the base has left no
 * record. Then any source counts that is not another architecture's. For files that are
 * no C text, and those that an assembler's .include may name, nothing is proved: impact.c
 * has their rules, and comes first.
 */
#include "engine/lane.h"

#include "engine/impact_path.h"
#include "engine/tree.h"
#include "model/matrix.h"
#include "sys/mem.h"

/* The same for all cells of an architecture. */
static struct strmap *readers_by_path(const struct lane *l)
{
	struct crew *c = l->crew;
	struct strmap *m = strmap_get(&c->readers, l->cell->srcarch);

	if (!m) {
		m = xcalloc(1, sizeof(*m));
		strmap_set(&c->readers, l->cell->srcarch, m);
	}
	return m;
}

static const struct strlist *readers(const struct lane *l, const char *path)
{
	struct lane_shared *of = l->shared;
	struct strlist *known;

	if (!of->readers)
		of->readers = readers_by_path(l);
	known = strmap_get(of->readers, path);

	if (!known) {
		_cleanup_strlist_ struct strlist touched = STRLIST_INIT;

		known = xcalloc(1, sizeof(*known));
		strlist_add(&touched, path);
		include_index_users(&l->crew->includes, &touched,
				    l->cell->srcarch, known);
		strmap_set(of->readers, path, known);
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

static bool is_foreign(const struct lane *l, const char *path)
{
	return impact_is_foreign(path, l->cell->srcarch, &l->crew->includes);
}

/* others: sources count that are not recorded, too. */
static bool can_read(const struct lane *l, const char *path, bool others)
{
	struct crew *c = l->crew;
	const char *slash = strrchr(path, '/');

	if (!include_index_wants(path) ||
	    strmap_has(&c->includes.unlisted, slash ? slash + 1 : path) ||
	    strmap_has(&c->includes.link_paths, path) ||
	    has_links(&c->includes, path))
		return true;
	if (include_index_is_makefile(path))
		return !is_foreign(l, path);
	strlist_each(s, readers(l, path))
		if (unit_set_reads(&l->shared->units, s) ||
		    unit_set_reads(&l->chain.units, s) ||
		    strmap_has(&l->more_reads, s) ||
		    (others && !is_foreign(l, s)))
			return true;
	return false;
}

static bool may_ask(const struct change *c)
{
	return include_index_is_makefile(c->path) ||
	       impact_is_kconfig(c->path) ||
	       (c->status == 'A' &&
		(ends_with(c->path, ".c") || ends_with(c->path, ".S")));
}

/* The first state at which kbuild or Kconfig may ask for other units than before. */
static unsigned asks_more_from(struct lane *l)
{
	const struct tree *t = l->crew->opts->tree;

	for (size_t i = 1; !l->shared->more_from && i < t->nr_states; i++)
		for (size_t k = 0; k < t->states[i].since_prev.nr; k++) {
			const struct change *c = &t->states[i].since_prev.v[k];

			if (may_ask(c) && impact_memo_matters(lane_memo(l), c)) {
				l->shared->more_from = (unsigned)i;
				break;
			}
		}
	if (!l->shared->more_from)
		l->shared->more_from = (unsigned)t->nr_states;
	return l->shared->more_from;
}

/* Proves that nothing reads what differs from the state before; reason is owned. */
static bool cannot_read(struct lane *l, const struct state *state,
			char **reason)
{
	const struct change_list *changes = &state->since_prev;
	bool others = l->shared->baseline.base.failed.nr ||
		      state->patch >= asks_more_from(l);

	if (!changes->nr || lane_is_image(l))
		return false;
	for (size_t i = 0; i < changes->nr; i++)
		if (can_read(l, changes->v[i].path, others))
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

enum lane_reach lane_reach(struct lane *l, const struct read_set *r,
			   const struct state *state, bool unread,
			   char **reason)
{
	const struct change_list *changes = &state->since_prev;
	_cleanup_free_ char *known = NULL;

	if (!impact_unreached(r, changes, false, &known))
		return LANE_READS;
	if (!unread || !impact_may_be_read(r, changes)) {
		*reason = STEAL(known);
		return LANE_UNREACHED;
	}
	return cannot_read(l, state, reason) ? LANE_UNREACHED : LANE_MAY_READ;
}

bool lane_is_unreached(struct lane *l, const struct read_set *r,
		       const struct state *state, bool unread, char **reason)
{
	return lane_reach(l, r, state, unread, reason) == LANE_UNREACHED;
}
