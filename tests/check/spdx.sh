#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# One licence line opens every source file (second after a script's interpreter).
. "$(dirname "$0")/sources.sh"
{
	files_in "$PRODUCT tests docs .ci" '*.c' '*.h' '*.sh' '*.awk' '*.sed' '*.py' '*.service' '*.conf' run
	[ -f Makefile ] && echo Makefile
} | while read -r f; do
	head -n 2 "$f" | grep -q 'SPDX-License-Identifier: Apache-2\.0' || echo "$f: no SPDX line at its head"
done >"$CHECK_TMP/bad"
cat "$CHECK_TMP/bad"
[ ! -s "$CHECK_TMP/bad" ]
