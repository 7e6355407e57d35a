// SPDX-License-Identifier: GPL-2.0-only
/*
 * Children, their output and their end.
 */
#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/mem.h"
#include "sys/proc.h"
#include "sys/strbuf.h"
#include "sys/strlist.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Runs "sh -c script" with the options in o. */
static struct proc_result shell(struct proc_opts o, const char *script)
{
	_cleanup_strlist_ struct strlist argv = STRLIST_INIT;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	struct proc_result res;

	strlist_addl(&argv, "sh", "-c", script, NULL);
	o.argv = &argv;
	assert_int_equal(proc_capture(&o, &res, &err), 0);
	return res;
}

static bool alive(pid_t pid)
{
	_cleanup_free_ char *path = xasprintf("/proc/%d/stat", (int)pid);
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	const char *paren;

	if (file_read(path, &sb, &err))
		return false;
	paren = strrchr(sb.buf, ')');
	return paren && paren[2] != 'Z';
}

static bool gone_soon(pid_t pid)
{
	for (int i = 0; i < 100 && alive(pid); i++)
		usleep(10000);
	return !alive(pid);
}

static void test_exit_code(void **state)
{
	struct proc_result r;

	(void)state;
	r = shell((struct proc_opts){ 0 }, "exit 37");
	assert_int_equal(r.exit_code, 37);
	assert_int_equal(r.signal, 0);
	assert_false(r.timed_out || r.stopped || r.output_cut);
	proc_result_release(&r);
	r = shell((struct proc_opts){ 0 }, "kill -SEGV $$");
	assert_int_equal(r.exit_code, -1);
	assert_int_equal(r.signal, SIGSEGV);
	proc_result_release(&r);
}

static void test_order(void **state)
{
	struct proc_result r;

	(void)state;
	r = shell((struct proc_opts){ 0 },
		  "for i in 1 2 3; do echo o$i; echo e$i >&2; done");
	assert_string_equal(r.output.buf, "o1\ne1\no2\ne2\no3\ne3\n");
	assert_int_equal(r.err_output.len, 0);
	proc_result_release(&r);
	r = shell((struct proc_opts){ .split_stderr = true },
		  "echo out; echo err >&2");
	assert_string_equal(r.output.buf, "out\n");
	assert_string_equal(r.err_output.buf, "err\n");
	proc_result_release(&r);
}

static void test_dev_stdout(void **state)
{
	struct proc_result r = shell((struct proc_opts){ 0 },
				     "echo a >/dev/stdout; echo b >/dev/stderr");

	(void)state;
	assert_string_equal(r.output.buf, "a\nb\n");
	assert_int_equal(r.exit_code, 0);
	proc_result_release(&r);
}

static void test_stdin(void **state)
{
	_cleanup_strbuf_ struct strbuf big = STRBUF_INIT;
	struct proc_result r;

	(void)state;
	r = shell((struct proc_opts){ 0 }, "readlink /proc/self/fd/0; cat");
	assert_string_equal(r.output.buf, "/dev/null\n");
	proc_result_release(&r);
	while (big.len < 3000000)
		strbuf_addf(&big, "line %zu\n", big.len);
	r = shell((struct proc_opts){ .input = big.buf, .input_len = big.len },
		  "cat");
	assert_int_equal(r.output.len, big.len);
	assert_memory_equal(r.output.buf, big.buf, big.len);
	proc_result_release(&r);
	/* A child that does not read its input does no harm. */
	r = shell((struct proc_opts){ .input = big.buf, .input_len = big.len },
		  "exit 5");
	assert_int_equal(r.exit_code, 5);
	proc_result_release(&r);
}

static void test_not_found(void **state)
{
	_cleanup_strlist_ struct strlist argv = STRLIST_INIT;
	_cleanup_strlist_ struct strlist empty = STRLIST_INIT;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	struct proc_opts o = { .argv = &argv };
	struct proc_result res;

	(void)state;
	strlist_add(&argv, "no-such-linux-gnu-gcc");
	assert_int_equal(proc_capture(&o, &res, &err), -1);
	assert_string_equal(err.msg, "no-such-linux-gnu-gcc: not found");
	strlist_release(&argv);
	strlist_add(&argv, "true");
	o.cwd = "/no/such/place";
	assert_int_equal(proc_capture(&o, &res, &err), -1);
	assert_non_null(strstr(err.msg, "/no/such/place: no such directory"));
	strlist_release(&argv);
	strlist_add(&argv, "/etc/passwd");
	o.cwd = NULL;
	assert_int_equal(proc_capture(&o, &res, &err), -1);
	assert_non_null(strstr(err.msg, "/etc/passwd: cannot start"));
	o.argv = &empty;
	assert_int_equal(proc_capture(&o, &res, &err), -1);
}

static void test_env_cwd(void **state)
{
	_cleanup_strlist_ struct strlist env = STRLIST_INIT;
	struct proc_result r;

	(void)state;
	strlist_addl(&env, "PATH=/usr/bin:/bin", "ONLY=this", NULL);
	r = shell((struct proc_opts){ .env = &env, .cwd = "/usr" },
		  "pwd; echo $ONLY; echo ${HOME-none}");
	assert_string_equal(r.output.buf, "/usr\nthis\nnone\n");
	proc_result_release(&r);
}

static void count_bytes(void *data, const char *chunk, size_t len)
{
	(void)chunk;
	*(size_t *)data += len;
}

static void test_cap(void **state)
{
	size_t seen = 0;
	struct proc_opts o = { .output_cap = 1000, .on_output = count_bytes,
			       .data = &seen };
	struct proc_result r;

	(void)state;
	r = shell(o, "head -c 500000 /dev/zero; exit 3");
	assert_int_equal(r.exit_code, 3);
	assert_true(r.output_cut);
	assert_int_equal(r.output.len, 1000);
	assert_int_equal(seen, 1000);
	proc_result_release(&r);
	seen = 0;
	r = shell(o, "head -c 1000 /dev/zero");
	assert_false(r.output_cut);
	assert_int_equal(seen, 1000);
	proc_result_release(&r);
}

/* A script that reads its own and its stubborn grandchild's process id. */
#define STUBBORN "sh -c 'trap \"\" TERM; echo $$; sleep 60; sleep 60' & "

static void test_timeout(void **state)
{
	double start = now();
	struct proc_result r = shell((struct proc_opts){ .timeout_ms = 300 },
				     STUBBORN "trap '' TERM; sleep 60; sleep 60");

	(void)state;
	assert_true(r.timed_out);
	assert_false(r.stopped);
	assert_int_equal(r.signal, SIGKILL);
	assert_true(now() - start > 1.0 && now() - start < 3);
	assert_true(gone_soon(atoi(r.output.buf)));
	proc_result_release(&r);
	/* Time enough: nothing happens. */
	r = shell((struct proc_opts){ .timeout_ms = 5000 }, "echo fine");
	assert_false(r.timed_out);
	assert_string_equal(r.output.buf, "fine\n");
	proc_result_release(&r);
}

static void test_grandchild_holds_pipe(void **state)
{
	double start = now();
	struct proc_result r;

	(void)state;
	r = shell((struct proc_opts){ 0 }, STUBBORN "sleep 0.2; exit 4");
	assert_int_equal(r.exit_code, 4);
	assert_true(now() - start < 2);
	assert_true(gone_soon(atoi(r.output.buf)));
	proc_result_release(&r);
	/* One that leaves the session cannot be ended, but not waited for. */
	start = now();
	r = shell((struct proc_opts){ 0 }, "setsid sleep 3 & echo x");
	assert_string_equal(r.output.buf, "x\n");
	assert_true(now() - start < 2);
	proc_result_release(&r);
	/* Late output within the grace is not lost. */
	r = shell((struct proc_opts){ 0 }, "(sleep 0.2; echo late) & exit 0");
	assert_string_equal(r.output.buf, "late\n");
	proc_result_release(&r);
}

static void test_group_leftovers(void **state)
{
	struct proc_result r = shell((struct proc_opts){ 0 },
				     "sleep 60 >/dev/null 2>&1 & echo $!");

	(void)state;
	assert_int_equal(r.exit_code, 0);
	assert_true(gone_soon(atoi(r.output.buf)));
	proc_result_release(&r);
}

static void test_cpu_seconds(void **state)
{
	int pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0);
	struct proc_result r = shell((struct proc_opts){ 0 },
				     "sh -c 'i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done'; exit 0");

	(void)state;
	/* valgrind 3.19 does not know the system call: then it is 0. */
	if (pidfd >= 0)
		assert_true(r.cpu_seconds > 0.02);
	close(pidfd);
	assert_true(r.cpu_seconds < r.seconds * 1.2 + 0.1);
	proc_result_release(&r);
	r = shell((struct proc_opts){ 0 }, "sleep 0.5");
	assert_true(r.seconds >= 0.5);
	assert_true(r.cpu_seconds < 0.3);
	proc_result_release(&r);
}

static void test_max_rss(void **state)
{
	int pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0);
	struct proc_result small, big;

	(void)state;
	big = shell((struct proc_opts){ 0 },
		    "perl -e '$x = \"x\" x 200_000_000'; exit 0");
	small = shell((struct proc_opts){ 0 }, "exit 0");
	assert_int_equal(big.exit_code, 0);
	if (pidfd >= 0) {
		assert_true(big.max_rss > 190 << 20);
		assert_true(small.max_rss > 0);
	}
	assert_true(small.max_rss < 190 << 20);
	close(pidfd);
	proc_result_release(&big);
	proc_result_release(&small);
}

static void test_pass_fds(void **state)
{
	_cleanup_free_ char *script = NULL;
	struct proc_opts o = { 0 };
	struct proc_result r;
	int fds[2], high, before;

	(void)state;
	r = shell(o, "ls /proc/self/fd | grep -c .");
	before = atoi(r.output.buf);
	proc_result_release(&r);
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	high = fcntl(fds[1], F_DUPFD_CLOEXEC, 77);
	assert_true(high >= 77);
	assert_int_equal(write(fds[1], "token\n", 6), 6);
	o.pass_fds[0] = high;
	o.pass_fds[1] = fds[0];
	/* dash redirects one-digit numbers only, so go by /proc. */
	script = xasprintf("head -c 6 /proc/self/fd/%d; echo back >/proc/self/fd/%d; ls /proc/self/fd | grep -c .",
			   fds[0], high);
	r = shell(o, script);
	assert_int_equal(r.exit_code, 0);
	assert_memory_equal(r.output.buf, "token\n", 6);
	assert_int_equal(atoi(r.output.buf + 6), before + 2);
	proc_result_release(&r);
	char back[8] = "";
	assert_int_equal(read(fds[0], back, sizeof(back)), 5);
	assert_string_equal(back, "back\n");
	/* Both still do not reach a child that they are not passed to. */
	r = shell((struct proc_opts){ 0 }, "ls /proc/self/fd | grep -c .");
	assert_int_equal(atoi(r.output.buf), before);
	proc_result_release(&r);
	close(high);
	close(fds[0]);
	close(fds[1]);
}

/* Several children ----------------------------------------------------- */

struct pool {
	struct proc_loop *loop;
	struct strlist argv;
	int left, done, ok, stopped, ticks;
	unsigned most;
};

static void start_next(struct pool *p);

static void pool_exit(void *data, struct proc_result *res)
{
	struct pool *p = data;

	p->done++;
	p->ok += res->exit_code == 0;
	p->stopped += res->stopped;
	start_next(p);
}

static void start_next(struct pool *p)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	struct proc_opts o = { .argv = &p->argv, .on_exit = pool_exit,
			       .data = p };

	while (p->left && proc_loop_running(p->loop) < 4 &&
	       !proc_loop_stopped(p->loop)) {
		p->left--;
		assert_int_equal(proc_start(p->loop, &o, &err), 0);
	}
	if (proc_loop_running(p->loop) > p->most)
		p->most = proc_loop_running(p->loop);
}

static void pool_tick(void *data)
{
	((struct pool *)data)->ticks++;
}

static void pool_open(struct pool *p, int nr, const char *script)
{
	*p = (struct pool){ .loop = proc_loop_new(), .left = nr };
	assert_non_null(p->loop);
	strlist_addl(&p->argv, "sh", "-c", script, NULL);
}

static void pool_close(struct pool *p)
{
	proc_loop_free(p->loop);
	strlist_release(&p->argv);
}

static void test_pool(void **state)
{
	struct pool p;

	(void)state;
	pool_open(&p, 20, "sleep 0.05");
	proc_loop_every(p.loop, 10, pool_tick, &p);
	start_next(&p);
	proc_loop_run(p.loop);
	assert_int_equal(p.done, 20);
	assert_int_equal(p.ok, 20);
	assert_int_equal(p.most, 4);
	assert_true(p.ticks > 3);
	assert_int_equal(proc_loop_running(p.loop), 0);
	pool_close(&p);
}

/* All at once, each with its own input and result; and none when one cannot
 * start. */
static void test_capture_all(void **state)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_strlist_ struct strlist argv = STRLIST_INIT;
	_cleanup_strlist_ struct strlist none = STRLIST_INIT;
	struct proc_result res[3];
	struct proc_opts o[3] = { 0 };
	const char *inputs[] = { "one", "", "three" };
	double start = now();

	(void)state;
	strlist_addl(&argv, "sh", "-c", "sleep 0.7; cat", NULL);
	strlist_add(&none, "no-such-program");
	for (size_t i = 0; i < 3; i++) {
		o[i].argv = &argv;
		o[i].input = inputs[i];
		o[i].input_len = strlen(inputs[i]);
	}
	assert_int_equal(proc_capture_all(o, 3, res, &err), 0);
	assert_true(now() - start < 2);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(res[i].exit_code, 0);
		assert_string_equal(res[i].output.buf, inputs[i]);
		proc_result_release(&res[i]);
	}
	o[2].argv = &none;
	assert_int_equal(proc_capture_all(o, 3, res, &err), -1);
	assert_non_null(strstr(err.msg, "no-such-program"));
}

struct reader {
	struct proc_loop *loop;
	int fd;
	char got[8];
	int nr;
};

static void read_one(void *data)
{
	struct reader *r = data;

	r->nr += read(r->fd, &r->got[r->nr], 1) == 1;
	if (r->nr < 2)
		proc_loop_when_readable(r->loop, r->fd, read_one, r);
}

/* Once each time that it is asked for, and nothing after the last child. */
static void test_readable(void **state)
{
	struct pool p;
	struct reader r = { 0 };
	int fds[2];

	(void)state;
	pool_open(&p, 1, "sleep 0.2; exit 0");
	assert_int_equal(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
	r.loop = p.loop;
	r.fd = fds[0];
	assert_int_equal(write(fds[1], "abc", 3), 3);
	proc_loop_when_readable(p.loop, fds[0], read_one, &r);
	start_next(&p);
	proc_loop_run(p.loop);
	assert_int_equal(p.done, 1);
	assert_string_equal(r.got, "ab");
	proc_loop_when_readable(p.loop, fds[0], read_one, &r);
	proc_loop_run(p.loop);
	assert_string_equal(r.got, "ab");
	pool_close(&p);
	close(fds[0]);
	close(fds[1]);
}

static void stop_now(void *data)
{
	proc_loop_stop(((struct pool *)data)->loop);
}

static void test_stop(void **state)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	double start = now();
	struct pool p;

	(void)state;
	pool_open(&p, 10, "trap '' TERM; sleep 60; sleep 60");
	proc_loop_every(p.loop, 200, stop_now, &p);
	start_next(&p);
	proc_loop_run(p.loop);
	assert_int_equal(p.done, 4);
	assert_int_equal(p.stopped, 4);
	assert_true(now() - start < 3);
	assert_int_equal(proc_start(p.loop,
				    &(struct proc_opts){ .argv = &p.argv },
				    &err),
			 -1);
	assert_non_null(strstr(err.msg, "stopping"));
	pool_close(&p);
}

static void raise_int(void *data)
{
	struct pool *p = data;

	if (p->ticks++ < 2)
		kill(getpid(), SIGINT);
}

static void note_stop(void *data)
{
	((struct pool *)data)->ok = 1000;
}

static void test_signal(void **state)
{
	double start = now();
	struct pool p;

	(void)state;
	pool_open(&p, 4, "trap '' TERM; sleep 60; sleep 60");
	proc_loop_catch_signals(p.loop, note_stop, &p);
	proc_loop_every(p.loop, 100, raise_int, &p);
	start_next(&p);
	proc_loop_run(p.loop);
	assert_int_equal(p.ok, 1000);
	assert_int_equal(p.stopped, 4);
	assert_int_equal(proc_loop_signal(p.loop), SIGINT);
	/* The second SIGINT does not wait for the 800 ms. */
	assert_true(now() - start < 0.8);
	pool_close(&p);
}

static void test_capture_interrupted(void **state)
{
	struct proc_result r;
	struct pool p;

	(void)state;
	pool_open(&p, 1, "true");
	proc_loop_catch_signals(p.loop, note_stop, &p);
	r = shell((struct proc_opts){ 0 }, "kill -INT $PPID; sleep 60");
	assert_true(r.stopped);
	assert_int_equal(r.signal, SIGTERM);
	proc_result_release(&r);
	/* The long-lived loop learns of it too, without any child. */
	proc_loop_run(p.loop);
	assert_int_equal(proc_loop_signal(p.loop), SIGINT);
	assert_int_equal(p.ok, 1000);
	pool_close(&p);
}

static void test_capture_dies_by_signal(void **state)
{
	pid_t pid = fork();
	int status;

	(void)state;
	if (!pid) {
		struct proc_result r;

		r = shell((struct proc_opts){ 0 }, "kill -TERM $PPID; sleep 60");
		proc_result_release(&r);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGTERM);
}

static void test_free_ends_children(void **state)
{
	double start = now();
	struct pool p;

	(void)state;
	pool_open(&p, 2, "sleep 60");
	start_next(&p);
	pool_close(&p);
	assert_int_equal(p.done, 0);
	assert_true(now() - start < 2);
}

static void test_run(void **state)
{
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;

	(void)state;
	assert_int_equal(proc_run(&out, &err, "sh", "-c",
				  "echo result; echo noise >&2", NULL),
			 0);
	assert_string_equal(out.buf, "result\n");
	assert_int_equal(proc_run(NULL, &err, "sh", "-c",
				  "echo first >&2; echo why >&2; exit 9", NULL),
			 -1);
	assert_non_null(strstr(err.msg, "exit code 9"));
	assert_non_null(strstr(err.msg, "first\nwhy"));
	assert_int_equal(proc_run(NULL, &err, "no-such-program", NULL), -1);
	assert_non_null(strstr(err.msg, "no-such-program: not found"));
}

static void test_cpus(void **state)
{
	(void)state;
	assert_in_range(proc_cpus(), 1, 65536);
}

#define T(title, f) { title, f, NULL, NULL, NULL }

int main(void)
{
	const struct CMUnitTest tests[] = {
		T("exit code and signal are told apart", test_exit_code),
		T("stdout and stderr keep their order, or are split",
		  test_order),
		T("a child can open /dev/stdout and /dev/stderr",
		  test_dev_stdout),
		T("stdin is /dev/null or all of the data given", test_stdin),
		T("a child that cannot start gives a clear message",
		  test_not_found),
		T("environment and directory are those given", test_env_cwd),
		T("output beyond the cap is thrown away, the child runs on",
		  test_cap),
		T("a timeout ends the whole group, by force if needed",
		  test_timeout),
		T("a grandchild that holds the pipe does not hold us",
		  test_grandchild_holds_pipe),
		T("nothing in the group outlives the child",
		  test_group_leftovers),
		T("cpu time counts descendants and not waiting",
		  test_cpu_seconds),
		T("peak memory is that of the largest descendant",
		  test_max_rss),
		T("passed descriptors keep their numbers, others stay here",
		  test_pass_fds),
		T("a pool runs children side by side, started from on_exit",
		  test_pool),
		T("several run at once", test_capture_all),
		T("a descriptor is waited for once", test_readable),
		T("a stop ends all children and refuses new ones", test_stop),
		T("the second SIGINT kills at once", test_signal),
		T("a signal ends a captured child and reaches the other loop",
		  test_capture_interrupted),
		T("a signal nobody caught still ends the program",
		  test_capture_dies_by_signal),
		T("freeing a loop ends its children without a word",
		  test_free_ends_children),
		T("proc_run gives stdout, or the last lines of stderr",
		  test_run),
		T("there is at least one processor", test_cpus),
	};

	/* Who starts us in the background may have them ignored. */
	signal(SIGINT, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	signal(SIGQUIT, SIG_DFL);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
