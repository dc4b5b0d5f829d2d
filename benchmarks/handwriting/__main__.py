"""How well handwriting is read: python -m benchmarks.handwriting [MANIFEST] [--part look|hold|all] [options]

MANIFEST: a CSV with the columns file, label, source, kind and layout (single or multi; `|` between rows of a label); files
are beside it. A line whose file is an .npz (x, y) is a set of small pictures.
--part: which half of the sources, see `split`; "hold" is held back: each look at it is written down in benchmarks/LOG.md.
--empty FOLDER: photos and scans without a digit; some hundred cut-outs of them are read.
--made: pages made by the program, by kind of paper, and made pictures without a digit.
--numbers N: N made pictures of every kind of number with something beside it: amounts, dates, combs, squared paper, registers.
--times: a photo of 12 million pixels, and a page of 225 digits.
"""

import argparse
import csv
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.handwriting.figures import Outcome, table
from benchmarks.handwriting.split import part_of
from benchmarks.handwriting.strings import strings
from chainrule import datasets, pretrained
from chainrule.errors import ChainruleError
from chainrule.images import read_picture
from chainrule.inference.card import ModelCard
from chainrule.inference.predictor import Predictor
from chainrule.models.saving import load_model

CUTS = 250  # cut-outs of photos without a digit


def outcome(predictor: Predictor, picture: Any, label: str, source: str, kind: str) -> Outcome:
    """Reads one picture and compares the answer with the label, rows and all."""
    start = time.process_time()
    answer = predictor.picture(source, picture)
    took = time.process_time() - start
    return Outcome(
        source, kind, answer.text == label, answer.probability or 0.0, answer.refused is not None, took
    )


def collected(predictor: Predictor, manifest: Path, part: str, sets: bool) -> None:
    """Pictures from other people."""
    singles: list[Outcome] = []
    several: list[Outcome] = []
    with manifest.open(encoding="utf-8", newline="") as file:
        rows = [r for r in csv.DictReader(file) if part in ("all", part_of(r["source"]))]
    for row in rows:
        path = manifest.parent / row["file"]
        if row["file"].endswith(".npz"):
            if not sets:
                continue
            arrays = np.load(path)
            pictures = [(read_picture(x), str(y)) for x, y in zip(arrays["x"], arrays["y"], strict=True)]
            small = [outcome(predictor, x, y, row["source"], "set") for x, y in pictures]
            table(f"Set of small pictures: {path.name}", small)
            continue
        try:
            picture = read_picture(path)
        except ChainruleError as problem:
            print(problem, file=sys.stderr)
            continue
        found = outcome(predictor, picture, row["label"], row["source"], row["kind"])
        (several if row.get("layout") == "multi" else singles).append(found)
    table(f"One digit, sources of the part {part}", singles)
    table(f"One digit, by kind, {part}", singles, "kind")
    table(f"Several digits, all of them right, {part}", several)


def made(predictor: Predictor, count: int) -> None:
    """Made pages, with digits of MNIST's test part that nobody learned from; and USPS-like pictures of 16 x 16."""
    from chainrule.images.filters import resized
    from chainrule.images.made_pages import digit_pages, empty_pages

    data = datasets.load("mnist")
    for title, most in (("one digit", 1), ("one to six digits", 6)):
        pages = digit_pages(data.x_test, data.y_test, count, 90 + most, most)
        found = [outcome(predictor, read_picture(p.pixels), p.text, "made", p.kind) for p in pages]
        table(f"Made pages, {title}, by paper", found, "kind")
    small = [resized(x, 16, 16, "BOX") for x in data.x_test[: 3 * count]]
    found = [
        outcome(predictor, read_picture(x), str(y), "16 x 16", "set")
        for x, y in zip(small, data.y_test, strict=False)
    ]
    table("MNIST's test digits made 16 x 16", found)
    nothing([(p.kind, p.pixels) for p in empty_pages(count, 95)], predictor, "Made pictures without a digit")


def numbers(predictor: Predictor, each: int) -> None:
    """Amounts, dates, forms, registers and the like, written with MNIST's test digits that nobody learned from."""
    data = datasets.load("mnist")
    made = strings(data.x_test, data.y_test, each, 97)
    table(
        "Made numbers with something beside them, by kind",
        [outcome(predictor, read_picture(w.pixels), w.text, "made", w.kind) for w in made],
        "kind",
    )


def cut_outs(folder: Path) -> list[tuple[str, np.ndarray]]:
    """Parts of photos, of many sizes, the same each time."""
    from PIL import Image

    rng = np.random.default_rng(5)
    files = sorted(p for p in folder.rglob("*") if p.suffix.lower() in (".png", ".jpg", ".jpeg"))
    found = []
    for k in range(CUTS):
        image = Image.open(files[k % len(files)]).convert("RGB")
        share = rng.uniform(0.1, 1)
        w, h = max(20, int(image.width * share)), max(20, int(image.height * share * rng.uniform(0.6, 1)))
        w, h = min(w, image.width), min(h, image.height)
        left, top = int(rng.integers(0, image.width - w + 1)), int(rng.integers(0, image.height - h + 1))
        found.append((files[k % len(files)].stem, np.asarray(image.crop((left, top, left + w, top + h)))))
    return found


def nothing(pictures: list[tuple[str, Any]], predictor: Predictor, title: str) -> None:
    """How many pictures without a digit get one, and how surely."""
    sure, refused = [], 0
    for _, pixels in pictures:
        answer = predictor.picture("empty", read_picture(pixels))
        refused += answer.refused is not None
        sure.append(max((digit.probability for digit in answer.digits), default=0.0))
    print(
        f"\n{title}: n {len(sure)}, refused {refused / len(sure):.1%}, a digit above 90 %: {np.mean(np.array(sure) > 0.9):.1%}, "
        f"above 50 %: {np.mean(np.array(sure) > 0.5):.1%}"
    )


def times(predictor: Predictor) -> None:
    """CPU seconds and the peak of memory for a large photo, and for a page full of digits."""
    import resource

    data = datasets.load("mnist")
    page = np.full((15 * 60, 15 * 60), 245, np.uint8)
    for k in range(225):
        y, x = divmod(k, 15)
        page[60 * y + 4 : 60 * y + 60, 60 * x + 2 : 60 * x + 58] -= (
            np.kron(data.x_test[k], np.ones((2, 2), np.uint8)) // 2
        )
    large = np.full((3000, 4000, 3), 235, np.uint8)
    large[1000:1840, 1500:2340] -= np.kron(data.x_test[0], np.ones((30, 30), np.uint8))[..., None] // 2
    for name, pixels in (("a page of 225 digits", page), ("an array of 12 million pixels", large)):
        start = time.process_time()
        answer = predictor.picture(name, read_picture(pixels))
        print(
            f"\n{name}: {len(answer.digits)} digits, {time.process_time() - start:.2f} s CPU, "
            f"peak of the process {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB"
        )


def main() -> int:
    """Reads the options and measures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("manifest", nargs="?", type=Path)
    parser.add_argument("--part", choices=("look", "hold", "all"), default="look")
    parser.add_argument("--model", default=str(pretrained.digits()))
    parser.add_argument("--empty", type=Path)
    parser.add_argument("--made", action="store_true")
    parser.add_argument("--no-sets", action="store_true", help="leave out the sets of small pictures")
    parser.add_argument("--pages", type=int, default=600, help="how many made pages of each kind")
    parser.add_argument("--numbers", type=int, default=0, help="how many made numbers of each kind")
    parser.add_argument("--times", action="store_true")
    options = parser.parse_args()
    network = load_model(options.model, compile=False)
    predictor = Predictor(network, ModelCard.of(network))
    if options.manifest:
        collected(predictor, options.manifest, options.part, not options.no_sets)
    if options.empty:
        nothing(cut_outs(options.empty), predictor, f"Cut-outs of {options.empty}")
    if options.made:
        made(predictor, options.pages)
    if options.numbers:
        numbers(predictor, options.numbers)
    if options.times:
        times(predictor)
    return 0


if __name__ == "__main__":
    sys.exit(main())
