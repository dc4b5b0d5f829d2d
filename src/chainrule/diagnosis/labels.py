"""Labels that look wrong: examples that the network, while it had not memorised them yet, would rather call something else.

A network learns first what examples have in common, and only later memorises what contradicts it. So an example is
judged by what the network said to it early in the run: how much more probable it found another class than the given
one, as a mean over a few early states (they are snapshots of the run, or reached again by replay). The idea is that of
the area under the margin (G. Pleiss and others, 2020); how many labels look wrong is counted as in confident learning
(C. Northcutt and others, 2021): another class is at least as probable as it is, on average, for its own examples.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.diagnosis.answers import NO_LABEL, Answers
from chainrule.diagnosis.finding import Finding
from chainrule.errors import DataError
from chainrule.recording.replay import Replay

EPOCHS = 10  # states at the ends of so many epochs rank best; ...
EARLY = 6  # ... fewer of them count best: later some wrong labels are memorised
BUDGET = 3.0  # seconds (as guessed for NumPy) that may be spent on reaching them
LEAST_STATES = 3  # where so many cannot be reached, snapshots of these epochs must do
SURE = 0.5  # by so much the other class must be more probable to be counted
# With 10 % of the labels of MNIST swapped (1,000 to 60,000 digits, recipes classic and fast), 1.5 to 7.5 % are counted; on the same
# digits as they are, at most 0.4 %.
SHARE = 0.01  # of the labels
# Between few classes a network that is unsure is confidently wrong more often: digits above 4 against the others, tables whose classes
# overlap: up to 2.6 % of the labels, all of them right; 2.8 to 5.5 % with a tenth of them swapped.
SHARE_OF_FEW = 0.06  # of the labels, divided by the number of classes
# A network that has not learned to tell a few classes apart contradicts many right labels, and is sure of it.
FEW, WRONG = 5, 0.2  # classes; of the labels, that it may be wrong about and still contradict some
LEAST = 5  # labels


@dataclass(frozen=True)
class Suspect:
    """A candidate: its place among the training examples, the label it has, the class the network would rather give."""

    index: int
    given: int
    other: int
    score: float


@dataclass(frozen=True, eq=False)
class Suspects:
    """All labelled examples of a run, the most suspicious first; candidates to look at, never verdicts.

    index: places in the training examples.  given: their labels.  other: what the network would rather say.
    score: how much more probable it finds that, -1..1.  estimate: how many labels are clearly contradicted.
    steps: where in the run it was asked.  names: what the classes are called.
    """

    index: NDArray[np.int64]
    given: NDArray[np.int64]
    other: NDArray[np.int64]
    score: NDArray[np.float64]
    estimate: int
    steps: tuple[int, ...]
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.index)

    def top(self, count: int) -> list[Suspect]:
        """The first of them."""
        columns = (self.index, self.given, self.other, self.score)
        return [
            Suspect(int(i), int(g), int(o), float(s))
            for i, g, o, s in zip(*(c[:count] for c in columns), strict=True)
        ]

    def name(self, label: int) -> str:
        """What a class is called."""
        return self.names[label] if 0 <= label < len(self.names) else str(label)


def suspects(replay: Replay | Answers, progress: Callable[[int, int], Any] | None = None) -> Suspects:
    """Ranks the training examples of a run by how much their labels look wrong.

    replay: the run, opened (`resume.opened(run)`).  progress: called with (states asked, all). DataError when it does not learn
    classes.

    >>> import tempfile
    >>> from chainrule import Sequential, layers, optimizers
    >>> from chainrule.recording.recorder import RunRecorder
    >>> from chainrule.runs import Run
    >>> x = np.array([[0., 1], [1, 0]] * 20)
    >>> y = np.array([0, 1] * 20)
    >>> y[6] = 1                                    # wrong: all that look like it are 0
    >>> model, record = Sequential([layers.Dense(2, "softmax", input_shape=(2,))]), RunRecorder(tempfile.mkdtemp())
    >>> model.compile(optimizers.SGD(1.0), "sparse_categorical_crossentropy")
    >>> _ = model.fit(x, y, epochs=6, verbose=0, callbacks=[record])
    >>> suspects(Replay(Run(record.folder), model, model.problem().examples(x, y))).top(1)[0].index
    6
    """
    answers = replay if isinstance(replay, Answers) else Answers(replay)
    if answers.given is None:
        raise DataError("Only labels can look wrong: this run does not learn to tell classes apart.")
    steps = states(answers)
    places = np.flatnonzero(answers.given != NO_LABEL)
    given, total, early = answers.given[places], np.zeros(1), np.zeros(1)
    for k, step in enumerate(steps, 1):
        if progress is not None:
            progress(k - 1, len(steps))
        total = total + answers.probabilities(step)[places]
        early = total / k if k <= EARLY else early
    p = np.asarray(total / len(steps))
    rows = np.arange(len(p))
    others = p.copy()
    others[rows, given] = -1.0
    other = others.argmax(axis=1)
    score = others[rows, other] - p[rows, given]
    order = np.argsort(-score, kind="stable")
    return Suspects(
        places[order],
        given[order],
        other[order],
        score[order],
        count(np.asarray(early), given),
        steps,
        tuple(answers.names),
    )


def states(answers: Answers) -> tuple[int, ...]:
    """The steps whose states are asked: the ends of the first epochs, or snapshots where going there takes too long."""
    replay, kept = answers.replay, answers.replay.run.snapshots()
    first = replay.first - replay.begun
    ends = [end for k in range(EPOCHS) if (end := first + (k + 1) * replay.per_epoch) <= kept[-1]]
    affordable, spent, have = list[int](), 0.0, [*replay.visited, *kept]
    for end in ends:
        spent += answers.seconds(end - max(step for step in have if step <= end))
        if spent <= BUDGET:
            affordable.append(end)
            have.append(end)
    if len(affordable) >= min(LEAST_STATES, max(1, len(ends))):
        return tuple(affordable)
    later = [step for step in kept if step > replay.first]
    early = [step for step in later if step <= first + EARLY * replay.per_epoch] or later
    return tuple(early[:EARLY]) or (kept[-1],)


def count(p: NDArray[np.float64], given: NDArray[np.int64]) -> int:
    """How many labels are contradicted: another class is as probable as for its own examples, and by far the likelier one.

    None where it is wrong about many of a few classes: it has not learned yet what it would need to know.

    >>> p = np.array([[.9, .1], [.8, .2], [.1, .9], [.2, .8], [.05, .95]])
    >>> count(p, np.array([0, 0, 1, 1, 0]))
    1
    """
    classes = np.arange(p.shape[1])
    if len(classes) <= FEW and (p.argmax(axis=1) != given).mean() > WRONG:
        return 0
    usual = np.array([p[given == k, k].mean() if (given == k).any() else np.inf for k in classes])
    likely = np.where(p >= usual, p, -1.0)
    likely[np.arange(len(p)), given] = -1.0
    best = likely.max(axis=1)
    return int((best - p[np.arange(len(p)), given] > SURE).sum())


def suspicious(found: Suspects) -> list[Finding]:
    """The finding: only where clearly more labels look wrong than in data that are in order."""
    if found.estimate < max(LEAST, max(SHARE, SHARE_OF_FEW / len(found.names)) * len(found)):
        return []
    first = found.top(3)
    shown = ", ".join(f"#{s.index} ({found.name(s.given)}, rather {found.name(s.other)})" for s in first)
    share = f"{found.estimate / len(found):.1%}".replace("%", " %")
    says = (
        f"{found.estimate:,} of {len(found):,} labels ({share}) are clearly contradicted by what the network learned first. The "
        f"first candidates: {shown}."
    )
    advice = "Look at them: rare but right examples look the same. `chainrule runs doctor RUN --out labels.png` draws the first."
    evidence = {
        "estimate": found.estimate, "labelled": len(found), "asked_at_steps": list(found.steps),
        "candidates": [asdict(s) for s in found.top(100)],
    }  # fmt: skip
    return [Finding("suspicious labels", "warning", says, advice, evidence=evidence)]
