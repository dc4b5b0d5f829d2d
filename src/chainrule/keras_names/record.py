"""Each fit of a script leaves a run, named after the script, in the folder of runs."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

from chainrule.internal.own_classes import is_ours
from chainrule.keras_names.notes import Notes

OPENED = 20  # runs of one script whose steps can be opened; a program that fits in a loop would fill the disk
BYTES = 500_000_000  # which these may take together
MOST = 1000  # runs of one script


class Recorder:
    """Adds a recording to each fit. runs_dir: where runs are kept.  label: the end of their names.  keep_examples: see
    `RunRecorder`.
    """

    def __init__(self, runs_dir: str, label: str, notes: Notes, keep_examples: bool = True) -> None:
        self.runs_dir, self.label, self.notes, self.keep_examples = runs_dir, label, notes, keep_examples
        self.folders: list[Path] = []
        self.size = 0

    def install(self) -> None:
        """Lets every model's fit be recorded."""
        from chainrule import models

        for kind in dict.fromkeys((*models.Sequential.__mro__, *models.Model.__mro__)):
            if "fit" in vars(kind) and is_ours(kind):
                kind.fit = self.recorded(kind.fit)  # type: ignore[attr-defined]

    def recorded(self, original: Callable[..., Any]) -> Callable[..., Any]:
        """fit, with a recording among its callbacks."""
        from chainrule import RunRecorder

        @functools.wraps(original)
        def fit(model: Any, *arguments: Any, **settings: Any) -> Any:
            callbacks = settings.get("callbacks")
            given = (
                list(callbacks) if isinstance(callbacks, (list, tuple)) else [callbacks] if callbacks else []
            )
            if len(arguments) > 5 or any(isinstance(callback, RunRecorder) for callback in given):
                return original(model, *arguments, **settings)
            if len(self.folders) >= MOST:
                self.notes.say(f"{MOST} runs of this script are recorded; further ones are not.", line=False)
                return original(model, *arguments, **settings)
            record = RunRecorder(self.runs_dir, self.label, keep_examples=self.keep_examples)
            settings["callbacks"] = [*given, record]
            try:
                return original(model, *arguments, **settings)
            finally:
                if record.folder is not None:
                    self.add(Path(record.folder))

        return fit

    def add(self, folder: Path) -> None:
        """Counts a run; of the first ones all is kept, of the others the metrics."""
        from chainrule.runs import Run
        from chainrule.runs.folders import own_files
        from chainrule.runs.removal import leave_metrics, own_batches

        self.folders.append(folder)
        self.size += sum(path.stat().st_size for path in (*own_files(folder), *own_batches(Run(folder))))
        if len(self.folders) > OPENED or (self.size > BYTES and len(self.folders) > 1):
            self.size -= leave_metrics(Run(folder))
            self.notes.say(
                f"{OPENED} runs of this script, or {BYTES // 10**6} MB, are recorded whole; further ones keep their metrics only: no "
                "step of them can be opened.",
                line=False,
            )
