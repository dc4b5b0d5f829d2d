"""What is wrong with data is found before learning: copies, contradictions, scales, outliers, answers given away, labels."""

import io
from dataclasses import replace

import numpy as np
import pytest
from benchmarks.data_checks import smooth_pictures
from PIL import Image, ImageDraw

from chainrule import datasets
from chainrule.datasets.data_checks import check, quick
from chainrule.datasets.data_checks.columns import answers_given_away, outliers
from chainrule.datasets.data_checks.label_errors import suspects
from chainrule.datasets.data_checks.near_copies import LIMIT, nearest
from chainrule.datasets.dataset import Dataset
from chainrule.datasets.from_arrays import from_arrays
from chainrule.errors import DataError

RNG = np.random.default_rng(0)
NAMES = {"task": "two classes", "class_names": ("a", "b")}


def found(report) -> list[tuple[str, str]]:
    return [(finding.severity, finding.name) for finding in report]


def rows(n=100, dtype=np.float32, width=6) -> np.ndarray:
    """Examples that are all different."""
    x = np.random.default_rng(1).normal(size=(n, width))
    return x.astype(dtype) if np.dtype(dtype).kind == "f" else (x * 30 + 128).astype(dtype)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.uint8, np.int64])
@pytest.mark.parametrize("shape", [(6,), (2, 3), (1, 2, 3)])
@pytest.mark.parametrize("part", ["test", "val"])
def test_copies_are_found_in_every_kind_of_data(dtype, shape, part) -> None:
    """Exactly the planted ones, in tables, float arrays and pictures, in the test and in the validation part."""
    x = rows(100, dtype).reshape(100, *shape)
    y = np.arange(100) % 2
    other = np.concatenate([x[80:], x[7:10]])
    parts = {"x_test": x[:0], "y_test": y[:0]} | {f"x_{part}": other, f"y_{part}": np.r_[y[80:], y[7:10]]}
    data = Dataset("leak", x[:80], y[:80], **parts, **NAMES, scale=1 / 255 if dtype != np.float32 else None)
    finding = next(f for f in quick(data) if f.name == "copies in two parts")
    assert finding.evidence["count"] == 3
    assert finding.evidence["first"] == [20, 21, 22]
    assert finding.severity == "warning"
    assert "copies in two parts" not in [
        f.name for f in quick(replace(data, **{f"x_{part}": x[80:], f"y_{part}": y[80:]}))
    ]


def test_a_table_with_every_row_twice_and_a_table_tested_on_itself(tmp_path) -> None:
    """Both would measure memory: the finding stops; labels by coin flip cannot look learned."""
    lines = [
        f"{a:.4f},{b:.4f},{'yes' if c else 'no'}"
        for a, b, c in zip(RNG.normal(size=60), RNG.normal(size=60), RNG.integers(0, 2, 60), strict=True)
    ]
    (tmp_path / "twice.csv").write_text("\n".join(["a,b,y", *lines, *lines]))
    (tmp_path / "once.csv").write_text("\n".join(["a,b,y", *lines]))
    for data in (datasets.load(tmp_path / "twice.csv", target="y"),
                 datasets.load(tmp_path / "once.csv", target="y", test=tmp_path / "once.csv")):  # fmt: skip
        assert data.checks.stops[0].name == "copies in two parts"
        assert data.checks.flattering
        assert any("flatters" in note for note in data.notes)
    assert datasets.load(tmp_path / "once.csv", target="y").checks.stops == ()


def test_rows_that_repeat_because_there_are_few_are_no_alarm() -> None:
    """Three columns of two values have eight rows: equal rows in two parts are to be expected."""
    x = RNG.integers(0, 2, (400, 3)).astype(np.float32)
    y = (x.sum(axis=1) > 1).astype(int)
    report = quick(Dataset("few", x[:300], y[:300], x[300:], y[300:], **NAMES))
    assert report.stops == ()
    assert ("note", "copies in two parts") in found(report)


@pytest.mark.parametrize("kind", ["table", "pictures", "numbers"])
def test_equal_inputs_with_different_labels_are_named(kind) -> None:
    """The two places and their labels, within a part and across parts."""
    x = {
        "table": rows(60),
        "pictures": RNG.integers(0, 256, (60, 5, 5)).astype("u1"),
        "numbers": rows(60, np.int64),
    }[kind]
    y = np.arange(60) % 2
    x, y = np.concatenate([x, x[4:5]]), np.r_[y, 1 - y[4]]
    for cut in (50, 61):
        data = Dataset("odd", x[:cut], y[:cut], x[cut:], y[cut:], **NAMES, scale=1 / 255)
        finding = next(f for f in quick(data) if f.name == "contradicting labels")
        assert ("test 10" if cut == 50 else "training 60") in finding.says
        assert "training 4 as 'a'" in finding.says


def test_parts_of_another_scale_are_brought_together_or_refused(tmp_path) -> None:
    """uint8 and fractions of one kind of picture become one; what is neither is refused or stops."""
    x = RNG.integers(0, 256, (60, 5, 5)).astype("u1")
    y = np.arange(60) % 2
    right = from_arrays("x", {"x_train": x[:40], "y_train": y[:40], "x_test": x[40:], "y_test": y[40:]})
    for other in (x[40:] / 255, (x[40:] / 255).astype("f2"), x[40:].astype("i8"), x[40:].astype("f4")):
        data = from_arrays("x", {"x_train": x[:40], "y_train": y[:40], "x_test": other, "y_test": y[40:]})
        assert data.digest == right.digest
        assert ("multiplied by 255" in " ".join(data.notes)) == (other.max() <= 1)
    data = from_arrays("x", {"x_train": x[:40] / 255, "y_train": y[:40], "x_test": x[40:], "y_test": y[40:]})
    np.testing.assert_allclose(data.x_test, x[40:] / 255, rtol=1e-6)
    with pytest.raises(DataError, match="x_test holds float32 from .* bring them to one scale"):
        from_arrays(
            "x",
            {"x_train": x[:40], "y_train": y[:40], "x_test": RNG.normal(size=(20, 5, 5)), "y_test": y[40:]},
        )
    for other in (x[40:] / 255.0 * 100, x[40:] / 127.5 * 1e3 - 1, np.full((20, 5, 5), 0.5)):
        data = from_arrays(
            "x", {"x_train": x[:40] / 255, "y_train": y[:40], "x_test": other, "y_test": y[40:]}
        )
        assert ("stop", "parts of different scale") in found(data.checks)


@pytest.mark.parametrize(
    ("factor", "offset", "said"),
    [(255, 0, True), (1, 0, False), (2, -1, False), (1e4, 0, True), (1, 500, True)],
)
def test_inputs_of_an_odd_scale_are_said(factor, offset, said) -> None:
    """0..255 as fractions and far offsets are; 0..1, -1..1 and standardised inputs are not."""
    x = RNG.random((50, 4)) * factor + offset
    assert (
        ("warning", "not scaled")
        in found(quick(Dataset("x", x, np.arange(50) % 2, x[:0], np.arange(0), **NAMES)))
    ) == said
    x = rows(50)
    assert found(quick(Dataset("x", x, np.arange(50) % 2, x[:0], np.arange(0), **NAMES))) == []


def test_inputs_that_say_nothing_stop() -> None:
    """All inputs equal, or all examples equal."""
    for x in (np.zeros((30, 4)), np.full((30, 4), 7.5), np.tile(RNG.random(4), (30, 1))):
        report = quick(Dataset("x", x, np.arange(30) % 2, x[:0], np.arange(0), **NAMES))
        assert ("stop", "inputs all equal") in found(report)


@pytest.mark.parametrize(
    ("mark", "count", "name", "severity"),
    [(-999, 5, "mark for a missing value", "warning"), (9999, 3, "mark for a missing value", "warning"), (-99, 1, "mark for a missing value", "warning"),
     (1e29, 1, "mark for a missing value", "stop"), (99999.99, 4, "mark for a missing value", "stop"), (7e7, 1, "outlier", "stop"),
     (-2147483648, 2, "mark for a missing value", "stop"), (40, 1, None, ""), (-3, 2, None, "")],
)  # fmt: skip
def test_marks_for_missing_values_and_outliers(mark, count, name, severity) -> None:
    """What lies far from all others and looks like a mark; beside 1e29 nothing is left of the others."""
    values = np.r_[np.random.default_rng(2).normal(20, 10, 300).clip(0, 45), [mark] * count]
    result = outliers("age", values)
    assert [f.name for f in result] == ([name] if name else [])
    assert [f.severity for f in result] == ([severity] if name else [])


def test_sound_columns_have_no_outlier() -> None:
    """Wide distributions, counters, ages up to 99 and constant columns are no alarm."""
    rng = np.random.default_rng(3)
    for values in (rng.lognormal(3, 1, 500), rng.integers(0, 100, 500) * 1.0, np.arange(500.0), np.full(50, 3.0), rng.pareto(1.5, 500),
                   np.r_[np.zeros(480), np.ones(20)], rng.integers(18, 100, 300) * 1.0):  # fmt: skip
        assert outliers("x", values) == []


def test_columns_that_give_the_answer_away() -> None:
    """The target once more stops; the target in other words, in another unit, or one column that decides, is a warning."""
    rng = np.random.default_rng(4)
    kinds = [["cat", "dog", "eel"][k] for k in rng.integers(0, 3, 80)]
    codes = np.array([float(["cat", "dog", "eel"].index(k)) for k in kinds])
    price = rng.normal(size=80)
    sound = {"noise": rng.normal(size=80), "near": price + rng.normal(size=80) * 0.1}
    result = answers_given_away("price", price, sound | {"copy": price, "cents": price * 100 + 3}, {})
    assert {f.evidence["column"]: f.severity for f in result} == {"copy": "stop", "cents": "warning"}
    result = answers_given_away("kind", kinds, {"noise": sound["noise"], "code": codes, "rank": codes * 10 + rng.random(80)},
                              {"again": kinds, "German": [{"cat": "Katze", "dog": "Hund", "eel": "Aal"}[k] for k in kinds],
                               "color": [["red", "blue"][k] for k in rng.integers(0, 2, 80)]})  # fmt: skip
    assert {f.evidence["column"]: f.severity for f in result} == {
        "code": "stop",
        "rank": "warning",
        "again": "stop",
        "German": "warning",
    }


def edited(kind: str, x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A picture saved anew, brighter, darker, shifted, or all of it."""
    if kind == "saved anew":
        file = io.BytesIO()
        Image.fromarray(x).save(file, "JPEG", quality=60)
        return np.asarray(Image.open(file))
    if kind == "brighter":
        return np.clip(x * 1.1, 0, 255).astype("u1")
    if kind == "darker":
        return (x * 0.9).astype("u1")
    if kind == "shifted":
        return np.roll(x, rng.integers(-2, 3, 2), (0, 1))
    return edited("saved anew", edited("shifted", edited("brighter", x, rng), rng), rng)


@pytest.fixture(scope="module")
def mnist() -> Dataset:
    """MNIST."""
    return datasets.load("mnist")


@pytest.mark.parametrize("kind", ["saved anew", "brighter", "darker", "shifted", "all of it"])
def test_near_copies_of_digits_are_found(mnist, kind) -> None:
    """At least 95 % of them among 3,000 digits, each with the digit it was made of."""
    rng = np.random.default_rng(5)
    source = rng.permutation(3000)[:120]
    away, place = nearest(
        mnist.x_train[:3000], np.stack([edited(kind, mnist.x_train[k], rng) for k in source])
    )
    assert ((away < LIMIT) & (place == source)).mean() >= 0.95


def photos(n: int, seed: int, colored: bool = True) -> np.ndarray:
    """Smooth pictures with some detail, as photos are."""
    made = smooth_pictures(n, seed)
    return made if colored else made[..., 0]


@pytest.mark.parametrize("kind", ["saved anew", "brighter", "darker", "shifted", "mirrored"])
def test_near_copies_of_photos_are_found(kind) -> None:
    """Mirrored ones too, where the classes are no letters; the finding names pairs and contradicting labels."""
    x, rng = photos(260, 6), np.random.default_rng(7)
    copies = [
        x[k, :, ::-1]
        if kind == "mirrored"
        else edited(kind, x[k], rng)
        if kind != "shifted"
        else np.roll(x[k], (1, -1), (0, 1))
        for k in range(20)
    ]
    y = np.arange(260) % 2
    data = Dataset("photos", x[:200], y[:200], np.concatenate([x[200:], copies]), np.r_[y[200:], y[:20]], scale=1 / 255, task="two classes",
                   class_names=("cat", "dog"), preparation={"kind": "picture"})  # fmt: skip
    finding = next(f for f in check(data) if f.name == "near copies in two parts")
    assert len(set(finding.evidence["pairs"]) & {(60 + k, k) for k in range(20)}) >= 19
    assert all(k >= 60 for k, _ in finding.evidence["pairs"])
    digits = replace(data, class_names=("6", "9"))
    assert ("near copies in two parts" in [f.name for f in check(digits)]) == (kind != "mirrored")


def letters(n: int, seed: int) -> np.ndarray:
    """Drawn strokes, a clean set of another kind."""
    rng = np.random.default_rng(seed)
    made = []
    for _ in range(n):
        image = Image.new("L", (28, 28))
        draw = ImageDraw.Draw(image)
        for _ in range(4):
            draw.line([tuple(p) for p in rng.integers(3, 25, (2, 2)).tolist()], fill=255, width=2)
        made.append(np.asarray(image))
    return np.stack(made)


@pytest.mark.parametrize("kind", ["mnist", "photos", "gray photos", "strokes", "noise"])
def test_clean_pictures_are_not_accused(mnist, kind) -> None:
    """Of each of five clean sets at most one test picture in 1,000 is said to be a copy."""
    x = {
        "mnist": lambda: mnist.x_train[:5000], "photos": lambda: photos(2500, 8), "gray photos": lambda: photos(2500, 9, colored=False),
        "strokes": lambda: letters(2500, 10), "noise": lambda: np.random.default_rng(11).integers(0, 256, (2500, 28, 28)).astype("u1"),
    }[kind]()  # fmt: skip
    away, _ = nearest(x[:-1000], x[-1000:])
    assert (away < LIMIT).mean() <= 0.001


@pytest.mark.parametrize("kind", ["saved anew", "brighter", "all of it"])
def test_near_copies_of_flat_pictures_are_found(kind) -> None:
    """Few grays, sharp edges, mostly one background: what a JPEG changes most, as a share of what is there; none of the others is accused."""
    rng, made = np.random.default_rng(21), []
    for _ in range(400):
        image = Image.new("L", (112, 112), int(rng.integers(0, 80)))
        corners = np.sort(rng.integers(20, 92, (3, 2)), axis=0) + rng.integers(-16, 17, (3, 2))
        ImageDraw.Draw(image).polygon([tuple(p) for p in corners.tolist()], fill=int(rng.integers(120, 255)))
        made.append(np.asarray(image.resize((28, 28), Image.Resampling.BOX)))
    x = np.stack(made)
    x = x[x.std(axis=(1, 2)) > 10]
    away, place = nearest(x[:250], np.stack([edited(kind, one, rng) for one in x[:60]]))
    assert ((away < LIMIT) & (place == np.arange(60))).mean() >= 0.95
    assert (nearest(x[:250], x[250:])[0] < LIMIT).mean() <= 0.01


def test_labels_that_look_wrong(mnist) -> None:
    """Of 5 % of swapped labels at least nine in ten are found, and at least half of what is said is one of them."""
    rng = np.random.default_rng(12)
    n = 8000
    y = mnist.y_train[:n].copy()
    wrong = rng.permutation(n)[: n // 20]
    y[wrong] = (y[wrong] + rng.integers(1, 10, len(wrong))) % 10
    order, other = suspects(mnist.x_train[:n], y, 10)
    assert np.isin(wrong, order).mean() >= 0.85
    assert np.isin(order, wrong).mean() >= 0.5
    assert (other[wrong] == mnist.y_train[wrong]).mean() > 0.85


def test_where_neighbors_say_nothing_no_label_is_accused() -> None:
    """Labels by coin flip: the nearest examples know nothing of them."""
    order, _ = suspects(rows(400), RNG.integers(0, 2, 400), 2)
    assert len(order) == 0


def test_published_data_are_known_by_their_digest(mnist) -> None:
    """MNIST as published is not searched again; with one label changed it is."""
    assert check(mnist).looked_at == ("the digest: the content is as published",)
    y = mnist.y_train[:500].copy()
    y[0] = (y[0] + 1) % 10
    assert (
        len(
            check(
                replace(
                    mnist,
                    x_train=mnist.x_train[:500],
                    y_train=y,
                    x_test=mnist.x_test[:50],
                    y_test=mnist.y_test[:50],
                )
            ).looked_at
        )
        > 3
    )


def test_a_report_for_programs() -> None:
    """Everything as JSON, the worst first."""
    import json

    x = rows(60)
    report = check(Dataset("x", x, np.arange(60) % 2, x[:30], np.arange(30) % 2, **NAMES))
    fields = json.loads(json.dumps(report.to_dict()))
    assert fields["findings"][0]["severity"] == "stop"
    assert "stop: 30 examples of the test part" in str(report)
