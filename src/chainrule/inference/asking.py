"""From a file's name to answers in one call: `chainrule.load("model.keras").answer("a.png")`."""

import os
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.errors import DataError
from chainrule.inference.answer import Answer
from chainrule.inference.card import ModelCard
from chainrule.inference.predictor import Predictor


class LoadedModel:
    """A model from a file, with all that its file says about inputs and classes. `model` is the network itself.

    >>> from chainrule import pretrained
    >>> reader = load(pretrained.digits())
    >>> reader
    <LoadedModel digits.keras: classes 0, 1, 2, 3, 4, 5, 6, 7, 8, 9>
    >>> reader.answer(np.zeros((28, 28), np.uint8)).label in reader.class_names
    True
    """

    def __init__(self, path: str, predictor: Predictor) -> None:
        self.path, self.predictor = path, predictor
        self.model, self.card = predictor.model, predictor.card

    @property
    def class_names(self) -> tuple[str, ...]:
        """The names of the classes; none for a regression."""
        return self.card.class_names

    def __repr__(self) -> str:
        names = ", ".join(self.class_names[:10]) + (", ..." if len(self.class_names) > 10 else "")
        return (
            f"<LoadedModel {Path(self.path).name}: {f'classes {names}' if names else 'answers with numbers'}>"
        )

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("_") and hasattr(type(self.__dict__.get("model")), name):
            raise AttributeError(
                f"A LoadedModel has no {name!r}: .answer('a.png') answers pictures, folders, rows and tables; the network itself, with "
                f"{name!r}, is its .model."
            )
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def answer(self, what: Any) -> Answer | list[Answer]:
        """The answer to one example, or a list of answers to several; prepared as the model's own examples were.

        what: one picture (its path, or a PIL image), one row (a dict from column to value) or one array gives an Answer.
        A folder of pictures, a .csv, .npy, .npz or IDX file, a list of any of these, a DataFrame, or an array with one more
        axis gives a list. `answer.label`, `.probability`, `.value` and `.doubt` say what it is and how sure; str(answer.text)
        is what a person reads. Raises DataError or FileError where something cannot be read or does not suit the model.
        """
        if isinstance(what, str | os.PathLike):
            return self._file(os.fspath(what))
        if hasattr(what, "to_dict") and hasattr(what, "columns"):  # a DataFrame
            return self._rows(what)
        if isinstance(what, dict):
            return self._rows([what])[0]
        if isinstance(what, list | tuple) and what and not isinstance(what[0], int | float | list | tuple):
            if all(isinstance(one, dict) for one in what):
                return self._rows(what)
            answers: list[Answer] = []
            for one in what:
                found = self.answer(one)
                answers += found if isinstance(found, list) else [found]
            return answers
        if hasattr(what, "save") and hasattr(what, "getbands"):  # a PIL image
            return self._image(what)
        array = np.asarray(what)
        found = self.predictor.rows("array", array)
        return found[0] if array.ndim == len(self.model.input_shape or ()) else found

    def _file(self, name: str) -> Answer | list[Answer]:
        path = Path(name)
        if path.is_dir():
            from chainrule.datasets.pictures import SUFFIXES

            files = sorted(
                file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES and file.name[0] != "."
            )
            if not files:
                raise DataError(f"{name} holds no picture ({', '.join(SUFFIXES)}).")
            return [answer for file in files for answer in self.predictor.read(str(file))]
        found = list(self.predictor.read(name))
        return found[0] if len(found) == 1 and found[0].row is None else found

    def _rows(self, what: Any) -> list[Answer]:
        if self.card.preparation.get("kind") != "table":
            raise DataError(f"Rows of a table came; the model takes {self.card.preparation.get('kind')}s.")
        return list(self.predictor.table("rows", what))

    def _image(self, image: Any) -> Answer:
        import io

        content = io.BytesIO()
        (image if image.mode in ("L", "RGB", "RGBA") else image.convert("RGB")).save(content, "PNG")
        return next(iter(self.predictor.answers_to_picture("picture", content.getvalue())))


def load(path: str | os.PathLike[str], *, sure: float | None = None) -> LoadedModel:
    """A model file (.keras or .h5), ready to be asked about pictures, folders, rows and arrays.

    sure: what is less likely to be right (0 to 1) is answered with "?", and the doubt says what it would have been.
    Raises FileError where the file cannot be read.
    """
    from chainrule.models.saving import load_model

    model = load_model(os.fspath(path), compile=False)
    return LoadedModel(os.fspath(path), Predictor(model, ModelCard.of(model), sure=sure))
