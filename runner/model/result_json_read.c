// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads results.json back. The text may be damaged, cut, of another program or
 * made to hurt: every member is checked for its type and range, every reference
 * (cell ids, patch numbers) against the lists it points into, before anything
 * is allocated by its size. Messages name the member ("steps[3].units.total").
 * Members that are not known are passed over: a later version may add some.
 *
 * Not read, because it follows from the rest: run.exit_code, units.failed, and
 * a cause's cells[] and diagnostics[].
 *
 * Format: docs/results.md.
 */
#include "model/result_json.h"

#include "model/json_place.h"
#include "model/result_json_index.h"
#include "sys/errbuf.h"
#include "sys/json.h"
#include "sys/mem.h"
#include "sys/strmap.h"

static void json_put(json_t **v)
{
	json_decref(*v);
}
#define _cleanup_json_ _cleanup_(json_put)

/* Adapters: the name functions take enums of different types. */
static const char *name_of_verdict(int v)
{
	return verdict_name((enum verdict)v);
}

static const char *name_of_kind(int v)
{
	return cause_kind_name((enum cause_kind)v);
}

static const char *name_of_severity(int v)
{
	return diag_severity_name((enum diag_severity)v);
}

static const char *name_of_status(int v)
{
	return diag_status_name((enum diag_status)v);
}

static int read_from(const struct place *p, void *data)
{
	struct diagnostic *d = data;
	struct diag_from *f;

	d->from = xrealloc(d->from, (d->nr_from + 1) * sizeof(*d->from));
	f = &d->from[d->nr_from++];
	*f = (struct diag_from){ 0 };
	if (place_str(p, "file", &f->file) ||
	    place_uint_or_null(p, "line", &f->line))
		return -1;
	return 0;
}

static int read_diag(const struct place *p, struct diagnostic *d)
{
	int severity;

	if (place_str(p, "unit", &d->unit) || place_str(p, "file", &d->file) ||
	    place_uint_or_null(p, "line", &d->line) ||
	    place_uint_or_null(p, "column", &d->column) ||
	    place_str(p, "option", &d->option) ||
	    place_str(p, "message", &d->message) ||
	    place_str(p, "function", &d->function) ||
	    place_str(p, "tool", &d->tool) || place_str(p, "note", &d->note) ||
	    place_each(p, "included_from", read_from, d) ||
	    place_bool(p, "fatal", &d->fatal) ||
	    place_bool(p, "replayed", &d->replayed) ||
	    place_str(p, "fingerprint", &d->fingerprint))
		return -1;
	severity = place_name(p, "severity", name_of_severity, DIAG_ERROR + 1);
	if (severity < 0)
		return -1;
	d->severity = (enum diag_severity)severity;
	return 0;
}

/* Results of older versions do not have it. */
static int read_link(const struct place *p, struct step_result *s)
{
	const char *name;
	int l;

	if (!json_is_string(json_object_get(p->o, "link")))
		return 0;
	if (place_need_str(p, "link", &name))
		return -1;
	l = step_link_parse(name);
	if (l < 0)
		return place_fail(p, "link", ": unknown value \"%s\"", name);
	s->link = (enum step_link)l;
	return 0;
}

static int read_step(const struct place *p, struct step_result *s)
{
	const char *outcome;
	struct place units;
	int o;

	if (place_enter(&units, p, "units", PLACE_MEMBER,
			json_object_get(p->o, "units")))
		return -1;
	if (place_need_str(p, "outcome", &outcome))
		return -1;
	o = outcome_parse(outcome);
	if (o < 0)
		return place_fail(p, "outcome", ": unknown value \"%s\"",
				  outcome);
	s->outcome = (enum outcome)o;
	if (read_link(p, s))
		return -1;
	if (place_str(p, "reason", &s->reason) ||
	    place_uint(&units, "total", &s->units_total) ||
	    place_uint(&units, "reached", &s->units_reached) ||
	    place_uint(&units, "built", &s->units_built) ||
	    place_strings(p, "failed_units", &s->failed) ||
	    place_strings(p, "failed_replayed", &s->failed_replayed) ||
	    (json_object_get(p->o, "left_out") &&
	     place_strings(p, "left_out", &s->left_out)) ||
	    /* not in what earlier versions wrote */
	    (json_object_get(p->o, "unjudged") &&
	     place_strings(p, "unjudged", &s->unjudged)) ||
	    place_seconds(p, &s->seconds) ||
	    place_bool(p, "remembered", &s->remembered) ||
	    place_str(p, "log", &s->log))
		return -1;
	return 0;
}

static int read_run_status(const struct place *p, enum run_status *out)
{
	static const struct {
		const char *name;
		enum run_status status;
	} names[] = { { "unfinished", RUN_UNFINISHED },
		      { "done", RUN_DONE },
		      { "interrupted", RUN_INTERRUPTED } };
	const char *s;

	if (place_need_str(p, "status", &s))
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (!strcmp(names[i].name, s)) {
			*out = names[i].status;
			return 0;
		}
	}
	return place_fail(p, "status", ": unknown value \"%s\"", s);
}

/* Of a run by a version that did not know it, it is absent. */
static int read_busy_share(const struct place *p, struct run_result *r)
{
	const json_t *v = json_object_get(p->o, "busy_share");

	if (!v || json_is_null(v))
		return 0;
	if (!json_is_number(v) || json_number_value(v) < 0 ||
	    json_number_value(v) > 1)
		return place_fail(p, "busy_share",
				  " must be a number from 0 to 1, or null");
	r->busy_share = json_number_value(v);
	r->has_busy_share = true;
	return 0;
}

static int read_cache(const struct place *run, struct run_result *r)
{
	const json_t *v = json_object_get(run->o, "ccache");
	struct place p;

	if (!v || json_is_null(v))
		return 0;
	r->cache.known = true;
	return place_enter(&p, run, "ccache", PLACE_MEMBER, v) ||
			       place_uint(&p, "hits", &r->cache.hits) ||
			       place_uint(&p, "text_hits",
					  &r->cache.text_hits) ||
			       place_uint(&p, "misses", &r->cache.misses) ?
		       -1 :
		       0;
}

/* Not in what earlier versions wrote. */
static int read_memory(const struct place *run, struct run_result *r)
{
	const json_t *v = json_object_get(run->o, "memory_mib");

	return !v || json_is_null(v) ?
		       0 :
		       place_uint(run, "memory_mib", &r->memory_mib);
}

static int read_run(const struct place *top, struct run_result *r)
{
	struct place p;

	if (place_enter(&p, top, "run", PLACE_MEMBER,
			json_object_get(top->o, "run")) ||
	    place_str(&p, "id", &r->id) ||
	    place_str(&p, "version", &r->version) ||
	    place_str(&p, "command", &r->command) ||
	    place_str(&p, "tree", &r->tree) ||
	    place_str(&p, "series", &r->series) ||
	    place_str(&p, "title", &r->title) ||
	    place_str(&p, "matrix", &r->matrix) ||
	    place_str(&p, "base", &r->base) ||
	    place_str(&p, "started", &r->started) ||
	    place_seconds(&p, &r->seconds) || read_busy_share(&p, r) ||
	    read_cache(&p, r) || read_memory(&p, r) ||
	    place_str(&p, "mode", &r->mode) ||
	    place_str(&p, "depth", &r->depth) ||
	    place_bool(&p, "warnings_allowed", &r->warnings_allowed) ||
	    read_run_status(&p, &r->status) ||
	    place_strings(&p, "warnings", &r->warnings) ||
	    (json_object_get(p.o, "audits") &&
	     place_strings(&p, "audits", &r->audits)) ||
	    (json_object_get(p.o, "internal_errors") &&
	     place_strings(&p, "internal_errors", &r->internal)))
		return -1;
	return 0;
}

static int read_cell(const struct place *p, void *data)
{
	struct result_index *ix = data;
	struct cell_info *c = run_result_add_cell(ix->r);

	if (place_own_str(p, "id", &c->id) || place_str(p, "arch", &c->arch) ||
	    place_str(p, "config", &c->config) ||
	    place_str(p, "toolchain", &c->toolchain) ||
	    place_str(p, "toolchain_version", &c->toolchain_version) ||
	    place_str(p, "config_hash", &c->config_hash) ||
	    place_str(p, "same_as", &c->same_as) ||
	    place_str(p, "error", &c->error))
		return -1;
	return 0;
}

static int read_cells(const struct place *top, struct result_index *ix)
{
	struct run_result *r = ix->r;

	if (place_each(top, "cells", read_cell, ix))
		return -1;
	/* Only now: adding cells moves them. */
	for (size_t i = 0; i < r->nr_cells; i++) {
		if (strmap_has(&ix->cells, r->cells[i].id))
			return errbuf_set(
				top->err,
				"cells[%zu].id: \"%s\" is there twice", i,
				r->cells[i].id);
		strmap_set(&ix->cells, r->cells[i].id, &r->cells[i]);
	}
	return 0;
}

static int read_rename(const struct place *p, void *data)
{
	const char *path, *base;

	if (place_need_str(p, "path", &path) ||
	    place_need_str(p, "base", &base))
		return -1;
	strlist_addl(data, path, base, NULL);
	return 0;
}

static int read_patch(const struct place *p, void *data)
{
	struct result_index *ix = data;
	struct patch_info *pi = run_result_add_patch(ix->r);

	if (place_uint(p, "index", &pi->index) ||
	    place_str(p, "subject", &pi->subject) ||
	    place_str(p, "author", &pi->author) ||
	    place_str(p, "commit", &pi->commit) ||
	    place_str(p, "tree", &pi->tree) ||
	    place_str(p, "not_applied", &pi->not_applied) ||
	    place_each(p, "renames", read_rename, &pi->renames))
		return -1;
	if (pi->index != p->i)
		return errbuf_set(p->err, "patches[%zu].index must be %zu",
				  p->i, p->i);
	return 0;
}

static int read_judged_step(const struct place *p, void *data)
{
	struct result_index *ix = data;
	unsigned patch;
	size_t cell, at;
	struct step_result *s;
	int verdict;

	if (result_find_patch(p, ix, &patch) || result_find_cell(p, ix, &cell))
		return -1;
	at = patch * ix->r->nr_cells + cell;
	if (ix->seen[at])
		return place_fail(p, "patch",
				  " %u and cell \"%s\" are there twice", patch,
				  ix->r->cells[cell].id);
	ix->seen[at] = true;
	s = &ix->r->steps[at];
	verdict = place_name(p, "verdict", name_of_verdict, VERDICT_ERROR + 1);
	if (verdict < 0)
		return -1;
	s->verdict = (enum verdict)verdict;
	return read_step(p, s);
}

static int read_steps(const struct place *top, struct result_index *ix)
{
	struct run_result *r = ix->r;
	const json_t *a;
	size_t want;
	int ret;

	if (place_list(top, "steps", &a))
		return -1;
	if (__builtin_mul_overflow(r->nr_patches, r->nr_cells, &want) ||
	    want != json_array_size(a))
		return errbuf_set(
			top->err,
			"steps: %zu entries, but %zu patches (with the base) and %zu cells ask for one each",
			json_array_size(a), r->nr_patches, r->nr_cells);
	run_result_alloc_steps(r);
	ix->seen = xcalloc(want, sizeof(*ix->seen));
	ret = place_each(top, "steps", read_judged_step, ix);
	free(ix->seen);
	ix->seen = NULL;
	return ret;
}

static int read_judged_diag(const struct place *p, void *data)
{
	const struct result_index *ix = data;
	struct step_result *s;
	struct diagnostic *d;
	unsigned patch;
	size_t cell;
	int status;

	if (result_find_patch(p, ix, &patch) || result_find_cell(p, ix, &cell))
		return -1;
	status = place_name(p, "status", name_of_status, DIAG_KNOWN + 1);
	if (status < 0)
		return -1;
	s = &ix->r->steps[patch * ix->r->nr_cells + cell];
	d = diag_list_new(status == DIAG_FIXED ? &s->fixed : &s->diags);
	d->status = (enum diag_status)status;
	if (read_diag(p, d) || place_str(p, "cause", &d->cause))
		return -1;
	return 0;
}

/* Where the spans of a cause go. */
struct spans {
	const struct result_index *ix;
	struct cause *c;
};

/* Results of older versions do not have it. */
static int read_suspect(const struct place *p, unsigned first_bad,
			unsigned *suspect)
{
	*suspect = first_bad;
	return json_object_get(p->o, "first_suspect") ?
		       place_uint(p, "first_suspect", suspect) :
		       0;
}

static int read_span(const struct place *p, void *data)
{
	const struct spans *to = data;
	struct cause *c = to->c;
	struct cause_span *span;

	GROW(c->spans, c->nr_spans, c->alloc_spans);
	span = &c->spans[c->nr_spans++];
	if (result_find_cell(p, to->ix, &span->cell) ||
	    place_uint(p, "first_bad", &span->first_bad) ||
	    read_suspect(p, span->first_bad, &span->first_suspect) ||
	    place_uint_or_null(p, "healed_by", &span->healed_by))
		return -1;
	return 0;
}

static int read_cause(const struct place *p, void *data)
{
	const struct result_index *ix = data;
	struct run_result *r = ix->r;
	struct cause *c;
	struct spans spans = { .ix = ix };
	unsigned count;
	int kind, severity;

	GROW(r->causes, r->nr_causes, r->alloc_causes);
	spans.c = c = &r->causes[r->nr_causes++];
	*c = (struct cause){ 0 };
	if (place_own_str(p, "id", &c->id) ||
	    place_str(p, "title", &c->title) ||
	    place_own_str(p, "advice", &c->advice) ||
	    place_uint(p, "first_bad", &c->first_bad) ||
	    read_suspect(p, c->first_bad, &c->first_suspect) ||
	    place_uint_or_null(p, "healed_by", &c->healed_by) ||
	    place_each(p, "spans", read_span, &spans) ||
	    place_strings(p, "units", &c->units) ||
	    place_uint(p, "count", &count) ||
	    place_str(p, "example", &c->example))
		return -1;
	c->nr_diags = count;
	kind = place_name(p, "kind", name_of_kind, CAUSE_OTHER + 1);
	if (kind < 0)
		return -1;
	c->kind = (enum cause_kind)kind;
	severity = place_name(p, "severity", name_of_severity, DIAG_ERROR + 1);
	if (severity < 0)
		return -1;
	c->severity = (enum diag_severity)severity;
	return 0;
}

static json_t *parse(const char *text, size_t len, struct errbuf *err)
{
	json_error_t at;
	json_t *doc;

	json_set_alloc_funcs(xmalloc, free);
	doc = json_loadb(text, len, JSON_REJECT_DUPLICATES, &at);
	if (!doc) {
		errbuf_set(err, "not readable as JSON: line %d, column %d: %s",
			   at.line, at.column, at.text);
		return NULL;
	}
	if (!json_is_object(doc)) {
		errbuf_set(err,
			   "not kvmatrix results: the top must be an object");
		json_decref(doc);
		return NULL;
	}
	return doc;
}

static int check_format(const struct place *top)
{
	const json_t *v = json_object_get(top->o, "format");

	if (!json_is_string(v))
		return errbuf_set(
			top->err,
			"not kvmatrix results: there is no \"format\"");
	if (strcmp(json_string_value(v), RESULTS_FORMAT))
		return errbuf_set(
			top->err,
			"the format is \"%s\", and this version of kvmatrix reads \"%s\"",
			json_string_value(v), RESULTS_FORMAT);
	return 0;
}

static int read_document(struct run_result *r, const char *text, size_t len,
			 bool head_only, struct errbuf *err)
{
	_cleanup_json_ json_t *doc = parse(text, len, err);
	const struct place top = { .o = doc, .err = err };
	struct result_index ix = { .r = r };
	int ret;

	if (!doc)
		return -1;
	ret = check_format(&top) || read_run(&top, r) ||
	      read_cells(&top, &ix) ||
	      place_each(&top, "patches", read_patch, &ix) ||
	      result_read_findings(&top, &ix);
	if (!ret && head_only) {
		run_result_alloc_steps(r);
		ret = result_read_proofs(&top, &ix);
	} else if (!ret) {
		ret = read_steps(&top, &ix) ||
		      place_each(&top, "diagnostics", read_judged_diag, &ix) ||
		      place_each(&top, "causes", read_cause, &ix);
	}
	strmap_release(&ix.cells);
	if (!ret)
		return 0;
	run_result_release(r);
	*r = (struct run_result)RUN_RESULT_INIT;
	return -1;
}

int run_result_from_json(struct run_result *r, const char *text, size_t len,
			 struct errbuf *err)
{
	return read_document(r, text, len, false, err);
}

int run_head_from_json(struct run_result *r, const char *text, size_t len,
		       struct errbuf *err)
{
	return read_document(r, text, len, true, err);
}

static int read_step_diag(const struct place *p, void *data)
{
	return read_diag(p, diag_list_new(data));
}

int step_result_from_json(struct step_result *s, const char *text, size_t len,
			  struct errbuf *err)
{
	_cleanup_json_ json_t *doc = parse(text, len, err);
	const struct place top = { .o = doc, .err = err };
	struct step_result got = { .patch = s->patch, .cell = s->cell };

	if (!doc)
		return -1;
	if (read_step(&top, &got) ||
	    place_each(&top, "diagnostics", read_step_diag, &got.diags)) {
		step_result_release(&got);
		return -1;
	}
	*s = got;
	return 0;
}
