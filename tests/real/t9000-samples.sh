#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only

test_description='sample series on a real kernel: every verdict as expected

Each sample below patches/ says in its file "expect" what kvmatrix must find, per
matrix, cell and patch. This runs them on the kernel named by KERNEL with real
cross compilers.
'

. "$(dirname "$0")/../lib/real.sh"

# run_sample NAME MATRIX: judges it in the cells that its expectations name
run_sample () {
	cells=$(awk -v m="$2" '$1 == m {print $2}' \
		"$TOP/patches/$1/expect" | sort -u | paste -sd, -) &&
	test -n "$cells" &&
	code=0 &&
	{ "$KVMATRIX" run --tree "$tarball" -m "$2" --cells "$cells" \
		-o "$1-$2" "$TOP/patches/$1" >"$1-$2.txt" 2>"$1-$2.err" ||
		code=$?; } &&
	cat "$1-$2.txt" &&
	want=0 &&
	if grep -q "^$2 .* regressed" "$TOP/patches/$1/expect"
	then
		want=1
	fi &&
	if test "$code" != "$want"
	then
		cat "$1-$2.err"
		echo "exit code $code, expected $want"
		return 1
	fi &&
	"$TOP/tests/real/check-expect" "$1-$2/results.json" \
		"$TOP/patches/$1/expect" "$2"
}

test_expect_success "the source of Linux $KERNEL is there or can be brought" '
	test -s "$tarball"
'

for dir in "$TOP"/patches/*/
do
	name=$(basename "$dir")
	test_expect_success "$name has a README and expectations" '
		test -s "$TOP/patches/$name/README.md" &&
		test -s "$TOP/patches/$name/expect"
	'
	for matrix in $(awk '/^[a-z]/ {print $1}' "$dir/expect" | sort -u)
	do
		test_expect_success "$name: verdicts in $matrix are as expected" '
			run_sample "$name" "$matrix"
		'
		test_expect_success "$name: its results.json holds to the schema" '
			"$TOP/tests/check-schema" "$name-$matrix/results.json"
		'
	done
done

test_expect_success 'a second run builds nothing again and says the same' '
	"$KVMATRIX" run --tree "$tarball" -m smoke --cells s390 -o again \
		"$TOP/patches/drop-unused-includes" >again.txt &&
	perl -MJSON::PP -e "
		local \$/; my \$r = decode_json(<>);
		for (@{\$r->{steps}}) {
			next if \$_->{patch} == 0 || \$_->{outcome} ne q(built);
			die qq(patch \$_->{patch} was built again\n)
				unless \$_->{remembered};
		}" again/results.json
'

test_done
