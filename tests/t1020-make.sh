#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only

test_description='Makefiles and Kconfig: failures without a compiler, units that come and go'
. "$(dirname "$0")/lib/kvmatrix.sh"

test_expect_success 'setup' '
	minikernel tree &&
	matrix m.yaml "x86_64, arm64, s390"
'

test_expect_success 'a source that make does not find is a regression of one architecture' '
	topic rule &&
	patch "KVM: s390: Name an object that has no source" \
		subst arch/s390/kvm/Makefile "s/gaccess.o/guest.o/" &&
	test_expect_code 1 judge rule base..rule &&
	verdicts_are rule <<-\EOT &&
	1 arm64/default/gcc unreached
	1 s390/default/gcc regressed
	1 x86_64/default/gcc unreached
	EOT
	results failing rule >failing &&
	grep "arch/s390/kvm/guest.o .*No rule to make target" failing
'

test_expect_success 'a Makefile shared by all is judged in all, from nothing' '
	topic fragment &&
	patch "KVM: Rename the variable" \
		subst virt/kvm/Makefile.kvm "s/KVM ?=/KVM_COMMON ?=/;s/\$(KVM)/\$(KVM_COMMON)/g" &&
	patch "KVM: s390: Override what is no longer there" \
		subst arch/s390/kvm/Makefile "s,^include,KVM_COMMON := ../../virt/kvm\n&," &&
	test_expect_code 1 judge fragment base..fragment &&
	verdicts_are fragment <<-\EOT &&
	1 arm64/default/gcc ok
	1 s390/default/gcc ok
	1 x86_64/default/gcc ok
	2 arm64/default/gcc unreached
	2 s390/default/gcc regressed
	2 x86_64/default/gcc unreached
	EOT
	results failing fragment >failing &&
	grep "^2 s390/default/gcc new .*No rule to make target" failing
'

test_expect_success '$(error) of a Makefile is a regression with its text' '
	topic error &&
	patch "KVM: arm64: Fail" append arch/arm64/kvm/hyp/Makefile <<-\EOT &&
	$(error hyp cannot be built)
	EOT
	test_expect_code 1 judge error base..error &&
	results failing error >failing &&
	grep "^1 arm64/default/gcc new .*hyp cannot be built" failing &&
	verdicts_are error <<-\EOT
	1 arm64/default/gcc regressed
	1 s390/default/gcc unreached
	1 x86_64/default/gcc unreached
	EOT
'

test_expect_success 'a Makefile that adds a unit gets it built and judged' '
	topic unit &&
	patch "KVM: s390: Add pv.c" eval "
		cp arch/s390/kvm/gaccess.c arch/s390/kvm/pv.c &&
		subst arch/s390/kvm/pv.c s/translate/pv_translate/ &&
		subst arch/s390/kvm/Makefile s/gaccess.o/\&\ pv.o/" &&
	patch "KVM: s390: Break pv.c" append arch/s390/kvm/pv.c <<-\EOT &&
	int broken(void) { return undeclared_thing; }
	EOT
	patch "KVM: s390: Remove pv.c again" eval "
		git rm -q -f arch/s390/kvm/pv.c &&
		subst arch/s390/kvm/Makefile s/\ pv.o//" &&
	test_expect_code 1 judge unit base..unit &&
	results failing unit >failing &&
	grep "^2 s390/default/gcc new arch/s390/kvm/pv.o .undeclared_thing. undeclared" failing &&
	verdicts_are unit <<-\EOT
	1 arm64/default/gcc unreached
	1 s390/default/gcc ok
	1 x86_64/default/gcc unreached
	2 arm64/default/gcc unreached
	2 s390/default/gcc regressed
	2 x86_64/default/gcc unreached
	3 arm64/default/gcc unreached
	3 s390/default/gcc fixed
	3 x86_64/default/gcc unreached
	EOT
'

test_expect_success 'a unit that a patch only adds to a Makefile is built' '
	topic only &&
	patch "KVM: s390: Add a source that nobody builds" put arch/s390/kvm/pv.c <<-\EOT &&
	// SPDX-License-Identifier: GPL-2.0-only
	#include "nowhere.h"
	EOT
	patch "KVM: s390: Build it" subst arch/s390/kvm/Makefile "s/gaccess.o/& pv.o/" &&
	test_expect_code 1 judge only base..only --cells s390 &&
	results failing only >failing &&
	echo "2 s390/default/gcc new arch/s390/kvm/pv.o nowhere.h: No such file or directory" >expected &&
	test_cmp expected failing
'

test_expect_success 'a new unit outside KVM that reads a touched header is built' '
	topic outside &&
	patch "vfio: Add spapr.c" eval "
		cp drivers/vfio/vfio_main.c drivers/vfio/spapr.c &&
		subst drivers/vfio/spapr.c s/vfio_device_set_kvm/spapr_set_kvm/ s/vfio_vcpus/spapr_vcpus/ \
			s/^void/void\ spapr_set_kvm\(struct\ vfio_device\ \*device,\ struct\ kvm\ \*kvm\)\;\\\\n\&/ &&
		subst drivers/vfio/Makefile s/container.o/\&\ spapr.o/" &&
	patch "KVM: Rename a member" eval "
		subst include/linux/kvm_host.h s/created_vcpus/nr_vcpus/ &&
		subst virt/kvm/kvm_main.c s/created_vcpus/nr_vcpus/ &&
		subst drivers/vfio/vfio_main.c s/created_vcpus/nr_vcpus/" &&
	test_expect_code 1 judge outside base..outside &&
	results failing outside >failing &&
	cat >expected <<-\EOT &&
	2 arm64/default/gcc new drivers/vfio/spapr.o
	2 s390/default/gcc new drivers/vfio/spapr.o
	2 x86_64/default/gcc new drivers/vfio/spapr.o
	EOT
	sed "s/\(\.o\) .*/\1/" failing >actual &&
	test_cmp expected actual
'

test_expect_success 'a unit outside that the configuration does not have is not built' '
	results causes outside >causes &&
	topic unconfigured &&
	patch "KVM: Break who does not include types.h" \
		subst include/linux/kvm_types.h "/linux.types.h/d" &&
	test_expect_code 1 judge unconfigured base..unconfigured --cells s390 &&
	results failing unconfigured >failing &&
	! grep -E "arm_sdei|vfio_pci" failing
'

test_expect_success 'a change of Kconfig starts from nothing and changes what is built' '
	topic kconfig &&
	patch "KVM: x86: Let Xen emulation go without Xen" \
		subst arch/x86/kvm/Kconfig "s/KVM && XEN/KVM/" "s/bool \"Xen hypercalls\"/&\n\tdefault y/" &&
	patch "KVM: x86: Break xen.c" append arch/x86/kvm/xen.c <<-\EOT &&
	#error xen
	EOT
	test_expect_code 1 judge kconfig base..kconfig &&
	results failing kconfig >failing &&
	cat >expected <<-\EOT &&
	2 x86_64/default/gcc new arch/x86/kvm/xen.o #error xen
	EOT
	test_cmp expected failing &&
	verdicts_are kconfig <<-\EOT
	1 arm64/default/gcc unreached
	1 s390/default/gcc unreached
	1 x86_64/default/gcc ok
	2 arm64/default/gcc unreached
	2 s390/default/gcc unreached
	2 x86_64/default/gcc regressed
	EOT
'

test_expect_success 'an option that the series adds gets its default' '
	topic option &&
	patch "KVM: s390: Add CONFIG_KVM_S390_PV" eval "
		printf \"\nconfig KVM_S390_PV\n\tbool \\\"PV\\\"\n\tdepends on KVM\n\tdefault y\n\" >>arch/s390/kvm/Kconfig &&
		printf \"\nkvm-\\\$(CONFIG_KVM_S390_PV) += pv.o\n\" >>arch/s390/kvm/Makefile &&
		printf \"#include <asm/kvm_hots.h>\n\" >arch/s390/kvm/pv.c" &&
	test_expect_code 1 judge option base..option --cells s390 &&
	results failing option >failing &&
	grep "^1 s390/default/gcc new arch/s390/kvm/pv.o asm/kvm_hots.h: No such file" failing
'

test_expect_success 'a broken Kconfig file is told, not passed' '
	topic syntax &&
	patch "KVM: s390: Kconfig with a typing mistake" \
		subst arch/s390/kvm/Kconfig "s/depends on KVM/depneds on KVM/" &&
	test_must_fail judge syntax base..syntax --cells s390 &&
	results verdicts syntax >verdicts &&
	! grep -E " (ok|unreached)$" verdicts
'

test_expect_success 'a flag added for KVM that s390 throws away' '
	topic flag &&
	patch "KVM: Define __KVM__" append virt/kvm/Makefile.kvm <<-\EOT &&
	ccflags-y += -D__KVM__
	EOT
	patch "KVM: Hide a member" \
		subst include/linux/kvm_host.h "s,^	u64 requests;,#ifdef __KVM__\n&\n#endif," &&
	test_expect_code 1 judge flag base..flag &&
	verdicts_are flag <<-\EOT &&
	1 arm64/default/gcc ok
	1 s390/default/gcc ok
	1 x86_64/default/gcc ok
	2 arm64/default/gcc ok
	2 s390/default/gcc regressed
	2 x86_64/default/gcc ok
	EOT
	results failing flag >failing &&
	grep "virt/kvm/kvm_main.o .struct kvm_vcpu. has no member named .requests." failing
'

# kbuild writes no command for a unit that fails, so what its flags became is not
# known where make does not get to it.
test_expect_success 'a unit that fails with new flags is not judged by its old ones' '
	topic stale &&
	patch "KVM: arm64: A flag that does not compile" eval "
		echo \"CFLAGS_mmu.o := -DEXTRA\" >>arch/arm64/kvm/Makefile &&
		printf \"#ifdef EXTRA\nint extra = undeclared;\n#endif\n\" >>arch/arm64/kvm/mmu.c" &&
	patch "KVM: Break prepare" subst include/linux/kvm_host.h "/linux.mutex.h/d" &&
	patch "KVM: arm64: Change the unit, too" append arch/arm64/kvm/mmu.c <<-\EOT &&
	/* more */
	EOT
	patch "KVM: Heal prepare" git checkout -q base -- include/linux/kvm_host.h &&
	test_expect_code 1 judge stale base..stale --cells arm64 --no-memory &&
	results steps stale >steps && cat steps &&
	verdicts_are stale <<-\EOT &&
	1 arm64/default/gcc regressed
	2 arm64/default/gcc regressed
	3 arm64/default/gcc still-broken
	4 arm64/default/gcc still-broken
	EOT
	results unjudged stale >unjudged &&
	cat >expected <<-\EOT &&
	2 arm64/default/gcc arch/arm64/kvm/mmu.o
	3 arm64/default/gcc arch/arm64/kvm/mmu.o
	EOT
	test_cmp expected unjudged &&
	grep "arm64/default/gcc at patch 3: .*; 1 unit not judged: prepare failed" stale.out &&
	grep "; 1 unit not judged: prepare failed" out/stale/report.tap &&
	"$KVMATRIX_TOP/tests/check-schema" out/stale/results.json
'

test_expect_success 'its error begins with the patch that brought it and is not healed' '
	results causes stale >causes &&
	grep "undeclared.* 1 - arm64/default/gcc$" causes &&
	results diags stale >diags &&
	grep "^4 arm64/default/gcc known arch/arm64/kvm/mmu.o .*undeclared" diags &&
	! grep "fixed .*undeclared" diags
'

test_expect_success 'and what make says of each state is what plain make says' '
	results units stale >actual &&
	plain_fails stale arm64/default/gcc >expected &&
	test_cmp expected actual
'

test_expect_success 'nor are units whose Makefile an earlier patch behind the stop changed' '
	topic behind &&
	patch "KVM: Break prepare" subst include/linux/kvm_host.h "/linux.mutex.h/d" &&
	patch "KVM: arm64: A flag" eval "
		echo \"CFLAGS_mmu.o := -DEXTRA\" >>arch/arm64/kvm/Makefile &&
		printf \"#ifndef EXTRA\n#error EXTRA\n#endif\n\" >>arch/arm64/kvm/mmu.c" &&
	patch "KVM: arm64: The unit alone" append arch/arm64/kvm/mmu.c <<-\EOT &&
	/* more */
	EOT
	patch "KVM: Heal prepare" git checkout -q base -- include/linux/kvm_host.h &&
	test_expect_code 1 judge behind base..behind --cells arm64 --no-memory &&
	results steps behind >steps && cat steps &&
	! grep EXTRA steps &&
	verdicts_are behind <<-\EOT &&
	1 arm64/default/gcc regressed
	2 arm64/default/gcc still-broken
	3 arm64/default/gcc still-broken
	4 arm64/default/gcc fixed
	EOT
	results unjudged behind >unjudged &&
	grep "^3 arm64/default/gcc arch/arm64/kvm/mmu.o" unjudged
'

test_done
