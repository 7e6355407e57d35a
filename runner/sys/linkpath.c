// SPDX-License-Identifier: GPL-2.0-only
/*
 * Folding ".." textually is not enough: with a link x/y/up -> .. the target
 * "x/y/up/../../f" looks as if it stayed inside and does not. So the path is
 * walked as the kernel walks it (path_resolution(7)), with a map for readlink().
 */
#include "sys/linkpath.h"

#include "sys/mem.h"
#include "sys/strbuf.h"

/* The limit of Linux (MAXSYMLINKS); beyond it open() fails with ELOOP. */
#define MAX_HOPS 40

/* Cuts the last component; false at the top. */
static bool go_up(struct strbuf *cur)
{
	char *slash = strrchr(cur->buf, '/');

	if (!cur->len)
		return false;
	strbuf_setlen(cur, slash ? (size_t)(slash - cur->buf) : 0);
	return true;
}

bool linkpath_inside(const struct strmap *links, const char *path)
{
	_cleanup_strbuf_ struct strbuf cur = STRBUF_INIT;
	_cleanup_free_ char *rest = xstrdup(path);
	char *p = rest;
	unsigned hops = 0;

	while (*p) {
		size_t len = strcspn(p, "/"), before = cur.len;
		const char *target;
		char *next;

		if (len == 0 || (len == 1 && p[0] == '.')) {
			p += len + (p[len] == '/');
			continue;
		}
		if (len == 2 && p[0] == '.' && p[1] == '.') {
			if (!go_up(&cur))
				return false;
			p += len + (p[len] == '/');
			continue;
		}
		if (cur.len)
			strbuf_addch(&cur, '/');
		strbuf_add(&cur, p, len);
		p += len + (p[len] == '/');
		target = strmap_get(links, cur.buf);
		if (!target)
			continue;
		if (target[0] == '/')
			return false;
		if (++hops > MAX_HOPS)
			return true;
		strbuf_setlen(&cur, before);
		next = xasprintf("%s/%s", target, p);
		free(rest);
		rest = p = next;
	}
	return true;
}
