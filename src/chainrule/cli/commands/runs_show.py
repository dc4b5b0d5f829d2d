"""What is in a recorded run: how it was made, how each epoch went, what else there is.

--break finds the first step for which something holds: "loss > 2", "grad_rms['dense'] > 1", "accuracy < 0.9 after
epoch 2". Of each step its loss and metrics are known; some times an epoch also, for each layer, the size of gradient, update
and weight (grad_rms, update_rms, weight_rms) and the share of units that are dead or saturated.
"""

from typing import TYPE_CHECKING, Any

from chainrule.cli.commands.runs import summary, took
from chainrule.cli.output import Output, duration, file_size
from chainrule.cli.parser import Parser
from chainrule.cli.run_options import RUN, add_runs_dir, found

if TYPE_CHECKING:
    from argparse import Namespace

    from chainrule.runs import Run

EXAMPLES = ("chainrule runs show last", 'chainrule runs show last --break "loss > 2 after epoch 1"')


def arguments(parser: Parser) -> None:
    """Adds what this command takes."""
    parser.add_argument("run", metavar="RUN", help=RUN)
    parser.add_argument(
        "--break", dest="condition", metavar="CONDITION", help="the first step for which this holds"
    )
    parser.add_argument("--verify", action="store_true", help="read every byte, and say what is damaged")
    add_runs_dir(parser)
    parser.add_json()


def run(args: "Namespace", out: Output) -> int:
    """Prints the description."""
    shown = found(args, args.run)
    if args.condition is not None:
        return first_step(shown, args.condition, out)
    problems = shown.verify() if args.verify else None
    snapshots, steps = shown.snapshots(), shown.steps
    fields = summary(shown) | {
        "size": shown.size, "steps": [steps.first, steps.stop], "columns": list(steps.columns), "snapshots": snapshots,
        "history": [{"epoch": e.epoch + 1, "step": e.step, "seconds": e.seconds, **e.metrics} for e in shown.epochs],
        "machine": shown.info.machine, "resumed": shown.info.resumed, "settings": vars(shown.info.settings),
        "problems": problems,
    }  # fmt: skip
    out.give(fields)
    out.say("\n".join(lines(shown, fields, out)))
    for problem in [shown.gaps()] if problems is None else problems:
        if problem:
            out.warn(problem)
    if problems == []:
        out.say("Every byte is as it was recorded.")
    return 1 if problems else 0


def lines(run: "Run", told: dict[str, Any], out: Output) -> list[str]:
    """The description, for people."""
    from chainrule.diagnosis.records import Records
    from chainrule.losses.lowest import lowest

    info, machine = run.info, run.info.machine
    time = took(told["seconds"])
    versions = {name: machine.get(name.lower()) for name in ("Chainrule", "NumPy", "JAX")}
    text = [
        out.bold(run.name),
        "  {}{}, begun {}".format(told["status"], f" in {time}" if time else "", info.started.replace("T", " ")[:16]),
        ("  {network} on {data}, recipe {recipe}, {epochs} epochs, batch {batch}, seed {seed}, {backend}" if run.began
         else "  on {data}, recipe {recipe}, seed {seed}").format(**told),
        "  steps {:,} to {:,}, {} snapshots, {}".format(*told["steps"], len(told["snapshots"]), file_size(told["size"])),
        "  on {}, {}".format(machine.get("processor") or machine.get("architecture"),
                             ", ".join(f"{name} {version}" for name, version in versions.items() if version)),
    ]  # fmt: skip
    if not run.began and told["status"] == "interrupted":
        text.append(f"  it ended before its first step: chainrule train --resume {run.name} begins it anew")
    if info.parent is not None:
        changes = "; ".join(map(str, info.parent.changes)) or "nothing changed"
        text.append(f"  a fork of {info.parent.run}@{info.parent.step}: {changes}")
    text += [
        f"  taken up again at step {again['step']:,}, {again['time'].replace('T', ' ')[:16]}"
        for again in info.resumed
    ]
    if told["history"]:
        names = [name for name in told["history"][-1] if name not in ("epoch", "step", "seconds")]
        rows = [[str(e["epoch"]), *(f"{e[n]:.4f}" if isinstance(e.get(n), float) else "" for n in names),
                 "" if e["seconds"] is None else duration(e["seconds"])] for e in told["history"]]  # fmt: skip
        text += ["", *out.table([["epoch", *names, "time"], *rows], left=())]
    floor = lowest(info.settings.training.get("loss"), Records(run).outputs) if told["history"] else 0.0
    if floor:
        text.append(f"  label smoothing keeps the loss above {floor:.2f}, however right the answers are")
    return text


def first_step(run: "Run", text: str, out: Output) -> int:
    """The first step for which a condition holds; exit code 1 where it never does."""
    from chainrule.explain import Condition, columns_of

    columns = columns_of(run)
    row = Condition(text).first(columns)
    step = None if row is None else int(columns["step"][row])
    metrics = (
        {}
        if row is None
        else {name: float(values[row]) for name, values in columns.items() if values[row] == values[row]}
    )
    out.give({"run": run.name, "condition": text, "step": step, "figures": metrics})
    if step is None:
        out.say(f"{text}: at no step of {run.name}.")
        return 1
    known = ", ".join(
        f"{name} {value:.6g}" for name, value in metrics.items() if name not in ("step", "epoch")
    )
    out.say(f"{text}: first at step {step}, in epoch {int(metrics['epoch'])}: {known}.")
    out.say(f"  chainrule explain {run.path}@{step}   the step with every number")
    return 0
