# %% [markdown]
# # 7. Open it, rewind it, take another way
#
# After training, most programs have one thing left: the weights at the end. How they came to be what they are
# is gone. Chainrule can record a training as a **run**, so that you can go back to any step of it, look into
# that step with every number, and go on from there in another way.

# %%
import tempfile

import numpy as np

import chainrule as cr
from chainrule import datasets, explain, plots, runs
from chainrule.lessons import check, lines, show

# %% [markdown]
from chainrule.recording import resume
from chainrule.training import recipes

# ## Record the run
#
# The network of lesson 6, but with 64 hidden neurons, for two epochs. (On the command line: `chainrule train`
# records by itself.)

# %%
# This folder goes away at the end; to keep what is in it, write a folder of your own instead.
passing = tempfile.TemporaryDirectory(prefix="lesson-7-")
data = datasets.load("mnist")
recipe = recipes.recipe("classic", hidden=(64,), epochs=2)
cr.utils.set_random_seed(3)
job = resume.new(data, recipe, "mnist", {}, seed=3, runs_dir=passing.name)
print("— 1. Two epochs, recorded —")
job.learn(verbose=2)
run = runs.find(passing.name, "last")
bytes_of_weights = job.model.count_params() * 4
print(
    f"recorded: the loss of {len(run.steps):,} steps, "
    f"{len(run.snapshots())} snapshots before the steps {run.snapshots()},"
)
print(
    f"          {run.size / 1e6:.1f} MB. "
    f"One set of weights alone has {bytes_of_weights / 1e6:.2f} MB; "
    f"{len(run.steps):,} of them would be {len(run.steps) * bytes_of_weights / 1e6:.0f} MB."
)
assert len(run.steps) == 3750
assert run.size < 30e6

# %% [markdown]
# A snapshot now and then, and nothing between. **Predict before you run:** can we still know the weights
# before step 1,234?

# %%
replay = resume.opened(run)
state = replay.at(1234)
kernel = state["params"][1]["kernel"]
print("\n— 2. Rewind —")
print(
    f"before step {int(state['step']):,}: the hidden kernel is {kernel.shape}, "
    f"its largest weight {kernel.max():.6f}"
)
print(f"the state holds: {', '.join(state)}; Adam's state: {', '.join(state['optimizer_state'])}")
print(
    "largest relative difference between the losses recorded then and those of now, "
    f"steps 1,234 to 1,334: {replay.compare(1234, 1334)}"
)
assert int(state["step"]) == 1234
assert replay.compare(1234, 1334) < 1e-3

# %% [markdown]
# Between two snapshots the steps are simply learned *again*. That works because nothing in it is left to
# chance: which examples come in which order follows from the seed. The losses are the same, to the last bit,
# on the same computer with the same versions. (Elsewhere sums may be added in another order, and the last
# digits differ. `compare` says by how much.)
#
# "The weights *are* the training" is said sometimes. To go on as if nothing had happened one also needs the
# optimizer's memory, the step's number, and the place in the order of the examples. That is what a snapshot
# keeps.
#
# ## Find something worth looking at
#
# The loss of an epoch is a mean of 1,875 steps. Let us look at the steps.

# %%
loss = run.steps["loss"]
print("\n— 3. The losses of the steps —")
for start in (0, 100, 500, 1875, 3000):
    some = loss[start : start + 100]
    print(
        f"steps {start:5,} to {start + 99:5,}: mean {some.mean():.3f}, "
        f"from {some.min():.3f} to {some.max():.3f}"
    )
worst = 1875 + int(np.argmax(loss[1875:]))
print(f"The worst of the second epoch is step {worst:,}, loss {loss[worst]:.3f}.")
first = explain.Condition("accuracy >= 0.9").first(explain.columns_of(run))
print(f"The first batch that is read to 90 % or more is that of step {first}.")
show(
    "7-steps",
    lines,
    range(0, 3750, 5),
    {"loss of each fifth step": loss[::5]},
    title="One batch is not like the other",
    x_name="step",
    y_name="loss",
    log=True,
)
show("7-sizes", plots.sizes, run)

# %% [markdown]
# **Predict before you run:** why is the loss so high in that step? Is the network broken there? Or is it the
# batch?

# %%
step = explain.step(replay, worst)
x, y, _ = replay.batch(worst)
labels, says = y.argmax(axis=1), step.p.argmax(axis=1)
hardest = np.argsort(-step.losses)
print(f"\n— 4. Step {worst:,}, opened —")
print(f"{step.n} examples, loss {step.loss:.4f}; recorded {loss[worst]:.4f}")
for k in hardest[:5]:
    print(
        f"example {replay.chosen(worst)[k]:6,}: a {labels[k]}, "
        f"it said {says[k]} with {step.p[k].max():.1%}, loss {step.losses[k]:.3f}"
    )
share = step.losses[hardest[:3]].sum() / step.losses.sum()
print(f"The hardest three of {step.n} make {share:.0%} of the loss.")
assert abs(step.loss - loss[worst]) < 1e-3
assert share > 0.4
show("7-batch", plots.digits, x.reshape(-1, 28, 28), labels=labels, said=says, columns=8)

# %% [markdown]
# Nothing is broken. Two or three pictures in that batch are hard, and the others cost almost nothing. A high
# loss in one step means little; look at means, or at the examples.
#
# What did the network learn from the hardest one? Here is a single weight with all its arithmetic: the one of
# the last layer into the right answer that moved most.

# %%
target = int(labels[hardest[0]])
moved = np.abs(step.link("dense_1").update["kernel"][:, target])
account = step.weight("dense_1", int(moved.argmax()), target, check=True)
print("\n— 5. One weight in that step —")
print(account)
checked = step.check("dense_1", "kernel", (int(moved.argmax()), target))
assert checked.ok

# %% [markdown]
# Everything in it is lesson 5, with Adam at the end instead of the plain rule.
#
# **Predict before you run:** is the hardest example read better right after the step that learned from it? Is
# *everything* in the batch read better?

# %%
after = step.state["params"]
hidden = np.maximum(x.reshape(-1, 784) @ after[1]["kernel"] + after[1]["bias"], 0)
p_after = cr.activations.softmax(hidden @ after[3]["kernel"] + after[3]["bias"])
before_p, after_p = (p[np.arange(len(p)), labels] for p in (step.p, p_after))
k = hardest[0]
print("\n— 6. Before and after the step —")
print(f"the hardest one: the right answer got {before_p[k]:.4%}, now {after_p[k]:.4%}")
print(f"mean loss of the batch: {-np.log(before_p).mean():.4f}, now {-np.log(after_p).mean():.4f}")
print(f"examples that are read better now: {(after_p > before_p).sum()} of {len(labels)}")
assert after_p[k] > before_p[k]
assert -np.log(after_p).mean() < -np.log(before_p).mean()

# %% [markdown]
# One step is a compromise of 32 wishes, and it also carries the memory of earlier batches. So many examples
# get (a very little) worse though it was *their* batch, and the hard one gets only a little better.
#
# ## Another way
#
# What if the learning rate had been ten times larger from step 1,875 on? A **fork** leaves a run at a step
# and changes something. All else stays: the state, and the order in which the examples come. (`chainrule
# train --fork last@1875 --learning-rate 0.01`)
#
# First a fork that changes *nothing*. **Predict before you run:** how far will its last weights be from those
# of the run?

# %%
same = resume.forked(run, 1875)
same.learn(verbose=0)
difference = max(
    np.abs(a - b).max() for a, b in zip(same.model.get_weights(), job.model.get_weights(), strict=True)
)
print("\n— 7. A fork that changes nothing —")
print(f"largest difference of any weight after {len(run.steps) - 1875:,} steps: {difference}")
assert difference < 1e-3

fork = resume.forked(run, 1875, learning_rate=0.01)
fork.learn(verbose=0)
forked = runs.find(passing.name, "last")
both = runs.compare(run, forked)
print("\n— 8. A fork with a rate of 0.01 instead of 0.001 —")
print(
    f"{forked.name} left {forked.info.parent.run} at step {forked.info.parent.step:,}; "
    f"{'; '.join(forked.info.parent.changes)}"
)
print(f"The first step whose numbers differ: {both.parted:,}")
for name in ("loss", "val_accuracy"):
    print(f"{name:12s} at the end: run {both.metrics[name][0]:.4f}, fork {both.metrics[name][1]:.4f}")
assert 1875 <= both.parted <= 1880
assert both.metrics["val_accuracy"][1] < both.metrics["val_accuracy"][0]


def smooth(values: np.ndarray) -> np.ndarray:
    """The mean of 50 steps at each step."""
    return np.convolve(values, np.ones(50) / 50, mode="valid")


show(
    "7-fork",
    lines,
    range(1875, 1875 + 1826),
    {"the run": smooth(loss[1875:]), "rate ten times larger": smooth(forked.steps["loss"])},
    title="The same step 1,875, two ways on",
    x_name="step",
    y_name="loss, mean of 50 steps",
)

# %% [markdown]
# Both see the same examples in the same order, so the difference has *one* reason. That is how one finds out
# what a setting does: not by two trainings that also differ in their random numbers.
#
# How much is chance? That can be measured: the same recipe with other seeds.

# %%
ends = []
for seed in (11, 12):
    cr.utils.set_random_seed(seed)
    other = resume.new(data, recipe, "mnist", {}, seed=seed)  # no runs_dir: not recorded
    ends.append(other.learn(verbose=0).history["val_accuracy"][-1])
ours, larger = both.metrics["val_accuracy"]
print("\n— 9. Luck —")
print(
    f"two other seeds end at {', '.join(f'{end:.2%}' for end in ends)}; the run {ours:.2%}, "
    f"the fork {larger:.2%}"
)
assert max(ends) - min(ends) < 0.015

# %% [markdown]
# Keep both figures in mind when you read "our method is 0.2 points better".
#
# ## Exercise
#
# Which examples pushed that weight of part 5 most in the 50 steps before? `explain.steps_of_run(replay, start,
# stop)` takes the steps again, and `explain.influence_on_weight` divides the weight's way among the examples.
# Do the shares and the rest add up to the whole way?

# %%
answer = None  # yours, such as False: whether they add up, True or False
check(
    answer,
    lambda it: it is True,
    hint="what the optimizer remembers and what the curvature leaves over are told, too",
)

# %%
place = (int(moved.argmax()), target)
influence = explain.influence_on_weight(
    explain.steps_of_run(replay, worst - 50, worst), "dense_1", "kernel", place
)
print("\n— Exercise —")
print(influence)
way = sum(row.change for row in influence.steps)
before, now = (float(replay.at(at)["params"][3]["kernel"][place]) for at in (worst - 50, worst))
print(
    f"The weight went from {before:.6f} to {now:.6f}, by {now - before:+.6f}; the steps add up to {way:+.6f}."
)
assert abs(way - (now - before)) < 1e-4
print("Most of the way is Adam's memory: an example goes on pushing for some steps after its own.")
