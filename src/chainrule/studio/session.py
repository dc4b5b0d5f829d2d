"""A session: the branches of one training, and what a page may do with them and see of them.

`do(action, settings)` changes something and returns the new description; `see(what, query)` changes nothing.
"""

import time
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import numpy as np

from chainrule.errors import SettingError, unknown
from chainrule.explain import StepExplained
from chainrule.explain.trace import plain
from chainrule.studio import explained, lesson, pictures
from chainrule.studio.branch import Branch, LiveBranch, RecordedBranch
from chainrule.studio.lesson import Lesson

Array = np.ndarray[Any, Any]
Shown = tuple[dict[str, Any], dict[str, Array]]
MOST_BRANCHES, MOST_AHEAD = 24, 50_000
REMEMBERED = 6  # steps that were opened and stay at hand
SCORED = 500  # held-out examples on which a live network is scored


class Session:
    """One training that is looked at. data: a Dataset.  branches: by number; `current` is the one that learns."""

    def __init__(self, told: Lesson, data: Any, branch: Branch, run: str | None = None) -> None:
        self.lesson, self.data, self.run = told, data, run
        self.branches: list[Branch] = [branch]
        self.lessons: list[Lesson] = [told]
        self.current, self.playing, self.speed = 0, False, 300.0
        self.opened: OrderedDict[tuple[int, int], StepExplained] = OrderedDict()
        self.slow_at, self.slow_header, self.slow_arrays = 0.0, dict[str, Any](), dict[str, Array]()
        self.held_out: Any = None
        if len(data.input_shape) > 1:
            self.speed = 0.0

    # ── making one ───────────────────────────────────────────────────────────────────────────────────────────────
    @classmethod
    def of_lesson(cls, asked: Mapping[str, Any]) -> "Session":
        """A fresh training."""
        told = Lesson.from_dict(asked)
        data = lesson.data_of(told.data, told.seed, told.noise)
        model = lesson.network_of(told, data)
        return cls(told, data, LiveBranch(model, lesson.examples_of(model, data), told.batch_size))

    @classmethod
    def of_run(cls, folder: str) -> "Session":
        """A recorded run, to be looked at and left for forks."""
        from chainrule.recording import resume
        from chainrule.runs import Run

        run = Run(folder)
        replay = resume.opened(run)
        stored = run.info.settings.recipe
        rate = replay.model.optimizer.learning_rate
        optimizer = type(replay.model.optimizer).__name__.lower()
        told = Lesson(
            data=str(run.info.settings.data.get("source", "")), units=tuple(stored.get("hidden", ())),
            activation=str(stored.get("activation", "relu")),
            optimizer=optimizer if optimizer in lesson.OPTIMIZERS else "adam",
            learning_rate=rate if isinstance(rate, float) else 0.001, batch_size=replay.run.info.settings.batch,
            seed=int(stored.get("seed", 0)),
        )  # fmt: skip
        return cls(told, replay.data, RecordedBranch(replay), run=run.name)

    @property
    def branch(self) -> Branch:
        """The branch that learns."""
        return self.branches[self.current]

    def live(self) -> LiveBranch:
        """The branch that learns, if it can; SettingError for one that was recorded."""
        if not isinstance(self.branch, LiveBranch):
            raise SettingError("A recorded run has learned already. Fork it at a step to learn on from there.")
        return self.branch

    # ── doing ────────────────────────────────────────────────────────────────────────────────────────────────────
    def do(self, action: str, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Plays, pauses, steps, goes back, sets the rate, forks; returns the new description."""
        actions = {
            "play": self.play, "pause": self.pause, "step": self.step, "rate": self.rate, "back": self.back,
            "fork": self.fork, "speed": self.set_speed, "branch": self.choose, "restart": self.restart,
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
        count = lesson.whole("to", to, 0, 10**9) - live.head if to is not None else settings.get("steps", 1)
        live.advance(lesson.whole("steps", max(0, count), 0, MOST_AHEAD))

    def rate(self, settings: Mapping[str, Any]) -> None:
        """Another learning rate from the next step on."""
        self.live().set_rate(lesson.real("learning_rate", settings.get("learning_rate"), 0.0, 1000.0))

    def back(self, settings: Mapping[str, Any]) -> None:
        """Back to step `to`, or `steps` steps back; what came after is forgotten."""
        live = self.live()
        self.playing = False
        to = settings.get("to")
        if to is None:
            to = max(live.first, live.head - lesson.whole("steps", settings.get("steps", 1), 1, 10**9))
        live.go_back(live.checked(lesson.whole("to", to, 0, 10**9)))
        self.opened.clear()

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
            raise SettingError(f"There are the branches 0 to {len(self.branches) - 1}; there is no branch {number}.")
        return number

    def fork(self, settings: Mapping[str, Any]) -> None:
        """Leaves a branch at `step` with another learning_rate, optimizer or batch_size; the fork is then current."""
        self.room()
        number = self.number(settings.get("branch"))
        source = self.branches[number]
        step = source.checked(lesson.whole("step", settings.get("step", source.head), 0, 10**9))
        wanted = {name: settings[name] for name in ("learning_rate", "optimizer", "batch_size") if name in settings}
        was = self.lessons[number]
        if "learning_rate" not in wanted and "optimizer" not in wanted:
            wanted["learning_rate"] = source.rate_at(step) if isinstance(source, LiveBranch) else was.learning_rate
        told = was.changed(**wanted)
        model = self.twin(source, told)
        made = source.fork(step, number, model, told.batch_size)  # type: ignore[attr-defined]
        made.changes = [f"{name} {was.to_dict()[name]} → {told.to_dict()[name]}" for name in wanted
                        if was.to_dict()[name] != told.to_dict()[name]] or ["nothing changed"]  # fmt: skip
        self.add(made, told)

    def twin(self, source: Branch, told: Lesson) -> Any:
        """The branch's network once more, compiled as a lesson says."""
        from chainrule.models import Sequential

        was = source.model
        model = Sequential.from_config(was.get_config())
        model.seed, model.extras = was.seed, was.extras
        model.compile(lesson.optimizer_of(told), was.loss_object, list(was.metrics_asked), backend="numpy")
        lesson.examples_of(model, self.data)
        return model

    def restart(self, settings: Mapping[str, Any]) -> None:
        """Another network or another beginning on the same data: a new branch from step 0, the old curve kept beside it."""
        self.room()
        told = self.lesson.changed(**settings)
        if (told.data, told.noise) != (self.lesson.data, self.lesson.noise):
            raise SettingError("Other data need a session of their own.")
        model = lesson.network_of(told, self.data)
        was = self.lessons[self.current].to_dict()
        made = LiveBranch(model, lesson.examples_of(model, self.data), told.batch_size)
        made.changes = [f"{k} {was[k]} → {v}" for k, v in told.to_dict().items() if was[k] != v]
        self.lesson = told
        self.add(made, told)

    def room(self) -> None:
        """Makes room for one more branch."""
        if len(self.branches) >= MOST_BRANCHES:
            raise SettingError(f"This session has {MOST_BRANCHES} branches; begin a new one.")

    def add(self, branch: LiveBranch, told: Lesson) -> None:
        """A new branch, which is then the current one."""
        self.branches.append(branch)
        self.lessons.append(told)
        self.current, self.slow_at = len(self.branches) - 1, 0.0

    # ── learning ─────────────────────────────────────────────────────────────────────────────────────────────────
    def learn(self, seconds: float) -> None:
        """Learns for about so long, or as long as the speed allows."""
        live, end = self.live(), time.perf_counter() + seconds
        allowed = int(self.speed * seconds + np.random.default_rng(live.head).random()) if self.speed else 10**9
        while allowed > 0 and time.perf_counter() < end and live.problem is None:
            allowed -= max(1, live.advance(min(allowed, 4)))
        if live.problem:
            self.playing = False

    # ── seeing ───────────────────────────────────────────────────────────────────────────────────────────────────
    def see(self, what: str, query: Mapping[str, str]) -> dict[str, Any] | Shown:
        """An answer: a dict, or a header with arrays."""
        views = {
            "session": lambda q: self.describe(), "data": self.see_data, "curve": self.see_curve, "step": self.see_step,
            "factors": lambda q: explained.factors(self.step_of(q)), "map": self.see_map, "weight": self.see_weight,
            "unit": self.see_unit, "example": self.see_example, "layer": self.see_layer, "frame": lambda q: self.frame(full=True),
            "plane": self.see_plane,
        }  # fmt: skip
        if what not in views:
            raise unknown("view", what, views)
        found: dict[str, Any] | Shown = views[what](query)  # type: ignore[no-untyped-call]
        return found

    def describe(self) -> dict[str, Any]:
        """Data, network and branches in words and sizes."""
        branch, data = self.branch, self.data
        layers = [
            {"name": layer.name, "kind": type(layer).__name__, "out": list(layer.output_shape or ()),
             "activation": getattr(layer, "activation", None) if isinstance(getattr(layer, "activation", None), str) else None,
             "weights": sum(int(np.size(w)) for w in layer.get_weights())}
            for layer in branch.model.layers
        ]  # fmt: skip
        kind = "plane" if data.input_shape == (2,) else "picture" if len(data.input_shape) > 1 else "rows"
        return plain({
            "lesson": self.lessons[self.current].to_dict(), "kind": kind, "run": self.run, "playing": self.playing,
            "current": self.current, "speed": self.speed, "layers": layers, "code": lesson.code_of(self.lessons[self.current]),
            "data": {"name": data.name, "classes": list(data.class_names or ()), "input_shape": list(data.input_shape),
                     "sizes": data.sizes, "task": data.task},
            "branches": [self.about(k) for k in range(len(self.branches))],
        })  # fmt: skip

    def about(self, number: int) -> dict[str, Any]:
        """A branch in a few words."""
        branch = self.branches[number]
        return {
            "number": number, "parent": branch.parent, "first": branch.first, "head": branch.head, "changes": branch.changes,
            "per_epoch": branch.per_epoch, "batch": branch.batch, "live": isinstance(branch, LiveBranch),
            "rates": branch.rates, "problem": branch.problem, "lesson": self.lessons[number].to_dict(),
        }  # fmt: skip

    def see_data(self, query: Mapping[str, str]) -> Shown:
        """Points of the plane with their classes, or held-out pictures with theirs."""
        data = self.data
        if data.input_shape == (2,):
            return {"kind": "plane", "reach": pictures.REACH, "grid": pictures.GRID}, {
                "x": data.x_train, "y": np.asarray(data.y_train, np.uint8), "x_test": data.x_test,
                "y_test": np.asarray(data.y_test, np.uint8),
            }  # fmt: skip
        part = "test" if len(data.x_test) else "train"
        x, y = getattr(data, f"x_{part}")[: pictures.SAMPLE], getattr(data, f"y_{part}")[: pictures.SAMPLE]
        shape = list(data.input_shape)
        return {"kind": "picture" if len(shape) > 1 else "rows", "shape": shape}, {
            "x": np.asarray(x), "y": np.asarray(y, np.int32),
        }  # fmt: skip

    def see_curve(self, query: Mapping[str, str]) -> Shown:
        """Losses of a branch from a step on."""
        number = self.number(int(query["branch"]) if "branch" in query else None)
        branch = self.branches[number]
        begin = max(0, int(query.get("from", branch.first)) - branch.first)
        return {"branch": number, "first": branch.first + begin, "head": branch.head}, {
            "loss": branch.losses[begin:], "score": branch.scores[begin:],  # type: ignore[attr-defined]
        }  # fmt: skip

    def step_of(self, query: Mapping[str, str]) -> StepExplained:
        """The step that a query means, opened; a live branch learns on up to it where it has not come so far."""
        number = self.number(int(query["branch"]) if "branch" in query else None)
        branch = self.branches[number]
        step = int(query["step"]) if "step" in query else branch.head
        if isinstance(branch, LiveBranch) and branch.head < step <= branch.head + MOST_AHEAD and query.get("ahead"):
            branch.advance(step - branch.head)
        branch.checked(step)
        if step == branch.head and not isinstance(branch, LiveBranch):
            raise SettingError(f"The run has the steps {branch.first:,} to {branch.head - 1:,}; there is no step {step:,}.")
        key = (number, step)
        found = self.opened.get(key)
        if found is None or (found.moment.after is None and step < branch.head):
            found = explained.opened(branch.moment(step))
            self.opened[key] = found
            while len(self.opened) > REMEMBERED:
                self.opened.popitem(last=False)
        elif found.moment.after is None and self.playing is False and float(found.rate) != float(branch.rate_at(step)):  # type: ignore[attr-defined]
            found = self.opened[key] = explained.opened(branch.moment(step))
        self.opened.move_to_end(key)
        return found

    def see_step(self, query: Mapping[str, str]) -> dict[str, Any]:
        """A step in sizes, and where it is."""
        step = self.step_of(query)
        number = self.number(int(query["branch"]) if "branch" in query else None)
        branch = self.branches[number]
        epoch, k = branch.place(step.number)  # type: ignore[attr-defined]
        return explained.overview(step) | {
            "branch": number, "epoch": epoch, "k": k, "per_epoch": branch.per_epoch, "first": branch.first, "head": branch.head,
            "kind": "plane" if self.data.input_shape == (2,) else "picture" if len(self.data.input_shape) > 1 else "rows",
            "input_shape": list(self.data.input_shape), "run": self.run,
        }  # fmt: skip

    def see_map(self, query: Mapping[str, str]) -> Shown:
        """A weight's array in one of its views."""
        return explained.weight_map(
            self.step_of(query), needed(query, "layer"), query.get("weight", "kernel"), query.get("view", "weights")
        )

    def see_weight(self, query: Mapping[str, str]) -> dict[str, Any]:
        """The arithmetic of a weight."""
        index = [int(i) for i in needed(query, "index").split(",")]
        example = int(query["example"]) if query.get("example") else None
        step = self.step_of(query)
        return explained.weight_account(
            step, needed(query, "layer"), query.get("weight", "kernel"), index, example, bool(query.get("check"))
        )

    def see_unit(self, query: Mapping[str, str]) -> dict[str, Any]:
        """The account of a unit."""
        return self.step_of(query).neuron(needed(query, "layer"), int(needed(query, "unit"))).to_dict()

    def see_example(self, query: Mapping[str, str]) -> dict[str, Any]:
        """The account of an example of the batch."""
        step, k = self.step_of(query), int(needed(query, "example"))
        if not 0 <= k < step.n:
            raise SettingError(f"The batch has {step.n} examples, 0 to {step.n - 1}; there is no example {k}.")
        return step.example(k).to_dict()

    def see_layer(self, query: Mapping[str, str]) -> dict[str, Any]:
        """The account of a layer."""
        return self.step_of(query).layer(needed(query, "layer")).to_dict()

    def see_plane(self, query: Mapping[str, str]) -> Shown:
        """The plane as the network saw it before a step."""
        step = self.step_of(query)
        if self.data.input_shape != (2,):
            raise SettingError("Only data in the plane have a decision surface.")
        links = [link.link for link in step.links]
        return {"step": step.number}, pictures.plane(links, step.moment.state["params"])

    # ── live ─────────────────────────────────────────────────────────────────────────────────────────────────────
    def frame(self, since: int | None = None, full: bool = False) -> Shown:
        """What has changed on the screen: place, losses since a step, and what is drawn of the network."""
        branch = self.branch
        begin = branch.first if since is None else min(max(since, branch.first), branch.head)
        state = branch.state if isinstance(branch, LiveBranch) else branch.state_at(branch.head)
        header = {
            "branch": self.current, "step": branch.head, "from": begin, "first": branch.first, "playing": self.playing,
            "epoch": branch.place(branch.head)[0], "per_epoch": branch.per_epoch,  # type: ignore[attr-defined]
            "rate": float(branch.rates[-1][1]), "problem": branch.problem,
        }  # fmt: skip
        arrays: dict[str, Array] = {
            "loss": branch.losses[begin - branch.first :][-20_000:],
            "score": branch.scores[begin - branch.first :][-20_000:],  # type: ignore[attr-defined]
        }
        header["from"] = branch.head - len(arrays["loss"])
        chain, params = branch.model.learning_chain, state["params"]
        if self.data.input_shape == (2,):
            arrays |= pictures.plane(chain, params)
        arrays |= pictures.small_weights(chain, params)
        now = time.perf_counter()
        if full or now - self.slow_at > (0.2 if self.data.input_shape == (2,) else 0.5):
            self.slow_header, self.slow_arrays = self.slow(chain, params)
            self.slow_at = now
            arrays |= self.slow_arrays
        return plain(header | self.slow_header), arrays

    def slow(self, chain: Any, params: Any) -> Shown:
        """What is drawn a few times a second only: scores on held-out examples, answers, templates."""
        if self.held_out is None:
            part = "test" if len(self.data.x_test) else "train"
            self.held_out = lesson.examples_of(self.branch.model, self.data, part)
        chosen = slice(0, SCORED)
        outputs = pictures.outputs_of(chain, params, self.held_out.inputs(chosen))
        header: dict[str, Any] = {"units": pictures.unit_shares(chain, outputs)}
        arrays: dict[str, Array] = {}
        model, y = self.branch.model, self.held_out.y[chosen]
        for metric in model.metric_objects[:1]:
            header["held_out"] = float(metric.result(np.asarray(metric.counts(y, outputs[-1]), np.float64)))
        if len(self.data.input_shape) > 1:
            arrays |= pictures.templates(chain, params, self.data.input_shape)
            arrays["answers"] = np.asarray(outputs[-1][: pictures.SAMPLE], np.float32).reshape(pictures.SAMPLE, -1)
        return header, arrays


def needed(query: Mapping[str, str], name: str) -> str:
    """A part of a query that must be there."""
    if not query.get(name):
        raise SettingError(f"The question needs {name}=...")
    return str(query[name])
