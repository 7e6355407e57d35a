// SPDX-License-Identifier: GPL-2.0-only
/*
 * A cell's states are walked in order. A step that could not be judged is
 * stepped over: the next one is compared with the last that could, and if it is
 * worse, nobody can say which patch of the gap did it.
 */
#include "engine/verdict.h"

#include "engine/step_view.h"
#include "model/result.h"
#include "sys/mem.h"

#include <stdint.h>

/* Begins what verdict_judge() adds to a reason, so that it can take it back. */
#define NOT_JUDGED "not judged: "
#define NOT_BUILT "not built"

/* One cell, on the way through its states. */
struct walk {
	struct run_result *r;
	struct step_view prev; /* last judged state, when has_prev */
	bool has_prev;
	bool gap; /* states since then could not be judged */
	unsigned gap_first, gap_last;
};

/* Where the verdict's own part of a reason begins; NULL: there is none. */
static char *own_part(char *reason)
{
	for (char *at = reason; (at = strstr(at, NOT_JUDGED)); at++)
		if (at == reason ||
		    (at - reason >= 2 && !strncmp(at - 2, "; ", 2)))
			return at;
	return NULL;
}

static void take_back(struct step_result *s)
{
	char *mine;

	diag_list_release(&s->fixed);
	for (size_t i = 0; i < s->diags.nr; i++)
		s->diags.v[i].status = DIAG_KNOWN;
	if (!s->reason)
		return;
	mine = own_part(s->reason);
	if (mine)
		*(mine - s->reason >= 2 ? mine - 2 : mine) = '\0';
	if (!*s->reason ||
	    (s->outcome != OUTCOME_PENDING && !strcmp(s->reason, NOT_BUILT))) {
		free(s->reason);
		s->reason = NULL;
	}
}

/* Takes why. */
static void not_judged(struct step_result *s, char *why)
{
	char *old = s->reason;

	s->reason = xasprintf("%s%s" NOT_JUDGED "%s", old ? old : "",
			      old ? "; " : "", why);
	free(old);
	free(why);
	s->verdict = VERDICT_ERROR;
}

static char *gap_name(const struct walk *w)
{
	if (w->gap_first == w->gap_last)
		return w->gap_first ? xasprintf("patch %u", w->gap_first)
				    : xstrdup("the base");
	if (!w->gap_first)
		return xasprintf("the base to patch %u", w->gap_last);
	return xasprintf("patches %u to %u", w->gap_first, w->gap_last);
}

static void widen_gap(struct walk *w, unsigned patch)
{
	if (!w->gap)
		w->gap_first = patch;
	w->gap_last = patch;
	w->gap = true;
}

static bool is_broken(const struct step_view *v)
{
	return v->broken.head != NULL;
}

/*
 * New messages that stood in another file before, one for one: what is gone
 * from the previous state pays for what appears with the same words. Errors
 * have to stay in their unit.
 */
static char *moving_key(const struct view_entry *e)
{
	_cleanup_free_ char *words = diag_fingerprint_anywhere(e->d);

	return xasprintf("%s\n%s", e->d->severity == DIAG_ERROR ? e->unit : "",
			 words);
}

/* Only messages of a file can move to another. */
static bool can_move(const struct view_entry *e)
{
	return e->d->file != NULL;
}

/* Counts, by moving_key(), the different messages of prev that cur lacks. */
static void count_gone(struct strmap *gone, const struct step_view *prev,
		       const struct step_view *cur)
{
	_cleanup_strmap_ struct strmap seen = STRMAP_INIT;

	for (size_t i = 0; i < prev->nr_own; i++) {
		const struct view_entry *e = &prev->v[i];
		_cleanup_free_ char *key = view_entry_key(e), *words = NULL;

		if (!can_move(e) || strmap_has(&cur->keys, key) ||
		    strmap_has(&seen, key))
			continue;
		strmap_set(&seen, key, NULL);
		words = moving_key(e);
		strmap_set(gone, words,
			   (void *)((uintptr_t)strmap_get(gone, words) + 1));
	}
}

/* Of the entries marked new those that moved; moved_from gets their words. */
static void find_moved(struct step_view *cur, const struct step_view *prev,
		       struct strmap *moved_from)
{
	_cleanup_strmap_ struct strmap gone = STRMAP_INIT;
	_cleanup_strmap_ struct strmap paid = STRMAP_INIT;

	count_gone(&gone, prev, cur);
	if (!gone.head)
		return;
	for (size_t i = 0; i < cur->nr_own; i++) {
		struct view_entry *e = &cur->v[i];
		_cleanup_free_ char *key = NULL, *words = NULL;
		uintptr_t left;

		if (e->d->status != DIAG_NEW || !can_move(e))
			continue;
		key = view_entry_key(e);
		words = moving_key(e);
		left = (uintptr_t)strmap_get(&gone, words);
		if (!strmap_has(&paid, key)) {
			if (!left)
				continue;
			strmap_set(&gone, words, (void *)(left - 1));
			strmap_set(&paid, key, NULL);
			strmap_set(moved_from, words, NULL);
		}
		e->d->status = DIAG_MOVED;
	}
}

static void list_fixed(struct step_result *s, const struct step_view *cur,
		       const struct step_view *prev,
		       const struct strmap *moved_from)
{
	for (size_t i = 0; i < prev->nr; i++) {
		const struct view_entry *e = &prev->v[i];
		_cleanup_free_ char *words = NULL;
		struct diagnostic *d;

		if (step_view_has(cur, e))
			continue;
		words = moving_key(e);
		if (can_move(e) && strmap_has(moved_from, words))
			continue;
		diag_list_copy(&s->fixed, e->d);
		d = &s->fixed.v[s->fixed.nr - 1];
		d->status = DIAG_FIXED;
		free(d->cause);
		d->cause = NULL;
	}
}

/* Marks each diagnostic; true when some are worse than before. */
static bool mark(const struct walk *w, struct step_view *cur,
		 struct strmap *moved_from)
{
	bool worse = false;

	for (size_t i = 0; i < cur->nr_own; i++) {
		struct view_entry *e = &cur->v[i];

		e->d->status =
			step_view_has(&w->prev, e) ? DIAG_KNOWN : DIAG_NEW;
	}
	find_moved(cur, &w->prev, moved_from);
	for (size_t i = 0; i < cur->nr_own; i++) {
		const struct view_entry *e = &cur->v[i];

		if (e->d->status != DIAG_NEW || step_view_may_hide(&w->prev, e))
			continue;
		if (e->d->severity == DIAG_ERROR || !w->r->warnings_allowed)
			worse = true;
	}
	return worse;
}

/*
 * A unit that fails and did not; one whose every error may have been hidden
 * before is left to mark().
 */
static bool new_failure(const struct step_view *cur,
			const struct step_view *prev)
{
	_cleanup_strmap_ struct strmap excused = STRMAP_INIT;

	for (size_t i = 0; i < cur->nr_own; i++) {
		const struct view_entry *e = &cur->v[i];

		if (e->d->severity == DIAG_ERROR && step_view_may_hide(prev, e))
			strmap_set(&excused, e->unit, NULL);
	}
	strmap_each(e, &cur->broken) {
		const char *unit = strmap_key(e);

		if (!strmap_has(&prev->broken, unit) &&
		    !strmap_has(&excused, unit))
			return true;
	}
	return false;
}

static void compare(struct walk *w, struct step_result *s,
		    struct step_view *cur)
{
	_cleanup_strmap_ struct strmap moved_from = STRMAP_INIT;
	bool worse = mark(w, cur, &moved_from);

	worse = new_failure(cur, &w->prev) || worse;
	step_view_hold(cur, &w->prev);
	list_fixed(s, cur, &w->prev, &moved_from);
	if (worse && w->gap) {
		_cleanup_free_ char *name = gap_name(w);

		not_judged(s, xasprintf("it got worse here or in %s, which "
					"could not be judged",
					name));
	} else if (worse) {
		s->verdict = VERDICT_REGRESSED;
	} else if (is_broken(cur)) {
		s->verdict = VERDICT_STILL_BROKEN;
	} else {
		s->verdict = is_broken(&w->prev) ? VERDICT_FIXED : VERDICT_OK;
	}
}

/* The first state of the cell that can be judged. */
static void judge_first(struct walk *w, struct step_result *s,
			const struct step_view *cur)
{
	if (!is_broken(cur)) {
		s->verdict = VERDICT_OK;
	} else if (!w->gap) {
		s->verdict = VERDICT_STILL_BROKEN;
	} else {
		_cleanup_free_ char *name = gap_name(w);

		not_judged(s, xasprintf("it is unknown whether this was "
					"broken before: %s could not be judged",
					name));
	}
}

static void judge_built(struct walk *w, struct step_result *s)
{
	struct step_view cur;

	step_view_init(&cur, w->r, s);
	if (w->has_prev)
		compare(w, s, &cur);
	else
		judge_first(w, s, &cur);
	step_view_release(&w->prev);
	w->prev = cur;
	w->has_prev = true;
	w->gap = false;
}

/* Carries copies of what the state before had, and so do the comparisons. */
static void judge_unreached(struct walk *w, struct step_result *s)
{
	if (!w->has_prev && !w->gap) {
		judge_built(w, s);
	} else if (w->gap) {
		_cleanup_free_ char *name = gap_name(w);

		not_judged(s, xasprintf("this state equals the one before, and "
					"%s could not be judged",
					name));
		widen_gap(w, s->patch);
	} else {
		s->verdict = is_broken(&w->prev) || s->failed.nr
				     ? VERDICT_STILL_BROKEN
				     : VERDICT_UNREACHED;
	}
}

/* What an unjudged step did say is marked, so that a reader sees it. */
static void judge_unknown(struct walk *w, struct step_result *s)
{
	_cleanup_step_view_ struct step_view cur = STEP_VIEW_INIT;

	s->verdict = VERDICT_ERROR;
	if (s->outcome == OUTCOME_PENDING && !s->reason)
		s->reason = xstrdup(NOT_BUILT);
	step_view_init(&cur, w->r, s);
	for (size_t i = 0; w->has_prev && i < cur.nr_own; i++)
		if (!step_view_has(&w->prev, &cur.v[i]))
			cur.v[i].d->status = DIAG_NEW;
	widen_gap(w, s->patch);
}

void verdict_judge_cell(struct run_result *r, size_t cell, unsigned nr_patches)
{
	struct walk w = {.r = r};

	for (unsigned patch = 0; patch < nr_patches; patch++) {
		struct step_result *s = run_result_step(r, patch, cell);

		take_back(s);
		switch (s->outcome) {
		case OUTCOME_BUILT:
			judge_built(&w, s);
			break;
		case OUTCOME_UNREACHED:
			judge_unreached(&w, s);
			break;
		case OUTCOME_NOT_APPLIED:
			s->verdict = VERDICT_NOT_APPLIED;
			break;
		case OUTCOME_PENDING:
		case OUTCOME_ERROR:
			judge_unknown(&w, s);
			break;
		}
	}
	step_view_release(&w.prev);
}

void verdict_judge(struct run_result *r)
{
	for (size_t cell = 0; r->steps && cell < r->nr_cells; cell++)
		verdict_judge_cell(r, cell, r->nr_patches);
}
