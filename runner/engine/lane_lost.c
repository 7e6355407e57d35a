// SPDX-License-Identifier: GPL-2.0-only
/*
 * Options that the cell asks for, has in the base, and has no more at a state. Only
 * a build from an empty O= makes another .config than that of the base, and the
 * steps that follow it have it in the objtree that they start from.
 *
 * Cells with equal configurations are built once, and each may ask for something
 * else: what any of them asks for counts. So nobody looks at a state before it is
 * known which cells are equal (lane_knows_equals()).
 */
#include "engine/cellconf.h"
#include "engine/kconfig_text.h"
#include "engine/lane.h"
#include "engine/link_step.h"
#include "engine/tree.h"
#include "model/matrix.h"
#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/mem.h"
#include "sys/strbuf.h"

#include <unistd.h>

static const struct state *this_state(const struct lane *l)
{
	return &l->crew->opts->tree->states[l->patch];
}

static bool may_be_equal(const struct lane *a, const struct lane *b)
{
	return !b->helper && !strcmp(a->cell->arch, b->cell->arch) &&
	       !strcmp(a->cell->toolchain, b->cell->toolchain);
}

bool lane_knows_equals(const struct lane *l)
{
	const struct crew *c = l->crew;

	for (size_t i = 0; i < c->nr_lanes; i++)
		if (c->lanes[i].phase == LANE_CONFIG &&
		    may_be_equal(l, &c->lanes[i]))
			return false;
	return true;
}

static void add_wanted(const struct lane *of, struct strlist *options,
		       struct strlist *where)
{
	for (size_t i = 0; i < of->shared->wanted.nr; i++) {
		if (strlist_has(options, of->shared->wanted.v[i]))
			continue;
		strlist_add(options, of->shared->wanted.v[i]);
		strlist_add(where, of->shared->wanted_where.v[i]);
	}
}

void lane_wanted_options(const struct lane *l, struct strlist *options,
			 struct strlist *where)
{
	const struct crew *c = l->crew;

	add_wanted(l, options, where);
	for (size_t i = 0; i < c->nr_lanes; i++) {
		const struct lane *other = &c->lanes[i];

		if (other != l && !other->helper &&
		    streq_null(other->shared->key, l->shared->key))
			add_wanted(other, options, where);
	}
}

/* ---- why ------------------------------------------------------------------- */

static bool is_kconfig(const char *path)
{
	const char *slash = strrchr(path, '/');

	return starts_with(slash ? slash + 1 : path, "Kconfig");
}

/* What the state has for the Kconfig files that it changes. */
static int put_changed(struct lane *l, const char *dir, struct errbuf *err)
{
	const struct change_list *now = &this_state(l)->since_base;

	for (size_t i = 0; i < now->nr; i++) {
		const struct change *c = &now->v[i];
		_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
		_cleanup_free_ char *path = path_join(dir, c->path);

		if (c->status == 'D' || !c->blob ||
		    (!is_kconfig(c->path) && !strmap_has(&l->kconfig, c->path)))
			continue;
		if (tree_blob(l->crew->opts->tree, c->blob, &text, err) ||
		    dir_make_for(path, err) ||
		    file_write(path, text.buf, text.len, err))
			return -1;
	}
	return 0;
}

/* Links to the others in the base. */
static int put_others(struct lane *l, const char *dir, struct errbuf *err)
{
	strmap_each(e, &l->kconfig) {
		const char *file = strmap_key(e);
		_cleanup_free_ char *path = path_join(dir, file);
		_cleanup_free_ char *base =
			path_join(l->crew->base_checkout, file);

		if (*file == '/' || strstr(file, "..") ||
		    tree_find_change(&this_state(l)->since_base, file) ||
		    !file_exists(base))
			continue;
		if (dir_make_for(path, err))
			return -1;
		if (symlink(base, path))
			return errbuf_set(err, "cannot make a link in %s", dir);
	}
	return 0;
}

/* Where the base defines what no file defines any more. */
static void place_in_base(struct lane *l, struct lost_options *lost)
{
	_cleanup_kconfig_ struct kconfig k = { 0 };

	for (size_t i = 0; i < lost->nr; i++) {
		struct lost_option *o = &lost->v[i];
		const char *symbol = o->option + strlen("CONFIG_");
		size_t len = strcspn(symbol, "=");

		if (o->file)
			continue;
		if (!k.nr)
			kconfig_read(&k, l->crew->base_checkout,
				     l->cell->srcarch);
		for (size_t d = 0; !o->file && d < k.nr; d++)
			if (!strncmp(k.defs[d].symbol, symbol, len) &&
			    !k.defs[d].symbol[len])
				o->file = xstrdup(k.defs[d].file);
	}
}

static void explain(struct lane *l, struct lost_options *lost,
		    const char *config)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_free_ char *dir = path_join(l->scratch, "kconfig");

	/* Without reasons the loss is told all the same. */
	if (tree_remove(dir, &err) || put_changed(l, dir, &err) ||
	    put_others(l, dir, &err))
		lane_say(l, RUN_NOTE, err.msg);
	else
		cellconf_explain(lost, dir, l->cell->srcarch, config);
	place_in_base(l, lost);
	errbuf_release(&err);
	if (tree_remove(dir, &err))
		lane_say(l, RUN_NOTE, err.msg);
}

/* ---- what is not looked at -------------------------------------------------- */

static void leave_out(struct lane *l, struct step_result *s, const char *unit)
{
	if (strlist_has(&s->failed, unit) || strlist_has(&s->left_out, unit))
		return;
	if (!link_is_product(unit) &&
	    unit_set_find(&l->chain.units, unit))
		return;
	strlist_add(&s->left_out, unit);
}

/*
 * Units of the target that no make in this objtree has made: those of the base
 * whose source is still there, and what failed in it or at an earlier patch.
 */
static void find_left_out(struct lane *l, struct step_result *s)
{
	if (!l->chain.moved || !l->chain.whole)
		return;
	for (size_t i = 0; i < l->shared->units.nr; i++) {
		const struct unit *u = &l->shared->units.v[i];

		if (u->kernel && lane_is_target(l, u->target) && u->nr_deps &&
		    lane_has_file(l, u->deps[0], this_state(l)))
			leave_out(l, s, u->name);
	}
	for (unsigned p = 0; p < l->patch; p++)
		strlist_each(f, &run_result_step(l->crew->result, p,
						 l->cell_nr)->failed)
			leave_out(l, s, f);
	strlist_sort(&s->left_out);
}

bool lane_lost_diags(struct lane *l, const char *config_file,
		     struct diag_list *out)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	_cleanup_strlist_ struct strlist options = STRLIST_INIT;
	_cleanup_strlist_ struct strlist where = STRLIST_INIT;
	_cleanup_(lost_options_release) struct lost_options lost = { 0 };
	size_t first = out->nr;

	if (!file_exists(config_file))
		return false; /* that of the base */
	if (file_read(config_file, &text, &err)) {
		/* what the state has lost is not known: that is no pass */
		strlist_addf(&l->crew->result->internal, "patch %u, %s: %s",
			     l->patch, l->cell->id, err.msg);
		return false;
	}
	if (!strcmp(text.buf, l->shared->config))
		return false;
	lane_wanted_options(l, &options, &where);
	cellconf_check(&options, &where, text.buf, &lost);
	if (!lost.nr)
		return false;
	explain(l, &lost, text.buf);
	cellconf_lost_diags(&lost, out);
	for (size_t i = first; i < out->nr; i++)
		diag_fingerprint(&out->v[i], &this_state(l)->renames);
	return true;
}

void lane_find_lost(struct lane *l, struct step_result *s)
{
	_cleanup_free_ char *file = path_join(l->chain.upper, ".config");

	if (lane_lost_diags(l, file, &s->diags))
		find_left_out(l, s);
}
