// SPDX-License-Identifier: GPL-2.0-only
/*
 * make puts O_NONBLOCK on the reading end that it inherits, or takes it away,
 * and the flag belongs to the open file which all holders share. So our own
 * reading and writing goes through a second pair of open files on the same
 * pipe, got by /proc/self/fd, which are always non-blocking: a build that
 * empties or fills the pipe cannot make kvmatrix wait.
 */
#include "sys/jobserver.h"

#include "sys/errbuf.h"
#include "sys/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* Recipes and configure scripts redirect small numbers (exec 9>lock). */
#define LOWEST_FD 40

struct jobserver {
	unsigned slots;
	int shared[2]; /* what makes get */
	int own[2];    /* the same pipe, non-blocking */
};

static int move_up(int *fd)
{
	int high = fcntl(*fd, F_DUPFD_CLOEXEC, LOWEST_FD);

	if (high < 0)
		return -1;
	close(*fd);
	*fd = high;
	return 0;
}

static int reopen(int fd, int flags)
{
	_cleanup_free_ char *path = xasprintf("/proc/self/fd/%d", fd);

	return open(path, flags | O_NONBLOCK | O_CLOEXEC);
}

static int open_all(struct jobserver *js)
{
	if (pipe2(js->shared, O_CLOEXEC) || move_up(&js->shared[0]) ||
	    move_up(&js->shared[1]))
		return -1;
	js->own[0] = reopen(js->shared[0], O_RDONLY);
	js->own[1] = reopen(js->shared[1], O_WRONLY);
	return js->own[0] < 0 || js->own[1] < 0 ? -1 : 0;
}

static bool get_byte(struct jobserver *js)
{
	ssize_t n;
	char c;

	do
		n = read(js->own[0], &c, 1);
	while (n < 0 && errno == EINTR);
	return n == 1;
}

/* A full pipe holds more tokens than anybody needs. */
static bool put_byte(struct jobserver *js)
{
	ssize_t n;

	do
		n = write(js->own[1], "+", 1);
	while (n < 0 && errno == EINTR);
	return n == 1;
}

struct jobserver *jobserver_new(unsigned slots, struct errbuf *err)
{
	struct jobserver *js;

	if (!slots || slots > JOBSERVER_MAX) {
		errbuf_set(err, "%u jobs: must be between 1 and %d", slots,
			   JOBSERVER_MAX);
		return NULL;
	}
	js = xcalloc(1, sizeof(*js));
	*js = (struct jobserver){ slots, { -1, -1 }, { -1, -1 } };
	if (open_all(js)) {
		errbuf_set(err, "jobserver pipe: %s", strerror(errno));
		jobserver_free(js);
		return NULL;
	}
	jobserver_refill(js);
	return js;
}

void jobserver_free(struct jobserver *js)
{
	if (!js)
		return;
	for (int i = 0; i < 2; i++) {
		if (js->shared[i] >= 0)
			close(js->shared[i]);
		if (js->own[i] >= 0)
			close(js->own[i]);
	}
	free(js);
}

bool jobserver_take(struct jobserver *js)
{
	return get_byte(js);
}

void jobserver_give(struct jobserver *js)
{
	put_byte(js);
}

void jobserver_fds(const struct jobserver *js, int fds[2])
{
	fds[0] = js->shared[0];
	fds[1] = js->shared[1];
}

char *jobserver_makeflags(const struct jobserver *js)
{
	/* The leading blank: no group of one-letter flags comes first. */
	return xasprintf(" -j --jobserver-auth=%d,%d", js->shared[0],
			 js->shared[1]);
}

int jobserver_refill(struct jobserver *js)
{
	int found = 0;

	while (get_byte(js))
		found++;
	for (unsigned i = 0; i < js->slots; i++)
		put_byte(js);
	return (int)js->slots - found;
}
