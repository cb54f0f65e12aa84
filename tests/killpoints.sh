#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# kill -9 at every state-changing system call of one `cotterd --once` that verifies
# two repositories, downloads two images, updates two ECUs and writes a manifest.
#
# One run is traced; every call in it that changes a file, the disk or what
# another process knows is a point CALL:N, the N-th of its kind.  For each point
# the world is made fresh, cotterd is killed on entry of that very call, and:
#
#   old     what the state folder trusts is what it trusted before
#   new     it is what a whole cycle trusts
#   mixed   it is neither: a failure
#   stuck   the next `cotterd --once` does not bring both ECUs to the ordered
#           image by itself: a failure
#
# ID=CALL:N runs one point and shows it.  CANARY=1 puts `state` in place before the
# documents that it names are written, and must fail.
set -u
. tests/asked.sh
asked_one_of CANARY 1
BUILD=$(cd "${BUILD:-build}" && pwd)
W=$BUILD/killpoints
PORT=${PORT:-8540}
PATH=$BUILD:$PATH
export PATH PORT
. tests/world.sh
CALLS=openat,write,pwrite64,fsync,fdatasync,renameat,renameat2,rename,unlinkat,unlink,ftruncate,mkdirat,mkdir,sendto,sendmsg
cotterd=$BUILD/cotterd

if [ "${ID:-}" ]; then
	N=${ID#*:}
	case ,$CALLS, in
	*,"${ID%%:*}",*) asked_number N 1 ;;
	*) asked_refuse "ID=$ID: CALL:N, CALL one of $CALLS" ;;
	esac
fi
world_stop "$W" 2>/dev/null
afresh "$W"
# --device keys: nothing is derived, a run takes a fraction of a second.
world_make "$W" 3000 || exit 74
trap 'world_stop "$W" 2>/dev/null' EXIT
trap 'exit 130' INT TERM
world_start "$W" 2>"$W/ecus.log" || exit 74

# A fault that only a crash shows: the state is renamed before its documents are
# on the disk.
build_canary() {
	mkdir -p "$BUILD/canary"
	awk '
		/^enum cot_err cot_store_put\(/ { print "static struct cot_slice late[64];\nstatic size_t late_count;\n"; }
		/return cot_fs_replace\(s->fs, s->docs, ret, doc\);/ {
			print "\tif (late_count < 64)"
			print "\t\tlate[late_count++] = cot_slice(memcpy(malloc(doc.len + 1), doc.ptr, doc.len), doc.len);"
			print "\treturn COT_OK;"
			next
		}
		/err = cot_fs_replace\(s->fs, s->dir, STATE/ {
			print
			print "\tfor (size_t i = 0; i < late_count; i++) {"
			print "\t\tchar name[COT_STATE_HEX];"
			print "\t\thash_name(s, late[i], name);"
			print "\t\t(void)!cot_fs_replace(s->fs, s->docs, name, late[i]);"
			print "\t}"
			print "\tlate_count = 0;"
			next
		}
		{ print }
	' primary/store.c > "$BUILD/canary/store.c"
	${CC:-gcc} -std=c11 -D_GNU_SOURCE -I. -O2 -g -o "$BUILD/canary/cotterd" \
		"$BUILD/canary/store.c" "$BUILD/obj/primary/main.o" -Wl,--start-group \
		"$BUILD/libprimary.a" "$BUILD/libcotter.a" -Wl,--end-group \
		-lcurl -ljansson -lsodium -lmbedcrypto || exit 70
	cotterd=$BUILD/canary/cotterd
	echo "canary: store.c renames \`state\` before it writes the documents that it names"
}
[ -z "${CANARY:-}" ] || build_canary

once() { "$@" --config "$W/gateway.conf" --once; }

# What is trusted: documents by their hash.  Whether floors fit them is what the
# next start verifies; times differ from run to run.
trusted() {
	sed -n 's/.*"documents":\({"director":{[^}]*},"image":{[^}]*}}\).*/\1/p' \
		"$W/gateway/state" 2>/dev/null
}

# Nothing yet, or the factory's: both Roots and no more.
is_old() {
	[ -z "$1" ] || printf '%s\n' "$1" |
		grep -qE '^\{"director":\{"root":"[0-9a-f]{64}"\},"image":\{"root":"[0-9a-f]{64}"\}\}$'
}

# Points in the order in which they come: CALL:N, N counted over all calls of the
# kind, but only those listed that change something.
points() {
	sed 's/^[0-9]* *//' "$1" | awk '
		{ call = $0; sub(/\(.*/, "", call) }
		call !~ /^[a-z0-9_]+$/ { next }
		/<unfinished|resumed>/ { next }
		{ n[call]++ }
		call == "openat" && !/O_CREAT|O_WRONLY|O_RDWR|O_TRUNC/ { next }
		call == "write" && /^write\([12]</ { next }
		/= -1 / && call != "unlinkat" { next }
		{ print call ":" n[call] }'
}

# ECUs and gateway as they left the factory, the gateway provisioned: the first
# start has points of its own.
fresh() { world_fresh "$W" 2>/dev/null || exit 74; }

updated() {
	cotterctl --config "$W/gateway.conf" status --json 2>/dev/null | awk '
		/"state": "current"/ { n++ }
		END { exit n != 2 }'
}

fresh
once strace -f -y -qq -o "$W/trace" -e "trace=$CALLS" "$cotterd" > "$W/clean" 2>&1
status=$?
if [ $status -ne 0 ] && [ -z "${CANARY:-}" ]; then
	cat "$W/clean" >&2
	echo "killpoints: the clean run failed ($status)"
	exit 1
fi
new=$(trusted)
points "$W/trace" > "$W/points"
[ -z "${ID:-}" ] || echo "$ID" > "$W/points"
counted=$(grep -c . "$W/points")

old_count=0 new_count=0 mixed=0 stuck=0
while read -r point; do
	call=${point%:*} n=${point#*:}
	fresh
	once strace -f -qq -o /dev/null -e "trace=$call" \
		-e "inject=$call:signal=KILL:when=$n" "$cotterd" > "$W/killed" 2>&1
	killed=$?
	[ -z "${ID:-}" ] || [ $killed -eq 137 ] || asked_refuse "no point named $ID"
	after=$(trusted)
	if [ "$after" = "$new" ]; then
		kind=new new_count=$((new_count + 1))
	elif is_old "$after"; then
		kind=old old_count=$((old_count + 1))
	else
		kind=mixed mixed=$((mixed + 1))
	fi
	once "$cotterd" > "$W/next" 2>&1 < /dev/null
	status=$?
	verdict=completed
	if { [ $status -ne 0 ] && [ $status -ne 2 ]; } || ! updated || [ "$(trusted)" != "$new" ]; then
		verdict=stuck
		stuck=$((stuck + 1))
		cp "$W/next" "$W/stuck-$call-$n"
	fi
	if [ -n "${ID:-}" ] || [ $verdict = stuck ] || [ $kind = mixed ]; then
		echo "$point: $kind, $verdict (killed: status $killed, next: status $status)"
		[ $verdict = completed ] || sed -n '/^cotterd:/p;/^error/p' "$W/next"
	fi
done < "$W/points"
echo "calls $counted, old $old_count, new $new_count, mixed $mixed, stuck $stuck"
[ "$mixed" -eq 0 ] && [ "$stuck" -eq 0 ] && [ "$counted" -gt 0 ]
