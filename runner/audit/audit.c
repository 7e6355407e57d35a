// SPDX-License-Identifier: GPL-2.0-only
#include "audit/audit.h"

#include "audit/accept.h"
#include "audit/collect.h"
#include "audit/object_states.h"
#include "audit/sharing.h"
#include "engine/tree.h"
#include "engine/tree_lines.h"
#include "model/result.h"
#include "sys/errbuf.h"
#include "sys/hash.h"
#include "sys/mem.h"
#include "sys/strbuf.h"

#include <stdarg.h>

static const struct audit *const all[] = {
	&audit_headers,	 &audit_cycles,	    &audit_cost,
	&audit_coverage, &audit_standalone, &audit_exposure,
	&audit_identity, &audit_boot_calls,
};

const struct audit *audit_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		if (!strcmp(all[i]->name, name))
			return all[i];
	return NULL;
}

const struct audit *audit_nth(size_t i)
{
	return i < ARRAY_SIZE(all) ? all[i] : NULL;
}

bool audit_names_ok(const struct strlist *names, struct errbuf *err)
{
	_cleanup_strlist_ struct strlist known = STRLIST_INIT;
	_cleanup_free_ char *list = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		strlist_add(&known, all[i]->name);
	list = strlist_join(&known, ", ");
	if (!names->nr) {
		errbuf_set(err, "no audit named; there are: %s", list);
		return false;
	}
	strlist_each(n, names)
		if (!audit_find(n)) {
			errbuf_set(err, "no audit '%s'; there are: %s", n, list);
			return false;
		}
	return true;
}

static void note_unseen(struct audit_run *a, size_t nr);

static void judge_all(void *data, const struct tree *tree, struct run_result *r)
{
	struct audit_run *a = data;

	a->tree = tree;
	a->result = r;
	for (size_t i = 0; i < r->nr_cells; i++)
		note_unseen(a, i);
	for (size_t i = 0; i < a->nr_made; i++) {
		a->judging = a->made[i];
		strlist_add(&r->audits, a->judging->name);
		if (r->status == RUN_INTERRUPTED)
			audit_note(a, "not finished: the run was interrupted");
		else if (a->judging->objects)
			object_states_judge(a->judging->objects, a);
		else
			a->judging->judge(a);
	}
	a->tree = NULL;
	a->result = NULL;
}

struct audit_run *audit_new(const struct audit_opts *o, struct errbuf *err)
{
	struct audit_run *a = xcalloc(1, sizeof(*a));

	a->accept = o->accept;
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		if (!strlist_has(o->names, all[i]->name))
			continue;
		a->made[a->nr_made++] = all[i];
		if (all[i]->ready && all[i]->ready(err)) {
			errbuf_prefix(err, "audit %s", all[i]->name);
			goto fail;
		}
	}
	a->sharing = sharing_read(o->home, err);
	if (!a->sharing)
		goto fail;
	collect_init(a);
	a->ops.end = judge_all;
	return a;
fail:
	audit_free(a);
	return NULL;
}

void audit_free(struct audit_run *a)
{
	if (!a)
		return;
	collect_release(a);
	sharing_free(a->sharing);
	look_names_release(&a->names);
	free(a);
}

const struct look_ops *audit_looks(const struct audit_run *a)
{
	return &a->ops;
}

/* ---- for the audits ------------------------------------------------------------- */

const struct audit_look *audit_look_at(const struct audit_unit *u,
				       unsigned patch)
{
	const struct audit_look *found = NULL;

	for (size_t i = 0; i < u->nr && u->v[i].patch <= patch; i++)
		found = &u->v[i];
	return found;
}

/* Is an object made of a source of that name? Else it is linked of others. */
static bool has_source(const struct audit_run *a, unsigned patch,
		       const char *object)
{
	static const char ends[] = { 'c', 'S' };
	_cleanup_free_ char *path = xstrdup(object);
	size_t n = strlen(path);

	if (!ends_with(path, ".o") && !ends_with(path, ".s"))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		_cleanup_errbuf_ struct errbuf ignored = ERRBUF_INIT;
		_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

		path[n - 1] = ends[i];
		if (tree_read(a->tree, &a->tree->states[patch], path, &text,
			      &ignored) == 1)
			return true;
	}
	return false;
}

/* A failed unit that was never seen has left nothing to look at. */
static bool hides_units(const struct audit_run *a, const struct audit_cell *c,
			unsigned patch)
{
	const struct step_result *s =
		run_result_step(a->result, patch, c->nr);

	strlist_each(f, &s->failed)
		if (!strmap_has(&c->by_name, f) &&
		    !unit_set_find(c->base, f) && has_source(a, patch, f))
			return true;
	return false;
}

const char *audit_unsure(const struct audit_run *a, size_t cell,
			 unsigned patch)
{
	const struct audit_cell *c =
		cell < a->nr_cells ? &a->cells[cell] : NULL;

	if (a->result->cells[cell].same_as)
		return NULL;
	if (!c || !c->id)
		return "it could not be judged";
	if (c->unsure && c->unsure[patch])
		return c->unsure[patch];
	if (hides_units(a, c, patch))
		return "a unit that fails there has left no command";
	return NULL;
}

/* What could not be seen, once a cell. */
static void note_unseen(struct audit_run *a, size_t nr)
{
	const struct audit_cell *c = nr < a->nr_cells ? &a->cells[nr] : NULL;
	const char *id = a->result->cells[nr].id;

	for (unsigned p = 0; p < a->result->nr_patches; p++) {
		const char *why = audit_unsure(a, nr, p);

		if (why) {
			strlist_addf(&a->result->warnings,
				     "audits: not all of %s could be seen from "
				     "patch %u on: %s", id, p, why);
			break;
		}
	}
	for (size_t i = 0; c && i < c->nr_units; i++)
		for (size_t k = 0; k < c->units[i]->nr; k++) {
			const struct audit_look *l = &c->units[i]->v[k];

			if (!l->unknown && !l->status)
				continue;
			strlist_addf(&a->result->warnings,
				     "audits: %s, patch %u: %s %s; what it read "
				     "before is taken to hold",
				     id, l->patch, c->units[i]->name,
				     l->unknown ? "cannot be looked at" :
						  "does not get through the "
						  "preprocessor");
			return;
		}
}

unsigned audit_tip(const struct audit_run *a)
{
	unsigned p = a->result->nr_patches - 1;

	while (p && a->tree->states[p].not_applied)
		p--;
	return p;
}

const char *audit_base_name(const struct audit_run *a, unsigned patch,
			    const char *path)
{
	const char *base = strmap_get(&a->tree->states[patch].renames, path);

	return base ? base : path;
}

bool audit_is_kvm(const struct audit_cell *c, const char *unit)
{
	strlist_each(p, &c->paths)
		if (starts_with(unit, p))
			return true;
	return starts_with(unit, "virt/kvm/");
}

bool audit_is_header(const char *path)
{
	return ends_with(path, ".h");
}

char *audit_id(const struct audit_run *a, const char *kind, ...)
{
	struct hash *h = hash_new();
	_cleanup_free_ char *hex = NULL;
	const char *part;
	va_list ap;

	hash_add_str(h, a->judging->name);
	hash_add_str(h, kind);
	va_start(ap, kind);
	while ((part = va_arg(ap, const char *)))
		hash_add_str(h, part);
	va_end(ap);
	hex = hash_finish(h);
	return xasprintf("%s-%.12s", a->judging->name, hex);
}

struct finding *audit_add(struct audit_run *a, char *id)
{
	struct finding *f = run_result_add_finding(a->result);

	f->audit = xstrdup(a->judging->name);
	f->id = id;
	f->accepted = xstrdup_null(accept_reason(a->accept, id));
	return f;
}

void audit_add_cell(const struct audit_run *a, struct finding *f, size_t nr)
{
	const struct run_result *r = a->result;

	finding_add_cell(f, nr);
	for (size_t i = 0; i < r->nr_cells; i++)
		if (streq_null(r->cells[i].same_as, r->cells[nr].id))
			finding_add_cell(f, i);
}

void audit_note(struct audit_run *a, const char *fmt, ...)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	va_list ap;

	strbuf_addf(&text, "audit %s: ", a->judging->name);
	va_start(ap, fmt);
	strbuf_vaddf(&text, fmt, ap);
	va_end(ap);
	if (!strlist_has(&a->result->warnings, text.buf))
		strlist_add(&a->result->warnings, text.buf);
}
