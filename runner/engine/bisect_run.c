// SPDX-License-Identifier: GPL-2.0-only
/*
 * What to build next is decided anew from all that is known whenever a cell asks:
 * causes are folded again after each step, and may fold otherwise than before.
 */
#include "engine/bisect_run.h"

#include "engine/bisect_sheet.h"
#include "engine/cause.h"
#include "engine/quick.h"
#include "engine/tree.h"
#include "engine/tree_history.h"
#include "engine/verdict.h"
#include "model/matrix.h"
#include "sys/errbuf.h"
#include "sys/mem.h"
#include "sys/strmap.h"

#define MOST_LANES_PER_CELL 4
#define MOST_UNSEEN 8 /* states of a cell */

/* What is known of one cell beyond its steps. */
struct bisect_cell {
	bool came;   /* its own lane has asked */
	bool *busy;  /* by state */
	bool *wanted; /* by state: the quick pass sees a change */
	bool *seen;   /* by state: the quick pass has judged all of it */
	const bool *matters;
};

struct bisection {
	const struct bisect_opts *o;
	struct run_result *r;
	struct bisect_findings *f;
	struct bisect_cell *cells;
	struct bisect_sheet sheet;
	bool stale; /* a step was done since the sheet was filled */
	size_t nr_states, tip;
};

static struct step_result *step_at(const struct bisection *b, size_t cell,
				   size_t state)
{
	return run_result_step(b->r, state, cell);
}

static bool is_pending(const struct bisection *b, size_t cell, size_t state)
{
	if (b->o->run.probe)
		return bisect_marks(&b->sheet, 0, cell)[state] ==
		       BISECT_PENDING;
	return step_at(b, cell, state)->outcome == OUTCOME_PENDING;
}

static bool is_free(const struct bisection *b, size_t cell, size_t state)
{
	return is_pending(b, cell, state) && !b->cells[cell].busy[state];
}

/* ---- what is known ------------------------------------------------------------ */

static void open_cells(struct bisection *b, struct run_result *r)
{
	size_t nr = r->nr_patches;

	b->r = r;
	b->nr_states = 0;
	while (b->nr_states < nr && !r->patches[b->nr_states].not_applied)
		b->nr_states++;
	b->tip = b->nr_states - 1;
	b->cells = xcalloc(r->nr_cells, sizeof(*b->cells));
	for (size_t i = 0; i < r->nr_cells; i++) {
		b->cells[i].busy = xcalloc(nr, sizeof(bool));
		b->cells[i].wanted = xcalloc(nr, sizeof(bool));
		b->cells[i].seen = xcalloc(nr, sizeof(bool));
	}
	if (b->o->run.probe)
		bisect_sheet_init_condition(&b->sheet, r);
	b->stale = true;
}

static void close_cells(struct bisection *b)
{
	for (size_t i = 0; b->cells && i < b->r->nr_cells; i++) {
		free(b->cells[i].busy);
		free(b->cells[i].wanted);
		free(b->cells[i].seen);
	}
	free(b->cells);
	bisect_sheet_release(&b->sheet);
}

/* Steps that were being built and are done are busy no more. */
static void collect(struct bisection *b)
{
	for (size_t cell = 0; cell < b->r->nr_cells; cell++)
		for (size_t i = 0; i < b->nr_states; i++) {
			if (!b->cells[cell].busy[i] ||
			    is_pending(b, cell, i))
				continue;
			b->cells[cell].busy[i] = false;
			b->stale = true;
		}
}

/* What could not be built cannot be probed. */
static void skip_errors(struct bisection *b)
{
	for (size_t cell = 0; cell < b->r->nr_cells; cell++) {
		enum bisect_mark *m = bisect_marks(&b->sheet, 0, cell);

		for (size_t i = 0; i < b->nr_states; i++)
			if (m[i] == BISECT_PENDING &&
			    step_at(b, cell, i)->outcome == OUTCOME_ERROR)
				m[i] = BISECT_SKIP;
	}
}

static void refresh(struct bisection *b)
{
	if (b->o->run.probe)
		skip_errors(b);
	collect(b);
	if (!b->stale || b->o->run.probe)
		return;
	verdict_judge(b->r);
	causes_find(b->r);
	bisect_sheet_fill(&b->sheet, b->r, b->o->dag != NULL);
	b->stale = false;
}

static void probed(void *data, size_t cell, unsigned patch, int code)
{
	struct bisection *b = data;

	b->f->probes += code >= 0;
	bisect_marks(&b->sheet, 0, cell)[patch] =
		code < 0 || code == 125 ? BISECT_SKIP :
		code			? BISECT_BAD :
					  BISECT_GOOD;
}

/* ---- the quick pass ----------------------------------------------------------- */

static bool has(const struct diag_list *l, const struct diagnostic *d)
{
	for (size_t i = 0; i < l->nr; i++)
		if (l->v[i].severity == d->severity &&
		    streq_null(l->v[i].unit, d->unit) &&
		    streq_null(l->v[i].fingerprint, d->fingerprint))
			return true;
	return false;
}

/*
 * Does a say something that other does not? Either may come from a build, which
 * also has the messages that only generating code gives, and those it gives of a
 * unit that fails. A warning that is gone may be such a one.
 */
static bool says_more(const struct quick_state *a,
		      const struct quick_state *other, bool warnings)
{
	for (size_t i = 0; i < a->diags.nr; i++) {
		const struct diagnostic *d = &a->diags.v[i];

		if (has(&other->diags, d) ||
		    (!a->recalled && quick_needs_codegen(d)))
			continue;
		if (d->severity == DIAG_ERROR)
			return true;
		if (warnings &&
		    !(d->unit && (strlist_has_sorted(&a->failed, d->unit) ||
				  strlist_has_sorted(&other->failed, d->unit))))
			return true;
	}
	return false;
}

/*
 * States that the pass could not judge (a Makefile or Kconfig file changed) may hold
 * what heals before the tip. As few as a series has are built; where they are more,
 * the end tells how many nobody looked at. Of a whole kernel the pass has seen none:
 * what their links say only links tell, or a proof that they are like their
 * neighbours.
 */
static void want_unseen(const struct bisection *b, struct bisect_cell *c)
{
	size_t nr = 0;

	if (b->o->run.matrix->image) {
		for (size_t i = 1; i < b->nr_states; i++) {
			c->seen[i] = false;
			c->wanted[i] = true;
		}
		return;
	}
	for (size_t i = 1; i < b->nr_states; i++)
		nr += !c->seen[i] && c->matters[i];
	for (size_t i = 1; nr <= MOST_UNSEEN && i < b->nr_states; i++)
		if (!c->seen[i] && c->matters[i])
			c->wanted[i] = true;
}

/* The states at which something comes or goes, and the ones before. */
static void take_scouting(struct bisection *b, const struct run_ask *a)
{
	struct bisect_cell *c = &b->cells[a->cell];

	for (size_t i = 1; a->quick && i < b->nr_states; i++) {
		const struct quick_state *q = &a->quick[i];
		const struct quick_state *prev = &a->quick[i - 1];

		c->seen[i] = q->recalled ||
			     (q->done && !q->blind && !q->unjudged.nr);
		b->f->scouted += q->nr_judged && q->seconds > 0;
		if (says_more(q, prev, !b->r->warnings_allowed) ||
		    says_more(prev, q, false))
			c->wanted[i] = c->wanted[i - 1] = true;
	}
	if (a->quick)
		want_unseen(b, c);
}

/* ---- which step is next --------------------------------------------------------- */

static struct bisect_line line_of(const struct bisection *b, size_t cause,
				  size_t cell)
{
	return (struct bisect_line){
		.marks = bisect_marks(&b->sheet, cause, cell),
		.nr = b->nr_states,
		.busy = b->cells[cell].busy,
		.matters = b->o->run.probe ? NULL : b->cells[cell].matters,
	};
}

static struct bisect_history history_of(const struct bisection *b,
					size_t cause, size_t cell)
{
	return (struct bisect_history){
		.dag = b->o->dag,
		.marks = bisect_marks(&b->sheet, cause, cell),
		.busy = b->cells[cell].busy,
	};
}

static struct bisect_known known(const struct bisection *b)
{
	return (struct bisect_known){
		.sheet = &b->sheet,
		.r = b->r,
		.dag = b->o->dag,
		.condition = b->o->run.probe != NULL,
	};
}

static bool is_open(const struct bisection *b, size_t cause, size_t cell)
{
	struct bisect_known k = known(b);

	return bisect_cause_is_open(&k, cause, cell, b->cells[cell].busy);
}

/* A bad state of the cause in another cell whose edge is found. */
static size_t hint_for(const struct bisection *b, size_t cause, size_t cell)
{
	struct bisect_edge mine, e;
	struct bisect_line own = line_of(b, cause, cell);

	for (size_t from = 0; bisect_next_edge(&own, from, &mine);
	     from = mine.after) {
		for (size_t i = 0; mine.nr_pending && i < b->r->nr_cells; i++) {
			struct bisect_line l = line_of(b, cause, i);

			for (size_t at = 0; i != cell &&
			     bisect_next_edge(&l, at, &e); at = e.after)
				if (e.breaks == mine.breaks && !e.nr_pending &&
				    e.after > mine.before &&
				    e.after <= mine.after)
					return e.after;
		}
	}
	return BISECT_NONE;
}

static size_t pick_history(const struct bisection *b, size_t cause, size_t cell)
{
	struct bisect_history h = history_of(b, cause, cell);
	_cleanup_free_ bool *without =
		xcalloc(b->nr_states, sizeof(*without));
	struct bisect_question q = { .without = without };
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	size_t pick;

	if (bisect_history_flaps(&h))
		return bisect_history_linear(&h);
	/* What was found elsewhere is the first thing to try. */
	for (size_t i = 0; i < b->r->nr_cells; i++) {
		struct bisect_history other = history_of(b, cause, i);
		_cleanup_free_ bool *set =
			xcalloc(b->nr_states, sizeof(*set));
		size_t bad;

		if (i == cell || !bisect_hits(&b->sheet, cause, i) ||
		    is_open(b, cause, i) || other.marks[0] != BISECT_GOOD)
			continue;
		bad = bisect_suspects(&other, set);
		if (bad == BISECT_NONE)
			continue;
		for (size_t k = 0; k < b->o->dag->nodes[bad].nr; k++)
			if (is_free(b, cell, b->o->dag->nodes[bad].parents[k]))
				return b->o->dag->nodes[bad].parents[k];
		if (is_free(b, cell, bad))
			return bad;
	}
	if (!bisect_ask(&h, &q))
		return BISECT_NONE;
	pick = tree_midpoint(b->o->run.tree, &q, &h, b->o->first_parent, &err);
	if (err.msg && !strlist_has(&b->f->errors, err.msg))
		strlist_add(&b->f->errors, err.msg);
	return pick;
}

static size_t pick(const struct bisection *b, size_t cause, size_t cell)
{
	struct bisect_line l;

	if (b->o->dag)
		return pick_history(b, cause, cell);
	l = line_of(b, cause, cell);
	return bisect_line_pick(&l, hint_for(b, cause, cell));
}

/* The first cell in which the cause is still searched. */
static size_t lead_of(const struct bisection *b, size_t cause)
{
	for (size_t i = 0; i < b->r->nr_cells; i++)
		if (is_open(b, cause, i))
			return i;
	return BISECT_NONE;
}

static size_t pick_cause(const struct bisection *b, const struct run_ask *a)
{
	for (size_t cause = 0; cause < b->sheet.nr_causes; cause++) {
		size_t state;

		if (!is_open(b, cause, a->cell))
			continue;
		/* A condition may depend on anything: cells tell nothing of
		 * each other, but where it was met is still the best guess. */
		if (!a->idle && lead_of(b, cause) != a->cell)
			continue;
		state = pick(b, cause, a->cell);
		if (state != BISECT_NONE)
			return state;
	}
	return BISECT_NONE;
}

static bool any_busy(const struct bisection *b)
{
	for (size_t cell = 0; cell < b->r->nr_cells; cell++)
		for (size_t i = 0; i < b->nr_states; i++)
			if (b->cells[cell].busy[i])
				return true;
	return false;
}

static bool any_open(const struct bisection *b)
{
	for (size_t cause = 0; cause < b->sheet.nr_causes; cause++)
		if (lead_of(b, cause) != BISECT_NONE)
			return true;
	return false;
}

static size_t pick_state(const struct bisection *b, const struct run_ask *a)
{
	if (b->o->run.probe && is_free(b, a->cell, 0))
		return 0;
	/* In order: the objtree goes from one to the next. */
	for (size_t i = 0; i < b->nr_states; i++)
		if ((i == b->tip || b->cells[a->cell].wanted[i]) &&
		    is_free(b, a->cell, i))
			return i;
	if (is_pending(b, a->cell, b->tip))
		return BISECT_NONE; /* it is busy */
	if (a->helper && !a->idle)
		return BISECT_NONE;
	return pick_cause(b, a);
}

static unsigned next(void *data, const struct run_ask *a)
{
	struct bisection *b = data;
	size_t state;

	if (!b->cells)
		open_cells(b, a->result);
	if (a->helper && !b->cells[a->cell].came)
		return RUN_WAIT;
	if (!b->cells[a->cell].came) {
		b->cells[a->cell].came = true;
		b->cells[a->cell].matters = a->matters;
		take_scouting(b, a);
	}
	refresh(b);
	state = pick_state(b, a);
	if (state != BISECT_NONE) {
		b->cells[a->cell].busy[state] = true;
		return state;
	}
	/* What others find may be a cause here, too. */
	return a->coming || any_busy(b) || (any_open(b) && !b->f->errors.nr) ?
		       RUN_WAIT : RUN_ENOUGH;
}

/* ---- the end -------------------------------------------------------------- */

static void count_steps(struct bisection *b)
{
	const struct run_result *r = b->r;

	for (size_t cell = 0; cell < r->nr_cells; cell++) {
		if (r->cells[cell].same_as)
			continue;
		b->f->linear += b->tip;
		for (size_t i = 1; i < b->nr_states; i++) {
			const struct step_result *s = step_at(b, cell, i);

			b->f->unlinked += s->link == STEP_LINK_NOT_ASKED;
			if (s->outcome == OUTCOME_UNREACHED ||
			    (s->remembered && s->reason &&
			     starts_with(s->reason, "as ")))
				b->f->proved++;
			else if (s->remembered)
				b->f->remembered++;
			else if (s->outcome == OUTCOME_BUILT)
				b->f->built++;
			else if (s->outcome == OUTCOME_PENDING &&
				 !b->cells[cell].seen[i])
				b->f->not_looked_at++;
		}
	}
}

/* Cells that are built as others share their marks. */
static void copy_equal_cells(struct bisection *b)
{
	const struct run_result *r = b->r;

	for (size_t i = 0; b->o->run.probe && i < r->nr_cells; i++)
		for (size_t k = 0; r->cells[i].same_as && k < r->nr_cells; k++)
			if (!strcmp(r->cells[k].id, r->cells[i].same_as))
				memcpy(bisect_marks(&b->sheet, 0, i),
				       bisect_marks(&b->sheet, 0, k),
				       b->nr_states *
					       sizeof(enum bisect_mark));
}

static void conclude(struct bisection *b)
{
	struct bisect_known k;

	copy_equal_cells(b);
	/* These were the lanes'. */
	for (size_t i = 0; i < b->r->nr_cells; i++)
		b->cells[i].matters = NULL;
	b->stale = true;
	refresh(b);
	k = known(b);
	bisect_find(&k, b->f);
	count_steps(b);
}

static unsigned lanes_per_cell(const struct run_opts *o)
{
	size_t n = o->jobs / (2 * o->matrix->nr_cells);

	return n < 1 ? 1 : n > MOST_LANES_PER_CELL ? MOST_LANES_PER_CELL : n;
}

int bisect_execute(const struct bisect_opts *opts, struct run_result *r,
		   struct bisect_findings *f, struct errbuf *err)
{
	struct bisect_opts o = *opts;
	struct bisection b = { .o = &o, .f = f };
	int ret;

	o.run.next = next;
	o.run.probed = probed;
	o.run.next_data = &b;
	o.run.lanes_per_cell = lanes_per_cell(&o.run);
	if (o.run.probe)
		o.run.use_memory = false;
	ret = run_execute(&o.run, r, err);
	if (!ret) {
		if (!b.cells)
			open_cells(&b, r);
		conclude(&b);
	}
	if (b.r)
		close_cells(&b);
	return ret;
}
