# %% [markdown]
# # 2. How wrong? The loss
#
# A network gets better by getting less wrong. For that, "how wrong" must be one number. That number is the
# **loss**: the smaller, the better, and 0 is perfect. There are several ways to say how wrong somebody is,
# and this lesson shows which one to use when.

# %%
import warnings

import numpy as np

import chainrule as cr
from chainrule.lessons import check, lines, show

# %% [markdown]
# ## Numbers: the squared error
#
# Four trees are 3, 5, 8 and 12 metres high. Anna and Ben guess. Who is better?
#
# **Predict before you run:** add up everybody's errors (guess - truth). Does the better one have the smaller
# sum?

# %%
truth = np.array([3.0, 5.0, 8.0, 12.0])
guesses = {"Anna": np.array([4.0, 6.0, 7.0, 11.0]), "Ben": np.array([9.0, 1.0, 14.0, 4.0])}

print("— 1. Errors cancel, squares do not —")
for name, guess in guesses.items():
    error = guess - truth
    print(
        f"{name:4s} errors {error}: their sum is {error.sum():+.0f}, "
        f"the sum of their squares {(error**2).sum():.0f}"
    )
assert guesses["Anna"].sum() == guesses["Ben"].sum() == truth.sum()

# %% [markdown]
# Both sums are 0: too much here cancels too little there. So each error is squared first, and the mean is
# taken. That is the **mean squared error**, in short **MSE**.

# %%
for name, guess in guesses.items():
    by_hand = sum((g - t) ** 2 for g, t in zip(guess, truth, strict=True)) / 4
    theirs = cr.losses.MeanSquaredError()(truth[:, None], guess[:, None])
    print(f"{name:4s} mean squared error: by hand {by_hand:.2f}, Chainrule {theirs:.2f}")
    assert abs(by_hand - theirs) < 1e-6

# %% [markdown]
# Why squares and not simply |error|, without the sign? Both are used. They want different things. Five people
# earn 20, 21, 22, 23 and 200 coins. You must guess *one* number for all of them.
#
# **Predict before you run:** which guess has the least squared error? Which has the least absolute error?

# %%
coins = np.array([20.0, 21.0, 22.0, 23.0, 200.0])
tries = np.arange(0, 201)
squared = [((coins - guess) ** 2).mean() for guess in tries]
absolute = [np.abs(coins - guess).mean() for guess in tries]
best_squared, best_absolute = tries[np.argmin(squared)], tries[np.argmin(absolute)]
print("\n— 2. One guess for 20, 21, 22, 23 and 200 —")
print(f"least squared error at {best_squared}: the mean is {coins.mean():.1f}")
print(
    f"least absolute error at {best_absolute}: the one in the middle (the median) is {np.median(coins):.0f}"
)
assert best_squared == round(coins.mean())
assert best_absolute == np.median(coins)

# %% [markdown]
# The squared error aims at the mean, and one rich person pulls it far. The absolute error aims at the middle
# and does not care. With clean data take the squared error; with a few wild values consider the absolute one.
#
# ## Probabilities: the cross-entropy
#
# Now the network must say *which*: which digit is in the picture? It answers with a probability for each. How
# wrong is "7: 60 %, 1: 40 %" when it is a 7? We look at the probability **p** that it gave to what is true,
# and take -log p (log is the natural logarithm).

# %%
print("\n— 3. How surprised are you? -log p of what is true —")
for p in (1.0, 0.9, 0.6, 0.5, 0.1, 0.01, 0.001):
    print(f"p = {p:5.3f}:  -log p = {abs(np.log(p)):5.2f}")

# %% [markdown]
# Sure and right costs nothing. Sure and wrong costs a lot, and the more sure the more. It is a measure of
# surprise. Its mean over all examples is the **cross-entropy**.
#
# **Predict before you run:** somebody who knows nothing about ten digits says 10 % to each. What loss is
# that?

# %%
know_nothing = np.full((1, 10), 0.1)
seven = np.eye(10)[[7]]  # ten places, a 1 at the seventh (counted from 0): "one-hot"
print(
    "\nKnowing nothing about ten digits: "
    f"{cr.losses.CategoricalCrossentropy()(seven, know_nothing):.4f} = log 10"
)
assert abs(cr.losses.CategoricalCrossentropy()(seven, know_nothing) - np.log(10)) < 1e-6

# %% [markdown]
# Remember 2.30. A digit network that starts with a loss far above 2.30 is sure of wrong things; one that
# *stays* at 2.30 learns nothing.
#
# ## The loss is not the accuracy
#
# The **accuracy** is the share of examples that are right: those where the highest probability is at the
# truth. One often reads that a low cross-entropy *means* a high accuracy. Let us see.
#
# **Predict before you run:** Carla gives the right one of two answers 51 % each time. Dan gives it 99 % nine
# times and 40 % once. Who has the higher accuracy, who the lower loss?

# %%
carla = np.full(10, 0.51)
dan = np.array([0.99] * 9 + [0.40])
print("\n— 4. Accuracy and loss may disagree —")
for name, p in (("Carla", carla), ("Dan", dan)):
    both, right = np.stack([p, 1 - p], axis=1), np.array([[1, 0]] * 10)
    accuracy, loss = (p > 0.5).mean(), cr.losses.CategoricalCrossentropy()(right, both)
    print(f"{name:5s} accuracy {accuracy:4.0%}, cross-entropy {loss:.3f}")
assert (carla > 0.5).mean() > (dan > 0.5).mean()
assert -np.log(carla).mean() > -np.log(dan).mean()

# %% [markdown]
# Carla is always right, and worse. The accuracy counts who wins; the cross-entropy also asks how sure they
# were. Usually both get better together, but not always, and late in training they often part. We *learn* by
# the loss, because the accuracy tells nothing about a small improvement: 0.40 to 0.45 is still wrong. We
# *report* both.
#
# ## Why not squared errors for probabilities, too?
#
# It can be done. But look at a neuron with a sigmoid that is sure of the wrong thing. Its z is -8, so it says
# p = 0.0003, and the truth is 1. How much does the loss change when z changes a little? That is the
# **slope**, and lesson 3 will show that learning is following slopes. We measure it: move z by 0.0001 to both
# sides.


# %%
def slope(loss: str, z: float) -> float:
    """How fast a loss grows with z, measured, where the truth is 1."""
    low, high = (cr.activations.sigmoid(np.array([[z + d]])) for d in (-1e-4, 1e-4))
    measure = cr.losses.get(loss)
    losses = (measure(np.array([[1.0]]), high) - measure(np.array([[1.0]]), low)) / 2e-4
    return float(losses[0])  # of the one example


print("\n— 5. The slope where the neuron says p and the truth is 1 —")
print("      z        p   squared error   cross-entropy")
for z in (-8.0, -4.0, -2.0, 0.0, 2.0, 4.0):
    p = cr.activations.sigmoid(np.array(z))
    print(
        f"{z:7.0f}   {p:.4f}   {slope('mean_squared_error', z):13.4f}   "
        f"{slope('binary_crossentropy', z):13.4f}"
    )
assert abs(slope("mean_squared_error", -8.0)) < 0.001
assert abs(slope("binary_crossentropy", -8.0) + 1) < 0.001

# %% [markdown]
# At z = -8 nothing could be more wrong, and the squared error has a slope of almost nothing: it does not
# notice. The cross-entropy has -1, the steepest there is. Look at its whole column: it is simply **p - 1**,
# prediction minus truth. That is no accident, and lesson 5 uses it.
#
# **Predict before you run:** two neurons start at z = -8, one for each loss, and take 2,000 learning steps.
# Do both arrive?

# %%
z_axis = np.linspace(-8, 4, 121)
p_axis = cr.activations.sigmoid(z_axis)
show(
    "2-slopes",
    lines,
    z_axis,
    {"squared error": (p_axis - 1) ** 2, "cross-entropy": -np.log(p_axis)},
    title="Truth 1: where it is very wrong, the squared error is flat",
    x_name="z",
    y_name="loss",
)

print("\n— 6. A race from z = -8 —")
arrived = {}
for loss in ("mean_squared_error", "binary_crossentropy"):
    neuron = cr.Sequential([cr.Input(shape=(1,)), cr.layers.Dense(1, activation="sigmoid", use_bias=False)])
    neuron.set_weights([np.array([[-8.0]])])
    neuron.compile(cr.optimizers.SGD(0.1), loss)
    neuron.fit(np.ones((1, 1)), np.ones((1, 1)), epochs=2000, verbose=0)
    arrived[loss] = float(neuron.predict(np.ones((1, 1)), verbose=0)[0, 0])
    print(f"{loss:20s}: p = {arrived[loss]:.4f} after 2,000 steps")
assert arrived["mean_squared_error"] < 0.01
assert arrived["binary_crossentropy"] > 0.98

# %% [markdown]
# ## One of several, or yes and no?
#
# There are two cross-entropies, and which one to use depends on the question, not on taste.
#
# - **Exactly one is true** (which digit?): a softmax at the end, whose outputs add up to 1, and the
#   *categorical* cross-entropy.
# - **Each may be true or not, on its own** (what is in the photo: a cat? a dog? both?): a sigmoid for each
#   output and the *binary* cross-entropy.
#
# Let both learn three photos: one with a cat, one with a dog, and one with both.
#
# **Predict before you run:** what will the softmax say to the third photo?

# %%
photos = np.eye(3)  # each photo simply has its own input
cat_dog = np.array([[1, 0], [0, 1], [1, 1]])
answers = {}
for activation, loss in (("softmax", "categorical_crossentropy"), ("sigmoid", "binary_crossentropy")):
    cr.utils.set_random_seed(1)
    model = cr.Sequential([cr.Input(shape=(3,)), cr.layers.Dense(2, activation=activation)])
    model.compile(cr.optimizers.SGD(1.0), loss)
    with warnings.catch_warnings(record=True) as said:
        model.fit(photos, cat_dog, epochs=500, verbose=0)
    for warning in said:
        print(f"\n{activation}: fit says: {warning.message}")
    answers[activation] = model.predict(photos, verbose=0)
print("\n— 7. Three photos —        softmax says      sigmoids say")
for photo, a, b in zip(("a cat", "a dog", "both"), answers["softmax"], answers["sigmoid"], strict=True):
    print(f"{photo:10s} cat, dog:      {a[0]:6.2f} {a[1]:6.2f}     {b[0]:6.2f} {b[1]:6.2f}")
assert np.allclose(answers["softmax"][2], 0.5, atol=0.01)
assert answers["sigmoid"][2].min() > 0.9

# %% [markdown]
# "Both" cannot be said by a softmax: what it gives to the cat it takes from the dog. It does the best it
# can, half and half.
#
# For a single yes-no question both ways are the same: a softmax over two is a sigmoid of the difference.

# %%
z = np.array([[1.3, -0.4]])
two = cr.activations.softmax(z)[0, 0]
one = cr.activations.sigmoid(z[0, 0] - z[0, 1])
print(f"\nsoftmax of (1.3, -0.4) gives the first {two:.6f}; sigmoid of 1.3 - (-0.4) is {one:.6f}")
assert abs(two - one) < 1e-12

# %% [markdown]
# Two more things that confuse people.
#
# **Losses of different kinds cannot be compared.** The same ten probabilities get very different numbers,
# because the binary one looks at ten yes-no answers, most of them easy, and takes their mean.
#
# **"sparse" is about the labels, not the loss.** Labels may be written as one-hot rows or as numbers; the
# loss is the same.

# %%
print("\n— 8. The same answer, 10 % for each digit, by three names —")
said, label = np.full((1, 10), 0.1), np.array([7])
names = {
    "categorical_crossentropy": cr.losses.CategoricalCrossentropy()(seven, said),
    "sparse_categorical_crossentropy": cr.losses.SparseCategoricalCrossentropy()(label, said),
    "binary_crossentropy": cr.losses.BinaryCrossentropy()(seven, said),
}
for name, loss in names.items():
    print(f"{name:32s} {loss:.4f}")
assert abs(names["categorical_crossentropy"] - names["sparse_categorical_crossentropy"]) < 1e-6
assert abs(names["binary_crossentropy"] - (-np.log(0.1) - 9 * np.log(0.9)) / 10) < 1e-6

# %% [markdown]
# To sum up:
#
# | the question | the end of the network | the loss |
# |---|---|---|
# | how much? | `Dense(1)`, no activation | `mean_squared_error` (wild values: `mean_absolute_error`) |
# | which one of several? | `Dense(n, activation="softmax")` | `categorical_crossentropy` |
# | yes or no? each of several, yes or no? | `Dense(n, activation="sigmoid")` | `binary_crossentropy` |
#
# ## Exercise
#
# In a town it rains on 7 of 10 days, without any pattern. A weather forecaster says the same probability
# every day. One forecaster says 100 %, because rain is the better guess; one says 50 %, "cannot be known";
# find the probability with the least cross-entropy. Is it worth being honest?

# %%
answer = None  # yours, such as 0.5: the probability
check(
    answer,
    lambda it: abs(it - 0.7) < 0.02,
    hint="the forecaster who says p pays -log(p) on 7 days and -log(1 - p) on 3: try some p",
)

# %%
rain = np.array([1] * 7 + [0] * 3)
offers = np.arange(0.01, 1.0, 0.01)
cost = [cr.losses.BinaryCrossentropy()(rain[:, None], np.full((10, 1), p)) for p in offers]
best = offers[np.argmin(cost)]
always, half = (cr.losses.BinaryCrossentropy()(rain[:, None], np.full((10, 1), p)) for p in (1.0, 0.5))

print("\n— Exercise —")
print(
    f"The least cross-entropy, {min(cost):.3f}, has who says {best:.0%}.  50 % costs {half:.3f}, "
    f"100 % costs {always:.3f}."
)
print(
    "Honesty is cheapest: a network that learns by cross-entropy is pulled "
    "towards saying how often it is right."
)
print("(100 % would cost infinitely much; Chainrule and Keras count a probability of 0 as 0.0000001 here.)")
assert abs(best - 0.7) < 1e-9
assert half < always
show(
    "2-forecasts",
    lines,
    offers,
    {"cross-entropy": cost},
    title="Rain on 7 of 10 days",
    x_name="the probability that is said",
    y_name="cross-entropy",
    dots={"the best": ([best], [min(cost)])},
)
