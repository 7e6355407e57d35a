// SPDX-License-Identifier: GPL-2.0-only
#include "builder.h"

#include "engine/cause.h"
#include "engine/verdict.h"
#include "sys/mem.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

void build_run(struct run_result *r, unsigned last, const char *arches)
{
	_cleanup_strlist_ struct strlist names = STRLIST_INIT;

	*r = (struct run_result)RUN_RESULT_INIT;
	strlist_split(&names, arches, " ");
	strlist_each(a, &names) {
		struct cell_info *c = run_result_add_cell(r);

		c->id = xasprintf("%s/default/gcc", a);
		c->arch = xstrdup(a);
		c->config = xstrdup("default");
		c->toolchain = xstrdup("gcc");
	}
	for (unsigned p = 0; p <= last; p++)
		run_result_add_patch(r)->subject =
			xasprintf("KVM: change number %u", p);
	run_result_alloc_steps(r);
	for (size_t i = 0; i < r->nr_patches * r->nr_cells; i++)
		r->steps[i].outcome = OUTCOME_BUILT;
}

void build_rename(struct run_result *r, unsigned patch, const char *path,
		  const char *base)
{
	for (; patch < r->nr_patches; patch++)
		strlist_addl(&r->patches[patch].renames, path, base, NULL);
}

struct step_result *build_step(struct run_result *r, unsigned patch,
			       size_t cell)
{
	return run_result_step(r, patch, cell);
}

void build_unreached(struct run_result *r, unsigned patch, size_t cell)
{
	struct step_result *s = build_step(r, patch, cell);

	step_result_copy(s, build_step(r, patch - 1, cell));
	s->patch = patch;
	s->outcome = OUTCOME_UNREACHED;
}

void build_outcome(struct run_result *r, unsigned patch, size_t cell,
		   enum outcome outcome, const char *reason)
{
	struct step_result *s = build_step(r, patch, cell);

	s->outcome = outcome;
	build_set(&s->reason, reason);
}

void build_set(char **field, const char *value)
{
	free(*field);
	*field = xstrdup_null(value);
}

static struct diagnostic *add(struct step_result *s,
			      enum diag_severity severity, const char *unit,
			      const char *file, unsigned line,
			      const char *message)
{
	struct diagnostic *d = diag_list_new(&s->diags);

	d->severity = severity;
	d->unit = xstrdup_null(unit);
	d->file = xstrdup_null(file);
	d->line = line;
	d->message = xstrdup(message);
	d->tool = xstrdup("cc");
	if (severity == DIAG_ERROR && unit)
		strlist_add(&s->failed, unit);
	strlist_sort(&s->failed);
	return d;
}

struct diagnostic *build_error(struct run_result *r, unsigned patch,
			       size_t cell, const char *unit, const char *file,
			       unsigned line, const char *message)
{
	return add(build_step(r, patch, cell), DIAG_ERROR, unit, file, line,
		   message);
}

struct diagnostic *build_fatal(struct run_result *r, unsigned patch,
			       size_t cell, const char *unit, const char *file,
			       unsigned line, const char *message)
{
	struct diagnostic *d =
		build_error(r, patch, cell, unit, file, line, message);

	d->fatal = true;
	return d;
}

struct diagnostic *build_warning(struct run_result *r, unsigned patch,
				 size_t cell, const char *unit,
				 const char *file, unsigned line,
				 const char *option, const char *message)
{
	struct diagnostic *d = add(build_step(r, patch, cell), DIAG_WARNING,
				   unit, file, line, message);

	d->option = xstrdup_null(option);
	return d;
}

void build_from(struct diagnostic *d, const char *file, unsigned line)
{
	d->from = xrealloc(d->from, (d->nr_from + 1) * sizeof(*d->from));
	d->from[d->nr_from++] =
		(struct diag_from){.file = xstrdup(file), .line = line};
}

struct proof *build_proof(struct run_result *r, enum proof_kind kind,
			  unsigned patch, size_t cell, const char *unit,
			  const char *id, const char *file)
{
	struct proof *f;

	GROW(r->proofs, r->nr_proofs, r->alloc_proofs);
	f = &r->proofs[r->nr_proofs++];
	*f = (struct proof){
		.kind = kind,
		.cell = cell,
		.patch = patch,
		.by = patch,
		.unit = xstrdup(unit),
		.id = xstrdup(id),
		.file = xstrdup(file),
		.thing = xstrdup(strchr(id, ':') + 1),
	};
	return f;
}

void build_judge(struct run_result *r)
{
	for (size_t i = 0; i < r->nr_patches * r->nr_cells; i++) {
		struct step_result *s = &r->steps[i];
		const struct strlist *pairs = &r->patches[s->patch].renames;
		_cleanup_strmap_ struct strmap renames = STRMAP_INIT;

		for (size_t k = 0; k + 1 < pairs->nr; k += 2)
			strmap_set(&renames, pairs->v[k], pairs->v[k + 1]);
		for (size_t k = 0; k < s->diags.nr; k++)
			diag_fingerprint(&s->diags.v[k], &renames);
	}
	verdict_judge(r);
	causes_find(r);
}

enum verdict build_verdict(const struct run_result *r, unsigned patch,
			   size_t cell)
{
	return run_result_step(r, patch, cell)->verdict;
}

const struct cause *build_cause(const struct run_result *r, const char *id)
{
	for (size_t i = 0; i < r->nr_causes; i++)
		if (!strcmp(r->causes[i].id, id))
			return &r->causes[i];
	return NULL;
}

/* "first-healed" of each span, cell by cell: "0:2-3 1:2-0". */
static char *spans_of(const struct cause *c)
{
	_cleanup_strlist_ struct strlist l = STRLIST_INIT;

	for (size_t i = 0; i < c->nr_spans; i++)
		strlist_addf(&l, "%zu:%u-%u", c->spans[i].cell,
			     c->spans[i].first_bad, c->spans[i].healed_by);
	return strlist_join(&l, " ");
}

void build_assert_spans(const struct run_result *r, const char *id,
			const char *expected)
{
	const struct cause *c = build_cause(r, id);
	_cleanup_free_ char *got = NULL;

	assert_non_null(c);
	got = spans_of(c);
	assert_string_equal(got, expected);
}

void build_assert_causes(const struct run_result *r)
{
	for (size_t i = 0; i < r->nr_causes; i++) {
		const struct cause *c = &r->causes[i];

		assert_non_null(c->id);
		assert_true(c->title && *c->title);
		assert_true(strlen(c->title) < 100);
		assert_null(strchr(c->title, '\n'));
		assert_true(c->advice && *c->advice);
		assert_null(strchr(c->advice, '\n'));
		assert_non_null(c->example);
		assert_true(c->nr_spans > 0);
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(c->id, r->causes[k].id);
	}
}
