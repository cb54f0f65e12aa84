#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The attack catalogue: runs every program of tests/attack and prints one row per case,
# `id word refused: promise`. Every id that docs/attacks.tsv marks as applying needs a
# row, and its rows no other words than are listed there. Last line: `N refused, 0
# accepted, 0 skipped`; status 1 for anything else.
# ID=P30 runs and judges that id alone.
# CANARY=1 links the programs with one check removed from the product: the ids that
# catch it are printed, and the campaign fails.
set -u
: "${BUILD:=build}"
case $BUILD in
/*) ;;
*) BUILD=$(pwd)/$BUILD ;;
esac
OUT=$BUILD/attacks
ROWS=$OUT/rows
. tests/asked.sh
asked_one_of CANARY 1
afresh "$OUT"
: >"$ROWS" || exit 2

# The agreement of the two repositories on length and hashes, removed.
FAULT_FILE=metadata/agree.c
FAULT_ID=F10.2

run_program() { # NAME PROGRAM
	TMPDIR=$OUT/tmp.$1
	mkdir -p "$TMPDIR"
	if ! TMPDIR=$TMPDIR ATTACK_ROWS=$ROWS timeout -k 5 300 "$2" \
		>"$OUT/$1.log" 2>&1 </dev/null; then
		echo "$1" >>"$OUT/red"
		[ "${CANARY:-}" = 1 ] || tail -n 20 "$OUT/$1.log" >&2
	fi
	rm -rf "$TMPDIR"
}

canary() { # NAME -> program with the fault
	relink_program "tests/attack/$1" "$OUT/fault.o" "$OUT/$1" || exit 1
	echo "$OUT/$1"
}

if [ "${CANARY:-}" = 1 ]; then
	. tests/relink.sh
	awk -v id=$FAULT_ID -f tests/mutate.awk $FAULT_FILE >"$OUT/fault.c" || exit 1
	relink_compile "$OUT/fault.c" "$OUT/fault.o" || exit 1
	echo "canary: check $FAULT_ID of $FAULT_FILE removed"
fi
for source in tests/attack/*.c; do
	name=$(basename "$source" .c)
	[ -z "${ID:-}" ] || grep -qF -e "$ID" "$source" || continue
	program=$BUILD/tests/attack/$name
	[ "${CANARY:-}" = 1 ] && program=$(canary "$name")
	run_program "$name" "$program"
done

if [ -n "${ID:-}" ]; then
	awk -v id="$ID" '$1 == id' "$ROWS" >"$ROWS.one"
	mv "$ROWS.one" "$ROWS" || exit 2
fi
sort -s -k1,1 "$ROWS"
if [ "${CANARY:-}" = 1 ]; then
	echo "caught by: $(awk '$3 == "accepted:" { print $1 }' "$ROWS" | sort -u | tr '\n' ' ')"
fi
[ -f docs/attacks.tsv ] && catalogue=docs/attacks.tsv || catalogue=/dev/null
# One that applies and has no row is told below as missing.
if [ -n "${ID:-}" ] && [ ! -s "$ROWS" ] && [ ! -e "$OUT/red" ] &&
	! awk -F '\t' -v id="$ID" '$1 == id && $3 == "yes" { n = 1 } END { exit !n }' $catalogue; then
	asked_refuse "no case named $ID"
fi
awk -F '\t' -v rows="$ROWS" -v red="$OUT/red" -v id="${ID:-}" '
	BEGIN {
		while ((getline line < rows) > 0) {
			split(line, word, " ")
			count[word[3]]++
			seen[word[1]] = 1
			used[word[1] " " word[2]] = word[3] == "refused:"
		}
		while ((getline line < red) > 0) {
			print "failed: tests/attack/" line
			bad = 1
		}
	}
	id != "" && $1 != id { next }
	$3 == "yes" && $1 ~ /^[A-Z][0-9]+$/ && !($1 in seen) {
		print "missing: " $1 " applies and has no row"
		bad = 1
	}
	$3 == "yes" {
		split($5, list, ", *")
		for (i in list)
			known[$1 " " list[i]] = 1
		for (u in used) {
			split(u, word, " ")
			if (used[u] && word[1] == $1 && !(u in known)) {
				print "not in the catalogue: " $1 " refused with " word[2]
				bad = 1
			}
		}
	}
	END {
		printf "%d refused, %d accepted, %d skipped\n", count["refused:"], \
			count["accepted:"], count["skipped:"]
		exit bad || count["accepted:"] || count["skipped:"] || !count["refused:"]
	}' $catalogue
