// SPDX-License-Identifier: GPL-2.0-only
/*
 * Traces: what is in the file after each event, and what cannot be written.
 */
#include "engine/trace.h"
#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/json.h"
#include "sys/mem.h"
#include "sys/proc.h"
#include "sys/strbuf.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <unistd.h>

static char dir[] = "/tmp/test-trace.XXXXXX";

static int make_dir(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;

	(void)state;
	return tree_remove(dir, &err);
}

/* The file as it is now, its events as JSON; closed: with its bracket. */
static json_t *events(const char *path, bool closed)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	json_error_t at;
	json_t *a;

	assert_int_equal(file_read(path, &text, &err), 0);
	if (!closed)
		strbuf_addch(&text, ']');
	a = json_loads(text.buf, JSON_REJECT_DUPLICATES, &at);
	if (!a)
		fail_msg("%s: %s", at.text, text.buf);
	return a;
}

static const char *text_of(const json_t *e, const char *key)
{
	const char *s = json_string_value(json_object_get(e, key));

	return s ? s : "(none)";
}

static json_int_t number_of(const json_t *e, const char *key)
{
	const json_t *v = json_object_get(e, key);

	assert_true(json_is_integer(v));
	return json_integer_value(v);
}

static void readable_after_each_event(void **state)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_free_ char *path = path_join(dir, "deep/er/trace.json");
	struct trace *t = trace_open(path, &err);
	struct proc_result failed = { .exit_code = 2, .cpu_seconds = 1.5,
				      .max_rss = 70 << 20 };
	struct proc_result timeout = { .exit_code = -1, .signal = 15,
				       .timed_out = true };
	json_t *a, *e;

	(void)state;
	assert_non_null(t);
	a = events(path, false);
	assert_int_equal(json_array_size(a), 1);
	assert_string_equal(text_of(json_array_get(a, 0), "name"),
			    "process_name");
	json_decref(a);
	trace_add_counter(t, "slots", "busy", 3.0, "idle", 1.0, NULL);
	a = events(path, false);
	e = json_array_get(a, 1);
	assert_string_equal(text_of(e, "ph"), "C");
	assert_true(json_number_value(json_object_get(
			    json_object_get(e, "args"), "busy")) == 3);
	json_decref(a);
	trace_add_span(t,
		       &(struct trace_span){ 2, trace_now(t), "step",
					     "s390/\"odd\"/gcc", 3 },
		       &failed);
	a = events(path, false);
	/* The rows get their names with the first event on them. */
	assert_int_equal(json_array_size(a), 5);
	assert_string_equal(text_of(json_array_get(a, 2), "name"),
			    "thread_name");
	assert_int_equal(number_of(json_array_get(a, 3), "tid"), 2);
	e = json_array_get(a, 4);
	assert_string_equal(text_of(e, "ph"), "X");
	assert_string_equal(text_of(e, "cat"), "step");
	assert_string_equal(text_of(e, "name"),
			    "s390/\"odd\"/gcc step, patch 3");
	assert_int_equal(number_of(e, "tid"), 2);
	assert_true(number_of(e, "dur") >= 0);
	e = json_object_get(e, "args");
	assert_string_equal(text_of(e, "end"), "exit 2");
	assert_int_equal(number_of(e, "patch"), 3);
	assert_int_equal(number_of(e, "largest_process_mib"), 70);
	json_decref(a);
	trace_add_instant(t, "waits for memory", "s390/default/gcc");
	trace_add_span(t, &(struct trace_span){ 1, 0, "base", "\xff", -1 },
		       &timeout);
	assert_int_equal(trace_close(t, &err), 0);
	a = events(path, true);
	assert_int_equal(json_array_size(a), 7);
	assert_string_equal(text_of(json_array_get(a, 5), "ph"), "i");
	e = json_object_get(json_array_get(a, 6), "args");
	assert_string_equal(text_of(e, "end"), "timeout");
	assert_true(json_is_null(json_object_get(e, "patch")));
	json_decref(a);
}

static void times_are_microseconds(void **state)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_free_ char *path = path_join(dir, "times");
	struct trace *t = trace_open(path, &err);
	uint64_t from;
	json_t *a, *e;

	(void)state;
	usleep(20000);
	from = trace_now(t);
	assert_in_range(from, 20000, 10000000);
	usleep(30000);
	trace_add_span(t, &(struct trace_span){ 1, from, "base", "c", -1 },
		       &(struct proc_result){ 0 });
	assert_int_equal(trace_close(t, &err), 0);
	a = events(path, true);
	e = json_array_get(a, 2);
	assert_int_equal(number_of(e, "ts"), from);
	assert_in_range(number_of(e, "dur"), 30000, 10000000);
	json_decref(a);
}

static void what_cannot_be_written(void **state)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;

	(void)state;
	assert_null(trace_open("/dev/full", &err));
	assert_non_null(strstr(err.msg, "/dev/full: No space left"));
	assert_null(trace_open(dir, &err));
	assert_non_null(strstr(err.msg, "Is a directory"));
	assert_null(trace_open("/dev/null/trace", &err));
	assert_non_null(strstr(err.msg, "/dev/null"));
}

static void no_trace_at_all(void **state)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;

	(void)state;
	assert_int_equal(trace_now(NULL), 0);
	trace_add_span(NULL, &(struct trace_span){ 1, 0, "base", "c", -1 },
		       &(struct proc_result){ 0 });
	trace_add_instant(NULL, "x", "c");
	trace_add_counter(NULL, "x", "y", 1.0, NULL);
	assert_int_equal(trace_close(NULL, &err), 0);
	assert_null(err.msg);
}

#define T(title, f) { title, f, NULL, NULL, NULL }

int main(void)
{
	const struct CMUnitTest tests[] = {
		T("after each event only the closing bracket is missing",
		  readable_after_each_event),
		T("times are microseconds since the beginning",
		  times_are_microseconds),
		T("a file that cannot be written is told at once",
		  what_cannot_be_written),
		T("without a trace nothing happens", no_trace_at_all),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
