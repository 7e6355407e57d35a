#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only

test_description='image: true: the link is judged at every state'
. "$(dirname "$0")/lib/kvmatrix.sh"

image_matrix() {
	matrix "$1" "$2" 'target: { image: true }' \
		'configs:' \
		'  - { name: default, base: defconfig }' \
		"  - { name: builtin, base: defconfig, options: [CONFIG_KVM_BOOK3S_HV=y], arches: [powerpc] }"
}

# What the link says: lines "PATCH CELL STATUS UNIT FILE MESSAGE".
links() {
	perl -MJSON::PP -0777 -ne '
		for my $d (@{decode_json($_)->{diagnostics}}) {
			next unless ($d->{tool} // "") =~ /^(ld|modpost)$/;
			print join(" ", @$d{qw(patch cell status unit)},
				   $d->{file} // "-", $d->{message}), "\n";
		}' "out/$1/results.json"
}

test_expect_success 'setup' '
	minikernel tree &&
	image_matrix m.yaml "x86_64, arm64, s390, powerpc"
'

test_expect_success 'a series that links everywhere' '
	topic fine &&
	patch "KVM: More arguments" subst virt/kvm/eventfd.c "s/return /return 0 + /" &&
	patch "printk: Something else" subst kernel/printk.c "s/return /return 0 + /" &&
	test_expect_code 0 judge fine base..fine --verbose --audit-share 0 &&
	verdicts_are fine <<-\EOT
	1 arm64/default/gcc ok
	1 powerpc/builtin/gcc ok
	1 powerpc/default/gcc ok
	1 s390/default/gcc ok
	1 x86_64/default/gcc ok
	2 arm64/default/gcc ok
	2 powerpc/builtin/gcc ok
	2 powerpc/default/gcc ok
	2 s390/default/gcc ok
	2 x86_64/default/gcc ok
	EOT
'

test_expect_success 'a state in between is not linked, the tip is' '
	grep "^  LD  *vmlinux$" out/fine/logs/2/s390-default-gcc.log &&
	! grep "LD  *vmlinux" out/fine/logs/1/s390-default-gcc.log
'

test_expect_success 'only objects that were built are read again' '
	grep "s390/default/gcc patch 0: symbol tables of .* objects" fine.err &&
	grep "s390/default/gcc patch 1: .*([12] read anew)" fine.err &&
	grep "s390/default/gcc patch 2: .*(1 read anew)" fine.err
'

test_expect_success 'boot code that calls what a module defines' '
	topic boot &&
	patch "powerpc: Enter the hypervisor early" eval "
		subst arch/powerpc/mm/init.c \"s/^unsigned long mem_init(void);/&\\nvoid kvmppc_hv_enter(void *vcpu);/\" \"s/return PAGE_SHIFT/kvmppc_hv_enter(0);\\n\\t&/\"
	" &&
	patch "s390: Nothing to do with it" subst arch/s390/kvm/diag.c "s/return /return 0 + /" &&
	test_expect_code 1 judge boot base..boot --verbose &&
	verdicts_are boot <<-\EOT
	1 arm64/default/gcc unreached
	1 powerpc/builtin/gcc ok
	1 powerpc/default/gcc regressed
	1 s390/default/gcc unreached
	1 x86_64/default/gcc unreached
	2 arm64/default/gcc unreached
	2 powerpc/builtin/gcc ok
	2 powerpc/default/gcc still-broken
	2 s390/default/gcc ok
	2 x86_64/default/gcc unreached
	EOT
'

test_expect_success 'the message names the caller, and the real link has agreed' '
	links boot >said &&
	grep "^1 powerpc/default/gcc new vmlinux arch/powerpc/mm/init.c undefined reference to .kvmppc_hv_enter" said &&
	grep "undefined reference" out/boot/logs/1/powerpc-default-gcc.log &&
	! grep internal boot.err
'

test_expect_success 'an unlinked tip that no patch reaches is linked all the same' '
	! grep "LD  *vmlinux" out/boot/logs/1/powerpc-builtin-gcc.log &&
	grep "^  LD  *vmlinux$" out/boot/logs/2/powerpc-builtin-gcc.log &&
	test ! -e out/boot/logs/2/powerpc-default-gcc.log
'

test_expect_success 'a remembered step that was not linked is not the tip' '
	test_expect_code 0 judge shorter base..fine~1 --verbose &&
	grep "^  LD  *vmlinux$" out/shorter/logs/1/s390-default-gcc.log &&
	test_expect_code 0 judge again base..fine~1 --verbose &&
	grep "s390/default/gcc patch 1: .*remembered" again.err &&
	test ! -e out/again/logs/1/s390-default-gcc.log
'

test_expect_success '--audit-share links states that tell nothing new, too' '
	test_expect_code 0 judge share base..fine --verbose --no-memory \
		--audit-share 100 --cells "s390/*,powerpc/default/*" &&
	grep "^  LD  *vmlinux$" out/share/logs/1/s390-default-gcc.log &&
	grep "s390/default/gcc patch 1: really linked in" share.err &&
	grep "powerpc/default/gcc patch 1: really linked in" share.err
'

test_expect_success 'a module needs what is not exported any more' '
	topic export &&
	patch "printk: Not for modules" subst kernel/printk.c "/EXPORT_SYMBOL/d" &&
	patch "s390: Something" subst arch/s390/kvm/diag.c "s/return /return 0 + /" &&
	patch "printk: For modules again" append kernel/printk.c <<-\EOT &&
	EXPORT_SYMBOL(printk);
	EOT
	test_expect_code 1 judge export base..export --cells "x86_64,s390" &&
	verdicts_are export <<-\EOT &&
	1 s390/default/gcc ok
	1 x86_64/default/gcc regressed
	2 s390/default/gcc ok
	2 x86_64/default/gcc still-broken
	3 s390/default/gcc ok
	3 x86_64/default/gcc fixed
	EOT
	links export >said &&
	grep "^1 x86_64/default/gcc new arch/x86/kvm/kvm.ko - \"printk\" \[arch/x86/kvm/kvm.ko\] undefined!$" said
'

test_expect_success 'one cause a symbol: who needs it, where it is, which patch took the export' '
	results causes export >causes &&
	echo "unexported-symbol:printk 1 3 x86_64/default/gcc" >expected &&
	test_cmp expected causes &&
	grep "printk is not exported, and arch/x86/kvm/kvm.ko needs it" export.out &&
	grep "squash 3 into 1 .*kernel/printk.c:4 defines it, and patch 1 takes the export from kernel/printk.c (line 10 before it)" export.out &&
	grep "note.*needs it; vmlinux has it (kernel/printk.o), but does not export it" out/export/results.json
'

test_expect_success 'a new use of what nobody exports, and of what no source text shows' '
	topic use &&
	patch "lib: Something for all, and something hidden" append lib/string.c <<-\EOT &&
	int for_all(void);
	int for_all(void) { return 1; }
	#define HIDE(n) int hid##n(void); int hid##n(void) { return 2; }
	HIDE(den)
	int lib_user(void);
	int lib_user(void) { return for_all() + hidden(); }
	EOT
	patch "KVM: Use both" append virt/kvm/eventfd.c <<-\EOT &&
	int for_all(void);
	int hidden(void);
	int kvm_both(void);
	int kvm_both(void) { return for_all() + hidden(); }
	EOT
	test_expect_code 1 judge use base..use --cells "x86_64" &&
	results advice use >advice &&
	cat >expected <<-\EOT &&
	unexported-symbol:for_all EXPORT_SYMBOL_GPL(for_all) in lib/string.c; lib/string.c:15 defines it, nobody exports it, and modules need it since patch 2
	unexported-symbol:hidden EXPORT_SYMBOL_GPL(hidden) where it is defined, or let the module do without it (kvm_both needs it; vmlinux has it (lib/string.o), but does not export it)
	EOT
	test_cmp expected advice
'

test_expect_success 'two definitions, and one too few in the linker script' '
	topic twice &&
	patch "KVM: Another tty_read" append virt/kvm/eventfd.c <<-\EOT &&
	int tty_read(void);
	int tty_read(void) { return 1; }
	EOT
	patch "KVM: Another name" subst virt/kvm/eventfd.c "s/tty_read/kvm_tty_read/g" &&
	patch "s390: An alias" eval "sed -i \"\\\$a kvm_alias = kvm_gone;\" arch/s390/kernel/vmlinux.lds.S" &&
	test_expect_code 1 judge twice base..twice --cells "s390" &&
	verdicts_are twice <<-\EOT &&
	1 s390/default/gcc regressed
	2 s390/default/gcc fixed
	3 s390/default/gcc regressed
	EOT
	links twice >said &&
	grep "^1 s390/default/gcc new vmlinux.o drivers/char/tty.c multiple definition of .tty_read" said &&
	grep "^3 s390/default/gcc new vmlinux - undefined symbol .kvm_gone. referenced in expression" said
'

test_expect_success 'where a unit fails, nothing is linked and nothing healed' '
	topic masked &&
	patch "powerpc: Enter early" eval "
		subst arch/powerpc/mm/init.c \"s/^unsigned long mem_init(void);/&\\nvoid kvmppc_hv_enter(void *vcpu);/\" \"s/return PAGE_SHIFT/kvmppc_hv_enter(0);\\n\\t&/\"
	" &&
	patch "tty: Break" subst drivers/char/tty.c "s/return /return not_declared + /" &&
	patch "tty: Heal" subst drivers/char/tty.c "s/not_declared + //" &&
	test_expect_code 1 judge masked base..masked --cells "powerpc/default/*" &&
	verdicts_are masked <<-\EOT &&
	1 powerpc/default/gcc regressed
	2 powerpc/default/gcc regressed
	3 powerpc/default/gcc still-broken
	EOT
	links masked >said &&
	test $(grep -c " known vmlinux .*kvmppc_hv_enter" said) = 2 &&
	results verdicts masked >/dev/null &&
	grep "not linked: 1 unit fails" out/masked/results.json
'

test_expect_success 'a link that contradicts the symbol tables is an internal error' '
	topic lie &&
	patch "modpost: Look away" subst scripts/modpost.sh "s/^bad=0/&\nmodules=/" &&
	patch "printk: Not for modules" subst kernel/printk.c "/EXPORT_SYMBOL/d" &&
	test_expect_code 3 judge lie base..lie --cells x86_64 &&
	grep "the symbol tables say .\"printk\" \[arch/x86/kvm/kvm.ko\] undefined!., the link does not" lie.out lie.err
'

test_expect_success 'a base that does not link: every state is linked, and says so' '
	topic hopeless &&
	patch "powerpc: Call nobody" eval "
		subst arch/powerpc/mm/init.c \"s/^unsigned long mem_init(void);/&\\nvoid nobody(void);/\" \"s/return PAGE_SHIFT/nobody();\\n\\t&/\"
	" &&
	git -C tree tag unlinkable &&
	patch "KVM: Something" subst virt/kvm/eventfd.c "s/return /return 0 + /" &&
	patch "powerpc: Call nobody else" subst arch/powerpc/mm/init.c "s/nobody/somebody/" &&
	test_expect_code 1 judge hopeless unlinkable..hopeless --cells "powerpc/default/*" &&
	verdicts_are hopeless <<-\EOT &&
	1 powerpc/default/gcc still-broken
	2 powerpc/default/gcc regressed
	EOT
	grep "every state is linked for real, since the base does not link" hopeless.out
'

test_expect_success 'without modules libraries give what is wanted' '
	matrix m.yaml "s390" "target: { image: true }" \
		"configs: [ { name: nomod, base: defconfig, options: [CONFIG_MODULES=n] } ]" &&
	topic library &&
	patch "lib: Nobody needs it" append lib/string.c <<-\EOT &&
	int lacks(void);
	int strange(void);
	int strange(void) { return lacks(); }
	EOT
	patch "KVM: Use it" append virt/kvm/eventfd.c <<-\EOT &&
	int strange(void);
	int kvm_strange(void);
	int kvm_strange(void) { return strange(); }
	EOT
	patch "s390: Nothing" subst arch/s390/kvm/diag.c "s/return /return 0 + /" &&
	test_expect_code 1 judge library base..library &&
	verdicts_are library <<-\EOT &&
	1 s390/nomod/gcc ok
	2 s390/nomod/gcc regressed
	3 s390/nomod/gcc still-broken
	EOT
	links library >said &&
	grep "^2 s390/nomod/gcc new vmlinux lib/string.c undefined reference to .lacks" said
'

test_expect_success 'the same verdicts without a sandbox' '
	image_matrix m.yaml "powerpc, x86_64" &&
	rm -rf cache &&
	test_expect_code 1 judge plain base..boot --no-sandbox &&
	results verdicts plain >plain.actual &&
	results verdicts boot | grep -E "powerpc|x86_64" >boot.some &&
	test_cmp boot.some plain.actual
'

test_expect_success 'repro makes the whole kernel' '
	"$KVMATRIX" repro latest powerpc/default/gcc 1 >repro.sh &&
	grep "vmlinux modules" repro.sh
'

test_done
