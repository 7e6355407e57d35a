// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/output.h"

#include "model/result.h"
#include "report/report.h"
#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/mem.h"
#include "sys/strbuf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* "latest" is replaced in one step, so that a reader always finds a run. */
static void point_latest(const char *out, const char *id)
{
	_cleanup_free_ char *link_name = path_join(out, "latest");
	_cleanup_free_ char *tmp = xasprintf("%s/latest.%ld", out,
					     (long)getpid());

	unlink(tmp);
	if (!symlink(id, tmp) && rename(tmp, link_name))
		unlink(tmp);
}

static char *default_dir(const char *home, const char *id, struct errbuf *err)
{
	_cleanup_free_ char *own = path_join(home, "reports/out");
	_cleanup_free_ char *cache = cache_dir();
	_cleanup_free_ char *fallback = path_join(cache, "out");
	_cleanup_errbuf_ struct errbuf ignored = ERRBUF_INIT;
	const char *out = own;
	_cleanup_free_ char *dir = NULL;

	if (dir_make(own, &ignored) || access(own, W_OK))
		out = fallback;
	dir = path_join(out, id);
	if (dir_make(dir, err))
		return NULL;
	point_latest(out, id);
	return STEAL(dir);
}

char *output_dir(const char *given, const char *home, const char *id,
		 struct errbuf *err)
{
	char *abs;

	if (!given)
		return default_dir(home, id, err);
	if (dir_make(given, err))
		return NULL;
	abs = realpath(given, NULL);
	if (!abs)
		errbuf_set(err, "%s: %s", given, strerror(errno));
	return abs;
}

int output_reports(const struct run_result *r, const char *dir,
		   struct errbuf *err)
{
	const struct report_style style = { .dir = dir };

	for (const struct report_format *f = report_formats; f->name; f++) {
		_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
		_cleanup_free_ char *path = NULL;

		if (!f->file)
			continue;
		path = path_join(dir, f->file);
		f->write(r, &style, &text);
		if (file_write(path, text.buf, text.len, err))
			return -1;
	}
	return 0;
}
