#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only

test_description='plan --explain: the whole proof behind one step

and that what it says is what a run does: changes that no dependency file tells of
are not skipped.
'
. "$(dirname "$0")/lib/kvmatrix.sh"

test_expect_success 'setup: a cell with a baseline' '
	minikernel tree &&
	matrix m.yaml "x86_64, s390" &&
	topic series &&
	patch "Documentation: Say more" append Documentation/virt/kvm.rst <<-\EOT &&
	More.
	EOT
	patch "KVM: s390: Break it" append arch/s390/kvm/diag.c <<-\EOT &&
	#error broken by the series
	EOT
	patch "KVM: x86: Add a header that is in the way" \
		put arch/x86/kvm/linux/mutex.h <<-\EOT &&
	/* empty */
	EOT
	patch "KVM: s390: A comment" append arch/s390/kvm/Makefile <<-\EOT &&
	# a comment
	EOT
	patch "kbuild: A comment" append scripts/Makefile.build <<-\EOT &&
	# a comment
	EOT
	test_expect_code 1 judge run base..series
'

explain() {
	"$KVMATRIX" plan --tree tree -m m.yaml --no-memory --explain "$@" base..series
}

test_expect_success 'documentation is named as what it is, and the step is skipped' '
	explain s390/default/gcc 1 >told &&
	cat told &&
	head -n 1 told >line && echo "s390/default/gcc, patch 1: Documentation: Say more" |
		test_cmp - line &&
	grep "^  M Documentation/virt/kvm.rst$" told &&
	grep "documentation; does not matter: is read by no build$" told &&
	grep "^0 of 1 matter\.$" told &&
	grep "^skip: the result is that of patch 0$" told &&
	! grep "reached\|dropped" told
'

test_expect_success 'a source that is read: the unit that is reached and dropped' '
	explain s390/default/gcc 2 >told &&
	cat told &&
	grep "source; matters: is read; 1 unit: arch/s390/kvm/diag.o$" told &&
	grep "^1 of 1 matters\.$" told &&
	grep "^build: earlier runs do not count (--no-memory)$" told &&
	grep "^2 paths changed since the base. 1 recorded unit is reached:$" told &&
	test $(grep -c "^    arch/s390/kvm/diag.o$" told) = 2
'

test_expect_success 'the same source in another architecture is foreign' '
	explain x86_64/default/gcc 2 >told &&
	grep "source; does not matter: belongs to another architecture, and is not read" told &&
	grep "^skip: " told
'

test_expect_success 'a new header names the one that it could be found instead of' '
	explain x86_64/default/gcc 3 >told &&
	cat told &&
	grep "^  A arch/x86/kvm/linux/mutex.h$" told &&
	grep "matters: is new and could be found instead of include/linux/mutex.h, which is read; [0-9]* units, one is " told
'

test_expect_success 'a Makefile reaches its directory, in the cell that builds it' '
	explain s390/default/gcc 4 >told &&
	grep "matters: belongs to directory arch/s390/kvm, which this cell builds; " told &&
	grep "^    arch/s390/kvm$" told &&
	explain x86_64/default/gcc 4 >told &&
	grep "belongs to another architecture" told
'

test_expect_success 'what works for the whole build empties the objtree' '
	explain x86_64/default/gcc 5 >told &&
	grep "whole build; matters: works for the whole build; the objtree starts empty" told &&
	grep "The objtree starts empty, because this one works for the whole build: scripts/Makefile.build$" told
'

test_expect_success 'failing units before, and patches that are yet to be built, are told' '
	"$KVMATRIX" plan --tree tree -m m.yaml --explain s390/default/gcc 3 base..series >told &&
	cat told &&
	grep "^Units fail at patch 2: what these would read is not known\.$" told &&
	grep "could be found instead of\|could be read by a unit that fails" told &&
	grep "^known: built by an earlier run, 1 unit failing$" told &&
	explain x86_64/default/gcc 4 >told &&
	grep "^skip: the result is that of patch 3$" told &&
	grep "^ *no #include of any state leads from a unit of this cell to " told
'

test_expect_success 'the plan of each step and its explanation agree' '
	"$KVMATRIX" plan --tree tree -m m.yaml --no-memory base..series >plan &&
	for p in 1 2 3 4 5; do
		for c in x86_64/default/gcc s390/default/gcc; do
			explain $c $p | sed -n "s|^\([a-z-]*\): .*|$p \1 $c|p" || return 1
		done
	done | sort >explained &&
	awk "/^patch /{ p = \$2 + 0 } /^  [a-z]/{ print p, \$1, \$2 }" plan | sort >planned &&
	test_cmp planned explained
'

test_expect_success 'a cell without a baseline has no proof, and says so' '
	matrix fresh.yaml "arm64" &&
	"$KVMATRIX" plan --tree tree -m fresh.yaml --explain arm64/default/gcc 1 base..series >told &&
	grep "^unknown: the configuration is not known yet$" told &&
	! grep "matter" told
'

test_expect_success 'wrong cells, patches and commands are refused' '
	test_expect_code 2 explain s390/none/gcc 1 2>err && grep "s390/default/gcc" err &&
	test_expect_code 2 explain "*" 1 2>err && grep "takes one cell" err &&
	test_expect_code 2 explain s390/default/gcc 6 2>err && grep "patches 1 to 5" err &&
	test_expect_code 2 explain s390/default/gcc 0 2>err &&
	test_expect_code 2 explain s390/default/gcc x 2>err &&
	test_expect_code 2 "$KVMATRIX" plan --explain s390/default/gcc 1 2>err &&
	test_expect_code 2 "$KVMATRIX" plan --cells "*" --explain a 1 b..c 2>err &&
	test_expect_code 2 "$KVMATRIX" run --explain a 1 b..c 2>err && grep "plan" err
'

test_expect_success 'a patch that does not apply explains nothing' '
	mkdir mails &&
	git -C tree format-patch -q -1 -o "$TRASH/mails" series~3 &&
	sed -i "s/^ .*/ no such line/" mails/*.patch &&
	"$KVMATRIX" plan --tree tree --base base -m m.yaml --explain s390/default/gcc 1 mails >told &&
	grep "^not-applied: " told
'

test_expect_success 'paths and subjects are printed as data' '
	topic evil &&
	esc=$(printf "\033") &&
	patch "KVM: ${esc}[31mred" put "Documentation/${esc}[2J.rst" <<-\EOT &&
	text
	EOT
	"$KVMATRIX" plan --tree tree -m m.yaml --explain s390/default/gcc 1 base..evil >told &&
	grep "Documentation/?\[2J.rst" told &&
	! grep "$esc" told
'

# What dependency files do not tell, in a run: each second patch breaks a unit by a
# change that no unit has recorded.
test_expect_success 'a file that __has_include finds, and one that the assembler includes, are judged' '
	topic hidden &&
	patch "KVM: Ask for a header" append include/linux/kvm_types.h <<-\EOT &&
	#if __has_include(<linux/kvm_extra.h>)
	#error extra
	#endif
	EOT
	mini_base=$(git -C tree rev-parse HEAD) &&
	patch "KVM: Add it" put include/linux/kvm_extra.h <<-\EOT &&
	/* empty */
	EOT
	patch "KVM: Take it away" rm include/linux/kvm_extra.h &&
	test_expect_code 1 judge hidden "$mini_base..hidden" &&
	verdicts_are hidden <<-\EOT &&
	1 s390/default/gcc regressed
	1 x86_64/default/gcc regressed
	2 s390/default/gcc fixed
	2 x86_64/default/gcc fixed
	EOT
	topic asm &&
	patch "KVM: s390: Assemble a file" append arch/s390/kvm/diag.c <<-\EOT &&
	asm(".include \"asm/diag-asm.h\"\n");
	EOT
	patch "KVM: s390: With this" put arch/s390/include/asm/diag-asm.h <<-\EOT &&
	# empty
	EOT
	mini_base=$(git -C tree rev-parse HEAD) &&
	patch "KVM: s390: Break what is assembled" append arch/s390/include/asm/diag-asm.h <<-\EOT &&
	.error "broken"
	EOT
	test_expect_code 1 judge asm "$mini_base..asm" &&
	verdicts_are asm <<-\EOT
	1 s390/default/gcc regressed
	1 x86_64/default/gcc unreached
	EOT
'

test_done
