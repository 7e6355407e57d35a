// SPDX-License-Identifier: GPL-2.0-only
/*
 * A condition like "#ifdef __KVM__" depends on a flag that a Makefile hands to
 * its units. Who adds the flag, and how does it come that these units do not
 * have it?
 */
#include "engine/proof_internal.h"

#include "engine/cause_proof.h"
#include "engine/includes.h"
#include "engine/tree.h"
#include "model/unit.h"
#include "sys/fileio.h"
#include "sys/mem.h"

#include <ctype.h>

/* The X of "#ifdef X", when it is no option; owned. */
static char *macro_of(const char *condition)
{
	const char *x = starts_with(condition, "#ifdef ") ? condition + 7 : "";
	size_t n = 0;

	while (isalnum((unsigned char)x[n]) || x[n] == '_')
		n++;
	if (!n || x[n] || starts_with(x, "CONFIG_"))
		return NULL;
	return xstrdup(x);
}

static bool has_word(const char *line, const char *word)
{
	size_t n = strlen(word);

	for (const char *s = line; (s = strstr(s, word)); s += n)
		if (!isalnum((unsigned char)s[n]) && s[n] != '_')
			return true;
	return false;
}

/* A line of a Makefile. */
struct line {
	char *text; /* owned; NULL: not found */
	unsigned nr;
};

static bool adds_flag(const char *line, const char *flag)
{
	return *line != '#' && has_word(line, flag);
}

static bool includes_file(const char *line, const char *base)
{
	return (starts_with(line, "include ") ||
		starts_with(line, "-include ")) &&
	       ends_with(line, base);
}

/* "ccflags-y := ..." */
static bool assigns(const char *line, const char *variable)
{
	size_t n = strlen(variable);

	if (strncmp(line, variable, n))
		return false;
	line += n + strspn(line + n, " \t");
	return starts_with(line, ":=") || *line == '=';
}

/* The first line after line nr from that is what match looks for. */
static struct line find_line(const char *text, unsigned from,
			     bool (*match)(const char *, const char *),
			     const char *arg)
{
	struct line found = {0};
	unsigned nr = 0;

	while (*text && !found.text) {
		size_t n = strcspn(text, "\n");
		_cleanup_free_ char *line = xstrndup(text, n);

		if (++nr > from && match(line, arg))
			found = (struct line){STEAL(line), nr};
		text += n + (text[n] == '\n');
	}
	return found;
}

/* The changed Makefile that adds the flag, and the variable it adds it to
 * (owned). */
static const char *who_adds(struct question *q, const char *flag,
			    char **variable)
{
	const struct change_list *l = &q->p->tree->states[q->now].since_base;

	for (size_t i = 0; i < l->nr; i++) {
		_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
		_cleanup_free_ char *line = NULL;

		if (l->v[i].status == 'D' ||
		    !include_index_is_makefile(l->v[i].path) ||
		    !sources_text(&q->p->sources, q->cell, l->v[i].path, q->now,
				  &text))
			continue;
		line = find_line(text.buf, 0, adds_flag, flag).text;
		if (!line)
			continue;
		*variable = xstrndup(line, strcspn(line, " \t+:="));
		return l->v[i].path;
	}
	return NULL;
}

/* The Makefile of dir, or the nearest one above it; dir becomes where it is.
 * Owned. */
char *proof_makefile(struct question *q, char *dir)
{
	static const char *const names[] = {"Makefile", "Kbuild"};

	while (*dir) {
		char *slash = strrchr(dir, '/');

		for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
			char *path = path_join(dir, names[i]);

			if (sources_exist(&q->p->sources, q->cell, path,
					  q->now))
				return path;
			free(path);
		}
		*(slash ? slash : dir) = '\0';
	}
	return NULL;
}

static char *dir_of_unit(const struct question *q)
{
	const char *unit = q->u ? q->u->target : q->d->unit ? q->d->unit : "";
	char *dir = xstrdup(unit), *up = strstr(dir, "/../");

	if (!up)
		up = strrchr(dir, '/');
	*(up ? up : dir) = '\0';
	return dir;
}

/* Does a Makefile include a file of that base name? Then at is the line. */
static bool includes(struct question *q, const char *makefile, const char *base,
		     struct strbuf *text, unsigned *at)
{
	struct line l;

	strbuf_reset(text);
	if (!sources_text(&q->p->sources, q->cell, makefile, q->now, text))
		return false;
	l = find_line(text->buf, 0, includes_file, base);
	*at = l.nr;
	free(l.text);
	return l.nr != 0;
}

/*
 * A directory whose Makefile does not have the flag is often one of several
 * below one that does not have it, either: that is where it is missing.
 */
static char *highest_without(struct question *q, const char *base, char *dir,
			     char *makefile)
{
	for (;;) {
		_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
		_cleanup_free_ char *up = xstrdup(dir), *above = NULL;
		char *slash = strrchr(up, '/');
		unsigned at;

		if (!slash)
			return makefile;
		*slash = '\0';
		above = proof_makefile(q, up);
		if (!above || !cause_is_kvm(above) ||
		    includes(q, above, base, &text, &at))
			return makefile;
		free(makefile);
		makefile = STEAL(above);
		strcpy(dir, up);
	}
}

static void explain(struct question *q, struct proof *f, char *dir,
		    const char *adder, const char *macro, const char *variable)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	const char *base = strrchr(adder, '/');
	struct line l;
	unsigned at;

	base = base ? base + 1 : adder;
	if (!strcmp(adder, f->makefile)) {
		f->remark = xasprintf("%s defines %s", adder, macro);
		return;
	}
	if (!includes(q, f->makefile, base, &text, &at)) {
		f->makefile = highest_without(q, base, dir, f->makefile);
		f->remark = xasprintf("%s defines %s, and %s does not include "
				      "it",
				      adder, macro, f->makefile);
		return;
	}
	l = find_line(text.buf, at, assigns, variable);
	if (l.text)
		f->remark = xasprintf("%s defines %s in %s, and %s:%u assigns "
				      "%s anew behind its include",
				      adder, macro, variable, f->makefile, l.nr,
				      variable);
	else
		f->remark = xasprintf("%s, which %s includes, defines %s",
				      adder, f->makefile, macro);
	free(l.text);
}

void proof_flag(struct question *q, struct proof *f)
{
	_cleanup_free_ char *macro = macro_of(f->text), *flag = NULL;
	_cleanup_free_ char *variable = NULL, *dir = dir_of_unit(q);
	const char *adder;

	f->makefile = proof_makefile(q, dir);
	if (!macro || !f->makefile || !cause_is_kvm(q->it->unit))
		return;
	flag = xasprintf("-D%s", macro);
	adder = who_adds(q, flag, &variable);
	if (adder)
		explain(q, f, dir, adder, macro, variable);
}
