#!/usr/bin/python3
"""make sweep: lets one call after another fail in short runs of imgfetch. README.md says more.

In the environment:
  BIN          where imgfetch, imgserve and sweep.so are (build)
  FAULT        only this one, as a report names it: MODE:KIND:N:HOW; what it leaves is kept
  MODES        only these, with spaces between them
  KINDS        only these
  SWEEP_SECONDS  ends after so many, if there are more faults
  SEED         where in the list of faults it begins
  JOBS         faults at a time (one per processor)
"""
import concurrent.futures
import glob
import hashlib
import json
import os
import random
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time

import modes

TOP = os.path.dirname(os.path.abspath(__file__)) + "/../../.."
BIN = os.path.abspath(os.environ.get("BIN", TOP + "/build"))
IMAGES = TOP + "/testdata/images"
PICTURES = ["jpeg_420.jpg", "png_rgb.png", "gif_static.gif", "bmp_24bit.bmp", "orientation_6.jpg"]
AGAIN = 2  # times that a fault is tried again before it is called wrong
HANGS_AFTER = 60  # seconds, on a busy machine
PER_TURN = 1500  # faults that a turn of two minutes gets through, roughly
HITS = struct.Struct("=I")
COUNT = struct.Struct("=24sI")
ABORT = -signal.SIGABRT
LOADER_ENDS = 127  # status of ld.so(8), in dlopen(3)
VOLATILE = ("started", "finished", "ms", "attempts", "ip", "reused")


class Wrong(Exception):
    pass


# ---- the site ----

class Site:
    """imgserve, and lists of its URLs."""

    def __init__(self, folder):
        self.folder = folder + "/site"
        os.mkdir(self.folder)
        for i in range(modes.ROWS):
            shutil.copy(f"{IMAGES}/{PICTURES[i % 5]}", f"{self.folder}/{i}.img")
        # These change later, so that an earlier run is not the same.
        self.picture(7, "garbage.jpg")
        self.picture(19, "png_grey.png")
        self.picture(20, "gif_1x1.gif")
        os.unlink(self.folder + "/30.img")
        ready = folder + "/port"
        self.server = subprocess.Popen(
            [BIN + "/imgserve", "--ready-file=" + ready, "--dns-port=0", self.folder],
            stdout=subprocess.DEVNULL)
        while not os.path.exists(ready):
            time.sleep(0.01)
        self.port, self.dns_port = open(ready).read().split()
        self.list, self.names = folder + "/urls.txt", folder + "/names.txt"
        self.write_list(self.list, lambda i: f"127.0.0.{i % 5 + 1}")
        self.write_list(self.names, lambda i: f"host{i % 5}.test")

    def write_list(self, path, host):
        with open(path, "w") as out:
            for i in range(modes.ROWS):
                row = 3 if i == 17 else i  # a duplicate
                out.write(f"http://{host(row)}:{self.port}/{row}.img\n")

    def picture(self, i, name):
        shutil.copy(f"{IMAGES}/{name}", f"{self.folder}/{i}.img")

    def change(self):
        self.picture(7, "png_rgb.png")
        self.picture(19, "png_palette.png")
        self.picture(30, "gif_1x1.gif")
        os.unlink(self.folder + "/20.img")
        self.picture(11, "truncated.png")
        self.picture(25, "png_grey.png")  # others share it (--dedupe=content)

    def close(self):
        self.server.terminate()
        self.server.wait()


# ---- running it ----

class Bench:
    """Starts runs one after another, each in a folder of its own."""

    def __init__(self, folder, site):
        os.makedirs(folder, exist_ok=True)
        self.folder, self.site = folder, site
        self.out, self.shared = folder + "/out", folder + "/shared"
        self.trace = None  # a file that gets call stacks

    def prepare(self, before):
        shutil.rmtree(self.out, ignore_errors=True)
        shutil.rmtree(self.out + ".update", ignore_errors=True)
        if before:
            shutil.copytree(before, self.out, symlinks=True)
        with open(self.shared, "wb") as f:
            f.truncate(HITS.size + 2 * len(modes.KINDS) * COUNT.size)

    def command(self, mode, options):
        if "--verify" in options:
            return [BIN + "/imgfetch", "--verify", "-o", self.out]
        names = ["--dns-servers=127.0.0.1:" + self.site.dns_port] if mode.names else []
        urls = self.site.names if mode.names else self.site.list
        reuse = ["--reuse=" + mode.reuse] if mode.reuse else []
        return [BIN + "/imgfetch", *modes.OPTIONS, *options, *names, *reuse, "-o", self.out, urls]

    def run(self, mode, options, fault=None):
        """The exit status and what it said on standard error."""
        env = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
        env["XDG_CONFIG_HOME"] = "/nonexistent"
        if fault is not None or mode.old:
            env["LD_PRELOAD"] = BIN + "/sweep.so"
            env["SWEEP_FILE"] = self.shared if fault is not None else "/nonexistent"
            env["SWEEP_FAULT"] = fault or ""
        if mode.old:
            env["SWEEP_OLD"] = "1"
        if fault and self.trace:
            env["SWEEP_TRACE"] = self.trace
        with open(self.folder + "/stderr", "w+b") as err, \
                subprocess.Popen(self.command(mode, options), env=env, stdin=subprocess.DEVNULL,
                                 stdout=subprocess.DEVNULL, stderr=err,
                                 start_new_session=True) as p:
            try:
                p.wait(HANGS_AFTER)
            except subprocess.TimeoutExpired:
                raise Wrong(f"hangs: {' '.join(p.args)}") from None
            finally:
                try:
                    os.killpg(p.pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            err.seek(0)
            return p.returncode, err.read().decode(errors="replace").strip()

    def counts(self):
        with open(self.shared, "rb") as f:
            data = f.read()
        counts = {}
        for at in range(HITS.size, len(data) - COUNT.size + 1, COUNT.size):
            name, n = COUNT.unpack_from(data, at)
            if name[0]:
                counts[name.rstrip(b"\0").decode()] = n
        return HITS.unpack_from(data)[0], counts


# ---- what a directory has ----

class Result:
    """Rows by shard and key, hashes of files, statistics."""

    def __init__(self, folder):
        self.rows, self.files, self.stats, self.times = {}, {}, {}, {}
        for where, _, names in os.walk(folder):
            for name in names:
                path = os.path.join(where, name)
                self.take(path, path[len(folder) + 1:])

    def take(self, path, name):
        with open(path, "rb") as f:
            data = f.read()
        if name.endswith(".jsonl") and os.path.basename(name) != "metadata.jsonl":
            for line in data.splitlines():
                self.take_row(os.path.basename(name), line)
        elif name.endswith("_stats.json"):
            stats = json.loads(data) if data.endswith(b"}\n") or data.endswith(b"}") else {}
            for field in ("duration", "start_time", "end_time", "sandbox"):
                stats.pop(field, None)
            self.stats[name] = stats
        elif name != ".imgfetch/run.json":  # it has the command and the time
            self.files[name] = hashlib.sha256(data).hexdigest()

    def take_row(self, shard, line):
        try:
            row = json.loads(line)
        except ValueError:
            return  # torn; --verify reports it where it may not be
        key = shard + " " + row["key"]
        self.times[key] = row["started"]
        for field in VOLATILE:
            row.pop(field, None)
        self.rows[key] = row

    def has(self, path):
        """Of a tar only whether it is there, or what becomes it: --verify looks inside."""
        tar = re.match(r"([0-9]+)\.tar/", path)
        if tar:
            return any(f"{tar[1]}.{kind}" in self.files for kind in ("tar", "tar.part", "spool"))
        return path in self.files

    def is_kept(self, key):
        """A row that succeeded, and all its files."""
        row = self.rows.get(key)
        if not row or row["error"]:
            return False
        return all(self.has(f["path"]) for f in (row, *row["thumbs"], *row.get("sidecars", [])) if f.get("path"))


def difference(what, is_, should):
    for key in sorted(set(is_) | set(should)):
        a, b = is_.get(key), should.get(key)
        if isinstance(a, dict) and isinstance(b, dict):
            wrong = difference(f"{what} {key}", a, b)
            if wrong:
                return wrong
        elif a != b:
            return f"{what} {key}: {str(a)[:200]}, not {str(b)[:200]}"
    return None


def expect_same(when, is_, should):
    for what in ("rows", "files", "stats"):
        wrong = difference(what, getattr(is_, what), getattr(should, what))
        if wrong:
            raise Wrong(f"{when}: {wrong}")


# ---- one fault ----

class Case:
    """A mode, once its undisturbed run is known."""

    def __init__(self, name, bench):
        self.name, self.mode = name, modes.MODES[name]
        self.before = None
        if self.mode.first:
            self.make_before(bench, self.mode.first)
            if self.mode.reads:
                self.damage()

    def make_before(self, bench, options):
        self.before = bench.folder + "/before-" + self.name
        bench.prepare(None)
        bench.run(self.mode, options)
        os.rename(bench.out, self.before)

    def damage(self):
        victim = sorted(glob.glob(self.before + "/images/*/*") + glob.glob(self.before + "/*.tar"))[3]
        with open(victim, "r+b") as f:
            f.seek(os.path.getsize(victim) // 2)
            f.write(b"damage")

    def learn(self, bench):
        if self.mode.earlier:
            bench.prepare(None)
            bench.run(self.mode, self.mode.earlier)
            self.mode.reuse = bench.folder + "/reused-" + self.name
            os.rename(bench.out, self.mode.reuse)
        if self.mode.old_dir:
            self.make_before(bench, self.mode.old_dir)
        bench.prepare(self.before)
        self.rc, said = bench.run(self.mode, self.mode.options)
        if self.rc != 1 and (self.mode.reads or self.rc):
            raise Wrong(f"{self.name}: undisturbed it ends with {self.rc}: {said}")
        self.result = Result(bench.out)
        self.kept = Result(self.before) if self.before else Result("/nonexistent")
        bench.prepare(self.before)
        bench.run(self.mode, self.mode.options, fault="")
        self.counts = bench.counts()[1]

    def faults(self):
        for kind, n in self.counts.items():
            if kind.endswith("malloc") and not self.mode.memory:
                continue
            for how in modes.hows(kind):
                for i in range(1, n + 1):
                    yield f"{self.name}:{kind}:{i}:{how}"
            for i in range(1, n + 1, 1 + n // 40):
                for how in modes.hows(kind)[:1]:
                    if how not in ("EINTR", "EAGAIN") and not kind.endswith("malloc"):
                        yield f"{self.name}:{kind}:{i}+:{how}"

    def failed_rows(self, result):
        """The codes of rows that fail because of the fault."""
        return {row["error"] for key, row in result.rows.items()
                if row["error"] and row != self.result.rows.get(key)}

    def check_failed_run(self, kind, rc, said, now):
        # Our own objects (base/mem.h); libuv, which has no other way to say it.
        if rc == ABORT and kind in ("epoll_ctl", "pipe", "malloc"):
            return
        if rc == LOADER_ENDS and kind == "malloc" and said == "out of memory":
            return
        if not 0 <= rc <= 3:
            raise Wrong(f"exit status {rc}")
        if rc >= 2 and not said:
            raise Wrong(f"exit status {rc} without a message")
        if "--fresh" not in self.mode.options:
            for key in self.kept.rows:
                if self.kept.is_kept(key) and self.result.is_kept(key) and not now.is_kept(key):
                    raise Wrong(f"lost: {key}")
        if self.mode.reads:
            if rc == 0:
                raise Wrong("the damage is not seen")
            expect_same("it only reads", now, self.kept)
        elif rc <= 1:
            self.check_codes(kind, now)
            if len(now.rows) != modes.ROWS:
                raise Wrong(f"it says it is done, and has {len(now.rows)} rows")

    def check_codes(self, kind, result):
        wrong = self.failed_rows(result) - modes.codes(kind)
        if wrong:
            raise Wrong(f"rows fail with {', '.join(wrong)}")

    def check_resumed(self, bench, kind, before):
        rc, said = bench.run(self.mode, self.mode.options)
        now = Result(bench.out)
        if not self.mode.start and "--retry-failed" not in self.mode.options:
            self.check_codes(kind, now)
            for key in before.rows:  # those of an old directory have become reused ones
                if (not self.mode.old_dir and before.is_kept(key)
                        and before.times[key] != now.times.get(key)):
                    raise Wrong(f"fetched again: {key}")
            if self.failed_rows(now):
                rc, said = bench.run(self.mode, self.mode.options + ["--retry-failed"])
                now = Result(bench.out)
        if rc != self.rc:
            raise Wrong(f"resumed, it ends with {rc}: {said[-300:]}")
        if os.path.exists(bench.out + ".update"):
            raise Wrong("resumed, it leaves out.update behind")
        expect_same("resumed", now, self.result)
        rc, said = bench.run(self.mode, ["--verify"])
        if rc:
            raise Wrong(f"--verify: {rc}: {said[-300:]}")

    def try_fault(self, bench, fault):
        """True: it was tried; False: no call came to fail. Raises Wrong."""
        _, kind, n, how = fault.split(":")
        bench.prepare(self.before)
        rc, said = bench.run(self.mode, self.mode.options,
                             fault=f"{kind}:{n}:{modes.for_injector(how)}")
        hits, _ = bench.counts()
        if not hits:
            return False
        now = Result(bench.out)
        try:
            self.check_failed_run(kind, rc, said, now)
            if not self.mode.reads:
                self.check_resumed(bench, kind, now)
        except Wrong as e:
            raise Wrong(f"{e}; the run ended with {rc}: {said[-300:]}") from None
        return True


# ---- all of them ----

def try_one(fault):
    """In a process of its own. The fault, whether it was tried, what was wrong, and whether it was so
    each time: a busy machine makes time-outs of its own."""
    global bench
    if "bench" not in globals():
        bench = Bench(f"{scratch}/{os.getpid()}", site)
    case, why = cases[fault.split(":")[0]], None
    for _ in range(1 + AGAIN):
        try:
            return fault, case.try_fault(bench, fault), why, False
        except Wrong as e:
            why = why or str(e)
    return fault, True, why, True


def selected(name, all_):
    words = os.environ.get(name, "").split()
    unknown = [w for w in words if w not in all_]
    if unknown:
        sys.exit(f"{name}: {', '.join(unknown)}; there are {', '.join(all_)}")
    return words or list(all_)


def plan():
    """All faults, in an order that is always the same; SEED says where it begins."""
    kinds = selected("KINDS", [*modes.KINDS, *("child." + k for k in modes.CHILD_KINDS)])
    faults = [f for c in cases.values() for f in c.faults() if f.split(":")[1] in kinds]
    random.Random(1).shuffle(faults)
    seed = int(os.environ.get("SEED") or 0)
    begin = seed * PER_TURN % max(len(faults), 1)
    print(f"sweep: {len(faults)} faults in {len(cases)} modes; seed {seed}", flush=True)
    return faults[begin:] + faults[:begin]


def sweep_all(faults, seconds):
    begun = time.monotonic()
    tried = wrong = once = 0
    told = begun
    jobs = int(os.environ.get("JOBS") or os.cpu_count())

    def until_over():
        for fault in faults:
            if time.monotonic() - begun > seconds:
                return
            yield fault

    with concurrent.futures.ProcessPoolExecutor(jobs) as pool:
        source, waiting = until_over(), set()
        while True:
            for fault in source:
                waiting.add(pool.submit(try_one, fault))
                if len(waiting) > jobs:
                    break
            if not waiting:
                break
            done, waiting = concurrent.futures.wait(
                waiting, return_when=concurrent.futures.FIRST_COMPLETED)
            for fault, was_tried, why, is_wrong in (f.result() for f in done):
                tried += was_tried
                wrong += is_wrong
                once += bool(why) and not is_wrong
                if why:
                    print(f"{'wrong' if is_wrong else 'once'}: FAULT='{fault}': {why}", flush=True)
            if time.monotonic() - told > 20:
                told = time.monotonic()
                print(f"  {tried} faults, {wrong} wrong, {told - begun:.0f} s", flush=True)
    print(f"{tried} faults, {wrong} wrong" + (f", {once} wrong once" if once else ""))
    return wrong == 0 and tried > 0


def print_trace(path):
    """The first call stack, with the lines of our own code."""
    for line in open(path).read().split("--")[0].splitlines():
        place = re.search(r"imgfetch\((\+0x[0-9a-f]+)\)", line)
        if place:
            line = subprocess.run(["addr2line", "-spf", "-e", BIN + "/imgfetch", place[1][1:]],
                                  stdout=subprocess.PIPE, text=True, check=False).stdout.strip()
        if "sweep.so" not in line:
            print("  " + line)


def replay(fault):
    if not re.fullmatch(r"[^:]+:[^:]+:[0-9]+\+?:[^:]+", fault):
        sys.exit("FAULT is MODE:KIND:N:HOW")
    global bench
    bench = Bench(scratch + "/replay", site)
    bench.trace = scratch + "/trace"
    _, tried, why, _ = try_one(fault)
    if os.path.exists(bench.trace):
        print_trace(bench.trace)
    print(why or ("right" if tried else "no call came to fail"))
    print(f"left in {scratch}")
    return tried and not why


def copy_programs(folder):
    """So that a build meanwhile does not change what is swept."""
    global BIN
    os.mkdir(folder)
    for name in ("imgfetch", "imgserve", "sweep.so"):
        shutil.copy(f"{BIN}/{name}", folder)
    BIN = folder


def main():
    global scratch, site, cases
    fault = os.environ.get("FAULT")
    wanted = [fault.split(":")[0]] if fault else selected("MODES", modes.MODES)
    root = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    scratch = tempfile.mkdtemp(prefix="imgfetch-sweep.", dir=root)
    copy_programs(scratch + "/bin")
    site = Site(scratch)
    ok = False
    try:
        bench = Bench(scratch + "/first", site)
        cases = {name: Case(name, bench) for name in wanted}
        site.change()
        for case in cases.values():
            case.learn(bench)
        seconds = float(os.environ.get("SWEEP_SECONDS") or "inf")
        ok = replay(fault) if fault else sweep_all(plan(), seconds)
    except Wrong as e:
        print(e)
    finally:
        site.close()
        if not fault:
            shutil.rmtree(scratch, ignore_errors=True)
    sys.exit(not ok)


if __name__ == "__main__":
    main()
