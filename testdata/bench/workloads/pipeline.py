"""Rows through the pipeline alone: nothing is looked up or fetched."""
from harness import Contender, rows as all_rows
from tools import BUILD


def write_list(path, n):
    with open(path, "w") as file:
        for i in range(n):
            file.write(f"http://host{i % 5000}.example/images/{i // 5000}/photo{i}.jpg\n")
    return path


def null(path, n, name):
    return Contender(name, [BUILD / "imgfetch", path, "-q", "-o", "{dir}", f"--limit={n}",
                            "--backend=null", "--no-thumbs"], all_rows(n))


def rows(bench):
    w = bench.workload("rows", "a million rows through the null backend, manifest written", 1_000_000)
    path = write_list(bench.scratch / "rows.txt", 1_000_000)
    bench.run(w, [null(path, 1_000_000, "a million"), null(path, 100_000, "a tenth of it")], size_mb=600)


def ten_million(bench):
    """On disk, because the manifest has gigabytes; once."""
    w = bench.workload("ten_million", "ten million rows through the null backend, on disk", 10_000_000)
    path = write_list(bench.disk / "rows.txt", 10_000_000)
    bench.run(w, [null(path, 10_000_000, "ten million")], rounds=1, disk=True)
    path.unlink()
    if peak := w.contenders[0].median("peak_mb"):
        w.notes.append(f"peak of memory: {peak:.1f} MB (at most 100)")
