// SPDX-License-Identifier: GPL-2.0-only
/*
 * States as files. The measure is always a plain checkout of the same commit by
 * the user's git.
 */
#include "tree-fixture.h"

#include "engine/tree_internal.h"

#include <sys/stat.h>
#include <time.h>

#define T_CLEANUP _cleanup_(tree_release)

/* Eight commits that make and unmake files, links and directories. */
static void history(void)
{
	shell("cd k; git tag -d s1 s2 s3 s4 s5 s6 s7 >/dev/null 2>&1 || :; "
	      "echo more >>virt/kvm/kvm_main.c; mkdir -p a/b/c; echo 1 >a/b/c/f; "
	      "ci 1; git tag s1; "
	      "git rm -q -r arch/s390; git rm -q a/b/c/f; ci 2; git tag s2; "
	      "git rm -q -r arch/x86; mkdir -p arch; echo file >arch/x86; "
	      "rm -r scripts/dtc; ci 3; git tag s3; "
	      "rm Kbuild; mkdir -p Kbuild/d; echo k >Kbuild/d/k; "
	      "chmod -x scripts/run.sh; ci 4; git tag s4; "
	      "rm scripts/dos.txt; ln -s run.sh scripts/dos.txt; "
	      "rm arch/x86; mkdir arch/x86; ln -s ../../virt arch/x86/l; "
	      "ci 5; git tag s5; "
	      "rm -r virt/kvm; ln -s ../scripts virt/kvm; ci 6; git tag s6; "
	      "rm virt/kvm; mkdir virt/kvm; echo new >virt/kvm/new.c; "
	      "mkdir scripts/x; git mv arch/x86/l scripts/x/l; ci 7; git tag s7; "
	      "git checkout -q -f -B topic base");
}

static void load(struct tree *t)
{
	struct errbuf err = ERRBUF_INIT;

	history();
	open_tree(t, "k");
	if (tree_range(t, "base..s7", &err))
		fail_msg("tree_range: %s", err.msg);
	assert_int_equal(t->nr_states, 8);
}

/* $W/want: what git checks out for a state. */
static void checkout_want(const struct state *s)
{
	shell("rm -rf want; mkdir want; "
	      "git -C k -c tar.umask=0022 archive %s | tar xf - -C want", s->commit);
}

/* Same names, kinds, contents, modes and link targets. */
static void assert_same_dirs(const char *a, const char *b)
{
	shell("l() { cd $W/$1; find . -mindepth 1 -printf '%%y %%m %%p %%l\\n' | "
	      "sed 's/^d [0-7]*/d/' | sort; }; "
	      "l %s >$W/la; l %s >$W/lb; cd $W; diff la lb; "
	      "diff -r --no-dereference %s %s",
	      a, b, a, b);
}

/* What an overlay of layer on base shows, without mounting one. */
static void merge_layer(const char *base)
{
	shell("rm -rf merged; cp -a '%s' merged; cd layer; "
	      "find . -mindepth 1 -type c | while read f; do "
	      "[ \"$(stat -c %%t:%%T $f)\" = 0:0 ]; "
	      /* a whiteout of nothing would be a sign of a mistake */
	      "ls -d $W/merged/$f >/dev/null; rm -rf $W/merged/$f; done; "
	      "find . -mindepth 1 -type d | while read d; do "
	      "[ -d $W/merged/$d -a ! -L $W/merged/$d ] || "
	      "{ rm -rf $W/merged/$d; mkdir $W/merged/$d; }; done; "
	      "find . -type f -o -type l | while read f; do "
	      "rm -rf $W/merged/$f; cp -a $f $W/merged/$f; done",
	      base);
}

static void test_layers(void **state)
{
	T_CLEANUP struct tree t = TREE_INIT;
	_cleanup_free_ char *cache = at("cache"), *layer = at("layer");
	_cleanup_free_ char *base = NULL;
	struct errbuf err = ERRBUF_INIT;

	(void)state;
	load(&t);
	assert_int_equal(tree_base_checkout(&t, cache, &base, &err), 0);
	for (size_t i = 0; i < t.nr_states; i++) {
		if (tree_state_layer(&t, &t.states[i], layer, &err))
			fail_msg("layer %zu: %s", i, err.msg);
		merge_layer(base);
		checkout_want(&t.states[i]);
		assert_same_dirs("merged", "want");
	}
}

/* There and back, neighbours and leaps. */
static void test_layer_moves(void **state)
{
	static const size_t walk[] = { 0, 1, 2, 3, 4, 5, 6, 7, 3, 6, 2, 0,
				       7, 5, 4, 1, 3, 0, 6, 4, 2, 7, 1, 5, 3 };
	T_CLEANUP struct tree t = TREE_INIT;
	_cleanup_free_ char *cache = at("cache"), *layer = at("layer");
	_cleanup_free_ char *base = NULL;
	struct errbuf err = ERRBUF_INIT;

	(void)state;
	load(&t);
	assert_int_equal(tree_base_checkout(&t, cache, &base, &err), 0);
	assert_int_equal(tree_state_layer(&t, &t.states[0], layer, &err), 0);
	for (size_t i = 1; i < ARRAY_SIZE(walk); i++) {
		const struct state *from = &t.states[walk[i - 1]];
		const struct state *to = &t.states[walk[i]];

		if (tree_layer_move(&t, layer, from, to, &err))
			fail_msg("%u to %u: %s", from->patch, to->patch,
				 err.msg);
		merge_layer(base);
		checkout_want(to);
		assert_same_dirs("merged", "want");
	}
}

static void test_layer_move_times(void **state)
{
	T_CLEANUP struct tree t = TREE_INIT;
	_cleanup_free_ char *layer = at("layer"), *list = NULL;
	struct errbuf err = ERRBUF_INIT;

	(void)state;
	shell("cd k; echo 1 >>virt/kvm/kvm_main.c; echo 1 >>Kbuild; ci 1; "
	      "echo 2 >>Kbuild; ci 2; git checkout -q base -- Kbuild; ci 3");
	open_tree(&t, "k");
	assert_int_equal(tree_range(&t, "base..", &err), 0);
	assert_int_equal(tree_state_layer(&t, &t.states[1], layer, &err), 0);
	for (size_t i = 2; i < 4; i++) {
		shell("find layer -type f -exec touch -d @1000 {} +");
		assert_int_equal(tree_layer_move(&t, layer, &t.states[i - 1],
						 &t.states[i], &err), 0);
		/* The one that goes back to the base is new, too. */
		free(list);
		list = shell_out("cd layer; find . -type f -newermt @1001");
		assert_string_equal(list, "./Kbuild");
	}
}

/* git's answer is the measure, but for the difference of M and T. */
static void test_between(void **state)
{
	T_CLEANUP struct tree t = TREE_INIT;
	struct errbuf err = ERRBUF_INIT;

	(void)state;
	load(&t);
	for (size_t i = 0; i < t.nr_states * t.nr_states; i++) {
		const struct state *from = &t.states[i / t.nr_states];
		const struct state *to = &t.states[i % t.nr_states];
		_cleanup_change_list_ struct change_list want = { 0 };
		_cleanup_change_list_ struct change_list got = { 0 };

		assert_int_equal(tree_changes(t.repo, from->tree, to->tree, false,
					      &want, &err), 0);
		change_list_between(&from->since_base, &to->since_base, &got);
		assert_int_equal(got.nr, want.nr);
		for (size_t k = 0; k < want.nr; k++) {
			char a = want.v[k].status, b = got.v[k].status;

			assert_string_equal(got.v[k].path, want.v[k].path);
			assert_int_equal(a == 'T' ? 'M' : a,
					 b == 'T' ? 'M' : b);
		}
	}
}

static void test_whiteouts(void **state)
{
	T_CLEANUP struct tree t = TREE_INIT;
	_cleanup_free_ char *layer = at("layer"), *list = NULL;
	struct errbuf err = ERRBUF_INIT;

	(void)state;
	load(&t);
	assert_int_equal(tree_state_layer(&t, &t.states[3], layer, &err), 0);
	/* One for arch/s390 and scripts/dtc, none under arch/x86 (a file). */
	list = shell_out("cd layer; find . -type c | sort | tr '\\n' ' '; "
			 "find . -mindepth 1 -type d -empty");
	assert_string_equal(list, "./arch/s390 ./scripts/dtc ");
	free(list);
	/* One file of a directory that stays. */
	shell("cd k; git checkout -q -B topic base; git rm -q virt/kvm/old.c; "
	      "ci x");
	tree_release(&t);
	open_tree(&t, "k");
	assert_int_equal(tree_range(&t, "base..", &err), 0);
	assert_int_equal(tree_state_layer(&t, &t.states[1], layer, &err), 0);
	list = shell_out("cd layer; find . -mindepth 1 -printf '%y %p\\n' | sort");
	assert_string_equal(list, "c ./virt/kvm/old.c\nd ./virt\nd ./virt/kvm");
}

static void test_times(void **state)
{
	T_CLEANUP struct tree t = TREE_INIT;
	_cleanup_free_ char *layer = at("layer"), *f = NULL;
	struct errbuf err = ERRBUF_INIT;
	time_t now = time(NULL);
	struct stat st;

	(void)state;
	load(&t);
	assert_int_equal(tree_state_layer(&t, &t.states[1], layer, &err), 0);
	f = path_join(layer, "virt/kvm/kvm_main.c");
	assert_int_equal(stat(f, &st), 0);
	assert_in_range(st.st_mtime, now - 1, now + 60);
}

static void test_escaping_link(void **state)
{
	T_CLEANUP struct tree t = TREE_INIT;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_free_ char *layer = at("layer");

	(void)state;
	shell("cd k; ln -s ../../../etc virt/kvm/etc; ci x");
	open_tree(&t, "k");
	assert_int_equal(tree_range(&t, "base..", &err), 0);
	assert_int_equal(tree_state_layer(&t, &t.states[1], layer, &err), -1);
	assert_has(err.msg, "virt/kvm/etc");
	assert_has(err.msg, "out of the tree");
	assert_false(dir_exists(layer));
}

/* From every state to every other. */
static void test_move(void **state)
{
	T_CLEANUP struct tree t = TREE_INIT;
	_cleanup_free_ char *cache = at("cache"), *merged = at("merged");
	_cleanup_free_ char *base = NULL;
	struct errbuf err = ERRBUF_INIT;
	size_t from = 0;

	(void)state;
	load(&t);
	assert_int_equal(tree_base_checkout(&t, cache, &base, &err), 0);
	/* Hard links: a move must not write through to the base. */
	shell("rm -rf merged; cp -al '%s' merged", base);
	for (size_t step = 1; step < t.nr_states; step++) {
		for (size_t i = 0; i < t.nr_states; i++) {
			size_t to = (from + step) % t.nr_states;

			if (tree_checkout_move(&t, merged,
					       from ? &t.states[from] : NULL,
					       &t.states[to], &err))
				fail_msg("%zu -> %zu: %s", from, to, err.msg);
			from = to;
			if (step > 2 && i > 2)
				continue;
			checkout_want(&t.states[to]);
			assert_same_dirs("merged", "want");
		}
	}
	checkout_want(&t.states[0]);
	shell("diff -r --no-dereference '%s' want", base);
}

static void test_move_times(void **state)
{
	T_CLEANUP struct tree t = TREE_INIT;
	_cleanup_free_ char *cache = at("cache"), *merged = at("merged");
	_cleanup_free_ char *base = NULL, *list = NULL;
	struct errbuf err = ERRBUF_INIT;

	(void)state;
	load(&t);
	assert_int_equal(tree_base_checkout(&t, cache, &base, &err), 0);
	shell("rm -rf merged; cp -a '%s' merged; "
	      "find merged -exec touch -h -d 2001-01-01 {} +", base);
	assert_int_equal(tree_checkout_move(&t, merged, NULL, &t.states[1],
					    &err), 0);
	list = shell_out("cd merged; find . -type f -newermt 2002-01-01 | sort");
	assert_string_equal(list, "./a/b/c/f\n./virt/kvm/kvm_main.c");
}

/* Build products in a directory that vanishes stay, and nothing fails. */
static void test_move_products(void **state)
{
	T_CLEANUP struct tree t = TREE_INIT;
	_cleanup_free_ char *cache = at("cache"), *merged = at("merged");
	_cleanup_free_ char *base = NULL;
	struct errbuf err = ERRBUF_INIT;

	(void)state;
	load(&t);
	assert_int_equal(tree_base_checkout(&t, cache, &base, &err), 0);
	shell("rm -rf merged; cp -a '%s' merged; touch merged/arch/s390/kvm/o.o",
	      base);
	assert_int_equal(tree_checkout_move(&t, merged, NULL, &t.states[2],
					    &err), 0);
	shell("[ -e merged/arch/s390/kvm/o.o -a ! -e merged/arch/s390/kvm/pv.c ]");
}

static void test_base(void **state)
{
	T_CLEANUP struct tree t = TREE_INIT;
	_cleanup_free_ char *cache = at("cache"), *a = NULL, *b = NULL,
			    *c = NULL;
	struct errbuf err = ERRBUF_INIT;

	(void)state;
	/* Attributes of the tree do not change what is checked out. */
	shell("cd k; tag save base; "
	      "printf '*.c text eol=crlf ident\\n' >.gitattributes; "
	      "echo '$Id$' >virt/kvm/id.c; ci attrs; "
	      "tag base; echo >>Kbuild; ci 1");
	open_tree(&t, "k");
	assert_int_equal(tree_range(&t, "base..topic", &err), 0);
	shell("cd k; tag base save");
	assert_int_equal(tree_base_checkout(&t, cache, &a, &err), 0);
	shell("cd '%s'; ! grep -q -r $(printf '\\r') virt; "
	      "grep -q '^$Id\\$$' virt/kvm/id.c; cd ..; "
	      "[ -e %s.ok ]; [ $(ls -d */ | wc -l) = 1 ]",
	      a, t.states[0].tree);
	/* Made once. */
	shell("touch '%s/mark'", a);
	assert_int_equal(tree_base_checkout(&t, cache, &b, &err), 0);
	assert_string_equal(a, b);
	shell("[ -e '%s/mark' ]", a);
	/* Without its marker it is of a killed run, and so is a .tmp. */
	shell("rm '%s.ok' '%s/Kbuild'; mkdir '%s.tmp'; touch '%s.tmp/x'",
	      a, a, a, a);
	assert_int_equal(tree_base_checkout(&t, cache, &c, &err), 0);
	shell("[ -e '%s/Kbuild' -a ! -e '%s/mark' -a ! -e '%s/x' "
	      "-a ! -e '%s.tmp' ]",
	      a, a, a, a);
}

static void test_no_state(void **state)
{
	T_CLEANUP struct tree t = TREE_INIT;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_free_ char *layer = at("layer");

	(void)state;
	shell("cd k; echo 1 >virt/n; ci 1; echo 2 >virt/n; ci 2; mails; "
	      "rm ../mails/0001*");
	apply_mails(&t);
	assert_non_null(t.states[1].not_applied);
	assert_int_equal(tree_state_layer(&t, &t.states[1], layer, &err), -1);
	assert_has(err.msg, "did not apply");
	assert_int_equal(tree_checkout_move(&t, layer, NULL, &t.states[1],
					    &err), -1);
	assert_has(err.msg, "did not apply");
}

#define TEST(title, f) { title, f, fixture_fresh, NULL, NULL }

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("a layer on the base is the state", test_layers),
		TEST("a layer moves from any state to any other",
		     test_layer_moves),
		TEST("a moved layer keeps the times of what is the same",
		     test_layer_move_times),
		TEST("what differs between two states follows from the base",
		     test_between),
		TEST("a vanished directory is one whiteout", test_whiteouts),
		TEST("files of a layer are of now", test_times),
		TEST("a link out of the tree is an error", test_escaping_link),
		TEST("a checkout moves from any state to any other",
		     test_move),
		TEST("a move touches what differs only", test_move_times),
		TEST("a move leaves build products alone",
		     test_move_products),
		TEST("the base is made once, whole, and as it is stored",
		     test_base),
		TEST("a state that did not apply has no files",
		     test_no_state),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
