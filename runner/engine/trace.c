// SPDX-License-Identifier: GPL-2.0-only
#include "engine/trace.h"

#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/json.h"
#include "sys/mem.h"
#include "sys/proc.h"
#include "sys/strbuf.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdarg.h>
#include <time.h>
#include <unistd.h>

struct trace {
	char *path;
	int fd;
	int error;	   /* errno of the first write that failed: no more */
	unsigned nr_named; /* rows that have their name */
	struct timespec begin;
};

static void write_all(struct trace *t, const char *text, size_t len)
{
	while (len && !t->error) {
		ssize_t n = write(t->fd, text, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			t->error = errno;
			return;
		}
		text += n;
		len -= n;
	}
}

static int tell_error(const struct trace *t, struct errbuf *err)
{
	if (!t->error)
		return 0;
	return errbuf_set(err, "the trace could not be written: %s: %s",
			  t->path, strerror(t->error));
}

static void set(json_t *o, const char *key, json_t *value)
{
	json_object_set_new_nocheck(o, key, value);
}

/* Text that is not UTF-8 is left out; ids of cells are. */
static json_t *str(const char *s)
{
	json_t *v = json_string(s);

	return v ? v : json_null();
}

static json_t *event(const struct trace *t, const char *ph, const char *name)
{
	json_t *o = json_object();

	set(o, "name", str(name));
	set(o, "ph", str(ph));
	set(o, "ts", json_integer((json_int_t)trace_now(t)));
	set(o, "pid", json_integer(1));
	return o;
}

static int add_chunk(const char *buf, size_t len, void *out)
{
	strbuf_add(out, buf, len);
	return 0;
}

/* Writes in one piece, and frees e. */
static void emit(struct trace *t, json_t *e)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	strbuf_addstr(&text, ",\n");
	json_dump_callback(e, add_chunk, &text,
			   JSON_COMPACT | JSON_REAL_PRECISION(9));
	json_decref(e);
	write_all(t, text.buf, text.len);
}

static json_t *name_event(const struct trace *t, const char *what,
			  const char *name)
{
	json_t *e = event(t, "M", what), *args = json_object();

	set(args, "name", str(name));
	set(e, "args", args);
	return e;
}

static void name_rows(struct trace *t, unsigned slot)
{
	while (t->nr_named < slot) {
		unsigned n = ++t->nr_named;
		_cleanup_free_ char *name = xasprintf("slot %u", n);
		json_t *e = name_event(t, "thread_name", name);

		set(e, "tid", json_integer(n));
		emit(t, e);
	}
}

struct trace *trace_open(const char *path, struct errbuf *err)
{
	static const char first[] =
		"[\n{\"name\":\"process_name\",\"ph\":\"M\",\"ts\":0,"
		"\"pid\":1,\"args\":{\"name\":\"kvmatrix\"}}";
	struct trace *t;

	json_set_alloc_funcs(xmalloc, free);
	if (dir_make_for(path, err))
		return NULL;
	t = xcalloc(1, sizeof(*t));
	t->path = xstrdup(path);
	clock_gettime(CLOCK_MONOTONIC, &t->begin);
	t->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (t->fd < 0)
		t->error = errno;
	write_all(t, first, strlen(first));
	if (!tell_error(t, err))
		return t;
	trace_close(t, err);
	return NULL;
}

int trace_close(struct trace *t, struct errbuf *err)
{
	int ret;

	if (!t)
		return 0;
	write_all(t, "\n]\n", 3);
	if (t->fd >= 0 && close(t->fd) && !t->error)
		t->error = errno;
	ret = tell_error(t, err);
	free(t->path);
	free(t);
	return ret;
}

uint64_t trace_now(const struct trace *t)
{
	struct timespec now;

	if (!t)
		return 0;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - t->begin.tv_sec) * 1000000 +
	       (now.tv_nsec - t->begin.tv_nsec) / 1000;
}

static char *describe_end(const struct proc_result *res)
{
	if (res->stopped)
		return xstrdup("stopped");
	if (res->timed_out)
		return xstrdup("timeout");
	if (res->signal)
		return xasprintf("signal %d", res->signal);
	return xasprintf("exit %d", res->exit_code);
}

void trace_add_span(struct trace *t, const struct trace_span *s,
		    const struct proc_result *res)
{
	_cleanup_free_ char *name = NULL, *end = NULL;
	json_t *e, *args;
	uint64_t now = trace_now(t);

	if (!t)
		return;
	name_rows(t, s->slot);
	end = describe_end(res);
	if (s->patch < 0)
		name = xasprintf("%s %s", s->cell, s->what);
	else
		name = xasprintf("%s %s, patch %d", s->cell, s->what, s->patch);
	args = json_object();
	set(args, "cell", str(s->cell));
	set(args, "patch",
	    s->patch < 0 ? json_null() : json_integer(s->patch));
	set(args, "end", str(end));
	set(args, "cpu_seconds",
	    json_real(round(res->cpu_seconds * 1000) / 1000));
	set(args, "largest_process_mib",
	    json_integer((json_int_t)(res->max_rss >> 20)));
	e = event(t, "X", name);
	set(e, "cat", str(s->what));
	set(e, "ts", json_integer((json_int_t)s->from));
	set(e, "dur", json_integer((json_int_t)(now - s->from)));
	set(e, "tid", json_integer(s->slot));
	set(e, "args", args);
	emit(t, e);
}

void trace_add_instant(struct trace *t, const char *text, const char *cell)
{
	json_t *e, *args;

	if (!t)
		return;
	args = json_object();
	set(args, "cell", str(cell));
	e = event(t, "i", text);
	set(e, "s", str("p")); /* a line over all rows */
	set(e, "tid", json_integer(0));
	set(e, "args", args);
	emit(t, e);
}

void trace_add_counter(struct trace *t, const char *name, ...)
{
	json_t *e, *args;
	const char *key;
	va_list ap;

	if (!t)
		return;
	args = json_object();
	va_start(ap, name);
	while ((key = va_arg(ap, const char *)))
		set(args, key, json_real(va_arg(ap, double)));
	va_end(ap);
	e = event(t, "C", name);
	set(e, "args", args);
	emit(t, e);
}
