"""Models shown: the table of a network that branches, models inside opened, the diagram as SVG and PNG."""

import io
import xml.etree.ElementTree as ET
from itertools import combinations, pairwise

import numpy as np
import pytest
from PIL import Image

import chainrule as cr
from chainrule.errors import SettingError
from chainrule.layers import (
    Add,
    BatchNormalization,
    Concatenate,
    Conv2D,
    Dense,
    GlobalAveragePooling2D,
    Input,
)
from chainrule.models.diagram import Boxes, Shown, plot_model
from chainrule.models.diagram_layout import planned


def branching():
    """Two inputs, a residual block, a model inside, two outputs."""
    picture, numbers = Input((8, 8, 3), name="picture"), Input((5,), name="numbers")
    x = Conv2D(4, 3, padding="same", activation="relu", name="first")(picture)
    y = BatchNormalization(name="norm")(Conv2D(4, 3, padding="same", name="second")(x))
    z = GlobalAveragePooling2D(name="mean")(Add(name="add")([x, y]))
    inside = cr.Sequential(
        [Input((5,)), Dense(4, name="a", trainable=False), Dense(3, name="b")], name="inside"
    )
    both = Concatenate(name="both")([z, inside(numbers)])
    return cr.Model(
        [picture, numbers], [Dense(1, name="size")(both), Dense(3, name="kind")(both)], name="net"
    )


def table(model, **settings):
    """The cells of a summary's rows."""
    rows = []
    model.summary(print_fn=rows.append, **settings)
    lines = [line for line in rows[0].splitlines() if line.startswith(("│", "┃"))]
    return [[cell.strip() for cell in line.strip("│┃").replace("┃", "│").split("│")] for line in lines]


def test_the_table_of_a_network_that_branches_says_what_feeds_each_layer() -> None:
    """The column that Keras has; a straight network has none."""
    rows = {row[0].split(" ")[0]: row for row in table(branching())}
    assert rows["Layer"] == ["Layer (type)", "Output Shape", "Param #", "Connected to"]
    assert rows["add"] == ["add (Add)", "(None, 8, 8, 4)", "0", "first[0][0], norm[0][0]"]
    assert rows["inside"][2:] == ["39", "numbers[0][0]"]
    assert rows["picture"][3] == "-"
    a = Input((4,))
    assert table(cr.Model(a, Dense(1)(Dense(2)(a))))[0] == ["Layer (type)", "Output Shape", "Param #"]


def test_models_inside_are_opened_and_frozen_layers_are_told() -> None:
    """expand_nested and show_trainable."""
    rows = {row[0].split(" (")[0]: row for row in table(branching(), expand_nested=True, show_trainable=True)}
    assert rows["└ a"][1:] == ["(None, 4)", "24", "-", "N"]
    assert rows["└ b"][-1] == "Y"
    assert rows["add"][-1] == "-"
    assert "└ a" not in {row[0].split(" (")[0] for row in table(branching())}


def test_layers_of_a_shared_kind_count_their_calls() -> None:
    """The second call of a layer is [1]."""
    a, shared = Input((4,), name="x"), Dense(4, name="shared")
    model = cr.Model(a, Dense(1, name="end")(shared(shared(a))))
    rows = {row[0].split(" ")[0]: row for row in table(model)}
    assert rows["shared"][3] == "x[0][0], shared[0][0]"
    assert rows["end"][3] == "shared[1][0]"


def overlapping(plan) -> bool:
    """Whether two boxes of a plan touch."""
    return any(
        abs(a.x - b.x) < (a.width + b.width) / 2 and abs(a.y - b.y) < (a.height + b.height) / 2
        for a, b in combinations(plan.boxes, 2)
    )


def crossed(plan, arrows) -> list:
    """The arrows that run through a box that is not one of their ends."""
    found = []
    for way, ends in zip(plan.arrows, arrows, strict=True):
        points = [
            (x0 + (x1 - x0) * t, y0 + (y1 - y0) * t)
            for (x0, y0), (x1, y1) in pairwise(way) for t in np.linspace(0, 1, 21)
        ]  # fmt: skip
        for k, box in enumerate(plan.boxes):
            if k not in ends and any(
                abs(x - box.x) < box.width / 2 - 1 and abs(y - box.y) < box.height / 2 - 1 for x, y in points
            ):
                found.append((ends, k))
    return found


@pytest.mark.parametrize("sideways", [False, True])
@pytest.mark.parametrize("seed", range(6))
def test_no_box_touches_another_and_no_arrow_crosses_one(sideways, seed) -> None:
    """In drawn networks of 20 layers with skips over several rows; every arrow ends at its box."""
    rng = np.random.default_rng(seed)
    texts = [["x" * int(rng.integers(3, 40))] * int(rng.integers(1, 4)) for _ in range(20)]
    arrows = sorted({(int(rng.integers(max(0, k - 6), k)), k) for k in range(1, 20) for _ in range(2)})
    plan = planned(texts, arrows, sideways)
    assert not overlapping(plan)
    assert crossed(plan, arrows) == []
    for (start, end), way in zip(arrows, plan.arrows, strict=True):
        for place, k in ((way[0], start), (way[-1], end)):
            box = plan.boxes[k]
            assert abs(place[0] - box.x) <= box.width / 2 + 1e-6
            assert abs(place[1] - box.y) <= box.height / 2 + 1e-6
    assert all(b.x - b.width / 2 >= 0 and b.x + b.width / 2 <= plan.width for b in plan.boxes)
    assert all(b.y - b.height / 2 >= 0 and b.y + b.height / 2 <= plan.height for b in plan.boxes)


def test_a_diagram_has_a_box_for_each_layer_and_an_arrow_for_each_value() -> None:
    """The model inside is one box, or its layers."""
    boxes = Boxes(Shown(names=True))
    boxes.of_model(branching())
    assert len(boxes.texts) == 11
    assert len(boxes.arrows) == 11
    opened = Boxes(Shown(nested=True))
    opened.of_model(branching())
    assert ["inside / a (Dense)"] in opened.texts
    assert len(opened.texts) == 12


def test_both_kinds_of_files_are_written(tmp_path) -> None:
    """SVG that is XML and holds the texts, escaped; PNG of the size that dpi says. No other program is asked."""
    model = branching()
    model.get_layer("size").name = "size <&>"
    plot_model(model, tmp_path / "m.svg", show_shapes=True, show_layer_names=True, show_trainable=True, show_dtype=True,
               show_layer_activations=True)  # fmt: skip
    root = ET.parse(tmp_path / "m.svg").getroot()
    texts = {node.text for node in root.iter("{http://www.w3.org/2000/svg}text")}
    assert {
        "size <&> (Dense)",
        "output: (None, 8, 8, 4)",
        "activation: relu",
        "learns",
        "dtype: float32",
    } <= texts
    sizes = []
    for dpi in (96, 192):
        diagram = plot_model(model, tmp_path / "m.png", dpi=dpi)
        assert (tmp_path / "m.png").read_bytes() == diagram.png()
        sizes.append(Image.open(io.BytesIO(diagram.png())).size)
    assert sizes[1][0] == pytest.approx(2 * sizes[0][0], abs=2)
    assert plot_model(model, None)._repr_svg_().startswith("<svg")
    wide = plot_model(model, None, rankdir="LR").plan
    assert wide.width > wide.height


def test_what_cannot_be_drawn_is_refused() -> None:
    """Another kind of file, another direction, something that is no model."""
    model = cr.Sequential([Dense(1, input_shape=(2,))])
    for call, words in (
        (lambda: plot_model(model, "m.pdf"), "writes .svg and .png files"), (lambda: plot_model(model, rankdir="RL"), "rankdir"),
        (lambda: plot_model(Dense(1)), "draws models"), (lambda: plot_model(model, layer_range=["a", "b"]), "layer_range"),
    ):  # fmt: skip
        with pytest.raises(SettingError, match=words):
            call()
    assert cr.utils.plot_model is plot_model


@pytest.mark.parametrize("kind", ["graph", "chain"])
def test_outputs_of_layers_make_models_of_parts(kind) -> None:
    """get_layer(...).output: one, several, of a layer inside a chain; the parts answer what the whole computes there."""
    x = np.random.default_rng(0).normal(size=(3, 4)).astype("f")
    if kind == "chain":
        model = cr.Sequential(
            [Dense(3, "tanh", name="one", input_shape=(4,)), Dense(2, name="two"), Dense(1, name="three")]
        )
        model.build()
    else:
        a = Input((4,))
        model = cr.Model(a, Dense(1, name="three")(Dense(2, name="two")(Dense(3, "tanh", name="one")(a))))
    part = cr.Model(model.inputs, model.get_layer("two").output)
    every = cr.Model(
        model.inputs,
        [layer.output for layer in model.layers if not hasattr(layer, "declared") and layer.weights],
    )
    one, two, three = every.predict(x, verbose=0)
    np.testing.assert_array_equal(part.predict(x, verbose=0), two)
    np.testing.assert_array_equal(three, model.predict(x, verbose=0))
    np.testing.assert_allclose(one, np.tanh(x @ model.get_layer("one").kernel), rtol=1e-5)
    head = Dense(5, name="new")(model.get_layer("one").output)
    tuned = cr.Model(model.inputs, head)
    before = model.predict(x, verbose=0)
    tuned.compile("sgd", "mse")
    tuned.fit(x, np.ones((3, 5)), verbose=0)
    assert np.abs(model.predict(x, verbose=0) - before).max() > 0  # they share the layer
