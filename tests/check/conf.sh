#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Every key that primary/config.c reads is in cotter.conf(5) and in the example, and
# every default the example shows is the one in the code where that is a number.
. "$(dirname "$0")/sources.sh"
[ -f primary/config.c ] || exit 0
sed -n 's/^\t*\(TEXT(\|NUMBER(\|{ \)"\([a-z]*\)", "\([a-z_]*\)".*/\2 \3/p' primary/config.c >"$CHECK_TMP/keys"
[ "$(wc -l <"$CHECK_TMP/keys")" -ge 25 ] || { echo 'conf: the table of keys was not found'; exit 1; }
sed -n 's/^\tNUMBER("[a-z]*", "\([a-z_]*\)", [a-z_]*, \([0-9]*\), .*/\1 \2/p' primary/config.c >"$CHECK_TMP/numbers"
while read -r section key; do
	grep -q "^\.BR* .*\b$key\b" docs/man/cotter.conf.5 || echo "cotter.conf.5: no key $key of [$section]"
	grep -q "^#*$key = " primary/data/cotter.conf || echo "cotter.conf: no key $key of [$section]"
done <"$CHECK_TMP/keys" >"$CHECK_TMP/bad"
while read -r key number; do
	grep -q "^#*$key = $number\$" primary/data/cotter.conf || echo "cotter.conf: $key is $number by default"
done <"$CHECK_TMP/numbers" >>"$CHECK_TMP/bad"
cat "$CHECK_TMP/bad"
[ ! -s "$CHECK_TMP/bad" ]
