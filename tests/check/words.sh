#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Text that means something only on one author's machine has no place in the tree.
. "$(dirname "$0")/sources.sh"
build=${BUILD:-build}
build=./${build#"$PWD"/}
find . \( -name .git -o -name 'build*' -o -path "${build%/check}" \) -prune -o -type f -print |
	grep -vE '^\./(\.ci/run|LICENSE)$' | LC_ALL=C sort | tr '\n' '\0' |
	xargs -0 -r grep -nIHE '(^|[^A-Za-z0-9_}.])/[w]ork/|/[t]mp/[a-z]|\.\./[s]hared|[C]o-authored-by|[i]ssue [0-9]|/[h]ome/[a-z]' \
	>"$CHECK_TMP/bad"
cat "$CHECK_TMP/bad"
[ ! -s "$CHECK_TMP/bad" ]
