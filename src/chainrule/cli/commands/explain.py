"""One learning step with every number, of a recorded run or of a model: how its weights get their next values.

RUN@STEP is the step that a run took (counted from 0), replayed from its exact state; by how much the two differ is
printed. MODEL is the step that a model file would take next. Without further options the whole step is shown, layer by
layer; --layer, --weight, --bias, --neuron and --example look closer, --check measures the derivative by moving the weight.

RUN@A..B asks about the steps A to B: --layer and --weight which examples moved this weight, --example or --test-example which changed
the answer to this example, --layer and --neuron when this unit died, nothing else which step raised the loss most.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from chainrule.cli import paths
from chainrule.cli.output import Output
from chainrule.cli.parser import Parser, whole
from chainrule.cli.run_options import add_runs_dir, add_tolerance, found, step_of, tolerance
from chainrule.errors import SettingError

if TYPE_CHECKING:
    from argparse import Namespace

    from chainrule.explain import ModelChecked, StepExplained, Trace
    from chainrule.explain.step_inputs import StepInputs
    from chainrule.inference.card import ModelCard
    from chainrule.recording.replay import Replay

EXAMPLES = (
    "chainrule explain last@300",
    "chainrule explain last@300 --layer dense_1 --weight 12,3 --check",
    "chainrule explain mnist.keras --example 0",
    "chainrule explain last@300..330 --layer dense_1 --weight 12,3",
    "chainrule explain last@300 --layer dense_1 --weight 12,3 --out weight.html",
)


def arguments(parser: Parser) -> None:
    """Adds what this command takes."""
    parser.add_argument(
        "what",
        metavar="RUN@STEP|MODEL",
        help="a step of a run (last@300), some steps (last@300..330), or a model file",
    )
    parser.add_argument(
        "--layer", metavar="NAME", help="one layer; a wrong name is answered with those there are"
    )
    parser.add_argument(
        "--weight", type=weight, metavar="[NAME:]I,J",
        help="one weight of the layer's kernel, from input I to unit J; of a convolution I,J,CHANNEL,FILTER; "
             "of other weights with their name: gamma:3",
    )  # fmt: skip
    parser.add_argument("--bias", type=index, metavar="J", help="the bias of one unit of the layer")
    parser.add_argument("--neuron", type=whole(0), metavar="J", help="one unit of the layer")
    parser.add_argument("--example", type=whole(0), metavar="K",
                        help="one example of the batch; with --weight: the example whose way is followed; "
                             "of some steps: the training example whose loss is asked about")  # fmt: skip
    parser.add_argument("--test-example", type=whole(0), dest="test_example", metavar="K",
                        help="of some steps: the test example whose loss is asked about")  # fmt: skip
    parser.add_argument(
        "--check", action="store_true", help="the derivative beside one that is measured, in float64"
    )
    parser.add_argument("--data", metavar="DATA", help="the data, where they are not what or where they were")
    parser.add_argument(
        "--batch-size",
        type=whole(1),
        metavar="N",
        help="of a model: how many examples (default: as it learned)",
    )
    parser.add_argument(
        "--out",
        metavar="FILE",
        help="also write it: as a page (.html), Markdown (.md), text (.txt), JSON (.json)",
    )
    add_tolerance(parser)
    add_runs_dir(parser)
    parser.add_json()


def index(word: str) -> tuple[int, ...]:
    """A place in an array.

    >>> index("12,3")
    (12, 3)
    """
    import argparse

    numbers = [number.strip() for number in word.split(",")]
    if not all(number.isascii() and number.isdigit() for number in numbers):
        raise argparse.ArgumentTypeError(f"expected places such as 12,3, counted from 0; got {word!r}.")
    return tuple(int(number) for number in numbers)


def weight(word: str) -> tuple[str, tuple[int, ...]]:
    """A weight's name and a place in it.

    >>> weight("12,3"), weight("gamma:3")
    (('kernel', (12, 3)), ('gamma', (3,)))
    """
    name, _, place = word.rpartition(":")
    return name or "kernel", index(place)


def run(args: "Namespace", out: Output) -> int:
    """Opens the step and prints what is asked for."""
    from chainrule import explain

    closer = [f"--{name}" for name in ("weight", "bias", "neuron") if getattr(args, name) is not None]
    if closer and args.layer is None:
        raise SettingError(f"Of which layer? {closer[0]} needs --layer NAME.")
    if len(closer) > 1:
        raise SettingError(f"{' and '.join(closer)} are two questions: ask one at a time.")
    if args.what.lower().endswith(paths.MODELS):
        return show(explain.StepExplained(next_step_of(args)), args, out)
    from chainrule.integrations.keras_steps import is_of_keras, keras_step
    from chainrule.recording import resume

    name, steps = step_of(args.what)
    if args.test_example is not None and len(steps) != 2:
        raise SettingError("--test-example is about some steps: RUN@A..B.")
    run = found(args, name)
    if is_of_keras(run):
        if len(steps) == 2:
            raise SettingError(f"{run.name} is a fit of Keras: one step at a time, RUN@STEP.")
        return show(explain.StepExplained(keras_step(run, steps[0] if steps else None)), args, out)
    replay = resume.opened(run, None if args.data is None else paths.data(args.data), **tolerance(args))
    if len(steps) == 2:
        code = asked(replay, *steps, args, out)
    else:
        code = show(explain.step(replay, steps[0] if steps else run.info.step), args, out)
    if note := replay.note():
        out.warn(note)
    return code


def show(step: "StepExplained", args: "Namespace", out: Output) -> int:
    """One step."""
    from chainrule import explain

    if args.weight is not None:
        name, place = args.weight
        trace = step.weight_of(args.layer, name, *place, example=args.example, check=args.check)
    elif args.bias is not None:
        trace = step.weight_of(args.layer, "bias", *args.bias, example=args.example, check=args.check)
    elif args.neuron is not None:
        trace = step.neuron(args.layer, args.neuron)
    elif args.layer is not None:
        trace = step.layer(args.layer)
    elif args.example is not None:
        trace = step.example(args.example)
    else:
        trace = step.trace()
    whole_check = (
        explain.check_model(step.inputs) if args.check and args.weight is None and args.bias is None else None
    )
    agreement = None if step.inputs.after is None else step.agreement()
    fields: dict[str, Any] = trace.to_dict()
    if agreement is not None:
        fields["agreement"] = {
            "largest": agreement.largest,
            "same_bits": agreement.same_bits,
            "text": str(agreement),
        }
    if whole_check is not None:
        fields["check"] = {
            "ok": whole_check.ok,
            "rows": [row._asdict() for row in (*whole_check.rules, *whole_check.weights)],
        }
    if args.out is not None:
        out.say(f"Written: {trace.save(args.out)}")
    out.give(fields)
    text = trace.text(width=columns(), unicode=out.unicode)
    ends = [] if whole_check is None else [str(whole_check)]
    if agreement is not None and " ".join(str(agreement).split()) not in " ".join(text.split()):
        ends.append(str(agreement))
    out.say("\n\n".join([text, *ends]))
    return 1 if failed(trace, whole_check, args.check) else 0


def failed(trace: "Trace", whole_check: "ModelChecked | None", check: bool) -> bool:
    """Whether a check was asked for and something is wrong: a derivative, or a printed line that does not hold."""
    return (check and bool(trace.disagreements)) or (whole_check is not None and not whole_check.ok)


def columns() -> int:
    """How wide the terminal is, within reason."""
    import sys

    from chainrule.internal.terminal import columns_of

    return max(60, min(120, columns_of(sys.stdout) or 100))


def asked(replay: "Replay", first: int, last: int, args: "Namespace", out: Output) -> int:
    """A question about several steps."""
    from chainrule import explain

    if args.check:
        raise SettingError("--check is about one step: RUN@STEP.")
    examples = [word for word in ("example", "test_example") if getattr(args, word) is not None]
    if len(examples) + any(getattr(args, word) is not None for word in ("weight", "bias", "neuron")) > 1:
        raise SettingError("A weight, a unit, an example: ask about one of them at a time.")
    steps = counted(explain.steps_of_run(replay, first, last + 1), last + 1 - first, out)
    if examples:
        trace = explain.influence_on_example(
            steps, *one_of(replay, examples[0], getattr(args, examples[0]))
        ).trace()
        tell(trace, args, out)
        return 0
    if args.weight is not None or args.bias is not None:
        name, place = args.weight if args.weight is not None else ("bias", args.bias)
        tell(explain.influence_on_weight(steps, args.layer, name, place).trace(), args, out)
    elif args.neuron is not None:
        life = explain.when_died(steps, args.layer, args.neuron)
        out.give(life._asdict())
        out.say(str(life))
    else:
        worst = explain.largest_rise(steps)
        out.give(worst._asdict())
        out.say(str(worst))
    return 0


def counted(steps: "Iterable[StepInputs]", total: int, out: Output) -> "Iterator[StepInputs]":
    """The steps, and a terminal sees how far it is."""
    for k, step in enumerate(steps):
        yield step
        out.waiting.advance(k + 1, total)


def tell(trace: "Trace", args: "Namespace", out: Output) -> None:
    """Prints an answer, and writes it where that is asked for."""
    if args.out is not None:
        out.say(f"Written: {trace.save(args.out)}")
    out.give(trace.to_dict())
    out.say(trace.text(width=columns(), unicode=out.unicode))


def one_of(replay: "Replay", part: str, k: int) -> tuple[Any, Any]:
    """Inputs and target of one example that a run learned from, or of the test part."""
    from chainrule.training import recipes

    examples = replay.examples
    if part == "test_example":
        x = recipes.inputs(replay.data, replay.data.x_test)
        y = recipes.targets(replay.data, replay.data.y_test, replay.model.loss_object.key)
        examples = replay.model.problem().examples(x, y)
    if k >= len(examples):
        raise SettingError(
            f"There are {len(examples):,} such examples, 0 to {len(examples) - 1}; there is no example {k}."
        )
    return examples.inputs([k])[0], examples.y[k]


def next_step_of(args: "Namespace") -> Any:
    """The next step of a model file: on the first examples that it learned from, as many as its batches had."""
    from chainrule import explain
    from chainrule.inference.evaluation import part_of
    from chainrule.inference.inputs import fit_shape
    from chainrule.training import recipes

    model, card, data = model_and_data(args.what, args.data)
    x, y = part_of(data, "train")
    batch = card.recipe.get("batch_size")
    size = args.batch_size or (batch if isinstance(batch, int) and batch > 0 else 32)
    some: Sequence[int] = range(min(size, len(x)))
    shape = data.input_shape
    picture = (
        shape
        if data.scale is not None
        and len(shape) in (2, 3)
        and math.prod(shape) == math.prod(model.input_shape)
        else None
    )
    x = recipes.inputs(data, fit_shape(x[: len(some)], model.input_shape))
    y = recipes.targets(data, y[: len(some)], model.loss_object.key)
    return explain.step_inputs(model, x, y, places=some, picture=picture)


def model_and_data(name: str, data: str | None) -> tuple[Any, "ModelCard", Any]:
    """A model file with how it learns, its card, and the data it learned from (or others that are named)."""
    from chainrule import datasets
    from chainrule.inference.card import ModelCard
    from chainrule.inference.evaluation import options_for
    from chainrule.models.saving import load_model

    model = load_model(paths.existing(name, "model file"))
    if model.optimizer is None or model.loss_object is None:
        raise SettingError(
            f"{name} does not say how it learns (no optimizer or loss), so it has no next step."
        )
    card = ModelCard.of(model)
    source = str(data or card.dataset.get("name") or "")
    if data is None and source not in datasets.NAMES:
        raise SettingError(
            f"On which data?{f' The model learned from {source!r}.' if source else ''} Name them beside {name}."
        )
    return model, card, datasets.load(source, **options_for(card, paths.data(source)))
