// SPDX-License-Identifier: GPL-2.0-only
#include "sys/sandbox_spec.h"

#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/json.h"
#include "sys/mem.h"
#include "sys/sandbox.h"
#include "sys/strbuf.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* The kernel's limit for one argument is 32 pages. */
#define SPEC_MAX (100u * 1024)

void sandbox_spec_release(struct sandbox_spec *spec)
{
	free(spec->src);
	free(spec->obj);
	strlist_release(&spec->src_layers);
	free(spec->obj_upper);
	free(spec->obj_work);
	free(spec->obj_lower);
	free(spec->obj_middle);
	free(spec->drop_file);
	strlist_release(&spec->writable);
	strlist_release(&spec->readable);
	strlist_release(&spec->hidden);
	*spec = (struct sandbox_spec){ 0 };
}

/* Writing -------------------------------------------------------------- */

static int put_path(json_t *o, const char *key, const char *path,
		    struct errbuf *err)
{
	json_t *v;

	if (!path)
		return 0;
	if (*path != '/')
		return errbuf_set(err, "sandbox: %s: \"%s\" is no absolute path",
				  key, path);
	v = json_string(path);
	if (!v)
		return errbuf_set(err, "sandbox: %s: \"%s\" is not UTF-8; use another directory",
				  key, path);
	return json_object_set_new(o, key, v);
}

static int put_list(json_t *o, const char *key, const struct strlist *paths,
		    struct errbuf *err)
{
	json_t *list = json_array();

	json_object_set_new(o, key, list);
	strlist_each(path, paths) {
		json_t *v = NULL;

		if (*path == '/')
			v = json_string(path);
		if (!v)
			return errbuf_set(err, "sandbox: %s: \"%s\" is no absolute path in UTF-8",
					  key, path);
		json_array_append_new(list, v);
	}
	return 0;
}

/* $HOME and the account's home, which need not be the same. */
static void list_hidden(const struct sandbox *s, struct strlist *hidden)
{
	const char *home = getenv("HOME");
	const struct passwd *pw = getpwuid(getuid());

	if (home && *home == '/')
		strlist_add(hidden, home);
	if (pw && pw->pw_dir && *pw->pw_dir == '/')
		strlist_add(hidden, pw->pw_dir);
	if (s->hide)
		strlist_add(hidden, s->hide);
	strlist_sort(hidden);
}

static int write_drop_file(const struct sandbox *s, const char *path,
			   struct errbuf *err)
{
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

	strlist_each(p, &s->drop)
		strbuf_add(&sb, p, strlen(p) + 1);
	if (dir_make_for(path, err))
		return -1;
	return file_write(path, sb.buf, sb.len, err);
}

static int fill(json_t *o, const struct sandbox *s, struct errbuf *err)
{
	_cleanup_strlist_ struct strlist hidden = STRLIST_INIT;
	_cleanup_free_ char *drop_file = NULL;

	list_hidden(s, &hidden);
	if (s->drop.nr)
		drop_file = xasprintf("%s.drop", s->obj_upper);
	if (put_path(o, "src", s->src, err) || put_path(o, "obj", s->obj, err) ||
	    put_list(o, "src_layers", &s->src_layers, err) ||
	    put_path(o, "obj_upper", s->obj_upper, err) ||
	    put_path(o, "obj_work", s->obj_work, err) ||
	    put_path(o, "obj_lower", s->obj_lower, err) ||
	    put_path(o, "obj_middle", s->obj_middle, err) ||
	    put_path(o, "drop_file", drop_file, err) ||
	    put_list(o, "writable", &s->writable, err) ||
	    put_list(o, "readable", &s->readable, err) ||
	    put_list(o, "hidden", &hidden, err))
		return -1;
	return drop_file ? write_drop_file(s, drop_file, err) : 0;
}

int sandbox_spec_write(const struct sandbox *s, char **text,
		       struct errbuf *err)
{
	json_t *o = json_object();
	int ret = fill(o, s, err);

	*text = ret ? NULL : json_dumps(o, JSON_COMPACT);
	json_decref(o);
	if (ret)
		return ret;
	if (strlen(*text) > SPEC_MAX) {
		free(STEAL(*text));
		return errbuf_set(err, "sandbox: too many layers or writable directories for one command line");
	}
	return 0;
}

/* Reading -------------------------------------------------------------- */

static int take_list(struct strlist *to, const char *key, json_t *list,
		     struct errbuf *err)
{
	size_t i;
	json_t *v;

	json_array_foreach(list, i, v) {
		if (!json_is_string(v))
			return errbuf_set(err, "bad specification: %s: not a string",
					  key);
		strlist_add(to, json_string_value(v));
	}
	return 0;
}

int sandbox_spec_read(struct sandbox_spec *spec, const char *text,
		      struct errbuf *err)
{
	const char *src, *obj, *upper;
	const char *work = NULL, *lower = NULL, *middle = NULL, *drop = NULL;
	json_t *layers, *writable, *readable, *hidden;
	json_error_t e;
	json_t *o = json_loads(text, JSON_REJECT_DUPLICATES, &e);
	int ret;

	if (!o)
		return errbuf_set(err, "bad specification: %s", e.text);
	if (json_unpack_ex(o, &e, JSON_STRICT,
			   "{s:s,s:s,s:o,s:s,s?s,s?s,s?s,s?s,s:o,s:o,s:o}", "src", &src,
			   "obj", &obj, "src_layers", &layers, "obj_upper",
			   &upper, "obj_work", &work, "obj_lower", &lower,
			   "obj_middle", &middle, "drop_file", &drop, "writable",
			   &writable, "readable", &readable, "hidden",
			   &hidden)) {
		json_decref(o);
		return errbuf_set(err, "bad specification: %s", e.text);
	}
	spec->src = xstrdup(src);
	spec->obj = xstrdup(obj);
	spec->obj_upper = xstrdup(upper);
	spec->obj_work = xstrdup_null(work);
	spec->obj_lower = xstrdup_null(lower);
	spec->obj_middle = xstrdup_null(middle);
	spec->drop_file = xstrdup_null(drop);
	ret = take_list(&spec->src_layers, "src_layers", layers, err);
	if (!ret)
		ret = take_list(&spec->writable, "writable", writable, err);
	if (!ret)
		ret = take_list(&spec->readable, "readable", readable, err);
	if (!ret)
		ret = take_list(&spec->hidden, "hidden", hidden, err);
	if (!ret && !spec->src_layers.nr)
		ret = errbuf_set(err, "bad specification: no src_layers");
	if (!ret && spec->obj_lower && !spec->obj_work)
		ret = errbuf_set(err, "bad specification: obj_lower without obj_work");
	json_decref(o);
	return ret;
}

int sandbox_spec_drops(const struct sandbox_spec *spec, struct strlist *drop,
		       struct errbuf *err)
{
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

	if (!spec->drop_file)
		return 0;
	if (file_read(spec->drop_file, &sb, err))
		return -1;
	for (size_t at = 0; at < sb.len; at += strlen(sb.buf + at) + 1)
		strlist_add(drop, sb.buf + at);
	unlink(spec->drop_file);
	return 0;
}

/* Dropping ------------------------------------------------------------- */

/*
 * Goes down one directory without following a symbolic link. Takes dirfd
 * over. -1: the directory is absent (or is no directory); -2: error.
 */
static int step_down(int dirfd, const char *name, const char *path,
		     struct errbuf *err)
{
	int fd = openat(dirfd, name,
			O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int saved = errno, ret = fd;
	struct stat st;

	if (fd < 0 && saved == ENOTDIR &&
	    !fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) &&
	    S_ISLNK(st.st_mode)) {
		errbuf_set(err, "cannot drop \"%s\": \"%s\" is a symbolic link",
			   path, name);
		ret = -2;
	} else if (fd < 0 && saved != ENOENT && saved != ENOTDIR) {
		errbuf_set(err, "cannot drop \"%s\": %s", path,
			   strerror(saved));
		ret = -2;
	}
	close(dirfd);
	return ret;
}

static int remove_entry(int dirfd, const char *name, const char *path,
			struct errbuf *err)
{
	_cleanup_free_ char *magic = NULL;

	if (!unlinkat(dirfd, name, 0) || errno == ENOENT)
		return 0;
	if (errno != EISDIR)
		return errbuf_set(err, "cannot drop \"%s\": %s", path,
				  strerror(errno));
	magic = xasprintf("/proc/self/fd/%d/%s", dirfd, name);
	return tree_remove(magic, err);
}

static int drop_one(int objfd, const char *path, struct errbuf *err)
{
	_cleanup_strlist_ struct strlist parts = STRLIST_INIT;
	int fd, ret;

	strlist_split(&parts, path, "/");
	if (*path == '/' || !parts.nr || strlist_has(&parts, "..") ||
	    strlist_has(&parts, "."))
		return errbuf_set(err, "cannot drop \"%s\": no plain path below the object directory",
				  path);
	fd = fcntl(objfd, F_DUPFD_CLOEXEC, 0);
	if (fd < 0)
		return errbuf_set(err, "cannot drop \"%s\": %s", path,
				  strerror(errno));
	for (size_t i = 0; i + 1 < parts.nr && fd >= 0; i++)
		fd = step_down(fd, parts.v[i], path, err);
	if (fd < 0)
		return fd == -1 ? 0 : -1;
	ret = remove_entry(fd, parts.v[parts.nr - 1], path, err);
	close(fd);
	return ret;
}

int sandbox_drop(const char *obj, const struct strlist *drop,
		 struct errbuf *err)
{
	_cleanup_close_ int fd = -1;

	if (!drop->nr)
		return 0;
	fd = open(obj, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return errbuf_set(err, "%s: %s", obj, strerror(errno));
	strlist_each(path, drop)
		if (drop_one(fd, path, err))
			return -1;
	return 0;
}
