// SPDX-License-Identifier: GPL-2.0-only
/*
 * The exposure audit over objtrees that are there already, one or several: a
 * kernel's O= directory, or a source directory that was built in. Nothing is
 * written to them.
 *
 * Each unit is parsed by a process of its own ("kvmatrix exposure --unit NAME"): it
 * has limits of memory and time, and libclang may crash in it.
 */
#include "audit/exposure.h"
#include "cmd/cmd.h"
#include "sys/cparse.h"
#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/mem.h"
#include "sys/proc.h"
#include "sys/strbuf.h"

#include <fnmatch.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#define UNIT_TIMEOUT_MS 600000
#define UNIT_MEMORY ((rlim_t)4 << 30)

static const char help[] =
	"usage: kvmatrix exposure [options] OBJTREE...\n"
	"\n"
	"Tells what code outside KVM uses of KVM's headers, in kernels that were built\n"
	"(O= directories, of one source), which includes can go, and what arrives only\n"
	"through KVM's headers. What is looked at: every object that read a KVM header and\n"
	"is not built from arch/*/kvm/ or virt/kvm/.\n"
	"\n"
	"  --srctree DIR  where the source is now, when it is not where it was built\n"
	"  --units GLOB   only units whose object's name fits\n"
	"  -j N           units at a time (default: processors)\n"
	"  --no-try       do not compile without the includes that can go\n"
	"  --json FILE    write all that was found, a line of JSON per unit\n"
	"  --verbose      tell each unit's time and memory on stderr\n";

struct options {
	const char *srctree, *units, *json, *one;
	unsigned jobs;
	bool no_try, verbose;
	const char *self;
};

/* One objtree, while its units are parsed. */
struct job {
	const struct options *opts;
	char *objtree, *place;
	struct strlist names;
	size_t next;
	struct proc_loop *loop;
	struct exposure_table *table;
	FILE *json;
	double seconds, most_seconds;
	unsigned long most_rss;
};

struct child {
	struct job *job;
	const char *unit;
};

/* "include /src/Makefile", as kbuild's Makefile of an objtree says; NULL when it is
 * built in its source. Owned. */
static char *recorded_srctree(const char *objtree)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	_cleanup_free_ char *file = path_join(objtree, "Makefile");
	const char *line, *end;

	if (file_read(file, &text, &err) || text.len > 4096)
		return NULL;
	line = strstr(text.buf, "\ninclude ");
	end = line ? strstr(line, "/Makefile\n") : NULL;
	line = line ? line + strlen("\ninclude ") : NULL;
	return end ? xstrndup(line, (size_t)(end - line)) : NULL;
}

/* "s390", from the first lines of .config: "# Linux/s390 6.12.0 Kernel ..."; else
 * the directory's own name. */
static char *place_of(const char *objtree)
{
	const char *slash = strrchr(objtree, '/');
	const char *name = slash && slash[1] ? slash + 1 : objtree;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	_cleanup_free_ char *file = path_join(objtree, ".config");
	const char *p;

	if (file_read(file, &text, &err))
		return xstrdup(name);
	p = strstr(text.buf, "# Linux/");
	if (!p)
		return xstrdup(name);
	p += strlen("# ");
	p += strlen("Linux/");
	return xstrndup(p, strcspn(p, " \n"));
}

static char *real_path(const char *path, struct errbuf *err)
{
	char *real = realpath(path, NULL);

	if (!real)
		errbuf_set(err, "%s: no such directory", path);
	return real;
}

/* ---- one unit, in the child --------------------------------------------------- */

static void try_removals(const struct exposure_site *at,
			 const struct unit *unit, struct exposure_unit *u)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_errbuf_ struct errbuf ignored = ERRBUF_INIT;
	const char *tmp = getenv("TMPDIR");
	_cleanup_free_ char *dir =
		xasprintf("%s/kvmatrix-try.XXXXXX", tmp ? tmp : "/tmp");

	if (!u->nr_removals)
		return;
	if (!mkdtemp(dir)) {
		strlist_addf(&u->notes, "%s: no directory to try in: %s",
			     u->name, dir);
		return;
	}
	if (exposure_try(at, unit, u, dir, &err))
		strlist_addf(&u->notes, "%s: removals were not tried: %s",
			     u->name, err.msg);
	tree_remove(dir, &ignored);
}

static void limit_memory(void)
{
#ifndef __SANITIZE_ADDRESS__ /* whose shadow is larger than any limit */
	struct rlimit limit = { UNIT_MEMORY, UNIT_MEMORY };

	setrlimit(RLIMIT_AS, &limit);
#endif
}

static int parse_one(const struct options *o, const char *objtree)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_(unit_set_release) struct unit_set set = UNIT_SET_INIT;
	_cleanup_free_ char *recorded = recorded_srctree(objtree);
	_cleanup_free_ char *sub = xstrdup(o->one), *json = NULL;
	_cleanup_(exposure_unit_release) struct exposure_unit u = { 0 };
	struct exposure_site at = { objtree, o->srctree, recorded };
	const struct unit *unit;
	char *slash = strrchr(sub, '/');

	if (slash)
		*slash = '\0';
	else
		*sub = '\0';
	limit_memory();
	if (chdir(objtree) ||
	    unit_set_read(&set, objtree, sub, recorded ? recorded : o->srctree,
			  &err)) {
		complain("%s", err.msg ? err.msg : objtree);
		return EXIT_USAGE;
	}
	unit = unit_set_find(&set, o->one);
	if (!unit) {
		complain("%s: no such unit in %s", o->one, objtree);
		return EXIT_USAGE;
	}
	exposure_scan(&at, unit, &u);
	if (!o->no_try)
		try_removals(&at, unit, &u);
	json = exposure_dump(&u);
	return puts(json) < 0 || fflush(stdout) ? EXIT_UNKNOWN : EXIT_OK;
}

/* ---- all of them --------------------------------------------------------------- */

static void start_next(struct job *job);

static void take_answer(struct job *job, const char *name,
			const struct proc_result *res)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_(exposure_unit_release) struct exposure_unit u = { 0 };

	if (res->exit_code != 0 ||
	    exposure_load(res->output.buf, &u, &err)) {
		exposure_unit_release(&u);
		u.name = xstrdup(name);
		u.error = res->timed_out ? xstrdup("the parser took too long") :
			  res->exit_code < 0 ?
				xasprintf("the parser died of signal %d",
					  res->signal) :
				xasprintf("the parser failed: %.200s",
					  err.msg ? err.msg :
					  res->err_output.buf);
	}
	if (job->opts->verbose)
		fprintf(stderr, "%s %s: %.2f s, %lu MiB%s%s\n", job->place, name,
			u.seconds, u.max_rss / 1024, u.error ? ": " : "",
			u.error ? u.error : "");
	if (job->json && u.error == NULL)
		fprintf(job->json, "%s", res->output.buf);
	job->seconds += u.seconds;
	if (u.seconds > job->most_seconds)
		job->most_seconds = u.seconds;
	if (u.max_rss > job->most_rss)
		job->most_rss = u.max_rss;
	exposure_merge(job->table, job->place, &u);
}

static void on_exit_of(void *data, struct proc_result *res)
{
	struct child *c = data;

	if (!res->stopped)
		take_answer(c->job, c->unit, res);
	if (!proc_loop_stopped(c->job->loop))
		start_next(c->job);
	free(c);
}

static void start_next(struct job *job)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_strlist_ struct strlist argv = STRLIST_INIT;
	struct proc_opts opts = {
		.argv = &argv, .cwd = job->objtree, .split_stderr = true,
		.timeout_ms = UNIT_TIMEOUT_MS, .on_exit = on_exit_of,
	};
	struct child *c;

	if (job->next == job->names.nr)
		return;
	c = xcalloc(1, sizeof(*c));
	*c = (struct child){ job, job->names.v[job->next++] };
	opts.data = c;
	strlist_addl(&argv, job->opts->self, "exposure", "--unit", c->unit,
		     "--srctree", job->opts->srctree, job->objtree, NULL);
	if (job->opts->no_try)
		strlist_add(&argv, "--no-try");
	if (proc_start(job->loop, &opts, &err)) {
		complain("%s", err.msg);
		free(c);
	}
}

static int list_units(struct job *job, const char *recorded)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_(unit_set_release) struct unit_set set = UNIT_SET_INIT;
	_cleanup_strlist_ struct strlist all = STRLIST_INIT;

	if (unit_set_read(&set, job->objtree, "",
			  recorded ? recorded : job->opts->srctree, &err)) {
		complain("%s", err.msg);
		return EXIT_USAGE;
	}
	if (!set.nr) {
		complain("%s: nothing was built here by kbuild", job->objtree);
		return EXIT_USAGE;
	}
	exposure_units(&set, &all);
	strlist_each(name, &all)
		if (!job->opts->units ||
		    !fnmatch(job->opts->units, name, 0))
			strlist_add(&job->names, name);
	return EXIT_OK;
}

static int audit_objtree(const struct options *opts, const char *path,
			 struct exposure_table *table, FILE *json)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_free_ char *objtree = real_path(path, &err);
	_cleanup_free_ char *recorded = NULL, *place = NULL, *makefile = NULL;
	struct options o = *opts;
	struct job job = { .opts = &o, .table = table, .json = json };
	int ret;

	if (!objtree) {
		complain("%s", err.msg);
		return EXIT_USAGE;
	}
	recorded = recorded_srctree(objtree);
	if (!o.srctree)
		o.srctree = recorded ? recorded : objtree;
	if (o.one)
		return parse_one(&o, objtree);
	job.objtree = objtree;
	job.place = place = place_of(objtree);
	ret = list_units(&job, recorded);
	makefile = path_join(o.srctree, "Makefile");
	if (!ret && !file_exists(makefile)) {
		complain("%s: it was built from %s, where there is no kernel "
			 "source now; tell where it is with --srctree DIR",
			 path, o.srctree);
		ret = EXIT_USAGE;
	}
	job.loop = ret ? NULL : proc_loop_new();
	if (job.loop) {
		proc_loop_catch_signals(job.loop, NULL, NULL);
		for (unsigned i = 0; i < o.jobs; i++)
			start_next(&job);
		proc_loop_run(job.loop);
		if (proc_loop_stopped(job.loop))
			ret = EXIT_UNKNOWN;
		proc_loop_free(job.loop);
		fprintf(stderr, "%s: %zu units outside KVM, %.1f s of parsing, "
			"at most %.1f s and %lu MiB for one\n", place,
			job.names.nr, job.seconds, job.most_seconds,
			job.most_rss / 1024);
	}
	strlist_release(&job.names);
	return ret;
}

static int audit_all(const struct options *o, int argc, char **argv)
{
	struct exposure_table table = { 0 };
	struct strbuf text = STRBUF_INIT;
	FILE *json = NULL;
	int ret = EXIT_OK;

	if (o->json && !o->one) {
		json = fopen(o->json, "w");
		if (!json) {
			complain("%s: cannot be written", o->json);
			return EXIT_USAGE;
		}
	}
	for (int i = 0; i < argc && !ret; i++)
		ret = audit_objtree(o, argv[i], &table, json);
	if (!ret && !o->one) {
		exposure_print(&table, &text);
		fputs(text.buf, stdout);
		if (table.nr_failed || fflush(stdout))
			ret = EXIT_UNKNOWN;
	}
	if (json && fclose(json)) {
		complain("%s: cannot be written", o->json);
		ret = EXIT_UNKNOWN;
	}
	exposure_table_release(&table);
	strbuf_release(&text);
	return ret;
}

int cmd_exposure(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "srctree", required_argument, NULL, 's' },
		{ "units", required_argument, NULL, 'g' },
		{ "unit", required_argument, NULL, 'u' },
		{ "json", required_argument, NULL, 'o' },
		{ "no-try", no_argument, NULL, 't' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_free_ char *self = self_path(), *srctree = NULL;
	struct options o = { .jobs = proc_cpus(), .self = self };
	int c;

	while ((c = getopt_long(argc, argv, "j:h", longs, NULL)) != -1) {
		switch (c) {
		case 's':
			free(srctree);
			srctree = real_path(optarg, &err);
			if (!srctree) {
				complain("--srctree: %s", err.msg);
				return EXIT_USAGE;
			}
			o.srctree = srctree;
			break;
		case 'g': o.units = optarg; break;
		case 'u': o.one = optarg; break;
		case 'o': o.json = optarg; break;
		case 't': o.no_try = true; break;
		case 'v': o.verbose = true; break;
		case 'j': o.jobs = (unsigned)strtoul(optarg, NULL, 10); break;
		case 'h':
			fputs(help, stdout);
			return EXIT_OK;
		default:
			return EXIT_USAGE;
		}
	}
	if (!o.jobs || optind == argc) {
		complain(o.jobs ? "exposure: no objtree given (see kvmatrix "
				  "exposure --help)" :
				  "exposure: -j takes a number from 1 on");
		return EXIT_USAGE;
	}
	/* Told once; a process for one unit tells it in its answer. */
	if (!o.one && cparse_load(&err)) {
		complain("exposure: %s", err.msg);
		return EXIT_UNKNOWN;
	}
	return audit_all(&o, argc - optind, argv + optind);
}
