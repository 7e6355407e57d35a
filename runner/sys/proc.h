/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Child processes over libuv. proc.c is the sole owner of <uv.h>.
 *
 * How to run several at once:
 *  1. loop = proc_loop_new();
 *  2. fill a struct proc_opts and call proc_start() for each child; nothing
 *     blocks, the result arrives by opts.on_exit from inside proc_loop_run();
 *     on_exit may start further children;
 *  3. proc_loop_run() returns when no child is left, or when a stop was asked
 *     for and the children are gone;
 *  4. proc_loop_free().
 * For one child and its output: proc_capture().
 *
 * Each child is the leader of a process group of its own, has stdin from
 * /dev/null unless data is given, and gets SIGKILL when kvmatrix dies
 * (PR_SET_PDEATHSIG through the sandbox; see sandbox.h). Stopping sends SIGTERM
 * to the group and SIGKILL 800 ms later. A failed child is data, not an error.
 */
#ifndef KVMATRIX_SYS_PROC_H
#define KVMATRIX_SYS_PROC_H

#include "sys/strbuf.h"
#include "sys/strlist.h"

#include <stdbool.h>
#include <stdint.h>

struct errbuf;
struct proc_loop;

struct proc_result {
	int exit_code;	   /* 0..255; -1 when ended by a signal */
	int signal;	   /* 0 when it exited */
	bool timed_out;	   /* we ended it: timeout */
	bool stopped;	   /* we ended it: Ctrl-C or proc_loop_stop() */
	bool output_cut;   /* more output than output_cap: the rest was read
			    * and thrown away, the child ran on */
	double seconds;	   /* wall clock */
	double cpu_seconds; /* user + system of the child and its reaped
			     * descendants (rusage), when known; else 0 */
	uint64_t max_rss; /* bytes: most that one of these processes had in
			   * memory at a time, when known; else 0 */
	struct strbuf output; /* stdout and stderr merged, in order */
	struct strbuf err_output; /* stderr alone, with split_stderr */
};

struct proc_opts {
	const struct strlist *argv;
	const struct strlist *env; /* complete environment; NULL: inherit */
	const char *cwd;	   /* NULL: inherit */
	const char *input;	   /* stdin data, or NULL: /dev/null */
	size_t input_len;
	uint64_t timeout_ms; /* 0: none */
	size_t output_cap;   /* bytes kept; 0: 64 MiB */
	bool split_stderr;
	/* Inherited at the same numbers; 0 ends the list. Nothing else but 0, 1
	 * and 2 is inherited. */
	int pass_fds[4];
	/* Called for each chunk of output as it comes; may be NULL. */
	void (*on_output)(void *data, const char *chunk, size_t len);
	bool pass_only; /* stdout is given to on_output, all of it, and none
			 * is kept (with split_stderr) */
	/* Called once. res and its strbufs are valid during the call; take
	 * them with strbuf_detach() to keep them. */
	void (*on_exit)(void *data, struct proc_result *res);
	void *data;
};

void proc_result_release(struct proc_result *r);

/* NULL: no descriptors left for it. */
struct proc_loop *proc_loop_new(void);
void proc_loop_free(struct proc_loop *l);
/* Installs SIGINT/SIGTERM/SIGHUP handling: they call proc_loop_stop() and then
 * on_stop(data). A second SIGINT kills at once. */
void proc_loop_catch_signals(struct proc_loop *l, void (*on_stop)(void *data),
			     void *data);
/* Calls tick(data) every interval_ms while children run. */
void proc_loop_every(struct proc_loop *l, uint64_t interval_ms,
		     void (*tick)(void *data), void *data);
/* Calls on_readable(data) once, when there is something to read, while children
 * run. It is the same descriptor, non-blocking, each time. */
void proc_loop_when_readable(struct proc_loop *l, int fd,
			     void (*on_readable)(void *data), void *data);
/* 0 started; -1 could not start (err: "aarch64-linux-gnu-gcc: not found"). */
int proc_start(struct proc_loop *l, const struct proc_opts *o,
	       struct errbuf *err);
/* Ends every child; proc_start() refuses from now on. Safe to repeat. */
void proc_loop_stop(struct proc_loop *l);
bool proc_loop_stopped(const struct proc_loop *l);
/* The signal that stopped it, 0 when none. */
int proc_loop_signal(const struct proc_loop *l);
unsigned proc_loop_running(const struct proc_loop *l);
/* For when no child runs: lets ms pass, or less when a signal comes. */
void proc_loop_idle(struct proc_loop *l, unsigned ms);
/* Runs until no child is left. */
void proc_loop_run(struct proc_loop *l);

/*
 * Runs one child to its end, with a loop of its own. 0: it ran, see res (the
 * caller releases it); -1: it could not be started, err.
 */
int proc_capture(const struct proc_opts *o, struct proc_result *res,
		 struct errbuf *err);
/* The same with nr children at once, o[i] for res[i]. -1: some could not be
 * started, and the others were ended; then nothing is to be released. */
int proc_capture_all(const struct proc_opts *o, size_t nr,
		     struct proc_result *res, struct errbuf *err);
/* Convenience: argv as varargs, stdout into out (may be NULL); 0 only when the
 * exit code is 0; otherwise -1 and err holds the command and its last lines. */
int proc_run(struct strbuf *out, struct errbuf *err, const char *arg0, ...)
	__attribute__((sentinel));
/* The same with an argv, environment and stdin; out gets stderr too unless
 * split_stderr is set. */
int proc_run_opts(const struct proc_opts *o, struct strbuf *out,
		  struct errbuf *err);

/* The number of processors this process may use. */
unsigned proc_cpus(void);

#endif
