# SPDX-License-Identifier: GPL-2.0-only
#
# What tests on a real kernel share; sourced after test_description is set.
#
# KERNEL (6.12) names the kernel; $tarball is its source, which is fetched when it
# is not there. Baselines are for all: these tests use the user's own cache, not
# sharness's home.

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

test_expect_success "the source of Linux $KERNEL" '
	tarball=$(sh "$TOP/runner/setup/kernel.sh" "$KERNEL") &&
	test -f "$tarball"
'
