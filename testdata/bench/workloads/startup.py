"""A list of one URL: what it costs to start and to end."""
from harness import Contender
from tools import Job, curl, imgfetch

REPEATS = 30  # for each round


def one(bench):
    image = "png_1x1.png"
    w = bench.workload("one", "a list of one URL, from start to end", 1)
    job = Job(bench.site.write_list("one", bench.site.urls(1, image)), [bench.site.root / image], 64)
    alone = Contender("curl", ["curl", "-s", "-f", "-o", "image.png", bench.site.urls(1, image)[0]], job.bodies)
    bench.run(w, [imgfetch(job, "--no-thumbs"), alone], rounds=bench.rounds * REPEATS)
    ours, theirs = (c.median("wall") for c in w.contenders)
    if ours and theirs:
        w.counts["ms more than curl"] = (ours - theirs) * 1000
        w.notes.append(f"{w.counts['ms more than curl']:.1f} ms more than curl (at most 15)")
