"""Losses by name: found, written down and read again, refused."""

import pytest

from chainrule import losses
from chainrule.errors import SettingError
from chainrule.losses import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    Huber,
    SparseCategoricalCrossentropy,
)


@pytest.mark.parametrize("name", sorted({*losses.NAMES, *losses.CLASSES}))
def test_a_loss_is_found_by_name_and_survives_being_written_down(name) -> None:
    """Found by name or class name, stored and read again, a loss is the same."""
    loss = losses.as_loss(name)
    again = losses.as_loss(losses.serialize(loss))
    assert type(again) is type(loss)
    assert vars(again) == vars(loss)
    assert vars(losses.as_loss(type(loss))) == vars(loss)
    assert losses.as_loss(loss) is loss
    assert losses.as_loss({"class_name": "function", "config": name}).key == loss.key
    assert losses.serialize(loss) == ("huber" if isinstance(loss, Huber) else loss.key)


def test_settings_survive_being_written_down() -> None:
    """A loss with settings keeps them."""
    for loss in (
        Huber(0.3),
        CategoricalCrossentropy(True, 0.2),
        BinaryCrossentropy(label_smoothing=0.1, name="b"),
    ):
        again = losses.as_loss(losses.serialize(loss))
        assert vars(again) == vars(loss)
        assert losses.serialize(loss) == {"class_name": type(loss).__name__, "config": loss.get_config()}
    assert CategoricalCrossentropy(label_smoothing=1).label_smoothing == 1
    stored = {"class_name": "MeanSquaredError", "config": {"name": "mine", "fn": "mean_squared_error"}}
    assert losses.as_loss(stored).name == "mine"  # the function that Keras writes beside says nothing new


def test_a_function_of_keras_stands_for_its_loss() -> None:
    """loss=losses.binary_crossentropy means the loss of that name."""
    assert isinstance(losses.as_loss(losses.binary_crossentropy), BinaryCrossentropy)


def test_a_loss_of_ones_own_may_be_given_as_a_class() -> None:
    """The class itself is enough, though no list of names has it."""

    class Own(Huber):
        """A loss of one's own."""

    assert type(losses.as_loss(Own)) is Own


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: losses.as_loss("mean_square_error"), "Did you mean 'mean_squared_error'"),
        (lambda: losses.as_loss({"class_name": "Nope", "config": {}}), "There is no loss called 'Nope'"),
        (lambda: Huber(0), "delta above 0"),
        (lambda: CategoricalCrossentropy(label_smoothing=1.5), "from 0 to 1"),
        (lambda: CategoricalCrossentropy(axis=1), "axis=-1"),
        (lambda: SparseCategoricalCrossentropy(ignore_class=3), "ignore_class is not supported"),
    ],
)
def test_what_is_not_supported_is_refused_by_name(make, words) -> None:
    """An unknown loss or setting is refused, with the nearest name."""
    with pytest.raises(SettingError, match=words):
        make()
