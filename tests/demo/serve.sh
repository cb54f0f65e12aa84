#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# serve.sh start DIR | stop DIR | restart DIR
#
# Serves DIR/pub over TLS as a fleet would: the Director on port 8440, the Image
# repository on 8441, the time source on 8443 (PORT=N shifts all three).  nginx
# hands time requests through fcgiwrap to DIR/time.cgi.  The CA in DIR/tls is made
# here, for this run, and trusted by nobody else.  A restart takes what is in DIR/tls
# by then; when it is back, nothing of the server before it answers.  Status 75: one of
# the ports is taken.
set -eu
dir=$(cd "$2" && pwd -P)
base=${PORT:-8440}
sock=$dir/www/time.sock
PATH=$PATH:/usr/sbin:/sbin

make_certificates() {
	mkdir -p "$dir/tls"
	cat > "$dir/tls/server.ext" <<-EXT
	subjectAltName=DNS:localhost,IP:127.0.0.1
	EXT
	{
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
			-subj "/CN=throw-away CA" -keyout "$dir/tls/ca.key" -out "$dir/tls/ca.pem"
		openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=localhost" \
			-keyout "$dir/tls/server.key" -out "$dir/tls/server.csr"
		openssl x509 -req -days 2 -in "$dir/tls/server.csr" -CA "$dir/tls/ca.pem" \
			-CAkey "$dir/tls/ca.key" -CAcreateserial -extfile "$dir/tls/server.ext" \
			-out "$dir/tls/server.pem"
	} > "$dir/tls/log" 2>&1
}

write_conf() {
	mkdir -p "$dir/www"
	[ "$(id -u)" -ne 0 ] || echo "user root;"
	cat <<-CONF
	pid $dir/www/nginx.pid;
	error_log $dir/www/error.log warn;
	worker_processes 1;
	events { worker_connections 64; }
	http {
		types { application/json json; }
		default_type application/octet-stream;
		access_log $dir/www/access.log;
		client_body_temp_path $dir/www/body;
		fastcgi_temp_path $dir/www/fastcgi;
		proxy_temp_path $dir/www/proxy;
		scgi_temp_path $dir/www/scgi;
		uwsgi_temp_path $dir/www/uwsgi;
		ssl_certificate $dir/tls/server.pem;
		ssl_certificate_key $dir/tls/server.key;
		ssl_protocols TLSv1.2 TLSv1.3;
		server {
			listen 127.0.0.1:$base ssl;
			root $dir/pub/director;
		}
		server {
			listen 127.0.0.1:$((base + 1)) ssl;
			root $dir/pub/image;
		}
		server {
			listen 127.0.0.1:$((base + 3)) ssl;
			location = /time {
				fastcgi_pass unix:$sock;
				fastcgi_param GATEWAY_INTERFACE CGI/1.1;
				fastcgi_param REQUEST_METHOD \$request_method;
				fastcgi_param CONTENT_TYPE \$content_type;
				fastcgi_param CONTENT_LENGTH \$content_length;
				fastcgi_param SCRIPT_FILENAME $dir/time.cgi;
			}
		}
	}
	CONF
}

# wait_for WHAT COMMAND...: until it succeeds, for a minute.  Only a machine that is busy
# with other things takes longer than a blink.
wait_for() {
	what=$1 i=0
	shift
	until "$@"; do
		[ $i -lt 1200 ] || {
			echo "serve: $what" >&2
			exit 1
		}
		i=$((i + 1))
		sleep 0.05
	done
}

# A socket has its name before it takes connections; the kernel tells which does.
listens() {
	[ -S "$1" ] && { [ ! -r /proc/net/unix ] || grep -F " $1" /proc/net/unix | grep -q ' 00010000 '; }
}

gone() { [ ! -e "$1" ]; }

# ours PIDFILE: sets pid; not if the number is another program's by now
ours() {
	pid=$(cat "$1" 2>/dev/null) && [ -n "$pid" ] &&
		tr '\0' ' ' 2>/dev/null < "/proc/$pid/cmdline" | grep -qF "$dir/"
}

start_nginx() {
	nginx -p "$dir/www" -c "$dir/nginx.conf" -e "$dir/www/error.log" 2> "$dir/www/start.log" || {
		cat "$dir/www/start.log" >&2
		grep -q 'bind() .*98:' "$dir/www/start.log" && exit 75
		exit 1
	}
	wait_for "nginx does not start" [ -s "$dir/www/nginx.pid" ]
}

# nginx removes its pid file when its workers are gone.
stop_nginx() {
	ours "$dir/www/nginx.pid" || return 0
	kill "$pid" 2>/dev/null || :
	wait_for "nginx does not end" gone "$dir/www/nginx.pid"
}

start_fcgiwrap() {
	[ ${#sock} -le 107 ] || {
		echo "serve: $sock is too long for the address of a socket" >&2
		exit 1
	}
	setsid fcgiwrap -s "unix:$sock" > "$dir/www/fcgiwrap.log" 2>&1 < /dev/null &
	echo $! > "$dir/www/fcgiwrap.pid"
	wait_for "fcgiwrap does not start" listens "$sock"
}

case $1 in
start)
	make_certificates
	write_conf > "$dir/nginx.conf"
	start_nginx
	start_fcgiwrap
	;;
restart)
	stop_nginx
	start_nginx
	;;
stop)
	! ours "$dir/www/fcgiwrap.pid" || kill "$pid" 2>/dev/null || :
	rm -f "$dir/www/fcgiwrap.pid"
	stop_nginx
	;;
esac
