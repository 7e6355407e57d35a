// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a proof says, in words. Every file, line and patch that is named was
 * found in the sources; nothing here concludes.
 */
#include "engine/cause_text.h"

#include "engine/cause_proof.h"
#include "sys/mem.h"
#include "sys/strbuf.h"

#define LONG_NAMES 44 /* bytes: of two names in a title one is enough */

/* "a", "a and b", "a, b and 3 more". */
static void add_names(struct strbuf *sb, const struct strlist *l, size_t max)
{
	size_t shown = l->nr <= max ? l->nr : max > 1 ? max - 1 : 1;

	for (size_t i = 0; i < shown; i++)
		strbuf_addf(sb, "%s%s",
			    !i		     ? ""
			    : i + 1 == l->nr ? " and "
					     : ", ",
			    l->v[i]);
	if (shown < l->nr)
		strbuf_addf(sb, " and %zu more", l->nr - shown);
}

static char *things_of(const struct cause_facts *f, size_t max)
{
	struct strbuf sb = STRBUF_INIT;

	add_names(&sb, f->things, max);
	if (sb.len > LONG_NAMES && max > 1) {
		strbuf_reset(&sb);
		add_names(&sb, f->things, 1);
	}
	return strbuf_detach(&sb);
}

static const char *are(const struct cause_facts *f)
{
	return f->things->nr > 1 ? "are" : "is";
}

static const char *they(const struct cause_facts *f)
{
	return f->things->nr > 1 ? "they" : "it";
}

static const char *them(const struct cause_facts *f)
{
	return f->things->nr > 1 ? "them" : "it";
}

/* As an #include line of file names it: <linux/x.h>, or the path in quotes.
 * Owned. */
static char *spelled(const char *header, const char *file)
{
	static const char *const parts[] = {"include/generated/uapi/",
					    "include/generated/",
					    "include/uapi/", "include/"};
	const char *slash = file ? strrchr(file, '/') : NULL;
	size_t n = slash ? (size_t)(slash - file + 1) : 0;

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		const char *at = strstr(header, parts[i]);

		if (at == header ||
		    (at && at[-1] == '/' && starts_with(header, "arch/")))
			return xasprintf("<%s>", at + strlen(parts[i]));
	}
	if (n && !strncmp(file, header, n))
		return xasprintf("\"%s\"", header + n);
	return xasprintf("\"%s\"", header);
}

/* "<linux/a.h> and <linux/b.h>" */
static char *includes_of(const struct cause_facts *f)
{
	_cleanup_strlist_ struct strlist l = STRLIST_INIT;
	struct strbuf sb = STRBUF_INIT;

	strlist_each (h, f->headers)
		strlist_take(&l, spelled(h, f->file));
	add_names(&sb, &l, 4);
	return strbuf_detach(&sb);
}

/* The files hit. */
static char *place_of(const struct cause_facts *f)
{
	const char *file = f->file ? f->file : "the units hit";

	if (f->more_files)
		return xasprintf("%s and %zu more", file, f->more_files);
	return xstrdup(file);
}

static void add_patch(struct strbuf *sb, unsigned by)
{
	if (by)
		strbuf_addf(sb, "patch %u", by);
	else
		strbuf_addstr(sb, "the series");
}

static void add_luck(const struct cause_facts *f, struct strbuf *sb)
{
	const char *colon = f->luck ? strchr(f->luck, ':') : NULL;

	if (colon)
		strbuf_addf(sb, "; %.*s gets %s by luck:%s",
			    (int)(colon - f->luck), f->luck, them(f),
			    colon + 1);
}

static void add_remark(const struct cause_facts *f, struct strbuf *sb)
{
	if (f->topic->proof->remark)
		strbuf_addf(sb, "; %s", f->topic->proof->remark);
}

/* "arch/s390/kvm/Makefile" -> "arch/s390/kvm/"; owned */
static char *dir_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return xstrndup(path, slash ? (size_t)(slash - path + 1) : 0);
}

static bool for_kvm(const struct cause_facts *f)
{
	const struct proof *p = f->topic->proof;

	return p->makefile && cause_is_kvm(p->unit);
}

static void hidden_title(const struct cause_facts *f, const char *where,
			 struct strbuf *sb)
{
	const struct proof *p = f->topic->proof;
	_cleanup_free_ char *things = things_of(f, 2), *dir = NULL;

	if (for_kvm(f)) {
		dir = dir_of(p->makefile);
		strbuf_addf(sb, "%s %s hidden from units of %s by %s", things,
			    p->unsure ? "may be" : are(f), dir, p->text);
	} else {
		strbuf_addf(sb, "%s %s hidden from %s by %s", things, are(f),
			    where, p->text);
	}
}

bool cause_proved_title(const struct cause_facts *f, const char *where,
			struct strbuf *sb)
{
	const struct proof *p = f->topic->proof;
	_cleanup_free_ char *things = things_of(f, 2);
	_cleanup_free_ char *headers = includes_of(f);

	switch (p->kind) {
	case PROOF_HIDDEN:
		hidden_title(f, where, sb);
		return true;
	case PROOF_CUT:
	case PROOF_MOVED:
	case PROOF_NEVER:
		strbuf_addf(sb, "%s %s not declared in %s", things, are(f),
			    where);
		return true;
	case PROOF_LEANS:
		strbuf_addf(sb, "%s does not stand alone: it uses %s of %s",
			    p->place, things, headers);
		return true;
	case PROOF_CYCLE:
		strbuf_addf(sb, "include cycle: %s %s not declared yet in %s",
			    things, are(f), where);
		return true;
	case PROOF_UNEXPORTED:
		strbuf_addf(sb, "%s is not exported, and %s needs it", p->thing,
			    where);
		return true;
	case PROOF_REMOVED:
		if (f->things->nr < 2)
			return false;
		strbuf_addf(sb, "%s are not there any more for %s", things,
			    where);
		return true;
	case PROOF_DEFINED:
		if (f->topic->kind != CAUSE_BOOT_CALL)
			return false;
		strbuf_addf(sb, "built-in %s calls into KVM: no %s there",
			    where, p->thing);
		return true;
	case PROOF_HEADER_MOVED:
	case PROOF_HEADER_GONE:
	case PROOF_ELSEWHERE:
	case PROOF_TWICE:
	case PROOF_KCONFIG:
	case PROOF_VARIABLE:
		return false;
	}
	return false;
}

/* ---- facts ------------------------------------------------------------------
 */

static void hidden_fact(const struct cause_facts *f, struct strbuf *sb)
{
	const struct proof *p = f->topic->proof;

	if (strcmp(p->place, p->header))
		strbuf_addf(sb,
			    "%s includes %s, which declares %s, only "
			    "under %s at line %u since ",
			    p->place, p->header, them(f), p->text,
			    p->place_line);
	else
		strbuf_addf(sb, "%s:%u shows %s only under %s since ", p->place,
			    p->place_line, them(f), p->text);
	add_patch(sb, p->by);
	add_remark(f, sb);
}

static void cut_fact(const struct cause_facts *f, struct strbuf *sb)
{
	const struct proof *p = f->topic->proof;

	add_patch(sb, p->by);
	strbuf_addf(sb,
		    " takes the include of %s from %s, by which %s came: %s",
		    p->text, p->place, they(f), p->chain);
	add_remark(f, sb);
	add_luck(f, sb);
}

static void cycle_fact(const struct cause_facts *f, struct strbuf *sb)
{
	const struct proof *p = f->topic->proof;

	if (p->to) {
		add_patch(sb, p->by);
		strbuf_addf(sb, " lets %s:%u include %s, which closes ", p->to,
			    p->place_line, p->text);
	} else {
		strbuf_addstr(sb, "there is ");
	}
	strbuf_addf(sb,
		    "the cycle %s; a unit that reads %s first gets %s "
		    "before line %u of it declares %s",
		    p->chain, p->header, p->place, p->line, p->thing);
}

static void header_fact(const struct cause_facts *f, struct strbuf *sb)
{
	const struct proof *p = f->topic->proof;
	const char *foreign = f->topic->foreign;

	if (p->kind == PROOF_ELSEWHERE) {
		strbuf_addf(sb, "there is %s", p->to);
		add_remark(f, sb);
		return;
	}
	add_patch(sb, p->by);
	if (p->kind == PROOF_HEADER_GONE)
		strbuf_addf(sb, " deletes %s", p->header);
	else
		strbuf_addf(sb, " moves %s to %s", p->header, p->to);
	if (foreign && p->to)
		strbuf_addf(sb, ", where only %s looks", foreign);
}

static void symbol_fact(const struct cause_facts *f, struct strbuf *sb)
{
	const struct proof *p = f->topic->proof;

	if (p->kind == PROOF_UNEXPORTED) {
		strbuf_addf(sb, "%s:%u defines it", p->to, p->line);
		if (p->header) {
			strbuf_addstr(sb, ", and ");
			add_patch(sb, p->by);
			strbuf_addf(sb, " takes the export from %s", p->header);
			if (p->place_line)
				strbuf_addf(sb, " (line %u before it)",
					    p->place_line);
		} else {
			strbuf_addstr(sb, ", nobody exports it, and modules "
					  "need it since ");
			add_patch(sb, p->patch);
		}
	} else if (!p->to) {
		add_patch(sb, p->by);
		strbuf_addf(sb, " takes it from %s", p->header);
	} else {
		strbuf_addf(sb, "%s:%u defines it", p->to, p->line);
		if (p->by && p->header) {
			strbuf_addstr(sb, ", ");
			add_patch(sb, p->by);
			strbuf_addf(sb, " takes it there from %s", p->header);
		}
	}
}

void cause_proved_fact(const struct cause_facts *f, struct strbuf *sb)
{
	const struct proof *p = f->topic->proof;

	switch (p->kind) {
	case PROOF_HIDDEN:
		hidden_fact(f, sb);
		break;
	case PROOF_REMOVED:
		add_patch(sb, p->by);
		strbuf_addf(sb, " takes %s from %s (line %u before it)",
			    them(f), p->header, p->line);
		add_remark(f, sb);
		break;
	case PROOF_MOVED:
		add_patch(sb, p->by);
		strbuf_addf(sb, " moves %s from %s to %s", them(f), p->header,
			    p->to);
		add_luck(f, sb);
		break;
	case PROOF_CUT:
		cut_fact(f, sb);
		break;
	case PROOF_CYCLE:
		cycle_fact(f, sb);
		break;
	case PROOF_LEANS:
	case PROOF_NEVER:
		strbuf_addf(sb, "%s:%u declares %s, and %s does not read that",
			    p->header, p->line, p->thing, p->unit);
		add_luck(f, sb);
		break;
	case PROOF_HEADER_MOVED:
	case PROOF_HEADER_GONE:
	case PROOF_ELSEWHERE:
		header_fact(f, sb);
		break;
	case PROOF_TWICE:
		strbuf_addf(sb, "%s:%u and %s:%u both declare it for %s since ",
			    p->header, p->line, p->place, p->place_line,
			    p->unit);
		add_patch(sb, p->by);
		break;
	case PROOF_KCONFIG:
		add_patch(sb, p->by);
		strbuf_addf(sb, " changes %s, which mentions it", p->header);
		break;
	case PROOF_VARIABLE:
		add_patch(sb, p->by);
		strbuf_addf(sb,
			    " takes the variable %s from %s, and %s:%u "
			    "still sets it",
			    p->text, p->header, p->place, p->place_line);
		break;
	case PROOF_DEFINED:
	case PROOF_UNEXPORTED:
		symbol_fact(f, sb);
		break;
	}
}

/* ---- options ----------------------------------------------------------------
 */

bool cause_is_lost_option(const struct cause_facts *f)
{
	return streq_null(f->example->tool, "config");
}

void cause_config_remedy(const struct cause_facts *f, struct strbuf *sb)
{
	const char *thing = f->topic->thing;

	if (cause_is_lost_option(f))
		strbuf_addf(sb,
			    "let %s come out as asked (what it switches on is "
			    "not built, so nothing is known of it), or ask for "
			    "something else in the matrix",
			    thing);
	else
		strbuf_addf(sb, "check the dependencies of %s", thing);
}

/* ---- remedies ---------------------------------------------------------------
 */

static void hidden_remedy(const struct cause_facts *f, struct strbuf *sb)
{
	const struct proof *p = f->topic->proof;

	if (for_kvm(f) && p->unsure) {
		strbuf_addstr(sb,
			      "heal what stops make first, then look again");
		return;
	}
	if (for_kvm(f) && starts_with(p->text, "#ifdef ") &&
	    !starts_with(p->text, "#ifdef CONFIG_")) {
		strbuf_addf(sb, "define %s in %s before ",
			    p->text + strlen("#ifdef "), p->makefile);
		add_patch(sb, p->by);
		return;
	}
	if (for_kvm(f)) {
		strbuf_addf(sb, "show %s to %s", them(f),
			    f->file ? f->file : p->unit);
		return;
	}
	if (p->to && cause_is_kvm_header(p->to)) {
		strbuf_addf(
			sb,
			"hide what needs %s in KVM's headers, too, or wean ",
			them(f));
		add_names(sb, f->units, 4);
		strbuf_addstr(sb, " from these");
		return;
	}
	if (p->to) {
		strbuf_addf(sb, "wean %s from %s before ", p->to, them(f));
		add_patch(sb, p->by);
		return;
	}
	strbuf_addstr(sb, "wean ");
	add_names(sb, f->units, 4);
	strbuf_addf(sb, " from %s before ", p->header);
	add_patch(sb, p->by);
}

static void header_remedy(const struct cause_facts *f, struct strbuf *sb)
{
	const struct proof *p = f->topic->proof;
	_cleanup_free_ char *where = place_of(f);
	_cleanup_free_ char *to = p->to ? spelled(p->to, f->file) : NULL;

	if (f->topic->kind == CAUSE_MAKE) {
		strbuf_addf(sb, "follow it in the Makefile that names %s",
			    p->thing);
		return;
	}
	if (f->topic->foreign && p->header && !starts_with(p->header, "arch/"))
		strbuf_addf(sb,
			    "keep %s where every architecture finds it, or "
			    "do not include it in %s",
			    p->header, where);
	else if (f->topic->foreign)
		strbuf_addf(sb,
			    "it is %s's: move what both need to include/, "
			    "or do not include it in %s",
			    f->topic->foreign, where);
	else if (to)
		strbuf_addf(sb, "include %s in %s", to, where);
	else
		strbuf_addf(sb, "drop the include from %s, or keep the header",
			    where);
}

static void symbol_remedy(const struct cause_facts *f, struct strbuf *sb)
{
	const struct proof *p = f->topic->proof;

	if (p->kind == PROOF_UNEXPORTED)
		strbuf_addf(sb, "EXPORT_SYMBOL_GPL(%s) in %s", p->thing, p->to);
	else if (f->topic->kind == CAUSE_BOOT_CALL)
		strbuf_addf(sb,
			    "keep %s in an object that is built in when "
			    "KVM is a module, or off, too",
			    p->thing);
	else if (p->to)
		strbuf_addf(sb,
			    "build %s in this configuration, or give a "
			    "stub of %s where it is off",
			    p->to, p->thing);
	else
		strbuf_addf(sb, "keep %s while it is used", p->thing);
}

void cause_proved_remedy(const struct cause_facts *f, struct strbuf *sb)
{
	const struct proof *p = f->topic->proof;
	_cleanup_free_ char *where = place_of(f), *headers = includes_of(f);
	_cleanup_free_ char *to = NULL;

	switch (p->kind) {
	case PROOF_HIDDEN:
		hidden_remedy(f, sb);
		break;
	case PROOF_REMOVED:
		strbuf_addf(sb, "keep %s as long as %s %s used in %s", them(f),
			    they(f), are(f), where);
		break;
	case PROOF_MOVED:
		to = spelled(p->to, f->file);
		strbuf_addf(sb, "include %s in %s", to, where);
		break;
	case PROOF_CUT:
	case PROOF_NEVER:
		strbuf_addf(sb, "include %s in %s", headers, where);
		break;
	case PROOF_LEANS:
		strbuf_addf(sb, "include %s in %s", headers, p->place);
		break;
	case PROOF_CYCLE:
		strbuf_addf(sb, "drop one include of the cycle, or move what "
				"both need to a third header");
		break;
	case PROOF_HEADER_MOVED:
	case PROOF_HEADER_GONE:
	case PROOF_ELSEWHERE:
		header_remedy(f, sb);
		break;
	case PROOF_TWICE:
		strbuf_addf(sb, "keep one declaration of %s", p->thing);
		break;
	case PROOF_KCONFIG:
		cause_config_remedy(f, sb);
		break;
	case PROOF_VARIABLE:
		strbuf_addf(sb, "follow ");
		add_patch(sb, p->by);
		strbuf_addf(sb, " in %s", p->place);
		break;
	case PROOF_DEFINED:
	case PROOF_UNEXPORTED:
		symbol_remedy(f, sb);
		break;
	}
}
