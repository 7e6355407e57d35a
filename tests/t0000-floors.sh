#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The house rules that a compiler does not hold: which file may include which,
# who owns a library's header, and what every file has to begin with.

test_description='house rules'
. "$(dirname "$0")/lib/kvmatrix.sh"

# What is under version control or will be; nothing that a build or a run made.
sources() {
	(
		cd "$KVMATRIX_TOP" &&
		find . -name .git -prune -o -path ./build -prune -o \
			-path ./reports/out -prune -o -name test-results -prune -o \
			-type f -print | sed 's,^\./,,' | sort
	)
}

# Lines "FILE INCLUDED" ("a.h" or <a.h>) of C files below $1.
includes() {
	(
		cd "$KVMATRIX_TOP/$1" &&
		find . -name '*.[ch]' | sed 's,^\./,,' | sort |
		xargs awk '/^[ \t]*#[ \t]*include/ {
			sub(/^[ \t]*#[ \t]*include[ \t]*/, "")
			print FILENAME, $1
		}'
	)
}

# only FILE-PATTERN HEADER-PATTERN: who includes the header must match.
only() {
	awk -v may="$1" -v header="$2" '
		$2 ~ "^[<\"]" header "[>\"]$" && $1 !~ "^" may "$" {
			print $1 " includes " $2; bad = 1
		}
		$2 ~ "^[<\"]" header "[>\"]$" { n++ }
		END { exit bad || (n == 0 ? 2 : 0) }
	' includes
}

test_expect_success 'the #include lines can be read' '
	includes runner >includes &&
	test $(wc -l <includes) -gt 100
'

test_expect_success 'a file includes only its own or lower floors' '
	awk '\''
	BEGIN {
		split("sys model store engine audit report cmd", f, " ")
		for (i in f)
			floor[f[i]] = i + 0
		floor["report"] = floor["audit"] # side by side
	}
	$2 ~ /^"/ {
		to = substr($2, 2, length($2) - 2)
		a = $1; b = to
		if (b !~ /\//) {
			print $1 " includes " $2 " without its floor"
			bad = 1
			next
		}
		sub(/\/.*/, "", a); sub(/\/.*/, "", b)
		if (a == "main.c" || a == b)
			next
		if (!(a in floor) || !(b in floor) || floor[b] >= floor[a]) {
			print $1 " includes " $2
			bad = 1
		}
	}
	END { exit bad }'\'' includes
'

test_expect_success 'only main.c stands outside the floors' '
	(cd "$KVMATRIX_TOP/runner" && find . -maxdepth 1 -name "*.[ch]") >top &&
	echo ./main.c >expected &&
	test_cmp expected top
'

test_expect_success 'main.c and cmd/ alone print, and pick the exit code' '
	(
		cd "$KVMATRIX_TOP/runner" &&
		! grep -nE "(^|[^a-z_])(printf|puts|putchar|perror|exit|fprintf\((stdout|stderr),.*) ?\(" \
			model/*.c store/*.c report/*.c
	)
'

test_expect_success 'a .c file includes its own header first' '
	(
		cd "$KVMATRIX_TOP/runner" &&
		for c in $(find . -name "*.c" | sed "s,^\./,," | sort); do
			h=${c%.c}.h
			test -e "$h" || continue
			first=$(sed -n "s/^#include //p" "$c" | head -n 1)
			test "$first" = "\"$h\"" && continue
			# the part of it that is for its own floor, which includes it
			test "$first" = "\"${c%.c}_internal.h\"" && continue
			echo "$c includes $first first, not \"$h\""
			exit 1
		done
	)
'

test_expect_success 'reports are made from results, not from the engine' '
	grep "^report/" includes >reports &&
	! grep "\"engine/" reports | grep -vE "\"engine/(verdict|cause)\.h\""
'

test_expect_success 'no header is named like a system one' '
	(
		cd "$KVMATRIX_TOP/runner" && bad= &&
		for h in $(find . -name "*.h" | sed "s,^\./,,"); do
			# By its name alone, and as <sys/name.h> with -Irunner.
			for name in "$(basename "$h")" "$h"; do
				for dir in /usr/include /usr/include/*-linux-gnu; do
					test ! -e "$dir/$name" && continue
					echo "runner/$h: there is a <$name>"
					bad=1
				done
			done
		done
		test -z "$bad"
	)
'

test_expect_success 'libuv is known to the process module only' '
	only "sys/proc[a-z_]*\.[ch]" "uv\.h"
'
test_expect_success 'SQLite is known to the store only' '
	only "store/[a-z_]*\.[ch]" "sqlite3\.h"
'
test_expect_success 'libarchive is known to the tarball module only' '
	only "sys/tarball[a-z_]*\.[ch]" "archive(_entry)?\.h"
'
test_expect_success 'libelf is known to the object file module only' '
	only "sys/objfile[a-z_]*\.[ch]" "(libelf|gelf)\.h"
'
test_expect_success 'libclang is known to the C parser only' '
	only "sys/cparse[a-z_]*\.[ch]" "clang-c/.*"
'
test_expect_success 'libcrypto is known to the hash module only' '
	only "sys/hash\.[ch]" "openssl/.*"
'
test_expect_success 'YAML libraries are known to one module each' '
	only "(sys/yamlfile|model/matrix_yaml)\.[ch]" "cyaml/.*" &&
	only "(sys/yamlfile|model/matrix_yaml)\.[ch]" "yaml\.h"
'
test_expect_success 'jansson is included by sys/json.h only' '
	only "sys/json\.h" "jansson\.h"
'
test_expect_success 'uthash is known to the map only' '
	only "sys/strmap\.[ch]" "uthash\.h"
'

test_expect_success 'every object of the Makefile exists, and every source is built' '
	make -s -C "$KVMATRIX_TOP" -pn kvmatrix 2>/dev/null |
		sed -n "s/^\(lib\|cmd\)-objs := //p" | tr " " "\n" | grep . >names &&
	make -s -C "$KVMATRIX_TOP" --eval "show: ; @echo \$(lib-objs) \$(cmd-objs)" \
		show | tr " " "\n" | sort >built &&
	(cd "$KVMATRIX_TOP/runner" && find . -name "*.c" |
		sed "s,^\./,,;s,\.c$,," | sort) >exist &&
	test_cmp exist built
'

test_expect_success 'every file that can have a comment names its licence' '
	sources >all &&
	grep -E "\.(c|h|S|sh|yaml|config|mk|awk)$|/Makefile[^/]*$|^Makefile|/Kconfig[^/]*$|/Kbuild$|^\.ci/" all |
	grep -vE "^tests/(data/(series|tarball|diagnostic|result_json)|fuzz)/|^tests/data/.*/(in|out)put" |
	(
		cd "$KVMATRIX_TOP" && bad= &&
		while read -r f; do
			head -n 3 "$f" | grep -q "SPDX-License-Identifier: GPL-2.0-only" &&
				continue
			echo "$f: no SPDX line"
			bad=1
		done
		test -z "$bad"
	)
'

test_expect_success 'programs without a suffix name their licence too' '
	(
		cd "$KVMATRIX_TOP" && bad= &&
		for f in tests/lib/* tests/real/differential* tests/check-schema .ci/*; do
			test -f "$f" || continue
			head -n 4 "$f" | grep -q "SPDX-License-Identifier: GPL-2.0-only" &&
				continue
			echo "$f: no SPDX line"
			bad=1
		done
		test -z "$bad"
	)
'

test_expect_success 'every unit test speaks TAP' '
	! grep -L "cmocka_set_message_output(CM_OUTPUT_TAP);" \
		"$KVMATRIX_TOP"/tests/unit/test-*.c | grep .
'

test_expect_success 'every test is executable and says what runs it' '
	(
		cd "$KVMATRIX_TOP/tests" && bad= &&
		for f in t*.sh real/t*.sh; do
			test -e "$f" || continue
			test -x "$f" && head -n 1 "$f" | grep -q "^#!/" && continue
			echo "$f: not executable, or without #!"
			bad=1
		done
		test -z "$bad"
	)
'

test_expect_success 'no file names a home directory or leaves work undone' '
	sources | grep -vE "^(LICENSE|tests/data/|patches/)" >list &&
	(
		cd "$KVMATRIX_TOP" &&
		home="(^|[\"'\'' =:])/(home|Users)/[a-z]|/ro""ot/" later="TO""DO:|TO""DO\\(|FIX""ME" &&
		xargs grep -nIE "$home|$later" <"$TRASH/list" >"$TRASH/found"
		cat "$TRASH/found"
		test ! -s "$TRASH/found"
	)
'

test_expect_success 'every patch here is by the samples' '
	find "$KVMATRIX_TOP/patches" "$KVMATRIX_TOP/tests/bench" -name "*.patch" >list &&
	test -s list &&
	xargs grep -L "^From: kvmatrix samples <samples@kvmatrix.invalid>$" <list >found &&
	cat found &&
	test_must_be_empty found
'

test_expect_success 'no C file is two rooms' '
	(
		cd "$KVMATRIX_TOP" &&
		find runner tests/unit -name "*.[ch]" | xargs wc -l |
		awk "\$2 != \"total\" && \$2 ~ /^runner/ && \$1 > 650 { print; bad = 1 } END { exit bad }"
	)
'

test_done
