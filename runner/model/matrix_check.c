// SPDX-License-Identifier: GPL-2.0-only
#include "model/matrix_check.h"

#include "model/arch.h"
#include "model/fragment.h"
#include "model/matrix.h"
#include "model/matrix_yaml.h"
#include "sys/errbuf.h"
#include "sys/mem.h"
#include "sys/nearest.h"
#include "sys/strbuf.h"
#include "sys/strlist.h"

#include <ctype.h>
#include <stdarg.h>

struct check {
	const struct matrix_yaml *y;
	const struct yaml_marks *marks;
	struct errbuf *err;
};

/* The message "FILE:LINE: 'PLACE' <text>". */
__attribute__((format(printf, 3, 4))) static int
fault(const struct check *c, const char *place, const char *fmt, ...)
{
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(&sb, fmt, ap);
	va_end(ap);
	return errbuf_set(c->err, "%s:%u: '%s' %s", c->marks->path,
			  yaml_line(c->marks, "%s", place), place, sb.buf);
}

/* "; did you mean 'x'?" or "; known are: a, b". Owned by the caller. */
static char *suggest(const struct strlist *words, const char *word)
{
	_cleanup_free_ char *all = NULL;
	const char *near = nearest_word(words, word);

	if (near)
		return xasprintf("; did you mean '%s'?", near);
	all = strlist_join(words, ", ");
	return xasprintf("; known are: %s", all);
}

static bool only_of(const char *s, const char *also)
{
	for (; *s; s++)
		if (!isalnum((unsigned char)*s) && !strchr(also, *s))
			return false;
	return true;
}

static int check_arch(const struct check *c, const char *place,
		      const char *arch)
{
	_cleanup_strlist_ struct strlist known = STRLIST_INIT;
	_cleanup_free_ char *hint = NULL;

	if (arch_srcarch(arch))
		return 0;
	arch_names(&known);
	hint = suggest(&known, arch);
	return fault(c, place, "names the architecture '%s', which is not known%s",
		     arch, hint);
}

static bool digits(const char *s)
{
	return *s && strspn(s, "0123456789") == strlen(s);
}

static int check_toolchain(const struct check *c, const char *place,
			   const char *tc)
{
	if (!strcmp(tc, "gcc") || !strcmp(tc, "llvm") ||
	    (starts_with(tc, "gcc-") && digits(tc + 4)) ||
	    (starts_with(tc, "llvm-") && digits(tc + 5)))
		return 0;
	if (starts_with(tc, "clang"))
		return fault(c, place, "is '%s'; clang and its binutils are called 'llvm%s' here",
			     tc, tc + 5);
	return fault(c, place, "is '%s', which is no toolchain; write gcc, gcc-13, llvm or llvm-15",
		     tc);
}

/* List entries: each checked by one(), none given twice. */
static int check_list(const struct check *c, const char *place, char **v,
		      size_t nr,
		      int (*one)(const struct check *, const char *,
				 const char *))
{
	for (size_t i = 0; i < nr; i++) {
		_cleanup_free_ char *at = xasprintf("%s[%zu]", place, i);

		if (one(c, at, v[i]) < 0)
			return -1;
		for (size_t j = 0; j < i; j++)
			if (!strcmp(v[i], v[j]))
				return fault(c, at, "gives '%s' a second time; remove it",
					     v[i]);
	}
	return 0;
}

static int check_path(const struct check *c, const char *place,
		      const char *path)
{
	const char *var = strchr(path, '$');

	for (; var; var = strchr(var + 1, '$'))
		if (!starts_with(var, "$SRCARCH") ||
		    isalnum((unsigned char)var[8]) || var[8] == '_')
			return fault(c, place, "is '%s'; the only variable known is $SRCARCH",
				     path);
	if (!only_of(path, "$._/+-") || !*path)
		return fault(c, place, "is '%s', which is no path inside a kernel tree; letters, digits and . _ + - / are allowed",
			     path);
	if (*path == '/' || *path == '-' || strstr(path, "..") ||
	    strstr(path, "//"))
		return fault(c, place, "is '%s'; write a plain path from the top of the kernel tree",
			     path);
	if (!ends_with(path, "/") && !ends_with(path, ".o"))
		return fault(c, place, "is '%s'; make builds a directory ('%s/') or one object ('.../x.o')",
			     path, path);
	return 0;
}

static int check_fragment(const struct check *c, const char *place,
			  const char *name)
{
	if (*name)
		return 0;
	return fault(c, place, "is empty; name a fragment, or leave the entry out");
}

static int check_option(const struct check *c, const char *place,
			const char *opt)
{
	const char *why = fragment_option_fault(opt);

	return why ? fault(c, place, "is '%s': it %s", opt, why) : 0;
}

/* Targets of scripts/kconfig/Makefile that need no answers and no luck. */
static int check_base(const struct check *c, const char *place,
		      const char *base)
{
	_cleanup_strlist_ struct strlist known = STRLIST_INIT;
	_cleanup_free_ char *hint = NULL;

	strlist_addl(&known, "defconfig", "allnoconfig", "tinyconfig",
		     "allmodconfig", "allyesconfig", "alldefconfig", NULL);
	if (strlist_has(&known, base))
		return 0;
	if (ends_with(base, "_defconfig") && only_of(base, "._+-") &&
	    *base != '-' && *base != '.')
		return 0;
	hint = suggest(&known, base);
	return fault(c, place, "is '%s', which is no configuration to start from%s%s",
		     base, hint,
		     strchr(hint, '?') ? "" : ", and any <name>_defconfig of the architecture");
}

static bool has_arch(const struct matrix_yaml *y, const char *arch)
{
	for (uint32_t i = 0; i < y->arches_count; i++)
		if (!strcmp(y->arches[i], arch))
			return true;
	return false;
}

/* A configuration's own list may only narrow the matrix' list. */
static int check_config_arch(const struct check *c, const char *place,
			     const char *arch)
{
	if (check_arch(c, place, arch) < 0)
		return -1;
	if (!has_arch(c->y, arch))
		return fault(c, place, "is '%s', but the matrix' own 'arches' does not list it; add it there, or remove it here",
			     arch);
	return 0;
}

static int check_config_name(const struct check *c, const char *place,
			     uint32_t nr)
{
	const struct matrix_yaml_config *v = c->y->configs;
	const char *name = v[nr].name;

	if (!*name || !only_of(name, "._+-") || *name == '.' || *name == '-')
		return fault(c, place, "is '%s'; it becomes part of file names: use letters, digits and . _ + -, not . or - first",
			     name);
	for (uint32_t i = 0; i < nr; i++)
		if (!strcmp(v[i].name, name))
			return fault(c, place, "is '%s' again (first on line %u); give each configuration a name of its own",
				     name,
				     yaml_line(c->marks, "configs[%u].name",
					       i));
	return 0;
}

static int check_config(const struct check *c, uint32_t nr)
{
	const struct matrix_yaml_config *v = &c->y->configs[nr];
	_cleanup_free_ char *name = xasprintf("configs[%u].name", nr);
	_cleanup_free_ char *base = xasprintf("configs[%u].base", nr);
	_cleanup_free_ char *frags = xasprintf("configs[%u].fragments", nr);
	_cleanup_free_ char *opts = xasprintf("configs[%u].options", nr);
	_cleanup_free_ char *arches = xasprintf("configs[%u].arches", nr);

	if (check_config_name(c, name, nr) < 0 ||
	    (v->base && check_base(c, base, v->base) < 0) ||
	    check_list(c, frags, v->fragments, v->fragments_count,
		       check_fragment) < 0 ||
	    check_list(c, opts, v->options, v->options_count, check_option) <
		    0 ||
	    check_list(c, arches, v->arches, v->arches_count,
		       check_config_arch) < 0)
		return -1;
	return 0;
}

static int check_config_ref(const struct check *c, const char *place,
			    const char *name)
{
	_cleanup_strlist_ struct strlist known = STRLIST_INIT;
	_cleanup_free_ char *hint = NULL;

	for (uint32_t i = 0; i < c->y->configs_count; i++)
		strlist_add(&known, c->y->configs[i].name);
	if (strlist_has(&known, name))
		return 0;
	hint = suggest(&known, name);
	return fault(c, place, "names the configuration '%s', which 'configs' does not have%s",
		     name, hint);
}

static int check_point(const struct check *c, const char *list, uint32_t nr,
		       const struct matrix_yaml_point *p)
{
	_cleanup_free_ char *arch = xasprintf("%s[%u].arch", list, nr);
	_cleanup_free_ char *config = xasprintf("%s[%u].config", list, nr);
	_cleanup_free_ char *tc = xasprintf("%s[%u].toolchain", list, nr);

	if ((p->arch && check_arch(c, arch, p->arch) < 0) ||
	    (p->config && check_config_ref(c, config, p->config) < 0) ||
	    (p->toolchain && check_toolchain(c, tc, p->toolchain) < 0))
		return -1;
	return 0;
}

static int check_points(const struct check *c)
{
	const struct matrix_yaml *y = c->y;

	for (uint32_t i = 0; i < y->exclude_count; i++)
		if (check_point(c, "exclude", i, &y->exclude[i]) < 0)
			return -1;
	for (uint32_t i = 0; i < y->include_count; i++) {
		const struct matrix_yaml_point *p = &y->include[i];
		_cleanup_free_ char *at = xasprintf("include[%u]", i);

		if (!p->arch || !p->config)
			return fault(c, at, "has no '%s'; an include needs arch and config",
				     p->arch ? "config" : "arch");
		if (check_point(c, "include", i, p) < 0)
			return -1;
	}
	return 0;
}

int matrix_check(const struct matrix_yaml *y, const struct yaml_marks *marks,
		 struct errbuf *err)
{
	const struct check c = { .y = y, .marks = marks, .err = err };

	if (check_list(&c, "arches", y->arches, y->arches_count, check_arch) <
		    0 ||
	    check_list(&c, "toolchains", y->toolchains, y->toolchains_count,
		       check_toolchain) < 0 ||
	    check_list(&c, "target.paths", y->target.paths,
		       y->target.paths_count, check_path) < 0)
		return -1;
	for (uint32_t i = 0; i < y->configs_count; i++)
		if (check_config(&c, i) < 0)
			return -1;
	return check_points(&c);
}
