#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only

test_description='bad input: series. A clear error, and nothing is left behind'
. "$(dirname "$0")/lib/kvmatrix.sh"

# refuse CODE TEXT RUN-ARGUMENTS: one run that ends with CODE, says TEXT (an extended
# regular expression) on stderr, prints no report, and leaves no run, reports or
# pieces of work.
refuse() {
	refuse_code=$1 refuse_text=$2
	shift 2
	rm -rf out
	test_expect_code "$refuse_code" "$KVMATRIX" run --tree tree -m m.yaml -o out/x "$@" \
		>refused.out 2>refused.err </dev/null || { cat refused.err; return 1; }
	cat refused.err
	grep -E "$refuse_text" refused.err || return 1
	if grep "kvmatrix: kvmatrix:" refused.err; then return 1; fi
	test ! -s refused.out || { echo "something was printed"; return 1; }
	test ! -e out || { echo "reports were left"; return 1; }
	leftovers >left
	test_must_be_empty left
}

# mail SUBJECT: headers of a mail, then standard input
mail() {
	echo "From 0123456789012345678901234567890123456789 Mon Sep 17 00:00:00 2001"
	echo "From: A U Thor <author@example.com>"
	echo "Date: Tue, 14 Nov 2023 22:13:20 +0000"
	echo "Subject: $1"
	echo
	cat
}

test_expect_success 'setup' '
	minikernel tree &&
	matrix m.yaml "s390"
'

test_expect_success 'no series at all' '
	refuse 2 "no SERIES given.*--help"
'

test_expect_success 'a series that does not exist' '
	refuse 2 "nowhere.mbox: No such file" nowhere.mbox
'

test_expect_success 'an empty mbox' '
	: >empty.mbox &&
	refuse 2 "empty.mbox" empty.mbox &&
	grep -i "empty\|no patch" refused.err
'

test_expect_success 'an empty standard input' '
	refuse 2 "standard input" -
'

test_expect_success 'an mbox without a patch' '
	echo "Hello, how are you?" | mail "Lunch" >lunch.mbox &&
	refuse 2 "lunch.mbox: .*no patch" lunch.mbox
'

test_expect_success 'a cover letter alone' '
	printf "Hello.\n---\n file.c | 2 +-\n" | mail "[PATCH 0/2] Cover" >cover.mbox &&
	refuse 2 "cover.mbox" cover.mbox
'

test_expect_success 'binary garbage' '
	head -c 100000 /dev/urandom >garbage &&
	refuse 2 "garbage" garbage &&
	{ printf "From x\nSubject: [PATCH] x\n\n" && head -c 5000 /dev/zero; } >zeros.mbox &&
	refuse 2 "zeros.mbox" zeros.mbox
'

test_expect_success 'the message about garbage has no control characters' '
	! LC_ALL=C grep "$(printf "[\001-\010\016-\037\177]")" refused.err
'

test_expect_success 'a directory without patches' '
	mkdir empty && echo x >empty/README &&
	refuse 2 "empty: no .*patch" empty
'

test_expect_success 'a quilt series that names a patch that is not there' '
	mkdir quilt && printf "\n\ngone.patch\n" >quilt/series &&
	refuse 2 "quilt/series:3: .*gone.patch" quilt
'

test_expect_success 'a quilt option that is not obeyed' '
	mkdir -p quilt2 && echo x >quilt2/a.patch && echo "a.patch -p0" >quilt2/series &&
	refuse 2 "quilt2/series:1: option -p0" quilt2
'

# diff OLD NEW: a patch that makes file NEW
new_file() {
	cat <<-EOT
	---
	diff --git a/$1 b/$1
	new file mode 100644
	index 000000000000..1234567890ab
	--- /dev/null
	+++ b/$1
	@@ -0,0 +1 @@
	+owned
	--
	2.39
	EOT
}

for path in ../owned arch/../../owned /tmp/owned .git/hooks/owned arch/.git/config; do
	test_expect_success "a patch to the path $path is refused" '
		new_file "'$path'" | mail "[PATCH] Escape" >escape.mbox &&
		refuse 2 "escape.mbox.*'$path'" escape.mbox &&
		test ! -e owned && test ! -e /tmp/owned && test ! -e ../owned
	'
done

test_expect_success 'a path through a symbolic link does not apply, and writes nowhere' '
	topic link &&
	patch "A link" ln -s "$TRASH" arch/link &&
	git -C tree checkout -q main &&
	new_file arch/link/owned | mail "[PATCH] Through a link" >through.mbox &&
	test_expect_code 1 judge through through.mbox --base link &&
	verdicts_are through <<-\EOT &&
	1 s390/default/gcc not-applied
	EOT
	test ! -e owned
'

# a_link TARGET: a patch that makes arch/mylink a symbolic link
a_link() {
	cat <<-EOT
	---
	diff --git a/arch/mylink b/arch/mylink
	new file mode 120000
	--- /dev/null
	+++ b/arch/mylink
	@@ -0,0 +1 @@
	+$1
	\\ No newline at end of file
	EOT
}

test_expect_success 'a patch that makes a link out of the tree is refused' '
	a_link "$TRASH" | mail "[PATCH] link" >out.mbox &&
	rm -rf cache &&
	refuse 2 "out.mbox.*symbolic link .arch/mylink. .*refused" out.mbox &&
	a_link ../../../.. | mail "[PATCH] link" >out.mbox &&
	refuse 2 "out.mbox.*symbolic link .arch/mylink. .*refused" out.mbox
'

test_expect_success 'a patch that makes a link inside does, one that goes through it does not' '
	{
		a_link s390 | mail "[PATCH 1/2] link" &&
		new_file arch/mylink/owned | mail "[PATCH 2/2] through"
	} >both.mbox &&
	test_expect_code 1 judge both both.mbox &&
	results verdicts both >verdicts &&
	grep "^1 s390/default/gcc \(ok\|unreached\)" verdicts &&
	grep "^2 s390/default/gcc not-applied" verdicts
'

test_expect_success 'a file over a directory and a directory over a file do not apply' '
	new_file arch/s390/kvm | mail "[PATCH] Over a directory" >over.mbox &&
	test_expect_code 1 judge over over.mbox &&
	verdicts_are over <<-\EOT &&
	1 s390/default/gcc not-applied
	EOT
	new_file arch/s390/kvm/diag.c/x.c | mail "[PATCH] Below a file" >below.mbox &&
	test_expect_code 1 judge below below.mbox &&
	verdicts_are below <<-\EOT
	1 s390/default/gcc not-applied
	EOT
'

test_expect_success 'a corrupt patch does not apply, with the reason' '
	git -C tree checkout -q -B cut base &&
	patch "KVM: cut" append virt/kvm/kvm_main.c <<-\EOT &&
	/* one */
	/* two */
	EOT
	git -C tree format-patch -q -1 --stdout >whole.mbox &&
	git -C tree checkout -q main &&
	sed "/^+.. two/,\$d" whole.mbox >cut.mbox &&
	test_might_fail judge cut cut.mbox &&
	{ cat cut.err out/cut/report.tap 2>/dev/null || cat cut.err; } >said &&
	grep -iE "corrupt|cut" said
'

test_expect_success 'an unknown base, and a base-commit that is not there' '
	rm -rf cache out &&
	refuse 2 "no revision .v9.99" --base v9.99 whole.mbox &&
	{ cat whole.mbox && echo "base-commit: 0123456789012345678901234567890123456789"; } >based.mbox &&
	refuse 2 "lacks 0123456789.*base-commit.*--base" based.mbox
'

test_expect_success 'ranges: unknown ends, empty, three dots, backwards, merges' '
	refuse 2 "no revision .nothing" nothing..main &&
	refuse 2 "no revision .nothing" main..nothing &&
	refuse 2 "main..main: no commits" main..main &&
	refuse 2 "two dots" base...cut &&
	refuse 2 "not built on the first|no commits" cut..base &&
	git -C tree checkout -q -B merged base &&
	git -C tree merge -q --no-ff -m "Merge" cut &&
	git -C tree checkout -q main &&
	refuse 2 "is a merge" base..merged &&
	refuse 2 "base does not go with a revision range" --base base base..cut
'

test_expect_success 'a series twice too many' '
	refuse 2 "more than one SERIES" whole.mbox cut.mbox
'

test_expect_success 'a mail bomb is refused before memory is gone' '
	truncate -s 300M huge.mbox &&
	refuse 2 "huge.mbox: .*larger than 256 MiB" huge.mbox &&
	rm huge.mbox
'

test_done
