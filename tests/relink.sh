# SPDX-License-Identifier: Apache-2.0
#
# Shell functions for campaigns that exchange one source of the product: its object is
# linked before the libraries, so that theirs is never taken. Sourced, not run.

: "${CC:=gcc}" "${PKG_CONFIG:=pkg-config}"
RELINK_CFLAGS=$($PKG_CONFIG --cflags libsodium jansson libcurl cmocka)
RELINK_LIBS="$($PKG_CONFIG --libs libsodium jansson libcurl cmocka) ${MBEDTLS_LIBS:--lmbedcrypto}"

# relink_compile SOURCE OBJECT: without warnings, because a body is missing.
relink_compile() {
	# shellcheck disable=SC2086
	$CC ${CPPFLAGS:-} -I. -D_GNU_SOURCE $RELINK_CFLAGS -std=c11 -O1 -w ${EXTRA_CFLAGS:-} \
		-c -o "$2" "$1"
}

# relink_program NAME OBJECT OUTPUT: the test program $BUILD/NAME with that object.
relink_program() {
	# shellcheck disable=SC2086
	$CC ${LDFLAGS:-} ${EXTRA_LDFLAGS:-} -o "$3" "$BUILD/obj/$1.o" "$2" \
		-Wl,--start-group "$BUILD"/lib*.a -Wl,--end-group $RELINK_LIBS
}
