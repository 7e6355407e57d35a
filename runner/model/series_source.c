// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads the files of a series.
 *
 * Format of a quilt "series" file (quilt(1), "The series file"): one patch a
 * line, optionally followed by options for patch(1); "#" begins a comment at the
 * start of a line or after a blank. Names with blanks are accepted, although
 * quilt has none: options are looked for from the end of the line.
 */
#include "model/series_source.h"

#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/mem.h"
#include "sys/strbuf.h"
#include "sys/strlist.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* More than any thread ever posted; a guard against naming the wrong file. */
#define SERIES_MAX_BYTES ((size_t)256 << 20)

#define STDIN_NAME "standard input"

struct budget {
	size_t left;
};

void series_source_release(struct series_source *src)
{
	mail_list_release(&src->mails);
	free(src->name);
	*src = (struct series_source)SERIES_SOURCE_INIT;
}

static int too_big(const char *file, struct errbuf *err)
{
	return errbuf_set(err, "%s: the series is larger than %zu MiB: refused "
			  "(is this the right file?)", file,
			  SERIES_MAX_BYTES >> 20);
}

static int read_fd(int fd, const char *file, struct budget *budget,
		   struct strbuf *out, struct errbuf *err)
{
	char chunk[65536];
	struct stat st;
	ssize_t n;

	if (!fstat(fd, &st) && S_ISREG(st.st_mode) &&
	    (size_t)st.st_size > budget->left)
		return too_big(file, err);
	while ((n = read(fd, chunk, sizeof(chunk))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errbuf_set(err, "%s: %s", file,
					  strerror(errno));
		if ((size_t)n > budget->left)
			return too_big(file, err);
		budget->left -= n;
		strbuf_add(out, chunk, n);
	}
	return 0;
}

static int read_mails(struct series_source *src, const char *file,
		      struct budget *budget, struct errbuf *err)
{
	_cleanup_strbuf_ struct strbuf data = STRBUF_INIT;
	_cleanup_close_ int fd = open(file, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return errbuf_set(err, "%s: %s", file, strerror(errno));
	if (read_fd(fd, file, budget, &data, err))
		return -1;
	return mail_split(&src->mails, file, data.buf, data.len, err);
}

static int read_stdin(struct series_source *src, struct budget *budget,
		      struct errbuf *err)
{
	_cleanup_strbuf_ struct strbuf data = STRBUF_INIT;

	if (read_fd(STDIN_FILENO, STDIN_NAME, budget, &data, err))
		return -1;
	return mail_split(&src->mails, STDIN_NAME, data.buf, data.len, err);
}

/* One -option of a quilt series line. */
static int check_quilt_option(const char *opt, const char *series, size_t line,
			      struct errbuf *err)
{
	if (!strcmp(opt, "-p1") || !strcmp(opt, "-pab"))
		return 0;
	if (starts_with(opt, "-p"))
		return errbuf_set(err, "%s:%zu: option %s: kvmatrix applies "
				  "patches with -p1 only; bring the patch into "
				  "that form first: quilt refresh -p1",
				  series, line, opt);
	return errbuf_set(err, "%s:%zu: option %s is not understood; only -p1 "
			  "is", series, line, opt);
}

/* Cuts comment, options and blanks off a quilt series line, in place. */
static int clean_quilt_line(char *text, const char *series, size_t line,
			    struct errbuf *err)
{
	size_t len;

	for (char *c = text; *c; c++) {
		if (*c != '#' || (c > text && !isspace((unsigned char)c[-1])))
			continue;
		*c = '\0';
		break;
	}
	for (;;) {
		char *word;

		len = strlen(text);
		while (len && isspace((unsigned char)text[len - 1]))
			text[--len] = '\0';
		word = text + len;
		while (word > text && !isspace((unsigned char)word[-1]))
			word--;
		if (word == text || *word != '-')
			return 0;
		if (check_quilt_option(word, series, line, err))
			return -1;
		*word = '\0';
	}
}

static int read_quilt_line(struct series_source *src, const char *dir,
			   const char *series, size_t line, char *text,
			   struct strlist *seen, struct budget *budget,
			   struct errbuf *err)
{
	_cleanup_free_ char *file = NULL;

	text += strspn(text, " \t\r");
	if (clean_quilt_line(text, series, line, err))
		return -1;
	if (!*text)
		return 0;
	if (strlist_has(seen, text))
		return errbuf_set(err, "%s:%zu: %s is listed twice", series,
				  line, text);
	strlist_add(seen, text);
	file = path_join(dir, text);
	if (!file_exists(file) || dir_exists(file))
		return errbuf_set(err, "%s:%zu: there is no patch %s", series,
				  line, file);
	return read_mails(src, file, budget, err);
}

static int read_quilt(struct series_source *src, const char *dir,
		      const char *series, struct budget *budget,
		      struct errbuf *err)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	_cleanup_strlist_ struct strlist seen = STRLIST_INIT;
	size_t line = 0;
	char *next;

	if (file_read(series, &text, err))
		return -1;
	src->exact = true;
	for (char *p = text.buf; p && *p; p = next) {
		next = strchr(p, '\n');
		if (next)
			*next++ = '\0';
		if (read_quilt_line(src, dir, series, ++line, p, &seen, budget,
				    err))
			return -1;
	}
	if (!src->mails.nr)
		return errbuf_set(err, "%s: lists no patch", series);
	return 0;
}

static bool is_patch_name(const char *name)
{
	static const char *const suffixes[] = { ".patch", ".diff", ".eml",
						".mbox",  ".mbx",  ".cover" };

	if (*name == '.')
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++)
		if (ends_with(name, suffixes[i]))
			return true;
	return false;
}

/* Natural order: 2-x before 10-x, and 0002-x before 0010-x as well. */
static int by_name(const void *a, const void *b)
{
	return strverscmp(*(char *const *)a, *(char *const *)b);
}

static int list_patches(const char *dir, struct strlist *names,
			struct errbuf *err)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	if (!d)
		return errbuf_set(err, "%s: %s", dir, strerror(errno));
	while ((e = readdir(d))) {
		_cleanup_free_ char *file = path_join(dir, e->d_name);

		if (is_patch_name(e->d_name) && !dir_exists(file))
			strlist_take(names, STEAL(file));
	}
	closedir(d);
	if (!names->nr)
		return errbuf_set(err, "%s: no *.patch, *.diff, *.eml, *.mbox or "
				  "*.mbx file in this directory, and no quilt "
				  "series file", dir);
	qsort(names->v, names->nr, sizeof(*names->v), by_name);
	return 0;
}

static int read_dir(struct series_source *src, const char *dir,
		    struct budget *budget, struct errbuf *err)
{
	_cleanup_strlist_ struct strlist names = STRLIST_INIT;
	_cleanup_free_ char *series = path_join(dir, "series");

	if (file_exists(series) && !dir_exists(series))
		return read_quilt(src, dir, series, budget, err);
	if (list_patches(dir, &names, err))
		return -1;
	strlist_each(file, &names) {
		if (read_mails(src, file, budget, err))
			return -1;
	}
	return 0;
}

/* "patches/hide-internals/" gives "hide-internals". */
static char *base_name(const char *path)
{
	size_t end = strlen(path), begin;

	while (end > 1 && path[end - 1] == '/')
		end--;
	for (begin = end; begin && path[begin - 1] != '/'; begin--)
		;
	return xstrndup(path + begin, end - begin);
}

int series_source_read(struct series_source *src, const char *path,
		       struct errbuf *err)
{
	struct budget budget = { .left = SERIES_MAX_BYTES };
	_cleanup_free_ char *clean = NULL;
	size_t len;

	if (!strcmp(path, "-")) {
		src->name = xstrdup(STDIN_NAME);
		return read_stdin(src, &budget, err);
	}
	src->name = base_name(path);
	if (!dir_exists(path))
		return read_mails(src, path, &budget, err);
	clean = xstrdup(path);
	for (len = strlen(clean); len > 1 && clean[len - 1] == '/'; len--)
		clean[len - 1] = '\0';
	return read_dir(src, clean, &budget, err);
}
