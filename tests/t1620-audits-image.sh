#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only

test_description='audits of whole kernels, at states that do not link'
. "$(dirname "$0")/lib/kvmatrix.sh"

# audit NAME AUDITS SERIES [OPTIONS]
audit() {
	audit_name=$1 audit_list=$2 audit_series=$3
	shift 3
	"$KVMATRIX" audit "$audit_list" --tree "$mini_tree" -m m.yaml --audit-share 0 \
		-o "out/$audit_name" "$@" "$audit_series" \
		>"$audit_name.out" 2>"$audit_name.err"
	audit_code=$?
	cat "$audit_name.err" "$audit_name.out"
	return $audit_code
}

# findings_are NAME AUDIT: holds "STATUS PATCH KIND UNIT TARGET" against standard input.
findings_are() {
	cat >"$1.expected" &&
	results findings "$1" |
		sed -n "s,^$2 \(.*\) [^ ]* \([^ ]*\) powerpc/default/gcc$,\1 \2,p" >"$1.actual" &&
	test_cmp "$1.expected" "$1.actual"
}

# A unit that reads another architecture's header, a function that only boot code
# calls and that calls KVM, and one that calls a driver.
base() {
	put include/kvm/arm64/foreign.h <<-\EOT &&
	#define FOREIGN 5
	EOT
	put drivers/char/extra.c <<-\EOT &&
	#include <kvm/arm64/foreign.h>
	int extra(void);
	int extra(void) { return FOREIGN; }
	EOT
	subst drivers/char/Makefile "s/tty.o/& extra.o/" &&
	append drivers/char/tty.c <<-\EOT &&
	int extra(void);
	int tty_extra(void);
	int tty_extra(void) { return extra(); }
	EOT
	append arch/powerpc/kernel/setup.c <<-\EOT &&
	u64 kvmppc_host_r1(struct paca_struct *paca);
	u64 early_thing(void);
	u64 early_thing(void) { return kvmppc_host_r1(0) + 1; }
	EOT
	append arch/powerpc/mm/init.c <<-\EOT &&
	int tty_read(void *);
	int read_it(void);
	int read_it(void) { return tty_read(0) + 1; }
	EOT
	subst init/main.c "s/^int __init start_kernel(void);/&\nunsigned long early_thing(void);/" \
		"s/return printk/early_thing();\n\t&/"
}

test_expect_success 'setup' '
	minikernel tree &&
	matrix m.yaml powerpc "target: { image: true }" \
		"configs: [ { name: default, base: defconfig } ]" &&
	topic start &&
	patch "Base" base
'

test_expect_success 'what is there in the base' '
	topic note start &&
	patch "Note" append arch/powerpc/kvm/book3s.c <<-\EOT &&
	/* note */
	EOT
	test_expect_code 0 audit note headers,boot-calls start..note &&
	findings_are note headers <<-\EOT &&
	present 0 named drivers/char/extra.o include/kvm/arm64/foreign.h
	EOT
	findings_are note boot-calls <<-\EOT
	present 0 init arch/powerpc/kernel/setup.o kvmppc_host_r1
	EOT
'

test_expect_success 'headers: a unit that is not built any more reads nothing, though it does not link without it' '
	topic dropped start &&
	patch "char: No extra" subst drivers/char/Makefile "s/ extra.o//" &&
	test_expect_code 1 audit dropped headers start..dropped &&
	verdicts_are dropped <<-\EOT &&
	1 powerpc/default/gcc regressed
	EOT
	findings_are dropped headers <<-\EOT
	removed 1 named drivers/char/extra.o include/kvm/arm64/foreign.h
	EOT
'

test_expect_success 'headers: where a unit fails, it may not have been come to' '
	topic failing start &&
	patch "char: No extra, and break" eval "
		subst drivers/char/Makefile \"s/ extra.o//\" &&
		subst kernel/printk.c \"s/return /return not_declared + /\"" &&
	test_expect_code 1 audit failing headers start..failing &&
	findings_are failing headers <<-\EOT
	present 0 named drivers/char/extra.o include/kvm/arm64/foreign.h
	EOT
'

test_expect_success 'boot-calls: a call of what is not defined any more is still a call' '
	topic gone start &&
	patch "KVM: PPC: Rename" subst arch/powerpc/kvm/book3s_builtin.c "s/kvmppc_host_r1/kvmppc_r1/" &&
	test_expect_code 1 audit gone boot-calls start..gone &&
	verdicts_are gone <<-\EOT &&
	1 powerpc/default/gcc regressed
	EOT
	findings_are gone boot-calls <<-\EOT &&
	present 0 init arch/powerpc/kernel/setup.o kvmppc_host_r1
	EOT
	grep "powerpc/default/gcc does not link from patch 1 on" gone.out &&
	! grep "only the [0-9]* objects that were built" gone.out
'

test_expect_success 'boot-calls: it goes when it links without' '
	topic renamed gone &&
	patch "powerpc: Rename, too" subst arch/powerpc/kernel/setup.c "s/kvmppc_host_r1/kvmppc_r1/" &&
	test_expect_code 1 audit renamed boot-calls start..renamed &&
	findings_are renamed boot-calls <<-\EOT
	added 2 init arch/powerpc/kernel/setup.o kvmppc_r1
	removed 2 init arch/powerpc/kernel/setup.o kvmppc_host_r1
	EOT
'

test_expect_success 'boot-calls: a call that goes while others do not link is removed' '
	topic less start &&
	patch "KVM: PPC: Rename, and call it from elsewhere" eval "
		subst arch/powerpc/kvm/book3s_builtin.c \"s/kvmppc_host_r1/kvmppc_r1/\" &&
		subst arch/powerpc/kernel/setup.c \"s/kvmppc_host_r1(0)/2/\" &&
		subst arch/powerpc/mm/init.c \"s/tty_read(0)/kvmppc_host_r1(0)/\" \"s/^int read_it(void);/&\\nint kvmppc_host_r1(void *);/\"" &&
	test_expect_code 1 audit less boot-calls start..less &&
	findings_are less boot-calls <<-\EOT
	removed 1 init arch/powerpc/kernel/setup.o kvmppc_host_r1
	EOT
'

test_expect_success 'boot-calls: a symbol that KVM defines, too, adds no call' '
	topic twice start &&
	patch "KVM: PPC: Another tty_read" append arch/powerpc/kvm/book3s_builtin.c <<-\EOT &&
	int tty_read(void);
	int tty_read(void) { return 1; }
	EOT
	test_expect_code 1 audit twice boot-calls start..twice &&
	grep "multiple definition" out/twice/logs/1/powerpc-default-gcc.log &&
	findings_are twice boot-calls <<-\EOT &&
	present 0 init arch/powerpc/kernel/setup.o kvmppc_host_r1
	EOT
	grep "powerpc/default/gcc does not link from patch 1 on" twice.out &&
	! grep "only the [0-9]* objects that were built" twice.out
'

test_expect_success 'boot-calls: of what nobody but a module defines the call is told' '
	topic module start &&
	patch "powerpc: Enter the hypervisor" eval "
		subst arch/powerpc/mm/init.c \"s/tty_read(0)/kvmppc_hv_enter(0)/\" \"s/^int read_it(void);/&\\nint kvmppc_hv_enter(void *);/\"" &&
	test_expect_code 1 audit module boot-calls start..module &&
	findings_are module boot-calls <<-\EOT
	added 1 module arch/powerpc/mm/init.o kvmppc_hv_enter
	present 0 init arch/powerpc/kernel/setup.o kvmppc_host_r1
	EOT
'

test_done
