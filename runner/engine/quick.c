// SPDX-License-Identifier: GPL-2.0-only
#include "engine/quick.h"

#include "model/diagnostic.h"
#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/mem.h"
#include "sys/strbuf.h"

void quick_state_release(struct quick_state *q)
{
	strlist_release(&q->failed);
	strlist_release(&q->unread);
	strlist_release(&q->unjudged);
	strlist_release(&q->reads);
	diag_list_release(&q->diags);
	*q = (struct quick_state){ 0 };
}

void quick_state_copy(struct quick_state *to, const struct quick_state *from)
{
	quick_state_release(to);
	to->done = from->done;
	to->blind = from->blind;
	strlist_cat(&to->failed, &from->failed);
	strlist_cat(&to->unread, &from->unread);
	strlist_cat(&to->unjudged, &from->unjudged);
	strlist_cat(&to->reads, &from->reads);
	for (size_t i = 0; i < from->diags.nr; i++)
		diag_list_copy(&to->diags, &from->diags.v[i]);
}

/* ---- commands ------------------------------------------------------------- */

/* Length of the first simple command of a shell line. */
static size_t first_command(const char *s)
{
	char quote = '\0';
	size_t i;

	for (i = 0; s[i] && s[i] != '\n'; i++) {
		if (s[i] == '\\' && quote != '\'' && s[i + 1])
			i++;
		else if (quote)
			quote = s[i] == quote ? '\0' : quote;
		else if (s[i] == '\'' || s[i] == '"')
			quote = s[i];
		else if (s[i] == ';' || s[i] == '|' || s[i] == '&')
			break;
	}
	return i;
}

/* The compiler's part of a recorded command; NULL: it is not one that compiles for
 * the kernel and writes dependencies. */
static char *compiler_call(const char *saved)
{
	_cleanup_free_ char *first = NULL;

	saved += strspn(saved, " \t");
	first = xstrndup(saved, first_command(saved));
	if (!strstr(first, " -D__KERNEL__") || !strstr(first, " -Wp,-MMD,"))
		return NULL;
	return STEAL(first);
}

static const char *without_ccache(const char *call)
{
	return call + (starts_with(call, "ccache ") ? strlen("ccache ") : 0);
}

char *quick_command(const char *saved, enum quick_how how)
{
	_cleanup_free_ char *call = compiler_call(saved);

	if (!call || (!strstr(call, " -c ") && !strstr(call, " -S ")))
		return NULL;
	if (how == QUICK_OBJECTS && starts_with(call, "ccache "))
		return STEAL(call);
	return xasprintf("%s -fsyntax-only", without_ccache(call));
}

/* The text after "savedcmd_TARGET := " (before Linux 6.3 "cmd_..."), or NULL. */
static const char *saved_command(const char *text)
{
	const char *assign = strstr(text, " := ");
	const char *eol = strchr(text, '\n');

	if (!starts_with(text, "savedcmd_") && !starts_with(text, "cmd_"))
		return NULL;
	return assign && eol && assign < eol ? assign + 4 : NULL;
}

/* The recorded command of a unit; NULL: none. */
static char *read_command(const struct unit *u, const char *objtree)
{
	_cleanup_errbuf_ struct errbuf ignored = ERRBUF_INIT;
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	_cleanup_free_ char *file = path_join(objtree, u->cmdfile);
	const char *saved;

	if (!u->kernel || file_read(file, &text, &ignored))
		return NULL;
	saved = saved_command(text.buf);
	return xstrdup_null(saved);
}

static char *command_of(const struct unit *u, const char *objtree,
			enum quick_how how)
{
	_cleanup_free_ char *saved = read_command(u, objtree);

	return saved ? quick_command(saved, how) : NULL;
}

char *quick_compiler_call(const struct unit *u, const char *objtree)
{
	_cleanup_free_ char *saved = read_command(u, objtree);

	_cleanup_free_ char *call = saved ? compiler_call(saved) : NULL;

	return call ? xstrdup(without_ccache(call)) : NULL;
}

char *quick_makefile(const struct unit_set *units, const char *objtree,
		     const struct strlist *names, enum quick_how how,
		     struct strlist *unjudged)
{
	struct strbuf sb = STRBUF_INIT;

	strbuf_addstr(&sb, "pound := \\#\n.PHONY: all FORCE\nall:\nFORCE:\n");
	strlist_each(name, names) {
		const struct unit *u = unit_set_find(units, name);
		_cleanup_free_ char *command =
			u ? command_of(u, objtree, how) : NULL;
		_cleanup_free_ char *dep = u ? quick_depfile(u) : NULL;

		if (!command) {
			strlist_add(unjudged, name);
			continue;
		}
		strbuf_addf(&sb, "all: %s\n%s: FORCE\n\t@echo '  CC      $@'\n"
				 "\t@%s || { %s -E >/dev/null 2>&1 || rm -f %s; "
				 "false; }\n",
			    u->target, u->target, command,
			    without_ccache(command), dep);
	}
	strlist_sort(unjudged);
	return strbuf_detach(&sb);
}

char *quick_depfile(const struct unit *u)
{
	const char *slash = strrchr(u->target, '/');
	int dir = slash ? (int)(slash - u->target) + 1 : 0;

	return xasprintf("%.*s.%s.d", dir, u->target, u->target + dir);
}

/* ---- results --------------------------------------------------------------- */

static void drop_started(struct quick_state *q, const struct strmap *started)
{
	struct strlist failed = STRLIST_INIT;

	for (size_t i = 0; i < q->diags.nr;) {
		struct diagnostic *d = &q->diags.v[i];

		if (!d->unit || !strmap_has(started, d->unit)) {
			i++;
			continue;
		}
		diagnostic_release(d);
		*d = q->diags.v[--q->diags.nr];
	}
	strlist_each(f, &q->failed)
		if (!strmap_has(started, f))
			strlist_add(&failed, f);
	strlist_release(&q->failed);
	q->failed = failed;
}

void quick_harvest(struct quick_state *q, struct make_log *log,
		   const struct strmap *renames)
{
	_cleanup_strmap_ struct strmap started = STRMAP_INIT;

	strlist_each(u, &log->started)
		strmap_set(&started, u, &started);
	drop_started(q, &started);
	for (size_t i = 0; i < log->diags.nr; i++) {
		struct diagnostic *d;

		diag_list_copy(&q->diags, &log->diags.v[i]);
		d = &q->diags.v[q->diags.nr - 1];
		diag_fingerprint(d, renames);
	}
	strlist_cat(&q->failed, &log->failed);
	strlist_sort(&q->failed);
	q->nr_judged = log->started.nr;
}

/* ---- against the build ------------------------------------------------------ */

/* Warnings of gcc that come when a unit has been parsed; some Makefile may make any of
 * them an error. */
static bool is_late_warning(const char *option)
{
	static const char *const late[] = {
		"-Waggressive-loop-optimizations",
		"-Walloc-size-larger-than",
		"-Warray-bounds",
		"-Wattribute-warning",
		"-Wdangling-pointer",
		"-Wformat-overflow",
		"-Wformat-truncation",
		"-Wframe-larger-than",
		"-Wfree-nonheap-object",
		"-Wimplicit-fallthrough",
		"-Winfinite-recursion",
		"-Wmaybe-uninitialized",
		"-Wnull-dereference",
		"-Wrestrict",
		"-Wstack-usage",
		"-Wstringop-",
		"-Wuninitialized",
		"-Wunused-function",
		"-Wuse-after-free",
		"-Wzero-length-bounds",
	};

	for (size_t i = 0; option && i < ARRAY_SIZE(late); i++)
		if (starts_with(option, late[i]))
			return true;
	return false;
}

bool quick_needs_codegen(const struct diagnostic *d)
{
	static const char *const marks[] = {
		"control reaches end of non-void function",
		"defined but not used",
		"declared with attribute error", /* BUILD_BUG_ON */
		"impossible constraint",
		"inconsistent operand constraints",
		"can't find a register",
		"frame size",
		"inlining failed in call to",
		"undefined reference",
	};

	if ((d->tool && strcmp(d->tool, "cc")) || is_late_warning(d->option))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(marks); i++)
		if (strstr(d->message, marks[i]))
			return true;
	return false;
}

/* Does anything that the build says of a failed unit need no code generation? */
static bool syntax_shows(const struct step_result *s, const char *unit)
{
	for (size_t i = 0; i < s->diags.nr; i++) {
		const struct diagnostic *d = &s->diags.v[i];

		if (d->severity == DIAG_ERROR && streq_null(d->unit, unit) &&
		    !quick_needs_codegen(d))
			return true;
	}
	return false;
}

void quick_compare(const struct quick_state *q, const struct step_result *s,
		   const struct strlist *known, struct strlist *lines)
{
	if (!q->done || q->blind)
		return;
	strlist_each(f, &q->failed)
		if (!strlist_has_sorted(&s->failed, f) &&
		    !strlist_has_sorted(&s->unjudged, f) &&
		    !strlist_has_sorted(&q->unjudged, f))
			strlist_addf(lines, "%s fails in the quick pass and "
				     "passes in the build", f);
	strlist_each(f, &s->failed) {
		if (!strlist_has_sorted(known, f) ||
		    strlist_has_sorted(&q->failed, f) ||
		    strlist_has_sorted(&q->unjudged, f) || !syntax_shows(s, f))
			continue;
		strlist_addf(lines, "%s fails in the build and passes in the "
			     "quick pass", f);
	}
}
