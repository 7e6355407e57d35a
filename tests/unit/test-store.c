// SPDX-License-Identifier: GPL-2.0-only
/*
 * The results database: what was reported as stored is there after a kill, two
 * processes may write at once, damage costs the memory and never the run.
 */
#include "store/store.h"

#include "model/result_json.h"
#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/mem.h"
#include "sys/strbuf.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* A directory of the test's own, and the database in it. */
struct place {
	char *dir, *db;
};

static int set_up(void **state)
{
	const char *tmp = getenv("TMPDIR");
	struct place *p = xcalloc(1, sizeof(*p));

	p->dir = xasprintf("%s/kvmatrix-store-XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(p->dir))
		return -1;
	p->db = path_join(p->dir, "store.db");
	*state = p;
	return 0;
}

static int tear_down(void **state)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	struct place *p = *state;
	int ret;

	chmod(p->dir, 0700);
	ret = tree_remove(p->dir, &err);
	free(p->dir);
	free(p->db);
	free(p);
	return ret;
}

static struct store *open_store(const struct place *p)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_free_ char *note = NULL;
	struct store *st = store_open(p->db, &note, &err);

	if (!st)
		fail_msg("%s", err.msg);
	if (note)
		fail_msg("unexpected: %s", note);
	return st;
}

/* A step whose content is known from n. */
static void make_step(struct step_result *s, unsigned n)
{
	*s = (struct step_result){ .outcome = OUTCOME_BUILT,
				   .units_total = n,
				   .units_reached = 2,
				   .units_built = 1,
				   .seconds = 0.5 };
	s->log = xstrdup("logs/1/a.log");
	s->reason = xstrdup("as asked");
	strlist_addf(&s->failed, "unit%u.o", n);
	for (unsigned i = 0; i < 20; i++) {
		struct diagnostic *d = diag_list_new(&s->diags);

		d->message = xasprintf("message %u of step %u \xff", i, n);
		d->line = i;
		d->fingerprint = xasprintf("f%u", i);
	}
}

static int put_step(struct store *st, unsigned n, struct errbuf *err)
{
	_cleanup_free_ char *key = xasprintf("key-%u", n);
	struct step_result s;
	int ret;

	make_step(&s, n);
	ret = store_put_step(st, key, &s, err);
	step_result_release(&s);
	return ret;
}

/* 1 when step n is there and is what put_step() put. */
static int has_step(struct store *st, unsigned n)
{
	_cleanup_strbuf_ struct strbuf want = STRBUF_INIT, got = STRBUF_INIT;
	_cleanup_free_ char *key = xasprintf("key-%u", n);
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	struct step_result s = { 0 }, original;
	int ret = store_get_step(st, key, &s, &err);

	if (ret < 0)
		fail_msg("%s", err.msg);
	if (!ret)
		return 0;
	make_step(&original, n);
	free(STEAL(original.log));
	original.remembered = true;
	step_result_to_json(&original, &want);
	step_result_to_json(&s, &got);
	assert_string_equal(got.buf, want.buf);
	step_result_release(&original);
	step_result_release(&s);
	return 1;
}

/* Answer of one SQL statement, over a connection of the test's own. */
static int64_t sql(const struct place *p, const char *text)
{
	sqlite3_stmt *q = NULL;
	sqlite3 *db = NULL;
	int64_t ret = -1;

	assert_int_equal(sqlite3_open(p->db, &db), SQLITE_OK);
	sqlite3_busy_timeout(db, 10000);
	assert_int_equal(sqlite3_prepare_v2(db, text, -1, &q, NULL), SQLITE_OK);
	if (sqlite3_step(q) == SQLITE_ROW)
		ret = sqlite3_column_int64(q, 0);
	sqlite3_finalize(q);
	sqlite3_close(db);
	return ret;
}

static void assert_integrity(const struct place *p)
{
	assert_int_equal(
		sql(p,
		    "SELECT integrity_check = 'ok' FROM pragma_integrity_check"),
		1);
	assert_int_equal(
		sql(p, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
}

static void keeps_steps_by_key(void **state)
{
	struct place *p = *state;
	struct store *st = open_store(p);
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;

	assert_int_equal(has_step(st, 1), 0);
	assert_int_equal(put_step(st, 1, &err), 0);
	assert_int_equal(put_step(st, 1, &err), 0);
	assert_int_equal(put_step(st, 2, &err), 0);
	assert_int_equal(has_step(st, 1), 1);
	store_close(st);
	st = open_store(p);
	assert_int_equal(has_step(st, 2), 1);
	assert_int_equal(has_step(st, 3), 0);
	store_close(st);
	assert_int_equal(sql(p, "SELECT count(*) FROM contents"), 2);
	assert_int_equal(sql(p, "PRAGMA auto_vacuum"), 2);
	assert_int_equal(
		sql(p, "SELECT journal_mode = 'wal' FROM pragma_journal_mode"),
		1);
	assert_integrity(p);
}

static void keeps_no_step_that_was_not_built(void **state)
{
	static const enum outcome outcomes[] = { OUTCOME_PENDING,
						 OUTCOME_UNREACHED,
						 OUTCOME_NOT_APPLIED,
						 OUTCOME_ERROR };
	struct store *st = open_store(*state);
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	struct step_result s = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(outcomes); i++) {
		s.outcome = outcomes[i];
		assert_int_equal(store_put_step(st, "k", &s, &err), 0);
		assert_int_equal(store_get_step(st, "k", &s, &err), 0);
	}
	store_close(st);
}

static void keeps_small_values(void **state)
{
	struct store *st = open_store(*state);
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_free_ char *v = NULL, *w = NULL;

	assert_int_equal(store_get_value(st, "a", &v, &err), 0);
	assert_null(v);
	assert_int_equal(store_put_value(st, "a", "1", &err), 0);
	assert_int_equal(store_put_value(st, "a", "it's; \xe4", &err), 0);
	assert_int_equal(store_put_value(st, "b", "", &err), 0);
	assert_int_equal(store_get_value(st, "a", &v, &err), 1);
	assert_string_equal(v, "it's; \xe4");
	assert_int_equal(store_get_value(st, "b", &w, &err), 1);
	assert_string_equal(w, "");
	store_close(st);
}

static void make_run(struct run_result *r, const char *id)
{
	*r = (struct run_result)RUN_RESULT_INIT;
	r->id = xstrdup(id);
	r->title = xstrdup("a series");
	r->started = xstrdup("2026-02-01T10:15:00Z");
	r->seconds = 1.25;
	strlist_add(&r->warnings, "careful");
	run_result_add_cell(r)->id = xstrdup("x86_64/default/gcc");
	run_result_add_cell(r)->id = xstrdup("s390/default/gcc");
	r->cells[1].error = xstrdup("no compiler");
	run_result_add_patch(r)->subject = xstrdup("base");
	run_result_add_patch(r)->subject = xstrdup("first");
	r->patches[1].index = 1;
	strlist_addl(&r->patches[1].renames, "new.h", "old.h", NULL);
}

static void put_run(struct store *st, const char *id)
{
	_cleanup_run_result_ struct run_result r;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;

	make_run(&r, id);
	if (store_put_run(st, &r, "reports/out/x", &err))
		fail_msg("%s", err.msg);
}

static void gives_a_run_back_with_its_steps(void **state)
{
	static const char run[] = "20260201-101500-ab12cd";
	struct store *st = open_store(*state);
	_cleanup_run_result_ struct run_result r, got = RUN_RESULT_INIT;
	_cleanup_strbuf_ struct strbuf a = STRBUF_INIT, b = STRBUF_INIT;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_free_ char *dir = NULL;
	struct step_result *s;

	make_run(&r, run);
	assert_int_equal(store_put_run(st, &r, "out/1", &err), 0);
	run_result_alloc_steps(&r);
	make_step(run_result_step(&r, 0, 0), 7);
	s = run_result_step(&r, 1, 0);
	make_step(s, 7);
	s->patch = 1;
	s->outcome = OUTCOME_UNREACHED;
	s->remembered = true;
	s = run_result_step(&r, 0, 1);
	s->cell = 1;
	s->outcome = OUTCOME_ERROR;
	s->reason = xstrdup("killed");
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(store_run_step(st, run, i / 2,
						r.cells[i % 2].id, &r.steps[i],
						&err),
				 0);
	r.status = RUN_DONE;
	assert_int_equal(store_put_run(st, &r, "out/2", &err), 0);

	if (store_get_run(st, run, &got, &dir, &err))
		fail_msg("%s", err.msg);
	assert_string_equal(dir, "out/2");
	assert_int_equal(got.status, RUN_DONE);
	assert_string_equal(got.patches[1].renames.v[1], "old.h");
	/* The fourth was pending and stays so. */
	for (size_t i = 0; i < 4; i++) {
		strbuf_reset(&a);
		strbuf_reset(&b);
		step_result_to_json(&r.steps[i], &a);
		step_result_to_json(&got.steps[i], &b);
		assert_string_equal(a.buf, b.buf);
		assert_int_equal(got.steps[i].patch, i / 2);
		assert_int_equal(got.steps[i].cell, i % 2);
	}
	strbuf_reset(&a);
	strbuf_reset(&b);
	run_head_to_json(&r, &a);
	run_head_to_json(&got, &b);
	assert_string_equal(a.buf, b.buf);
	store_close(st);
	/* Equal content is kept once: that of step 7, and the empty one. */
	assert_int_equal(sql(*state, "SELECT count(*) FROM contents"), 2);
	assert_integrity(*state);
}

static void a_step_needs_its_run(void **state)
{
	struct store *st = open_store(*state);
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	struct step_result s = { .outcome = OUTCOME_ERROR };

	assert_int_equal(store_run_step(st, "gone", 0, "c", &s, &err), -1);
	assert_non_null(strstr(err.msg, "run gone is not in the database"));
	/* Nothing of it is left, and the store goes on. */
	put_run(st, "r");
	assert_int_equal(
		store_run_step(st, "r", 0, "s390/default/gcc", &s, &err), 0);
	store_close(st);
}

static void assert_found(struct store *st, const char *id, const char *want)
{
	_cleanup_run_result_ struct run_result r = RUN_RESULT_INIT;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;

	if (store_get_run(st, id, &r, NULL, &err))
		fail_msg("%s", err.msg);
	assert_string_equal(r.id, want);
}

static void assert_not_found(struct store *st, const char *id, const char *why)
{
	_cleanup_run_result_ struct run_result r = RUN_RESULT_INIT;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;

	assert_int_equal(store_get_run(st, id, &r, NULL, &err), -1);
	if (!strstr(err.msg, why))
		fail_msg("\"%s\" is not in: %s", why, err.msg);
	assert_null(r.id);
}

static void finds_runs_by_prefix(void **state)
{
	struct store *st = open_store(*state);

	assert_not_found(st, NULL, "no run is stored yet");
	assert_not_found(st, "x", "no run is stored yet");
	put_run(st, "20260201-aa");
	put_run(st, "20260201-aabb");
	put_run(st, "20260101-ab%");
	assert_found(st, NULL, "20260101-ab%");
	assert_found(st, "202601", "20260101-ab%");
	assert_found(st, "20260201-aabb", "20260201-aabb");
	assert_found(st, "20260201-aab", "20260201-aabb");
	/* Whole ids win over prefixes. */
	assert_found(st, "20260201-aa", "20260201-aa");
	assert_not_found(
		st, "20260201",
		"more than one run begins with \"20260201\": 20260201-aabb, 20260201-aa;");
	assert_not_found(st, "", "more than one run");
	assert_not_found(st, "%",
			 "there is no run \"%\"; the newest are: 20260101-ab%");
	assert_not_found(st, "2026020_", "there is no run");
	/* Storing an old run again does not make it the newest. */
	put_run(st, "20260201-aa");
	assert_found(st, NULL, "20260101-ab%");
	for (unsigned i = 0; i < 12; i++) {
		_cleanup_free_ char *id = xasprintf("many-%u", i);

		put_run(st, id);
	}
	assert_not_found(st, "many-", "many-11, many-10, many-9");
	assert_not_found(st, "many-", "many-2, ...;");
	store_close(st);
}

static void lists_runs_newest_first(void **state)
{
	struct store *st = open_store(*state);
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	struct run_row *rows = NULL;
	size_t nr = 9;

	assert_int_equal(store_list_runs(st, &rows, &nr, &err), 0);
	assert_int_equal(nr, 0);
	store_runs_free(rows, nr);
	put_run(st, "one");
	put_run(st, "two");
	assert_int_equal(store_list_runs(st, &rows, &nr, &err), 0);
	assert_int_equal(nr, 2);
	assert_string_equal(rows[0].id, "two");
	assert_string_equal(rows[1].id, "one");
	assert_string_equal(rows[1].dir, "reports/out/x");
	assert_string_equal(rows[1].title, "a series");
	assert_int_equal(rows[1].status, RUN_UNFINISHED);
	store_runs_free(rows, nr);
	store_close(st);
}

static void gc_frees_old_runs_and_steps(void **state)
{
	struct store *st = open_store(*state);
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	struct step_result s;
	unsigned freed = 0;

	put_run(st, "old");
	put_run(st, "new");
	make_step(&s, 1);
	assert_int_equal(
		store_run_step(st, "old", 0, "s390/default/gcc", &s, &err), 0);
	step_result_release(&s);
	make_step(&s, 2);
	assert_int_equal(
		store_run_step(st, "new", 0, "s390/default/gcc", &s, &err), 0);
	step_result_release(&s);
	assert_int_equal(put_step(st, 1, &err), 0);
	assert_int_equal(put_step(st, 3, &err), 0);
	assert_int_equal(store_gc(st, 2, 30, &freed, &err), 0);
	assert_int_equal(freed, 0);
	/* The run and its step; step 1 is remembered and keeps its content. */
	assert_int_equal(store_gc(st, 1, 30, &freed, &err), 0);
	assert_int_equal(freed, 2);
	assert_not_found(st, "old", "there is no run");
	assert_int_equal(has_step(st, 1), 1);
	store_close(st);

	sql(*state,
	    "UPDATE steps SET last_used = last_used - 864000 WHERE key = 'key-1'");
	sql(*state,
	    "UPDATE steps SET last_used = last_used - 864000 WHERE key = 'key-3'");
	st = open_store(*state);
	/* Used again: stays. */
	assert_int_equal(has_step(st, 3), 1);
	assert_int_equal(store_gc(st, 1, 9, &freed, &err), 0);
	assert_int_equal(freed, 2);
	assert_int_equal(has_step(st, 1), 0);
	assert_int_equal(has_step(st, 3), 1);
	assert_found(st, "new", "new");
	assert_int_equal(store_gc(st, 0, 0, &freed, &err), 0);
	store_close(st);
	assert_int_equal(sql(*state, "SELECT count(*) FROM contents"), 0);
	assert_int_equal(sql(*state, "SELECT count(*) FROM run_steps"), 0);
	assert_integrity(*state);
}

static void gc_frees_what_belongs_to_steps(void **state)
{
	static const char *const names[] = { "reads:key-1", "state:key-1",
					     "reads:key-9", "state:key-9",
					     "cost:key-9" };
	struct store *st = open_store(*state);
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	unsigned freed = 0;

	assert_int_equal(put_step(st, 1, &err), 0);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		assert_int_equal(store_put_value(st, names[i], "x", &err), 0);
	assert_int_equal(store_gc(st, 1, 30, &freed, &err), 0);
	assert_int_equal(freed, 2);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_free_ char *value = NULL;

		/* There is no step key-9. */
		assert_int_equal(store_get_value(st, names[i], &value, &err),
				 i != 2 && i != 3);
	}
	store_close(st);
}

static void gc_gives_space_back(void **state)
{
	struct place *p = *state;
	struct store *st = open_store(p);
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	struct stat before, after;

	for (unsigned i = 0; i < 100; i++)
		assert_int_equal(put_step(st, i, &err), 0);
	assert_int_equal(store_gc(st, 1, 1, NULL, &err), 0);
	assert_int_equal(stat(p->db, &before), 0);
	assert_int_equal(store_gc(st, 0, 0, NULL, &err), 0);
	assert_int_equal(stat(p->db, &after), 0);
	assert_true(before.st_size > 400 * 1024);
	assert_true(after.st_size < 100 * 1024);
	store_close(st);
}

/* The child's life: puts steps, and tells each by a byte after it is stored. */
static void put_until_killed(const struct place *p, int fd, unsigned from)
{
	struct errbuf err = ERRBUF_INIT;
	struct store *st = store_open(p->db, NULL, &err);

	if (!st)
		_exit(1);
	for (unsigned n = from;; n++)
		if (put_step(st, n, &err) || write(fd, "+", 1) != 1)
			_exit(1);
}

static pid_t start_child(const struct place *p, int *fd, unsigned from)
{
	int fds[2];
	pid_t pid;

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		close(fds[0]);
		put_until_killed(p, fds[1], from);
	}
	close(fds[1]);
	*fd = fds[0];
	return pid;
}

/* Waits for nr steps, kills, and returns how many were told in all. */
static unsigned kill_child(pid_t pid, int fd, unsigned nr)
{
	unsigned told = 0;
	int status;
	char c;

	while (told < nr && read(fd, &c, 1) == 1)
		told++;
	assert_int_equal(kill(pid, SIGKILL), 0);
	while (read(fd, &c, 1) == 1)
		told++;
	close(fd);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	return told;
}

static void a_kill_loses_nothing_that_was_stored(void **state)
{
	struct place *p = *state;

	for (unsigned round = 0; round < 8; round++) {
		unsigned from = round * 100000, told;
		struct store *st;
		pid_t pid;
		int fd;

		pid = start_child(p, &fd, from);
		/* Round 0 is killed while it creates the database. */
		told = kill_child(pid, fd, round * round);
		st = open_store(p);
		for (unsigned i = 0; i < told; i++)
			assert_int_equal(has_step(st, from + i), 1);
		/* At most one was stored and not yet told. */
		assert_int_equal(has_step(st, from + told + 1), 0);
		store_close(st);
		assert_integrity(p);
	}
}

static void two_processes_write_at_once(void **state)
{
	struct place *p = *state;
	unsigned told[2];
	struct store *st;
	pid_t pid[2];
	int fd[2];

	/* They also race to create it. */
	for (unsigned i = 0; i < 2; i++)
		pid[i] = start_child(p, &fd[i], i * 100000);
	for (unsigned i = 0; i < 2; i++)
		told[i] = kill_child(pid[i], fd[i], 100);
	st = open_store(p);
	for (unsigned i = 0; i < 2; i++) {
		assert_true(told[i] >= 100);
		for (unsigned k = 0; k < told[i]; k++)
			assert_int_equal(has_step(st, i * 100000 + k), 1);
	}
	store_close(st);
	assert_integrity(p);
}

/* Opens a database that must be set aside with these words. */
static void assert_set_aside(const struct place *p, const char *why)
{
	_cleanup_free_ char *old = xasprintf("%s.old", p->db), *note = NULL;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	struct store *st = store_open(p->db, &note, &err);

	if (!st)
		fail_msg("%s", err.msg);
	assert_null(err.msg);
	assert_non_null(note);
	if (!strstr(note, why) || !strstr(note, "store.db.old"))
		fail_msg("\"%s\" is not in: %s", why, note);
	assert_true(file_exists(old));
	assert_int_equal(has_step(st, 1), 0);
	assert_int_equal(put_step(st, 1, &err), 0);
	store_close(st);
	st = open_store(p);
	assert_int_equal(has_step(st, 1), 1);
	store_close(st);
	assert_integrity(p);
}

static void garbage_is_set_aside(void **state)
{
	struct place *p = *state;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_free_ char *wal = xasprintf("%s-wal", p->db);
	char junk[8192];

	for (size_t i = 0; i < sizeof(junk); i++)
		junk[i] = (char)(i * 131 + i / 7);
	assert_int_equal(file_write(p->db, junk, sizeof(junk), &err), 0);
	assert_int_equal(file_write(wal, junk, sizeof(junk), &err), 0);
	assert_set_aside(p, "it is damaged (file is not a database)");
}

static void damage_in_the_middle_is_set_aside(void **state)
{
	struct place *p = *state;
	struct store *st = open_store(p);
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_strbuf_ struct strbuf file = STRBUF_INIT;

	for (unsigned i = 0; i < 50; i++)
		assert_int_equal(put_step(st, i, &err), 0);
	store_close(st);
	assert_int_equal(file_read(p->db, &file, &err), 0);
	assert_true(file.len > 16 * 4096);
	memset(file.buf + 2 * 4096, 0xa5, file.len - 3 * 4096);
	assert_int_equal(file_write(p->db, file.buf, file.len, &err), 0);
	assert_set_aside(p, "it is damaged");
}

static void a_cut_database_is_set_aside(void **state)
{
	struct place *p = *state;
	struct store *st = open_store(p);
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;

	for (unsigned i = 0; i < 50; i++)
		assert_int_equal(put_step(st, i, &err), 0);
	store_close(st);
	assert_int_equal(truncate(p->db, 5 * 4096), 0);
	assert_set_aside(p, "it is damaged");
}

static void an_empty_file_is_a_new_database(void **state)
{
	struct place *p = *state;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	struct store *st;

	assert_int_equal(file_write(p->db, "", 0, &err), 0);
	st = open_store(p);
	assert_int_equal(put_step(st, 1, &err), 0);
	store_close(st);
}

static void another_format_version_is_set_aside(void **state)
{
	struct place *p = *state;

	store_close(open_store(p));
	sql(p, "PRAGMA user_version = 99");
	assert_set_aside(p, "its format version is 99");
}

static void a_foreign_database_is_set_aside(void **state)
{
	sql(*state, "CREATE TABLE theirs (a)");
	assert_set_aside(*state, "it is the database of another program");
}

/* A changed byte that SQLite does not see, in what a step found. */
static void a_step_with_damaged_text_is_forgotten(void **state)
{
	struct place *p = *state;
	struct store *st = open_store(p);
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	struct step_result s;

	assert_int_equal(put_step(st, 1, &err), 0);
	put_run(st, "r");
	make_step(&s, 1);
	assert_int_equal(
		store_run_step(st, "r", 0, "s390/default/gcc", &s, &err), 0);
	step_result_release(&s);
	store_close(st);
	sql(p,
	    "UPDATE contents SET json = replace(json, 'message 3', 'message 4')");
	st = open_store(p);
	assert_int_equal(has_step(st, 1), 0);
	assert_not_found(
		st, "r",
		"patch 0 in s390/default/gcc: its text is not what was stored");
	/* Built and stored again, both are whole. */
	assert_int_equal(put_step(st, 1, &err), 0);
	assert_int_equal(has_step(st, 1), 1);
	assert_found(st, "r", "r");
	store_close(st);
	sql(p, "UPDATE steps SET about = substr(about, 3)");
	st = open_store(p);
	assert_int_equal(has_step(st, 1), 0);
	store_close(st);
}

static void a_run_with_a_damaged_head_is_an_error(void **state)
{
	struct place *p = *state;
	struct store *st = open_store(p);

	put_run(st, "r");
	store_close(st);
	sql(p, "UPDATE runs SET head = substr(head, 1, 40)");
	st = open_store(p);
	assert_not_found(st, "r", "run r is damaged");
	store_close(st);
}

/* Runs check() in a child that is no superuser, for whom modes count. */
static int as_nobody(const struct place *p, int (*check)(const struct place *))
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		if (!geteuid() && setresuid(65534, 65534, 65534))
			_exit(99);
		_exit(check(p));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int open_is_refused_clearly(const struct place *p)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	struct store *st = store_open(p->db, NULL, &err);

	if (st)
		return 1;
	return strstr(err.msg, p->db) && strstr(err.msg, "Permission denied")
		       ? 0
		       : 2;
}

static int unwritable_is_refused_clearly(const struct place *p)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	struct store *st = store_open(p->db, NULL, &err);

	if (st)
		return 1;
	return strstr(err.msg, p->db) && strstr(err.msg, "cannot be written")
		       ? 0
		       : 2;
}

static void a_read_only_directory_is_a_clear_error(void **state)
{
	struct place *p = *state;

	assert_int_equal(chmod(p->dir, 0555), 0);
	assert_int_equal(as_nobody(p, open_is_refused_clearly), 0);
	assert_false(file_exists(p->db));
}

static void a_read_only_database_is_a_clear_error(void **state)
{
	struct place *p = *state;
	_cleanup_free_ char *lock = xasprintf("%s.lock", p->db);

	store_close(open_store(p));
	assert_int_equal(chmod(p->db, 0444), 0);
	assert_int_equal(chmod(lock, 0666), 0);
	assert_int_equal(chmod(p->dir, 0777), 0);
	assert_int_equal(as_nobody(p, unwritable_is_refused_clearly), 0);
}

static void a_path_that_cannot_be_is_a_clear_error(void **state)
{
	struct place *p = *state;
	_cleanup_free_ char *below = path_join(p->db, "store.db");
	_cleanup_free_ char *sub = path_join(p->dir, "sub");
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;

	assert_int_equal(file_write(p->db, "", 0, &err), 0);
	assert_null(store_open(below, NULL, &err));
	assert_non_null(strstr(err.msg, "cannot open the results database"));
	/* A directory in its place. */
	assert_int_equal(dir_make(sub, &err), 0);
	assert_null(store_open(sub, NULL, &err));
	assert_non_null(strstr(err.msg, sub));
	assert_true(dir_exists(sub));
}

/* The child's disk is full after 300 kB: exit 0 when the store says so. */
static int fill_up(const struct place *p)
{
	const struct rlimit small = { 300 * 1024, 300 * 1024 };
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	struct store *st = store_open(p->db, NULL, &err);
	unsigned n = 0;

	signal(SIGXFSZ, SIG_IGN);
	if (!st || setrlimit(RLIMIT_FSIZE, &small))
		return 1;
	while (n < 2000 && !put_step(st, n, &err))
		n++;
	if (n < 5 || n == 2000 || !strstr(err.msg, p->db))
		return 2;
	/* What was stored can be read all the same. */
	for (unsigned i = 0; i < n; i++)
		if (!has_step(st, i))
			return 3;
	store_close(st);
	return 0;
}

static void a_full_disk_is_an_error_and_loses_nothing(void **state)
{
	struct place *p = *state;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	struct store *st;
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(fill_up(p));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	st = open_store(p);
	assert_int_equal(has_step(st, 0), 1);
	assert_int_equal(has_step(st, 4), 1);
	assert_int_equal(put_step(st, 5000, &err), 0);
	store_close(st);
	assert_integrity(p);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(keeps_steps_by_key),
		TEST(keeps_no_step_that_was_not_built),
		TEST(keeps_small_values),
		TEST(gives_a_run_back_with_its_steps),
		TEST(a_step_needs_its_run),
		TEST(finds_runs_by_prefix),
		TEST(lists_runs_newest_first),
		TEST(gc_frees_old_runs_and_steps),
		TEST(gc_frees_what_belongs_to_steps),
		TEST(gc_gives_space_back),
		TEST(a_kill_loses_nothing_that_was_stored),
		TEST(two_processes_write_at_once),
		TEST(garbage_is_set_aside),
		TEST(damage_in_the_middle_is_set_aside),
		TEST(a_cut_database_is_set_aside),
		TEST(an_empty_file_is_a_new_database),
		TEST(another_format_version_is_set_aside),
		TEST(a_foreign_database_is_set_aside),
		TEST(a_step_with_damaged_text_is_forgotten),
		TEST(a_run_with_a_damaged_head_is_an_error),
		TEST(a_read_only_directory_is_a_clear_error),
		TEST(a_read_only_database_is_a_clear_error),
		TEST(a_path_that_cannot_be_is_a_clear_error),
		TEST(a_full_disk_is_an_error_and_loses_nothing),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
