// SPDX-License-Identifier: GPL-2.0-only
/*
 * coverage: which cells compile the lines that each patch writes.
 *
 *	compiled	which lines of a file, in which cells
 *	skipped		lines in an #if group that no cell takes, with the groups around
 *			them and the option that would show them
 *	file		a file that nothing the cells build reads
 *	unknown		lines that were not seen, where that proves nothing: a unit that
 *			reads the file does not get through the preprocessor, or its
 *			compiler cannot show lines as they are
 *
 * skipped and file are "added": they are lines that nobody has tried. Lines that are
 * empty, comment or #if and its kin do not count. What is compiled may still not be
 * used: the body of a macro, a branch of if (IS_ENABLED(...)).
 */
#include "audit/coverage.h"

#include "audit/audit.h"
#include "audit/cond.h"
#include "audit/sharing.h"
#include "engine/tree.h"
#include "engine/tree_lines.h"
#include "model/matrix.h"
#include "model/result.h"
#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/mem.h"
#include "sys/strbuf.h"

/* ---- one file at one state ------------------------------------------------------ */

/* Who reads the file. */
struct reader {
	const struct audit_cell *cell;
	const struct look_lines *lines; /* NULL: it does not show any */
	bool sure; /* what it does not show it has not taken */
};

struct changed {
	char *path;
	unsigned *v; /* lines, ascending */
	size_t nr, alloc;
};

struct patch_lines {
	struct changed *v;
	size_t nr, alloc;
};

/* What is judged. */
struct file {
	struct audit_run *a;
	unsigned patch;
	const struct changed *changed;
	struct cond_file cond;
	struct reader *readers;
	size_t nr_readers, alloc_readers;
	bool *group_seen;
	bool all_sure;
	char *why_unsure; /* owned */
};

static void take_lines(void *data, const char *path, unsigned first,
		       unsigned nr)
{
	struct patch_lines *p = data;
	struct changed *c = p->nr ? &p->v[p->nr - 1] : NULL;

	if (!coverage_counts(path))
		return;
	if (!c || strcmp(c->path, path)) {
		GROW(p->v, p->nr, p->alloc);
		c = &p->v[p->nr++];
		*c = (struct changed){ .path = xstrdup(path) };
	}
	for (unsigned i = 0; i < nr; i++) {
		GROW(c->v, c->nr, c->alloc);
		c->v[c->nr++] = first + i;
	}
}

static const struct look_lines *lines_of(const struct look_tree *t,
					 const char *file)
{
	for (size_t i = 0; i < t->nr_lines; i++)
		if (t->lines[i].file == file)
			return &t->lines[i];
	return NULL;
}

/* What is not seen may be there. */
static void doubt(struct file *f, const char *cell, const char *why)
{
	f->all_sure = false;
	if (!f->why_unsure)
		f->why_unsure = xasprintf("%s: %s", cell, why);
}

/* Can a unit of the cell read the file at all? */
static bool is_other_arch(const struct file *f, const char *arch)
{
	const char *owner =
		starts_with(f->changed->path, "arch/") ?
			sharing_owner(f->a->sharing, f->changed->path) :
			NULL;

	return owner && strcmp(owner, arch_srcarch(arch));
}

static void add_reader(struct file *f, const struct audit_cell *c,
		       const struct audit_unit *u, const char *name)
{
	const struct audit_look *l = audit_look_at(u, f->patch);
	bool reads, sure;

	if (!l || l->gone)
		return;
	reads = look_tree_find(&l->tree, name) >= 0;
	sure = !l->unknown && !l->status && l->exact;
	/* One that stopped early may have read it behind. */
	for (size_t i = 0; !reads && (l->unknown || l->status) && i < u->nr; i++)
		reads = look_tree_find(&u->v[i].tree, name) >= 0;
	if (!reads)
		return;
	GROW(f->readers, f->nr_readers, f->alloc_readers);
	f->readers[f->nr_readers++] = (struct reader){
		.cell = c,
		.lines = lines_of(&l->tree, name),
		.sure = sure,
	};
	if (sure)
		return;
	doubt(f, c->id,
	      l->unknown ? "what a unit that reads it is compiled with is not "
			   "known" :
	      l->status	 ? "a unit that reads it does not get through the "
			   "preprocessor" :
			   "clang does not show lines as they are");
}

static void find_readers(struct file *f)
{
	const char *name = look_name(&f->a->names, f->changed->path);

	f->all_sure = true;
	for (size_t i = 0; i < f->a->result->nr_cells; i++) {
		const struct cell_info *info = &f->a->result->cells[i];
		const char *why = audit_unsure(f->a, i, f->patch);

		if (why && !is_other_arch(f, info->arch))
			doubt(f, info->id, why);
	}
	for (size_t i = 0; i < f->a->nr_cells; i++) {
		const struct audit_cell *c = &f->a->cells[i];

		for (size_t k = 0; k < c->nr_units; k++)
			add_reader(f, c, c->units[k], name);
	}
}

static bool reader_sees(const struct reader *r, unsigned line)
{
	return r->lines && line < r->lines->nr && r->lines->seen[line];
}

static bool is_seen(const struct file *f, unsigned line)
{
	for (size_t i = 0; i < f->nr_readers; i++)
		if (reader_sees(&f->readers[i], line))
			return true;
	return false;
}

static void find_groups(struct file *f)
{
	f->group_seen = xcalloc(f->cond.nr_groups + 1, sizeof(bool));
	for (unsigned l = 1; l <= f->cond.nr_lines; l++) {
		if (!is_seen(f, l))
			continue;
		for (int g = f->cond.lines[l].group; g >= 0;
		     g = f->cond.groups[g].parent)
			f->group_seen[g] = true;
	}
}

static void file_release(struct file *f)
{
	cond_file_release(&f->cond);
	free(f->readers);
	free(f->group_seen);
	free(f->why_unsure);
}

/* The line by which the preprocessor shows a changed one; 0: it does not count. */
static unsigned shown_by(const struct file *f, unsigned line)
{
	if (line > f->cond.nr_lines ||
	    f->cond.lines[line].kind != COND_CODE)
		return 0;
	return f->cond.lines[line].start;
}

/* ---- findings -------------------------------------------------------------------- */

static struct finding *tell(struct file *f, const char *kind, char *id,
			    bool added, unsigned line)
{
	struct finding *out = audit_add(f->a, id);

	out->status = added ? FINDING_ADDED : FINDING_PRESENT;
	out->patch = f->patch;
	out->kind = xstrdup(kind);
	out->file = xstrdup(f->changed->path);
	out->line = line;
	return out;
}

static void add_cells(struct file *f, struct finding *out)
{
	for (size_t i = 0; i < f->nr_readers; i++)
		audit_add_cell(f->a, out, f->readers[i].cell->nr);
}

/* "x86_64/default/gcc, ...": the cells that see a line, owned. */
static char *seeing_cells(const struct file *f, unsigned line)
{
	_cleanup_strlist_ struct strlist ids = STRLIST_INIT;

	for (size_t i = 0; i < f->nr_readers; i++)
		if (reader_sees(&f->readers[i], line) &&
		    !strlist_has(&ids, f->readers[i].cell->id))
			strlist_add(&ids, f->readers[i].cell->id);
	return strlist_join(&ids, " ");
}

static void tell_compiled(struct file *f)
{
	_cleanup_strmap_ struct strmap done = STRMAP_INIT;
	_cleanup_strlist_ struct strlist parts = STRLIST_INIT;
	struct finding *out;
	unsigned first = 0;

	for (size_t i = 0; i < f->changed->nr; i++) {
		unsigned by = shown_by(f, f->changed->v[i]);
		_cleanup_free_ char *cells = by ? seeing_cells(f, by) : NULL;
		_cleanup_free_ unsigned *same = NULL;
		_cleanup_free_ char *ranges = NULL;
		size_t nr = 0;

		if (!cells || !*cells || strmap_has(&done, cells))
			continue;
		strmap_set(&done, cells, f);
		first = first ? first : f->changed->v[i];
		same = xcalloc(f->changed->nr, sizeof(*same));
		for (size_t k = i; k < f->changed->nr; k++) {
			unsigned other = shown_by(f, f->changed->v[k]);
			_cleanup_free_ char *theirs =
				other ? seeing_cells(f, other) : NULL;

			if (theirs && !strcmp(theirs, cells))
				same[nr++] = f->changed->v[k];
		}
		ranges = coverage_ranges(same, nr);
		strlist_addf(&parts, "line%s %s in %s", nr == 1 ? "" : "s",
			     ranges, cells);
	}
	if (!parts.nr)
		return;
	out = tell(f, "compiled",
		   audit_id(f->a, "compiled",
			    audit_base_name(f->a, f->patch, f->changed->path),
			    NULL),
		   false, first);
	out->evidence = strlist_join(&parts, "; ");
	add_cells(f, out);
}

/* The options that would show a group with those around it in one cell, owned. */
static char *options_for(const struct file *f, int group, const char *config)
{
	_cleanup_strlist_ struct strlist all = STRLIST_INIT;

	for (int g = group; g >= 0; g = f->cond.groups[g].parent) {
		_cleanup_free_ char *option = NULL;

		if (f->group_seen[g] ||
		    cond_group_value(&f->cond, g, config) == COND_TRUE)
			continue;
		option = cond_option(&f->cond, g, config);
		if (!option)
			return NULL;
		strlist_split(&all, option, " ");
	}
	strlist_sort(&all);
	return all.nr ? strlist_join(&all, " ") : NULL;
}

/* What to set where: the option of most use goes to target. */
static char *advice(const struct file *f, int group, char **target)
{
	_cleanup_strlist_ struct strlist parts = STRLIST_INIT;
	_cleanup_strmap_ struct strmap cells = STRMAP_INIT;

	for (size_t i = 0; i < f->nr_readers; i++) {
		const struct audit_cell *c = f->readers[i].cell;
		_cleanup_free_ char *options = NULL;

		if (strmap_has(&cells, c->id))
			continue;
		strmap_set(&cells, c->id, &cells);
		options = options_for(f, group, c->config);
		if (!options)
			continue;
		if (!*target)
			*target = xstrdup(options);
		strlist_addf(&parts, "%s in %s", options, c->id);
	}
	if (!parts.nr)
		return xstrdup("no option of the configuration is seen to show "
			       "that");
	{
		_cleanup_free_ char *list = strlist_join(&parts, ", or ");

		return xasprintf("%s would show that", list);
	}
}

static void tell_skipped(struct file *f, int group, const unsigned *lines,
			 size_t nr)
{
	_cleanup_free_ char *ranges = coverage_ranges(lines, nr);
	_cleanup_free_ char *stack =
		cond_stack(&f->cond, group, f->changed->path);
	_cleanup_strbuf_ struct strbuf key = STRBUF_INIT;
	_cleanup_free_ char *what = NULL;
	char *target = NULL;
	struct finding *out;

	/* Without line numbers. */
	for (int g = group; g >= 0; g = f->cond.groups[g].parent)
		for (int b = g; b >= 0; b = f->cond.groups[b].before)
			strbuf_addf(&key, "%s\n", f->cond.groups[b].text);
	what = advice(f, group, &target);
	out = tell(f, "skipped",
		   audit_id(f->a, "skipped",
			    audit_base_name(f->a, f->patch, f->changed->path),
			    key.buf, NULL),
		   true, lines[0]);
	out->target = target;
	out->evidence = xasprintf("no cell compiles line%s %s, in %s; %s",
				  nr == 1 ? "" : "s", ranges, stack, what);
	add_cells(f, out);
}

static void tell_unknown(struct file *f, const unsigned *lines, size_t nr)
{
	_cleanup_free_ char *ranges = coverage_ranges(lines, nr);
	struct finding *out =
		tell(f, "unknown",
		     audit_id(f->a, "unknown",
			      audit_base_name(f->a, f->patch, f->changed->path),
			      NULL),
		     false, lines[0]);

	out->evidence = xasprintf(
		"whether line%s %s is compiled is not known: %s",
		nr == 1 ? "" : "s", ranges,
		f->why_unsure ? f->why_unsure :
				"no #if group that was passed over hides them");
	add_cells(f, out);
}

/* Is one of the groups around passed over by all? */
static bool is_hidden(const struct file *f, int group)
{
	for (; group >= 0; group = f->cond.groups[group].parent)
		if (!f->group_seen[group])
			return true;
	return false;
}

static void tell_unseen(struct file *f)
{
	const struct changed *c = f->changed;
	_cleanup_free_ unsigned *lines = xcalloc(c->nr + 1, sizeof(*lines));
	_cleanup_free_ bool *done = xcalloc(f->cond.nr_groups + 1, sizeof(*done));
	_cleanup_free_ unsigned *rest = xcalloc(c->nr + 1, sizeof(*rest));
	size_t nr_rest = 0;

	for (size_t i = 0; i < c->nr; i++) {
		unsigned by = shown_by(f, c->v[i]);
		int group = by ? f->cond.lines[c->v[i]].group : -1;
		size_t nr = 0;

		if (!by || is_seen(f, by))
			continue;
		if (!f->all_sure || !is_hidden(f, group)) {
			rest[nr_rest++] = c->v[i];
			continue;
		}
		if (done[group])
			continue;
		done[group] = true;
		for (size_t k = i; k < c->nr; k++) {
			unsigned other = shown_by(f, c->v[k]);

			if (other && f->cond.lines[c->v[k]].group == group &&
			    !is_seen(f, other))
				lines[nr++] = c->v[k];
		}
		tell_skipped(f, group, lines, nr);
	}
	if (nr_rest)
		tell_unknown(f, rest, nr_rest);
}

/* ---- files that nobody reads ----------------------------------------------------- */

/* Looks for the object in the Makefiles of its directory and of those above. */
static char *object_option(struct file *f, char **where)
{
	const struct state *s = &f->a->tree->states[f->patch];
	const char *path = f->changed->path;
	_cleanup_free_ char *dir = xstrdup(path);
	char *slash;

	if (audit_is_header(path))
		return NULL;
	while ((slash = strrchr(dir, '/'))) {
		static const char *const names[] = { "Makefile", "Kbuild" };
		_cleanup_free_ char *object = NULL;

		*slash = '\0';
		object = xstrdup(path + strlen(dir) + 1);
		strcpy(strrchr(object, '.'), ".o");
		for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
			_cleanup_errbuf_ struct errbuf ignored = ERRBUF_INIT;
			_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
			char *file = path_join(dir, names[i]);
			char *option = NULL;

			if (tree_read(f->a->tree, s, file, &text, &ignored) == 1)
				option = coverage_makefile_option(text.buf,
								  object);
			if (option) {
				*where = file;
				return option;
			}
			free(file);
		}
	}
	return NULL;
}

/* A unit of the base that reads the file and is not looked at (host programs); or
 * NULL. */
static const char *other_reader(const struct file *f)
{
	const char *base =
		audit_base_name(f->a, f->patch, f->changed->path);

	for (size_t i = 0; i < f->a->nr_cells; i++) {
		const struct audit_cell *c = &f->a->cells[i];
		const struct unit_file *file =
			c->id ? unit_set_file(c->base, base) : NULL;

		if (file && file->nr)
			return c->base->v[file->users[0]].name;
	}
	return NULL;
}

static bool has_cell_of(const struct audit_run *a, const char *arch)
{
	for (size_t i = 0; i < a->nr_cells; i++)
		if (a->cells[i].id && !strcmp(a->cells[i].srcarch, arch))
			return true;
	return false;
}

static void tell_file(struct file *f)
{
	const char *path = f->changed->path;
	const char *reader = other_reader(f);
	const char *arch = starts_with(path, "arch/") ?
				   sharing_owner(f->a->sharing, path) :
				   NULL;
	_cleanup_free_ char *where = NULL;
	_cleanup_free_ char *option = object_option(f, &where);
	bool other_arch = arch && !has_cell_of(f->a, arch);
	struct finding *out;
	unsigned line = 0;
	bool known;

	for (size_t i = 0; i < f->changed->nr && !line; i++)
		line = shown_by(f, f->changed->v[i]);
	if (!line)
		return;
	known = !reader && (f->all_sure || other_arch);
	out = tell(f, known ? "file" : "unknown",
		   audit_id(f->a, "file",
			    audit_base_name(f->a, f->patch, path), NULL),
		   known, line);
	out->target = option && !other_arch ? xasprintf("%s=y", option) : NULL;
	if (!known && !reader)
		out->evidence = xasprintf("nothing that could be seen reads it; "
					  "%s", f->why_unsure);
	else if (reader)
		out->evidence = xasprintf("%s reads it, and is not looked at",
					  reader);
	else if (other_arch)
		out->evidence = xasprintf("no cell builds it: the matrix has no "
					  "cell of %s", arch);
	else if (option)
		out->evidence = xasprintf("no cell builds it; %s takes it with "
					  "%s", where, option);
	else
		out->evidence = xstrdup("nothing that the cells build reads it");
	for (size_t i = 0; i < f->a->nr_cells; i++)
		if (f->a->cells[i].id)
			audit_add_cell(f->a, out, i);
}

/* ---- the judge ------------------------------------------------------------------- */

static void judge_file(struct audit_run *a, unsigned patch,
		       const struct changed *c)
{
	struct file f = { .a = a, .patch = patch, .changed = c };
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	if (tree_read(a->tree, &a->tree->states[patch], c->path, &text,
		      &err) != 1) {
		audit_note(a, "patch %u: %s could not be read: %s", patch,
			   c->path, err.msg ? err.msg : "it is not there");
		return;
	}
	cond_file_parse(&f.cond, text.buf);
	find_readers(&f);
	find_groups(&f);
	if (f.nr_readers) {
		tell_unseen(&f);
		tell_compiled(&f);
	} else {
		tell_file(&f);
	}
	file_release(&f);
}

static void judge(struct audit_run *a)
{
	for (unsigned p = 1; p < a->result->nr_patches; p++) {
		_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
		struct patch_lines lines = { 0 };

		if (a->tree->states[p].not_applied)
			break;
		if (tree_changed_lines(a->tree, &a->tree->states[p - 1],
				       &a->tree->states[p], take_lines, &lines,
				       &err))
			audit_note(a, "patch %u: %s", p, err.msg);
		for (size_t i = 0; i < lines.nr; i++) {
			judge_file(a, p, &lines.v[i]);
			free(lines.v[i].path);
			free(lines.v[i].v);
		}
		free(lines.v);
	}
}

const struct audit audit_coverage = {
	.name = "coverage",
	.help = "changed lines that no cell compiles, and the option that would",
	.judge = judge,
};
