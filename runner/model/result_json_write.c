// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes results.json. A run of a long series over many cells holds hundreds of
 * thousands of diagnostics, nearly all of them the base's known warnings carried
 * from state to state. As one jansson tree that would be gigabytes, so only one
 * entry exists as a tree at a time: the lists around the entries are written
 * here, an entry a line, which also makes the file fit for grep and diff.
 *
 * Format: docs/results.md; RFC 8259 for the syntax.
 */
#include "model/result_json.h"

#include "sys/json.h"
#include "sys/mem.h"
#include "sys/strbuf.h"
#include "sys/strmap.h"

#include <math.h>
#include <stdint.h>

#define DUMP_FLAGS (JSON_ENCODE_ANY | JSON_REAL_PRECISION(15))

/* Length of the well-formed UTF-8 sequence at s (Unicode 15, table 3-7), 0
 * where there is none. s ends with a NUL, which no sequence continues. */
static size_t utf8_sequence(const unsigned char *s)
{
	unsigned char low = 0x80, high = 0xbf;
	size_t n;

	if (s[0] < 0x80)
		return 1;
	if (s[0] < 0xc2 || s[0] > 0xf4)
		return 0;
	n = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
	if (s[0] == 0xe0)
		low = 0xa0; /* overlong */
	else if (s[0] == 0xed)
		high = 0x9f; /* surrogates */
	else if (s[0] == 0xf0)
		low = 0x90; /* overlong */
	else if (s[0] == 0xf4)
		high = 0x8f; /* beyond U+10FFFF */
	if (s[1] < low || s[1] > high)
		return 0;
	for (size_t i = 2; i < n; i++)
		if (s[i] < 0x80 || s[i] > 0xbf)
			return 0;
	return n;
}

static json_t *str_repaired(const char *s)
{
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

	while (*s) {
		size_t n = utf8_sequence((const unsigned char *)s);

		if (n)
			strbuf_add(&sb, s, n);
		else
			strbuf_addstr(&sb, "\xef\xbf\xbd"); /* U+FFFD */
		s += n ? n : 1;
	}
	return json_stringn(sb.buf, sb.len);
}

/* jansson refuses what is not UTF-8; a compiler's message must not get lost
 * because it quotes a Latin-1 comment. */
static json_t *str(const char *s)
{
	json_t *v;

	if (!s)
		return json_null();
	v = json_string(s);
	return v ? v : str_repaired(s);
}

/* NULL for the number that stands for "none". */
static json_t *number_or_null(unsigned n)
{
	return n ? json_integer(n) : json_null();
}

static json_t *duration(double seconds)
{
	if (!isfinite(seconds) || seconds < 0)
		seconds = 0;
	return json_real(round(seconds * 1000) / 1000);
}

static json_t *strings(const struct strlist *l)
{
	json_t *a = json_array();

	for (size_t i = 0; i < l->nr; i++)
		json_array_append_new(a, str(l->v[i]));
	return a;
}

static void set(json_t *o, const char *key, json_t *value)
{
	json_object_set_new_nocheck(o, key, value);
}

static int add_chunk(const char *buf, size_t len, void *out)
{
	strbuf_add(out, buf, len);
	return 0;
}

/* Appends v as text and frees it. */
static void add_json(struct strbuf *out, json_t *v)
{
	json_dump_callback(v, add_chunk, out, DUMP_FLAGS);
	json_decref(v);
}

/* One entry of a list; first tells whether it is the first and is cleared. */
static void add_entry(struct strbuf *out, json_t *v, bool *first)
{
	strbuf_addstr(out, *first ? "\n  " : ",\n  ");
	*first = false;
	add_json(out, v);
}

static void list_open(struct strbuf *out, const char *key)
{
	strbuf_addf(out, ",\n \"%s\": [", key);
}

static void list_close(struct strbuf *out, bool empty)
{
	strbuf_addstr(out, empty ? "]" : "\n ]");
}

/* Memory that jansson gets must end the program where ours does, or a member
 * would be missing without a word. */
static void begin(void)
{
	json_set_alloc_funcs(xmalloc, free);
}

static const char *run_status_name(enum run_status s)
{
	switch (s) {
	case RUN_UNFINISHED:
		return "unfinished";
	case RUN_DONE:
		return "done";
	case RUN_INTERRUPTED:
		return "interrupted";
	}
	return "unfinished";
}

static json_t *cache_json(const struct cache_use *c)
{
	json_t *o;

	if (!c->known)
		return json_null();
	o = json_object();
	set(o, "hits", json_integer(c->hits));
	set(o, "text_hits", json_integer(c->text_hits));
	set(o, "misses", json_integer(c->misses));
	return o;
}

static json_t *run_json(const struct run_result *r, bool judged)
{
	json_t *o = json_object();

	set(o, "id", str(r->id));
	set(o, "version", str(r->version));
	set(o, "command", str(r->command));
	set(o, "tree", str(r->tree));
	set(o, "series", str(r->series));
	set(o, "title", str(r->title));
	set(o, "matrix", str(r->matrix));
	set(o, "base", str(r->base));
	set(o, "started", str(r->started));
	set(o, "seconds", duration(r->seconds));
	set(o, "busy_share",
	    r->has_busy_share ? duration(r->busy_share) : json_null());
	set(o, "ccache", cache_json(&r->cache));
	set(o, "memory_mib",
	    r->memory_mib ? json_integer(r->memory_mib) : json_null());
	set(o, "mode", str(r->mode));
	set(o, "depth", str(r->depth));
	set(o, "warnings_allowed", json_boolean(r->warnings_allowed));
	set(o, "status", str(run_status_name(r->status)));
	set(o, "audits", strings(&r->audits));
	set(o, "warnings", strings(&r->warnings));
	set(o, "internal_errors", strings(&r->internal));
	if (judged)
		set(o, "exit_code", json_integer(run_result_exit_code(r)));
	return o;
}

static json_t *cell_json(const struct cell_info *c)
{
	json_t *o = json_object();

	set(o, "id", str(c->id));
	set(o, "arch", str(c->arch));
	set(o, "config", str(c->config));
	set(o, "toolchain", str(c->toolchain));
	set(o, "toolchain_version", str(c->toolchain_version));
	set(o, "config_hash", str(c->config_hash));
	set(o, "same_as", str(c->same_as));
	set(o, "error", str(c->error));
	return o;
}

static json_t *patch_json(const struct patch_info *p)
{
	json_t *o = json_object(), *renames = json_array();

	for (size_t i = 0; i + 1 < p->renames.nr; i += 2) {
		json_t *pair = json_object();

		set(pair, "path", str(p->renames.v[i]));
		set(pair, "base", str(p->renames.v[i + 1]));
		json_array_append_new(renames, pair);
	}
	set(o, "index", json_integer(p->index));
	set(o, "subject", str(p->subject));
	set(o, "author", str(p->author));
	set(o, "commit", str(p->commit));
	set(o, "tree", str(p->tree));
	set(o, "not_applied", str(p->not_applied));
	set(o, "renames", renames);
	return o;
}

static void step_members(json_t *o, const struct step_result *s)
{
	json_t *units = json_object();

	set(units, "total", json_integer(s->units_total));
	set(units, "reached", json_integer(s->units_reached));
	set(units, "built", json_integer(s->units_built));
	set(units, "failed", json_integer((json_int_t)s->failed.nr));
	set(o, "outcome", str(outcome_name(s->outcome)));
	set(o, "link", str(step_link_name(s->link)));
	set(o, "reason", str(s->reason));
	set(o, "units", units);
	set(o, "failed_units", strings(&s->failed));
	set(o, "failed_replayed", strings(&s->failed_replayed));
	if (s->left_out.nr)
		set(o, "left_out", strings(&s->left_out));
	set(o, "unjudged", strings(&s->unjudged));
	set(o, "seconds", duration(s->seconds));
	set(o, "remembered", json_boolean(s->remembered));
	set(o, "log", str(s->log));
}

static void diag_members(json_t *o, const struct diagnostic *d)
{
	json_t *from = json_array();

	for (size_t i = 0; i < d->nr_from; i++) {
		json_t *f = json_object();

		set(f, "file", str(d->from[i].file));
		set(f, "line", number_or_null(d->from[i].line));
		json_array_append_new(from, f);
	}
	set(o, "unit", str(d->unit));
	set(o, "file", str(d->file));
	set(o, "line", number_or_null(d->line));
	set(o, "column", number_or_null(d->column));
	set(o, "severity", str(diag_severity_name(d->severity)));
	set(o, "option", str(d->option));
	set(o, "message", str(d->message));
	set(o, "function", str(d->function));
	set(o, "tool", str(d->tool));
	set(o, "note", str(d->note));
	set(o, "included_from", from);
	set(o, "fatal", json_boolean(d->fatal));
	set(o, "replayed", json_boolean(d->replayed));
	set(o, "fingerprint", str(d->fingerprint));
}

/* The numbers of the diagnostics that belong to one cause. */
struct indexes {
	size_t *v, nr, alloc;
};

struct diag_writer {
	struct strbuf *out;
	struct strmap by_cause; /* cause id: struct indexes */
	size_t nr;		/* written so far */
	bool first;
};

static void write_diag(struct diag_writer *w, unsigned patch, const char *cell,
		       const struct diagnostic *d, enum diag_status status)
{
	struct indexes *ix =
		d->cause ? strmap_get(&w->by_cause, d->cause) : NULL;
	json_t *o = json_object();

	set(o, "patch", json_integer(patch));
	set(o, "cell", str(cell));
	diag_members(o, d);
	set(o, "cause", str(d->cause));
	set(o, "status", str(diag_status_name(status)));
	add_entry(w->out, o, &w->first);
	if (ix) {
		GROW(ix->v, ix->nr, ix->alloc);
		ix->v[ix->nr++] = w->nr;
	}
	w->nr++;
}

static void write_diags(struct diag_writer *w, const struct run_result *r)
{
	if (!r->steps)
		return;
	for (size_t i = 0; i < r->nr_patches * r->nr_cells; i++) {
		const struct step_result *s = &r->steps[i];
		const char *cell = r->cells[i % r->nr_cells].id;
		unsigned patch = i / r->nr_cells;

		for (size_t k = 0; k < s->diags.nr; k++)
			write_diag(w, patch, cell, &s->diags.v[k],
				   s->diags.v[k].status);
		for (size_t k = 0; k < s->fixed.nr; k++)
			write_diag(w, patch, cell, &s->fixed.v[k], DIAG_FIXED);
	}
}

static json_t *span_json(const struct run_result *r,
			 const struct cause_span *span)
{
	json_t *o = json_object();

	set(o, "cell", str(r->cells[span->cell].id));
	set(o, "first_bad", json_integer(span->first_bad));
	set(o, "first_suspect", json_integer(span->first_suspect));
	set(o, "healed_by", number_or_null(span->healed_by));
	return o;
}

static json_t *cause_json(const struct run_result *r, const struct cause *c,
			  const struct indexes *ix)
{
	json_t *o = json_object(), *cells = json_array();
	json_t *spans = json_array(), *diags = json_array();
	_cleanup_free_ bool *seen = xcalloc(r->nr_cells, sizeof(*seen));

	for (size_t i = 0; i < c->nr_spans; i++) {
		size_t cell = c->spans[i].cell;

		json_array_append_new(spans, span_json(r, &c->spans[i]));
		if (!seen[cell])
			json_array_append_new(cells, str(r->cells[cell].id));
		seen[cell] = true;
	}
	for (size_t i = 0; i < ix->nr; i++)
		json_array_append_new(diags,
				      json_integer((json_int_t)ix->v[i]));
	set(o, "id", str(c->id));
	set(o, "kind", str(cause_kind_name(c->kind)));
	set(o, "severity", str(diag_severity_name(c->severity)));
	set(o, "title", str(c->title));
	set(o, "advice", str(c->advice));
	set(o, "first_bad", json_integer(c->first_bad));
	set(o, "first_suspect", json_integer(c->first_suspect));
	set(o, "healed_by", number_or_null(c->healed_by));
	set(o, "cells", cells);
	set(o, "spans", spans);
	set(o, "diagnostics", diags);
	set(o, "units", strings(&c->units));
	set(o, "count", json_integer((json_int_t)c->nr_diags));
	set(o, "example", str(c->example));
	return o;
}

static void write_causes(const struct run_result *r, struct strbuf *out)
{
	_cleanup_free_ struct indexes *ix = NULL;
	struct diag_writer w = { .out = out, .first = true };
	bool first = true;

	ix = xcalloc(r->nr_causes, sizeof(*ix));
	for (size_t i = 0; i < r->nr_causes; i++)
		strmap_set(&w.by_cause, r->causes[i].id, &ix[i]);
	list_open(out, "diagnostics");
	write_diags(&w, r);
	list_close(out, w.first);
	strmap_release(&w.by_cause);
	list_open(out, "causes");
	for (size_t i = 0; i < r->nr_causes; i++) {
		add_entry(out, cause_json(r, &r->causes[i], &ix[i]), &first);
		free(ix[i].v);
	}
	list_close(out, first);
}

static void write_steps(const struct run_result *r, struct strbuf *out)
{
	const struct step_result pending = { .outcome = OUTCOME_PENDING,
					     .verdict = VERDICT_ERROR };
	bool first = true;

	list_open(out, "steps");
	for (size_t i = 0; i < r->nr_patches * r->nr_cells; i++) {
		const struct step_result *s =
			r->steps ? &r->steps[i] : &pending;
		json_t *o = json_object();

		set(o, "patch", json_integer((json_int_t)(i / r->nr_cells)));
		set(o, "cell", str(r->cells[i % r->nr_cells].id));
		set(o, "verdict", str(verdict_name(s->verdict)));
		step_members(o, s);
		add_entry(out, o, &first);
	}
	list_close(out, first);
}

static json_t *finding_json(const struct run_result *r,
			    const struct finding *f)
{
	json_t *o = json_object(), *cells = json_array();

	for (size_t i = 0; i < f->nr_cells; i++)
		json_array_append_new(cells, str(r->cells[f->cells[i]].id));
	set(o, "audit", str(f->audit));
	set(o, "id", str(f->id));
	set(o, "patch", json_integer(f->patch));
	set(o, "cells", cells);
	set(o, "status", str(finding_status_name(f->status)));
	set(o, "unit", str(f->unit));
	set(o, "file", str(f->file));
	set(o, "line", number_or_null(f->line));
	set(o, "target", str(f->target));
	set(o, "kind", str(f->kind));
	set(o, "evidence", str(f->evidence));
	set(o, "accepted", str(f->accepted));
	return o;
}

static void write_findings(const struct run_result *r, struct strbuf *out)
{
	bool first = true;

	list_open(out, "audits");
	for (size_t i = 0; i < r->nr_findings; i++)
		add_entry(out, finding_json(r, &r->findings[i]), &first);
	list_close(out, first);
}

static void write_head(const struct run_result *r, bool judged,
		       struct strbuf *out)
{
	json_t *run = run_json(r, judged), *v;
	const char *key;
	bool first = true;

	strbuf_addf(out, "{\n \"format\": \"%s\",\n \"run\": {",
		    RESULTS_FORMAT);
	json_object_foreach(run, key, v) {
		strbuf_addf(out, "%s\n  \"%s\": ", first ? "" : ",", key);
		add_json(out, json_incref(v));
		first = false;
	}
	json_decref(run);
	strbuf_addstr(out, "\n }");
	list_open(out, "cells");
	first = true;
	for (size_t i = 0; i < r->nr_cells; i++)
		add_entry(out, cell_json(&r->cells[i]), &first);
	list_close(out, first);
	list_open(out, "patches");
	first = true;
	for (size_t i = 0; i < r->nr_patches; i++)
		add_entry(out, patch_json(&r->patches[i]), &first);
	list_close(out, first);
}

void run_result_to_json(const struct run_result *r, struct strbuf *out)
{
	begin();
	write_head(r, true, out);
	write_steps(r, out);
	write_causes(r, out);
	write_findings(r, out);
	strbuf_addstr(out, "\n}\n");
}

static json_t *proof_json(const struct run_result *r, const struct proof *p)
{
	json_t *o = json_object();

	set(o, "kind", str(proof_kind_name(p->kind)));
	set(o, "patch", json_integer(p->patch));
	set(o, "cell", str(r->cells[p->cell].id));
	set(o, "unit", str(p->unit));
	set(o, "id", str(p->id));
	set(o, "file", str(p->file));
	set(o, "thing", str(p->thing));
	set(o, "by", json_integer(p->by));
	set(o, "header", str(p->header));
	set(o, "line", json_integer(p->line));
	set(o, "to", str(p->to));
	set(o, "place", str(p->place));
	set(o, "place_line", json_integer(p->place_line));
	set(o, "text", str(p->text));
	set(o, "chain", str(p->chain));
	set(o, "makefile", str(p->makefile));
	set(o, "unsure", json_boolean(p->unsure));
	set(o, "remark", str(p->remark));
	set(o, "luck", str(p->luck));
	return o;
}

void run_head_to_json(const struct run_result *r, struct strbuf *out)
{
	bool first = true;

	begin();
	write_head(r, false, out);
	list_open(out, "proofs");
	for (size_t i = 0; i < r->nr_proofs; i++)
		add_entry(out, proof_json(r, &r->proofs[i]), &first);
	list_close(out, first);
	write_findings(r, out);
	strbuf_addstr(out, "\n}\n");
}

void step_result_to_json(const struct step_result *s, struct strbuf *out)
{
	json_t *o, *diags;

	begin();
	o = json_object();
	diags = json_array();
	step_members(o, s);
	for (size_t i = 0; i < s->diags.nr; i++) {
		json_t *d = json_object();

		diag_members(d, &s->diags.v[i]);
		json_array_append_new(diags, d);
	}
	set(o, "diagnostics", diags);
	add_json(out, o);
}
