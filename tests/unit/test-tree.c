// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where sources come from: repositories of all shapes, tarballs, ranges.
 */
#include "tree-fixture.h"

#include <sys/wait.h>

#define T_CLEANUP _cleanup_(tree_release)

/* tree_open($W/name) fails with a message that has both words. */
static void assert_no_tree(const char *name, const char *word)
{
	T_CLEANUP struct tree t = TREE_INIT;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_free_ char *path = at(name);
	_cleanup_free_ char *cache = at("cache");

	assert_int_equal(tree_open(&t, path, cache, NULL, NULL, &err), -1);
	assert_has(err.msg, word);
	assert_has(err.msg, name);
	assert_null(t.repo);
}

static void assert_range(struct tree *t, const char *range)
{
	struct errbuf err = ERRBUF_INIT;

	if (tree_range(t, range, &err))
		fail_msg("tree_range: %s", err.msg);
}

static void assert_no_range(const char *name, const char *range,
			    const char *word)
{
	T_CLEANUP struct tree t = TREE_INIT;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;

	open_tree(&t, name);
	assert_int_equal(tree_range(&t, range, &err), -1);
	assert_has(err.msg, word);
}

/* Two commits on base, in topic. */
static void two_commits(void)
{
	shell("cd k; echo more >>virt/kvm/kvm_main.c; ci 'KVM: one'; "
	      "git mv arch/s390/kvm/pv.h arch/s390/kvm/moved.h; ci 'KVM: two'");
}

static void test_is_range(void **state)
{
	_cleanup_free_ char *old = getcwd(NULL, 0);
	_cleanup_free_ char *k = at("k");

	(void)state;
	assert_true(tree_is_range("v6.12..topic"));
	assert_true(tree_is_range("base.."));
	assert_true(tree_is_range("..topic"));
	assert_true(tree_is_range("a...b"));
	assert_true(tree_is_range("HEAD~3..HEAD^{/fix x}"));
	assert_false(tree_is_range("../x.mbox"));
	assert_false(tree_is_range("../../x.mbox"));
	assert_false(tree_is_range("a/../b.mbox"));
	assert_false(tree_is_range(".."));
	assert_false(tree_is_range("x.mbox"));
	assert_false(tree_is_range("-"));
	shell("cd k; touch a..b");
	assert_int_equal(chdir(k), 0);
	assert_false(tree_is_range("a..b"));
	assert_int_equal(chdir(old), 0);
}

static void test_range(void **state)
{
	T_CLEANUP struct tree t = TREE_INIT;
	_cleanup_free_ char *head = NULL;
	const struct state *s;

	(void)state;
	two_commits();
	head = shell_out("git -C k rev-parse HEAD");
	open_tree(&t, "k");
	assert_false(t.from_tarball);
	assert_range(&t, "base..topic");
	assert_int_equal(t.nr_states, 3);
	assert_string_equal(t.states[0].subject, "Linux 6.12");
	assert_int_equal(t.states[0].since_base.nr, 0);
	s = &t.states[2];
	assert_int_equal(s->patch, 2);
	assert_string_equal(s->commit, head);
	assert_string_equal(s->subject, "KVM: two");
	assert_string_equal(s->author, "Tester <tester@example.org>");
	assert_int_equal(s->since_base.nr, 3);
	assert_int_equal(s->since_prev.nr, 2);
	assert_string_equal(s->since_prev.v[0].path, "arch/s390/kvm/moved.h");
	assert_int_equal(s->since_prev.v[0].status, 'A');
	assert_int_equal(s->since_prev.v[0].mode, 0100644);
	assert_string_equal(s->since_prev.v[0].renamed_from,
			    "arch/s390/kvm/pv.h");
	assert_int_equal(s->since_prev.v[1].status, 'D');
	assert_null(s->since_prev.v[1].blob);
	assert_string_equal(strmap_get(&s->renames, "arch/s390/kvm/moved.h"),
			    "arch/s390/kvm/pv.h");
	assert_string_equal(s->since_base.v[2].path, "virt/kvm/kvm_main.c");
	assert_int_equal(s->since_base.v[2].status, 'M');
}

/* "STATUS MODE BLOB PATH FROM", a change a line; owned. */
static char *changes_text(const struct change_list *l)
{
	_cleanup_strlist_ struct strlist lines = STRLIST_INIT;

	for (size_t i = 0; i < l->nr; i++)
		strlist_addf(&lines, "%c %o %s %s %s", l->v[i].status,
			     l->v[i].mode, l->v[i].blob ? l->v[i].blob : "-",
			     l->v[i].path,
			     l->v[i].renamed_from ? l->v[i].renamed_from : "-");
	strlist_sort(&lines);
	return strlist_join(&lines, "\n");
}

/* The same as git tells it. */
static char *git_text(const char *from, const char *to)
{
	_cleanup_free_ char *script = xasprintf(
		"git -C k -c core.quotePath=off diff-tree -r -M --no-abbrev %s "
		"%s | sed s/^:// | awk -F'[ \t]' '"
		"$5 == \"D\" { print \"D 0 -\", $6, \"-\" } "
		"$5 ~ /^[AMT]/ { print $5, $2, $4, $6, \"-\" } "
		"$5 ~ /^R/ { print \"D 0 -\", $6, \"-\"; "
		"print \"A\", $2, $4, $7, $6 }' | LC_ALL=C sort",
		from, to);

	return shell_out(script);
}

/*
 * Sixty commits of everything that can happen to a file: changed, changed back,
 * moved, moved on, moved back, deleted, made anew, a link, a directory, another
 * mode.
 */
static void test_since_base(void **state)
{
	T_CLEANUP struct tree t = TREE_INIT;
	unsigned renames = 0;

	(void)state;
	shell("cd k; "
	      "awk 'BEGIN { srand(7); for (i = 0; i < 60; i++) "
	      "print int(rand() * 10), int(rand() * 6), int(rand() * 6) }' | "
	      "while read op a b; do "
	      "  set -- virt/kvm/old.c arch/s390/kvm/pv.c arch/s390/kvm/pv.h "
	      "    virt/kvm/a.h virt/kvm/b.h virt/kvm/c.h; "
	      "  shift $a; f=$1; g=arch/x86/kvm/f$b.h; n=$((n + 1)); "
	      "  case $op in "
	      "  0|1) rm -rf $f; seq $a 60 >$f ;; "
	      "  2) rm -rf $f; { seq $a 60; echo $n; } >$f ;; "
	      "  3|4) test ! -f $f -o -d $g || mv -f $f $g ;; "
	      "  5) test ! -f $g -o -d $f || mv -f $g $f ;; "
	      "  6) rm -rf $f ;; "
	      "  7) rm -rf $f; ln -s kvm_main.c $f ;; "
	      "  8) rm -rf $f; mkdir $f; seq 9 70 >$f/in.h ;; "
	      "  9) echo $n >>virt/kvm/kvm_main.c; "
	      "     test $a -gt 2 || git checkout -q base -- arch virt; "
	      "     test $b -lt 3 && chmod +x virt/kvm/kvm_main.c || "
	      "       chmod -x virt/kvm/kvm_main.c ;; "
	      "  esac; git add -A; git commit -q --allow-empty -m $n; done");
	open_tree(&t, "k");
	assert_range(&t, "base..topic");
	assert_int_equal(t.nr_states, 61);
	for (size_t i = 1; i < t.nr_states; i++) {
		_cleanup_free_ char *base =
			git_text(t.states[0].tree, t.states[i].tree);
		_cleanup_free_ char *prev =
			git_text(t.states[i - 1].tree, t.states[i].tree);
		_cleanup_free_ char *since_base =
			changes_text(&t.states[i].since_base);
		_cleanup_free_ char *since_prev =
			changes_text(&t.states[i].since_prev);

		assert_string_equal(since_base, base);
		assert_string_equal(since_prev, prev);
		renames += strmap_nr(&t.states[i].renames);
	}
	assert_true(renames > 10);
}

static void test_blob(void **state)
{
	T_CLEANUP struct tree t = TREE_INIT;
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;

	(void)state;
	shell("cd k; printf 'a\\0b' >virt/new; ci new");
	open_tree(&t, "k");
	assert_range(&t, "base..");
	strbuf_addstr(&out, "x");
	assert_int_equal(
		tree_blob(&t, t.states[1].since_prev.v[0].blob, &out, &err), 0);
	assert_int_equal(out.len, 4);
	assert_memory_equal(out.buf, "xa\0b", 4);
	assert_int_equal(
		tree_blob(&t, "0123456789012345678901234567890123456789", &out,
			  &err), -1);
	assert_has(err.msg, "0123456789012345678901234567890123456789");
}

static void test_bad_ranges(void **state)
{
	(void)state;
	two_commits();
	shell("cd k; git branch -f side base; git checkout -q side; "
	      "echo s >s; ci side; git checkout -q -B merged topic; "
	      "git merge -q -m merge side; git checkout -q -f topic");
	assert_no_range("k", "base..merged", "is a merge");
	assert_no_range("k", "side..topic", "they part at");
	assert_no_range("k", "topic..base", "they part at");
	assert_no_range("k", "base..base", "no commits");
	assert_no_range("k", "base...topic", "two dots");
	assert_no_range("k", "nothere..topic", "no revision 'nothere'");
	assert_no_range("k", "base..nothere", "no revision 'nothere'");
	assert_no_range("k", "--all..topic", "no revision '--all'");
	shell("cd k; git branch -D merged side >/dev/null");
}

/* Everything about a repository that must not change. */
static char *fingerprint(void)
{
	return shell_out(
		"cd k; find .git -type f ! -name '*.lock' -print0 | sort -z | "
		"xargs -0 sha256sum; find .git | sort; "
		"stat -c %Y.%Z .git/index .git/config .git/HEAD; "
		"git --no-optional-locks status --porcelain; "
		"git for-each-ref; git worktree list; git count-objects -v");
}

static void test_never_written(void **state)
{
	T_CLEANUP struct tree t = TREE_INIT, r = TREE_INIT;
	_cleanup_free_ char *before = NULL, *after = NULL, *out = NULL;
	_cleanup_free_ char *cache = at("cache"), *layer = at("layer");
	struct errbuf err = ERRBUF_INIT;

	(void)state;
	/* Two patches, made anew by git am: new objects in every run. */
	two_commits();
	shell("cd k; tag keep; mails; "
	      "sed -i 's/^+more/+other/' ../mails/0001*; "
	      /* an index that a refresh would rewrite, and a change */
	      "touch virt/kvm/*.c; echo dirty >>Makefile");
	before = fingerprint();
	apply_mails(&t);
	assert_applied(&t, 1);
	assert_applied(&t, 2);
	assert_int_equal(tree_base_checkout(&t, cache, &out, &err), 0);
	assert_int_equal(tree_state_layer(&t, &t.states[2], layer, &err), 0);
	open_tree(&r, "k");
	assert_range(&r, "base..keep");
	after = fingerprint();
	assert_string_equal(before, after);
}

static void test_shapes(void **state)
{
	static const char *const names[] = { "bare.git", "linked", "shared",
					     "k/virt/kvm", "shallow" };

	(void)state;
	two_commits();
	shell("rm -rf bare.git linked shared shallow; "
	      "git clone -q --bare k bare.git; "
	      "git -C k worktree add -q --detach ../linked topic; "
	      /* alternates of alternates, relative */
	      "git clone -q --shared -b topic bare.git shared; "
	      "git -C shared tag -f base origin/topic~2 >/dev/null; "
	      "echo ../../../bare.git/objects "
	      ">shared/.git/objects/info/alternates; "
	      "git clone -q -b topic --depth 3 file://$W/k shallow; "
	      "git -C shallow tag -f base topic~2 >/dev/null");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		T_CLEANUP struct tree t = TREE_INIT;

		open_tree(&t, names[i]);
		assert_range(&t, "base..topic");
		assert_int_equal(t.nr_states, 3);
	}
	shell("git -C k worktree remove --force $W/linked");
}

static void test_shallow_end(void **state)
{
	(void)state;
	two_commits();
	shell("rm -rf shallow; cd k; git checkout -q -B long topic; "
	      "echo 3 >>Kbuild; ci three; cd ..; "
	      "git clone -q -b long --depth 1 file://$W/k shallow; cd shallow; "
	      "git fetch -q --depth 1 origin tag base");
	assert_no_range("shallow", "base..long", "shallow");
	shell("git -C k checkout -q -f topic; git -C k branch -qD long");
}

/* Nothing is fetched behind the user's back. */
static void test_partial(void **state)
{
	_cleanup_free_ char *before = NULL, *after = NULL;
	const char *count = "find partial/.git partial-co/.git -type f | sort";

	(void)state;
	two_commits();
	shell("rm -rf partial partial-co; "
	      "git -C k config uploadpack.allowFilter true; "
	      "git clone -q --filter=blob:none --no-checkout -b topic "
	      "file://$W/k partial; "
	      "git clone -q --filter=blob:none -b topic file://$W/k partial-co");
	before = shell_out(count);
	assert_no_tree("partial", "partial clone");
	assert_no_range("partial-co", "topic~2..topic", "partial clone");
	after = shell_out(count);
	assert_string_equal(before, after);
}

static void test_not_a_tree(void **state)
{
	(void)state;
	shell("rm -rf plain nokernel noversion; mkdir plain; "
	      "git init -q nokernel; cd nokernel; echo x >x; git add x; "
	      "git commit -q -m x; cd ..; cp -r k noversion; cd noversion; "
	      "echo all: >Makefile; git commit -qam x");
	assert_no_tree("nokernel", "not a kernel tree (no Kbuild");
	assert_no_tree("noversion", "sets no VERSION");
	assert_no_tree("nothere", "No such file");
	/* TMPDIR may lie in a repository; then it is the wrong one. */
	setenv("GIT_CEILING_DIRECTORIES", getenv("W"), 1);
	assert_no_tree("plain", "");
	unsetenv("GIT_CEILING_DIRECTORIES");
}

static void test_base(void **state)
{
	T_CLEANUP struct tree t = TREE_INIT, u = TREE_INIT, v = TREE_INIT;
	_cleanup_(free_mails) struct series s = SERIES_INIT;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_free_ char *base = NULL, *head = NULL;

	(void)state;
	two_commits();
	base = shell_out("git -C k rev-parse base");
	shell("mails; cd k; git checkout -q -B topic base; echo z >zz; ci z");
	head = shell_out("git -C k rev-parse HEAD");
	read_mails(&s);
	open_tree(&t, "k");
	assert_int_equal(tree_apply(&t, NULL, &s, &err), 0);
	assert_string_equal(t.states[0].commit, head);
	s.base_commit = xstrdup(base);
	open_tree(&u, "k");
	assert_int_equal(tree_apply(&u, NULL, &s, &err), 0);
	assert_string_equal(u.states[0].commit, base);
	memset(s.base_commit, '1', strlen(s.base_commit));
	open_tree(&v, "k");
	assert_int_equal(tree_apply(&v, NULL, &s, &err), -1);
	assert_has(err.msg, "base-commit of the series");
	tree_release(&v);
	open_tree(&v, "k");
	assert_int_equal(tree_apply(&v, "no-such", &s, &err), -1);
	assert_has(err.msg, "no revision 'no-such'");
}

/* ---- tarballs ------------------------------------------------------------ */

static unsigned notes;

static void count_note(void *data, const char *text)
{
	(void)data;
	notes += strstr(text, "importing") != NULL;
}

static int open_tarball(struct tree *t, const char *name, struct errbuf *err)
{
	_cleanup_free_ char *path = at(name);
	_cleanup_free_ char *cache = at("cache");

	notes = 0;
	return tree_open(t, path, cache, count_note, NULL, err);
}

static void test_tarball(void **state)
{
	T_CLEANUP struct tree t = TREE_INIT, again = TREE_INIT;
	_cleanup_(free_mails) struct series s = SERIES_INIT;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_free_ char *want = NULL, *list = NULL, *line = NULL;

	(void)state;
	/* A hard link, odd names, an old time stamp; the tree as git adds it. */
	shell("mkdir tars; cp -r k tars/linux-6.12; cd tars/linux-6.12; "
	      "ln Makefile hard; echo q >'\"quoted'; echo s >'a b'; "
	      "rm arch/x86/.gitignore; echo a >Documentation; "
	      "git add -A; git write-tree >../tree; rm -rf .git; cd ..; "
	      "tar cf linux.tar linux-6.12; gzip -k linux.tar; "
	      "touch -d 2020-01-01 linux.tar linux.tar.gz");
	two_commits();
	shell("mails");
	want = shell_out("cat tars/tree");
	assert_int_equal(open_tarball(&t, "tars/linux.tar.gz", &err), 0);
	assert_int_equal(notes, 1);
	assert_true(t.from_tarball);
	read_mails(&s);
	s.base_commit = xstrdup("1111111111111111111111111111111111111111");
	assert_int_equal(tree_apply(&t, NULL, &s, &err), 0);
	assert_string_equal(t.states[0].tree, want);
	assert_string_equal(t.states[0].subject, "Import of linux-6.12");
	assert_applied(&t, 1);
	assert_applied(&t, 2);
	assert_int_equal(t.states[2].since_base.nr, 3);
	/* The second time nothing is imported or hashed. */
	assert_int_equal(open_tarball(&again, "tars/linux.tar.gz", &err), 0);
	assert_int_equal(notes, 0);
	assert_string_equal(again.repo, t.repo);
	line = shell_out("sed 's/ .*//' cache/trees/tarballs");
	assert_has(t.repo, line);
	list = shell_out("ls cache/trees | sort | tr '\\n' ' '");
	assert_has(list, ".git import.lock tarballs");
	/* Changed in place: another tarball. */
	shell("cd tars; echo >>linux-6.12/Kbuild; tar cf linux.tar linux-6.12; "
	      "gzip -f linux.tar");
	tree_release(&again);
	assert_int_equal(open_tarball(&again, "tars/linux.tar.gz", &err), 0);
	assert_int_equal(notes, 1);
	assert_string_not_equal(again.repo, t.repo);
}

static void assert_bad_tarball(const char *name, const char *word)
{
	_cleanup_free_ char *list = NULL;

	assert_no_tree(name, word);
	list = shell_out("ls cache/trees | grep -v -e lock -e tarballs || :");
	assert_string_equal(list, "");
}

static void test_bad_tarballs(void **state)
{
	(void)state;
	shell("mkdir tars; cp -r k tars/linux; cd tars; rm -rf linux/.git; "
	      "tar cf good.tar linux; xz -k good.tar; "
	      "head -c 20000 good.tar >cut.tar; "
	      "head -c 3000 good.tar.xz >cut.tar.xz; "
	      "cp -r linux evil; ln -s /etc/passwd evil/arch/leak; "
	      "tar cf evil.tar evil; "
	      "mkfifo linux/virt/kvm/fifo; tar cf fifo.tar linux; "
	      "rm linux/virt/kvm/fifo; "
	      "tar cf two.tar linux evil; "
	      "tar cf flat.tar -C linux Kbuild; "
	      "rm -r linux/virt/kvm; tar cf nokernel.tar linux; "
	      "echo hello >text.tar; : >empty.tar");
	assert_bad_tarball("tars/cut.tar", "truncated");
	assert_bad_tarball("tars/cut.tar.xz", "truncated");
	assert_bad_tarball("tars/evil.tar", "evil/arch/leak");
	assert_bad_tarball("tars/fifo.tar", "linux/virt/kvm/fifo");
	assert_bad_tarball("tars/two.tar", "evil");
	assert_bad_tarball("tars/flat.tar", "outside of a top directory");
	assert_bad_tarball("tars/nokernel.tar", "no virt/kvm");
	assert_bad_tarball("tars/text.tar", "not a source tarball");
	assert_bad_tarball("tars/empty.tar", "not a source tarball");
}

static void test_leftovers(void **state)
{
	T_CLEANUP struct tree t = TREE_INIT;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_free_ char *list = NULL;

	(void)state;
	shell("mkdir -p tars cache/trees/0123.git.import/objects/pack; "
	      "touch cache/trees/0123.git.import/objects/pack/tmp_pack; "
	      "cp -r k tars/linux; rm -rf tars/linux/.git; "
	      "tar cf tars/l.tar -C tars linux");
	assert_int_equal(open_tarball(&t, "tars/l.tar", &err), 0);
	list = shell_out("ls cache/trees");
	assert_null(strstr(list, "import/"));
	assert_null(strstr(list, "0123"));
}

/* Two runs at once: both get the same, complete repository and base. */
static void test_two_runs(void **state)
{
	pid_t pids[4];

	(void)state;
	shell("mkdir tars; cp -r k tars/linux; rm -rf tars/linux/.git; "
	      "tar cf tars/l.tar -C tars linux");
	for (size_t i = 0; i < ARRAY_SIZE(pids); i++) {
		pids[i] = fork();
		if (pids[i] == 0) {
			struct tree t = TREE_INIT;
			struct series none = SERIES_INIT;
			struct errbuf err = ERRBUF_INIT;
			char *cache = at("cache"), *path = NULL;
			bool bad = open_tarball(&t, "tars/l.tar", &err) ||
				   tree_apply(&t, NULL, &none, &err) ||
				   tree_base_checkout(&t, cache, &path, &err);

			if (bad)
				fprintf(stderr, "%s\n", err.msg);
			_exit(bad || try_shell("diff -r tars/linux "
					       "cache/base/%s >/dev/null",
					       t.states[0].tree));
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(pids); i++) {
		int status;

		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
}

#define TEST(title, f) { title, f, fixture_fresh, NULL, NULL }

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("a range is told from a path", test_is_range),
		TEST("a range gives states with their changes", test_range),
		TEST("what a state differs in is what git says", test_since_base),
		TEST("blobs are read byte for byte", test_blob),
		TEST("merges, side lines and unknown revisions are refused",
		     test_bad_ranges),
		TEST("the user's repository is never written",
		     test_never_written),
		TEST("bare, linked, sharing and shallow repositories work",
		     test_shapes),
		TEST("the end of a shallow clone is named",
		     test_shallow_end),
		TEST("a partial clone that lacks files is told",
		     test_partial),
		TEST("what is no kernel is refused", test_not_a_tree),
		TEST("the base is the given one, the series' or HEAD",
		     test_base),
		TEST("a tarball is imported once, as git would add it",
		     test_tarball),
		TEST("a bad tarball leaves nothing behind", test_bad_tarballs),
		TEST("what a killed import left is removed", test_leftovers),
		TEST("runs at the same time share one import and base",
		     test_two_runs),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
