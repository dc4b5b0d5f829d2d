"""Mutated files, format by format: a refusal in Chainrule's own words, or a result; nothing raw, nothing slow."""

import io
import json
import random
import sys
import tempfile
import time
import traceback
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

TESTS = Path(__file__).parents[2] / "tests" / "files"
VALUES: tuple[Any, ...] = (
    None, -1, 0, 1, 1.5, 1e30, 10**12, 1 << 70, "", "x", "../x", "\x1b[31m", True, [], [1], [[["a"]]], {}, {"a": 1},
    {"class_name": "Dense", "config": {}}, "relu", "a" * 3000,
)  # fmt: skip


def mangled(raw: bytes, chance: random.Random) -> bytes:
    """Some bytes changed, cut out, doubled or moved."""
    out = bytearray(raw)
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        at, size = chance.randrange(max(1, len(out))), chance.choice((1, 1, 2, 4, 8, 64, 512))
        how = chance.randrange(5)
        if how == 0 and out:
            out[at] = chance.randrange(256)
        elif how == 1:
            del out[at : at + size]
        elif how == 2:
            out[at:at] = out[at : at + size]
        elif how == 3:
            out[at : at + size] = bytes(chance.randrange(256) for _ in range(size))
        else:
            out[at : at + 4] = chance.choice(
                (b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff", b"\0\0\0\x80")
            )
    return bytes(out)


def places(value: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to every entry of a JSON value."""
    entries = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    return [way for key, entry in entries for way in [(*here, key), *places(entry, (*here, key))]]


def changed(value: Any, chance: random.Random) -> Any:
    """A JSON value with one to three entries replaced or taken out."""
    value = json.loads(json.dumps(value))
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        ways = places(value)
        if not ways:
            break
        *front, last = chance.choice(ways)
        inside = value
        for key in front:
            inside = inside[key]
        if chance.random() < 0.15:
            del inside[last]
        else:
            inside[last] = json.loads(json.dumps(chance.choice(VALUES)))
    return value


def model_bytes(kind: str) -> tuple[Callable[[random.Random], bytes], Callable[[bytes], object]]:
    """Bytes of a model file, mangled."""
    sys.path[:0] = [str(TESTS)]
    from test_bit_rot import written

    raw, load = written(kind)
    return (lambda chance: mangled(raw, chance)), load


def configuration() -> tuple[Callable[[random.Random], bytes], Callable[[bytes], object]]:
    """A whole .keras file whose configuration was changed; loaded, and asked."""
    import chainrule as cr
    from chainrule.models.saving import load_model

    path = Path(tempfile.mkdtemp()) / "net.keras"
    model = cr.Sequential(
        [cr.Input((4,)), cr.layers.Dense(3, "relu"), cr.layers.Dropout(0.1), cr.layers.Dense(2, "softmax")]
    )
    model.compile("adam", "categorical_crossentropy", ["accuracy"])
    model.fit(np.ones((4, 4)), np.eye(2)[[0, 1, 0, 1]], verbose=0)
    model.save(path)
    parts = {
        name: zipfile.ZipFile(path).read(name)
        for name in zipfile.ZipFile(path).namelist()
        if name != "chainrule.json"
    }
    config = json.loads(parts["config.json"])

    def make(chance: random.Random) -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            for name, content in parts.items():
                archive.writestr(
                    name, json.dumps(changed(config, chance)) if name == "config.json" else content
                )
        return out.getvalue()

    def use(content: bytes) -> object:
        path.write_bytes(content)
        return load_model(path).predict(np.zeros((1, 4)), verbose=0)

    return make, use


def card() -> tuple[Callable[[random.Random], bytes], Callable[[bytes], object]]:
    """A model card whose entries were changed; read, and used for a picture, a table and an array."""
    import chainrule as cr
    from chainrule.errors import ChainruleError
    from chainrule.inference.card import ModelCard
    from chainrule.inference.predictor import Predictor

    folder = Path(tempfile.mkdtemp())
    np.save(folder / "x.npy", np.ones((2, 4), "f4"))
    (folder / "x.csv").write_text("a;c\n1,5%;x\n")
    from PIL import Image

    Image.new("L", (20, 20)).save(folder / "x.png")
    model = cr.Sequential([cr.Input((4,)), cr.layers.Dense(2, "softmax")])
    model.build()
    cards = [
        {"task": "classes", "class_names": ["a", "b"], "accuracy": 0.5, "dataset": {"name": "n", "digest": "d", "options": {"target": "t"}},
         "preparation": {"kind": "table", "columns": [{"name": "a", "kind": "number", "mean": 0.0, "std": 1.0, "notation": {"decimal": ",", "unit": "%"}},
                                                      {"name": "c", "kind": "category", "values": ["x", "y", "z"]}],
                         "target": {"name": "t", "kind": "category", "values": ["a", "b"]}, "no_header": ["a", "c", "t"]}},
        {"task": "classes", "class_names": ["a", "b"], "preparation": {"kind": "picture", "height": 2, "width": 2, "colour": False, "fit": "pad", "scale": 1 / 255}},
        {"task": "classes", "class_names": ["a", "b"], "preparation": {"kind": "array", "shape": [4], "dtype": "float32", "scale": None}},
    ]  # fmt: skip

    def use(content: bytes) -> object:
        model.extras = json.loads(content)
        predictor = Predictor(model, ModelCard.of(model))
        for name in ("x.npy", "x.csv", "x.png"):
            try:
                list(predictor.read(str(folder / name)))
            except ChainruleError:
                pass
        return None

    return (lambda chance: json.dumps(changed(chance.choice(cards), chance)).encode()), use


def data_file(
    name: str, contents: list[bytes], **options: Any
) -> tuple[Callable[[random.Random], bytes], Callable[[bytes], object]]:
    """A data file, mangled, loaded by name."""
    from chainrule import datasets

    path = Path(tempfile.mkdtemp()) / name

    def use(content: bytes) -> object:
        path.write_bytes(content)
        return datasets.load(path, **options)

    return (lambda chance: mangled(chance.choice(contents), chance)), use


def tables() -> tuple[Callable[[random.Random], bytes], Callable[[bytes], object]]:
    """Tables in many notations."""
    rng = np.random.default_rng(0)
    texts = ["a,b,y\n" + "".join(f"{v:.2f},{w},{'x' if v > 0 else 'z'}\n" for v, w in zip(rng.normal(size=30), rng.integers(0, 9, 30), strict=True)),
             "sep=;\na;b;y\n" + "".join(f"{v:.2f};$1.{k}00,5{k};{k % 3}\n".replace(".", ",", 1) for k, v in enumerate(rng.normal(size=30))),
             "d,p,y\n" + "".join(f'2024-01-{k % 28 + 1:02},{k}.5%,"{k},{k + 100}"\n' for k in range(30))]  # fmt: skip
    return data_file("t.csv", [text.encode() for text in texts], target="y", skip_bad=True)


def arrays() -> tuple[Callable[[random.Random], bytes], Callable[[bytes], object]]:
    """Archives of arrays."""
    out = []
    for save in (np.savez, np.savez_compressed):
        raw = io.BytesIO()
        save(raw, x=np.random.default_rng(0).integers(0, 256, (30, 5, 5)).astype("u1"), y=np.arange(30) % 3)
        out.append(raw.getvalue())
    return data_file("a.npz", out)


TARGETS: dict[str, Callable[[], tuple[Callable[[random.Random], bytes], Callable[[bytes], object]]]] = {
    "keras": lambda: model_bytes("keras"), "h5": lambda: model_bytes("h5"), "weights": lambda: model_bytes("weights"),
    "configuration": configuration, "card": card, "csv": tables, "npz": arrays,
}  # fmt: skip


def run(name: str, seconds: float, seed: int = 1) -> dict[str, object]:
    """Makes and uses files for so many seconds."""
    from chainrule.errors import ChainruleError

    make, use = TARGETS[name]()
    chance, end = random.Random(seed), time.monotonic() + seconds
    fields: dict[str, Any] = {"files": 0, "refused": 0, "raw exceptions": 0, "over 1 s": 0, "slowest, s": 0.0}
    raw: dict[str, str] = {}
    while time.monotonic() < end:
        content, clock = make(chance), time.process_time()
        fields["files"] += 1
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                use(content)
        except (ChainruleError, FileNotFoundError):
            fields["refused"] += 1
        except Exception as problem:
            fields["raw exceptions"] += 1
            place = traceback.extract_tb(problem.__traceback__)[-1]
            raw.setdefault(f"{type(problem).__name__}: {problem}"[:100], f"{place.filename}:{place.lineno}")
        spent = time.process_time() - clock
        fields["over 1 s"] += spent > 1
        fields["slowest, s"] = max(fields["slowest, s"], spent)
    for message, place in raw.items():
        print(f"{name}: {message} at {place}", file=sys.stderr)
    return fields
