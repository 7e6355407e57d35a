// SPDX-License-Identifier: GPL-2.0-only
/*
 * TAP version 14 (the specification of testanything.org). A patch is a subtest,
 * a cell one of its points:
 *
 *	ok			ok, fixed
 *	ok # SKIP		unreached: proved equal to the state before
 *	not ok # TODO		still-broken: failing before this patch too
 *	not ok			regressed, not-applied, error
 *
 * TODO points do not fail a harness: the patch is not to blame.
 *
 * Behind the patches each audit is a subtest, what it found new a point of it:
 *
 *	not ok			added by the series
 *	not ok # TODO		added, and accepted
 *	ok			removed by the series
 */
#include "report/report.h"

#include "model/result.h"
#include "report/escape.h"
#include "sys/mem.h"
#include "sys/strbuf.h"

#define SHOWN 10 /* new messages in a YAML block; all are in results.json */

static bool is_failure(enum verdict v)
{
	return v == VERDICT_REGRESSED || v == VERDICT_NOT_APPLIED ||
	       v == VERDICT_ERROR;
}

static void yaml_text(struct strbuf *out, const char *key, const char *text)
{
	if (!text)
		return;
	strbuf_addf(out, "      %s: ", key);
	escape_yaml(out, text);
	strbuf_addch(out, '\n');
}

static void yaml_list(struct strbuf *out, const char *key,
		      const struct strlist *l)
{
	if (!l->nr)
		return;
	strbuf_addf(out, "      %s:\n", key);
	strlist_each(s, l) {
		strbuf_addstr(out, "        - ");
		escape_yaml(out, s);
		strbuf_addch(out, '\n');
	}
}

/*
 * A line of a block scalar. (Not a list of quoted scalars: Perl's reader, which
 * prove uses, takes '- "a: b"' for a mapping.)
 */
static void block_line(struct strbuf *out, const char *text)
{
	strbuf_addstr(out, "        ");
	escape_line(out, text + strspn(text, " \t\n"));
	strbuf_addch(out, '\n');
}

static void yaml_messages(struct strbuf *out, const struct step_result *s)
{
	unsigned shown = 0, all = 0;

	for (size_t i = 0; i < s->diags.nr; i++) {
		const struct diagnostic *d = &s->diags.v[i];
		_cleanup_free_ char *text = NULL;

		if (d->status != DIAG_NEW || all++ >= SHOWN)
			continue;
		if (!shown++)
			strbuf_addstr(out, "      messages: |\n");
		if (d->file)
			text = xasprintf("%s:%u: %s: %s", d->file, d->line,
					 diag_severity_name(d->severity),
					 d->message);
		else
			text = xasprintf("%s: %s: %s",
					 d->unit ? d->unit : d->tool,
					 diag_severity_name(d->severity),
					 d->message);
		block_line(out, text);
	}
	if (all > shown)
		strbuf_addf(out, "      further_messages: %u\n", all - shown);
}

static void yaml_causes(struct strbuf *out, const struct run_result *r,
			const struct step_result *s)
{
	_cleanup_strlist_ struct strlist ids = STRLIST_INIT;
	bool first = true;

	for (size_t i = 0; i < s->diags.nr; i++)
		if (s->diags.v[i].cause && s->diags.v[i].status == DIAG_NEW)
			strlist_add(&ids, s->diags.v[i].cause);
	strlist_sort(&ids);
	for (size_t i = 0; i < r->nr_causes; i++)
		if (strlist_has_sorted(&ids, r->causes[i].id)) {
			if (first)
				strbuf_addstr(out, "      causes: |\n");
			first = false;
			block_line(out, r->causes[i].title);
		}
}

static void yaml_block(struct strbuf *out, const struct run_result *r,
		       const struct step_result *s)
{
	strbuf_addstr(out, "      ---\n");
	strbuf_addf(out, "      verdict: %s\n", verdict_name(s->verdict));
	yaml_text(out, "reason", s->reason);
	yaml_text(out, "not_applied", r->patches[s->patch].not_applied);
	yaml_causes(out, r, s);
	yaml_list(out, "failed_units", &s->failed);
	yaml_list(out, "unjudged", &s->unjudged);
	yaml_messages(out, s);
	yaml_text(out, "log", s->log);
	strbuf_addstr(out, "      ...\n");
}

static void point(struct strbuf *out, const struct run_result *r,
		  const struct step_result *s, size_t nr)
{
	bool bad = is_failure(s->verdict) ||
		   s->verdict == VERDICT_STILL_BROKEN;

	strbuf_addf(out, "    %sok %zu - ", bad ? "not " : "", nr);
	escape_tap(out, r->cells[s->cell].id);
	strbuf_addf(out, " %s", verdict_name(s->verdict));
	if (s->verdict == VERDICT_UNREACHED) {
		strbuf_addstr(out, " # SKIP ");
		escape_tap(out, s->reason ? s->reason : "");
	} else if (s->verdict == VERDICT_STILL_BROKEN) {
		strbuf_addstr(out, " # TODO failing before this patch too");
	}
	strbuf_addch(out, '\n');
	if (bad)
		yaml_block(out, r, s);
}

static void base_comment(struct strbuf *out, const struct run_result *r)
{
	for (size_t i = 0; i < r->nr_cells; i++) {
		const struct step_result *s = run_result_step(r, 0, i);

		if (s->verdict == VERDICT_OK)
			continue;
		strbuf_addstr(out, "# base, ");
		escape_line(out, r->cells[i].id);
		strbuf_addf(out, ": %s", verdict_name(s->verdict));
		if (s->failed.nr)
			strbuf_addf(out, ", %zu units fail", s->failed.nr);
		if (s->reason) {
			strbuf_addstr(out, ": ");
			escape_line(out, s->reason);
		}
		strbuf_addch(out, '\n');
	}
}

static void subtest(struct strbuf *out, const struct run_result *r, unsigned k)
{
	const struct patch_info *p = &r->patches[k];
	_cleanup_strbuf_ struct strbuf title = STRBUF_INIT;
	bool bad = false;

	strbuf_addf(&title, "patch %u: ", k);
	escape_tap(&title, p->subject ? p->subject : "");
	strbuf_addf(out, "# Subtest: %s\n    1..%zu\n", title.buf,
		    r->nr_cells);
	for (size_t i = 0; i < r->nr_cells; i++) {
		const struct step_result *s = run_result_step(r, k, i);

		point(out, r, s, i + 1);
		bad = bad || is_failure(s->verdict);
	}
	strbuf_addf(out, "%sok %u - %s\n", bad ? "not " : "", k, title.buf);
}

static void finding_point(struct strbuf *out, const struct run_result *r,
			  const struct finding *f, size_t nr)
{
	_cleanup_strlist_ struct strlist cells = STRLIST_INIT;
	bool added = f->status == FINDING_ADDED;

	strbuf_addf(out, "    %sok %zu - %s patch %u ", added ? "not " : "", nr,
		    finding_status_name(f->status), f->patch);
	escape_tap(out, f->kind);
	strbuf_addch(out, ' ');
	escape_tap(out, f->target ? f->target : f->unit ? f->unit : "");
	strbuf_addf(out, " (%s)", f->id);
	if (f->accepted) {
		strbuf_addstr(out, " # TODO accepted: ");
		escape_tap(out, f->accepted);
	}
	strbuf_addch(out, '\n');
	if (!added)
		return;
	for (size_t i = 0; i < f->nr_cells; i++)
		strlist_add(&cells, r->cells[f->cells[i]].id);
	strbuf_addstr(out, "      ---\n");
	yaml_text(out, "unit", f->unit);
	yaml_text(out, "file", f->file);
	if (f->line)
		strbuf_addf(out, "      line: %u\n", f->line);
	yaml_text(out, "evidence", f->evidence);
	yaml_list(out, "cells", &cells);
	strbuf_addstr(out, "      ...\n");
}

static void audit_subtest(struct strbuf *out, const struct run_result *r,
			  const char *audit, size_t nr)
{
	size_t points = 0, present = 0, i;
	bool bad = false;

	for (i = 0; i < r->nr_findings; i++) {
		if (strcmp(r->findings[i].audit, audit))
			continue;
		points += r->findings[i].status != FINDING_PRESENT;
		present += r->findings[i].status == FINDING_PRESENT;
	}
	strbuf_addf(out, "# Subtest: audit %s\n    1..%zu\n", audit,
		    points ? points : 1);
	if (present)
		strbuf_addf(out, "    # %zu the base has, too: see results.json\n",
			    present);
	if (!points)
		strbuf_addstr(out, "    ok 1 - nothing added\n");
	points = 0;
	for (i = 0; i < r->nr_findings; i++) {
		const struct finding *f = &r->findings[i];

		if (strcmp(f->audit, audit) || f->status == FINDING_PRESENT)
			continue;
		finding_point(out, r, f, ++points);
		bad = bad || finding_is_bad(f);
	}
	strbuf_addf(out, "%sok %zu - audit %s\n", bad ? "not " : "", nr, audit);
}

static void report(const struct run_result *r, unsigned version,
		   struct strbuf *out)
{
	strbuf_addf(out, "TAP version %u\n1..%zu\n", version,
		    r->nr_patches - 1 + r->audits.nr);
	strbuf_addstr(out, "# kvmatrix ");
	escape_line(out, r->version ? r->version : "");
	strbuf_addf(out, ", run %s\n", r->id);
	strlist_each(w, &r->warnings) {
		strbuf_addstr(out, "# warning: ");
		escape_line(out, w);
		strbuf_addch(out, '\n');
	}
	strlist_each(w, &r->internal) {
		strbuf_addstr(out, "# internal error: ");
		escape_line(out, w);
		strbuf_addch(out, '\n');
	}
	base_comment(out, r);
	for (unsigned k = 1; k < r->nr_patches; k++)
		subtest(out, r, k);
	for (size_t i = 0; i < r->audits.nr; i++)
		audit_subtest(out, r, r->audits.v[i], r->nr_patches + i);
}

void report_tap(const struct run_result *r, const struct report_style *style,
		struct strbuf *out)
{
	(void)style;
	report(r, 14, out);
}

void report_tap13(const struct run_result *r, const struct report_style *style,
		  struct strbuf *out)
{
	(void)style;
	report(r, 13, out);
}
