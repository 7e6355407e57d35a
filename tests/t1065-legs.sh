#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only

test_description='several scouts of a cell share the states of its quick pass'
. "$(dirname "$0")/lib/kvmatrix.sh"

# together FILE: the pairs of patches, "FIRST SECOND", that replays in a trace were at
# in the same moment.
together() {
	perl -MJSON::PP -e '
		local $/;
		my $text = <>;
		$text .= "]" if $text !~ /\]\s*$/;
		my @x = grep { $_->{ph} eq "X" && $_->{cat} =~ /^(quick|ahead)$/ } @{ decode_json($text) };
		for my $a (@x) {
			for my $b (@x) {
				print "$a->{args}{patch} $b->{args}{patch}\n" if $a->{args}{patch} < $b->{args}{patch} &&
					$a->{ts} < $b->{ts} + $b->{dur} && $b->{ts} < $a->{ts} + $a->{dur};
			}
		}
	' "$1"
}

# Compilers that leave the others time to come.
slow() {
	mkdir -p slow &&
	cat >slow/s390x-linux-gnu-gcc <<-EOT &&
	#!/bin/sh
	case "\$*" in *-D__KERNEL__*.c) sleep 0.4 ;; esac
	exec $(command -v s390x-linux-gnu-gcc) "\$@"
	EOT
	chmod +x slow/s390x-linux-gnu-gcc
}

wide() {
	patch "$1" append include/linux/kvm_host.h <<-EOT
	extern int $2;
	EOT
}

test_expect_success 'setup: wide patches, and between them what only new headers reach' '
	slow &&
	minikernel tree &&
	matrix m.yaml "s390" &&
	topic series &&
	wide "KVM: Wide" wide1 &&
	patch "KVM: s390: Break diag.c" subst arch/s390/kvm/diag.c "s/4096/nothing/" &&
	patch "KVM: A header" put include/linux/extra.h <<-\EOT &&
	#define EXTRA 1
	EOT
	patch "KVM: All read it" append include/linux/kvm_host.h <<-\EOT &&
	#include <linux/extra.h>
	EOT
	patch "KVM: It changes" append include/linux/extra.h <<-\EOT &&
	#define EXTRA_TOO 2
	EOT
	wide "KVM: Wide again" wide2 &&
	patch "KVM: It breaks all" append include/linux/extra.h <<-\EOT &&
	#error extra
	EOT
	patch "KVM: It is healed" subst include/linux/extra.h "/#error/d" &&
	patch "KVM: s390: Heal diag.c, in a header" \
		append arch/s390/kvm/gaccess.h <<-\EOT &&
	#define nothing 4096
	EOT
	wide "KVM: Wide for the third time" wide3 &&
	patch "KVM: s390: Break it elsewhere" append arch/s390/kvm/gaccess.c <<-\EOT &&
	int elsewhere = undeclared;
	EOT
	patch "KVM: Nobody reads it any more" subst include/linux/kvm_host.h "/extra.h/d" &&
	patch "KVM: So this breaks nothing" append include/linux/extra.h <<-\EOT &&
	#error extra
	EOT
	patch "Makefile: What may change everything" append Makefile <<-\EOT &&
	# nothing
	EOT
	wide "KVM: Wide, and last" wide4
'

test_expect_success 'one by one' '
	test_expect_code 1 judge one base..series -j1 --no-memory --trace one.json &&
	! grep "internal error" one.out &&
	results steps one >one.steps &&
	grep "^2 s390/default/gcc regressed" one.steps &&
	grep "^7 s390/default/gcc regressed" one.steps &&
	grep "^8 s390/default/gcc still-broken" one.steps &&
	grep "^9 s390/default/gcc fixed" one.steps &&
	grep "^11 s390/default/gcc regressed" one.steps &&
	results failing one >one.failing &&
	together one.json >pairs && test_must_be_empty pairs
'

test_expect_success NAMESPACES 'several at once say the same' '
	PATH=$TRASH/slow:$PATH test_expect_code 1 judge many base..series -j16 --no-memory --no-ccache --trace many.json &&
	! grep "internal error" many.out &&
	together many.json >pairs && cat pairs && test -s pairs &&
	results steps many >many.steps &&
	test_cmp one.steps many.steps &&
	results failing many >many.failing &&
	test_cmp one.failing many.failing
'

test_expect_success NAMESPACES 'alone they say what they say one by one' '
	PATH=$TRASH/slow:$PATH test_expect_code 1 judge quick base..series -j16 --no-memory --depth quick --trace quick.json &&
	test_expect_code 1 judge quick1 base..series -j1 --no-memory --depth quick &&
	together quick.json >pairs && test -s pairs &&
	results verdicts one >expected &&
	results verdicts quick >actual && test_cmp expected actual &&
	results verdicts quick1 >actual && test_cmp expected actual &&
	results failing quick >quick.failing && test_cmp one.failing quick.failing
'

test_expect_success NAMESPACES 'what is remembered is found by each of them' '
	PATH=$TRASH/slow:$PATH test_expect_code 1 judge first base..series -j16 --no-ccache &&
	PATH=$TRASH/slow:$PATH test_expect_code 1 judge again base..series -j16 --no-ccache --trace again.json &&
	results failing again >again.failing && test_cmp one.failing again.failing &&
	! grep "\"cat\":\"\(quick\|ahead\|step\)\"" again.json
'

test_expect_success NAMESPACES 'one that cannot go on leaves the states to the builds, others go on' '
	mkdir -p bin &&
	cat >bin/s390x-linux-gnu-gcc <<-EOT &&
	#!/bin/sh
	case "\$*" in
	*-fsyntax-only*|*-D__KERNEL__*.c)
		sleep 0.4
		# of the first scout, in the middle of a state
		for file in "$TRASH"/cache/kvmatrix/scratch/*/*.1/quick/make/replay.mk
		do
			test ! -f "\$file" || { rm "\$file" && mkdir "\$file"; } 2>/dev/null
		done ;;
	esac
	exec $(command -v s390x-linux-gnu-gcc) "\$@"
	EOT
	chmod +x bin/s390x-linux-gnu-gcc &&
	PATH=$TRASH/bin:$PATH test_expect_code 1 judge halted base..series -j16 --no-memory --no-ccache &&
	grep "the quick pass ends at patch .*replay.mk" halted.err &&
	! grep "internal error" halted.out &&
	results failing halted >halted.failing && test_cmp one.failing halted.failing
'

test_done
