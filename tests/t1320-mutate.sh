#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only

test_description='mutated headers: full pass, quick pass and plain make agree

The harness for the real kernel, tests/real/mutate, on the one in miniature, and
that it notices when they do not agree.'
. "$(dirname "$0")/lib/kvmatrix.sh"

mutate="$KVMATRIX_TOP/tests/real/mutate"

test_expect_success 'setup: the miniature as a tarball' '
	minikernel tree &&
	git -C tree archive --prefix=linux-6.12/ -o "$TRASH/linux.tar" base &&
	matrix m.yaml "s390, x86_64"
'

test_expect_success 'mutations in two cells: nobody disagrees' '
	"$mutate" -m m.yaml --cells "*" -n 36 -o work linux.tar >out 2>err ||
	{ cat err out; false; }
'

test_expect_success 'all states were compared, and some broke' '
	cat out &&
	grep "^38 of 38 states compared, 0 disagree" out &&
	awk "\$1 == \"all\" { good = \$3 > 5 && \$4 == 38 } END { exit !good }" out
'

test_expect_success 'every kind of mutation was made' '
	cut -f 2 work/*/mutations | sort -u >kinds &&
	test "$(wc -l <kinds)" = 9
'

test_expect_success 'the series leads to the states that the mutations make alone' '
	cell=work/s390-default-gcc &&
	git -C tree checkout -q -f -B series base &&
	git -C tree am -q "$TRASH/$cell"/series/*.patch &&
	for k in 1 7 18
	do
		git -C tree checkout -q -f -B single base &&
		git -C tree am -q "$TRASH/$cell/single/$(printf %04d $k).patch" &&
		git -C tree diff --exit-code single "series~$((18 - k))" || return
	done
'

test_expect_success 'the same seed makes the same mutations, more of them add to these' '
	git -C tree checkout -q -f base &&
	again () {
		"$mutate-series" --src tree --base base --arch s390 "$@"
	} &&
	again --seed 1 -n 20 again &&
	head -n 18 again/mutations >first &&
	test_cmp work/s390-default-gcc/mutations first &&
	again --seed 2 -n 18 other &&
	! cmp -s other/mutations first
'

test_expect_success 'asked again, it asks make nothing' '
	"$mutate" -m m.yaml --cells "*" -n 36 -o work linux.tar >out2 2>err2 &&
	test_cmp out out2 &&
	! grep "asking make" err2
'

# lie PASS PERL CODE: edits the results ($r) of a copy of the work directory, compares, wants CODE;
# $step is the first step that failed and that make got through.
lie () {
	rm -rf lied && cp -R work lied &&
	perl -MJSON::PP -e "
		open my \$f, q(<), \$ARGV[0] or die; local \$/;
		my \$r = decode_json(<\$f>); close \$f;
		my (\$step) = grep { @{\$_->{failed_units}} &&
			!@{\$_->{failed_replayed}} } @{\$r->{steps}};
		$2;
		open \$f, q(>), \$ARGV[0] or die;
		print \$f encode_json(\$r); close \$f or die;
	" "lied/s390-default-gcc/$1/results.json" &&
	test_expect_code "$3" "$mutate" --compare-only -o lied linux.tar >lied.out 2>&1
}

test_expect_success 'the copy of a true account agrees' '
	lie full "1" 0
'

test_expect_success 'a failing unit that full keeps to itself is noticed' '
	lie full "shift @{\$step->{failed_units}}" 1 &&
	grep "^DISAGREE: s390/default/gcc" lied.out &&
	grep "make only, failing unit" lied.out
'

test_expect_success 'a failing unit that full invents is noticed' '
	lie full "push @{\$r->{steps}[0]{failed_units}}, q(x.o)" 1 &&
	grep "full only, failing unit: x.o" lied.out
'

test_expect_success 'another message is noticed' '
	lie full "
		my (\$d) = grep { \$_->{severity} eq q(error) &&
			!\$_->{replayed} && \$_->{tool} eq q(cc) &&
			\$_->{status} ne q(fixed) } @{\$r->{diagnostics}};
		\$d->{message} = q(nonsense)" 1 &&
	grep "full only, error: .*nonsense" lied.out
'

test_expect_success 'a step that was not judged is no agreement' '
	lie full "\$r->{steps}[3]{verdict} = q(error)" 3 &&
	grep "full did not judge it" lied.out
'

test_expect_success 'an answer that make has not given is no agreement' '
	rm -rf lied && cp -R work lied &&
	rm lied/s390-default-gcc/states/2/truth/index &&
	test_expect_code 3 "$mutate" --compare-only -o lied linux.tar >lied.out 2>&1 &&
	grep "make was not asked" lied.out
'

test_done
