// SPDX-License-Identifier: GPL-2.0-only
/*
 * A plan of a thousand patches asks a thousand times what all changes since the
 * base reach, and from one state to the next nearly all of them are the same.
 */
#include "engine/impact.h"

#include "engine/tree.h"
#include "sys/mem.h"

#include <sys/stat.h>

struct impact_memo {
	const struct read_set *r;
	size_t words;	/* of a set of bits */
	uint64_t *sum;
	/* by 3 * change.id + what its status says: came, went, or neither */
	struct single {
		uint64_t *units; /* NULL: not yet known */
		bool empty, matters;
	} *v;
	size_t nr;
};

struct impact_memo *impact_memo_new(const struct read_set *r)
{
	struct impact_memo *m = xcalloc(1, sizeof(*m));

	m->r = r;
	m->words = r->units->nr / 64 + 1;
	m->sum = xcalloc(m->words, sizeof(*m->sum));
	return m;
}

void impact_memo_free(struct impact_memo *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->nr; i++)
		free(m->v[i].units);
	free(m->v);
	free(m->sum);
	free(m);
}

static void set_bit(uint64_t *bits, size_t i)
{
	bits[i / 64] |= UINT64_C(1) << (i % 64);
}

static void find_single(const struct impact_memo *m, struct single *s,
			const struct change *c)
{
	const struct change_list one = { .v = (struct change *)c, .nr = 1 };
	_cleanup_impact_ struct impact im = IMPACT_INIT;
	_cleanup_free_ char *reason = NULL;

	s->matters = !impact_unreached(m->r, &one, false, &reason);
	impact_find(&im, m->r, &one);
	s->units = xcalloc(m->words, sizeof(*s->units));
	s->empty = im.from_empty;
	for (size_t i = 0; i < m->r->units->nr; i++)
		if (strlist_has_sorted(&im.reached, m->r->units->v[i].name))
			set_bit(s->units, i);
}

static const struct single *single_of(struct impact_memo *m,
				      const struct change *c)
{
	size_t at = 3 * (size_t)c->id +
		    (c->status == 'A' ? 2 : c->status == 'D');

	if (at >= m->nr) {
		size_t nr = 2 * at + 64;

		m->v = xrealloc(m->v, nr * sizeof(*m->v));
		memset(m->v + m->nr, 0, (nr - m->nr) * sizeof(*m->v));
		m->nr = nr;
	}
	if (!m->v[at].units)
		find_single(m, &m->v[at], c);
	return &m->v[at];
}

static bool is_memorable(const struct change *c)
{
	return c->id && !S_ISLNK(c->mode);
}

bool impact_memo_matters(struct impact_memo *m, const struct change *c)
{
	struct single once = { 0 };

	if (is_memorable(c))
		return single_of(m, c)->matters;
	find_single(m, &once, c);
	free(once.units);
	return once.matters;
}

const uint64_t *impact_memo_sum(struct impact_memo *m,
				const struct change_list *changes,
				const char **from_empty)
{
	*from_empty = NULL;
	memset(m->sum, 0, m->words * sizeof(*m->sum));
	for (size_t i = 0; i < changes->nr; i++) {
		const struct change *c = &changes->v[i];
		struct single once = { 0 };
		const struct single *s = &once;

		if (is_memorable(c))
			s = single_of(m, c);
		else
			find_single(m, &once, c);
		for (size_t w = 0; w < m->words; w++)
			m->sum[w] |= s->units[w];
		if (s->empty && !*from_empty)
			*from_empty = c->path;
		free(once.units);
	}
	return m->sum;
}
