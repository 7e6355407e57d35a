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
 *	reads:<key>	files that the step read and the baseline did not; first
 *			"?" when a unit failed of which this is not known
 *	state:<key>	how its sources differ from the base: STATUS MODE BLOB PATH
 * where <cell> covers base tree, configuration, what is asked of it, compilers and
 * goals.
 */
#include "engine/lane.h"

#include "engine/link_step.h"
#include "engine/place.h"
#include "engine/tree.h"
#include "model/matrix.h"
#include "store/store.h"
#include "sys/errbuf.h"
#include "sys/hash.h"
#include "sys/mem.h"
#include "sys/strbuf.h"

#include <stdio.h>

#define ENGINE_VERSION "7" /* part of what a step is remembered under */
#define MOST_COMPARED 64   /* earlier steps that are looked at, newest first */

static const struct state *this_state(const struct lane *l)
{
	return &l->crew->opts->tree->states[l->patch];
}

static void carry(struct step_result *s, const struct step_result *from)
{
	for (size_t i = 0; i < from->diags.nr; i++)
		diag_list_copy(&s->diags, &from->diags.v[i]);
	s->link = from->link;
	strlist_cat(&s->failed, &from->failed);
	strlist_cat(&s->failed_replayed, &from->failed_replayed);
	strlist_cat(&s->left_out, &from->left_out);
	strlist_cat(&s->unjudged, &from->unjudged);
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
	/* What is recalled of a remembered step is what it read beyond the
	 * baseline, also where the objtree has come to hold nothing of that. */
	r.units = &l->shared->units;
	r.newer = l->chain.moved ? &l->chain.units : NULL;
	if (!lane_is_unreached(l, &r, this_state(l), l->unread, &reason))
		return false;
	s->outcome = OUTCOME_UNREACHED;
	s->reason = reason;
	carry(s, prev);
	return true;
}

/*
 * All that any judged state of the cell can have read: where states do not come in
 * order, the objtree is that of another state than the one compared with.
 */
static void any_state_set(struct lane *l, struct read_set *r)
{
	lane_read_set(l, r);
	r->units = &l->shared->units;
	r->newer = NULL;
}

void lane_share_reads(struct lane *l)
{
	struct crew *c = l->crew;

	for (size_t i = l->cell_nr; i < c->nr_lanes;
	     i += c->opts->matrix->nr_cells) {
		struct lane *other = &c->lanes[i];

		if (other == l || other->phase == LANE_DONE)
			continue;
		strmap_each(e, &l->more_reads)
			strmap_set(&other->more_reads, strmap_key(e), other);
		strmap_each(e, &l->kconfig)
			strmap_set(&other->kconfig, strmap_key(e), other);
	}
}

static bool is_judged(const struct step_result *s)
{
	return s->outcome == OUTCOME_BUILT || s->outcome == OUTCOME_UNREACHED;
}

/*
 * Is the step what the one at another state is? What its failing units read is
 * taken as unknown.
 */
static bool is_like(struct lane *l, const struct step_result *other,
		    struct step_result *s)
{
	const struct tree *t = l->crew->opts->tree;
	_cleanup_change_list_ struct change_list between = { 0 };
	_cleanup_free_ char *proof = NULL;
	struct read_set r;

	any_state_set(l, &r);
	change_list_between(&t->states[other->patch].since_base,
			    &this_state(l)->since_base, &between);
	if (!impact_unreached(&r, &between, other->failed.nr != 0, &proof))
		return false;
	carry(s, other);
	if (other->patch + 1 == s->patch) {
		s->outcome = OUTCOME_UNREACHED;
		s->reason = STEAL(proof);
		return true;
	}
	s->outcome = OUTCOME_BUILT;
	s->remembered = true;
	s->reason = other->patch ?
		xasprintf("as at patch %u: %s", other->patch, proof) :
		xasprintf("as in the base: %s", proof);
	for (size_t i = 0; i < s->diags.nr; i++)
		diag_fingerprint(&s->diags.v[i], &this_state(l)->renames);
	return true;
}

bool lane_like_another(struct lane *l, struct step_result *s)
{
	const struct run_result *r = l->crew->result;
	const struct step_result *other;
	unsigned p = l->patch;

	/* The nearest ones: what lies farther away differs by more. */
	while (p-- > 0) {
		other = run_result_step(r, p, l->cell_nr);
		if (!is_judged(other))
			continue;
		if (is_like(l, other, s))
			return true;
		break;
	}
	for (p = l->patch + 1; p < r->nr_patches; p++) {
		other = run_result_step(r, p, l->cell_nr);
		if (is_judged(other))
			return is_like(l, other, s);
	}
	return false;
}

/* ---- names in the store --------------------------------------------------- */

static char *cell_name(const struct lane *l, const struct strlist *goals)
{
	struct hash *h = hash_new();
	_cleanup_strlist_ struct strlist wanted = STRLIST_INIT;
	_cleanup_strlist_ struct strlist where = STRLIST_INIT;
	_cleanup_free_ char *hex = NULL;

	lane_wanted_options(l, &wanted, &where);
	strlist_sort(&wanted);
	hash_add_str(h, ENGINE_VERSION);
	hash_add_str(h, l->shared->key);
	/* what a step can lose */
	strlist_each(w, &wanted)
		hash_add_str(h, w);
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

/* ---- earlier steps ----------------------------------------------------------- */

struct earlier_step {
	char *key;
	bool read, usable; /* usable: the rest is valid */
	bool unread;	   /* see struct lane */
	struct strmap more;	   /* files read beyond the baseline */
	struct change_list state;  /* since the base */
	struct change_list undone; /* what it takes to go back to the base: of
				    * that, what matters to the cell */
	size_t missed; /* of these, what the last state did not have */
};

/* Steps built in a cell for the same goals. */
struct earlier {
	struct strmap keys; /* all of them */
	struct earlier_step *v; /* the newest, newest first */
	size_t nr;
};

static void earlier_free(struct earlier *e)
{
	for (size_t i = 0; i < e->nr; i++) {
		free(e->v[i].key);
		strmap_release(&e->v[i].more);
		change_list_release(&e->v[i].state);
		change_list_release(&e->v[i].undone);
	}
	free(e->v);
	strmap_release(&e->keys);
	free(e);
}

void lane_memory_release(struct crew *c)
{
	strmap_each(e, &c->earlier)
		if (strmap_value(e))
			earlier_free(strmap_value(e));
	strmap_release(&c->earlier);
}

/* A step is added to those of the cell: they are to be read again. */
static void forget_earlier(struct lane *l, const char *cell)
{
	struct earlier *e = strmap_get(&l->crew->earlier, cell);

	if (e)
		earlier_free(e);
	strmap_set(&l->crew->earlier, cell, NULL);
}

static struct earlier *earlier_of(struct lane *l, const char *cell)
{
	struct earlier *e = strmap_get(&l->crew->earlier, cell);
	_cleanup_strlist_ struct strlist keys = STRLIST_INIT;

	if (e)
		return e;
	e = xcalloc(1, sizeof(*e));
	strmap_set(&l->crew->earlier, cell, e);
	get_lines(l, cell, "", &keys);
	e->v = xcalloc(keys.nr + 1, sizeof(*e->v));
	for (size_t i = keys.nr; i; i--) {
		strmap_set(&e->keys, keys.v[i - 1], e);
		if (e->nr < MOST_COMPARED)
			e->v[e->nr++].key = xstrdup(keys.v[i - 1]);
	}
	return e;
}

static void baseline_set(struct lane *l, struct read_set *r)
{
	lane_read_set(l, r);
	r->units = &l->shared->units;
	r->newer = NULL;
	r->more = NULL;
}

struct impact_memo *lane_memo(struct lane *l)
{
	if (!l->shared->memo) {
		baseline_set(l, &l->shared->memo_set);
		l->shared->memo = impact_memo_new(&l->shared->memo_set);
	}
	return l->shared->memo;
}

static bool get_step(struct lane *l, const char *key, struct step_result *s)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;

	return store_get_step(l->crew->opts->store, key, s, &err) == 1;
}

static bool is_unread(const struct strlist *reads)
{
	return reads->nr && !strcmp(reads->v[0], "?");
}

static void read_earlier(struct lane *l, struct earlier_step *e)
{
	_cleanup_(step_result_release) struct step_result old = { 0 };
	_cleanup_change_list_ struct change_list undone = { 0 };
	_cleanup_strlist_ struct strlist reads = STRLIST_INIT;
	_cleanup_strlist_ struct strlist lines = STRLIST_INIT;
	const struct change_list base = { 0 };

	e->read = true;
	if (!get_step(l, e->key, &old) ||
	    !get_lines(l, "reads:", e->key, &reads) ||
	    !get_lines(l, "state:", e->key, &lines) ||
	    !state_parse(&lines, &e->state))
		return;
	e->usable = true;
	e->unread = is_unread(&reads);
	strlist_each(f, &reads)
		strmap_set(&e->more, f, e);
	change_list_between(&e->state, &base, &undone);
	for (size_t i = 0; i < undone.nr; i++) {
		struct change *c = &undone.v[i];

		if (!impact_memo_matters(lane_memo(l), c))
			continue;
		GROW(e->undone.v, e->undone.nr, e->undone.alloc);
		e->undone.v[e->undone.nr++] = *c;
		*c = (struct change){ 0 };
	}
}

/*
 * A quick no: some path that matters is changed in one of the two states and in
 * the other it is that of the base.
 */
static bool differs(struct lane *l, struct earlier_step *e,
		    const struct change_list *now)
{
	/* What a state did not have the next one has not either, mostly. */
	for (size_t i = 0; i < e->undone.nr; i++) {
		size_t at = (e->missed + i) % e->undone.nr;

		if (tree_find_change(now, e->undone.v[at].path))
			continue;
		e->missed = at;
		return true;
	}
	for (size_t i = 0; i < now->nr; i++)
		if (impact_memo_matters(lane_memo(l), &now->v[i]) &&
		    !tree_find_change(&e->state, now->v[i].path))
			return true;
	return false;
}

/* True when this state cannot differ from what the step was built of. */
static bool is_same(struct lane *l, struct earlier_step *e)
{
	const struct change_list *now = &this_state(l)->since_base;
	_cleanup_change_list_ struct change_list between = { 0 };
	_cleanup_free_ char *reason = NULL;
	struct read_set r;

	if (!e->read)
		read_earlier(l, e);
	if (!e->usable || differs(l, e, now))
		return false;
	change_list_between(&e->state, now, &between);
	baseline_set(l, &r);
	r.more = &e->more;
	return impact_unreached(&r, &between, e->unread, &reason);
}

/* ---- recalling and remembering ----------------------------------------------- */

static void recall_reads(struct lane *l, const char *key, bool *unread)
{
	_cleanup_strlist_ struct strlist files = STRLIST_INIT;

	get_lines(l, "reads:", key, &files);
	*unread = is_unread(&files);
	strlist_each(f, &files)
		strmap_set(&l->more_reads, f, l);
}

/* Key of an earlier step that is equal, s filled from it; NULL: none. */
static char *find_same(struct lane *l, const char *cell, struct step_result *s)
{
	struct earlier *e = earlier_of(l, cell);

	if (strmap_has(&e->keys, l->step_key) && get_step(l, l->step_key, s))
		return xstrdup(l->step_key);
	for (size_t i = 0; i < e->nr; i++)
		if (is_same(l, &e->v[i]) && get_step(l, e->v[i].key, s))
			return xstrdup(e->v[i].key);
	return NULL;
}

void lane_name_step(struct lane *l, const struct strlist *goals)
{
	struct lane_shared *of = l->shared;

	if (!of->named.cell || !strlist_equal(&of->named.goals, goals)) {
		free(of->named.cell);
		of->named.cell = cell_name(l, goals);
		strlist_release(&of->named.goals);
		strlist_cat(&of->named.goals, goals);
	}
	free(l->step_cell);
	free(l->step_key);
	l->step_cell = xstrdup(of->named.cell);
	l->step_key = step_key(l, l->step_cell);
}

bool lane_remembered(struct lane *l, const struct strlist *goals,
		     struct step_result *s, bool *unread)
{
	unsigned total = s->units_total, reached = s->units_reached;
	_cleanup_free_ char *key = NULL;

	lane_name_step(l, goals);
	if (!l->crew->opts->use_memory)
		return false;
	key = find_same(l, l->step_cell, s);
	if (!key)
		return false;
	if (!lane_image_recall(l, key)) {
		step_result_release(s);
		*s = (struct step_result){
			.patch = l->patch,
			.cell = l->cell_nr,
			.units_total = total,
			.units_reached = reached,
		};
		return false;
	}
	s->patch = l->patch;
	s->cell = l->cell_nr;
	s->units_total = total;
	s->units_reached = reached;
	/* Built at another state, whose renames may be others. */
	for (size_t i = 0; i < s->diags.nr; i++)
		diag_fingerprint(&s->diags.v[i], &this_state(l)->renames);
	recall_reads(l, key, unread);
	return true;
}

/*
 * What the step read beyond the baseline, for the proofs: by the objtree, and
 * units that failed by the quick pass.
 */
static char *more_reads(struct lane *l, const struct step_result *s)
{
	struct strbuf text = STRBUF_INIT;

	l->unread = !lane_quick_reads(l, s);
	if (l->unread)
		strbuf_addstr(&text, "?\n");
	strmap_each(e, &l->chain.units.files) {
		const char *path = strmap_key(e);

		if (unit_set_reads(&l->shared->units, path))
			continue;
		strbuf_addf(&text, "%s\n", path);
		strmap_set(&l->more_reads, path, l);
	}
	strmap_each(e, &l->kconfig)
		if (l->chain.whole)
			strbuf_addf(&text, "%s\n", strmap_key(e));
	if (link_units_fail(s) && !l->unread)
		lane_quick_add_reads(l, &text);
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
	forget_earlier(l, l->step_cell);
}

void lane_remember(struct lane *l, const struct step_result *s)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_free_ char *reads = more_reads(l, s);
	_cleanup_free_ char *state = state_text(&this_state(l)->since_base);

	/* The step itself last: without it the others mean nothing. */
	put_text(l, "reads:", l->step_key, reads);
	put_text(l, "state:", l->step_key, state);
	list_step(l);
	if (store_put_step(l->crew->opts->store, l->step_key, s, &err))
		lane_say(l, RUN_NOTE, err.msg);
}
