#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Calls with no place in product code: unbounded copies, parsers without errors, the
# C library's idea of time zones and randomness, shells. assert() is left to
# static_assert, since input must be answered by an error in every build.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/sources.sh"
product_c | xargs -r awk -f "$here/strip.awk" | awk '
	BEGIN {
		n = split("strcpy strcat strncpy strncat sprintf vsprintf gets strtok strtok_r " \
			"atoi atol atoll atof sscanf fscanf scanf alloca mktime localtime " \
			"setlocale system popen rand srand random assert tmpnam mktemp", word, " ")
	}
	{
		split($0, part, ":")
		where = part[1] ":" part[2]
		code = " " substr($0, length(where) + 2)
		for (i = 1; i <= n; i++)
			if (index(code, word[i]) && code ~ "[^A-Za-z0-9_.>]" word[i] "[ \t]*\\(") {
				print where ": " word[i] "() is banned"
				failed = 1
			}
	}
	END { exit failed }'
