/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel sources of a run: our own bare repository in the cache, the base,
 * and the states of the series as git commits and trees.
 *
 * The user's repository is only read: ours borrows its objects through
 * objects/info/alternates and everything we write (commits made by applying
 * mails, a temporary index) goes to ours. A tarball is imported once, under the
 * SHA-256 of the file, as one commit.
 */
#ifndef KVMATRIX_ENGINE_TREE_H
#define KVMATRIX_ENGINE_TREE_H

#include "sys/strlist.h"
#include "sys/strmap.h"

#include <stdbool.h>
#include <stddef.h>

struct errbuf;
struct series;

/* One path that differs between two trees. */
struct change {
	char status;	/* 'A', 'M', 'D', 'T'; a rename is D + A here */
	unsigned id;	/* of the path among those that some state of the tree
			 * changes, from 1; 0: not known */
	char *path;
	char *blob;	/* new blob id; NULL for 'D' */
	unsigned mode;	/* new git mode, 0100644, 0100755, 0120000 */
	/* For 'A': the path this file was renamed from (git's -M), else NULL. */
	char *renamed_from;
};

struct change_list {
	struct change *v; /* sorted by path */
	size_t nr;
	size_t alloc;
	bool borrowed; /* the strings in it are another list's */
};
void change_list_release(struct change_list *l);
/* The entry of path, or NULL. */
const struct change *tree_find_change(const struct change_list *l,
				      const char *path);
#define _cleanup_change_list_ __attribute__((cleanup(change_list_release)))

struct state {
	unsigned patch;	 /* 0: the base */
	char *subject;	 /* of the patch; for 0 the base commit's */
	char *author;	 /* "Name <mail>" */
	char *commit;	 /* in our repository; NULL when it did not apply */
	char *tree;	 /* tree id; NULL when it did not apply */
	char *not_applied; /* git's complaint with the rejected hunk, or "patch
			    * N did not apply"; NULL when it applied */
	char *note;	 /* what a reader should know about a patch that did
			    * apply: it changes nothing (is in the tree
			    * already), or needed a 3-way merge; else NULL */
	/* base -> this state; its strings are those of since_prev of this and
	 * earlier states */
	struct change_list since_base;
	struct change_list since_prev; /* previous state -> this one */
	/* path at this state -> path in the base, for renamed files. Keys and
	 * values live in since_base. */
	struct strmap renames;
};

struct tree {
	char *repo;	  /* our bare repository */
	char *origin;	  /* what --tree named, for messages */
	bool from_tarball;
	struct state *states; /* states[0] is the base */
	size_t nr_states;
};

#define TREE_INIT { 0 }
void tree_release(struct tree *t);

/*
 * Opens PATH: a git repository (work tree, bare, or a linked worktree) or a
 * kernel tarball (.tar, .tar.xz, .tar.gz, .tar.zst; recognised by content),
 * imported into cache/trees/<sha256>.git when not yet there. note(data, text)
 * is told about long work ("importing linux-source-6.12.tar.xz"); may be NULL.
 * Errors: not a kernel tree (no Kbuild, Makefile with VERSION, virt/kvm), no
 * repository, truncated or hostile archive (leaves nothing behind).
 */
int tree_open(struct tree *t, const char *path, const char *cache,
	      void (*note)(void *data, const char *text), void *data,
	      struct errbuf *err);

/*
 * Sets the base and applies the mails of the series on it with git am -3, one
 * state a patch. base: a revision or NULL; then the series' base-commit is used,
 * or HEAD (for a tarball its only commit). A patch that does not apply gives
 * states with not_applied set for it and all after it; that is no error.
 */
int tree_apply(struct tree *t, const char *base, const struct series *s,
	       struct errbuf *err);

/*
 * States from a revision range "A..B" (base A's merge base with B must be A or
 * the error says so; a merge inside the range is refused with the remedy).
 */
int tree_range(struct tree *t, const char *range, struct errbuf *err);

/* True when TEXT looks like a revision range and names no existing file. */
bool tree_is_range(const char *text);

/*
 * Full checkout of the base, read-only to builds: cache/base/<tree>/ , made
 * once (atomically; a lock guards two runs). Returns the path, owned.
 */
int tree_base_checkout(struct tree *t, const char *cache, char **path,
		       struct errbuf *err);

/*
 * Materialises what differs between base and state into dir (made new): new and
 * changed files with mode and content and the time of now, whiteouts for what
 * vanished (whole directories where nothing is left of them). dir is the upper
 * of two source layers. Symbolic links are made as links; one that points
 * outside the tree is an error.
 */
int tree_state_layer(const struct tree *t, const struct state *s,
		     const char *dir, struct errbuf *err);

/*
 * Brings a layer that is at FROM to state TO. Only files whose content or mode
 * differs between the two are written, and so get the time of now; the others
 * keep theirs, and one that is again as in the base stays in the layer with its
 * new time. So for make a file is newer than whatever was built from its former
 * content, and older than what was built from this one.
 */
int tree_layer_move(const struct tree *t, const char *dir,
		    const struct state *from, const struct state *to,
		    struct errbuf *err);

/*
 * What differs between two states of one base, from their lists since_base: how
 * each path goes from the first to the second. Pure: blobs that are those of the
 * base are not known and NULL, and renames are not looked for.
 */
void change_list_between(const struct change_list *from,
			 const struct change_list *to, struct change_list *l);

/*
 * Without overlays: brings a full checkout that is at FROM (see since_base of
 * it; NULL: base) to state TO, touching only what differs.
 */
int tree_checkout_move(const struct tree *t, const char *checkout,
		       const struct state *from, const struct state *to,
		       struct errbuf *err);

/* Content of blobs or of a path in a tree; appended to out. */
struct strbuf;
int tree_blob(const struct tree *t, const char *blob, struct strbuf *out,
	      struct errbuf *err);
/*
 * Calls take(data, i, content, len) for each blobs->v[i], in order; one is in
 * memory at a time.
 */
int tree_blobs(const struct tree *t, const struct strlist *blobs,
	       int (*take)(void *data, size_t i, const char *content,
			   size_t len, struct errbuf *err),
	       void *data, struct errbuf *err);

#endif
