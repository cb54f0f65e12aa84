#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The main job, for real, on one machine: an image goes from offline keys through
# two published repositories and the gateway to two ECUs, one on a serial line and
# one on a CAN bus; then a key is rotated, and three attacks are tried.
#
# This script runs commands and counts their exit statuses; every verdict on the
# screen is printed by the program that gave it.  Commands are echoed after `$ `;
# what is not shown here stands in $BUILD/demo/log.  KEEP=1 leaves everything
# running (sh tests/demo/serve.sh stop $BUILD/demo ends the web servers).
set -u
BUILD=$(cd "${BUILD:-build}" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
D=$BUILD/demo
PATH=$BUILD:$BUILD/tests/tools:$PATH
PORT=${PORT:-8440}
export PATH PORT
updates=0 refused=0 resumed=0

stop_all() {
	for p in "$D"/run/*.pid; do
		[ -s "$p" ] && kill "$(cat "$p")" 2>/dev/null
	done
	sh "$here/demo/serve.sh" stop "$D" 2>/dev/null
}
[ -d "$D/run" ] && stop_all
rm -rf "$D"
mkdir -p "$D/run" "$D/keys" "$D/pub/director" "$D/pub/image"
cd "$D" || exit 74
[ -n "${KEEP:-}" ] || trap stop_all EXIT
trap 'exit 130' INT TERM

title() { printf '\n== %s\n' "$*"; }
die() { echo "demo: $*" >&2; tail -n 15 log >&2; exit 1; }
# run: echo a command, show what it says.  hush: the same into the log.
run() { echo "\$ $*"; "$@" 2>&1; }
hush() { echo "\$ $*"; "$@" >> log 2>&1 || die "this failed: $*"; }
must() { run "$@" || die "this failed: $*"; }

# ---- actors --------------------------------------------------------------------

start() { # start NAME COMMAND...: in the background, output to run/NAME.log
	name=$1; shift
	setsid "$@" >> "run/$name.log" 2>&1 < /dev/null &
	echo $! > "run/$name.pid"
}
wait_for() {
	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do
		[ -e "$1" ] && return 0
		sleep 0.1
	done
	die "$1 did not appear"
}
brake() { start brake cotter-ecu --flash brake.flash --link serial:pty:"$D/brake.tty" "$@"; }
engine() { start engine cotter-ecu --flash engine.flash --link vbus:"$D/can0"/7E8,7E0 "$@"; }
ecu_says() { # ecu_says NAME PATTERN: the last line of its log that has it
	sed -n "/$2/p" "run/$1.log" | tail -n 1
}
firmware() { # firmware NAME VERSION: 40 KB that begins with what it prints
	{ echo "COTTER-DEMO-IMAGE $1 $2"; head -c 40000 /dev/urandom | base64 -w 76 | head -c 40000; } > "$1-$2.bin"
}
cycle() { # cycle EXPECTED: one update cycle of the gateway
	echo '$ cotterd --config gateway.conf --once'
	cotterd --config gateway.conf --once > run/cycle.log 2>&1
	status=$?
	cat run/cycle.log >> run/cotterd.log
	sed -n '/^cotterd:/p;/^hint:/p' run/cycle.log
	[ "$status" -eq "$1" ]
}
pass="--passphrase-file pass --yes"
(umask 077; head -c 18 /dev/urandom | base64 > pass)

# ---- 1 ---------------------------------------------------------------------------

title "1. Ceremony: keys, and the first Root of both repositories"
echo '$ for k in ...; do cotter key new --out keys/$k --passphrase-file pass; done'
for k in image-root-1 image-root-2 image-root-3 image-targets-1 image-targets-2 image-online \
	director-root-1 director-root-2 director-root-3 director-targets director-online; do
	scheme=ed25519
	[ $k = image-root-3 ] && scheme=ecdsa-p256
	cotter key new --out keys/$k --scheme $scheme --kdf-cost min $pass >> log 2>&1 || die "key $k"
done
for k in time gateway brake engine; do
	cotter key new --out keys/$k --device >> log 2>&1 || die "key $k"
done
K=keys
hush cotter init --image-root $K/image-root-1 --image-root $K/image-root-2 --image-root $K/image-root-3 \
	--image-root-threshold 2 --image-targets $K/image-targets-1 --image-targets $K/image-targets-2 \
	--image-snapshot $K/image-online --image-timestamp $K/image-online --time $K/time \
	--director-root $K/director-root-1 --director-root $K/director-root-2 --director-root $K/director-root-3 \
	--director-root-threshold 2 --director-targets $K/director-targets \
	--director-snapshot $K/director-online --director-timestamp $K/director-online
hush cotter sign image/root --key $K/image-root-1 $pass
hush cotter sign image/root --key $K/image-root-3 $pass
hush cotter sign director/root --key $K/director-root-1 $pass
hush cotter sign director/root --key $K/director-root-2 $pass
must cotter root show

title "2. Provisioning: a gateway and two ECUs, one signed record each"
V=VEH-0001
firmware gateway 1; firmware brake 1; firmware engine 1
hush cotter vehicle add $V --primary GW-1=gw-a,$K/gateway.pub --ecu ECU-BRAKE=brk-c2,$K/brake.pub \
	--ecu ECU-ENGINE=eng-b7,$K/engine.pub
roots="--key $K/director-root-1 --key $K/director-root-2"
factory="--image GW-1=gateway-1.bin:gateway-1.bin:1 --image ECU-BRAKE=brake-1.bin:brake-1.bin:1 --image ECU-ENGINE=engine-1.bin:engine-1.bin:1"
hush cotter provision --role primary --vehicle $V $roots $factory --out gateway.prov $pass
for e in brake engine; do
	serial=ECU-$(echo $e | tr a-z A-Z)
	hush cotter provision --role secondary --vehicle $V --ecu $serial $roots \
		--image $serial=$e-1.bin:$e-1.bin:1 --out $e.prov $pass
	must cotter-ecu provision --flash $e.flash --record $e.prov --key $K/$e --image $e-1.bin
done

# ---- 3 ---------------------------------------------------------------------------

title "3. Publication: plain files, served over TLS"
publish() { # publish TARGETS-KEYS...: what is staged becomes what is served
	hush cotter refresh image --key $K/image-online $pass
	hush cotter refresh director/$V --key $K/director-online --key $K/"${dtargets:-director-targets}" $pass
	hush cotter publish pub
}
release() { # release NAME VERSION HARDWARE ECU: one image, two signers, one order
	firmware "$1" "$2"
	hush cotter image add "$1-$2.bin" --hardware "$3" --counter "$2"
	hush cotter sign image/targets --key $K/image-targets-1 $pass
	hush cotter sign image/targets --key $K/image-targets-2 $pass
	hush cotter assign $V "$4" "$1-$2.bin"
}
release_both() {
	firmware brake "$1"; firmware engine "$1"
	hush cotter image add "brake-$1.bin" --hardware brk-c2 --counter "$1"
	hush cotter image add "engine-$1.bin" --hardware eng-b7 --counter "$1"
	hush cotter sign image/targets --key $K/image-targets-1 $pass
	hush cotter sign image/targets --key $K/image-targets-2 $pass
	hush cotter assign $V ECU-BRAKE "brake-$1.bin"
	hush cotter assign $V ECU-ENGINE "engine-$1.bin"
}
cat > time.cgi <<-CGI
	#!/bin/sh
	exec "$BUILD/cotter" time answer --key "$D/keys/time" --root "$D/pub/director/$V"
CGI
chmod +x time.cgi
cat > gateway.conf <<-CONF
	[primary]
	state = gateway
	provision = gateway.prov
	key = keys/gateway
	control = control.sock
	[director]
	url = https://localhost:$PORT/$V
	[image]
	url = https://localhost:$((PORT + 1))
	[time]
	url = https://localhost:$((PORT + 3))/time
	[tls]
	ca = tls/ca.pem
	[ecu ECU-BRAKE]
	link = serial:$D/brake.tty@115200
	[ecu ECU-ENGINE]
	link = vbus:$D/can0/7E0,7E8
CONF
must sh "$here/demo/serve.sh" start "$D"
start can cotter-vbus "$D/can0"
wait_for can0
brake; engine
wait_for brake.tty

# ---- 4 ---------------------------------------------------------------------------

title "4. Update: version 2 for both ECUs"
release_both 2
publish
cycle 0 && updates=$((updates + 1))
ecu_says brake boots; ecu_says engine boots
run cotterctl --config gateway.conf status
run cotter verify manifest gateway/manifest.json --provision gateway.prov

# ---- 5 ---------------------------------------------------------------------------

title "5. Rotation: the Director's Targets key is replaced, version 3 ordered under the new one"
cotter key new --out keys/director-targets-new --kdf-cost min $pass >> log 2>&1
hush cotter rotate director targets --old $K/director-targets --new $K/director-targets-new.pub
hush cotter sign director/root --key $K/director-root-2 $pass
hush cotter sign director/root --key $K/director-root-3 $pass
dtargets=director-targets-new
release_both 3
publish
cycle 0 && updates=$((updates + 1))
ecu_says brake boots; ecu_says engine boots

# ---- 6 ---------------------------------------------------------------------------

title "6a. Attack: stolen Director online keys order an image that Image never signed"
cp -r director image pub thief.tmp 2>/dev/null || { mkdir thief.tmp; cp -r director image pub thief.tmp; }
mv thief.tmp thief
firmware malware 9
hush cotter -C thief assign $V ECU-BRAKE malware-9.bin --from malware-9.bin --hardware brk-c2 --counter 9
hush cotter -C thief refresh director/$V --key $K/director-online --key $K/$dtargets $pass
hush cotter -C thief publish --unchecked pub
cycle 13 && refused=$((refused + 1))

title "6b. Attack: the gateway itself is hostile and replays version 2 to an ECU"
old=$(ls pub/director/$V | sed -n 's/^\([0-9]*\)\.targets\.json$/\1/p' | sort -n | tail -n 2 | head -n 1)
run hostile_primary --link serial:"$D/brake.tty"@115200 --ecu ECU-BRAKE \
	--targets pub/director/$V/"$old".targets.json --image brake-2.bin --time ./time.cgi
[ $? -eq 12 ] && refused=$((refused + 1))
ecu_says brake refus

title "6c. Power is cut in the middle of an install; the next cycle resumes"
release engine 4 eng-b7 ECU-ENGINE
publish
kill "$(cat run/engine.pid)"; sleep 0.2
engine --cut-after "${CUT:-60}"
sleep 0.3
cycle 14
engine
sleep 0.5
ecu_says engine boots
cycle 0 && { updates=$((updates + 1)); resumed=1; }
ecu_says engine boots

echo
echo "demo: updates $updates, refused $refused, resumed $resumed"
[ "$updates $refused $resumed" = "3 2 1" ]
