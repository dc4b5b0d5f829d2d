# %% [markdown]
# # 8. When training goes wrong
#
# A program with a bug stops with an error. A network with a bug trains, prints figures, and ends with a bad
# result, or with a good one that is not true. This lesson makes networks sick on purpose, so that you know
# the illnesses when you meet them. Each is first seen in numbers; then Chainrule's *doctor* says what it
# sees; then we cure it and measure.

# %%
import tempfile
from pathlib import Path

import numpy as np

import chainrule as cr
from chainrule import datasets, diagnosis, plots, runs
from chainrule.lessons import check, lines, show

# This folder goes away at the end; to keep what is in it, write a folder of your own instead.
from chainrule.recording import resume
from chainrule.training import learning_rates, recipes

passing = tempfile.TemporaryDirectory(prefix="lesson-8-")
folder = Path(passing.name)
(x, y), (x_test, y_test) = datasets.mnist.load_data()


def keep(name: str, count: int, labels: np.ndarray, test_labels: np.ndarray = y_test) -> None:
    """Writes some of the digits to a file, as if they were data of your own."""
    np.savez(
        folder / f"{name}.npz",
        x_train=x[:count],
        y_train=labels[:count],
        x_test=x_test[:2000],
        y_test=test_labels[:2000],
    )


def train(name: str = "digits", bias: float = 0.0, **changes: object) -> tuple[runs.Run, cr.Sequential]:
    """Trains 784-64-10 for four epochs, or as the changes say, recorded."""
    data = datasets.load(folder / f"{name}.npz")
    recipe = recipes.recipe("classic", **({"hidden": (64,), "epochs": 4} | changes))
    cr.utils.set_random_seed(1)
    job = resume.new(
        data, recipe, str(folder / f"{name}.npz"), {}, seed=1, backend="numpy", runs_dir=folder / "runs"
    )
    weights = job.model.get_weights()
    weights[1][:] = bias
    job.model.set_weights(weights)
    job.learn(verbose=0)
    return runs.find(folder / "runs", "last"), job.model


# %% [markdown]
# ## Healthy first
#
# One must know what healthy looks like. 6,000 digits, four epochs.

# %%
keep("digits", 6000, y)
healthy, _ = train()
print("— 1. A healthy training —")
print(f"loss of the very first step: {healthy.steps['loss'][0]:.2f}")
for epoch in healthy.epochs:
    print(
        f"epoch {epoch.epoch + 1}: "
        + "  ".join(f"{name} {value:.3f}" for name, value in epoch.metrics.items())
    )
found = diagnosis.diagnose(healthy)
print(found)
assert found.healthy
show("8-healthy", plots.sizes, healthy, what="ratio")

# %% [markdown]
# Three signs of health: the loss of the first step is near log 10 = 2.30 (lesson 2) and falls; the test
# figures follow; and each step moves each layer by about a thousandth of its size (that is the picture),
# neither by a half nor by a billionth.
#
# ## Four patients
#
# **Predict before you run:** you see only what everybody sees, the figures of the epochs. One has a learning
# rate of 10, one of 0.0000001; one started with biases of -10; one has ten hidden layers with sigmoid. Who is
# who? Is it possible to tell?

# %%
sick = {
    "A": {"bias": -10.0},
    "B": {"learning_rate": 1e-7},
    "C": {"hidden": (32,) * 10, "activation": "sigmoid"},
    "D": {"optimizer": "sgd", "learning_rate": 10.0},
}
patients = {name: train(**changes)[0] for name, changes in sick.items()}
print("\n— 2. Four patients: loss and test accuracy after each epoch —")
for name, run in patients.items():
    course = "   ".join(
        f"{epoch.metrics['loss']:.3f} {epoch.metrics['val_accuracy']:.0%}" for epoch in run.epochs
    )
    print(f"{name}:  {course}")
    assert run.metrics["val_accuracy"] < 0.3

# %% [markdown]
# All four hang around 2.3 and 10 %. "It does not learn" is a symptom, like fever; it is no illness. One has
# to look inside: what was the size of the gradients, of the steps, how many neurons answer at all? The run
# has recorded that.

# %%
expected = {"A": "dead units", "B": "rate too low", "C": "vanishing gradients", "D": "rate too high"}
print("\n— 3. What the doctor says —")
for name, run in patients.items():
    first = diagnosis.diagnose(run).findings[0]
    print(f"{name}: {first.name}" + (f" in {first.layer}" if first.layer else ""))
    print(f"   {first.says}")
    print(f"   -> {first.advice}")
    assert first.name == expected[name]
show("8-vanishing", plots.sizes, patients["C"])

# %% [markdown]
# - **Dead units** (A): a relu that says 0 to *every* example has slope 0 for every example (lesson 5), so
#   nothing can ever move it. All 64 are dead; only the last biases still learn, and they learn how frequent
#   each digit is.
# - **Rate too low** (B): everything is in order, but at this rate nothing arrives (lesson 3).
# - **Vanishing gradients** (C): on the way back each sigmoid multiplies by its slope, which is 1/4 *at most*.
#   Ten of them: next to nothing arrives at the first layers.
# - **Rate too high** (D): it flew away (lesson 3), and the dead units it also has came of that.

# %%
layers = ["dense", *(f"dense_{k}" for k in range(1, 11))]
sizes = [float(patients["C"].steps[f"grad_rms[{layer}]"][0]) for layer in layers]
print("\nPatient C, first step, the size of a typical slope in each layer, from the last to the first:")
print("  ".join(f"{size:.0e}" for size in reversed(sizes)))
print(f"From layer to layer it is multiplied by {(sizes[0] / sizes[-1]) ** 0.1:.2f}, as a mean.")
z = np.linspace(-5, 5, 1001)
steepest = np.diff(cr.activations.sigmoid(z)).max() / (z[1] - z[0])
print(f"The steepest slope of sigmoid, measured: {steepest:.4f}")
assert steepest <= 0.25
assert sizes[0] < 1e-5 * sizes[-1]

# %% [markdown]
# **Predict before you run:** what would you change for each? Will each reach the 89 % of the healthy one?

# %%
cures = {
    "A": ("biases that begin at 0", {}),
    "B": ("rate 0.001", {"learning_rate": 0.001}),
    "C": ("relu instead of sigmoid", {"hidden": (32,) * 10}),
    "D": ("rate 0.1", {"optimizer": "sgd", "learning_rate": 0.1}),
}
print("\n— 4. Cured? —")
for name, (what, changes) in cures.items():
    cured = healthy if name in "AB" else train(**changes)[0]  # A's and B's cure is the healthy one
    print(
        f"{name}: {what:25s} {patients[name].metrics['val_accuracy']:.0%} "
        f"-> {cured.metrics['val_accuracy']:.0%}"
    )
    assert cured.metrics["val_accuracy"] > 0.75

# %% [markdown]
# ## Which rate?
#
# One need not guess. Raise the rate from step to step, a little each time, and watch the loss. Where it
# falls, the rate works; where it rises, it is too large. That costs 200 steps.
#
# **Predict before you run:** our network with plain SGD. 0.001, 0.1 or 10?

# %%
rows, rows_test = (
    x[:6000].reshape(-1, 784).astype("float32") / 255,
    x_test[:2000].reshape(-1, 784).astype("float32") / 255,
)
hot, hot_test = cr.utils.to_categorical(y[:6000], 10), cr.utils.to_categorical(y_test[:2000], 10)
cr.utils.set_random_seed(1)
model = cr.Sequential([cr.Input(shape=(784,)), cr.layers.Dense(64, "relu"), cr.layers.Dense(10, "softmax")])
model.compile(cr.optimizers.SGD(0.01), "categorical_crossentropy", metrics=["accuracy"])
curve = learning_rates.find(model, rows, hot)
print("\n— 5. The rate rises —")
for k in range(0, len(curve.rates), 12):
    print(f"rate {curve.rates[k]:.6f}: loss {curve.smooth[k]:5.2f}")
print(f"Suggested: {curve.suggestion:g}. {curve.reason}")
assert 0.02 < curve.suggestion < 0.5

tried = learning_rates.sweep(
    model,
    rows,
    hot,
    rates=[0.001, 0.01, curve.suggestion, 1.0, 10.0],
    epochs=1,
    validation_data=(rows_test, hot_test),
)
print("\nOne epoch with each of five rates:")
for rate, figures in zip(tried.rates, tried.metrics, strict=True):
    print(f"rate {rate:6g}: {figures['val_accuracy']:.1%} of the test digits right")
assert tried.best == tried.rates[2]
show(
    "8-rates",
    lines,
    curve.rates,
    {"loss": curve.smooth},
    title="The loss while the rate rises",
    x_name="learning rate",
    y_name="loss",
    x_log=True,
)

# %% [markdown]
# ## Overfitting
#
# The next patient looks splendid: 100 %. It has 150 pictures to learn from.
#
# **Predict before you run:** how good will it be on the test pictures? And the loss there, will it fall,
# stay, or rise?

# %%
keep("few", 150, y)
memorised, _ = train("few", epochs=60, learning_rate=0.005)
print("\n— 6. 150 pictures, 60 epochs —")
for epoch in [memorised.epochs[k] for k in (0, 2, 5, 10, 30, 59)]:
    print(
        f"epoch {epoch.epoch + 1:2d}: "
        + "  ".join(f"{name} {value:.3f}" for name, value in epoch.metrics.items())
    )
print(diagnosis.diagnose(memorised).findings[0])
held = [epoch.metrics["val_loss"] for epoch in memorised.epochs]
print(
    f"The loss on the test pictures is lowest after epoch {int(np.argmin(held)) + 1}: "
    f"{min(held):.3f}; at the end {held[-1]:.3f}."
)
assert memorised.metrics["accuracy"] == 1
assert memorised.metrics["val_accuracy"] < 0.8
assert held[-1] > 1.1 * min(held)
assert diagnosis.diagnose(memorised).findings[0].name == "overfitting"
show("8-memorised", plots.curves, memorised, figure="loss")

# %% [markdown]
# **Overfitting.** It is often explained by this picture alone: the loss on new pictures rises, so it gets
# worse. Look at the accuracy there: it does not fall at all. Both are true. The network answers as well as
# before, but it gets ever surer, also of its mistakes, and that is what the loss counts (lesson 2). If you
# only need the answers, no harm was done after that epoch; if you need the probabilities, it was.
#
# The best cure is more examples:

# %%
print("\n— 7. More examples, the same network —")
reached = {}
for count in (150, 600, 2400, 6000):
    keep("some", count, y)
    reached[count] = train("some", epochs=max(3, 9_000 // count), learning_rate=0.002)[0].metrics
    print(
        f"{count:5,} pictures: accuracy {reached[count]['accuracy']:.1%} on them, "
        f"{reached[count]['val_accuracy']:.1%} on the test pictures"
    )
assert reached[6000]["val_accuracy"] > reached[150]["val_accuracy"] + 0.1

# %% [markdown]
# ## Wrong labels
#
# Somebody was tired and gave 600 of the 6,000 digits a wrong label.
#
# **Predict before you run:** 10 % of the labels are lies. Does the accuracy on (right) test labels fall by 10
# points? And can one find the lies?

# %%
rng = np.random.default_rng(8)
lies = rng.permutation(6000)[:600]
spoiled = y[:6000].copy()
spoiled[lies] = (spoiled[lies] + rng.integers(1, 10, size=600)) % 10
keep("spoiled", 6000, spoiled)
tired, _ = train("spoiled")
print("\n— 8. One label in ten is wrong —")
print(
    f"accuracy on the test pictures: {tired.metrics['val_accuracy']:.1%}; "
    f"with right labels {healthy.metrics['val_accuracy']:.1%}"
)
print(diagnosis.diagnose(tired).findings[0])
ranked = diagnosis.suspects(resume.opened(tired))
first = ranked.top(600)
hits = sum(suspect.index in set(lies.tolist()) for suspect in first)
print(f"Of the 600 most suspicious, {hits} have a wrong label ({hits / 600:.0%}); by chance it would be 60.")
assert hits > 0.7 * 600
show(
    "8-suspects",
    plots.digits,
    x[ranked.index[:30]],
    labels=ranked.given[:30],
    said=ranked.other[:30],
    columns=10,
)

# %% [markdown]
# The network learns what most examples say, and the lies contradict each other. So it does not lose 10
# points, and the lies stand out: they are what it would rather have called something else *before* it had
# memorised them. They are **candidates**: some of them are only ugly digits with right labels. Look at
# each (the picture: "7 not 1" is labelled 1).
#
# ## Three checks that find most errors
#
# 1. **The first loss.** Near log(number of classes)? If it is far above, inputs are too large or first
#    weights wrong.
# 2. **Let it memorise 20 examples.** A network that cannot do that has a bug, not a lack of data.
# 3. **Look at the data**, in the shape in which the network gets them, with their labels. Most bugs live
#    there.

# %%
cr.utils.set_random_seed(1)
model = cr.Sequential([cr.Input(shape=(784,)), cr.layers.Dense(64, "relu"), cr.layers.Dense(10, "softmax")])
model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
print("\n— 9. Two checks on a network that is in order —")
print(f"first loss: {model.evaluate(rows, hot, verbose=0)[0]:.2f}  (log 10 = {np.log(10):.2f})")
model.fit(rows[:20], hot[:20], epochs=50, verbose=0)
print(f"20 examples after 50 epochs: {model.evaluate(rows[:20], hot[:20], verbose=0)[1]:.0%} right")
assert model.evaluate(rows[:20], hot[:20], verbose=0)[1] == 1

# %% [markdown]
# ## Exercise
#
# The last patient. The doctor says "no better than one answer". More examples, a smaller network, stopping
# earlier: nothing helps. Why?
#
# Do the third check before you read on.

# %%
answer = None  # yours, such as "examples": what is wrong: "examples", "network", "stopping" or "labels"
check(
    answer,
    lambda it: it == "labels",
    hint="the third check looks at what the network says beside what the file says",
)

# %%
keep("odd", 6000, y, test_labels=(y_test + 1) % 10)
odd, odd_model = train("odd")
finding = diagnosis.diagnose(odd).findings[0]
print("\n— Exercise —")
print(
    f"{odd.metrics['accuracy']:.1%} right on what it learns from, "
    f"{odd.metrics['val_accuracy']:.1%} on what was held back"
)
print(f"The doctor: {finding.name}. {finding.says}")
data = datasets.load(folder / "odd.npz")
said = odd_model.predict(data.x_test.astype("float32") / 255, verbose=0).argmax(axis=1)
table = plots.confusion_counts(data.y_test, said, classes=10)
print("it is / it said  " + " ".join(f"{digit:4d}" for digit in range(10)))
for digit in range(10):
    print(f"{digit:15d}  " + " ".join(f"{count or '.':>4}" for count in table[digit]))
beside = sum(table[(digit + 1) % 10, digit] for digit in range(10)) / table.sum()
print(
    f"{beside:.0%} of the held-back labels are exactly one more than the answer: "
    "not the network, the labels of that file are wrong."
)
print("A doctor sees figures. What the data mean, only you can see.")
assert finding.name == "no better than one answer"
assert beside > 0.8
