#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Does the device's code decide and sign as the host's does? The Ed25519 cases of the
# folder VECTORS (wycheproof, ed25519-speccheck) go through keys/crypto/sodium.c on this
# machine and, compiled for Cortex-M3 and for Cortex-M0+, in QEMU (mps2-an385); and
# reports are signed there by keys/crypto/report_*.c and held against libsodium's own
# crypto_sign_detached. Every verdict and every byte must be the same, and no byte of a
# secret may be left on the stack of a device that has signed. Last lines:
#   `stacks: N looked through, secrets left in 0`
#   `signatures: 10000 equal`
#   `vectors: cases N, host valid A invalid B, m3 same, m0plus same`
# Without VECTORS the second is a skip, which NOSKIP=1 makes a failure; so are a missing
# tool and libsodium's source when it cannot be had.
#
# MESSAGES=N reports for the M3 (10000, a minute), MESSAGES_M0PLUS=N of them for the M0+
# too (1000, a minute as well); SEED=N draws others. COST=1 counts instructions and stack
# per kind of case instead.
# CANARY=1 builds firmware with a verifier that ignores S >= L; on the M3 also a nonce that
# lacks the secret's last byte, on the M0+ a stack that is not wiped; prints which cases
# notice, and fails.
set -u
: "${BUILD:=build}" "${ARM:=arm-none-eabi-}" "${QEMU:=qemu-system-arm}" "${MCU_CFLAGS:=-Os}"
. tests/asked.sh
asked_one_of CANARY 1
asked_number MESSAGES 1
asked_number MESSAGES_M0PLUS 1
asked_number SEED 0
[ "${CANARY:-}" = 1 ] && : "${MESSAGES:=100}" "${MESSAGES_M0PLUS:=20}"
: "${MESSAGES:=10000}" "${MESSAGES_M0PLUS:=1000}" "${TIMEOUT:=1800}"
failed=0
. tests/relink.sh
work=$BUILD/vectors
src=$BUILD/mcu/libsodium/src/libsodium
warn='-Wall -Wextra -Wconversion -Wsign-conversion -Wshadow -Wstrict-prototypes
	-Wmissing-prototypes -Wvla -Wundef -Wcast-qual -Wwrite-strings -Werror'

skip()
{
	echo "SKIPPED LOUDLY: vectors: $*"
	[ "${NOSKIP:-}" != 1 ]
	exit
}

for tool in "${ARM}gcc" "$QEMU"; do
	command -v "$tool" >/dev/null || skip "there is no $tool here (see make packages)"
done
mkdir -p "$work" || exit 1
sh secondary/ports/mps2/sodium.sh "$BUILD/mcu" 2>"$work/sodium.txt" || skip "$(cat "$work/sodium.txt")"

# The firmware's sources that a canary replaces, by file.
verifier=$src/crypto_sign/ed25519/ref10/open.c
signer=keys/crypto/report_ed25519.c
if [ "${CANARY:-}" = 1 ]; then
	sed 's/sc25519_is_canonical(sig + 32) == 0 ||//' "$verifier" >"$work/open.c"
	sed 's/secret + SCALAR, SCALAR }/secret + SCALAR, SCALAR - 1 }/' "$signer" >"$work/m3.c"
	sed 's/define STACK_USED .*/define STACK_USED 8u/' "$signer" >"$work/m0plus.c"
	if cmp -s "$verifier" "$work/open.c" || cmp -s "$signer" "$work/m3.c" ||
		cmp -s "$signer" "$work/m0plus.c"; then
		echo 'vectors: the canary changed nothing'
		exit 1
	fi
	verifier=$work/open.c
	echo 'canary: a verifier that ignores S >= L; on m3 a nonce that lacks a byte of the secret,' \
		'on m0plus a stack that is not wiped'
fi

# build CORE CPU: $work/CORE/fw.elf, by the flags that sodium/glue.c names.
build()
{
	dir=$work/$1
	afresh "$dir"
	signing=$signer
	[ "${CANARY:-}" = 1 ] && signing=$work/$1.c
	flags="-mcpu=$2 -mthumb $MCU_CFLAGS -ffreestanding -ffunction-sections -fdata-sections
		-DSODIUM_STATIC=1 -DNATIVE_LITTLE_ENDIAN=1 -DNDEBUG -I$src/include -I."
	set --
	for f in $(grep -v '^#' secondary/ports/mps2/sodium/files.txt); do
		o=$dir/$(echo "${f%.c}" | tr / _).o
		case $f in */open.c) from=$verifier ;; *) from=$src/$f ;; esac
		# shellcheck disable=SC2086
		"${ARM}gcc" $flags -std=gnu11 -w -DCONFIGURED=1 -I"$src/include/sodium" \
			-I"$src/crypto_sign/ed25519/ref10" -c -o "$o" "$from" || return 1
		set -- "$@" "$o"
	done
	for f in keys/crypto/sodium.c keys/crypto/report_hmac.c "$signing" \
		keys/slice.c secondary/ports/mps2/sodium/glue.c tests/metal/vectors_fw.c; do
		o=$dir/own_$(basename "${f%.c}").o
		# shellcheck disable=SC2086
		"${ARM}gcc" $flags -std=c11 $warn -c -o "$o" "$f" || return 1
		set -- "$@" "$o"
	done
	# shellcheck disable=SC2086
	"${ARM}gcc" $flags -nostartfiles --specs=nano.specs -Wl,--gc-sections \
		-Wl,--no-warn-rwx-segments -T tests/metal/vectors.ld -o "$dir/fw.elf" "$@"
}

# run CORE OPTION...: answers.bin from cases.bin in $work/CORE.
run()
{
	(
		cd "$work/$1" || exit 1
		shift
		timeout -k 5 "$TIMEOUT" "$QEMU" -M mps2-an385 -nographic -monitor none -serial none \
			-semihosting-config enable=on,target=native -kernel fw.elf "$@" </dev/null
	)
}

build m3 cortex-m3 && build m0plus cortex-m0plus || { echo 'vectors: the firmware does not build'; exit 1; }
# shellcheck disable=SC2086
$CC ${CPPFLAGS:-} -I. -D_GNU_SOURCE $RELINK_CFLAGS -std=c11 ${CFLAGS:--O2} $warn ${LDFLAGS:-} \
	-o "$work/host" tests/metal/vectors_host.c "$BUILD/libcotter.a" $RELINK_LIBS || exit 1

if [ "${COST:-}" = 1 ]; then
	MESSAGES=20
	MESSAGES_M0PLUS=20
fi
for core in m3 m0plus; do
	case $core in m3) n=$MESSAGES ;; *) n=$MESSAGES_M0PLUS ;; esac
	mkdir -p "$work/$core/host"
	# shellcheck disable=SC2086
	"$work/host" make "$work/$core/host" "$n" ${VECTORS:+"$VECTORS"} || exit 1
	cp "$work/$core/host/cases.bin" "$work/$core/cases.bin" || exit 1
done

if [ "${COST:-}" = 1 ]; then
	for core in m3 m0plus; do
		run $core -icount shift=0 || { echo "vectors: $core: QEMU or firmware failed"; exit 1; }
		echo "$core: the most that a case of each kind costs"
		"$work/host" cost "$work/$core/host" "$work/$core" || exit 1
	done
	exit 0
fi

run m3 &
pid=$!
run m0plus
status_m0plus=$?
wait $pid
status_m3=$?
[ "$status_m3$status_m0plus" = 00 ] || {
	echo "vectors: QEMU or firmware failed (m3 status $status_m3, m0plus status $status_m0plus)"
	exit 1
}
for core in m3 m0plus; do
	"$work/host" compare "$work/$core/host" "$work/$core" >"$work/$core/result.txt" || failed=1
	sed '$d' "$work/$core/result.txt" | sed "s/^ /$core/"
done

# field CORE NAME: the number behind that word of the last line.
field()
{
	awk -v name="$2" '{ for (i = 1; i < NF; i++) if ($i == name) n = $(i + 1) } END { print n }' \
		"$work/$1/result.txt"
}

# same CORE: `same`, or how many verdicts are not
same()
{
	wrong=$(field "$1" wrong)
	if [ "$wrong" = 0 ]; then echo same; else echo "$wrong differ"; fi
}
echo "stacks: $(($(field m3 stacks) + $(field m0plus stacks))) looked through," \
	"secrets left in $(($(field m3 left) + $(field m0plus left)))"
unequal=$(($(field m3 unequal) + $(field m0plus unequal)))
if [ $unequal = 0 ]; then
	echo "signatures: $(field m3 signatures) equal (and $(field m0plus signatures) on m0plus)"
else
	echo "signatures: $(field m3 unequal) of $MESSAGES not equal (m0plus: $(field m0plus unequal) of $MESSAGES_M0PLUS)"
fi
if [ -z "${VECTORS:-}" ]; then
	[ $failed = 0 ] || exit 1
	skip 'set VECTORS to the folder of the vectors to compare verdicts'
fi
echo "vectors: cases $(field m3 cases), host valid $(field m3 valid) invalid $(field m3 invalid)," \
	"m3 $(same m3), m0plus $(same m0plus)"
exit $failed
