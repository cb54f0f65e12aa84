#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The self-test of what watches firmware in QEMU: the plugin's cuts and counts on
# firmware that makes every kind of store, and the skip campaign on a toy boot loader
# that one skipped instruction opens, and on one that none does.
# The campaigns' programs refuse what they do not understand before they start a machine.
# Environment: PLUGIN, SKIP (default: below $BUILD/tests/metal), ARM (arm-none-eabi-).
# Last line: `metal selftest: N passed, 0 failed`.
set -u
BUILD=$(cd "${BUILD:-build}" && pwd)
: "${PLUGIN:=$BUILD/tests/metal/plugin.so}" "${SKIP:=$BUILD/tests/metal/skip}"
: "${ARM:=arm-none-eabi-}"
unset ID SECONDS SIZES SLOT JOBS SEED CASE CANARY
W=$(mktemp -d) || exit 2
trap 'rm -rf "$W"' EXIT
trap 'exit 130' INT TERM
here=$(dirname "$0")
passed=0
failed=0

ok() # WHAT, with the status of the command before
{
	if [ $? -eq 0 ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "failed: $1"
		[ ! -f "$W/out" ] || sed 's/^/	/' "$W/out"
	fi
}

compile() # NAME SOURCE FLAGS
{
	"${ARM}gcc" -mcpu=cortex-m3 -mthumb -Os -g -std=c11 -ffreestanding -nostdlib -Wall -Wextra \
		-Werror $3 -T "$here/toy.ld" -o "$W/$1.elf" "$here/$2" -lgcc || exit 2
}

place() # ELF SYMBOL: its address, hex
{
	"${ARM}nm" "$W/$1.elf" | awk -v s="$2" '$3 == s { sub(/^0*/, "", $1); print $1 }'
}

run() # SECONDS ELF PLUGIN-ARGUMENTS
{
	timeout "$1" qemu-system-arm -M mps2-an385,memory-backend=fl -object \
		"memory-backend-file,id=fl,mem-path=$W/flash,size=16M,share=on" -display none \
		-serial null -monitor none -kernel "$W/$2.elf" -plugin "$PLUGIN,$3" >"$W/out" 2>&1
}

blank()
{
	rm -f "$W/flash"
	truncate -s 16M "$W/flash"
}

# toy_stores.c: byte i is i % 251 + 1, up to the length; zero behind it.
holds() # LENGTH
{
	od -An -v -tu1 -w1 -N 600 "$W/flash" | awk -v len="$1" '
		$1 != (NR <= len ? (NR - 1) % 251 + 1 : 0) { bad = 1 }
		END { exit bad || NR != 600 }'
}

# ---- stores and cuts ----------------------------------------------------------------

compile stores toy_stores.c ''
end=$(place stores done)
while read -r k len; do
	blank
	# The shell tells of the kill; nobody needs to hear it.
	{ run 20 stores "window=21000000:1000000,cut=$k,log=$W/log"; status=$?; } 2>/dev/null
	[ $status -eq 137 ] && holds "$len" && [ "$(wc -l <"$W/log")" -eq "$k" ]
	ok "cut after store $k: $len bytes in flash"
done <<'LIST'
1 1
2 2
3 4
4 8
5 12
6 16
7 20
10 32
11 33
12 37
13 39
14 40
15 44
18 56
19 60
20 64
100 384
119 460
LIST
blank
run 20 stores "window=21000000:1000000,cut=120,exit=7:$end:1"
[ $? -eq 7 ] && holds 460
ok "a cut that is never reached"
run 20 stores "window=21000000:100,window=21000100:f00,stores=$W/stores,exit=7:$end:1"
[ "$(cat "$W/stores")" = "0x21000000:0x100 68
0x21000100:0xf00 51
all 119" ]
ok "stores are counted per window"
rm -f "$W/stores"
run 3 stores "window=21000000:1000,stores=$W/stores"
[ "$(tail -n 1 "$W/stores")" = "all 119" ]
ok "stores are written at SIGTERM"
run 20 stores "limit=1000:9"
[ $? -eq 9 ]
ok "the limit ends a loop"
run 20 stores "cut=1"
[ $? -ne 0 ] && grep -q 'without a window' "$W/out"
ok "a cut without a window is refused"

# ---- instructions -------------------------------------------------------------------

from=$(place stores counted)
to=$(place stores counted_end)
leaf=$(place stores counted_leaf)
echo "0x$from 0x$leaf counted
0x$leaf 0x$to counted_leaf" >"$W/ranges"
stretch=from=$from,to=$to
run 20 stores "count=$W/count,$stretch,ranges=$W/ranges,trace=$W/trace,$stretch,steps=$W/steps,exit=7:$end:1"
[ "$(tr '\n' ' ' <"$W/count")" = \
	"times 3 instructions 39 least 13 most 13 36 counted 3 counted_leaf 0 other " ]
ok "instructions are counted per range and time"
[ "$(sed 's/^0x[0-9a-f]*//' "$W/trace" | tr '\n' ',')" = \
	"steps 13, 2 1 0 0, 2 5 1 9, 2 5 2 10, 4 1 11 11, 4 1 12 12," ] &&
	[ "$(wc -c <"$W/steps")" -eq 52 ]
ok "a trace tells times and places"

# ---- skipping -----------------------------------------------------------------------

put() # OFFSET BYTES
{
	printf "$2" | dd of="$W/flash" bs=1 seek="$1" conv=notrunc status=none
}

compile soft toy_boot.c ''
compile hard toy_boot.c -DHARD
# Stack, entry 0x20000009, a branch to itself, filler; the toy itself sums it.
blank
put 0 '\100'
put 256 '\000\000\077\040\011\000\000\040\376\347'
put 266 "$(awk 'BEGIN { for (i = 0; i < 54; i++) printf "U" }')"
run 20 soft "exit=7:$(place soft sealed):1"
[ $? -eq 7 ]
ok "the toy seals its image"
cp "$W/flash" "$W/sound"
put 300 T
cp "$W/flash" "$W/bad"

skip() # ELF ARGUMENTS
{
	elf=$1
	shift
	"$SKIP" -e "$W/$elf.elf" -p "$PLUGIN" -d "$W" -f choose -s stay -r 20000000:40 \
		-g "$W/sound" "$@" >"$W/out" 2>&1
}

last_is()
{
	[ "$(tail -n 1 "$W/out")" = "$1" ]
}

skip soft sum="$W/bad"
[ $? -eq 1 ] && last_is 'points 55, booted 4' && ! grep -q '^missed' "$W/out"
ok "one branch decides: skipped instructions boot the damaged image"
skip hard sum="$W/bad"
[ $? -eq 0 ] && last_is 'points 49, booted 0'
ok "three decisions: none does"
SIZES='4 10' skip hard sum="$W/bad"
[ $? -eq 0 ] && last_is 'points 98, booted 0'
ok "nor up to ten bytes"
SECONDS=1 skip hard sum="$W/bad" again="$W/bad" third="$W/bad"
[ $? -ne 1 ] && grep -q '^reached [0-9]* of 147 points$' "$W/out"
ok "a limit of time is told"
first=$(place soft it_first)
ID=0x$first:first skip soft sum="$W/bad"
[ $? -eq 0 ] && grep -q 'ITSTATE 0x0c to 0x18' "$W/out"
ok "skipped in an IT block: the rest of the block keeps its condition"
ID=0x$(place soft it_second):first skip soft sum="$W/bad"
[ $? -eq 1 ] && grep -q 'ITSTATE 0x18 to 0x00' "$W/out"
ok "its twin, which boots"
# Skipping the branch around the sealing makes the next boot a sound one.
ID=0x$(printf %x $((0x$(place hard reset) + 6))):first skip hard early@reset="$W/bad"
[ $? -eq 1 ] && grep -q '^hung; started again: booted$' "$W/out"
ok "what a hang leaves in flash is booted again"
skip hard sum="$W/sound"
[ $? -eq 2 ] && grep -q 'nothing skipped the loader booted' "$W/out"
ok "a flash that boots anyway is no campaign"
"$SKIP" -e "$W/hard.elf" -p "$PLUGIN" -d "$W" -f choose -s stay -r 20000000:40 -g "$W/bad" \
	sum="$W/bad" >"$W/out" 2>&1
[ $? -eq 2 ]
ok "nor one whose sound image does not boot"

# ---- what is asked for -----------------------------------------------------------------

# refuses LINE VAR=VALUE PROGRAM...: that line alone, status 2, and no machine
refuses()
{
	line=$1
	shift
	env PATH="$W/none:$PATH" "$@" >"$W/out" 2>&1
	[ $? -eq 2 ] && [ "$(cat "$W/out")" = "$line" ]
	ok "refused: $line"
}

mkdir "$W/none"
printf '#!/bin/sh\necho a machine\n' >"$W/none/qemu-system-arm"
chmod +x "$W/none/qemu-system-arm"
powercut=$BUILD/tests/metal/powercut
"${MAKE:-make}" -s --no-print-directory BUILD="$BUILD" "$powercut" >"$W/out" 2>&1
ok "the power cuts' program is built"
most='a whole number from 0 to 999999999'
for bad in abc -5 5x ' 5' +5 0x10 1000000000 99999999999999999999; do
	refuses "powercut: SECONDS=$bad: $most" SECONDS="$bad" "$powercut" "$PLUGIN"
	refuses "skip: SECONDS=$bad: $most" SECONDS="$bad" "$SKIP"
done
refuses "powercut: SLOT=abc: $most" SLOT=abc "$powercut" "$PLUGIN"
refuses "powercut: SLOT=-1: $most" SLOT=-1 "$powercut" "$PLUGIN"
refuses "powercut: SEED=x: $most" SEED=x "$powercut" "$PLUGIN"
refuses 'powercut: JOBS=0: a whole number from 1 to 8' JOBS=0 "$powercut" "$PLUGIN"
for bad in foo pages pages: pages:0 pages:1x pages:-1 slots:1 slot17 17; do
	refuses "powercut: ID=$bad: pages:N or slot:N, the N-th store from 1 on" ID=$bad \
		"$powercut" "$PLUGIN"
done
for bad in abc 3 0 66 '4 x' 4,6 444 '2 4 6 8 10 12 14 16 18'; do
	refuses "skip: SIZES=$bad: even numbers from 2 to 64, eight at most" SIZES="$bad" "$SKIP"
done

echo "metal selftest: $passed passed, $failed failed"
[ $failed -eq 0 ]
