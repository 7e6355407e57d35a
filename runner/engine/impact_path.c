// SPDX-License-Identifier: GPL-2.0-only
#include "engine/impact_path.h"

#include "engine/includes.h"
#include "sys/mem.h"

const char *impact_base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

char *impact_dir(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? xstrndup(path, slash - path) : xstrdup(".");
}

static bool below_any(const char *path, const char *const *dirs)
{
	for (; *dirs; dirs++)
		if (starts_with(path, *dirs))
			return true;
	return false;
}

static bool is_documentation(const char *path)
{
	static const char *const dirs[] = { "Documentation/", "LICENSES/",
					    "tools/testing/", NULL };
	static const char *const names[] = { "MAINTAINERS", "CREDITS",
					     "COPYING",	    ".mailmap",
					     ".gitignore",  ".gitattributes",
					     "README",	    ".clang-format",
					     "OWNERS" };
	const char *base = impact_base_name(path);

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(base, names[i]))
			return true;
	return below_any(path, dirs) || ends_with(path, ".rst") ||
	       ends_with(path, ".md");
}

/* What follows "arch/B/" in path, with B set; NULL when there is no such. */
static const char *in_arch(const char *path, char *arch, size_t size)
{
	const char *slash;
	size_t n;

	if (!starts_with(path, "arch/"))
		return NULL;
	slash = strchr(path + 5, '/');
	n = strcspn(path + 5, "/");
	if (!slash || n >= size)
		return NULL;
	memcpy(arch, path + 5, n);
	arch[n] = '\0';
	return slash + 1;
}

bool impact_is_foreign(const char *path, const char *srcarch,
		       const struct include_index *index)
{
	char arch[32];
	_cleanup_free_ char *pair = NULL;

	if (!in_arch(path, arch, sizeof(arch)) || !strcmp(arch, srcarch))
		return false;
	if (!index)
		return true;
	pair = xasprintf("%s %s", srcarch, arch);
	return !strmap_has(&index->arch_pairs, pair);
}

static bool is_generated(const char *rest)
{
	return starts_with(rest, "include/generated/");
}

/* Of an architecture that the cell uses, or of none. */
static bool is_global(const char *path)
{
	static const char *const dirs[] = {
		"scripts/", "tools/", "usr/", "certs/",
		/* kbuild refuses a source tree that has these */
		"include/config/", "include/generated/", NULL
	};
	const char *base = impact_base_name(path);
	char arch[32];
	const char *rest = in_arch(path, arch, sizeof(arch));

	if (below_any(path, dirs) || base == path)
		return true;
	if (rest && (base == rest || starts_with(rest, "tools/") ||
		     is_generated(rest)))
		return true;
	/* lists of generated headers */
	return strstr(path, "include/") && !strcmp(base, "Kbuild");
}

bool impact_is_kconfig(const char *path)
{
	return starts_with(impact_base_name(path), "Kconfig");
}

bool impact_is_makefile(const char *path)
{
	const char *base = impact_base_name(path);

	return starts_with(base, "Makefile") || starts_with(base, "Kbuild") ||
	       ends_with(base, ".mk");
}

bool impact_is_arch_header(const char *path, const char *srcarch)
{
	char arch[32];
	const char *rest = in_arch(path, arch, sizeof(arch));

	return rest && !strcmp(arch, srcarch) && ends_with(path, ".h") &&
	       (starts_with(rest, "include/asm/") ||
		starts_with(rest, "include/uapi/asm/"));
}

static bool is_source(const char *path)
{
	static const char *const ends[] = { ".c", ".h", ".S", ".inc" };

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		if (ends_with(path, ends[i]))
			return true;
	return false;
}

bool impact_is_arch_data(const char *path, const char *srcarch)
{
	char arch[32];
	const char *rest = in_arch(path, arch, sizeof(arch));

	return rest && !strcmp(arch, srcarch) && !is_source(path) &&
	       !impact_is_makefile(path) && !starts_with(rest, "boot/dts/");
}

enum impact_kind impact_classify(const char *path, const char *srcarch,
				 const struct include_index *index)
{
	bool top = !strchr(path, '/');

	/* Documentation/ and samples/ have Kconfig files that count. */
	if (impact_is_kconfig(path))
		return IMPACT_KCONFIG;
	if (is_documentation(path))
		return IMPACT_DOCUMENTATION;
	/* at the top ".config" is a tree that is not clean, for kbuild */
	if (!top && (ends_with(path, "_defconfig") || ends_with(path, ".config")))
		return IMPACT_KCONFIG;
	if (is_global(path) && !impact_is_foreign(path, srcarch, index))
		return IMPACT_BUILD;
	return is_source(path) ? IMPACT_SOURCE : IMPACT_DIRECTORY;
}
