#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Runs each argument as a test, JOBS at a time, then sums up. Skips are named with
# their reason; with NOSKIP=1 one that tests/check/allowed-skips.txt does not list is a
# failure. Last line: `N passed, 0 failed, K skipped`; status 1 when anything failed.
set -u
: "${BUILD:=build}"
case $BUILD in
/*) ;;
*) BUILD=$(pwd)/$BUILD ;;
esac
ROOT=$(pwd)
export BUILD ROOT
. tests/asked.sh
afresh "$BUILD/results.d"
# Names of ours hold no newline, blank or quote, but for the arguments of a script.
for t in "$@"; do
	printf '%s\n' "$t"
done | xargs -d '\n' -P "${JOBS:-2}" -n 1 sh tests/check/run-one.sh
{ cat "$BUILD"/results.d/* 2>/dev/null; :; } >"$BUILD/results.tsv" ||
	asked_refuse "cannot write $BUILD/results.tsv"
awk -F '\t' -v noskip="${NOSKIP:-}" -v expected="$#" '
	FILENAME ~ /allowed-skips/ {
		if ($0 !~ /^#/ && NF && ENVIRON[$2] == "")
			allowed[$1] = 1
		next
	}
	{ seen[$1] = 1 }
	$3 == "passed" { passed++ }
	$3 == "failed" { failed++; print "failed  " $1 ": " $2 ": " $4 }
	$3 == "skipped" {
		skipped++
		print "skipped " $1 ": " $2 ": " $4
		if (noskip == 1 && !($1 "/" $2 in allowed)) {
			failed++
			skipped--
			print "failed  " $1 ": " $2 ": skipped, and not in the list of allowed skips"
		}
	}
	END {
		for (s in seen)
			ran++
		if (ran != expected) {
			failed++
			print "failed  " ran " of " expected " programs left results"
		}
		printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
		exit failed > 0
	}' tests/check/allowed-skips.txt "$BUILD/results.tsv"
