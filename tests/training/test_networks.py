"""Networks in words: what each word makes, what is put in between, and what is refused."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import SettingError
from chainrule.layers import Dense
from chainrule.training.networks import hidden_layers


def kinds(text: str, shape: tuple[int, ...]) -> list[str]:
    """The classes that a text makes."""
    return [type(layer).__name__ for layer in hidden_layers(text, shape)]


@pytest.mark.parametrize(
    ("text", "shape", "made"),
    [
        ("256,64", (784,), ["Dense", "Dense"]),
        ("dense 256", (28, 28), ["Flatten", "Dense"]),
        ("conv 16, pool, conv 32 5, pool 3, dense 128", (28, 28),
         ["Reshape", "Conv2D", "MaxPooling2D", "Conv2D", "MaxPooling2D", "Flatten", "Dense"]),
        ("conv 4, norm, average", (8, 8, 3), ["Conv2D", "BatchNormalization", "GlobalAveragePooling2D"]),
        ("CONV 4, dropout .25, flatten", (784,), ["Reshape", "Conv2D", "Dropout", "Flatten"]),
        ("embed 50 8, lstm 4, gru 4, dense 3", (7,), ["Embedding", "LSTM", "GRU", "Dense"]),
        ("rnn 5", (7, 2), ["SimpleRNN"]),
        ("shrink 2, conv 4, average", (16, 16), ["Reshape", "AveragePooling2D", "Conv2D", "GlobalAveragePooling2D"]),
    ],
)  # fmt: skip
def test_each_word_makes_its_layer(text, shape, made) -> None:
    """The layers follow the words, with what has to lie between them."""
    assert kinds(text, shape) == made


def test_numbers_and_the_activation_are_handed_on() -> None:
    """Filters, sizes, units and shares are those written; recurrent layers before others give every output."""
    conv = hidden_layers("conv 32 5", (28, 28, 1), "tanh")[0]
    config = conv.get_config()
    assert (config["filters"], list(config["kernel_size"]), config["activation"]) == (32, [5, 5], "tanh")
    assert hidden_layers("dropout 0.1", (3,))[0].rate == 0.1
    first, second = hidden_layers("lstm 4, lstm 3", (7, 2))
    assert first.return_sequences
    assert not second.return_sequences


def test_such_a_network_learns() -> None:
    """The layers of a text, an output and fit: the loss falls."""
    rng = np.random.default_rng(0)
    x = rng.random((64, 8, 8)).astype(np.float32)
    y = (x[:, :4].sum(axis=(1, 2)) > x[:, 4:].sum(axis=(1, 2))).astype(np.float32)[:, None]
    cr.utils.set_random_seed(0)
    model = cr.Sequential([cr.Input((8, 8)), *hidden_layers("conv 4, pool, dense 8", (8, 8)), Dense(1)])
    model.compile("adam", "mse", backend="numpy")
    losses = model.fit(x, y, epochs=20, verbose=0).history["loss"]
    assert losses[-1] < 0.8 * losses[0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("covn 16", "no layer in --network called 'covn'. Did you mean 'conv'"),
        ("conv", "conv takes 1 to 2 number"),
        ("conv 16 3 3", "conv takes 1 to 2 number"),
        ("dense many", "dense takes 1 number"),
        ("dense 0", "dense takes whole numbers, 1 or more; it got 'dense 0'"),
        ("dense 2.5", "dense takes whole numbers"),
        ("conv 4,,dense 3", "no layer in --network called ''"),
        ("conv 4 30", "'conv 4 30' does not fit"),
        ("dense 3, lstm 4", "'lstm 4' does not fit"),
    ],
)
def test_a_wrong_part_is_refused(text, words) -> None:
    """The part is named, and what it takes."""
    with pytest.raises(SettingError) as result:
        hidden_layers(text, (28, 28))
    assert words in str(result.value)
