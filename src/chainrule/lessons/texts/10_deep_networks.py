# %% [markdown]
# # 10. Why deep networks starved, and what feeds them
#
# More layers can say more. For twenty years hardly anybody could train them. Here you see why in ten lines of
# numbers, and what normalization does about it.

# %%
import numpy as np

import chainrule as cr
from chainrule.lessons import check, lines, show

L = cr.layers
rng = np.random.default_rng(7)

# %% [markdown]
# ## A product of small numbers
#
# On the way back, each sigmoid multiplies the slope by its own: a (1 - a).
#
# **Predict before you run:** what is the largest value that a (1 - a) can have? What is left of a slope of 1
# after ten sigmoids at their very best?

# %%
print("— 1. A product of small numbers —")
a = np.linspace(0, 1, 1001)
best = float((a * (1 - a)).max())
print(f"the largest slope of a sigmoid: {best}")
print(f"after 10 of them, at best: {best}^10 = {best**10:.7f}")
assert best == 0.25

# %% [markdown]
# ## In a network
#
# Ten hidden layers of 32 units. We send 64 examples forward, and look at the slopes on the way back, layer by
# layer. Each line is the mean size of the slope of the loss by a layer's kernel.


# %%
def slopes(activation: str, normalized: bool) -> list[float]:
    """The mean size of the slope of the loss by the kernel of each of ten layers, from the first to the last."""
    cr.utils.set_random_seed(5)
    layers: list[L.Layer] = [cr.Input((32,))]
    for _ in range(10):
        layers += [L.Dense(32), *([L.BatchNormalization()] if normalized else []), L.Activation(activation)]
    model = cr.Sequential([*layers, L.Dense(1)])
    before = model.get_weights()
    model.compile(
        cr.optimizers.SGD(1.0), "mse", backend="numpy"
    )  # with a rate of 1, a step is minus the slope
    x = rng.normal(size=(64, 32)).astype(np.float32)
    model.train_on_batch(x, x[:, :1])
    after = model.get_weights()
    kernels = [k for k, w in enumerate(before) if w.ndim == 2][:10]
    return [float(np.abs(after[k] - before[k]).mean()) for k in kernels]


print("\n— 2. The slope that arrives at each layer —")
arrived = {
    "sigmoid": slopes("sigmoid", normalized=False),
    "sigmoid, normalized": slopes("sigmoid", normalized=True),
    "relu": slopes("relu", normalized=False),
}
for name, sizes in arrived.items():
    print(
        f"{name:20} first layer {sizes[0]:.1e}   last layer {sizes[-1]:.1e}   "
        f"share that arrives {sizes[0] / sizes[-1]:.0e}"
    )
starved = arrived["sigmoid"][0] / arrived["sigmoid"][-1]
fed = arrived["sigmoid, normalized"][0] / arrived["sigmoid, normalized"][-1]
assert fed > 100 * starved
show(
    "arrives",
    lines,
    range(1, 11),
    {name: np.log10(sizes).tolist() for name, sizes in arrived.items()},
    x_name="layer",
)

# %% [markdown]
# ## What normalization does
#
# Before each bend it shifts and scales the sums of a unit over the batch to mean 0 and spread 1. There a
# sigmoid is steepest, and the sums can no longer drift to where it is flat. Its own two numbers, gamma and
# beta, can undo that where it does not help.
#
# **Predict before you run:** sums of 50 and 52 go into a normalization. What comes out?

# %%
print("\n— 3. Normalization —")
sums = np.array([50.0, 52.0])
mean, spread = sums.mean(), np.sqrt(sums.var() + 0.001)  # Keras adds 0.001, so that nothing is divided by 0
y = (sums - mean) / spread
print(f"50 and 52 become {y[0]:+.4f} and {y[1]:+.4f}: (50 - 51) / √(1 + 0.001)")
assert abs(y[0] + 0.9995) < 1e-4

# %% [markdown]
# ## Does it learn?
#
# The same ten layers on the two moons of 400 points, 40 epochs.

# %%
angle = rng.uniform(0, np.pi, 400)
second = rng.integers(0, 2, 400)
points = np.stack([np.cos(angle) + second, np.where(second, 0.5 - np.sin(angle), np.sin(angle))], axis=1)
points = (points + 0.05 * rng.normal(size=points.shape)).astype(np.float32)
print("\n— 4. Does it learn? —")
right = {}
for name, normalized in (("sigmoid", False), ("sigmoid, normalized", True)):
    cr.utils.set_random_seed(5)
    layers = [cr.Input((2,))]
    for _ in range(10):
        layers += [L.Dense(32), *([L.BatchNormalization()] if normalized else []), L.Activation("sigmoid")]
    model = cr.Sequential([*layers, L.Dense(1, activation="sigmoid")])
    model.compile(cr.optimizers.Adam(0.01), "binary_crossentropy", metrics=["accuracy"], backend="numpy")
    history = model.fit(points, second, epochs=40, verbose=0).history
    right[name] = history["accuracy"][-1]
    print(f"{name:20} right on {right[name]:.0%} of the training points")
assert right["sigmoid, normalized"] > 0.95 > right["sigmoid"]

# %% [markdown]
# ## Exercise
#
# With tanh, whose largest slope is 1, does the slope arrive? Change the activation in cell 2 and see.

# %%
answer = None  # yours, such as "sigmoid": which lets more of the slope arrive, "sigmoid" or "tanh"
check(
    answer,
    lambda it: it == "tanh",
    hint="sigmoid's largest slope is a quarter, and ten quarters are multiplied",
)

# %%
print("\n— Exercise —")
sizes = slopes("tanh", normalized=False)
print(f"tanh: share that arrives {sizes[0] / sizes[-1]:.0e}")
assert sizes[0] / sizes[-1] > starved
