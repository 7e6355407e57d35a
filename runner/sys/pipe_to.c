// SPDX-License-Identifier: GPL-2.0-only
/*
 * The child's standard input is one end of a socket pair and not a pipe,
 * because send() can be told not to raise SIGPIPE, and a library must neither
 * change signal handling nor die of a signal.
 */
#include "sys/pipe_to.h"

#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/mem.h"
#include "sys/strbuf.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define BUFFER_SIZE (256 * 1024)
#define LOG_TAIL 2000

struct pipe_to {
	pid_t pid;
	int fd;
	bool broken; /* a write failed: nothing more is sent */
	char *name;  /* of the program, for messages */
	char *log;
	size_t len; /* bytes waiting in buf */
	char buf[BUFFER_SIZE];
};

static int spawn(struct pipe_to *p, const struct strlist *argv,
		 const struct strlist *env, int in)
{
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t attr;
	sigset_t none, defaults;
	int rc;

	sigemptyset(&none);
	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE);
	sigaddset(&defaults, SIGINT);
	sigaddset(&defaults, SIGTERM);
	posix_spawn_file_actions_init(&fa);
	posix_spawnattr_init(&attr);
	posix_spawn_file_actions_adddup2(&fa, in, 0);
	posix_spawn_file_actions_addopen(&fa, 1, p->log,
					 O_WRONLY | O_CREAT | O_TRUNC, 0666);
	posix_spawn_file_actions_adddup2(&fa, 1, 2);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP |
						POSIX_SPAWN_SETSIGMASK |
						POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setpgroup(&attr, 0);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &defaults);
	rc = posix_spawnp(&p->pid, argv->v[0], &fa, &attr, argv->v, env->v);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&fa);
	return rc;
}

static void pipe_to_free(struct pipe_to *p)
{
	if (p->fd >= 0)
		close(p->fd);
	free(p->name);
	free(p->log);
	free(p);
}

struct pipe_to *pipe_to_start(const struct strlist *argv,
			      const struct strlist *env, const char *log,
			      struct errbuf *err)
{
	struct pipe_to *p;
	int pair[2], rc;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair)) {
		errbuf_set(err, "%s: cannot make a pipe: %s", argv->v[0],
			   strerror(errno));
		return NULL;
	}
	p = xcalloc(1, sizeof(*p));
	p->fd = pair[0];
	p->name = xstrdup(argv->v[0]);
	p->log = xstrdup(log);
	rc = spawn(p, argv, env, pair[1]);
	close(pair[1]);
	if (rc) {
		errbuf_set(err, "%s: cannot start it: %s", argv->v[0],
			   strerror(rc));
		pipe_to_free(p);
		return NULL;
	}
	return p;
}

static int send_all(struct pipe_to *p, const char *data, size_t len)
{
	while (len && !p->broken) {
		ssize_t n = send(p->fd, data, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			p->broken = true;
			break;
		}
		data += n;
		len -= n;
	}
	return p->broken ? -1 : 0;
}

static int flush(struct pipe_to *p)
{
	size_t len = p->len;

	p->len = 0;
	return send_all(p, p->buf, len);
}

int pipe_to_write(struct pipe_to *p, const void *data, size_t len)
{
	if (p->len + len > sizeof(p->buf) && flush(p))
		return -1;
	if (len >= sizeof(p->buf))
		return send_all(p, data, len);
	memcpy(p->buf + p->len, data, len);
	p->len += len;
	return p->broken ? -1 : 0;
}

static int report(struct pipe_to *p, int status, struct errbuf *err)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	_cleanup_errbuf_ struct errbuf ignored = ERRBUF_INIT;
	const char *tail;

	file_read(p->log, &text, &ignored);
	while (text.len && text.buf[text.len - 1] == '\n')
		strbuf_setlen(&text, text.len - 1);
	tail = text.len > LOG_TAIL ? text.buf + text.len - LOG_TAIL : text.buf;
	if (WIFSIGNALED(status))
		return errbuf_set(err, "%s: killed by signal %d%s%s", p->name,
				  WTERMSIG(status), *tail ? ": " : "", tail);
	return errbuf_set(err, "%s: failed with exit code %d%s%s", p->name,
			  WEXITSTATUS(status), *tail ? ": " : "", tail);
}

int pipe_to_finish(struct pipe_to *p, bool kill_it, struct errbuf *err)
{
	int status = 0, ret = 0;

	if (kill_it)
		kill(-p->pid, SIGKILL);
	else
		flush(p);
	close(p->fd);
	p->fd = -1;
	while (waitpid(p->pid, &status, 0) < 0 && errno == EINTR)
		;
	if (kill_it)
		ret = errbuf_set(err, "%s: stopped", p->name);
	else if (!WIFEXITED(status) || WEXITSTATUS(status) || p->broken)
		ret = report(p, status, err);
	pipe_to_free(p);
	return ret;
}
