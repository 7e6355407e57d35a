# SPDX-License-Identifier: GPL-2.0-only
#
# What the whole-program tests share. Sourced first:
#
#	test_description='...'
#	. "$(dirname "$0")/lib/kvmatrix.sh"
#
# KVMATRIX is the program under test, KVMATRIX_TOP the top of the sources. Each
# test has a directory of its own without blanks in its name (kbuild does not
# take them), with its own home and cache; it is removed when all passed.

KVMATRIX_TOP=${KVMATRIX_TOP:-$(cd "$(dirname "$0")/.." && pwd)}
KVMATRIX=${KVMATRIX:-$KVMATRIX_TOP/kvmatrix}
case $KVMATRIX in
/*) ;;
*) KVMATRIX=$(pwd)/$KVMATRIX ;;
esac
export KVMATRIX KVMATRIX_TOP
# Where the user's caches are, for what is fetched once.
USER_CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/kvmatrix

SHARNESS_TEST_EXTENSION=sh
SHARNESS_TEST_DIRECTORY=$KVMATRIX_TOP/build/tests
SHARNESS_BUILD_DIRECTORY=$(dirname "$KVMATRIX")
mkdir -p "$SHARNESS_TEST_DIRECTORY" || exit 1
. /usr/share/sharness/sharness.sh

# Instead of sharness's own directory, whose name has a blank.
rmdir "$SHARNESS_TRASH_DIRECTORY"
TRASH=$SHARNESS_TEST_DIRECTORY/trash.$this_test
# Somebody may run the same tests in this checkout at the same time.
kill -0 "$(cat "$TRASH.pid" 2>/dev/null)" 2>/dev/null && TRASH=$TRASH.$$
rm -rf "$TRASH"
mkdir -p "$TRASH" && echo $$ >"$TRASH.pid" && cd -P "$TRASH" || exit 1
TRASH=$(pwd)
test -z "$remove_trash" || {
	remove_trash=$TRASH
	cleanup 'rm -f "$TRASH.pid"'
}
HOME=$TRASH
XDG_CACHE_HOME=$TRASH/cache
export HOME XDG_CACHE_HOME
GIT_CONFIG_NOSYSTEM=1
GIT_CEILING_DIRECTORIES=$SHARNESS_TEST_DIRECTORY
export GIT_CONFIG_NOSYSTEM GIT_CEILING_DIRECTORIES
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES GNUMAKEFLAGS KBUILD_OUTPUT ARCH
unset CROSS_COMPILE CC LLVM GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE
unset CCACHE_DIR CCACHE_DISABLE NO_COLOR

# Isolated builds; without them cells are built one at a time, and there is no quick
# pass unless it is asked for.
unshare -U -m true 2>/dev/null && test_set_prereq NAMESPACES
command -v ccache >/dev/null && test_set_prereq CCACHE

. "$KVMATRIX_TOP/tests/lib/minikernel.sh"

# matrix FILE ARCHES [LINE...]: a matrix of default configurations and more lines.
matrix() {
	matrix_file=$1
	{
		echo "arches: [$2]"
		shift 2
		test $# -gt 0 || set -- 'configs: [ { name: default, base: defconfig } ]'
		printf '%s\n' "$@"
	} >"$matrix_file"
}

# judge NAME SERIES [OPTIONS]: a run on $mini_tree with m.yaml into out/NAME; what it
# prints goes to NAME.out and NAME.err. Returns its exit code.
judge() {
	judge_name=$1 judge_series=$2
	shift 2
	"$KVMATRIX" run --tree "$mini_tree" -m m.yaml -o "out/$judge_name" "$@" \
		"$judge_series" >"$judge_name.out" 2>"$judge_name.err"
	judge_code=$?
	cat "$judge_name.err" "$judge_name.out"
	return $judge_code
}

# results COMMAND NAME: a view of out/NAME/results.json as lines.
results() {
	perl "$KVMATRIX_TOP/tests/lib/results" "$1" "out/$2/results.json"
}

# verdicts_are NAME: holds the verdicts ("PATCH CELL VERDICT", base left out) against
# standard input.
verdicts_are() {
	cat >"$1.expected" &&
	results verdicts "$1" >"$1.actual" &&
	test_cmp "$1.expected" "$1.actual"
}

# plain_fails TOPIC CELL: "PATCH CELL UNIT" of every object that plain "make -k" cannot
# make in an empty O= at each patch of a branch on base. The cell is ARCH/CONFIG/gcc.
plain_fails() {
	plain_nr=0
	for plain_rev in $(git -C "$mini_tree" rev-list --reverse "base..$1"); do
		plain_nr=$((plain_nr + 1))
		git -C "$mini_tree" checkout -q -f "$plain_rev" &&
		rm -rf plain.obj &&
		mini_make "$TRASH/plain.obj" "${2%%/*}" defconfig >/dev/null 2>&1 || return
		mini_make "$TRASH/plain.obj" "${2%%/*}" -k . >plain.log 2>&1
		sed -n "s,^make.*: \*\*\* \[[^ ]*: \(arch/[^ ]*\.[os]\|virt/[^ ]*\.o\|drivers/[^ ]*\.o\)\] Error.*,$plain_nr $2 \1,p" plain.log
	done
	git -C "$mini_tree" checkout -q -f "$1"
}

# Number of stored runs and of entries that a run leaves in the cache and reports.
leftovers() {
	find "$XDG_CACHE_HOME/kvmatrix/cells" "$XDG_CACHE_HOME/kvmatrix/conf" \
		"$XDG_CACHE_HOME/kvmatrix/base" -mindepth 1 2>/dev/null
	find "$XDG_CACHE_HOME/kvmatrix/scratch" -mindepth 1 2>/dev/null
	find "$XDG_CACHE_HOME/kvmatrix/trees" -mindepth 1 -name '*.import' \
		-o -name '*.tmp' 2>/dev/null
}

# prove_accepts FILE: prove takes it and finds nothing but what the TAP says. The
# prove of perl before 5.38 refuses every "TAP version 14" by its first line; the rest is
# the same to it as version 13.
prove_accepts() {
	printf 'TAP version 14\n1..1\nok 1\n' >version.tap
	if prove -Q --exec cat version.tap >version.out 2>&1; then
		prove --exec cat "$1"
	else
		sed '1s/^TAP version 14$/TAP version 13/' "$1" >version.tap &&
		prove --exec cat version.tap
	fi
}
