"""Damage to files that Chainrule wrote: it is noticed, or it makes no difference."""

import random
from collections.abc import Callable

import filemodels as small
import pytest

from chainrule import files
from chainrule.errors import FileError
from chainrule.files.io import _encoded

FLIPS, CUTS, MUTANTS = 4000, 200, 1000
FORMATS = ["keras", "h5", "weights", "old weights"]


def written(kind: str) -> tuple[bytes, Callable[[bytes], files.ModelFile]]:
    """A file of each kind, and what reads it."""
    model = small.model()
    raw = b"".join(_encoded(model, kind))
    if "weights" not in kind:
        return raw, lambda content: files.load(content, small.plan)
    shapes = small.plan(model.config)
    return raw, lambda content: files.load_weights(content, model.config, shapes)


@pytest.mark.parametrize("kind", FORMATS)
def test_no_flipped_bit_passes_silently(kind: str) -> None:
    """Of 4,000 files with one bit flipped, each is refused or loads exactly the same model."""
    raw, load = written(kind)
    expected, rng, refused = small.fingerprint(load(raw)), random.Random(1), 0
    for _ in range(FLIPS):
        bit = rng.randrange(8 * len(raw))
        rotten = bytearray(raw)
        rotten[bit // 8] ^= 1 << bit % 8
        try:
            found = load(bytes(rotten))
        except FileError:
            refused += 1
        else:
            assert small.fingerprint(found) == expected, f"bit {bit % 8} of byte {bit // 8}"
    assert refused > FLIPS // 10


@pytest.mark.parametrize("kind", FORMATS)
def test_a_file_cut_short_is_called_truncated(kind: str) -> None:
    """At 200 lengths: refused, with that word."""
    raw, load = written(kind)
    rng = random.Random(2)
    for length in [1, len(raw) - 1, *(rng.randrange(1, len(raw)) for _ in range(CUTS))]:
        with pytest.raises(FileError, match="truncated" if length > 3 else "truncated|no model file"):
            load(raw[:length])


@pytest.mark.parametrize("kind", FORMATS)
def test_nothing_but_a_refusal_comes_out_of_a_mangled_file(kind: str) -> None:
    """Whatever is cut out, doubled or overwritten: FileError, or a model."""
    raw, load = written(kind)
    rng, refusals = random.Random(3), list[str]()
    for _ in range(MUTANTS):
        mutant = bytearray(raw)
        for _ in range(rng.randrange(1, 6)):
            at, size = rng.randrange(len(mutant)), rng.choice([1, 2, 4, 8, 40])
            piece = rng.choice([rng.randbytes(size), bytes(size), b"\xff" * size, mutant[at : at + 3 * size]])
            mutant[at : at + rng.choice([0, size])] = piece
        try:
            load(bytes(mutant))
        except FileError as problem:
            refusals.append(str(problem))
    assert all(refusal.startswith("The model ") for refusal in refusals)
    assert len(refusals) > MUTANTS // 2
