"""How well real handwriting is read: python benchmarks/handwriting/measure.py MANIFEST MODEL [MODEL …] [options]

MANIFEST: a CSV with the columns file, label, source, kind and layout (single or multi; `|` between rows of a label);
files are beside it. Lines whose file is an .npz (x, y) are sets of small pictures; a line without a label is a picture
without a digit, which is to be refused.
MODEL: a model file, or an .npz with the arrays w0 … w5 of a 784-784-100-10 network (kernel, bias, kernel, …).

Prints, for every model, accuracy by source and kind: naive resize, resize and inversion, the full preparation,
each stage left out; sequences; small pictures; and, when "I don't know" is allowed as the model's file says (or at
a least confidence), which share is answered and how much of that is right.
Every figure named "mean of sources" weighs each source alike, so that no large source hides a small one; "worst left out"
is the range of that mean when each source in turn is left out.
"""

import argparse
import csv
import html
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from chainrule.errors import ChainruleError
from chainrule.images import Preparation, Rejection, prepare, read_picture
from chainrule.images.filters import resized
from chainrule.images.grey import CHANNELS, mixed
from chainrule.images.stage_sheet import stage_sheet
from chainrule.inference.handwriting import Reader

Classify = Callable[[np.ndarray], np.ndarray]


def load(path: str) -> tuple[Classify, Rejection | None]:
    """A function from (n, 28, 28) float32 to probabilities, and when it says "I don't know"."""
    if not path.endswith(".npz"):
        from chainrule.models import load_model

        model = load_model(path, compile=False)
        stored = model.extras.get("rejection", model.extras.get("rejection", model.extras.get("doubt")))
        doubt = Rejection.from_dict(stored) if stored else None
        return lambda x: np.asarray(model.predict_on_batch(x.reshape(len(x), *model.input_shape))), doubt
    arrays = np.load(path)
    w = [arrays[f"w{k}"] for k in range(6)]

    def classify(x: np.ndarray) -> np.ndarray:
        h = np.maximum(x.reshape(len(x), 784) @ w[0] + w[1], 0)
        z = np.maximum(h @ w[2] + w[3], 0) @ w[4] + w[5]
        e = np.exp(z - z.max(1, keepdims=True))
        return e / e.sum(1, keepdims=True)

    return classify, None


def naive(pixels: np.ndarray, invert: bool) -> np.ndarray:
    """What most first attempts do: grey, 28 x 28, and perhaps turned over when the border is light."""
    small = resized(pixels if pixels.ndim == 2 else mixed(pixels, CHANNELS["brightness"]), 28, 28, "BOX")
    ring = np.concatenate([small[0], small[-1], small[:, 0], small[:, -1]])
    return 255 - small if invert and np.median(ring) > 127 else small


def read_sequence(picture, settings: Preparation, classify: Classify, single: bool):
    """(text, least confidence, prepared)"""
    prepared = prepare(picture, settings, single=single, classify=classify)
    if not prepared.digits:
        return "", 0.0, prepared
    p = prepared.probabilities(classify)
    return prepared.text([int(k) for k in p.argmax(1)]), float(p.max(1).min()), prepared


def averages(right: np.ndarray, sources: np.ndarray) -> str:
    """Mean of sources, range with a source left out, share of all."""
    means = np.array([right[sources == s].mean() for s in dict.fromkeys(sources)])
    n = len(means)
    without = (means.sum() - means) / max(1, n - 1)
    return (
        f"{means.mean() * 100:6.1f} %  left out in turn {without.min() * 100:5.1f} to {without.max() * 100:5.1f}"
        f"  of all {right.mean() * 100:5.1f} %  (n {len(right)}, sources {n})"
    )


def table(right: np.ndarray, keys: np.ndarray) -> None:
    """One line a group."""
    for key in sorted(dict.fromkeys(keys)):
        chosen = right[keys == key]
        print(f"      {str(key)[:60]:60s} {chosen.mean() * 100:6.1f} %  ({len(chosen)})")


def gallery(folder: Path, failures: list) -> None:
    """A page with every picture that was read wrongly, and how it was seen."""
    folder.mkdir(parents=True, exist_ok=True)
    parts = [
        (
            "<!doctype html><meta charset=utf-8><title>Read wrongly</title><style>body{font:14px sans-serif}"
            "img{max-width:100%}</style>"
        )
    ]
    for k, (row, text, prepared, p) in enumerate(failures):
        stage_sheet(prepared, p, answer=f"{row['label']} read as {text}").save(folder / f"{k:03d}.png")
        parts.append(
            f"<h3>{html.escape(row['file'])}: {html.escape(row['label'])} read as "
            f"{html.escape(text or prepared.refused or 'nothing')}</h3><img src='{k:03d}.png' loading=lazy>"
        )
    (folder / "index.html").write_text("\n".join(parts), encoding="utf-8")
    print(f"  {len(failures)} read wrongly: {folder / 'index.html'}")


def refusals(reader: Reader, singles: list, multis: list, non_digits: list) -> None:
    """What is answered when "I don't know" is allowed, as `chainrule predict` does."""
    for title, chosen, single in (
        ("single digits", singles, True),
        ("found by itself", singles, False),
        ("sequences", multis, False),
    ):
        if not chosen:
            continue
        read = [(reader.read(picture, single), row["label"]) for row, picture in chosen]
        answered = [(found.text, label) for found, label in read if found.refused is None]
        right = np.mean([text == label for text, label in answered]) if answered else 0.0
        print(
            f"  I don't know: {title:14s} {1 - len(answered) / len(read):6.1%} refused; of the answers {right:6.1%} right, "
            f"of all {right * len(answered) / len(read):6.1%}"
        )
    if non_digits:
        refused = np.array([reader.read(picture).refused is not None for _, picture in non_digits])
        print(f"  I don't know: {'without a digit':14s} {refused.mean():6.1%} refused  (n {len(refused)})")
        table(refused, np.array([row["kind"] for row, _ in non_digits]))


def measure(
    name: str,
    classify: Classify,
    doubt: Rejection | None,
    singles: list,
    multis: list,
    sets: list,
    non_digits: list,
    options,
) -> None:
    """All figures of one model."""
    print(f"\n{name}")
    if doubt is not None:
        refusals(Reader(classify, rejection=doubt), singles, multis, non_digits)
    settings = Preparation()
    labels = np.array([row["label"] for row, _ in singles])
    sources = np.array([row["source"] for row, _ in singles])
    kinds = np.array([row["kind"] for row, _ in singles])
    for title, invert in (("naive resize", False), ("resize and inversion", True)):
        x = np.stack([naive(picture.pixels, invert) for _, picture in singles]).astype(np.float32) / 255
        print(f"  {title:28s}", averages(classify(x).argmax(1).astype(str) == labels, sources))
    failures = []
    for title, single in (("full preparation", True), ("… digits found by itself", False)):
        read = [read_sequence(picture, settings, classify, single) for _, picture in singles]
        right = np.array([text for text, _, _ in read]) == labels
        print(f"  {title:28s}", averages(right, sources))
        if single:
            table(right, kinds)
            table(right, sources)
            sure = np.array([c for _, c, _ in read])
            for least in (0.5, 0.6, 0.7, 0.8, 0.9):
                kept = sure >= least
                if kept.any():
                    print(
                        f"      answers at least {least:.0%} sure: {kept.mean():6.1%} of pictures, {right[kept].mean():6.1%} right"
                    )
            failures += [
                (row, text, p, p.probabilities(classify) if p.digits else None)
                for (row, _), (text, _, p), ok in zip(singles, read, right, strict=True)
                if not ok
            ]
    if not options.quick:
        for stage in Preparation.STAGES:
            left = settings.without(stage)
            right = np.array([read_sequence(p, left, classify, True)[0] for _, p in singles]) == labels
            print(f"  without {stage:20s}", averages(right, sources))
    if multis:
        read = [read_sequence(picture, settings, classify, False) for _, picture in multis]
        right = np.array([text == row["label"] for (text, _, _), (row, _) in zip(read, multis, strict=True)])
        print(
            f"  {'sequences, all right':28s}", averages(right, np.array([row["source"] for row, _ in multis]))
        )
        table(right, np.array([row["source"] for row, _ in multis]))
        failures += [
            (row, text, p, p.probabilities(classify) if p.digits else None)
            for (row, _), (text, _, p), ok in zip(multis, read, right, strict=True)
            if not ok
        ]
    for path in sets:
        arrays = np.load(path)
        x, y = arrays["x"][:: options.every], arrays["y"][:: options.every]
        right = np.array([read_sequence(picture, settings, classify, True)[0] for picture in x]) == y.astype(
            str
        )
        print(f"  {path.name:28s} {right.mean() * 100:6.1f} %  (n {len(y)})")
    if options.gallery:
        gallery(Path(options.gallery) / Path(name).stem, failures)


def main() -> int:
    """Reads the options, measures every model."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("manifest")
    parser.add_argument("models", nargs="+")
    parser.add_argument("--quick", action="store_true", help="leave out the runs with a stage left out")
    parser.add_argument("--gallery", help="folder for a page of what was read wrongly")
    parser.add_argument("--every", type=int, default=1, help="use every n-th picture of .npz sets")
    options = parser.parse_args()
    base = Path(options.manifest).parent
    singles, multis, sets, non_digits = [], [], [], []
    with open(options.manifest, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["file"].endswith(".npz"):
                sets.append(base / row["file"])
                continue
            try:
                picture = read_picture(base / row["file"])
            except ChainruleError as problem:
                print(problem, file=sys.stderr)
                continue
            (non_digits if not row["label"] else multis if row.get("layout") == "multi" else singles).append(
                (row, picture)
            )
    for path in options.models:
        measure(path, *load(path), singles, multis, sets, non_digits, options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
