#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# cotterd and cotterctl as programs: words, sentences, hints and exit statuses of what
# can go wrong around them, over real TLS and with real ECUs; and that a refusal leaves
# what is trusted as it is.  Each refusal has a good twin.
. "$(dirname "$0")/lib.inc"
PATH=$BUILD:$PATH:/usr/sbin
unset PORT JOURNAL_STREAM NOTIFY_SOCKET
export PATH BUILD
# Below a deep build folder the world lies elsewhere: its sockets have names of 107 bytes.
W=$work/w
[ ${#W} -le 90 ] || W=$(env -u TMPDIR mktemp -d)/w || exit 1
world() { (cd "$ROOT" && . tests/world.sh && "$@"); }
end() {
	world world_stop "$W" >/dev/null 2>&1
	rm -rf "$work" "${W%/w}"
}
trap end EXIT
trap 'exit 143' HUP INT TERM
begin() { world world_make "$W" 3000 && world world_start "$W"; }
begin >start.log 2>&1 || {
	cat start.log
	echo "not ok the world"
	exit 1
}
once() { cotterd --config "${1:-$W/gateway.conf}" --once; }
conf() { # conf NAME SED-SCRIPT: a variant of the configuration, beside it
	sed "$2" "$W/gateway.conf" >"$W/$1.conf"
	echo "$W/$1.conf"
}
# told NAME STATUS WORD COMMAND...: on stderr `PROGRAM: what: sentence (WORD)` and a hint.
told() {
	name=$1 want=$2 word=$3
	shift 3
	run "$@"
	report "$name" sh -c "[ $status -eq $want ] && grep -q '^cotterd*\(ctl\)*: .*: .* ($word)\$' err &&
		grep -q '^hint: .' err"
}
# What is trusted: floors and documents, not reports and outcomes.
trusted() { sed 's/.*\("documents":.*\),"ecus".*\("trust":"[0-9a-f]*"\).*/\1 \2/' "$W/gateway/state" 2>/dev/null; }

# ---- before the first cycle ------------------------------------------------------------

ends 'help' 0 'usage: cotterd' cotterd --help
ends 'version' 0 'Cotter' cotterd --version
run cotterd --frobnicate
report 'an unknown option' sh -c "[ $status -eq 64 ] && grep -q usage err"
told 'no configuration' 66 no_input cotterd --config "$W/none.conf" --once
told 'an unknown key, with its line' 78 config once "$(conf key 's/^state/stat/')"
report 'the line is named' grep -q 'key.conf:2: unknown key `stat`' err
told 'plain http' 78 insecure_url once "$(conf http 's|https://127|http://127|')"
told 'no provisioning record' 66 no_input once "$(conf prov 's/gateway.prov/none.prov/')"
told 'no gateway key' 66 no_input once "$(conf nokey 's|keys/gateway|keys/none|')"
told 'the key of another device' 10 key_not_listed once "$(conf other 's|keys/gateway|keys/a|')"
chmod 640 "$W/keys/gateway"
told 'a key that others can read' 77 permission once
chmod 600 "$W/keys/gateway"
rm -rf "$W/gateway"
printf '{"signatures":[],"signed":{}}' >"$W/bad.prov"
told 'a record that is none' 10 missing_member once "$(conf badprov 's/gateway.prov/bad.prov/')"
told 'a record for an ECU' 10 bad_record once "$(conf ecuprov 's/gateway.prov/a.prov/')"
told 'status of a device that was never provisioned' 78 unprovisioned \
	cotterctl --config "$W/gateway.conf" status
rm -rf "$W/gateway"
told 'status without a state' 66 no_input cotterctl --config "$W/gateway.conf" status

# ---- transport -----------------------------------------------------------------------------

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=another CA" \
	-keyout other.key -out "$W/other.pem" >/dev/null 2>&1
told 'another authority signed the certificate' 101 tls once "$(conf ca 's|tls/ca.pem|other.pem|')"
# certificate SAN DAYS: the server's, anew, and a server that knows no other.  Not a reload:
# after one the old worker still takes a connection now and then.
certificate() {
	echo "subjectAltName=$1" >"$W/tls/other.ext"
	run openssl x509 -req -days "$2" -in "$W/tls/server.csr" -CA "$W/tls/ca.pem" \
		-CAkey "$W/tls/ca.key" -CAcreateserial -extfile "$W/tls/other.ext" \
		-out "$W/tls/server.pem"
	[ $status -eq 0 ] && run sh "$ROOT/tests/demo/serve.sh" restart "$W"
	report "a server with a certificate for $1, $2 days" [ $status -eq 0 ]
}
certificate DNS:other.example 2
told 'the certificate is for another name' 101 tls once
certificate IP:127.0.0.1 -1
told 'the certificate has expired' 101 tls once
certificate IP:127.0.0.1 2
told 'nobody listens' 101 unreachable once "$(conf port 's|https://127.0.0.1:[0-9]*/V|https://127.0.0.1:1/V|')"
told 'another folder on the server' 69 absent once "$(conf path 's|/V$|/X|')"
told 'no time source' 75 no_time once "$(conf time 's|/time$|/none|')"
report 'nothing of this was trusted' sh -c "! grep -q timestamp '$W/gateway/state'"

# ---- updates ----------------------------------------------------------------------------------

ends 'an update' 0 '2 installed and confirmed' once
before=$(trusted)
ends 'nothing to do' 2 'nothing to do' once
ends 'status shows the images' 0 'a-2.bin .*current' cotterctl --config "$W/gateway.conf" status
ends 'status as JSON' 0 '"schema": 1' cotterctl --config "$W/gateway.conf" status --json
run cotterctl
report 'cotterctl without a command' sh -c "[ $status -eq 64 ] && grep -q usage err"
run cotter verify manifest "$W/gateway/manifest.json" --provision "$W/gateway.prov"
report 'the manifest is good' [ $status -eq 0 ]

# ---- a daemon ------------------------------------------------------------------------------------

conf daemon "/^\[primary\]/a control = control.sock" >/dev/null
cotterd --config "$W/daemon.conf" >daemon.log 2>&1 &
daemon=$!
world world_wait 'the daemon does not get through a round' grep -q 'round over' "$work/daemon.log"
told 'a second daemon on one state folder' 75 locked once
ends 'the daemon answers' 0 'daemon idle' cotterctl --config "$W/daemon.conf" status
kill "$daemon"
wait "$daemon"
status=$?
report 'SIGTERM ends it in order' [ $status -eq 0 ]
report 'its socket is gone' [ ! -e "$W/control.sock" ]
ends 'without it the folder is read' 0 'not running' cotterctl --config "$W/daemon.conf" status

# ---- damage -----------------------------------------------------------------------------------------

chmod 755 "$W/gateway"
told 'a state folder open to others' 77 permission once
chmod 700 "$W/gateway"
cp "$W/gateway/state" state
printf '\377' | dd of="$W/gateway/state" bs=1 seek=300 conv=notrunc 2>/dev/null
told 'a damaged state' 74 damaged_store once
rm "$W/gateway/state"
told 'a state that is gone is no new beginning' 74 damaged_store once
cp state "$W/gateway/state"
chmod 600 "$W/gateway/state"
told 'nobody listens, once more' 101 unreachable once "$(conf port 's|https://127.0.0.1:[0-9]*/V|https://127.0.0.1:1/V|')"
run trusted
report 'what is trusted is as it was' [ "$(cat out)" = "$before" ]
world world_kill "$W" a
run once
report 'a dead ECU is told, and the rest goes on' sh -c "[ $status -eq 2 ] &&
	grep -q '^cotterd: ECU A: .* (link)\$' err && grep -q 'report verified ecu=B' err"
exit $bad
