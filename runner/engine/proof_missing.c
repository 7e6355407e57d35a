// SPDX-License-Identifier: GPL-2.0-only
/*
 * A name that is not declared, a type without its members, a member that is not
 * there.
 */
#include "engine/proof_internal.h"

#include "engine/tree.h"
#include "model/unit.h"
#include "sys/mem.h"

#include <ctype.h>

/* Where a unit finds the thing. */
struct found {
	const struct reached *in;
	const struct ctext_decl *decl;
};

static bool find(struct question *q, size_t cell, unsigned state,
		 struct found *f)
{
	struct prover *p = q->p;
	const struct source_cell *c = &p->cells[cell];
	const struct reach *r = prover_reach(q, cell, state);
	struct found weak = {0};

	for (size_t i = 0; i < r->nr; i++) {
		const struct ctext *t =
			sources_look(&p->sources, c, r->v[i]->path, state);
		const struct ctext_decl *d = proof_decl(t, q->thing, c);

		if (!d)
			continue;
		*f = (struct found){r->v[i], d};
		if (d->kind != CTEXT_BY_MACRO)
			return true;
		if (!weak.decl)
			weak = *f;
	}
	*f = weak;
	return weak.decl != NULL;
}

static bool is_header(const char *path)
{
	return path && ends_with(path, ".h");
}

static const struct ctext *look(struct question *q, const char *path,
				unsigned state)
{
	return sources_look(&q->p->sources, q->cell, path, state);
}

/* The include of name in t; NULL where there is none, or the configuration
 * leaves it out. */
static const struct ctext_include *
include_of(const struct question *q, const struct ctext *t, const char *name)
{
	for (size_t i = 0; t && i < t->nr_includes; i++)
		if (!strcmp(t->includes[i].name, name) &&
		    ctext_cond_holds(t->includes[i].cond, q->cell->config) !=
			    CTEXT_FALSE)
			return &t->includes[i];
	return NULL;
}

/* ---- cycles -----------------------------------------------------------------
 */

static const struct ctext_include *include_at(const struct ctext *t,
					      unsigned line)
{
	for (size_t i = 0; t && i < t->nr_includes; i++)
		if (t->includes[i].line == line)
			return &t->includes[i];
	return NULL;
}

/* Does the chain of the message lead to the file that uses the thing? That of a
 * macro leads to where the macro is defined. */
static bool chain_leads_to(struct question *q, const char *file)
{
	const struct diag_from *last = q->d->from;
	const struct ctext_include *inc;
	_cleanup_free_ char *to = NULL;

	if (!q->d->nr_from)
		return false;
	inc = include_at(look(q, last->file, q->now), last->line);
	if (inc)
		to = sources_resolve(&q->p->sources, q->cell, q->u, last->file,
				     inc->form, inc->name, q->now);
	return streq_null(to, file);
}

/* The index in d->from of a header that declares the thing, behind the line
 * where it includes what leads to d->file; or -1. */
static int declaring_includer(struct question *q,
			      const struct ctext_decl **decl)
{
	for (size_t i = 0; i < q->d->nr_from; i++) {
		const struct diag_from *f = &q->d->from[i];

		if (!is_header(f->file) || streq_null(f->file, q->user))
			continue;
		*decl = proof_decl(look(q, f->file, q->now), q->thing, q->cell);
		if (*decl && (*decl)->line > f->line)
			return (int)i;
	}
	return -1;
}

/* Was this include there before? If not, it is what closes the cycle. */
static void closing_edge(struct question *q, struct proof *f, const char *file,
			 const struct ctext_include *inc)
{
	const char *before = proof_path(q->p, file, q->now, q->prev);

	if (!inc || f->to || include_of(q, look(q, before, q->prev), inc->name))
		return;
	f->to = xstrdup(file);
	f->place_line = inc->line;
	f->text = xstrdup(inc->name);
	f->by = q->now;
}

/* A uses what B declares; B includes A before it does; A includes B, which the
 * guard of B makes void. */
static bool try_cycle(struct question *q, struct proof *f)
{
	const struct ctext_decl *decl;
	const char *a = q->user, *b;
	_cleanup_reach_ struct reach from_a = {0};
	const struct reached *to;
	char *way;
	int at;

	if (!is_header(a) || !chain_leads_to(q, a) ||
	    (at = declaring_includer(q, &decl)) < 0)
		return false;
	b = q->d->from[at].file;
	sources_reach(&q->p->sources, q->cell, q->u, a, false, q->now, &from_a);
	to = reach_find(&from_a, b);
	if (!to)
		return false;
	*f = (struct proof){.kind = PROOF_CYCLE,
			    .header = xstrdup(b),
			    .line = decl->line,
			    .place = xstrdup(a)};
	way = reach_chain(to);
	for (int i = at; i >= 0; i--) {
		const struct diag_from *step = &q->d->from[i];
		const char *next = i ? q->d->from[i - 1].file : a;
		char *longer = xasprintf("%s > %s", way, next);

		free(way);
		way = longer;
		closing_edge(
			q, f, step->file,
			include_at(look(q, step->file, q->now), step->line));
	}
	f->chain = way;
	for (; to->from; to = to->from)
		closing_edge(q, f, to->from->path, to->by);
	/* One that was there before is not why it fails now. */
	if (f->to)
		return true;
	proof_release(f);
	return false;
}

/* ---- what became of a declaration -------------------------------------------
 */

static void set_hidden(struct question *q, struct proof *f, const char *header,
		       unsigned line, const char *place,
		       const struct ctext_cond *c, unsigned by)
{
	(void)q;
	*f = (struct proof){.kind = PROOF_HIDDEN,
			    .by = by,
			    .header = xstrdup(header),
			    .line = line,
			    .place = xstrdup(place),
			    .place_line = c->line,
			    .text = xstrdup(c->text)};
}

/*
 * The includes from the unit to the declaration, from the outside in: the first
 * that is gone, leads elsewhere, or stands under a new condition, at state k.
 */
static bool broken_include(struct question *q, const struct reached *r,
			   const struct ctext_decl *decl, unsigned k,
			   struct proof *f)
{
	struct prover *p = q->p;
	const struct ctext_include *inc;
	const struct ctext_cond *extra;
	_cleanup_free_ char *leads = NULL;
	const char *file, *target;

	if (!r->from)
		return false;
	if (broken_include(q, r->from, decl, k, f))
		return true;
	file = proof_path(p, r->from->path, q->prev, k);
	target = proof_path(p, r->path, q->prev, k);
	inc = include_of(q, look(q, file, k), r->by->name);
	if (inc) {
		leads = sources_resolve(&p->sources, q->cell, q->u, file,
					inc->form, inc->name, k);
		extra = ctext_cond_extra(inc->cond, r->by->cond);
		if (streq_null(leads, target) && !extra)
			return false;
		if (extra) {
			set_hidden(q, f, target, decl->line, file, extra, k);
			return true;
		}
	} else if (strcmp(target, r->path)) {
		/* a renamed header, included by its new name */
		const struct ctext *t = look(q, file, k);

		for (size_t i = 0; t && i < t->nr_includes; i++) {
			leads = sources_resolve(&p->sources, q->cell, q->u,
						file, t->includes[i].form,
						t->includes[i].name, k);
			if (streq_null(leads, target))
				return false;
			free(STEAL(leads));
		}
	}
	*f = (struct proof){.kind = PROOF_CUT,
			    .by = k,
			    .place = xstrdup(file),
			    .place_line = r->by->line,
			    .text = xstrdup(r->by->name)};
	if (leads)
		f->remark = xasprintf("there it means %s since", leads);
	return true;
}

/* A file that declares the thing at k and did not before. */
static const char *moved_to(struct question *q, unsigned k,
			    const struct ctext_decl **decl)
{
	const struct change_list *l = &q->p->tree->states[k].since_prev;
	const char *in_source = NULL;

	for (size_t i = 0; i < l->nr; i++) {
		const char *path = l->v[i].path;

		if (l->v[i].status == 'D' ||
		    (!ends_with(path, ".h") && !ends_with(path, ".c")) ||
		    proof_decl(look(q, proof_path(q->p, path, k, k - 1), k - 1),
			       q->thing, q->cell))
			continue;
		*decl = proof_decl(look(q, path, k), q->thing, q->cell);
		if (*decl && ends_with(path, ".h"))
			return path;
		if (*decl)
			in_source = path;
	}
	if (in_source)
		*decl = proof_decl(look(q, in_source, k), q->thing, q->cell);
	return in_source;
}

/* Is there more than blanks and braces? */
static bool tells(const char *line, size_t n)
{
	size_t letters = 0;

	for (size_t i = 0; i < n; i++)
		letters += isalnum((unsigned char)line[i]) != 0;
	return letters > 3;
}

/*
 * First line of the removed block that line of the old text stands in. Lines
 * that the new text has, too, are its borders; those that hardly say anything
 * are not. Owned.
 */
static char *block_of(const char *old, const char *new, unsigned line)
{
	_cleanup_strlist_ struct strlist was = STRLIST_INIT;
	_cleanup_strlist_ struct strlist is = STRLIST_INIT;
	_cleanup_strmap_ struct strmap kept = STRMAP_INIT;
	const char *first = NULL;
	size_t i;

	for (const char *s = old; *s;) {
		size_t n = strcspn(s, "\n");

		strlist_take(&was, xstrndup(s, n));
		s += n + (s[n] == '\n');
	}
	strlist_split(&is, new, "\n");
	strlist_each (l, &is)
		if (tells(l, strlen(l)))
			strmap_set(&kept, l, &kept);
	if (!line || line > was.nr)
		return NULL;
	for (i = line; i-- > 0 && !strmap_has(&kept, was.v[i]);)
		if (tells(was.v[i], strlen(was.v[i])))
			first = was.v[i];
	return first ? xstrdup(first + strspn(first, " \t")) : NULL;
}

static void set_removed(struct question *q, const struct found *old,
			const char *path, unsigned k, struct proof *f)
{
	_cleanup_strbuf_ struct strbuf was = STRBUF_INIT, is = STRBUF_INIT;
	struct sources *s = &q->p->sources;
	const struct ctext *t = look(q, path, k);

	*f = (struct proof){.kind = PROOF_REMOVED,
			    .by = k,
			    .header = xstrdup(old->in->path),
			    .line = old->decl->line};
	if (sources_text(s, q->cell, old->in->path, q->prev, &was) &&
	    sources_text(s, q->cell, path, k, &is))
		f->text = block_of(was.buf, is.buf, old->decl->line);
	/* What is left is for other configurations. */
	for (size_t i = 0; t && i < t->nr_decls; i++) {
		const struct ctext_decl *d = &t->decls[i];

		if (strcmp(d->name, q->thing) || !d->cond || f->remark)
			continue;
		f->remark = xasprintf("what is left of it at %s:%u stands "
				      "under %s",
				      path, d->line, d->cond->text);
	}
}

/* What state k did to a declaration that the unit found at q->prev. */
static bool judge(struct question *q, const struct found *old, unsigned k,
		  struct proof *f)
{
	const char *path = proof_path(q->p, old->in->path, q->prev, k);
	const struct reach *r = prover_reach(q, q->it->cell, k);
	const struct ctext_decl *d =
		proof_decl(look(q, path, k), q->thing, q->cell);
	const struct ctext_cond *extra;

	if (!d) {
		path = moved_to(q, k, &d);
		if (!path) {
			set_removed(q, old,
				    proof_path(q->p, old->in->path, q->prev, k),
				    k, f);
			return true;
		}
		if (!reach_find(r, path)) {
			*f = (struct proof){.kind = PROOF_MOVED,
					    .by = k,
					    .header = xstrdup(old->in->path),
					    .line = old->decl->line,
					    .to = xstrdup(path)};
			return true;
		}
	}
	if (reach_find(r, path)) {
		extra = ctext_cond_extra(d->cond, old->decl->cond);
		if (extra) {
			set_hidden(q, f, path, d->line, path, extra, k);
			return true;
		}
	}
	if (!broken_include(q, old->in, d, k, f))
		return false;
	if (f->kind == PROOF_CUT) {
		f->header = xstrdup(path);
		f->line = d->line;
		f->chain = reach_chain(old->in);
		if (is_header(q->user) && strcmp(q->user, f->place))
			f->remark =
				f->remark ? f->remark
					  : xasprintf("%s uses it and does not "
						      "include it itself",
						      q->user);
	}
	return true;
}

/* ---- what the unit never had ------------------------------------------------
 */

/* The better a unit may include a header, the smaller. */
static int distance(const struct question *q, const char *path)
{
	_cleanup_free_ char *own =
		xasprintf("arch/%s/include/", q->cell->srcarch);
	const char *slash = strrchr(q->source, '/');
	size_t n = slash ? (size_t)(slash - q->source + 1) : 0;

	if (starts_with(path, "include/linux/"))
		return 1;
	if (starts_with(path, "include/"))
		return 2;
	if (starts_with(path, own))
		return 3;
	if (n && !strncmp(path, q->source, n) && !strchr(path + n, '/'))
		return 4;
	return 0;
}

static void try_header(struct question *q, const char *path, struct proof *f,
		       int *best)
{
	const struct ctext_decl *d;
	int far = is_header(path) ? distance(q, path) : 0;

	if (!far || (f->header && far >= *best))
		return;
	d = proof_decl(look(q, path, q->now), q->thing, q->cell);
	if (!d || d->kind == CTEXT_BY_MACRO)
		return;
	free(f->header);
	f->header = xstrdup(path);
	f->line = d->line;
	*best = far;
}

static bool declared_elsewhere(struct question *q, struct proof *f)
{
	const struct change_list *l = &q->p->tree->states[q->now].since_base;
	bool in_header = is_header(q->user);
	int best = 0;

	for (size_t i = 0; i < l->nr; i++)
		if (l->v[i].status != 'D')
			try_header(q, l->v[i].path, f, &best);
	if (q->cell->units)
		strmap_each (e, &q->cell->units->files) {
			const char *path = strmap_key(e);

			if (sources_exist(&q->p->sources, q->cell, path,
					  q->now))
				try_header(q, path, f, &best);
		}
	if (!f->header || streq_null(f->header, q->user))
		return false;
	f->kind = in_header ? PROOF_LEANS : PROOF_NEVER;
	f->by = q->now;
	f->place = xstrdup(q->user ? q->user : q->source);
	f->place_line = q->d->line;
	return true;
}

/* ---- who has it -------------------------------------------------------------
 */

static bool fails(const struct run_result *r, unsigned patch, size_t cell,
		  const char *unit)
{
	const struct step_result *s = run_result_step(r, patch, cell);

	return (s->outcome != OUTCOME_BUILT &&
		s->outcome != OUTCOME_UNREACHED) ||
	       strlist_has(&s->failed, unit);
}

/* The same unit in a cell where it compiles: how does the thing come there? */
static void find_luck(struct question *q, struct proof *f)
{
	const struct run_result *r = q->p->r;

	for (size_t i = 0; i < r->nr_cells && !f->luck; i++) {
		const struct source_cell *c = &q->p->cells[i];
		_cleanup_free_ char *chain = NULL;
		struct found other;

		if (i == q->it->cell || !c->units ||
		    streq_null(r->cells[i].arch, r->cells[q->it->cell].arch) ||
		    !unit_set_find(c->units, q->it->unit) ||
		    fails(r, q->now, i, q->d->unit) ||
		    !find(q, i, q->now, &other) || !other.in->from)
			continue;
		chain = reach_chain(other.in);
		f->luck = xasprintf("%s: %s", r->cells[i].arch, chain);
	}
}

/* The patch that took away what the unit found at q->prev, and how. */
static bool find_loss(struct question *q, const struct found *old,
		      struct proof *f)
{
	for (unsigned k = q->prev + 1; k <= q->now; k++) {
		if (!q->p->tree->states[k].tree || !judge(q, old, k, f))
			continue;
		if (f->kind == PROOF_HIDDEN) {
			proof_flag(q, f);
			if (is_header(q->user))
				f->to = xstrdup(q->user);
		} else if (f->kind != PROOF_REMOVED) {
			find_luck(q, f);
		}
		return true;
	}
	return false;
}

bool proof_missing(struct question *q, struct proof *f)
{
	struct found old, now;

	if (try_cycle(q, f))
		return true;
	if (!find(q, q->it->cell, q->prev, &old)) {
		if (q->it->node->topic.kind == CAUSE_MISSING_MEMBER ||
		    find(q, q->it->cell, q->now, &now) ||
		    !declared_elsewhere(q, f))
			return false;
		find_luck(q, f);
		return true;
	}
	if (find_loss(q, &old, f))
		return true;
	if (!is_header(q->user))
		return false;
	q->alone = q->user;
	return find(q, q->it->cell, q->prev, &old) && find_loss(q, &old, f);
}
