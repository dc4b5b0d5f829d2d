"""Every kind of layer, every setting that changes what it says, several inputs and outputs, masks: ONNX carries them all."""

import numpy as np
import onnx
import onnxruntime
import pytest

from chainrule import layers, utils
from chainrule.errors import SettingError
from chainrule.export import export_model
from chainrule.export.verification import compare
from chainrule.layers import (
    GRU,
    LSTM,
    AdditiveAttention,
    Attention,
    BatchNormalization,
    Bidirectional,
    Concatenate,
    Conv1D,
    Conv1DTranspose,
    Conv2D,
    Conv2DTranspose,
    Dense,
    DepthwiseConv1D,
    DepthwiseConv2D,
    Dot,
    Embedding,
    Flatten,
    GlobalAveragePooling1D,
    GroupNormalization,
    Input,
    LayerNormalization,
    Masking,
    MultiHeadAttention,
    PositionalEmbedding,
    RMSNormalization,
    SeparableConv1D,
    SeparableConv2D,
    SimpleRNN,
    TimeDistributed,
    UnitNormalization,
    UpSampling2D,
)  # fmt: skip
from chainrule.models import Model, Sequential

SEQUENCE, PICTURE, WORDS = (7, 3), (6, 5, 2), (6,)
RECURRENT = {
    "rnn": lambda: SimpleRNN(4), "lstm": lambda: LSTM(4), "gru": lambda: GRU(4), "gru of 2014": lambda: GRU(4, reset_after=False),
    "all times": lambda: LSTM(4, return_sequences=True), "backwards": lambda: GRU(4, return_sequences=True, go_backwards=True),
    "no bias": lambda: SimpleRNN(4, use_bias=False, activation="relu"),
    "other gates": lambda: LSTM(4, recurrent_activation="hard_sigmoid", activation="softsign"),
    "both ways": lambda: Bidirectional(LSTM(4)), "summed": lambda: Bidirectional(GRU(4, return_sequences=True), merge_mode="sum"),
    "multiplied": lambda: Bidirectional(SimpleRNN(4), merge_mode="mul"), "mean": lambda: Bidirectional(LSTM(3), merge_mode="ave"),
    "at each time": lambda: TimeDistributed(Dense(4, activation="tanh")), "two at each time": lambda: TimeDistributed(Dense(4)),
}  # fmt: skip


def filled(model):
    """The model with weights that are nowhere 0; variances above it."""
    rng = np.random.default_rng(1)
    for layer in model.layers:
        arrays = [w + rng.normal(0, 0.2, w.shape).astype("f4") for w in layer.get_weights()]
        layer.set_weights([np.abs(a) + 0.1 if "Normalization" in type(layer).__name__ else a for a in arrays])
    return model


def exact(model, path, *xs) -> float:
    """The strict checker's word, and how far ONNX Runtime is off on these inputs, one batch at a time and together."""
    export_model(filled(model), path, verify=False)
    onnx.checker.check_model(str(path), full_check=True)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    names = [given.name for given in session.get_inputs()]

    def off(*xs):
        said = session.run(None, dict(zip(names, xs, strict=True)))
        expected = model.predict(list(xs) if len(xs) > 1 else xs[0], verbose=0)
        return compare(expected, said if isinstance(expected, (list, tuple)) else said[0])

    return max(off(*xs), off(*(x[:1] for x in xs)))


def given(*shapes, count=50):
    rng = np.random.default_rng(len(shapes))
    return [rng.normal(size=(count, *shape)).astype("f4") for shape in shapes]


def chain(shape, *more):
    utils.set_random_seed(4)
    return Sequential([Input(shape), *more])


@pytest.mark.parametrize("name", RECURRENT)
@pytest.mark.parametrize("masked", [False, True], ids=["", "masked"])
def test_recurrent_layers(tmp_path, name, masked) -> None:
    """Each cell, direction and merging, with and without times that do not count, wherever they lie: within 1e-6."""
    before = [Masking()] if masked else []
    (x,) = given(SEQUENCE)
    x[::3, 4:] = 0
    x[1::4, 2] = 0
    x[5] = 0
    assert exact(chain(SEQUENCE, *before, RECURRENT[name](), Dense(2)), tmp_path / "m.onnx", x) < 1e-6


@pytest.mark.parametrize("zero", [False, True])
@pytest.mark.parametrize("cell", [LSTM, GRU, SimpleRNN])
def test_words_are_looked_up_and_masked(tmp_path, cell, zero) -> None:
    """Embedding with and without mask_zero, two recurrent layers, the mean over the times that count."""
    model = chain(WORDS, Embedding(9, 4, mask_zero=zero), cell(5, return_sequences=True), cell(3, return_sequences=True),
                  GlobalAveragePooling1D(), Dense(3, activation="softmax"))  # fmt: skip
    x = np.random.default_rng(3).integers(0, 9, (40, *WORDS)).astype("f4")
    x[:, 0] = 1  # a mean over no times is no number
    assert exact(model, tmp_path / "m.onnx", x) < 1e-6


OTHERS = {
    "depthwise": (PICTURE, lambda: DepthwiseConv2D((2, 3), padding="same", depth_multiplier=2)),
    "depthwise steps": (SEQUENCE, lambda: DepthwiseConv1D(2)),
    "separable": (PICTURE, lambda: SeparableConv2D(4, 3, strides=2)),
    "separable steps": (SEQUENCE, lambda: SeparableConv1D(4, 2, use_bias=False)),
    "transposed": (PICTURE, lambda: Conv2DTranspose(3, (2, 3), strides=(2, 1), padding="same")),
    "transposed, apart": (PICTURE, lambda: Conv2DTranspose(3, 2, strides=3)),
    "transposed steps": (SEQUENCE, lambda: Conv1DTranspose(3, 4, strides=2)),
    "causal": (SEQUENCE, lambda: Conv1D(3, 2, padding="causal", dilation_rate=2)),
    "rms": (SEQUENCE, lambda: RMSNormalization(epsilon=0.1)),
    "groups": (PICTURE, lambda: GroupNormalization(2)),
    "one group": (SEQUENCE, lambda: GroupNormalization(1, epsilon=0.1)),
    "a group each": (PICTURE, lambda: GroupNormalization(-1, scale=False)),
    "unit": (SEQUENCE, lambda: UnitNormalization([1])),
    "over two axes": (SEQUENCE, lambda: LayerNormalization([1, 2])),
    "along another axis": (SEQUENCE, lambda: BatchNormalization(1)),
    "bilinear": (PICTURE, lambda: UpSampling2D((2, 3), interpolation="bilinear")),
    "sparsemax": (SEQUENCE, lambda: Dense(5, activation="sparsemax")),
    "glu": (SEQUENCE, lambda: Dense(6, activation="glu")),
    "a convolution at each time": ((4, 6, 5, 2), lambda: TimeDistributed(Conv2D(2, 2))),
}


@pytest.mark.parametrize("name", OTHERS)
def test_layers_without_a_node_of_their_own(tmp_path, name) -> None:
    """What ONNX has no node for is written down as what it does: within 1e-6."""
    shape, layer = OTHERS[name]
    assert exact(chain(shape, layer(), Flatten(), Dense(2)), tmp_path / "m.onnx", *given(shape)) < 1e-6


def looking(kind, mask=False, **call):
    """Two sequences of words, one looking at the other."""
    a, b = Input((5,), name="asks"), Input((6,), name="answers")
    one, other = Embedding(8, 4, mask_zero=mask)(a), Embedding(8, 4, mask_zero=mask)(b)
    seen = kind(one, other, **call) if isinstance(kind, MultiHeadAttention) else kind([one, other], **call)
    seen = seen if isinstance(seen, (list, tuple)) else [seen]
    return Model([a, b], [Dense(2)(seen[0]), *seen[1:]])


ATTENTION = {
    "dot": lambda: looking(Attention()), "scaled": lambda: looking(Attention(use_scale=True)),
    "concat": lambda: looking(Attention(use_scale=True, score_mode="concat")), "masked": lambda: looking(Attention(), True),
    "causal": lambda: looking(Attention(), use_causal_mask=True), "heads": lambda: looking(MultiHeadAttention(2, 3)),
    "heads, masked": lambda: looking(MultiHeadAttention(2, 3, value_dim=5, output_shape=4), True),
    "heads and shares": lambda: looking(MultiHeadAttention(2, 3, dropout=0.1), True, return_attention_scores=True),
    "added": lambda: looking(AdditiveAttention()), "added, masked": lambda: looking(AdditiveAttention(use_scale=False), True),
    "heads, causal": lambda: looking(MultiHeadAttention(3, 2, use_bias=False), use_causal_mask=True),
}  # fmt: skip


@pytest.mark.parametrize("name", ATTENTION)
def test_attention(tmp_path, name) -> None:
    """Two inputs, one or two outputs, masks on both: within 1e-6."""
    rng = np.random.default_rng(2)
    words = [rng.integers(0, 8, (30, n)).astype("f4") for n in (5, 6)]
    utils.set_random_seed(2)
    assert exact(ATTENTION[name](), tmp_path / "m.onnx", *words) < 1e-6


def encoder_decoder():
    """The states of one recurrent layer begin another; three outputs."""
    a, b = Input((5, 2)), Input((4, 3))
    _, h, c = LSTM(4, return_state=True)(a)
    result = LSTM(4, return_sequences=True)(b, initial_state=[h, c])
    return Model([a, b], [TimeDistributed(Dense(2, activation="softmax"))(result), Dense(1)(h), c])


def transformer():
    """Places and words, a block with residuals and normalization, in a model inside a model."""
    given = Input((6, 8))
    seen = LayerNormalization()(layers.Add()([given, MultiHeadAttention(2, 4)(given, given)]))
    block = Model(given, layers.Add()([seen, Dense(8, activation="gelu")(seen)]))
    words = Input((6,))
    return Model(words, Dense(3)(Flatten()(block(PositionalEmbedding(6, 10, 8)(words)))))


def siamese():
    """One layer on two pictures, and how alike they are."""
    a, b, shared = Input(PICTURE), Input(PICTURE), Conv2D(3, 2, activation="relu")
    flat = [Flatten()(shared(one)) for one in (a, b)]
    return Model([a, b], Concatenate()([Dot(1, normalize=True)(flat), Dense(2)(flat[0])]))


def test_states_that_begin_another_layer(tmp_path) -> None:
    """Two inputs, three outputs, by the names that the model has."""
    utils.set_random_seed(1)
    assert exact(encoder_decoder(), tmp_path / "m.onnx", *given((5, 2), (4, 3))) < 1e-6


def test_a_transformer(tmp_path) -> None:
    """Attention with residuals inside a model that is a layer."""
    utils.set_random_seed(1)
    x = np.random.default_rng(1).integers(0, 10, (30, 6)).astype("f4")
    assert exact(transformer(), tmp_path / "m.onnx", x) < 1e-6


def test_two_pictures_through_one_layer(tmp_path) -> None:
    """Channels first inside, last outside, on every way."""
    utils.set_random_seed(1)
    assert exact(siamese(), tmp_path / "m.onnx", *given(PICTURE, PICTURE)) < 1e-6


@pytest.mark.parametrize("make", [encoder_decoder, transformer, siamese])
def test_what_is_exported_is_verified(tmp_path, make) -> None:
    """Also with several inputs and outputs, also with words: the report says on how many examples."""
    result = filled(make()).export(tmp_path / "m.onnx", format="onnx")
    result = export_model(filled(make()), tmp_path / "again.onnx")
    assert result is None or result.difference < 1e-5
    assert "1,000 random examples" in export_model(make(), tmp_path / "third.onnx").verified


def test_a_loop_holds_only_what_is_asked_for(tmp_path) -> None:
    """What backpropagation would need is not in the file: an LSTM is one loop, and its body has no loose ends."""
    export_model(chain(SEQUENCE, LSTM(4), Dense(2)), tmp_path / "m.onnx")
    graph = onnx.load(tmp_path / "m.onnx").graph
    (loop,) = [node for node in graph.node if node.op_type == "Scan"]
    assert len(loop.output) <= 3
    body = next(a.g for a in loop.attribute if a.name == "body")
    used = {name for node in body.node for name in node.input} | {one.name for one in body.output}
    assert all(set(node.output) & used for node in body.node)
    inside = used | {name for node in graph.node for name in node.input}
    assert all(one.name in inside for one in graph.initializer)


def test_every_kind_of_layer_is_exported_somewhere_in_these_tests() -> None:
    """A new layer needs a row here, in READ, or a refusal."""
    from chainrule.export.layer_readers import READ

    names = {
        "AdditiveAttention", "Attention", "Bidirectional", "Conv1DTranspose", "Conv2DTranspose", "DepthwiseConv1D", "DepthwiseConv2D", "Dot",
        "Embedding", "GRU", "GroupNormalization", "LSTM", "Masking", "MultiHeadAttention", "PositionalEmbedding", "RMSNormalization",
        "SeparableConv1D", "SeparableConv2D", "SimpleRNN", "TimeDistributed", "UnitNormalization",
    }  # fmt: skip
    assert set(layers.CLASSES) <= names | set(READ)


def test_what_depends_on_the_numbers_is_refused_by_name(tmp_path) -> None:
    """A layer of one's own that asks its input a question cannot be written down."""

    class Picky(layers.Layer):
        def forward(self, params, x, context=None):
            return (x if x.sum() > 0 else -x), None

    with pytest.raises(SettingError, match="Picky 'choosy' cannot be exported to ONNX"):
        export_model(chain(SEQUENCE, Picky(name="choosy"), LSTM(2)), tmp_path / "m.onnx")
