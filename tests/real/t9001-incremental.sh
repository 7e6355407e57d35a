#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only

test_description='what plain incremental make says of a header that moves away

The reason why kvmatrix drops objects: at the last patch of s390-needs-arm64 a
header is gone from where an s390 unit includes it. Incremental make keeps the
old object and reports success; a build that has no such object fails.
'

. "$(dirname "$0")/../lib/real.sh"

# kbuild takes no directory with a blank in its name, as sharness's own has.
work=$(mktemp -d "${TMPDIR:-/tmp}/kvmatrix-t9001.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT

plain () {
	make -s -j2 -C "$work/src" O="$work/obj" ARCH=s390 \
		CROSS_COMPILE=s390x-linux-gnu- "$@" </dev/null
}

apply () {
	(cd "$work/src" && patch -s -p1 --no-backup-if-mismatch <"$1")
}

test_expect_success 'set up the kernel and a configuration' '
	mkdir "$work/src" "$work/obj" &&
	tar -x -f "$tarball" -C "$work/src" --strip-components=1 &&
	plain defconfig
'

test_expect_success 'the unit builds with the header in the shared place' '
	set -- "$TOP"/patches/s390-needs-arm64/*.patch &&
	test $# = 3 &&
	apply "$1" &&
	apply "$2" &&
	plain arch/s390/kvm/vsie.o
'

test_expect_success 'incremental make passes when the header moves away' '
	set -- "$TOP"/patches/s390-needs-arm64/*.patch &&
	apply "$3" &&
	plain arch/s390/kvm/vsie.o
'

test_expect_success 'without the old object the same build fails' '
	rm "$work/obj/arch/s390/kvm/vsie.o" &&
	test_must_fail plain arch/s390/kvm/vsie.o 2>err &&
	grep "vncr_mapping.h: No such file" err
'

rm -rf "$work"
test_done
