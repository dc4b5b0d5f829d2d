"""The head of the page: what came out, in one sentence, and the figures that matter."""

import numpy as np

from chainrule.errors import ChainruleError
from chainrule.report.markup import Html, Piece, h
from chainrule.report.material import Material
from chainrule.report.wording import count, date, duration, number, per_cent, share

TILES = 5  # figures of a network with several outputs


def head(of: Material) -> tuple[str, Html]:
    """The title of the page, and what stands below it."""
    title, lead, tiles = found(of)
    info = of.run.info
    return title, h(
        "header",
        h("p", " · ".join(("Report of a training", of.source_name, date(info.started))), class_="kicker"),
        h("h1", title),
        h("p", lead, class_="lead"),
        h(
            "dl",
            [h("div", h("dt", name), h("dd", value)) for name, value in [*tiles, *common(of)]],
            class_="tiles",
        ),
    )


def found(of: Material) -> tuple[str, str, list[tuple[str, Piece]]]:
    """The title, what there is to say about it, and the figures."""
    try:
        evaluated = of.evaluated
    except ChainruleError:
        return unasked(of)
    new = f"{of.things} it has not seen" if evaluated.unseen else f"{of.things} that it learned from"
    if not of.names:
        off = np.abs(evaluated.predicted - evaluated.y)
        target = str((of.data.preparation.get("target") or {}).get("name") or "the answer")
        usual = float(np.abs(evaluated.y - np.median(of.data.y_train)).mean())
        lead = (
            f"{learned(of)} It tells {target}. On {count(len(off), of.thing)} of {evaluated.words} it is off by {number(float(off.mean()))} on average; "
            f"always answering the middle value would be off by {number(usual)}."
        )
        title = f"It is off by {number(float(off.mean()))} on average, on {new}"
        if float(off.mean()) >= usual > 0:
            title = f"It learned nothing usable: off by {number(float(off.mean()))} on average, always answering the middle value by {number(usual)}"
        return (
            title,
            lead,
            [("off by, on average", number(float(off.mean()))), ("at most", number(float(off.max())))],
        )
    right = int((evaluated.predicted == evaluated.y).sum())
    n, verb = len(evaluated.y), {"digit": "reads", "picture": "recognises"}.get(of.thing, "is right about")
    most = int(np.bincount(of.data.y_train, minlength=len(of.names)).argmax())
    lead = (
        f"{learned(of)} Of {count(n, of.thing)} of {evaluated.words} {'that it had not learned from ' if evaluated.unseen else ''}it got "
        f"{right:,} right and {n - right:,} wrong. Always answering “{of.names[most]}” would be right in {share((evaluated.y == most).mean(), n)}."
    )
    title = f"It {verb} {share(right / n, n)} of {new}" if right < n else f"It {verb} all {n:,} {new}"
    base = float((evaluated.y == most).mean())
    beside = f"{share(right / n, n)} against {share(base, n)} by always answering “{of.names[most]}”"
    if right / n <= base and len(set(evaluated.y.tolist())) > 1:
        title = f"It learned nothing usable: {beside}"
    elif right / n < min(1.0, base + 2 * (base * (1 - base) / n) ** 0.5):
        title = f"It is hardly better than chance: {beside}"
    return title, lead, [("right", share(right / n, n)), ("wrong", f"{n - right:,} of {n:,}")]


def unasked(of: Material) -> tuple[str, str, list[tuple[str, Piece]]]:
    """The same where the network cannot predict: by what was recorded."""
    metrics, broken = of.run.metrics, np.flatnonzero(~np.isfinite(of.run.steps["loss"]))
    lead = f"{learned(of)} What follows is what was recorded while it learned."
    if len(broken):
        return (
            f"It failed: at step {broken[0] + of.run.steps.first:,} the loss stopped being a finite number",
            lead,
            [],
        )
    for name, word in (("val_accuracy", "of what was held back"), ("accuracy", "of what it learned from")):
        if np.isfinite(metrics.get(name, np.nan)):
            return (
                f"It got {per_cent(metrics[name])} {word} right",
                lead,
                [("right", per_cent(metrics[name]))],
            )
    for name, begin in (("val_loss", "val_"), ("loss", "")):
        if np.isfinite(metrics.get(name, np.nan)):
            own = [key for key in metrics if key.startswith("val_") == bool(begin)]
            tiles: list[tuple[str, Piece]] = [
                (key.removeprefix("val_").replace("_", " "), number(metrics[key])) for key in own[:TILES]
            ]
            where = " on what was held back" if begin else ""
            return f"It ended with a loss of {number(metrics[name])}{where}", lead, tiles
    return f"A training on {of.source_name}", lead, []


def learned(of: Material) -> str:
    """One sentence about the training."""
    run, settings = of.run, of.settings
    epochs, steps = len(run.epochs), len(run.steps)
    whole = (
        count(epochs, "epoch")
        if epochs >= settings.epochs - run.info.epoch
        else f"{epochs} of {count(settings.epochs, 'epoch')}"
    )
    weights = of.weights
    network = f"A network with {count(weights, 'weight')}" if weights else "A network"
    status = {"interrupted": " It was interrupted.", "failed": " It failed.",
              "running": " It is still learning."}.get(run.status, "")  # fmt: skip
    return f"{network} learned from {count(int(settings.data.get('examples', 0)), of.thing)} for {whole} ({count(steps, 'step')}).{status}"


def common(of: Material) -> list[tuple[str, Piece]]:
    """Figures that every run has."""
    seconds = sum(epoch.seconds or 0 for epoch in of.run.epochs)
    tiles: list[tuple[str, Piece]] = [("weights", f"{of.weights:,}")] if of.weights else []
    tiles.append(("steps", f"{len(of.run.steps):,}"))
    if seconds:
        tiles.append(("time", duration(seconds)))
    return tiles
