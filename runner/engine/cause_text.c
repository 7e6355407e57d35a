// SPDX-License-Identifier: GPL-2.0-only
/*
 * Says only what the messages show. In particular the patch that is named is
 * the first one whose state has the fault, not a guess at who moved what.
 */
#include "engine/cause_text.h"

#include "sys/mem.h"
#include "sys/strbuf.h"

/* Shortens to max bytes, never within a character. */
static void fit(struct strbuf *sb, size_t max)
{
	size_t n;

	if (sb->len <= max)
		return;
	n = max - 3;
	while (n && ((unsigned char)sb->buf[n] & 0xc0) == 0x80)
		n--;
	strbuf_setlen(sb, n);
	strbuf_addstr(sb, "...");
}

static bool has_arch(const struct cause *c, const struct run_result *r,
		     const char *arch)
{
	for (size_t i = 0; i < c->nr_spans; i++)
		if (streq_null(r->cells[c->spans[i].cell].arch, arch))
			return true;
	return false;
}

/* "s390", "arm64 and s390", "every architecture", "4 architectures". */
static char *arches_of(const struct cause_facts *f)
{
	_cleanup_strlist_ struct strlist hit = STRLIST_INIT;
	_cleanup_strlist_ struct strlist all = STRLIST_INIT;

	for (size_t i = 0; i < f->r->nr_cells; i++) {
		const char *arch = f->r->cells[i].arch;

		if (!arch)
			continue;
		strlist_add(&all, arch);
		if (has_arch(f->cause, f->r, arch))
			strlist_add(&hit, arch);
	}
	strlist_sort(&all);
	strlist_sort(&hit);
	if (hit.nr > 1 && hit.nr == all.nr)
		return xstrdup("every architecture");
	if (hit.nr == 2)
		return xasprintf("%s and %s", hit.v[0], hit.v[1]);
	if (hit.nr == 1)
		return xstrdup(hit.v[0]);
	return xasprintf("%zu architectures", hit.nr);
}

/* "a.c and 2 more"; brief: ".../a.c and 2 more". */
static char *place(const struct cause_facts *f, bool brief)
{
	const char *file = f->file ? f->file : "the build";
	const char *slash = brief ? strrchr(file, '/') : NULL;
	_cleanup_free_ char *more = NULL;

	if (f->more_files)
		more = xasprintf(" and %zu more", f->more_files);
	return xasprintf("%s%s%s", slash ? "..." : "", slash ? slash : file,
			 more ? more : "");
}

static void member_title(const struct cause_facts *f, struct strbuf *sb,
			 const char *where)
{
	const char *thing = f->topic->thing, *dot = strrchr(thing, '.');

	if (!dot)
		dot = thing + strlen(thing);
	strbuf_addf(sb, "%.*s has no member %s in %s", (int)(dot - thing),
		    thing, *dot ? dot + 1 : "", where);
}

static void include_title(const struct cause_facts *f, struct strbuf *sb)
{
	const struct cause_topic *t = f->topic;
	_cleanup_free_ char *arches = arches_of(f);

	strbuf_addf(sb, "%s: no such header on %s", t->thing, arches);
	if (t->proof && t->proof->kind == PROOF_HEADER_MOVED && t->foreign)
		strbuf_addf(sb, " since it moved to %s", t->foreign);
	else if (t->proof && t->proof->kind == PROOF_ELSEWHERE && t->foreign)
		strbuf_addf(sb, ", only on %s", t->foreign);
	else if (t->kind == CAUSE_CROSS_ARCH && t->foreign)
		strbuf_addf(sb, " (%s %s's headers)",
			    streq_null(t->via, t->thing) ? "one of"
							 : "reached through",
			    t->foreign);
}

static void write_title(const struct cause_facts *f, struct strbuf *sb,
			const char *where)
{
	const struct cause_topic *t = f->topic;
	_cleanup_free_ char *said = cause_plain_quotes(f->example->message);

	if (t->proof && cause_proved_title(f, where, sb))
		return;
	switch (t->kind) {
	case CAUSE_MISSING_INCLUDE:
	case CAUSE_CROSS_ARCH:
		include_title(f, sb);
		break;
	case CAUSE_MISSING_DECLARATION:
		strbuf_addf(sb, "%s is not declared in %s", t->thing, where);
		break;
	case CAUSE_INCOMPLETE_TYPE:
		strbuf_addf(sb, "%s%s is incomplete in %s",
			    t->unnamed ? "the type of " : "", t->thing, where);
		break;
	case CAUSE_MISSING_MEMBER:
		member_title(f, sb, where);
		break;
	case CAUSE_REDEFINITION:
		strbuf_addf(sb, "conflicting declarations of %s in %s",
			    t->thing, where);
		break;
	case CAUSE_UNDEFINED_SYMBOL:
		strbuf_addf(sb, "undefined symbol %s in %s", t->thing, where);
		break;
	case CAUSE_UNEXPORTED_SYMBOL:
		strbuf_addf(sb, "%s is not exported, and %s needs it", t->thing,
			    where);
		break;
	case CAUSE_DUPLICATE_SYMBOL:
		strbuf_addf(sb, "%s is defined more than once, seen in %s",
			    t->thing, where);
		break;
	case CAUSE_ASSERTION:
		strbuf_addf(sb, "assertion fails in %s: %s", where, t->thing);
		break;
	case CAUSE_MAKE:
		if (!t->dir) {
			strbuf_addf(sb, "make: %s", said);
			break;
		}
		strbuf_addf(sb, "make has no rule for %s", t->thing);
		if (f->more_things)
			strbuf_addf(sb, " and %zu more beside it",
				    f->more_things);
		break;
	case CAUSE_CONFIG:
		if (cause_is_lost_option(f))
			strbuf_addf(sb, "%s, which the cell asks for, is lost",
				    t->thing);
		else if (strstr(said, t->thing))
			strbuf_addf(sb, "Kconfig: %s", said);
		else
			strbuf_addf(sb, "%s: %s", t->thing, said);
		break;
	case CAUSE_WARNING:
		strbuf_addf(sb, "%s in %s: %s",
			    f->base ? "warning" : "new warning", where, said);
		break;
	case CAUSE_HIDDEN:
	case CAUSE_INCLUDE_CYCLE:
	case CAUSE_NOT_STANDALONE:
	case CAUSE_BOOT_CALL:
	case CAUSE_NOT_APPLIED:
	case CAUSE_OTHER:
		strbuf_addf(sb, "%s: %s", where, said);
		break;
	}
}

char *cause_title(const struct cause_facts *f)
{
	struct strbuf sb = STRBUF_INIT;

	for (int brief = 0; brief < 2; brief++) {
		_cleanup_free_ char *where = place(f, brief);

		strbuf_reset(&sb);
		write_title(f, &sb, where);
		if (sb.len <= CAUSE_TITLE_MAX)
			break;
	}
	fit(&sb, CAUSE_TITLE_MAX);
	return strbuf_detach(&sb);
}

static void include_advice(const struct cause_facts *f, struct strbuf *sb)
{
	const struct cause_topic *t = f->topic;
	_cleanup_free_ char *arches = arches_of(f);

	if (t->kind == CAUSE_CROSS_ARCH && t->foreign)
		strbuf_addf(
			sb,
			"%s reads %s's headers (%s): move what both need to "
			"include/, or do not include it there",
			arches, t->foreign, t->via);
	else
		strbuf_addf(sb,
			    "put %s where %s finds it (include/, or the "
			    "architecture's own asm/), or change the include "
			    "in %s",
			    t->thing, arches, f->file ? f->file : "its users");
}

/* The compiler says "did you mean 'X'?" */
static void add_suggestion(const struct cause_facts *f, struct strbuf *sb)
{
	static const char words[] = "did you mean '";
	_cleanup_free_ char *m = cause_plain_quotes(f->example->message);
	const char *at = strstr(m, words), *end;

	if (!at)
		return;
	at += strlen(words);
	end = strchr(at, '\'');
	if (end)
		strbuf_addf(sb, "; the compiler suggests %.*s", (int)(end - at),
			    at);
}

/* The compiler's note, when it leads somewhere. */
static void add_note(const struct cause_facts *f, struct strbuf *sb)
{
	_cleanup_free_ char *note = NULL;

	if (!f->example->note || starts_with(f->example->note, "each undecl"))
		return;
	note = cause_plain_quotes(f->example->note);
	strbuf_addf(sb, " (%s)", note);
}

static void declaration_advice(const struct cause_facts *f, struct strbuf *sb,
			       const char *file)
{
	const char *thing = f->topic->thing;

	if (f->proposed)
		strbuf_addf(sb, "add \"%s\" to %s: it declares %s", f->proposed,
			    file, thing);
	else
		strbuf_addf(sb,
			    "include the header that declares %s in %s, or "
			    "mend the declaration if it was removed or renamed",
			    thing, file);
	add_suggestion(f, sb);
}

static void type_advice(const struct cause_facts *f, struct strbuf *sb,
			const char *file)
{
	if (f->topic->unnamed)
		strbuf_addf(sb,
			    "include the header that defines the type of %s in "
			    "%s, or use a pointer there",
			    f->topic->thing, file);
	else
		strbuf_addf(sb,
			    "include the header that defines %s in %s, or "
			    "forward-declare it where a pointer is enough",
			    f->topic->thing, file);
}

static void symbol_advice(const struct cause_facts *f, struct strbuf *sb)
{
	const char *thing = f->topic->thing;

	if (streq_null(f->example->tool, "modpost"))
		strbuf_addf(
			sb,
			"export %s to modules (EXPORT_SYMBOL_GPL), or build "
			"the file that defines it into this module",
			thing);
	else
		strbuf_addf(sb,
			    "build the file that defines %s in this "
			    "configuration, or give a stub where it is off",
			    thing);
}

static void write_advice(const struct cause_facts *f, struct strbuf *sb)
{
	const char *file = f->file ? f->file : "the units hit";
	const struct cause_topic *t = f->topic;

	if (t->proof) {
		cause_proved_remedy(f, sb);
		strbuf_addstr(sb, "; ");
		cause_proved_fact(f, sb);
		if (cause_is_lost_option(f))
			add_note(f, sb);
		return;
	}
	switch (t->kind) {
	case CAUSE_MISSING_INCLUDE:
	case CAUSE_CROSS_ARCH:
		include_advice(f, sb);
		break;
	case CAUSE_MISSING_DECLARATION:
		declaration_advice(f, sb, file);
		break;
	case CAUSE_INCOMPLETE_TYPE:
		type_advice(f, sb, file);
		break;
	case CAUSE_MISSING_MEMBER:
		strbuf_addf(sb,
			    "adapt %s, or keep %s where its users see it (was "
			    "it renamed, moved, or put behind an #ifdef?)",
			    file, t->thing);
		add_suggestion(f, sb);
		break;
	case CAUSE_REDEFINITION:
		strbuf_addf(sb, "keep one declaration of %s", t->thing);
		add_note(f, sb);
		break;
	case CAUSE_UNDEFINED_SYMBOL:
		symbol_advice(f, sb);
		break;
	case CAUSE_UNEXPORTED_SYMBOL:
		strbuf_addf(sb,
			    "EXPORT_SYMBOL_GPL(%s) where it is defined, or let "
			    "the module do without it",
			    t->thing);
		add_note(f, sb);
		break;
	case CAUSE_DUPLICATE_SYMBOL:
		strbuf_addf(sb,
			    "keep one definition of %s; one that stands in a "
			    "header has to be static inline",
			    t->thing);
		break;
	case CAUSE_ASSERTION:
		strbuf_addf(sb,
			    "a size, layout or constant that %s relies on is "
			    "another one now; see what this state makes of it",
			    file);
		break;
	case CAUSE_MAKE:
		strbuf_addstr(sb,
			      t->dir ? "a Makefile names a file that is not "
				       "there at this state: check paths "
				       "and variables like $(KVM)"
				     : "no compiler said anything: read the "
				       "step's log and the Makefile");
		break;
	case CAUSE_CONFIG:
		cause_config_remedy(f, sb);
		add_note(f, sb);
		break;
	case CAUSE_WARNING:
		strbuf_addf(sb,
			    "mend it in %s, or allow warnings in the matrix",
			    file);
		add_note(f, sb);
		break;
	case CAUSE_HIDDEN:
	case CAUSE_INCLUDE_CYCLE:
	case CAUSE_NOT_STANDALONE:
	case CAUSE_BOOT_CALL:
	case CAUSE_NOT_APPLIED:
	case CAUSE_OTHER:
		strbuf_addf(sb, "see %s", file);
		add_note(f, sb);
		break;
	}
}

/* "broken by patch 2, healed by 3", each pair once. */
static size_t write_holes(const struct cause *c, struct strbuf *sb)
{
	size_t pairs = 0;

	for (size_t i = 0; i < c->nr_spans; i++) {
		const struct cause_span *s = &c->spans[i];
		bool seen = !s->healed_by;

		for (size_t k = 0; k < i && !seen; k++)
			seen = c->spans[k].first_bad == s->first_bad &&
			       c->spans[k].healed_by == s->healed_by;
		if (seen)
			continue;
		strbuf_addf(sb, "%sbroken by %s%u, healed by %u",
			    pairs ? "; " : "",
			    s->first_suspect < s->first_bad ?
				    "some patch up to " : "patch ",
			    s->first_bad, s->healed_by);
		pairs++;
	}
	return pairs;
}

static void add_unlinked(const struct cause_facts *f, struct strbuf *sb)
{
	unsigned from = f->unlinked_from, to = f->unlinked_to;

	if (!to)
		return;
	if (!from)
		strbuf_addf(sb, "; units fail from the base to patch %u, so "
				"that there was nothing to link: it may be "
				"older than the series, or come from any patch "
				"up to %u", to - 1, to);
	else if (from + 1 == to)
		strbuf_addf(sb, "; at patch %u a unit fails, so that there was "
				"nothing to link: it came with %u or %u",
			    from, from, to);
	else
		strbuf_addf(sb, "; at patches %u to %u units fail, so that "
				"there was nothing to link: it came with one "
				"of the patches %u to %u",
			    from, to - 1, from, to);
}

char *cause_advice(const struct cause_facts *f)
{
	const struct cause *c = f->cause;
	struct strbuf sb = STRBUF_INIT;
	_cleanup_strbuf_ struct strbuf holes = STRBUF_INIT;
	size_t pairs;

	if (f->base) {
		strbuf_addstr(&sb, "the base has this already: no patch of the "
				   "series is to blame");
		if (c->healed_by)
			strbuf_addf(&sb, "; patch %u heals it", c->healed_by);
		return strbuf_detach(&sb);
	}
	pairs = write_holes(c, &holes);
	if (!c->healed_by) {
		write_advice(f, &sb);
		if (pairs)
			strbuf_addf(&sb, "; besides, it was %s", holes.buf);
	} else if (pairs == 1 &&
		   c->spans[0].first_suspect == c->spans[0].first_bad) {
		strbuf_addf(&sb,
			    "%s: squash %u into %u to keep the series "
			    "bisectable",
			    holes.buf, c->spans[0].healed_by,
			    c->spans[0].first_bad);
	} else {
		strbuf_addf(&sb,
			    "%s: squash what heals into what breaks, to "
			    "keep the series bisectable",
			    holes.buf);
	}
	if (c->healed_by && f->topic->proof) {
		strbuf_addstr(&sb, "; ");
		cause_proved_fact(f, &sb);
	}
	if (c->healed_by && cause_is_lost_option(f))
		add_note(f, &sb);
	add_unlinked(f, &sb);
	if (f->unsure && f->unsure_from)
		strbuf_addf(&sb,
			    "; it may be older: patch %u could not be "
			    "judged",
			    f->unsure_from);
	else if (f->unsure)
		strbuf_addstr(&sb,
			      "; it may be older than the series: the base "
			      "could not be judged");
	return strbuf_detach(&sb);
}

char *cause_example(const struct diagnostic *d)
{
	const char *message = d->message ? d->message : "";

	if (d->file && d->line)
		return xasprintf("%s:%u: %s", d->file, d->line, message);
	if (d->file || d->unit)
		return xasprintf("%s: %s", d->file ? d->file : d->unit,
				 message);
	return xstrdup(message);
}

char *cause_first_line(const char *text)
{
	size_t n;

	if (!text)
		return xstrdup("");
	text += strspn(text, "\r\n ");
	n = strcspn(text, "\r\n");
	return xstrndup(text, n);
}

char *cause_not_applied_title(const struct patch_info *p)
{
	struct strbuf sb = STRBUF_INIT;
	_cleanup_free_ char *subject = cause_first_line(p->subject);

	strbuf_addf(&sb, "patch %u does not apply", p->index);
	if (*subject)
		strbuf_addf(&sb, ": %s", subject);
	fit(&sb, CAUSE_TITLE_MAX);
	return strbuf_detach(&sb);
}

char *cause_not_applied_advice(const struct patch_info *p)
{
	_cleanup_free_ char *said = cause_first_line(p->not_applied);

	return xasprintf("rebase the series, or give the base it was made for "
			 "with --base%s%s",
			 *said ? "; git says: " : "", said);
}
