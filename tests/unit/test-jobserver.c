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
#include <stdlib.h>
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

#define T(title, f) { title, f, NULL, NULL, NULL }

int main(void)
{
	const struct CMUnitTest tests[] = {
		T("tokens are taken, given, refilled, and never waited for",
		  test_jobserver_tokens),
		T("real makes never exceed the slots, and use them all",
		  test_jobserver_makes),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
