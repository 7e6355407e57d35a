#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only

test_description='exposure: what code outside KVM uses of its headers'
. "$(dirname "$0")/lib/kvmatrix.sh"

findings_are() {
	cat >"$1.expected" &&
	results findings "$1" | sed -n "s/^exposure //p" >"$1.actual" &&
	test_cmp "$1.expected" "$1.actual"
}

test_expect_success 'setup: two architectures, built by plain make' '
	minikernel tree &&
	matrix m.yaml "arm64, powerpc" &&
	for arch in arm64 powerpc; do
		mini_make "$PWD/$arch" $arch defconfig >log 2>&1 &&
		mini_make "$PWD/$arch" $arch drivers/ arch/$arch/ >>log 2>&1 || {
			cat log
			return 1
		}
	done
'

test_expect_success 'the table of an objtree tells what each file uses' '
	"$KVMATRIX" exposure --srctree tree arm64 >arm64.table &&
	grep -E "^arch/arm64/kernel/asm-offsets.c:3 +linux/kvm_host.h +members +arm64" arm64.table &&
	grep -E "^arch/arm64/mm/init.c:2 +asm/kvm_host.h +function .*kvm_hyp_reserve\(\) \(8\)" arm64.table &&
	grep -E "^drivers/vfio/vfio_main.c:2 +linux/kvm_host.h +members .*kvm.created_vcpus \(14\)" arm64.table &&
	grep "0 not parsed" arm64.table
'

test_expect_success 'tables of several architectures are one' '
	"$KVMATRIX" exposure --srctree tree --json all.json arm64 powerpc >all.table &&
	grep -E "^drivers/vfio/vfio_main.c:2 .*arm64,powerpc" all.table &&
	grep "\"name\":\"drivers/vfio/vfio_main.o\"" all.json
'

test_expect_success 'nothing was written to the objtree' '
	(cd arm64 && find . -newer ../arm64.table -type f) >newer &&
	test_must_be_empty newer
'

test_expect_success 'what cannot be parsed is told, and ends with 3' '
	sed -i "s/ -c / -fno-such-thing -c /" arm64/drivers/vfio/.vfio_main.o.cmd &&
	test_expect_code 3 "$KVMATRIX" exposure --srctree tree arm64 >broken.table &&
	grep "1 not parsed" broken.table &&
	grep "drivers/vfio/vfio_main.o (arm64): .*-fno-such-thing" broken.table &&
	mkdir empty &&
	test_expect_code 2 "$KVMATRIX" exposure empty 2>err &&
	grep "nothing was built here" err &&
	test_expect_code 2 "$KVMATRIX" exposure nowhere 2>err &&
	grep "no such directory" err
'

test_expect_success 'a source that went away is one message' '
	mv tree moved &&
	test_expect_code 2 "$KVMATRIX" exposure arm64 >gone.table 2>err &&
	mv moved tree &&
	grep "arm64: it was built from .*--srctree DIR" err &&
	test $(wc -l <err) = 1 &&
	! grep "not parsed" gone.table
'

test_expect_success 'as an audit: what a series adds and takes away' '
	topic series &&
	patch "vfio: Forget the count" subst drivers/vfio/vfio_main.c \
		"s/return device->kvm->created_vcpus/return device->kvm != NULL/" &&
	patch "arm64: Look inside" sh -c "cat >arch/arm64/mm/init.c" <<-\EOT &&
	#include <linux/kvm_host.h>

	void bootmem_init(void);

	void bootmem_init(void)
	{
		struct kvm_arch a = { .vttbr = 1 };

		if (a.vttbr)
			kvm_hyp_reserve();
	}
	EOT
	"$KVMATRIX" audit exposure --tree tree -m m.yaml --cells "arm64/*" \
		--audit-share 0 -o out/run base..series >run.out 2>run.err
	test $? = 1 &&
	results findings run >all &&
	grep "exposure removed 1 members drivers/vfio/vfio_main.o drivers/vfio/vfio_main.c:2 include/linux/kvm_host.h arm64/default/gcc" all &&
	grep "exposure added 2 members arch/arm64/mm/init.o arch/arm64/mm/init.c arch/arm64/include/asm/kvm_host.h arm64/default/gcc" all &&
	results evidence run >said &&
	grep "exposure members .*kvm_arch.vttbr (arch/arm64/mm/init.c:7)" said
'

# A file in which no loader finds a library hides the real one.
without_libclang() {
	lib=$("$KVMATRIX" doctor -m m.yaml | sed -n "s/^ok *\(libclang[^ ]*\) .*/\1/p") &&
	mkdir -p bare &&
	echo nothing >"bare/$lib" &&
	LD_LIBRARY_PATH=$PWD/bare "$@"
}

test_expect_success 'a libclang that is missing is told before anything is built' '
	test_expect_code 3 without_libclang "$KVMATRIX" exposure --srctree tree arm64 2>err &&
	grep "libclang cannot be loaded (.*); it is in the package libclang" err &&
	test $(wc -l <err) = 1 &&
	test_expect_code 3 without_libclang "$KVMATRIX" audit exposure --tree tree \
		-m m.yaml -o out/none base..series 2>err &&
	grep "audit exposure: libclang cannot be loaded" err &&
	! test -e out/none &&
	without_libclang "$KVMATRIX" doctor -m m.yaml >doctor &&
	grep "^absent *libclang" doctor &&
	grep "apt-get install .*libclang" doctor
'

test_expect_success 'nothing else needs libclang' '
	without_libclang "$KVMATRIX" --version >version &&
	grep kvmatrix version &&
	without_libclang "$KVMATRIX" plan --tree tree -m m.yaml base..series >plan &&
	grep "patch 2" plan
'

test_done
