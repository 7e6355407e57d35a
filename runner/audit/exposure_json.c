// SPDX-License-Identifier: GPL-2.0-only
/*
 * What one process tells the other of a unit. The numbers of enums go as they are:
 * both ends are the same program.
 */
#include "audit/exposure.h"

#include "sys/errbuf.h"
#include "sys/json.h"
#include "sys/mem.h"

/* Paths and messages may hold bytes that are no UTF-8. */
static json_t *text(const char *s)
{
	json_t *j = s ? json_string(s) : json_null();
	_cleanup_free_ char *ascii = NULL;

	if (j)
		return j;
	ascii = xstrdup(s);
	for (char *p = ascii; *p; p++)
		if (*p & 0x80)
			*p = '?';
	return json_string(ascii);
}

static json_t *texts(const struct strlist *l)
{
	json_t *a = json_array();

	strlist_each(s, l)
		json_array_append_new(a, text(s));
	return a;
}

static json_t *header_json(const struct exposure_header *h)
{
	return json_pack("{s:o,s:i,s:o}", "path", text(h->path), "kind",
			 (int)h->kind, "names", texts(&h->names));
}

static json_t *row_json(const struct exposure_row *r)
{
	return json_pack("{s:o,s:i,s:o,s:o,s:i,s:o,s:o}", "file", text(r->file),
			 "line", (int)r->line, "header", text(r->header),
			 "source", text(r->source), "kind", (int)r->kind,
			 "names", texts(&r->names), "arrivals",
			 texts(&r->arrivals));
}

static json_t *removal_json(const struct exposure_removal *r)
{
	return json_pack("{s:i,s:o,s:o,s:o,s:o,s:i,s:o}", "line", (int)r->line,
			 "header", text(r->header), "forward",
			 texts(&r->forward), "instead", texts(&r->instead),
			 "skipped", texts(&r->skipped), "proof", (int)r->proof, "message", text(r->message));
}

char *exposure_dump(const struct exposure_unit *u)
{
	json_t *headers = json_array(), *rows = json_array();
	json_t *removals = json_array();
	json_t *top;
	char *out;

	for (size_t i = 0; i < u->nr_headers; i++)
		json_array_append_new(headers, header_json(&u->headers[i]));
	for (size_t i = 0; i < u->nr_rows; i++)
		json_array_append_new(rows, row_json(&u->rows[i]));
	for (size_t i = 0; i < u->nr_removals; i++)
		json_array_append_new(removals, removal_json(&u->removals[i]));
	top = json_pack("{s:o,s:o,s:o,s:o,s:b,s:o,s:o,s:o,s:f,s:I}", "name",
			text(u->name), "source", text(u->source), "error",
			text(u->error), "notes", texts(&u->notes), "assembler",
			(int)u->assembler, "headers", headers, "rows", rows,
			"removals", removals, "seconds", u->seconds, "max_rss",
			(json_int_t)u->max_rss);
	out = json_dumps(top, JSON_COMPACT);
	json_decref(top);
	if (!out)
		abort(); /* out of memory */
	return out;
}

/* ---- back ---------------------------------------------------------------------- */

static char *get_text(const json_t *o, const char *key)
{
	return xstrdup_null(json_string_value(json_object_get(o, key)));
}

static void get_texts(const json_t *o, const char *key, struct strlist *out)
{
	json_t *a = json_object_get(o, key), *e;
	size_t i;

	json_array_foreach(a, i, e)
		if (json_is_string(e))
			strlist_add(out, json_string_value(e));
}

static unsigned get_number(const json_t *o, const char *key)
{
	return (unsigned)json_integer_value(json_object_get(o, key));
}

static enum exposure_kind get_kind(const json_t *o)
{
	unsigned k = get_number(o, "kind");

	return k <= EXPOSURE_MEMBERS ? (enum exposure_kind)k : EXPOSURE_NOTHING;
}

static enum exposure_proof get_proof(const json_t *o)
{
	unsigned p = get_number(o, "proof");

	return p <= EXPOSURE_REFUTED ? (enum exposure_proof)p :
				       EXPOSURE_UNTRIED;
}

static void load_headers(const json_t *a, struct exposure_unit *u)
{
	json_t *e;
	size_t i;

	json_array_foreach(a, i, e) {
		struct exposure_header *h;

		GROW(u->headers, u->nr_headers, u->alloc_headers);
		h = &u->headers[u->nr_headers++];
		*h = (struct exposure_header){ .path = get_text(e, "path"),
					       .kind = get_kind(e) };
		get_texts(e, "names", &h->names);
	}
}

static void load_rows(const json_t *a, struct exposure_unit *u)
{
	json_t *e;
	size_t i;

	json_array_foreach(a, i, e) {
		struct exposure_row *r;

		GROW(u->rows, u->nr_rows, u->alloc_rows);
		r = &u->rows[u->nr_rows++];
		*r = (struct exposure_row){
			.file = get_text(e, "file"),
			.line = get_number(e, "line"),
			.header = get_text(e, "header"),
			.source = get_text(e, "source"),
			.kind = get_kind(e),
		};
		get_texts(e, "names", &r->names);
		get_texts(e, "arrivals", &r->arrivals);
	}
}

static void load_removals(const json_t *a, struct exposure_unit *u)
{
	json_t *e;
	size_t i;

	json_array_foreach(a, i, e) {
		struct exposure_removal *r;

		GROW(u->removals, u->nr_removals, u->alloc_removals);
		r = &u->removals[u->nr_removals++];
		*r = (struct exposure_removal){
			.line = get_number(e, "line"),
			.header = get_text(e, "header"),
			.message = get_text(e, "message"),
			.proof = get_proof(e),
		};
		get_texts(e, "forward", &r->forward);
		get_texts(e, "instead", &r->instead);
		get_texts(e, "skipped", &r->skipped);
	}
}

int exposure_load(const char *json, struct exposure_unit *u, struct errbuf *err)
{
	json_error_t bad;
	json_t *top = json_loads(json, 0, &bad);

	if (!json_is_object(top)) {
		json_decref(top);
		return errbuf_set(err, "the parser's answer cannot be read: %s",
				  bad.text);
	}
	u->name = get_text(top, "name");
	u->source = get_text(top, "source");
	u->error = get_text(top, "error");
	get_texts(top, "notes", &u->notes);
	u->assembler = json_is_true(json_object_get(top, "assembler"));
	load_headers(json_object_get(top, "headers"), u);
	load_rows(json_object_get(top, "rows"), u);
	load_removals(json_object_get(top, "removals"), u);
	u->seconds = json_real_value(json_object_get(top, "seconds"));
	u->max_rss = (unsigned long)json_integer_value(
		json_object_get(top, "max_rss"));
	json_decref(top);
	return 0;
}
