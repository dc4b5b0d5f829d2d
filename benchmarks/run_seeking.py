"""How long it takes to go to a step of a recorded run: ten epochs of the classic job, steps by chance.

    python -m benchmarks.run_seeking [runs folder]

Records the run first where the folder has none. Prints one JSON line: seconds to open the run, then to go to 40 steps by chance
one after the other in one process (programs compiled): the first ten, in which few states are at hand, and the rest; and
the share of the machine's processor time that others had meanwhile.
"""

import json
import os
import statistics
import sys
import tempfile
import time

import numpy as np

from benchmarks.quiet import processor_seconds
from chainrule import arrays, datasets, open_run
from chainrule.recording import resume
from chainrule.runs import list_runs, this_machine
from chainrule.training import recipes

SEEKS = 40


def recorded(runs_dir: str) -> None:
    """The classic job, ten epochs, recorded."""
    data = datasets.load("mnist")
    arrays.set_seed(1)
    recipe = recipes.recipe("classic", len(data.x_train))
    resume.new(data, recipe, "mnist", {}, 1, backend="jax", runs_dir=runs_dir).learn(0)


def main(runs_dir: str) -> None:
    """Opens the run and goes to steps."""
    if not list_runs(runs_dir).runs:
        recorded(runs_dir)
    began = time.perf_counter()
    run = open_run("last", runs_dir)
    run.at(1)
    opened = time.perf_counter() - began
    rng, seconds, last = np.random.default_rng(1), [], run.replay.last
    before, cpu, since = processor_seconds(), time.process_time(), time.perf_counter()
    for step in rng.integers(0, last, SEEKS):
        began = time.perf_counter()
        run.at(int(step))
        seconds.append(time.perf_counter() - began)
    wall, after = time.perf_counter() - since, processor_seconds()
    others = (
        None
        if before is None
        else round((after - before - time.process_time() + cpu) / wall / (os.cpu_count() or 1), 3)
    )
    fields = {
        name: {"median": round(statistics.median(part), 3), "worst": round(max(part), 3)}
        for name, part in (("first_10", seconds[:10]), ("later", seconds[10:]))
    }
    found = {
        "steps": last,
        "snapshots": len(run.snapshots()),
        "opened_s": round(opened, 2),
        **fields,
        "others": others,
        "off": run.replay.drift,
    }
    print(json.dumps(found | {"bytes_an_epoch": run.size // 10, "machine": this_machine()}))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(sys.argv[1])
    else:
        with tempfile.TemporaryDirectory() as folder:
            main(folder)
