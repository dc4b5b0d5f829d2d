# %% [markdown]
# # 1. A neuron
#
# A neural network is made of one small thing, repeated many times. This lesson is about that small thing.
#
# How to read: guess what a cell will print, then run it. Guessing wrong is the quickest way to learn. Words
# that everybody in the field uses are **bold** where they come up first.

# %%
import numpy as np

import chainrule as cr
from chainrule.lessons import check, lines, show

print("— 1. A neuron adds up —")

# %% [markdown]
# Shall I take a jacket? Two things count: how cold it is and how likely rain is, each between 0 (not at all)
# and 1 (very). Cold matters more to me than rain. So I multiply cold by 3 and rain by 2, and add both. And I
# am a person who rather leaves the jacket at home: that takes 2 off.

# %%
cold, rain = 0.9, 0.1
z = 3 * cold + 2 * rain - 2
print(f"A cold, dry day:  3 · {cold} + 2 · {rain} - 2 = {z:.1f}")
assert round(z, 9) == 0.9

# %% [markdown]
# The numbers 3 and 2 are **weights**: how much each input counts. The -2 is the **bias**: where the neuron
# stands before it has heard anything. The result is called **z**, the *weighted sum*. Above 0 means: take the
# jacket.
#
# **Predict before you run:** a warm day (cold 0.1) on which it will surely rain (rain 1). Jacket or not?

# %%
days = {
    "cold and dry": (0.9, 0.1),
    "warm and wet": (0.1, 1.0),
    "cold and wet": (0.9, 1.0),
    "warm and dry": (0.1, 0.1),
}


def weighted_sum(x: tuple[float, ...], weights: tuple[float, ...], bias: float) -> float:
    """What a neuron adds up."""
    return sum(x_i * w_i for x_i, w_i in zip(x, weights, strict=True)) + bias


for day, x in days.items():
    z = weighted_sum(x, (3, 2), -2)
    print(f"{day}:  3 · {x[0]} + 2 · {x[1]} - 2 = {z:+.1f}  ->  {'jacket' if z > 0 else 'no jacket'}")
assert [weighted_sum(x, (3, 2), -2) > 0 for x in days.values()] == [True, True, True, False]

# %% [markdown]
# ## From a sum to an answer
#
# "Jacket or not" throws something away: +0.3 is a close call and +2.7 is not. A second step turns z into an
# answer that keeps this. It is called the **activation**, and what comes out is called **a**. Here are three
# that are used a lot.
#
# **Predict before you run:** many accounts say that an activation "squashes z into a small range". Which of
# the three do that?

# %%
print("\n— 2. Activations —")
print("        z     sigmoid        tanh        relu")
for z in (-1000.0, -3.0, -1.0, 0.0, 1.0, 3.0, 1000.0):
    row = [float(f(np.array(z))) for f in (cr.activations.sigmoid, cr.activations.tanh, cr.activations.relu)]
    print(f"{z:9.0f}  " + "  ".join(f"{a:10.4f}" for a in row))

# %%
much = np.linspace(-1000, 1000, 20001)
for name in ("sigmoid", "tanh", "relu"):
    a = cr.activations.get(name)(much)
    print(
        f"{name:8s} answers between {a.min():.0f} and {a.max():.0f}"
        + (": it squashes" if np.ptp(a) < 3 else ": it does not")
    )
assert np.ptp(cr.activations.relu(much)) == 1000
assert np.ptp(cr.activations.sigmoid(much)) <= 1

z = np.linspace(-4, 4, 201)
curves = {name: cr.activations.get(name)(z) for name in ("sigmoid", "tanh", "relu")}
show(
    "1-activations",
    lines,
    z,
    curves,
    title="Three activations",
    x_name="z, the weighted sum",
    y_name="a, the answer",
)

# %% [markdown]
# **sigmoid** squashes into 0..1, **tanh** into -1..1. **relu** does not squash: it cuts off what is below 0
# and lets everything else through as it is, a thousand as a thousand. It is the most used of them in hidden
# layers. So squashing is not what an activation is for. What is it for? That is answered by measurement at
# the end of this lesson.
#
# A sigmoid is good at the end of a yes-no question, where its answer can be read as "how sure".

# %%
print("\n— 3. The jacket neuron, whole —")
by_hand = {}
for day, x in days.items():
    z = weighted_sum(x, (3, 2), -2)
    by_hand[day] = 1 / (1 + np.exp(-z))
    print(f"{day}:  z = {z:+.1f}  ->  a = {by_hand[day]:.3f}")

# %% [markdown]
# That is the whole neuron: **multiply, add, bend**. In Chainrule (and in Keras, whose names it uses) many
# neurons that look at the same inputs are a **layer**, and the layer is called `Dense`. Ours has one neuron.

# %%
neuron = cr.Sequential([cr.Input(shape=(2,)), cr.layers.Dense(1, activation="sigmoid")])
neuron.set_weights(
    [np.array([[3.0], [2.0]]), np.array([-2.0])]
)  # the weights: (inputs, neurons); the bias: (neurons,)
said = neuron.predict(np.array(list(days.values())), verbose=0)
for day, a in zip(days, said[:, 0], strict=True):
    print(f"{day}:  by hand {by_hand[day]:.3f}, Chainrule {a:.3f}")
assert np.allclose(said[:, 0], list(by_hand.values()), atol=1e-6)

# %% [markdown]
# ## What one neuron cannot do
#
# Put the days on a map, cold to the right and rain upwards, and mark where the neuron says "jacket" (#).

# %%
print("\n— 4. A neuron draws a straight line —")
for rain in np.linspace(1, 0, 9):
    print("  " + "".join(" #" if 3 * cold + 2 * rain - 2 > 0 else " ." for cold in np.linspace(0, 1, 17)))

# %% [markdown]
# The border is where 3 · cold + 2 · rain - 2 = 0, and that is the equation of a straight line. Other weights
# turn the line, another bias moves it, but it stays straight. What if the answer does not lie on two sides of
# a straight line?
#
# Take two switches in a corridor. The light is on when exactly one of them is up. (Logicians call this
# *exclusive or*, **XOR**.)
#
# **Predict before you run:** we try a million neurons with weights and biases drawn by chance. How many of
# the four cases does the best neuron get right?

# %%
switches = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
light = np.array([0, 1, 1, 0])
rng = np.random.default_rng(1)
weights, biases = rng.normal(size=(2, 1_000_000)), rng.normal(size=1_000_000)
right = ((switches @ weights + biases > 0) == light[:, None]).sum(axis=0)
print("\n— 5. A million neurons try the corridor light —")
for k in range(5):
    print(f"{k} of 4 right: {(right == k).sum():7,} neurons")
assert right.max() == 3

# %% [markdown]
# Three, never four, and it can be proved. To be right everywhere, a neuron would need
#
# - bias ≤ 0 (both down: off),
# - w₁ + bias > 0 and w₂ + bias > 0 (one up: on),
# - w₁ + w₂ + bias ≤ 0 (both up: off).
#
# Add the two in the middle: w₁ + w₂ + 2 · bias > 0. Take bias off on the left: w₁ + w₂ + bias > -bias ≥ 0.
# But the last line says it is ≤ 0. Both cannot be.
#
# ## Three neurons can
#
# Let two neurons look at the switches and a third one look at *their* answers. The first says how many
# switches are up. The second speaks only when both are. The third takes the first and subtracts the second,
# twice.

# %%
network = cr.Sequential([cr.Input(shape=(2,)), cr.layers.Dense(2, activation="relu"), cr.layers.Dense(1)])
network.set_weights(
    [np.array([[1.0, 1.0], [1.0, 1.0]]), np.array([0.0, -1.0]), np.array([[1.0], [-2.0]]), np.array([0.0])]
)
print("\n— 6. Two neurons, and one that listens to them —")
for x, target, a in zip(switches, light, network.predict(switches, verbose=0)[:, 0], strict=True):
    first, second = max(x[0] + x[1], 0), max(x[0] + x[1] - 1, 0)
    print(
        f"switches {x}:  first {first}, second {second}:  {first} - 2 · {second} = {a:.0f}   "
        f"(light: {target})"
    )
assert np.array_equal(network.predict(switches, verbose=0)[:, 0], light)

# %% [markdown]
# The two in the middle are a **hidden layer**: "hidden" only means that they are neither the input nor the
# answer. A **neural network** is layers of neurons one after the other.
#
# ## What the activation is for
#
# **Predict before you run:** the same three neurons, but without relu: each hands its sum on as it is. Can
# *any* weights do the corridor light then?

# %%
print("\n— 7. Without the bend, two layers are one —")
rng = np.random.default_rng(2)
w1, b1, w2, b2 = (
    rng.normal(size=(2, 50)),
    rng.normal(size=50),
    rng.normal(size=(50, 1)),
    rng.normal(size=1),
)
two_layers = (switches @ w1 + b1) @ w2 + b2
one_neuron = switches @ (w1 @ w2) + (b1 @ w2 + b2)
bent = np.maximum(switches @ w1 + b1, 0) @ w2 + b2
for name, a in (
    ("50 neurons, then 1, no activation", two_layers),
    ("1 neuron that was worked out from them", one_neuron),
):
    print(f"{name:40s}", np.round(a[:, 0], 4))
print(f"{'50 neurons with relu, then 1':40s}", np.round(bent[:, 0], 4))
assert np.allclose(two_layers, one_neuron)

flat, curved = (abs(a[0] + a[3] - a[1] - a[2])[0] for a in (two_layers, bent))
print(f"First + last - the two in the middle: {flat:.4f} without, {curved:.4f} with relu.")
assert flat < 1e-9
assert curved > 1

# %% [markdown]
# Fifty neurons without activation were one neuron in disguise: a sum of sums is a sum. For it the answers
# always fulfil *first + last = the two in the middle*, and the corridor light needs 0 + 0 = 1 + 1. So no
# weights can do it. **The bend is what makes many layers more than one**, and one corner (relu's) is bend
# enough.
#
# ## And who finds the weights?
#
# Here we chose them by thinking. A network that reads digits has 694,950 of them, and nobody can think them
# all up. Let us watch them being found, without yet understanding how.

# %%
print("\n— 8. Weights that were found, not thought up —")
cr.utils.set_random_seed(4)
learner = cr.Sequential(
    [cr.Input(shape=(2,)), cr.layers.Dense(8, activation="tanh"), cr.layers.Dense(1, activation="sigmoid")]
)
learner.compile(cr.optimizers.Adam(0.05), "binary_crossentropy")
print("before:", np.round(learner.predict(switches, verbose=0)[:, 0], 2))
learner.fit(switches, light, epochs=300, verbose=0)
after = learner.predict(switches, verbose=0)[:, 0]
print("after: ", np.round(after, 2), "  light:", light)
assert np.abs(after - light).max() < 0.1

# %% [markdown]
# How that works is lessons 2 (how wrong am I?), 3 and 4 (how do I get less wrong?) and 5 (which weight is to
# blame?).
#
# ## Exercise
#
# Three people vote yes (1) or no (0). Choose weights and a bias so that one neuron is above 0 exactly when at
# least two say yes. Then the first person gets two votes, and three of the four votes are needed: which
# weights and bias now?
#
# Try it on paper before you go on.

# %%
votes = np.array([[a, b, c] for a in (0, 1) for b in (0, 1) for c in (0, 1)])
answer = None  # yours, such as ([1, 1, 1], -5): three weights and a bias for the first question
check(
    answer,
    lambda it: np.array_equal(votes @ np.array(it[0]) + it[1] > 0, votes.sum(axis=1) >= 2),
    hint="with equal weights the sum counts the votes: which bias is above minus two votes, and below minus one?",
)

# %%
# The solution. All weights 1: the sum counts the votes; the bias is a threshold between 1 and 2.
majority = votes @ np.array([1, 1, 1]) - 1.5 > 0
assert np.array_equal(majority, votes.sum(axis=1) >= 2)

# The first person counts twice: weight 2. Three votes or more: the threshold lies between 2 and 3.
weighted = votes @ np.array([2, 1, 1]) - 2.5 > 0
assert np.array_equal(weighted, 2 * votes[:, 0] + votes[:, 1] + votes[:, 2] >= 3)

print("\n— Exercise —")
print("votes, majority, first counts twice:")
for vote, simple, double in zip(votes, majority, weighted, strict=True):
    print(f"  {vote}   {'yes' if simple else 'no ':3s}   {'yes' if double else 'no'}")
print("A weight is a number of votes, and the bias says how many are needed.")
