"""A model at work on one picture: how it was prepared, what every unit said, and why."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from chainrule import pretrained
from chainrule.errors import DataError, SettingError, unknown
from chainrule.inference.card import ModelCard
from chainrule.inference.handwriting import Reader
from chainrule.inference.predictor import Predictor
from chainrule.studio.branch import LiveBranch
from chainrule.studio.pictures import layer_ends, outputs_of

Array = np.ndarray[Any, Any]
Shown = tuple[dict[str, Any], dict[str, Array]]
SCORED = 1000  # test digits on which a network with units switched off is scored
LARGEST_STAGE = 360  # pixels: stages are shown no larger


class Users:
    """Models by file, loaded when they are first used."""

    def __init__(self) -> None:
        self.predictors: dict[str, Predictor] = {}
        self.test: Any = None

    def see(self, session: Any, what: str, asked: Mapping[str, Any]) -> Shown:
        """An answer about what a page drew or sent."""
        questions = {
            "drawing": self.drawing,
            "photo": self.photo,
            "pixels": self.pixels,
            "unit": self.unit,
            "held": self.held,
        }
        if what not in questions:
            raise unknown("question", what, questions)
        return questions[what](session, asked["query"], asked["content"], asked.get("model"))

    def predictor(self, session: Any, file: str | None) -> tuple[Predictor, list[Any], list[Any]]:
        """The model that answers, its chain and its weights: the session's as it is now, else the file's, else the package's."""
        if session is not None:
            branch = session.branch
            state = branch.state if isinstance(branch, LiveBranch) else branch.state_at(branch.head)
            for link, params in zip(branch.model.learning_chain, state["params"], strict=True):
                if params:
                    link.params = params
            predictor = Predictor(branch.model, ModelCard.of(branch.model), single=True)
        else:
            name = file or str(pretrained.digits())
            if name not in self.predictors:
                from chainrule.models.saving import load_model

                loaded: Any = load_model(name, compile=False)
                self.predictors[name] = Predictor(loaded, ModelCard.of(loaded), single=True)
            predictor = self.predictors[name]
        model = predictor.model
        if np.prod(model.input_shape or ()) != 784:
            raise SettingError(
                f"Drawings are for models that take 28 x 28 pictures; this one takes {model.input_shape}."
            )
        chain = model.chain
        return predictor, chain, [link.params for link in chain]

    def drawing(self, session: Any, query: Mapping[str, str], content: bytes, file: str | None) -> Shown:
        """What was drawn on the pad: grey values, dark ink on light paper, row by row."""
        wide, high = int(query.get("w", 0)), int(query.get("h", 0))
        if not 8 <= wide <= 1000 or wide * high != len(content):
            raise DataError(
                f"A drawing of {wide} x {high} has {wide * high} grey values; {len(content)} came."
            )
        return self.read(session, np.frombuffer(content, np.uint8).reshape(high, wide), file)

    def photo(self, session: Any, query: Mapping[str, str], content: bytes, file: str | None) -> Shown:
        """A picture's file, as it was dropped."""
        return self.read(session, content, file, single=query.get("single") != "no")

    def read(self, session: Any, source: Any, file: str | None, *, single: bool = True) -> Shown:
        """Prepares a picture, reads it, and opens the first digit's answer."""
        predictor, chain, params = self.predictor(session, file)
        reader: Reader = predictor.reader
        found = reader.read(source, single)
        header: dict[str, Any] = {
            "text": found.text, "refused": found.refused, "notes": list(found.prepared.notes), "passed": found.prepared.passed,
            "digits": [{"label": d.label, "p": d.probability, "box": list(d.box), "doubt": d.doubt,
                        "probabilities": [float(v) for v in d.probabilities]} for d in found.digits],
        }  # fmt: skip
        arrays = {f"stage:{name}": smaller(pixels) for name, pixels in found.prepared.stages.items()}
        for k, digit in enumerate(found.digits[:20]):
            arrays[f"digit:{k}"] = np.asarray(digit.pixels, np.uint8)
        if found.digits:
            more, numbers = self.numbers(predictor, chain, params, found.digits[0].pixels)
            header |= more
            arrays |= numbers
        return header, arrays

    def pixels(self, session: Any, query: Mapping[str, str], content: bytes, file: str | None) -> Shown:
        """A picture of 28 x 28 as the network gets it, uint8."""
        predictor, chain, params = self.predictor(session, file)
        off = units_of(query.get("off", ""))
        header, arrays = self.numbers(predictor, chain, switched_off(chain, params, off), as_picture(content))
        if off:
            whole = self.accuracy(predictor, chain, params)
            header["accuracy"] = [whole, self.accuracy(predictor, chain, switched_off(chain, params, off))]
        return header, arrays

    def held(self, session: Any, query: Mapping[str, str], content: bytes, file: str | None) -> Shown:
        """A held-out picture of the session's data, by its number."""
        place, pictures = int(query.get("place", 0)), () if session is None else session.data.x_test
        if not 0 <= place < len(pictures):
            raise SettingError(
                f"There are {len(pictures):,} held-out pictures; there is no picture {place:,}."
            )
        predictor, chain, params = self.predictor(session, file)
        header, arrays = self.numbers(predictor, chain, params, as_picture(bytes(pictures[place])))
        truth = int(session.data.y_test[place])
        return header | {"truth": str((session.data.class_names or {truth: truth})[truth])}, arrays

    def accuracy(self, predictor: Predictor, chain: list[Any], params: list[Any]) -> float:
        """The share of the first 1,000 test digits of MNIST that a network with these weights reads rightly."""
        from chainrule.datasets import mnist

        if self.test is None:
            self.test = tuple(part[:SCORED] for part in mnist.load_data()[1])
        pixels, labels = self.test
        x = np.concatenate([self.input_of(predictor, one) for one in pixels])
        answers = outputs_of(chain, params, x)[-1].reshape(len(x), -1).argmax(axis=1)
        return float((answers == labels).mean())

    def numbers(self, predictor: Predictor, chain: list[Any], params: list[Any], pixels: Array) -> Shown:
        """What every unit of every layer says to a picture."""
        outputs = outputs_of(chain, params, self.input_of(predictor, pixels))
        ends, layers = layer_ends(chain), list[dict[str, Any]]()
        arrays: dict[str, Array] = {"input": np.asarray(pixels, np.uint8)}
        for name, place in ends:
            y = np.asarray(outputs[place][0], np.float32)
            kernel = next((p["kernel"] for link, p in zip(chain, params, strict=True)
                           if str(link.name).partition(":")[0] == name and "kernel" in p), None)  # fmt: skip
            layers.append({
                "name": name, "shape": list(y.shape), "activation": getattr(chain[place], "activation", None)
                if isinstance(getattr(chain[place], "activation", None), str) else None,
                "dense": kernel is not None and kernel.ndim == 2, "kind": type(chain[place]).__name__,
            })  # fmt: skip
            if y.size <= 60_000:
                arrays[f"y:{name}"] = y.reshape(-1)
        result = outputs[-1][0].reshape(-1)
        if getattr(chain[-1], "activation", None) != "softmax":
            result = predictor._classify(as_float(pixels))[0]  # noqa: SLF001 - the predictor's own probabilities
        return {"layers": layers, "classes": list(predictor.card.class_names)}, {
            **arrays,
            "said": np.asarray(result, np.float32),
        }

    def input_of(self, predictor: Predictor, pixels: Array) -> Array:
        """A picture as the first link takes it."""
        x = as_float(pixels) if predictor.card.scale is not None else as_float(pixels) * np.float32(255)
        return x.reshape(1, *(predictor.model.input_shape or (784,)))

    def unit(self, session: Any, query: Mapping[str, str], content: bytes, file: str | None) -> Shown:
        """One unit of a Dense layer on a picture: its inputs, weights and their products."""
        predictor, chain, params = self.predictor(session, file)
        outputs = outputs_of(chain, params, self.input_of(predictor, as_picture(content)))
        wanted, unit = query.get("layer", ""), int(query.get("unit", 0))
        for place, (link, weights) in enumerate(zip(chain, params, strict=True)):
            if (
                str(link.name).partition(":")[0] != wanted
                or "kernel" not in weights
                or weights["kernel"].ndim != 2
            ):
                continue
            kernel = weights["kernel"]
            if not 0 <= unit < kernel.shape[1]:
                raise SettingError(
                    f"{wanted} has the units 0 to {kernel.shape[1] - 1}; there is no unit {unit}."
                )
            x = np.asarray(
                outputs[place - 1] if place else self.input_of(predictor, as_picture(content)), np.float32
            ).reshape(-1)
            w = np.asarray(kernel[:, unit], np.float32)
            end = dict(layer_ends(chain))[wanted]
            bias = float(weights["bias"][unit]) if "bias" in weights else 0.0
            header = {
                "layer": wanted, "unit": unit, "bias": bias, "z": float(outputs[place][0].reshape(-1)[unit]),
                "a": float(outputs[end][0].reshape(-1)[unit]), "activation": getattr(chain[end], "activation", "linear"),
                "picture": [28, 28] if len(x) == 784 and place <= 1 else None,
            }  # fmt: skip
            return header, {"x": x, "w": w}
        known = [
            str(link.name)
            for link, p in zip(chain, params, strict=True)
            if "kernel" in p and p["kernel"].ndim == 2
        ]
        raise unknown("Dense layer", wanted, known)


def units_of(words: str) -> list[tuple[str, int]]:
    """Units as an address names them.

    >>> units_of("dense,3;dense_1,0")
    [('dense', 3), ('dense_1', 0)]
    """
    pairs = [word.rpartition(",") for word in words.split(";") if word]
    return [(layer, int(unit)) for layer, _, unit in pairs]


def switched_off(chain: list[Any], params: list[Any], off: list[tuple[str, int]]) -> list[Any]:
    """The weights with those taken away through which the units are heard: nobody above listens to them any more."""
    params, ends = list(params), dict(layer_ends(chain))
    for layer, unit in off:
        above = range(ends.get(layer, len(chain)) + 1, len(chain))
        place = next((i for i in above if "kernel" in params[i]), None)
        if (
            place is None
            or np.ndim(params[place]["kernel"]) != 2
            or not 0 <= unit < len(params[place]["kernel"])
        ):
            raise SettingError(
                f"Unit {unit} of {layer!r} cannot be switched off: only units below a Dense layer can."
            )
        kernel = np.array(params[place]["kernel"])
        kernel[unit] = 0
        params[place] = {**params[place], "kernel": kernel}
    return params


def as_picture(content: bytes) -> Array:
    """784 bytes as a picture."""
    if len(content) != 784:
        raise DataError(f"A picture of 28 x 28 has 784 grey values; {len(content)} came.")
    return np.frombuffer(content, np.uint8).reshape(28, 28)


def as_float(pixels: Array) -> Array:
    """uint8 pixels as float32 from 0 to 1, one picture."""
    return (pixels.astype(np.float32) / np.float32(255))[None]


def smaller(pixels: Array) -> Array:
    """A stage small enough to be shown: every n-th pixel."""
    step = max(1, -(-max(pixels.shape[:2]) // LARGEST_STAGE))
    return np.asarray(pixels[::step, ::step], np.uint8)
