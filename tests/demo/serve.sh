#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# serve.sh start DIR | stop DIR | restart DIR
#
# Serves DIR/pub over TLS as a fleet would: the Director on port 8440, the Image
# repository on 8441, the time source on 8443 (PORT=N shifts all three).  nginx
# hands time requests through fcgiwrap to DIR/time.cgi.  The CA in DIR/tls is made
# here, for this run, and trusted by nobody else.  A restart takes what is in DIR/tls
# by then; when it is back, nothing of the server before it answers.
set -eu
dir=$(cd "$2" && pwd)
base=${PORT:-8440}
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
				fastcgi_pass unix:$dir/www/time.sock;
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

wait_for() {
	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		[ -e "$1" ] && return 0
		sleep 0.1
	done
	echo "serve: $1 did not appear" >&2
	return 1
}

start_nginx() {
	nginx -p "$dir/www" -c "$dir/nginx.conf" -e "$dir/www/error.log" || {
		cat "$dir/www/error.log" >&2
		exit 1
	}
	wait_for "$dir/www/nginx.pid"
}

# nginx removes its pid file when its workers are gone.
stop_nginx() {
	kill "$(cat "$dir/www/nginx.pid")"
	i=0
	while [ -e "$dir/www/nginx.pid" ]; do
		[ $i -lt 200 ] || {
			echo "serve: nginx does not end" >&2
			exit 1
		}
		i=$((i + 1))
		sleep 0.05
	done
}

case $1 in
start)
	make_certificates
	write_conf > "$dir/nginx.conf"
	setsid fcgiwrap -s "unix:$dir/www/time.sock" > "$dir/www/fcgiwrap.log" 2>&1 < /dev/null &
	echo $! > "$dir/www/fcgiwrap.pid"
	wait_for "$dir/www/time.sock"
	start_nginx
	;;
restart)
	stop_nginx
	start_nginx
	;;
stop)
	for p in nginx fcgiwrap; do
		[ -s "$dir/www/$p.pid" ] && kill "$(cat "$dir/www/$p.pid")" 2>/dev/null || :
	done
	;;
esac
