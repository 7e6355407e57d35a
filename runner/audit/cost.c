// SPDX-License-Identifier: GPL-2.0-only
/*
 * cost: what headers cost, before and after the series.
 *
 *	text	per cell: what the compiler gets to read of the units that the series
 *		reaches, and how many files that takes
 *	header	per touched header and cell: who reads it, and how much text it brings
 *	fan-out	per unit outside KVM that reads a touched header of KVM's: it is
 *		compiled again whenever that header changes
 *
 * text and header are figures: neither good nor bad, they are always "present". A unit
 * that a patch makes read a header of KVM's is "added".
 *
 * Sizes are of preprocessed text (gcc -E), without line markers and empty lines. What a
 * header brings is what it and the files first entered through it let through, where a
 * unit enters it first; so it depends on what the unit included before.
 */
#include "audit/cost.h"

#include "audit/audit.h"
#include "audit/ledger.h"
#include "engine/tree.h"
#include "model/result.h"
#include "sys/mem.h"
#include "sys/strbuf.h"

/* ---- sizes (pure) -------------------------------------------------------------- */

void cost_of_tree(const struct look_tree *t, struct cost *c)
{
	for (size_t i = 0; i < t->nr; i++) {
		c->bytes += t->v[i].bytes;
		c->lines += t->v[i].lines;
	}
	c->includes += t->nr ? t->nr - 1 : 0;
	c->units++;
}

void cost_of_header(const struct look_tree *t, const char *file,
		    struct cost *whole, struct cost *own)
{
	int at = look_tree_find(t, file);

	if (at < 0)
		return;
	own->bytes += t->v[at].bytes;
	own->lines += t->v[at].lines;
	own->units++;
	whole->units++;
	for (size_t i = at; i < t->nr; i++) {
		int up = (int)i;

		while (up > at)
			up = t->v[up].parent;
		if (up != at)
			continue;
		whole->bytes += t->v[i].bytes;
		whole->lines += t->v[i].lines;
		whole->includes += (int)i != at;
	}
}

bool cost_is_kvm_header(const char *path)
{
	return audit_is_header(path) && strstr(path, "kvm");
}

/* ---- who reads what ------------------------------------------------------------- */

static bool reads(const struct unit *u, const char *file)
{
	for (size_t i = 0; u && i < u->nr_deps; i++)
		if (!strcmp(u->deps[i], file))
			return true;
	return false;
}

/* The look that holds at the tip; what cannot be seen is taken to be as it was. */
static const struct audit_look *last_seen(const struct audit_unit *u)
{
	for (size_t i = u->nr; i; i--)
		if (u->v[i - 1].gone || (!u->v[i - 1].unknown &&
					 !u->v[i - 1].status))
			return &u->v[i - 1];
	return NULL;
}

struct readers {
	unsigned all, outside;
};

static void count_reader(const struct audit_cell *c, const char *unit,
			 struct readers *n)
{
	n->all++;
	n->outside += !audit_is_kvm(c, unit);
}

static void readers_before(const struct audit_cell *c, const char *file,
			   struct readers *n)
{
	for (size_t i = 0; i < c->base->nr; i++)
		if (c->base->v[i].kernel && reads(&c->base->v[i], file))
			count_reader(c, c->base->v[i].name, n);
}

static void readers_after(struct audit_run *a, const struct audit_cell *c,
			  const char *file, const char *base,
			  struct readers *n)
{
	const char *name = look_name(&a->names, file);

	for (size_t i = 0; i < c->nr_units; i++) {
		const struct audit_unit *u = c->units[i];
		const struct audit_look *l = last_seen(u);

		if (l && look_tree_find(&l->tree, name) >= 0)
			count_reader(c, u->name, n);
	}
	/* Those that no state reaches read what they did. */
	for (size_t i = 0; i < c->base->nr; i++) {
		const struct unit *u = &c->base->v[i];

		if (u->kernel && !strmap_has(&c->by_name, u->name) &&
		    reads(u, base))
			count_reader(c, u->name, n);
	}
}

/* ---- the findings ---------------------------------------------------------------- */

static void tell(struct audit_run *a, const struct audit_cell *c,
		 const char *kind, const char *target, char *evidence)
{
	struct finding *f =
		audit_add(a, audit_id(a, kind, c->id, target, NULL));

	f->status = FINDING_PRESENT;
	f->kind = xstrdup(kind);
	f->target = xstrdup(target);
	f->evidence = evidence;
	if (!strcmp(kind, "header"))
		f->file = xstrdup(target);
	audit_add_cell(a, f, c->nr);
}

static double percent(size_t before, size_t after)
{
	return before ? 100.0 * ((double)after - (double)before) / before : 0;
}

static void judge_text(struct audit_run *a, const struct audit_cell *c)
{
	struct cost before = { 0 }, after = { 0 };
	unsigned new = 0, gone = 0, unknown = 0;

	for (size_t i = 0; i < c->nr_units; i++) {
		const struct audit_unit *u = c->units[i];

		if (u->text_base.nr && u->text_tip.nr) {
			cost_of_tree(&u->text_base, &before);
			cost_of_tree(&u->text_tip, &after);
		} else if (u->text_tip.nr && !unit_set_find(c->base, u->name)) {
			new++;
		} else if (u->nr && u->v[u->nr - 1].gone) {
			gone++;
		} else {
			unknown++;
		}
	}
	if (!before.units && !new && !gone && !unknown)
		return;
	tell(a, c, "text", "preprocessed text",
	     xasprintf("%zu units that the series reaches: %zu -> %zu bytes "
		       "(%+.2f %%), %zu -> %zu lines, %zu -> %zu includes; %u "
		       "units new, %u gone, %u not to be measured",
		       before.units, before.bytes, after.bytes,
		       percent(before.bytes, after.bytes), before.lines,
		       after.lines, before.includes, after.includes, new, gone,
		       unknown));
}

static size_t mean(size_t sum, size_t nr)
{
	return nr ? sum / nr : 0;
}

static void judge_header(struct audit_run *a, const struct audit_cell *c,
			 const char *file, const char *base)
{
	struct readers before = { 0 }, after = { 0 };
	struct cost whole[2] = { 0 }, own[2] = { 0 };

	readers_before(c, base, &before);
	readers_after(a, c, file, base, &after);
	if (!before.all && !after.all)
		return;
	for (size_t i = 0; i < c->nr_units; i++) {
		const struct audit_unit *u = c->units[i];

		cost_of_header(&u->text_base, look_name(&a->names, base),
			       &whole[0], &own[0]);
		cost_of_header(&u->text_tip, look_name(&a->names, file),
			       &whole[1], &own[1]);
	}
	tell(a, c, "header", file,
	     xasprintf("read by %u -> %u units, %u -> %u of them outside KVM; "
		       "brings %zu -> %zu bytes, %zu -> %zu lines on average "
		       "(its own: %zu -> %zu bytes)",
		       before.all, after.all, before.outside, after.outside,
		       mean(whole[0].bytes, whole[0].units),
		       mean(whole[1].bytes, whole[1].units),
		       mean(whole[0].lines, whole[0].units),
		       mean(whole[1].lines, whole[1].units),
		       mean(own[0].bytes, own[0].units),
		       mean(own[1].bytes, own[1].units)));
}

/* ---- fan-out --------------------------------------------------------------------- */

struct fan {
	struct audit_run *a;
	struct ledger ledger;
	const struct audit_cell *cell;
	const char *base; /* name of the header in the base */
};

static void holds(struct fan *f, const char *unit, unsigned from, unsigned to,
		  const char *place, unsigned line, char *evidence)
{
	struct fact_text text = {
		.unit = xstrdup(unit),
		.file = xstrdup_null(place),
		.line = line,
		.target = xstrdup(f->base),
		.evidence = evidence,
	};

	ledger_holds(&f->ledger,
		     audit_id(f->a, "fan-out", unit, f->base, NULL), "fan-out",
		     f->cell->nr, from, to, &text);
}

static void fan_of_unit(struct fan *f, const struct audit_unit *u)
{
	const struct audit_look *good = NULL;

	for (size_t i = 0; i < u->nr; i++) {
		const struct audit_look *l = &u->v[i];
		unsigned to = i + 1 < u->nr ? u->v[i + 1].patch :
					      f->a->result->nr_patches;

		if (l->gone || (!l->unknown && !l->status))
			good = l;
		for (size_t k = 0; good && k < good->tree.nr; k++) {
			const struct look_enter *e = &good->tree.v[k];

			if (strcmp(audit_base_name(f->a, good->patch, e->file),
				   f->base))
				continue;
			holds(f, u->name, l->patch, to,
			      e->parent >= 0 ? good->tree.v[e->parent].file :
					       NULL,
			      e->line, look_tree_chain(&good->tree, (int)k));
			break;
		}
	}
}

static void judge_fan(struct fan *f, const char *base)
{
	const struct audit_cell *c = f->cell;

	f->base = base;
	for (size_t i = 0; i < c->nr_units; i++)
		if (!audit_is_kvm(c, c->units[i]->name))
			fan_of_unit(f, c->units[i]);
	for (size_t i = 0; i < c->base->nr; i++) {
		const struct unit *u = &c->base->v[i];

		if (u->kernel && !strmap_has(&c->by_name, u->name) &&
		    !audit_is_kvm(c, u->name) && reads(u, base))
			holds(f, u->name, 0, f->a->result->nr_patches, NULL, 0,
			      xstrdup("by its dependency file"));
	}
}

static void judge(struct audit_run *a)
{
	const struct state *tip = &a->tree->states[audit_tip(a)];
	struct fan fan = { .a = a };

	ledger_init(&fan.ledger, a);
	for (size_t i = 0; i < a->nr_cells; i++) {
		const struct audit_cell *c = &a->cells[i];

		if (!c->id)
			continue;
		fan.cell = c;
		judge_text(a, c);
		for (size_t k = 0; k < tip->since_base.nr; k++) {
			const struct change *change = &tip->since_base.v[k];
			const char *base = audit_base_name(a, tip->patch,
							   change->path);

			if (change->status == 'D' ||
			    !audit_is_header(change->path))
				continue;
			judge_header(a, c, change->path, base);
			if (cost_is_kvm_header(base))
				judge_fan(&fan, base);
		}
	}
	ledger_finish(&fan.ledger, a);
}

static bool is_tip(const struct look_site *at)
{
	for (size_t i = at->patch + 1; i < at->tree->nr_states; i++)
		if (!at->tree->states[i].not_applied)
			return false;
	return true;
}

static void plan(struct audit_run *a, struct audit_cell *c,
		 const struct look_site *at, struct look_jobs *jobs)
{
	(void)a;
	if (!at->patch || is_tip(at))
		strlist_each(name, &at->reached)
			look_jobs_add(jobs, LOOK_TEXT, name, NULL);
	if (!at->patch || !is_tip(at))
		return;
	for (size_t i = 0; i < c->nr_units; i++) {
		const struct audit_unit *u = c->units[i];

		if (u->nr && !u->v[u->nr - 1].gone &&
		    !u->v[u->nr - 1].unknown && (u->text_base.nr ||
		    u->v[0].patch) &&
		    !strlist_has_sorted(&at->reached, u->name))
			look_jobs_add(jobs, LOOK_TEXT, u->name, NULL);
	}
}

const struct audit audit_cost = {
	.name = "cost",
	.help = "what headers cost: text, and who is compiled again",
	.plan = plan,
	.judge = judge,
};
