#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# What the firmware costs, for Cortex-M3 and M0+, with reports signed by Ed25519 and by
# HMAC: flash by module from the linker map, RAM, the worst stack over the call graph
# (tests/size/stack.awk, tests/size/calls.tsv) beside the deepest that one update reached
# in QEMU, the loader without libsodium, the hook of an application, and the verifier
# alone. docs/size.md explains the rows. Last line: `size: N rows, M met, K missed, ceilings held`.
#
# tests/size.tsv has a ceiling per row, the accepted figure and 2 % more: a row above it
# fails. ACCEPT=1 writes what was measured as accepted. tests/size/targets.tsv has what
# the rows are to reach; a row that misses says why, and does not fail.
# STACK=1 prints the way to each worst stack.
# CANARY=1 links one part more into the M3's Ed25519 loader, prints what caught it, and
# fails.
set -u
: "${BUILD:=build}" "${ARM:=arm-none-eabi-}" "${QEMU:=qemu-system-arm}" "${MCU_CFLAGS:=-Os -g}"
. tests/relink.sh
. tests/asked.sh
asked_one_of CANARY 1
work=$BUILD/size
mcu=$BUILD/mcu
rows=$work/rows.tsv
warn='-Wall -Wextra -Wconversion -Wsign-conversion -Wshadow -Wstrict-prototypes
	-Wmissing-prototypes -Wvla -Wundef -Wcast-qual -Wwrite-strings -Werror'
failed=0

# Memory that the carrier needs, whatever the library does: by symbol.
link_buffers='uart_link link_rx link_tx response time_buf'
# The frame that a fault pushes onto the stack in use, and what aligns it.
exception_frame=36

skip()
{
	echo "SKIPPED LOUDLY: size: $*"
	[ "${NOSKIP:-}" != 1 ]
	exit
}

fail()
{
	echo "size: $*"
	failed=1
}

# row ID NUMBER
row()
{
	printf '%s\t%s\n' "$1" "$2" >>"$rows"
}

cpu_of()
{
	case $1 in m3) echo cortex-m3 ;; *) echo cortex-m0plus ;; esac
}

# compile CORE SOURCE OBJECT OPTION...
compile()
{
	core=$1 source=$2 object=$3
	shift 3
	# shellcheck disable=SC2086
	"${ARM}gcc" -mcpu="$(cpu_of "$core")" -mthumb $MCU_CFLAGS -std=gnu11 -ffreestanding \
		-ffunction-sections -fdata-sections -fno-common -fstack-usage \
		-fcallgraph-info=su,da $warn -I. "$@" -c -o "$object" "$source"
}

# link CORE OUTPUT OPTION OBJECT...: its map lies beside it.
link()
{
	core=$1 output=$2
	shift 2
	"${ARM}gcc" -mcpu="$(cpu_of "$core")" -mthumb -nostartfiles --specs=nano.specs \
		-Wl,--gc-sections -Wl,--no-warn-rwx-segments -Wl,-Map,"$output.map" -o "$output" "$@"
}

# ---- one loader -----------------------------------------------------------------------

# flash ID ELF: a row per module; together they must be what the tool `size` says.
flash_rows()
{
	awk -f tests/size/modules.awk "$work/sections.tsv" >"$work/modules.tsv"
	whole=$("${ARM}size" "$2" | awk 'NR == 2 { print $1 + $2 }')
	while IFS='	' read -r module bytes; do
		row "$1 flash $module" "$bytes"
	done <"$work/modules.tsv"
	[ "$whole" = "$(awk '$1 == "all" { print $2 }' "$work/modules.tsv")" ] ||
		fail "$1: the modules of the map are not all of the $whole bytes"
}

# symbol NAME: its bytes, or nothing
symbol()
{
	"${ARM}nm" -S "$elf" | awk -v name="$1" '$4 == name { print $2 }' | {
		read -r hex && echo $((0x$hex))
	}
}

ram_rows()
{
	all=$("${ARM}size" -A "$elf" | awk '$1 ~ /^\.(data|bss|noinit)$/ { n += $2 } END { print n }')
	buffers=0
	for name in $link_buffers; do
		n=$(symbol "$name")
		[ "$n" ] || { fail "$1: no symbol $name, which tests/size.sh counts as a link buffer"; n=0; }
		buffers=$((buffers + n))
	done
	fault_stack=$(symbol fault_stack)
	loader_stack=$("${ARM}size" -A "$elf" | awk '$1 == ".stack" { print $2 }')
	row "$1 ram static" $((all - buffers - ${fault_stack:=0}))
	row "$1 ram link buffers" $buffers
	row "$1 ram reserved for stacks" $((${loader_stack:=0} + fault_stack))
}

worst()
{
	awk -F '\t' -v stack="$1" '$1 == "worst" && $2 == stack { print $3 }' "$work/graph.tsv"
}

# The worst stack from the call graph, held against what is reserved.
worst_rows()
{
	"${ARM}nm" -n "$elf" >"$work/names" &&
		"${ARM}objdump" -d --no-show-raw-insn "$elf" >"$work/code" || exit 1
	cut -f 5 "$work/sections.tsv" | grep '\.o$' | sort -u >"$work/objects"
	xargs "${ARM}objdump" -r <"$work/objects" >"$work/taken" || exit 1
	# shellcheck disable=SC2046
	awk -f tests/size/stack.awk kind=calls tests/size/calls.tsv \
		kind=sections "$work/sections.tsv" kind=names "$work/names" kind=code "$work/code" \
		kind=graph $(sed 's/o$/ci/' "$work/objects") kind=taken "$work/taken" \
		>"$work/graph.tsv" || exit 1
	cat "$work/graph.tsv" >>"$work/graphs.tsv"
	awk -F '\t' -v id="$1" '$1 == "error" { print "size: " id ": " $2; n++ } END { exit n > 0 }' \
		"$work/graph.tsv" || failed=1
	[ "${STACK:-}" ] && awk -F '\t' -v id="$1" '
		$1 == "path" { printf "%s, stack of the %s: %5d %s\n", id, $2, $3, $4 }' "$work/graph.tsv"
	w=$(($(worst loader) + exception_frame))
	f=$(worst faults)
	row "$1 stack worst" "$w"
	row "$1 stack of faults" "$f"
	[ "$w" -le "$loader_stack" ] || fail "$1: a stack of $w bytes may need more than the $loader_stack reserved"
	[ "$f" -le "$fault_stack" ] || fail "$1: faults may need $f bytes, more than the $fault_stack reserved"
}

# What one update reaches, in QEMU.
seen_row()
{
	if ! LOADER=$elf APPS=$mcu/$core TMPDIR=$work/tmp "$work/stack" >"$work/seen.txt" 2>&1; then
		cat "$work/seen.txt"
		fail "$1: the update in QEMU failed"
		return
	fi
	seen=$(awk '$1 == "seen" { print $2 }' "$work/seen.txt")
	row "$1 stack seen" "$seen"
	[ "$seen" -le "$w" ] ||
		fail "$1: a stack of $seen bytes was seen and the call graph knows of $w: a row of calls.tsv lacks a callee"
}

# measure ID CORE ELF
measure()
{
	core=$2 elf=$3
	awk -f tests/size/sections.awk "$elf.map" >"$work/sections.tsv" || exit 1
	flash_rows "$1" "$elf"
	ram_rows "$1"
	worst_rows "$1"
	seen_row "$1"
}

# ---- parts of it ------------------------------------------------------------------------

# The loader is built for one repository; full verification is of two.
compile_for_two()
{
	for source in keys/*.c metadata/*.c; do
		object=$work/two/$1/obj/${source%.c}.o
		mkdir -p "$(dirname "$object")"
		compile "$1" "$source" "$object" || return 1
	done
}

# part ID OBJECTS CORE PROGRAM ONLY OPTION...: bytes of the objects that fit ONLY in a
# program that uses nothing else, and of the compiler's helpers it needs.
part()
{
	id=$1 objects=$2 core=$3 program=$4 only=$5
	shift 5
	compile "$core" "tests/size/$program.c" "$work/$program.o" "$@" || exit 1
	# shellcheck disable=SC2046
	link "$core" "$work/$program.elf" -e main "$work/$program.o" \
		$(find "$objects/keys" "$objects/metadata" "$objects/secondary" \
			"$objects/secondary/link" \
			-maxdepth 1 -name '*.o' 2>/dev/null | LC_ALL=C sort) || exit 1
	awk -f tests/size/sections.awk "$work/$program.elf.map" >"$work/sections.tsv" || exit 1
	row "$id" "$(awk -v only="$only" -f tests/size/modules.awk "$work/sections.tsv" |
		awk '$1 == "all" { print $2 }')"
}

# own_crypto CORE: the whole loader, with tests/size/own.c instead of libsodium.
own_crypto()
{
	object=$work/obj/secondary/ports/own-$1.o
	compile "$1" tests/size/own.c "$object" || exit 1
	# shellcheck disable=SC2046
	link "$1" "$work/own.elf" -T secondary/ports/mps2/loader.ld "$object" \
		$(awk '$1 == "LOAD" && $2 ~ /\.o$/ && $2 !~ /\/(keys\/crypto|sodium)\// { print $2 }' \
			"$mcu/$1/loader-hmac.elf.map") || exit 1
	row "$1 flash own crypto" "$("${ARM}size" "$work/own.elf" | awk 'NR == 2 { print $1 + $2 }')"
}

# ---- all of them --------------------------------------------------------------------------

for tool in "${ARM}gcc" "$QEMU"; do
	command -v "$tool" >/dev/null || skip "there is no $tool here (see make packages)"
done
[ -d "$mcu/m3/obj" ] || skip "no firmware below $mcu (libsodium's source: set SODIUM_SRC)"
afresh "$work"
mkdir -p "$work/tmp" "$work/obj/secondary/ports" || exit 1
: >"$rows"
# shellcheck disable=SC2086
$CC ${CPPFLAGS:-} -I. -D_GNU_SOURCE $RELINK_CFLAGS -std=c11 ${CFLAGS:--O2} $warn ${LDFLAGS:-} \
	-o "$work/stack" tests/metal/stack.c tests/metal/elf.c \
	-Wl,--start-group "$BUILD"/lib*.a -Wl,--end-group $RELINK_LIBS || exit 1

canary_elf=
if [ "${CANARY:-}" = 1 ]; then
	echo 'canary: the M3 Ed25519 loader with a table of 4 KiB more, and a call that no row resolves'
	compile m3 tests/size/canary.c "$work/obj/secondary/ports/canary.o" || exit 1
	canary_elf=$work/canary.elf
	# shellcheck disable=SC2046
	link m3 "$canary_elf" -T secondary/ports/mps2/loader.ld -Wl,-u,canary \
		$(awk '$1 == "LOAD" && $2 ~ /\.o$/ { print $2 }' "$mcu/m3/loader-ed25519.elf.map") \
		"$work/obj/secondary/ports/canary.o" || exit 1
fi
for core in m3 m0plus; do
	for sign in ed25519 hmac; do
		elf=$mcu/$core/loader-$sign.elf
		[ "$canary_elf" ] && [ "$core $sign" = 'm3 ed25519' ] && elf=$canary_elf
		measure "$core $sign" "$core" "$elf"
	done
	own_crypto "$core"
	compile_for_two "$core" || exit 1
	part "$core hook" "$mcu/$core/obj" "$core" hook '/obj/(keys|secondary)/'
	part "$core verifier full" "$work/two/$core/obj" "$core" verifier '/obj/(keys|metadata)/' \
		'-DCHAIN=&cot_chain_full'
	part "$core verifier partial" "$mcu/$core/obj" "$core" verifier '/obj/(keys|metadata)/' \
		-DCHAIN=NULL -DCOT_MAX_REPOS=1u
done
awk -F '\t' -f tests/size/stale.awk tests/size/calls.tsv "$work/graphs.tsv" || failed=1

awk -F '\t' -f tests/size/table.awk "$rows"
for port in secondary/ports/*/board.c; do
	name=$(basename "$(dirname "$port")")
	if grep -q '\.app_trusted = false' "$port"; then
		echo "port $name: protected, an application cannot touch the loader"
	else
		echo "port $name: app-trusted"
	fi
done
if [ "${ACCEPT:-}" = 1 ]; then
	awk -v by='make size' -f tests/size/accept.awk "$rows" >"$work/size.tsv" &&
		mv "$work/size.tsv" tests/size.tsv || exit 1
	echo 'size: tests/size.tsv written'
fi
awk -v head="size: $(wc -l <"$rows") rows" -v failed=$failed -f tests/size/judge.awk \
	"$rows" tests/size.tsv tests/size/targets.tsv
