// SPDX-License-Identifier: GPL-2.0-only
/*
 * boot-calls: who outside KVM refers to what KVM defines (bootcalls.h), at each state.
 *
 * Kind and danger are part of what is told: a symbol that moves from built-in code to
 * a module makes its callers "added" in kind module, and "removed" in the old one.
 *
 * A unit that does not compile at a state refers to what it referred to before. In a
 * cell that builds no image only the objects that were built are seen: that is said.
 *
 * Where all units compile and the link fails, the objects are those of the whole
 * kernel all the same. Of a symbol that nobody defines, or two, nobody can say whom
 * its callers call: what was known of it holds until it links again, and that is
 * said, too.
 */
#include "audit/audit.h"
#include "audit/bootcalls.h"
#include "audit/ledger.h"
#include "audit/object_states.h"
#include "engine/link_step.h"
#include "engine/objects.h"
#include "engine/tree.h"
#include "engine/tree_lines.h"
#include "model/result.h"
#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/mem.h"
#include "sys/strbuf.h"

struct boot_state {
	bool whole;
	size_t nr_objects;
	struct boot_edges edges;
	struct strlist present; /* objects, sorted */
};

static void free_state(void *found)
{
	struct boot_state *s = found;

	boot_edges_release(&s->edges);
	strlist_release(&s->present);
	free(s);
}

/* ---- one state --------------------------------------------------------------------- */

/* What the linker script of the state says; an empty one where there is none. */
static void read_script(struct link_script *to, const struct image_tree *t,
			const struct audit_cell *c)
{
	_cleanup_errbuf_ struct errbuf ignored = ERRBUF_INIT;
	_cleanup_free_ char *name =
		xasprintf("arch/%s/kernel/vmlinux.lds", c->srcarch);
	_cleanup_free_ char *path = image_path(t, name);
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	if (path && !file_read(path, &text, &ignored))
		link_script_parse(to, text.buf);
}

/* whole: the kernel's objects are all there, whether or not they were linked. */
static int find_edges(struct boot_state *s, const struct audit_cell *c,
		      const struct image_tree *t, bool whole,
		      struct errbuf *err)
{
	_cleanup_tree_objects_ struct tree_objects l = { 0 };
	_cleanup_link_script_ struct link_script script = LINK_SCRIPT_INIT;
	_cleanup_free_ struct boot_object *objects = NULL;
	_cleanup_free_ struct objfile *files = NULL;
	struct boot_input in = { .script = &script };
	int ret = 0;

	if (tree_objects_find(&l, t, err))
		return -1;
	read_script(&script, t, c);
	objects = xcalloc(l.nr + 1, sizeof(*objects));
	files = xcalloc(l.nr + 1, sizeof(*files));
	for (size_t i = 0; i < l.nr && !ret; i++) {
		objects[i] = (struct boot_object){
			.name = l.v[i].name,
			.file = &files[i],
			.module = l.v[i].module,
		};
		strlist_add(&s->present, l.v[i].name);
		ret = objfile_read(&files[i], l.v[i].path, OBJ_WITH_BYTES, err);
	}
	strlist_sort(&s->present);
	in.objects = objects;
	in.nr = s->nr_objects = l.nr;
	in.whole = s->whole = whole || l.linked;
	if (!ret)
		bootcalls_find(&s->edges, &in);
	for (size_t i = 0; i < l.nr; i++)
		objfile_release(&files[i]);
	return ret;
}

static void *find(const struct audit_cell *c, const struct look_site *at,
		  const struct image_tree *before,
		  const struct image_tree *now, struct errbuf *err)
{
	struct boot_state *s = xcalloc(1, sizeof(*s));
	const struct step_result *r =
		run_result_step(at->result, at->patch, at->cell_nr);

	(void)before;
	if (!find_edges(s, c, now, r->link != STEP_LINK_NONE, err))
		return s;
	free_state(s);
	return NULL;
}

/* ---- findings ------------------------------------------------------------------------- */

static char *evidence_of(const struct boot_edge *e)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	strbuf_addf(&text, "%s%s%s, %s%s -> %s",
		    *e->function ? e->function : "data", *e->function ? " in " :
								       " of ",
		    e->section, e->module ? "module " : "built in",
		    e->module ? e->module : "", e->definer);
	if (e->definer_module)
		strbuf_addf(&text, ", module %s", e->definer_module);
	else
		strbuf_addstr(&text, ", built in");
	if (*e->via)
		strbuf_addf(&text, " (by %s)", e->via);
	strbuf_addf(&text, ": %s", e->danger);
	return xstrdup(text.buf);
}

static void tell_edge(struct object_judge *j, const struct boot_edge *e, unsigned patch)
{
	struct fact_text text = {
		.unit = xstrdup(e->object),
		.target = xstrdup(e->symbol),
		.evidence = evidence_of(e),
	};

	ledger_holds(&j->ledger,
		     audit_id(j->a, e->kind, e->object, e->function, e->symbol,
			      e->broken ? "broken" : "", NULL),
		     e->kind, j->cell->nr, patch, patch + 1, &text);
}

/* ---- states that do not link ------------------------------------------------------------ */

static const struct step_result *step_of(const struct object_judge *j,
					 unsigned patch)
{
	return run_result_step(j->a->result, patch, j->cell->nr);
}

static bool fails_to_link(const struct object_judge *j, unsigned patch)
{
	const struct step_result *r = step_of(j, patch);

	if (r->link != STEP_LINK_JUDGED)
		return false;
	strlist_each(f, &r->failed)
		if (link_is_product(f))
			return true;
	return false;
}

/* Is a link error of the step about a symbol, and of those of an object? "x.c" is
 * the file that "x.o" is said to be; NULL: of any. */
static bool link_says(const struct step_result *r, const char *what,
		      const char *symbol, const char *object)
{
	_cleanup_free_ char *name = xasprintf("%s `%s'", what, symbol);
	size_t stem = object ? strlen(object) - 1 : 0;

	for (size_t i = 0; i < r->diags.nr; i++) {
		const struct diagnostic *d = &r->diags.v[i];

		if (d->severity == DIAG_ERROR && link_is_message(d) &&
		    d->message && strstr(d->message, name) &&
		    (!object || !d->file || !strncmp(d->file, object, stem)))
			return true;
	}
	return false;
}

static bool is_twice(const struct step_result *r, const struct boot_edge *e)
{
	return link_says(r, "multiple definition of", e->symbol, NULL);
}

static bool has_edge(const struct boot_state *s, const struct boot_edge *e)
{
	for (size_t i = 0; i < s->edges.nr; i++)
		if (!strcmp(s->edges.v[i].object, e->object) &&
		    !strcmp(s->edges.v[i].function, e->function) &&
		    !strcmp(s->edges.v[i].symbol, e->symbol))
			return true;
	return false;
}

/* The caller is there and calls, and nobody can say whom. */
static bool is_open(const struct step_result *r, const struct boot_state *s,
		    const struct boot_edge *e)
{
	if (!strlist_has_sorted(&s->present, e->object))
		return false;
	return is_twice(r, e) ||
	       (!has_edge(s, e) &&
		link_says(r, "undefined reference to", e->symbol, e->object));
}

/* What was known when it linked last of calls that are open now. */
static void tell_open(struct object_judge *j, const struct boot_state *s,
		      unsigned patch)
{
	const struct step_result *r = step_of(j, patch);
	const struct boot_state *old = NULL;
	unsigned q = patch;

	if (!patch || !fails_to_link(j, patch - 1))
		audit_note(j->a, "%s does not link from patch %u on: what calls "
				 "a symbol that nobody defines there, or two, is "
				 "taken to call whom it called before",
			   j->cell->id, patch);
	while (q-- && !old)
		if (!fails_to_link(j, q))
			old = j->states->v[q].found;
	for (size_t i = 0; old && i < old->edges.nr; i++)
		if (is_open(r, s, &old->edges.v[i]))
			tell_edge(j, &old->edges.v[i], patch);
}

/* ---- states that do not compile --------------------------------------------------------- */

/* An object that the state should have and has not, because it does not compile;
 * nobody before the state but from state q on had it, either. */
static bool is_lost(const struct object_judge *j, const char *object, unsigned q,
		    unsigned patch)
{
	if (!strlist_has_sorted(&step_of(j, patch)->failed, object))
		return false;
	for (unsigned p = q + 1; p <= patch; p++) {
		const struct boot_state *s = j->states->v[p].found;

		if (s && strlist_has_sorted(&s->present, object))
			return false;
	}
	return true;
}

/* What a state has, and what was last known of the units that it lost. */
static void tell_state(struct object_judge *j, const void *found, unsigned patch)
{
	const struct boot_state *s = found;

	bool unlinked = fails_to_link(j, patch);

	for (size_t i = 0; i < s->edges.nr; i++)
		if (!unlinked || !is_twice(step_of(j, patch), &s->edges.v[i]))
			tell_edge(j, &s->edges.v[i], patch);
	if (unlinked)
		tell_open(j, s, patch);
	for (unsigned q = 0; q < patch; q++) {
		const struct boot_state *old = j->states->v[q].found;

		for (size_t i = 0; old && i < old->edges.nr; i++) {
			const struct boot_edge *e = &old->edges.v[i];

			if (is_lost(j, e->object, q, patch) ||
			    is_lost(j, e->definer, q, patch))
				tell_edge(j, e, patch);
		}
	}
}

static void tell_last(struct object_judge *j, const void *found)
{
	const struct boot_state *s = found;

	if (!s->whole)
		audit_note(j->a, "%s: only the %zu objects that were built are "
				 "seen; a matrix with 'image: true' shows the "
				 "whole kernel", j->cell->id, s->nr_objects);
}

static const struct object_audit reads_objects = {
	.find = find,
	.free = free_state,
	.tell = tell_state,
	.tell_last = tell_last,
};

const struct audit audit_boot_calls = {
	.name = "boot-calls",
	.help = "who outside KVM refers to what KVM defines, and in boot code",
	.objects = &reads_objects,
};
