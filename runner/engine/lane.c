// SPDX-License-Identifier: GPL-2.0-only
#include "engine/lane.h"

#include "engine/harvest.h"
#include "engine/listing.h"
#include "engine/place.h"
#include "engine/tree.h"
#include "model/matrix.h"
#include "store/store.h"
#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/hash.h"
#include "sys/mem.h"
#include "sys/strbuf.h"

#include <stdarg.h>

char *lane_slug(const struct lane *l)
{
	char *slug = xstrdup(l->cell->id);

	for (char *p = slug; *p; p++)
		if (*p == '/')
			*p = '-';
	return slug;
}

void lane_say(const struct lane *l, enum run_event_kind kind, const char *text)
{
	const struct run_opts *o = l->crew->opts;
	struct run_event e = {
		.kind = kind,
		.result = l->crew->result,
		.cell = l->cell_nr,
		.patch = l->patch,
		.text = text,
	};

	if (kind == RUN_STEP_DONE)
		e.step = run_result_step(l->crew->result, l->patch, l->cell_nr);
	o->event(o->data, &e);
}

static struct lane *own_lane(const struct lane *l)
{
	return &l->crew->lanes[l->cell_nr];
}

struct lane *lane_scout(const struct lane *l)
{
	const struct crew *c = l->crew;

	for (size_t i = l->cell_nr; i < c->nr_lanes;
	     i += c->opts->matrix->nr_cells)
		if (c->lanes[i].scout)
			return &c->lanes[i];
	return NULL;
}

bool lane_is_late_scout(const struct lane *l)
{
	return l->scout && l != lane_scout(l);
}

bool lane_waits_for_own(const struct lane *l)
{
	return l->helper && l->phase == LANE_CONFIG;
}

/* The last one of the cell's lanes leaves the baseline to other runs. */
static void leave(struct lane *l)
{
	const struct crew *c = l->crew;

	l->phase = LANE_DONE;
	/* a plan has lanes of its own */
	for (size_t i = l->cell_nr; i < c->nr_lanes;
	     i += c->opts->matrix->nr_cells)
		if (c->lanes[i].phase != LANE_DONE)
			return;
	baseline_unlock(&l->shared->baseline);
}

void lane_fail(struct lane *l, const char *fmt, ...)
{
	struct run_result *r = l->crew->result;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	_cleanup_free_ char *note = NULL;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(&text, fmt, ap);
	va_end(ap);
	if (l->scout) {
		/* The steps can do without. */
		if (l->phase == LANE_QUICK)
			lane_quick_give_up(l, text.buf);
		leave(l);
		return;
	}
	/* a plan has no steps */
	for (unsigned p = 0; r->steps && p < r->nr_patches; p++) {
		struct step_result *s = run_result_step(r, p, l->cell_nr);

		if (s->outcome != OUTCOME_PENDING)
			continue;
		s->outcome = OUTCOME_ERROR;
		s->reason = xstrdup(text.buf);
		/* a plan has no run in the store */
		if (r->id)
			store_run_step(l->crew->opts->store, r->id, p,
				       l->cell->id, s, &err);
	}
	if (err.msg)
		lane_say(l, RUN_NOTE, err.msg);
	free(l->info->error);
	l->info->error = strbuf_detach(&text);
	note = xasprintf("%s: %s", l->cell->id, l->info->error);
	lane_say(l, RUN_NOTE, note);
	leave(l);
}

void lane_init(struct lane *l, struct crew *c, size_t cell_nr, unsigned helper)
{
	_cleanup_free_ char *slug = NULL;

	*l = (struct lane){
		.crew = c,
		.cell_nr = cell_nr,
		.helper = helper,
		.cell = &c->opts->matrix->cells[cell_nr],
		.info = &c->result->cells[cell_nr],
	};
	if (helper) {
		l->shared = c->lanes[cell_nr].shared;
	} else {
		l->shared = xcalloc(1, sizeof(*l->shared));
		l->shared->baseline = (struct baseline)BASELINE_INIT;
	}
	slug = lane_slug(l);
	l->scratch = helper ? xasprintf("%s/%s.%u", c->opts->place->scratch,
					slug, helper) :
			      path_join(c->opts->place->scratch, slug);
	l->conf_obj = path_join(l->scratch, "conf");
	lane_chain_init(l);
	lane_image_init(l);
}

static void shared_free(struct lane_shared *s)
{
	toolchain_release(&s->toolchain);
	strlist_release(&s->make_vars);
	free(s->config);
	strlist_release(&s->wanted);
	strlist_release(&s->wanted_where);
	free(s->key);
	baseline_release(&s->baseline);
	strlist_release(&s->sources);
	strlist_release(&s->base_goals);
	strlist_release(&s->tip_goals);
	unit_set_release(&s->units);
	impact_memo_free(s->memo);
	quick_pass_release(&s->quick);
	strlist_release(&s->last.goals);
	strlist_release(&s->named.goals);
	free(s->named.cell);
	free(s);
}

void lane_release(struct lane *l)
{
	if (!l->helper)
		shared_free(l->shared);
	free(l->scratch);
	free(l->conf_obj);
	quick_walk_release(&l->walk);
	strmap_release(&l->more_reads);
	strmap_release(&l->kconfig);
	strmap_release(&l->seen);
	chain_release(&l->chain);
	lane_look_release(l);
	free(l->step_cell);
	free(l->step_key);
	impact_release(&l->impact);
	free(l->offsets_said);
	lane_image_free(l);
	free(l->child_upper);
	free(l->matters);
}

void lane_make_argv(const struct lane *l, struct strlist *argv)
{
	const struct place *p = l->crew->opts->place;

	strlist_addl(argv, "make", "--no-print-directory", "-C", p->src, NULL);
	strlist_addf(argv, "O=%s", p->obj);
	strlist_cat(argv, &l->shared->make_vars);
	strlist_addl(argv, "-k", "-Otarget", NULL);
}

static enum lane_progress configure(struct lane *l)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	int cached;

	if (!l->shared->has_toolchain) {
		if (lane_find_toolchain(l, &err)) {
			lane_fail(l, "%s", err.msg);
			return LANE_ENDED;
		}
		l->shared->has_toolchain = true;
		free(l->info->toolchain_version);
		l->info->toolchain_version =
			xstrdup(l->shared->toolchain.version);
	}
	cached = lane_config_cached(l);
	if (cached < 0)
		return LANE_ENDED;
	if (!cached)
		return lane_config_start(l) ? LANE_ENDED : LANE_BUSY;
	l->phase = LANE_LOCK;
	return LANE_AGAIN;
}

/*
 * Without namespaces each replay would copy the baseline and move the checkout,
 * which takes longer than what the pass saves: there only when asked for.
 */
static bool has_quick_pass(const struct lane *l)
{
	const struct run_opts *o = l->crew->opts;

	return (o->place->mode == SANDBOX_OVERLAY || o->quick_only) &&
	       (!o->next || o->scout);
}

static enum lane_progress quick_pass(struct lane *l)
{
	bool in_vain = l->scout && own_lane(l)->phase == LANE_DONE;
	bool looked = l->shared->quick.looked;

	if (!in_vain && has_quick_pass(l) && (l->scout || !lane_scout(l)) &&
	    lane_quick_goes_on(l)) {
		if (lane_quick(l))
			return LANE_BUSY;
		return looked == l->shared->quick.looked ? LANE_AGAIN
							 : LANE_YIELDS;
	}
	quick_walk_release(&l->walk);
	/* What later states read is no reason to build an earlier one. */
	strmap_release(&l->more_reads);
	if (l->scout) {
		leave(l);
		return LANE_ENDED;
	}
	l->patch = 1;
	l->phase = LANE_STEP;
	return LANE_AGAIN;
}

/* What comes before the quick pass and the steps is done once a cell. */
static enum lane_progress join(struct lane *l)
{
	const struct lane *own = own_lane(l);

	if (own->phase == LANE_DONE) {
		leave(l);
		return LANE_ENDED;
	}
	if (own->phase < LANE_STEP)
		return LANE_WAITS;
	lane_read_kconfig(l, l->shared->baseline.obj);
	l->patch = 1;
	l->phase = l->scout ? LANE_QUICK : LANE_STEP;
	return LANE_AGAIN;
}

/* The units of the step are about to be compiled by a scout of the cell. */
static bool is_behind_scouts(const struct lane *l)
{
	const struct crew *c = l->crew;

	for (size_t i = l->cell_nr; i < c->nr_lanes && !lane_quick_passed(l);
	     i += c->opts->matrix->nr_cells)
		if (c->lanes[i].scout && c->lanes[i].phase != LANE_DONE)
			return true;
	return false;
}

static enum lane_progress step(struct lane *l)
{
	if (lane_look_due(l))
		return lane_look(l) ? LANE_BUSY : LANE_AGAIN;
	if (l->patch < l->crew->result->nr_patches) {
		if (l->phase == LANE_STEP && is_behind_scouts(l))
			return LANE_WAITS;
		return lane_step(l) ? LANE_BUSY : LANE_AGAIN;
	}
	lane_chain_reset(l);
	lane_image_done(l);
	leave(l);
	return LANE_ENDED;
}

enum lane_progress lane_advance(struct lane *l)
{
	switch (l->phase) {
	case LANE_CONFIG:
		return l->helper ? join(l) : configure(l);
	case LANE_LOCK:
		return lane_lock_base(l);
	case LANE_LIST:
		return lane_list_base(l);
	case LANE_BASE:
		return lane_build_base(l);
	case LANE_LIST_TIP:
		return lane_list_tip(l);
	case LANE_QUICK:
		if (!lane_knows_equals(l))
			return LANE_WAITS;
		return quick_pass(l);
	case LANE_STEP:
		if (l->crew->opts->next && !l->asked) {
			enum lane_progress p = lane_ask(l);

			if (p != LANE_AGAIN)
				return p;
		}
		/* fallthrough */
	case LANE_REPLAY:
	case LANE_PROBE:
		return step(l);
	case LANE_DONE:
		return LANE_ENDED;
	}
	return LANE_ENDED;
}
