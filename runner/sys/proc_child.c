// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of one child: start, output, end.
 *
 * What libuv would do by itself and why it is done differently here:
 *
 * - Its own pipes are socket pairs, and a build that opens /dev/stdout or
 *   /dev/stderr fails on a socket (ENXIO). So output goes through a real pipe,
 *   one for both streams, which also keeps their order.
 * - Data for stdin is put into a memfd before the start. A pipe would have to
 *   be fed while the child runs and could raise SIGPIPE.
 * - It tells no resource usage. A pidfd becomes readable before SIGCHLD is
 *   sent and libuv looks at signals last, so the pidfd's callback still finds
 *   the zombie and asks for its rusage without reaping it (the raw waitid()
 *   system call has a fifth argument for that). When another child's SIGCHLD
 *   gets this one reaped first, it is not known and stays 0.
 * - stdio slots are positional; a descriptor that must keep its number n is
 *   slot n, with ignored slots below it.
 */
#include "sys/proc_child.h"

#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define OUTPUT_CAP_DEFAULT (64u << 20)
#define KILL_AFTER_MS 800 /* from SIGTERM to SIGKILL */
#define EOF_AFTER_MS 500  /* from the child's exit to the end of its pipe */

/* The end of a child --------------------------------------------------- */

static void on_closed(uv_handle_t *h)
{
	struct child *c = h->data;

	if (--c->handles)
		return;
	if (c->pidfd >= 0)
		close(c->pidfd);
	proc_result_release(&c->res);
	free(c);
}

/* Every handle that was initialised points to its child. */
static void close_handle(struct child *c, uv_handle_t *h)
{
	if (h->data != c || uv_is_closing(h))
		return;
	uv_close(h, on_closed);
}

static void close_all(struct child *c)
{
	close_handle(c, (uv_handle_t *)&c->streams[0].pipe);
	close_handle(c, (uv_handle_t *)&c->streams[1].pipe);
	close_handle(c, (uv_handle_t *)&c->timeout);
	close_handle(c, (uv_handle_t *)&c->kill);
	close_handle(c, (uv_handle_t *)&c->eof);
	close_handle(c, (uv_handle_t *)&c->pidfd_poll);
	close_handle(c, (uv_handle_t *)&c->process);
}

static void unlink_child(struct child *c)
{
	struct child **p = &c->loop->children;

	while (*p != c)
		p = &(*p)->next;
	*p = c->next;
	c->loop->running--;
}

static void finish(struct child *c)
{
	/* What the child left behind in its group has no reader any more. */
	child_kill(c);
	unlink_child(c);
	close_all(c);
	if (c->on_exit)
		c->on_exit(c->data, &c->res);
}

static void finish_when_done(struct child *c)
{
	if (c->exited && !c->streams[0].open && !c->streams[1].open)
		finish(c);
}

static double tv_seconds(const struct timeval *tv)
{
	return (double)tv->tv_sec + (double)tv->tv_usec / 1e6;
}

bool child_has_exited(struct child *c, struct proc_result *usage)
{
	struct rusage ru = { 0 };
	siginfo_t si = { 0 };

	if (c->exited)
		return true;
	/* ECHILD: reaped already, on_exited() is about to be called. */
	if (syscall(SYS_waitid, P_PID, c->pid, &si,
		    WEXITED | WNOWAIT | WNOHANG, &ru))
		return errno == ECHILD;
	if (usage && si.si_pid == c->pid) {
		usage->cpu_seconds =
			tv_seconds(&ru.ru_utime) + tv_seconds(&ru.ru_stime);
		usage->max_rss = (uint64_t)ru.ru_maxrss << 10;
	}
	return si.si_pid == c->pid;
}

static void on_pidfd(uv_poll_t *p, int status, int events)
{
	struct child *c = p->data;

	(void)status;
	(void)events;
	uv_poll_stop(p);
	child_has_exited(c, &c->res);
}

/* Output --------------------------------------------------------------- */

static void on_alloc(uv_handle_t *h, size_t hint, uv_buf_t *buf)
{
	struct child *c = h->data;

	(void)hint;
	/* libuv asks right before each read, so all share one buffer. */
	*buf = uv_buf_init(c->loop->chunk, sizeof(c->loop->chunk));
}

static void keep_output(struct stream *s, const char *data, size_t len)
{
	struct child *c = s->child;
	size_t room = c->output_cap - s->sink->len;

	if (c->pass_only && s == &c->streams[0]) {
		if (c->on_output)
			c->on_output(c->data, data, len);
		return;
	}
	if (len > room) {
		c->res.output_cut = true;
		len = room;
	}
	if (!len)
		return;
	strbuf_add(s->sink, data, len);
	if (c->on_output)
		c->on_output(c->data, data, len);
}

static void on_read(uv_stream_t *h, ssize_t n, const uv_buf_t *buf)
{
	struct child *c = h->data;
	struct stream *s = &c->streams[h == (uv_stream_t *)&c->streams[1].pipe];

	if (n > 0)
		keep_output(s, buf->base, n);
	if (n >= 0)
		return;
	s->open = false;
	uv_read_stop(h);
	finish_when_done(c);
}

/*
 * Reads what is there already. Timers run before input is looked at, so after
 * a long callback a timer may be up although the end of the output waits in
 * the pipe. Bounded, because a writer may be quicker than we are.
 */
static void drain(struct proc_loop *l, struct stream *s)
{
	uv_os_fd_t fd;

	if (!s->open || uv_fileno((uv_handle_t *)&s->pipe, &fd))
		return;
	for (int i = 0; i < 64; i++) {
		ssize_t n = read(fd, l->chunk, sizeof(l->chunk));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		keep_output(s, l->chunk, n);
	}
}

static void on_eof_timer(uv_timer_t *t)
{
	struct child *c = t->data;

	for (int i = 0; i < 2; i++) {
		drain(c->loop, &c->streams[i]);
		c->streams[i].open = false;
	}
	finish(c);
}

static void on_exited(uv_process_t *p, int64_t status, int sig)
{
	struct child *c = p->data;

	c->exited = true;
	c->res.exit_code = sig ? -1 : (int)status;
	c->res.signal = sig;
	c->res.seconds = (double)(uv_hrtime() - c->started) / 1e9;
	uv_timer_stop(&c->timeout);
	uv_timer_start(&c->eof, on_eof_timer, EOF_AFTER_MS, 0);
	finish_when_done(c);
}

/* Ending a child ------------------------------------------------------- */

void child_kill(struct child *c)
{
	kill(-c->pid, SIGKILL);
}

static void on_kill_timer(uv_timer_t *t)
{
	child_kill(t->data);
}

void child_end(struct child *c)
{
	if (c->ending)
		return;
	c->ending = true;
	kill(-c->pid, SIGTERM);
	uv_timer_start(&c->kill, on_kill_timer, KILL_AFTER_MS, 0);
}

static void on_timeout(uv_timer_t *t)
{
	struct child *c = t->data;

	/* It may have ended in time while a callback kept the loop busy. */
	if (c->ending || child_has_exited(c, NULL))
		return;
	c->res.timed_out = true;
	child_end(c);
}

/* Starting a child ----------------------------------------------------- */

/* A file that reads as the data, for stdin. */
static int input_fd(const char *data, size_t len, struct errbuf *err)
{
	int fd = memfd_create("stdin", MFD_CLOEXEC);

	if (fd < 0)
		return errbuf_set(err, "memfd_create: %s", strerror(errno));
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			errbuf_set(err, "input of a child: %s",
				   strerror(errno));
			close(fd);
			return -1;
		}
		data += n;
		len -= n;
	}
	lseek(fd, 0, SEEK_SET);
	return fd;
}

/* Initialises the handles; each knows its child from now on. */
static void init_handles(struct child *c)
{
	uv_loop_t *uv = &c->loop->uv;

	uv_timer_init(uv, &c->timeout);
	uv_timer_init(uv, &c->kill);
	uv_timer_init(uv, &c->eof);
	c->timeout.data = c->kill.data = c->eof.data = c;
	c->handles = 3;
}

/* Starts to read from fd, which is taken over. */
static int open_stream(struct child *c, int i, int fd, struct strbuf *sink,
		       struct errbuf *err)
{
	struct stream *s = &c->streams[i];
	int r = uv_pipe_init(&c->loop->uv, &s->pipe, 0);

	if (!r) {
		s->pipe.data = c;
		c->handles++;
		s->child = c;
		s->sink = sink;
		r = uv_pipe_open(&s->pipe, fd);
	}
	if (r) {
		close(fd);
		return errbuf_set(err, "output pipe: %s", uv_strerror(r));
	}
	r = uv_read_start((uv_stream_t *)&s->pipe, on_alloc, on_read);
	if (r)
		return errbuf_set(err, "output pipe: %s", uv_strerror(r));
	s->open = true;
	return 0;
}

static int open_output(struct child *c, int i, struct strbuf *sink,
		       int *write_end, struct errbuf *err)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC))
		return errbuf_set(err, "pipe: %s", strerror(errno));
	*write_end = fds[1];
	return open_stream(c, i, fds[0], sink, err);
}

static void watch_pidfd(struct child *c)
{
	c->pidfd = (int)syscall(SYS_pidfd_open, c->pid, 0);
	if (c->pidfd < 0)
		return;
	fcntl(c->pidfd, F_SETFD, FD_CLOEXEC);
	if (uv_poll_init(&c->loop->uv, &c->pidfd_poll, c->pidfd))
		return;
	c->pidfd_poll.data = c;
	c->handles++;
	uv_poll_start(&c->pidfd_poll, UV_READABLE, on_pidfd);
}

static int spawn_error(const struct proc_opts *o, int r, struct errbuf *err)
{
	const char *name = o->argv->v[0];

	if (r == UV_ENOENT && o->cwd && !dir_exists(o->cwd))
		return errbuf_set(err, "%s: cannot start in %s: no such directory",
				  name, o->cwd);
	if (r == UV_ENOENT)
		return errbuf_set(err, "%s: not found", name);
	return errbuf_set(err, "%s: cannot start: %s", name, uv_strerror(r));
}

/* in, out, errfd: for the child's descriptors 0, 1, 2; in < 0: /dev/null. */
static int spawn(struct child *c, const struct proc_opts *o, int in, int out,
		 int errfd, struct errbuf *err)
{
	static char *const empty_env[] = { NULL };
	uv_process_options_t po = { 0 };
	_cleanup_free_ uv_stdio_container_t *stdio = NULL;
	int nr = 3, fds[3] = { in, out, errfd }, r;

	for (size_t i = 0; i < ARRAY_SIZE(o->pass_fds) && o->pass_fds[i]; i++)
		if (o->pass_fds[i] >= nr)
			nr = o->pass_fds[i] + 1;
	stdio = xcalloc(nr, sizeof(*stdio)); /* all UV_IGNORE */
	for (int i = 0; i < 3; i++) {
		stdio[i].flags = fds[i] < 0 ? UV_IGNORE : UV_INHERIT_FD;
		stdio[i].data.fd = fds[i];
	}
	for (size_t i = 0; i < ARRAY_SIZE(o->pass_fds) && o->pass_fds[i]; i++) {
		int fd = o->pass_fds[i];

		stdio[fd].flags = UV_INHERIT_FD;
		stdio[fd].data.fd = fd;
	}
	po.file = o->argv->v[0];
	po.args = o->argv->v;
	if (o->env)
		po.env = o->env->nr ? o->env->v : (char **)empty_env;
	po.cwd = o->cwd;
	po.flags = UV_PROCESS_DETACHED; /* setsid(): its own process group */
	po.stdio = stdio;
	po.stdio_count = nr;
	po.exit_cb = on_exited;
	/* Nor do descriptors that kvmatrix itself inherited reach a build. */
	close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
	c->started = uv_hrtime();
	r = uv_spawn(&c->loop->uv, &c->process, &po);
	/* The handle has to be closed even when the start failed. */
	c->process.data = c;
	c->handles++;
	return r ? spawn_error(o, r, err) : 0;
}

static int start(struct child *c, const struct proc_opts *o,
		 struct errbuf *err)
{
	_cleanup_close_ int in = -1;
	_cleanup_close_ int out = -1;
	_cleanup_close_ int errfd = -1;

	if (o->input) {
		in = input_fd(o->input, o->input_len, err);
		if (in < 0)
			return -1;
	}
	if (open_output(c, 0, &c->res.output, &out, err))
		return -1;
	if (o->split_stderr &&
	    open_output(c, 1, &c->res.err_output, &errfd, err))
		return -1;
	return spawn(c, o, in, out, o->split_stderr ? errfd : out, err);
}

int proc_start(struct proc_loop *l, const struct proc_opts *o,
	       struct errbuf *err)
{
	struct child *c;

	if (!o->argv->nr)
		return errbuf_set(err, "cannot start a child: empty command");
	if (l->stopping)
		return errbuf_set(err, "%s: not started: stopping",
				  o->argv->v[0]);
	c = xcalloc(1, sizeof(*c));
	c->loop = l;
	c->pidfd = -1;
	c->output_cap = o->output_cap ? o->output_cap : OUTPUT_CAP_DEFAULT;
	c->on_output = o->on_output;
	c->pass_only = o->pass_only;
	c->on_exit = o->on_exit;
	c->data = o->data;
	strbuf_init(&c->res.output);
	strbuf_init(&c->res.err_output);
	init_handles(c);
	if (start(c, o, err)) {
		close_all(c);
		return -1;
	}
	c->pid = c->process.pid;
	watch_pidfd(c);
	uv_update_time(&l->uv);
	if (o->timeout_ms)
		uv_timer_start(&c->timeout, on_timeout, o->timeout_ms, 0);
	c->next = l->children;
	l->children = c;
	l->running++;
	return 0;
}
