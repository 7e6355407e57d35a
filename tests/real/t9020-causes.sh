#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only

test_description='causes on a real kernel: thousands of messages, a handful of causes

tests/data/causes is a series of mistakes that break every unit of s390'\''s KVM
and some outside: an include that common code needs is dropped (and put back), struct
kvm and struct kvm_vcpu are hidden behind a flag that s390 throws away and that no unit
outside KVM has, although the header itself needs them there, and two declarations
are removed that are still used.
'

. "$(dirname "$0")/../lib/real.sh"

# causes NAME: "ID|FIRST_BAD|HEALED_BY|UNITS" of each, in order
causes () {
	perl -MJSON::PP -e '
		local $/;
		my $r = decode_json(<>);
		for (@{$r->{causes}}) {
			printf "%s|%d|%d|%d\n", $_->{id}, $_->{first_bad},
				$_->{healed_by} // 0, scalar @{$_->{units}};
		}' "$1/results.json"
}

# advice NAME ID TEXT...: each stands in the advice of that cause
advice () {
	perl -MJSON::PP -e '
		my ($file, $id, @texts) = @ARGV;
		local $/;
		open my $f, "<", $file or die "$file: $!\n";
		my ($c) = grep { $_->{id} eq $id }
			@{decode_json(<$f>)->{causes}};
		die "no cause $id\n" unless $c;
		for (@texts) {
			die "$_\nis not in\n$c->{advice}\n"
				if index($c->{advice}, $_) < 0;
		}' "$1/results.json" "$2" "$3" ${4:+"$4"} ${5:+"$5"}
}

test_expect_success 'a broken series is judged' '
	{ code=0 && "$KVMATRIX" run --tree "$tarball" -m smoke --cells "s390/*" \
		-o many "$TOP/tests/data/causes" >many.txt 2>many.err || code=$?; } &&
	cat many.txt &&
	test "$code" = 1
'

test_expect_success 'thousands of new messages are a handful of causes, one a mistake' '
	perl -MJSON::PP -e "
		local \$/;
		my \$r = decode_json(<>);
		my \$n = grep { \$_->{status} eq q(new) } @{\$r->{diagnostics}};
		my \$lost = grep { \$_->{status} eq q(new) && !\$_->{cause} }
			@{\$r->{diagnostics}};
		print qq(\$n new messages, \$lost without a cause\n);
		exit(\$n < 1000 || \$lost);" many/results.json &&
	causes many >got &&
	cat got &&
	h=include/linux/kvm_host.h &&
	cut -d"|" -f1-3 got >ids &&
	cat >expected <<-EOT &&
	hidden:$h:#ifdef __KVM__ for arch/s390/kvm/Makefile by 4|4|0
	hidden:$h:#ifdef __KVM__ from KVM'\''s headers by 4|4|0
	hidden:struct kvm:#ifdef __KVM__ in $h by 4|4|0
	hidden:struct kvm_vcpu:#ifdef __KVM__ in $h by 4|4|0
	removed:arch/s390/include/asm/kvm_host.h:extern int kvm_s390_gisc_register(struct kvm *kvm, u32 gisc); by 5|5|0
	missing-include:linux/hashtable.h cut from $h by 2|2|3
	EOT
	sort expected >wanted && sort ids >found &&
	test_cmp wanted found
'

test_expect_success 'each says what to do and which change it was' '
	h=include/linux/kvm_host.h &&
	advice many "hidden:$h:#ifdef __KVM__ for arch/s390/kvm/Makefile by 4" \
		"define __KVM__ in arch/s390/kvm/Makefile before patch 4" \
		"assigns ccflags-y anew behind its include" &&
	advice many "hidden:$h:#ifdef __KVM__ from KVM'\''s headers by 4" \
		"hide what needs them in KVM" &&
	advice many "hidden:struct kvm:#ifdef __KVM__ in $h by 4" \
		"wean drivers/s390/crypto/vfio_ap_ops.o from $h before patch 4" &&
	advice many "missing-include:linux/hashtable.h cut from $h by 2" \
		"squash 3 into 2" \
		"patch 2 takes the include of linux/hashtable.h from $h"
'

test_expect_success 'the sample hide-internals names the header and both Makefiles' '
	{ "$KVMATRIX" run --tree "$tarball" -m smoke --cells "s390/*,arm64/*" \
		-o hide "$TOP/patches/hide-internals" >hide.txt 2>hide.err; code=$?; } &&
	test "$code" = 1 &&
	h=include/linux/kvm_host.h &&
	causes hide >got && cat got && test $(wc -l <got) = 2 &&
	advice hide "hidden:$h:#ifdef __KVM__ for arch/s390/kvm/Makefile by 2" \
		"virt/kvm/Makefile.kvm defines __KVM__ in ccflags-y" \
		"$h:" "arch/s390/kvm/Makefile:8 assigns ccflags-y anew" &&
	advice hide "hidden:$h:#ifdef __KVM__ for arch/arm64/kvm/hyp/Makefile by 2" \
		"arch/arm64/kvm/hyp/Makefile does not include it"
'

test_expect_success 'the sample include-cycle names the include that closes the cycle' '
	{ "$KVMATRIX" run --tree "$tarball" -m smoke --cells "x86_64/*" \
		-o cycle "$TOP/patches/include-cycle" >cycle.txt 2>cycle.err; code=$?; } &&
	test "$code" = 1 &&
	causes cycle >got && cat got && test $(wc -l <got) = 1 &&
	advice cycle "include-cycle:arch/x86/kvm/x86.h includes mmu.h" \
		"patch 2 lets arch/x86/kvm/x86.h:12 include mmu.h" "squash 3 into 2"
'

test_expect_success 'the sample s390-needs-arm64 tells where the header went' '
	{ "$KVMATRIX" run --tree "$tarball" -m smoke --cells "s390/*" \
		-o cross "$TOP/patches/s390-needs-arm64" >cross.txt 2>cross.err; code=$?; } &&
	test "$code" = 1 &&
	advice cross "cross-arch:kvm/arm64/vncr_mapping.h" \
		"patch 3 moves include/kvm/arm64/vncr_mapping.h to arch/arm64/include/asm/vncr_mapping.h"
'

test_expect_success 'the sample make-only names the variable and both Makefiles' '
	{ "$KVMATRIX" run --tree "$tarball" -m smoke --cells "s390/*" \
		-o make "$TOP/patches/make-only" >make.txt 2>make.err; code=$?; } &&
	test "$code" = 1 &&
	advice make make:arch/virt/kvm/kvm_main.o \
		"patch 2 takes the variable KVM from virt/kvm/Makefile.kvm" \
		"arch/s390/kvm/s390/Makefile:7 still sets it"
'

test_done
