#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only

test_description='causes: what the sources prove of a failure, from real builds'
. "$(dirname "$0")/lib/kvmatrix.sh"

# says FILE TEXT...: all of these stand in one line of it
says () {
	file=$1
	shift
	lines=$(cat "$file") &&
	for text in "$@"
	do
		lines=$(printf '%s\n' "$lines" | grep -F -e "$text") || {
			echo "not in $file: $text"
			cat "$file"
			return 1
		}
	done
}

# causes_of NAME SERIES NUMBER: judged, there are so many causes
causes_of () {
	test_expect_code 1 judge "$1" "$2" &&
	results advice "$1" >"$1.advice" &&
	cat "$1.advice" &&
	test $(wc -l <"$1.advice") = "$3"
}

test_expect_success 'setup: a header that comes in two ways on x86, in one on s390' '
	minikernel tree &&
	matrix m.yaml "x86_64, s390" &&
	topic building &&
	patch "A header" eval "
		put include/linux/luck.h <<-\EOT &&
		#ifndef _LINUX_LUCK_H
		#define _LINUX_LUCK_H
		int luck(void);
		#define LUCKY 7
		#endif
		EOT
		put include/linux/fate.h <<-\EOT &&
		#ifndef _LINUX_FATE_H
		#define _LINUX_FATE_H
		int fate(void);
		#endif
		EOT
		put include/linux/chance.h <<-\EOT &&
		int chance(void);
		EOT
		put include/linux/odds.h <<-\EOT &&
		int odds(void);
		EOT
		subst virt/kvm/eventfd.c \"1a #include <linux/chance.h>\n#include <linux/odds.h>\" &&
		subst include/linux/kvm_host.h \"s,^#include <linux/bug.h>,&\n#include <linux/luck.h>\n#include <linux/fate.h>,\" &&
		subst arch/x86/include/asm/kvm_host.h \"s,^#include <asm/page.h>,&\n#include <linux/luck.h>,\" &&
		subst virt/kvm/kvm_main.c \"s,return kvm && gfn;,return kvm ? luck() + LUCKY : fate();,\"" &&
	git -C tree tag start
'

test_expect_success 'a lost include names the header, the patch, the way and the luck' '
	topic lost start &&
	patch "KVM: Innocent" append Documentation/virt/kvm.rst <<-\EOT &&
	More.
	EOT
	patch "KVM: Drop an include" subst include/linux/kvm_host.h "/luck.h/d" &&
	causes_of lost start..lost 1 &&
	says lost.advice "missing-include:linux/luck.h cut from include/linux/kvm_host.h" \
		"include <linux/luck.h> in virt/kvm/kvm_main.c" \
		"patch 2 takes the include of linux/luck.h from include/linux/kvm_host.h" \
		"virt/kvm/kvm_main.c > include/linux/kvm_host.h > include/linux/luck.h" \
		"x86_64 gets them by luck: virt/kvm/kvm_main.c > include/linux/kvm_host.h > arch/x86/include/asm/kvm_host.h > include/linux/luck.h"
'

test_expect_success 'a stored run tells the same without the sources' '
	grep -e "-> " lost.out >told &&
	rm -rf tree.away && mv tree tree.away &&
	test_when_finished "mv tree.away tree" &&
	"$KVMATRIX" report >again &&
	grep -e "-> " again >retold &&
	test_cmp told retold
'

test_expect_success 'two includes lost are two causes, also in one unit' '
	topic two start &&
	patch "KVM: Drop two includes" subst include/linux/kvm_host.h "/luck.h/d" "/fate.h/d" &&
	causes_of two start..two 2 &&
	says two.advice "missing-include:linux/luck.h cut" "include <linux/luck.h> in virt/kvm/kvm_main.c" &&
	says two.advice "missing-include:linux/fate.h cut" "include <linux/fate.h> in virt/kvm/kvm_main.c" &&
	results causes two >causes &&
	grep "^missing-include:linux/luck.h .* s390/default/gcc$" causes &&
	grep "^missing-include:linux/fate.h .* s390/default/gcc,x86_64/default/gcc$" causes
'

test_expect_success 'what a flag hides names the header, and the Makefile that loses the flag' '
	topic hidden start &&
	patch "KVM: Define __KVM__" append virt/kvm/Makefile.kvm <<-\EOT &&
	ccflags-y += -D__KVM__
	EOT
	patch "KVM: Hide" subst include/linux/kvm_host.h \
		"s,^#include <linux/luck.h>,#ifdef __KVM__\n&," \
		"s,^#include <linux/fate.h>,&\n#endif," \
		"s,^void kvm_get_kvm,#ifdef __KVM__\n&," \
		"s,^void kvm_put_kvm.*,&\n#endif," &&
	causes_of hidden start..hidden 1 &&
	says hidden.advice "hidden:include/linux/kvm_host.h:#ifdef __KVM__ for arch/s390/kvm/Makefile" \
		"define __KVM__ in arch/s390/kvm/Makefile before patch 2" \
		"virt/kvm/Makefile.kvm defines __KVM__ in ccflags-y, and arch/s390/kvm/Makefile:4 assigns ccflags-y anew"
'

test_expect_success 'a unit outside KVM that needs what is hidden is to be weaned first' '
	topic outside start &&
	patch "KVM: Define __KVM__" eval "
		append virt/kvm/Makefile.kvm <<-\EOT &&
		ccflags-y += -D__KVM__
		EOT
		subst arch/s390/kvm/Makefile \"s,:= -I,+= -I,\" &&
		subst drivers/vfio/vfio_main.c \"1a #include <linux/kvm_host.h>\nint vfio_uses(struct kvm *kvm);\nint vfio_uses(struct kvm *kvm) { return kvm->created_vcpus; }\"" &&
	patch "KVM: Hide struct kvm" subst include/linux/kvm_host.h \
		"s,^struct kvm {,struct kvm;\n#ifdef __KVM__\n&," \
		"s,^int kvm_arch_vcpu_run,#endif\n&," &&
	causes_of outside start..outside 1 &&
	says outside.advice "hidden:struct kvm:#ifdef __KVM__ in include/linux/kvm_host.h" \
		"wean drivers/vfio/vfio_main.o from include/linux/kvm_host.h before patch 2"
'

test_expect_success 'a moved declaration names the old header and the new' '
	topic moved start &&
	patch "KVM: s390: Move it" eval "
		grep kvm_s390_logical arch/s390/kvm/gaccess.h >decl &&
		subst arch/s390/kvm/gaccess.h /kvm_s390_logical/,/^}/d &&
		{ echo \"#include \\\"kvm-s390.h\\\"\";
		  git show HEAD:arch/s390/kvm/gaccess.h | sed -n /kvm_s390_logical/,/^}/p; } >arch/s390/kvm/address.h &&
		rm decl" &&
	causes_of moved start..moved 1 &&
	says moved.advice "missing-include:arch/s390/kvm/address.h, moved from arch/s390/kvm/gaccess.h" \
		"include \"address.h\" in arch/s390/kvm/" \
		"patch 1 moves it from arch/s390/kvm/gaccess.h to arch/s390/kvm/address.h"
'

test_expect_success 'a removed declaration names the place where it was' '
	topic removed start &&
	patch "Remove it" subst include/linux/fate.h "/fate(void)/d" &&
	causes_of removed start..removed 1 &&
	says removed.advice "keep it as long as it is used in virt/kvm/kvm_main.c" \
		"patch 1 takes it from include/linux/fate.h (line 3 before it)"
'

test_expect_success 'what is declared twice names both places' '
	topic twice start &&
	patch "KVM: Say it again" subst include/linux/kvm_host.h \
		"s,^void kvm_get_kvm.*,&\nint fate(int number);," &&
	causes_of twice start..twice 1 &&
	says twice.advice "redefinition:fate keep one declaration of fate" \
		"include/linux/kvm_host.h:" "include/linux/fate.h:3 both declare it for" "since patch 1"
'

test_expect_success 'an include cycle is told with the include that closes it, and who heals it' '
	topic cycle start &&
	patch "KVM: x86: Use x86.h in mmu.h" subst arch/x86/kvm/mmu.h \
		"s,^int kvm_mmu_load.*,&\n#include \"x86.h\"\nstatic inline u64 kvm_mmu_root(struct kvm_vcpu *v) { return kvm_read_cr3(v); }," &&
	patch "KVM: x86: Turn it round" subst arch/x86/kvm/x86.h "/#include \"mmu.h\"/d" \
		"\$a #include \"mmu.h\"" &&
	causes_of cycle start..cycle 1 &&
	says cycle.advice "include-cycle:arch/x86/kvm/mmu.h includes x86.h" \
		"broken by patch 1, healed by 2: squash 2 into 1" \
		"patch 1 lets arch/x86/kvm/mmu.h:8 include x86.h, which closes the cycle" \
		"arch/x86/kvm/mmu.h > arch/x86/kvm/x86.h > arch/x86/kvm/mmu.h"
'

test_expect_success 'a header that leans on its includers is told from a source that does' '
	topic leans start &&
	patch "KVM: s390: Lean" append arch/s390/kvm/kvm-s390.h <<-\EOT &&
	static inline int lean(void) { return chance(); }
	EOT
	patch "KVM: s390: Never had it" append arch/s390/kvm/diag.c <<-\EOT &&
	int never(void);
	int never(void) { return odds(); }
	EOT
	causes_of leans start..leans 2 &&
	says leans.advice "not-standalone:arch/s390/kvm/kvm-s390.h without include/linux/chance.h" \
		"include <linux/chance.h> in arch/s390/kvm/kvm-s390.h" &&
	says leans.advice "missing-include:include/linux/odds.h" \
		"include <linux/odds.h> in arch/s390/kvm/diag.c"
'

test_expect_success 'a header that moves to another architecture, and one that was never ours' '
	topic cross start &&
	patch "Share it" eval "mkdir -p include/kvm/arm64 &&
		git mv arch/arm64/include/asm/vncr_mapping.h include/kvm/arm64/" &&
	patch "KVM: s390: Use it" subst arch/s390/kvm/diag.c "1a #include <kvm/arm64/vncr_mapping.h>" &&
	patch "Keep it" git mv include/kvm/arm64/vncr_mapping.h arch/arm64/include/asm/ &&
	patch "KVM: s390: Another one" subst arch/s390/kvm/gaccess.c "1a #include <asm/kvm_arm.h>" &&
	causes_of cross start..cross 2 &&
	says cross.advice "cross-arch:kvm/arm64/vncr_mapping.h" \
		"patch 3 moves include/kvm/arm64/vncr_mapping.h to arch/arm64/include/asm/vncr_mapping.h, where only arm64 looks" &&
	says cross.advice "cross-arch:asm/kvm_arm.h" "there is arch/arm64/include/asm/kvm_arm.h"
'

test_expect_success 'a source that is deleted with no word to the Makefile' '
	topic deleted start &&
	patch "KVM: s390: Delete it" eval "git rm -q arch/s390/kvm/diag.c &&
		echo \"# less\" >>arch/s390/kvm/Makefile" &&
	causes_of deleted start..deleted 1 &&
	says deleted.advice "make:arch/s390/kvm/diag.o" "patch 1 deletes arch/s390/kvm/diag.c" \
		"follow it in the Makefile that names arch/s390/kvm/diag.o"
'

test_expect_success 'results.json holds to the schema with the new kinds' '
	for run in lost hidden cycle leans cross
	do
		"$KVMATRIX_TOP/tests/check-schema" out/$run/results.json || return
	done
'

test_done
