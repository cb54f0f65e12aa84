#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Power cuts: one whole install on the posix port's flash geometry, cut right before and
# right after each of its operations (tests/e2e/powercut.c). Last line:
# `ops N, cuts 2N, completed 2N, bricks 0, unverified 0, rollbacks 0`.
# ID=17:before reruns one cut. CANARY=1 builds the record log with its last two steps
# exchanged, so that a commit is not atomic; prints the cuts that catch it, and fails.
set -eu
: "${BUILD:=build}"
program=$BUILD/tests/e2e/powercut
. tests/asked.sh
asked_one_of CANARY 1
asked_number TORN 0
if [ "${CANARY:-}" = 1 ]; then
	. tests/relink.sh
	work=$BUILD/powercut
	mkdir -p "$work"
	# The page is sealed before its record is written.
	awk '
		/if \(err == COT_OK && record\)/ && !moved { sub(/ && record/, ""); moved = 1 }
		/err = append_if_it_fits\(&next, record\);/ && moved == 1 {
			sub(/append_if_it_fits\(&next, record\)/, "seal_page(\\&next)"); moved = 2; print; next }
		/err = seal_page\(&next\);/ && moved == 2 {
			sub(/seal_page\(&next\)/, "record ? append_if_it_fits(\\&next, record) : COT_OK"); moved = 3 }
		{ print }
		END { exit moved != 3 }' secondary/record.c >"$work/record.c"
	relink_compile "$work/record.c" "$work/record.o"
	relink_program tests/e2e/powercut "$work/record.o" "$work/powercut"
	program=$work/powercut
	echo "canary: secondary/record.c seals a page before its record is written"
fi
exec "$program"
