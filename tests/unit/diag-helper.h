/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Shared by the tests of model/diag*.c: recordings and look-ups.
 */
#ifndef KVMATRIX_TESTS_DIAG_HELPER_H
#define KVMATRIX_TESTS_DIAG_HELPER_H

#include "model/diagnostic.h"
#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/mem.h"
#include "sys/strbuf.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

static inline void load(const char *name, struct strbuf *out)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	const char *top = getenv("KVMATRIX_TOP");
	_cleanup_free_ char *path = xasprintf(
		"%s/tests/data/diagnostic/%s.txt", top ? top : ".", name);

	if (file_read(path, out, &err))
		fail_msg("%s", err.msg);
}

static inline void read_recording(struct make_log *log, const char *name)
{
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

	load(name, &sb);
	make_log_parse(log, sb.buf, sb.len, "/src", "/obj");
}

static inline void read_text(struct make_log *log, const char *text)
{
	make_log_parse(log, text, strlen(text), "/src", "/obj");
}

/* The first diagnostic of unit (NULL: any) whose message holds text. */
static inline struct diagnostic *find(const struct make_log *log, const char *unit,
			       const char *text)
{
	for (size_t i = 0; i < log->diags.nr; i++) {
		struct diagnostic *d = &log->diags.v[i];

		if ((!unit || streq_null(d->unit, unit)) &&
		    strstr(d->message, text))
			return d;
	}
	return NULL;
}

static inline struct diagnostic *must_find(const struct make_log *log,
				    const char *unit, const char *text)
{
	struct diagnostic *d = find(log, unit, text);

	if (!d)
		fail_msg("no diagnostic of %s says: %s", unit ? unit : "any",
			 text);
	return d;
}

static inline void assert_list(const struct strlist *l, const char *expected)
{
	_cleanup_free_ char *s = strlist_join(l, " ");

	assert_string_equal(s, expected);
}

static inline void assert_place(const struct diagnostic *d, const char *file,
			 unsigned line, unsigned column)
{
	assert_non_null(d->file);
	assert_string_equal(d->file, file);
	assert_int_equal(d->line, line);
	assert_int_equal(d->column, column);
}

#endif
