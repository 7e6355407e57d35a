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
	baseline_unlock(&l->baseline);
	l->phase = LANE_DONE;
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
		.baseline = BASELINE_INIT,
	};
	slug = lane_slug(l);
	l->scratch = helper ? xasprintf("%s/%s.%u", c->opts->place->scratch,
					slug, helper) :
			      path_join(c->opts->place->scratch, slug);
	l->conf_obj = path_join(l->scratch, "conf");
	lane_chain_init(l);
	lane_image_init(l);
}

void lane_release(struct lane *l)
{
	toolchain_release(&l->toolchain);
	strlist_release(&l->make_vars);
	free(l->scratch);
	free(l->conf_obj);
	free(l->config);
	strlist_release(&l->wanted);
	strlist_release(&l->wanted_where);
	free(l->key);
	baseline_release(&l->baseline);
	strlist_release(&l->sources);
	strlist_release(&l->base_goals);
	strlist_release(&l->tip_goals);
	unit_set_release(&l->units);
	strmap_release(&l->more_reads);
	strmap_release(&l->kconfig);
	strmap_release(&l->seen);
	impact_memo_free(l->memo);
	chain_release(&l->chain);
	lane_quick_release(l);
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
	strlist_cat(argv, &l->make_vars);
	strlist_addl(argv, "-k", "-Otarget", NULL);
}

static struct lane *equal_lane(const struct lane *l)
{
	struct crew *c = l->crew;

	/* Lanes come here in any order; the first one builds. */
	for (size_t i = 0; i < c->nr_lanes; i++) {
		struct lane *other = &c->lanes[i];

		if (other->cell_nr != l->cell_nr && other->baseline.dir &&
		    !strcmp(other->key, l->key))
			return other;
	}
	return NULL;
}

static enum lane_progress configure(struct lane *l)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	int cached;

	if (!l->has_toolchain) {
		if (lane_find_toolchain(l, &err)) {
			lane_fail(l, "%s", err.msg);
			return LANE_ENDED;
		}
		l->has_toolchain = true;
		free(l->info->toolchain_version);
		l->info->toolchain_version = xstrdup(l->toolchain.version);
	}
	cached = lane_config_cached(l);
	if (cached < 0)
		return LANE_ENDED;
	if (!cached)
		return lane_config_start(l) ? LANE_ENDED : LANE_BUSY;
	l->phase = LANE_LOCK;
	return LANE_AGAIN;
}

/* The listing depends on the tree, the configuration and where one looks. */
static char *listing_file(const struct lane *l, const struct state *at)
{
	struct hash *h = hash_new();
	_cleanup_free_ char *hex = NULL;

	hash_add_str(h, "2"); /* version of how it is asked */
	hash_add_str(h, at->tree);
	strlist_each(s, &l->sources)
		hash_add_str(h, s);
	strlist_each(p, &l->cell->paths)
		hash_add_str(h, p);
	hex = hash_finish(h);
	return xasprintf("%s/list-%.24s", l->baseline.dir, hex);
}

static bool listing_load(struct lane *l, const struct state *at,
			 struct strlist *goals)
{
	_cleanup_errbuf_ struct errbuf ignored = ERRBUF_INIT;
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	_cleanup_free_ char *file = listing_file(l, at);

	if (!l->sources.nr)
		return true;
	if (!file_exists(file) || file_read(file, &text, &ignored))
		return false;
	strlist_split(goals, text.buf, "\n");
	strlist_sort(goals);
	return true;
}

static void listing_done(struct lane *l, const struct state *at,
			 struct proc_result *res, struct strlist *goals)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_strlist_ struct strlist objects = STRLIST_INIT;
	_cleanup_free_ char *joined = NULL;
	_cleanup_free_ char *file = listing_file(l, at);

	if (!listing_parse(res->output.buf, res->output.len, l->cell->srcarch,
			   &l->sources, &objects)) {
		lane_fail(l, "kbuild did not tell which units it builds: %.*s",
			  500, res->output.buf);
		return;
	}
	listing_dependents(&objects, &l->sources, &l->cell->paths, goals);
	joined = strlist_join(goals, "\n");
	if (file_write(file, joined, strlen(joined), &err))
		lane_fail(l, "%s", err.msg);
}

static void listing_argv(const struct lane *l, struct strlist *argv)
{
	_cleanup_strlist_ struct strlist goals = STRLIST_INIT;

	lane_make_argv(l, argv);
	strlist_addl(argv, "-n", "-i", NULL);
	strlist_addf(argv, "build=-f %s/" LISTING_MAKEFILE " obj",
		     l->crew->opts->place->obj);
	listing_goals(&l->sources, &l->crew->includes.crossing_dirs,
		      l->cell->srcarch, &goals);
	strlist_cat(argv, &goals);
}

static void base_listing_exit(void *data, struct proc_result *res)
{
	struct lane *l = data;

	if (res->stopped)
		return;
	listing_done(l, &l->crew->opts->tree->states[0], res, &l->base_goals);
	if (l->phase == LANE_DONE)
		return;
	l->listed = true;
	l->phase = LANE_BASE;
}

static void all_goals(const struct lane *l, struct strlist *goals)
{
	if (lane_is_image(l)) {
		lane_image_goals(l, goals);
		return;
	}
	strlist_cat(goals, &l->cell->paths);
	strlist_cat(goals, &l->base_goals);
}

/* With the exclusive lock: list dependents in the baseline's own objtree. */
static enum lane_progress list_base(struct lane *l)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_strlist_ struct strlist argv = STRLIST_INIT;
	_cleanup_(sandbox_release) struct sandbox s = SANDBOX_INIT;

	if (baseline_begin(&l->baseline, l->conf_obj, l->config, &err)) {
		lane_fail(l, "%s", err.msg);
		return LANE_ENDED;
	}
	if (l->listed) {
		l->phase = LANE_BASE;
		return LANE_AGAIN;
	}
	if (listing_write_makefile(l->baseline.obj, &err)) {
		lane_fail(l, "%s", err.msg);
		return LANE_ENDED;
	}
	s.obj_upper = l->baseline.obj;
	listing_argv(l, &argv);
	lane_say(l, RUN_CELL_BUSY, "finding dependents");
	return lane_start(l, &s, &l->crew->opts->tree->states[0], &argv,
			  base_listing_exit) ?
		       LANE_ENDED :
		       LANE_BUSY;
}

static void base_exit(void *data, struct proc_result *res)
{
	struct lane *l = data;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;
	_cleanup_strlist_ struct strlist goals = STRLIST_INIT;
	_cleanup_(step_result_release) struct step_result built = { 0 };
	const struct place *p = l->crew->opts->place;
	struct harvest h = { .src = p->src, .obj = p->obj };

	if (res->stopped)
		return;
	make_log_parse(&log, res->output.buf, res->output.len, p->src, p->obj);
	if (harvest_faults(&built, &log, res)) {
		if (log.ice && !l->retried) {
			l->retried = true;
			return; /* still LANE_BASE: once more */
		}
		lane_fail(l, "building the base: %s", built.reason);
		return;
	}
	harvest_make(&built, &log, res, &h);
	all_goals(l, &goals);
	if (baseline_finish(&l->baseline, &goals, &built, &log.started, &err)) {
		lane_fail(l, "%s", err.msg);
		return;
	}
	baseline_unlock(&l->baseline);
	l->phase = LANE_LOCK;
}

static enum lane_progress build_base(struct lane *l)
{
	_cleanup_strlist_ struct strlist argv = STRLIST_INIT;
	_cleanup_(sandbox_release) struct sandbox s = SANDBOX_INIT;

	s.obj_upper = l->baseline.obj;
	lane_make_argv(l, &argv);
	all_goals(l, &argv);
	lane_say(l, RUN_CELL_BUSY, "building the base");
	/* What a base compiles depends on its name, options and configuration. */
	l->depend = true;
	return lane_start(l, &s, &l->crew->opts->tree->states[0], &argv,
			  base_exit) ?
		       LANE_ENDED :
		       LANE_BUSY;
}

/* The baseline is there and locked for use. */
static enum lane_progress use_base(struct lane *l)
{
	if (lane_read_units(l))
		return LANE_ENDED;
	if (l->helper)
		l->patch = 1;
	else
		lane_base_result(l);
	l->phase = lane_needs_tip_listing(l) ? LANE_LIST_TIP : LANE_QUICK;
	return LANE_AGAIN;
}

/* The sources that could read a touched file: the same for an architecture. */
static const struct strlist *sources(struct crew *c, const char *srcarch)
{
	struct strlist *known = strmap_get(&c->sources, srcarch);

	if (!known) {
		known = xcalloc(1, sizeof(*known));
		include_index_users(&c->includes, &c->touched, srcarch, known);
		strmap_set(&c->sources, srcarch, known);
	}
	return known;
}

static void name_baseline(struct lane *l)
{
	struct crew *c = l->crew;

	baseline_init(&l->baseline, c->opts->place->cache, l->key);
	/* a whole kernel has all dependents */
	if (c->opts->matrix->dependents && !lane_is_image(l))
		strlist_cat(&l->sources, sources(c, l->cell->srcarch));
}

/*
 * With a lock held: 1 when the dependents are known and the baseline holds them,
 * 0 when something has to be made, -1 on error.
 */
static int load_base(struct lane *l, struct errbuf *err)
{
	_cleanup_strlist_ struct strlist want = STRLIST_INIT;
	int ret;

	if (!l->listed)
		l->listed = listing_load(l, &l->crew->opts->tree->states[0],
					 &l->base_goals);
	all_goals(l, &want);
	ret = baseline_load(&l->baseline, &want, err);
	return ret == 1 && !l->listed ? 0 : ret;
}

bool lane_lookup_baseline(struct lane *l)
{
	_cleanup_errbuf_ struct errbuf ignored = ERRBUF_INIT;

	name_baseline(l);
	return baseline_lock(&l->baseline, false, &ignored) == 1 &&
	       load_base(l, &ignored) == 1;
}

static enum lane_progress lock_base(struct lane *l)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	int ret;

	if (!l->baseline.dir) {
		l->same_as = equal_lane(l);
		if (l->same_as) {
			free(l->info->same_as);
			l->info->same_as = xstrdup(l->same_as->cell->id);
			l->phase = LANE_DONE;
			return LANE_ENDED;
		}
		name_baseline(l);
	}
	ret = baseline_lock(&l->baseline, false, &err);
	if (ret == 1)
		ret = load_base(l, &err);
	if (ret == 1)
		return use_base(l);
	if (ret == 0)
		ret = baseline_lock(&l->baseline, true, &err);
	if (ret == 1)
		l->phase = LANE_LIST;
	if (ret >= 0)
		return LANE_AGAIN;
	lane_fail(l, "%s", err.msg);
	return LANE_ENDED;
}

const struct state *lane_tip(const struct lane *l)
{
	const struct tree *t = l->crew->opts->tree;
	size_t i = t->nr_states - 1;

	while (i && t->states[i].not_applied)
		i--;
	return &t->states[i];
}

static void tip_listing_exit(void *data, struct proc_result *res)
{
	struct lane *l = data;

	if (res->stopped)
		return;
	listing_done(l, lane_tip(l), res, &l->tip_goals);
	if (l->phase != LANE_DONE)
		l->phase = LANE_QUICK;
}

static enum lane_progress list_tip(struct lane *l)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_strlist_ struct strlist argv = STRLIST_INIT;
	_cleanup_(sandbox_release) struct sandbox s = SANDBOX_INIT;
	_cleanup_free_ char *upper = path_join(l->scratch, "list/upper");
	_cleanup_free_ char *work = path_join(l->scratch, "list/work");
	const struct state *tip = lane_tip(l);

	if (listing_load(l, tip, &l->tip_goals)) {
		l->phase = LANE_QUICK;
		return LANE_AGAIN;
	}
	if (dir_make(upper, &err)) {
		lane_fail(l, "%s", err.msg);
		return LANE_ENDED;
	}
	s.obj_upper = upper;
	s.obj_work = work;
	s.obj_lower = l->baseline.obj;
	listing_argv(l, &argv);
	lane_say(l, RUN_CELL_BUSY, "finding dependents at the tip");
	return lane_start(l, &s, tip, &argv, tip_listing_exit) ? LANE_ENDED :
								 LANE_BUSY;
}

/*
 * Without namespaces each replay would copy the baseline and move the checkout,
 * which takes longer than what the pass saves: there only when asked for.
 */
static enum lane_progress quick_pass(struct lane *l)
{
	const struct run_opts *o = l->crew->opts;

	if ((o->place->mode == SANDBOX_OVERLAY || o->quick_only) &&
	    (!o->next || (o->scout && !l->helper)) &&
	    l->patch < l->crew->result->nr_patches)
		return lane_quick(l) ? LANE_BUSY : LANE_AGAIN;
	unit_set_release(&l->quick.units);
	/* What later states read is no reason to build an earlier one. */
	strmap_release(&l->more_reads);
	l->patch = 1;
	l->phase = LANE_STEP;
	return LANE_AGAIN;
}

/* What comes before the steps is done once a cell. */
static bool waits_for_its_cell(struct lane *l)
{
	const struct lane *own = &l->crew->lanes[l->cell_nr];

	if (!l->helper || l->phase != LANE_CONFIG)
		return false;
	if (own->phase == LANE_DONE)
		l->phase = LANE_DONE;
	return own->phase < LANE_STEP;
}

enum lane_progress lane_advance(struct lane *l)
{
	if (waits_for_its_cell(l))
		return LANE_WAITS;
	switch (l->phase) {
	case LANE_CONFIG:
		return configure(l);
	case LANE_LOCK:
		return lock_base(l);
	case LANE_LIST:
		return list_base(l);
	case LANE_BASE:
		return build_base(l);
	case LANE_LIST_TIP:
		return list_tip(l);
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
		if (lane_look_due(l))
			return lane_look(l) ? LANE_BUSY : LANE_AGAIN;
		if (l->patch < l->crew->result->nr_patches)
			return lane_step(l) ? LANE_BUSY : LANE_AGAIN;
		baseline_unlock(&l->baseline);
		lane_chain_reset(l);
		lane_image_done(l);
		l->phase = LANE_DONE;
		return LANE_ENDED;
	case LANE_DONE:
		return LANE_ENDED;
	}
	return LANE_ENDED;
}
