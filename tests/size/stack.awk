# SPDX-License-Identifier: Apache-2.0
#
# The deepest stack of a firmware, over its whole call graph. Reads, each behind an
# assignment that says what it is:
#	kind=calls     calls.tsv: whom an indirect call may reach
#	kind=sections  lines of sections.awk: which object lies where
#	kind=names     `nm -n` of the program
#	kind=code      `objdump -d --no-show-raw-insn` of the program
#	kind=graph     the compiler's .ci files beside the objects: frames, indirect calls
#	kind=taken     `objdump -r` of the objects: functions whose address is taken
#
# Calls are those of the program's instructions, so that no helper of the compiler is
# forgotten; a frame is what the compiler says or what the instructions take, whichever
# is more (libgcc and libc have instructions alone). An indirect call without a row, a
# function whose address is taken and which no row names, and recursion are errors.
#
# Prints, tabs between: `error TEXT`; `used ROW` for each row of calls.tsv that applied
# and `callee ROW NAME` for each name of it that is there; then per stack
# `path STACK BYTES FUNCTION`, deepest last, and `worst STACK BYTES`.
BEGIN {
	FS = OFS = "\t"
	for (i = 0; i < 16; i++)
		hex[substr("0123456789abcdef", i + 1, 1)] = i
}

function number(text,   n, i) {
	n = 0
	for (i = 1; i <= length(text); i++)
		n = n * 16 + hex[substr(text, i, 1)]
	return n
}

function bad(text) {
	if (!(text in told))
		print "error", text
	told[text] = 1
}

# "build/mcu/m3/obj/keys/key.o" is keys/key.c, and so is its .ci; a library's member
# stays what it is.
function source_of(object) {
	sub(/^.*\/obj\//, "", object)
	sub(/^.*\/sodium\//, "", object)
	sub(/\.(o|ci)$/, ".c", object)
	return object
}

# The last of starts[1..n] not above `at`.
function below(starts, n, at,   low, high, middle) {
	low = 1
	high = n
	while (low < high) {
		middle = int((low + high + 1) / 2)
		if (starts[middle] <= at)
			low = middle
		else
			high = middle - 1
	}
	return starts[low]
}

# A function by a name of calls.tsv, or of a .ci file of that source; "" if not there.
function find(title, source,   colon, plain) {
	colon = match(title, /:[^:]*$/)
	if (!colon)
		return title in global ? global[title] : ""
	plain = substr(title, RSTART + 1)
	if (source == "")
		source = substr(title, 1, RSTART - 1)
	return (source, plain) in local ? local[source, plain] : ""
}

function edge(from, to) {
	if (from == to)
		bad(title_of[from] " calls itself")
	else if (!((from, to) in is_edge)) {
		is_edge[from, to] = 1
		callees[from] = callees[from] " " to
	}
}

FNR == 1 { file_source = source_of(FILENAME) }

# ---- calls.tsv: caller, callees, why ------------------------------------------------

kind == "calls" {
	if ($0 ~ /^(#|$)/)
		next
	if (NF != 3)
		bad("calls.tsv: " $1 " has " NF " columns instead of 3")
	row[$1] = $2
	next
}

# ---- the program ---------------------------------------------------------------------

kind == "sections" {
	kept[source_of($5), $2] = 1
	if ($2 ~ /^\.text/) {
		section_at[++sections] = $3 + 0
		object_at[$3 + 0] = $5
		code_end[$3 + 0] = $3 + $4
	}
	next
}

function is_code(at,   section) {
	section = below(section_at, sections, at)
	return at >= section && at < code_end[section]
}

kind == "names" {
	split($0, part, " ")
	at = number(part[1])
	if (part[2] !~ /^[tTW]$/ || !is_code(at))
		next
	source = source_of(object_at[below(section_at, sections, at)])
	if (part[2] == "t") {
		local[source, part[3]] = at
		title = source ":" part[3]
	} else {
		global[part[3]] = at
		title = part[3]
	}
	if (!(at in title_of))
		start[++functions] = at
	title_of[at] = title
	next
}

kind == "code" && /^[0-9a-f]+ <.*>:$/ {
	split($0, part, " ")
	current = number(part[1])
	if (!(current in title_of))
		current = -1
	next
}
kind == "code" && current >= 0 && NF >= 2 {
	read_instruction($2, $3)
	next
}

function read_instruction(name, operands,   part, target, n) {
	if (name ~ /^push/ || (name ~ /^stm(db|fd)(\.w)?$/ && operands ~ /^sp!/))
		own_frame[current] += 4 * registers(operands)
	else if (name ~ /^(sub|subw|sub\.w)$/ && operands ~ /^sp, (sp, )?#/) {
		match(operands, /#[0-9]+/)
		own_frame[current] += substr(operands, RSTART + 1, RLENGTH - 1)
		lowered[current] += substr(operands, RSTART + 1, RLENGTH - 1)
	} else if (name ~ /^(str|strd)(\.w)?$/ && operands ~ /\[sp, #-[0-9]+\]!/) {
		match(operands, /#-[0-9]+/)
		own_frame[current] += substr(operands, RSTART + 2, RLENGTH - 2)
	} else if (name ~ /^(add|sub|mov)/ && operands ~ /^sp, (sp, )?(r|ip|fp|sl)/)
		unclear[current] = 1
	if (name ~ /^pop/)
		popped[current] = operands
	# To a register that was popped: a return, as Cortex-M0+ has it.
	if (name == "blx" || name == "mov" && operands ~ /^pc,/ || name == "bx" &&
	    operands != "lr" && popped[current] !~ "[{ ]" operands "[,}]")
		jumps[current] = 1
	else if (name ~ /^b([a-z]*)(\.[nw])?$/ && operands ~ /^[0-9a-f]+ </) {
		split(operands, part, " ")
		target = number(part[1])
		n = below(start, functions, target)
		# A far jump within a function is spelled bl too.
		if (n != current || name == "bl" && target == n)
			edge(current, n)
	}
}

# How many registers a list such as {r4, r5, r6-r8, lr} names.
function registers(list,   n, i, part, pair) {
	sub(/^[^{]*\{/, "", list)
	sub(/\}.*/, "", list)
	n = split(list, part, /, */)
	for (i = split(list, part, /, */); i > 0; i--)
		if (part[i] ~ /-/) {
			gsub(/r/, "", part[i])
			split(part[i], pair, "-")
			n += pair[2] - pair[1]
		}
	return n
}

# ---- what the compiler says ------------------------------------------------------------

kind == "graph" && /^node:/ {
	split($0, part, "\"")
	at = find(part[2], file_source)
	if (at == "" || !match(part[4], /[0-9]+ bytes \([a-z,]*\)/))
		next
	if (part[4] ~ /\(dynamic\)/)
		bad(part[2] " has a frame without bound")
	frame[at] = substr(part[4], RSTART, RLENGTH) + 0
	next
}
kind == "graph" && /^edge:/ && /"__indirect_call"/ {
	split($0, part, "\"")
	at = find(part[2], file_source)
	if (at != "")
		indirect[at] = part[6]
	next
}

# ---- addresses taken -------------------------------------------------------------------

# `objdump -r` names the file, then the section, then what it refers to.
kind == "taken" && /: +file format/ {
	sub(/: +file format.*/, "")
	taken_source = source_of($0)
	next
}
kind == "taken" && /^RELOCATION RECORDS FOR/ {
	taken_section = $0
	sub(/^[^[]*\[/, "", taken_section)
	sub(/\].*/, "", taken_section)
	next
}
kind == "taken" && / R_ARM_(ABS32|THM_MOVW_ABS_NC) / && taken_section !~ /^\.(debug|ARM|comment)/ {
	name = $0
	sub(/^.* /, "", name)
	sub(/\+0x[0-9a-f]*$/, "", name)
	# A function's own section names it: its table of jumps.
	if (name == taken_section || taken_section == ".text." name)
		next
	sub(/^\.text\.(startup\.|unlikely\.)?/, "", name)
	taken[taken_source, taken_section, name] = 1
}

# ---- the deepest way ---------------------------------------------------------------------

# Who may be called by the row of that name, `at` being the function with the call.
function follow_row(name, at,   n, i, part, to, any) {
	used[name] = 1
	n = split(row[name], part, " ")
	for (i = 1; i <= n; i++) {
		if (part[i] == "-")
			any = 1
		if (part[i] ~ /^@/) {
			if (!(part[i] in row))
				bad("calls.tsv: " name " names " part[i] ", which is not there")
			else if (follow_row(part[i], at))
				any = 1
			continue
		}
		to = find(part[i], "")
		if (to == "")
			continue
		any = 1
		named[to] = 1
		print "callee", name, part[i]
		if (at != "")
			edge(at, to)
		else
			roots[name] = roots[name] " " to
	}
	if (!any && name !~ /^@/)
		bad("calls.tsv: none of the callees of " name " is there")
	return any
}

# The compiler leaves out what a function puts down of arguments that came in registers
# (half a struct); where a frame is too large for one instruction its own are that alone.
function frame_of(at) {
	if (at in unclear) {
		if (!(at in frame))
			bad(title_of[at] " has a frame that cannot be told")
		return frame[at] + lowered[at]
	}
	return frame[at] > own_frame[at] + 0 ? frame[at] : own_frame[at] + 0
}

# Depth of the stack from here on, this frame included.
function deep(at,   n, i, part, below_it, most) {
	if (at in depth)
		return depth[at]
	if (at in open) {
		bad("recursion through " title_of[at])
		return 0
	}
	open[at] = 1
	n = split(callees[at], part, " ")
	most = 0
	for (i = 1; i <= n; i++) {
		below_it = deep(part[i] + 0)
		if (below_it > most) {
			most = below_it
			deepest[at] = part[i] + 0
		}
	}
	delete open[at]
	depth[at] = most + frame_of(at)
	return depth[at]
}

function print_path(stack, at) {
	for (; at != ""; at = at in deepest ? deepest[at] : "")
		print "path", stack, frame_of(at), title_of[at]
}

END {
	for (at in jumps)
		if (!(at in indirect))
			indirect[at] = "assembly"
	for (at in indirect) {
		if (title_of[at] in row)
			follow_row(title_of[at], at)
		else
			bad("an indirect call in " title_of[at] " (" indirect[at] \
				") and no row in calls.tsv")
	}
	for (name in row)
		if (name ~ /^\(/)
			follow_row(name, "")
	for (key in taken) {
		split(key, part, SUBSEP)
		at = (part[1], part[3]) in local ? local[part[1], part[3]] : \
			part[3] in global ? global[part[3]] : ""
		if (at != "" && (part[1], part[2]) in kept && !(at in named))
			bad("the address of " title_of[at] " is taken in " part[1] \
				" and no row of calls.tsv names it")
	}
	for (name in used)
		print "used", name
	for (name in roots) {
		n = split(roots[name], part, " ")
		most = -1
		for (i = 1; i <= n; i++)
			if (deep(part[i] + 0) > most) {
				most = deep(part[i] + 0)
				top = part[i] + 0
			}
		stack = substr(name, 2, length(name) - 2)
		if (stack == "nobody")
			continue
		print_path(stack, top)
		print "worst", stack, most
	}
}
