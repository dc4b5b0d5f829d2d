"""Small pictures of examples: a group of them is one PNG inside the page, of which each place shows its part."""

import base64
import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.plots.pictures import as_pictures
from chainrule.report.markup import Html, h

COLUMNS = 32
LARGEST = 48  # pixels a side are kept; of larger pictures every k-th
PIXELS = 1_200_000  # that one group may have: PNG makes about a third of it, text another third more


class Sprite:
    """Pictures in one PNG. name: of the group, letters only.  x: (n, h, w) or (n, h, w, 3) from 0 to 1 or to 255."""

    def __init__(self, name: str, x: Any) -> None:
        self.name = name
        shown = smaller(as_pictures(np.asarray(x)))
        self.pixels = (shown * 255).round().astype(np.uint8)
        self.n, self.high, self.wide = self.pixels.shape[:3]
        self.columns = min(COLUMNS, self.n)

    @property
    def style(self) -> Html:
        """The rule that holds the picture; once on the page."""
        rows = -(-self.n // self.columns)
        sides = f"--columns:{self.columns};--rows:{rows};--tall:{self.high / self.wide:.4g}"
        return Html(
            f"<style>.{self.name}{{{sides};background-image:url(data:image/png;base64,{base64.b64encode(self.png()).decode()})}}</style>"
        )

    def png(self) -> bytes:
        """All pictures, in rows."""
        from PIL import Image

        rows = -(-self.n // self.columns)
        whole = np.zeros((rows * self.columns, *self.pixels.shape[1:]), np.uint8)
        whole[: self.n] = self.pixels
        grid = whole.reshape(rows, self.columns, *self.pixels.shape[1:]).swapaxes(1, 2)
        sheet = grid.reshape(rows * self.high, self.columns * self.wide, *self.pixels.shape[3:])
        file = io.BytesIO()
        Image.fromarray(sheet).save(file, "PNG", optimize=True)
        return file.getvalue()

    def picture(self, k: int, words: str) -> Html:
        """The k-th picture, with what it is for those who do not see it."""
        place = f"--x:{k % self.columns};--y:{k // self.columns}"
        return h("span", class_=f"picture {self.name}", role="img", aria_label=words, style=place)


def smaller(pictures: NDArray[Any]) -> NDArray[Any]:
    """Pictures of at most LARGEST pixels a side, by leaving some out."""
    every = -(-max(pictures.shape[1:3]) // LARGEST)
    return pictures[:, ::every, ::every]


def room(shape: Sequence[int]) -> int:
    """How many pictures of a shape (h, w) or (h, w, 3) one group may have.

    >>> room((28, 28)), room((200, 100, 3))
    (1530, 500)
    """
    every = -(-max(shape[:2]) // LARGEST)
    sides = [-(-side // every) for side in shape[:2]]
    return int(PIXELS // (sides[0] * sides[1] * (3 if len(shape) == 3 else 1)))
