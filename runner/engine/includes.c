// SPDX-License-Identifier: GPL-2.0-only
/*
 * The index itself, and its file in the cache. What a text says is found by
 * include_scan.c, what follows from it by include_walk.c.
 */
#include "engine/includes_internal.h"

#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/mem.h"
#include "sys/strbuf.h"

#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <unistd.h>

#define BLOCK 65536 /* bytes of short strings allocated at once */

static void release_lists(struct strmap *m)
{
	strmap_each(e, m) {
		strlist_release(strmap_value(e));
		free(strmap_value(e));
	}
	strmap_release(m);
}

void include_index_release(struct include_index *x)
{
	free(x->files);
	free(x->users);
	free(x->keys);
	free(x->raws);
	free(x->path_slots);
	free(x->key_slots);
	free(x->raw_slots);
	strlist_release(&x->blocks);
	release_lists(&x->named);
	release_lists(&x->unlisted);
	release_lists(&x->links);
	strmap_release(&x->link_paths);
	strmap_release(&x->arch_pairs);
	strmap_release(&x->gone);
	strlist_release(&x->shared_arches);
	strlist_release(&x->crossing_dirs);
	*x = (struct include_index)INCLUDE_INDEX_INIT;
}

/* ---- hash tables of numbers ------------------------------------------------ */

static uint32_t hash_text(const char *s) /* FNV-1a */
{
	uint32_t h = 2166136261u;

	while (*s)
		h = (h ^ (unsigned char)*s++) * 16777619u;
	return h;
}

static const char *path_at(const struct include_index *x, size_t i)
{
	return x->files[i].path;
}

static const char *key_at(const struct include_index *x, size_t i)
{
	return x->keys[i].name;
}

static const char *raw_at(const struct include_index *x, size_t i)
{
	return x->raws[i].text;
}

/* The slot that has text, or the free one where it belongs. */
static unsigned *slot(const struct include_index *x, unsigned *slots, size_t nr,
		      const char *(*at)(const struct include_index *, size_t),
		      const char *text)
{
	size_t i = hash_text(text) & (nr - 1);

	while (slots[i] && strcmp(at(x, slots[i] - 1), text))
		i = (i + 1) & (nr - 1);
	return &slots[i];
}

/* Room for one more: at most half of the slots are taken. */
static void make_room(const struct include_index *x, unsigned **slots,
		      size_t *nr, size_t taken,
		      const char *(*at)(const struct include_index *, size_t))
{
	if (*nr > 2 * (taken + 1))
		return;
	free(*slots);
	*nr = *nr ? *nr * 2 : 1024;
	*slots = xcalloc(*nr, sizeof(**slots));
	for (size_t i = 0; i < taken; i++)
		*slot(x, *slots, *nr, at, at(x, i)) = i + 1;
}

const struct include_file *index_find_file(const struct include_index *x,
					   const char *path)
{
	unsigned *s = x->nr ? slot(x, x->path_slots, x->nr_path_slots, path_at,
				   path) :
			      NULL;

	return s && *s ? &x->files[*s - 1] : NULL;
}

const struct include_key *index_find_key(const struct include_index *x,
					 const char *name)
{
	unsigned *s = x->nr_keys ? slot(x, x->key_slots, x->nr_key_slots,
					key_at, name) :
				   NULL;

	return s && *s ? &x->keys[*s - 1] : NULL;
}

/* A copy that lives as long as the index. */
static const char *keep(struct include_index *x, const char *s)
{
	size_t n = strlen(s) + 1;
	char *copy;

	if (n > x->block_left) {
		x->block_left = n > BLOCK ? n : BLOCK;
		strlist_take(&x->blocks, xmalloc(x->block_left));
		x->block_at = x->blocks.v[x->blocks.nr - 1];
	}
	copy = memcpy(x->block_at, s, n);
	x->block_at += n;
	x->block_left -= n;
	return copy;
}

static size_t file_index(struct include_index *x, const char *path)
{
	unsigned *s;

	make_room(x, &x->path_slots, &x->nr_path_slots, x->nr, path_at);
	s = slot(x, x->path_slots, x->nr_path_slots, path_at, path);
	if (*s)
		return *s - 1;
	GROW(x->files, x->nr, x->alloc);
	x->files[x->nr] = (struct include_file){
		.path = keep(x, path),
		.first = INDEX_NONE,
	};
	*s = ++x->nr;
	return x->nr - 1;
}

/* kept: name lives as long as the index. */
static size_t key_index(struct include_index *x, const char *name, bool kept)
{
	unsigned *s;

	make_room(x, &x->key_slots, &x->nr_key_slots, x->nr_keys, key_at);
	s = slot(x, x->key_slots, x->nr_key_slots, key_at, name);
	if (*s)
		return *s - 1;
	GROW(x->keys, x->nr_keys, x->alloc_keys);
	x->keys[x->nr_keys] = (struct include_key){
		.name = kept ? name : keep(x, name),
		.first = INDEX_NONE,
	};
	*s = ++x->nr_keys;
	return x->nr_keys - 1;
}

/* ---- adding ---------------------------------------------------------------- */

/* "../../x/y.h" -> "x/y.h": what a path must end in. */
static const char *significant(const char *name)
{
	for (;;) {
		if (starts_with(name, "../"))
			name += 3;
		else if (starts_with(name, "./"))
			name += 2;
		else if (*name == '/')
			name++;
		else
			return name;
	}
}

static bool is_plain(const char *name)
{
	return !strstr(name, "/../") && !strstr(name, "/./") &&
	       !strstr(name, "//");
}

static size_t raw_index(struct include_index *x, const char *text)
{
	_cleanup_free_ char *norm = NULL;
	const char *name;
	unsigned *s;
	size_t key;

	make_room(x, &x->raw_slots, &x->nr_raw_slots, x->nr_raws, raw_at);
	s = slot(x, x->raw_slots, x->nr_raw_slots, raw_at, text);
	if (*s)
		return *s - 1;
	text = keep(x, text);
	name = significant(text + 1);
	if (!is_plain(name)) {
		norm = path_normalize(text + 1);
		name = significant(norm);
	}
	key = key_index(x, name, !norm);
	GROW(x->raws, x->nr_raws, x->alloc_raws);
	x->raws[x->nr_raws] = (struct include_raw){ .text = text, .key = key };
	*s = ++x->nr_raws;
	return x->nr_raws - 1;
}

static void add_user(struct include_index *x, size_t file, const char *text)
{
	size_t raw = raw_index(x, text);
	struct include_key *key = &x->keys[x->raws[raw].key];

	for (uint32_t u = x->files[file].first; u != INDEX_NONE;
	     u = x->users[u].next_of_file)
		if (x->users[u].raw == raw)
			return;
	GROW(x->users, x->nr_users, x->alloc_users);
	x->users[x->nr_users] = (struct include_user){
		.raw = raw,
		.file = file,
		.next_of_file = x->files[file].first,
		.next_of_key = key->first,
	};
	x->files[file].first = key->first = x->nr_users++;
}

void index_file(struct include_index *x, const char *path)
{
	file_index(x, path);
}

void index_name(struct include_index *x, const char *file, char form,
		const char *name, size_t len)
{
	_cleanup_free_ char *raw = xmalloc(len + 2);

	raw[0] = form;
	memcpy(raw + 1, name, len);
	raw[len + 1] = '\0';
	if (*significant(raw + 1) && !strpbrk(raw, "\t\n"))
		add_user(x, file_index(x, file), raw);
}

static void add_to(struct strmap *m, const char *key, const char *value)
{
	struct strlist *l = strmap_get(m, key);

	if (!l) {
		l = xcalloc(1, sizeof(*l));
		strmap_set(m, key, l);
	}
	if (!strlist_has(l, value))
		strlist_add(l, value);
}

void index_unlisted(struct include_index *x, const char *name, size_t len,
		    const char *file)
{
	_cleanup_free_ char *copy = xstrndup(name, len);
	const char *slash = strrchr(copy, '/');

	add_to(&x->unlisted, slash ? slash + 1 : copy, file);
}

void index_named(struct include_index *x, const char *suffix, const char *user)
{
	add_to(&x->named, suffix, user);
}

void index_arch(struct include_index *x, const char *user, const char *arch)
{
	_cleanup_free_ char *pair = xasprintf("%s %s", user, arch);

	strmap_set(&x->arch_pairs, pair, x);
}

void include_index_link(struct include_index *x, const char *path,
			const char *target)
{
	_cleanup_free_ char *dir = xstrdup(path);
	_cleanup_free_ char *joined = NULL, *to = NULL;

	*(strrchr(dir, '/') ? strrchr(dir, '/') : dir) = '\0';
	joined = xasprintf("%s%s%s", dir, *dir ? "/" : "", target);
	to = path_normalize(joined);
	strmap_set(&x->link_paths, path, x);
	if (*target != '/' && !starts_with(to, "../"))
		add_to(&x->links, to, path);
}

bool include_index_wants(const char *path)
{
	return include_is_makefile(path) || include_is_source(path);
}

bool include_index_is_makefile(const char *path)
{
	return include_is_makefile(path);
}

void include_index_add(struct include_index *x, const char *path,
		       const char *text, size_t len)
{
	include_scan(x, path, text, len);
}

bool include_index_in_base(const struct include_index *x, const char *path)
{
	const struct include_file *f = index_find_file(x, path);

	return f && (size_t)(f - x->files) < x->nr_base;
}

void include_index_gone(struct include_index *x, const char *path)
{
	strmap_set(&x->gone, path, x);
}

/* Parts of the tree whose files no kernel unit is built from. */
static bool outside_kernel(const char *rel)
{
	return !strcmp(rel, "Documentation") || !strcmp(rel, "tools") ||
	       !strcmp(rel, "samples") || !strcmp(rel, "LICENSES") ||
	       !strcmp(rel, ".git") || !strcmp(rel, "lib/raid6/test");
}

static int scan_dir(struct include_index *x, const char *top, const char *rel,
		    struct errbuf *err)
{
	_cleanup_free_ char *path = *rel ? path_join(top, rel) : xstrdup(top);
	DIR *dir = opendir(path);
	struct dirent *d;
	int ret = 0;

	if (!dir)
		return errbuf_set(err, "%s: %s", path, strerror(errno));
	while (!ret && (d = readdir(dir))) {
		_cleanup_free_ char *sub = NULL;
		_cleanup_free_ char *full = NULL;
		_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

		if (!strcmp(d->d_name, ".") || !strcmp(d->d_name, ".."))
			continue;
		sub = *rel ? path_join(rel, d->d_name) : xstrdup(d->d_name);
		if (d->d_type == DT_DIR) {
			if (!outside_kernel(sub))
				ret = scan_dir(x, top, sub, err);
			continue;
		}
		full = path_join(top, sub);
		if (d->d_type == DT_LNK) {
			char to[PATH_MAX] = "";

			if (readlink(full, to, sizeof(to) - 1) > 0)
				include_index_link(x, sub, to);
			continue;
		}
		if (d->d_type != DT_REG || !include_index_wants(sub))
			continue;
		ret = file_read(full, &text, err);
		if (!ret)
			include_index_add(x, sub, text.buf, text.len);
	}
	closedir(dir);
	return ret;
}

/* ---- the cache file -------------------------------------------------------- */

/*
 * The head, then lines of fields that tabs separate: a file and the names it
 * includes, or what begins with '!'. Lines of links hold what a link says.
 */
#define INDEX_HEAD "kvmatrix-includes/5\n"

static void save_lists(const struct strmap *m, const char *word,
		       struct strbuf *out)
{
	strmap_each(e, m)
		strlist_each(v, (struct strlist *)strmap_value(e))
			strbuf_addf(out, "!%s\t%s\t%s\n", word, strmap_key(e),
				    v);
}

static int save(const struct include_index *x, const char *file,
		struct errbuf *err)
{
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;

	strbuf_addstr(&out, INDEX_HEAD);
	strlist_each(a, &x->shared_arches)
		strbuf_addf(&out, "!arch\t%s\n", a);
	strlist_each(d, &x->crossing_dirs)
		strbuf_addf(&out, "!dir\t%s\n", d);
	strmap_each(e, &x->arch_pairs)
		strbuf_addf(&out, "!pair\t%s\n", strmap_key(e));
	strmap_each(e, &x->link_paths)
		strbuf_addf(&out, "!link\t%s\n", strmap_key(e));
	save_lists(&x->links, "target", &out);
	save_lists(&x->named, "named", &out);
	save_lists(&x->unlisted, "unlisted", &out);
	for (size_t i = 0; i < x->nr; i++) {
		strbuf_addstr(&out, x->files[i].path);
		for (uint32_t u = x->files[i].first; u != INDEX_NONE;
		     u = x->users[u].next_of_file)
			strbuf_addf(&out, "\t%s", raw_at(x, x->users[u].raw));
		strbuf_addch(&out, '\n');
	}
	return file_write(file, out.buf, out.len, err);
}

static void load_special(struct include_index *x, const char *word, char *rest)
{
	char *save_field;
	const char *a = strtok_r(rest, "\t", &save_field);
	const char *b = strtok_r(NULL, "\t", &save_field);

	if (!strcmp(word, "!dir"))
		strlist_add(&x->crossing_dirs, a ? a : "");
	else if (!a)
		return;
	else if (!strcmp(word, "!arch"))
		strlist_add(&x->shared_arches, a);
	else if (!strcmp(word, "!pair"))
		strmap_set(&x->arch_pairs, a, x);
	else if (!strcmp(word, "!link"))
		strmap_set(&x->link_paths, a, x);
	else if (b && !strcmp(word, "!target"))
		add_to(&x->links, a, b);
	else if (b && !strcmp(word, "!named"))
		add_to(&x->named, a, b);
	else if (b && !strcmp(word, "!unlisted"))
		add_to(&x->unlisted, a, b);
}

static bool load(struct include_index *x, const char *file)
{
	_cleanup_errbuf_ struct errbuf ignored = ERRBUF_INIT;
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	char *line, *next;

	if (file_read(file, &text, &ignored) ||
	    !starts_with(text.buf, INDEX_HEAD))
		return false;
	for (line = text.buf + strlen(INDEX_HEAD); *line; line = next) {
		char *end = strchrnul(line, '\n');
		char *tab = strchrnul(line, '\t');
		size_t f;

		next = *end ? end + 1 : end;
		*end = '\0';
		if (tab > end)
			tab = end;
		if (*line == '!') {
			*tab = '\0';
			load_special(x, line, tab < end ? tab + 1 : tab);
			continue;
		}
		*tab = '\0';
		f = file_index(x, line);
		while (tab < end) {
			char *raw = tab + 1;

			tab = strchrnul(raw, '\t');
			*tab = '\0';
			add_user(x, f, raw);
		}
	}
	return true;
}

int include_index_open(struct include_index *x, const char *checkout,
		       const char *cache_file, struct errbuf *err)
{
	if (!load(x, cache_file)) {
		include_index_release(x);
		if (scan_dir(x, checkout, "", err) || save(x, cache_file, err))
			return -1;
	}
	x->nr_base = x->nr;
	return 0;
}
