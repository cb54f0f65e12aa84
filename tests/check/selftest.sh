#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Each static check must pass a small clean tree and fail the same tree with one
# violation in it, naming the file. Prints `ok NAME` or `not ok NAME` per seed.
set -u
here=$(cd "$(dirname "$0")" && pwd)
unset STRICT
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
status=0
spdx='/* SPDX-License-Identifier: Apache-2.0 */'

clean_tree()
{
	rm -rf "$tmp/t"
	mkdir -p "$tmp/t/keys/host" "$tmp/t/metadata/host" "$tmp/t/secondary" "$tmp/t/primary" "$tmp/t/tests"
	cd "$tmp/t" || exit 2
	{
		echo "$spdx"
		printf '#ifndef A_H\n#define A_H\n#include <stdint.h>\nint a_get(uint8_t x);\n#endif\n'
	} >keys/a.h
	{
		echo "$spdx"
		printf '#include "keys/a.h"\n\n#include <string.h>\n/* strcpy(a, b) in words */\n'
		printf 'static_assert(1, "x");\nint a_get(uint8_t x)\n{\n\treturn x == (uint8_t)%s;\n}\n' "'\"'"
		seq -f 'extern const int a_filler_%.0f;' 400
	} >keys/a.c
	{
		echo "$spdx"
		printf '#include "metadata/m.h"\n#include "keys/a.h"\n'
	} >metadata/m.c
	{
		echo "$spdx"
		printf '#ifndef M_H\n#define M_H\nint m_get(void);\n#endif\n'
	} >metadata/m.h
	{
		echo "$spdx"
		printf '#include "metadata/m.h"\n#include <stdlib.h>\n'
	} >primary/p.c
}

result()
{
	if [ "$1" = 0 ]; then
		echo "ok $2"
	else
		echo "not ok $2"
		sed 's/^/    /' "$tmp/out"
		status=1
	fi
}

# seed CHECK NAME FILE TEXT: appended to FILE, TEXT must make CHECK fail and name FILE
seed()
{
	clean_tree
	sh "$here/$1.sh" . >"$tmp/out" 2>&1
	clean=$?
	[ "$clean" = 0 ] || { result 1 "$1 passes a clean tree"; return; }
	mkdir -p "$(dirname "$3")"
	# shellcheck disable=SC2059
	printf "$4" >>"$3"
	sh "$here/$1.sh" . >"$tmp/out" 2>&1
	broken=$?
	[ "$broken" = 1 ] && grep -qF "$3" "$tmp/out"
	result $? "$1 catches $2"
}

seed arrows 'keys including metadata' keys/b.c '#include "metadata/m.h"\n'
seed arrows 'metadata including its host part' metadata/m.c '#include "metadata/host/c.h"\n'
seed arrows 'secondary including primary' secondary/s.c '#include "primary/p.h"\n'
seed arrows 'product including tests' primary/p.c '#include "tests/t.h"\n'
seed arrows 'a path not from the root' keys/b.c '#include "a.h"\n'
seed functions 'a function of 130 lines' keys/b.c "int b_long(void)\n{\n$(seq -s '' -f '\t; /* %.0f */\n' 128)}\n"
seed functions 'a file of 900 lines' keys/b.c "$(seq -s '' -f 'extern int b%.0f;\n' 900)"
seed ifs 'a condition in a body' keys/a.c 'int b_f(void)\n{\n#ifdef X\n\treturn 1;\n#endif\n\treturn 0;\n}\n'
seed banned 'strcpy' primary/p.c 'void p_f(char *a) { strcpy(a, "b"); }\n'
seed banned 'assert as a guard' primary/p.c 'void p_f(int a) { assert(a); }\n'
seed spdx 'a file without the line' keys/b.c 'int b_f(void);\n'
seed headers 'a header that needs another' keys/b.h "$spdx\nuint8_t b_f(void);\n"
seed free-includes 'stdio in keys' keys/b.c '#include <stdio.h>\n'
seed free-includes 'malloc in keys' keys/b.c 'void *b_f(void) { return malloc(1); }\n'
seed free-includes 'a double in metadata' metadata/m.c 'double m_f(void);\n'
seed words 'a path of one machine' primary/p.c '/* see /wo''rk/shared/notes */\n'

clean_tree
i=0
while [ $((i += 1)) -le 4 ]; do
	printf '#if A_%s\n#endif\n' "$i" >>keys/a.c
done
sh "$here/ifs.sh" . >"$tmp/out" 2>&1
[ $? = 1 ] && grep -q 'or more per 1000' "$tmp/out"
result $? 'ifs catches more than 5 per 1000'

# The tables of docs/, on a copy of the tree, whose gaps do not matter here.
docs_seed()
{
	rm -rf "$tmp/d"
	mkdir "$tmp/d"
	for d in docs keys metadata secondary primary repo-tools tests Makefile; do
		[ -e "$here/../../$d" ] && cp -r "$here/../../$d" "$tmp/d/"
	done
	rm -f "$tmp/d/docs/standard.md"
	( cd "$tmp/d" && sh "$here/gendocs.sh" && sed -i "$2" "docs/$3" && { [ "$3" = standard.md ] || sh "$here/gendocs.sh"; } )
	STRICT=1 sh "$here/docs.sh" "$tmp/d" >"$tmp/out" 2>&1
	[ $? = 1 ] && grep -q "$4" "$tmp/out"
	result $? "docs catches $1"
}
docs_seed 'an edited page' '$s/$/x/' standard.md 'standard.md is stale'
docs_seed 'a lost attack' '/^P12\t/d' attacks.tsv 'no row P12'
docs_seed 'a test that does not exist' 's/attack_P13_\*/attack_P13_none/' attacks.tsv 'no test attack_P13_none'
docs_seed 'an error word that does not exist' 's/\tsame_version,/\tsame_vision,/' attacks.tsv 'no error is called same_vision'
docs_seed 'a check that does not exist' 's/^\(F2.5\t.*\)cot_check_root_version/\1cot_check_none/' requirements.tsv 'F2.5: no function marked CHECK'
docs_seed 'a step without a check' 's/\tcot_check_root_version\tattack_P09_version_skipped$/\t\tattack_P09_version_skipped/' requirements.tsv 'F2.5: applies and names no check'
docs_seed 'a row without a reason' 's/^\(UR-007\t.*\)\ta promise[^\t]*/\1\t/' requirements.tsv 'UR-007: no without a reason'

echo 'int socket(int, int, int); int main(void) { return socket(1, 1, 0); }' >"$tmp/net.c"
echo 'int puts(const char *); int main(void) { return puts(""); }' >"$tmp/off.c"
${CC:-gcc} -w -o "$tmp/net" "$tmp/net.c" && ${CC:-gcc} -w -o "$tmp/off" "$tmp/off.c"
sh "$here/offline.sh" "$tmp/off" >"$tmp/out" 2>&1 && ! sh "$here/offline.sh" "$tmp/net" >"$tmp/out" 2>&1
result $? 'offline catches a socket call'

# What campaigns refuse, in one line with status 2, before anything is built or run.
cd "$here/../.." || exit 2
unset CANARY ID CASE SECONDS SEED JOBS KINDS TORN MESSAGES LOADER
b=$tmp/b
mkdir -p "$b/tests/metal" "$tmp/bin" "$tmp/worse"
: >"$b/tests/metal/steady.so" # newer than its source: metal.sh has it already

# refuses LINE [VAR=VALUE...] sh SCRIPT [ARGUMENT...]
refuses()
{
	line=$1
	shift
	env BUILD="$b" "$@" >"$tmp/out" 2>&1
	[ $? = 2 ] && [ "$(cat "$tmp/out")" = "$line" ]
	result $? "refused: $(echo "$line" | sed "s|$tmp/||")"
}

# program NAME LINES: a test program that leaves these lines, by printf
program()
{
	printf '#!/bin/sh\n%s\ncat <<LINES\n%b\nLINES\n' "${3:-}" "$2" >"$tmp/bin/$1"
	chmod +x "$tmp/bin/$1"
}

for c in attacks mutants powercut killpoints metal-powercut size skip vectors fuzz bench \
	metal/instructions check/sanitize check/freestanding; do
	for bad in 0 hash; do
		refuses "${c##*/}: CANARY=$bad is not known; known: 1" CANARY="$bad" sh tests/$c.sh
	done
done
refuses 'metal: CANARY=hush is not known; known: 1 hash' CANARY=hush sh tests/metal.sh true
most='a whole number from'
refuses "fuzz: SECONDS=0: $most 1 to 999999999" SECONDS=0 sh tests/fuzz.sh
refuses "skip: SECONDS=-5: $most 0 to 999999999" SECONDS=-5 sh tests/skip.sh
refuses "vectors: MESSAGES=x: $most 1 to 999999999" MESSAGES=x sh tests/vectors.sh
refuses "mutants: JOBS=1234567890: $most 1 to 999999999" JOBS=1234567890 sh tests/mutants.sh
refuses "powercut: TORN=8x: $most 0 to 999999999" TORN=8x sh tests/powercut.sh
refuses "killpoints: N=x: $most 1 to 999999999" ID=openat:x sh tests/killpoints.sh
refuses 'skip: KINDS=foo is not known; known: damaged trial older reverted state worn' \
	KINDS='older foo' sh tests/skip.sh
refuses 'fuzz: no target named nonsense' ID=nonsense sh tests/fuzz.sh
refuses 'attacks: no case named nonsense' ID=nonsense sh tests/attacks.sh
refuses 'mutants: no check named nonsense' ID=nonsense sh tests/mutants.sh
program none '[==========] Running 0 test(s).'
program one '[==========] Running 1 test(s).\n[ RUN      ] a\n[       OK ] a'
refuses 'metal: no case named nonsense' ID=nonsense sh tests/metal.sh "$tmp/bin/none"
refuses 'metal: no case named worse' CASE=worse ID=a sh tests/metal.sh "$tmp/bin/none"
env BUILD="$b" ID=a sh tests/metal.sh "$tmp/bin/none" "$tmp/bin/one" >"$tmp/out" 2>&1 &&
	[ "$(tail -n 1 "$tmp/out")" = '1 passed, 0 failed' ]
result $? 'metal runs a case that is there'

# What that run left must not be judged again.
program rm '' 'echo "rm: no" >&2; exit 1'
mv "$tmp/bin/rm" "$tmp/worse"
for c in metal skip attacks mutants; do
	mkdir -p "$b/$c"
	refuses "$c: cannot empty $b/$c: rm: no" PATH="$tmp/worse:$PATH" sh tests/$c.sh \
		"$tmp/bin/one"
done
program full '[==========] Running 1 test(s).\n[ RUN      ] a\n[       OK ] a' 'mkdir "$OUT/results"'
refused_last()
{
	env BUILD="$b" sh tests/metal.sh "$tmp/bin/$1" >"$tmp/out" 2>&1
	[ $? = 2 ] && [ "$(tail -n 1 "$tmp/out")" = "metal: $2" ]
	result $? "refused: $(echo "$2" | sed "s|$tmp/||")"
}
refused_last full "cannot write $b/metal/results"
program full '' 'mkdir "$OUT/full.tsv"'
refused_last full "cannot write below $b/metal"
exit $status
