// SPDX-License-Identifier: GPL-2.0-only
/*
 * The grid is drawn below everything that scrolls: to print a line, the cursor
 * goes up to the grid's first row, the line replaces it, and the grid follows.
 */
#include "cmd/progress.h"

#include "engine/verdict.h"
#include "sys/mem.h"
#include "sys/strbuf.h"

#include <stdio.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

struct progress {
	bool quiet, verbose, terminal;
	unsigned rows; /* of the grid on the screen */
	struct timespec begin;
	double first_step; /* seconds until the first step began; 0: not yet */
	char *busy; /* a character a step: '~' where the quick pass has been,
		       '*' while it is built */
	const char **doing; /* a text a cell, static or NULL */
	size_t nr_cells, nr_patches;
};

struct progress *progress_new(bool quiet, bool verbose)
{
	struct progress *p = xcalloc(1, sizeof(*p));
	const char *term = getenv("TERM");

	p->quiet = quiet;
	p->verbose = verbose;
	p->terminal = !quiet && isatty(STDERR_FILENO) && term &&
		      strcmp(term, "dumb");
	clock_gettime(CLOCK_MONOTONIC, &p->begin);
	return p;
}

static void wipe(struct progress *p)
{
	if (p->rows)
		fprintf(stderr, "\033[%uA\r\033[J", p->rows);
	p->rows = 0;
}

void progress_free(struct progress *p)
{
	wipe(p);
	free(p->busy);
	free(p->doing);
	free(p);
}

static unsigned columns(void)
{
	struct winsize ws;

	if (!ioctl(STDERR_FILENO, TIOCGWINSZ, &ws) && ws.ws_col > 20)
		return ws.ws_col;
	return 80;
}

static char mark(const struct step_result *s)
{
	switch (s->outcome) {
	case OUTCOME_PENDING:
		return '.';
	case OUTCOME_NOT_APPLIED:
		return 'A';
	case OUTCOME_ERROR:
		return '!';
	case OUTCOME_UNREACHED:
	case OUTCOME_BUILT:
		break;
	}
	switch (s->verdict) {
	case VERDICT_REGRESSED:
		return 'F';
	case VERDICT_STILL_BROKEN:
		return 'x';
	case VERDICT_FIXED:
		return 'f';
	case VERDICT_UNREACHED:
		return '-';
	default:
		return 'o';
	}
}

static double elapsed(const struct progress *p)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec - p->begin.tv_sec +
	       (now.tv_nsec - p->begin.tv_nsec) / 1e9;
}

/* From patch FIRST on. */
static void count(const struct run_result *r, unsigned first, size_t *done,
		  size_t *all)
{
	*all = r->nr_cells * (r->nr_patches - first);
	*done = 0;
	for (size_t i = 0; i < *all; i++)
		*done += r->steps[first * r->nr_cells + i].outcome !=
			 OUTCOME_PENDING;
}

/* Bases take their own time, so the estimate is made of patches alone. */
static void add_estimate(const struct progress *p, const struct run_result *r,
			 double now, struct strbuf *out)
{
	size_t done, all;

	count(r, 1, &done, &all);
	if (p->first_step && done >= r->nr_cells && done < all)
		strbuf_addf(out, ", about %.0f s to go",
			    (now - p->first_step) / done * (all - done));
}

static void draw_row(const struct progress *p, const struct run_result *r,
		     size_t cell, unsigned width, struct strbuf *out)
{
	size_t room = width > 40 ? width - 32 : 8;

	strbuf_addf(out, "%-28.28s ", r->cells[cell].id);
	for (size_t k = 0; k < r->nr_patches && k < room; k++) {
		size_t i = k * r->nr_cells + cell;
		char c = mark(&r->steps[i]);

		strbuf_addch(out, c == '.' && p->busy[i] ? p->busy[i] : c);
	}
	if (p->doing[cell] && r->nr_patches + 2 + strlen(p->doing[cell]) < room)
		strbuf_addf(out, "  %s", p->doing[cell]);
	strbuf_addch(out, '\n');
}

static void draw(struct progress *p, const struct run_result *r)
{
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;
	size_t done, all;
	double t = elapsed(p);

	if (!p->terminal || !r->nr_cells)
		return;
	wipe(p);
	for (size_t i = 0; i < r->nr_cells; i++)
		draw_row(p, r, i, columns(), &out);
	count(r, 0, &done, &all);
	strbuf_addf(&out, "%zu of %zu steps, %.0f s", done, all, t);
	add_estimate(p, r, t, &out);
	strbuf_addch(&out, '\n');
	p->rows = r->nr_cells + 1;
	fputs(out.buf, stderr);
}

static void prepare(struct progress *p, const struct run_result *r)
{
	if (p->busy || !r->nr_cells)
		return;
	p->nr_cells = r->nr_cells;
	p->nr_patches = r->nr_patches;
	p->busy = xcalloc(r->nr_cells * r->nr_patches, 1);
	p->doing = xcalloc(r->nr_cells, sizeof(*p->doing));
}

static const struct diagnostic *first_new_error(const struct step_result *s)
{
	const struct diagnostic *warning = NULL;

	for (size_t i = 0; i < s->diags.nr; i++) {
		const struct diagnostic *d = &s->diags.v[i];

		if (d->status != DIAG_NEW)
			continue;
		if (d->severity == DIAG_ERROR)
			return d;
		if (!warning)
			warning = d;
	}
	return warning;
}

static void print_failure(const struct step_result *s)
{
	const struct diagnostic *d = first_new_error(s);

	if (!d)
		return;
	if (d->file)
		fprintf(stderr, "    %s:%u: ", d->file, d->line);
	else
		fprintf(stderr, "    %s: ", d->unit ? d->unit : d->tool);
	fprintf(stderr, "%s: %s\n", diag_severity_name(d->severity),
		d->message);
}

static void print_step(struct progress *p, const struct run_event *e)
{
	const struct step_result *s = e->step;
	bool bad = s->verdict == VERDICT_REGRESSED ||
		   s->verdict == VERDICT_ERROR ||
		   (!e->patch && s->verdict != VERDICT_OK);
	size_t done, all;

	if (p->quiet || (p->terminal && !bad && !p->verbose))
		return;
	wipe(p);
	count(e->result, 0, &done, &all);
	fprintf(stderr, "[%*zu/%zu] %s ", all > 99 ? 3 : 2, done, all,
		e->result->cells[e->cell].id);
	if (e->patch)
		fprintf(stderr, "patch %u: ", e->patch);
	else
		fprintf(stderr, "base: ");
	fprintf(stderr, "%s", verdict_name(s->verdict));
	if (s->failed.nr)
		fprintf(stderr, ", %zu unit%s fail%s", s->failed.nr,
			s->failed.nr == 1 ? "" : "s",
			s->failed.nr == 1 ? "s" : "");
	if (s->outcome == OUTCOME_BUILT && e->patch)
		fprintf(stderr, " (%u of %u units reached, %.1f s%s)",
			s->units_reached, s->units_total, s->seconds,
			s->remembered ? ", remembered" : "");
	if (s->reason)
		fprintf(stderr, ": %.300s", s->reason);
	fputc('\n', stderr);
	if (s->verdict == VERDICT_REGRESSED)
		print_failure(s);
}

void progress_event(void *data, const struct run_event *e)
{
	struct progress *p = data;
	const struct run_result *r = e->result;

	prepare(p, r);
	switch (e->kind) {
	case RUN_NOTE:
		if (p->quiet)
			break;
		wipe(p);
		fprintf(stderr, "kvmatrix: %s\n", e->text);
		break;
	case RUN_DETAIL:
		if (!p->verbose)
			break;
		wipe(p);
		fprintf(stderr, "kvmatrix: %s\n", e->text);
		break;
	case RUN_CELL_BUSY:
		p->doing[e->cell] = e->text;
		if (!p->quiet && !p->terminal)
			fprintf(stderr, "%s: %s\n", r->cells[e->cell].id,
				e->text);
		break;
	case RUN_TICK:
		break;
	case RUN_QUICK_BEGIN:
		p->doing[e->cell] = NULL;
		if (!p->busy[e->patch * r->nr_cells + e->cell])
			p->busy[e->patch * r->nr_cells + e->cell] = '~';
		break;
	case RUN_QUICK_FAILED:
		if (p->quiet)
			break;
		wipe(p);
		fprintf(stderr, "%s patch %u, quick pass: %s\n",
			r->cells[e->cell].id, e->patch, e->text);
		break;
	case RUN_STEP_BEGIN:
		if (!p->first_step)
			p->first_step = elapsed(p);
		p->doing[e->cell] = NULL;
		p->busy[e->patch * r->nr_cells + e->cell] = '*';
		break;
	case RUN_STEP_DONE:
		p->doing[e->cell] = NULL;
		print_step(p, e);
		break;
	}
	draw(p, r);
}
