"""Data in folders, one folder for each class, as a pipeline of batches that are read when they are asked for."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.arrays import next_seed
from chainrule.errors import DataError, SettingError, ShapeError, unknown
from chainrule.ops.tensor import tensor
from chainrule.preprocessing.image.arrays import MODES, img_to_array, load_img
from chainrule.preprocessing.image.flow import ENDINGS
from chainrule.preprocessing.pipeline import Dataset
from chainrule.utils.encoding import to_categorical

__all__ = ["image_dataset_from_directory", "text_dataset_from_directory"]

LABEL_MODES = ("int", "binary", "categorical", None)


def image_dataset_from_directory(
    directory: Any, labels: Any = "inferred", label_mode: str | None = "int", class_names: Any = None,
    color_mode: str = "rgb", batch_size: int | None = 32, image_size: Any = (256, 256), shuffle: bool = True,
    seed: int | None = None, validation_split: float | None = None, subset: str | None = None,
    interpolation: str = "bilinear", follow_links: bool = False, crop_to_aspect_ratio: bool = False,
    pad_to_aspect_ratio: bool = False, data_format: str | None = None, format: str = "tf", verbose: bool = True,  # noqa: A002 (Keras's name)
) -> Any:  # fmt: skip
    """Batches of pictures (batch, height, width, channels) float32 0..255 with their labels, from a folder of folders.

    labels: "inferred" from the folders, None, or a list.  label_mode: "int", "binary", "categorical" or None.
    validation_split with subset: "training", "validation" or "both".
    """
    if color_mode not in MODES:
        raise unknown("color_mode", color_mode, MODES)
    check_format(format)
    if pad_to_aspect_ratio:
        raise SettingError(
            "image_dataset_from_directory: pad_to_aspect_ratio is not supported; crop_to_aspect_ratio=True keeps the proportions."
        )
    size = tuple(image_size)

    def read(path: str) -> np.ndarray:
        return img_to_array(
            load_img(path, color_mode, size, interpolation, crop_to_aspect_ratio), data_format
        )

    return from_folder(directory, ENDINGS, read, labels, label_mode, class_names, batch_size, shuffle, seed, validation_split,
                       subset, follow_links, verbose)  # fmt: skip


def text_dataset_from_directory(
    directory: Any, labels: Any = "inferred", label_mode: str | None = "int", class_names: Any = None,
    batch_size: int | None = 32, max_length: int | None = None, shuffle: bool = True, seed: int | None = None,
    validation_split: float | None = None, subset: str | None = None, follow_links: bool = False, format: str = "tf",  # noqa: A002 (Keras's name)
    verbose: bool = True,
) -> Any:  # fmt: skip
    """Batches of texts with their labels, from a folder with one folder of .txt files for each class."""

    check_format(format)

    def read(path: str) -> np.ndarray:
        return np.asarray(Path(path).read_text(encoding="utf-8", errors="replace")[:max_length])

    return from_folder(directory, (".txt",), read, labels, label_mode, class_names, batch_size, shuffle, seed, validation_split,
                       subset, follow_links, verbose)  # fmt: skip


def check_format(name: str) -> None:
    """What the batches come in: a pipeline like tf.data's, which is what Keras's "tf" gives."""
    if name != "tf":
        raise SettingError(
            f"format={name!r} is not supported: the batches come in a pipeline like tf.data's; leave it out."
        )


def from_folder(
    directory: Any, endings: tuple[str, ...], read: Callable[[str], np.ndarray], labels: Any, label_mode: str | None,
    class_names: Any, batch_size: int | None, shuffle: bool, seed: int | None, split: float | None, subset: str | None,
    follow_links: bool, verbose: bool,
) -> Any:  # fmt: skip
    """What both have in common: finding the files, their labels, the parts, and the batches."""
    if label_mode not in LABEL_MODES:
        raise unknown("label_mode", label_mode, [str(mode) for mode in LABEL_MODES])
    if (split is None) != (subset is None):
        raise SettingError(
            "validation_split and subset go together: validation_split=0.2, subset='training'."
        )
    if subset not in (None, "training", "validation", "both"):
        raise unknown("subset", subset, ("training", "validation", "both"))
    if split is not None and not 0 < split < 1:
        raise SettingError(f"validation_split is a share between 0 and 1; it got {split!r}.")
    if split and shuffle and seed is None and subset != "both":
        raise SettingError(
            "With validation_split and shuffle give a seed, so that the two parts do not overlap."
        )
    files, numbers, names = indexed(Path(directory), endings, labels, class_names, follow_links)
    if labels is None:
        label_mode = None
    if label_mode == "binary" and len(names) != 2:
        raise SettingError(f"label_mode='binary' needs 2 classes; there are {len(names)}.")
    once = next_seed() if seed is None else seed
    if verbose:
        print(f"Found {len(files)} files" + (f" belonging to {len(names)} classes." if names else "."))
    order = np.random.default_rng(once).permutation(len(files)) if shuffle else np.arange(len(files))
    parts: dict[str | None, Any] = {None: order}
    if split is not None:
        at = len(files) - int(split * len(files))
        parts = {"training": order[:at], "validation": order[at:]}
        for part, rows in parts.items():
            if verbose and subset in (part, "both"):
                print(f"Using {len(rows)} files for {part}.")

    def pipeline(rows: np.ndarray, again: bool) -> Dataset:
        rounds = [0]

        def made() -> Iterator[Any]:
            rounds[0] += 1
            now = np.random.default_rng([once, rounds[0]]).permutation(rows) if again else rows
            for start in range(0, len(now), batch_size or 1):
                chosen = now[start : start + (batch_size or 1)]
                x, y = (
                    np.stack([read(files[i]) for i in chosen]),
                    encoded(numbers[chosen], label_mode, len(names)),
                )
                if batch_size is None:
                    x, y = x[0], None if y is None else y[0]
                yield tensor(x) if y is None else (tensor(x), tensor(y))

        result: Any = Dataset(made, -(-len(rows) // (batch_size or 1)), batch_size)
        result.class_names, result.file_paths = names, [files[i] for i in rows]
        found: Dataset = result
        return found

    if subset == "both":
        return pipeline(parts["training"], shuffle), pipeline(parts["validation"], False)
    return pipeline(parts[subset], shuffle and subset != "validation")


def encoded(numbers: np.ndarray, label_mode: str | None, classes: int) -> np.ndarray | None:
    """Class numbers as label_mode asks for them.

    >>> encoded(np.array([1]), "binary", 2)
    array([[1.]], dtype=float32)
    """
    if label_mode is None:
        return None
    if label_mode == "categorical":
        return to_categorical(numbers, classes)
    return numbers.astype(np.int32) if label_mode == "int" else numbers.astype(np.float32)[:, None]


def indexed(
    folder: Path, endings: tuple[str, ...], labels: Any, class_names: Any, follow_links: bool
) -> tuple[list[str], np.ndarray, list[str]]:
    """The files, the number of each one's class, and the classes."""
    if not folder.is_dir():
        raise DataError(f"There is no folder {str(folder)!r}.")
    found = sorted(
        os.path.join(place, name)  # noqa: PTH118 - many of them
        for place, _, names in os.walk(folder, followlinks=follow_links) for name in names
        if name.lower().endswith(endings) and not name.startswith(".")
    )  # fmt: skip
    if isinstance(labels, str) and labels == "inferred":
        names = sorted(p.name for p in folder.iterdir() if p.is_dir() and not p.name.startswith("."))
        if class_names is not None and set(class_names) != set(names):
            raise SettingError(
                f"class_names must be the folders' names, {', '.join(names)}; it got {', '.join(map(str, class_names))}."
            )
        names = list(class_names or names)
        place_of = {name: number for number, name in enumerate(names)}
        pairs = [(path, Path(path).relative_to(folder).parts[0]) for path in found]
        pairs = [(path, top) for path, top in pairs if top in place_of]
        files, numbers = [path for path, _ in pairs], np.array([place_of[top] for _, top in pairs], np.int64)
    else:
        files, names = found, list(class_names or [])
        numbers = np.zeros(len(files), np.int64)
        if labels is not None:
            if len(labels) != len(files):
                raise ShapeError(f"There are {len(files)} files in {str(folder)!r} but {len(labels)} labels.")
            numbers = np.asarray(labels, np.int64)
            names = names or [str(n) for n in sorted(set(numbers.tolist()))]
    if not files:
        raise DataError(
            f"{str(folder)!r} has no files of the kinds {', '.join(endings)} in folders of classes."
        )
    return files, numbers, names
