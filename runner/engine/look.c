// SPDX-License-Identifier: GPL-2.0-only
/*
 * -fdirectives-only (GNU cpp) obeys the directives and leaves all else as it is, so
 * the compiler itself says which #if groups it takes; clang has nothing like it, and
 * shows what is left after expansion. With -dI both say where they include.
 *
 * -o is taken away and the output redirected: gcc removes its output file when a
 * header is missing, and what came before is wanted.
 */
#include "engine/look.h"

#include "sys/mem.h"
#include "sys/strbuf.h"

void look_jobs_add(struct look_jobs *j, enum look_kind kind, const char *unit,
		   const char *header)
{
	GROW(j->v, j->nr, j->alloc);
	j->v[j->nr++] = (struct look_job){
		.kind = kind,
		.unit = xstrdup(unit),
		.header = xstrdup_null(header),
	};
}

void look_jobs_release(struct look_jobs *j)
{
	for (size_t i = 0; i < j->nr; i++) {
		free(j->v[i].unit);
		free(j->v[i].header);
	}
	free(j->v);
	*j = (struct look_jobs){ 0 };
}

bool look_is_exact(const char *call)
{
	size_t n = strcspn(call, " ");
	_cleanup_free_ char *first = xstrndup(call, n);

	return !strstr(first, "clang");
}

/* Is a word one of the options that write files, or that take line markers away as
 * linker scripts have them? *skip: the next one is its argument. */
static bool is_unwanted(const char *word, bool *skip)
{
	*skip = !strcmp(word, "-o");
	return *skip || starts_with(word, "-Wp,-MMD,") ||
	       starts_with(word, "-Wp,-MD,") || !strcmp(word, "-P");
}

char *look_command(const char *call, enum look_kind kind, const char *alone)
{
	_cleanup_strlist_ struct strlist words = STRLIST_INIT;
	struct strbuf out = STRBUF_INIT;
	bool skip = false;
	const char *source = NULL;

	/* Words with blanks inside quotes come apart and together again. */
	strlist_split(&words, call, " \t");
	if (words.nr)
		source = words.v[words.nr - 1];
	if (!source || (!ends_with(source, ".c") && !ends_with(source, ".S")) ||
	    (kind == LOOK_ALONE && !ends_with(source, ".c")))
		return NULL;
	strlist_each(w, &words) {
		if (skip) {
			skip = false;
			continue;
		}
		if (is_unwanted(w, &skip))
			continue;
		if (w == source && kind == LOOK_ALONE)
			w = (char *)alone;
		strbuf_addf(&out, "%s%s", out.len ? " " : "", w);
	}
	if (kind == LOOK_ALONE)
		strbuf_addstr(&out, " -fsyntax-only");
	else
		strbuf_addstr(&out, " -E");
	if (kind == LOOK_LINES)
		strbuf_addstr(&out, look_is_exact(call) ?
					    " -fdirectives-only -dI" :
					    " -dD -dI");
	return strbuf_detach(&out);
}

char *look_alone_source(const char *srctree, const char *header)
{
	return xasprintf("#include \"%s/%s\"\n#include \"%s/%s\"\n", srctree,
			 header, srctree, header);
}
