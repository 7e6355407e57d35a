// SPDX-License-Identifier: GPL-2.0-only
/*
 * The jobserver: its tokens, and real make as its client.
 */
#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/jobserver.h"
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
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char makefile[] =
	"all: a b c d e f\n"
	"\t+@$(MAKE) --no-print-directory -f $(MK) sub\n"
	"sub: g h i j\n"
	"a b c d e f g h i j:\n"
	"\t@echo + >>$(LOG); sleep 0.1; echo - >>$(LOG)\n";

/* The largest number of recipes between their "+" and their "-". */
static int most_at_once(const char *log, int *recipes)
{
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	int running = 0, most = 0;

	*recipes = 0;
	assert_int_equal(file_read(log, &sb, &err), 0);
	for (const char *p = sb.buf; *p; p++) {
		running += *p == '+' ? 1 : *p == '-' ? -1 : 0;
		*recipes += *p == '+';
		if (running > most)
			most = running;
	}
	return most;
}

struct makes {
	struct proc_loop *loop;
	struct jobserver *js;
	struct strlist argv, env;
	struct strbuf output;
	int waiting, failed;
};

static void start_makes(struct makes *m);

static void make_exit(void *data, struct proc_result *res)
{
	struct makes *m = data;

	m->failed += res->exit_code != 0;
	strbuf_add(&m->output, res->output.buf, res->output.len);
	jobserver_give(m->js);
	start_makes(m);
}

static void start_makes(struct makes *m)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	struct proc_opts o = { .argv = &m->argv, .env = &m->env,
			       .on_exit = make_exit, .data = m };

	jobserver_fds(m->js, o.pass_fds);
	while (m->waiting && jobserver_take(m->js)) {
		m->waiting--;
		assert_int_equal(proc_start(m->loop, &o, &err), 0);
	}
}

static void run_makes(unsigned slots, int nr, int *most, int *recipes)
{
	char dir[] = "/tmp/test-jobserver.XXXXXX";
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_free_ char *file = NULL, *log = NULL, *flags = NULL;
	struct makes m = { .output = STRBUF_INIT, .waiting = nr };

	assert_non_null(mkdtemp(dir));
	file = path_join(dir, "Makefile");
	log = path_join(dir, "log");
	assert_int_equal(file_write(file, makefile, strlen(makefile), &err), 0);
	m.loop = proc_loop_new();
	m.js = jobserver_new(slots, &err);
	assert_non_null(m.js);
	flags = jobserver_makeflags(m.js);
	strlist_addf(&m.env, "PATH=%s", getenv("PATH"));
	strlist_addf(&m.env, "MAKEFLAGS=%s", flags);
	strlist_addl(&m.argv, "make", "-f", file, NULL);
	strlist_addf(&m.argv, "MK=%s", file);
	strlist_addf(&m.argv, "LOG=%s", log);
	start_makes(&m);
	proc_loop_run(m.loop);
	assert_string_equal(m.output.buf, "");
	assert_int_equal(m.failed, 0);
	assert_int_equal(m.waiting, 0);
	assert_int_equal(jobserver_refill(m.js), 0);
	*most = most_at_once(log, recipes);
	jobserver_free(m.js);
	proc_loop_free(m.loop);
	strlist_release(&m.argv);
	strlist_release(&m.env);
	strbuf_release(&m.output);
	assert_int_equal(tree_remove(dir, &err), 0);
}

static void test_jobserver_makes(void **state)
{
	int most, recipes;

	(void)state;
	run_makes(2, 2, &most, &recipes);
	assert_int_equal(recipes, 20);
	assert_int_equal(most, 2);
	run_makes(1, 2, &most, &recipes);
	assert_int_equal(recipes, 20);
	assert_int_equal(most, 1);
	/* One make alone uses all slots. */
	run_makes(3, 1, &most, &recipes);
	assert_int_equal(recipes, 10);
	assert_int_equal(most, 3);
}

static void test_jobserver_tokens(void **state)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	struct jobserver *js = jobserver_new(2, &err);
	int fds[2];
	char c;

	(void)state;
	assert_non_null(js);
	assert_true(jobserver_take(js));
	assert_true(jobserver_take(js));
	assert_false(jobserver_take(js));
	jobserver_give(js);
	assert_true(jobserver_take(js));
	jobserver_give(js);
	jobserver_give(js);
	jobserver_fds(js, fds);
	assert_true(fcntl(fds[0], F_GETFD) & FD_CLOEXEC);
	assert_true(fds[0] >= 40 && fds[1] >= 40);
	/* A killed make had one of them; a mad build writes some. */
	assert_int_equal(read(fds[0], &c, 1), 1);
	assert_int_equal(jobserver_refill(js), 1);
	assert_int_equal(write(fds[1], "xxx", 3), 3);
	assert_int_equal(jobserver_refill(js), -3);
	assert_int_equal(jobserver_refill(js), 0);
	/* Neither a full nor an empty pipe makes us wait. */
	assert_int_equal(fcntl(fds[1], F_SETFL, O_NONBLOCK), 0);
	while (write(fds[1], "x", 1) == 1)
		;
	jobserver_give(js);
	jobserver_refill(js);
	assert_true(jobserver_take(js) && jobserver_take(js));
	assert_false(jobserver_take(js));
	jobserver_free(js);
	assert_null(jobserver_new(0, &err));
	assert_null(jobserver_new(JOBSERVER_MAX + 1, &err));
	js = jobserver_new(JOBSERVER_MAX, &err);
	assert_non_null(js);
	assert_int_equal(jobserver_refill(js), 0);
	jobserver_free(js);
}

/* A make that lends: its pipe, with as many slots as text has bytes. */
static void lender_init(int fds[2], const char *text)
{
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], text, strlen(text)), strlen(text));
}

/* What the lender has got back, sorted; the pipe is closed. */
static char *lender_end(int fds[2])
{
	static char text[64];
	ssize_t n;

	close(fds[1]);
	n = read(fds[0], text, sizeof(text) - 1);
	assert_true(n >= 0);
	text[n] = 0;
	close(fds[0]);
	for (ssize_t i = 0; i < n; i++) {
		for (ssize_t k = i + 1; k < n; k++) {
			char c = text[i];

			if (c <= text[k])
				continue;
			text[i] = text[k];
			text[k] = c;
		}
	}
	return text;
}

static struct jobserver *borrow_from(const int fds[2])
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_free_ char *flags =
		xasprintf("k -j4 --jobserver-auth=%d,%d -- X=--jobserver-auth=8,9",
			  fds[0], fds[1]);
	struct jobserver *js = jobserver_from_env(flags, &err);

	assert_non_null(js);
	assert_true(jobserver_is_borrowed(js));
	return js;
}

static void test_jobserver_borrows(void **state)
{
	struct jobserver *js;
	int fds[2];

	(void)state;
	lender_init(fds, "abcd");
	js = borrow_from(fds);
	/* The slot of the recipe first: nothing is borrowed for it. */
	assert_int_equal(jobserver_idle(js), 5);
	assert_true(jobserver_take(js));
	assert_int_equal(jobserver_idle(js), 4);
	jobserver_balance(js, false);
	assert_int_equal(jobserver_slots(js), 5);
	assert_true(jobserver_take(js));
	assert_true(jobserver_take(js));
	assert_int_equal(jobserver_idle(js), 2);
	/* As many again, for the children. */
	jobserver_balance(js, true);
	assert_int_equal(jobserver_idle(js), 2);
	assert_int_equal(jobserver_slots(js), 5);
	assert_true(jobserver_take(js) && jobserver_take(js));
	assert_false(jobserver_take(js));
	assert_int_equal(jobserver_idle(js), 0);
	for (int i = 0; i < 5; i++)
		jobserver_give(js);
	jobserver_balance(js, true); /* one stays */
	assert_int_equal(jobserver_idle(js), 5);
	jobserver_balance(js, false);
	assert_int_equal(jobserver_slots(js), 5);
	jobserver_free(js);
	assert_string_equal(lender_end(fds), "abcd");
}

static void test_jobserver_keeps_one(void **state)
{
	struct jobserver *js;
	int fds[2];
	char c;

	(void)state;
	lender_init(fds, "a");
	js = borrow_from(fds);
	assert_true(jobserver_take(js));
	jobserver_balance(js, true);
	assert_int_equal(fcntl(fds[0], F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(read(fds[0], &c, 1), -1);
	/* Idle, and nobody runs who might want it: back at once. */
	jobserver_balance(js, false);
	assert_int_equal(read(fds[0], &c, 1), 1);
	assert_int_equal(c, 'a');
	assert_int_equal(write(fds[1], &c, 1), 1);
	jobserver_free(js);
	assert_string_equal(lender_end(fds), "a");
}

static void killed_exit(void *data, struct proc_result *res)
{
	assert_int_equal(res->signal, SIGKILL);
	jobserver_give(data);
}

/* A child takes a slot from the pipe that it was given and dies with it. */
static void test_jobserver_killed_child(void **state)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_strlist_ struct strlist argv = STRLIST_INIT;
	struct proc_loop *loop = proc_loop_new();
	struct proc_opts o = { .argv = &argv, .on_exit = killed_exit };
	struct jobserver *js;
	int fds[2];

	(void)state;
	lender_init(fds, "abc");
	js = borrow_from(fds);
	assert_true(jobserver_take(js));
	jobserver_balance(js, true); /* one borrowed, for the child to take */
	jobserver_fds(js, o.pass_fds);
	o.data = js;
	strlist_addl(&argv, "sh", "-c", NULL);
	strlist_addf(&argv, "head -c 1 /proc/self/fd/%d; kill -9 $$", o.pass_fds[0]);
	assert_int_equal(proc_start(loop, &o, &err), 0);
	proc_loop_run(loop);
	assert_int_equal(jobserver_refill(js), 1);
	assert_true(jobserver_take(js));
	jobserver_give(js);
	jobserver_free(js);
	proc_loop_free(loop);
	assert_string_equal(lender_end(fds), "abc");
}

static void test_jobserver_fifo(void **state)
{
	char dir[] = "/tmp/test-jobserver.XXXXXX";
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_free_ char *path = NULL, *flags = NULL;
	struct jobserver *js;
	int fds[2];

	(void)state;
	assert_non_null(mkdtemp(dir));
	path = path_join(dir, "fifo");
	flags = xasprintf(" -j3 --jobserver-auth=fifo:%s", path);
	assert_null(jobserver_from_env(flags, &err));
	assert_non_null(strstr(err.msg, "No such file"));
	assert_int_equal(mkfifo(path, 0600), 0);
	fds[0] = open(path, O_RDONLY | O_NONBLOCK);
	fds[1] = open(path, O_WRONLY);
	assert_int_equal(write(fds[1], "xy", 2), 2);
	js = jobserver_from_env(flags, &err);
	assert_non_null(js);
	assert_true(jobserver_take(js) && jobserver_take(js) &&
		    jobserver_take(js));
	assert_false(jobserver_take(js));
	jobserver_free(js);
	assert_string_equal(lender_end(fds), "xy");
	assert_int_equal(tree_remove(dir, &err), 0);
}

static void refused(const char *flags, const char *why)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;

	assert_null(jobserver_from_env(flags, &err));
	if (!why)
		assert_null(err.msg);
	else if (!err.msg || !strstr(err.msg, why))
		fail_msg("%s: %s", flags, err.msg);
}

static void test_jobserver_offers(void **state)
{
	_cleanup_free_ char *closed = NULL, *crossed = NULL, *file = NULL;
	_cleanup_free_ char *old = NULL, *last = NULL;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	struct jobserver *js;
	int a[2], b[2], null = open("/dev/null", O_RDWR);

	(void)state;
	refused(NULL, NULL);
	refused("", NULL);
	refused("k -j4", NULL);
	refused("-- --jobserver-auth=3,4", NULL);
	refused(" --jobserver-auth=-2,-2", "put a + before");
	refused(" --jobserver-auth=what", "does not understand");
	refused(" --jobserver-auth=3,4x", "does not understand");
	refused(" --jobserver-auth=", "does not understand");
	refused(" --jobserver-auth=fifo:/dev/null", "not a fifo");
	lender_init(a, "a");
	lender_init(b, "b");
	/* The numbers mean something else by now. */
	crossed = xasprintf(" --jobserver-auth=%d,%d", a[0], b[1]);
	refused(crossed, "put a + before");
	file = xasprintf(" --jobserver-auth=%d,%d", null, null);
	refused(file, "put a + before");
	closed = xasprintf(" --jobserver-auth=%d,%d", b[0], b[1]);
	assert_string_equal(lender_end(b), "b");
	refused(closed, "put a + before");
	old = xasprintf(" -j --jobserver-fds=%d,%d", a[0], a[1]);
	js = jobserver_from_env(old, &err);
	assert_non_null(js);
	jobserver_free(js);
	last = xasprintf("%s%s", closed, old);
	js = jobserver_from_env(last, &err);
	assert_non_null(js);
	jobserver_free(js);
	assert_string_equal(lender_end(a), "a");
	close(null);
}

#define T(title, f) { title, f, NULL, NULL, NULL }

int main(void)
{
	const struct CMUnitTest tests[] = {
		T("tokens are taken, given, refilled, and never waited for",
		  test_jobserver_tokens),
		T("real makes never exceed the slots, and use them all",
		  test_jobserver_makes),
		T("slots of another make are borrowed when needed and given back",
		  test_jobserver_borrows),
		T("one idle slot is kept for running children, none without",
		  test_jobserver_keeps_one),
		T("a killed child's slots go back to their lender",
		  test_jobserver_killed_child),
		T("a fifo is as good as a pipe", test_jobserver_fifo),
		T("an offer that cannot be taken says why",
		  test_jobserver_offers),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
