"""One hostile host among good ones: how long the good rows take, beside what they take alone."""
import os
import socket
import struct
import zlib
from urllib.parse import quote

from harness import Contender, Goal
from tools import BUILD, HERE

GOOD_HOSTS = 5
N_HOSTILE = 40


def deaf_port():
    """A port that accepts connections, and nothing else. They end with the process."""
    listener = socket.create_server(("127.0.0.2", 0), backlog=1000)
    deaf_port.listeners.append(listener)
    return listener.getsockname()[1]


deaf_port.listeners = []


def hostile_kinds(site):
    """Name: what 127.0.0.2 does, the options of the run, and what it is run by, if anything."""
    bad = f"http://127.0.0.2:{site.imgserve_port}"
    deaf = deaf_port()
    chunk = quote("1;" + "e" * 2000 + "\r\nx\r\n")
    head = quote("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    return {
        "claims": (f"{bad}/a?size=67108864&rate=200&", []),
        "stops halfway": (f"{bad}/a?size=60000000&fault=stall&", []),
        "silence": (f"{bad}/a?fault=silent&", []),
        "slow headers": (f"{bad}/a?fault=drip&", []),
        "endless bodies": (f"{bad}/a.png?fault=endless&rate=2000000&", []),
        "chunk extensions": (f"{bad}/a?raw={head}&again={chunk}&", []),
        "redirects": (f"{bad}/a?loop=1&delay=100&", ["--max-redirects=1000"]),
        "waits": (f"{bad}/a?status=503&retry_after=5&", []),
        "failures": (f"{bad}/a?status=500&", ["--retries=100"]),
        "handshakes": (f"https://127.0.0.2:{deaf}/a?", []),
        "robots.txt": (f"http://127.0.0.2:{deaf}/a?", ["--robots-txt"]),
        "all slots": (f"{bad}/a?fault=silent&", ["-c", "32", "--per-host=0"]),
        "large images": ("http://127.0.0.2/big.bmp?", []),
        "slow bodies": (f"{bad}/a?size=3000000&rate=30000&", []),
        "connections": (f"{bad}/a?fault=silent&", ["--per-host=0"]),
        "descriptors": (f"{bad}/a?fault=silent&", ["-c", "64", "--per-host=0"], ["prlimit", "--nofile=110"]),
    }


def until_good(bench, name, good, hostile, *options, by=()):
    """The hostile rows are spread over the list."""
    urls = list(good)
    for i, url in enumerate(hostile):
        urls.insert(i * len(good) // len(hostile) + i, url)
    path = bench.site.write_list(name.replace(" ", "_").replace("/", "_"), urls)
    command = [HERE / "peers/untilgood.py", len(good), "good", *by, BUILD / "imgfetch", path, "-q", "--json",
               "-o", "{dir}/out", "--allow-net=127.0.0.0/8", *options]
    return Contender(name, command, lambda directory: None)


def compare(bench, workload, pairs, **more):
    """pairs: a run of the good rows alone, and one beside the hostile ones."""
    bench.run(workload, [run for pair in pairs for run in pair],
              [Goal(alone.name, 1.2, who=mixed.name) for alone, mixed in pairs], **more)


def hostages(bench):
    n = 1200
    w = bench.workload("hostages", f"{n:,} images, each 100 ms away, from {GOOD_HOSTS} hosts, beside {N_HOSTILE} "
                       "URLs of a hostile one", n)
    good = bench.site.urls(n, "after100ms/png_1x1.png", first=11, hosts=GOOD_HOSTS, query="good")
    pairs = []
    for kind, (url, options, *by) in hostile_kinds(bench.site).items():
        by = by[0] if by else ()
        hostile = [f"{url}n={i}" for i in range(N_HOSTILE)]
        backends = ("async", "coro", "threads", "procs") if kind == "claims" else ("async",)
        for backend in backends:
            these = ["--no-thumbs", f"--backend={backend}", *options]
            pairs.append((until_good(bench, f"alone {len(pairs)}", good, [], *these, by=by),
                          until_good(bench, f"{kind} {backend}", good, hostile, *these, by=by)))
    compare(bench, w, pairs, size_mb=900)


def hostage_disk(bench):
    """Files on a disk: what waits for it is mostly of one host."""
    n = 5000
    w = bench.workload("hostage_disk", f"{n:,} JPEGs of 640 pixels, written to a disk, beside {N_HOSTILE} images of "
                       "50 MB of a hostile host", n)
    good = bench.site.urls(n, "after100ms/photo_640x480.jpg", first=11, hosts=GOOD_HOSTS, query="good")
    large = [f"http://127.0.0.2/big.bmp?{i}" for i in range(N_HOSTILE)]
    compare(bench, w, [(until_good(bench, "alone", good, [], "--no-thumbs"),
                        until_good(bench, "large images", good, large, "--no-thumbs"))], size_mb=2200, disk=True)


def hostage_names(bench):
    """Names whose servers never answer."""
    n = 2000
    w = bench.workload("hostage_names", f"{n:,} images, each from a host of its own, beside as many names whose "
                       "servers are silent", n)
    good = [f"http://address.good{i}.test/png_1x1.png?{i}" for i in range(n)]
    silent = [f"http://n{i}.lost.example/a" for i in range(n)]
    compare(bench, w, [(until_good(bench, "alone", good, [], "--no-thumbs"),
                        until_good(bench, "silent names", good, silent, "--no-thumbs"))])


def write_slow_png(path, width=10000, height=8000):
    """Lines of noise with the filter that takes longest to undo (Paeth)."""
    lines = [b"\4" + os.urandom(3 * width) for _ in range(4)]
    packer = zlib.compressobj(1)
    packed = b"".join(packer.compress(lines[y % 4 if y % 64 < 4 else 0]) for y in range(height)) + packer.flush()

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b""))


def hostage_decoders(bench):
    """Pictures of 80 megapixels, which take a decoder a second or two."""
    write_slow_png(bench.site.root / "slow.png")
    n = 6000
    w = bench.workload("hostage_decoders", f"{n:,} JPEGs of 640 pixels and thumbnails of 256 pixels, beside "
                       f"{N_HOSTILE} pictures of 80 megapixels", n)
    good = bench.site.urls(n, "photo_640x480.jpg", first=11, hosts=GOOD_HOSTS, query="good")
    slow = [f"http://127.0.0.2/slow.png?n={i}" for i in range(N_HOSTILE)]
    compare(bench, w, [(until_good(bench, "alone", good, [], "-t", "256"),
                        until_good(bench, "slow pictures", good, slow, "-t", "256"))], size_mb=400)
