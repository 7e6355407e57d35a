#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only

test_description='without namespaces the verdicts are the same'
. "$(dirname "$0")/lib/kvmatrix.sh"

# Without namespaces there is no quick pass, and so what a failing unit reads is not
# known: such steps are built, or skipped by #include lines alone, where they are proved
# unreached otherwise.
steps() {
	results steps "$1" |
		sed "/ still-broken no/s/ no[ne]* .* total / - total /"
}

test_expect_success 'setup: a series with everything in it' '
	minikernel tree &&
	matrix m.yaml "x86_64, arm64, s390, powerpc" &&
	topic series &&
	patch "KVM: s390: Move gaccess.h" git mv arch/s390/kvm/gaccess.h arch/s390/kvm/guest.h &&
	patch "KVM: VMX: Shadow" put arch/x86/kvm/vmx/capabilities.h <<-\EOT &&
	/* nothing */
	EOT
	patch "KVM: Break prepare" subst include/linux/kvm_host.h "/linux.mutex.h/d" &&
	patch "KVM: Heal it" git checkout -q base -- include/linux/kvm_host.h &&
	patch "KVM: s390: Heal" git mv arch/s390/kvm/guest.h arch/s390/kvm/gaccess.h &&
	patch "KVM: A Makefile" eval "
		printf \"kvm-y += new.o\n\" >>arch/arm64/kvm/Makefile &&
		printf \"#include <asm/nothing.h>\n\" >arch/arm64/kvm/new.c" &&
	patch "KVM: x86: Kconfig" subst arch/x86/kvm/Kconfig "s/KVM && XEN/KVM/"
'

test_expect_success 'with namespaces, where they are allowed' '
	test_expect_code 1 judge isolated base..series &&
	steps isolated >isolated.steps
'

test_expect_success 'without: same verdicts, messages and counts' '
	test_expect_code 1 judge plain base..series --no-sandbox --no-memory &&
	grep "plain builds" plain.out &&
	steps plain >plain.steps &&
	test_cmp isolated.steps plain.steps
'

test_expect_success 'nor does it matter whose baselines were there first' '
	rm -rf cache &&
	test_expect_code 1 judge plain2 base..series --no-sandbox &&
	steps plain2 >plain2.steps &&
	test_cmp isolated.steps plain2.steps &&
	test_expect_code 1 judge isolated2 base..series --no-memory &&
	steps isolated2 >isolated2.steps &&
	test_cmp isolated.steps isolated2.steps
'

test_expect_success 'steps that one mode has built are remembered for the other' '
	test_expect_code 1 judge again base..series --no-sandbox &&
	results remembered again >remembered &&
	test $(wc -l <remembered) -gt 8
'

test_expect_success 'a build cannot write to the sources, the home directory or the network' '
	topic evil &&
	patch "KVM: s390: Evil Makefile" append arch/s390/kvm/Makefile <<-EOT &&
	\$(shell touch $TRASH/owned \$(srctree)/owned ~/owned $TRASH/tree/owned 2>/dev/null)
	\$(shell cat $TRASH/m.yaml >\$(objtree)/stolen 2>/dev/null)
	EOT
	test_might_fail judge evil base..evil --cells s390 &&
	test ! -e owned && test ! -e tree/owned &&
	! find cache -name owned | grep .
'

test_expect_success 'without bwrap the run goes on, says why, and judges the same' '
	mkdir nobwrap &&
	ln -sf /usr/local/bin/* /usr/bin/* /usr/sbin/* nobwrap/ &&
	rm nobwrap/bwrap &&
	PATH=$TRASH/nobwrap judge nobwrap base..series --no-memory
	test $? = 1 &&
	grep "warning: no isolated builds on this machine (.*bubblewrap" nobwrap.err &&
	steps nobwrap >nobwrap.steps &&
	test_cmp isolated.steps nobwrap.steps
'

test_expect_success 'behind a prepare that fails the same units are judged, and by the same commands' '
	topic behind &&
	patch "KVM: arm64: An option, a flag, and units that need them" eval "
		printf \"\nconfig KVM_EXTRA\n\tbool \\\"extra\\\"\n\tdepends on KVM\n\tdefault y\n\" >>arch/arm64/kvm/Kconfig &&
		echo \"CFLAGS_arm.o := -DFLAG\" >>arch/arm64/kvm/Makefile &&
		printf \"#ifndef FLAG\n#error stale\n#endif\n\" >>arch/arm64/kvm/arm.c &&
		printf \"#ifndef CONFIG_KVM_EXTRA\n#error stale\n#endif\n\" >>arch/arm64/kvm/mmu.c" &&
	patch "KVM: Break prepare" subst include/linux/kvm_host.h "/linux.mutex.h/d" &&
	patch "KVM: arm64: Another flag" append arch/arm64/kvm/hyp/Makefile <<-\EOT &&
	ccflags-y += -DMORE
	EOT
	patch "KVM: arm64: Break a unit" append arch/arm64/kvm/mmu.c <<-\EOT &&
	int mmu_more = undeclared;
	EOT
	patch "KVM: Heal it" git checkout -q base -- include/linux/kvm_host.h &&
	test_expect_code 1 judge behind base..behind --no-memory --cells arm64 &&
	test_expect_code 1 judge behind2 base..behind --no-memory --cells arm64 --no-sandbox &&
	steps behind >isolated.steps && steps behind2 >plain.steps &&
	! grep stale isolated.steps &&
	test_cmp isolated.steps plain.steps &&
	results unjudged behind >unjudged && results unjudged behind2 >unjudged2 &&
	grep "^[34] arm64/default/gcc arch/arm64/kvm/hyp/switch.o" unjudged &&
	test_cmp unjudged unjudged2
'

test_done
