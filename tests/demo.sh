#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The main job, for real, on one machine: an image goes from offline keys through
# two published repositories and the gateway to two ECUs: a microcontroller on a
# serial line (a Cortex-M3 in QEMU that runs the boot loader) and a process on a CAN
# bus; then a key is rotated, and three attacks are tried.
#
# This script runs commands and counts their exit statuses; every verdict on the
# screen is printed by the program that gave it.  Commands are echoed after `$ `;
# what is not shown here stands in $BUILD/demo/log.  KEEP=1 leaves everything
# running (sh tests/demo/serve.sh stop $BUILD/demo ends the web servers).
set -u
BUILD=$(cd "${BUILD:-build}" && pwd -P)
here=$(cd "$(dirname "$0")" && pwd)
D=$BUILD/demo
. "$here/asked.sh"
PATH=$BUILD:$BUILD/tests/tools:$PATH
PORT=${PORT:-8440}
export PATH PORT
updates=0 refused=0 resumed=0

# A number that an earlier run left behind may be another program's by now.
stop_all() {
	for p in "$D"/run/*.pid; do
		pid=$(cat "$p" 2>/dev/null) && [ -n "$pid" ] &&
			[ "$(readlink "/proc/$pid/cwd")" = "$D" ] && kill "$pid" 2>/dev/null
		rm -f "$p"
	done
	sh "$here/demo/serve.sh" stop "$D" 2>/dev/null
}
[ -d "$D/run" ] && stop_all
afresh "$D"
mkdir -p "$D/run" "$D/keys" "$D/pub/director" "$D/pub/image" && cd "$D" || exit 74
[ -n "${KEEP:-}" ] || trap stop_all EXIT
trap 'exit 130' INT TERM

title() { printf '== %s\n' "$*"; }
die() { echo "demo: $*" >&2; tail -n 15 log >&2; exit 1; }
# run: echo a command, show what it says.  hush: the same into the log; its
# argument is one line of shell, so that loops can be shown as loops.
run() { echo "\$ $*"; "$@" 2>&1; }
must() { run "$@" || die "this failed: $*"; }
hush() { echo "\$ $1"; eval "$1" >> log 2>&1 || die "this failed: $1"; }

# ---- actors --------------------------------------------------------------------

start() { # start NAME COMMAND...: in the background, output to run/NAME.log
	name=$1; shift
	setsid "$@" >> "run/$name.log" 2>&1 < /dev/null &
	echo $! > "run/$name.pid"
}
wait_for() { # wait_for WHAT COMMAND...: until it succeeds, for a minute if the machine is busy
	what=$1 i=0
	shift
	until "$@"; do
		[ $i -lt 1200 ] || die "$what"
		i=$((i + 1))
		sleep 0.05
	done
}
listens() { # a socket has its name before it takes connections
	[ -S "$1" ] && { [ ! -r /proc/net/unix ] || grep -F " $1" /proc/net/unix | grep -q ' 00010000 '; }
}
said() { # said NAME PATTERN: how often its log has it
	n=$(grep -c "$2" "run/$1.log" 2>/dev/null)
	echo "${n:-0}"
}
says_again() { # says_again NAME PATTERN TIMES: more often than so
	[ "$(said "$1" "$2")" -gt "$3" ]
}
brake() { start brake cotter-mps2 --flash brake.flash --line brake.tty "$@"; }
engine() { start engine cotter-ecu --flash engine.flash --link vbus:can0/7E8,7E0 "$@"; }
ecu_says() { # ecu_says NAME PATTERN: the last line of its log that has it
	sed -n "/$2/p" "run/$1.log" | tail -n 1
}
firmware() { # firmware NAME VERSION: 40 KB that begins with what it prints
	{ echo "COTTER-DEMO-IMAGE $1 $2"; head -c 40000 /dev/urandom | base64 -w 76 | head -c 40000; } > "$1-$2.bin"
}
brake_firmware() { # a real one, built for the board, and 12 KB of data
	cat "$BUILD/mcu/m3/app-good$1.bin" > "brake-$1.bin" || die "no firmware"
	head -c 12000 /dev/urandom >> "brake-$1.bin"
}
cycle() { # cycle EXPECTED [OPTION]: one update cycle of the gateway
	expected=$1; shift
	echo "\$ cotterd --config gateway.conf --once${*:+ $*}"
	cotterd --config gateway.conf --once "$@" > run/cycle.log 2>&1
	status=$?
	cat run/cycle.log >> run/cotterd.log
	sed -n '/^cotterd: update cycle/p;/100 *%/p' run/cycle.log
	[ "$status" -eq "$expected" ]
}
(umask 077; head -c 18 /dev/urandom | base64 > pass)
V=VEH-0001
K="--passphrase-file pass --yes" # how every key below is opened

# ---- 1 ---------------------------------------------------------------------------

title "1. Ceremony: keys, and the first Root of both repositories"
cd keys || exit 74
ln -s ../pass pass
hush 'for k in img-root-1 img-root-2 img-targets-1 img-targets-2 img-snapshot img-timestamp dir-root-1 dir-root-2 dir-root-3 dir-targets dir-snapshot dir-timestamp; do cotter key new -o $k --kdf-cost min $K || exit 1; done; cotter key new -o img-root-3 --scheme ecdsa-p256 --kdf-cost min $K'
hush 'for k in time gateway brake engine; do cotter key new -o $k --device || exit 1; done'
cd ..
init() { # 2 of 3 for Root, 2 of 2 for Image Targets; the thresholds are the defaults
	cotter init --image-root keys/img-root-1 --image-root keys/img-root-2 --image-root keys/img-root-3 \
		--image-targets keys/img-targets-1 --image-targets keys/img-targets-2 \
		--image-snapshot keys/img-snapshot --image-timestamp keys/img-timestamp \
		--director-root keys/dir-root-1 --director-root keys/dir-root-2 --director-root keys/dir-root-3 \
		--director-targets keys/dir-targets --director-snapshot keys/dir-snapshot \
		--director-timestamp keys/dir-timestamp --time keys/time
}
echo '$ cotter init --image-root keys/img-root-1 ... --time keys/time'
init >> log 2>&1 || die "init"
hush 'for k in img-root-1 img-root-3; do cotter sign image/root --key keys/$k $K || exit 1; done; for k in dir-root-1 dir-root-2; do cotter sign director/root --key keys/$k $K || exit 1; done'
must cotter root show

title "2. Provisioning: a gateway and two ECUs, one signed record each"
firmware gateway 1; brake_firmware 1; firmware engine 1
hush 'cotter vehicle add $V --primary GW-1=gw-a,keys/gateway.pub --ecu ECU-BRAKE=brk-c2,keys/brake.pub --ecu ECU-ENGINE=eng-b7,keys/engine.pub'
B=--image\ ECU-BRAKE=brake-1.bin:brake-1.bin:1 E=--image\ ECU-ENGINE=engine-1.bin:engine-1.bin:1
R="--key keys/dir-root-1 --key keys/dir-root-2 $K"
hush 'cotter provision --role primary --vehicle $V --image GW-1=gateway-1.bin:gateway-1.bin:1 $B $E -o gateway.prov $R && cotter provision --role secondary --vehicle $V --ecu ECU-BRAKE $B -o brake.prov $R && cotter provision --role secondary --vehicle $V --ecu ECU-ENGINE $E -o engine.prov $R'
hush 'cotter-ecu provision --part mps2 --flash brake.flash --record brake.prov --key keys/brake --image brake-1.bin && cotter-ecu provision --flash engine.flash --record engine.prov --key keys/engine --image engine-1.bin'

# ---- 3 ---------------------------------------------------------------------------

title "3. Publication: plain files, served over TLS by nginx"
hardware() { case $1 in brake) echo brk-c2 ;; *) echo eng-b7 ;; esac; }
serial() { echo "ECU-$(echo "$1" | tr a-z A-Z)"; }
release() { # release VERSION DIRECTOR-TARGETS-KEY ECU...: image, two signers, order, publication
	n=$1 t=$2
	shift 2
	for e in "$@"; do
		case $e in brake) brake_firmware "$n" ;; *) firmware "$e" "$n" ;; esac
	done
	ecus=$*
	hush 'for e in $ecus; do cotter image add $e-$n.bin --hardware $(hardware $e) --counter $n && cotter assign $V $(serial $e) $e-$n.bin || exit 1; done'
	hush 'for k in 1 2; do cotter sign image/targets --key keys/img-targets-$k $K || exit 1; done'
	hush 'cotter refresh image --key keys/img-snapshot --key keys/img-timestamp $K && cotter refresh director/$V --key keys/$t --key keys/dir-snapshot --key keys/dir-timestamp $K'
	hush 'cotter publish pub'
}
again() { # the same steps once more, shown as one line
	echo "\$ release $*     # image add, assign, sign, refresh and publish as in 4"
	release "$@" > /dev/null
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
	link = serial:brake.tty@115200
	[ecu ECU-ENGINE]
	link = vbus:can0/7E0,7E8
CONF
cp "$here/demo/serve.sh" serve.sh
hush 'sh serve.sh start .'
start can cotter-vbus can0
wait_for "the bus does not start" listens can0
brake; engine
wait_for "the brake ECU does not start" says_again brake boots 0
wait_for "the engine ECU does not start" says_again engine boots 0

# ---- 4 ---------------------------------------------------------------------------

title "4. Update: version 2 for both ECUs"
release 2 dir-targets brake engine
cycle 0 --progress && updates=$((updates + 1))
ecu_says brake boots; ecu_says brake app; ecu_says engine boots
run cotterctl --config gateway.conf status
run cotter verify manifest gateway/manifest.json --provision gateway.prov

# ---- 5 ---------------------------------------------------------------------------

title "5. Rotation: the Director's Targets key is replaced, version 3 ordered under the new one"
hush 'cotter key new -o keys/dir-targets-new --kdf-cost min $K && cotter rotate director targets --old keys/dir-targets --new keys/dir-targets-new'
hush 'for k in 2 3; do cotter sign director/root --key keys/dir-root-$k $K || exit 1; done'
again 3 dir-targets-new brake engine
cycle 0 && updates=$((updates + 1))
ecu_says brake boots; ecu_says brake app; ecu_says engine boots

# ---- 6 ---------------------------------------------------------------------------

title "6a. Attack: stolen Director online keys order an image that the Image repository never signed"
mkdir thief
cp -r director image thief
cp -r pub honest
firmware malware 9
hush 'cotter assign -C thief $V ECU-BRAKE malware-9.bin --from malware-9.bin --hardware brk-c2 --counter 9 && cotter refresh -C thief director/$V --key keys/dir-targets-new --key keys/dir-snapshot --key keys/dir-timestamp $K && cotter publish -C thief --unverified pub'
cycle 13 && refused=$((refused + 1))
rm -rf pub
mv honest pub

title "6b. Power is cut in the middle of an install; the next cycle resumes"
again 4 dir-targets-new engine
kill "$(cat run/engine.pid)"
wait "$(cat run/engine.pid)" 2>/dev/null
boots=$(said engine boots)
engine --cut-after "${CUT:-60}"
wait_for "the engine ECU does not start" says_again engine boots "$boots"
cut=0
cycle 14 && cut=1
kill "$(cat run/engine.pid)" 2>/dev/null
wait "$(cat run/engine.pid)" 2>/dev/null
[ $? -eq 137 ] || cut=0 # it was the cut that ended it, and nothing else
boots=$(said engine boots)
engine
wait_for "the engine ECU does not start" says_again engine boots "$boots"
ecu_says engine boots
cycle 0 && { updates=$((updates + 1)); resumed=$cut; }
ecu_says engine boots

title "6c. Attack: the gateway itself is hostile and replays older metadata and image to an ECU"
old=$(ls "pub/director/$V" | sed -n 's/^\([0-9]*\)\.targets\.json$/\1/p' | sort -n | tail -n 2 | head -n 1)
run hostile_primary --link vbus:can0/7E0,7E8 --ecu ECU-ENGINE \
	--targets "pub/director/$V/$old.targets.json" --image engine-3.bin --time ./time.cgi
[ $? -eq 12 ] && refused=$((refused + 1))
ecu_says engine 'refused: .*rollback'

rot() { # a byte of the running image; then power goes and comes back
	at=$(cotter-ecu show --flash brake.flash | sed -n 's/.* at offset \([0-9]*\), active$/\1/p')
	stays=$(said brake stays)
	hush 'head -c 4 /dev/zero | dd of=brake.flash bs=1 seek=$((at + 3000)) conv=notrunc && kill -HUP $(cat run/brake.pid)'
	wait_for "the brake ECU does not start again" says_again brake stays "$stays"
	ecu_says brake stays
	cycle 0 || refused=0
	ecu_says brake boots
}
if [ -n "${KEEP:-}" ]; then
	title "6d. Left to you in $D: rot a byte of brake.flash (cotter-ecu show tells where), kill -HUP \$(cat run/brake.pid), cat run/brake.log, cotterd --config gateway.conf --once"
else
	title "6d. A byte of the running image rots; the other image is older, so neither boots; the next cycle restores"
	rot
fi

echo "demo: updates $updates, refused $refused, resumed $resumed"
[ "$updates $refused $resumed" = "3 2 1" ]
