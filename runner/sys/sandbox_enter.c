// SPDX-License-Identifier: GPL-2.0-only
/*
 * The inside of "kvmatrix __enter": namespaces, mounts, drops, then bwrap.
 *
 * - Layers are named /proc/self/fd/N in the mount options, so that no path
 *   needs escaping and the options stay far below their limit of one page.
 * - "userxattr" since trusted.* attributes are refused in a user namespace;
 *   "volatile" since the scratch need not survive a power cut and unmounting
 *   would flush the whole file system below it.
 * - This process stays as the parent of bwrap, as a subreaper. bwrap reports
 *   the end of the command before everything in the process namespace is
 *   gone; this process ends only when all of it is reaped, and with it ends
 *   the mount namespace. So who waits for it finds the scratch directory
 *   unmounted and nobody writing to it, and its resource usage includes what
 *   bwrap's first process has reaped.
 * - bwrap's own failures look like the command's exit code 1. The status
 *   descriptor tells them apart: "exit-code" appears there only when the
 *   command was really executed (bwrap(1), --json-status-fd).
 */
#include "sys/sandbox.h"

#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/mem.h"
#include "sys/sandbox_spec.h"
#include "sys/strbuf.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Namespaces ----------------------------------------------------------- */

static int put_file(const char *path, const char *text, struct errbuf *err)
{
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t len = (ssize_t)strlen(text);

	if (fd < 0 || write(fd, text, len) != len)
		return errbuf_set(err, "%s: %s", path, strerror(errno));
	return 0;
}

static int enter_namespaces(struct errbuf *err)
{
	unsigned uid = geteuid(), gid = getegid();
	_cleanup_free_ char *uid_map = xasprintf("%u %u 1", uid, uid);
	_cleanup_free_ char *gid_map = xasprintf("%u %u 1", gid, gid);

	if (unshare(CLONE_NEWUSER | CLONE_NEWNS))
		return errbuf_set(err, "no user and mount namespace: %s (are unprivileged user namespaces allowed here?)",
				  strerror(errno));
	if (put_file("/proc/self/setgroups", "deny", err) ||
	    put_file("/proc/self/uid_map", uid_map, err) ||
	    put_file("/proc/self/gid_map", gid_map, err))
		return errbuf_prefix(err, "user namespace");
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return errbuf_set(err, "mount namespace: cannot make / private: %s",
				  strerror(errno));
	return 0;
}

/* Ends this process when its parent ends; ppid: the parent at the start. */
static int die_with_parent(pid_t ppid, struct errbuf *err)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != ppid)
		return errbuf_set(err, "the process that asked for it is gone");
	return 0;
}

/* Mounts --------------------------------------------------------------- */

struct layers {
	int fds[64];
	size_t nr;
};

static void layers_close(struct layers *l)
{
	while (l->nr)
		close(l->fds[--l->nr]);
}

/* Opens a directory of the overlay and appends its name to the options. */
static int put_layer(struct layers *l, struct strbuf *opts, const char *before,
		     const char *path, struct errbuf *err)
{
	int fd;

	if (l->nr == ARRAY_SIZE(l->fds))
		return errbuf_set(err, "%s: more than %zu layers", path,
				  ARRAY_SIZE(l->fds));
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return errbuf_set(err, "%s: %s", path, strerror(errno));
	l->fds[l->nr++] = fd;
	strbuf_addf(opts, "%s/proc/self/fd/%d", before, fd);
	return 0;
}

static int mount_overlay(const char *target, const char *opts,
			 unsigned long flags, struct errbuf *err)
{
	if (mount("overlay", target, "overlay", flags, opts))
		return errbuf_set(err, "cannot mount an overlay on %s: %s%s",
				  target, strerror(errno),
				  errno == EINVAL ? " (its file system may not do as an upper layer; see the kernel's log)" : "");
	return 0;
}

static int mount_bind(const char *source, const char *target,
		      struct errbuf *err)
{
	if (mount(source, target, NULL, MS_BIND | MS_REC, NULL))
		return errbuf_set(err, "cannot bind %s to %s: %s", source,
				  target, strerror(errno));
	return 0;
}

/* bwrap makes it read-only with the flags that the kernel insists on. */
static int mount_src(const struct sandbox_spec *spec, struct errbuf *err)
{
	_cleanup_strbuf_ struct strbuf opts = STRBUF_INIT;
	_cleanup_(layers_close) struct layers l = { .nr = 0 };
	const char *before = "userxattr,lowerdir=";

	if (spec->src_layers.nr == 1)
		return mount_bind(spec->src_layers.v[0], spec->src, err);
	strlist_each(layer, &spec->src_layers) {
		if (put_layer(&l, &opts, before, layer, err))
			return -1;
		before = ":";
	}
	return mount_overlay(spec->src, opts.buf, MS_RDONLY, err);
}

/*
 * A volatile overlay leaves work/incompat/volatile behind and refuses to be
 * mounted again. It guards against a crash of the machine; whoever reuses the
 * scratch knows from the store whether the step that wrote it has finished.
 */
static int clear_work(const char *work, struct errbuf *err)
{
	_cleanup_free_ char *sub = path_join(work, "work");

	return tree_remove(sub, err);
}

static int mount_obj(const struct sandbox_spec *spec, struct errbuf *err)
{
	_cleanup_strbuf_ struct strbuf opts = STRBUF_INIT;
	_cleanup_(layers_close) struct layers l = { .nr = 0 };

	if (!spec->obj_lower)
		return mount_bind(spec->obj_upper, spec->obj, err);
	if (clear_work(spec->obj_work, err))
		return -1;
	strbuf_addstr(&opts, "userxattr,index=off,volatile,");
	if ((spec->obj_middle &&
	     put_layer(&l, &opts, "lowerdir=", spec->obj_middle, err)) ||
	    put_layer(&l, &opts, spec->obj_middle ? ":" : "lowerdir=",
		      spec->obj_lower, err) ||
	    put_layer(&l, &opts, ",upperdir=", spec->obj_upper, err) ||
	    put_layer(&l, &opts, ",workdir=", spec->obj_work, err))
		return -1;
	return mount_overlay(spec->obj, opts.buf, 0, err);
}

static int apply_drops(const struct sandbox_spec *spec, struct errbuf *err)
{
	_cleanup_strlist_ struct strlist drop = STRLIST_INIT;

	if (sandbox_spec_drops(spec, &drop, err))
		return -1;
	return sandbox_drop(spec->obj, &drop, err);
}

/* The command ---------------------------------------------------------- */

static int report(const struct errbuf *err)
{
	fprintf(stderr, "kvmatrix: sandbox: %s\n", err->msg);
	return SANDBOX_EXIT_FAILED;
}

static void run_bwrap(char **argv, int status_fd, const sigset_t *mask,
		      pid_t parent)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;

	sigprocmask(SIG_SETMASK, mask, NULL);
	fcntl(status_fd, F_SETFD, 0);
	/* bwrap asks for the same, but only after a while. */
	if (!die_with_parent(parent, &err)) {
		execvp(argv[0], argv);
		errbuf_set(&err, "%s: %s%s", argv[0], strerror(errno),
			   errno == ENOENT ? " (install bubblewrap)" : "");
	}
	_exit(report(&err));
}

/*
 * Waits until bwrap and all that it left to this subreaper are gone; signals
 * meant for the build are handed on. Returns bwrap's wait status.
 */
static int wait_for_all(pid_t bwrap, const sigset_t *watched)
{
	int status = 0;

	for (;;) {
		int sig, st;
		pid_t pid;

		while ((pid = waitpid(-1, &st, WNOHANG)) > 0)
			if (pid == bwrap)
				status = st;
		if (pid < 0 && errno == ECHILD)
			return status;
		if (!sigwait(watched, &sig) && sig != SIGCHLD)
			kill(bwrap, sig);
	}
}

/* The command was executed, and its exit code is in the status. */
static bool was_executed(int status_fd)
{
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;
	char chunk[512];
	ssize_t n;

	while ((n = read(status_fd, chunk, sizeof(chunk))) > 0)
		strbuf_add(&sb, chunk, n);
	return strstr(sb.buf, "\"exit-code\"") != NULL;
}

static void end_like(int status, const sigset_t *mask)
{
	if (WIFSIGNALED(status)) {
		signal(WTERMSIG(status), SIG_DFL);
		raise(WTERMSIG(status));
		sigprocmask(SIG_SETMASK, mask, NULL);
	}
	_exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status) :
				    WEXITSTATUS(status));
}

static int supervise(const struct sandbox_spec *spec, char **command,
		     struct errbuf *err)
{
	_cleanup_strlist_ struct strlist argv = STRLIST_INIT;
	pid_t self = getpid(), bwrap;
	sigset_t watched, mask;
	int status, fds[2];

	if (pipe2(fds, O_CLOEXEC))
		return errbuf_set(err, "pipe: %s", strerror(errno));
	if (sandbox_bwrap_argv(spec, fds[1], &argv, err))
		return -1;
	for (char **arg = command; *arg; arg++)
		strlist_add(&argv, *arg);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&watched);
	sigaddset(&watched, SIGCHLD);
	sigaddset(&watched, SIGINT);
	sigaddset(&watched, SIGTERM);
	sigaddset(&watched, SIGHUP);
	sigprocmask(SIG_BLOCK, &watched, &mask);
	bwrap = fork();
	if (!bwrap)
		run_bwrap(argv.v, fds[1], &mask, self);
	close(fds[1]);
	if (bwrap < 0)
		return errbuf_set(err, "fork: %s", strerror(errno));
	status = wait_for_all(bwrap, &watched);
	if (WIFSIGNALED(status) || was_executed(fds[0]))
		end_like(status, &mask);
	return errbuf_set(err, "%s could not be started in the sandbox",
			  command[0]);
}

static int enter(const char *text, char **command, struct errbuf *err)
{
	_cleanup_spec_ struct sandbox_spec spec = { 0 };
	pid_t ppid = getppid();

	if (sandbox_spec_read(&spec, text, err) || enter_namespaces(err))
		return -1;
	/* After unshare(): a change of credentials forgets it. */
	if (die_with_parent(ppid, err))
		return -1;
	if (mount_src(&spec, err) || mount_obj(&spec, err) ||
	    apply_drops(&spec, err))
		return -1;
	return supervise(&spec, command, err);
}

int sandbox_enter_main(int argc, char **argv)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;

	if (argc < 5 || strcmp(argv[3], "--")) {
		errbuf_set(&err, "usage: %s __enter SPEC -- COMMAND...",
			   argc ? argv[0] : "kvmatrix");
		return report(&err);
	}
	enter(argv[2], argv + 4, &err);
	return report(&err);
}
