#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Power cuts of the boot loader in QEMU, after single stores (tests/metal/powercut.c).
# Last line: `stores N, cuts N, completed N, bricks 0, unverified 0, rollbacks 0,
# floors lost 0`. SLOT=2000 is the long form, SECONDS=600 stops after so long,
# ID=pages:17 reruns one cut. CANARY=1 builds a loader that erases a slot before its
# intent is recorded; prints the cuts that catch it, and fails.
set -eu
: "${BUILD:=build}" "${MAKE:=make}"
program=$BUILD/tests/metal/powercut
. tests/asked.sh
asked_one_of CANARY 1
if [ "${CANARY:-}" = 1 ]; then
	. tests/metal-canary.sh
	metal_canary secondary/install.c \
		's|err = commit_intent(node, n, &intent);|{ err = cot_flash_erase(node->port->flash, cot_sec_slot_region(slot), 0); if (err == COT_OK) err = commit_intent(node, n, \&intent); }|'
	echo "canary: secondary/install.c erases a slot before the intent is recorded"
	: "${SECONDS:=120}"
	export SECONDS
fi
exec "$program" "$BUILD/tests/metal/plugin.so"
