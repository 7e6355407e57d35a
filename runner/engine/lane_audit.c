// SPDX-License-Identifier: GPL-2.0-only
/*
 * The audit of the program itself: some of the steps that were proved not to need
 * a build are built anyway, from an empty O=, which shares nothing with the proof.
 * What make says then has to be what the step carries; where it is not, the proof
 * was wrong, and the run says so and ends with 3.
 *
 * Which steps: those whose name (cell key and tree) hashes into the share, so that
 * a run and its repetition choose alike. One that was audited before, by a run
 * with the same engine, is not built again. In the same way states of a whole
 * kernel are chosen that are linked although their symbol tables say nothing new.
 */
#include "engine/lane.h"

#include "engine/harvest.h"
#include "engine/link_step.h"
#include "engine/place.h"
#include "engine/tree.h"
#include "model/matrix.h"
#include "store/store.h"
#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/hash.h"
#include "sys/mem.h"

#include <stdio.h>

#define AUDIT_VERSION "1"

static const struct state *this_state(const struct lane *l)
{
	return &l->crew->opts->tree->states[l->patch];
}

static char *audit_name(const struct lane *l, const struct strlist *goals)
{
	struct hash *h = hash_new();
	_cleanup_free_ char *hex = NULL;

	hash_add_str(h, AUDIT_VERSION);
	hash_add_str(h, l->shared->key);
	hash_add_str(h, this_state(l)->tree);
	strlist_each(g, goals)
		hash_add_str(h, g);
	hex = hash_finish(h);
	return xasprintf("audited:%s", hex);
}

/* Is a name, which ends in hex digits, in a share of all names? */
static bool in_share(const char *name, double percent)
{
	unsigned n = 0;

	sscanf(name + strlen(name) - 6, "%6x", &n);
	return n < percent / 100 * 0x1000000;
}

bool lane_audit_wanted(struct lane *l, const struct strlist *goals)
{
	const struct run_opts *o = l->crew->opts;
	_cleanup_errbuf_ struct errbuf ignored = ERRBUF_INIT;
	_cleanup_free_ char *name = audit_name(l, goals);
	_cleanup_free_ char *known = NULL;

	return in_share(name, o->audit_percent) &&
	       store_get_value(o->store, name, &known, &ignored) != 1;
}

bool lane_audit_links(const struct lane *l)
{
	struct hash *h = hash_new();
	_cleanup_free_ char *hex = NULL;

	hash_add_str(h, "link");
	hash_add_str(h, l->shared->key);
	hash_add_str(h, this_state(l)->tree);
	hex = hash_finish(h);
	return in_share(hex, l->crew->opts->audit_percent);
}

static bool has_error(const struct step_result *s, const char *fingerprint)
{
	for (size_t i = 0; i < s->diags.nr; i++)
		if (s->diags.v[i].severity == DIAG_ERROR &&
		    streq_null(s->diags.v[i].fingerprint, fingerprint))
			return true;
	return false;
}

/* Appends what a says and b does not. */
static void compare(const struct step_result *a, const struct step_result *b,
		    const char *where, struct strlist *lines)
{
	/* of a whole kernel the units are compared; what the link says has its
	 * own comparison (lane_image.c) */
	strlist_each(f, &a->failed)
		if (!strlist_has(&b->failed, f) && !link_is_product(f))
			strlist_addf(lines, "%s fails %s", f, where);
	for (size_t i = 0; i < a->diags.nr; i++) {
		const struct diagnostic *d = &a->diags.v[i];

		if (d->severity == DIAG_ERROR && !link_is_message(d) &&
		    !has_error(b, d->fingerprint))
			strlist_addf(lines, "'%s' is said %s", d->message,
				     where);
	}
}

static void judge(struct lane *l, const struct step_result *built)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_strlist_ struct strlist goals = STRLIST_INIT;
	_cleanup_strlist_ struct strlist lines = STRLIST_INIT;
	_cleanup_free_ char *name = NULL, *text = NULL;
	const struct step_result *s = run_result_step(
		l->crew->result, l->patch, l->cell_nr);

	compare(built, s, "in an empty O= only, though the step was proved to be like the one before", &lines);
	compare(s, built, "of the step that was proved, and not in an empty O=", &lines);
	strlist_each(line, &lines)
		strlist_addf(&l->crew->result->internal,
			     "patch %u, %s: %s", l->patch, l->cell->id, line);
	if (lines.nr)
		return;
	lane_goals(l, this_state(l), &goals);
	name = audit_name(l, &goals);
	if (store_put_value(l->crew->opts->store, name, "same", &err))
		lane_say(l, RUN_NOTE, err.msg);
	text = xasprintf("%s patch %u: skipped, and built anyway: the same",
			 l->cell->id, l->patch);
	lane_say(l, RUN_DETAIL, text);
}

static void audit_ended(void *data, struct proc_result *res)
{
	struct lane *l = data;
	const struct place *p = l->crew->opts->place;
	_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_(step_result_release) struct step_result built = { 0 };
	_cleanup_free_ char *dir = path_join(l->scratch, "audit");
	_cleanup_free_ char *dot = path_join(dir, "upper/.config");
	struct harvest h = {
		.src = p->src,
		.obj = p->obj,
		.renames = &this_state(l)->renames,
	};

	if (res->stopped)
		return;
	make_log_parse(&log, res->output.buf, res->output.len, p->src, p->obj);
	if (harvest_faults(&built, &log, res)) {
		_cleanup_free_ char *text =
			xasprintf("%s patch %u could not be audited: %s",
				  l->cell->id, l->patch, built.reason);

		lane_say(l, RUN_NOTE, text);
	} else {
		harvest_make(&built, &log, res, &h);
		lane_lost_diags(l, dot, &built.diags);
		judge(l, &built);
	}
	if (tree_remove(dir, &err))
		lane_say(l, RUN_NOTE, err.msg);
	lane_step_done(l);
}

void lane_audit(struct lane *l, const struct strlist *goals)
{
	_cleanup_strlist_ struct strlist argv = STRLIST_INIT;
	_cleanup_(sandbox_release) struct sandbox s = SANDBOX_INIT;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_free_ char *upper = path_join(l->scratch, "audit/upper");
	_cleanup_free_ char *dot = path_join(upper, ".config");

	if (tree_remove(upper, &err) || dir_make(upper, &err) ||
	    file_write(dot, l->shared->config, strlen(l->shared->config),
		       &err)) {
		lane_fail(l, "%s", err.msg);
		return;
	}
	s.obj_upper = upper;
	lane_empty_argv(l, goals, &argv);
	lane_say(l, RUN_STEP_BEGIN, NULL);
	lane_start(l, &s, this_state(l), &argv, audit_ended);
}
