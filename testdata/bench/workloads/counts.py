"""What an image costs that a busy machine does not change: system calls, instructions,
allocations. Counted in runs of 2N images and of N, so that start and end fall out."""
import re
import subprocess
from pathlib import Path

from tools import Job, bare_loop, imgfetch

N = 500
PHOTO = "photo_640x480.jpg"


def run(command, directory, *tool):
    """In the directory, which is made; the tool's own words."""
    directory.mkdir()
    words = [str(word).replace("{dir}", str(directory)) for word in command]
    done = subprocess.run([*map(str, tool), *words], cwd=directory, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{tool[0]}: exit status {done.returncode}: {done.stderr[-300:]}")
    return done.stderr


def syscalls(command, directory):
    table = Path(f"{directory}.strace")
    run(command, directory, "strace", "-f", "-c", "-U", "calls", "-o", table)
    return int(table.read_text().split()[-2])


def instructions(command, directory):
    """Of the program, without the kernel."""
    text = run(command, directory, "valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null")
    return int(re.findall(r"Collected : (\d+)", text)[-1])


def allocations(command, directory):
    text = run(command, directory, "valgrind", "--tool=memcheck", "--leak-check=no", "--undef-value-errors=no")
    return int(re.findall(r"total heap usage: ([\d,]+) allocs", text)[-1].replace(",", ""))


def per_image(bench):
    w = bench.workload("per_image", "what an image of 21.6 kB costs: fetched and written, 64 at once", N)
    top = bench.scratch / "counts"
    top.mkdir()
    for count in syscalls, instructions, allocations:
        for make, options in (imgfetch, ["--no-thumbs"]), (bare_loop, []):
            figures = []
            for n in N, 2 * N:
                path = bench.site.write_list(f"counts{n}", bench.site.urls(n, PHOTO))
                contender = make(Job(path, [bench.site.root / PHOTO] * n, 64), *options)
                figures.append(count(contender.command, top / f"{count.__name__}-{n}-{make.__name__}"))
            each = (figures[1] - figures[0]) / N
            w.counts[f"{count.__name__}, {contender.name}"] = each
            w.notes.append(f"{count.__name__:14} {contender.name:10} {each:12,.1f}")
