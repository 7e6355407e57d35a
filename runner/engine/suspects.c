// SPDX-License-Identifier: GPL-2.0-only
#include "engine/suspects.h"

#include "engine/tree.h"
#include "model/unit.h"
#include "sys/mem.h"
#include "sys/strbuf.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>

struct suspect_header {
	unsigned state;
	char *base_path; /* what the baseline's units read it as */
	struct strmap lost;
};

/* ---- names and where they stand ------------------------------------------------ */

/* Calls each() for every name of a line, with an include's file as "x.h". */
static void each_name(const char *line, size_t len,
		      void (*each)(void *data, const char *name), void *data)
{
	for (size_t i = 0; i < len;) {
		_cleanup_free_ char *name = NULL;
		size_t from = i;

		if (!isalpha((unsigned char)line[i]) && line[i] != '_') {
			/* numbers with their suffixes are no names */
			if (isdigit((unsigned char)line[i]))
				while (i < len &&
				       isalnum((unsigned char)line[i]))
					i++;
			else
				i++;
			continue;
		}
		while (i < len && (isalnum((unsigned char)line[i]) ||
				   line[i] == '_'))
			i++;
		/* a directory in an include */
		if (i < len && line[i] == '/' && from &&
		    strchr("<\"/", line[from - 1]))
			continue;
		/* "x.h" and "a-b.h" in an include */
		if (i + 1 < len && !strncmp(line + i, ".h", 2) &&
		    (i + 2 == len || line[i + 2] == '>' || line[i + 2] == '"')) {
			i += 2;
			while (from && line[from - 1] != '/' &&
			       line[from - 1] != '<' && line[from - 1] != '"')
				from--;
		}
		name = xstrndup(line + from, i - from);
		each(data, name);
	}
}

struct stack {
	struct strlist at; /* a line each: what is open */
	struct strmap *places; /* "NAME\n#if\n#else..." */
	char *where;
};

static void join(struct stack *st)
{
	struct strbuf sb = STRBUF_INIT;

	strlist_each(line, &st->at)
		strbuf_addf(&sb, "\n%s", line);
	free(st->where);
	st->where = strbuf_detach(&sb);
}

static void pop(struct stack *st)
{
	if (st->at.nr)
		free(st->at.v[--st->at.nr]);
}

/* "#  ifdef X" -> "ifdef X"; NULL: no directive. */
static const char *directive(const char *line)
{
	line += strspn(line, " \t");
	if (*line != '#')
		return NULL;
	return line + 1 + strspn(line + 1, " \t");
}

/* True: the line opens, changes or closes a group. */
static bool is_condition(struct stack *st, const char *line)
{
	const char *d = directive(line);

	if (!d)
		return false;
	if (starts_with(d, "if")) {
		strlist_add(&st->at, d);
	} else if (starts_with(d, "el")) {
		const char *top = st->at.nr ? st->at.v[st->at.nr - 1] : "";
		_cleanup_free_ char *text = xasprintf("%s/%s", d, top);

		pop(st);
		strlist_add(&st->at, text);
	} else if (starts_with(d, "endif")) {
		pop(st);
	} else {
		return false;
	}
	join(st);
	return true;
}

static void put_place(void *data, const char *name)
{
	struct stack *st = data;
	_cleanup_free_ char *place =
		xasprintf("%s%s", name, st->where ? st->where : "");

	strmap_set(st->places, place, st);
}

/* Comments are read, too: a name in one makes the look longer, not wrong. */
static void find_places(const char *text, struct strmap *places)
{
	struct stack st = { .places = places };

	while (*text) {
		size_t len = strcspn(text, "\n");
		_cleanup_free_ char *line = xstrndup(text, len);

		if (!is_condition(&st, line))
			each_name(line, len, put_place, &st);
		text += len + (text[len] == '\n');
	}
	strlist_release(&st.at);
	free(st.where);
}

/* Does a name stand in a place, or where fewer conditions hold? */
static bool stands_there(const struct strmap *places, const char *place)
{
	_cleanup_free_ char *outer = xstrdup(place);

	for (;;) {
		char *last = strrchr(outer, '\n');

		if (strmap_has(places, outer))
			return true;
		if (!last)
			return false;
		*last = '\0';
	}
}

static void put_name(struct strmap *names, const char *place)
{
	_cleanup_free_ char *name = xstrndup(place, strcspn(place, "\n"));

	strmap_set(names, name, names);
}

void suspects_lost(const char *before, const char *now, const char *base,
		   struct strmap *lost)
{
	_cleanup_strmap_ struct strmap old = STRMAP_INIT;
	_cleanup_strmap_ struct strmap new = STRMAP_INIT;

	if (!now) {
		strmap_set(lost, base, lost);
		return;
	}
	find_places(before, &old);
	find_places(now, &new);
	strmap_each(e, &old)
		if (!stands_there(&new, strmap_key(e)))
			put_name(lost, strmap_key(e));
}

struct count {
	const struct strmap *lost;
	struct strmap seen;
};

static void count(void *data, const char *name)
{
	struct count *c = data;

	if (strmap_has(c->lost, name))
		strmap_set(&c->seen, name, c);
}

unsigned suspects_written(const char *text, const struct strmap *lost)
{
	struct count c = { .lost = lost };
	unsigned nr;

	each_name(text, strlen(text), count, &c);
	nr = (unsigned)strmap_nr(&c.seen);
	strmap_release(&c.seen);
	return nr;
}

/* ---- a series ------------------------------------------------------------------- */

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void look_at(struct suspects *s, unsigned state, const struct change *c)
{
	_cleanup_strbuf_ struct strbuf before = STRBUF_INIT;
	_cleanup_strbuf_ struct strbuf now = STRBUF_INIT;
	struct suspect_header h = { .state = state };
	bool there;

	if (!ends_with(c->path, ".h") || c->status == 'A' ||
	    !sources_text(&s->sources, NULL, c->path, state - 1, &before))
		return;
	there = sources_text(&s->sources, NULL, c->path, state, &now);
	suspects_lost(before.buf, there ? now.buf : NULL, base_name(c->path),
		      &h.lost);
	if (!strmap_nr(&h.lost))
		return;
	h.base_path = xstrdup(sources_base(&s->sources, c->path, state - 1));
	GROW(s->headers, s->nr_headers, s->alloc_headers);
	s->headers[s->nr_headers++] = h;
}

void suspects_find(struct suspects *s, const struct tree *tree,
		   const char *checkout)
{
	*s = (struct suspects){
		.sources = { .tree = tree, .checkout = checkout },
	};
	for (unsigned k = 1; k < tree->nr_states; k++) {
		const struct state *st = &tree->states[k];

		if (st->not_applied)
			break;
		for (size_t i = 0; i < st->since_prev.nr; i++)
			look_at(s, k, &st->since_prev.v[i]);
	}
}

void suspects_release(struct suspects *s)
{
	for (size_t i = 0; i < s->nr_headers; i++) {
		free(s->headers[i].base_path);
		strmap_release(&s->headers[i].lost);
	}
	free(s->headers);
	strmap_release(&s->scores);
	sources_release(&s->sources);
	*s = (struct suspects){ 0 };
}

/* How much of what a header loses does a source write, at the state that loses it? */
static unsigned score(struct suspects *s, size_t header, const char *source)
{
	const struct suspect_header *h = &s->headers[header];
	_cleanup_free_ char *key = xasprintf("%zu %s", header, source);
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	uintptr_t known = (uintptr_t)strmap_get(&s->scores, key);

	if (!known) {
		known = 1;
		if (sources_text(&s->sources, NULL,
				 sources_at(&s->sources, source, h->state),
				 h->state, &text))
			known += suspects_written(text.buf, &h->lost);
		strmap_set(&s->scores, key, (void *)known);
	}
	return (unsigned)known - 1;
}

struct suspect {
	const char *name;
	unsigned score;
};

static int worse(const void *x, const void *y)
{
	const struct suspect *a = x, *b = y;

	if (a->score != b->score)
		return a->score > b->score ? -1 : 1;
	return strcmp(a->name, b->name);
}

/* Of one state; v has room for all units. Returns how many are suspected. */
static size_t accuse(struct suspects *s, const struct unit_set *units,
		     unsigned state, const bool *judged, struct suspect *v)
{
	unsigned *sum = xcalloc(units->nr + 1, sizeof(*sum));
	size_t nr = 0;

	for (size_t h = 0; h < s->nr_headers; h++) {
		const struct unit_file *f;

		if (s->headers[h].state != state)
			continue;
		f = unit_set_file(units, s->headers[h].base_path);
		for (size_t i = 0; f && i < f->nr; i++) {
			const struct unit *u = &units->v[f->users[i]];

			if (judged[f->users[i]] && u->nr_deps)
				sum[f->users[i]] += score(s, h, u->deps[0]);
		}
	}
	for (size_t i = 0; i < units->nr; i++)
		if (sum[i])
			v[nr++] = (struct suspect){ units->v[i].name, sum[i] };
	qsort(v, nr, sizeof(*v), worse);
	free(sum);
	return nr;
}

unsigned suspects_pick(struct suspects *s, const struct unit_set *units,
		       bool (*is_judged)(void *data, const struct unit *u),
		       void *data, size_t limit, struct strlist *names)
{
	struct suspect *v = xcalloc(units->nr + 1, sizeof(*v));
	bool *judged = xcalloc(units->nr + 1, sizeof(*judged));
	unsigned state = 0, best = 0;

	for (size_t i = 0; s->nr_headers && i < units->nr; i++)
		judged[i] = is_judged(data, &units->v[i]);
	for (size_t h = 0; h < s->nr_headers; h++) {
		unsigned sum = 0;
		size_t nr;

		if (h && s->headers[h].state == s->headers[h - 1].state)
			continue;
		nr = accuse(s, units, s->headers[h].state, judged, v);
		for (size_t i = 0; i < nr && i < limit; i++)
			sum += v[i].score;
		if (sum <= best)
			continue;
		best = sum;
		state = s->headers[h].state;
		strlist_release(names);
		for (size_t i = 0; i < nr && i < limit; i++)
			strlist_add(names, v[i].name);
	}
	free(v);
	free(judged);
	return state;
}
