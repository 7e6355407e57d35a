#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only

test_description='faults of the machine are no verdicts: compilers that lack, crash, hang'
. "$(dirname "$0")/lib/kvmatrix.sh"

# path DIR: fills DIR with links to all programs that PATH finds, to take some out
path() {
	mkdir -p "$1" &&
	for d in $(echo "$PATH" | tr : " "); do
		ln -s "$d"/* "$1"/ 2>/dev/null || :
	done
}

# wrap DIR COMPILER: standard input is the beginning of a wrapper around COMPILER
wrap() {
	real=$(command -v "$2") &&
	mkdir -p "$1" &&
	{
		printf "#!/bin/sh\nfor last; do :; done\n" && cat && printf "exec %s \"\$@\"\n" "$real"
	} >"$1/$2" &&
	chmod +x "$1/$2"
}

test_expect_success 'setup' '
	minikernel tree &&
	matrix m.yaml "x86_64, s390" &&
	topic series &&
	patch "KVM: A comment" append virt/kvm/kvm_main.c <<-\EOT &&
	/* end */
	EOT
	patch "KVM: x86: Break" append arch/x86/kvm/lapic.c <<-\EOT &&
	#error x86
	EOT
	topic fine &&
	patch "KVM: Another comment" append virt/kvm/kvm_main.c <<-\EOT
	/* end of it */
	EOT
'

test_expect_success 'no compiler for one architecture: the others are judged, exit 3' '
	path most && rm most/s390x-linux-gnu-gcc* &&
	PATH=$TRASH/most test_expect_code 3 judge missing base..fine &&
	verdicts_are missing <<-\EOT &&
	1 s390/default/gcc error
	1 x86_64/default/gcc ok
	EOT
	results cells missing >cells &&
	grep "^s390/default/gcc compiler s390x-linux-gnu-gcc is not installed (Debian: apt-get install gcc-s390x-linux-gnu)" cells &&
	grep "apt-get install gcc-s390x-linux-gnu" missing.out
'

test_expect_success 'a regression elsewhere wins over what could not be found out' '
	PATH=$TRASH/most test_expect_code 1 judge both base..series &&
	verdicts_are both <<-\EOT
	1 s390/default/gcc error
	1 x86_64/default/gcc ok
	2 s390/default/gcc error
	2 x86_64/default/gcc regressed
	EOT
'

test_expect_success 'doctor and plan say so too' '
	PATH=$TRASH/most test_expect_code 3 "$KVMATRIX" doctor -m m.yaml >doctor &&
	grep "^MISSING .*s390 gcc" doctor && grep "apt-get install gcc-s390x-linux-gnu" doctor &&
	PATH=$TRASH/most "$KVMATRIX" plan --tree tree -m m.yaml base..fine >plan &&
	grep "unknown s390/default/gcc .*compiler is missing" plan
'

test_expect_success 'when the compiler is there again, its cells are judged' '
	test_expect_code 0 judge there base..fine &&
	verdicts_are there <<-\EOT
	1 s390/default/gcc ok
	1 x86_64/default/gcc ok
	EOT
'

test_expect_success 'a compiler that kills itself in a step is an error, not a regression' '
	rm -rf cache &&
	wrap bin/killed s390x-linux-gnu-gcc <<-\EOT &&
	case "$*" in *-D__KERNEL__*kvm_main.c) ! grep -q "end of it" $last || kill -9 $$ ;; esac
	EOT
	PATH=$TRASH/bin/killed:$PATH test_expect_code 3 judge killed base..fine --no-ccache &&
	verdicts_are killed <<-\EOT &&
	1 s390/default/gcc error
	1 x86_64/default/gcc ok
	EOT
	results reasons killed >reasons &&
	grep -i "^1 s390/default/gcc .*kill" reasons
'

test_expect_success 'an internal compiler error is one too, and names the unit' '
	wrap bin/ice s390x-linux-gnu-gcc <<-\EOT &&
	case "$*" in *-D__KERNEL__*kvm_main.c)
		if grep -q "end of it" $last; then
			echo "$last:3:1: internal compiler error: Segmentation fault" >&2
			echo "Please submit a full bug report." >&2
			exit 1
		fi ;;
	esac
	EOT
	PATH=$TRASH/bin/ice:$PATH test_expect_code 3 judge ice base..fine --no-ccache &&
	results reasons ice >reasons &&
	grep "^1 s390/default/gcc compiler crashed: .*kvm_main" reasons &&
	verdicts_are ice <<-\EOT
	1 s390/default/gcc error
	1 x86_64/default/gcc ok
	EOT
'

test_expect_success 'an internal compiler error that does not come again is no error' '
	wrap bin/once s390x-linux-gnu-gcc <<-EOT &&
	case "\$*" in *-D__KERNEL__*kvm_main.c)
		if grep -q "end of it" \$last && test \$((\$(date +%s%N) / 1000000)) -lt \$(cat $TRASH/bin/once/until); then
			echo "\$last:3:1: internal compiler error: Segmentation fault" >&2
			sleep 2
			exit 1
		fi ;;
	esac
	EOT
	# long enough for the first try, past at the second
	echo 0 >bin/once/until &&
	PATH=$TRASH/bin/once:$PATH test_expect_code 0 judge warm base..fine --no-ccache --cells s390 --no-memory &&
	echo $(($(date +%s%N) / 1000000 + 1900)) >bin/once/until &&
	PATH=$TRASH/bin/once:$PATH test_expect_code 0 judge once base..fine --no-ccache --cells s390 --no-memory &&
	grep "internal compiler error" out/once/logs/1/s390-default-gcc.log ||
	verdicts_are once <<-\EOT
	1 s390/default/gcc ok
	EOT
'

test_expect_success 'errors are not remembered: with a sound compiler the step is judged' '
	rm bin/ice/s390x-linux-gnu-gcc &&
	test_expect_code 0 judge sound base..fine --no-ccache &&
	verdicts_are sound <<-\EOT
	1 s390/default/gcc ok
	1 x86_64/default/gcc ok
	EOT
'

test_expect_success 'a compiler that hangs is ended by --timeout, and nothing is left' '
	wrap bin/hang s390x-linux-gnu-gcc <<-EOT &&
	case "\$*" in *-D__KERNEL__*kvm_main.c) ! grep -q "end of it" \$last || exec sleep 3145$$ ;; esac
	EOT
	PATH=$TRASH/bin/hang:$PATH test_expect_code 3 judge hang base..fine --no-ccache --timeout 4 &&
	results reasons hang >reasons &&
	grep "^1 s390/default/gcc timed out after [45] s (--timeout)" reasons &&
	verdicts_are hang <<-\EOT &&
	1 s390/default/gcc error
	1 x86_64/default/gcc ok
	EOT
	! pgrep -f "sleep 3145$$"
'

test_expect_success 'a compiler that floods its output is cut, and the run ends' '
	wrap bin/flood s390x-linux-gnu-gcc <<-\EOT &&
	case "$*" in *-D__KERNEL__*kvm_main.c) ! grep -q "end of it" $last || { yes "x.c:1:1: warning: $(printf %03000d 0)" | head -c 90000000; } ;; esac
	EOT
	PATH=$TRASH/bin/flood:$PATH test_might_fail judge flood base..fine --no-ccache --cells s390 &&
	results verdicts flood >verdicts &&
	! grep " ok$" verdicts
'

test_expect_success 'a compiler that fails in the base only makes the cell an error' '
	wrap bin/base s390x-linux-gnu-gcc <<-\EOT &&
	case "$*" in *-D__KERNEL__*-c*) kill -9 $$ ;; esac
	EOT
	PATH=$TRASH/bin/base:$PATH test_expect_code 3 judge base base..fine --no-ccache &&
	results cells base >cells &&
	grep -i "^s390/default/gcc building the base: .*kill" cells &&
	grep "^x86_64/default/gcc -" cells
'

test_expect_success 'make that is not there is no verdict' '
	path nomake && rm nomake/make &&
	PATH=$TRASH/nomake test_expect_code 3 judge nomake base..fine --no-memory &&
	results verdicts nomake >verdicts &&
	! grep -E " (ok|regressed|fixed)$" verdicts
'

test_done
