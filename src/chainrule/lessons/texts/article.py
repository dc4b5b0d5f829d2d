# %% [markdown]
# # The listing that every article shows
#
# There is a program of some fifteen lines that hundreds of articles show: it teaches a network to read
# handwritten digits. Here it is, cell by cell, and beside each cell stand **the lines of the engine that it
# runs**. Below it, four things that such articles often say wrongly are measured, and what the whole thing
# costs is counted.
#
# The articles take all 60,000 pictures and ten rounds. So that you need not wait, it is 12,000 and two here;
# change the two numbers for the whole.

# %%
import tempfile
from itertools import pairwise
from pathlib import Path

import numpy as np

import chainrule as cr
from chainrule import backprop, plots
from chainrule.lessons import check, lines, show, source

EXAMPLES, EPOCHS = 12_000, 2

# %% [markdown]
# ## The data
#
# 28 x 28 pixels from 0 to 255 become a row of 784 numbers from 0 to 1; the digit 3 becomes ten numbers, of
# which the fourth is 1.

# %%
print("— 1. The data —")
(x_train, y_train), (x_test, y_test) = cr.datasets.mnist.load_data()
show("article-digits", plots.digits, x_train[:20], y_train[:20])

x = x_train[:EXAMPLES].reshape(-1, 784).astype("float32") / 255
y = cr.utils.to_categorical(y_train[:EXAMPLES], 10)
x_judged, y_judged = x_test.reshape(-1, 784).astype("float32") / 255, cr.utils.to_categorical(y_test, 10)
print(f"x {x.shape}, from {x.min():.0f} to {x.max():.0f};  the answer {y_train[0]} is {y[0].astype(int)}")
assert y[0].argmax() == y_train[0]

# %% [markdown]
# ## The network
#
# Three layers. `Dense` is one weighted sum for each of its neurons, and that is all its forward pass does;
# its backward pass is two questions: what must the layer below know, and what do I learn from it?

# %%
print("\n— 2. The network —")
cr.utils.set_random_seed(1)
model = cr.Sequential(
    [
        cr.Input(shape=(784,)),
        cr.layers.Dense(784, activation="relu"),
        cr.layers.Dense(100, activation="relu"),
        cr.layers.Dense(10, activation="softmax"),
    ]
)
for method in (cr.layers.Dense.forward, cr.layers.Dense.backward, cr.layers.Dense.gradients):
    source(method)
assert model.count_params() == 694_950

# %% [markdown]
# ## How it is to learn
#
# `compile` only writes down what is wanted: how wrongness is measured, and how a weight follows its slope.
# Adam's rule for one weight is a few lines.

# %%
print("\n— 3. How it learns —")
model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
source(cr.losses.CategoricalCrossentropy.derivative)
source(cr.optimizers.Adam.rule)

# %% [markdown]
# ## Learning
#
# `fit` deals the examples out in batches of 32 and takes one **step** for each: forward through the layers,
# back again, and every weight moves a little. One step is this function:

# %%
print("\n— 4. Learning —")
source(backprop.make_step)
losses: list[float] = []
watch = cr.callbacks.LambdaCallback(on_train_batch_end=lambda _, logs: losses.append(logs["loss"]))
history = model.fit(x, y, batch_size=32, epochs=EPOCHS, verbose=2, callbacks=[watch])
show(
    "article-loss",
    lines,
    list(range(1, len(losses) + 1)),
    {"mean loss of the epoch so far": losses},
    title="Two epochs of 375 steps",
    x_name="step",
    y_name="loss",
)

# %% [markdown]
# ## Judging, and saving
#
# **Predict before you run:** how many of 100 digits that it has never seen does it read after these two short
# rounds?

# %%
print("\n— 5. Judged on 10,000 digits it has not seen —")
loss, accuracy = model.evaluate(x_judged, y_judged, verbose=0)
print(f"loss {loss:.4f}, accuracy {accuracy:.2%}")
show("article-confusion", plots.confusion, y_test, model.predict(x_judged, verbose=0))
file = Path(tempfile.mkdtemp()) / "digits.keras"
model.save(file)
size = file.stat().st_size
assert accuracy > 0.93

# %% [markdown]
# ## What articles say wrongly, measured
#
# **1. "The file has 8 KB."** Articles copy this figure from each other.
#
# **Predict before you run:** how large is it? There are 694,950 weights of 4 bytes, and Adam keeps two more
# numbers for each of them.

# %%
print("\n— 6. The file —")
print(f"694,950 · 3 · 4 bytes = {694_950 * 12:,} bytes; the file has {size:,}: megabytes, not kilobytes")
assert 8_300_000 < size < 8_700_000

# %% [markdown]
# **2. "One cycle of forward and back is an epoch."** It is a *step*. An epoch is all steps that it takes until
# every example had its turn once.

# %%
print("\n— 7. Steps and epochs —")
steps = model.optimizer.iterations
print(
    f"{EPOCHS} epochs were {steps} cycles of forward and back: {EXAMPLES:,} / 32 = {EXAMPLES // 32} an epoch"
)
assert steps == EPOCHS * EXAMPLES // 32 == len(losses)

# %% [markdown]
# **3. "The activation squeezes the sum into 0..1."** Some do. The one in this listing does not.

# %%
print("\n— 8. What activations do —")
for name in ("relu", "tanh", "sigmoid"):
    a = cr.activations.get(name)(np.array([-5.0, 0.5, 5.0]))
    print(f"{name:8s} makes of -5, 0.5, 5:  {a[0]:7.4f} {a[1]:7.4f} {a[2]:7.4f}")
inside = cr.Sequential(model.layers[:1])
hidden = inside.predict(x_judged[:500], verbose=0)
print(f"in this network, between layer 1 and 2: from {hidden.min():.2f} to {hidden.max():.2f}")
assert hidden.max() > 1

# %% [markdown]
# **4. "Stochastic gradient descent starts at a random point of the curve."** Every gradient descent starts
# where the first weights happen to be. What is *stochastic* is that each step looks at a random **part of
# the data**: it gets a slope that is nearly, but not quite, that of all data.
#
# **Predict before you run:** from the same weights, do two batches point the same way? And does the mean of
# many batches point where all examples together point?

# %%
print("\n— 9. What is random —")


def slope(chosen: np.ndarray) -> np.ndarray:
    """The slope of the last layer's weights at the weights of now, measured on some examples."""
    probe = cr.models.clone_model(model)
    probe.set_weights(model.get_weights())
    probe.compile(cr.optimizers.SGD(1.0), "categorical_crossentropy")
    probe.train_on_batch(x[chosen], y[chosen])
    return np.asarray(model.get_weights()[4] - probe.get_weights()[4], np.float64).ravel()


def alike(one: np.ndarray, other: np.ndarray) -> float:
    """1: the same direction; 0: at right angles."""
    return float(one @ other / np.sqrt((one @ one) * (other @ other)))


everything = np.arange(3200)
whole = slope(everything)
order = np.random.default_rng(1).permutation(3200)
parts = [slope(order[k * 32 : (k + 1) * 32]) for k in range(100)]
print(f"two batches, from the same weights: alike by {alike(parts[0], parts[1]):.2f}")
print(f"each of 100 batches and all their examples: {np.mean([alike(part, whole) for part in parts]):.2f}")
print(f"the mean of the 100 batches and all their examples: {alike(np.mean(parts, axis=0), whole):.4f}")
assert alike(parts[0], parts[1]) < 0.9
assert alike(np.mean(parts, axis=0), whole) > 0.999

# %% [markdown]
# ## What it costs
#
# Nearly all the work is multiplying. A layer from n to m neurons multiplies n · m times to answer one example.
# To learn from it, it multiplies as often again for the slopes of its weights, and once more to tell the
# layer below; the first layer has nobody below.

# %%
print("\n— 10. Multiplications —")
sizes = [784, 784, 100, 10]
forward = [n * m for n, m in pairwise(sizes)]
prediction = sum(forward)
learning = 3 * prediction - forward[0]
for name, count in (
    ("a prediction", prediction),
    ("a step of 32 examples", 32 * learning),
    ("an epoch of 60,000 examples", 60_000 * learning),
    ("ten epochs", 600_000 * learning),
):
    print(f"{name:28s} {count:>19,}")
print(f"The first layer alone is {forward[0] / prediction:.0%} of it: 784 neurons are dear.")
layers_say = sum(layer.multiplications(layer.input_shape) for layer in model.layers)
assert layers_say == prediction == 694_056
assert learning == 1_467_512

# %% [markdown]
# ## Exercise
#
# Somebody takes 32 neurons in the first layer instead of 784. How many multiplications is a prediction then,
# and how many is a step of 32 examples?

# %%
answer = None  # yours, such as (1000, 5000): multiplications of a prediction, and of a step
check(
    answer,
    lambda it: tuple(it) == (29_288, 32 * (3 * 29_288 - 25_088)),
    hint="784 · 32 + 32 · 100 + 100 · 10; a step is three times that, without what layer 1 need not tell",
)

# %%
small = 784 * 32 + 32 * 100 + 100 * 10
print("\n— Exercise —")
print(
    f"a prediction {small:,}, a step {32 * (3 * small - 784 * 32):,}: "
    f"{learning / (3 * small - 784 * 32):.0f} times less"
)
assert small == 29_288
