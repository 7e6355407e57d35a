// SPDX-License-Identifier: GPL-2.0-only
/*
 * A line reader. The two traps of the language for such a reader: help texts,
 * which hold lines like "depends on" and "config" and end only where the
 * indentation falls back, and blocks (if, menu, choice), whose conditions hold
 * for everything inside. Blocks never span files except "if" and "menu" around a
 * source line, so one stack of conditions follows the sources down.
 */
#include "engine/kconfig_text.h"

#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/mem.h"
#include "sys/strbuf.h"

#include <ctype.h>
#include <glob.h>

/* A tree that sources itself must not hang us. */
#define DEEPEST 32

enum block { BLOCK_IF, BLOCK_MENU, BLOCK_CHOICE };

struct frame {
	enum block kind;
	int choice; /* BLOCK_CHOICE: its id */
	struct strlist conditions;
};

struct reader {
	struct kconfig *k;
	const char *srctree;
	const char *srcarch;
	struct frame *stack;
	size_t depth;
	size_t alloc;
	unsigned files;	/* nesting of source lines */
	const char *file; /* that is read now, and the line it is at */
	unsigned line;
	/* Where "depends on" goes: the last definition, the frame on top, or
	 * nowhere (a comment). */
	enum { TO_NOTHING, TO_DEF, TO_FRAME } to;
	/* Inside a help text: its indentation; -1: no line of it yet. */
	bool help;
	int help_indent;
};

static void def_release(struct kconfig_def *d)
{
	free(d->symbol);
	free(d->file);
	free(d->prompt_if);
	free(d->range);
	strlist_release(&d->depends);
	strlist_release(&d->selects);
}

void kconfig_release(struct kconfig *k)
{
	for (size_t i = 0; i < k->nr; i++)
		def_release(&k->defs[i]);
	free(k->defs);
	strlist_release(&k->symbols);
	*k = (struct kconfig){ 0 };
}

/* The text after WORD when line begins with that word, or NULL. */
static const char *after(const char *line, const char *word)
{
	size_t n = strlen(word);

	if (strncmp(line, word, n) != 0 ||
	    (line[n] && !isspace((unsigned char)line[n]) && line[n] != '"'))
		return NULL;
	line += n;
	while (isspace((unsigned char)*line))
		line++;
	return line;
}

static void push(struct reader *r, enum block kind)
{
	GROW(r->stack, r->depth, r->alloc);
	r->stack[r->depth] = (struct frame){ .kind = kind, .choice = -1 };
	if (kind == BLOCK_CHOICE)
		r->stack[r->depth].choice = r->k->choices++;
	r->depth++;
	r->to = TO_FRAME;
}

static void pop(struct reader *r)
{
	if (r->depth)
		strlist_release(&r->stack[--r->depth].conditions);
	r->to = TO_NOTHING;
}

static struct kconfig_def *current(struct reader *r)
{
	return r->to == TO_DEF ? &r->k->defs[r->k->nr - 1] : NULL;
}

/* The file that is read, as the tree calls it. */
static char *file_name(const struct reader *r)
{
	const char *name = r->file;

	if (starts_with(name, r->srctree)) {
		name += strlen(r->srctree);
		name += strspn(name, "/");
	}
	return path_normalize(name);
}

static void begin_def(struct reader *r, const char *symbol)
{
	struct kconfig *k = r->k;
	struct kconfig_def *d;

	GROW(k->defs, k->nr, k->alloc);
	d = &k->defs[k->nr++];
	*d = (struct kconfig_def){
		.symbol = xstrdup(symbol),
		.file = file_name(r),
		.line = r->line,
		.choice = -1,
	};
	for (size_t i = 0; i < r->depth; i++) {
		strlist_cat(&d->depends, &r->stack[i].conditions);
		if (r->stack[i].kind == BLOCK_CHOICE)
			d->choice = r->stack[i].choice;
	}
	strlist_add(&k->symbols, symbol);
	r->to = TO_DEF;
}

static void add_condition(struct reader *r, const char *text)
{
	if (r->to == TO_DEF)
		strlist_add(&current(r)->depends, text);
	else if (r->to == TO_FRAME && r->depth)
		strlist_add(&r->stack[r->depth - 1].conditions, text);
}

/* A prompt's text, then perhaps "if COND". */
static void set_prompt(struct kconfig_def *d, const char *text)
{
	char q = *text;
	const char *cond;

	if (q != '"' && q != '\'')
		return;
	for (text++; *text && *text != q; text++)
		if (*text == '\\' && text[1])
			text++;
	d->prompt = true;
	if (!*text)
		return;
	for (text++; isspace((unsigned char)*text); text++)
		;
	cond = after(text, "if");
	free(d->prompt_if);
	d->prompt_if = xstrdup_null(cond);
}

/* Lines that describe the current definition; false: another kind of line. */
static bool def_line(struct kconfig_def *d, const char *line)
{
	const char *rest;

	if ((rest = after(line, "bool"))) {
		d->boolean = true;
		set_prompt(d, rest);
	} else if ((rest = after(line, "tristate")) ||
		   (rest = after(line, "prompt")) ||
		   (rest = after(line, "string")) ||
		   (rest = after(line, "int")) ||
		   (rest = after(line, "hex"))) {
		set_prompt(d, rest);
	} else if (after(line, "def_bool")) {
		d->boolean = true;
	} else if ((rest = after(line, "select"))) {
		strlist_add(&d->selects, rest);
	} else if ((rest = after(line, "range"))) {
		free(d->range);
		d->range = xstrdup(rest);
	} else {
		return false;
	}
	return true;
}

static void read_file(struct reader *r, const char *path);

/* source and its kin: "PATTERN", relative to srctree or to the file. */
static void source(struct reader *r, const char *text, const char *from,
		   bool relative)
{
	static const char *const vars[] = { "$(SRCARCH)", "$SRCARCH" };
	_cleanup_strbuf_ struct strbuf path = STRBUF_INIT;
	const char *slash = strrchr(from, '/');
	glob_t found;

	if (relative && slash)
		strbuf_add(&path, from, slash - from + 1);
	else
		strbuf_addf(&path, "%s/", r->srctree);
	for (text += *text == '"'; *text && *text != '"';) {
		size_t v = 0;

		while (v < ARRAY_SIZE(vars) && !starts_with(text, vars[v]))
			v++;
		if (v < ARRAY_SIZE(vars)) {
			strbuf_addstr(&path, r->srcarch);
			text += strlen(vars[v]);
		} else {
			strbuf_addch(&path, *text++);
		}
	}
	if (!glob(path.buf, 0, NULL, &found))
		for (size_t i = 0; i < found.gl_pathc; i++)
			read_file(r, found.gl_pathv[i]);
	globfree(&found);
}

static bool source_line(struct reader *r, const char *line, const char *from)
{
	const char *rest;

	if ((rest = after(line, "source")) || (rest = after(line, "osource")))
		source(r, rest, from, false);
	else if ((rest = after(line, "rsource")) ||
		 (rest = after(line, "orsource")))
		source(r, rest, from, true);
	else
		return false;
	r->to = TO_NOTHING;
	return true;
}

static bool block_line(struct reader *r, const char *line)
{
	const char *rest;

	if ((rest = after(line, "if"))) {
		push(r, BLOCK_IF);
		add_condition(r, rest);
		r->to = TO_NOTHING;
	} else if (after(line, "menu")) {
		push(r, BLOCK_MENU);
	} else if (after(line, "choice")) {
		push(r, BLOCK_CHOICE);
	} else if (after(line, "endif") || after(line, "endmenu") ||
		   after(line, "endchoice")) {
		pop(r);
	} else if (after(line, "comment") || after(line, "mainmenu")) {
		r->to = TO_NOTHING;
	} else if ((rest = after(line, "config")) ||
		   (rest = after(line, "menuconfig"))) {
		begin_def(r, rest);
	} else {
		return false;
	}
	return true;
}

static void plain_line(struct reader *r, const char *line, const char *from)
{
	const char *rest;

	if (after(line, "help") || after(line, "---help---")) {
		r->help = true;
		r->help_indent = -1;
	} else if ((rest = after(line, "depends"))) {
		const char *cond = after(rest, "on");

		if (cond)
			add_condition(r, cond);
	} else if (!block_line(r, line) && !source_line(r, line, from) &&
		   current(r)) {
		def_line(current(r), line);
	}
}

static int indent_of(const char *line)
{
	int n = 0;

	for (; *line == ' ' || *line == '\t'; line++)
		n = *line == '\t' ? (n | 7) + 1 : n + 1;
	return n;
}

/* True when the line still belongs to a help text. */
static bool in_help(struct reader *r, const char *line)
{
	int indent = indent_of(line);

	if (!r->help)
		return false;
	if (!line[strspn(line, " \t\r")])
		return true;
	if (r->help_indent < 0 && indent > 0)
		r->help_indent = indent;
	if (r->help_indent >= 0 && indent >= r->help_indent)
		return true;
	r->help = false;
	return false;
}

/* Takes the comment and the blanks off; a '#' in quotes is none. */
static void trim(char *line)
{
	char quote = 0;
	size_t n = 0;

	for (; line[n]; n++) {
		if (quote && line[n] == '\\' && line[n + 1])
			n++;
		else if (quote && line[n] == quote)
			quote = 0;
		else if (!quote && (line[n] == '"' || line[n] == '\''))
			quote = line[n];
		else if (!quote && line[n] == '#')
			break;
	}
	while (n && isspace((unsigned char)line[n - 1]))
		n--;
	line[n] = '\0';
}

/* The next logical line of *text, backslash-newline joined; nr counts the real
 * ones. Owned. */
static char *next_line(const char **text, unsigned *nr)
{
	struct strbuf sb = STRBUF_INIT;

	for (;;) {
		size_t len = strcspn(*text, "\n");
		bool more = len && (*text)[len - 1] == '\\' && (*text)[len];

		strbuf_add(&sb, *text, more ? len - 1 : len);
		*text += len + !!(*text)[len];
		++*nr;
		if (!more)
			return strbuf_detach(&sb);
		strbuf_addch(&sb, ' ');
	}
}

static void read_file(struct reader *r, const char *path)
{
	_cleanup_errbuf_ struct errbuf ignored = ERRBUF_INIT;
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	const char *at;
	unsigned nr = 0;

	if (r->files == DEEPEST || file_read(path, &text, &ignored) < 0)
		return;
	r->files++;
	r->help = false;
	r->to = TO_NOTHING;
	for (at = text.buf; *at;) {
		unsigned first = nr + 1;
		_cleanup_free_ char *line = next_line(&at, &nr);

		if (in_help(r, line))
			continue;
		trim(line);
		r->file = path; /* again, after a file that this one sources */
		r->line = first;
		plain_line(r, line + strspn(line, " \t"), path);
	}
	r->help = false;
	r->files--;
}

void kconfig_read(struct kconfig *k, const char *srctree, const char *srcarch)
{
	struct reader r = { .k = k, .srctree = srctree, .srcarch = srcarch };
	_cleanup_free_ char *top = path_join(srctree, "Kconfig");

	read_file(&r, top);
	while (r.depth)
		pop(&r);
	free(r.stack);
	strlist_sort(&k->symbols);
}
