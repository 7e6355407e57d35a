#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only

test_description='the kernel in miniature behaves as kbuild does

Whatever the other tests show is worth as much as this imitation. The traps are
shown with plain make, without kvmatrix.'
. "$(dirname "$0")/lib/kvmatrix.sh"

arches="x86_64 arm64 s390 powerpc"

# clean ARCH TARGETS: exit code of make -k in an empty object tree
clean() {
	rm -rf "$TRASH/clean" &&
	mini_make "$TRASH/clean" "$1" defconfig >clean.log 2>&1 || return 99
	clean_arch=$1
	shift
	mini_make "$TRASH/clean" "$clean_arch" -k "$@" >clean.log 2>&1
}

test_expect_success 'the tree is a git repository with one commit' '
	minikernel tree &&
	test "$(git -C tree rev-list --count HEAD)" = 1 &&
	git -C tree status --porcelain >status &&
	test_must_be_empty status
'

test_expect_success 'its commit is the same wherever it is made' '
	minikernel again &&
	git -C again rev-parse HEAD >again.id &&
	git -C tree rev-parse HEAD >tree.id &&
	test_cmp tree.id again.id &&
	mini_tree=tree
'

test_expect_success 'every architecture builds completely, without a warning' '
	for arch in $arches; do
		mini_make "$TRASH/obj-$arch" $arch defconfig >log 2>&1 &&
		mini_make "$TRASH/obj-$arch" $arch all >log 2>&1 &&
		! grep -E "warning|error" log || return 1
	done
'

test_expect_success 'a second make has nothing to do' '
	mini_make "$TRASH/obj-arm64" arm64 >log 2>&1 &&
	! grep -E "^  [A-Z]" log
'

test_expect_success 'nothing is written into the sources' '
	git -C tree status --porcelain --ignored >status &&
	test_must_be_empty status
'

test_expect_success 'virt/kvm is built from the directory of the architecture' '
	for dir in x86 arm64 s390 powerpc; do
		arch=$dir && test $dir != x86 || arch=x86_64
		test -e obj-$arch/virt/kvm/kvm_main.o &&
		grep "^savedcmd_arch/$dir/kvm/../../../virt/kvm/kvm_main.o := " \
			obj-$arch/virt/kvm/.kvm_main.o.cmd >cmd &&
		grep " -D__KERNEL__ " cmd || return 1
	done
'

test_expect_success 'dependency files name headers, options and the source' '
	file=obj-arm64/arch/arm64/mm/.init.o.cmd &&
	grep "^source_arch/arm64/mm/init.o := .*/tree/arch/arm64/mm/init.c$" $file &&
	grep "arch/arm64/include/asm/kvm_host.h" $file &&
	grep "wildcard include/config/KVM)" $file &&
	! grep "autoconf.h" $file
'

test_expect_success 'an option that changes rebuilds who mentions it, and no other' '
	echo "CONFIG_KVM=n" >>obj-arm64/.config &&
	mini_make "$TRASH/obj-arm64" arm64 olddefconfig >log 2>&1 &&
	grep "# CONFIG_KVM is not set" obj-arm64/.config &&
	mini_make "$TRASH/obj-arm64" arm64 >log 2>&1 &&
	grep "CC .*arch/arm64/mm/init.o" log &&
	! grep "kernel/sched.o" log
'

test_expect_success 'modules are told from what is built in' '
	clean x86_64 arch/x86/kvm/ &&
	grep "^  CC \[M\]  arch/x86/kvm/x86.o$" clean.log &&
	grep "^  LD \[M\]  arch/x86/kvm/kvm.o$" clean.log &&
	clean s390 arch/s390/kvm/ &&
	grep "^  CC      arch/s390/kvm/diag.o$" clean.log
'

test_expect_success 'single targets build one unit, also one that is not configured' '
	clean x86_64 drivers/vfio/vfio_pci.o drivers/char/ &&
	grep "drivers/vfio/vfio_pci.o" clean.log &&
	grep "drivers/char/tty.o" clean.log &&
	! grep "vfio_main.o" clean.log
'

test_expect_success 'a directory of KVM without KVM builds nothing and is no error' '
	clean arm64 prepare &&
	sed -i "s/^CONFIG_KVM=y/# CONFIG_KVM is not set/" clean/.config &&
	mini_make "$TRASH/clean" arm64 olddefconfig arch/arm64/kvm/ >log 2>&1
	mini_make "$TRASH/clean" arm64 arch/arm64/kvm/ >log 2>&1 &&
	! grep "arch/arm64/kvm/.*\.o" log
'

test_expect_success 'requests whose dependency is not met get lost without an error' '
	printf "CONFIG_KVM_XEN=y\n" >fragment &&
	mini_make "$TRASH/clean" x86_64 defconfig >log 2>&1 &&
	sh tree/scripts/kconfig/merge_config.sh -m -O clean clean/.config fragment &&
	grep "CONFIG_KVM_XEN=y" clean/.config &&
	mini_make "$TRASH/clean" x86_64 olddefconfig >log 2>&1 &&
	! grep "KVM_XEN" clean/.config &&
	printf "CONFIG_EXPERT=y\nCONFIG_XEN=y\nCONFIG_KVM_XEN=y\n" >fragment &&
	sh tree/scripts/kconfig/merge_config.sh -m -O clean clean/.config fragment &&
	mini_make "$TRASH/clean" x86_64 olddefconfig >log 2>&1 &&
	grep "^CONFIG_KVM_XEN=y" clean/.config
'

# The traps -------------------------------------------------------------------

test_expect_success 'trap: a header moved away breaks a clean build' '
	clean s390 arch/s390/kvm/ &&
	cp -a clean incremental &&
	git -C tree mv arch/s390/kvm/gaccess.h arch/s390/kvm/guest.h &&
	test_must_fail clean s390 arch/s390/kvm/ &&
	grep "gaccess.h: No such file" clean.log
'

test_expect_success 'trap: plain incremental make passes and keeps the old object' '
	mini_make "$TRASH/incremental" s390 -k arch/s390/kvm/ >log 2>&1 &&
	test -e incremental/arch/s390/kvm/diag.o &&
	! grep "diag.o" log &&
	rm incremental/arch/s390/kvm/diag.o &&
	test_must_fail mini_make "$TRASH/incremental" s390 arch/s390/kvm/ >log 2>&1 &&
	git -C tree reset -q --hard
'

test_expect_success 'trap: a new header that shadows another breaks a clean build only' '
	clean x86_64 arch/x86/kvm/ &&
	rm -rf incremental && mv clean incremental &&
	echo "#error wrong header" | put tree/arch/x86/kvm/vmx/capabilities.h &&
	test_must_fail clean x86_64 arch/x86/kvm/ &&
	grep "wrong header" clean.log &&
	mini_make "$TRASH/incremental" x86_64 -k arch/x86/kvm/ >log 2>&1 &&
	git -C tree clean -qfd
'

test_expect_success 'trap: a broken kvm_host.h stops make in prepare where asm-offsets reads it' '
	echo "#error broken" | append tree/include/linux/kvm_host.h &&
	test_must_fail clean powerpc arch/powerpc/kvm/ &&
	grep "prepare0\] Error" clean.log &&
	! grep "arch/powerpc/kvm/powerpc.o" clean.log &&
	test_must_fail clean arm64 arch/arm64/kvm/ &&
	grep "prepare0\] Error" clean.log &&
	test_must_fail clean x86_64 arch/x86/kvm/ &&
	! grep "prepare0\] Error" clean.log &&
	grep "CC .*arch/x86/kvm/x86.o" clean.log &&
	git -C tree reset -q --hard
'

test_expect_success 'trap: make can fail without a line of a compiler' '
	subst tree/arch/s390/kvm/Makefile "s/gaccess.o/guest.o/" &&
	test_must_fail clean s390 arch/s390/kvm/ &&
	grep "No rule to make target" clean.log &&
	! grep -E "^[a-z/]+\.c:" clean.log &&
	git -C tree reset -q --hard
'

test_done
