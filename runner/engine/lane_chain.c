// SPDX-License-Identifier: GPL-2.0-only
/*
 * The objtree of a lane on its way through the states.
 *
 * Building every step from the baseline would compile again, at each state, all
 * that the patches before it have reached. So the objtree that a step leaves is
 * where the next one begins, if what it holds is known: every object in it was
 * built from files that are the same at the state it stands at. That needs two
 * things, and both are those that make the step from the baseline true:
 *  - what differs between the two states drops the objects it reaches
 *    (impact.c), by the dependencies of the objects as they are now;
 *  - the sources keep the time at which they last changed (tree_layer_move()).
 *
 * A step that make did not finish for a fault of the machine leaves an objtree of
 * which this is not known. It is thrown away and the next step begins at the baseline.
 *
 * Where prepare stopped make, no unit behind it was built: the objtree is still that
 * of the state before, less the objects that were dropped. It stays, with its
 * commands and its configuration, for the states that follow; what was dropped then,
 * and what prepare has built since, is dropped again each time, because it is of none
 * of their states.
 *
 * With overlays the objtree is scratch over baseline; without, or after a step
 * that had to start from an empty O=, the scratch holds all of it.
 */
#include "engine/lane.h"

#include "engine/harvest.h"
#include "engine/place.h"
#include "engine/tree.h"
#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/mem.h"
#include "sys/strbuf.h"

void chain_release(struct chain *c)
{
	free(c->dir);
	free(c->upper);
	free(c->work);
	free(c->layer);
	unit_set_release(&c->units);
	strlist_release(&c->stale);
	*c = (struct chain){ 0 };
}

void lane_chain_init(struct lane *l)
{
	struct chain *c = &l->chain;

	c->dir = path_join(l->scratch, "chain");
	c->upper = path_join(c->dir, "upper");
	c->work = path_join(c->dir, "work");
	c->layer = path_join(l->scratch, "src");
	c->at = &l->crew->opts->tree->states[0];
}

void lane_chain_reset(struct lane *l)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	struct chain *c = &l->chain;

	if (tree_remove(c->dir, &err))
		lane_say(l, RUN_NOTE, err.msg);
	unit_set_release(&c->units);
	strlist_release(&c->stale);
	c->moved = c->whole = false;
	c->at = &l->crew->opts->tree->states[0];
}

const struct step_result *lane_chain_result(const struct lane *l)
{
	return run_result_step(l->crew->result, l->chain.at->patch,
			       l->cell_nr);
}

/* include/config/auto.conf.cmd: "deps_config := \" and a file a line. */
void lane_read_kconfig(struct lane *l, const char *objtree)
{
	_cleanup_errbuf_ struct errbuf ignored = ERRBUF_INIT;
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	_cleanup_strlist_ struct strlist words = STRLIST_INIT;
	_cleanup_free_ char *file =
		path_join(objtree, "include/config/auto.conf.cmd");
	const char *src = l->crew->opts->place->src;

	if (!file_exists(file) || file_read(file, &text, &ignored))
		return;
	strlist_split(&words, text.buf, " \t\n\\");
	strlist_each(w, &words) {
		const char *rel = w;

		if (starts_with(w, src) && w[strlen(src)] == '/')
			rel = w + strlen(src) + 1;
		strmap_set(&l->kconfig, rel, l);
	}
}

int lane_chain_sandbox(struct lane *l, struct sandbox *s, struct errbuf *err)
{
	struct chain *c = &l->chain;

	if (l->impact.from_empty) {
		_cleanup_free_ char *dot = path_join(c->upper, ".config");

		lane_chain_reset(l);
		c->whole = true;
		if (dir_make(c->upper, err) ||
		    file_write(dot, l->shared->config,
			       strlen(l->shared->config), err))
			return -1;
	} else if (dir_make(c->upper, err)) {
		return -1;
	}
	s->obj_upper = c->upper;
	if (l->impact.from_empty)
		return 0;
	strlist_cat(&s->drop, &l->impact.drop);
	strlist_cat(&s->drop, &c->stale);
	strlist_sort(&s->drop);
	if (c->whole)
		return 0;
	s->obj_work = c->work;
	s->obj_lower = l->shared->baseline.obj;
	return 0;
}

void lane_chain_keep(struct lane *l)
{
	struct chain *c = &l->chain;

	strlist_cat(&c->stale, &l->impact.drop);
	strlist_sort(&c->stale);
	if (l->crew->opts->place->mode == SANDBOX_PLAIN)
		c->whole = true;
}

int lane_chain_advance(struct lane *l, const struct state *at,
		       struct errbuf *err)
{
	struct chain *c = &l->chain;

	unit_set_release(&c->units);
	if (unit_set_read(&c->units, c->upper, "", l->crew->opts->place->src,
			  err))
		return -1;
	for (size_t i = 0; i < c->units.nr; i++)
		if (c->units.v[i].kernel &&
		    lane_is_target(l, c->units.v[i].target))
			strmap_set(&l->seen, c->units.v[i].name, l);
	strlist_release(&c->stale);
	lane_read_kconfig(l, c->upper);
	/* Without overlays the scratch was filled from the baseline. */
	if (l->crew->opts->place->mode == SANDBOX_PLAIN)
		c->whole = true;
	c->moved = true;
	c->at = at;
	return 0;
}

int lane_chain_sources(struct lane *l, const struct state *at,
		       struct errbuf *err)
{
	const struct tree *t = l->crew->opts->tree;
	struct chain *c = &l->chain;
	const struct state *from = c->layer_at;

	if (from == at)
		return 0;
	c->layer_at = NULL; /* unknown until the move is complete */
	if (from ? tree_layer_move(t, c->layer, from, at, err) :
		   dir_make_for(c->layer, err) ||
			   tree_state_layer(t, at, c->layer, err))
		return -1;
	c->layer_at = at;
	return 0;
}
