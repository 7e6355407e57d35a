#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only

test_description='the audit of kvmatrix itself: skipped steps that are built anyway'
. "$(dirname "$0")/lib/kvmatrix.sh"

test_expect_success 'setup: steps that are skipped, some of them broken' '
	minikernel tree &&
	matrix m.yaml "s390, arm64" &&
	topic series &&
	patch "KVM: s390: Break diag.c" subst arch/s390/kvm/diag.c "s/4096/nothing/" &&
	patch "KVM: A page" append Documentation/virt/kvm.rst <<-\EOT &&
	More.
	EOT
	patch "KVM: arm64: A comment" append arch/arm64/kvm/arm.c <<-\EOT
	/* arm64 only */
	EOT
'

test_expect_success 'all that is skipped holds' '
	test_expect_code 1 judge all base..series --audit-share 100 --verbose &&
	grep "arm64/default/gcc patch 1: skipped, and built anyway: the same" all.err &&
	grep "arm64/default/gcc patch 2: skipped, and built anyway: the same" all.err &&
	grep "s390/default/gcc patch 2: skipped, and built anyway: the same" all.err &&
	! grep "internal error" all.out
'

test_expect_success 'it is done once' '
	test_expect_code 1 judge again base..series --audit-share 100% --verbose &&
	! grep "built anyway" again.err
'

test_expect_success 'a share of 0 builds none' '
	rm cache/kvmatrix/store.db* &&
	test_expect_code 1 judge none base..series --audit-share 0 --verbose &&
	! grep "built anyway" none.err
'

test_expect_success 'a step that was skipped wrongly is an internal error' '
	mkdir -p bin &&
	cat >bin/aarch64-linux-gnu-gcc <<-EOT &&
	#!/bin/sh
	# Fails where no baseline lies below.
	if test ! -e .kvmatrix-list.mk; then
		case "\$*" in
		*mmu.c*) echo "arch/arm64/kvm/mmu.c:1:1: error: wrongly skipped" >&2; exit 1 ;;
		esac
	fi
	exec $(command -v aarch64-linux-gnu-gcc) "\$@"
	EOT
	chmod +x bin/aarch64-linux-gnu-gcc &&
	(PATH=$TRASH/bin:$PATH && export PATH &&
		test_expect_code 3 judge wrong base..series~1 --cells arm64 --audit-share 100 --no-ccache) &&
	grep "internal error.*patch 1, arm64/default/gcc: arch/arm64/kvm/mmu.o fails in an empty O= only" wrong.out
'

test_expect_success 'shares that are none' '
	for share in -1 101 x 5x ""; do
		test_expect_code 2 judge bad base..series --audit-share "$share" &&
		grep "takes a share from 0 to 100 percent" bad.err || return 1
	done
'

test_done
