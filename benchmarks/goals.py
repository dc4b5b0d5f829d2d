"""The ratios that the project aims at, and what a run found."""

from statistics import mean, median

from benchmarks.quiet import calm

EPOCHS = (  # Chainrule on JAX beside whom: at most, stretch
    ("Keras on TensorFlow", 0.30, 0.16), ("Keras on JAX", 0.65, 0.40), ("PyTorch, hand-written", 0.50, 0.35),
    ("scikit-learn", 0.13, 0.07),
)  # fmt: skip


def goals(parts):
    """(head, rows) of a table: what, found, at most, stretch."""
    rows = [row for part, rows_of in PARTS.items() if parts.get(part) for row in rows_of(parts)]
    return ("what", "found", "at most", "stretch", ""), [(*row, verdict(*row[1:])) for row in rows]


def verdict(found, at_most, stretch):
    """Said plainly; both bounds and the figure are texts that begin with a number."""
    value, bound, best = (
        float(text.split()[0].replace("1/", "")) if text else None for text in (found, at_most, stretch)
    )
    if found.startswith("1/"):  # 1/13 is better than 1/11
        value, bound, best = -value, -bound, None if best is None else -best
    if value > bound:
        return "missed"
    return "met" if best is None or value > best else "stretch"


def epochs(parts):
    """The classic job."""
    found = {name: median(calm(f, "epochs")) for name, f in parts["classic"].items()}
    ours = found.get("Chainrule on JAX")
    for peer, at_most, stretch in EPOCHS:
        if ours and peer in found:
            yield f"time per epoch / {peer}", f"{ours / found[peer]:.2f}", f"{at_most:.2f}", f"{stretch:.2f}"
    for place, seconds in ((parts.get("floor") or {}).get("seconds") or {}).items():
        if ours:
            yield f"time per epoch / the floor, moments from {place}", f"{ours / seconds:.2f}", "2.0", "1.3"
    if "Keras on TensorFlow" in found:
        ratio = found["Chainrule on NumPy"] / found["Keras on TensorFlow"]
        yield "the same on NumPy / Keras on TensorFlow", f"{ratio:.2f}", "0.9", "0.6"


def coldstart(parts):
    """The fast recipe, cold."""
    found = {name: median(calm(f, "seconds")) for name, f in parts["coldstart"].items()}
    keras = found.get("Keras on TensorFlow, ten epochs")
    for cache in ("cold", "warm"):
        if keras:
            ratio = keras / found[f"chainrule train --recipe fast, {cache}"]
            yield (
                f"fast recipe, start to saved model, {cache} cache / Keras's ten epochs",
                f"1/{ratio:.1f}",
                "1/11",
                "1/20",
            )


def prediction(parts):
    """One picture."""
    found = parts["prediction"]
    ours = found["chainrule predict"]
    if "Keras on TensorFlow" in found:
        ratio = median(calm(found["Keras on TensorFlow"], "seconds")) / median(calm(ours, "seconds"))
        yield "predict one picture / Keras on TensorFlow", f"1/{ratio:.1f}", "1/14", "1/20"
    yield "predict one picture, peak memory", f"{ours['memory'] / 1e6:.0f} MB", "60 MB", "45 MB"


def importing(parts):
    """The import."""
    seconds = median(parts["importing"]["import chainrule"]["seconds"])
    yield "import chainrule", f"{seconds:.3f} s", "0.15 s", "0.08 s"


def accuracy(parts):
    """As good as Keras; the fast recipe good enough (as an error, so that less is better)."""
    found = parts["accuracy"]
    keras = next((mean(values) for name, values in found.items() if name.startswith("Keras")), None)
    if keras is not None:
        under = 100 * (keras - mean(found["Chainrule, classic"]))
        yield "classic job's test accuracy under Keras's mean", f"{under:.2f} points", "0.1 points", ""
    yield "fast recipe's test error, mean", f"{100 - 100 * mean(found['Chainrule, fast']):.2f} %", "1.7 %", ""


def installation(parts):
    """The plain install."""
    yield "plain install on disk", f"{parts['installation']['bytes'] / 1e6:.0f} MB", "130 MB", "90 MB"


PARTS = {
    "classic": epochs, "coldstart": coldstart, "prediction": prediction, "importing": importing, "accuracy": accuracy,
    "installation": installation,
}  # fmt: skip
