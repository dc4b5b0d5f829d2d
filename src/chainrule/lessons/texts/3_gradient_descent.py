# %% [markdown]
# # 3. Downhill: gradient descent and the learning rate
#
# We can say how wrong a network is (lesson 2). Now its weights shall become better ones. The idea is as old
# as mountains: feel which way the ground falls, and take a step that way. How long a step? That turns out to
# be the most important number in this whole business.

# %%
import numpy as np

import chainrule as cr
from chainrule import plots
from chainrule.lessons import check, lines, show

# %% [markdown]
# ## One weight
#
# The smallest model there is: prediction = w · x. One example: x = 2, and the truth is 6. (You see at once
# that w should be 3. The model does not.)


# %%
def loss(w: float) -> float:
    """The squared error of w · 2 against 6."""
    return (w * 2 - 6) ** 2


print("— 1. The loss for some weights —")
for w in (0, 1, 2, 3, 4, 5):
    print(f"w = {w}:  prediction {w * 2:2d}, loss {loss(w):2.0f}  " + "#" * int(loss(w)))

# %% [markdown]
# A valley. We stand at w = 0 and cannot see it: we only know the loss where we are. But we can feel the
# slope: move w a little to both sides and look how much the loss changes.
#
# **Predict before you run:** is the slope at w = 0 positive or negative? And at w = 4?


# %%
def slope(w: float) -> float:
    """How fast the loss changes with w, measured."""
    return (loss(w + 0.0001) - loss(w - 0.0001)) / 0.0002


print("\n— 2. The slope —")
for w in (0.0, 2.0, 3.0, 4.0):
    by_formula = 2 * (w * 2 - 6) * 2
    print(f"w = {w:.0f}:  measured {slope(w):+8.4f}, by the formula 2 · (w · 2 - 6) · 2 = {by_formula:+.0f}")
    assert abs(slope(w) - by_formula) < 1e-6

# %% [markdown]
# Negative means: the loss falls when w grows. So always step *against* the slope. The slope is called the
# **derivative** of the loss by w, and with many weights the list of all slopes is the **gradient**. The step
# is the slope times a small number, the **learning rate**:
#
# > new w = w - rate · slope
#
# That is **gradient descent**, the whole of it.

# %%
print("\n— 3. Ten steps downhill, rate 0.05 —")
w = 0.0
for step in range(10):
    print(
        f"step {step}:  w = {w:.4f}   loss {loss(w):8.4f}   slope "
        f"{slope(w):+9.4f}   w moves by {-0.05 * slope(w):+.4f}"
    )
    w -= 0.05 * slope(w)
print(f"after:   w = {w:.4f}   loss {loss(w):8.4f}")
assert abs(w - 3 * (1 - 0.6**10)) < 1e-6

# %% [markdown]
# The steps get shorter by themselves: near the bottom the slope is small. Nobody had to slow down.
#
# Chainrule does the same when its optimizer is `SGD` (what the S means is lesson 4).

# %%
model = cr.Sequential([cr.Input(shape=(1,)), cr.layers.Dense(1, use_bias=False)])
model.set_weights([np.array([[0.0]])])
model.compile(cr.optimizers.SGD(learning_rate=0.05), "mean_squared_error")
model.fit(np.array([[2.0]]), np.array([[6.0]]), epochs=10, verbose=0)
print(f"Chainrule after ten steps: w = {model.get_weights()[0][0, 0]:.4f}")
assert abs(model.get_weights()[0][0, 0] - w) < 1e-4

# %% [markdown]
# ## The learning rate
#
# **Predict before you run:** six rates, 0.001, 0.05, 0.125, 0.24, 0.25 and 0.26. Which is the fastest? What
# happens with the largest?

# %%
rates = (0.001, 0.05, 0.125, 0.24, 0.25, 0.26)
ways = {}
for rate in rates:
    w, way = 0.0, [0.0]
    for _ in range(20):
        w -= rate * 2 * (w * 2 - 6) * 2
        way.append(w)
    ways[rate] = way
print("\n— 4. The first steps with six rates, and the 20th —")
for rate, way in ways.items():
    print(f"rate {rate:5.3f}:  " + "  ".join(f"{w:7.3f}" for w in way[:6]) + f"  ...  {way[20]:8.3f}")
assert abs(ways[0.125][1] - 3) < 1e-9
assert abs(ways[0.25][20] - ways[0.25][0]) < 1e-9
assert abs(ways[0.26][20] - 3) > 10
steps = range(21)
show(
    "3-rates",
    lines,
    steps,
    {f"rate {rate}": ways[rate] for rate in (0.001, 0.05, 0.125, 0.24, 0.26)},
    title="Where w goes: it should go to 3",
    x_name="step",
    y_name="w",
)

# %% [markdown]
# - 0.001 goes the right way and would take thousands of steps. Nothing is wrong with it but the waiting.
# - 0.125 is there in *one* step.
# - 0.24 jumps over the bottom to the other side, back again, and gets there slowly.
# - 0.25 jumps to and fro for ever between 0 and 6.
# - 0.26 jumps a little further each time, and flies away.
#
# There is a sharp border, and it can be calculated. The distance to 3 is multiplied by the same number in
# every step: put the slope 8 · (w - 3) into the rule, and the new distance is (1 - 8 · rate) times the old.
# It shrinks as long as that number is between -1 and 1, so for rates below 2/8 = 0.25. The 8 says how
# strongly the valley is bent (its **curvature**, the slope of the slope). The more bent a valley, the smaller
# the steps it allows:
#
# > the largest rate that works = 2 / curvature

# %%
print("\n— 5. The distance to the bottom, from step to step —")
for rate in (0.05, 0.24, 0.26):
    factors = [(ways[rate][k + 1] - 3) / (ways[rate][k] - 3) for k in range(5)]
    print(f"rate {rate}:  measured {np.round(factors, 4)}   1 - 8 · rate = {1 - 8 * rate:+.2f}")
    assert np.allclose(factors, 1 - 8 * rate)

# %% [markdown]
# ## Two weights
#
# Now a line: prediction = slope · x + intercept (a neuron with one input and no activation). Somebody drove a
# car and noted the minutes and the kilometres.

# %%
rng = np.random.default_rng(3)
minutes = rng.uniform(0, 10, size=40)
km = 1.5 * minutes + 4 + rng.normal(0, 1, size=40)


def gradient(a: float, b: float, x: np.ndarray) -> np.ndarray:
    """The slopes of the mean squared error of a · x + b, by a and by b."""
    error = a * x + b - km
    return np.array([2 * (error * x).mean(), 2 * error.mean()])


def descend(x: np.ndarray, rate: float, enough: float = 1e-4, most: int = 100_000) -> tuple[int, np.ndarray]:
    """Steps until the gradient is nearly nothing, and the weights then."""
    weights = np.zeros(2)
    for step in range(most):
        g = gradient(*weights, x)
        if np.abs(g).max() < enough:
            return step, weights
        if np.abs(weights).max() > 1e6:
            return -1, weights
        weights = weights - rate * g
    return most, weights


exact = np.polyfit(minutes, km, 1)
count, found = descend(minutes, 0.02)
print("\n— 6. A line through 40 points —")
print(f"gradient descent: {found[0]:.4f} · x + {found[1]:.4f}, after {count} steps")
print(f"exact solution:   {exact[0]:.4f} · x + {exact[1]:.4f}")
assert np.allclose(found, exact, atol=1e-2)
show("3-line-fit", plots.line_fit, minutes, km, rate=0.03, steps=100, start=(0.0, 0.0))

# %% [markdown]
# One often hears that the gradient "points to the minimum". It points where it is steepest *here*. That is
# something else.
#
# **Predict before you run:** we are at (0, 0). What is the angle between the first step and the way to the
# minimum? And after 20 steps?

# %%
print("\n— 7. Does it point to the minimum? —")
weights, angles = np.zeros(2), []
for _step in range(21):
    g, way = -gradient(*weights, minutes), exact - weights
    angles.append(np.degrees(np.arccos(np.clip(g @ way / np.linalg.norm(g) / np.linalg.norm(way), -1, 1))))
    weights = weights + 0.03 * g
for step in (0, 1, 2, 5, 10, 20):
    print(f"before step {step:2d}: {angles[step]:.0f} degrees beside the way to the minimum")
assert min(angles[:11]) > 45

# %% [markdown]
# The valley is long and narrow: steep across, almost flat along. The steep direction decides how long steps
# may be (else they fly away), and the flat direction then takes hundreds of them. How much longer than wide a
# valley is can be calculated: the curvatures along its two axes.


# %%
def curvatures(x: np.ndarray) -> np.ndarray:
    """How strongly the valley is bent along its axes: from the mean of x and of its squares."""
    return np.linalg.eigvalsh(2 * np.array([[(x * x).mean(), x.mean()], [x.mean(), 1]]))


flat, steep = curvatures(minutes)
print("\n— 8. A narrow valley —")
print(f"curvatures {flat:.2f} and {steep:.2f}: {steep / flat:.0f} times as bent across as along")
for rate in (0.99 * 2 / steep, 1.01 * 2 / steep):
    steps, _ = descend(minutes, rate)
    print(
        f"rate {rate:.4f}, 2 / {steep:.2f} times {rate * steep / 2:.2f}: "
        + (f"arrives after {steps} steps" if steps >= 0 else "flies away")
    )
assert descend(minutes, 0.99 * 2 / steep)[0] >= 0
assert descend(minutes, 1.01 * 2 / steep)[0] == -1

# %% [markdown]
# ## Three ways out of a narrow valley
#
# 1. **Change the valley.** It is narrow because x goes from 0 to 10 and is never negative. Take the mean off
#    and divide by the spread, so that x lies around 0 and is about 1 in size. (That is why pixels are divided
#    by 255.)
# 2. **Keep moving.** A ball does not stop and think at each step: it keeps part of its speed. That is
#    **momentum**.
# 3. **A rate for each weight**, from the size of its recent gradients. The best known way is called **Adam**.
#
# **Predict before you run:** how many steps does the first way save?

# %%
even = (minutes - minutes.mean()) / minutes.std()
plain, _ = descend(minutes, 1.9 / steep)
scaled, _ = descend(even, 0.4)
print("\n— 9. Steps until the gradient is below 0.0001 —")
print(f"as it is:          {plain:5d}   (curvatures {flat:.2f} and {steep:.2f})")
print(
    f"x brought to size: {scaled:5d}   (curvatures {curvatures(even)[0]:.2f} and {curvatures(even)[1]:.2f})"
)
assert scaled * 10 < plain


def steps_with(optimizer: cr.optimizers.Optimizer, most: int = 1000) -> int:
    """Steps that an optimizer of Chainrule takes until the loss is within 1 % of the least."""
    line = cr.Sequential([cr.Input(shape=(1,)), cr.layers.Dense(1)])
    line.set_weights([np.zeros((1, 1)), np.zeros(1)])
    line.compile(optimizer, "mean_squared_error")
    history = line.fit(minutes[:, None], km, batch_size=40, epochs=most, verbose=0).history["loss"]
    least = ((np.polyval(exact, minutes) - km) ** 2).mean()
    return next((step for step, value in enumerate(history) if value < 1.01 * least), most)


counts = {
    "SGD": steps_with(cr.optimizers.SGD(0.025)),
    "SGD with momentum 0.9": steps_with(cr.optimizers.SGD(0.025, momentum=0.9)),
    "Adam": steps_with(cr.optimizers.Adam(0.5)),
}
print("\nSteps until the loss is within 1 % of the least, x as it is:")
for name, steps in counts.items():
    print(f"{name:22s} {steps:4d}")
assert counts["SGD with momentum 0.9"] < counts["SGD"]
assert counts["Adam"] < counts["SGD"]

# %% [markdown]
# (These rates were chosen for each. An optimizer with a badly chosen rate loses against any other with a good
# one, so comparisons in which nobody looked for the rates prove nothing.)
#
# ## Exercise
#
# Somebody notes seconds instead of minutes: all x are 60 times as large. What is the largest rate that works
# now? Guess first: the same, 60 times smaller, or 3,600 times smaller? Then calculate it, and try one per
# cent more and less.

# %%
answer = None  # yours, such as 60: how many times smaller
check(
    answer,
    lambda it: it == 3600,
    hint="the slope of the error has x twice as a factor: once in the error, once in what moves it",
)

# %%
seconds = minutes * 60
border, before = 2 / curvatures(seconds)[1], 2 / curvatures(minutes)[1]


def flies_away(rate: float) -> bool:
    """Whether 1,000 steps at this rate lead away from the minimum instead of towards it."""
    weights = np.zeros(2)
    for _ in range(1000):
        weights = weights - rate * gradient(*weights, seconds)
    return bool(np.abs(gradient(*weights, seconds)).max() > np.abs(gradient(0, 0, seconds)).max())


print("\n— Exercise —")
print(
    f"minutes: rates below {before:.6f} work;  seconds: below {border:.9f}, "
    f"{before / border:,.0f} times smaller"
)
print(
    f"one per cent less: {'flies away' if flies_away(0.99 * border) else 'works'};"
    f"  one per cent more: {'flies away' if flies_away(1.01 * border) else 'works'}"
)
print(
    "The curvature goes with the square of x. So bring your inputs to a sensible size before "
    "you learn from them."
)
assert 3000 < before / border < 4000
assert not flies_away(0.99 * border)
assert flies_away(1.01 * border)
