#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Runs one test program or script: log in $BUILD/logs, an empty folder of its own in
# TMPDIR, at most TEST_TIMEOUT seconds; appends its results to $BUILD/results.d.
# An argument may carry arguments of its own, parted by blanks.
set -u
# shellcheck disable=SC2086
set -- $1
name=$(printf '%s' "$*" | sed "s|^$BUILD/||; s|^tests/||; s| .*||; s|[^A-Za-z0-9_.-]|.|g")
TMPDIR=$BUILD/tmp/$name
export TMPDIR
rm -rf "$TMPDIR"
mkdir -p "$TMPDIR" "$BUILD/logs" "$BUILD/results.d"
log=$BUILD/logs/$name
case $1 in
*.sh) timeout -k 5 "${TEST_TIMEOUT:-1200}" sh "$@" ;;
*) timeout -k 5 "${TEST_TIMEOUT:-1200}" "$@" ;;
esac >"$log.out" 2>"$log.err" </dev/null
status=$?
cat "$log.out" "$log.err" >"$log.log"
rm -f "$log.out" "$log.err"
awk -v prog="$name" -v status="$status" -f tests/check/results.awk "$log.log" \
	>"$BUILD/results.d/$name"
if grep -q '	failed	' "$BUILD/results.d/$name"; then
	{
		echo "---- $name: failed"
		tail -n "${LOG_LINES:-60}" "$log.log"
	} >&2
else
	rm -rf "$TMPDIR"
fi
exit 0
