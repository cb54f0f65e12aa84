#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# sodium.sh DIR: sees to it that libsodium's source lies in DIR/libsodium.
#
# With SODIUM_SRC=FOLDER it is copied from that source tree and the network is left
# alone. Otherwise Debian's source package is fetched once by `apt-get source`, through
# an apt root of its own below DIR: no root rights, nothing of the system is changed,
# and the system's keyring judges the signatures. The system's own package sources are
# asked, as deb-src (SODIUM_APT_ETC=FOLDER: those of FOLDER). A second run finds the
# source there and does nothing.
#
# Prints one line, the version, when it has put a source there. When it cannot: one line
# on stderr, status 3, and DIR/libsodium does not exist. The folder appears by a rename,
# whole or not at all.
set -u
accepted='1.0.18-1+deb12u'
here=$(cd "$(dirname "$0")" && pwd) || exit 2
etc=${SODIUM_APT_ETC:-/etc/apt}

refuse()
{
	echo "libsodium: $*" >&2
	exit 3
}
hint='set SODIUM_SRC to an unpacked libsodium source (apt-get source libsodium)'

[ $# = 1 ] || { echo "usage: $0 DIR" >&2; exit 2; }
mkdir -p "$1" && dir=$(cd "$1" && pwd) || refuse "cannot make the folder $1"
origin=${SODIUM_SRC:-debian}
# What is there stays, unless a source tree is named and it came from elsewhere.
there()
{
	[ -r "$dir/libsodium/origin" ] &&
		{ [ -z "${SODIUM_SRC:-}" ] || [ "$(cat "$dir/libsodium/origin")" = "$origin" ]; }
}
there && exit 0

# 0755: apt's own user has to enter it when root runs this.
tmp=$(mktemp -d "$dir/.libsodium.XXXXXX") && chmod 755 "$tmp" || refuse "cannot write to $dir"
trap 'rm -rf "$tmp"' EXIT
trap 'exit 3' HUP INT TERM

# The name of the first file of the list that is not below $1.
missing_in()
{
	while read -r f; do
		case $f in '' | '#'*) continue ;; esac
		[ -r "$1/src/libsodium/$f" ] || { echo "$f"; return; }
	done <"$here/sodium/files.txt"
	[ -r "$1/src/libsodium/include/sodium/version.h.in" ] || echo version.h.in
}

# The configured proxies and the like, but nothing that loosens a check, and none of the
# hooks that apt.conf.d may hold.
write_conf()
{
	apt-config dump | grep '^Acquire::' | grep -v '^Acquire::Allow'
	cat <<E
Dir::Etc::main "/dev/null";
Dir::Etc::parts "$tmp/apt/none";
Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "$tmp/apt/sources";
Dir::State::lists "$tmp/apt/lists";
Dir::Cache "$tmp/apt/cache";
Dir::Log "$tmp/apt/log";
Acquire::Languages "none";
Acquire::Retries "1";
Acquire::http::Timeout "20";
Acquire::https::Timeout "20";
Acquire::AllowInsecureRepositories "false";
Acquire::AllowWeakRepositories "false";
Acquire::AllowDowngradeToInsecureRepositories "false";
APT::Get::AllowUnauthenticated "false";
APT::Get::Only-Source "true";
E
}

# Each binary source of the system as a source of sources; an entry that the system
# trusts without a signature has to show one here.
copy_sources()
{
	n=0
	for f in "$etc/sources.list" "$etc"/sources.list.d/*.list; do
		[ -r "$f" ] || continue
		n=$((n + 1))
		sed -n -e 's/^[[:space:]]*deb-src[[:space:]]/deb /' \
			-e 's/[[:space:]]\(trusted\|allow-[a-z-]*\)=yes//g' \
			-e 's/\[\(trusted\|allow-[a-z-]*\)=yes/[/g' -e 's/\[[[:space:]]*\]//' \
			-e 's/^[[:space:]]*deb[[:space:]]/deb-src /p' "$f" | sort -u >"$tmp/apt/sources/$n.list"
	done
	for f in "$etc"/sources.list.d/*.sources; do
		[ -r "$f" ] || continue
		n=$((n + 1))
		sed -e 's/^[Tt]ypes:.*/Types: deb-src/' -e '/^[Tt]rusted:/d' \
			-e '/^[Aa]llow-[A-Za-z-]*:/d' "$f" >"$tmp/apt/sources/$n.sources"
	done
}

fetch()
{
	command -v apt-get >/dev/null || refuse "there is no apt-get here; $hint"
	command -v dpkg-source >/dev/null || refuse "dpkg-source is missing (package dpkg-dev), or $hint"
	mkdir -p "$tmp/apt/none" "$tmp/apt/sources" "$tmp/apt/lists/partial" \
		"$tmp/apt/cache/archives/partial" "$tmp/apt/log" "$tmp/get" || refuse "cannot write to $dir"
	copy_sources
	write_conf >"$tmp/apt/apt.conf"
	export APT_CONFIG="$tmp/apt/apt.conf" LC_ALL=C
	# One source of several may fail: what counts is whether the package comes.
	apt-get -q update >"$tmp/log" 2>&1
	if ! (cd "$tmp/get" && apt-get -q source libsodium) >>"$tmp/log" 2>&1; then
		why=$(sed -n 's/^[EW]: //p' "$tmp/log" | head -n 1 | cut -c 1-160)
		refuse "could not be fetched (${why:-apt-get source failed}): needs a Debian mirror, or $hint"
	fi
	set -- "$tmp"/get/libsodium-*/
	[ -d "$1" ] || refuse "apt-get source left no folder; $hint"
	mv "$1" "$tmp/libsodium"
}

# Only what is compiled, so that a source tree that somebody builds in stays out.
copy()
{
	[ -d "$SODIUM_SRC" ] || refuse "no_source: SODIUM_SRC=$SODIUM_SRC is no folder"
	lacks=$(missing_in "$SODIUM_SRC")
	[ -z "$lacks" ] && grep -q 'AC_INIT(\[libsodium\]' "$SODIUM_SRC/configure.ac" 2>/dev/null ||
		refuse "no_source: SODIUM_SRC=$SODIUM_SRC is no libsodium source (${lacks:-configure.ac} is missing)"
	mkdir -p "$tmp/libsodium/src" && cp -R "$SODIUM_SRC/src/libsodium" "$tmp/libsodium/src/" &&
		cp "$SODIUM_SRC/configure.ac" "$tmp/libsodium/" || refuse "cannot copy $SODIUM_SRC"
	if [ -r "$SODIUM_SRC/debian/changelog" ]; then
		mkdir "$tmp/libsodium/debian" && cp "$SODIUM_SRC/debian/changelog" "$tmp/libsodium/debian/"
	fi
}

if [ "${SODIUM_SRC:-}" ]; then
	copy
else
	fetch
fi

src=$tmp/libsodium
from_ac()
{
	sed -n "s/^$1=//p" "$src/configure.ac" | head -n 1
}
upstream=$(sed -n 's/^AC_INIT(\[libsodium\],\[\([0-9.]*\)\].*/\1/p' "$src/configure.ac")
if [ -r "$src/debian/changelog" ]; then
	version=$(sed -n '1s/^libsodium (\([^)]*\)).*/\1/p' "$src/debian/changelog")
	case $version in
	"$accepted"*) ;;
	*) refuse "version ${version:-unknown} is not $accepted*, the one this port was proved with; $hint" ;;
	esac
else
	version="$upstream, not a Debian source: whether it holds the fix of CVE-2025-69277 is yours to know"
fi
lacks=$(missing_in "$src")
[ -z "$lacks" ] || refuse "version $version has no $lacks"
include=$src/src/libsodium/include/sodium
sed -e "s/@VERSION@/$upstream/" \
	-e "s/@SODIUM_LIBRARY_VERSION_MAJOR@/$(from_ac SODIUM_LIBRARY_VERSION_MAJOR)/" \
	-e "s/@SODIUM_LIBRARY_VERSION_MINOR@/$(from_ac SODIUM_LIBRARY_VERSION_MINOR)/" \
	-e 's/@SODIUM_LIBRARY_MINIMAL_DEF@//' "$include/version.h.in" >"$include/version.h"
grep -q @ "$include/version.h" && refuse "version.h.in has a field unknown here"
echo "$version" >"$src/version"
echo "$origin" >"$src/origin"

if [ -e "$dir/libsodium" ]; then
	# Another run was faster, or another source is named now.
	there && exit 0
	rm -rf "$dir/libsodium"
fi
mv "$src" "$dir/libsodium" || refuse "cannot rename into $dir"
echo "libsodium $version"
