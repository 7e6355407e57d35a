// SPDX-License-Identifier: GPL-2.0-only
/*
 * A lane's first look: before the quick pass walks through all states, the few units
 * that the text of the series speaks against most (suspects.h) are replayed at the state
 * that does. Most failures of a series that moves declarations are on the screen
 * a few seconds after its start, for the price of a few units more.
 *
 * The look only tells. What counts is what the quick pass finds when it comes to that
 * state; what has been told by then is not told again.
 */
#include "engine/lane.h"

#include "engine/harvest.h"
#include "engine/place.h"
#include "engine/suspects.h"
#include "engine/tree.h"
#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/mem.h"

/* So few that all cells have had their look in a few seconds. */
#define UNITS 3

/* What the pass knows before its next replay. */
static const struct quick_state *stands_at(const struct lane *l)
{
	return &l->shared->quick.states[l->walk.at->patch];
}

static void look_ended(void *data, struct proc_result *res)
{
	struct lane *l = data;
	const struct place *p = l->crew->opts->place;
	_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_(step_result_release) struct step_result fault = { 0 };
	struct quick_state seen = { 0 };

	if (res->stopped)
		return;
	make_log_parse(&log, res->output.buf, res->output.len, p->src, p->obj);
	/* The quick pass will meet a fault again, and say so. */
	if (!harvest_faults(&fault, &log, res)) {
		quick_state_copy(&seen, stands_at(l));
		quick_harvest(&seen, &log,
			      &l->crew->opts->tree->states[l->patch].renames);
		lane_quick_tell(l, &seen, stands_at(l));
	}
	quick_state_release(&seen);
	if (tree_remove(l->walk.upper, &err))
		lane_say(l, RUN_NOTE, err.msg);
	l->patch = l->walk.resume;
}

static bool is_judged(void *data, const struct unit *u)
{
	return lane_quick_judges(data, u);
}

static struct suspects *suspects(struct crew *c)
{
	if (!c->suspects) {
		c->suspects = xcalloc(1, sizeof(*c->suspects));
		suspects_find(c->suspects, c->opts->tree, c->base_checkout);
	}
	return c->suspects;
}

int lane_first_look(struct lane *l)
{
	_cleanup_strlist_ struct strlist suspected = STRLIST_INIT;
	_cleanup_strlist_ struct strlist names = STRLIST_INIT;
	struct quick_state q = { 0 };
	unsigned state;
	int started = 0;

	l->shared->quick.looked = true;
	l->walk.resume = l->patch;
	/* Without namespaces it would copy the baseline and move the checkout. */
	if (l->crew->opts->place->mode != SANDBOX_OVERLAY)
		return 0;
	state = suspects_pick(suspects(l->crew), &l->shared->units, is_judged,
			      l, UNITS, &suspected);
	if (state <= l->patch)
		return 0;
	l->patch = state;
	quick_state_copy(&q, stands_at(l));
	if (!lane_quick_recalls(l, &q) && lane_quick_reached(l, &q, &names)) {
		_cleanup_strlist_ struct strlist both = STRLIST_INIT;

		strlist_each(name, &suspected)
			if (strlist_has(&names, name))
				strlist_add(&both, name);
		started = both.nr && lane_quick_start(l, &both, QUICK_SYNTAX,
						      &q, look_ended);
	}
	quick_state_release(&q);
	if (!started)
		l->patch = l->walk.resume;
	return started;
}

void crew_forget_suspects(struct crew *c)
{
	if (!c->suspects)
		return;
	suspects_release(c->suspects);
	free(c->suspects);
	c->suspects = NULL;
}
