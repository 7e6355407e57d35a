// SPDX-License-Identifier: GPL-2.0-only
/*
 * Frees disk: old runs and steps of the store, baselines and base checkouts that
 * were not used for a while. What a running kvmatrix holds a lock on stays.
 */
#include "cmd/cmd.h"
#include "store/store.h"
#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/mem.h"
#include "sys/strlist.h"

#include <dirent.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char help[] =
	"usage: kvmatrix gc [--days N] [--keep N] [--all] [--dry-run]\n"
	"\n"
	"Removes from the cache what was not used for N days (default 14):\n"
	"baselines, base checkouts, imported trees, remembered steps; and all but\n"
	"the newest runs (default 50). --all removes everything but fetched kernel\n"
	"tarballs. Reports that were written stay where they are.\n";

struct sweep {
	time_t before;
	bool dry;
	unsigned removed, busy;
};

/*
 * The entries of a kind of things in the cache: what is removed together, and
 * which of its files has the time of the last use and which the lock. "%s" is the
 * entry's name.
 */
static const struct kind {
	const char *dir;
	const char *used;
	const char *lock;
	const char *also[3];
} kinds[] = {
	{ "cells", "%s/lock", "%s/lock", { NULL } },
	{ "conf", "%s", NULL, { NULL } },
	{ "base", "%s.ok", "%s.lock", { "%s.ok", "%s.includes", NULL } },
	{ "trees", "%s", NULL, { NULL } },
	{ "truth", "%s", NULL, { NULL } },
};

static char *entry_file(const char *dir, const char *pattern, const char *name)
{
	const char *rest = pattern + strlen("%s");

	return xasprintf("%s/%s%s", dir, name, rest);
}

static bool is_entry(const struct kind *k, const char *name)
{
	if (name[0] == '.' || ends_with(name, ".lock"))
		return false;
	for (const char *const *a = k->also; *a; a++)
		if (ends_with(name, *a + strlen("%s")))
			return false;
	return true;
}

static time_t last_use(const struct kind *k, const char *dir, const char *name)
{
	_cleanup_free_ char *used = entry_file(dir, k->used, name);
	_cleanup_free_ char *path = path_join(dir, name);
	struct stat st;

	if (!stat(used, &st) || !lstat(path, &st))
		return st.st_mtime;
	return 0;
}

/* The lock, held; -1 when it has none; -2 when somebody else holds it. */
static int take_lock(const struct kind *k, const char *dir, const char *name)
{
	_cleanup_errbuf_ struct errbuf ignored = ERRBUF_INIT;
	_cleanup_free_ char *lock = NULL;
	int fd;

	if (!k->lock)
		return -1;
	lock = entry_file(dir, k->lock, name);
	if (!file_exists(lock))
		return -1;
	fd = file_lock(lock, true, false, &ignored);
	return fd < 0 ? -2 : fd;
}

static int remove_entry(struct sweep *s, const struct kind *k, const char *dir,
			const char *name, struct errbuf *err)
{
	_cleanup_close_ int lock = take_lock(k, dir, name);
	_cleanup_free_ char *path = path_join(dir, name);

	if (lock == -2) {
		s->busy++;
		return 0;
	}
	printf("%s %s\n", s->dry ? "would remove" : "removing", path);
	s->removed++;
	if (s->dry)
		return 0;
	/* What says that the entry is complete goes first. */
	for (const char *const *a = k->also; *a; a++) {
		_cleanup_free_ char *file = entry_file(dir, *a, name);

		if (tree_remove(file, err))
			return -1;
	}
	return tree_remove(path, err);
}

static int sweep_kind(struct sweep *s, const struct kind *k, const char *cache,
		      struct errbuf *err)
{
	_cleanup_strlist_ struct strlist names = STRLIST_INIT;
	_cleanup_free_ char *dir = path_join(cache, k->dir);
	DIR *d = opendir(dir);
	struct dirent *e;

	while (d && (e = readdir(d)))
		if (is_entry(k, e->d_name))
			strlist_add(&names, e->d_name);
	if (d)
		closedir(d);
	strlist_sort(&names);
	strlist_each(name, &names)
		if (last_use(k, dir, name) < s->before &&
		    remove_entry(s, k, dir, name, err))
			return -1;
	return 0;
}

static int sweep_cache(struct sweep *s, const char *cache, struct errbuf *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (sweep_kind(s, &kinds[i], cache, err))
			return -1;
	return 0;
}

/* Scratch directories are named after the process that works in them. */
static bool run_is_going_on(const char *cache)
{
	_cleanup_free_ char *dir = path_join(cache, "scratch");
	DIR *d = opendir(dir);
	struct dirent *e;
	bool alive = false;

	while (d && (e = readdir(d))) {
		long pid = atol(e->d_name);

		alive = alive || (pid > 0 && !kill(pid, 0));
	}
	if (d)
		closedir(d);
	return alive;
}

static int sweep_store(const char *cache, unsigned keep, unsigned days,
		       unsigned *rows, struct errbuf *err)
{
	_cleanup_free_ char *db = path_join(cache, "store.db");
	struct store *st;
	int ret;

	if (!file_exists(db))
		return 0;
	st = store_open(db, NULL, err);
	if (!st)
		return -1;
	ret = store_gc(st, keep, days, rows, err);
	store_close(st);
	return ret;
}

int cmd_gc(int argc, char **argv)
{
	static const struct option options[] = {
		{ "days", required_argument, NULL, 'd' },
		{ "keep", required_argument, NULL, 'k' },
		{ "all", no_argument, NULL, 'a' },
		{ "dry-run", no_argument, NULL, 'n' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_free_ char *cache = cache_dir();
	unsigned days = 14, keep = 50, rows = 0;
	struct sweep s = { 0 };
	bool all = false;
	int c;

	while ((c = getopt_long(argc, argv, "nh", options, NULL)) != -1) {
		char *end = NULL;

		switch (c) {
		case 'h':
			fputs(help, stdout);
			return EXIT_OK;
		case 'd':
			days = strtoul(optarg, &end, 10);
			break;
		case 'k':
			keep = strtoul(optarg, &end, 10);
			break;
		case 'a':
			all = true;
			break;
		case 'n':
			s.dry = true;
			break;
		default:
			return EXIT_USAGE;
		}
		if (end && (*end || end == optarg || *optarg == '-')) {
			complain("'%s' is not a number", optarg);
			return EXIT_USAGE;
		}
	}
	if (all)
		days = keep = 0;
	if (all && run_is_going_on(cache)) {
		complain("a run is going on; gc --all would take its sources "
			 "away");
		return EXIT_UNKNOWN;
	}
	s.before = time(NULL) - (time_t)days * 86400 + (all ? 1 : 0);
	if (sweep_cache(&s, cache, &err) ||
	    (!s.dry && sweep_store(cache, keep, days, &rows, &err))) {
		complain("%s", err.msg);
		return EXIT_UNKNOWN;
	}
	printf("%u director%s %s, %u rows of the store removed", s.removed,
	       s.removed == 1 ? "y" : "ies",
	       s.dry ? "would be removed" : "removed", rows);
	if (s.busy)
		printf(", %u in use", s.busy);
	putchar('\n');
	return EXIT_OK;
}
