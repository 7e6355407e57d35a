// SPDX-License-Identifier: GPL-2.0-only
/*
 * Paths without "." and "..".
 */
#include "sys/fileio.h"
#include "sys/mem.h"
#include "sys/strlist.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static void test_known(void **state)
{
	static const struct {
		const char *path, *want;
	} t[] = {
		{ "a/b.c", "a/b.c" },
		{ "./a//b/", "a/b" },
		{ "a/../b", "b" },
		{ "a/b/../../c", "c" },
		{ "a/..", "" },
		{ "", "" },
		{ ".", "" },
		{ "..", ".." },
		{ "../../a", "../../a" },
		{ "a/../../b", "../b" },
		{ "../a/..", ".." },
		{ "/", "/" },
		{ "/a/./b", "/a/b" },
		{ "/a/..", "/" },
		{ "/../a", "/../a" },
		{ "...", "..." },
		{ "a/..b/c", "a/..b/c" },
		{ "a/.b", "a/.b" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		_cleanup_free_ char *got = path_normalize(t[i].path);

		assert_string_equal(got, t[i].want);
	}
}

/* The same, part by part. */
static char *slowly(const char *path)
{
	_cleanup_strlist_ struct strlist in = STRLIST_INIT, out = STRLIST_INIT;
	_cleanup_free_ char *joined = NULL;

	strlist_split(&in, path, "/");
	strlist_each(part, &in) {
		if (!strcmp(part, "."))
			continue;
		if (!strcmp(part, "..") && out.nr &&
		    strcmp(out.v[out.nr - 1], "..")) {
			free(out.v[--out.nr]);
			out.v[out.nr] = NULL;
			continue;
		}
		strlist_add(&out, part);
	}
	joined = strlist_join(&out, "/");
	return xasprintf("%s%s", *path == '/' ? "/" : "", joined);
}

static void test_any(void **state)
{
	unsigned seed = 1;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		_cleanup_free_ char *got = NULL, *want = NULL;
		char path[16];
		size_t n;

		seed = seed * 1103515245 + 12345;
		n = (seed >> 16) % sizeof(path);
		for (size_t i = 0; i < n; i++) {
			seed = seed * 1103515245 + 12345;
			path[i] = "a../"[(seed >> 16) % 4];
		}
		path[n] = '\0';
		got = path_normalize(path);
		want = slowly(path);
		if (strcmp(got, want))
			fail_msg("\"%s\": \"%s\", not \"%s\"", path, got, want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known),
		cmocka_unit_test(test_any),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
