#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only

test_description='bisect and run of whole kernels: what a link says where

Compared with a plain make of vmlinux and the modules in an empty O= at each patch.'
. "$(dirname "$0")/lib/kvmatrix.sh"

image_matrix() {
	matrix m.yaml "$1" 'target: { image: true }' \
		'configs:' \
		'  - { name: default, base: defconfig }'
}

# bisect NAME ARGUMENTS: into NAME.out and NAME.err.
bisect() {
	bisect_name=$1
	shift
	"$KVMATRIX" bisect --tree "$mini_tree" -m m.yaml -o "out/$bisect_name" "$@" \
		>"$bisect_name.out" 2>"$bisect_name.err"
	bisect_code=$?
	cat "$bisect_name.err" "$bisect_name.out"
	return $bisect_code
}

note() {
	echo "/* note $1 */" >>"$2"
}

# truth BRANCH ARCH: "PATCH good|bad|unasked" of every state, by make alone; unasked:
# a unit fails, so that make did not come to the link.
truth() {
	truth_nr=0
	for truth_commit in $(git -C tree rev-list --reverse "base..$1"); do
		truth_nr=$((truth_nr + 1))
		git -C tree checkout -q "$truth_commit" &&
		rm -rf plain && mkdir plain || return
		mini_make "$TRASH/plain" "$2" defconfig >/dev/null 2>&1 || return
		if mini_make "$TRASH/plain" "$2" -k vmlinux modules >plain.log 2>&1
		then
			echo "$truth_nr good"
		elif grep -q "^make.*\*\*\* .*\.o\] Error" plain.log &&
			! grep -q "^make.*\*\*\* .*vmlinux.o\] Error" plain.log
		then
			echo "$truth_nr unasked"
		else
			echo "$truth_nr bad"
		fi
	done
	git -C tree checkout -q "$1"
}

broken_by() {
	grep "^  broken by $1 (.*)  $2\$" "$bisect_name.out"
}
healed_by() {
	grep "^  healed by $1 (.*)  $2\$" "$bisect_name.out"
}

enter_early() {
	subst arch/powerpc/mm/init.c \
		"s/^unsigned long mem_init(void);/&\nvoid kvmppc_hv_enter(void *vcpu);/" \
		"s/return PAGE_SHIFT/kvmppc_hv_enter(0);\n\t&/"
}

test_expect_success 'setup' '
	minikernel tree &&
	image_matrix powerpc
'

test_expect_success 'a link that breaks and heals before the tip' '
	topic healed &&
	patch "Note 1" note 1 arch/powerpc/kvm/book3s.c &&
	patch "Documentation: Note 2" note 2 Documentation/virt/kvm.rst &&
	patch "powerpc: Enter early" enter_early &&
	patch "Note 4" note 4 arch/powerpc/kvm/book3s.c &&
	patch "powerpc: Enter no more" git checkout -q base -- arch/powerpc/mm/init.c &&
	patch "Note 6" note 6 arch/powerpc/kvm/book3s.c &&
	truth healed powerpc >actual &&
	printf "%s\n" "1 good" "2 good" "3 bad" "4 bad" "5 good" "6 good" >expected &&
	test_cmp expected actual
'

test_expect_success 'is found, with the patch that heals it' '
	test_expect_code 1 bisect healed base..healed &&
	broken_by 3 "powerpc: Enter early" &&
	healed_by 5 "powerpc: Enter no more" &&
	test $(grep -c "^  broken by" healed.out) = 1 &&
	! grep "nothing is broken" healed.out &&
	! grep "internal error" healed.out
'

test_expect_success 'every state that was built was linked, a proved one was not built' '
	for i in 1 3 4 5 6; do
		grep "LD  *vmlinux.o$" out/healed/logs/$i/powerpc-default-gcc.log || return 1
	done &&
	test ! -e out/healed/logs/2/powerpc-default-gcc.log &&
	grep "1 proved to be like others" healed.out
'

test_expect_success 'known again, it costs nothing and is the same' '
	test_expect_code 1 bisect again base..healed &&
	broken_by 3 "powerpc: Enter early" &&
	healed_by 5 "powerpc: Enter no more" &&
	grep "^0 steps built" again.out
'

test_expect_success 'what a run remembers without having linked it is linked' '
	topic runs &&
	patch "Other 1" note 1 arch/powerpc/kvm/powerpc.c &&
	patch "Other 2" note 2 arch/powerpc/kvm/powerpc.c &&
	patch "Other 3" note 3 arch/powerpc/kvm/powerpc.c &&
	test_expect_code 0 judge runs base..runs --audit-share 0 &&
	! grep "LD  *vmlinux" out/runs/logs/1/powerpc-default-gcc.log &&
	test_expect_code 0 bisect runs base..runs &&
	grep "LD  *vmlinux" out/runs/logs/1/powerpc-default-gcc.log &&
	grep "nothing is broken at the tip, nor anywhere before" runs.out
'

# What no symbol table tells.
test_expect_success 'an ASSERT of the linker script that heals before the tip' '
	topic script &&
	patch "Note 1" note 1 arch/powerpc/kvm/book3s.c &&
	patch "powerpc: Assert" eval "
		sed -i \"\\\$a ASSERT(SIZEOF(.text) < 16, \\\"the text is too long\\\");\" arch/powerpc/kernel/vmlinux.lds.S" &&
	patch "Note 3" note 3 arch/powerpc/kvm/book3s.c &&
	patch "powerpc: Assert no more" git checkout -q base -- arch/powerpc/kernel/vmlinux.lds.S &&
	patch "Note 5" note 5 arch/powerpc/kvm/book3s.c &&
	truth script powerpc >actual &&
	printf "%s\n" "1 good" "2 bad" "3 bad" "4 good" "5 good" >expected &&
	test_cmp expected actual &&
	test_expect_code 1 bisect script base..script &&
	broken_by 2 "powerpc: Assert" &&
	healed_by 4 "powerpc: Assert no more" &&
	! grep "internal error" script.out
'

test_expect_success 'a link that breaks while a unit fails' '
	topic hidden &&
	patch "Note 1" note 1 arch/powerpc/kvm/book3s.c &&
	patch "tty: Break, and enter early" eval "
		enter_early &&
		subst drivers/char/tty.c \"s/return /return not_declared + /\"" &&
	patch "Note 3" note 3 arch/powerpc/kvm/book3s.c &&
	patch "tty: Heal" subst drivers/char/tty.c "s/not_declared + //" &&
	patch "Note 5" note 5 arch/powerpc/kvm/book3s.c &&
	truth hidden powerpc >actual &&
	printf "%s\n" "1 good" "2 unasked" "3 unasked" "4 bad" "5 bad" >expected &&
	test_cmp expected actual
'

test_expect_success 'bisect tells who may have broken the link' '
	test_expect_code 1 bisect hidden base..hidden &&
	broken_by 2 "tty: Break, and enter early" &&
	healed_by 4 "tty: Heal" &&
	grep "^  broken by one of 3, which could not be told apart" hidden.out &&
	sed -n "/^  broken by one of/,/powerpc.default/s/^     \([0-9]\) (.*/\1/p" hidden.out >actual &&
	printf "%s\n" 2 3 4 >expected &&
	test_cmp expected actual &&
	grep "^2 steps could not be linked, since units fail" hidden.out
'

test_expect_success 'a patch that is proved to change nothing is not suspected' '
	topic between &&
	patch "tty: Break, and enter early" eval "
		enter_early &&
		subst drivers/char/tty.c \"s/return /return not_declared + /\"" &&
	patch "Documentation: Note" note 2 Documentation/virt/kvm.rst &&
	patch "tty: Heal" subst drivers/char/tty.c "s/not_declared + //" &&
	test_expect_code 1 bisect between base..between &&
	grep "^  broken by one of 2, which could not be told apart" between.out &&
	sed -n "/^  broken by one of/,/powerpc.default/s/^     \([0-9]\) (.*/\1/p" between.out >actual &&
	printf "%s\n" 1 3 >expected &&
	test_cmp expected actual
'

test_expect_success 'so it does by halves' '
	test_expect_code 1 bisect hidden-tip --tip --no-memory base..hidden &&
	grep "^  broken by one of 3, which could not be told apart" hidden-tip.out &&
	! grep "^  broken by 4" hidden-tip.out
'

test_expect_success 'a run does not blame the one who heals the unit' '
	test_expect_code 1 judge hidden base..hidden --no-memory &&
	verdicts_are hidden <<-\EOT &&
	1 powerpc/default/gcc ok
	2 powerpc/default/gcc regressed
	3 powerpc/default/gcc still-broken
	4 powerpc/default/gcc still-broken
	5 powerpc/default/gcc still-broken
	EOT
	grep "since one of the patches 2 to 4, still there at the tip" hidden.out &&
	results advice hidden >said &&
	grep "at patches 2 to 3 units fail, so that there was nothing to link: it came with one of the patches 2 to 4" said &&
	perl -MJSON::PP -0777 -ne "
		my \$r = decode_json(\$_);
		print qq(\$_->{first_suspect} \$_->{first_bad}\n)
			for map { @{\$_->{spans}} } grep { \$_->{id} =~ /kvmppc_hv_enter/ } @{\$r->{causes}};
		print qq(\$_->{patch} \$_->{link}\n) for @{\$r->{steps}}" out/hidden/results.json >actual &&
	cat >expected <<-\EOT &&
	2 4
	0 judged
	1 judged
	2 not-asked
	3 not-asked
	4 judged
	5 judged
	EOT
	test_cmp expected actual
'

test_expect_success 'from memory a run says the same' '
	test_expect_code 1 judge known base..hidden &&
	results causes hidden >expected && results causes known >actual &&
	test_cmp expected actual &&
	results verdicts hidden >expected && results verdicts known >actual &&
	test_cmp expected actual
'

test_expect_success 'a link that was broken before the unit: who did it is known' '
	topic before &&
	patch "Note 1" note 1 arch/powerpc/kvm/book3s.c &&
	patch "powerpc: Enter early" enter_early &&
	patch "tty: Break" subst drivers/char/tty.c "s/return /return not_declared + /" &&
	patch "Note 4" note 4 arch/powerpc/kvm/book3s.c &&
	patch "tty: Heal" subst drivers/char/tty.c "s/not_declared + //" &&
	patch "powerpc: Enter no more" git checkout -q base -- arch/powerpc/mm/init.c &&
	test_expect_code 1 bisect before base..before &&
	broken_by 2 "powerpc: Enter early" &&
	healed_by 6 "powerpc: Enter no more" &&
	broken_by 3 "tty: Break" &&
	healed_by 5 "tty: Heal"
'

test_expect_success 'a link that no state could be asked for is not found out' '
	topic unbuilt &&
	patch "tty: Break" subst drivers/char/tty.c "s/return /return not_declared + /" &&
	patch "Note 2" note 2 arch/powerpc/kvm/book3s.c &&
	patch "Note 3" note 3 arch/powerpc/kvm/book3s.c &&
	test_expect_code 3 bisect unbuilt "unbuilt~2..unbuilt" &&
	grep "^nothing is broken at the tip$" unbuilt.out &&
	grep "^2 steps could not be linked, since units fail" unbuilt.out
'

test_expect_success 'the quick pass alone asks no link' '
	test_expect_code 0 judge quick base..healed --depth quick --no-memory &&
	perl -MJSON::PP -0777 -ne "
		print qq(\$_->{patch} \$_->{link}\n) for @{decode_json(\$_)->{steps}}" \
		out/quick/results.json >actual &&
	{
		echo "0 judged" &&
		for i in 1 2 3 4 5 6; do echo "$i not-asked" || return 1; done
	} >expected &&
	test_cmp expected actual
'

test_expect_success 'a link that is never asked for is not called good' '
	topic never &&
	patch "tty: Break, and enter early" eval "
		enter_early &&
		subst drivers/char/tty.c \"s/return /return not_declared + /\"" &&
	patch "Heal all" git checkout -q base -- arch/powerpc drivers/char &&
	test_expect_code 1 bisect never base..never &&
	grep "^1 step could not be linked, since units fail" never.out
'

test_expect_success 'without namespaces the tip is searched, and the rest told' '
	test_expect_code 1 bisect plain --no-sandbox --no-memory base..hidden &&
	grep "^  broken by one of 3, which could not be told apart" plain.out &&
	rm -rf cache &&
	test_expect_code 0 bisect plain-healed --no-sandbox --no-memory base..healed &&
	! grep "nor anywhere before" plain-healed.out &&
	grep "neither built, proved nor looked at" plain-healed.out
'

test_expect_success 'several architectures with several lanes' '
	image_matrix "x86_64, s390, powerpc" &&
	topic many &&
	patch "Note 1" note 1 arch/x86/kvm/x86.c &&
	patch "printk: Not for modules" subst kernel/printk.c "/EXPORT_SYMBOL/d" &&
	patch "KVM: Another tty_read" append virt/kvm/eventfd.c <<-\EOT &&
	int tty_read(void);
	int tty_read(void) { return 1; }
	EOT
	patch "KVM: No other tty_read" git checkout -q base -- virt/kvm/eventfd.c &&
	patch "printk: For modules again" git checkout -q base -- kernel/printk.c &&
	patch "Note 6" note 6 include/linux/kvm_host.h &&
	test_expect_code 1 bisect many -j 16 --no-memory base..many &&
	broken_by 2 "printk: Not for modules" &&
	healed_by 5 "printk: For modules again" &&
	broken_by 3 "KVM: Another tty_read" &&
	healed_by 4 "KVM: No other tty_read" &&
	grep "s390/default/gcc: good at patch 2" many.out &&
	! grep "internal error" many.out
'

# ld stops at the duplicate, and make does not get to modpost.
test_expect_success 'a lane that helps sees what the first failure of a link hides' '
	image_matrix x86_64 &&
	topic lanes &&
	patch "printk: Not for modules" subst kernel/printk.c "/EXPORT_SYMBOL/d" &&
	for i in 2 3 4; do
		patch "Note $i" note $i arch/x86/kvm/x86.c || return 1
	done &&
	patch "tty: Another schedule" append drivers/char/tty.c <<-\EOT &&
	int schedule(void);
	int schedule(void) { return 1; }
	EOT
	for i in 6 7 8 9; do
		patch "Note $i" note $i arch/x86/kvm/x86.c || return 1
	done &&
	patch "tty: No other schedule" git checkout -q base -- drivers/char/tty.c &&
	patch "Note 11" note 11 arch/x86/kvm/x86.c &&
	for j in 2 16; do
		test_expect_code 1 bisect lanes -j $j --no-memory base..lanes &&
		broken_by 1 "printk: Not for modules" &&
		! healed_by ".*" "Note .*" &&
		broken_by 5 "tty: Another schedule" &&
		healed_by 10 "tty: No other schedule" &&
		! grep "comes and goes more than once" lanes.out || return 1
	done
'

test_done
