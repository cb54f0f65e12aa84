#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Manners of the Makefile: a second make does nothing, a packager's variables reach the
# compiler untouched, install writes below DESTDIR only and uninstall takes all back.
set -u
: "${BUILD:=build}" "${MAKE:=make}"
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
status=0
# All files but those of build folders, in which other tests write meanwhile.
ours=./${BUILD#"$PWD"/}
tree()
{
	find . -path './build*' -prune -o -path "${ours%/check}" -prune -o -path ./.git -prune -o \
		-type f -print | sort | cksum
}
result()
{
	[ "$1" = 0 ] && echo "ok $2" || { echo "not ok $2"; cat "$tmp/out"; status=1; }
}

"$MAKE" -q all tests >"$tmp/out" 2>&1
result $? 'a second make does nothing'

# A compiler that only writes down how it was called.
printf '#!/bin/sh\necho "$0 $*" >>"%s/calls"\nwhile [ "$1" != -o ]; do shift; done\n: >"$2"\n' "$tmp" >"$tmp/their-cc"
chmod +x "$tmp/their-cc"
env -u MAKEFLAGS -u MAKELEVEL -u WERROR -u EXTRA_CFLAGS "$MAKE" BUILD="$tmp/b" CC="$tmp/their-cc" CFLAGS=-Otheirs CPPFLAGS=-DTHEIRS \
	LDFLAGS=-Ltheirs LDLIBS=-ltheirs all >"$tmp/out" 2>&1 &&
	grep -q 'their-cc .*-DTHEIRS.*-Otheirs.*-std=c11.* -c ' "$tmp/calls" &&
	grep -q 'their-cc -Otheirs .*-Ltheirs.*-ltheirs' "$tmp/calls" &&
	! grep -vE -- '-Otheirs' "$tmp/calls" && ! grep -q -- '-Werror' "$tmp/calls"
result $? 'packager variables are respected'

before=$(tree)
"$MAKE" install DESTDIR="$tmp/root" PREFIX=/usr >"$tmp/out" 2>&1 &&
	[ -x "$tmp/root/usr/bin/cotter" ] && [ -x "$tmp/root/usr/sbin/cotterd" ] &&
	[ -x "$tmp/root/usr/bin/cotterctl" ] &&
	[ "$before" = "$(tree)" ]
result $? 'install writes below DESTDIR'
"$MAKE" uninstall DESTDIR="$tmp/root" PREFIX=/usr >"$tmp/out" 2>&1
find "$tmp/root" ! -type d >>"$tmp/out"
[ -z "$(find "$tmp/root" ! -type d)" ]
result $? 'uninstall takes all back'
exit $status
