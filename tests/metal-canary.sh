# SPDX-License-Identifier: Apache-2.0
#
# Shell functions for the canaries of the board's campaigns: a loader built with one
# deliberate fault. Sourced, not run.
#
#   metal_canary SOURCE SCRIPT...   SOURCE edited by sed with these arguments, which
#                                   must change it; LOADER then names the loader

metal_canary() {
	of=$1
	shift
	work=$BUILD/canary
	mkdir -p "$work" && sed "$@" "$of" >"$work/fault.c.new" || exit 2
	if cmp -s "$of" "$work/fault.c.new"; then
		echo "canary: the fault does not fit $of any more" >&2
		exit 2
	fi
	cmp -s "$work/fault.c.new" "$work/fault.c" 2>/dev/null ||
		mv "$work/fault.c.new" "$work/fault.c"
	SODIUM_SRC=${SODIUM_SRC:-$BUILD/mcu/libsodium} ${MAKE:-make} --no-print-directory -s \
		BUILD="$work" FAULT_OF="$of" FAULT_SRC="$work/fault.c" WERROR= \
		"$work/mcu/m3/loader-ed25519.elf" >"$work/log" 2>&1 || {
		tail -n 5 "$work/log" >&2
		exit 2
	}
	LOADER=$work/mcu/m3/loader-ed25519.elf
	export LOADER
}
