#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Runs each argument, a program of tests, against the boot loader in QEMU (METAL=1),
# two at a time, and prints one line per case: verdict, program, name. Cases that the
# board cannot play are named with the reason. Last line: `N passed, 0 failed`; status
# 1 when anything failed or nothing ran.
# ID=WORD (or CASE=WORD) runs those cases alone whose name has it in it.
# LOADER=ELF names another loader; JOBS=N runs that many programs at a time.
# CANARY=1 builds the loader with one check removed and runs the cases on that: those
# that catch it are printed, and the campaign fails.
set -u
: "${BUILD:=build}"
case $BUILD in
/*) ;;
*) BUILD=$(pwd)/$BUILD ;;
esac
OUT=$BUILD/metal
METAL=1
export BUILD OUT METAL
rm -rf "$OUT"
mkdir -p "$OUT"

# A slot is opened without signed time.
FAULT_OF=secondary/install.c
FAULT_ID=D11.6

canary() {
	awk -v id=$FAULT_ID -f tests/mutate.awk $FAULT_OF >"$OUT/fault.c" || exit 1
	LOADER=$OUT/faulty/mcu/m3/loader-ed25519.elf
	MAKEFLAGS='' "${MAKE:-make}" -s BUILD="$OUT/faulty" SODIUM_SRC="$BUILD/mcu/libsodium" \
		WERROR='' FAULT_OF=$FAULT_OF FAULT_SRC="$OUT/fault.c" "$LOADER" \
		>"$OUT/faulty.log" 2>&1 || { tail -n 20 "$OUT/faulty.log" >&2; exit 1; }
	export LOADER
	echo "canary: check $FAULT_ID of $FAULT_OF removed from the loader"
}
[ "${CANARY:-}" != 1 ] || canary

# NAME.tsv beside the log: program, case, verdict, reason.
one='
name=$(basename "$1")
TMPDIR=$OUT/tmp.$name
export TMPDIR
mkdir -p "$TMPDIR"
timeout -k 5 "${TEST_TIMEOUT:-400}" "$1" >"$OUT/$name.log" 2>&1 </dev/null
status=$?
awk -v prog="$name" -v status=$status -f tests/check/results.awk "$OUT/$name.log" \
	>"$OUT/$name.tsv"
[ -n "${CASE:-}${ID:-}" ] && grep -q "Running 0 test" "$OUT/$name.log" && : >"$OUT/$name.tsv"
if grep -q "	failed	" "$OUT/$name.tsv"; then
	echo "---- $name: failed"
	[ "${CANARY:-}" = 1 ] || tail -n "${LOG_LINES:-60}" "$OUT/$name.log"
else
	rm -rf "$TMPDIR"
fi >&2
exit 0'
printf '%s\n' "$@" | xargs -d '\n' -P "${JOBS:-2}" -n 1 sh -c "$one" sh

for p in "$@"; do
	cat "$OUT/$(basename "$p").tsv"
done >"$OUT/results"
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
		if (canary == 1)
			print "caught by:" (caught ? caught : " nobody")
		printf "%d passed, %d failed\n", passed, failed
		exit canary == 1 || failed > 0 || passed == 0
	}' "$OUT/results"
