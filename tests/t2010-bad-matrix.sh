#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only

test_description='bad input: matrix, fragments, tree, options, place'
. "$(dirname "$0")/lib/kvmatrix.sh"

# refuse CODE TEXT ARGUMENTS of run
refuse() {
	refuse_code=$1 refuse_text=$2
	shift 2
	rm -rf out cache
	test_expect_code "$refuse_code" "$KVMATRIX" run -o out/x "$@" base..series \
		>refused.out 2>refused.err </dev/null || { cat refused.err; return 1; }
	cat refused.err
	grep -E "$refuse_text" refused.err || return 1
	test ! -s refused.out || { echo "something was printed"; return 1; }
	test ! -e out || { echo "reports were left"; return 1; }
	leftovers >left
	test_must_be_empty left
}

# bad TEXT LINE...: a matrix file of these lines is refused with "bad.yaml:N: TEXT"
bad() {
	bad_text=$1
	shift
	printf '%s\n' "$@" >bad.yaml
	refuse 2 "bad.yaml:$bad_text" --tree tree -m bad.yaml
}

test_expect_success 'setup' '
	minikernel tree &&
	matrix m.yaml "s390" &&
	topic series &&
	patch "KVM: A comment" append virt/kvm/kvm_main.c <<-\EOT &&
	/* end */
	EOT
	git -C tree checkout -q main
'

test_expect_success 'no such matrix: the names that exist are told' '
	refuse 2 "smoek.*(smoke|did you mean)" --tree tree -m smoek &&
	refuse 2 "nowhere/x.yaml" --tree tree -m nowhere/x.yaml
'

test_expect_success 'an unknown key, with file, line and the key that was meant' '
	bad "3: .*fragmnets" "arches: [s390]" "configs:" "  - { name: x, fragmnets: [kvm] }" &&
	grep "fragments" refused.err &&
	bad "2: .*config" "arches: [s390]" "config: [ { name: x } ]" &&
	bad "3: .*image_" "arches: [s390]" "configs: [ { name: x } ]" "target: { image_: true }"
'

test_expect_success 'a key given twice' '
	bad "2: .*arches" "arches: [s390]" "arches: [arm64]" "configs: [ { name: x } ]"
'

test_expect_success 'an unknown architecture, with the one that was meant' '
	bad "1: .*s309.*did you mean .s390" "arches: [s309]" "configs: [ { name: x } ]" &&
	bad "1: .*sparc.*known are" "arches: [sparc]" "configs: [ { name: x } ]"
'

test_expect_success 'an unknown toolchain' '
	bad "1: .*tcc" "toolchains: [tcc]" "arches: [s390]" "configs: [ { name: x } ]" &&
	bad "1: .*llvm-15" "toolchains: [clang-15]" "arches: [s390]" "configs: [ { name: x } ]"
'

test_expect_success 'a fragment that is not there' '
	bad "2: .*kvm-bulitin.*did you mean .kvm-builtin" "arches: [s390]" \
		"configs: [ { name: x, fragments: [kvm-bulitin] } ]" &&
	bad "2: .*own.config" "arches: [s390]" "configs: [ { name: x, fragments: [./own.config] } ]"
'

test_expect_success 'a line in a fragment that the kernel would pass over in silence' '
	printf "CONFIG_KVM=y\nCONFIG_KVM_S390_UCONTROL = y\n" >own.config &&
	matrix own.yaml "s390" "configs: [ { name: x, fragments: [./own.config] } ]" &&
	test_must_fail "$KVMATRIX" run --tree tree -m own.yaml -o out/x base..series >o 2>e &&
	grep -h "own.config:2" e o &&
	printf "KVM=y\n" >own.config &&
	test_must_fail "$KVMATRIX" run --tree tree -m own.yaml -o out/x base..series >o 2>e &&
	grep -h "own.config:1" e o
'

test_expect_success 'an option that is none' '
	bad "2: .*KVM=y" "arches: [s390]" "configs: [ { name: x, options: [KVM=y] } ]" &&
	bad "2: .*CONFIG_KVM" "arches: [s390]" "configs: [ { name: x, options: [CONFIG_KVM] } ]"
'

test_expect_success 'a base that is no configuration' '
	bad "2: .*defcofnig" "arches: [s390]" "configs: [ { name: x, base: defcofnig } ]" &&
	bad "2: .*menuconfig" "arches: [s390]" "configs: [ { name: x, base: menuconfig } ]"
'

test_expect_success 'names that would leave the directory of reports' '
	bad "2: .*\.\./x" "arches: [s390]" "configs: [ { name: ../x } ]" &&
	bad "2: .*a/b" "arches: [s390]" "configs: [ { name: a/b } ]"
'

test_expect_success 'paths that are none of the kernel' '
	bad "3: .*\.\./\.\./etc" "arches: [s390]" "configs: [ { name: x } ]" "target: { paths: [ ../../etc/ ] }" &&
	bad "3: .*SRC" "arches: [s390]" "configs: [ { name: x } ]" "target: { paths: [ \"arch/\$SRC/kvm/\" ] }" &&
	bad "3: .*clean" "arches: [s390]" "configs: [ { name: x } ]" "target: { paths: [ clean ] }"
'

test_expect_success 'two configurations of one name, an exclude that excludes nothing, nothing left' '
	bad "2: .*x.*again" "arches: [s390]" "configs: [ { name: x }, { name: x } ]" &&
	bad "3: .*matches no cell|bad.yaml:3: .*exclude" "arches: [s390]" "configs: [ { name: x } ]" \
		"exclude: [ { arch: arm64 } ]" &&
	bad "3: .*no cell is left" "arches: [s390]" "configs: [ { name: x } ]" "exclude: [ { arch: s390 } ]"
'

test_expect_success 'no YAML, an empty file, a directory, a binary' '
	bad "[0-9]+: " "arches: [s390" "configs: }" &&
	: >empty.yaml && refuse 2 "empty.yaml" --tree tree -m empty.yaml &&
	mkdir -p dir.yaml && refuse 2 "dir.yaml" --tree tree -m dir.yaml &&
	head -c 3000 /dev/urandom >random.yaml && refuse 2 "random.yaml" --tree tree -m random.yaml &&
	! LC_ALL=C grep "$(printf "[\001-\010\016-\037\177]")" refused.err
'

test_expect_success 'cells that no pattern matches' '
	refuse 2 "arm64.*matches no cell.*s390/default/gcc" --tree tree -m m.yaml --cells arm64
'

# The tree --------------------------------------------------------------------

test_expect_success 'a tree that is not there, is no repository, or no kernel' '
	refuse 2 "nowhere: .*(git repository|tarball)" --tree nowhere -m m.yaml &&
	mkdir plain && refuse 2 "plain: .*(git repository|tarball|not a kernel tree)" --tree plain -m m.yaml &&
	git init -q -b main other && git -C other config user.email x@example.com &&
	git -C other config user.name X && echo x >other/x && mini_commit other "x" && git -C other tag base &&
	echo y >other/x && mini_commit other "y" && git -C other branch series &&
	refuse 2 "other.*not a kernel tree" --tree other -m m.yaml &&
	git init -q -b main unborn && refuse 2 "unborn" --tree unborn -m m.yaml
'

test_expect_success 'without --tree the current directory is meant, and named' '
	refuse 2 "current directory.*--tree" -m m.yaml
'

# tarball TEXT FILE
tarball() {
	git -C tree format-patch -q --stdout base..series >series.mbox
	rm -rf out cache
	test_expect_code 2 "$KVMATRIX" run --tree "$2" -m m.yaml -o out/x series.mbox >o 2>e || {
		cat e; return 1; }
	cat e
	grep -E "$1" e || return 1
	test ! -e out || return 1
	ls cache/kvmatrix/trees >trees
	! grep -E "import$|^[0-9a-f]{64}\.git$" trees || return 1
	leftovers >left
	test_must_be_empty left
}

test_expect_success 'tarballs: truncated, no kernel, not one top directory, garbage' '
	git -C tree archive --prefix=linux/ base | xz >linux.tar.xz &&
	head -c $(($(wc -c <linux.tar.xz) / 2)) linux.tar.xz >cut.tar.xz &&
	tarball "cut.tar.xz: .*" cut.tar.xz &&
	git -C other archive --prefix=other/ HEAD | gzip >other.tar.gz &&
	tarball "other.tar.gz: .*not a kernel" other.tar.gz &&
	head -c 100000 /dev/urandom >noise.tar.xz &&
	tarball "noise.tar.xz: .*" noise.tar.xz
'

test_expect_success 'tarballs: paths that leave the directory, absolute ones, links out' '
	mkdir -p t/linux && cp -R tree/Makefile tree/Kbuild tree/virt t/linux/ &&
	echo owned >t/evil &&
	tar -C t -cf up.tar --transform "s,^evil,linux/../../owned," linux evil 2>/dev/null &&
	tarball "up.tar: .*" up.tar &&
	tar -C t -cPf abs.tar --transform "s,^evil,/tmp/kvmatrix-owned," linux evil &&
	tarball "abs.tar: .*" abs.tar &&
	ln -s "$TRASH" t/linux/link && echo x >t/linux/x &&
	tar -C t -cf link.tar --transform "s,^linux/x$,linux/link/owned," linux/Makefile linux/Kbuild \
		linux/virt linux/link linux/x &&
	test_might_fail tarball "link.tar: .*" link.tar &&
	test ! -e owned && test ! -e ../owned && test ! -e /tmp/kvmatrix-owned
'

# Options and place -----------------------------------------------------------

test_expect_success 'no command, an unknown one, unknown and incomplete options' '
	test_expect_code 2 "$KVMATRIX" 2>err && grep "no command given.*--help" err &&
	test_expect_code 2 "$KVMATRIX" judge 2>err && grep "judge" err &&
	refuse 2 "no such option .*--no-such" --no-such &&
	refuse 2 "argument.*--tree|--tree.*argument|no SERIES" -m m.yaml -- --tree ||
	true &&
	test_expect_code 2 "$KVMATRIX" run --tree 2>err && grep "missing after .--tree" err &&
	test_expect_code 2 "$KVMATRIX" report -f pdf 2>err && grep "no report format .pdf" err &&
	test_expect_code 2 "$KVMATRIX" gc --days soon 2>err && grep "soon" err
'

test_expect_success 'numbers that are none' '
	refuse 2 "j takes a whole number.*many" --tree tree -m m.yaml -j many &&
	refuse 2 "j takes a whole number.*0" --tree tree -m m.yaml -j 0 &&
	refuse 2 "timeout.*-3" --tree tree -m m.yaml --timeout=-3 &&
	refuse 2 "timeout.*1h" --tree tree -m m.yaml --timeout 1h &&
	refuse 2 "depth half.*quick.*full" --tree tree -m m.yaml --depth half
'

test_expect_success 'no run is stored yet: report and repro say so' '
	rm -rf cache &&
	test_expect_code 2 "$KVMATRIX" report 2>err && grep "no run is stored yet" err &&
	test_expect_code 2 "$KVMATRIX" repro latest a 1 2>err && grep "no run is stored yet" err &&
	test ! -e cache
'

test_expect_success 'a cache that cannot be made' '
	: >file &&
	XDG_CACHE_HOME=$TRASH/file test_expect_code 3 "$KVMATRIX" run --tree tree -m m.yaml base..series \
		-o out/x >o 2>e &&
	grep "file/kvmatrix" e
'

test_expect_success 'reports that cannot be written' '
	test_expect_code 3 "$KVMATRIX" run --tree tree -m m.yaml -o file/x base..series >o 2>e &&
	grep "file/x" e
'

test_expect_success 'a damaged database is set aside, told, and the run goes on' '
	mkdir -p cache/kvmatrix && head -c 8192 /dev/urandom >cache/kvmatrix/store.db &&
	test_expect_code 0 "$KVMATRIX" run --tree tree -m m.yaml -o out/damaged base..series >o 2>e &&
	grep "warning: .*store.db" e &&
	"$KVMATRIX" report -f tap >tap
'

test_expect_success 'a baseline that lost its files is made anew' '
	rm -rf cache/kvmatrix/cells/*/obj &&
	test_expect_code 0 "$KVMATRIX" run --tree tree -m m.yaml -o out/lost --no-memory base..series >o 2>e
'

# A small file system of our own stands for a full disk.
if unshare -Urm true 2>/dev/null; then
	test_set_prereq UNSHARE
fi

test_expect_success UNSHARE 'no free disk: told before anything is built' '
	mkdir -p small &&
	cat >full.sh <<-\EOT &&
	mount -t tmpfs -o size=64m none small || exit 99
	XDG_CACHE_HOME=$TRASH/small "$KVMATRIX" run --tree tree -m m.yaml -o out/full base..series
	EOT
	TRASH=$TRASH test_expect_code 3 unshare -Urm sh full.sh >o 2>e &&
	cat e &&
	grep -E "only [0-9]+ MiB free below .*small.*gc" e
'

test_expect_success 'a cache whose path has a blank or a colon: told, since kbuild cannot' '
	XDG_CACHE_HOME="$TRASH/my cache" test_expect_code 3 "$KVMATRIX" run --tree tree -m m.yaml \
		-o out/blank base..series >o 2>e &&
	cat e o >said &&
	grep -iE "my cache.*(blank|space)|(blank|space).*my cache|cannot contain spaces" said
'

test_done
