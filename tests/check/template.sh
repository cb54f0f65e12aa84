#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The template of a port compiles without a warning for the host, Cortex-M3 and M0+, and
# links for both with nothing undefined but the crypto; each member that a port fills in
# is assigned in it, or named in a comment, and explained in docs/porting.md; what is not
# written in device.c succeeds nowhere; the page of flash that a state needs is what that
# document says; ask.sh is answered. A fault of each kind in a copy must be seen.
# Last line: `template: N members, 3 targets`.
set -u
: "${BUILD:=build}" "${CC:=gcc}" "${ARM:=arm-none-eabi-}" "${MAKE:=make}"
out=$BUILD/template
port=secondary/ports/template
page=docs/porting.md
rm -rf "$out"
mkdir -p "$out" || exit 2
failed=0
bad() { echo "template: $*"; failed=1; }

# members FILE STRUCT: the names, one a line
members()
{
	sed 's|/\*.*\*/||' "$1" | awk -v want="struct $2 {" '
		index($0, want) == 1 { on = 1; next }
		on && /^};/ { exit }
		on {
			sub(/\/\*.*/, "")
			if ($0 ~ /^[ \t]*\*/ || comment) { comment = $0 !~ /\*\//; next }
			text = text " " $0
		}
		END {
			n = split(text, part, ";")
			for (i = 1; i < n; i++) {
				if (match(part[i], /\(\*[a-z_0-9]+\)/)) {
					print substr(part[i], RSTART + 2, RLENGTH - 3)
					continue
				}
				sub(/\[.*/, "", part[i])
				match(part[i], /[a-z_0-9]+[ \t]*$/)
				print substr(part[i], RSTART, RLENGTH)
			}
		}'
}

# check_members FOLDER: what of the structs FOLDER neither assigns nor names
check_members()
{
	for pair in port.h:cot_port flash.h:cot_flash flash.h:cot_flash_region \
		hook.h:cot_services link/carriers.h:cot_serial_port; do
		for m in $(members "secondary/${pair%:*}" "${pair#*:}"); do
			echo "$m" >>"$out/members"
			grep -qE "\.${m}(\[[^]]*\])? = |^[^\"]*(/\*| \*).*[^A-Za-z_]${m}[^A-Za-z_]" "$1"/*.c ||
				echo "${pair#*:}.$m is not in $1"
		done
	done
}

# check_unwritten FILE: lines by which something that is not written would succeed
check_unwritten()
{
	grep -nE 'COT_OK|return (true|0)' "$1"
}

# ---- the folder, and copies with a fault -----------------------------------------------

check_members "$port" >"$out/missing"
[ -s "$out/missing" ] && { cat "$out/missing"; failed=1; }
count=$(wc -l <"$out/members")
[ "$count" -ge 35 ] || bad "only $count members were found in the headers"
check_unwritten "$port/device.c" && bad 'device.c must fail or stop'

mkdir "$out/faulty"
cp "$port"/*.c "$out/faulty/"
sed -i '/\.long_op = /d' "$out/faulty/board.c"
check_members "$out/faulty" | grep -q 'cot_port.long_op' || bad 'a member left out goes unseen'
sed -i '0,/return COT_E_FLASH/s//return COT_OK/' "$out/faulty/device.c"
check_unwritten "$out/faulty/device.c" >"$out/seen" || bad 'a stub that succeeds goes unseen'

# ---- the page ----------------------------------------------------------------------------

for pair in port.h:cot_port flash.h:cot_flash flash.h:cot_flash_region hook.h:cot_services \
	link/carriers.h:cot_serial_port link/carriers.h:cot_can_port; do
	for m in $(members "secondary/${pair%:*}" "${pair#*:}"); do
		grep -q "^| .*\`$m\`.* |" "$page" || bad "$page explains no ${pair#*:}.$m"
	done
done
for m in $(members keys/crypto.h cot_crypto); do
	grep -q "\`$m\`" "$page" || bad "$page explains no cot_crypto.$m"
done

cat >"$out/need.c" <<'C'
#include "secondary/ports/template/layout.h"
#include <stdio.h>
int main(void)
{
	unsigned unit;

	for (unit = 1; unit <= 32; unit *= 2)
		printf("| %u | %u |\n", unit, (unsigned)TPL_STATE_NEED(unit));
	return 0;
}
C
"$CC" -std=c11 -I. -o "$out/need" "$out/need.c" && "$out/need" >"$out/need.txt" || exit 1
while read -r row; do
	grep -qxF "$row" "$page" || bad "$page lacks the row $row"
done <"$out/need.txt"

# ---- the first question to a board ---------------------------------------------------------

# A store that nobody provisioned, behind a pseudo terminal.
{ printf 'CoTF\001\0\0\0\0\0\004\0'; head -c 811008 /dev/zero | tr '\000' '\377'; } |
	head -c 811008 >"$out/flash"
"$BUILD/cotter-ecu" --flash "$out/flash" --link "serial:pty:$out/line" >"$out/ecu.txt" 2>&1 &
ecu=$!
trap 'kill "$ecu" 2>/dev/null' EXIT
tries=0
while [ ! -e "$out/line" ] && [ "$tries" -lt 600 ]; do
	sleep 0.1
	tries=$((tries + 1))
done
# Whoever asks has two seconds' patience, a busy machine sometimes less to spare.
tries=0 answer=
while [ -z "$answer" ] && [ "$tries" -lt 15 ]; do
	answer=$(sh "$port/ask.sh" "$out/line" 22 FD 00)
	tries=$((tries + 1))
done
case $answer in
'62 fd 00 01 03 00 04 '*) ;;
*) bad "ask.sh hears: $answer" ;;
esac

# ---- targets -----------------------------------------------------------------------------

warn='-Wall -Wextra -Wconversion -Wsign-conversion -Wshadow -Wstrict-prototypes
	-Wmissing-prototypes -Wvla -Wundef -Wcast-qual -Wwrite-strings -Werror'
for f in "$port"/*.c; do
	case $f in */start.c) continue ;; esac # Cortex-M alone
	# shellcheck disable=SC2086
	"$CC" -std=c11 -O2 -I. $warn -c -o "$out/host.o" "$f" || bad "$f: host"
done

crypto='-Wl,--defsym=cot_crypto_sodium=0,--defsym=cot_report_sign_ed25519=0'
for cpu in cortex-m3 cortex-m0plus; do
	dir=$out/$cpu
	env -u MAKEFLAGS -u MAKELEVEL -u CFLAGS "$MAKE" -f "$port/port.mk" CPU="$cpu" OUT="$dir" \
		-j"${JOBS:-2}" objects >"$out/$cpu.log" 2>&1 || { tail -n 20 "$out/$cpu.log"; bad "$cpu"; continue; }
	link="${ARM}gcc -mcpu=$cpu -mthumb -nostartfiles --specs=nano.specs -Wl,--gc-sections
		-Wl,--no-warn-rwx-segments -Wl,--fatal-warnings"
	# shellcheck disable=SC2046
	set -- $(find "$dir/obj" -name '*.o' ! -name app.o)
	# shellcheck disable=SC2086
	$link $crypto -T "$port/template.ld" -o "$dir/loader.elf" "$@" || bad "the loader does not link for $cpu"
	# shellcheck disable=SC2046,SC2086
	$link -T "$port/app.ld" -o "$dir/app.elf" "$dir/obj/$port/app.o" \
		$(for o in hook confirm stream pack link/crc; do echo "$dir/obj/secondary/$o.o"; done) \
		"$dir/obj/keys/slice.o" || bad "the application does not link for $cpu"
done
sed 's/ORIGIN = 0x08020000/ORIGIN = 0x08021000/' "$port/template.ld" >"$out/faulty.ld"
# shellcheck disable=SC2086
if $link $crypto -T "$out/faulty.ld" -o "$out/faulty.elf" "$@" 2>"$out/link.txt" ||
	! grep -q 'store is not TPL_STORE' "$out/link.txt"; then
	bad 'layout.h and template.ld differ, and the link does not say so'
fi

echo "template: $count members, 3 targets"
exit $failed
