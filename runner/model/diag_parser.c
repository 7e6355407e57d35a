// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the readers of the different tools share: the open block, and the
 * diagnostic that is being put together from several lines.
 *
 * A block is what kbuild prints for one target: with -Otarget make keeps the
 * lines together. Whatever a reader remembers from line to line (the function
 * in force, pending includes) ends with its block, so that one unit's output
 * cannot colour another's.
 */
#include "model/diag_parse.h"

#include "sys/fileio.h"
#include "sys/mem.h"

#include <string.h>

#define MESSAGE_MAX 2000

static char *tree_name(const char *path)
{
	return path && *path == '/' ? path_normalize(path) : NULL;
}

void diag_parser_init(struct diag_parser *p, struct diag_list *out,
		      const char *srctree, const char *objtree)
{
	*p = (struct diag_parser){
		.out = out,
		.srctree = tree_name(srctree),
		.objtree = tree_name(objtree),
		.block = out->nr,
	};
}

static void chain_free(struct diag_parser *p)
{
	for (size_t i = 0; i < p->nr_chain; i++)
		free(p->chain[i].file);
	free(p->chain);
	p->chain = NULL;
	p->nr_chain = p->alloc_chain = 0;
}

static void block_close(struct diag_parser *p)
{
	char **owned[] = { &p->unit,	 &p->tag,	  &p->function,
			   &p->inlined,	 &p->ld_object,	  &p->ld_function,
			   &p->ld_text,	 &p->prompt };

	for (size_t i = 0; i < ARRAY_SIZE(owned); i++) {
		free(*owned[i]);
		*owned[i] = NULL;
	}
	chain_free(p);
	p->unit_is_object = p->has_last = p->note_is_macro = false;
	p->located = p->in_heading = false;
	p->more = DIAG_MORE_NONE;
	p->block = p->out->nr;
}

void diag_parser_release(struct diag_parser *p)
{
	block_close(p);
	free(p->srctree);
	free(p->objtree);
}

void diag_block_open(struct diag_parser *p, const char *tag, const char *unit)
{
	block_close(p);
	p->tag = xstrdup_null(tag);
	p->unit = xstrdup_null(unit);
	p->unit_is_object = unit && diag_is_object(unit);
}

static bool in_path(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || (c && strchr("_-./", c));
}

/* Takes "TREE/" off every path in the text. */
static char *without_tree(char *text, const char *tree)
{
	struct strbuf sb = STRBUF_INIT;
	size_t n = tree ? strlen(tree) : 0;
	const char *s = text, *hit;

	if (n < 2 || !strstr(text, tree))
		return text;
	while ((hit = strstr(s, tree))) {
		bool whole = hit == text || !in_path(hit[-1]);

		strbuf_add(&sb, s, hit - s);
		s = hit + n;
		if (whole && *s == '/')
			s++;
		else
			strbuf_add(&sb, hit, n);
	}
	strbuf_addstr(&sb, s);
	free(text);
	return strbuf_detach(&sb);
}

/* One line for people: no build paths, no blanks around it, not too long. */
static char *tidy_text(const struct diag_parser *p, const char *text)
{
	const char *first = p->objtree, *second = p->srctree;
	size_t len;
	char *s;

	while (*text == ' ')
		text++;
	if (first && second && strlen(second) > strlen(first)) {
		first = p->srctree;
		second = p->objtree;
	}
	s = without_tree(xstrdup(text), first);
	s = without_tree(s, second);
	len = diag_cut(s, MESSAGE_MAX);
	while (len && s[len - 1] == ' ')
		len--;
	s[len] = '\0';
	return s;
}

struct diagnostic *diag_add(struct diag_parser *p, const char *tool,
			    enum diag_severity severity, const char *message)
{
	struct diagnostic *d = diag_list_new(p->out);

	d->tool = xstrdup(tool);
	d->severity = severity;
	d->message = tidy_text(p, message);
	d->unit = xstrdup_null(p->unit);
	p->last = p->out->nr - 1;
	p->has_last = true;
	p->note_is_macro = false;
	p->more = DIAG_MORE_NONE;
	return d;
}

struct diagnostic *diag_last(struct diag_parser *p)
{
	return p->has_last ? &p->out->v[p->last] : NULL;
}

void diag_add_note(struct diag_parser *p, struct diagnostic *d,
		   const char *text)
{
	_cleanup_free_ char *old = STEAL(d->note);
	_cleanup_free_ char *tidy = tidy_text(p, text);

	if (!old)
		d->note = STEAL(tidy);
	else if (strlen(old) < MESSAGE_MAX)
		d->note = xasprintf("%s%s%s", old,
				    ends_with(old, ":") ? " " : "; ", tidy);
	else
		d->note = STEAL(old);
}
