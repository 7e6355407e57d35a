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
	test $(grep -c "broken by" series.out) = 5 &&
	test $(grep -c "healed by" series.out) = 2
'

test_done
