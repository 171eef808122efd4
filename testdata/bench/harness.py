"""How the bench measures: contenders side by side, in interleaved rounds, each round in a new
directory; a run counts once its tool has ended well and all its outputs are right. Wall and CPU
times of a shared machine mean little alone, so what is told is the ratio of two runs of one round,
and its median over the rounds."""
import hashlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable

import show


@dataclass
class Contender:
    """command: a list, {dir} stands for the directory of the run. check: says what is wrong with
    the directory after a run, or nothing."""
    name: str
    command: list
    check: Callable[[Path], str | None]
    runs: list = field(default_factory=list)  # of figures, as measure() gives them

    def median(self, what):
        return statistics.median(run[what] for run in self.runs) if self.runs else None


@dataclass
class Goal:
    """The limit of a ratio: the first contender's (or the named one's) "wall" or "cpu" to another's."""
    than: str
    at_most: float
    what: str = "wall"
    who: str = ""


def measure(command, cwd):
    """Runs it once: seconds, CPU seconds of all its processes, peak of the largest one in MB, and
    the exit status. GNU time stands between, because a child's peak begins with its parent's."""
    with tempfile.NamedTemporaryFile("r") as peak, open(f"{cwd}.log", "wb") as log:
        timed = ["/usr/bin/time", "-q", "-o", peak.name, "-f", "%M", *map(str, command)]
        start = time.monotonic()
        child = subprocess.Popen(timed, cwd=cwd, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.monotonic() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        return {"wall": wall, "cpu": usage.ru_utime + usage.ru_stime,
                "peak_mb": int(peak.read() or 0) / 1024, "status": child.returncode}


# ---- what a directory should hold ----


def digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha1").digest()


def files_in(directory, *suffixes):
    return [Path(folder, name) for folder, _, names in os.walk(directory) for name in names
            if not suffixes or name.endswith(suffixes)]


def bodies(sources, folder="."):
    """The files below the folder are the sources, one each, byte by byte."""
    known = {source: digest(source) for source in set(sources)}
    expected = Counter(known[source] for source in sources)

    def check(directory):
        got = Counter(digest(path) for path in files_in(directory / folder))
        if got != expected:
            return f"{(got & expected).total()} of {expected.total()} files, {(got - expected).total()} others"
    return check


def tar_bodies(sources):
    """The same of the images in the directory's tars."""
    known = {source: digest(source) for source in set(sources)}
    expected = Counter(known[source] for source in sources)

    def check(directory):
        got = Counter()
        for path in files_in(directory, ".tar"):
            with tarfile.open(path) as tar:
                got.update(hashlib.sha1(tar.extractfile(member).read()).digest()
                           for member in tar if not member.name.endswith(".json"))
        if got != expected:
            return f"{(got & expected).total()} of {expected.total()} samples, {(got - expected).total()} others"
    return check


def thumbs(n, folder, size=256):
    """The folder has n JPEGs of that size, which decode."""
    from PIL import Image

    def check(directory):
        good = 0
        for path in files_in(directory / folder):
            with Image.open(path) as image:
                image.load()
                good += image.format == "JPEG" and max(image.size) == size
        if good != n:
            return f"{good} of {n} thumbnails"
    return check


def rows(n):
    """The manifest has n rows, all successes."""
    def check(directory):
        good = total = 0
        for path in files_in(directory, ".jsonl"):
            with open(path, "rb") as file:
                for line in file:
                    total += 1
                    good += b'"status":"success"' in line
        if (good, total) != (n, n):
            return f"{good} of {n} rows, {total - good} others"
    return check


def all_of(*checks):
    return lambda directory: next((wrong for check in checks if (wrong := check(directory))), None)


# ---- rounds ----


class Workload:
    """One section: its contenders, the figures, what they should be, and what else was counted."""

    def __init__(self, name, title, items):
        self.name, self.title, self.items = name, title, items
        self.contenders, self.goals, self.notes, self.counts = [], [], [], {}
        self.ideal = None  # seconds that the workload itself takes
        self.complaints = []

    def to_json(self):
        return {"name": self.name, "title": self.title, "items": self.items, "ideal": self.ideal,
                "contenders": [{"name": c.name, "runs": c.runs} for c in self.contenders],
                "goals": [vars(goal) for goal in self.goals], "notes": self.notes,
                "counts": self.counts, "complaints": self.complaints}


class Harness:
    def __init__(self, site, scratch, disk, rounds):
        self.site, self.scratch, self.disk, self.rounds = site, scratch, disk, rounds
        self.workloads = []

    def workload(self, name, title, items):
        self.workloads.append(Workload(name, title, items))
        return self.workloads[-1]

    def run(self, workload, contenders, goals=(), rounds=None, ideal=None, size_mb=1, disk=False):
        """size_mb: of one run's outputs. Directories stay until the end of the workload, because
        files that are being deleted slow the next run down; unless tmpfs has no room for all."""
        workload.contenders, workload.goals, workload.ideal = list(contenders), list(goals), ideal
        rounds = rounds or self.rounds
        top = Path(tempfile.mkdtemp(prefix=f"{workload.name}.", dir=self.disk if disk else self.scratch))
        free = shutil.disk_usage(top).free / 2**20
        keep = size_mb * rounds * len(workload.contenders) < free / 4
        for i in range(rounds):
            in_turn = workload.contenders[::-1] if i % 2 else workload.contenders
            for contender in in_turn:
                directory = top / f"{i}-{contender.name}".replace(" ", "_")
                self._one(workload, contender, directory, i)
                if not keep:
                    shutil.rmtree(directory)
        shutil.rmtree(top)

    def note_cpu_each(self, workload, who, than, what):
        """What each item costs one contender more than another."""
        ours, theirs = (next(c.median("cpu") for c in workload.contenders if c.name == name)
                        for name in (who, than))
        if ours and theirs:
            workload.counts[f"us of CPU, {what}"] = each = (ours - theirs) / workload.items * 1e6
            workload.notes.append(f"{what}: {each:.0f} us of CPU")

    def note_times_as_fast(self, workload, who, than):
        """How many times as fast one contender is as another, the median of the rounds."""
        if both := show.ratios(workload, than, who, "wall"):
            workload.counts[f"{who}, times {than}"] = times = statistics.median(both)
            workload.notes.append(f"{who} is {times:.2f} times as fast as {than}")

    def _one(self, workload, contender, directory, number):
        if sys.stderr.isatty():
            print(f"\r\33[K{workload.name}, round {number + 1}: {contender.name}", end="\r\33[K", file=sys.stderr)
        directory.mkdir()
        command = [str(word).replace("{dir}", str(directory)) for word in contender.command]
        server = self.site.cpu_seconds()
        figures = measure(command, directory)
        figures["server_cpu"] = self.site.cpu_seconds() - server
        figures["round"] = number
        status = figures.pop("status")
        wrong = f"exit status {status}" if status else contender.check(directory)
        if wrong:
            last = Path(f"{directory}.log").read_text(errors="replace").strip().splitlines()[-1:]
            workload.complaints.append(f"{contender.name}: {wrong} {' '.join(last)[:200]}".strip())
        else:
            contender.runs.append(figures)


def write_json(workloads, about, path):
    part = path.with_suffix(".part")
    part.write_text(json.dumps({**about, "workloads": [w.to_json() for w in workloads]}, indent=1))
    part.rename(path)
