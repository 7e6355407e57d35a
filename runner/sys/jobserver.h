/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * GNU make's jobserver ("POSIX Jobserver Interaction" in make's manual): a pipe
 * that holds one byte for each job slot that is free. The slots are our own
 * (jobserver_new()) or those of a make that runs kvmatrix in a recipe
 * (jobserver_from_env()); what follows is the same for both.
 *
 * Every make has one slot of its own without asking (the implicit slot), so
 * the rule for N slots is:
 *  1. js = jobserver_new(N);
 *  2. before a make is started, jobserver_take(); when that says no, start it
 *     later; pass it jobserver_fds() as pass_fds and jobserver_makeflags() as
 *     MAKEFLAGS;
 *  3. when it has ended, jobserver_give();
 *  4. now and then, jobserver_balance();
 *  5. when no child is left, jobserver_refill() or jobserver_free(): a make that
 *     was killed has not returned what it held.
 *
 * Slots of another make are lent: kvmatrix has the one it was started with and
 * borrows more while its children have use for them. Children get a pipe of ours
 * which holds what is lent, not the lender's: a build that is killed takes the
 * slots it held with it, and only here it is known how many must go back. Only
 * SIGKILL to kvmatrix itself loses slots, as with every client of a jobserver.
 */
#ifndef KVMATRIX_SYS_JOBSERVER_H
#define KVMATRIX_SYS_JOBSERVER_H

#include <stdbool.h>

struct errbuf;
struct jobserver;

#define JOBSERVER_MAX 4096

/* NULL: err. slots: 1..JOBSERVER_MAX. */
struct jobserver *jobserver_new(unsigned slots, struct errbuf *err);
/*
 * The slots that make offers in $MAKEFLAGS ("--jobserver-auth=R,W" since make
 * 4.2, "=fifo:PATH" since 4.4, "--jobserver-fds=R,W" before). NULL and no message
 * in err: none are offered (makeflags may be NULL); NULL and a message: they are,
 * but cannot be used, and what to do about it.
 */
struct jobserver *jobserver_from_env(const char *makeflags, struct errbuf *err);
/* Gives back all that is borrowed; no child may be left. NULL is allowed. */
void jobserver_free(struct jobserver *js);
/* Takes one slot if one is free; never waits. */
bool jobserver_take(struct jobserver *js);
/* Returns a slot taken by jobserver_take(). */
void jobserver_give(struct jobserver *js);
/*
 * To be called every few milliseconds: borrows when all slots are used and
 * children run that may have use for more (hungry; doubles what there is at
 * most), and gives back what lies idle. Does nothing with slots of our own.
 */
void jobserver_balance(struct jobserver *js, bool hungry);
/* Slots that nobody uses now, the lender's too. */
unsigned jobserver_idle(const struct jobserver *js);
/* Slots that there are now: used by us or idle. The number changes while they
 * are borrowed. */
unsigned jobserver_slots(const struct jobserver *js);
bool jobserver_is_borrowed(const struct jobserver *js);
/* Readable when a slot is free: to wait until jobserver_take() may have one. */
int jobserver_free_fd(const struct jobserver *js);
/* The descriptors {read, write} for proc_opts.pass_fds. They are close-on-exec
 * here, so no other child gets them, and their numbers are high enough not to
 * meet the redirections of a recipe. */
void jobserver_fds(const struct jobserver *js, int fds[2]);
/* The value of MAKEFLAGS; owned by the caller. Understood by GNU make 4.2 to
 * 4.4. The make must not get -jN on its command line: it would leave the
 * jobserver and say so. */
char *jobserver_makeflags(const struct jobserver *js);
/*
 * Only while no child uses it and nothing is taken: makes all slots free again,
 * borrowed ones for their lender. Returns by how many they were short (killed
 * makes), negative when there were too many (a build that wrote to the pipe).
 */
int jobserver_refill(struct jobserver *js);

#endif
