// SPDX-License-Identifier: GPL-2.0-only
#include "audit/ledger.h"

#include "audit/audit.h"
#include "model/result.h"
#include "sys/mem.h"

struct fact {
	char *id, *kind;
	bool *holds;		/* [cell * nr_patches + patch] */
	struct fact_text *text; /* [patch]: of the first cell that told */
	bool *told;		/* [patch] */
};

void fact_text_release(struct fact_text *t)
{
	free(t->unit);
	free(t->file);
	free(t->target);
	free(t->evidence);
	*t = (struct fact_text){ 0 };
}

void ledger_init(struct ledger *l, const struct audit_run *a)
{
	*l = (struct ledger){
		.nr_cells = a->result->nr_cells,
		.nr_patches = a->result->nr_patches,
	};
}

void ledger_holds(struct ledger *l, char *id, const char *kind, size_t cell,
		  unsigned from, unsigned to, struct fact_text *text)
{
	struct fact *f = strmap_get(&l->facts, id);

	if (!f) {
		f = xcalloc(1, sizeof(*f));
		f->id = xstrdup(id);
		f->kind = xstrdup(kind);
		f->holds = xcalloc(l->nr_cells * l->nr_patches, sizeof(bool));
		f->text = xcalloc(l->nr_patches, sizeof(*f->text));
		f->told = xcalloc(l->nr_patches, sizeof(bool));
		strmap_set(&l->facts, id, f);
	}
	for (unsigned p = from; p < to && p < l->nr_patches; p++)
		f->holds[cell * l->nr_patches + p] = true;
	if (!f->told[from]) {
		f->told[from] = true;
		f->text[from] = *text;
		*text = (struct fact_text){ 0 };
	}
	fact_text_release(text);
	free(id);
}

unsigned fact_changes(const bool *holds, unsigned nr, struct fact_change c[2])
{
	unsigned first = 0, last = nr;

	while (first < nr && !holds[first])
		first++;
	if (first == nr)
		return 0;
	while (!holds[last - 1])
		last--;
	/* last: the state after which it is gone for good */
	if (!first && last == nr) {
		c[0] = (struct fact_change){ FINDING_PRESENT, 0 };
		return 1;
	}
	if (!first) {
		c[0] = (struct fact_change){ FINDING_REMOVED, last };
		return 1;
	}
	c[0] = (struct fact_change){ FINDING_ADDED, first };
	if (last == nr)
		return 1;
	c[1] = (struct fact_change){ FINDING_REMOVED, last };
	return 2;
}

/* The text of the state that shows it best: the one that brought it, or the last one
 * that had it. */
static const struct fact_text *text_for(const struct ledger *l,
					const struct fact *f,
					const struct fact_change *c)
{
	unsigned at = c->status == FINDING_REMOVED ? c->patch - 1 : c->patch;

	while (at && !f->told[at])
		at--;
	while (at + 1 < l->nr_patches && !f->told[at])
		at++;
	return &f->text[at];
}

static void add_change(struct ledger *l, struct audit_run *a,
		       const struct fact *f, const struct fact_change *c,
		       size_t cell, size_t from)
{
	struct run_result *r = a->result;
	const struct fact_text *t = text_for(l, f, c);
	struct finding *out;

	/* The same in another cell? */
	for (size_t i = from; i < r->nr_findings; i++)
		if (r->findings[i].status == c->status &&
		    r->findings[i].patch == c->patch) {
			audit_add_cell(a, &r->findings[i], cell);
			return;
		}
	out = audit_add(a, xstrdup(f->id));
	out->status = c->status;
	out->patch = c->patch;
	out->kind = xstrdup(f->kind);
	out->unit = xstrdup_null(t->unit);
	out->file = xstrdup_null(t->file);
	out->line = t->line;
	out->target = xstrdup_null(t->target);
	out->evidence = xstrdup_null(t->evidence);
	audit_add_cell(a, out, cell);
}

void ledger_finish(struct ledger *l, struct audit_run *a)
{
	strmap_each(e, &l->facts) {
		struct fact *f = strmap_value(e);
		size_t from = a->result->nr_findings;

		for (size_t c = 0; c < l->nr_cells; c++) {
			struct fact_change changes[2];
			unsigned nr = fact_changes(f->holds + c * l->nr_patches,
						   l->nr_patches, changes);

			for (unsigned i = 0; i < nr; i++)
				add_change(l, a, f, &changes[i], c, from);
		}
		for (unsigned p = 0; p < l->nr_patches; p++)
			fact_text_release(&f->text[p]);
		free(f->id);
		free(f->kind);
		free(f->holds);
		free(f->text);
		free(f->told);
		free(f);
	}
	strmap_release(&l->facts);
}
