// SPDX-License-Identifier: GPL-2.0-only
/*
 * Steps that need no build.
 *
 * There is one proof, impact_unreached(): no path that differs between two
 * states of the base is one that the build of the first can have read. It is
 * asked twice:
 *  - between the patch before and this one: the step is unreached;
 *  - between a state that some earlier run has built in this cell and this one:
 *    the step is what that one was. So a patch that is inserted, amended or moved
 *    costs the steps that read what it changes, and no others.
 *
 * Kept in the store, beside the step itself (all texts of lines):
 *	steps:<cell>	keys of the steps built in a cell for these goals
 *	reads:<key>	files that the step read and the baseline did not
 *	state:<key>	how its sources differ from the base: STATUS MODE BLOB PATH
 * where <cell> covers base tree, configuration, compilers and goals.
 */
#include "engine/lane.h"

#include "engine/place.h"
#include "engine/tree.h"
#include "store/store.h"
#include "sys/errbuf.h"
#include "sys/hash.h"
#include "sys/mem.h"
#include "sys/strbuf.h"

#include <stdio.h>

#define ENGINE_VERSION "2" /* part of what a step is remembered under */
#define MOST_COMPARED 64   /* earlier steps that are looked at, newest first */

static const struct state *this_state(const struct lane *l)
{
	return &l->crew->opts->tree->states[l->patch];
}

static void carry(struct step_result *s, const struct step_result *from)
{
	for (size_t i = 0; i < from->diags.nr; i++)
		diag_list_copy(&s->diags, &from->diags.v[i]);
	strlist_cat(&s->failed, &from->failed);
	strlist_cat(&s->failed_replayed, &from->failed_replayed);
}

bool lane_unreached(struct lane *l, struct step_result *s)
{
	const struct step_result *prev =
		run_result_step(l->crew->result, l->patch - 1, l->cell_nr);
	struct read_set r;
	char *reason = NULL;

	if (prev->outcome != OUTCOME_BUILT && prev->outcome != OUTCOME_UNREACHED)
		return false;
	lane_read_set(l, &r);
	if (!impact_unreached(&r, &this_state(l)->since_prev,
			      prev->failed.nr != 0, &reason))
		return false;
	s->outcome = OUTCOME_UNREACHED;
	s->reason = reason;
	carry(s, prev);
	return true;
}

/* ---- names in the store --------------------------------------------------- */

static char *cell_name(const struct lane *l, const struct strlist *goals)
{
	struct hash *h = hash_new();
	_cleanup_free_ char *hex = NULL;

	hash_add_str(h, ENGINE_VERSION);
	hash_add_str(h, l->key);
	strlist_each(g, goals)
		hash_add_str(h, g);
	hex = hash_finish(h);
	return xasprintf("steps:%s", hex);
}

static char *step_key(const struct lane *l, const char *cell)
{
	struct hash *h = hash_new();

	hash_add_str(h, cell);
	hash_add_str(h, this_state(l)->tree);
	return hash_finish(h);
}

/* Lines of the value PREFIX:KEY; false when there is none. */
static bool get_lines(const struct lane *l, const char *prefix, const char *key,
		      struct strlist *lines)
{
	_cleanup_errbuf_ struct errbuf ignored = ERRBUF_INIT;
	_cleanup_free_ char *name = xasprintf("%s%s", prefix, key);
	_cleanup_free_ char *text = NULL;

	if (store_get_value(l->crew->opts->store, name, &text, &ignored) != 1)
		return false;
	strlist_split(lines, text, "\n");
	return true;
}

static void put_text(struct lane *l, const char *prefix, const char *key,
		     const char *text)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_free_ char *name = xasprintf("%s%s", prefix, key);

	if (store_put_value(l->crew->opts->store, name, text, &err))
		lane_say(l, RUN_NOTE, err.msg);
}

/* ---- states ---------------------------------------------------------------- */

static char *state_text(const struct change_list *l)
{
	struct strbuf text = STRBUF_INIT;

	for (size_t i = 0; i < l->nr; i++)
		strbuf_addf(&text, "%c %o %s %s\n", l->v[i].status,
			    l->v[i].mode, l->v[i].blob ? l->v[i].blob : "-",
			    l->v[i].path);
	return strbuf_detach(&text);
}

/* False when the text is damaged, or holds a path with a line feed. */
static bool state_parse(const struct strlist *lines, struct change_list *l)
{
	strlist_each(line, lines) {
		char status, blob[129];
		unsigned mode;
		int at = 0;

		if (sscanf(line, "%c %o %128s %n", &status, &mode, blob, &at) !=
			    3 || !at || !line[at])
			return false;
		GROW(l->v, l->nr, l->alloc);
		l->v[l->nr++] = (struct change){
			.status = status,
			.path = xstrdup(line + at),
			.blob = strcmp(blob, "-") ? xstrdup(blob) : NULL,
			.mode = mode,
		};
	}
	return true;
}

/* True when this state cannot differ from what step key was built of. */
static bool is_same(struct lane *l, const char *key,
		    const struct step_result *old)
{
	_cleanup_strlist_ struct strlist reads = STRLIST_INIT;
	_cleanup_strlist_ struct strlist lines = STRLIST_INIT;
	_cleanup_change_list_ struct change_list then = { 0 };
	_cleanup_change_list_ struct change_list between = { 0 };
	_cleanup_strmap_ struct strmap more = STRMAP_INIT;
	_cleanup_free_ char *reason = NULL;
	struct read_set r;

	if (!get_lines(l, "reads:", key, &reads) ||
	    !get_lines(l, "state:", key, &lines) || !state_parse(&lines, &then))
		return false;
	strlist_each(f, &reads)
		strmap_set(&more, f, &more);
	change_list_between(&then, &this_state(l)->since_base, &between);
	lane_read_set(l, &r);
	r.units = &l->units;
	r.newer = NULL;
	r.more = &more;
	return impact_unreached(&r, &between, old->failed.nr != 0, &reason);
}

/* ---- recalling and remembering ----------------------------------------------- */

static void recall_reads(struct lane *l, const char *key)
{
	_cleanup_strlist_ struct strlist files = STRLIST_INIT;

	get_lines(l, "reads:", key, &files);
	strlist_each(f, &files)
		strmap_set(&l->more_reads, f, l);
}

static bool get_step(struct lane *l, const char *key, struct step_result *s)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;

	return store_get_step(l->crew->opts->store, key, s, &err) == 1;
}

/* Key of an earlier step that is equal, s filled from it; NULL: none. */
static char *find_same(struct lane *l, const char *cell, struct step_result *s)
{
	_cleanup_strlist_ struct strlist keys = STRLIST_INIT;

	if (get_step(l, l->step_key, s))
		return xstrdup(l->step_key);
	get_lines(l, cell, "", &keys);
	for (size_t i = keys.nr; i && keys.nr - i < MOST_COMPARED; i--) {
		_cleanup_(step_result_release) struct step_result old = { 0 };
		const char *key = keys.v[i - 1];

		if (get_step(l, key, &old) && is_same(l, key, &old) &&
		    get_step(l, key, s))
			return xstrdup(key);
	}
	return NULL;
}

bool lane_remembered(struct lane *l, const struct strlist *goals,
		     struct step_result *s)
{
	unsigned total = s->units_total, reached = s->units_reached;
	_cleanup_free_ char *key = NULL;

	free(l->step_cell);
	free(l->step_key);
	l->step_cell = cell_name(l, goals);
	l->step_key = step_key(l, l->step_cell);
	if (!l->crew->opts->use_memory)
		return false;
	key = find_same(l, l->step_cell, s);
	if (!key)
		return false;
	s->patch = l->patch;
	s->cell = l->cell_nr;
	s->units_total = total;
	s->units_reached = reached;
	/* Built at another state, whose renames may be others. */
	for (size_t i = 0; i < s->diags.nr; i++)
		diag_fingerprint(&s->diags.v[i], &this_state(l)->renames);
	recall_reads(l, key);
	return true;
}

/* What the objtree of the step read, beyond the baseline: for the proofs. */
static char *more_reads(struct lane *l)
{
	struct strbuf text = STRBUF_INIT;

	strmap_each(e, &l->chain.units.files) {
		const char *path = strmap_key(e);

		if (unit_set_reads(&l->units, path))
			continue;
		strbuf_addf(&text, "%s\n", path);
		strmap_set(&l->more_reads, path, l);
	}
	strmap_each(e, &l->kconfig)
		if (l->chain.whole)
			strbuf_addf(&text, "%s\n", strmap_key(e));
	return strbuf_detach(&text);
}

static void list_step(struct lane *l)
{
	_cleanup_strlist_ struct strlist keys = STRLIST_INIT;
	_cleanup_free_ char *text = NULL;

	get_lines(l, l->step_cell, "", &keys);
	if (strlist_has(&keys, l->step_key))
		return;
	strlist_add(&keys, l->step_key);
	text = strlist_join(&keys, "\n");
	put_text(l, l->step_cell, "", text);
}

void lane_remember(struct lane *l, const struct step_result *s)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_free_ char *reads = more_reads(l);
	_cleanup_free_ char *state = state_text(&this_state(l)->since_base);

	/* The step itself last: without it the others mean nothing. */
	put_text(l, "reads:", l->step_key, reads);
	put_text(l, "state:", l->step_key, state);
	list_step(l);
	if (store_put_step(l->crew->opts->store, l->step_key, s, &err))
		lane_say(l, RUN_NOTE, err.msg);
}
