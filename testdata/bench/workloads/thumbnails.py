"""Fetching and thumbnails together."""
import subprocess

from harness import Contender, Goal, all_of, bodies, rows, thumbs
from tools import (BUILD, CORES, PEERS, Job, aio, aria2, bare_loop, curl, imgfetch, then_vips, wget2,
                   xargs_curl)


def with_thumbs(job, *options, **more):
    return imgfetch(job, *options, **more, check=all_of(
        rows(job.n), bodies(job.sources, "images"), thumbs(job.n, "thumbs/256")))


def bare_decode(job):
    """The bare loop, and the scaled decode of all it fetched, one after the other."""
    loop = " ".join(map(str, bare_loop(job).command))
    script = f"{loop} && find {{dir}} -name '*.jpg' | xargs {PEERS}/decodeloop 256"
    return Contender("bare fetch, decode", ["sh", "-c", script], job.bodies)


def against_peers(bench, w, folder, n, goals, size_mb):
    urls, sources = bench.site.photos(folder, n)
    job = Job(bench.site.write_list(folder, urls), sources, 64)
    bench.run(w, [with_thumbs(job), bare_decode(job), aio(job, make_thumbs=True)]
              + [then_vips(peer(job), n) for peer in (curl, wget2, aria2, xargs_curl)],
              goals + [Goal("bare fetch, decode", 1.2, "cpu")], size_mb=size_mb)


def photos(bench):
    n = 336
    w = bench.workload("photos", f"{n} photographs of 1.5 megapixels, and thumbnails of 256 pixels", n)
    against_peers(bench, w, "photos", n, [Goal("aiohttp, Pillow", 1 / 2.2), Goal("curl -Z, vips", 1 / 2.5)], 100)


def small(bench):
    n = 1120
    w = bench.workload("small", f"{n:,} JPEGs of 640 pixels, and thumbnails of 256 pixels", n)
    against_peers(bench, w, "small", n, [Goal("aiohttp, Pillow", 1 / 3), Goal("curl -Z, vips", 1 / 3)], 100)


def resizer(bench):
    w = bench.workload("resizer", "one plane or picture to a thumbnail: Lanczos-3, beside stb_image_resize "
                       "with its defaults", 1)
    program = BUILD / "release/bench/src/image/resize_bench"
    w.notes = subprocess.run([program], check=True, capture_output=True, text=True).stdout.splitlines()


def decoding(bench):
    w = bench.workload("decoding", "a thumbnail of 256 pixels beside libjpeg-turbo's scaled decoding alone; "
                       "CPU on one core", 1)
    program = BUILD / "release/bench/src/image/thumbmake_bench"
    w.notes = []
    for folder in "photos", "small":
        _, sources = bench.site.photos(folder, 28)
        made = subprocess.run([program, *sources], check=True, capture_output=True, text=True).stdout
        w.notes.append(f"{folder}: {made.strip()}")


def pools(bench):
    n = 224
    w = bench.workload("pools", f"thumbnails of {n} photographs, one pool after another; {CORES} cores", n)
    urls, sources = bench.site.photos("photos", n)
    job = Job(bench.site.write_list("pools", urls), sources, 64)
    bench.run(w, [with_thumbs(job, name="procs"), with_thumbs(job, "--pool=threads", name="threads"),
                  with_thumbs(job, "--pool=inline", name="inline")],
              [Goal("inline", 1 / 1.8)], size_mb=70)
