// SPDX-License-Identifier: GPL-2.0-only
#include "audit/accept.h"

#include "audit/audit.h"
#include "model/result.h"
#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/mem.h"
#include "sys/strbuf.h"

#include <ctype.h>

void accept_release(struct accept_list *l)
{
	for (size_t i = 0; i < l->nr; i++) {
		free(l->v[i].id);
		free(l->v[i].reason);
	}
	free(l->v);
	free(l->path);
	*l = (struct accept_list){ 0 };
}

/* The audit that an id is of, owned: "boot-calls" of "boot-calls-0123456789ab". */
static char *audit_of(const char *id)
{
	const char *dash = strrchr(id, '-');

	return dash ? xstrndup(id, dash - id) : xstrdup("");
}

static const struct accepted *find(const struct accept_list *l, const char *id)
{
	for (size_t i = 0; l && i < l->nr; i++)
		if (!strcmp(l->v[i].id, id))
			return &l->v[i];
	return NULL;
}

static int read_line(struct accept_list *l, const char *text, unsigned nr,
		     struct errbuf *err)
{
	size_t n = strcspn(text, " \t");
	_cleanup_free_ char *id = xstrndup(text, n);
	_cleanup_free_ char *audit = audit_of(id);
	const char *reason = text + n + strspn(text + n, " \t");
	const struct accepted *twice = find(l, id);

	if (!audit_find(audit))
		return errbuf_set(err,
				  "%s:%u: '%s' is no id of a finding; take it from "
				  "a report, it looks like headers-0123456789ab",
				  l->path, nr, id);
	if (!*reason)
		return errbuf_set(err,
				  "%s:%u: %s is accepted without a reason; say why "
				  "behind the id", l->path, nr, id);
	if (twice)
		return errbuf_set(err, "%s:%u: %s is accepted in line %u already",
				  l->path, nr, id, twice->line);
	GROW(l->v, l->nr, l->alloc);
	l->v[l->nr++] = (struct accepted){
		.id = STEAL(id),
		.reason = xstrdup(reason),
		.line = nr,
	};
	return 0;
}

int accept_read(struct accept_list *l, const char *path, struct errbuf *err)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	unsigned nr = 0;

	if (file_read(path, &text, err))
		return -1;
	if (strlen(text.buf) != text.len)
		return errbuf_set(err, "%s: not a text file", path);
	l->path = xstrdup(path);
	for (char *s = text.buf, *eol; *s; s = eol) {
		char *end;

		nr++;
		eol = s + strcspn(s, "\n");
		end = eol;
		eol += *eol == '\n';
		s += strspn(s, " \t");
		while (end > s && isspace((unsigned char)end[-1]))
			end--;
		if (end <= s || *s == '#')
			continue;
		{
			_cleanup_free_ char *line = xstrndup(s, end - s);

			if (read_line(l, line, nr, err))
				return -1;
		}
	}
	return 0;
}

const char *accept_reason(const struct accept_list *l, const char *id)
{
	const struct accepted *a = find(l, id);

	return a ? a->reason : NULL;
}

void accept_unused(const struct accept_list *l, const struct run_result *r,
		   struct strlist *lines)
{
	for (size_t i = 0; i < l->nr; i++) {
		_cleanup_free_ char *audit = audit_of(l->v[i].id);
		bool used = !strlist_has(&r->audits, audit);

		for (size_t k = 0; k < r->nr_findings; k++)
			used = used || !strcmp(r->findings[k].id, l->v[i].id);
		if (!used)
			strlist_addf(lines,
				     "%s:%u: %s is not found any more; take the "
				     "line out",
				     l->path, l->v[i].line, l->v[i].id);
	}
}
