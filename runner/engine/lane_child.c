// SPDX-License-Identifier: GPL-2.0-only
/*
 * One command of a lane, in either mode.
 *
 * With overlays the state's files lie in a directory of the lane (lane_chain.c)
 * over the base.
 *
 * Without namespaces there is one lane at a time: SRC is a checkout that is moved
 * to the state, OBJ is the objtree itself or a copy of the baseline with the
 * times preserved. Both stand at the same fixed paths as in the other mode, so
 * baselines are good for both.
 */
#include "engine/lane.h"
#include "engine/place.h"
#include "engine/pool.h"
#include "engine/tree.h"
#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/jobserver.h"
#include "sys/mem.h"

#include <errno.h>
#include <stdio.h>

/* The base alone is enough as long as the lane has never left it. */
static int overlay_source(struct lane *l, struct sandbox *s,
			  const struct state *at, struct errbuf *err)
{
	if (l->chain.layer_at || at->patch) {
		if (lane_chain_sources(l, at, err))
			return -1;
		strlist_add(&s->src_layers, l->chain.layer);
	}
	strlist_add(&s->src_layers, l->crew->base_checkout);
	return 0;
}

/* The checkout at SRC is made of hard links to the base; files that change are
 * replaced, never written to. */
static int plain_source(struct lane *l, const struct state *at,
			struct errbuf *err)
{
	struct crew *c = l->crew;
	const struct place *p = c->opts->place;

	if (!c->plain_at) {
		if (tree_remove(p->src, err) ||
		    proc_run(NULL, err, "cp", "-al", c->base_checkout, p->src,
			     NULL))
			return -1;
		c->plain_at = &c->opts->tree->states[0];
	}
	if (c->plain_at != at) {
		const struct state *from = c->plain_at;

		c->plain_at = NULL; /* unknown until the move is complete */
		if (tree_checkout_move(c->opts->tree, p->src, from, at, err))
			return -1;
		c->plain_at = at;
	}
	return 0;
}

static int plain_objtree(struct lane *l, const struct sandbox *s,
			 struct errbuf *err)
{
	const struct place *p = l->crew->opts->place;

	if (tree_remove(p->obj, err))
		return -1;
	free(l->child_upper);
	l->child_upper = xstrdup(s->obj_upper);
	if (s->obj_lower)
		return proc_run(NULL, err, "cp", "-a", "--reflink=auto",
				s->obj_lower, p->obj, NULL);
	if (rename(s->obj_upper, p->obj))
		return errbuf_set(err, "%s: %s", p->obj, strerror(errno));
	return 0;
}

static void plain_finish(struct lane *l)
{
	const struct place *p = l->crew->opts->place;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;

	if (!l->child_upper)
		return;
	if (tree_remove(l->child_upper, &err) ||
	    rename(p->obj, l->child_upper) || dir_make(p->obj, &err))
		lane_say(l, RUN_NOTE, err.msg ? err.msg : strerror(errno));
	free(l->child_upper);
	l->child_upper = NULL;
	l->crew->plain_lane = NULL;
}

static void child_exit(void *data, struct proc_result *res)
{
	struct lane *l = data;

	l->busy = false;
	pool_child_ended(l, res);
	plain_finish(l);
	l->on_exit(l, res);
	/* When it went on at once (a replay), that needs the slot. */
	if (l->has_token && !l->busy) {
		jobserver_give(l->crew->jobserver);
		l->has_token = false;
	}
}

static int prepare(struct lane *l, struct sandbox *s, const struct state *at,
		   struct errbuf *err)
{
	const struct place *p = l->crew->opts->place;

	s->mode = p->mode;
	s->self = p->self;
	s->src = p->src;
	s->obj = p->obj;
	s->hide = p->cache;
	if (p->ccache)
		strlist_add(&s->writable, p->ccache);
	if (dir_make(s->obj_upper, err) ||
	    (s->obj_work && dir_make(s->obj_work, err)))
		return -1;
	if (p->mode == SANDBOX_OVERLAY)
		return overlay_source(l, s, at, err);
	l->crew->plain_lane = l;
	return plain_source(l, at, err) || plain_objtree(l, s, err) ? -1 : 0;
}

static void add_env(struct lane *l, const struct state *at,
		    struct strlist *env)
{
	const struct crew *c = l->crew;
	const struct cache_rule *rule = &c->cache_rules[at->patch];
	const char *space = c->opts->tree->states[0].tree;
	enum place_cache how = PLACE_CACHE_DIRECT;

	if (rule->off) {
		how = PLACE_CACHE_OFF;
	} else if (l->depend) {
		how = PLACE_CACHE_DEPEND;
		space = rule->space;
	} else if (rule->other_names) {
		how = PLACE_CACHE_TEXT;
	}
	l->depend = false;
	place_env(c->opts->place, &l->shared->toolchain, c->makeflags, space,
		  how, l->phase >= LANE_BASE, env);
}

int lane_start(struct lane *l, struct sandbox *s, const struct state *at,
	       const struct strlist *command,
	       void (*on_exit)(void *data, struct proc_result *res))
{
	const struct crew *c = l->crew;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_strlist_ struct strlist argv = STRLIST_INIT;
	_cleanup_strlist_ struct strlist env = STRLIST_INIT;
	struct proc_opts o = {
		.argv = &argv,
		.env = &env,
		.cwd = c->opts->place->obj,
		.timeout_ms = c->opts->step_timeout_ms,
		.on_exit = child_exit,
		.data = l,
	};

	add_env(l, at, &env);
	jobserver_fds(c->jobserver, o.pass_fds);
	if (prepare(l, s, at, &err) || sandbox_argv(s, command, &argv, &err) ||
	    proc_start(c->loop, &o, &err)) {
		plain_finish(l);
		if (!proc_loop_stopped(c->loop))
			lane_fail(l, "%s", err.msg);
		return -1;
	}
	l->on_exit = on_exit;
	l->busy = true;
	pool_child_begins(l);
	return 0;
}
