#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only

test_description='headers that move, vanish, shadow or stop the build'
. "$(dirname "$0")/lib/kvmatrix.sh"

test_expect_success 'setup' '
	minikernel tree &&
	matrix m.yaml "x86_64, arm64, s390, powerpc"
'

test_expect_success 'a header that moves away is caught where plain make passes' '
	topic moved &&
	patch "Nothing but a comment" subst virt/kvm/vfio.c "s,^#include <linux/vfio.h>,& /* x */," &&
	patch "KVM: s390: Move gaccess.h" \
		git mv arch/s390/kvm/gaccess.h arch/s390/kvm/guest.h &&
	patch "KVM: s390: Follow" subst arch/s390/kvm/diag.c "s/gaccess.h/guest.h/" &&
	patch "KVM: s390: Follow in gaccess.c" subst arch/s390/kvm/gaccess.c "s/gaccess.h/guest.h/" &&
	test_expect_code 1 judge moved base..moved &&
	verdicts_are moved <<-\EOT
	1 arm64/default/gcc ok
	1 powerpc/default/gcc ok
	1 s390/default/gcc ok
	1 x86_64/default/gcc ok
	2 arm64/default/gcc unreached
	2 powerpc/default/gcc unreached
	2 s390/default/gcc regressed
	2 x86_64/default/gcc unreached
	3 arm64/default/gcc unreached
	3 powerpc/default/gcc unreached
	3 s390/default/gcc still-broken
	3 x86_64/default/gcc unreached
	4 arm64/default/gcc unreached
	4 powerpc/default/gcc unreached
	4 s390/default/gcc fixed
	4 x86_64/default/gcc unreached
	EOT
'

test_expect_success 'every unit of the step and no other is named' '
	results failing moved >actual &&
	cat >expected <<-\EOT &&
	2 s390/default/gcc new arch/s390/kvm/diag.o gaccess.h: No such file or directory
	2 s390/default/gcc new arch/s390/kvm/gaccess.o gaccess.h: No such file or directory
	3 s390/default/gcc known arch/s390/kvm/gaccess.o gaccess.h: No such file or directory
	EOT
	test_cmp expected actual
'

test_expect_success 'the hole in the middle is one cause with its interval' '
	results causes moved >actual &&
	echo "missing-include:gaccess.h 2 4 s390/default/gcc" >expected &&
	test_cmp expected actual &&
	grep "since patch 2, healed by 4" moved.out
'

test_expect_success 'a step that is not built says by what proof' '
	results reasons moved >reasons &&
	grep "^2 arm64/default/gcc none of the 2 changed files is among the [0-9]* that this cell reads" reasons
'

test_expect_success 'a step builds what the patch reaches, on what the one before built' '
	results reached moved >reached &&
	grep "^2 s390/default/gcc 2 2 2$" reached
'

test_expect_success 'a new header that is found first breaks who found another' '
	topic shadow &&
	patch "KVM: VMX: Add its own capabilities.h" \
		put arch/x86/kvm/vmx/capabilities.h <<-\EOT &&
	/* SPDX-License-Identifier: GPL-2.0-only */
	#define VMX_CAP_PML 1
	EOT
	test_expect_code 1 judge shadow base..shadow --cells x86_64 &&
	results failing shadow >actual &&
	grep "^1 x86_64/default/gcc new arch/x86/kvm/vmx/vmx.o .KVM_CAP_PML. undeclared" actual &&
	test $(wc -l <actual) = 1
'

test_expect_success 'a header that shadows one of include/ by -I is found too' '
	topic shadow2 &&
	patch "KVM: x86: Add asm/page.h of its own" \
		put arch/x86/kvm/asm/page.h <<-\EOT &&
	/* SPDX-License-Identifier: GPL-2.0-only */
	EOT
	patch "KVM: x86: and one that wins" put arch/x86/kvm/mmu/mmu.h <<-\EOT &&
	/* SPDX-License-Identifier: GPL-2.0-only */
	EOT
	test_expect_code 0 judge shadow2 base..shadow2 --cells x86_64 &&
	verdicts_are shadow2 <<-\EOT
	1 x86_64/default/gcc ok
	2 x86_64/default/gcc ok
	EOT
'

test_expect_success 'where prepare fails, the units behind it are judged by replay' '
	topic prepare &&
	patch "KVM: Drop linux/mutex.h" \
		subst include/linux/kvm_host.h "/linux.mutex.h/d" &&
	patch "KVM: Bring it back" \
		subst include/linux/kvm_host.h "s,^#include <linux/bug.h>,&\n#include <linux/mutex.h>," &&
	test_expect_code 1 judge prepare base..prepare &&
	verdicts_are prepare <<-\EOT
	1 arm64/default/gcc regressed
	1 powerpc/default/gcc regressed
	1 s390/default/gcc regressed
	1 x86_64/default/gcc regressed
	2 arm64/default/gcc fixed
	2 powerpc/default/gcc fixed
	2 s390/default/gcc fixed
	2 x86_64/default/gcc fixed
	EOT
'

test_expect_success 'the report says which verdicts come from replay' '
	results replayed prepare >actual &&
	grep "^1 arm64/default/gcc virt/kvm/kvm_main.o$" actual &&
	grep "^1 powerpc/default/gcc virt/kvm/kvm_main.o$" actual &&
	! grep -E "x86_64|s390|^2" actual &&
	results reasons prepare >reasons &&
	grep "^1 arm64/default/gcc make stopped in prepare; [0-9]* units behind it judged by replay" reasons &&
	grep "arm64/default/gcc at patch 1: make stopped in prepare" prepare.out
'

test_expect_success 'the units that fail are the same whether make got to them or not' '
	results failing prepare >failing &&
	for arch in arm64 powerpc s390 x86_64; do
		sed -n "s,^1 $arch/default/gcc new \([^ ]*\) .*,\1,p" failing |
			grep -v asm-offsets | sort -u >units.$arch || return 1
	done &&
	grep virt/kvm/kvm_main.o units.s390 &&
	grep drivers/vfio/vfio_main.o units.s390 &&
	grep -vE "^arch/|arm_sdei" units.arm64 >a && grep -vE "^arch/" units.s390 >s &&
	test_cmp a s
'

test_expect_success 'a dependent outside KVM that breaks is found' '
	topic outside &&
	patch "KVM: Let kvm_host.h count otherwise" \
		subst include/linux/kvm_host.h "s/created_vcpus/nr_vcpus/" &&
	patch "KVM: Follow" subst virt/kvm/kvm_main.c "s/created_vcpus/nr_vcpus/" &&
	test_expect_code 1 judge outside base..outside &&
	results failing outside >failing &&
	grep "^2 s390/default/gcc known drivers/vfio/vfio_main.o " failing &&
	grep "^2 x86_64/default/gcc known drivers/vfio/vfio_main.o " failing &&
	! grep "^2.*virt/kvm" failing &&
	verdicts_are outside <<-\EOT
	1 arm64/default/gcc regressed
	1 powerpc/default/gcc regressed
	1 s390/default/gcc regressed
	1 x86_64/default/gcc regressed
	2 arm64/default/gcc still-broken
	2 powerpc/default/gcc still-broken
	2 s390/default/gcc still-broken
	2 x86_64/default/gcc still-broken
	EOT
'

test_expect_success 'one mistake is one cause over all cells' '
	results causes outside >actual &&
	grep -c . actual >n && echo 1 >one && test_cmp one n &&
	grep "arm64/default/gcc,powerpc/default/gcc,s390/default/gcc,x86_64/default/gcc" actual
'

test_expect_success 'a header of another architecture is one cause that says so' '
	topic cross &&
	patch "KVM: s390: Use arm64s header" \
		subst arch/s390/kvm/diag.c "s,^#include \"gaccess.h\",&\n#include \"../../arm64/include/asm/kvm_host.h\"," &&
	test_expect_code 1 judge cross base..cross --cells "s390,arm64" &&
	results causes cross >actual &&
	grep "cross-arch:asm/kvm_arm.h 1 - s390/default/gcc" actual &&
	results advice cross >advice &&
	grep arm64 advice &&
	verdicts_are cross <<-\EOT
	1 arm64/default/gcc unreached
	1 s390/default/gcc regressed
	EOT
'

test_expect_success 'an arm64 header moves, s390 uses it, it moves back: only the last breaks s390' '
	topic back &&
	patch "KVM: arm64: Share vncr_mapping.h" eval "
		mkdir -p include/kvm/arm64 &&
		git mv arch/arm64/include/asm/vncr_mapping.h include/kvm/arm64/ &&
		subst arch/arm64/kvm/arm.c s,asm/vncr_mapping.h,kvm/arm64/vncr_mapping.h," &&
	patch "KVM: s390: Use it" \
		subst arch/s390/kvm/diag.c "s,^#include \"gaccess.h\",&\n#include <kvm/arm64/vncr_mapping.h>," &&
	patch "KVM: arm64: Keep it private" eval "
		mkdir -p arch/arm64/include/kvm/arm64 &&
		git mv include/kvm/arm64/vncr_mapping.h arch/arm64/include/kvm/arm64/" &&
	test_expect_code 1 judge back base..back --cells "s390,arm64" &&
	verdicts_are back <<-\EOT
	1 arm64/default/gcc ok
	1 s390/default/gcc unreached
	2 arm64/default/gcc unreached
	2 s390/default/gcc ok
	3 arm64/default/gcc ok
	3 s390/default/gcc regressed
	EOT
'

test_done
