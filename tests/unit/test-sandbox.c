// SPDX-License-Identifier: GPL-2.0-only
/*
 * The sandbox, by really entering it: this program starts itself again as
 * "... __enter SPEC -- COMMAND". Where the machine refuses namespaces the
 * overlay tests are skipped, and what the probe says about it is tested.
 */
#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/jobserver.h"
#include "sys/mem.h"
#include "sys/proc.h"
#include "sys/sandbox.h"
#include "sys/strbuf.h"
#include "sys/strlist.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A directory name with all that is special to mount options. */
#define ODD "odd, na:me\\ with=x"

struct place {
	char *self;
	char *top;	     /* all is below it */
	bool works;	     /* the probe says so */
	struct sandbox box;  /* SRC over state, base; OBJ over lower */
	struct strlist kept; /* the strings that box borrows */
};

static const char *keep(struct place *p, const char *name)
{
	strlist_take(&p->kept, path_join(p->top, name));
	return p->kept.v[p->kept.nr - 1];
}

static void put(struct place *p, const char *name, const char *text)
{
	_cleanup_free_ char *path = path_join(p->top, name);
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;

	assert_int_equal(dir_make_for(path, &err), 0);
	assert_int_equal(file_write(path, text, strlen(text), &err), 0);
}

static void white(struct place *p, const char *name)
{
	_cleanup_free_ char *path = path_join(p->top, name);
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;

	assert_int_equal(sandbox_whiteout(path, &err), 0);
}

static bool there(struct place *p, const char *name)
{
	_cleanup_free_ char *path = path_join(p->top, name);
	struct stat st;

	return !lstat(path, &st);
}

static int set_up(void **state)
{
	struct place *p = *state;
	const char *tmp = getenv("TMPDIR");
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;

	p->top = xasprintf("%s/test-sandbox.XXXXXX", tmp ? tmp : "/tmp");
	assert_non_null(mkdtemp(p->top));
	put(p, ODD "/base/file", "base\n");
	put(p, ODD "/base/same", "base same\n");
	put(p, ODD "/state/file", "state\n");
	put(p, "lower/built.o", "lower\n");
	put(p, "lower/dir/a.o", "a\n");
	put(p, "lower/dir/b.o", "b\n");
	p->box.mode = SANDBOX_OVERLAY;
	p->box.self = p->self;
	p->box.src = keep(p, "src");
	p->box.obj = keep(p, "obj");
	strlist_add(&p->box.src_layers, keep(p, ODD "/state"));
	strlist_add(&p->box.src_layers, keep(p, ODD "/base"));
	p->box.obj_upper = keep(p, ODD "/upper");
	p->box.obj_work = keep(p, ODD "/work");
	p->box.obj_lower = keep(p, "lower");
	return dir_make(p->box.src, &err);
}

static int tear_down(void **state)
{
	struct place *p = *state;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	int ret = tree_remove(p->top, &err);

	sandbox_release(&p->box);
	strlist_release(&p->kept);
	free(STEAL(p->top));
	return ret;
}

/* Starts "sh -c script SRC TOP" in the sandbox, with o's other options. */
static struct proc_result enter(struct place *p, struct proc_opts o,
				const char *script)
{
	_cleanup_strlist_ struct strlist command = STRLIST_INIT;
	_cleanup_strlist_ struct strlist argv = STRLIST_INIT;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	struct proc_result res;

	if (!p->works)
		skip();
	strlist_addl(&command, "sh", "-c", script, p->box.src, p->top, NULL);
	if (sandbox_argv(&p->box, &command, &argv, &err))
		fail_msg("%s", err.msg);
	o.argv = &argv;
	if (!o.timeout_ms)
		o.timeout_ms = 60000;
	assert_int_equal(proc_capture(&o, &res, &err), 0);
	return res;
}

static void expect_env(struct place *p, struct proc_opts o, const char *script,
		       int code, const char *output)
{
	struct proc_result r = enter(p, o, script);

	assert_string_equal(r.output.buf, output);
	assert_int_equal(r.exit_code, code);
	proc_result_release(&r);
}

/* Output as a format, since it may name directories. */
static void __attribute__((format(printf, 4, 5)))
expect(struct place *p, const char *script, int code, const char *fmt, ...)
{
	_cleanup_strbuf_ struct strbuf output = STRBUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(&output, fmt, ap);
	va_end(ap);
	expect_env(p, (struct proc_opts){ 0 }, script, code, output.buf);
}

static void set_home(const char *dir)
{
	if (dir)
		setenv("HOME", dir, 1);
	else
		unsetenv("HOME");
}

/* Does a "sleep SECONDS" run anywhere? */
static bool sleeps(const char *seconds)
{
	struct dirent *d;
	DIR *dir = opendir("/proc");
	bool found = false;

	while (!found && (d = readdir(dir))) {
		_cleanup_free_ char *path =
			xasprintf("/proc/%s/cmdline", d->d_name);
		_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;
		_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;

		if (*d->d_name < '0' || *d->d_name > '9' ||
		    file_read(path, &sb, &err))
			continue;
		found = !strcmp(sb.buf, "sleep") && sb.len > 6 &&
			!strcmp(sb.buf + 6, seconds);
	}
	closedir(dir);
	return found;
}

static bool sleeps_soon(const char *seconds, bool wanted)
{
	for (int i = 0; i < 250 && sleeps(seconds) != wanted; i++)
		usleep(20000);
	return sleeps(seconds);
}

/* The environment of this process with one variable replaced. */
static void env_with(struct strlist *env, const char *name, const char *value)
{
	for (char **e = environ; *e; e++)
		if (strncmp(*e, name, strlen(name)) ||
		    (*e)[strlen(name)] != '=')
			strlist_add(env, *e);
	strlist_addf(env, "%s=%s", name, value);
}

/* Tests ---------------------------------------------------------------- */

static void test_probe(void **state)
{
	struct place *p = *state;
	_cleanup_free_ char *why = NULL;
	_cleanup_free_ char *why_not = NULL;

	assert_int_equal(sandbox_probe(p->self, p->top, &why), p->works);
	if (p->works)
		assert_null(why);
	else
		assert_true(why && *why && !strchr(why, '\n'));
	/* A program that cannot enter is found out. */
	assert_false(sandbox_probe("/bin/false", p->top, &why_not));
	assert_true(why_not && *why_not && !strchr(why_not, '\n'));
	free(STEAL(why_not));
	assert_false(sandbox_probe(p->self, "/proc/nowhere", &why_not));
	assert_non_null(strstr(why_not, "/proc/nowhere"));
	assert_false(there(p, "probe.XXXXXX"));
}

/* In a namespace that forbids further ones. */
static void test_probe_refused(void **state)
{
	struct place *p = *state;
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;

	if (!p->works)
		skip();
	assert_int_equal(proc_run(&out, &err, "unshare", "-Ur", "sh", "-c",
				  "echo 0 >/proc/sys/user/max_user_namespaces && exec \"$0\" __probe \"$1\"",
				  p->self, p->top, NULL),
			 0);
	assert_non_null(strstr(out.buf, "refused: "));
	assert_non_null(strstr(out.buf, "user and mount namespace"));
}

static void test_layers(void **state)
{
	struct place *p = *state;

	expect(p, "cat $0/file $0/same; pwd; cat built.o", 0,
	       "state\nbase same\n%s\nlower\n", p->box.obj);
}

static void test_one_layer(void **state)
{
	struct place *p = *state;

	free(p->box.src_layers.v[0]);
	p->box.src_layers.v[0] = STEAL(p->box.src_layers.v[1]);
	p->box.src_layers.nr = 1;
	p->box.obj_lower = NULL;
	p->box.obj_work = NULL;
	expect(p,
	       "cat $0/file; touch $0/new 2>/dev/null && echo bad; echo x >y; ls",
	       0, "base\ny\n");
	assert_true(there(p, ODD "/upper/y"));
	assert_false(there(p, ODD "/base/new"));
}

static void test_many_layers(void **state)
{
	struct place *p = *state;

	for (int i = 0; i < 40; i++) {
		_cleanup_free_ char *dir = xasprintf(
			"a-rather-long-name-of-a-layer-directory-%060d", i);
		_cleanup_free_ char *file = path_join(dir, "deep");

		put(p, file, "deep\n");
		strlist_add(&p->box.src_layers, keep(p, dir));
	}
	expect(p, "cat $0/deep $0/file", 0, "deep\nstate\n");
}

static void test_whiteouts(void **state)
{
	struct place *p = *state;

	put(p, ODD "/base/gone", "x");
	put(p, ODD "/base/tree/x/y", "x");
	put(p, ODD "/base/becomes-dir", "x");
	put(p, ODD "/base/becomes-file/old", "x");
	put(p, ODD "/base/sub/one", "1\n");
	put(p, ODD "/base/sub/two", "2\n");
	white(p, ODD "/state/gone");
	white(p, ODD "/state/gone"); /* once more is no error */
	white(p, ODD "/state/tree");
	white(p, ODD "/state/sub/one");
	put(p, ODD "/state/becomes-dir/new", "new\n");
	put(p, ODD "/state/becomes-file", "file\n");
	expect(p,
	       "ls $0; ls $0/becomes-dir $0/sub; cat $0/becomes-file; test -e $0/gone || echo no",
	       0,
	       "becomes-dir\nbecomes-file\nfile\nsame\nsub\n"
			 "%s/becomes-dir:\nnew\n\n%s/sub:\ntwo\nfile\nno\n",
			 p->box.src, p->box.src);
}

static void test_whiteout_refused(void **state)
{
	struct place *p = *state;
	_cleanup_free_ char *path = path_join(p->top, ODD "/state/file");
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;

	assert_int_equal(sandbox_whiteout(path, &err), -1);
	assert_non_null(strstr(err.msg, "cannot make a whiteout"));
	assert_true(there(p, ODD "/state/file"));
}

static void test_scratch(void **state)
{
	struct place *p = *state;

	expect(p,
	       "echo new >>built.o; rm dir/a.o; rm -r dir; mkdir dir; echo c >dir/c.o; ls dir",
	       0, "c.o\n");
	/* The baseline is as it was. */
	assert_true(there(p, "lower/dir/a.o"));
	assert_true(there(p, ODD "/upper/built.o"));
	/* The same scratch can be entered again and goes on. */
	expect(p, "cat built.o; ls dir", 0, "lower\nnew\nc.o\n");
	/* Nothing stays mounted. */
	assert_false(there(p, "obj/built.o"));
}

static void test_read_only(void **state)
{
	struct place *p = *state;

	expect(p,
	       "for d in $0 / /usr /etc /var; do touch $d/kvmatrix-new 2>/dev/null && echo $d; done;"
	       "mount -o remount,rw / 2>/dev/null && echo remounted;"
	       "mount -o remount,rw,bind $0 2>/dev/null && echo remounted;"
	       "umount $0 2>/dev/null && echo unmounted;"
	       "grep -c '^Cap\\(Eff\\|Prm\\):.0000000000000000' /proc/self/status",
	       0, "2\n");
}

static void test_hidden(void **state)
{
	struct place *p = *state;
	_cleanup_free_ char *saved = xstrdup_null(getenv("HOME"));

	put(p, "home/secret", "secret\n");
	put(p, "home/ccache/x", "cached\n");
	put(p, "cache/other", "other run\n");
	p->box.hide = keep(p, "cache");
	p->box.src = keep(p, "cache/src");
	p->box.obj = keep(p, "home/cache/obj");
	strlist_add(&p->box.writable, keep(p, "home/ccache"));
	set_home(keep(p, "home"));
	expect(p,
	       "test -e $1/home/secret && echo seen; test -e $1/cache/other && echo seen;"
	       "cat $0/file built.o $1/home/ccache/x; echo more >>$1/home/ccache/x; echo $HOME; touch ~/x /tmp/y && pwd",
	       0,
	       "state\nlower\ncached\n/tmp\n%s\n", p->box.obj);
	set_home(saved);
	assert_false(there(p, "home/x"));
	expect(p, "cat $1/home/ccache/x", 0, "cached\nmore\n");
}

static void test_links(void **state)
{
	struct place *p = *state;
	_cleanup_free_ char *saved = xstrdup_null(getenv("HOME"));
	_cleanup_free_ char *link = NULL;

	/* ~/.cache -> big, both of them hidden as they lie in /tmp */
	put(p, "home/secret", "secret\n");
	put(p, "big/x", "x\n");
	link = path_join(p->top, "home/.cache");
	assert_int_equal(symlink(keep(p, "big"), link), 0);
	p->box.src = keep(p, "home/.cache/src");
	p->box.obj = keep(p, "home/.cache/obj");
	set_home(keep(p, "home"));
	expect(p, "cat $0/file built.o; cat $1/home/.cache/obj/built.o; test -e $1/home/secret && echo seen; test -e $1/big/x && echo seen; true",
	       0, "state\nlower\nlower\n");
	set_home(saved);
}

static void test_toolchain(void **state)
{
	struct place *p = *state;
	_cleanup_strlist_ struct strlist env = STRLIST_INIT;
	_cleanup_free_ char *path = NULL, *gcc = NULL, *saved = NULL;

	saved = xstrdup_null(getenv("HOME"));
	put(p, "home/x/bin/s390-linux-gcc", "#!/bin/sh\necho gcc; cat ${0%/*}/../lib/cc1 ${0%/*}/../s390-linux/ld\n");
	put(p, "home/x/lib/cc1", "cc1\n");
	put(p, "home/x/s390-linux/ld", "ld\n");
	put(p, "home/x/share/keys", "secret\n");
	gcc = path_join(p->top, "home/x/bin/s390-linux-gcc");
	assert_int_equal(chmod(gcc, 0755), 0);
	path = xasprintf("%s/home/x/bin:%s/home:%s", p->top, p->top,
			 getenv("PATH"));
	env_with(&env, "PATH", path);
	set_home(keep(p, "home"));
	expect_env(p, (struct proc_opts){ .env = &env },
		   "s390-linux-gcc; test -e $1/home/x/share && echo seen; touch $1/home/x/bin/new 2>/dev/null && echo written; true",
		   0, "gcc\ncc1\nld\n");
	set_home(saved);
}

static void test_no_network(void **state)
{
	expect(*state,
	       "grep -v '^ *lo:' /proc/net/dev | grep -c :; ls /proc | grep -c '^[0-9]' | grep -c '^[0-9]$'; ls /run | wc -l",
	       0, "0\n1\n0\n");
}

static void test_exit_codes(void **state)
{
	struct place *p = *state;
	struct proc_result r;

	for (int code = 0; code < 256; code += code < 3 ? 1 : 41) {
		_cleanup_free_ char *script = xasprintf("exit %d", code);

		expect(p, script, code, "%s", "");
	}
	expect(p, "kill -SEGV $$", 128 + SIGSEGV, "%s", "");
	r = enter(p, (struct proc_opts){ .split_stderr = true },
		  "echo out; echo err >&2; exit 1");
	assert_string_equal(r.output.buf, "out\n");
	assert_string_equal(r.err_output.buf, "err\n");
	assert_int_equal(r.exit_code, 1);
	proc_result_release(&r);
}

/* Runs argv in the sandbox as it is and expects our own failure. */
static void expect_failure(struct place *p, const char *command,
			   const char *message)
{
	_cleanup_strlist_ struct strlist cmd = STRLIST_INIT;
	_cleanup_strlist_ struct strlist argv = STRLIST_INIT;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	struct proc_opts o = { .argv = &argv };
	struct proc_result r;

	if (!p->works)
		skip();
	strlist_add(&cmd, command);
	assert_int_equal(sandbox_argv(&p->box, &cmd, &argv, &err), 0);
	assert_int_equal(proc_capture(&o, &r, &err), 0);
	assert_int_equal(r.exit_code, SANDBOX_EXIT_FAILED);
	if (!strstr(r.output.buf, "kvmatrix: sandbox: ") ||
	    !strstr(r.output.buf, message))
		fail_msg("%s", r.output.buf);
	proc_result_release(&r);
}

static void test_failures(void **state)
{
	struct place *p = *state;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_strlist_ struct strlist argv = STRLIST_INIT;
	struct proc_opts o = { .argv = &argv };
	struct proc_result r;
	const char *upper = p->box.obj_upper;

	expect_failure(p, "no-such-command", "no-such-command could not be started");
	/* upper and work on different file systems */
	p->box.obj_upper = "/proc/self";
	expect_failure(p, "true", "cannot mount an overlay on ");
	p->box.obj_upper = upper;
	strlist_addl(&argv, p->self, "__enter", "not json", "--", "true", NULL);
	assert_int_equal(proc_capture(&o, &r, &err), 0);
	assert_int_equal(r.exit_code, SANDBOX_EXIT_FAILED);
	assert_non_null(strstr(r.output.buf, "bad specification"));
	proc_result_release(&r);
	strlist_release(&argv);
	strlist_addl(&argv, p->self, "__enter", NULL);
	assert_int_equal(proc_capture(&o, &r, &err), 0);
	assert_int_equal(r.exit_code, SANDBOX_EXIT_FAILED);
	assert_non_null(strstr(r.output.buf, "usage"));
	proc_result_release(&r);
}

static void test_no_bwrap(void **state)
{
	struct place *p = *state;
	_cleanup_strlist_ struct strlist env = STRLIST_INIT;
	struct proc_result r;

	env_with(&env, "PATH", "/nowhere");
	r = enter(p, (struct proc_opts){ .env = &env }, "true");
	assert_int_equal(r.exit_code, SANDBOX_EXIT_FAILED);
	assert_non_null(strstr(r.output.buf, "install bubblewrap"));
	proc_result_release(&r);
}

static void test_bad_description(void **state)
{
	struct place *p = *state;
	_cleanup_strlist_ struct strlist cmd = STRLIST_INIT;
	_cleanup_strlist_ struct strlist argv = STRLIST_INIT;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	const char *src = p->box.src, *lower = p->box.obj_lower;

	assert_int_equal(sandbox_argv(&p->box, &cmd, &argv, &err), -1);
	strlist_add(&cmd, "true");
	p->box.src = NULL;
	assert_int_equal(sandbox_argv(&p->box, &cmd, &argv, &err), -1);
	assert_non_null(strstr(err.msg, "incomplete"));
	p->box.src = src;
	p->box.obj_lower = "/no/baseline";
	assert_int_equal(sandbox_argv(&p->box, &cmd, &argv, &err), -1);
	assert_non_null(strstr(err.msg, "/no/baseline: no such directory"));
	p->box.obj_lower = lower;
	strlist_add(&p->box.src_layers, "/no/base");
	assert_int_equal(sandbox_argv(&p->box, &cmd, &argv, &err), -1);
	assert_non_null(strstr(err.msg, "/no/base: no such directory"));
	assert_int_equal(argv.nr, 0);
}

static void test_drops(void **state)
{
	struct place *p = *state;

	for (int i = 0; i < 4000; i++)
		strlist_addf(&p->box.drop,
			     "arch/some/rather/long/directory/name/absent-%d.o",
			     i);
	strlist_addl(&p->box.drop, "dir/a.o", "built.o/below-a-file", "absent",
		     NULL);
	expect(p, "ls . dir", 0, ".:\nbuilt.o\ndir\n\ndir:\nb.o\n");
	assert_false(there(p, ODD "/upper.drop"));
	assert_true(there(p, "lower/dir/a.o"));
	strlist_release(&p->box.drop);
	strlist_add(&p->box.drop, "dir");
	expect(p, "ls", 0, "built.o\n");
	/* An entry that is dropped can be built again. */
	expect(p, "test ! -e dir && mkdir dir && ls dir | wc -l", 0, "0\n");
}

static void expect_refused_drop(struct place *p, const char *path)
{
	strlist_release(&p->box.drop);
	strlist_add(&p->box.drop, path);
	expect_failure(p, "true", "cannot drop");
}

static void test_hostile_drops(void **state)
{
	struct place *p = *state;
	_cleanup_free_ char *link = path_join(p->top, "lower/link");

	put(p, "precious/file", "x");
	assert_int_equal(symlink(keep(p, "precious"), link), 0);
	expect_refused_drop(p, "link/file");
	expect_refused_drop(p, "../precious/file");
	expect_refused_drop(p, "dir/../../precious");
	expect_refused_drop(p, keep(p, "precious/file"));
	expect_refused_drop(p, ".");
	expect_refused_drop(p, "");
	assert_true(there(p, "precious/file"));
	/* The link itself may go. */
	strlist_release(&p->box.drop);
	strlist_add(&p->box.drop, "link");
	expect(p, "ls", 0, "built.o\ndir\n");
	assert_true(there(p, "precious/file"));
}

static void test_plain(void **state)
{
	struct place *p = *state;
	_cleanup_strlist_ struct strlist cmd = STRLIST_INIT;
	_cleanup_strlist_ struct strlist argv = STRLIST_INIT;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;

	p->box.mode = SANDBOX_PLAIN;
	p->box.obj = keep(p, "lower");
	strlist_addl(&p->box.drop, "dir/a.o", "absent/x", NULL);
	strlist_addl(&cmd, "make", "-k", NULL);
	assert_int_equal(sandbox_argv(&p->box, &cmd, &argv, &err), 0);
	assert_int_equal(argv.nr, 2);
	assert_string_equal(argv.v[0], "make");
	assert_false(there(p, "lower/dir/a.o"));
	assert_true(there(p, "lower/dir/b.o"));
	strlist_add(&p->box.drop, "../lower/built.o");
	assert_int_equal(sandbox_argv(&p->box, &cmd, &argv, &err), -1);
	assert_true(there(p, "lower/built.o"));
}

static void test_pass_fd(void **state)
{
	struct place *p = *state;
	_cleanup_free_ char *script = NULL;
	struct proc_opts o = { 0 };
	char back[16] = "";
	int fds[2];

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	o.pass_fds[0] = fcntl(fds[1], F_DUPFD_CLOEXEC, 45);
	assert_true(o.pass_fds[0] >= 45);
	/* By /proc: a plain sh redirects one-digit numbers only. The second
	 * line: no descriptor of ours or of bwrap's reaches the command. */
	script = xasprintf("echo token >/proc/self/fd/%d; readlink /proc/self/fd/* | grep -c '^pipe:'",
			   o.pass_fds[0]);
	/* stdout, stderr, grep's pipe (stdout of readlink), and the one passed */
	expect_env(p, o, script, 0, "3\n");
	assert_int_equal(read(fds[0], back, sizeof(back)), 6);
	assert_string_equal(back, "token\n");
	close(o.pass_fds[0]);
	close(fds[0]);
	close(fds[1]);
}

static void test_jobserver(void **state)
{
	struct place *p = *state;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_strlist_ struct strlist env = STRLIST_INIT;
	struct jobserver *js = jobserver_new(3, &err);
	_cleanup_free_ char *flags = jobserver_makeflags(js);
	struct proc_opts o = { .env = &env };
	struct timespec a, b;
	double seconds;

	put(p, ODD "/state/Makefile",
	    "all:; +@$(MAKE) --no-print-directory -f $(firstword $(MAKEFILE_LIST)) sub\n"
	    "sub: 1 2 3 4 5 6\n1 2 3 4 5 6:; @sleep 2\n");
	env_with(&env, "MAKEFLAGS", flags);
	jobserver_fds(js, o.pass_fds);
	assert_true(jobserver_take(js)); /* the implicit slot */
	clock_gettime(CLOCK_MONOTONIC, &a);
	expect_env(p, o, "make -f $0/Makefile", 0, "");
	clock_gettime(CLOCK_MONOTONIC, &b);
	seconds = (double)(b.tv_sec - a.tv_sec) +
		  (double)(b.tv_nsec - a.tv_nsec) / 1e9;
	/* 6 x 2 s by three at once; one by one would be 12 s. */
	assert_true(seconds > 3.9 && seconds < 11);
	jobserver_give(js);
	assert_int_equal(jobserver_refill(js), 0);
	jobserver_free(js);
}

static void test_timeout(void **state)
{
	struct place *p = *state;
	struct proc_result r;

	r = enter(p, (struct proc_opts){ .timeout_ms = 700 },
		  "setsid sh -c 'trap \"\" TERM HUP; sleep 61.25; sleep 1' & sleep 60");
	assert_true(r.timed_out);
	assert_true(r.seconds < 2.5);
	proc_result_release(&r);
	/* The process namespace took the one with its own session along. */
	assert_false(sleeps("61.25"));
}

/* Whatever the command leaves behind is gone when its exit is told. */
static void test_leftovers(void **state)
{
	struct place *p = *state;
	int pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0);
	struct proc_result r;

	r = enter(p, (struct proc_opts){ 0 },
		  "setsid sh -c 'while :; do echo x >late; rm -f late; done' >/dev/null 2>&1 & sleep 0.2; exit 6");
	assert_int_equal(r.exit_code, 6);
	assert_true(r.seconds < 5);
	proc_result_release(&r);
	/* The command's processor time is known through all the layers. */
	r = enter(p, (struct proc_opts){ 0 },
		  "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done");
	assert_int_equal(r.exit_code, 0);
	if (pidfd >= 0) /* valgrind 3.19 does not know it */
		assert_true(r.cpu_seconds > 0.05);
	close(pidfd);
	assert_true(r.cpu_seconds < 2 * r.seconds + 0.1);
	proc_result_release(&r);
}

/* kvmatrix killed by force: the build does not go on. */
static void test_killed_parent(void **state)
{
	struct place *p = *state;
	pid_t pid;

	if (!p->works)
		skip();
	pid = fork();
	if (!pid) {
		enter(p, (struct proc_opts){ 0 }, "sleep 62.25; true");
		_exit(0);
	}
	assert_true(sleeps_soon("62.25", true));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_false(sleeps_soon("62.25", false));
}

static void test_big_lower(void **state)
{
	struct place *p = *state;
	struct proc_result r;

	for (int i = 0; i < 5000; i++) {
		_cleanup_free_ char *name =
			xasprintf("%s/lower/d%d", p->top, i / 100);
		_cleanup_free_ char *file = xasprintf("%s/f%d", name, i);
		int fd;

		mkdir(name, 0777);
		fd = open(file, O_CREAT | O_WRONLY, 0666);
		assert_true(fd >= 0);
		close(fd);
	}
	r = enter(p, (struct proc_opts){ 0 }, "true");
	assert_int_equal(r.exit_code, 0);
	assert_true(r.seconds < 2);
	proc_result_release(&r);
}

#define T(title, f) { title, f, set_up, tear_down, &place }

static int run_all(struct place *p)
{
	struct place place = { .self = p->self, .works = p->works };
	const struct CMUnitTest tests[] = {
		T("the probe agrees with what works, or says why not",
		  test_probe),
		T("the probe says when namespaces are refused",
		  test_probe_refused),
		T("the source shows the state over the base", test_layers),
		T("one layer is bound, read-only; no baseline: OBJ is the scratch",
		  test_one_layer),
		T("many layers with long names do", test_many_layers),
		T("whiteouts hide files and trees; files and directories replace each other",
		  test_whiteouts),
		T("a whiteout does not replace a file", test_whiteout_refused),
		T("writes go to the scratch, which can be entered again",
		  test_scratch),
		T("all else is read-only and stays so, for root too",
		  test_read_only),
		T("home and cache are hidden, but what is mounted there is seen",
		  test_hidden),
		T("a cache behind a symbolic link in the home works",
		  test_links),
		T("a toolchain in the home works, its neighbours stay hidden",
		  test_toolchain),
		T("no network, no foreign process, no socket in /run",
		  test_no_network),
		T("the command's exit code comes through", test_exit_codes),
		T("our own failure is 125 with a message", test_failures),
		T("a missing bubblewrap is named", test_no_bwrap),
		T("an incomplete description is refused at once",
		  test_bad_description),
		T("drops by thousands, of files and trees; absent ones are fine",
		  test_drops),
		T("a drop never leaves the object directory",
		  test_hostile_drops),
		T("plain mode drops and gives the command itself", test_plain),
		T("a passed descriptor arrives, and only that", test_pass_fd),
		T("make in the sandbox uses the jobserver", test_jobserver),
		T("a timeout ends all, also what left the session",
		  test_timeout),
		T("nothing is left when the exit is told, and its time is known",
		  test_leftovers),
		T("the build dies with kvmatrix", test_killed_parent),
		T("a large baseline is mounted at once", test_big_lower),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* "__probe DIR": what the probe says, for a test that runs us elsewhere. */
static int probe_main(const char *self, const char *dir)
{
	_cleanup_free_ char *why = NULL;

	if (sandbox_probe(self, dir, &why))
		printf("works\n");
	else
		printf("refused: %s\n", why);
	return 0;
}

int main(int argc, char **argv)
{
	_cleanup_free_ char *self = realpath("/proc/self/exe", NULL);
	_cleanup_free_ char *why = NULL;
	struct place place = { .self = self };
	const char *tmp = getenv("TMPDIR");

	if (argc > 1 && !strcmp(argv[1], "__enter"))
		return sandbox_enter_main(argc, argv);
	if (argc > 2 && !strcmp(argv[1], "__probe"))
		return probe_main(self, argv[2]);
	/* A make below "make check" would tell which directory it enters. */
	unsetenv("MAKELEVEL");
	unsetenv("MAKEFLAGS");
	unsetenv("MFLAGS");
	cmocka_set_message_output(CM_OUTPUT_TAP);
	place.works = sandbox_probe(self, tmp ? tmp : "/tmp", &why);
	if (!place.works)
		printf("# no sandbox here: %s\n", why);
	return run_all(&place);
}
