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

test_expect_success 'a patch that loses what a cell asks for breaks it, and one that brings it back heals' '
	matrix lost.yaml "x86_64, arm64" \
		"configs:" \
		"  - { name: default, base: defconfig, options: [CONFIG_KVM=m, CONFIG_KVM_INTEL=m], arches: [x86_64] }" \
		"  - { name: bool, base: defconfig, options: [CONFIG_KVM=y], arches: [arm64] }" \
		"  - { name: \"off\", base: defconfig, options: [CONFIG_KVM=n] }" &&
	cp lost.yaml m.yaml &&
	topic depends &&
	patch "KVM: x86: Something" subst arch/x86/kvm/lapic.c "s/return /return 0 + /" &&
	patch "KVM: x86: Not now" subst arch/x86/kvm/Kconfig "s/depends on HAVE_KVM/&\n\tdepends on EXPERT/" &&
	patch "KVM: x86: Something behind it" subst arch/x86/kvm/lapic.c "s/return 0 + /return /" &&
	patch "KVM: x86: Now" git checkout -q base -- arch/x86/kvm/Kconfig &&
	test_expect_code 1 judge depends base..depends &&
	verdicts_are depends <<-\EOT
	1 arm64/bool/gcc unreached
	1 arm64/off/gcc unreached
	1 x86_64/default/gcc ok
	1 x86_64/off/gcc unreached
	2 arm64/bool/gcc unreached
	2 arm64/off/gcc unreached
	2 x86_64/default/gcc regressed
	2 x86_64/off/gcc ok
	3 arm64/bool/gcc unreached
	3 arm64/off/gcc unreached
	3 x86_64/default/gcc still-broken
	3 x86_64/off/gcc unreached
	4 arm64/bool/gcc unreached
	4 arm64/off/gcc unreached
	4 x86_64/default/gcc fixed
	4 x86_64/off/gcc ok
	EOT
'

test_expect_success 'one cause names the option, its place, the dependency and the patches' '
	results failing depends >failing &&
	grep "^2 x86_64/default/gcc new - CONFIG_KVM=m, which the cell asks for, is lost" failing &&
	grep "^2 x86_64/default/gcc new - CONFIG_KVM_INTEL=m, which the cell asks for, is lost" failing &&
	test $(wc -l <failing) = 4 &&
	results causes depends >causes &&
	echo "config:lost:CONFIG_KVM 2 4 x86_64/default/gcc" >expected &&
	test_cmp expected causes &&
	grep "arch/x86/kvm/Kconfig:10: CONFIG_KVM=m" depends.out &&
	results advice depends >advice &&
	grep "squash 4 into 2 .*patch 2 changes arch/x86/kvm/Kconfig.*it is absent now, options of configuration .default. asks for it; depends on EXPERT (=n)" advice &&
	"$KVMATRIX_TOP/tests/check-schema" out/depends/results.json
'

test_expect_success 'it is remembered, and the same with the quick pass alone and in one lane' '
	test_expect_code 1 judge memory base..depends &&
	results remembered memory >remembered &&
	grep "^2 x86_64/default/gcc" remembered &&
	results failing memory >failing.memory &&
	test_cmp failing failing.memory &&
	test_expect_code 1 judge quick base..depends --depth quick --no-memory &&
	results failing quick >failing.quick &&
	test_cmp failing failing.quick &&
	test_expect_code 1 judge plain base..depends --no-sandbox --no-memory &&
	results failing plain >failing.plain &&
	test_cmp failing failing.plain
'

test_expect_success 'bisect finds the patch that loses it and the one that heals' '
	test_expect_code 1 "$KVMATRIX" bisect --tree tree -m m.yaml --no-memory \
		-o out/bisect base..depends >bisect.out 2>&1 &&
	grep -A8 "CONFIG_KVM, which the cell asks for, is lost" bisect.out >found &&
	grep "broken by .*2 .*KVM: x86: Not now" found &&
	grep "healed by .*4 .*KVM: x86: Now" found &&
	"$KVMATRIX" repro latest x86_64/default/gcc 2 >repro.sh &&
	test_expect_code 1 sh repro.sh >repro.out &&
	grep "CONFIG_KVM=m is lost" repro.out &&
	"$KVMATRIX" repro latest x86_64/default/gcc 1 >repro.sh &&
	sh repro.sh
'

test_expect_success 'a skipped step that has lost an option passes its audit' '
	topic share depends~1 &&
	patch "arm64: Elsewhere" append arch/arm64/kvm/mmu.c <<-\EOT &&
	/* nothing */
	EOT
	test_expect_code 1 judge share base..share --no-memory --audit-share 100 --verbose &&
	grep "x86_64/default/gcc patch 4: skipped, and built anyway: the same" share.err &&
	results verdicts share >verdicts &&
	grep "^4 x86_64/default/gcc still-broken" verdicts
'

test_expect_success 'an option that is gone, or has another name, is lost' '
	topic renamed &&
	patch "KVM: x86: Another name" subst arch/x86/kvm/Kconfig "s/KVM_INTEL/KVM_INTELX/" &&
	patch "KVM: arm64: No KVM" subst arch/arm64/kvm/Kconfig "/^config KVM$/,/HAVE_KVM/d" &&
	test_expect_code 1 judge renamed base..renamed &&
	results causes renamed >causes &&
	cat >expected <<-\EOT &&
	config:lost:CONFIG_KVM_INTEL 1 - x86_64/default/gcc
	config:lost:CONFIG_KVM 2 - arm64/bool/gcc
	EOT
	test_cmp expected causes &&
	results advice renamed >advice &&
	grep "^config:lost:CONFIG_KVM_INTEL let CONFIG_KVM_INTEL come out as asked .*patch 1 changes arch/x86/kvm/Kconfig.*no such symbol in this tree; did you mean CONFIG_KVM_INTELX" advice &&
	grep "^config:lost:CONFIG_KVM let .*patch 2 changes arch/arm64/kvm/Kconfig.*no such symbol" advice
'

test_expect_success 'what failed before is neither healed by the loss nor broken by its end' '
	topic behind &&
	patch "KVM: x86: Break" append arch/x86/kvm/lapic.c <<-\EOT &&
	#error lapic
	EOT
	patch "KVM: x86: Not now" subst arch/x86/kvm/Kconfig "s/depends on HAVE_KVM/&\n\tdepends on EXPERT/" &&
	patch "KVM: x86: Now" git checkout -q base -- arch/x86/kvm/Kconfig &&
	test_expect_code 1 judge behind base..behind --cells "x86_64/default/*" &&
	verdicts_are behind <<-\EOT &&
	1 x86_64/default/gcc regressed
	2 x86_64/default/gcc regressed
	3 x86_64/default/gcc still-broken
	EOT
	results causes behind >causes &&
	grep "^other:.* 1 - x86_64/default/gcc" causes &&
	grep "^config:lost:CONFIG_KVM 2 3 x86_64/default/gcc" causes &&
	grep "left_out" out/behind/results.json &&
	"$KVMATRIX_TOP/tests/check-schema" out/behind/results.json
'

test_expect_success 'of cells that are built once it counts what any of them asks for' '
	matrix m.yaml "x86_64" \
		"configs:" \
		"  - { name: default, base: defconfig }" \
		"  - { name: twin, base: defconfig, options: [CONFIG_KVM=m] }" &&
	test_expect_code 1 judge twins base..depends~2 --no-memory &&
	verdicts_are twins <<-\EOT &&
	1 x86_64/default/gcc ok
	1 x86_64/twin/gcc ok
	2 x86_64/default/gcc regressed
	2 x86_64/twin/gcc regressed
	EOT
	test_expect_code 0 judge alone base..depends~2 --cells "*/default/*"
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
