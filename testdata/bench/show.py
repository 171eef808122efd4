"""The table on the terminal, and the figures that it and the charts are made of."""
import statistics
from collections import Counter


def ratios(workload, who, than, what):
    """The ratio in each round that both have done."""
    runs = {c.name: {run["round"]: run for run in c.runs} for c in workload.contenders}
    both = runs[who].keys() & runs[than].keys()
    return [runs[who][i][what] / runs[than][i][what] for i in both if runs[than][i][what]]


def workload(w):
    print(f"\n{w.name}: {w.title}")
    first = w.contenders[0].name if w.contenders else ""
    if w.contenders:
        print(f"  {'':24}{'seconds':>9}{'range':>17}{'CPU s':>8}{'server':>8}{'peak MB':>9}  {first} takes")
    for c in w.contenders:
        if not c.runs:
            print(f"  {c.name:24} no run was right")
            continue
        walls = [run["wall"] for run in c.runs]
        line = f"  {c.name:24}{c.median('wall'):9.3f}{f'{min(walls):.3f} to {max(walls):.3f}':>17}" \
               f"{c.median('cpu'):8.2f}{c.median('server_cpu'):8.2f}{c.median('peak_mb'):9.1f}"
        if c.name != first and (both := ratios(w, first, c.name, "wall")):
            line += f"  {statistics.median(both):.2f} of it"
        if w.ideal:
            line += f"  {c.median('wall') / w.ideal:.2f} of the ideal {w.ideal:g} s"
        print(line)
    for goal in w.goals:
        who = goal.who or first
        if both := ratios(w, who, goal.than, goal.what):
            got = statistics.median(both)
            print(f"  {'reached' if got <= goal.at_most else 'MISSED':8} {goal.what} of {who}: "
                  f"{got:.3f} of that of {goal.than}, should be at most {goal.at_most:.3g}")
    for note in w.notes:
        print(f"  {note}")
    for complaint, times in Counter(w.complaints).items():
        print(f"  WRONG {complaint}" + (f" ({times} times)" if times > 1 else ""))
