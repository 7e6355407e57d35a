// SPDX-License-Identifier: GPL-2.0-only
/*
 * One child to its end, for everything that is not the pool: git, cc --version.
 *
 * A child sits in a session of its own, so a Ctrl-C on the terminal reaches
 * only us. Its short loop therefore watches the signals too, ends the child,
 * and afterwards leaves the signal to whom it belongs: a longer-lived loop has
 * seen it by its own watcher; when nobody had asked for it, it is raised again
 * with its default action.
 */
#include "sys/proc.h"

#include "sys/errbuf.h"
#include "sys/mem.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>

#define TAIL_LINES 12
#define TAIL_BYTES 2000
#define SHOWN_COMMAND 160

static const int watched[] = { SIGINT, SIGTERM, SIGHUP };

static void save_handlers(struct sigaction old[ARRAY_SIZE(watched)])
{
	for (size_t i = 0; i < ARRAY_SIZE(watched); i++)
		sigaction(watched[i], NULL, &old[i]);
}

static void restore_handlers(const struct sigaction old[ARRAY_SIZE(watched)],
			     int got)
{
	for (size_t i = 0; i < ARRAY_SIZE(watched); i++) {
		sigaction(watched[i], &old[i], NULL);
		if (watched[i] == got && old[i].sa_handler == SIG_DFL)
			raise(got);
	}
}

struct capture {
	const struct proc_opts *o;
	struct proc_result *res;
};

static void pass_output(void *data, const char *chunk, size_t len)
{
	struct capture *cap = data;

	cap->o->on_output(cap->o->data, chunk, len);
}

static void pass_exit(void *data, struct proc_result *res)
{
	struct capture *cap = data;

	*cap->res = *res;
	strbuf_init(&res->output);
	strbuf_init(&res->err_output);
}

static int start_all(struct proc_loop *l, struct capture *caps, size_t nr,
		     struct errbuf *err)
{
	for (size_t i = 0; i < nr; i++) {
		struct proc_opts mine = *caps[i].o;

		mine.on_output = mine.on_output ? pass_output : NULL;
		mine.on_exit = pass_exit;
		mine.data = &caps[i];
		if (proc_start(l, &mine, err))
			return -1;
	}
	return 0;
}

int proc_capture_all(const struct proc_opts *o, size_t nr,
		     struct proc_result *res, struct errbuf *err)
{
	struct capture *caps = xcalloc(nr, sizeof(*caps));
	struct sigaction old[ARRAY_SIZE(watched)];
	struct proc_loop *l = proc_loop_new();
	int ret, got;

	for (size_t i = 0; i < nr; i++) {
		res[i] = (struct proc_result){ .output = STRBUF_INIT,
					       .err_output = STRBUF_INIT };
		caps[i] = (struct capture){ .o = &o[i], .res = &res[i] };
	}
	if (!l) {
		free(caps);
		return errbuf_set(err, "%s: cannot start: no event loop (too many open files?)",
				  o->argv->nr ? o->argv->v[0] : "child");
	}
	save_handlers(old);
	proc_loop_catch_signals(l, NULL, NULL);
	ret = start_all(l, caps, nr, err);
	if (ret)
		proc_loop_stop(l);
	proc_loop_run(l);
	got = proc_loop_signal(l);
	proc_loop_free(l);
	restore_handlers(old, got);
	for (size_t i = 0; ret && i < nr; i++)
		proc_result_release(&res[i]);
	free(caps);
	return ret;
}

int proc_capture(const struct proc_opts *o, struct proc_result *res,
		 struct errbuf *err)
{
	return proc_capture_all(o, 1, res, err);
}

/* "git am --3way ...", cut where it gets long. */
static char *shown_command(const struct strlist *argv)
{
	char *s = strlist_join(argv, " ");

	if (strlen(s) > SHOWN_COMMAND)
		strcpy(s + SHOWN_COMMAND - 3, "...");
	return s;
}

/* The last lines of text, without the final newline. */
static char *tail(const struct strbuf *text)
{
	size_t end = text->len, at;
	int lines = 0;

	while (end && (text->buf[end - 1] == '\n' || text->buf[end - 1] == '\r'))
		end--;
	for (at = end; at && end - at < TAIL_BYTES; at--)
		if (text->buf[at - 1] == '\n' && ++lines == TAIL_LINES)
			break;
	return xstrndup(text->buf + at, end - at);
}

static int failed(const struct proc_opts *o, const struct proc_result *res,
		  struct errbuf *err)
{
	_cleanup_free_ char *cmd = shown_command(o->argv);
	_cleanup_free_ char *last =
		tail(res->err_output.len ? &res->err_output : &res->output);
	char how[64];

	if (res->stopped)
		snprintf(how, sizeof(how), "interrupted");
	else if (res->timed_out)
		snprintf(how, sizeof(how), "timed out after %.0f s",
			 (double)o->timeout_ms / 1000);
	else if (res->signal)
		snprintf(how, sizeof(how), "killed by signal %d", res->signal);
	else
		snprintf(how, sizeof(how), "exit code %d", res->exit_code);
	return errbuf_set(err, "%s: %s%s%s", cmd, how, *last ? ":\n" : "",
			  last);
}

int proc_run_opts(const struct proc_opts *o, struct strbuf *out,
		  struct errbuf *err)
{
	struct proc_result res = { 0 };
	int ret = proc_capture(o, &res, err);

	if (ret)
		return ret;
	if (out)
		strbuf_add(out, res.output.buf, res.output.len);
	if (res.exit_code || res.timed_out || res.stopped)
		ret = failed(o, &res, err);
	else if (res.output_cut)
		ret = errbuf_set(err, "%s: more output than expected",
				 o->argv->v[0]);
	proc_result_release(&res);
	return ret;
}

int proc_run(struct strbuf *out, struct errbuf *err, const char *arg0, ...)
{
	_cleanup_strlist_ struct strlist argv = STRLIST_INIT;
	struct proc_opts o = { .argv = &argv, .split_stderr = true };
	const char *arg;
	va_list ap;

	strlist_add(&argv, arg0);
	va_start(ap, arg0);
	while ((arg = va_arg(ap, const char *)))
		strlist_add(&argv, arg);
	va_end(ap);
	return proc_run_opts(&o, out, err);
}
