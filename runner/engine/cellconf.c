// SPDX-License-Identifier: GPL-2.0-only
/*
 * A cell's .config is made by the kernel's own programs; ours are the list of
 * what is asked for and the comparison with what came out. kconfig changes a
 * request without an error whenever a dependency is not met, a select forces it,
 * or the symbol does not exist (scripts/kconfig/symbol.c, sym_calc_value), so
 * the comparison is the only thing that stands between a cell and a test of
 * something else.
 */
#include "engine/cellconf.h"

#include "engine/kconfig_expr.h"
#include "model/fragment.h"
#include "model/matrix.h"
#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/mem.h"
#include "sys/strbuf.h"
#include "sys/strmap.h"


/*
 * Everything that turns a warning into an error behind a Kconfig symbol, in the
 * kernels from 6.1 to 7.x. (-Werror that no symbol guards: lpfc, aic7xxx, tilcdc,
 * lib/test_bitops. -Werror=NAME in the top Makefile is an error by intent.)
 */
const char *const cellconf_engine_options[] = {
	"CONFIG_WERROR=n",
	"CONFIG_KVM_WERROR=n",
	"CONFIG_PPC_DISABLE_WERROR=y", /* PPC_WERROR itself has no prompt */
	"CONFIG_OBJTOOL_WERROR=n",
	"CONFIG_SECTION_MISMATCH_WARN_ONLY=y",
	"CONFIG_DRM_WERROR=n",
	"CONFIG_DRM_I915_WERROR=n",
	"CONFIG_DRM_XE_WERROR=n",
	"CONFIG_DRM_AMDGPU_WERROR=n",
	NULL,
};

static void lost_option_release(struct lost_option *o)
{
	free(o->option);
	free(o->got);
	free(o->where);
	free(o->why);
	free(o->file);
}

void lost_options_release(struct lost_options *l)
{
	for (size_t i = 0; i < l->nr; i++)
		lost_option_release(&l->v[i]);
	free(l->v);
	*l = (struct lost_options){ 0 };
}

/* Fragments of ours are called "configs/x.config", others by their path. */
static const char *short_name(const char *path)
{
	const char *name = strrchr(path, '/');
	static const char dir[] = "/configs";
	size_t n = strlen(dir);

	if (!name || (size_t)(name - path) < n ||
	    strncmp(name - n, dir, n) != 0)
		return path;
	return name - n + 1;
}

int cellconf_parse_fragment(const char *path, struct strlist *out,
			    struct strlist *where, struct errbuf *err)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	if (file_read(path, &text, err) < 0)
		return -1;
	if (strlen(text.buf) != text.len)
		return errbuf_set(err, "%s: holds NUL bytes; a fragment is a text file of CONFIG_X=y lines",
				  path);
	return fragment_parse(short_name(path), text.buf, out, where, err);
}

/* Requests in the order they were made, engine's first. */
struct requests {
	struct strlist options, where;
	size_t nr_engine;
};

static void requests_release(struct requests *r)
{
	strlist_release(&r->options);
	strlist_release(&r->where);
}

static int collect(const struct cell *c, struct requests *r,
		   struct errbuf *err)
{
	for (size_t i = 0; cellconf_engine_options[i]; i++) {
		strlist_add(&r->options, cellconf_engine_options[i]);
		strlist_add(&r->where, "engine");
		r->nr_engine++;
	}
	strlist_each(path, &c->fragments)
		if (cellconf_parse_fragment(path, &r->options, &r->where,
					    err) < 0)
			return -1;
	strlist_each(opt, &c->options) {
		const char *fault = fragment_option_fault(opt);

		if (fault)
			return errbuf_set(err, "options of configuration '%s': '%s' %s",
					  c->config, opt, fault);
		strlist_add(&r->options, opt);
		strlist_addf(&r->where, "options of configuration '%s'",
			     c->config);
	}
	return 0;
}

static char *symbol_of(const char *option)
{
	return xstrndup(option, strcspn(option, "="));
}

/* Later requests of the same symbol win: only the last one counts. */
static void last_requests(const struct requests *r, struct strmap *last)
{
	for (size_t i = 0; i < r->options.nr; i++) {
		_cleanup_free_ char *sym = symbol_of(r->options.v[i]);

		strmap_set(last, sym, r->options.v[i]);
	}
}

static void add_line(struct strbuf *text, const char *sym, const char *option)
{
	if (!strcmp(option + strlen(sym), "=n"))
		strbuf_addf(text, "# %s is not set\n", sym);
	else
		strbuf_addf(text, "%s\n", option);
}

int cellconf_write_fragment(const struct cell *c, const char *dir,
			    struct strlist *wanted, struct strlist *where,
			    struct errbuf *err)
{
	_cleanup_(requests_release) struct requests r = { 0 };
	_cleanup_strmap_ struct strmap last = STRMAP_INIT;
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	_cleanup_free_ char *path = path_join(dir, "cell.fragment");

	if (collect(c, &r, err) < 0)
		return -1;
	last_requests(&r, &last);
	for (size_t i = 0; i < r.options.nr; i++) {
		const char *option = r.options.v[i];
		_cleanup_free_ char *sym = symbol_of(option);

		if (strmap_get(&last, sym) != option)
			continue;
		add_line(&text, sym, option);
		if (i < r.nr_engine)
			continue;
		strlist_add(wanted, option);
		strlist_add(where, r.where.v[i]);
	}
	return file_write(path, text.buf, text.len, err);
}

/* Hexadecimal values are the same in either case and with leading zeros. */
static bool same_value(const char *a, const char *b)
{
	if (!strcmp(a, b))
		return true;
	if (strncasecmp(a, "0x", 2) != 0 || strncasecmp(b, "0x", 2) != 0)
		return false;
	return strtoull(a, NULL, 16) == strtoull(b, NULL, 16);
}

void cellconf_check(const struct strlist *wanted, const struct strlist *where,
		    const char *config_text, struct lost_options *lost)
{
	_cleanup_strmap_ struct strmap values = STRMAP_INIT;
	_cleanup_strlist_ struct strlist lines = STRLIST_INIT;

	kconfig_values_read(config_text, &values, &lines);
	for (size_t i = 0; i < wanted->nr; i++) {
		_cleanup_free_ char *sym = symbol_of(wanted->v[i]);
		const char *want = wanted->v[i] + strlen(sym);
		const char *got = strmap_get(&values, sym);

		want += *want == '=';
		if (same_value(want, got ? got : "n"))
			continue;
		GROW(lost->v, lost->nr, lost->alloc);
		lost->v[lost->nr++] = (struct lost_option){
			.option = xstrdup(wanted->v[i]),
			.got = xstrdup(got ? got : "absent"),
			.where = i < where->nr ? xstrdup(where->v[i]) : NULL,
		};
	}
}

/* Single quotes for sh. */
static void quote(struct strbuf *out, const char *s)
{
	strbuf_addch(out, '\'');
	for (; *s; s++) {
		if (*s == '\'')
			strbuf_addstr(out, "'\\''");
		else
			strbuf_addch(out, *s);
	}
	strbuf_addch(out, '\'');
}

static void add_make(struct strbuf *out, const char *src, const char *obj,
		     const struct strlist *args, const char *target)
{
	strbuf_addstr(out, "make -C ");
	quote(out, src);
	strbuf_addstr(out, " O=");
	quote(out, obj);
	strlist_each(arg, args) {
		strbuf_addch(out, ' ');
		quote(out, arg);
	}
	strbuf_addch(out, ' ');
	quote(out, target);
}

char *cellconf_command(const struct cell *c, const char *src, const char *obj,
		       const char *fragment_path,
		       const struct strlist *make_args)
{
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;
	_cleanup_free_ char *config = path_join(obj, ".config");
	_cleanup_free_ char *merge =
		path_join(src, "scripts/kconfig/merge_config.sh");

	/* A new symbol without a default would ask (and at end of file go on
	 * asking); variables of the user's shell would configure something
	 * else: see Documentation/kbuild/kconfig.rst. */
	strbuf_addstr(&out, "exec </dev/null && unset KCONFIG_CONFIG "
			    "KCONFIG_ALLCONFIG KCONFIG_DEFCONFIG_LIST "
			    "KCONFIG_NOSILENTUPDATE KCONFIG_WERROR CONFIG_ "
			    "&& cd ");
	quote(&out, obj);
	strbuf_addstr(&out, " && ");
	add_make(&out, src, obj, make_args, c->base);
	strbuf_addstr(&out, " && sh ");
	quote(&out, merge);
	strbuf_addstr(&out, " -m -O ");
	quote(&out, obj);
	strbuf_addch(&out, ' ');
	quote(&out, config);
	strbuf_addch(&out, ' ');
	quote(&out, fragment_path);
	strbuf_addstr(&out, " && ");
	add_make(&out, src, obj, make_args, "olddefconfig");
	return strbuf_detach(&out);
}
