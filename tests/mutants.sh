#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Removes one check at a time (tests/mutate.awk) and expects a test to go red. Asked are
# the programs of tests/unit and tests/attack that link the check's object, those first
# that tests/mutants.tsv names, until one fails.
#   ID=F2.3      only that one, and says which program caught it
#   CANARY=1     adds a check that no test covers: it survives, and the campaign fails
# Last line: `checks N, removed N, caught N`; status 1 if one survives.
set -u
: "${BUILD:=build}" "${MAKE:=make}" "${JOBS:=2}"
case $BUILD in
/*) ;;
*) BUILD=$(pwd)/$BUILD ;;
esac
OUT=$BUILD/mutants
export BUILD OUT CC PKG_CONFIG
. tests/asked.sh
. tests/relink.sh

# Programs that could notice a change in SOURCE, most likely first: named in the table,
# the file's own unit tests, attacks, the rest; only those that link it.
candidates() { # ID SOURCE
	stem=$(printf '%s' "${2%.c}" | tr / _)
	{
		awk -F '\t' -v id="$1" '$1 == id { gsub(" ", "\n", $2); print $2 }' \
			tests/mutants.tsv
		ls tests/unit/"$stem"*.c 2>/dev/null
		ls tests/unit/"${stem%_*}"*.c tests/attack/*.c tests/unit/*.c 2>/dev/null
	} | sed 's/\.c$//' | awk '!seen[$0]++' | while read -r program; do
		grep -qxF "$program" "$OUT/links/$(printf '%s' "$2" | tr / _)" 2>/dev/null &&
			echo "$program"
	done
}

run_red() { # PROGRAM FILE DIRECTORY: does it fail?
	mkdir -p "$3/tmp"
	TMPDIR=$3/tmp timeout -k 2 "${MUTANT_TIMEOUT:-60}" "$2" >"$3/log" 2>&1 </dev/null
	status=$?
	rm -rf "$3/tmp" "$2"
	[ $status -ne 0 ]
}

one() { # ID SOURCE: leaves its verdict in $OUT/verdicts
	dir=$OUT/one/$1
	mkdir -p "$dir"
	verdict=survived
	from=$2
	[ "$1" = canary ] && from=$OUT/canary.c
	if awk -v id="$1" -f tests/mutate.awk "$from" >"$dir/mutant.c" &&
		relink_compile "$dir/mutant.c" "$dir/mutant.o" 2>"$dir/cc.log"; then
		for program in $(candidates "$1" "$2"); do
			relink_program "$program" "$dir/mutant.o" "$dir/program" \
				2>"$dir/ld.log" || continue
			if run_red "$program" "$dir/program" "$dir"; then
				verdict="caught by $program: $(sed -n \
					's/^\[  FAILED  \] \([a-zA-Z].*\)/\1/p' "$dir/log" | head -n 1)"
				break
			fi
		done
	else
		verdict="not removed: $(head -n 1 "$dir/cc.log" 2>/dev/null)"
	fi
	printf '%s\t%s\t%s\n' "$1" "$2" "$verdict" >"$OUT/verdicts/$1"
	case $verdict in
	caught*)
		rm -rf "$dir"
		[ -z "${ID:-}" ] || echo "$1 $2: $verdict"
		;;
	esac
}

case ${1:-} in
--one)
	one "$2" "$3"
	exit 0
	;;
--whole) # with no check removed it has to pass, or its red would mean nothing
	dir=$OUT/one/$(basename "$2")
	mkdir -p "$dir"
	cp "$BUILD/$2" "$dir/program"
	! run_red "$2" "$dir/program" "$dir" || echo "$2 fails with every check in place"
	rm -rf "$dir"
	exit 0
	;;
esac

asked_one_of CANARY 1
asked_number JOBS 1
afresh "$OUT"
mkdir "$OUT/links" "$OUT/verdicts" "$OUT/one" || exit 2
find keys metadata secondary primary -name '*.c' | LC_ALL=C sort |
	xargs awk -v list=1 -f tests/mutate.awk >"$OUT/checks"
if [ "${CANARY:-}" = 1 ]; then
	cp metadata/check.c "$OUT/canary.c"
	cat >>"$OUT/canary.c" <<-'C'
		enum cot_err cot_canary_check(int value);
		/* CHECK canary: a check that nothing asks */
		enum cot_err cot_canary_check(int value)
		{
			return value > 0 ? COT_OK : COT_E_LIMIT;
		}
	C
	printf 'canary\tmetadata/check.c\ta check that no test covers\n' >>"$OUT/checks"
	echo "canary: a check that no test covers was added to metadata/check.c"
fi
cut -f 1 "$OUT/checks" | sort | uniq -d | sed 's/^/two checks bear the id /' >"$OUT/twice"
if [ -s "$OUT/twice" ]; then
	cat "$OUT/twice"
	exit 1
fi
[ -z "${ID:-}" ] || {
	awk -F '\t' -v id="$ID" '$1 == id' "$OUT/checks" >"$OUT/some"
	[ -s "$OUT/some" ] || asked_refuse "no check named $ID"
	mv "$OUT/some" "$OUT/checks" || exit 2
}
# shellcheck disable=SC2046
${MAKE} -s --no-print-directory BUILD="$BUILD" \
	$(ls tests/unit/*.c tests/attack/*.c | sed "s|^|$BUILD/|; s|\.c\$||") \
	>"$OUT/make.log" 2>&1 || {
	tail -n 20 "$OUT/make.log" >&2
	exit 1
}

# Which programs hold a function or table that the source defines for others?
for program in tests/unit/*.c tests/attack/*.c; do
	program=${program%.c}
	nm "$BUILD/$program" 2>/dev/null | awk -v p="$program" '$2 ~ /^[A-TV-Z]$/ { print $3 "\t" p }'
done | LC_ALL=C sort >"$OUT/symbols"
cut -f 2 "$OUT/checks" | sort -u | while read -r source; do
	object=$BUILD/obj/${source%.c}.o
	[ -f "$object" ] || continue
	nm "$object" | awk '$2 ~ /^[A-TV-Z]$/ { print $3 }' | LC_ALL=C sort |
		LC_ALL=C join -t '	' - "$OUT/symbols" | cut -f 2 | sort -u \
		>"$OUT/links/$(printf '%s' "$source" | tr / _)"
done

ls tests/unit/*.c tests/attack/*.c | sed 's/\.c$//' |
	xargs -d '\n' -P "$JOBS" -n 1 sh tests/mutants.sh --whole >"$OUT/red"
if [ -s "$OUT/red" ]; then
	cat "$OUT/red"
	exit 1
fi
awk -F '\t' '{ print $1; print $2 }' "$OUT/checks" |
	xargs -d '\n' -P "$JOBS" -n 2 sh tests/mutants.sh --one
cat "$OUT"/verdicts/* 2>/dev/null >"$OUT/all"
awk -F '\t' '
	FNR == NR { checks++; next }
	$3 !~ /^not removed/ { removed++ }
	$3 ~ /^caught/ { caught++ }
	$3 !~ /^caught/ { print "survivor: " $1 " in " $2 ": " $3 }
	END {
		printf "checks %d, removed %d, caught %d\n", checks, removed, caught
		exit !checks || caught < checks
	}' "$OUT/checks" "$OUT/all"
