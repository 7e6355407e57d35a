// SPDX-License-Identifier: GPL-2.0-only
/*
 * In which order the patches of a mailbox or directory belong.
 *
 * Mailers deliver a series in any order and people keep several versions of it
 * in one directory. A wrong order or a lost patch gives verdicts about a series
 * nobody posted, so whatever the numbers do not settle is an error that names
 * the messages.
 */
#include "model/series_item.h"

#include "sys/errbuf.h"
#include "sys/mem.h"
#include "sys/strbuf.h"
#include "sys/strlist.h"

#include <stdio.h>

/* More origins than this in one message help nobody. */
#define MAX_NAMED 8

char *series_item_origin(const struct series_item *it)
{
	const struct mail_text *m = it->mail;

	if (m->of == 1)
		return xstrdup(m->file);
	return xasprintf("message %u of %s", m->index, m->file);
}

static bool same_series(const struct series_item *a,
			const struct series_item *b)
{
	return a->head.tag.total == b->head.tag.total &&
	       !strcmp(a->head.tag.version, b->head.tag.version);
}

static int check_one_series(struct series_item **v, size_t nr,
			    struct errbuf *err)
{
	_cleanup_strbuf_ struct strbuf list = STRBUF_INIT;
	size_t groups = 0;

	for (size_t i = 0; i < nr; i++) {
		const struct mail_tag *t = &v[i]->head.tag;
		_cleanup_free_ char *origin = series_item_origin(v[i]);
		size_t earlier = 0;

		while (earlier < i && (!v[earlier]->head.tag.numbered ||
				       !same_series(v[earlier], v[i])))
			earlier++;
		if (!t->numbered || earlier < i || groups++ >= MAX_NAMED)
			continue;
		strbuf_addf(&list, "%sv%s of %u patches (%u/%u is %s)",
			    list.len ? ", " : "", t->version, t->total,
			    t->number, t->total, origin);
	}
	if (groups < 2)
		return 0;
	return errbuf_set(err, "several series or versions of one are mixed: "
			  "%s; leave only one of them there", list.buf);
}

static void add_range(struct strbuf *out, unsigned from, unsigned to)
{
	strbuf_addf(out, "%s%u", out->len ? ", " : "", from);
	if (to > from)
		strbuf_addf(out, "-%u", to);
}

/* count[n] is how many patches have the number n, for n in 1..max. */
static void tell_missing(struct strbuf *out, const unsigned *count,
			 unsigned max, unsigned total)
{
	_cleanup_strbuf_ struct strbuf list = STRBUF_INIT;
	unsigned missing = 0, from;

	for (unsigned n = 1; n <= max; n++) {
		if (count[n])
			continue;
		from = n;
		while (n < max && !count[n + 1])
			n++;
		add_range(&list, from, n);
		missing += n - from + 1;
	}
	if (missing)
		strbuf_addf(out, "; patch %s of %u %s missing", list.buf, total,
			    missing == 1 ? "is" : "are");
}

static void tell_doubled(struct strbuf *out, struct series_item **v, size_t nr,
			 const unsigned *count)
{
	for (size_t i = 0; i < nr; i++) {
		const struct mail_tag *t = &v[i]->head.tag;
		_cleanup_free_ char *origin = series_item_origin(v[i]);
		bool first = true;

		if (!t->numbered || count[t->number] < 2)
			continue;
		for (size_t k = 0; k < i; k++)
			first &= v[k]->head.tag.number != t->number;
		if (!first)
			continue;
		strbuf_addf(out, "; patch %u/%u is there %u times: %s",
			    t->number, t->total, count[t->number], origin);
		for (size_t k = i + 1; k < nr; k++) {
			_cleanup_free_ char *other = series_item_origin(v[k]);

			if (v[k]->head.tag.number == t->number)
				strbuf_addf(out, ", %s", other);
		}
	}
}

/* A numbered mail whose diff got lost explains a missing number. */
static void tell_without_diff(struct strbuf *out,
			      const struct series_item *items, size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		const struct mail_tag *t = &items[i].head.tag;

		if (items[i].kind == ITEM_NO_DIFF && t->numbered && t->number)
			strbuf_addf(out, "; %s:%zu is %u/%u but has no diff",
				    items[i].mail->file, items[i].mail->line,
				    t->number, t->total);
	}
}

static int check_numbers(const struct series_item *items, size_t nr_items,
			 struct series_item **v, size_t nr, struct errbuf *err)
{
	_cleanup_strbuf_ struct strbuf what = STRBUF_INIT;
	_cleanup_free_ unsigned *count = NULL;
	unsigned max = 0, total = 0;

	for (size_t i = 0; i < nr; i++) {
		const struct mail_tag *t = &v[i]->head.tag;

		if (!t->numbered)
			continue;
		total = t->total;
		max = max > t->number ? max : t->number;
		max = max > total ? max : total;
	}
	count = xcalloc(max + 1, sizeof(*count));
	for (size_t i = 0; i < nr; i++)
		if (v[i]->head.tag.numbered)
			count[v[i]->head.tag.number]++;
	tell_missing(&what, count, max, total);
	tell_doubled(&what, v, nr, count);
	if (!what.len)
		return 0;
	tell_without_diff(&what, items, nr_items);
	return errbuf_set(err, "the series is not what its numbers say%s. Give "
			  "every patch once; to test a part on purpose, list "
			  "its files in a quilt \"series\" file", what.buf);
}

static int by_number(const void *a, const void *b)
{
	const struct mail_tag *x = &(*(struct series_item *const *)a)->head.tag;
	const struct mail_tag *y = &(*(struct series_item *const *)b)->head.tag;

	return (x->number > y->number) - (x->number < y->number);
}

/*
 * Some have a number and some have none: the order of the files stands where
 * the numbers agree with it.
 */
static int keep_mixed(struct series_item **v, size_t nr,
		      struct strlist *warnings, struct errbuf *err)
{
	_cleanup_free_ char *without = NULL;
	const struct mail_tag *last = NULL;

	for (size_t i = 0; i < nr && !without; i++)
		if (!v[i]->head.tag.numbered)
			without = series_item_origin(v[i]);
	for (size_t i = 0; i < nr; i++) {
		const struct mail_tag *t = &v[i]->head.tag;

		if (!t->numbered)
			continue;
		if (last && last->number >= t->number)
			return errbuf_set(err, "%s has no [PATCH n/m] and the "
					  "others are not in the order of "
					  "theirs: where it belongs cannot be "
					  "told; number it, take it out, or "
					  "list the files in a quilt "
					  "\"series\" file", without);
		last = t;
	}
	for (size_t i = 0; i < nr; i++) {
		_cleanup_free_ char *origin = series_item_origin(v[i]);

		if (!v[i]->head.tag.numbered)
			strlist_addf(warnings, "%s: has no [PATCH n/m] while "
				     "others have; applied where it stands, as "
				     "number %zu", origin, i + 1);
	}
	return 0;
}

int series_order(struct series_item *items, size_t nr, struct series_item **out,
		 struct strlist *warnings, struct errbuf *err)
{
	size_t patches = 0, numbered = 0;

	for (size_t i = 0; i < nr; i++) {
		if (items[i].kind != ITEM_PATCH)
			continue;
		out[patches++] = &items[i];
		numbered += items[i].head.tag.numbered;
	}
	if (!numbered)
		return (int)patches;
	if (check_one_series(out, patches, err) ||
	    check_numbers(items, nr, out, patches, err))
		return -1;
	if (numbered == patches)
		qsort(out, patches, sizeof(*out), by_number);
	else if (keep_mixed(out, patches, warnings, err))
		return -1;
	for (size_t i = 0; i < patches; i++) {
		const struct mail_tag *t = &out[i]->head.tag;
		_cleanup_free_ char *origin = series_item_origin(out[i]);

		if (t->number > t->total)
			strlist_addf(warnings, "%s: is numbered %u of %u; "
				     "applied after the others", origin,
				     t->number, t->total);
	}
	return (int)patches;
}
