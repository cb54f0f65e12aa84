#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Instructions of one partial verification of a 4 KiB Director Targets document on
# Cortex-M3 and M0+, item by item, against the bare signature check over the same bytes.
# The firmware (instructions_fw.c) runs in QEMU, whose plugin counts; every figure is
# exact and comes again. docs/size.md explains the items. Last line:
#   `instructions: m3 check N, targets N (R x), cycle N (R x), m0plus ..., M met, K missed,
#   ceilings held`
#
# Ceilings: tests/metal/instructions.tsv, which ACCEPT=1 writes; what is to be reached:
# tests/metal/instructions-targets.tsv. WHERE=1 prints the items by source.
# CANARY=1 checks each signature twice, prints what notices, and fails.
set -u
: "${BUILD:=build}" "${ARM:=arm-none-eabi-}" "${QEMU:=qemu-system-arm}" "${MCU_CFLAGS:=-Os -g}"
. tests/asked.sh
asked_one_of CANARY 1
. tests/relink.sh
work=$BUILD/instructions
mcu=$BUILD/mcu
rows=$work/rows.tsv
warn='-Wall -Wextra -Wconversion -Wsign-conversion -Wshadow -Wstrict-prototypes
	-Wmissing-prototypes -Wvla -Wundef -Wcast-qual -Wwrite-strings -Werror'

skip()
{
	echo "SKIPPED LOUDLY: instructions: $*"
	[ "${NOSKIP:-}" != 1 ]
	exit
}

for tool in "${ARM}gcc" "$QEMU"; do
	command -v "$tool" >/dev/null || skip "there is no $tool here (see make packages)"
done
[ -d "$mcu/m3/obj" ] || skip "no firmware below $mcu (libsodium's source: set SODIUM_SRC)"
afresh "$work"
# shellcheck disable=SC2086
$CC -std=c11 -D_GNU_SOURCE -O2 -w -shared -fPIC -o "$work/plugin.so" tests/metal/plugin.c &&
	$CC ${CPPFLAGS:-} -I. -D_GNU_SOURCE $RELINK_CFLAGS -std=c11 ${CFLAGS:--O2} $warn \
		${LDFLAGS:-} -o "$work/make" tests/metal/instructions.c \
		-Wl,--start-group "$BUILD"/lib*.a -Wl,--end-group $RELINK_LIBS || exit 1
"$work/make" "$work" >"$work/made.txt" || exit 1
echo "Targets: $(cat "$work/made.txt")"

# build CORE CPU ONLY_TARGETS: $work/CORE.elf
build()
{
	sodium=$mcu/libsodium/src/libsodium/include
	# shellcheck disable=SC2086
	"${ARM}gcc" -mcpu="$2" -mthumb $MCU_CFLAGS -std=gnu11 -ffreestanding -ffunction-sections \
		-fdata-sections $warn -I. -I"$sodium" -DSODIUM_STATIC=1 -DONLY_TARGETS="$3" -DCHECKS="$checks" \
		-Wa,-I,"$work" -c -o "$work/$1.o" tests/metal/instructions_fw.c || return 1
	# shellcheck disable=SC2046
	"${ARM}gcc" -mcpu="$2" -mthumb -nostartfiles --specs=nano.specs -Wl,--gc-sections \
		-Wl,--no-warn-rwx-segments -Wl,--wrap=cot_json_check -Wl,-Map,"$work/$1.elf.map" \
		-T tests/metal/vectors.ld -o "$work/$1.elf" "$work/$1.o" \
		"$mcu/$1/obj/keys/crypto/sodium.o" "$mcu/$1/obj/secondary/ports/mps2/sodium/glue.o" \
		$(find "$mcu/$1/obj/keys" "$mcu/$1/obj/metadata" -maxdepth 1 -name '*.o') \
		$(find "$mcu/$1/sodium" -name '*.o') || return 1
	awk -f tests/size/sections.awk "$work/$1.elf.map" | awk -F '\t' '$2 ~ /^\.text/ {
		name = $5
		if (name ~ /\.a\(/) name = "libc+libgcc"
		sub(/^.*\/obj\//, "", name)
		sub(/\.o$/, ".c", name)
		sub(/^.*\/sodium\/crypto_hash\//, "libsodium/", name)
		sub(/^.*\/sodium\/crypto_.*/, "libsodium/ed25519", name)
		printf "0x%x 0x%x %s\n", $3, $3 + $4, name
	}' >"$work/ranges"
}

# address SYMBOL
address()
{
	"${ARM}nm" "$work/$core.elf" | awk -v name="$1" '$3 == name { print $1; exit }'
}

# count CORE: a file $work/CORE.ITEM for each pair of marks
count()
{
	core=$1
	plugin=$work/plugin.so
	for item in cycle targets alone verify key_check sha256 sha512 canonical; do
		rm -f "$work/$core.$item"
		plugin=$plugin,count=$work/$core.$item,from=$(address from_$item),to=$(address to_$item)
		plugin=$plugin,ranges=$work/ranges
	done
	timeout -k 5 "${TIMEOUT:-300}" "$QEMU" -M mps2-an385 -nographic -monitor none -serial none \
		-semihosting-config enable=on,target=native -kernel "$work/$core.elf" \
		-plugin "$plugin" </dev/null
}

# of ITEM: instructions; calls ITEM: how often
of()
{
	if [ -f "$work/$core.$1" ]; then sed -n 's/^instructions //p' "$work/$core.$1"; else echo 0; fi
}
calls()
{
	if [ -f "$work/$core.$1" ]; then sed -n 's/^times //p' "$work/$core.$1"; else echo 0; fi
}

# line TEXT N: adds to $sum
line()
{
	sum=$((sum + $2))
	awk -v what="$1" -v n="$2" -v all="$alone" 'BEGIN {
		printf "  %-44s %9d  %6.3f\n", what, n, n / all }'
}

# inside ITEM PATTERN: instructions between the marks in sources that fit it
inside()
{
	[ -f "$work/$core.$1" ] || { echo 0; return; }
	awk -v range="$2" 'NR > 4 && $2 ~ range { n += $1 } END { print n + 0 }' "$work/$core.$1"
}

# outside ITEM PATTERN: the same, but for what the other items count
outside()
{
	n=$(inside "$1" "$2")
	for other in verify key_check sha256 sha512 canonical; do
		n=$((n - $(inside $other "$2")))
	done
	echo "$n"
}

# items STRETCH: what it was spent on
items()
{
	sum=0
	sha512=$(inside verify sha512)
	line "Ed25519: signature checks, $(calls verify)" $(($(of verify) - sha512))
	line "SHA-512 of what is signed" "$sha512"
	line "Ed25519: key validity checks, $(calls key_check)" "$(of key_check)"
	line "SHA-256: digests, fingerprints" "$(of sha256)"
	line "JSON: canonical form, documents $(calls canonical)" "$(of canonical)"
	line "JSON: reading" "$(outside "$1" '^metadata/json')"
	line "hex digits" "$(outside "$1" '^keys/encode')"
	line "copying and comparing (libc, libgcc)" "$(outside "$1" '^libc')"
	line "the rest: names, checks, the cycle itself" $(($(of "$1") - sum))
	line "together" "$(of "$1")"
	[ "${WHERE:-}" ] && where "$1"
}

# where STRETCH: the same by source
where()
{
	for f in "$1" verify key_check sha256 sha512 canonical; do
		[ -f "$work/$core.$f" ] && awk -v f="$f" -v all="$1" \
			'NR > 4 { print (f == all ? 1 : -1) * $1, $2 }' "$work/$core.$f"
	done | awk '{ n[$2] += $1 } END { for (i in n) if (n[i] > 0) printf "    %9d %s\n", n[i], i }' |
		sort -rn
}

# ratio N: times the bare check
ratio()
{
	awk -v n="$1" -v alone="$alone" 'BEGIN { printf "%.3f", n / alone }'
}

# stretch ONLY_TARGETS ITEM
stretch()
{
	if ! build "$core" "$cpu" "$1" || ! count "$core"; then
		echo "instructions: $core: firmware or QEMU failed"
		exit 1
	fi
	alone=$(of alone)
	if [ "$1" = 1 ]; then
		line "$core: the bare signature check" "$alone"
		head="$head $core check $alone,"
	fi
	echo "$core: $3"
	items "$2"
	printf '%s %s\t%s\n' "$core" "$2" "$(of "$2")" >>"$rows"
	head="$head $2 $(of "$2") ($(ratio "$(of "$2")") x),"
}

checks=1
[ "${CANARY:-}" = 1 ] && checks=2 && echo 'canary: each signature is checked twice'
head=instructions:
for core in m3 m0plus; do
	case $core in m3) cpu=cortex-m3 ;; *) cpu=cortex-m0plus ;; esac
	stretch 1 targets 'Targets, from the last byte received to the commit'
	printf '%s targets by 1000 checks\t%s\n' "$core" $(($(of targets) * 1000 / alone)) >>"$rows"
	printf '%s check\t%s\n' "$core" "$alone" >>"$rows"
	stretch 0 cycle 'the whole cycle: kept Root and Targets, time, new Targets'
done
if [ "${ACCEPT:-}" = 1 ]; then
	awk -v by='make instructions' -f tests/size/accept.awk "$rows" >"$work/accepted.tsv" &&
		mv "$work/accepted.tsv" tests/metal/instructions.tsv || exit 1
	echo 'instructions: tests/metal/instructions.tsv written'
fi
awk -v head="${head%,}" -f tests/size/judge.awk "$rows" tests/metal/instructions.tsv \
	tests/metal/instructions-targets.tsv
