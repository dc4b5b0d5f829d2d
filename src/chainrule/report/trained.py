"""What was trained on what: the data, the network, the way of learning."""

import re
from typing import Any

import numpy as np

from chainrule.models.summary import connections, is_straight
from chainrule.report.curves import floor_of
from chainrule.report.markup import Html, Piece, facts, figure, h, join, table
from chainrule.report.material import Material
from chainrule.report.section import Section
from chainrule.report.sprites import Sprite, room
from chainrule.report.wording import count, number

SHOWN = 26  # examples
FEW = 12  # classes that are named
FIRST_CALL = re.compile(
    r"\[0\]\[0\]"
)  # of layers that were called once and give one thing it need not be said


def section(of: Material) -> Section:
    """The section."""
    parts = [
        h("h3", "The data"),
        data(of),
        examples(of),
        h("h3", "The network"),
        network(of),
        h("h3", "The way of learning"),
        learning(of),
    ]
    what = (
        ""
        if of.missing
        else f" for {count(len(of.names), 'class', 'classes')}"
        if of.names
        else " for one number"
    )
    title = f"A {of.network()} network learned from {of.source_name}{what}"
    return Section("trained", "What it learned from", title, join(*parts))


def data(of: Material) -> Html:
    """The data, as far as they are known."""
    known = of.settings.data
    rows: list[tuple[str, Piece]] = [("name", of.source_name)]
    if of.missing:
        rows += [("learned from", count(int(known.get("examples", 0)), "example"))]
        return join(facts([*rows, ("SHA-256", digest(known))]), h("p", of.missing, class_="aside"))
    data, parts = of.data, {"train": "to learn from", "val": "to choose by", "test": "to be measured on"}
    rows += [(parts[part], count(n, of.thing)) for part, n in data.sizes.items() if n]
    rows.append(("each", shape(data.input_shape)))
    if of.names:
        shown = ", ".join(f"{name}\u00a0({n:,})" for name, n in list(data.class_counts.items())[:FEW])
        rows.append(("classes", shown + (f" and {len(of.names) - FEW} more" if len(of.names) > FEW else "")))
    else:
        y = data.y_train
        rows.append(
            (
                "answers",
                f"from {number(float(y.min()))} to {number(float(y.max()))}, mean {number(float(y.mean()))}",
            )
        )
    rows += [("from", of.private(data.source)), ("licence", data.licence)]
    rows += [("left out", count(len(data.skipped), "example"))] if data.skipped else []
    rows += [("note", of.private(note)) for note in data.notes]
    return facts(rows)


def digest(known: dict[str, Any]) -> Html:
    """The fingerprint of the data."""
    return h("code", str(known.get("digest", "unknown")), class_="digest")


def shape(sides: tuple[int, ...]) -> str:
    """The shape of an example in words.

    >>> shape((28, 28)), shape((5,)), shape((32, 32, 3))
    ('28 × 28 pixels', '5 numbers', '32 × 32 pixels in colour')
    """
    if len(sides) == 2 or sides[2:] == (3,):
        return f"{sides[0]} × {sides[1]} pixels{' in colour' if sides[2:] else ''}"
    return " × ".join(map(str, sides)) + (" numbers" if sides != (1,) else " number")


def examples(of: Material) -> Html | None:
    """The first examples, where they are pictures."""
    if of.missing or not of.pictures:
        return None
    data = of.data
    n = min(SHOWN, room(data.input_shape), len(data.x_train))
    places = np.linspace(0, len(data.x_train) - 1, n).astype(
        int
    )  # spread over all: folders come class by class
    sprite = Sprite("examples", data.x_train[places])
    answers = [of.names[int(y)] if of.names else number(float(y)) for y in data.y_train[places]]
    shown = [
        h("li", sprite.picture(k, f"{of.thing}: {answer}"), h("span", answer))
        for k, answer in enumerate(answers)
    ]
    caption = f"{n} of the {of.things} it learned from, as the network gets them, each with its answer."
    return figure(join(sprite.style, h("ul", shown, class_="pictures")), caption, wide=True)


def network(of: Material) -> Html:
    """The layers."""
    rows: list[tuple[str, ...]] = []
    taken = None if is_straight(of.built) else connections(of.built)
    for layer in of.built.layers:
        kind, shape_ = type(layer).__name__, layer.output_shape
        activation = getattr(layer, "activation", None)
        word = activation if isinstance(activation, str) else getattr(activation, "__name__", "")
        does = f"{kind}, {word}" if word and kind != "Activation" else word if kind == "Activation" else kind
        fed = [] if taken is None else [FIRST_CALL.sub("", taken.get(id(layer), "-"))]
        rows.append((layer.name, does, sides(shape_), f"{layer.count_params():,}", *fed))
    total = sum(layer.count_params() for layer in of.built.layers)
    rows.append(("together", "", "", f"{total:,}", *([""] if taken else [])))
    return table(
        ("layer", "what it is", "gives", "weights", *(["takes"] if taken else [])),
        rows,
        "From the input (above) to the answer (below).",
        (0, 1, 4) if taken else (0, 1),
    )


def sides(shape: Any) -> str:
    """The shape of what a layer gives; of several outputs each.

    >>> sides((28, 28)), sides(()), sides([(4,), (2, 3)])
    ('28 × 28', '1', '4; 2 × 3')
    """
    if isinstance(shape, list):
        return "; ".join(map(sides, shape))
    return " × ".join(map(str, shape or ())) or "1"


def said_of_pictures(augmentation: dict[str, Any] | None) -> str | None:
    """What was done to pictures before each step."""
    if not augmentation:
        return None
    pixels = augmentation.get("pixels")
    return (
        "bent a little, anew at every step"
        if pixels is None
        else f"moved by up to {count(pixels, 'pixel')}, anew at every step"
    )


def learning(of: Material) -> Html:
    """The recipe, the optimizer and the rest."""
    settings = of.settings
    training, recipe = settings.training, settings.recipe
    optimizer = training.get("optimizer") or {}
    rate = (optimizer.get("config") or {}).get("learning_rate")
    loss, shares = training.get("loss"), training.get("loss_weights")
    rows: list[tuple[str, Piece]] = [
        ("recipe", recipe.get("name", "of its own")),
        ("loss", name_of(loss)),
        ("loss weights", told(shares) if shares else None),
        ("optimizer", name_of(optimizer)),
        ("learning rate", number(rate) if isinstance(rate, int | float) else planned(rate)),
        ("batch", count(settings.batch, "example")),
        ("epochs", f"{settings.epochs:,}"),
        (
            "label smoothing",
            smoothing(of),
        ),
        ("pictures", said_of_pictures(training.get("augmentation"))),
        ("seed", recipe.get("seed", settings.seed)),
        ("computed by", {"numpy": "NumPy", "jax": "JAX"}.get(settings.backend, settings.backend)),
    ]
    if of.run.info.parent is not None:
        parent = of.run.info.parent
        changed = "; ".join(map(str, parent.changes)) or "nothing changed"
        rows.insert(0, ("a fork of", f"{parent.run}, left at step {parent.step:,} ({changed})"))
    rows += [("taken up again", f"at step {again['step']:,}") for again in of.run.info.resumed]
    return facts(rows, "short")


def smoothing(of: Material) -> str | None:
    """How much, and how low the loss can fall with it."""
    loss = of.settings.training.get("loss")
    floor = floor_of(of)
    if not floor or not isinstance(loss, dict):
        return None
    return f"{loss['config']['label_smoothing']:g}; the loss cannot fall below {number(floor, 2)}"


def name_of(stored: Any) -> str:
    """The name of a loss or an optimizer as a run keeps it; of several outputs each."""
    if isinstance(stored, list):
        return ", ".join(map(name_of, stored))
    if isinstance(stored, dict):
        return str((stored.get("config") or {}).get("name") or stored.get("class_name") or "unknown").replace(
            "_", " "
        )
    return str(stored or "unknown").replace("_", " ")


def told(shares: Any) -> str:
    """How much the loss of each output counts.

    >>> told({"kind": 1.0, "price": 0.3}), told([1, 0.5])
    ('kind 1, price 0.3', '1, 0.5')
    """
    if isinstance(shares, dict):
        return ", ".join(f"{name} {number(value)}" for name, value in shares.items())
    return ", ".join(map(number, shares))


def planned(rate: Any) -> str:
    """A schedule in words."""
    from chainrule.diagnosis.records import highest

    if not isinstance(rate, dict):
        return "unknown"
    top = highest(rate)
    return f"{rate.get('class_name', 'a schedule')}" + (f", at most {number(top)}" if top is not None else "")
