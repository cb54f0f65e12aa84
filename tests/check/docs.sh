#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The tables of docs/ keep their promises: every row is there once and says whether it
# applies; every check named is a function marked CHECK in the product, every test named
# exists; a step of F, PV or I that applies names its check; an attack that applies has
# cases, and their error words are those of its row; the generated pages are not stale.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/sources.sh"
[ -d docs ] || exit 0

# checks: id, function. The comment stands directly above its function.
product_c | grep '\.c$' | xargs -r awk '
	FNR == 1 { id = "" }
	/^\/\* CHECK [^ ]+:/ { id = $3; sub(/:$/, "", id); next }
	id != "" && /^[a-z][A-Za-z0-9_ *]*\(/ {
		match($0, /[A-Za-z0-9_]+\(/)
		print id "\t" substr($0, RSTART, RLENGTH - 1) "\t" FILENAME
		id = ""
	}' >"$CHECK_TMP/checks"
product_c | grep '\.c$' | "${CTAGS:-ctags}" -L - --languages=C --kinds-C=f -x >"$CHECK_TMP/functions.x" 2>/dev/null ||
	{ echo 'docs: ctags failed'; exit 1; }
awk '{ print $1 }' "$CHECK_TMP/functions.x" >"$CHECK_TMP/functions"

# tests: name, error (of an attack case), else nothing.
files_in tests '*.c' | "${CTAGS:-ctags}" -L - --languages=C --kinds-C=f -x 2>/dev/null |
	awk '{ print $1 }' >"$CHECK_TMP/tests"
files_in tests/attack '*.c' | xargs -r cat | tr '\n' ' ' |
	grep -oE '(ATTACK[A-Z_]*|[A-Z]+)\([[:space:]]*[A-Z][0-9]+_[A-Za-z0-9_]+,[[:space:]]*[A-Z0-9_]+' |
	sed 's/^[A-Z_]*([[:space:]]*//; s/,[[:space:]]*/	/; s/^/attack_/' >>"$CHECK_TMP/tests"
files_in tests/attack '*.c' | xargs -r grep -ohE '"attack_[A-Za-z0-9_]+"' | tr -d '"' >>"$CHECK_TMP/tests"
sed -n 's/.*{ COT_E_\([A-Z0-9_]*\), "\([a-z0-9_]*\)" }.*/\1	\2/p' tests/unit/keys_error.c >"$CHECK_TMP/words"
sed -n 's/^\([a-z]*\):.*/\1/p' Makefile >"$CHECK_TMP/targets"

awk -F '\t' -v dir="$CHECK_TMP" -v strict="${STRICT:-1}" '
	function bad(text) { print text; failed = 1 }
	# A promise that the code does not keep yet (STRICT=0 lists it and goes on).
	function gap(text) { print text; gaps++ }
	function load(file, into,   line, part) {
		while ((getline line < (dir "/" file)) > 0) {
			split(line, part, "\t")
			into[part[1]] = part[2]
		}
	}
	BEGIN {
		while ((getline line < (dir "/checks")) > 0) {
			split(line, part, "\t")
			if (part[1] in check_at)
				gap(part[3] ": check " part[1] " is marked twice, also in " check_at[part[1]])
			check_at[part[1]] = part[3]
			is_check[part[2]] = 1
		}
		load("functions", is_function)
		load("tests", error_of)
		load("words", word_of)
		load("targets", is_target)
		for (e in word_of)
			is_word[word_of[e]] = 1
	}
	function test_exists(name,   t, stem) {
		if (name ~ /^make:/)
			return substr(name, 6) in is_target
		sub(/^doc:/, "", name)
		if (name ~ /\//)
			return (getline stem < name) > 0
		if (name ~ /\*$/) {
			stem = substr(name, 1, length(name) - 1)
			for (t in error_of)
				if (index(t, stem) == 1)
					return 1
			return 0
		}
		return name in error_of
	}
	function tests_exist(where, list,   n, i, part) {
		n = split(list, part, /, */)
		for (i = 1; i <= n; i++)
			if (!test_exists(part[i]))
				gap(where ": no test " part[i])
	}
	/^#/ || $1 == "id" { next }
	{ where = FILENAME ": " $1 }
	seen[FILENAME, $1]++ { bad(where ": twice") }
	FILENAME ~ /requirements/ {
		rows++
		if (NF != 8)
			bad(where ": " NF " columns instead of 8")
		if ($3 !~ /^(yes|part|no)$/)
			bad(where ": applies is " $3)
		if ($3 != "yes" && $6 == "")
			bad(where ": " $3 " without a reason")
		if ($3 == "no")
			next
		n = split($7, name, /, */)
		if (n == 0 && $1 ~ /^(F|I|PV)/)
			gap(where ": applies and names no check")
		for (i = 1; i <= n; i++)
			if (name[i] ~ /^act:/) {
				if (!(substr(name[i], 5) in is_function))
					gap(where ": no function " substr(name[i], 5))
			} else if (!(name[i] in is_check))
				gap(where ": no function marked CHECK is called " name[i])
		if ($8 == "" && $7 == "")
			gap(where ": applies and names neither check nor test")
		else if ($8 == "" && $1 !~ /^UR/)
			gap(where ": applies and names no test")
		tests_exist(where, $8)
		next
	}
	{
		attacks[$1] = 1
		if (NF != 7)
			bad(where ": " NF " columns instead of 7")
		if ($3 !~ /^(yes|unit|later)$/)
			bad(where ": applies is " $3)
		if ($3 != "yes" && $7 == "")
			bad(where ": " $3 " without a reason")
		n = split($5, word, /, */)
		split("", listed)
		for (i = 1; i <= n; i++) {
			listed[word[i]] = 1
			if (!(word[i] in is_word))
				bad(where ": no error is called " word[i])
		}
		if ($3 != "later" && $6 == "")
			bad(where ": applies and names no test")
		if ($3 != "later")
			tests_exist(where, $6)
		if ($3 != "yes")
			next
		split("", used)
		for (t in error_of)
			if (index(t, "attack_" $1 "_") == 1 && error_of[t] != "")
				used[word_of[error_of[t]]] = t
		for (u in used)
			if (!(u in listed))
				gap(where ": " used[u] " ends with " u ", which the row does not list")
		any = 0
		for (u in used)
			any = 1
		for (i = 1; i <= n && any; i++)
			if (!(word[i] in used))
				gap(where ": no case ends with " word[i])
	}
	END {
		split("P 40 S 24 K 14 W 18 D 17", group, " ")
		for (i = 1; i < 10; i += 2)
			for (k = 1; k <= group[i + 1]; k++)
				if (!(sprintf("%s%02d", group[i], k) in attacks))
					bad("docs/attacks.tsv: no row " sprintf("%s%02d", group[i], k))
		for (t in error_of)
			if (match(t, /^attack_[PSKWD][0-9]+_/)) {
				id = substr(t, 8, RLENGTH - 8)
				if (!(id in attacks))
					bad("no row in docs/attacks.tsv for " t)
			}
		printf "%d requirements, %d gaps\n", rows, gaps
		exit failed || (strict && gaps)
	}' docs/requirements.tsv docs/attacks.tsv || failed=1

mkdir "$CHECK_TMP/docs"
sh "$here/gendocs.sh" "$CHECK_TMP/docs" || failed=1
for f in standard.md attacks.md states.md size.md; do
	cmp -s "docs/$f" "$CHECK_TMP/docs/$f" || { echo "docs/$f is stale: run make docs"; failed=1; }
done
exit "${failed:-0}"
