// SPDX-License-Identifier: GPL-2.0-only
#include "engine/link_step.h"

#include "model/diagnostic.h"
#include "sys/mem.h"
#include "sys/strmap.h"

bool link_is_product(const char *unit)
{
	return starts_with(unit, "vmlinux") ||
	       starts_with(unit, ".tmp_vmlinux") ||
	       starts_with(unit, ".vmlinux") || ends_with(unit, ".symvers") ||
	       ends_with(unit, ".ko") || ends_with(unit, ".mod.o") ||
	       ends_with(unit, ".mod.c") || !strcmp(unit, "System.map") ||
	       starts_with(unit, "modules.builtin");
}

bool link_is_message(const struct diagnostic *d)
{
	return streq_null(d->tool, "modpost") ||
	       (d->unit && link_is_product(d->unit));
}

bool link_is_judged(const struct diagnostic *d)
{
	enum link_stage stage;
	_cleanup_free_ char *key = link_key(d, &stage);

	return key != NULL;
}

bool link_units_fail(const struct step_result *s)
{
	strlist_each(f, &s->failed)
		if (!link_is_product(f))
			return true;
	return false;
}

/* A remark on the others, whose number changes with them. */
static bool is_summary(const struct diagnostic *d)
{
	return d->message && (strstr(d->message, "section mismatch(es)") ||
			      strstr(d->message, "Section mismatches") ||
			      strstr(d->message, "suppressed "));
}

void link_take(struct diag_list *to, const struct diag_list *from)
{
	for (size_t i = 0; i < from->nr; i++)
		if (link_is_message(&from->v[i]) && !is_summary(&from->v[i]))
			diag_list_copy(to, &from->v[i]);
}

void link_take_failed(struct strlist *to, const struct strlist *failed)
{
	strlist_each(f, failed)
		if (link_is_product(f))
			strlist_add(to, f);
}

void link_strip(struct step_result *s)
{
	struct strlist failed = STRLIST_INIT;
	size_t keep = 0;

	for (size_t i = 0; i < s->diags.nr; i++) {
		struct diagnostic *d = &s->diags.v[i];

		if (link_is_message(d))
			diagnostic_release(d);
		else
			s->diags.v[keep++] = *d;
	}
	s->diags.nr = keep;
	strlist_each(f, &s->failed)
		if (!link_is_product(f))
			strlist_add(&failed, f);
	strlist_release(&s->failed);
	s->failed = failed;
}

void link_put(struct step_result *s, const struct diagnostic *d,
	      const struct strmap *renames)
{
	diag_list_copy(&s->diags, d);
	diag_fingerprint(&s->diags.v[s->diags.nr - 1], renames);
}

void link_put_failed(struct step_result *s, const char *unit)
{
	if (!strlist_has(&s->failed, unit))
		strlist_add(&s->failed, unit);
	strlist_sort(&s->failed);
}

void link_carry(struct step_result *s, const struct step_result *before,
		bool all, const struct strmap *renames)
{
	bool errors = false;

	for (size_t i = 0; i < before->diags.nr; i++) {
		const struct diagnostic *d = &before->diags.v[i];

		if (!link_is_message(d) || (!all && link_is_judged(d)))
			continue;
		link_put(s, d, renames);
		errors |= d->severity == DIAG_ERROR;
	}
	strlist_each(f, &before->failed)
		if ((all || errors) && link_is_product(f))
			link_put_failed(s, f);
}

void link_fail_stage(struct step_result *s, bool has_modules)
{
	const char *const names[] = {
		[LINK_MERGE] = "vmlinux.o",
		[LINK_MODPOST] = has_modules ? "Module.symvers" :
					       "vmlinux.symvers",
		[LINK_FINAL] = "vmlinux",
	};
	int first = -1;

	for (size_t i = 0; i < s->diags.nr; i++) {
		const struct diagnostic *d = &s->diags.v[i];
		enum link_stage stage;
		_cleanup_free_ char *key = link_key(d, &stage);

		if (key && link_is_message(d) && d->severity == DIAG_ERROR &&
		    (first < 0 || (int)stage < first))
			first = stage;
	}
	if (first >= 0)
		link_put_failed(s, names[first]);
}

bool link_is_news(const struct diag_list *checked,
		  const struct step_result *before)
{
	_cleanup_strmap_ struct strmap old = STRMAP_INIT;
	enum link_stage stage;

	for (size_t i = 0; i < before->diags.nr; i++) {
		_cleanup_free_ char *key =
			link_key(&before->diags.v[i], &stage);

		if (key)
			strmap_set(&old, key, &old);
	}
	for (size_t i = 0; i < checked->nr; i++) {
		_cleanup_free_ char *key = link_key(&checked->v[i], &stage);

		if (key && !strmap_has(&old, key))
			return true;
	}
	return false;
}

enum link_stage link_reached(const struct strlist *failed)
{
	enum link_stage stage = LINK_FINAL;

	strlist_each(f, failed) {
		if (!strcmp(f, "vmlinux.o"))
			return LINK_MERGE;
		if (ends_with(f, ".symvers"))
			stage = LINK_MODPOST;
	}
	return stage;
}
