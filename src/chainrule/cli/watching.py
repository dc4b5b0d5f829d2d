"""`chainrule train --studio`: the studio opens on the training that has just begun, and stays open when it ends."""

from typing import TYPE_CHECKING, Any, Self

from chainrule.cli.output import Output
from chainrule.errors import SettingError, require_package

if TYPE_CHECKING:
    from argparse import Namespace

    from chainrule.recording.resume import Job
    from chainrule.studio.beside import Beside


class Watching:
    """Around a training: SettingError where it cannot be watched; at its end it waits for Ctrl-C."""

    def __init__(self, args: "Namespace", out: Output) -> None:
        self.out, self.beside = out, None
        if args.no_record:
            raise SettingError("--studio shows the recorded run: leave --no-record out.")
        if args.json:
            raise SettingError(
                "--studio stays open until Ctrl-C: leave --json out, or open the run afterwards."
            )
        for package in ("starlette", "uvicorn", "websockets"):
            require_package(package, "studio", "--studio")

    out: Output
    beside: "Beside | None"

    def callback(self, job: "Job") -> Any:
        """What opens the studio when the run's folder is there."""
        from chainrule.callbacks import LambdaCallback

        def begin(epoch: int, logs: Any) -> None:
            if self.beside is None and job.record is not None and job.record.folder is not None:
                from chainrule.studio.beside import Beside

                self.beside = Beside(job.record.folder)
                self.out.tell(f"The studio is open at {self.beside.link}")

        return LambdaCallback(on_epoch_begin=begin)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: Any, problem: Any, _: Any) -> None:
        if self.beside is None:
            return
        if problem is None or isinstance(problem, ArithmeticError | ValueError):
            ended = "" if problem is None else "The training ended with an error: the studio shows where. "
            self.out.flush()
            self.out.tell(f"{ended}The studio stays open; Ctrl-C ends it.")
            self.beside.wait()
        else:
            self.beside.close()
