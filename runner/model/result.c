// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lifetimes and names of what a run found. Everything a run_result points to
 * is owned by it; the names are those of results.json and never change.
 */
#include "model/result.h"

#include "sys/mem.h"

static const char *const verdict_names[] = {
	[VERDICT_OK] = "ok",
	[VERDICT_REGRESSED] = "regressed",
	[VERDICT_FIXED] = "fixed",
	[VERDICT_STILL_BROKEN] = "still-broken",
	[VERDICT_UNREACHED] = "unreached",
	[VERDICT_NOT_APPLIED] = "not-applied",
	[VERDICT_ERROR] = "error",
};

static const char *const outcome_names[] = {
	[OUTCOME_PENDING] = "pending",
	[OUTCOME_BUILT] = "built",
	[OUTCOME_UNREACHED] = "unreached",
	[OUTCOME_NOT_APPLIED] = "not-applied",
	[OUTCOME_ERROR] = "error",
};

static const char *const cause_kind_names[] = {
	[CAUSE_MISSING_INCLUDE] = "missing-include",
	[CAUSE_MISSING_DECLARATION] = "missing-declaration",
	[CAUSE_INCOMPLETE_TYPE] = "incomplete-type",
	[CAUSE_MISSING_MEMBER] = "missing-member",
	[CAUSE_REDEFINITION] = "redefinition",
	[CAUSE_CROSS_ARCH] = "cross-arch",
	[CAUSE_UNDEFINED_SYMBOL] = "undefined-symbol",
	[CAUSE_DUPLICATE_SYMBOL] = "duplicate-symbol",
	[CAUSE_ASSERTION] = "assertion",
	[CAUSE_MAKE] = "make",
	[CAUSE_CONFIG] = "config",
	[CAUSE_NOT_APPLIED] = "not-applied",
	[CAUSE_HIDDEN] = "hidden",
	[CAUSE_INCLUDE_CYCLE] = "include-cycle",
	[CAUSE_NOT_STANDALONE] = "not-standalone",
	[CAUSE_UNEXPORTED_SYMBOL] = "unexported-symbol",
	[CAUSE_BOOT_CALL] = "boot-call",
	[CAUSE_WARNING] = "warning",
	[CAUSE_OTHER] = "other",
};

static const char *const proof_kind_names[] = {
	[PROOF_HIDDEN] = "hidden",
	[PROOF_REMOVED] = "removed",
	[PROOF_MOVED] = "moved",
	[PROOF_CUT] = "cut",
	[PROOF_CYCLE] = "cycle",
	[PROOF_LEANS] = "leans",
	[PROOF_NEVER] = "never",
	[PROOF_HEADER_MOVED] = "header-moved",
	[PROOF_HEADER_GONE] = "header-gone",
	[PROOF_ELSEWHERE] = "elsewhere",
	[PROOF_DEFINED] = "defined",
	[PROOF_VARIABLE] = "variable",
	[PROOF_TWICE] = "twice",
	[PROOF_KCONFIG] = "kconfig",
	[PROOF_UNEXPORTED] = "unexported",
};

static const char *name_of(const char *const *names, size_t nr, size_t i)
{
	return i < nr ? names[i] : "unknown";
}

const char *verdict_name(enum verdict v)
{
	return name_of(verdict_names, ARRAY_SIZE(verdict_names), v);
}

const char *outcome_name(enum outcome o)
{
	return name_of(outcome_names, ARRAY_SIZE(outcome_names), o);
}

static const char *const step_link_names[] = {
	[STEP_LINK_JUDGED] = "judged",
	[STEP_LINK_NOT_ASKED] = "not-asked",
};

const char *step_link_name(enum step_link l)
{
	return l < ARRAY_SIZE(step_link_names) ? step_link_names[l] : NULL;
}

int step_link_parse(const char *name)
{
	for (size_t i = 1; name && i < ARRAY_SIZE(step_link_names); i++)
		if (!strcmp(step_link_names[i], name))
			return (int)i;
	return -1;
}

int outcome_parse(const char *name)
{
	for (size_t i = 0; name && i < ARRAY_SIZE(outcome_names); i++)
		if (!strcmp(outcome_names[i], name))
			return (int)i;
	return -1;
}

const char *cause_kind_name(enum cause_kind k)
{
	return name_of(cause_kind_names, ARRAY_SIZE(cause_kind_names), k);
}

const char *proof_kind_name(enum proof_kind k)
{
	return name_of(proof_kind_names, ARRAY_SIZE(proof_kind_names), k);
}

void proof_release(struct proof *p)
{
	free(p->unit);
	free(p->id);
	free(p->file);
	free(p->thing);
	free(p->header);
	free(p->to);
	free(p->place);
	free(p->text);
	free(p->chain);
	free(p->makefile);
	free(p->remark);
	free(p->luck);
	*p = (struct proof){0};
}

void step_result_release(struct step_result *s)
{
	free(s->reason);
	diag_list_release(&s->diags);
	strlist_release(&s->failed);
	strlist_release(&s->failed_replayed);
	strlist_release(&s->left_out);
	strlist_release(&s->unjudged);
	free(s->log);
	diag_list_release(&s->fixed);
	*s = (struct step_result){0};
}

static void copy_diags(struct diag_list *to, const struct diag_list *from)
{
	*to = (struct diag_list)DIAG_LIST_INIT;
	for (size_t i = 0; i < from->nr; i++)
		diag_list_copy(to, &from->v[i]);
}

static void copy_strings(struct strlist *to, const struct strlist *from)
{
	*to = (struct strlist)STRLIST_INIT;
	strlist_cat(to, from);
}

void step_result_copy(struct step_result *to, const struct step_result *from)
{
	struct step_result old = *to;

	if (to == from)
		return;
	*to = *from;
	to->reason = xstrdup_null(from->reason);
	copy_diags(&to->diags, &from->diags);
	copy_strings(&to->failed, &from->failed);
	copy_strings(&to->failed_replayed, &from->failed_replayed);
	copy_strings(&to->left_out, &from->left_out);
	copy_strings(&to->unjudged, &from->unjudged);
	to->log = xstrdup_null(from->log);
	copy_diags(&to->fixed, &from->fixed);
	step_result_release(&old);
}

void cause_release(struct cause *c)
{
	free(c->id);
	free(c->title);
	free(c->advice);
	free(c->spans);
	strlist_release(&c->units);
	free(c->example);
	*c = (struct cause){0};
}

static void release_cell(struct cell_info *c)
{
	free(c->id);
	free(c->arch);
	free(c->config);
	free(c->toolchain);
	free(c->config_hash);
	free(c->toolchain_version);
	free(c->same_as);
	free(c->error);
}

static void release_patch(struct patch_info *p)
{
	free(p->subject);
	free(p->author);
	free(p->commit);
	free(p->tree);
	free(p->not_applied);
	strlist_release(&p->renames);
}

void run_result_release(struct run_result *r)
{
	free(r->id);
	free(r->version);
	free(r->command);
	free(r->tree);
	free(r->series);
	free(r->title);
	free(r->matrix);
	free(r->base);
	free(r->started);
	free(r->mode);
	free(r->depth);
	for (size_t i = 0; r->steps && i < r->nr_patches * r->nr_cells; i++)
		step_result_release(&r->steps[i]);
	free(r->steps);
	for (size_t i = 0; i < r->nr_cells; i++)
		release_cell(&r->cells[i]);
	free(r->cells);
	for (size_t i = 0; i < r->nr_patches; i++)
		release_patch(&r->patches[i]);
	free(r->patches);
	for (size_t i = 0; i < r->nr_causes; i++)
		cause_release(&r->causes[i]);
	free(r->causes);
	for (size_t i = 0; i < r->nr_proofs; i++)
		proof_release(&r->proofs[i]);
	free(r->proofs);
	for (size_t i = 0; i < r->nr_findings; i++)
		finding_release(&r->findings[i]);
	free(r->findings);
	strlist_release(&r->audits);
	strlist_release(&r->warnings);
	strlist_release(&r->internal);
	*r = (struct run_result)RUN_RESULT_INIT;
}

void run_result_alloc_steps(struct run_result *r)
{
	size_t nr = r->nr_patches * r->nr_cells;

	r->steps = nr ? xcalloc(nr, sizeof(*r->steps)) : NULL;
	for (size_t i = 0; i < nr; i++) {
		r->steps[i].patch = (unsigned)(i / r->nr_cells);
		r->steps[i].cell = i % r->nr_cells;
		r->steps[i].outcome = OUTCOME_PENDING;
		r->steps[i].verdict = VERDICT_ERROR;
	}
}

struct step_result *run_result_step(const struct run_result *r, unsigned patch,
				    size_t cell)
{
	return &r->steps[patch * r->nr_cells + cell];
}

struct cell_info *run_result_add_cell(struct run_result *r)
{
	GROW(r->cells, r->nr_cells, r->alloc_cells);
	r->cells[r->nr_cells] = (struct cell_info){0};
	return &r->cells[r->nr_cells++];
}

struct patch_info *run_result_add_patch(struct run_result *r)
{
	GROW(r->patches, r->nr_patches, r->alloc_patches);
	r->patches[r->nr_patches] = (struct patch_info){
		.index = (unsigned)r->nr_patches,
	};
	return &r->patches[r->nr_patches++];
}

struct finding *run_result_add_finding(struct run_result *r)
{
	GROW(r->findings, r->nr_findings, r->alloc_findings);
	r->findings[r->nr_findings] = (struct finding){ 0 };
	return &r->findings[r->nr_findings++];
}

int run_result_exit_code(const struct run_result *r)
{
	size_t nr = r->nr_patches * r->nr_cells;
	bool unknown = !r->steps || !nr || r->internal.nr;

	for (size_t i = 0; i < r->nr_patches; i++)
		if (r->patches[i].not_applied)
			return 1;
	for (size_t i = 0; i < r->nr_findings; i++)
		if (finding_is_bad(&r->findings[i]))
			return 1;
	for (size_t i = 0; r->steps && i < nr; i++) {
		const struct step_result *s = &r->steps[i];

		if (s->verdict == VERDICT_REGRESSED ||
		    s->verdict == VERDICT_NOT_APPLIED ||
		    s->outcome == OUTCOME_NOT_APPLIED)
			return 1;
		if (s->verdict == VERDICT_ERROR ||
		    s->outcome == OUTCOME_PENDING ||
		    s->outcome == OUTCOME_ERROR)
			unknown = true;
	}
	return unknown ? 3 : 0;
}
