#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only

test_description='steps that go on where an earlier one ended

The objtree of a cell goes from state to state. What it holds must be what an empty
O= gives at each of them, also when files go back to what they were, units come and
go, configuration changes, make stops in prepare or is killed.'
. "$(dirname "$0")/lib/kvmatrix.sh"

an_option () {
	echo "source \"arch/s390/kvm/Kconfig.more\"" >>arch/s390/kvm/Kconfig &&
	printf "config KVM_MORE\n\tbool\n" >arch/s390/kvm/Kconfig.more
}

option_on () {
	printf "\tdefault y\n" >>arch/s390/kvm/Kconfig.more &&
	printf "#ifdef CONFIG_KVM_MORE\n#error more\n#endif\n" >>arch/s390/kvm/gaccess.c
}

two_units () {
	echo "kvm-y += two.o" >>arch/s390/kvm/Makefile &&
	printf "#include \"gaccess.h\"\nint two;\n" >arch/s390/kvm/two.c
}

one_unit () {
	git checkout -q base -- arch/s390/kvm/Makefile arch/s390/kvm/gaccess.h &&
	git rm -q arch/s390/kvm/two.c
}

test_expect_success 'setup: a series that goes to and fro' '
	minikernel tree &&
	matrix m.yaml "arm64, s390, x86_64" &&
	topic series &&
	patch "KVM: s390: Change gaccess.h" \
		subst arch/s390/kvm/gaccess.h "s/ga + vcpu/ga - vcpu/" &&
	patch "KVM: s390: Break diag.c" subst arch/s390/kvm/diag.c "s/4096/nothing/" &&
	patch "KVM: s390: As it was" \
		git checkout -q base -- arch/s390/kvm/gaccess.h &&
	patch "KVM: s390: Heal diag.c" git checkout -q base -- arch/s390/kvm/diag.c &&
	patch "KVM: s390: An option" an_option &&
	patch "KVM: s390: Change gaccess.c" \
		subst arch/s390/kvm/gaccess.c "s/effective(vcpu, ga)/effective(vcpu, ga + 1)/" &&
	patch "KVM: s390: The option is on and breaks" option_on &&
	patch "KVM: s390: It is off again" \
		subst arch/s390/kvm/Kconfig.more "/default y/d" &&
	patch "KVM: s390: Move gaccess.h" \
		git mv arch/s390/kvm/gaccess.h arch/s390/kvm/guest.h &&
	patch "KVM: s390: Move it back" \
		git mv arch/s390/kvm/guest.h arch/s390/kvm/gaccess.h &&
	patch "KVM: x86: Shadow capabilities.h" \
		eval "echo >arch/x86/kvm/vmx/capabilities.h" &&
	patch "KVM: Break prepare of arm64" subst include/linux/kvm_host.h "/linux.mutex.h/d" &&
	patch "KVM: x86: Do not shadow it" git rm -q arch/x86/kvm/vmx/capabilities.h &&
	patch "KVM: Heal prepare" git checkout -q base -- include/linux/kvm_host.h &&
	patch "KVM: s390: Two units" two_units &&
	patch "KVM: s390: Break it in a header" \
		subst arch/s390/kvm/gaccess.h "s/vcpu->arch.sie/vcpu->arch.tie/" &&
	patch "KVM: s390: One unit" one_unit &&
	git -C tree format-patch -q -o "$TRASH/mails" base..series
'

test_expect_success 'each step is what an empty O= gives' '
	"$KVMATRIX_TOP/tests/real/differential" --no-cache -m m.yaml --base base tree mails >diff.out 2>&1 ||
	{ cat diff.out; false; }
'

test_expect_success 'every step was compared' '
	grep "54 steps compared, 0 different, 0 could not be compared" diff.out
'

test_expect_success 'setup: the same with what each step built' '
	test_expect_code 1 judge all mails --base base --no-memory &&
	results reached all >reached &&
	cat reached
'

# (Without namespaces the cells share a checkout, whose files get new times.)
test_expect_success NAMESPACES 'a step builds what its patch reaches, not what those before it did' '
	grep "^1 s390/default/gcc 2 2 0$" reached &&
	grep "^2 s390/default/gcc 1 1 1$" reached &&
	grep "^4 s390/default/gcc 1 1 0$" reached
'

test_expect_success 'a changed configuration starts from nothing once, not ever after' '
	awk "\$1 == 5 && \$2 ~ /s390/ && \$4 > 5 {a = 1}
		\$1 == 6 && \$2 ~ /s390/ && \$4 == 1 {b = 1}
		END {exit !(a && b)}" reached
'

test_expect_success 'without namespaces the steps are the same' '
	test_expect_code 1 judge plain mails --base base --no-memory --no-sandbox &&
	results steps all >all.steps &&
	results steps plain >plain.steps &&
	test_cmp all.steps plain.steps
'

test_expect_success 'an inserted patch costs the steps that read what it changes' '
	topic inserted series~11 &&
	patch "KVM: s390: Comment in kvm-s390.c" append arch/s390/kvm/kvm-s390.c <<-\EOT &&
	/* inserted */
	EOT
	git -C tree cherry-pick series~11..series~8 >/dev/null &&
	test_expect_code 1 judge first base..series~8 &&
	test_expect_code 1 judge inserted base..inserted &&
	results remembered inserted >remembered &&
	results reached inserted >reached &&
	cat remembered reached &&
	# Patch 7 is the new one.
	grep "^6 s390/default/gcc$" remembered &&
	! grep "^7 s390/default/gcc$" remembered
'

test_expect_success 'a patch that this cell does not read leaves what is remembered' '
	topic other &&
	patch "KVM: x86: A comment" append arch/x86/kvm/xen.c <<-\EOT &&
	/* x86 only */
	EOT
	git -C tree cherry-pick base..series~8 >/dev/null &&
	test_expect_code 1 judge other base..other &&
	results remembered other >remembered &&
	results reached other >reached &&
	cat remembered reached &&
	# One patch later; also where a unit fails (3, 4), if it could be read to
	# its end. Of 8 that is not known: it began from an empty O=.
	grep "s390/default/gcc" remembered >s390 &&
	printf "%s s390/default/gcc\n" 2 3 4 5 6 7 9 >expected &&
	test_cmp expected s390
'

test_done
