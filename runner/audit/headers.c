// SPDX-License-Identifier: GPL-2.0-only
/*
 * headers: who reads another architecture's headers.
 *
 * A header is B's when it lies below arch/B/ (kind "arch"), when it did so in the
 * base and a patch moved it ("moved"), or when it lies in a directory named B below
 * include/ ("named"). Told is where a chain of includes first comes to B, not each
 * file that follows.
 *
 * The silent case (kind "mixture"): the unit compiles, and inside a header of B some
 * <asm/...> is found in the unit's own architecture. Each architecture's asm/ is its
 * own; what B's header then says is said in terms of another machine.
 *
 * A fact goes by the header's name in the base: to move a header that is read already
 * changes nothing.
 */
#include "audit/headers.h"

#include "audit/audit.h"
#include "audit/ledger.h"
#include "audit/sharing.h"
#include "engine/tree.h"
#include "model/result.h"
#include "sys/mem.h"
#include "sys/strbuf.h"

/* ---- whose a file is ---------------------------------------------------------- */

const char *headers_kind(const struct sharing *s, const char *srcarch,
			 const char *file, const char *base,
			 const char **owner)
{
	const char *now = sharing_owner(s, file);
	const char *then = file == base ? NULL : sharing_owner(s, base);
	bool in_arch = starts_with(file, "arch/");

	/* It has become this architecture's own. */
	if (in_arch && now && !strcmp(now, srcarch))
		return NULL;
	*owner = now;
	if (now && in_arch && strcmp(now, srcarch))
		return sharing_allows(s, srcarch, now, file) ? NULL : "arch";
	*owner = then;
	if (then && starts_with(base, "arch/") && strcmp(then, srcarch))
		return sharing_allows(s, srcarch, then, base) ? NULL : "moved";
	*owner = now;
	if (now && strcmp(now, srcarch))
		return sharing_allows(s, srcarch, now, file) ? NULL : "named";
	return NULL;
}

/* ---- one look ------------------------------------------------------------------ */

struct judge {
	struct audit_run *a;
	struct ledger ledger;
	const struct audit_cell *cell;
	const struct audit_unit *unit;
	const struct look_tree *tree;
	unsigned at;	   /* the state of the look */
	unsigned from, to; /* states that its facts hold at */
	struct strmap kinds; /* file -> kind, "" for nobody's; see kind_of() */
};

static const char *kind_of(struct judge *j, const char *file,
			   const char **owner)
{
	const char *base = audit_base_name(j->a, j->at, file);
	const char *kind = strmap_get(&j->kinds, file);

	if (kind && !*kind)
		return NULL;
	kind = headers_kind(j->a->sharing, j->cell->srcarch, file, base, owner);
	strmap_set(&j->kinds, file, (char *)(kind ? kind : ""));
	return kind;
}

static void tell_read(struct judge *j, int at, const char *kind,
		      const char *owner)
{
	const struct look_tree *t = j->tree;
	const struct look_enter *e = &t->v[at];
	const char *base = audit_base_name(j->a, j->at, e->file);
	_cleanup_free_ char *chain = look_tree_chain(t, at);
	struct fact_text text = {
		.unit = xstrdup(j->unit->name),
		.file = xstrdup(e->parent >= 0 ? t->v[e->parent].file :
						 j->unit->name),
		.line = e->line,
		.target = xstrdup(e->file),
	};

	if (!strcmp(kind, "moved"))
		text.evidence = xasprintf("%s, which is %s in the base", chain,
					  base);
	else
		text.evidence = xasprintf("%s, a header of %s", chain, owner);
	ledger_holds(&j->ledger,
		     audit_id(j->a, "read", j->unit->name, base, NULL), kind,
		     j->cell->nr, j->from, j->to, &text);
}

/* The file that "<asm/x.h>" means in a unit that has read it before; NULL: not one
 * of its own architecture. */
static const char *own_asm(const struct judge *j, const char *include)
{
	_cleanup_free_ char *own =
		xasprintf("arch/%s/include/", j->cell->srcarch);
	_cleanup_free_ char *end = NULL;

	if (!starts_with(include, "<asm/"))
		return NULL;
	end = xasprintf("/%.*s", (int)strlen(include) - 2, include + 1);
	for (size_t i = 0; i < j->tree->nr; i++)
		if (starts_with(j->tree->v[i].file, own) &&
		    ends_with(j->tree->v[i].file, end))
			return j->tree->v[i].file;
	return NULL;
}

static bool is_own_asm(const struct judge *j, const char *file)
{
	_cleanup_free_ char *own =
		xasprintf("arch/%s/include/", j->cell->srcarch);

	return starts_with(file, own);
}

/* Which headers of its own architecture the foreign header at gets to see. */
static void tell_mixture(struct judge *j, int at, const char *owner)
{
	const struct look_tree *t = j->tree;
	const char *file = t->v[at].file;
	_cleanup_strlist_ struct strlist seen = STRLIST_INIT;
	_cleanup_free_ char *list = NULL;
	unsigned line = 0;
	struct fact_text text;

	for (size_t i = at + 1; i < t->nr; i++)
		if (t->v[i].parent == at && is_own_asm(j, t->v[i].file)) {
			line = line ? line : t->v[i].line;
			strlist_addf(&seen, "line %u finds %s", t->v[i].line,
				     t->v[i].file);
		}
	for (size_t i = 0; i < t->nr_skips; i++) {
		const struct look_skip *s = &t->skips[i];
		const char *own = s->in == at ? own_asm(j, s->name) : NULL;

		if (!own)
			continue;
		line = line ? line : s->line;
		strlist_addf(&seen, "line %u finds %s", s->line, own);
	}
	if (!seen.nr)
		return;
	list = strlist_join(&seen, ", ");
	text = (struct fact_text){
		.unit = xstrdup(j->unit->name),
		.file = xstrdup(file),
		.line = line,
		.target = xstrdup(file),
		.evidence = xasprintf(
			"compiles on a mixture: in this header of %s, %s", owner,
			list),
	};
	ledger_holds(&j->ledger,
		     audit_id(j->a, "mixture", j->unit->name,
			      audit_base_name(j->a, j->at, file), NULL),
		     "mixture", j->cell->nr, j->from, j->to, &text);
}

/* compiles: at all states that the facts hold at. */
static void judge_tree(struct judge *j, bool compiles)
{
	const struct look_tree *t = j->tree;

	for (size_t i = 0; i < t->nr; i++) {
		const char *owner, *ignored, *kind;

		kind = kind_of(j, t->v[i].file, &owner);
		if (!kind)
			continue;
		if (t->v[i].parent < 0 ||
		    !kind_of(j, t->v[t->v[i].parent].file, &ignored))
			tell_read(j, (int)i, kind, owner);
		if (compiles && strcmp(kind, "named"))
			tell_mixture(j, (int)i, owner);
	}
}

static bool fails(const struct judge *j, unsigned patch)
{
	const struct step_result *s =
		run_result_step(j->a->result, patch, j->cell->nr);

	return strlist_has_sorted(&s->failed, j->unit->name);
}

/* The same facts, but only where the unit compiles. */
static void judge_look(struct judge *j, const struct audit_look *l,
		       unsigned from, unsigned to)
{
	j->tree = &l->tree;
	j->at = l->patch;
	strmap_release(&j->kinds);
	for (unsigned p = from; p < to;) {
		bool bad = fails(j, p);

		j->from = p;
		while (p < to && fails(j, p) == bad)
			p++;
		j->to = p;
		judge_tree(j, !bad && !l->status);
	}
}

static void judge_unit(struct judge *j)
{
	const struct audit_unit *u = j->unit;
	const struct audit_look *good = NULL;

	for (size_t i = 0; i < u->nr; i++) {
		const struct audit_look *l = &u->v[i];
		unsigned to = i + 1 < u->nr ? u->v[i + 1].patch :
					      j->a->result->nr_patches;

		/* What cannot be seen is taken to be as it was. */
		if ((l->unknown || l->status) && good)
			judge_look(j, good, l->patch, to);
		if (!l->gone && !l->unknown)
			judge_look(j, l, l->patch, to);
		good = l->gone			     ? NULL :
		       !l->unknown && !l->status ? l :
						       good;
	}
}

static void judge(struct audit_run *a)
{
	struct judge j = { .a = a };

	ledger_init(&j.ledger, a);
	for (size_t i = 0; i < a->nr_cells; i++) {
		j.cell = &a->cells[i];
		for (size_t k = 0; k < j.cell->nr_units; k++) {
			j.unit = j.cell->units[k];
			judge_unit(&j);
		}
	}
	strmap_release(&j.kinds);
	ledger_finish(&j.ledger, a);
}

/* Units of the base that read a foreign header and that no state reaches: they are
 * there, and for their chains have to be looked at, too. */
static void plan(struct audit_run *a, struct audit_cell *c,
		 const struct look_site *at, struct look_jobs *jobs)
{
	if (at->patch)
		return;
	for (size_t i = 0; i < at->base->nr; i++) {
		const struct unit *u = &at->base->v[i];
		bool foreign = false;

		if (!at->is_ours(at, u) ||
		    strlist_has_sorted(&at->reached, u->name))
			continue;
		for (size_t k = 0; k < u->nr_deps && !foreign; k++) {
			const char *owner;

			foreign = headers_kind(a->sharing, c->srcarch,
					       u->deps[k], u->deps[k], &owner);
		}
		if (foreign)
			look_jobs_add(jobs, LOOK_LINES, u->name, NULL);
	}
}

const struct audit audit_headers = {
	.name = "headers",
	.help = "units that read another architecture's headers",
	.plan = plan,
	.judge = judge,
};
