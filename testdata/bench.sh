#!/bin/bash
# make bench: prints how fast imgfetch is beside its peers, and how much memory it
# takes. Runs are paired and interleaved, because absolute times on a shared machine mean
# little; outputs go to tmpfs, a new directory each round. It never fails for being slow.
set -eu
cd "$(dirname "$0")/.."
rounds=${ROUNDS:-5}
bench=$PWD/build/bench
out=$(mktemp -d -p "${BENCH_TMP:-/dev/shm}" imgfetch-bench.XXXXXX)
mkdir -p "$bench/root"
cleanup() {
	[ ! -e "$bench/nginx.pid" ] || kill "$(cat "$bench/nginx.pid")" 2>/dev/null || true
	rm -rf "$out"
}
trap cleanup EXIT

# measure LABEL COMMAND...: appends "LABEL wall user+sys peak-kB" to results
measure() {
	local label=$1
	shift
	/usr/bin/time -o "$out/time" -f '%e %U %S %M' "$@" >"$out/log" 2>&1 || true
	awk -v label="$label" '{print label, $1, $2 + $3, $4}' "$out/time" >>"$out/results"
}

# summary: for each label the median and range of the wall times, and the ratio to the last label
summary() {
	awk '{n[$1]++; wall[$1, n[$1]] = $2; cpu[$1] += $3; if ($4 > peak[$1]) peak[$1] = $4
		if (n[$1] == 1) order[++labels] = $1}
	function sorted(l, i, j, t) {
		for (i = 1; i <= n[l]; i++) s[i] = wall[l, i]
		for (i = 2; i <= n[l]; i++) for (j = i; j > 1 && s[j] < s[j - 1]; j--) {t = s[j]; s[j] = s[j - 1]; s[j - 1] = t}
	}
	END {for (k = 1; k <= labels; k++) {l = order[k]; sorted(l); median[l] = s[int((n[l] + 1) / 2)]
			printf "  %-22s %7.2f s  (%.2f to %.2f)  cpu %6.2f s  peak %6.1f MB", l, median[l], s[1], s[n[l]], cpu[l] / n[l], peak[l] / 1024
			if (k > 1) printf "  %.2f of %s", median[l] / median[order[1]], order[1]
			print ""}}' "$out/results"
	rm -f "$out/results"
}

echo "rows through the pipeline alone (--backend=null --no-thumbs), manifest written"
if [ ! -e "$bench/million.txt" ]; then
	seq 0 999999 | awk '{printf "http://host%d.example/images/%d/photo%d.jpg\n", $1 % 5000, $1 / 5000, $1}' >"$bench/million.part"
	mv "$bench/million.part" "$bench/million.txt"
fi
for ((i = 0; i < rounds; i++)); do
	for rows in 100000 1000000; do
		measure "$rows-rows" build/imgfetch "$bench/million.txt" --limit=$rows --backend=null --no-thumbs -q -o "$out/null"
		rows_written=$(cat "$out"/null/manifest/*.jsonl | wc -l)
		[ "$rows_written" = $rows ] || echo "  WRONG: $rows_written of $rows rows"
		rm -rf "$out/null"
	done
done
summary

n=20000
echo "$n JPEGs of $(stat -c %s testdata/images/photo_640x480.jpg) bytes from nginx on loopback, keep-alive, files written"
cp testdata/images/photo_640x480.jpg "$bench/root/photo.jpg"
cat >"$bench/nginx.conf" <<END
worker_processes 1;
pid $bench/nginx.pid;
error_log $bench/nginx.log;
events { worker_connections 8192; }
http {
	access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000000; open_file_cache max=1000;
	client_body_temp_path $bench/t1; proxy_temp_path $bench/t2; fastcgi_temp_path $bench/t3;
	uwsgi_temp_path $bench/t4; scgi_temp_path $bench/t5;
	server { listen 127.0.0.1:${BENCH_PORT:-18200} backlog=4096; root $bench/root; location / { try_files /photo.jpg =404; } }
}
END
nginx -p "$bench" -c "$bench/nginx.conf"
seq 0 $((n - 1)) | sed "s,.*,http://127.0.0.1:${BENCH_PORT:-18200}/&.jpg," >"$out/urls.txt"
awk '{n = split($0, part, "/"); printf "url = \"%s\"\noutput = \"%s\"\n", $0, part[n]}' "$out/urls.txt" >"$out/curl.conf"
for ((i = 0; i < rounds; i++)); do
	mkdir "$out/curl"
	(cd "$out/curl" && measure curl-Z curl -s -Z --parallel-max 64 -K "$out/curl.conf")
	measure imgfetch build/imgfetch "$out/urls.txt" --no-thumbs -q --allow-net=127.0.0.0/8 -o "$out/imgfetch"
	for files in "$out/curl" "$out/imgfetch/images"; do
		got=$(find "$files" -type f -size "$(stat -c %s testdata/images/photo_640x480.jpg)c" | wc -l)
		[ "$got" = $n ] || echo "  WRONG: $got of $n files in $files"
	done
	rm -rf "$out/curl" "$out/imgfetch"
done
summary
