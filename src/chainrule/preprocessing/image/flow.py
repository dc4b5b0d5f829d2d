"""Batches of pictures from memory, from a folder of folders, or from a table of file names.

A flow has `flow[i]` and `len(flow)`, and going through it never ends, as in Keras.
"""

import math
from collections.abc import Iterator as Batches
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.arrays import next_seed
from chainrule.errors import DataError, SettingError, ShapeError, unknown
from chainrule.preprocessing.image.arrays import MODES, check_pictures, img_to_array, load_img
from chainrule.utils.encoding import to_categorical

ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".ppm", ".tif", ".tiff", ".gif", ".webp")
CLASS_MODES = ("categorical", "binary", "sparse", "input", "raw", "multi_output", None)


class Iterator:
    """Batches of n examples, in an order drawn anew for every epoch."""

    def __init__(self, generator: Any, n: int, batch_size: int, shuffle: bool, seed: int | None) -> None:
        self.image_data_generator, self.n, self.samples = generator, n, n
        self.batch_size, self.shuffle, self.seed = int(batch_size), bool(shuffle), seed
        self._once, self.epoch, self._place = next_seed() if seed is None else int(seed), 0, 0

    def __len__(self) -> int:
        return math.ceil(self.n / self.batch_size)

    def order(self) -> np.ndarray:
        """This epoch's order."""
        return (
            np.random.default_rng([self._once, self.epoch]).permutation(self.n)
            if self.shuffle
            else np.arange(self.n)
        )

    def __getitem__(self, index: int) -> Any:
        if not -len(self) <= index < len(self):
            raise IndexError(f"There are {len(self)} batches; {index} is none of them.")
        index %= len(self)
        rng = np.random.default_rng([self._once, self.epoch, index + 1])
        return self.batch(self.order()[index * self.batch_size : (index + 1) * self.batch_size], rng)

    def on_epoch_end(self) -> None:
        """Draws another order, and other changes."""
        self.epoch += 1

    def reset(self) -> None:
        """Begins anew with the first batch."""
        self._place = 0

    def __iter__(self) -> Batches[Any]:
        return self

    def __next__(self) -> Any:
        batch = self[self._place]
        self._place = (self._place + 1) % len(self)
        if not self._place:
            self.on_epoch_end()
        return batch

    next = __next__

    def changed(self, picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """One picture, changed at random and scaled."""
        generator = self.image_data_generator
        return np.asarray(
            generator.standardize(generator.random_transform(picture.astype(generator.dtype), rng))
        )

    def batch(self, rows: np.ndarray, rng: np.random.Generator) -> Any:
        """The examples in some rows."""
        raise NotImplementedError


def part_of(n: int, split: float, subset: str | None) -> slice:
    """The rows of a subset: validation is the first share, training the rest."""
    if subset is None:
        return slice(0, n)
    if subset not in ("training", "validation"):
        raise unknown("subset", subset, ("training", "validation"))
    if not split:
        raise SettingError(f"subset={subset!r} needs ImageDataGenerator(validation_split=...).")
    at = int(n * split)
    return slice(0, at) if subset == "validation" else slice(at, n)


class NumpyArrayIterator(Iterator):
    """Batches of pictures that are in memory."""

    def __init__(self, generator: Any, x: Any, y: Any, batch_size: int, shuffle: bool, sample_weight: Any, seed: int | None,
                 subset: str | None) -> None:  # fmt: skip
        more: list[Any] = []
        if (
            isinstance(x, (list, tuple)) and len(x) == 2 and np.ndim(x[0]) == 4
        ):  # pictures with what goes along
            x, more = x[0], [np.asarray(extra) for extra in x[1]]
        pictures = check_pictures(x, generator.channels_first)
        for what, given in (("targets", y), ("sample weights", sample_weight)):
            if given is not None and len(given) != len(pictures):
                raise ShapeError(f"There are {len(pictures)} pictures but {len(given)} {what}.")
        part = part_of(len(pictures), generator.validation_split, subset)
        self.x, self.more = pictures[part], [extra[part] for extra in more]
        self.y = None if y is None else np.asarray(y)[part]
        self.sample_weight = None if sample_weight is None else np.asarray(sample_weight)[part]
        super().__init__(generator, len(self.x), batch_size, shuffle, seed)

    def batch(self, rows: np.ndarray, rng: np.random.Generator) -> Any:
        pictures: Any = np.stack([self.changed(self.x[row], rng) for row in rows])
        if self.more:
            pictures = [pictures, *(extra[rows] for extra in self.more)]
        if self.y is None:
            return pictures
        parts = (pictures, self.y[rows])
        return parts if self.sample_weight is None else (*parts, self.sample_weight[rows])


class FileIterator(Iterator):
    """Batches of pictures that are in files."""

    def __init__(self, generator: Any, files: list[str], answers: Any, class_mode: str | None, target_size: Any, color_mode: str,
                 batch_size: int, shuffle: bool, seed: int | None, interpolation: str, keep_aspect_ratio: bool) -> None:  # fmt: skip
        if class_mode not in CLASS_MODES:
            raise unknown("class_mode", class_mode, [str(mode) for mode in CLASS_MODES])
        if color_mode not in MODES:
            raise unknown("color_mode", color_mode, MODES)
        self.filepaths, self.answers, self.class_mode = files, answers, class_mode
        self.target_size, self.color_mode = tuple(target_size), color_mode
        self.interpolation, self.keep_aspect_ratio = interpolation, keep_aspect_ratio
        channels = {"L": 1, "RGB": 3, "RGBA": 4}[MODES[color_mode]]
        first = generator.channels_first
        self.image_shape = (channels, *self.target_size) if first else (*self.target_size, channels)
        self.data_format = "channels_first" if first else "channels_last"
        self.class_indices: dict[str, int] = {}
        self.weights: Any = None
        super().__init__(generator, len(files), batch_size, shuffle, seed)

    @property
    def labels(self) -> Any:
        """The number of each picture's class."""
        return self.answers

    @property
    def classes(self) -> Any:
        """The number of each picture's class."""
        return self.answers

    @property
    def num_classes(self) -> int:
        """How many classes there are."""
        return len(self.class_indices)

    def batch(self, rows: np.ndarray, rng: np.random.Generator) -> Any:
        settings = (self.color_mode, self.target_size, self.interpolation, self.keep_aspect_ratio)
        read = [img_to_array(load_img(self.filepaths[row], *settings), self.data_format) for row in rows]
        pictures = np.stack([self.changed(picture, rng) for picture in read])
        if self.class_mode is None:
            return pictures
        if self.class_mode == "input":
            answers: Any = pictures.copy()
        elif self.class_mode == "multi_output":
            answers = tuple(column[rows] for column in self.answers)
        else:
            answers = self.answers[rows]
            if self.class_mode == "categorical":
                answers = to_categorical(answers, self.num_classes)
            elif self.class_mode == "binary":
                answers = answers.astype(np.float32)
        return (pictures, answers) if self.weights is None else (pictures, answers, self.weights[rows])


class DirectoryIterator(FileIterator):
    """Batches of pictures in a folder with one folder for each class."""

    def __init__(self, generator: Any, directory: Any, target_size: Any, color_mode: str, classes: Any, class_mode: str | None,
                 batch_size: int, shuffle: bool, seed: int | None, subset: str | None, interpolation: str,
                 keep_aspect_ratio: bool, follow_links: bool = False) -> None:  # fmt: skip
        folder = Path(directory)
        if not folder.is_dir():
            raise DataError(f"There is no folder {str(directory)!r}.")
        names = (
            list(classes)
            if classes
            else sorted(p.name for p in folder.iterdir() if p.is_dir() and not p.name.startswith("."))
        )
        files, labels = list[str](), list[int]()
        for number, name in enumerate(names):
            found = pictures_in(folder / name, follow_links)
            part = part_of(len(found), generator.validation_split, subset)
            files += [str(path) for path in found[part]]
            labels += [number] * len(found[part])
        if not files:
            raise DataError(
                f"{str(directory)!r} has no pictures in folders of classes; found the folders {', '.join(names) or 'none'}."
            )
        super().__init__(generator, files, np.array(labels, np.int32), class_mode, target_size, color_mode, batch_size, shuffle,
                         seed, interpolation, keep_aspect_ratio)  # fmt: skip
        self.directory, self.class_indices = directory, {name: number for number, name in enumerate(names)}
        self.filenames = [str(Path(file).relative_to(folder)) for file in files]
        print(f"Found {len(files)} images belonging to {len(names)} classes.")


class DataFrameIterator(FileIterator):
    """Batches of pictures whose files and classes are columns of a table."""

    def __init__(self, generator: Any, dataframe: Any, directory: Any, x_col: str, y_col: Any, target_size: Any, color_mode: str,
                 classes: Any, class_mode: str | None, batch_size: int, shuffle: bool, seed: int | None, subset: str | None,
                 interpolation: str, keep_aspect_ratio: bool, validate: bool, weight_col: str | None) -> None:  # fmt: skip
        folder = Path(directory or "")
        names = [str(name) for name in dataframe[x_col]]
        rows = [
            i
            for i, name in enumerate(names)
            if not validate or ((folder / name).is_file() and name.lower().endswith(ENDINGS))
        ]
        if not rows:
            raise DataError(
                f"None of the {len(names)} names in the column {x_col!r} is a picture in {str(folder)!r}."
            )
        answers: Any = None
        indices: dict[str, int] = {}
        if class_mode in ("categorical", "binary", "sparse"):
            column = [
                dataframe[y_col].iloc[i] if hasattr(dataframe[y_col], "iloc") else dataframe[y_col][i]
                for i in rows
            ]
            known = list(classes) if classes else sorted({str(value) for value in column})
            indices = {str(name): number for number, name in enumerate(known)}
            rows = [i for i, value in zip(rows, column, strict=True) if str(value) in indices]
            answers = np.array([indices[str(value)] for value in column if str(value) in indices], np.int32)
        elif class_mode == "raw":
            answers = np.asarray(dataframe[y_col])[rows]
        elif class_mode == "multi_output":
            answers = [np.asarray(dataframe[name])[rows] for name in y_col]
        part = part_of(len(rows), generator.validation_split, subset)
        if answers is not None:
            answers = [column[part] for column in answers] if isinstance(answers, list) else answers[part]
        rows = rows[part]
        super().__init__(generator, [str(folder / names[i]) for i in rows], answers, class_mode, target_size, color_mode,
                         batch_size, shuffle, seed, interpolation, keep_aspect_ratio)  # fmt: skip
        self.class_indices, self.filenames = indices, [names[i] for i in rows]
        self.weights = None if weight_col is None else np.asarray(dataframe[weight_col], np.float32)[rows]
        classes_said = f" belonging to {len(indices)} classes" if indices else ""
        print(f"Found {len(rows)} validated image filenames{classes_said}.")


def pictures_in(folder: Path, follow_links: bool = False) -> list[Path]:
    """The picture files of a folder and the folders in it, in order of their names."""
    if not folder.is_dir():
        raise DataError(f"There is no folder {str(folder)!r}.")
    found = (Path(place) / name for place, _, names in walk(folder, follow_links) for name in sorted(names))
    return [path for path in found if path.name.lower().endswith(ENDINGS) and not path.name.startswith(".")]


def walk(folder: Path, follow_links: bool) -> Any:
    """Folders and the names in them, in order."""
    import os

    return sorted(os.walk(folder, followlinks=follow_links), key=lambda entry: entry[0])
