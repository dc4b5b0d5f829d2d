"""`load`: whatever someone names, a set, a folder or a file, to a Dataset."""

import inspect
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from chainrule.datasets import NAMES
from chainrule.datasets.dataset import Dataset
from chainrule.datasets.from_arrays import from_arrays, preparation
from chainrule.errors import DataError, nearest, unknown
from chainrule.internal.table_endings import TABLES

FOUR = {
    "x_train": ("train-images-idx3-ubyte", "train-images.idx3-ubyte"),
    "y_train": ("train-labels-idx1-ubyte", "train-labels.idx1-ubyte"),
    "x_test": ("t10k-images-idx3-ubyte", "t10k-images.idx3-ubyte"),
    "y_test": ("t10k-labels-idx1-ubyte", "t10k-labels.idx1-ubyte"),
}


def load(name_or_path: str | os.PathLike[str], **options: Any) -> Dataset:
    """The data of this name or at this path.

    A name: one of `chainrule.datasets.NAMES`. A path: a folder of pictures (options as in `folder.load`), a
    .csv (`table.load`), an .npz or a folder with x.npy and y.npy (`arrays`; `test` may be a second folder or .npz), or a
    folder with MNIST's four IDX files (`idx_folder`). All take
    `validation`, the share of the training part to set aside, and `seed`. Raises SettingError for an option
    that the kind of data does not know, DataError, FileError or DownloadError for what cannot be had.

    >>> load("mnist", validation=0.1)
    <Dataset mnist: 54000 + 6000 + 10000 examples (28, 28), 10 classes>
    """
    name = _spelled(os.fspath(name_or_path))
    known = options_of(name)
    for option in options:
        if option not in known:
            problem = unknown("option", option, known)
            raise type(problem)(f"{problem} (for {name})")
    kind = _kind(name)
    test = options.get("test")
    if isinstance(test, str | os.PathLike) and "target" not in known:  # a table reads its second file itself
        from chainrule.datasets.second_source import tested_on

        return tested_on(kind, name, _kind(os.fspath(test)), os.fspath(test), options)
    return kind(name, **options)


def options_of(name_or_path: str | os.PathLike[str]) -> tuple[str, ...]:
    """The options that `load` takes for this name or path; raises DataError where there is no such data.

    >>> options_of("mnist")
    ('validation', 'seed')
    """
    parameters = inspect.signature(_kind(_spelled(os.fspath(name_or_path)))).parameters.values()
    return tuple(p.name for p in parameters if p.kind is p.KEYWORD_ONLY)


def _spelled(name: str) -> str:
    """Fashion-MNIST is fashion_mnist."""
    plain = name.lower().replace("-", "_")
    return plain if plain in NAMES else name


def named(name: str, *, validation: float = 0.0, seed: int = 0) -> Dataset:
    """A set that is known by name."""
    from chainrule.datasets import emnist, fashion_mnist, kmnist, mnist
    from chainrule.datasets.registry import ABOUT

    about = ABOUT[name]
    if name == "mnist":
        x_train, y_train, x_test, y_test = mnist.read()
    elif name.startswith("emnist_"):
        (x_train, y_train), (x_test, y_test) = emnist.load_data(name.removeprefix("emnist_"))
    else:
        module = {"fashion_mnist": fashion_mnist, "kmnist": kmnist}[name]
        (x_train, y_train), (x_test, y_test) = module.load_data()
    data = Dataset(
        name, x_train, y_train, x_test, y_test, class_names=about.class_names, scale=1 / 255,
        preparation=preparation(x_train, 1 / 255) | ({"like": "mnist"} if "fashion" not in name else {}),
        source=about.source, licence=about.licence,
    )  # fmt: skip
    return data.with_validation(validation, seed)


def arrays(
    path: str,
    *,
    task: str | None = None,
    test: float = 0.2,
    validation: float = 0.0,
    seed: int = 0,
    skip_bad: bool = False,
) -> Dataset:
    """The arrays x_train, y_train, x_test, y_test, or x and y, of an .npz file, or of a folder with each in an .npy file.

    Those that are larger than memory are mapped.
    """
    from chainrule.datasets import npz, on_disk

    packed = Path(path).suffix.lower() == ".npz"
    return from_arrays(
        Path(path).stem if packed else Path(path).resolve().name,
        npz.read(path, on_disk.MOST) if packed else npz.read_files({file.stem: file for file in _npy(path)}),
        task=task,
        test=test,
        validation=validation,
        seed=seed,
        skip_bad=skip_bad,
        source=path,
    )


def _npy(path: str) -> list[Path]:
    """Which of the arrays a folder has in files of their own."""
    parts = ("_train", "_val", "_test", "")
    return [
        file for part in parts for letter in "xy" if (file := Path(path, f"{letter}{part}.npy")).is_file()
    ]


def idx_folder(path: str, *, validation: float = 0.0, seed: int = 0) -> Dataset:
    """A folder with the four files of MNIST or of a set in its shape, packed or not."""
    from chainrule.datasets import idx

    found = _four(path)
    if missing := [names[0] for part, names in FOUR.items() if part not in found]:
        raise DataError(
            f"{path} has no {missing[0]} (nor {missing[0]}.gz); a set in MNIST's shape has four files."
        )
    content = {part: idx.read(file) for part, file in found.items()}
    return from_arrays(Path(path).resolve().name, content, validation=validation, seed=seed, source=path)


def _kind(name: str) -> Callable[..., Dataset]:
    """Which loader a name or path asks for."""
    from chainrule.datasets import folder, table

    if name in NAMES:
        return named
    path = Path(name)
    if path.suffix.lower() in TABLES:
        return table.load
    if path.suffix.lower() == ".npz":
        return arrays
    if path.is_dir():
        return idx_folder if _four(name) else arrays if _npy(name) else folder.load
    if path.exists():
        raise DataError(
            f"{name} is not data that can be read: a folder of pictures, a table (.csv, .tsv, .txt), .npz, "
            "a folder with x.npy and y.npy, or four IDX files."
        )
    guess = nearest(name, NAMES)
    hint = f" Did you mean {guess!r}?" if guess else ""
    raise DataError(
        f"There is no data set, folder or file called {name!r}.{hint} Sets known by name: {', '.join(NAMES)}."
    )


def _four(path: str) -> dict[str, Path]:
    """Which of the four IDX files a folder has."""
    found: dict[str, Path] = {}
    for part, names in FOUR.items():
        for name in names:
            for file in (Path(path, name), Path(path, name + ".gz")):
                if file.is_file():
                    found.setdefault(part, file)
    return found
