#!/usr/bin/python3
"""make bench-readme: draws testdata/bench/charts/*.svg from build/bench/bench.json, and writes the
table of figures and one chart into the top README, and all charts into the one here, each between two
comments."""
import json
import statistics
import sys
from pathlib import Path
from xml.sax.saxutils import escape

sys.dont_write_bytecode = True
HERE = Path(__file__).resolve().parent
TOP = HERE.parent.parent
CHARTED = ("files", "waits", "names", "tls", "photos", "small")
FIRST = "small"  # the chart of the top README
BEGIN, END = "<!-- figures of make bench, by make bench-readme -->", "<!-- end of figures -->"

STYLE = """
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.title { font-weight: 600 } .quiet { fill: #656d76 }
.peer { fill: #9aa4b2 } .ours { fill: #1f6feb } .range { stroke: #1f2328; stroke-width: 1.5 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .quiet { fill: #9198a1 }
  .peer { fill: #57606a } .ours { fill: #4493f8 } .range { stroke: #e6edf3 }
}"""
WIDTH, LEFT, RIGHT, ROW, HEAD = 640, 150, 70, 26, 40


def seconds(contender):
    return sorted(run["wall"] for run in contender["runs"])


def told(value):
    return f"{value:.2f}" if value < 10 else f"{value:.1f}"


def chart(workload):
    """A bar for each contender's median, a line for its range; imgfetch's own in colour."""
    shown = [c for c in workload["contenders"] if c["runs"]]
    longest = max(seconds(c)[-1] for c in shown)
    height = HEAD + ROW * len(shown) + 8
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
             f'viewBox="0 0 {WIDTH} {height}" role="img">',
             f"<title>{escape(workload['title'])}: seconds</title><style>{STYLE}</style>",
             f'<text class="title" x="0" y="16">{escape(workload["title"])}</text>',
             f'<text class="quiet" x="0" y="32">seconds, median and range of {len(shown[0]["runs"])} rounds</text>']

    def x(value):
        return LEFT + (WIDTH - LEFT - RIGHT) * value / longest

    for i, contender in enumerate(shown):
        walls = seconds(contender)
        top = HEAD + ROW * i
        kind = "ours" if contender["name"].startswith("imgfetch") else "peer"
        median = statistics.median(walls)
        lines += [f'<text x="{LEFT - 8}" y="{top + 17}" text-anchor="end">{escape(contender["name"])}</text>',
                  f'<rect class="{kind}" x="{LEFT}" y="{top + 4}" width="{x(median) - LEFT:.1f}" height="18" rx="2"/>',
                  f'<line class="range" x1="{x(walls[0]):.1f}" x2="{x(walls[-1]):.1f}" '
                  f'y1="{top + 13}" y2="{top + 13}"/>',
                  f'<text x="{x(walls[-1]) + 6:.1f}" y="{top + 17}">{told(median)}</text>']
    return "\n".join(lines) + "\n</svg>\n"


def column(name):
    """A peer followed by vipsthumbnail or Pillow stands in the peer's column."""
    return {"bare fetch": "bare loop"}.get(name.split(",")[0], name.split(",")[0])


def table(bench):
    """Workloads down, tools across."""
    columns = ["imgfetch", "bare loop", "curl -Z", "wget2", "aria2", "xargs curl", "aiohttp"]
    lines = ["| | " + " | ".join(f"`{c}`" if c not in ("bare loop",) else c for c in columns) + " |",
             "|---|" + "---|" * len(columns)]
    for workload in bench["workloads"]:
        if workload["name"] not in (*CHARTED, "large"):
            continue
        cells = {}
        for contender in workload["contenders"]:
            if contender["runs"]:
                cells.setdefault(column(contender["name"]), told(statistics.median(seconds(contender))))
        lines.append(f"| {workload['title']} | " + " | ".join(cells.get(c, "") for c in columns) + " |")
    return "\n".join(lines)


def told_of(bench):
    rounds = max(len(c["runs"]) for w in bench["workloads"] if w["name"] in CHARTED for c in w["contenders"])
    return f"Seconds, the median of {rounds} rounds on {bench['cores']} cores:"


def images(bench, names, folder):
    return "\n\n".join(f"![{w['title']}]({folder}/{w['name']}.svg)"
                       for w in bench["workloads"] if w["name"] in names)


def write_between(readme, *parts):
    """Replaces what is between the two comments."""
    before, begin, rest = readme.read_text().partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        sys.exit(f"{readme}: has no {BEGIN} ... {END}")
    readme.write_text("\n\n".join([before + BEGIN, *parts, END + after]))


def main():
    bench = json.loads((TOP / "build/bench/bench.json").read_text())
    folder = HERE / "charts"
    folder.mkdir(exist_ok=True)
    for workload in bench["workloads"]:
        if workload["name"] in CHARTED:
            (folder / f"{workload['name']}.svg").write_text(chart(workload))
    write_between(TOP / "README.md", images(bench, [FIRST], "testdata/bench/charts"), told_of(bench), table(bench))
    write_between(HERE / "README.md", images(bench, CHARTED, "charts"))
    print('Some of these figures stand in the text of README.md ("Why not"), too: compare them.')


if __name__ == "__main__":
    main()
