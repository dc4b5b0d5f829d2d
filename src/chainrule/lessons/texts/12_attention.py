# %% [markdown]
# # 12. Looking things up: attention
#
# A recurrent network has to carry everything it may need in its state. Attention carries nothing: when it
# needs something, it looks it up. It is a dictionary whose keys may fit a little, and whose answer is a mix.

# %%
import numpy as np

import chainrule as cr
from chainrule.lessons import check, lines, show

L = cr.layers

# %% [markdown]
# ## A soft dictionary, by hand
#
# Three entries, each with a key of two numbers and a value. A question is two numbers, too. How well a key fits
# is their product, number by number, added up. Softmax makes shares of that.
#
# **Predict before you run:** the question is (4, 0). Which key fits best, and about what comes out?

# %%
keys = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]])
values = np.array([[10.0], [20.0], [30.0]])
question = np.array([4.0, 0.0])
scores = keys @ question
shares = np.exp(scores) / np.exp(scores).sum()
answer = float(shares @ values[:, 0])
print("— 1. A soft dictionary —")
for key, score, share, value in zip(keys, scores, shares, values, strict=True):
    print(f"key {key}: score {score:+.0f}, share {share:.3f}, value {value[0]:.0f}")
print(
    f"answer = {' + '.join(f'{s:.3f} · {v[0]:.0f}' for s, v in zip(shares, values, strict=True))} = {answer:.2f}"
)
by_layer = float(L.Attention()([question[None, None], values[None], keys[None]])[0, 0, 0])
print(f"Chainrule's Attention: {by_layer:.2f}")
assert abs(answer - by_layer) < 1e-4

# %% [markdown]
# ## Why it can learn
#
# A hard dictionary gives one value or another; nudge the question, and nothing changes or everything does. The
# soft one has slopes. The slope of the answer by a score is: share · (its value - the answer).
#
# **Predict before you run:** which sign has the slope by the second key's score? Its value is 20.

# %%
print("\n— 2. Why it can learn —")
for k in range(3):
    by_rule = shares[k] * (values[k, 0] - answer)
    ends = []
    for sign in (1, -1):
        e = np.exp(scores + sign * 1e-5 * np.eye(3)[k])
        ends.append(float(e @ values[:, 0] / e.sum()))
    measured = (ends[0] - ends[1]) / 2e-5
    print(
        f"slope by score {k}: {shares[k]:.4f} · ({values[k, 0]:.0f} - {answer:.2f}) = {by_rule:+.4f}, "
        f"measured {measured:+.4f}"
    )
    assert abs(by_rule - measured) < 1e-4
print("They agree")

# %% [markdown]
# ## It learns to look up
#
# Each example is a list of six pairs, a letter and a number, and then a letter again as the question: which number
# stood beside it? Letters are drawn anew for every example, so nothing can be memorised; the network must
# find out *how to look*. It learns a question and a key for each letter, from nothing but right answers.

# %%
rng = np.random.default_rng(12)


def examples(n: int) -> tuple[list[np.ndarray], np.ndarray]:
    """Letters (n, 6), the numbers beside them (n, 6, 1), questions (n, 1), and the right answers (n, 1)."""
    letters = np.argsort(rng.random((n, 12)), axis=1)[:, :6]
    beside = rng.uniform(-1, 1, (n, 6, 1)).astype(np.float32)
    place = rng.integers(0, 6, n)
    asked = letters[np.arange(n), place][:, None]
    return [letters, beside, asked], beside[np.arange(n), place]


letters, beside, asked = cr.Input((6,)), cr.Input((6, 1)), cr.Input((1,))
cr.utils.set_random_seed(1)
meaning = L.Embedding(12, 8, embeddings_initializer="normal")
wanted = L.Embedding(12, 8, embeddings_initializer="normal")
looked_up = L.Attention()([wanted(asked), beside, meaning(letters)])
model = cr.Model([letters, beside, asked], L.Flatten()(looked_up))
model.compile(cr.optimizers.Adam(0.03), "mse", backend="numpy")
x, y = examples(2000)
history = model.fit(x, y, epochs=12, verbose=0).history["loss"]
new, truth = examples(500)
wrong = float(np.abs(model.predict(new, verbose=0) - truth).mean())
print("\n— 3. It learns to look up —")
print(f"squared error: {history[0]:.3f} in the first epoch, {history[-1]:.5f} in the last")
print(
    f"new lists: off by {wrong:.3f} on average; "
    f"saying the mean of the list is off by {np.abs(new[1].mean(axis=1) - truth).mean():.3f}"
)
assert wrong < 0.1
show("loss", lines, range(1, 13), {"squared error": history}, x_name="epoch")

# %% [markdown]
# ## Where does it look?
#
# Questions and keys of a letter have come to fit each other, and no others: of all letters as keys, the question
# of letter 0 fits letter 0 best, and so on.

# %%
fits = wanted.embeddings @ meaning.embeddings.T
print("\n— 4. Where does it look? —")
own = int((fits.argmax(axis=1) == np.arange(12)).sum())
print(f"{own} of 12 questions fit their own letter best")
assert own == 12

# %% [markdown]
# ## Exercise
#
# A text of T words looks within itself: every word asks every word. How many scores are that for 100 words, and
# for 1,000?

# %%
answer = None  # yours, such as (200, 2000): scores for 100 words, and for 1,000
check(
    answer,
    lambda it: tuple(it) == (10_000, 1_000_000),
    hint="every word asks every word, itself too",
)

# %%
print("\n— Exercise —")
for words in (100, 1000):
    print(f"{words:,} words: {words**2:,} scores")
scores = cr.ops.matmul(np.ones((100, 4)), np.ones((4, 100)))
assert scores.shape == (100, 100)
