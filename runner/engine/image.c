// SPDX-License-Identifier: GPL-2.0-only
#include "engine/image.h"

#include "sys/ararchive.h"
#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/mem.h"
#include "sys/strbuf.h"

#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/xattr.h>

/* An object as it was read. */
struct remembered {
	uint64_t dev, ino, size;
	struct timespec time;
	struct objfile file;
	bool has_sums; /* sums are read */
	struct strlist sums;
};

struct image {
	struct strmap files; /* path -> struct remembered * */
	unsigned nr_read;
};

struct image *image_new(void)
{
	return xcalloc(1, sizeof(struct image));
}

void image_free(struct image *m)
{
	if (!m)
		return;
	strmap_each(e, &m->files) {
		struct remembered *r = strmap_value(e);

		objfile_release(&r->file);
		strlist_release(&r->sums);
		free(r);
	}
	strmap_release(&m->files);
	free(m);
}

unsigned image_nr_read(const struct image *m)
{
	return m->nr_read;
}

/* ---- two layers ------------------------------------------------------------------- */

/* Does nothing of the lower layer show below this directory of the upper one?
 * (fs/overlayfs: trusted.* or, in a user namespace, user.*) */
static bool is_opaque(const char *dir)
{
	static const char *const names[] = { "user.overlay.opaque",
					     "trusted.overlay.opaque" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char value = 0;

		if (lgetxattr(dir, names[i], &value, 1) == 1 && value == 'y')
			return true;
	}
	return false;
}

char *image_path(const struct image_tree *t, const char *name)
{
	_cleanup_free_ char *path = path_join(t->upper, name);
	struct stat st;
	char *lower;

	for (char *p = path + strlen(t->upper); t->lower && p;) {
		char *slash = strchr(p + 1, '/');
		bool there, hides;

		if (slash)
			*slash = '\0';
		there = !lstat(path, &st);
		hides = there && slash && S_ISDIR(st.st_mode) &&
			is_opaque(path);
		if (slash)
			*slash = '/';
		if (!there)
			break;
		/* a whiteout; or a file where the lower one is a directory */
		if (S_ISCHR(st.st_mode) || (slash && !S_ISDIR(st.st_mode)))
			return NULL;
		if (hides)
			return file_exists(path) ? STEAL(path) : NULL;
		p = slash;
	}
	if (file_exists(path))
		return STEAL(path);
	if (!t->lower)
		return NULL;
	lower = path_join(t->lower, name);
	if (file_exists(lower))
		return lower;
	free(lower);
	return NULL;
}

static int read_text(const struct image_tree *t, const char *name,
		     struct strbuf *text, struct errbuf *err)
{
	_cleanup_free_ char *path = image_path(t, name);

	if (!path)
		return errbuf_set(err, "%s/%s: there is no such file", t->upper,
				  name);
	return file_read(path, text, err);
}

/* ---- .cmd files --------------------------------------------------------------------- */

/* "a/b.o" is made by "a/.b.o.cmd". */
static char *cmd_name(const char *object)
{
	const char *slash = strrchr(object, '/');
	int dir = slash ? slash + 1 - object : 0;

	return xasprintf("%.*s.%s.cmd", dir, object, object + dir);
}

/* The recorded command of a link; of the tree itself, or of the one before. */
static int read_link(const struct image_tree *t, const char *name,
		     struct strbuf *text, struct errbuf *err)
{
	_cleanup_free_ char *path = image_path(t, name);

	if (!path && t->linked)
		path = path_join(t->linked, name);
	if (!path || !file_exists(path))
		return errbuf_set(err, "%s/%s: not there: this kernel is not "
				       "linked from vmlinux.a (Linux 6.1 and "
				       "later is)",
				  t->upper, name);
	return file_read(path, text, err);
}

static void add_path(struct strlist *to, const char *word)
{
	_cleanup_free_ char *path = path_normalize(word);

	if (!strlist_has(to, path))
		strlist_add(to, path);
}

/* Archives of vmlinux.a, without the tail that moves the head objects. */
static int whole_archives(const struct image_tree *t, struct strlist *to,
			  struct errbuf *err)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	_cleanup_strlist_ struct strlist words = STRLIST_INIT;
	const char *command;

	if (read_link(t, ".vmlinux.a.cmd", &text, err))
		return -1;
	command = strstr(text.buf, " := ");
	strlist_split(&words, command ? command : "", " \t\n;");
	strlist_each(w, &words)
		if (ends_with(w, ".a") && strcmp(w, "vmlinux.a"))
			add_path(to, w);
	if (!to->nr)
		return errbuf_set(err, "%s/.vmlinux.a.cmd names no archive",
				  t->upper);
	return 0;
}

static int libraries(const struct image_tree *t, struct strlist *to,
		     struct errbuf *err)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	_cleanup_strlist_ struct strlist words = STRLIST_INIT;
	bool group = false;

	if (read_link(t, ".vmlinux.o.cmd", &text, err))
		return -1;
	strlist_split(&words, text.buf, " \t\n;");
	strlist_each(w, &words) {
		if (!strcmp(w, "--start-group"))
			group = true;
		else if (!strcmp(w, "--end-group"))
			group = false;
		else if (group && ends_with(w, ".a"))
			add_path(to, w);
	}
	return 0;
}

static void read_sums(const struct image_tree *t, const char *object,
		      struct strlist *to)
{
	static const char mark[] = "#SYMVER ";
	_cleanup_errbuf_ struct errbuf ignored = ERRBUF_INIT;
	_cleanup_free_ char *name = cmd_name(object);
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	if (read_text(t, name, &text, &ignored))
		return;
	for (const char *p = text.buf; (p = strstr(p, mark));) {
		size_t n;

		p += strlen(mark);
		n = strcspn(p, " \n");
		if (p[n] == ' ' && p[n + 1] >= '0' && p[n + 1] <= '9')
			strlist_take(to, xstrndup(p, n));
	}
}

/* Checksums of what an object exports; a module's are those of its parts. */
static const struct strlist *sums_of(const struct image_tree *t,
				     const char *object, bool module,
				     struct remembered *r)
{
	_cleanup_errbuf_ struct errbuf ignored = ERRBUF_INIT;
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	_cleanup_strlist_ struct strlist parts = STRLIST_INIT;
	_cleanup_free_ char *list = NULL;

	if (!r->file.nr_exports || r->has_sums)
		return &r->sums;
	r->has_sums = true;
	read_sums(t, object, &r->sums);
	if (module) {
		list = xasprintf("%.*s.mod", (int)strlen(object) - 2, object);
		if (!read_text(t, list, &text, &ignored))
			strlist_split(&parts, text.buf, " \n");
		strlist_each(p, &parts) {
			_cleanup_free_ char *part = path_normalize(p);

			read_sums(t, part, &r->sums);
		}
	}
	strlist_sort(&r->sums);
	return &r->sums;
}

char *image_source(const struct image_tree *t, const char *object,
		   const char *srctree)
{
	_cleanup_errbuf_ struct errbuf ignored = ERRBUF_INIT;
	_cleanup_free_ char *name = cmd_name(object);
	_cleanup_free_ char *source = NULL;
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	const char *p;
	size_t n = strlen(srctree);

	if (read_text(t, name, &text, &ignored))
		return NULL;
	p = strstr(text.buf, "\nsource_");
	p = p ? strstr(p, " := ") : NULL;
	if (!p)
		return NULL;
	p += 4;
	source = xstrndup(p, strcspn(p, "\n"));
	if (starts_with(source, srctree) && source[n] == '/')
		return path_normalize(source + n + 1);
	return path_normalize(source);
}

/* ---- objects ------------------------------------------------------------------------- */

static bool is_same(const struct remembered *r, const struct stat *st)
{
	return r->dev == st->st_dev && r->ino == st->st_ino &&
	       r->size == (uint64_t)st->st_size &&
	       r->time.tv_sec == st->st_mtim.tv_sec &&
	       r->time.tv_nsec == st->st_mtim.tv_nsec;
}

static struct remembered *remember(struct image *m, const char *path,
				   struct errbuf *err)
{
	struct remembered *r = strmap_get(&m->files, path);
	struct stat st;

	if (stat(path, &st)) {
		errbuf_set(err, "%s: there is no such file", path);
		return NULL;
	}
	if (r && is_same(r, &st))
		return r;
	if (!r) {
		r = xcalloc(1, sizeof(*r));
		strmap_set(&m->files, path, r);
	}
	objfile_release(&r->file);
	strlist_release(&r->sums);
	*r = (struct remembered){ .ino = 0 };
	if (objfile_read(&r->file, path, OBJ_WITH_REFS, err))
		return NULL;
	m->nr_read++;
	r->dev = st.st_dev;
	r->ino = st.st_ino;
	r->size = st.st_size;
	r->time = st.st_mtim;
	return r;
}

static int add_object(struct image *m, const struct image_tree *t,
		      struct link_input *in, const char *name, bool library,
		      struct errbuf *err)
{
	_cleanup_free_ char *path = image_path(t, name);
	struct remembered *r;
	struct link_object *o;

	if (!path)
		return errbuf_set(err, "%s: an archive names it and it is not "
				       "there", name);
	r = remember(m, path, err);
	if (!r)
		return -1;
	o = link_input_object(in);
	o->name = xstrdup(name);
	o->file = &r->file;
	o->library = library;
	if (in->checksums)
		o->checksums = sums_of(t, name, false, r);
	return 0;
}

static int add_contents(struct image *m, const struct image_tree *t,
			struct link_input *in, const char *archive,
			bool library, struct errbuf *err)
{
	_cleanup_free_ char *path = *archive == '/' ? xstrdup(archive) :
						      image_path(t, archive);
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	_cleanup_ar_members_ struct ar_members l = AR_MEMBERS_INIT;
	const char *slash = strrchr(archive, '/');
	int thin;

	if (!path)
		return errbuf_set(err, "%s: the link names it and it is not "
				       "there", archive);
	if (file_read(path, &text, err))
		return -1;
	thin = ar_members_parse(&l, path, text.buf, text.len, err);
	if (thin < 0)
		return -1;
	if (!thin)
		return errbuf_set(err, "%s: not a thin archive, as kbuild "
				       "makes them", path);
	for (size_t i = 0; i < l.nr; i++) {
		_cleanup_free_ char *raw = xasprintf(
			"%.*s%s", slash ? (int)(slash + 1 - archive) : 0,
			archive, l.v[i].name);
		_cleanup_free_ char *name = path_normalize(raw);

		if (add_object(m, t, in, name, library, err))
			return -1;
	}
	return 0;
}

static int add_modules(struct image *m, const struct image_tree *t,
		       struct link_input *in, struct errbuf *err)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	_cleanup_strlist_ struct strlist lines = STRLIST_INIT;

	if (read_text(t, "modules.order", &text, err))
		return -1;
	strlist_split(&lines, text.buf, "\n");
	strlist_each(line, &lines) {
		_cleanup_free_ char *name = path_normalize(line);
		_cleanup_free_ char *path = NULL;
		struct link_object *o;
		struct remembered *r;

		/* "x.ko" before Linux 6.3 */
		if (ends_with(name, ".ko"))
			strcpy(name + strlen(name) - 3, ".o");
		path = image_path(t, name);
		if (!path)
			return errbuf_set(err, "%s: modules.order names it and "
					       "it is not there", name);
		r = remember(m, path, err);
		if (!r)
			return -1;
		o = link_input_module(in);
		o->name = STEAL(name);
		o->file = &r->file;
		if (in->checksums)
			o->checksums = sums_of(t, o->name, true, r);
	}
	return 0;
}

static bool config_has(const char *config, const char *option)
{
	_cleanup_free_ char *line = xasprintf("\n%s=y\n", option);

	return starts_with(config, line + 1) || strstr(config, line);
}

int image_read(struct image *m, const struct image_tree *t, const char *config,
	       struct link_input *in, struct errbuf *err)
{
	_cleanup_strlist_ struct strlist whole = STRLIST_INIT;
	_cleanup_strlist_ struct strlist libs = STRLIST_INIT;

	m->nr_read = 0;
	in->has_modules = config_has(config, "CONFIG_MODULES");
	in->checksums = config_has(config, "CONFIG_MODVERSIONS");
	in->mismatch_is_error =
		!config_has(config, "CONFIG_SECTION_MISMATCH_WARN_ONLY");
	if (whole_archives(t, &whole, err) || libraries(t, &libs, err))
		return -1;
	strlist_each(a, &whole)
		if (add_contents(m, t, in, a, false, err))
			return -1;
	strlist_each(a, &libs)
		if (add_contents(m, t, in, a, true, err))
			return -1;
	return in->has_modules ? add_modules(m, t, in, err) : 0;
}

int image_given(struct image *m, const struct image_tree *t,
		const struct link_input *in, struct strmap *given,
		struct errbuf *err)
{
	_cleanup_free_ char *path = image_path(t, "vmlinux");
	_cleanup_objfile_ struct objfile o = OBJFILE_INIT;
	_cleanup_strmap_ struct strmap own = STRMAP_INIT;

	if (!path)
		return errbuf_set(err, "%s/vmlinux: there is no such file",
				  t->upper);
	if (objfile_read(&o, path, 0, err))
		return -1;
	for (size_t i = 0; i < in->nr_objects; i++) {
		const struct objfile *f = in->objects[i].file;

		for (size_t k = 1; k < f->nr_symbols; k++)
			if (f->symbols[k].bind != OBJ_LOCAL &&
			    f->symbols[k].section != OBJ_UNDEFINED)
				strmap_set(&own, f->symbols[k].name, m);
	}
	/* what a script defines and hides comes out as a local symbol */
	for (size_t i = 1; i < o.nr_symbols; i++) {
		const struct obj_symbol *s = &o.symbols[i];

		if (s->section != OBJ_UNDEFINED && *s->name &&
		    s->bind != OBJ_LOCAL && !strmap_has(&own, s->name))
			strmap_set(given, s->name, m);
	}
	return 0;
}
