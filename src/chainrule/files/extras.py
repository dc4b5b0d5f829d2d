"""What Chainrule adds to a Keras file: the extras, our own schedule, and fingerprints. Keras ignores it."""

import json
from typing import Any

from chainrule.errors import FileError
from chainrule.files import digests, safe_json
from chainrule.files.modelfile import ModelFile

MEMBER = "chainrule.json"  # in a .keras archive
ATTRIBUTE = "chainrule"  # at the root of an HDF5 file
SEAL = (
    "chainrule_sha256"  # on a group below: the fingerprint of the attribute, so that neither can vanish alone
)
VERSION = 1


def written(model: ModelFile, own_schedule: Any, texts: dict[str, str | None]) -> str:
    """The extras of a model as a JSON text; `texts` are the other texts of the file, to be fingerprinted."""
    found = {
        "version": VERSION,
        "extras": model.extras,
        "learning_rate": own_schedule,
        "digests": digests.record(model.weights, model.optimizer_weights, texts),
    }
    try:
        text = json.dumps(found, allow_nan=False)
    except (TypeError, ValueError) as problem:
        raise FileError(
            f"cannot be written: the extras have to be something JSON can hold ({problem})."
        ) from None
    safe_json.parse(text, MEMBER)  # what could not be read again is not written
    return text


def parsed(text: bytes | str | None) -> dict[str, Any]:
    """The extras in a file, or an empty dict where there are none."""
    if text is None:
        return {}
    found = safe_json.parse_object(text, MEMBER)
    version = found.get("version")
    if not isinstance(found.get("extras"), dict) or not isinstance(version, int):
        raise FileError(f"has a {MEMBER} that is not Chainrule's.")
    if not isinstance(found.get("digests"), dict):
        raise FileError(
            f"is damaged: its {MEMBER} has no digests, so nothing in it can be verified. Copy or download it again."
        )
    if version > VERSION:
        raise FileError("was written by a newer Chainrule. Install that one: pip install --upgrade chainrule")
    return found


def sealed(text: str | None, seal: str | None) -> str | None:
    """The text, when the seal fits; FileError when one of the two is missing or they do not fit."""
    if digests.of_text(text) != seal:
        raise FileError(
            "is damaged: Chainrule's part of it does not fit its seal. Copy or download it again."
        )
    return text
