// SPDX-License-Identifier: GPL-2.0-only
/*
 * Git takes its orders from many places: the environment (GIT_DIR left by a
 * hook that called us), the user's and the system's configuration, attributes
 * and hooks. In our own repository none of them may change what a patch does or
 * which id a commit gets, so all are shut off; see git-config(1), "ENVIRONMENT"
 * and git(1). In the user's repository only the configuration is kept, because
 * safe.directory and includes live there; only commands that read are run, and
 * optional locks (the index refresh of git-status) are off.
 */
#include "engine/tree_git.h"

#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/mem.h"
#include "sys/strbuf.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

extern char **environ;

static const char *const own_config[] = {
	"core.hooksPath=/dev/null",
	"core.attributesFile=/dev/null",
	"core.autocrlf=false",
	"core.safecrlf=false",
	"core.quotePath=false",
	"core.fileMode=true",
	"core.symlinks=true",
	"core.ignoreCase=false",
	"core.precomposeUnicode=false",
	"core.fsmonitor=false",
	"core.compression=1",
	/* One worker a processor. */
	"checkout.workers=0",
	"commit.gpgSign=false",
	"i18n.commitEncoding=UTF-8",
	"gc.auto=0",
	"maintenance.auto=false",
	/* As "git am -3" has it. */
	"merge.directoryRenames=false",
};

/* What is kept of the user's GIT_ variables: where git itself is. */
static bool keep_variable(const char *v)
{
	return !starts_with(v, "GIT_") || starts_with(v, "GIT_EXEC_PATH=");
}

void git_env(const struct git *g, struct strlist *env)
{
	for (char **v = environ; *v; v++) {
		if (starts_with(*v, "LC_ALL=") || starts_with(*v, "LANGUAGE="))
			continue;
		if (keep_variable(*v))
			strlist_add(env, *v);
	}
	strlist_addl(env, "LC_ALL=C", "GIT_OPTIONAL_LOCKS=0",
		     "GIT_TERMINAL_PROMPT=0", "GIT_NO_REPLACE_OBJECTS=1",
		     "GIT_NO_LAZY_FETCH=1", "GIT_PAGER=cat", NULL);
	if (g->repo)
		strlist_addl(env, "GIT_CONFIG_GLOBAL=/dev/null",
			     "GIT_CONFIG_NOSYSTEM=1", "GIT_ATTR_NOSYSTEM=1",
			     NULL);
	if (g->repo)
		strlist_addf(env, "GIT_DIR=%s", g->repo);
	if (g->index)
		strlist_addf(env, "GIT_INDEX_FILE=%s", g->index);
	if (g->work_tree)
		strlist_addf(env, "GIT_WORK_TREE=%s", g->work_tree);
	if (g->env)
		strlist_cat(env, g->env);
}

void git_argv(const struct git *g, struct strlist *argv)
{
	strlist_add(argv, "git");
	if (!g->repo) {
		strlist_add(argv, "--no-optional-locks");
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(own_config); i++)
		strlist_addl(argv, "-c", own_config[i], NULL);
}

static int check(struct proc_result *res, const struct strlist *args,
		 struct errbuf *err)
{
	if (res->exit_code >= 0 && !res->stopped && !res->output_cut)
		return 0;
	if (res->stopped)
		errbuf_set(err, "git %s: interrupted", args->v[0]);
	else if (res->output_cut)
		errbuf_set(err, "git %s: too much output", args->v[0]);
	else
		errbuf_set(err, "git %s: killed by signal %d", args->v[0],
			   res->signal);
	return -1;
}

/* A git for each of nr inputs. */
static int capture_all(const struct git *g, const struct strbuf *inputs,
		       size_t nr, struct proc_result *res,
		       const struct strlist *args, struct errbuf *err)
{
	_cleanup_strlist_ struct strlist argv = STRLIST_INIT;
	_cleanup_strlist_ struct strlist env = STRLIST_INIT;
	struct proc_opts *o = xcalloc(nr, sizeof(*o));
	int ret;

	git_argv(g, &argv);
	strlist_cat(&argv, args);
	git_env(g, &env);
	for (size_t i = 0; i < nr; i++)
		o[i] = (struct proc_opts){
			.argv = &argv,
			.env = &env,
			.cwd = g->cwd,
			.input = inputs ? inputs[i].buf : g->input,
			.input_len = inputs ? inputs[i].len : g->input_len,
			.split_stderr = true,
			.on_output = g->on_output,
			.pass_only = g->on_output != NULL,
			.data = g->data,
			/* A part of an object would be worse than none: no
			 * cap in practice. */
			.output_cap = SIZE_MAX / 4,
		};
	ret = proc_capture_all(o, nr, res, err);
	free(o);
	if (ret)
		return -1;
	for (size_t i = 0; i < nr && !ret; i++)
		ret = check(&res[i], args, err);
	for (size_t i = 0; i < nr && ret; i++)
		proc_result_release(&res[i]);
	return ret;
}

static int capture(const struct git *g, struct proc_result *res,
		   const struct strlist *args, struct errbuf *err)
{
	return capture_all(g, NULL, 1, res, args, err);
}

/* Collects the arguments after the last named parameter. */
#define COLLECT(list, last)                                                  \
	do {                                                                 \
		va_list ap_;                                                 \
		const char *s_;                                              \
		va_start(ap_, last);                                         \
		while ((s_ = va_arg(ap_, const char *)))                     \
			strlist_add(&(list), s_);                            \
		va_end(ap_);                                                 \
	} while (0)

int git_capture(const struct git *g, struct proc_result *res,
		struct errbuf *err, ...)
{
	_cleanup_strlist_ struct strlist args = STRLIST_INIT;

	COLLECT(args, err);
	return capture(g, res, &args, err);
}

void git_chomp(struct strbuf *sb)
{
	while (sb->len && sb->buf[sb->len - 1] == '\n')
		strbuf_setlen(sb, sb->len - 1);
}

static int succeeded(struct proc_result *res, const struct strlist *args,
		     struct errbuf *err)
{
	if (!res->exit_code)
		return 0;
	git_chomp(&res->err_output);
	return errbuf_set(err, "git %s: %s", args->v[0],
			  res->err_output.len ? res->err_output.buf : "failed");
}

static int run(const struct git *g, struct strbuf *out,
	       const struct strlist *args, struct errbuf *err)
{
	struct proc_result res = { 0 };
	int ret;

	if (capture(g, &res, args, err))
		return -1;
	ret = succeeded(&res, args, err);
	if (!ret && out)
		strbuf_add(out, res.output.buf, res.output.len);
	proc_result_release(&res);
	return ret;
}

int git_run_all(const struct git *g, const struct strbuf *inputs, size_t nr,
		struct strbuf *outputs, struct errbuf *err, ...)
{
	_cleanup_strlist_ struct strlist args = STRLIST_INIT;
	struct proc_result *res = xcalloc(nr, sizeof(*res));
	int ret;

	COLLECT(args, err);
	ret = capture_all(g, inputs, nr, res, &args, err);
	for (size_t i = 0; i < nr && !ret; i++)
		ret = succeeded(&res[i], &args, err);
	for (size_t i = 0; i < nr && !ret; i++) {
		outputs[i] = res[i].output;
		strbuf_init(&res[i].output);
	}
	for (size_t i = 0; i < nr; i++)
		proc_result_release(&res[i]);
	free(res);
	return ret;
}

int git_run(const struct git *g, struct strbuf *out, struct errbuf *err, ...)
{
	_cleanup_strlist_ struct strlist args = STRLIST_INIT;

	COLLECT(args, err);
	return run(g, out, &args, err);
}

char *git_line(const struct git *g, struct errbuf *err, ...)
{
	_cleanup_strlist_ struct strlist args = STRLIST_INIT;
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;

	COLLECT(args, err);
	if (run(g, &out, &args, err))
		return NULL;
	git_chomp(&out);
	return strbuf_detach(&out);
}

/* Removes the directories of dead runs: their lock is free. */
static void sweep(const char *repo)
{
	_cleanup_errbuf_ struct errbuf ignored = ERRBUF_INIT;
	DIR *d = opendir(repo);
	struct dirent *de;

	while (d && (de = readdir(d))) {
		_cleanup_free_ char *dir = NULL, *lock = NULL;
		int fd;

		if (!starts_with(de->d_name, "scratch-"))
			continue;
		dir = path_join(repo, de->d_name);
		lock = path_join(dir, "lock");
		fd = file_lock(lock, true, false, &ignored);
		if (fd < 0)
			continue;
		tree_remove(dir, &ignored);
		close(fd);
	}
	if (d)
		closedir(d);
}

int git_scratch_make(struct git_scratch *s, const char *repo,
		     struct errbuf *err)
{
	_cleanup_free_ char *guard = path_join(repo, "scratch.lock");
	_cleanup_free_ char *dir = path_join(repo, "scratch-XXXXXX");
	_cleanup_free_ char *real = NULL, *lock = NULL;
	/* Held until the new directory has its own lock: see sweep(). */
	_cleanup_close_ int fd = file_lock(guard, true, true, err);

	if (fd < 0)
		return -1;
	sweep(repo);
	if (!mkdtemp(dir))
		return errbuf_set(err, "%s: %s", dir, strerror(errno));
	/* Absolute, because git runs in other directories. */
	real = realpath(dir, NULL);
	if (!real)
		return errbuf_set(err, "%s: %s", dir, strerror(errno));
	lock = path_join(real, "lock");
	s->lock = file_lock(lock, true, false, err);
	if (s->lock < 0)
		return -1;
	s->dir = STEAL(real);
	return 0;
}

void git_scratch_release(struct git_scratch *s)
{
	_cleanup_errbuf_ struct errbuf ignored = ERRBUF_INIT;

	if (s->dir)
		tree_remove(s->dir, &ignored);
	if (s->lock >= 0)
		close(s->lock);
	free(s->dir);
	s->dir = NULL;
	s->lock = -1;
}
