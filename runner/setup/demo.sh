#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Judges two sample series on a real kernel, four architectures each. Both
# samples are made to fail, so kvmatrix ends with 1 for each; the demo itself
# succeeds when both were judged.
#
#   demo.sh VERSION        kernel version, e.g. 6.12
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
version=${1:?usage: demo.sh VERSION}
tarball=$(sh "$top/runner/setup/kernel.sh" "$version")

for sample in s390-needs-arm64 hide-internals; do
	out=$top/reports/out/demo-$sample
	echo
	echo "== kvmatrix run --tree $tarball -m smoke patches/$sample"
	code=0
	"$top/kvmatrix" run --tree "$tarball" -m smoke -o "$out" \
		"$top/patches/$sample" || code=$?
	if [ "$code" != 1 ]; then
		echo "demo: $sample was to end with exit code 1, not $code" >&2
		exit 1
	fi
done
echo
echo "TAP of both runs: $top/reports/out/demo-*/report.tap"
echo "Each sample's README says what it must show: $top/patches/*/README.md"
