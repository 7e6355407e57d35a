#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only

test_description='the quick pass: syntax checks of all states before any is built'
. "$(dirname "$0")/lib/kvmatrix.sh"

new_unit () {
	echo "kvm-y += two.o" >>arch/s390/kvm/Makefile &&
	echo "int two = undeclared;" >arch/s390/kvm/two.c
}

test_expect_success 'setup: a hole, a new include that breaks later, a moved header' '
	minikernel tree &&
	matrix m.yaml "s390, arm64" &&
	topic series &&
	patch "KVM: s390: Break diag.c" subst arch/s390/kvm/diag.c "s/4096/nothing/" &&
	patch "KVM: s390: Heal it" git checkout -q base -- arch/s390/kvm/diag.c &&
	patch "KVM: s390: A header of its own" put arch/s390/kvm/more.h <<-\EOT &&
	#define MORE 1
	EOT
	patch "KVM: s390: Read it" subst arch/s390/kvm/diag.c \
		"s,^#include \"gaccess.h\",&\n#include \"more.h\"," &&
	patch "KVM: s390: Break it where nobody outside sees it" \
		put arch/s390/kvm/more.h <<-\EOT &&
	#define MORE 1
	#error more
	EOT
	patch "KVM: s390: It is gone" git rm -q arch/s390/kvm/more.h
'

test_expect_success 'a run' '
	test_expect_code 1 judge full base..series
'

test_expect_success NAMESPACES 'failures are told before the step is built' '
	for patch in 1 5 6
	do
		told=$(sed -n "/s390.default.gcc patch $patch, quick pass: 1 unit fails/=" full.err) &&
		built=$(sed -n "/\] s390.default.gcc patch $patch:/=" full.err) &&
		test "$told" -lt "$built" || return 1
	done
'

test_expect_success NAMESPACES,CCACHE 'make finds in the cache what the pass compiled' '
	topic cached base &&
	patch "KVM: What all units read" append include/linux/kvm_host.h <<-\EOT &&
	extern int what_all_units_read;
	EOT
	judge cached base..cached &&
	reached=$(sed -n "s/.* patch 1: ok (\([0-9]*\) of .*/\1/p" cached.err |
		awk "{ nr += \$1 } END { print nr }") &&
	hits=$(sed -n "s/.*ccache had \([0-9]*\) of .*/\1/p" cached.out) &&
	test $reached -gt 9 && test $hits -ge $reached
'

test_expect_success NAMESPACES,CCACHE 'and so it does when two cells compile the same at once' '
	mkdir slow &&
	cat >slow/s390x-linux-gnu-gcc <<-EOT &&
	#!/bin/sh
	case "\$*" in *-D__KERNEL__*.c) sleep 0.3 ;; esac
	exec $(command -v s390x-linux-gnu-gcc) "\$@"
	EOT
	chmod +x slow/s390x-linux-gnu-gcc &&
	matrix m.yaml "s390" "configs: [ { name: a, base: defconfig }, { name: b, base: defconfig, options: [CONFIG_VFIO=n] } ]" &&
	topic together base &&
	patch "KVM: What all units read, too" append include/linux/kvm_host.h <<-\EOT &&
	extern int what_all_units_read_too;
	EOT
	PATH=$TRASH/slow:$PATH judge alone base..cached &&
	PATH=$TRASH/slow:$PATH judge together base..together -j8 &&
	reached=$(sed -n "s/.* patch 1: ok (\([0-9]*\) of .*/\1/p" together.err |
		awk "{ nr += \$1 } END { print nr }") &&
	hits=$(sed -n "s/.*ccache had \([0-9]*\) of .*/\1/p" together.out) &&
	test $reached -gt 9 && test $hits -ge $reached
'

test_expect_success NAMESPACES 'whoever the text speaks against is judged first' '
	matrix m.yaml "s390, arm64" &&
	topic suspects base &&
	patch "KVM: s390: Break diag.c" subst arch/s390/kvm/diag.c "s/4096/nothing/" &&
	patch "KVM: s390: Harmless" subst arch/s390/kvm/kvm-s390.h "s,^#include.*,&\n/* here */," &&
	patch "KVM: s390: Forget a user" subst arch/s390/kvm/gaccess.h "s/logical_to_effective/effective/" &&
	test_expect_code 1 judge suspects base..suspects --no-memory &&
	grep "quick pass: " suspects.err >quick &&
	head -n 1 quick | grep "s390/default/gcc patch 3, quick pass: " &&
	sed -n 2p quick | grep "s390/default/gcc patch 1, quick pass: 1 unit fails" &&
	! grep "internal error" suspects.out
'

test_expect_success NAMESPACES 'one architecture after the other' '
	matrix m.yaml "s390, arm64" "configs: [ { name: a, base: defconfig }, { name: b, base: defconfig, options: [CONFIG_VFIO=n] } ]" &&
	topic turns base &&
	patch "KVM: A comment" append include/linux/kvm_host.h <<-\EOT &&
	/* nothing */
	EOT
	patch "KVM: Forget a user" subst include/linux/kvm_host.h "/kvm_arch_vcpu_run/d" &&
	test_expect_code 1 judge bases base..turns &&
	test_expect_code 1 judge turns base..turns -j1 --no-memory --trace turns.json &&
	grep "\"cat\":\"\(quick\|ahead\)\"" turns.json | head -n 4 |
		sed "s/.*\"cell\":\"\([a-z0-9]*\).*/\1/" >turns && cat turns &&
	head -n 2 turns | sort >first && tail -n 2 turns | sort >second &&
	printf "arm64\ns390\n" >expected &&
	test_cmp expected first &&
	test_cmp expected second &&
	matrix m.yaml "s390, arm64"
'

test_expect_success 'the build agrees' '
	! grep "internal error" full.out &&
	verdicts_are full <<-\EOT
	1 arm64/default/gcc unreached
	1 s390/default/gcc regressed
	2 arm64/default/gcc unreached
	2 s390/default/gcc fixed
	3 arm64/default/gcc unreached
	3 s390/default/gcc unreached
	4 arm64/default/gcc unreached
	4 s390/default/gcc ok
	5 arm64/default/gcc unreached
	5 s390/default/gcc regressed
	6 arm64/default/gcc unreached
	6 s390/default/gcc regressed
	EOT
'

test_expect_success 'with --depth quick the verdicts are the same and the report says so' '
	test_expect_code 1 judge quick base..series --depth quick --no-memory &&
	cp full.expected quick.expected &&
	results verdicts quick >quick.actual &&
	test_cmp quick.expected quick.actual &&
	grep "as far as syntax checks tell" quick.out &&
	results reasons quick >reasons &&
	grep "^4 s390/default/gcc judged by the quick pass alone" reasons &&
	"$KVMATRIX_TOP/tests/check-schema" out/quick/results.json
'

test_expect_success 'what the quick pass says is not remembered as what make said' '
	rm -rf out/again &&
	rm cache/kvmatrix/store.db* &&
	test_expect_code 1 judge q1 base..series --depth quick &&
	test_expect_code 1 judge again base..series &&
	results remembered again >remembered &&
	test_must_be_empty remembered
'

test_expect_success 'what it cannot judge is built: a Makefile that changes' '
	topic unit &&
	patch "KVM: s390: A unit that does not compile" new_unit &&
	test_expect_code 1 judge unit base..unit --depth quick &&
	results failing unit >failing &&
	grep "^1 s390/default/gcc new arch/s390/kvm/two.o .undeclared. undeclared" failing &&
	results reasons unit >reasons &&
	! grep "^1 s390/default/gcc .*quick pass" reasons
'

test_expect_success 'what breaks prepare alone is seen by the quick pass, too' '
	topic prepare &&
	patch "KVM: s390: Hide what only asm-offsets.c needs" \
		append arch/s390/include/asm/kvm_host_types.h <<-\EOT &&
	#ifdef __GENERATING_OFFSETS
	#error prepare
	#endif
	EOT
	patch "s390: Break prepare" subst arch/s390/kernel/asm-offsets.c \
		"1a #define __GENERATING_OFFSETS" &&
	test_expect_code 1 judge prepare base..prepare --cells s390 --depth quick &&
	results failing prepare >failing &&
	grep "^2 s390/default/gcc new arch/s390/kernel/asm-offsets.s .*#error prepare" failing &&
	test_expect_code 1 judge prepare2 base..prepare --cells s390 --no-memory &&
	! grep "internal error" prepare2.out
'

test_expect_success 'what only code generation shows is no contradiction' '
	topic codegen &&
	patch "KVM: s390: An assertion that does not hold" append arch/s390/kvm/diag.c <<-\EOT &&
	extern void __compiletime_assert_1(void) __attribute__((error("BUILD_BUG_ON failed: 1")));
	int assert_it(void);
	int assert_it(void)
	{
		__compiletime_assert_1();
		return 0;
	}
	EOT
	patch "KVM: s390: A warning that comes late, and is an error" append arch/s390/kvm/gaccess.c <<-\EOT &&
	#pragma GCC diagnostic error "-Wreturn-type"
	int no_end(int a);
	int no_end(int a)
	{
		if (a)
			return 1;
	}
	EOT
	test_expect_code 1 judge codegen base..codegen --no-ccache &&
	! grep "internal error" codegen.out &&
	! grep "quick pass:" codegen.err &&
	test_expect_code 1 judge objects base..codegen --no-memory &&
	! grep "internal error" objects.out &&
	{ ! command -v ccache || grep "quick pass: 1 unit fails.*BUILD_BUG_ON" objects.err; } &&
	verdicts_are objects <<-\EOT &&
	1 arm64/default/gcc unreached
	1 s390/default/gcc regressed
	2 arm64/default/gcc unreached
	2 s390/default/gcc regressed
	EOT
	verdicts_are codegen <<-\EOT
	1 arm64/default/gcc unreached
	1 s390/default/gcc regressed
	2 arm64/default/gcc unreached
	2 s390/default/gcc regressed
	EOT
'

test_expect_success NAMESPACES 'a compiler that lies in the quick pass is an internal error' '
	mkdir -p bin &&
	cat >bin/s390x-linux-gnu-gcc <<-EOT &&
	#!/bin/sh
	case "\$*" in
	*-fsyntax-only*diag.c*|*diag.c*-fsyntax-only*) echo "arch/s390/kvm/diag.c:1:1: error: a lie" >&2; exit 1 ;;
	esac
	exec $(command -v s390x-linux-gnu-gcc) "\$@"
	EOT
	chmod +x bin/s390x-linux-gnu-gcc &&
	topic lie &&
	patch "KVM: s390: A comment" append arch/s390/kvm/gaccess.h <<-\EOT &&
	/* nothing */
	EOT
	(PATH=$TRASH/bin:$PATH && export PATH &&
		test_expect_code 3 judge lie base..lie --cells s390 --no-ccache) &&
	grep "internal error.*diag.o fails in the quick pass and passes in the build" lie.out
'

test_expect_success NAMESPACES 'a pass that cannot go on leaves the rest to the builds' '
	cat >bin/s390x-linux-gnu-gcc <<-EOT &&
	#!/bin/sh
	case "\$*" in
	*-fsyntax-only*diag.c*|*diag.c*-fsyntax-only*)
		for file in "$TRASH"/cache/kvmatrix/scratch/*/*/quick/make/replay.mk
		do
			rm "\$file" && mkdir "\$file"
		done ;;
	esac
	exec $(command -v s390x-linux-gnu-gcc) "\$@"
	EOT
	(PATH=$TRASH/bin:$PATH && export PATH &&
		test_expect_code 1 judge halted base..series --cells s390 --no-ccache --no-memory) &&
	grep "s390/default/gcc: the quick pass ends at patch 2: .*replay.mk" halted.err &&
	grep "s390.default.gcc patch 1, quick pass: 1 unit fails" halted.err &&
	! grep "patch [2-6], quick pass" halted.err &&
	! grep "internal error" halted.out &&
	grep "s390/default/gcc" full.expected >expected &&
	results verdicts halted >actual && test_cmp expected actual
'

test_expect_success 'setup: a unit fails and stays so while others change' '
	topic stays &&
	patch "KVM: s390: Break diag.c" subst arch/s390/kvm/diag.c "s/4096/nothing/" &&
	patch "KVM: s390: Elsewhere" append arch/s390/kvm/gaccess.c <<-\EOT &&
	/* diag.c does not read this */
	EOT
	patch "KVM: s390: A header that nobody reads" \
		put arch/s390/kvm/alone.h <<-\EOT &&
	#define ALONE 1
	EOT
	patch "KVM: s390: Heal in a header" \
		append arch/s390/kvm/gaccess.h <<-\EOT &&
	#define nothing 4096
	#ifdef NEVER
	#include "alone.h"
	#endif
	EOT
	patch "KVM: s390: A header is missing" subst arch/s390/kvm/diag.c \
		"s,^#include \"gaccess.h\",&\n#include \"later.h\"," &&
	patch "KVM: s390: Nobody can know what is behind it" \
		append arch/s390/kvm/alone.h <<-\EOT &&
	#define ALONE_TOO 1
	EOT
	patch "KVM: arm64: Whatever it is, not this" \
		append arch/arm64/kvm/mmu.c <<-\EOT
	/* no file of s390 includes this */
	EOT
'

test_expect_success NAMESPACES 'what a failing unit reads is known, unless a header is missing' '
	test_expect_code 1 judge stays base..stays --no-memory --cells "s390/*" &&
	verdicts_are stays <<-\EOT &&
	1 s390/default/gcc regressed
	2 s390/default/gcc still-broken
	3 s390/default/gcc still-broken
	4 s390/default/gcc fixed
	5 s390/default/gcc regressed
	6 s390/default/gcc still-broken
	7 s390/default/gcc still-broken
	EOT
	results steps stays >steps &&
	grep "^3 s390/default/gcc still-broken none of the 1 changed" steps &&
	grep "^6 s390/default/gcc still-broken - " steps &&
	grep "^7 s390/default/gcc still-broken no #include of any state leads from" steps
'

test_expect_success NAMESPACES 'and is remembered with the step' '
	test_expect_code 1 judge stays2 base..stays --cells "s390/*" &&
	results steps stays >first && results steps stays2 >second &&
	test_cmp first second &&
	results remembered stays2 >remembered &&
	grep "^2 s390/default/gcc" remembered
'

test_expect_success 'setup: units fail before, behind and after a prepare that fails' '
	matrix m.yaml "arm64" && topic stop &&
	patch "KVM: arm64: A flag that does not compile" eval "
		echo \"CFLAGS_mmu.o := -DEXTRA\" >>arch/arm64/kvm/Makefile &&
		printf \"#ifdef EXTRA\nint extra = undeclared;\n#endif\n\" >>arch/arm64/kvm/mmu.c" &&
	patch "KVM: Break prepare" subst include/linux/kvm_host.h "/linux.mutex.h/d" &&
	patch "KVM: arm64: Another flag" append arch/arm64/kvm/Makefile <<-\EOT &&
	CFLAGS_arm.o := -DMORE
	EOT
	patch "KVM: Heal prepare" git checkout -q base -- include/linux/kvm_host.h
'

test_expect_success 'units that are not judged are neither fixed nor broken anew, in both passes' '
	cat >stop.verdicts <<-\EOT &&
	1 arm64/default/gcc regressed
	2 arm64/default/gcc regressed
	3 arm64/default/gcc still-broken
	4 arm64/default/gcc still-broken
	EOT
	for how in full quick
	do
		test_expect_code 1 judge stop-$how base..stop --no-memory --depth $how &&
		results steps stop-$how &&
		verdicts_are stop-$how <stop.verdicts &&
		! grep "internal error" stop-$how.out &&
		results unjudged stop-$how >unjudged-$how &&
		results causes stop-$how >causes-$how &&
		grep "undeclared.* 1 - arm64/default/gcc$" causes-$how ||
		return 1
	done &&
	grep "^3 arm64/default/gcc arch/arm64/kvm/arm.o" unjudged-full &&
	test_cmp unjudged-full unjudged-quick
'

test_expect_success 'and a run that remembers the states before says the same' '
	rm cache/kvmatrix/store.db* &&
	topic amended stop~3 &&
	patch "KVM: What breaks nothing" append include/linux/kvm_host.h <<-\EOT &&
	/* nothing */
	EOT
	test_expect_code 1 judge amended base..amended &&
	test_expect_code 1 judge rest base..stop &&
	results remembered rest >remembered &&
	echo "1 arm64/default/gcc" >expected && test_cmp expected remembered &&
	results unjudged rest >unjudged-rest &&
	test_cmp unjudged-full unjudged-rest &&
	verdicts_are rest <stop.verdicts &&
	results steps stop-full >first && results steps rest >second &&
	test_cmp first second &&
	test_expect_code 1 judge rest2 base..stop &&
	results steps rest2 >second && test_cmp first second
'

test_done
