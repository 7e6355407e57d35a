/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Running git for the source tree: which repository, index and configuration it
 * sees. Only tree*.c use this.
 */
#ifndef KVMATRIX_ENGINE_TREE_GIT_H
#define KVMATRIX_ENGINE_TREE_GIT_H

#include "sys/proc.h"
#include "sys/strlist.h"

#include <stdbool.h>
#include <stddef.h>

struct errbuf;
struct strbuf;

struct git {
	/* Our bare repository: the user's configuration, hooks and attributes
	 * do not count. NULL: look from cwd, as the user's own git would. */
	const char *repo;
	const char *index;     /* GIT_INDEX_FILE, or NULL */
	const char *work_tree; /* GIT_WORK_TREE, or NULL */
	const char *cwd;       /* NULL: inherit */
	const char *input;     /* standard input */
	size_t input_len;
	const struct strlist *env; /* more "NAME=value", or NULL */
	/* Gets stdout piece by piece, and none is kept; NULL: it is kept. */
	void (*on_output)(void *data, const char *chunk, size_t len);
	void *data;
};

/*
 * The complete environment and the argv up to, and without, the git command;
 * for those who start git themselves.
 */
void git_env(const struct git *g, struct strlist *env);
void git_argv(const struct git *g, struct strlist *argv);

/*
 * Runs "git ARGS..." to its end. 0: it exited, see res (stdout and stderr are
 * split; the caller releases it). -1: it could not be started or was
 * killed.
 */
int git_capture(const struct git *g, struct proc_result *res,
		struct errbuf *err, ...) __attribute__((sentinel));
/*
 * The same for a command that has to succeed: -1 with git's own message when
 * its exit code is not 0. Its output is appended to out (may be NULL).
 */
int git_run(const struct git *g, struct strbuf *out, struct errbuf *err, ...)
	__attribute__((sentinel));
/*
 * git_run() with nr children at once, one for each of the inputs; outputs[i],
 * owned, is what the i-th of them wrote.
 */
int git_run_all(const struct git *g, const struct strbuf *inputs, size_t nr,
		struct strbuf *outputs, struct errbuf *err, ...)
	__attribute__((sentinel));
/* git_run() for one line of output, owned; NULL on error. */
char *git_line(const struct git *g, struct errbuf *err, ...)
	__attribute__((sentinel));

/* Cuts newlines at the end. */
void git_chomp(struct strbuf *sb);

/*
 * A private directory below the repository (for an index, a message, rejected
 * hunks) that is removed with git_scratch_release(); one that a killed run
 * left is removed when the next is made.
 */
struct git_scratch {
	char *dir;
	int lock;
};
#define GIT_SCRATCH_INIT { NULL, -1 }
int git_scratch_make(struct git_scratch *s, const char *repo,
		     struct errbuf *err);
void git_scratch_release(struct git_scratch *s);
#define _cleanup_git_scratch_ __attribute__((cleanup(git_scratch_release)))

#endif
