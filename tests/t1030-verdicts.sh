#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only

test_description='verdicts: what is new, what was there, what moved'
. "$(dirname "$0")/lib/kvmatrix.sh"

test_expect_success 'setup: a base with a warning and a unit that fails' '
	minikernel tree &&
	matrix m.yaml "x86_64, s390" &&
	topic flawed &&
	patch "A warning" append arch/s390/kvm/diag.c <<-\EOT &&

	static int unused_function(int depth)
	{
		return depth * 12;
	}
	EOT
	patch "An error" append arch/x86/kvm/lapic.c <<-\EOT &&

	int kvm_lapic_broken(void)
	{
		return not_declared;
	}
	EOT
	git -C tree tag flawed-base
'

test_expect_success 'what the base has is not blamed on the series' '
	topic innocent flawed-base &&
	patch "KVM: s390: Add lines above the warning" \
		subst arch/s390/kvm/diag.c "s,^#include \"gaccess.h\",&\n\n/* more\n * lines\n */," &&
	patch "KVM: x86: Add lines above the error" \
		subst arch/x86/kvm/lapic.c "s,^#include \"lapic.h\",&\n\n/* more */," &&
	test_expect_code 0 judge innocent flawed-base..innocent &&
	verdicts_are innocent <<-\EOT
	1 s390/default/gcc ok
	1 x86_64/default/gcc still-broken
	2 s390/default/gcc unreached
	2 x86_64/default/gcc still-broken
	EOT
'

test_expect_success 'known messages are listed at every patch, as known' '
	results diags innocent >diags &&
	test $(grep -c "^[012] s390/default/gcc known .*unused_function" diags) = 3 &&
	test $(grep -c "^[012] x86_64/default/gcc known .*not_declared" diags) = 3 &&
	! grep -E "^[0-9] [^ ]* (new|fixed|moved)" diags
'

test_expect_success 'the fingerprint stays when lines move' '
	sed -n "s/.*unused_function.* //p" diags | sort -u >prints &&
	test $(wc -l <prints) = 1
'

test_expect_success 'a TODO point in TAP: no harness fails for it' '
	grep "not ok 1 - x86_64/default/gcc still-broken # TODO" out/innocent/report.tap &&
	prove_accepts out/innocent/report.tap
'

test_expect_success 'a new failure in a cell that was broken before is a regression' '
	topic guilty flawed-base &&
	patch "KVM: x86: Break another unit" append arch/x86/kvm/x86.c <<-\EOT &&
	#error more
	EOT
	patch "KVM: x86: Heal both" eval "
		git checkout -q base -- arch/x86/kvm/x86.c arch/x86/kvm/lapic.c" &&
	test_expect_code 1 judge guilty flawed-base..guilty &&
	verdicts_are guilty <<-\EOT &&
	1 s390/default/gcc unreached
	1 x86_64/default/gcc regressed
	2 s390/default/gcc unreached
	2 x86_64/default/gcc fixed
	EOT
	results failing guilty >failing &&
	grep "^1 x86_64/default/gcc known arch/x86/kvm/lapic.o" failing &&
	grep "^1 x86_64/default/gcc new arch/x86/kvm/x86.o" failing
'

test_expect_success 'a series that only heals gets exit code 0' '
	topic healer flawed-base &&
	patch "KVM: x86: Heal" git checkout -q base -- arch/x86/kvm/lapic.c &&
	test_expect_code 0 judge healer flawed-base..healer &&
	verdicts_are healer <<-\EOT
	1 s390/default/gcc unreached
	1 x86_64/default/gcc fixed
	EOT
'

test_expect_success 'a new warning is a regression' '
	topic warning &&
	patch "KVM: s390: Leave a variable" \
		subst arch/s390/kvm/gaccess.c "s,^	return,	int left_over;\n\n&," &&
	patch "KVM: s390: Take it away" git checkout -q base -- arch/s390/kvm/gaccess.c &&
	test_expect_code 1 judge warning base..warning --cells s390 &&
	verdicts_are warning <<-\EOT &&
	1 s390/default/gcc regressed
	2 s390/default/gcc ok
	EOT
	results warnings warning >warnings &&
	grep "^1 s390/default/gcc new unused variable .left_over." warnings &&
	grep "^2 s390/default/gcc fixed unused variable .left_over." warnings &&
	results causes warning >causes &&
	grep "^warning.* 1 2 s390/default/gcc$" causes
'

test_expect_success 'unless the matrix allows it' '
	matrix allow.yaml "s390" "warnings: allow" "configs: [ { name: default } ]" &&
	cp m.yaml m.yaml.kept && cp allow.yaml m.yaml &&
	test_when_finished "mv m.yaml.kept m.yaml" &&
	test_expect_code 0 judge allowed base..warning &&
	verdicts_are allowed <<-\EOT &&
	1 s390/default/gcc ok
	2 s390/default/gcc ok
	EOT
	results warnings allowed >warnings &&
	grep "^1 s390/default/gcc new unused variable .left_over." warnings
'

test_expect_success 'a warning of a header shows in each unit and is one cause' '
	topic header &&
	patch "KVM: A header that warns" subst include/linux/kvm_host.h \
		"s/^void kvm_put_kvm/static int kvm_unused_in_header(void) { return 0; }\n&/" &&
	test_expect_code 1 judge header base..header --cells s390 &&
	results causes header >causes &&
	test $(wc -l <causes) = 1 &&
	results warnings header >warnings &&
	test $(wc -l <warnings) -gt 3
'

test_expect_success 'a renamed file keeps its messages: nothing is new, nothing fixed' '
	topic rename flawed-base &&
	patch "KVM: s390: Rename diag.c" eval "
		git mv arch/s390/kvm/diag.c arch/s390/kvm/diagnose.c &&
		subst arch/s390/kvm/Makefile s/diag.o/diagnose.o/" &&
	patch "KVM: x86: Rename lapic.c" eval "
		git mv arch/x86/kvm/lapic.c arch/x86/kvm/local-apic.c &&
		subst arch/x86/kvm/Makefile s/lapic.o/local-apic.o/" &&
	test_expect_code 0 judge rename flawed-base..rename &&
	verdicts_are rename <<-\EOT &&
	1 s390/default/gcc ok
	1 x86_64/default/gcc still-broken
	2 s390/default/gcc unreached
	2 x86_64/default/gcc still-broken
	EOT
	results diags rename >diags &&
	grep "arch/s390/kvm/diagnose.c:.*unused_function" diags &&
	! grep -E "^[0-9] [^ ]* (new|fixed)" diags
'

test_expect_success 'a warning that moves with its code to another file is moved, not new' '
	topic move flawed-base &&
	patch "KVM: s390: Move the function" eval "
		git checkout -q base -- arch/s390/kvm/diag.c &&
		git show flawed-base:arch/s390/kvm/diag.c | tail -n 5 >>arch/s390/kvm/gaccess.c" &&
	test_expect_code 0 judge move flawed-base..move --cells s390 &&
	results warnings move >warnings &&
	grep "^1 s390/default/gcc moved .*unused_function" warnings &&
	verdicts_are move <<-\EOT
	1 s390/default/gcc ok
	EOT
'

test_expect_success 'documentation and another architecture are skipped with a proof' '
	topic skipped &&
	patch "Documentation: Say more" append Documentation/virt/kvm.rst <<-\EOT &&
	More.
	EOT
	patch "KVM: arm64: Not our architecture" append arch/arm64/kvm/arm.c <<-\EOT &&
	/* end */
	EOT
	patch "vfio: A unit that reads nothing of it" append drivers/char/tty.c <<-\EOT &&
	/* end */
	EOT
	test_expect_code 0 judge skipped base..skipped &&
	results reasons skipped >reasons &&
	grep "^1 s390/default/gcc none of the 1 changed file is among .*Documentation/virt/kvm.rst" reasons &&
	grep "^2 s390/default/gcc none of the 1 changed file is among .*arch/arm64/kvm/arm.c" reasons &&
	results verdicts skipped >verdicts &&
	grep "^1 x86_64/default/gcc unreached" verdicts &&
	grep "^2 x86_64/default/gcc unreached" verdicts
'

test_expect_success 'a unit outside KVM that the series itself changes is built' '
	topic direct &&
	patch "char: Break tty.c" append drivers/char/tty.c <<-\EOT &&
	#error tty
	EOT
	test_expect_code 1 judge direct base..direct --cells s390 &&
	results failing direct >failing &&
	grep "^1 s390/default/gcc new drivers/char/tty.o" failing
'

test_expect_success 'a finished step is remembered, also by another series with the same state' '
	test_expect_code 1 judge again base..direct --cells s390 &&
	results remembered again >remembered &&
	echo "1 s390/default/gcc" >expected &&
	test_cmp expected remembered &&
	results failing again >again &&
	test_cmp failing again &&
	test_expect_code 1 judge anew base..direct --cells s390 --no-memory &&
	results remembered anew >remembered &&
	test_must_be_empty remembered &&
	results failing anew >anew &&
	test_cmp failing anew
'

test_expect_success 'a constant of asm-offsets.h that changes is told' '
	topic offsets &&
	patch "KVM: s390: Grow the SIE block" \
		subst arch/s390/include/asm/kvm_host_types.h "s,	u32 prefix;,	u32 more;\n&," &&
	test_expect_code 0 judge offsets base..offsets --cells s390 &&
	results notes offsets >notes &&
	grep "patch 1, s390/default/gcc: asm-offsets.h changes (SIE_PREFIX)" notes &&
	grep "asm-offsets.h changes (SIE_PREFIX)" offsets.out
'

test_expect_success 'BUILD_BUG_ON is seen: units are compiled, not only parsed' '
	topic assertion &&
	patch "KVM: s390: Assert" append arch/s390/kvm/diag.c <<-\EOT &&
	void kvm_s390_check(void);
	void kvm_s390_check(void)
	{
		extern void __never(void) __attribute__((error("SIE block too large")));

		if (sizeof(struct sie_block) > 4)
			__never();
	}
	EOT
	test_expect_code 1 judge assertion base..assertion --cells s390 &&
	results failing assertion >failing &&
	grep "SIE block too large" failing
'

test_expect_success 'assembly is judged too' '
	topic assembly &&
	patch "KVM: arm64: An operand that does not exist" \
		subst arch/arm64/kvm/hyp/entry.S "s/mov	x2, /mov	x99, /" &&
	matrix m.yaml "arm64" &&
	test_expect_code 1 judge assembly base..assembly &&
	results failing assembly >failing &&
	grep "^1 arm64/default/gcc new arch/arm64/kvm/hyp/entry.o " failing
'

# A replay has the command of the state that the objtree came from.
test_expect_success 'behind a prepare that fails, a flag of an earlier patch counts' '
	matrix m.yaml "arm64" && topic flag &&
	patch "KVM: arm64: A flag, and a unit that needs it" eval "
		echo \"CFLAGS_mmu.o := -DEXTRA\" >>arch/arm64/kvm/Makefile &&
		printf \"#ifndef EXTRA\n#error EXTRA\n#endif\n\" >>arch/arm64/kvm/mmu.c" &&
	patch "KVM: Break prepare" subst include/linux/kvm_host.h "/linux.mutex.h/d" &&
	test_expect_code 1 judge flag base..flag &&
	results steps flag >steps &&
	cat steps &&
	grep "^1 arm64/default/gcc ok" steps &&
	grep "^2 arm64/default/gcc regressed make stopped in prepare" steps &&
	grep "new error arch/arm64/kvm/mmu.o include/linux/kvm_host.h" steps &&
	! grep "not judged" steps &&
	! grep EXTRA steps
'

test_expect_success 'and units that the same patch gives flags are not judged' '
	topic both &&
	patch "KVM: arm64: Break prepare, with a flag" eval "
		echo \"CFLAGS_mmu.o := -DEXTRA\" >>arch/arm64/kvm/Makefile &&
		printf \"#ifndef EXTRA\n#error EXTRA\n#endif\n\" >>arch/arm64/kvm/mmu.c &&
		sed -i /linux.mutex.h/d include/linux/kvm_host.h" &&
	# (The tree is that of the series above.)
	test_expect_code 1 judge both base..both --no-memory &&
	results steps both >steps &&
	cat steps &&
	grep "^1 arm64/default/gcc regressed make stopped in prepare; .*; [0-9]* units not judged: prepare failed" steps &&
	results unjudged both >unjudged &&
	grep "^1 arm64/default/gcc arch/arm64/kvm/mmu.o" unjudged &&
	! grep EXTRA steps
'

test_done
