"""Pictures for these tests: digits drawn with strokes on synthetic paper. Nothing is copied from anyone."""

import io

import numpy as np
from PIL import Image, ImageDraw

STROKES = {  # on a grid of 10 x 10
    "0": ["20 60 83 87 60 20"],
    "1": ["50 59"],
    "2": ["02 20 60 83 09 99"],
    "4": ["60 06 96", "60 69"],
    "5": ["80 20 14 64 88 69 09"],
    "7": ["10 90 49"],
}
STROKES["0"] = ["30 70 93 96 79 39 16 13 30"]


def sign(name, size=120, pen=9):
    """One digit's ink, float (size, size), 1 where there is ink."""
    image = Image.new("L", (size, size))
    draw = ImageDraw.Draw(image)
    unit = size / 10
    for stroke in STROKES[name]:
        points = [((int(p[0]) + 0.5) * unit, (int(p[1]) + 0.5) * unit) for p in stroke.split()]
        draw.line(points, fill=255, width=pen, joint="curve")
    return np.asarray(image) / 255.0


def page(signs, paper=(240, 236, 226), ink=(40, 44, 60), noise=3.0, size=(400, 300), seed=0, shade=0.0):
    """Signs [(name, left, top)] on paper: uint8 (h, w, 3)."""
    w, h = size
    rng = np.random.default_rng(seed)
    mask = np.zeros((h, w))
    for name, left, top in signs:
        s = sign(name)
        mask[top : top + s.shape[0], left : left + s.shape[1]] = np.maximum(
            mask[top : top + s.shape[0], left : left + s.shape[1]], s
        )
    out = np.array(paper) * (1 - mask[..., None]) + np.array(ink) * mask[..., None]
    out = out * (1 - shade * np.linspace(0, 1, w)[None, :, None])
    return np.clip(out + rng.normal(0, noise, (h, w, 1)), 0, 255).astype(np.uint8)


def saved(pixels, kind="PNG", **how):
    """A picture as a file's bytes."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind, **how)
    return file.getvalue()
