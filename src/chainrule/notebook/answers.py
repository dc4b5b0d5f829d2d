"""What a widget may ask the kernel, and how it is answered: as the studio's server would."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from chainrule.datasets import Dataset
from chainrule.errors import ChainruleError, SettingError, unknown
from chainrule.inference.handwriting import Reader, Reading
from chainrule.landscapes import Line, Plane
from chainrule.studio.frames import packed
from chainrule.studio.session import Session
from chainrule.studio.use import smaller

Shown = tuple[dict[str, Any], dict[str, np.ndarray[Any, Any]]]
PICTURES, ROWS, COLUMNS = 40, 15, 30  # of a page of a data set


class Answers(Protocol):
    """Answers questions that change nothing."""

    def see(self, what: str, settings: Mapping[str, str], content: bytes) -> Any:
        """A dict, or a header with arrays."""


def reply(
    answers: Answers, message: Mapping[str, Any], buffers: Sequence[Any]
) -> tuple[dict[str, Any], list[bytes]]:
    """The answer to a widget's message, with buffers; a mistake is told in a sentence."""
    back = {"view": message.get("view"), "number": message.get("number")}
    content = bytes(buffers[0]) if buffers else b""
    try:
        found = answers.see(str(message.get("what")), dict(message.get("settings") or {}), content)
    except ChainruleError as problem:
        return back | {"error": str(problem)}, []
    except (KeyError, ValueError, TypeError, IndexError) as problem:
        return back | {"error": f"This question cannot be answered: {problem}."}, []
    return (back, [packed(*found)]) if isinstance(found, tuple) else (back | {"found": found}, [])


class OfSession:
    """Of a run or a step: the studio's own views."""

    def __init__(self, session: Session, alone: bool = False) -> None:
        self.session, self.alone = session, alone

    def see(self, what: str, settings: Mapping[str, str], content: bytes) -> Any:
        """As the studio answers."""
        found = self.session.see(what, settings)
        if what == "session" and self.alone and isinstance(found, dict):
            found = found | {"steps": [self.session.branch.first]}
        return found


class OfData:
    """Of a data set: its parts and classes, and a page of examples."""

    def __init__(self, data: Dataset) -> None:
        self.data = data

    def see(self, what: str, settings: Mapping[str, str], content: bytes) -> Any:
        """about, or examples (part, label, from)."""
        data = self.data
        if what == "about":
            return {
                "title": repr(data)[1:-1],
                "sizes": data.sizes,
                "classes": list(map(str, data.class_names or ())),
            }
        if what != "examples":
            raise unknown("question", what, ("about", "examples"))
        part = settings.get("part", "train")
        if part not in data.sizes or not data.sizes[part]:
            raise unknown("part", part, [name for name, n in data.sizes.items() if n])
        x, y = getattr(data, f"x_{part}"), getattr(data, f"y_{part}")
        chosen = np.arange(len(y))
        if settings.get("label"):
            names = list(map(str, data.class_names or ()))
            if settings["label"] not in names:
                raise unknown("class", settings["label"], names)
            chosen = np.flatnonzero(y == names.index(settings["label"]))
        picture = len(data.input_shape) > 1
        size = PICTURES if picture else ROWS
        begin = min(max(0, int(settings.get("from", 0))), max(0, len(chosen) - 1))
        here = chosen[begin : begin + size]
        labels = [str(data.class_names[int(k)]) if data.class_names else f"{float(k):.6g}" for k in y[here]]
        header: dict[str, Any] = {
            "from": begin, "size": size, "count": len(chosen), "indices": here.tolist(), "labels": labels, "shape": list(data.input_shape),
        }  # fmt: skip
        if picture:
            values = np.asarray(x[here])
            natural = len(data.input_shape) == 3 and data.input_shape[2] == 3
            return header | {"natural": natural}, {"x": values if values.dtype == np.uint8 else grey(values)}
        values = np.asarray(x[here], np.float32).reshape(len(here), -1)[:, :COLUMNS]
        named: Any = data.preparation.get("columns")
        known = isinstance(named, list) and len(named) == values.shape[1]
        heads = [str(n) for n in named] if known else [f"x{k}" for k in range(values.shape[1])]
        return header | {"columns": heads}, {"x": values}


def grey(values: Any) -> Any:
    """Any numbers as grey values."""
    low, high = float(values.min()), float(values.max())
    return np.rint((values - low) / (high - low or 1.0) * 255).astype(np.uint8)


class OfLandscape:
    """Of a line or a plane through the weights."""

    def __init__(self, view: Line | Plane) -> None:
        self.view = view

    def see(self, what: str, settings: Mapping[str, str], content: bytes) -> Any:
        """All of it at once."""
        view = self.view
        if isinstance(view, Line):
            return {"kind": "line", "words": view.words, "known": [float(v) for v in view.known]}, {
                "places": np.asarray(view.places, np.float32), "losses": np.asarray(view.losses, np.float32),
            }  # fmt: skip
        arrays = {name: np.asarray(getattr(view, name), np.float32) for name in ("a", "b", "losses")}
        if view.path is not None:
            arrays["path"] = np.asarray(view.path, np.float32)
        return {"kind": "plane", "words": list(view.words), "steps": list(view.steps)}, arrays


class OfReading:
    """Of a picture that was read, or with a reader of what is drawn."""

    def __init__(self, reading: Reading | None = None, reader: Reader | None = None) -> None:
        self.reading, self.reader = reading, reader

    def see(self, what: str, settings: Mapping[str, str], content: bytes) -> Any:
        """reading, or drawing (w, h, and the grey values: dark ink on light paper)."""
        if what == "reading" and self.reading is not None:
            return shown(self.reading)
        if what == "drawing" and self.reader is not None:
            wide, high = int(settings.get("w", 0)), int(settings.get("h", 0))
            if not 8 <= wide <= 1000 or wide * high != len(content):
                raise SettingError(
                    f"A drawing of {wide} x {high} has {wide * high} grey values; {len(content)} came."
                )
            return shown(self.reader.read(np.frombuffer(content, np.uint8).reshape(high, wide), True))
        raise unknown("question", what, ("reading", "drawing"))


def shown(reading: Reading) -> Shown:
    """A reading with the stages of its preparation."""
    digits = [
        {"label": d.label, "probabilities": [float(v) for v in d.probabilities], "doubt": d.doubt}
        for d in reading.digits
    ]
    classes = [str(k) for k in range(len(reading.digits[0].probabilities))] if reading.digits else []
    header = {"text": reading.text, "refused": reading.refused, "digits": digits, "classes": classes}
    return header, {f"stage:{name}": smaller(pixels) for name, pixels in reading.prepared.stages.items()}
