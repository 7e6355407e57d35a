#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only

test_description='a few mutated headers of a real kernel, judged three times

tests/real/mutate takes any number of mutations and cells; six of the smallest cell
are what fits into every check. MUTATIONS and SEED ask for more and others.
'

MUTATIONS=${MUTATIONS:-6}
SEED=${SEED:-1}
. "$(dirname "$0")/../lib/real.sh"

# mutate OPTIONS: the harness in the work directory of this test
mutate () {
	"$TOP/tests/real/mutate" -m "$TOP/matrices/smoke.yaml" \
		-n "$MUTATIONS" --seed "$SEED" "$@" "$tarball"
}

test_expect_success "nobody disagrees on $MUTATIONS mutations of s390" '
	code=0 &&
	{ mutate -o work >out 2>err || code=$?; } &&
	cat out &&
	{ test $code = 0 || { cat err; false; }; } &&
	states=$((MUTATIONS + 1)) &&
	grep "^$states of $states states compared, 0 disagree" out
'

test_expect_success 'some of them broke, so there was something to miss' '
	awk "\$1 == \"all\" { broke = \$3 } END { exit broke == 0 }" out
'

test_expect_success 'a failure that kvmatrix keeps to itself is noticed' '
	perl -MJSON::PP -e "
		local \$/;
		my \$r = decode_json(<>);
		my (\$step) = grep { @{\$_->{failed_units}} &&
			!@{\$_->{failed_replayed}} } @{\$r->{steps}};
		shift @{\$step->{failed_units}};
		print encode_json(\$r);
	" work/s390-default-gcc/full/results.json >lied &&
	mv lied work/s390-default-gcc/full/results.json &&
	test_expect_code 1 mutate --compare-only -o work >out &&
	grep "make only, failing unit" out
'

test_done
