# SPDX-License-Identifier: GPL-2.0-only
# "->NAME value" in the compiler's output becomes a #define.
BEGIN {
	print "#ifndef __ASM_OFFSETS_H__\n#define __ASM_OFFSETS_H__"
}
match($0, /->[A-Z0-9_]+ /) {
	name = substr($0, RSTART + 2, RLENGTH - 3)
	value = substr($0, RSTART + RLENGTH)
	sub(/^[$#]/, "", value)
	sub(/[^-0-9].*/, "", value)
	print "#define " name " " value
}
END {
	print "#endif"
}
