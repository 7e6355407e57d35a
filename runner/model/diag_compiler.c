// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads what gcc, clang and GNU as print.
 *
 * One message is a group of lines, and the two compilers group them
 * differently:
 *  - gcc heads a message with "In file included from A:1," + "   from B:2:"
 *    (innermost first) and with "FILE: In function 'f':", which stays in force
 *    until the next such heading; clang heads each message with one "In file
 *    included from" line a file, outermost first, and names no function;
 *  - gcc (11 and later) leaves out the part of a chain that it printed before
 *    in the same run, and all of it when the file is that of the message
 *    before: complete_chain() puts it back from the block's earlier messages;
 *  - both put notes after the message, and source text with carets;
 *  - as prints "FILE: Assembler messages:" once and then "FILE:LINE: Error: ".
 *
 * Sources: gcc's gcc/diagnostic.cc and gcc/langhooks.cc
 * (lhd_print_error_function), clang's lib/Frontend/TextDiagnostic.cpp,
 * binutils' gas/messages.c.
 */
#include "model/diag_parse.h"

#include "sys/mem.h"

#include <string.h>

#define CHAIN_MAX 256
/* A block with thousands of messages must not take quadratic time. */
#define LOOK_BACK 200

static void chain_put(struct diag_parser *p, size_t at,
		      const struct diag_place *pl)
{
	char *file = diag_path_n(p, pl->file, pl->len);

	if (!file || p->nr_chain >= CHAIN_MAX) {
		free(file);
		return;
	}
	GROW(p->chain, p->nr_chain, p->alloc_chain);
	memmove(p->chain + at + 1, p->chain + at,
		(p->nr_chain - at) * sizeof(*p->chain));
	p->chain[at] = (struct diag_from){ .file = file, .line = pl->line };
	p->nr_chain++;
}

static void chain_drop(struct diag_parser *p)
{
	for (size_t i = 0; i < p->nr_chain; i++)
		free(p->chain[i].file);
	p->nr_chain = 0;
}

/* "In file included from A:1:" and "                 from B:2," */
static bool chain_line(struct diag_parser *p, const char *line)
{
	static const char head[] = "In file included from ";
	const char *s = line;
	struct diag_place pl;
	size_t n;
	bool first = starts_with(line, head);

	if (first) {
		s += strlen(head);
	} else {
		s += strspn(s, " ");
		if (s - line < 8 || !starts_with(s, "from "))
			return false;
		s += strlen("from ");
	}
	n = strcspn(s, " ");
	if (s[n] || !n || (s[n - 1] != ':' && s[n - 1] != ','))
		return false;
	diag_place_parse(&pl, s, n - 1);
	/* gcc's continuation goes outwards, clang's next line inwards */
	chain_put(p, first ? 0 : p->nr_chain, &pl);
	return true;
}

static void copy_chain(struct diagnostic *d, const struct diag_from *from,
		       size_t nr)
{
	if (d->nr_from + nr > CHAIN_MAX)
		nr = CHAIN_MAX - d->nr_from;
	if (!nr)
		return;
	d->from = xrealloc(d->from, (d->nr_from + nr) * sizeof(*d->from));
	for (size_t i = 0; i < nr; i++)
		d->from[d->nr_from++] = (struct diag_from){
			.file = xstrdup(from[i].file), .line = from[i].line
		};
}

/* Puts back what gcc left out because it had printed it before. */
static void complete_chain(struct diag_parser *p, struct diagnostic *d)
{
	const char *outer = d->nr_from ? d->from[d->nr_from - 1].file : d->file;
	size_t self = d - p->out->v, seen = 0;

	if (!outer)
		return;
	for (size_t i = self; i-- > p->block && seen++ < LOOK_BACK;) {
		const struct diagnostic *e = &p->out->v[i];

		if (streq_null(e->file, outer)) {
			copy_chain(d, e->from, e->nr_from);
			return;
		}
		for (size_t k = 0; k < e->nr_from; k++) {
			if (strcmp(e->from[k].file, outer))
				continue;
			copy_chain(d, e->from + k + 1, e->nr_from - k - 1);
			return;
		}
	}
}

static void set_function(struct diag_parser *p, char *name)
{
	free(p->function);
	p->function = name;
}

/* "FILE: In function 'f':", "FILE: At top level:" */
static bool heading_line(struct diag_parser *p, const char *rest)
{
	size_t n = strlen(rest);

	if (!n || (rest[n - 1] != ':' && rest[n - 1] != ','))
		return false;
	if (!strcmp(rest, "At top level:") ||
	    !strcmp(rest, "At global scope:")) {
		set_function(p, NULL);
	} else if (starts_with(rest, "In ") && strstr(rest, "function ")) {
		set_function(p, diag_quoted(rest));
		p->in_heading = rest[n - 1] == ',';
	} else if (strcmp(rest, "Assembler messages:")) {
		return false;
	}
	free(p->inlined);
	p->inlined = NULL;
	return true;
}

/*
 * "    inlined from 'g' at FILE:12:3:" below a heading. The function that
 * counts is the last: it exists in the object, the others are copied into
 * many.
 */
static bool inlined_line(struct diag_parser *p, const char *line)
{
	const char *s = line + strspn(line, " "), *at;
	struct diag_place pl;
	_cleanup_free_ char *file = NULL, *inner = NULL;
	size_t n;

	if (!p->in_heading || s == line || !starts_with(s, "inlined from "))
		return false;
	at = strstr(s, " at ");
	n = at ? strlen(at) : 0;
	if (n < 6)
		return false;
	p->in_heading = at[n - 1] == ',';
	diag_place_parse(&pl, at + 4, n - 5);
	file = diag_path_n(p, pl.file, pl.len);
	inner = STEAL(p->function);
	p->function = diag_quoted(s);
	if (!p->inlined && inner && file)
		p->inlined = xasprintf("'%s' inlined at %s:%u", inner, file,
				       pl.line);
	return true;
}

/*
 * Takes "[-Wname]" off the end of the message. gcc: "[-Werror=name]"; clang:
 * "[-Werror,-Wname]"; both mean "-Wname".
 */
static char *take_option(char *message)
{
	size_t n = strlen(message);
	char *open = strrchr(message, '['), *s, *ret;

	if (!open || open == message || open[-1] != ' ' || open[1] != '-' ||
	    !n || message[n - 1] != ']' || strchr(open, ' '))
		return NULL;
	message[n - 1] = '\0';
	s = strrchr(open, ',');
	s = s ? s + 1 : open + 1;
	if (starts_with(s, "-Werror="))
		ret = xasprintf("-W%s", s + strlen("-Werror="));
	else
		ret = xstrdup(s);
	open[-1] = '\0';
	return ret;
}

struct severity_word {
	const char *word;
	const char *tool;
	enum diag_severity severity;
	bool fatal;
	bool keep; /* the word is a part of the message */
};

static const struct severity_word words[] = {
	{ "error: ", "cc", DIAG_ERROR, false, false },
	{ "warning: ", "cc", DIAG_WARNING, false, false },
	{ "fatal error: ", "cc", DIAG_ERROR, true, false },
	{ "internal compiler error: ", "cc", DIAG_ERROR, true, true },
	{ "sorry, unimplemented: ", "cc", DIAG_ERROR, false, true },
	{ "Error: ", "as", DIAG_ERROR, false, false },
	{ "Warning: ", "as", DIAG_WARNING, false, false },
	{ "Fatal error: ", "as", DIAG_ERROR, true, false },
	{ "Internal error: ", "as", DIAG_ERROR, true, true },
};

static const struct severity_word *find_word(const char *rest)
{
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (starts_with(rest, words[i].word))
			return &words[i];
	return NULL;
}

/*
 * A note on a macro's expansion says less than any other, and of several the
 * last says most: it names the place where the code under test used the macro.
 */
static void note_line(struct diag_parser *p, const struct diag_place *pl,
		      const char *text)
{
	struct diagnostic *d = diag_last(p);
	_cleanup_free_ char *file = NULL, *s = NULL;

	chain_drop(p);
	/* a note of its own, and one that says nothing */
	if (!d || strstr(text, "#pragma message:") ||
	    starts_with(text, "each undeclared identifier is reported"))
		return;
	if (starts_with(text, "in definition of macro") ||
	    starts_with(text, "expanded from macro"))
		return;
	if (starts_with(text, "in expansion of macro")) {
		if (d->note && !p->note_is_macro)
			return;
		file = diag_path_n(p, pl->file, pl->len);
		s = xasprintf("%s at %s:%u", text, file ? file : "?", pl->line);
		free(d->note);
		d->note = NULL;
		diag_add_note(p, d, s);
		p->note_is_macro = true;
		return;
	}
	if (d->note && !p->note_is_macro)
		return;
	free(d->note);
	d->note = NULL;
	diag_add_note(p, d, text);
	p->note_is_macro = false;
}

static void message_line(struct diag_parser *p, const struct diag_place *pl,
			 const struct severity_word *w, const char *rest)
{
	const char *text = w->keep ? rest : rest + strlen(w->word);
	_cleanup_free_ char *message = xstrdup(text);
	char *option = take_option(message);
	struct diagnostic *d;

	d = diag_add(p, w->tool, w->severity, message);
	d->option = option;
	d->fatal = w->fatal;
	if (pl)
		d->file = diag_path_n(p, pl->file, pl->len);
	if (d->file) {
		d->line = pl->line;
		d->column = pl->column;
	}
	d->function = xstrdup_null(p->function);
	d->from = STEAL(p->chain);
	d->nr_from = p->nr_chain;
	p->nr_chain = p->alloc_chain = 0;
	complete_chain(p, d);
	if (p->inlined)
		diag_add_note(p, d, p->inlined);
	p->note_is_macro = p->inlined != NULL;
	free(p->inlined);
	p->inlined = NULL;
	p->located = true;
}

/* "x.c" but not "kernel" of "kernel: error: ...". */
static bool is_source_name(const struct diag_place *pl)
{
	const char *slash = memrchr(pl->file, '/', pl->len);
	size_t skip = slash ? (size_t)(slash - pl->file) : 0;

	return pl->line || memchr(pl->file + skip, '.', pl->len - skip) ||
	       pl->file[0] == '<' || pl->file[0] == '{';
}

/* as: "/tmp/ccXXXX.s" is no file that anybody can look at. */
static bool is_temporary(const struct diag_place *pl)
{
	return pl->len > 7 && !strncmp(pl->file, "/tmp/cc", 7);
}

/* Messages without a file: "cc1: error: ...", clang's "error: ...". */
static bool toolless_line(struct diag_parser *p, const char *line)
{
	const struct severity_word *w = find_word(line);

	/* clang ends so after -ferror-limit: it says only that it stopped */
	if (starts_with(line, "fatal error: too many errors emitted")) {
		struct diagnostic *d = diag_last(p);

		if (d && d->severity == DIAG_ERROR)
			d->fatal = true;
		return true;
	}
	if (!w || strcmp(w->tool, "cc") || !p->unit_is_object)
		return false;
	message_line(p, NULL, w, line);
	return true;
}

bool diag_compiler_line(struct diag_parser *p, const char *line)
{
	struct diag_place pl;
	const struct severity_word *w;
	const char *rest;

	p->located = false;
	if (chain_line(p, line) || inlined_line(p, line))
		return true;
	p->in_heading = false;
	if (*line == ' ' || !*line)
		return false;
	/* where it was inlined, gcc leaves the file out of the heading */
	if (toolless_line(p, line) || heading_line(p, line))
		return true;
	rest = diag_place_split(line, &pl);
	if (!rest)
		return false;
	/* "x.o: In function `f':" is a heading of ld */
	if ((pl.len < 2 || strncmp(pl.file + pl.len - 2, ".o", 2)) &&
	    heading_line(p, rest))
		return true;
	if (starts_with(rest, "note: ") || starts_with(rest, "Info: ")) {
		note_line(p, &pl, rest + strlen("note: "));
		p->located = true;
		return true;
	}
	w = find_word(rest);
	if (!w || starts_with(rest + strlen(w->word), "objtool: "))
		return false;
	if (diag_is_compiler(pl.file, pl.len) && !pl.line) {
		/* "collect2: error: ld returned 1 exit status" */
		if (!strstr(rest, "ld returned"))
			message_line(p, NULL, w, rest);
		return true;
	}
	if (!strncmp(pl.file, "as:", 3) || is_temporary(&pl)) {
		message_line(p, NULL, w, rest);
		return true;
	}
	if (!is_source_name(&pl) || diag_is_linker(pl.file, pl.len))
		return false;
	message_line(p, &pl, w, rest);
	return true;
}

/* Nothing but blanks, carets and tildes, and at least one of these. */
static bool is_caret_line(const char *s)
{
	return s[strspn(s, " ^~")] == '\0' && strpbrk(s, "^~");
}

bool diag_skip_source_echo(struct diag_parser *p, struct diag_lines *l)
{
	struct diag_place pl;
	const char *rest;

	if (!p->located || !l->has_next || !is_caret_line(l->next.buf))
		return false;
	/* A real message may stand here; one that source text fakes does no
	 * more harm than an #error. */
	rest = diag_place_split(l->cur.buf, &pl);
	if (rest && pl.line && find_word(rest))
		return false;
	p->located = false;
	return diag_lines_advance(l);
}

void diag_parse_compiler(struct diag_list *out, const char *unit,
			 const char *text, size_t len, const char *srctree,
			 const char *objtree)
{
	_cleanup_diag_lines_ struct diag_lines l;
	struct diag_parser p;

	diag_parser_init(&p, out, srctree, objtree);
	diag_block_open(&p, "CC", unit);
	p.unit_is_object = true;
	diag_lines_init(&l, text, len);
	while (diag_lines_advance(&l)) {
		if (!diag_skip_source_echo(&p, &l))
			diag_compiler_line(&p, l.cur.buf);
	}
	diag_parser_release(&p);
}
