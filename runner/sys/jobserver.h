/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The server side of GNU make's jobserver: a pipe that holds one byte for each
 * job slot that is free ("POSIX Jobserver Interaction" in make's manual).
 *
 * Every make has one slot of its own without asking (the implicit slot), so
 * the rule for N slots is:
 *  1. js = jobserver_new(N);
 *  2. before a make is started, jobserver_take(); when that says no, start it
 *     later; pass it jobserver_fds() as pass_fds and jobserver_makeflags() as
 *     MAKEFLAGS;
 *  3. when it has ended, jobserver_give();
 *  4. when no child is left, jobserver_refill(): a make that was killed has
 *     not returned what it held.
 */
#ifndef KVMATRIX_SYS_JOBSERVER_H
#define KVMATRIX_SYS_JOBSERVER_H

#include <stdbool.h>

struct errbuf;
struct jobserver;

#define JOBSERVER_MAX 4096

/* NULL: err. slots: 1..JOBSERVER_MAX. */
struct jobserver *jobserver_new(unsigned slots, struct errbuf *err);
void jobserver_free(struct jobserver *js);
/* Takes one slot if one is free; never waits. */
bool jobserver_take(struct jobserver *js);
/* Returns a slot taken by jobserver_take(). */
void jobserver_give(struct jobserver *js);
/* The descriptors {read, write} for proc_opts.pass_fds. They are close-on-exec
 * here, so no other child gets them, and their numbers are high enough not to
 * meet the redirections of a recipe. */
void jobserver_fds(const struct jobserver *js, int fds[2]);
/* The value of MAKEFLAGS; owned by the caller. Understood by GNU make 4.2 to
 * 4.4. The make must not get -jN on its command line: it would leave the
 * jobserver and say so. */
char *jobserver_makeflags(const struct jobserver *js);
/*
 * Only while no child uses it and nothing is taken: makes all slots free again.
 * Returns by how many they were short (killed makes), negative when there were
 * too many (a build that wrote to the pipe).
 */
int jobserver_refill(struct jobserver *js);

#endif
