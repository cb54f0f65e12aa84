#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# cotter holds the offline keys: it links no libcurl and calls no socket function.
# The argument is the program, when it is not $BUILD/cotter.
set -u
prog=${1:-${BUILD:-build}/cotter}
[ -x "$prog" ] || { echo "$prog: not built"; exit 1; }
out=$(mktemp) || exit 2
trap 'rm -f "$out"' EXIT
# Each into a file: a missing tool must fail, not pass as an empty pipe.
ldd "$prog" >"$out" || { echo 'offline: ldd failed'; exit 1; }
bad=$(grep -E 'curl|nghttp|libssl|gnutls' "$out")
nm -D --undefined-only "$prog" >"$out" || { echo 'offline: nm failed'; exit 1; }
[ -s "$out" ] || { echo 'offline: nm shows nothing'; exit 1; }
bad="$bad$(awk '{ print $NF }' "$out" | sed 's/@.*//' | grep -xE \
	'socket|socketpair|connect|bind|listen|accept4?|send(to|msg|mmsg)?|recv(from|msg|mmsg)?|getaddrinfo|gethostby.*|curl_.*')"
[ -z "$bad" ] || { echo "$prog: network code: $(echo $bad)"; exit 1; }
