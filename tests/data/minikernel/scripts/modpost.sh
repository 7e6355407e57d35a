#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# modpost.sh VMLINUX.O [MODULES.ORDER]: prints the exported symbols, and fails for
# each symbol that a module needs and nobody exports, in modpost's words.
vmlinux=$1
modules=$([ -z "$2" ] || cat "$2")
exports=$(for o in $vmlinux $modules; do
	$NM "$o" | sed -n "s,.* __export_symbol_,,p"
done)
echo "$exports"
bad=0
for o in $modules; do
	for s in $($NM -u "$o" | sed -n 's/^ *U //p'); do
		case $s in
		.TOC. | _GLOBAL_OFFSET_TABLE_) continue ;;
		esac
		echo "$exports" | grep -qxF -e "$s" && continue
		echo >&2 "ERROR: modpost: \"$s\" [${o%.o}.ko] undefined!"
		bad=1
	done
done
exit $bad
