// SPDX-License-Identifier: GPL-2.0-only
/*
 * results.json: what is written is read back the same, bytes that are not UTF-8
 * included; the text does not change from version to version by accident
 * (tests/data/result_json/sample.json, which also fits the schema); damaged and
 * foreign files are refused with the place of the fault.
 *
 * After a wanted change of the format: KVMATRIX_UPDATE=1 writes the sample anew.
 */
#include "model/result_json.h"
#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/mem.h"
#include "sys/strbuf.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define FFFD "\xef\xbf\xbd"

static char *top_path(const char *rel)
{
	const char *top = getenv("KVMATRIX_TOP");

	return path_join(top ? top : ".", rel);
}

static void add_base_cells(struct run_result *r)
{
	static const char *const arches[] = { "x86_64", "s390" };

	for (size_t i = 0; i < 2; i++) {
		struct cell_info *c = run_result_add_cell(r);

		c->id = xasprintf("%s/default/gcc", arches[i]);
		c->arch = xstrdup(arches[i]);
		c->config = xstrdup("default");
		c->toolchain = xstrdup("gcc");
	}
	r->cells[0].config_hash = xstrdup("0123abcd");
	r->cells[0].toolchain_version = xstrdup("gcc (Debian) 12.2.0");
	r->cells[1].error = xstrdup("s390x-linux-gnu-gcc: not found");
	r->cells[1].same_as = xstrdup("x86_64/default/gcc");
}

static void add_patches(struct run_result *r)
{
	struct patch_info *p = run_result_add_patch(r);

	p->commit = xstrdup("b0b0");
	p->tree = xstrdup("7ee0");
	p = run_result_add_patch(r);
	p->index = 1;
	p->subject = xstrdup(
		"KVM: move \"x.h\" \xc3\xa4 \xe2\x82\xac \xf0\x9f\x90\xa7");
	p->author = xstrdup("A U Thor <a@example.org>");
	p->commit = xstrdup("c1c1");
	p->tree = xstrdup("7ee1");
	strlist_addl(&p->renames, "include/kvm/x.h", "arch/x86/kvm/x.h", "b.h",
		     "a.h", NULL);
	p = run_result_add_patch(r);
	p->index = 2;
	p->subject = xstrdup("");
	p->not_applied = xstrdup("error: patch failed: a.c:1\nsecond line");
}

static struct diagnostic *add_diag(struct diag_list *l, const char *message,
				   enum diag_status status)
{
	struct diagnostic *d = diag_list_new(l);

	d->message = xstrdup(message);
	d->severity = DIAG_ERROR;
	d->status = status;
	return d;
}

static void add_full_diag(struct step_result *s)
{
	struct diagnostic *d = add_diag(
		&s->diags,
		"'f' undeclared \xff\xfe (\xc3\x28) \xed\xa0\x80 \t\x1b[0m",
		DIAG_NEW);

	d->unit = xstrdup("arch/x86/kvm/x86.o");
	d->file = xstrdup("arch/x86/kvm/x\xe4.c");
	d->line = 4294967295U;
	d->column = 7;
	d->option = xstrdup("-Wimplicit-function-declaration");
	d->function = xstrdup("f");
	d->tool = xstrdup("cc");
	d->note = xstrdup("each undeclared identifier");
	d->fatal = true;
	d->replayed = true;
	d->fingerprint = xstrdup("00ff");
	d->cause = xstrdup("missing-declaration:f");
	d->from = xcalloc(2, sizeof(*d->from));
	d->nr_from = 2;
	d->from[0] = (struct diag_from){ xstrdup("include/a.h"), 3 };
	d->from[1] = (struct diag_from){ xstrdup("include/b.h"), 0 };
}

static void add_steps(struct run_result *r)
{
	struct step_result *s;

	run_result_alloc_steps(r);
	s = run_result_step(r, 0, 0);
	s->outcome = OUTCOME_BUILT;
	s->verdict = VERDICT_OK;
	s->link = STEP_LINK_JUDGED;
	s->units_total = 3;
	s->units_reached = 2;
	s->units_built = 1;
	s->seconds = 12.345;
	s->log = xstrdup("logs/0/x86_64-default-gcc.log");
	add_diag(&s->diags, "old warning", DIAG_KNOWN)->severity = DIAG_WARNING;
	add_diag(&s->diags, "", DIAG_MOVED);
	s = run_result_step(r, 1, 0);
	s->outcome = OUTCOME_BUILT;
	s->verdict = VERDICT_REGRESSED;
	s->remembered = true;
	s->link = STEP_LINK_NOT_ASKED;
	s->reason = xstrdup("prepare failed: 1 unit judged by replay");
	strlist_addl(&s->failed, "arch/x86/kvm/x86.o", "virt/kvm/kvm_main.o",
		     NULL);
	strlist_add(&s->failed_replayed, "arch/x86/kvm/x86.o");
	strlist_add(&s->unjudged, "arch/x86/kvm/mmu.o");
	add_full_diag(s);
	add_diag(&s->fixed, "old warning", DIAG_FIXED)->cause =
		xstrdup("missing-declaration:f");
	s = run_result_step(r, 2, 0);
	s->outcome = OUTCOME_NOT_APPLIED;
	s->verdict = VERDICT_NOT_APPLIED;
	for (unsigned p = 0; p < 3; p++) {
		s = run_result_step(r, p, 1);
		s->outcome = p ? OUTCOME_PENDING : OUTCOME_ERROR;
		s->verdict = VERDICT_ERROR;
	}
}

static void add_causes(struct run_result *r)
{
	static const struct cause_span spans[] = { { 0, 1, 1, 0 },
						   { 1, 1, 0, 2 },
						   { 0, 0, 0, 1 } };
	struct cause *c;

	GROW(r->causes, r->nr_causes, r->alloc_causes);
	c = &r->causes[r->nr_causes++];
	*c = (struct cause){ .kind = CAUSE_MISSING_DECLARATION,
			     .severity = DIAG_ERROR,
			     .first_bad = 1,
			     .first_suspect = 1,
			     .nr_diags = 1 };
	c->id = xstrdup("missing-declaration:f");
	c->title = xstrdup("f is not declared");
	c->advice = xstrdup("include <f.h>");
	c->example = xstrdup("x.c:1: 'f' undeclared");
	strlist_add(&c->units, "arch/x86/kvm/x86.o");
	for (size_t i = 0; i < ARRAY_SIZE(spans); i++) {
		GROW(c->spans, c->nr_spans, c->alloc_spans);
		c->spans[c->nr_spans++] = spans[i];
	}
	GROW(r->causes, r->nr_causes, r->alloc_causes);
	c = &r->causes[r->nr_causes++];
	*c = (struct cause){ .kind = CAUSE_OTHER, .healed_by = 2 };
	c->id = xstrdup("other:");
	c->advice = xstrdup("look at the log");
}

static void add_findings(struct run_result *r)
{
	struct finding *f = run_result_add_finding(r);

	strlist_addl(&r->audits, "headers", "cycles", NULL);
	f->audit = xstrdup("headers");
	f->id = xstrdup("headers-0123456789ab");
	f->patch = 1;
	f->status = FINDING_ADDED;
	f->unit = xstrdup("arch/s390/kvm/vsie.o");
	f->file = xstrdup("arch/s390/kvm/vsie.c");
	f->line = 17;
	f->target = xstrdup("include/kvm/arm64/x\xe4.h");
	f->kind = xstrdup("moved");
	f->evidence = xstrdup("vsie.c:17 -> x.h");
	f->accepted = xstrdup("s390 is to run arm64 guests");
	finding_add_cell(f, 1);
	finding_add_cell(f, 0);
	finding_add_cell(f, 1);
	f = run_result_add_finding(r);
	f->audit = xstrdup("cycles");
	f->id = xstrdup("cycles-0123456789ab");
	f->kind = xstrdup("cycle");
	f->status = FINDING_PRESENT;
}

static void sample(struct run_result *r)
{
	*r = (struct run_result)RUN_RESULT_INIT;
	r->id = xstrdup("20260201-101500-ab12cd");
	r->version = xstrdup("0.1.0");
	r->command = xstrdup("kvmatrix run --tree ../linux a\\b");
	r->tree = xstrdup("../linux");
	r->series = xstrdup("s.mbox");
	r->matrix = xstrdup("matrices/smoke.yaml");
	r->base = xstrdup("b0b0");
	r->started = xstrdup("2026-02-01T10:15:00Z");
	r->seconds = 100;
	r->busy_share = 0.975;
	r->has_busy_share = true;
	r->cache = (struct cache_use){ true, 120, 3, 17 };
	r->memory_mib = 52;
	r->mode = xstrdup("overlay");
	r->depth = xstrdup("full");
	r->warnings_allowed = true;
	r->status = RUN_INTERRUPTED;
	strlist_add(&r->warnings, "patch 2 has no author");
	add_base_cells(r);
	add_patches(r);
	add_steps(r);
	add_causes(r);
	add_findings(r);
}

static char *edited(const char *text, const char *from, const char *to);

static void json_of_sample(struct strbuf *out)
{
	_cleanup_run_result_ struct run_result r;

	sample(&r);
	run_result_to_json(&r, out);
}

static void assert_str(const char *a, const char *b)
{
	if (!a || !b)
		assert_ptr_equal(a, b);
	else
		assert_string_equal(a, b);
}

static void assert_list(const struct strlist *a, const struct strlist *b)
{
	assert_int_equal(a->nr, b->nr);
	for (size_t i = 0; i < a->nr; i++)
		assert_string_equal(a->v[i], b->v[i]);
}

/* All but text, where odd bytes may differ. */
static void assert_diags(const struct diag_list *a, const struct diag_list *b)
{
	assert_int_equal(a->nr, b->nr);
	for (size_t i = 0; i < a->nr; i++) {
		const struct diagnostic *x = &a->v[i], *y = &b->v[i];

		assert_str(x->unit, y->unit);
		assert_int_equal(x->line, y->line);
		assert_int_equal(x->column, y->column);
		assert_int_equal(x->severity, y->severity);
		assert_int_equal(x->status, y->status);
		assert_int_equal(x->fatal, y->fatal);
		assert_int_equal(x->replayed, y->replayed);
		assert_str(x->option, y->option);
		assert_str(x->function, y->function);
		assert_str(x->tool, y->tool);
		assert_str(x->note, y->note);
		assert_str(x->fingerprint, y->fingerprint);
		assert_str(x->cause, y->cause);
		assert_int_equal(x->nr_from, y->nr_from);
		for (size_t k = 0; k < x->nr_from; k++) {
			assert_str(x->from[k].file, y->from[k].file);
			assert_int_equal(x->from[k].line, y->from[k].line);
		}
	}
}

static void assert_step(const struct step_result *a,
			const struct step_result *b)
{
	assert_int_equal(a->patch, b->patch);
	assert_int_equal(a->cell, b->cell);
	assert_int_equal(a->outcome, b->outcome);
	assert_int_equal(a->verdict, b->verdict);
	assert_int_equal(a->units_total, b->units_total);
	assert_int_equal(a->units_reached, b->units_reached);
	assert_int_equal(a->units_built, b->units_built);
	assert_int_equal(a->remembered, b->remembered);
	assert_int_equal(a->link, b->link);
	assert_true(a->seconds == b->seconds);
	assert_str(a->reason, b->reason);
	assert_str(a->log, b->log);
	assert_list(&a->failed, &b->failed);
	assert_list(&a->failed_replayed, &b->failed_replayed);
	assert_list(&a->left_out, &b->left_out);
	assert_list(&a->unjudged, &b->unjudged);
	assert_diags(&a->diags, &b->diags);
	assert_diags(&a->fixed, &b->fixed);
}

static void assert_causes(const struct run_result *a,
			  const struct run_result *b)
{
	assert_int_equal(a->nr_causes, b->nr_causes);
	for (size_t i = 0; i < a->nr_causes; i++) {
		const struct cause *x = &a->causes[i], *y = &b->causes[i];

		assert_str(x->id, y->id);
		assert_str(x->title, y->title);
		assert_str(x->advice, y->advice);
		assert_str(x->example, y->example);
		assert_int_equal(x->kind, y->kind);
		assert_int_equal(x->severity, y->severity);
		assert_int_equal(x->first_bad, y->first_bad);
		assert_int_equal(x->first_suspect, y->first_suspect);
		assert_int_equal(x->healed_by, y->healed_by);
		assert_int_equal(x->nr_diags, y->nr_diags);
		assert_list(&x->units, &y->units);
		assert_int_equal(x->nr_spans, y->nr_spans);
		for (size_t k = 0; k < x->nr_spans; k++) {
			assert_int_equal(x->spans[k].cell, y->spans[k].cell);
			assert_int_equal(x->spans[k].first_bad,
					 y->spans[k].first_bad);
			assert_int_equal(x->spans[k].first_suspect,
					 y->spans[k].first_suspect);
			assert_int_equal(x->spans[k].healed_by,
					 y->spans[k].healed_by);
		}
	}
}

static void reads_back_what_it_wrote(void **state)
{
	_cleanup_run_result_ struct run_result a, b = RUN_RESULT_INIT;
	_cleanup_strbuf_ struct strbuf one = STRBUF_INIT, two = STRBUF_INIT;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;

	(void)state;
	sample(&a);
	run_result_to_json(&a, &one);
	if (run_result_from_json(&b, one.buf, one.len, &err))
		fail_msg("%s", err.msg);
	run_result_to_json(&b, &two);
	assert_string_equal(one.buf, two.buf);
	assert_str(a.id, b.id);
	assert_str(a.title, b.title);
	assert_str(a.command, b.command);
	assert_true(b.warnings_allowed);
	assert_true(b.has_busy_share && b.busy_share == a.busy_share);
	assert_true(b.cache.known);
	assert_int_equal(b.cache.hits, 120);
	assert_int_equal(b.cache.text_hits, 3);
	assert_int_equal(b.cache.misses, 17);
	assert_int_equal(b.memory_mib, 52);
	assert_int_equal(b.status, RUN_INTERRUPTED);
	assert_list(&a.warnings, &b.warnings);
	assert_int_equal(b.nr_cells, 2);
	assert_str(b.cells[1].error, a.cells[1].error);
	assert_str(b.cells[1].same_as, a.cells[1].same_as);
	assert_null(b.cells[0].error);
	assert_int_equal(b.nr_patches, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_str(b.patches[i].subject, a.patches[i].subject);
		assert_str(b.patches[i].not_applied, a.patches[i].not_applied);
		assert_list(&b.patches[i].renames, &a.patches[i].renames);
	}
	for (size_t i = 0; i < 6; i++)
		assert_step(&a.steps[i], &b.steps[i]);
	assert_causes(&a, &b);
}

static void odd_bytes_become_replacement_characters(void **state)
{
	_cleanup_run_result_ struct run_result b = RUN_RESULT_INIT;
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	const struct diagnostic *d;

	(void)state;
	json_of_sample(&text);
	assert_int_equal(run_result_from_json(&b, text.buf, text.len, &err), 0);
	d = &run_result_step(&b, 1, 0)->diags.v[0];
	assert_string_equal(d->message, "'f' undeclared " FFFD FFFD " (" FFFD
					"\x28) " FFFD FFFD FFFD " \t\x1b[0m");
	assert_string_equal(d->file, "arch/x86/kvm/x" FFFD ".c");
}

/* Every kind of ill-formed sequence, against a list made by hand. */
static void only_well_formed_utf8_passes(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ "", "" },
		{ "plain", "plain" },
		{ "\x7f\x01", "\x7f\x01" },
		{ "\xc3\xa9", "\xc3\xa9" },
		{ "\xe0\xa0\x80", "\xe0\xa0\x80" },
		{ "\xed\x9f\xbf", "\xed\x9f\xbf" },
		{ "\xee\x80\x80", "\xee\x80\x80" },
		{ "\xef\xbf\xbf", "\xef\xbf\xbf" },
		{ "\xf0\x90\x80\x80", "\xf0\x90\x80\x80" },
		{ "\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf" },
		{ "\xe9t\xe9", FFFD "t" FFFD },
		{ "\x80", FFFD },
		{ "\xc0\x80", FFFD FFFD },
		{ "\xc1\xbf", FFFD FFFD },
		{ "\xe0\x9f\xbf", FFFD FFFD FFFD },
		{ "\xed\xbf\xbf", FFFD FFFD FFFD },
		{ "\xf0\x8f\xbf\xbf", FFFD FFFD FFFD FFFD },
		{ "\xf4\x90\x80\x80", FFFD FFFD FFFD FFFD },
		{ "\xf5\x80\x80\x80", FFFD FFFD FFFD FFFD },
		{ "a\xe2\x82", "a" FFFD FFFD },
		{ "\xf0\x9f\x90", FFFD FFFD FFFD },
		{ "\xff\xc3\xa9", FFFD "\xc3\xa9" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct step_result s = { .reason = (char *)cases[i].in };
		struct step_result back = { 0 };
		_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
		_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;

		step_result_to_json(&s, &text);
		if (step_result_from_json(&back, text.buf, text.len, &err))
			fail_msg("case %zu: %s", i, err.msg);
		assert_string_equal(back.reason, cases[i].out);
		step_result_release(&back);
	}
}

static void empty_lists_survive(void **state)
{
	_cleanup_run_result_ struct run_result a = RUN_RESULT_INIT;
	_cleanup_run_result_ struct run_result b = RUN_RESULT_INIT;
	_cleanup_strbuf_ struct strbuf one = STRBUF_INIT, two = STRBUF_INIT;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;

	(void)state;
	run_result_to_json(&a, &one);
	if (run_result_from_json(&b, one.buf, one.len, &err))
		fail_msg("%s", err.msg);
	run_result_to_json(&b, &two);
	assert_string_equal(one.buf, two.buf);
	assert_int_equal(b.nr_cells, 0);
	assert_null(b.id);
	assert_int_equal(b.warnings.nr, 0);
}

static void steps_that_were_never_made_are_pending(void **state)
{
	_cleanup_run_result_ struct run_result a = RUN_RESULT_INIT;
	_cleanup_run_result_ struct run_result b = RUN_RESULT_INIT;
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;

	(void)state;
	add_base_cells(&a);
	add_patches(&a);
	run_result_to_json(&a, &text);
	assert_null(strstr(text.buf, "\"ok\""));
	if (run_result_from_json(&b, text.buf, text.len, &err))
		fail_msg("%s", err.msg);
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(b.steps[i].outcome, OUTCOME_PENDING);
}

static void impossible_durations_are_zero(void **state)
{
	static const double odd[] = { NAN, INFINITY, -1 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(odd); i++) {
		struct step_result s = { .seconds = odd[i] };
		_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

		step_result_to_json(&s, &text);
		assert_non_null(strstr(text.buf, "\"seconds\": 0.0,"));
	}
}

static void a_stored_step_forgets_how_it_was_judged(void **state)
{
	_cleanup_run_result_ struct run_result a;
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT, again = STRBUF_INIT;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	struct step_result back = { .patch = 5, .cell = 6 };

	(void)state;
	sample(&a);
	strlist_add(&run_result_step(&a, 1, 0)->left_out, "arch/x86/kvm/xen.o");
	step_result_to_json(run_result_step(&a, 1, 0), &text);
	if (step_result_from_json(&back, text.buf, text.len, &err))
		fail_msg("%s", err.msg);
	assert_int_equal(back.patch, 5);
	assert_int_equal(back.cell, 6);
	assert_int_equal(back.outcome, OUTCOME_BUILT);
	assert_int_equal(back.failed.nr, 2);
	assert_int_equal(back.failed_replayed.nr, 1);
	assert_int_equal(back.left_out.nr, 1);
	assert_int_equal(back.diags.nr, 1);
	assert_int_equal(back.diags.v[0].line, 4294967295U);
	assert_int_equal(back.diags.v[0].nr_from, 2);
	assert_string_equal(back.diags.v[0].fingerprint, "00ff");
	assert_int_equal(back.diags.v[0].status, DIAG_NEW);
	assert_null(back.diags.v[0].cause);
	assert_int_equal(back.fixed.nr, 0);
	step_result_to_json(&back, &again);
	assert_string_equal(text.buf, again.buf);
	step_result_release(&back);
}

static void a_head_has_no_steps(void **state)
{
	_cleanup_run_result_ struct run_result a, b = RUN_RESULT_INIT;
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT, again = STRBUF_INIT;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;

	(void)state;
	sample(&a);
	run_head_to_json(&a, &text);
	if (run_head_from_json(&b, text.buf, text.len, &err))
		fail_msg("%s", err.msg);
	run_head_to_json(&b, &again);
	assert_string_equal(text.buf, again.buf);
	assert_int_equal(b.nr_patches, 3);
	assert_list(&b.patches[1].renames, &a.patches[1].renames);
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(b.steps[i].outcome, OUTCOME_PENDING);
}

static void findings_are_read_back(void **state)
{
	_cleanup_run_result_ struct run_result r = RUN_RESULT_INIT;
	_cleanup_run_result_ struct run_result head = RUN_RESULT_INIT;
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_run_result_ struct run_result from;
	const struct finding *f;

	(void)state;
	sample(&from);
	/* the store keeps the head only */
	run_head_to_json(&from, &text);
	assert_int_equal(run_head_from_json(&head, text.buf, text.len, &err), 0);
	assert_int_equal(head.nr_findings, 2);
	strbuf_reset(&text);
	json_of_sample(&text);
	assert_int_equal(run_result_from_json(&r, text.buf, text.len, &err), 0);
	assert_list(&r.audits, &from.audits);
	assert_int_equal(r.nr_findings, 2);
	f = &r.findings[0];
	assert_string_equal(f->id, "headers-0123456789ab");
	assert_int_equal(f->status, FINDING_ADDED);
	assert_int_equal(f->patch, 1);
	assert_int_equal(f->line, 17);
	assert_int_equal(f->nr_cells, 2);
	assert_int_equal(f->cells[1], 1);
	assert_string_equal(f->target, "include/kvm/arm64/x" FFFD ".h");
	assert_string_equal(f->accepted, "s390 is to run arm64 guests");
	assert_null(r.findings[1].unit);
	assert_int_equal(r.findings[1].nr_cells, 0);
	assert_int_equal(r.findings[1].status, FINDING_PRESENT);
}

/* As kvmatrix wrote it before there were audits. */
static void a_stored_run_without_audits_is_read(void **state)
{
	_cleanup_run_result_ struct run_result from;
	_cleanup_run_result_ struct run_result r = RUN_RESULT_INIT;
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_free_ char *old = NULL, *older = NULL;

	(void)state;
	sample(&from);
	run_head_to_json(&from, &text);
	old = edited(text.buf, "\"audits\"", "\"x\"");
	older = edited(old, "\"audits\"", "\"y\"");
	if (run_head_from_json(&r, older, strlen(older), &err))
		fail_msg("%s", err.msg);
	assert_int_equal(r.nr_findings, 0);
}

static void only_what_is_new_and_not_accepted_is_bad(void **state)
{
	_cleanup_run_result_ struct run_result r = RUN_RESULT_INIT;
	struct finding *f;

	(void)state;
	run_result_add_cell(&r);
	run_result_add_patch(&r);
	run_result_alloc_steps(&r);
	r.steps[0].outcome = OUTCOME_BUILT;
	r.steps[0].verdict = VERDICT_OK;
	f = run_result_add_finding(&r);
	f->status = FINDING_PRESENT;
	assert_int_equal(run_result_exit_code(&r), 0);
	f->status = FINDING_REMOVED;
	assert_int_equal(run_result_exit_code(&r), 0);
	f->status = FINDING_ADDED;
	assert_int_equal(run_result_exit_code(&r), 1);
	f->accepted = xstrdup("known");
	assert_int_equal(run_result_exit_code(&r), 0);
}

static void a_cause_lists_its_diagnostics_and_cells_once(void **state)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	(void)state;
	json_of_sample(&text);
	/* Entries: two of the base, then the new one, then the fixed one. */
	assert_non_null(strstr(text.buf, "\"diagnostics\": [2, 3]"));
	assert_non_null(strstr(
		text.buf,
		"\"cells\": [\"x86_64/default/gcc\", \"s390/default/gcc\"], \"spans\""));
	/* the cells of a finding once, too, and in their order */
	assert_non_null(strstr(
		text.buf,
		"\"patch\": 1, \"cells\": [\"x86_64/default/gcc\", \"s390/default/gcc\"], \"status\": \"added\""));
}

static void the_text_is_the_published_one(void **state)
{
	_cleanup_free_ char *path =
		top_path("tests/data/result_json/sample.json");
	_cleanup_strbuf_ struct strbuf want = STRBUF_INIT, got = STRBUF_INIT;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;

	(void)state;
	json_of_sample(&got);
	if (getenv("KVMATRIX_UPDATE"))
		assert_int_equal(file_write(path, got.buf, got.len, &err), 0);
	if (file_read(path, &want, &err))
		fail_msg("%s", err.msg);
	assert_string_equal(got.buf, want.buf);
}

/* Runs tests/check-schema on a file with this text; its exit code. */
static int check_schema(const char *text)
{
	_cleanup_free_ char *script = top_path("tests/check-schema");
	_cleanup_free_ char *schema = top_path("docs/results.schema.json");
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_free_ char *path =
		xasprintf("%s/kvmatrix-schema-XXXXXX",
			  getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	_cleanup_free_ char *command = NULL;
	int status;

	close(mkstemp(path));
	assert_int_equal(file_write(path, text, strlen(text), &err), 0);
	command = xasprintf("'%s' --schema '%s' '%s' >/dev/null 2>&1", script,
			    schema, path);
	status = system(command);
	unlink(path);
	return WEXITSTATUS(status);
}

/* text with the first FROM replaced by TO. */
static char *edited(const char *text, const char *from, const char *to)
{
	const char *at = strstr(text, from);

	assert_non_null(at);
	return xasprintf("%.*s%s%s", (int)(at - text), text, to,
			 at + strlen(from));
}

static void the_schema_takes_it_and_refuses_others(void **state)
{
	static const char *const edits[][2] = {
		{ "\"verdict\": \"regressed\"", "\"verdict\": \"bad\"" },
		{ "\"verdict\": \"regressed\"", "\"verdict\": null" },
		{ ", \"status\": \"new\"", "" },
		{ "\"status\": \"new\"", "\"status\": \"new\", \"more\": 1" },
		{ "\"line\": 4294967295", "\"line\": \"7\"" },
		{ "\"line\": 4294967295", "\"line\": 0" },
		{ "\"audits\": [\"headers\"", "\"audits\": [1" },
		{ "\"audits\": [\"headers\"", "\"audits\": [\"cost\"" },
		{ "\"status\": \"added\"", "\"status\": \"new\"" },
		{ "\"kind\": \"moved\"", "\"kind\": null" },
		{ "\"patch\": 1, \"cells\"", "\"patch\": 0, \"cells\"" },
		{ "\"patch\": 1, \"cells\"", "\"patch\": 9, \"cells\"" },
		{ "\"busy_share\": 0.975", "\"busy_share\": 2" },
		{ "kvmatrix-results/1", "kvmatrix-results/2" },
		/* What only the script sees: references and counts. */
		{ "\"cell\": \"s390/default/gcc\"", "\"cell\": \"sparc\"" },
		{ "\"diagnostics\": [2, 3]", "\"diagnostics\": [2, 4]" },
		{ "\"failed\": 2", "\"failed\": 1" },
		{ "\"index\": 1", "\"index\": 2" },
	};
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	int code;

	(void)state;
	json_of_sample(&text);
	code = check_schema(text.buf);
	if (code == 77)
		skip();
	assert_int_equal(code, 0);
	for (size_t i = 0; i < ARRAY_SIZE(edits); i++) {
		_cleanup_free_ char *bad =
			edited(text.buf, edits[i][0], edits[i][1]);

		if (check_schema(bad) != 1)
			fail_msg("taken with %s for %s", edits[i][1],
				 edits[i][0]);
	}
}

static void the_busy_share_may_be_unknown(void **state)
{
	static const char *const unknown[] = { "\"busy_share\": null",
					       "\"of_a_later_version\": 1" };
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	(void)state;
	json_of_sample(&text);
	for (size_t i = 0; i < ARRAY_SIZE(unknown); i++) {
		_cleanup_run_result_ struct run_result r = RUN_RESULT_INIT;
		_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
		_cleanup_free_ char *other = edited(
			text.buf, "\"busy_share\": 0.975", unknown[i]);

		if (run_result_from_json(&r, other, strlen(other), &err))
			fail_msg("%s", err.msg);
		assert_false(r.has_busy_share);
	}
}

static void assert_refused(const char *text, size_t len, const char *why)
{
	struct run_result r = RUN_RESULT_INIT;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;

	assert_int_equal(run_result_from_json(&r, text, len, &err), -1);
	assert_non_null(err.msg);
	if (!strstr(err.msg, why))
		fail_msg("\"%s\" is not in: %s", why, err.msg);
	assert_int_equal(r.nr_cells, 0);
	assert_null(r.steps);
	assert_null(r.id);
}

static void foreign_json_is_refused(void **state)
{
	static const char *const cases[][2] = {
		{ "", "not readable as JSON" },
		{ "hello", "not readable as JSON: line 1" },
		{ "[]", "the top must be an object" },
		{ "{}", "there is no \"format\"" },
		{ "{\"format\": 1}", "there is no \"format\"" },
		{ "{\"format\": \"x\"}", "the format is \"x\"" },
		{ "{\"format\": \"kvmatrix-results/1\"}", "run is missing" },
		{ "{\"format\": \"kvmatrix-results/1\", \"run\": []}",
		  "run must be an object" },
		{ "{\"a\": 1, \"a\": 2}", "duplicate" },
		{ "{\"a\": \"\xff\"}", "unable to decode byte 0xff" },
		{ "{\"a\": \"\\u0000\"}", "not readable as JSON" },
	};
	_cleanup_strbuf_ struct strbuf deep = STRBUF_INIT;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_refused(cases[i][0], strlen(cases[i][0]), cases[i][1]);
	for (int i = 0; i < 100000; i++)
		strbuf_addch(&deep, '[');
	assert_refused(deep.buf, deep.len, "not readable as JSON");
	assert_refused("{\"format\"\0:1}", 13, "not readable as JSON");
}

static void every_fault_is_named_by_its_place(void **state)
{
	static const char *const edits[][3] = {
		{ "\"seconds\": 100.0", "\"seconds\": \"long\"",
		  "run.seconds must be a number" },
		{ "\"seconds\": 100.0", "\"seconds\": -1", "run.seconds must" },
		{ "\"text_hits\": 3", "\"text_hits\": -3",
		  "run.ccache.text_hits must be a number from 0 to 4294967295" },
		{ "\"busy_share\": 0.975", "\"busy_share\": 1.5",
		  "run.busy_share must be a number from 0 to 1, or null" },
		{ "\"busy_share\": 0.975", "\"busy_share\": \"all\"",
		  "run.busy_share must" },
		{ "\"status\": \"interrupted\"", "\"status\": \"x\"",
		  "run.status: unknown value \"x\"" },
		{ "\"warnings_allowed\": true", "\"warnings_allowed\": 1",
		  "run.warnings_allowed must be true or false" },
		{ "\"warnings\": [\"", "\"warnings\": [1, \"",
		  "run.warnings must be a list of strings" },
		{ "\"mode\": \"overlay\"", "\"mood\": \"overlay\"",
		  "run.mode is missing" },
		{ "{\"id\": \"s390/default/gcc\"", "{\"id\": null",
		  "cells[1].id must be a string" },
		{ "{\"id\": \"s390/default/gcc\"",
		  "{\"id\": \"x86_64/default/gcc\"", "cells[1].id" },
		{ "\"index\": 1", "\"index\": 7",
		  "patches[1].index must be 1" },
		{ "\"base\": \"arch/x86/kvm/x.h\"", "\"base\": null",
		  "patches[1].renames[0].base must be a string" },
		{ "\"total\": 3", "\"total\": 4294967296",
		  "steps[0].units.total must be a number from 0" },
		{ "\"total\": 3", "\"total\": 1.5", "steps[0].units.total" },
		{ "\"outcome\": \"built\"", "\"outcome\": \"done\"",
		  "steps[0].outcome: unknown value \"done\"" },
		{ "\"verdict\": \"ok\"", "\"verdict\": \"fine\"",
		  "steps[0].verdict: unknown value \"fine\"" },
		{ "\"steps\": [", "\"steps\": [{},", "steps: 7 entries" },
		{ "\"patch\": 1, \"cell\": \"x86_64/default/gcc\"",
		  "\"patch\": 0, \"cell\": \"x86_64/default/gcc\"",
		  "steps[2].patch 0 and cell \"x86_64/default/gcc\" are there twice" },
		{ "\"patch\": 1, \"cell\": \"x86_64/default/gcc\"",
		  "\"patch\": 3, \"cell\": \"x86_64/default/gcc\"",
		  "steps[2].patch: 3 is not in patches[]" },
		{ "\"patch\": 1, \"cell\": \"x86_64/default/gcc\"",
		  "\"patch\": 1, \"cell\": \"m68k\"",
		  "steps[2].cell: \"m68k\" is not in cells[]" },
		{ "\"line\": 3}", "\"line\": -3}",
		  "diagnostics[2].included_from[0].line" },
		{ "\"severity\": \"warning\", \"option\"",
		  "\"severity\": \"woe\", \"option\"",
		  "diagnostics[0].severity: unknown value \"woe\"" },
		{ "\"status\": \"moved\"", "\"status\": \"gone\"",
		  "diagnostics[1].status: unknown value \"gone\"" },
		{ "\"fatal\": true", "\"fatal\": null",
		  "diagnostics[2].fatal must be true or false" },
		{ "\"kind\": \"other\"", "\"kind\": \"odd\"",
		  "causes[1].kind: unknown value \"odd\"" },
		{ "\"advice\": \"look at the log\"", "\"advice\": null",
		  "causes[1].advice must be a string" },
		{ "\"spans\": [", "\"spans\": [5, ",
		  "causes[0].spans[0] must be an object" },
		{ "\"causes\": [", "\"causes\": {}, \"x\": [",
		  "causes must be a list" },
	};
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	(void)state;
	json_of_sample(&text);
	for (size_t i = 0; i < ARRAY_SIZE(edits); i++) {
		_cleanup_free_ char *bad =
			edited(text.buf, edits[i][0], edits[i][1]);

		assert_refused(bad, strlen(bad), edits[i][2]);
	}
}

static void a_cut_file_is_refused_wherever_it_is_cut(void **state)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	(void)state;
	json_of_sample(&text);
	/* The last two bytes are "}" and a newline. */
	for (size_t len = 0; len < text.len - 1; len += 37)
		assert_refused(text.buf, len, "not readable as JSON");
	assert_refused(text.buf, text.len - 2, "not readable as JSON");
}

static void unknown_members_are_passed_over(void **state)
{
	_cleanup_run_result_ struct run_result r = RUN_RESULT_INIT;
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_free_ char *more = NULL;

	(void)state;
	json_of_sample(&text);
	more = edited(text.buf, "\"run\": {",
		      "\"later\": [1], \"run\": {\"new\": {},");
	assert_int_equal(run_result_from_json(&r, more, strlen(more), &err), 0);
	assert_string_equal(r.id, "20260201-101500-ab12cd");
}

static void a_damaged_step_leaves_the_target_alone(void **state)
{
	struct step_result s = { .patch = 3, .outcome = OUTCOME_PENDING };
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_run_result_ struct run_result a;
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	_cleanup_free_ char *bad = NULL;

	(void)state;
	sample(&a);
	step_result_to_json(run_result_step(&a, 1, 0), &text);
	bad = edited(text.buf, "\"fatal\": true", "\"fatal\": 0");
	assert_int_equal(step_result_from_json(&s, bad, strlen(bad), &err), -1);
	assert_non_null(strstr(err.msg, "diagnostics[0].fatal"));
	assert_int_equal(s.patch, 3);
	assert_int_equal(s.outcome, OUTCOME_PENDING);
	assert_null(s.reason);
	assert_int_equal(s.failed.nr, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_back_what_it_wrote),
		cmocka_unit_test(odd_bytes_become_replacement_characters),
		cmocka_unit_test(only_well_formed_utf8_passes),
		cmocka_unit_test(empty_lists_survive),
		cmocka_unit_test(steps_that_were_never_made_are_pending),
		cmocka_unit_test(impossible_durations_are_zero),
		cmocka_unit_test(the_busy_share_may_be_unknown),
		cmocka_unit_test(a_stored_step_forgets_how_it_was_judged),
		cmocka_unit_test(a_head_has_no_steps),
		cmocka_unit_test(findings_are_read_back),
		cmocka_unit_test(a_stored_run_without_audits_is_read),
		cmocka_unit_test(only_what_is_new_and_not_accepted_is_bad),
		cmocka_unit_test(a_cause_lists_its_diagnostics_and_cells_once),
		cmocka_unit_test(the_text_is_the_published_one),
		cmocka_unit_test(the_schema_takes_it_and_refuses_others),
		cmocka_unit_test(foreign_json_is_refused),
		cmocka_unit_test(every_fault_is_named_by_its_place),
		cmocka_unit_test(a_cut_file_is_refused_wherever_it_is_cut),
		cmocka_unit_test(unknown_members_are_passed_over),
		cmocka_unit_test(a_damaged_step_leaves_the_target_alone),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
