#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# One skipped instruction of the boot loader must not boot an image that it refuses:
# for each instruction of the boot decision, its first and its last time, the loader
# runs in QEMU on bad flash and has that instruction skipped (tests/metal/skip.c tells
# how, tests/metal/bad_images.c what the flash files hold).
#
#	damaged, trial, older, reverted  from the choice of a slot until the loader stays
#	state       `older` again from main() on: start, stored state, identity
#	worn        only if asked for: boot.h says why a skip may grant a fourth trial
#
# One line per point that boots, one per kind with its verdicts; last line
# `points N, booted 0`. ID=[KIND:]0xPC:first|last[:BYTES] reruns one, KINDS="older trial"
# runs those alone, SECONDS=N stops after that time and says how far it came,
# SIZES="2 4 6 8 10" skips that many bytes instead of one instruction. CANARY=1 builds
# a loader that jumps whatever the two verdicts were, and must fail.
# Environment: LOADER (default $BUILD/mcu/m3/loader-ed25519.elf), APPS, JOBS (2).
set -u
: "${BUILD:=build}"
case $BUILD in
/*) ;;
*) BUILD=$(pwd)/$BUILD ;;
esac
. tests/asked.sh
asked_one_of CANARY 1
asked_number SECONDS 0
asked_number JOBS 1
for kind in ${KINDS:-}; do
	case $kind in
	damaged | trial | older | reverted | state | worn) ;;
	*) asked_refuse "KINDS=$kind is not known; known: damaged trial older reverted state worn" ;;
	esac
done
if [ "${CANARY:-}" = 1 ]; then
	. tests/metal-canary.sh
	metal_canary secondary/boot/verdict.c 's/return word & .*/return masked ^ COT_BOOT_GATE ^ COT_BOOT_ACCEPT(boot->slot) ^ COT_BOOT_AGAIN(boot->slot) ^ (word \& odd \& 0);/'
	echo "canary: secondary/boot/verdict.c gives the word for the jump without a verdict"
	: "${KINDS:=older}"
fi
: "${LOADER:=$BUILD/mcu/m3/loader-ed25519.elf}"
: "${KINDS:=damaged trial older reverted state}"
tools=$BUILD/tests/metal
W=$BUILD/skip
export BUILD LOADER
afresh "$W"
TMPDIR=$W "$tools/bad_images" "$W" || { echo 'skip: no flash to damage' >&2; exit 2; }

# MPS2_RUN and its length, as the loader was built with them.
layout()
{
	sed -n "s/^#define $1 0x\\([0-9A-Fa-f]*\\)u.*/\\1/p" secondary/ports/mps2/layout.h
}

set --
for k in $KINDS; do
	case $k in
	state) set -- "$@" "state@main=$W/older.flash" ;;
	*) set -- "$@" "$k=$W/$k.flash" ;;
	esac
done
exec "$tools/skip" -e "$LOADER" -p "$tools/plugin.so" -d "$W" -j "${JOBS:-2}" \
	-f cot_sec_boot -s mps2_serve -r "$(layout MPS2_RUN):$(layout MPS2_RUN_LEN)" \
	-g "$W/sound.flash" "$@"
