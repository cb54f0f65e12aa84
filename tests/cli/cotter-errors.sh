#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Bad input to cotter: each has a word of its own, a sentence, a hint and an exit status,
# and leaves the working folder as it was. Twins that differ in one thing pass.
. "$(dirname "$0")/lib.inc"

if ! ceremony >log 2>&1; then
	cat log
	echo 'not ok the ceremony'
	exit 1
fi
head -c 100 /dev/zero >fw.bin
{
	release fw.bin fw/a-1.0 1 && order fw/a-1.0 && c publish pub
} >>log 2>&1 || { cat log; echo 'not ok a publication'; exit 1; }
before=$(state folder)
tree=$(state pub)
keys=$(state keys)

# ---- command lines ---------------------------------------------------------------------

refuses 'no such command' 64 usage "$cotter" publsh
report 'and which one was meant' grep -q 'cotter publish' err
refuses 'no such second word' 64 usage "$cotter" image ad
report 'and that one too' grep -q 'cotter image add' err
refuses 'half a command' 64 usage "$cotter" key
refuses 'no such option' 64 usage c publish pub --forse
report 'and which option was meant' grep -q -e '--force' err
refuses 'an option without its value' 64 usage "$cotter" key new -o
refuses 'a switch with a value' 64 usage c publish pub --yes=maybe
refuses 'an option twice' 64 usage c publish pub --dir folder
refuses 'a missing argument' 64 usage c publish
report 'and the usage' grep -q 'usage: cotter publish FOLDER' err
refuses 'one argument too many' 64 usage c refresh image director
refuses 'a needed option missing' 64 usage c sign image/targets
refuses 'a number that is none' 64 usage c image add fw.bin --hardware hw-a --counter -1
refuses 'a number beyond its range' 64 usage c image add fw.bin --hardware hw-a --counter 4294967296
refuses 'a time that is none' 64 usage "$cotter" status -C folder --now yesterday
refuses 'a day that does not exist' 64 usage "$cotter" status -C folder --now 2026-02-30T00:00:00Z
refuses 'two sources of passphrases' 64 usage c status --passphrase-fd 3
run "$cotter"
report 'nothing at all: the list, status 64' sh -c "[ $status -eq 64 ] && grep -q 'usage: cotter' err"
accepts 'help' 'refresh  *Make the next' "$cotter" help
accepts 'help of a command' '^usage: cotter image add FILE' "$cotter" help image add
accepts 'help by option' '^usage: cotter sign' "$cotter" sign --help
refuses 'help of no command' 64 usage "$cotter" help singing
refuses 'standard output is full' 74 io sh -c "exec '$cotter' help key new >/dev/full"

# ---- roles, repositories, names -----------------------------------------------------------

refuses 'sign: no such role' 66 no_input c sign image/roots --key keys/it1 --yes
refuses 'sign: a repository without a role' 64 usage c sign image --key keys/it1 --yes
refuses 'sign: nothing staged there' 66 no_input c sign image/targets --key keys/it1 --yes
refuses 'refresh: no such place' 64 usage c refresh images
refuses 'refresh: no such vehicle' 66 no_input c refresh director/VEH-2 --key keys/dt
refuses 'root add-key: no such role' 10 bad_name c root add-key image releases keys/spare
refuses 'root add-key: no time in the Image repository' 10 bad_name c root add-key image time keys/spare
refuses 'root threshold: more than the keys' 10 illegal_threshold c root threshold image root 4
refuses 'root threshold: zero' 10 illegal_threshold c root threshold image root 0
refuses 'root remove-key: below the threshold' 10 illegal_threshold \
	c root remove-key image targets keys/it1
refuses 'rotate: a key the role does not have' 10 key_not_listed \
	c rotate director targets --old keys/it1 --new keys/spare
refuses 'root add-key: a key of the other repository' 10 key_shared \
	c root add-key image targets keys/dt
refuses 'publish: a vehicle that is none' 3 not_found c publish pub VEH-9
refuses 'image add: a name that climbs' 10 bad_name \
	c image add fw.bin --name ../fw --hardware hw-a --counter 1
refuses 'image add: a hardware id that is none' 10 bad_name \
	c image add fw.bin --name fw/x --hardware 'hw a' --counter 1
refuses 'image add: again' 1 exists c image add fw.bin --name fw/a-1.0 --hardware hw-a --counter 1
refuses 'image remove: not there' 3 not_found c image remove fw/nothing
refuses 'vehicle add: a bad name' 10 bad_name c vehicle add ../V --primary G=h
refuses 'vehicle add: a folder of ours' 10 bad_name c vehicle add staged --primary G=h
refuses 'vehicle add: again' 1 exists c vehicle add VEH-1 --primary G=h
refuses 'vehicle add: half an ECU' 10 bad_name c vehicle add VEH-2 --primary GW-2
refuses 'assign: no such vehicle' 3 not_found c assign VEH-9 A-1 fw/a-1.0
refuses 'assign: no such ECU' 10 unknown_ecu c assign VEH-1 Z-1 fw/a-1.0
refuses 'assign: no such image' 3 not_found c assign VEH-1 A-1 fw/a-9.0
refuses 'assign: for other hardware' 10 hwid_mismatch c assign VEH-1 B-1 fw/a-1.0
refuses 'init: one key for both repositories' 10 key_shared \
	"$cotter" init -C other --image-root keys/ir1 --image-targets keys/it1 \
	--image-snapshot keys/is --image-timestamp keys/im --director-root keys/ir1 \
	--director-targets keys/dt --director-snapshot keys/ds \
	--director-timestamp keys/dm --time keys/time
refuses 'init: a role without keys' 64 usage "$cotter" init -C other --image-root keys/ir1
refuses 'init: an impossible threshold' 10 illegal_threshold \
	"$cotter" init -C other --image-root keys/ir1 --image-root-threshold 2
refuses 'init: one key twice is one key' 10 illegal_threshold \
	"$cotter" init -C other --image-root keys/ir1 --image-root keys/ir1
refuses 'init: an HMAC key may not sign metadata' 10 unknown_scheme \
	"$cotter" init -C other --image-root keys/eb
report 'and no folder was begun' [ ! -e other ]
refuses 'a folder that is none of ours' 66 no_input "$cotter" status -C keys

# ---- keys and passphrases -------------------------------------------------------------------

refuses 'key new: over another key' 1 exists key keys/ir1
refuses 'key new: an unknown scheme' 64 usage key keys/new rsa
refuses 'key new: an unknown cost' 64 usage "$cotter" key new -o keys/new --kdf-cost none
refuses 'key new: an empty passphrase' 77 wrong_passphrase \
	sh -c "echo | '$cotter' key new -o keys/new --kdf-cost min --passphrase-fd 0"
refuses 'key new: no passphrase left' 66 no_input \
	sh -c "'$cotter' key new -o keys/new --kdf-cost min --passphrase-fd 0 </dev/null"
report 'and no key came of it' [ ! -e keys/new ]
refuses 'key show: not there' 66 no_input "$cotter" key show keys/nothing

c image add fw.bin --name fw/a-1.1 --hardware hw-a --counter 1 >/dev/null
before=$(state folder)
refuses 'sign: the key file is not there' 66 no_input sign image/targets nothing
refuses 'sign: the passphrase is wrong' 77 wrong_passphrase "$cotter" sign image/targets \
	-C folder --now $now --yes --key keys/it1 --passphrase-file wrong
refuses 'sign: the passphrase file is missing' 66 no_input "$cotter" sign image/targets \
	-C folder --now $now --yes --key keys/it1 --passphrase-file nothing
chmod 644 pass
refuses 'sign: the passphrase file is open to all' 77 permission sign image/targets it1
chmod 600 pass
chmod 640 keys/it1
refuses 'sign: the key file is open to the group' 77 permission sign image/targets it1
chmod 600 keys/it1
cp keys/it1 kept
sed '2s/^./Z/' kept >keys/it1
refuses 'sign: not a key file any more' 10 bad_key_file sign image/targets it1
sed '1s/$/ x/' kept >keys/it1
refuses 'sign: the comment was changed' 77 wrong_passphrase sign image/targets it1
head -c 60 kept >keys/it1
refuses 'sign: a key file cut short' 10 bad_key_file sign image/targets it1
cp kept keys/it1
refuses 'sign: a public key' 10 bad_key_file sh -c "cp keys/it1.pub pub1 && chmod 600 pub1 &&
	exec '$cotter' sign image/targets -C folder --now $now --yes --key pub1"
refuses 'sign: a token this build does not know' 1 unsupported \
	c sign image/targets --yes --key 'pkcs11:token=x'
unchanged 'refused signatures leave the folder alone' folder "$before"
accepts 'sign: with the file restored' '1 of 2 signatures' sign image/targets it1
if [ "$(id -u)" -ne 0 ]; then
	chmod 000 keys/it2
	refuses 'sign: a key file we may not read' 77 permission sign image/targets it2
	chmod 600 keys/it2
fi

# ---- documents ------------------------------------------------------------------------------
# A draft is read by every command that follows it: `sign` here; the same reader serves
# `inspect` and `verify`.

draft=folder/image/staged/targets.json
cp $draft good.json
# document NAME STATUS WORD: what is on standard input stands for the draft.
document() {
	cat >$draft
	refuses "document: $1" "$2" "$3" sign image/targets it1
	cp $draft sample.json
	refuses "inspect: $1" "$2" "$3" c inspect sample.json
	cp good.json $draft
}
printf '' | document empty 10 truncated
head -c 200 good.json | document 'cut short' 10 truncated
{ cat good.json; printf '{}'; } | document 'something behind it' 10 trailing_bytes
printf '{"signatures":[],"signatures":[],"signed":{}}' | document 'a member twice' 10 duplicate_member
printf '{"signatures":[],"signed":{"a":1,"\\u0061":2}}' |
	document 'a member twice, spelled differently' 10 duplicate_member
{ printf '%0100d' 0 | tr 0 '['; printf '%0100d' 0 | tr 0 ']'; } | document 'deep nesting' 10 too_deep
printf '{"signatures":[],"signed":{"a":"\377"}}' | document 'not UTF-8' 10 bad_utf8
printf '\357\273\277{"signatures":[],"signed":{}}' | document 'a byte order mark' 10 malformed
printf '{"signatures":[],"signed":{"a":01}}' | document 'a number with a leading zero' 10 malformed
printf '{ "signatures":[],"signed":{"a":"\001"}}' | document 'a control byte' 10 malformed
printf '<html>504 Gateway Time-out</html>' | document 'an error page' 10 malformed
printf '[]' | document 'a list' 10 wrong_type
printf '"text"' | document 'a string' 10 wrong_type
printf '{"signed":{}}' | document 'no signatures' 10 missing_member
printf '{"signatures":{},"signed":{}}' | document 'signatures of the wrong type' 10 wrong_type
printf '{"signatures":[],"signed":[]}' | document 'a signed part of the wrong type' 10 wrong_type
accepts 'document: indented, members in any order, still the same' '1 of 2 signatures' sh -c "
	sed 's/^{\"signatures\":\(.*\),\"signed\":\(.*\)}\$/{ \"signed\" : \2,\n\t\"signatures\":\1 }/' \
		good.json >$draft && exec '$cotter' sign image/targets -C folder --now $now --yes \
		--key keys/it1 --passphrase-file pass"
cp good.json $draft

# ---- publication -----------------------------------------------------------------------------

sign image/targets it2 >/dev/null
c refresh image --key keys/is --key keys/im >/dev/null
cp folder/image/staged/timestamp.json kept
sed 's/"version":2/"version":1/' kept >folder/image/staged/timestamp.json
refuses 'publish: a draft altered after signing' 10 sig_threshold c publish pub
cp kept folder/image/staged/timestamp.json
cp $draft kept
cp good.json $draft
refuses 'publish: a signature short' 10 sig_threshold c publish pub
cp kept $draft
cp folder/image/staged/snapshot.json kept
cp folder/image/published/1.snapshot.json folder/image/staged/snapshot.json
refuses 'publish: an older file put back' 12 rollback c publish pub
cp kept folder/image/staged/snapshot.json
refuses 'publish: an image that was lost' 66 no_input sh -c "mkdir lost && mv folder/image/files/* lost &&
	'$cotter' publish pub -C folder --now $now"
mv lost/* folder/image/files
refuses 'publish: where a file is in the way' 66 no_input sh -c ": >file &&
	exec '$cotter' publish file/pub -C folder --now $now"
unchanged 'refused publications leave the tree alone' pub "$tree"
unchanged 'and the keys' keys "$keys"
accepts 'publish: after all that' 'verified as a new gateway' c publish pub
cp -r pub spoiled
printf ' ' >>spoiled/image/2.targets.json
refuses 'publish: over a file that was changed there' 12 same_version c publish spoiled
accepts 'publish: over it by force' 'image/2.targets.json' c publish spoiled --force

[ $bad -eq 0 ]
