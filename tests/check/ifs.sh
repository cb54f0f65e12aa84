#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Conditional compilation in product code: under 5 per 1000 lines of code (include
# guards not counted) and none inside a function body.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/sources.sh"
product_c | xargs -r awk -f "$here/strip.awk" >"$CHECK_TMP/code"
awk '
	{
		split($0, part, ":")
		where = part[1] ":" part[2]
		code = substr($0, length(where) + 2)
		lines++
		if (part[1] != file) {
			file = part[1]
			body = first = 0
			guard = ""
		}
		first++
	}
	# The opening brace of a function stands alone in column 0, and so does its end.
	code ~ /^\{/ { body = 1 }
	code ~ /^\}/ { body = 0 }
	code ~ /^[ \t]*#[ \t]*(if|ifdef|ifndef|elif)([ \t(!]|$)/ {
		if (first == 1 && file ~ /\.h$/ && code ~ /ifndef/)
			next
		n++
		if (body) {
			print where ": conditional compilation inside a function body"
			failed = 1
		}
	}
	END {
		rate = lines ? n * 1000 / lines : 0
		printf "code lines %d, #if %d, %.1f per 1000\n", lines, n, rate
		if (rate >= 5) {
			print "5 or more per 1000 lines"
			failed = 1
		}
		exit failed
	}' "$CHECK_TMP/code"
