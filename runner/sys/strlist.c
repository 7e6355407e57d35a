// SPDX-License-Identifier: GPL-2.0-only
#include "sys/strlist.h"

#include "sys/mem.h"
#include "sys/strbuf.h"

void strlist_release(struct strlist *l)
{
	for (size_t i = 0; i < l->nr; i++)
		free(l->v[i]);
	free(l->v);
	*l = (struct strlist)STRLIST_INIT;
}

void strlist_take(struct strlist *l, char *s)
{
	if (l->nr + 1 >= l->alloc) {
		l->alloc = l->alloc ? l->alloc * 2 : 16;
		l->v = xrealloc(l->v, l->alloc * sizeof(*l->v));
	}
	l->v[l->nr++] = s;
	l->v[l->nr] = NULL;
}

void strlist_add(struct strlist *l, const char *s)
{
	strlist_take(l, xstrdup(s));
}

void strlist_addf(struct strlist *l, const char *fmt, ...)
{
	struct strbuf sb = STRBUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(&sb, fmt, ap);
	va_end(ap);
	strlist_take(l, strbuf_detach(&sb));
}

void strlist_addl(struct strlist *l, ...)
{
	va_list ap;
	const char *s;

	va_start(ap, l);
	while ((s = va_arg(ap, const char *)))
		strlist_add(l, s);
	va_end(ap);
}

void strlist_cat(struct strlist *l, const struct strlist *other)
{
	for (size_t i = 0; i < other->nr; i++)
		strlist_add(l, other->v[i]);
}

static int by_string(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void strlist_sort(struct strlist *l)
{
	size_t out = 0;

	if (!l->nr)
		return;
	qsort(l->v, l->nr, sizeof(*l->v), by_string);
	for (size_t i = 1; i < l->nr; i++) {
		if (!strcmp(l->v[out], l->v[i]))
			free(l->v[i]);
		else
			l->v[++out] = l->v[i];
	}
	l->nr = out + 1;
	l->v[l->nr] = NULL;
}

bool strlist_has(const struct strlist *l, const char *s)
{
	for (size_t i = 0; i < l->nr; i++)
		if (!strcmp(l->v[i], s))
			return true;
	return false;
}

bool strlist_has_sorted(const struct strlist *l, const char *s)
{
	return l->nr &&
	       bsearch(&s, l->v, l->nr, sizeof(*l->v), by_string) != NULL;
}

bool strlist_equal(const struct strlist *a, const struct strlist *b)
{
	if (a->nr != b->nr)
		return false;
	for (size_t i = 0; i < a->nr; i++)
		if (strcmp(a->v[i], b->v[i]))
			return false;
	return true;
}

void strlist_split(struct strlist *l, const char *text, const char *seps)
{
	while (*text) {
		size_t n = strcspn(text, seps);

		if (n)
			strlist_take(l, xstrndup(text, n));
		text += n;
		text += strspn(text, seps);
	}
}

char *strlist_join(const struct strlist *l, const char *sep)
{
	struct strbuf sb = STRBUF_INIT;

	for (size_t i = 0; i < l->nr; i++) {
		if (i)
			strbuf_addstr(&sb, sep);
		strbuf_addstr(&sb, l->v[i]);
	}
	return strbuf_detach(&sb);
}
