#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only

test_description='audits of object code: identity and boot-calls'
. "$(dirname "$0")/lib/kvmatrix.sh"

# audit NAME AUDITS SERIES [OPTIONS]
audit() {
	audit_name=$1 audit_list=$2 audit_series=$3
	shift 3
	"$KVMATRIX" audit "$audit_list" --tree "$mini_tree" --audit-share 0 \
		-o "out/$audit_name" "$@" "$audit_series" \
		>"$audit_name.out" 2>"$audit_name.err"
	audit_code=$?
	cat "$audit_name.err" "$audit_name.out"
	return $audit_code
}

# findings_are NAME AUDIT: holds "STATUS PATCH KIND UNIT FILE:LINE TARGET CELLS", without
# figures, against standard input.
findings_are() {
	cat >"$1.expected" &&
	results findings "$1" | sed -n "s/^$2 //p" |
		grep -v "^present 0 \(summary\|aside\)" >"$1.actual"
	test_cmp "$1.expected" "$1.actual"
}

evidence() {
	results evidence "$1" | sed -n "s/^$2 //p"
}

test_expect_success 'setup' '
	minikernel tree &&
	matrix m.yaml "x86_64, arm64, s390, powerpc" &&
	matrix image.yaml "powerpc, s390" "target: { image: true }" \
		"configs:" \
		"  - { name: default, base: defconfig }" \
		"  - { name: builtin, base: defconfig, options: [CONFIG_KVM_BOOK3S_HV=y], arches: [powerpc] }"
'

test_expect_success 'identity: what changes comments and lines only is identical' '
	topic comment &&
	patch "KVM: s390: Say more" sed -i "2i /* more */" arch/s390/kvm/diag.c &&
	test_expect_code 0 audit comment identity base..comment -m m.yaml &&
	findings_are comment identity </dev/null &&
	evidence comment identity >said &&
	grep -c "functions identical" said >nr &&
	echo 4 >expected && test_cmp expected nr &&
	! grep "changed\|added\|removed" said
'

test_expect_success 'identity: a constant changes exactly one function' '
	topic one comment &&
	patch "KVM: s390: Another page" subst arch/s390/kvm/diag.c "s/4096/8192/" &&
	test_expect_code 1 audit one identity base..one -m m.yaml &&
	findings_are one identity <<-\EOT
	added 2 changed arch/s390/kvm/diag.o - kvm_s390_handle_diag s390/default/gcc
	EOT
'

test_expect_success 'identity: what a later patch takes back is told as such' '
	topic back one &&
	patch "KVM: s390: The old page" subst arch/s390/kvm/diag.c "s/8192/4096/" &&
	test_expect_code 1 audit back identity base..back -m m.yaml --cells s390 &&
	findings_are back identity <<-\EOT
	added 2 changed arch/s390/kvm/diag.o - kvm_s390_handle_diag s390/default/gcc
	removed 3 changed arch/s390/kvm/diag.o - kvm_s390_handle_diag s390/default/gcc
	EOT
'

test_expect_success 'identity: a function that moves is the same in another unit' '
	topic here &&
	patch "KVM: s390: More to move" sh -c "
		printf \"\nint kvm_s390_sum(int a, int b);\nint kvm_s390_sum(int a, int b) { return a * 3 + b; }\n\" >>arch/s390/kvm/diag.c" &&
	topic there here &&
	patch "KVM: s390: Move" sh -c "
		tail -3 arch/s390/kvm/diag.c >>arch/s390/kvm/kvm-s390.c &&
		sed -i \"/kvm_s390_sum/d\" arch/s390/kvm/diag.c" &&
	test_expect_code 0 audit move identity here..there -m m.yaml --cells s390 &&
	findings_are move identity <<-\EOT &&
	present 0 moved arch/s390/kvm/diag.o - kvm_s390_sum s390/default/gcc
	EOT
	evidence move identity >said &&
	grep "moved is the same in arch/s390/kvm/kvm-s390.o" said &&
	grep "(1 moved to another unit" said
'

test_expect_success 'identity: of a unit that does not compile nothing is said' '
	topic broken &&
	patch "KVM: s390: Break" append arch/s390/kvm/diag.c <<-\EOT &&
	int broken(void) { return nothing_of_that_name; }
	EOT
	test_expect_code 1 audit broken identity base..broken -m m.yaml --cells s390 &&
	findings_are broken identity </dev/null &&
	evidence broken identity >said &&
	grep "1 units have no object at the tip .*arch/s390/kvm/diag.o" said
'

test_expect_success 'boot-calls: a call of what only a module defines' '
	topic boot &&
	patch "powerpc: Enter the hypervisor early" eval "
		subst arch/powerpc/mm/init.c \"s/^unsigned long mem_init(void);/&\\nvoid kvmppc_hv_enter(void *vcpu);/\" \"s/return PAGE_SHIFT/kvmppc_hv_enter(0);\\n\\t&/\"
	" &&
	test_expect_code 1 audit boot boot-calls base..boot -m image.yaml &&
	grep -v "^boot-calls present" <<-EOT >all &&
	$(results findings boot)
	EOT
	cat >expected <<-\EOT &&
	boot-calls added 1 builtin arch/powerpc/mm/init.o - kvmppc_hv_enter powerpc/builtin/gcc
	boot-calls added 1 module arch/powerpc/mm/init.o - kvmppc_hv_enter powerpc/default/gcc
	EOT
	test_cmp expected all &&
	evidence boot boot-calls >said &&
	grep "module mem_init in .text, built in -> arch/powerpc/kvm/book3s_hv.o, module .*: does not link" said
'

test_expect_success 'boot-calls: in a cell without an image it says what it has not seen' '
	topic part &&
	patch "KVM: s390: Another page" subst arch/s390/kvm/diag.c "s/4096/8192/" &&
	test_expect_code 0 audit part boot-calls base..part -m m.yaml --cells s390 &&
	grep "only the [0-9]* objects that were built are seen" part.out
'

test_expect_success 'an audit of objects and one of headers go together' '
	test_expect_code 1 audit both identity,headers base..one -m m.yaml --cells s390 &&
	findings_are both identity <<-\EOT
	added 2 changed arch/s390/kvm/diag.o - kvm_s390_handle_diag s390/default/gcc
	EOT
'

test_done
