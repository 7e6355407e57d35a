/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the preprocessor did with one unit, read from its output: which file it
 * entered from which line of which other file, and which lines it let through.
 *
 * The format is that of "Preprocessor Output" in the manual of GNU cpp:
 *	# LINE "FILE" FLAGS	1: a file is entered, 2: back in a file
 * With -fdirectives-only the text of lines that are let through is unchanged,
 * comments included, and lines of #if groups that are skipped are empty; so a
 * line that is not empty in the source is in the output or was skipped.
 *
 * A file that guards itself and was read to its end is not entered again. It is
 * entered again as long as it is being read: so whoever closes a cycle of
 * includes is always seen.
 */
#ifndef KVMATRIX_ENGINE_LOOK_TREE_H
#define KVMATRIX_ENGINE_LOOK_TREE_H

#include "sys/strlist.h"
#include "sys/strmap.h"

#include <stdbool.h>
#include <stddef.h>

/* File names, each kept once: equal names are equal pointers. */
struct look_names {
	struct strmap names;	 /* normalised -> char * */
	struct strmap spellings; /* as the compiler writes them -> the same */
};
void look_names_release(struct look_names *n);
const char *look_name(struct look_names *n, const char *path);

/* One time that a file was entered. */
struct look_enter {
	const char *file; /* relative to srctree; generated ones to objtree */
	int parent;	  /* the enter that it came from; -1: the command line,
			   * or this is the source */
	unsigned line;	  /* of the #include in the parent */
	/* What it let through by itself, without the files it includes. */
	unsigned bytes, lines;
};

/* An #include that entered nothing: the file had been read before, or was not
 * found (then the preprocessor ended there). */
struct look_skip {
	int in; /* the enter whose line it is */
	unsigned line;
	const char *name; /* "<asm/x.h>" */
};

/* Lines of one file that were let through, all times it was entered together. */
struct look_lines {
	const char *file;
	unsigned char *seen; /* [line], from 1 */
	unsigned nr;	     /* lines there is room for; the rest was not seen */
};

struct look_tree {
	struct look_enter *v; /* [0] is the source */
	size_t nr, alloc;
	struct look_skip *skips;
	size_t nr_skips, alloc_skips;
	struct look_lines *lines; /* of the files that were asked for */
	size_t nr_lines, alloc_lines;
	bool borrowed; /* v and skips are another tree's */
};
void look_tree_release(struct look_tree *t);

/*
 * Reads the preprocessor's output. srctree: the path the build saw. want: files
 * whose lines are wanted, sorted; NULL: of none. False when it begins with no
 * file at all.
 */
bool look_tree_parse(struct look_tree *t, const char *text, size_t len,
		     const char *srctree, const struct strlist *want,
		     struct look_names *names);

/* True when the source let a line of file through. */
bool look_tree_sees(const struct look_tree *t, const char *file, unsigned line);
/* The first time that file (of look_name()) was entered, or -1. */
int look_tree_find(const struct look_tree *t, const char *file);
/* "a.c:3 -> b.h:7 -> c.h": how an enter came about. Owned. */
char *look_tree_chain(const struct look_tree *t, int enter);
/* The same includes, the same lines. */
bool look_tree_equal(const struct look_tree *a, const struct look_tree *b);
/* Where a tree has the same includes as another, it is made to use those of the other,
 * which has to live as long. (The sizes are then the other's.) */
void look_tree_share(struct look_tree *t, const struct look_tree *other);

#endif
