#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only

test_description='verdicts against plain make in an empty O=, step by step

tests/real/differential runs on any series and matrix; here it judges the sample
that incremental make gets wrong. (Each step of it is a clean build; judging every
sample in every cell takes an hour.)
'

. "$(dirname "$0")/../lib/real.sh"

test_expect_success 'no difference on s390-needs-arm64' '
	"$TOP/tests/real/differential" --ccache --cells "s390/*" \
		-m "$TOP/matrices/smoke.yaml" "$tarball" \
		"$TOP/patches/s390-needs-arm64" >out &&
	cat out
'

test_done
