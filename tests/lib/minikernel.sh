# SPDX-License-Identifier: GPL-2.0-only
#
# A kernel in miniature: tests/data/minikernel, some hundred lines that behave as
# kbuild does wherever kvmatrix relies on it, so that a test can judge a series on
# four architectures in seconds. What is imitated, and why:
#
# - O= with the sources elsewhere; make X_defconfig, olddefconfig,
#   scripts/kconfig/merge_config.sh; include/config/auto.conf.cmd names the Kconfig
#   files that were read;
# - recursive descent through scripts/Makefile.build by "$(build)=DIR"; obj-y, obj-m,
#   lib-y, composite objects; single targets (files and "DIR/");
# - .X.o.cmd files: an empty rule for every dependency, so that a header that was
#   moved away does not rebuild its users: plain incremental make passes falsely;
# - virt/kvm is built from the architecture's directory through ../../../virt/kvm, and
#   s390 throws away the ccflags-y of virt/kvm/Makefile.kvm;
# - "prepare" compiles asm-offsets.c, which reads linux/kvm_host.h on arm64 and powerpc:
#   when that header is broken, make gives up before any unit;
# - x86 finds arch/x86/kvm before include/ (-I) and everybody quotes first, so that a
#   new header can shadow an old one;
# - vmlinux: thin archives that name all objects, vmlinux.o, modpost, a linker script;
#   "." makes the objects alone, those of modules with KBUILD_MODULES;
# - wrappers of asm-generic headers; x86 builds KVM as a module; PowerPC's units
#   outside KVM read asm-offsets.h; arm64 has a stub for kernels without KVM.

# minikernel DIR: writes the sources to DIR and makes it a git repository with one
# commit, whose id is the same in every test: results are remembered by it.
minikernel() {
	mini_tree=$1
	mkdir -p "$1" &&
	cp -R "$KVMATRIX_TOP/tests/data/minikernel/." "$1" &&
	(
		cd "$1" &&
		git init -q --initial-branch=main . &&
		git config user.name 'A U Thor' &&
		git config user.email author@example.com &&
		git config commit.gpgsign false &&
		git config core.autocrlf false &&
		git add -A
	) &&
	mini_commit "$1" 'Base' &&
	git -C "$1" tag base
}

# mini_commit DIR SUBJECT [BODY]: everything in DIR, at a fixed date.
mini_commit() {
	(
		cd "$1" || exit
		n=$(git rev-list --count --all 2>/dev/null || echo 0)
		GIT_AUTHOR_DATE="@$((1700000000 + n * 60)) +0000"
		GIT_COMMITTER_DATE=$GIT_AUTHOR_DATE
		export GIT_AUTHOR_DATE GIT_COMMITTER_DATE
		git add -A &&
		git commit -q --allow-empty -m "$2" ${3:+-m "$3"}
	)
}

# topic NAME [START]: a new branch at START (default: base), checked out, in $mini_tree.
topic() {
	git -C "$mini_tree" checkout -q -f -B "$1" "${2:-base}"
}

# patch SUBJECT COMMAND...: the command's changes in $mini_tree as one commit.
patch() {
	mini_subject=$1
	shift
	(cd "$mini_tree" && "$@") && mini_commit "$mini_tree" "$mini_subject"
}

# subst FILE SED-EXPRESSION...: edits; fails when nothing changed.
subst() {
	mini_file=$1
	shift
	for mini_expr in "$@"; do
		sed "$mini_expr" "$mini_file" >"$mini_file.new" || return
		if cmp -s "$mini_file" "$mini_file.new"; then
			echo >&2 "subst: '$mini_expr' changes nothing in $mini_file"
			rm "$mini_file.new"
			return 1
		fi
		cat "$mini_file.new" >"$mini_file" && rm "$mini_file.new" || return
	done
}

# put FILE: standard input becomes FILE; append FILE: is added to it.
put() {
	mkdir -p "$(dirname "$1")" && cat >"$1"
}
append() {
	cat >>"$1"
}

# mini_make OBJ ARCH ARGUMENTS: plain make, as a user types it.
mini_make() {
	mini_obj=$1 mini_arch=$2
	shift 2
	case $mini_arch in
	arm64) mini_cross=aarch64-linux-gnu- ;;
	s390) mini_cross=s390x-linux-gnu- ;;
	powerpc) mini_cross=powerpc64le-linux-gnu- ;;
	*) mini_cross= ;;
	esac
	make -C "$mini_tree" O="$mini_obj" ARCH="$mini_arch" \
		CROSS_COMPILE="$mini_cross" "$@"
}
