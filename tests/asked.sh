# SPDX-License-Identifier: Apache-2.0
#
# Shell functions for campaigns: one that cannot do what it was asked for, or would judge
# what an earlier run left, says so in one line and ends with status 2. Sourced, not run.
#
#   asked_refuse LINE...       that line, behind the campaign's name, and the end
#   asked_one_of NAME WORD...  $NAME is unset, empty or one of these words
#   asked_number NAME LEAST    $NAME is unset, empty or a whole number from LEAST on
#   afresh FOLDER              the folder is there and empty

asked_refuse()
{
	echo "$(basename "$0" .sh): $*" >&2
	exit 2
}

asked_one_of()
{
	name=$1
	eval "value=\${$1:-}"
	shift
	[ "$value" ] || return 0
	for word in "$@"; do
		[ "$value" != "$word" ] || return 0
	done
	asked_refuse "$name=$value is not known; known: $*"
}

# Nine digits: what every shell can reckon with.
asked_number()
{
	eval "value=\${$1:-}"
	case $value in
	'') return 0 ;;
	*[!0-9]* | ??????????*) ;;
	*) [ "$value" -lt "$2" ] || return 0 ;;
	esac
	asked_refuse "$1=$value: a whole number from $2 to 999999999"
}

afresh()
{
	why=$(rm -rf "$1" 2>&1 && mkdir -p "$1" 2>&1) ||
		asked_refuse "cannot empty $1: $(echo "$why" | head -n 1)"
}
