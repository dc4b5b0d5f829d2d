"""What the page draws from fixed data (drawn_views.json) is what formulas written apart, here, say: pixels and SVG."""

import json
from pathlib import Path

import numpy as np
import pytest

DATA = json.loads((Path(__file__).parent / "drawn_views.json").read_text())
MINUS, ZERO, PLUS = np.array([[213, 94, 0], [252, 252, 250], [0, 114, 178]], float)  # in the light

AROUND = """async (d) => {
  const base = new URL([...document.scripts].find((s) => s.type === "module" && s.src).src, location.href);
  const [kit, heat, land] = await Promise.all(["kit.js", "heat.js", "landscape.js"].map((name) => import(new URL(name, base))));
  const canvas = document.createElement("canvas");
  const pixels = () => [canvas.width, canvas.height, [...canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data]];
  BODY
}"""


@pytest.fixture
def drawn(page, studio):
    """Runs a line of JavaScript that has the page's modules and the data `d`; what it returns."""
    page.goto(studio.link)
    page.emulate_media(color_scheme="light")

    def run(name, body):
        return page.evaluate(AROUND.replace("BODY", body), DATA[name])

    return run


def picture(found):
    """Rows of red, green, blue and opacity."""
    wide, high, data = found
    return np.array(data).reshape(high, wide, 4)


def coloured(values):
    """The colour of each number: orange below 0, blue above, on a scale bent by the area sine."""
    v = np.abs(values[np.nonzero(values)])
    largest, typical = v.max(), max(v.mean() / 2, v.max() / 1000)
    place = np.arcsinh(values / typical) / np.arcsinh(largest / typical)
    t = (np.floor(128 + 127 * place + 0.5) - 128) / 127
    end = np.where(t[..., None] < 0, MINUS, PLUS)
    return ZERO + (end - ZERO) * np.minimum(1, np.abs(t))[..., None]


def test_a_strip_shows_numbers_as_colours(drawn) -> None:
    """Row by row, wrapped after so many cells; what is beyond the last number stays clear."""
    found = picture(drawn("strip", "heat.strip(canvas, d.values, d.wide); return pixels();"))
    values = np.array(DATA["strip"]["values"])
    assert found.shape == (2, 4, 4)
    flat = found.reshape(-1, 4)
    assert np.abs(flat[: len(values), :3] - coloured(values)).max() <= 1
    assert (flat[: len(values), 3] == 255).all()
    assert (flat[len(values) :] == 0).all()


def test_feature_maps_stand_side_by_side(drawn) -> None:
    """A picture a channel, a clear line between them; each pixel is its number's colour."""
    found = picture(drawn("feature maps", "heat.featureMaps(canvas, d.values, d.shape); return pixels();"))
    high, wide, channels = DATA["feature maps"]["shape"]
    colours = coloured(np.array(DATA["feature maps"]["values"]).reshape(high, wide, channels))
    assert found.shape == (high + 1, channels * (wide + 1), 4)
    for k in range(channels):
        left = k * (wide + 1)
        assert np.abs(found[:high, left : left + wide, :3] - colours[:, :, k]).max() <= 1
        assert (found[:, left + wide] == 0).all()


def test_ink_is_dark_and_colours_stay(drawn) -> None:
    """255 is ink, 0 the paper; three numbers a pixel are red, green and blue."""
    found = picture(drawn("ink", "kit.paintInk(canvas, d.bytes, d.wide, 2); return pixels();"))
    expected = 255 - np.array(DATA["ink"]["bytes"]).reshape(2, 3)
    assert (found[..., :3] == expected[..., None]).all()
    found = picture(drawn("colours", "kit.paintInk(canvas, d.bytes, d.wide, 1, true); return pixels();"))
    assert (found[0, :, :3] == np.array(DATA["colours"]["bytes"]).reshape(2, 3)).all()


def test_a_way_lies_where_its_numbers_say(drawn) -> None:
    """The SVG over the landscape: each state in the middle of its cell, or between cells in proportion; steps as titles."""
    svg, points, titles, here = drawn(
        "landscape",
        """const arrays = {a: Float32Array.from(d.a), b: Float32Array.from(d.b), losses: Float32Array.from(d.losses),
                           path: Float32Array.from(d.path), at: Float32Array.from(d.at)};
           const [text, el] = land.landscape({header: {words: ["one", "two"], steps: d.steps, step: d.step}, arrays}, {width: d.width});
           const svg = el.querySelector("svg.way"), here = svg.querySelector(".here");
           return [[+svg.getAttribute("width"), +svg.getAttribute("height")], svg.querySelector("polyline").getAttribute("points"),
                   [...svg.querySelectorAll("circle title")].map((t) => t.textContent), [+here.getAttribute("cx"), +here.getAttribute("cy")]];""",
    )
    d = DATA["landscape"]
    (wide, high), n, m = svg, len(d["a"]), len(d["b"])
    cell = np.array([wide / n, high / m])
    way = np.array(d["path"]).reshape(-1, 2)
    expected = (way - [d["a"][0], d["b"][0]]) * cell + cell / 2  # both axes have a step of 1
    found = np.array([point.split(",") for point in points.split()], float)
    np.testing.assert_allclose(found, expected, atol=1e-3)
    np.testing.assert_allclose(here, expected[1], atol=1e-3)
    assert titles == ["step 0", "step 40", "step 90", "step 40"]
