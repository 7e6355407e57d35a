#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only

test_description='audits on a real kernel: what the sample series are to show

Compared with what the compiler says when it is asked by hand (gcc -M, gcc -E).
'

. "$(dirname "$0")/../lib/real.sh"

# audit SERIES AUDITS CELLS MATRIX CODE
audit () {
	code=0
	"$KVMATRIX" audit "$2" --tree "$tarball" -m "$4" --cells "$3" \
		--audit-share 0 -o "$1-out" "$TOP/patches/$1" >"$1.txt" \
		2>"$1.err" || code=$?
	cat "$1.txt"
	perl "$TOP/tests/lib/results" findings "$1-out/results.json" >"$1.found" &&
	perl "$TOP/tests/lib/results" evidence "$1-out/results.json" >"$1.said" &&
	test "$code" = "$5"
}

test_expect_success "the source of Linux $KERNEL is there or can be brought" '
	test -s "$tarball"
'

test_expect_success 'headers: s390 needs arm64, told at patch 2, where all compiles' '
	audit s390-needs-arm64 headers "s390/*,arm64/*" smoke 1 &&
	test $(wc -l <s390-needs-arm64.found) = 1 &&
	grep "^headers added 2 moved arch/s390/kvm/vsie.o arch/s390/kvm/vsie.c:17 include/kvm/arm64/vncr_mapping.h s390/default/gcc$" s390-needs-arm64.found &&
	perl "$TOP/tests/lib/results" verdicts s390-needs-arm64-out/results.json >verdicts &&
	grep "^2 s390/default/gcc ok$" verdicts &&
	grep "^3 s390/default/gcc regressed$" verdicts
'

test_expect_success 'cycles: mmu.h and x86.h between patch 2 and 3, and what the base has' '
	audit include-cycle cycles "x86_64/*" smoke 1 &&
	grep "^cycles added 2 cycle - arch/x86/kvm/x86.h:[0-9]* arch/x86/kvm/mmu.h arch/x86/kvm/x86.h " include-cycle.found &&
	grep "^cycles removed 3 cycle - arch/x86/kvm/x86.h:[0-9]* arch/x86/kvm/mmu.h arch/x86/kvm/x86.h " include-cycle.found &&
	test $(grep -c "^cycles added\|^cycles removed" include-cycle.found) = 2 &&
	grep "arch/x86/kvm/x86.h:[0-9]* -> arch/x86/kvm/mmu.h (new)" include-cycle.said &&
	! grep "mmu.h:[0-9]* -> arch/x86/kvm/x86.h (new)" include-cycle.said &&
	grep "^cycles present 0 cycle .* include/linux/prandom.h include/linux/random.h " include-cycle.found
'

test_expect_success 'cycles: those of arm64 that are known' '
	audit s390-needs-arm64 cycles "arm64/*" smoke 0 &&
	grep "arch/arm64/include/asm/kvm_emulate.h arch/arm64/include/asm/kvm_nested.h" s390-needs-arm64.found &&
	grep "arch/arm64/include/asm/arm_pmuv3.h arch/arm64/include/asm/kvm_host.h include/kvm/arm_pmu.h include/linux/perf/arm_pmuv3.h" s390-needs-arm64.found
'

test_expect_success 'coverage: lines under CONFIG_KVM_XEN' '
	audit unseen-lines coverage "x86_64/*" smoke 1 &&
	grep "^coverage added 1 file - arch/x86/kvm/xen.c:[0-9]* CONFIG_KVM_XEN=y " unseen-lines.found &&
	grep "^coverage added 1 skipped - arch/x86/kvm/x86.c:[0-9]* CONFIG_KVM_XEN=y " unseen-lines.found &&
	grep "^coverage added 1 skipped - arch/x86/kvm/xen.h:[0-9]* CONFIG_KVM_XEN=y " unseen-lines.found &&
	grep "^coverage present 1 compiled - arch/x86/kvm/xen.h:" unseen-lines.found &&
	test $(wc -l <unseen-lines.found) = 4
'

test_expect_success 'cost and standalone: a declaration that moves' '
	audit move-declaration cost,standalone,headers "powerpc/*" smoke 0 &&
	! grep " added " move-declaration.found &&
	grep "^cost header read by \([0-9]*\) -> \1 units, \([0-9]*\) -> \2 of them outside KVM" move-declaration.said
'

test_done
