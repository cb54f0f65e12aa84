#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Coverage-guided fuzzing of every parser and endpoint: libFuzzer with
# AddressSanitizer and UndefinedBehaviorSanitizer, SECONDS (60) in all, shared
# by the targets.  ID=NAME runs one target, SEED=N fixes the seed.  Afterwards
# each target's corpus is replayed under source coverage; the `COVERS:` line of
# a target names the sources its corpus must cover to 90 % of regions each; the
# table shows the least of them.
# A crashing input is kept in $BUILD/fuzz/NAME.crash-* and can be fed to
# $BUILD/fuzz/NAME again.  CANARY=1 builds the reader with one bound removed.
set -eu
. tests/asked.sh
asked_one_of CANARY 1
asked_number SECONDS 1
asked_number SEED 0
for name in ${ID:-}; do
	[ -f "tests/fuzz/${name%_main}.c" ] || asked_refuse "no target named $name"
done
CLANG=${CLANG:-clang}
BUILD=${BUILD:-build}
SECONDS_ALL=${SECONDS:-60}
SEED=${SEED:-1}
work=$BUILD/fuzz
mkdir -p "$work"
command -v "$CLANG" >/dev/null || { echo "fuzz: needs $CLANG"; exit 3; }
profdata=$(command -v llvm-profdata || command -v llvm-profdata-14 || true)
cov=$(command -v llvm-cov || command -v llvm-cov-14 || true)
[ -n "$profdata" ] && [ -n "$cov" ] || { echo "fuzz: needs llvm-profdata and llvm-cov"; exit 3; }

targets=${ID:-$(ls tests/fuzz/*.c | sed 's#.*/##; s#\.c$##' | grep -v _main)}
count=$(echo $targets | wc -w)
each=$((SECONDS_ALL / count)); [ "$each" -ge 1 ] || each=1
flags="-std=c11 -D_GNU_SOURCE -I. -O1 -g"
libs="-lsodium -ljansson -lmbedcrypto"
srcs=$(ls keys/*.c keys/crypto/*.c keys/host/*.c metadata/*.c metadata/host/*.c secondary/*.c \
	secondary/link/*.c secondary/boot/*.c tests/sim/*.c 2>/dev/null | grep -v _main)

if [ -n "${CANARY:-}" ]; then
	# The fault: the reader's step over one byte forgets the end of the text.
	mkdir -p "$work/canary/metadata"
	sed -f tests/fuzz/canary.sed metadata/json.c > "$work/canary/metadata/json.c"
	cmp -s metadata/json.c "$work/canary/metadata/json.c" && { echo "fuzz: canary did not apply"; exit 1; }
	srcs=$(echo "$srcs" | sed "s#^metadata/json.c#$work/canary/metadata/json.c#")
	echo "canary: metadata/json.c reads past the end of its text"
fi

# Objects older than the header changed last are made again.
header=$(ls -t */*.h */*/*.h | head -n 1)
build() { # build DIR FLAGS: an archive of the sources, one object each
	dir=$1; shift
	mkdir -p "$dir"
	for s in $srcs; do
		o=$dir/$(echo "$s" | tr '/' '_').o
		[ "$o" -nt "$s" ] && [ "$o" -nt "$header" ] && [ -z "${CANARY:-}" ] || echo "$s $o"
	done | xargs -r -P "$(nproc)" -L 1 sh -c "$CLANG $flags $* -c -o \"\$1\" \"\$0\""
	rm -f "$dir/all.a"
	ar rcD "$dir/all.a" $(for s in $srcs; do echo "$dir/$(echo "$s" | tr '/' '_').o"; done)
}
variant=${CANARY:+-canary}
build "$work/san$variant" -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
[ -n "${CANARY:-}" ] || build "$work/cov" -fprofile-instr-generate -fcoverage-mapping

findings=0; caught=; execs_all=0; inputs_all=0; low=0
printf '%-12s %12s %8s %9s  %s\n' target executions corpus regions covers
for t in $targets; do
	seedcorpus=tests/fuzz/corpus/$t
	mkdir -p "$work/new/$t" "$seedcorpus"
	$CLANG $flags -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
		-o "$work/$t$variant" "tests/fuzz/$t.c" "$work/san$variant/all.a" $libs
	dict=; [ -f "tests/fuzz/$t.dict" ] && dict=-dict=tests/fuzz/$t.dict
	status=0
	ASAN_OPTIONS=detect_leaks=0 "$work/$t$variant" -seed="$SEED" -max_total_time="$each" -max_len=8192 -timeout=10 \
		-rss_limit_mb=1024 -print_final_stats=1 $dict -artifact_prefix="$work/$t$variant." \
		"$work/new/$t" "$seedcorpus" > "$work/$t.log" 2>&1 || status=$?
	execs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$work/$t.log"); execs=${execs:-0}
	corpus=$(ls "$seedcorpus" | wc -l)
	if [ "$status" -ne 0 ]; then
		findings=$((findings + 1)); caught="$caught $t"
		printf '%-12s found: %s\n' "$t" "$(grep -m 1 -E 'ERROR|runtime error|SUMMARY' "$work/$t.log" || echo "status $status")"
		ls "$work/$t$variant."crash-* "$work/$t$variant."timeout-* 2>/dev/null | sed 's/^/             /' || true
	fi
	regions=-
	covers=$(sed -n 's#^.*COVERS: *\(.*[^ ]\) *\*/.*#\1#p' "tests/fuzz/$t.c" | head -n 1)
	if [ -z "${CANARY:-}" ] && [ -n "$covers" ]; then
		$CLANG $flags -fprofile-instr-generate -fcoverage-mapping -o "$work/$t.cov" \
			"tests/fuzz/$t.c" tests/fuzz/replay_main.c "$work/cov/all.a" $libs
		LLVM_PROFILE_FILE=$work/$t.profraw "$work/$t.cov" "$seedcorpus" > /dev/null 2>&1 || true
		"$profdata" merge -o "$work/$t.profdata" "$work/$t.profraw"
		regions=$("$cov" report "$work/$t.cov" -instr-profile="$work/$t.profdata" $covers 2>/dev/null |
			awk '/^[^-].*%/ && $1 != "TOTAL" && (min == "" || $4 + 0 < min + 0) {min = $4} END {print min}')
		case ${regions%%.*} in 100|9[0-9]) ;; *) low=$((low + 1)) ;; esac
	fi
	printf '%-12s %12s %8s %9s  %s\n' "$t" "$execs" "$corpus" "$regions" "$covers"
	execs_all=$((execs_all + execs)); inputs_all=$((inputs_all + corpus))
done
[ -z "${CANARY:-}" ] || echo "caught by:${caught:- nothing}"
echo "executions $execs_all, corpus $inputs_all, targets $count, below 90 % of regions: $low, findings $findings"
[ "$findings" -eq 0 ] && [ "$low" -eq 0 ]
