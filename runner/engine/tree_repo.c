// SPDX-License-Identifier: GPL-2.0-only
/*
 * Our repository that borrows from the user's one.
 *
 * cache/trees/repo-<SHA-256 of the path of the user's git directory>.git is
 * bare, has no refs, and names the user's object directory in
 * objects/info/alternates (gitrepository-layout(5)); git follows the user's own
 * alternates from there. So everything is readable and whatever is written lands
 * with us. The list of shallow commits is a file beside the objects and has to
 * be copied, or walks would run into parents that are absent.
 *
 * When git is about to write an object that the user's repository already has,
 * it renews the time stamp of the file that holds it, as it does for every
 * alternate; no content, name or number of files changes there.
 */
#include "engine/tree_internal.h"

#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/hash.h"
#include "sys/mem.h"
#include "sys/strbuf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

/*
 * gitattributes(5), the file of highest precedence: a checkout gives the bytes
 * of the blob whatever the tree's own .gitattributes say, so that files from a
 * checkout and files written by tree_layer.c are the same.
 */
static const char attributes[] =
	"* -text -ident -filter !eol !working-tree-encoding\n";

int tree_repo_init(const char *dir, const char *object_format,
		   struct errbuf *err)
{
	_cleanup_free_ char *format =
		xasprintf("--object-format=%s", object_format);
	_cleanup_free_ char *info = path_join(dir, "info/attributes");
	struct git g = { .repo = dir };

	if (dir_make(dir, err) ||
	    git_run(&g, NULL, err, "init", "--quiet", "--bare", "--template=",
		    "--initial-branch=base", format, dir, NULL) ||
	    dir_make_for(info, err))
		return -1;
	return file_write(info, attributes, sizeof(attributes) - 1, err);
}

int tree_publish(const char *tmp, const char *path, struct errbuf *err)
{
	_cleanup_close_ int fd = open(tmp, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	/* Without it a power cut could leave the name with empty files. */
	if (fd < 0 || syncfs(fd))
		return errbuf_set(err, "%s: %s", tmp, strerror(errno));
	if (rename(tmp, path))
		return errbuf_set(err, "%s: %s", path, strerror(errno));
	return 0;
}

int tree_check_kernel(const char *repo, const char *rev, const char *where,
		      struct errbuf *err)
{
	static const char *const wanted[][2] = {
		{ "Kbuild", " blob " },
		{ "Makefile", " blob " },
		{ "virt/kvm", " tree " },
	};
	_cleanup_strbuf_ struct strbuf makefile = STRBUF_INIT;
	_cleanup_free_ char *path = xasprintf("%s:Makefile", rev);
	struct git g = { .repo = repo };

	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		_cleanup_free_ char *entry =
			git_line(&g, err, "ls-tree", "--full-tree", rev, "--",
				 wanted[i][0], NULL);

		if (!entry)
			return errbuf_prefix(err, "%s", where);
		/* "MODE TYPE ID\tPATH", or nothing. */
		if (!strstr(entry, wanted[i][1]))
			return errbuf_set(err,
					  "%s: not a kernel tree (no %s at its "
					  "top)",
					  where, wanted[i][0]);
	}
	if (git_run(&g, &makefile, err, "cat-file", "blob", path, NULL))
		return errbuf_set(err,
				  "%s: its files cannot be read; the "
				  "repository is damaged, or a partial clone "
				  "that has to fetch them first (git checkout "
				  "there does)",
				  where);
	if (!starts_with(makefile.buf, "VERSION =") &&
	    !strstr(makefile.buf, "\nVERSION ="))
		return errbuf_set(err,
				  "%s: not a kernel tree (its Makefile sets no "
				  "VERSION)",
				  where);
	return 0;
}

struct user_repo {
	char *common; /* git directory, absolute */
	char *format; /* sha1 or sha256 */
	bool shallow;
};

static void user_repo_release(struct user_repo *u)
{
	free(u->common);
	free(u->format);
}

static int explain_no_repo(const char *path, struct errbuf *err)
{
	if (err->msg && strstr(err->msg, "dubious ownership"))
		return errbuf_set(err,
				  "%s: git does not trust this repository, "
				  "because another user owns it; if you do: git "
				  "config --global --add safe.directory "
				  "\"$(realpath '%s')\"",
				  path, path);
	if (err->msg && strstr(err->msg, "not a git repository"))
		return errbuf_set(err,
				  "%s: neither a git repository nor a tarball "
				  "(an unpacked source can be made one: git "
				  "init && git add -A && git commit)",
				  path);
	return errbuf_prefix(err, "%s", path);
}

static int user_repo_find(const char *path, struct user_repo *u,
			  struct errbuf *err)
{
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;
	struct git g = { .cwd = path };
	char *shallow, *common;

	if (git_run(&g, &out, err, "rev-parse", "--show-object-format",
		    "--is-shallow-repository", "--path-format=absolute",
		    "--git-common-dir", NULL))
		return explain_no_repo(path, err);
	git_chomp(&out);
	shallow = strchr(out.buf, '\n');
	common = shallow ? strchr(shallow + 1, '\n') : NULL;
	if (!common || common[1] != '/' || strchr(common + 1, '\n'))
		return errbuf_set(err, "%s: cannot tell where its git "
				  "directory is (git 2.31 or newer is needed, "
				  "and a path without line breaks)",
				  path);
	u->format = xstrndup(out.buf, shallow - out.buf);
	u->shallow = starts_with(shallow + 1, "true");
	u->common = realpath(common + 1, NULL);
	if (!u->common)
		return errbuf_set(err, "%s: %s", common + 1, strerror(errno));
	return 0;
}

static char *repo_path(const char *trees, const struct user_repo *u)
{
	/* A repository made anew with another object format is another. */
	_cleanup_free_ char *key =
		strcmp(u->format, "sha1") ?
			xasprintf("%s %s", u->common, u->format) :
			xstrdup(u->common);
	_cleanup_free_ char *hash = hash_hex(key, strlen(key));

	return xasprintf("%s/repo-%s.git", trees, hash);
}

static int make_repo(const char *repo, const struct user_repo *u,
		     struct errbuf *err)
{
	_cleanup_free_ char *tmp = xasprintf("%s.tmp", repo);

	if (dir_exists(repo))
		return 0;
	if (tree_remove(tmp, err) || tree_repo_init(tmp, u->format, err))
		return -1;
	return tree_publish(tmp, repo, err);
}

/* Writes path when its content is another; removes it when there is none. */
static int update(const char *path, const struct strbuf *want,
		  struct errbuf *err)
{
	_cleanup_strbuf_ struct strbuf have = STRBUF_INIT;
	_cleanup_errbuf_ struct errbuf absent = ERRBUF_INIT;

	if (!want->len)
		return tree_remove(path, err);
	if (!file_read(path, &have, &absent) && have.len == want->len &&
	    !memcmp(have.buf, want->buf, want->len))
		return 0;
	return dir_make_for(path, err) ||
	       file_write(path, want->buf, want->len, err) ? -1 : 0;
}

static int link_repo(const char *repo, const struct user_repo *u,
		     struct errbuf *err)
{
	_cleanup_strbuf_ struct strbuf objects = STRBUF_INIT;
	_cleanup_strbuf_ struct strbuf shallow = STRBUF_INIT;
	_cleanup_free_ char *alternates =
		path_join(repo, "objects/info/alternates");
	_cleanup_free_ char *ours = path_join(repo, "shallow");
	_cleanup_free_ char *theirs = path_join(u->common, "shallow");

	strbuf_addf(&objects, "%s/objects\n", u->common);
	if (u->shallow && file_read(theirs, &shallow, err))
		return -1;
	return update(alternates, &objects, err) ||
	       update(ours, &shallow, err) ? -1 : 0;
}

/* A first look, so that a wrong directory is told before anything else. */
static int check_head(const char *path, const char *repo, struct errbuf *err)
{
	_cleanup_errbuf_ struct errbuf unborn = ERRBUF_INIT;
	struct git g = { .cwd = path };
	_cleanup_free_ char *head = git_line(&g, &unborn, "rev-parse",
					     "--verify", "HEAD^{commit}", NULL);

	if (!head)
		return 0; /* --base or a range may name something that is */
	return tree_check_kernel(repo, head, path, err);
}

int tree_borrow(const char *path, const char *trees, char **repo,
		struct errbuf *err)
{
	_cleanup_(user_repo_release) struct user_repo u = { 0 };
	_cleanup_free_ char *ours = NULL, *lock = NULL;
	_cleanup_close_ int fd = -1;

	if (user_repo_find(path, &u, err))
		return -1;
	ours = repo_path(trees, &u);
	lock = path_join(trees, "repo.lock");
	fd = file_lock(lock, true, true, err);
	if (fd < 0 || make_repo(ours, &u, err) || link_repo(ours, &u, err) ||
	    check_head(path, ours, err))
		return -1;
	*repo = STEAL(ours);
	return 0;
}
