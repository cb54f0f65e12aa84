#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# cotter from the first key to a rotation: ceremony, publication, an update, a replaced
# key, expiry; what must be refused on the way, and that a refusal changes nothing.
. "$(dirname "$0")/lib.inc"

# ---- ceremony ------------------------------------------------------------------------

run ceremony
report 'the ceremony' [ $status -eq 0 ]
report 'a key file is secret' [ "$(stat -c %a keys/ir1)" = 600 ]
accepts 'the table shows thresholds' 'image *root *2 of 3' c root show
accepts 'the table shows the time key' 'director *time *1 of 1' c root show director
accepts 'the table shows the P-256 key' 'director *root .*/P-256' c root show director
accepts 'key ids are those of the table' "$("$cotter" key show keys/ir2 | sed -n 's/^key id *\(........\).*/\1/p')" \
	c root show image
report 'no key stands in both Roots' sh -c '
	grep -o "[0-9a-f]\{64\}\":{\"keytype" folder/image/staged/root.json | sort >a
	grep -o "[0-9a-f]\{64\}\":{\"keytype" folder/director/staged/root.json | sort >b
	[ -s a ] && [ -s b ] && [ -z "$(comm -12 a b)" ]'
refuses 'init: again' 1 exists c init --image-root keys/ir1

# ---- signing ----------------------------------------------------------------------------

head -c 4000 /dev/zero >v1.bin
accepts 'image add says what is in it' 'image fw/a-1.0, 4000 bytes' \
	c image add v1.bin --name fw/a-1.0 --hardware hw-a --counter 1
before=$(state folder)
refuses 'sign: without a yes' 5 precondition c sign image/targets --key keys/it1
report 'what is signed was shown all the same' grep -q '^sha256  *[0-9a-f]\{64\}' out
refuses 'sign: a key of another role' 10 key_not_listed c sign image/targets --key keys/dt --yes
refuses 'sign: a Root key for Targets' 10 key_not_listed c sign image/targets --key keys/ir1 --yes
unchanged 'refused signatures leave the folder alone' folder "$before"
accepts 'sign: first of two' '1 of 2 signatures' sign image/targets it1
accepts 'sign: the same again counts once' '1 of 2 signatures' sign image/targets it1
refuses 'refresh: below the threshold' 10 sig_threshold c refresh image --key keys/is
refuses 'publish: below the threshold' 10 sig_threshold c publish pub
report 'nothing was published' [ ! -e pub/image ]
accepts 'sign: second of two' '2 of 2 signatures' sign image/targets it2
accepts 'sha256 is that of the signed bytes' \
	"$(sed 's/.*"signed":\(.*\)}$/\1/' folder/image/staged/targets.json | tr -d '\n' |
		sha256sum | cut -d' ' -f1)" c sign image/targets --key keys/it2 --yes
accepts 'changing a signed draft drops its signatures' 'no longer fit' \
	c image add v1.bin --name fw/a-1.0 --hardware hw-a --counter 1 --force
sign image/targets it1 >/dev/null && sign image/targets it2 >/dev/null
accepts 'refresh: the chain' 'image/timestamp *version 1, 1 of 1' \
	c refresh image --key keys/is --key keys/im
refuses 'refresh: a key for nothing' 10 key_not_listed c refresh image --key keys/dt --key keys/im

# ---- publication --------------------------------------------------------------------------

refuses 'publish: a vehicle whose chain is not made yet' 10 sig_threshold c publish pub
run order fw/a-1.0
report 'the first order' [ $status -eq 0 ]
cp -r folder interrupted
accepts 'publish' 'verified as a new gateway' c publish pub
for f in image/1.root.json image/1.targets.json image/1.snapshot.json image/timestamp.json \
	director/VEH-1/1.root.json director/VEH-1/1.targets.json \
	director/VEH-1/1.snapshot.json director/VEH-1/timestamp.json; do
	[ -s pub/$f ] || echo "not ok published $f"
done
report 'an image lies under each of its hashes' sh -c '
	for h in sha256 sha512; do
		cmp -s v1.bin "pub/image/targets/fw/$(${h}sum v1.bin | cut -d" " -f1).a-1.0" || exit 1
	done'
report 'the temporary folder is gone' sh -c '[ -z "$(ls -A pub | grep publish)" ]'
report 'drafts became history' sh -c '[ -z "$(ls folder/image/staged)" ] &&
	cmp -s folder/image/published/1.timestamp.json pub/image/timestamp.json'
ends 'publish: nothing new' 2 'nothing to publish' c publish pub
rm -rf folder && mv interrupted folder # as if killed right after the switch
ends 'publish: interrupted after the switch' 2 'nothing to publish' c publish pub
report 'its drafts became history' sh -c '[ -z "$(ls folder/image/staged)" ] &&
	[ -z "$(ls folder/director/VEH-1/staged)" ]'

# ---- update ----------------------------------------------------------------------------------

head -c 5000 /dev/zero >v2.bin
run release v2.bin fw/a-2.0 2
report 'a release' [ $status -eq 0 ]
accepts 'assign: shows the order' 'ordered for ECU A-1' c assign VEH-1 A-1 fw/a-2.0
run order fw/a-2.0
accepts 'publish: the update' 'published pub/director/VEH-1/2.targets.json' c publish pub
before=$(state pub)
run order fw/a-1.0
refuses 'publish: a lower release counter' 12 counter_rollback c publish pub
unchanged 'refused publications leave the tree alone' pub "$before"
run order fw/a-2.0

# An order for something the Image repository never signed.
cp -r folder kept
head -c 6000 /dev/zero >evil.bin
c assign VEH-1 A-1 evil.bin --from evil.bin --hardware hw-a --counter 3 >/dev/null &&
	c refresh director/VEH-1 --key keys/dt --key keys/ds --key keys/dm >/dev/null
refuses 'publish: an order the Image repository never signed' 13 not_in_image c publish pub
unchanged 'and that leaves the tree alone' pub "$before"
cp -r pub stolen
accepts 'publish: unverified, as a thief would' 'NOT verified' c publish stolen --unverified
rm -rf folder && mv kept folder

# ---- rotation ---------------------------------------------------------------------------------

accepts 'rotate: says who must sign' 'needs 2 signatures by Root 1.s keys and 2 by its own' \
	c rotate director targets --old keys/dt --new keys/spare
report 'rotate: writes the floors' grep -q '"floors":{"snapshot":2,"targets":2,"timestamp":2}' \
	folder/director/staged/root.json
sign director/root dr1 >/dev/null
refuses 'publish: Root below its threshold' 10 root_not_self_signed c publish pub
accepts 'sign: counts by both Roots' '2 of 2 signatures by its own keys, 2 of 2 by Root 1' \
	sign director/root dr3
refuses 'refresh: by the key that was replaced' 10 sig_threshold \
	c refresh director/VEH-1 --key keys/dt --key keys/ds --key keys/dm
dt=spare
run release v2.bin fw/a-3.0 3
run order fw/a-3.0
accepts 'publish: under the new Root' 'published pub/director/VEH-1/2.root.json' c publish pub

# A Root key itself.
key keys/dr4 >/dev/null
accepts 'rotate: a Root key' 'may no longer sign as root' \
	c rotate director root --old keys/dr1 --new keys/dr4
sign director/root dr4 >/dev/null
sign director/root dr2 >/dev/null
refuses 'publish: the old Root has not signed enough' 10 root_not_continued c publish pub
sign director/root dr3 >/dev/null
accepts 'publish: both have' '3.root.json' c publish pub

# A vehicle that joins after a rotation begins above the floors, and one vehicle can be
# published while another is not ready.
c vehicle add VEH-2 --primary GW-2=hw-gw,keys/gw >/dev/null
refuses 'publish: the newcomer is not ready' 10 sig_threshold c publish pub
c assign VEH-1 A-1 fw/a-3.0 >/dev/null
order fw/a-3.0 >/dev/null
accepts 'publish: the other vehicle alone' 'verified.* 1 vehicle$' c publish pub VEH-1
accepts 'refresh: versions above the floors' 'director/VEH-2/snapshot *version 4,' \
	c refresh director/VEH-2 --key keys/spare --key keys/ds --key keys/dm
accepts 'publish: both vehicles' 'pub/director/VEH-2/1.root.json' c publish pub

# ---- expiry -------------------------------------------------------------------------------------

now=2026-03-20T12:00:00Z
refuses 'publish: expired' 11 expired c publish pub
c refresh image --key keys/im --key keys/is >/dev/null
refuses 'publish: half refreshed' 11 expired c publish pub
accepts 'refresh: all vehicles at once' 'director/VEH-2/timestamp' \
	c refresh director --key keys/dm --key keys/ds
accepts 'publish: fresh again, from a stale tree' 'timestamp.json' c publish pub
accepts 'status' 'image/timestamp .* published 1 of 1' c status

[ $bad -eq 0 ]
