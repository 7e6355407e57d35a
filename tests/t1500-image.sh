#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only

test_description='image: true: the link is judged at every state'
. "$(dirname "$0")/lib/kvmatrix.sh"

image_matrix() {
	matrix "$1" "$2" 'target: { image: true }' \
		'configs:' \
		'  - { name: default, base: defconfig }' \
		"  - { name: builtin, base: defconfig, options: [CONFIG_KVM_BOOK3S_HV=y], arches: [powerpc] }"
}

# What the link says: lines "PATCH CELL STATUS TOOL MESSAGE".
links() {
	python3 - "out/$1/results.json" <<-\PY
	import json, sys
	for d in json.load(open(sys.argv[1]))["diagnostics"]:
	    if d.get("tool") in ("ld", "modpost"):
	        print(d["patch"], d["cell"], d["status"], d["unit"],
	              d.get("file") or "-", d["message"])
	PY
}

test_expect_success 'setup' '
	minikernel tree &&
	image_matrix m.yaml "x86_64, arm64, s390, powerpc"
'

test_expect_success 'a series that links everywhere' '
	topic fine &&
	patch "KVM: More arguments" subst virt/kvm/eventfd.c "s/return /return 0 + /" &&
	patch "printk: Something else" subst kernel/printk.c "s/return /return 0 + /" &&
	test_expect_code 0 judge fine base..fine --verbose &&
	verdicts_are fine <<-\EOT
	1 arm64/default/gcc ok
	1 powerpc/builtin/gcc ok
	1 powerpc/default/gcc ok
	1 s390/default/gcc ok
	1 x86_64/default/gcc ok
	2 arm64/default/gcc ok
	2 powerpc/builtin/gcc ok
	2 powerpc/default/gcc ok
	2 s390/default/gcc ok
	2 x86_64/default/gcc ok
	EOT
'

test_expect_success 'a state in between is not linked, the tip is' '
	grep "^  LD  *vmlinux$" out/fine/logs/2/s390-default-gcc.log &&
	! grep "LD  *vmlinux" out/fine/logs/1/s390-default-gcc.log
'

test_expect_success 'only objects that were built are read again' '
	grep "s390/default/gcc patch 0: symbol tables of .* objects" fine.err &&
	grep "s390/default/gcc patch 1: .*(1 read anew)" fine.err &&
	grep "s390/default/gcc patch 2: .*(1 read anew)" fine.err
'

test_expect_success 'boot code that calls what a module defines' '
	topic boot &&
	patch "powerpc: Enter the hypervisor early" eval "
		subst arch/powerpc/mm/init.c \"s/^unsigned long mem_init(void);/&\\nvoid kvmppc_hv_enter(void *vcpu);/\" \"s/return PAGE_SHIFT/kvmppc_hv_enter(0);\\n\\t&/\"
	" &&
	patch "s390: Nothing to do with it" subst arch/s390/kvm/diag.c "s/return /return 0 + /" &&
	test_expect_code 1 judge boot base..boot --verbose &&
	verdicts_are boot <<-\EOT
	1 arm64/default/gcc unreached
	1 powerpc/builtin/gcc ok
	1 powerpc/default/gcc regressed
	1 s390/default/gcc unreached
	1 x86_64/default/gcc unreached
	2 arm64/default/gcc unreached
	2 powerpc/builtin/gcc unreached
	2 powerpc/default/gcc still-broken
	2 s390/default/gcc ok
	2 x86_64/default/gcc unreached
	EOT
'

test_expect_success 'the message names the caller, and the real link has agreed' '
	links boot >said &&
	grep "^1 powerpc/default/gcc new vmlinux arch/powerpc/mm/init.c undefined reference to .kvmppc_hv_enter" said &&
	grep "undefined reference" out/boot/logs/1/powerpc-default-gcc.log &&
	! grep internal boot.err
'

test_expect_success 'an unlinked tip that no patch reaches is linked all the same' '
	! grep "^1 powerpc/builtin/gcc.*LD  *vmlinux" boot.err &&
	grep "^  LD  *vmlinux$" out/boot/logs/2/powerpc-builtin-gcc.log
'

test_done
