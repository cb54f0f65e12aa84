#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# What one update costs the gateway: `cotterd --once` with a 10 MiB image for one ECU,
# over https on loopback, from its first start to the manifest.  Memory and time are
# the kernel's own account of the process; libcurl's share is that of a program which
# only fetches (tests/bench/curl_baseline.c).  Each row says what was measured, what
# it is held against, and `met` or `missed`.  A missed row is a figure, no failure;
# what fails is a measurement that could not be made.
#
# A second part is about metadata: a cold cycle over 100,000 flat targets, without
# network, against hashing the same bytes (tests/bench/targets.c).
#
# CANARY=1 builds a cotterd that holds the image in memory: the first row, else met,
# must be missed, and that fails.
set -u
. tests/asked.sh
asked_one_of CANARY 1
BUILD=$(cd "${BUILD:-build}" && pwd)
B=$BUILD/bench.d
PORT=${PORT:-8640}
PATH=$BUILD:$PATH
export PATH PORT
. tests/world.sh
cotterd=$BUILD/cotterd
: "${CC:=gcc}"

world_stop "$B" 2>/dev/null
afresh "$B"
mkdir -p "$BUILD/canary"
# The baseline is linked with libcurl alone, not with what our programs need.
$CC -O2 -o "$BUILD/measure" tests/bench/measure.c &&
	$CC -O2 -o "$BUILD/curl-baseline" tests/bench/curl_baseline.c -lcurl || exit 70
build_canary() {
	awk '{ print }
		/^static enum cot_err keep\(struct job \*j\)/ { inside = 1 }
		inside && /^{/ {
			print "\tvoid *whole = malloc(j->artifact->length); /* the fault */"
			print "\tif (whole == NULL || pread(j->fd, whole, j->artifact->length, 0) < 0)"
			print "\t\treturn COT_E_MEMORY;"
			inside = 0
		}' primary/images.c > "$BUILD/canary/images.c"
	sed -i 's/#include <string.h>/#include <stdlib.h>\n&/' "$BUILD/canary/images.c"
	$CC -std=c11 -D_GNU_SOURCE -I. -O2 -g -o "$BUILD/canary/cotterd-fat" \
		"$BUILD/canary/images.c" "$BUILD/obj/primary/main.o" -Wl,--start-group \
		"$BUILD/libprimary.a" "$BUILD/libcotter.a" -Wl,--end-group \
		-lcurl -ljansson -lsodium -lmbedcrypto || exit 70
	cotterd=$BUILD/canary/cotterd-fat
	echo "canary: cotterd holds the whole image in memory"
}
[ -z "${CANARY:-}" ] || build_canary

WORLD_ORDERS=a world_make "$B" 10485760 || exit 74
trap 'world_stop "$B" 2>/dev/null' EXIT
trap 'exit 130' INT TERM
world_start "$B" 2> "$B/ecus.log" || { tail -n 3 "$B/ecus.log" >&2; exit 74; }
image=https://127.0.0.1:$((PORT + 1))/targets/$(ls "$B/pub/image/targets" | grep 'a-2\.bin$' | head -n 1)
director=https://127.0.0.1:$PORT/V

# take COMMAND...: sets rss (KiB), user and system (ms) and status
take() {
	line=$(measure "$@" 2> "$B/out" | tail -n 1)
	# shellcheck disable=SC2086
	set -- $line
	rss=$1 user=$2 system=$3 status=$4
}
# cpu_of COMMAND...: the least of nine in ms; what comes on top is other programs' doing
cpu_of() {
	for _ in 1 2 3 4 5 6 7 8 9; do
		take "$@"
		echo $((user + system))
	done | sort -n | head -n 1
}
met=0 missed=0 first=
judge() { # judge CONDITION...: sets verdict, counts it
	if "$@"; then
		verdict=met met=$((met + 1))
	else
		verdict=missed missed=$((missed + 1))
	fi
	: "${first:=$verdict}"
}
row() { # row WHAT MEASURED UNIT BOUND [REMARK]
	judge [ "$2" -le "$4" ]
	printf '%-46s %8s %-7s at most %6s  %-6s %s\n' "$1" "$2" "$3" "$4" "$verdict" "${5:-}"
}
exact() { # exact WHAT MEASURED WANTED
	judge [ "$2" = "$3" ]
	printf '%-46s %8s %-7s exactly %6s  %s\n' "$1" "$2" "" "$3" "$verdict"
}

# ---- one image -----------------------------------------------------------------

take curl-baseline "$B/tls/ca.pem" "$image" # warms the page cache
base_rss=999999
for _ in 1 2 3; do
	take curl-baseline "$B/tls/ca.pem" "$image"
	[ "$status" -eq 0 ] || { echo "bench: the baseline failed" >&2; exit 74; }
	[ "$rss" -ge "$base_rss" ] || base_rss=$rss
done
take "$cotterd" --config "$B/gateway.conf" --once
[ "$status" -eq 0 ] || { tail -n 5 "$B/out" >&2; echo "bench: the update failed ($status)" >&2; exit 1; }
row "one 10 MiB image: peak RSS over libcurl's own" $((rss - base_rss)) KiB 6144 "$rss of which $base_rss are libcurl's"
row "one 10 MiB image: user CPU" "$user" ms 310 "aktualizr's best; system $system ms"

# ---- nothing new -----------------------------------------------------------------

# A daemon that is up, its connections open: the rounds after the first.
lines=$(grep -c . "$B/www/access.log")
sed '/^\[primary\]/a interval_s = 1\njitter_s = 0' "$B/gateway.conf" > "$B/daemon.conf"
: > "$B/daemon.log"
"$cotterd" --config "$B/daemon.conf" >> "$B/daemon.log" 2>&1 &
pid=$!
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	[ "$(grep -c 'round over' "$B/daemon.log")" -ge 4 ] && break
	sleep 0.5
done
kill "$pid"
wait "$pid"
stopped=$?
cpu=$(sed -n 's/.*round over .*cpu_us=//p' "$B/daemon.log" | sed -n 2,4p | sort -n | sed -n 2p)
row "nothing new: CPU of a daemon's round" "${cpu:-999999}" us 10000 "median of three"
exact "SIGTERM ends the daemon with status" "$stopped" 0
lines=$(($(grep -c . "$B/www/access.log") + 0))
take "$cotterd" --config "$B/gateway.conf" --once
tail -n +$((lines + 1)) "$B/www/access.log" > "$B/requests"
asked() { grep -c "$1" "$B/requests"; }
exact "nothing new: N+1.root requests, Director" "$(asked 'GET /V/2.root.json')" 1
exact "nothing new: timestamp requests, Director" "$(asked 'GET /V/timestamp.json')" 1
exact "nothing new: N+1.root requests, Image" "$(asked 'GET /2.root.json')" 1
exact "nothing new: timestamp requests, Image" "$(asked 'GET /timestamp.json')" 1
exact "nothing new: all requests, time included" "$(grep -c . "$B/requests")" 5
once_cpu=$(cpu_of "$cotterd" --config "$B/gateway.conf" --once)
base_cpu=$(cpu_of curl-baseline "$B/tls/ca.pem" "$director/2.root.json" \
	"$director/timestamp.json" "https://127.0.0.1:$((PORT + 1))/2.root.json" \
	"https://127.0.0.1:$((PORT + 1))/timestamp.json" "https://127.0.0.1:$((PORT + 3))/none")
row "nothing new: CPU of --once over libcurl's own" $((once_cpu - base_cpu)) ms 10 \
	"$once_cpu in all, three TLS handshakes"

# ---- size ---------------------------------------------------------------------------

strip -o "$B/stripped" "$cotterd" || exit 70
row "own code on the gateway, stripped" $(($(wc -c < "$B/stripped") / 1024)) KiB 300

# ---- 100,000 flat targets -----------------------------------------------------------

targets=$BUILD/tests/bench/targets
mkdir -p "$B/flat"
"$targets" make "$B/flat" 100000 || exit 74
file=$(($(wc -c < "$B/flat/image-2.targets.json") / 1024))
hash_ms=$(for _ in 1 2 3 4 5 6 7 8 9; do
	"$targets" hash "$B/flat"
done | sort -n | awk 'NR == 1 { print int($1 / 1000) }')
cold_ms=$(cpu_of "$targets" cycle "$B/flat")
take "$targets" cycle "$B/flat"
if [ "$status" -ne 0 ] || [ -z "$hash_ms" ]; then
	cat "$B/out" >&2
	echo "bench: the cycle over 100,000 targets failed ($status)" >&2
	exit 1
fi
row "100,000 targets, cold: CPU, 1.3 x hashing" "$cold_ms" ms $((hash_ms * 13 / 10)) \
	"hashing alone $hash_ms; no network"
row "100,000 targets, cold: peak RSS, file + 8 MiB" "$rss" KiB $((file + 8192)) "file $file"

echo "bench: $((met + missed)) rows, $met met, $missed missed"
[ -n "${CANARY:-}" ] || exit 0
[ "$first" = missed ] && { echo "canary: caught by the first row" >&2; exit 1; }
echo "canary: not caught" >&2
