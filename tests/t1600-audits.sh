#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only

test_description='audits: what the compiler does not say, compared with the base'
. "$(dirname "$0")/lib/kvmatrix.sh"
/usr/bin/python3 -c 'import jsonschema' 2>/dev/null && test_set_prereq JSONSCHEMA

# audit NAME AUDITS SERIES [OPTIONS]: as judge, with audits.
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

# findings_are NAME AUDIT: holds "STATUS PATCH KIND UNIT FILE:LINE TARGET CELLS" against
# standard input.
findings_are() {
	cat >"$1.expected" &&
	results findings "$1" | sed -n "s/^$2 //p" >"$1.actual" &&
	test_cmp "$1.expected" "$1.actual"
}

# evidence NAME AUDIT: "KIND EVIDENCE".
evidence() {
	results evidence "$1" | sed -n "s/^$2 //p"
}

test_expect_success 'setup' '
	minikernel tree &&
	matrix m.yaml "x86_64, arm64, s390, powerpc"
'

# ---- headers ---------------------------------------------------------------------

test_expect_success 'headers: a moved arm64 header read by s390 is told where it still compiles' '
	topic arm64 &&
	patch "KVM: arm64: Move" sh -c "mkdir -p include/kvm/arm64 &&
		git mv arch/arm64/include/asm/vncr_mapping.h include/kvm/arm64/ &&
		sed -i s,asm/vncr_mapping,kvm/arm64/vncr_mapping, \$(git grep -l asm/vncr_mapping)" &&
	patch "KVM: s390: Use" sed -i "2i #include <kvm/arm64/vncr_mapping.h>" arch/s390/kvm/diag.c &&
	test_expect_code 1 audit arm64 headers base..arm64 &&
	verdicts_are arm64 <<-\EOT &&
	1 arm64/default/gcc ok
	1 powerpc/default/gcc unreached
	1 s390/default/gcc unreached
	1 x86_64/default/gcc unreached
	2 arm64/default/gcc unreached
	2 powerpc/default/gcc unreached
	2 s390/default/gcc ok
	2 x86_64/default/gcc unreached
	EOT
	findings_are arm64 headers <<-\EOT &&
	added 2 moved arch/s390/kvm/diag.o arch/s390/kvm/diag.c:2 include/kvm/arm64/vncr_mapping.h s390/default/gcc
	EOT
	evidence arm64 headers >said &&
	echo "moved arch/s390/kvm/diag.c:2 -> include/kvm/arm64/vncr_mapping.h, which is arch/arm64/include/asm/vncr_mapping.h in the base" >expected &&
	test_cmp expected said
'

test_expect_success 'headers: what cannot be seen any more is not called removed' '
	topic arm64-back arm64 &&
	patch "KVM: arm64: Move back" sh -c "
		git mv include/kvm/arm64/vncr_mapping.h arch/arm64/include/asm/ &&
		sed -i s,kvm/arm64/vncr_mapping,asm/vncr_mapping, \$(git grep -l kvm/arm64/vncr_mapping -- arch/arm64)" &&
	test_expect_code 1 audit back headers base..arm64-back &&
	results failing back >failing &&
	grep "3 s390/default/gcc .*kvm/arm64/vncr_mapping.h: No such file" failing &&
	findings_are back headers <<-\EOT &&
	added 2 moved arch/s390/kvm/diag.o arch/s390/kvm/diag.c:2 include/kvm/arm64/vncr_mapping.h s390/default/gcc
	EOT
	grep "audits: s390/default/gcc, patch 3: arch/s390/kvm/diag.o does not get through the preprocessor" back.out
'

test_expect_success 'headers: a header that compiles on two architectures asm/ is told' '
	topic mixture &&
	patch "KVM: s390: arm64 on the path" sh -c "
		sed -i \"s,^ccflags-y :=.*,& -I\\\$(srctree)/arch/arm64/include/asm/far -I\\\$(srctree)/arch/arm64/include/far,\" arch/s390/kvm/Makefile &&
		mkdir -p arch/arm64/include/far &&
		printf \"#include <linux/types.h>\n#include <asm/page.h>\nstatic inline int far_size(void) { return PAGE_SIZE; }\n\" >arch/arm64/include/far/far.h &&
		sed -i \"2i #include <far.h>\" arch/s390/kvm/diag.c" &&
	test_expect_code 1 audit mixture headers base..mixture --cells s390 &&
	verdicts_are mixture <<-\EOT &&
	1 s390/default/gcc ok
	EOT
	findings_are mixture headers <<-\EOT &&
	added 1 arch arch/s390/kvm/diag.o arch/s390/kvm/diag.c:2 arch/arm64/include/far/far.h s390/default/gcc
	added 1 mixture arch/s390/kvm/diag.o arch/arm64/include/far/far.h:2 arch/arm64/include/far/far.h s390/default/gcc
	EOT
	evidence mixture headers >said &&
	grep "mixture .*in this header of arm64, line 2 finds arch/s390/include/asm/page.h" said
'

test_expect_success 'headers: what the base does already is nobody'\''s fault' '
	topic later mixture &&
	patch "KVM: s390: More" append arch/s390/kvm/diag.c <<-\EOT &&
	/* more */
	EOT
	test_expect_code 0 audit later headers mixture..later --cells s390 &&
	results findings later | sed "s/ .*//" | sort | uniq -c >got &&
	results findings later >said &&
	test $(grep -c "^headers present 0" said) = 2 &&
	test $(wc -l <said) = 2
'

test_expect_success 'headers: shared by the data file is said nothing of' '
	topic shared &&
	patch "arm64: Xen" sh -c "mkdir -p include/xen/arm && echo \"/* xen */\" >include/xen/arm/page.h &&
		sed -i \"2i #include <xen/arm/page.h>\" arch/arm64/kvm/mmu.c arch/s390/kvm/diag.c" &&
	test_expect_code 1 audit shared headers base..shared &&
	findings_are shared headers <<-\EOT
	added 1 named arch/s390/kvm/diag.o arch/s390/kvm/diag.c:2 include/xen/arm/page.h s390/default/gcc
	EOT
'

# ---- cycles ----------------------------------------------------------------------

test_expect_success 'cycles: one that comes and goes, with the include that breaks it' '
	topic cycle &&
	patch "KVM: x86: mmu.h needs x86.h" sed -i "5i #include \"x86.h\"" arch/x86/kvm/mmu.h &&
	patch "KVM: x86: Turn it round" subst arch/x86/kvm/x86.h "/mmu.h/d" &&
	test_expect_code 1 audit cycle cycles base..cycle --cells x86_64 &&
	findings_are cycle cycles <<-\EOT &&
	added 1 cycle - arch/x86/kvm/mmu.h:5 arch/x86/kvm/mmu.h arch/x86/kvm/x86.h x86_64/default/gcc
	removed 2 cycle - arch/x86/kvm/mmu.h:5 arch/x86/kvm/mmu.h arch/x86/kvm/x86.h x86_64/default/gcc
	EOT
	evidence cycle cycles >said &&
	grep "arch/x86/kvm/mmu.h:5 -> arch/x86/kvm/x86.h (new)" said &&
	grep "arch/x86/kvm/x86.h:[0-9]* -> arch/x86/kvm/mmu.h[,;]" said &&
	grep "broken without the include at .*arch/x86/kvm/mmu.h:5" said
'

# ---- coverage --------------------------------------------------------------------

test_expect_success 'coverage: lines that no cell compiles, and the option that shows them' '
	topic xen &&
	patch "KVM: x86: Lines" sh -c "cat >>arch/x86/kvm/x86.c && echo \"int kvm_xen_more;\" >>arch/x86/kvm/xen.c" <<-\EOT &&

	/* a comment does not count */
	#ifdef CONFIG_KVM_XEN
	int kvm_under_xen;
	#define XEN_LONG(x) \
		((x) + \
		 1)
	#else
	int kvm_without_xen;
	#endif
	EOT
	test_expect_code 1 audit xen coverage base..xen --cells x86_64 &&
	at=$(grep -n "int kvm_under_xen" tree/arch/x86/kvm/x86.c | cut -d: -f1) &&
	end=$(($at + 3)) && else=$(($at + 5)) && if=$(($at - 1)) &&
	more=$(grep -n kvm_xen_more tree/arch/x86/kvm/xen.c | cut -d: -f1) &&
	findings_are xen coverage <<-EOT &&
	added 1 file - arch/x86/kvm/xen.c:$more CONFIG_KVM_XEN=y x86_64/default/gcc
	added 1 skipped - arch/x86/kvm/x86.c:$at CONFIG_KVM_XEN=y x86_64/default/gcc
	present 1 compiled - arch/x86/kvm/x86.c:$else - x86_64/default/gcc
	EOT
	evidence xen coverage >said &&
	grep "skipped no cell compiles lines $at-$end, in arch/x86/kvm/x86.c:$if #ifdef CONFIG_KVM_XEN; CONFIG_KVM_XEN=y in x86_64/default/gcc would show that" said &&
	grep "file no cell builds it; arch/x86/kvm/Makefile takes it with CONFIG_KVM_XEN" said
'

test_expect_success 'coverage: with the option it is green' '
	matrix m.yaml "x86_64" \
		"configs:" \
		"  - { name: default, base: defconfig }" \
		"  - { name: xen, base: defconfig, options: [CONFIG_EXPERT=y, CONFIG_XEN=y, CONFIG_KVM_XEN=y] }" &&
	test_when_finished "matrix m.yaml \"x86_64, arm64, s390, powerpc\"" &&
	audit xengreen coverage base..xen &&
	results findings xengreen >said &&
	! grep added said &&
	evidence xengreen coverage >said &&
	grep "compiled lines $at-$end in x86_64/xen/gcc; line $else in x86_64/default/gcc" said
'

test_expect_success 'coverage: a file of an architecture that the matrix lacks, and one that fails' '
	topic lost &&
	patch "KVM: Two files" sh -c "echo \"int on_s390;\" >>arch/s390/kvm/diag.c &&
		echo \"int on_arm;\" >>arch/arm64/kvm/mmu.c && echo \"#include <nowhere.h>\" >arch/x86/kvm/new.c &&
		echo \"int in_new;\" >>arch/x86/kvm/new.c &&
		sed -i \"s/lapic.o/& new.o/\" arch/x86/kvm/Makefile" &&
	test_expect_code 1 audit lost coverage base..lost --cells "x86_64/*,s390/*" &&
	evidence lost coverage >said &&
	grep "file no cell builds it: the matrix has no cell of arm64" said &&
	grep "unknown nothing that could be seen reads it; x86_64/default/gcc: a unit that fails there has left no command" said &&
	grep "compiled line [0-9]* in s390/default/gcc" said
'

test_expect_success 'coverage: a new file of a changed Makefile is seen where it is built' '
	topic new &&
	patch "KVM: x86: A file" sh -c "echo \"int in_new;\" >>arch/x86/kvm/new.c &&
		sed -i \"s/lapic.o/& new.o/\" arch/x86/kvm/Makefile" &&
	audit new coverage base..new --cells "x86_64/*" &&
	evidence new coverage >first &&
	echo "compiled line 1 in x86_64/default/gcc" >expected &&
	test_cmp expected first
'

test_expect_success 'a unit that a patch takes away reads nothing any more' '
	topic away mixture &&
	patch "KVM: s390: Drop diag.c" sh -c "git rm -q arch/s390/kvm/diag.c &&
		sed -i s/diag.o// arch/s390/kvm/Makefile" &&
	audit away headers mixture..away --cells "s390/*" &&
	findings_are away headers <<-\EOT
	removed 1 arch arch/s390/kvm/diag.o arch/s390/kvm/diag.c:2 arch/arm64/include/far/far.h s390/default/gcc
	removed 1 mixture arch/s390/kvm/diag.o arch/arm64/include/far/far.h:2 arch/arm64/include/far/far.h s390/default/gcc
	EOT
'

test_expect_success 'and the second time, when the store knows the step' '
	audit new2 coverage base..new --cells "x86_64/*" &&
	evidence new2 coverage >second &&
	test_cmp expected second
'

# ---- standalone and cost ------------------------------------------------------------

test_expect_success 'standalone: headers that lean on others, or have no guard' '
	topic alone &&
	patch "KVM: Headers" sh -c "
		printf \"#ifndef L\n#define L\nstruct lean { u64 a; };\n#endif\n\" >include/kvm/lean.h &&
		echo \"int kvm_twice = 1;\" >include/kvm/twice.h &&
		printf \"#ifndef G\n#define G\n#include <linux/types.h>\nstruct good { u64 a; };\n#endif\n\" >include/kvm/good.h &&
		sed -i \"2i #include <linux/types.h>\n#include <kvm/lean.h>\n#include <kvm/twice.h>\n#include <kvm/good.h>\" arch/s390/kvm/diag.c" &&
	patch "KVM: Mend one" sed -i "2a #include <linux/types.h>" include/kvm/lean.h &&
	test_expect_code 1 audit alone standalone base..alone --cells s390 &&
	findings_are alone standalone <<-\EOT &&
	added 1 alone - include/kvm/lean.h:3 include/kvm/lean.h s390/default/gcc
	added 1 twice - include/kvm/twice.h:1 include/kvm/twice.h s390/default/gcc
	removed 2 alone - include/kvm/lean.h:3 include/kvm/lean.h s390/default/gcc
	EOT
	evidence alone standalone >said &&
	grep "alone it does not compile alone, with the flags of arch/s390/kvm/diag.o: include/kvm/lean.h:3:[0-9]*: error: unknown type name .u64" said &&
	grep "twice it cannot be included twice.*redefinition of .kvm_twice" said
'

test_expect_success 'cost: who is compiled again, and what the compiler reads' '
	topic cost &&
	patch "tty: Include KVM" sed -i "2i #include <linux/kvm_host.h>" drivers/char/tty.c &&
	patch "KVM: A line" subst include/linux/kvm_host.h "\$i extern int kvm_one_more;" &&
	test_expect_code 1 audit cost cost base..cost --cells s390 &&
	results findings cost | grep "^cost added" >said &&
	echo "cost added 1 fan-out drivers/char/tty.o drivers/char/tty.c:2 include/linux/kvm_host.h s390/default/gcc" >expected &&
	test_cmp expected said &&
	evidence cost cost >said &&
	grep "^header read by [0-9]* -> [0-9]* units, 1 -> 2 of them outside KVM; brings [0-9]* -> [0-9]* bytes, \([0-9]*\) -> [0-9]* lines" said &&
	grep "^text [0-9]* units that the series reaches: [0-9]* -> [0-9]* bytes (+[0-9.]* %)" said
'

# ---- accepted, reports, wrong usage -----------------------------------------------------

test_expect_success 'accept: known findings do not turn the exit code, expired ones are told' '
	id=$(perl -ne "print \$1 if /\"id\": \"(headers-[0-9a-f]*)\"/" out/arm64/results.json) &&
	test -n "$id" &&
	cat >accept <<-EOT &&
	# of the arm64 guests

	$id s390 is to run arm64 guests
	headers-000000000000 long gone
	cycles-000000000000 not asked for
	EOT
	audit accepted headers base..arm64 --accept accept &&
	grep "accept:4: headers-000000000000 is not found any more" accepted.err &&
	! grep cycles-000000000000 accepted.err &&
	grep "accepted by patch 2, moved: " accepted.out &&
	grep "accepted: s390 is to run arm64 guests" accepted.out &&
	grep "not ok 1 - added patch 2 moved .* # TODO accepted: s390 is to run arm64 guests" out/accepted/report.tap &&
	prove_accepts out/accepted/report.tap
'

test_expect_success 'accept: without a reason, or no id, is an error with file and line' '
	echo "$id" >bad &&
	test_expect_code 2 audit bad headers base..arm64 --accept bad &&
	grep "bad:1: $id is accepted without a reason" bad.err &&
	printf "\nnonsense why\n" >bad &&
	test_expect_code 2 audit bad headers base..arm64 --accept bad &&
	grep "bad:2: .nonsense. is no id of a finding" bad.err &&
	test_expect_code 2 audit bad headers base..arm64 --accept nowhere &&
	grep nowhere bad.err &&
	test_expect_code 2 judge bad base..arm64 --accept accept &&
	grep "give --audit" bad.err
'

test_expect_success 'the id stays when lines move and patches are added' '
	topic moved base &&
	patch "KVM: arm64: Move" sh -c "mkdir -p include/kvm/arm64 &&
		git mv arch/arm64/include/asm/vncr_mapping.h include/kvm/arm64/ &&
		sed -i s,asm/vncr_mapping,kvm/arm64/vncr_mapping, \$(git grep -l asm/vncr_mapping)" &&
	patch "KVM: s390: Before" sed -i "2i /* one */\n/* two */" arch/s390/kvm/diag.c &&
	patch "KVM: s390: Use" sed -i "6i #include <kvm/arm64/vncr_mapping.h>" arch/s390/kvm/diag.c &&
	audit moved headers base..moved --accept accept --cells "s390/*,arm64/*" &&
	grep "accepted by patch 3" moved.out
'

test_expect_success 'run --audit is the same, and a report of the stored run, too' '
	test_expect_code 1 judge run base..arm64 --audit headers,cycles --audit-share 0 &&
	results findings run >here &&
	results findings arm64 >there &&
	test_cmp there here &&
	grep "^# Subtest: audit headers" out/run/report.tap &&
	grep "^not ok 3 - audit headers" out/run/report.tap &&
	grep "^ok 4 - audit cycles" out/run/report.tap &&
	"$KVMATRIX" report -f json >again.json &&
	perl "$KVMATRIX_TOP/tests/lib/results" findings again.json >again &&
	test_cmp here again
'

test_expect_success JSONSCHEMA 'results fit the schema' '
	"$KVMATRIX_TOP/tests/check-schema" out/*/results.json
'

test_expect_success 'without audits nothing is looked at' '
	judge plain base..arm64 --audit-share 0 &&
	results findings plain >said &&
	test_must_be_empty said &&
	! grep "^audit " plain.out
'

test_expect_success '--depth quick looks over the baseline, with the same findings' '
	rm -rf cache/kvmatrix/store.db* &&
	test_expect_code 1 audit quick headers base..arm64 --depth quick &&
	results findings quick >here &&
	test_cmp there here
'

test_expect_success 'without a sandbox the findings are the same' '
	rm -rf cache/kvmatrix/store.db* &&
	test_expect_code 1 audit nosandbox headers base..arm64 --no-sandbox --cells "s390/*,arm64/*" &&
	results findings nosandbox >here &&
	test_cmp there here
'

test_expect_success 'wrong usage tells which audits there are' '
	test_expect_code 2 "$KVMATRIX" audit nothing base..arm64 2>err &&
	grep "no audit .nothing.; there are: headers, cycles, cost, coverage, standalone" err &&
	test_expect_code 2 "$KVMATRIX" audit headers 2>err &&
	grep "an audit and a SERIES have to be given" err &&
	test_expect_code 2 "$KVMATRIX" run --audit , base..arm64 2>err &&
	grep "no audit named" err &&
	test_expect_code 2 "$KVMATRIX" plan --audit headers base..arm64 2>err &&
	grep "goes with .run. and .audit. only" err &&
	"$KVMATRIX" audit --help >help &&
	for a in headers cycles cost coverage standalone; do
		grep "^  $a " help || return 1
	done
'

test_done
