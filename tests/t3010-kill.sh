#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only

test_description='kill it any time, run two at once: nothing is lost, nothing is left'
. "$(dirname "$0")/lib/kvmatrix.sh"

# A compiler that takes its time at one file, so that there is a middle.
slow() {
	real=$(command -v s390x-linux-gnu-gcc) &&
	mkdir -p bin &&
	cat >bin/s390x-linux-gnu-gcc <<-EOT &&
	#!/bin/sh
	for last; do :; done
	case "\$*" in *-D__KERNEL__*kvm_main.c)
		if grep -q "two" \$last; then
			test -e $TRASH/bin/fast || sleep 3145$$
		fi ;;
	esac
	exec $real "\$@"
	EOT
	chmod +x bin/s390x-linux-gnu-gcc
}

# Waits until file $1 has a line that matches $2.
wait_for() {
	for i in $(test_seq 1 600); do
		grep -qE "$2" "$1" 2>/dev/null && return 0
		sleep 0.1
	done
	echo "no line '$2' in $1:"
	cat "$1"
	return 1
}

# begin NAME: a run in the background, $pid. A shell without job control makes what it
# runs there ignore SIGINT, which kvmatrix would respect.
begin() {
	begin_name=$1
	shift
	PATH=$TRASH/bin:$PATH perl -e '$SIG{INT} = "DEFAULT"; exec @ARGV' "$KVMATRIX" run --tree tree -m m.yaml -o "out/$begin_name" \
		--verbose --no-ccache "$@" base..series >"$begin_name.out" 2>"$begin_name.err" &
	pid=$!
}

# Of the run, of make and of compilers nothing is left.
none_left() {
	for i in $(test_seq 1 30); do
		pgrep -f "$TRASH/cache" >procs || pgrep -f "sleep 3145$$" >procs || return 0
		sleep 0.1
	done
	ps -fp $(cat procs)
	return 1
}

test_expect_success 'setup: the second of three patches takes its time' '
	minikernel tree &&
	matrix m.yaml "s390" &&
	slow &&
	topic series &&
	patch "KVM: one" append virt/kvm/kvm_main.c <<-\EOT &&
	/* one */
	EOT
	patch "KVM: two" append virt/kvm/kvm_main.c <<-\EOT &&
	/* two */
	EOT
	patch "KVM: three" append arch/s390/kvm/diag.c <<-\EOT
	#error three
	EOT
'

for signal in INT TERM; do
	test_expect_success "SIG$signal in the middle ends all within two seconds" '
		rm -f bin/fast &&
		begin '$signal' &&
		wait_for '$signal'.err "patch 1: ok" &&
		sleep 1 &&
		start=$(date +%s%N) &&
		kill -'$signal' $pid &&
		test_expect_code 3 wait $pid &&
		took=$((($(date +%s%N) - start) / 1000000)) &&
		echo "took $took ms" &&
		test $took -lt 2500 &&
		none_left
	'

	test_expect_success "SIG$signal: what was done is reported, the rest is no pass" '
		verdicts_are '$signal' <<-\EOT &&
		1 s390/default/gcc ok
		2 s390/default/gcc error
		3 s390/default/gcc error
		EOT
		grep "interrupted: run it again to go on" '$signal'.out &&
		leftovers >left &&
		! grep scratch left
	'
done

test_expect_success 'SIGINT without namespaces ends all as well' '
	rm -f bin/fast &&
	begin plainint --no-sandbox --no-memory &&
	wait_for plainint.err "patch 1: ok" &&
	sleep 1 &&
	start=$(date +%s%N) &&
	kill -INT $pid &&
	test_expect_code 3 wait $pid &&
	took=$((($(date +%s%N) - start) / 1000000)) &&
	echo "took $took ms" &&
	test $took -lt 2500 &&
	none_left
'

test_expect_success 'SIGINT ends a run that waits for another one' '
	perl -e '"'"'
		use Fcntl ":flock";
		for (@ARGV) { open(my $f, "+<", $_) or die; flock($f, LOCK_EX); push @f, $f }
		open(F, ">", "held"); close(F);
		sleep 60;
	'"'"' $(find "$XDG_CACHE_HOME/kvmatrix/cells" -name lock) 3>&- &
	holder=$! &&
	for i in $(test_seq 1 50); do test -e held && break; sleep 0.1; done &&
	begin waits --no-memory &&
	{ wait_for waits.err "another run works on the same cells" || { kill $pid; false; }; } &&
	start=$(date +%s%N) &&
	kill -INT $pid &&
	test_expect_code 3 wait $pid &&
	took=$((($(date +%s%N) - start) / 1000000)) &&
	kill $holder &&
	echo "took $took ms" &&
	test $took -lt 1500
'

test_expect_success 'kill -9 in the middle leaves no process' '
	begin killed &&
	wait_for killed.err "patch 1: ok" &&
	sleep 1 &&
	kill -9 $pid &&
	test_might_fail wait $pid || : &&
	none_left
'

test_expect_success 'the unfinished run is in the store, and can be reported' '
	"$KVMATRIX" report --list >list &&
	grep "unfinished" list &&
	id=$(sed -n "s/ .*unfinished.*//p" list) &&
	"$KVMATRIX" report -f json "$id" >killed.json &&
	grep "\"status\": \"unfinished\"" killed.json
'

test_expect_success 'run again goes on: finished steps are remembered, the dead scratch is removed' '
	: >bin/fast &&
	PATH=$TRASH/bin:$PATH test_expect_code 1 judge again base..series --no-ccache &&
	verdicts_are again <<-\EOT &&
	1 s390/default/gcc ok
	2 s390/default/gcc ok
	3 s390/default/gcc regressed
	EOT
	results remembered again >remembered &&
	echo "1 s390/default/gcc" >expected &&
	test_cmp expected remembered &&
	leftovers >left &&
	! grep scratch left
'

test_expect_success 'kill -9 while the base is built: it is built anew' '
	rm -rf cache bin/fast &&
	topic slow-base && patch "two in the base" append virt/kvm/kvm_main.c <<-\EOT &&
	/* two */
	EOT
	patch "KVM: more" append arch/s390/kvm/diag.c <<-\EOT &&
	/* more */
	EOT
	PATH=$TRASH/bin:$PATH "$KVMATRIX" run --tree tree -m m.yaml -o out/base1 --no-ccache \
		slow-base~1..slow-base >base1.out 2>base1.err &
	pid=$! &&
	wait_for base1.err "building the base" &&
	sleep 1 &&
	kill -9 $pid &&
	test_might_fail wait $pid || : &&
	none_left &&
	: >bin/fast &&
	PATH=$TRASH/bin:$PATH test_expect_code 0 judge base2 slow-base~1..slow-base --no-ccache &&
	verdicts_are base2 <<-\EOT
	1 s390/default/gcc ok
	EOT
'

test_expect_success 'two runs at once on one cache: both end with the right verdicts' '
	rm -rf cache &&
	: >bin/fast &&
	matrix m.yaml "x86_64, arm64, s390" &&
	begin first && first=$pid &&
	begin second && second=$pid &&
	test_expect_code 1 wait $first &&
	test_expect_code 1 wait $second &&
	cat >expected.verdicts <<-\EOT &&
	1 arm64/default/gcc ok
	1 s390/default/gcc ok
	1 x86_64/default/gcc ok
	2 arm64/default/gcc ok
	2 s390/default/gcc ok
	2 x86_64/default/gcc ok
	3 arm64/default/gcc unreached
	3 s390/default/gcc regressed
	3 x86_64/default/gcc unreached
	EOT
	verdicts_are first <expected.verdicts &&
	verdicts_are second <expected.verdicts &&
	test $(ls cache/kvmatrix/cells | wc -l) = 3
'

test_expect_success 'one with namespaces and one without, too' '
	rm -rf cache out &&
	begin first && first=$pid &&
	wait_for first.err "building the base" &&
	PATH=$TRASH/bin:$PATH test_expect_code 1 judge plain base..series --no-ccache --no-sandbox &&
	test_expect_code 1 wait $first &&
	verdicts_are first <expected.verdicts &&
	verdicts_are plain <expected.verdicts
'

test_expect_success 'two that differ in their series, on baselines that one of them makes grow' '
	rm -rf cache out &&
	topic header && patch "KVM: Touch all" append include/linux/kvm_types.h <<-\EOT &&
	/* end */
	EOT
	begin first && first=$pid &&
	PATH=$TRASH/bin:$PATH test_expect_code 0 judge header base..header --no-ccache &&
	test_expect_code 1 wait $first &&
	verdicts_are first <expected.verdicts &&
	results reached header >reached &&
	grep "^1 s390/default/gcc [78] [78] 0" reached
'

test_expect_success 'a terminal that goes away does not end in a wrong exit code' '
	"$KVMATRIX" run --tree tree -m m.yaml -o out/pipe base..series 2>/dev/full >/dev/null
	test $? = 1 &&
	verdicts_are pipe <expected.verdicts
'

test_done
