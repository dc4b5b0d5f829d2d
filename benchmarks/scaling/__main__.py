"""`python -m benchmarks.scaling [AXIS ...]`: every point by every library that is here, a table and a log-log picture.

A process a point and library, at most 20 processor seconds each; a point that takes more is said to be over. Figures are processor seconds,
which other jobs on the machine disturb least; seconds on the clock and peak memory stand in the JSON.
"""

import argparse
import importlib.util
import json
import math
import resource
import signal
import subprocess
import sys
from pathlib import Path

from benchmarks.scaling.points import points
from benchmarks.scaling.table import picture, table

LIMIT = 20.0
OWN = ("chainrule-numpy", "chainrule-jax", "chainrule")
PEERS = {"keras": "keras", "torch": "torch", "sklearn": "sklearn"}


def measured(library, point, limit):
    """The figures of a point by a library; {"over": limit} or {"failed": why} where there are none."""
    if library in ("torch", "sklearn") and point.kind != "dense":
        return {"failed": "not written for this kind"}
    words = [sys.executable, "-m", "benchmarks.scaling.job", library, json.dumps(point.to_dict())]
    done = subprocess.run(words, capture_output=True, text=True, check=False, preexec_fn=lambda: allow(limit))
    if done.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
        return {"over": limit}
    if done.returncode:
        return {"failed": done.stderr.strip().splitlines()[-1][:200] if done.stderr.strip() else "no output"}
    return json.loads(done.stdout.splitlines()[-1])


def main():
    """Measures, writes scaling.json, scaling.md and scaling.png into the folder."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scaling", description=__doc__)
    parser.add_argument(
        "axes", nargs="*", help="width, depth, batch, examples, corner, kind; all when left out"
    )
    parser.add_argument("--few", action="store_true", help="every other point, with fewer examples")
    parser.add_argument(
        "--limit", type=float, default=LIMIT, help="processor seconds a point and library (default 20)"
    )
    parser.add_argument("--no-peers", action="store_true", help="only Chainrule's two engines and its choice")
    parser.add_argument("--out", default="benchmarks/results", help="the folder (default benchmarks/results)")
    args = parser.parse_args()
    libraries = list(OWN)
    if not args.no_peers:
        libraries += [name for name, module in PEERS.items() if importlib.util.find_spec(module)]
    rows = []
    for point in points(args.axes, args.few):
        row = {"point": point.to_dict() | {"value": point.value}}
        for library in libraries:
            row[library] = measured(library, point, args.limit)
        rows.append(row)
        print(table([row], libraries, head=len(rows) == 1), flush=True)
    folder = Path(args.out)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "scaling.json").write_text(json.dumps(rows, indent=1))
    (folder / "scaling.md").write_text(table(rows, libraries) + "\n")
    print(choices(rows))
    if importlib.util.find_spec("matplotlib"):
        picture(rows, libraries, folder / "scaling.png")


def allow(seconds):
    """Ends this process when it has used so many processor seconds."""
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(seconds), math.ceil(seconds) + 1))


def choices(rows):
    """How the chosen engine compares with the better one, over all points at which both were done."""
    ratios = []
    for row in rows:
        both = {name: row[f"chainrule-{name}"].get("first") for name in ("numpy", "jax")}
        chosen = row["chainrule"].get("engine")
        if all(both.values()) and chosen:
            ratios.append((both[chosen]["cpu"] / min(b["cpu"] for b in both.values()), row["point"]))
    if not ratios:
        return "No point was done on both engines."
    worst, where = max(ratios, key=lambda one: one[0])
    mean = math.exp(sum(math.log(ratio) for ratio, _ in ratios) / len(ratios))
    return f"chosen / better engine: mean {mean:.2f}, worst {worst:.2f} at {where}, {len(ratios)} points"


if __name__ == "__main__":
    main()
