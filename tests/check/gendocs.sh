#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Writes standard.md and attacks.md from docs/requirements.tsv and docs/attacks.tsv,
# states.md from secondary/slot_state.h and .c, and the figures of size.md from
# tests/size.tsv, to the folder named by the argument (docs). Nobody edits what is
# written here; of size.md that is what stands between its two marks.
set -eu
to=${1:-docs}

cells='
function cell(text) { gsub(/\|/, "\\|", text); return text }
# A list with commas becomes one of code spans; `act:` and `make:` say what kind it is.
function code(list,   n, i, part, out) {
	n = split(list, part, /, */)
	for (i = 1; i <= n; i++) {
		if (part[i] ~ /^make:/)
			part[i] = "make " substr(part[i], 6)
		else if (part[i] ~ /^(act|doc):/)
			part[i] = substr(part[i], 5)
		out = out (i > 1 ? ", " : "") "`" part[i] "`"
	}
	return out
}
function applies(word, why) { return word (why == "" ? "" : ": " why) }
/^#/ || $1 == "id" { next }
'

{
	cat <<'MD'
# The standard, row by row

Generated from docs/requirements.tsv by `make docs`. Rows are rules of the Uptane Standard 2.1.0, of its Deployment Best
Practices, of TUF where the standard leans on it, and of two PUREs, in our own words; then the verification procedures step
by step: F is full verification, I the image, PV partial verification. `SHALL*` marks steps that the standard introduces with
a SHOULD and demands elsewhere. *Applies* says what holds today: `yes`, `part` and what is missing, `no` and why.

A check is a function of its own that can refuse (marked `CHECK` in the source, and removed one by one by `make mutants`);
where a step cannot refuse, the function that does it is named. A test is a test function, an attack case or a command.
MD
	awk -F '\t' "$cells"'
		{
			group = $1
			sub(/[-0-9.].*/, "", group)
			count[group, $3]++
			total[group]++
		}
		END {
			print ""
			print "| rows | all | yes | part | no |"
			print "| --- | ---: | ---: | ---: | ---: |"
			n = split("UR F I PV", g, " ")
			for (i = 1; i <= n; i++)
				printf "| %s | %d | %d | %d | %d |\n", g[i], total[g[i]],
					count[g[i], "yes"], count[g[i], "part"], count[g[i], "no"]
		}' docs/requirements.tsv
	awk -F '\t' "$cells"'
		function title(id,   n) {
			if (id ~ /^F/) return "Full verification"
			if (id ~ /^I/) return "The image"
			if (id ~ /^PV/) return "Partial verification"
			n = substr(id, 4) + 0
			if (n < 30) return "System and roles"
			if (n < 80) return "Metadata"
			if (n < 100) return "Repositories: mapping and names"
			if (n < 140) return "Repositories: interfaces and inventory"
			if (n < 160) return "Every ECU"
			if (n < 190) return "The primary"
			if (n < 220) return "Installing"
			if (n < 260) return "Verifying"
			if (n < 320) return "Deployment Best Practices"
			if (n < 360) return "From TUF"
			if (n < 380) return "Offline updates (PURE-2)"
			return "Scudo (PURE-3)"
		}
		title($1) != last {
			last = title($1)
			print "\n## " last "\n"
			print "| id | who | strength | rule | applies | checks | tests |"
			print "| --- | --- | --- | --- | --- | --- | --- |"
		}
		{
			printf "| %s | %s | %s | %s | %s | %s | %s |\n", $1, cell($2), cell($4), cell($5),
				cell(applies($3, $6)), code($7), code($8)
		}' docs/requirements.tsv
} >"$to/standard.md"

{
	cat <<'MD'
# The attack catalogue

Generated from docs/attacks.tsv by `make docs`. P is metadata at the primary, S the secondary, K keys and tools, W the wire,
D transport and Director. *When*: `yes` has rows in `make attacks`, one per case, each with the word of its refusal; `unit` is
held by the unit tests named, because it is not an attack on a whole client or not one that ends in a refusal; `later` says
what it waits for. `make attacks` fails when an id marked `yes` has no row.
MD
	awk -F '\t' "$cells"'
		{ count[substr($1, 1, 1), $3]++; all[$3]++ }
		END {
			print ""
			print "| group | yes | unit | later |"
			print "| --- | ---: | ---: | ---: |"
			n = split("P S K W D", g, " ")
			for (i = 1; i <= n; i++)
				printf "| %s | %d | %d | %d |\n", g[i], count[g[i], "yes"],
					count[g[i], "unit"], count[g[i], "later"]
			printf "| all | %d | %d | %d |\n", all["yes"], all["unit"], all["later"]
		}' docs/attacks.tsv
	awk -F '\t' "$cells"'
		BEGIN {
			title["P"] = "Metadata at the primary"
			title["S"] = "The secondary"
			title["K"] = "Keys and tools"
			title["W"] = "The wire"
			title["D"] = "Transport and Director"
		}
		substr($1, 1, 1) != last {
			last = substr($1, 1, 1)
			print "\n## " title[last] "\n"
			print "| id | attack | expected | words | when | tests |"
			print "| --- | --- | --- | --- | --- | --- |"
		}
		{
			printf "| %s | %s | %s | %s | %s | %s |\n", $1, cell($2), cell($4), code($5),
				cell(applies($3, $7)), code($6)
		}' docs/attacks.tsv
} >"$to/attacks.md"

{
	cat <<'MD'
# States of a slot

Generated from secondary/slot_state.h and secondary/slot_state.c by `make docs`. Every move there is; any other pair of
state and event is refused (`sequence`) and changes nothing. Each is one record of docs/records.md: the slot's new state and what
stands in the last column become true together, or not at all. A slot that becomes empty forgets all about its image.
The factory writes its first image `confirmed`.

MD
	awk '
		function state(word) {
			sub(/^COT_SEC_SLOT_/, "", word)
			return word == "TRIAL" ? "on trial" : tolower(word)
		}
		# The events: a comment, then the name it is about.
		FILENAME ~ /\.h$/ && /^\t\/\*/ { text = "" }
		FILENAME ~ /\.h$/ && /^\t( \*|\/\*)/ {
			line = $0
			gsub(/^\t(\/\*| \*) ?| *\*\/$/, "", line)
			text = text (text == "" ? "" : " ") line
			next
		}
		FILENAME ~ /\.h$/ && /^\tCOT_SEC_SLOT_ON_[A-Z_]+,/ {
			name = $1
			sub(/,$/, "", name)
			n = index(text, " | ")
			event[name] = substr(text, 1, n - 1)
			also[name] = substr(text, n + 3)
			events += n > 0
			next
		}
		# The rows: those of one event and one target become one line.
		FILENAME ~ /\.c$/ && /^\t\{ COT_SEC_SLOT_/ {
			gsub(/[{},]/, " ")
			key = $2 SUBSEP $3
			if (!(key in from)) {
				order[++lines] = key
				from[key] = state($1)
			} else
				from[key] = from[key] ", " state($1)
			rows++
			used[$2] = 1
		}
		END {
			print "| from | event | to | in the same record |"
			print "| --- | --- | --- | --- |"
			for (i = 1; i <= lines; i++) {
				split(order[i], k, SUBSEP)
				printf "| %s | %s | %s | %s |\n", from[order[i]], event[k[1]],
					state(k[2]), also[k[1]]
			}
			for (name in event)
				missing += !(name in used)
			printf "\n%d moves of %d events.\n", rows, events
			exit !rows || missing
		}' secondary/slot_state.h secondary/slot_state.c
} >"$to/states.md"

# What stands outside the marks is kept as it is.
awk '
	function begin_table(first,   i, rule) {
		printf "| %s |", first
		rule = "| --- |"
		for (i = 1; i <= columns; i++) {
			printf " %s |", column[i]
			rule = rule " ---: |"
		}
		print "\n" rule
	}
	function table(first, what, count,   i, j) {
		begin_table(first)
		for (j = 1; j <= count; j++) {
			printf "| %s |", what[j]
			for (i = 1; i <= columns; i++)
				printf " %s |", value[column[i], what[j]]
			print ""
		}
	}
	function figures(   i) {
		print ""
		columns = loaders
		for (i = 1; i <= loaders; i++)
			column[i] = loader[i]
		table("bytes, of a loader", row, rows)
		print ""
		columns = cores
		for (i = 1; i <= cores; i++)
			column[i] = core[i]
		table("bytes, per core", other, others)
		print ""
	}
	FILENAME ~ /tsv$/ {
		if (/^#/)
			next
		split($0, cell, "\t")
		n = match(cell[1], /^m[a-z0-9]+ (ed25519|hmac) /) ? RLENGTH : index(cell[1], " ")
		head = substr(cell[1], 1, n - 1)
		what = substr(cell[1], n + 1)
		value[head, what] = cell[2]
		if (head ~ / /) {
			if (!seen[head]++)
				loader[++loaders] = head
			if (!seen["row", what]++)
				row[++rows] = what
		} else {
			if (!seen[head]++)
				core[++cores] = head
			if (!seen["other", what]++)
				other[++others] = what
		}
		next
	}
	/^<!-- end of figures/ { within = 0; marks++ }
	!within
	/^<!-- figures/ { within = 1; marks++; figures() }
	END {
		if (marks != 2 || within)
			print "gendocs: docs/size.md lacks its two marks" >"/dev/stderr"
		exit marks != 2 || within
	}' tests/size.tsv docs/size.md >"$to/size.md.new"
mv "$to/size.md.new" "$to/size.md"
