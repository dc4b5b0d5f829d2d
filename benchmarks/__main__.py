"""Runs benchmarks: `python -m benchmarks [PART ...]`, from the project's folder. See benchmarks/README.md."""

import argparse
import json
import os
import sys
import tempfile
import time
from dataclasses import dataclass
from importlib import import_module

from benchmarks import machine, report
from benchmarks.interpreters import Interpreters
from benchmarks.processes import ROOT, run
from benchmarks.quiet import Alone

PARTS = ("floor", "classic", "coldstart", "prediction", "importing", "installation", "accuracy")


@dataclass
class Options:
    """What the parts need to know."""

    interpreters: Interpreters
    mnist: str
    env: dict[str, str]  # of Chainrule's processes: where compiled programs and recorded runs are kept
    alone: Alone
    rounds: int
    cold_rounds: int
    short_rounds: int
    seeds: int

    def say(self, line):
        """A line about how it goes."""
        print(line, file=sys.stderr, flush=True)


def arguments():
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)}; all when left out")
    parser.add_argument(
        "--name", default="here", help="results go to benchmarks/results/NAME.json (default here)"
    )
    parser.add_argument("--peer-python", action="append", default=[], metavar="PATH",
                        help="another interpreter in which to look for peers; may be given more than once")  # fmt: skip
    parser.add_argument("--lock", metavar="FILE", help="hold this lock while timing (see flock(1))")
    parser.add_argument("--rounds", type=int, default=7, help="epochs of the classic job (default 7)")
    parser.add_argument("--cold-rounds", type=int, default=3, help="cold starts (default 3)")
    parser.add_argument("--short-rounds", type=int, default=11, help="predictions (default 11)")
    parser.add_argument("--seeds", type=int, default=5, help="seeds over which accuracy is taken (default 5)")
    args = parser.parse_args()
    for part in args.parts:
        if part not in PARTS:
            parser.error(f"there is no part called {part!r}; known: {', '.join(PARTS)}")
    return args


def main():
    """Runs the parts, keeps their figures after each, prints the tables."""
    args = arguments()
    interpreters = Interpreters(sys.executable, args.peer_python)
    path = os.path.join(ROOT, "benchmarks", "results", f"{args.name}.json")
    found = {"parts": {}}
    if os.path.exists(path):  # a part measured anew replaces the old one, the others stay
        with open(path) as file:
            found = json.load(file)
    found |= {"machine": machine.describe(), "interpreters": list(interpreters.known.values())}
    with tempfile.TemporaryDirectory() as work:
        mnist = os.path.join(work, "mnist.npz")
        run([sys.executable, "-m", "benchmarks.jobs.mnist", mnist])
        env = {"CHAINRULE_HOME": os.path.join(work, "home"), "CHAINRULE_RUNS": os.path.join(work, "runs")}
        options = Options(
            interpreters,
            mnist,
            env,
            Alone(args.lock),
            args.rounds,
            args.cold_rounds,
            args.short_rounds,
            args.seeds,
        )
        for part in args.parts or PARTS:
            found["parts"][part] = import_module(f"benchmarks.{part}").measure(options)
            found.setdefault("measured", {})[part] = time.strftime("%Y-%m-%d")
            with open(path + ".new", "w") as file:
                json.dump(found, file, indent=1)
            os.replace(path + ".new", path)
        options.alone.release()
    found["parts"] = {part: found["parts"][part] for part in PARTS if part in found["parts"]}
    print(report.shown(found))


if __name__ == "__main__":
    main()
