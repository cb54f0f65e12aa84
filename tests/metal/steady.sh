#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Makes $BUILD/tests/metal/steady.so of steady.c, if it is not there or older: a clock for
# QEMU that stands still while the host keeps it waiting. Prints nothing unless it fails.
set -eu
: "${BUILD:=build}" "${CC:=gcc}"
so=$BUILD/tests/metal/steady.so
src=tests/metal/steady.c
[ -z "$(find "$so" -newer "$src" 2>/dev/null)" ] || exit 0
mkdir -p "$(dirname "$so")"
# shellcheck disable=SC2086
$CC -std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra -Werror -fPIC -shared -pthread -o "$so.$$" "$src"
mv "$so.$$" "$so"
