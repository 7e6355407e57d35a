// SPDX-License-Identifier: GPL-2.0-only
#include "audit/sharing.h"

#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/mem.h"
#include "sys/strbuf.h"
#include "sys/strlist.h"

#include <fnmatch.h>

struct share {
	char *reader, *owner;
	struct strlist globs;
};

struct sharing {
	struct strlist arches;
	struct share *v;
	size_t nr, alloc;
};

void sharing_free(struct sharing *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->nr; i++) {
		free(s->v[i].reader);
		free(s->v[i].owner);
		strlist_release(&s->v[i].globs);
	}
	free(s->v);
	strlist_release(&s->arches);
	free(s);
}

static int add_share(struct sharing *s, const struct strlist *words,
		     const char *path, unsigned line, struct errbuf *err)
{
	struct share *share;

	if (words->nr < 4)
		return errbuf_set(err,
				  "%s:%u: 'share' takes a reader, an owner and "
				  "patterns of files", path, line);
	for (size_t i = 1; i < 3; i++)
		if (!strlist_has(&s->arches, words->v[i]))
			return errbuf_set(err,
					  "%s:%u: '%s' is not named by an 'arch' "
					  "line above", path, line, words->v[i]);
	GROW(s->v, s->nr, s->alloc);
	share = &s->v[s->nr++];
	*share = (struct share){
		.reader = xstrdup(words->v[1]),
		.owner = xstrdup(words->v[2]),
	};
	for (size_t i = 3; i < words->nr; i++)
		strlist_add(&share->globs, words->v[i]);
	return 0;
}

static int parse_line(struct sharing *s, const char *text, const char *path,
		      unsigned line, struct errbuf *err)
{
	_cleanup_free_ char *plain = xstrndup(text, strcspn(text, "#"));
	_cleanup_strlist_ struct strlist words = STRLIST_INIT;

	strlist_split(&words, plain, " \t");
	if (!words.nr)
		return 0;
	if (!strcmp(words.v[0], "share"))
		return add_share(s, &words, path, line, err);
	if (strcmp(words.v[0], "arch"))
		return errbuf_set(err, "%s:%u: '%s' is neither 'arch' nor 'share'",
				  path, line, words.v[0]);
	for (size_t i = 1; i < words.nr; i++)
		strlist_add(&s->arches, words.v[i]);
	return 0;
}

struct sharing *sharing_parse(const char *path, const char *text,
			      struct errbuf *err)
{
	struct sharing *s = xcalloc(1, sizeof(*s));
	unsigned line = 1;

	for (const char *at = text; *at; line++) {
		size_t n = strcspn(at, "\n");
		_cleanup_free_ char *one = xstrndup(at, n);

		if (parse_line(s, one, path, line, err)) {
			sharing_free(s);
			return NULL;
		}
		at += n + (at[n] == '\n');
	}
	return s;
}

struct sharing *sharing_read(const char *home, struct errbuf *err)
{
	_cleanup_free_ char *path = path_join(home, "audits/sharing.list");
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	if (file_read(path, &text, err))
		return NULL;
	return sharing_parse(path, text.buf, err);
}

const char *sharing_owner(const struct sharing *s, const char *path)
{
	bool arch = starts_with(path, "arch/");

	if (!arch && !starts_with(path, "include/"))
		return NULL;
	for (const char *at = strchr(path, '/') + 1, *slash;
	     (slash = strchr(at, '/')); at = slash + 1) {
		strlist_each(name, &s->arches)
			if (!strncmp(name, at, slash - at) &&
			    !name[slash - at])
				return name;
		if (arch)
			return NULL;
	}
	return NULL;
}

bool sharing_allows(const struct sharing *s, const char *reader,
		    const char *owner, const char *path)
{
	for (size_t i = 0; i < s->nr; i++) {
		const struct share *share = &s->v[i];

		if (strcmp(share->reader, reader) ||
		    strcmp(share->owner, owner))
			continue;
		strlist_each(glob, &share->globs)
			if (!fnmatch(glob, path, 0))
				return true;
	}
	return false;
}
