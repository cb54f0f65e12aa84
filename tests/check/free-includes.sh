#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Freestanding folders include no system header but stddef, stdint, stdbool, limits,
# and string for the four mem* functions, of which they call no others.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/sources.sh"
free_c | xargs -r grep -nH '^[ 	]*#[ 	]*include[ 	]*<' |
	grep -vE '<(stddef|stdint|stdbool|limits|string)\.h>' |
	sed 's/$/ (not a freestanding header)/' >"$CHECK_TMP/bad"
free_c | xargs -r awk -f "$here/strip.awk" |
	grep -E '[^A-Za-z0-9_](float|double|malloc|calloc|realloc|free|strlen|strcmp|strncmp|strchr|printf|snprintf|abort|exit)([^A-Za-z0-9_]|$)' |
	grep -vE '^[^:]*:[0-9]+:[ 	]*#' | grep -vE '[>.](free|exit|abort)[^A-Za-z0-9_]' |
	sed 's/$/ (not freestanding)/' >>"$CHECK_TMP/bad"
cat "$CHECK_TMP/bad"
[ ! -s "$CHECK_TMP/bad" ]
