// SPDX-License-Identifier: GPL-2.0-only
/*
 * libcyaml 1.3.1 logs an error and a backtrace of "in mapping field 'x' (line:
 * 3, column: 27)" and "in sequence entry '2' (...)" lines, innermost first. The
 * names in it are right; the lines are those of the last key it accepted, so an
 * unknown key is reported at the line before it. It also takes any word for a
 * boolean. Hence two passes:
 *
 *  1. libyaml's event parser walks the file and notes the line of every key and
 *     list entry under its path; what is wrong for any YAML file we read is
 *     found here;
 *  2. libcyaml loads by schema; when it fails, its backtrace gives the path of
 *     the place, the first pass its line, and the schema the words allowed.
 */
#include "sys/yamlfile.h"

#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/mem.h"
#include "sys/nearest.h"
#include "sys/strbuf.h"
#include "sys/strlist.h"

#include <stdio.h>

#include <yaml.h>

/* Deeper than any schema of ours; bounds the first pass. */
#define DEEPEST 16

void yaml_marks_release(struct yaml_marks *m)
{
	free(m->path);
	m->path = NULL;
	strmap_release(&m->lines);
}

unsigned yaml_line(const struct yaml_marks *m, const char *fmt, ...)
{
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(&sb, fmt, ap);
	va_end(ap);
	for (;;) {
		uintptr_t line = (uintptr_t)strmap_get(&m->lines, sb.buf);
		size_t len = sb.len;

		if (line)
			return line;
		while (len && sb.buf[len - 1] != '.' && sb.buf[len - 1] != '[')
			len--;
		if (!len)
			return 1;
		strbuf_setlen(&sb, len - 1);
	}
}

/* The first pass. */

struct frame {
	bool list;
	bool have_key;	/* mapping: the next node is a value */
	size_t entries; /* list: how many were seen */
	size_t path_len; /* of the container's own path */
};

struct walk {
	const char *file;
	struct yaml_marks *marks;
	struct errbuf *err;
	struct frame stack[DEEPEST];
	size_t depth;
	struct strbuf path; /* of the node that comes next */
	unsigned documents;
};

/* Adds "[n]" for the list entry that begins at line. */
static void walk_entry(struct walk *w, struct frame *f, unsigned line)
{
	strbuf_setlen(&w->path, f->path_len);
	strbuf_addf(&w->path, "[%zu]", f->entries++);
	strmap_set(&w->marks->lines, w->path.buf, (void *)(uintptr_t)line);
}

static int walk_key(struct walk *w, struct frame *f, const char *key,
		    unsigned line)
{
	strbuf_setlen(&w->path, f->path_len);
	strbuf_addf(&w->path, "%s%s", f->path_len ? "." : "", key);
	if (strmap_has(&w->marks->lines, w->path.buf))
		return errbuf_set(w->err,
				  "%s:%u: key '%s' is given twice (first on line %u); keep one of them",
				  w->file, line, key,
				  yaml_line(w->marks, "%s", w->path.buf));
	strmap_set(&w->marks->lines, w->path.buf, (void *)(uintptr_t)line);
	f->have_key = true;
	return 0;
}

/* A scalar, or the start of a container. */
static int walk_node(struct walk *w, const yaml_event_t *ev, unsigned line)
{
	struct frame *f = w->depth ? &w->stack[w->depth - 1] : NULL;
	bool scalar = ev->type == YAML_SCALAR_EVENT;

	if (f && f->list) {
		walk_entry(w, f, line);
	} else if (f && !f->have_key) {
		if (!scalar)
			return errbuf_set(w->err,
					  "%s:%u: a list or mapping cannot be a key; put quotes around a text that begins with '[' or '{'",
					  w->file, line);
		return walk_key(w, f, (const char *)ev->data.scalar.value,
				line);
	} else if (f) {
		f->have_key = false;
	}
	if (scalar)
		return 0;
	if (w->depth == DEEPEST)
		return errbuf_set(w->err,
				  "%s:%u: nested deeper than %d levels; no key here takes that",
				  w->file, line, DEEPEST);
	w->stack[w->depth++] = (struct frame){
		.list = ev->type == YAML_SEQUENCE_START_EVENT,
		.path_len = w->path.len,
	};
	return 0;
}

static bool anchored(const yaml_event_t *ev)
{
	switch (ev->type) {
	case YAML_ALIAS_EVENT:
		return true;
	case YAML_SCALAR_EVENT:
		return ev->data.scalar.anchor;
	case YAML_SEQUENCE_START_EVENT:
		return ev->data.sequence_start.anchor;
	case YAML_MAPPING_START_EVENT:
		return ev->data.mapping_start.anchor;
	default:
		return false;
	}
}

static int walk_event(struct walk *w, const yaml_event_t *ev)
{
	unsigned line = ev->start_mark.line + 1;

	if (anchored(ev))
		return errbuf_set(w->err,
				  "%s:%u: anchors (&x) and aliases (*x) are not read here; write the value out, or put quotes around a text that begins with '*' or '&'",
				  w->file, line);
	switch (ev->type) {
	case YAML_DOCUMENT_START_EVENT:
		if (w->documents++)
			return errbuf_set(w->err,
					  "%s:%u: a second document ('---') begins here; use one file for each",
					  w->file, line);
		return 0;
	case YAML_SCALAR_EVENT:
	case YAML_SEQUENCE_START_EVENT:
	case YAML_MAPPING_START_EVENT:
		return walk_node(w, ev, line);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		strbuf_setlen(&w->path, w->stack[--w->depth].path_len);
		return 0;
	default:
		return 0;
	}
}

static int walk_events(struct walk *w, yaml_parser_t *p)
{
	for (;;) {
		yaml_event_t ev;
		bool end;
		int ret;

		if (!yaml_parser_parse(p, &ev)) {
			const yaml_mark_t *m = p->problem_mark.line ?
						       &p->problem_mark :
						       &p->context_mark;

			return errbuf_set(w->err,
					  "%s:%zu: not valid YAML: %s%s%s",
					  w->file, m->line + 1,
					  p->problem ? p->problem : "unreadable",
					  p->context ? ", " : "",
					  p->context ? p->context : "");
		}
		end = ev.type == YAML_STREAM_END_EVENT;
		ret = walk_event(w, &ev);
		yaml_event_delete(&ev);
		if (ret < 0 || end)
			return ret;
	}
}

static int read_marks(const char *file, const struct strbuf *text,
		      struct yaml_marks *marks, struct errbuf *err)
{
	struct walk w = { .file = file, .marks = marks, .err = err,
			  .path = STRBUF_INIT };
	yaml_parser_t p;
	int ret;

	if (!yaml_parser_initialize(&p))
		return errbuf_set(err, "%s: libyaml could not be started", file);
	yaml_parser_set_input_string(&p, (const unsigned char *)text->buf,
				     text->len);
	ret = walk_events(&w, &p);
	yaml_parser_delete(&p);
	strbuf_release(&w.path);
	if (!ret && !w.documents)
		ret = errbuf_set(err, "%s:1: the file is empty", file);
	return ret;
}

/* The second pass: what libcyaml said, kept. */

struct complaint {
	char *what;	/* first line, without "Load: " */
	struct strlist trace; /* path parts, innermost first: "configs", "[0]" */
};

static void complaint_release(struct complaint *c)
{
	free(c->what);
	strlist_release(&c->trace);
}

/* cyaml's log function; text may come without a newline. */
static void listen(cyaml_log_t level, void *ctx, const char *fmt, va_list args)
{
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;
	struct complaint *c = ctx;
	char name[128];
	unsigned nr;

	(void)level;
	strbuf_vaddf(&sb, fmt, args);
	while (sb.len && sb.buf[sb.len - 1] == '\n')
		strbuf_setlen(&sb, sb.len - 1);
	if (sscanf(sb.buf, " in mapping field '%127[^']'", name) == 1)
		strlist_add(&c->trace, name);
	else if (sscanf(sb.buf, " in sequence entry '%u'", &nr) == 1)
		/* 1 is the first; 0 stands for an empty list */
		strlist_addf(&c->trace, "[%u]", nr ? nr - 1 : 0);
	else if (!c->what)
		c->what = xstrdup(starts_with(sb.buf, "Load: ") ? sb.buf + 6 :
								  sb.buf);
}

static char *trace_path(const struct strlist *trace, size_t skip)
{
	struct strbuf sb = STRBUF_INIT;

	for (size_t i = trace->nr; i-- > skip;)
		strbuf_addf(&sb, "%s%s",
			    sb.len && trace->v[i][0] != '[' ? "." : "",
			    trace->v[i]);
	return strbuf_detach(&sb);
}

static const cyaml_schema_value_t *step_in(const cyaml_schema_value_t *v,
					   const char *part)
{
	if (part[0] == '[')
		return v->type == CYAML_SEQUENCE ? v->sequence.entry : NULL;
	if (v->type != CYAML_MAPPING)
		return NULL;
	for (const cyaml_schema_field_t *f = v->mapping.fields; f->key; f++)
		if (!strcmp(f->key, part))
			return &f->value;
	return NULL;
}

/* The schema of the place the trace leads to; NULL when it leads nowhere. */
static const cyaml_schema_value_t *trace_schema(const cyaml_schema_value_t *v,
						const struct strlist *trace,
						size_t skip)
{
	for (size_t i = trace->nr; v && i-- > skip;)
		v = step_in(v, trace->v[i]);
	return v;
}

static void known_words(const cyaml_schema_value_t *v, struct strlist *out)
{
	if (v->type == CYAML_MAPPING)
		for (const cyaml_schema_field_t *f = v->mapping.fields; f->key;
		     f++)
			strlist_add(out, f->key);
	if (v->type == CYAML_ENUM)
		for (uint32_t i = 0; i < v->enumeration.count; i++)
			strlist_add(out, v->enumeration.strings[i].str);
}

static const char *shape(const cyaml_schema_value_t *v)
{
	switch (v->type) {
	case CYAML_MAPPING:
		return "a mapping, such as { key: value }";
	case CYAML_SEQUENCE:
		return "a list, such as [a, b]";
	case CYAML_ENUM:
		return "one word";
	default:
		return "one text, not a list or mapping";
	}
}

/*
 * After "Unexpected key" cyaml's backtrace may still begin with the field it
 * read before: the mapping with that key is the innermost mapping of the trace.
 */
static int unknown_key(const char *file, const cyaml_schema_value_t *schema,
		       const struct complaint *c, const struct yaml_marks *marks,
		       const char *key, struct errbuf *err)
{
	_cleanup_strlist_ struct strlist words = STRLIST_INIT;
	_cleanup_free_ char *all = NULL;
	_cleanup_free_ char *in = NULL;
	const cyaml_schema_value_t *v = NULL;
	const char *near;
	size_t skip = 0;
	unsigned line;

	for (; skip <= c->trace.nr; skip++) {
		v = trace_schema(schema, &c->trace, skip);
		if (v && v->type == CYAML_MAPPING)
			break;
	}
	in = trace_path(&c->trace, skip < c->trace.nr ? skip : c->trace.nr);
	line = yaml_line(marks, "%s%s%s", in, *in ? "." : "", key);
	if (v)
		known_words(v, &words);
	near = nearest_word(&words, key);
	if (near)
		return errbuf_set(err, "%s:%u: unknown key '%s'; did you mean '%s'?",
				  file, line, key, near);
	all = strlist_join(&words, ", ");
	return errbuf_set(err, "%s:%u: unknown key '%s'; known here are: %s",
			  file, line, key, all);
}

static int missing_key(const char *file, const cyaml_schema_value_t *schema,
		       const struct complaint *c, const struct yaml_marks *marks,
		       const char *key, struct errbuf *err)
{
	_cleanup_free_ char *in = NULL;
	const cyaml_schema_value_t *v;
	size_t skip = 0;

	/* The trace may go on into the mapping's last field. */
	for (; skip < c->trace.nr; skip++) {
		v = trace_schema(schema, &c->trace, skip);
		if (v && v->type == CYAML_MAPPING && step_in(v, key))
			break;
	}
	in = trace_path(&c->trace, skip);
	return errbuf_set(err, "%s:%u: %s%shas no '%s', which it needs", file,
			  yaml_line(marks, "%s", in), *in ? in : "the file",
			  " ", key);
}

static int bad_value(const char *file, const cyaml_schema_value_t *schema,
		     const struct complaint *c, const struct yaml_marks *marks,
		     struct errbuf *err)
{
	_cleanup_strlist_ struct strlist words = STRLIST_INIT;
	_cleanup_free_ char *all = NULL;
	_cleanup_free_ char *path = trace_path(&c->trace, 0);
	const cyaml_schema_value_t *v = trace_schema(schema, &c->trace, 0);
	unsigned line = yaml_line(marks, "%s", path);
	const char *name = *path ? path : "the file";

	if (!v)
		return errbuf_set(err, "%s:%u: '%s': %s", file, line, name,
				  c->what);
	if (v->type == CYAML_ENUM && !strstr(c->what, "got event")) {
		known_words(v, &words);
		all = strlist_join(&words, ", ");
		return errbuf_set(err, "%s:%u: '%s' has a value that is not known; it must be one of: %s",
				  file, line, name, all);
	}
	return errbuf_set(err, "%s:%u: '%s' must be %s", file, line, name,
			  shape(v));
}

static int explain(const char *file, const cyaml_schema_value_t *schema,
		   const struct complaint *c, const struct yaml_marks *marks,
		   cyaml_err_t code, struct errbuf *err)
{
	_cleanup_free_ char *path = trace_path(&c->trace, 0);
	_cleanup_free_ char *list = NULL;
	const char *key = c->what ? strstr(c->what, ": ") : NULL;

	switch (code) {
	case CYAML_ERR_INVALID_KEY:
		if (key)
			return unknown_key(file, schema, c, marks, key + 2,
					   err);
		break;
	case CYAML_ERR_MAPPING_FIELD_MISSING:
		if (key)
			return missing_key(file, schema, c, marks, key + 2,
					   err);
		break;
	case CYAML_ERR_INVALID_VALUE:
	case CYAML_ERR_UNEXPECTED_EVENT:
		if (c->what)
			return bad_value(file, schema, c, marks, err);
		break;
	case CYAML_ERR_SEQUENCE_ENTRIES_MIN:
		list = trace_path(&c->trace,
				  c->trace.nr && c->trace.v[0][0] == '[');
		return errbuf_set(err, "%s:%u: '%s' is an empty list; give at least one entry",
				  file, yaml_line(marks, "%s", list), list);
	default:
		break;
	}
	return errbuf_set(err, "%s:%u: %s%s%s", file,
			  yaml_line(marks, "%s", path), path, *path ? ": " : "",
			  c->what ? c->what : cyaml_strerror(code));
}

static void config_init(cyaml_config_t *config, struct complaint *c)
{
	*config = (cyaml_config_t){
		.log_fn = c ? listen : NULL,
		.log_ctx = c,
		.mem_fn = cyaml_mem,
		.log_level = CYAML_LOG_WARNING,
		.flags = CYAML_CFG_NO_ALIAS,
	};
}

int yamlfile_load(const char *path, const cyaml_schema_value_t *schema,
		  void **data, struct yaml_marks *marks, struct errbuf *err)
{
	_cleanup_(complaint_release) struct complaint c = { 0 };
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	cyaml_config_t config;
	cyaml_err_t code;
	void *loaded = NULL;

	yaml_marks_release(marks);
	if (file_read(path, &text, err) < 0 ||
	    read_marks(path, &text, marks, err) < 0)
		return -1;
	marks->path = xstrdup(path);
	config_init(&config, &c);
	code = cyaml_load_data((const uint8_t *)text.buf, text.len, &config,
			       schema, &loaded, NULL);
	if (code != CYAML_OK)
		return explain(path, schema, &c, marks, code, err);
	if (!loaded)
		return errbuf_set(err, "%s:1: the file is empty", path);
	*data = loaded;
	return 0;
}

void yamlfile_free(const cyaml_schema_value_t *schema, void *data)
{
	cyaml_config_t config;

	config_init(&config, NULL);
	cyaml_free(&config, schema, data, 0);
}
