"""Fetching and thumbnails together."""
import shutil
import subprocess

from harness import Contender, Goal, all_of, bodies, rows, thumbs
from tools import (BUILD, CORES, HERE, PEERS, Job, aio, aria2, bare_loop, curl, imgfetch, then_vips,
                   vipsthumbnail, wget2, xargs_curl)


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


def from_memory(name, workers, files, target="{dir}"):
    command = [BUILD / "release/bench/src/pipeline/thumb_bench", "-w", workers, target, *files]
    return Contender(name, command, nothing if target == "-" else thumbs(len(files), "."))


def on_cores(bench, cores, name, command, files):
    """A command that takes files behind it and writes none: a start for each core and 500 files."""
    words = bench.scratch / f"{name}.xargs"
    words.write_text("".join(f"{file}\n" for file in files))
    each = min(500, -(-len(files) // cores))
    return Contender(name, ["xargs", "-a", words, "-n", each, "-P", cores, *command], nothing)


def nothing(directory):
    """Nothing was written, or it does not matter."""


def alone(bench, folder, n, faster, cpu):
    """Thumbnails without fetching, of files that are in memory: a tmpfs for the peers. The bare decode
    leaves twice the thumbnail's size, as imgfetch does for the sake of its filter. What it gains by
    more cores is what the machine gives: they may share a clock, a cache or one another's units."""
    w = bench.workload(f"{folder}_alone", f"thumbnails of {n} {folder} that are in memory", n)
    source = bench.scratch / w.name / "sources"
    source.mkdir(parents=True)
    files = []
    for i, path in enumerate(bench.site.photos(folder, n)[1]):
        files.append(shutil.copy(path, source / f"{i}.jpg"))
    bare = [PEERS / "decodeloop", 512]
    pillow = ["/usr/bin/python3", HERE / "peers/pillow.py", "{dir}", *files]
    bench.run(w, [from_memory("imgfetch's pool", CORES, files), from_memory("one worker", 1, files),
                  Contender("vipsthumbnail", ["sh", "-c", vipsthumbnail(source, "{dir}/thumbs")],
                            thumbs(n, "thumbs")),
                  Contender("Pillow, draft", pillow, thumbs(n, ".")),
                  on_cores(bench, CORES, "bare decode", bare, files),
                  on_cores(bench, 1, "bare decode, one core", bare, files)],
              [Goal("vipsthumbnail", 1 / faster), Goal("Pillow, draft", 1 / faster),
               Goal("one worker", 1 / 1.9), Goal("bare decode", cpu, "cpu")], size_mb=10)
    bench.note_times_as_fast(w, "bare decode", "bare decode, one core")
    shutil.rmtree(source.parent)


def photos_alone(bench):
    alone(bench, "photos", 672, 2, 1.15)


def small_alone(bench):
    alone(bench, "small", 1120, 3, 1.2)


def tiny(bench):
    n = 9000  # so many that the start of the processes does not count
    w = bench.workload("tiny", f"{n:,} JPEGs of 100 pixels in memory: what is neither decoding nor encoding", n)
    _, files = bench.site.photos("tiny", n)
    bench.run(w, [from_memory("imgfetch's pool", CORES, files, "-"),
                  on_cores(bench, CORES, "bare decode, encode", [PEERS / "decodeloop", "-e", 256], files)])
    bench.note_cpu_each(w, "imgfetch's pool", "bare decode, encode", "around decoding and encoding")


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
