#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only

test_description='slots: the trace accounts for each step, make lends and gets back, memory bounds'
. "$(dirname "$0")/lib/kvmatrix.sh"

# trace COMMAND FILE: a view of a trace as sorted lines.
#	steps	PATCH CELL	that were built
#	works	CELL WORK	what else ran
#	rows			rows in use at most, and overlaps on a row
#	events	PHASE COUNT
#	beside	steps that begin before the last replay of their cell's quick pass ends
trace() {
	perl -MJSON::PP -e '
		my ($command, $file) = @ARGV;
		local $/;
		open my $f, "<", $file or die "$file: $!\n";
		my $text = <$f>;
		$text .= "]" if $text !~ /\]\s*$/;
		my @e = @{ decode_json($text) };
		my @x = grep { $_->{ph} eq "X" } @e;
		my (%end, $bad, %rows, %count, @out);
		for (sort { $a->{ts} <=> $b->{ts} } @x) {
			$bad++ if ($end{ $_->{tid} } // 0) > $_->{ts} + 1;
			$end{ $_->{tid} } = $_->{ts} + $_->{dur};
		}
		$count{ $_->{ph} }++ for @e;
		@out = map { "$_->{args}{patch} $_->{args}{cell}" } grep { $_->{cat} eq "step" } @x
			if $command eq "steps";
		@out = map { "$_->{args}{cell} $_->{cat}" } grep { $_->{cat} ne "step" } @x
			if $command eq "works";
		@out = (scalar(keys %end) . " " . ($bad // 0)) if $command eq "rows";
		@out = map { "$_ $count{$_}" } keys %count if $command eq "events";
		my %replayed;
		for (grep { $_->{cat} =~ /^(quick|ahead)$/ } @x) {
			my $ends = $_->{ts} + $_->{dur};
			$replayed{ $_->{args}{cell} } = $ends if $ends > ($replayed{ $_->{args}{cell} } // 0);
		}
		@out = map { "$_->{args}{patch} $_->{args}{cell}" }
			grep { $_->{cat} eq "step" && $_->{ts} < $replayed{ $_->{args}{cell} } } @x
			if $command eq "beside";
		print map { "$_\n" } sort @out;
	' "$1" "$2"
}

# built NAME: "PATCH CELL" of what out/NAME/results.json says was built.
built() {
	perl -MJSON::PP -e '
		local $/;
		open my $f, "<", $ARGV[0] or die;
		my $r = decode_json(<$f>);
		print map { "$_->{patch} $_->{cell}\n" } sort { $a->{patch} <=> $b->{patch} || $a->{cell} cmp $b->{cell} }
			grep { $_->{patch} && $_->{outcome} eq "built" && !$_->{remembered} } @{ $r->{steps} };
	' "out/$1/results.json"
}

# share NAME: busy_share of a run.
share() {
	perl -MJSON::PP -e '
		local $/;
		open my $f, "<", $ARGV[0] or die;
		print decode_json(<$f>)->{run}{busy_share} // "null", "\n";
	' "out/$1/results.json"
}

test_expect_success 'setup' '
	minikernel tree &&
	matrix m.yaml "x86_64, arm64, s390, powerpc" &&
	topic series &&
	patch "KVM: one" append virt/kvm/kvm_main.c <<-\EOT &&
	/* one */
	EOT
	patch "Documentation: two" append Documentation/virt/kvm.rst <<-\EOT &&
	two
	EOT
	patch "KVM: three" append include/linux/kvm_host.h <<-\EOT
	/* three */
	EOT
'

test_expect_success 'the trace is JSON, and holds each step that was built, once' '
	test_expect_code 0 judge first base..series -j2 --verbose --trace deep/first.json &&
	perl -MJSON::PP -e "local \$/; decode_json(<STDIN>)" <deep/first.json &&
	built first >expected &&
	test $(wc -l <expected) = 8 &&
	trace steps deep/first.json >actual &&
	test_cmp expected actual
'

test_expect_success NAMESPACES 'and what was done before the steps' '
	pass=quick && if command -v ccache; then pass=ahead; fi &&
	for cell in arm64 powerpc s390 x86_64; do
		for work in $pass $pass base configuring listing; do
			echo "$cell/default/gcc $work"
		done
	done | sort >expected &&
	trace works deep/first.json >actual &&
	test_cmp expected actual
'

test_expect_success NAMESPACES 'two slots are two rows, and no two children are on one at a time' '
	echo "2 0" >expected &&
	trace rows deep/first.json >actual &&
	test_cmp expected actual &&
	trace events deep/first.json >events &&
	grep "^C" events &&
	grep "^M 3$" events
'

test_expect_success 'the busy share is told, and no more than a share' '
	share first >share &&
	grep -E "^(0|1|0\.[0-9]+|1\.0)$" share &&
	grep "kvmatrix: .* s, all slots busy .* % of the time that work was ready" first.err
'

test_expect_success 'a run that has nothing to do has no share' '
	test_expect_code 0 judge again base..series -j2 --trace again.json &&
	built again >expected &&
	test_must_be_empty expected &&
	trace steps again.json >actual &&
	test_must_be_empty actual
'

# The compiler takes a second, so that slots lie idle while it runs.
test_expect_success NAMESPACES 'steps are built beside the quick pass where it leaves slots' '
	real=$(command -v s390x-linux-gnu-gcc) &&
	mkdir -p later &&
	cat >later/s390x-linux-gnu-gcc <<-EOT &&
	#!/bin/sh
	test ! -e $TRASH/later/on || case "\$*" in *" -c "*diag.c*) sleep 1 ;; esac
	exec $real "\$@"
	EOT
	chmod +x later/s390x-linux-gnu-gcc &&
	topic slowly base &&
	for i in 1 2 3
	do
		patch "KVM: s390: Change $i" append arch/s390/kvm/diag.c <<-EOT || return 1
		int slowly_$i;
		EOT
	done &&
	PATH=$TRASH/later:$PATH "$KVMATRIX" run -m m.yaml --tree tree -o out/warm --cells "s390/*" base..series &&
	>later/on &&
	PATH=$TRASH/later:$PATH "$KVMATRIX" run -m m.yaml --tree tree -o out/beside \
		--cells "s390/*" -j3 --no-ccache --trace beside.json base..slowly &&
	trace beside beside.json >actual &&
	head -n 1 actual | grep "^1 s390/default/gcc" &&
	! grep ^3 actual
'

test_expect_success 'a trace that cannot be written is told before anything is done' '
	for file in /dev/full . /dev/null/x; do
		test_expect_code 2 judge full base..series --trace $file &&
		test $(wc -l <full.err) = 1 &&
		grep "trace\|/dev/null" full.err || return 1
	done &&
	test ! -e out/full
'

test_expect_success NAMESPACES 'a run that was killed leaves a trace that can be read' '
	mkdir bin &&
	cat >bin/s390x-linux-gnu-gcc <<-EOT &&
	#!/bin/sh
	case "\$*" in *-D__KERNEL__*kvm_main.c)
		test ! -e $TRASH/bin/slow || sleep 3146$$ ;;
	esac
	exec $(command -v s390x-linux-gnu-gcc) "\$@"
	EOT
	chmod +x bin/s390x-linux-gnu-gcc &&
	: >bin/slow &&
	PATH=$TRASH/bin:$PATH perl -e '\''$SIG{INT} = "DEFAULT"; exec @ARGV'\'' \
		"$KVMATRIX" run --tree tree -m m.yaml -o out/killed --no-memory --no-ccache \
		--cells "s390/*,arm64/*" -j2 --trace killed.json base..series \
		>killed.out 2>killed.err & pid=$! &&
	for i in $(test_seq 1 300); do
		grep "\"arm64/default/gcc step, patch 3\"" killed.json && break
		sleep 0.1
	done &&
	kill -9 $pid &&
	test_might_fail wait $pid || : &&
	test "$(tail -c 1 killed.json)" != "]" &&
	trace steps killed.json >actual &&
	grep "^3 arm64/default/gcc$" actual
'

# Counts the slots in the pipe of the make that runs it.
cat >count.pl <<'EOT'
use strict;
use Fcntl;
my ($r) = $ENV{MAKEFLAGS} =~ /--jobserver-(?:auth|fds)=(\d+),/ or die "no jobserver\n";
open my $in, '<&=', $r or die "slots: $!\n";
sysopen my $own, "/proc/self/fd/$r", O_RDONLY | O_NONBLOCK or die "slots: $!\n";
my $n = sysread($own, my $tokens, 4096) // 0;
open my $out, '>', $ARGV[0];
print $out "$n\n";
my ($w) = $ENV{MAKEFLAGS} =~ /--jobserver-(?:auth|fds)=\d+,(\d+)/;
open my $back, '>>&=', $w or die;
syswrite($back, $tokens, $n) if $n;
EOT

# outer NAME PLUS [OPTIONS]: make -j4 on a recipe that runs kvmatrix, and then one that
# counts: NAME.code, NAME.tokens. PLUS is "+" or nothing.
outer() {
	outer_name=$1 outer_plus=$2
	shift 2
	cat >inner.sh <<-EOT
	perl -e '\$SIG{INT} = "DEFAULT"; exec @ARGV' "$KVMATRIX" run --tree tree -m m.yaml \\
		-o out/$outer_name --no-memory $* base..series \\
		>$outer_name.out 2>$outer_name.err &
	echo \$! >$outer_name.pid
	wait \$!
	echo \$? >$outer_name.code
	EOT
	cat >outer.mk <<-EOT
	.RECIPEPREFIX = >
	all:
	>${outer_plus}@sh inner.sh
	>+@perl count.pl $outer_name.tokens
	EOT
	make -f outer.mk -j4 all >$outer_name.make 2>&1
	outer_code=$?
	cat $outer_name.make $outer_name.err
	return $outer_code
}

case $(make --version | sed -n '1s/.* //p') in
4.[23]*) test_set_prereq PIPE ;;
esac

test_expect_success PIPE 'in a recipe with + the slots of make are used, and all come back' '
	outer lent + --verbose --trace lent.json &&
	echo 0 >expected && test_cmp expected lent.code &&
	grep "compiling on the job slots of make" lent.err &&
	! grep -i "jobserver\|put a +" lent.err lent.make &&
	echo 3 >expected && test_cmp expected lent.tokens &&
	built first >expected && built lent >actual && test_cmp expected actual
'

test_expect_success PIPE 'no more than the slots of make are busy, and more than one is' '
	perl -MJSON::PP -e "
		local \$/;
		my @b = map { \$_->{args}{busy} } grep { \$_->{name} eq q(slots) } @{ decode_json(<STDIN>) };
		my (\$most) = sort { \$b <=> \$a } @b;
		print \"\$most\n\";
		exit(\$most < 2 || \$most > 4)" <lent.json
'

test_expect_success PIPE 'in a recipe without + they are closed: this is told, and -j holds' '
	outer closed "" &&
	echo 0 >expected && test_cmp expected closed.code &&
	grep "put a + before its command; compiling .* at once" closed.err &&
	echo 3 >expected && test_cmp expected closed.tokens &&
	built first >expected && built closed >actual && test_cmp expected actual
'

test_expect_success PIPE 'with -j kvmatrix has slots of its own' '
	outer own + -j2 --verbose &&
	echo 0 >expected && test_cmp expected own.code &&
	! grep "job slots of make" own.err &&
	echo 3 >expected && test_cmp expected own.tokens
'

# interrupted SIGNAL NAME: the same in the middle of a compilation that does not end by
# itself.
interrupted() {
	: >bin/slow &&
	PATH=$TRASH/bin:$PATH outer $2 + --no-ccache --cells "'s390/*,arm64/*'" &
	make_pid=$!
	for i in $(test_seq 1 300); do
		pgrep -f "sleep 3146$$" >procs && break
		sleep 0.1
	done &&
	sleep 0.5 &&
	kill -$1 $(cat $2.pid) &&
	wait $make_pid
}

for signal in INT TERM; do
	test_expect_success PIPE "SIG$signal in the middle of a build: all slots come back" '
		interrupted '$signal' stop'$signal' &&
		echo 3 >expected && test_cmp expected stop'$signal'.code &&
		test_cmp expected stop'$signal'.tokens
	'
done

test_expect_success PIPE 'a build that ran into its timeout loses no slot either' '
	: >bin/slow &&
	PATH=$TRASH/bin:$PATH outer late + --timeout 4 --no-ccache \
			--cells "'\''s390/*,arm64/*'\''" &&
	echo 3 >expected && test_cmp expected late.code &&
	test_cmp expected late.tokens
'

test_expect_success NAMESPACES '--mem: with room for one, one runs at a time, and the verdicts are the same' '
	rm -f bin/slow &&
	results verdicts first >expected &&
	test_expect_code 0 judge narrow base..series -j2 --no-memory --mem 1M --verbose \
		--trace narrow.json &&
	results verdicts narrow >actual &&
	test_cmp expected actual &&
	echo "1 0" >expected &&
	trace rows narrow.json >actual &&
	test_cmp expected actual &&
	grep "waits for memory" narrow.err &&
	trace events narrow.json >events &&
	grep "^i" events
'

test_expect_success NAMESPACES '--mem: with room for all nobody waits' '
	test_expect_code 0 judge wide base..series -j2 --no-memory --mem 1T --verbose \
		--trace wide.json &&
	! grep "waits for memory" wide.err &&
	echo "2 0" >expected &&
	trace rows wide.json >actual &&
	test_cmp expected actual
'

test_expect_success '--mem takes sizes only' '
	for size in 0 -1 1.5G much 10X 5GG "" 99999999999T; do
		test_expect_code 2 judge size base..series --mem "$size" || return 1
	done &&
	grep "takes a size like 512M or 6G" size.err
'

test_expect_success 'what failed last time is looked at first' '
	topic broken &&
	patch "KVM: s390: Break" append arch/s390/kvm/diag.c <<-\EOT &&
	#error broken
	EOT
	test_expect_code 1 judge broken base..broken -j1 &&
	test_expect_code 0 judge next base..series -j1 --no-memory --trace next.json &&
	grep -o "\"name\":\"[^ ]* step" next.json | head -n 1 >first &&
	grep s390 first
'

test_expect_success NAMESPACES 'plan --simulate: how long it takes on other machines' '
	"$KVMATRIX" plan -m m.yaml --tree tree --no-memory --simulate 64 base..series -j1 >sim &&
	cat sim &&
	grep "^1 core: .* s, 100.0 % busy$" sim &&
	one=$(sed -n "s/^1 core: \([0-9.]*\) s.*/\1/p" sim) &&
	many=$(sed -n "s/^64 cores: \([0-9.]*\) s.*/\1/p" sim) &&
	awk "BEGIN { exit !($many > 0 && $many < $one) }"
'

test_expect_success 'plan --simulate needs a run that it can go by' '
	matrix other.yaml "s390" "configs: [ { name: never, base: defconfig } ]" &&
	test_expect_code 3 "$KVMATRIX" plan -m other.yaml --tree tree --simulate 64 base..series 2>err &&
	grep "s390/never/gcc: nothing is known of how long" err &&
	test_expect_code 2 "$KVMATRIX" plan -m m.yaml --tree tree --simulate 0 base..series &&
	test_expect_code 2 "$KVMATRIX" run -m m.yaml --tree tree --simulate 4 base..series
'

test_done
