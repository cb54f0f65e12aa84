#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Each header compiles alone: it includes what it uses.
. "$(dirname "$0")/sources.sh"
flags='-std=c11 -I. -Wall -Wextra -Wstrict-prototypes -Werror -D_GNU_SOURCE'
files_in "$PRODUCT tests" '*.h' >"$CHECK_TMP/headers"
: >"$CHECK_TMP/bad"
while read -r h; do
	printf '#include "%s"\ntypedef int not_empty;\n' "$h" |
		${CC:-gcc} $flags -fsyntax-only -x c - >"$CHECK_TMP/out" 2>&1 || {
		echo "$h: does not compile alone"
		sed 's/^/	/' "$CHECK_TMP/out" | head -n 5
	} >>"$CHECK_TMP/bad"
done <"$CHECK_TMP/headers"
cat "$CHECK_TMP/bad"
[ ! -s "$CHECK_TMP/bad" ]
