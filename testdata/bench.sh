#!/bin/bash
# make bench: prints how fast imgfetch is, beside its peers or the time the workload itself
# takes, and how much memory it needs. Runs are paired and interleaved, because absolute times
# on a shared machine mean little; outputs go to tmpfs, a new directory each round. It never
# fails for being slow. $ROUNDS rounds of each; $ONLY names the sections to run.
set -eu
cd "$(dirname "$0")/.."
rounds=${ROUNDS:-5}
port=${BENCH_PORT:-18200}
hosts=50 # 127.0.0.1 and so on
images=$PWD/testdata/images
bench=$PWD/build/bench
out=$(mktemp -d -p "${BENCH_TMP:-/dev/shm}" imgfetch-bench.XXXXXX)
mkdir -p "$bench/root"
cleanup() {
	[ ! -e "$bench/imgserve.pid" ] || kill "$(cat "$bench/imgserve.pid")" 2>/dev/null || true
	rm -f "$bench/imgserve.pid"
	[ ! -e "$bench/nginx.pid" ] || kill "$(cat "$bench/nginx.pid")" 2>/dev/null || true
	rm -rf "$out"
}
trap cleanup EXIT

# ---- how it is measured ----

# measure LABEL COMMAND...: appends "LABEL wall user+sys peak-kB" to results
measure() {
	local label=$1
	shift
	/usr/bin/time -o "$out/time" -f '%e %U %S %M' "$@" >"$out/log" 2>&1 || true
	tail -n 1 "$out/time" | awk -v label="$label" '{print label, $1, $2 + $3, $4}' >>"$out/results"
}

# imgfetch LABEL ROWS LIST OPTION...: one measured run; so many rows must succeed
imgfetch() {
	local label=$1 rows=$2 list=$3 got
	shift 3
	measure "$label" build/imgfetch "$list" -q --allow-net=127.0.0.0/8 -o "$out/$label" "$@"
	got=$(cat "$out/$label"/manifest/*.jsonl | grep -c '"status":"success"' || true)
	[ "$got" = "$rows" ] || echo "  WRONG: $label: $got of $rows rows"
	rm -rf "${out:?}/$label"
}

# summary [IDEAL]: for each label the median and range of the wall times, the ratio to the first
# label, and to the time in seconds that the workload itself takes
summary() {
	awk -v ideal="${1:-0}" '{n[$1]++; wall[$1, n[$1]] = $2; cpu[$1] += $3; if ($4 > peak[$1]) peak[$1] = $4
		if (n[$1] == 1) order[++labels] = $1}
	function sorted(l, i, j, t) {
		for (i = 1; i <= n[l]; i++) s[i] = wall[l, i]
		for (i = 2; i <= n[l]; i++) for (j = i; j > 1 && s[j] < s[j - 1]; j--) {t = s[j]; s[j] = s[j - 1]; s[j - 1] = t}
	}
	END {for (k = 1; k <= labels; k++) {l = order[k]; sorted(l); median[l] = s[int((n[l] + 1) / 2)]
			printf "  %-14s %7.2f s  (%.2f to %.2f)  cpu %6.2f s  peak %6.1f MB", l, median[l], s[1], s[n[l]], cpu[l] / n[l], peak[l] / 1024
			if (ideal > 0) printf "  %.2f of the ideal %.1f s", median[l] / ideal, ideal
			if (k > 1) printf "  %.2f of %s", median[l] / median[order[1]], order[1]
			print ""}}' "$out/results"
	mv "$out/results" "$out/last"
}

# urls N PATH: N URLs, the hosts in turn
urls() {
	awk -v n="$1" -v path="$2" -v hosts=$hosts -v port="$port" 'BEGIN {
		for (i = 0; i < n; i++) printf "http://127.0.0.%d:%d/%s?%d\n", i % hosts + 1, port, path, i}'
}

# nginx with the pictures, and below /after100ms/ the same 100 ms later
serve() {
	cp "$images"/{png_1x1.png,photo_640x480.jpg,photo_1200x900.jpg} "$bench/root/"
	cat >"$bench/nginx.conf" <<END
load_module /usr/lib/nginx/modules/ngx_http_echo_module.so;
worker_processes 1;
pid $bench/nginx.pid;
error_log $bench/nginx.log;
events { worker_connections 16384; }
http {
	access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000000; open_file_cache max=1000;
	client_body_temp_path $bench/t1; proxy_temp_path $bench/t2; fastcgi_temp_path $bench/t3;
	uwsgi_temp_path $bench/t4; scgi_temp_path $bench/t5;
	server {
		$(for ((i = 1; i <= hosts; i++)); do echo "listen 127.0.0.$i:$port backlog=4096;"; done)
		root $bench/root;
		location ~ ^/after100ms(/.*)\$ { echo_sleep 0.1; echo_exec \$1; }
	}
}
END
	nginx -p "$bench" -c "$bench/nginx.conf"
}

# ---- what is measured ----

bench_rows() {
	local i rows
	echo "rows through the pipeline alone (--backend=null --no-thumbs), manifest written"
	if [ ! -e "$bench/million.txt" ]; then
		seq 0 999999 | awk '{printf "http://host%d.example/images/%d/photo%d.jpg\n", $1 % 5000, $1 / 5000, $1}' >"$bench/million.part"
		mv "$bench/million.part" "$bench/million.txt"
	fi
	for ((i = 0; i < rounds; i++)); do
		for rows in 100000 1000000; do
			imgfetch "$rows-rows" $rows "$bench/million.txt" --limit=$rows --backend=null --no-thumbs
		done
	done
	summary
}

bench_files() {
	local i n=20000 got size files
	size=$(stat -c %s "$images/photo_640x480.jpg")
	echo "$n JPEGs of $size bytes from nginx, 64 at once, keep-alive, files written"
	urls $n photo_640x480.jpg >"$out/urls.txt"
	awk '{printf "url = \"%s\"\noutput = \"%d.jpg\"\n", $0, NR}' "$out/urls.txt" >"$out/curl.conf"
	for ((i = 0; i < rounds; i++)); do
		mkdir "$out/curl"
		(cd "$out/curl" && measure curl-Z curl -s -Z --parallel-max 64 -K "$out/curl.conf")
		got=$(find "$out/curl" -type f -size "${size}c" | wc -l)
		[ "$got" = $n ] || echo "  WRONG: curl: $got of $n files"
		rm -rf "$out/curl"
		imgfetch imgfetch $n "$out/urls.txt" --no-thumbs -c 64
	done
	summary
}

bench_waits() {
	local i n=20000 backend
	echo "$n images of 69 bytes, each 100 ms away, 1,000 at once"
	urls $n after100ms/png_1x1.png >"$out/urls.txt"
	for ((i = 0; i < rounds; i++)); do
		for backend in async coro; do
			imgfetch $backend $n "$out/urls.txt" -b $backend -c 1000 --per-host=0 --no-thumbs
		done
	done
	summary 2.0
}

bench_many() {
	local i n=20000 backend
	echo "the same, 5,000 at once: what a coroutine costs"
	urls $n after100ms/png_1x1.png >"$out/urls.txt"
	for ((i = 0; i < rounds; i++)); do
		for backend in async coro; do
			imgfetch $backend $n "$out/urls.txt" -b $backend -c 5000 --per-host=0 --memory=2G --no-thumbs
		done
	done
	summary
	awk '{n[$1]++; peak[$1] += $4}
		END {printf "  a coroutine: %.1f kB more than a transfer of async\n",
			(peak["coro"] / n["coro"] - peak["async"] / n["async"]) / 5000}' "$out/last"
}

bench_blocking() {
	local i n=3200 backend
	echo "$n images of 69 bytes, each 100 ms away, 64 at once"
	urls $n after100ms/png_1x1.png >"$out/urls.txt"
	for ((i = 0; i < rounds; i++)); do
		for backend in async threads procs; do
			imgfetch $backend $n "$out/urls.txt" -b $backend -c 64 --per-host=0 --no-thumbs
		done
	done
	summary 5.0
}

bench_pools() {
	local i n=200 pool
	echo "thumbnails of $n JPEGs of 1.1 megapixels, one pool after another; $(nproc) cores"
	urls $n photo_1200x900.jpg >"$out/urls.txt"
	for ((i = 0; i < rounds; i++)); do
		for pool in inline threads procs; do
			imgfetch $pool $n "$out/urls.txt" --pool=$pool
		done
	done
	summary
}

bench_dns() {
	local i n=10000 site=$((port + 1)) dns=$((port + 2))
	echo "$n images of 69 bytes, each from a host of its own: addresses given, and looked up 20 ms away"
	build/imgserve --port=$site --dns-port=$dns --dns-delay=20 "$images" >"$bench/imgserve.log" &
	echo $! >"$bench/imgserve.pid"
	sleep 0.5
	seq $n | sed "s#.*#http://host&.example:$site/png_1x1.png#" >"$out/urls.txt"
	for ((i = 0; i < rounds; i++)); do
		imgfetch given $n "$out/urls.txt" -b async --no-thumbs --resolve="*:$site:127.0.0.1"
		imgfetch looked-up $n "$out/urls.txt" -b async --no-thumbs --dns-servers=127.0.0.1:$dns
	done
	summary
	awk -v rows=$n '{n[$1]++; cpu[$1] += $3}
		END {printf "  a name: %.0f us of CPU\n",
			(cpu["looked-up"] / n["looked-up"] - cpu["given"] / n["given"]) / rows * 1e6}' "$out/last"
}

bench_resize() {
	echo "one plane or picture to a thumbnail: Lanczos-3, beside stb_image_resize with its defaults"
	"${BIN:-build/release}/bench/src/image/resize_bench"
}

serve
for section in rows files waits many blocking pools dns resize; do
	case " ${ONLY:-$section} " in *" $section "*) bench_$section ;; esac
done
