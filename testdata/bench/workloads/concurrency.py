"""--concurrency=auto beside fixed numbers: it should take at most a tenth longer than the best."""
from harness import Goal, all_of, rows
from tools import Job, imgfetch

PIXEL = "png_1x1.png"


def successes(n):
    """The manifest has n successes; other rows do not count."""
    def check(directory):
        good = sum(line.count(b'"status":"success"') for path in directory.rglob("*.jsonl")
                   for line in path.read_bytes().splitlines())
        return None if good == n else f"{good} of {n} successes"
    return check


def race(bench, w, urls, fixed, check, *options):
    contenders = []
    for at_once in ("auto", *fixed):
        job = Job(bench.site.write_list(w.name, urls), [], at_once)
        contenders.append(imgfetch(job, "--no-thumbs", *options, name=str(at_once), check=check))
    bench.run(w, contenders, [Goal(str(at_once), 1.1) for at_once in fixed], size_mb=400)


def auto_waits(bench):
    n = 20_000
    w = bench.workload("auto_waits", "--concurrency=auto: 20,000 images of 69 bytes, 100 ms away", n)
    race(bench, w, bench.site.urls(n, f"after100ms/{PIXEL}"), (64, 256, 1024, 2048), rows(n), "--per-host=0")


def auto_large(bench):
    n = 300
    w = bench.workload("auto_large", "the same: 300 files of 1.1 MB, each at 270 kB/s", n)
    race(bench, w, bench.site.urls(n, "slowly/1mb.bmp"), (64, 256, 1024), rows(n), "--per-host=0")


def auto_mixed(bench):
    """Every twentieth host never answers."""
    n, hosts = 10_000, 200
    w = bench.workload("auto_mixed", "the same: 10,000 images from 200 hosts, of which ten time out", n)
    urls = []
    for i in range(n):
        host, silent = i % hosts, i % hosts % 20 == 0
        early = i // hosts < 10  # later rows would only fail as host_down
        path = "never" if silent and early else "after100ms"
        urls.append(f"http://127.0.1.{host + (silent and not early) + 1}/{path}/{PIXEL}?{i}")
    dead = sum("/never/" in url for url in urls)
    race(bench, w, urls, (64, 256, 1024, 2048), all_of(successes(n - dead)), "--timeout=3",
         "--retries=1", "--fail-under=0")
