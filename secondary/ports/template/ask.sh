#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# ask.sh LINE BYTE...: asks one UDS request over a serial line and prints the answer's
# bytes; for bring-up, before there is a gateway.
#
#	sh ask.sh /dev/ttyUSB0 22 F1 8C      whose ECU is this?
#	sh ask.sh /dev/ttyUSB0 22 FD 00      node status: docs/link.md has its bytes
#
# BAUD (115200) is set unless LINE is a pseudo terminal. Status 1: no answer in WAIT
# seconds (2), or none that is whole.
set -u
[ $# -gt 1 ] || { sed -n 's/^# \{0,1\}//; 4,9p' "$0"; exit 64; }
line=$1
shift
tmp=$(mktemp -d) || exit 74
reader=
trap '[ -z "$reader" ] || kill "$reader" 2>/dev/null; rm -rf "$tmp"' EXIT

# hex BYTE...: those bytes; and the bytes of a file as numbers
hex()
{
	for b in "$@"; do
		# shellcheck disable=SC2059
		printf "\\$(printf '%03o' "0x$b")"
	done
}
numbers() { od -An -v -tu1 | tr -s ' \n' ' '; }
# CRC-32 of standard input, most significant byte first: gzip's trailer has it reversed.
crc() { gzip -nc | tail -c 8 | od -An -tx1 | awk '{ print $4, $3, $2, $1 }'; }

epoch=$(od -An -N2 -tx1 /dev/urandom)
# shellcheck disable=SC2086
hex 01 $epoch 01 "$(printf %02x $(($# / 256)))" "$(printf %02x $(($# % 256)))" "$@" >"$tmp/plain"
# shellcheck disable=SC2046
hex $(crc <"$tmp/plain") >"$tmp/crc"
cat "$tmp/crc" >>"$tmp/plain"
numbers <"$tmp/plain" | awk '
	function block(i) {
		out = out sprintf(" %02x", n + 1)
		for (i = 0; i < n; i++) out = out sprintf(" %02x", b[i])
		n = 0
	}
	{
		for (k = 1; k <= NF; k++)
			if ($k == 0) block(); else b[n++] = $k
		block()
		print "00" out " 00"
	}' >"$tmp/frame"

stty -F "$line" raw -echo "${BAUD:-115200}" 2>/dev/null || stty -F "$line" raw -echo || exit 74
cat "$line" >"$tmp/heard" &
reader=$!
# shellcheck disable=SC2046
hex $(cat "$tmp/frame") >"$line"
sleep "${WAIT:-2}"
kill "$reader" 2>/dev/null
# Frames lie between zeros; the final response (type 2) of our epoch counts.
numbers <"$tmp/heard" | awk -v epoch="$epoch" '
	function take(   i, code, at, len, text) {
		for (at = i = 0; i < n; ) {
			code = f[i++]
			for (len = 1; len < code && i < n; len++) p[at++] = f[i++]
			if (i < n && code < 255) p[at++] = 0
		}
		n = 0
		if (at < 11 || p[0] != 2 || sprintf(" %02x %02x", p[1], p[2]) != epoch)
			return
		for (i = 6; i < at - 4; i++) text = text sprintf("%02x ", p[i])
		print text
		found = 1
	}
	{ for (k = 1; k <= NF; k++) if ($k == 0) take(); else f[n++] = $k }
	END { exit !found }'
