#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Links the freestanding sources (the arguments) for Cortex-M0+ and fails on every
# undefined symbol but the four mem* functions and libgcc's integer helpers, which
# are listed and counted; on floats, on data that is not constant, and on recursion
# through direct calls. Last line: `M0+ text N, undefined: none`.
# CANARY=1 links one file more, which calls malloc and itself, and must be caught.
set -u
: "${BUILD:=build}" "${ARM:=arm-none-eabi-}"
out=$BUILD/freestanding
. tests/asked.sh
asked_one_of CANARY 1
afresh "$out"
flags='-mcpu=cortex-m0plus -mthumb -Os -std=c11 -ffreestanding -ffunction-sections
	-fdata-sections -fno-common -fcallgraph-info=su -Wall -Wextra -Werror -I.'

if [ "${CANARY:-}" ]; then
	cat >"$out/canary.c" <<'C'
#include <stddef.h>
void *malloc(size_t size);
void *canary_grow(size_t size);
unsigned canary_deep(unsigned n);
void *canary_grow(size_t size) { return malloc(size); }
unsigned canary_deep(unsigned n) { return n < 2 ? n : canary_deep(n - 1) * canary_deep(n - 2); }
C
	echo 'canary: one more file, calling malloc and itself'
	set -- "$@" "$out/canary.c"
fi
[ $# -gt 0 ] || { echo 'freestanding: no sources'; exit 1; }

# Each step writes a file and is asked for its status: a tool that is missing at the
# head of a pipe would look like an empty list, that is, like success.
objects=
for f in "$@"; do
	o=$out/$(echo "${f%.c}" | tr '/' '_').o
	# shellcheck disable=SC2086
	"${ARM}gcc" $flags -c -o "$o" "$f" || { echo "freestanding: $f does not compile"; exit 1; }
	objects="$objects $o"
done
# shellcheck disable=SC2086
"${ARM}gcc" -mcpu=cortex-m0plus -mthumb -nostdlib -r -o "$out/all.o" $objects || exit 1
"${ARM}nm" -u "$out/all.o" >"$out/undefined.txt" || exit 1
# shellcheck disable=SC2086
"${ARM}size" -t $objects >"$out/size.txt" || exit 1
[ -s "$out/size.txt" ] || exit 1

failed=0
awk '{ print $NF }' "$out/undefined.txt" | sort >"$out/symbols.txt"
helper='__aeabi_(u?idiv|u?idivmod|u?ldivmod|lmul|llsl|llsr|lasr|lcmp|ulcmp|idiv0|ldiv0|mem(cpy|move|set|clr)[48]?)|__gnu_thumb1_case_[us][qh]i|__gnu_thumb1_case_si|__(clz|ctz|popcount|bswap)[sd]i2'
grep -xE "$helper" "$out/symbols.txt" >"$out/helpers.txt"
grep -vxE "$helper|mem(cpy|move|set|cmp)" "$out/symbols.txt" >"$out/refused.txt"
echo "integer helpers of the compiler: $(wc -l <"$out/helpers.txt"): $(tr '\n' ' ' <"$out/helpers.txt")"
while read -r sym; do
	who=
	for o in $objects; do
		"${ARM}nm" -u "$o" >"$out/one.txt" && grep -qw "$sym" "$out/one.txt" && who="$who $(basename "$o" .o)"
	done
	echo "refused: $sym, used by:$who"
	failed=1
done <"$out/refused.txt"

# Sum of data and bss: freestanding code owns no memory of its own.
awk 'END { if ($2 + $3) print "refused: " $2 " bytes of data and " $3 " of bss"; exit $2 + $3 > 0 }' \
	"$out/size.txt" || failed=1

# One edge per direct call; what remains after all leaves are taken away is a cycle.
cat "$out"/*.ci >"$out/graph.txt" || exit 1
awk '
	/^edge:/ {
		split($0, q, "\"")
		if (q[2] != "__indirect_call" && q[4] != "__indirect_call" && !((q[2], q[4]) in edge)) {
			edge[q[2], q[4]] = 1
			from[++n] = q[2]
			to[n] = q[4]
			node[q[2]] = node[q[4]] = 1
			calls[q[2]]++
		}
	}
	/^node:/ {
		split($0, q, "\"")
		if (match(q[4], /[0-9]+ bytes/))
			stack[q[2]] = substr(q[4], RSTART, RLENGTH) + 0
		if (q[4] ~ /dynamic/ && q[4] !~ /bounded/) {
			print "refused: " q[2] " has a stack frame without bound"
			failed = 1
		}
	}
	END {
		# Longest path by stack, leaves first.
		do {
			again = 0
			for (f in node)
				if (!(f in done) && !calls[f]) {
					done[f] = again = 1
					deep[f] += stack[f]
					if (deep[f] > worst) {
						worst = deep[f]
						name = f
					}
					for (i = 1; i <= n; i++)
						if (to[i] == f) {
							calls[from[i]]--
							if (deep[f] > deep[from[i]])
								deep[from[i]] = deep[f]
						}
				}
		} while (again)
		for (f in node)
			if (!(f in done)) {
				for (i = 1; i <= n; i++)
					if (from[i] == f && !(to[i] in done))
						called[f] = 1
				if (called[f]) {
					print "refused: recursion, or a caller of it: " f
					failed = 1
				}
			}
		if (!failed)
			printf "deepest stack through direct calls %d bytes (from %s)\n", worst, name
		exit failed
	}' "$out/graph.txt" || failed=1

text=$(awk 'END { print $1 }' "$out/size.txt")
if [ "$failed" = 0 ]; then
	echo "M0+ text $text, undefined: none"
else
	echo "M0+ text $text, undefined: $(wc -l <"$out/refused.txt") refused"
fi
exit $failed
