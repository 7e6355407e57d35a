// SPDX-License-Identifier: GPL-2.0-only
/*
 * identity: what the series did to the object code, function by function.
 *
 *	changed, added, removed	a function or variable that is not what it was in the
 *				base (variables: "changed variable", ...)
 *	moved			the same, in another unit: a figure
 *	summary			per cell: how many are identical at the tip, and what
 *				was set aside: a figure
 *
 * A unit that does not compile at a state has no object there; nothing is said of
 * its functions then, and the summary says so.
 */
#include "audit/audit.h"
#include "audit/identity.h"
#include "audit/ledger.h"
#include "audit/object_states.h"
#include "engine/objects.h"
#include "engine/tree.h"
#include "engine/tree_lines.h"
#include "model/result.h"
#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/mem.h"
#include "sys/strbuf.h"

struct identity_state {
	struct identity found;
	struct strlist skipped; /* units without an object */
};

static void free_state(void *found)
{
	struct identity_state *s = found;

	identity_release(&s->found);
	strlist_release(&s->skipped);
	free(s);
}

/* ---- lines that moved ------------------------------------------------------------- */

/* Lines of the files that the state changes: text -> whatever, by number. */
struct text_lines {
	struct strlist lines;
};

struct movement {
	struct text_lines *before, *after;
	size_t nr_before, nr_after;
};

static void read_lines(const struct tree *t, const struct state *s,
		       const char *path, struct text_lines **v, size_t *nr)
{
	_cleanup_errbuf_ struct errbuf ignored = ERRBUF_INIT;
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	struct text_lines *to;

	if (tree_read(t, s, path, &text, &ignored) != 1)
		return;
	*v = xrealloc(*v, (*nr + 1) * sizeof(**v));
	to = &(*v)[(*nr)++];
	*to = (struct text_lines){ 0 };
	for (const char *p = text.buf; *p;) {
		size_t n = strcspn(p, "\n");

		strlist_take(&to->lines, xstrndup(p, n));
		p += n + (p[n] == '\n');
	}
}

static bool is_source(const char *path)
{
	return ends_with(path, ".c") || ends_with(path, ".h") ||
	       ends_with(path, ".S");
}

static void movement_init(struct movement *m, const struct tree *t,
			  const struct state *s)
{
	const struct change_list *l = &s->since_base;

	*m = (struct movement){ 0 };
	for (size_t i = 0; i < l->nr; i++) {
		const char *path = l->v[i].path;

		if (!is_source(path))
			continue;
		read_lines(t, &t->states[0], path, &m->before, &m->nr_before);
		read_lines(t, s, path, &m->after, &m->nr_after);
	}
}

static void movement_release(struct movement *m)
{
	for (size_t i = 0; i < m->nr_before; i++)
		strlist_release(&m->before[i].lines);
	for (size_t i = 0; i < m->nr_after; i++)
		strlist_release(&m->after[i].lines);
	free(m->before);
	free(m->after);
}

static const char *line_of(const struct text_lines *t, unsigned nr)
{
	return nr && nr <= t->lines.nr ? t->lines.v[nr - 1] : NULL;
}

/* The same text stood there, in a file that the series changes. */
static bool line_moved(void *data, const char *unit, unsigned from, unsigned to)
{
	const struct movement *m = data;

	(void)unit;
	for (size_t i = 0; i < m->nr_before; i++) {
		const char *x = line_of(&m->before[i], from);

		/* a line that may be a use of __LINE__ */
		if (!x || !strpbrk(x, "abcdefghijklmnopqrstuvwxyz_") ||
		    !strpbrk(x, "()"))
			continue;
		for (size_t k = 0; k < m->nr_after; k++) {
			const char *y = line_of(&m->after[k], to);

			if (y && !strcmp(x, y))
				return true;
		}
	}
	return false;
}

/* ---- one state --------------------------------------------------------------------- */

struct pairs {
	struct identity_unit *v;
	struct objfile *files; /* two a unit */
	size_t nr;
};

static int read_object(struct objfile *to, const char *path,
		       const struct objfile **out, struct errbuf *err)
{
	if (objfile_read(to, path, OBJ_WITH_BYTES, err))
		return -1;
	*out = to;
	return 0;
}

static int add_pair(struct pairs *p, const char *name,
		    const struct tree_object *before,
		    const struct tree_object *after, struct errbuf *err)
{
	struct identity_unit *u = &p->v[p->nr];
	struct objfile *f = &p->files[2 * p->nr];

	*u = (struct identity_unit){ .name = name };
	p->nr++;
	if (before && read_object(&f[0], before->path, &u->before, err))
		return -1;
	if (before && after && !strcmp(before->path, after->path)) {
		u->after = u->before;
		return 0;
	}
	return after ? read_object(&f[1], after->path, &u->after, err) : 0;
}

static int pair_up(struct pairs *p, const struct tree_objects *before,
		   const struct tree_objects *after,
		   const struct look_site *at, struct strlist *skipped,
		   struct errbuf *err)
{
	p->v = xcalloc(before->nr + after->nr + 1, sizeof(*p->v));
	p->files = xcalloc(2 * (before->nr + after->nr + 1),
			   sizeof(*p->files));
	for (size_t i = 0; i < before->nr; i++) {
		const char *name = before->v[i].name;
		const struct tree_object *b = tree_objects_get(after, name);

		if (!b && !strlist_has_sorted(&at->gone, name)) {
			strlist_add(skipped, name);
			continue;
		}
		if (add_pair(p, name, &before->v[i], b, err))
			return -1;
	}
	for (size_t i = 0; i < after->nr; i++)
		if (!tree_objects_get(before, after->v[i].name) &&
		    add_pair(p, after->v[i].name, NULL, &after->v[i], err))
			return -1;
	return 0;
}

static void pairs_release(struct pairs *p)
{
	for (size_t i = 0; i < 2 * p->nr; i++)
		objfile_release(&p->files[i]);
	free(p->v);
	free(p->files);
}

static int compare(struct identity_state *s, const struct look_site *at,
		   const struct image_tree *before,
		   const struct image_tree *now, struct errbuf *err)
{
	_cleanup_tree_objects_ struct tree_objects x = { 0 }, y = { 0 };
	_cleanup_(pairs_release) struct pairs p = { 0 };
	_cleanup_(movement_release) struct movement m = { 0 };

	if (tree_objects_find(&x, before, err) ||
	    tree_objects_find(&y, now, err) ||
	    pair_up(&p, &x, &y, at, &s->skipped, err))
		return -1;
	movement_init(&m, at->tree, &at->tree->states[at->patch]);
	identity_find(&s->found, p.v, p.nr, line_moved, &m);
	return 0;
}

static void *find(const struct audit_cell *c, const struct look_site *at,
		  const struct image_tree *before,
		  const struct image_tree *now, struct errbuf *err)
{
	struct identity_state *s = xcalloc(1, sizeof(*s));

	(void)c;
	if (!compare(s, at, before, now, err))
		return s;
	free_state(s);
	return NULL;
}

/* ---- findings ------------------------------------------------------------------------- */

static const char *const kinds[2][NR_FATES] = {
	[CODE_FUNCTION] = { [FATE_CHANGED] = "changed",
			    [FATE_ADDED] = "added",
			    [FATE_REMOVED] = "removed" },
	[CODE_DATA] = { [FATE_CHANGED] = "changed variable",
			[FATE_ADDED] = "added variable",
			[FATE_REMOVED] = "removed variable" },
};

static char *evidence_of(const struct identity_item *i)
{
	if (i->fate == FATE_CHANGED && strcmp(i->before, i->after))
		return xasprintf("was in %s, is in %s; %s", i->before, i->after,
				 i->why ? i->why : "not the same");
	if (i->fate == FATE_CHANGED)
		return xstrdup(i->why ? i->why : "not the same");
	return xasprintf("%s %s", i->fate == FATE_ADDED ? "new in" : "was in",
			 i->fate == FATE_ADDED ? i->after : i->before);
}

static void tell_item(struct object_judge *j, const struct identity_item *i,
		      unsigned patch)
{
	const char *kind = kinds[i->kind][i->fate];
	const char *unit = i->after ? i->after : i->before;
	struct fact_text text;

	if (!kind)
		return;
	text = (struct fact_text){
		.unit = xstrdup(unit),
		.target = xstrdup(i->name),
		.evidence = evidence_of(i),
	};
	ledger_holds(&j->ledger, audit_id(j->a, kind, unit, i->name, NULL),
		     kind, j->cell->nr, patch, patch + 1, &text);
}

static void figure(struct object_judge *j, const char *kind, const char *unit,
		   const char *target, char *evidence)
{
	struct finding *f = audit_add(
		j->a, audit_id(j->a, kind, j->cell->id, unit ? unit : "",
			       target, NULL));

	f->status = FINDING_PRESENT;
	f->kind = xstrdup(kind);
	f->unit = xstrdup_null(unit);
	f->target = xstrdup(target);
	f->evidence = evidence;
	audit_add_cell(j->a, f, j->cell->nr);
}

static void tell_tip(struct object_judge *j, const void *found)
{
	const struct identity_state *s = found;
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	identity_tell(&s->found, &text);
	if (s->skipped.nr)
		strbuf_addf(&text, "; %zu units have no object at the tip and "
				   "are not counted (%s, ...)",
			    s->skipped.nr, s->skipped.v[0]);
	figure(j, "summary", NULL, "object code", xstrdup(text.buf));
	strlist_each(line, &s->found.aside) {
		size_t n = strcspn(line, ":");
		_cleanup_free_ char *section = xstrndup(line, n);

		figure(j, "aside", NULL, section,
		       xasprintf("differs and is set aside: %s", line + n + 2));
	}
	for (size_t i = 0; i < s->found.nr_items; i++) {
		const struct identity_item *it = &s->found.items[i];

		if (it->fate == FATE_MOVED && it->kind == CODE_FUNCTION)
			figure(j, "moved", it->before, it->name,
			       xasprintf("is the same in %s%s", it->after,
					 it->places ? ", but for line numbers "
						      "or file names" :
						      ""));
	}
}

static void tell_state(struct object_judge *j, const void *found, unsigned patch)
{
	const struct identity_state *s = found;

	for (size_t i = 0; i < s->found.nr_items; i++)
		tell_item(j, &s->found.items[i], patch);
}

static const struct object_audit reads_objects = {
	.find = find,
	.free = free_state,
	.tell = tell_state,
	.tell_last = tell_tip,
};

const struct audit audit_identity = {
	.name = "identity",
	.help = "functions whose object code the series changes",
	.objects = &reads_objects,
};
