// SPDX-License-Identifier: GPL-2.0-only
/*
 * A look that shows the same as the one before is not kept, and one that differs in
 * lines alone shares its includes: in a series of many patches most looks are such.
 */
#include "audit/collect.h"

#include "audit/audit.h"
#include "audit/exposure.h"
#include "audit/object_states.h"
#include "engine/tree.h"
#include "model/matrix.h"
#include "model/result.h"
#include "sys/errbuf.h"
#include "sys/mem.h"

static struct audit_cell *cell_of(struct audit_run *a,
				  const struct look_site *at)
{
	struct audit_cell *c;

	if (!a->cells) {
		a->nr_cells = at->result->nr_cells;
		a->cells = xcalloc(a->nr_cells, sizeof(*a->cells));
	}
	c = &a->cells[at->cell_nr];
	if (!c->id) {
		c->nr = at->cell_nr;
		c->id = look_name(&a->names, at->cell->id);
		c->srcarch = look_name(&a->names, at->cell->srcarch);
		c->config = xstrdup_null(at->config);
		strlist_cat(&c->paths, &at->cell->paths);
	}
	c->base = at->base;
	return c;
}

static void unsure(struct audit_cell *c, const struct look_site *at,
		   const char *why)
{
	if (!c->unsure) {
		c->nr_unsure = at->result->nr_patches;
		c->unsure = xcalloc(c->nr_unsure, sizeof(*c->unsure));
	}
	if (!c->unsure[at->patch])
		c->unsure[at->patch] = xstrdup(why);
}

static struct audit_unit *unit_of(struct audit_cell *c, const char *name)
{
	struct audit_unit *u = strmap_get(&c->by_name, name);

	if (u)
		return u;
	u = xcalloc(1, sizeof(*u));
	u->name = xstrdup(name);
	strmap_set(&c->by_name, name, u);
	GROW(c->units, c->nr_units, c->alloc_units);
	c->units[c->nr_units++] = u;
	return u;
}

static struct audit_look *add_look(struct audit_unit *u, unsigned patch)
{
	if (u->nr && u->v[u->nr - 1].patch == patch)
		return &u->v[u->nr - 1];
	GROW(u->v, u->nr, u->alloc);
	u->v[u->nr] = (struct audit_look){ .patch = patch };
	return &u->v[u->nr++];
}

static void unit_free(struct audit_unit *u)
{
	for (size_t i = 0; i < u->nr; i++)
		look_tree_release(&u->v[i].tree);
	look_tree_release(&u->text_base);
	look_tree_release(&u->text_tip);
	free(u->v);
	free(u->name);
	free(u);
}

/* Notes that a unit is gone or unknown from a state on. */
static void mark(struct audit_cell *c, const char *name, unsigned patch,
		 bool gone)
{
	struct audit_unit *u = unit_of(c, name);
	struct audit_look *l;

	if (u->nr && (gone ? u->v[u->nr - 1].gone : u->v[u->nr - 1].unknown))
		return;
	l = add_look(u, patch);
	look_tree_release(&l->tree);
	*l = (struct audit_look){ .patch = patch, .gone = gone,
				  .unknown = !gone };
}

static void plan(void *data, const struct look_site *at, struct look_jobs *jobs)
{
	struct audit_run *a = data;
	struct audit_cell *c = cell_of(a, at);

	if (at->incomplete)
		unsure(c, at, at->incomplete);
	strlist_each(name, &at->gone)
		if (strmap_has(&c->by_name, name))
			mark(c, name, at->patch, true);
	strlist_each(name, &at->unknown)
		mark(c, name, at->patch, false);
	for (size_t i = 0; i < a->nr_made; i++)
		if (a->made[i]->plan)
			a->made[i]->plan(a, c, at, jobs);
}

/* Moves a tree out of an answer. */
static void take_tree(struct look_tree *to, const struct look_tree *from)
{
	struct look_tree *mine = (struct look_tree *)from;

	*to = *mine;
	*mine = (struct look_tree){ 0 };
}

static void take_lines(struct audit_unit *u, unsigned patch,
		       const struct look_answer *answer)
{
	struct audit_look *last = u->nr ? &u->v[u->nr - 1] : NULL;
	struct audit_look *l;

	if (last && !last->gone && !last->unknown &&
	    last->status == answer->status &&
	    look_tree_equal(&last->tree, answer->tree))
		return;
	l = add_look(u, patch);
	*l = (struct audit_look){
		.patch = patch,
		.status = answer->status,
		.exact = answer->exact,
		.unknown = answer->status < 0,
	};
	take_tree(&l->tree, answer->tree);
	if (u->nr > 1)
		look_tree_share(&l->tree, &u->v[u->nr - 2].tree);
}

static void take_alone(struct audit_cell *c, unsigned patch,
		       const struct look_job *job,
		       const struct look_answer *answer)
{
	GROW(c->alone, c->nr_alone, c->alloc_alone);
	c->alone[c->nr_alone++] = (struct audit_alone){
		.header = xstrdup(job->header),
		.unit = xstrdup(job->unit),
		.patch = patch,
		.status = answer->status,
		.errors = xstrdup(answer->errors),
	};
}

static void take_outside(struct audit_cell *c, unsigned patch,
			 const struct look_job *job,
			 const struct look_answer *answer)
{
	struct exposure_unit *u = xcalloc(1, sizeof(*u));
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;

	if (answer->status || exposure_load(answer->output, u, &err)) {
		exposure_unit_release(u);
		u->error = xasprintf("the parser failed: %.200s",
				     answer->status ? answer->errors : err.msg);
	}
	GROW(c->outside, c->nr_outside, c->alloc_outside);
	c->outside[c->nr_outside++] =
		(struct audit_outside){ xstrdup(job->unit), patch, u };
}

static void take(void *data, const struct look_site *at,
		 const struct look_job *job, const struct look_answer *answer)
{
	struct audit_run *a = data;
	struct audit_cell *c = cell_of(a, at);
	struct audit_unit *u = unit_of(c, job->unit);

	switch (job->kind) {
	case LOOK_LINES:
		take_lines(u, at->patch, answer);
		break;
	case LOOK_TEXT:
		if (!answer->status)
			take_tree(at->patch ? &u->text_tip : &u->text_base,
				  answer->tree);
		break;
	case LOOK_PARSE:
		take_outside(c, at->patch, job, answer);
		break;
	case LOOK_ALONE:
		take_alone(c, at->patch, job, answer);
		break;
	}
}

static void blind(void *data, const struct look_site *at, const char *why)
{
	struct audit_run *a = data;
	struct audit_cell *c = cell_of(a, at);

	unsure(c, at, why);
	for (size_t i = 0; i < c->nr_units; i++)
		mark(c, c->units[i]->name, at->patch, false);
}

static void objects(void *data, const struct look_site *at,
		    const struct image_tree *before,
		    const struct image_tree *now)
{
	struct audit_run *a = data;
	struct audit_cell *c = cell_of(a, at);

	for (size_t i = 0; i < a->nr_made; i++)
		if (a->made[i]->objects)
			object_states_take(a->made[i]->objects, c, at, before,
					   now);
}

/* Only what somebody wants is looked at. */
static void choose(struct audit_run *a)
{
	a->ops.objects_only = a->nr_made > 0;
	for (size_t i = 0; i < a->nr_made; i++)
		if (a->made[i]->objects)
			a->ops.objects = objects;
		else
			a->ops.objects_only = false;
}

void collect_init(struct audit_run *a)
{
	a->ops = (struct look_ops){
		.data = a,
		.names = &a->names,
		.plan = plan,
		.take = take,
		.blind = blind,
	};
	choose(a);
}

void collect_release(struct audit_run *a)
{
	for (size_t i = 0; i < a->nr_cells; i++) {
		struct audit_cell *c = &a->cells[i];

		for (size_t k = 0; k < c->nr_units; k++)
			unit_free(c->units[k]);
		for (size_t k = 0; k < c->nr_alone; k++) {
			free(c->alone[k].header);
			free(c->alone[k].unit);
			free(c->alone[k].errors);
		}
		for (size_t k = 0; k < c->nr_outside; k++) {
			exposure_unit_release(c->outside[k].found);
			free(c->outside[k].found);
			free(c->outside[k].unit);
		}
		free(c->outside);
		for (size_t k = 0; c->unsure && k < c->nr_unsure; k++)
			free(c->unsure[k]);
		free(c->unsure);
		for (size_t k = 0; k < c->nr_objects; k++)
			object_states_release(&c->objects[k]);
		free(c->objects);
		free(c->alone);
		free(c->units);
		free(c->config);
		strmap_release(&c->by_name);
		strlist_release(&c->paths);
	}
	free(a->cells);
	a->cells = NULL;
	a->nr_cells = 0;
}
