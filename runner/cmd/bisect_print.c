// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cause by cause: where it comes and goes, with the cells for which that is so,
 * and what the two states at that edge said. Cells with the same edge stand
 * together.
 */
#include "cmd/bisect_print.h"

#include "engine/bisect_run.h"
#include "model/result.h"
#include "report/escape.h"
#include "sys/mem.h"
#include "sys/strbuf.h"

struct printer {
	const struct run_result *r;
	const struct bisect_findings *f;
	const struct bisect_style *st;
	struct strbuf *out;
};

static void line(const struct printer *p, const char *indent, const char *text)
{
	strbuf_addstr(p->out, indent);
	escape_line(p->out, text ? text : "");
	strbuf_addch(p->out, '\n');
}

/* "patch 4", "the base"; "commit 0123456789ab" */
static char *name_of(const struct printer *p, unsigned state)
{
	const struct patch_info *i = &p->r->patches[state];

	if (p->st->history)
		return xasprintf("commit %.12s%s", i->commit,
				 state ? "" : " (the good end)");
	return state ? xasprintf("patch %u", state) : xstrdup("the base");
}

static void print_patch(const struct printer *p, unsigned state)
{
	const struct patch_info *i = &p->r->patches[state];

	if (p->st->history)
		strbuf_addf(p->out, "%.12s  ", i->commit);
	else
		strbuf_addf(p->out, "%u (%.12s)  ", state, i->commit);
	escape_line(p->out, i->subject ? i->subject : "");
	strbuf_addch(p->out, '\n');
}

static void print_author(const struct printer *p, unsigned state)
{
	if (p->r->patches[state].author)
		line(p, "               ", p->r->patches[state].author);
}

static bool same_change(const struct bisect_change *a,
			const struct bisect_change *b)
{
	return a->breaks == b->breaks && a->nr_suspects == b->nr_suspects &&
	       !memcmp(a->suspects, b->suspects,
		       a->nr_suspects * sizeof(*a->suspects));
}

/* What is known of a step, and how. */
static void print_step(const struct printer *p, size_t cell, unsigned state,
		       bool bad)
{
	const struct step_result *s = run_result_step(p->r, state, cell);
	_cleanup_free_ char *name = name_of(p, state);

	strbuf_addf(p->out, "%s at %s (", bad ? "bad" : "good", name);
	if (s->outcome == OUTCOME_UNREACHED)
		strbuf_addstr(p->out, "proved to be like the one before");
	else if (s->remembered)
		strbuf_addf(p->out, "%.150s",
			    s->reason && starts_with(s->reason, "as ") ?
				    s->reason : "like a step built before");
	else
		strbuf_addstr(p->out, "built");
	if (s->failed.nr)
		strbuf_addf(p->out, ", %zu unit%s fail%s", s->failed.nr,
			    s->failed.nr == 1 ? "" : "s",
			    s->failed.nr == 1 ? "s" : "");
	strbuf_addch(p->out, ')');
}

static void print_cell(const struct printer *p, size_t cell,
		       const struct bisect_change *c)
{
	strbuf_addf(p->out, "     %s: ", p->r->cells[cell].id);
	print_step(p, cell, c->before, !c->breaks);
	strbuf_addstr(p->out, ", ");
	print_step(p, cell, c->after, c->breaks);
	strbuf_addch(p->out, '\n');
}

static void print_suspects(const struct printer *p,
			   const struct bisect_change *c)
{
	strbuf_addf(p->out, "  %s one of %zu, which could not be told apart:\n",
		    c->breaks ? "broken by" : "healed by", c->nr_suspects);
	for (size_t i = 0; i < c->nr_suspects; i++) {
		strbuf_addstr(p->out, "     ");
		print_patch(p, c->suspects[i]);
	}
}

static void print_repro(const struct printer *p, size_t cell,
			const struct bisect_change *c)
{
	strbuf_addf(p->out,
		    "     kvmatrix repro %s %s %u | sh  # %s\n"
		    "     kvmatrix repro %s %s %u | sh  # %s\n",
		    p->r->id, p->r->cells[cell].id, c->after,
		    c->breaks ? "bad" : "good", p->r->id,
		    p->r->cells[cell].id, c->before, c->breaks ? "good" : "bad");
}

static void print_change(const struct printer *p, size_t cell,
			 const struct bisect_change *c)
{
	if (c->nr_suspects == 1) {
		strbuf_addf(p->out, "  %s ",
			    c->breaks ? "broken by" : "healed by");
		print_patch(p, c->after);
		print_author(p, c->after);
	} else {
		print_suspects(p, c);
	}
	print_cell(p, cell, c);
}

/* The change that finding i has in common with an earlier one. */
static bool told_before(const struct bisect_findings *f, size_t i,
			const struct bisect_change *c)
{
	for (size_t k = i; k-- > 0 && f->v[k].cause == f->v[i].cause;)
		for (size_t n = 0; n < f->v[k].nr; n++)
			if (same_change(&f->v[k].v[n], c))
				return true;
	return false;
}

static void print_changes(const struct printer *p, size_t first, size_t end)
{
	const struct bisect_findings *f = p->f;

	for (size_t i = first; i < end; i++)
		for (size_t n = 0; n < f->v[i].nr; n++) {
			const struct bisect_change *c = &f->v[i].v[n];

			if (told_before(f, i, c))
				continue;
			print_change(p, f->v[i].cell, c);
			for (size_t k = i + 1; k < end; k++)
				for (size_t m = 0; m < f->v[k].nr; m++)
					if (same_change(&f->v[k].v[m], c))
						print_cell(p, f->v[k].cell,
							   &f->v[k].v[m]);
			print_repro(p, f->v[i].cell, c);
		}
}

static void print_state(const struct printer *p, const struct bisect_finding *f)
{
	const char *id = p->r->cells[f->cell].id;
	const char *ends = p->st->history ? "bad end" : "tip";

	if (f->at_start)
		strbuf_addf(p->out, "  %s: already there in %s: which %s made it "
			    "is not among these\n", id,
			    p->st->history ? "the good end" : "the base",
			    p->st->history ? "commit" : "patch");
	if (f->start_unknown)
		strbuf_addf(p->out, "  %s: %s says nothing about it\n", id,
			    p->st->history ? "the good end" : "the base");
	if (f->tip_unknown)
		strbuf_addf(p->out, "  %s: the %s says nothing about it\n", id,
			    ends);
	else if (!f->at_tip)
		strbuf_addf(p->out, "  %s: %s at the %s\n", id,
			    f->never ? "good" : "gone", ends);
	if (f->flaps)
		strbuf_addf(p->out,
			    "  %s: comes and goes more than once; every state "
			    "was looked at\n", id);
	if (f->unfinished)
		strbuf_addf(p->out, "  %s: not finished: run it again to go "
			    "on\n", id);
}

static void print_head(const struct printer *p, size_t cause, size_t nr)
{
	const struct cause *c = &p->r->causes[cause];

	strbuf_addf(p->out, "%zu. ", nr);
	if (p->st->condition) {
		escape_line(p->out, p->st->condition);
		strbuf_addch(p->out, '\n');
		return;
	}
	escape_line(p->out, c->title);
	strbuf_addch(p->out, '\n');
	if (c->example)
		line(p, "  ", c->example);
}

static void print_causes(const struct printer *p)
{
	const struct bisect_findings *f = p->f;
	size_t nr = 0;

	for (size_t i = 0, end; i < f->nr; i = end) {
		for (end = i; end < f->nr && f->v[end].cause == f->v[i].cause;)
			end++;
		print_head(p, f->v[i].cause, ++nr);
		print_changes(p, i, end);
		for (size_t k = i; k < end; k++)
			print_state(p, &f->v[k]);
		/* It tells of patches in their order; commits have none. */
		if (!p->st->condition && !p->st->history)
			line(p, "  -> ", p->r->causes[f->v[i].cause].advice);
		strbuf_addch(p->out, '\n');
	}
	if (!nr)
		strbuf_addf(p->out, "nothing is broken at the %s%s\n\n",
			    p->st->history ? "bad end" : "tip",
			    p->st->scouted && !p->f->not_looked_at &&
					    !p->f->unlinked ?
				    ", nor anywhere before" :
				    "");
}

/* What is broken in the base stands apart: nobody's patch here did it. */
static void print_base(const struct printer *p)
{
	size_t nr = 0;

	for (size_t i = 0; !p->st->condition && i < p->r->nr_causes; i++) {
		const struct cause *c = &p->r->causes[i];

		if (c->first_bad || c->severity != DIAG_ERROR)
			continue;
		if (!nr++)
			strbuf_addf(p->out, "broken in %s already, and not "
				    "searched:\n", p->st->history ?
				    "the good end" : "the base");
		line(p, "     ", c->title);
	}
	if (nr)
		strbuf_addch(p->out, '\n');
}

static void print_troubles(const struct printer *p)
{
	const struct run_result *r = p->r;

	for (size_t i = 0; i < r->nr_patches; i++)
		if (r->patches[i].not_applied) {
			strbuf_addf(p->out, "patch %zu does not apply; searched "
				    "up to the one before\n\n", i);
			break;
		}
	for (size_t i = 0; i < r->nr_cells; i++) {
		if (r->cells[i].same_as)
			strbuf_addf(p->out, "%s is built as %s\n\n",
				    r->cells[i].id, r->cells[i].same_as);
		if (!r->cells[i].error)
			continue;
		strbuf_addf(p->out, "%s could not be judged: ", r->cells[i].id);
		line(p, "", r->cells[i].error);
		strbuf_addch(p->out, '\n');
	}
	for (size_t i = 0; r->steps && i < r->nr_cells * r->nr_patches; i++) {
		const struct step_result *s = &r->steps[i];

		if (s->outcome != OUTCOME_ERROR || r->cells[s->cell].error)
			continue;
		strbuf_addf(p->out, "%s at %u could not be judged: ",
			    r->cells[s->cell].id, s->patch);
		line(p, "", s->reason);
		strbuf_addch(p->out, '\n');
	}
	strlist_each(w, &r->internal)
		line(p, "internal error, please report it: ", w);
	strlist_each(e, &p->f->errors)
		line(p, "git: ", e);
	strlist_each(w, &r->warnings)
		line(p, "warning: ", w);
}

static void print_effort(const struct printer *p)
{
	const struct bisect_findings *f = p->f;

	strbuf_addf(p->out, "%zu step%s built", f->built,
		    f->built == 1 ? "" : "s");
	if (p->st->condition)
		strbuf_addf(p->out, ", %zu times the command was run",
			    f->probes);
	strbuf_addf(p->out,
		    "; %zu proved to be like others, %zu known from steps built "
		    "before",
		    f->proved, f->remembered);
	if (p->st->scouted)
		strbuf_addf(p->out, "; the quick pass looked at %zu",
			    f->scouted);
	strbuf_addf(p->out,
		    "\nlinear search: %zu steps; one bisection for each cause "
		    "and cell: about %zu\n",
		    f->linear, f->per_cause);
	if (f->unlinked)
		strbuf_addf(p->out,
			    "%zu step%s could not be linked, since units fail: "
			    "what a link would have said there is not known\n",
			    f->unlinked, f->unlinked == 1 ? "" : "s");
	if (f->not_looked_at)
		strbuf_addf(p->out,
			    "%zu step%s neither built, proved nor looked at by "
			    "the quick pass: what came and went there was not "
			    "seen%s\n",
			    f->not_looked_at, f->not_looked_at == 1 ? " was" :
								      "s were",
			    p->st->history || p->st->condition ? "" :
				    " (kvmatrix run builds all)");
}

void bisect_print(const struct run_result *r, const struct bisect_findings *f,
		  const struct bisect_style *st, struct strbuf *out)
{
	const struct printer p = { .r = r, .f = f, .st = st, .out = out };
	const char *what = st->history ? "commit" : "patch";

	strbuf_addch(out, '\n');
	escape_line(out, r->title ? r->title : r->series);
	strbuf_addf(out, ": %zu %s%s, %zu cell%s, base %.12s\n\n",
		    r->nr_patches - 1, what,
		    r->nr_patches == 2 ? "" : st->history ? "s" : "es",
		    r->nr_cells, r->nr_cells == 1 ? "" : "s",
		    r->base ? r->base : "");
	print_causes(&p);
	print_base(&p);
	print_troubles(&p);
	if (st->dir)
		strbuf_addf(out, "logs     %s/logs/<%s>/<cell>.log\n", st->dir,
			    what);
	print_effort(&p);
	if (r->status == RUN_INTERRUPTED)
		strbuf_addstr(out, "interrupted: run it again to go on\n");
}
