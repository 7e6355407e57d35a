/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What proc.c (the loop) and proc_child.c (the life of one child) share.
 * Private to them, and with them the only place that knows <uv.h>.
 */
#ifndef KVMATRIX_SYS_PROC_CHILD_H
#define KVMATRIX_SYS_PROC_CHILD_H

#include "sys/proc.h"

#include <sys/types.h>
#include <uv.h>

struct child;

struct stream {
	uv_pipe_t pipe;
	struct child *child;
	struct strbuf *sink;
	bool open; /* no EOF seen yet */
};

struct child {
	struct proc_loop *loop;
	struct child *next;
	uv_process_t process;
	struct stream streams[2]; /* output; stderr when it is split */
	uv_timer_t timeout;
	uv_timer_t kill; /* runs from SIGTERM on */
	uv_timer_t eof;	 /* runs from the exit on */
	uv_poll_t pidfd_poll;
	int pidfd;
	pid_t pid;
	bool exited;
	bool ending;	  /* SIGTERM was sent */
	unsigned handles; /* not yet closed; the last one frees the child */
	uint64_t started; /* ns */
	size_t output_cap;
	void (*on_output)(void *data, const char *chunk, size_t len);
	bool pass_only;
	void (*on_exit)(void *data, struct proc_result *res);
	void *data;
	struct proc_result res;
};

struct proc_loop {
	uv_loop_t uv;
	struct child *children; /* those whose on_exit is still to come */
	unsigned running;
	bool stopping;
	int signal;
	uv_signal_t signals[3];
	unsigned signals_nr; /* watched ones */
	void (*on_stop)(void *data);
	void *on_stop_data;
	uv_timer_t tick;
	void (*on_tick)(void *data);
	void *on_tick_data;
	uv_poll_t readable;
	void (*on_readable)(void *data);
	void *on_readable_data;
	char chunk[65536];
};

/*
 * Has it ended by itself, reaped or not? Looks at a zombie without reaping it;
 * usage (may be NULL) gets its cpu_seconds and max_rss when these can still be
 * told.
 */
bool child_has_exited(struct child *c, struct proc_result *usage);
/* SIGTERM to its group now, SIGKILL after a while. Safe to repeat. */
void child_end(struct child *c);
/* SIGKILL to its group now. */
void child_kill(struct child *c);

#endif
