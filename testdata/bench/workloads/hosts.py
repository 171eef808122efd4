"""Many hosts, a new connection for each."""
from harness import Goal
from tools import Job, aio, aria2, bare_loop, curl, imgfetch, wget2, xargs_curl

PIXEL = "png_1x1.png"
HOSTS = 2_000


def job(bench, name, scheme="http", known=False, ca=None):
    path = bench.site.write_list(name, bench.site.names(HOSTS, scheme, known))
    return Job(path, [bench.site.root / PIXEL] * HOSTS, 256, ca)


def names(bench):
    """Without aria2, which asks for one name after another."""
    w = bench.workload("names", "2,000 images of 69 bytes, each from a host of its own whose name is "
                       "looked up 20 ms away", HOSTS)
    asked, known = job(bench, "names"), job(bench, "names-known", known=True)
    bench.run(w, [
        imgfetch(asked, "--no-thumbs"),
        imgfetch(known, "--no-thumbs", name="imgfetch, names known"),
        curl(asked), wget2(asked), xargs_curl(asked), aio(asked),
    ], [Goal("imgfetch, names known", 1.2)])
    bench.note_cpu_each(w, "imgfetch", "imgfetch, names known", "a name")


def tls(bench):
    w = bench.workload("tls", "2,000 images of 69 bytes over TLS, each from a host of its own; names known", HOSTS)
    known = job(bench, "tls", "https", True, bench.site.ca)
    bench.run(w, [
        imgfetch(known, "--no-thumbs"),
        imgfetch(known, "--no-thumbs", "--loops=2", name="imgfetch --loops=2"),
        bare_loop(known, "-r", "*:443:127.0.0.1"), curl(known), wget2(known), aria2(known), xargs_curl(known), aio(known),
    ], [Goal("bare loop", 1.15, "cpu"), Goal("imgfetch", 1.05, "cpu", "imgfetch --loops=2")])
