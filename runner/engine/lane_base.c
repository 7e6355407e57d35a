// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a cell is at the base: its dependents, which kbuild is asked for, and the
 * baseline, built or found in the cache. The last thing asked of kbuild is what the
 * series adds to them.
 */
#include "engine/lane.h"

#include "engine/harvest.h"
#include "engine/listing.h"
#include "engine/place.h"
#include "engine/tree.h"
#include "model/matrix.h"
#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/hash.h"
#include "sys/mem.h"
#include "sys/strbuf.h"

/* The listing depends on the tree, the configuration and where one looks. */
static char *listing_file(const struct lane *l, const struct state *at)
{
	struct hash *h = hash_new();
	_cleanup_free_ char *hex = NULL;

	hash_add_str(h, "2"); /* version of how it is asked */
	hash_add_str(h, at->tree);
	strlist_each(s, &l->shared->sources)
		hash_add_str(h, s);
	strlist_each(p, &l->cell->paths)
		hash_add_str(h, p);
	hex = hash_finish(h);
	return xasprintf("%s/list-%.24s", l->shared->baseline.dir, hex);
}

static bool listing_load(struct lane *l, const struct state *at,
			 struct strlist *goals)
{
	_cleanup_errbuf_ struct errbuf ignored = ERRBUF_INIT;
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	_cleanup_free_ char *file = listing_file(l, at);

	if (!l->shared->sources.nr)
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
			   &l->shared->sources, &objects)) {
		lane_fail(l, "kbuild did not tell which units it builds: %.*s",
			  500, res->output.buf);
		return;
	}
	listing_dependents(&objects, &l->shared->sources, &l->cell->paths,
			   goals);
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
	listing_goals(&l->shared->sources, &l->crew->includes.crossing_dirs,
		      l->cell->srcarch, &goals);
	strlist_cat(argv, &goals);
}

static void base_listing_exit(void *data, struct proc_result *res)
{
	struct lane *l = data;

	if (res->stopped)
		return;
	listing_done(l, &l->crew->opts->tree->states[0], res,
		     &l->shared->base_goals);
	if (l->phase == LANE_DONE)
		return;
	l->shared->listed = true;
	l->phase = LANE_BASE;
}

static void all_goals(const struct lane *l, struct strlist *goals)
{
	if (lane_is_image(l)) {
		lane_image_goals(l, goals);
		return;
	}
	strlist_cat(goals, &l->cell->paths);
	strlist_cat(goals, &l->shared->base_goals);
}

/* With the exclusive lock: list dependents in the baseline's own objtree. */
enum lane_progress lane_list_base(struct lane *l)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_strlist_ struct strlist argv = STRLIST_INIT;
	_cleanup_(sandbox_release) struct sandbox s = SANDBOX_INIT;

	if (baseline_begin(&l->shared->baseline, l->conf_obj, l->shared->config,
			   &err)) {
		lane_fail(l, "%s", err.msg);
		return LANE_ENDED;
	}
	if (l->shared->listed) {
		l->phase = LANE_BASE;
		return LANE_AGAIN;
	}
	if (listing_write_makefile(l->shared->baseline.obj, &err)) {
		lane_fail(l, "%s", err.msg);
		return LANE_ENDED;
	}
	s.obj_upper = l->shared->baseline.obj;
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
	if (baseline_finish(&l->shared->baseline, &goals, &built, &log.started,
			    &err)) {
		lane_fail(l, "%s", err.msg);
		return;
	}
	baseline_unlock(&l->shared->baseline);
	l->phase = LANE_LOCK;
}

enum lane_progress lane_build_base(struct lane *l)
{
	_cleanup_strlist_ struct strlist argv = STRLIST_INIT;
	_cleanup_(sandbox_release) struct sandbox s = SANDBOX_INIT;

	s.obj_upper = l->shared->baseline.obj;
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

	baseline_init(&l->shared->baseline, c->opts->place->cache,
		      l->shared->key);
	/* a whole kernel has all dependents */
	if (c->opts->matrix->dependents && !lane_is_image(l))
		strlist_cat(&l->shared->sources, sources(c, l->cell->srcarch));
}

/*
 * With a lock held: 1 when the dependents are known and the baseline holds them,
 * 0 when something has to be made, -1 on error.
 */
static int load_base(struct lane *l, struct errbuf *err)
{
	_cleanup_strlist_ struct strlist want = STRLIST_INIT;
	int ret;

	if (!l->shared->listed)
		l->shared->listed =
			listing_load(l, &l->crew->opts->tree->states[0],
				     &l->shared->base_goals);
	all_goals(l, &want);
	ret = baseline_load(&l->shared->baseline, &want, err);
	return ret == 1 && !l->shared->listed ? 0 : ret;
}

bool lane_lookup_baseline(struct lane *l)
{
	_cleanup_errbuf_ struct errbuf ignored = ERRBUF_INIT;

	name_baseline(l);
	return baseline_lock(&l->shared->baseline, false, &ignored) == 1 &&
	       load_base(l, &ignored) == 1;
}

static struct lane *equal_lane(const struct lane *l)
{
	struct crew *c = l->crew;

	/* Lanes come here in any order; the first one builds. */
	for (size_t i = 0; i < c->nr_lanes; i++) {
		struct lane *other = &c->lanes[i];

		if (other->cell_nr != l->cell_nr &&
		    other->shared->baseline.dir &&
		    !strcmp(other->shared->key, l->shared->key))
			return other;
	}
	return NULL;
}

enum lane_progress lane_lock_base(struct lane *l)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	int ret;

	if (!l->shared->baseline.dir) {
		l->same_as = equal_lane(l);
		if (l->same_as) {
			free(l->info->same_as);
			l->info->same_as = xstrdup(l->same_as->cell->id);
			l->phase = LANE_DONE;
			return LANE_ENDED;
		}
		name_baseline(l);
	}
	ret = baseline_lock(&l->shared->baseline, false, &err);
	if (ret == 1)
		ret = load_base(l, &err);
	if (ret == 1)
		return use_base(l);
	if (ret == 0)
		ret = baseline_lock(&l->shared->baseline, true, &err);
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
	listing_done(l, lane_tip(l), res, &l->shared->tip_goals);
	if (l->phase != LANE_DONE)
		l->phase = LANE_QUICK;
}

enum lane_progress lane_list_tip(struct lane *l)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_strlist_ struct strlist argv = STRLIST_INIT;
	_cleanup_(sandbox_release) struct sandbox s = SANDBOX_INIT;
	_cleanup_free_ char *upper = path_join(l->scratch, "list/upper");
	_cleanup_free_ char *work = path_join(l->scratch, "list/work");
	const struct state *tip = lane_tip(l);

	if (listing_load(l, tip, &l->shared->tip_goals)) {
		l->phase = LANE_QUICK;
		return LANE_AGAIN;
	}
	if (dir_make(upper, &err)) {
		lane_fail(l, "%s", err.msg);
		return LANE_ENDED;
	}
	s.obj_upper = upper;
	s.obj_work = work;
	s.obj_lower = l->shared->baseline.obj;
	listing_argv(l, &argv);
	lane_say(l, RUN_CELL_BUSY, "finding dependents at the tip");
	return lane_start(l, &s, tip, &argv, tip_listing_exit) ? LANE_ENDED :
								 LANE_BUSY;
}
