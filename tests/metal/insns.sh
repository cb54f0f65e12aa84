#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Instructions from FROM to TO of firmware in QEMU (mps2-an385), by function:
#
#	sh tests/metal/insns.sh FIRMWARE.elf FROM TO [FLASH]
#
# FROM and TO are symbols or 0x addresses; FROM counts, TO does not, the first time
# only. FLASH (default: a blank one) is copied first. A line `N FUNCTION` each, most
# first, `N other` for code without a symbol; last line `instructions N`.
# Environment: PLUGIN (default $BUILD/tests/metal/plugin.so), ARM (arm-none-eabi-),
# TIMEOUT (seconds, 60).
set -u
: "${PLUGIN:=${BUILD:-build}/tests/metal/plugin.so}" "${ARM:=arm-none-eabi-}"
[ $# -ge 3 ] || { sed -n 's/^#	//p' "$0" >&2; exit 2; }
elf=$1
W=$(mktemp -d) || exit 2
trap 'rm -rf "$W"' EXIT
trap 'exit 130' INT TERM
if [ $# -gt 3 ]; then
	cp --sparse=always "$4" "$W/flash"
else
	truncate -s 16M "$W/flash"
fi || exit 2

# Addresses of Thumb functions are odd in the table.
"${ARM}nm" -S "$elf" | awk 'NF == 4 && $3 ~ /^[tTwW]$/ { print $1, $2, $4 }' | sort |
	while read -r start len name; do
		printf '0x%x 0x%x %s\n' $((0x$start & ~1)) $(((0x$start & ~1) + 0x$len)) "$name"
	done >"$W/ranges"
place()
{
	case $1 in
	0x*) echo "${1#0x}" ;;
	*) "${ARM}nm" "$elf" | awk -v s="$1" '$3 == s { print $1; exit }' ;;
	esac
}
from=$(place "$2")
to=$(place "$3")
[ -n "$from" ] && [ -n "$to" ] || { echo "insns: no symbol $2 or $3" >&2; exit 2; }
[ -s "$W/ranges" ] || { echo "insns: $elf has no functions" >&2; exit 2; }
timeout "${TIMEOUT:-60}" qemu-system-arm -M mps2-an385,memory-backend=fl -object \
	"memory-backend-file,id=fl,mem-path=$W/flash,size=16M,share=on" -icount shift=0 \
	-display none -serial null -monitor none -kernel "$elf" \
	-plugin "$PLUGIN,count=$W/count,from=$from,to=$to,ranges=$W/ranges,exit=0:$to:1"
[ -f "$W/count" ] || { echo "insns: $3 was not reached from $2" >&2; exit 1; }
sed 1,4d "$W/count" | awk '$1 != 0' | sort -rn
sed -n 2p "$W/count"
