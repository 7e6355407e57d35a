// SPDX-License-Identifier: GPL-2.0-only
#include "engine/objects.h"

#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/mem.h"
#include "sys/strbuf.h"
#include "sys/strlist.h"
#include "sys/strmap.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

void tree_objects_release(struct tree_objects *l)
{
	for (size_t i = 0; i < l->nr; i++) {
		free(l->v[i].name);
		free(l->v[i].path);
		free(l->v[i].module);
	}
	free(l->v);
	*l = (struct tree_objects){ 0 };
}

/* ---- commands --------------------------------------------------------------------- */

/* Objects of other programs, by their directory. */
static bool is_apart(const char *name)
{
	static const char *const dirs[] = {
		"/vdso", "/compat_vdso", "/boot/", "/purgatory/", "/realmode/",
	};

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
		if (strstr(name, dirs[i]))
			return true;
	return starts_with(name, "scripts/") || starts_with(name, "tools/") ||
	       starts_with(name, "usr/");
}

/* As the running kernel says it. */
static char *lsmod_name(const char *name, size_t len)
{
	char *copy = xstrndup(name, len);

	for (char *p = copy; *p; p++)
		if (*p == '-')
			*p = '_';
	return copy;
}

/* -DKBUILD_MODNAME='"kvm"' */
static char *module_name(const char *text)
{
	static const char mark[] = " -DKBUILD_MODNAME=";
	const char *p = strstr(text, mark);
	size_t n;

	if (!p)
		return xstrdup("?");
	p += strlen(mark);
	p += strspn(p, "'\"\\");
	n = strcspn(p, "'\"\\ \n");
	return n ? lsmod_name(p, n) : xstrdup("?");
}

bool object_of_command(const char *name, const char *text, char **module)
{
	const char *line = strstr(text, "cmd_");
	_cleanup_free_ char *command =
		line ? xstrndup(line, strcspn(line, "\n")) : NULL;

	*module = NULL;
	/* ".vmlinux.export.o": what the link itself makes and compiles */
	if (!command || is_apart(name) || *name == '.' || strstr(name, "/."))
		return false;
	if (ends_with(name, "/kvm_nvhe.o"))
		return true;
	if (ends_with(name, ".nvhe.o") || ends_with(name, ".tmp.o") ||
	    ends_with(name, ".mod.o") ||
	    !strstr(command, " -D__KERNEL__") || !strstr(command, " -c "))
		return false;
	if (strstr(command, " -DMODULE"))
		*module = module_name(command);
	return true;
}

/* ---- directories ------------------------------------------------------------------ */

/* names: objects that have a command, and modules that have a list of parts
 * ("x.mod"). */
static int list_dir(const char *root, const char *dir, struct strmap *names,
		    struct errbuf *err)
{
	_cleanup_free_ char *path = *dir ? path_join(root, dir) : xstrdup(root);
	DIR *d = opendir(path);
	struct dirent *e;
	int ret = 0;

	if (!d)
		return errno == ENOENT ?
			       0 :
			       errbuf_set(err, "%s: %s", path, strerror(errno));
	while (!ret && (e = readdir(d))) {
		_cleanup_free_ char *name =
			*dir ? path_join(dir, e->d_name) : xstrdup(e->d_name);
		size_t n = strlen(e->d_name);

		if (e->d_type == DT_DIR) {
			if (*e->d_name != '.' && (*dir || strcmp(name, "source")))
				ret = list_dir(root, name, names, err);
			continue;
		}
		if (*e->d_name != '.' && ends_with(name, ".mod"))
			strmap_set(names, name, names);
		if (*e->d_name == '.' && n > 7 && ends_with(e->d_name, ".o.cmd")) {
			_cleanup_free_ char *object = xasprintf(
				"%s%s%.*s", dir, *dir ? "/" : "", (int)n - 5,
				e->d_name + 1);

			strmap_set(names, object, names);
		}
	}
	closedir(d);
	return ret;
}

static int take_object(struct tree_objects *l, const struct image_tree *t,
		       const char *name, struct errbuf *err)
{
	const char *slash = strrchr(name, '/');
	int dir = slash ? (int)(slash + 1 - name) : 0;
	_cleanup_free_ char *cmd =
		xasprintf("%.*s.%s.cmd", dir, name, name + dir);
	_cleanup_free_ char *path = image_path(t, name);
	_cleanup_free_ char *cmd_path = image_path(t, cmd);
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	char *module;

	if (!strcmp(name, "vmlinux.o"))
		l->linked = path != NULL;
	if (!path || !cmd_path)
		return 0;
	if (file_read(cmd_path, &text, err))
		return -1;
	if (!object_of_command(name, text.buf, &module))
		return 0;
	GROW(l->v, l->nr, l->alloc);
	l->v[l->nr++] = (struct tree_object){
		.name = xstrdup(name),
		.path = STEAL(path),
		.module = module,
	};
	return 0;
}

/* Objects that were given to a module, where the command did not say so. */
static int name_modules(struct tree_objects *l, const struct image_tree *t,
			const char *list, struct errbuf *err)
{
	_cleanup_free_ char *path = image_path(t, list);
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	_cleanup_strlist_ struct strlist parts = STRLIST_INIT;
	const char *slash = strrchr(list, '/');
	const char *name = slash ? slash + 1 : list;

	if (!path)
		return 0;
	if (file_read(path, &text, err))
		return -1;
	strlist_split(&parts, text.buf, " \n");
	strlist_each(p, &parts) {
		_cleanup_free_ char *part = path_normalize(p);
		const struct tree_object *o = tree_objects_get(l, part);
		struct tree_object *mine = o ? &l->v[o - l->v] : NULL;

		if (!mine || !mine->module || strcmp(mine->module, "?"))
			continue;
		free(mine->module);
		mine->module = lsmod_name(name, strlen(name) - 4);
	}
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct tree_object *)a)->name,
		      ((const struct tree_object *)b)->name);
}

int tree_objects_find(struct tree_objects *l, const struct image_tree *t,
		      struct errbuf *err)
{
	_cleanup_strmap_ struct strmap names = STRMAP_INIT;

	*l = (struct tree_objects){ 0 };
	if ((t->lower && list_dir(t->lower, "", &names, err)) ||
	    list_dir(t->upper, "", &names, err))
		return -1;
	strmap_each(e, &names)
		if (ends_with(strmap_key(e), ".o") &&
		    take_object(l, t, strmap_key(e), err))
			goto failed;
	if (l->nr)
		qsort(l->v, l->nr, sizeof(*l->v), by_name);
	strmap_each(e, &names)
		if (!ends_with(strmap_key(e), ".o") &&
		    name_modules(l, t, strmap_key(e), err))
			goto failed;
	return 0;
failed:
	tree_objects_release(l);
	return -1;
}

const struct tree_object *tree_objects_get(const struct tree_objects *l,
					   const char *name)
{
	const struct tree_object key = { .name = (char *)name };

	return l->nr ? bsearch(&key, l->v, l->nr, sizeof(*l->v), by_name) :
		       NULL;
}
