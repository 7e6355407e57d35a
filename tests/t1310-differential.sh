#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only

test_description='what kvmatrix says is what plain make says in an empty O=

The harness for the real kernel, tests/real/differential, on the one in miniature:
it applies the series with git am, builds every cell at every state from nothing
and compares failing units and messages.'
. "$(dirname "$0")/lib/kvmatrix.sh"

test_expect_success 'setup: a series with everything that makes plain make and proofs lie' '
	minikernel tree &&
	matrix m.yaml "arm64, s390, x86_64" "configs:" \
		"  - { name: default, base: defconfig, options: [CONFIG_KVM=y], arches: [arm64] }" \
		"  - { name: module, base: defconfig, options: [CONFIG_KVM=m], arches: [s390, x86_64] }" &&
	topic series &&
	patch "KVM: s390: Move gaccess.h" git mv arch/s390/kvm/gaccess.h arch/s390/kvm/guest.h &&
	patch "KVM: VMX: Shadow capabilities.h" put arch/x86/kvm/vmx/capabilities.h <<-\EOT &&
	/* nothing */
	EOT
	patch "KVM: Break prepare of arm64" subst include/linux/kvm_host.h "/linux.mutex.h/d" &&
	patch "KVM: Heal it" git checkout -q base -- include/linux/kvm_host.h &&
	patch "KVM: arm64: A unit without its header" eval "
		printf \"kvm-y += new.o\n\" >>arch/arm64/kvm/Makefile &&
		printf \"#include <asm/nothing.h>\n\" >arch/arm64/kvm/new.c" &&
	patch "KVM: A warning in a header" append virt/kvm/kvm_mm.h <<-\EOT &&
	static int unused_there(void) { return 1; }
	EOT
	patch "KVM: x86: Xen emulation without Xen" subst arch/x86/kvm/Kconfig "s/KVM && XEN/KVM/" &&
	patch "KVM: s390: Change an offset" \
		subst arch/s390/include/asm/kvm_host_types.h "s,	u32 prefix;,	u32 more;\n&," &&
	patch "KVM: s390: Lose KVM" subst arch/s390/kvm/Kconfig "s/depends on HAVE_KVM/&\n\tdepends on EXPERT/" &&
	patch "KVM: s390: Change what is not built" subst arch/s390/kvm/diag.c "s/return /return 0 + /" &&
	patch "KVM: s390: Find it again" subst arch/s390/kvm/Kconfig "/EXPERT/d" &&
	git -C tree format-patch -q -o "$TRASH/mails" base..series
'

test_expect_success 'no step differs' '
	"$KVMATRIX_TOP/tests/real/differential" --no-cache -m m.yaml --base base tree mails >diff.out 2>&1 ||
	{ cat diff.out; false; }
'

test_expect_success 'every step was compared' '
	grep "36 steps compared, 0 different, 0 could not be compared, 2 with lost options" diff.out
'

test_done
