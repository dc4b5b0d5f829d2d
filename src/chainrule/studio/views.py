"""What a page may see of a session: its data, its curves, any step of its branches, and the frames of what goes on now."""

import time
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import numpy as np

from chainrule.datasets.columns import width
from chainrule.errors import SettingError, unknown
from chainrule.explain import StepExplained
from chainrule.explain.parts import plain
from chainrule.studio import balls, confusion, explained, lesson, pictures
from chainrule.studio.branch import Branch, LiveBranch
from chainrule.studio.landscape import Landscape

Array = np.ndarray[Any, Any]
Shown = tuple[dict[str, Any], dict[str, Array]]
MOST_AHEAD = 50_000  # steps that are learned at once to reach one that was asked for
REMEMBERED = 6  # steps that were opened and stay at hand
SELDOM, COST = 0.25, 60  # seconds between two scores: at least, and for each second that one takes
SCORED = 500  # held-out examples on which a live network is scored


class Views:
    """The questions that change nothing. session: the Session that is looked at."""

    def __init__(self, session: Any) -> None:
        self.session = session
        self.opened: OrderedDict[tuple[int, int], StepExplained] = OrderedDict()
        self.slow_at, self.slow_header = 0.0, dict[str, Any]()
        self.held_out: Any = None
        self.landscape: Landscape | None = None
        self.reach = pictures.reach_of(session.data)

    def see(self, what: str, query: Mapping[str, str]) -> dict[str, Any] | Shown:
        """An answer: a dict, or a header with arrays."""
        views: dict[str, Any] = {
            "session": self.see_session, "data": self.see_data, "curve": self.see_curve, "step": self.see_step,
            "factors": self.see_factors, "map": self.see_map, "weight": self.see_weight, "unit": self.see_unit,
            "example": self.see_example, "layer": self.see_layer, "frame": self.see_frame, "plane": self.see_plane, "surface": self.see_surface,
            "landscape": self.see_landscape, "confusion": self.see_confusion, "confused": self.see_confused,
        }  # fmt: skip
        if what not in views:
            raise unknown("view", what, views)
        found: dict[str, Any] | Shown = views[what](query)
        return found

    def forget(self) -> None:
        """Forgets the steps that were opened: some of them are no more."""
        self.opened.clear()
        self.landscape = None

    def see_session(self, query: Mapping[str, str]) -> dict[str, Any]:
        """Data, network and branches."""
        described: dict[str, Any] = self.session.describe()
        return described

    def see_factors(self, query: Mapping[str, str]) -> Shown:
        """What the gradients of a step are made of."""
        return explained.factors(self.step_of(query))

    def see_frame(self, query: Mapping[str, str]) -> Shown:
        """All that is on the screen now."""
        return self.frame(full=True)

    def see_data(self, query: Mapping[str, str]) -> Shown:
        """Points of the plane with their classes, or held-out pictures with theirs."""
        data = self.session.data
        if self.session.kind == "plane":
            return {"kind": "plane", "reach": self.reach, "grid": pictures.GRID}, {
                "x": data.x_train, "y": np.asarray(data.y_train, np.uint8), "x_test": data.x_test,
                "y_test": np.asarray(data.y_test, np.uint8),
            }  # fmt: skip
        if self.session.kind == "line":
            return {"kind": "line", "reach": self.reach}, {
                "x": data.x_train, "y": data.y_train, "at": pictures.along(self.reach),
            }  # fmt: skip
        part = "test" if len(data.x_test) else "train"
        x, y = getattr(data, f"x_{part}")[: pictures.SAMPLE], getattr(data, f"y_{part}")[: pictures.SAMPLE]
        columns = data.preparation.get("columns", ()) if isinstance(data.preparation, dict) else ()
        header = {"kind": self.session.kind, "shape": list(data.input_shape), "columns": names_of(columns)}
        y = np.asarray(y, np.float32 if data.task == "regression" else np.int32)
        return header, {"x": np.asarray(x), "y": y}

    def see_curve(self, query: Mapping[str, str]) -> Shown:
        """Losses of a branch from a step on."""
        number = self.number_of(query)
        branch = self.session.branches[number]
        begin = max(0, int(query.get("from", branch.first)) - branch.first)
        return {"branch": number, "first": branch.first + begin, "head": branch.head}, {
            "loss": branch.losses[begin:], "score": branch.scores[begin:],
        }  # fmt: skip

    def step_of(self, query: Mapping[str, str]) -> StepExplained:
        """The step that a query means, opened; a live branch learns on up to it where it has not come so far."""
        number = self.number_of(query)
        branch = self.session.branches[number]
        step = int(query["step"]) if "step" in query else branch.head
        if (
            isinstance(branch, LiveBranch)
            and branch.head < step <= branch.head + MOST_AHEAD
            and query.get("ahead")
        ):
            branch.advance(step - branch.head)
        branch.checked(step)
        if step == branch.head and not isinstance(branch, LiveBranch):
            raise SettingError(
                f"The run has the steps {branch.first:,} to {branch.head - 1:,}; there is no step {step:,}."
            )
        key = (number, step)
        found = self.opened.get(key)
        if found is None or (found.inputs.after is None and step < branch.head):
            found = explained.opened(branch.inputs_of(step))
            self.opened[key] = found
            while len(self.opened) > REMEMBERED:
                self.opened.popitem(last=False)
        elif (
            found.inputs.after is None
            and self.session.playing is False
            and float(found.rate) != float(branch.rate_at(step))
        ):
            found = self.opened[key] = explained.opened(branch.inputs_of(step))
        self.opened.move_to_end(key)
        return found

    def see_step(self, query: Mapping[str, str]) -> dict[str, Any]:
        """A step in sizes, and where it is."""
        step = self.step_of(query)
        number = self.number_of(query)
        branch = self.session.branches[number]
        epoch, k = branch.place(step.number)
        return explained.overview(step) | {
            "branch": number, "epoch": epoch, "k": k, "per_epoch": branch.per_epoch, "first": branch.first, "head": branch.head,
            "kind": self.session.kind, "input_shape": list(self.session.data.input_shape), "run": self.session.run,
        }  # fmt: skip

    def see_map(self, query: Mapping[str, str]) -> Shown:
        """A weight's array in one of its views; its difference to the step before, in a fork to the branch it left."""
        if query.get("view") == "difference":
            return self.see_difference(query)
        return explained.weight_map(
            self.step_of(query),
            needed(query, "layer"),
            query.get("weight", "kernel"),
            query.get("view", "weights"),
        )

    def see_difference(self, query: Mapping[str, str]) -> Shown:
        """How a weight's array differs from what it was a step before, or is in the branch that a fork left."""
        number = self.number_of(query)
        step, branch = self.step_of(query), self.session.branches[number]
        parent = None if branch.parent is None else self.session.branches[branch.parent]
        layer, weight = needed(query, "layer"), query.get("weight", "kernel")
        if parent is not None and parent.first <= step.number < parent.head:
            other = self.step_of({"branch": str(branch.parent), "step": str(step.number)})
            against = "the branch it left, at this step"
        elif step.number > branch.first:
            other = self.step_of({"branch": str(number), "step": str(step.number - 1)})
            against = f"step {step.number - 1:,}"
        else:
            raise SettingError(
                f"Step {step.number:,} is the first of its branch: there is none to compare it with."
            )
        return explained.difference(step, other, layer, weight, against)

    def see_weight(self, query: Mapping[str, str]) -> dict[str, Any]:
        """The arithmetic of a weight."""
        index = [int(i) for i in needed(query, "index").split(",")]
        example = int(query["example"]) if query.get("example") else None
        step = self.step_of(query)
        return explained.weight_account(
            step,
            needed(query, "layer"),
            query.get("weight", "kernel"),
            index,
            example,
            bool(query.get("check")),
        )

    def see_unit(self, query: Mapping[str, str]) -> dict[str, Any]:
        """The account of a unit."""
        return self.step_of(query).neuron(needed(query, "layer"), int(needed(query, "unit"))).to_dict()

    def see_example(self, query: Mapping[str, str]) -> dict[str, Any]:
        """The account of an example of the batch."""
        step, k = self.step_of(query), int(needed(query, "example"))
        if not 0 <= k < step.n:
            raise SettingError(
                f"The batch has {step.n} examples, 0 to {step.n - 1}; there is no example {k}."
            )
        return step.example(k).to_dict()

    def see_layer(self, query: Mapping[str, str]) -> dict[str, Any]:
        """The account of a layer."""
        return self.step_of(query).layer(needed(query, "layer")).to_dict()

    def see_plane(self, query: Mapping[str, str]) -> Shown:
        """The plane as the network saw it before a step."""
        step = self.step_of(query)
        if self.session.kind != "plane":
            raise SettingError("Only data in the plane have a decision surface.")
        return {"step": step.number}, pictures.plane(
            step.inputs.network, step.inputs.state["params"], self.reach, step.outputs[0].loss
        )

    def see_surface(self, query: Mapping[str, str]) -> Shown:
        """The loss of a network of two weights at every place, and the way of the current branch over it."""
        branch = self.session.branch
        if not balls.has_surface(self.session.data, branch.model):
            raise SettingError(
                "Only a network of one weight and one bias has a surface that can be drawn whole."
            )
        line, losses = balls.surface(branch, self.session.data)
        steps, way = balls.way(branch)
        return {"branch": self.session.current, "step": branch.head}, {
            "line": line, "losses": losses, "steps": np.asarray(steps, np.int32), "way": way,
        }  # fmt: skip

    def see_landscape(self, query: Mapping[str, str]) -> Shown:
        """The loss around the way of a branch, and where a step stands on it."""
        branch, step = self.place_of(query)
        if (
            self.landscape is None
            or self.landscape.branch is not branch
            or self.landscape.head != branch.head
        ):
            self.landscape = Landscape(branch)
        return self.landscape.seen_from(step)

    def see_confusion(self, query: Mapping[str, str]) -> Shown:
        """What the network takes for what before a step."""
        return confusion.confusion(self.session, *self.place_of(query), query.get("part", "held out"))

    def see_confused(self, query: Mapping[str, str]) -> Shown:
        """The examples of class `truth` that get the answer `answer`."""
        truth, answer = int(needed(query, "truth")), int(needed(query, "answer"))
        return confusion.behind(
            self.session, *self.place_of(query), query.get("part", "held out"), truth, answer
        )

    def number_of(self, query: Mapping[str, str]) -> int:
        """The number of the branch that a query means, by default the one that is open."""
        number: int = self.session.number(int(query["branch"]) if "branch" in query else None)
        return number

    def place_of(self, query: Mapping[str, str]) -> tuple[Branch, int]:
        """The branch and the step that a query means."""
        branch: Branch = self.session.branches[self.number_of(query)]
        return branch, branch.checked(int(query["step"]) if "step" in query else branch.head)

    # ── live ─────────────────────────────────────────────────────────────────────────────────────────────────────
    def frame(self, since: int | None = None, full: bool = False) -> Shown:
        """What has changed on the screen: place, losses since a step, and what is drawn of the network."""
        branch = self.session.branch
        begin = branch.first if since is None else min(max(since, branch.first), branch.head)
        state = branch.newest_state()
        header = {
            "branch": self.session.current, "step": branch.head, "from": begin, "first": branch.first, "playing": self.session.playing, "running": branch.running,
            "epoch": branch.place(branch.head)[0], "per_epoch": branch.per_epoch,
            "rate": float(branch.rates[-1][1]), "problem": branch.problem,
        }  # fmt: skip
        arrays: dict[str, Array] = {
            "loss": branch.losses[begin - branch.first :][-20_000:],
            "score": branch.scores[begin - branch.first :][-20_000:],
        }
        header["from"] = branch.head - len(arrays["loss"])
        network, params = branch.model.learning_graph, state["params"]
        if self.session.kind == "plane":
            arrays |= pictures.plane(network, params, self.reach, branch.model.loss_object)
        if self.session.kind == "line":
            arrays |= pictures.along_line(network, params, self.reach)
        if self.session.rolling:
            arrays["balls"] = self.session.rolling.places()
        arrays |= pictures.small_weights(network, params)
        now = time.perf_counter()
        if full or now > self.slow_at:
            self.slow_header, seldom = self.slow(network, params)
            arrays |= seldom
            done = time.perf_counter()
            self.slow_at = done + max(SELDOM, COST * (done - now))
        return plain(header | self.slow_header), arrays

    def slow(self, network: Any, params: Any) -> Shown:
        """What is drawn a few times a second only: scores on held-out examples, answers, templates."""
        if self.held_out is None:
            part = "test" if len(self.session.data.x_test) else "train"
            self.held_out = (
                lesson.examples_of(self.session.branch.model, self.session.data, part)
                if self.session.data.task
                else self.session.branch.examples
            )
        chosen = slice(0, SCORED)
        outputs = pictures.outputs_of(network, params, self.held_out.inputs(chosen))
        header: dict[str, Any] = {"units": pictures.unit_shares(network, outputs)}
        arrays: dict[str, Array] = {}
        model, y = self.session.branch.model, self.held_out.y[chosen]
        for metric in model.metric_objects[:1]:
            header["measure"] = metric.name
            header["held_out"] = float(metric.figure(np.asarray(metric.counts(y, outputs[-1]), np.float64)))
        if self.session.kind not in ("plane", "line"):
            arrays |= pictures.templates(network, params, self.session.data.input_shape)
            arrays["answers"] = pictures.answers_of(model, outputs[-1][: pictures.SAMPLE])
        return header, arrays


def names_of(columns: Any) -> list[str]:
    """The names of the inputs that a table's columns become, `pet=cat` for a word; a list to be read, not to be learned from."""
    found = []
    for column in columns:
        wide = width(column)
        words = list(column.get("values", ()))[:wide] if column["kind"] == "category" else []
        own = [f"{column['name']}={word}" for word in words] or [str(column["name"])]
        found += own + [f"{column['name']} …"] * (wide - len(own))
    return found


def needed(query: Mapping[str, str], name: str) -> str:
    """A part of a query that must be there."""
    if not query.get(name):
        raise SettingError(f"The question needs {name}=...")
    return str(query[name])
