// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ten seconds: what is wrong and since which patch; the matrix; where to read on.
 */
#include "report/report.h"

#include "model/result.h"
#include "report/escape.h"
#include "report/text_audits.h"
#include "sys/mem.h"
#include "sys/strbuf.h"

enum colour { PLAIN, RED, GREEN, YELLOW, BOLD };

static void begin(struct strbuf *out, const struct report_style *st,
		  enum colour c)
{
	static const char *const codes[] = { "", "\033[31m", "\033[32m",
					     "\033[33m", "\033[1m" };

	if (st->colour)
		strbuf_addstr(out, codes[c]);
}

static void end(struct strbuf *out, const struct report_style *st)
{
	if (st->colour)
		strbuf_addstr(out, "\033[0m");
}

static void interval(struct strbuf *out, const struct cause *c)
{
	if (!c->first_bad)
		strbuf_addstr(out, "in the base");
	else if (c->first_suspect < c->first_bad)
		strbuf_addf(out, "since one of the patches %u to %u",
			    c->first_suspect ? c->first_suspect : 1,
			    c->first_bad);
	else
		strbuf_addf(out, "since patch %u", c->first_bad);
	if (c->healed_by)
		strbuf_addf(out, ", healed by %u", c->healed_by);
	else if (c->first_bad)
		strbuf_addstr(out, ", still there at the tip");
}

static void cells_of(struct strbuf *out, const struct run_result *r,
		     const struct cause *c)
{
	_cleanup_strlist_ struct strlist ids = STRLIST_INIT;
	_cleanup_free_ char *joined = NULL;

	for (size_t i = 0; i < c->nr_spans; i++)
		if (!strlist_has(&ids, r->cells[c->spans[i].cell].id))
			strlist_add(&ids, r->cells[c->spans[i].cell].id);
	joined = strlist_join(&ids, ", ");
	escape_line(out, joined);
}

static void print_cause(struct strbuf *out, const struct run_result *r,
			const struct report_style *st, const struct cause *c,
			size_t nr)
{
	begin(out, st, c->severity == DIAG_ERROR && c->first_bad ? RED : YELLOW);
	strbuf_addf(out, "%2zu. ", nr);
	escape_line(out, c->title);
	end(out, st);
	strbuf_addstr(out, "\n    ");
	interval(out, c);
	strbuf_addstr(out, "; ");
	cells_of(out, r, c);
	if (c->units.nr)
		strbuf_addf(out, "; %zu unit%s", c->units.nr,
			    c->units.nr == 1 ? "" : "s");
	strbuf_addch(out, '\n');
	if (c->example) {
		strbuf_addstr(out, "    ");
		escape_line(out, c->example);
		strbuf_addch(out, '\n');
	}
	strbuf_addstr(out, "    -> ");
	escape_line(out, c->advice);
	strbuf_addstr(out, "\n\n");
}

static void print_causes(struct strbuf *out, const struct run_result *r,
			 const struct report_style *st)
{
	size_t nr = 0, base = 0;

	for (size_t i = 0; i < r->nr_causes; i++) {
		const struct cause *c = &r->causes[i];

		if (!c->first_bad && c->severity == DIAG_WARNING) {
			base++;
			continue;
		}
		print_cause(out, r, st, c, ++nr);
	}
	if (base)
		strbuf_addf(out,
			    "%zu kind%s of warning in the base, not the series' "
			    "doing (see results.json)\n\n",
			    base, base == 1 ? "" : "s");
}

static const char *word(const struct step_result *s)
{
	switch (s->verdict) {
	case VERDICT_OK:
		return "ok";
	case VERDICT_REGRESSED:
		return "FAIL";
	case VERDICT_FIXED:
		return "fixed";
	case VERDICT_STILL_BROKEN:
		return "broken";
	case VERDICT_UNREACHED:
		return "-";
	case VERDICT_NOT_APPLIED:
		return "n/a";
	case VERDICT_ERROR:
		return "ERROR";
	}
	return "?";
}

static enum colour shade(enum verdict v)
{
	switch (v) {
	case VERDICT_REGRESSED:
	case VERDICT_ERROR:
		return RED;
	case VERDICT_OK:
	case VERDICT_FIXED:
		return GREEN;
	case VERDICT_STILL_BROKEN:
	case VERDICT_NOT_APPLIED:
		return YELLOW;
	default:
		return PLAIN;
	}
}

static void print_row(struct strbuf *out, const struct run_result *r,
		      const struct report_style *st, size_t cell, int room,
		      unsigned from, unsigned to)
{
	strbuf_addf(out, "%-*s", room, r->cells[cell].id);
	for (unsigned k = from; k < to; k++) {
		const struct step_result *s = run_result_step(r, k, cell);
		const char *w = word(s);

		strbuf_addf(out, " %*s", (int)(6 - strlen(w)), "");
		begin(out, st, shade(s->verdict));
		strbuf_addstr(out, w);
		end(out, st);
	}
	strbuf_addch(out, '\n');
}

/* A wide series is folded: as many patches as fit, then the next ones. */
static void print_matrix(struct strbuf *out, const struct run_result *r,
			 const struct report_style *st)
{
	int width = st->width ? st->width : 80, room = 12;
	unsigned fit;

	for (size_t i = 0; i < r->nr_cells; i++)
		if ((int)strlen(r->cells[i].id) > room)
			room = strlen(r->cells[i].id);
	fit = width > room + 14 ? (width - room) / 7 : 2;
	for (unsigned from = 0; from < r->nr_patches; from += fit) {
		unsigned to = from + fit < r->nr_patches ? from + fit :
							   r->nr_patches;

		strbuf_addf(out, "%-*s", room, "patch");
		for (unsigned k = from; k < to; k++) {
			if (k)
				strbuf_addf(out, " %6u", k);
			else
				strbuf_addstr(out, "   base");
		}
		strbuf_addch(out, '\n');
		for (size_t i = 0; i < r->nr_cells; i++)
			print_row(out, r, st, i, room, from, to);
		strbuf_addch(out, '\n');
	}
}

static void print_patches(struct strbuf *out, const struct run_result *r)
{
	for (unsigned k = 1; k < r->nr_patches; k++) {
		strbuf_addf(out, "%3u  ", k);
		escape_line(out, r->patches[k].subject ? r->patches[k].subject :
							 "");
		strbuf_addch(out, '\n');
	}
	strbuf_addch(out, '\n');
}

/* git's complaint with the hunk that was rejected, line by line. */
static void print_not_applied(struct strbuf *out, const struct run_result *r,
			      const struct report_style *st)
{
	for (size_t i = 0; i < r->nr_patches; i++) {
		_cleanup_strlist_ struct strlist lines = STRLIST_INIT;

		if (!r->patches[i].not_applied)
			continue;
		begin(out, st, RED);
		strbuf_addf(out, "patch %zu does not apply:", i);
		end(out, st);
		strbuf_addch(out, '\n');
		strlist_split(&lines, r->patches[i].not_applied, "\n");
		strlist_each(line, &lines) {
			strbuf_addstr(out, "    ");
			escape_line(out, line);
			strbuf_addch(out, '\n');
		}
		strbuf_addch(out, '\n');
		return; /* the ones after it only follow from it */
	}
}

static void print_troubles(struct strbuf *out, const struct run_result *r,
			   const struct report_style *st)
{
	size_t pending = 0;

	for (size_t i = 0; i < r->nr_cells; i++) {
		if (!r->cells[i].error)
			continue;
		begin(out, st, RED);
		strbuf_addf(out, "%s could not be judged: ", r->cells[i].id);
		end(out, st);
		escape_line(out, r->cells[i].error);
		strbuf_addstr(out, "\n\n");
	}
	for (size_t i = 0; i < r->nr_cells * r->nr_patches; i++) {
		const struct step_result *s = &r->steps[i];
		const struct cell_info *cell = &r->cells[s->cell];

		if (s->outcome == OUTCOME_PENDING) {
			pending++;
			continue;
		}
		if (s->verdict == VERDICT_ERROR && !cell->error && s->reason) {
			strbuf_addf(out, "%s at patch %u could not be judged: ",
				    cell->id, s->patch);
			escape_line(out, s->reason);
			strbuf_addstr(out, "\n\n");
		}
		if (s->outcome == OUTCOME_BUILT &&
		    (s->failed_replayed.nr || s->unjudged.nr)) {
			strbuf_addf(out, "%s at patch %u: ", cell->id, s->patch);
			escape_line(out, s->reason ? s->reason : "");
			strbuf_addstr(out, "\n\n");
		}
	}
	if (pending)
		strbuf_addf(out, "%zu step%s not built\n\n", pending,
			    pending == 1 ? " was" : "s were");
	strlist_each(w, &r->internal) {
		begin(out, st, RED);
		strbuf_addstr(out, "internal error, please report it: ");
		end(out, st);
		escape_line(out, w);
		strbuf_addstr(out, "\n\n");
	}
	strlist_each(w, &r->warnings) {
		begin(out, st, YELLOW);
		strbuf_addstr(out, "warning: ");
		end(out, st);
		escape_line(out, w);
		strbuf_addstr(out, "\n\n");
	}
}

static void print_end(struct strbuf *out, const struct run_result *r,
		      const struct report_style *st)
{
	static const char *const said[] = {
		[0] = "nothing got worse",
		[1] = "the series makes something worse",
		[3] = "not everything could be judged",
	};
	int code = run_result_exit_code(r);
	unsigned cached = r->cache.hits + r->cache.text_hits;

	if (st->dir) {
		strbuf_addf(out, "logs     %s/logs/<patch>/<cell>.log\n",
			    st->dir);
		strbuf_addf(out, "TAP      %s/report.tap\n", st->dir);
		strbuf_addf(out, "results  %s/results.json\n", st->dir);
	}
	strbuf_addf(out, "repeat   kvmatrix repro %s CELL PATCH\n\n", r->id);
	begin(out, st, code ? RED : GREEN);
	strbuf_addstr(out, said[code]);
	end(out, st);
	if (r->depth && !strcmp(r->depth, "quick"))
		strbuf_addstr(out, ", as far as syntax checks tell (--depth quick)");
	strbuf_addf(out, "%s (%.0f s, %s builds",
		    r->status == RUN_DONE ? "" :
					    "; the run was interrupted: run it "
					    "again to go on",
		    r->seconds,
		    r->mode && !strcmp(r->mode, "plain") ? "plain" :
							   "isolated");
	if (cached)
		strbuf_addf(out, "; ccache had %u of %u compilations", cached,
			    cached + r->cache.misses);
	strbuf_addstr(out, ")\n");
}

void report_text(const struct run_result *r, const struct report_style *st,
		 struct strbuf *out)
{
	strbuf_addch(out, '\n');
	begin(out, st, BOLD);
	escape_line(out, r->title ? r->title : r->series);
	end(out, st);
	strbuf_addf(out, ": %zu patch%s, %zu cell%s, base %.12s\n\n",
		    r->nr_patches - 1, r->nr_patches == 2 ? "" : "es",
		    r->nr_cells, r->nr_cells == 1 ? "" : "s",
		    r->base ? r->base : "");
	print_causes(out, r, st);
	print_matrix(out, r, st);
	print_patches(out, r);
	print_not_applied(out, r, st);
	text_audits(out, r, st);
	print_troubles(out, r, st);
	print_end(out, r, st);
}
