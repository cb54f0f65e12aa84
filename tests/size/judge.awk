# SPDX-License-Identifier: Apache-2.0
#
# Holds measured rows (first file: row, figure) against their ceilings (second: row,
# accepted, ceiling) and their targets (third: row, at most, why it misses). Prints the
# last line, which begins with -v head=TEXT; -v failed=1 if something went wrong before.
function bad(text) {
	print name ": " text
	failed = 1
}
BEGIN {
	FS = "\t"
	name = head
	sub(/:.*/, "", name)
}
/^(#|$)/ { next }
FILENAME == ARGV[1] {
	figure[$1] = $2
	order[++rows] = $1
}
FILENAME == ARGV[2] { ceiling[$1] = $3 }
FILENAME == ARGV[3] {
	if (!($1 in figure)) {
		bad("a target for " $1 ", which is not measured")
	} else if (figure[$1] <= $2 + 0) {
		met++
		printf "met     %-32s %8d of %8d\n", $1, figure[$1], $2
	} else {
		missed++
		printf "missed  %-32s %8d of %8d: %s\n", $1, figure[$1], $2, $3
		if ($3 == "")
			bad($1 " misses its target and " FILENAME " does not say why")
	}
}
END {
	for (i = 1; i <= rows; i++) {
		row = order[i]
		if (!(row in ceiling))
			bad(row " has no ceiling in " ARGV[2] " (ACCEPT=1 make " name ")")
		else if (figure[row] > ceiling[row] + 0) {
			printf "%s: %s is %d, %d above its ceiling\n", name, row, figure[row],
				figure[row] - ceiling[row]
			above++
		}
	}
	for (row in ceiling)
		if (!(row in figure))
			bad(ARGV[2] " has a row that is not measured: " row)
	printf "%s, %d met, %d missed, %s\n", head, met, missed,
		above ? above " above their ceilings" : failed ? "failed" : "ceilings held"
	exit failed || above
}
