// SPDX-License-Identifier: GPL-2.0-only
/*
 * A patch must stay inside the tree. git apply refuses most of this too; it is
 * checked here so that the user is told before anything is built, with the
 * line, and because git does not look at where a symbolic link leads.
 *
 * The trick is to read what git apply reads and nothing else: hunks are
 * consumed by their counts, since a removed line "-- ../x" looks like a file
 * header and is none; "--- x" outside a "diff --git" counts only when "+++" and
 * "@@" follow. Where in doubt more is checked than git would apply.
 *
 * Format: git-diff(1), "Generating patch text with -p"; names in double quotes
 * are C-style (core.quotePath).
 */
#include "model/patchpath.h"

#include "model/series.h"
#include "sys/errbuf.h"
#include "sys/mem.h"
#include "sys/strbuf.h"

#include <ctype.h>
#include <stdio.h>
#include <strings.h>

struct scan {
	const char *p;	 /* the line being read */
	size_t len;	 /* its length without the end of line */
	const char *next; /* the line after it */
	const char *end;
	size_t line;	 /* its number */
	size_t files;	 /* headers seen */
	bool header;	 /* between "diff --git" and the first hunk */
	unsigned long old_left, new_left; /* lines the hunk still owes */
	/* Of the file being read: */
	bool link;	 /* mode 120000 afterwards */
	char *path;	 /* new name without its first component, or NULL */
	size_t target_line; /* line of the link's target; 0: none seen */
	struct strbuf target;
};

static bool scan_line(struct scan *s)
{
	const char *nl;

	if (s->next >= s->end)
		return false;
	s->p = s->next;
	nl = memchr(s->p, '\n', s->end - s->p);
	s->next = nl ? nl + 1 : s->end;
	s->len = (nl ? nl : s->end) - s->p;
	if (s->len && s->p[s->len - 1] == '\r')
		s->len--;
	s->line++;
	return true;
}

static bool line_starts(const char *p, const char *end, const char *prefix)
{
	size_t n = strlen(prefix);

	return (size_t)(end - p) >= n && !memcmp(p, prefix, n);
}

static bool at(const struct scan *s, const char *prefix)
{
	return line_starts(s->p, s->p + s->len, prefix);
}

static bool is_octal(char c)
{
	return c >= '0' && c <= '7';
}

/*
 * Reads a C-style quoted name at p (which is at the opening quote) into out.
 * Returns what follows the closing quote, NULL when there is none.
 */
static const char *unquote(struct strbuf *out, const char *p, const char *end)
{
	static const char from[] = "abtnvfr\"\\", to[] = "\a\b\t\n\v\f\r\"\\";

	for (p++; p < end && *p != '"'; p++) {
		const char *e;

		if (*p != '\\') {
			strbuf_addch(out, *p);
			continue;
		}
		if (++p >= end)
			return NULL;
		e = *p ? strchr(from, *p) : NULL;
		if (e) {
			strbuf_addch(out, to[e - from]);
		} else if (end - p >= 3 && is_octal(p[0]) && is_octal(p[1]) &&
			   is_octal(p[2])) {
			strbuf_addch(out, (char)((p[0] - '0') * 64 +
						 (p[1] - '0') * 8 + p[2] -
						 '0'));
			p += 2;
		} else {
			return NULL;
		}
	}
	return p < end ? p + 1 : NULL;
}

/* ".git" in any case, also as "~1" short name or with what NTFS ignores. */
static bool is_dot_git(const char *part, size_t len)
{
	while (len > 4 && (part[len - 1] == ' ' || part[len - 1] == '.'))
		len--;
	return (len == 4 && !strncasecmp(part, ".git", 4)) ||
	       (len == 5 && !strncasecmp(part, "git~1", 5));
}

static int check_components(const char *name, struct errbuf *err)
{
	const char *p = name;

	for (const char *c = name; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 127)
			return errbuf_set(err, "control character in the path "
					  "of a patch: refused");
	while (*p) {
		size_t n = strcspn(p, "/");

		if (n == 2 && !memcmp(p, "..", 2))
			return errbuf_set(err, "path \"%s\" holds \"..\": a "
					  "patch must not name files outside "
					  "the tree: refused", name);
		if (is_dot_git(p, n))
			return errbuf_set(err, "path \"%s\" points into .git: "
					  "refused", name);
		p += n;
		p += *p == '/';
	}
	return 0;
}

/* A name from a header line, as written there. */
static int check_name(const char *name, struct errbuf *err)
{
	const char *slash = strchr(name, '/');

	if (!strcmp(name, "/dev/null"))
		return 0;
	if (*name == '/' || (slash && slash[1] == '/'))
		return errbuf_set(err, "absolute path \"%s\": a patch must name "
				  "files relative to the top of the tree: "
				  "refused", name);
	return check_components(name, err);
}

/*
 * The name that begins at p: quoted, or up to a tab. Returns 0 and the name.
 */
static int read_name(const struct scan *s, const char *p, struct strbuf *name,
		     struct errbuf *err)
{
	const char *end = s->p + s->len, *tab;

	if (p < end && *p == '"') {
		if (!unquote(name, p, end))
			return errbuf_set(err, "broken quoting of a file name");
		if (strlen(name->buf) != name->len)
			return errbuf_set(err, "NUL byte in a file name: "
					  "refused");
		return 0;
	}
	tab = memchr(p, '\t', end - p);
	strbuf_add(name, p, (tab ? tab : end) - p);
	return 0;
}

static int check_name_at(struct scan *s, const char *p, bool is_new,
			 struct errbuf *err)
{
	_cleanup_strbuf_ struct strbuf name = STRBUF_INIT;
	const char *slash;

	if (read_name(s, p, &name, err) || check_name(name.buf, err))
		return -1;
	slash = strchr(name.buf, '/');
	if (is_new && slash && strcmp(name.buf, "/dev/null")) {
		free(s->path);
		s->path = xstrdup(slash + 1);
	}
	return 0;
}

/*
 * Both names of "diff --git a/x b/x". Without quotes the blank between them
 * cannot be told from one in a name, so each blank is taken for both.
 */
static int check_git_line(struct scan *s, struct errbuf *err)
{
	const char *p = s->p + strlen("diff --git "), *end = s->p + s->len;

	while (p < end) {
		_cleanup_strbuf_ struct strbuf name = STRBUF_INIT;
		const char *blank = memchr(p, ' ', end - p);

		if (*p == '"') {
			if (read_name(s, p, &name, err))
				return -1;
			strbuf_reset(&name);
			p = unquote(&name, p, end);
		} else {
			strbuf_add(&name, p, (blank ? blank : end) - p);
			p = blank ? blank : end;
		}
		if (check_name(name.buf, err))
			return -1;
		while (p < end && *p == ' ')
			p++;
	}
	return 0;
}

static int refuse_link(struct scan *s, const char *why, struct errbuf *err)
{
	if (s->target_line)
		s->line = s->target_line;
	return errbuf_set(err, "symbolic link \"%s\" %s: refused",
			  s->path ? s->path : "(no name)", why);
}

/*
 * Where the link leads must be plain from its text: ".." only at the front,
 * because "dir/.." is another place when dir is itself a link.
 */
static int check_link(struct scan *s, struct errbuf *err)
{
	size_t depth = 0, up = 0;
	const char *t = s->target.buf;

	if (!s->link || !s->target_line)
		return 0;
	if (!s->path)
		return refuse_link(s, "has no \"+++\" line", err);
	if (*t == '/')
		return refuse_link(s, "leads to an absolute path", err);
	for (const char *c = s->path; *c; c++)
		depth += *c == '/' && c[1] != '/';
	for (;;) {
		if (!strncmp(t, "../", 3) || !strcmp(t, ".."))
			up++;
		else if (strncmp(t, "./", 2))
			break;
		t += strcspn(t, "/");
		t += strspn(t, "/");
	}
	if (up > depth)
		return refuse_link(s, "leads out of the tree", err);
	if (check_components(t, err))
		return refuse_link(s, "leads to a path that holds \"..\" in "
				   "its middle, .git or control characters",
				   err);
	return 0;
}

/* Ends the file that was being read. */
static int end_file(struct scan *s, struct errbuf *err)
{
	int ret = check_link(s, err);

	free(STEAL(s->path));
	strbuf_reset(&s->target);
	s->target_line = 0;
	s->link = false;
	s->header = false;
	s->old_left = s->new_left = 0;
	return ret;
}

static int new_mode(struct scan *s, const char *mode, bool changed,
		    struct errbuf *err)
{
	const char *end = s->p + s->len;

	if (line_starts(mode, end, "160000"))
		return errbuf_set(err, "adds a submodule: a kernel patch has "
				  "none: refused");
	if (!line_starts(mode, end, "120000"))
		return 0;
	if (changed)
		return refuse_link(s, "is made of an existing file, so where "
				   "it leads cannot be seen", err);
	s->link = true;
	return 0;
}

/* One line of a "diff --git" header; sets s->header false at its end. */
static int header_line(struct scan *s, struct errbuf *err)
{
	static const struct {
		const char *key;
		enum { NAME, NEW_NAME, CREATE, CHANGE, SKIP } kind;
	} keys[] = {
		{ "--- ", NAME },	      { "+++ ", NEW_NAME },
		{ "rename from ", NAME },     { "rename to ", NEW_NAME },
		{ "rename old ", NAME },      { "rename new ", NEW_NAME },
		{ "copy from ", NAME },	      { "copy to ", NEW_NAME },
		{ "new file mode ", CREATE }, { "new mode ", CHANGE },
		{ "old mode ", SKIP },	      { "deleted file mode ", SKIP },
		{ "similarity index ", SKIP }, { "dissimilarity index ", SKIP },
	};
	const char *mode;

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		const char *value = s->p + strlen(keys[i].key);

		if (!at(s, keys[i].key))
			continue;
		if (keys[i].kind == CREATE || keys[i].kind == CHANGE)
			return new_mode(s, value, keys[i].kind == CHANGE, err);
		if (keys[i].kind == SKIP)
			return 0;
		/* "rename to x" has no prefix to take off: the "+++" line,
		 * where there is one, corrects the name */
		return check_name_at(s, value, keys[i].kind == NEW_NAME, err);
	}
	if (at(s, "index ")) {
		mode = memrchr(s->p, ' ', s->len) + 1;
		if (mode == s->p + strlen("index ")) /* no mode on it */
			return 0;
		return new_mode(s, mode, false, err);
	}
	s->header = false;
	return 0;
}

/* "@@ -1,2 +3,4 @@": how many lines the hunk has. */
static bool read_hunk(struct scan *s)
{
	_cleanup_free_ char *text = xstrndup(s->p, s->len < 200 ? s->len : 200);
	unsigned long old_nr = 1, new_nr = 1;
	char *p = text + strlen("@@ -");

	strtoul(p, &p, 10);
	if (*p == ',')
		old_nr = strtoul(p + 1, &p, 10);
	if (strncmp(p, " +", 2))
		return false;
	strtoul(p + 2, &p, 10);
	if (*p == ',')
		new_nr = strtoul(p + 1, &p, 10);
	if (strncmp(p, " @@", 3))
		return false;
	s->old_left = old_nr;
	s->new_left = new_nr;
	return true;
}

/* A line of a hunk; false when it is none (git calls that a corrupt patch). */
static bool hunk_line(struct scan *s)
{
	char c = s->len ? *s->p : ' ';

	if (c != ' ' && c != '+' && c != '-' && c != '\\')
		return false;
	if (c == '\\')
		return true;
	if (c != '+' && s->old_left)
		s->old_left--;
	if (c != '-' && s->new_left)
		s->new_left--;
	if (s->link && c != '-') {
		if (s->target_line)
			strbuf_addch(&s->target, '\n');
		else
			s->target_line = s->line;
		strbuf_add(&s->target, s->p + 1, s->len ? s->len - 1 : 0);
	}
	return true;
}

/* "--- x", "+++ y", "@@ -": a header without "diff --git". */
static bool at_plain_header(const struct scan *s)
{
	const char *second = s->next, *third;

	if (!at(s, "--- ") || !line_starts(second, s->end, "+++ "))
		return false;
	third = memchr(second, '\n', s->end - second);
	return third && line_starts(third + 1, s->end, "@@ -");
}

static int outside_line(struct scan *s, struct errbuf *err)
{
	if (at(s, "diff --git ")) {
		if (end_file(s, err))
			return -1;
		s->header = true;
		s->files++;
		return check_git_line(s, err);
	}
	if (s->files && at(s, "@@ -")) {
		read_hunk(s);
		return 0;
	}
	if (s->link && at(s, "GIT binary patch"))
		return refuse_link(s, "comes as binary data, so where it leads "
				   "cannot be seen", err);
	if (at_plain_header(s)) {
		if (end_file(s, err))
			return -1;
		s->files++;
		if (check_name_at(s, s->p + 4, false, err))
			return -1;
		scan_line(s);
		return check_name_at(s, s->p + 4, true, err);
	}
	return 0;
}

static int scan_all(struct scan *s, struct errbuf *err)
{
	while (scan_line(s)) {
		if (s->old_left || s->new_left) {
			if (hunk_line(s))
				continue;
			s->old_left = s->new_left = 0;
		}
		if (s->header && header_line(s, err))
			return -1;
		if (!s->header && outside_line(s, err))
			return -1;
	}
	return end_file(s, err);
}

static int scan_text(const char *text, size_t len, struct scan *s,
		     struct errbuf *err)
{
	int ret;

	*s = (struct scan){ .next = text, .end = text + len,
			    .target = STRBUF_INIT };
	ret = scan_all(s, err);
	free(STEAL(s->path));
	strbuf_release(&s->target);
	return ret;
}

bool patch_has_diff(const char *text, size_t len)
{
	_cleanup_errbuf_ struct errbuf ignored = ERRBUF_INIT;
	struct scan s;

	/* what is refused is a diff too; why is told by the real check */
	return scan_text(text, len, &s, &ignored) || s.files;
}

int patch_check_lines(const char *diff, size_t len, size_t *line,
		      struct errbuf *err)
{
	struct scan s;
	int ret = scan_text(diff, len, &s, err);

	*line = s.line;
	return ret;
}

int patch_check_paths(const char *diff, size_t len, struct errbuf *err)
{
	size_t line;

	if (!patch_check_lines(diff, len, &line, err))
		return 0;
	return errbuf_prefix(err, "line %zu", line);
}
