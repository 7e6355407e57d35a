#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# conf.sh MODE SRCTREE SRCARCH, in the object tree: .config from the Kconfig files
# (defconfig, NAME_defconfig, allnoconfig, olddefconfig), or what make and the
# compiler read from .config (syncconfig).
set -e
mode=$1 srctree=$2 arch=$3
no=
case $mode in
defconfig) input=$srctree/arch/$arch/configs/defconfig ;;
*_defconfig) input=$srctree/arch/$arch/configs/$mode ;;
allnoconfig) input=/dev/null no=1 ;;
*) input=.config ;;
esac
if [ ! -e "$input" ]; then
	echo "***" >&2
	echo "*** Can't find default configuration \"$input\"!" >&2
	echo "***" >&2
	exit 1
fi
mkdir -p include/config include/generated
awk -v srctree="$srctree" -v srcarch="$arch" -v input="$input" -v no="$no" \
	-v deps=include/config/deps.tmp -f "$srctree/scripts/kconfig/conf.awk" \
	>.config.tmp
cmp -s .config.tmp .config || mv .config.tmp .config
rm -f .config.tmp
if [ "$mode" != syncconfig ]; then
	rm -f include/config/deps.tmp
	echo "# configuration written to .config"
	exit 0
fi
grep '^CONFIG_' .config >include/config/auto.conf.tmp || :
touch include/config/auto.conf
# An empty file an option, renewed when its value changes.
diff include/config/auto.conf include/config/auto.conf.tmp |
	sed -n 's/^[<>] CONFIG_\([A-Z0-9_]*\)=.*/\1/p' | sort -u |
	while read -r name; do
		: >"include/config/$name"
	done
sed -n -e 's/^\(CONFIG_[A-Z0-9_]*\)=y$/#define \1 1/p' \
	-e 's/^\(CONFIG_[A-Z0-9_]*\)=m$/#define \1_MODULE 1/p' \
	-e 's/^\(CONFIG_[A-Z0-9_]*\)=\([0-9"].*\)$/#define \1 \2/p' \
	include/config/auto.conf.tmp >include/generated/autoconf.h
{
	echo 'deps_config := \'
	sed 's/.*/	& \\/' include/config/deps.tmp
	echo
} >include/config/auto.conf.cmd
rm -f include/config/deps.tmp
mv include/config/auto.conf.tmp include/config/auto.conf
