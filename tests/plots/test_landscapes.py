"""The loss around a network's weights: exact where it is known, the same on both libraries, scaled neuron by neuron."""

import numpy as np
import pytest

from chainrule import Scaled, Sequential, landscapes, layers, plots, regularizers
from chainrule.errors import DataError, FileError, SettingError, ShapeError
from chainrule.landscapes import Path, Surface, direction
from chainrule.landscapes.training_path import principal
from chainrule.landscapes.weights import flat, unflat, weights_of
from chainrule.layers import Layer
from chainrule.recording import resume


class Shift(Layer):
    """y = x + w: a layer that Chainrule does not know."""

    weight_names = ("shift",)

    def init(self, rng, input_shape):
        return {"shift": rng.normal(size=input_shape).astype(np.float32)}

    def weight_shapes(self, input_shape):
        return {"shift": input_shape}

    def forward(self, params, x, context=None):
        return x + params["shift"], None

    def backward(self, params, kept, dy):
        return dy

    def gradients(self, params, kept, dy):
        return {"shift": dy.sum(axis=0)}


NETWORKS = {
    "softmax": lambda: [layers.Flatten(input_shape=(3, 4)), layers.Dense(7, "relu"), layers.Dense(3, "softmax")],
    "penalised": lambda: [
        layers.Flatten(input_shape=(3, 4)), layers.Dense(5, "tanh", kernel_regularizer=regularizers.L2(0.1)),
        layers.Dropout(0.5), layers.Dense(3, "softmax", bias_regularizer=regularizers.L1(0.1)),
    ],
    "one layer": lambda: [layers.Flatten(input_shape=(3, 4)), layers.Dense(3, "softmax")],
    "another layer": lambda: [layers.Flatten(input_shape=(3, 4)), Shift(), layers.Dense(3, "softmax")],
}  # fmt: skip


def network(kind="softmax", seed=1):
    from chainrule import arrays

    arrays.set_seed(seed)
    model = Sequential(NETWORKS[kind]())
    model.compile("adam", "categorical_crossentropy", backend="numpy")
    model.set_weights(
        [w + 0.1 * np.random.default_rng(k).normal(size=w.shape) for k, w in enumerate(model.get_weights())]
    )
    return model


def data(n=1500):
    """More examples than go through the chain at once."""
    rng = np.random.default_rng(0)
    return Scaled(rng.integers(0, 256, (n, 3, 4)).astype(np.uint8)), np.eye(3, dtype=np.float32)[
        rng.integers(0, 3, n)
    ]


def loss_at(model, weights, x, y) -> float:
    """What evaluate says with other weights."""
    before = weights_of(model)
    for link, params in zip(model.chain, weights, strict=True):
        link.params = params
    said = model.evaluate(x, y, verbose=0)
    for link, params in zip(model.chain, before, strict=True):
        link.params = params
    return said


@pytest.mark.parametrize("kind", NETWORKS)
def test_the_centre_is_the_trained_loss(kind) -> None:
    """On NumPy to the last bit what evaluate says, penalties included."""
    model, (x, y) = network(kind), data()
    plane = landscapes.plane(model, x, y, points=3, backend="numpy")
    assert plane.losses[1, 1] == model.evaluate(x, y, verbose=0)
    assert plane.a[1] == plane.b[1] == 0
    assert landscapes.line(model, x, y, points=5, backend="numpy").losses[2] == plane.losses[1, 1]


@pytest.mark.parametrize("kind", NETWORKS)
def test_every_point_is_the_loss_of_a_network(kind, backend) -> None:
    """Far from the centre, too: as if the weights had been put into the model and evaluated; a is across, b is up."""
    model, (x, y) = network(kind), data(50)
    plane = landscapes.plane(model, x, y, points=4, span=2.0, seed=5, backend=backend)
    one, two = (direction(weights_of(model), 5, k) for k in range(2))
    for j, i in ((0, 0), (1, 3), (2, 0), (3, 3)):
        a, b = plane.a[i], plane.b[j]
        there = [
            {k: (w + a * one[link][k] + b * two[link][k]).astype(np.float32) for k, w in part.items()}
            for link, part in enumerate(weights_of(model))
        ]
        np.testing.assert_allclose(plane.losses[j, i], loss_at(model, there, x, y), rtol=1e-5)


def test_a_line_through_two_networks_has_their_losses(backend) -> None:
    """At 0 the model's own, at 1 the other's; the weights are untouched."""
    one, other, (x, y) = network(), network(seed=9), data(300)
    before = one.get_weights()
    for to in (other, other.get_weights()):
        line = landscapes.line(one, x, y, to=to, points=7, backend=backend)
        at = dict(zip(line.places.round(9).tolist(), line.losses, strict=True))
        np.testing.assert_allclose(at[0.0], one.evaluate(x, y, verbose=0), rtol=1e-6)
        np.testing.assert_allclose(at[1.0], other.evaluate(x, y, verbose=0), rtol=1e-5)
        assert line.known == (0.0, 1.0)
    assert all((a == b).all() for a, b in zip(before, one.get_weights(), strict=True))
    with pytest.raises(ShapeError, match="The two models differ"):
        landscapes.line(one, x, y, to=network("one layer"))


def test_turning_the_directions_turns_the_plane() -> None:
    """Negative directions mirror it, exchanged ones transpose it."""
    model, (x, y) = network(), data(60)
    one, two = (direction(weights_of(model), 3, k) for k in range(2))
    minus = [{k: -d for k, d in part.items()} for part in one]
    plane, mirrored, transposed = (
        landscapes.plane(model, x, y, points=5, directions=ways, backend="numpy").losses
        for ways in ((one, two), (minus, two), (two, one))
    )
    np.testing.assert_allclose(plane, mirrored[:, ::-1], rtol=1e-6)
    np.testing.assert_allclose(plane, transposed.T, rtol=1e-6)
    with pytest.raises(SettingError, match="needs two directions; it got 1"):
        landscapes.plane(model, x, y, directions=[one])


def test_the_plane_of_a_linear_network_is_a_bowl() -> None:
    """Squared error of a sum of weights is quadratic: its second differences are the same everywhere."""
    model = Sequential([layers.Dense(1, input_shape=(3,))])
    model.compile("sgd", "mse")
    rng = np.random.default_rng(2)
    losses = landscapes.plane(
        model, rng.normal(size=(40, 3)), rng.normal(size=40), points=7, backend="numpy"
    ).losses
    bend = np.diff(losses, n=2, axis=0)
    np.testing.assert_allclose(bend, bend[0, 0], rtol=1e-3)
    assert bend[0, 0] > 0


def test_each_neuron_moves_as_far_as_its_weights_are_long() -> None:
    """Kernel column and bias together; a neuron without weights stays; so does its type."""
    model = network()
    centre = weights_of(model)
    centre[1]["kernel"] = centre[1]["kernel"].copy()
    centre[1]["kernel"][:, 2] = 0
    centre[1]["bias"] = np.where(np.arange(7) == 2, 0, centre[1]["bias"]).astype(np.float32)
    way = direction(centre, seed=4)
    for part, moved in zip(centre, way, strict=True):
        assert part.keys() == moved.keys()
        if part:
            columns, steps = (np.concatenate([p["kernel"], p["bias"][None]]) for p in (part, moved))
            np.testing.assert_allclose(
                np.linalg.norm(steps, axis=0), np.linalg.norm(columns, axis=0), rtol=1e-5
            )
            assert steps.dtype == np.float32
    assert (way[1]["kernel"][:, 2] == 0).all()
    other = direction(centre, seed=4, number=1)
    assert not np.allclose(way[1]["kernel"], other[1]["kernel"])
    np.testing.assert_array_equal(way[1]["kernel"], direction(centre, seed=4)[1]["kernel"])


def test_arrays_of_a_layer_of_another_kind_are_scaled_one_by_one() -> None:
    """Where weights have no units in common, each array moves by its own length."""
    way = direction([{"a": np.full((2, 3), 2.0), "b": np.full(4, 3.0)}])
    assert np.linalg.norm(way[0]["a"]) == pytest.approx(np.sqrt(24))
    assert np.linalg.norm(way[0]["b"]) == pytest.approx(6)


def test_the_same_function_has_the_same_landscape() -> None:
    """A relu network whose first layer is ten times larger and whose second is ten times smaller is the same function.

    Without scaling neuron by neuron its landscape would look flatter.
    """
    model, again = (
        Sequential([layers.Dense(6, "relu", input_shape=(4,)), layers.Dense(3, "softmax", use_bias=False)])
        for _ in range(2)
    )
    rng = np.random.default_rng(1)
    weights = [rng.normal(size=shape) for shape in ((4, 6), (6,), (6, 3))]
    model.set_weights(weights)
    again.set_weights([10 * weights[0], 10 * weights[1], weights[2] / 10])
    planes = []
    for each in (model, again):
        each.compile("sgd", "categorical_crossentropy")
        y = np.eye(3)[np.arange(30) % 3]
        planes.append(
            landscapes.plane(
                each, np.linspace(-1, 1, 120).reshape(30, 4), y, points=5, backend="numpy"
            ).losses
        )
    np.testing.assert_allclose(planes[0], planes[1], rtol=1e-4)


def a_way(model, places) -> Path:
    """States at known places on a plane that is spanned by two directions of length 1 at right angles."""
    centre = weights_of(model)
    rng = np.random.default_rng(0)
    size = flat(centre, centre).size
    units, _ = np.linalg.qr(rng.normal(size=(size, 2)))
    vectors = flat(centre, centre) + np.asarray(places) @ units.T
    return Path(tuple(range(len(places))), [unflat(v.astype(np.float32), centre) for v in vectors])


PLACES = [(-3.0, 0.0), (-2.0, 0.4), (-1.0, 0.5), (-0.5, 0.1), (0.0, 0.0)]


def test_a_way_on_a_plane_is_found_whole() -> None:
    """Two components explain all of it; distances on the plane are those between the weights; it ends at the origin."""
    model, (x, y) = network(), data(50)
    plane = landscapes.path_plane(model, x, y, a_way(model, PLACES), points=5, backend="numpy")
    assert sum(plane.explained) == pytest.approx(1)
    assert plane.explained[0] > plane.explained[1]
    np.testing.assert_allclose(plane.path[-1], 0, atol=1e-6)
    for i in range(5):
        for j in range(5):
            apart = np.linalg.norm(np.subtract(PLACES[i], PLACES[j]))
            assert np.linalg.norm(plane.path[i] - plane.path[j]) == pytest.approx(apart, abs=1e-4)
    assert plane.path[0, 0] < 0
    assert plane.a[0] < plane.path[:, 0].min() <= plane.path[:, 0].max() < plane.a[-1]
    assert plane.b[0] < plane.path[:, 1].min() <= plane.path[:, 1].max() < plane.b[-1]


def test_on_its_plane_a_way_has_its_own_losses() -> None:
    """The losses measured at the states are those of the plane at their places."""
    model, (x, y) = network(), data(50)
    way = a_way(model, PLACES)
    plane = landscapes.path_plane(model, x, y, way, points=3, backend="numpy")
    ways, _, places = principal(way)
    on_plane = Surface(model, x, y, ways, "numpy", centre=way.weights[-1]).at(places)
    np.testing.assert_allclose(plane.path_losses, on_plane, rtol=1e-4)
    assert plane.path_losses[-1] == loss_at(model, way.weights[-1], x, y)


def test_the_components_are_those_of_the_whole_matrix() -> None:
    """As many numbers as states are decomposed, not as many as weights; the shares are the same."""
    model = network()
    rng = np.random.default_rng(3)
    way = a_way(model, rng.normal(size=(6, 2)))
    noisy = [
        [
            {k: w + 0.2 * rng.normal(size=w.shape).astype(np.float32) for k, w in part.items()}
            for part in state
        ]
        for state in way.weights
    ]
    _, explained, _ = principal(Path(way.steps, noisy))
    matrix = np.stack([flat(state, state) for state in noisy]).astype(np.float64)
    values = np.linalg.svd(matrix - matrix.mean(axis=0), compute_uv=False) ** 2
    np.testing.assert_allclose(explained, values[:2] / values.sum(), rtol=1e-4)


def test_a_way_without_a_plane_is_refused() -> None:
    """Two states, or states on one line."""
    model, (x, y) = network(), data(20)
    for places in (PLACES[:2], [(k, 0.0) for k in range(4)]):
        with pytest.raises(SettingError, match="at least three states"):
            landscapes.path_plane(model, x, y, a_way(model, places))


def test_the_way_of_a_run_is_drawn_from_snapshots_or_from_any_step(learned) -> None:
    """A run has its snapshots; replayed, 25 states, closer where it began; both end with the weights it learned."""
    short, replayed = landscapes.path(learned.run), landscapes.path(resume.opened(learned.run))
    assert short.steps == tuple(learned.run.snapshots())
    assert replayed.steps[0] == 0
    assert replayed.steps[-1] == 36
    assert len(replayed.steps) > 15
    assert np.diff(replayed.steps)[0] < np.diff(replayed.steps)[-1]
    for way in (short, replayed, landscapes.path(resume.opened(learned.run), [0, 7, 36])):
        for params, link in zip(way.weights[-1], learned.model.chain, strict=True):
            assert all((params[k] == link.params[k]).all() for k in params)
    assert landscapes.path(learned.run, [0, 9]).steps == (0, 9)
    with pytest.raises(FileError, match="no snapshot before step 7"):
        landscapes.path(learned.run, [0, 7])
    opened = resume.open_run("last", learned.root / "runs")
    assert landscapes.path(opened).steps == short.steps
    assert landscapes.path(opened, [0, 7, 36]).steps == (0, 7, 36)


def test_the_drawn_plane_is_the_computed_one(learned) -> None:
    """The picture covers the plane, has its words, its way and the losses at both ends."""
    plane = landscapes.path_plane(
        learned.model, learned.inputs, learned.targets, landscapes.path(learned.run), points=5
    )
    ax = plots.loss_plane(plane)
    assert (ax.get_xlim(), ax.get_ylim()) == ((plane.a[0], plane.a[-1]), (plane.b[0], plane.b[-1]))
    np.testing.assert_array_equal(ax.lines[0].get_xydata(), plane.path)
    assert f"{plane.explained[0]:.0%}".replace("%", " %") in ax.get_xlabel()
    assert f"{plane.explained[1]:.0%}".replace("%", " %") in ax.get_ylabel()
    assert [text.get_text() for text in ax.texts] == [
        f"step 0: loss {plane.path_losses[0]:.3g}",
        f"step 36: loss {plane.path_losses[-1]:.3g}",
    ]
    levels = ax.collections[0].levels
    assert levels[0] == pytest.approx(plane.losses.min())
    assert levels[-1] == pytest.approx(plane.losses.max())
    np.testing.assert_allclose(levels[1:] / levels[:-1], levels[1] / levels[0])


def test_the_drawn_line_is_the_computed_one(learned) -> None:
    """Its places and losses, with a point at each network that lies on it."""
    line = landscapes.line(
        learned.model, learned.inputs, learned.targets, to=learned.model.get_weights(), points=7
    )
    ax = plots.loss_line(line)
    np.testing.assert_array_equal(ax.lines[0].get_xdata(), line.places)
    np.testing.assert_array_equal(ax.lines[0].get_ydata(), line.losses)
    assert [point.get_xdata()[0] for point in ax.lines[1:]] == [0.0, 1.0]
    assert ax.get_xlabel() == line.words


def test_progress_is_told_to_its_end(backend) -> None:
    """Points done of all points, ascending, the last time all of them."""
    model, (x, y) = network(), data(1500)
    lines = []
    landscapes.plane(
        model, x, y, points=12, backend=backend, progress=lambda done, total: lines.append((done, total))
    )
    assert lines == sorted(lines)
    assert lines[-1] == (144, 144)
    assert len(lines) == 4


def test_what_can_not_be_computed_is_refused() -> None:
    """A model that does not know its loss; one point; a line that goes backwards."""
    model, (x, y) = network(), data(20)
    with pytest.raises(SettingError, match="at least 2 points"):
        landscapes.line(model, x, y, points=1)
    with pytest.raises(SettingError, match="from a lower to a higher"):
        landscapes.line(model, x, y, span=(1, 0))
    with pytest.raises(SettingError, match="say how to learn"):
        landscapes.line(Sequential(NETWORKS["softmax"]()), x, y)


def test_losses_beyond_float32_do_not_break_a_picture() -> None:
    """Where the loss is no number any more, the rest is drawn."""
    here = np.linspace(-1, 1, 5)
    losses = 1 + here**2 + here[:, None] ** 2
    losses[0, 0], losses[4, 4] = np.inf, np.nan
    ax = plots.loss_plane(landscapes.Plane(here, here, losses, ("east", "north")))
    assert ax.collections[0].levels[-1] == pytest.approx(3.0)
    plots.svg(ax)
    with pytest.raises(DataError, match="finite at no point"):
        plots.loss_plane(landscapes.Plane(here, here, np.nan * losses, ("east", "north")))


@pytest.mark.parametrize("kind", ["convolution", "recurrent", "residual"])
def test_any_network_has_a_landscape(kind) -> None:
    """Convolutions with batch normalization, recurrent nets and branches: the centre's loss is that of evaluate."""
    from chainrule.layers import LSTM, Activation, Add, BatchNormalization, Conv2D, Dense, Flatten, Input
    from chainrule.models import Model

    rng = np.random.default_rng(2)
    if kind == "convolution":
        model = Sequential(
            [
                Conv2D(3, 3, input_shape=(6, 6, 1)),
                BatchNormalization(),
                Activation("relu"),
                Flatten(),
                Dense(2),
            ]
        )
    elif kind == "recurrent":
        model = Sequential([LSTM(4, input_shape=(5, 2)), Dense(2)])
    else:
        x = Input((4,))
        model = Model(x, Dense(2)(Add()([x, Dense(4, "tanh")(x)])))
    model.compile("sgd", "mse", backend="numpy")
    x, y = (
        rng.normal(size=(10, *model.input_shape)).astype(np.float32),
        rng.normal(size=(10, 2)).astype(np.float32),
    )
    found = landscapes.plane(model, x, y, points=3)
    assert np.isfinite(found.losses).all()
    assert found.losses[1, 1] == pytest.approx(model.evaluate(x, y, verbose=0), rel=1e-5)
