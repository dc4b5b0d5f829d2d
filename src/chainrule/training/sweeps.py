"""Many trainings that differ in some settings: which values are tried, and a folder that remembers what came out.

space = [parsed("learning-rate=0.0001..0.1"), parsed("layers=64 128,64")]
for trial in grid(space): ...        all combinations of the values
random_trials(space, 20, seed=1)     20 draws; a range is drawn on a logarithmic scale where it spans a factor of ten
Proposals of Optuna, which learns from the scores, are in sweep_optuna.py.
"""

import itertools
import json
import math
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.errors import FileError, SettingError, unknown

SETTINGS = (
    "activation", "batch-size", "epochs", "layers", "learning-rate", "loss", "network", "optimizer", "recipe", "schedule", "seed",
)  # fmt: skip
NOTES, TRIALS = "sweep.json", "trials.jsonl"
LOGARITHMIC = 10.0  # a range that spans this factor is drawn by its logarithm


@dataclass(frozen=True)
class Choice:
    """A setting of `train` and what is tried for it: values as they are typed, or a range of numbers."""

    name: str
    values: tuple[str, ...] = ()
    low: float = 0.0
    high: float = 0.0
    whole: bool = False

    @property
    def logarithmic(self) -> bool:
        """Whether a range is drawn by the logarithm."""
        return self.low > 0 and self.high / self.low >= LOGARITHMIC


@dataclass(frozen=True)
class Trial:
    """One training of a sweep. score: of its test part; None where it failed or was stopped early, and `error` says why.

    stopped: after how many epochs it was stopped, because others did better by then.
    """

    number: int
    settings: dict[str, str]
    score: float | None = None
    metric: str = ""
    run: str | None = None
    model: str | None = None
    seconds: float = 0.0
    error: str | None = None
    stopped: int | None = None

    @property
    def order(self) -> float:
        """The best have the least."""
        if self.score is None:
            return math.inf
        return self.score if self.metric == "mean_absolute_error" else -self.score


def parsed(text: str) -> Choice:
    """What is tried for a setting; SettingError where it is none, or its values are not to be understood.

    >>> parsed("layers=64 128,64").values
    ('64', '128,64')
    >>> parsed("learning-rate=0.0001..0.1").logarithmic
    True
    """
    name, equals, rest = text.partition("=")
    name, words = name.strip().replace("_", "-"), tuple(rest.split())
    if not equals or not words:
        raise SettingError(
            f"What is tried is NAME=VALUE VALUE ..., or NAME=LOW..HIGH, such as learning-rate=0.0001..0.1; it got {text!r}."
        )
    if name not in SETTINGS:
        raise unknown("setting to vary", name, SETTINGS)
    low, dots, high = words[0].partition("..")
    if not dots:
        return Choice(name, words)
    try:
        bounds = float(low), float(high)
    except ValueError:
        bounds = math.nan, math.nan
    if len(words) > 1 or not bounds[0] < bounds[1]:
        raise SettingError(f"A range is LOW..HIGH, two numbers, such as {name}=0.001..0.1; it got {rest!r}.")
    return Choice(name, (), *bounds, whole=low.isdigit() and high.isdigit())


def grid(space: Sequence[Choice]) -> list[dict[str, str]]:
    """All combinations of the values.

    >>> grid([parsed("epochs=1 2"), parsed("layers=8")])
    [{'epochs': '1', 'layers': '8'}, {'epochs': '2', 'layers': '8'}]
    """
    for choice in space:
        if not choice.values:
            raise SettingError(
                f"A grid needs values, and {choice.name} has a range; list some, or use --method random."
            )
    names = [choice.name for choice in space]
    return [
        dict(zip(names, values, strict=True))
        for values in itertools.product(*(choice.values for choice in space))
    ]


def random_trials(space: Sequence[Choice], count: int, seed: int) -> list[dict[str, str]]:
    """So many draws, decided by the seed."""
    rng = np.random.default_rng(seed)
    return [{choice.name: drawn(choice, rng) for choice in space} for _ in range(count)]


def drawn(choice: Choice, rng: np.random.Generator) -> str:
    """A value of a choice, as it is typed."""
    if choice.values:
        return choice.values[int(rng.integers(len(choice.values)))]
    if choice.logarithmic:
        value = math.exp(rng.uniform(math.log(choice.low), math.log(choice.high)))
    else:
        value = rng.uniform(choice.low, choice.high)
    return typed(choice, value)


def typed(choice: Choice, value: Any) -> str:
    """A value as it is typed.

    >>> typed(parsed("learning-rate=0.001..0.1"), 0.0123456), typed(parsed("epochs=1..20"), 7.6)
    ('0.0123456', '8')
    """
    return str(value) if choice.values else str(round(value)) if choice.whole else f"{value:.6g}"


class Fixed:
    """Trials that are known from the beginning."""

    def __init__(self, settings: Sequence[dict[str, str]], done: Sequence[Trial]) -> None:
        numbers = {trial.number for trial in done}
        self.left = [(number, one) for number, one in enumerate(settings) if number not in numbers]

    def __iter__(self) -> Iterator[tuple[int, dict[str, str]]]:
        return iter(self.left)

    def tell(self, trial: Trial) -> None:
        """Nothing depends on what came out."""

    def goes_badly(self, number: int, epoch: int, figures: dict[str, Any]) -> bool:
        """No trial is stopped early."""
        return False


class SweepFolder:
    """What a sweep was asked, and a line for each trial that is done."""

    def __init__(self, path: Any) -> None:
        self.path = Path(path)

    def begin(self, notes: dict[str, Any]) -> None:
        """Writes down what is asked; FileError where the folder has another sweep."""
        if (self.path / NOTES).exists() and self.notes() != notes:
            raise FileError(
                f"{self.path} has another sweep; --resume {self.path} goes on with it, --into names another folder."
            )
        self.path.mkdir(parents=True, exist_ok=True)
        part = self.path / f"{NOTES}.{os.getpid()}.part"
        part.write_text(json.dumps(notes, indent=1) + "\n")
        part.replace(self.path / NOTES)

    def notes(self) -> dict[str, Any]:
        """What was asked."""
        try:
            found: dict[str, Any] = json.loads((self.path / NOTES).read_text())
        except (OSError, ValueError):
            raise FileError(
                f"{self.path} is not a sweep: there is no {NOTES} in it that can be read."
            ) from None
        return found

    def trials(self) -> list[Trial]:
        """The trials that are done, in the order of their numbers; a line that was cut off is left out."""
        try:
            lines = (self.path / TRIALS).read_text().splitlines()
        except OSError:
            return []
        found = {}
        for line in lines:
            try:
                trial = Trial(**json.loads(line))
            except (ValueError, TypeError):
                continue
            found[trial.number] = trial
        return [found[number] for number in sorted(found)]

    def add(self, trial: Trial) -> None:
        """Writes down a trial that is done."""
        with (self.path / TRIALS).open("a") as file:
            file.write(json.dumps(asdict(trial)) + "\n")
            file.flush()
            os.fsync(file.fileno())
