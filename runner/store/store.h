/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The results database: SQLite in WAL mode at cache/store.db (see
 * store/database.h, whose database.c is the sole owner of <sqlite3.h>).
 *
 * A finished step is one transaction. Steps are kept by content (see step_key
 * in engine/run.c: tree, effective configuration, toolchain, targets, engine
 * version), so a run that was killed continues, and an identical step of a later
 * run is not built again. Steps whose outcome is an error are never kept.
 */
#ifndef KVMATRIX_STORE_STORE_H
#define KVMATRIX_STORE_STORE_H

#include "model/result.h"

struct errbuf;
struct store;

/* Opens or creates; a database of another format version is set aside
 * (renamed to store.db.old) with a word in note (owned, may be NULL). */
struct store *store_open(const char *path, char **note, struct errbuf *err);
void store_close(struct store *s);

/* 1 found (s filled but for patch, cell and log; outcome BUILT, remembered set),
 * 0 not found, -1 error. An entry that is damaged is forgotten: not found.
 * Fingerprints are those of the run that stored it: where the base or the renames
 * may differ, call diag_fingerprint() again. */
int store_get_step(struct store *st, const char *key, struct step_result *s,
		   struct errbuf *err);
/* No-op for an outcome that is not OUTCOME_BUILT. */
int store_put_step(struct store *st, const char *key,
		   const struct step_result *s, struct errbuf *err);

/*
 * Runs. A run is stored when it starts (unfinished) and again when it ends;
 * between, each finished step is linked to it with store_run_step(); a step that
 * was not is OUTCOME_PENDING when the run is loaded. Storing again keeps the
 * steps.
 */
int store_put_run(struct store *st, const struct run_result *r,
		  const char *dir, struct errbuf *err);
int store_run_step(struct store *st, const char *run_id, unsigned patch,
		   const char *cell_id, const struct step_result *s,
		   struct errbuf *err);
/*
 * Loads a run with all steps, unjudged. id: full id, a unique prefix, or NULL
 * for the newest. dir (may be NULL) gets its directory, owned. Error when
 * absent or ambiguous: lists the newest ids.
 */
int store_get_run(struct store *st, const char *id, struct run_result *r,
		  char **dir, struct errbuf *err);
struct run_row {
	char *id, *started, *title, *dir;
	enum run_status status;
};
/* Newest first; caller frees with store_runs_free(). */
int store_list_runs(struct store *st, struct run_row **rows, size_t *nr,
		    struct errbuf *err);
void store_runs_free(struct run_row *rows, size_t nr);

/* Small values: facts about baselines, durations. 1 found, 0 not, -1 error.
 * "reads:KEY", "state:KEY" and "linked:KEY" belong to the step of that key and go with it. */
int store_get_value(struct store *st, const char *key, char **value,
		    struct errbuf *err);
int store_put_value(struct store *st, const char *key, const char *value,
		    struct errbuf *err);

/* Deletes runs (and what only they use) but the newest KEEP; steps not used for
 * DAYS days go too. freed_rows gets the number of rows. */
int store_gc(struct store *st, unsigned keep, unsigned days,
	     unsigned *freed_rows, struct errbuf *err);

#endif
