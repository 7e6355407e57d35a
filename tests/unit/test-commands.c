// SPDX-License-Identifier: GPL-2.0-only
/* Which recorded command is that of the state an objtree was built at. */
#include "engine/commands.h"
#include "engine/impact.h"
#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char *top;

static void record(const char *objtree, const char *name)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_free_ char *file =
		xasprintf("%s/%s/k/.%s.o.cmd", top, objtree, name);
	_cleanup_free_ char *text =
		xasprintf("savedcmd_k/%s.o := gcc -D__KERNEL__ -c -o k/%s.o "
			  "/src/k/%s.c\n\n"
			  "source_k/%s.o := /src/k/%s.c\n\n"
			  "deps_k/%s.o := \\\n  /src/k/%s.h \\\n",
			  name, name, name, name, name, name, name);

	assert_int_equal(dir_make_for(file, &err), 0);
	assert_int_equal(file_write(file, text, strlen(text), &err), 0);
}

static void read_units(struct unit_set *set, const char *objtree)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_free_ char *dir = path_join(top, objtree);

	assert_int_equal(unit_set_read(set, dir, "", "/src", &err), 0);
}

static int set_up(void **state)
{
	const char *tmp = getenv("TMPDIR");

	(void)state;
	top = xasprintf("%s/kvmatrix-commands-XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(top))
		return -1;
	record("base", "a");
	record("base", "b");
	record("upper", "a");
	record("upper", "new");
	return 0;
}

static int tear_down(void **state)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	int ret = tree_remove(top, &err);

	(void)state;
	free(top);
	return ret;
}

static void test_find(void **state)
{
	_cleanup_unit_set_ struct unit_set base = UNIT_SET_INIT;
	_cleanup_unit_set_ struct unit_set built = UNIT_SET_INIT;
	_cleanup_impact_ struct impact since = IMPACT_INIT;
	_cleanup_free_ char *upper = path_join(top, "upper");
	_cleanup_free_ char *gone = path_join(top, "upper/k/.new.o.cmd");
	struct commands c = { .built = &built, .upper = upper, .base = &base,
			      .since_base = &since };
	bool own;

	(void)state;
	read_units(&base, "base");
	read_units(&built, "upper");
	/* what was built since the base, and what is as it was in the base */
	assert_ptr_equal(commands_find(&c, "k/a.o", &own),
			 unit_set_find(&built, "k/a.o"));
	assert_true(own);
	assert_ptr_equal(commands_find(&c, "k/b.o", &own),
			 unit_set_find(&base, "k/b.o"));
	assert_false(own);
	assert_non_null(commands_find(&c, "k/new.o", &own));
	assert_null(commands_find(&c, "k/never.o", &own));
	/* b.o was not built after its Makefile changed: it fails */
	strlist_add(&since.drop, "k");
	assert_non_null(commands_find(&c, "k/a.o", &own));
	assert_null(commands_find(&c, "k/b.o", &own));
	strlist_release(&since.drop);
	since.from_empty = true;
	assert_non_null(commands_find(&c, "k/a.o", &own));
	assert_null(commands_find(&c, "k/b.o", &own));
	/* an objtree of its own */
	since.from_empty = false;
	c.base = NULL;
	assert_null(commands_find(&c, "k/b.o", &own));
	/* a directory that was dropped since took its commands along */
	assert_int_equal(unlink(gone), 0);
	assert_null(commands_find(&c, "k/new.o", &own));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		{ "the commands of the state that an objtree was built at",
		  test_find, set_up, tear_down, NULL },
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
