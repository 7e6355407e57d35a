#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Brings a kernel source tarball into the cache and prints its path.
#
#   kernel.sh VERSION        e.g. 6.12, 6.1, 7.3
#
# The source is Debian's package linux-source-VERSION. Where the configured
# suites do not have it, other suites of the same, already configured mirror
# are asked through lists of our own (Dir::Etc::sourcelist, Dir::State::lists),
# so nothing of the system's apt changes. apt verifies the signature chain
# Release -> Packages -> .deb; an unsigned or altered archive is refused there.
set -eu

version=${1:?usage: kernel.sh VERSION}
case $version in
[0-9]*.[0-9]*) ;;
*)	echo "kernel: '$version' is no kernel version such as 6.12" >&2; exit 2 ;;
esac
cache=${XDG_CACHE_HOME:-$HOME/.cache}/kvmatrix
dest=$cache/kernel/linux-source-$version.tar.xz
if [ -s "$dest" ]; then
	echo "$dest"
	exit 0
fi
mkdir -p "$cache/kernel"
work=$(mktemp -d "$cache/kernel/fetch.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
pkg=linux-source-$version

# fetch [APT-OPTION...]: downloads $pkg into $work, true when it worked
fetch()
{
	(cd "$work" && apt-get -q "$@" download "$pkg" >>"$work/log" 2>&1) &&
		ls "$work"/"$pkg"_*.deb >/dev/null 2>&1
}

private_apt()
{
	apt-get -q -o Dir::Etc::sourcelist="$work/sources.list" \
		-o Dir::Etc::sourceparts=- -o Dir::State::lists="$work/lists" \
		-o Dir::Cache="$work/cache" -o APT::Get::List-Cleanup=0 \
		-o Acquire::Languages=none "$@"
}

echo "kernel: looking for $pkg in the configured suites" >&2
if ! fetch; then
	mirror=$(apt-get indextargets --format '$(REPO_URI)' \
			'Created-By: Packages' 2>/dev/null |
		grep -E '/debian/?$' | sort -u | head -n 1)
	if [ -z "$mirror" ]; then
		cat "$work/log" >&2
		echo "kernel: no configured Debian mirror found; put $pkg's tarball at $dest" >&2
		exit 1
	fi
	keyring=/usr/share/keyrings/debian-archive-keyring.gpg
	signed=
	[ -r "$keyring" ] && signed="[signed-by=$keyring] "
	found=
	for suite in bookworm bookworm-backports trixie trixie-backports forky sid experimental; do
		echo "kernel: looking in $suite" >&2
		rm -rf "$work/lists" "$work/cache"
		mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
		echo "deb $signed$mirror $suite main" >"$work/sources.list"
		private_apt update >>"$work/log" 2>&1 || continue
		private_apt -s download "$pkg" >/dev/null 2>&1 || continue
		echo "kernel: downloading $pkg from $suite" >&2
		(cd "$work" && private_apt download "$pkg" >>"$work/log" 2>&1) || continue
		found=1
		break
	done
	if [ -z "$found" ]; then
		tail -n 5 "$work/log" >&2
		echo "kernel: no suite of the mirror has $pkg" >&2
		exit 1
	fi
fi
deb=$(ls "$work"/"$pkg"_*.deb)
dpkg-deb --fsys-tarfile "$deb" |
	tar -x -C "$work" -f - "./usr/src/linux-source-$version.tar.xz"
mv "$work/usr/src/linux-source-$version.tar.xz" "$dest"
echo "$dest"
