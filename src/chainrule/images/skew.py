"""Lines of writing that go uphill or downhill: how steep they are, and the mask turned so that they are level."""

import numpy as np

from chainrule.images.components import Mask
from chainrule.images.filters import median
from chainrule.images.glyphs import Glyph
from chainrule.images.grouping import writing_height

STEEP = 8.0  # degrees from which on the writing is turned
STEEPEST = 50.0


def angle_of(found: list[Glyph]) -> float:
    """How steeply the writing rises, in degrees: the middle angle from each glyph to the nearest one right of it."""
    height = writing_height(found)
    tall = [g for g in found if g.height >= 0.45 * height and g.width < 2.0 * g.height]
    if not 2 <= len(tall) <= 60:
        return 0.0
    centres = np.array([((g.left + g.right) / 2, (g.top + g.bottom) / 2) for g in tall])
    angles = []
    for k, (x, y) in enumerate(centres):
        dx, dy = centres[:, 0] - x, centres[:, 1] - y
        distance = np.where(
            (dx > 0.15 * height) & (np.arange(len(tall)) != k), np.hypot(dx, 1.5 * dy), np.inf
        )
        best = int(distance.argmin())
        if distance[best] < 3.0 * height:
            angles.append(np.degrees(np.arctan2(-dy[best], dx[best])))
    if not angles:
        return 0.0
    middle = median(angles)
    return middle if STEEP <= abs(middle) <= STEEPEST else 0.0


def level(mask: Mask, angle: float) -> Mask:
    """The mask turned clockwise by `angle` degrees, as large as it needs to be."""
    from PIL import Image

    image = Image.fromarray(mask.astype(np.uint8) * 255)
    return np.asarray(image.rotate(-angle, Image.Resampling.BILINEAR, expand=True)) > 127


def box_before(
    box: tuple[int, int, int, int], angle: float, shape: tuple[int, ...], turned: tuple[int, ...]
) -> tuple[int, int, int, int]:
    """Where a box of the turned mask stood in the mask before: the box around its four corners."""
    left, top, right, bottom = box
    x = np.array([left, right, right, left]) - turned[1] / 2
    y = np.array([top, top, bottom, bottom]) - turned[0] / 2
    c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    back_x, back_y = c * x + s * y + shape[1] / 2, -s * x + c * y + shape[0] / 2
    inside_x, inside_y = np.clip(back_x, 0, shape[1]), np.clip(back_y, 0, shape[0])
    return (
        int(inside_x.min()), int(inside_y.min()), int(np.ceil(inside_x.max())), int(np.ceil(inside_y.max())),
    )  # fmt: skip
