"""A model's layers, how many weights they have, and what its file says of where it comes from."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from chainrule.cli import paths
from chainrule.cli.output import Output, file_size, per_cent
from chainrule.cli.parser import Parser
from chainrule.cli.training_report import width
from chainrule.internal.plain_numbers import plainly, share_of

if TYPE_CHECKING:
    from argparse import Namespace

EXAMPLES = ("chainrule summary mnist.keras", "chainrule summary mnist.keras --json")
ASCII = str.maketrans({**dict.fromkeys("┏┳┓┡╇┩├┼┤└┴┘", "+"), "━": "=", "─": "-", "┃": "|", "│": "|"})


def arguments(parser: Parser) -> None:
    """Adds what this command takes."""
    parser.add_argument("model", metavar="MODEL", help="a .keras or .h5 file")
    parser.add_json()


def run(args: "Namespace", out: Output) -> int:
    """Prints the table."""
    from chainrule.models.saving import load_model

    paths.existing(args.model, "model file")
    model = load_model(args.model)
    size, work = Path(args.model).stat().st_size, multiplications_of(model)
    out.give({
        "file": args.model, "bytes": size, "name": model.name, "input_shape": model.input_shape,
        "output_shape": model.output_shape, "weights": model.count_params(),
        "layers": [
            {"name": layer.name, "class": type(layer).__name__, "output_shape": layer.output_shape,
             "weights": layer.count_params()}
            for layer in model.layers
        ],
        "multiplications": work, "extras": model.extras,
    })  # fmt: skip
    lines: list[str] = []
    model.summary(print_fn=lines.append)
    text = "\n".join(lines)
    if max(map(len, text.split("\n"))) > width():
        model.summary(line_length=width(), print_fn=lines.append)
        text = lines[-1]
    out.say(text if out.unicode else text.translate(ASCII))
    out.say(" Multiplications: " + ", ".join(f"{count:,} {what}" for what, count in work.items()))
    out.say("\n".join(origin(model.extras, args.model, size)))
    return 0


def multiplications_of(model: Any) -> dict[str, int]:
    """How many multiplications a prediction takes, and a learning step and an epoch such as the file tells of."""
    from chainrule.engine.cost import multiplications
    from chainrule.inference.card import section

    predicting, learning = multiplications(model.graph)
    batch = section(model.extras, "recipe").get("batch_size")
    examples = section(model.extras, "dataset").get("examples")
    work = {"a prediction": predicting, "a step for each example": learning}
    if isinstance(batch, int):
        work |= {f"a step of {batch}": learning * batch}
    return work | ({"an epoch": learning * examples} if isinstance(examples, int) else {})


def origin(extras: dict[str, Any], name: str, size: int) -> list[str]:
    """What the model card says, a line each; a file of Keras's own has none."""
    from chainrule.errors import printable
    from chainrule.inference.card import section

    lines = [f" File: {name}, {file_size(size)}"]
    names = extras.get("class_names")
    if isinstance(names, list) and names:
        shown = ", ".join(printable(str(name)) for name in names[:20]) + (
            f" and {len(names) - 20} more" if len(names) > 20 else ""
        )
        lines.append(f" Classes: {shown}")
    if data := section(extras, "dataset"):
        lines.append(f" Learned from: {data.get('name')} (digest {str(data.get('digest'))[:12]})")
    recipe, learned = section(extras, "recipe"), section(extras, "run")
    if recipe and learned:
        lines.append(
            f" Learned by: recipe {recipe.get('name')}, {learned.get('epochs')} epochs, batch {recipe.get('batch_size')}, "
            f"seed {learned.get('seed')}, {learned.get('backend')}"
        )
    if isinstance(accuracy := extras.get("accuracy"), float):
        count = extras.get("test_examples")
        said = share_of(accuracy, count) if isinstance(count, int) else per_cent(accuracy)
        lines.append(f" Test accuracy: {said}")
    if isinstance(error := extras.get("mean_absolute_error"), float):
        lines.append(f" Mean absolute error: {plainly(error, 4)}")
    if isinstance(kind := section(extras, "preparation").get("kind"), str):
        lines.append(f" Takes: {kind}s, prepared as the file says")
    return lines
