#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Installs what kvmatrix and its tests need on Debian 12 or 13, and nothing
# that is already there. Each line of the table is a package and the reason
# it is needed, so that the user can read what is about to happen and why.
#
#   deps.sh            install what is missing
#   deps.sh --list     print the missing packages, one a line, with the reason
#
# Exit: 0 all there (or installed), 1 something could not be installed.
set -u

table()
{
	cat <<-'TABLE'
	gcc                          C compiler for kvmatrix, and the kernel's host tools
	make                         builds kvmatrix and the kernel
	libc6-dev                    C library headers
	pkg-config                   finds the libraries below
	git                          patches, states and history
	libuv1-dev                   processes, timers, signals
	libarchive-dev               kernel tarballs
	libsqlite3-dev               the results store
	libcyaml-dev                 matrix files
	libyaml-dev                  matrix files: lines of errors
	libjansson-dev               JSON
	libelf-dev                   object files; the kernel's objtool
	uthash-dev                   hash tables (a header)
	libclang-dev                 what C code means, for the exposure audit
	libssl-dev                   hashes; the kernel's certificate tools
	ccache                       compile cache
	bubblewrap                   sandbox around each build
	libcmocka-dev                unit tests
	sharness                     whole-program tests
	perl                         prove, and kernel scripts
	python3-jsonschema           validates results.json in the tests
	bc                           kernel build
	bison                        kernel build (Kconfig)
	flex                         kernel build (Kconfig)
	kmod                         kernel build (depmod)
	cpio                         kernel build
	patch                        tests
	xz-utils                     kernel tarballs
	zstd                         kernel tarballs
	ca-certificates              package download
	binutils                     assembler and linker
	TABLE
	case $(dpkg --print-architecture) in
	amd64)	;;
	*)	echo "gcc-x86-64-linux-gnu         cross compiler for x86_64" ;;
	esac
	[ "$(dpkg --print-architecture)" = arm64 ] ||
		echo "gcc-aarch64-linux-gnu        cross compiler for arm64"
	[ "$(dpkg --print-architecture)" = s390x ] ||
		echo "gcc-s390x-linux-gnu          cross compiler for s390"
	[ "$(dpkg --print-architecture)" = ppc64el ] ||
		echo "gcc-powerpc64le-linux-gnu    cross compiler for powerpc, every flavour"
}

installed()
{
	dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null | grep -qx installed
}

missing()
{
	table | while read -r pkg why; do
		installed "$pkg" || printf '%-28s %s\n' "$pkg" "$why"
	done
}

command -v dpkg-query >/dev/null 2>&1 || {
	echo "deps: this is not a Debian system; install the equivalents of:" >&2
	sed -n '/<<-.TABLE.$/,/^\tTABLE$/p' "$0" | sed '1d;$d' >&2
	exit 1
}

want=$(missing)
if [ "${1-}" = --list ]; then
	[ -z "$want" ] || printf '%s\n' "$want"
	exit 0
fi
[ -n "$want" ] || exit 0

echo "deps: these packages are missing and will be installed:" >&2
printf '%s\n' "$want" | sed 's/^/  /' >&2

sudo=
if [ "$(id -u)" != 0 ]; then
	command -v sudo >/dev/null 2>&1 || {
		echo "deps: not root and no sudo; as root, run:" >&2
		echo "  apt-get install $(printf '%s\n' "$want" | awk '{printf "%s ", $1}')" >&2
		exit 1
	}
	sudo=sudo
fi
pkgs=$(printf '%s\n' "$want" | awk '{print $1}')
run_apt()
{
	# shellcheck disable=SC2086 # the package list is meant to be split
	$sudo env DEBIAN_FRONTEND=noninteractive apt-get -q -y \
		-o Dpkg::Use-Pty=0 "$@"
}
# Lists may be absent (a fresh image) or stale; one update mends both.
# shellcheck disable=SC2086
run_apt update >&2 &&
run_apt install --no-install-recommends $pkgs >&2 || {
	echo "deps: apt-get failed (see above); nothing else was changed" >&2
	exit 1
}
left=$(missing)
[ -z "$left" ] || {
	echo "deps: still missing after installation:" >&2
	printf '%s\n' "$left" >&2
	exit 1
}
