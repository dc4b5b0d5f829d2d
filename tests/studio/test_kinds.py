"""Every kind of network is shown: convolutions, recurrence, embeddings, branches, several inputs."""

import json

import numpy as np
import pytest

from chainrule import Input, Model, RunRecorder, Sequential, layers, open_run
from chainrule.studio.frames import packed
from chainrule.studio.session import Session

RNG = np.random.default_rng(0)
CLASSES = RNG.integers(0, 3, 40)


def rows(*shape):
    return RNG.normal(size=(40, *shape)).astype(np.float32)


def convolution():
    return Sequential(
        [
            layers.Conv2D(3, 3, activation="relu", input_shape=(8, 8, 1)),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(3, "softmax"),
        ]
    ), rows(8, 8, 1)


def recurrence():
    return Sequential([layers.LSTM(4, input_shape=(5, 2)), layers.Dense(3, "softmax")]), rows(5, 2)


def embedding():
    return Sequential(
        [
            layers.Embedding(10, 4, input_shape=(6,)),
            layers.GlobalAveragePooling1D(),
            layers.Dense(3, "softmax"),
        ]
    ), RNG.integers(0, 10, (40, 6))


def normalization():
    return Sequential(
        [
            layers.Dense(6, input_shape=(4,)),
            layers.BatchNormalization(),
            layers.Activation("relu"),
            layers.Dropout(0.3),
            layers.Dense(3, "softmax"),
        ]
    ), rows(4)


def branches():
    x = Input((4,))
    both = layers.Concatenate()([layers.Dense(5, "relu")(x), layers.Dense(5, "tanh")(x)])
    return Model(x, layers.Dense(3, "softmax")(both)), rows(4)


def residual():
    x = Input((4,))
    return Model(x, layers.Dense(3, "softmax")(layers.Add()([layers.Dense(4, "relu")(x), x]))), rows(4)


def two_inputs():
    a, b = Input((4,)), Input((2,))
    return Model([a, b], layers.Dense(3, "softmax")(layers.Concatenate()([layers.Dense(4)(a), b]))), [
        rows(4),
        rows(2),
    ]


@pytest.mark.parametrize(
    "make", [convolution, recurrence, embedding, normalization, branches, residual, two_inputs]
)
def test_a_step_of_any_network_is_open_to_the_last_number(make, tmp_path) -> None:
    """Overview, factors, maps, the arithmetic of a weight of each array, units, examples, frames; an unchanged fork learns the same bits."""
    model, x = make()
    model.compile("adam", "sparse_categorical_crossentropy", ["accuracy"], backend="numpy")
    model.fit(x, CLASSES, batch_size=8, epochs=2, verbose=0, callbacks=[RunRecorder(tmp_path, "kind")])
    session = Session.of_replay(open_run("last", tmp_path, model=model, x=x, y=CLASSES).replay)

    def see(what, **query):
        found = session.see(what, {"step": "5", **query})
        assert packed(*found) if isinstance(found, tuple) else json.dumps(found, allow_nan=False)
        return found

    json.dumps(session.describe(), allow_nan=False)
    for what in ("session", "curve", "frame", "factors"):
        see(what)
    overview = see("step")
    assert {link["layer"] for link in overview["links"]} >= {
        layer.name for layer in model.layers if layer.params
    }
    for link in overview["links"]:
        for name, shape in link["weights"].items():
            if name in link["learns"]:
                see("map", layer=link["name"], weight=name, view="gradient")
                see("map", layer=link["name"], weight=name, view="update")
                see("weight", layer=link["name"], weight=name, index=",".join("0" * len(shape)))
            see("map", layer=link["name"], weight=name, view="weights")
        see("unit", layer=link["name"], unit="0")
        see("layer", layer=link["name"])
    see("example", example="0")
    session.do("fork", {"step": 5})
    session.live().advance(3)
    there, here = session.branches[0].state_at(8), session.live().state
    for was, now in zip(there["params"], here["params"], strict=True):
        for name in was:
            assert (np.asarray(was[name]) == np.asarray(now[name])).all()


def test_the_map_of_a_gradient_is_made_of_what_feeds_the_layer(tmp_path) -> None:
    """In a network that branches a layer's input is not the link before it in the list; the page is told which one it is."""
    model, x = branches()
    model.compile("sgd", "sparse_categorical_crossentropy", backend="numpy")
    model.fit(x, CLASSES, batch_size=8, verbose=0, callbacks=[RunRecorder(tmp_path, "kind")])
    session = Session.of_replay(open_run("last", tmp_path, model=model, x=x, y=CLASSES).replay)
    overview, (_, arrays) = session.see("step", {"step": "2"}), session.see("factors", {"step": "2"})
    for link in overview["links"]:
        if "kernel" not in link["learns"]:
            continue
        (source,) = link["sources"]
        fed = arrays["x"] if source is None else arrays[f"y:{source}"]
        _, found = session.see("map", {"step": "2", "layer": link["name"], "view": "gradient"})
        assert np.allclose(fed.T @ arrays[f"d:{link['name']}"], found["values"], atol=1e-6)
