#!/bin/sh
# make demo: serves real photographs and testdata's images on loopback, on dozens of
# hosts, and fetches them with imgfetch. Some of the URLs fail on purpose.
set -eu
cd "$(dirname "$0")/.."
export XDG_CONFIG_HOME=/nonexistent # ignore the user's own options
demo=build/demo
site=$demo/site

# Real photographs, from a Debian package that is unpacked but not installed.
if [ ! -e "$demo/photos" ]; then
	rm -rf "$demo/package" && mkdir -p "$demo/package"
	(cd "$demo/package" && apt-get download -qq -o APT::Sandbox::User=root mate-backgrounds && dpkg-deb -x ./*.deb .)
	mkdir -p "$demo/photos.part"
	find "$demo/package" -type f -name '*.jpg' -size -5000k \
		-exec cp {} "$demo/photos.part/" \;
	rm -rf "$demo/package" && mv "$demo/photos.part" "$demo/photos"
fi
rm -rf "$site" "$demo/images"
mkdir -p "$site"
cp "$demo"/photos/* testdata/images/* "$site/"

build/imgserve --port=0 --ready-file="$demo/port" "$site" >"$demo/imgserve.log" &
server=$!
trap 'kill $server 2>/dev/null || true' EXIT
tries=0
until [ -s "$demo/port" ]; do
	tries=$((tries + 1))
	[ $tries -lt 100 ] || { echo "demo: imgserve did not start; see $demo/imgserve.log" >&2; exit 1; }
	sleep 0.1
done
port=$(cat "$demo/port")

# Each photograph from 16 of 40 hosts, with some latency; testdata's images; and failures.
awk -v port="$port" -v photos="$(ls "$demo/photos")" 'BEGIN {
	n = split(photos, name, "\n")
	for (i = 0; i < 16 * n; i++)
		printf "http://127.0.0.%d:%s/%s?delay=%d\n", i % 40 + 1, port, name[i % n + 1], i * 37 % 200
}' >"$demo/urls.txt"
sed "s/PORT/$port/" testdata/lists/good.txt >>"$demo/urls.txt"
cat >>"$demo/urls.txt" <<END
# common failures on the web
http://127.0.0.50:$port/no-such-image.jpg
http://127.0.0.50:$port/photo_640x480.jpg?status=503
http://127.0.0.51:$port/photo_640x480.jpg?fail_first=1
http://127.0.0.51:$port/photo_640x480.jpg?hops=3
http://127.0.0.52:$port/photo_640x480.jpg?loop=1
http://127.0.0.53:$port/photo_640x480.jpg?fault=close
http://127.0.0.53:$port/photo_640x480.jpg?fault=half
http://127.0.0.54:$port/html.jpg
http://127.0.0.54:$port/garbage.jpg
http://127.0.0.54:$port/truncated.png
http://127.0.0.54:$port/png_huge_dims.png
http://127.0.0.55:1/refused.jpg
http://no-such-host.invalid/photo.jpg
http://10.0.0.1/private-network.jpg
ftp://127.0.0.1/photo.jpg
END

echo "\$ imgfetch urls.txt --backend=async --allow-net=127.0.0.0/8"
code=0
(cd "$demo" && ../imgfetch urls.txt --backend=async --allow-net=127.0.0.0/8) || code=$?
echo "exit status $code (1: some rows failed, as expected here)"
[ $code -eq 1 ] || exit 1
(cd "$demo" && ../imgfetch -q --report=report.html -o images)
cat <<END

The results are in $demo/images:
  images/00000/     the images as received         $(find "$demo/images/images" -type f | wc -l) files
  thumbs/256/00000/ their thumbnails               $(find "$demo/images/thumbs" -type f | wc -l) files
  manifest/         one row of JSON for every URL  $(cat "$demo"/images/manifest/*.jsonl | wc -l) rows
  00000_stats.json  the counts
A page with all of them: $demo/report.html
END
