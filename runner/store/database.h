/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An SQLite database that several processes share and any of them may be killed:
 * opening it (created, or set aside when it is damaged or of another format),
 * statements, transactions, and errors in the user's words. database.c is the
 * sole owner of <sqlite3.h>; what the tables mean is the caller's business.
 *
 * How to read rows:
 *  1. _cleanup_rows_ struct rows *q = db_query(db, err, sql, "si", text, number);
 *  2. while ((rc = db_next(q, err)) == 1) db_text(q, 0), db_int(q, 1), ...
 *  3. rc is 0 at the end and -1 on error; a NULL q counts as an error.
 */
#ifndef KVMATRIX_STORE_DATABASE_H
#define KVMATRIX_STORE_DATABASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct errbuf;
struct database;
struct rows;

struct db_format {
	const char *schema;	/* statements that make the tables */
	int32_t application_id; /* SQLite header: whose database it is */
	int32_t version;	/* SQLite header, user_version: its format */
};

/*
 * Opens path, creating it and its directories. A file that is damaged, of
 * another program or of another format version is renamed to path.old and a new
 * one begun; note (may be NULL) says so then, owned by the caller, else it is
 * NULL. NULL on error.
 */
struct database *db_open(const char *path, const struct db_format *format,
			 char **note, struct errbuf *err);
void db_close(struct database *db);
const char *db_path(const struct database *db);

/*
 * Prepares a statement. types has a letter for each parameter that follows: 's'
 * a string (may be NULL; must live as long as the rows), 'i' an int64_t.
 */
struct rows *db_query(struct database *db, struct errbuf *err, const char *sql,
		      const char *types, ...);
/* 1: a row is there, 0: no (more) row, -1: error, or q is NULL. */
int db_next(struct rows *q, struct errbuf *err);
/* Column of the current row. Text is valid until the next call on q; NULL for
 * a NULL; len (may be NULL) gets its bytes. */
const char *db_text(struct rows *q, int column, size_t *len);
int64_t db_int(struct rows *q, int column);
/* Ends a statement before its last row, so that it holds no lock. */
void db_rows_end(struct rows *q);
void db_rows_free(struct rows **q);
#define _cleanup_rows_ __attribute__((cleanup(db_rows_free)))

/* Runs one statement to its end without looking at its rows. */
int db_exec(struct database *db, struct errbuf *err, const char *sql,
	    const char *types, ...);

/*
 * A transaction that writes: the lock is taken at the start, since a reader that
 * turns into a writer would fail at once instead of waiting. db_finish() commits
 * when ret is 0 and undoes all of it otherwise, or when committing fails; it
 * gives 0 only when everything is stored.
 */
int db_begin(struct database *db, struct errbuf *err);
/* A transaction that reads: everything in it is of one moment. */
int db_begin_read(struct database *db, struct errbuf *err);
int db_finish(struct database *db, int ret, struct errbuf *err);

/* Rows changed since the database was opened, by cascades too. */
int64_t db_changes(const struct database *db);
/* Gives space that is not used back to the disk, as far as other users of the
 * database let it; what they delay is done the next time. */
void db_shrink(struct database *db);

#endif
