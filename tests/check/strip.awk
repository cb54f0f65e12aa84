# SPDX-License-Identifier: Apache-2.0
#
# C source to `file:line:code`, comments removed and strings and characters emptied,
# so that a check by pattern sees code only. Blank lines are left out.
FNR == 1 { in_comment = 0 }
{
	line = $0
	out = ""
	while (line != "") {
		if (in_comment) {
			end = index(line, "*/")
			if (!end) {
				line = ""
				break
			}
			line = substr(line, end + 2)
			in_comment = 0
			continue
		}
		c = substr(line, 1, 1)
		two = substr(line, 1, 2)
		if (two == "/*") {
			in_comment = 1
			line = substr(line, 3)
		} else if (two == "//") {
			line = ""
		} else if ((c == "\"" && line !~ /^"[^"]*\.h"[ \t]*$/) || c == "'") {
			out = out c c
			line = substr(line, 2)
			while (line != "" && substr(line, 1, 1) != c)
				line = substr(line, substr(line, 1, 1) == "\\" ? 3 : 2)
			line = substr(line, 2)
		} else {
			out = out c
			line = substr(line, 2)
		}
	}
	if (out !~ /^[ \t]*$/)
		print FILENAME ":" FNR ":" out
}
