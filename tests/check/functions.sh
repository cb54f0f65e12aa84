#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# No function over 120 lines and no file over 800; prints median, p90 and longest.
. "$(dirname "$0")/sources.sh"
all_c | "${CTAGS:-ctags}" -L - --languages=C --langmap=C:.c.h --kinds-C=f --fields=+ne \
	-f - 2>/dev/null >"$CHECK_TMP/tags" || { echo 'functions: ctags failed'; exit 1; }
all_c | xargs -r wc -l | awk '$2 != "total" && $1 > 800 { print $2 ": " $1 " lines, over 800"; b = 1 } END { exit b }' || failed=1
awk -F '\t' '!/^!/ {
	from = to = 0
	for (i = 4; i <= NF; i++) {
		if ($i ~ /^line:/) from = substr($i, 6)
		if ($i ~ /^end:/) to = substr($i, 5)
	}
	print ($2 ~ /^tests\// ? "test" : "product") "\t" to - from + 1 "\t" $2 "\t" $1
}' "$CHECK_TMP/tags" | sort -t '	' -k 2,2n >"$CHECK_TMP/lengths"
awk -F '\t' '
	$2 > 120 { print $3 ": " $4 " has " $2 " lines, over 120"; failed = 1 }
	$1 == "product" { n++; len[n] = $2; name[n] = $3 ": " $4 }
	END {
		if (n)
			printf "functions %d, median %d, p90 %d, longest %d (%s)\n", n,
				len[int((n + 1) / 2)], len[int(n * 0.9 + 0.5)], len[n], name[n]
		exit failed
	}' "$CHECK_TMP/lengths" || failed=1
exit "${failed:-0}"
