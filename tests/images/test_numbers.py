"""Numbers as people write them, with something beside the digits that is none; digits that the reader learned from."""

from collections import Counter

import numpy as np
import pytest
from benchmarks.handwriting.strings import KINDS, strings

from chainrule import pretrained
from chainrule.inference.card import ModelCard
from chainrule.inference.predictor import Predictor
from chainrule.models.saving import load_model

EACH = 2


@pytest.fixture(scope="module")
def read():
    """Of each kind the pictures made of it, the digits on them and what was read."""
    network = load_model(str(pretrained.digits()), compile=False)
    predictor = Predictor(network, ModelCard.of(network))
    return [(w, predictor.picture("made", w.pixels)) for w in strings(*pretrained.seen(), EACH, 3)]


def test_most_numbers_of_every_kind_are_read(read) -> None:
    """Points, signs of a currency, slashes, minus signs, boxes, rules and words are no digits; nothing is refused."""
    right = Counter(w.kind for w, answer in read if answer.text == w.text)
    assert sum(right.values()) >= 0.7 * len(read), {k: right[k] for k in KINDS}
    assert all(answer.text is not None for _, answer in read)


@pytest.mark.parametrize("kind", ["registers", "amounts with a currency", "combs beside a word"])
def test_what_is_written_beside_rules_words_and_boxes_is_read(read, kind) -> None:
    """The dark beside a page, its rules, printed words, signs of a currency and faint boxes: of each kind at least one of two is read wholly."""
    assert any(answer.text == w.text for w, answer in read if w.kind == kind)


@pytest.mark.parametrize("kind", ["dates", "negative numbers", "squared paper", "three lines"])
def test_signs_rules_and_lines_do_not_become_digits(read, kind) -> None:
    """Of these kinds at least one of two is read wholly."""
    assert any(answer.text == w.text for w, answer in read if w.kind == kind)


def test_the_same_seed_makes_the_same_numbers() -> None:
    """Pixels and digits of every kind, and another seed makes others."""
    one, same, other = (strings(*pretrained.seen(), 1, seed) for seed in (5, 5, 6))
    assert [w.text for w in one] == [w.text for w in same] != [w.text for w in other]
    assert all(np.array_equal(a.pixels, b.pixels) for a, b in zip(one, same, strict=True))
