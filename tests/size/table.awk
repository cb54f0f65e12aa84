# SPDX-License-Identifier: Apache-2.0
#
# The rows of the loaders as a table, a column per loader, then the other rows.
{
	if (match($1, /^m[a-z0-9]+ (ed25519|hmac) /)) {
		loader = substr($1, 1, RLENGTH - 1)
		what = substr($1, RLENGTH + 1)
		if (!(loader in seen)) {
			seen[loader] = 1
			column[++columns] = loader
		}
		if (!(what in known)) {
			known[what] = 1
			line[++lines] = what
		}
		value[what, loader] = $2
	} else
		rest[++others] = sprintf("%-26s %15d", $1, $2)
}
END {
	printf "%-26s", "bytes"
	for (i = 1; i <= columns; i++)
		printf " %15s", column[i]
	print ""
	for (j = 1; j <= lines; j++) {
		printf "%-26s", line[j]
		for (i = 1; i <= columns; i++)
			printf " %15s", value[line[j], column[i]]
		print ""
	}
	for (j = 1; j <= others; j++)
		print rest[j]
}
