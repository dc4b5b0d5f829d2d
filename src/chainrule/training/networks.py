"""Networks in words: "conv 16, pool, conv 32, pool, dense 128", the notation of `chainrule train --network`.

    conv N [SIZE]      N filters of SIZE x SIZE (3), then the activation        pool [SIZE]    the largest of SIZE x SIZE (2)
    dense N            N units, then the activation                             shrink [SIZE]  the mean of SIZE x SIZE (2)
    average            one number for each channel
    norm               batch normalization                                     dropout SHARE  0.5 where nothing is said
    embed WORDS N      N numbers for each of WORDS words                        flatten        everything in one row
    lstm N, gru N, rnn N    N units that go along the sequence; the last of several gives its last output

What lies between is put in: a channel axis before the first conv, flatten before the first dense. The layer that
answers is not written: it follows from the data. `256,64` is short for "dense 256, dense 64".
"""

import math
import re
from typing import Any

from chainrule import layers
from chainrule.errors import SettingError, ShapeError, unknown
from chainrule.layers import Layer

Shape = tuple[int, ...]
RECURRENT: dict[str, type[Layer]] = {"gru": layers.GRU, "lstm": layers.LSTM, "rnn": layers.SimpleRNN}
NUMBERS = {  # how many numbers may follow each word: at least, at most
    "average": (0, 0), "conv": (1, 2), "dense": (1, 1), "dropout": (0, 1), "embed": (2, 2), "flatten": (0, 0),
    "gru": (1, 1), "lstm": (1, 1), "norm": (0, 0), "pool": (0, 1), "rnn": (1, 1), "shrink": (0, 1),
}  # fmt: skip


def hidden_layers(text: str, input_shape: Shape, activation: str = "relu") -> list[Layer]:
    """The layers that a text describes, for examples of a shape; SettingError says which part is wrong.

    text: parts with commas between them, see above.  activation: of conv and dense.

    >>> [type(layer).__name__ for layer in hidden_layers("conv 16, pool, dense 128", (28, 28))]
    ['Reshape', 'Conv2D', 'MaxPooling2D', 'Flatten', 'Dense']
    >>> hidden_layers("256,64", (784,))[1].units
    64
    """
    parts = parsed(text)
    found: list[Layer] = []
    shape: Any = tuple(input_shape)
    for place, (word, numbers) in enumerate(parts):
        for before in between(word, shape):
            found.append(before)
            shape = before.output_shape_for(shape)
        goes_on = any(later in RECURRENT for later, _ in parts[place + 1 :])
        layer = made(word, numbers, shape, activation, goes_on)
        try:
            shape = layer.output_shape_for(shape)
        except ShapeError as problem:
            raise SettingError(f"--network: {written(word, numbers)!r} does not fit: {problem}") from None
        found.append(layer)
    return found


def parsed(text: str) -> list[tuple[str, list[float]]]:
    """The words and their numbers.

    >>> parsed("conv 16 5, pool"), parsed("256,64")
    ([('conv', [16.0, 5.0]), ('pool', [])], [('dense', [256.0]), ('dense', [64.0])])
    """
    parts = []
    for part in text.split(","):
        word, *given = part.split() or [""]
        if re.fullmatch(r"[0-9]+", word):
            word, given = "dense", [word, *given]
        word = word.lower()
        if word not in NUMBERS:
            raise unknown("layer in --network", word or part, NUMBERS)
        least, most = NUMBERS[word]
        if not least <= len(given) <= most or not all(re.fullmatch(r"[0-9]*\.?[0-9]+", one) for one in given):
            wanted = f"{least}" if least == most else f"{least} to {most}"
            raise SettingError(
                f"--network: {word} takes {wanted} number(s), such as 16; it got {part.strip()!r}."
            )
        numbers = [float(one) for one in given]
        if word != "dropout" and any(n != int(n) or n < 1 for n in numbers):
            raise SettingError(f"--network: {word} takes whole numbers, 1 or more; it got {part.strip()!r}.")
        parts.append((word, numbers))
    return parts


def written(word: str, numbers: list[float]) -> str:
    """A part as it is written: conv 16."""
    return " ".join([word, *(f"{n:g}" for n in numbers)])


def between(word: str, shape: Shape) -> list[Layer]:
    """What has to come before a part."""
    if word in ("conv", "pool", "shrink") and len(shape) == 2:
        return [layers.Reshape((*shape, 1))]
    if word in ("conv", "pool", "shrink") and len(shape) == 1 and math.isqrt(shape[0]) ** 2 == shape[0]:
        side = math.isqrt(shape[0])
        return [layers.Reshape((side, side, 1))]
    if word == "dense" and len(shape) > 1:
        return [layers.Flatten()]
    return []


def made(word: str, numbers: list[float], shape: Shape, activation: str, goes_on: bool) -> Layer:
    """The layer of one part. goes_on: whether another recurrent layer follows, which needs every output."""
    first, *rest = map(int, numbers if word != "dropout" and numbers else [0])
    match word:
        case "conv":
            return layers.Conv2D(first, rest[0] if rest else 3, activation=activation)
        case "pool":
            return layers.MaxPooling2D(first or 2)
        case "shrink":
            return layers.AveragePooling2D(first or 2)
        case "average":
            return layers.GlobalAveragePooling1D() if len(shape) == 2 else layers.GlobalAveragePooling2D()
        case "dense":
            return layers.Dense(first, activation=activation)
        case "dropout":
            return layers.Dropout(numbers[0] if numbers else 0.5)
        case "embed":
            return layers.Embedding(first, rest[0])
        case "norm":
            return layers.BatchNormalization()
        case "flatten":
            return layers.Flatten()
    kind: Any = RECURRENT[word]
    recurrent: Layer = kind(first, return_sequences=goes_on)
    return recurrent
