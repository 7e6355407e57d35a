// SPDX-License-Identifier: GPL-2.0-only
/*
 * SQLite in WAL mode: a committed transaction survives a kill, readers do not
 * wait for writers, and writers wait for each other up to a limit. With
 * synchronous=NORMAL a power failure may take the last transactions, never the
 * database's consistency.
 *
 * A damaged or foreign file is set aside and not mended: what the house keeps in
 * a database can be built again, and a mended one could lie.
 *
 * File format: https://www.sqlite.org/fileformat2.html (application_id and
 * user_version are the header fields at offsets 68 and 60).
 */
#include "store/database.h"

#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/mem.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include <sqlite3.h>

#define BUSY_TIMEOUT_MS 10000

struct database {
	sqlite3 *sqlite;
	char *path;
	struct db_format format;
};

struct rows {
	struct database *db;
	sqlite3_stmt *stmt;
};

static int not_writable(const struct database *db, struct errbuf *err)
{
	return errbuf_set(
		err,
		"%s: the database cannot be written; make the file and its directory writable",
		db->path);
}

/* Says in the user's words why the last call on the database failed. */
static int fail(struct database *db, struct errbuf *err)
{
	int sys = sqlite3_system_errno(db->sqlite);

	switch (sqlite3_errcode(db->sqlite) & 0xff) {
	case SQLITE_FULL:
		return errbuf_set(
			err,
			"%s: no space left on the disk; free some and run again, what was finished is kept",
			db->path);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return errbuf_set(
			err,
			"%s: another kvmatrix has kept the database busy for %d seconds; wait for it to end and run again",
			db->path, BUSY_TIMEOUT_MS / 1000);
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return errbuf_set(
			err,
			"%s: the database is damaged (%s); run again: it is set aside then and a new one begun",
			db->path, sqlite3_errmsg(db->sqlite));
	case SQLITE_READONLY:
	case SQLITE_PERM:
		return not_writable(db, err);
	case SQLITE_CANTOPEN:
	case SQLITE_IOERR:
		return errbuf_set(err, "%s: %s%s%s", db->path,
				  sqlite3_errmsg(db->sqlite), sys ? ": " : "",
				  sys ? strerror(sys) : "");
	case SQLITE_NOMEM:
		return errbuf_set(err, "%s: out of memory", db->path);
	default:
		return errbuf_set(err, "%s: %s", db->path,
				  sqlite3_errmsg(db->sqlite));
	}
}

static struct rows *vquery(struct database *db, struct errbuf *err,
			   const char *sql, const char *types, va_list ap)
{
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(db->sqlite, sql, -1, &stmt, NULL);
	struct rows *q;

	for (int i = 1; rc == SQLITE_OK && types[i - 1]; i++) {
		if (types[i - 1] == 's')
			rc = sqlite3_bind_text(stmt, i,
					       va_arg(ap, const char *), -1,
					       SQLITE_STATIC);
		else
			rc = sqlite3_bind_int64(stmt, i, va_arg(ap, int64_t));
	}
	if (rc != SQLITE_OK) {
		fail(db, err);
		sqlite3_finalize(stmt);
		return NULL;
	}
	q = xcalloc(1, sizeof(*q));
	q->db = db;
	q->stmt = stmt;
	return q;
}

struct rows *db_query(struct database *db, struct errbuf *err, const char *sql,
		      const char *types, ...)
{
	struct rows *q;
	va_list ap;

	va_start(ap, types);
	q = vquery(db, err, sql, types, ap);
	va_end(ap);
	return q;
}

int db_next(struct rows *q, struct errbuf *err)
{
	int rc;

	if (!q)
		return -1;
	rc = sqlite3_step(q->stmt);
	if (rc == SQLITE_ROW)
		return 1;
	return rc == SQLITE_DONE ? 0 : fail(q->db, err);
}

const char *db_text(struct rows *q, int column, size_t *len)
{
	const char *s = (const char *)sqlite3_column_text(q->stmt, column);

	if (len)
		*len = (size_t)sqlite3_column_bytes(q->stmt, column);
	return s;
}

int64_t db_int(struct rows *q, int column)
{
	return sqlite3_column_int64(q->stmt, column);
}

void db_rows_end(struct rows *q)
{
	sqlite3_reset(q->stmt);
}

void db_rows_free(struct rows **q)
{
	if (!*q)
		return;
	sqlite3_finalize((*q)->stmt);
	free(*q);
}

int db_exec(struct database *db, struct errbuf *err, const char *sql,
	    const char *types, ...)
{
	_cleanup_rows_ struct rows *q = NULL;
	va_list ap;
	int rc;

	va_start(ap, types);
	q = vquery(db, err, sql, types, ap);
	va_end(ap);
	while ((rc = db_next(q, err)) == 1)
		;
	return rc;
}

int db_begin(struct database *db, struct errbuf *err)
{
	return db_exec(db, err, "BEGIN IMMEDIATE", "");
}

int db_begin_read(struct database *db, struct errbuf *err)
{
	return db_exec(db, err, "BEGIN", "");
}

int db_finish(struct database *db, int ret, struct errbuf *err)
{
	if (!ret)
		ret = db_exec(db, err, "COMMIT", "");
	/* Some errors have rolled back already. */
	if (ret && !sqlite3_get_autocommit(db->sqlite))
		sqlite3_exec(db->sqlite, "ROLLBACK", NULL, NULL, NULL);
	return ret ? -1 : 0;
}

int64_t db_changes(const struct database *db)
{
	return sqlite3_total_changes(db->sqlite);
}

void db_shrink(struct database *db)
{
	sqlite3_exec(db->sqlite, "PRAGMA incremental_vacuum", NULL, NULL, NULL);
	sqlite3_exec(db->sqlite, "PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL,
		     NULL);
}

const char *db_path(const struct database *db)
{
	return db->path;
}

/* The number that a one-row query gives. */
static int number(struct database *db, const char *sql, int64_t *out,
		  struct errbuf *err)
{
	_cleanup_rows_ struct rows *q = db_query(db, err, sql, "");
	int rc = db_next(q, err);

	if (rc == 1)
		*out = db_int(q, 0);
	return rc < 0 ? -1 : 0;
}

static int create(struct database *db, struct errbuf *err)
{
	_cleanup_free_ char *ids = xasprintf(
		"PRAGMA application_id = %d; PRAGMA user_version = %d",
		db->format.application_id, db->format.version);
	int ret;

	/* Only an empty database takes it; must come before WAL writes a
	 * header. Lets gc give pages back without rewriting the file. */
	if (db_exec(db, err, "PRAGMA auto_vacuum = INCREMENTAL", "") ||
	    db_exec(db, err, "PRAGMA journal_mode = WAL", "") ||
	    db_begin(db, err))
		return -1;
	ret = sqlite3_exec(db->sqlite, db->format.schema, NULL, NULL, NULL) ||
	      sqlite3_exec(db->sqlite, ids, NULL, NULL, NULL);
	if (ret)
		fail(db, err);
	return db_finish(db, ret, err);
}

static bool last_error_is_damage(struct database *db)
{
	int rc = sqlite3_errcode(db->sqlite) & 0xff;

	return rc == SQLITE_CORRUPT || rc == SQLITE_NOTADB;
}

/*
 * 0: a database of ours in good order, or a new one; 1: one that has to be set
 * aside, why says the reason (owned by the caller); -1: error.
 */
static int inspect(struct database *db, char **why, struct errbuf *err)
{
	_cleanup_rows_ struct rows *q = NULL;
	int64_t tables = 0, id = 0, version = 0;
	int rc;

	if (number(db, "SELECT count(*) FROM sqlite_master", &tables, err) ||
	    number(db, "PRAGMA application_id", &id, err) ||
	    number(db, "PRAGMA user_version", &version, err))
		goto error;
	if (!tables && !id && !version)
		return create(db, err);
	if (id != db->format.application_id) {
		*why = xstrdup("it is the database of another program");
		return 1;
	}
	if (version != db->format.version) {
		*why = xasprintf("its format version is %" PRId64
				 ", and this version of kvmatrix uses %d",
				 version, db->format.version);
		return 1;
	}
	q = db_query(db, err, "PRAGMA quick_check(1)", "");
	rc = db_next(q, err);
	if (rc < 0)
		goto error;
	if (rc == 1 && !strcmp(db_text(q, 0, NULL), "ok"))
		return 0;
	*why = xasprintf("it is damaged (%s)",
			 rc == 1 ? db_text(q, 0, NULL)
				 : "the check gave no answer");
	return 1;
error:
	if (!last_error_is_damage(db))
		return -1;
	*why = xasprintf("it is damaged (%s)", sqlite3_errmsg(db->sqlite));
	errbuf_release(err);
	return 1;
}

static int configure(struct database *db, struct errbuf *err)
{
	_cleanup_rows_ struct rows *q = NULL;
	bool wal;

	q = db_query(db, err, "PRAGMA journal_mode = WAL", "");
	if (db_next(q, err) < 0)
		return -1;
	/* Some file systems cannot share memory between processes: SQLite then
	 * stays with a rollback journal, which is safe only with full sync. */
	wal = !strcmp(db_text(q, 0, NULL), "wal");
	db_rows_end(q);
	return db_exec(db, err,
		       wal ? "PRAGMA synchronous = NORMAL"
			   : "PRAGMA synchronous = FULL",
		       "") || db_exec(db, err, "PRAGMA foreign_keys = ON", "")
		       ? -1
		       : 0;
}

/* As inspect(); on 0 the store is open, otherwise closed. */
static int try_open(struct database *db, char **why, struct errbuf *err)
{
	int ret;

	if (sqlite3_open_v2(db->path, &db->sqlite,
			    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL)) {
		ret = fail(db, err);
	} else {
		sqlite3_extended_result_codes(db->sqlite, 1);
		sqlite3_busy_timeout(db->sqlite, BUSY_TIMEOUT_MS);
		ret = sqlite3_db_readonly(db->sqlite, "main") == 1
			      ? not_writable(db, err)
			      : inspect(db, why, err);
		if (!ret)
			ret = configure(db, err);
	}
	if (ret) {
		sqlite3_close(db->sqlite);
		db->sqlite = NULL;
	}
	return ret;
}

/* Renames the database and its write-ahead log; the shared-memory index is
 * made anew from the log. */
static int set_aside(struct database *db, const char *why, char **note,
		     struct errbuf *err)
{
	_cleanup_free_ char *old = xasprintf("%s.old", db->path);
	_cleanup_free_ char *wal = xasprintf("%s-wal", db->path);
	_cleanup_free_ char *old_wal = xasprintf("%s.old-wal", db->path);
	_cleanup_free_ char *shm = xasprintf("%s-shm", db->path);

	if (rename(db->path, old))
		return errbuf_set(
			err,
			"%s: %s, and it cannot be set aside as %s: %s; move it away",
			db->path, why, old, strerror(errno));
	unlink(old_wal);
	if (rename(wal, old_wal) && errno != ENOENT)
		return errbuf_set(err, "%s: %s; move it away", wal,
				  strerror(errno));
	unlink(shm);
	if (note) {
		free(*note);
		*note = xasprintf(
			"%s: %s; it was set aside as %s, and a new one begun: nothing is remembered of earlier runs",
			db->path, why, old);
	}
	return 0;
}

struct database *db_open(const char *path, const struct db_format *format,
			 char **note, struct errbuf *err)
{
	_cleanup_free_ char *lock = xasprintf("%s.lock", path), *why = NULL;
	_cleanup_close_ int fd = -1;
	struct database *db;
	int ret;

	if (note)
		*note = NULL;
	if (dir_make_for(path, err)) {
		errbuf_prefix(err, "cannot open the results database %s", path);
		return NULL;
	}
	/* Creating and setting aside are more than one transaction. */
	fd = file_lock(lock, true, true, err);
	if (fd < 0) {
		errbuf_prefix(err, "cannot open the results database %s", path);
		return NULL;
	}
	db = xcalloc(1, sizeof(*db));
	db->path = xstrdup(path);
	db->format = *format;
	ret = try_open(db, &why, err);
	if (ret == 1) {
		ret = set_aside(db, why, note, err);
		free(STEAL(why));
		if (!ret)
			ret = try_open(db, &why, err);
		if (ret == 1)
			errbuf_set(
				err,
				"%s: a new database does not work either: %s",
				path, why);
	}
	if (!ret)
		return db;
	db_close(db);
	return NULL;
}

void db_close(struct database *db)
{
	if (!db)
		return;
	sqlite3_close(db->sqlite);
	free(db->path);
	free(db);
}
