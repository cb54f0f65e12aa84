# SPDX-License-Identifier: Apache-2.0
#
# Holds the measured rows against their ceilings (tests/size.tsv) and their targets
# (tests/size/targets.tsv: row, bytes at most, why it misses). -v failed=1 if something
# went wrong before. Prints the last line of `make size`.
/^(#|$)/ { next }
FILENAME == ARGV[1] {
	bytes[$1] = $2
	order[++rows] = $1
}
FILENAME == ARGV[2] { ceiling[$1] = $3 }
FILENAME == ARGV[3] {
	if (!($1 in bytes)) {
		print "size: a target for " $1 ", which is not measured"
		failed = 1
	} else if (bytes[$1] <= $2 + 0) {
		met++
		printf "met     %-28s %6d of %6d\n", $1, bytes[$1], $2
	} else {
		missed++
		printf "missed  %-28s %6d of %6d: %s\n", $1, bytes[$1], $2, $3
		if ($3 == "") {
			print "size: " $1 " misses its target and tests/size/targets.tsv does not say why"
			failed = 1
		}
	}
}
END {
	for (i = 1; i <= rows; i++) {
		if (!(order[i] in ceiling)) {
			print "size: " order[i] " has no ceiling in tests/size.tsv (ACCEPT=1 make size)"
			above++
		} else if (bytes[order[i]] > ceiling[order[i]] + 0) {
			printf "size: %s is %d, %d above its ceiling\n", order[i], bytes[order[i]],
				bytes[order[i]] - ceiling[order[i]]
			above++
		}
	}
	for (name in ceiling)
		if (!(name in bytes)) {
			print "size: tests/size.tsv has a row that is not measured: " name
			failed = 1
		}
	printf "size: %d rows, %d met, %d missed, %s\n", rows, met, missed,
		above ? above " above their ceilings" : failed ? "failed" : "ceilings held"
	exit failed || above
}
