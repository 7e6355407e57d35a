// SPDX-License-Identifier: GPL-2.0-only
#include "engine/tree_history.h"

#include "engine/tree_internal.h"
#include "sys/errbuf.h"
#include "sys/mem.h"
#include "sys/strbuf.h"
#include "sys/strlist.h"
#include "sys/strmap.h"

#include <stdint.h>

int tree_has_merges(struct tree *t, const char *range, struct errbuf *err)
{
	_cleanup_free_ char *a = NULL, *b = NULL, *ids = NULL;
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;
	struct git g = tree_git(t);

	if (tree_range_ends(t, range, &a, &b, err))
		return -1;
	ids = xasprintf("%s..%s", a, b);
	if (git_run(&g, &out, err, "rev-list", "--max-count=1", "--min-parents=2",
		    ids, NULL))
		return errbuf_prefix(err, "%s", range);
	return out.len != 0;
}

/* Node of an id: 0 is GOOD itself. */
static void add_node(struct bisect_dag *dag, const struct strlist *ids,
		     const struct strmap *nodes, bool first_parent)
{
	struct bisect_node *n = &dag->nodes[dag->nr++];
	size_t last = first_parent && ids->nr > 1 ? 2 : ids->nr;

	n->parents = xcalloc(ids->nr, sizeof(*n->parents));
	for (size_t i = 1; i < last; i++)
		if (strmap_has(nodes, ids->v[i]))
			n->parents[n->nr++] =
				(uintptr_t)strmap_get(nodes, ids->v[i]);
}

/* lines of rev-list --parents, oldest first. */
static int take_commits(struct tree *t, const struct strlist *lines,
			bool first_parent, struct bisect_dag *dag)
{
	_cleanup_strmap_ struct strmap nodes = STRMAP_INIT;

	dag->nodes = xcalloc(lines->nr + 1, sizeof(*dag->nodes));
	dag->nr = 1;
	strmap_set(&nodes, t->states[0].commit, (void *)(uintptr_t)0);
	strlist_each(line, lines) {
		_cleanup_strlist_ struct strlist ids = STRLIST_INIT;

		strlist_split(&ids, line, " ");
		add_node(dag, &ids, &nodes, first_parent);
		strmap_set(&nodes, ids.v[0],
			   (void *)(uintptr_t)(dag->nr - 1));
		tree_add_state(t)->commit = xstrdup(ids.v[0]);
	}
	return 0;
}

int tree_history(struct tree *t, const char *range, bool first_parent,
		 struct bisect_dag *dag, struct errbuf *err)
{
	_cleanup_free_ char *a = NULL, *b = NULL, *ids = NULL;
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;
	_cleanup_strlist_ struct strlist lines = STRLIST_INIT;
	struct git g = tree_git(t);

	if (tree_range_ends(t, range, &a, &b, err))
		return -1;
	ids = xasprintf("%s..%s", a, b);
	if (git_run(&g, &out, err, "rev-list", "--reverse", "--topo-order",
		    "--parents", ids, first_parent ? "--first-parent" : NULL,
		    NULL))
		return errbuf_prefix(err, "%s", range);
	strlist_split(&lines, out.buf, "\n");
	if (!lines.nr)
		return errbuf_set(err, "%s: no commits in this range", range);
	if (lines.nr > HISTORY_MAX)
		return errbuf_set(err,
				  "%s: %zu commits; at the most %d can be held "
				  "at a time. Narrow the range down by its tags "
				  "first%s",
				  range, lines.nr, HISTORY_MAX,
				  first_parent ? "" : ", or use --first-parent");
	if (tree_set_base(t, a, err) ||
	    take_commits(t, &lines, first_parent, dag))
		return -1;
	return tree_fill_states(t, err);
}

static void add_question(const struct tree *t, const struct bisect_question *q,
			 struct strbuf *out)
{
	strbuf_addf(out, "%s\n", t->states[q->from].commit);
	for (size_t i = 0; i < t->nr_states; i++)
		if (q->without[i])
			strbuf_addf(out, "^%s\n", t->states[i].commit);
}

size_t tree_midpoint(const struct tree *t, const struct bisect_question *q,
		     const struct bisect_history *h, bool first_parent,
		     struct errbuf *err)
{
	_cleanup_strbuf_ struct strbuf in = STRBUF_INIT, out = STRBUF_INIT;
	_cleanup_strlist_ struct strlist lines = STRLIST_INIT;
	_cleanup_strmap_ struct strmap nodes = STRMAP_INIT;
	struct git g = tree_git(t);

	for (size_t i = 0; i < t->nr_states; i++)
		strmap_set(&nodes, t->states[i].commit, (void *)(uintptr_t)i);
	add_question(t, q, &in);
	g.input = in.buf;
	g.input_len = in.len;
	if (git_run(&g, &out, err, "rev-list", "--bisect-all", "--stdin",
		    first_parent ? "--first-parent" : NULL, NULL))
		return BISECT_NONE;
	/* "COMMIT (dist=N)" or "COMMIT (REF, dist=N)" */
	strlist_split(&lines, out.buf, "\n");
	strlist_each(line, &lines) {
		_cleanup_free_ char *id = xstrndup(line, strcspn(line, " "));
		size_t i = (uintptr_t)strmap_get(&nodes, id);

		if (strmap_has(&nodes, id) &&
		    h->marks[i] == BISECT_PENDING && !(h->busy && h->busy[i]))
			return i;
	}
	return BISECT_NONE;
}
