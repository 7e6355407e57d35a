// SPDX-License-Identifier: GPL-2.0-only
/*
 * Text of a build log made safe and comparable: lines, file names, places.
 *
 * The log holds whatever a source file under test makes its compiler print. So
 * each line is cleaned before anybody looks at it; every later stage may then
 * rely on valid UTF-8 without control characters. File names come in several
 * forms for one file (absolute, "./", "../", "arch/s390/kvm/../../../virt"),
 * as kbuild changes between them from version to version and with the place of
 * O=; diag_path() gives one name for all.
 *
 * Escape sequences: ECMA-48, 5.4 (CSI) and 8.3.89 (OSC). UTF-8: RFC 3629.
 */
#include "model/diag_parse.h"

#include "sys/fileio.h"
#include "sys/mem.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

/* Length of the escape sequence at s (s[0] is ESC), at least 1. */
static size_t escape_len(const char *s, size_t len)
{
	size_t i = 2;

	if (len < 2)
		return len;
	if (s[1] == '[') {
		while (i < len && (s[i] < 0x40 || s[i] > 0x7e)) {
			if (s[i] < 0x20)
				return i;
			i++;
		}
		return i < len ? i + 1 : len;
	}
	if (s[1] == ']') {
		while (i < len && s[i] != '\a' && s[i] != '\033')
			i++;
		if (i + 1 < len && s[i] == '\033' && s[i + 1] == '\\')
			return i + 2;
		return i < len ? i + 1 : len;
	}
	return 2;
}

/* Decodes one character; returns its length or 0 when it is no UTF-8. */
static size_t utf8_decode(const unsigned char *s, size_t len, uint32_t *cp)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n = s[0] < 0x80	? 1 :
		   s[0] >= 0xf0 ? 4 :
		   s[0] >= 0xe0 ? 3 :
				  2;

	if (n == 1) {
		*cp = s[0];
		return 1;
	}
	if (s[0] < 0xc2 || s[0] > 0xf4 || n > len)
		return 0;
	*cp = s[0] & (0x7f >> n);
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		*cp = *cp << 6 | (s[i] & 0x3f);
	}
	if (*cp < least[n] || *cp > 0x10ffff ||
	    (*cp >= 0xd800 && *cp <= 0xdfff))
		return 0;
	return n;
}

/* C0, DEL, C1, and the marks that reorder or break the text around them. */
static bool is_unprintable(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || cp == 0x61c ||
	       (cp >= 0x200e && cp <= 0x200f) ||
	       (cp >= 0x2028 && cp <= 0x202e) ||
	       (cp >= 0x2066 && cp <= 0x2069) || cp == 0xfeff;
}

void diag_clean_line(struct strbuf *out, const char *line, size_t len)
{
	size_t i = 0;

	while (i < len) {
		uint32_t cp;
		size_t n;

		if (line[i] == '\033') {
			i += escape_len(line + i, len - i);
			continue;
		}
		n = utf8_decode((const unsigned char *)line + i, len - i, &cp);
		if (!n) {
			strbuf_addstr(out, "\xef\xbf\xbd");
			i++;
			continue;
		}
		if (cp == '\t')
			strbuf_addch(out, ' ');
		else if (!is_unprintable(cp))
			strbuf_add(out, line + i, n);
		i += n;
	}
}

static void read_next(struct diag_lines *l)
{
	const char *start = l->text + l->pos, *end;

	strbuf_reset(&l->next);
	l->has_next = l->pos < l->len;
	if (!l->has_next)
		return;
	end = memchr(start, '\n', l->len - l->pos);
	if (!end)
		end = l->text + l->len;
	diag_clean_line(&l->next, start, end - start);
	l->pos = end - l->text + 1;
}

void diag_lines_init(struct diag_lines *l, const char *text, size_t len)
{
	*l = (struct diag_lines){ .text = text, .len = len };
	strbuf_init(&l->cur);
	strbuf_init(&l->next);
	read_next(l);
}

void diag_lines_release(struct diag_lines *l)
{
	strbuf_release(&l->cur);
	strbuf_release(&l->next);
}

bool diag_lines_advance(struct diag_lines *l)
{
	struct strbuf old = l->cur;

	if (!l->has_next)
		return false;
	l->cur = l->next;
	l->next = old;
	read_next(l);
	return true;
}

/* What of path lies below tree, or NULL. */
static const char *below(const char *path, const char *tree)
{
	size_t n = tree ? strlen(tree) : 0;

	if (!n || strncmp(path, tree, n))
		return NULL;
	if (tree[n - 1] == '/')
		return path + n;
	if (!path[n])
		return ".";
	return path[n] == '/' ? path + n + 1 : NULL;
}

char *diag_path(const struct diag_parser *p, const char *path)
{
	const char *first = p->objtree, *second = p->srctree, *rel;
	_cleanup_free_ char *full = NULL;

	if (!*path || *path == '<' || *path == '{')
		return NULL;
	/* One tree may lie within the other: the deeper one first. */
	if (first && second && strlen(second) > strlen(first)) {
		first = p->srctree;
		second = p->objtree;
	}
	if (*path == '/') {
		full = path_normalize(path);
	} else {
		_cleanup_free_ char *joined =
			path_join(p->objtree ? p->objtree : "/", path);

		full = path_normalize(joined);
	}
	rel = below(full, first);
	if (!rel)
		rel = below(full, second);
	if (rel)
		return xstrdup(rel);
	return *path == '/' ? STEAL(full) : path_normalize(path);
}

char *diag_path_n(const struct diag_parser *p, const char *path, size_t len)
{
	_cleanup_free_ char *copy = xstrndup(path, len);

	return diag_path(p, copy);
}

/* Takes ":12" off the end of text[0..*len); 0 where there is none. */
static unsigned cut_number(const char *text, size_t *len)
{
	size_t i = *len;
	unsigned long n = 0;

	while (i && isdigit((unsigned char)text[i - 1]))
		i--;
	if (i == *len || i < 2 || text[i - 1] != ':')
		return 0;
	for (size_t k = i; k < *len; k++) {
		n = n * 10 + (text[k] - '0');
		if (n > INT32_MAX)
			return 0;
	}
	*len = i - 1;
	return n;
}

void diag_place_parse(struct diag_place *pl, const char *text, size_t len)
{
	unsigned a, b;

	*pl = (struct diag_place){ .file = text };
	a = cut_number(text, &len);
	b = a ? cut_number(text, &len) : 0;
	pl->line = b ? b : a;
	pl->column = b ? a : 0;
	pl->len = len;
}

const char *diag_place_split(const char *line, struct diag_place *pl)
{
	size_t n = strcspn(line, " ");

	/* The one name with a blank in it that as(1) uses. */
	if (starts_with(line, "{standard input}:"))
		n = strlen("{standard input}:") +
		    strcspn(line + strlen("{standard input}:"), " ");
	if (n < 2 || !line[n] || line[n - 1] != ':')
		return NULL;
	diag_place_parse(pl, line, n - 1);
	return line + n + 1;
}

/* Length of the quotation mark at s; 0 when there is none. */
static size_t quote_len(const char *s)
{
	if (*s == '\'' || *s == '`' || *s == '"')
		return 1;
	if (!strncmp(s, "\xe2\x80\x98", 3) || !strncmp(s, "\xe2\x80\x99", 3) ||
	    !strncmp(s, "\xe2\x80\x9c", 3) || !strncmp(s, "\xe2\x80\x9d", 3))
		return 3;
	return 0;
}

char *diag_quoted(const char *s)
{
	const char *end;

	while (*s && !quote_len(s))
		s++;
	if (!*s)
		return NULL;
	s += quote_len(s);
	for (end = s; *end && !quote_len(end);)
		end++;
	return *end && end > s ? xstrndup(s, end - s) : NULL;
}

size_t diag_cut(const char *s, size_t max)
{
	size_t len = strnlen(s, max + 1);

	if (len <= max)
		return len;
	len = max;
	while (len && ((unsigned char)s[len] & 0xc0) == 0x80)
		len--;
	return len;
}

const char *diag_basename(const char *s)
{
	const char *slash = strrchr(s, '/');

	return slash ? slash + 1 : s;
}

/* Copies the last component of a name that is a part of a text. */
static void base_copy(char *buf, size_t size, const char *name, size_t len)
{
	const char *slash = memrchr(name, '/', len);

	if (slash) {
		len -= slash + 1 - name;
		name = slash + 1;
	}
	if (len >= size)
		len = 0;
	memcpy(buf, name, len);
	buf[len] = '\0';
}

/* Takes "-12" and "-12.2.0" off the end of a program's name. */
static void cut_version(char *base)
{
	size_t n = strlen(base), i = n;

	while (i && (isdigit((unsigned char)base[i - 1]) || base[i - 1] == '.'))
		i--;
	if (i < n && i > 1 && base[i - 1] == '-')
		base[i - 1] = '\0';
}

bool diag_is_compiler(const char *name, size_t len)
{
	static const char *const names[] = { "cc1",   "cc1plus", "lto1",
					     "gcc",   "cc",	 "clang",
					     "cpp",   "rustc",	 "collect2",
					     "c++",   "g++",	 "lto-wrapper" };
	char base[64];

	base_copy(base, sizeof(base), name, len);
	cut_version(base);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(base, names[i]))
			return true;
	return ends_with(base, "-gcc") || ends_with(base, "-clang");
}

bool diag_is_linker(const char *name, size_t len)
{
	char base[64];

	base_copy(base, sizeof(base), name, len);
	cut_version(base);
	for (const char *const *suffix =
		     (const char *const[]){ "ld", "ld.bfd", "ld.gold",
					    "ld.lld", NULL };
	     *suffix; suffix++) {
		size_t n = strlen(base), s = strlen(*suffix);

		if (ends_with(base, *suffix) &&
		    (n == s || base[n - s - 1] == '-'))
			return true;
	}
	return !strcmp(base, "lld");
}

bool diag_is_makefile(const char *name, size_t len)
{
	char base[64];

	base_copy(base, sizeof(base), name, len);
	return starts_with(base, "Makefile") || starts_with(base, "Kbuild") ||
	       ends_with(base, ".mk") || !strcmp(base, "makefile");
}

bool diag_is_object(const char *path)
{
	return ends_with(path, ".o") || ends_with(path, ".s");
}
