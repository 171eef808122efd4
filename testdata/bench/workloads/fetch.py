"""Fetching, without thumbnails."""
from harness import Goal, all_of, rows, tar_bodies
from tools import Job, aio, aria2, bare_loop, curl, imgfetch, wget2, xargs_curl

PHOTO = "photo_640x480.jpg"


def files(bench):
    n = 20_000
    w = bench.workload("files", "20,000 JPEGs of 21.6 kB from 50 hosts, 64 at once, files written", n)
    job = Job(bench.site.write_list("files", bench.site.urls(n, PHOTO)), [bench.site.root / PHOTO] * n, 64)
    bench.run(w, [
        imgfetch(job, "--no-thumbs"),
        bare_loop(job), bare_loop(job, name="bare loop, no files", files=False),
        curl(job), wget2(job), aria2(job), xargs_curl(job), aio(job),
    ], [Goal("curl -Z", 0.6), Goal("wget2", 0.7), Goal("bare loop", 1.15)], size_mb=500)


def in_tars(job, n):
    return imgfetch(job, "--no-thumbs", "--layout=webdataset", check=all_of(rows(n), tar_bodies(job.sources)))


def tar(bench):
    n = 20_000
    w = bench.workload("tar", "20,000 JPEGs of 21.6 kB from 50 hosts, 64 at once, in two tars", n)
    job = Job(bench.site.write_list("tar", bench.site.urls(n, PHOTO)), [bench.site.root / PHOTO] * n, 64)
    bench.run(w, [
        in_tars(job, n), imgfetch(job, "--no-thumbs", name="imgfetch, files"),
        bare_loop(job, name="bare loop, no files", files=False), curl(job),
    ], [Goal("curl -Z", 0.45)], size_mb=500)


def tar_on_disk(bench):
    """A file costs a file system on a disk more than one in memory. Small images, so that it is files
    that cost and not bytes; so many that the disk has to keep up."""
    n = 40_000
    w = bench.workload("tar_on_disk", f"{n:,} JPEGs of 100 pixels, 64 at once, on disk", n)
    urls, sources = bench.site.photos("tiny", n)
    job = Job(bench.site.write_list("tar", urls), sources, 64)
    bench.run(w, [in_tars(job, n), imgfetch(job, "--no-thumbs", name="imgfetch, files"), curl(job)],
              [Goal("imgfetch, files", 0.667)], size_mb=500, disk=True)


def waits(bench):
    n, image = 20_000, "png_1x1.png"
    w = bench.workload("waits", "20,000 images of 69 bytes, each 100 ms away, 1,000 at once", n)
    urls = bench.site.urls(n, f"after100ms/{image}")
    job = Job(bench.site.write_list("waits", urls), [bench.site.root / image] * n, 1000)
    bench.run(w, [
        imgfetch(job, "--no-thumbs", "--per-host=0"),
        imgfetch(job, "--no-thumbs", "--per-host=0", "--backend=coro", name="imgfetch coro"),
        bare_loop(job), curl(job), wget2(job), aria2(job), xargs_curl(job), aio(job),
    ], [Goal("imgfetch", 1.1, who="imgfetch coro")], ideal=2.0, size_mb=100)


def large(bench):
    n, image = 16, "big.bmp"
    w = bench.workload("large", "16 files of 50 MB, 4 at once", n)
    job = Job(bench.site.write_list("large", bench.site.urls(n, image)), [bench.site.root / image] * n, 4)
    bench.run(w, [
        imgfetch(job, "--no-thumbs", "--max-size=100M"),
        bare_loop(job), curl(job), wget2(job), aria2(job), xargs_curl(job), aio(job),
    ], [Goal("curl -Z", 1.05)], size_mb=800)
