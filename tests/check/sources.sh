# SPDX-License-Identifier: Apache-2.0
#
# Read in by the static checks: moves to the tree under test ($1, else here) and
# gives the lists they share. No git is needed, and build folders are left out.
cd "${1:-.}" || exit 2
PRODUCT='keys metadata secondary primary repo-tools'
CHECK_TMP=$(mktemp -d) || exit 2
trap 'rm -rf "$CHECK_TMP"' EXIT

# files_in FOLDERS PATTERN...: regular files below, sorted
files_in()
{
	for folder in $1; do
		[ -d "$folder" ] && echo "$folder"
	done >"$CHECK_TMP/folders"
	shift
	[ -s "$CHECK_TMP/folders" ] || return 0
	set -- "$@"
	expr=
	for p in "$@"; do
		expr="$expr -o -name $p"
	done
	set -f
	# shellcheck disable=SC2046,SC2086
	find $(cat "$CHECK_TMP/folders") -type f \( ${expr# -o } \) ! -path '*/build*/*' | LC_ALL=C sort
	set +f
}

product_c() { files_in "$PRODUCT" '*.c' '*.h'; }
all_c() { files_in "$PRODUCT tests" '*.c' '*.h'; }
# The folders whose own .c and .h files are freestanding.
free_c()
{
	for d in keys metadata secondary secondary/link secondary/boot; do
		for f in "$d"/*.c "$d"/*.h; do
			[ -f "$f" ] && echo "$f"
		done
	done
	return 0
}
