#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# What one update costs the gateway: `cotterd --once` with a 10 MiB image for one ECU,
# over https on loopback, from its first start to the manifest.  Memory and time are
# the kernel's own account of the process; libcurl's share is that of a program which
# only fetches (tests/bench/curl_baseline.c).  Each row says what was measured, what
# it is held against, and `met` or `missed`; one missed row fails.
#
# CANARY=1 builds a cotterd that holds the image in memory, and must fail.
set -u
BUILD=$(cd "${BUILD:-build}" && pwd)
B=$BUILD/bench.d
PORT=${PORT:-8640}
PATH=$BUILD:$PATH
export PATH PORT
. tests/world.sh
cotterd=$BUILD/cotterd
: "${CC:=gcc}"

world_stop "$B" 2>/dev/null
rm -rf "$B"
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
world_start "$B" 2> "$B/ecus.log" || exit 74
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
missed=0
row() { # row WHAT MEASURED UNIT BOUND [REMARK]
	verdict=met
	[ "$2" -le "$4" ] || { verdict=missed; missed=$((missed + 1)); }
	printf '%-46s %8s %-7s at most %6s  %-6s %s\n' "$1" "$2" "$3" "$4" "$verdict" "${5:-}"
}
exact() { # exact WHAT MEASURED WANTED
	verdict=met
	[ "$2" = "$3" ] || { verdict=missed; missed=$((missed + 1)); }
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
"$cotterd" --config "$B/daemon.conf" > "$B/daemon.log" 2>&1 &
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

echo "bench: rows missed $missed"
[ "$missed" -eq 0 ]
