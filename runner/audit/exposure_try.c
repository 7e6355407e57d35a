// SPDX-License-Identifier: GPL-2.0-only
/*
 * "It needs nothing of that header" is only said once the unit's own compiler has
 * compiled a copy of the source without the include, with the unit's own command
 * and -fsyntax-only. The copy lies elsewhere; -iquote gives its quoted includes the
 * directory of the original, which the compiler searches right after the copy's.
 * Each line keeps its number: what has to stand in the place of the include is
 * written into its line.
 */
#include "audit/exposure.h"

#include "sys/cparse.h"
#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/mem.h"
#include "sys/proc.h"
#include "sys/strbuf.h"

#define TRY_TIMEOUT_MS 300000

static const struct exposure_removal *done_at(const struct exposure_removal *r,
					      size_t nr, const bool *done,
					      unsigned line)
{
	for (size_t i = 0; i < nr; i++)
		if (done[i] && r[i].line == line)
			return &r[i];
	return NULL;
}

char *exposure_edit(const char *source, const struct exposure_removal *r,
		    size_t nr, const bool *done)
{
	struct strbuf sb = STRBUF_INIT;
	unsigned line = 1;

	for (const char *p = source; *p; line++) {
		const struct exposure_removal *here = done_at(r, nr, done, line);
		size_t len = strcspn(p, "\n");

		if (!here) {
			strbuf_add(&sb, p, len);
		} else {
			strlist_each(f, &here->forward)
				strbuf_addf(&sb, "%s; ", f);
			/* Only the last one keeps to the line; what comes after
			 * is told by #line. */
			strlist_each(h, &here->instead)
				strbuf_addf(&sb, "\n#include <%s>", h);
			if (here->instead.nr)
				strbuf_addf(&sb, "\n#line %u", line + 1);
		}
		p += len;
		if (*p)
			strbuf_add(&sb, p++, 1);
	}
	return strbuf_detach(&sb);
}

/* The command that compiles the copy. */
static void try_argv(const struct strlist *argv, const char *source,
		     const char *copy, struct strlist *out)
{
	const char *slash = strrchr(source, '/');
	_cleanup_free_ char *dir =
		slash ? xstrndup(source, (size_t)(slash - source)) :
			xstrdup(".");

	strlist_addl(out, argv->v[0], "-fsyntax-only", "-iquote", dir, NULL);
	for (size_t i = 1; i < argv->nr; i++) {
		const char *w = argv->v[i];

		if (starts_with(w, "-Wp,-MMD") || starts_with(w, "-Wp,-MD") ||
		    !strcmp(w, "-c") || !strcmp(w, "-S"))
			continue;
		if (!strcmp(w, "-o")) {
			i++;
			continue;
		}
		strlist_add(out, w == source ? copy : w);
	}
}

static unsigned warnings_in(const char *output)
{
	unsigned nr = 0;

	for (const char *p = output; (p = strstr(p, ": warning: ")); p++)
		nr++;
	return nr;
}

/* The first error or, without one, warning; owned. */
static char *first_message(const char *output)
{
	const char *hit = strstr(output, ": error: ");
	const char *fatal = strstr(output, ": fatal error: ");
	const char *from;

	if (fatal && (!hit || fatal < hit))
		hit = fatal;
	if (!hit)
		hit = strstr(output, ": warning: ");
	if (!hit)
		return xstrndup(output, strcspn(output, "\n"));
	for (from = hit; from > output && from[-1] != '\n';)
		from--;
	return xstrndup(from, strcspn(from, "\n"));
}

struct attempt {
	int status;
	unsigned warnings;
	char *message;
};

static int attempt(const struct exposure_site *at, const struct strlist *argv,
		   const char *source, const char *copy, const char *text,
		   struct attempt *out, struct errbuf *err)
{
	_cleanup_strlist_ struct strlist cmd = STRLIST_INIT;
	struct proc_result res = { 0 };
	struct proc_opts opts = {
		.argv = &cmd, .cwd = at->objtree, .timeout_ms = TRY_TIMEOUT_MS,
		.output_cap = 4 << 20,
	};

	if (file_write(copy, text, strlen(text), err))
		return -1;
	try_argv(argv, source, copy, &cmd);
	if (proc_capture(&opts, &res, err))
		return -1;
	if (res.exit_code < 0) {
		proc_result_release(&res);
		return errbuf_set(err, "%s was killed", argv->v[0]);
	}
	out->status = res.exit_code;
	out->warnings = warnings_in(res.output.buf);
	free(out->message);
	out->message = first_message(res.output.buf);
	proc_result_release(&res);
	return 0;
}

/*
 * Removes one include more. A forward declaration is only written where it takes
 * one: most pointers need no name that was declared before.
 */
static int try_one(const struct exposure_site *at, const struct strlist *argv,
		   const char *copy, const char *text, struct exposure_unit *u,
		   size_t i, bool *done, const struct attempt *plain,
		   struct errbuf *err)
{
	struct exposure_removal *r = &u->removals[i];
	struct strlist forward = r->forward;
	struct attempt without = { 0 };
	int ret;

	done[i] = true;
	r->forward = (struct strlist)STRLIST_INIT;
	for (;;) {
		_cleanup_free_ char *edited = exposure_edit(
			text, u->removals, u->nr_removals, done);

		ret = attempt(at, argv, cparse_source(argv), copy, edited,
			      &without, err);
		if (ret)
			break;
		r->proof = !without.status &&
			   without.warnings <= plain->warnings ?
				   EXPOSURE_PROVED : EXPOSURE_REFUTED;
		if (r->proof == EXPOSURE_PROVED || !forward.nr)
			break;
		r->forward = forward;
		forward = (struct strlist)STRLIST_INIT;
	}
	strlist_release(&forward);
	done[i] = !ret && r->proof == EXPOSURE_PROVED;
	if (done[i])
		free(without.message);
	else
		r->message = without.message;
	return ret;
}

static int try_all(const struct exposure_site *at, const struct strlist *argv,
		   struct exposure_unit *u, const char *copy, struct errbuf *err)
{
	_cleanup_free_ bool *done = xcalloc(u->nr_removals + 1, sizeof(*done));
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	const char *source = cparse_source(argv);
	_cleanup_free_ char *path = source[0] == '/' ?
		xstrdup(source) : path_join(at->objtree, source);
	struct attempt plain = { 0 };
	int ret;

	if (file_read(path, &text, err))
		return -1;
	ret = attempt(at, argv, source, copy, text.buf, &plain, err);
	if (!ret && plain.status)
		ret = errbuf_set(err, "the unit does not compile as it is: %s",
				 plain.message);
	for (size_t i = 0; !ret && i < u->nr_removals; i++)
		ret = try_one(at, argv, copy, text.buf, u, i, done, &plain, err);
	free(plain.message);
	return ret;
}

int exposure_try(const struct exposure_site *at, const struct unit *unit,
		 struct exposure_unit *u, const char *scratch,
		 struct errbuf *err)
{
	_cleanup_strlist_ struct strlist argv = STRLIST_INIT;
	_cleanup_free_ char *copy = NULL;
	const char *base;

	if (!u->nr_removals)
		return 0;
	if (exposure_argv(at, unit, &argv, err))
		return -1;
	base = strrchr(cparse_source(&argv), '/');
	copy = path_join(scratch, base ? base + 1 : cparse_source(&argv));
	return try_all(at, &argv, u, copy, err);
}
