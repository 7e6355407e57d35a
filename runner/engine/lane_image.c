// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cells of a matrix with "target.image": a whole kernel with its modules.
 *
 * The baseline is really linked. A step builds the objects and stops there; what
 * the link would say is read from their symbol tables (link_check.c). The real
 * link follows where that says something new, where the linker script has become
 * another one or everything began anew, always at the tip, and at a share of the
 * other states (lane_audit.c). Both have to say the same; where they do not, it is
 * an internal error and the real link counts.
 *
 * What the symbol tables do not tell (relocations that do not reach, ASSERTs of
 * the script, orphan sections) comes from the real links alone and is carried
 * from one to the next; a run that finds such a thing at its tip only says that
 * the states between were not asked.
 *
 * Where the base does not link, or is linked in a way that is not understood,
 * every state is linked for real, and so is every state that a bisection builds:
 * its states come in no order, so that there is none before from which anything
 * could be carried. Where a unit fails there is nothing to link; the step says
 * that nobody has asked, and what the state before had is kept.
 */
#include "engine/lane.h"

#include "engine/harvest.h"
#include "engine/image.h"
#include "engine/link_check.h"
#include "engine/link_step.h"
#include "engine/place.h"
#include "engine/tree.h"
#include "model/matrix.h"
#include "store/store.h"
#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/mem.h"
#include "sys/strbuf.h"

#include <time.h>

struct lane_image {
	struct image *memory;
	struct strmap given;   /* see struct link_input */
	struct strmap excused;
	char *script; /* text of the linker script that given belongs to */
	bool learned; /* what the base's link is like */
	bool judged;  /* the symbol tables can be trusted in this cell */
	bool linked;  /* the state the lane has come to was really linked, or
		       * cannot be */
	bool recalled; /* the same of the step found in memory */
	bool real;     /* the child that runs links */
};

bool lane_is_image(const struct lane *l)
{
	return l->crew->opts->matrix->image;
}

void lane_image_init(struct lane *l)
{
	if (!lane_is_image(l))
		return;
	l->image = xcalloc(1, sizeof(*l->image));
	l->image->memory = image_new();
}

void lane_image_free(struct lane *l)
{
	struct lane_image *im = l->image;

	if (!im)
		return;
	image_free(im->memory);
	strmap_release(&im->given);
	strmap_release(&im->excused);
	free(im->script);
	free(im);
	l->image = NULL;
}

/* The objects are many; nobody asks for them any more. */
void lane_image_done(struct lane *l)
{
	if (!l->image)
		return;
	image_free(l->image->memory);
	l->image->memory = NULL;
}

static bool has_modules(const struct lane *l)
{
	return strstr(l->shared->config, "\nCONFIG_MODULES=y\n");
}

void lane_image_goals(const struct lane *l, struct strlist *goals)
{
	strlist_add(goals, "vmlinux");
	if (has_modules(l))
		strlist_add(goals, "modules");
}

/* scripts/link-vmlinux.sh makes the version, modpost ".vmlinux.export.c". */
bool lane_image_is_unit(const char *target)
{
	const char *slash = strrchr(target, '/');

	return strcmp(target, "init/version-timestamp.o") &&
	       !ends_with(target, ".mod.o") && (slash ? slash[1] : *target) != '.';
}

static const struct strmap *renames(const struct lane *l)
{
	return &l->crew->opts->tree->states[l->patch].renames;
}

/* ---- the check ------------------------------------------------------------------------- */

static void tree_of(const struct lane *l, struct image_tree *t)
{
	const struct chain *c = &l->chain;
	bool two = l->crew->opts->place->mode == SANDBOX_OVERLAY && !c->whole;

	*t = (struct image_tree){
		.upper = c->upper,
		.lower = two ? l->shared->baseline.obj : NULL,
		.linked = l->shared->baseline.obj,
	};
}

static char *script_of(const struct lane *l, const struct image_tree *t)
{
	_cleanup_errbuf_ struct errbuf ignored = ERRBUF_INIT;
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	_cleanup_free_ char *name = xasprintf("arch/%s/kernel/vmlinux.lds",
					      l->cell->srcarch);
	_cleanup_free_ char *path = image_path(t, name);

	return path && !file_read(path, &text, &ignored) ?
		       strbuf_detach(&text) :
		       NULL;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* Objects are named in messages until here. */
static void name_sources(const struct lane *l, const struct image_tree *t,
			 struct diag_list *said)
{
	for (size_t i = 0; i < said->nr; i++) {
		struct diagnostic *d = &said->v[i];
		char *source;

		if (!d->file || !ends_with(d->file, ".o"))
			continue;
		source = image_source(t, d->file, l->crew->opts->place->src);
		if (!source)
			continue;
		free(d->file);
		d->file = source;
	}
}

/* What the link of a tree will say. given: also finds what a linked vmlinux has
 * of itself. */
static int check(struct lane *l, const struct image_tree *t, bool given,
		 struct diag_list *said, struct errbuf *err)
{
	struct lane_image *im = l->image;
	_cleanup_link_input_ struct link_input in = LINK_INPUT_INIT;
	_cleanup_link_script_ struct link_script script = LINK_SCRIPT_INIT;
	_cleanup_free_ char *text = script_of(l, t), *note = NULL;
	double begin = now();

	if (!text)
		return errbuf_set(err, "arch/%s/kernel/vmlinux.lds: there is "
				       "no such file", l->cell->srcarch);
	link_script_parse(&script, text);
	if (image_read(im->memory, t, l->shared->config, &in, err))
		return -1;
	if (given) {
		strmap_release(&im->given);
		if (image_given(im->memory, t, &in, &im->given, err))
			return -1;
		free(im->script);
		im->script = STEAL(text);
	}
	in.script = &script;
	in.given = &im->given;
	in.excused = &im->excused;
	link_check(&in, said);
	name_sources(l, t, said);
	note = xasprintf("%s patch %u: symbol tables of %zu objects and %zu "
			 "modules judged in %.2f s (%u read anew)",
			 l->cell->id, l->patch, in.nr_objects, in.nr_modules,
			 now() - begin, image_nr_read(im->memory));
	lane_say(l, RUN_DETAIL, note);
	return 0;
}

/* ---- the base -------------------------------------------------------------------------- */

static void doubt(struct lane *l, const char *why)
{
	_cleanup_free_ char *text =
		xasprintf("%s: every state is linked for real, since %s",
			  l->cell->id, why);

	/* each lane of the cell may say so */
	if (!strlist_has(&l->crew->result->warnings, text))
		strlist_add(&l->crew->result->warnings, text);
}

/* What the base's own link did not complain of is none of the check's business. */
static bool calibrate(struct lane *l, struct diag_list *checked,
		      const struct diag_list *real)
{
	_cleanup_strmap_ struct strmap said = STRMAP_INIT;
	_cleanup_strmap_ struct strmap found = STRMAP_INIT;
	enum link_stage stage;

	for (size_t i = 0; i < real->nr; i++) {
		_cleanup_free_ char *key = link_key(&real->v[i], &stage);

		if (key)
			strmap_set(&said, key, l);
	}
	for (size_t i = 0; i < checked->nr;) {
		_cleanup_free_ char *key = link_key(&checked->v[i], &stage);
		_cleanup_free_ char *note = NULL;

		strmap_set(&found, key ? key : "", l);
		if (!key || strmap_has(&said, key)) {
			i++;
			continue;
		}
		note = xasprintf("%s: the link of the base does not mind '%s'",
				 l->cell->id, key);
		lane_say(l, RUN_DETAIL, note);
		strmap_set(&l->image->excused, key, l);
		diagnostic_release(&checked->v[i]);
		checked->v[i] = checked->v[--checked->nr];
	}
	strmap_each(e, &said) {
		_cleanup_free_ char *why = NULL;

		if (strmap_has(&found, strmap_key(e)))
			continue;
		why = xasprintf("the link of the base says '%s' and its symbol "
				"tables do not",
				strmap_key(e));
		doubt(l, why);
		return false;
	}
	return true;
}

void lane_image_base(struct lane *l, struct step_result *s)
{
	struct lane_image *im = l->image;
	struct image_tree t = {.upper = l->shared->baseline.obj};
	_cleanup_diag_list_ struct diag_list checked = DIAG_LIST_INIT;
	_cleanup_diag_list_ struct diag_list real = DIAG_LIST_INIT;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;

	im->linked = im->learned = true;
	s->link = link_units_fail(s) ? STEP_LINK_NOT_ASKED : STEP_LINK_JUDGED;
	if (s->failed.nr) {
		doubt(l, "the base does not link");
		return;
	}
	if (check(l, &t, true, &checked, &err)) {
		doubt(l, err.msg);
		return;
	}
	link_take(&real, &s->diags);
	im->judged = calibrate(l, &checked, &real);
	if (!im->judged)
		return;
	/* one wording at all states */
	link_strip(s);
	for (size_t i = 0; i < checked.nr; i++)
		link_put(s, &checked.v[i], renames(l));
	for (size_t i = 0; i < real.nr; i++)
		if (!link_is_judged(&real.v[i]))
			link_put(s, &real.v[i], renames(l));
}

/* A helper has its base from its cell's own lane, and learns when it has a step. */
static void learn(struct lane *l)
{
	_cleanup_(step_result_release) struct step_result base = { 0 };
	unsigned patch = l->patch;

	if (l->image->learned)
		return;
	step_result_copy(&base, &l->shared->baseline.base);
	l->patch = 0;
	lane_image_base(l, &base);
	l->patch = patch;
}

/* ---- steps ------------------------------------------------------------------------------- */

static bool is_tip(const struct lane *l)
{
	return lane_tip(l)->patch == l->patch;
}

/* In a bisection every state: what no symbol table tells is searched, too. */
static bool links_all(const struct lane *l)
{
	return is_tip(l) || l->crew->opts->next;
}

bool lane_image_must_link(const struct lane *l)
{
	return l->image && is_tip(l) && !l->image->linked;
}

void lane_image_argv(struct lane *l, const struct strlist *goals,
		     struct strlist *argv)
{
	struct lane_image *im = l->image;

	learn(l);
	im->real = !im->judged || l->impact.from_empty || links_all(l);
	if (im->real) {
		strlist_cat(argv, goals);
		return;
	}
	/* All objects, as "make vmlinux modules" makes them, and no more. */
	if (has_modules(l))
		strlist_add(argv, "KBUILD_MODULES=1");
	strlist_add(argv, ".");
}

/* The last state that was judged: what is known of the link until now. */
static const struct step_result *before(const struct lane *l)
{
	unsigned patch = l->patch - 1;
	const struct step_result *s;

	for (;; patch--) {
		s = run_result_step(l->crew->result, patch, l->cell_nr);
		if (!patch || s->outcome == OUTCOME_BUILT ||
		    s->outcome == OUTCOME_UNREACHED)
			return s;
	}
}

static bool script_is_other(const struct lane *l)
{
	_cleanup_free_ char *text = NULL;
	struct image_tree t;

	tree_of(l, &t);
	text = script_of(l, &t);
	return !streq_null(text, l->image->script);
}

/* What only real links tell was not asked at the states in between. */
static void tell_late(struct lane *l, const struct diagnostic *d)
{
	const struct step_result *old = before(l);

	for (size_t i = 0; i < old->diags.nr; i++)
		if (streq_null(old->diags.v[i].message, d->message))
			return;
	if (l->patch > 1 && l->image->judged && !l->crew->opts->next)
		strlist_addf(&l->crew->result->warnings,
			     "patch %u, %s: '%s' comes from the link, which no "
			     "symbol table tells beforehand: an earlier patch "
			     "that was not linked may be the cause",
			     l->patch, l->cell->id, d->message);
}

/* Both accounts of this state's link are there: they have to agree. */
static void agree(struct lane *l, struct step_result *s,
		  const struct diag_list *checked, const struct diag_list *real,
		  const struct strlist *failed)
{
	_cleanup_strlist_ struct strlist lines = STRLIST_INIT;
	bool errors = false;

	link_compare(checked, real, link_reached(failed), &lines);
	strlist_each(line, &lines)
		strlist_addf(&l->crew->result->internal, "patch %u, %s: %s",
			     l->patch, l->cell->id, line);
	if (!lines.nr)
		for (size_t i = 0; i < checked->nr; i++)
			link_put(s, &checked->v[i], renames(l));
	for (size_t i = 0; i < real->nr; i++) {
		const struct diagnostic *d = &real->v[i];

		if (!lines.nr && link_is_judged(d))
			continue;
		link_put(s, d, renames(l));
		errors |= d->severity == DIAG_ERROR;
		if (!link_is_judged(d))
			tell_late(l, d);
	}
	link_fail_stage(s, has_modules(l));
	/* what fails and is not explained fails all the same */
	if (errors || !s->failed.nr)
		strlist_each(f, failed)
			link_put_failed(s, f);
}

static void put_all(struct lane *l, struct step_result *s,
		    const struct diag_list *real, const struct strlist *failed)
{
	for (size_t i = 0; i < real->nr; i++)
		link_put(s, &real->v[i], renames(l));
	strlist_each(f, failed)
		link_put_failed(s, f);
}

static void link_exit(void *data, struct proc_result *res);

/* Links for real what the first child has built. */
static bool start_link(struct lane *l)
{
	const struct chain *c = &l->chain;
	_cleanup_strlist_ struct strlist argv = STRLIST_INIT;
	_cleanup_(sandbox_release) struct sandbox box = SANDBOX_INIT;
	struct image_tree t;

	tree_of(l, &t);
	box.obj_upper = c->upper;
	if (t.lower) {
		box.obj_work = c->work;
		box.obj_lower = t.lower;
	}
	lane_make_argv(l, &argv);
	lane_image_goals(l, &argv);
	return !lane_start(l, &box, &l->crew->opts->tree->states[l->patch],
			   &argv, link_exit);
}

/*
 * What a linked vmlinux has of itself is known of the script of the state that the
 * lane was at before. In a bisection that may be any one.
 */
static bool knows_script(const struct lane *l, const struct strlist *failed)
{
	return !l->crew->opts->next || !failed->nr || !script_is_other(l);
}

/* The state's objects are built; real and failed: what the link has said, if it
 * was tried. True: it has to be, and a child does. */
static bool conclude(struct lane *l, struct step_result *s,
		     const struct diag_list *real, const struct strlist *failed)
{
	struct lane_image *im = l->image;
	_cleanup_diag_list_ struct diag_list checked = DIAG_LIST_INIT;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	struct image_tree t;

	tree_of(l, &t);
	s->link = STEP_LINK_JUDGED;
	/* a script that is another one defines other symbols */
	if (im->judged &&
	    check(l, &t, real && !failed->nr && script_is_other(l), &checked,
		  &err)) {
		im->judged = false;
		doubt(l, err.msg);
	}
	if (real) {
		if (im->judged && knows_script(l, failed))
			agree(l, s, &checked, real, failed);
		else
			put_all(l, s, real, failed);
		return false;
	}
	if (!im->judged || link_is_news(&checked, before(l)) ||
	    script_is_other(l) || lane_audit_links(l))
		return start_link(l);
	im->linked = false;
	for (size_t i = 0; i < checked.nr; i++)
		link_put(s, &checked.v[i], renames(l));
	link_fail_stage(s, has_modules(l));
	link_carry(s, before(l), false, renames(l));
	return false;
}

static void link_exit(void *data, struct proc_result *res)
{
	struct lane *l = data;
	const struct place *p = l->crew->opts->place;
	struct step_result *s =
		run_result_step(l->crew->result, l->patch, l->cell_nr);
	_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;
	_cleanup_(step_result_release) struct step_result linked = { 0 };
	_cleanup_diag_list_ struct diag_list real = DIAG_LIST_INIT;
	_cleanup_strlist_ struct strlist failed = STRLIST_INIT;
	_cleanup_free_ char *note = NULL;
	struct harvest h = { .src = p->src, .obj = p->obj };

	if (res->stopped)
		return;
	lane_write_log(l, s, res, true);
	note = xasprintf("%s patch %u: really linked in %.2f s", l->cell->id,
			 l->patch, res->seconds);
	lane_say(l, RUN_DETAIL, note);
	make_log_parse(&log, res->output.buf, res->output.len, p->src, p->obj);
	if (harvest_faults(&linked, &log, res)) {
		s->outcome = linked.outcome;
		free(s->reason);
		s->reason = STEAL(linked.reason);
		lane_finish_step(l, s, false);
		return;
	}
	harvest_make(&linked, &log, res, &h);
	s->seconds += linked.seconds;
	link_take(&real, &linked.diags);
	link_take_failed(&failed, &linked.failed);
	/* the link compiles a few things itself */
	link_strip(&linked);
	put_all(l, s, &linked.diags, &linked.failed);
	l->image->real = l->image->linked = true;
	if (!conclude(l, s, &real, &failed) && l->phase != LANE_DONE)
		lane_finish_step(l, s, true);
}

void lane_image_not_asked(struct lane *l, struct step_result *s)
{
	s->link = STEP_LINK_NOT_ASKED;
	if (!l->crew->opts->next)
		link_carry(s, before(l), true, renames(l));
}

bool lane_image_judge(struct lane *l, struct step_result *s,
		      const struct make_log *log, bool finished)
{
	struct lane_image *im = l->image;
	_cleanup_diag_list_ struct diag_list real = DIAG_LIST_INIT;
	_cleanup_strlist_ struct strlist failed = STRLIST_INIT;

	link_take_failed(&failed, &s->failed);
	link_strip(s);
	if (s->failed.nr || !finished) {
		if (!s->reason)
			s->reason = xasprintf("not linked: %zu unit%s fail%s",
					      s->failed.nr,
					      s->failed.nr == 1 ? "" : "s",
					      s->failed.nr == 1 ? "s" : "");
		lane_image_not_asked(l, s);
		im->linked = true; /* no more can be known */
		return false;
	}
	if (!im->real)
		return conclude(l, s, NULL, NULL);
	im->linked = true;
	link_take(&real, &log->diags);
	return conclude(l, s, &real, &failed);
}

/* ---- memory ------------------------------------------------------------------------------ */

static char *linked_name(const char *key)
{
	return xasprintf("linked:%s", key);
}

bool lane_image_recall(struct lane *l, const char *key)
{
	_cleanup_errbuf_ struct errbuf ignored = ERRBUF_INIT;
	_cleanup_free_ char *name = linked_name(key), *value = NULL;

	if (!l->image)
		return true;
	l->image->recalled =
		store_get_value(l->crew->opts->store, name, &value, &ignored) ==
		1;
	return l->image->recalled || !links_all(l);
}

void lane_image_recalled(struct lane *l)
{
	struct step_result *s =
		run_result_step(l->crew->result, l->patch, l->cell_nr);

	if (!l->image)
		return;
	l->image->linked = l->image->recalled;
	if (s->link != STEP_LINK_NOT_ASKED)
		return;
	/* What was before it then need not be what is before it now. */
	link_strip(s);
	lane_image_not_asked(l, s);
}

void lane_image_remember(struct lane *l)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_free_ char *name = NULL;

	if (!l->image || !l->image->linked)
		return;
	name = linked_name(l->step_key);
	if (store_put_value(l->crew->opts->store, name, "1", &err))
		lane_say(l, RUN_NOTE, err.msg);
}
