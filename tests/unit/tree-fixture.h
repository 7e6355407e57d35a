/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of engine/tree share: a directory of their own with a small
 * git repository that looks like a kernel, and shell commands in it.
 *
 * $W/k is the repository, $W/mails what "mails" made of a range, $W/cache the
 * cache. HOME is $W/home, so that no configuration of the user counts; the
 * shell sees W.
 */
#ifndef TREE_FIXTURE_H
#define TREE_FIXTURE_H

#include "engine/tree.h"
#include "model/series.h"
#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/mem.h"
#include "sys/strbuf.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define UNUSED __attribute__((unused))

static const char prelude[] =
	"set -e; cd $W; "
	/* Silent also when there is one already. */
	"tag() { git -C $W/k tag -f \"$@\" >/dev/null; }; "
	/* One commit of everything in the repository. */
	"ci() { git -C $W/k -c core.safecrlf=false add -A; git -C $W/k commit -q -m \"$1\"; }; "
	/* Mails of base..HEAD; then the work tree is at base again. */
	"mails() { rm -rf $W/mails; "
	"git -C $W/k format-patch -q --binary -o $W/mails \"$@\" base; "
	"git -C $W/k checkout -q -B topic base; }; ";

/* The exit code of a shell script in $W. */
UNUSED static int try_shell(const char *fmt, ...)
{
	_cleanup_strbuf_ struct strbuf cmd = STRBUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	strbuf_addstr(&cmd, prelude);
	strbuf_vaddf(&cmd, fmt, ap);
	va_end(ap);
	return system(cmd.buf);
}

#define shell(...)                                                           \
	do {                                                                 \
		if (try_shell(__VA_ARGS__))                                  \
			fail_msg("shell failed: " __VA_ARGS__);              \
	} while (0)

/* Output of a shell script, without the last newline; owned. */
UNUSED static char *shell_out(const char *script)
{
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;
	struct errbuf err = ERRBUF_INIT;
	char *path = xasprintf("%s/out", getenv("W"));

	shell("{ %s\n} >out", script);
	assert_int_equal(file_read(path, &out, &err), 0);
	free(path);
	while (out.len && out.buf[out.len - 1] == '\n')
		strbuf_setlen(&out, out.len - 1);
	return strbuf_detach(&out);
}

/* $W/name; owned. */
UNUSED static char *at(const char *name)
{
	return path_join(getenv("W"), name);
}

UNUSED static int fixture_setup(void **state)
{
	const char *tmp = getenv("TMPDIR");
	char *w = xasprintf("%s/test-tree.XXXXXX", tmp ? tmp : "/tmp");

	(void)state;
	umask(022); /* modes are compared */
	if (!mkdtemp(w))
		return -1;
	setenv("W", w, 1);
	free(w);
	w = at("home");
	setenv("HOME", w, 1);
	free(w);
	unsetenv("XDG_CONFIG_HOME");
	setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
	return try_shell(
		"mkdir home k; git config --global user.name Tester; "
		"git config --global user.email tester@example.org; "
		"git config --global protocol.file.allow always; "
		"cd k; git init -q -b main; "
		"mkdir -p virt/kvm arch/x86/kvm arch/s390/kvm scripts/dtc/pre; "
		"printf '# top\\n' >Kbuild; "
		"printf 'VERSION = 6\\nPATCHLEVEL = 12\\n' >Makefile; "
		"seq 1 60 >virt/kvm/kvm_main.c; seq 1 40 >virt/kvm/old.c; "
		"seq 100 160 >arch/x86/kvm/x86.c; echo hidden >arch/x86/.gitignore; "
		"seq 200 260 >arch/s390/kvm/pv.c; seq 300 330 >arch/s390/kvm/pv.h; "
		"printf 'echo hi\\n' >scripts/run.sh; chmod +x scripts/run.sh; "
		"ln -s ../../../arch/x86 scripts/dtc/pre/x86; "
		"printf 'a\\r\\nb\\r\\nc\\r\\n' >scripts/dos.txt; "
		"head -c 3000 /dev/urandom >scripts/blob.bin; "
		"git -c core.safecrlf=false add -A; git commit -q -m 'Linux 6.12'; git tag base; "
		"git checkout -q -b topic");
}

UNUSED static int fixture_teardown(void **state)
{
	struct errbuf err = ERRBUF_INIT;

	(void)state;
	tree_remove(getenv("W"), &err);
	errbuf_release(&err);
	return 0;
}

/* Every test begins with the repository at base and an empty cache. */
UNUSED static int fixture_fresh(void **state)
{
	(void)state;
	return try_shell("rm -rf cache mails layer merged want tars; "
			 "cd k; git checkout -qf -B topic base; git clean -qfdx");
}

/* $W/mails/ *.patch as a series, one mail a file. */
UNUSED static void read_mails(struct series *s)
{
	_cleanup_free_ char *names = shell_out("ls -d $W/mails/*");
	_cleanup_strlist_ struct strlist files = STRLIST_INIT;

	strlist_split(&files, names, "\n");
	strlist_each(file, &files) {
		struct strbuf mail = STRBUF_INIT;
		struct errbuf err = ERRBUF_INIT;
		struct patch *p;

		assert_int_equal(file_read(file, &mail, &err), 0);
		GROW(s->patches, s->nr, s->alloc);
		p = &s->patches[s->nr++];
		*p = (struct patch){ .origin = xstrdup(file) };
		p->subject = xasprintf("subject %zu", s->nr);
		p->mail_len = mail.len;
		p->mail = strbuf_detach(&mail);
	}
}

UNUSED static void free_mails(struct series *s)
{
	for (size_t i = 0; i < s->nr; i++) {
		free(s->patches[i].subject);
		free(s->patches[i].origin);
		free(s->patches[i].mail);
	}
	free(s->patches);
	free(s->base_commit);
	*s = (struct series)SERIES_INIT;
}

UNUSED static void open_tree(struct tree *t, const char *name)
{
	_cleanup_free_ char *path = at(name);
	_cleanup_free_ char *cache = at("cache");
	struct errbuf err = ERRBUF_INIT;

	if (tree_open(t, path, cache, NULL, NULL, &err))
		fail_msg("tree_open: %s", err.msg);
}

/* Opens $W/k and applies $W/mails on base. */
UNUSED static void apply_mails(struct tree *t)
{
	_cleanup_(free_mails) struct series s = SERIES_INIT;
	struct errbuf err = ERRBUF_INIT;

	open_tree(t, "k");
	read_mails(&s);
	if (tree_apply(t, "base", &s, &err))
		fail_msg("tree_apply: %s", err.msg);
	assert_int_equal(t->nr_states, s.nr + 1);
}

/* State i applied; otherwise the complaint is shown. */
#define assert_applied(t, i)                                                 \
	do {                                                                 \
		if ((t)->states[i].not_applied)                              \
			fail_msg("patch %d: %s", (int)(i),                   \
				 (t)->states[i].not_applied);                \
	} while (0)

#define assert_has(text, word)                                               \
	do {                                                                 \
		if (!(text) || !strstr((text), (word)))                      \
			fail_msg("want '%s' in: %s", (word),                 \
				 (text) ? (text) : "(nothing)");             \
	} while (0)

#endif
