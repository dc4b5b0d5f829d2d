"""One training on several processes, from the command line: its options, the launcher on this machine, the followers."""

import contextlib
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from chainrule.cli.parser import Parser, whole
from chainrule.errors import SettingError

if TYPE_CHECKING:
    from argparse import Namespace

    from chainrule.cli.output import Output

OWN = ("--processes", "--coordinator", "--process-id", "--seed")  # said anew to each process
GRACE = 15.0  # seconds in which the others end by themselves when one has


def add_processes(parser: Parser) -> None:
    """Adds --pieces, --processes, --coordinator, --process-id."""
    group = parser.add_argument_group("several processes")
    group.add_argument("--pieces", type=whole(1), metavar="N",
                       help="cut each batch into N pieces (a power of two), added in a fixed order: the bits of any number of processes")  # fmt: skip
    group.add_argument("--processes", type=whole(1), metavar="N",
                       help="share the pieces (8, if --pieces does not say) out to N processes; on this machine, or with --coordinator")  # fmt: skip
    group.add_argument("--coordinator", metavar="HOST:PORT",
                       help="where process 0 is, for processes that are started on several machines by the same command")  # fmt: skip
    group.add_argument("--process-id", type=whole(0), metavar="I", help="which of them this is, from 0")


def begin(args: "Namespace", out: "Output") -> int | None:
    """Joins the other processes, or starts them and waits: then the exit code is returned."""
    from chainrule import distribution

    if args.pieces or args.processes or distribution.in_environment():
        from chainrule.engine.pieces import PIECES, check_pieces
        from chainrule.engine.threads import one_thread_for_jax

        if args.pieces or not (args.resume or args.fork):  # else as the run was learned
            args.pieces = check_pieces(args.pieces or PIECES)
        one_thread_for_jax()
    if args.coordinator is None and args.process_id is None and not distribution.in_environment():
        return launch(args, out) if (args.processes or 1) > 1 else None
    if args.studio:
        raise SettingError(
            "--studio watches one process; leave it out, and open the run with chainrule studio."
        )
    distribution.initialize(args.coordinator, args.processes, args.process_id)
    if not (args.resume or args.fork):
        args.seed = of_first("seed", lambda: secrets.randbelow(2**31) if args.seed is None else args.seed)
    if distribution.is_follower():
        args.no_record = not (args.resume or args.fork)
        args.quiet = out.quiet = True
    return None


def is_follower() -> bool:
    """Whether process 0 is another one, which prints and writes."""
    from chainrule import distribution

    return distribution.is_follower()


def of_first(what: str, make: Any) -> Any:
    """What process 0 makes of something, in every process; where there is only one, its own."""
    from chainrule import distribution

    processes = distribution.joined()
    return make() if processes is None else processes.of_first(what, make)


def launch(args: "Namespace", out: "Output") -> int:
    """Starts the processes on this machine and waits for them; returns the exit code of process 0."""
    from chainrule.internal.child_processes import start

    if args.studio:
        raise SettingError("--studio watches one process; leave --processes out.")
    if args.pieces and args.pieces % args.processes:
        raise SettingError(
            f"{args.pieces} pieces cannot be shared out evenly to {args.processes} processes; 1, 2, 4 or 8 can share 8."
        )
    seed = secrets.randbelow(2**31) if args.seed is None else args.seed
    again = [] if args.resume or args.fork else ["--seed", str(seed)]
    address = f"127.0.0.1:{free_port()}"
    words = [*without(args.words, OWN), "--processes", str(args.processes), "--coordinator", address]
    own = {"NPROC": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    started = []
    for i in range(args.processes):
        others: dict[str, Any] = (
            {} if i == 0 else {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        )
        command = [sys.executable, "-m", "chainrule", "train", *words, "--process-id", str(i), *again]
        others |= {} if i == 0 or os.name == "nt" else {"process_group": 0}  # Ctrl-C is process 0's
        started.append(start(command, env=os.environ | own, **others))
    try:
        return waited(started, out)
    finally:
        for process in started:
            process.kill()


def waited(started: list["subprocess.Popen[bytes]"], out: "Output") -> int:
    """Waits until process 0 has ended; where one is lost, all end."""
    lost_at: float | None = None
    while (code := started[0].poll()) is None:
        with contextlib.suppress(KeyboardInterrupt):  # process 0 has it, too, and knows what to do
            if lost_at is None and any(process.poll() not in (None, 0) for process in started[1:]):
                lost_at = time.monotonic()
            if lost_at is not None and time.monotonic() - lost_at > GRACE:
                started[0].kill()
            time.sleep(0.1)
    if code < 0:
        out.error_line(
            f"chainrule train: process 0 was ended by signal {-code}, and so all are; chainrule train --resume last goes "
            "on from its last snapshot."
        )
        return 1
    return code


def without(words: Sequence[str], options: Sequence[str]) -> list[str]:
    """Words of a command without some options and their values.

    >>> without(["mnist", "--seed", "3", "--epochs=2", "--processes=2"], ["--seed", "--processes"])
    ['mnist', '--epochs=2']
    """
    kept, skip = [], False
    for word in words:
        if skip:
            skip = False
        elif word.partition("=")[0] in options:
            skip = "=" not in word
        else:
            kept.append(word)
    return kept


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        port: int = server.getsockname()[1]
        return port
