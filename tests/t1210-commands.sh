#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only

test_description='plan, repro, doctor, gc, help: they do what they say'
. "$(dirname "$0")/lib/kvmatrix.sh"

test_expect_success 'setup' '
	minikernel tree &&
	matrix m.yaml "x86_64, s390" &&
	topic series &&
	patch "Documentation: Say more" append Documentation/virt/kvm.rst <<-\EOT &&
	More.
	EOT
	patch "KVM: s390: Break it" append arch/s390/kvm/diag.c <<-\EOT &&
	#error broken by the series
	EOT
	patch "KVM: Makefile.kvm" append virt/kvm/Makefile.kvm <<-\EOT
	# a comment
	EOT
'

plan() {
	"$KVMATRIX" plan --tree tree -m m.yaml "$@"
}

# All files below the cache that a build would make.
built() {
	find cache/kvmatrix/cells cache/kvmatrix/conf -type f 2>/dev/null | wc -l
}

test_expect_success 'plan on an empty cache says that nothing is known, and builds nothing' '
	plan base..series >plan &&
	grep "unknown s390/default/gcc .*the configuration is not known yet" plan &&
	grep "^0 to build, 0 skipped by proof, .*6 not known yet" plan &&
	test $(built) = 0
'

test_expect_success 'after a run plan knows what will be built and why not the rest' '
	test_expect_code 1 judge run base..series &&
	before=$(built) &&
	plan --no-memory base..series >plan &&
	cat plan &&
	grep "skip .*s390/default/gcc .*none of the 1 changed file is among .*Documentation/virt/kvm.rst" plan &&
	grep "build .*s390/default/gcc .*1 recorded unit reached" plan &&
	grep "skip .*x86_64/default/gcc .*none of the 1 changed file.*diag.c" plan &&
	grep -E "build .*x86_64/default/gcc .*(from an empty O=|7 recorded units reached)" plan &&
	test $(built) = $before
'

test_expect_success 'what an earlier run has built is known to plan' '
	plan base..series >remembering &&
	grep "known .*s390/default/gcc .*built by an earlier run, 1 unit failing" remembering &&
	grep "^0 to build, 3 skipped by proof, 3 built by earlier runs, 0 not known yet" remembering
'

test_expect_success 'plan says of each step what the run has done' '
	results verdicts run >verdicts &&
	sed -n "s/^  skip  *\([^ ]*\) .*/\1/p" plan | sort >skipped &&
	sed -n "s/^[0-9] \([^ ]*\) unreached$/\1/p" verdicts | sort >unreached &&
	test_cmp unreached skipped
'

test_expect_success 'plan --verbose lists the dependents' '
	topic wide &&
	patch "KVM: Touch the header" append include/linux/kvm_types.h <<-\EOT &&
	/* end */
	EOT
	test_expect_code 0 judge wide base..wide &&
	plan --verbose base..wide >plan &&
	grep "^    drivers/vfio/vfio_main.o$" plan &&
	grep "2 dependents outside the target paths\|1 dependent outside the target paths" plan
'

test_expect_success 'repro prints commands that reproduce the failure with git, tar and make alone' '
	id=$("$KVMATRIX" report --list | sed -n "/base..series/s/ .*//p") &&
	"$KVMATRIX" repro "$id" s390/default/gcc 2 >repro.sh &&
	! grep -i "kvmatrix __enter" repro.sh &&
	mkdir -p tmp && test_when_finished "rm -rf tmp" &&
	test_must_fail env TMPDIR="$TRASH/tmp" sh repro.sh >repro.out 2>&1 &&
	grep "arch/s390/kvm/diag.c:.*#error broken by the series" repro.out
'

test_expect_success 'repro of the base, and of a patch that passes, succeeds' '
	mkdir -p tmp && test_when_finished "rm -rf tmp" &&
	"$KVMATRIX" repro "$id" s390/default/gcc 0 >repro.sh &&
	TMPDIR="$TRASH/tmp" sh repro.sh >repro.out 2>&1 &&
	grep "CC .*arch/s390/kvm/diag.o" repro.out &&
	"$KVMATRIX" repro "$id" x86_64/default/gcc 3 >repro.sh &&
	TMPDIR="$TRASH/tmp" sh repro.sh >repro.out 2>&1 &&
	grep "arch/x86/kvm/x86.o" repro.out
'

test_expect_success 'repro takes latest and beginnings of ids, and tells what there is' '
	"$KVMATRIX" repro latest s390/default/gcc 1 >repro.sh &&
	"$KVMATRIX" repro "${id%???}" s390/default/gcc 1 >repro.sh &&
	test_expect_code 2 "$KVMATRIX" repro latest s390/other/gcc 1 2>err &&
	grep "s390/default/gcc" err &&
	test_expect_code 2 "$KVMATRIX" repro latest s390/default/gcc 9 2>err &&
	grep "patches 0 to 1" err &&
	test_expect_code 2 "$KVMATRIX" repro 19990101 s390/default/gcc 1 2>err &&
	test_expect_code 2 "$KVMATRIX" repro latest 2>err
'

test_expect_success 'a subject cannot break out of the commands that repro prints' '
	topic shell &&
	patch "x; touch owned \$(touch owned) \`touch owned\`" append arch/s390/kvm/diag.c <<-\EOT &&
	#error x
	EOT
	test_expect_code 1 judge shell base..shell --cells s390 &&
	mkdir -p tmp && test_when_finished "rm -rf tmp" &&
	"$KVMATRIX" repro latest s390/default/gcc 1 >repro.sh &&
	test_must_fail env TMPDIR="$TRASH/tmp" sh repro.sh >repro.out 2>&1 &&
	test ! -e owned
'

test_expect_success 'doctor finds all that a matrix needs here' '
	"$KVMATRIX" doctor -m m.yaml >doctor &&
	grep "^ok .*git" doctor &&
	grep "^ok .*s390 gcc .*12\|^ok .*s390 gcc" doctor &&
	grep "GiB free" doctor
'

test_expect_success 'doctor names what is missing and the command that installs it' '
	matrix riscv.yaml "riscv" "toolchains: [gcc-99]" "configs: [ { name: default } ]" &&
	test_expect_code 3 "$KVMATRIX" doctor -m riscv.yaml >doctor &&
	grep "^MISSING .*riscv gcc-99" doctor &&
	grep "apt-get install" doctor &&
	test_expect_code 2 "$KVMATRIX" doctor -m nowhere.yaml 2>err &&
	grep "nowhere.yaml" err
'

test_expect_success 'gc --dry-run removes nothing' '
	find cache | sort >before &&
	"$KVMATRIX" gc --all --dry-run >gc &&
	grep "would remove .*cache/kvmatrix/cells/" gc &&
	find cache | sort >after &&
	test_cmp before after
'

test_expect_success 'gc keeps what was used lately' '
	"$KVMATRIX" gc >gc &&
	grep "^0 directories removed" gc &&
	"$KVMATRIX" report >report
'

test_expect_success 'gc --all removes baselines, trees and runs, and a run works after it' '
	"$KVMATRIX" gc --all >gc &&
	grep "directories removed" gc &&
	test -z "$(ls cache/kvmatrix/cells)" &&
	test_must_fail "$KVMATRIX" report 2>err &&
	test_expect_code 1 judge after base..series &&
	results remembered after >remembered &&
	test_must_be_empty remembered
'

test_expect_success 'gc leaves what a run is using' '
	cell=$(ls -d cache/kvmatrix/cells/*/ | head -n 1) &&
	(
		flock -s 9 &&
		"$KVMATRIX" gc --all >gc
	) 9>>"$cell/lock" &&
	grep "in use" gc &&
	test -d "$cell/obj"
'

test_expect_success '--help of the program and of every command, on standard output' '
	"$KVMATRIX" --help >help &&
	for c in run audit plan report repro doctor gc; do
		grep "^  $c " help &&
		"$KVMATRIX" $c --help >help.$c 2>err &&
		grep "^usage: kvmatrix $c" help.$c &&
		test_must_be_empty err || return 1
	done
'

test_expect_success 'help and what the options are agree' '
	for o in --tree --base --matrix --cells --jobs --depth --no-memory --no-ccache \
			--no-sandbox --timeout --mem --trace --quiet --verbose; do
		grep -e "$o" help.run || return 1
	done &&
	for m in "$KVMATRIX_TOP"/matrices/*.yaml; do
		grep -w "$(basename "$m" .yaml)" help.run || return 1
	done &&
	grep "smoke" help.run && test -e "$KVMATRIX_TOP/matrices/smoke.yaml"
'

test_expect_success '--version is one line' '
	"$KVMATRIX" --version >version &&
	test $(wc -l <version) = 1 &&
	grep -E "^kvmatrix [0-9]+\.[0-9]+\.[0-9]+$" version
'

test_expect_success '--quiet says nothing on stderr, --verbose every step' '
	test_expect_code 1 judge quiet base..series --quiet &&
	sed "/no isolated builds on this machine/d" quiet.err >said &&
	test_must_be_empty said &&
	test_expect_code 1 judge verbose base..series --verbose &&
	test $(grep -c "^\[" verbose.err) = 8
'

test_expect_success 'the first failure is shown when it happens' '
	grep -A1 "s390/default/gcc patch 2: regressed" verbose.err >shown &&
	grep "arch/s390/kvm/diag.c:.*#error broken by the series" shown
'

test_expect_success 'a full standard output is not silence' '
	test_expect_code 1 judge full base..series &&
	"$KVMATRIX" report -f json >/dev/full 2>err
	test $? = 3 &&
	grep "could not be written" err
'

test_expect_success 'before what a patch makes units read is known, #include lines tell who cannot read a later one' '
	topic base-is-built base &&
	patch "KVM: What needs the same base" append include/linux/kvm_host.h <<-\EOT &&
	/* nothing */
	EOT
	test_expect_code 0 judge base-is-built base..base-is-built &&
	topic early base &&
	patch "KVM: What all units read" append include/linux/kvm_host.h <<-\EOT &&
	extern int all_units_read_this;
	EOT
	patch "KVM: s390: One unit" append arch/s390/kvm/diag.c <<-\EOT &&
	/* one unit */
	EOT
	patch "KVM: s390: There may be other units now" append arch/s390/kvm/Makefile <<-\EOT &&
	# none
	EOT
	patch "KVM: x86: None of them" append arch/x86/kvm/x86.c <<-\EOT &&
	/* another architecture */
	EOT
	plan base..early >plan &&
	grep "skip .*s390/default/gcc .*no #include of any state leads from a unit of this cell to arch/x86/kvm/x86.c" plan &&
	grep "build .*x86_64/default/gcc .* recorded units reached" plan &&
	grep "skip .*x86_64/default/gcc .*no #include of any state leads from a unit of this cell to arch/s390/kvm/diag.c" plan &&
	grep "build .*s390/default/gcc .* 1 recorded unit reached" plan &&
	grep ", 0 not known yet" plan &&
	plan --explain x86_64/default/gcc 2 base..early >told &&
	grep "^skip: the result is that of patch 1" told &&
	grep "no #include of any state leads" told &&
	test_expect_code 0 judge early base..early &&
	verdicts_are early <<-\EOT
	1 s390/default/gcc ok
	1 x86_64/default/gcc ok
	2 s390/default/gcc ok
	2 x86_64/default/gcc unreached
	3 s390/default/gcc ok
	3 x86_64/default/gcc unreached
	4 s390/default/gcc unreached
	4 x86_64/default/gcc ok
	EOT
'

test_done
