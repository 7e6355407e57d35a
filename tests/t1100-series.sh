#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only

test_description='the same series in every form'
. "$(dirname "$0")/lib/kvmatrix.sh"

test_expect_success 'setup: three patches, broken by the second, healed by the third' '
	minikernel tree &&
	matrix m.yaml "x86_64, s390" &&
	topic series &&
	patch "KVM: Say why" subst virt/kvm/kvm_main.c "s,\"gone.n\",\"all gone\\\\n\"," &&
	patch "KVM: s390: Ändere gaccess.h" git mv arch/s390/kvm/gaccess.h arch/s390/kvm/guest.h &&
	patch "KVM: s390: Follow" eval "
		subst arch/s390/kvm/diag.c s/gaccess.h/guest.h/ &&
		subst arch/s390/kvm/gaccess.c s/gaccess.h/guest.h/" &&
	git -C tree checkout -q main &&
	git -C tree format-patch -q --cover-letter --base=base -v2 -o "$TRASH/mails" base..series &&
	sed -i "s/\*\*\* SUBJECT HERE \*\*\*/KVM: A cover letter/;s/\*\*\* BLURB HERE \*\*\*/Hello./" \
		mails/v2-0000-cover-letter.patch &&
	ls mails
'

test_expect_success 'setup: what every form must give' '
	cat >expected.verdicts <<-\EOT
	1 s390/default/gcc ok
	1 x86_64/default/gcc ok
	2 s390/default/gcc regressed
	2 x86_64/default/gcc unreached
	3 s390/default/gcc fixed
	3 x86_64/default/gcc unreached
	EOT
'

# same NAME: the verdicts and the subjects are those of the series
same() {
	verdicts_are "$1" <expected.verdicts &&
	grep "KVM: s390: Ändere gaccess.h" "$1.out" &&
	results steps "$1" >"$1.steps" &&
	test_cmp range.steps "$1.steps"
}

trees() {
	perl -MJSON::PP -0ne 'print map { "$_->{tree}\n" } @{ decode_json($_)->{patches} }' \
		"out/$1/results.json"
}

test_expect_success 'a revision range' '
	test_expect_code 1 judge range base..series &&
	results steps range >range.steps &&
	same range
'

test_expect_success 'a range whose left end is left out begins at HEAD' '
	test_expect_code 1 judge head ..series &&
	same head
'

test_expect_success 'an mbox' '
	cat mails/*.patch >series.mbox &&
	test_expect_code 1 judge mbox series.mbox &&
	same mbox &&
	grep "KVM: A cover letter" mbox.out
'

test_expect_success 'an mbox gives the states that the range has' '
	trees range >range.trees &&
	test $(wc -l <range.trees) = 4 &&
	trees mbox >mbox.trees &&
	test_cmp range.trees mbox.trees
'

test_expect_success 'what one form has built is remembered for the others' '
	results remembered mbox >remembered &&
	printf "%s\n" "1 s390/default/gcc" "1 x86_64/default/gcc" "2 s390/default/gcc" \
		"3 s390/default/gcc" >expected &&
	test_cmp expected remembered
'

test_expect_success 'an mbox whose mails are shuffled' '
	cat mails/*0002*.patch mails/*0000*.patch mails/*0003*.patch mails/*0001*.patch >shuffled.mbox &&
	test_expect_code 1 judge shuffled shuffled.mbox &&
	same shuffled
'

test_expect_success 'standard input' '
	test_expect_code 1 "$KVMATRIX" run --tree tree -m m.yaml -o out/stdin - \
		<series.mbox >stdin.out 2>stdin.err &&
	same stdin
'

test_expect_success 'a directory of patches' '
	test_expect_code 1 judge directory mails &&
	same directory
'

test_expect_success 'a quilt series is obeyed: its order, its names, its comments' '
	mkdir quilt &&
	cp mails/*0001*.patch quilt/z.patch &&
	cp mails/*0002*.patch quilt/a.patch &&
	cp mails/*0003*.patch quilt/m.patch &&
	echo "garbage" >quilt/unused.patch &&
	printf "# in this order\nz.patch -p1\na.patch # second\n\nm.patch\n" >quilt/series &&
	test_expect_code 1 judge quilt quilt &&
	same quilt
'

test_expect_success 'one .eml with the line ends of mail' '
	{
		printf "From: A U Thor <author@example.com>\r\nSubject: [PATCH] KVM: one\r\n" &&
		printf "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" &&
		git -C tree diff base series >diff &&
		sed "s/\$/\r/" diff
	} >one.eml &&
	test_expect_code 0 judge eml one.eml &&
	verdicts_are eml <<-\EOT
	1 s390/default/gcc ok
	1 x86_64/default/gcc ok
	EOT
'

test_expect_success 'base-commit says where the series goes; HEAD may be elsewhere' '
	topic elsewhere &&
	patch "Conflicts with the series" subst virt/kvm/kvm_main.c "s,gone,left," &&
	grep "^base-commit:" series.mbox &&
	test_expect_code 1 judge basecommit series.mbox &&
	same basecommit
'

test_expect_success '--base wins over base-commit' '
	test_expect_code 1 judge onto series.mbox --base elsewhere &&
	verdicts_are onto <<-\EOT
	1 s390/default/gcc not-applied
	1 x86_64/default/gcc not-applied
	2 s390/default/gcc not-applied
	2 x86_64/default/gcc not-applied
	3 s390/default/gcc not-applied
	3 x86_64/default/gcc not-applied
	EOT
'

test_expect_success 'the hunk that was rejected is shown in the reports' '
	grep "all gone" out/onto/report.tap &&
	grep "all gone" out/onto/results.json
'

test_expect_success 'and on the terminal' '
	grep "all gone" onto.out
'

test_expect_success 'where one patch does not apply, those before it are judged' '
	cp -R mails late &&
	sed -i "s,^-#include \"gaccess.h\",-#include \"other.h\"," late/*0003*.patch &&
	test_expect_code 1 judge late late &&
	verdicts_are late <<-\EOT &&
	1 s390/default/gcc ok
	1 x86_64/default/gcc ok
	2 s390/default/gcc regressed
	2 x86_64/default/gcc unreached
	3 s390/default/gcc not-applied
	3 x86_64/default/gcc not-applied
	EOT
	grep "other.h" out/late/report.tap
'

test_expect_success 'a patch that needs a merge is applied, as git am -3 does' '
	topic moved &&
	patch "KVM: s390: move" git mv arch/s390/kvm/gaccess.h arch/s390/kvm/guest.h &&
	patch "Change the context" \
		subst arch/s390/kvm/diag.c "s,^int kvm_s390_handle_diag.*,& /* context */," &&
	mkdir merge &&
	cp mails/*0003*.patch merge/ &&
	sed -i "/^base-commit/d;s,PATCH v2 3/3,PATCH," merge/*.patch &&
	(cd tree && test_must_fail git apply --check ../merge/*.patch) &&
	test_expect_code 0 judge merged merge --base moved --cells x86_64 &&
	verdicts_are merged <<-\EOT
	1 x86_64/default/gcc unreached
	EOT
'

test_expect_success 'missing and doubled numbers are told' '
	cat mails/*0001*.patch mails/*0003*.patch >gap.mbox &&
	test_might_fail judge gap gap.mbox &&
	grep "2/3\|2 of 3" gap.err &&
	cat mails/*0001*.patch mails/*0002*.patch mails/*0002*.patch mails/*0003*.patch >twice.mbox &&
	test_might_fail judge twice twice.mbox &&
	grep "2/3\|2 of 3" twice.err
'

test_expect_success 'a tarball of the same tree gives the same' '
	git -C tree archive --prefix=linux-6.99/ base >linux.tar &&
	xz -k linux.tar && gzip -k linux.tar &&
	mini_tree=linux.tar.xz && test_when_finished "mini_tree=tree" &&
	test_expect_code 1 judge tarxz series.mbox &&
	same tarxz &&
	mini_tree=linux.tar.gz &&
	test_expect_code 1 judge targz series.mbox &&
	same targz
'

test_expect_success 'a tarball is imported once' '
	grep "importing linux.tar.xz" tarxz.err &&
	mini_tree=linux.tar.xz && test_when_finished "mini_tree=tree" &&
	test_expect_code 1 judge again series.mbox &&
	! grep "importing" again.err
'

command -v zstd >/dev/null && test_set_prereq ZSTD

test_expect_success ZSTD 'zstd too' '
	zstd -q linux.tar &&
	mini_tree=linux.tar.zst && test_when_finished "mini_tree=tree" &&
	test_expect_code 1 judge tarzst series.mbox &&
	same tarzst
'

test_done
