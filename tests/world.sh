# SPDX-License-Identifier: Apache-2.0
#
# world_make and friends, for scripts that need a published world, a gateway and
# two ECUs in a folder, and not the ceremony that tests/demo.sh shows.
#
#   . tests/world.sh
#   world_make DIR BYTES      keys, records, image 1 installed, image 2 published
#   world_start DIR           web servers (PORT=N, else ports that are free) and both ECUs
#   world_stop DIR
#   world_fresh DIR           gateway and ECUs as they left the factory, running
#
# The gateway's configuration is DIR/gateway.conf from world_start on, its state DIR/gateway.
# Sockets lie in DIR: its name has 90 bytes at most.
# WORLD_ORDERS=a: only ECU A is ordered image 2.

world_key() { cotter key new -o "$1" --device; }

world_firmware() { # world_firmware NAME VERSION BYTES
	{
		echo "COTTER-DEMO-IMAGE $1 $2"
		head -c "$3" /dev/urandom
	} > "$1-$2.bin"
}

world_conf() {
	cat <<-CONF
	[primary]
	state = gateway
	provision = gateway.prov
	key = keys/gateway
	[director]
	url = https://127.0.0.1:$PORT/V
	[image]
	url = https://127.0.0.1:$((PORT + 1))
	[time]
	url = https://127.0.0.1:$((PORT + 3))/time
	[tls]
	ca = tls/ca.pem
	[limits]
	ecu_wait_s = 60
	[ecu A]
	link = unix:$1/a.sock
	[ecu B]
	link = unix:$1/b.sock
	CONF
}

world_repositories() {
	mkdir -p keys pub/director pub/image run
	for k in ir it is im dr dt ds dm time gateway a b; do
		world_key "keys/$k" || return 1
	done
	cotter init --image-root keys/ir --image-targets keys/it --image-snapshot keys/is \
		--image-timestamp keys/im --director-root keys/dr --director-targets keys/dt \
		--director-snapshot keys/ds --director-timestamp keys/dm --time keys/time &&
	cotter sign image/root --key keys/ir --yes &&
	cotter sign director/root --key keys/dr --yes &&
	cotter vehicle add V --primary G=hw-g,keys/gateway.pub --ecu A=hw-a,keys/a.pub \
		--ecu B=hw-b,keys/b.pub
}

world_publish() {
	cotter sign image/targets --key keys/it --yes &&
	cotter refresh image --key keys/is --key keys/im --yes &&
	cotter refresh director/V --key keys/dt --key keys/ds --key keys/dm --yes &&
	cotter publish pub
}

world_records() {
	images="--image A=a-1.bin:a-1.bin:1 --image B=b-1.bin:b-1.bin:1"
	# shellcheck disable=SC2086
	{
		cotter provision --role primary --vehicle V --image G=g-1.bin:g-1.bin:1 $images \
			-o gateway.prov --key keys/dr --yes &&
		cotter provision --role secondary --vehicle V --ecu A $images -o a.prov \
			--key keys/dr --yes &&
		cotter provision --role secondary --vehicle V --ecu B $images -o b.prov \
			--key keys/dr --yes
	}
}

world_make() { # in a subshell: the caller's folder stays
	(
		mkdir -p "$1" && cd "$1" || exit 1
		world_repositories || exit 1
		world_firmware g 1 100
		for e in a b; do
			world_firmware $e 1 100
			world_firmware $e 2 "$2"
			cotter image add $e-2.bin --hardware hw-$e --counter 2 || exit 1
		done
		world_records || exit 1
		for e in a b; do
			cotter-ecu provision --flash $e.factory --record $e.prov --key keys/$e \
				--image $e-1.bin --slot-size $(($2 + 65536)) || exit 1
		done
		for e in ${WORLD_ORDERS:-a b}; do
			cotter assign V "$(echo $e | tr ab AB)" $e-2.bin || exit 1
		done
		world_publish || exit 1
		printf '#!/bin/sh\nexec cotter time answer --key %s --root %s\n' "$PWD/keys/time" \
			"$PWD/pub/director/V" > time.cgi
		chmod +x time.cgi
	) > "$1.log" 2>&1 || {
		tail -n 5 "$1.log" >&2
		return 1
	}
}

# world_wait WHAT COMMAND...: until it succeeds, for a minute, which only a machine that is
# busy with other things needs
world_wait() {
	what=$1 i=0
	shift
	until "$@"; do
		[ $i -lt 1200 ] || {
			echo "world: $what" >&2
			return 1
		}
		i=$((i + 1))
		sleep 0.05
	done
}

# A socket has its name before it takes connections; the kernel tells which does.
world_listens() {
	[ -S "$1" ] && { [ ! -r /proc/net/unix ] || grep -F " $1" /proc/net/unix | grep -q ' 00010000 '; }
}
world_deaf() { [ ! -r /proc/net/unix ] || ! world_listens "$1"; }

# world_kill DIR NAME: the ECU of that name, and its socket is closed when this returns.
# A pid of an earlier run may be another program's by now.
world_kill() {
	pid=$(cat "$1/run/$2.pid" 2>/dev/null) && [ -n "$pid" ] &&
		tr '\0' ' ' 2>/dev/null < "/proc/$pid/cmdline" | grep -qF "$1/" || return 0
	kill -9 "$pid" 2>/dev/null
	world_wait "ECU $2 does not end" world_deaf "$1/$2.sock"
}

world_end_ecus() {
	for e in a b; do
		world_kill "$1" $e
		rm -f "$1/run/$e.pid" "$1/$e.sock"
	done
}

world_ecus() {
	for e in a b; do
		setsid cotter-ecu --flash "$1/$e.flash" --link "unix:$1/$e.sock" \
			>> "$1/run/$e.log" 2>&1 < /dev/null &
		echo $! > "$1/run/$e.pid"
	done
	for e in a b; do
		world_wait "ECU $e does not start" world_listens "$1/$e.sock" || return 1
	done
}

world_fresh() {
	world_end_ecus "$1"
	rm -rf "$1/gateway"
	cp "$1/a.factory" "$1/a.flash" && cp "$1/b.factory" "$1/b.flash" && world_ecus "$1"
}

# Below what most kernels give to outgoing connections, and another place for each process.
world_serve() {
	[ -z "${PORT:-}" ] || {
		sh tests/demo/serve.sh start "$1"
		return
	}
	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		PORT=$((10000 + ($$ * 7 + i * 3571) % 20000))
		export PORT
		sh tests/demo/serve.sh start "$1"
		status=$?
		[ $status -eq 75 ] || return $status
	done
	return 75
}

world_start() {
	rm -rf "$1/www" # sockets of an earlier run
	world_serve "$1" && world_conf "$1" > "$1/gateway.conf" && world_fresh "$1"
}

world_stop() {
	world_end_ecus "$1"
	sh tests/demo/serve.sh stop "$1"
}
