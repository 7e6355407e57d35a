// SPDX-License-Identifier: GPL-2.0-only
/*
 * standalone: headers that lean on whoever includes them.
 *
 * Each header that the series touches is compiled alone, twice in a row, with the flags
 * of a unit of the cell that reads it, at the base and at each state that changes it or
 * what that unit reads. Kinds:
 *
 *	alone	it needs something that it does not include itself
 *	twice	it stands alone once, and not a second time: its guard is missing
 *
 * What -include gives every unit of the kernel it has here, too. A header that is made
 * to be included in the midst of another (a template) fails as well: where it did so in
 * the base, it is "present".
 */
#include "audit/standalone.h"

#include "audit/audit.h"
#include "audit/ledger.h"
#include "engine/tree.h"
#include "model/result.h"
#include "sys/mem.h"
#include "sys/strbuf.h"

#include <stdio.h>

/* ---- what the compiler says (pure) ---------------------------------------------- */

/*
 * gcc and clang tell where an error comes from before the error itself:
 *	In file included from a.h:3,
 *	                 from SOURCE:1:
 *	b.h:7:1: error: text
 * and say it again only when it is another one. The line of the source is what is
 * wanted.
 */
static unsigned source_line(const char *line, const char *source)
{
	const char *at = strstr(line, source);

	if (!at || at[strlen(source)] != ':')
		return 0;
	return (unsigned)strtoul(at + strlen(source) + 1, NULL, 10);
}

void alone_parse(struct alone_fault *f, const char *errors, const char *source)
{
	_cleanup_strlist_ struct strlist lines = STRLIST_INIT;
	unsigned from = 0;

	*f = (struct alone_fault){ 0 };
	strlist_split(&lines, errors, "\n");
	strlist_each(line, &lines) {
		bool include = strstr(line, "In file included from ") ||
			       starts_with(line, "                 from ");
		unsigned at = include || strstr(line, "error: ") ?
				      source_line(line, source) :
				      0;

		if (at)
			from = at;
		if (include || !strstr(line, "error: "))
			continue;
		if (from >= 2 ? f->second : f->first)
			continue;
		if (from >= 2)
			f->second = true;
		else
			f->first = true;
		/* The first time is the graver one. */
		if (from < 2 || !f->message) {
			free(f->message);
			f->message = xstrdup(line);
		}
	}
}

/* ---- which ----------------------------------------------------------------------- */

static bool has_dep(const struct unit *u, const char *file)
{
	for (size_t i = 0; u && i < u->nr_deps; i++)
		if (!strcmp(u->deps[i], file))
			return true;
	return false;
}

static bool ends_in_c(const struct unit *u)
{
	return u->nr_deps && ends_with(u->deps[0], ".c");
}

/* A unit that reads the header and whose command is known: of KVM's if there is one,
 * the first by name. */
static const struct unit *find_reader(const struct audit_cell *c,
				      const struct look_site *at,
				      const char *header)
{
	const struct unit *found = NULL;

	for (int newer = 0; newer < 2; newer++) {
		const struct unit_set *set = newer ? at->newer : at->base;

		for (size_t i = 0; i < set->nr; i++) {
			const struct unit *u = &set->v[i];
			bool better = !found || (!audit_is_kvm(c, found->name) &&
						 audit_is_kvm(c, u->name));

			/* What was looked at since says more. */
			if (!newer && at->patch &&
			    unit_set_find(at->newer, u->name))
				continue;
			if (better && ends_in_c(u) && at->is_ours(at, u) &&
			    has_dep(u, header) &&
			    !strlist_has_sorted(&at->gone, u->name) &&
			    !strlist_has_sorted(&at->unknown, u->name))
				found = u;
		}
	}
	return found;
}

static bool exists(const struct look_site *at, const char *header)
{
	const struct state *s = &at->tree->states[at->patch];
	const struct change *c = tree_find_change(&s->since_base, header);

	if (c)
		return c->status != 'D';
	/* Not changed here: it exists unless some state adds it first. */
	for (size_t i = at->patch + 1; i < at->tree->nr_states; i++) {
		c = tree_find_change(&at->tree->states[i].since_base, header);
		if (c)
			return c->status != 'A';
	}
	return true;
}

/* Can the state say something else of the header than the one before? */
static bool is_due(const struct look_site *at, const char *header,
		   const struct unit *reader)
{
	const struct change_list *l =
		&at->tree->states[at->patch].since_prev;

	if (!at->patch || tree_find_change(l, header))
		return true;
	for (size_t i = 0; i < l->nr; i++)
		if (audit_is_header(l->v[i].path) && has_dep(reader, l->v[i].path))
			return true;
	return false;
}

static void plan(struct audit_run *a, struct audit_cell *c,
		 const struct look_site *at, struct look_jobs *jobs)
{
	(void)a;
	strlist_each(path, at->touched) {
		const struct unit *u;

		if (!audit_is_header(path) || !exists(at, path))
			continue;
		u = find_reader(c, at, path);
		if (u && is_due(at, path, u))
			look_jobs_add(jobs, LOOK_ALONE, u->name, path);
	}
}

/* ---- the judge ------------------------------------------------------------------- */

/* What the compiler called its source: the last path in the text that ends so. */
static char *source_of(const char *errors)
{
	const char *end = strstr(errors, ".c:");
	const char *from;

	/* The only .c there is: the job's own file. */
	if (!end)
		return xstrdup("\n");
	for (from = end; from > errors && from[-1] != ' ' && from[-1] != '\n';)
		from--;
	return xstrndup(from, end + 2 - from);
}

/* "/where/it/is/src/include/x.h:3:1: error: ..." without what is not the kernel's. */
static char *shorten(const char *message, const char *header)
{
	const char *at = strstr(message, header);

	return xstrdup(at ? at : message);
}

static void tell(struct ledger *l, struct audit_run *a,
		 const struct audit_cell *c, const struct audit_alone *alone,
		 const char *kind, const char *message, unsigned to)
{
	const char *base = audit_base_name(a, alone->patch, alone->header);
	_cleanup_free_ char *text = shorten(message, alone->header);
	struct fact_text fact = {
		.file = xstrdup(alone->header),
		.line = starts_with(text, alone->header) &&
					text[strlen(alone->header)] == ':' ?
				(unsigned)strtoul(text + strlen(alone->header) +
							  1, NULL, 10) :
				0,
		.target = xstrdup(alone->header),
		.evidence = xasprintf("%s, with the flags of %s: %s",
				      strcmp(kind, "alone") ?
					      "it cannot be included twice" :
					      "it does not compile alone",
				      alone->unit, text),
	};

	ledger_holds(l, audit_id(a, kind, base, NULL), kind, c->nr,
		     alone->patch, to, &fact);
}

/* The state before which another answer, or none, takes the place of this one. */
static unsigned holds_until(const struct audit_run *a,
			    const struct audit_cell *c, size_t nr)
{
	const struct audit_alone *alone = &c->alone[nr];

	for (unsigned p = alone->patch + 1; p < a->result->nr_patches; p++) {
		const struct change *gone = tree_find_change(
			&a->tree->states[p].since_base, alone->header);

		if (gone && gone->status == 'D')
			return p;
		for (size_t i = nr + 1; i < c->nr_alone; i++)
			if (c->alone[i].patch == p &&
			    !strcmp(c->alone[i].header, alone->header))
				return p;
	}
	return a->result->nr_patches;
}

static void judge_cell(struct audit_run *a, const struct audit_cell *c,
		       struct ledger *l)
{
	for (size_t i = 0; i < c->nr_alone; i++) {
		const struct audit_alone *alone = &c->alone[i];
		_cleanup_free_ char *source = source_of(alone->errors);
		struct alone_fault f;

		if (alone->status < 0) {
			audit_note(a, "%s, patch %u: %s could not be compiled alone",
				   c->id, alone->patch, alone->header);
			continue;
		}
		if (!alone->status)
			continue;
		alone_parse(&f, alone->errors, source);
		if (f.first || f.second)
			tell(l, a, c, alone, f.first ? "alone" : "twice",
			     f.message, holds_until(a, c, i));
		else
			audit_note(a, "%s, patch %u: the compiler fails on %s "
				   "without an error", c->id, alone->patch,
				   alone->header);
		free(f.message);
	}
}

static void judge(struct audit_run *a)
{
	struct ledger l;

	ledger_init(&l, a);
	for (size_t i = 0; i < a->nr_cells; i++)
		if (a->cells[i].id)
			judge_cell(a, &a->cells[i], &l);
	ledger_finish(&l, a);
}

const struct audit audit_standalone = {
	.name = "standalone",
	.help = "touched headers that do not compile alone, or not twice",
	.plan = plan,
	.judge = judge,
};
