// SPDX-License-Identifier: GPL-2.0-only
#include "engine/place.h"

#include "engine/toolchain.h"
#include "model/result.h"
#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/mem.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <unistd.h>

/* What is left of processes that are gone: dir/PREFIX<pid>. */
static void remove_dead(const char *dir, const char *prefix)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	while (d && (e = readdir(d))) {
		_cleanup_errbuf_ struct errbuf ignored = ERRBUF_INIT;
		_cleanup_free_ char *path = path_join(dir, e->d_name);
		long pid = starts_with(e->d_name, prefix) ?
				   atol(e->d_name + strlen(prefix)) :
				   0;

		if (pid > 0 && pid != getpid() && kill(pid, 0) &&
		    errno == ESRCH)
			tree_remove(path, &ignored);
	}
	if (d)
		closedir(d);
}

/*
 * Without namespaces the directories at the fixed paths are removed and renamed,
 * and the mounts that another run has there go with them; so who works that way
 * has to be alone.
 */
static int take_fixed_paths(struct place *p, struct errbuf *err)
{
	_cleanup_free_ char *file = path_join(p->cache, "mnt.lock");

	p->lock = file_lock(file, p->mode == SANDBOX_PLAIN, true, err);
	if (p->lock < 0)
		return -1;
	return dir_make(p->src, err) || dir_make(p->obj, err) ? -1 : 0;
}

int place_open(struct place *p, const char *self, bool plain, bool use_ccache,
	       struct errbuf *err)
{
	_cleanup_free_ char *pid = xasprintf("%ld", (long)getpid());
	_cleanup_free_ char *scratch = NULL;
	_cleanup_free_ char *mnt = NULL;
	_cleanup_free_ char *ccache = use_ccache ? program_find("ccache") : NULL;

	p->lock = -1;
	p->cache = cache_dir();
	p->self = xstrdup(self);
	mnt = path_join(p->cache, "mnt");
	p->src = path_join(mnt, "src");
	p->obj = path_join(mnt, "obj");
	scratch = path_join(p->cache, "scratch");
	p->scratch = path_join(scratch, pid);
	if (ccache)
		p->ccache = path_join(p->cache, "ccache");
	remove_dead(scratch, "");
	if (tree_remove(p->scratch, err) || dir_make(p->scratch, err) ||
	    (p->ccache && dir_make(p->ccache, err)))
		return -1;
	if (p->ccache) {
		p->ccache_log = xasprintf("%s/log.%ld", p->ccache,
					  (long)getpid());
		remove_dead(p->ccache, "log.");
		unlink(p->ccache_log);
	}
	p->mode = SANDBOX_OVERLAY;
	if (plain)
		p->why_plain = xstrdup("asked for with --no-sandbox");
	else if (!sandbox_probe(p->self, p->scratch, &p->why_plain))
		plain = true;
	if (plain)
		p->mode = SANDBOX_PLAIN;
	return take_fixed_paths(p, err);
}

void place_close(struct place *p)
{
	_cleanup_errbuf_ struct errbuf ignored = ERRBUF_INIT;

	if (p->scratch)
		tree_remove(p->scratch, &ignored);
	if (p->ccache_log)
		unlink(p->ccache_log);
	if (p->lock >= 0)
		close(p->lock);
	free(p->cache);
	free(p->self);
	free(p->src);
	free(p->obj);
	free(p->ccache);
	free(p->ccache_log);
	free(p->scratch);
	free(p->why_plain);
	*p = (struct place){ .lock = -1 };
}

char *place_path(const struct place *p, const char *kind, const char *name)
{
	return xasprintf("%s/%s/%s", p->cache, kind, name);
}

void place_make_vars(const struct place *p, const struct toolchain *t,
		     struct strlist *vars)
{
	strlist_each(v, &t->make_vars)
		if (!p->ccache || !starts_with(v, "CC="))
			strlist_add(vars, v);
	if (p->ccache) {
		strlist_addf(vars, "CC=ccache %s", t->cc);
		/* host programs are the same in all cells: see place_env() */
		strlist_addf(vars, "HOSTCC=env -u CCACHE_EXTRAFILES ccache %s",
			     t->hostcc);
	}
}

void place_env(const struct place *p, const struct toolchain *t,
	       const char *makeflags, const char *space, enum place_cache how,
	       bool configured, struct strlist *env)
{
	const char *path = getenv("PATH");

	strlist_addf(env, "PATH=%s", path ? path : "/usr/bin:/bin");
	strlist_addl(env, "HOME=/tmp", "LANG=C", "TZ=UTC",
		     "KBUILD_BUILD_TIMESTAMP=1970-01-01 00:00:00",
		     "KBUILD_BUILD_USER=kvmatrix", "KBUILD_BUILD_HOST=kvmatrix",
		     "KBUILD_BUILD_VERSION=1", NULL);
	if (makeflags)
		strlist_addf(env, "MAKEFLAGS=%s", makeflags);
	if (!p->ccache)
		return;
	strlist_addf(env, "CCACHE_DIR=%s", p->ccache);
	strlist_addl(env, "CCACHE_MAXSIZE=10G", "CCACHE_NOCOMPRESS=1", NULL);
	strlist_addf(env, "CCACHE_STATSLOG=%s", p->ccache_log);
	strlist_addf(env, "CCACHE_NAMESPACE=%s", space);
	if (configured)
		strlist_addf(env, "CCACHE_EXTRAFILES=%s/.config", p->obj);
	if (how == PLACE_CACHE_DEPEND)
		strlist_add(env, "CCACHE_DEPEND=1");
	if (how == PLACE_CACHE_TEXT)
		strlist_add(env, "CCACHE_NODIRECT=1");
	if (how == PLACE_CACHE_OFF)
		strlist_add(env, "CCACHE_DISABLE=1");
	strlist_addf(env, "CCACHE_COMPILERCHECK=string:%s",
		     t->id ? t->id : "none");
}

void place_cache_use(const struct place *p, struct cache_use *use)
{
	static const struct {
		const char *line;
		size_t at;
	} counts[] = {
		{ "direct_cache_hit", offsetof(struct cache_use, hits) },
		{ "preprocessed_cache_hit",
		  offsetof(struct cache_use, text_hits) },
		{ "cache_miss", offsetof(struct cache_use, misses) },
	};
	FILE *f = p->ccache_log ? fopen(p->ccache_log, "re") : NULL;
	char line[256];

	if (!f)
		return;
	use->known = true;
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		for (size_t i = 0; i < ARRAY_SIZE(counts); i++)
			if (!strcmp(line, counts[i].line))
				++*(unsigned *)((char *)use + counts[i].at);
	}
	fclose(f);
}
