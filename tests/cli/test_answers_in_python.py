"""What somebody in Python sees of an answer, and of a method that the network has."""

import numpy as np
import pytest

import chainrule
from chainrule.inference.answer import Answer, Glyph


def test_an_answer_shows_itself_in_a_line() -> None:
    """Never the pixels that were seen; a doubt and a refusal are said."""
    seen = (np.zeros((64, 64, 3), np.uint8),)
    sure = Answer(
        "cats/a.png", text="cat", probability=0.9312, digits=(Glyph((("cat", 0.9312),)),), seen=seen
    )
    assert repr(sure) == "<Answer cats/a.png: cat 93.12 %>"
    assert str(sure) == "cat 93.12 %"
    assert repr(Answer("r.csv", 3, text="1,151,340", value=1.15134e6, doubt="'a' is missing")) == (
        "<Answer r.csv[3]: 1,151,340 ('a' is missing)>"
    )
    assert (
        repr(Answer("a.png", refused="no digit was found")) == "<Answer a.png: refused: no digit was found>"
    )


def test_a_method_of_the_network_is_pointed_to(digits) -> None:
    """chainrule.load(...) answers; predict is the network's own, and what never was there is only not there."""
    model = chainrule.load(digits / "digits.keras")
    with pytest.raises(
        AttributeError, match=r"no 'predict': .answer\('a.png'\) answers pictures.* its .model"
    ):
        model.predict(digits / "seven.png")
    with pytest.raises(AttributeError, match="object has no attribute 'preditc'"):
        model.preditc
    with pytest.raises(AttributeError):
        model._repr_html_
