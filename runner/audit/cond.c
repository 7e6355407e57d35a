// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lines are put together where they end with a backslash and comments are blanked, as
 * the C standard has it (5.1.1.2, phases 2 and 3); strings are looked past, so that
 * "//" in one begins no comment. What an assembler takes for a comment is code here,
 * as it is to the preprocessor.
 *
 * Options count as in include/linux/kconfig.h: X=y defines CONFIG_X, X=m defines
 * CONFIG_X_MODULE.
 */
#include "audit/cond.h"

#include "sys/mem.h"
#include "sys/strbuf.h"

#include <ctype.h>

#define MOST_OPTIONS 16 /* of one condition that are tried */

void cond_file_release(struct cond_file *f)
{
	for (size_t i = 0; i < f->nr_groups; i++) {
		free(f->groups[i].text);
		free(f->groups[i].expr);
	}
	free(f->groups);
	free(f->lines);
	*f = (struct cond_file){ 0 };
}

/* ---- lines ------------------------------------------------------------------------ */

/* Blanks comments out; strings and line ends stay. */
static void blank_comments(char *s)
{
	while (*s) {
		if (s[0] == '/' && s[1] == '*') {
			for (; *s && !(s[0] == '*' && s[1] == '/'); s++)
				if (*s != '\n')
					*s = ' ';
			if (*s) {
				*s++ = ' ';
				*s++ = ' ';
			}
		} else if (s[0] == '/' && s[1] == '/') {
			while (*s && *s != '\n') {
				bool on = s[0] == '\\' && s[1] == '\n';

				*s++ = ' ';
				s += on;
			}
		} else if (*s == '"' || *s == '\'') {
			char quote = *s++;

			while (*s && *s != quote && *s != '\n')
				s += s[0] == '\\' && s[1] ? 2 : 1;
			s += *s == quote;
		} else {
			s++;
		}
	}
}

struct reader {
	struct cond_file *f;
	int group; /* innermost one that is open, or -1 */
};

static int open_group(struct reader *r, int parent, int before, unsigned line,
		      const char *text, char *expr)
{
	struct cond_file *f = r->f;

	GROW(f->groups, f->nr_groups, f->alloc_groups);
	f->groups[f->nr_groups] = (struct cond_group){
		.parent = parent,
		.before = before,
		.line = line,
		.text = xstrdup(text),
		.expr = expr,
	};
	return (int)f->nr_groups++;
}

static void alternative(struct reader *r, unsigned line, const char *text,
			char *expr)
{
	if (r->group < 0) {
		free(expr); /* an #else of nothing: the compiler will tell */
		return;
	}
	r->group = open_group(r, r->f->groups[r->group].parent, r->group, line,
			      text, expr);
}

/* text: "#word rest" with single blanks. True when it is one of the #if family. */
static bool conditional(struct reader *r, unsigned line, const char *text)
{
	const char *word = text + 1;
	const char *rest = strchr(word, ' ');

	rest = rest ? rest + 1 : "";
	if (starts_with(word, "ifdef "))
		r->group = open_group(r, r->group, -1, line, text,
				      xasprintf("defined(%s)", rest));
	else if (starts_with(word, "ifndef "))
		r->group = open_group(r, r->group, -1, line, text,
				      xasprintf("!defined(%s)", rest));
	else if (starts_with(word, "if ") || starts_with(word, "if("))
		r->group = open_group(r, r->group, -1, line, text,
				      xstrdup(word + 2));
	else if (starts_with(word, "elif"))
		alternative(r, line, text, xstrdup(word + 4));
	else if (!strcmp(word, "else") || starts_with(word, "else "))
		alternative(r, line, text, xstrdup("1"));
	else if (!strcmp(word, "endif") || starts_with(word, "endif ")) {
		if (r->group >= 0)
			r->group = r->f->groups[r->group].parent;
	} else {
		return false;
	}
	return true;
}

static bool is_shown(const char *directive)
{
	return starts_with(directive, "#define") ||
	       starts_with(directive, "#undef") ||
	       starts_with(directive, "#include");
}

/* A directive on one line: no blanks after '#', single ones elsewhere. */
static char *tidy(const char *s, size_t len)
{
	struct strbuf sb = STRBUF_INIT;

	for (size_t i = 0; i < len; i++) {
		bool blank = isspace((unsigned char)s[i]) ||
			     (s[i] == '\\' && s[i + 1] == '\n');

		if (!blank)
			strbuf_addch(&sb, s[i]);
		else if (sb.len > 1 && sb.buf[sb.len - 1] != ' ')
			strbuf_addch(&sb, ' ');
	}
	if (sb.len && sb.buf[sb.len - 1] == ' ')
		strbuf_setlen(&sb, sb.len - 1);
	return strbuf_detach(&sb);
}

static void add_line(struct cond_file *f, enum cond_line kind, unsigned start,
		     int group)
{
	GROW(f->lines, f->nr_lines + 1, f->alloc_lines);
	f->lines[++f->nr_lines] = (struct cond_text){ kind, start, group };
}

/* Length of a line with those that it goes on in. */
static size_t logical_line(const char *s)
{
	size_t n = 0;

	for (;;) {
		n += strcspn(s + n, "\n");
		if (!s[n] || !n || s[n - 1] != '\\')
			return n;
		n++;
	}
}

/* A directive with all its lines; n bytes. */
static void read_directive(struct reader *r, const char *s, size_t n)
{
	struct cond_file *f = r->f;
	_cleanup_free_ char *text = tidy(s, n);
	unsigned line = f->nr_lines + 1;
	int around = r->group;
	enum cond_line kind = COND_OTHER;

	if (!conditional(r, line, text) && is_shown(text))
		kind = COND_CODE;
	for (size_t i = 0; i <= n; i++)
		if (i == n || s[i] == '\n')
			add_line(f, kind, line, around);
}

static bool is_blank(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!isspace((unsigned char)s[i]) && s[i] != '\\')
			return false;
	return true;
}

void cond_file_parse(struct cond_file *f, const char *text)
{
	_cleanup_free_ char *plain = xstrdup(text);
	struct reader r = { .f = f, .group = -1 };

	blank_comments(plain);
	f->lines = xcalloc(16, sizeof(*f->lines));
	f->alloc_lines = 16;
	for (const char *s = plain; *s;) {
		size_t n = strcspn(s, "\n");

		if (s[strspn(s, " \t")] == '#') {
			n = logical_line(s);
			read_directive(&r, s + strspn(s, " \t"),
				       n - strspn(s, " \t"));
		} else {
			add_line(f, is_blank(s, n) ? COND_EMPTY : COND_CODE,
				 f->nr_lines + 1, r.group);
		}
		s += n + (s[n] == '\n');
	}
}

char *cond_stack(const struct cond_file *f, int group, const char *path)
{
	_cleanup_free_ char *around = NULL;
	const struct cond_group *g;
	int first = group;

	if (group < 0)
		return xstrdup("");
	g = &f->groups[group];
	around = cond_stack(f, g->parent, path);
	while (f->groups[first].before >= 0)
		first = f->groups[first].before;
	return xasprintf("%s%s%s:%u %s%s%s", around, *around ? ", " : "", path,
			 g->line, g->text, first == group ? "" : " of ",
			 first == group ? "" : f->groups[first].text);
}

/* ---- expressions ------------------------------------------------------------------ */

/* Options that are tried instead of what .config says: "CONFIG_X", "y". */
struct trial {
	const char *name[MOST_OPTIONS];
	const char *value[MOST_OPTIONS];
	size_t nr;
};

struct eval {
	const char *at;
	const char *config;
	const struct trial *trial;
	struct strlist *options; /* gets the names met; may be NULL */
	bool bad;		 /* more than is understood */
};

/* Value of an option in a .config; NULL: not set. Owned. */
static char *config_value(const char *config, const char *name)
{
	size_t n = strlen(name);

	for (const char *s = config; s && *s;) {
		const char *eol = s + strcspn(s, "\n");

		if (!strncmp(s, name, n) && s[n] == '=')
			return xstrndup(s + n + 1, eol - s - n - 1);
		s = *eol ? eol + 1 : eol;
	}
	return NULL;
}

static char *option_value(struct eval *e, const char *name)
{
	if (e->options && !strlist_has(e->options, name))
		strlist_add(e->options, name);
	for (size_t i = 0; e->trial && i < e->trial->nr; i++)
		if (!strcmp(e->trial->name[i], name))
			return strcmp(e->trial->value[i], "n") ?
				       xstrdup(e->trial->value[i]) :
				       NULL;
	return config_value(e->config, name);
}

/* The value of an option that a macro's name is of: CONFIG_X_MODULE is of X=m. */
static enum cond_value option_is(struct eval *e, const char *macro,
				 bool builtin, bool module)
{
	_cleanup_free_ char *name = xstrdup(macro);
	_cleanup_free_ char *value = NULL;
	size_t n = strlen(name);

	if (n > 7 && !strcmp(name + n - 7, "_MODULE")) {
		name[n - 7] = '\0';
		builtin = false;
		module = true;
	}
	value = option_value(e, name);
	if (!value)
		return COND_FALSE;
	if (!strcmp(value, "m"))
		return module ? COND_TRUE : COND_FALSE;
	return builtin ? COND_TRUE : COND_FALSE;
}

static enum cond_value negate(enum cond_value v)
{
	return v == COND_UNKNOWN ? v :
	       v == COND_TRUE	 ? COND_FALSE :
				   COND_TRUE;
}

static enum cond_value both(enum cond_value a, enum cond_value b)
{
	if (a == COND_FALSE || b == COND_FALSE)
		return COND_FALSE;
	return a == COND_TRUE && b == COND_TRUE ? COND_TRUE : COND_UNKNOWN;
}

static void blanks(struct eval *e)
{
	e->at += strspn(e->at, " \t");
}

static bool take(struct eval *e, const char *token)
{
	blanks(e);
	if (!starts_with(e->at, token))
		return false;
	e->at += strlen(token);
	return true;
}

/* An identifier, owned, or NULL. */
static char *identifier(struct eval *e)
{
	size_t n = 0;

	blanks(e);
	while (isalnum((unsigned char)e->at[n]) || e->at[n] == '_')
		n++;
	if (!n || isdigit((unsigned char)*e->at))
		return NULL;
	e->at += n;
	return xstrndup(e->at - n, n);
}

static enum cond_value either(struct eval *e);

/* What is in parentheses, to the one that closes, or one name. Owned. */
static char *argument(struct eval *e)
{
	bool open = take(e, "(");
	char *name = identifier(e);

	if (!name || (open && !take(e, ")")))
		e->bad = true;
	return name;
}

static enum cond_value call(struct eval *e, const char *function)
{
	_cleanup_free_ char *name = argument(e);

	if (!name || e->bad)
		return COND_UNKNOWN;
	if (!starts_with(name, "CONFIG_"))
		return COND_UNKNOWN;
	if (!strcmp(function, "defined") || !strcmp(function, "IS_BUILTIN"))
		return option_is(e, name, true, false);
	if (!strcmp(function, "IS_MODULE"))
		return option_is(e, name, false, true);
	/* IS_REACHABLE: as far as the option goes */
	return option_is(e, name, true, true);
}

static enum cond_value primary(struct eval *e)
{
	static const char *const functions[] = { "defined", "IS_ENABLED",
						 "IS_BUILTIN", "IS_MODULE",
						 "IS_REACHABLE" };
	_cleanup_free_ char *name = NULL;
	enum cond_value v;

	if (take(e, "!"))
		return negate(primary(e));
	if (take(e, "(")) {
		v = either(e);
		if (!take(e, ")"))
			e->bad = true;
		return v;
	}
	blanks(e);
	if (isdigit((unsigned char)*e->at)) {
		char *end;
		unsigned long n = strtoul(e->at, &end, 0);

		e->at = end + strspn(end, "uUlL");
		return n ? COND_TRUE : COND_FALSE;
	}
	name = identifier(e);
	if (!name) {
		e->bad = true;
		return COND_UNKNOWN;
	}
	for (size_t i = 0; i < ARRAY_SIZE(functions); i++)
		if (!strcmp(name, functions[i]))
			return call(e, name);
	blanks(e);
	if (*e->at == '(') {
		e->bad = true; /* a macro with arguments */
		return COND_UNKNOWN;
	}
	/* Numbers stay unknown: CONFIG_X alone is only clear when it is not set. */
	if (!starts_with(name, "CONFIG_"))
		return COND_UNKNOWN;
	v = option_is(e, name, true, false);
	return v;
}

/* Something compared or reckoned with: not known, but its end is. */
static enum cond_value term(struct eval *e)
{
	static const char *const operators[] = { "==", "!=", "<=", ">=", "<<",
						 ">>", "<",  ">",  "+",  "-",
						 "*",  "/",  "%" };
	enum cond_value v = primary(e);

	for (bool again = true; again && !e->bad;) {
		again = false;
		for (size_t i = 0; i < ARRAY_SIZE(operators) && !again; i++)
			if (take(e, operators[i])) {
				primary(e);
				v = COND_UNKNOWN;
				again = true;
			}
	}
	return v;
}

static enum cond_value all_of(struct eval *e)
{
	enum cond_value v = term(e);

	while (!e->bad && take(e, "&&"))
		v = both(v, term(e));
	return v;
}

static enum cond_value either(struct eval *e)
{
	enum cond_value v = all_of(e);

	while (!e->bad && take(e, "||"))
		v = negate(both(negate(v), negate(all_of(e))));
	return v;
}

static enum cond_value evaluate(const char *expr, const char *config,
				const struct trial *trial,
				struct strlist *options)
{
	struct eval e = {
		.at = expr,
		.config = config,
		.trial = trial,
		.options = options,
	};
	enum cond_value v = either(&e);

	blanks(&e);
	return e.bad || *e.at ? COND_UNKNOWN : v;
}

enum cond_value cond_eval(const char *expr, const char *config)
{
	return evaluate(expr, config, NULL, NULL);
}

static enum cond_value group_value(const struct cond_file *f, int group,
				   const char *config,
				   const struct trial *trial,
				   struct strlist *options)
{
	enum cond_value v =
		evaluate(f->groups[group].expr, config, trial, options);

	for (int i = f->groups[group].before; i >= 0; i = f->groups[i].before)
		v = both(v, negate(evaluate(f->groups[i].expr, config, trial,
					    options)));
	return v;
}

enum cond_value cond_group_value(const struct cond_file *f, int group,
				 const char *config)
{
	return group_value(f, group, config, NULL, NULL);
}

/* ---- options ---------------------------------------------------------------------- */

static char *trial_text(const struct trial *t)
{
	struct strbuf sb = STRBUF_INIT;

	for (size_t i = 0; i < t->nr; i++)
		strbuf_addf(&sb, "%s%s=%s", i ? " " : "", t->name[i],
			    t->value[i]);
	return strbuf_detach(&sb);
}

/* What is set otherwise than now, for a bit each option; y where it was not set. */
static void make_trial(struct trial *t, const struct strlist *options,
		       unsigned long bits, const char *config,
		       const char *set)
{
	t->nr = 0;
	for (size_t i = 0; i < options->nr && i < MOST_OPTIONS; i++) {
		_cleanup_free_ char *now = NULL;

		if (!(bits >> i & 1))
			continue;
		now = config_value(config, options->v[i]);
		t->name[t->nr] = options->v[i];
		t->value[t->nr++] = !now			     ? set :
				    !strcmp(now, "m") && *set == 'y' ? "y" :
								       "n";
	}
}

/* The fewest changes that make the value good. */
static char *try_options(const struct cond_file *f, int group,
			 const char *config, const struct strlist *options,
			 bool surely)
{
	size_t nr = options->nr < 10 ? options->nr : 10;
	static const char *const sets[] = { "y", "m" };

	for (size_t want = 1; want <= nr; want++)
		for (unsigned long bits = 1; bits < 1ul << nr; bits++) {
			if ((size_t)__builtin_popcountl(bits) != want)
				continue;
			for (size_t s = 0; s < ARRAY_SIZE(sets); s++) {
				struct trial t;
				enum cond_value v;

				make_trial(&t, options, bits, config, sets[s]);
				v = group_value(f, group, config, &t, NULL);
				if (v == COND_TRUE ||
				    (!surely && v == COND_UNKNOWN))
					return trial_text(&t);
			}
		}
	return NULL;
}

char *cond_option(const struct cond_file *f, int group, const char *config)
{
	_cleanup_strlist_ struct strlist options = STRLIST_INIT;
	char *found;

	group_value(f, group, config, NULL, &options);
	found = try_options(f, group, config, &options, true);
	/* Where the value hangs on more than options, the ones that say no. */
	if (!found && cond_group_value(f, group, config) == COND_FALSE)
		found = try_options(f, group, config, &options, false);
	return found;
}
