"""imgfetch and its peers: how each is run by someone who knows it. All get the same list, write
into {dir}, and keep connections alive; none asks whether a file is newer or sets its date. aria2's
own resolver finds no name of the bench, hence libc's."""
import os
from pathlib import Path

from harness import Contender, all_of, bodies, rows, thumbs

HERE = Path(__file__).resolve().parent
BUILD = HERE.parent.parent / "build"
PEERS = BUILD / "release/bench/testdata/bench/peers"
CORES = os.cpu_count()


class Job:
    """A list to fetch. The results are compared with the sources, which are files of the site."""

    def __init__(self, path, sources, at_once, ca=None):
        self.path, self.n, self.at_once, self.ca = path, len(sources), at_once, ca
        self.sources = sources
        self.bodies = bodies(sources)


def tls_options(job, option):
    return [option, job.ca] if job.ca else []


def imgfetch(job, *options, name="imgfetch", check=None):
    command = [BUILD / "imgfetch", job.path, "-q", "-o", "{dir}", "--allow-net=127.0.0.0/8",
               "-c", job.at_once, *tls_options(job, "--cacert"), *options]
    return Contender(name, command,
                     check or all_of(rows(job.n), bodies(job.sources, "images")))


def bare_loop(job, *options, name="bare loop", files=True):
    command = [PEERS / "fetchloop", "-c", job.at_once, *(["-o", "{dir}"] if files else []),
               *tls_options(job, "-a"), *options, job.path]
    return Contender(name, command, job.bodies if files else lambda directory: None)


def curl(job):
    """-Z has at most 300 at once."""
    conf = job.path.with_suffix(".curl")
    conf.write_text("".join(f'url = "{url}"\noutput = "{i}.jpg"\n'
                            for i, url in enumerate(job.path.read_text().split())))
    command = ["curl", "-s", "-f", "-Z", "--parallel-max", min(job.at_once, 300), "-K", conf,
               *tls_options(job, "--cacert")]
    return Contender("curl -Z", command, job.bodies)


def xargs_curl(job):
    """A process for 50 URLs, which keeps its connections."""
    words = job.path.with_suffix(".xargs")
    words.write_text("".join(f"-o {i}.jpg {url}\n"
                             for i, url in enumerate(job.path.read_text().split())))
    command = ["xargs", "-a", words, "-P", min(job.at_once, 250), "-n", 150, "curl", "-s", "-f",
               *tls_options(job, "--cacert")]
    return Contender("xargs curl", command, job.bodies)


def wget2(job):
    command = ["wget2", "--no-config", "-q", "-nd", f"--max-threads={job.at_once}", "--http2=off",
               "--compression=none", "--no-use-server-timestamps", "--no-hsts", "--no-ocsp", "--no-dns-caching",
               "--no-tls-session-file", *tls_options(job, "--ca-certificate"), "-i", job.path]
    return Contender("wget2", command, job.bodies)


def aria2(job):
    conf = job.path.with_suffix(".aria2")
    conf.write_text("".join(f"{url}\n out={i}.jpg\n"
                            for i, url in enumerate(job.path.read_text().split())))
    command = ["aria2c", "--no-conf", "--quiet", "-j", job.at_once, "-x1", "-s1", "-i", conf, "-d", "{dir}",
               "--file-allocation=none", "--deferred-input=true", "--max-download-result=0",
               "--async-dns=false", "--summary-interval=0", "--download-result=hide"]
    command += [f"--ca-certificate={job.ca}"] if job.ca else []
    return Contender("aria2", command, job.bodies)


def aio(job, make_thumbs=False):
    command = ["/usr/bin/python3", HERE / "peers/aio.py", job.path, "{dir}", job.at_once,
               *tls_options(job, "--ca"), *(["--thumbs"] if make_thumbs else [])]
    if not make_thumbs:
        return Contender("aiohttp", command, job.bodies)
    return Contender("aiohttp, Pillow", command, thumbs(job.n, "thumbs"))


def vipsthumbnail(source, target):
    """A shell command: a process for each core, 100 files for each start."""
    return (f"mkdir {target} && find {source} -type f -print0 | VIPS_CONCURRENCY=1 xargs -0 -n 100 "
            f"-P {CORES} vipsthumbnail --size 256 -o {target}/%s.jpg[Q=85,strip]")


def then_vips(peer, n):
    """The peer fetches everything; then vipsthumbnail makes the thumbnails."""
    words = " ".join(f"'{word}'" for word in peer.command).replace("{dir}", "{dir}/bodies")
    script = f"mkdir {{dir}}/bodies && cd {{dir}}/bodies && {words} && " \
             + vipsthumbnail("{dir}/bodies", "{dir}/thumbs")
    return Contender(f"{peer.name}, vips", ["sh", "-c", script], thumbs(n, "thumbs"))
