// SPDX-License-Identifier: GPL-2.0-only
#include "builder.h"
#include "report/escape.h"
#include "report/report.h"
#include "sys/mem.h"
#include "sys/strbuf.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static const struct report_style style = { .dir = "/out" };

/* Three patches; 2 breaks a unit on s390 with a hostile message, 3 heals. */
static void fill(struct run_result *r)
{
	build_run(r, 3, "x86_64 s390");
	build_set(&r->title, "a series");
	build_set(&r->id, "20260101-000000-abcdef");
	build_set(&r->patches[2].subject, "KVM: # SKIP\nok 7 - \033[2J\\");
	build_error(r, 2, 1, "arch/s390/kvm/pv.o", "arch/s390/kvm/pv.c", 4,
		    "\"quoted\"\nBail out!\nok 1 - fake \033[31m");
	build_judge(r);
}

static size_t count_lines(const char *text, const char *prefix)
{
	size_t n = 0;

	for (const char *p = text; p && *p; p = strchr(p, '\n')) {
		p += *p == '\n';
		n += starts_with(p, prefix);
		if (!*p)
			break;
	}
	return n;
}

static void tap_has_a_subtest_a_patch(void **state)
{
	_cleanup_run_result_ struct run_result r = RUN_RESULT_INIT;
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;

	(void)state;
	fill(&r);
	report_tap(&r, &style, &out);
	assert_true(starts_with(out.buf, "TAP version 14\n1..3\n"));
	assert_int_equal(count_lines(out.buf, "ok "), 2);
	assert_int_equal(count_lines(out.buf, "not ok 2 - patch 2"), 1);
	assert_int_equal(count_lines(out.buf, "    not ok 2 - s390"), 1);
	assert_non_null(strstr(out.buf, "verdict: regressed"));
	assert_non_null(strstr(out.buf, "\"arch/s390/kvm/pv.o\""));
}

static struct finding *add_finding(struct run_result *r,
				   enum finding_status status, const char *kind)
{
	struct finding *f = run_result_add_finding(r);

	f->audit = xstrdup("headers");
	f->id = xasprintf("headers-%012zu", r->nr_findings);
	f->status = status;
	f->patch = status == FINDING_PRESENT ? 0 : 2;
	f->kind = xstrdup(kind);
	f->unit = xstrdup("arch/s390/kvm/pv.o");
	f->file = xstrdup("arch/s390/kvm/pv.c");
	f->line = 3;
	f->target = xstrdup("include/# TODO\nok 9.h");
	f->evidence = xstrdup("pv.c:3 -> \033[2Jx.h\nBail out!");
	finding_add_cell(f, 1);
	return f;
}

static void each_audit_is_a_subtest(void **state)
{
	_cleanup_run_result_ struct run_result r = RUN_RESULT_INIT;
	_cleanup_strbuf_ struct strbuf tap = STRBUF_INIT;
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	(void)state;
	fill(&r);
	strlist_addl(&r.audits, "headers", "cycles", NULL);
	add_finding(&r, FINDING_PRESENT, "named");
	add_finding(&r, FINDING_ADDED, "arch");
	add_finding(&r, FINDING_ADDED, "moved")->accepted =
		xstrdup("# known\nok 5");
	add_finding(&r, FINDING_REMOVED, "arch");
	report_tap(&r, &style, &tap);
	report_text(&r, &style, &text);
	assert_true(starts_with(tap.buf, "TAP version 14\n1..5\n"));
	assert_int_equal(count_lines(tap.buf, "# Subtest: audit headers"), 1);
	assert_int_equal(count_lines(tap.buf, "not ok 4 - audit headers"), 1);
	assert_int_equal(count_lines(tap.buf, "ok 5 - audit cycles"), 1);
	assert_int_equal(count_lines(tap.buf, "    not ok 1 - added patch 2 arch"), 1);
	assert_non_null(strstr(tap.buf, "    not ok 2 - added patch 2 moved include/\\# TODO ok 9.h (headers-000000000003) # TODO accepted: \\# known ok 5\n"));
	assert_int_equal(count_lines(tap.buf, "    ok 3 - removed patch 2"), 1);
	assert_int_equal(count_lines(tap.buf, "    ok 1 - nothing added"), 1);
	assert_int_equal(count_lines(tap.buf, "Bail out!"), 0);
	assert_null(strchr(tap.buf, '\033'));
	assert_non_null(strstr(text.buf, "audit headers: 2 added, 1 removed, 1 present\n"));
	assert_non_null(strstr(text.buf, "added by patch 2, arch: "));
	assert_non_null(strstr(text.buf, "accepted by patch 2, moved: "));
	assert_non_null(strstr(text.buf, "audit cycles: 0 added, 0 removed, 0 present\n"));
	assert_null(strchr(text.buf, '\033'));
}

static void hostile_text_stays_text(void **state)
{
	_cleanup_run_result_ struct run_result r = RUN_RESULT_INIT;
	_cleanup_strbuf_ struct strbuf tap = STRBUF_INIT;
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	(void)state;
	fill(&r);
	report_tap(&r, &style, &tap);
	report_text(&r, &style, &text);
	assert_null(strchr(tap.buf, '\033'));
	assert_null(strchr(text.buf, '\033'));
	assert_int_equal(count_lines(tap.buf, "Bail out!"), 0);
	assert_int_equal(count_lines(tap.buf, "ok 7"), 0);
	assert_non_null(strstr(tap.buf, "patch 2: KVM: \\# SKIP ok 7"));
	assert_non_null(strstr(tap.buf, "        arch/s390/kvm/pv.c:4: error: \"quoted\" Bail out!"));
}

static void still_broken_is_a_todo_and_unreached_a_skip(void **state)
{
	_cleanup_run_result_ struct run_result r = RUN_RESULT_INIT;
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;

	(void)state;
	build_run(&r, 2, "s390");
	for (unsigned p = 0; p <= 1; p++)
		build_error(&r, p, 0, "a.o", "a.c", 1, "bad");
	build_judge(&r);
	report_tap(&r, &style, &out);
	assert_non_null(strstr(out.buf,
			       "not ok 1 - s390/default/gcc still-broken # TODO"));
	assert_int_equal(count_lines(out.buf, "ok 1 - patch 1"), 1);
	strbuf_reset(&out);
	run_result_release(&r);
	r = (struct run_result)RUN_RESULT_INIT;
	build_run(&r, 1, "s390");
	build_unreached(&r, 1, 0);
	build_judge(&r);
	report_tap(&r, &style, &out);
	assert_non_null(strstr(out.buf, "ok 1 - s390/default/gcc unreached # SKIP"));
}

static void summary_tells_the_hole_and_where_logs_are(void **state)
{
	_cleanup_run_result_ struct run_result r = RUN_RESULT_INIT;
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;

	(void)state;
	fill(&r);
	report_text(&r, &style, &out);
	assert_non_null(strstr(out.buf, "since patch 2, healed by 3"));
	assert_non_null(strstr(out.buf, "FAIL"));
	assert_non_null(strstr(out.buf, "/out/logs/"));
	assert_non_null(strstr(out.buf, "the series makes something worse"));
}

static void control_characters_of_utf8_are_removed(void **state)
{
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;

	(void)state;
	escape_line(&out, "a\xc2\x9b" "31m\x7f\tb\xc3\xa4");
	assert_string_equal(out.buf, "a?31m? b\xc3\xa4");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tap_has_a_subtest_a_patch),
		cmocka_unit_test(each_audit_is_a_subtest),
		cmocka_unit_test(hostile_text_stays_text),
		cmocka_unit_test(still_broken_is_a_todo_and_unreached_a_skip),
		cmocka_unit_test(summary_tells_the_hole_and_where_logs_are),
		cmocka_unit_test(control_characters_of_utf8_are_removed),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
