// SPDX-License-Identifier: GPL-2.0-only
/*
 * A lexer that knows comments, strings, directives and braces, and a parser
 * that looks at one declaration of file level at a time: its last few tokens
 * and what kind of braces are open. Branches of one #if may each open the same
 * brace, so #else begins with the braces that were open at its #if.
 */
#include "engine/ctext.h"

#include "sys/mem.h"
#include "sys/strbuf.h"

#include <ctype.h>

#define MAX_DEPTH 64
#define MAX_NAME 128

enum brace { BRACE_BODY, BRACE_TYPE, BRACE_ENUM };

/* One #if that is open. */
struct level {
	const struct ctext_cond *cond; /* NULL: the guard of the header */
	char *expr;		       /* of the last branch */
	char *text;
	unsigned depth; /* of braces at the #if */
	bool guard;
};

struct token {
	char name[MAX_NAME]; /* "" for a character */
	char c;		     /* character, or 'a' for a name, '0' number */
};

struct scan {
	struct ctext *t;
	const struct strmap *wanted;
	const char *at, *end;
	unsigned line;
	struct level levels[MAX_DEPTH];
	unsigned nr_levels, skipped_levels;
	enum brace braces[MAX_DEPTH];
	char types[MAX_DEPTH][MAX_NAME]; /* "struct kvm" of BRACE_TYPE, or "" */
	unsigned depth;			 /* open braces */
	unsigned parens;
	/* The declaration that is being read. */
	struct token last, last2, last3;
	char keyword[8];	  /* struct, union or enum, the last one seen */
	char type_name[MAX_NAME]; /* the name after it */
	char first[MAX_NAME];	  /* its first name */
	unsigned nr_tokens;
	bool assigned; /* '=' seen */
	bool exports;
	char guard[MAX_NAME]; /* name of an #ifndef that may be a guard */
	bool begun;	      /* something but comments was there */
};

static const struct ctext_cond *cond_now(const struct scan *s)
{
	for (unsigned i = s->nr_levels; i-- > 0;)
		if (s->levels[i].cond)
			return s->levels[i].cond;
	return NULL;
}

static void add_decl(struct scan *s, enum ctext_kind kind, const char *name)
{
	struct ctext *t = s->t;

	if (!strmap_has(s->wanted, name))
		return;
	GROW(t->decls, t->nr_decls, t->alloc_decls);
	t->decls[t->nr_decls++] = (struct ctext_decl){
		.kind = kind,
		.line = s->line,
		.name = xstrdup(name),
		.cond = cond_now(s),
	};
}

/* ---- directives ------------------------------------------------------------
 */

/* The directive's line without comments and continuations; at moves on. */
static void read_directive(struct scan *s, struct strbuf *out)
{
	while (s->at < s->end && *s->at != '\n') {
		if (*s->at == '\\' && s->at + 1 < s->end && s->at[1] == '\n') {
			s->line++;
			s->at += 2;
			strbuf_addch(out, ' ');
		} else if (s->at + 1 < s->end && !memcmp(s->at, "/*", 2)) {
			const char *close =
				memmem(s->at + 2, (size_t)(s->end - s->at - 2),
				       "*/", 2);

			close = close ? close + 2 : s->end;
			for (; s->at < close; s->at++)
				s->line += *s->at == '\n';
			strbuf_addch(out, ' ');
		} else if (s->at + 1 < s->end && !memcmp(s->at, "//", 2)) {
			while (s->at < s->end && *s->at != '\n')
				s->at++;
		} else {
			strbuf_addch(out, *s->at++);
		}
	}
	while (out->len && isspace((unsigned char)out->buf[out->len - 1]))
		strbuf_setlen(out, out->len - 1);
}

static const struct ctext_cond *
new_cond(struct scan *s, char *text, const char *expr, bool not, unsigned line)
{
	struct ctext *t = s->t;
	struct ctext_cond *c = xcalloc(1, sizeof(*c));

	*c = (struct ctext_cond){
		.text = text,
		.expr = xstrdup(expr),
		.not = not,
		.line = line,
		.outer = cond_now(s),
	};
	GROW(t->conds, t->nr_conds, t->alloc_conds);
	t->conds[t->nr_conds++] = c;
	return c;
}

static void open_level(struct scan *s, const char *word, const char *rest,
		       unsigned line)
{
	bool not = !strcmp(word, "ifndef");
	struct level *l;

	if (s->nr_levels == MAX_DEPTH) {
		s->skipped_levels++;
		return;
	}
	l = &s->levels[s->nr_levels];
	*l = (struct level){.depth = s->depth};
	l->expr = *word == 'i' && word[2] ? xasprintf("defined(%s)", rest)
					  : xstrdup(rest);
	l->text = xasprintf("#%s %s", word, rest);
	if (not &&!s->begun && !*s->guard && strlen(rest) < MAX_NAME) {
		strcpy(s->guard, rest);
		l->guard = true;
	}
	l->cond = new_cond(s, xstrdup(l->text), l->expr, not, line);
	s->nr_levels++;
}

/* #else and #elif: the contrary of what stands before, and the new one. */
static void switch_level(struct scan *s, const char *rest, unsigned line)
{
	struct level *l = &s->levels[s->nr_levels - 1];
	bool was_not = l->cond && l->cond->not ;

	l->cond = NULL;
	s->depth = l->depth;
	if (rest) {
		free(l->expr);
		l->expr = xstrdup(rest);
		l->cond = new_cond(s, xasprintf("#elif %s", rest), rest, false,
				   line);
	} else {
		l->cond = new_cond(s, xasprintf("#else of %s", l->text),
				   l->expr, !was_not, line);
	}
}

static void close_level(struct scan *s)
{
	struct level *l;

	if (s->skipped_levels) {
		s->skipped_levels--;
		return;
	}
	if (!s->nr_levels)
		return;
	l = &s->levels[--s->nr_levels];
	free(l->expr);
	free(l->text);
}

static void add_include(struct scan *s, const char *rest, unsigned line)
{
	struct ctext *t = s->t;
	const char *end;

	if (*rest != '"' && *rest != '<')
		return;
	end = strchr(rest + 1, *rest == '"' ? '"' : '>');
	if (!end || end == rest + 1)
		return;
	GROW(t->includes, t->nr_includes, t->alloc_includes);
	t->includes[t->nr_includes++] = (struct ctext_include){
		.line = line,
		.form = *rest,
		.name = xstrndup(rest + 1, (size_t)(end - rest - 1)),
		.cond = cond_now(s),
	};
}

static void define(struct scan *s, const char *rest)
{
	_cleanup_free_ char *name = NULL;
	size_t n = 0;

	while (isalnum((unsigned char)rest[n]) || rest[n] == '_')
		n++;
	name = xstrndup(rest, n);
	/* "#ifndef X" and "#define X" at the top: a guard */
	if (*s->guard && s->nr_levels == 1 && s->levels[0].guard && !s->begun &&
	    !strcmp(name, s->guard))
		s->levels[0].cond = NULL;
	add_decl(s, CTEXT_MACRO, name);
}

static void directive(struct scan *s)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	unsigned line = s->line;
	char *word, *rest;

	s->at++;
	read_directive(s, &text);
	word = text.buf + strspn(text.buf, " \t");
	rest = word + strcspn(word, " \t\"<(!");
	if (*rest == ' ' || *rest == '\t')
		*rest++ = '\0';
	rest += strspn(rest, " \t");
	if (!strcmp(word, "if") || !strcmp(word, "ifdef") ||
	    !strcmp(word, "ifndef")) {
		open_level(s, word, rest, line);
		return; /* a guard may still come */
	}
	if (!strcmp(word, "define"))
		define(s, rest);
	else if (starts_with(word, "if")) /* "if(X)", "if!X" */
		open_level(s, "if", word + 2, line);
	else if (starts_with(word, "include"))
		add_include(s,
			    starts_with(word, "include_next") ? ""
			    : *rest == '"' || *rest == '<'    ? rest
							      : word + 7,
			    line);
	else if (!strcmp(word, "endif"))
		close_level(s);
	else if (s->nr_levels && !s->skipped_levels &&
		 (!strcmp(word, "else") || starts_with(word, "elif")))
		switch_level(s, word[2] == 's' ? NULL : rest, line);
	s->begun = true;
}

/* ---- declarations ----------------------------------------------------------
 */

static void begin_declaration(struct scan *s)
{
	s->last = s->last2 = s->last3 = (struct token){{0}, 0};
	*s->keyword = *s->type_name = *s->first = '\0';
	s->nr_tokens = 0;
	s->assigned = false;
	s->parens = 0;
}

static void push(struct scan *s, const struct token *t)
{
	s->last3 = s->last2;
	s->last2 = s->last;
	s->last = *t;
}

static bool is_tag(const char *word)
{
	return !strcmp(word, "struct") || !strcmp(word, "union") ||
	       !strcmp(word, "enum");
}

/* The structure whose members are read, "" when there is none. An anonymous one
 * inside it does not count. */
static const char *open_type(const struct scan *s)
{
	for (unsigned i = s->depth; i-- > 0;) {
		if (s->braces[i] != BRACE_TYPE)
			return "";
		if (*s->types[i])
			return s->types[i];
	}
	return "";
}

/* A name, and the character after it. */
static void name_before(struct scan *s, const struct token *t, char c)
{
	enum brace top = s->depth ? s->braces[s->depth - 1] : BRACE_BODY;

	if (s->depth && top == BRACE_TYPE) {
		const char *type = open_type(s);
		_cleanup_free_ char *member = NULL;

		if (!*type || !strchr(";,[:)=(", c))
			return;
		member = xasprintf("%s.%s", type, t->name);
		add_decl(s, CTEXT_MEMBER, member);
	} else if (s->depth && top == BRACE_ENUM) {
		if (strchr(",}=", c) && !s->assigned)
			add_decl(s, CTEXT_DECLARED, t->name);
	} else if (!s->depth) {
		bool first = s->nr_tokens == 1;

		if (s->parens && s->exports)
			add_decl(s, CTEXT_EXPORTED, t->name);
		else if (s->parens == 1 && s->last2.c == '*' &&
			 s->last3.c == '(' && c == ')')
			add_decl(s, CTEXT_DECLARED, t->name); /* (*name)(...) */
		else if (s->parens && isupper((unsigned char)*s->first) &&
			 !strcmp(s->first, s->type_name) && strchr(",)", c))
			add_decl(s, CTEXT_BY_MACRO, t->name);
		else if (!s->parens && !first && strchr("(;=[,", c) &&
			 !is_tag(s->last2.name) && !s->assigned)
			add_decl(s, CTEXT_DECLARED, t->name);
	}
}

static void open_brace(struct scan *s)
{
	bool body = s->assigned || s->last.c == ')' || !*s->keyword;
	enum brace kind = body				? BRACE_BODY
			  : !strcmp(s->keyword, "enum") ? BRACE_ENUM
							: BRACE_TYPE;
	_cleanup_free_ char *type = NULL;

	if (s->depth >= MAX_DEPTH - 1)
		return;
	if (s->depth && s->braces[s->depth - 1] == BRACE_BODY)
		kind = BRACE_BODY;
	*s->types[s->depth] = '\0';
	if (kind != BRACE_BODY && s->last.c == 'a' && !is_tag(s->last.name)) {
		type = xasprintf("%s %s", s->keyword, s->last.name);
		if (strlen(type) < MAX_NAME)
			strcpy(s->types[s->depth], type);
		add_decl(s, CTEXT_TYPE, type);
	}
	s->braces[s->depth++] = kind;
	*s->keyword = '\0';
	s->assigned = false;
	s->parens = 0;
	s->nr_tokens = 0;
}

/* What was declared by "name(...)" last, and is now seen to have a body. */
static void was_definition(struct scan *s)
{
	struct ctext *t = s->t;

	if (s->depth || s->last.c != ')' || !t->nr_decls || !*s->type_name)
		return;
	for (size_t i = t->nr_decls; i-- > 0;) {
		struct ctext_decl *d = &t->decls[i];

		if (d->kind == CTEXT_DECLARED &&
		    !strcmp(d->name, s->type_name)) {
			d->kind = CTEXT_DEFINED;
			return;
		}
	}
}

static void character(struct scan *s, char c)
{
	if (s->last.c == 'a')
		name_before(s, &s->last, c);
	switch (c) {
	case '(':
		if (!s->depth && !s->parens && s->last.c == 'a') {
			/* of the function, if it is one */
			strcpy(s->type_name, s->last.name);
			s->exports =
				starts_with(s->last.name, "EXPORT_SYMBOL") ||
				starts_with(s->last.name, "EXPORT_STATIC_CALL");
		}
		s->parens++;
		break;
	case ')':
		s->parens -= s->parens > 0;
		if (!s->parens)
			s->exports = false;
		break;
	case '=':
		s->assigned = true;
		break;
	case ',':
		if (!s->parens)
			s->assigned = false;
		break;
	case '{':
		was_definition(s);
		open_brace(s);
		break;
	case '}':
		if (s->depth) {
			bool body = s->braces[--s->depth] == BRACE_BODY;

			if (body && !s->depth) {
				begin_declaration(s);
				return;
			}
			/* "} name;" goes on */
			s->nr_tokens = 2;
			s->assigned = false;
		}
		break;
	case ';':
		begin_declaration(s);
		return;
	}
	push(s, &(struct token){.c = c});
	s->nr_tokens++;
}

/* What may stand between a name and the end of its declaration. */
static bool is_attribute(const char *word)
{
	static const char *const words[] = {
		"__attribute__", "__read_mostly", "__ro_after_init",
		"__initdata",	 "__aligned",	  "__cacheline_aligned"};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcmp(word, words[i]))
			return true;
	return false;
}

static void name(struct scan *s, const char *begin, size_t len)
{
	struct token t = {.c = 'a'};

	if (len >= MAX_NAME)
		len = MAX_NAME - 1;
	memcpy(t.name, begin, len);
	if (is_tag(t.name) && !s->parens)
		strcpy(s->keyword, t.name);
	if (!s->nr_tokens)
		strcpy(s->first, t.name);
	if (s->last.c == 'a' && is_attribute(t.name))
		name_before(s, &s->last, ';');
	push(s, &t);
	s->nr_tokens++;
}

/* ---- text ------------------------------------------------------------------
 */

static void skip_comment(struct scan *s)
{
	const char *close;

	if (s->at[1] == '/') {
		while (s->at < s->end && *s->at != '\n')
			s->at++;
		return;
	}
	close = memmem(s->at + 2, (size_t)(s->end - s->at - 2), "*/", 2);
	close = close ? close + 2 : s->end;
	for (; s->at < close; s->at++)
		s->line += *s->at == '\n';
}

static void skip_string(struct scan *s)
{
	char quote = *s->at++;

	while (s->at < s->end && *s->at != quote && *s->at != '\n') {
		if (*s->at == '\\' && s->at + 1 < s->end && s->at[1] != '\n')
			s->at++;
		s->at++;
	}
	if (s->at < s->end && *s->at == quote)
		s->at++;
	push(s, &(struct token){.c = '"'});
}

static void word(struct scan *s)
{
	const char *begin = s->at;
	enum brace top = s->depth ? s->braces[s->depth - 1] : BRACE_TYPE;

	while (s->at < s->end &&
	       (isalnum((unsigned char)*s->at) || *s->at == '_'))
		s->at++;
	s->begun = true;
	if (top == BRACE_BODY)
		return;
	if (isdigit((unsigned char)*begin)) {
		push(s, &(struct token){.c = '0'});
		return;
	}
	name(s, begin, (size_t)(s->at - begin));
}

static void body_character(struct scan *s, char c)
{
	bool body = s->depth && s->braces[s->depth - 1] == BRACE_BODY;

	s->begun = true;
	if (!body || c == '{' || c == '}')
		character(s, c);
}

void ctext_scan(struct ctext *t, const char *text, size_t len,
		const struct strmap *wanted)
{
	struct scan *s = xcalloc(1, sizeof(*s));
	bool fresh = true; /* only blanks on this line so far */

	*t = (struct ctext){0};
	s->t = t;
	s->wanted = wanted;
	s->at = text;
	s->end = text + len;
	s->line = 1;
	while (s->at < s->end) {
		char c = *s->at;

		if (c == '\n') {
			s->line++;
			s->at++;
			fresh = true;
		} else if (isspace((unsigned char)c)) {
			s->at++;
		} else if (c == '/' && s->at + 1 < s->end &&
			   (s->at[1] == '*' || s->at[1] == '/')) {
			skip_comment(s);
		} else if (c == '#' && fresh) {
			directive(s);
		} else if (c == '"' || c == '\'') {
			fresh = false;
			skip_string(s);
		} else if (isalnum((unsigned char)c) || c == '_') {
			fresh = false;
			word(s);
		} else {
			fresh = false;
			s->at++;
			body_character(s, c);
		}
	}
	s->skipped_levels = 0;
	while (s->nr_levels)
		close_level(s);
	free(s);
}

void ctext_release(struct ctext *t)
{
	for (size_t i = 0; i < t->nr_includes; i++)
		free(t->includes[i].name);
	for (size_t i = 0; i < t->nr_decls; i++)
		free(t->decls[i].name);
	for (size_t i = 0; i < t->nr_conds; i++) {
		free(t->conds[i]->text);
		free(t->conds[i]->expr);
		free(t->conds[i]);
	}
	free(t->includes);
	free(t->decls);
	free(t->conds);
	*t = (struct ctext){0};
}
