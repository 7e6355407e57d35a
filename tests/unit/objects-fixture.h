/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Objects compiled on the spot, for all kinds of machine: little and big endian, 32
 * and 64 bit, with and without function descriptors and addends in place.
 */
#ifndef KVMATRIX_TESTS_OBJECTS_FIXTURE_H
#define KVMATRIX_TESTS_OBJECTS_FIXTURE_H

#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/mem.h"
#include "sys/objfile.h"
#include "sys/proc.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <unistd.h>

static const struct target {
	const char *name, *cc, *flags[2];
} targets[] = {
	{ "x86_64", "gcc", { "-mcmodel=kernel", "-mno-red-zone" } },
	{ "i386", "gcc", { "-m32" } },
	{ "arm64", "aarch64-linux-gnu-gcc", { 0 } },
	{ "s390", "s390x-linux-gnu-gcc", { 0 } },
	{ "ppc64le", "powerpc64le-linux-gnu-gcc", { "-mcmodel=medium" } },
	{ "ppc64 ELFv1", "powerpc64le-linux-gnu-gcc",
	  { "-mbig-endian", "-mabi=elfv1" } },
	{ "ppc32", "powerpc64le-linux-gnu-gcc", { "-m32", "-mbig-endian" } },
};

static char *objects_dir;

static int objects_setup(void **state)
{
	char template[] = "/tmp/objects-XXXXXX";

	(void)state;
	objects_dir = xstrdup(mkdtemp(template));
	return 0;
}

static int objects_teardown(void **state)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	int ret = tree_remove(objects_dir, &err);

	(void)state;
	free(objects_dir);
	return ret;
}

static void compile_to(const struct target *t, const char *name,
		       const char *text, struct objfile *o)
{
	_cleanup_free_ char *source = path_join(objects_dir, name);
	_cleanup_free_ char *object = xasprintf("%s.o", source);
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	const char *none = "-O2";

	assert_int_equal(file_write(source, text, strlen(text), &err), 0);
	if (proc_run(NULL, &err, t->cc, "-c", "-o", object, source, "-O2",
		     "-ffreestanding", "-fno-pic", "-fno-section-anchors",
		     "-fno-asynchronous-unwind-tables", "-fno-stack-protector",
		     "-fno-toplevel-reorder",
		     t->flags[0] ? t->flags[0] : none,
		     t->flags[1] ? t->flags[1] : none, NULL))
		fail_msg("%s: %s", t->name, err.msg);
	if (objfile_read(o, object, OBJ_WITH_BYTES, &err))
		fail_msg("%s: %s", t->name, err.msg);
}

#endif
