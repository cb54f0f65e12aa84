# SPDX-License-Identifier: Apache-2.0
#
# Reads a linker map of GNU ld and prints what was kept, a line for each input section:
# output section, input section, address, bytes, object; separated by tabs, numbers
# decimal. What the linker put in between to align counts for the section before it,
# and a section of strings that it merged ends where the next one begins.
BEGIN { OFS = "\t" }

function number(text,   n, i) {
	text = tolower(substr(text, 3))
	n = 0
	for (i = 1; i <= length(text); i++)
		n = n * 16 + index("0123456789abcdef", substr(text, i, 1)) - 1
	return n
}

# The next piece of memory begins at `next_at`.
function flush(next_at) {
	if (object != "" && next_at < at + bytes)
		bytes = next_at - at
	if (object != "" && bytes > 0)
		print out, section, at, bytes, object
	object = ""
}

function keep(its_name, its_at, its_bytes, its_object) {
	if (its_bytes == 0)
		return
	flush(its_at)
	section = its_name
	at = its_at
	bytes = its_bytes
	object = its_object
}

/^Linker script and memory map/ { map = 1 }
!map { next }
/^(\.[A-Za-z_]|\/DISCARD\/)/ {
	flush(at + bytes)
	out = $1 ~ /^\./ ? $1 : ""
	at = bytes = 0
	next
}
out == "" || out ~ /^\.debug/ { next }
/^ \*fill\*/ {
	if (object != "" && number($2) < at + bytes)
		bytes = number($2) - at
	bytes += number($3)
	next
}
# A long name stands on a line of its own.
/^ [^ *(]+$/ {
	name = $1
	next
}
/^ [^ *(]+ +0x[0-9a-f]+ +0x[0-9a-f]+ [^ ]/ {
	keep($1, number($2), number($3), $4)
	name = ""
	next
}
/^ +0x[0-9a-f]+ +0x[0-9a-f]+ [^ ]/ && name != "" {
	keep(name, number($1), number($2), $3)
	name = ""
}
END { flush(at + bytes) }
