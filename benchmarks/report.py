"""Tables from the figures of a run: printed at its end, and written to RESULTS.md.

python -m benchmarks.report benchmarks/results/NAME.json > benchmarks/RESULTS.md
"""

import json
import sys
from statistics import mean, median

from benchmarks.quiet import AT_MOST, calm

MB = 1e6


def table(head, rows):
    """A table in Markdown, columns as wide as they need to be."""
    cells = [list(map(str, row)) for row in (head, *rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = ["| " + " | ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) + " |" for row in cells]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines) + "\n"


def spread(values, digits=2):
    """Median, and least to greatest."""
    return f"{median(values):.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"


def others(row):
    """How many timings count, how many were left out because others worked meanwhile, and how many were repeated."""
    known = [share for share in row["others"] if share is not None]
    left_out, again = sum(share > AT_MOST for share in known), row["tries"] - len(row["others"])
    if left_out == len(row["others"]):
        return f"{left_out}, all disturbed (others' share up to {max(known):.0%})"
    return (
        f"{len(row['others']) - left_out}"
        + f", {left_out} left out" * bool(left_out)
        + f", {again} repeated" * bool(again)
    )


def classic(found, _parts):
    """Time per epoch."""
    rows = [
        (name, spread(calm(f, "epochs")), f"{f['first']:.2f}", f"{median(calm(f, 'cpu')):.1f}", f"{f['memory'] / MB:.0f}", others(f))
        for name, f in found.items()
    ]  # fmt: skip
    return table(("", "s an epoch", "first epoch", "processor s", "peak MB", "timings"), rows)


def floor(found, parts):
    """The floor, and how far above it the epochs are."""
    ours = parts.get("classic", {}).get("Chainrule on JAX")
    rows = [
        (f"moments pass from {place}", f"{rate:.0f}", f"{found['seconds'][place]:.2f}",
         f"{median(calm(ours, 'epochs')) / found['seconds'][place]:.2f}" if ours else "")
        for place, rate in found["pass GB/s"].items()
    ]  # fmt: skip
    products = [
        (name, f"{p['us']:.0f}", f"{p['GFLOP/s']:.0f}", p["way"]) for name, p in found["products"].items()
    ]
    head = ("floor", "GB/s", "s an epoch", "Chainrule on JAX / floor")
    return table(head, rows) + "\n" + table(("product", "us", "GFLOP/s", "best way"), products)


def coldstart(found, _parts):
    """Process start to saved model."""
    rows = [
        (name, spread(calm(f, "seconds")), f"{f['memory'] / MB:.0f}", f"{mean(f['accuracy']):.2%}", others(f))
        for name, f in found.items()
    ]
    return table(("", "s, start to saved model", "peak MB", "test accuracy, mean", "timings"), rows)


def prediction(found, _parts):
    """Process start to what one picture is."""
    rows = [
        (name, spread(calm(f, "seconds"), 3), f"{f['memory'] / MB:.0f}", others(f))
        for name, f in found.items()
    ]
    return table(("", "s, start to answer", "peak MB", "timings"), rows)


def importing(found, _parts):
    """Imports."""
    return table(("", "s"), [(name, spread(f["seconds"], 3)) for name, f in found.items()])


def installation(found, _parts):
    """Sizes."""
    rows = [
        (name, f"{size / MB:.1f}") for name, size in sorted(found["parts"].items(), key=lambda part: -part[1])
    ]
    return table(("plain install", "MB"), [("all", f"{found['bytes'] / MB:.1f}"), *rows])


def accuracy(found, _parts):
    """Accuracies over seeds."""
    rows = [
        (
            name,
            len(v),
            f"{mean(v):.2%}",
            f"{min(v):.2%} to {max(v):.2%}",
            " ".join(f"{100 * a:.2f}" for a in v),
        )
        for name, v in found.items()
    ]
    return table(("test accuracy", "seeds", "mean", "spread", "each"), rows)


def machine(run):
    """Where the figures hold."""
    rows = [(name, value) for name, value in run["machine"].items() if name != "settings" and value]
    rows += [(name, value) for name, value in run["machine"]["settings"].items()]
    for number, described in enumerate(run["interpreters"]):
        versions = ", ".join(f"{name} {version}" for name, version in described["versions"].items())
        rows.append(("peers" if number else "Chainrule's Python", versions))
        rows.append(("NumPy's products", f"OpenBLAS kernels for {described['openblas_kernel']}"))
    return table(("machine", ""), rows)


def shown(run):
    """Everything that a run found, as Markdown."""
    from benchmarks.goals import goals

    parts = run["parts"]
    texts = [
        "## Ratios, beside what was aimed at\n",
        table(*goals(parts)),
        "## " + TITLES["machine"] + "\n",
        machine(run),
    ]
    for name, found in parts.items():
        if found:
            texts += [f"## {TITLES[name]}\n", PARTS[name](found, parts)]
    return "\n".join(texts)


PARTS = {
    "floor": floor, "classic": classic, "coldstart": coldstart, "prediction": prediction, "importing": importing,
    "installation": installation, "accuracy": accuracy,
}  # fmt: skip
TITLES = {
    "machine": "The machine",
    "floor": "The floor of an epoch",
    "classic": "The classic job, batch 32: medians of rounds in which each trains one epoch in turn",
    "coldstart": "From the start of a process to a saved model",
    "prediction": "From the start of a process to what one picture is, from an .h5 file",
    "importing": "Imports, in a fresh process",
    "installation": "The plain install on disk, Python and pip left out",
    "accuracy": "Accuracy on the 10,000 test digits",
}
HEAD = """# Results

Written by `python -m benchmarks.report`; how each figure is taken stands in [README.md](README.md): the median, then the
least and the greatest. "Timings": how many count. One during which more than 4 % of the machine's processor time went to
other programs is repeated, up to twice, and left out if that did not help.
"""

if __name__ == "__main__":
    with open(sys.argv[1]) as file:
        print(HEAD + "\n" + shown(json.load(file)), end="")
