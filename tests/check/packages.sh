#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The packages the build, the demo and the tests need, once, each with the file or
# command that shows it is there. Missing ones are installed when run as root;
# otherwise the one command that would do so is printed and the status is 3.
# Nothing is asked of the network, or of root, when everything is there.
# The argument `fuzz` adds what only libFuzzer and coverage need.
set -u
set=${1:-}

list='
gcc                  command gcc
make                 command make
pkg-config           command pkg-config
libc6-dev            file    /usr/include/stdio.h
libsodium-dev        file    /usr/include/sodium.h
libjansson-dev       file    /usr/include/jansson.h
libcurl4-openssl-dev file    /usr/include/*/curl/curl.h
libmbedtls-dev       file    /usr/include/mbedtls/ecdsa.h
libcmocka-dev        file    /usr/include/cmocka.h
nginx-light          command nginx
fcgiwrap             command fcgiwrap
openssl              command openssl
ca-certificates      file    /usr/share/ca-certificates
gcc-arm-none-eabi    command arm-none-eabi-gcc
libnewlib-dev        file    /usr/include/newlib/string.h
libnewlib-arm-none-eabi file /usr/lib/arm-none-eabi/newlib/thumb/v7-m/nofp/libc_nano.a
qemu-system-arm      command qemu-system-arm
dpkg-dev             command dpkg-source
strace               command strace
universal-ctags      command ctags
'
fuzz_list='
clang                command clang
libclang-rt-14-dev   file    /usr/lib/llvm-14/lib/clang/*/lib/linux/libclang_rt.fuzzer*.a
llvm                 command llvm-cov
'

there()
{
	case $1 in
	command) command -v "$2" >/dev/null 2>&1 || [ -x "/usr/sbin/$2" ] ;;
	# Unquoted on purpose: the path may hold a pattern.
	file) for f in $2; do [ -e "$f" ] && return 0; done; return 1 ;;
	esac
}

[ "$set" = fuzz ] && list="$list$fuzz_list"
missing=$(set -f; printf '%s' "$list" | while read -r name kind probe; do
	[ -n "$name" ] || continue
	set +f
	there "$kind" "$probe" || printf ' %s' "$name"
	set -f
done)
[ -n "$missing" ] || exit 0

if [ "$(id -u)" != 0 ]; then
	echo "apt-get install --no-install-recommends$missing"
	exit 3
fi
echo "installing:$missing" >&2
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086
install_them()
{
	apt-get -qq -o Acquire::Retries=3 update &&
		apt-get -qq -y -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 \
			--no-install-recommends install $missing
} >&2
# A mirror may fail for a moment, and a machine that has just started updates itself.
tries=1
until install_them; do
	[ $tries -lt 3 ] || {
		echo "packages: could not install$missing" >&2
		exit 3
	}
	tries=$((tries + 1))
	sleep 5
done
