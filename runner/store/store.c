// SPDX-License-Identifier: GPL-2.0-only
/*
 * The results database. Problem: a run may be killed at any moment, several
 * runs share one cache, and most steps of a series show the same hundred
 * warnings as the step before. So:
 *
 *  - SQLite in WAL mode, each finished step one transaction: after a kill the
 *    database holds every step that was reported as stored, and no half one;
 *  - a step is kept in two pieces of JSON (model/result_json.h): "about", what
 *    is particular to one use (outcome, reason, seconds, log), and its content
 *    (diagnostics, failed units), which is kept once, under its SHA-256, however
 *    many steps and runs share it.
 */
#include "store/store.h"

#include "model/result_json.h"
#include "store/database.h"
#include "sys/errbuf.h"
#include "sys/hash.h"
#include "sys/mem.h"
#include "sys/strbuf.h"
#include "sys/strmap.h"

#include <inttypes.h>
#include <stdint.h>
#include <time.h>

#define APPLICATION_ID 0x4b764d78 /* "KvMx" */
#define FORMAT_VERSION 1

static const char schema[] =
	/* What steps found, kept once for all that found the same. */
	"CREATE TABLE contents ("
	"  id INTEGER PRIMARY KEY,"
	"  hash TEXT NOT NULL UNIQUE," /* SHA-256 of json, hex */
	"  json TEXT NOT NULL"	       /* step: diagnostics, failed units */
	");"
	/* The memory of steps. */
	"CREATE TABLE steps ("
	"  key TEXT PRIMARY KEY," /* step_key(): all that the step depends on */
	"  about TEXT NOT NULL,"  /* step without content, JSON */
	"  content INTEGER NOT NULL REFERENCES contents(id),"
	"  last_used INTEGER NOT NULL" /* seconds since 1970 */
	") WITHOUT ROWID;"
	"CREATE INDEX steps_content ON steps(content);"
	"CREATE TABLE runs ("
	"  seq INTEGER PRIMARY KEY AUTOINCREMENT," /* greater is newer */
	"  id TEXT NOT NULL UNIQUE,"		   /* run_result.id */
	"  started TEXT,"			   /* RFC 3339, UTC */
	"  title TEXT,"				   /* of the series */
	"  dir TEXT,"		     /* where its reports and logs are */
	"  status INTEGER NOT NULL," /* enum run_status */
	"  head TEXT NOT NULL"	     /* run_head_to_json() */
	");"
	/* The finished steps of a run. */
	"CREATE TABLE run_steps ("
	"  run INTEGER NOT NULL REFERENCES runs(seq) ON DELETE CASCADE,"
	"  patch INTEGER NOT NULL," /* 0: the base */
	"  cell TEXT NOT NULL,"	    /* id of the cell */
	"  about TEXT NOT NULL,"    /* step without content, JSON */
	"  content INTEGER NOT NULL REFERENCES contents(id),"
	"  PRIMARY KEY (run, patch, cell)"
	") WITHOUT ROWID;"
	"CREATE INDEX run_steps_content ON run_steps(content);"
	/* Small facts: durations, baselines. */
	"CREATE TABLE facts ("
	"  key TEXT PRIMARY KEY,"
	"  value TEXT NOT NULL"
	") WITHOUT ROWID;";

struct store {
	struct database *db;
};

struct store *store_open(const char *path, char **note, struct errbuf *err)
{
	const struct db_format format = { .schema = schema,
					  .application_id = APPLICATION_ID,
					  .version = FORMAT_VERSION };
	struct database *db = db_open(path, &format, note, err);
	struct store *st;

	if (!db)
		return NULL;
	st = xcalloc(1, sizeof(*st));
	st->db = db;
	return st;
}

void store_close(struct store *st)
{
	if (!st)
		return;
	db_close(st->db);
	free(st);
}

/* ---- steps ---- */

/* Stores the content of s, once; id gets its row. Inside a transaction. */
static int put_content(struct store *st, const struct step_result *s,
		       int64_t *id, struct errbuf *err)
{
	const struct step_result content = {
		.outcome = OUTCOME_BUILT,
		.diags = s->diags,
		.failed = s->failed,
		.failed_replayed = s->failed_replayed,
		.left_out = s->left_out,
		.unjudged = s->unjudged,
	};
	_cleanup_strbuf_ struct strbuf json = STRBUF_INIT;
	_cleanup_rows_ struct rows *q = NULL;
	_cleanup_free_ char *hash = NULL;

	step_result_to_json(&content, &json);
	hash = hash_hex(json.buf, json.len);
	/* A row whose text was damaged is mended on the way. */
	if (db_exec(st->db, err,
		    "INSERT INTO contents (hash, json) VALUES (?, ?)"
		    " ON CONFLICT (hash) DO UPDATE SET json = excluded.json"
		    " WHERE json IS NOT excluded.json",
		    "ss", hash, json.buf))
		return -1;
	q = db_query(st->db, err, "SELECT id FROM contents WHERE hash = ?", "s",
		     hash);
	if (db_next(q, err) != 1)
		return -1;
	*id = db_int(q, 0);
	return 0;
}

/* What is particular to this use of the content, as JSON. */
static void about_json(const struct step_result *s, struct strbuf *out)
{
	struct step_result about = *s;

	about.diags = (struct diag_list)DIAG_LIST_INIT;
	about.failed = (struct strlist)STRLIST_INIT;
	about.failed_replayed = (struct strlist)STRLIST_INIT;
	about.left_out = (struct strlist)STRLIST_INIT;
	about.unjudged = (struct strlist)STRLIST_INIT;
	step_result_to_json(&about, out);
}

/* Puts the columns about, json and hash, from the given one on, together. */
static int load_step(struct rows *q, int at, struct step_result *s,
		     struct errbuf *err)
{
	const char *about = db_text(q, at, NULL);
	size_t len;
	const char *json = db_text(q, at + 1, &len);
	const char *want = db_text(q, at + 2, NULL);
	struct step_result content = { 0 };
	_cleanup_free_ char *hash = hash_hex(json, len);

	if (strcmp(hash, want))
		return errbuf_set(err, "its text is not what was stored");
	if (step_result_from_json(&content, json, len, err))
		return -1;
	if (step_result_from_json(s, about, strlen(about), err)) {
		step_result_release(&content);
		return -1;
	}
	s->diags = content.diags;
	s->failed = content.failed;
	s->failed_replayed = content.failed_replayed;
	s->left_out = content.left_out;
	s->unjudged = content.unjudged;
	free(content.reason);
	free(content.log);
	return 0;
}

int store_get_step(struct store *st, const char *key, struct step_result *s,
		   struct errbuf *err)
{
	_cleanup_errbuf_ struct errbuf ignored = ERRBUF_INIT;
	_cleanup_rows_ struct rows *q = NULL;
	int ret;

	q = db_query(st->db, err,
		     "SELECT about, json, hash FROM steps"
		     " JOIN contents ON contents.id = content WHERE key = ?",
		     "s", key);
	ret = db_next(q, err);
	if (ret != 1)
		return ret;
	if (load_step(q, 0, s, &ignored)) {
		/* Not to be trusted, and cheap to get again: forgotten. */
		db_rows_end(q);
		return db_exec(st->db, err, "DELETE FROM steps WHERE key = ?",
			       "s", key);
	}
	db_rows_end(q);
	s->remembered = true;
	/* A failure here only makes gc forget the step earlier. */
	db_exec(st->db, &ignored,
		"UPDATE steps SET last_used = ? WHERE key = ?", "is",
		(int64_t)time(NULL), key);
	return 1;
}

int store_put_step(struct store *st, const char *key,
		   const struct step_result *s, struct errbuf *err)
{
	_cleanup_strbuf_ struct strbuf about = STRBUF_INIT;
	struct step_result kept = *s;
	int64_t content = 0;
	int ret;

	if (s->outcome != OUTCOME_BUILT)
		return 0;
	kept.log = NULL; /* names a file of one run */
	kept.remembered = false;
	about_json(&kept, &about);
	if (db_begin(st->db, err))
		return -1;
	ret = put_content(st, s, &content, err) ||
	      db_exec(st->db, err,
		      "INSERT OR REPLACE INTO steps (key, about, content, last_used)"
		      " VALUES (?, ?, ?, ?)",
		      "ssii", key, about.buf, content, (int64_t)time(NULL));
	return db_finish(st->db, ret, err);
}

/* ---- runs ---- */

int store_put_run(struct store *st, const struct run_result *r, const char *dir,
		  struct errbuf *err)
{
	_cleanup_strbuf_ struct strbuf head = STRBUF_INIT;

	run_head_to_json(r, &head);
	/* An update, not a replacement: that would take the steps along. */
	return db_exec(
		st->db, err,
		"INSERT INTO runs (id, started, title, dir, status, head)"
		" VALUES (?, ?, ?, ?, ?, ?)"
		" ON CONFLICT (id) DO UPDATE SET started = excluded.started,"
		" title = excluded.title, dir = excluded.dir,"
		" status = excluded.status, head = excluded.head",
		"ssssis", r->id, r->started, r->title, dir, (int64_t)r->status,
		head.buf);
}

/* The row of a run by its full id; absent is an error. */
static int run_seq(struct store *st, const char *id, int64_t *seq,
		   struct errbuf *err)
{
	_cleanup_rows_ struct rows *q = NULL;
	int rc;

	q = db_query(st->db, err, "SELECT seq FROM runs WHERE id = ?", "s", id);
	rc = db_next(q, err);
	if (rc < 0)
		return -1;
	if (!rc)
		return errbuf_set(
			err,
			"%s: run %s is not in the database (any more); was it removed by \"kvmatrix gc\" while it ran?",
			db_path(st->db), id);
	*seq = db_int(q, 0);
	return 0;
}

int store_run_step(struct store *st, const char *run_id, unsigned patch,
		   const char *cell_id, const struct step_result *s,
		   struct errbuf *err)
{
	_cleanup_strbuf_ struct strbuf about = STRBUF_INIT;
	int64_t run = 0, content = 0;
	int ret;

	/* What is not there is pending. */
	if (s->outcome == OUTCOME_PENDING)
		return 0;
	about_json(s, &about);
	if (db_begin(st->db, err))
		return -1;
	ret = run_seq(st, run_id, &run, err) ||
	      put_content(st, s, &content, err) ||
	      db_exec(st->db, err,
		      "INSERT OR REPLACE INTO run_steps (run, patch, cell, about, content)"
		      " VALUES (?, ?, ?, ?, ?)",
		      "iissi", run, (int64_t)patch, cell_id, about.buf,
		      content);
	return db_finish(st->db, ret, err);
}

/* Appends the ids of up to ten runs, newest first, that begin with prefix. */
static int list_ids(struct store *st, const char *prefix, struct strbuf *out,
		    struct errbuf *err)
{
	_cleanup_rows_ struct rows *q = NULL;
	unsigned nr = 0;
	int rc;

	q = db_query(st->db, err,
		     "SELECT id FROM runs WHERE substr(id, 1, length(?1)) = ?1"
		     " ORDER BY seq DESC LIMIT 11",
		     "s", prefix);
	if (!q)
		return -1;
	while ((rc = db_next(q, err)) == 1) {
		if (nr++ == 10)
			strbuf_addstr(out, ", ...");
		else
			strbuf_addf(out, "%s%s", nr > 1 ? ", " : "",
				    db_text(q, 0, NULL));
	}
	return rc;
}

/* Says which runs there are when the one that was asked for is not. */
static int no_such_run(struct store *st, const char *id, bool ambiguous,
		       struct errbuf *err)
{
	_cleanup_strbuf_ struct strbuf ids = STRBUF_INIT;

	if (list_ids(st, ambiguous ? id : "", &ids, err))
		return -1;
	if (!ids.len)
		return errbuf_set(
			err,
			"%s: no run is stored yet; \"kvmatrix run\" makes one",
			db_path(st->db));
	if (ambiguous)
		return errbuf_set(
			err,
			"more than one run begins with \"%s\": %s; give more of the id",
			id, ids.buf);
	return errbuf_set(err, "there is no run \"%s\"; the newest are: %s",
			  id ? id : "", ids.buf);
}

/* The row of the run that id, a prefix, or NULL for the newest, means. */
static int resolve_run(struct store *st, const char *id, int64_t *seq,
		       struct errbuf *err)
{
	_cleanup_rows_ struct rows *q = NULL;
	bool exact, ambiguous;
	int rc;

	q = id ? db_query(st->db, err,
			  "SELECT seq, id = ?1 FROM runs"
			  " WHERE substr(id, 1, length(?1)) = ?1"
			  " ORDER BY id = ?1 DESC, seq DESC LIMIT 2",
			  "s", id)
	       : db_query(st->db, err,
			  "SELECT seq, 1 FROM runs ORDER BY seq DESC LIMIT 1",
			  "");
	rc = db_next(q, err);
	if (rc < 0)
		return -1;
	if (!rc)
		return no_such_run(st, id, false, err);
	*seq = db_int(q, 0);
	exact = db_int(q, 1);
	rc = db_next(q, err);
	if (rc < 0)
		return -1;
	ambiguous = rc == 1 && !exact;
	return ambiguous ? no_such_run(st, id, true, err) : 0;
}

static int load_head(struct store *st, int64_t seq, struct run_result *r,
		     char **dir, struct errbuf *err)
{
	_cleanup_rows_ struct rows *q = NULL;
	const char *head;
	int rc;

	q = db_query(st->db, err,
		     "SELECT id, head, dir FROM runs WHERE seq = ?", "i", seq);
	rc = db_next(q, err);
	if (rc < 0)
		return -1;
	if (!rc)
		return errbuf_set(err, "%s: the run was just removed",
				  db_path(st->db));
	head = db_text(q, 1, NULL);
	if (run_head_from_json(r, head, strlen(head), err))
		return errbuf_prefix(err, "%s: run %s is damaged",
				     db_path(st->db), db_text(q, 0, NULL));
	*dir = xstrdup_null(db_text(q, 2, NULL));
	return 0;
}

static int load_run_step(struct rows *q, const struct run_result *r,
			 const struct strmap *cells, struct errbuf *err)
{
	int64_t patch = db_int(q, 0);
	const char *cell = db_text(q, 1, NULL);
	const struct cell_info *c = strmap_get(cells, cell);
	struct step_result *s;

	if (!c || patch < 0 || (uint64_t)patch >= r->nr_patches)
		return errbuf_set(err,
				  "it holds a step of patch %" PRId64
				  " in %s, which it does not know",
				  patch, cell);
	s = run_result_step(r, (unsigned)patch, (size_t)(c - r->cells));
	if (load_step(q, 2, s, err))
		return errbuf_prefix(err, "patch %" PRId64 " in %s", patch,
				     cell);
	return 0;
}

static int load_steps(struct store *st, int64_t seq, struct run_result *r,
		      struct errbuf *err)
{
	_cleanup_strmap_ struct strmap cells = STRMAP_INIT;
	_cleanup_rows_ struct rows *q = NULL;
	int rc;

	for (size_t i = 0; i < r->nr_cells; i++)
		strmap_set(&cells, r->cells[i].id, &r->cells[i]);
	q = db_query(st->db, err,
		     "SELECT patch, cell, about, json, hash FROM run_steps"
		     " JOIN contents ON contents.id = content WHERE run = ?"
		     " ORDER BY patch, cell",
		     "i", seq);
	if (!q)
		return -1;
	while ((rc = db_next(q, err)) == 1) {
		if (load_run_step(q, r, &cells, err))
			return errbuf_prefix(
				err,
				"%s: run %s cannot be shown, run the series again",
				db_path(st->db), r->id);
	}
	return rc;
}

int store_get_run(struct store *st, const char *id, struct run_result *r,
		  char **dir, struct errbuf *err)
{
	_cleanup_free_ char *found = NULL;
	int64_t seq = 0;
	int ret;

	/* One transaction: what is read belongs together. */
	if (db_begin_read(st->db, err))
		return -1;
	ret = resolve_run(st, id, &seq, err) ||
	      load_head(st, seq, r, &found, err) || load_steps(st, seq, r, err);
	if (db_finish(st->db, ret, err)) {
		run_result_release(r);
		*r = (struct run_result)RUN_RESULT_INIT;
		return -1;
	}
	if (dir)
		*dir = STEAL(found);
	return 0;
}

int store_list_runs(struct store *st, struct run_row **rows, size_t *nr,
		    struct errbuf *err)
{
	_cleanup_rows_ struct rows *q = NULL;
	struct run_row *v = NULL;
	size_t n = 0, alloc = 0;
	int rc;

	q = db_query(st->db, err,
		     "SELECT id, started, title, dir, status FROM runs"
		     " ORDER BY seq DESC",
		     "");
	if (!q)
		return -1;
	while ((rc = db_next(q, err)) == 1) {
		GROW(v, n, alloc);
		v[n++] = (struct run_row){
			.id = xstrdup_null(db_text(q, 0, NULL)),
			.started = xstrdup_null(db_text(q, 1, NULL)),
			.title = xstrdup_null(db_text(q, 2, NULL)),
			.dir = xstrdup_null(db_text(q, 3, NULL)),
			.status = (enum run_status)db_int(q, 4),
		};
	}
	if (rc < 0) {
		store_runs_free(v, n);
		return -1;
	}
	*rows = v;
	*nr = n;
	return 0;
}

void store_runs_free(struct run_row *rows, size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		free(rows[i].id);
		free(rows[i].started);
		free(rows[i].title);
		free(rows[i].dir);
	}
	free(rows);
}

/* ---- facts and gc ---- */

int store_get_value(struct store *st, const char *key, char **value,
		    struct errbuf *err)
{
	_cleanup_rows_ struct rows *q = NULL;
	int rc;

	q = db_query(st->db, err, "SELECT value FROM facts WHERE key = ?", "s",
		     key);
	rc = db_next(q, err);
	if (rc == 1)
		*value = xstrdup_null(db_text(q, 0, NULL));
	return rc;
}

int store_put_value(struct store *st, const char *key, const char *value,
		    struct errbuf *err)
{
	return db_exec(
		st->db, err,
		"INSERT OR REPLACE INTO facts (key, value) VALUES (?, ?)", "ss",
		key, value);
}

int store_gc(struct store *st, unsigned keep, unsigned days,
	     unsigned *freed_rows, struct errbuf *err)
{
	int64_t limit = (int64_t)time(NULL) - (int64_t)days * 86400;
	int64_t before;
	int ret;

	if (db_begin(st->db, err))
		return -1;
	before = db_changes(st->db);
	/* The steps of a run go with it (ON DELETE CASCADE). */
	ret = db_exec(st->db, err,
		      "DELETE FROM runs WHERE seq NOT IN"
		      " (SELECT seq FROM runs ORDER BY seq DESC LIMIT ?)",
		      "i", (int64_t)keep) ||
	      db_exec(st->db, err, "DELETE FROM steps WHERE last_used <= ?",
		      "i", limit) ||
	      db_exec(st->db, err,
		      "DELETE FROM facts WHERE"
		      " (key LIKE 'reads:%' OR key LIKE 'state:%' OR"
		      "  key LIKE 'linked:%')"
		      " AND substr(key, instr(key, ':') + 1)"
		      " NOT IN (SELECT key FROM steps)",
		      "") ||
	      db_exec(st->db, err,
		      "DELETE FROM contents WHERE"
		      " NOT EXISTS (SELECT 1 FROM steps WHERE content = contents.id)"
		      " AND NOT EXISTS"
		      " (SELECT 1 FROM run_steps WHERE content = contents.id)",
		      "");
	if (db_finish(st->db, ret, err))
		return -1;
	if (freed_rows)
		*freed_rows = (unsigned)(db_changes(st->db) - before);
	db_shrink(st->db);
	return 0;
}
