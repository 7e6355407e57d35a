// SPDX-License-Identifier: GPL-2.0-only
/*
 * "build" is kbuild's own shorthand for "-f scripts/Makefile.build obj"
 * (scripts/Kbuild.include); given on make's command line it sends the descent
 * through our makefile, which includes the real one and prints what that found.
 * real-obj-y, real-obj-m and lib-y are set by scripts/Makefile.lib after
 * composite objects are expanded.
 *
 * The variable reaches every make below, also those of tools/ (objtool), which
 * use the same name for something of their own and fail. Nothing is built by
 * this walk, so their failure is passed over (make -i); in return the marks are
 * checked: a walk that did not get to the kernel's directories has told nothing.
 */
#include "engine/listing.h"

#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/mem.h"

#define MARK "kvmatrix-units: "
#define DIR_MARK "kvmatrix-dir: "

int listing_write_makefile(const char *objdir, struct errbuf *err)
{
	static const char text[] =
		"include $(srctree)/scripts/Makefile.build\n"
		/* "prepare" calls directories too, but never for a built-in.a */
		"$(if $(need-builtin),$(info " DIR_MARK "$(obj)))\n"
		"$(info " MARK "$(filter %.o,$(real-obj-y) $(real-obj-m) "
		"$(lib-y) $(lib-m) $(extra-y) $(always-y)))\n";
	_cleanup_free_ char *path = path_join(objdir, LISTING_MAKEFILE);

	return file_write(path, text, sizeof(text) - 1, err);
}

void listing_goals(const struct strlist *sources, const struct strlist *dirs,
		   const char *srcarch, struct strlist *goals)
{
	strlist_addf(goals, "arch/%s/kvmatrix-none.o", srcarch);
	strlist_each(s, sources) {
		const char *slash = strrchr(s, '/');

		if (slash)
			strlist_addf(goals, "%.*s/kvmatrix-none.o",
				     (int)(slash - s), s);
	}
	strlist_each(d, dirs)
		strlist_addf(goals, "%s/kvmatrix-none.o", d);
	strlist_sort(goals);
}

/* "./drivers/x.o": the root is descended as "." */
static void strip_dot(struct strlist *l)
{
	for (size_t i = 0; i < l->nr; i++)
		if (starts_with(l->v[i], "./"))
			memmove(l->v[i], l->v[i] + 2, strlen(l->v[i]) - 1);
	strlist_sort(l);
}

static bool got_everywhere(const struct strlist *dirs, const char *srcarch,
			   const struct strlist *sources)
{
	static const char *const always[] = { "drivers", "kernel", "virt" };
	_cleanup_free_ char *arch = xasprintf("arch/%s", srcarch);

	if (!strlist_has_sorted(dirs, arch))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(always); i++) {
		_cleanup_free_ char *prefix = xasprintf("%s/", always[i]);

		if (strlist_has_sorted(dirs, always[i]))
			continue;
		strlist_each(s, sources)
			if (starts_with(s, prefix))
				return false;
	}
	return true;
}

bool listing_parse(const char *output, size_t len, const char *srcarch,
		   const struct strlist *sources, struct strlist *objects)
{
	_cleanup_strlist_ struct strlist dirs = STRLIST_INIT;
	const char *end = output + len;

	while (output < end) {
		const char *eol = memchr(output, '\n', end - output);
		_cleanup_free_ char *line = NULL;

		if (!eol)
			eol = end;
		line = xstrndup(output, eol - output);
		if (starts_with(line, MARK))
			strlist_split(objects, line + strlen(MARK), " ");
		else if (starts_with(line, DIR_MARK))
			strlist_split(&dirs, line + strlen(DIR_MARK), " ");
		output = eol + 1;
	}
	strip_dot(objects);
	strip_dot(&dirs);
	return got_everywhere(&dirs, srcarch, sources);
}

static bool below(const char *object, const struct strlist *paths)
{
	strlist_each(p, paths)
		if (starts_with(object, p))
			return true;
	return false;
}

void listing_dependents(const struct strlist *objects,
			const struct strlist *sources,
			const struct strlist *paths, struct strlist *goals)
{
	strlist_each(o, objects) {
		_cleanup_free_ char *c = path_normalize(o);
		_cleanup_free_ char *asm_source = NULL;
		size_t n = strlen(c);

		if (below(o, paths))
			continue;
		c[n - 1] = 'c';
		asm_source = xstrdup(c);
		asm_source[n - 1] = 'S';
		if (strlist_has_sorted(sources, c) ||
		    strlist_has_sorted(sources, asm_source))
			strlist_add(goals, o);
	}
	strlist_sort(goals);
}
