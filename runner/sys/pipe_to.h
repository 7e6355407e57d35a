/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A child that is fed through its standard input as the data come, for what is
 * too big to be held in memory (proc.h takes input as one block).
 *
 *  1. p = pipe_to_start(argv, env, log, err);
 *  2. pipe_to_write() as often as needed; data are gathered into large writes;
 *  3. pipe_to_finish(): closes the input, waits, and frees p. It must be called
 *     whether or not a write failed.
 *
 * The child is the leader of a process group of its own. A child that dies
 * early makes pipe_to_write() fail; it never raises SIGPIPE here.
 */
#ifndef KVMATRIX_SYS_PIPE_TO_H
#define KVMATRIX_SYS_PIPE_TO_H

#include "sys/strlist.h"

#include <stdbool.h>
#include <stddef.h>

struct errbuf;
struct pipe_to;

/*
 * Starts argv with the complete environment env; its standard output and error
 * go to the file log. NULL and err when it could not be started.
 */
struct pipe_to *pipe_to_start(const struct strlist *argv,
			      const struct strlist *env, const char *log,
			      struct errbuf *err);
/* 0, or -1 when the child does not read any more (pipe_to_finish() says why). */
int pipe_to_write(struct pipe_to *p, const void *data, size_t len);
/*
 * kill_it: ends the child instead of letting it finish its work. 0 when the
 * child exited with 0 and all was written; otherwise -1 and err holds the
 * program and the last lines of its log.
 */
int pipe_to_finish(struct pipe_to *p, bool kill_it, struct errbuf *err);

#endif
