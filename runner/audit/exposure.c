// SPDX-License-Identifier: GPL-2.0-only
#include "audit/exposure.h"

#include "engine/quick.h"
#include "sys/cparse.h"
#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/mem.h"
#include "sys/shellwords.h"
#include "sys/strbuf.h"

#include <fnmatch.h>
#include <sys/resource.h>
#include <time.h>

/* ---- which headers, which units ------------------------------------------------ */

bool exposure_is_header(const char *path)
{
	static const char *const patterns[] = {
		"arch/*/include/asm/kvm*.h", "include/linux/kvm*.h",
		"include/kvm/*.h", "arch/*/kvm/*.h", "virt/kvm/*.h",
	};

	/* '*' is any directory, too, so that arch/arm64/kvm/hyp/include is in. */
	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++)
		if (!fnmatch(patterns[i], path, 0))
			return true;
	return false;
}

static bool in_kvm(const char *path)
{
	return !fnmatch("arch/*/kvm/*", path, 0) ||
	       starts_with(path, "virt/kvm/");
}

/* The name as kbuild spells it counts, too: arch/arm64/kvm/hyp/nvhe/../../../lib/
 * is built by KVM's Makefile. */
bool exposure_is_kvm_unit(const struct unit *u)
{
	return in_kvm(u->name) || in_kvm(u->target);
}

void exposure_units(const struct unit_set *s, struct strlist *out)
{
	for (size_t i = 0; i < s->nr; i++) {
		const struct unit *u = &s->v[i];

		if (!u->kernel || exposure_is_kvm_unit(u))
			continue;
		for (size_t d = 0; d < u->nr_deps; d++) {
			if (!exposure_is_header(u->deps[d]))
				continue;
			strlist_add(out, u->name);
			break;
		}
	}
}

const char *exposure_kind_name(enum exposure_kind k)
{
	static const char *const names[] = { "nothing", "pointer", "function",
					     "macro", "type", "members" };

	return names[k];
}

static enum exposure_kind kind_of(enum cparse_use use)
{
	static const enum exposure_kind kinds[] = {
		[CPARSE_POINTER] = EXPOSURE_POINTER,
		[CPARSE_FUNCTION] = EXPOSURE_FUNCTION,
		[CPARSE_MACRO] = EXPOSURE_MACRO,
		[CPARSE_TYPE] = EXPOSURE_TYPE,
		[CPARSE_MEMBERS] = EXPOSURE_MEMBERS,
	};

	return kinds[use];
}

void exposure_unit_release(struct exposure_unit *u)
{
	for (size_t i = 0; i < u->nr_headers; i++) {
		free(u->headers[i].path);
		strlist_release(&u->headers[i].names);
	}
	for (size_t i = 0; i < u->nr_rows; i++) {
		free(u->rows[i].file);
		free(u->rows[i].header);
		free(u->rows[i].source);
		strlist_release(&u->rows[i].names);
		strlist_release(&u->rows[i].arrivals);
	}
	for (size_t i = 0; i < u->nr_removals; i++) {
		free(u->removals[i].header);
		free(u->removals[i].message);
		strlist_release(&u->removals[i].forward);
		strlist_release(&u->removals[i].instead);
		strlist_release(&u->removals[i].skipped);
	}
	free(u->headers);
	free(u->rows);
	free(u->removals);
	free(u->name);
	free(u->source);
	free(u->error);
	strlist_release(&u->notes);
	*u = (struct exposure_unit){ 0 };
}

/* ---- the graph of includes ------------------------------------------------------- */

struct graph {
	const struct cparse_unit *u;
	bool *kvm; /* by file */
};

/*
 * Which files are read: from the source and what is forced on it, over all include
 * lines but those of the source that are in gone[] (one a line; may be NULL), and
 * not past KVM headers unless they are to be entered.
 */
static void reach(const struct graph *g, size_t from, const bool *gone,
		  bool enter_kvm, bool *reached)
{
	bool more = true;

	if (from != CPARSE_NO_FILE)
		reached[from] = true;
	while (more) {
		more = false;
		for (size_t i = 0; i < g->u->nr_includes; i++) {
			const struct cparse_include *inc = &g->u->includes[i];
			bool is_on = inc->from == CPARSE_NO_FILE ?
					     from == 0 : reached[inc->from];

			if (!is_on || reached[inc->to] || (gone && gone[i]) ||
			    (!enter_kvm && g->kvm[inc->to]))
				continue;
			reached[inc->to] = true;
			more = true;
		}
	}
}

static bool *reach_new(const struct graph *g, size_t from, const bool *gone,
		       bool enter_kvm)
{
	bool *reached = xcalloc(g->u->nr_files + 1, sizeof(*reached));

	reach(g, from, gone, enter_kvm, reached);
	return reached;
}

static void choose(void *data, struct cparse_unit *u)
{
	struct graph *g = data;
	_cleanup_free_ bool *outside = NULL;

	g->u = u;
	g->kvm = xcalloc(u->nr_files + 1, sizeof(*g->kvm));
	for (size_t i = 1; i < u->nr_files; i++)
		g->kvm[i] = exposure_is_header(u->files[i].path);
	outside = reach_new(g, 0, NULL, false);
	for (size_t i = 0; i < u->nr_files; i++) {
		u->files[i].look = outside[i];
		u->files[i].watch = !outside[i];
	}
}

/* ---- uses ------------------------------------------------------------------------ */

/* Is "struct x" as a mere name beside a use of its size or its members? */
static bool is_outdone(const struct cparse_unit *u, const struct cparse_ref *r)
{
	const char *title = strchr(r->name, ' ');
	size_t len;

	if (r->use != CPARSE_POINTER || !title)
		return false;
	len = strlen(title + 1);
	for (size_t i = 0; i < u->nr_refs; i++) {
		const struct cparse_ref *o = &u->refs[i];

		if (o->file != r->file)
			continue;
		if (o->use == CPARSE_TYPE && !strcmp(o->name, r->name))
			return true;
		if (o->use == CPARSE_MEMBERS && !strncmp(o->name, title + 1, len) &&
		    o->name[len] == '.')
			return true;
	}
	return false;
}

static char *use_text(const struct cparse_unit *u, const struct cparse_ref *r,
		      bool with_file)
{
	_cleanup_free_ char *via =
		r->via ? xasprintf(" in %s", r->via) : xstrdup("");

	return xasprintf("%s%s%s (%s%s%u)", r->defines ? "defines " : "",
			 r->name, via, with_file ? u->files[r->file].path : "",
			 with_file ? ":" : "", r->line);
}

static void add_headers(const struct graph *g, struct exposure_unit *out)
{
	const struct cparse_unit *u = g->u;

	for (size_t f = 0; f < u->nr_files; f++) {
		struct exposure_header *h;

		if (!g->kvm[f])
			continue;
		GROW(out->headers, out->nr_headers, out->alloc_headers);
		h = &out->headers[out->nr_headers++];
		*h = (struct exposure_header){
			.path = xstrdup(u->files[f].path),
		};
		for (size_t i = 0; i < u->nr_refs; i++) {
			const struct cparse_ref *r = &u->refs[i];

			if (r->decl != f)
				continue;
			if (kind_of(r->use) > h->kind)
				h->kind = kind_of(r->use);
			if (!is_outdone(u, r))
				strlist_take(&h->names, use_text(u, r, true));
		}
	}
}

/* "include/uapi/linux/x.h" -> "uapi/linux/x.h" */
static const char *short_path(const char *path)
{
	const char *include = starts_with(path, "include/") ?
				      path : strstr(path, "/include/");

	if (!include)
		return path;
	return include + strlen(include == path ? "include/" : "/include/");
}

/* The text between < and > that finds a header. */
static const char *spelled(const char *path)
{
	path = short_path(path);
	if (starts_with(path, "generated/"))
		path += strlen("generated/");
	if (starts_with(path, "uapi/"))
		path += strlen("uapi/");
	return path;
}

static void add_use(const struct graph *g, struct exposure_row *row,
		    const struct cparse_ref *r)
{
	const struct cparse_unit *u = g->u;
	_cleanup_free_ char *text = NULL;

	if (is_outdone(u, r))
		return;
	text = use_text(u, r, false);
	if (!g->kvm[r->decl]) {
		/* A name needs no header. */
		if (r->use != CPARSE_POINTER)
			strlist_addf(&row->arrivals, "%s of <%s>", text,
				     short_path(u->files[r->decl].path));
		return;
	}
	if (kind_of(r->use) > row->kind)
		row->kind = kind_of(r->use);
	if (strcmp(u->files[r->decl].path, row->header))
		strlist_addf(&row->names, "%s of <%s>", text,
			     short_path(u->files[r->decl].path));
	else
		strlist_add(&row->names, text);
}

static struct exposure_row *new_row(struct exposure_unit *out,
				    const struct cparse_unit *u, size_t file,
				    unsigned line, size_t header)
{
	struct exposure_row *row;

	GROW(out->rows, out->nr_rows, out->alloc_rows);
	row = &out->rows[out->nr_rows++];
	*row = (struct exposure_row){
		.file = xstrdup(u->files[file].path),
		.line = line,
		.header = xstrdup(u->files[header].path),
		.source = xstrdup(u->files[0].path),
	};
	return row;
}

static enum cparse_use strongest_first(size_t pass)
{
	return (enum cparse_use)(CPARSE_MEMBERS - pass);
}

/* Uses by a file of what an include line of its own brings. */
static void add_door(const struct graph *g, const struct cparse_include *inc,
		     struct exposure_unit *out, bool *told)
{
	const struct cparse_unit *u = g->u;
	_cleanup_free_ bool *with = reach_new(g, inc->to, NULL, true);
	struct exposure_row *row =
		new_row(out, u, inc->from, inc->line, inc->to);

	for (size_t pass = 0; pass <= CPARSE_MEMBERS; pass++)
		for (size_t i = 0; i < u->nr_refs; i++) {
			const struct cparse_ref *r = &u->refs[i];

			if (r->file != inc->from || !with[r->decl] ||
			    r->use != strongest_first(pass))
				continue;
			add_use(g, row, r);
			told[i] = true;
		}
}

/* What is used by files that leave the include to others. */
static void add_untold(const struct graph *g, struct exposure_unit *out,
		       const bool *told)
{
	const struct cparse_unit *u = g->u;

	for (size_t i = 0; i < u->nr_refs; i++) {
		const struct cparse_ref *r = &u->refs[i];
		struct exposure_row *row = NULL;

		if (told[i] || !g->kvm[r->decl])
			continue;
		for (size_t k = 0; k < out->nr_rows && !row; k++)
			if (!out->rows[k].line &&
			    !strcmp(out->rows[k].file, u->files[r->file].path) &&
			    !strcmp(out->rows[k].header, u->files[r->decl].path))
				row = &out->rows[k];
		if (!row)
			row = new_row(out, u, r->file, 0, r->decl);
		add_use(g, row, r);
	}
}

static void add_rows(const struct graph *g, struct exposure_unit *out)
{
	const struct cparse_unit *u = g->u;
	_cleanup_free_ bool *told = xcalloc(u->nr_refs + 1, sizeof(*told));

	for (size_t i = 0; i < u->nr_includes; i++) {
		const struct cparse_include *inc = &u->includes[i];

		if (inc->from != CPARSE_NO_FILE && u->files[inc->from].look &&
		    g->kvm[inc->to])
			add_door(g, inc, out, told);
	}
	add_untold(g, out, told);
}

/* ---- what can go ------------------------------------------------------------------ */

/* Would <name> find a KVM header? uapi/asm/kvm_para.h is below one of its name. */
static bool finds_kvm(const struct graph *g, const char *name)
{
	for (size_t i = 0; i < g->u->nr_files; i++)
		if (g->kvm[i] && !strcmp(spelled(g->u->files[i].path), name))
			return true;
	return false;
}

/* What no configuration that is looked at here compiles, but another may. */
static void add_skipped(const struct graph *g, const bool *before,
			const bool *after, struct exposure_removal *out)
{
	for (size_t i = 0; i < g->u->nr_skipped; i++) {
		const struct cparse_skipped *s = &g->u->skipped[i];

		if (before[s->decl] && !after[s->decl])
			strlist_addf(&out->skipped, "%s (%u)", s->name,
				     s->line);
	}
}

/*
 * Could the source do without an include line, those in gone[] being away already?
 * Says what has to stand in its place.
 */
static bool can_go(const struct graph *g, const bool *gone, size_t line,
		   struct exposure_removal *out)
{
	const struct cparse_unit *u = g->u;
	_cleanup_free_ bool *without = xcalloc(u->nr_includes + 1, 1);
	_cleanup_free_ bool *before = reach_new(g, 0, gone, true);
	_cleanup_free_ bool *after = NULL;

	memcpy(without, gone, u->nr_includes * sizeof(*gone));
	without[line] = true;
	after = reach_new(g, 0, without, true);
	for (size_t i = 0; i < u->nr_refs; i++) {
		const struct cparse_ref *r = &u->refs[i];

		if (!before[r->decl] || after[r->decl] || !after[r->file])
			continue;
		if (r->use == CPARSE_POINTER) {
			if (!is_outdone(u, r))
				strlist_add(&out->forward, r->name);
		} else if (g->kvm[r->decl] ||
			   finds_kvm(g, spelled(u->files[r->decl].path))) {
			return false;
		} else {
			strlist_add(&out->instead,
				    spelled(u->files[r->decl].path));
		}
	}
	add_skipped(g, before, after, out);
	strlist_sort(&out->forward);
	strlist_sort(&out->instead);
	return true;
}

static void add_removals(const struct graph *g, struct exposure_unit *out)
{
	const struct cparse_unit *u = g->u;
	_cleanup_free_ bool *gone = xcalloc(u->nr_includes + 1, sizeof(*gone));

	for (size_t i = 0; i < u->nr_includes; i++) {
		const struct cparse_include *inc = &u->includes[i];
		struct exposure_removal r = { .line = inc->line };

		if (inc->from != 0 || !g->kvm[inc->to])
			continue;
		if (!can_go(g, gone, i, &r)) {
			strlist_release(&r.forward);
			strlist_release(&r.instead);
			strlist_release(&r.skipped);
			continue;
		}
		gone[i] = true;
		r.header = xstrdup(u->files[inc->to].path);
		GROW(out->removals, out->nr_removals, out->alloc_removals);
		out->removals[out->nr_removals++] = r;
	}
}

/* ---- a unit ---------------------------------------------------------------------- */

/* A word of the command with the source directory's old name replaced. */
static char *mapped(const struct exposure_site *at, const char *word)
{
	size_t len = at->recorded ? strlen(at->recorded) : 0;
	struct strbuf sb = STRBUF_INIT;
	const char *hit;

	while (len && (hit = strstr(word, at->recorded))) {
		bool whole = !hit[len] || hit[len] == '/' || hit[len] == '=';

		strbuf_add(&sb, word, (size_t)(hit - word));
		strbuf_addstr(&sb, whole ? at->srctree : at->recorded);
		word = hit + len;
	}
	strbuf_addstr(&sb, word);
	return strbuf_detach(&sb);
}

int exposure_argv(const struct exposure_site *at, const struct unit *u,
		  struct strlist *argv, struct errbuf *err)
{
	_cleanup_strlist_ struct strlist words = STRLIST_INIT;
	_cleanup_free_ char *command = quick_compiler_call(u, at->objtree);

	if (!command)
		return errbuf_set(err, "no compiler command is recorded");
	if (shellwords_split(command, &words, err))
		return -1;
	strlist_each(w, &words)
		strlist_take(argv, mapped(at, w));
	return 0;
}

static int scan(const struct exposure_site *at, const struct unit *unit,
		struct exposure_unit *out, struct errbuf *err)
{
	_cleanup_strlist_ struct strlist argv = STRLIST_INIT;
	_cleanup_strlist_ struct strlist args = STRLIST_INIT;
	_cleanup_(cparse_unit_release) struct cparse_unit u = { 0 };
	struct graph g = { 0 };
	struct cparse_job job = {
		.args = &args, .srctree = at->srctree,
		.choose = choose, .data = &g,
	};

	if (exposure_argv(at, unit, &argv, err) ||
	    cparse_args(&argv, &args, err))
		return -1;
	out->assembler = ends_with(cparse_source(&argv), ".S");
	job.assembler = out->assembler;
	if (cparse_unit(&job, &u, err)) {
		free(g.kvm);
		return -1;
	}
	out->source = xstrdup(u.files[0].path);
	strlist_cat(&out->notes, &u.notes);
	add_headers(&g, out);
	add_rows(&g, out);
	/* A symbol of assembler code may be a macro, or not: no claims. */
	if (!out->assembler)
		add_removals(&g, out);
	free(g.kvm);
	return 0;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

void exposure_scan(const struct exposure_site *at, const struct unit *unit,
		   struct exposure_unit *u)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	struct rusage usage;
	double start = now();

	u->name = xstrdup(unit->name);
	if (scan(at, unit, u, &err))
		u->error = STEAL(err.msg);
	u->seconds = now() - start;
	if (!getrusage(RUSAGE_SELF, &usage))
		u->max_rss = (unsigned long)usage.ru_maxrss;
}
