// SPDX-License-Identifier: GPL-2.0-only
/*
 * Paths and subjects come from a patch: they are printed as data.
 */
#include "cmd/explain.h"

#include "engine/run.h"
#include "report/escape.h"
#include "sys/mem.h"
#include "sys/strbuf.h"

#include <stdio.h>

static const char *plural(size_t n)
{
	return n == 1 ? "" : "s";
}

/* A line with text that is not ours. */
static void print_line(const char *indent, const char *text)
{
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;

	escape_line(&out, text);
	printf("%s%s\n", indent, out.buf);
}

static void print_changes(const struct explanation *e)
{
	size_t matter = 0;

	printf("%zu path%s changed since patch %u; the cell has %zu recorded "
	       "unit%s and is known to read %zu files.\n",
	       e->changes.nr, plural(e->changes.nr), e->patch - 1, e->nr_units,
	       plural(e->nr_units), e->nr_files);
	if (e->broken)
		printf("Units fail at patch %u: what these would read is not "
		       "known.\n", e->patch - 1);
	for (size_t i = 0; i < e->changes.nr; i++) {
		const struct impact_reason *why = &e->changes.v[i];
		_cleanup_free_ char *text = impact_reason_text(why);
		_cleanup_free_ char *head =
			xasprintf("%c %s", why->status, why->path);
		_cleanup_free_ char *line =
			xasprintf("%s; %s: %s", impact_kind_text(why->kind),
				  why->matters ? "matters" : "does not matter",
				  text);

		print_line("  ", head);
		print_line("      ", line);
		matter += why->matters;
	}
	printf("%zu of %zu matter%s.\n\n", matter, e->changes.nr,
	       matter == 1 ? "s" : "");
}

static void print_impact(const struct explanation *e)
{
	const struct impact *im = &e->impact;

	printf("\n%zu path%s changed since the base. ", e->nr_since_base,
	       plural(e->nr_since_base));
	if (im->from_empty) {
		print_line("The objtree starts empty, because this one works "
			   "for the whole build: ", im->why);
		return;
	}
	printf("%zu recorded unit%s reached:\n", im->reached.nr,
	       im->reached.nr == 1 ? " is" : "s are");
	strlist_each(u, &im->reached)
		print_line("    ", u);
	printf("%zu path%s dropped from the objtree of the base:\n",
	       im->drop.nr, im->drop.nr == 1 ? " is" : "s are");
	strlist_each(d, &im->drop)
		print_line("    ", d);
}

void explain_print(const struct run_result *r, const struct plan *p,
		   const struct explanation *e, bool no_memory)
{
	const struct plan_step *s = &p->v[e->patch * r->nr_cells + e->cell];
	const struct patch_info *patch = &r->patches[e->patch];
	_cleanup_free_ char *head =
		xasprintf("%s, patch %u: %s", r->cells[e->cell].id, e->patch,
			  patch->subject ? patch->subject : "");

	print_line("", head);
	putchar('\n');
	if (e->known)
		print_changes(e);
	if (!strcmp(s->action, "skip")) {
		printf("skip: the result is that of patch %u\n", e->patch - 1);
		if (e->broken || e->blind)
			print_line("      ", s->reason);
	} else if (!strcmp(s->action, "not-applied"))
		puts("not-applied: nothing is built");
	else if (!strcmp(s->action, "build"))
		printf("build: %s\n", no_memory ?
				"earlier runs do not count (--no-memory)" :
				"no earlier run has built this");
	else
		printf("%s: %s\n", s->action, s->reason);
	if (!strcmp(s->action, "build") || !strcmp(s->action, "known"))
		print_impact(e);
}
