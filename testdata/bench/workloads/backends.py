"""The ways to fetch beside each other, where one of them has a price to show."""
from harness import Goal
from tools import Job, imgfetch

PIXEL = "png_1x1.png"


def contenders(bench, name, n, at_once, backends, *options):
    urls = bench.site.urls(n, f"after100ms/{PIXEL}")
    job = Job(bench.site.write_list(name, urls), [bench.site.root / PIXEL] * n, at_once)
    return [imgfetch(job, "--no-thumbs", "--per-host=0", f"--backend={backend}", *options, name=backend)
            for backend in backends]


def many(bench):
    w = bench.workload("many", "20,000 images of 69 bytes, 100 ms away, 5,000 at once: what a coroutine "
                       "costs", 20_000)
    bench.run(w, contenders(bench, "many", 20_000, 5000, ("async", "coro"), "--memory=2G"), size_mb=100)
    asynchronous, coro = (c.median("peak_mb") for c in w.contenders)
    if asynchronous and coro:
        w.counts["kB a coroutine"] = (coro - asynchronous) * 1024 / 5000
        w.notes.append(f"a coroutine: {w.counts['kB a coroutine']:.1f} kB more than a transfer of async "
                       "(at most 12)")


def blocking(bench):
    w = bench.workload("blocking", "3,200 images of 69 bytes, 100 ms away, 64 at once", 3_200)
    bench.run(w, contenders(bench, "blocking", 3_200, 64, ("async", "threads", "procs")),
              [Goal("async", 1.1, who=who) for who in ("threads", "procs")], ideal=5.0)
