// SPDX-License-Identifier: GPL-2.0-only
/*
 * A header that is not there, and a symbol that no object defines, or none that
 * a module may use.
 */
#include "engine/proof_internal.h"

#include "engine/includes.h"
#include "engine/tree.h"
#include "model/unit.h"
#include "sys/mem.h"

/* ---- a header ---------------------------------------------------------------
 */

static const struct ctext_include *include_named(const struct ctext *t,
						 const char *name)
{
	for (size_t i = 0; t && i < t->nr_includes; i++)
		if (!strcmp(t->includes[i].name, name))
			return &t->includes[i];
	return NULL;
}

bool proof_went(struct question *q, const char *path, struct proof *f)
{
	for (unsigned k = q->prev + 1; k <= q->now; k++) {
		const struct change_list *l = &q->p->tree->states[k].since_prev;
		const struct change *gone = tree_find_change(l, path);

		if (!gone || gone->status != 'D')
			continue;
		*f = (struct proof){.kind = PROOF_HEADER_GONE,
				    .by = k,
				    .header = xstrdup(path)};
		for (size_t i = 0; i < l->nr; i++) {
			if (!streq_null(l->v[i].renamed_from, path))
				continue;
			f->kind = PROOF_HEADER_MOVED;
			f->to = xstrdup(l->v[i].path);
		}
		return true;
	}
	return false;
}

/* Files of that name in directories where this unit does not look. */
static void others_called(struct question *q, const char *name, struct proof *f)
{
	_cleanup_strlist_ struct strlist paths = STRLIST_INIT;
	size_t nr = 0;

	if (q->p->index)
		include_index_called(q->p->index, name, &paths);
	strlist_each (path, &paths) {
		if (!sources_exist(&q->p->sources, q->cell, path, q->now))
			continue;
		if (!nr++)
			f->to = xstrdup(path);
	}
	if (nr > 1)
		f->remark =
			xasprintf("%zu files of the tree are called so", nr);
}

bool proof_file(struct question *q, struct proof *f)
{
	struct sources *s = &q->p->sources;
	const char *name = q->thing, *file = q->d->file;
	const struct ctext_include *inc;
	_cleanup_free_ char *was = NULL;
	const char *before;

	if (!file)
		return false;
	before = proof_path(q->p, file, q->now, q->prev);
	inc = include_named(sources_look(s, q->cell, before, q->prev), name);
	if (inc)
		was = sources_resolve(s, q->cell, q->u, before, inc->form, name,
				      q->prev);
	if (was && proof_went(q, was, f)) {
		f->place = xstrdup(file);
		f->place_line = q->d->line;
		return true;
	}
	*f = (struct proof){.kind = PROOF_ELSEWHERE,
			    .by = inc ? 0 : q->now,
			    .place = xstrdup(file),
			    .place_line = q->d->line};
	others_called(q, name, f);
	return f->to != NULL;
}

/* ---- a symbol ---------------------------------------------------------------
 */

struct symbol {
	char *file; /* defines it; NULL: none found */
	unsigned line;
	char *exporter;
	unsigned export_line;
	bool body; /* file has the body of a function */
};

static void symbol_release(struct symbol *y)
{
	free(y->file);
	free(y->exporter);
}

static void look_for_symbol(struct question *q, const char *path,
			    unsigned state, struct symbol *y)
{
	const struct ctext *t;

	if (!ends_with(path, ".c"))
		return;
	t = sources_look(&q->p->sources, q->cell, path, state);
	for (size_t i = 0; t && i < t->nr_decls; i++) {
		const struct ctext_decl *d = &t->decls[i];
		bool body = d->kind == CTEXT_DEFINED;

		if (strcmp(d->name, q->thing))
			continue;
		if (d->kind == CTEXT_EXPORTED) {
			free(y->exporter);
			y->exporter = xstrdup(path);
			y->export_line = d->line;
		} else if (body && !y->body) {
			free(y->file);
			y->file = xstrdup(path);
			y->line = d->line;
			y->body = true;
		}
	}
}

/* Looks at the sources of the cell's units and at what the series changes. */
static void find_symbol(struct question *q, unsigned state, struct symbol *y)
{
	const struct change_list *l = &q->p->tree->states[state].since_base;
	const struct unit_set *units = q->cell->units;

	*y = (struct symbol){0};
	for (size_t i = 0; units && i < units->nr; i++)
		if (units->v[i].nr_deps)
			look_for_symbol(q,
					sources_at(&q->p->sources,
						   units->v[i].deps[0], state),
					state, y);
	for (size_t i = 0; i < l->nr; i++)
		if (l->v[i].status != 'D')
			look_for_symbol(q, l->v[i].path, state, y);
}

bool proof_symbol(struct question *q, struct proof *f)
{
	bool for_module = streq_null(q->d->tool, "modpost");
	_cleanup_(symbol_release) struct symbol now = {0};
	_cleanup_(symbol_release) struct symbol before = {0};

	find_symbol(q, q->now, &now);
	find_symbol(q, q->prev, &before);
	if (!now.file && !before.file)
		return false;
	*f = (struct proof){
		.kind = PROOF_DEFINED,
		.header = xstrdup_null(before.file),
		.to = xstrdup_null(now.file),
		.line = now.file ? now.line : before.line,
	};
	if (for_module && now.file && !now.exporter) {
		f->kind = PROOF_UNEXPORTED;
		/* who exported it */
		free(f->header);
		f->header = xstrdup_null(before.exporter);
		f->place_line = before.export_line;
	}
	/* One patch between two states: it did what differs. */
	if (q->now == q->prev + 1 &&
	    (!streq_null(now.file, before.file) ||
	     (f->kind == PROOF_UNEXPORTED && before.exporter)))
		f->by = q->now;
	return true;
}
