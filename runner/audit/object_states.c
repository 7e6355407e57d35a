// SPDX-License-Identifier: GPL-2.0-only
#include "audit/object_states.h"

#include "audit/audit.h"
#include "model/result.h"
#include "sys/errbuf.h"
#include "sys/mem.h"

static struct object_states *find(const struct audit_cell *c,
				  const struct object_audit *of)
{
	for (size_t i = 0; i < c->nr_objects; i++)
		if (c->objects[i].of == of)
			return &c->objects[i];
	return NULL;
}

static struct object_states *find_or_add(struct audit_cell *c,
					 const struct object_audit *of,
					 unsigned nr_patches)
{
	struct object_states *s = find(c, of);

	if (s)
		return s;
	GROW(c->objects, c->nr_objects, c->alloc_objects);
	s = &c->objects[c->nr_objects++];
	*s = (struct object_states){
		.of = of,
		.nr = nr_patches,
		.v = xcalloc(nr_patches, sizeof(*s->v)),
	};
	return s;
}

void object_states_take(const struct object_audit *of, struct audit_cell *c,
			const struct look_site *at,
			const struct image_tree *before,
			const struct image_tree *now)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	struct object_state *s =
		&find_or_add(c, of, at->result->nr_patches)->v[at->patch];

	if (now)
		s->found = of->find(c, at, before, now, &err);
	if (!s->found)
		s->why = xstrdup(now ? err.msg : "its objects were not built");
}

void object_states_release(struct object_states *s)
{
	for (unsigned i = 0; i < s->nr; i++) {
		if (s->v[i].found)
			s->of->free(s->v[i].found);
		free(s->v[i].why);
	}
	free(s->v);
}

static void judge_cell(struct object_judge *j)
{
	const struct object_states *l = j->states;
	const void *last = NULL;

	for (unsigned p = 0; p < l->nr; p++) {
		const struct object_state *s = &l->v[p];

		if (s->why)
			audit_note(j->a, "%s patch %u is not known: %s",
				   j->cell->id, p, s->why);
		if (s->found)
			last = s->found;
		if (last)
			l->of->tell(j, last, p);
	}
	if (last)
		l->of->tell_last(j, last);
}

void object_states_judge(const struct object_audit *of, struct audit_run *a)
{
	struct object_judge j = { .a = a };

	ledger_init(&j.ledger, a);
	for (size_t i = 0; i < a->nr_cells; i++) {
		j.cell = &a->cells[i];
		j.states = find(j.cell, of);
		if (j.states)
			judge_cell(&j);
	}
	ledger_finish(&j.ledger, a);
}
