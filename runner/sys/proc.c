// SPDX-License-Identifier: GPL-2.0-only
/*
 * The loop: it holds the children that run, the signals and the tick. No
 * threads; all that happens, happens in a callback inside proc_loop_run().
 */
#include "sys/proc.h"

#include "sys/mem.h"
#include "sys/proc_child.h"

#include <signal.h>

void proc_result_release(struct proc_result *r)
{
	strbuf_release(&r->output);
	strbuf_release(&r->err_output);
}

struct proc_loop *proc_loop_new(void)
{
	struct proc_loop *l = xcalloc(1, sizeof(*l));

	if (uv_loop_init(&l->uv)) {
		free(l);
		return NULL;
	}
	return l;
}

void proc_loop_free(struct proc_loop *l)
{
	if (!l)
		return;
	/* Their owner is going away: nobody is to be told of their end. */
	for (struct child *c = l->children; c; c = c->next) {
		c->on_exit = NULL;
		c->on_output = NULL;
		child_kill(c);
	}
	for (unsigned i = 0; i < l->signals_nr; i++)
		uv_close((uv_handle_t *)&l->signals[i], NULL);
	if (l->on_tick)
		uv_close((uv_handle_t *)&l->tick, NULL);
	if (l->on_readable)
		uv_close((uv_handle_t *)&l->readable, NULL);
	uv_run(&l->uv, UV_RUN_DEFAULT);
	uv_loop_close(&l->uv);
	free(l);
}

static void on_signal(uv_signal_t *s, int signum)
{
	struct proc_loop *l = s->data;
	bool again = l->stopping;

	if (!l->signal)
		l->signal = signum;
	proc_loop_stop(l);
	if (again && signum == SIGINT)
		for (struct child *c = l->children; c; c = c->next)
			child_kill(c);
	if (!again && l->on_stop)
		l->on_stop(l->on_stop_data);
}

void proc_loop_catch_signals(struct proc_loop *l, void (*on_stop)(void *data),
			     void *data)
{
	static const int signums[] = { SIGINT, SIGTERM, SIGHUP };

	l->on_stop = on_stop;
	l->on_stop_data = data;
	if (l->signals_nr)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(signums); i++) {
		uv_signal_t *s = &l->signals[l->signals_nr];
		struct sigaction old;

		/* nohup(1) and a shell's "&" mean it. */
		if (!sigaction(signums[i], NULL, &old) &&
		    old.sa_handler == SIG_IGN)
			continue;
		if (uv_signal_init(&l->uv, s))
			continue;
		l->signals_nr++;
		s->data = l;
		uv_signal_start(s, on_signal, signums[i]);
		uv_unref((uv_handle_t *)s);
	}
}

static void on_tick_timer(uv_timer_t *t)
{
	struct proc_loop *l = t->data;

	if (l->running)
		l->on_tick(l->on_tick_data);
}

void proc_loop_every(struct proc_loop *l, uint64_t interval_ms,
		     void (*tick)(void *data), void *data)
{
	if (!l->on_tick)
		uv_timer_init(&l->uv, &l->tick);
	l->tick.data = l;
	l->on_tick = tick;
	l->on_tick_data = data;
	uv_timer_start(&l->tick, on_tick_timer, interval_ms, interval_ms);
	uv_unref((uv_handle_t *)&l->tick);
}

static void on_poll(uv_poll_t *p, int status, int events)
{
	struct proc_loop *l = p->data;

	(void)status;
	(void)events;
	uv_poll_stop(p);
	if (l->running)
		l->on_readable(l->on_readable_data);
}

void proc_loop_when_readable(struct proc_loop *l, int fd,
			     void (*on_readable)(void *data), void *data)
{
	if (!l->on_readable && uv_poll_init(&l->uv, &l->readable, fd))
		return;
	l->readable.data = l;
	l->on_readable = on_readable;
	l->on_readable_data = data;
	uv_poll_start(&l->readable, UV_READABLE, on_poll);
	uv_unref((uv_handle_t *)&l->readable);
}

void proc_loop_stop(struct proc_loop *l)
{
	l->stopping = true;
	for (struct child *c = l->children; c; c = c->next) {
		/* One that has ended by itself keeps its own result. */
		if (!c->ending && !child_has_exited(c, NULL))
			c->res.stopped = true;
		child_end(c);
	}
}

bool proc_loop_stopped(const struct proc_loop *l)
{
	return l->stopping;
}

int proc_loop_signal(const struct proc_loop *l)
{
	return l->signal;
}

unsigned proc_loop_running(const struct proc_loop *l)
{
	return l->running;
}

/* With no child the loop is not alive and would not look at its signals. */
static void notice_signals(struct proc_loop *l)
{
	for (unsigned i = 0; i < l->signals_nr; i++)
		uv_ref((uv_handle_t *)&l->signals[i]);
	uv_run(&l->uv, UV_RUN_NOWAIT);
	for (unsigned i = 0; i < l->signals_nr; i++)
		uv_unref((uv_handle_t *)&l->signals[i]);
}

void proc_loop_idle(struct proc_loop *l, unsigned ms)
{
	nanosleep(&(struct timespec){ .tv_sec = ms / 1000,
				      .tv_nsec = ms % 1000 * 1000000L }, NULL);
	notice_signals(l);
}

void proc_loop_run(struct proc_loop *l)
{
	notice_signals(l);
	while (l->running)
		uv_run(&l->uv, UV_RUN_ONCE);
	notice_signals(l); /* also closes the handles of the last child */
}

unsigned proc_cpus(void)
{
	return uv_available_parallelism();
}
