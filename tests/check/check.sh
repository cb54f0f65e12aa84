#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Everything `make check` runs, as one list: unit, attack and board programs, whole-command
# scripts, the fuzzers' corpora, static checks with their self-test, the generated
# documents and the Cortex-M0+ link. One line per failure or skip, then the sum.
set -u
: "${BUILD:=build}"
case $BUILD in
/*) ;;
*) BUILD=$(pwd)/$BUILD ;;
esac
export BUILD
# What picks cases or machines for other targets must not thin this list out.
unset CASE ID TORN TRACE METAL LOADER APPS STEADY ATTACK_ROWS SECONDS
sh tests/metal/steady.sh || exit 2
set --
# The programs of the sources that are there now, not what an old build left behind.
for src in tests/unit/*.c tests/attack/*.c tests/e2e/*.c tests/metal/install.c tests/metal/boot.c \
	tests/metal/attack.c tests/metal/hostile.c; do
	[ -f "$src" ] && set -- "$@" "$BUILD/${src%.c}"
done
for script in tests/cli/*.sh tests/e2e/*.sh; do
	[ -f "$script" ] && set -- "$@" "$script"
done
for src in tests/fuzz/*.c; do
	name=$(basename "$src" .c)
	case $name in *_main) continue ;; esac
	[ -f "$src" ] && set -- "$@" "$BUILD/tests/fuzz/$name tests/fuzz/corpus/$name"
done
for c in arrows functions ifs banned spdx headers free-includes words docs conf selftest build template; do
	set -- "$@" "tests/check/$c.sh"
done
set -- "$@" "tests/check/offline.sh $BUILD/cotter" \
	"tests/check/freestanding.sh $(echo $(for d in keys metadata secondary secondary/link secondary/boot; do
		ls "$d"/*.c 2>/dev/null | grep -v '_main\.c$'
	done))"
exec sh tests/check/run-tests.sh "$@"
