#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only

test_description='bisect: 200 patches with five breakages, two of them healed

On four architectures; one of the five only the assembler sees, so that the quick pass
does not.'
. "$(dirname "$0")/lib/kvmatrix.sh"

sources='arch/x86/kvm/x86.c arch/arm64/kvm/mmu.c arch/s390/kvm/gaccess.c
	arch/powerpc/kvm/book3s.c virt/kvm/kvm_main.c Documentation/virt/kvm.rst
	arch/x86/kvm/xen.c arch/s390/kvm/kvm-s390.c arch/arm64/kvm/arm.c
	arch/powerpc/kvm/powerpc.c'

# change NUMBER FILE: the patch of that number.
change() {
	case $1 in
	23)	echo 'int x = missing_s390;' >>arch/s390/kvm/diag.c ;;
	61)	git checkout -q base -- arch/s390/kvm/diag.c ;;
	48)	echo 'int x = missing_arm64;' >>arch/arm64/kvm/hyp/switch.c ;;
	77)	echo '#include <asm/kvm_gone.h>' >>arch/powerpc/kvm/book3s_hv.c ;;
	120)	git checkout -q base -- arch/powerpc/kvm/book3s_hv.c ;;
	131)	echo 'unsigned long x = sizeof(struct kvm_gone);' >>arch/x86/kvm/lapic.c ;;
	164)	echo 'asm(".error \"no room left\"");' >>arch/s390/kvm/diag.c ;;
	40|140)	echo "/* $1 */" >>include/linux/kvm_host.h ;;
	*)	echo "/* $1 */" >>"$2" ;;
	esac
}

bisect() {
	"$KVMATRIX" bisect --tree tree -m m.yaml -o out --no-memory "$@" base..series >text
}

# "CELL BROKEN_BY HEALED_BY" of each cause in text.
found() {
	awk '/^[0-9]+\. / { tell(); broken = 0; healed = 0 }
		/^  broken by [0-9]/ { broken = $3 }
		/^  healed by [0-9]/ { healed = $3 }
		/^     [a-z0-9_]*\/default\/gcc: / { cell = $1 }
		END { tell() }
		function tell() { if (broken) print cell, broken, healed }' text | sort
}

steps_built() {
	sed -n 's/^\([0-9]*\) steps built.*/\1/p' text
}

test_expect_success 'setup' '
	minikernel tree &&
	matrix m.yaml "x86_64, arm64, s390, powerpc" &&
	topic series &&
	set -- $sources &&
	for i in $(seq 200); do
		file=$1 && shift && set -- "$@" "$file" &&
		patch "Change $i" change "$i" "$file" || return 1
	done
'

test_expect_success 'all are found, each at its patch, with 3 steps of 100 built' '
	test_expect_code 1 bisect &&
	cat text &&
	found >actual &&
	sort >expected <<-\EOT &&
	s390/default/gcc: 23 61
	arm64/default/gcc: 48 0
	powerpc/default/gcc: 77 120
	x86_64/default/gcc: 131 0
	s390/default/gcc: 164 0
	EOT
	test_cmp expected actual &&
	grep "^linear search: 800 steps" text &&
	test "$(steps_built)" -le 30
'

test_expect_success 'with --tip those that are there at the tip, by halves' '
	test_expect_code 1 bisect --tip &&
	cat text &&
	found >actual &&
	grep " 0$" expected >expected.tip &&
	test_cmp expected.tip actual &&
	test "$(steps_built)" -le 30
'

test_done
