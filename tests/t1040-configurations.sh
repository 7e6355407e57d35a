#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only

test_description='cells: configurations, what they ask for and what they get'
. "$(dirname "$0")/lib/kvmatrix.sh"

test_expect_success 'setup' '
	minikernel tree &&
	matrix kinds.yaml "x86_64, arm64" \
		"configs:" \
		"  - { name: default, base: defconfig }" \
		"  - { name: twin, base: defconfig, options: [CONFIG_VIRTUALIZATION=y] }" \
		"  - { name: small, base: allnoconfig, options: [CONFIG_VIRTUALIZATION=y, CONFIG_KVM=y] }" \
		"  - { name: \"off\", base: defconfig, options: [CONFIG_KVM=n] }" &&
	cp kinds.yaml m.yaml &&
	topic stub &&
	patch "KVM: arm64: Drop the stub" \
		subst arch/arm64/include/asm/kvm_host.h "/^#else/,/^static/d"
'

test_expect_success 'a stub that gets lost breaks only the cell without KVM' '
	test_expect_code 1 judge stub base..stub &&
	verdicts_are stub <<-\EOT &&
	1 arm64/default/gcc ok
	1 arm64/off/gcc regressed
	1 arm64/small/gcc ok
	1 arm64/twin/gcc ok
	1 x86_64/default/gcc unreached
	1 x86_64/off/gcc unreached
	1 x86_64/small/gcc unreached
	1 x86_64/twin/gcc unreached
	EOT
	results failing stub >failing &&
	grep "^1 arm64/off/gcc new arch/arm64/mm/init.o implicit declaration of function .kvm_hyp_reserve" failing &&
	test $(wc -l <failing) = 1
'

test_expect_success 'every cell builds its base' '
	results base stub >base &&
	test $(grep -c " ok$" base) = 8
'

test_expect_success 'cells with equal configurations are built once and say so' '
	results same stub >same &&
	cat >expected <<-\EOT &&
	x86_64/default/gcc -
	x86_64/twin/gcc x86_64/default/gcc
	x86_64/small/gcc -
	x86_64/off/gcc -
	arm64/default/gcc -
	arm64/twin/gcc arm64/default/gcc
	arm64/small/gcc -
	arm64/off/gcc -
	EOT
	test_cmp expected same &&
	test $(ls cache/kvmatrix/cells | wc -l) = 6
'

test_expect_success 'the effective configuration is kept with the run' '
	grep "^CONFIG_KVM=y" out/stub/cells/arm64-default-gcc/config &&
	grep "^# CONFIG_KVM is not set" out/stub/cells/arm64-off-gcc/config &&
	grep "ARCH=arm64" out/stub/cells/arm64-off-gcc/make &&
	grep "^arch/arm64/kvm/$" out/stub/cells/arm64-off-gcc/targets.1 &&
	grep "^arch/arm64/mm/init.o$" out/stub/cells/arm64-off-gcc/targets.1
'

test_expect_success 'a lost option makes the cell an error that names option and dependency' '
	matrix m.yaml "x86_64, arm64" \
		"configs:" \
		"  - { name: default, base: defconfig }" \
		"  - name: xen" \
		"    base: defconfig" \
		"    options: [CONFIG_KVM_XEN=y]" \
		"    arches: [x86_64]" &&
	test_expect_code 3 judge lost base..stub &&
	results cells lost >cells &&
	grep "^x86_64/xen/gcc the configuration does not hold: CONFIG_KVM_XEN=y (options of configuration .xen.) came out as absent: .*depends on.* XEN" cells &&
	grep "^x86_64/default/gcc -" cells &&
	grep "CONFIG_KVM_XEN=y" lost.out &&
	verdicts_are lost <<-\EOT
	1 arm64/default/gcc ok
	1 x86_64/default/gcc unreached
	1 x86_64/xen/gcc error
	EOT
'

test_expect_success 'an option that a select keeps on is lost too' '
	matrix m.yaml "arm64" \
		"configs: [ { name: noperf, options: [CONFIG_PERF_EVENTS=n] } ]" &&
	test_expect_code 3 judge selected base..stub &&
	results cells selected >cells &&
	grep "CONFIG_PERF_EVENTS=n .*came out as y: .*CORESIGHT" cells
'

test_expect_success 'so is m that comes out as y' '
	matrix m.yaml "arm64" \
		"configs: [ { name: module, options: [CONFIG_KVM=m] } ]" &&
	test_expect_code 3 judge module base..stub &&
	results cells module >cells &&
	grep "CONFIG_KVM=m .*came out as y" cells
'

test_expect_success 'and an option that does not exist, with its place in the fragment' '
	printf "# for nothing\nCONFIG_KVM_NOTHING=y\n" >own.config &&
	matrix m.yaml "arm64" \
		"configs: [ { name: typo, fragments: [./own.config] } ]" &&
	test_expect_code 3 judge typo base..stub &&
	results cells typo >cells &&
	grep "CONFIG_KVM_NOTHING=y (.*own.config:2) came out as absent" cells
'

test_expect_success 'a lost option fails the cell again when the run is repeated' '
	test_expect_code 3 judge typo2 base..stub &&
	results cells typo2 >cells2 &&
	test_cmp cells cells2
'

test_expect_success 'a fragment is applied, and a later request wins' '
	printf "CONFIG_EXPERT=y\nCONFIG_XEN=y\nCONFIG_KVM_XEN=n\n" >a.config &&
	printf "CONFIG_KVM_XEN=y\n# CONFIG_TTY is not set\n" >b.config &&
	matrix m.yaml "x86_64" \
		"configs: [ { name: xen, fragments: [./a.config, b.config], options: [CONFIG_HZ=100] } ]" &&
	topic xen &&
	patch "KVM: x86: Break xen.c" append arch/x86/kvm/xen.c <<-\EOT &&
	#error xen
	EOT
	test_expect_code 1 judge xen base..xen &&
	grep "^CONFIG_KVM_XEN=y" out/xen/cells/x86_64-xen-gcc/config &&
	grep "^# CONFIG_TTY is not set" out/xen/cells/x86_64-xen-gcc/config &&
	grep "^CONFIG_HZ=100" out/xen/cells/x86_64-xen-gcc/config &&
	results failing xen >failing &&
	grep "^1 x86_64/xen/gcc new arch/x86/kvm/xen.o" failing
'

test_expect_success 'a base configuration that the architecture lacks is told' '
	matrix m.yaml "arm64" "configs: [ { name: other, base: virt_defconfig } ]" &&
	test_expect_code 3 judge nobase base..stub &&
	results cells nobase >cells &&
	grep "virt_defconfig" cells
'

test_expect_success 'the user environment does not reach the configuration' '
	matrix m.yaml "arm64" "configs: [ { name: default } ]" &&
	ARCH=s390 CROSS_COMPILE=nothing- KCONFIG_ALLCONFIG=/nowhere MAKEFLAGS=-n \
		O=/nowhere CC=false judge environment base..stub &&
	verdicts_are environment <<-\EOT
	1 arm64/default/gcc ok
	EOT
'

test_expect_success 'cells are selected by their ids' '
	cp kinds.yaml m.yaml &&
	test_expect_code 1 judge selected base..stub --cells "*/off/*" &&
	verdicts_are selected <<-\EOT
	1 arm64/off/gcc regressed
	1 x86_64/off/gcc unreached
	EOT
'

test_expect_success 'paths of the matrix are what is built; dependents can be left out' '
	matrix m.yaml "arm64" \
		"target: { paths: [ drivers/vfio/container.o, arch/\$SRCARCH/kvm/hyp/ ], dependents: false }" \
		"configs: [ { name: default } ]" &&
	topic paths &&
	patch "KVM: Break every reader of kvm_types.h" append include/linux/kvm_types.h <<-\EOT &&
	#ifndef OFFSETS
	extern int x[sizeof(struct kvm)];
	#endif
	EOT
	test_must_fail judge paths base..paths &&
	awk 1 out/paths/cells/arm64-default-gcc/targets.1 >targets &&
	printf "%s\n" drivers/vfio/container.o arch/arm64/kvm/hyp/ >expected &&
	test_cmp expected targets &&
	results failing paths >failing &&
	grep "arch/arm64/kvm/hyp/switch.o" failing &&
	! grep -E "vfio_main|kvm_main" failing
'

# option NAME: a patch that gives arm64 an option which is on.
option () {
	printf "\nconfig %s\n\tbool \"%s\"\n\tdepends on KVM\n\tdefault y\n" "$1" "$1" \
		>>arch/arm64/kvm/Kconfig
}

broken_mmu () {
	option KVM_MORE &&
	subst include/linux/kvm_host.h "/linux.mutex.h/d"
}

test_expect_success 'behind a prepare that fails, units see the configuration of their state' '
	matrix m.yaml "arm64" && topic behind &&
	patch "KVM: arm64: An option, and a unit that needs it" eval "
		option KVM_EXTRA &&
		printf \"#ifndef CONFIG_KVM_EXTRA\n#error stale\n#endif\n\" >>arch/arm64/kvm/mmu.c" &&
	patch "KVM: Break prepare" subst include/linux/kvm_host.h "/linux.mutex.h/d" &&
	patch "KVM: arm64: Break the unit" append arch/arm64/kvm/mmu.c <<-\EOT &&
	int mmu_more = undeclared;
	EOT
	patch "KVM: Heal prepare" git checkout -q base -- include/linux/kvm_host.h &&
	test_expect_code 1 judge behind base..behind --no-memory &&
	results steps behind >steps && cat steps &&
	! grep stale steps &&
	grep "^	new error arch/arm64/kvm/mmu.o arch/arm64/kvm/mmu.c .*undeclared" steps &&
	verdicts_are behind <<-\EOT &&
	1 arm64/default/gcc ok
	2 arm64/default/gcc regressed
	3 arm64/default/gcc regressed
	4 arm64/default/gcc still-broken
	EOT
	results unjudged behind >unjudged && test_must_be_empty unjudged &&
	results units behind >actual &&
	plain_fails behind arm64/default/gcc >expected && test_cmp expected actual
'

test_expect_success 'where that is not known they are not judged, and stay what they were' '
	topic both &&
	patch "KVM: arm64: Break a unit" append arch/arm64/kvm/mmu.c <<-\EOT &&
	int mmu_more = undeclared;
	EOT
	patch "KVM: arm64: An option, and prepare breaks" broken_mmu &&
	patch "KVM: arm64: Another unit" append arch/arm64/kvm/arm.c <<-\EOT &&
	/* more */
	EOT
	patch "KVM: Heal prepare" git checkout -q base -- include/linux/kvm_host.h &&
	patch "KVM: arm64: Heal the unit" git checkout -q base -- arch/arm64/kvm/mmu.c &&
	test_expect_code 1 judge both base..both --no-memory &&
	results steps both &&
	verdicts_are both <<-\EOT &&
	1 arm64/default/gcc regressed
	2 arm64/default/gcc regressed
	3 arm64/default/gcc still-broken
	4 arm64/default/gcc still-broken
	5 arm64/default/gcc fixed
	EOT
	results diags both >diags &&
	grep "^4 arm64/default/gcc known arch/arm64/kvm/mmu.o" diags &&
	! grep "^[234] arm64/default/gcc fixed arch/arm64/kvm/mmu.o .*undeclared" diags &&
	results causes both >causes &&
	grep "undeclared.* 1 5 arm64/default/gcc$" causes &&
	results unjudged both >unjudged &&
	grep "^2 arm64/default/gcc arch/arm64/kvm/mmu.o" unjudged &&
	grep "^3 arm64/default/gcc arch/arm64/kvm/arm.o" unjudged &&
	results units both >actual &&
	plain_fails both arm64/default/gcc >expected && test_cmp expected actual
'

test_expect_success 'the same is remembered' '
	test_expect_code 1 judge first base..both &&
	test_expect_code 1 judge again base..both &&
	results remembered again >remembered && cat remembered &&
	test $(wc -l <remembered) = 5 &&
	results steps both | sed "s/ reached [0-9]*//" >first &&
	results steps again | sed "s/ reached [0-9]*//" >second &&
	test_cmp first second &&
	results unjudged again >again && test_cmp unjudged again
'

test_done
