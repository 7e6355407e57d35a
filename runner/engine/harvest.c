// SPDX-License-Identifier: GPL-2.0-only
#include "engine/harvest.h"

#include "sys/mem.h"
#include "sys/proc.h"
#include "sys/sandbox.h"

#include <stdio.h>

static char *last_line(const char *text)
{
	size_t n = strlen(text), begin;

	while (n && (text[n - 1] == '\n' || text[n - 1] == ' '))
		n--;
	begin = n;
	while (begin && text[begin - 1] != '\n')
		begin--;
	return xstrndup(text + begin, n - begin < 300 ? n - begin : 300);
}

static void set_error(struct step_result *s, char *reason)
{
	s->outcome = OUTCOME_ERROR;
	free(s->reason);
	s->reason = reason;
}

static bool has_error(const struct diag_list *l)
{
	for (size_t i = 0; i < l->nr; i++)
		if (l->v[i].severity == DIAG_ERROR)
			return true;
	return false;
}

bool harvest_faults(struct step_result *s, const struct make_log *log,
		    const struct proc_result *res)
{
	_cleanup_free_ char *last = last_line(res->output.buf);

	if (res->stopped)
		set_error(s, xstrdup("interrupted"));
	else if (res->timed_out)
		set_error(s, xasprintf("timed out after %.0f s (--timeout)",
				       res->seconds));
	else if (res->signal)
		set_error(s, xasprintf("make was killed by signal %d",
				       res->signal));
	else if (res->exit_code > 128)
		set_error(s, xasprintf("make was killed by signal %d",
				       res->exit_code - 128));
	else if (res->exit_code == SANDBOX_EXIT_FAILED)
		set_error(s, STEAL(last));
	else if (log->infra && res->exit_code)
		set_error(s, xasprintf("%s%s%s", log->infra,
				       log->infra_unit ? " at " : "",
				       log->infra_unit ? log->infra_unit : ""));
	else if (res->output_cut)
		set_error(s, xstrdup("more output than is kept (64 MiB): some "
				     "messages may be missing"));
	else if (res->exit_code && !log->failed.nr && !has_error(&log->diags))
		set_error(s, xasprintf("make failed (exit %d) and did not say "
				       "of what: %s",
				       res->exit_code, last));
	else
		return false;
	return true;
}

/* Did make begin anew with this object of the baseline? */
static bool was_dropped(const struct harvest *h, const char *unit)
{
	_cleanup_free_ char *dir = NULL;

	if (!h->dropped)
		return false;
	if (strlist_has_sorted(h->dropped, unit))
		return true;
	dir = xstrdup(unit);
	for (char *slash; (slash = strrchr(dir, '/'));) {
		*slash = '\0';
		if (strlist_has_sorted(h->dropped, dir))
			return true;
	}
	return false;
}

static void take_diags(struct step_result *s, const struct diag_list *from,
		       const struct harvest *h, bool replayed)
{
	for (size_t i = 0; i < from->nr; i++) {
		struct diagnostic *d;

		diag_list_copy(&s->diags, &from->v[i]);
		d = &s->diags.v[s->diags.nr - 1];
		d->replayed = replayed;
		diag_fingerprint(d, h->renames);
	}
}

/*
 * A unit of the baseline that make had no reason to touch is as it was. One that
 * had failed there has no object, so make has tried it again unless it did not
 * get that far.
 */
static void carry_base(struct step_result *s, const struct make_log *log,
		       const struct harvest *h, bool got_far)
{
	_cleanup_strmap_ struct strmap started = STRMAP_INIT;
	const struct step_result *base = h->base;

	strlist_each(u, &log->started)
		strmap_set(&started, u, &started);
	for (size_t i = 0; i < base->diags.nr; i++) {
		const struct diagnostic *d = &base->diags.v[i];
		bool failed = d->unit &&
			      strlist_has_sorted(&base->failed, d->unit);

		if (!d->unit || strmap_has(&started, d->unit))
			continue;
		if (failed ? got_far : was_dropped(h, d->unit))
			continue;
		diag_list_copy(&s->diags, d);
	}
	if (got_far)
		return;
	strlist_each(f, &base->failed)
		if (!strmap_has(&started, f))
			strlist_add(&s->failed, f);
}

void harvest_make(struct step_result *s, struct make_log *log,
		  const struct proc_result *res, const struct harvest *h)
{
	bool got_far =
		!harvest_prepare_failed(res->output.buf, res->output.len);

	s->outcome = OUTCOME_BUILT;
	s->seconds = res->seconds;
	s->units_built = log->started.nr;
	/* make is the judge: when it is content, no text that looks like a
	 * failure is one (a source can print anything by #warning). */
	if (res->exit_code) {
		strlist_cat(&s->failed, &log->failed);
	} else {
		for (size_t i = 0; i < log->diags.nr; i++)
			log->diags.v[i].severity = DIAG_WARNING;
	}
	take_diags(s, &log->diags, h, false);
	if (h->base)
		carry_base(s, log, h, got_far);
	strlist_sort(&s->failed);
}

bool harvest_prepare_failed(const char *output, size_t len)
{
	static const char *const marks[] = { ": prepare] Error",
					     ": prepare0] Error",
					     ": archprepare] Error" };

	for (size_t i = 0; i < ARRAY_SIZE(marks); i++)
		if (memmem(output, len, marks[i], strlen(marks[i])))
			return true;
	return false;
}

void harvest_forget(struct step_result *s, const struct strlist *units)
{
	struct strlist kept = STRLIST_INIT;

	strlist_each(f, &s->failed)
		if (!strlist_has_sorted(units, f))
			strlist_add(&kept, f);
	strlist_release(&s->failed);
	s->failed = kept;
	for (size_t i = 0; i < s->diags.nr;) {
		struct diagnostic *d = &s->diags.v[i];

		if (!d->unit || !strlist_has_sorted(units, d->unit)) {
			i++;
			continue;
		}
		diagnostic_release(d);
		*d = s->diags.v[--s->diags.nr];
	}
}

/* Units that failed at the state before, and are judged anew now. */
static void forget_carried(struct step_result *s, const struct make_log *log,
			   const struct harvest *h)
{
	struct strlist kept = STRLIST_INIT;

	strlist_each(f, &s->failed)
		if (!h->base || !strlist_has_sorted(&h->base->failed, f) ||
		    !strlist_has(&log->started, f))
			strlist_add(&kept, f);
	strlist_release(&s->failed);
	s->failed = kept;
}

void harvest_replay(struct step_result *s, struct make_log *log,
		    const struct harvest *h)
{
	forget_carried(s, log, h);
	for (size_t i = 0; i < s->diags.nr;) {
		struct diagnostic *d = &s->diags.v[i];

		/* What was carried of a unit that is now judged is replaced. */
		if (d->unit && strlist_has(&log->started, d->unit) &&
		    !strlist_has(&s->failed, d->unit)) {
			diagnostic_release(d);
			*d = s->diags.v[--s->diags.nr];
		} else {
			i++;
		}
	}
	take_diags(s, &log->diags, h, true);
	strlist_each(f, &log->failed) {
		if (strlist_has(&s->failed, f))
			continue;
		strlist_add(&s->failed, f);
		strlist_add(&s->failed_replayed, f);
	}
	strlist_sort(&s->failed);
	strlist_sort(&s->failed_replayed);
}

static void constants(const char *text, struct strmap *values,
		      struct strlist *keep)
{
	struct strlist lines = STRLIST_INIT;

	strlist_split(&lines, text, "\n");
	strlist_each(line, &lines) {
		char name[200], value[100];

		if (sscanf(line, "#define %199s %99s", name, value) != 2)
			continue;
		strlist_add(keep, value);
		strmap_set(values, name, keep->v[keep->nr - 1]);
	}
	strlist_release(&lines);
}

void harvest_changed_constants(const char *old_text, const char *new_text,
			       struct strlist *names)
{
	_cleanup_strmap_ struct strmap before = STRMAP_INIT;
	_cleanup_strmap_ struct strmap after = STRMAP_INIT;
	_cleanup_strlist_ struct strlist keep = STRLIST_INIT;

	constants(old_text, &before, &keep);
	constants(new_text, &after, &keep);
	strmap_each(e, &before) {
		const char *now = strmap_get(&after, strmap_key(e));

		if (!streq_null(now, strmap_value(e)))
			strlist_add(names, strmap_key(e));
	}
	strlist_sort(names);
}
