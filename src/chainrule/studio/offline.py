"""Some steps of a recorded run as one page that needs no network: to hand to a class.

The page is the studio's own Step place with its own modules, joined; what it would ask the server is stored in it. Exact
are the chosen steps' factors (x, outputs, deltas), the accounts of the chosen weights and of the examples; maps of weights
are rounded, and the page says so.
"""

import base64
import hashlib
import json
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.errors import SettingError
from chainrule.explain import StepExplained
from chainrule.studio import explained
from chainrule.studio.frames import packed
from chainrule.studio.modules import PAGE, joined
from chainrule.studio.session import Session

START = "offline.js"
WEIGHTS, STEPS = 500, 5
MAP_BYTES = 2_000_000  # of the weights' maps of all steps in 16 bits; beyond, they are kept in 8
Array = np.ndarray[Any, Any]


def write(
    folder: Any, path: Any, steps: Sequence[int] | None = None, weights: int = WEIGHTS
) -> dict[str, Any]:
    """Writes the page. steps: those that are in it, by default five over the whole run.  weights: how many accounts a step has.

    Returns what it holds: steps, weights, examples, bytes. SettingError for a step that the run does not have.
    """
    from chainrule.files.disk import write as put

    session = Session.of_run(str(folder))
    branch = session.branch
    last = branch.head - 1
    chosen = spread(branch.first, last) if steps is None else sorted({int(step) for step in steps})
    for step in chosen:
        if not branch.first <= step <= last:
            raise SettingError(
                f"The run has the steps {branch.first:,} to {last:,}; there is no step {step:,}."
            )
    if not 1 <= weights <= 5000:
        raise SettingError(f"weights must be from 1 to 5,000; it got {weights}.")
    opened = {step: session.views.step_of({"step": str(step)}) for step in chosen}
    which = moved_most(list(opened.values()), weights)
    groups = {"base": base_of(session, chosen)}
    narrow = too_large(opened[chosen[0]], len(chosen))
    for step in chosen:
        groups[f"step {step}"] = step_of(session, opened[step], step, which, narrow)
    page = whole(f"{session.run}: {len(chosen)} steps", groups)
    size = put(path, [page.encode()])
    examples = sum(opened[step].n for step in chosen)
    return {
        "file": str(path),
        "steps": chosen,
        "weights": len(which),
        "examples": examples,
        "bytes": size or len(page.encode()),
    }


def spread(first: int, last: int) -> list[int]:
    """Five steps of a run, dense at its beginning, where most happens.

    >>> spread(0, 1874)
    [0, 10, 100, 937, 1874]
    """
    wanted = [first, first + 10, first + 100, (first + last) // 2, last]
    return sorted({min(step, last) for step in wanted})


def moved_most(opened: Sequence[StepExplained], count: int) -> list[tuple[str, str, tuple[int, ...]]]:
    """The weights that move most over some steps: layer, name, index."""
    found: list[tuple[float, str, str, tuple[int, ...]]] = []
    for place, link in enumerate(opened[0].links):
        for name in link.gradient:
            moved = sum(np.nan_to_num(np.abs(step.links[place].update[name])) for step in opened)
            flat = np.asarray(moved).ravel()
            for k in np.argpartition(-flat, min(count, flat.size) - 1)[:count]:
                index = tuple(int(i) for i in np.unravel_index(int(k), np.shape(moved)))
                found.append((float(flat[k]), link.name, name, index))
    found.sort(key=lambda entry: -entry[0])
    return [entry[1:] for entry in found[:count]]


def too_large(step: StepExplained, count: int) -> bool:
    """Whether the maps of all weights take too much room in 16 bits."""
    numbers = sum(int(array.size) for link in step.links for array in link.params.values())
    return 2 * count * numbers > MAP_BYTES


# ── what is stored ───────────────────────────────────────────────────────────────────────────────────────────────


def base_of(session: Session, steps: list[int]) -> dict[str, Any]:
    """What every step needs: the description and the losses of all steps."""
    return {
        "session": session.describe() | {"steps": steps}, "curve": session.see("curve", {"branch": "0"}),
        **({"data": session.see("data", {})} if session.kind == "plane" else {}),
    }  # fmt: skip


def step_of(
    session: Session,
    step: StepExplained,
    number: int,
    which: Sequence[tuple[str, str, tuple[int, ...]]],
    narrow: bool,
) -> dict[str, Any]:
    """All that the page asks about one step."""
    query = {"step": str(number)}
    stored: dict[str, Any] = {"step": session.see("step", query), "factors": explained.factors(step)}
    if session.kind == "plane":
        stored["plane"] = session.see("plane", query)
    for link in step.links:
        for name in link.params:
            stored[f"map {link.name}.{name}"] = rounded(
                explained.weight_map(step, link.name, name, "weights"), narrow
            )
    for k in range(step.n):
        stored[f"example {k}"] = explained.without_pictures(step.example(k)).to_dict()
    for layer, name, index in which:
        result = explained.weight_account(step, layer, name, list(index), None, check=False, pictures=False)
        stored[f"weight {layer}.{name},{','.join(map(str, index))}"] = result
    return stored


def rounded(
    shown: tuple[dict[str, Any], dict[str, Array]], narrow: bool
) -> tuple[dict[str, Any], dict[str, Array]]:
    """A map of weights in 16 bits, or in 8 with a scale for each unit."""
    header, arrays = shown
    values = np.asarray(arrays["values"], np.float32)
    if not narrow or values.ndim < 2:
        return header | {"rounded": True}, {"values": values.astype(np.float16)}
    scale = np.abs(values).reshape(-1, values.shape[-1]).max(axis=0) / 127
    levels = np.rint(values / np.where(scale > 0, scale, 1)) + 128
    return header | {"rounded": True, "bits": 8}, {
        "levels": levels.astype(np.uint8),
        "scale": scale.astype(np.float32),
    }


def container(entries: dict[str, Any]) -> bytes:
    """Entries by name, compressed: JSON as text, packed messages as they are."""
    pieces, places, offset = [], {}, 0
    for name, found in entries.items():
        content = (
            packed(*found)
            if isinstance(found, tuple)
            else json.dumps(found, allow_nan=False, ensure_ascii=False).encode()
        )
        places[name] = ["frame" if isinstance(found, tuple) else "json", offset, len(content)]
        pieces.append(content)
        offset += len(content)
    body = np.frombuffer(b"".join(pieces), np.uint8)
    return zlib.compress(packed({"entries": places}, {"bytes": body}), 9)


# ── the page ─────────────────────────────────────────────────────────────────────────────────────────────────────


def whole(title: str, groups: dict[str, dict[str, Any]]) -> str:
    """The page with its style, its script and its data."""
    from html import escape

    script, style = joined(START), (PAGE / "style.css").read_text(encoding="utf-8")
    stored = "".join(
        f'<script type="application/octet-stream" class="stored" data-name="{escape(name)}">{base64.b64encode(container(entries)).decode()}</script>\n'
        for name, entries in groups.items()
    )
    policy = f"default-src 'none'; style-src '{digest(style)}'; script-src '{digest(script)}'; img-src data: blob:; base-uri 'none'; form-action 'none'"
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{escape(title)}</title>\n<link rel="icon" href="data:,">\n<style>{style}</style>\n</head>\n<body>\n'
        '<header class="top"><strong class="brand">Chainrule</strong><nav aria-label="Places" id="places"></nav><div class="tools" id="tools"></div></header>\n'
        '<p class="notice" id="notice" role="alert" hidden></p>\n<main id="main-content" tabindex="-1"><p class="loading">Opening…</p></main>\n<div id="layer"></div>\n'
        f'<p class="sr" id="said" role="status" aria-live="polite"></p>\n{stored}<script type="module">{script}</script>\n</body>\n</html>\n'
    )


def digest(text: str) -> str:
    """A text's SHA-256 as a Content-Security-Policy names it."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
