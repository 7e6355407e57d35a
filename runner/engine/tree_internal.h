/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files tree*.c share. Nobody else includes this.
 */
#ifndef KVMATRIX_ENGINE_TREE_INTERNAL_H
#define KVMATRIX_ENGINE_TREE_INTERNAL_H

#include "engine/tree.h"
#include "engine/tree_git.h"

#include <stdbool.h>

struct errbuf;
struct patch;

/* git on our repository, without an index. */
static inline struct git tree_git(const struct tree *t)
{
	return (struct git){ .repo = t->repo };
}

/* tree_repo.c */

typedef void (*tree_note_fn)(void *data, const char *text);

/* Makes the bare repository dir, empty, that hands files out as they are. */
int tree_repo_init(const char *dir, const char *object_format,
		   struct errbuf *err);
/* Renames tmp to path once its content is safely on disk. */
int tree_publish(const char *tmp, const char *path, struct errbuf *err);
/*
 * 0 when rev (a commit or tree id) of repo is a kernel tree; where names it in
 * the message.
 */
int tree_check_kernel(const char *repo, const char *rev, const char *where,
		      struct errbuf *err);
/*
 * Our repository, below the directory trees, for the user's one at path; *repo
 * is owned by the caller.
 */
int tree_borrow(const char *path, const char *trees, char **repo,
		struct errbuf *err);

/* tree_import.c: the same for a tarball. */
int tree_import(const char *path, const char *trees, char **repo,
		tree_note_fn note, void *data, struct errbuf *err);

/* tree_states.c */

/* Commit id (owned) of a revision in the user's words; NULL on error. */
char *tree_resolve(const struct tree *t, const char *rev, struct errbuf *err);
/* Commit becomes states[0]. */
int tree_set_base(struct tree *t, const char *commit, struct errbuf *err);
/* Commit ids (owned) of the ends of "A..B"; error when A is no ancestor of B. */
int tree_range_ends(const struct tree *t, const char *range, char **from,
		    char **to, struct errbuf *err);
/* A new state after the last. */
struct state *tree_add_state(struct tree *t);
/*
 * Fills in subject, author, tree and changes of all states that have a commit.
 */
int tree_fill_states(struct tree *t, struct errbuf *err);

/* tree_changes.c */

/*
 * What differs between two trees, sorted by path. renames: find them. Error
 * too for what cannot be built from: a submodule, a path that leaves the tree.
 */
int tree_changes(const char *repo, const char *from, const char *to,
		 bool renames, struct change_list *l, struct errbuf *err);
/* One record of git's raw diff. */
struct raw_change {
	char status; /* 'A', 'M', 'D', 'T', 'R' */
	unsigned old_mode, mode; /* 0: absent */
	char old_blob[129], blob[129];
	const char *path; /* for 'R' the old one */
	const char *to;	  /* 'R': the new one */
};
/* Appends it (a rename as D + A); error as above. */
int tree_take_change(struct change_list *l, const struct raw_change *c,
		     struct errbuf *err);
void tree_sort_changes(struct change_list *l);
/*
 * What differs between the trees of each pair ("FROM TO"), renames found, or
 * only the renames; with a git for each processor where there are many. Calls
 * take(data, i, record) for pairs->v[i], pair by pair in order.
 */
int tree_each_change(const char *repo, const struct strlist *pairs,
		     bool only_renames,
		     int (*take)(void *data, size_t i,
				 const struct raw_change *c, struct errbuf *err),
		     void *data, struct errbuf *err);
/*
 * changes are those between the trees from and to. Error naming a symbolic link
 * of to that leads out of it and did not before (what the user's base has is
 * the user's affair). Asks git only when one of the changes is a link.
 */
int tree_check_links(const char *repo, const char *from, const char *to,
		     const struct change_list *changes, struct errbuf *err);
/*
 * Calls take(data, i, content, len) for each blobs->v[i], in order.
 */
int tree_each_blob(const char *repo, const struct strlist *blobs,
		   int (*take)(void *data, size_t i, const char *content,
			       size_t len, struct errbuf *err),
		   void *data, struct errbuf *err);

/* tree_patch.c */

struct applied {
	char *tree;    /* the resulting tree; NULL: refused */
	char *refused; /* why, for a reader */
	char *note;    /* see struct state */
	char *author, *email, *date, *subject; /* from the mail; may be "" */
	struct strbuf body;
};
void applied_release(struct applied *a);

/*
 * Applies one mail on prev (a tree that the index g->index holds); the index
 * holds the result afterwards. scratch: a directory for temporary files.
 */
int tree_patch(const struct git *g, const char *scratch, const char *prev,
	       const struct patch *p, struct applied *a, struct errbuf *err);

/* tree_reject.c */

/*
 * Appends the hunks of the patch that tree does not take, at the most a few
 * dozen lines. g->index holds tree.
 */
void tree_rejects(const struct git *g, const char *scratch, const char *tree,
		  const char *patch_file, struct strbuf *out);

#endif
