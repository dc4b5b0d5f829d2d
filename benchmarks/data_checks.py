"""How well `chainrule data check` finds near copies of pictures and wrong labels, and how often it accuses clean data.

    python -m benchmarks.data_checks copies     # five clean sets, five kinds of copies of each
    python -m benchmarks.data_checks labels     # 5 % of the training labels are made wrong
    python -m benchmarks.data_checks            # both

Sets that are not on this machine (Fashion-MNIST) are left out. Everything is drawn with fixed seeds.
"""

import argparse
import io
import tempfile
import time

import numpy as np
from PIL import Image, ImageDraw

from chainrule import datasets
from chainrule.datasets.data_checks.label_errors import suspects
from chainrule.datasets.data_checks.near_copies import LIMIT, nearest
from chainrule.errors import ChainruleError

COPIES = 300  # of each kind and set
SHARE = 0.05  # of the labels are made wrong
PRECISION = 0.5


# ── clean sets: training pictures and test pictures, none of which is there twice ────────────────────────────────


def named(name, count):
    """A set known by name, its first pictures of each part. count: how many training pictures."""
    data = datasets.load(name)
    return data.x_train[:count], data.x_test[: count // 6]


def shapes():
    """Circles, squares and triangles, as `chainrule sample shapes` draws them, in pixels of grey."""
    from chainrule.datasets import samples

    with tempfile.TemporaryDirectory() as folder:
        samples.write(f"{folder}/shapes")
        data = datasets.load(f"{folder}/shapes")
    return data.x_train, data.x_test


def strokes(n=4000, seed=0):
    """Four random strokes a picture."""
    rng, made = np.random.default_rng(seed), []
    for _ in range(n):
        image = Image.new("L", (28, 28))
        draw = ImageDraw.Draw(image)
        for _ in range(4):
            draw.line([tuple(p) for p in rng.integers(3, 25, (2, 2)).tolist()], fill=255, width=2)
        made.append(np.asarray(image))
    made = np.stack(made)
    return made[: n * 3 // 4], made[n * 3 // 4 :]


def smooth_pictures(n, seed):
    """Smooth colours with some detail, as photos have them."""
    rng, made = np.random.default_rng(seed), []
    for _ in range(n):
        small = Image.fromarray(rng.integers(0, 256, (6, 6, 3)).astype("u1")).resize(
            (32, 32), Image.Resampling.BICUBIC
        )
        detail = Image.fromarray(rng.integers(0, 256, (16, 16, 3)).astype("u1")).resize(
            (32, 32), Image.Resampling.BILINEAR
        )
        made.append(np.asarray(Image.blend(small, detail, 0.3)))
    return np.stack(made)


def scenes(n=4000, seed=1):
    """Pictures like photos, three quarters of them to learn from."""
    made = smooth_pictures(n, seed)
    return made[: n * 3 // 4], made[n * 3 // 4 :]


SETS = {
    "MNIST": lambda count: named("mnist", count), "Fashion-MNIST": lambda count: named("fashion_mnist", count),
    "shapes (drawn)": lambda _: shapes(), "strokes (drawn)": lambda _: strokes(), "scenes (drawn)": lambda _: scenes(),
}  # fmt: skip


# ── copies ───────────────────────────────────────────────────────────────────────────────────────────────────────


def saved_anew(x, rng):
    """As a JPEG of quality 60."""
    file = io.BytesIO()
    Image.fromarray(x).save(file, "JPEG", quality=60)
    return np.asarray(Image.open(file))


def brighter(x, rng):
    """10 % brighter."""
    return np.clip(x * 1.1, 0, 255).astype("u1")


def darker(x, rng):
    """10 % darker."""
    return (x * 0.9).astype("u1")


def shifted(x, rng):
    """By up to two pixels each way, by at least one."""
    by = rng.integers(-2, 3, 2)
    return np.roll(x, by if by.any() else (1, 0), (0, 1))


def all_of_it(x, rng):
    """Brighter, shifted, and saved anew."""
    return saved_anew(shifted(brighter(x, rng), rng), rng)


KINDS = (saved_anew, brighter, darker, shifted, all_of_it)


def copies(count):
    """A line for each clean set: what share of each kind's copies is found, and of clean test pictures accused."""
    print(
        f"{'set':18} {'training':>8} {'test':>6}  accused   "
        + "  ".join(f"{kind.__name__:>10}" for kind in KINDS)
    )
    for name, make in SETS.items():
        try:
            known, test = make(count)
        except (ChainruleError, OSError) as problem:
            print(f"{name:18} left out: {problem}")
            continue
        rng = np.random.default_rng(7)
        accused = float((nearest(known, test)[0] < LIMIT).mean())
        found = []
        for kind in KINDS:
            source = rng.permutation(len(known))[:COPIES]
            away, place = nearest(known, np.stack([kind(known[k], rng) for k in source]))
            found.append(float(((away < LIMIT) & (place == source)).mean()))
        shares = "  ".join(f"{share:>10.1%}" for share in found)
        print(f"{name:18} {len(known):>8,} {len(test):>6,}  {accused:>7.2%}   {shares}", flush=True)


# ── labels ───────────────────────────────────────────────────────────────────────────────────────────────────────


def labels(count):
    """A line for each set: the share of wrong labels among the first that are named, as long as half of those are wrong."""
    for name in ("mnist", "fashion_mnist"):
        try:
            data = datasets.load(name)
        except (ChainruleError, OSError) as problem:
            print(f"{name}: left out: {problem}")
            continue
        rng, y = np.random.default_rng(11), np.array(data.y_train[:count])
        wrong = rng.random(len(y)) < SHARE
        y[wrong] = (y[wrong] + rng.integers(1, 10, int(wrong.sum()))) % 10
        began = time.process_time()
        order, _ = suspects(data.x_train[:count], y, 10)
        hits = np.cumsum(wrong[order])
        precise = hits >= PRECISION * np.arange(1, len(order) + 1)
        recall = hits[precise].max(initial=0) / wrong.sum()
        print(
            f"{name}: of {int(wrong.sum()):,} wrong labels of {len(y):,}, {recall:.1%} are found at a precision of {PRECISION:.0%} or more; "
            f"{len(order):,} are named in all, {wrong[order].mean():.1%} of them wrong; {time.process_time() - began:.0f} s of CPU",
            flush=True,
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="benchmarks.data_checks", description=__doc__.split("\n")[0])
    parser.add_argument("what", nargs="?", choices=("copies", "labels"))
    parser.add_argument("--count", type=int, default=60_000, help="training pictures of the named sets")
    asked = parser.parse_args()
    if asked.what != "labels":
        copies(asked.count)
    if asked.what != "copies":
        labels(asked.count)
