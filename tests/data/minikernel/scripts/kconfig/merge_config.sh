#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# merge_config.sh -m -O DIR BASE FRAGMENT...: later values win; DIR/.config.
set -e
out=.
while getopts mO: opt; do
	case $opt in
	m) ;;
	O) out=$OPTARG ;;
	*) exit 1 ;;
	esac
done
shift $((OPTIND - 1))
tmp=$out/.tmp.merge.$$
awk '
	match($0, /CONFIG_[A-Z0-9_a-z]+/) {
		name = substr($0, RSTART, RLENGTH)
		if (!(name in line))
			order[++n] = name
		else if (line[name] != $0)
			print "Value of " name " is redefined" >"/dev/stderr"
		line[name] = $0
	}
	END { for (i = 1; i <= n; i++) print line[order[i]] }
' "$@" >"$tmp"
mv "$tmp" "$out/.config"
