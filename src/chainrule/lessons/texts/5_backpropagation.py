# %% [markdown]
# # 5. Who is to blame? Backpropagation by hand
#
# To learn, a network needs the slope of the loss by every one of its weights. Lesson 3 measured slopes by
# moving a weight a little. That works for one weight. Here is how one gets *all* of them at once, with
# nothing but multiplications, on a network small enough to write down every number: 2 inputs, 3 hidden
# neurons, 2 answers.
#
# In the end each number is checked in three ways that know nothing of each other.

# %%
import os
import time

import numpy as np

import chainrule as cr
from chainrule import explain
from chainrule.lessons import check, lines, show

# %% [markdown]
# ## Gears
#
# One turn of the pedals turns the chain wheel 3 times, and one turn of that turns the wheel twice. How often
# does the wheel turn? 3 · 2 = 6 times. That is the whole idea. If y changes 3 times as much as x, and z
# changes 2 times as much as y, then z changes 6 times as much as x. Mathematicians call it the **chain
# rule**.
#
# **Predict before you run:** y = x², and L = 5 · y. At x = 4 the slope of y by x is 2 · x = 8. What is the
# slope of L by x?

# %%
moved = (5 * 4.001**2 - 5 * 3.999**2) / 0.002
print("— 1. Gears —")
print(f"slope of L by x: 5 · 8 = {5 * 8}; measured {moved:.4f}")
assert abs(moved - 40) < 1e-6

# %% [markdown]
# ## Forward, number by number
#
# All weights are made up. The example is x = (1, 2), and the right answer is the first of the two.

# %%
x = [1.0, 2.0]
y = [1.0, 0.0]
W1 = [[0.5, -0.3, 0.8], [0.25, 0.4, -0.6]]  # W1[i][j]: from input i to hidden neuron j
b1 = [0.1, 0.0, -0.2]
W2 = [[0.7, -0.5], [-0.4, 0.6], [0.3, 0.2]]  # W2[j][k]: from hidden neuron j to answer k
b2 = [0.05, -0.05]

print("\n— 2. Forward —")
z1 = []
for j in range(3):
    z1.append(x[0] * W1[0][j] + x[1] * W1[1][j] + b1[j])
    print(f"z1[{j}] = {x[0]} · {W1[0][j]} + {x[1]} · {W1[1][j]} + {b1[j]} = {z1[j]:.4f}")
a1 = [max(z, 0.0) for z in z1]
for j in range(3):
    print(f"a1[{j}] = relu({z1[j]:.4f}) = {a1[j]:.4f}")
z2 = []
for k in range(2):
    z2.append(a1[0] * W2[0][k] + a1[1] * W2[1][k] + a1[2] * W2[2][k] + b2[k])
    written = " + ".join(f"{a1[j]:.4f} · {W2[j][k]}" for j in range(3))
    print(f"z2[{k}] = {written} + {b2[k]} = {z2[k]:.4f}")
e = [float(np.exp(z)) for z in z2]
p = [e[0] / (e[0] + e[1]), e[1] / (e[0] + e[1])]
for k in range(2):
    print(f"p[{k}]  = exp({z2[k]:.4f}) / (exp({z2[0]:.4f}) + exp({z2[1]:.4f})) = {p[k]:.4f}")
loss = -float(np.log(p[0]))
print(f"loss  = -log {p[0]:.4f} = {loss:.4f}")
assert abs(sum(p) - 1) < 1e-12

# %% [markdown]
# ## Backward
#
# Now from the end to the beginning. The letter **d** in front of a name means: *the slope of the loss by
# this*, how much the loss changes when this number moves a little and everything behind it follows. We go
# step by step, and each d is made from the one behind it.
#
# First dz2. Lesson 2 found that sigmoid and cross-entropy have the slope "prediction minus truth". The same
# holds for softmax: **dz2 = p - y**.
#
# **Predict before you run:** which sign has dz2[0], the slope by the sum of the *right* answer? Should it
# grow or shrink?

# %%
print("\n— 3. Backward —")
dz2 = [p[k] - y[k] for k in range(2)]
for k in range(2):
    print(f"dz2[{k}] = p - y = {p[k]:.4f} - {y[k]:.0f} = {dz2[k]:+.4f}")

# %% [markdown]
# Negative: the loss falls when z2[0] grows. Good.
#
# z2[0] was made as a1[0] · W2[0][0] + ... So when **W2[0][0]** moves by 1, z2[0] moves by a1[0], and the loss
# by a1[0] · dz2[0]. Two gears. In general: the slope by a weight = **what came in · the d of what it went
# into**. For a bias, 1 came in.

# %%
# (+ 0.0 turns a -0.0 into 0.0)
dW2 = [[a1[j] * dz2[k] + 0.0 for k in range(2)] for j in range(3)]  # noqa: N816 - the letters of the book
db2 = list(dz2)
for j in range(3):
    for k in range(2):
        print(f"dW2[{j}][{k}] = a1[{j}] · dz2[{k}] = {a1[j]:.4f} · ({dz2[k]:+.4f}) = {dW2[j][k]:+.4f}")
print(f"db2 = dz2 = ({db2[0]:+.4f}, {db2[1]:+.4f})")

# %% [markdown]
# Look at a hidden neuron: **a1[0]** goes into *both* answers. When it moves by 1, z2[0] moves by W2[0][0],
# and z2[1] by W2[0][1]. Both ways count, so they are added: da1[0] = dz2[0] · W2[0][0] + dz2[1] · W2[0][1].
# The same weights as forward, walked the other way. That is where the name comes from: the blame is
# **propagated back**.
#
# Then through the relu. Where it let z1 through, it lets the blame through. Where it said 0, moving z1 a
# little changes nothing.
#
# **Predict before you run:** which of the three hidden neurons will get no blame at all?

# %%
da1 = [dz2[0] * W2[j][0] + dz2[1] * W2[j][1] for j in range(3)]
for j in range(3):
    print(f"da1[{j}] = ({dz2[0]:+.4f}) · {W2[j][0]} + ({dz2[1]:+.4f}) · {W2[j][1]} = {da1[j]:+.4f}")
dz1 = [da1[j] if z1[j] > 0 else 0.0 for j in range(3)]
for j in range(3):
    why = f"z1[{j}] = {z1[j]:.4f} is above 0" if z1[j] > 0 else f"z1[{j}] = {z1[j]:.4f} is not above 0"
    print(f"dz1[{j}] = {dz1[j]:+.4f}   ({why})")
dW1 = [[x[i] * dz1[j] for j in range(3)] for i in range(2)]  # noqa: N816 - the letters of the book
db1 = list(dz1)
for i in range(2):
    print(f"dW1[{i}]  = x[{i}] · dz1 = " + "  ".join(f"{dW1[i][j]:+.4f}" for j in range(3)))
assert dz1[2] == 0

# %% [markdown]
# Done: all 17 slopes, and each cost one or two multiplications. The steps forward were *multiply, add, bend*;
# backward they are *bend, multiply, add*. Nothing else happens in any network, however large.
#
# ## Check 1: measured
#
# We claimed what every d means. So move each of the 17 weights by 0.00001 to both sides, go forward, and look
# at the loss.

# %%
weights = [np.array(part) for part in (W1, b1, W2, b2)]
ours = [np.array(part) for part in (dW1, db1, dW2, db2)]
names = ("W1", "b1", "W2", "b2")


def loss_of(parts: list[np.ndarray], x: np.ndarray, y: np.ndarray) -> float:
    """Forward, in four lines: the mean loss of some examples, one in each row of x and y."""
    hidden = np.maximum(x @ parts[0] + parts[1], 0)
    z = hidden @ parts[2] + parts[3]
    probabilities = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    return float(-np.log((probabilities * y).sum(axis=1)).mean())


def measured(parts: list[np.ndarray], x: np.ndarray, y: np.ndarray, h: float = 1e-5) -> list[np.ndarray]:
    """The slopes by all weights, by moving each of them."""
    found = []
    for part in parts:
        slopes = np.zeros(part.shape)
        for place in np.ndindex(part.shape):
            was = part[place]
            part[place] = was + h
            up = loss_of(parts, x, y)
            part[place] = was - h
            slopes[place] = (up - loss_of(parts, x, y)) / (2 * h)
            part[place] = was
        found.append(slopes)
    return found


one_x, one_y = np.array([x]), np.array([y])
by_moving = measured(weights, one_x, one_y)
print("\n— 4. By hand and measured, all 17 —")
for name, hand, moved in zip(names, ours, by_moving, strict=True):
    for place in np.ndindex(hand.shape):
        label = name + "".join(f"[{i}]" for i in place)
        print(f"d{label:8s} by hand {hand[place]:+.8f}   measured {moved[place]:+.8f}")
    assert np.allclose(hand, moved, atol=1e-9)

# %% [markdown]
# How small should the move be? **Predict before you run:** the smaller, the better?

# %%
moves = 10.0 ** -np.arange(1, 16)
errors = [abs(measured(weights, one_x, one_y, h)[0][0, 0] - dW1[0][0]) for h in moves]
print("\n— 5. How far a measured slope is off —")
for h, error in zip(moves, errors, strict=True):
    print(f"move {h:.0e}: off by {error:.1e}")
assert 1e-8 < moves[int(np.argmin(errors))] < 1e-2
show(
    "5-measuring",
    lines,
    moves,
    {"error": errors},
    log=True,
    title="Too large a move sees the bend, too small a move sees rounding",
    x_name="how far the weight was moved",
    y_name="error of the slope",
    x_log=True,
)

# %% [markdown]
# No. A large move sees that the hill is bent; a tiny one drowns in rounding, because computers keep about 16
# digits. In between is best. So measuring is for *checking*; the by-hand way has no such worry.
#
# ## Check 2: Chainrule
#
# Chainrule contains these very lines ([backprop.py](../src/chainrule/backprop.py)). It can open a learning
# step and show all numbers.

# %%
model = cr.Sequential(
    [cr.Input(shape=(2,)), cr.layers.Dense(3, activation="relu"), cr.layers.Dense(2, activation="softmax")]
)
model.set_weights(weights)
model.compile(cr.optimizers.SGD(0.5), "categorical_crossentropy")
step = explain.step(model, one_x, one_y)
engine = [
    step.links[i].gradient[part] for i, part in ((0, "kernel"), (0, "bias"), (2, "kernel"), (2, "bias"))
]
print("\n— 6. Chainrule's gradient —")
for name, hand, theirs in zip(names, ours, engine, strict=True):
    print(f"d{name}: largest difference to ours {np.abs(hand - theirs).max():.1e}")
    assert np.allclose(hand, theirs, atol=1e-6)
print()
print(step.weight("dense", 0, 1, check=True))

# %% [markdown]
# ## Check 3: Keras
#
# If Keras is installed, let it take one learning step at rate 1: the weights before minus those after are its
# gradient. Keras never wrote a derivative down: it records what happens forward and derives it by itself.

# %%
os.environ.setdefault("KERAS_BACKEND", "jax")
print("\n— 7. Keras's gradient —")
try:
    import keras
except ImportError:
    print("(Keras is not installed, so this check is left out: pip install keras jax)")
else:
    other = keras.Sequential(
        [
            keras.Input(shape=(2,)),
            keras.layers.Dense(3, activation="relu"),
            keras.layers.Dense(2, activation="softmax"),
        ]
    )
    other.set_weights(weights)
    other.compile(keras.optimizers.SGD(1.0), "categorical_crossentropy")
    other.train_on_batch(one_x, one_y)
    for name, hand, before, after in zip(names, ours, weights, other.get_weights(), strict=True):
        print(f"d{name}: largest difference to ours {np.abs(hand - (before - after)).max():.1e}")
        assert np.allclose(hand, before - after, atol=1e-6)

# %% [markdown]
# ## The step
#
# Now use them: each weight moves against its slope.
#
# **Predict before you run:** the rate is 0.5. Will the loss fall by exactly as much as the slopes promise?

# %%
rate = 0.5
stepped = [part - rate * slope for part, slope in zip(weights, ours, strict=True)]
promised = rate * sum((slope**2).sum() for slope in ours)
fell = loss - loss_of(stepped, one_x, one_y)
small = loss - loss_of(
    [part - 0.001 * slope for part, slope in zip(weights, ours, strict=True)], one_x, one_y
)
print("\n— 8. One step —")
print(
    f"loss before {loss:.4f}, after {loss - fell:.4f}: it fell by {fell:.4f}; "
    f"the slopes promised {promised:.4f}"
)
print(f"with rate 0.001 it fell by {small:.8f}; promised {promised * 0.001 / rate:.8f}")
assert fell > 0
assert abs(small / (promised * 0.001 / rate) - 1) < 0.01

# %% [markdown]
# Slopes are true for tiny steps; on the way the ground bends. That is why there are many small steps and not
# a single large one.
#
# ## Several examples
#
# With a batch, each example has its own d's, and the slopes by the weights are their **mean**. Nothing else
# is new.

# %%
batch_x, batch_y = np.array([[1.0, 2.0], [-1.0, 0.5]]), np.array([[1.0, 0.0], [0.0, 1.0]])
each = [measured(weights, batch_x[k : k + 1], batch_y[k : k + 1]) for k in (0, 1)]
together = explain.step(model, batch_x, batch_y).link("dense").gradient["kernel"]
print("\n— 9. Two examples: the slopes by W1 —")
print("of the first: ", np.round(each[0][0], 4).tolist())
print("of the second:", np.round(each[1][0], 4).tolist())
print("their mean:   ", np.round((each[0][0] + each[1][0]) / 2, 4).tolist())
print("of the batch: ", np.round(together.astype(float), 4).tolist())
assert np.allclose((each[0][0] + each[1][0]) / 2, together, atol=1e-6)

# %% [markdown]
# ## Why bother?
#
# Measuring also worked, and is simple. Why does everybody propagate back? Count on the network of lesson 6,
# which has 694,950 weights.

# %%
classic = cr.Sequential(
    [
        cr.Input(shape=(784,)),
        cr.layers.Dense(784, "relu"),
        cr.layers.Dense(100, "relu"),
        cr.layers.Dense(10, "softmax"),
    ]
)
classic.compile(cr.optimizers.SGD(0.01), "categorical_crossentropy", backend="numpy")
some, ten = (
    np.random.default_rng(1).random((32, 784), dtype="float32"),
    np.eye(10, dtype="float32")[np.arange(32) % 10],
)


taken: dict[str, list[float]] = {"forward": [], "whole step": []}
for _ in range(20):  # in turn, and the shortest counts: other programs may disturb
    start = time.perf_counter()
    classic.predict_on_batch(some)
    middle = time.perf_counter()
    classic.train_on_batch(some, ten)
    taken["forward"].append(1000 * (middle - start))
    taken["whole step"].append(1000 * (time.perf_counter() - middle))
forward, whole_step = min(taken["forward"]), min(taken["whole step"])
count = classic.count_params()
minutes = 2 * count * forward / 1000 / 60
print("\n— 10. What all slopes of 784-784-100-10 cost, here and now —")
print(f"forward once: {forward:.2f} ms;  forward, backward and the step: {whole_step:.2f} ms")
print(f"measuring {count:,} weights: {2 * count:,} times forward, {minutes:,.0f} minutes. For one step.")
assert count == 694_950

# %% [markdown]
# Going back and taking the step costs a few times going forward, and it would be a few times with a billion
# weights, too. That is why networks can learn at all.
#
# ## Exercise
#
# Somebody starts with all weights equal (W1 all 0.5, W2 all 0.5, biases 0). What will the slopes of the three
# hidden neurons look like? And after 100 steps? Think first: what does each hidden neuron see, and what blame
# does it get?

# %%
answer = None  # yours, such as 3: how many different columns W1 has after 100 steps
check(
    answer,
    lambda it: it == 1,
    hint="two neurons that see the same, are blamed the same and begin the same: what could tell them apart?",
)

# %%
same = cr.Sequential(
    [cr.Input(shape=(2,)), cr.layers.Dense(3, activation="relu"), cr.layers.Dense(2, activation="softmax")]
)
same.set_weights([np.full((2, 3), 0.5), np.zeros(3), np.full((3, 2), 0.5), np.zeros(2)])
same.compile(cr.optimizers.SGD(0.5), "categorical_crossentropy")
same.fit(batch_x, batch_y, batch_size=2, epochs=100, verbose=0)
kernel = same.get_weights()[0]
print("\n— Exercise —")
print("W1 after 100 steps, a column for each hidden neuron:")
print(np.round(kernel, 4))
print(
    "They see the same, are blamed the same, move the same: three neurons that stay one. "
    "So first weights are drawn by chance."
)
assert np.allclose(kernel[:, [0]], kernel, atol=1e-6)
assert not np.allclose(kernel, 0.5)
