"""A model asked about examples: labels with probabilities, values, or why there is no answer."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.engine.examples import Scaled
from chainrule.errors import DataError, NotFiniteError
from chainrule.inference import inputs
from chainrule.inference.answer import Answer, Box, Glyph
from chainrule.inference.card import ModelCard, made_by
from chainrule.inference.inputs import fit_shape
from chainrule.inference.probabilities import as_probabilities, loss_that_tells
from chainrule.internal.plain_numbers import plainly

if TYPE_CHECKING:
    from chainrule.images.reading import Picture
    from chainrule.inference.handwriting import Reader as HandwritingReader
    from chainrule.models import Model

Array = np.ndarray[Any, Any]
NOT_FINITE = "the network's answer is not a finite number (NaN or infinity); its weights may be damaged, or the input too large"


@dataclass
class Predictor:
    """A model with its card, asked about files.

    single: all writing of a picture is one glyph.  sure: what is less likely to be right is answered "?"; None: in pictures
    of handwriting 0.5, where a digit alone is named all the same, and elsewhere everything is named.
    """

    model: "Model"
    card: ModelCard
    single: bool = False
    sure: float | None = None

    def read(self, name: str) -> Iterator[Answer]:
        """The answers to what is in a file, or in stdin for "-"; raises DataError or FileError where it cannot be read."""
        if name != inputs.STDIN:
            what = inputs.kind(inputs.head_of(name), name)
            yield from self._answers(name, what, name, name)
            return
        with inputs.from_stdin() as (content, path):
            what = inputs.kind(
                content[:8], "table.csv" if self.card.preparation.get("kind") == "table" else ""
            )
            yield from self._answers("-", what, path, content)

    def rows(self, name: str, x: Array) -> list[Answer]:
        """The answers for examples (n, ...), or one of them; raises ShapeError or DataError where they do not fit."""
        return list(self._rows(name, self._levels(np.asarray(x))))

    def table(self, name: str, what: Any) -> Iterator[Answer]:
        """The answers for rows: a CSV file, dicts or a DataFrame; each says what was missing or unknown in its row."""
        from chainrule.datasets import table

        rows = table.read_rows(what, self.card.preparation)
        from chainrule.datasets import columns  # loaded for models of tables

        record = self.card.preparation["columns"]
        result = columns.remarks(record, rows.columns)
        for answer in self._rows(name, columns.encode(record, rows.columns)):
            doubts = [*([answer.doubt] if answer.doubt else []), *result[answer.row or 0]]
            yield replace(answer, doubt="; ".join(doubts) or None)

    def picture(self, name: str, picture: "Picture") -> Answer:
        """The answer for one picture that was read already; raises DataError where the model takes no pictures."""
        if self.card.digits:
            return self._photo(name, picture)
        if self.card.preparation.get("kind") != "picture":
            raise DataError(
                f"{name} cannot be used: the model takes {self.card.preparation['kind']}s, not pictures."
            )
        from PIL import Image

        from chainrule import datasets

        prepared = np.asarray(datasets.prepare(self.card.preparation, Image.fromarray(picture.pixels)))
        return next(self._rows(name, prepared, alone=True, seen=True))

    def answers_to_picture(self, name: str, content: bytes) -> Iterator[Answer]:
        """The answers to a picture whose file's content is at hand."""
        yield from self._answers(name, "picture", name, content)

    def _answers(self, shown: str, what: str, path: str, source: str | bytes) -> Iterator[Answer]:
        if self.card.preparation.get("kind") == "table":
            if what not in ("table", "npy", "npz"):
                raise DataError(f"{shown}: the model takes rows of a table; name a .csv file.")
            if what == "table":
                yield from self.table(shown, path)
                return
        if what == "table":
            raise DataError(f"{shown}: the model takes {self.card.preparation['kind']}s, not tables.")
        if what != "picture":
            yield from self._rows(shown, self._levels(inputs.arrays(path, what)), seen=True)
        elif self.card.digits:
            yield self._photo(shown, source)
        elif self.card.preparation.get("kind") == "picture":
            yield from self._rows(shown, self._picture(path, source), alone=True, seen=True)
        else:
            raise DataError(
                f"{shown} cannot be used: the model takes arrays (.npy, .npz, IDX), not pictures."
            )

    def _rows(self, file: str, x: Array, alone: bool = False, seen: bool = False) -> Iterator[Answer]:
        """An answer for each example of an array."""
        x = fit_shape(x, self.model.input_shape)
        scaled = x if self.card.divisor is None or x.dtype.kind == "f" else Scaled(x, self.card.divisor)
        with np.errstate(all="ignore"):
            said = self.model.predict_on_batch(scaled)
        with np.errstate(all="ignore"):  # what is not finite is refused below
            p = None if self.card.task == "regression" else probabilities(self.model, said)
        if p is not None and self.card.rejection is not None:
            p = self.card.rejection.calibrated(p)
        sound = np.isfinite(said).reshape(len(said), -1).all(axis=1)
        for k in range(len(x)):
            row = None if alone else k
            shown = (x[k],) if seen else ()
            if not sound[k]:
                yield Answer(file, row, refused=NOT_FINITE, seen=shown)
            elif p is None:
                values = [float(v) for v in said[k].reshape(-1)]
                large = len(values) == 1 and abs(values[0]) >= 1e6
                text = plainly(values[0], 6) if large else ", ".join(f"{v:.6g}" for v in values)
                yield Answer(file, row, text, value=values[0] if len(values) == 1 else values, seen=shown)
            else:
                glyph = self._glyph(p[k])
                text, doubt = glyph.label, None
                if self.sure is not None and glyph.probability < self.sure:
                    text, doubt = (
                        "?",
                        f"{glyph.label!r} is the likeliest, with {glyph.probability:.0%}".replace("%", " %"),
                    )
                yield Answer(file, row, text, glyph.probability, digits=(glyph,), doubt=doubt, seen=shown)

    def _photo(self, file: str, source: "str | bytes | Picture") -> Answer:
        """The digits in a picture of any size."""
        from chainrule.images.reading import read_picture

        picture = read_picture(source, name="stdin" if isinstance(source, bytes) else None)
        found = self.reader.read(picture, self.single)
        digits = tuple(self._glyph(digit.probabilities, digit.box, digit.doubt) for digit in found.digits)
        names = ["?" if hidden else glyph.label for hidden, glyph in zip(found.hidden, digits, strict=True)]
        return Answer(
            file, None, None if found.refused else found.prepared.text(names), found.probability, digits=digits,
            glyphs=tuple((mark.kind, mark.box) for mark in found.marks), doubt=found.doubt, refused=found.refused,
            seen=tuple(digit.pixels for digit in found.digits), reading=found,
        )  # fmt: skip

    @cached_property
    def reader(self) -> "HandwritingReader":
        """What reads pictures of handwriting, as the model's file says."""
        from chainrule.images.settings import Preparation
        from chainrule.inference.handwriting import Reader as HandwritingReader

        settings = made_by(
            Preparation.from_dict, self.card.preparation.get("photos"), "preparation of photos"
        )
        return HandwritingReader(self._classify, settings, self.card.rejection, self.sure)

    def _classify(self, pixels: Array) -> Array:
        """Pixels float32 (m, 28, 28) from 0 to 1 to probabilities (m, classes)."""
        if self.card.scale is None:  # the model scales by itself
            pixels = pixels * np.float32(255)
        said = self.model.predict_on_batch(fit_shape(pixels, self.model.input_shape))
        if not np.isfinite(said).all():
            raise NotFiniteError(f"The picture is not answered: {NOT_FINITE}.")
        return probabilities(self.model, said)

    def _picture(self, path: str, source: str | bytes) -> Array:
        """One picture brought to the size and colours that the model learned from, (1, h, w) or (1, h, w, 3)."""
        from chainrule import datasets

        what: Any = path
        if isinstance(source, bytes):
            from PIL import Image

            from chainrule.images.reading import read_picture

            what = Image.fromarray(read_picture(source, name="stdin").pixels)
        return np.asarray(datasets.prepare(self.card.preparation, what))

    def _levels(self, array: Array) -> Array:
        """Examples as the model's own were: one alone gets a batch axis; fractions up to 255 become 0..1."""
        shape = self.model.input_shape or ()
        if array.shape == shape or (array.size == np.prod(shape) and array.shape[:1] != (1,)):
            array = array[None]
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise DataError("The array holds NaN or infinity.")
        if array.dtype.kind != "f":
            return array
        array = array.astype(np.float32)
        if self.card.scale is not None and array.size and array.max() > 1:
            array = array * np.float32(self.card.scale)
        return array

    def _glyph(self, p: Array, box: Box | None = None, doubt: str | None = None) -> Glyph:
        order = np.argsort(-p, kind="stable")
        names = self.card.class_names
        return Glyph(tuple((names[k], float(p[k])) for k in order), box, doubt)


def probabilities(model: "Model", said: Array) -> Array:
    """A classifier's answers as a probability for each class, (n, classes); logits go through their function first."""
    said = np.asarray(said, np.float64)
    return as_probabilities(said, loss_that_tells(model), model.graph.last_activation())
