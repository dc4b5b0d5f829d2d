"""Graphs: a residual, two outputs, a shared layer, a layer with two outputs, masks, statistics; each by measured derivatives."""

import numpy as np
import pytest

from chainrule import losses
from chainrule.backprop import first_state, forward_sweep, make_step
from chainrule.errors import SettingError
from chainrule.graph import Graph, Node, Source, delta_of, taken, tuple_of
from chainrule.layers import Activation, Dense, Layer
from chainrule.losses.outputs import Output, fused_output
from chainrule.optimizers import SGD, Adam


class Sum(Layer):
    """y = a + b."""

    def forward(self, params, x, context=None):
        return x[0] + x[1], None

    def backward(self, params, cache, dy):
        return dy, dy


class Halves(Layer):
    """Two outputs: the first and the second half of the numbers."""

    def forward(self, params, x, context=None):
        half = x.shape[-1] // 2
        return (x[:, :half], x[:, half:]), x.shape

    def backward(self, params, cache, dy):
        parts = [np.zeros((cache[0], cache[1] // 2)) if part is None else part for part in (*dy, None)[:2]]
        return np.concatenate(parts, axis=1)


class Centre(Layer):
    """A small batch normalization: x minus the batch's mean; keeps a moving mean."""

    weight_names = ("shift", "moving_mean")
    non_trainable_names = ("moving_mean",)
    couples_examples = True

    def forward(self, params, x, context=None):
        if not (context and context.training):
            return x - params["moving_mean"] + params["shift"], None
        mean = x.mean(axis=0)
        return x - mean + params["shift"], mean

    def backward(self, params, cache, dy):
        return dy - dy.mean(axis=0)

    def gradients(self, params, cache, dy):
        return {"shift": dy.sum(axis=0)}

    def update_statistics(self, params, cache):
        return {"moving_mean": 0.9 * params["moving_mean"] + 0.1 * cache}


def dense(units, inputs, seed):
    rng = np.random.default_rng(seed)
    return Dense(units), {"kernel": rng.normal(size=(inputs, units)), "bias": rng.normal(size=units)}


def gradients(graph, outputs, params, batch):
    """The gradients of one step, read off plain gradient descent with rate 1."""
    step = make_step(graph, outputs, SGD(1.0))
    state, measured = step(first_state(params, SGD(1.0), network=graph), batch)
    moved = [{k: w[k] - new[k] for k in w} for w, new in zip(params, state["params"], strict=True)]
    return moved, float(measured["loss"][0] / measured["loss"][1])


def check(graph, outputs, params, batch) -> None:
    """Every derivative against the central difference of the step's own loss."""
    moved, _ = gradients(graph, outputs, params, batch)
    for i, weights in enumerate(params):
        for name in set(weights) - set(graph.layers[i].non_trainable_names):
            for place in np.ndindex(weights[name].shape):
                sides = []
                for h in (1e-6, -1e-6):
                    other = [dict(w) for w in params]
                    other[i][name] = weights[name].copy()
                    other[i][name][place] += h
                    sides.append(gradients(graph, outputs, other, batch)[1])
                assert moved[i][name][place] == pytest.approx(
                    (sides[0] - sides[1]) / 2e-6, rel=1e-6, abs=1e-8
                )


X = np.random.default_rng(0).normal(size=(5, 4))
Y = np.random.default_rng(1).normal(size=(5, 4))


def test_a_residual_hears_from_both_ways() -> None:
    """A value that is used twice is told the sum of what both users say."""
    (a, pa), (b, pb) = dense(4, 4, 1), dense(4, 4, 2)
    nodes = (
        Node(a, (Source(-1),), 0),
        Node(b, (Source(0),), 1),
        Node(Sum(), (Source(0), Source(1)), 2),
    )
    check(Graph(nodes, (Source(2),)), losses.MeanSquaredError(), [pa, pb, {}], (X, Y, None))


def test_two_outputs_with_two_losses_count_by_their_weights() -> None:
    """One of them is fused with its softmax; the loss is the weighted sum, and each is measured apart."""
    (a, pa), (b, pb), (c, pc) = dense(6, 4, 1), dense(3, 6, 2), dense(4, 6, 3)
    nodes = (
        Node(a, (Source(-1),), 0),
        Node(b, (Source(0),), 1),
        Node(Activation("softmax"), (Source(1),), 2),
        Node(c, (Source(0),), 3),
    )
    graph = Graph(nodes, (Source(2), Source(3)))
    labels = np.eye(3)[[0, 1, 2, 1, 0]]
    outputs = [
        Output(losses.CategoricalCrossentropy(), 0.3, name="kind"),
        Output(losses.MeanSquaredError(), 2.0, name="size"),
    ]
    params = [pa, pb, {}, pc]
    check(graph, outputs, params, (X, (labels, Y), None))
    check(graph, outputs, params, (X, (labels, Y), (np.arange(5.0), None)))
    _, measured = make_step(graph, outputs, SGD(0.1))(first_state(params, SGD(0.1)), (X, (labels, Y), None))
    kind, size, whole = (measured[name][0] / 5 for name in ("kind_loss", "size_loss", "loss"))
    assert whole == pytest.approx(0.3 * kind + 2 * size)


def test_a_shared_layer_has_one_entry_of_weights_and_learns_from_both_places() -> None:
    """The same Dense twice in a row: one kernel, whose gradient is the sum."""
    a, pa = dense(4, 4, 1)
    graph = Graph.chain([a, Activation("tanh"), a])
    assert [node.entry for node in graph.nodes] == [0, 1, 0]
    check(graph, losses.MeanSquaredError(), [pa, {}], (X, Y, None))


def test_two_inputs_and_a_layer_with_two_outputs() -> None:
    """Inputs come as a tuple; each output of a layer can be used by itself, and by nobody."""
    (a, pa), (b, pb) = dense(4, 4, 1), dense(4, 2, 2)
    nodes = (
        Node(a, (Source(-2),), 0),
        Node(Halves(), (Source(0),), 1),
        Node(b, (Source(1, 1),), 2),
        Node(Sum(), (Source(2), Source(-1)), 3),
    )
    check(
        Graph(nodes, (Source(3),), inputs=2), losses.MeanSquaredError(), [pa, {}, pb, {}], ((Y, X), Y, None)
    )


def test_statistics_are_kept_along_and_no_optimizer_knows_them() -> None:
    """A moving mean follows the batches; Adam has no slots for it, and its gradient is never asked."""
    (a, pa), centre = dense(4, 4, 1), Centre()
    graph = Graph.chain([a, centre])
    params = [pa, {"shift": np.zeros(4), "moving_mean": np.zeros(4)}]
    check(graph, losses.MeanSquaredError(), params, (X, Y, None))
    state = first_state(params, Adam(), network=graph)
    assert [sorted(slot) for slot in state["optimizer_state"]["momentum"]] == [["bias", "kernel"], ["shift"]]
    state, _ = make_step(graph, losses.MeanSquaredError(), Adam())(state, (X, Y, None))
    np.testing.assert_allclose(
        state["params"][1]["moving_mean"], 0.1 * (X @ pa["kernel"] + pa["bias"]).mean(axis=0)
    )


def test_masks_pass_on_and_reach_the_layers() -> None:
    """A layer that makes a mask hands it to those after it, until one ends it."""
    seen = []

    class Mark(Layer):
        def forward(self, params, x, context=None):
            seen.append(None if context.mask is None else context.mask.tolist())
            return x, None

        def next_mask(self, x, mask):
            return x > 0

    class End(Mark):
        def next_mask(self, x, mask):
            return None

    forward_sweep([Mark(), Activation("linear"), Mark(), End(), Mark()], [{}] * 5, np.array([[1.0, -1.0]]))
    assert seen == [None, [[True, False]], [[True, False]], None]


def test_a_layer_of_version_0_1_says_what_to_change() -> None:
    """forward(params, x, noise) is refused where the class is written."""
    with pytest.raises(SettingError, match=r"forward\(self, params, x, context\)"):

        class Old(Layer):
            def forward(self, params, x, noise=None):
                return x, None


def test_a_chain_is_known_from_every_other_graph() -> None:
    """Each node fed by the one before it, one input, one output at the end, each layer at one place."""
    a, b = Dense(2), Activation("tanh")
    chain = Graph.chain([a, b])
    first, second = chain.nodes
    assert chain.is_chain
    assert chain.inputs == 1
    for nodes, outputs, inputs in (
        (chain.nodes, (Source(1),), 2),
        (chain.nodes, (Source(0),), 1),
        (chain.nodes, (Source(1), Source(1)), 1),
        (chain.nodes, (Source(2),), 1),
        ((first, second._replace(sources=(Source(-1),))), (Source(1),), 1),
        ((first._replace(sources=(Source(-2),)), second), (Source(1),), 1),
        ((first, second._replace(sources=(Source(0), Source(0)))), (Source(1),), 1),
        ((first, Node(a, (Source(0),), 0)), (Source(1),), 1),
        ((first._replace(entry=1), second._replace(entry=0)), (Source(1),), 1),
    ):
        assert not Graph(nodes, outputs, inputs).is_chain


def test_values_and_derivatives_find_their_way() -> None:
    """Inputs count from -1 downwards; a node's outputs by their number; what nobody used is None."""
    assert taken((Source(-1),), [], ("a", "b")) == "a"
    assert taken((Source(-2), Source(0, 1)), [("c", "d")], ("a", "b")) == ("b", "d")
    fields = {Source(0, 0): "x", Source(1, 1): "y", Source(2, 0): "u", Source(2, 2): "w"}
    assert [delta_of(k, fields) for k in range(4)] == ["x", (None, "y"), ("u", None, "w"), None]
    assert tuple_of(None, 2) == (None, None)
    assert tuple_of(("a", "b"), 2) == ("a", "b")
    assert Graph.chain([Dense(1), Dense(1)]).users(0) == [1]


def test_a_loss_takes_the_value_before_the_activation_only_where_nobody_else_needs_it() -> None:
    """Softmax and cross-entropy are one rule, unless the probabilities are used further on, or twice as an output."""
    loss = losses.CategoricalCrossentropy()
    nodes = (
        Node(Dense(3), (Source(-1),), 0),
        Node(Activation("softmax"), (Source(0),), 1),
        Node(Dense(2), (Source(1),), 2),
    )
    assert fused_output(Graph(nodes[:2], (Source(1),)), loss).fused
    assert not fused_output(Graph(nodes, (Source(1), Source(2))), loss).fused
    assert not fused_output(Graph(nodes[:2], (Source(1), Source(1))), loss).fused
    alone = fused_output([Activation("softmax")], loss)
    assert (alone.fused, alone.z, alone.p) == (True, Source(-1), Source(0))
    assert not fused_output(Graph((), (Source(-1),)), loss).fused
    assert not fused_output([Activation("tanh")], loss).fused


def test_limits_on_weights_hold_after_every_step_unless_the_layer_is_frozen() -> None:
    """A constraint is applied after the optimizer's update; a frozen layer keeps its weights as they are."""
    for trainable, wanted in ((True, 1.0), (False, 3.0)):
        layer = Dense(1, use_bias=False, kernel_constraint="unit_norm", trainable=trainable)
        step = make_step([layer], losses.MeanSquaredError(), SGD(0.1))
        params = [{"kernel": np.array([[3.0]])}]
        state, _ = step(
            first_state(params, SGD(0.1), network=[layer]), (np.ones((2, 1)), np.ones((2, 1)), None)
        )
        assert float(state["params"][0]["kernel"][0, 0]) == pytest.approx(wanted, rel=1e-6)


def test_a_batch_size_that_input_was_given_is_shown() -> None:
    """`Input(batch_size=8)`: the summary's shapes begin with 8, as Keras's do, and so do those of symbolic tensors."""
    from chainrule import Input, Sequential, layers, models

    chain = Sequential([Input((4,), batch_size=8), layers.Dense(2)])
    a = Input(batch_shape=(8, 4))
    graph = models.Model(a, layers.Dense(2)(layers.Dense(3)(a)))
    for model in (chain, graph):
        assert "(8, 2)" in "\n".join(lines_of(model))
    assert graph.outputs[0].shape == (8, 2)
    assert Input((4,)).shape == (None, 4)


def lines_of(model: object) -> list[str]:
    said: list[str] = []
    model.summary(print_fn=said.append)  # type: ignore[attr-defined]
    return said
