#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# cotter time answer, provision, inspect, verify, verify manifest: what each says of
# good files, and its word and exit status for bad ones. Every refusal has a twin
# beside it that differs in one thing and passes.
set -u
: "${BUILD:=build}"
case $BUILD in
/*) ;;
*) BUILD=$(pwd)/$BUILD ;;
esac
cotter=$BUILD/cotter
work=${TMPDIR:-/tmp}/cotter-documents.$$
rm -rf "$work"
mkdir -p "$work" && cd "$work" || exit 1
trap 'rm -rf "$work"' EXIT
unset GATEWAY_INTERFACE REQUEST_METHOD CONTENT_LENGTH
now=2026-03-01T12:00:00Z
bad=0

# The command's output is kept in `out`, its errors in `err`.
run() {
	"$@" >out 2>err
	status=$?
}

# report NAME CONDITION...: one line of verdict.
report() {
	name=$1
	shift
	if "$@"; then
		echo "ok $name"
	else
		echo "not ok $name"
		sed 's/^/    /' out err
		bad=1
	fi
}

# accepts NAME PATTERN COMMAND...: status 0, and the output has the pattern.
accepts() {
	name=$1 pattern=$2
	shift 2
	run "$@"
	report "$name" sh -c "[ $status -eq 0 ] && grep -q -e '$pattern' out"
}

# refuses NAME STATUS WORD COMMAND...: that status, and the word on standard error.
refuses() {
	name=$1 want=$2 word=$3
	shift 3
	run "$@"
	report "$name" sh -c "[ $status -eq $want ] && grep -q '($word)\$' err"
}

c() {
	verb=$1
	shift
	# shellcheck disable=SC2086
	"$cotter" $verb -C folder --yes --now $now "$@"
}

setup() {
	mkdir -p keys
	for k in ir1 ir2 it is im dr1 dr3 do time stray gw ea; do
		"$cotter" key new -o keys/$k --device >>log 2>&1 || return 1
	done
	"$cotter" key new -o keys/dr2 --device --scheme ecdsa-p256 >>log 2>&1 || return 1
	"$cotter" key new -o keys/eb --device --scheme hmac-sha256 >>log 2>&1 || return 1
	{
		c init --image-root keys/ir1 --image-root keys/ir2 --image-targets keys/it \
			--image-snapshot keys/is --image-timestamp keys/im \
			--director-root keys/dr1 --director-root keys/dr2 --director-root keys/dr3 \
			--director-targets keys/do --director-snapshot keys/do \
			--director-timestamp keys/do --time keys/time &&
		c sign image/root --key keys/ir1 &&
		c sign image/root --key keys/ir2 &&
		c sign director/root --key keys/dr1 &&
		c sign director/root --key keys/dr2 &&
		c 'vehicle add' VEH-1 --primary GW-1=hw-gw,keys/gw --ecu A-1=hw-a,keys/ea \
			--ecu B-1=hw-b,keys/eb &&
		head -c 3000 /dev/zero >v1.bin &&
		c 'image add' v1.bin --name fw/a-1.0 --hardware hw-a --counter 1 &&
		c sign image/targets --key keys/it &&
		c refresh image --key keys/is --key keys/im &&
		c assign VEH-1 A-1 fw/a-1.0 &&
		c refresh director/VEH-1 --key keys/do &&
		c publish pub
	} >>log 2>&1
}

if setup; then
	echo "ok a working folder to look at"
else
	echo "not ok a working folder to look at"
	cat log
	exit 1
fi

# ---- time answer -------------------------------------------------------------------

nonce=00112233445566778899aabbccddeeff
root=$work/folder/director/published/1.root.json

answer() {
	printf '%s' "$1" | c 'time answer' --key keys/time --root "$root"
}
cgi() {
	printf '%s' "$2" | GATEWAY_INTERFACE=CGI/1.1 REQUEST_METHOD=POST CONTENT_LENGTH=$1 \
		"$cotter" time answer --key keys/time --root "$root"
}

accepts "time: a nonce comes back signed" "\"$nonce\"" answer "{\"nonces\":[\"$nonce\"]}"
cp out time.json
accepts "time: the message counts under Director Root" "1 of 1 signatures valid" \
	c inspect time.json --root "$root"
accepts "time: it says which Root it knows" '"rootVersion":1' answer "{\"nonces\":[\"$nonce\"]}"
accepts "time: a folder serves as well as a file" '"rootVersion":1' sh -c \
	"echo '{\"nonces\":[\"$nonce\"]}' | '$cotter' time answer --key keys/time --root folder/director/published"
refuses "time: no nonce" 10 missing_member answer '{"nonces":[]}'
refuses "time: a nonce too short" 10 bad_encoding answer '{"nonces":["0011"]}'
refuses "time: a nonce of other type" 10 wrong_type answer '{"nonces":[7]}'
refuses "time: not JSON" 10 malformed answer 'hello'
refuses "time: half a request" 10 truncated answer '{"nonces":["00'
refuses "time: a key that Root does not list" 10 key_not_listed sh -c \
	"echo '{\"nonces\":[\"$nonce\"]}' | '$cotter' time answer --key keys/stray --root '$root'"
refuses "time: Image Root has no time keys" 10 wrong_repository sh -c \
	"echo '{\"nonces\":[\"$nonce\"]}' | '$cotter' time answer --key keys/time --root folder/image/published/1.root.json"
body="{\"nonces\":[\"$nonce\"]}"
accepts "time: a web server gets a header" '^Status: 200 OK' cgi ${#body} "$body"
report "time: and the message behind it" grep -q "$nonce" out
run cgi 5 'hello'
report "time: a bad request is status 400" grep -q '^Status: 400' out
report "time: and says its word" grep -q '"error":"malformed"' out
run cgi 70000 "$body"
report "time: a request above 64 KiB is status 400" grep -q '"error":"length_exceeded"' out
run cgi '' "$body"
report "time: a request without a length is status 400" grep -q '^Status: 400' out
root=$work/none.json
run cgi ${#body} "$body"
report "time: what is our fault is status 500" grep -q '^Status: 500' out
root=$work/folder/director/published/1.root.json

# ---- provision -----------------------------------------------------------------------

printf 'factory image of the gateway' >gw.bin
head -c 2000 /dev/zero >a0.bin
images="--image GW-1=gw/gw-1.0:gw.bin:1 --image A-1=fw/a-0.9:a0.bin:1 --image B-1=fw/b-0.9:a0.bin:1"

primary() {
	# shellcheck disable=SC2086
	c provision --role primary --vehicle VEH-1 -o primary.json $images "$@"
}
secondary() {
	# shellcheck disable=SC2086
	c provision --role secondary --vehicle VEH-1 --ecu A-1 -o a.json $images "$@"
}

refuses "provision: one signature of two" 10 sig_threshold primary --key keys/dr1
report "provision: nothing was written" [ ! -e primary.json ]
accepts "provision: a primary" "2 signatures, verified" primary --key keys/dr1 --key keys/dr2
accepts "provision: a secondary" "2 signatures, verified" secondary --key keys/dr3 --key keys/dr1
refuses "provision: nothing is overwritten" 1 exists secondary --key keys/dr1 --key keys/dr2
accepts "provision: but with --force" "number 2" secondary --key keys/dr1 --key keys/dr2 \
	--number 2 --force
refuses "provision: a key that is not Root's" 10 key_not_listed secondary --key keys/dr1 \
	--key keys/stray --force
refuses "provision: an ECU the vehicle lacks" 10 unknown_ecu c provision --role secondary \
	--vehicle VEH-1 --ecu C-1 -o c.json --key keys/dr1 --key keys/dr2
refuses "provision: an ECU without factory image" 10 missing_member c provision \
	--role secondary --vehicle VEH-1 --ecu A-1 -o c.json --key keys/dr1 --key keys/dr2
accepts "provision: the image named in the Image repository" "A-1" sh -c "'$cotter' provision \
	-C folder --now $now --role secondary --vehicle VEH-1 --ecu A-1 -o c.json \
	--image A-1=fw/a-1.0 --key keys/dr1 --key keys/dr2 >/dev/null && '$cotter' inspect c.json"
refuses "provision: an image for nobody" 10 unknown_ecu secondary --image X=n:gw.bin:1 --force
refuses "provision: an ECU's image twice" 64 usage secondary --image A-1=fw/a-1.0 --force
refuses "provision: an image without counter" 64 usage c provision --role secondary \
	--vehicle VEH-1 --ecu A-1 -o d.json --key keys/dr1 --key keys/dr2 --image A-1=n:gw.bin
refuses "provision: a vehicle that is none" 3 not_found c provision --role primary \
	--vehicle VEH-2 -o d.json --key keys/dr1
refuses "provision: a role that is none" 64 usage c provision --role tertiary \
	--vehicle VEH-1 -o d.json
accepts "provision: a draft, to be signed later" "not checked" c provision --role secondary \
	--vehicle VEH-1 --ecu A-1 -o draft.json --image A-1=fw/a-1.0 --draft
run c sign draft.json --key keys/dr1
accepts "provision: signed one key at a time" "2 of 2" c sign draft.json --key keys/dr2

# ---- inspect ----------------------------------------------------------------------------

accepts "inspect: a Root counts its own signatures" "2 of 2 signatures valid" \
	c inspect folder/director/published/1.root.json
accepts "inspect: Targets by their Root" "1 of 1 signatures valid" \
	c inspect pub/image/1.targets.json --root pub/image/1.root.json
accepts "inspect: the wrong Root counts none" "0 of 1 signatures valid: NOT ENOUGH" \
	c inspect pub/image/1.targets.json --root pub/director/VEH-1/1.root.json
accepts "inspect: days that are left" "in 90 days" c inspect pub/image/1.targets.json
accepts "inspect: a record by the Root in it" "2 of 2 signatures valid" c inspect primary.json
accepts "inspect: a public key" "ecdsa-sha2-nistp256" c inspect keys/dr2.pub
accepts "inspect: a secret key" "NO: what protects it" c inspect keys/dr2
run c inspect pub/image/1.targets.json --root pub/image/1.root.json --json
report "inspect: as JSON" grep -q '"signatures":{"entries":1,"needed":1,"valid":1,"word":"ok"}' out
report "inspect: days as JSON" grep -q '"daysLeft":90' out
refuses "inspect: a file that is none" 66 no_input c inspect none.json
head -c 200 pub/image/1.targets.json >cut.json
refuses "inspect: a file cut short" 10 truncated c inspect cut.json
refuses "inspect: an image" 10 malformed c inspect gw.bin

# ---- verify ---------------------------------------------------------------------------------

verify() {
	c verify --director "$1" --image "$2" --provision "$3" --explain
}
of=$work/pub/director/VEH-1
accepts "verify: a tree as published" "^verdict: ok" verify "$of" pub/image primary.json
report "verify: and says by which clause" grep -q '^5.4.4.2 step 10  *image  *agreement' out
accepts "verify: as a secondary, the Director alone" "^verdict: ok" c verify \
	--director "$of" --provision a.json --explain
report "verify: that does not look at the Image repository" sh -c '! grep -q " image " out'
accepts "verify: from two Roots" "^verdict: ok" c verify --director "$of" --image pub/image \
	--root-director "$of/1.root.json" --root-image pub/image/1.root.json --vehicle VEH-1 \
	--explain
report "verify: that fetches every file" grep -q '^5.4.4.5  *image  *1.snapshot.json' out
for r in director image; do
	report "verify: after the first Root of $r" \
		grep -q "^5.4.1  *$r  *first Root  *version 1, as given, 2 of 2 signatures" out
	report "verify: names what Snapshot of $r lists" \
		grep -q "^5.4.4.5  *$r  *listed targets  *version 1, to be fetched" out
done
report "verify: each clause has a number" sh -c '! grep -q "(null)" out'
accepts "verify: of a tree that is trusted already" "^verdict: ok" c verify --director "$of" \
	--image pub/image --provision primary.json --explain
report "verify: the listed Targets are those that are held" grep -q \
	'^5.4.4.5  *director  *listed targets  *the trusted one, version 1' out

# A first Root that no device takes: whoever verifies from it hears so.
first() {
	c verify --director "$of" --image pub/image --root-director "$1" \
		--root-image "${2:-pub/image/1.root.json}" --vehicle VEH-1 --explain
}
spoil() {
	"$BUILD/tests/tools/bad_root" "$1" "$of/1.root.json" keys/dr1 keys/dr2 >"$1.json"
}
spoil none
accepts "first Root: signed anew" "^verdict: ok" first none.json
while read -r fault word; do
	spoil "$fault"
	refuses "first Root: $fault" 10 "$word" first "$fault.json"
	report "first Root: $fault, and which file" grep -q "$fault.json" err
done <<-END
	small-order bad_key
	foreign-id key_id
	no-key missing_member
	image wrong_repository
END
"$BUILD/tests/tools/bad_root" shared pub/image/1.root.json keys/ir1 keys/ir2 keys/dr1 >shared.json
refuses "first Root: a key of the other's" 10 key_shared first "$of/1.root.json" shared.json
report "first Root: a key of the other's, told of the second" sh -c "grep -q \
	'^5.4.1  *image  *first Root  *REFUSED' out && grep -q '^5.4.1  *director .* as given' out &&
	grep -q 'image/root' err"
"$BUILD/tests/tools/bad_root" shared pub/image/1.root.json keys/ir1 keys/ir2 keys/stray >apart.json
accepts "first Root: a key of nobody's" "^verdict: ok" first "$of/1.root.json" apart.json
refuses "verify: for another vehicle" 10 other_vehicle c verify --director "$of" \
	--image pub/image --root-director "$of/1.root.json" \
	--root-image pub/image/1.root.json --vehicle VEH-2
refuses "verify: with an ECU it does not know" 10 unknown_ecu c verify --director "$of" \
	--image pub/image --root-director "$of/1.root.json" \
	--root-image pub/image/1.root.json --vehicle VEH-1 --ecu Z-1=hw-z
run "$cotter" verify --director "$of" --image pub/image --provision primary.json \
	--now 2027-02-01T00:00:00Z
report "verify: a year later" [ $status -eq 11 ]
report "verify: the last line is the word" sh -c '[ "$(tail -n 1 out)" = "verdict: expired" ]'
cp -r pub/image broken
find broken -type f -name '*.a-1.0' -exec sh -c 'printf x | dd of="$1" conv=notrunc 2>/dev/null' - {} \;
refuses "verify: a byte of an image changed" 10 hash_mismatch verify "$of" broken primary.json
accepts "verify: unless only metadata are asked for" "^verdict: ok" c verify --director "$of" \
	--image broken --provision primary.json --metadata-only
find broken -type f -name '*.a-1.0' -exec rm {} \;
refuses "verify: an image that is not there" 69 absent verify "$of" broken primary.json
sed 's/"version":1/"version":2/' pub/image/timestamp.json >broken/timestamp.json
refuses "verify: a changed byte of metadata" 10 sig_threshold verify "$of" broken primary.json
report "verify: names the clause" grep -q '^5.4.4.4  *image  *timestamp.json  *REFUSED' out
refuses "verify: without anything to trust" 64 usage c verify --director "$of" --image pub/image

# ---- verify manifest --------------------------------------------------------------------------

manifest() {
	"$BUILD/tests/tools/make_manifest" "$@" >manifest.json
}
judge() {
	c 'verify manifest' manifest.json --provision primary.json
}
manifest VEH-1 GW-1 keys/gw GW-1=keys/gw A-1=keys/ea B-1=keys/eb
accepts "manifest: each report under its ECU's key" \
	'^manifest: 2 of 3 reports valid, 1 unverified (HMAC)$' judge
report "manifest: a row per ECU" grep -q '^A-1  *fw/A-1-1.0  *7 idle .* valid$' out
accepts "manifest: inspected" "runs fw/B-1-1.0" c inspect manifest.json
run c 'verify manifest' manifest.json --provision primary.json --json
report "manifest: as JSON" grep -q '"manifest":"ok","reports":3,"unverified":1,"valid":2' out
sed 's/"counter":3/"counter":4/' manifest.json >other.json && mv other.json manifest.json
refuses "manifest: changed on the way" 10 bad_digest judge
report "manifest: the reports in it hold all the same" grep -q '2 of 3 .* itself is not' out
manifest VEH-1 GW-1 keys/stray GW-1=keys/gw A-1=keys/ea B-1=keys/eb
refuses "manifest: not by the gateway" 10 bad_signature judge
manifest VEH-1 GW-1 keys/gw GW-1=keys/gw A-1=keys/gw B-1=keys/eb
refuses "manifest: a report that the gateway wrote itself" 10 bad_signature judge
manifest VEH-1 GW-1 keys/gw GW-1=keys/gw B-1=keys/eb
refuses "manifest: a report withheld" 10 ecu_silent judge
manifest VEH-1 GW-1 keys/gw GW-1=keys/gw A-1=keys/ea B-1=keys/eb C-1=keys/stray
refuses "manifest: an ECU that the record lacks" 10 unknown_ecu judge
manifest VEH-2 GW-1 keys/gw GW-1=keys/gw A-1=keys/ea B-1=keys/eb
refuses "manifest: of another vehicle" 10 other_vehicle judge
manifest VEH-1 A-1 keys/ea GW-1=keys/gw A-1=keys/ea B-1=keys/eb
refuses "manifest: from an ECU that is not the gateway" 10 unknown_ecu judge
manifest VEH-1 GW-1 keys/gw GW-1=keys/gw A-1=keys/ea B-1=keys/eb
refuses "manifest: by a secondary's record" 10 bad_record c 'verify manifest' manifest.json \
	--provision a.json
sed 's/"serial":"A-1"/"serial":"A-2"/' primary.json >forged.json
refuses "manifest: by a record that nobody signed" 10 sig_threshold c 'verify manifest' \
	manifest.json --provision forged.json

exit $bad
