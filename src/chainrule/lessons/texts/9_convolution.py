# %% [markdown]
# # 9. One small window, everywhere: convolution by hand
#
# The network of lesson 6 looks at a digit through 784 separate holes. Move the digit by one pixel, and it
# sees something entirely different. A convolution looks through a *small window* and slides it over the
# picture: the same few weights everywhere. Here is one, with every number written down, forwards and
# backwards.

# %%
import numpy as np

import chainrule as cr
from chainrule.lessons import check, lines, show

# %% [markdown]
# ## Forward: multiply, add, slide
#
# A picture of 4 x 4 pixels with an edge in the middle, and a window of 2 x 2 weights, the *kernel*. At each
# place the four pixels under the window are multiplied by the four weights and added.
#
# **Predict before you run:** the kernel is (-1, +1) in both rows. Where does it answer something else than 0?

# %%
picture = np.array([[0.0, 0, 1, 1], [0, 0, 1, 1], [0, 0, 1, 1], [0, 0, 1, 1]])
kernel = np.array([[-1.0, 1.0], [-1.0, 1.0]])
answers = np.zeros((3, 3))
print("— 1. Forward —")
for row in range(3):
    for column in range(3):
        patch = picture[row : row + 2, column : column + 2]
        answers[row, column] = (patch * kernel).sum()
print(answers)
print("where the window stands on the edge it answers 2, everywhere else 0: it is an edge detector")
assert (answers[:, 1] == 2).all()

layer = cr.layers.Conv2D(1, 2, use_bias=False)
by_layer = layer(picture[None, :, :, None])  # builds the layer
layer.set_weights([kernel[:, :, None, None]])
by_layer = layer(picture[None, :, :, None])[0, :, :, 0]
print("Chainrule's Conv2D gives the same:", bool((by_layer == answers).all()))
assert (by_layer == answers).all()

# %% [markdown]
# ## Backward: a weight hears from every place
#
# Each weight was used at nine places, so nine answers can blame it. Its slope is the sum over the places of
# *the pixel that met it there* times *how much the loss wants that answer to change*. Say the loss wants the
# three answers on the edge to grow: their slope is -1, all others' 0.
#
# **Predict before you run:** kernel[0][0] met the pixels left of the edge at those places, kernel[0][1] those
# right of it. Which of the two has the slope 0?

# %%
dy = np.zeros((3, 3))
dy[:, 1] = -1.0
print("\n— 2. Backward —")
by_hand = np.zeros((2, 2))
for a in range(2):
    for b in range(2):
        met = picture[a : a + 3, b : b + 3]  # the pixels that met this weight, place by place
        by_hand[a, b] = (met * dy).sum()
        print(f"dkernel[{a}][{b}] = sum of (pixel that met it · slope of the answer) = {by_hand[a, b]:+.0f}")
moved = np.zeros((2, 2))
for a in range(2):
    for b in range(2):
        for sign in (1, -1):
            other = kernel.copy()
            other[a, b] += sign * 1e-4
            found = sum(
                (picture[r : r + 2, c : c + 2] * other).sum() * dy[r, c] for r in range(3) for c in range(3)
            )
            moved[a, b] += sign * found / 2e-4
print("measured by moving each weight a little:", moved.round(6).tolist())
assert np.allclose(by_hand, moved)

params = {"kernel": kernel[:, :, None, None]}
_, cache = layer.forward(params, picture[None, :, :, None])
by_rule = layer.gradients(params, cache, dy[None, :, :, None])["kernel"][:, :, 0, 0]
print("They agree with Chainrule's rule:", bool(np.allclose(by_rule, by_hand)))
assert np.allclose(by_rule, by_hand)

# %% [markdown]
# ## Why it is worth it: a moved digit
#
# 1,000 digits for training. One network looks through separate holes, one through sliding windows; each is
# tested on the same digits where they stand, and moved by two pixels.

# %%
(x, y), (x_test, y_test) = cr.datasets.mnist.load_data()
x, y, x_test, y_test = x[:1000] / 255.0, y[:1000], x_test[:1000] / 255.0, y_test[:1000]
moved_test = np.roll(x_test, 2, axis=2)


def network(*hidden: cr.layers.Layer) -> cr.Sequential:
    """Trains the hidden layers, ten answers on top, for eight epochs."""
    cr.utils.set_random_seed(3)
    model = cr.Sequential([cr.Input((28, 28, 1)), *hidden, cr.layers.Dense(10, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"], backend="numpy")
    model.fit(x[..., None], y, epochs=8, verbose=0)
    return model


L = cr.layers
holes = network(L.Flatten(), L.Dense(64, activation="relu"))
windows = network(
    L.Conv2D(8, 5, activation="relu"),
    L.MaxPooling2D(3),
    L.Conv2D(16, 3, activation="relu"),
    L.MaxPooling2D(2),
    L.Flatten(),
)
print("\n— 3. A moved digit —")
right = {}
for name, model in (("holes", holes), ("windows", windows)):
    right[name] = [model.evaluate(pixels[..., None], y_test, verbose=0)[1] for pixels in (x_test, moved_test)]
    print(
        f"{name:8} {model.count_params():7,} numbers   where they stand {right[name][0]:.1%}   "
        f"moved {right[name][1]:.1%}"
    )
assert right["windows"][1] > right["holes"][1]
show(
    "moved",
    lines,
    [0, 2],
    {name: [100 * r for r in pair] for name, pair in right.items()},
    x_name="moved by pixels",
)

# %% [markdown]
# ## Exercise
#
# A kernel of 3 x 3 on 28 x 28 pixels, 16 filters. How many weights (with biases), and how many multiplications
# for one picture? Work it out, then run.

# %%
answer = None  # yours, such as (100, 1000): weights, and multiplications for one picture
check(
    answer,
    lambda it: tuple(it) == (160, 97_344),
    hint="the window fits in 26 by 26 places, and each filter has nine weights and a bias",
)

# %%
print("\n— Exercise —")
conv = cr.layers.Conv2D(16, 3)
conv(np.zeros((1, 28, 28, 1)))
print(f"weights: 3 · 3 · 16 + 16 = {3 * 3 * 16 + 16}; the layer says {conv.count_params()}")
print(
    f"multiplications: 26 · 26 places · 3 · 3 · 16 = {26 * 26 * 9 * 16:,}; "
    f"the layer says {conv.multiplications((28, 28, 1)):,}"
)
assert conv.count_params() == 160
