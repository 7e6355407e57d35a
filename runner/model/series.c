// SPDX-License-Identifier: GPL-2.0-only
/*
 * From a heap of mails to the patches of one series.
 *
 * What people have is rarely only patches: a cover letter, replies (some quote
 * or suggest diffs), robots, a message twice. Replies are told by their subject
 * alone and never decoded, unless there is nothing else; everything else goes
 * through git mailinfo once. A message that is left out although it holds a
 * diff is always told.
 *
 * Formats: see mail.c, series_source.c; base-commit: and prerequisite-patch-id:
 * trailers, git-format-patch(1), "Base tree information".
 */
#include "model/series.h"

#include "model/mailinfo.h"
#include "model/patchpath.h"
#include "model/series_item.h"
#include "model/series_source.h"
#include "sys/errbuf.h"
#include "sys/mem.h"
#include "sys/strmap.h"

#include <stdio.h>

/* What series_read() works on. */
struct work {
	struct series *s;
	struct series_source src;
	struct series_item *items; /* one for each mail of src */
	size_t nr;
	struct mailinfo_reader reader;
};

void series_release(struct series *s)
{
	for (size_t i = 0; i < s->nr; i++) {
		free(s->patches[i].subject);
		free(s->patches[i].author);
		free(s->patches[i].origin);
		free(s->patches[i].mail);
	}
	free(s->patches);
	free(s->base_commit);
	free(s->title);
	strlist_release(&s->warnings);
	*s = (struct series)SERIES_INIT;
}

static void work_release(struct work *w)
{
	for (size_t i = 0; i < w->nr; i++) {
		mail_head_release(&w->items[i].head);
		free(w->items[i].subject);
		free(w->items[i].author);
		free(w->items[i].base);
	}
	free(w->items);
	series_source_release(&w->src);
	mailinfo_close(&w->reader);
}

/* One mail came twice: directly and through the list, or by two greps. */
static void read_heads(struct work *w)
{
	_cleanup_strmap_ struct strmap seen = STRMAP_INIT;

	w->nr = w->src.mails.nr;
	w->items = xcalloc(w->nr, sizeof(*w->items));
	for (size_t i = 0; i < w->nr; i++) {
		struct series_item *it = &w->items[i];
		const char *id;

		it->mail = &w->src.mails.v[i];
		mail_head_read(&it->head, it->mail->text, it->mail->len);
		id = it->head.message_id;
		if (!id)
			continue;
		if (strmap_has(&seen, id)) {
			_cleanup_free_ char *a = series_item_origin(it);
			_cleanup_free_ char *b =
				series_item_origin(strmap_get(&seen, id));

			strlist_addf(&w->s->warnings, "%s: is the same message "
				     "as %s (%s): left out", a, b, id);
			it->kind = ITEM_DOUBLE;
		} else {
			strmap_set(&seen, id, it);
		}
	}
}

static bool is_commit_id(const char *s, size_t len)
{
	return len >= 7 && len <= 64 &&
	       strspn(s, "0123456789abcdefABCDEF") >= len;
}

/* Trailers stand at the start of a line, which no line of a hunk does. */
static void read_trailers(struct work *w, struct series_item *it,
			  const char *text)
{
	for (const char *p = text; p && *p; p = strchr(p, '\n')) {
		const char *value;
		size_t len;

		p += *p == '\n';
		it->prerequisites += starts_with(p, "prerequisite-patch-id: ");
		if (it->base || !starts_with(p, "base-commit:"))
			continue;
		value = p + strlen("base-commit:");
		value += strspn(value, " \t");
		len = strcspn(value, " \t\r\n");
		if (is_commit_id(value, len)) {
			it->base = xstrndup(value, len);
		} else {
			_cleanup_free_ char *word = xstrndup(value, len);
			_cleanup_free_ char *shown = utf8_line(word);

			strlist_addf(&w->s->warnings, "%s:%zu: \"base-commit: "
				     "%s\" names no commit: not used",
				     it->mail->file, it->mail->line, shown);
		}
	}
}

/*
 * Where in the file line nr of the decoded diff is: exact when the diff is the
 * unencoded rest of the mail, otherwise the beginning of the mail.
 */
static void prefix_place(const struct mail_text *m, const struct strbuf *diff,
			 size_t nr, struct errbuf *err)
{
	size_t head, line = m->line + nr - 1 - m->added;

	if (m->len < diff->len ||
	    memcmp(m->text + m->len - diff->len, diff->buf, diff->len)) {
		errbuf_prefix(err, "%s:%zu (line %zu of its decoded diff)",
			      m->file, m->line, nr);
		return;
	}
	head = m->len - diff->len;
	for (size_t i = 0; i < head; i++)
		line += m->text[i] == '\n';
	errbuf_prefix(err, "%s:%zu", m->file, line);
}

static char *subject_of(const struct mailinfo *mi)
{
	const char *p = mi->message.buf + strspn(mi->message.buf, " \t\r\n");
	_cleanup_free_ char *line = NULL;

	if (mi->subject)
		return xstrdup(mi->subject);
	line = xstrndup(p, strcspn(p, "\r\n"));
	return *line ? utf8_line(line) : xstrdup("(no subject)");
}

/* Decodes one mail and finds out what it is. */
static int look_into(struct work *w, struct series_item *it, struct errbuf *err)
{
	_cleanup_(mailinfo_release) struct mailinfo mi = MAILINFO_INIT;
	const struct mail_text *m = it->mail;
	size_t line;

	if (mailinfo_read(&w->reader, m->text, m->len, &mi, err))
		return errbuf_prefix(err, "%s:%zu", m->file, m->line);
	if (mi.complaint)
		strlist_addf(&w->s->warnings, "%s:%zu: its character set cannot "
			     "be converted, texts are taken as they are (git "
			     "am refuses this mail: %s)", m->file, m->line,
			     mi.complaint);
	it->subject = subject_of(&mi);
	it->author = STEAL(mi.author);
	if (it->head.tag.numbered && !it->head.tag.number) {
		it->kind = ITEM_COVER;
		read_trailers(w, it, mi.message.buf);
	} else if (patch_has_diff(mi.diff.buf, mi.diff.len)) {
		it->kind = ITEM_PATCH;
	} else {
		it->kind = ITEM_NO_DIFF;
		return 0;
	}
	read_trailers(w, it, mi.diff.buf);
	if (it->kind == ITEM_PATCH &&
	    patch_check_lines(mi.diff.buf, mi.diff.len, &line, err)) {
		prefix_place(m, &mi.diff, line, err);
		return -1;
	}
	return 0;
}

static bool is_second_hand(const struct series_item *it)
{
	return it->head.tag.reply || it->head.tag.bot;
}

/* Looks into all mails, or those at first or at second hand. */
static int look_into_all(struct work *w, bool first, bool second,
			 size_t *patches, struct errbuf *err)
{
	*patches = 0;
	for (size_t i = 0; i < w->nr; i++) {
		struct series_item *it = &w->items[i];

		if (it->kind != ITEM_UNREAD ||
		    !(is_second_hand(it) ? second : first))
			continue;
		if (look_into(w, it, err))
			return -1;
		*patches += it->kind == ITEM_PATCH;
	}
	return 0;
}

/* Tells which messages were passed over although they might matter. */
static void tell_left_out(struct work *w)
{
	for (size_t i = 0; i < w->nr; i++) {
		struct series_item *it = &w->items[i];
		_cleanup_free_ char *origin = series_item_origin(it);

		if (it->kind == ITEM_NO_DIFF && !is_second_hand(it))
			strlist_addf(&w->s->warnings,
				     "%s: no diff in it: left out", origin);
		else if (it->kind == ITEM_UNREAD &&
			 patch_has_diff(it->mail->text, it->mail->len))
			strlist_addf(&w->s->warnings, "%s: is %s that holds a "
				     "diff: left out; give it as a file of its "
				     "own to have it applied", origin,
				     it->head.tag.bot ? "a robot's mail" :
							"a reply");
	}
}

static int find_patches(struct work *w, const char *path, struct errbuf *err)
{
	size_t patches;

	if (look_into_all(w, true, w->src.exact, &patches, err))
		return -1;
	if (!patches && look_into_all(w, true, true, &patches, err))
		return -1;
	if (!patches)
		return errbuf_set(err, "%s: no patch in it: %zu message%s, none "
				  "with a diff", path, w->nr,
				  w->nr == 1 ? "" : "s");
	tell_left_out(w);
	return 0;
}

/* A quilt series file is obeyed: what it lists must be a patch. */
static int exact_order(struct work *w, struct series_item **out,
		       struct errbuf *err)
{
	int nr = 0;

	for (size_t i = 0; i < w->nr; i++) {
		struct series_item *it = &w->items[i];

		if (it->kind == ITEM_NO_DIFF)
			return errbuf_set(err, "%s:%zu: the quilt series file "
					  "lists it, but it has no diff",
					  it->mail->file, it->mail->line);
		if (it->kind == ITEM_PATCH)
			out[nr++] = it;
	}
	return nr;
}

/* The cover letter that belongs to the patches, not one of another version. */
static struct series_item *find_cover(struct work *w,
				      const struct series_item *patch)
{
	for (size_t i = 0; i < w->nr; i++) {
		struct series_item *it = &w->items[i];

		if (it->kind == ITEM_COVER &&
		    (!patch->head.tag.numbered ||
		     !strcmp(it->head.tag.version, patch->head.tag.version)))
			return it;
	}
	return NULL;
}

static void use_base(struct series *s, const struct series_item *it)
{
	_cleanup_free_ char *origin = series_item_origin(it);

	if (it->prerequisites)
		strlist_addf(&s->warnings, "%s: says that the series needs %zu "
			     "other patch%s first (prerequisite-patch-id): "
			     "give a --base that has them", origin,
			     it->prerequisites,
			     it->prerequisites == 1 ? "" : "es");
	if (!it->base)
		return;
	if (!s->base_commit)
		s->base_commit = xstrdup(it->base);
	else if (strcmp(s->base_commit, it->base))
		strlist_addf(&s->warnings, "%s: base-commit %s differs from %s, "
			     "which is used", origin, it->base,
			     s->base_commit);
}

static void add_patch(struct series *s, struct series_item *it)
{
	const struct mail_tag *t = &it->head.tag;
	struct patch p = {
		.subject = STEAL(it->subject),
		.author = STEAL(it->author),
		.origin = series_item_origin(it),
		.number = t->numbered ? t->number : 0,
		.total = t->numbered ? t->total : 0,
		.mail = STEAL(it->mail->text),
		.mail_len = it->mail->len,
	};

	GROW(s->patches, s->nr, s->alloc);
	s->patches[s->nr++] = p;
}

static void fill(struct work *w, struct series_item **order, size_t nr)
{
	struct series_item *cover = find_cover(w, order[0]);
	struct series *s = w->s;

	if (cover)
		s->title = xstrdup(cover->subject);
	else if (nr == 1)
		s->title = xstrdup(order[0]->subject);
	else
		s->title = utf8_line(w->src.name);
	if (cover)
		use_base(s, cover);
	for (size_t i = 0; i < nr; i++) {
		use_base(s, order[i]);
		add_patch(s, order[i]);
	}
}

static int read_into(struct work *w, const char *path, struct errbuf *err)
{
	_cleanup_free_ struct series_item **order = NULL;
	int nr;

	if (series_source_read(&w->src, path, err))
		return -1;
	read_heads(w);
	if (mailinfo_open(&w->reader, err))
		return -1;
	if (find_patches(w, strcmp(path, "-") ? path : w->src.name, err))
		return -1;
	order = xcalloc(w->nr, sizeof(*order));
	if (w->src.exact)
		nr = exact_order(w, order, err);
	else
		nr = series_order(w->items, w->nr, order, &w->s->warnings,
				  err);
	if (nr < 0)
		return w->src.exact ? -1 :
				      errbuf_prefix(err, "%s",
						    strcmp(path, "-") ?
							    path :
							    w->src.name);
	fill(w, order, nr);
	return 0;
}

int series_read(struct series *s, const char *path, struct errbuf *err)
{
	_cleanup_(work_release) struct work w = {
		.s = s,
		.src = SERIES_SOURCE_INIT,
		.reader = { .message_fd = -1, .diff_fd = -1 },
	};

	*s = (struct series)SERIES_INIT;
	if (!read_into(&w, path, err))
		return 0;
	series_release(s);
	return -1;
}
