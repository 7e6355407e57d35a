/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What stands in files at a state, and which lines a patch wrote.
 */
#ifndef KVMATRIX_ENGINE_TREE_LINES_H
#define KVMATRIX_ENGINE_TREE_LINES_H

struct errbuf;
struct state;
struct strbuf;
struct tree;

/* Appends the content of path at a state. 1: it is there, 0: not, -1: err. */
int tree_read(const struct tree *t, const struct state *s, const char *path,
	      struct strbuf *out, struct errbuf *err);

/*
 * Calls take for each stretch of lines of a file at state TO that are not in FROM,
 * as "git diff" sees it; a file that was renamed is compared with what it was.
 */
int tree_changed_lines(const struct tree *t, const struct state *from,
		       const struct state *to,
		       void (*take)(void *data, const char *path,
				    unsigned first, unsigned nr),
		       void *data, struct errbuf *err);

#endif
