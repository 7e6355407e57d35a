// SPDX-License-Identifier: GPL-2.0-only
#include "engine/proof.h"

#include "engine/proof_internal.h"
#include "engine/tree.h"
#include "model/result.h"
#include "model/unit.h"
#include "sys/mem.h"

#include <ctype.h>

static void forget_unit(struct prover *p)
{
	strmap_each (e, &p->reaches) {
		reach_release(strmap_value(e));
		free(strmap_value(e));
	}
	strmap_release(&p->reaches);
	free(p->unit);
	p->unit = NULL;
}

static const struct unit *unit_called(const struct source_cell *c,
				      const char *name)
{
	return c->units ? unit_set_find(c->units, name) : NULL;
}

const struct reach *prover_reach(struct question *q, size_t cell,
				 unsigned state)
{
	struct prover *p = q->p;
	const struct source_cell *c = &p->cells[cell];
	const char *alone =
		q->alone ? proof_path(p, q->alone, q->now, state) : NULL;
	_cleanup_free_ char *key =
		xasprintf("%zu %u %s", cell, state, alone ? alone : "");
	struct reach *r;

	if (!streq_null(p->unit, q->it->unit)) {
		forget_unit(p);
		p->unit = xstrdup(q->it->unit);
	}
	r = strmap_get(&p->reaches, key);
	if (r)
		return r;
	r = xcalloc(1, sizeof(*r));
	sources_reach(&p->sources, c, unit_called(c, q->it->unit),
		      alone ? alone : sources_at(&p->sources, q->source, state),
		      !alone, state, r);
	strmap_set(&p->reaches, key, r);
	return r;
}

const struct ctext_decl *proof_decl(const struct ctext *t, const char *name,
				    const struct source_cell *c)
{
	const struct ctext_decl *weak = NULL;

	for (size_t i = 0; t && i < t->nr_decls; i++) {
		const struct ctext_decl *d = &t->decls[i];

		if (strcmp(d->name, name) || d->kind == CTEXT_EXPORTED ||
		    ctext_cond_holds(d->cond, c->config) == CTEXT_FALSE)
			continue;
		if (d->kind != CTEXT_BY_MACRO)
			return d;
		if (!weak)
			weak = d;
	}
	return weak;
}

const char *proof_path(const struct prover *p, const char *path, unsigned from,
		       unsigned to)
{
	return sources_at(&p->sources, sources_base(&p->sources, path, from),
			  to);
}

/* "a.o" -> "a.c" */
static char *source_of(const struct question *q)
{
	const char *unit = q->d->unit ? q->d->unit : "";

	if (q->u && q->u->nr_deps)
		return xstrdup(q->u->deps[0]);
	if (!ends_with(unit, ".o"))
		return xstrdup(unit);
	return xasprintf("%.*s.c", (int)strlen(unit) - 2, unit);
}

/* "field 'vcpu' has incomplete type": the tag in the line it is told of. */
static char *tag_in_line(struct question *q)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	_cleanup_free_ char *line = NULL;
	const char *at = text.buf, *found;
	size_t n;

	if (!q->d->file || !q->d->line ||
	    !sources_text(&q->p->sources, q->cell, q->d->file, q->now, &text))
		return NULL;
	at = text.buf;
	for (unsigned i = 1; at && i < q->d->line; i++)
		at = (at = strchr(at, '\n')) ? at + 1 : NULL;
	if (!at)
		return NULL;
	line = xstrndup(at, strcspn(at, "\n"));
	found = strstr(line, "struct ");
	if (!found || strstr(found + 1, "struct ") ||
	    (found != line &&
	     (isalnum((unsigned char)found[-1]) || found[-1] == '_')))
		return NULL;
	found += strlen("struct ");
	for (n = 0; isalnum((unsigned char)found[n]) || found[n] == '_'; n++)
		;
	return n ? xasprintf("struct %.*s", (int)n, found) : NULL;
}

/* "expected ')' before 'DECLARE_HASHTABLE'": a macro or type that is none may
 * be what the parser stumbles over. Owned. */
static char *stumbling_block(const struct diagnostic *d)
{
	_cleanup_free_ char *m = cause_plain_quotes(d->message);
	const char *at = strstr(m, " before '");
	size_t n = 0;

	if (!at || !starts_with(m, "expected "))
		return NULL;
	at += strlen(" before '");
	while (isalnum((unsigned char)at[n]) || at[n] == '_')
		n++;
	return n && at[n] == '\'' ? xstrndup(at, n) : NULL;
}

/* Only what the series took away explains a message that does not say so. */
static bool answer_block(struct question *q, struct proof *f)
{
	return proof_missing(q, f) && f->kind != PROOF_NEVER &&
	       f->kind != PROOF_LEANS;
}

static bool answer(struct question *q, struct proof *f)
{
	switch (q->it->node->topic.kind) {
	case CAUSE_MISSING_INCLUDE:
	case CAUSE_CROSS_ARCH:
		return proof_file(q, f);
	case CAUSE_MISSING_DECLARATION:
	case CAUSE_INCOMPLETE_TYPE:
	case CAUSE_MISSING_MEMBER:
		return proof_missing(q, f);
	case CAUSE_UNDEFINED_SYMBOL:
	case CAUSE_UNEXPORTED_SYMBOL:
		return proof_symbol(q, f);
	case CAUSE_REDEFINITION:
		return proof_twice(q, f);
	case CAUSE_CONFIG:
		return proof_kconfig(q, f);
	case CAUSE_MAKE:
		return q->it->node->topic.dir && proof_make(q, f);
	case CAUSE_OTHER:
		return answer_block(q, f);
	default:
		return false;
	}
}

/* What the question is about when the topic does not name it; owned or NULL. */
static char *other_name(struct question *q)
{
	const struct cause_topic *t = &q->it->node->topic;

	if (t->unnamed)
		return tag_in_line(q);
	return t->kind == CAUSE_OTHER ? stumbling_block(q->d) : NULL;
}

/* "in expansion of macro 'X' at FILE:LINE": FILE; owned. */
static char *user_of(const struct diagnostic *d)
{
	static const char words[] = "in expansion of macro ";
	const char *at = d->note && starts_with(d->note, words)
				 ? strstr(d->note, " at ")
				 : NULL;

	if (!at)
		return xstrdup_null(d->file);
	at += strlen(" at ");
	return xstrndup(at, strcspn(at, ":"));
}

static void ask(struct question *q)
{
	struct prover *p = q->p;
	struct run_result *r = p->r;
	const struct cause_topic *t = &q->it->node->topic;
	const char *file = q->d->file ? q->d->file : "";
	_cleanup_free_ char *key = xasprintf("%zu %s %s %s %u", q->it->cell,
					     q->it->unit, t->id, file, q->now);
	_cleanup_free_ char *source = NULL, *tag = NULL, *user = NULL;
	struct proof f = {0};

	if (strmap_has(&p->seen, key))
		return;
	strmap_set(&p->seen, key, p);
	q->u = unit_called(q->cell, q->it->unit);
	q->source = source = source_of(q);
	q->user = user = user_of(q->d);
	tag = other_name(q);
	if (tag)
		q->thing = tag;
	else if (t->unnamed || t->kind == CAUSE_OTHER)
		return;
	if (!answer(q, &f)) {
		proof_release(&f);
		return;
	}
	f.cell = q->it->cell;
	f.patch = q->now;
	f.unit = xstrdup(q->it->unit);
	f.id = xstrdup(t->id);
	f.file = xstrdup(file);
	f.thing = xstrdup(q->thing);
	GROW(r->proofs, r->nr_proofs, r->alloc_proofs);
	r->proofs[r->nr_proofs++] = f;
}

static void ask_about(struct prover *p, const struct cause_scan *s,
		      const struct cause_moment *m, unsigned prev)
{
	for (size_t i = 0; i < m->nr; i++) {
		const struct cause_item *it = &s->items[m->items[i]];
		struct question q = {
			.p = p,
			.it = it,
			.d = it->d,
			.cell = &p->cells[m->cell],
			.prev = prev,
			.now = m->patch,
			.thing = it->node->topic.thing,
		};

		if (it->patch == m->patch && it->begins && !it->from_base &&
		    it->d->severity == DIAG_ERROR)
			ask(&q);
	}
}

/* All names that any question may be about, before any text is read. */
static void want(struct prover *p, const struct cause_scan *s)
{
	strmap_each (e, &s->nodes) {
		const struct cause_node *n = strmap_value(e);

		strmap_set(&p->sources.wanted, n->topic.thing, p);
	}
	for (size_t i = 0; i < s->nr_items; i++) {
		const struct cause_item *it = &s->items[i];
		struct question q = {.p = p,
				     .it = it,
				     .d = it->d,
				     .cell = &p->cells[it->cell],
				     .now = it->patch};
		char *name = it->begins ? other_name(&q) : NULL;

		if (name)
			strmap_set(&p->sources.wanted, name, p);
		free(name);
	}
}

static void forget(struct run_result *r)
{
	for (size_t i = 0; i < r->nr_proofs; i++)
		proof_release(&r->proofs[i]);
	r->nr_proofs = 0;
}

void proofs_find(struct run_result *r, const struct tree *t,
		 const char *checkout, const struct include_index *index,
		 const struct source_cell *cells)
{
	struct prover p = {
		.r = r,
		.tree = t,
		.index = index,
		.cells = cells,
		.sources = {.tree = t, .checkout = checkout},
	};
	struct cause_scan s;

	forget(r);
	cause_scan_init(&s, r);
	want(&p, &s);
	for (size_t i = 1; i < s.nr_moments; i++)
		if (s.moments[i].cell == s.moments[i - 1].cell)
			ask_about(&p, &s, &s.moments[i],
				  s.moments[i - 1].patch);
	cause_scan_release(&s);
	forget_unit(&p);
	strmap_release(&p.seen);
	sources_release(&p.sources);
}
