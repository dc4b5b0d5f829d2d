"""Says what pictures, arrays or rows of a table are, one line each.

FILES are pictures (PNG, JPEG and others, photos too where the model knows handwritten digits), arrays (.npy, .npz,
IDX as MNIST's files), or tables (.csv) for a model that learned from one; a folder stands for the files in it, - is
stdin. With --json each line is one JSON object. A file that cannot be read is said on stderr, the others are read all the same, and the exit code is 1.
"""

from typing import TYPE_CHECKING, Any

from chainrule.cli import paths
from chainrule.cli.output import Output, per_cent
from chainrule.cli.parser import Parser, share, whole
from chainrule.errors import ChainruleError, FileError, SettingError

if TYPE_CHECKING:
    from argparse import Namespace

    from chainrule.inference.answer import Answer

EXAMPLES = (
    "chainrule predict photo.jpg --explain",
    "chainrule predict mnist.keras digits.npy --json --top 3",
)


def arguments(parser: Parser) -> None:
    """Adds what this command takes."""
    parser.add_argument(
        "model", metavar="[MODEL]", help="a .keras or .h5 file (default: the bundled digit reader)"
    )
    parser.add_argument(
        "files", nargs="*", metavar="FILES", help="pictures, arrays, tables, folders, or - for stdin"
    )
    parser.add_argument(
        "--top", type=whole(1), default=1, metavar="N", help="the N likeliest classes (default 1)"
    )
    parser.add_argument("--single", action="store_true", help="all writing in a picture is one digit")
    parser.add_argument(
        "--sure",
        type=share,
        metavar="P",
        help='"?" for a class or digit that is right with less than P (0 to 1)',
    )
    parser.add_argument("--show", action="store_true", help="draw what the network saw")
    parser.add_argument(
        "--explain", action="store_true", help="handwriting: say how each picture was read, stage by stage"
    )
    parser.add_argument(
        "--stages", metavar="PNG", help="handwriting: write a strip of every stage of the (one) picture"
    )
    parser.add_argument("--force", action="store_true", help="replace PNG if it is there already")
    parser.add_json()


def run(args: "Namespace", out: Output) -> int:
    """Reads each file and prints the answers."""
    model, named = model_and_files(args.model, args.files)
    files = [file for name in named for file in paths.inside(name)]
    if args.stages and len(files) != 1:
        raise SettingError(f"--stages draws one picture; {len(files)} files were named.")
    if args.stages:
        paths.target(args.stages, (".png",), args.force)
    from chainrule.inference.answer import Answer
    from chainrule.inference.card import ModelCard
    from chainrule.inference.predictor import NOT_FINITE, Predictor
    from chainrule.models.saving import load_model

    network = load_model(model, compile=False)
    card = ModelCard.of(network)
    if card.assumed:
        out.tell(f"{model} does not say how it was trained: {card.assumed}.")
    for option in ("explain", "stages", "single", "sure"):
        if getattr(args, option) and not card.digits:
            raise SettingError(
                f"--{option} is for handwritten digits, which {model} does not read; leave it out."
            )
    predictor, failed = Predictor(network, card, args.single, args.sure), False
    for file in files:
        try:
            if file.lower().endswith(paths.MODELS):
                raise FileError(f"{file} is a model file: one MODEL comes first, then the files to read.")
            if file != "-":
                paths.existing(file)
            for answer in predictor.read(file):
                show(answer, args, out)
                failed = failed or answer.refused is NOT_FINITE
                if answer.reading is not None and (args.explain or args.stages):
                    explain(predictor, answer, args, out)
        except ChainruleError as problem:
            failed = True
            out.give(Answer(file, refused=str(problem)).to_dict(args.top))
            out.fail("chainrule predict", str(problem))
    return 1 if failed else 0


def model_and_files(first: str, rest: list[str]) -> tuple[str, list[str]]:
    """The model file and the files to read."""
    from chainrule import pretrained
    from chainrule.files import kind

    model = first.lower().endswith(paths.MODELS)
    if first == "-":
        return str(pretrained.digits()), [first, *rest]
    paths.existing(first, "model file" if model else "file")
    if not model and kind(first) is None:
        return str(pretrained.digits()), [first, *rest]
    if not rest:
        raise SettingError(f"Which files? chainrule predict {first} PICTURE.png")
    return first, rest


def show(answer: "Answer", args: "Namespace", out: Output) -> None:
    """Prints one answer."""
    out.give(answer.to_dict(args.top))
    if out.json:
        return
    from chainrule.errors import printable

    place = printable(answer.file) + ("" if answer.row is None else f"[{answer.row}]")
    if answer.refused is not None:
        out.say(f"{place}: refused: {answer.refused}")
        return
    if args.top > 1 and len(answer.digits) == 1:
        text = ", ".join(f"{out.bold(name)} {per_cent(p)}" for name, p in answer.digits[0].ranks[: args.top])
    else:
        text = out.bold(answer.text or "") + (
            "" if answer.probability is None else f"  {per_cent(answer.probability)}"
        )
    out.say(f"{place}: {text}" + (f"  ({answer.doubt})" if answer.doubt else ""))
    if answer.glyphs:
        out.tell(f"{place}: beside the digits: {counted(answer.glyphs)}.")
    if args.show:
        draw(answer.seen, out)


def counted(glyphs: tuple[tuple[str, Any], ...]) -> str:
    """The kinds of glyphs that are no digits, with how many there are.

    >>> counted((("point", None), ("minus", None), ("point", None)))
    '2 points, 1 minus'
    """
    from collections import Counter

    plural = {
        "minus": "minus signs",
        "plus": "plus signs",
        "equals": "equals signs",
        "slash": "slashes",
        "other": "others",
    }
    kinds = Counter(kind for kind, _ in glyphs)
    return ", ".join(f"{n} {kind if n == 1 else plural.get(kind, kind + 's')}" for kind, n in kinds.items())


def explain(predictor: Any, answer: "Answer", args: "Namespace", out: Output) -> None:
    """How a picture of handwriting was read: in words, and as a strip of pictures."""
    from chainrule.cli import reading_stages

    reading = answer.reading
    if reading is None:
        return
    if args.explain and not out.json:
        out.say("\n".join(reading_stages.told(predictor.reader, reading, args.single, out)))
    if args.stages:
        reading_stages.drawn(predictor.reader, reading, args.stages, args.single)
        out.tell(f"The stages are in {args.stages}.")


def draw(seen: tuple[Any, ...], out: Output) -> None:
    """What the network saw, picture by picture."""
    from shutil import get_terminal_size

    from chainrule.cli.terminal_picture import picture

    for pixels in seen:
        if pixels.dtype == "uint8" and pixels.ndim in (2, 3):
            drawn = pixels[..., 0] if pixels.shape[-1] == 1 else pixels
            out.say("\n".join(picture(drawn, out.color, out.unicode, get_terminal_size().columns)))
