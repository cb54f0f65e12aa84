# SPDX-License-Identifier: Apache-2.0
#
# Reads calls.tsv and what stack.awk said of each loader: rows that applied to none, and
# callees that were in none, are errors. Status 1 if there are any.
FILENAME ~ /calls\.tsv$/ {
	if ($0 !~ /^(#|$)/)
		row[$1] = $2
	next
}
$1 == "used" { used[$2] = 1 }
$1 == "callee" { there[$2, $3] = 1 }
END {
	for (name in row) {
		if (!(name in used)) {
			print "size: calls.tsv: no loader has an indirect call in " name
			failed = 1
			continue
		}
		n = split(row[name], callee, " ")
		for (i = 1; i <= n; i++)
			if (callee[i] !~ /^[@-]/ && !((name, callee[i]) in there)) {
				print "size: calls.tsv: no loader has " callee[i] ", which " name " is to call"
				failed = 1
			}
	}
	exit failed
}
