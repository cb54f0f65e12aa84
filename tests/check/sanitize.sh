#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Unit tests, attack tests and corpora under AddressSanitizer and UBSan, in a build of
# their own. Last line: `sanitize: N passed, 0 failed, findings 0`. A finding is one
# report of a sanitizer, wherever in the logs it stands, even of a test that passed.
# CANARY=1 builds secondary/link/crc.c with a read of one byte too many and must be caught.
set -u
: "${BUILD:=build}" "${MAKE:=make}"
. tests/asked.sh
asked_one_of CANARY 1
san=$BUILD/san
faulty=
if [ "${CANARY:-}" ]; then
	san=$BUILD/san-canary
	mkdir -p "$san"
	faulty=$san/crc.c
	sed '/^uint32_t cot_crc32(/,/^}/s/return ~crc;/return ~crc ^ (*(const volatile uint8_t *)(bytes.ptr + bytes.len) \& 0u);/' \
		secondary/link/crc.c >"$faulty"
	cmp -s secondary/link/crc.c "$faulty" && { echo 'sanitize: the canary did not apply'; exit 1; }
	echo 'canary: cot_crc32 reads one byte past the end of its bytes'
fi
mkdir -p "$san" || exit 2
case $san in
/*) ;;
*) san=$(pwd)/$san ;;
esac
"$MAKE" --no-print-directory BUILD="$san" WERROR=1 \
	FAULT_OF="${faulty:+secondary/link/crc.c}" FAULT_SRC="$faulty" \
	EXTRA_CFLAGS='-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer' \
	${KEEP_GOING:+-k} -j"$(nproc)" all tests >"$san.log" 2>&1 || {
	tail -n 20 "$san.log"
	[ "${KEEP_GOING:-}" ] || exit 1
}

set --
for src in tests/unit/*.c tests/attack/*.c; do
	[ -f "$src" ] && set -- "$@" "$san/${src%.c}"
done
for src in tests/fuzz/*.c; do
	name=$(basename "$src" .c)
	case $name in *_main) continue ;; esac
	[ -f "$src" ] && set -- "$@" "$san/tests/fuzz/$name tests/fuzz/corpus/$name"
done
afresh "$san/logs"
ASAN_OPTIONS=detect_leaks=1:abort_on_error=0:exitcode=99
UBSAN_OPTIONS=print_stacktrace=1
export ASAN_OPTIONS UBSAN_OPTIONS
BUILD=$san LOG_LINES=25 sh tests/check/run-tests.sh "$@" >"$san/summary.txt" 2>"$san/failures.txt"
status=$?
if [ "${CANARY:-}" ]; then
	echo "caught by: $(awk -F '\t' '$3 == "failed" && !seen[$1]++ { print $1 "/" $2 }' "$san/results.tsv" | tr '\n' ' ')"
else
	cat "$san/failures.txt"
	sed '$d' "$san/summary.txt"
fi
findings=$(cat "$san"/logs/*.log | grep -cE 'ERROR: (Address|Leak)Sanitizer|runtime error:')
sum=$(sed -n '$s/, [0-9]* skipped$//p' "$san/summary.txt")
echo "sanitize: $sum, findings $findings"
[ "$status" = 0 ] && [ "$findings" = 0 ]
