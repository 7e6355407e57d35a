#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only

test_description='verdicts against plain make in an empty O=, step by step

tests/real/differential runs on any series and matrix; here it judges the sample
that incremental make gets wrong. (Each step of it is a clean build; judging every
sample in every cell takes an hour.)
'

TOP=${KVMATRIX_TOP:-$(cd "$(dirname "$0")/../.." && pwd)}
KVMATRIX=${KVMATRIX:-$TOP/kvmatrix}
KERNEL=${KERNEL:-6.12}
export TOP KVMATRIX KERNEL
real_cache=${XDG_CACHE_HOME:-$HOME/.cache}

SHARNESS_TEST_EXTENSION=sh
SHARNESS_TEST_DIRECTORY=$TOP/build/tests
SHARNESS_BUILD_DIRECTORY=$TOP
mkdir -p "$SHARNESS_TEST_DIRECTORY" || exit 1
. /usr/share/sharness/sharness.sh

export XDG_CACHE_HOME="$real_cache"

test_expect_success 'no difference on s390-needs-arm64' '
	tarball=$(sh "$TOP/runner/setup/kernel.sh" "$KERNEL") &&
	"$TOP/tests/real/differential" --ccache --cells "s390/*" \
		-m "$TOP/matrices/smoke.yaml" "$tarball" \
		"$TOP/patches/s390-needs-arm64" >out &&
	cat out
'

test_done
