"""The tables of docs/security.md:  python -m benchmarks.security corpus | data | fuzz | flips

corpus [--keras]          every file of the attack corpus (tests/files), with its cost; beside Keras where it is installed
data                      every table, archive of arrays and folder of pictures of tests/datasets/hostile_files.py
fuzz [FORMAT] [--seconds] mutated files of each format, a minute each
flips [--count]           one flipped bit in files that Chainrule wrote
"""

import argparse
import json
import sys

from benchmarks.security import corpus, flips, fuzz


def main() -> None:
    """Runs one of them and prints its table."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.security", description=__doc__.splitlines()[0]
    )
    parser.add_argument("what", choices=("corpus", "data", "fuzz", "flips"))
    parser.add_argument("format", nargs="?", help=f"for fuzz: {', '.join(fuzz.TARGETS)}")
    parser.add_argument("--keras", action="store_true", help="run the corpus on Keras, too")
    parser.add_argument("--seconds", type=float, default=60.0, help="for each format (default 60)")
    parser.add_argument("--count", type=int, default=4000, help="flipped bits for each format (default 4000)")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    args = parser.parse_args()
    if args.what == "corpus":
        found = corpus.measure(with_keras=args.keras)
    elif args.what == "data":
        found = corpus.measure_data()
    elif args.what == "fuzz":
        found = {
            name: fuzz.run(name, args.seconds) for name in ([args.format] if args.format else fuzz.TARGETS)
        }
    else:
        found = {name: flips.run(name, args.count) for name in flips.FORMATS}
    if args.json:
        print(json.dumps(found, indent=1))
        return
    columns = list(next(iter(found.values())))
    print("| | " + " | ".join(columns) + " |\n|---|" + "---|" * len(columns))
    for name, row in found.items():
        print(f"| {name} | " + " | ".join(shown(row[column]) for column in columns) + " |")


def shown(value: object) -> str:
    """A figure as people read it."""
    return (
        f"{value:.2f}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)
    )


if __name__ == "__main__":
    sys.exit(main())
