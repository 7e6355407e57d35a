// SPDX-License-Identifier: GPL-2.0-only
/*
 * Applying mails: what applies gives the tree that git has, what does not is
 * told with its hunk, and nothing is written where it must not be.
 */
#include "tree-fixture.h"

#define T_CLEANUP _cleanup_(tree_release)

/* State i has the tree of revision rev of $W/k. */
static void assert_same_tree(const struct tree *t, size_t i, const char *rev)
{
	_cleanup_free_ char *script =
		xasprintf("git -C k rev-parse '%s^{tree}'", rev);
	_cleanup_free_ char *want = shell_out(script);

	assert_applied(t, i);
	assert_string_equal(t->states[i].tree, want);
}

static void assert_refused(const struct tree *t, size_t i, const char *word)
{
	const struct state *s = &t->states[i];

	assert_has(s->not_applied, word);
	assert_null(s->commit);
	assert_null(s->tree);
	assert_int_equal(s->since_base.nr, 0);
	assert_null(strstr(s->not_applied, "scratch-"));
}

/* A mail written by hand: the diff is a shell here-document. */
#define MAIL_HEAD "From: Eve <eve@example.org>\nSubject: [PATCH] bad\n\n---\n"

static void one_mail(const char *diff)
{
	_cleanup_free_ char *path = at("mails/0001.patch");
	_cleanup_free_ char *text = xasprintf(MAIL_HEAD "%s-- \n2.39\n", diff);
	struct errbuf err = ERRBUF_INIT;

	shell("rm -rf mails; mkdir mails");
	assert_int_equal(file_write(path, text, strlen(text), &err), 0);
}

static void test_kinds(void **state)
{
	T_CLEANUP struct tree t = TREE_INIT;

	(void)state;
	shell("cd k; echo more >>virt/kvm/kvm_main.c; ci edit; "
	      "mkdir -p include/new; echo n >include/new/n.h; ci create; "
	      "git rm -q -r arch/s390; ci delete; "
	      "git mv virt/kvm/old.c virt/kvm/new.c; echo x >>virt/kvm/new.c; "
	      "ci rename; "
	      "chmod +x Kbuild; chmod -x scripts/run.sh; ci modes; "
	      "head -c 2000 /dev/urandom >>scripts/blob.bin; "
	      "head -c 500 /dev/urandom >scripts/new.bin; ci binary; "
	      "rm scripts/dos.txt; ln -s run.sh scripts/dos.txt; ci type; "
	      "git rm -q -r arch/x86; mkdir -p arch; echo f >arch/x86; ci dir-to-file; "
	      "git rm -q arch/x86; mkdir -p arch/x86; echo d >arch/x86/d; "
	      "ci file-to-dir; printf end >>Makefile; ci no-newline; "
	      "tag last; mails");
	apply_mails(&t);
	for (size_t i = 1; i <= 10; i++) {
		_cleanup_free_ char *rev = xasprintf("last~%zu", 10 - i);

		assert_same_tree(&t, i, rev);
		assert_null(t.states[i].note);
		assert_true(t.states[i].since_prev.nr > 0);
	}
	assert_string_equal(t.states[4].since_prev.v[0].renamed_from,
			    "virt/kvm/old.c");
	assert_int_equal(t.states[5].since_prev.v[0].mode, 0100755);
	assert_int_equal(t.states[7].since_prev.v[0].status, 'T');
	assert_int_equal(t.states[7].since_prev.v[0].mode, 0120000);
}

static void test_carriage_returns(void **state)
{
	T_CLEANUP struct tree t = TREE_INIT;

	(void)state;
	/* A file that has them; a mail that went through a system that adds
	 * them; a base64 body with them. */
	shell("cd k; printf 'a\\r\\nB\\r\\nc\\r\\n' >scripts/dos.txt; ci dos; "
	      "echo 2 >>virt/kvm/kvm_main.c; ci crlf-mail; "
	      "echo 3 >>virt/kvm/kvm_main.c; ci base64; "
	      "tag last; mails; cd ../mails; "
	      "sed -i 's/$/\\r/' 0002*; "
	      "{ sed '/^$/,$d' 0003*; echo MIME-Version: 1.0; "
	      "echo 'Content-Type: text/plain; charset=utf-8'; "
	      "echo Content-Transfer-Encoding: base64; echo; "
	      "sed '1,/^$/d;s/$/\\r/' 0003* | base64; } >b; mv b 0003*");
	apply_mails(&t);
	assert_same_tree(&t, 1, "last~2");
	assert_same_tree(&t, 2, "last~1");
	assert_same_tree(&t, 3, "last");
}

static void test_conflict(void **state)
{
	T_CLEANUP struct tree t = TREE_INIT;

	(void)state;
	shell("cd k; echo one >>virt/kvm/kvm_main.c; ci one; tag one; "
	      "sed -i 's/^120$/lost/' arch/x86/kvm/x86.c; ci lost; "
	      "sed -i 's/^120$/x/;s/^lost$/changed line/' arch/x86/kvm/x86.c; "
	      "ci two; echo 3 >>Kbuild; ci three; mails; rm ../mails/0002*");
	apply_mails(&t);
	assert_same_tree(&t, 1, "one");
	assert_refused(&t, 2, "patch failed: arch/x86/kvm/x86.c");
	assert_has(t.states[2].not_applied, "rejected:");
	assert_has(t.states[2].not_applied, "\n-lost\n+changed line\n");
	assert_has(t.states[2].not_applied, "3-way merge:");
	assert_refused(&t, 3, "patch 2 did not apply");
	assert_string_equal(t.states[3].subject, "subject 3");
}

static void test_long_reject(void **state)
{
	T_CLEANUP struct tree t = TREE_INIT;
	unsigned lines = 0;

	(void)state;
	shell("cd k; seq 1000 >big; ci big; seq 5000 6000 >big; ci two; mails; "
	      "rm ../mails/0001*; seq 1 2 1000 >big; ci other; "
	      "tag odd");
	shell("cd k; tag save base; tag base odd");
	apply_mails(&t);
	shell("cd k; tag base save");
	assert_refused(&t, 1, "more lines");
	for (const char *p = t.states[1].not_applied; *p; p++)
		lines += *p == '\n';
	assert_in_range(lines, 40, 70);
}

static void test_three_way(void **state)
{
	T_CLEANUP struct tree t = TREE_INIT;

	(void)state;
	/* The patch was made before its context changed and its file moved. */
	shell("cd k; sed -i 's/^30$/thirty/' virt/kvm/kvm_main.c; ci edit; "
	      "mails; "
	      "sed -i 's/^28$/28 new/' virt/kvm/kvm_main.c; "
	      "git mv virt/kvm/kvm_main.c virt/kvm/moved.c; ci moved; "
	      "tag moved; "
	      "sed -i 's/^30$/thirty/' virt/kvm/moved.c; ci want; "
	      "tag want; tag save base; tag base moved");
	apply_mails(&t);
	shell("cd k; tag base save");
	assert_same_tree(&t, 1, "want");
	assert_has(t.states[1].note, "3-way");
	assert_string_equal(t.states[1].subject, "edit");
}

static void test_already_there(void **state)
{
	T_CLEANUP struct tree t = TREE_INIT;

	(void)state;
	shell("cd k; echo 1 >>Kbuild; ci one; echo 2 >>Makefile; ci two; "
	      "tag last; mails; cp ../mails/0001* ../mails/0001z");
	apply_mails(&t);
	assert_applied(&t, 2);
	assert_has(t.states[2].note, "already");
	assert_string_equal(t.states[2].tree, t.states[1].tree);
	assert_string_not_equal(t.states[2].commit, t.states[1].commit);
	assert_string_equal(t.states[2].subject, "one");
	assert_int_equal(t.states[2].since_prev.nr, 0);
	assert_same_tree(&t, 3, "last");
}

static void refuse(const char *diff, const char *word)
{
	T_CLEANUP struct tree t = TREE_INIT;
	_cleanup_free_ char *leak = NULL;

	one_mail(diff);
	apply_mails(&t);
	assert_refused(&t, 1, word);
	leak = shell_out("find $W -name 'escaped*'; "
			 "ls $W/cache/trees/*/ | grep scratch- || :");
	assert_string_equal(leak, "");
}

#define NEW_FILE(path)                                                       \
	"diff --git a/" path " b/" path "\nnew file mode 100644\n"           \
	"--- /dev/null\n+++ b/" path "\n@@ -0,0 +1 @@\n+x\n"
#define NEW_LINK(path, to)                                                   \
	"diff --git a/" path " b/" path "\nnew file mode 120000\n"           \
	"--- /dev/null\n+++ b/" path "\n@@ -0,0 +1 @@\n+" to                 \
	"\n\\ No newline at end of file\n"

static void test_hostile(void **state)
{
	(void)state;
	refuse(NEW_FILE("../escaped"), "../escaped");
	refuse(NEW_FILE("a/../../escaped"), "escaped");
	refuse(NEW_FILE(".git/hooks/escaped"), ".git/hooks/escaped");
	refuse(NEW_FILE("scripts/dtc/pre/x86/escaped.c"), "symbolic link");
	refuse(NEW_LINK("out", "..") NEW_FILE("out/escaped"), "symbolic link");
	refuse(NEW_LINK("out", "/tmp"), "out of the tree (to '/tmp')");
	refuse(NEW_LINK("virt/out", "../../x"), "out of the tree");
	/* d leads to the top, so d/.. is above it. */
	refuse(NEW_LINK("d", "virt/..") NEW_LINK("e", "d/../x"),
	       "out of the tree");
	refuse(NEW_FILE("virt/kvm"), "both a file and as a directory");
	refuse(NEW_FILE("Kbuild/sub/x"), "Kbuild");
	refuse(NEW_FILE("Kbuild"), "already exists");
	refuse("diff --git a/sub b/sub\nnew file mode 160000\n--- /dev/null\n"
	       "+++ b/sub\n@@ -0,0 +1 @@\n+Subproject commit "
	       "0123456789012345678901234567890123456789\n", "submodule");
	refuse("diff --git a/Kbuild b/Kbuild\n--- a/Kbuild\n+++ b/Kbuild\n"
	       "@@ -1,5 +1,5 @@\n # top\n+half\n", "corrupt patch");
	refuse("just words\n", "no patch");
}

static void test_inside_link(void **state)
{
	T_CLEANUP struct tree t = TREE_INIT;

	(void)state;
	/* The base has one that does not; that is not the patch's fault. */
	shell("cd k; tag save base; ln -s /usr/include inc; ci inc; tag base; "
	      "ln -s ../../Kbuild virt/kvm/up; ci up; tag last; mails");
	apply_mails(&t);
	shell("tag base save");
	assert_same_tree(&t, 1, "last");
}

static void test_texts(void **state)
{
	T_CLEANUP struct tree t = TREE_INIT;

	(void)state;
	/* Latin-1, encoded words, an unknown charset, no names at all, a date
	 * that is none, a bare diff. */
	shell("cd k; for i in 1 2 3 4 5; do echo $i >>Kbuild; ci c$i; done; "
	      "tag last; mails; cd ../mails; "
	      "h() { printf \"$1\" >h; sed '1,/^$/d' $2 >>h; mv h $2; }; "
	      "h 'From: =?ISO-8859-1?Q?J=F6rg?= <j@x>\\n"
	      "Subject: [PATCH v2 1/5] KVM: f\\374r\\n"
	      "Content-Type: text/plain; charset=iso-8859-1\\n\\n' 0001*; "
	      "h 'From: =?x-none?Q?J=F6?= <j@x>\\nSubject: odd\\n"
	      "Content-Type: text/plain; charset=x-none\\n\\n\\366\\n' 0002*; "
	      "h 'Subject: nobody\\n\\n' 0003*; "
	      "h 'From: a <a@b>\\nDate: yesterday-ish 99\\nSubject: when\\n\\n' "
	      "0004*; "
	      "sed -i -n '/^diff/,$p' 0005*");
	apply_mails(&t);
	assert_same_tree(&t, 5, "last");
	assert_string_equal(t.states[1].author, "J\303\266rg <j@x>");
	assert_string_equal(t.states[1].subject, "KVM: f\303\274r");
	assert_string_equal(t.states[2].subject, "odd");
	assert_has(t.states[3].author, "unknown");
	assert_string_equal(t.states[3].subject, "nobody");
	assert_string_equal(t.states[4].author, "a <a@b>");
	assert_string_equal(t.states[5].subject, "subject 5");
}

/* The user's settings, hooks and environment change nothing. */
static void test_isolation(void **state)
{
	T_CLEANUP struct tree t = TREE_INIT, u = TREE_INIT;
	_cleanup_free_ char *hooks = NULL;

	(void)state;
	shell("cd k; printf 'a\\nb \\n' >>Kbuild; ci one; "
	      "git mv virt/kvm/old.c virt/kvm/n.c; ci two; mails");
	apply_mails(&t);
	assert_applied(&t, 2);
	shell("rm -rf cache; mkdir hooks; "
	      "for h in post-applypatch applypatch-msg post-commit "
	      "post-index-change reference-transaction; do "
	      "printf '#!/bin/sh\\ntouch %%s/hooks/ran\\n' $W >hooks/$h; "
	      "chmod +x hooks/$h; done; cp home/.gitconfig home/saved; "
	      "git config --global core.hooksPath $W/hooks; "
	      "git config --global commit.gpgSign true; "
	      "git config --global gpg.program false; "
	      "git config --global core.autocrlf true; "
	      "git config --global apply.whitespace fix; "
	      "git config --global diff.renames false; "
	      "git config --global i18n.commitEncoding latin1; "
	      "git config --global init.defaultObjectFormat sha256; "
	      "git config --global diff.noprefix true; "
	      "git config --global user.name Somebody");
	setenv("GIT_DIR", "/nonexistent", 1);
	setenv("GIT_INDEX_FILE", "/nonexistent/index", 1);
	setenv("GIT_COMMITTER_NAME", "Wrong", 1);
	setenv("GIT_AUTHOR_DATE", "2001-01-01", 1);
	apply_mails(&u);
	unsetenv("GIT_DIR");
	unsetenv("GIT_INDEX_FILE");
	unsetenv("GIT_COMMITTER_NAME");
	unsetenv("GIT_AUTHOR_DATE");
	shell("mv home/saved home/.gitconfig");
	assert_applied(&u, 2);
	assert_string_equal(u.states[2].commit, t.states[2].commit);
	hooks = shell_out("ls hooks/ran 2>/dev/null || :; rm -rf hooks");
	assert_string_equal(hooks, "");
}

/* Scratch of a run that was killed goes; that of a live one stays. */
static void test_scratch(void **state)
{
	T_CLEANUP struct tree t = TREE_INIT;
	_cleanup_free_ char *left = NULL, *lock = NULL;
	struct errbuf err = ERRBUF_INIT;
	int fd;

	(void)state;
	shell("cd k; echo 1 >>Kbuild; ci one; mails");
	open_tree(&t, "k");
	shell("cd cache/trees/repo-*.git; mkdir scratch-dead scratch-live; "
	      "touch scratch-dead/index scratch-live/index");
	lock = xasprintf("%s/scratch-live/lock", t.repo);
	fd = file_lock(lock, true, false, &err);
	assert_true(fd >= 0);
	tree_release(&t);
	apply_mails(&t);
	left = shell_out("cd cache/trees/repo-*.git; ls -d scratch-*");
	close(fd);
	assert_string_equal(left, "scratch-live");
}

/* The trees, notes and commits of a series, a line a state. */
static char *outline(void)
{
	T_CLEANUP struct tree t = TREE_INIT;
	struct strbuf out = STRBUF_INIT;

	apply_mails(&t);
	for (size_t i = 0; i < t.nr_states; i++)
		strbuf_addf(&out, "%s %s %s\n", t.states[i].commit,
			    t.states[i].tree,
			    t.states[i].note ? t.states[i].note : "-");
	return strbuf_detach(&out);
}

static void assert_outline(const char *want)
{
	_cleanup_free_ char *got = outline();

	assert_string_equal(got, want);
}

#define FAIR "cd cache/trees/repo-*.git; "

/* What was applied before is not applied again, as long as it is known. */
static void test_known(void **state)
{
	_cleanup_free_ char *first = NULL, *git = NULL;

	(void)state;
	shell("cd k; echo 1 >>Kbuild; ci one; echo 2 >>Makefile; ci two; "
	      "echo 3 >>Kbuild; ci three; mails; "
	      "cp ../mails/0001* ../mails/0001z");
	first = outline();
	git = shell_out(FAIR "ls applied | wc -l");
	assert_string_equal(git, "4");
	assert_outline(first);
	/* one is lost, others are damaged or name what is not there */
	shell(FAIR "f=$(ls applied | sed -n 2p); rm applied/$f");
	assert_outline(first);
	shell(FAIR "for f in applied/*; do echo nonsense >$f; done");
	assert_outline(first);
	shell(FAIR "for f in applied/*; do sed -i '1s/.*/%040d/' $f; done", 0);
	assert_outline(first);
	/* and another mail is another patch */
	shell("sed -i 's/^+3$/+4/' mails/0003*");
	{
		_cleanup_free_ char *other = outline();

		assert_string_not_equal(other, first);
	}
}

#define TEST(title, f) { title, f, fixture_fresh, NULL, NULL }

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("every kind of change gives the tree that git has",
		     test_kinds),
		TEST("carriage returns of files and of mails are told apart",
		     test_carriage_returns),
		TEST("a conflict is told with its hunk, the rest is kept",
		     test_conflict),
		TEST("a long rejected hunk is cut", test_long_reject),
		TEST("a patch follows its file through a rename of the base",
		     test_three_way),
		TEST("a patch that is in the tree already is noted",
		     test_already_there),
		TEST("patches that reach out of the tree are refused",
		     test_hostile),
		TEST("a symbolic link that stays inside is taken",
		     test_inside_link),
		TEST("odd charsets, names and dates are taken", test_texts),
		TEST("the user's settings and environment do not count",
		     test_isolation),
		TEST("what was applied before is known, or applied again",
		     test_known),
		TEST("scratch files of killed runs are removed", test_scratch),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
