#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only

test_description='bisect: the first bad patch of every cause, with few builds'
. "$(dirname "$0")/lib/kvmatrix.sh"

# bisect NAME ARGUMENTS: into NAME.out and NAME.err, logs in out/NAME.
bisect() {
	bisect_name=$1
	shift
	"$KVMATRIX" bisect --tree "$mini_tree" -m m.yaml -o "out/$bisect_name" "$@" \
		>"$bisect_name.out" 2>"$bisect_name.err"
	bisect_code=$?
	cat "$bisect_name.err" "$bisect_name.out"
	return $bisect_code
}

# Harmless patches to a file of one architecture.
note() {
	echo "/* note $1 */" >>"$2"
}

# Numbers of the patches (of base..series) with a subject.
number_of() {
	git -C tree log --reverse --format=%s base..series | grep -nF "$1" | cut -d: -f1
}

built() {
	sed -n 's/^\([0-9]*\) steps* built.*/\1/p' "$1.out"
}

# broken NAME SUBJECT: the patch that is said to break something.
is_broken_by() {
	n=$(number_of "$2") &&
	grep -q "^  broken by $n (.*)  $2\$" "$1.out"
}
is_healed_by() {
	n=$(number_of "$2") &&
	grep -q "^  healed by $n (.*)  $2\$" "$1.out"
}

test_expect_success 'setup: 24 patches, five breakages, two of them healed' '
	minikernel tree &&
	matrix m.yaml "x86_64, arm64, s390, powerpc" &&
	topic series &&
	for i in 1 2 3; do
		patch "KVM: s390: Note $i" note $i arch/s390/kvm/gaccess.c || return 1
	done &&
	patch "KVM: s390: Break diag.c" subst arch/s390/kvm/diag.c "s/4096/nothing/" &&
	for i in 4 5; do
		patch "KVM: arm64: Note $i" note $i arch/arm64/kvm/mmu.c || return 1
	done &&
	patch "KVM: arm64: Break arm.c" append arch/arm64/kvm/arm.c <<-\EOT &&
	int broken_arm = missing_arm;
	EOT
	for i in 6 7; do
		patch "KVM: x86: Note $i" note $i arch/x86/kvm/x86.c || return 1
	done &&
	patch "KVM: s390: Heal diag.c" git checkout -q base -- arch/s390/kvm/diag.c &&
	patch "KVM: PPC: Break powerpc.c" append arch/powerpc/kvm/powerpc.c <<-\EOT &&
	int broken_ppc = missing_ppc;
	EOT
	for i in 8 9 10; do
		patch "KVM: Note $i" note $i include/linux/kvm_host.h || return 1
	done &&
	patch "KVM: Break eventfd.c everywhere" append virt/kvm/eventfd.c <<-\EOT &&
	int broken_virt = missing_virt;
	EOT
	patch "KVM: Note 11" note 11 include/linux/kvm_host.h &&
	patch "KVM: PPC: Heal powerpc.c" git checkout -q base -- arch/powerpc/kvm/powerpc.c &&
	for i in 12 13; do
		patch "Documentation: Note $i" note $i Documentation/virt/kvm.rst || return 1
	done &&
	patch "KVM: x86: Break x86.c" append arch/x86/kvm/x86.c <<-\EOT &&
	int broken_x86 = missing_x86;
	EOT
	for i in 14 15 16; do
		patch "KVM: x86: Note $i" note $i include/linux/kvm_host.h || return 1
	done &&
	git -C tree format-patch -q -o "$TRASH/mails" base..series
'

test_expect_success 'all five are found, and what heals them' '
	test_expect_code 1 bisect series base..series &&
	is_broken_by series "KVM: s390: Break diag.c" &&
	is_healed_by series "KVM: s390: Heal diag.c" &&
	is_broken_by series "KVM: arm64: Break arm.c" &&
	is_broken_by series "KVM: PPC: Break powerpc.c" &&
	is_healed_by series "KVM: PPC: Heal powerpc.c" &&
	is_broken_by series "KVM: Break eventfd.c everywhere" &&
	is_broken_by series "KVM: x86: Break x86.c" &&
	test $(grep -c "^  broken by" series.out) = 5 &&
	test $(grep -c "^  healed by" series.out) = 2
'


test_expect_success 'few steps were built' '
	test "$(built series)" -lt 30 &&
	grep "^linear search: 92 steps" series.out
'

test_expect_success 'the commands that reproduce an edge do' '
	grep "# bad" series.out | grep s390 | sed -n "s/^ *kvmatrix \(.*\) | sh.*/\1/p" | tail -1 >bad &&
	grep "# good" series.out | grep s390 | sed -n "s/^ *kvmatrix \(.*\) | sh.*/\1/p" | tail -1 >good &&
	test -s bad && test -s good &&
	"$KVMATRIX" $(cat bad) >bad.sh && test_expect_code 2 sh bad.sh &&
	"$KVMATRIX" $(cat good) >good.sh && sh good.sh
'

test_expect_success 'a second bisection builds nothing and says the same' '
	test_expect_code 1 bisect again base..series &&
	test "$(built again)" = 0 &&
	grep "^  [bh][re].* by" series.out >expected &&
	grep "^  [bh][re].* by" again.out >actual &&
	test_cmp expected actual
'

test_expect_success 'mails are searched as the range is' '
	test_expect_code 1 bisect mails --base base mails &&
	sed "s/ ([0-9a-f]*) / /" expected >expected.mails &&
	grep "^  [bh][re].* by" mails.out | sed "s/ ([0-9a-f]*) / /" >actual &&
	test_cmp expected.mails actual
'

test_expect_success 'what run says of the same series: every edge is one of its verdicts' '
	test_expect_code 1 judge all base..series &&
	results causes all | awk "{ print \$2, \$3 }" | sort >of-run &&
	awk "/^[0-9]+\\. / { if (n++) print b, h; b = h = \"-\" }
		/^  broken by/ { b = \$3 } /^  healed by/ { h = \$3 }
		END { print b, h }" series.out | sort >of-bisect &&
	test_cmp of-run of-bisect
'

test_expect_success 'with --tip what is broken at the tip is searched by halves' '
	test_expect_code 1 bisect tip --tip --no-memory base..series &&
	is_broken_by tip "KVM: arm64: Break arm.c" &&
	is_broken_by tip "KVM: Break eventfd.c everywhere" &&
	is_broken_by tip "KVM: x86: Break x86.c" &&
	test "$(built tip)" -lt 30 &&
	grep "neither built, proved nor looked at" tip.out
'

test_expect_success 'without namespaces the tip is searched, and the rest told' '
	test_expect_code 1 bisect plain --no-sandbox --no-memory base..series &&
	is_broken_by plain "KVM: arm64: Break arm.c" &&
	is_broken_by plain "KVM: Break eventfd.c everywhere" &&
	is_broken_by plain "KVM: x86: Break x86.c" &&
	grep "neither built, proved nor looked at" plain.out
'

test_expect_success 'a series without a fault ends with 0' '
	test_expect_code 0 bisect clean base..series~20 &&
	grep "^nothing is broken at the tip" clean.out
'

test_expect_success '--cell narrows it down' '
	test_expect_code 1 bisect cell --cell "s390/*" base..series &&
	is_broken_by cell "KVM: Break eventfd.c everywhere" &&
	! grep "arm64/default" cell.out
'

test_expect_success 'a cause that comes and goes is searched to its end' '
	topic flapping &&
	for i in 1 2 3 4; do
		patch "Note $i" note $i arch/s390/kvm/gaccess.h &&
		patch "Break $i" append arch/s390/kvm/diag.c <<-\EOT &&
		int again = missing_again;
		EOT
		patch "Note $i in between" note $i arch/s390/kvm/gaccess.h &&
		if test $i != 4; then
			patch "Heal $i" git checkout -q base -- arch/s390/kvm/diag.c
		fi || return 1
	done &&
	test_expect_code 1 bisect flapping --cell "s390/*" base..flapping &&
	grep "comes and goes more than once" flapping.out &&
	grep "^  broken by" flapping.out | sed "s/.*)  //" >actual &&
	printf "Break %s\n" 1 2 3 4 >expected &&
	test_cmp expected actual &&
	test $(grep -c "^  healed by" flapping.out) = 3
'

test_expect_success 'what cannot be told apart is told as suspects' '
	topic hidden &&
	patch "Note 1" note 1 arch/arm64/kvm/mmu.c &&
	patch "Stop prepare" append include/linux/kvm_host.h <<-\EOT &&
	#include <linux/missing.h>
	EOT
	patch "Break mmu.c behind it" append arch/arm64/kvm/mmu.c <<-\EOT &&
	int behind = missing_behind;
	EOT
	patch "Note 2" note 2 arch/arm64/kvm/mmu.c &&
	patch "Go on" git checkout -q base -- include/linux/kvm_host.h &&
	patch "Note 3" note 3 arch/arm64/kvm/mmu.c &&
	test_expect_code 1 bisect hidden --cell "arm64/*" base..hidden &&
	grep "^  broken by 2 (.*)  Stop prepare" hidden.out &&
	grep "^  healed by 5 (.*)  Go on" hidden.out &&
	grep "^  broken by one of 4, which could not be told apart" hidden.out
'

test_expect_success 'neither can a configuration that does not resolve' '
	topic kconfig &&
	patch "Note 1" note 1 arch/s390/kvm/gaccess.c &&
	patch "Break Kconfig" append arch/s390/kvm/Kconfig <<-\EOT &&
	this is no Kconfig
	EOT
	patch "Break diag.c behind it" subst arch/s390/kvm/diag.c "s/4096/nothing/" &&
	patch "Mend Kconfig" git checkout -q base -- arch/s390/kvm/Kconfig &&
	patch "Note 2" note 2 arch/s390/kvm/gaccess.c &&
	test_expect_code 1 bisect kconfig --cell "s390/*" base..kconfig &&
	grep "^  broken by one of 3, which could not be told apart" kconfig.out &&
	grep "^     3 (.*)  Break diag.c behind it" kconfig.out
'

test_expect_success 'an equal cell is not built twice' '
	cp m.yaml m.keep &&
	matrix m.yaml s390 "configs:" "  - { name: one, base: defconfig }" \
		"  - { name: two, base: defconfig }" &&
	test_expect_code 1 bisect equal --no-memory base..series &&
	mv m.keep m.yaml &&
	grep "is built as s390/" equal.out &&
	grep "^linear search: 23 steps" equal.out &&
	grep "s390/one/gcc: good at patch 14" equal.out &&
	grep "s390/two/gcc: good at patch 14" equal.out
'

test_expect_success 'with many slots several states are built at once' '
	test_expect_code 1 bisect many -j 16 --tip --no-memory --cell "s390/*" \
		--trace many.trace base..series &&
	is_broken_by many "KVM: Break eventfd.c everywhere" &&
	perl -MJSON::PP -e "
		local \$/;
		my (\$most, \$now) = (0, 0);
		my \$t = decode_json(<STDIN>);
		my @e = map { ([ \$_->{ts}, 1 ], [ \$_->{ts} + \$_->{dur}, -1 ]) }
			grep { (\$_->{ph} // q()) eq q(X) && \$_->{name} =~ /step/ }
			@{ ref \$t eq q(HASH) ? \$t->{traceEvents} : \$t };
		for (sort { \$a->[0] <=> \$b->[0] || \$a->[1] <=> \$b->[1] } @e) {
			\$now += \$_->[1];
			\$most = \$now if \$now > \$most;
		}
		print qq(\$most\n)" <many.trace >most &&
	test "$(cat most)" -gt 1
'

test_expect_success 'proofs are audited' '
	test_expect_code 1 bisect audit --no-memory --audit-share 100 --tip -v base..series &&
	! grep "internal error" audit.out &&
	grep "built anyway: the same" audit.err
'

# ---- a condition of the user's own

test_expect_success '--run: where the command begins to fail' '
	cat >check.sh <<-\EOT &&
	#!/bin/sh
	test "$KVMATRIX_CELL" = s390/default/gcc && test "$ARCH" = s390 || exit 127
	test -f "$objtree/arch/s390/kvm/gaccess.o" || exit 125
	touch "$objtree/written" || exit 127
	! grep -q "note 3" "$srctree/arch/s390/kvm/gaccess.c"
	EOT
	chmod +x check.sh &&
	# The home directory is hidden from builds, and this directory is that of the test.
	mkdir -p below && cp check.sh below/ &&
	(
		cd below &&
		test_expect_code 1 "$KVMATRIX" bisect --tree "../$mini_tree" -m ../m.yaml \
			-o ../out/run --cell "s390/*" --run ./check.sh \
			base..series >../run.out
	) &&
	is_broken_by run "KVM: s390: Note 3" &&
	grep "times the command was run" run.out
'

test_expect_success NAMESPACES '--run: in the home directory this is told' '
	test_expect_code 3 bisect home --cell "s390/*" --run ./check.sh base..series &&
	grep "check.sh: not found" home.err &&
	grep "files of the home directory itself are hidden from builds" home.err
'

test_expect_success '--run without namespaces says the same' '
	test_expect_code 1 bisect run-plain --no-sandbox --cell "s390/*" \
		--run "$TRASH/check.sh" base..series &&
	is_broken_by run-plain "KVM: s390: Note 3"
'

test_expect_success '--run: 125 makes suspects' '
	test_expect_code 1 bisect skip --cell "s390/*" --run \
		"grep -q missing_virt \$srctree/virt/kvm/eventfd.c && exit 1; grep -q \"note 8\" \$srctree/include/linux/kvm_host.h && exit 125; exit 0" \
		base..series &&
	grep "^  broken by one of 4, which could not be told apart" skip.out &&
	grep "Break eventfd.c everywhere" skip.out &&
	! grep "Break powerpc.c" skip.out
'

test_expect_success '--run: a command that is not there is told' '
	test_expect_code 3 bisect nocmd --cell "s390/*" --run ./not-there base..series &&
	grep "the command of --run cannot be run" nocmd.out
'

test_expect_success '--run: one that fails at the good end is bad usage' '
	test_expect_code 2 bisect allbad --cell "s390/*" --run false base..series &&
	grep "fails at the good end already" allbad.err
'

test_expect_success '--run: one that never fails ends with 0' '
	test_expect_code 0 bisect allgood --cell "s390/*" --run true base..series
'

test_expect_success '--run: a command that takes too long tells nothing' '
	test_expect_code 3 bisect slow --cell "s390/*" --timeout 2 --run "sleep 20" base..series~20 &&
	grep "the tip says nothing about it" slow.out
'

test_expect_success 'an interrupted bisection ends with 3 and says how to go on' '
	"$KVMATRIX" bisect --tree tree -m m.yaml -o out/stopped --cell "s390/*" \
		--run "touch $TRASH/out/never 2>/dev/null; sleep 60" base..series \
		>stopped.out 2>stopped.err &
	stopped=$! &&
	for i in $(seq 300); do
		grep -q "base: built" stopped.err && break
		sleep 0.1
	done &&
	sleep 1 && kill -TERM $stopped &&
	test_expect_code 3 wait $stopped &&
	grep "^interrupted: run it again to go on" stopped.out
'

test_expect_success 'bad usage is told' '
	test_expect_code 2 bisect usage1 --depth quick base..series &&
	test_expect_code 2 bisect usage2 --first-parent mails &&
	test_expect_code 2 bisect usage3 series..base &&
	test_expect_code 2 judge usage4 base..series --run true &&
	grep "goes with .bisect. only" usage4.err
'

# ---- a history with merges

merge() {
	(
		cd tree &&
		GIT_AUTHOR_DATE="@1800000000 +0000" GIT_COMMITTER_DATE="@1800000000 +0000" \
			git merge -q --no-ff -m "$1" "$2"
	)
}

test_expect_success 'setup: a history with two merges' '
	topic side1 &&
	for i in 1 2 3; do
		patch "side1: Note $i" note $i arch/s390/kvm/gaccess.c || return 1
	done &&
	patch "side1: Break diag.c" subst arch/s390/kvm/diag.c "s/4096/nothing/" &&
	patch "side1: Note 4" note 4 arch/s390/kvm/gaccess.c &&
	topic side2 &&
	for i in 1 2 3 4; do
		patch "side2: Note $i" note $i arch/arm64/kvm/mmu.c || return 1
	done &&
	topic history &&
	for i in 1 2; do
		patch "main: Note $i" note $i arch/x86/kvm/x86.c || return 1
	done &&
	merge "Merge side1" side1 &&
	patch "main: Break arm.c" append arch/arm64/kvm/arm.c <<-\EOT &&
	int broken_arm = missing_arm;
	EOT
	merge "Merge side2" side2 &&
	patch "main: Note 3" note 3 arch/x86/kvm/x86.c &&
	find tree/.git -type f ! -path "*/objects/*" | sort | xargs sha256sum >before &&
	find tree/.git/objects -type f | sort >>before
'

test_expect_success 'causes on both sides of a merge are found' '
	test_expect_code 1 bisect history base..history &&
	grep "^  broken by [0-9a-f]*  side1: Break diag.c" history.out &&
	grep "^  broken by [0-9a-f]*  main: Break arm.c" history.out &&
	test $(grep -c "^  broken by" history.out) = 2
'

test_expect_success 'the repository is as it was' '
	find tree/.git -type f ! -path "*/objects/*" | sort | xargs sha256sum >after &&
	find tree/.git/objects -type f | sort >>after &&
	test_cmp before after
'

test_expect_success 'along first parents the merge is the one' '
	test_expect_code 1 bisect first-parent --first-parent base..history &&
	grep "^  broken by [0-9a-f]*  Merge side1" first-parent.out &&
	grep "^  broken by [0-9a-f]*  main: Break arm.c" first-parent.out
'

test_expect_success '--run in a history' '
	test_expect_code 1 bisect history-run --cell "x86_64/*" --run \
		"! grep -q \"note 3\" \$srctree/arch/arm64/kvm/mmu.c" base..history &&
	grep "^  broken by [0-9a-f]*  side2: Note 3" history-run.out
'

test_expect_success 'commits that cannot be built are skipped' '
	topic side3 &&
	patch "side3: Note 1" note 1 arch/arm64/kvm/hyp/switch.c &&
	patch "side3: Stop prepare" append include/linux/kvm_host.h <<-\EOT &&
	#include <linux/missing.h>
	EOT
	patch "side3: Break switch.c" append arch/arm64/kvm/hyp/switch.c <<-\EOT &&
	int behind = missing_behind;
	EOT
	patch "side3: Go on" git checkout -q base -- include/linux/kvm_host.h &&
	topic skipping history &&
	merge "Merge side3" side3 &&
	patch "main: Note 4" note 4 arch/x86/kvm/x86.c &&
	test_expect_code 1 bisect skipping base..skipping &&
	grep "^  broken by one of 3, which could not be told apart" skipping.out &&
	grep "^     [0-9a-f]*  side3: Break switch.c" skipping.out &&
	! grep "side3: Note 1" skipping.out &&
	grep "^  broken by [0-9a-f]*  main: Break arm.c" skipping.out
'

test_expect_success 'a history that heals and breaks again is looked at whole' '
	topic again &&
	patch "Break it first" append arch/s390/kvm/diag.c <<-\EOT &&
	int again = missing_again;
	EOT
	patch "Note 1" note 1 arch/s390/kvm/gaccess.c &&
	patch "Heal it" git checkout -q base -- arch/s390/kvm/diag.c &&
	topic aside &&
	patch "aside: Note 1" note 1 arch/s390/kvm/gaccess.h &&
	git -C tree checkout -q again &&
	merge "Merge aside" aside &&
	patch "Note 2" note 2 arch/s390/kvm/gaccess.c &&
	patch "Break it again" append arch/s390/kvm/diag.c <<-\EOT &&
	int again = missing_again;
	EOT
	patch "Note 3" note 3 arch/s390/kvm/gaccess.c &&
	test_expect_code 1 bisect again --run "! grep -q missing_again \$srctree/arch/s390/kvm/diag.c" \
		--cell "s390/*" base..again &&
	grep "^  broken by [0-9a-f]*  Break it again" again.out
'

test_expect_success 'what the quick pass cannot judge, and heals before the tip, is found' '
	topic rules &&
	patch "Note 1" note 1 arch/s390/kvm/gaccess.c &&
	patch "KVM: s390: Name what is not there" append arch/s390/kvm/Makefile <<-\EOT &&
	kvm-y += nothing.o
	EOT
	patch "KVM: s390: Name it no more" git checkout -q base -- arch/s390/kvm/Makefile &&
	patch "Note 2" note 2 arch/s390/kvm/gaccess.c &&
	for name in rules remembered
	do
		test_expect_code 1 bisect $name --cell "s390/*" base..rules &&
		grep "^  broken by 2 " $name.out &&
		grep "^  healed by 3 " $name.out &&
		! grep "nor anywhere before" $name.out || return 1
	done
'

test_expect_success 'what is broken at the good end is told, not searched' '
	good=$(git -C tree rev-parse side1) &&
	test_expect_code 1 bisect broken-base "$good..history" &&
	grep "broken in the good end already" broken-base.out &&
	grep "^  broken by [0-9a-f]*  main: Break arm.c" broken-base.out &&
	! grep "^  broken by [0-9a-f]*  side1" broken-base.out
'

test_done
