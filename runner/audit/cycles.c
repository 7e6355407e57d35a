// SPDX-License-Identifier: GPL-2.0-only
/*
 * cycles: include cycles, and who brought them.
 *
 * Where every #include of a cycle is live, the file of it that a unit reads first is
 * still being read when the cycle comes back to it; so it is entered again (guards or
 * not) and the preprocessor says so. So a cycle is known by a file that is entered
 * inside itself, and never guessed from includes of different units.
 *
 * Not told: what include/trace/define_trace.h reads again, which is how tracepoints are
 * made.
 *
 * All such loops of a cell's units are put together; files that reach each other
 * along them are one cycle, told once. It holds at a state when all its includes lie
 * on loops there: so a cycle that gets smaller is not new.
 */
#include "audit/cycles.h"

#include "audit/audit.h"
#include "audit/ledger.h"
#include "model/result.h"
#include "sys/mem.h"
#include "sys/strbuf.h"

void loops_release(struct loops *l)
{
	free(l->v);
	*l = (struct loops){ 0 };
}

static struct loop_edge *find_edge(const struct loops *l, const char *from,
				   const char *to)
{
	for (size_t i = 0; i < l->nr; i++)
		if (l->v[i].from == from && l->v[i].to == to)
			return &l->v[i];
	return NULL;
}

bool loops_have(const struct loops *l, const char *from, const char *to)
{
	return find_edge(l, from, to) != NULL;
}

static void add_edge(struct loops *l, const char *from, const char *to,
		     unsigned line)
{
	if (find_edge(l, from, to))
		return;
	GROW(l->v, l->nr, l->alloc);
	l->v[l->nr++] = (struct loop_edge){ .from = from, .to = to,
					    .place = from, .line = line };
}

/* Headers of tracepoints are read again and again by this one, on purpose. */
static bool is_template(const char *file)
{
	return !strcmp(file, "include/trace/define_trace.h");
}

void loops_add(struct loops *l, const struct look_tree *t)
{
	for (size_t i = 0; i < t->nr; i++) {
		bool meant = is_template(t->v[i].file);
		int up = t->v[i].parent;

		while (up >= 0 && t->v[up].file != t->v[i].file) {
			meant = meant || is_template(t->v[up].file);
			up = t->v[up].parent;
		}
		if (up < 0 || meant)
			continue;
		for (int at = (int)i; at != up; at = t->v[at].parent)
			add_edge(l, t->v[t->v[at].parent].file, t->v[at].file,
				 t->v[at].line);
	}
}

/* ---- the graph ------------------------------------------------------------------ */

static bool touch(const struct loop_edge *a, const struct loop_edge *b)
{
	return a->from == b->from || a->from == b->to || a->to == b->from ||
	       a->to == b->to;
}

/* Every edge lies on a loop, so files that edges join in any direction reach each
 * other in both. */
static void number_parts(struct loops *l)
{
	_cleanup_free_ unsigned *number = xcalloc(l->nr + 1, sizeof(*number));

	for (size_t i = 0; i < l->nr; i++)
		l->v[i].part = (unsigned)i;
	for (bool again = true; again;) {
		again = false;
		for (size_t i = 0; i < l->nr; i++)
			for (size_t k = 0; k < l->nr; k++)
				if (l->v[k].part < l->v[i].part &&
				    touch(&l->v[i], &l->v[k])) {
					l->v[i].part = l->v[k].part;
					again = true;
				}
	}
	/* A part now has the number of its first edge. */
	l->nr_parts = 0;
	for (size_t i = 0; i < l->nr; i++)
		if (l->v[i].part == i)
			number[i] = l->nr_parts++;
	for (size_t i = 0; i < l->nr; i++)
		l->v[i].part = number[l->v[i].part];
}

static bool leads_on(const struct loops *l, const bool *left, const char *file)
{
	for (size_t i = 0; i < l->nr; i++)
		if (left[i] && l->v[i].from == file)
			return true;
	return false;
}

/* Is there no cycle in the part without an edge? Edges that lead to where nothing
 * goes on are taken away as long as there are such. */
static bool breaks(const struct loops *l, size_t without)
{
	_cleanup_free_ bool *left = xcalloc(l->nr, sizeof(*left));
	size_t nr = 0;

	for (size_t i = 0; i < l->nr; i++) {
		left[i] = i != without && l->v[i].part == l->v[without].part;
		nr += left[i];
	}
	for (bool again = true; again && nr;) {
		again = false;
		for (size_t i = 0; i < l->nr; i++)
			if (left[i] && !leads_on(l, left, l->v[i].to)) {
				left[i] = false;
				again = true;
				nr--;
			}
	}
	return !nr;
}

void loops_solve(struct loops *l)
{
	number_parts(l);
	for (size_t i = 0; i < l->nr; i++)
		l->v[i].breaks = breaks(l, i);
}

/* ---- the judge ------------------------------------------------------------------ */

/* Names as in the base, so that a renamed file stays itself. */
static void add_renamed(struct audit_run *a, struct loops *to, unsigned patch,
			const struct loops *from)
{
	for (size_t i = 0; i < from->nr; i++) {
		const struct loop_edge *e = &from->v[i];

		add_edge(to,
			 look_name(&a->names,
				   audit_base_name(a, patch, e->from)),
			 look_name(&a->names, audit_base_name(a, patch, e->to)),
			 e->line);
		to->v[to->nr - 1].place = e->from;
	}
}

static void loops_at(struct audit_run *a, const struct audit_cell *c,
		     unsigned patch, struct loops *out)
{
	struct loops l = { 0 };

	for (size_t i = 0; i < c->nr_units; i++) {
		const struct audit_unit *u = c->units[i];
		const struct audit_look *last = NULL;

		for (size_t k = 0; k < u->nr && u->v[k].patch <= patch; k++) {
			const struct audit_look *look = &u->v[k];

			if (look->gone)
				last = NULL;
			else if (!look->unknown && !look->status)
				last = look;
			/* else as it was */
		}
		if (last)
			loops_add(&l, &last->tree);
	}
	add_renamed(a, out, patch, &l);
	loops_release(&l);
	loops_solve(out);
}

/* The files of a part, sorted and joined: what the cycle is known by. */
static char *part_name(const struct loops *l, unsigned part)
{
	_cleanup_strlist_ struct strlist files = STRLIST_INIT;

	for (size_t i = 0; i < l->nr; i++)
		if (l->v[i].part == part)
			strlist_add(&files, l->v[i].from);
	strlist_sort(&files);
	return strlist_join(&files, " ");
}

/* Does a unit of the base include to from from, on a cycle or not? Of those that were
 * looked at. */
static bool in_base(const struct audit_cell *c, const char *from,
		    const char *to)
{
	for (size_t i = 0; i < c->nr_units; i++) {
		const struct audit_look *l = audit_look_at(c->units[i], 0);

		for (size_t k = 0; l && k < l->tree.nr; k++) {
			const struct look_enter *e = &l->tree.v[k];

			if (e->file == to && e->parent >= 0 &&
			    l->tree.v[e->parent].file == from)
				return true;
		}
	}
	return false;
}

static void describe(const struct audit_cell *c, const struct loops *l,
		     unsigned part, struct fact_text *text)
{
	_cleanup_strlist_ struct strlist edges = STRLIST_INIT;
	_cleanup_strlist_ struct strlist cuts = STRLIST_INIT;
	_cleanup_free_ char *all = NULL, *cut = NULL;
	const struct loop_edge *first = NULL;
	bool first_new = false;

	for (size_t i = 0; i < l->nr; i++) {
		const struct loop_edge *e = &l->v[i];
		bool new;

		if (e->part != part)
			continue;
		new = !in_base(c, e->from, e->to);
		if (!first || (new && !first_new))
			first = e;
		first_new = first_new || new;
		strlist_addf(&edges, "%s:%u -> %s%s", e->place, e->line, e->to,
			     new ? " (new)" : "");
		if (e->breaks)
			strlist_addf(&cuts, "%s:%u", e->place, e->line);
	}
	all = strlist_join(&edges, ", ");
	cut = strlist_join(&cuts, " or ");
	text->file = xstrdup(first->place);
	text->line = first->line;
	text->evidence = xasprintf(
		"%s; %s%s", all,
		cuts.nr ? "it is broken without the include at " :
			  "no single include breaks it",
		cut);
}

/* Is every include of the part on a loop of other, too? */
static bool holds_in(const struct loops *l, unsigned part,
		     const struct loops *other)
{
	for (size_t i = 0; i < l->nr; i++)
		if (l->v[i].part == part &&
		    !loops_have(other, l->v[i].from, l->v[i].to))
			return false;
	return true;
}

/* Units of the base that were not looked at and read all files of the part: whether
 * it is there already is not known of them. */
static unsigned not_looked_at(const struct audit_cell *c,
			      const struct loops *l, unsigned part)
{
	unsigned n = 0;

	for (size_t i = 0; i < c->base->nr; i++) {
		const struct unit *u = &c->base->v[i];
		bool all = !strmap_has(&c->by_name, u->name);

		for (size_t k = 0; k < l->nr && all; k++) {
			bool reads = l->v[k].part != part;

			for (size_t d = 0; d < u->nr_deps && !reads; d++)
				reads = !strcmp(u->deps[d], l->v[k].from);
			all = reads;
		}
		n += all;
	}
	return n;
}

static void judge_cell(struct audit_run *a, const struct audit_cell *c,
		       struct ledger *ledger)
{
	unsigned nr = a->result->nr_patches;
	_cleanup_free_ struct loops *at = xcalloc(nr, sizeof(*at));
	_cleanup_strmap_ struct strmap told = STRMAP_INIT;

	for (unsigned p = 0; p < nr; p++)
		loops_at(a, c, p, &at[p]);
	for (unsigned p = 0; p < nr; p++)
		for (unsigned part = 0; part < at[p].nr_parts; part++) {
			_cleanup_free_ char *name = part_name(&at[p], part);

			if (strmap_has(&told, name))
				continue;
			strmap_set(&told, name, ledger);
			for (unsigned k = 0; k < nr; k++) {
				struct fact_text text = { 0 };
				unsigned others;

				if (!holds_in(&at[p], part, &at[k]))
					continue;
				describe(c, &at[p], part, &text);
				text.target = xstrdup(name);
				others = not_looked_at(c, &at[p], part);
				if (others && p)
					audit_note(a,
						   "%s: %u units of the base that "
						   "no patch reaches read all of "
						   "%s; whether they have this "
						   "cycle already is not known",
						   c->id, others, name);
				ledger_holds(ledger,
					     audit_id(a, "cycle", name, NULL),
					     "cycle", c->nr, k, k + 1, &text);
			}
		}
	for (unsigned p = 0; p < nr; p++)
		loops_release(&at[p]);
}

static void judge(struct audit_run *a)
{
	struct ledger ledger;

	ledger_init(&ledger, a);
	for (size_t i = 0; i < a->nr_cells; i++)
		if (a->cells[i].id)
			judge_cell(a, &a->cells[i], &ledger);
	ledger_finish(&ledger, a);
}

const struct audit audit_cycles = {
	.name = "cycles",
	.help = "include cycles, and the include whose removal breaks each",
	.judge = judge,
};
