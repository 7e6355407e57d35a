// SPDX-License-Identifier: GPL-2.0-only
/*
 * The effective configuration is a function of the source tree, the toolchain
 * and the requested options, so it is made once and kept as
 * cache/conf/<key>.config. A lost option makes the cell an error: another
 * configuration than the one asked for is never built.
 */
#include "engine/cellconf.h"
#include "engine/lane.h"
#include "engine/place.h"
#include "engine/tree.h"
#include "model/matrix.h"
#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/hash.h"
#include "sys/mem.h"
#include "sys/strbuf.h"

#define FRAGMENT "cell.fragment"

int lane_find_toolchain(struct lane *l, struct errbuf *err)
{
	struct strmap *all = &l->crew->toolchains;
	_cleanup_free_ char *name =
		xasprintf("%s/%s", l->cell->arch, l->cell->toolchain);
	struct toolchain *known = strmap_get(all, name);

	if (!known) {
		if (toolchain_resolve(&l->shared->toolchain, l->cell, err))
			return -1;
		known = xcalloc(1, sizeof(*known));
		toolchain_copy(known, &l->shared->toolchain);
		strmap_set(all, name, known);
	} else {
		toolchain_copy(&l->shared->toolchain, known);
	}
	place_make_vars(l->crew->opts->place, &l->shared->toolchain,
			&l->shared->make_vars);
	return 0;
}

struct wanted {
	struct strlist options, where;
	struct strbuf fragment;
};

static void wanted_release(struct wanted *w)
{
	strlist_release(&w->options);
	strlist_release(&w->where);
	strbuf_release(&w->fragment);
}

static int read_wanted(struct lane *l, struct wanted *w)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_free_ char *file = path_join(l->conf_obj, FRAGMENT);

	if (dir_make(l->conf_obj, &err) ||
	    cellconf_write_fragment(l->cell, l->conf_obj, &w->options,
				    &w->where, &err) ||
	    file_read(file, &w->fragment, &err)) {
		lane_fail(l, "%s", err.msg);
		return -1;
	}
	return 0;
}

static char *config_file(struct lane *l, const struct wanted *w)
{
	const struct state *base = &l->crew->opts->tree->states[0];
	struct hash *h = hash_new();
	_cleanup_free_ char *hex = NULL;

	hash_add_str(h, base->tree);
	hash_add_str(h, l->shared->toolchain.id);
	hash_add_str(h, l->cell->base);
	hash_add_str(h, w->fragment.buf);
	strlist_each(v, &l->shared->make_vars)
		hash_add_str(h, v);
	hex = hash_finish(h);
	return xasprintf("%s/conf/%.24s.config", l->crew->opts->place->cache,
			 hex);
}

static void set_config(struct lane *l, struct strbuf *text)
{
	const struct state *base = &l->crew->opts->tree->states[0];
	struct hash *h = hash_new();

	l->shared->config = strbuf_detach(text);
	free(l->info->config_hash);
	l->info->config_hash =
		hash_hex(l->shared->config, strlen(l->shared->config));
	hash_add_str(h, base->tree);
	hash_add_str(h, l->info->config_hash);
	hash_add_str(h, l->shared->toolchain.id);
	strlist_each(v, &l->shared->make_vars)
		hash_add_str(h, v);
	/* a baseline of some directories and one of everything: the first
	 * would otherwise take the second's units for its own */
	if (lane_is_image(l))
		hash_add_str(h, "image");
	l->shared->key = hash_finish(h);
}

int lane_config_cached(struct lane *l)
{
	_cleanup_errbuf_ struct errbuf ignored = ERRBUF_INIT;
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	_cleanup_(wanted_release) struct wanted w = {
		.fragment = STRBUF_INIT,
	};
	_cleanup_free_ char *file = NULL;

	if (read_wanted(l, &w))
		return -1;
	strlist_release(&l->shared->wanted);
	strlist_release(&l->shared->wanted_where);
	strlist_cat(&l->shared->wanted, &w.options);
	strlist_cat(&l->shared->wanted_where, &w.where);
	file = config_file(l, &w);
	if (!file_exists(file) || file_read(file, &text, &ignored))
		return 0;
	set_config(l, &text);
	return 1;
}

/* "CONFIG_X=y (configs/a.config:3) came out as n: depends on Y (=n); ..." */
static char *describe_lost(const struct lost_options *lost)
{
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;

	for (size_t i = 0; i < lost->nr; i++) {
		const struct lost_option *o = &lost->v[i];

		strbuf_addf(&out, "%s%s (%s) came out as %s", i ? "; " : "",
			    o->option, o->where, o->got);
		if (o->why)
			strbuf_addf(&out, ": %s", o->why);
	}
	return strbuf_detach(&out);
}

/* The last few lines of what make said, for a configuration that failed. */
static const char *tail(const struct strbuf *out)
{
	size_t n = out->len, lines = 0;

	while (n && lines < 6)
		if (out->buf[--n] == '\n')
			lines++;
	return out->buf + n;
}

static void accept_config(struct lane *l, struct strbuf *text)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_(wanted_release) struct wanted w = {
		.fragment = STRBUF_INIT,
	};
	_cleanup_(lost_options_release) struct lost_options lost = { 0 };
	_cleanup_free_ char *file = NULL;

	if (read_wanted(l, &w))
		return;
	cellconf_check(&w.options, &w.where, text->buf, &lost);
	if (lost.nr) {
		_cleanup_free_ char *what = NULL;

		cellconf_explain(&lost, l->crew->base_checkout,
				 l->cell->srcarch, text->buf);
		what = describe_lost(&lost);
		lane_fail(l, "the configuration does not hold: %s", what);
		return;
	}
	file = config_file(l, &w);
	if (dir_make_for(file, &err) ||
	    file_write(file, text->buf, text->len, &err)) {
		lane_fail(l, "%s", err.msg);
		return;
	}
	set_config(l, text);
	l->phase = LANE_LOCK;
}

static void config_done(void *data, struct proc_result *res)
{
	struct lane *l = data;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	_cleanup_free_ char *dot = path_join(l->conf_obj, ".config");

	if (res->stopped)
		return;
	if (res->exit_code || res->timed_out)
		lane_fail(l, "configuring failed: %s", tail(&res->output));
	else if (file_read(dot, &text, &err))
		lane_fail(l, "%s", err.msg);
	else
		accept_config(l, &text);
}

int lane_config_start(struct lane *l)
{
	const struct place *p = l->crew->opts->place;
	_cleanup_strlist_ struct strlist command = STRLIST_INIT;
	_cleanup_(sandbox_release) struct sandbox s = SANDBOX_INIT;
	_cleanup_free_ char *fragment = path_join(p->obj, FRAGMENT);

	s.obj_upper = l->conf_obj;
	strlist_addl(&command, "sh", "-c", NULL);
	strlist_take(&command,
		     cellconf_command(l->cell, p->src, p->obj, fragment,
				      &l->shared->make_vars));
	lane_say(l, RUN_CELL_BUSY, "configuring");
	return lane_start(l, &s, &l->crew->opts->tree->states[0], &command,
			  config_done);
}
