// SPDX-License-Identifier: GPL-2.0-only
#include "engine/baseline.h"

#include "model/result_json.h"
#include "model/unit.h"
#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/mem.h"
#include "sys/strbuf.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

void baseline_init(struct baseline *b, const char *cache, const char *key)
{
	*b = (struct baseline)BASELINE_INIT;
	b->dir = xasprintf("%s/cells/%.24s", cache, key);
	b->obj = path_join(b->dir, "obj");
}

void baseline_release(struct baseline *b)
{
	baseline_unlock(b);
	free(b->dir);
	free(b->obj);
	strlist_release(&b->goals);
	step_result_release(&b->base);
	*b = (struct baseline)BASELINE_INIT;
}

int baseline_lock(struct baseline *b, bool exclusive, struct errbuf *err)
{
	_cleanup_free_ char *file = path_join(b->dir, "lock");
	int fd;

	baseline_unlock(b);
	if (dir_make(b->dir, err))
		return -1;
	fd = file_lock(file, exclusive, false, err);
	if (fd == -2)
		return 0;
	if (fd < 0)
		return -1;
	b->lock = fd;
	file_touch(file);
	return 1;
}

void baseline_unlock(struct baseline *b)
{
	if (b->lock >= 0)
		close(b->lock);
	b->lock = -1;
}

int baseline_load(struct baseline *b, const struct strlist *want,
		  struct errbuf *err)
{
	_cleanup_free_ char *goals = path_join(b->dir, "goals");
	_cleanup_free_ char *base = path_join(b->dir, "base.json");
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	strlist_release(&b->goals);
	step_result_release(&b->base);
	b->base = (struct step_result){ 0 };
	if (!file_exists(goals) || !dir_exists(b->obj))
		return 0;
	if (file_read(goals, &text, err))
		return -1;
	strlist_split(&b->goals, text.buf, "\n");
	strlist_sort(&b->goals);
	strbuf_reset(&text);
	if (file_read(base, &text, err))
		return -1;
	if (step_result_from_json(&b->base, text.buf, text.len, err))
		return errbuf_prefix(err, "%s (remove %s to have it made anew)",
				     base, b->dir);
	strlist_each(g, want)
		if (!strlist_has_sorted(&b->goals, g))
			return 0;
	return 1;
}

int baseline_begin(struct baseline *b, const char *prepared,
		   const char *config, struct errbuf *err)
{
	_cleanup_free_ char *goals = path_join(b->dir, "goals");
	_cleanup_free_ char *kept = path_join(b->dir, "config");
	_cleanup_free_ char *dot = NULL;

	if (!file_exists(goals)) {
		if (tree_remove(b->obj, err))
			return -1;
		if (prepared && dir_exists(prepared) &&
		    rename(prepared, b->obj))
			return errbuf_set(err, "%s: %s", b->obj,
					  strerror(errno));
		strlist_release(&b->goals);
		step_result_release(&b->base);
		b->base = (struct step_result){ 0 };
	}
	/* Unfinished until baseline_finish() says otherwise. */
	unlink(goals);
	if (dir_make(b->obj, err) ||
	    file_write(kept, config, strlen(config), err))
		return -1;
	dot = path_join(b->obj, ".config");
	if (!file_exists(dot))
		return file_write(dot, config, strlen(config), err);
	return 0;
}

static void merge(struct step_result *into, struct step_result *built,
		  const struct strlist *started)
{
	struct step_result old = *into;

	*into = *built;
	*built = (struct step_result){ 0 };
	for (size_t i = 0; i < old.diags.nr; i++) {
		const struct diagnostic *d = &old.diags.v[i];

		if (d->unit && !strlist_has(started, d->unit))
			diag_list_copy(&into->diags, d);
	}
	strlist_each(f, &old.failed)
		if (!strlist_has(started, f))
			strlist_add(&into->failed, f);
	strlist_sort(&into->failed);
	into->units_built += old.units_built;
	into->seconds += old.seconds;
	step_result_release(&old);
}

int baseline_finish(struct baseline *b, const struct strlist *goals,
		    struct step_result *built, const struct strlist *started,
		    struct errbuf *err)
{
	_cleanup_free_ char *goals_file = path_join(b->dir, "goals");
	_cleanup_free_ char *base_file = path_join(b->dir, "base.json");
	_cleanup_free_ char *joined = NULL;
	_cleanup_strbuf_ struct strbuf json = STRBUF_INIT;

	merge(&b->base, built, started);
	strlist_cat(&b->goals, goals);
	strlist_sort(&b->goals);
	step_result_to_json(&b->base, &json);
	joined = strlist_join(&b->goals, "\n");
	if (file_write(base_file, json.buf, json.len, err) ||
	    file_write(goals_file, joined, strlen(joined), err))
		return -1;
	return 0;
}

int baseline_units(const struct baseline *b, const char *srctree,
		   struct unit_set *units, struct errbuf *err)
{
	_cleanup_errbuf_ struct errbuf ignored = ERRBUF_INIT;
	_cleanup_free_ char *goals = path_join(b->dir, "goals");
	_cleanup_free_ char *file = path_join(b->dir, "units");
	_cleanup_free_ char *stamp = NULL;
	struct stat st;

	/* goals is written anew whenever something was built in obj/ */
	if (stat(goals, &st))
		return unit_set_read(units, b->obj, "", srctree, err);
	stamp = xasprintf("%ju %jd.%09ld %jd %s", (uintmax_t)st.st_ino,
			  (intmax_t)st.st_mtim.tv_sec, st.st_mtim.tv_nsec,
			  (intmax_t)st.st_size, srctree);
	if (unit_set_load(units, file, stamp))
		return 0;
	if (unit_set_read(units, b->obj, "", srctree, err))
		return -1;
	/* only a gain: it is read again next time */
	unit_set_save(units, file, stamp, &ignored);
	return 0;
}
