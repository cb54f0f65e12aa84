# SPDX-License-Identifier: Apache-2.0
#
# Works on functions that bear a line `/* CHECK id: words */` above them.
#   awk -v list=1 -f tests/mutate.awk FILES     prints id, file and words of each
#   awk -v id=F2.3 -f tests/mutate.awk FILE     prints FILE with that function's body
#                                               replaced by success
# A function begins with `{` and ends with `}` alone in column 0; one that returns bool
# succeeds with true, any other with COT_OK.

function begin_comment(line)
{
	found = line
	sub(/^\/\* CHECK /, "", found)
	words = found
	sub(/:.*/, "", found)
	sub(/^[^:]*: */, "", words)
	sub(/ *\*\/.*/, "", words)
	if (list)
		printf "%s\t%s\t%s\n", found, FILENAME, words
	wanted = !list && found == id
	head = ""
}

/^\/\* CHECK [^ :]+:/ { begin_comment($0) }
list { next }
wanted && !inside && /^\{/ {
	inside = 1
	success = head ~ /(^|[ \n])bool / ? "true" : "COT_OK"
	print "{\n\treturn " success ";"
	next
}
wanted && !inside && !/^\/\*/ { head = head $0 "\n" }
inside && /^\}/ {
	inside = wanted = 0
	removed++
}
inside { next }
{ print }
END {
	if (!list && removed != 1)
		exit 1
}
