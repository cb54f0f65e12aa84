#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Runs each argument, a program of tests, against the boot loader in QEMU (METAL=1),
# two at a time, and prints one line per case: verdict, program, name. Cases that the
# board cannot play are named with the reason. Last line: `N passed, 0 failed`; status
# 1 when anything failed or nothing ran, 2 when it cannot do what it is asked for.
# ID=WORD (or CASE=WORD) runs those cases alone whose name has it in it.
# LOADER=ELF names another loader; JOBS=N runs that many programs at a time.
# CANARY=1 builds a loader that tries an unconfirmed image for ever, CANARY=hash one that
# skips the hash of the copy it runs: the cases that catch it are printed, and the
# campaign fails.
set -u
: "${BUILD:=build}"
case $BUILD in
/*) ;;
*) BUILD=$(pwd)/$BUILD ;;
esac
OUT=$BUILD/metal
METAL=1
export BUILD OUT METAL
. tests/asked.sh
asked_one_of CANARY 1 hash
asked_number JOBS 1
afresh "$OUT"
sh tests/metal/steady.sh || exit 2

case ${CANARY:-} in
'') ;;
hash)
	. tests/metal-canary.sh
	metal_canary secondary/boot/boot.c \
		-e 's/memcmp(found, s->sha256, COT_SHA256_LEN) != 0/false/' \
		-e 's/ret->accept = cot_verdict_first(.*/ret->accept = COT_BOOT_ACCEPT(ret->slot);/' \
		-e 's/ret->again = cot_verdict_again(.*/ret->again = COT_BOOT_AGAIN(ret->slot);/'
	echo "canary: secondary/boot/boot.c runs the copy of an image whatever it hashes to"
	;;
1)
	. tests/metal-canary.sh
	metal_canary secondary/boot/boot.c 's/c->attempts++;/c->attempts = 1;/'
	echo "canary: secondary/boot/boot.c goes on with an unconfirmed image after three trials"
	;;
esac

# NAME.tsv beside the log: program, case, verdict, reason.
one='
name=$(basename "$1")
TMPDIR=$OUT/tmp.$name
export TMPDIR
mkdir -p "$TMPDIR"
timeout -k 5 "${TEST_TIMEOUT:-1200}" "$1" >"$OUT/$name.log" 2>&1 </dev/null
status=$?
awk -v prog="$name" -v status=$status -f tests/check/results.awk "$OUT/$name.log" \
	>"$OUT/$name.tsv" || exit 1
[ -n "${CASE:-}${ID:-}" ] && grep -q "Running 0 test" "$OUT/$name.log" && : >"$OUT/$name.tsv"
if grep -q "	failed	" "$OUT/$name.tsv"; then
	echo "---- $name: failed"
	[ -n "${CANARY:-}" ] || tail -n "${LOG_LINES:-60}" "$OUT/$name.log"
else
	rm -rf "$TMPDIR"
fi >&2
exit 0'
printf '%s\n' "$@" | xargs -d '\n' -P "${JOBS:-2}" -n 1 sh -c "$one" sh ||
	asked_refuse "cannot write below $OUT"

for p in "$@"; do
	cat "$OUT/$(basename "$p").tsv" || exit 2
done >"$OUT/results" || asked_refuse "cannot write $OUT/results"
[ -z "${CASE:-}${ID:-}" ] || [ -s "$OUT/results" ] ||
	asked_refuse "no case named ${CASE:-$ID}"
awk -F '\t' -v canary="${CANARY:-}" '
	$3 == "passed" { passed++ }
	$3 == "failed" { failed++; if ($2 != "exit status") caught = caught " " $2 }
	$3 == "skipped" {
		left++
		print "left out " $1 " " $2 ": " $4
		next
	}
	{ print $3 "   " $1 " " $2 }
	END {
		if (left)
			print left " left out"
		if (canary != "")
			print "caught by:" (caught ? caught : " nobody")
		printf "%d passed, %d failed\n", passed, failed
		exit canary != "" || failed > 0 || passed == 0
	}' "$OUT/results"
