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

static void report(const struct run_result *r, unsigned version,
		   struct strbuf *out)
{
	strbuf_addf(out, "TAP version %u\n1..%zu\n", version,
		    r->nr_patches - 1);
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
