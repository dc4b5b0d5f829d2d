# %% [markdown]
# # 11. A network that remembers: counting
#
# All networks so far see one example and forget it. A recurrent network reads a sequence, one number at a
# time, and keeps a *state* from one time to the next. Here one learns to count, and you watch its state do it.

# %%
import numpy as np

import chainrule as cr
from chainrule.lessons import check, lines, show

L = cr.layers

# %% [markdown]
# ## One state, by hand
#
# The new state is made of the input and of the state before: h' = f(x · w + h · u + b).
#
# **Predict before you run:** with w = 1, u = 1, b = 0 and no bend, what does the state hold after reading
# 1, 0, 1, 1?

# %%
w, u, b = 1.0, 1.0, 0.0
h = 0.0
print("— 1. One state, by hand —")
for x in (1.0, 0.0, 1.0, 1.0):
    print(f"h = {x:.0f} · {w:.0f} + {h:.0f} · {u:.0f} + {b:.0f} = {x * w + h * u + b:.0f}")
    h = x * w + h * u + b
print("it counts the ones")
assert h == 3

# %% [markdown]
# ## Blame through time
#
# The loss looks at the last state only. Who else is to blame? The last state was made from the one before, by
# the weight u; that from the one before it, by u again. So the slope goes back through time, multiplied by u
# at every step, and u hears from every step.
#
# **Predict before you run:** the truth is 4, the loss is (h - 4)². The last state was 3. What is the slope of
# the loss by w? (Each input 1 met w once.)

# %%
xs, states = [1.0, 0.0, 1.0, 1.0], [0.0, 1.0, 1.0, 2.0]  # the inputs, and the state before each of them
dh, dw, du = 2 * (3.0 - 4.0), 0.0, 0.0
print("\n— 2. Blame through time —")
for x, before in zip(reversed(xs), reversed(states), strict=True):
    dw, du = dw + x * dh, du + before * dh
    print(
        f"x = {x:.0f}, state before = {before:.0f}: slope of the state {dh:+.0f}   dw so far {dw:+.0f}   "
        f"du so far {du:+.0f}"
    )
    dh = dh * u
rnn = L.SimpleRNN(1, activation="linear")
params = {"kernel": np.array([[w]]), "recurrent_kernel": np.array([[u]]), "bias": np.array([b])}
_, cache = rnn.forward(params, np.array(xs).reshape(1, 4, 1))
grads = rnn.gradients(params, cache, np.array([[2 * (3.0 - 4.0)]]))
print(
    f"Chainrule's rule: dw = {grads['kernel'][0, 0]:+.0f}, du = {grads['recurrent_kernel'][0, 0]:+.0f}. They agree."
)
assert (grads["kernel"][0, 0], grads["recurrent_kernel"][0, 0]) == (dw, du)

# %% [markdown]
# ## It learns to count
#
# 500 sequences of ten zeros and ones; at every time the answer is how many ones there were so far. The network is
# told nothing but the answers. It is an LSTM with a single cell: an *input gate* decides how much is written into
# the cell, and a *forget gate* how much of it stays; that is the u from above, but another one at each time.

# %%
rng = np.random.default_rng(11)
x = rng.integers(0, 2, (500, 10, 1)).astype(np.float32)
y = x.cumsum(axis=1)
cr.utils.set_random_seed(2)
model = cr.Sequential([cr.Input((10, 1)), L.LSTM(1, return_sequences=True), L.Dense(1)])
model.compile(cr.optimizers.Adam(0.03), "mse", backend="numpy")
history = model.fit(x, y, epochs=100, batch_size=50, verbose=0).history["loss"]
print("\n— 3. It learns to count —")
print(f"{model.count_params()} numbers to learn")
print(f"squared error: {history[0]:.2f} in the first epoch, {history[-1]:.3f} in the last")
new = rng.integers(0, 2, (200, 10, 1)).astype(np.float32)
counted = np.rint(model.predict(new, verbose=0))
right = float((counted == new.cumsum(axis=1)).mean())
print(f"new sequences counted right: {right:.0%}")
assert right > 0.9

# %% [markdown]
# ## Look inside
#
# The cell while the network reads 1 1 0 1 0 0 1 1 0 1.
#
# **Predict before you run:** what does the cell do when a 1 comes, and what when a 0 comes?

# %%
sequence = np.array([1, 1, 0, 1, 0, 0, 1, 1, 0, 1], np.float32).reshape(1, 10, 1)
cells = []
for length in range(1, 11):  # the cell after each beginning of the sequence
    reader = L.LSTM(1, return_state=True)
    reader(sequence[:, :length])
    reader.set_weights(model.layers[0].get_weights())
    cells.append(float(reader(sequence[:, :length])[2][0, 0]))
so_far = sequence[0, :, 0].cumsum()
print("\n— 4. Look inside —")
for t in range(10):
    step = cells[t] - (cells[t - 1] if t else 0.0)
    print(f"read {sequence[0, t, 0]:.0f}   ones so far {so_far[t]:.0f}   cell {cells[t]:+.2f} ({step:+.2f})")
at_one = [cells[t] - (cells[t - 1] if t else 0.0) for t in range(10) if sequence[0, t, 0]]
at_zero = [cells[t] - cells[t - 1] for t in range(1, 10) if not sequence[0, t, 0]]
print("It climbs at every 1 and stays at every 0: nobody told it how to count")
assert min(at_one) > 0.1
assert max(map(abs, at_zero)) < 0.03
show(
    "cell",
    lines,
    range(1, 11),
    {"cell": cells, "ones so far / 6": (so_far / 6).tolist()},
    x_name="read so far",
)

# %% [markdown]
# ## Exercise
#
# The state by hand had u = 1. With u = 0.5, how much of the first input is left after ten steps? And with u = 2?

# %%
answer = None  # yours, such as (0.5, 2): what is left with u = 0.5, and with u = 2
check(
    answer,
    lambda it: abs(it[0] - 0.5**10) < 1e-6 and it[1] == 2**10,
    hint="each step multiplies by u, and there are ten",
)

# %%
print("\n— Exercise —")
for u in (0.5, 1.0, 2.0):
    print(f"u = {u}: {u**10:g} of it; and the slope on its way back is multiplied by the same")
assert (0.5**10 < 0.001, 2**10 > 1000) == (True, True)
