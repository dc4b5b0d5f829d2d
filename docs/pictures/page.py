"""Makes page.png, the README's picture: a sheet with MNIST test digits as if photographed, and how it was read.

python docs/pictures/page.py
"""

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from chainrule import pretrained
from chainrule.datasets import mnist
from chainrule.images import Rejection
from chainrule.images.rejection import strangeness
from chainrule.inference.handwriting import Reader
from chainrule.models import load_model

ROWS = ((11, 3, 61, 18, 247), (1, 35, 84, 9, 62))  # numbers of test digits
W, H = 900, 460


def sheet() -> np.ndarray:
    """Ruled paper, a shadow, a blue pen, a camera's noise: uint8 (h, w, 3)."""
    _, (digits, _) = mnist.load_data()
    rng = np.random.default_rng(4)
    ink = Image.new("L", (W, H))
    for r, row in enumerate(ROWS):
        for c, k in enumerate(row):
            side = int(rng.integers(120, 165))
            big = (
                Image.fromarray(digits[k])
                .resize((side, side), Image.Resampling.BICUBIC)
                .rotate(rng.normal(0, 4))
            )
            ink.paste(
                255, (int(40 + c * 165 + rng.integers(-8, 8)), int(45 + r * 200 + rng.integers(-12, 12))), big
            )
    mask = np.clip((np.asarray(ink.filter(ImageFilter.GaussianBlur(1.2)), float) / 255 - 0.35) * 2.2, 0, 1)[
        ..., None
    ]
    y, x = np.mgrid[:H, :W]
    paper = np.full((H, W, 3), (236.0, 230, 216))
    ruled = ((y + 0.02 * x) % 52 < 2)[..., None]
    paper = np.where(ruled, paper * (0.72, 0.8, 0.92), paper)
    paper *= (1 - 0.45 / (1 + np.exp(-(x + 0.6 * y - 820) / 60)))[..., None]  # somebody stands in the light
    page = paper * (1 - mask) + (paper / 255 * (34, 52, 140)) * mask
    return np.clip(page + rng.normal(0, 5, page.shape), 0, 255).astype(np.uint8)


def drawn() -> Image.Image:
    """The sheet with boxes and answers; below, what the network saw."""
    model = load_model(pretrained.digits(), compile=False)
    reader = Reader(
        lambda p: model.predict_on_batch(p.reshape(len(p), *(model.input_shape or ()))),
        rejection=Rejection.from_dict(model.extras.get("rejection", model.extras.get("doubt"))),
    )
    photo = sheet()
    reading = reader.read(photo)
    print(reading.text, reading.refused)
    big, small = ImageFont.load_default(30), ImageFont.load_default(17)
    tile, gap = 78, 10
    out = Image.new("RGB", (W, H + 2 * (tile + 44) + 20), (252, 252, 250))
    out.paste(Image.fromarray(photo), (0, 0))
    pen = ImageDraw.Draw(out)
    near = strangeness(np.stack([d.pixels for d in reading.digits]), reader.signatures())[1]
    seen = pretrained.seen()[0]
    for k, digit in enumerate(reading.digits):
        left, top, right, bottom = digit.box
        pen.rectangle((left - 6, top - 6, right + 6, bottom + 6), outline=(214, 60, 40), width=3)
        pen.text(
            (right + 10, top - 12), "?" if digit.doubt else str(digit.label), fill=(214, 60, 40), font=big
        )
        x, y = gap + (k % 5) * 178, H + 12 + (k // 5) * (tile + 44)
        for n, pixels in enumerate((digit.pixels, seen[near[k][0]])):
            tiny = Image.fromarray(np.ascontiguousarray(pixels)).resize(
                (tile, tile), Image.Resampling.NEAREST
            )
            out.paste(tiny.convert("RGB"), (x + n * (tile + 4), y))
        words = (
            f"{digit.label if not digit.doubt else 'not sure: ' + str(digit.label)}  {digit.probability:.1%}"
        )
        pen.text((x, y + tile + 4), words, fill=(60, 60, 60), font=small)
    return out


if __name__ == "__main__":
    drawn().quantize(96).save(Path(__file__).with_name("page.png"), optimize=True)
