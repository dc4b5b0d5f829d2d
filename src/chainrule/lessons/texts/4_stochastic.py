# %% [markdown]
# # 4. Few examples at a time, and mountains with many valleys
#
# Lesson 3 computed each step from *all* examples. Nobody does that with 60,000 pictures. This lesson shows
# why a handful is enough, what "stochastic" and "epoch" really mean, and whether one gets stuck in the
# wrong valley.

# %%
import numpy as np

import chainrule as cr
from chainrule import explain, plots
from chainrule.lessons import check, lines, show

(digits, labels), (test_digits, test_labels) = cr.datasets.mnist.load_data()
x, x_test = (part.reshape(-1, 784).astype("float32") / 255 for part in (digits[:6400], test_digits))
y, y_test = cr.utils.to_categorical(labels[:6400], 10), cr.utils.to_categorical(test_labels, 10)


def fresh(rate: float = 0.1) -> cr.Sequential:
    """Ten neurons that look at a picture's 784 pixels, one for each digit."""
    cr.utils.set_random_seed(1)
    model = cr.Sequential([cr.Input(shape=(784,)), cr.layers.Dense(10, activation="softmax")])
    model.compile(cr.optimizers.SGD(rate), "categorical_crossentropy", metrics=["accuracy"], backend="numpy")
    return model


# %% [markdown]
# ## A handful knows almost as much as all
#
# We take 6,400 handwritten digits (lesson 6 has a closer look at them) and the gradient, all 7,840 slopes,
# from all of them. Then we divide them into 200 batches of 32 and take the gradient of each batch.
#
# **Predict before you run:** what is the mean of the 200 small gradients?

# %%
model = fresh()


def gradient(chosen: np.ndarray) -> np.ndarray:
    """The slopes of the mean loss over some of the examples, by every weight of the kernel."""
    return explain.step(model, x[chosen], y[chosen]).link("dense").gradient["kernel"].astype("float64")


rng = np.random.default_rng(4)
order = rng.permutation(6400)
whole = gradient(order)
small = [gradient(order[k : k + 32]) for k in range(0, 6400, 32)]
size, distance = np.linalg.norm(whole), np.linalg.norm(np.mean(small, axis=0) - whole)
print("— 1. The gradient of all, and of 32 —")
print(f"length of the gradient of all 6,400: {size:.4f}")
print(f"from it to the mean of the 200 small ones: {distance:.7f}")
print(f"from it to one small gradient, typically: {np.mean([np.linalg.norm(g - whole) for g in small]):.4f}")
assert distance < 1e-5 * size

# %% [markdown]
# The mean is the gradient of all, but for rounding: on average a batch is *right*. A single one is off, by
# chance, by as much as the gradient is long. That is a noisy compass. But it costs 200 times less.
#
# **Predict before you run:** batches of four times the size: is their noise four times smaller?

# %%
print("\n— 2. Noise and batch size —")
noise = {}
for batch in (8, 32, 128, 512):
    some = [gradient(rng.permutation(6400)[:batch]) for _ in range(60)]
    noise[batch] = np.sqrt(np.mean([((g - whole) ** 2).sum() for g in some])) / size
    print(f"batches of {batch:3d}: off by {noise[batch]:5.0%} of the gradient's length")
assert 1.6 < noise[8] / noise[32] < 2.4
assert 1.6 < noise[32] / noise[128] < 2.4

# %% [markdown]
# Only half: noise falls with the *square root* of the batch size. Four times the work for half the noise is
# a bad bargain, and so small batches win. **Stochastic gradient descent** (SGD) is gradient descent with
# batches drawn by chance: "stochastic" is Greek for "by guessing". By chance is only *which examples* come
# together; the slopes of these are calculated exactly, and the step goes straight against them. And the
# `SGD` that we used in lesson 3 on all examples was not stochastic at all: it is named after its usual use.
#
# ## What an epoch is
#
# An **epoch** is one pass through all examples. Not one step! Each batch is a step.
#
# **Predict before you run:** 60,000 examples in batches of 32; in batches of 64; all in one. How many steps
# has an epoch?

# %%
print("\n— 3. Steps in an epoch of 60,000 examples —")
for batch in (1, 32, 64, 250, 60_000):
    full, rest = divmod(60_000, batch)
    print(
        f"batches of {batch:6,}: {full + (rest > 0):6,} steps"
        + (f", the last one with {rest} examples" if rest else "")
    )

# %% [markdown]
# Some accounts draw each batch anew from all examples, and some programs do. Then an "epoch" misses many
# examples. The usual way, also Chainrule's and Keras's: mix all examples like cards at the beginning of
# each epoch, and deal them out.
#
# **Predict before you run:** draw 6,400 times from 6,400 cards, always putting the card back. What share of
# the cards was seen?

# %%
seen = len(np.unique(rng.integers(0, 6400, size=6400))) / 6400
dealt = len(np.unique(rng.permutation(6400))) / 6400
print(
    f"\nSeen at least once: drawn with putting back {seen:.1%} (1 - 1/e = {1 - np.exp(-1):.1%}), "
    f"dealt out {dealt:.0%}"
)
assert abs(seen - (1 - np.exp(-1))) < 0.02
assert dealt == 1

# %% [markdown]
# Now the bargain. Everybody may look at each of the 6,400 examples once: one epoch.
#
# **Predict before you run:** who reads the test digits best afterwards: one careful step, or 200 hasty
# ones, or 6,400?

# %%
print("\n— 4. One epoch of 6,400 digits —")
reached = {}
for batch in (6400, 640, 128, 32, 8, 1):
    model = fresh(0.1 if batch > 1 else 0.01)
    model.fit(x, y, batch_size=batch, epochs=1, verbose=0)
    reached[batch] = model.evaluate(x_test, y_test, verbose=0)[1]
    print(
        f"batches of {batch:5,}: {-(-6400 // batch):5,} steps, "
        f"then {reached[batch]:.1%} of the test digits right"
    )
assert reached[32] > 0.84
assert reached[32] > reached[6400] + 0.1

# %% [markdown]
# (Batches of one needed a smaller rate: noise limits the step, too. And on a real machine 32 examples take
# hardly longer than one. So batches of 32 to 512 are usual.)
#
# "Dealt out by chance" is not decoration. Let us deal the cards sorted instead: first all zeros, then all
# ones, ...
#
# **Predict before you run:** what will the network think every picture is?

# %%
by_digit = np.argsort(labels[:6400], kind="stable")
print("\n— 5. Mixed and sorted, one epoch —")
for name, shuffle in (("mixed", True), ("sorted", False)):
    model = fresh()
    model.fit(x[by_digit], y[by_digit], batch_size=32, epochs=1, shuffle=shuffle, verbose=0)
    said = model.predict(x_test, verbose=0).argmax(axis=1)
    print(
        f"{name:6s}: {(said == test_labels).mean():.1%} right; "
        f"it says 9 to {(said == 9).mean():.0%} of the pictures"
    )
assert (said == test_labels).mean() < 0.5

# %% [markdown]
# ## Circling
#
# A noisy compass has a price at the end: there the true gradient is nothing, and only noise is left. We fit
# a line with single examples and watch the distance to the best line.
#
# **Predict before you run:** does it arrive if one waits long enough? What if the rate is lowered on the
# way?

# %%
minutes = rng.uniform(-1, 1, size=100)
km = 2 * minutes + 1 + rng.normal(0, 0.5, size=100)
best = np.polyfit(minutes, km, 1)


def walk(falling: bool) -> list[float]:
    """The distance to the best line, over 20,000 steps of one example each."""
    weights, away = np.zeros(2), []
    for step in range(20_000):
        k = rng.integers(100)
        error = weights[0] * minutes[k] + weights[1] - km[k]
        rate = 0.1 / (1 + step / 200) if falling else 0.1
        weights = weights - rate * 2 * error * np.array([minutes[k], 1.0])
        away.append(float(np.linalg.norm(weights - best)))
    return away


constant, falling = walk(falling=False), walk(falling=True)
print("\n— 6. The mean distance to the best line —")
for start, stop in ((0, 10), (100, 1000), (10_000, 20_000)):
    print(
        f"steps {start:6,} to {stop:6,}: rate constant {np.mean(constant[start:stop]):.4f}, "
        f"falling {np.mean(falling[start:stop]):.4f}"
    )
assert np.mean(constant[10_000:]) > 5 * np.mean(falling[10_000:])
show(
    "4-circling",
    lines,
    range(0, 20_000, 50),
    {"rate constant": constant[::50], "rate falling": falling[::50]},
    log=True,
    title="Distance to the best line",
    x_name="step",
    y_name="distance",
)
show("4-batch-paths", plots.batch_paths)

# %% [markdown]
# With a constant rate it circles around the bottom for ever; with a falling one it settles. That is why
# many recipes let the rate fall (Chainrule's `optimizers.schedules`).
#
# ## Valleys
#
# So far there was one valley. What if there are several? A curve with two, the left one deeper:


# %%
def height(w: np.ndarray) -> np.ndarray:
    """A curve with a deep valley on the left and a shallow one on the right."""
    return (w**2 - 1) ** 2 + 0.3 * w


def roll(w: np.ndarray, rate: float, noise: float = 0.0) -> np.ndarray:
    """Gradient descent from many starts at once; the noise of the compass dies out on the way."""
    for step in range(1000):
        slope = 4 * w * (w**2 - 1) + 0.3 + noise * (1 - step / 1000) * rng.normal(size=w.shape)
        w = w - rate * slope
    return w


starts = np.linspace(-1.5, 1.5, 1001)
print("\n— 7. Two valleys, 1,001 starts —")
ends = np.unique(np.round(roll(starts, 0.01), 3))
print(f"Without noise everybody ends at one of {ends}, at the heights {np.round(height(ends), 3)}.")
shares = {noise: float((roll(starts, 0.05, noise) < 0).mean()) for noise in (0.0, 3.0, 4.0, 5.0, 6.0)}
for noise, share in shares.items():
    print(f"noise {noise:.0f}: {share:.0%} end in the deeper valley")
assert shares[5.0] > shares[0.0] + 0.2
show("4-valleys", plots.valleys)  # another curve, the same start, three rates: the rate decides, too

# %% [markdown]
# The right end is a **local minimum**: lower than all around, but not the lowest. Without noise the start
# decides, and a little noise changes nothing. *Enough* noise helps: it shakes one out of a shallow valley
# more easily than out of a deep one. That is one more reason for small batches.
#
# This picture, a ball stuck in a little valley, is in every introduction. It is drawn with *one* weight. Is
# it like that with thousands?
#
# ## Many directions: saddles
#
# At a place where all slopes are zero, the ground bends up or down in each direction. In a minimum it bends
# up in *all*. If only some bend up and some down, it is a **saddle**: like a mountain pass, and there is a
# way down.
#
# **Predict before you run:** let chance decide how the ground bends. With one direction half of the flat
# places are minima, the other half are maxima. What share are minima with 2 directions? With 10?

# %%
print("\n— 8. Flat places drawn by chance: how many are minima? —")
minima = {}
for n in (1, 2, 3, 4, 10):
    a = rng.normal(size=(5_000, n, n))
    bends = np.linalg.eigvalsh(a + a.transpose(0, 2, 1))  # the curvatures along the axes of each place
    minima[n] = float((bends > 0).all(axis=1).mean())
    print(
        f"{n:2d} directions: {minima[n]:6.1%} minima, "
        f"{float(((bends > 0).any(1) & (bends < 0).any(1)).mean()):6.1%} saddles"
    )
assert minima[1] > 0.45
assert minima[10] == 0

# %% [markdown]
# With more directions almost every flat place is a saddle. A network's loss is not drawn by chance, so this
# is only a hint; but researchers who looked at real networks found the like (Dauphin and others, 2014).
# Here is a saddle in a real one: it shall learn "both switches are up", and all its weights are zero, but
# for the last bias.

# %%
switches = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]])


def outputs(w: np.ndarray, hidden: int, bend: str) -> tuple[np.ndarray, ...]:
    """What networks 2-hidden-1 answer to the switches, and have on the way. w: a network in each row."""
    n, h = len(w), hidden
    w1, b1, w2, b2 = w[:, : 2 * h].reshape(n, 2, h), w[:, 2 * h : 3 * h], w[:, 3 * h : 4 * h], w[:, 4 * h :]
    z = switches @ w1 + b1[:, None]
    a = np.maximum(z, 0) if bend == "relu" else np.tanh(z)
    return (a @ w2[:, :, None])[:, :, 0] + b2, a, z, w2


def losses(w: np.ndarray, target: np.ndarray, hidden: int, bend: str) -> np.ndarray:
    """Each network's mean squared error."""
    return ((outputs(w, hidden, bend)[0] - target) ** 2).mean(axis=1)


def slopes(w: np.ndarray, target: np.ndarray, hidden: int, bend: str) -> np.ndarray:
    """All slopes of each network's loss. Lesson 5 tells how one gets them; below they are checked."""
    out, a, z, w2 = outputs(w, hidden, bend)
    d_out = (out - target) / 2
    d_z = d_out[:, :, None] * w2[:, None] * ((z > 0) if bend == "relu" else 1 - a**2)
    d_w1 = (switches.T @ d_z).reshape(len(w), -1)
    return np.concatenate(
        [d_w1, d_z.sum(1), (a * d_out[:, :, None]).sum(1), d_out.sum(1, keepdims=True)], axis=1
    )


def measured(w: np.ndarray, target: np.ndarray, hidden: int, bend: str) -> np.ndarray:
    """The same, by moving each weight a little."""
    moves = 1e-6 * np.eye(w.shape[1])
    there, back = ([losses(w + sign * move, target, hidden, bend) for move in moves] for sign in (1, -1))
    return (np.array(there) - np.array(back)).T / 2e-6


both = np.array([0.0, 0, 0, 1])
flat = np.zeros((1, 13))
flat[0, -1] = 0.25  # the network says 1/4 to everything
around = 1e-4 * np.eye(13)
curvature = (
    np.concatenate(
        [slopes(flat + move, both, 3, "tanh") - slopes(flat - move, both, 3, "tanh") for move in around]
    )
    / 2e-4
)
bends = np.linalg.eigvalsh(curvature)
tried = rng.normal(size=(1, 13))
print("\n— 9. A network 2-3-1, all weights zero —")
print(f"largest slope: {np.abs(slopes(flat, both, 3, 'tanh')).max():.6f}")
print(
    f"curvatures: {(bends > 1e-6).sum()} upwards, {(bends < -1e-6).sum()} downwards, "
    f"{(np.abs(bends) <= 1e-6).sum()} flat: a saddle"
)
assert np.abs(slopes(flat, both, 3, "tanh")).max() < 1e-12
assert bends[0] < -1e-6 < 1e-6 < bends[-1]
assert np.allclose(slopes(tried, both, 3, "tanh"), measured(tried, both, 3, "tanh"), atol=1e-7)

# %% [markdown]
# **Predict before you run:** gradient descent starts exactly there, and a hair's breadth (0.001) beside it.
# What happens?

# %%
for name, w in (("exactly there", flat), ("0.001 beside", flat + 0.001 * rng.normal(size=(1, 13)))):
    for step in range(501):
        if step in (0, 20, 40, 60, 100, 500):
            print(f"{name}, step {step:3}: loss {losses(w, both, 3, 'tanh')[0]:.6f}")
        w = w - 0.3 * slopes(w, both, 3, "tanh")
    if name == "exactly there":
        assert np.array_equal(w, flat)
    else:
        assert losses(w, both, 3, "tanh")[0] < 0.01

# %% [markdown]
# Exactly on the saddle it stays for ever; beside it, it leaves, though slowly at first. That is why first
# weights are drawn by chance and not set to zero. What looks like "stuck" in training is often this: a
# long, almost flat pass.
#
# ## Can a real network get stuck?
#
# It can. The corridor light of lesson 1 (XOR) needs only two hidden relu neurons: we wrote the weights
# down. Let 300 networks look for such weights, each from other first weights.
#
# **Predict before you run:** what share of the networks with 2 hidden neurons find it? With 4? With 8?

# %%
light = np.array([0.0, 1, 1, 0])
print("\n— 10. Corridor light: 300 networks of each size, 2,000 steps —")
stuck = {}
for hidden in (2, 3, 4, 8):
    w = rng.normal(size=(300, 4 * hidden + 1)) * 0.7
    for _ in range(2000):
        w = w - 0.1 * slopes(w, light, hidden, "relu")
    end = losses(w, light, hidden, "relu")
    stuck[hidden] = float((end > 0.01).mean())
    print(f"{hidden:2d} hidden neurons: {1 - stuck[hidden]:4.0%} learn it, {stuck[hidden]:4.0%} are stuck")
    if hidden == 2:
        lost = w[end > 0.01][0]
        near = losses(lost + 1e-3 * rng.normal(size=(10_000, 9)), light, 2, "relu")
        lower = int((near < losses(lost[None], light, 2, "relu")[0] - 1e-9).sum())
        print(
            f"   one that is stuck, loss {end[end > 0.01][0]:.4f}: "
            f"of 10,000 places close by {lower} are lower"
        )
assert stuck[2] > 0.5
assert stuck[8] < 0.15

# %% [markdown]
# Local minima are real, and a network that is *just* large enough gets stuck most of the time. With more
# neurons than needed it rarely does; one may think of each additional direction as one more way out. That
# is one reason why networks have many more weights than seem necessary.
#
# And there is not *one* best place. Exchange two hidden neurons together with their weights, and nothing
# changes for anybody outside:

# %%
model = cr.Sequential(
    [
        cr.Input(shape=(784,)),
        cr.layers.Dense(32, activation="relu"),
        cr.layers.Dense(10, activation="softmax"),
    ]
)
found = []
print("\n— 11. Three networks 784-32-10, other first weights, three epochs —")
for seed in (1, 2, 3):
    cr.utils.set_random_seed(seed)
    model = cr.Sequential(
        [
            cr.Input(shape=(784,)),
            cr.layers.Dense(32, activation="relu"),
            cr.layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"], backend="numpy")
    model.fit(x, y, epochs=3, verbose=0)
    found.append((model.get_weights(), *model.evaluate(x_test, y_test, verbose=0)))
    print(f"first weights {seed}: {found[-1][2]:.1%} of the test digits right")
first, second = found[0][0][0].ravel(), found[1][0][0].ravel()
print(f"Are their weights alike? Correlation of the first kernels: {np.corrcoef(first, second)[0, 1]:.3f}")
assert max(f[2] for f in found) - min(f[2] for f in found) < 0.03
assert abs(np.corrcoef(first, second)[0, 1]) < 0.1

kernel1, bias1, kernel2, bias2 = model.get_weights()
mixed = rng.permutation(32)
model.set_weights([kernel1[:, mixed], bias1[mixed], kernel2[mixed], bias2])
again = model.evaluate(x_test, y_test, verbose=0)[0]
print(f"Hidden neurons of the third in another order: loss {again:.6f}, before {found[-1][1]:.6f}")
assert abs(again - found[-1][1]) < 1e-5

# %% [markdown]
# Three starts, three different networks, equally good. 32 neurons can be put into 32! orders, more than
# there are atoms in a human body, so every good place exists that many times. Nobody needs *the* lowest
# one.
#
# ## Exercise
#
# A data set has 5,000 examples; you train for 3 epochs with batches of 128. How many steps are taken, and
# how many examples has the last step of each epoch? Write it down, then count.

# %%
answer = None  # yours, such as (100, 10): steps in all, and examples in the last step of each epoch
check(
    answer,
    lambda it: tuple(it) == (120, 8),
    hint="5,000 / 128 is 39 and a bit: the bit is a step, too",
)

# %%
sizes: list[int] = []
steps_seen = cr.callbacks.LambdaCallback(on_train_batch_end=lambda batch, _logs: sizes.append(batch))
model = fresh()
model.fit(x[:5000], y[:5000], batch_size=128, epochs=3, verbose=0, callbacks=[steps_seen])
print("\n— Exercise —")
print(
    f"{len(sizes)} steps: 3 · {len(sizes) // 3}, because 5,000 / 128 = {5000 / 128:.2f} is rounded up;"
    f" the last of each epoch has 5,000 - 39 · 128 = {5000 - 39 * 128} examples"
)
assert len(sizes) == 3 * 40
assert 5000 - 39 * 128 == 8
