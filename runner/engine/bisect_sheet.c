// SPDX-License-Identifier: GPL-2.0-only
#include "engine/bisect_sheet.h"

#include "engine/link_step.h"
#include "engine/step_view.h"
#include "model/result.h"
#include "sys/mem.h"
#include "sys/strmap.h"

#include <stdint.h>

/* A message of a cause in a cell, once. */
struct sign {
	size_t cause;
	const struct view_entry *e;
};

/* One cell while it is marked. */
struct marking {
	struct bisect_sheet *sheet;
	struct run_result *r;
	size_t cell;
	bool history;
	const struct strmap *causes; /* id -> index + 1 */
	struct step_view *views; /* by state; of judged ones */
	struct sign *signs;
	size_t nr, alloc;
};

static bool is_judged(const struct step_result *s)
{
	return s->outcome == OUTCOME_BUILT || s->outcome == OUTCOME_UNREACHED;
}

/* A failure that the series has made, and no allowed warning. */
static bool is_wanted(const struct run_result *r, const struct cause *c)
{
	if (c->kind == CAUSE_NOT_APPLIED || !c->first_bad)
		return false;
	return c->severity == DIAG_ERROR || !r->warnings_allowed;
}

static size_t cause_of(const struct marking *m, const struct diagnostic *d)
{
	uintptr_t at = d->cause ?
			       (uintptr_t)strmap_get(m->causes, d->cause) : 0;

	return at ? at - 1 : BISECT_NONE;
}

static void find_signs(struct marking *m)
{
	_cleanup_strmap_ struct strmap seen = STRMAP_INIT;

	for (size_t p = 0; p < m->sheet->nr_states; p++) {
		const struct step_view *v = &m->views[p];

		for (size_t i = 0; i < v->nr; i++) {
			size_t cause = cause_of(m, v->v[i].d);
			_cleanup_free_ char *key = NULL, *name = NULL;

			if (cause == BISECT_NONE)
				continue;
			key = view_entry_key(&v->v[i]);
			name = xasprintf("%zu %s", cause, key);
			if (strmap_has(&seen, name))
				continue;
			strmap_set(&seen, name, NULL);
			GROW(m->signs, m->nr, m->alloc);
			m->signs[m->nr++] = (struct sign){ cause, &v->v[i] };
		}
	}
}

/*
 * Targets on which all units wait: what prepare compiles (.s) and generates,
 * the tools that it runs, and goals of make that are no file (olddefconfig).
 */
static bool is_before_units(const char *target)
{
	if (starts_with(target, "vmlinux") || starts_with(target, "modules"))
		return false;
	return ends_with(target, ".s") || starts_with(target, "include/") ||
	       starts_with(target, "scripts/") ||
	       starts_with(target, "tools/") ||
	       !target[strcspn(target, "./")];
}

/* Did make give up before any unit, with nobody looking behind that? */
static bool says_nothing(const struct step_result *s)
{
	/* All of it was looked at. */
	if (s->reason && strstr(s->reason, "judged by replay") &&
	    !s->unjudged.nr)
		return false;
	strlist_each(f, &s->failed)
		if (is_before_units(f))
			return true;
	for (size_t i = 0; i < s->diags.nr; i++) {
		const struct diagnostic *d = &s->diags.v[i];

		if (d->severity == DIAG_ERROR && !d->unit &&
		    (streq_null(d->tool, "kconfig") ||
		     streq_null(d->tool, "make")))
			return true;
	}
	return false;
}

/* It is the link's, and the step may hold what another state said of it. */
static bool is_unasked(const struct step_view *v, const struct view_entry *e)
{
	return v->unlinked && link_is_message(e->d);
}

static void mark_step(struct marking *m, size_t p)
{
	struct bisect_sheet *sheet = m->sheet;
	struct step_result *step = run_result_step(m->r, p, m->cell);
	const struct step_view *v = &m->views[p];
	_cleanup_free_ size_t *seen =
		xcalloc(sheet->nr_causes + 1, sizeof(*seen));
	_cleanup_free_ bool *bad = xcalloc(sheet->nr_causes + 1, sizeof(*bad));
	_cleanup_free_ bool *unasked =
		xcalloc(sheet->nr_causes + 1, sizeof(*unasked));
	bool nothing = says_nothing(step);

	for (size_t i = 0; i < v->nr; i++) {
		size_t cause = cause_of(m, v->v[i].d);

		if (cause != BISECT_NONE && !is_unasked(v, &v->v[i]))
			bad[cause] = true;
	}
	/* Of each cause the signs that the step would have shown. */
	for (size_t i = 0; i < m->nr; i++) {
		const struct sign *s = &m->signs[i];

		if (is_unasked(v, s->e)) {
			unasked[s->cause] = true;
			continue;
		}
		if (m->history && !p && step_view_has(v, s->e))
			bad[s->cause] = true;
		seen[s->cause] += !step_view_may_hide(v, s->e);
	}
	for (size_t c = 0; c < sheet->nr_causes; c++) {
		enum bisect_mark *mark = &bisect_marks(sheet, c, m->cell)[p];

		if (bad[c])
			*mark = BISECT_BAD;
		else if (nothing || unasked[c] ||
			 (bisect_hits(sheet, c, m->cell) && !seen[c]))
			*mark = BISECT_SKIP;
		else
			*mark = BISECT_GOOD;
	}
}

static void mark_cell(struct marking *m)
{
	struct bisect_sheet *sheet = m->sheet;

	m->views = xcalloc(sheet->nr_states + 1, sizeof(*m->views));
	for (size_t p = 0; p < sheet->nr_states; p++) {
		struct step_result *step = run_result_step(m->r, p, m->cell);

		if (is_judged(step))
			step_view_init(&m->views[p], m->r, step);
	}
	find_signs(m);
	for (size_t i = 0; i < m->nr; i++)
		sheet->hit[m->signs[i].cause * sheet->nr_cells + m->cell] =
			true;
	for (size_t p = 0; p < sheet->nr_states; p++) {
		enum outcome o = run_result_step(m->r, p, m->cell)->outcome;

		if (o == OUTCOME_BUILT || o == OUTCOME_UNREACHED)
			mark_step(m, p);
		else
			for (size_t c = 0; c < sheet->nr_causes; c++)
				bisect_marks(sheet, c, m->cell)[p] =
					o == OUTCOME_PENDING ? BISECT_PENDING :
							       BISECT_SKIP;
	}
	for (size_t p = 0; p < sheet->nr_states; p++)
		step_view_release(&m->views[p]);
	free(m->views);
	free(m->signs);
}

static size_t nr_applied(const struct run_result *r)
{
	size_t n = 0;

	while (n < r->nr_patches && !r->patches[n].not_applied)
		n++;
	return n;
}

static void alloc(struct bisect_sheet *s, const struct run_result *r,
		  size_t nr_causes)
{
	bisect_sheet_release(s);
	s->nr_causes = nr_causes;
	s->nr_cells = r->nr_cells;
	s->nr_states = nr_applied(r);
	s->marks = xcalloc(nr_causes * s->nr_cells * s->nr_states + 1,
			   sizeof(*s->marks));
	s->hit = xcalloc(nr_causes * s->nr_cells + 1, sizeof(*s->hit));
}

void bisect_sheet_fill(struct bisect_sheet *s, struct run_result *r,
		       bool history)
{
	_cleanup_strmap_ struct strmap causes = STRMAP_INIT;

	alloc(s, r, r->nr_causes);
	for (size_t i = 0; i < r->nr_causes; i++)
		if (is_wanted(r, &r->causes[i]))
			strmap_set(&causes, r->causes[i].id,
				   (void *)(uintptr_t)(i + 1));
	for (size_t cell = 0; cell < r->nr_cells; cell++) {
		struct marking m = {
			.sheet = s,
			.r = r,
			.cell = cell,
			.history = history,
			.causes = &causes,
		};

		mark_cell(&m);
	}
}

void bisect_sheet_init_condition(struct bisect_sheet *s,
				 const struct run_result *r)
{
	alloc(s, r, 1);
	for (size_t cell = 0; cell < r->nr_cells; cell++)
		s->hit[cell] = true;
}

void bisect_sheet_release(struct bisect_sheet *s)
{
	free(s->marks);
	free(s->hit);
	*s = (struct bisect_sheet){ 0 };
}

enum bisect_mark *bisect_marks(const struct bisect_sheet *s, size_t cause,
			       size_t cell)
{
	return &s->marks[(cause * s->nr_cells + cell) * s->nr_states];
}

bool bisect_hits(const struct bisect_sheet *s, size_t cause, size_t cell)
{
	return s->hit[cause * s->nr_cells + cell];
}
