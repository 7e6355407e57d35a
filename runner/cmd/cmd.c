// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/cmd.h"

#include "store/store.h"
#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/mem.h"
#include "sys/strbuf.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

static void say(const char *prefix, const char *fmt, va_list ap)
{
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

	strbuf_addf(&sb, "kvmatrix: %s", prefix);
	strbuf_vaddf(&sb, fmt, ap);
	strbuf_addch(&sb, '\n');
	fputs(sb.buf, stderr);
}

void complain(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say("", fmt, ap);
	va_end(ap);
}

void warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say("warning: ", fmt, ap);
	va_end(ap);
}

char *self_path(void)
{
	char buf[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", buf, sizeof(buf) - 1);

	return n > 0 ? xstrndup(buf, n) : xstrdup("kvmatrix");
}

char *home_dir(void)
{
	_cleanup_free_ char *self = self_path();
	char *slash = strrchr(self, '/');
	_cleanup_free_ char *matrices = NULL;

	if (slash) {
		*slash = '\0';
		matrices = path_join(self, "matrices");
		if (dir_exists(matrices))
			return STEAL(self);
	}
	return xstrdup(KVMATRIX_DATADIR);
}

struct store *open_runs(int *exit_code)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_free_ char *cache = cache_dir();
	_cleanup_free_ char *db = path_join(cache, "store.db");
	struct store *st;

	if (!file_exists(db)) {
		complain("no run is stored yet (%s does not exist)", db);
		*exit_code = EXIT_USAGE;
		return NULL;
	}
	st = store_open(db, NULL, &err);
	if (!st) {
		complain("%s", err.msg);
		*exit_code = EXIT_UNKNOWN;
	}
	return st;
}
