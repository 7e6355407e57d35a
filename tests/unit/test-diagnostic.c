// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fingerprints, lists and names of diagnostics.
 */
#include "diag-helper.h"

/* Fingerprints */

/* The fingerprint of one line of a compiler in function f. Owned. */
static char *print_of(const char *line, const struct strmap *renames)
{
	_cleanup_diag_list_ struct diag_list l = DIAG_LIST_INIT;
	_cleanup_free_ char *text = xasprintf("/src/x.c: In function 'f':\n%s\n",
					      line);

	diag_parse_compiler(&l, "x.o", text, strlen(text), "/src", "/obj");
	assert_int_equal(l.nr, 1);
	diag_fingerprint(&l.v[0], renames);
	assert_int_equal(strlen(l.v[0].fingerprint), 32);
	return STEAL(l.v[0].fingerprint);
}

static void assert_same(const char *a, const char *b)
{
	_cleanup_free_ char *fa = print_of(a, NULL), *fb = print_of(b, NULL);

	if (strcmp(fa, fb))
		fail_msg("should be the same:\n%s\n%s", a, b);
}

static void assert_differ(const char *a, const char *b)
{
	_cleanup_free_ char *fa = print_of(a, NULL), *fb = print_of(b, NULL);

	if (!strcmp(fa, fb))
		fail_msg("should differ:\n%s\n%s", a, b);
}

static void fingerprint_survives_moved_lines(void **state)
{
	(void)state;
	assert_same("/src/x.c:1:2: error: ‘a’ undeclared",
		    "/src/x.c:99:8: error: ‘a’ undeclared");
	assert_same("/src/x.c:1:2: error: ‘a’ undeclared",
		    "x.c:1:2: error: 'a' undeclared");
}

static void fingerprint_folds_numbers(void **state)
{
	(void)state;
	assert_same("/src/x.c:1:2: error: array ‘char[4]’ too small",
		    "/src/x.c:1:2: error: array ‘char[128]’ too small");
	assert_same("/src/x.c:1:2: error: offset 0x1f0UL",
		    "/src/x.c:1:2: error: offset 0xabc");
	assert_same("/src/x.c:1:2: error: call to ‘__compiletime_assert_439’ "
		    "declared with attribute error: BUILD_BUG_ON failed: a",
		    "/src/x.c:1:2: error: call to ‘__compiletime_assert_12’ "
		    "declared with attribute error: BUILD_BUG_ON failed: a");
	assert_same("/src/x.c:1:2: error: ‘f.isra.0’ x",
		    "/src/x.c:1:2: error: ‘f.isra.17’ x");
	assert_same("/src/x.c:1:2: error: in 'struct (unnamed at y.h:3:4)'",
		    "/src/x.c:1:2: error: in 'struct (unnamed at y.h:33:14)'");
}

static void fingerprint_ignores_the_compilers_guess(void **state)
{
	(void)state;
	assert_same("/src/x.c:1:2: error: ‘abc’ undeclared; did you mean ‘ab’?",
		    "/src/x.c:1:2: error: ‘abc’ undeclared; did you mean ‘bc’?");
	assert_same("/src/x.c:1:2: error: ‘abc’ undeclared",
		    "/src/x.c:1:2: error: ‘abc’ undeclared; did you mean ‘bc’?");
}

static void fingerprint_keeps_what_tells_mistakes_apart(void **state)
{
	(void)state;
	assert_differ("/src/x.c:1:2: error: ‘struct s’ has no member named ‘a’",
		      "/src/x.c:1:2: error: ‘struct s’ has no member named ‘b’");
	assert_differ("/src/x.c:1:2: error: no member named ‘vmcs12’",
		      "/src/x.c:1:2: error: no member named ‘vmcs02’");
	assert_differ("/src/x.c:1:2: error: no member named ‘r1’",
		      "/src/x.c:1:2: error: no member named ‘r2’");
	assert_differ("/src/x.c:1:2: fatal error: 8250.h: No such file or "
		      "directory",
		      "/src/x.c:1:2: fatal error: 8251.h: No such file or "
		      "directory");
	assert_differ("/src/x.c:1:2: error: e", "/src/x.c:1:2: warning: e");
	assert_differ("/src/x.c:1:2: error: e", "/src/y.c:1:2: error: e");
	assert_differ("/src/x.c:1:2: warning: e [-Wa]",
		      "/src/x.c:1:2: warning: e [-Wb]");
}

static void fingerprint_depends_on_the_function(void **state)
{
	struct diagnostic a = { .message = (char *)"m", .file = (char *)"x.c",
				.function = (char *)"f" };
	struct diagnostic b = a;

	(void)state;
	b.function = (char *)"g";
	diag_fingerprint(&a, NULL);
	diag_fingerprint(&b, NULL);
	assert_string_not_equal(a.fingerprint, b.fingerprint);
	/* a second call replaces the first */
	b.function = (char *)"f";
	diag_fingerprint(&b, NULL);
	assert_string_equal(a.fingerprint, b.fingerprint);
	free(a.fingerprint);
	free(b.fingerprint);
}

static void fingerprint_follows_renames(void **state)
{
	_cleanup_strmap_ struct strmap renames = STRMAP_INIT;
	_cleanup_free_ char *old = NULL, *new = NULL, *other = NULL;

	(void)state;
	strmap_set(&renames, "new.c", (void *)"old.c");
	old = print_of("/src/old.c:1:2: error: e", &renames);
	new = print_of("/src/new.c:7:2: error: e", &renames);
	other = print_of("/src/new.c:7:2: error: e", NULL);
	assert_string_equal(old, new);
	assert_string_not_equal(old, other);
}

static void fingerprint_anywhere_ignores_the_file(void **state)
{
	struct diagnostic a = { .message = (char *)"m 1",
				.file = (char *)"x.h" };
	struct diagnostic b = { .message = (char *)"m 2",
				.file = (char *)"y.h" };
	struct diagnostic c = { .message = (char *)"n", .file = (char *)"y.h" };
	_cleanup_free_ char *fa = diag_fingerprint_anywhere(&a);
	_cleanup_free_ char *fb = diag_fingerprint_anywhere(&b);
	_cleanup_free_ char *fc = diag_fingerprint_anywhere(&c);

	(void)state;
	assert_string_equal(fa, fb);
	assert_string_not_equal(fa, fc);
	diag_fingerprint(&a, NULL);
	assert_string_not_equal(fa, a.fingerprint);
	free(a.fingerprint);
}

/* Lists and names */

static void copy_is_deep(void **state)
{
	_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;
	_cleanup_diag_list_ struct diag_list l = DIAG_LIST_INIT;
	struct diagnostic *d;

	(void)state;
	read_recording(&log, "gcc-s390");
	d = must_find(&log, "arch/s390/kvm/sigp.o", "‘%s’ expects");
	diag_fingerprint(d, NULL);
	/* many, so that the list grows while it copies from itself */
	diag_list_copy(&l, d);
	for (int i = 0; i < 100; i++)
		diag_list_copy(&l, &l.v[0]);
	diag_list_release(&log.diags);
	assert_int_equal(l.nr, 101);
	assert_int_equal(l.v[100].nr_from, 10);
	assert_string_equal(l.v[100].from[9].file, "arch/s390/kvm/sigp.c");
	assert_string_equal(l.v[100].function, "sigp_test");
	assert_ptr_not_equal(l.v[0].message, l.v[100].message);
	assert_string_equal(l.v[0].fingerprint, l.v[100].fingerprint);
}

static void names_are_those_of_the_results_format(void **state)
{
	(void)state;
	assert_string_equal(diag_severity_name(DIAG_ERROR), "error");
	assert_string_equal(diag_severity_name(DIAG_WARNING), "warning");
	assert_string_equal(diag_status_name(DIAG_NEW), "new");
	assert_string_equal(diag_status_name(DIAG_MOVED), "moved");
	assert_string_equal(diag_status_name(DIAG_FIXED), "fixed");
	assert_string_equal(diag_status_name(DIAG_KNOWN), "known");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fingerprint_survives_moved_lines),
		cmocka_unit_test(fingerprint_folds_numbers),
		cmocka_unit_test(fingerprint_ignores_the_compilers_guess),
		cmocka_unit_test(fingerprint_keeps_what_tells_mistakes_apart),
		cmocka_unit_test(fingerprint_depends_on_the_function),
		cmocka_unit_test(fingerprint_follows_renames),
		cmocka_unit_test(fingerprint_anywhere_ignores_the_file),
		cmocka_unit_test(copy_is_deep),
		cmocka_unit_test(names_are_those_of_the_results_format),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
