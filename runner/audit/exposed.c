// SPDX-License-Identifier: GPL-2.0-only
/*
 * exposure: what units outside KVM use of KVM's headers, and what a series changes
 * about it. The unit is the outside one, the target the header, the kind the
 * greatest demand: nothing, pointer, function, macro, type, members.
 *
 * Looked at are the units that the series reaches; "kvmatrix exposure" gives the
 * table of all that an objtree holds. When a unit comes to use less of a header than
 * in the base, that is told as the greater demand's end and not as a new one.
 */
#include "audit/audit.h"
#include "audit/exposure.h"
#include "audit/ledger.h"
#include "model/result.h"
#include "sys/cparse.h"
#include "sys/mem.h"
#include "sys/strbuf.h"

#define EVIDENCE_WIDTH 400

static bool reads_kvm(const struct unit *u)
{
	for (size_t i = 0; u && i < u->nr_deps; i++)
		if (exposure_is_header(u->deps[i]))
			return true;
	return false;
}

static void plan(struct audit_run *a, struct audit_cell *c,
		 const struct look_site *at, struct look_jobs *jobs)
{
	(void)a;
	strlist_each(name, &at->reached) {
		const struct unit *base = unit_set_find(at->base, name);
		const struct unit *newer = unit_set_find(at->newer, name);
		const struct unit *u = newer ? newer : base;

		if (u && !audit_is_kvm(c, name) && !exposure_is_kvm_unit(u) &&
		    (reads_kvm(base) || reads_kvm(newer)))
			look_jobs_add(jobs, LOOK_PARSE, name, NULL);
	}
}

/* ---- facts ------------------------------------------------------------------------ */

/* Until when what was seen holds: the next look that saw something, or when the unit
 * is gone. */
static unsigned holds_until(const struct audit_run *a,
			    const struct audit_cell *c, size_t nr)
{
	const struct audit_outside *o = &c->outside[nr];
	const struct audit_unit *u = strmap_get(&c->by_name, o->unit);
	unsigned to = a->result->nr_patches;

	for (size_t i = nr + 1; i < c->nr_outside; i++)
		if (!strcmp(c->outside[i].unit, o->unit) &&
		    !c->outside[i].found->error) {
			to = c->outside[i].patch;
			break;
		}
	for (size_t i = 0; u && i < u->nr; i++)
		if (u->v[i].gone && u->v[i].patch > o->patch &&
		    u->v[i].patch < to)
			to = u->v[i].patch;
	return to;
}

static const struct exposure_header *header_at_base(const struct audit_cell *c,
						    const char *unit,
						    const char *header)
{
	for (size_t i = 0; i < c->nr_outside; i++) {
		const struct audit_outside *o = &c->outside[i];

		if (o->patch || strcmp(o->unit, unit))
			continue;
		for (size_t k = 0; k < o->found->nr_headers; k++)
			if (!strcmp(o->found->headers[k].path, header))
				return &o->found->headers[k];
	}
	return NULL;
}

/* Where the unit's own source includes the header; 0: it does not. */
static unsigned include_line(const struct exposure_unit *u, const char *header)
{
	for (size_t i = 0; i < u->nr_rows; i++)
		if (u->rows[i].line && !strcmp(u->rows[i].header, header) &&
		    streq_null(u->rows[i].file, u->source))
			return u->rows[i].line;
	return 0;
}

/* An include of the header outside KVM; NULL: KVM's headers alone bring it. */
static const struct exposure_row *door_of(const struct exposure_unit *u,
					  const char *header)
{
	for (size_t i = 0; i < u->nr_rows; i++)
		if (u->rows[i].line && !strcmp(u->rows[i].header, header))
			return &u->rows[i];
	return NULL;
}

static void add_proof(const struct exposure_unit *u, const char *header,
		      struct strbuf *out)
{
	for (size_t i = 0; i < u->nr_removals; i++) {
		const struct exposure_removal *r = &u->removals[i];

		if (strcmp(r->header, header) || r->proof != EXPOSURE_PROVED)
			continue;
		strbuf_addf(out, "%scompiles without the include in line %u",
			    out->len ? "; " : "", r->line);
		strlist_each(f, &r->forward)
			strbuf_addf(out, ", with \"%s;\"", f);
		strlist_each(h, &r->instead)
			strbuf_addf(out, ", with <%s>", h);
		strlist_each(s, &r->skipped)
			strbuf_addf(out, "; code left out here names %s", s);
	}
}

static char *evidence(const struct exposure_unit *u,
		      const struct exposure_header *h)
{
	const struct exposure_row *door = door_of(u, h->path);
	struct strbuf sb = STRBUF_INIT;

	if (!h->names.nr && door)
		strbuf_addf(&sb, "included by %s:%u%s%s", door->file, door->line,
			    door->kind ? ", for what it includes: " : "",
			    door->kind ? exposure_kind_name(door->kind) : "");
	for (size_t i = 0; i < h->names.nr; i++) {
		if (sb.len > EVIDENCE_WIDTH) {
			strbuf_addf(&sb, " and %zu more", h->names.nr - i);
			break;
		}
		strbuf_addf(&sb, "%s%s", i ? ", " : "", h->names.v[i]);
	}
	add_proof(u, h->path, &sb);
	return strbuf_detach(&sb);
}

/* Without the base there is nothing to compare with. */
static bool base_failed(const struct audit_cell *c, const char *unit)
{
	for (size_t i = 0; i < c->nr_outside; i++)
		if (!c->outside[i].patch && c->outside[i].found->error &&
		    !strcmp(c->outside[i].unit, unit))
			return true;
	return false;
}

static void judge_unit(struct audit_run *a, const struct audit_cell *c,
		       size_t nr, struct ledger *l)
{
	const struct audit_outside *o = &c->outside[nr];
	unsigned to = holds_until(a, c, nr);

	for (size_t i = 0; i < o->found->nr_headers; i++) {
		const struct exposure_header *h = &o->found->headers[i];
		const struct exposure_header *base =
			header_at_base(c, o->unit, h->path);
		const char *kind = exposure_kind_name(h->kind);
		struct fact_text text = { 0 };

		if (base && base->kind > h->kind)
			continue;
		if (h->kind == EXPOSURE_NOTHING && !door_of(o->found, h->path))
			continue;
		text.unit = xstrdup(o->unit);
		text.file = xstrdup_null(o->found->source);
		text.line = include_line(o->found, h->path);
		text.target = xstrdup(h->path);
		text.evidence = evidence(o->found, h);
		ledger_holds(l, audit_id(a, kind, o->unit, h->path, NULL), kind,
			     c->nr, o->patch, to, &text);
	}
}

static void judge(struct audit_run *a)
{
	struct ledger l;

	ledger_init(&l, a);
	for (size_t i = 0; i < a->nr_cells; i++) {
		const struct audit_cell *c = &a->cells[i];

		for (size_t k = 0; c->id && k < c->nr_outside; k++) {
			const struct audit_outside *o = &c->outside[k];

			if (o->found->error)
				audit_note(a, "%s, patch %u: %s cannot be "
					   "parsed: %s", c->id, o->patch,
					   o->unit, o->found->error);
			strlist_each(n, &o->found->notes)
				audit_note(a, "%s, patch %u: %s", c->id,
					   o->patch, n);
			if (!base_failed(c, o->unit))
				judge_unit(a, c, k, &l);
		}
	}
	ledger_finish(&l, a);
}

const struct audit audit_exposure = {
	.name = "exposure",
	.help = "what code outside KVM uses of KVM's headers",
	.ready = cparse_load,
	.plan = plan,
	.judge = judge,
};
