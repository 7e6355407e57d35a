// SPDX-License-Identifier: GPL-2.0-only
#include "engine/survey.h"

#include "engine/lane.h"
#include "engine/place.h"
#include "engine/tree.h"
#include "model/matrix.h"
#include "store/store.h"
#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/hash.h"
#include "sys/mem.h"

#include <sys/stat.h>

static void add_cells(struct run_result *r, const struct matrix *m)
{
	for (size_t i = 0; i < m->nr_cells; i++) {
		struct cell_info *info = run_result_add_cell(r);

		info->id = xstrdup(m->cells[i].id);
		info->arch = xstrdup(m->cells[i].arch);
		info->config = xstrdup(m->cells[i].config);
		info->toolchain = xstrdup(m->cells[i].toolchain);
	}
}

static void add_patches(struct run_result *r, const struct tree *t)
{
	for (size_t i = 0; i < t->nr_states; i++) {
		const struct state *s = &t->states[i];
		struct patch_info *p = run_result_add_patch(r);

		p->index = s->patch;
		p->subject = xstrdup_null(s->subject);
		p->author = xstrdup_null(s->author);
		p->commit = xstrdup_null(s->commit);
		p->tree = xstrdup_null(s->tree);
		p->not_applied = xstrdup_null(s->not_applied);
		if (s->note)
			strlist_addf(&r->warnings, "patch %u: %s", s->patch,
				     s->note);
		strmap_each(e, &s->renames) {
			strlist_add(&p->renames, strmap_key(e));
			strlist_add(&p->renames, strmap_value(e));
		}
	}
}

/* Versions of files that are yet to be read. */
struct versions {
	struct include_index *index;
	struct strlist paths, blobs;
};

static int index_version(void *data, size_t i, const char *text, size_t len,
			 struct errbuf *err)
{
	struct versions *v = data;

	(void)err;
	include_index_add(v->index, v->paths.v[i], text, len);
	return 0;
}

static int index_link(void *data, size_t i, const char *text, size_t len,
		      struct errbuf *err)
{
	struct versions *v = data;
	_cleanup_free_ char *target = xstrndup(text, len);

	(void)err;
	include_index_link(v->index, v->paths.v[i], target);
	return 0;
}

static void note_change(struct crew *c, const struct change *ch,
			struct versions *v, struct versions *links)
{
	strlist_add(&c->touched, ch->path);
	/* absent at some state: a name may mean another file there */
	if (ch->status == 'A' || ch->status == 'D')
		include_index_gone(&c->includes, ch->path);
	if (ch->status == 'A' &&
	    (ends_with(ch->path, ".c") || ends_with(ch->path, ".S")))
		strlist_add(&c->added_sources, ch->path);
	if (ch->status == 'D')
		return;
	if (ch->mode == 0120000)
		v = links;
	else if (!include_index_wants(ch->path))
		return;
	strlist_add(&v->paths, ch->path);
	strlist_add(&v->blobs, ch->blob);
}

static void versions_release(struct versions *v)
{
	strlist_release(&v->paths);
	strlist_release(&v->blobs);
}

/* Every version that some state has of a changed file goes into the index. */
static int index_states(struct crew *c, struct errbuf *err)
{
	const struct tree *t = c->opts->tree;
	_cleanup_(versions_release) struct versions files = {
		.index = &c->includes,
	};
	_cleanup_(versions_release) struct versions links = {
		.index = &c->includes,
	};

	for (size_t i = 1; i < t->nr_states; i++)
		for (size_t k = 0; k < t->states[i].since_prev.nr; k++)
			note_change(c, &t->states[i].since_prev.v[k], &files,
				    &links);
	strlist_sort(&c->touched);
	strlist_sort(&c->added_sources);
	if (tree_blobs(t, &files.blobs, index_version, &files, err))
		return -1;
	return tree_blobs(t, &links.blobs, index_link, &links, err);
}

static bool is_make(const char *path)
{
	const char *base = strrchr(path, '/');

	base = base ? base + 1 : path;
	return starts_with(base, "Makefile") || !strcmp(base, "Kbuild");
}

/* See struct cache_rule. */
static void cache_rule(struct cache_rule *rule, const struct include_index *x,
		       const struct tree *t, const struct state *s)
{
	_cleanup_free_ char *hex = NULL;
	struct hash *h = hash_new();

	for (size_t i = 0; i < s->since_base.nr; i++) {
		const struct change *c = &s->since_base.v[i];
		const char *base = strrchr(c->path, '/');

		base = base ? base + 1 : c->path;
		if (strmap_has(&x->unlisted, base))
			rule->off = true;
		if (c->status == 'M' && !S_ISLNK(c->mode) && !is_make(c->path))
			continue;
		rule->other_names = true;
		hash_add_str(h, c->path);
		hash_add_str(h, c->status == 'D' ? NULL : c->status == 'A' &&
					!S_ISLNK(c->mode) ? "" : c->blob);
	}
	hex = hash_finish(h);
	rule->space = rule->other_names ?
			      xasprintf("%s-%.16s", t->states[0].tree, hex) :
			      xstrdup(t->states[0].tree);
}

/* Has the state sources that the one before had not, or the reverse? */
static bool moves_sources(const struct state *s)
{
	if (s->not_applied)
		return true; /* it is taken for the base */
	for (size_t i = 0; i < s->since_prev.nr; i++) {
		const struct change *c = &s->since_prev.v[i];

		if ((c->status == 'A' || c->status == 'D') &&
		    (ends_with(c->path, ".c") || ends_with(c->path, ".S")))
			return true;
	}
	return false;
}

static void find_moved_sources(struct crew *c)
{
	const struct tree *t = c->opts->tree;

	c->sources_since = xcalloc(t->nr_states, sizeof(*c->sources_since));
	for (unsigned i = 1; i < t->nr_states; i++)
		c->sources_since[i] = moves_sources(&t->states[i])
					      ? i
					      : c->sources_since[i - 1];
}

int survey(struct crew *c, struct errbuf *err)
{
	const struct run_opts *o = c->opts;
	_cleanup_free_ char *file = NULL;

	add_cells(c->result, o->matrix);
	add_patches(c->result, o->tree);
	c->result->warnings_allowed = o->matrix->warnings_allowed;
	if (tree_base_checkout(o->tree, o->place->cache, &c->base_checkout,
			       err))
		return -1;
	file = xasprintf("%s.ok", c->base_checkout);
	file_touch(file);
	free(file);
	file = xasprintf("%s.includes", c->base_checkout);
	if (include_index_open(&c->includes, c->base_checkout, file, err) ||
	    index_states(c, err))
		return -1;
	c->cache_rules = xcalloc(o->tree->nr_states, sizeof(*c->cache_rules));
	for (size_t i = 0; i < o->tree->nr_states; i++)
		cache_rule(&c->cache_rules[i], &c->includes, o->tree,
			   &o->tree->states[i]);
	find_moved_sources(c);
	return 0;
}

static void release_lists(struct strmap *lists)
{
	strmap_each(e, lists) {
		strlist_release(strmap_value(e));
		free(strmap_value(e));
	}
	strmap_release(lists);
}

void survey_release(struct crew *c)
{
	strmap_each(e, &c->toolchains) {
		toolchain_release(strmap_value(e));
		free(strmap_value(e));
	}
	strmap_release(&c->toolchains);
	release_lists(&c->sources);
	strmap_each(e, &c->readers) {
		release_lists(strmap_value(e));
		free(strmap_value(e));
	}
	strmap_release(&c->readers);
	free(c->sources_since);
	lane_memory_release(c);
	for (size_t i = 0; c->cache_rules && i < c->opts->tree->nr_states; i++)
		free(c->cache_rules[i].space);
	free(c->cache_rules);
	free(c->base_checkout);
	free(c->makeflags);
	include_index_release(&c->includes);
	strlist_release(&c->touched);
	strlist_release(&c->added_sources);
}
