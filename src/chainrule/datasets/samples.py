"""Small data to try things with, made by the program: a photo of digits, folders of shapes, a table. The same every time."""

import io
import os
from pathlib import Path

import numpy as np

from chainrule.errors import SettingError

TEXT = "40713"  # what the photo shows
SHAPES = ("circle", "square", "triangle")
EACH = 60  # pictures of each shape
SIDE = 32
ROWS = 400  # of the table
SCRIPT = '''"""A network learns to read digits, written for Keras 3."""

import keras
from keras import layers

(x, y), (x_test, y_test) = keras.datasets.mnist.load_data()
x, x_test = x[:6000].reshape(-1, 784) / 255.0, x_test.reshape(-1, 784) / 255.0

keras.utils.set_random_seed(1)
model = keras.Sequential(
    [keras.Input((784,)), layers.Dense(64, activation="relu"), layers.Dense(10, activation="softmax")]
)
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x, y[:6000], epochs=3, validation_split=0.1, verbose=2)
print(model.evaluate(x_test, y_test, verbose=0))
'''


def write(path: str | os.PathLike[str]) -> str:
    """Writes the sample that a name asks for, and returns a sentence about it; nothing that is there is replaced.

    .py: a script for Keras.  .jpg or .png: a photo of handwritten digits.  .csv: a table of flats with their rents.  A name without an ending: a folder
    with a folder of pictures for each of three shapes.  Raises SettingError for another ending, or where something is there.

    >>> import tempfile
    >>> write(Path(tempfile.mkdtemp()) / "rents.csv")                                           # doctest: +ELLIPSIS
    '...rents.csv: 400 flats with rooms, size, floor, district, balcony and rent.'
    """
    from chainrule.files.disk import write as put

    target = Path(path)
    if target.exists():
        raise SettingError(f"{str(path)!r} is there already and is kept. Choose another name.")
    ending = target.suffix.lower()
    if ending in (".jpg", ".jpeg", ".png"):
        put(str(target), [encoded(photo(), "PNG" if ending == ".png" else "JPEG")])
        return f"{path}: a photo of the digits {' '.join(TEXT)} on ruled paper."
    if ending == ".csv":
        put(str(target), [table().encode()])
        return f"{path}: {ROWS} flats with rooms, size, floor, district, balcony and rent."
    if ending == ".py":
        put(str(target), [SCRIPT.encode()])
        return f"{path}: a script that was written for Keras 3."
    if ending:
        raise SettingError(
            f"There is no sample that ends in {ending}. Known: .jpg, .png, .csv, .py, or a folder's name."
        )
    rng = np.random.default_rng(7)
    for shape in SHAPES:
        (target / shape).mkdir(parents=True)
        for k in range(EACH):
            put(str(target / shape / f"{k + 1:02}.png"), [encoded(drawn(shape, rng), "PNG")])
    return f"{path}: {EACH} pictures each of {', '.join(SHAPES[:-1])} and {SHAPES[-1]}."


def photo() -> np.ndarray:
    """Test digits of MNIST as if written with a pen and photographed: uint8 (h, w, 3)."""
    from chainrule.datasets import mnist
    from chainrule.images import made_pages

    _, (digits, labels) = mnist.load_data()
    rng = np.random.default_rng(4)
    inks = [digits[np.flatnonzero(labels == int(digit))[7]] / 255.0 for digit in TEXT]
    return made_pages.page(inks, TEXT, rng, "ruled").pixels


def drawn(shape: str, rng: np.random.Generator) -> np.ndarray:
    """One shape of some colour, size and place on a ground of another colour: uint8 (SIDE, SIDE, 3)."""
    from PIL import Image, ImageDraw

    ground, ink = rng.integers(150, 256, 3), rng.integers(0, 130, 3)
    big = 4 * SIDE  # drawn large, then made small: smooth edges
    image = Image.new("RGB", (big, big), tuple(int(c) for c in ground))
    radius = rng.uniform(0.22, 0.4) * big
    x, y = rng.uniform(radius, big - radius, 2)
    draw, colour = ImageDraw.Draw(image), tuple(int(c) for c in ink)
    if shape == "circle":
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)
    else:
        corners = 4 if shape == "square" else 3
        angles = 2 * np.pi * (np.arange(corners) / corners) + rng.uniform(-0.3, 0.3) + np.pi / 4
        draw.polygon([(x + radius * np.cos(a), y + radius * np.sin(a)) for a in angles], fill=colour)
    small = np.asarray(image.resize((SIDE, SIDE), Image.Resampling.LANCZOS), float)
    return np.clip(small + rng.normal(0, 6, small.shape), 0, 255).astype(np.uint8)


def table() -> str:
    """Flats and their rents as CSV, some cells left empty."""
    rng = np.random.default_rng(11)
    lines = ["rooms,size,floor,district,balcony,rent"]
    for _ in range(ROWS):
        rooms, floor = int(rng.integers(1, 6)), int(rng.integers(0, 8))
        size = round(18 * rooms + 12 + rng.normal(0, 6), 1)
        district, balcony = str(rng.choice(["North", "Old Town", "Harbour"])), rng.random() < 0.5
        rent = (
            320
            + 11.5 * size
            + 14 * floor
            + {"North": 0, "Old Town": 260, "Harbour": 140}[district]
            + 60 * balcony
        )
        cells = [
            str(rooms),
            str(size),
            str(floor),
            district,
            "yes" if balcony else "no",
            str(round(rent + rng.normal(0, 40))),
        ]
        if rng.random() < 0.05:
            cells[int(rng.integers(1, 4))] = ""
        lines.append(",".join(cells))
    return "\n".join(lines) + "\n"


def encoded(pixels: np.ndarray, format_: str) -> bytes:
    """Pixels as the bytes of a picture's file."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format_, quality=90)
    return buffer.getvalue()
