// SPDX-License-Identifier: GPL-2.0-only
/*
 * The audits in the text report: what the series adds first and in full, then what it
 * removes. Of what the base had already only the number is told; but figures, which are
 * neither good nor bad, are what their audit was asked for.
 */
#include "report/text_audits.h"

#include "model/result.h"
#include "report/escape.h"
#include "report/report.h"
#include "sys/mem.h"
#include "sys/strbuf.h"

#define SHOWN 40 /* of one audit; all are in results.json */

static void cells_of(struct strbuf *out, const struct run_result *r,
		     const struct finding *f)
{
	_cleanup_strlist_ struct strlist ids = STRLIST_INIT;
	_cleanup_free_ char *joined = NULL;

	for (size_t i = 0; i < f->nr_cells; i++)
		strlist_add(&ids, r->cells[f->cells[i]].id);
	joined = strlist_join(&ids, ", ");
	escape_line(out, joined);
}

static void print_finding(struct strbuf *out, const struct run_result *r,
			  const struct report_style *st,
			  const struct finding *f)
{
	bool bad = finding_is_bad(f);

	if (st->colour && bad)
		strbuf_addstr(out, "\033[31m");
	strbuf_addf(out, "    %s", f->accepted && f->status == FINDING_ADDED ?
					   "accepted" :
					   finding_status_name(f->status));
	if (f->status != FINDING_PRESENT)
		strbuf_addf(out, " by patch %u", f->patch);
	strbuf_addf(out, ", %s: ", f->kind);
	if (f->unit) {
		escape_line(out, f->unit);
		strbuf_addstr(out, f->target ? " and " : "");
	}
	escape_line(out, f->target		? f->target :
			 f->unit || !f->file ? "" :
					       f->file);
	if (st->colour && bad)
		strbuf_addstr(out, "\033[0m");
	strbuf_addstr(out, "\n      ");
	if (f->file) {
		escape_line(out, f->file);
		if (f->line)
			strbuf_addf(out, ":%u", f->line);
		strbuf_addstr(out, "; ");
	}
	cells_of(out, r, f);
	strbuf_addf(out, "; %s\n", f->id);
	if (f->evidence) {
		strbuf_addstr(out, "      ");
		escape_line(out, f->evidence);
		strbuf_addch(out, '\n');
	}
	if (f->accepted) {
		strbuf_addstr(out, "      accepted: ");
		escape_line(out, f->accepted);
		strbuf_addch(out, '\n');
	}
}

static size_t count(const struct run_result *r, const char *audit,
		    enum finding_status status)
{
	size_t n = 0;

	for (size_t i = 0; i < r->nr_findings; i++)
		n += !strcmp(r->findings[i].audit, audit) &&
		     r->findings[i].status == status;
	return n;
}

static bool is_figure(const struct finding *f)
{
	static const char *const kinds[] = { "text", "header", "compiled",
					     "unknown" };

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(f->kind, kinds[i]))
			return true;
	return false;
}

static void print_audit(struct strbuf *out, const struct run_result *r,
			const struct report_style *st, const char *audit)
{
	static const enum finding_status order[] = {
		FINDING_ADDED, FINDING_REMOVED, FINDING_PRESENT
	};
	size_t shown = 0, all = 0, quiet = 0;

	for (size_t i = 0; i < r->nr_findings; i++)
		quiet += !strcmp(r->findings[i].audit, audit) &&
			 r->findings[i].status == FINDING_PRESENT &&
			 !is_figure(&r->findings[i]);
	strbuf_addf(out, "audit %s: %zu added, %zu removed, %zu present\n",
		    audit, count(r, audit, FINDING_ADDED),
		    count(r, audit, FINDING_REMOVED),
		    count(r, audit, FINDING_PRESENT));
	for (size_t k = 0; k < ARRAY_SIZE(order); k++)
		for (size_t i = 0; i < r->nr_findings; i++) {
			const struct finding *f = &r->findings[i];

			if (strcmp(f->audit, audit) || f->status != order[k] ||
			    (f->status == FINDING_PRESENT && !is_figure(f)))
				continue;
			if (all++ < SHOWN) {
				print_finding(out, r, st, f);
				shown++;
			}
		}
	if (all > shown)
		strbuf_addf(out, "    and %zu more (see results.json)\n",
			    all - shown);
	if (quiet)
		strbuf_addf(out, "    %zu that the base has, too (see results.json)\n",
			    quiet);
	strbuf_addch(out, '\n');
}

void text_audits(struct strbuf *out, const struct run_result *r,
		 const struct report_style *st)
{
	strlist_each(name, &r->audits)
		print_audit(out, r, st, name);
}
