// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages are known by the fixed words around a quoted name. Where the words
 * stand before the name the pattern ends with the opening quote, where they
 * stand after it, the pattern begins with the closing one.
 *
 * Sources of the words: gcc's gcc/c/c-decl.cc, c-typeck.cc and
 * c-family/c-common.cc; clang's DiagnosticSemaKinds.td; binutils' ld/ldmain.c;
 * lld's ELF/Relocations.cpp; the kernel's scripts/mod/modpost.c.
 */
#include "engine/cause_kind.h"

#include "sys/fileio.h"
#include "sys/mem.h"
#include "sys/strbuf.h"

#include <ctype.h>

struct pattern {
	const char *words;
	enum cause_kind kind;
};

static const struct pattern patterns[] = {
	{"implicit declaration of function '", CAUSE_MISSING_DECLARATION},
	{"call to undeclared function '", CAUSE_MISSING_DECLARATION},
	{"call to undeclared library function '", CAUSE_MISSING_DECLARATION},
	{"unknown type name '", CAUSE_MISSING_DECLARATION},
	{"use of undeclared identifier '", CAUSE_MISSING_DECLARATION},
	{"type defaults to 'int' in declaration of '",
	 CAUSE_MISSING_DECLARATION},
	{"' undeclared", CAUSE_MISSING_DECLARATION},
	{"redefinition of typedef '", CAUSE_REDEFINITION},
	{"redefinition of '", CAUSE_REDEFINITION},
	{"conflicting types for '", CAUSE_REDEFINITION},
	{"conflicting type qualifiers for '", CAUSE_REDEFINITION},
	{"redefinition of enumerator '", CAUSE_REDEFINITION},
	{"redeclaration of enumerator '", CAUSE_REDEFINITION},
	{"redeclaration of '", CAUSE_REDEFINITION},
	{"static declaration of '", CAUSE_REDEFINITION},
	{"' redeclared as", CAUSE_REDEFINITION},
	{"' redefined", CAUSE_REDEFINITION},
	{"' macro redefined", CAUSE_REDEFINITION},
	{"undefined reference to '", CAUSE_UNDEFINED_SYMBOL},
	{"undefined symbol '", CAUSE_UNDEFINED_SYMBOL},
	{"multiple definition of '", CAUSE_DUPLICATE_SYMBOL},
	{"' is already defined", CAUSE_DUPLICATE_SYMBOL},
	{"' exported twice", CAUSE_DUPLICATE_SYMBOL},
};

char *cause_plain_quotes(const char *message)
{
	struct strbuf sb = STRBUF_INIT;

	for (const char *s = message ? message : ""; *s; s++) {
		if (!strncmp(s, "\xe2\x80", 2) &&
		    (s[2] == '\x98' || s[2] == '\x99' || s[2] == '\x9c' ||
		     s[2] == '\x9d')) {
			strbuf_addch(&sb, '\'');
			s += 2;
		} else {
			strbuf_addch(&sb, *s == '`' || *s == '"' ? '\'' : *s);
		}
	}
	return strbuf_detach(&sb);
}

/* The name beside the words, or NULL. Owned. */
static char *name_by(const char *m, const char *words)
{
	const char *at = strstr(m, words), *begin, *end;

	if (!at)
		return NULL;
	if (*words == '\'') {
		end = begin = at;
		while (begin > m && begin[-1] != '\'')
			begin--;
		if (begin == m)
			return NULL;
	} else {
		begin = at + strlen(words);
		end = strchr(begin, '\'');
	}
	return end && end > begin ? xstrndup(begin, (size_t)(end - begin))
				  : NULL;
}

/* The word after the text, up to a blank. Owned, or NULL. */
static char *word_after(const char *m, const char *text)
{
	const char *at = strstr(m, text);
	size_t n;

	if (!at)
		return NULL;
	at += strlen(text);
	n = strcspn(at, " ,;");
	return n ? xstrndup(at, n) : NULL;
}

static const char *skip_qualifiers(const char *s)
{
	static const char *const words[] = {"const ", "volatile ",
					    "__restrict "};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (starts_with(s, words[i])) {
			s += strlen(words[i]);
			i = (size_t)-1;
		}
	}
	return s;
}

/* "const struct kvm *" gives "struct kvm". Owned. */
static char *bare_type(const char *s, size_t len)
{
	_cleanup_free_ char *copy = xstrndup(s, len);
	const char *t = skip_qualifiers(copy);
	size_t n = strcspn(t, "*[(");

	while (n && t[n - 1] == ' ')
		n--;
	return xstrndup(t, n);
}

/* First quoted text that is a structure, union or enumeration. Owned. */
static char *quoted_type(const char *m)
{
	const char *open = strchr(m, '\''), *close;

	while (open && (close = strchr(open + 1, '\''))) {
		const char *t = skip_qualifiers(open + 1);

		if (starts_with(t, "struct ") || starts_with(t, "union ") ||
		    starts_with(t, "enum "))
			return bare_type(open + 1, (size_t)(close - open - 1));
		open = strchr(close + 1, '\'');
	}
	return NULL;
}

static char *first_quoted(const char *m)
{
	const char *open = strchr(m, '\'');
	const char *close = open ? strchr(open + 1, '\'') : NULL;

	return close && close > open + 1
		       ? xstrndup(open + 1, (size_t)(close - open - 1))
		       : NULL;
}

/* Numbers that stand alone become N. Owned. */
static char *without_numbers(const char *m)
{
	struct strbuf sb = STRBUF_INIT;
	char before = ' ';

	for (; *m; m++) {
		bool word = isalnum((unsigned char)before) || before == '_';

		if (isdigit((unsigned char)*m) && !word) {
			strbuf_addch(&sb, 'N');
			m += strspn(m, "0123456789abcdefxABCDEF") - 1;
		} else {
			strbuf_addch(&sb, *m);
		}
		before = *m;
	}
	return strbuf_detach(&sb);
}

static void be(struct cause_topic *t, enum cause_kind kind, char *thing)
{
	t->kind = kind;
	free(t->thing);
	t->thing = thing;
}

/* The B of a path in arch/B/, when that is not ours; owned, or NULL. */
static char *foreign_arch(const char *path, const char *srcarch)
{
	const char *b;
	size_t n;

	if (!path || !srcarch || starts_with(path, "tools/"))
		return NULL;
	if (starts_with(path, "arch/"))
		b = path + strlen("arch/");
	else if ((b = strstr(path, "/arch/")))
		b += strlen("/arch/");
	else
		return NULL;
	n = strcspn(b, "/");
	/* arch/um/ is built of pieces of arch/x86/, and says so */
	if (!b[n] || !n || !strncmp(b, "um/", 3) ||
	    (n == strlen(srcarch) && !strncmp(b, srcarch, n)))
		return NULL;
	return xstrndup(b, n);
}

static bool try_foreign(struct cause_topic *t, const char *path,
			const char *srcarch)
{
	char *arch = foreign_arch(path, srcarch);

	if (!arch)
		return false;
	t->foreign = arch;
	t->via = xstrdup(path);
	return true;
}

/* "X: No such file or directory", "'X' file not found": X, owned, or NULL. */
static char *missing_file(const char *m)
{
	const char *name = starts_with(m, "fatal error: ") ? m + 13 : m;
	size_t n = strcspn(name, " :");

	if (n && starts_with(name + n, ": No such file or directory"))
		return xstrndup(name, n);
	return name_by(m, "' file not found");
}

static bool is_missing_include(struct cause_topic *t,
			       const struct diagnostic *d, const char *m,
			       const char *srcarch)
{
	char *name =
		!d->tool || !strcmp(d->tool, "cc") ? missing_file(m) : NULL;

	if (!name)
		return false;
	be(t, CAUSE_MISSING_INCLUDE, name);
	t->independent = true;
	if (try_foreign(t, name, srcarch) || try_foreign(t, d->file, srcarch))
		t->kind = CAUSE_CROSS_ARCH;
	for (size_t i = 0; !t->foreign && i < d->nr_from; i++)
		if (try_foreign(t, d->from[i].file, srcarch))
			t->kind = CAUSE_CROSS_ARCH;
	return true;
}

/* Where a name means something: its function, else its file. */
static const char *scope_of(const struct diagnostic *d)
{
	const char *slash = d->file ? strrchr(d->file, '/') : NULL;

	if (d->function)
		return d->function;
	return slash ? slash + 1 : d->file;
}

static bool is_incomplete(struct cause_topic *t, const struct diagnostic *d,
			  const char *m)
{
	const char *scope = scope_of(d);
	char *type;

	if (!(strstr(m, "incomplete") && strstr(m, "type")) &&
	    !strstr(m, "undefined type '") && !strstr(m, "never completed") &&
	    !(strstr(m, "storage size of '") && strstr(m, "isn't known")))
		return false;
	type = quoted_type(m);
	if (type) {
		be(t, CAUSE_INCOMPLETE_TYPE, type);
		return true;
	}
	/* "parameter 1 ('vcpu') has", "field 'vcpu' has", "storage size of" */
	type = first_quoted(m);
	be(t, CAUSE_INCOMPLETE_TYPE, type ? type : without_numbers(m));
	t->unnamed = true;
	if (scope)
		t->id = xasprintf("incomplete-type:%s in %s", t->thing, scope);
	return true;
}

/*
 * gcc: "'struct x' has no member named 'y'"; clang: "no member named 'y' in
 * 'struct x'", "field designator 'y' does not refer to any field in type ...".
 */
static bool is_member(struct cause_topic *t, const char *m)
{
	_cleanup_free_ char *type = NULL, *member = NULL, *bare = NULL;

	if ((member = name_by(m, "has no member named '"))) {
		type = name_by(m, "' has no member named '");
	} else if ((member = name_by(m, "no member named '"))) {
		type = name_by(m, "in '");
	} else {
		member = name_by(m, "field designator '");
		type = name_by(m, "any field in type '");
	}
	if (!member || !type)
		return false;
	bare = bare_type(type, strlen(type));
	be(t, CAUSE_MISSING_MEMBER, xasprintf("%s.%s", bare, member));
	return true;
}

static bool is_assertion(struct cause_topic *t, const struct diagnostic *d)
{
	static const char attribute[] = "declared with attribute error: ";
	static const char failed[] = "static assertion failed";
	static const char failed14[] = "static_assert failed";
	static const char clang[] = "'error' attribute: ";
	const char *m = d->message, *s;

	if ((s = strstr(m, attribute))) {
		s += strlen(attribute);
	} else if (strstr(m, "declared with '") && (s = strstr(m, clang))) {
		s += strlen(clang);
	} else if ((s = strstr(m, failed)) || (s = strstr(m, failed14))) {
		s += strlen(*(s + 6) == '_' ? failed14 : failed);
		s += strspn(s, ": ");
		if (!*s)
			s = failed;
	} else {
		return false;
	}
	/* "BUILD_BUG failed" names no condition: it is one per function. */
	if (strpbrk(s, "=<>(!\"") || !(d->function || d->file))
		be(t, CAUSE_ASSERTION, xstrdup(s));
	else
		be(t, CAUSE_ASSERTION,
		   xasprintf("%s in %s", s,
			     d->function ? d->function : d->file));
	t->independent = true;
	return true;
}

static bool is_symbol(struct cause_topic *t, const char *m)
{
	char *name = NULL;

	if (strstr(m, "undefined!") && (name = name_by(m, "' [")))
		be(t, CAUSE_UNDEFINED_SYMBOL, name);
	else if ((name = word_after(m, "undefined symbol: ")) ||
		 (name = word_after(m, "undefined hidden symbol: ")))
		be(t, CAUSE_UNDEFINED_SYMBOL, name);
	else if ((name = word_after(m, "duplicate symbol: ")))
		be(t, CAUSE_DUPLICATE_SYMBOL, name);
	return name != NULL;
}

/* The pattern that m fits, and the name in it (owned); or NULL. */
static const struct pattern *find_pattern(const char *m, char **name)
{
	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++) {
		*name = name_by(m, patterns[i].words);
		if (*name)
			return &patterns[i];
	}
	return NULL;
}

static bool is_pattern(struct cause_topic *t, const char *m)
{
	char *name;
	const struct pattern *p = find_pattern(m, &name);

	if (p)
		be(t, p->kind, name);
	return p != NULL;
}

static void make_topic(struct cause_topic *t, const char *m)
{
	_cleanup_free_ char *target = name_by(m, "No rule to make target '");
	char *slash;

	if (!target) {
		be(t, CAUSE_MAKE, without_numbers(m));
		return;
	}
	be(t, CAUSE_MAKE, path_normalize(target));
	t->dir = xstrdup(t->thing);
	slash = strrchr(t->dir, '/');
	if (slash)
		*slash = '\0';
	else
		*t->dir = '\0';
}

static bool is_option_char(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* Length of the option's name that stands after the words, 0 when none. */
static size_t option_after(const char *m, const char *words, const char **at)
{
	size_t n = 0;

	*at = strstr(m, words);
	if (!*at)
		return 0;
	*at += strlen(words);
	if (**at == '\'')
		++*at;
	while (is_option_char((*at)[n]))
		n++;
	return n;
}

/* A recursion names its symbols in the note alone. */
static void config_topic(struct cause_topic *t, const char *m, const char *note)
{
	static const char *const before[] = {
		"CONFIG_", "dependencies detected for ", "selects ", "symbol "};
	const char *texts[] = {m, note ? note : ""};

	for (size_t k = 0; k < ARRAY_SIZE(texts); k++) {
		for (size_t i = 0; i < ARRAY_SIZE(before); i++) {
			const char *at;
			size_t n = option_after(texts[k], before[i], &at);

			if (!n)
				continue;
			be(t, CAUSE_CONFIG,
			   xasprintf("CONFIG_%.*s", (int)n, at));
			return;
		}
	}
	be(t, CAUSE_CONFIG, without_numbers(m));
}

/* An option that is lost with another one is the loss of that one. */
static void lost_topic(struct cause_topic *t, const struct diagnostic *d,
		       const char *m)
{
	static const char words[] = "lost with ";
	const char *name = d->note && starts_with(d->note, words) ?
				   d->note + strlen(words) :
				   m;

	be(t, CAUSE_CONFIG, xstrndup(name, strcspn(name, "=;, ")));
	t->id = xasprintf("%s:lost:%s", cause_kind_name(t->kind), t->thing);
	t->independent = true;
}

/*
 * The same words about the same name in two functions are two mistakes; a name
 * at file level, or of an inline function in a header, is the same everywhere.
 */
static void warning_topic(struct cause_topic *t, const struct diagnostic *d,
			  const char *m)
{
	const char *option = d->option ? d->option : "no-option";
	const char *function = d->function;
	char *found = NULL;
	const struct pattern *p = find_pattern(m, &found);
	_cleanup_free_ char *name = p ? found : first_quoted(m);

	if (!p && strstr(m, "no previous prototype for '") && name) {
		/* of those who call it, when there are any */
		t->kin = xasprintf("missing-declaration:%s", name);
	} else if (p) {
		t->kin = xasprintf("%s:%s", cause_kind_name(p->kind), name);
	} else if (strstr(m, "declared inside parameter list") ||
		   strstr(m, "will not be visible outside")) {
		_cleanup_free_ char *type = quoted_type(m);

		function = NULL;
		if (type)
			t->kin = xasprintf("incomplete-type:%s", type);
	}
	if (!name) {
		name = without_numbers(m);
		function = scope_of(d);
	}
	be(t, CAUSE_WARNING,
	   xasprintf("%s:%s%s%s", option, function ? function : "",
		     function ? ":" : "", name));
}

/* Says that something is wrong with a declaration, and not with what. */
static bool names_nothing(const char *m)
{
	return strstr(m, "data definition has no type or storage class") ||
	       strstr(m, "parameter names (without types)") ||
	       strstr(m, "a parameter list without types") ||
	       strstr(m, "type specifier missing, defaults to 'int'");
}

static bool error_topic(struct cause_topic *t, const struct diagnostic *d,
			const char *m, const char *srcarch)
{
	return is_missing_include(t, d, m, srcarch) || is_assertion(t, d) ||
	       is_incomplete(t, d, m) || is_member(t, m) || is_symbol(t, m) ||
	       is_pattern(t, m);
}

static void trim_thing(struct cause_topic *t)
{
	/* powerpc's function entry points: .kvmppc_run is kvmppc_run */
	if (t->kind == CAUSE_UNDEFINED_SYMBOL ||
	    t->kind == CAUSE_UNEXPORTED_SYMBOL ||
	    t->kind == CAUSE_DUPLICATE_SYMBOL) {
		if (t->thing[0] == '.' && t->thing[1])
			memmove(t->thing, t->thing + 1, strlen(t->thing));
		t->independent = true;
	}
}

void cause_topic_init(struct cause_topic *t, const struct diagnostic *d,
		      const char *srcarch)
{
	_cleanup_free_ char *m = cause_plain_quotes(d->message);
	const char *what = d->fingerprint ? d->fingerprint : m;

	*t = (struct cause_topic){.kind = CAUSE_OTHER};
	if (streq_null(d->tool, "kconfig"))
		config_topic(t, m, d->note);
	else if (streq_null(d->tool, "config"))
		lost_topic(t, d, m);
	else if (d->severity == DIAG_WARNING)
		warning_topic(t, d, m);
	else if (streq_null(d->tool, "make"))
		make_topic(t, m);
	else if (streq_null(d->tool, "modpost") && d->note &&
		 ends_with(d->note, "does not export it") && is_symbol(t, m))
		t->kind = CAUSE_UNEXPORTED_SYMBOL; /* link_modpost.c */
	else if (!d->message || !error_topic(t, d, m, srcarch)) {
		be(t, CAUSE_OTHER, xstrdup(what));
		t->weak = names_nothing(m);
	}
	trim_thing(t);
	if (!t->id)
		t->id = xasprintf("%s:%s", cause_kind_name(t->kind), t->thing);
}

void cause_topic_release(struct cause_topic *t)
{
	free(t->id);
	free(t->thing);
	free(t->foreign);
	free(t->via);
	free(t->dir);
	free(t->kin);
	*t = (struct cause_topic){0};
}

bool cause_name_fits_type(const char *name, const char *type)
{
	const char *tag = strrchr(type, ' ');
	size_t n = strlen(name), m;

	tag = tag ? tag + 1 : type;
	m = strlen(tag);
	if (n < 2 || n > m || strcmp(tag + m - n, name))
		return false;
	return n == m || tag[m - n - 1] == '_';
}

char *cause_proposed_include(const struct diagnostic *d)
{
	const char *at = d->note ? strstr(d->note, "#include ") : NULL;
	const char *end;

	if (!at)
		return NULL;
	end = at + strlen("#include ");
	if (*end != '<' && *end != '"')
		return NULL;
	end = strpbrk(end + 1, ">\"");
	return end ? xstrndup(at, (size_t)(end + 1 - at)) : NULL;
}
