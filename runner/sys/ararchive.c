// SPDX-License-Identifier: GPL-2.0-only
/*
 * After "!<arch>\n" or "!<thin>\n" comes a header of 60 characters for each
 * member, at even offsets: name 16, date 12, user 6, group 6, mode 8, size 10,
 * "`\n". Names end in "/"; a long one is "/N", text N of the member "//", where
 * it ends in "/\n". "/" and "/SYM64/" are indexes of symbols. Only these three
 * have contents in a thin archive.
 */
#include "sys/ararchive.h"

#include "sys/errbuf.h"
#include "sys/mem.h"

#include <stdbool.h>
#include <stdint.h>

#define MAGIC "!<arch>\n"
#define THIN "!<thin>\n"
#define MAGIC_LEN 8
#define HEADER_LEN 60
#define NAME_LEN 16

void ar_members_release(struct ar_members *l)
{
	for (size_t i = 0; i < l->nr; i++)
		free(l->v[i].name);
	free(l->v);
	*l = (struct ar_members)AR_MEMBERS_INIT;
}

/* A decimal number that fills its field up with spaces; SIZE_MAX: it is none. */
static size_t number(const char *s, size_t len)
{
	size_t n = 0, i = 0;

	for (; i < len && s[i] >= '0' && s[i] <= '9'; i++)
		n = n * 10 + (s[i] - '0');
	return i && (i == len || s[i] == ' ' || s[i] == '\n') ? n : SIZE_MAX;
}

static bool is_field(const char *field, const char *name)
{
	size_t n = strlen(name);

	return !strncmp(field, name, n) && (n == NAME_LEN || field[n] == ' ');
}

/* Owned; NULL: the header is damaged. */
static char *member_name(const char *field, const char *names, size_t len)
{
	const char *end;
	size_t at;

	if (*field != '/') {
		end = memchr(field, '/', NAME_LEN);
		if (!end)
			for (end = field + NAME_LEN;
			     end > field && end[-1] == ' '; end--)
				;
		return end > field ? xstrndup(field, end - field) : NULL;
	}
	at = number(field + 1, NAME_LEN - 1);
	if (!names || at >= len)
		return NULL;
	end = memchr(names + at, '\n', len - at);
	if (!end || end < names + at + 2 || end[-1] != '/')
		return NULL;
	return xstrndup(names + at, end - 1 - (names + at));
}

int ar_members_parse(struct ar_members *l, const char *name, const char *text,
		     size_t len, struct errbuf *err)
{
	const char *names = NULL;
	size_t names_len = 0, at = MAGIC_LEN;
	bool thin = len >= MAGIC_LEN && !memcmp(text, THIN, MAGIC_LEN);

	if (!thin && (len < MAGIC_LEN || memcmp(text, MAGIC, MAGIC_LEN)))
		return errbuf_set(err, "%s: not an archive", name);
	while (at < len) {
		const char *h = text + at;
		bool special;
		size_t size;

		if (len - at < HEADER_LEN || memcmp(h + 58, "`\n", 2))
			goto damaged;
		size = number(h + 48, 10);
		special = is_field(h, "/") || is_field(h, "//") ||
			  is_field(h, "/SYM64/");
		at += HEADER_LEN;
		if ((special || !thin) && size > len - at)
			goto damaged;
		if (is_field(h, "//")) {
			names = text + at;
			names_len = size;
		}
		if (!special) {
			char *member = member_name(h, names, names_len);

			if (!member)
				goto damaged;
			GROW(l->v, l->nr, l->alloc);
			l->v[l->nr++] = (struct ar_member){
				.name = member,
				.offset = thin ? 0 : at,
				.size = size,
			};
		}
		if (special || !thin)
			at += size + (size & 1);
	}
	return thin;
damaged:
	return errbuf_set(err, "%s: damaged archive at byte %zu", name, at);
}
