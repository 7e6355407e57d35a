#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only

test_description='what a run writes: TAP, JSON, text, logs; and hostile text in it'
. "$(dirname "$0")/lib/kvmatrix.sh"

npm_cache=$USER_CACHE/npm
tap_parser=$npm_cache/node_modules/.bin/tap-parser

# The only parser of TAP 14 there is to test against comes from npm.
if ! test -x "$tap_parser" && command -v npm >/dev/null && command -v node >/dev/null; then
	mkdir -p "$npm_cache" &&
	(cd "$npm_cache" && HOME=$npm_cache timeout 120 npm install --prefix . --no-audit \
		--no-fund --no-package-lock tap-parser@18 >install.log 2>&1) || :
fi
test -x "$tap_parser" && "$tap_parser" --version >/dev/null 2>&1 && test_set_prereq TAP_PARSER
/usr/bin/python3 -c 'import jsonschema' 2>/dev/null && test_set_prereq JSONSCHEMA

test_expect_success 'setup: a run with every verdict' '
	minikernel tree &&
	matrix m.yaml "x86_64, arm64, s390" \
		"configs:" \
		"  - { name: default, base: defconfig }" \
		"  - { name: lost, base: defconfig, options: [CONFIG_KVM_XEN=y], arches: [x86_64] }" &&
	topic all &&
	patch "KVM: A comment" append virt/kvm/kvm_main.c <<-\EOT &&
	/* end */
	EOT
	patch "KVM: s390: Break" append arch/s390/kvm/diag.c <<-\EOT &&
	#error broken
	EOT
	patch "KVM: s390: Touch" append arch/s390/kvm/gaccess.c <<-\EOT &&
	/* end */
	EOT
	patch "KVM: s390: Heal" subst arch/s390/kvm/diag.c "/^#error/d" &&
	patch "KVM: Not for this base" append virt/kvm/eventfd.c <<-\EOT &&
	/* end */
	EOT
	git -C tree format-patch -q -o "$TRASH/mails" base..all &&
	sed -i "s/^ {/ {{/" mails/0005*.patch &&
	test_expect_code 1 judge all mails --base base &&
	verdicts_are all <<-\EOT
	1 arm64/default/gcc ok
	1 s390/default/gcc ok
	1 x86_64/default/gcc ok
	1 x86_64/lost/gcc error
	2 arm64/default/gcc unreached
	2 s390/default/gcc regressed
	2 x86_64/default/gcc unreached
	2 x86_64/lost/gcc error
	3 arm64/default/gcc unreached
	3 s390/default/gcc still-broken
	3 x86_64/default/gcc unreached
	3 x86_64/lost/gcc error
	4 arm64/default/gcc unreached
	4 s390/default/gcc fixed
	4 x86_64/default/gcc unreached
	4 x86_64/lost/gcc error
	5 arm64/default/gcc not-applied
	5 s390/default/gcc not-applied
	5 x86_64/default/gcc not-applied
	5 x86_64/lost/gcc error
	EOT
'

test_expect_success 'report.tap begins as TAP 14 does and has a point a patch' '
	head -n 1 out/all/report.tap >first &&
	echo "TAP version 14" >expected &&
	test_cmp expected first &&
	grep "^1\.\.5$" out/all/report.tap &&
	test $(grep -cE "^(not )?ok [1-5] - patch" out/all/report.tap) = 5 &&
	grep "^not ok 2 - patch 2: KVM: s390: Break$" out/all/report.tap
'

test_expect_success 'each patch is a subtest with a point a cell' '
	test $(grep -c "^    1\.\.4$" out/all/report.tap) = 5 &&
	test $(grep -cE "^    (not )?ok [1-4] - " out/all/report.tap) = 20
'

test_expect_success 'prove reads it: patches that fail are failures, TODO ones are not' '
	test_must_fail prove_accepts out/all/report.tap >prove.out 2>&1 &&
	cat prove.out &&
	grep "Failed: 5)" prove.out &&
	! grep "Parse errors" prove.out
'

test_expect_success TAP_PARSER 'a TAP 14 parser reads it strictly' '
	{ echo "pragma +strict" && sed 1d out/all/report.tap; } >body &&
	{ head -n 1 out/all/report.tap && cat body; } >strict.tap &&
	test_expect_code 1 "$tap_parser" -j <strict.tap >parsed.json &&
	! grep -E "\"tapError\": [^n]|\"extra\"" parsed.json &&
	test $(grep -c "\"assert\"" parsed.json) -ge 5
'

test_expect_success TAP_PARSER 'with the diagnostics of each failing cell' '
	grep "regressed" parsed.json &&
	grep "arch/s390/kvm/diag.o" parsed.json
'

test_expect_success JSONSCHEMA 'results.json is what the schema says' '
	"$KVMATRIX_TOP/tests/check-schema" out/all/results.json
'

test_expect_success 'logs lie where the summary says, a file a step that was built' '
	grep "out/all/logs/<patch>/<cell>.log" all.out &&
	grep "#error" out/all/logs/2/s390-default-gcc.log &&
	grep "CC .*arch/s390/kvm/diag.o" out/all/logs/4/s390-default-gcc.log &&
	test ! -e out/all/logs/2/arm64-default-gcc.log
'

for format in tap json text; do
	test_expect_success "report -f $format prints what the run wrote" '
		"$KVMATRIX" report -f '$format' >report.'$format' &&
		case '$format' in
		tap) test_cmp out/all/report.tap report.tap ;;
		json) test_cmp out/all/results.json report.json ;;
		text) test_cmp all.out report.text ;;
		esac
	'
done

test_expect_success 'report takes the beginning of an id, and the newest run by default' '
	"$KVMATRIX" report --list >list &&
	id=$(sed -n "s/ .*//p" list | head -n 1) &&
	"$KVMATRIX" report -f json "$id" >by-id &&
	test_cmp out/all/results.json by-id &&
	"$KVMATRIX" report -f json "${id%???}" >by-prefix &&
	test_cmp out/all/results.json by-prefix
'

test_expect_success 'reports work when the directory of the run is gone' '
	mv out/all out/moved &&
	test_when_finished "mv out/moved out/all" &&
	"$KVMATRIX" report -f json >gone.json &&
	test_cmp out/moved/results.json gone.json
'

test_expect_success 'a cell that could not be judged wins no pass: exit 3 without a regression' '
	topic harmless &&
	patch "KVM: A comment" append virt/kvm/kvm_main.c <<-\EOT &&
	/* end */
	EOT
	test_expect_code 3 judge three base..harmless &&
	test_expect_code 0 judge zero base..harmless --cells "*/default/*" &&
	grep "nothing got worse" zero.out &&
	grep "not everything could be judged" three.out
'

test_expect_success 'without -o reports go to reports/out/<id>, and latest points there' '
	mkdir home && cp "$KVMATRIX" home/kvmatrix && cp -R "$KVMATRIX_TOP/matrices" home/ &&
	home/kvmatrix run --tree tree -m m.yaml --cells s390 base..harmless >o 2>e &&
	test -e home/reports/out/latest/report.tap &&
	test -e home/reports/out/latest/results.json &&
	test -L home/reports/out/latest
'

# Hostile text ----------------------------------------------------------------

test_expect_success 'setup: a series that tries to speak for us' '
	esc=$(printf "\033") &&
	topic hostile &&
	patch "ok 1 - all is well # SKIP ${esc}]0;owned${esc}[2J </script><script>alert(1)</script>" \
		append arch/s390/kvm/diag.c <<-EOT &&
	#error ok 1 - \\ # TODO </script> ${esc}[31mred${esc}[0m
	EOT
	patch "Bail out!  nothing to see" append arch/s390/kvm/gaccess.c <<-EOT &&
	#warning Bail out! ${esc}]0;title$(printf "\007")
	_Pragma("message \"not ok 99\"")
	EOT
	patch "TAP version 13
1..0" append arch/s390/kvm/kvm-s390.c <<-EOT &&
	asm(".error \"make: *** [x: y.o] Error 1 ${esc}[5m\"");
	EOT
	test_expect_code 1 judge hostile base..hostile --cells s390
'

test_expect_success 'no control character reaches the terminal or a report' '
	for f in hostile.out hostile.err out/hostile/report.tap out/hostile/results.json; do
		if LC_ALL=C grep -n "[^[:print:][:space:]]" $f | LC_ALL=C grep "$(printf "[\001-\010\016-\037\177]")"; then
			echo "control characters in $f"
			return 1
		fi
	done
'

test_expect_success 'nor through report' '
	"$KVMATRIX" report -f text >text && "$KVMATRIX" report -f tap >tap &&
	"$KVMATRIX" report --list >list &&
	! LC_ALL=C grep "$(printf "[\001-\010\016-\037\177]")" text tap list
'

test_expect_success 'the structure of the TAP is ours' '
	test $(grep -cE "^(not )?ok " out/hostile/report.tap) = 3 &&
	test $(grep -cE "^    (not )?ok " out/hostile/report.tap) = 3 &&
	! grep -iE "^ *Bail out" out/hostile/report.tap &&
	test $(grep -c "TAP version" out/hostile/report.tap) -ge 1 &&
	test $(grep -c "^ *TAP version" out/hostile/report.tap) = 1 &&
	test $(grep -cE "^1\.\." out/hostile/report.tap) = 1 &&
	test_must_fail prove_accepts out/hostile/report.tap >prove.out 2>&1 &&
	! grep -E "Parse errors|TODO|skipped" prove.out
'

test_expect_success TAP_PARSER 'a TAP 14 parser sees three failures and no bail-out' '
	{ echo "TAP version 14" && echo "pragma +strict" && sed 1d out/hostile/report.tap; } >strict.tap &&
	test_expect_code 1 "$tap_parser" -j <strict.tap >parsed.json &&
	! grep -E "\"tapError\": [^n]|\"extra\"|^ *\"bailout\",|\"bailout\": [^f0]" parsed.json &&
	! grep -E "\"(todo|skip)\": [^f0]" parsed.json &&
	test $(grep -c "\"ok\": false" parsed.json) -ge 3
'

test_expect_success JSONSCHEMA 'and the JSON is valid' '
	"$KVMATRIX_TOP/tests/check-schema" out/hostile/results.json
'

test_expect_success 'what a source prints does not make a failure of a step that passes' '
	topic talk &&
	patch "KVM: s390: Talk" append arch/s390/kvm/diag.c <<-\EOT &&
	#pragma message "foo.c:1:1: error: not an error"
	#pragma message "make[1]: *** [x: y.o] Error 1"
	EOT
	matrix m.yaml "s390" "warnings: allow" "configs: [ { name: default } ]" &&
	test_expect_code 0 judge talk base..talk &&
	verdicts_are talk <<-\EOT
	1 s390/default/gcc ok
	EOT
'

test_done
