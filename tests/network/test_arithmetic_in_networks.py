"""Arithmetic, slices and keras.ops on symbolic tensor: each is a layer with its own derivative."""

import json

import numpy as np
import pytest

import chainrule as keras
from chainrule import ops
from chainrule.errors import SettingError, ShapeError
from chainrule.layers.operation import Operation, Slot
from chainrule.layers.operation_rules import RULES

A = (np.random.default_rng(0).random((3, 4, 5)) + 0.5).astype("float32")
B = (np.random.default_rng(1).random((3, 4, 5)) + 0.5).astype("float32")
X, Y = Slot(0), Slot(1)
NUMBERS = ("add", "subtract", "multiply", "divide", "power", "maximum", "minimum")
OF_ONE = (
    "exp",
    "expm1",
    "log",
    "log1p",
    "sqrt",
    "rsqrt",
    "square",
    "reciprocal",
    "negative",
    "sin",
    "cos",
    "tanh",
)
CASES = [
    *[(name, (X,), {}) for name in (*OF_ONE, "sigmoid", "relu")],
    *[(name, pair, {}) for name in NUMBERS for pair in ((X, Y), (X, X), (X, 2.0), (2.0, X), (X, B[0, 0]))],
    *[(name, (X,), {"axis": axis, "keepdims": k}) for name in ("sum", "mean", "max", "min")
      for axis, k in ((1, False), (-1, True), ((1, 2), False))],
    ("reshape", (X, (-1, 20)), {}), ("expand_dims", (X, 1), {}), ("transpose", (X,), {"axes": (0, 2, 1)}),
    ("swapaxes", (X, 1, 2), {}), ("getitem", (X, (slice(None), 0)), {}), ("getitem", (X, (Ellipsis, slice(None, None, -1))), {}),
    ("getitem", (X, (slice(None), [0, 0, 1])), {}), ("concatenate", ((X, Y, X), -1), {}), ("stack", ((X, Y),), {"axis": 1}),
    ("where", (X, Y, X), {}), ("clip", (X, 0.6, 1.0), {}), ("matmul", (X, B[0].T.copy()), {}), ("matmul", (X, B[0, 0]), {}),
]  # fmt: skip


def along(
    layer: Operation, inputs: tuple[np.ndarray, ...], dy: tuple[np.ndarray, ...], v: tuple[np.ndarray, ...]
) -> float:
    """How fast Σ dy · y grows when the inputs move along v, from two steps in double precision."""
    ends = []
    for step in (1e-6, -1e-6):
        y = layer.applied(*(x.astype("float64") + step * d for x, d in zip(inputs, v, strict=True)))
        ends.append(
            sum(
                float((d * one).sum()) for d, one in zip(dy, y if isinstance(y, tuple) else (y,), strict=True)
            )
        )
    return (ends[0] - ends[1]) / 2e-6


def check(name: str, arguments: tuple, settings: dict, inputs: tuple[np.ndarray, ...], xp=np) -> None:
    """The layer's backward against two small steps."""
    rng = np.random.default_rng(5)
    layer = Operation.from_config(json.loads(json.dumps(Operation(name, arguments, settings).get_config())))
    given = tuple(map(xp.asarray, inputs))
    y, cache = layer.forward({}, given if len(given) > 1 else given[0])
    several = isinstance(y, tuple)
    dy = tuple(rng.normal(size=one.shape).astype("float32") for one in (y if several else (y,)))
    v = tuple(rng.normal(size=x.shape).astype("float32") for x in inputs)
    told = tuple(map(xp.asarray, dy))
    found = layer.backward({}, cache, told if several else told[0])
    found = found if isinstance(found, tuple) else (found,)
    assert all(one.dtype == np.float32 and one.shape == x.shape for one, x in zip(found, inputs, strict=True))
    moved = sum(float((np.asarray(d, "float64") * one).sum()) for d, one in zip(found, v, strict=True))
    assert moved == pytest.approx(along(layer, inputs, dy, v), rel=1e-3, abs=1e-3)


@pytest.mark.parametrize(
    ("name", "arguments", "settings"), CASES, ids=lambda v: v if isinstance(v, str) else ""
)
def test_every_written_rule_is_the_slope_of_its_function(name, arguments, settings) -> None:
    """What a rule says agrees with two small steps in double precision, after being stored and read again."""
    check(name, arguments, settings, (A, B) if "Slot(number=1)" in str(arguments) else (A,))


def test_rules_work_on_both_array_libraries(xp) -> None:
    """The same rules on arrays of JAX, and what has no written rule is derived by JAX."""
    pytest.importorskip("jax")
    for name, arguments, settings in (*CASES[13:15], *CASES[-14:-10], ("tile", (X,), {"repeats": (1, 2, 1)})):
        check(name, arguments, settings, (A, B) if "Slot(number=1)" in str(arguments) else (A,), xp)


def test_stretched_arguments_get_the_sum_of_what_they_were_stretched_to() -> None:
    """(3, 4, 5) with (3, 4, 1) or (3, 1, 5): the derivative comes back in each one's own shape."""
    for small in (A[:, :, :1], A[:, :1]):
        for name in NUMBERS:
            check(name, (X, Y), {}, (B, small))
            check(name, (Y, X), {}, (small, B))


def network(library):
    """A network of arithmetic; the same lines for Chainrule and for Keras."""
    o = library.ops
    a = library.Input((4,))
    b = library.layers.Dense(4, kernel_initializer="ones")(a)
    c = (a + b) * 2 - 1
    d = o.exp(o.mean(c[:, 0:2], axis=1, keepdims=True)) / 3.0
    e = o.reshape(o.concatenate([1 - d, c], axis=-1), (-1, 5, 1))
    f = o.relu(e[:, :, 0] ** 2 + 0.3) / (1 + o.sum(c, axis=-1, keepdims=True) ** 2)
    g = o.where(f > 0.1, f, f * 3) + o.sqrt(o.maximum(f, 0.01))
    return library.Model(a, o.max(o.stack([g, f], axis=1), axis=1) @ np.ones((5, 2), "float32"))


def test_a_residual_network_learns_on_both_engines(backend) -> None:
    """x + y, x * 2, x[:, 0] and ops in one network: it learns, is stored, and answers the same when it is read again."""
    model = network(keras)
    x = np.random.default_rng(0).random((16, 4)).astype("float32")
    model.compile("sgd", "mse", backend=backend)
    before = model.get_weights()
    model.fit(x, np.zeros((16, 2)), epochs=2, verbose=0)
    assert any((a != b).any() for a, b in zip(before, model.get_weights(), strict=True))


@pytest.mark.parametrize("ending", [".keras", ".h5"])
def test_a_stored_network_of_arithmetic_answers_the_same(tmp_path, ending) -> None:
    """What is written is read again: slices, numbers and arrays among the arguments included."""
    model, x = network(keras), np.random.default_rng(0).random((3, 4)).astype("float32")
    model.save(tmp_path / f"m{ending}")
    again = keras.models.load_model(tmp_path / f"m{ending}")
    np.testing.assert_array_equal(again.predict(x, verbose=0), model.predict(x, verbose=0))


def test_a_file_may_not_name_any_function(tmp_path) -> None:
    """A function that makes much of little is refused where a file names it."""
    from chainrule.errors import FileError
    from chainrule.files import keras_operations

    for kind, config in (("Ones", {}), ("Tile", {"repeats": [1, 10**9]}), ("Repeat", {"repeats": -1})):
        with pytest.raises(FileError):
            keras_operations.read({"class_name": kind, "config": config}, "one")


def test_what_loses_the_batch_is_refused_in_a_sentence() -> None:
    """A mean over everything, or x[0], is no answer for each example."""
    place = keras.Input((3,))
    for wrong in (lambda: ops.max(place), lambda: place[0], lambda: ops.sum(place, axis=0)):
        with pytest.raises(ShapeError, match="leave axis 0, the batch, alone"):
            wrong()
    with pytest.raises(SettingError, match="is a symbolic tensor"):
        np.exp(np.asarray(place))


def test_activations_are_called_on_places() -> None:
    """keras.activations.relu(x), a layer's own activation, and ops.softmax(x) note an Activation."""
    place = keras.Input((3,))
    for made in (keras.activations.relu(place), ops.softmax(place), keras.activations.get("tanh")(place)):
        assert type(made.call.layer).__name__ == "Activation"
    assert keras.layers.Dense(2, activation=ops.relu).activation == "relu"


def test_every_rule_names_a_function_of_ops() -> None:
    """No rule stands for something that cannot be called."""
    assert set(RULES) - {"getitem"} <= set(ops.__all__)
