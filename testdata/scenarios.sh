#!/bin/bash
# make scenarios: checks the decision guide on real workloads. imgserve serves each of them
# on loopback, and imgfetch --compare runs each backend or pool in turn. The reports are in
# build/scenarios/*.html. $ROUNDS: rounds of each; $ONLY: the scenarios to run.
# Those on a long line need nginx, root and /dev/net/tun.
set -eu
cd "$(dirname "$0")/.."
export XDG_CONFIG_HOME=/nonexistent # ignore the user's own options
rounds=${ROUNDS:-3}
work=$PWD/build/scenarios
rm -rf "$work" && mkdir -p "$work/site"
cp testdata/images/photo_*.jpg "$work/site/"
build/imgserve --port=0 --ready-file="$work/port" "$work/site" >"$work/imgserve.log" &
server=$!
trap 'kill $server 2>/dev/null || true' EXIT
for ((i = 0; i < 100; i++)); do [ -s "$work/port" ] && break; sleep 0.1; done
port=$(cat "$work/port")

# The lists of the scenarios "order*" end with an image that takes as long as all others together.
echo "http://127.0.0.1:$port/photo_1200x900.jpg" |
	build/imgfetch - -q --allow-net=127.0.0.0/8 -o "$work/large" -t 6000 --upscale --no-originals
cp "$work"/large/thumbs/6000/00000/*.jpg "$work/site/large.jpg"

# scenario NAME TITLE OPTION...: the list is on standard input
far= # a server at the far end of a long line, if not empty: a shell command
scenario() {
	local name=$1 title=$2
	shift 2
	set -- ../imgfetch "$name.txt" --allow-net=127.0.0.0/8 --repeat="$rounds" --report="$work/$name.html" "$@"
	[ ! "$far" ] || set -- python3 "$PWD/cmd/imgfetch/e2e/lossylink.py" 100 0.01 1 "$far" "${*@Q}"
	cat >"$work/$name.txt"
	case " ${ONLY:-$name} " in *" $name "*) ;; *) return 0 ;; esac
	printf '\n== %s: %s\n$ %s\n' "$name" "$title" "$*"
	(cd "$work" && "$@")
}

# urls COUNT HOSTS PATH: the path may use %d, the URL's number
urls() {
	awk -v n="$1" -v hosts="$2" -v path="$3" -v port="$port" 'BEGIN {
		for (i = 0; i < n; i++) {
			p = path; gsub(/%d/, i, p)
			printf "http://127.0.%d.%d:%d/%s\n", i % hosts / 250, i % hosts % 250 + 1, port, p
		}}'
}

urls 100 80 'photo_640x480.jpg?delay=80&%d' |
	scenario sites "100 images from many sites" --compare --no-thumbs
urls 5000 100 'photo_640x480.jpg?delay=100&%d' |
	scenario waits "many small waits, 100 ms each" --compare=async,coro --no-thumbs -c 1000 --per-host=0
urls 1000 100 'photo_640x480.jpg?delay=100&%d' |
	scenario waits64 "the same, 64 at once" --compare=async,coro,threads,procs --no-thumbs -c 64 --per-host=0
urls 16 4 'large.jpg?rate=700000&%d' |
	scenario large "a few large, slow files" --compare=async,coro,threads,procs --no-thumbs -c 16 --per-host=0
urls 300 20 'photo_1200x900.jpg?%d' |
	scenario thumbs "CPU-heavy: large WebP thumbnails, each pool in turn" --compare=pools -t 800 --thumb-format=webp
for order in --decode-order=fifo --decode-order=largest --shuffle=1; do
	{
		urls 90 10 'photo_640x480.jpg?%d'
		urls 1 1 'large.jpg'
	} | scenario "order${order#*=}" "one large image at the end of the list: $order" --compare=async $order -c 100 --per-host=0
done
urls 300 60 'photo_640x480.jpg?delay=1000&%d' |
	scenario mixed "waits and thumbnails together" --compare=async,coro,threads,procs -c 64 --per-host=0

# Versions of HTTP, with a round trip of 100 ms and a loss of 1 % (cmd/imgfetch/e2e/lossylink.py).
# nginx of Debian 12 has no HTTP/3.
long_line() {
	PATH=$PATH:/usr/sbin
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$work/key.pem" \
		-out "$work/ca.pem" -days 2 -subj /CN=far.test -addext subjectAltName=DNS:far.test 2>"$work/openssl.log"
	local quic='listen 10.77.0.2:443 quic;'
	nginx -V 2>&1 | grep -q http_v3_module || quic=
	cat >"$work/nginx.conf" <<END
daemon off; master_process off; pid nginx.pid; error_log nginx.log;
events { worker_connections 1024; }
http {
	access_log access.log; keepalive_requests 100000; types { image/jpeg jpg; }
	client_body_temp_path tmp; proxy_temp_path tmp; fastcgi_temp_path tmp; uwsgi_temp_path tmp; scgi_temp_path tmp;
	server {
		listen 10.77.0.2:443 ssl http2; $quic
		server_name far.test; ssl_certificate ca.pem; ssl_certificate_key key.pem; root site;
	}
}
END
	far="exec nginx -p '$work' -c nginx.conf -e nginx.log"
	set -- --compare=http --no-thumbs --allow-net=10.77.0.0/24 --resolve='*:443:10.77.0.2' --cacert=ca.pem
	seq 300 | sed 's|.*|https://far.test/photo_640x480.jpg?&|' |
		scenario far "300 images of one host, 100 ms away, 1 % lost" "$@"
	seq 300 | sed 's|.*|https://far.test/photo_640x480.jpg?&|' |
		scenario far64 "the same, 64 at once" "$@" -c 64 --per-host=64
}
if [ "$(id -u)" = 0 ] && [ -w /dev/net/tun ] && unshare -n true; then
	long_line
else
	echo 'left out: the scenarios on a long line, which need root and /dev/net/tun'
fi
echo
echo "The reports are in $work/*.html"
