// SPDX-License-Identifier: GPL-2.0-only
#include "engine/look_tree.h"

#include "sys/fileio.h"
#include "sys/mem.h"
#include "sys/strbuf.h"

#include <ctype.h>

#define MOST_LINES (1u << 20) /* of a file: a marker may say any number */

void look_names_release(struct look_names *n)
{
	strmap_each(e, &n->names)
		free(strmap_value(e));
	strmap_release(&n->names);
	strmap_release(&n->spellings);
}

const char *look_name(struct look_names *n, const char *path)
{
	char *known = strmap_get(&n->names, path);

	if (!known) {
		known = xstrdup(path);
		strmap_set(&n->names, path, known);
	}
	return known;
}

void look_tree_release(struct look_tree *t)
{
	for (size_t i = 0; i < t->nr_lines; i++)
		free(t->lines[i].seen);
	free(t->lines);
	if (!t->borrowed) {
		free(t->v);
		free(t->skips);
	}
	*t = (struct look_tree){ 0 };
}

/* ---- the parser ------------------------------------------------------------- */

struct parser {
	struct look_tree *t;
	struct look_names *names;
	const char *srctree;
	const struct strlist *want;
	int cur;	 /* enter whose text follows; -1: none */
	unsigned line;	 /* of the text that follows */
	int *stack;	 /* enters to return to */
	size_t nr, alloc;
	long lines_at; /* look_lines of cur, -1: not wanted */
	/* An #include that was read; has_include: nothing came of it yet. */
	bool has_include;
	struct look_skip include;
};

static const char *spelling(struct parser *p, const char *raw, size_t len)
{
	_cleanup_free_ char *text = xstrndup(raw, len);
	char *known = strmap_get(&p->names->spellings, text);
	_cleanup_free_ char *norm = NULL;
	size_t n = strlen(p->srctree);

	if (known)
		return known;
	norm = path_normalize(text);
	if (!strncmp(norm, p->srctree, n) && norm[n] == '/')
		known = (char *)look_name(p->names, norm + n + 1);
	else
		known = (char *)look_name(p->names, norm);
	strmap_set(&p->names->spellings, text, known);
	return known;
}

static void set_current(struct parser *p, int cur)
{
	struct look_tree *t = p->t;
	const char *file = cur >= 0 ? t->v[cur].file : NULL;

	p->cur = cur;
	p->lines_at = -1;
	if (!file || !p->want || !strlist_has_sorted(p->want, file))
		return;
	for (size_t i = 0; i < t->nr_lines; i++)
		if (t->lines[i].file == file)
			p->lines_at = (long)i;
	if (p->lines_at >= 0)
		return;
	GROW(t->lines, t->nr_lines, t->alloc_lines);
	t->lines[t->nr_lines] = (struct look_lines){ .file = file };
	p->lines_at = (long)t->nr_lines++;
}

/* The #include read last led nowhere. */
static void end_include(struct parser *p)
{
	struct look_tree *t = p->t;

	if (!p->has_include)
		return;
	GROW(t->skips, t->nr_skips, t->alloc_skips);
	t->skips[t->nr_skips++] = p->include;
	p->has_include = false;
}

static void enter(struct parser *p, const char *file, unsigned line)
{
	struct look_tree *t = p->t;

	if (p->has_include && p->include.in == p->cur)
		p->has_include = false;
	GROW(p->stack, p->nr, p->alloc);
	p->stack[p->nr++] = p->cur;
	if (!file) {
		set_current(p, -1);
		return;
	}
	GROW(t->v, t->nr, t->alloc);
	t->v[t->nr++] = (struct look_enter){
		.file = file,
		.parent = p->cur,
		.line = p->cur >= 0 ? p->line : 0,
	};
	set_current(p, (int)t->nr - 1);
	p->line = line;
}

/* file NULL: "<command-line>" and the like. */
static bool is_at(const struct parser *p, int at, const char *file)
{
	return at < 0 ? !file : p->t->v[at].file == file;
}

static void go_back(struct parser *p, const char *file)
{
	int at = p->cur;

	end_include(p);
	while (p->nr) {
		at = p->stack[--p->nr];
		if (is_at(p, at, file))
			break;
	}
	set_current(p, is_at(p, at, file) ? at : -1);
}

static void stay(struct parser *p, const char *file)
{
	if (is_at(p, p->cur, file))
		return;
	if (file && !p->t->nr) {
		p->t->v = xcalloc(16, sizeof(*p->t->v));
		p->t->alloc = 16;
		p->t->v[p->t->nr++] =
			(struct look_enter){ .file = file, .parent = -1 };
	}
	/* Anything else is a #line, whose text is nobody's. */
	set_current(p, file && is_at(p, 0, file) ? 0 : -1);
}

/* # LINE "FILE" FLAGS; false when the line is none. */
static bool marker(struct parser *p, const char *s, const char *end)
{
	const char *name, *close;
	unsigned long line = 0;
	const char *file;
	int flag = 0;

	if (end - s < 5 || s[0] != '#' || s[1] != ' ' ||
	    !isdigit((unsigned char)s[2]))
		return false;
	for (s += 2; s < end && isdigit((unsigned char)*s); s++)
		line = line * 10 + (unsigned)(*s - '0');
	if (end - s < 3 || s[0] != ' ' || s[1] != '"')
		return false;
	name = s + 2;
	for (close = name; close < end && *close != '"'; close++)
		close += *close == '\\' && close + 1 < end;
	if (close >= end)
		return false;
	if (end - close >= 3 && close[1] == ' ')
		flag = close[2] - '0';
	file = *name == '<' ? NULL : spelling(p, name, close - name);
	if (flag == 1)
		enter(p, file, line);
	else if (flag == 2)
		go_back(p, file);
	else
		stay(p, file);
	p->line = line;
	return true;
}

static void note_include(struct parser *p, const char *s, const char *end)
{
	const char *name, *close;

	for (s++; s < end && (*s == ' ' || *s == '\t'); s++)
		;
	if (end - s < 8 || strncmp(s, "include", 7))
		return;
	name = memchr(s, '<', end - s);
	close = name ? memchr(name, '>', end - name) : NULL;
	if (!close) {
		name = memchr(s, '"', end - s);
		close = name ? memchr(name + 1, '"', end - name - 1) : NULL;
	}
	if (!close)
		return;
	{
		_cleanup_free_ char *text = xstrndup(name, close + 1 - name);

		p->include = (struct look_skip){
			.in = p->cur,
			.line = p->line,
			.name = look_name(p->names, text),
		};
	}
	p->has_include = true;
}

static void see(struct parser *p)
{
	struct look_lines *l;

	if (p->lines_at < 0 || p->line >= MOST_LINES)
		return;
	l = &p->t->lines[p->lines_at];
	if (p->line >= l->nr) {
		unsigned nr = p->line * 2 + 64;

		l->seen = xrealloc(l->seen, nr);
		memset(l->seen + l->nr, 0, nr - l->nr);
		l->nr = nr;
	}
	l->seen[p->line] = 1;
}

static void text_line(struct parser *p, const char *s, const char *end)
{
	const char *from = s;

	while (s < end && isspace((unsigned char)*s))
		s++;
	if (s < end && p->cur >= 0) {
		p->t->v[p->cur].bytes += end - from + 1;
		p->t->v[p->cur].lines++;
		see(p);
		end_include(p);
		if (*s == '#')
			note_include(p, s, end);
	}
	p->line++;
}

bool look_tree_parse(struct look_tree *t, const char *text, size_t len,
		     const char *srctree, const struct strlist *want,
		     struct look_names *names)
{
	struct parser p = {
		.t = t,
		.names = names,
		.srctree = srctree,
		.want = want,
		.cur = -1,
		.lines_at = -1,
	};
	const char *end = text + len;

	for (const char *s = text; s < end;) {
		const char *eol = memchr(s, '\n', end - s);

		if (!eol)
			eol = end;
		if (!marker(&p, s, eol))
			text_line(&p, s, eol);
		s = eol + 1;
	}
	end_include(&p);
	free(p.stack);
	return t->nr != 0;
}

/* ---- questions --------------------------------------------------------------- */

bool look_tree_sees(const struct look_tree *t, const char *file, unsigned line)
{
	for (size_t i = 0; i < t->nr_lines; i++)
		if (!strcmp(t->lines[i].file, file))
			return line < t->lines[i].nr && t->lines[i].seen[line];
	return false;
}

int look_tree_find(const struct look_tree *t, const char *file)
{
	for (size_t i = 0; i < t->nr; i++)
		if (t->v[i].file == file)
			return (int)i;
	return -1;
}

char *look_tree_chain(const struct look_tree *t, int at)
{
	_cleanup_free_ char *rest = xstrdup(t->v[at].file);

	while (t->v[at].parent >= 0) {
		int up = t->v[at].parent;
		char *longer = xasprintf("%s:%u -> %s", t->v[up].file,
					 t->v[at].line, rest);

		free(rest);
		rest = longer;
		at = up;
	}
	return STEAL(rest);
}

static bool same_lines(const struct look_lines *a, const struct look_lines *b)
{
	unsigned nr = a->nr > b->nr ? a->nr : b->nr;

	if (a->file != b->file)
		return false;
	for (unsigned i = 0; i < nr; i++)
		if ((i < a->nr && a->seen[i]) != (i < b->nr && b->seen[i]))
			return false;
	return true;
}

static bool same_includes(const struct look_tree *a, const struct look_tree *b)
{
	if (a->nr != b->nr || a->nr_skips != b->nr_skips)
		return false;
	for (size_t i = 0; i < a->nr; i++)
		if (a->v[i].file != b->v[i].file ||
		    a->v[i].parent != b->v[i].parent ||
		    a->v[i].line != b->v[i].line)
			return false;
	for (size_t i = 0; i < a->nr_skips; i++)
		if (a->skips[i].in != b->skips[i].in ||
		    a->skips[i].line != b->skips[i].line ||
		    a->skips[i].name != b->skips[i].name)
			return false;
	return true;
}

bool look_tree_equal(const struct look_tree *a, const struct look_tree *b)
{
	if (a->nr_lines != b->nr_lines || !same_includes(a, b))
		return false;
	for (size_t i = 0; i < a->nr_lines; i++)
		if (!same_lines(&a->lines[i], &b->lines[i]))
			return false;
	return true;
}

void look_tree_share(struct look_tree *t, const struct look_tree *other)
{
	if (t->borrowed || !same_includes(t, other))
		return;
	free(t->v);
	free(t->skips);
	t->v = other->v;
	t->skips = other->skips;
	t->borrowed = true;
}
