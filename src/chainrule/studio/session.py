"""A session: the branches of one training, and what a page may do with them and see of them.

`do(action, settings)` changes something and returns the new description; `see(what, query)` changes nothing.
"""

import time
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np

from chainrule.errors import SettingError, unknown
from chainrule.explain.parts import plain
from chainrule.optimizers.scalars import scalars, with_scalar
from chainrule.studio import lesson
from chainrule.studio.balls import MOST, Balls, has_surface
from chainrule.studio.branch import Branch, LiveBranch, RecordedBranch
from chainrule.studio.lesson import Lesson
from chainrule.studio.views import MOST_AHEAD, Shown, Views

MOST_BRANCHES = 24


def unknown_data(name: str, model: Any, examples: Any) -> Any:
    """What is known of data that a program of one's own learned from: a name, a shape, how many."""
    shape = model.input_shape or ()
    classes = (model.extras or {}).get("class_names")
    return SimpleNamespace(
        name=name, input_shape=tuple(shape) if not isinstance(shape, list) else (), class_names=classes, task="",
        sizes={"train": len(examples), "val": 0, "test": 0}, x_train=(), y_train=(), x_test=(), y_test=(),
    )  # fmt: skip


class Session:
    """One training that is looked at. data: a Dataset.  branches: by number; `current` is the one that learns."""

    def __init__(self, told: Lesson, data: Any, branch: Branch, run: str | None = None) -> None:
        self.lesson, self.data, self.run = told, data, run
        self.branches: list[Branch] = [branch]
        self.lessons: list[Lesson] = [told]
        self.current, self.playing, self.speed = 0, False, 300.0
        self.views = Views(self)
        self.balls: Balls | None = None  # that learn beside a branch of two weights
        if len(data.input_shape) > 1:
            self.speed = 0.0

    # ── making one ───────────────────────────────────────────────────────────────────────────────────────────────
    @classmethod
    def of_lesson(cls, asked: Mapping[str, Any], home: str = "") -> "Session":
        """A fresh training. home: the folder of data that were dropped in."""
        result = Lesson.from_dict(asked)
        data = lesson.data_of(result.data, result.seed, result.noise, home)
        model = lesson.network_of(result, data)
        return cls(result, data, LiveBranch(model, lesson.examples_of(model, data), result.batch_size))

    @classmethod
    def of_run(cls, folder: str) -> "Session":
        """A recorded run, to be looked at and left for forks."""
        from chainrule.recording import resume
        from chainrule.runs import Run

        return cls.of_replay(resume.opened(Run(folder)))

    @classmethod
    def of_replay(cls, replay: Any) -> "Session":
        """A run that is opened already, also one that a program of one's own recorded."""
        settings, model = replay.run.info.settings, replay.model
        stored = settings.recipe
        rate = model.optimizer.learning_rate
        optimizer = type(model.optimizer).__name__.lower()
        result = Lesson(
            data=str(settings.data.get("source", "")), units=tuple(stored.get("hidden", ())),
            activation=str(stored.get("activation", "relu")),
            optimizer=optimizer if optimizer in lesson.OPTIMIZERS else "adam",
            learning_rate=rate if isinstance(rate, float) else 0.001, batch_size=settings.batch, seed=int(stored.get("seed", 0)),
        )  # fmt: skip
        data = replay.data or unknown_data(str(settings.data.get("name", "")), model, replay.examples)
        return cls(result, data, RecordedBranch(replay), run=replay.run.name)

    @property
    def branch(self) -> Branch:
        """The branch that learns."""
        return self.branches[self.current]

    def live(self) -> LiveBranch:
        """The branch that learns, if it can; SettingError for one that was recorded."""
        if not isinstance(self.branch, LiveBranch):
            raise SettingError(
                "This run learns in a process of its own. Fork it at a step to learn on from there."
                if self.branch.running
                else "A recorded run has learned already. Fork it at a step to learn on from there."
            )
        return self.branch

    # ── doing ────────────────────────────────────────────────────────────────────────────────────────────────────
    def do(self, action: str, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Plays, pauses, steps, goes back, sets the rate, forks; returns the new description."""
        actions = {
            "play": self.play, "pause": self.pause, "step": self.step, "rate": self.rate, "set": self.set_scalar, "back": self.back,
            "fork": self.fork, "speed": self.set_speed, "branch": self.choose, "restart": self.restart,
            "balls": self.set_balls,
        }  # fmt: skip
        if action not in actions:
            raise unknown("action", action, actions)
        actions[action](settings)
        return self.describe()

    def play(self, settings: Mapping[str, Any]) -> None:
        """Learns until told otherwise."""
        live = self.live()
        if live.problem:
            raise SettingError(live.problem)
        self.playing = True

    def pause(self, settings: Mapping[str, Any]) -> None:
        """Stops after the present step."""
        self.playing = False

    def step(self, settings: Mapping[str, Any]) -> None:
        """Takes `steps` steps (1), or goes on up to step `to`."""
        live = self.live()
        self.playing = False
        to = settings.get("to")
        if to is None:
            live.advance(lesson.whole("steps", settings.get("steps", 1), 0, MOST_AHEAD))
        else:
            live.advance(min(MOST_AHEAD, max(0, lesson.whole("to", to, 0, 10**9) - live.head)))

    def rate(self, settings: Mapping[str, Any]) -> None:
        """Another learning rate from the next step on."""
        rate = lesson.real("learning_rate", settings.get("learning_rate"), 0.0, 1000.0)
        self.live().set_rate(rate)
        if self.rolling:
            self.rolling.set_rate(rate)

    def set_scalar(self, settings: Mapping[str, Any]) -> None:
        """Another number of the optimizer (`name`, `value`) from the next step on."""
        name, value = str(settings.get("name")), settings.get("value")
        self.live().set_scalar(name, value)
        if self.rolling:
            self.rolling.set_scalar(name, value)

    def back(self, settings: Mapping[str, Any]) -> None:
        """Back to step `to`, or `steps` steps back; what came after is forgotten."""
        live = self.live()
        self.playing = False
        to = settings.get("to")
        if to is None:
            to = max(live.first, live.head - lesson.whole("steps", settings.get("steps", 1), 1, 10**9))
        live.go_back(live.checked(lesson.whole("to", to, 0, 10**9)))
        self.views.forget()

    def set_balls(self, settings: Mapping[str, Any]) -> None:
        """So many networks of two weights learn at once (`number`), each from a place of its own; 0 ends it."""
        number, live = lesson.whole("number", settings.get("number"), 0, MOST), self.live()
        if not has_surface(self.data, live.model):
            raise SettingError(
                "Only networks of one weight and one bias learn together; take the hidden layers out."
            )
        if live.parent is not None or len(live.scalars) > 1:
            raise SettingError(
                "Begin again first: a fork, or numbers that were set by hand, cannot be shared by others."
            )
        told = self.lessons[self.current]

        optimizer = lesson.optimizer_of(told)
        self.balls = Balls(live, self.data, optimizer, told.seed + 1, number) if number else None

    @property
    def rolling(self) -> Balls | None:
        """The networks that learn beside the current branch."""
        return self.balls if self.balls is not None and self.balls.branch is self.branch else None

    def set_speed(self, settings: Mapping[str, Any]) -> None:
        """At most so many steps a second; 0 is as fast as it goes."""
        self.speed = lesson.real("speed", settings.get("speed"), 0, 1e6)

    def choose(self, settings: Mapping[str, Any]) -> None:
        """Makes another branch the current one."""
        self.playing = False
        self.current = self.number(settings.get("branch"))

    def number(self, asked: Any) -> int:
        """A branch's number, checked; None is the current one."""
        if asked is None:
            return self.current
        number = lesson.whole("branch", asked, 0, 10**6)
        if number >= len(self.branches):
            raise SettingError(
                f"There are the branches 0 to {len(self.branches) - 1}; there is no branch {number}."
            )
        return number

    def fork(self, settings: Mapping[str, Any]) -> None:
        """Leaves a branch at `step` with another learning_rate, optimizer or batch_size; the fork is then current."""
        self.room()
        number = self.number(settings.get("branch"))
        source = self.branches[number]
        step = source.checked(lesson.whole("step", settings.get("step", source.head), 0, 10**9))
        wanted = {
            name: settings[name] for name in ("learning_rate", "optimizer", "batch_size") if name in settings
        }
        was = self.lessons[number]
        if "learning_rate" not in wanted and "optimizer" not in wanted:
            wanted["learning_rate"] = (
                source.rate_at(step) if isinstance(source, LiveBranch) else was.learning_rate
            )
        result = was.changed(**wanted)
        model = self.twin(source, result)
        if "optimizer" not in wanted and source.scalars:
            for name, value in scalars(source.optimizer_at(step)).items():
                model.optimizer = with_scalar(model.optimizer, name, value)
        made = source.fork(step, number, model, result.batch_size)
        made.changes = [f"{name} {was.to_dict()[name]} → {result.to_dict()[name]}" for name in wanted
                        if was.to_dict()[name] != result.to_dict()[name]] or ["nothing changed"]  # fmt: skip
        self.add(made, result)

    def twin(self, source: Branch, told: Lesson) -> Any:
        """The branch's network once more, compiled as a lesson says."""
        was = source.model
        model = type(was).from_config(was.get_config())
        model.seed, model.extras = was.seed, was.extras
        model.compile(lesson.optimizer_of(told), was.loss_object, list(was.metrics_asked), backend="numpy")
        if self.data.task:
            lesson.examples_of(model, self.data)
        else:
            model.problem(source.examples.x, source.examples.y)
        return model

    def restart(self, settings: Mapping[str, Any]) -> None:
        """Another network or another beginning on the same data: a new branch from step 0, the old curve kept beside it."""
        self.room()
        result = self.lessons[self.current].changed(**settings)
        if (result.data, result.noise) != (self.lesson.data, self.lesson.noise):
            raise SettingError("Other data need a session of their own.")
        model = lesson.network_of(result, self.data)
        was = self.lessons[self.current].to_dict()
        made = LiveBranch(model, lesson.examples_of(model, self.data), result.batch_size)
        made.changes = [f"{k} {was[k]} → {v}" for k, v in result.to_dict().items() if was[k] != v]
        self.lesson = result
        count = self.rolling.number if self.rolling else 0
        self.add(made, result)
        if count and has_surface(self.data, model):
            self.set_balls({"number": count})

    def room(self) -> None:
        """Makes room for one more branch."""
        if len(self.branches) >= MOST_BRANCHES:
            raise SettingError(f"This session has {MOST_BRANCHES} branches; begin a new one.")

    def add(self, branch: LiveBranch, told: Lesson) -> None:
        """A new branch, which is then the current one."""
        self.branches.append(branch)
        self.lessons.append(told)
        self.current, self.views.slow_at = len(self.branches) - 1, 0.0

    # ── learning ─────────────────────────────────────────────────────────────────────────────────────────────────
    def learn(self, seconds: float) -> None:
        """Learns for about so long, or as long as the speed allows."""
        live, end = self.live(), time.perf_counter() + seconds
        allowed = (
            int(self.speed * seconds + np.random.default_rng(live.head).random()) if self.speed else 10**9
        )
        while allowed > 0 and time.perf_counter() < end and live.problem is None:
            allowed -= max(1, live.advance(min(allowed, 4)))
            if self.rolling:
                self.rolling.follow()
        if live.problem:
            self.playing = False

    def renew(self) -> bool:
        """Takes up what other processes have learned since; whether something is new."""
        news = [branch.renew() for branch in self.branches]  # each of them
        return any(news)

    @property
    def running(self) -> bool:
        """Whether a run goes on in another process."""
        return any(branch.running for branch in self.branches)

    @property
    def kind(self) -> str:
        """What one example is: a point of the plane with one of two classes, a point along a line with an amount, a picture, or a row of numbers."""
        data = self.data
        if len(data.input_shape) > 1:
            return "picture"
        if data.input_shape == (1,) and data.task == "regression":
            return "line"
        return "plane" if data.input_shape == (2,) and data.task in ("", "two classes") else "rows"

    # ── seeing ───────────────────────────────────────────────────────────────────────────────────────────────────
    def see(self, what: str, query: Mapping[str, str]) -> dict[str, Any] | Shown:
        """An answer to a question that changes nothing: a dict, or a header with arrays."""
        return self.views.see(what, query)

    def describe(self) -> dict[str, Any]:
        """Data, network and branches in words and sizes."""
        branch, data = self.branch, self.data
        layers = [
            {"name": layer.name, "kind": type(layer).__name__, "out": list(layer.output_shape or ()),
             "activation": getattr(layer, "activation", None) if isinstance(getattr(layer, "activation", None), str) else None,
             "weights": sum(int(np.size(w)) for w in layer.get_weights())}
            for layer in branch.model.layers
        ]  # fmt: skip
        fields: dict[str, Any] = plain({
            "lesson": self.lessons[self.current].to_dict(), "kind": self.kind, "run": self.run, "playing": self.playing,
            "current": self.current, "speed": self.speed, "layers": layers, "surface": has_surface(data, branch.model),
            "balls": self.rolling.number if self.rolling else 0, "code": lesson.code_of(self.lessons[self.current], data),
            "data": {"name": data.name, "classes": list(data.class_names or ()), "input_shape": list(data.input_shape),
                     "sizes": data.sizes, "task": data.task},
            "branches": [self.about(k) for k in range(len(self.branches))],
        })  # fmt: skip
        return fields

    def about(self, number: int) -> dict[str, Any]:
        """A branch in a few words."""
        branch = self.branches[number]
        return {
            "number": number, "parent": branch.parent, "first": branch.first, "head": branch.head, "changes": branch.changes,
            "per_epoch": branch.per_epoch, "batch": branch.batch, "live": isinstance(branch, LiveBranch), "running": branch.running,
            "rates": branch.rates, "scalars": branch.scalars, "problem": branch.problem, "lesson": self.lessons[number].to_dict(),
        }  # fmt: skip
