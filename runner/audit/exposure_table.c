// SPDX-License-Identifier: GPL-2.0-only
/*
 * One table of many units and cells. A line is a file and the KVM header that it
 * includes; what units of several cells say of the same line is put together, the
 * greatest demand counts, and an include can go only if it can in every unit that
 * was looked at.
 */
#include "audit/exposure.h"

#include "sys/mem.h"
#include "sys/strbuf.h"

struct exposure_entry {
	char *file, *header;
	unsigned line;
	bool is_source; /* the file is a unit's source, no header */
	enum exposure_kind kind;
	struct strlist names, arrivals, places;
	size_t nr_units;
	/* Of the include line. */
	size_t nr_proved, nr_refuted, nr_untried;
	struct strlist forward, instead, skipped;
	char *message;
};

void exposure_table_release(struct exposure_table *t)
{
	for (size_t i = 0; i < t->nr; i++) {
		struct exposure_entry *e = &t->v[i];

		free(e->file);
		free(e->header);
		free(e->message);
		strlist_release(&e->names);
		strlist_release(&e->arrivals);
		strlist_release(&e->places);
		strlist_release(&e->forward);
		strlist_release(&e->instead);
		strlist_release(&e->skipped);
	}
	free(t->v);
	strmap_release(&t->by_key);
	strlist_release(&t->failed);
	strlist_release(&t->notes);
	*t = (struct exposure_table){ 0 };
}

static void add_once(struct strlist *l, const char *s)
{
	if (!strlist_has(l, s))
		strlist_add(l, s);
}

static struct exposure_entry *entry_of(struct exposure_table *t,
				       const char *file, unsigned line,
				       const char *header)
{
	_cleanup_free_ char *key = xasprintf("%s:%u:%s", file, line, header);
	size_t nr = (size_t)strmap_get(&t->by_key, key);
	struct exposure_entry *e;

	if (nr)
		return &t->v[nr - 1];
	GROW(t->v, t->nr, t->alloc);
	e = &t->v[t->nr++];
	*e = (struct exposure_entry){ .file = xstrdup(file), .line = line,
				      .header = xstrdup(header) };
	strmap_set(&t->by_key, key, (void *)t->nr);
	return e;
}

static void merge_row(struct exposure_table *t, const char *place,
		      const struct exposure_row *row)
{
	struct exposure_entry *e =
		entry_of(t, row->file, row->line, row->header);

	e->is_source = streq_null(row->file, row->source);
	e->nr_units++;
	add_once(&e->places, place);
	if (row->kind > e->kind)
		e->kind = row->kind;
	strlist_each(n, &row->names)
		add_once(&e->names, n);
	strlist_each(a, &row->arrivals)
		add_once(&e->arrivals, a);
}

static void merge_removal(struct exposure_table *t,
			  const struct exposure_unit *u,
			  const struct exposure_removal *r)
{
	struct exposure_entry *e = entry_of(t, u->source, r->line, r->header);

	if (r->proof == EXPOSURE_PROVED)
		e->nr_proved++;
	else if (r->proof == EXPOSURE_REFUTED)
		e->nr_refuted++;
	else
		e->nr_untried++;
	if (r->message && !e->message)
		e->message = xstrdup(r->message);
	strlist_each(f, &r->forward)
		add_once(&e->forward, f);
	strlist_each(h, &r->instead)
		add_once(&e->instead, h);
	strlist_each(k, &r->skipped)
		add_once(&e->skipped, k);
}

void exposure_merge(struct exposure_table *t, const char *place,
		    const struct exposure_unit *u)
{
	t->nr_units++;
	if (u->error) {
		t->nr_failed++;
		strlist_addf(&t->failed, "%s (%s): %s", u->name, place,
			     u->error);
		return;
	}
	strlist_each(n, &u->notes)
		add_once(&t->notes, n);
	for (size_t i = 0; i < u->nr_rows; i++)
		merge_row(t, place, &u->rows[i]);
	for (size_t i = 0; i < u->nr_removals; i++)
		merge_removal(t, u, &u->removals[i]);
}

/* ---- text ------------------------------------------------------------------------ */

/* "include/linux/kvm_host.h" as it stands in an include line. */
static const char *short_name(const char *header)
{
	const char *p = strstr(header, "/include/asm/");

	if (p)
		return p + strlen("/include/");
	return starts_with(header, "include/") ? header + strlen("include/") :
						 header;
}

/* The words of a list up to about a width, and how many are left. */
static char *some(const struct strlist *l, size_t width)
{
	struct strbuf sb = STRBUF_INIT;
	size_t i;

	for (i = 0; i < l->nr; i++) {
		if (i && sb.len + strlen(l->v[i]) > width)
			break;
		strbuf_addf(&sb, "%s%s", i ? ", " : "", l->v[i]);
	}
	if (i < l->nr)
		strbuf_addf(&sb, " and %zu more", l->nr - i);
	return strbuf_detach(&sb);
}

static int compare_entries(const void *a, const void *b)
{
	const struct exposure_entry *x = a, *y = b;
	int c = strcmp(x->file, y->file);

	if (!c)
		c = x->line < y->line ? -1 : x->line > y->line;
	return c ? c : strcmp(x->header, y->header);
}

static void print_line(const struct exposure_entry *e, struct strbuf *out)
{
	_cleanup_free_ char *where = e->line ?
		xasprintf("%s:%u", e->file, e->line) : xstrdup(e->file);
	_cleanup_free_ char *places = strlist_join(&e->places, ",");
	_cleanup_free_ char *names = some(&e->names, 200);
	_cleanup_free_ char *arrivals = some(&e->arrivals, 200);

	strbuf_addf(out, "%-46s %s%-28s %-9s %-8s", where, e->line ? " " : "~",
		    short_name(e->header), exposure_kind_name(e->kind), places);
	if (!e->is_source)
		strbuf_addf(out, " [%zu unit%s]", e->nr_units,
			    e->nr_units == 1 ? "" : "s");
	strbuf_addf(out, " %s\n", names);
	if (e->arrivals.nr)
		strbuf_addf(out, "%48s gets through it: %s\n", "", arrivals);
}

/* How far "the include can go" holds. */
enum claim {
	CLAIM_NONE,
	CLAIM_GOES,    /* nothing of it is needed */
	CLAIM_DOUBLED, /* what is used of it comes by other includes, too */
	CLAIM_SKIPPED, /* nothing, but code that was left out names it */
	CLAIM_FAILED,  /* it does not compile without, or was not tried */
};

static enum claim claim_of(const struct exposure_entry *e)
{
	if (!e->nr_proved && !e->nr_refuted && !e->nr_untried)
		return CLAIM_NONE;
	if (e->nr_proved != e->nr_units)
		return e->nr_refuted || e->nr_untried ? CLAIM_FAILED :
							CLAIM_NONE;
	if (e->kind > EXPOSURE_POINTER)
		return CLAIM_DOUBLED;
	return e->skipped.nr ? CLAIM_SKIPPED : CLAIM_GOES;
}

static void print_claim(const struct exposure_entry *e, struct strbuf *out)
{
	_cleanup_free_ char *forward = strlist_join(&e->forward, "; ");
	_cleanup_free_ char *instead = strlist_join(&e->instead, "> <");
	_cleanup_free_ char *skipped = strlist_join(&e->skipped, ", ");
	_cleanup_free_ char *places = strlist_join(&e->places, ", ");

	strbuf_addf(out, "  %s:%u: <%s> (%s)", e->file, e->line,
		    short_name(e->header), places);
	if (claim_of(e) == CLAIM_FAILED) {
		strbuf_addf(out, ": %s\n", e->message ? e->message : "not tried");
		return;
	}
	if (e->forward.nr)
		strbuf_addf(out, ", with \"%s;\" in its place", forward);
	if (e->instead.nr)
		strbuf_addf(out, "%s <%s> in its place",
			    e->forward.nr ? " and" : ", with", instead);
	if (e->skipped.nr)
		strbuf_addf(out, ": %s", skipped);
	strbuf_addch(out, '\n');
}

static void print_claims(const struct exposure_table *t, enum claim which,
			 const char *title, struct strbuf *out)
{
	bool told = false;

	for (size_t i = 0; i < t->nr; i++) {
		if (claim_of(&t->v[i]) != which)
			continue;
		if (!told)
			strbuf_addf(out, "\n%s\n", title);
		told = true;
		print_claim(&t->v[i], out);
	}
}

static void print_list(const char *title, const struct strlist *l,
		       struct strbuf *out)
{
	if (l->nr)
		strbuf_addf(out, "\n%s\n", title);
	strlist_each(s, l)
		strbuf_addf(out, "  %s\n", s);
}

void exposure_print(struct exposure_table *t, struct strbuf *out)
{
	size_t kinds[EXPOSURE_MEMBERS + 1] = { 0 };

	if (t->nr)
		qsort(t->v, t->nr, sizeof(*t->v), compare_entries);
	strmap_release(&t->by_key); /* its numbers hold no more */
	strbuf_addf(out, "%-46s  %-28s %-9s %-8s %s\n", "outside KVM",
		    "KVM header", "needs", "cells", "of it (line)");
	for (size_t i = 0; i < t->nr; i++) {
		print_line(&t->v[i], out);
		kinds[t->v[i].kind]++;
	}
	strbuf_addf(out, "\n%zu units, %zu not parsed; %zu lines:", t->nr_units,
		    t->nr_failed, t->nr);
	for (size_t k = 0; k <= EXPOSURE_MEMBERS; k++)
		strbuf_addf(out, " %zu %s%s", kinds[k],
			    exposure_kind_name((enum exposure_kind)k),
			    k < EXPOSURE_MEMBERS ? "," : "\n");
	strbuf_addstr(out, "~: used, and included by another file only\n");
	print_claims(t, CLAIM_GOES,
		     "Includes that can go (tried: these units compile without, "
		     "with no more warnings)", out);
	print_claims(t, CLAIM_SKIPPED,
		     "Not needed in these cells, but named in lines that they "
		     "do not compile", out);
	print_claims(t, CLAIM_DOUBLED,
		     "Used, and there without the include, too (tried)", out);
	print_claims(t, CLAIM_FAILED,
		     "Looked as if they could go, and were not shown to", out);
	print_list("Not parsed", &t->failed, out);
	print_list("Not seen", &t->notes, out);
}
